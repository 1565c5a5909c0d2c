/* Where several say what is good, the strictest wins, and neither their order nor their silence decides.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "verifier/endorsed.h"
#include "rooms/verifier.h"

static struct made made;

static int set_up(void **state)
{
  (void)state;
  make_keys(&made, VCCA_FAMILY_ARM_1_0);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  free_keys(&made);
  return 0;
}

static struct vcca_verdict verdict;

static struct made *good(uint64_t lifecycle)
{
  certify(&made, DEVICE, made.cpak, made.sub);
  make_plan(&made);
  made.platform.lifecycle = lifecycle;
  make_evidence(&made);
  return &made;
}

/* --- Lifecycle --------------------------------------------------------------------------------------------- */

enum rule { NO_POLICY, SILENT, SECURED, OTHERS, REQUIRED, REQUIRED_BY_OPTION, RULES };

/* Whether a state passes: by the option alone it does, by a policy's list or a demand for the check only
 * when they agree. */
static void no_option_accepts_a_lifecycle_that_a_rule_does_not(void **state)
{
  (void)state;
  static const struct {
    uint64_t lifecycle;
    enum rule rule;
    bool without, with; /* --any-lifecycle */
  } rows[] = {
      {0x3000, NO_POLICY, true, true},
      {0x2000, NO_POLICY, false, true},
      {0x3000, SILENT, true, true},
      {0x2000, SILENT, false, true},
      {0x3000, SECURED, true, true},
      {0x2000, SECURED, false, false},
      {0x3000, OTHERS, false, false},
      {0x2000, OTHERS, true, true},
      {0x3000, REQUIRED, true, true},
      {0x2000, REQUIRED, false, false},
      {0x3000, REQUIRED_BY_OPTION, true, true},
      {0x2000, REQUIRED_BY_OPTION, false, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    for (int any = 0; any < 2; any++) {
      struct made *m = good(rows[i].lifecycle);
      m->policy = (struct vcca_policy){.name = "test"};
      m->evidence.policy = rows[i].rule == NO_POLICY || rows[i].rule == REQUIRED_BY_OPTION ? NULL : &m->policy;
      m->evidence.any_lifecycle = any != 0;
      m->policy.lifecycle_count = rows[i].rule == SECURED || rows[i].rule == OTHERS;
      m->policy.lifecycles[0].first = rows[i].rule == SECURED ? 0x3000 : 0x2000;
      m->policy.lifecycles[0].last = rows[i].rule == SECURED ? 0x30ff : 0x2fff;
      m->policy.required[VCCA_CHECK_LIFECYCLE] = rows[i].rule == REQUIRED;
      m->evidence.required[VCCA_CHECK_LIFECYCLE] = rows[i].rule == REQUIRED_BY_OPTION;
      vcca_verify_evidence(&m->evidence, &verdict);
      if (verdict.accepted != (any ? rows[i].with : rows[i].without))
        fail_msg("row %zu, any_lifecycle %d: %s", i, any, verdict.findings[VCCA_CHECK_LIFECYCLE].reason);
    }
}

/* --- Empty stores ------------------------------------------------------------------------------------------ */

static void a_list_that_is_there_and_empty_says_that_none_is_good(void **state)
{
  (void)state;
  static const struct {
    const char *store;
    enum vcca_check fails;
  } rows[] = {{"{\"platform\":[],\"realm\":[]}", VCCA_CHECK_PLATFORM_REFERENCE},
              {"{\"platform\":[]}", VCCA_CHECK_PLATFORM_REFERENCE},
              {"{\"realm\":[]}", VCCA_CHECK_REALM_REFERENCE},
              {"{\"platforms\":[],\"realm\":[]}", VCCA_CHECK_ENDORSEMENTS},
              {"{}", VCCA_CHECK_ENDORSEMENTS},
              {"", VCCA_CHECK_ENDORSEMENTS}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct made *m = good(0x3000);
    m->evidence.reference_store = vcca_span_str(rows[i].store);
    vcca_verify_evidence(&m->evidence, &verdict);
    if (verdict.accepted || vcca_verdict_failed(&verdict) != rows[i].fails)
      fail_msg("%s: accepted %d, %s", rows[i].store, verdict.accepted,
               verdict.accepted ? "" : vcca_check_name(vcca_verdict_failed(&verdict)));
  }
}

/* --- Order ------------------------------------------------------------------------------------------------- */

enum { VALUES = 5 };
static const uint8_t implementation_id[32] = {1}, measurement[32] = {2}, other[32] = {3}, signer[32] = {4};

static struct component_value components[VALUES];
static struct platform_value values[VALUES];
static struct vcca_platform_claims claims;

/* Of each kind one: components good or not, configuration the same, another, or unsaid. */
static void make_value(size_t i)
{
  static const struct {
    bool known;
    char config; /* 0: says nothing of it */
  } kinds[VALUES] = {{true, 0}, {true, 1}, {true, 2}, {false, 0}, {false, 1}};
  static const uint8_t configs[] = {0, 1, 2};
  components[i] = (struct component_value){.digests = {kinds[i].known ? VCCA_SPAN(measurement) : VCCA_SPAN(other)},
                                           .digest_count = 1,
                                           .signer_id = VCCA_SPAN(signer)};
  values[i] = (struct platform_value){.implementation_id = VCCA_SPAN(implementation_id), .components = &components[i]};
  if (kinds[i].config != 0)
    values[i].config = vcca_span_of(&configs[(size_t)kinds[i].config], 1);
}

/* What the values of the set say, in every order of them: always the same. */
static void check_set(unsigned set)
{
  size_t order[VALUES], n = 0;
  struct platform_comparison first = {0};
  for (size_t i = 0; i < VALUES; i++)
    if (set & 1u << i)
      order[n++] = i;
  size_t orders = 1;
  for (size_t i = 2; i <= n; i++)
    orders *= i;
  for (size_t k = 0; k < orders; k++) {
    size_t left[VALUES], count = n, code = k;
    struct endorsed e = {.platforms_given = true};
    memcpy(left, order, sizeof left);
    while (count > 0) { /* the k-th order, by its digits */
      size_t pick = code % count;
      code /= count;
      struct platform_value *value = &values[left[pick]];
      value->next = e.platforms;
      e.platforms = value;
      left[pick] = left[--count];
    }
    struct platform_comparison one;
    compare_platform(&e, &claims, &one);
    if (k == 0)
      first = one;
    if (one.result != first.result || one.components.outcome != first.components.outcome ||
        one.config.outcome != first.config.outcome)
      fail_msg("set %x, order %zu: %d (%d, %d) instead of %d (%d, %d)", set, k, one.result, one.components.outcome,
               one.config.outcome, first.result, first.components.outcome, first.config.outcome);
  }
  enum vcca_endorsed want = set & 2 ? VCCA_ENDORSED_WHOLLY : set & 1 ? VCCA_ENDORSED_BOOT : VCCA_ENDORSED_DIFFERENT;
  assert_int_equal(first.result, want);
}

static void of_several_values_the_best_decides_in_whatever_order(void **state)
{
  (void)state;
  static const uint8_t config[] = {1};
  claims = (struct vcca_platform_claims){
      .implementation_id = VCCA_SPAN(implementation_id), .config = VCCA_SPAN(config), .component_count = 1};
  claims.components[0] = (struct vcca_component){.measurement = VCCA_SPAN(measurement), .signer_id = VCCA_SPAN(signer)};
  for (size_t i = 0; i < VALUES; i++)
    make_value(i);
  for (unsigned set = 1; set < 1u << VALUES; set++)
    check_set(set);
}

/* CoRIMs of the platform, its key, the realm, another realm of the same RIM, and the key again. */
static uint8_t corim_room[4][4096];

static vcca_span write_corim(size_t i, enum vcca_endorsement kind, const struct vcca_good *known)
{
  vcca_sink out = VCCA_SINK(corim_room[i]);
  struct vcca_error err = {0};
  check_ok(vcca_endorse(kind, known, &out, &err), &err, vcca_endorsement_name(kind));
  return vcca_sink_span(&out);
}

static void corims_say_the_same_in_whatever_order(void **state)
{
  (void)state;
  static struct vcca_token token;
  struct made *m = good(0x3000);
  check_ok(vcca_token_decode(m->evidence.token, &token, NULL), &(struct vcca_error){0}, "token");
  struct vcca_realm_values stranger;
  vcca_realm_values_of(&token, &stranger);
  stranger.rpv = VCCA_SPAN(m->challenge);
  const struct vcca_good known = {.token = &token, .cpak = m->cpak}, known_stranger = {.realm = &stranger};
  const vcca_span corims[4] = {
      write_corim(0, VCCA_ENDORSE_CORIM_PLATFORM, &known), write_corim(1, VCCA_ENDORSE_CORIM_ANCHOR, &known),
      write_corim(2, VCCA_ENDORSE_CORIM_REALM, &known), write_corim(3, VCCA_ENDORSE_CORIM_REALM, &known_stranger)};
  struct vcca_verdict first = {0};
  for (size_t k = 0; k < 120; k++) {
    size_t left[] = {0, 1, 2, 3, 4}, code = k;
    m->evidence = (struct vcca_evidence){.token = m->evidence.token};
    for (size_t count = 5; count > 0;) {
      size_t pick = code % count;
      code /= count;
      m->evidence.corims[m->evidence.corim_count++] = corims[left[pick] == 4 ? 1 : left[pick]];
      left[pick] = left[--count];
    }
    vcca_verify_evidence(&m->evidence, &verdict);
    if (!verdict.accepted)
      fail_msg("order %zu: %s", k, verdict.findings[vcca_verdict_failed(&verdict)].reason);
    if (k == 0)
      first = verdict;
    for (enum vcca_check i = 0; i < VCCA_CHECKS; i++)
      assert_int_equal(verdict.findings[i].outcome, first.findings[i].outcome);
    assert_int_equal(verdict.realm_endorsed, VCCA_ENDORSED_WHOLLY);
    assert_int_equal(verdict.platform_endorsed, VCCA_ENDORSED_WHOLLY);
  }
}

/* --- Time -------------------------------------------------------------------------------------------------- */

static void a_time_that_does_not_exist_is_refused_even_where_nothing_has_dates(void **state)
{
  (void)state;
  static const char *const times[] = {"garbage",
                                      "",
                                      "20260230000000Z",
                                      "20250229000000Z",
                                      "20261301000000Z",
                                      "20260101240000Z",
                                      "20161231235960Z",
                                      "20260101000000",
                                      "20260101000000+0100",
                                      "260101000000Z",
                                      "00000101000000Z",
                                      "2026-01-01T00:00:00Z"};
  for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
    struct made *m = good(0x3000);
    m->evidence = (struct vcca_evidence){.token = m->evidence.token, .cpak = m->cpak, .at = times[i]};
    vcca_verify_evidence(&m->evidence, &verdict);
    if (verdict.accepted || vcca_verdict_failed(&verdict) != VCCA_CHECK_CHAIN)
      fail_msg("%s", times[i]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_option_accepts_a_lifecycle_that_a_rule_does_not),
      cmocka_unit_test(a_list_that_is_there_and_empty_says_that_none_is_good),
      cmocka_unit_test(of_several_values_the_best_decides_in_whatever_order),
      cmocka_unit_test(corims_say_the_same_in_whatever_order),
      cmocka_unit_test(a_time_that_does_not_exist_is_refused_even_where_nothing_has_dates),
  };
  return check_run(tests, set_up, tear_down);
}
