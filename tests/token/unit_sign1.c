/* COSE_Sign1 against RFC 9052's example and by taking apart what is written.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/crypto.h"
#include "rooms/token.h"

/* RFC 9052 appendix C.2.1, "Single ECDSA Signature", and its key "11" of appendix C.7.1. */
static const char example_point[] = "04bac5b11cad8f99f9c72b05cf4b9e26d244dc189f745228255a219a86d6a09eff"
                                    "20138bf82dc1b6d562be0fa54ab7804a3a64b6d72ccfed6b6fb6ed28bbfc117e";
static const char example_signature[] = "8eb33e4ca31d1c465ab05aac34cc6b23d58fef5c083106c4d25a91aef0b0117e"
                                        "2af9a291aa32e14ab834dc56ed2a223444547e01f11d3b0916e5a4c345cacb36";

static void the_signed_bytes_are_those_of_rfc_9052(void **state)
{
  (void)state;
  uint8_t point_buf[65], signature_buf[64], tbs_buf[64];
  vcca_sink point = VCCA_SINK(point_buf), signature = VCCA_SINK(signature_buf), tbs = VCCA_SINK(tbs_buf);
  struct vcca_error err = {0};
  check_ok(vcca_hex_read(vcca_span_str(example_point), &point, &err), &err, "point");
  check_ok(vcca_hex_read(vcca_span_str(example_signature), &signature, &err), &err, "signature");
  vcca_sign1_tbs(VCCA_SPAN_LIT("\xa1\x01\x26"), VCCA_SPAN_LIT("This is the content."), &tbs);
  check_hex(vcca_sink_span(&tbs), "846a5369676e61747572653143a101264054546869732069732074686520636f6e74656e742e",
            "Sig_structure");
  vcca_key *key = vcca_key_from_point(VCCA_KEY_P256, vcca_sink_span(&point), &err);
  check_ok(key != NULL, &err, "key 11");
  assert_true(vcca_verify(key, VCCA_ES256, vcca_sink_span(&tbs), vcca_sink_span(&signature)));
  vcca_key_free(key);
}

static const struct {
  enum vcca_key_type type;
  const char *head; /* up to the payload's head */
  size_t signature;
  int64_t alg;
} rows[] = {
    {VCCA_KEY_P256, "d28443a10126a0", 64, VCCA_ES256},
    {VCCA_KEY_P384, "d28444a1013822a0", 96, VCCA_ES384},
    {VCCA_KEY_P521, "d28444a1013823a0", 132, VCCA_ES512},
    {VCCA_KEY_RSA, "d28444a1013824a0", 512, VCCA_PS256},
};

static void a_sign1_has_the_algorithm_of_its_key_and_a_good_signature(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t buf[700], again_buf[700], tbs_buf[64];
    vcca_sink out = VCCA_SINK(buf), again = VCCA_SINK(again_buf), tbs = VCCA_SINK(tbs_buf);
    struct vcca_error err = {0};
    const vcca_key *key = test_key(rows[i].type, "RAK");
    vcca_span payload = VCCA_SPAN_LIT("\xa1\x0a\x41\x00");
    check_ok(vcca_sign1(key, payload, &out, &err), &err, rows[i].head);
    check_ok(vcca_sign1(key, payload, &again, &err), &err, rows[i].head);
    vcca_span sign1 = vcca_sink_span(&out);
    assert_true(vcca_span_eq(sign1, vcca_sink_span(&again)));
    size_t head = strlen(rows[i].head) / 2, sig_head = rows[i].signature < 256 ? 2 : 3;
    check_hex(vcca_span_sub(sign1, 0, head), rows[i].head, "head");
    check_hex(vcca_span_sub(sign1, head, 5), "44a10a4100", "payload");
    assert_int_equal(sign1.n, head + 5 + sig_head + rows[i].signature);
    vcca_span signature = vcca_span_sub(sign1, sign1.n - rows[i].signature, rows[i].signature);
    vcca_sign1_tbs(vcca_span_sub(sign1, 3, head - 4), payload, &tbs);
    assert_true(vcca_verify(key, (enum vcca_sig_alg)rows[i].alg, vcca_sink_span(&tbs), signature));
    buf[head + 4] ^= 1; /* the payload's last byte */
    tbs = VCCA_SINK(tbs_buf);
    vcca_sign1_tbs(vcca_span_sub(sign1, 3, head - 4), vcca_span_sub(sign1, head + 1, 4), &tbs);
    assert_false(vcca_verify(key, (enum vcca_sig_alg)rows[i].alg, vcca_sink_span(&tbs), signature));
  }
}

static void what_does_not_fit_is_refused(void **state)
{
  (void)state;
  static const uint8_t huge[VCCA_TOKEN_MAX + 100];
  uint8_t buf[16];
  vcca_sink out = VCCA_SINK(buf);
  struct vcca_error err = {0};
  assert_false(vcca_sign1(test_key(VCCA_KEY_P256, "RAK"), VCCA_SPAN(huge), &out, &err));
  assert_int_equal(err.fault, VCCA_FAULT_USAGE);
  assert_false(vcca_sign1(test_key(VCCA_KEY_P256, "RAK"), VCCA_SPAN_LIT("\xa0"), &out, &err));
  assert_non_null(strstr(err.text, "bytes of room"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_signed_bytes_are_those_of_rfc_9052),
      cmocka_unit_test(a_sign1_has_the_algorithm_of_its_key_and_a_good_signature),
      cmocka_unit_test(what_does_not_fit_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
