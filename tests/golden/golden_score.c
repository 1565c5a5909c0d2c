/* How good is the suite? The verifier with one check taken out at a time must accept, on some vector, what
 * has to be refused. And with one refusal taken out at a time, finer than checks: every refusal must be
 * reached by some vector, and the report says whether its mutant then accepts wrongly, crashes, fails
 * another check, or is saved by a later rule.
 *
 * Only a refusal that a vector reaches can matter to it, so a vector meets the mutants of the refusals that
 * it reaches. Mutants run in a process of their own, because a decoder without a refusal may read what is
 * not there. The report is vectors/score.json.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

#include "mutant.h"
#include "rooms/golden.h"
#include "rooms/error.h"
#include "rooms/file.h"
#include "rooms/json.h"

enum { SITES = 512, KEPT = 3, TRIES = 6, REPORT_MAX = 1 << 20 };

/* What catches a mutant best. */
enum strength { UNREACHED, SAME, OTHER_CHECK, CRASHED, ACCEPTED };
static const char *const strengths[] = {"not reached", "refused by a later rule", "other check", "crash",
                                        "wrongly accepted"};

struct mutant {
  const char *file; /* of a site; NULL: of a check */
  int line;
  enum strength strength;
  unsigned caught; /* vectors, counted up to KEPT */
  unsigned tries;  /* of the family at hand, up to TRIES */
  char by[KEPT][48];
};

static struct mutant sites[SITES], checks[VCCA_CHECKS];
static size_t site_count;

/* --- The switch ------------------------------------------------------------------------------------------- */

static const struct mutant *taken_out;                /* the mutant that runs */
static const struct vcca_finding *findings, *without; /* of the verdict in the making; the check that is taken out */
static bool reached[SITES];

static size_t site_of(const char *file, int line)
{
  size_t i = 0;
  while (i < site_count && (sites[i].line != line || strcmp(sites[i].file, file) != 0))
    i++;
  if (i == site_count) {
    assert_true(site_count < SITES);
    sites[site_count++] = (struct mutant){.file = file, .line = line};
  }
  return i;
}

bool mutant_skips(const char *file, int line)
{
  if (taken_out)
    return taken_out->file && taken_out->line == line && strcmp(taken_out->file, file) == 0;
  reached[site_of(file, line)] = true;
  return false;
}

void mutant_after(struct vcca_finding *f)
{
  if (f == without && f->outcome == VCCA_FAIL)
    *f = (struct vcca_finding){.outcome = VCCA_PASS};
}

/* --- Running a mutant ------------------------------------------------------------------------------------- */

static enum vcca_check verdict_of(const struct vcca_evidence *e, struct vcca_verdict *verdict)
{
  findings = verdict->findings;
  vcca_verify_evidence(e, verdict);
  return verdict->accepted ? VCCA_CHECKS : vcca_verdict_failed(verdict);
}

/* The verdict's first failing check with the mutant taken out, in a child; VCCA_CHECKS + 1 for a crash or a
 * hang. */
static int verdict_without(const struct mutant *m, int check, const struct vcca_evidence *e)
{
  int status = 0;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    static struct vcca_verdict verdict;
    alarm(check_seconds(1)); /* the rest takes milliseconds */
    if (!freopen("/dev/null", "w", stderr))
      _exit(VCCA_CHECKS + 1);
    taken_out = m;
    without = check >= 0 ? &verdict.findings[check] : NULL;
    _exit((int)verdict_of(e, &verdict));
  }
  assert_true(child > 0 && waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : VCCA_CHECKS + 1;
}

static void note(struct mutant *m, enum strength strength, const char *family, const char *id)
{
  if (strength > m->strength) {
    m->strength = strength;
    m->caught = 0;
  }
  if (strength <= SAME || strength < m->strength || m->caught == KEPT)
    return;
  snprintf(m->by[m->caught++], sizeof m->by[0], "%s/%s", family, id);
}

