/* Driving a verifier that is a command: its words filled in for one case, its end awaited, its answer judged.
 *
 * There is no clock here: the time limit is how long poll() waits for a sign of life.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "golden/bundle.h"
#include "golden/files.h"
#include "vcca/file.h"
#include "vcca/hex.h"

enum { WORDS_MAX = 128, OUTPUT_MAX = 64 << 10, EXIT_UNSUPPORTED = 77, EXIT_NOT_STARTED = 126 };

/* --- Words ------------------------------------------------------------------------------------------------ */

struct job {
  const struct vcca_drive *drive;
  struct arena arena;
  struct case_files files;
  char *argv[WORDS_MAX + 1];
  size_t argc;
};

/* The values of one placeholder: none, one, or one per certificate. */
struct values {
  const char *text[VCCA_VERIFY_CERTS];
  size_t n;
};

static const char *join(struct job *job, const char *a, const char *b, const char *c)
{
  size_t n = strlen(a) + strlen(b) + strlen(c) + 1;
  char *text = arena_get(&job->arena, n);
  if (text)
    snprintf(text, n, "%s%s%s", a, b, c);
  return text;
}

/* Writes a part's bytes into the folder. */
static bool put_part(struct job *job, const struct case_file *f, size_t number, const char **path, struct vcca_error *err)
{
  char name[64];
  snprintf(name, sizeof name, "/%s%zu", f->part, number);
  *path = join(job, job->drive->folder, name, "");
  return *path && vcca_file_write(*path, f->bytes, err);
}

static bool part_values(struct job *job, const char *part, struct values *out, struct vcca_error *err)
{
  bool sub = strcmp(part, "sub") == 0;
  for (size_t i = 0; i < job->files.n && out->n < VCCA_VERIFY_CERTS; i++) {
    const struct case_file *f = &job->files.file[i];
    if (strcmp(f->part, part) != 0 && !(sub && strcmp(f->part, "extra") == 0))
      continue;
    if (!put_part(job, f, out->n, &out->text[out->n], err))
      return false;
    out->n++;
  }
  return true;
}

static bool jwk_value(struct job *job, const vcca_key *key, struct values *out, struct vcca_error *err)
{
  uint8_t room[512];
  vcca_sink jwk = VCCA_SINK(room);
  if (!key || !vcca_golden_jwk(key, &jwk))
    return true;
  const struct case_file f = {.part = "jwk", .bytes = vcca_sink_span(&jwk)};
  return put_part(job, &f, 0, &out->text[out->n++], err);
}

static void hex_value(struct job *job, vcca_span bytes, struct values *out)
{
  char *text = bytes.p ? arena_get(&job->arena, 2 * bytes.n + 1) : NULL;
  if (text)
    out->text[out->n++] = vcca_hex_text(bytes, text, 2 * bytes.n + 1);
}

static bool find_values(struct job *job, const vcca_golden *golden, const struct vcca_golden_case *c, vcca_span name, struct values *out,
                        struct vcca_error *err)
{
  const struct vcca_evidence *e = &c->evidence;
  static const struct {
    const char *name, *part;
  } parts[] = {{"", "token"},
               {"TOKEN", "token"},
               {"CPAK", "cpak"},
               {"CERT", "device"},
               {"SUB", "sub"},
               {"ROOT", "root"},
               {"EVENTLOG", "eventlog"},
               {"PLATFORM_REF", "platform-reference"},
               {"IMAGE_REF", "image-reference"},
               {"RVSTORE", "reference-store"},
               {"POLICY", "policy"}};
  const struct {
    const char *name;
    vcca_span value;
  } hex[] = {{"CHALLENGE", e->challenge}, {"RIM", e->rim},     {"REM0", e->rem[0]}, {"REM1", e->rem[1]},
             {"REM2", e->rem[2]},         {"REM3", e->rem[3]}, {"RPV", e->rpv}};
  const struct {
    const char *name, *text;
  } texts[] = {{"AT", e->at}, {"FAMILY", vcca_family(golden->family)->name}, {"ID", c->mutation ? c->mutation->id : "V00"}};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
    if (vcca_span_is(name, parts[i].name))
      return part_values(job, parts[i].part, out, err);
  if (vcca_span_is(name, "JWK"))
    return jwk_value(job, e->cpak, out, err);
  for (size_t i = 0; i < sizeof hex / sizeof hex[0]; i++)
    if (vcca_span_is(name, hex[i].name)) {
      hex_value(job, hex[i].value, out);
      return true;
    }
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (vcca_span_is(name, texts[i].name)) {
      if (texts[i].text)
        out->text[out->n++] = texts[i].text;
      return true;
    }
  return vcca_fail(err, VCCA_FAULT_USAGE, "no placeholder @%.*s@", (int)name.n, (const char *)name.p);
}

