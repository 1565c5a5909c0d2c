/* Two small VMs, compared.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EXPLAIN_SUPPORT_DIFF_H
#define TESTS_EXPLAIN_SUPPORT_DIFF_H

#include "support.h"

/* The two; support_pair_up makes them alike, support_pair_down frees them. */
extern struct support_vm support_a, support_b;
int support_pair_up(void **state);
int support_pair_down(void **state);

struct support_diff {
  struct vcca_rim_trace t[2];
  struct vcca_rim_diff d;
  char *text; /* in words */
};
/* Compares the two plans; or the first one, written to a file and read back, with the second. */
void support_compare(struct support_diff *c);
void support_compare_file(struct support_diff *c);
void support_words(struct support_diff *c); /* of d, into text */
void support_release(struct support_diff *c);
/* The plan's trace as a file has it; to be freed. */
void support_trace(const struct vcca_plan *plan, char **text, size_t *n);

void support_has(const struct support_diff *c, const char *words);
void support_run(const struct support_diff *c, size_t i, enum vcca_difference what, uint64_t base, size_t count);

#endif
