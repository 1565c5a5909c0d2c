/* CoRIMs that another encoder wrote after the drafts (corim_vectors.py): what they say is what is read, and
 * whatever is wrong with one is refused with its place.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "verifier/corim_vectors.h"

#include "verifier/endorsed.h"
#include "rooms/crypto.h"
#include "rooms/span.h"

static uint8_t room[8192];

static vcca_span bytes_of(const char *hex)
{
  struct vcca_error err = {0};
  vcca_sink out = VCCA_SINK(room);
  check_ok(vcca_hex_read(vcca_span_str(hex), &out, &err), &err, "vector");
  return vcca_span_of(room, out.n);
}

static struct endorsed read_good(const char *hex)
{
  struct endorsed e = {0};
  struct vcca_error err = {0};
  check_ok(corim_read(bytes_of(hex), "20260101000000Z", 0, &e, &err), &err, "CoRIM");
  return e;
}

static bool all_are(vcca_span s, uint8_t byte, size_t n)
{
  for (size_t i = 0; i < s.n; i++)
    if (s.p[i] != byte)
      return false;
  return s.n == n;
}

static void a_platform_corim_says_components_and_configuration(void **state)
{
  (void)state;
  struct endorsed e = read_good(platform_corim);
  const struct platform_value *p = e.platforms;
  assert_non_null(p);
  assert_null(p->next);
  assert_null(e.realms);
  assert_null(e.anchors);
  assert_string_equal(p->where, "CoRIM 0 tag 0 reference 0");
  assert_true(all_are(p->implementation_id, 0x11, 32));
  check_hex(p->config, "cff0", "configuration");
  check_hex(p->config_mask, "fff0", "mask");

  const struct component_value *two = p->components, *one = two->next; /* the last comes first */
  assert_null(one->next);
  assert_true(vcca_span_is(one->type, "BL") && vcca_span_is(one->version, "1.2.3"));
  assert_int_equal(one->digest_count, 1);
  assert_true(all_are(one->digests[0], 0xa1, 32) && all_are(one->signer_id, 0x51, 32));
  assert_true(two->type.p == NULL && two->version.p == NULL);
  assert_int_equal(two->digest_count, 2);
  assert_true(all_are(two->digests[0], 0xb2, 48) && all_are(two->digests[1], 0xb3, 32) &&
              all_are(two->signer_id, 0x52, 48));
  endorsed_free(&e);
}

static void a_masked_value_and_keys_in_another_order_say_the_same(void **state)
{
  (void)state;
  struct endorsed e = read_good(platform_masked_corim);
  check_hex(e.platforms->config, "cff0", "configuration");
  check_hex(e.platforms->config_mask, "fff0", "mask");
  assert_true(all_are(e.platforms->components->digests[0], 0xa1, 32));
  endorsed_free(&e);
}

static void an_anchor_is_of_one_instance(void **state)
{
  (void)state;
  struct endorsed e = read_good(anchor_corim);
  assert_true(all_are(e.anchors->implementation_id, 0x11, 32));
  assert_int_equal(e.anchors->instance_id.n, 33);
  assert_true(e.anchors->instance_id.p[0] == 1 && all_are(vcca_span_sub(e.anchors->instance_id, 1, 33), 0x22, 32));
  assert_string_equal(e.anchors->where, "CoRIM 0 tag 0 key 0");
  vcca_key *key = vcca_key_from_pem(e.anchors->pem, NULL);
  assert_non_null(key);
  assert_int_equal(vcca_key_type(key), VCCA_KEY_P256);
  vcca_key_free(key);
  endorsed_free(&e);
}

static void a_realm_corim_says_all_its_measurements(void **state)
{
  (void)state;
  struct endorsed e = read_good(realm_corim);
  assert_true(all_are(e.realms->rim, 0x71, 48) && all_are(e.realms->rpv, 0x90, 64));
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    assert_true(all_are(e.realms->rem[i], (uint8_t)(0x80 + i), 48));
  endorsed_free(&e);

  e = read_good(realm_rim_only_corim);
  assert_true(all_are(e.realms->rim, 0x71, 48) && e.realms->rpv.p == NULL && e.realms->rem[3].p == NULL);
  endorsed_free(&e);
}