static bool push(struct job *job, const char *word, struct vcca_error *err)
{
  if (job->argc == WORDS_MAX)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the command has more than %d words", WORDS_MAX);
  char *copy = arena_get(&job->arena, strlen(word) + 1);
  if (!copy)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the command");
  memcpy(copy, word, strlen(word) + 1);
  job->argv[job->argc++] = copy;
  return true;
}

/* The first @NAME@ of a word; "@@" has no name. */
static bool placeholder(const char *word, size_t *from, vcca_span *name)
{
  for (const char *at = strchr(word, '@'); at; at = strchr(at + 1, '@')) {
    size_t n = strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    if (at[1 + n] == '@') {
      *from = (size_t)(at - word);
      *name = vcca_span_of(at + 1, n);
      return true;
    }
  }
  return false;
}

/* A word: as it is, or once for each value of its placeholder, an option before it repeated or left out with it. */
static bool fill(struct job *job, const vcca_golden *golden, const struct vcca_golden_case *c, const char *word, struct vcca_error *err)
{
  size_t from = 0;
  vcca_span name;
  struct values values = {.n = 0};
  if (!placeholder(word, &from, &name))
    return push(job, word, err);
  if (!find_values(job, golden, c, name, &values, err))
    return false;
  bool whole = from == 0 && word[name.n + 2] == '\0';
  const char *option = whole && job->argc > 1 && job->argv[job->argc - 1][0] == '-' ? job->argv[job->argc - 1] : NULL;
  if (values.n == 0 && option)
    job->argv[--job->argc] = NULL;
  for (size_t i = 0; i < values.n; i++) {
    char *before = arena_get(&job->arena, from + 1);
    if (before)
      memcpy(before, word, from);
    const char *text = before && values.text[i] ? join(job, before, values.text[i], word + from + name.n + 2) : NULL;
    if (!text)
      return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the command");
    if ((i > 0 && option && !push(job, option, err)) || !push(job, text, err))
      return false;
  }
  return true;
}

/* --- Running ---------------------------------------------------------------------------------------------- */

static _Noreturn void become(char *const *argv, int out)
{
  int nothing = open("/dev/null", O_RDONLY);
  if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
    _exit(EXIT_NOT_STARTED);
  (void)setpgid(0, 0);
  execvp(argv[0], argv);
  _exit(EXIT_NOT_STARTED + (errno == ENOENT));
}

/* Reads until the end, or until there was no sign of life for too long. What does not fit is read and forgotten. */
static bool read_all(int from, int milliseconds, vcca_sink *out)
{
  struct pollfd p = {.fd = from, .events = POLLIN};
  uint8_t buffer[4096];
  for (size_t total = 0; total < (size_t)256 * OUTPUT_MAX;) {
    int ready = poll(&p, 1, milliseconds);
    if (ready < 0 && errno == EINTR)
      continue;
    if (ready <= 0)
      return false;
    ssize_t n = read(from, buffer, sizeof buffer);
    if (n <= 0)
      return true;
    total += (size_t)n;
    if (out->n + (size_t)n <= out->cap)
      vcca_sink_put(out, vcca_span_of(buffer, (size_t)n));
  }
  return false;
}

/* Whether the child ended by itself in time. */
static bool await(pid_t child, int milliseconds, int *status)
{
  for (int waited = 0;; waited += 5) {
    pid_t got = waitpid(child, status, WNOHANG);
    if (got == child || (got < 0 && errno != EINTR))
      return got == child;
    if (waited >= milliseconds)
      return false;
    (void)poll(NULL, 0, 5);
  }
}

static bool start(char *const *argv, pid_t *child, int *from, struct vcca_error *err)
{
  int ends[2];
  if (pipe(ends) != 0)
    return vcca_fail(err, VCCA_FAULT_IO, "no pipe for the command: %s", strerror(errno));
  fflush(NULL);
  *child = fork();
  if (*child == 0) {
    close(ends[0]);
    become(argv, ends[1]);
  }
  close(ends[1]);
  *from = ends[0];
  if (*child < 0) {
    close(ends[0]);
    return vcca_fail(err, VCCA_FAULT_IO, "cannot start the command: %s", strerror(errno));
  }
  (void)setpgid(*child, *child);
  return true;
}

/* --- Answers ---------------------------------------------------------------------------------------------- */

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

/* The word that follows the last of these phrases in the output: "stage: NAME" in anybody's, "rejected (NAME" in ours. */
static enum vcca_golden_stage said_stage(vcca_span output)
{
  static const char *const phrases[] = {"stage: ", "rejected (", "malformed ("};
  enum vcca_golden_stage stage = VCCA_STAGES;
  for (size_t i = 0; i < output.n; i++)
    for (size_t k = 0; k < sizeof phrases / sizeof phrases[0]; k++) {
      size_t skip = strlen(phrases[k]), n = 0;
      if (!vcca_span_is(vcca_span_sub(output, i, skip), phrases[k]))
        continue;
      while (i + skip + n < output.n && ((output.p[i + skip + n] >= 'a' && output.p[i + skip + n] <= 'z') || output.p[i + skip + n] == '-'))
        n++;
      vcca_span name = vcca_span_sub(output, i + skip, n);
      if (!vcca_golden_stage_named(name, &stage))
        stage = stage_of_check(name);
    }
  return stage;
}

