/* SPDX-License-Identifier: Apache-2.0 */
#include "rmm/granule.h"

#include "rmm/states.h"
#include "rooms/hash.h"
#include "rooms/span.h"
#include "rooms/rmm.h"

#include <assert.h>
#include <string.h>

static const char *const state_names[VCCA_GRANULE_STATES] = {"UNDELEGATED", "DELEGATED", "RD", "REC",
                                                             "REC_AUX",     "DATA",      "RTT"};
static const uint64_t zeros[GRANULE_SIZE / 8];

const char *vcca_granule_state_name(enum vcca_granule_state state)
{
  return (unsigned)state < VCCA_GRANULE_STATES ? state_names[state] : "?";
}

/* --- Where and whose ---------------------------------------------------------------------------------- */

bool vcca_granule_at(const vcca_machine *m, uint64_t pa, enum vcca_granule_state *state, enum vcca_pas *pas)
{
  if (!granule_region(m, pa))
    return false;
  *state = granule_state(m, pa);
  *pas = granule_pas(m, pa);
  return true;
}

void vcca_granule_census(const vcca_machine *m, uint64_t count[VCCA_GRANULE_STATES])
{
  memset(count, 0, VCCA_GRANULE_STATES * sizeof *count);
  for (size_t i = 0; i < m->memory.chunk_count; i++) {
    const struct granule *g = memory_records(&m->memory, &m->memory.chunks[i]);
    for (size_t j = 0; j < GRANULES_PER_CHUNK; j++)
      if (g[j].state != VCCA_GRANULE_UNDELEGATED)
        count[g[j].state]++;
  }
}

/* --- State -------------------------------------------------------------------------------------------- */

void granule_set_state(vcca_machine *m, uint64_t pa, enum vcca_granule_state state)
{
  assert(states_granule(granule_secure(m, pa), granule_state(m, pa), state));
  granule_restore_state(m, pa, state);
}

void granule_restore_state(vcca_machine *m, uint64_t pa, enum vcca_granule_state state)
{
  struct granule *g = memory_touch(&m->memory, pa);
  bool was_free = g->state == VCCA_GRANULE_UNDELEGATED;
  bool is_free = state == VCCA_GRANULE_UNDELEGATED;
  if (g->state == VCCA_GRANULE_RTT && state != VCCA_GRANULE_RTT)
    m->walked = (struct walked){.table = 0};
  g->state = (uint8_t)state;
  g->live = 0;
  if (was_free == is_free || !granule_secure(m, pa))
    return;
  if (was_free) {
    m->pool_free--;
    m->pool_next += pa == m->pool_next ? GRANULE_SIZE : 0;
    return;
  }
  m->pool_free++;
  if (pa < m->pool_next)
    m->pool_next = pa;
  if (pa < m->pool_next_block)
    m->pool_next_block = pa & ~(CHUNK_SIZE - 1);
}

void granule_take_block(vcca_machine *m, uint64_t pa, enum vcca_granule_state state)
{
  struct granule *g = memory_touch(&m->memory, pa);
  for (unsigned i = 0; i < GRANULES_PER_CHUNK; i++) {
    assert(g[i].state == VCCA_GRANULE_UNDELEGATED && states_granule(true, VCCA_GRANULE_UNDELEGATED, state));
    g[i].state = (uint8_t)state;
  }
  m->pool_free -= GRANULES_PER_CHUNK;
}

void granule_release_block(vcca_machine *m, uint64_t pa)
{
  struct granule *g = memory_touch(&m->memory, pa);
  for (unsigned i = 0; i < GRANULES_PER_CHUNK; i++) {
    assert(states_granule(true, (enum vcca_granule_state)g[i].state, VCCA_GRANULE_UNDELEGATED));
    memory_drop(&m->memory, &g[i]);
    g[i].state = VCCA_GRANULE_UNDELEGATED;
  }
  m->pool_free += GRANULES_PER_CHUNK;
  m->pool_next = pa < m->pool_next ? pa : m->pool_next;
  m->pool_next_block = pa < m->pool_next_block ? pa : m->pool_next_block;
}

