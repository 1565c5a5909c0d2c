/* Policies in YAML: what is read, and what is refused with its place.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "vcca/verifier.h"
#include "rooms/span.h"

static struct vcca_policy policy; /* large */

static void a_policy_says_all_this(void **state)
{
  (void)state;
  static const char text[] = "policy: production\n"
                             "require: [freshness, rim, platform-reference]\n"
                             "lifecycle: [secured, 0x2000, {from: 0x4000, to: 0x40ff}]\n"
                             "hash-algorithms: [sha-256, sha-384]\n"
                             "components:\n"
                             "  - {type: TMM, at-least: 21.21.0}\n"
                             "  - {type: ATF, versions: [2.10.0, 2.11.0]}\n"
                             "  - {type: UEFI}\n"
                             "appraisal:\n"
                             "  CCA_SSD_PLATFORM: {status: affirming, configuration: warning}\n"
                             "  CCA_REALM: {executables: 3, instance-identity: affirming}\n";
  struct vcca_error err = {0};
  check_ok(vcca_policy_read(vcca_span_str(text), &policy, &err), &err, "policy");
  assert_string_equal(policy.name, "production");
  for (enum vcca_check check = 0; check < VCCA_CHECKS; check++)
    assert_int_equal(policy.required[check], check == VCCA_CHECK_FRESHNESS || check == VCCA_CHECK_RIM ||
                                                 check == VCCA_CHECK_PLATFORM_REFERENCE);
  static const uint64_t lifecycles[3][2] = {{0x3000, 0x30ff}, {0x2000, 0x2000}, {0x4000, 0x40ff}};
  assert_int_equal(policy.lifecycle_count, 3);
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(policy.lifecycles[i].first, lifecycles[i][0]);
    assert_int_equal(policy.lifecycles[i].last, lifecycles[i][1]);
  }
  assert_true(policy.limits_hash_algs && policy.hash_algs[VCCA_SHA256] && policy.hash_algs[VCCA_SHA384] &&
              !policy.hash_algs[VCCA_SHA512]);
  assert_int_equal(policy.component_count, 3);
  assert_string_equal(policy.components[0].type, "TMM");
  assert_string_equal(policy.components[0].at_least, "21.21.0");
  assert_int_equal(policy.components[1].version_count, 2);
  assert_string_equal(policy.components[1].versions[1], "2.11.0");
  assert_string_equal(policy.components[2].at_least, "");
  assert_int_equal(policy.worst_status[VCCA_SUBMOD_PLATFORM], VCCA_TIER_AFFIRMING);
  assert_int_equal(policy.worst_status[VCCA_SUBMOD_REALM], 0);
  assert_int_equal(policy.worst[VCCA_SUBMOD_PLATFORM][VCCA_CONFIGURATION], 95);
  assert_int_equal(policy.worst[VCCA_SUBMOD_REALM][VCCA_EXECUTABLES], 3);
  assert_int_equal(policy.worst[VCCA_SUBMOD_REALM][VCCA_INSTANCE_IDENTITY], 31);
  assert_int_equal(policy.worst[VCCA_SUBMOD_REALM][VCCA_HARDWARE], 0);
}

static void a_name_alone_asks_for_nothing(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  check_ok(vcca_policy_read(VCCA_SPAN_LIT("{policy: nothing}"), &policy, &err), &err, "policy");
  struct vcca_policy nothing = {.name = "nothing"};
  assert_memory_equal(&policy, &nothing, sizeof nothing);
}

