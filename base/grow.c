/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/grow.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST = 64 };

void *vcca_grow(void *array, size_t count, size_t *room, size_t size)
{
  if (count < *room)
    return array;
  size_t more = *room ? 2 * *room : FIRST;
  void *larger = more <= SIZE_MAX / size ? realloc(array, more * size) : NULL;
  if (larger)
    *room = more;
  return larger;
}
