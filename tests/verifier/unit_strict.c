/* A check that had nothing to go by is not run and never stands in the way, unless it is asked for: each
 * gap, the note and the name it has, and what closes it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/verifier.h"

static struct made made[2]; /* with a platform part, and without */
static const enum vcca_family families[2] = {VCCA_FAMILY_ARM_1_0, VCCA_FAMILY_VIRTCCA_RSA};

/* Evidence with nothing to go by but the signatures. */
static struct vcca_evidence *bare(int which)
{
  struct made *m = &made[which];
  make_plan(m);
  make_evidence(m);
  struct vcca_evidence *e = &m->evidence;
  *e = (struct vcca_evidence){.token = e->token, .cpak = m->cpak};
  return e;
}

enum { CHALLENGE = 1, RIM = 2, STORE = 4, PLATFORM = 8, CHAIN = 16, TIME = 32 };

static void give(int which, unsigned what)
{
  struct made *m = &made[which];
  struct vcca_evidence *e = &m->evidence;
  if (what & CHALLENGE)
    e->challenge = vcca_span_of(m->challenge, 32);
  if (what & RIM)
    e->rim = VCCA_SPAN(m->rim);
  if (what & STORE)
    make_reference_store(m, m->realm.rim);
  if (what & PLATFORM)
    e->platform_reference = vcca_span_str(m->platform_reference);
  if (what & CHAIN) {
    e->device_cert = vcca_span_of(m->certs[DEVICE], m->cert_size[DEVICE]);
    e->intermediates[0] = vcca_span_of(m->certs[SUB], m->cert_size[SUB]);
    e->roots[0] = vcca_span_of(m->certs[ROOT], m->cert_size[ROOT]);
    e->intermediate_count = e->root_count = 1;
  }
  if (what & TIME)
    e->at = "20260101000000Z";
}

static const struct row {
  int which;
  unsigned given;
  const char *open; /* the gaps */
} rows[] = {
    {0, 0, "freshness realm platform "},
    {0, CHALLENGE, "realm platform "},
    {0, RIM, "freshness platform "},
    {0, STORE, "freshness "}, /* of the realm and of the platform */
    {0, PLATFORM, "freshness realm "},
    {0, CHALLENGE | RIM, "platform "},
    {0, CHALLENGE | RIM | PLATFORM, ""},
    {0, CHALLENGE | STORE, ""},
    {0, CHALLENGE | STORE | CHAIN, "dates "},
    {0, CHALLENGE | STORE | CHAIN | TIME, ""},
    {1, 0, "freshness realm "}, /* nothing of the platform to compare */
    {1, CHALLENGE | RIM, ""},
    {1, CHALLENGE | RIM | CHAIN, "dates "},
};

static const char *shown(const struct vcca_verdict *verdict, bool json)
{
  static char room[65536];
  vcca_sink out = vcca_sink_of(room, sizeof room - 1);
  struct vcca_json j = vcca_json_into(&out, VCCA_JSON_LINE);
  if (json)
    vcca_verdict_json(verdict, &j);
  else
    vcca_verdict_text(verdict, &out);
  room[vcca_sink_ok(&out) ? out.n : 0] = '\0';
  return room;
}

static void what_had_nothing_to_go_by_is_told_and_rejected_when_strict(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct vcca_verdict verdict;
    struct vcca_evidence *e = bare(rows[i].which);
    give(rows[i].which, rows[i].given);
    vcca_verify_evidence(e, &verdict);
    char open[128] = "", list[160] = "\"not_checked\":[";
    for (enum vcca_gap gap = 0; gap < VCCA_GAPS; gap++) {
      bool is_open = vcca_gap_open(&verdict, gap);
      assert_int_equal(strstr(shown(&verdict, false), vcca_gap_note(gap)) != NULL, is_open);
      if (!is_open)
        continue;
      size_t n = strlen(open), l = strlen(list);
      snprintf(list + l, sizeof list - l, "%s\"%s\"", n == 0 ? "" : ",", vcca_gap_name(gap));
      snprintf(open + n, sizeof open - n, "%s ", vcca_gap_name(gap));
    }
    if (!verdict.accepted || strcmp(open, rows[i].open) != 0)
      fail_msg("row %zu: open are \"%s\"\n%s", i, open, shown(&verdict, false));
    const char *json = strstr(shown(&verdict, true), "\"not_checked\"");
    assert_non_null(json);
    char closed[200];
    snprintf(closed, sizeof closed, "%s]", list);
    char packed[400];
    size_t n = 0;
    for (const char *c = json; *c != '\0' && *c != '}' && n + 1 < sizeof packed; c++)
      if (*c != ' ')
        packed[n++] = *c;
    packed[n] = '\0';
    if (strncmp(packed, closed, strlen(closed)) != 0)
      fail_msg("row %zu: no %s in %.200s", i, closed, packed);

    e->strict = true;
    vcca_verify_evidence(e, &verdict);
    const struct vcca_finding *f = &verdict.findings[VCCA_CHECK_POLICY];
    assert_int_equal(verdict.accepted, rows[i].open[0] == '\0');
    assert_int_equal(f->outcome, verdict.accepted ? VCCA_PASS : VCCA_FAIL);
    assert_int_equal(vcca_verdict_exit(&verdict), verdict.accepted ? VCCA_EXIT_YES : VCCA_EXIT_NO);
    for (enum vcca_gap gap = 0; gap < VCCA_GAPS; gap++) {
      char said[100];
      snprintf(said, sizeof said, "%s (%s)", vcca_gap_name(gap), vcca_gap_fix(gap));
      assert_int_equal(strstr(f->reason, said) != NULL, strstr(rows[i].open, vcca_gap_name(gap)) != NULL);
    }
  }
}

