/* The reference value store: what is read of it, and what is refused.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "verifier/endorsed.h"
#include "rooms/span.h"

#define HEX_11 "1111111111111111111111111111111111111111111111111111111111111111"
#define HEX_AB "ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB"
#define HEX_C7 "c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7c7"
#define COMPONENT(more) "{\"measurement-value\":\"" HEX_AB "\",\"signer-id\":\"" HEX_C7 "\"" more "}"
#define PLATFORM(config, components) "{" PLATFORM_MEMBERS(config, components) "}"
#define PLATFORM_MEMBERS(config, components) \
  "\"implementation-id\":\"" HEX_11 "\",\"platform-configuration\":\"" config "\",\"sw-components\":" components
#define REALM(hash, rems, rpv) "{" REALM_MEMBERS(hash, rems, rpv) "}"
#define REALM_MEMBERS(hash, rems, rpv)                                                                           \
  "\"initial-measurement\":\"" HEX_11 "\",\"rak-hash-algorithm\":\"" hash "\",\"extensible-measurements\":" rems \
  ",\"personalization-value\":\"" rpv "\""
#define REMS "[\"" HEX_11 "\",\"" HEX_AB "\",\"" HEX_C7 "\",\"" HEX_11 "\"]"
#define STORE(platforms, realms) "{\"platform\":[" platforms "],\"realm\":[" realms "]}"

static void a_store_says_platforms_and_realms(void **state)
{
  (void)state;
  static const char text[] =
      STORE(PLATFORM("", "[" COMPONENT("") "]") "," PLATFORM(
                "010203", "[" COMPONENT(",\"version\":\"1\",\"component-type\":\"BL\"") "," COMPONENT("") "]"),
            REALM("sha-512", REMS, HEX_C7 HEX_C7));
  struct endorsed e = {0};
  struct vcca_error err = {0};
  check_ok(rv_store_read(vcca_span_str(text), &e, &err), &err, "store");

  const struct platform_value *one = e.platforms, *two = one->next;
  assert_string_equal(one->where, "rv-store platform[0]");
  assert_string_equal(two->where, "rv-store platform[1]");
  assert_true(one->config.p != NULL && one->config.n == 0); /* said, and empty */
  check_hex(two->config, "010203", "configuration");
  check_hex(two->implementation_id, HEX_11, "implementation id");
  assert_true(two->config_mask.p == NULL && two->next == NULL);

  const struct component_value *c = two->components;
  assert_int_equal(c->digests[0].n, 32);
  assert_int_equal(c->digests[0].p[0], 0xab); /* upper case is hex too */
  check_hex(c->signer_id, HEX_C7, "signer");
  assert_true(vcca_span_is(c->version, "1") && vcca_span_is(c->type, "BL"));
  assert_true(c->next->version.p == NULL && c->next->next == NULL);

  check_hex(e.realms->rim, HEX_11, "RIM");
  check_hex(e.realms->rpv, HEX_C7 HEX_C7, "RPV");
  check_hex(e.realms->rem[2], HEX_C7, "REM 2");
  assert_true(vcca_span_is(e.realms->rak_hash_alg, "sha-512"));
  endorsed_free(&e);
}

static void a_measurement_is_as_long_as_a_digest(void **state)
{
  (void)state;
  for (size_t size = 1; size <= 80; size++) {
    struct endorsed e = {0};
    struct vcca_error err = {0};
    char text[1024], digest[2 * 80 + 1] = "";
    memset(digest, '5', 2 * size);
    snprintf(text, sizeof text,
             STORE(PLATFORM("", "[{\"measurement-value\":\"%s\",\"signer-id\":\"" HEX_C7 "\"}]"), ""), digest);
    if (rv_store_read(vcca_span_str(text), &e, &err) != (size == 32 || size == 48 || size == 64))
      fail_msg("a value of %zu bytes: %s", size, err.text);
    endorsed_free(&e);
  }
}

static void either_part_may_be_absent(void **state)
{
  (void)state;
  static const char *const texts[] = {"{\"platform\":[]}", "{\"realm\":[]}", STORE("", "")};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct endorsed e = {0};
    struct vcca_error err = {0};
    check_ok(rv_store_read(vcca_span_str(texts[i]), &e, &err), &err, texts[i]);
    endorsed_free(&e);
  }
}

