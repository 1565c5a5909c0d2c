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
  const char *remark; /* struct vcca_trace */
  uint64_t realm;
  struct held *held; /* see REQUIRE */
};
/* Returns the status word. */
typedef uint64_t (*command_handler)(struct call *call);

/* The conditions that hold at once, for those who ask about a call that was refused. */
struct held {
  struct vcca_held list[VCCA_HELD_MAX];
  size_t count;
};
/* Notes that a condition holds. True when what stands after it cannot be told, since it reads what this condition is about. */
bool held_note(struct held *held, const char *condition, uint64_t status);

/* Refuses the call when the condition's opposite does not hold; when call->held is set, notes that and goes on as far as can be told. */
#define REQUIRE(condition, holds, status)                                           \
  do {                                                                              \
    if (!(holds) && (!call->held || held_note(call->held, #condition, (status)))) { \
      call->refused = #condition;                                                   \
      return (status);                                                              \
    }                                                                               \
  } while (0)
/* Stands between a command's conditions and its effect: from here on nothing can fail. */
#define COMMIT()    \
  do {              \
    if (call->held) \
      return 0;     \
  } while (0)

/* The handlers stand in the order of the interface's commands. */
struct abi {
  struct vcca_interface interface;
  const command_handler *handlers;
};
extern const struct abi rmi_abi, tmi_abi;

#endif