void granule_release(vcca_machine *m, uint64_t pa)
{
  granule_wipe(m, pa);
  granule_set_state(m, pa, granule_secure(m, pa) ? VCCA_GRANULE_UNDELEGATED : VCCA_GRANULE_DELEGATED);
}

/* --- Contents ----------------------------------------------------------------------------------------- */

/* The embedder's bytes of a granule, which hold its contents while it is Non-secure. NULL: they are in the
 * machine. */
static uint8_t *host_bytes(const vcca_machine *m, uint64_t pa)
{
  const struct vcca_region *r = m->embedded ? granule_region(m, pa) : NULL;
  if (!r || !r->bytes || granule_pas(m, pa) != VCCA_PAS_NS)
    return NULL;
  return r->bytes + (pa & ~(GRANULE_SIZE - 1)) - r->base;
}

const void *granule_read(const vcca_machine *m, uint64_t pa)
{
  const void *p = host_bytes(m, pa);
  if (!p)
    p = memory_contents(&m->memory, memory_granule(&m->memory, pa));
  return p ? p : zeros;
}

void *granule_edit(vcca_machine *m, uint64_t pa)
{
  uint8_t *host = host_bytes(m, pa);
  return host ? host : memory_make(&m->memory, memory_touch(&m->memory, pa));
}

void granule_wipe(vcca_machine *m, uint64_t pa)
{
  uint8_t *host = host_bytes(m, pa);
  if (host)
    memset(host, 0, GRANULE_SIZE);
  else if (memory_granule(&m->memory, pa))
    memory_drop(&m->memory, memory_touch(&m->memory, pa));
}

void granule_copy(vcca_machine *m, uint64_t to, uint64_t from)
{
  const void *source = granule_read(m, from);
  if (source == zeros)
    granule_wipe(m, to);
  else if (!memory_share(&m->memory, memory_touch(&m->memory, to), memory_granule(&m->memory, from)))
    memcpy(granule_edit(m, to), source, GRANULE_SIZE);
}

/* --- Lent pages ---------------------------------------------------------------------------------------- */

bool vcca_host_lend(vcca_machine *m, uint64_t pa, vcca_span page, bool lasting)
{
  if (!granule_aligned(pa) || page.n != GRANULE_SIZE || !granule_nonsecure(m, pa) || !memory_reserve(&m->memory, 1, 1))
    return false;
  if (!host_bytes(m, pa))
    return memory_lend(&m->memory, memory_touch(&m->memory, pa), page.p, lasting);
  memcpy(granule_edit(m, pa), page.p, GRANULE_SIZE);
  return true;
}

struct ahead_of {
  vcca_machine *m;
  enum vcca_hash_alg alg;
  vcca_span content;
  vcca_lent_pages each;
  void *ctx;
};

/* Makes the digests of these pages known while `each` runs. */
static void hashed_ahead(void *ctx, size_t first, size_t n, const uint8_t *digests)
{
  const struct ahead_of *a = ctx;
  a->m->ahead = (struct ahead){
      .alg = a->alg, .pages = vcca_span_sub(a->content, first * GRANULE_SIZE, n * GRANULE_SIZE), .digests = digests};
  a->each(a->ctx, first, n);
  a->m->ahead = (struct ahead){.digests = NULL};
}

void vcca_host_hash_ahead(vcca_machine *m, enum vcca_hash_alg alg, vcca_span content, vcca_lent_pages each, void *ctx)
{
  struct ahead_of a = {m, alg, content, each, ctx};
  vcca_hash_pages_each(alg, content, content.n / GRANULE_SIZE, hashed_ahead, &a);
}

