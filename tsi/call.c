/* How a handler of a guest call ends: with an exit to the host, or with an access to the guest's memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tsi/call.h"

uint64_t leave(struct guest_call *call, enum guest_exit_reason reason, uint64_t status)
{
  if (reason == GUEST_EXIT_IRQ)
    guest_exit_irq(call->m, call->rec);
  else
    guest_exit(call->m, call->rec)->reason = reason;
  call->action = VCCA_GUEST_EXIT;
  return status;
}

uint64_t leave_unmapped(struct guest_call *call, uint64_t ipa)
{
  guest_exit_unmapped(call->m, call->rec, ipa);
  call->action = VCCA_GUEST_EXIT;
  call->again = true;
  return GUEST_SUCCESS;
}

static uint64_t access_failed(struct guest_call *call, struct vcca_access_fault fault)
{
  return fault.why == VCCA_ACCESS_NO_MEMORY ? GUEST_ERROR_UNKNOWN : leave_unmapped(call, fault.ipa);
}

bool fetch(struct guest_call *call, uint64_t ipa, vcca_sink *out, size_t n, uint64_t *status)
{
  struct vcca_access_fault fault;
  if (vcca_realm_read(call->m, call->rec, ipa, out, n, &fault))
    return true;
  *status = access_failed(call, fault);
  return false;
}

bool store(struct guest_call *call, uint64_t ipa, vcca_span bytes, uint64_t *status)
{
  struct vcca_access_fault fault;
  if (vcca_realm_write(call->m, call->rec, ipa, bytes, &fault))
    return true;
  *status = access_failed(call, fault);
  return false;
}
