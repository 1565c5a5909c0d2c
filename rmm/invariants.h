/* What is true of a machine between calls, whatever calls were made.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_INVARIANTS_H
#define RMM_INVARIANTS_H

#include "rmm/machine.h"

/* What does not hold, and of which granule (0: of the machine). */
struct breach {
  uint64_t pa;
  char what[160];
  bool no_memory; /* nothing was found out */
};

/* The one statement of the invariants: who brings a machine from outside (loading) and who tests calls (the random walk, the fuzz
 * targets) ask here. Takes time in proportion to the memory in use. */
bool machine_sound(const vcca_machine *m, struct breach *breach);

#endif
