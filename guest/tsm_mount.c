/* configfs-tsm at a folder of the user's choice. A process of its own watches over the mount: when the one
 * that serves it is killed, it unmounts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/namespace.h"
#include "guest/tsm_fuse.h"
#include "rooms/error.h"
#include "rooms/guest.h"

struct vcca_tsm {
  struct tsm_mount *mount;
  pid_t watcher;
  int alive; /* the watcher's pipe: a byte ends it, our end lets it unmount */
};

/* --- The watcher: after fork in a process with threads, so only what is safe in a signal handler -------- */

static void keep_only(int fd)
{
  int null = open("/dev/null", O_RDWR);
  for (int stream = 0; stream <= 2; stream++)
    dup2(null, stream);
  dup2(fd, 3);
  if (close_range(4, ~0U, 0) != 0)
    for (int other = 4; other < 65536; other++)
      close(other);
}

/* A dead mount, and nothing that somebody else put there since. It is opened, since the kernel may still
 * know what stat() asks. */
static bool is_dead(const char *folder)
{
  int fd;
  do
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  while (fd < 0 && (errno == ECONNABORTED || errno == EINTR));
  bool dead = fd < 0 && errno == ENOTCONN;
  if (fd >= 0)
    close(fd);
  return dead;
}

static void watch(int alive, const char *folder)
{
  sigset_t all;
  char byte;
  setsid();
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  keep_only(alive);
  ssize_t n;
  do
    n = read(3, &byte, 1);
  while (n < 0 && errno == EINTR);
  if (n == 0 && is_dead(folder) && umount2(folder, MNT_DETACH) != 0)
    execlp("fusermount3", "fusermount3", "-u", "-z", "-q", "--", folder, (char *)NULL);
  _exit(0);
}

static bool start_watcher(vcca_tsm *t, const char *folder, struct vcca_error *err)
{
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return vcca_fail(err, VCCA_FAULT_IO, "no pipe: %s", strerror(errno));
  t->watcher = fork();
  if (t->watcher == 0) {
    close(ends[1]);
    watch(ends[0], folder);
  }
  close(ends[0]);
  t->alive = ends[1];
  return t->watcher > 0 || vcca_fail(err, VCCA_FAULT_IO, "no new process: %s", strerror(errno));
}

/* --- The mount ------------------------------------------------------------------------------------------ */

static bool check_folder(const char *folder, char path[PATH_MAX], struct vcca_error *err)
{
  struct stat st;
  if (is_dead(folder))
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s has a mount whose server is gone: umount %s (fusermount3 -u %s)",
                     folder, folder, folder);
  if (!realpath(folder, path) || stat(path, &st) != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s: %s", folder, strerror(errno));
  return S_ISDIR(st.st_mode) || vcca_fail(err, VCCA_FAULT_USAGE, "%s is no folder", folder);
}

vcca_tsm *vcca_tsm_mount(vcca_running *v, const char *folder, struct vcca_error *err)
{
  char path[PATH_MAX];
  if (!check_folder(folder, path, err) || !namespace_has_fuse(err))
    return NULL;
  vcca_tsm *t = calloc(1, sizeof *t);
  if (!t) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the file system");
    return NULL;
  }
  t->alive = -1;
  if (start_watcher(t, path, err))
    t->mount = tsm_fuse_serve(v, path, geteuid() == 0, geteuid(), getegid(), err);
  if (t->mount)
    return t;
  vcca_tsm_unmount(t);
  return NULL;
}

void vcca_tsm_unmount(vcca_tsm *t)
{
  if (!t)
    return;
  tsm_fuse_stop(t->mount);
  if (t->watcher > 0) {
    ssize_t written = write(t->alive, "", 1);
    (void)written;
    waitpid(t->watcher, NULL, 0);
  }
  if (t->alive >= 0)
    close(t->alive);
  free(t);
}
