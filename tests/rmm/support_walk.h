/* A walk of random host calls over a small machine, with a shadow that knows from the calls' arguments and results alone what the
 * machine must be: drives rows of the command table by their input kinds, from a pool of handles in right and wrong states and of raw
 * values. After every call:
 *
 *   - granules: as many in each state as the shadow says; realms: state, number of RECs, RIM and REM as recomputed from the calls
 *   - a refused call changed nothing: no granule was handed out for change, and now and then every byte is compared
 *   - the host reads what is Non-secure and nothing else
 *
 * and now and then the machine's invariants hold (rmm/invariants.h), and every granule, and every table entry, leads to what the shadow has there. Used by a test, a fuzzer and a benchmark:
 * what goes wrong is printed, and the program aborts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TESTS_RMM_SUPPORT_WALK_H
#define VCCA_TESTS_RMM_SUPPORT_WALK_H

#include "vcca/rmm.h"

/* A number below bound (at least 1). */
typedef unsigned (*walk_choice)(void *ctx, unsigned bound);

struct walk;
struct walk *walk_new(const struct vcca_machine_config *like, walk_choice choice, void *ctx);
/* One call, and the checks. With `bare` the calls are made and nothing is checked (for the benchmark). */
void walk_step(struct walk *w);
void walk_bare(struct walk *w, bool bare);
/* Takes everything apart, which must leave the machine as it was when it was new. */
void walk_end(struct walk *w);
/* Adds how often each command of the table succeeded. */
enum { WALK_COMMANDS = 64 };
void walk_tally(const struct walk *w, uint64_t taken[WALK_COMMANDS]);
/* How often a command is tried, in proportion; 0: it is not modelled, and no call of it succeeds. */
unsigned walk_weight(const struct vcca_command *command);
uint64_t walk_calls(const struct walk *w);
uint64_t walk_accepted(const struct walk *w);
const vcca_machine *walk_machine(const struct walk *w);

/* xorshift64*, for a seed that is not 0. */
unsigned walk_random(void *seed, unsigned bound);

#endif