static const struct {
  const char *text, *reason;
} bad[] = {
    {"", ""},
    {"policy", "1:1"},
    {"[]", "1:1"},
    {"{require: [rim]}", "policy"},
    {"policy: []", "1:9: text was expected"},
    {"policy: x\nrequires: [rim]", "2:1: "},
    {"policy: x\nrequires: [rim]", "did you mean \"require\"?"},
    {"policy: x\nrequire: [rims]", "2:11: the name of a check was expected, did you mean \"rim\"?"},
    {"policy: x\nrequire: [policy]", "the name of a check was expected"},
    {"policy: x\nrequire: rim", "\"require\" is a list"},
    {"policy: x\nrequire: []", "\"require\" is a list of 1 to"},
    {"policy: x\nunexplained: tolerate", "2:14: \"unexplained\" is refuse, or a list of digests to tolerate"},
    {"policy: x\nunexplained: []", "\"unexplained\" is a list of 1 to"},
    {"policy: x\nunexplained: [grub]", "2:15: the digest of an event in hex was expected"},
    {"policy: x\nunexplained: [00ff]", "a digest has 32, 48 or 64 bytes, this one has 2"},
    {"policy: x\nlifecycle: [safe]", "2:13: a lifecycle is"},
    {"policy: x\nlifecycle: [0x10000]", "too large"},
    {"policy: x\nlifecycle: [[1]]", "a lifecycle is"},
    {"policy: x\nlifecycle: [{from: 2, to: 1}]", "ends before it begins"},
    {"policy: x\nlifecycle: [{from: 2}]", "to"},
    {"policy: x\nlifecycle: [{from: 2, until: 3}]", "2:23"},
    {"policy: x\nhash-algorithms: [sha256]", "the hashes are"},
    {"policy: x\ncomponents: [TMM]", "2:14"},
    {"policy: x\ncomponents: [{at-least: 1}]", "type"},
    {"policy: x\ncomponents: [{type: TMM, at-least: v1}]", "numbers separated by dots"},
    {"policy: x\ncomponents: [{type: TMM, versions: []}]", "\"versions\" is a list"},
    {"policy: x\ncomponents: [{type: TMM, versions: [{}]}]", "text was expected"},
    {"policy: x\nappraisal: {REALM: {}}", "2:13"},
    {"policy: x\nappraisal: {CCA_REALM: {executable: 2}}", "did you mean \"executables\"?"},
    {"policy: x\nappraisal: {CCA_REALM: {executables: 1}}", "the best value is 2"},
    {"policy: x\nappraisal: {CCA_REALM: {executables: 96}}", "too large"},
    {"policy: x\nappraisal: {CCA_REALM: {executables: contraindicated}}",
     "affirming or warning, or a value from 2 to 95"},
    {"policy: x\nappraisal: {CCA_REALM: {status: 2}}", "affirming or warning"},
};

static void what_means_nothing_is_refused_with_its_place(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct vcca_error err = {0};
    char text[800];
    if (vcca_policy_read(vcca_span_str(bad[i].text), &policy, &err))
      fail_msg("accepted: %s", bad[i].text);
    if (strstr(vcca_error_text(&err, text, sizeof text), bad[i].reason) == NULL || err.text[0] == '\0')
      fail_msg("%s\n   is refused with \"%s\"\n instead of \"%s\"", bad[i].text, text, bad[i].reason);
  }
}

static void lists_have_an_end(void **state)
{
  (void)state;
  char text[4096] = "policy: x\nhash-algorithms: [sha-256, sha-256, sha-256, sha-256]\n";
  assert_false(vcca_policy_read(vcca_span_str(text), &policy, NULL));
  vcca_sink out = vcca_sink_of(text, sizeof text - 1);
  vcca_sink_str(&out, "policy: x\ncomponents:\n");
  for (int i = 0; i <= VCCA_POLICY_ROWS; i++)
    vcca_sink_str(&out, "  - {type: x}\n");
  assert_false(vcca_policy_read(vcca_sink_span(&out), &policy, NULL));
  out.n -= strlen("  - {type: x}\n");
  assert_true(vcca_policy_read(vcca_sink_span(&out), &policy, NULL));
  assert_int_equal(policy.component_count, VCCA_POLICY_ROWS);
}

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void unexplained_events_are_refused_but_for_the_digests_named(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  check_ok(vcca_policy_read(VCCA_SPAN_LIT("policy: x\nunexplained: refuse\n"), &policy, &err), &err, "refuse");
  assert_true(policy.refuses_unexplained);
  assert_int_equal(policy.tolerated_count, 0);
  check_ok(vcca_policy_read(VCCA_SPAN_LIT("policy: x\nunexplained: [" DIGEST ", " DIGEST DIGEST "]\n"), &policy, &err),
           &err, "digests");
  assert_true(policy.refuses_unexplained);
  assert_int_equal(policy.tolerated_count, 2);
  check_hex(vcca_span_of(policy.tolerated[0].bytes, policy.tolerated[0].size), DIGEST, "first");
  assert_int_equal(policy.tolerated[1].size, 64);
  check_ok(vcca_policy_read(VCCA_SPAN_LIT("policy: x"), &policy, &err), &err, "none");
  assert_false(policy.refuses_unexplained);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(unexplained_events_are_refused_but_for_the_digests_named),
      cmocka_unit_test(a_policy_says_all_this),
      cmocka_unit_test(a_name_alone_asks_for_nothing),
      cmocka_unit_test(what_means_nothing_is_refused_with_its_place),
      cmocka_unit_test(lists_have_an_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
