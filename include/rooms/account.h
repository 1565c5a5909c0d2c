/* A readable account of a measurement: the steps of a RIM, runs of granules drawn together into one line
 * each.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_ACCOUNT_H
#define ROOMS_ACCOUNT_H

#include <stdio.h>

#include "vcca/json.h"
#include "vcca/measurement.h"

/* What lies at [base, top): "kernel". */
struct vcca_account_label {
  const char *name;
  uint64_t base, top;
};
enum { VCCA_ACCOUNT_LABELS = 16 };

struct vcca_account {
  FILE *out; /* NULL: none */
  enum vcca_hash_alg hash_alg;
  struct vcca_account_label labels[VCCA_ACCOUNT_LABELS];
  size_t label_count;
  uint64_t steps;
  /* the run that is being drawn together */
  struct vcca_rim_step first;
  uint64_t run, run_end, run_zero;
  const char *run_label;
  uint8_t value[VCCA_MEASUREMENT_SIZE];
};

/* A vcca_rim_hook; ctx is a struct vcca_account. */
void vcca_account_step(void *account, const struct vcca_rim_step *step);
/* Prints the run that is still open. */
void vcca_account_end(struct vcca_account *account);

/* One step as members of a JSON object that is open; facts: without its number. */
void vcca_account_facts(struct vcca_json *j, enum vcca_hash_alg alg, const struct vcca_rim_step *step);
void vcca_account_members(struct vcca_json *j, uint64_t number, enum vcca_hash_alg alg,
                          const struct vcca_rim_step *step);
/* One step as a JSON object on a line of its own, with its number: the trace format. */
void vcca_account_json(FILE *out, uint64_t number, enum vcca_hash_alg alg, const struct vcca_rim_step *step);

#endif
