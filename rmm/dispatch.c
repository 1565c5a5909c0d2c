/* The host's SMC: finds the command's row, runs its handler, writes the registers, and calls the trace hook.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/dispatch.h"

#include <string.h>

const struct vcca_interface *vcca_rmi(void)
{
  return &rmi_abi.interface;
}

const struct vcca_interface *vcca_tmi(void)
{
  return &tmi_abi.interface;
}

/* Writes x0 to x4 and preserves the rest, as callers by SMCCC 1.1 expect. TMI leaves x0 zero; its status is
 * in x1. */
static void answer(const struct abi *abi, uint64_t *x, uint64_t status, const struct call *call)
{
  unsigned at = abi->interface.status_register;
  memset(x, 0, (CALL_OUTPUTS + 1) * sizeof *x);
  x[at] = status;
  memcpy(x + at + 1, call->out, (CALL_OUTPUTS - at) * sizeof *x);
}

void vcca_smc(vcca_machine *m, uint64_t x[VCCA_SMC_REGS])
{
  const struct abi *abi = m->config.abi == VCCA_ABI_TMI ? &tmi_abi : &rmi_abi;
  const struct vcca_command *command = vcca_command_with_fid(&abi->interface, x[0] & SMC_FID_MASK);
  uint64_t in[VCCA_SMC_REGS];
  memcpy(in, x, sizeof in);
  struct call call = {.m = m, .in = in};
  if (!command) {
    x[0] = SMC_NOT_SUPPORTED;
  } else if (m->telling) {
    call.refused = "in_hook";
    x[0] = SMC_NOT_SUPPORTED;
  } else if (!memory_hold(&m->memory, MACHINE_RESERVE, MACHINE_RESERVE)) {
    call.refused = "no_memory"; /* the process has none; the machine's memory is another matter */
    x[0] = SMC_NOT_SUPPORTED;
  } else {
    uint64_t status = abi->handlers[command - abi->interface.commands](&call);
    memory_let_go(&m->memory, MACHINE_RESERVE, MACHINE_RESERVE);
    answer(abi, x, status, &call);
  }
  struct held held = {.count = 0};
  if (command && call.refused && m->config.trace) {
    struct call again = {.m = m, .in = in, .held = &held};
    abi->handlers[command - abi->interface.commands](&again);
  }
  struct vcca_trace trace = {.interface = &abi->interface,
                             .command = command,
                             .in = in,
                             .out = x,
                             .refused = call.refused,
                             .remark = call.remark,
                             .realm = call.realm,
                             .held = held.list,
                             .held_count = held.count};
  if (m->config.trace)
    m->config.trace(m->config.trace_ctx, &trace);
}
