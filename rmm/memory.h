/* Storage: 4 KiB pages in a pool, and a record per granule in a sparse directory (one page of 512 records per
 * 2 MiB of physical memory, made when first touched). Links are indexes; pages never move. A granule without
 * a page reads as zeros. A lent page is the embedder's. It may be shared and is never written; a store to its
 * granule replaces it by a page of the pool.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_MEMORY_H
#define RMM_MEMORY_H

#include "vcca/rmm.h"

#define GRANULE_SIZE UINT64_C(4096)
enum { GRANULES_PER_CHUNK = 512, SLAB_PAGES = 256 };
#define CHUNK_SIZE (GRANULE_SIZE * GRANULES_PER_CHUNK)

struct granule {
  uint32_t page; /* of the contents; 0: zeros; MEMORY_LENT and above: lent */
  uint8_t state; /* enum vcca_granule_state */
  uint8_t reserved;
  uint16_t live; /* RTT: how many of its entries are ASSIGNED or TABLE */
};

/* The 512 granules of 2 MiB. Their records fill one page. */
struct chunk {
  uint64_t base;
  uint32_t table;
  uint32_t reserved;
};

#define MEMORY_LENT (UINT32_C(1) << 31)
struct lent {
  const void *bytes;
  uint32_t users; /* granules that show it */
  uint32_t next;  /* of the free ones, while it has none */
  bool
      lasting; /* the bytes stay until the machine is freed; otherwise only the granule they were lent to may refer to them */
};

struct memory {
  void **slabs;
  size_t slab_count;
  uint32_t free_page;   /* head of the list through the pages given back */
  uint32_t fresh_page;  /* the first that was never taken */
  size_t free_pages;    /* both kinds */
  struct chunk *places; /* the chunks by a hash of their base; table 0: none. A power of two of them */
  size_t place_mask;
  struct chunk *chunks; /* by base */
  size_t chunk_count;
  size_t chunk_room;
  struct lent *lent; /* 0 is none */
  uint32_t lent_count;
  uint32_t lent_room;
  uint32_t free_lent; /* head of their list */
  uint64_t edits;     /* how often a granule was handed out for writing; for tests that a call changed nothing */
  size_t held_pages;  /* promised to calls that are under way */
  size_t held_chunks;
};

/* Makes sure that this many pages (contents and records of chunks) and chunks can be taken without failure,
 * in addition to those that are held. False: out of memory; nothing that a caller can see changed. */
VCCA_MUST_USE bool memory_reserve(struct memory *mem, size_t pages, size_t chunks);
/* Reserves them and holds them for this call until memory_let_go. The realm's program and the hooks, which
 * run between a call's checks and its last effect, may store into the machine themselves. */
VCCA_MUST_USE bool memory_hold(struct memory *mem, size_t pages, size_t chunks);
void memory_let_go(struct memory *mem, size_t pages, size_t chunks);
void memory_release(struct memory *mem);

static inline void *memory_page(const struct memory *mem, uint32_t page)
{
  return (uint8_t *)mem->slabs[page / SLAB_PAGES] + (page % SLAB_PAGES) * GRANULE_SIZE;
}
/* The records of a chunk. */
static inline struct granule *memory_records(const struct memory *mem, const struct chunk *chunk)
{
  return (struct granule *)memory_page(mem, chunk->table);
}
/* Where the search for a chunk begins. Fibonacci hashing spreads neighbours. */
static inline size_t memory_place(const struct memory *mem, uint64_t base)
{
  return (size_t)(base / CHUNK_SIZE * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mem->place_mask;
}
/* The records of the chunk at base, NULL when there is none. */
static inline struct granule *memory_chunk(const struct memory *mem, uint64_t base)
{
  if (!mem->places)
    return NULL;
  for (size_t at = memory_place(mem, base); mem->places[at].table; at = (at + 1) & mem->place_mask)
    if (mem->places[at].base == base)
      return memory_records(mem, &mem->places[at]);
  return NULL;
}
/* The record of the granule that holds pa; NULL when it was never touched. memory_touch makes it, from
 * reserved memory. */
static inline const struct granule *memory_granule(const struct memory *mem, uint64_t pa)
{
  uint64_t base = pa & ~(CHUNK_SIZE - 1);
  const struct granule *records = memory_chunk(mem, base);
  return records ? records + (pa - base) / GRANULE_SIZE : NULL;
}
struct granule *memory_touch(struct memory *mem, uint64_t pa);
/* The index of the first chunk that begins at base or above. */
size_t memory_chunk_index(const struct memory *mem, uint64_t base);

/* A granule's contents; NULL when it has no page. memory_make gives it a page, from reserved memory;
 * memory_drop takes the page away, so that the granule reads as zeros. */
const void *memory_contents(const struct memory *mem, const struct granule *g);
void *memory_make(struct memory *mem, struct granule *g);
void memory_drop(struct memory *mem, struct granule *g);
/* Makes bytes (GRANULE_SIZE of them, the caller's) the contents of the granule. False, without effect, when
 * there is no memory. */
VCCA_MUST_USE bool memory_lend(struct memory *mem, struct granule *g, const void *bytes, bool lasting);
/* Makes the page that was lent to `from` the contents of `to` as well. False, without effect, when `from` has
 * no lasting lent page. */
bool memory_share(struct memory *mem, struct granule *to, const struct granule *from);

#endif
