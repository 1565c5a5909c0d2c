/* A tape of bytes as a walk of host calls (tests/rmm/support_walk.h): the first byte says which machine,
 * each further choice, of a command, of a handle by its small index, of a value, takes a byte. Every call
 * is checked against the walk's shadow.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/rmm/support_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes not yet taken; none left: zeros. */
static unsigned from_tape(void *ctx, unsigned bound)
{
  vcca_span *tape = ctx;
  unsigned value = 0;
  for (unsigned taken = 1; taken < bound && tape->n > 0; taken *= 256) {
    value = value * 256 + *tape->p;
    *tape = vcca_span_sub(*tape, 1, tape->n);
  }
  return value % bound;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const struct vcca_machine_config machines[] = {
      {.abi = VCCA_ABI_RMI},
      {.abi = VCCA_ABI_TMI, .rules = VCCA_RULES_VIRTCCA},
      {.abi = VCCA_ABI_RMI, .rules = VCCA_RULES_ARM_2_0, .rem_zero_padded = true},
      {.abi = VCCA_ABI_RMI, .features = {.max_recs_order = 2, .gicv3_num_lrs = 3, .s2sz = 44}},
  };
  vcca_span tape = vcca_span_of(data, size);
  struct walk *w = walk_new(&machines[from_tape(&tape, 4)], from_tape, &tape);
  while (tape.n > 0)
    walk_step(w);
  walk_end(w);
  return 0;
}
