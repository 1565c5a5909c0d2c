/* The system calls that are supervised.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GUEST_SUPERVISOR_CALLS_H
#define GUEST_SUPERVISOR_CALLS_H

#include <stddef.h>

enum supervised_kind {
  SUPERVISED_OPEN,
  SUPERVISED_OPEN_HOW,
  SUPERVISED_STAT,
  SUPERVISED_STATX,
  SUPERVISED_ACCESS,
  SUPERVISED_IOCTL
};
enum { SUPERVISED_MAX = 16 };
struct supervised {
  int number;
  enum supervised_kind kind;
  unsigned path, other; /* which arguments are the path, and the flags, the result or the mode */
};
const struct supervised *supervised_calls(size_t *count);

#endif
