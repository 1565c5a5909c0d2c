/* Each rule of the appraisal table, on verdicts set by hand; what the parts' tiers are; and what a policy
 * makes of it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "verifier/finding.h"
#include "verifier/policy.h"
#include "rooms/verifier.h"

/* A verdict as of evidence for which nothing was expected but a key: what is vouched for passed, the rest
 * was not run. */
static struct vcca_verdict plain(void)
{
  static const enum vcca_check passed[] = {
      VCCA_CHECK_STRUCTURE,       VCCA_CHECK_FAMILY,  VCCA_CHECK_PLATFORM_SIGNATURE,
      VCCA_CHECK_REALM_SIGNATURE, VCCA_CHECK_BINDING, VCCA_CHECK_LIFECYCLE};
  struct vcca_verdict v = {.anchored = true};
  for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++)
    v.findings[passed[i]].outcome = VCCA_PASS;
  v.token.has_platform = true;
  v.token.platform.lifecycle = 0x3000;
  return v;
}

static void put(struct vcca_verdict *v, enum vcca_check check, enum vcca_outcome outcome)
{
  v->findings[check].outcome = outcome;
}

static void expect_rems(struct vcca_verdict *v)
{
  for (int i = VCCA_CHECK_RIM; i <= VCCA_CHECK_REM3; i++)
    v->findings[i].outcome = VCCA_PASS;
}

/* What is changed in the plain verdict: up to two findings, the endorsements, the lifecycle. */
struct change {
  enum vcca_check check[2];
  enum vcca_outcome outcome[2];
  enum vcca_endorsed platform, realm;
  bool unanchored, rems;
  uint64_t lifecycle;
};

