/* Arrays that grow by one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_GROW_H
#define ROOMS_GROW_H

#include <stddef.h>

/* Makes room for one item more in an array (NULL: none yet) with count items of `size` bytes and *room
 * places. Returns the array, which may have moved, and its new *room; NULL without memory, then the array
 * is as it was. */
void *vcca_grow(void *array, size_t count, size_t *room, size_t size);

#endif
