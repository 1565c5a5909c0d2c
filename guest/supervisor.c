/* The supervisor, in vcca's own process: a few threads that take stopped calls and answer them. A call
 * that is not about the drivers' files goes on. This is no protection from the program, which could change
 * a path between look and use; it would only deceive itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/supervisor.h"
#include "guest/supervisor_calls.h"
#include "rooms/error.h"
#include "rooms/guest.h"
#include "rooms/span.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS /* from Linux 6.6 on */
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1UL
#endif
#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND (1UL << 1)
#endif

const struct supervised *supervised_calls(size_t *count)
{
  static const struct supervised calls[] = {
      {SYS_openat, SUPERVISED_OPEN, 1, 2},      {SYS_openat2, SUPERVISED_OPEN_HOW, 1, 2},
      {SYS_newfstatat, SUPERVISED_STAT, 1, 2},  {SYS_statx, SUPERVISED_STATX, 1, 4},
      {SYS_faccessat, SUPERVISED_ACCESS, 1, 2}, {SYS_faccessat2, SUPERVISED_ACCESS, 1, 2},
      {SYS_ioctl, SUPERVISED_IOCTL, 0, 0},
#ifdef SYS_open
      {SYS_open, SUPERVISED_OPEN, 0, 1},        {SYS_stat, SUPERVISED_STAT, 0, 1},
      {SYS_lstat, SUPERVISED_STAT, 0, 1},       {SYS_access, SUPERVISED_ACCESS, 0, 1},
#endif
  };
  _Static_assert(sizeof calls / sizeof *calls <= SUPERVISED_MAX, "the filter has room for all");
  *count = sizeof calls / sizeof *calls;
  return calls;
}

/* More than one, since a monitor may be slow; all but one may wait for it. */
enum { THREADS = 16 };
struct supervisor {
  vcca_running *v;
  int listener, stop[2]; /* stop: a pipe, readable when all is to end */
  pthread_mutex_t next;  /* who takes the next call */
  pthread_t thread[THREADS];
  unsigned threads;
};

/* A call that is stopped. */
struct stopped {
  struct supervisor *s;
  struct seccomp_notif n;
};

/* --- The program's side --------------------------------------------------------------------------------- */

static uint64_t argument(const struct stopped *c, unsigned i)
{
  return c->n.data.args[i];
}

static pid_t program(const struct stopped *c)
{
  return (pid_t)c->n.pid;
}

