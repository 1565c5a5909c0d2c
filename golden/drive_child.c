/* A verifier as a child process: in a process group of its own, with bounded output and a time limit, and
 * ended with all that it started.
 *
 * There is no clock here: a timer raises a flag, which whoever waits looks at every now and then.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "golden/drive.h"
#include "rooms/error.h"

enum { TICK = 20, QUICK = 1 }; /* milliseconds */

/* One worker has one child at a time: what handlers must know of them. */
static volatile sig_atomic_t late, group;
static int life_pipe = -1;

static void on_alarm(int number)
{
  (void)number;
  late = 1;
}

static void end_group(void)
{
  if (group > 0)
    (void)kill(-(pid_t)group, SIGKILL);
  group = 0;
}

/* Waiting leaves no dead child to a container in which nobody waits. */
static void on_end(int number)
{
  pid_t child = (pid_t)group;
  end_group();
  if (child > 0)
    (void)waitpid(child, NULL, 0);
  _exit(128 + number);
}

void child_watch(int life)
{
  static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
  struct sigaction end = {.sa_handler = on_end}, timer = {.sa_handler = on_alarm}, ignore = {.sa_handler = SIG_IGN};
  life_pipe = life;
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
    sigaction(ends[i], &end, NULL);
  sigaction(SIGALRM, &timer, NULL);
  sigaction(SIGPIPE, &ignore, NULL);
}

void child_limit(unsigned seconds)
{
  alarm(0);
  late = 0;
  alarm(seconds);
}

/* --- Starting ---------------------------------------------------------------------------------------------- */

static bool pipe_closed_on_exec(int ends[2])
{
  if (pipe(ends) != 0)
    return false;
  return fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 && fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
}

