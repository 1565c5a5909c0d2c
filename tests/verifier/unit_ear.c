/* Attestation results: what they say under both profiles, and the JWT taken apart by hand.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "check.h"

#include "vcca/verifier.h"
#include "verifier/base64url.h"
#include "rooms/crypto.h"
#include "rooms/span.h"

static struct vcca_appraisal appraisal(void)
{
  struct vcca_appraisal a = {0};
  struct vcca_submod_result *platform = &a.submods[VCCA_SUBMOD_PLATFORM], *realm = &a.submods[VCCA_SUBMOD_REALM];
  platform->present = realm->present = true;
  platform->vector[VCCA_HARDWARE] = platform->vector[VCCA_INSTANCE_IDENTITY] = 2;
  platform->status = VCCA_TIER_AFFIRMING;
  realm->vector[VCCA_EXECUTABLES] = 96;
  realm->status = VCCA_TIER_CONTRAINDICATED;
  return a;
}

static json_t *json_of(const struct vcca_appraisal *a, const struct vcca_ear *ear)
{
  static char room[8192];
  vcca_sink out = VCCA_SINK(room);
  struct vcca_json j = vcca_json_into(&out, VCCA_JSON_PRETTY);
  vcca_ear_json(a, ear, &j);
  assert_true(vcca_sink_ok(&out));
  json_t *value = json_loadb(room, out.n, JSON_REJECT_DUPLICATES, NULL);
  assert_non_null(value);
  return value;
}

static const char *text_at(const json_t *value, const char *a, const char *b, const char *c)
{
  value = json_object_get(value, a);
  value = b ? json_object_get(value, b) : value;
  value = c ? json_object_get(value, c) : value;
  const char *text = json_string_value(value);
  if (text == NULL)
    fail_msg("no text at %s %s %s", a, b ? b : "", c ? c : "");
  return text;
}

static void the_deployed_profile_has_dotted_names(void **state)
{
  (void)state;
  struct vcca_appraisal a = appraisal();
  struct vcca_ear ear = {.has_time = true, .time = 1760000000, .nonce = VCCA_SPAN_LIT("12345678"), .policy = "mine"};
  json_t *j = json_of(&a, &ear);
  assert_string_equal(text_at(j, "eat_profile", NULL, NULL), "tag:github.com,2023:veraison/ear");
  assert_string_equal(text_at(j, "eat_nonce", NULL, NULL), "MTIzNDU2Nzg"); /* by `base64` */
  assert_int_equal(json_integer_value(json_object_get(j, "iat")), 1760000000);
  assert_memory_equal(text_at(j, "ear.verifier-id", "build", NULL), "vcca ", 5);
  assert_non_null(text_at(j, "ear.verifier-id", "developer", NULL));
  assert_string_equal(text_at(j, "submods", "CCA_SSD_PLATFORM", "ear.status"), "affirming");
  assert_string_equal(text_at(j, "submods", "CCA_REALM", "ear.status"), "contraindicated");
  assert_string_equal(text_at(j, "submods", "CCA_REALM", "ear.appraisal-policy-id"), "mine");
  const json_t *vector =
      json_object_get(json_object_get(json_object_get(j, "submods"), "CCA_REALM"), "ear.trustworthiness-vector");
  assert_int_equal(json_object_size(vector), VCCA_TRUST_CLAIMS);
  assert_int_equal(json_integer_value(json_object_get(vector, "executables")), 96);
  assert_int_equal(json_integer_value(json_object_get(vector, "sourced-data")), 0);
  json_decref(j);
}