static enum vcca_drive_end end_of(const struct vcca_drive *drive, int code)
{
  for (size_t i = 0; i < drive->rejects; i++)
    if (code == drive->reject[i])
      return VCCA_DRIVE_REFUSED;
  if (code == 0)
    return VCCA_DRIVE_ACCEPTED;
  if (code == EXIT_UNSUPPORTED)
    return VCCA_DRIVE_UNSUPPORTED;
  return code == 1 ? VCCA_DRIVE_REFUSED : VCCA_DRIVE_BROKEN;
}

static bool run(struct job *job, struct vcca_drive_result *out, struct vcca_error *err)
{
  vcca_sink output = arena_sink(&job->arena, OUTPUT_MAX);
  int milliseconds = (int)job->drive->timeout * 1000, status = 0, from = -1;
  pid_t child = -1;
  if (!start(job->argv, &child, &from, err))
    return false;
  bool ended = read_all(from, milliseconds, &output) && await(child, milliseconds, &status);
  close(from);
  if (!ended) {
    (void)kill(-child, SIGKILL);
    (void)kill(child, SIGKILL);
    (void)waitpid(child, &status, 0);
    *out = (struct vcca_drive_result){VCCA_DRIVE_LATE, 0, VCCA_STAGES};
    return true;
  }
  if (WIFSIGNALED(status)) {
    *out = (struct vcca_drive_result){VCCA_DRIVE_CRASHED, WTERMSIG(status), VCCA_STAGES};
    return true;
  }
  int code = WEXITSTATUS(status);
  *out = (struct vcca_drive_result){end_of(job->drive, code), code, said_stage(vcca_sink_span(&output))};
  return code < EXIT_NOT_STARTED || code > EXIT_NOT_STARTED + 1 || vcca_fail(err, VCCA_FAULT_USAGE, "the command %s cannot be run", job->argv[0]);
}

bool vcca_drive_case(const struct vcca_drive *drive, vcca_golden *golden, const struct vcca_golden_case *c, struct vcca_drive_result *out,
                     struct vcca_error *err)
{
  struct job *job = calloc(1, sizeof *job);
  if (!job)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory to run a command");
  job->drive = drive;
  case_files(golden, c, &job->files);
  bool ok = true;
  for (size_t i = 0; ok && drive->command[i]; i++)
    ok = fill(job, golden, c, drive->command[i], err);
  ok = ok && (job->argc > 0 || vcca_fail(err, VCCA_FAULT_USAGE, "no command")) && run(job, out, err);
  arena_free(&job->arena);
  free(job);
  return ok;
}

/* --- Judgement -------------------------------------------------------------------------------------------- */

static const struct {
  const char *name, *meaning;
  bool bad;
} judgements[VCCA_JUDGEMENTS] = {
#define JUDGEMENT(id, name, bad, meaning) {name, meaning, bad},
#include "vcca/judgements.def"
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

enum vcca_drive_judgement vcca_drive_judge(const struct vcca_golden_case *c, const struct vcca_drive_result *result)
{
  const struct vcca_mutation *m = c->mutation;
  enum vcca_golden_result want = m ? m->result : VCCA_GOLDEN_VALID;
  switch (result->end) {
  case VCCA_DRIVE_UNSUPPORTED:
    return VCCA_JUDGED_UNSUPPORTED;
  case VCCA_DRIVE_CRASHED:
    return VCCA_JUDGED_CRASHED;
  case VCCA_DRIVE_LATE:
    return VCCA_JUDGED_LATE;
  case VCCA_DRIVE_BROKEN:
    return VCCA_JUDGED_BROKEN;
  case VCCA_DRIVE_ACCEPTED:
  case VCCA_DRIVE_REFUSED:
    break;
  }
  if (want == VCCA_GOLDEN_ACCEPTABLE)
    return VCCA_JUDGED_FREE;
  bool accepted = result->end == VCCA_DRIVE_ACCEPTED;
  if (accepted)
    return want == VCCA_GOLDEN_VALID ? VCCA_JUDGED_RIGHT : VCCA_JUDGED_WRONGLY_ACCEPTED;
  if (want == VCCA_GOLDEN_VALID)
    return VCCA_JUDGED_WRONGLY_REFUSED;
  return result->stage < m->flag->stage ? VCCA_JUDGED_EARLY : VCCA_JUDGED_RIGHT;
}
