/* The child's side of `vcca exec`: namespaces and mounts. The host's own mounts stay as they are, and all
 * of this is gone when the last process in the namespace is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/namespace.h"
#include "rooms/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COVER_FLAGS = MS_NOSUID | MS_NODEV | MS_NOEXEC };

static bool fail_errno(struct vcca_error *err, const char *what, const char *path)
{
  return vcca_fail(err, VCCA_FAULT_IO, "%s %s: %s", what, path, strerror(errno));
}

bool namespace_has_fuse(struct vcca_error *err)
{
  if (access("/dev/fuse", F_OK) != 0)
    return vcca_fail(
        err, VCCA_FAULT_IO,
        "there is no /dev/fuse: load FUSE (modprobe fuse), in a container start it with --device /dev/fuse");
  if (access("/dev/fuse", R_OK | W_OK) != 0)
    return vcca_fail(err, VCCA_FAULT_IO,
                     "/dev/fuse may not be opened: %s; its mode is usually 0666 (chmod 0666 /dev/fuse), or run as root",
                     strerror(errno));
  return true;
}

/* --- Entering ------------------------------------------------------------------------------------------- */

static bool write_file(const char *path, const char *text)
{
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  ssize_t n = (ssize_t)strlen(text);
  bool ok = fd >= 0 && write(fd, text, (size_t)n) == n;
  if (fd >= 0)
    close(fd);
  return ok;
}

/* The user is root in the namespace, as guest software is in its VM. */
static bool map_user(uid_t uid, gid_t gid, struct vcca_error *err)
{
  char uids[40], gids[40];
  snprintf(uids, sizeof uids, "0 %u 1\n", (unsigned)uid);
  snprintf(gids, sizeof gids, "0 %u 1\n", (unsigned)gid);
  (void)write_file("/proc/self/setgroups", "deny"); /* kernels before 3.19 have none */
  return (write_file("/proc/self/uid_map", uids) && write_file("/proc/self/gid_map", gids)) ||
         fail_errno(err, "the user cannot be mapped", "");
}

bool namespace_enter(struct vcca_error *err)
{
  uid_t uid = geteuid();
  gid_t gid = getegid();
  if (uid != 0 || unshare(CLONE_NEWNS) != 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
      return vcca_fail(
          err, VCCA_FAULT_IO,
          "no mount namespace: %s; run as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
          "kernel.apparmor_restrict_unprivileged_userns=0), in a container start it with --cap-add SYS_ADMIN",
          strerror(errno));
    if (!map_user(uid, gid, err))
      return false;
  }
  return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ||
         fail_errno(err, "mounts cannot be made private below", "/");
}

/* --- A folder in which there may be more ---------------------------------------------------------------- */

/* Shows an entry of the covered folder (covered/name) again, at folder/name. */
static void show_again(int covered, const char *folder, const char *name)
{
  char from[PATH_MAX], to[PATH_MAX], target[PATH_MAX];
  struct stat st;
  int n = snprintf(to, sizeof to, "%s/%s", folder, name),
      m = snprintf(from, sizeof from, "/proc/self/fd/%d/%s", covered, name);
  if (n >= (int)sizeof to || m >= (int)sizeof from || fstatat(covered, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
    return;
  if (S_ISLNK(st.st_mode)) {
    ssize_t length = readlinkat(covered, name, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    if (length > 0 && symlink(target, to) != 0)
      return;
    return;
  }
  bool made = S_ISDIR(st.st_mode) ? mkdir(to, 0755) == 0 : mknod(to, S_IFREG | 0444, 0) == 0;
  if (made && mount(from, to, NULL, MS_BIND | MS_REC, NULL) != 0) /* what cannot be shown is not there */
    (void)(S_ISDIR(st.st_mode) ? rmdir(to) : unlink(to));
}

/* Covers a folder with an empty one that may be written; with its entries again, when they are wanted. */
static bool cover(const char *folder, bool again, struct vcca_error *err)
{
  int covered = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = again ? opendir(folder) : NULL;
  bool ok = covered >= 0 && (!again || entries) && mount("vcca", folder, "tmpfs", COVER_FLAGS, "mode=0755") == 0;
  if (!ok)
    fail_errno(err, "no file system can be mounted on", folder);
  for (const struct dirent *e; ok && entries && (e = readdir(entries)) != NULL;)
    if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
      show_again(covered, folder, e->d_name);
  if (entries)
    closedir(entries);
  if (covered >= 0)
    close(covered);
  return ok;
}

static bool is_folder(const char *path)
{
  struct stat st;
  return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Makes TSM_PATH. *covered is the folder that was covered for it. */
static bool make_path(const char **covered, struct vcca_error *err)
{
  static const char *const steps[] = {"/sys", "/sys/kernel", TSM_CONFIG, TSM_CONFIG "/tsm", TSM_PATH};
  enum { CONFIG = 2, STEPS = sizeof steps / sizeof *steps };
  size_t last = CONFIG; /* the deepest that is there */
  while (last > 0 && !is_folder(steps[last]))
    last--;
  *covered = steps[last];
  if (!cover(steps[last], last < CONFIG, err))
    return false;
  for (size_t i = last + 1; i < STEPS; i++)
    if (mkdir(steps[i], 0755) != 0)
      return fail_errno(err, "cannot make", steps[i]);
  return true;
}

bool namespace_mount_tsm(int *fuse, struct vcca_error *err)
{
  char options[120];
  const char *covered;
  *fuse = -1;
  if (!namespace_has_fuse(err) || !make_path(&covered, err))
    return false;
  *fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (*fuse < 0)
    return fail_errno(err, "cannot open", "/dev/fuse");
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other", *fuse);
  if (mount("vcca-tsm", TSM_PATH, "fuse.vcca", COVER_FLAGS, options) != 0)
    return vcca_fail(
        err, VCCA_FAULT_IO,
        "FUSE cannot be mounted on %s: %s; in a container start it with --cap-add SYS_ADMIN --device /dev/fuse",
        TSM_PATH, strerror(errno));
  return mount(NULL, covered, NULL, MS_REMOUNT | MS_RDONLY | COVER_FLAGS, NULL) == 0 ||
         fail_errno(err, "cannot be made read-only:", covered);
}
