/* The filter of system calls, in the program's process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/supervisor.h"
#include "guest/supervisor_calls.h"
#include "rooms/driver.h"
#include "rooms/error.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#if defined(__x86_64__)
enum { ARCH = (int)AUDIT_ARCH_X86_64, NUMBERS_END = 0x40000000 /* x32's are above */ };
#elif defined(__aarch64__)
enum { ARCH = (int)AUDIT_ARCH_AARCH64, NUMBERS_END = 0x40000000 };
#else
enum { ARCH = 0, NUMBERS_END = 0 };
#endif

#define LOAD(member) \
  (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, member))
#define UNLESS(test, value, skip) (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_K | (test), (uint32_t)(value), 0, skip)
#define IS(value) UNLESS(BPF_JEQ, value, 1)
#define RETURN(action) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, action)

/* The calls of the table stop; of ioctl, those whose number a device has: others find that the descriptor
 * has no such ioctl, by themselves. */
static unsigned short make(struct sock_filter *out)
{
  size_t count;
  unsigned short n = 0;
  const struct supervised *calls = supervised_calls(&count);
  out[n++] = LOAD(arch);
  out[n++] = IS(ARCH);
  out[n++] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1);
  out[n++] = RETURN(SECCOMP_RET_ALLOW);
  out[n++] = LOAD(nr);
  out[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_K | BPF_JGE, (uint32_t)NUMBERS_END, 0, 1);
  out[n++] = RETURN(SECCOMP_RET_ALLOW);
  for (size_t i = 0; i < count; i++) {
    if (calls[i].kind == SUPERVISED_IOCTL)
      continue;
    out[n++] = IS(calls[i].number);
    out[n++] = RETURN(SECCOMP_RET_USER_NOTIF);
  }
  out[n++] = IS(SYS_ioctl);
  out[n++] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1);
  out[n++] = RETURN(SECCOMP_RET_ALLOW);
  out[n++] = LOAD(args[1]); /* its lower half, on machines whose lower half comes first */
  for (unsigned call = 0; call < DRIVER_CALLS; call++) {
    out[n++] = IS(driver_number((enum driver_call)call));
    out[n++] = RETURN(SECCOMP_RET_USER_NOTIF);
  }
  out[n++] = RETURN(SECCOMP_RET_ALLOW);
  return n;
}

static int install(const struct sock_fprog *filter)
{
  static const unsigned long flags[] = {SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
                                        SECCOMP_FILTER_FLAG_NEW_LISTENER}; /* the former from Linux 5.19 on */
  int fd = -1;
  for (unsigned i = 0; i < 2 && fd < 0; i++) {
    fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags[i], filter);
    if (fd < 0 && errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) /* without root's rights */
      fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags[i], filter);
    if (fd < 0 && errno != EINVAL)
      break;
  }
  return fd;
}

int supervisor_filter(struct vcca_error *err)
{
  struct sock_filter code[16 + 2 * (SUPERVISED_MAX + DRIVER_CALLS)];
  const struct sock_fprog filter = {.len = make(code), .filter = code};
  if (ARCH == 0) {
    vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
              "system calls are supervised on x86-64 and arm64 only: use --devices preload, for a dynamic program");
    return -1;
  }
  int fd = install(&filter);
  if (fd < 0)
    vcca_fail(
        err, VCCA_FAULT_IO,
        "system calls cannot be supervised: %s; %s, or give --devices preload, for a dynamic program", strerror(errno),
        errno == EBUSY ? "a supervisor is there already: do not nest vcca exec, or start it outside of the other"
                       : "this takes Linux 5.14 with CONFIG_SECCOMP_FILTER, in a container a seccomp profile that "
                         "allows seccomp (--security-opt seccomp=unconfined)");
  return fd;
}
