/* Beside vcca/explain.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_EXPLAIN_H
#define ROOMS_EXPLAIN_H

#include "rooms/sweep.h"
#include "vcca/explain.h"

/* Whether both are the same: no runs and one algorithm. */
bool vcca_rim_diff_same(const struct vcca_rim_diff *diff);

struct vcca_sweep_row {
  size_t id;
  bool known;   /* options.known has it: not computed */
  bool planned; /* rim is set; otherwise error says why there is no such VM */
  struct vcca_rim rim;
  bool has_rem0; /* REM0 is predicted too (vcca_vmm_rem0) */
  uint8_t rem0[VCCA_MEASUREMENT_SIZE];
  struct vcca_error error;
};

struct vcca_sweep_options {
  size_t shard, shards; /* configurations id with id mod shards = shard; shards 0: all */
  unsigned threads;     /* 0: one for each CPU */
  bool (*known)(void *ctx, size_t id);
  /* Receives the rows in order, as they are ready; false stops the sweep. */
  bool (*row)(void *ctx, const struct vcca_sweep_row *row);
  /* Remarks about configurations of VMM models, one at a time, most of them again and again; may be NULL. */
  vcca_note note;
  void *ctx; /* of all three */
};

/* Measures the configurations on all CPUs. Every image is hashed once; a configuration costs the part of
 * its chain that no other shared. A configuration that cannot be planned is a row; false, with err, when
 * there was no memory. */
VCCA_MUST_USE bool vcca_sweep_run(const struct vcca_sweep *sweep, const struct vcca_sweep_options *options,
                                  struct vcca_error *err);

#endif
