/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/yaml_pool.h"
#include "rooms/error.h"

#include <stdlib.h>
#include <string.h>

struct block {
  struct block *chain;
  struct vcca_bytes adopted; /* bytes that were somebody else's */
  uint8_t bytes[];
};

/* A block with room for n bytes of its own, and cost bytes less in the pool. */
static struct block *pool_block(struct pool *pool, size_t n, size_t cost, struct vcca_error *err)
{
  struct block *block = cost < pool->left ? calloc(1, sizeof *block + n + 1) : NULL;
  if (!block) {
    vcca_fail(err, VCCA_FAULT_MEMORY,
              cost < pool->left ? "no memory for %zu bytes" : "%zu bytes more than one file may use", cost);
    return NULL;
  }
  pool->left -= cost + 1;
  block->chain = pool->chain;
  pool->chain = block;
  return block;
}

uint8_t *pool_take(struct pool *pool, size_t n, struct vcca_error *err)
{
  struct block *block = pool_block(pool, n, n, err);
  return block ? block->bytes : NULL;
}

bool pool_copy(struct pool *pool, vcca_span bytes, vcca_span *out, struct vcca_error *err)
{
  uint8_t *p = pool_take(pool, bytes.n, err);
  if (p && bytes.n > 0)
    memcpy(p, bytes.p, bytes.n);
  *out = vcca_span_of(p, p ? bytes.n : 0);
  return p != NULL;
}

bool pool_adopt(struct pool *pool, struct vcca_bytes *bytes, vcca_span *out, struct vcca_error *err)
{
  struct block *block = pool_block(pool, 0, bytes->n, err);
  if (!block)
    return false;
  block->adopted = *bytes;
  *bytes = (struct vcca_bytes){0};
  *out = vcca_bytes_span(&block->adopted);
  return true;
}

void pool_free(struct pool *pool)
{
  for (struct block *block = pool->chain, *next; block; block = next) {
    next = block->chain;
    vcca_bytes_free(&block->adopted);
    free(block);
  }
  pool->chain = NULL;
}
