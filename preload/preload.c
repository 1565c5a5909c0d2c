/* The library that `vcca exec` has a dynamic program load before its own (LD_PRELOAD): it takes the place
 * of those functions of libc that open a file by name, ask for one, or make an ioctl, and hands on what is
 * not about the drivers' files. All else that is done with a descriptor, the kernel does (rooms/driver.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/driver.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define TAKES __attribute__((visibility("default")))

/* Libc's own function. ISO C has no cast from an object pointer to a function's. */
static void *find(const char *name, void *function, size_t size)
{
  void *found = dlsym(RTLD_NEXT, name);
  if (!found)
    abort(); /* a libc without a function that the program calls */
  memcpy(function, &found, size);
  return found;
}
#define LIBC(function, type, ...)   \
  static type (*libc)(__VA_ARGS__); \
  if (!libc)                        \
  find(#function, &libc, sizeof libc)

static bool needs_mode(int flags)
{
  return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

/* A path that cannot be read is for the kernel to refuse. */
static enum driver_node node_of(const char *path)
{
  char copy[256];
  ssize_t n = driver_read_memory(getpid(), (uint64_t)(uintptr_t)path, copy, sizeof copy - 1);
  if (n < 0 && (errno == ENOSYS || errno == EPERM)) /* where a sandbox forbids it */
    return path ? driver_node_at(path) : DRIVER_NODES;
  copy[n > 0 ? n : 0] = '\0';
  return driver_node_at(copy);
}

/* --- Opening -------------------------------------------------------------------------------------------- */

/* True: *fd is the result of open, -1 with errno. False: the guest has no such file, and the path is as
 * any other. */
static bool open_node(const char *path, int flags, int *fd)
{
  uint8_t *bytes;
  size_t n;
  int before = errno;
  enum driver_node node = node_of(path);
  if (node == DRIVER_NODES || !driver_remote_file(getenv("VCCA_VM"), node, &bytes, &n)) {
    errno = before;
    return false;
  }
  int why = driver_open_refusal(node, flags);
  *fd = why != 0 ? -1 : driver_is_device(node) ? driver_open_device(node, flags) : driver_open_bytes(bytes, n, flags);
  free(bytes);
  errno = why != 0 ? why : *fd < 0 ? errno : before;
  return true;
}

#define OPEN(name)                                                     \
  TAKES int name(const char *path, int flags, ...)                     \
  {                                                                    \
    LIBC(name, int, const char *, int, ...);                           \
    va_list args;                                                      \
    int fd;                                                            \
    va_start(args, flags);                                             \
    mode_t mode = needs_mode(flags) ? va_arg(args, mode_t) : 0;        \
    va_end(args);                                                      \
    return open_node(path, flags, &fd) ? fd : libc(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                           \
  TAKES int name(int folder, const char *path, int flags, ...)                 \
  {                                                                            \
    LIBC(name, int, int, const char *, int, ...);                              \
    va_list args;                                                              \
    int fd;                                                                    \
    va_start(args, flags);                                                     \
    mode_t mode = needs_mode(flags) ? va_arg(args, mode_t) : 0;                \
    va_end(args);                                                              \
    return open_node(path, flags, &fd) ? fd : libc(folder, path, flags, mode); \
  }
OPENAT(openat)
OPENAT(openat64)

/* What the headers of glibc make of open without a mode when they check more. */
#define OPEN_2(name)                                             \
  int name(const char *path, int flags);                         \
  TAKES int name(const char *path, int flags)                    \
  {                                                              \
    LIBC(name, int, const char *, int);                          \
    int fd;                                                      \
    return open_node(path, flags, &fd) ? fd : libc(path, flags); \
  }
OPEN_2(__open_2)
OPEN_2(__open64_2)

#define OPENAT_2(name)                                                   \
  int name(int folder, const char *path, int flags);                     \
  TAKES int name(int folder, const char *path, int flags)                \
  {                                                                      \
    LIBC(name, int, int, const char *, int);                             \
    int fd;                                                              \
    return open_node(path, flags, &fd) ? fd : libc(folder, path, flags); \
  }
OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)

static int flags_of(const char *mode)
{
  int flags = mode[0] == 'r' ? O_RDONLY : O_WRONLY | O_CREAT;
  if (strchr(mode, '+'))
    flags = (flags & ~O_ACCMODE) | O_RDWR;
  return flags | (strchr(mode, 'e') ? O_CLOEXEC : 0) | (strchr(mode, 'x') ? O_EXCL : 0);
}

#define FOPEN(name)                                                      \
  TAKES FILE *name(const char *restrict path, const char *restrict mode) \
  {                                                                      \
    LIBC(name, FILE *, const char *restrict, const char *restrict);      \
    int fd;                                                              \
    if (!mode || !open_node(path, flags_of(mode), &fd))                  \
      return libc(path, mode);                                           \
    FILE *stream = fd >= 0 ? fdopen(fd, mode) : NULL;                    \
    if (!stream && fd >= 0)                                              \
      close(fd);                                                         \
    return stream;                                                       \
  }
FOPEN(fopen)
FOPEN(fopen64)

/* --- Ioctl ---------------------------------------------------------------------------------------------- */

TAKES int ioctl(int fd, unsigned long number, ...)
{
  LIBC(ioctl, int, int, unsigned long, ...);
  va_list args;
  va_start(args, number);
  void *argument = va_arg(args, void *);
  va_end(args);
  enum driver_node node = driver_device_of(fd);
  if (node == DRIVER_NODES || driver_call_numbered(node, (uint32_t)number) == DRIVER_CALLS)
    return libc(fd, number, argument);
  int before = errno;
  int64_t result = driver_remote_ioctl(getenv("VCCA_VM"), node, (uint32_t)number, (uint64_t)(uintptr_t)argument);
  errno = result < 0 ? (int)-result : before;
  return result < 0 ? -1 : (int)result;
}

/* --- Asking for a file ---------------------------------------------------------------------------------- */

static bool stat_node(const char *path, struct stat *out)
{
  uint8_t *bytes;
  size_t n;
  int before = errno;
  enum driver_node node = node_of(path);
  bool found = node != DRIVER_NODES && driver_remote_file(getenv("VCCA_VM"), node, &bytes, &n);
  errno = before;
  if (!found)
    return false;
  free(bytes);
  driver_stat(node, n, out);
  return true;
}

/* stat and stat64 fill the same bytes on 64-bit machines. */
#define STAT(name, type)                                               \
  TAKES int name(const char *restrict path, struct type *restrict out) \
  {                                                                    \
    LIBC(name, int, const char *restrict, struct type *restrict);      \
    struct stat st;                                                    \
    if (!stat_node(path, &st))                                         \
      return libc(path, out);                                          \
    memcpy(out, &st, sizeof st);                                       \
    return 0;                                                          \
  }
STAT(stat, stat)
STAT(lstat, stat)
STAT(stat64, stat64)
STAT(lstat64, stat64)

#define FSTATAT(name, type)                                                                   \
  TAKES int name(int folder, const char *restrict path, struct type *restrict out, int flags) \
  {                                                                                           \
    LIBC(name, int, int, const char *restrict, struct type *restrict, int);                   \
    struct stat st;                                                                           \
    if (!stat_node(path, &st))                                                                \
      return libc(folder, path, out, flags);                                                  \
    memcpy(out, &st, sizeof st);                                                              \
    return 0;                                                                                 \
  }
FSTATAT(fstatat, stat)
FSTATAT(fstatat64, stat64)

/* The names that programs have which were linked with a glibc before 2.33. */
#define XSTAT(name, type)                                         \
  int name(int version, const char *path, struct type *out);      \
  TAKES int name(int version, const char *path, struct type *out) \
  {                                                               \
    LIBC(name, int, int, const char *, struct type *);            \
    struct stat st;                                               \
    if (!stat_node(path, &st))                                    \
      return libc(version, path, out);                            \
    memcpy(out, &st, sizeof st);                                  \
    return 0;                                                     \
  }
XSTAT(__xstat, stat)
XSTAT(__lxstat, stat)
XSTAT(__xstat64, stat64)
XSTAT(__lxstat64, stat64)

TAKES int statx(int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict out)
{
  LIBC(statx, int, int, const char *restrict, int, unsigned, struct statx *restrict);
  struct stat st;
  if (!stat_node(path, &st))
    return libc(folder, path, flags, mask, out);
  driver_statx(&st, out);
  return 0;
}

/* A file of root's, who may read and write it, and not execute it. */
#define ACCESS(name)                         \
  TAKES int name(const char *path, int mode) \
  {                                          \
    LIBC(name, int, const char *, int);      \
    struct stat st;                          \
    if (!stat_node(path, &st))               \
      return libc(path, mode);               \
    if (mode & X_OK)                         \
      errno = EACCES;                        \
    return mode & X_OK ? -1 : 0;             \
  }
ACCESS(access)
ACCESS(eaccess)
ACCESS(euidaccess)

TAKES int faccessat(int folder, const char *path, int mode, int flags)
{
  LIBC(faccessat, int, int, const char *, int, int);
  struct stat st;
  if (!stat_node(path, &st))
    return libc(folder, path, mode, flags);
  if (mode & X_OK)
    errno = EACCES;
  return mode & X_OK ? -1 : 0;
}
