/* Claim 44237: what is a key and what is not, in each encoding.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_bench.h"
#include "rooms/token.h"
#include "rooms/cbor.h"

static const uint8_t filler[600] = {1};

static void token_of(struct bench *b, vcca_span rak, struct made *made)
{
  uint8_t buf[700];
  vcca_sink value = VCCA_SINK(buf);
  struct pairs pairs = b->realm;
  vcca_cbor_put_bytes(&value, rak);
  pairs.value[find(&pairs, 44237)] = vcca_sink_span(&value);
  token_with(b, REALM, &pairs, made);
}

static void rak_must_be_refused(struct bench *b, vcca_span rak, const char *words)
{
  struct made made;
  token_of(b, rak, &made);
  must_refuse(made.span, "realm claim 44237 (public-key)", words);
}

static void rak_must_be_taken(struct bench *b, vcca_span rak, struct vcca_token *token)
{
  static struct made made;
  token_of(b, rak, &made);
  must_decode(made.span, token);
}

static void a_raw_point_has_the_size_of_a_curve_and_is_uncompressed(void **state)
{
  (void)state;
  static struct bench b;
  uint8_t point[98] = {4};
  set_up(VCCA_FAMILY_ARM_LEGACY, &b);
  rak_must_be_refused(&b, vcca_span_of(point, 96), "96 bytes are no raw point");
  rak_must_be_refused(&b, vcca_span_of(point, 98), "98 bytes are no raw point");
  rak_must_be_refused(&b, vcca_span_of(point, 0), "0 bytes are no raw point");
  for (unsigned first = 0; first < 8; first++) {
    point[0] = (uint8_t)first;
    if (first != 4)
      rak_must_be_refused(&b, vcca_span_of(point, 97), "where 04 (uncompressed) is wanted");
  }
  struct sample other;
  sample_claims(VCCA_FAMILY_ARM_1_0, &other);
  struct vcca_token token;
  rak_must_be_taken(&b, other.realm.public_key, &token); /* a COSE_Key, for which the platform's profile speaks */
  assert_int_equal(token.leniencies, VCCA_LENIENT_BIT(VCCA_LENIENT_REALM_PROFILE_ABSENT));
  set_up(VCCA_FAMILY_ARM_1_0, &b);
  sample_claims(VCCA_FAMILY_ARM_LEGACY, &other);
  rak_must_be_refused(&b, other.realm.public_key, "where map is wanted"); /* and the reverse */
  set_up(VCCA_FAMILY_VIRTCCA_P521, &b);
  rak_must_be_refused(&b, vcca_span_of(filler, 158), "158 bytes are no SubjectPublicKeyInfo");
  rak_must_be_refused(&b, vcca_span_of(filler, 550), "550 bytes are no SubjectPublicKeyInfo");
}

/* COSE_Keys in hex, X and Y for good coordinates of P-384. */
static const struct {
  const char *text, *words;
} cose_keys[] = {
    {"a3 01 02 20 02 21 5830X", "x and y have 48 and 0 bytes"},
    {"a3 20 02 21 5830X 22 5830Y", "1 (kty) must be 2"},
    {"a4 01 01 20 02 21 5830X 22 5830Y", "1 (kty) must be 2"},
    {"a4 01 63454332 20 02 21 5830X 22 5830Y", "1 (kty): text string where integer is wanted"},
    {"a3 01 02 21 5830X 22 5830Y", "-1 (crv) must be"},
    {"a4 01 02 20 01 21 5830X 22 5830Y", "48 and 48 bytes where each must have 32"},
    {"a4 01 02 20 08 21 5830X 22 5830Y", "-1 (crv) must be"},
    {"a4 01 02 20 02 21 5830X 22 f5", "-3 (y): a compressed point, which is not done here"},
    {"a4 01 02 20 02 21 5831X00 22 5830Y", "49 and 48 bytes where each must have 48"},
    {"a5 01 02 20 02 21 5830X 22 5830Y 23 5830Y", "-4 (d): a private key in a token"},
    {"a5 01 02 20 02 21 5830X 22 5830Y 04 8101", "4 (key_ops) does not let the key verify"},
    {"a5 01 02 20 02 21 5830X 22 5830Y 04 80", "4 (key_ops) does not let the key verify"},
    {"a5 01 02 20 02 21 5830X 22 5830Y 04 02", "4 (key_ops): unsigned integer where array"},
    {"a5 01 02 20 02 21 5830X 22 5830Y 04 8140", "4 (key_ops): byte string where integer"},
    {"a5 01 02 20 02 21 5830X 22 5830Y 03 654553333834", "3 (alg): text string where integer"},
    {"a5 01 02 20 02 21 5830X 22 5830Y 02 01", "2 (kid): unsigned integer where byte string"},
    {"a5 01 02 20 02 21 5830X 22 5830Y 05 01", "5 (Base IV): unsigned integer where byte string"},
    {"a6 01 02 20 02 21 5830X 22 5830Y 02 4101 02 4102", "map key is there twice"},
    {"a6 01 02 20 02 21 5830X 22 5830Y 02 4101 1802 4102", "map key is there twice"},
    {"a5 01 02 20 02 21 5830X 21 5830X 22 5830Y", "map key is there twice"},
    {"a4 01 02 20 02 21 5830X 22 5830Y 00", "1 byte too many at the end"},
    {"bf 01 02 20 02 21 5830X 22 5830Y ff", "map of indefinite length"},
    {"a4 f5 02 20 02 21 5830X 22 5830Y", "label: simple value where integer"},
    {"84 01 02 20 02", "array where map is wanted"},
};

