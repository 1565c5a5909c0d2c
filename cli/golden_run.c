/* vcca golden run: somebody's verifier over the suite.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "vcca/golden.h"
#include "vcca/hex.h"

static const struct option options[] = {
    {"family", 'F', "NAME", true, "only this family; may be repeated"},
    {"mutation", 'm', "ID", true, "only this mutation, or \"base\"; may be repeated"},
    {"reject", 0, "CODE", true, "an exit code that means no, besides 1"},
    {"timeout", 0, "SECONDS", false, "without a sign of life; default 10"},
    {"all", 'a', NULL, false, "list every case, not only those that are not right"},
    {"output", 'o', "text|json|junit", false, "how to print the verdict matrix: text (default), json or junit"},
    OPTION_END,
};

enum style { TEXT, JSON, JUNIT };

struct job {
  struct vcca_drive drive;
  int reject[CLI_VALUES];
  enum style style;
  bool all;
  struct vcca_json j;
  unsigned cases, count[VCCA_JUDGEMENTS];
};

/* --- Printing --------------------------------------------------------------------------------------------- */

static const char *answer(const struct vcca_drive_result *r, char *room, size_t cap)
{
  static const char *const ends[] = {[VCCA_DRIVE_ACCEPTED] = "accepted", [VCCA_DRIVE_REFUSED] = "refused", [VCCA_DRIVE_UNSUPPORTED] = "unsupported",
                                     [VCCA_DRIVE_CRASHED] = "signal",    [VCCA_DRIVE_LATE] = "late",       [VCCA_DRIVE_BROKEN] = "exit"};
  snprintf(room, cap, r->end == VCCA_DRIVE_CRASHED || r->end == VCCA_DRIVE_BROKEN ? "%s %d" : "%s", ends[r->end], r->code);
  return room;
}

static void put_junit(const char *family, const char *id, const char *name, const char *note, const char *said, enum vcca_drive_judgement judged)
{
  vcca_print(stdout, "  <testcase classname=\"golden.%s\" name=\"%s %s\">", family, id, name);
  if (vcca_judgement_bad(judged)) {
    vcca_print(stdout, "<failure type=\"%s\" message=\"", vcca_judgement_name(judged));
    vcca_text_xml(stdout, note);
    vcca_print(stdout, "\">%s</failure>", said);
  } else if (judged == VCCA_JUDGED_UNSUPPORTED) {
    fputs("<skipped/>", stdout);
  }
  puts("</testcase>");
}

static void put_json(struct vcca_json *j, const char *family, const struct vcca_golden_case *c, const struct vcca_drive_result *r, const char *said,
                     enum vcca_drive_judgement judged)
{
  const struct vcca_mutation *m = c->mutation;
  vcca_json_open(j, NULL, '{');
  vcca_json_str(j, "family", family);
  vcca_json_str(j, "id", m ? m->id : "V00");
  vcca_json_str(j, "name", m ? m->name : "base");
  vcca_json_str(j, "result", vcca_golden_result_name(m ? m->result : VCCA_GOLDEN_VALID));
  vcca_json_str(j, "answer", said);
  if (r->stage != VCCA_STAGES)
    vcca_json_str(j, "stage", vcca_golden_stage_name(r->stage));
  vcca_json_str(j, "judged", vcca_judgement_name(judged));
  vcca_json_close(j);
}

static void report(struct job *job, enum vcca_family family, const struct vcca_golden_case *c, const struct vcca_drive_result *r)
{
  const struct vcca_mutation *m = c->mutation;
  const char *name = vcca_family(family)->name, *id = m ? m->id : "V00", *what = m ? m->name : "base", *note = m ? m->note : "the base";
  enum vcca_drive_judgement judged = vcca_drive_judge(c, r);
  char said[32];
  answer(r, said, sizeof said);
  job->cases++;
  job->count[judged]++;
  if (job->style == JUNIT)
    put_junit(name, id, what, note, said, judged);
  else if (job->style == JSON)
    put_json(&job->j, name, c, r, said, judged);
  else if (job->all || vcca_judgement_bad(judged))
    vcca_print(stdout, "%-16s %-14s %-6s %-32s %-12s %s\n", vcca_judgement_name(judged), name, id, what, said, note);
}

