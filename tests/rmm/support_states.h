/* The state machines of rmm/states.def, walked: every state meets every event; what the table allows
 * happens, anything else is refused and changes nothing, and no row of the table is left untried.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TESTS_RMM_SUPPORT_STATES_H
#define VCCA_TESTS_RMM_SUPPORT_STATES_H

#include "support.h"

/* The state an event leads to, NULL when it is refused. The row is ticked off. */
const char *states_next(const char *machine, const char *from, const char *event);
/* All rows of the machine were ticked off. */
void states_all_tried(const char *machine);

/* Makes one attempt: from `from`, event's call returned status; to is what the state is now, before the
 * machine as it was saved. */
void states_check(struct rig *rig, const char *machine, const char *from, const char *event, uint64_t status,
                  const char *to, vcca_span before);

/* A machine whose realm A has in one state
 *   page   the address STATE_PAGE or STATE_PAGE_NS, level 3: "ASSIGNED_RAM", "UNASSIGNED_NS" and so on
 *   block  the address STATE_BLOCK or STATE_BLOCK_NS, level 2: the same, or "TABLE" */
#define STATE_PAGE UINT64_C(0x2000)
#define STATE_PAGE_NS (UNPROTECTED + 0x2000)
#define STATE_BLOCK UINT64_C(0x400000)
#define STATE_BLOCK_NS (UNPROTECTED + 0x400000)
#define STATE_SPARE (FREE + 40 * PAGE) /* delegated */
struct rig *states_page(const char *state);
struct rig *states_block(const char *state);
/* The same, with a table in it whose entries are all in the state. */
struct rig *states_table_of(const char *state);
bool states_is_ns(const char *state);
/* What an address's entry is, in realm A, at that level. */
const char *states_of(struct rig *rig, uint64_t ipa, int level);

#endif
