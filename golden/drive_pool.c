/* Workers: processes that make cases and ask the verifier, each one case at a time. The pool hands out the
 * cases and reports in their order, whichever is done first. A worker whose pool has gone ends its verifier
 * and itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "golden/drive.h"
#include "rooms/file.h"
#include "rooms/error.h"
#include "rooms/golden.h"

enum { TICK = 200 /* milliseconds between looks at stop */, IDLE = -1 };

/* What a worker is told, and what it tells, with the bytes of argv, files and output behind it. */
struct order {
  int family;
  long mutation; /* IDLE: the base */
};
struct answer {
  bool ok;
  struct vcca_error err;
  part_set missing;
  struct vcca_drive_result result;
  enum vcca_drive_judgement judged;
  size_t argv, files, output;
};

struct worker {
  pid_t pid;
  int to, from;
  long busy; /* the case it is at */
};
struct vcca_drive_pool {
  const struct vcca_drive *drive;
  char folder[VCCA_PATH_MAX]; /* of our own, for files */
  const char *keep;           /* where cases are kept; NULL: nowhere */
  bool whole;                 /* the last run went to its end, or `each` ended it */
  size_t workers;
  struct worker worker[];
};

/* --- In a worker ------------------------------------------------------------------------------------------ */

static bool read_whole(int from, void *to, size_t n)
{
  for (uint8_t *p = to; n > 0;) {
    ssize_t got = read(from, p, n);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    p += got;
    n -= (size_t)got;
  }
  return true;
}

static bool write_whole(int to, const void *from, size_t n)
{
  for (const uint8_t *p = from; n > 0;) {
    ssize_t put = write(to, p, n);
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0)
      return false;
    p += put;
    n -= (size_t)put;
  }
  return true;
}

static bool do_order(struct driver *d, vcca_golden **golden, const struct order *order, struct arena *arena,
                     struct drive_outcome *o, struct vcca_error *err)
{
  struct vcca_golden_case c;
  const struct vcca_mutation *m = order->mutation == IDLE ? NULL : vcca_mutation_at((size_t)order->mutation);
  if (*golden && (int)(*golden)->family != order->family) {
    vcca_golden_close(*golden);
    *golden = NULL;
  }
  if (!*golden)
    *golden = vcca_golden_open((enum vcca_family)order->family, err);
  if (!*golden || !vcca_golden_make(*golden, m, &c, err))
    return false;
  bool ok = drive_case(d, *golden, &c, arena, o, err);
  vcca_golden_case_free(&c);
  return ok;
}

static _Noreturn void work(const struct vcca_drive_pool *pool, const char *folder, int from, int to)
{
  struct driver d = {.drive = pool->drive, .folder = folder, .keep = pool->keep};
  struct order order;
  vcca_golden *golden = NULL;
  child_watch(to); /* a pipe whose reader has gone */
  while (read_whole(from, &order, sizeof order)) {
    struct arena arena = {.chunks = NULL};
    struct drive_outcome o = {.missing = 0};
    struct answer a = {.ok = true};
    if (!do_order(&d, &golden, &order, &arena, &o, &a.err)) {
      a.ok = false;
      o = (struct drive_outcome){.missing = 0};
    }
    a.missing = o.missing;
    a.result = o.result;
    a.judged = o.judged;
    a.argv = o.argv.n;
    a.files = o.files.n;
    a.output = o.output.n;
    bool told = write_whole(to, &a, sizeof a) && write_whole(to, o.argv.p, o.argv.n) &&
                write_whole(to, o.files.p, o.files.n) && write_whole(to, o.output.p, o.output.n);
    arena_free(&arena);
    if (!told)
      break;
  }
  child_end(&d.server);
  vcca_golden_close(golden);
  folder_remove(folder);
  _exit(0);
}

/* --- The command ------------------------------------------------------------------------------------------ */

/* The names a slip of the pen could have meant are few: they are listed. */
static bool check_command(const struct vcca_drive *drive, struct vcca_error *err)
{
  const char *const *command = drive->command;
  size_t start = start_words(command), from;
  vcca_span name;
  if (!command[0])
    return vcca_fail(err, VCCA_FAULT_USAGE, "no command");
  if (drive->serve && (!command[start] || start == 0))
    return vcca_fail(
        err, VCCA_FAULT_USAGE,
        "--serve wants a second -- between the words that start the verifier and those of a case: -- %.100s -- @@",
        command[0]);
  bool token = false;
  for (size_t i = 0; command[i]; i++) {
    if (!words_placeholder(command[i], &from, &name))
      continue;
    const struct placeholder *place = placeholder_named(name);
    if (!place)
      return vcca_fail(err, VCCA_FAULT_USAGE, "no placeholder @%.*s@; they are listed by --help",
                       (int)(name.n < 40 ? name.n : 40), (const char *)name.p);
    if (drive->serve && i < start)
      return vcca_fail(err, VCCA_FAULT_USAGE, "@%s@ is of a case: with --serve it stands behind the second --",
                       place->name);
    token = token || place->part == PART_TOKEN;
  }
  return token ||
         vcca_fail(err, VCCA_FAULT_USAGE,
                   "the command has no @@, so the verifier would never see a token: -- %.100s ... @@", command[0]);
}

