/* How a command is stated: conditions first, by their specification names and in table order, then the effect.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_DISPATCH_H
#define RMM_DISPATCH_H

#include "rmm/machine.h"

enum { CALL_OUTPUTS = 4 };

/* One call while it is handled. */
struct call {
  vcca_machine *m;
  const uint64_t *in;         /* in[1] is x1 */
  uint64_t out[CALL_OUTPUTS]; /* the registers after the status register */
  const char *refused;
  uint64_t realm;
};
/* Returns the status word. */
typedef uint64_t (*command_handler)(struct call *call);

/* Refuses the call when the condition's opposite does not hold. The only macro here that returns. */
#define REQUIRE(condition, holds, status) \
  do {                                    \
    if (!(holds)) {                       \
      call->refused = #condition;         \
      return (status);                    \
    }                                     \
  } while (0)

/* The handlers stand in the order of the interface's commands. */
struct abi {
  struct vcca_interface interface;
  const command_handler *handlers;
};
extern const struct abi rmi_abi, tmi_abi;

#endif
