/* ECDSA by RFC 6979, RSA-PSS as openssl makes it, and what belongs to which key.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "crypto/support.h"
#include "rooms/crypto.h"

/* RFC 6979: A.2.5 (P-256, "sample" and "test"), A.2.6 (P-384) and A.2.7 (P-521) with the hash that COSE
 * pairs with the curve; the last is A.2.6 with SHA-256, which COSE does not pair. */
static const struct {
  enum vcca_key_type type;
  const char *scalar;
  enum vcca_sig_alg alg;
  const char *message;
  const char *signature;
} ecdsa[] = {
    {VCCA_KEY_P256, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721", VCCA_ES256, "sample",
     "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064"
     "dc4ab2f843acda8"},
    {VCCA_KEY_P256, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721", VCCA_ES256, "test",
     "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367019f4113742a2b14bd25926b49c649155f267e60d3814b4c0"
     "cc84250e46f0083"},
    {VCCA_KEY_P384, "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
     VCCA_ES384, "sample",
     "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46"
     "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8"},
    {VCCA_KEY_P521,
     "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc1466f6d8fbec67db8"
     "9ec0c08b0e996b83538",
     VCCA_ES512, "sample",
     "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b534931d7d4e8455cc91"
     "f9b15bf05ec36e377fa"
     "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc4"
     "3997f1ee0e44da4a67a"},
    {VCCA_KEY_P384, "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
     VCCA_ES256, "sample",
     "21b13d1e013c7fa1392d03c5f99af8b30c570c6f98d4ea8e354b63a21d3daa33bde1e888e63355d92fa2b3c36d8fb2cd"
     "f3aa443fb107745bf4bd77cb3891674632068a10ca67e3d45db2266fa7d1feebefdc63eccd1ac42ec0cb8668a4fa0ab0"},
};
enum { ECDSA = sizeof ecdsa / sizeof *ecdsa };

static void ecdsa_signatures_are_those_of_rfc_6979(void **state)
{
  (void)state;
  for (size_t i = 0; i < ECDSA; i++) {
    struct vcca_error err = {0};
    uint8_t buffer[VCCA_SIG_MAX];
    vcca_sink signature = VCCA_SINK(buffer);
    vcca_key *key = vcca_key_from_scalar(ecdsa[i].type, unhex(ecdsa[i].scalar), &err);
    check_ok(key != NULL, &err, "key");
    check_ok(vcca_sign(key, ecdsa[i].alg, vcca_span_str(ecdsa[i].message), &signature, &err), &err, "sign");
    check_hex(vcca_sink_span(&signature), ecdsa[i].signature, vcca_sig_name(ecdsa[i].alg));
    assert_true(vcca_verify(key, ecdsa[i].alg, vcca_span_str(ecdsa[i].message), vcca_sink_span(&signature)));
    vcca_key_free(key);
  }
}

static void a_changed_signature_message_or_algorithm_is_not_good(void **state)
{
  (void)state;
  for (size_t i = 0; i < ECDSA; i++) {
    vcca_key *key = vcca_key_from_scalar(ecdsa[i].type, unhex(ecdsa[i].scalar), NULL);
    vcca_span good = unhex(ecdsa[i].signature), message = vcca_span_str(ecdsa[i].message);
    uint8_t bytes[VCCA_SIG_MAX + 1] = {0};
    memcpy(bytes, good.p, good.n);
    for (size_t at = 0; at < good.n; at += 11) {
      bytes[at] ^= 0x10;
      assert_false(vcca_verify(key, ecdsa[i].alg, message, vcca_span_of(bytes, good.n)));
      bytes[at] ^= 0x10;
    }
    assert_false(vcca_verify(key, ecdsa[i].alg, message, vcca_span_of(bytes, good.n - 1)));
    assert_false(vcca_verify(key, ecdsa[i].alg, message, vcca_span_of(bytes, good.n + 1)));
    assert_false(vcca_verify(key, ecdsa[i].alg, message, vcca_span_of(NULL, 0)));
    assert_false(vcca_verify(key, ecdsa[i].alg, VCCA_SPAN_LIT("another message"), good));
    assert_false(vcca_verify(key, ecdsa[i].alg == VCCA_ES512 ? VCCA_ES384 : VCCA_ES512, message, good));
    assert_false(vcca_verify(key, VCCA_PS256, message, good));
    memset(bytes, 0, sizeof bytes); /* r = s = 0 */
    assert_false(vcca_verify(key, ecdsa[i].alg, message, vcca_span_of(bytes, good.n)));
    vcca_key_free(key);
  }
}

