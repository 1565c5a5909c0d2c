/* What the host's dispatcher (dispatch.c) and the guest's (tsi/attach.c) have in common: the form of a
 * handler (conditions first, by their specification names and in the table's order, then the effect), and the
 * SMC Calling Convention.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_REQUIRE_H
#define ROOMS_REQUIRE_H

#include "vcca/rmm.h"
#include "rooms/interface.h"

/* The function id is W0; bit 16 is SMCCC's hint that SVE state need not be kept (DEN0028 2.5). */
#define SMC_FID_MASK UINT64_C(0xfffeffff)
#define SMC_NOT_SUPPORTED UINT64_MAX

/* All conditions that hold for a refused call. */
struct held {
  struct vcca_held list[VCCA_HELD_MAX];
  size_t count;
};
/* Notes that a condition holds. True: the later conditions cannot be checked, since they read what this one
 * found wrong. */
bool held_note(struct held *held, const char *condition, uint64_t status);

/* Refuses the call by this condition unless `holds`, which states what must be true. With call->held set,
 * notes the condition instead and goes on while later ones can be checked. */
#define REQUIRE(condition, holds, status)                                           \
  do {                                                                              \
    if (!(holds) && (!call->held || held_note(call->held, #condition, (status)))) { \
      call->refused = #condition;                                                   \
      return (status);                                                              \
    }                                                                               \
  } while (0)
/* Separates a command's conditions from its effect. Nothing can fail after it. */
#define COMMIT()    \
  do {              \
    if (call->held) \
      return 0;     \
  } while (0)

#endif
