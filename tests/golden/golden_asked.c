/* What a command line does not take is not asked, and what is asked can be answered: our own verifier,
 * given only what is taken, is the judge. A fault that is asked is refused, sound evidence that is asked is
 * accepted; of what is not asked, the fault cannot be seen, or the evidence is not enough.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "golden/drive.h"
#include "rooms/golden.h"

static const vcca_span none = {NULL, 0};

/* The evidence as somebody has it who takes these parts. */
static void only(struct vcca_evidence *e, part_set taken)
{
  const struct {
    enum drive_part part;
    vcca_span *bytes;
  } spans[] = {{PART_CERT, &e->device_cert},
               {PART_CHALLENGE, &e->challenge},
               {PART_RIM, &e->rim},
               {PART_REM0, &e->rem[0]},
               {PART_REM1, &e->rem[1]},
               {PART_REM2, &e->rem[2]},
               {PART_REM3, &e->rem[3]},
               {PART_RPV, &e->rpv},
               {PART_EVENTLOG, &e->eventlog},
               {PART_IMAGE_REF, &e->image_reference},
               {PART_PLATFORM_REF, &e->platform_reference},
               {PART_RVSTORE, &e->reference_store}};
  for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++)
    if (!(taken & (part_set)1 << spans[i].part))
      *spans[i].bytes = none;
  if (!(taken & 1u << PART_CPAK))
    e->cpak = NULL;
  if (!(taken & 1u << PART_SUB))
    e->intermediate_count = 0;
  if (!(taken & 1u << PART_ROOT))
    e->root_count = 0;
  if (!(taken & 1u << PART_AT))
    e->at = NULL;
  if (!(taken & 1u << PART_POLICY))
    e->policy = NULL;
}

struct tally {
  unsigned asked, not_asked, wrong;
};

/* Whether our verifier refuses what was not changed for the same reason: then it is the want of evidence
 * that it sees. */
static bool wants_more(vcca_golden *golden, const struct vcca_mutation *m, part_set taken)
{
  struct vcca_evidence base;
  struct vcca_verdict verdict;
  case_evidence(golden, m, &base);
  parts_adapt(golden, taken, &base);
  only(&base, taken);
  vcca_verify_evidence(&base, &verdict);
  return verdict.findings[m->check].outcome == VCCA_FAIL;
}

/* One case, of which these parts are taken. part: only when the case needs it; PART_NONE: always. */
static void look_at(vcca_golden *golden, const struct vcca_golden_case *whole, part_set taken, enum drive_part part,
                    struct tally *tally)
{
  const struct vcca_mutation *m = whole->mutation;
  struct vcca_golden_case c = *whole;
  struct vcca_verdict verdict;
  char names[200];
  parts_adapt(golden, taken, &c.evidence);
  part_set needed = parts_needed(golden, &c), missing = needed & ~taken, changed = parts_changed(golden, &c) & taken;
  if (part != PART_NONE && !(needed & (part_set)1 << part))
    return;
  only(&c.evidence, taken);
  vcca_verify_evidence(&c.evidence, &verdict);
  bool wrong = false;
  if (!missing)
    wrong =
        (m->result == VCCA_GOLDEN_INVALID && verdict.accepted) || (m->result == VCCA_GOLDEN_VALID && !verdict.accepted);
  else if (m->check != VCCA_CHECKS)
    wrong = changed && verdict.findings[m->check].outcome == VCCA_FAIL && !wants_more(golden, m, taken);
  else
    wrong = changed && verdict.accepted;
  tally->asked += !missing;
  tally->not_asked += missing != 0;
  tally->wrong += wrong;
  parts_text(missing ? missing : taken, names, sizeof names);
  if (wrong)
    printf("%s %s: %s %s, and our verifier %s\n", vcca_family(vcca_golden_family(golden))->name, m->id,
           missing ? "not asked for want of" : "asked of", names, verdict.accepted ? "accepts" : "refuses");
}

static void look_at_all_ways(vcca_golden *golden, const struct vcca_mutation *m, struct tally *tally)
{
  const part_set all = ((part_set)1 << DRIVE_PARTS) - 1, chain = 1u << PART_CERT | 1u << PART_SUB | 1u << PART_ROOT,
                 token = 1u << PART_TOKEN;
  struct vcca_error err = {0};
  struct vcca_golden_case c;
  check_ok(vcca_golden_make(golden, m, &c, &err), &err, m->id);
  look_at(golden, &c, token | 1u << PART_CPAK, PART_NONE, tally);
  look_at(golden, &c, token | chain, PART_NONE, tally);
  for (int part = PART_AT; part < DRIVE_PARTS; part++)
    look_at(golden, &c, all & ~((part_set)1 << part), (enum drive_part)part, tally);
  look_at(golden, &c, all & ~chain, PART_CERT, tally);
  vcca_golden_case_free(&c);
}

static void what_is_asked_can_be_answered(void **state)
{
  (void)state;
  static const enum vcca_family families[] = {VCCA_FAMILY_ARM_1_0, VCCA_FAMILY_VIRTCCA_RSA};
  struct tally tally = {0};
  for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
    struct vcca_error err = {0};
    vcca_golden *golden = vcca_golden_open(families[f], &err);
    check_ok(golden != NULL, &err, "golden");
    for (size_t i = 0; i < vcca_mutation_count(); i++)
      if (vcca_mutation_applies(vcca_mutation_at(i), families[f]))
        look_at_all_ways(golden, vcca_mutation_at(i), &tally);
    vcca_golden_close(golden);
  }
  printf("%u asked, %u not asked\n", tally.asked, tally.not_asked);
  assert_int_equal(tally.wrong, 0);
  assert_true(tally.asked > 1000 && tally.not_asked > 300);
}

/* Without a key, nothing that only a key shows is asked; what the realm token shows by itself is. */
static void without_a_key_a_key_is_not_asked_for(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  vcca_golden *golden = vcca_golden_open(VCCA_FAMILY_ARM_1_0, &err);
  check_ok(golden != NULL, &err, "golden");
  for (size_t i = 0; i < vcca_mutation_count(); i++) {
    const struct vcca_mutation *m = vcca_mutation_at(i);
    struct vcca_golden_case c;
    if (!vcca_mutation_applies(m, VCCA_FAMILY_ARM_1_0) || m->result != VCCA_GOLDEN_INVALID)
      continue;
    check_ok(vcca_golden_make(golden, m, &c, &err), &err, m->id);
    bool asked = !(parts_needed(golden, &c) & ~(part_set)1);
    if (m->check == VCCA_CHECK_PLATFORM_SIGNATURE || m->check == VCCA_CHECK_CHAIN)
      assert_false(asked);
    if (m->check == VCCA_CHECK_REALM_SIGNATURE || m->check == VCCA_CHECK_BINDING)
      assert_true(asked || m->layer == VCCA_GOLDEN_POLICY);
    vcca_golden_case_free(&c);
  }
  vcca_golden_close(golden);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_asked_can_be_answered),
      cmocka_unit_test(without_a_key_a_key_is_not_asked_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
