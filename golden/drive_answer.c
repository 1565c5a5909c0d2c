/* What a verifier's answer is, and what it is judged as.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/wait.h>

#include "golden/drive.h"
#include "rooms/span.h"
#include "rooms/golden.h"

enum { EXIT_UNSUPPORTED = 77, SHELL_SIGNAL = 128, SIGNALS = 32 };

/* --- Stages ------------------------------------------------------------------------------------------------- */

/* The stage of a check of our own verifier; structure holds several. */
static enum vcca_golden_stage stage_of_check(vcca_span name)
{
  static const enum vcca_golden_stage stages[VCCA_CHECKS] = {
      [VCCA_CHECK_STRUCTURE] = VCCA_STAGES,           [VCCA_CHECK_FAMILY] = VCCA_STAGE_CLAIMS,
      [VCCA_CHECK_CHAIN] = VCCA_STAGE_CERT,           [VCCA_CHECK_PLATFORM_SIGNATURE] = VCCA_STAGE_SIG,
      [VCCA_CHECK_REALM_SIGNATURE] = VCCA_STAGE_SIG,  [VCCA_CHECK_BINDING] = VCCA_STAGE_BINDING,
      [VCCA_CHECK_KEY_EQUALITY] = VCCA_STAGE_BINDING, [VCCA_CHECK_FRESHNESS] = VCCA_STAGE_POLICY,
      [VCCA_CHECK_EVENTLOG] = VCCA_STAGE_EVENTLOG,    [VCCA_CHECK_ENDORSEMENTS] = VCCA_STAGE_POLICY,
  };
  for (int i = 0; i < VCCA_CHECKS; i++)
    if (vcca_span_is(name, vcca_check_name((enum vcca_check)i)))
      return i > VCCA_CHECK_FRESHNESS && i != VCCA_CHECK_EVENTLOG ? VCCA_STAGE_POLICY : stages[i];
  return VCCA_STAGES;
}

static size_t word_at(vcca_span text, size_t from)
{
  size_t n = 0;
  while (from + n < text.n && ((text.p[from + n] >= 'a' && text.p[from + n] <= 'z') || text.p[from + n] == '-'))
    n++;
  return n;
}

static enum vcca_golden_stage stage_named(vcca_span name)
{
  enum vcca_golden_stage stage;
  return vcca_golden_stage_named(name, &stage) ? stage : stage_of_check(name);
}

/* The word that follows the last of these phrases in the output: "stage: NAME" in anybody's, "rejected
 * (NAME" in ours. said: there is one. */
static enum vcca_golden_stage said_stage(vcca_span output, bool *said)
{
  static const char *const phrases[] = {"stage: ", "rejected (", "malformed ("};
  enum vcca_golden_stage stage = VCCA_STAGES;
  for (size_t i = 0; i < output.n; i++)
    for (size_t k = 0; k < sizeof phrases / sizeof phrases[0]; k++) {
      size_t skip = strlen(phrases[k]);
      if (!vcca_span_is(vcca_span_sub(output, i, skip), phrases[k]))
        continue;
      stage = stage_named(vcca_span_sub(output, i + skip, word_at(output, i + skip)));
      *said = true;
    }
  return stage;
}

/* --- Answers ------------------------------------------------------------------------------------------------ */

/* An exception that nobody caught: its interpreter ends with 1, which is no verdict. */
static bool uncaught(vcca_span output)
{
  static const char *const phrases[] = {"Traceback (most recent call last):", "Exception in thread \"main\"",
                                        "Uncaught "};
  for (size_t i = 0; i < output.n; i++)
    for (size_t k = 0; (i == 0 || output.p[i - 1] == '\n') && k < sizeof phrases / sizeof phrases[0]; k++)
      if (vcca_span_is(vcca_span_sub(output, i, strlen(phrases[k])), phrases[k]))
        return true;
  return false;
}

struct vcca_drive_result answer_of_status(const struct vcca_drive *drive, int status, vcca_span output)
{
  bool said = false;
  struct vcca_drive_result r = {.end = VCCA_DRIVE_BROKEN, .stage = said_stage(output, &said)};
  if (WIFSIGNALED(status))
    return (struct vcca_drive_result){VCCA_DRIVE_CRASHED, WTERMSIG(status), VCCA_STAGES, false};
  r.code = WEXITSTATUS(status);
  for (size_t i = 0; i < drive->rejects; i++)
    if (r.code == drive->reject[i])
      r.end = VCCA_DRIVE_REFUSED;
  if (r.end == VCCA_DRIVE_REFUSED)
    return r;
  if (r.code == 0)
    r.end = VCCA_DRIVE_ACCEPTED;
  else if (r.code == EXIT_UNSUPPORTED)
    r.end = VCCA_DRIVE_UNSUPPORTED;
  else if (r.code == 1 || (said && r.code < SHELL_SIGNAL)) /* who names a stage has refused, whatever the code */
    r.end = VCCA_DRIVE_REFUSED;
  else if (r.code > SHELL_SIGNAL && r.code < SHELL_SIGNAL + SIGNALS) /* a shell's word for a signal */
    r = (struct vcca_drive_result){VCCA_DRIVE_CRASHED, r.code - SHELL_SIGNAL, VCCA_STAGES, false};
  r.uncaught = r.end == VCCA_DRIVE_REFUSED && uncaught(output);
  if (r.uncaught && drive->strict)
    r.end = VCCA_DRIVE_CRASHED;
  return r;
}

