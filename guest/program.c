/* A program that is started in a namespace of its own, in which it finds what guests find. The process is
 * made before any thread is, since one with threads cannot enter a user namespace; it waits until all is
 * served.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/namespace.h"
#include "guest/program_devices.h"
#include "guest/supervisor.h"
#include "guest/tsm_fuse.h"
#include "rooms/error.h"
#include "rooms/guest.h"

struct vcca_program {
  pid_t pid;
  int link; /* to the child: its mount comes this way, and the word to go goes that way */
  struct tsm_mount *tsm;
  struct supervisor *supervisor;
};

/* --- The link ------------------------------------------------------------------------------------------- */

/* The word to go, with or without devices. */
enum { GO_DEVICES = 'd', GO_PLAIN = 'p' };
/* What the child reports, with a descriptor beside it: that its reports are mounted, and then how it
 * reaches devices. */
struct report {
  bool ok;
  char why[400];
};

static bool send_report(int link, const struct report *report, int beside)
{
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
  } control = {.room = {0}};
  struct report copy = *report;
  struct iovec bytes = {.iov_base = &copy, .iov_len = sizeof copy};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
  if (beside >= 0) {
    message.msg_control = control.room;
    message.msg_controllen = sizeof control.room;
    control.header =
        (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof beside)};
    memcpy(CMSG_DATA(&control.header), &beside, sizeof beside);
  }
  return sendmsg(link, &message, MSG_NOSIGNAL) == (ssize_t)sizeof copy;
}

static bool receive_report(int link, struct report *report, int *beside)
{
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
  } control = {.room = {0}};
  struct iovec bytes = {.iov_base = report, .iov_len = sizeof *report};
  struct msghdr message = {
      .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
  ssize_t n;
  do
    n = recvmsg(link, &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  *beside = -1;
  const struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
  if (header && header->cmsg_type == SCM_RIGHTS)
    memcpy(beside, CMSG_DATA(&control.header), sizeof *beside);
  return n == (ssize_t)sizeof *report;
}

/* --- The child ------------------------------------------------------------------------------------------ */

enum { NOT_FOUND = 127, NOT_STARTED = 126 };

/* Mounts the reports, and returns when the VM runs. */
static bool await_vm(int link, bool *devices)
{
  struct vcca_error err = {0};
  struct report report = {0};
  char go;
  int fuse = -1;
  report.ok = namespace_enter(&err) && namespace_mount_tsm(&fuse, &err);
  snprintf(report.why, sizeof report.why, "%s", err.text);
  bool told = send_report(link, &report, fuse);
  if (fuse >= 0)
    close(fuse);
  if (!told || recv(link, &go, 1, 0) != 1)
    return false;
  *devices = go == GO_DEVICES;
  return true;
}

static bool reach_devices(int link, enum vcca_program_devices way, const char *command)
{
  struct vcca_error err = {0};
  struct report report = {0};
  char go;
  int listener;
  report.ok = program_devices(way, command, &listener, &err);
  snprintf(report.why, sizeof report.why, "%s", err.text);
  bool told = send_report(link, &report, listener);
  if (listener >= 0)
    close(listener);
  return told && recv(link, &go, 1, 0) == 1;
}

static void run_child(int link, const char *const *command, enum vcca_program_devices way)
{
  struct vcca_error err = {0};
  sigset_t none;
  bool devices;
  if (!await_vm(link, &devices) || (devices && !reach_devices(link, way, command[0])))
    _exit(NOT_STARTED);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  char **argv = NULL;
  size_t n = 0;
  while (command[n])
    n++;
  argv = calloc(n + 1, sizeof *argv);
  for (size_t i = 0; argv && i < n; i++)
    argv[i] = strdup(command[i]);
  if (argv && argv[0])
    execvp(argv[0], argv);
  int why = errno;
  vcca_fail(&err, VCCA_FAULT_IO, "vcca exec: %s: %s\n", command[0], strerror(why));
  ssize_t written = write(STDERR_FILENO, err.text, strlen(err.text));
  (void)written;
  _exit(why == ENOENT ? NOT_FOUND : NOT_STARTED);
}

/* --- The parent ----------------------------------------------------------------------------------------- */

vcca_program *vcca_program_new(const char *const *command, enum vcca_program_devices devices, struct vcca_error *err)
{
  int link[2];
  vcca_program *p = calloc(1, sizeof *p);
  if (!p || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link) != 0) {
    vcca_fail(err, VCCA_FAULT_IO, "no socket for a new process: %s", strerror(errno));
    free(p);
    return NULL;
  }
  p->link = link[0];
  p->pid = fork();
  if (p->pid == 0) {
    close(link[0]);
    run_child(link[1], command, devices);
  }
  close(link[1]);
  if (p->pid > 0)
    return p;
  vcca_fail(err, VCCA_FAULT_IO, "no new process: %s", strerror(errno));
  close(link[0]);
  free(p);
  return NULL;
}

static bool serve_tsm(vcca_program *p, vcca_running *v, int fuse, struct vcca_error *err)
{
  char where[40];
  snprintf(where, sizeof where, "/dev/fd/%d", fuse);
  p->tsm = tsm_fuse_serve(v, where, true, 0, 0, err);
  return p->tsm != NULL;
}

static bool go(const vcca_program *p, char word, struct vcca_error *err)
{
  return send(p->link, &word, 1, MSG_NOSIGNAL) == 1 ||
         vcca_fail(err, VCCA_FAULT_IO, "the new process ended before its program was started");
}

/* Asks the child for its way to devices, and serves it. */
static bool serve_devices(vcca_program *p, vcca_running *v, struct vcca_error *err)
{
  struct report report;
  int listener;
  if (!go(p, GO_DEVICES, err))
    return false;
  if (!receive_report(p->link, &report, &listener))
    return vcca_fail(err, VCCA_FAULT_IO, "the new process ended before its program was started");
  if (!report.ok)
    return vcca_fail(err, VCCA_FAULT_IO, "%.390s", report.why);
  if (listener >= 0)
    p->supervisor = supervisor_start(v, listener, err);
  return listener < 0 || p->supervisor != NULL;
}

bool vcca_program_start(vcca_program *p, vcca_running *v, struct vcca_error *err)
{
  struct report report;
  int fuse;
  bool cvm = vcca_running_abi(v) == VCCA_ABI_TMI;
  if (!receive_report(p->link, &report, &fuse))
    return vcca_fail(err, VCCA_FAULT_IO, "the new process ended before its program was started");
  bool ok = report.ok ? serve_tsm(p, v, fuse, err) : vcca_fail(err, VCCA_FAULT_IO, "%.390s", report.why);
  return (ok || cvm) && (!cvm || serve_devices(p, v, err)) && go(p, GO_PLAIN, err);
}

pid_t vcca_program_pid(const vcca_program *p)
{
  return p->pid;
}

bool vcca_program_ended(vcca_program *p, int *code)
{
  int status;
  if (p->pid <= 0 || waitpid(p->pid, &status, WNOHANG) != p->pid)
    return false;
  p->pid = 0;
  *code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return true;
}

void vcca_program_free(vcca_program *p)
{
  if (!p)
    return;
  close(p->link); /* a child that waits for the word to go ends */
  if (p->pid > 0)
    waitpid(p->pid, NULL, 0);
  tsm_fuse_stop(p->tsm);
  supervisor_stop(p->supervisor);
  free(p);
}
