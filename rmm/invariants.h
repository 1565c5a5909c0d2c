/* The invariants of a machine: what holds between calls, whatever calls were made.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_INVARIANTS_H
#define RMM_INVARIANTS_H

#include "rmm/machine.h"

/* An invariant that does not hold, and its granule (0: the machine). */
struct breach {
  uint64_t pa;
  char what[160];
  bool no_memory; /* the check needs memory, and there is none */
};

/* Whether all invariants hold; if not, *breach has the first that does not. vcca_machine_load, the random
 * walk and the fuzz targets use it. Takes time in proportion to the memory in use. */
bool machine_sound(const vcca_machine *m, struct breach *breach);

#endif