static void a_required_check_must_pass_with_or_without_a_policy(void **state)
{
  (void)state;
  static const struct {
    const char *required, *by_policy, *reason;
    unsigned given;
  } table[] = {
      {"structure,realm-signature", NULL, NULL, 0},
      {"freshness", NULL, "the check freshness must pass, and is not-run", 0},
      {"freshness", NULL, NULL, CHALLENGE},
      {"rim,freshness,rpv", NULL, "the check freshness must pass, and is not-run; rim is not-run; rpv is not-run", 0},
      {"rim", "freshness", "the check freshness must pass, and is not-run", RIM},
      {"freshness", "rim", "the check rim must pass, and is not-run", CHALLENGE},
      {"rim", "freshness", NULL, RIM | CHALLENGE},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    struct vcca_verdict verdict;
    struct vcca_error err = {0};
    struct vcca_policy policy = {.name = "TEST"};
    struct vcca_evidence *e = bare(0);
    give(0, table[i].given);
    check_ok(vcca_checks_named(vcca_span_str(table[i].required), e->required, &err), &err, table[i].required);
    if (table[i].by_policy) {
      check_ok(vcca_checks_named(vcca_span_str(table[i].by_policy), policy.required, &err), &err, table[i].by_policy);
      e->policy = &policy;
    }
    vcca_verify_evidence(e, &verdict);
    assert_int_equal(verdict.accepted, table[i].reason == NULL);
    if (table[i].reason)
      assert_string_equal(verdict.findings[VCCA_CHECK_POLICY].reason, table[i].reason);
  }
}

static void a_policy_that_is_kept_does_not_lift_strictness(void **state)
{
  (void)state;
  struct vcca_policy policy = {.name = "TEST", .required = {[VCCA_CHECK_RIM] = true}};
  struct vcca_verdict verdict;
  struct vcca_evidence *e = bare(0);
  give(0, RIM);
  e->policy = &policy;
  vcca_verify_evidence(e, &verdict);
  assert_true(verdict.accepted);
  e->strict = true;
  vcca_verify_evidence(e, &verdict);
  assert_false(verdict.accepted);
  give(0, CHALLENGE | PLATFORM);
  vcca_verify_evidence(e, &verdict);
  assert_true(verdict.accepted);
  assert_string_equal(verdict.findings[VCCA_CHECK_POLICY].reason, "TEST, strict");
}

static void only_names_of_checks_can_be_required(void **state)
{
  (void)state;
  static const char *const bad[] = {"", "rims", "rim,", ",rim", "rim, rem0", "policy", "rim,policy"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    bool marked[VCCA_CHECKS] = {false};
    struct vcca_error err = {0};
    assert_false(vcca_checks_named(vcca_span_str(bad[i]), marked, &err));
    assert_non_null(strstr(err.text, "see: vcca table checks"));
  }
}

static int set_up(void **state)
{
  (void)state;
  for (int i = 0; i < 2; i++)
    make_keys(&made[i], families[i]);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  for (int i = 0; i < 2; i++)
    free_keys(&made[i]);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_had_nothing_to_go_by_is_told_and_rejected_when_strict),
      cmocka_unit_test(a_required_check_must_pass_with_or_without_a_policy),
      cmocka_unit_test(a_policy_that_is_kept_does_not_lift_strictness),
      cmocka_unit_test(only_names_of_checks_can_be_required),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
