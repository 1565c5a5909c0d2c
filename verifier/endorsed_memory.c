/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/endorsed.h"
#include "rooms/error.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct endorsed_block {
  struct endorsed_block *next;
  _Alignas(max_align_t) uint8_t bytes[];
};

void *endorsed_take(struct endorsed *e, size_t n, struct vcca_error *err)
{
  struct endorsed_block *block = calloc(1, sizeof *block + n);
  if (block == NULL) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for endorsements");
    return NULL;
  }
  block->next = e->memory;
  e->memory = block;
  return block->bytes;
}

bool endorsed_copy(struct endorsed *e, vcca_span bytes, vcca_span *out, struct vcca_error *err)
{
  uint8_t *p = endorsed_take(e, bytes.n + 1, err);
  if (p == NULL)
    return false;
  if (bytes.n > 0)
    memcpy(p, bytes.p, bytes.n);
  *out = vcca_span_of(p, bytes.n);
  return true;
}

void endorsed_free(struct endorsed *e)
{
  struct endorsed_block *block = e->memory;
  while (block != NULL) {
    struct endorsed_block *next = block->next;
    free(block);
    block = next;
  }
  *e = (struct endorsed){0};
}