/* --- The pool --------------------------------------------------------------------------------------------- */

static bool start_worker(struct vcca_drive_pool *pool, size_t i, struct vcca_error *err)
{
  int orders[2], answers[2];
  char folder[VCCA_PATH_MAX];
  int n = snprintf(folder, sizeof folder, "%s/%zu", pool->folder, i);
  if (n < 0 || (size_t)n >= sizeof folder || mkdir(folder, 0700) != 0)
    return vcca_fail(err, VCCA_FAULT_IO, "cannot make a folder in %.200s: %s", pool->folder, strerror(errno));
  if (pipe(orders) != 0)
    return vcca_fail(err, VCCA_FAULT_IO, "no pipe for a worker: %s", strerror(errno));
  if (pipe(answers) != 0) {
    close(orders[0]);
    close(orders[1]);
    return vcca_fail(err, VCCA_FAULT_IO, "no pipe for a worker: %s", strerror(errno));
  }
  const int ends[] = {orders[0], orders[1], answers[0], answers[1]};
  for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++)
    (void)fcntl(ends[k], F_SETFD, FD_CLOEXEC);
  pid_t pid = fork();
  if (pid == 0) {
    for (size_t k = 0; k < i; k++) {
      close(pool->worker[k].to);
      close(pool->worker[k].from);
    }
    close(orders[1]);
    close(answers[0]);
    work(pool, folder, orders[0], answers[1]);
  }
  close(orders[0]);
  close(answers[1]);
  pool->worker[i] = (struct worker){pid, orders[1], answers[0], IDLE};
  pool->workers = i + 1;
  return pid > 0 || vcca_fail(err, VCCA_FAULT_IO, "cannot start a worker: %s", strerror(errno));
}

static bool make_folder(struct vcca_drive_pool *pool, struct vcca_error *err)
{
  const char *temp = vcca_temp_folder();
  int n = snprintf(pool->folder, sizeof pool->folder, "%s/vcca-golden-XXXXXX", temp ? temp : "/tmp");
  return (n > 0 && (size_t)n < sizeof pool->folder && mkdtemp(pool->folder)) ||
         vcca_fail(err, VCCA_FAULT_IO, "cannot make a folder in %.200s (TMPDIR, else /tmp): %s", temp ? temp : "/tmp",
                   strerror(errno));
}

vcca_drive_pool *vcca_drive_open(const struct vcca_drive *drive, struct vcca_error *err)
{
  if (!check_command(drive, err))
    return NULL;
  size_t jobs = drive->jobs ? drive->jobs : 1;
  struct vcca_drive_pool *pool = calloc(1, sizeof *pool + jobs * sizeof pool->worker[0]);
  if (!pool) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for workers");
    return NULL;
  }
  pool->drive = drive;
  if (!make_folder(pool, err)) {
    free(pool);
    return NULL;
  }
  pool->keep = drive->keep ? drive->keep : drive->keep_all ? pool->folder : NULL;
  fflush(NULL); /* what is not written yet is not for the workers to write */
  for (size_t i = 0; i < jobs; i++)
    if (!start_worker(pool, i, err)) {
      vcca_drive_close(pool);
      return NULL;
    }
  return pool;
}

void vcca_drive_close(vcca_drive_pool *pool)
{
  if (!pool)
    return;
  for (size_t i = 0; i < pool->workers; i++) {
    if (pool->worker[i].busy != IDLE && pool->worker[i].pid > 0)
      (void)kill(pool->worker[i].pid, SIGTERM);
    close(pool->worker[i].to);
    close(pool->worker[i].from);
  }
  for (size_t i = 0; i < pool->workers; i++)
    while (pool->worker[i].pid > 0 && waitpid(pool->worker[i].pid, NULL, 0) < 0 && errno == EINTR)
      ;
  char folder[VCCA_PATH_MAX + 24];
  for (size_t i = 0; i < pool->workers; i++) {
    snprintf(folder, sizeof folder, "%s/%zu", pool->folder, i);
    folder_remove(folder);
  }
  if (pool->keep != pool->folder || !pool->whole)
    folder_remove(pool->folder);
  else
    (void)rmdir(pool->folder); /* nothing was kept */
  free(pool);
}

