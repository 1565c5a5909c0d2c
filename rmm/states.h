/* Whether rmm/states.def allows a change of state. The functions that change states assert it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_STATES_H
#define RMM_STATES_H

#include "vcca/rmm.h"

/* A granule of memory (RMI) or of the TMM's pool (TMI). Staying in the same state is always allowed. */
bool states_granule(bool pool, enum vcca_granule_state from, enum vcca_granule_state to);
bool states_realm(enum vcca_realm_state from, enum vcca_realm_state to);

#endif
