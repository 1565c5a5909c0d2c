/* Memory for what is read from a file, up to a budget.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_YAML_POOL_H
#define ROOMS_YAML_POOL_H

#include "vcca/file.h"

/* Memory that lives as long as a run, up to a budget. Zero-initialise but for left. */
struct pool {
  void *chain;
  size_t left; /* bytes that may still be taken */
};
enum { POOL_BUDGET = 1 << 30 };

/* Zero bytes from the pool; NULL (err filled) when the budget or the memory is spent. */
uint8_t *pool_take(struct pool *pool, size_t n, struct vcca_error *err);
/* A copy, followed by a NUL. */
VCCA_MUST_USE bool pool_copy(struct pool *pool, vcca_span bytes, vcca_span *out, struct vcca_error *err);
/* The bytes themselves, which are the pool's from now on; on failure they stay the caller's. */
VCCA_MUST_USE bool pool_adopt(struct pool *pool, struct vcca_bytes *bytes, vcca_span *out, struct vcca_error *err);
void pool_free(struct pool *pool);

#endif