static void meet(struct mutant *m, int check, const struct vcca_golden_case *c, enum vcca_check right,
                 const char *family)
{
  static const struct mutant nothing;
  int got = verdict_without(check >= 0 ? &nothing : m, check, &c->evidence);
  enum strength strength = got == VCCA_CHECKS  ? ACCEPTED
                           : got > VCCA_CHECKS ? CRASHED
                           : got != (int)right ? OTHER_CHECK
                                               : SAME;
  if (strength == ACCEPTED && c->mutation->result != VCCA_GOLDEN_INVALID)
    strength = OTHER_CHECK;
  note(m, strength, family, c->mutation->id);
}

/* Whether more vectors could say more of it. */
static bool wanted(const struct mutant *m)
{
  return m->strength < CRASHED || m->caught < KEPT;
}

static void meet_all(vcca_golden *golden, const struct vcca_mutation *mutation)
{
  struct vcca_error err = {0};
  struct vcca_golden_case c;
  static struct vcca_verdict verdict;
  const char *family = vcca_family(vcca_golden_family(golden))->name;
  taken_out = NULL;
  check_ok(vcca_golden_make(golden, mutation, &c, &err), &err, mutation->id);
  memset(reached, 0, sizeof reached);
  enum vcca_check right = verdict_of(&c.evidence, &verdict);
  bool now[SITES];
  memcpy(now, reached, sizeof now);
  for (size_t i = 0; right != VCCA_CHECKS && i < site_count; i++)
    if (now[i] && wanted(&sites[i]) && sites[i].tries++ < TRIES)
      meet(&sites[i], -1, &c, right, family);
  if (right != VCCA_CHECKS && right != VCCA_CHECK_STRUCTURE &&
      (checks[right].strength != ACCEPTED || checks[right].caught < KEPT)) {
    if (right == VCCA_CHECK_CHAIN) /* without the check, the certificate's key is believed as it is */
      c.evidence.cpak = vcca_hsm_cpak(vcca_golden_device(golden));
    meet(&checks[right], (int)right, &c, right, family);
  }
  vcca_golden_case_free(&c);
}

/* --- What no vector reaches ------------------------------------------------------------------------------- */

/* Refusals by a part of their statement, and why no evidence of the suite reaches them. */
static const struct {
  const char *file, *text, *why;
} unreached[] = {
#include "unreached.def"
};

static bool used[sizeof unreached / sizeof unreached[0]];

static const char *why_unreached(const char *file, const char *line)
{
  for (size_t i = 0; i < sizeof unreached / sizeof unreached[0]; i++)
    if (strcmp(unreached[i].file, file) == 0 && strstr(line, unreached[i].text)) {
      used[i] = true;
      return unreached[i].why;
    }
  return NULL;
}

/* --- The sites of the sources ------------------------------------------------------------------------------ */

static const char *const sources[] = {
    "token/cbor_read.c",     "token/decode.c",         "token/rak.c",         "measurement/eventlog.c",
    "crypto/chain.c",        "verifier/verify.c",      "verifier/finding.c",  "verifier/eventlog_check.c",
    "verifier/references.c", "verifier/endorsed.c",    "verifier/rv_store.c", "verifier/compare.c",
    "verifier/policy.c",     "verifier/boot_images.c", "verifier/boot_log.c"};

/* "token/cbor_read.c" of a copy's ".../token-cbor_read.c". */
static bool is_copy_of(const char *copy, const char *source)
{
  char name[64];
  snprintf(name, sizeof name, "/mutants/%s", source);
  *strrchr(name, '/') = '-';
  size_t n = strlen(copy), k = strlen(name);
  return n >= k && strcmp(copy + n - k, name) == 0;
}

static const struct mutant *find_site(const char *source, int line)
{
  for (size_t i = 0; i < site_count; i++)
    if (sites[i].line == line && is_copy_of(sites[i].file, source))
      return &sites[i];
  return NULL;
}

