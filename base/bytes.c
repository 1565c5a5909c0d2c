/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/file.h"
#include "rooms/error.h"

#include <stdlib.h>

bool vcca_bytes_alloc(struct vcca_bytes *b, size_t n, struct vcca_error *err)
{
  b->p = calloc(n ? n : 1, 1);
  b->n = b->p ? n : 0;
  return b->p ? true : vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu bytes", n);
}

void vcca_bytes_free(struct vcca_bytes *b)
{
  free(b->p);
  b->p = NULL;
  b->n = 0;
}
