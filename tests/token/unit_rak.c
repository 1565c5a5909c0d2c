/* Claim 44237: what is a key and what is not, in each encoding.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_bench.h"

static const uint8_t filler[600] = {1};

static void rak_must_be_refused(struct bench *b, vcca_span rak, const char *words)
{
  uint8_t buf[700];
  vcca_sink value = VCCA_SINK(buf);
  struct pairs pairs = b->realm;
  struct made made;
  vcca_cbor_put_bytes(&value, rak);
  pairs.value[find(&pairs, 44237)] = vcca_sink_span(&value);
  token_with(b, REALM, &pairs, &made);
  must_refuse(made.span, "realm claim 44237 (public-key)", words);
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
  rak_must_be_refused(&b, other.realm.public_key, "107 bytes are no raw point"); /* a COSE_Key without the profile */
  set_up(VCCA_FAMILY_ARM_1_0, &b);
  sample_claims(VCCA_FAMILY_ARM_LEGACY, &other);
  rak_must_be_refused(&b, other.realm.public_key, "where map is wanted"); /* and the reverse */
  set_up(VCCA_FAMILY_VIRTCCA_P521, &b);
  rak_must_be_refused(&b, vcca_span_of(filler, 158), "158 bytes are no SubjectPublicKeyInfo");
  rak_must_be_refused(&b, vcca_span_of(filler, 550), "must begin with 30820222");
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
    {"a4 01 02 20 02 21 5830X 22 f5", "-3 (y): simple value where byte string"},
    {"a4 01 02 20 02 21 5831X00 22 5830Y", "49 and 48 bytes where each must have 48"},
    {"a5 01 02 20 02 21 5830X 22 5830Y 23 5830Y", "-4 (d): a private key in a token"},
    {"a5 01 02 20 02 21 5830X 22 5830Y 04 8101", "4: only 1 (kty)"},
    {"a5 01 02 20 02 21 5830X 22 5830Y 03 3822", "3: only 1 (kty)"},
    {"a5 01 02 20 02 21 5830X 21 5830X 22 5830Y", "map key is there twice"},
    {"a4 01 02 20 02 21 5830X 22 5830Y 00", "1 byte too many at the end"},
    {"bf 01 02 20 02 21 5830X 22 5830Y ff", "map of indefinite length"},
    {"a4 01 02 20 1802 21 5830X 22 5830Y", "shortest form"},
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

static void a_cose_key_is_exactly_what_tf_rmm_emits(void **state)
{
  (void)state;
  static struct bench b;
  uint8_t buf[300];
  struct vcca_error err = {0};
  set_up(VCCA_FAMILY_ARM_1_0, &b);
  vcca_span x = vcca_span_sub(b.token.realm.public_key, 8, 48), y = vcca_span_sub(b.token.realm.public_key, 59, 48);
  vcca_key *key = vcca_rak_decode(VCCA_RAK_COSE_KEY, cose_key_of("a4 22 5830Y 21 5830X 20 02 01 02", x, y, buf, sizeof buf), &err);
  check_ok(key != NULL, &err, "another order");
  vcca_key_free(key);
  for (size_t i = 0; i < sizeof cose_keys / sizeof *cose_keys; i++) {
    vcca_span rak = cose_key_of(cose_keys[i].text, x, y, buf, sizeof buf);
    rak_must_be_refused(&b, rak, cose_keys[i].words);
    assert_null(vcca_rak_decode(VCCA_RAK_COSE_KEY, rak, &err));
  }
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
      cmocka_unit_test(a_cose_key_is_exactly_what_tf_rmm_emits),
      cmocka_unit_test(a_point_off_the_curve_is_no_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