/* Whether the call still waits: else its process's number may be another's now. */
static bool waits(const struct stopped *c)
{
  uint64_t id = c->n.id;
  return ioctl(c->s->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static size_t read_memory(void *ctx, uint64_t address, void *out, size_t n)
{
  const struct stopped *c = ctx;
  ssize_t got = driver_read_memory(program(c), address, out, n);
  return got > 0 && waits(c) ? (size_t)got : 0;
}

static size_t write_memory(void *ctx, uint64_t address, const void *bytes, size_t n)
{
  const struct stopped *c = ctx;
  ssize_t put = waits(c) ? driver_write_memory(program(c), address, bytes, n) : 0;
  return put > 0 ? (size_t)put : 0;
}

static bool ask(void *ctx, enum driver_node node, uint32_t number, const uint8_t *in, size_t n,
                struct driver_answer *out)
{
  const struct stopped *c = ctx;
  struct vcca_error err;
  return vcca_running_ioctl(c->s->v, node, number, vcca_span_of(in, n), out, &err);
}

/* The file of the guest that the path names; DRIVER_NODES: none, or no path can be read. */
static enum driver_node path_node(struct stopped *c, uint64_t address)
{
  char path[256];
  size_t n = read_memory(c, address, path, sizeof path - 1);
  path[n] = '\0';
  enum driver_node node = driver_node_at(path);
  return vcca_running_has(c->s->v, node) ? node : DRIVER_NODES;
}

/* The first thread of the process that a thread is of. */
static pid_t process_of(pid_t thread)
{
  char path[40], text[512];
  snprintf(path, sizeof path, "/proc/%d/status", (int)thread);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
  if (fd >= 0)
    close(fd);
  text[n > 0 ? n : 0] = '\0';
  const char *at = strstr(text, "\nTgid:");
  return at ? (pid_t)strtol(at + 6, NULL, 10) : thread;
}

/* Which device a descriptor of the program is of. */
static enum driver_node device_of(const struct stopped *c, int fd)
{
  int process = (int)syscall(SYS_pidfd_open, process_of(program(c)), 0),
      copy = process >= 0 ? (int)syscall(SYS_pidfd_getfd, process, fd, 0) : -1;
  enum driver_node node = copy >= 0 ? driver_device_of(copy) : DRIVER_NODES;
  if (copy >= 0)
    close(copy);
  if (process >= 0)
    close(process);
  return node;
}

/* --- Answers -------------------------------------------------------------------------------------------- */

/* A result, or an errno value, negative. */
static void answer(const struct stopped *c, int64_t result)
{
  struct seccomp_notif_resp response = {
      .id = c->n.id, .val = result < 0 ? 0 : result, .error = result < 0 ? (int32_t)result : 0};
  (void)ioctl(c->s->listener, SECCOMP_IOCTL_NOTIF_SEND, &response); /* fails when the program was killed */
}

static void go_on(const struct stopped *c)
{
  struct seccomp_notif_resp response = {.id = c->n.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
  (void)ioctl(c->s->listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

/* Gives the program a copy of fd, which is closed here. */
static void answer_fd(const struct stopped *c, int fd, int flags)
{
  struct seccomp_notif_addfd add = {.id = c->n.id,
                                    .flags = SECCOMP_ADDFD_FLAG_SEND,
                                    .srcfd = (uint32_t)fd,
                                    .newfd_flags = (uint32_t)(flags & O_CLOEXEC)};
  if (fd < 0) {
    answer(c, -errno);
    return;
  }
  int given = ioctl(c->s->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add), why = errno;
  if (given < 0 && why == EINVAL) { /* before Linux 5.14 */
    add.flags = 0;
    given = ioctl(c->s->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
    answer(c, given < 0 ? -errno : given);
  } else if (given < 0) {
    answer(c, -why);
  }
  close(fd);
}

static void answer_open(const struct stopped *c, enum driver_node node, int flags)
{
  vcca_span file = vcca_running_file(c->s->v, node);
  int refusal = driver_open_refusal(node, flags);
  if (refusal != 0)
    answer(c, -refusal);
  else
    answer_fd(c, driver_is_device(node) ? driver_open_device(node, flags) : driver_open_bytes(file.p, file.n, flags),
              flags);
}

static void answer_stat(struct stopped *c, const struct supervised *call, enum driver_node node)
{
  struct stat st;
  struct statx stx;
  driver_stat(node, vcca_running_file(c->s->v, node).n, &st);
  driver_statx(&st, &stx);
  bool extended = call->kind == SUPERVISED_STATX;
  size_t size = extended ? sizeof stx : sizeof st;
  bool written =
      write_memory(c, argument(c, call->other), extended ? (const void *)&stx : (const void *)&st, size) == size;
  answer(c, written ? 0 : -EFAULT);
}

static void answer_ioctl(struct stopped *c)
{
  const struct driver_program p = {.read = read_memory, .write = write_memory, .ask = ask, .ctx = c};
  enum driver_node node = device_of(c, (int)argument(c, 0));
  uint32_t number = (uint32_t)argument(c, 1);
  if (node == DRIVER_NODES || driver_call_numbered(node, number) == DRIVER_CALLS)
    go_on(c);
  else
    answer(c, driver_ioctl(&p, node, number, argument(c, 2)));
}

static void answer_path(struct stopped *c, const struct supervised *call)
{
  enum driver_node node = path_node(c, argument(c, call->path));
  struct open_how how = {0};
  if (node == DRIVER_NODES)
    go_on(c);
  else if (call->kind == SUPERVISED_OPEN)
    answer_open(c, node, (int)argument(c, call->other));
  else if (call->kind == SUPERVISED_ACCESS)
    answer(c, argument(c, call->other) & X_OK ? -EACCES : 0);
  else if (call->kind != SUPERVISED_OPEN_HOW)
    answer_stat(c, call, node);
  else if (read_memory(c, argument(c, call->other), &how, sizeof how.flags) != sizeof how.flags)
    answer(c, -EFAULT);
  else
    answer_open(c, node, (int)how.flags);
}

static void answer_call(struct stopped *c)
{
  size_t count, i = 0;
  const struct supervised *calls = supervised_calls(&count);
  while (i < count && calls[i].number != c->n.data.nr)
    i++;
  if (i == count)
    go_on(c);
  else if (calls[i].kind == SUPERVISED_IOCTL)
    answer_ioctl(c);
  else
    answer_path(c, &calls[i]);
}

/* --- Life ----------------------------------------------------------------------------------------------- */

/* Waits for a stopped call. False: there will be no more, or all is to end. */
static bool next_call(struct supervisor *s, struct stopped *c)
{
  struct pollfd polled[] = {{.fd = s->listener, .events = POLLIN}, {.fd = s->stop[0], .events = POLLIN}};
  bool got = false, more = true;
  pthread_mutex_lock(&s->next);
  while (!got && more) {
    int n = poll(polled, 2, -1);
    more = (n > 0 || (n < 0 && errno == EINTR)) && (n < 0 || (polled[1].revents == 0 && (polled[0].revents & POLLIN)));
    *c = (struct stopped){.s = s};
    got = more && n > 0 && ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, &c->n) == 0;
  }
  pthread_mutex_unlock(&s->next);
  return got;
}

static void *serve(void *arg)
{
  struct supervisor *s = arg;
  struct stopped c;
  while (next_call(s, &c))
    answer_call(&c);
  return NULL;
}

struct supervisor *supervisor_start(vcca_running *v, int listener, struct vcca_error *err)
{
  struct supervisor *s = calloc(1, sizeof *s);
  if (!s || pthread_mutex_init(&s->next, NULL) != 0) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a supervisor");
    close(listener);
    free(s);
    return NULL;
  }
  *s = (struct supervisor){.v = v, .listener = listener, .stop = {-1, -1}, .next = s->next};
  bool ok = pipe2(s->stop, O_CLOEXEC) == 0;
  /* whoever waits is woken on the same CPU, which is faster; older kernels do not know it */
  (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
  while (ok && s->threads < THREADS && pthread_create(&s->thread[s->threads], NULL, serve, s) == 0)
    s->threads++;
  if (s->threads == THREADS)
    return s;
  vcca_fail(err, VCCA_FAULT_MEMORY, "no threads for a supervisor");
  supervisor_stop(s);
  return NULL;
}

void supervisor_stop(struct supervisor *s)
{
  if (!s)
    return;
  if (s->stop[1] >= 0)
    close(s->stop[1]); /* the other end hangs up */
  for (unsigned i = 0; i < s->threads; i++)
    pthread_join(s->thread[i], NULL);
  if (s->stop[0] >= 0)
    close(s->stop[0]);
  close(s->listener);
  pthread_mutex_destroy(&s->next);
  free(s);
}
