/* The files, and descriptors of them. A device's descriptor is an unconnected Unix socket; the mark is its
 * receive low-water mark, which nothing else uses there. So the kernel keeps all there is to know, through
 * dup, fork, exec and messages between processes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const struct {
  const char *path;
  bool device;
} nodes[] = {
#define NODE(name, path, device) {path, device},
#include "driver/nodes.def"
#undef NODE
};

enum { MARK = 0x56434300 }; /* "VCC", then the node */

/* Whether path is plain, apart from slashes and dots that change nothing. */
static bool same_path(const char *path, const char *plain)
{
  for (; *path == *plain && *path != '\0'; path++, plain++)
    if (*path == '/')
      while (path[1] == '/' || (path[1] == '.' && path[2] == '/'))
        path += path[1] == '/' ? 1 : 2;
  return *path == *plain;
}

enum driver_node driver_node_at(const char *path)
{
  unsigned node = 0;
  while (node < DRIVER_NODES && !same_path(path, nodes[node].path))
    node++;
  return (enum driver_node)node;
}

const char *driver_node_path(enum driver_node node)
{
  return nodes[node].path;
}

bool driver_is_device(enum driver_node node)
{
  return nodes[node].device;
}

int driver_open_device(enum driver_node node, int flags)
{
  int mark = MARK | (int)node;
  int fd = socket(AF_UNIX,
                  SOCK_STREAM | (flags & O_CLOEXEC ? SOCK_CLOEXEC : 0) | (flags & O_NONBLOCK ? SOCK_NONBLOCK : 0), 0);
  if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof mark) != 0) {
    int why = errno;
    close(fd);
    errno = why;
    return -1;
  }
  return fd;
}

enum driver_node driver_device_of(int fd)
{
  int mark = 0, before = errno;
  socklen_t size = sizeof mark;
  bool marked = getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &mark, &size) == 0 && (mark & ~0xff) == MARK;
  unsigned node = (unsigned)mark & 0xff;
  errno = before;
  return marked && node < DRIVER_NODES ? (enum driver_node)node : DRIVER_NODES;
}

int driver_open_bytes(const void *bytes, size_t n, int flags)
{
  char path[40];
  const uint8_t *next = bytes;
  int made = memfd_create("vcca", MFD_CLOEXEC), fd = -1, why;
  while (made >= 0 && n > 0) {
    ssize_t written = write(made, next, n);
    if (written < 0 && errno != EINTR)
      break;
    next += written > 0 ? written : 0;
    n -= written > 0 ? (size_t)written : 0;
  }
  if (made >= 0 && n == 0 && fchmod(made, 0400) == 0) {
    snprintf(path, sizeof path, "/proc/self/fd/%d", made); /* another open file, for reading alone, at its beginning */
    fd = open(path, O_RDONLY | (flags & (O_CLOEXEC | O_NONBLOCK)));
  }
  why = errno;
  if (made >= 0)
    close(made);
  errno = why;
  return fd;
}

int driver_open_refusal(enum driver_node node, int flags)
{
  if ((flags & O_CREAT) && (flags & O_EXCL))
    return EEXIST;
  if (flags & O_DIRECTORY)
    return ENOTDIR;
  if (!nodes[node].device && (flags & O_ACCMODE) != O_RDONLY)
    return EACCES; /* a file of sysfs without a way to write it, for root, too */
  return 0;
}

void driver_stat(enum driver_node node, size_t size, struct stat *out)
{
  enum { MISC = 10, FIRST_MINOR = 120, BLOCK = 4096 };
  *out = (struct stat){.st_nlink = 1, .st_blksize = BLOCK, .st_ino = (ino_t)node + 1};
  out->st_mode = nodes[node].device ? S_IFCHR | 0600 : S_IFREG | 0400;
  out->st_size = nodes[node].device ? 0 : (off_t)size;
  if (nodes[node].device)
    out->st_rdev = makedev(MISC, FIRST_MINOR + (unsigned)node);
}

void driver_statx(const struct stat *st, struct statx *out)
{
  *out = (struct statx){.stx_mask = STATX_BASIC_STATS,
                        .stx_blksize = (uint32_t)st->st_blksize,
                        .stx_nlink = (uint32_t)st->st_nlink,
                        .stx_mode = (uint16_t)st->st_mode,
                        .stx_ino = st->st_ino,
                        .stx_size = (uint64_t)st->st_size,
                        .stx_rdev_major = major(st->st_rdev),
                        .stx_rdev_minor = minor(st->st_rdev)};
}
