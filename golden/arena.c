/* SPDX-License-Identifier: Apache-2.0 */
#include "golden/arena.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 32 << 10 };

struct arena_chunk {
  struct arena_chunk *next;
  size_t used, cap;
  max_align_t bytes[];
};

void *arena_get(struct arena *a, size_t n)
{
  size_t units = n / sizeof(max_align_t) + 1;
  if (a->limit && (n > a->limit || a->taken > a->limit - n)) {
    a->failed = true;
    return NULL;
  }
  a->taken += n;
  struct arena_chunk *c = a->chunks;
  if (!c || c->cap - c->used < units) {
    size_t cap = units > CHUNK / sizeof(max_align_t) ? units : CHUNK / sizeof(max_align_t);
    c = calloc(1, sizeof *c + cap * sizeof(max_align_t));
    if (!c) {
      a->failed = true;
      return NULL;
    }
    c->cap = cap;
    c->next = a->chunks;
    a->chunks = c;
  }
  void *p = c->bytes + c->used;
  c->used += units;
  return p;
}

vcca_span arena_copy(struct arena *a, vcca_span bytes)
{
  uint8_t *p = bytes.p ? arena_get(a, bytes.n) : NULL;
  if (p && bytes.n > 0)
    memcpy(p, bytes.p, bytes.n);
  return vcca_span_of(p, p ? bytes.n : 0);
}

vcca_sink arena_sink(struct arena *a, size_t n)
{
  void *p = arena_get(a, n);
  return vcca_sink_of(p, p ? n : 0);
}

void arena_free(struct arena *a)
{
  while (a->chunks) {
    struct arena_chunk *next = a->chunks->next;
    free(a->chunks);
    a->chunks = next;
  }
}