#define PASS(id)                                         \
  {                                                      \
    .check = {VCCA_CHECK_##id}, .outcome = { VCCA_PASS } \
  }
#define FAIL(id)                                         \
  {                                                      \
    .check = {VCCA_CHECK_##id}, .outcome = { VCCA_FAIL } \
  }
#define P VCCA_SUBMOD_PLATFORM
#define R VCCA_SUBMOD_REALM
#define NONE VCCA_TIER_NONE
#define AFFIRMING VCCA_TIER_AFFIRMING
#define WARNING VCCA_TIER_WARNING
#define CONTRA VCCA_TIER_CONTRAINDICATED

static const struct row {
  struct change change;
  enum vcca_submod submod;
  enum vcca_trust_claim claim;
  int value;
  enum vcca_tier status;
} rows[] = {
    {FAIL(STRUCTURE), P, VCCA_HARDWARE, 1, CONTRA},
    {FAIL(STRUCTURE), R, VCCA_EXECUTABLES, 1, CONTRA},
    {FAIL(CHAIN), P, VCCA_CONFIGURATION, 99, CONTRA},
    {FAIL(CHAIN), R, VCCA_SOURCED_DATA, 99, CONTRA},
    {FAIL(PLATFORM_SIGNATURE), P, VCCA_INSTANCE_IDENTITY, 99, CONTRA},
    {FAIL(PLATFORM_SIGNATURE), R, VCCA_INSTANCE_IDENTITY, 99, CONTRA},
    {{.check = {VCCA_CHECK_PLATFORM_SIGNATURE}, .outcome = {VCCA_FAIL}, .unanchored = true},
     P,
     VCCA_INSTANCE_IDENTITY,
     97,
     CONTRA},
    {{.check = {VCCA_CHECK_PLATFORM_SIGNATURE}, .outcome = {VCCA_FAIL}, .unanchored = true},
     P,
     VCCA_RUNTIME_OPAQUE,
     0,
     CONTRA},
    {{.check = {VCCA_CHECK_PLATFORM_SIGNATURE}, .outcome = {VCCA_FAIL}, .unanchored = true},
     R,
     VCCA_INSTANCE_IDENTITY,
     97,
     CONTRA},
    {{.unanchored = true, .rems = true}, R, VCCA_EXECUTABLES, 0, CONTRA},
    {FAIL(LIFECYCLE), P, VCCA_INSTANCE_IDENTITY, 96, CONTRA},
    {FAIL(LIFECYCLE), P, VCCA_RUNTIME_OPAQUE, 96, CONTRA},
    {FAIL(LIFECYCLE), P, VCCA_STORAGE_OPAQUE, 96, CONTRA},
    {FAIL(LIFECYCLE), R, VCCA_INSTANCE_IDENTITY, 2, AFFIRMING},
    {{.lifecycle = 0}, P, VCCA_INSTANCE_IDENTITY, 2, AFFIRMING},
    {{.lifecycle = 0}, P, VCCA_HARDWARE, 2, AFFIRMING},
    {{.lifecycle = 0}, P, VCCA_CONFIGURATION, 0, AFFIRMING},
    {{.lifecycle = 0}, P, VCCA_EXECUTABLES, 0, AFFIRMING},
    {{.lifecycle = 0}, P, VCCA_RUNTIME_OPAQUE, 2, AFFIRMING},
    {{.lifecycle = 0}, P, VCCA_STORAGE_OPAQUE, 2, AFFIRMING},
    {{.lifecycle = 0x2000}, P, VCCA_INSTANCE_IDENTITY, 2, WARNING},
    {{.lifecycle = 0x2000}, P, VCCA_RUNTIME_OPAQUE, 32, WARNING},
    {{.lifecycle = 0x2000}, P, VCCA_STORAGE_OPAQUE, 32, WARNING},
    {PASS(PLATFORM_CONFIG), P, VCCA_CONFIGURATION, 2, AFFIRMING},
    {FAIL(PLATFORM_CONFIG), P, VCCA_CONFIGURATION, 32, CONTRA},
    {PASS(PLATFORM_REFERENCE), P, VCCA_EXECUTABLES, 2, AFFIRMING},
    {FAIL(PLATFORM_REFERENCE), P, VCCA_EXECUTABLES, 33, CONTRA},
    {{.check = {VCCA_CHECK_PLATFORM_REFERENCE}, .outcome = {VCCA_FAIL}, .platform = VCCA_ENDORSED_UNKNOWN},
     P,
     VCCA_HARDWARE,
     97,
     CONTRA},
    {FAIL(REALM_SIGNATURE), R, VCCA_INSTANCE_IDENTITY, 99, CONTRA},
    {FAIL(REALM_SIGNATURE), P, VCCA_INSTANCE_IDENTITY, 2, AFFIRMING},
    {FAIL(BINDING), R, VCCA_EXECUTABLES, 99, CONTRA},
    {FAIL(FRESHNESS), R, VCCA_INSTANCE_IDENTITY, 99, CONTRA},
    {FAIL(KEY_EQUALITY), R, VCCA_INSTANCE_IDENTITY, 99, CONTRA},
    {{.lifecycle = 0}, R, VCCA_INSTANCE_IDENTITY, 2, AFFIRMING},
    {{.lifecycle = 0}, R, VCCA_EXECUTABLES, 0, AFFIRMING},
    {{.check = {VCCA_CHECK_REALM_REFERENCE}, .outcome = {VCCA_FAIL}, .realm = VCCA_ENDORSED_DIFFERENT},
     R,
     VCCA_CONFIGURATION,
     32,
     CONTRA},
    {FAIL(RIM), R, VCCA_EXECUTABLES, 33, CONTRA},
    {{.check = {VCCA_CHECK_REALM_REFERENCE}, .outcome = {VCCA_FAIL}, .realm = VCCA_ENDORSED_UNKNOWN},
     R,
     VCCA_EXECUTABLES,
     33,
     CONTRA},
    {FAIL(RPV), R, VCCA_EXECUTABLES, 96, CONTRA},
    {{.check = {VCCA_CHECK_REALM_REFERENCE}, .outcome = {VCCA_FAIL}, .realm = VCCA_ENDORSED_OTHER_RPV},
     R,
     VCCA_EXECUTABLES,
     96,
     CONTRA},
    {{.check = {VCCA_CHECK_RIM, VCCA_CHECK_REM0}, .outcome = {VCCA_PASS, VCCA_FAIL}}, R, VCCA_EXECUTABLES, 96, CONTRA},
    {{.check = {VCCA_CHECK_RIM, VCCA_CHECK_REM1}, .outcome = {VCCA_PASS, VCCA_FAIL}}, R, VCCA_EXECUTABLES, 96, CONTRA},
    {{.check = {VCCA_CHECK_RIM, VCCA_CHECK_REM2}, .outcome = {VCCA_PASS, VCCA_FAIL}}, R, VCCA_EXECUTABLES, 96, CONTRA},
    {{.check = {VCCA_CHECK_RIM, VCCA_CHECK_REM3}, .outcome = {VCCA_PASS, VCCA_FAIL}}, R, VCCA_EXECUTABLES, 96, CONTRA},
    {{.check = {VCCA_CHECK_REALM_REFERENCE}, .outcome = {VCCA_FAIL}, .realm = VCCA_ENDORSED_OTHER_REM},
     R,
     VCCA_EXECUTABLES,
     96,
     CONTRA},
    {FAIL(EVENTLOG), R, VCCA_EXECUTABLES, 96, CONTRA},
    {FAIL(IMAGE_REFERENCE), R, VCCA_EXECUTABLES, 33, CONTRA},
    {PASS(RIM), R, VCCA_EXECUTABLES, 3, AFFIRMING},
    {{.check = {VCCA_CHECK_REALM_REFERENCE}, .outcome = {VCCA_PASS}, .realm = VCCA_ENDORSED_BOOT},
     R,
     VCCA_EXECUTABLES,
     3,
     AFFIRMING},
    {{.check = {VCCA_CHECK_REALM_REFERENCE}, .outcome = {VCCA_PASS}, .realm = VCCA_ENDORSED_WHOLLY},
     R,
     VCCA_EXECUTABLES,
     2,
     AFFIRMING},
    {{.rems = true}, R, VCCA_EXECUTABLES, 2, AFFIRMING},
    {{.check = {VCCA_CHECK_RIM, VCCA_CHECK_EVENTLOG}, .outcome = {VCCA_PASS, VCCA_PASS}},
     R,
     VCCA_EXECUTABLES,
     3,
     AFFIRMING},
    {{.check = {VCCA_CHECK_EVENTLOG, VCCA_CHECK_IMAGE_REFERENCE}, .outcome = {VCCA_PASS, VCCA_PASS}},
     R,
     VCCA_EXECUTABLES,
     0,
     AFFIRMING},
    {FAIL(FAMILY), P, VCCA_HARDWARE, 2, CONTRA},
    {FAIL(POLICY), R, VCCA_INSTANCE_IDENTITY, 2, CONTRA},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static struct vcca_verdict verdict_of(const struct change *change)
{
  struct vcca_verdict v = plain();
  for (size_t i = 0; i < 2; i++)
    if (change->outcome[i] != VCCA_NOT_RUN)
      put(&v, change->check[i], change->outcome[i]);
  if (change->rems)
    expect_rems(&v);
  v.anchored = !change->unanchored;
  v.platform_endorsed = change->platform;
  v.realm_endorsed = change->realm;
  if (change->lifecycle != 0)
    v.token.platform.lifecycle = change->lifecycle;
  return v;
}

static void a_verdict_means_these_values(void **state)
{
  (void)state;
  for (size_t i = 0; i < ROWS; i++) {
    struct vcca_verdict v = verdict_of(&rows[i].change);
    struct vcca_appraisal a;
    vcca_appraise(&v, &a);
    const struct vcca_submod_result *s = &a.submods[rows[i].submod];
    if (s->vector[rows[i].claim] != rows[i].value || s->status != rows[i].status)
      fail_msg("row %zu: %s is %d (%s) instead of %d (%s)", i, vcca_trust_claim_name(rows[i].claim),
               s->vector[rows[i].claim], vcca_tier_name(s->status), rows[i].value, vcca_tier_name(rows[i].status));
  }
}

static void every_rule_has_a_row(void **state)
{
  (void)state;
  struct vcca_appraisal_rule rule;
  size_t missing = 0;
  for (size_t r = 0; vcca_appraisal_rule_at(r, &rule); r++) {
    bool found = false;
    for (size_t i = 0; i < ROWS; i++)
      found =
          found || (strcmp(rule.submod, vcca_submod_name(rows[i].submod)) == 0 && rule.value == rows[i].value &&
                    (strcmp(rule.claim, "all") == 0 || strcmp(rule.claim, vcca_trust_claim_name(rows[i].claim)) == 0));
    if (!found)
      printf("no row for %s %s %d\n", rule.submod, rule.claim, rule.value);
    missing += !found;
  }
  assert_int_equal(missing, 0);
  assert_false(vcca_appraisal_rule_at(vcca_appraisal_rule_count(), &rule));
}

static void what_could_not_be_read_is_of_no_tier(void **state)
{
  (void)state;
  struct vcca_verdict v = plain();
  struct vcca_appraisal a;
  put(&v, VCCA_CHECK_EVENTLOG, VCCA_FAIL);
  v.findings[VCCA_CHECK_EVENTLOG].unreadable = true;
  vcca_appraise(&v, &a);
  assert_int_equal(a.submods[R].status, VCCA_TIER_NONE);
  assert_int_equal(a.submods[P].status, VCCA_TIER_AFFIRMING);
  put(&v, VCCA_CHECK_RIM, VCCA_FAIL); /* a definite no */
  vcca_appraise(&v, &a);
  assert_int_equal(a.submods[R].status, VCCA_TIER_CONTRAINDICATED);
}

static void a_token_without_a_platform_has_one_part(void **state)
{
  (void)state;
  struct vcca_verdict v = plain();
  struct vcca_appraisal a;
  v.token.has_platform = false;
  put(&v, VCCA_CHECK_KEY_EQUALITY, VCCA_PASS);
  vcca_appraise(&v, &a);
  assert_false(a.submods[P].present);
  assert_true(a.submods[R].present);
  assert_int_equal(a.submods[R].vector[VCCA_INSTANCE_IDENTITY], 2);
}

static void values_belong_to_ar4si_tiers(void **state)
{
  (void)state;
  static const struct {
    int value;
    enum vcca_tier tier;
  } tiers[] = {{-1, NONE},      {0, NONE},        {1, NONE},     {2, AFFIRMING}, {31, AFFIRMING},
               {-2, AFFIRMING}, {-32, AFFIRMING}, {32, WARNING}, {95, WARNING},  {-33, WARNING},
               {-96, WARNING},  {96, CONTRA},     {127, CONTRA}, {-97, CONTRA}};
  for (size_t i = 0; i < sizeof tiers / sizeof tiers[0]; i++)
    if (vcca_tier_of(tiers[i].value) != tiers[i].tier)
      fail_msg("%d is %s", tiers[i].value, vcca_tier_name(vcca_tier_of(tiers[i].value)));
}

/* --- Policy ---------------------------------------------------------------------------------------------- */

static struct vcca_verdict with_components(void)
{
  struct vcca_verdict v = plain();
  v.token.platform.hash_alg = v.token.realm.hash_alg = v.token.realm.public_key_hash_alg = VCCA_SPAN_LIT("sha-256");
  v.token.platform.component_count = 2;
  v.token.platform.components[0] =
      (struct vcca_component){.type = VCCA_SPAN_LIT("TMM\0"), .version = VCCA_SPAN_LIT("21.23.0\0")};
  v.token.platform.components[1] =
      (struct vcca_component){.type = VCCA_SPAN_LIT("ATF"), .hash_alg = VCCA_SPAN_LIT("sha-384")};
  return v;
}

static const struct {
  struct vcca_policy policy;
  const char *reason; /* NULL: passes */
} policies[] = {
    {{.name = "none"}, NULL},
    {{.required = {[VCCA_CHECK_BINDING] = true}}, NULL},
    {{.required = {[VCCA_CHECK_FRESHNESS] = true}}, "the check freshness must pass, and is not-run"},
    {{.component_count = 1, .components = {{.type = "TMM"}}}, NULL},
    {{.component_count = 1, .components = {{.type = "TMM", .at_least = "21.23"}}}, NULL},
    {{.component_count = 1, .components = {{.type = "TMM", .at_least = "21.23.1"}}},
     "component \"TMM\" has the version \"21.23.0\""},
    {{.component_count = 1, .components = {{.type = "TMM", .version_count = 2, .versions = {"21.22.0", "21.23.0"}}}},
     NULL},
    {{.component_count = 1, .components = {{.type = "TMM", .version_count = 1, .versions = {"21.23"}}}},
     "not among those allowed"},
    {{.component_count = 1,
      .components = {{.type = "TMM", .version_count = 1, .versions = {"21.23.0"}, .at_least = "22"}}},
     "at least 22"},
    {{.component_count = 1, .components = {{.type = "ATF", .at_least = "0"}}},
     "component \"ATF\" has the version \"\""},
    {{.component_count = 1, .components = {{.type = "RMM"}}}, "no component \"RMM\""},
    {{.limits_hash_algs = true, .hash_algs = {[VCCA_SHA256] = true, [VCCA_SHA384] = true}}, NULL},
    {{.limits_hash_algs = true, .hash_algs = {[VCCA_SHA256] = true}},
     "claim 6 of a component: the hash algorithm \"sha-384\" is not allowed"},
    {{.limits_hash_algs = true, .hash_algs = {[VCCA_SHA384] = true}}, "claim 44236"},
    {{.worst_status = {AFFIRMING, AFFIRMING}}, NULL},
    {{.worst = {[P] = {[VCCA_HARDWARE] = 2}}}, NULL},
    {{.worst = {[R] = {[VCCA_EXECUTABLES] = 95}}}, "CCA_REALM: executables is 0, at worst 95"},
};

static void a_policy_is_held_against_all_it_speaks_of(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
    struct vcca_verdict v = with_components();
    struct vcca_finding f = {0};
    check_policy(&(struct vcca_evidence){.policy = &policies[i].policy}, &v, &f);
    if (policies[i].reason == NULL ? f.outcome != VCCA_PASS
                                   : f.outcome != VCCA_FAIL || strstr(f.reason, policies[i].reason) == NULL)
      fail_msg("row %zu: %s, \"%s\" instead of \"%s\"", i, vcca_outcome_name(f.outcome), f.reason,
               policies[i].reason ? policies[i].reason : "");
  }
}

static void a_tier_that_is_worse_is_not_allowed(void **state)
{
  (void)state;
  struct vcca_policy policy = {.worst_status = {AFFIRMING, 0}};
  struct vcca_verdict v = with_components();
  struct vcca_finding f = {0};
  v.token.platform.lifecycle = 0x2000;
  check_policy(&(struct vcca_evidence){.policy = &policy}, &v, &f);
  assert_string_equal(f.reason, "CCA_SSD_PLATFORM is warning, at worst 2 is allowed");
  policy.worst_status[P] = WARNING;
  check_policy(&(struct vcca_evidence){.policy = &policy}, &v, &f);
  assert_int_equal(f.outcome, VCCA_PASS);
}

static void lifecycles_are_those_of_the_list(void **state)
{
  (void)state;
  struct vcca_policy policy = {.lifecycle_count = 2, .lifecycles = {{0x2000, 0x2000}, {0x4000, 0x40ff}}};
  assert_true(policy_allows_lifecycle(NULL, 0x30ff));
  assert_false(policy_allows_lifecycle(NULL, 0x2000));
  assert_true(policy_allows_lifecycle(&policy, 0x2000));
  assert_true(policy_allows_lifecycle(&policy, 0x40ff));
  assert_false(policy_allows_lifecycle(&policy, 0x2001));
  assert_false(policy_allows_lifecycle(&policy, 0x3000));
}

static void versions_are_compared_number_by_number(void **state)
{
  (void)state;
  static const struct {
    const char *a, *b;
    bool at_least;
  } versions[] = {{"1.2.3", "1.2.3", true},
                  {"1.10", "1.9", true},
                  {"1.9", "1.10", false},
                  {"2", "1.9.9", true},
                  {"1", "1.0.0", true},
                  {"1.0", "1.0.1", false},
                  {"1.0.1", "1.0", true},
                  {"", "0", false},
                  {"1", "", false},
                  {"1.", "1", false},
                  {".1", "0", false},
                  {"1..2", "1", false},
                  {"v1", "0", false},
                  {"1.2-rc1", "0", false},
                  {"2.x", "1", false},
                  {"10", "9", true},
                  {"999999999999999999", "1", true},
                  {"9999999999999999999", "1", false}};
  for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
    if (vcca_version_at_least(vcca_span_str(versions[i].a), vcca_span_str(versions[i].b)) != versions[i].at_least)
      fail_msg("\"%s\" at least \"%s\"", versions[i].a, versions[i].b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_verdict_means_these_values),
      cmocka_unit_test(every_rule_has_a_row),
      cmocka_unit_test(what_could_not_be_read_is_of_no_tier),
      cmocka_unit_test(a_token_without_a_platform_has_one_part),
      cmocka_unit_test(values_belong_to_ar4si_tiers),
      cmocka_unit_test(a_policy_is_held_against_all_it_speaks_of),
      cmocka_unit_test(a_tier_that_is_worse_is_not_allowed),
      cmocka_unit_test(lifecycles_are_those_of_the_list),
      cmocka_unit_test(versions_are_compared_number_by_number),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
