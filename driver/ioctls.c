/* An ioctl, as the kernel carries it out in a program's memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/driver.h"

#include <errno.h>

enum { COUNT = 0 };

static const struct {
  enum driver_node device;
  uint32_t number;
  uint8_t in, null, fault;
} rows[] = {
#define IOCTL(name, device, number, in, null, fault) {DRIVER_##device, number, in, null, fault},
#include "driver/ioctls.def"
#undef IOCTL
};

uint32_t driver_number(enum driver_call call)
{
  return rows[call].number;
}

size_t driver_in_size(enum driver_call call)
{
  return rows[call].in;
}

enum driver_call driver_call_numbered(enum driver_node node, uint32_t number)
{
  unsigned call = 0;
  if (node == DRIVER_IMAGEKEY)
    node = DRIVER_SEALINGKEY;
  while (call < DRIVER_CALLS && (rows[call].device != node || rows[call].number != number))
    call++;
  return (enum driver_call)call;
}

/* What a driver returns when only some of the bytes could be copied. */
static int64_t fault_of(enum driver_call call, size_t missing)
{
  return rows[call].fault == COUNT ? (int64_t)missing : -(int64_t)rows[call].fault;
}

static bool readable(const struct driver_program *p, uint64_t address, uint64_t size)
{
  uint8_t page[256];
  while (size > 0) {
    size_t n = size < sizeof page ? (size_t)size : sizeof page;
    if (p->read(p->ctx, address, page, n) != n)
      return false;
    address += n;
    size -= n;
  }
  return true;
}

int64_t driver_ioctl(const struct driver_program *p, enum driver_node node, uint32_t number, uint64_t argument)
{
  enum driver_call call = driver_call_numbered(node, number);
  uint8_t in[DRIVER_IN_MAX];
  struct driver_answer answer = {0};
  const uint8_t *next = answer.bytes;
  if (call == DRIVER_CALLS)
    return -ENOTTY;
  if (argument == 0 && rows[call].null != 0)
    return -(int64_t)rows[call].null;
  size_t want = rows[call].in, got = want > 0 ? p->read(p->ctx, argument, in, want) : 0;
  if (got != want)
    return fault_of(call, want - got);
  if (!p->ask(p->ctx, node, number, in, want, &answer))
    return -EIO;
  if (!readable(p, answer.touch.address, answer.touch.size))
    return -EFAULT;
  for (unsigned i = 0; i < answer.writes; next += answer.write[i++].size) {
    size_t size = answer.write[i].size, put = p->write(p->ctx, argument + answer.write[i].at, next, size);
    if (put != size)
      return rows[call].fault == COUNT ? (int64_t)(size - put) : -EFAULT;
  }
  return answer.result;
}
