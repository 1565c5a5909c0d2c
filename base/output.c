/* A file that is written: where a name leads, and how it takes its place.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/file.h"
#include "rooms/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS = 40, TRIES = 8 };

static bool cannot(struct vcca_error *err, const char *what)
{
  return vcca_fail(err, VCCA_FAULT_IO, "cannot %s: %s", what, strerror(errno ? errno : EIO));
}

int vcca_file_descriptor(const char *path)
{
  static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
  static const char *const standard[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
  int fd = -1;
  for (int i = 0; i < 3; i++)
    if (strcmp(path, standard[i]) == 0)
      return i;
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    size_t n = strlen(folders[i]);
    const char *digit = path + n;
    if (strncmp(path, folders[i], n) != 0 || *digit < '0' || *digit > '9')
      continue;
    for (fd = 0; *digit >= '0' && *digit <= '9' && fd < 100000; digit++)
      fd = 10 * fd + (*digit - '0');
    return *digit == '\0' ? fd : -1;
  }
  return -1;
}

/* The folder that path's last component is in, without its '/'; "/" and "." as they are. */
static bool folder_of(const char *path, char *out, size_t cap)
{
  const char *slash = strrchr(path, '/');
  int n = slash == path ? snprintf(out, cap, "/")
                        : snprintf(out, cap, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
  return n >= 0 && (size_t)n < cap;
}

/* One step along a link: path becomes what it says. */
static bool follow(char path[VCCA_PATH_MAX])
{
  char to[VCCA_PATH_MAX], folder[VCCA_PATH_MAX];
  ssize_t n = readlink(path, to, sizeof to - 1);
  if (n < 0 || (size_t)n == sizeof to - 1 || !folder_of(path, folder, sizeof folder))
    return false;
  to[n] = '\0';
  int length = to[0] == '/' ? snprintf(path, VCCA_PATH_MAX, "%s", to) : 0;
  if (to[0] != '/') {
    if (strlen(folder) + strlen(to) + 2 > VCCA_PATH_MAX)
      return false;
    length = snprintf(path, VCCA_PATH_MAX, "%s/%s", folder, to);
  }
  return length > 0;
}

bool vcca_file_target(const char *path, char out[VCCA_PATH_MAX], struct vcca_error *err)
{
  struct stat st;
  errno = ENAMETOOLONG;
  bool ok = strlen(path) < VCCA_PATH_MAX;
  if (ok)
    snprintf(out, VCCA_PATH_MAX, "%s", path);
  unsigned links = 0;
  while (ok && vcca_file_descriptor(out) < 0 && lstat(out, &st) == 0 && S_ISLNK(st.st_mode)) {
    errno = ELOOP;
    ok = links++ < LINKS && follow(out);
  }
  if (ok && links > 0 && lstat(out, &st) != 0 && stat(path, &st) == 0)
    snprintf(out, VCCA_PATH_MAX, "%s", path); /* a link that no name says, as those of /proc */
  return ok || cannot(err, "create");
}

bool vcca_file_locate(const char *path, struct vcca_file_place *out, struct vcca_error *err)
{
  char target[VCCA_PATH_MAX], folder[VCCA_PATH_MAX];
  struct stat st;
  if (!vcca_file_target(path, target, err))
    return false;
  memset(out, 0, sizeof *out);
  int fd = strcmp(path, "-") == 0 ? -1 : vcca_file_descriptor(target);
  if (fd >= 0 ? fstat(fd, &st) == 0 : stat(target, &st) == 0) {
    out->exists = true;
    out->mode = (unsigned)st.st_mode;
    out->is_file = S_ISREG(st.st_mode);
    out->dev = st.st_dev;
    out->ino = st.st_ino;
  }
  if (fd >= 0)
    return true;
  errno = ENAMETOOLONG;
  if (!folder_of(target, folder, sizeof folder) || stat(folder, &st) != 0)
    return cannot(err, "create");
  const char *slash = strrchr(target, '/'), *name = slash ? slash + 1 : target;
  out->folder_dev = st.st_dev;
  out->folder_ino = st.st_ino;
  size_t n = strlen(name);
  if (n >= sizeof out->name)
    return cannot(err, "create");
  memcpy(out->name, name, n);
  return true;
}

/* An existing file keeps its mode (a secret one only its owner's part of it), and its owner as far as the
 * system allows. The mode comes last: a change of owner may take from it. */
static bool keep_mode(int fd, const struct stat *old, bool secret)
{
  struct stat now;
  if (fstat(fd, &now) != 0)
    return false;
  if ((now.st_uid != old->st_uid && fchown(fd, old->st_uid, (gid_t)-1) != 0) ||
      (now.st_gid != old->st_gid && fchown(fd, (uid_t)-1, old->st_gid) != 0))
    errno = 0; /* not ours to give away */
  return fchmod(fd, old->st_mode & (secret ? 0600 : 0777)) == 0;
}

/* A file beside the target, which nobody can have laid a link for. */
static bool open_beside(struct vcca_output *out, const struct stat *old, struct vcca_error *err)
{
  char folder[VCCA_PATH_MAX];
  int fd = -1;
  errno = ENAMETOOLONG;
  if (!folder_of(out->target, folder, sizeof folder))
    return cannot(err, "create");
  for (int i = 0; i < TRIES && fd < 0 && (i == 0 || errno == EEXIST); i++) {
    if (!vcca_temp_name(folder, out->temp, sizeof out->temp, err))
      return false;
    vcca_leftover_add(out->temp); /* before it is there: whoever is interrupted in between removes nothing */
    fd = open(out->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, out->secret || old ? 0600 : 0666);
    if (fd < 0)
      vcca_leftover_gone(out->temp);
  }
  bool ok = fd >= 0 && (!old || keep_mode(fd, old, out->secret));
  out->stream = ok ? fdopen(fd, "wb") : NULL;
  if (out->stream)
    return true;
  cannot(err, "create");
  if (fd >= 0) {
    close(fd);
    (void)unlink(out->temp);
    vcca_leftover_gone(out->temp);
  }
  return false;
}

/* What is open already, such as /dev/stdout, goes on where it is; a pipe or a device has nothing to take
 * back. */
static bool open_in_place(struct vcca_output *out, struct vcca_error *err)
{
  int given = vcca_file_descriptor(out->target);
  out->in_place = true;
  if (given == STDOUT_FILENO) {
    out->stream = stdout;
    return true;
  }
  int fd = given >= 0 ? fcntl(given, F_DUPFD_CLOEXEC, 3) : open(out->target, O_WRONLY | O_CLOEXEC | O_NOCTTY);
  out->stream = fd >= 0 ? fdopen(fd, "wb") : NULL;
  if (out->stream)
    return true;
  cannot(err, "create");
  if (fd >= 0)
    close(fd);
  return false;
}

bool vcca_output_open(struct vcca_output *out, const char *path, bool secret, struct vcca_error *err)
{
  struct stat st;
  memset(out, 0, sizeof *out);
  out->path = path;
  out->secret = secret;
  if (strcmp(path, "-") == 0) {
    out->in_place = true;
    out->stream = stdout;
    return true;
  }
  size_t n = strlen(path);
  errno = n == 0 ? ENOENT : EISDIR;
  bool ok = n > 0 && path[n - 1] != '/' ? vcca_file_target(path, out->target, err) : cannot(err, "create");
  if (ok) {
    bool there = stat(out->target, &st) == 0;
    ok = vcca_file_descriptor(out->target) >= 0 || (there && !S_ISREG(st.st_mode))
             ? open_in_place(out, err)
             : open_beside(out, there ? &st : NULL, err);
  }
  return ok || vcca_fail_in(err, path);
}

bool vcca_output_close(struct vcca_output *out, bool whole, struct vcca_error *err)
{
  FILE *f = out->stream;
  struct vcca_error why;
  out->stream = NULL;
  if (!f)
    return whole;
  errno = 0;
  bool ok = fflush(f) == 0 && !ferror(f);
  ok = (f == stdout || fclose(f) == 0) && ok;
  if (!ok && errno == 0) /* what failed was an earlier write of the stream's */
    vcca_fail(&why, VCCA_FAULT_IO, "cannot write all of it: is the disk full?");
  else if (!ok)
    cannot(&why, "write");
  if (!out->in_place) {
    if (ok && whole && rename(out->temp, out->target) != 0)
      ok = cannot(&why, "put it in its place");
    if (!ok || !whole)
      (void)unlink(out->temp);
    vcca_leftover_gone(out->temp);
  }
  if (!whole || ok)
    return whole;
  *err = why;
  return vcca_fail_in(err, f == stdout ? "standard output" : out->path);
}

bool vcca_file_write(const char *path, vcca_span bytes, struct vcca_error *err)
{
  struct vcca_output out;
  if (!vcca_output_open(&out, path, false, err))
    return false;
  if (bytes.n > 0)
    fwrite(bytes.p, 1, bytes.n, out.stream); /* the stream remembers when it fails */
  return vcca_output_close(&out, true, err);
}