static vcca_span cose_key_of(const char *text, vcca_span x, vcca_span y, uint8_t *buf, size_t cap)
{
  vcca_sink out = vcca_sink_of(buf, cap);
  for (const char *p = text; *p;) {
    if (*p == 'X' || *p == 'Y')
      vcca_sink_put(&out, *p == 'X' ? x : y);
    if (*p == 'X' || *p == 'Y' || *p == ' ')
      p++;
    else {
      assert_true(vcca_hex_read(vcca_span_of(p, 2), &out, NULL));
      p += 2;
    }
  }
  return vcca_sink_span(&out);
}

static void a_cose_key_that_is_none_is_refused(void **state)
{
  (void)state;
  static struct bench b;
  uint8_t buf[300];
  struct vcca_error err = {0};
  set_up(VCCA_FAMILY_ARM_1_0, &b);
  vcca_span x = vcca_span_sub(b.token.realm.public_key, 8, 48), y = vcca_span_sub(b.token.realm.public_key, 59, 48);
  vcca_key *key =
      vcca_rak_decode(VCCA_RAK_COSE_KEY, cose_key_of("a4 22 5830Y 21 5830X 20 02 01 02", x, y, buf, sizeof buf), &err);
  check_ok(key != NULL, &err, "another order");
  vcca_key_free(key);
  for (size_t i = 0; i < sizeof cose_keys / sizeof *cose_keys; i++) {
    vcca_span rak = cose_key_of(cose_keys[i].text, x, y, buf, sizeof buf);
    rak_must_be_refused(&b, rak, cose_keys[i].words);
    assert_null(vcca_rak_decode(VCCA_RAK_COSE_KEY, rak, &err));
  }
}

/* RFC 9052 section 7.1: what else a COSE_Key may have; its alg must be that of the signature. */
static void a_cose_key_may_say_what_it_is_for(void **state)
{
  (void)state;
  static struct bench b;
  static const char *const good[] = {
      "a5 01 02 20 02 21 5830X 22 5830Y 03 3822",
      "a5 03 3822 01 02 20 02 21 5830X 22 5830Y",
      "a5 01 02 02 4101 20 02 21 5830X 22 5830Y",
      "a5 01 02 20 02 21 5830X 22 5830Y 04 8102",
      "a5 01 02 20 02 21 5830X 22 5830Y 04 8301026161",
      "a5 01 02 20 02 21 5830X 22 5830Y 05 4101",
      "a5 01 02 20 02 21 5830X 22 5830Y 1863 a0",
      "a5 01 02 20 02 21 5830X 22 5830Y 646e6f7465 00",
      "a8 01 02 02 40 03 3822 04 8102 05 40 20 02 21 5830X 22 5830Y",
  };
  uint8_t buf[300];
  struct vcca_token token;
  set_up(VCCA_FAMILY_ARM_1_0, &b);
  vcca_span x = vcca_span_sub(b.token.realm.public_key, 8, 48), y = vcca_span_sub(b.token.realm.public_key, 59, 48);
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    rak_must_be_taken(&b, cose_key_of(good[i], x, y, buf, sizeof buf), &token);
    assert_int_equal(token.leniencies, VCCA_LENIENT_BIT(VCCA_LENIENT_COSE_KEY_PARAMETERS));
    vcca_key *key = vcca_token_rak(&token, NULL);
    assert_non_null(key);
    vcca_key_free(key);
  }
  rak_must_be_refused(&b, cose_key_of("a5 01 02 20 02 21 5830X 22 5830Y 03 26", x, y, buf, sizeof buf),
                      "COSE_Key 3 (alg) is -7, the realm token is signed with -35");
}

static void a_point_off_the_curve_is_no_key(void **state)
{
  (void)state;
  static struct bench b;
  uint8_t point[97];
  struct vcca_error err = {0};
  set_up(VCCA_FAMILY_ARM_LEGACY, &b);
  memcpy(point, b.token.realm.public_key.p, sizeof point);
  point[96] ^= 1;
  assert_null(vcca_rak_decode(VCCA_RAK_RAW_POINT, VCCA_SPAN(point), &err));
  memset(point + 1, 0, 96);
  assert_null(vcca_rak_decode(VCCA_RAK_RAW_POINT, VCCA_SPAN(point), &err));
  assert_null(vcca_rak_decode(VCCA_RAK_SPKI, vcca_span_of(filler, 550), &err));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_raw_point_has_the_size_of_a_curve_and_is_uncompressed),
      cmocka_unit_test(a_cose_key_that_is_none_is_refused),
      cmocka_unit_test(a_cose_key_may_say_what_it_is_for),
      cmocka_unit_test(a_point_off_the_curve_is_no_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