static void what_is_wrong_with_a_corim_is_said_with_its_place(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof bad_corims / sizeof bad_corims[0]; i++) {
    struct endorsed e = {0};
    struct vcca_error err = {0};
    char text[800];
    vcca_span bytes = bytes_of(bad_corims[i].hex);
    if (corim_read(bytes, "20260101000000Z", 0, &e, &err))
      fail_msg("row %zu is read, instead of \"%s\"", i, bad_corims[i].reason);
    endorsed_free(&e);
    vcca_error_text(&err, text, sizeof text);
    if (strstr(text, bad_corims[i].reason) == NULL || !err.has_offset || err.offset > bytes.n)
      fail_msg("row %zu says \"%s\" instead of \"%s\"", i, text, bad_corims[i].reason);
  }
}

static void a_validity_is_checked_for_the_time_that_is_given(void **state)
{
  (void)state;
  static const struct { /* the vector ends at 1798761600, 2027-01-01T00:00:00Z by `date` */
    const char *at;
    bool valid;
  } rows[] = {{NULL, true},
              {"20260228235959Z", true},
              {"20270101000000Z", true},
              {"20270101000001Z", false},
              {"20280229000000Z", false},
              {"20260230000000Z", false},
              {"2027", false},
              {"20271301000000Z", false},
              {"20260228235959Zx", false}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct endorsed e = {0};
    if (corim_read(bytes_of(realm_rim_only_corim), rows[i].at, 0, &e, NULL) != rows[i].valid)
      fail_msg("at %s", rows[i].at ? rows[i].at : "any time");
    endorsed_free(&e);
  }
}

/* The times of RFC 8949, 3.4.2: the vector's validity, {1: 1(1798761600)}, with other numbers in its place. */
static void a_time_of_validity_is_any_number(void **state)
{
  (void)state;
  static const char validity[] = "a101c11a6b36ec80";
  static const struct {
    const char *hex, *at;
    const char *refused; /* NULL: valid */
  } rows[] = {
      {"a101c1fb41dacdbb20000000", "20270101000000Z", NULL}, /* 1798761600.0 */
      {"a101c1fb41dacdbb20000000", "20270101000001Z", "no longer valid"},
      {"a101c1fb41dacdbb20200000", "20270101000000Z", NULL}, /* 1798761600.5 */
      {"a101c1fb41dacdbb20200000", "20270101000001Z", "no longer valid"},
      {"a101c1fb41dacdbb1fe00000", "20270101000000Z", "no longer valid"}, /* 1798761599.5 */
      {"a101c1fb41dacdbb1fe00000", "20261231235959Z", NULL},
      {"a101c1fa4eeab7fe", "20251231000000Z", NULL},          /* 1968963328.0, a single */
      {"a101c1f97bff", "19700101181144Z", NULL},              /* 65504.0, a half */
      {"a101c1f97bff", "19700101181145Z", "no longer valid"}, /* 65505 seconds */
      {"a101c120", "19691231235959Z", NULL},                  /* -1 */
      {"a101c120", "19700101000000Z", "no longer valid"},
      {"a101c11bffffffffffffffff", "99991231235959Z", NULL}, /* beyond any year */
      {"a101c13bffffffffffffffff", "00010101000000Z", "no longer valid"},
      {"a200c1f97bff01c11a6b36ec80", "19700101000000Z", "not yet valid"},
      {"a200c1f97bff01c11a6b36ec80", "20260101000000Z", NULL},
      {"a101c1f97e00", "20260101000000Z", "a number that is no time"}, /* NaN */
      {"a101c1f97c00", "20260101000000Z", "a number that is no time"}, /* infinity */
      {"a101c1f97c00", NULL, "a number that is no time"},
      {"a101c16430303031", "20260101000000Z", "must be a number, not a text string"},
      {"a101c06430303031", "20260101000000Z", "must be tag 1, not 0"},
      {"a101c1c24101", "20260101000000Z", "must be a number, not a tag"},
      {"a100c101", "20260101000000Z", "its end (not-after, 1) is missing"},
      {"a0", "20260101000000Z", "its end (not-after, 1) is missing"},
  };
  size_t n = strlen(realm_rim_only_corim) - strlen(validity);
  assert_string_equal(realm_rim_only_corim + n, validity);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char hex[1024], text[800];
    struct endorsed e = {0};
    struct vcca_error err = {0};
    snprintf(hex, sizeof hex, "%.*s%s", (int)n, realm_rim_only_corim, rows[i].hex);
    bool read = corim_read(bytes_of(hex), rows[i].at, 0, &e, &err);
    endorsed_free(&e);
    vcca_error_text(&err, text, sizeof text);
    if (read != (rows[i].refused == NULL) || (!read && (strstr(text, rows[i].refused) == NULL || !err.has_offset)))
      fail_msg("row %zu, %s: %s", i, rows[i].hex, read ? "read" : text);
  }
}

