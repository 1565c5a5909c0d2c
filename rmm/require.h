/* What the host's dispatcher (dispatch.c) and the guest's (tsi/attach.c) have in common: how a command is stated (conditions first, by their
 * specification names and in table order, then the effect), and what the SMC Calling Convention says of every call.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_REQUIRE_H
#define RMM_REQUIRE_H

#include "vcca/rmm.h"

/* The function id is W0; bit 16 is SMCCC's hint that SVE state need not be kept (DEN0028 2.5). */
#define SMC_FID_MASK UINT64_C(0xfffeffff)
#define SMC_NOT_SUPPORTED UINT64_MAX

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

#endif