void granule_digest(const vcca_machine *m, enum vcca_hash_alg alg, uint64_t pa, uint8_t *digest)
{
  vcca_span page = vcca_span_of(granule_read(m, pa), GRANULE_SIZE);
  const struct ahead *ahead = &m->ahead;
  uintptr_t offset = (uintptr_t)page.p - (uintptr_t)ahead->pages.p; /* very large when the page is below them */
  if (ahead->digests && ahead->alg == alg && offset < ahead->pages.n && offset % GRANULE_SIZE == 0)
    memcpy(digest, ahead->digests + offset / GRANULE_SIZE * vcca_hash_size(alg), vcca_hash_size(alg));
  else if (page.p == (const uint8_t *)zeros || vcca_span_zero(page))
    memcpy(digest, vcca_hash_zero_page(alg), vcca_hash_size(alg));
  else
    vcca_hash(alg, page, digest);
}

/* --- The TMM's pool ----------------------------------------------------------------------------------- */

/* How many of the n granules from pa on are free, up to the first that is not. */
static uint64_t free_run(const vcca_machine *m, uint64_t pa, uint64_t n)
{
  for (uint64_t i = 0; i < n; i++)
    if (granule_state(m, pa + i * GRANULE_SIZE) != VCCA_GRANULE_UNDELEGATED)
      return i;
  return n;
}

/* As granule_pool_find, in one region and not below `from`. */
static uint64_t find_in(const vcca_machine *m, const struct vcca_region *r, uint64_t from, uint64_t n)
{
  uint64_t bytes = n * GRANULE_SIZE;
  uint64_t pa = from > r->base ? from : r->base;
  pa = (pa + bytes - 1) & ~(bytes - 1);
  while (pa < r->base + r->size && r->base + r->size - pa >= bytes) {
    bool untouched = pa % CHUNK_SIZE == 0 && !memory_granule(&m->memory, pa);
    if (untouched || free_run(m, pa, n) == n)
      return pa;
    pa += bytes;
  }
  return 0;
}

uint64_t granule_pool_find(vcca_machine *m, uint64_t n)
{
  uint64_t *hint = n == 1 ? &m->pool_next : n == GRANULES_PER_CHUNK ? &m->pool_next_block : NULL;
  uint64_t best = 0;
  for (size_t i = 0; i < m->config.region_count; i++) {
    const struct vcca_region *r = &m->config.regions[i];
    uint64_t pa = r->secure ? find_in(m, r, hint ? *hint : m->pool_next, n) : 0;
    if (pa && (!best || pa < best))
      best = pa;
  }
  if (best && hint)
    *hint = best;
  return best;
}

/* --- The host's loads and stores ---------------------------------------------------------------------- */

static size_t in_granule(uint64_t pa, size_t n)
{
  uint64_t left = GRANULE_SIZE - pa % GRANULE_SIZE;
  return n < left ? n : (size_t)left;
}

static bool host_may(const vcca_machine *m, uint64_t pa, size_t n)
{
  if (n > 0 && n - 1 > UINT64_MAX - pa)
    return false;
  for (size_t done = 0; done < n; done += in_granule(pa + done, n - done))
    if (!granule_nonsecure(m, pa + done))
      return false;
  return true;
}

bool vcca_host_read(const vcca_machine *m, uint64_t pa, vcca_sink *out, size_t n)
{
  if (!host_may(m, pa, n))
    return false;
  for (size_t done = 0, part; done < n; done += part) {
    part = in_granule(pa + done, n - done);
    vcca_sink_put(out, vcca_span_of((const uint8_t *)granule_read(m, pa + done) + (pa + done) % GRANULE_SIZE, part));
  }
  return true;
}

bool vcca_host_write(vcca_machine *m, uint64_t pa, vcca_span bytes)
{
  size_t chunks = bytes.n / CHUNK_SIZE + 2, pages = bytes.n / GRANULE_SIZE + 2 + chunks;
  if (!host_may(m, pa, bytes.n) || !memory_reserve(&m->memory, pages, chunks))
    return false;
  for (size_t done = 0, part; done < bytes.n; done += part) {
    part = in_granule(pa + done, bytes.n - done);
    memcpy((uint8_t *)granule_edit(m, pa + done) + (pa + done) % GRANULE_SIZE, bytes.p + done, part);
  }
  return true;
}