static void the_draft_s_profile_has_its_own_names(void **state)
{
  (void)state;
  struct vcca_appraisal a = appraisal();
  struct vcca_ear ear = {.profile = VCCA_EAR_IETF, .policy = "mine"};
  json_t *j = json_of(&a, &ear);
  assert_string_equal(text_at(j, "eat_profile", NULL, NULL), "tag:ietf.org,2026:rats/ear#03");
  assert_non_null(text_at(j, "ear_verifier_id", "build", NULL));
  assert_string_equal(text_at(j, "submods", "CCA_REALM", "ear_status"), "contraindicated");
  const json_t *realm = json_object_get(json_object_get(j, "submods"), "CCA_REALM");
  assert_string_equal(json_string_value(json_array_get(json_object_get(realm, "ear_appraisal_policy_ids"), 0)), "mine");
  assert_int_equal(json_object_size(json_object_get(realm, "ear_trustworthiness_vector")), VCCA_TRUST_CLAIMS);
  json_decref(j);
}

static void what_was_not_given_is_left_out(void **state)
{
  (void)state;
  struct vcca_appraisal a = appraisal();
  struct vcca_ear ear = {.nonce = VCCA_SPAN_LIT("1234567")}; /* too short for a nonce */
  a.submods[VCCA_SUBMOD_PLATFORM].present = false;
  json_t *j = json_of(&a, &ear);
  assert_null(json_object_get(j, "iat"));
  assert_null(json_object_get(j, "eat_nonce"));
  const json_t *submods = json_object_get(j, "submods");
  assert_int_equal(json_object_size(submods), 1);
  assert_null(json_object_get(json_object_get(submods, "CCA_REALM"), "ear.appraisal-policy-id"));
  json_decref(j);
}

/* --- JWT ------------------------------------------------------------------------------------------------- */

static vcca_span part(vcca_span jwt, unsigned which, uint8_t *room, size_t cap)
{
  size_t from = 0, to = 0;
  for (unsigned i = 0;; i++) {
    for (to = from; to < jwt.n && jwt.p[to] != '.';)
      to++;
    if (i == which)
      break;
    assert_true(to < jwt.n);
    from = to + 1;
  }
  vcca_sink out = vcca_sink_of(room, cap);
  assert_true(base64url_read(vcca_span_sub(jwt, from, to - from), &out));
  return vcca_sink_span(&out);
}

static void a_jwt_is_signed_with_the_key_s_own_algorithm(void **state)
{
  (void)state;
  static const struct {
    enum vcca_key_type type;
    enum vcca_sig_alg alg;
    const char *header;
    size_t size;
  } rows[] = {{VCCA_KEY_P256, VCCA_ES256, "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", 64},
              {VCCA_KEY_P384, VCCA_ES384, "{\"alg\":\"ES384\",\"typ\":\"JWT\"}", 96},
              {VCCA_KEY_P521, VCCA_ES512, "{\"alg\":\"ES512\",\"typ\":\"JWT\"}", 132}};
  struct vcca_appraisal a = appraisal();
  struct vcca_ear ear = {.has_time = true, .time = 5};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint8_t jwt_room[8192], room[8192], line_room[8192];
    vcca_sink jwt = VCCA_SINK(jwt_room), line = VCCA_SINK(line_room);
    struct vcca_error err = {0};
    vcca_key *key = vcca_key_from_seed(rows[i].type, VCCA_SPAN_LIT("TEST ear"), VCCA_SPAN_LIT("signer"), &err);
    check_ok(key != NULL, &err, "key");
    check_ok(vcca_ear_jwt(&a, &ear, key, &jwt, &err), &err, "JWT");
    vcca_span text = vcca_sink_span(&jwt);
    vcca_span header = part(text, 0, room, sizeof room);
    assert_true(vcca_span_is(header, rows[i].header));

    struct vcca_json j = vcca_json_into(&line, VCCA_JSON_LINE);
    vcca_ear_json(&a, &ear, &j);
    vcca_span claims = part(text, 1, room, sizeof room);
    assert_int_equal(claims.n, line.n - 1); /* without the newline */
    assert_memory_equal(claims.p, line_room, claims.n);

    size_t signed_part = text.n;
    while (text.p[signed_part - 1] != '.')
      signed_part--;
    vcca_span signature = part(text, 2, room, sizeof room);
    assert_int_equal(signature.n, rows[i].size);
    assert_true(vcca_verify(key, rows[i].alg, vcca_span_sub(text, 0, signed_part - 1), signature));
    assert_false(vcca_verify(key, rows[i].alg, vcca_span_sub(text, 0, signed_part), signature));
    vcca_key_free(key);
  }
}

