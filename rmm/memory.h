/* Storage: 4 KiB pages in a pool, and a record per granule in a sparse directory (one page of 512 records per 2 MiB of physical
 * memory, made when first touched). Everything is linked by indexes; pages never move. A page that does not exist reads as zeros.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_MEMORY_H
#define RMM_MEMORY_H

#include "vcca/rmm.h"

#define GRANULE_SIZE UINT64_C(4096)
enum { GRANULES_PER_CHUNK = 512 };
#define CHUNK_SIZE (GRANULE_SIZE * GRANULES_PER_CHUNK)

struct granule {
  uint32_t page; /* contents; 0: zeros */
  uint8_t state; /* enum vcca_granule_state */
  uint8_t reserved[3];
};

/* The granules of 2 MiB; their records fill one page. */
struct chunk {
  uint64_t base;
  uint32_t table;
  uint32_t reserved;
};

struct memory {
  void **slabs;
  size_t slab_count;
  uint32_t free_page; /* head of the list through the free pages */
  size_t free_pages;
  struct chunk *chunks; /* by base */
  size_t chunk_count;
  size_t chunk_room;
  uint64_t edits; /* how often a granule was handed out to be changed: a call that changed nothing leaves it alone */
};

/* Makes sure that n pages, for contents or for records, can be taken without fail. False: out of memory, nothing changed that
 * anyone could see. */
VCCA_MUST_USE bool memory_reserve(struct memory *mem, size_t n);
void memory_release(struct memory *mem);

/* The record of the granule that holds pa: NULL when it was never touched; touch makes it (reserved memory). */
const struct granule *memory_granule(const struct memory *mem, uint64_t pa);
struct granule *memory_touch(struct memory *mem, uint64_t pa);
/* The records of a chunk. */
struct granule *memory_records(const struct memory *mem, const struct chunk *chunk);

/* A granule's contents: NULL when it has no page; make gives it one, of zeros; drop makes it zeros again. */
const void *memory_contents(const struct memory *mem, const struct granule *g);
void *memory_make(struct memory *mem, struct granule *g);
void memory_drop(struct memory *mem, struct granule *g);

#endif