bool answer_of_line(vcca_span line, const char *name, struct vcca_drive_result *out)
{
  static const struct {
    const char *word;
    enum vcca_drive_end end;
  } verdicts[] = {
      {"accepted", VCCA_DRIVE_ACCEPTED}, {"refused", VCCA_DRIVE_REFUSED}, {"unsupported", VCCA_DRIVE_UNSUPPORTED}};
  size_t at = 0;
  if (!vcca_span_is(vcca_span_word(line, &at), name))
    return false;
  vcca_span verdict = vcca_span_word(line, &at);
  *out = (struct vcca_drive_result){.end = VCCA_DRIVE_BROKEN, .stage = stage_named(vcca_span_word(line, &at))};
  for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0]; i++)
    if (vcca_span_is(verdict, verdicts[i].word))
      out->end = verdicts[i].end;
  return true;
}

/* --- Judgement ---------------------------------------------------------------------------------------------- */

static const struct {
  const char *name, *meaning;
  bool bad;
} judgements[VCCA_JUDGEMENTS] = {
#define JUDGEMENT(id, name, bad, meaning) {name, meaning, bad},
#include "rooms/judgements.def"
#undef JUDGEMENT
};

const char *vcca_judgement_name(enum vcca_drive_judgement judgement)
{
  return judgements[judgement].name;
}

const char *vcca_judgement_meaning(enum vcca_drive_judgement judgement)
{
  return judgements[judgement].meaning;
}

bool vcca_judgement_bad(enum vcca_drive_judgement judgement)
{
  return judgements[judgement].bad;
}

bool vcca_judgement_named(vcca_span name, enum vcca_drive_judgement *judgement)
{
  for (int i = 0; i < VCCA_JUDGEMENTS; i++)
    if (vcca_span_is(name, judgements[i].name)) {
      *judgement = (enum vcca_drive_judgement)i;
      return true;
    }
  return false;
}

/* Whether it answered at all; what it is judged as when it did not. */
static bool answered(const struct vcca_drive_result *result, enum vcca_drive_judgement *judged)
{
  switch (result->end) {
  case VCCA_DRIVE_UNSUPPORTED:
    *judged = VCCA_JUDGED_UNSUPPORTED;
    return false;
  case VCCA_DRIVE_CRASHED:
    *judged = VCCA_JUDGED_CRASHED;
    return false;
  case VCCA_DRIVE_LATE:
    *judged = VCCA_JUDGED_LATE;
    return false;
  case VCCA_DRIVE_BROKEN:
    *judged = VCCA_JUDGED_BROKEN;
    return false;
  case VCCA_DRIVE_NOT_RUN:
    *judged = VCCA_JUDGED_NOT_ASKED;
    return false;
  case VCCA_DRIVE_ACCEPTED:
  case VCCA_DRIVE_REFUSED:
    break;
  }
  return true;
}

enum vcca_drive_judgement vcca_drive_judge(const struct vcca_mutation *m, bool asked,
                                           const struct vcca_drive_result *result)
{
  enum vcca_golden_result want = m ? m->result : VCCA_GOLDEN_VALID;
  enum vcca_drive_judgement judged;
  bool accepted = result->end == VCCA_DRIVE_ACCEPTED;
  if (!answered(result, &judged))
    return judged == VCCA_JUDGED_UNSUPPORTED && !asked ? VCCA_JUDGED_NOT_ASKED : judged;
  if (!asked)
    return VCCA_JUDGED_NOT_ASKED;
  if (want == VCCA_GOLDEN_ACCEPTABLE)
    return VCCA_JUDGED_FREE;
  if (accepted)
    return want == VCCA_GOLDEN_VALID ? VCCA_JUDGED_RIGHT : VCCA_JUDGED_WRONGLY_ACCEPTED;
  if (want == VCCA_GOLDEN_VALID)
    return VCCA_JUDGED_WRONGLY_REFUSED;
  return result->stage < m->flag->stage ? VCCA_JUDGED_EARLY : VCCA_JUDGED_RIGHT;
}
