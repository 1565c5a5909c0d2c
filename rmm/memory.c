/* SPDX-License-Identifier: Apache-2.0 */
#include "rmm/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct granule) * GRANULES_PER_CHUNK == GRANULE_SIZE, "a chunk's records fill a page");

/* --- The pool ----------------------------------------------------------------------------------------- */

/* Gives a page back to the pool: zeros, but for the link to the next free page. */
static void give(struct memory *mem, uint32_t page)
{
  void *p = memory_page(mem, page);
  memset(p, 0, GRANULE_SIZE);
  memcpy(p, &mem->free_page, sizeof mem->free_page);
  mem->free_page = page;
  mem->free_pages++;
}

static uint32_t take(struct memory *mem)
{
  assert(mem->free_pages > 0); /* memory_reserve was called */
  mem->free_pages--;
  uint32_t page = mem->free_page;
  if (page == 0)
    return mem->fresh_page++;
  void *p = memory_page(mem, page);
  memcpy(&mem->free_page, p, sizeof mem->free_page);
  memset(p, 0, sizeof mem->free_page);
  return page;
}

static bool add_slab(struct memory *mem)
{
  if (mem->slab_count >= MEMORY_LENT / SLAB_PAGES)
    return false;
  void **slabs = realloc(mem->slabs, (mem->slab_count + 1) * sizeof *slabs);
  if (!slabs)
    return false;
  mem->slabs = slabs;
  slabs[mem->slab_count] = calloc(SLAB_PAGES, GRANULE_SIZE);
  if (!slabs[mem->slab_count])
    return false;
  bool first = mem->slab_count++ == 0;
  if (first)
    mem->fresh_page = 1; /* page 0 means none */
  mem->free_pages += first ? SLAB_PAGES - 1 : SLAB_PAGES;
  return true;
}

void memory_release(struct memory *mem)
{
  for (size_t i = 0; i < mem->slab_count; i++)
    free(mem->slabs[i]);
  free(mem->slabs);
  free(mem->chunks);
  free(mem->lent);
  free(mem->places);
  *mem = (struct memory){0};
}

/* --- The directory ------------------------------------------------------------------------------------ */

size_t memory_chunk_index(const struct memory *mem, uint64_t base)
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

static void add_place(struct memory *mem, const struct chunk *chunk)
{
  size_t at = memory_place(mem, chunk->base);
  while (mem->places[at].table)
    at = (at + 1) & mem->place_mask;
  mem->places[at] = *chunk;
}

/* Keeps at least two places for each chunk, so that a search is short. */
static bool reserve_places(struct memory *mem, size_t chunks)
{
  size_t count = mem->place_mask + 1;
  if (mem->places && count / 2 >= chunks)
    return true;
  while (count < 4 * chunks)
    count *= 2;
  struct chunk *places = calloc(count, sizeof *places);
  if (!places)
    return false;
  free(mem->places);
  mem->places = places;
  mem->place_mask = count - 1;
  for (size_t i = 0; i < mem->chunk_count; i++)
    add_place(mem, &mem->chunks[i]);
  return true;
}

static struct granule *add_chunk(struct memory *mem, uint64_t base)
{
  assert(mem->chunk_count < mem->chunk_room); /* memory_reserve was called */
  struct chunk *at = &mem->chunks[memory_chunk_index(mem, base)];
  memmove(at + 1, at, (size_t)(mem->chunks + mem->chunk_count - at) * sizeof *at);
  *at = (struct chunk){.base = base, .table = take(mem)};
  mem->chunk_count++;
  add_place(mem, at);
  return memory_records(mem, at);
}

bool memory_reserve(struct memory *mem, size_t pages, size_t chunks)
{
  pages += mem->held_pages;
  chunks += mem->held_chunks;
  if (!reserve_places(mem, mem->chunk_count + chunks))
    return false;
  if (mem->chunk_room - mem->chunk_count < chunks) {
    size_t room = mem->chunk_count + chunks + mem->chunk_count / 2;
    struct chunk *larger = realloc(mem->chunks, room * sizeof *larger);
    if (!larger)
      return false;
    mem->chunks = larger;
    mem->chunk_room = room;
  }
  while (mem->free_pages < pages)
    if (!add_slab(mem))
      return false;
  return true;
}

bool memory_hold(struct memory *mem, size_t pages, size_t chunks)
{
  if (!memory_reserve(mem, pages, chunks))
    return false;
  mem->held_pages += pages;
  mem->held_chunks += chunks;
  return true;
}

void memory_let_go(struct memory *mem, size_t pages, size_t chunks)
{
  mem->held_pages -= pages;
  mem->held_chunks -= chunks;
}

struct granule *memory_touch(struct memory *mem, uint64_t pa)
{
  uint64_t base = pa & ~(CHUNK_SIZE - 1);
  struct granule *records = memory_chunk(mem, base);
  mem->edits++;
  return (records ? records : add_chunk(mem, base)) + (pa - base) / GRANULE_SIZE;
}

/* --- Contents ----------------------------------------------------------------------------------------- */

static struct lent *lent_at(const struct memory *mem, const struct granule *g)
{
  return g && g->page >= MEMORY_LENT ? &mem->lent[g->page - MEMORY_LENT] : NULL;
}

const void *memory_contents(const struct memory *mem, const struct granule *g)
{
  const struct lent *lent = lent_at(mem, g);
  if (lent)
    return lent->bytes;
  return g && g->page ? memory_page(mem, g->page) : NULL;
}

void *memory_make(struct memory *mem, struct granule *g)
{
  const struct lent *lent = lent_at(mem, g);
  const void *bytes = lent ? lent->bytes : NULL;
  if (lent)
    memory_drop(mem, g);
  if (!g->page)
    g->page = take(mem);
  void *page = memory_page(mem, g->page);
  if (bytes)
    memcpy(page, bytes, GRANULE_SIZE);
  return page;
}

void memory_drop(struct memory *mem, struct granule *g)
{
  struct lent *lent = lent_at(mem, g);
  if (lent && --lent->users == 0) {
    lent->next = mem->free_lent;
    mem->free_lent = g->page - MEMORY_LENT;
  } else if (!lent && g->page) {
    give(mem, g->page);
  }
  g->page = 0;
}

/* An unused index for a lent page; 0: no memory. */
static uint32_t lent_place(struct memory *mem)
{
  uint32_t index = mem->free_lent;
  if (index) {
    mem->free_lent = mem->lent[index].next;
    return index;
  }
  if (mem->lent_count == mem->lent_room) {
    uint32_t room = mem->lent_room + mem->lent_room / 2 + 64;
    struct lent *lent = room < MEMORY_LENT ? realloc(mem->lent, room * sizeof *lent) : NULL;
    if (!lent)
      return 0;
    mem->lent = lent;
    mem->lent_room = room;
    if (mem->lent_count == 0)
      mem->lent_count = 1; /* 0 means none */
  }
  return mem->lent_count++;
}

bool memory_lend(struct memory *mem, struct granule *g, const void *bytes, bool lasting)
{
  uint32_t index = lent_place(mem);
  if (index == 0)
    return false;
  memory_drop(mem, g);
  mem->lent[index] = (struct lent){.bytes = bytes, .users = 1, .lasting = lasting};
  g->page = MEMORY_LENT + index;
  return true;
}

bool memory_share(struct memory *mem, struct granule *to, const struct granule *from)
{
  struct lent *lent = lent_at(mem, from);
  if (!lent || !lent->lasting)
    return false;
  lent->users++;
  memory_drop(mem, to);
  to->page = from->page;
  return true;
}
