/* SPDX-License-Identifier: Apache-2.0 */
#include "rmm/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SLAB_PAGES = 256 };

_Static_assert(sizeof(struct granule) * GRANULES_PER_CHUNK == GRANULE_SIZE, "a chunk's records fill a page");

/* --- The pool ----------------------------------------------------------------------------------------- */

static void *page_at(const struct memory *mem, uint32_t page)
{
  return (uint8_t *)mem->slabs[page / SLAB_PAGES] + (page % SLAB_PAGES) * GRANULE_SIZE;
}

/* Back to the pool: zeros, but for the link to the next free page. */
static void give(struct memory *mem, uint32_t page)
{
  void *p = page_at(mem, page);
  memset(p, 0, GRANULE_SIZE);
  memcpy(p, &mem->free_page, sizeof mem->free_page);
  mem->free_page = page;
  mem->free_pages++;
}

static uint32_t take(struct memory *mem)
{
  uint32_t page = mem->free_page;
  assert(page != 0); /* memory_reserve was called */
  void *p = page_at(mem, page);
  memcpy(&mem->free_page, p, sizeof mem->free_page);
  memset(p, 0, sizeof mem->free_page);
  mem->free_pages--;
  return page;
}

static bool add_slab(struct memory *mem)
{
  if (mem->slab_count >= UINT32_MAX / SLAB_PAGES)
    return false;
  void **slabs = realloc(mem->slabs, (mem->slab_count + 1) * sizeof *slabs);
  if (!slabs)
    return false;
  mem->slabs = slabs;
  slabs[mem->slab_count] = calloc(SLAB_PAGES, GRANULE_SIZE);
  if (!slabs[mem->slab_count])
    return false;
  uint32_t first = (uint32_t)mem->slab_count++ * SLAB_PAGES;
  for (uint32_t i = SLAB_PAGES; i-- > 0;)
    if (first + i != 0) /* page 0 means none */
      give(mem, first + i);
  return true;
}

bool memory_reserve(struct memory *mem, size_t n)
{
  if (mem->chunk_room - mem->chunk_count < n) {
    size_t room = mem->chunk_count + n + mem->chunk_count / 2;
    struct chunk *chunks = realloc(mem->chunks, room * sizeof *chunks);
    if (!chunks)
      return false;
    mem->chunks = chunks;
    mem->chunk_room = room;
  }
  while (mem->free_pages < n)
    if (!add_slab(mem))
      return false;
  return true;
}

void memory_release(struct memory *mem)
{
  for (size_t i = 0; i < mem->slab_count; i++)
    free(mem->slabs[i]);
  free(mem->slabs);
  free(mem->chunks);
  *mem = (struct memory){0};
}

/* --- The directory ------------------------------------------------------------------------------------ */

/* Index of the first chunk at or above base. */
static size_t chunk_position(const struct memory *mem, uint64_t base)
{
  size_t low = 0, high = mem->chunk_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (mem->chunks[middle].base < base)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

struct granule *memory_records(const struct memory *mem, const struct chunk *chunk)
{
  return page_at(mem, chunk->table);
}

static struct granule *find(const struct memory *mem, uint64_t pa, size_t *position)
{
  uint64_t base = pa & ~(CHUNK_SIZE - 1);
  *position = chunk_position(mem, base);
  if (*position == mem->chunk_count || mem->chunks[*position].base != base)
    return NULL;
  return memory_records(mem, &mem->chunks[*position]) + (pa - base) / GRANULE_SIZE;
}

const struct granule *memory_granule(const struct memory *mem, uint64_t pa)
{
  size_t position;
  return find(mem, pa, &position);
}

struct granule *memory_touch(struct memory *mem, uint64_t pa)
{
  size_t position;
  mem->edits++;
  struct granule *g = find(mem, pa, &position);
  if (g)
    return g;
  assert(mem->chunk_count < mem->chunk_room);
  struct chunk *at = &mem->chunks[position];
  memmove(at + 1, at, (mem->chunk_count - position) * sizeof *at);
  *at = (struct chunk){.base = pa & ~(CHUNK_SIZE - 1), .table = take(mem)};
  mem->chunk_count++;
  return memory_records(mem, at) + (pa - at->base) / GRANULE_SIZE;
}

/* --- Contents ----------------------------------------------------------------------------------------- */

const void *memory_contents(const struct memory *mem, const struct granule *g)
{
  return g && g->page ? page_at(mem, g->page) : NULL;
}

void *memory_make(struct memory *mem, struct granule *g)
{
  if (!g->page)
    g->page = take(mem);
  return page_at(mem, g->page);
}

void memory_drop(struct memory *mem, struct granule *g)
{
  if (g->page)
    give(mem, g->page);
  g->page = 0;
}
