/* Copying from and to a process's memory, which the kernel checks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/driver.h"

#include <string.h>
#include <sys/uio.h>

/* The kernel copies pieces whole or not at all, so that there is one for each page. */
static ssize_t copy(pid_t pid, uint64_t address, void *here, size_t n, bool out)
{
  enum { PAGE = 4096, PIECES = 4 };
  struct iovec pieces[PIECES], local = {.iov_base = here};
  unsigned count = 0;
  for (; n > 0 && count < PIECES; count++) {
    size_t size = PAGE - (size_t)(address % PAGE);
    size = size < n ? size : n;
    pieces[count] = (struct iovec){.iov_base = (void *)(uintptr_t)address, .iov_len = size};
    local.iov_len += size;
    address += size;
    n -= size;
  }
  return out ? process_vm_writev(pid, &local, 1, pieces, count, 0) : process_vm_readv(pid, &local, 1, pieces, count, 0);
}

ssize_t driver_read_memory(pid_t pid, uint64_t address, void *out, size_t n)
{
  return copy(pid, address, out, n, false);
}

ssize_t driver_write_memory(pid_t pid, uint64_t address, const void *bytes, size_t n)
{
  void *here;
  memcpy(&here, &bytes, sizeof here); /* it is only read */
  return copy(pid, address, here, n, true);
}
