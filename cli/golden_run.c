/* vcca golden run: somebody's verifier over the suite.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/golden_filter.h"
#include "cli/golden_report.h"
#include "rooms/hex.h"
#include "rooms/error.h"
#include "rooms/golden.h"
#include "rooms/text.h"

static const struct option options[] = {
    {"family", 'F', "NAME", MANY,
     "only this family; patterns (*), several with commas, ! before one to leave out; so with all that follow"},
    {"layer", 'l', "NAME", MANY,
     "only cases of this layer: structure, cose, platform, realm, binding, chain, eventlog, accept, appraisal, policy"},
    {"stage", 0, "NAME", MANY, "only cases whose fault is noticed at this stage"},
    {"flag", 0, "NAME", MANY, "only cases of this kind of fault"},
    {"id", 'i', "ID", MANY, "only this case, by id or name; the base is V00"},
    {"mutation", 'm', "ID", MANY, "the same as --id"},
    {"show", 's', "ID", MANY,
     "only this case, with command, files, output and effect; its files stay in --keep's folder, or in one in TMPDIR"},
    {"keep", 'k', "DIR", false,
     "keep what faults are made of in DIR/FAMILY/ID: files, output, and a script `run` that asks again; with --all "
     "every case"},
    {"known", 0, "FILE", false,
     "faults that are known: lines as the matrix prints them; only others make the exit code 1"},
    {"knows", 0, "NAME", MANY, "what the verifier has without a placeholder: CPAK, CERT, ..., as the base has it"},
    {"reject", 0, "CODE", MANY, "an exit code that means no, besides 1"},
    {"strict", 0, NULL, false, "an exit 1 by an exception that nobody caught (Python, Java, Node) is a crash"},
    {"early", 0, "skip|fail", false, "what refused-early is: skipped (default), or a fault"},
    {"timeout", 't', "SECONDS", false, "for an answer; default 10"},
    {"jobs", 'j', "N", false, "verifiers at a time; default: as many as there are CPUs, with --serve 1"},
    {"serve", 0, NULL, false,
     "start the verifier once and ask it by a line of JSON per case: -- COMMAND... -- WORD..."},
    {"all", 'a', NULL, false, "list every case, not only faults"},
    {"output", 'o', "text|json|junit", false, "how to print the verdict matrix: text (default), json or junit"},
    OPTION_END,
};

enum { JOBS_MAX = 256, TIMEOUT_MAX = 3600 };

struct job {
  struct vcca_drive drive;
  const char *command[CLI_OPERANDS + 1];
  int reject[CLI_VALUES];
  struct matrix matrix;
  struct vcca_drive_case *cases;
  size_t chosen, done;
  bool unsupported[VCCA_FAMILIES]; /* the base is */
  bool stopped;                    /* a base was not accepted */
};