static void begin(struct job *job)
{
  if (job->style == JUNIT)
    vcca_print(stdout, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"golden\">\n");
  if (job->style != JSON)
    return;
  job->j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  vcca_json_open(&job->j, NULL, '{');
  vcca_json_head(&job->j, "vcca-golden-run-1", NULL);
  vcca_json_open(&job->j, "cases", '[');
}

static void end(struct job *job)
{
  if (job->style == JUNIT)
    puts("</testsuite>");
  if (job->style == TEXT)
    vcca_print(stdout, "%u cases\n", job->cases);
  if (job->style == JSON) {
    vcca_json_close(&job->j);
    vcca_json_open(&job->j, "count", '{');
  }
  for (int i = 0; i < VCCA_JUDGEMENTS; i++) {
    enum vcca_drive_judgement judgement = (enum vcca_drive_judgement)i;
    if (job->style == JSON)
      vcca_json_int(&job->j, vcca_judgement_name(judgement), job->count[i]);
    else if (job->style == TEXT)
      vcca_print(stdout, "%8u %-17s %s\n", job->count[i], vcca_judgement_name(judgement), vcca_judgement_meaning(judgement));
  }
  if (job->style == JSON) {
    vcca_json_close(&job->j);
    vcca_json_close(&job->j);
  }
}

/* --- Running ---------------------------------------------------------------------------------------------- */

/* Whether an option that may be repeated was not given, or with this value. */
static bool chosen(const struct args *a, const char *option, const char *one, const char *other)
{
  const char *value;
  for (unsigned i = 0; (value = args_nth(a, option, i)) != NULL; i++)
    if (strcmp(value, one) == 0 || strcmp(value, other) == 0)
      return true;
  return !args_has(a, option);
}

static bool run_case(struct job *job, vcca_golden *golden, const struct vcca_mutation *m, struct vcca_error *err)
{
  struct vcca_golden_case c;
  struct vcca_drive_result result;
  if (!vcca_golden_make(golden, m, &c, err))
    return false;
  bool ok = vcca_drive_case(&job->drive, golden, &c, &result, err);
  if (ok)
    report(job, vcca_golden_family(golden), &c, &result);
  vcca_golden_case_free(&c);
  return ok;
}

static bool run_family(const struct args *a, struct job *job, enum vcca_family family, struct vcca_error *err)
{
  vcca_golden *golden = vcca_golden_open(family, err);
  bool ok = golden && (!chosen(a, "mutation", "base", "V00") || run_case(job, golden, NULL, err));
  for (size_t i = 0; ok && i < vcca_mutation_count(); i++) {
    const struct vcca_mutation *m = vcca_mutation_at(i);
    if (vcca_mutation_applies(m, family) && chosen(a, "mutation", m->id, m->name))
      ok = run_case(job, golden, m, err);
  }
  vcca_golden_close(golden);
  return ok;
}

static bool run_all(const struct args *a, struct job *job, struct vcca_error *err)
{
  bool ok = true;
  begin(job);
  for (int f = 0; ok && f < VCCA_FAMILIES; f++) {
    const char *name = vcca_family((enum vcca_family)f)->name;
    if (chosen(a, "family", name, name))
      ok = run_family(a, job, (enum vcca_family)f, err);
  }
  end(job);
  return ok && (job->cases > 0 || vcca_fail(err, VCCA_FAULT_USAGE, "no case was chosen"));
}

/* Removes a folder of files. */
static void remove_folder(const char *folder)
{
  char path[4096];
  DIR *d = opendir(folder);
  for (const struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
    int n = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (entry->d_name[0] != '.' && n > 0 && (size_t)n < sizeof path)
      (void)unlink(path);
  }
  if (d)
    closedir(d);
  (void)rmdir(folder);
}

