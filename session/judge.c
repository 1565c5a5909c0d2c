/* The client's judgement: the verifier's verdict in the order of the sample client's steps.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/session.h"

/* A list of names ("chain,binding") has this check; "*" has those that no other step has. */
static bool step_has(size_t step, enum vcca_check check)
{
  bool named[VCCA_CHECKS] = {false};
  const char *names = vcca_session_step_at(step)->checks;
  if (names[0] != '*')
    return vcca_checks_named(vcca_span_str(names), named, NULL) && named[check];
  for (size_t i = 0; i < step; i++)
    if (step_has(i, check))
      return false;
  return true;
}

/* What was given a reference has to be checked, whatever the token lacks. */
static bool required(const struct vcca_evidence *e, enum vcca_check check)
{
  const struct {
    enum vcca_check check;
    bool wanted;
  } rows[] = {
      {VCCA_CHECK_CHAIN, e->device_cert.n > 0},
      {VCCA_CHECK_REALM_SIGNATURE, true},
      {VCCA_CHECK_FRESHNESS, true},
      {VCCA_CHECK_RIM, e->rim.p != NULL},
      {VCCA_CHECK_PLATFORM_REFERENCE, e->platform_reference.p != NULL},
      {VCCA_CHECK_EVENTLOG, e->eventlog.p != NULL},
      {VCCA_CHECK_IMAGE_REFERENCE, e->image_reference.p != NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (rows[i].check == check)
      return rows[i].wanted;
  return false;
}

static struct vcca_session_finding judge_step(size_t step, const struct vcca_evidence *e,
                                              const struct vcca_verdict *verdict)
{
  struct vcca_session_finding f = {VCCA_NOT_RUN, VCCA_CHECKS};
  for (int i = 0; i < VCCA_CHECKS; i++) {
    enum vcca_check check = (enum vcca_check)i;
    enum vcca_outcome outcome = verdict->findings[i].outcome;
    if (!step_has(step, check))
      continue;
    if (outcome == VCCA_FAIL || (outcome == VCCA_NOT_RUN && required(e, check)))
      return (struct vcca_session_finding){VCCA_FAIL, check};
    if (outcome == VCCA_PASS)
      f = (struct vcca_session_finding){VCCA_PASS, VCCA_CHECKS};
    else if (f.outcome == VCCA_NOT_RUN && f.check == VCCA_CHECKS)
      f.check = check;
  }
  return f;
}

void vcca_session_judge(const struct vcca_evidence *evidence, struct vcca_session_judgement *out)
{
  vcca_verify_evidence(evidence, &out->verdict);
  out->failed = VCCA_SESSION_STEPS;
  for (size_t i = VCCA_SESSION_STEPS; i-- > 0;) {
    out->steps[i] = judge_step(i, evidence, &out->verdict);
    if (out->steps[i].outcome == VCCA_FAIL)
      out->failed = (enum vcca_session_step)i;
  }
  out->accepted = out->verdict.accepted && out->failed == VCCA_SESSION_STEPS;
}