const char *vcca_drive_kept(const vcca_drive_pool *pool)
{
  return pool->keep;
}

/* --- A run ------------------------------------------------------------------------------------------------ */

/* What has come back; the bytes are one allocation. */
struct done {
  bool there;
  struct answer answer;
  uint8_t *bytes;
};
struct batch {
  struct vcca_drive_pool *pool;
  const struct vcca_drive_case *cases;
  size_t n, handed, reported;
  struct done *done;
  vcca_drive_each each;
  void *ctx;
};

static bool hand_out(struct batch *b, struct worker *w, struct vcca_error *err)
{
  const struct vcca_drive_case *c = &b->cases[b->handed];
  struct order order = {.family = (int)c->family, .mutation = IDLE};
  for (size_t i = 0; c->mutation && i < vcca_mutation_count(); i++)
    if (vcca_mutation_at(i) == c->mutation)
      order.mutation = (long)i;
  w->busy = (long)b->handed++;
  return write_whole(w->to, &order, sizeof order) || vcca_fail(err, VCCA_FAULT_IO, "a worker ended");
}

static bool take_back(struct batch *b, struct worker *w, struct vcca_error *err)
{
  struct done *done = &b->done[w->busy];
  if (!read_whole(w->from, &done->answer, sizeof done->answer)) {
    w->busy = IDLE;
    return vcca_fail(err, VCCA_FAULT_IO, "a worker ended");
  }
  size_t size = done->answer.argv + done->answer.files + done->answer.output;
  done->bytes = malloc(size ? size : 1);
  if (!done->bytes)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a verifier's output");
  if (!read_whole(w->from, done->bytes, size))
    return vcca_fail(err, VCCA_FAULT_IO, "a worker ended");
  done->there = true;
  w->busy = IDLE;
  return true;
}

static bool report(struct batch *b, struct vcca_error *err)
{
  for (; b->reported < b->n && b->done[b->reported].there; b->reported++) {
    struct done *done = &b->done[b->reported];
    const struct answer *a = &done->answer;
    char missing[256];
    if (!a->ok) {
      if (err)
        *err = a->err;
      return false;
    }
    parts_text(a->missing, missing, sizeof missing);
    const struct vcca_drive_report r = {.which = b->cases[b->reported],
                                        .result = a->result,
                                        .judged = a->judged,
                                        .missing = missing,
                                        .argv = vcca_span_of(done->bytes, a->argv),
                                        .files = vcca_span_of(done->bytes + a->argv, a->files),
                                        .output = vcca_span_of(done->bytes + a->argv + a->files, a->output)};
    bool more = b->each(b->ctx, &r);
    free(done->bytes);
    done->bytes = NULL;
    if (!more) { /* as it was asked to end: what is kept stays */
      b->pool->whole = !(b->pool->drive->stop && *b->pool->drive->stop);
      return vcca_fail(err, VCCA_FAULT_IO, "stopped");
    }
  }
  return true;
}

static bool run(struct batch *b, struct pollfd *polls, struct vcca_error *err)
{
  struct vcca_drive_pool *pool = b->pool;
  const volatile sig_atomic_t *stop = pool->drive->stop;
  while (b->reported < b->n) {
    for (size_t i = 0; i < pool->workers && b->handed < b->n; i++)
      if (pool->worker[i].busy == IDLE && !hand_out(b, &pool->worker[i], err))
        return false;
    for (size_t i = 0; i < pool->workers; i++)
      polls[i] = (struct pollfd){.fd = pool->worker[i].busy == IDLE ? -1 : pool->worker[i].from, .events = POLLIN};
    int ready = poll(polls, pool->workers, TICK);
    if (stop && *stop)
      return vcca_fail(err, VCCA_FAULT_IO, "interrupted");
    for (size_t i = 0; ready > 0 && i < pool->workers; i++)
      if ((polls[i].revents & (POLLIN | POLLHUP | POLLERR)) && !take_back(b, &pool->worker[i], err))
        return false;
    if (!report(b, err))
      return false;
  }
  return true;
}

bool vcca_drive_run(vcca_drive_pool *pool, const struct vcca_drive_case *cases, size_t n, vcca_drive_each each,
                    void *ctx, struct vcca_error *err)
{
  struct batch b = {.pool = pool, .cases = cases, .n = n, .each = each, .ctx = ctx};
  struct pollfd *polls = calloc(pool->workers, sizeof *polls);
  b.done = calloc(n ? n : 1, sizeof *b.done);
  pool->whole = false;
  bool ok = polls && b.done ? run(&b, polls, err) : vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the cases");
  for (size_t i = 0; b.done && i < n; i++)
    free(b.done[i].bytes);
  free(b.done);
  free(polls);
  pool->whole = pool->whole || ok;
  return ok;
}