/* --- Comparing ------------------------------------------------------------------------------------------- */

static uint8_t a1[32], b2[48], s51[32], s52[48], implementation_id[32];

static struct vcca_platform_claims claims(void)
{
  memset(a1, 0xa1, sizeof a1);
  memset(b2, 0xb2, sizeof b2);
  memset(s51, 0x51, sizeof s51);
  memset(s52, 0x52, sizeof s52);
  memset(implementation_id, 0x11, sizeof implementation_id);
  struct vcca_platform_claims p = {
      .implementation_id = VCCA_SPAN(implementation_id), .config = VCCA_SPAN_LIT("\xcf\xff"), .component_count = 2};
  p.components[0] =
      (struct vcca_component){.measurement = VCCA_SPAN(b2), .signer_id = VCCA_SPAN(s52), .type = VCCA_SPAN_LIT("any")};
  p.components[1] = (struct vcca_component){.measurement = VCCA_SPAN(a1),
                                            .signer_id = VCCA_SPAN(s51),
                                            .type = VCCA_SPAN_LIT("BL\0"),
                                            .version = VCCA_SPAN_LIT("1.2.3\0")};
  return p;
}

static void compare(const char *hex, const struct vcca_platform_claims *p, enum vcca_endorsed result,
                    const char *reason)
{
  struct endorsed e = read_good(hex);
  struct platform_comparison c;
  compare_platform(&e, p, &c);
  if (c.result != result || strstr(c.components.reason, reason) == NULL)
    fail_msg("%d, \"%s\" instead of %d, \"%s\"", c.result, c.components.reason, result, reason);
  endorsed_free(&e);
}

static void components_agree_in_any_order_and_where_the_reference_speaks(void **state)
{
  (void)state;
  struct vcca_platform_claims p = claims();
  compare(platform_corim, &p, VCCA_ENDORSED_WHOLLY, "2 components as in CoRIM 0 tag 0 reference 0");
  p.components[0].version = VCCA_SPAN_LIT("7"); /* of which the reference says nothing */
  compare(platform_corim, &p, VCCA_ENDORSED_WHOLLY, "2 components");
  p.config = VCCA_SPAN_LIT("\xcf\xef");
  compare(platform_corim, &p, VCCA_ENDORSED_DIFFERENT, "2 components");
}