/* The statement that begins in `line`, in one line of text; `rest` is the source after the line. */
static void whole_statement(const char *line, const char *rest, char *out, size_t size)
{
  size_t n = (size_t)snprintf(out, size, "%s", line + strspn(line, " "));
  while (rest && n + 1 < size && !strstr(out, ");")) {
    rest += strspn(rest, " ");
    size_t length = strcspn(rest, "\n");
    n += (size_t)snprintf(out + n, size - n, "%s%.*s", out[n - 1] == '(' ? "" : " ", (int)length, rest);
    rest = rest[length] ? rest + length + 1 : NULL;
  }
}

/* Whether a source line refuses, and is no definition. */
static bool refuses(const char *line)
{
  const char *const calls[] = {"vcca_fail_at(", "refuse(", "finding_fail("};
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
    if (strstr(line, calls[i]) && strncmp(line, "static ", 7) != 0 && strncmp(line, "void ", 5) != 0)
      return true;
  return false;
}

struct totals {
  unsigned sites, strong, weak, later, explained, survived;
};

static void put_by(struct vcca_json *j, const struct mutant *m)
{
  vcca_json_str(j, "verdict", strengths[m->strength]);
  vcca_json_open(j, "by", '[');
  for (unsigned i = 0; i < m->caught; i++)
    vcca_json_str(j, NULL, m->by[i]);
  vcca_json_close(j);
  if (m->caught == 1)
    vcca_json_bool(j, "only", true);
}

static void put_site(struct vcca_json *j, const char *source, int line, const char *shown, struct totals *t)
{
  static const struct mutant never;
  const struct mutant *m = find_site(source, line), *known = m ? m : &never;
  bool caught = known->strength > UNREACHED;
  const char *why = caught ? NULL : why_unreached(source, shown);
  vcca_json_open(j, NULL, '{');
  vcca_json_str(j, "file", source);
  vcca_json_str(j, "refusal", shown);
  put_by(j, known);
  if (why)
    vcca_json_str(j, "unreached", why);
  vcca_json_close(j);
  t->sites++;
  t->strong += known->strength >= CRASHED;
  t->weak += known->strength == OTHER_CHECK;
  t->later += known->strength == SAME;
  t->explained += why != NULL;
  if (!caught && !why) {
    printf("no vector reaches %s:%d: %s\n", source, line, shown);
    t->survived++;
  }
}

static void put_sites(struct vcca_json *j, const char *source, struct totals *t)
{
  char path[4096], statement[512], *text, *save;
  struct vcca_bytes file = {0};
  struct vcca_error err = {0};
  snprintf(path, sizeof path, "%s/%s", getenv("VCCA_SOURCE") ? getenv("VCCA_SOURCE") : ".", source);
  check_ok(vcca_file_read(path, 1 << 20, &file, &err), &err, source);
  assert_non_null(text = calloc(1, file.n + 1));
  memcpy(text, file.p, file.n);
  int line = 0;
  for (char *at = text; at; at = save) {
    save = strchr(at, '\n');
    if (save)
      *save++ = '\0';
    line++;
    if (refuses(at)) {
      whole_statement(at, save, statement, sizeof statement);
      put_site(j, source, line, statement, t);
    }
  }
  free(text);
  vcca_bytes_free(&file);
}

/* --- The report -------------------------------------------------------------------------------------------- */

static uint8_t report_room[REPORT_MAX];
static vcca_sink report;
static unsigned vectors;

static void put_checks(struct vcca_json *j)
{
  vcca_json_open(j, "checks", '[');
  for (int i = VCCA_CHECK_STRUCTURE + 1; i < VCCA_CHECKS; i++) {
    vcca_json_open(j, NULL, '{');
    vcca_json_str(j, "check", vcca_check_name((enum vcca_check)i));
    put_by(j, &checks[i]);
    vcca_json_close(j);
  }
  vcca_json_close(j);
}