static void a_public_key_verifies_and_does_not_sign(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  uint8_t point[VCCA_POINT_MAX], buffer[VCCA_SIG_MAX];
  vcca_sink point_sink = VCCA_SINK(point), signature = VCCA_SINK(buffer);
  vcca_key *pair = vcca_key_from_scalar(VCCA_KEY_P256, unhex(ecdsa[0].scalar), NULL);
  assert_true(vcca_key_point(pair, &point_sink));
  vcca_key *public = vcca_key_from_point(VCCA_KEY_P256, vcca_sink_span(&point_sink), NULL);
  assert_true(vcca_verify(public, VCCA_ES256, VCCA_SPAN_LIT("sample"), unhex(ecdsa[0].signature)));
  assert_false(vcca_sign(public, VCCA_ES256, VCCA_SPAN_LIT("sample"), &signature, &err));
  assert_int_equal(err.fault, VCCA_FAULT_USAGE);
  assert_false(vcca_sign(pair, VCCA_PS256, VCCA_SPAN_LIT("sample"), &signature, &err));
  assert_false(vcca_sign(pair, (enum vcca_sig_alg)0, VCCA_SPAN_LIT("sample"), &signature, &err));
  vcca_key_free(pair);
  vcca_key_free(public);
}

static void a_signature_without_room_is_an_error(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  uint8_t small[63];
  vcca_sink signature = VCCA_SINK(small);
  vcca_key *key = vcca_key_from_scalar(VCCA_KEY_P256, unhex(ecdsa[0].scalar), NULL);
  assert_false(vcca_sign(key, VCCA_ES256, VCCA_SPAN_LIT("sample"), &signature, &err));
  assert_non_null(strstr(err.text, "64"));
  vcca_key_free(key);
}

/* An RSA-2048 key and its PS256 signatures of "attest" by openssl 3.0 (dgst -sha256 -sigopt
 * rsa_padding_mode:pss), with salts of 32, 20 and 222 bytes. */
static const char openssl_key[] =
    "30820122300d06092a864886f70d01010105000382010f003082010a0282010100c1b19b825d9224537e0ecc029d3f37"
    "78737ada054cecdb987dc3655929cd7151c5b55e138527781dc025beb159b8decebda9c42f112c03bdae0a344ff317cb"
    "97a06bb6962d877394f68084c6c5eb06424e10b1c78ba12f7758d072627a5af88722c740a75234069a26fe26428afb42"
    "36e55bcc1d8ee27b53e0bf0ed9142edee0ee94d9119726a0eacf12b824a262a4bd698ee06213257f397bf18944c4d89e"
    "bad8ec8878f5ad12c8f6c11492b1bdf2856fdaff8476242b77c152f025b21a94ece7e29c5be326da29a1b39cd03a6486"
    "893052d9ab10f218d8ac6dec973f8a839a9815b38cdc2c03afdcc68d1ec1b4e03f76aed0c022a13d6d2f44799eba3e29"
    "7d0203010001";
static const char *const openssl_signatures[] = {
    "44a9cdd038d940295cbad65b4e7d7d4044fef393d931af9fa46ba3d22808f8350d80661fce54ba1829a551c495b19ce4"
    "34ee2364822af7f1cd2b2189d26e728773665e6d9035ce11facf9d7e87ae3b8a4cc8f026665ba35157e39845c96e368d"
    "fa994319c09fb6b89219194056a3cb5c415616a34e7c8093658196b9d9e41bf11c2c61e49f3170ec7d443467d2e8f56b"
    "08311b2ee5aa4678184f97a689228eb3cd2473bf411040ba36ba319a78d147f9be61638c1286c86093d04de5045b56e8"
    "22088a6b4cb2d3fc2df872e73ec218b8c79e655d01ad8d7086783cb533f8922e4a79f4791c566d348163e146d90d6cde"
    "23d630ea3d3fc8aeab96d3b88b79a0aa",
    "bda07a176760d375cba377e4002cadac2eefb26a609cd74954bb713f30dc74f8164d37b2f4c36f2104fb3a924970b0fd"
    "d572059c630a4f18f5b14f2b169f51f48968721a5cd70083b44157c32bf2e0ccb86bf90b7c34ccdd45fbf635e3f3d686"
    "69e85a614eaaaa0ccd93d9317b8613eda73c9c5ade3804e87ac8a30e3d14b527954775febde6bb43cfc965c86ea18a07"
    "f7516f130a1d9a6efe8f8755280ff8df1aa8859b4bf870bfa61f383e7f74b9a29dd4e31c3aed7d815766de5ca8bd084a"
    "e53d34b85ee84142eea736ce04a1a8f186e77801945aaa80e6c1bee69be09fb963c5f32a6b41c8e8da02669592fba1c8"
    "fd08b6036f762f1f838e31d186552e7a",
    "a4fa9b1913c3faef33fb9ff5d79045408eb947389432cda8aa5c19bbc980076f307351538b3aa802497fce6d55c1bfd7"
    "ac750f8ddea77f1b173b002e76d927304d5c4c20dc406c2e62f34e2444b207ab5367f2cc786350545bc6fa8e324ce2b6"
    "01da0162d0da49b4970d73aae12c68ea62db4391090e133e04276b8cdcf158bc615b5854a12780aa2e238b842d39cd58"
    "6a7960eb0c955ae7573a51096eba1ef02c1fa4407213b2f5c81410882b0c204f238c4c4dec11863ac096fad33eb85dc7"
    "a680e9bd3b36bb400ab64f36e89146be7ceb3c7f1957cbc9f683aa70d49b80e8e01db2bee788ac9b3ecd6dd883dc4e67"
    "8379b79edaf03bbb324c484051cdf65f"};