static void a_component_that_no_reference_is_fails(void **state)
{
  (void)state;
  struct vcca_platform_claims p = claims();
  p.components[1].version = VCCA_SPAN_LIT("1.2.4");
  compare(platform_corim, &p, VCCA_ENDORSED_DIFFERENT, "component 1 \"BL\" measurement a1a1");
  compare(platform_corim, &p, VCCA_ENDORSED_DIFFERENT, "has another version");
  p.components[1].version = vcca_span_of(NULL, 0);
  compare(platform_corim, &p, VCCA_ENDORSED_DIFFERENT, "has another version");
  p.components[1].type = VCCA_SPAN_LIT("BL2");
  compare(platform_corim, &p, VCCA_ENDORSED_DIFFERENT, "has another type");
  p.components[1].signer_id = VCCA_SPAN(s52);
  compare(platform_corim, &p, VCCA_ENDORSED_DIFFERENT, "has another signer");
  a1[31] ^= 1;
  compare(platform_corim, &p, VCCA_ENDORSED_DIFFERENT, "no reference has its measurement");
  implementation_id[0] ^= 1;
  compare(platform_corim, &p, VCCA_ENDORSED_UNKNOWN, "no reference value is of implementation id 1011");
}

static void a_component_that_is_missing_fails(void **state)
{
  (void)state;
  struct vcca_platform_claims p = claims();
  p.component_count = 1;
  compare(platform_corim, &p, VCCA_ENDORSED_DIFFERENT, "no component for the reference \"BL\" a1a1");
}

static void two_releases_do_not_make_one(void **state)
{
  (void)state;
  struct vcca_platform_claims p = claims();
  compare(platform_releases_corim, &p, VCCA_ENDORSED_DIFFERENT, "no reference has its measurement");
  p.component_count = 1;
  compare(platform_releases_corim, &p, VCCA_ENDORSED_WHOLLY, "1 components as in CoRIM 0 tag 1 reference 0");
}

static vcca_span repeated(uint8_t *room48, uint8_t byte)
{
  memset(room48, byte, 48);
  return vcca_span_of(room48, 48);
}

static void what_is_written_of_a_realm_is_what_another_encoder_writes(void **state)
{
  (void)state;
  uint8_t digests[5][48], rpv[64], written[2048];
  struct vcca_error err = {0};
  memset(rpv, 0x90, sizeof rpv);
  struct vcca_realm_values whole = {
      .rim = repeated(digests[4], 0x71), .rpv = VCCA_SPAN(rpv), .rak_hash_alg = VCCA_SPAN_LIT("sha-256")};
  for (uint8_t i = 0; i < VCCA_TOKEN_REMS; i++)
    whole.rem[i] = repeated(digests[i], (uint8_t)(0x80 + i));
  const struct vcca_realm_values rim_only = {.rim = whole.rim},
                                 some = {.rim = whole.rim, .rem = {[2] = whole.rem[2]}, .rpv = whole.rpv};
  const struct {
    const struct vcca_realm_values *realm;
    const char *hex;
  } rows[] = {{&whole, written_whole_corim}, {&rim_only, written_rim_only_corim}, {&some, written_rim_rem2_rpv_corim}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    vcca_sink out = VCCA_SINK(written);
    check_ok(vcca_endorse(VCCA_ENDORSE_CORIM_REALM, &(struct vcca_good){.realm = rows[i].realm}, &out, &err), &err,
             "CoRIM");
    check_hex(vcca_sink_span(&out), rows[i].hex, "CoRIM");
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_platform_corim_says_components_and_configuration),
      cmocka_unit_test(a_masked_value_and_keys_in_another_order_say_the_same),
      cmocka_unit_test(an_anchor_is_of_one_instance),
      cmocka_unit_test(a_realm_corim_says_all_its_measurements),
      cmocka_unit_test(what_is_wrong_with_a_corim_is_said_with_its_place),
      cmocka_unit_test(a_validity_is_checked_for_the_time_that_is_given),
      cmocka_unit_test(a_time_of_validity_is_any_number),
      cmocka_unit_test(components_agree_in_any_order_and_where_the_reference_speaks),
      cmocka_unit_test(a_component_that_no_reference_is_fails),
      cmocka_unit_test(a_component_that_is_missing_fails),
      cmocka_unit_test(two_releases_do_not_make_one),
      cmocka_unit_test(what_is_written_of_a_realm_is_what_another_encoder_writes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