static void put_report(struct totals *t)
{
  report = VCCA_SINK(report_room);
  struct vcca_json j = vcca_json_into(&report, VCCA_JSON_PRETTY);
  vcca_json_open(&j, NULL, '{');
  vcca_json_str(&j, "schema", "vcca-golden-score-1");
  vcca_json_int(&j, "vectors", vectors);
  put_checks(&j);
  vcca_json_open(&j, "refusals", '[');
  for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
    put_sites(&j, sources[i], t);
  vcca_json_close(&j);
  vcca_json_open(&j, "count", '{');
  vcca_json_int(&j, "checks", VCCA_CHECKS - 1);
  vcca_json_int(&j, "refusals", t->sites);
  vcca_json_int(&j, "wronglyAcceptedOrCrashed", t->strong);
  vcca_json_int(&j, "otherCheck", t->weak);
  vcca_json_int(&j, "refusedByLaterRule", t->later);
  vcca_json_int(&j, "unreached", t->explained);
  vcca_json_close(&j);
  vcca_json_close(&j);
}

static int score(void **state)
{
  (void)state;
  for (int family = 0; family < VCCA_FAMILIES; family++) {
    struct vcca_error err = {0};
    taken_out = NULL;
    vcca_golden *golden = vcca_golden_open((enum vcca_family)family, &err);
    check_ok(golden != NULL, &err, "golden");
    for (size_t i = 0; i < site_count; i++)
      sites[i].tries = 0;
    for (size_t i = 0; i < vcca_mutation_count(); i++)
      if (vcca_mutation_applies(vcca_mutation_at(i), (enum vcca_family)family)) {
        meet_all(golden, vcca_mutation_at(i));
        vectors++;
      }
    vcca_golden_close(golden);
  }
  return 0;
}

static void every_check_taken_out_lets_something_in(void **state)
{
  (void)state;
  unsigned bad = 0;
  for (int i = VCCA_CHECK_STRUCTURE + 1; i < VCCA_CHECKS; i++)
    if (checks[i].strength != ACCEPTED) {
      printf("%s: no vector is wrongly accepted without it\n", vcca_check_name((enum vcca_check)i));
      bad++;
    }
  assert_int_equal(bad, 0);
}

static void every_refusal_is_reached_or_explained(void **state)
{
  (void)state;
  struct totals t = {0};
  put_report(&t);
  printf("%u vectors, %u refusals: %u wrongly accept or crash without, %u fail another check, %u are covered by a "
         "later rule, %u no vector can "
         "reach, %u unexplained\n",
         vectors, t.sites, t.strong, t.weak, t.later, t.explained, t.survived);
  for (size_t i = 0; i < sizeof unreached / sizeof unreached[0]; i++)
    if (!used[i]) {
      printf("is reached after all: %s: %s\n", unreached[i].file, unreached[i].text);
      t.survived++;
    }
  assert_int_equal(t.survived, 0);
}

/* The committed report is what was found; VCCA_SCORE names a file to write it to. */
static void the_report_is_the_committed_one(void **state)
{
  (void)state;
  struct vcca_bytes file = {0};
  struct vcca_error err = {0};
  char path[4096];
  const char *to = getenv("VCCA_SCORE");
  if (to)
    check_ok(vcca_file_write(to, vcca_sink_span(&report), &err), &err, to);
  snprintf(path, sizeof path, "%s/vectors/score.json", getenv("VCCA_SOURCE") ? getenv("VCCA_SOURCE") : ".");
  check_ok(vcca_file_read(path, REPORT_MAX, &file, &err), &err, path);
  bool same = vcca_span_eq(vcca_bytes_span(&file), vcca_sink_span(&report));
  vcca_bytes_free(&file);
  if (!same)
    fail_msg("vectors/score.json is not what was found: VCCA_SCORE=vectors/score.json runs this test and writes it");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_check_taken_out_lets_something_in),
      cmocka_unit_test(every_refusal_is_reached_or_explained),
      cmocka_unit_test(the_report_is_the_committed_one),
  };
  return cmocka_run_group_tests(tests, score, NULL);
}
