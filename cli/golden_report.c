/* The verdict matrix of golden run.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/golden_report.h"
#include "rooms/json.h"
#include "rooms/golden.h"
#include "rooms/text.h"

#include <stdlib.h>
#include <string.h>

/* --- Words for a case ----------------------------------------------------------------------------------- */

static const char *id_of(const struct vcca_drive_report *r)
{
  return r->which.mutation ? r->which.mutation->id : "V00";
}

static const char *name_of(const struct vcca_drive_report *r)
{
  return r->which.mutation ? r->which.mutation->name : "base";
}

static const char *family_of(const struct vcca_drive_report *r)
{
  return vcca_family(r->which.family)->name;
}

static const char *note_of(const struct vcca_drive_report *r)
{
  return r->which.mutation ? r->which.mutation->note : "the base";
}

static size_t flag_of(const struct vcca_drive_report *r)
{
  for (size_t i = 0; r->which.mutation && i < vcca_golden_flag_count(); i++)
    if (vcca_golden_flag_at(i) == r->which.mutation->flag)
      return i;
  return 0; /* "Normal" */
}

static const char *signal_name(int number)
{
  static const struct {
    int number;
    const char *name;
  } names[] = {{SIGSEGV, "SIGSEGV"}, {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
               {SIGILL, "SIGILL"},   {SIGKILL, "SIGKILL"}, {SIGTERM, "SIGTERM"}, {SIGPIPE, "SIGPIPE"},
               {SIGTRAP, "SIGTRAP"}, {SIGSYS, "SIGSYS"},   {SIGINT, "SIGINT"},   {SIGXCPU, "SIGXCPU"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (names[i].number == number)
      return names[i].name;
  return NULL;
}

static const char *answer_of(const struct vcca_drive_result *r, char *room, size_t cap)
{
  static const char *const ends[] = {
      [VCCA_DRIVE_ACCEPTED] = "accepted", [VCCA_DRIVE_REFUSED] = "refused", [VCCA_DRIVE_UNSUPPORTED] = "unsupported",
      [VCCA_DRIVE_CRASHED] = "signal",    [VCCA_DRIVE_LATE] = "late",       [VCCA_DRIVE_BROKEN] = "exit",
      [VCCA_DRIVE_NOT_RUN] = "-"};
  const char *name = r->end == VCCA_DRIVE_CRASHED && !r->uncaught ? signal_name(r->code) : NULL;
  if (r->uncaught && r->end == VCCA_DRIVE_CRASHED)
    snprintf(room, cap, "uncaught");
  else if (name)
    snprintf(room, cap, "%s", name);
  else
    snprintf(room, cap, r->end == VCCA_DRIVE_CRASHED || r->end == VCCA_DRIVE_BROKEN ? "%s %d" : "%s", ends[r->end],
             r->code);
  return room;
}

/* The next of the texts with a NUL behind each. */
static const char *next_text(vcca_span texts, size_t *at)
{
  if (*at >= texts.n)
    return NULL;
  const char *text = (const char *)texts.p + *at;
  *at += strlen(text) + 1;
  return text;
}

/* A word as the shell reads it. */
static void put_shell(FILE *out, const char *word)
{
  size_t plain = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+./:,@%");
  if (word[0] && word[plain] == '\0') {
    fputs(word, out);
    return;
  }
  putc('\'', out);
  for (const char *quote; (quote = strchr(word, '\'')) != NULL; word = quote + 1) {
    vcca_text_write(out, vcca_span_of(word, (size_t)(quote - word)));
    fputs("'\\''", out);
  }
  vcca_text_write(out, vcca_span_str(word));
  putc('\'', out);
}

static void put_command(FILE *out, const struct vcca_drive_report *r)
{
  const char *word;
  for (size_t at = 0, n = 0; (word = next_text(r->argv, &at)) != NULL; n++) {
    if (n)
      putc(' ', out);
    put_shell(out, word);
  }
}

/* --- Text ----------------------------------------------------------------------------------------------- */

/* Output of a stranger, line by line. */
static void put_lines(const char *before, vcca_span output)
{
  for (size_t from = 0, n; from < output.n; from += n + 1) {
    for (n = 0; from + n < output.n && output.p[from + n] != '\n';)
      n++;
    fputs(before, stdout);
    vcca_text_write(stdout, vcca_span_sub(output, from, n > 0 && output.p[from + n - 1] == '\r' ? n - 1 : n));
    putchar('\n');
  }
}

static void text_line(const struct vcca_drive_report *r, const char *said, enum vcca_drive_judgement judged, bool known)
{
  vcca_print(stdout, "%-16s %-14s %-6s %-32s %-12s %s%s\n", vcca_judgement_name(judged), family_of(r), id_of(r),
             name_of(r), said, note_of(r), known ? " [known]" : "");
}

static void text_details(const struct matrix *m, const struct vcca_drive_report *r, bool not_asked)
{
  const struct vcca_golden_flag *flag = vcca_golden_flag_at(flag_of(r));
  const char *part;
  if (r->which.mutation)
    vcca_print(stdout, "  flag      %s: %s\n  effect    %s\n  stage     %s; the answer should be: %s\n", flag->name,
               flag->description, flag->effect, vcca_golden_stage_name(flag->stage),
               vcca_golden_result_name(r->which.mutation->result));
  if (not_asked)
    vcca_print(stdout, "  not taken %s\n", r->missing);
  if (r->argv.n > 0) {
    fputs("  command   ", stdout);
    put_command(stdout, r);
    putchar('\n');
  }
  if (r->argv.n > 0 && m->keep)
    vcca_print(stdout, "  again     sh %s/%s/%s/run\n", m->keep, family_of(r), id_of(r));
  for (size_t at = 0; (part = next_text(r->files, &at)) != NULL;) {
    const char *path = next_text(r->files, &at);
    if (path && m->keep) /* otherwise they are gone */
      vcca_print(stdout, "  file      %-18s %s\n", part, path);
  }
  if (r->argv.n > 0)
    vcca_print(stdout, "  output    %s\n", r->output.n ? "" : "(none)");
  put_lines("  | ", r->output);
}

/* By flag: those with faults, and what they mean. */
static void text_flags(const struct matrix *m)
{
  bool first = true;
  for (size_t f = 0; f < vcca_golden_flag_count() && f < MATRIX_FLAGS; f++) {
    unsigned bad = 0, cases = 0;
    for (int i = 0; i < VCCA_JUDGEMENTS; i++) {
      cases += m->flag[f][i];
      bad += vcca_judgement_bad((enum vcca_drive_judgement)i) || (i == VCCA_JUDGED_EARLY && m->early_fails)
                 ? m->flag[f][i]
                 : 0;
    }
    if (bad == 0)
      continue;
    if (first)
      vcca_print(stdout, "\nfaults by flag, of its cases; and what an attacker gains\n");
    first = false;
    vcca_print(stdout, "%4u of %-4u %-20s %s\n", bad, cases, vcca_golden_flag_at(f)->name,
               vcca_golden_flag_at(f)->effect);
  }
}

static void text_end(const struct matrix *m)
{
  text_flags(m);
  vcca_print(stdout, "\n%u case%s\n", m->cases, m->cases == 1 ? "" : "s");
  for (int i = 0; i < VCCA_JUDGEMENTS; i++)
    vcca_print(stdout, "%8u %-17s %s\n", m->count[i], vcca_judgement_name((enum vcca_drive_judgement)i),
               vcca_judgement_meaning((enum vcca_drive_judgement)i));
  for (unsigned i = 0; i < m->lacks; i++)
    vcca_print(stdout, "not asked: %u for want of %s\n", m->lack[i].n, m->lack[i].missing);
  if (m->known)
    vcca_print(stdout, "known: %u of the faults\n", m->known_faults);
  if (m->uncaught)
    vcca_print(
        stdout,
        "uncaught: %u refusals ended with an exception that nobody caught, which is no verdict (--strict: a crash)\n",
        m->uncaught);
  if (m->bad > 0 && !m->details)
    vcca_print(stdout, "one of them, with its command and output: add --show ID; the files of all: --keep DIR\n");
}

/* --- JSON ----------------------------------------------------------------------------------------------- */

static void json_case(struct matrix *m, const struct vcca_drive_report *r, const char *said,
                      enum vcca_drive_judgement judged, bool known)
{
  struct vcca_json *j = &m->j;
  const struct vcca_mutation *mutation = r->which.mutation;
  const struct vcca_golden_flag *flag = vcca_golden_flag_at(flag_of(r));
  const char *text;
  vcca_json_open(j, NULL, '{');
  vcca_json_str(j, "family", family_of(r));
  vcca_json_str(j, "id", id_of(r));
  vcca_json_str(j, "name", name_of(r));
  vcca_json_str(j, "result", vcca_golden_result_name(mutation ? mutation->result : VCCA_GOLDEN_VALID));
  vcca_json_str(j, "answer", said);
  if (r->result.stage != VCCA_STAGES)
    vcca_json_str(j, "stage", vcca_golden_stage_name(r->result.stage));
  vcca_json_str(j, "judged", vcca_judgement_name(judged));
  vcca_json_str(j, "layer", vcca_golden_layer_name(mutation ? mutation->layer : VCCA_GOLDEN_BASE));
  vcca_json_str(j, "flag", flag->name);
  vcca_json_str(j, "effect", flag->effect);
  vcca_json_str(j, "note", note_of(r));
  if (judged == VCCA_JUDGED_NOT_ASKED)
    vcca_json_str(j, "missing", r->missing);
  if (known)
    vcca_json_bool(j, "known", true);
  if (r->argv.n > 0 && (m->details || vcca_judgement_bad(judged))) {
    vcca_json_open(j, "argv", '[');
    for (size_t at = 0; (text = next_text(r->argv, &at)) != NULL;)
      vcca_json_str(j, NULL, text);
    vcca_json_close(j);
    vcca_json_text(j, "output", r->output);
  }
  if (r->argv.n > 0 && m->keep) {
    vcca_json_open(j, "files", '{');
    for (size_t at = 0; (text = next_text(r->files, &at)) != NULL;) {
      const char *path = next_text(r->files, &at);
      vcca_json_str(j, text, path ? path : "");
    }
    vcca_json_close(j);
  }
  vcca_json_close(j);
}

static void json_counts(struct vcca_json *j, const char *key, const unsigned count[VCCA_JUDGEMENTS])
{
  vcca_json_open(j, key, '{');
  for (int i = 0; i < VCCA_JUDGEMENTS; i++)
    vcca_json_int(j, vcca_judgement_name((enum vcca_drive_judgement)i), count[i]);
  vcca_json_close(j);
}

static void json_end(struct matrix *m, const char *stopped)
{
  struct vcca_json *j = &m->j;
  vcca_json_close(j);
  if (stopped)
    vcca_json_str(j, "stopped", stopped);
  json_counts(j, "count", m->count);
  vcca_json_int(j, "faults", m->bad);
  vcca_json_int(j, "knownFaults", m->known_faults);
  vcca_json_int(j, "uncaught", m->uncaught);
  vcca_json_open(j, "flags", '{');
  for (size_t f = 0; f < vcca_golden_flag_count() && f < MATRIX_FLAGS; f++) {
    unsigned cases = 0;
    for (int i = 0; i < VCCA_JUDGEMENTS; i++)
      cases += m->flag[f][i];
    if (cases > 0)
      json_counts(j, vcca_golden_flag_at(f)->name, m->flag[f]);
  }
  vcca_json_close(j);
  vcca_json_close(j);
}

/* --- JUnit ---------------------------------------------------------------------------------------------- */

/* What went wrong: by the verifier's answer, or for want of one. */
static bool is_error(enum vcca_drive_judgement judged)
{
  return judged == VCCA_JUDGED_CRASHED || judged == VCCA_JUDGED_LATE || judged == VCCA_JUDGED_BROKEN;
}

static void junit_body(FILE *out, const struct matrix *m, const struct vcca_drive_report *r)
{
  const char *text;
  fputs("<system-out>", out);
  vcca_text_xml(out, "effect: ");
  vcca_text_xml(out, vcca_golden_flag_at(flag_of(r))->effect);
  if (r->argv.n > 0)
    fputs("\ncommand:", out);
  for (size_t at = 0; (text = next_text(r->argv, &at)) != NULL;) {
    vcca_text_xml(out, " ");
    vcca_text_xml(out, text);
  }
  for (size_t at = 0; m->keep && (text = next_text(r->files, &at)) != NULL;) {
    fputs("\nfile: ", out);
    vcca_text_xml(out, text);
    vcca_text_xml(out, " ");
    text = next_text(r->files, &at);
    vcca_text_xml(out, text ? text : "");
  }
  fputs("\noutput:\n", out);
  vcca_text_xml_lines(out, r->output);
  fputs("</system-out>", out);
}

static void junit_case(struct matrix *m, const struct vcca_drive_report *r, const char *said,
                       enum vcca_drive_judgement judged, bool bad, bool known)
{
  FILE *out = m->suite[r->which.family].out;
  const char *skip = known                               ? "a known fault"
                     : judged == VCCA_JUDGED_UNSUPPORTED ? "unsupported"
                     : judged == VCCA_JUDGED_NOT_ASKED   ? "not asked"
                     : judged == VCCA_JUDGED_UNEARNED    ? "an empty token is accepted, too"
                     : judged == VCCA_JUDGED_EARLY       ? "refused at an earlier stage"
                                                         : NULL;
  if (!out)
    return;
  m->suite[r->which.family].tests++;
  vcca_print(out, "    <testcase classname=\"golden.%s\" name=\"%s %s\">", family_of(r), id_of(r), name_of(r));
  if (bad && !known) {
    const char *element = is_error(judged) ? "error" : "failure";
    m->suite[r->which.family].failures += !is_error(judged);
    m->suite[r->which.family].errors += is_error(judged);
    vcca_print(out, "<%s type=\"%s\" message=\"", element, vcca_judgement_name(judged));
    vcca_text_xml(out, note_of(r));
    vcca_print(out, "\">%s</%s>", said, element);
  } else if (skip) {
    m->suite[r->which.family].skipped++;
    vcca_print(out, "<skipped message=\"%s%s%s\"/>", skip,
               judged == VCCA_JUDGED_NOT_ASKED ? ": the command does not take " : "",
               judged == VCCA_JUDGED_NOT_ASKED ? r->missing : "");
  }
  if (bad || m->details)
    junit_body(out, m, r);
  fputs("</testcase>\n", out);
}

static void junit_end(struct matrix *m)
{
  vcca_print(stdout, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"golden\">\n");
  for (int f = 0; f < VCCA_FAMILIES; f++) {
    if (!m->suite[f].out)
      continue;
    fclose(m->suite[f].out);
    if (m->suite[f].tests > 0) {
      vcca_print(stdout, "  <testsuite name=\"golden.%s\" tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\">\n",
                 vcca_family((enum vcca_family)f)->name, m->suite[f].tests, m->suite[f].failures, m->suite[f].errors,
                 m->suite[f].skipped);
      fputs(m->suite[f].text, stdout);
      puts("  </testsuite>");
    }
    free(m->suite[f].text);
    m->suite[f].out = NULL;
  }
  puts("</testsuites>");
}

/* --- The matrix ----------------------------------------------------------------------------------------- */

void matrix_begin(struct matrix *m)
{
  for (int f = 0; m->style == MATRIX_JUNIT && f < VCCA_FAMILIES; f++)
    m->suite[f].out = open_memstream(&m->suite[f].text, &m->suite[f].size);
  if (m->style != MATRIX_JSON)
    return;
  m->j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  vcca_json_open(&m->j, NULL, '{');
  vcca_json_head(&m->j, "vcca-golden-run-1", NULL);
  vcca_json_open(&m->j, "cases", '[');
}

static void count_lack(struct matrix *m, const char *missing)
{
  unsigned i = 0;
  while (i < m->lacks && strcmp(m->lack[i].missing, missing) != 0)
    i++;
  if (i == MATRIX_LACKS)
    return;
  if (i == m->lacks)
    snprintf(m->lack[m->lacks++].missing, MATRIX_LACK, "%s", missing);
  m->lack[i].n++;
}

static enum vcca_drive_judgement judgement_of(const struct matrix *m, const struct vcca_drive_report *r)
{
  bool accepted = r->judged == VCCA_JUDGED_RIGHT && r->result.end == VCCA_DRIVE_ACCEPTED;
  return accepted && m->blind[r->which.family] ? VCCA_JUDGED_UNEARNED : r->judged;
}

void matrix_add(struct matrix *m, const struct vcca_drive_report *r)
{
  enum vcca_drive_judgement judged = judgement_of(m, r);
  char said[32];
  answer_of(&r->result, said, sizeof said);
  bool bad = vcca_judgement_bad(judged) || (judged == VCCA_JUDGED_EARLY && m->early_fails);
  bool known = bad && known_has(m->known, family_of(r), id_of(r), judged);
  known_saw(m->known, family_of(r), id_of(r));
  m->cases++;
  m->count[judged]++;
  m->flag[flag_of(r) < MATRIX_FLAGS ? flag_of(r) : 0][judged]++;
  m->bad += bad && !known;
  m->known_faults += known;
  m->uncaught += r->result.uncaught && r->result.end == VCCA_DRIVE_REFUSED;
  if (judged == VCCA_JUDGED_NOT_ASKED)
    count_lack(m, r->missing);
  if (m->style == MATRIX_JUNIT)
    junit_case(m, r, said, judged, bad, known);
  else if (m->style == MATRIX_JSON)
    json_case(m, r, said, judged, known);
  else if (m->all || bad)
    text_line(r, said, judged, known);
  if (m->style == MATRIX_TEXT && m->details && (m->all || bad))
    text_details(m, r, judged == VCCA_JUDGED_NOT_ASKED);
}

void matrix_end(struct matrix *m)
{
  if (m->style == MATRIX_JUNIT)
    junit_end(m);
  else if (m->style == MATRIX_JSON)
    json_end(m, NULL);
  else
    text_end(m);
}

void matrix_stop(struct matrix *m, const struct vcca_drive_report *r, const char *why)
{
  char said[32];
  m->details = true;
  if (m->style == MATRIX_TEXT) {
    text_line(r, answer_of(&r->result, said, sizeof said), r->judged, false);
    text_details(m, r, r->missing[0] != '\0');
    return;
  }
  matrix_add(m, r);
  if (m->style == MATRIX_JUNIT)
    junit_end(m);
  else
    json_end(m, why);
}

enum vcca_exit matrix_exit(const struct matrix *m)
{
  unsigned answered = m->cases - m->count[VCCA_JUDGED_UNSUPPORTED] - m->count[VCCA_JUDGED_NOT_ASKED];
  return m->bad > 0 ? VCCA_EXIT_NO : answered == 0 ? VCCA_EXIT_FAULT : VCCA_EXIT_YES;
}
