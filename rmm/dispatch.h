/* The host's SMC: one call while it is handled, and the tables of both interfaces.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_DISPATCH_H
#define RMM_DISPATCH_H

#include "rmm/machine.h"
#include "rooms/require.h"

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

/* The handlers stand in the order of the interface's commands. */
struct abi {
  struct vcca_interface interface;
  const command_handler *handlers;
};
extern const struct abi rmi_abi, tmi_abi;

#endif