/* --- Interrupts ----------------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
  interrupted = number;
}

static const int interrupts[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE};
enum { INTERRUPTS = sizeof interrupts / sizeof interrupts[0] };

/* The run ends itself, so that verifiers and files go first. What whoever started us ignores stays ignored. */
static void watch(struct sigaction before[INTERRUPTS])
{
  struct sigaction flag = {.sa_handler = on_interrupt};
  for (size_t i = 0; i < INTERRUPTS; i++)
    if (sigaction(interrupts[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
      sigaction(interrupts[i], &flag, NULL);
}

/* As before; whoever was interrupted ends by it now. */
static void unwatch(const struct sigaction before[INTERRUPTS])
{
  for (size_t i = 0; i < INTERRUPTS; i++)
    sigaction(interrupts[i], &before[i], NULL);
  if (interrupted)
    (void)raise(interrupted);
}

/* --- First the bases ------------------------------------------------------------------------------------ */

static const struct vcca_mutation *empty_token(void)
{
  return vcca_mutation_named(vcca_span_str("S01"));
}

static void stop(struct job *job, const struct vcca_drive_report *r)
{
  static const char why[] = "the base, which is sound, is not accepted: nothing else was asked";
  const char *family = vcca_family(r->which.family)->name;
  char how[160];
  job->stopped = true;
  snprintf(how, sizeof how, "%s: %s", family, why);
  matrix_stop(&job->matrix, r, how);
  fflush(stdout);
  vcca_print(stderr, "vcca golden run: %s\n", how);
  if (strstr(r->missing, "@CPAK@") && strstr(r->missing, "@ROOT@"))
    fputs(
        "The command takes no key that this family has: @CPAK@ (PEM), @JWK@ (keys on curves), or @CERT@ @SUB@ @ROOT@\n",
        stderr);
  if (!job->matrix.keep)
    fputs("To ask it again by hand: add --show V00\n", stderr);
}

/* A base must be accepted before anything is said; whether an empty token is accepted, too, is remembered. */
static bool first_case(void *ctx, const struct vcca_drive_report *r)
{
  struct job *job = ctx;
  if (job->stopped)
    return false;
  if (r->which.mutation)
    job->matrix.blind[r->which.family] = r->result.end == VCCA_DRIVE_ACCEPTED;
  else if (r->result.end == VCCA_DRIVE_UNSUPPORTED)
    job->unsupported[r->which.family] = true;
  else if (r->result.end != VCCA_DRIVE_ACCEPTED)
    stop(job, r);
  return !job->stopped;
}

/* --- Then the chosen cases ------------------------------------------------------------------------------ */

static bool one_case(void *ctx, const struct vcca_drive_report *r)
{
  struct job *job = ctx;
  progress_line("golden", 1, 1, "cases"); /* makes room on a terminal */
  matrix_add(&job->matrix, r);
  fflush(stdout);
  progress_line("golden", ++job->done, job->chosen, "cases");
  return !ferror(stdout);
}

static bool run_family(struct job *job, vcca_drive_pool *pool, size_t from, size_t n, struct vcca_error *err)
{
  if (!job->unsupported[job->cases[from].family])
    return vcca_drive_run(pool, job->cases + from, n, one_case, job, err);
  for (size_t i = 0; i < n; i++) {
    const struct vcca_drive_report r = {.which = job->cases[from + i],
                                        .result = {.end = VCCA_DRIVE_UNSUPPORTED, .stage = VCCA_STAGES},
                                        .judged = VCCA_JUDGED_UNSUPPORTED,
                                        .missing = ""};
    if (!one_case(job, &r))
      return vcca_fail(err, VCCA_FAULT_IO, "stopped");
  }
  return true;
}

static bool run_chosen(struct job *job, vcca_drive_pool *pool, struct vcca_error *err)
{
  for (size_t from = 0, n; from < job->chosen; from += n) {
    for (n = 1; from + n < job->chosen &&
                job->unsupported[job->cases[from + n].family] == job->unsupported[job->cases[from].family];)
      n++;
    if (!run_family(job, pool, from, n, err))
      return false;
  }
  return true;
}

/* --- Choosing ------------------------------------------------------------------------------------------- */

static bool choose(const struct args *a, struct job *job, struct vcca_error *err)
{
  job->cases = calloc(VCCA_FAMILIES * (vcca_mutation_count() + 1), sizeof *job->cases);
  if (!job->cases)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the cases");
  for (int f = 0; f < VCCA_FAMILIES; f++) {
    enum vcca_family family = (enum vcca_family)f;
    if (!filter_family(a, family))
      continue;
    if (filter_case(a, NULL))
      job->cases[job->chosen++] = (struct vcca_drive_case){family, NULL};
    for (size_t i = 0; i < vcca_mutation_count(); i++) {
      const struct vcca_mutation *m = vcca_mutation_at(i);
      if (vcca_mutation_applies(m, family) && filter_case(a, m))
        job->cases[job->chosen++] = (struct vcca_drive_case){family, m};
    }
  }
  return job->chosen > 0 || vcca_fail(err, VCCA_FAULT_USAGE, "no case was chosen");
}

static size_t first_cases(const struct job *job, struct vcca_drive_case out[2 * VCCA_FAMILIES])
{
  size_t n = 0;
  for (size_t i = 0; i < job->chosen; i++)
    if (i == 0 || job->cases[i].family != job->cases[i - 1].family) {
      out[n++] = (struct vcca_drive_case){job->cases[i].family, NULL};
      out[n++] = (struct vcca_drive_case){job->cases[i].family, empty_token()};
    }
  return n;
}

/* --- Options -------------------------------------------------------------------------------------------- */

static bool read_words(const struct args *a, struct job *job, struct vcca_error *err)
{
  const char *text, *how = args_get(a, "output"), *early = args_get(a, "early");
  for (unsigned i = 0; (text = args_nth(a, "reject", i)) != NULL; i++) {
    uint64_t code;
    if (!vcca_u64_read(vcca_span_str(text), &code, NULL) || code > 255)
      return vcca_fail(err, VCCA_FAULT_USAGE, "--reject %s: an exit code, 0 to 255", text);
    job->reject[job->drive.rejects++] = (int)code;
  }
  for (unsigned i = 0; (text = args_nth(a, "knows", i)) != NULL; i++)
    if (!vcca_drive_part_named(vcca_span_str(text), &job->drive.knows))
      return vcca_fail(err, VCCA_FAULT_USAGE, "--knows %s: the name of a placeholder without its @, as CPAK", text);
  if (early && strcmp(early, "skip") != 0 && strcmp(early, "fail") != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--early %s: skip or fail", early);
  job->matrix.early_fails = early && strcmp(early, "fail") == 0;
  job->matrix.style = !how || strcmp(how, "text") == 0 ? MATRIX_TEXT
                      : strcmp(how, "json") == 0       ? MATRIX_JSON
                                                       : MATRIX_JUNIT;
  return job->matrix.style != MATRIX_JUNIT || strcmp(how, "junit") == 0 ||
         vcca_fail(err, VCCA_FAULT_USAGE, "--output %s: text, json or junit", how);
}

static bool read_options(const struct args *a, struct job *job, struct vcca_error *err)
{
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  uint64_t timeout = 10, jobs = args_has(a, "serve") || cpus < 1 ? 1 : cpus > JOBS_MAX ? JOBS_MAX : (uint64_t)cpus;
  const char *known = args_get(a, "known");
  if (!args_u64(a, "timeout", TIMEOUT_MAX, &timeout, err) || !args_u64(a, "jobs", JOBS_MAX, &jobs, err) ||
      !read_words(a, job, err) || !filter_check(a, err))
    return false;
  if (timeout == 0 || jobs == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--%s 0: at least 1", timeout == 0 ? "timeout" : "jobs");
  bool show = args_has(a, "show");
  for (unsigned i = 0; i < a->operands; i++)
    job->command[i] = a->operand[i];
  job->drive.command = job->command;
  job->drive.reject = job->reject;
  job->drive.timeout = (unsigned)timeout;
  job->drive.jobs = (unsigned)jobs;
  job->drive.serve = args_has(a, "serve");
  job->drive.strict = args_has(a, "strict");
  job->drive.keep = args_get(a, "keep");
  job->drive.keep_all = show || (job->drive.keep && args_has(a, "all"));
  job->drive.stop = &interrupted;
  job->matrix.all = args_has(a, "all") || show;
  job->matrix.details = show || job->drive.keep;
  if (known)
    job->matrix.known = known_read(a, known, err);
  return !known || job->matrix.known;
}

static bool run_all(struct job *job, struct vcca_error *err)
{
  struct vcca_drive_case first[2 * VCCA_FAMILIES];
  size_t n = first_cases(job, first);
  if (job->drive.jobs > job->chosen)
    job->drive.jobs = (unsigned)job->chosen;
  vcca_drive_pool *pool = vcca_drive_open(&job->drive, err);
  if (!pool)
    return false;
  job->matrix.keep = vcca_drive_kept(pool);
  matrix_begin(&job->matrix);
  bool ok = vcca_drive_run(pool, first, n, first_case, job, err) && run_chosen(job, pool, err);
  progress_line("golden", 1, 1, "cases");
  if (ok)
    matrix_end(&job->matrix);
  vcca_drive_close(pool);
  return ok;
}

static enum vcca_exit run(const struct args *a)
{
  static struct job job; /* large; one verb runs once */
  struct sigaction before[INTERRUPTS];
  struct vcca_error err = {.fault = VCCA_FAULT_NONE};
  bool ok = read_options(a, &job, &err) && choose(a, &job, &err);
  if (ok) {
    watch(before);
    ok = run_all(&job, &err);
    unwatch(before);
  }
  enum vcca_exit code = ok ? matrix_exit(&job.matrix) : job.stopped ? VCCA_EXIT_NO : fail(a, &err);
  if (ok && code == VCCA_EXIT_FAULT)
    fputs("vcca golden run: no case was answered: the verifier supports none of them, or its command takes nothing "
          "that they are about\n",
          stderr);
  if (ok)
    (void)known_stale(job.matrix.known, args_get(a, "known"));
  known_free(job.matrix.known);
  free(job.cases);
  return code;
}

const struct verb verb_golden_run = {
    "golden run",
    "-- COMMAND [WORD]...",
    1,
    2 * CLI_VALUES,
    "somebody's verifier over the suite: the verdict matrix",
    "Runs the command once for each golden case and judges its answer: exit 0 accepts, 1 (and each --reject) refuses, "
    "77 is unsupported, a signal is "
    "a crash. In the command's words @@ is the token's file; @CPAK@ (PEM) @JWK@ @CERT@ @SUB@ @ROOT@ @EVENTLOG@ "
    "@PLATFORM_REF@ @IMAGE_REF@ "
    "@RVSTORE@ @POLICY@ are files, and @CHALLENGE@ @RIM@ @REM0@ to @REM3@ @RPV@ @AT@ @FAMILY@ @ID@ values. A word "
    "whose part a case does not have is "
    "left out, with the option before it. What the command takes decides what it is asked: a case about evidence that "
    "it does not take is not-asked, "
    "neither right nor a fault. The base, which is sound, comes first; when it is not accepted, its output is shown "
    "and nothing else is asked. A "
    "verifier that prints \"stage: NAME\" (cbor, collection, cose, claims, cert, sig, binding, policy, eventlog) has "
    "refused, whatever its exit "
    "code, "
    "and is told when it refuses too early to have tested the fault. Exit: 0 all is right, 1 something is wrong, 2 the "
    "verifier cannot be started, 3 "
    "nothing was answered. docs/golden.md has the rest, and --serve's lines.",
    "vcca golden run --family arm-1.0 -- my-verifier --key @JWK@ @@\n"
    "vcca golden run --family arm-1.0 --show B01a -- my-verifier --key @JWK@ @@\n"
    "vcca golden run --family arm-1.0 --layer 'cose,binding' --id '!C1*' --keep faults -o junit -- my-verifier --key "
    "@JWK@ --nonce @CHALLENGE@ @@\n"
    "vcca golden run --family arm-1.0 --serve -- my-verifier --serve -- --key @JWK@ @@\n"
    "vcca golden run --reject 3 -- vcca token verify @@ --cpak @CPAK@ --cert @CERT@ --chain @ROOT@ --chain @SUB@ --at "
    "@AT@ --challenge @CHALLENGE@ "
    "--rim @RIM@",
    options,
    run,
};