static void what_cannot_sign_is_refused(void **state)
{
  (void)state;
  uint8_t point_room[VCCA_POINT_MAX], room[8192];
  struct vcca_appraisal a = appraisal();
  struct vcca_ear ear = {0};
  struct vcca_error err = {0};
  vcca_sink point = VCCA_SINK(point_room), out = VCCA_SINK(room), small = vcca_sink_of(room, 100);
  vcca_key *pair = vcca_key_from_seed(VCCA_KEY_P256, VCCA_SPAN_LIT("TEST ear"), VCCA_SPAN_LIT("signer"), &err);
  assert_true(vcca_key_point(pair, &point));
  vcca_key *public = vcca_key_from_point(VCCA_KEY_P256, vcca_sink_span(&point), &err);
  assert_false(vcca_ear_jwt(&a, &ear, public, &out, &err));
  assert_int_equal(err.fault, VCCA_FAULT_UNSUPPORTED);
  assert_false(vcca_ear_jwt(&a, &ear, pair, &small, &err));
  vcca_key_free(public);
  vcca_key_free(pair);
}

/* --- The signer's key ------------------------------------------------------------------------------------ */

/* RFC 7517, appendix A.2. */
#define RFC_JWK                                                                                    \
  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\",\"y\":" \
  "\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\","                                               \
  "\"d\":\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\",\"use\":\"enc\",\"kid\":\"1\"}"

static void a_jwk_with_its_private_part_signs(void **state)
{
  (void)state;
  char jwk[512] = RFC_JWK;
  struct vcca_error err = {0};
  assert_null(vcca_signer_read(vcca_span_str(jwk), &err)); /* it is for encrypting */
  assert_non_null(strstr(err.text, "\"use\" must be \"sig\""));
  memcpy(strstr(jwk, "enc"), "sig", 3);
  vcca_key *key = vcca_signer_read(vcca_span_str(jwk), &err);
  check_ok(key != NULL, &err, "JWK");
  assert_true(vcca_key_is_pair(key));
  vcca_key_free(key);
  assert_null(vcca_anchor_read(vcca_span_str(jwk), &err)); /* and is no anchor */
  strstr(jwk, "870MB")[0] = '9';
  assert_null(vcca_signer_read(vcca_span_str(jwk), &err));
  assert_non_null(strstr(err.text, "not the public key of \"d\""));
}

static void base64url_reads_back_at_every_length(void **state)
{
  (void)state;
  for (size_t n = 0; n < 100; n++) {
    uint8_t bytes[100], text_room[200], again_room[100];
    for (size_t i = 0; i < n; i++)
      bytes[i] = (uint8_t)(i * 89 + n);
    vcca_sink text = VCCA_SINK(text_room), again = VCCA_SINK(again_room);
    base64url_put(&text, vcca_span_of(bytes, n));
    assert_int_equal(text.n, (n * 4 + 2) / 3);
    assert_true(base64url_read(vcca_sink_span(&text), &again));
    assert_true(vcca_span_eq(vcca_sink_span(&again), vcca_span_of(bytes, n)));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_deployed_profile_has_dotted_names),
      cmocka_unit_test(the_draft_s_profile_has_its_own_names),
      cmocka_unit_test(what_was_not_given_is_left_out),
      cmocka_unit_test(a_jwt_is_signed_with_the_key_s_own_algorithm),
      cmocka_unit_test(what_cannot_sign_is_refused),
      cmocka_unit_test(a_jwk_with_its_private_part_signs),
      cmocka_unit_test(base64url_reads_back_at_every_length),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