/* What the shell would have given it: no signal is ignored or held back. */
static void as_from_a_shell(void)
{
  static const int numbers[] = {SIGHUP, SIGINT,  SIGQUIT, SIGTERM, SIGPIPE, SIGALRM,
                                SIGBUS, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ};
  struct sigaction normal = {.sa_handler = SIG_DFL};
  sigset_t none;
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    sigaction(numbers[i], &normal, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become(const char *const *argv, int in, int out, int why)
{
  char *words[WORDS_MAX + 1];
  memcpy(words, argv, sizeof words); /* execvp() wants them so, and leaves them as they are */
  (void)setpgid(0, 0);
  as_from_a_shell();
  int from = in >= 0 ? in : open("/dev/null", O_RDONLY);
  if (from >= 0 && dup2(from, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 && dup2(out, STDERR_FILENO) >= 0)
    execvp(words[0], words);
  int error = errno;
  ssize_t told = write(why, &error, sizeof error);
  (void)told;
  _exit(127);
}

/* Whoever ends this process must know the child's group: no signal comes in between. */
static pid_t fork_group(const char *const *argv, int in, int out, int why)
{
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  pid_t pid = fork();
  int error = errno;
  if (pid == 0)
    become(argv, in, out, why);
  if (pid > 0) {
    (void)setpgid(pid, pid);
    group = pid;
  }
  sigprocmask(SIG_SETMASK, &before, NULL);
  errno = error;
  return pid;
}

static void close_all(const int *ends, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (ends[i] >= 0)
      close(ends[i]);
}

bool child_start(struct drive_child *child, const char *const *argv, bool with_input, struct vcca_error *err)
{
  enum { OUT, OUT_TO, IN, IN_TO, WHY, WHY_TO, ENDS };
  int ends[ENDS] = {-1, -1, -1, -1, -1, -1}, error = 0;
  *child = (struct drive_child){.from = -1, .to = -1};
  if (!pipe_closed_on_exec(ends + OUT) || !pipe_closed_on_exec(ends + WHY) ||
      (with_input && !pipe_closed_on_exec(ends + IN))) {
    close_all(ends, ENDS);
    return vcca_fail(err, VCCA_FAULT_IO, "no pipe for the verifier: %s", strerror(errno));
  }
  pid_t pid = fork_group(argv, ends[IN], ends[OUT_TO], ends[WHY_TO]);
  if (pid < 0) {
    vcca_fail(err, VCCA_FAULT_IO, "the verifier cannot be started: %s", strerror(errno));
    close_all(ends, ENDS);
    return false;
  }
  close_all((const int[]){ends[OUT_TO], ends[IN], ends[WHY_TO]}, 3);
  ssize_t told = 0;
  do
    told = read(ends[WHY], &error, sizeof error);
  while (told < 0 && errno == EINTR && !late);
  close(ends[WHY]);
  *child = (struct drive_child){.pid = pid, .from = ends[OUT], .to = ends[IN_TO]};
  if (told == (ssize_t)sizeof error) {
    child_end(child);
    return vcca_fail(err, VCCA_FAULT_USAGE, "the verifier cannot be started: %.200s: %s", argv[0], strerror(error));
  }
  return true;
}

/* --- Waiting ----------------------------------------------------------------------------------------------- */

/* Reads what is there: 1 something, 0 nothing now, -1 the end. */
static int take(int from, vcca_sink *out)
{
  uint8_t buffer[4096];
  struct pollfd p = {.fd = from, .events = POLLIN};
  if (poll(&p, 1, 0) <= 0)
    return 0;
  ssize_t n = read(from, buffer, sizeof buffer);
  if (n < 0)
    return errno == EINTR ? 0 : -1;
  if (n > 0 && out->n < out->cap)
    vcca_sink_put(out, vcca_span_of(buffer, out->cap - out->n < (size_t)n ? out->cap - out->n : (size_t)n));
  return n > 0 ? 1 : -1;
}

/* Waits a little for output, room for input, or the end of whoever asked. */
static void rest(const struct drive_child *child, bool output, bool room, int milliseconds)
{
  struct pollfd p[] = {{.fd = life_pipe, .events = 0},
                       {.fd = output ? child->from : -1, .events = POLLIN},
                       {.fd = room ? child->to : -1, .events = POLLOUT}};
  (void)poll(p, sizeof p / sizeof p[0], milliseconds);
  if (p[0].revents & (POLLHUP | POLLERR))
    on_end(SIGHUP);
}

static bool has_ended(struct drive_child *child)
{
  pid_t got = waitpid(child->pid, &child->status, WNOHANG);
  return got == child->pid || (got < 0 && errno == ECHILD);
}

enum child_event child_wait(struct drive_child *child, vcca_sink *out)
{
  bool open = true;
  for (;;) {
    int got = open ? take(child->from, out) : 0;
    if (got > 0)
      return late ? CHILD_LATE : CHILD_OUTPUT;
    open = open && got == 0;
    if (has_ended(child)) {
      for (int more = 0; open && more < 4096 && take(child->from, out) > 0;
           more++) /* of those it started, as much as is there */
        ;
      child->pid = 0;
      return CHILD_ENDED;
    }
    if (late)
      return CHILD_LATE;
    rest(child, open, false, open ? TICK : QUICK);
  }
}

bool child_send(struct drive_child *child, vcca_span bytes, vcca_sink *out)
{
  int flags = fcntl(child->to, F_GETFL);
  if (flags < 0 || fcntl(child->to, F_SETFL, flags | O_NONBLOCK) != 0)
    return false;
  while (bytes.n > 0) {
    ssize_t n = write(child->to, bytes.p, bytes.n);
    if (n > 0)
      bytes = vcca_span_of(bytes.p + n, bytes.n - (size_t)n);
    else if (late || (errno != EAGAIN && errno != EINTR))
      return false;
    else
      rest(child, true, true, TICK);
    (void)take(child->from, out);
  }
  return true;
}

void child_end(struct drive_child *child)
{
  end_group();
  if (child->pid > 0)
    while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
      ;
  close_all((const int[]){child->from, child->to}, 2);
  *child = (struct drive_child){.from = -1, .to = -1, .status = child->status};
}