static void rsa_pss_of_any_salt_length_is_good(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  vcca_key *key = vcca_key_from_spki(unhex(openssl_key), &err);
  check_ok(key != NULL, &err, "openssl's key");
  assert_int_equal(vcca_key_bits(key), 2048);
  for (size_t i = 0; i < 3; i++) {
    uint8_t bytes[257] = {0};
    vcca_span good = unhex(openssl_signatures[i]);
    memcpy(bytes, good.p, good.n);
    assert_true(vcca_verify(key, VCCA_PS256, VCCA_SPAN_LIT("attest"), good));
    assert_false(vcca_verify(key, VCCA_PS384, VCCA_SPAN_LIT("attest"), good));
    assert_false(vcca_verify(key, VCCA_ES256, VCCA_SPAN_LIT("attest"), good));
    assert_false(vcca_verify(key, VCCA_PS256, VCCA_SPAN_LIT("attesT"), good));
    assert_false(vcca_verify(key, VCCA_PS256, VCCA_SPAN_LIT("attest"), vcca_span_of(bytes, 255)));
    assert_false(vcca_verify(key, VCCA_PS256, VCCA_SPAN_LIT("attest"), vcca_span_of(bytes, 257)));
    bytes[100] ^= 1;
    assert_false(vcca_verify(key, VCCA_PS256, VCCA_SPAN_LIT("attest"), vcca_span_of(bytes, 256)));
  }
  vcca_key_free(key);
}

static void algorithms_fit_the_keys_that_cose_gives_them(void **state)
{
  (void)state;
  vcca_key *keys[] = {seeded(VCCA_KEY_P256, "x"), seeded(VCCA_KEY_P384, "x"), seeded(VCCA_KEY_P521, "x"),
                      vcca_key_from_primes(unhex(rsa_p), unhex(rsa_q), NULL)};
  static const struct {
    int64_t alg;
    const char *name;
    size_t key;
  } rows[] = {{-7, "ES256", 0},  {-35, "ES384", 1}, {-36, "ES512", 2},
              {-37, "PS256", 3}, {-38, "PS384", 3}, {-39, "PS512", 3}};
  for (size_t i = 0; i < 6; i++) {
    assert_string_equal(vcca_sig_name(rows[i].alg), rows[i].name);
    for (size_t k = 0; k < 4; k++)
      assert_true(vcca_sig_fits(rows[i].alg, keys[k]) == (rows[i].key == k));
  }
  static const int64_t others[] = {0, 7, -8, -34, -40, -257, INT64_MIN, INT64_MAX, -7 + ((int64_t)1 << 32)};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    assert_null(vcca_sig_name(others[i]));
    assert_false(vcca_sig_fits(others[i], keys[0]));
  }
  for (size_t k = 0; k < 4; k++) {
    assert_true(vcca_sig_fits(vcca_sig_of(keys[k]), keys[k]));
    vcca_key_free(keys[k]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ecdsa_signatures_are_those_of_rfc_6979),
      cmocka_unit_test(a_changed_signature_message_or_algorithm_is_not_good),
      cmocka_unit_test(a_public_key_verifies_and_does_not_sign),
      cmocka_unit_test(a_signature_without_room_is_an_error),
      cmocka_unit_test(rsa_pss_of_any_salt_length_is_good),
      cmocka_unit_test(algorithms_fit_the_keys_that_cose_gives_them),
  };
  RUN_WITH_EACH_SIGNING_ENGINE(tests);
}
