/* Memory that is given back all at once: what one golden case is made of lives and dies together.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_ARENA_H
#define GOLDEN_ARENA_H

#include "vcca/span.h"

struct arena_chunk;
struct arena {
  struct arena_chunk *chunks;
  size_t limit; /* bytes of all requests; 0: none */
  size_t taken;
  bool failed; /* some request was not met */
};

/* n zero bytes, aligned for anything; NULL when there is no memory, or no more within the limit, which the
 * arena remembers. */
void *arena_get(struct arena *a, size_t n);
/* A copy; {NULL, 0} stays absent. */
vcca_span arena_copy(struct arena *a, vcca_span bytes);
/* Room for n bytes, as a sink. */
vcca_sink arena_sink(struct arena *a, size_t n);
void arena_free(struct arena *a);

#endif
