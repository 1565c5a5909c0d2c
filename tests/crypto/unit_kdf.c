/* Key derivation against RFC 5869 and an independent SP 800-108.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "crypto/hmac.h"
#include "crypto/support.h"
#include "rooms/crypto.h"

/* RFC 5869, A.1 (basic), A.2 (longer inputs and output) and A.3 (no salt, no info), all with SHA-256. */
static void hkdf_matches_rfc_5869(void **state)
{
  (void)state;
  const struct {
    const char *secret, *salt, *info, *okm;
  } rows[] = {
      {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
       "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
      {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
       "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
       "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f"
       "909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
       "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
       "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
       "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
       "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
      {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
       "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t out[82];
    struct vcca_error err = {0};
    vcca_sink sink = vcca_sink_of(out, strlen(rows[i].okm) / 2);
    check_ok(vcca_hkdf(VCCA_SHA256, unhex(rows[i].secret), unhex(rows[i].salt), unhex(rows[i].info), &sink, &err), &err,
             "HKDF");
    check_hex(vcca_sink_span(&sink), rows[i].okm, "HKDF output");
  }
}

static void hkdf_ends_after_255_digests(void **state)
{
  (void)state;
  static uint8_t out[255 * 64 + 1];
  const size_t most[VCCA_HASH_ALGS] = {[VCCA_SHA256] = 8160, [VCCA_SHA384] = 12240, [VCCA_SHA512] = 16320};
  for (unsigned alg = 0; alg < VCCA_HASH_ALGS; alg++) {
    struct vcca_error err = {0};
    vcca_sink fits = vcca_sink_of(out, most[alg]), over = vcca_sink_of(out, most[alg] + 1);
    assert_true(vcca_hkdf((enum vcca_hash_alg)alg, SECRET, vcca_span_of(NULL, 0), vcca_span_of(NULL, 0), &fits, &err));
    assert_int_equal(fits.n, most[alg]);
    assert_false(vcca_hkdf((enum vcca_hash_alg)alg, SECRET, vcca_span_of(NULL, 0), vcca_span_of(NULL, 0), &over, &err));
    assert_int_equal(err.fault, VCCA_FAULT_USAGE);
  }
}

/* The last 16 bytes of HKDF(secret, info) and the first 16 of HKDF(secret, info || 00000001), by Python's
 * hmac. */
static void a_stream_goes_on_after_255_digests_with_a_counter_in_the_info(void **state)
{
  (void)state;
  static uint8_t bytes[8160 + 16];
  struct vcca_stream stream;
  vcca_stream_start(&stream, VCCA_SHA256, SECRET, vcca_span_of(NULL, 0), VCCA_SPAN_LIT("vcca test"));
  for (size_t at = 0, step = 1; at < sizeof bytes; at += step, step = step % 97 + 1) /* in uneven pieces */
    vcca_stream_read(&stream, bytes + at, step = step < sizeof bytes - at ? step : sizeof bytes - at);
  check_hex(vcca_span_of(bytes + 8144, 32), "350afa786e3f9e22d093a48609d994487d16b5d3cefca472cf8151a8720e6077",
            "stream");
}

/* Computed with the KBKDFCMAC of Python's cryptography package (counter mode, fixed input = label || 00 ||
 * context || L || K(0)), and once more with its bare CMAC. */
static void the_cmac_derivation_matches_an_independent_one(void **state)
{
  (void)state;
  const struct {
    vcca_span label, context;
    const char *out;
  } rows[] = {
      {VCCA_SPAN_LIT("BL1_CPAK_SEED_DERIVATION\0"),
       {NULL, 0},
       "87b79281d2728ad38b5d518d7385515338ffd4b1b5f1ce346ec20f97b162ceff"},
      {VCCA_SPAN_LIT("label"), VCCA_SPAN_LIT("context"),
       "2e72ba5f261c0e0961ac5002c4c8dbadea93ec6e8af133adb466dae149af0114ade2eec232a9e409"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t out[40];
    struct vcca_error err = {0};
    vcca_sink sink = vcca_sink_of(out, strlen(rows[i].out) / 2);
    check_ok(vcca_kdf_cmac(SECRET, rows[i].label, rows[i].context, &sink, &err), &err, "KDF");
    check_hex(vcca_sink_span(&sink), rows[i].out, "KDF output");
  }
}

static void the_cmac_derivation_wants_a_key_of_32_bytes(void **state)
{
  (void)state;
  uint8_t out[32];
  struct vcca_error err = {0};
  vcca_sink sink = VCCA_SINK(out);
  assert_false(vcca_kdf_cmac(vcca_span_sub(SECRET, 0, 16), VCCA_SPAN_LIT("x"), vcca_span_of(NULL, 0), &sink, &err));
  assert_int_equal(err.fault, VCCA_FAULT_USAGE);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hkdf_matches_rfc_5869),
      cmocka_unit_test(hkdf_ends_after_255_digests),
      cmocka_unit_test(a_stream_goes_on_after_255_digests_with_a_counter_in_the_info),
      cmocka_unit_test(the_cmac_derivation_matches_an_independent_one),
      cmocka_unit_test(the_cmac_derivation_wants_a_key_of_32_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
