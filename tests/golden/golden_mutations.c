/* Every mutation, on every family it applies to: our verifier gives the verdict of the table, by the check
 * of the table.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "rooms/golden.h"

static const char *check_name(enum vcca_check check)
{
  return check == VCCA_CHECKS ? "accepted" : vcca_check_name(check);
}

static enum vcca_check verdict_on(const struct vcca_golden_case *c, struct vcca_verdict *verdict)
{
  vcca_verify_evidence(&c->evidence, verdict);
  enum vcca_check failed = vcca_verdict_failed(verdict);
  if ((failed == VCCA_CHECKS) != verdict->accepted)
    fail_msg("accepted and failed disagree");
  return failed;
}

static void every_base_is_accepted(void **state)
{
  (void)state;
  for (int family = 0; family < VCCA_FAMILIES; family++) {
    struct vcca_error err = {0};
    struct vcca_golden_case c;
    struct vcca_verdict verdict;
    vcca_golden *golden = vcca_golden_open((enum vcca_family)family, &err);
    check_ok(golden != NULL && vcca_golden_make(golden, NULL, &c, &err), &err,
             vcca_family((enum vcca_family)family)->name);
    enum vcca_check failed = verdict_on(&c, &verdict);
    if (failed != VCCA_CHECKS)
      fail_msg("%s: the base fails %s: %s", vcca_family((enum vcca_family)family)->name, vcca_check_name(failed),
               verdict.findings[failed].reason);
    vcca_golden_case_free(&c);
    vcca_golden_close(golden);
  }
}

static unsigned wrong(vcca_golden *golden, const struct vcca_mutation *m)
{
  struct vcca_error err = {0};
  struct vcca_golden_case c;
  struct vcca_verdict verdict;
  char text[800];
  if (!vcca_golden_make(golden, m, &c, &err)) {
    printf("%-14s %-6s %s\n", vcca_family(vcca_golden_family(golden))->name, m->id,
           vcca_error_text(&err, text, sizeof text));
    return 1;
  }
  enum vcca_check failed = verdict_on(&c, &verdict);
  bool right = failed == m->check && (m->result != VCCA_GOLDEN_VALID || verdict.accepted) &&
               (m->result != VCCA_GOLDEN_INVALID || !verdict.accepted);
  if (!right)
    printf("%-14s %-6s %-26s %s, expected %s: %s\n", vcca_family(vcca_golden_family(golden))->name, m->id, m->name,
           check_name(failed), check_name(m->check), failed == VCCA_CHECKS ? m->note : verdict.findings[failed].reason);
  vcca_golden_case_free(&c);
  return !right;
}

static void every_mutation_meets_its_check(void **state)
{
  (void)state;
  unsigned bad = 0;
  for (int family = 0; family < VCCA_FAMILIES; family++) {
    struct vcca_error err = {0};
    unsigned cases = 0;
    vcca_golden *golden = vcca_golden_open((enum vcca_family)family, &err);
    check_ok(golden != NULL, &err, "golden");
    for (size_t i = 0; i < vcca_mutation_count(); i++)
      if (vcca_mutation_applies(vcca_mutation_at(i), (enum vcca_family)family)) {
        bad += wrong(golden, vcca_mutation_at(i));
        cases++;
      }
    printf("%s: %u mutations\n", vcca_family((enum vcca_family)family)->name, cases);
    vcca_golden_close(golden);
  }
  assert_int_equal(bad, 0);
}

/* A mutation that changes nothing would prove nothing. */
static void every_mutation_changes_something(void **state)
{
  (void)state;
  for (int family = 0; family < VCCA_FAMILIES; family++) {
    struct vcca_error err = {0};
    struct vcca_golden_case base, c;
    vcca_golden *golden = vcca_golden_open((enum vcca_family)family, &err);
    check_ok(golden != NULL && vcca_golden_make(golden, NULL, &base, &err), &err, "golden");
    for (size_t i = 0; i < vcca_mutation_count(); i++) {
      const struct vcca_mutation *m = vcca_mutation_at(i);
      bool token_alone =
          m->layer != VCCA_GOLDEN_CHAIN && m->layer != VCCA_GOLDEN_EVENTLOG && strstr(m->recipe, "expect") == NULL;
      if (!vcca_mutation_applies(m, (enum vcca_family)family) || !token_alone)
        continue;
      check_ok(vcca_golden_make(golden, m, &c, &err), &err, m->id);
      bool appraisal =
          m->layer == VCCA_GOLDEN_APPRAISAL && !vcca_span_eq(c.evidence.reference_store, base.evidence.reference_store);
      bool policy = m->layer == VCCA_GOLDEN_POLICY && c.evidence.policy != base.evidence.policy;
      if (vcca_span_eq(c.evidence.token, base.evidence.token) && !appraisal && !policy)
        fail_msg("%s changes nothing", m->id);
      vcca_golden_case_free(&c);
    }
    vcca_golden_close(golden);
  }
}

static bool some_family_has_both(const struct vcca_mutation *a, const struct vcca_mutation *b)
{
  for (int f = 0; f < VCCA_FAMILIES; f++)
    if (vcca_mutation_applies(a, (enum vcca_family)f) && vcca_mutation_applies(b, (enum vcca_family)f))
      return true;
  return false;
}

static void ids_and_names_are_unique_in_a_family(void **state)
{
  (void)state;
  assert_true(vcca_mutation_count() >= 150);
  for (size_t i = 0; i < vcca_mutation_count(); i++)
    for (size_t j = 0; j < i; j++) {
      const struct vcca_mutation *a = vcca_mutation_at(i), *b = vcca_mutation_at(j);
      if ((strcmp(a->id, b->id) == 0 || (a->layer == b->layer && strcmp(a->name, b->name) == 0)) &&
          some_family_has_both(a, b))
        fail_msg("%s %s is there twice", a->id, a->name);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_base_is_accepted),
      cmocka_unit_test(every_mutation_meets_its_check),
      cmocka_unit_test(every_mutation_changes_something),
      cmocka_unit_test(ids_and_names_are_unique_in_a_family),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