static bool read_options(const struct args *a, struct job *job, struct vcca_error *err)
{
  uint64_t timeout = 10;
  const char *text, *how = args_get(a, "output");
  if (!args_u64(a, "timeout", 3600, &timeout, err))
    return false;
  job->drive.timeout = (unsigned)timeout;
  job->all = args_has(a, "all");
  for (unsigned i = 0; (text = args_nth(a, "reject", i)) != NULL; i++) {
    uint64_t code;
    if (!vcca_u64_read(vcca_span_str(text), &code, NULL) || code > 255)
      return vcca_fail(err, VCCA_FAULT_USAGE, "--reject %s: an exit code, 0 to 255", text);
    job->reject[job->drive.rejects++] = (int)code;
  }
  job->drive.reject = job->reject;
  job->style = how && strcmp(how, "json") == 0 ? JSON : how && strcmp(how, "junit") == 0 ? JUNIT : TEXT;
  for (unsigned i = 0; (text = args_nth(a, "mutation", i)) != NULL; i++)
    if (!vcca_mutation_named(vcca_span_str(text)) && strcmp(text, "base") != 0 && strcmp(text, "V00") != 0)
      return vcca_fail(err, VCCA_FAULT_USAGE, "no mutation '%s'; see: vcca golden list", text);
  for (unsigned i = 0; (text = args_nth(a, "family", i)) != NULL; i++) {
    enum vcca_family family;
    if (!vcca_family_named(vcca_span_str(text), &family))
      return vcca_fail(err, VCCA_FAULT_USAGE, "no family '%s'; see: vcca table profiles", text);
  }
  return !how || job->style != TEXT || strcmp(how, "text") == 0 || vcca_fail(err, VCCA_FAULT_USAGE, "--output %s: text, json or junit", how);
}

static enum vcca_exit run(const struct args *a)
{
  static struct job job; /* large; one verb runs once */
  const char *command[CLI_VALUES + 1] = {NULL};
  char folder[] = "/tmp/vcca-golden-XXXXXX";
  struct vcca_error err;
  if (!read_options(a, &job, &err))
    return fail(a, &err);
  for (unsigned i = 0; i < a->operands; i++)
    command[i] = a->operand[i];
  if (!mkdtemp(folder)) {
    vcca_fail(&err, VCCA_FAULT_IO, "cannot make a folder below /tmp");
    return fail(a, &err);
  }
  job.drive.command = command;
  job.drive.folder = folder;
  bool ok = run_all(a, &job, &err);
  remove_folder(folder);
  if (!ok)
    return fail(a, &err);
  for (int i = 0; i < VCCA_JUDGEMENTS; i++)
    if (job.count[i] > 0 && vcca_judgement_bad((enum vcca_drive_judgement)i))
      return VCCA_EXIT_NO;
  return VCCA_EXIT_YES;
}

const struct verb verb_golden_run = {
    "golden run",
    "-- COMMAND [WORD]...",
    1,
    CLI_VALUES,
    "somebody's verifier over the suite: the verdict matrix",
    "Runs the command once for each golden case and judges its answer: exit 0 accepts, 1 (and each --reject) refuses, 77 is unsupported, a signal is "
    "a crash. In the "
    "command's words @@ is the token's file; @CPAK@ (PEM) @JWK@ @CERT@ @SUB@ @ROOT@ @EVENTLOG@ @PLATFORM_REF@ @IMAGE_REF@ "
    "@RVSTORE@ @POLICY@ are files, and @CHALLENGE@ @RIM@ @REM0@ to @REM3@ "
    "@RPV@ @AT@ @FAMILY@ @ID@ values. A word whose part a case does not have is left out, with the option before it. A verifier that prints \"stage: "
    "NAME\" (cbor, "
    "collection, cose, claims, cert, sig, binding, policy, eventlog) is also told when it refuses too early to have tested the fault. Exit: 0 all is "
    "right, 1 something "
    "is wrong.",
    "vcca golden run --family arm-1.0 -- my-verifier --key @JWK@ @@\n"
    "vcca golden run --reject 3 -- vcca token verify @@ --cpak @CPAK@ --cert @CERT@ --chain @ROOT@ --chain @SUB@ --at @AT@ --challenge @CHALLENGE@ "
    "--rim @RIM@",
    options,
    run,
};