static const struct {
  const char *text, *reason;
} bad[] = {
    {"", "not JSON"},
    {"{", "1:1: not JSON"},
    {"[]", "is a JSON object with \"platform\" or \"realm\""},
    {"{}", "is a JSON object with \"platform\" or \"realm\""},
    {"{\"realm\":[],\n\"realm\":[]}", "2:7: not JSON: duplicate"},
    {"{\"platform\":{}}", "\"platform\" must be an array"},
    {"{\"realm\":[1]}", "\"realm[0]\" must be an object"},
    {STORE(PLATFORM("01", "[]"), ""), "\"platform[0].sw-components\" must be an array of at least one"},
    {STORE(PLATFORM("01", "{}"), ""), "\"platform[0].sw-components\" must be an array of at least one"},
    {STORE(PLATFORM("0", "[" COMPONENT("") "]"), ""), "\"platform[0].platform-configuration\""},
    {STORE(PLATFORM("01", "[" COMPONENT("") ",1]"), ""), "\"platform[0].sw-components[1]\" must be an object"},
    {STORE(PLATFORM("01", "[" COMPONENT(",\"version\":1") "]"), ""),
     "\"platform[0].sw-components[0].version\" must be a string"},
    {STORE(PLATFORM("01", "[{\"measurement-value\":\"00\",\"signer-id\":\"\"}]"), ""),
     "measurement-value\" must hold 32, 48 or 64 bytes"},
    {STORE(PLATFORM("01", "[{\"measurement-value\":\"" HEX_AB "\"}]"), ""),
     "\"platform[0].sw-components[0].signer-id\" is missing"},
    {STORE("{\"implementation-id\":\"11\"}", ""), "\"platform[0].implementation-id\" holds 1 bytes; it must be 32"},
    {"{\"platforms\":[],\"realm\":[]}", "\"platforms\" is not known here"},
    {"{\"platform\":[],\"realms\":[],\"realm\":[]}", "\"realms\" is not known here"},
    {STORE(PLATFORM("01", "[" COMPONENT(",\"versoin\":\"1\"") "]"), ""),
     "\"platform[0].sw-components[0].versoin\" is not known here"},
    {STORE(PLATFORM("01", "[" COMPONENT(",\"type\":\"BL\"") "]"), ""),
     "\"platform[0].sw-components[0].type\" is not known here"},
    {STORE("{\"lifecycle\":1," PLATFORM_MEMBERS("01", "[" COMPONENT("") "]") "}", ""),
     "\"platform[0].lifecycle\" is not known here"},
    {STORE("", "{\"rim\":1," REALM_MEMBERS("sha-256", REMS, HEX_C7 HEX_C7) "}"), "\"realm[0].rim\" is not known here"},
    {STORE("", REALM("sha256", REMS, HEX_C7 HEX_C7)), "\"realm[0].rak-hash-algorithm\" must be"},
    {STORE("", REALM("sha-256", "[\"" HEX_11 "\"]", HEX_C7 HEX_C7)),
     "\"realm[0].extensible-measurements\" must be an array of 4"},
    {STORE("", REALM("sha-256", "[1,2,3,4]", HEX_C7 HEX_C7)), "\"realm[0].extensible-measurements[0]\" must be"},
    {STORE("", REALM("sha-256", "[\"" HEX_11 "\",\"" HEX_11 "\",\"" HEX_11 "\",\"zz\"]", HEX_C7 HEX_C7)),
     "extensible-measurements[3]\" must be"},
    {STORE("", REALM("sha-256", REMS, HEX_C7)), "\"realm[0].personalization-value\" holds 32 bytes; it must be 64"},
    {STORE("", REALM("sha-256", REMS, HEX_C7 HEX_C7) ",{\"initial-measurement\":\"00\"}"),
     "\"realm[1].initial-measurement\" must hold 32"},
};

static void a_broken_store_is_refused_as_a_whole_with_its_place(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct endorsed e = {0};
    struct vcca_error err = {0};
    char text[800];
    if (rv_store_read(vcca_span_str(bad[i].text), &e, &err))
      fail_msg("accepted: %s", bad[i].text);
    endorsed_free(&e);
    if (strstr(vcca_error_text(&err, text, sizeof text), bad[i].reason) == NULL)
      fail_msg("%s\n   is refused with \"%s\"\n instead of \"%s\"", bad[i].text, text, bad[i].reason);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_store_says_platforms_and_realms),
      cmocka_unit_test(a_measurement_is_as_long_as_a_digest),
      cmocka_unit_test(either_part_may_be_absent),
      cmocka_unit_test(a_broken_store_is_refused_as_a_whole_with_its_place),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
