/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/require.h"
#include "rooms/interface.h"

#include <string.h>

/* After one of these conditions holds, the later ones cannot be checked: they read the object that is wrong,
 * walk its tables, or divide by it. */
static const char *const blocking[] = {
    "rd_bound",     "rd_state",     "rec_bound",     "rec_gran_state", "tec_bound",     "tec_gran_state",
    "params_bound", "params_pas",   "run_bound",     "run_pas",        "level_bound",   "ipa_bound",
    "rtt_walk",     "ttt_walk",     "rtt_num_level", "ttt_num_level",  "calling_bound", "calling_state",
    "target_bound", "target_state", "size_valid",    "top_bound",      "base_bound",    "attr_valid",
    "index_bound",  "addr_bound",   "addr_align",    "offset_bound",   "size_overflow", "size_bound",
    "rgn_bound",    "num_aux",      "params_valid",  "params_supp",    "rtte_state",    "tec_owner",
    "pending",
};

bool held_note(struct held *held, const char *condition, uint64_t status)
{
  if (held->count < VCCA_HELD_MAX)
    held->list[held->count++] = (struct vcca_held){condition, status};
  for (size_t i = 0; i < sizeof blocking / sizeof blocking[0]; i++)
    if (strcmp(condition, blocking[i]) == 0)
      return true;
  return false;
}
