/* What a search begins with: a VM, laid out, its images hashed, as a theory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPLAIN_BASE_H
#define EXPLAIN_BASE_H

#include "explain/theory.h"

struct base {
  struct configuration configuration;
  struct vcca_plan vm_plan; /* one of both; they stay where they are */
  struct vcca_vmm_plan vmm_plan;
  const struct vcca_plan *plan;
  struct vcca_bytes dtb;
  const struct base *first; /* whose digests are used where images are the same; NULL: none */
  struct image_reader reader;
  struct images images;
  bool own[VCCA_SEGMENTS]; /* digests */
  struct theory theory;
};

/* The plan as it is. vm may be NULL. Free it, also after a failure. */
VCCA_MUST_USE bool base_of_plan(const struct vcca_plan *plan, const struct vcca_rim_vm *vm, enum vcca_hash_alg alg,
                                struct image_reader reader, struct base *out, struct vcca_error *err);
/* A changed VM, laid out anew. False when it cannot be laid out, or for want of memory: then it is no
 * hypothesis. */
VCCA_MUST_USE bool base_of_configuration(const struct configuration *configuration, const struct base *first,
                                         struct base *out);
void base_free(struct base *base);

#endif
