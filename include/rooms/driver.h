/* What a program of a virtCCA guest sees of its kernel's drivers: files, descriptors, and ioctls whose
 * bytes are in the program's memory. Both ways of serving them use it: a library within the program
 * (preload/), and a supervisor outside (guest/seccomp.c). It uses libc alone, and keeps no state.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_DRIVER_H
#define ROOMS_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* --- Files ------------------------------------------------------------------------------------------------- */

enum driver_node {
#define NODE(name, path, device) DRIVER_##name,
#include "driver/nodes.def"
#undef NODE
  DRIVER_NODES,
};
/* The node at an absolute path, in which "//" and "/./" count as "/"; DRIVER_NODES: none. */
enum driver_node driver_node_at(const char *path);
const char *driver_node_path(enum driver_node node);
bool driver_is_device(enum driver_node node);

/* A descriptor for an open device: an unconnected Unix socket with a mark, so that dup, fork, exec and
 * close do with it what they do with any, and read fails with EINVAL. flags: as for open; O_CLOEXEC and
 * O_NONBLOCK count. -1 with errno. */
int driver_open_device(enum driver_node node, int flags);
/* A descriptor for reading these bytes, at their beginning, as of an open file. -1 with errno. */
int driver_open_bytes(const void *bytes, size_t n, int flags);
/* Which device a descriptor is of; DRIVER_NODES: none. errno stays. */
enum driver_node driver_device_of(int fd);
/* Why a node cannot be opened with these flags: an errno value, 0: it can. */
int driver_open_refusal(enum driver_node node, int flags);
/* What stat says of a node, which has size bytes. */
void driver_stat(enum driver_node node, size_t size, struct stat *out);
/* The same for statx. */
struct statx;
void driver_statx(const struct stat *st, struct statx *out);

/* --- Ioctls --------------------------------------------------------------------------------------------- */

enum driver_call {
#define IOCTL(name, device, number, in, null, fault) DRIVER_CALL_##name,
#include "driver/ioctls.def"
#undef IOCTL
  DRIVER_CALLS,
};
enum { DRIVER_IN_MAX = 144, DRIVER_OUT_MAX = 8200, DRIVER_WRITES = 2 };

/* The number of call i, below DRIVER_CALLS. */
uint32_t driver_number(enum driver_call call);
/* The call of a device with a number; DRIVER_CALLS: there is none. */
enum driver_call driver_call_numbered(enum driver_node node, uint32_t number);
/* How many bytes of its argument it reads. */
size_t driver_in_size(enum driver_call call);

/* What is to be done in the program's memory, and what ioctl returns then. */
struct driver_answer {
  int32_t result; /* negative: an errno value */
  struct {
    uint64_t address, size; /* to be readable, else EFAULT; size 0: nothing */
  } touch;
  unsigned writes;
  struct {
    uint32_t at, size; /* this many of the bytes, the next ones, to this offset of the argument, else EFAULT */
  } write[DRIVER_WRITES];
  size_t used;
  uint8_t bytes[DRIVER_OUT_MAX];
};
/* The program: its memory, of which read and write copy up to n bytes and return how many they could; and
 * its monitor. */
struct driver_program {
  size_t (*read)(void *ctx, uint64_t address, void *out, size_t n);
  size_t (*write)(void *ctx, uint64_t address, const void *bytes, size_t n);
  /* False: no answer could be had, which is EIO. */
  bool (*ask)(void *ctx, enum driver_node node, uint32_t number, const uint8_t *in, size_t n,
              struct driver_answer *out);
  void *ctx;
};
/* Copy up to four pages from and to a process's memory. Return how many bytes could be, or -1 with errno. */
ssize_t driver_read_memory(pid_t pid, uint64_t address, void *out, size_t n);
ssize_t driver_write_memory(pid_t pid, uint64_t address, const void *bytes, size_t n);
/* An ioctl of a device. Returns its result, or an errno value, negative. */
int64_t driver_ioctl(const struct driver_program *program, enum driver_node node, uint32_t number, uint64_t argument);

/* --- Of a VM that another process keeps ----------------------------------------------------------------- */

/* By the VM's control socket, for a process of the guest itself; socket may be NULL. A guest's file: its
 * bytes, which the caller frees; none of a device. False with errno when the guest has no such file, or no
 * VM answers. */
bool driver_remote_file(const char *socket, enum driver_node node, uint8_t **bytes, size_t *n);
/* An ioctl of this process. */
int64_t driver_remote_ioctl(const char *socket, enum driver_node node, uint32_t number, uint64_t argument);

#endif
