/* How many host calls a machine handles in a second: random walks over both ABIs, bare and with every call checked
 * (tests/rmm/support_walk.h). A walk's mix is mostly refusals; what is accepted makes, measures and destroys realms.
 *
 *   bench_calls [CALLS]     of each walk; default 1,000,000
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/rmm/support_walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* of this process: the machine may have other work */
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void run(const char *name, const struct vcca_machine_config *config, uint64_t calls, bool bare)
{
  uint64_t random = 1;
  struct walk *w = walk_new(config, walk_random, &random);
  walk_bare(w, bare);
  double start = now();
  while (walk_calls(w) < calls)
    walk_step(w);
  double seconds = now() - start;
  printf("%-24s %-8s %10" PRIu64 " calls, %2.0f%% accepted, %9.0f a second\n", name, bare ? "bare" : "checked", walk_calls(w),
         100 * (double)walk_accepted(w) / (double)walk_calls(w), (double)walk_calls(w) / seconds);
  walk_end(w);
}

int main(int argc, char **argv)
{
  const struct vcca_machine_config rmi = {.abi = VCCA_ABI_RMI}, tmi = {.abi = VCCA_ABI_TMI, .rules = VCCA_RULES_VIRTCCA};
  uint64_t calls = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
  for (int bare = 1; bare >= 0; bare--) {
    run("RMI", &rmi, calls, bare);
    run("TMI", &tmi, calls, bare);
  }
  return 0;
}
