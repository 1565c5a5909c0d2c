/* TMI: a CVM's memory and its tables. Every granule comes from the TMM's pool and goes back there.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/rec.h"
#include "rmm/rtt.h"
#include "rmm/tmi.h"

enum { BLOCK_LEVEL = 2 };
/* About how many granules TTT_DESTROY gives back per call. */
enum { DESTROY_AT_ONCE = 8192 };

static const struct rtt_entry vacant = {.hipas = RTT_UNASSIGNED, .ripas = RTT_RAM};

static uint64_t take(vcca_machine *m, enum vcca_granule_state state)
{
  uint64_t pa = granule_pool_find(m, 1);
  granule_set_state(m, pa, state);
  return pa;
}

static void assign(vcca_machine *m, const struct rtt_walk *walk, uint64_t pa)
{
  rtt_put(m, walk->table, walk->index, (struct rtt_entry){.hipas = RTT_ASSIGNED, .ripas = RTT_RAM, .pa = pa});
}

/* Gives the memory of the walked entry, page or block, back to the pool. Returns the number of granules. */
static uint64_t vacate(vcca_machine *m, uint64_t table, unsigned index, int level)
{
  struct rtt_entry e = rtt_get(m, table, index);
  if (level == BLOCK_LEVEL)
    granule_release_block(m, e.pa);
  else
    granule_release(m, e.pa);
  rtt_put(m, table, index, vacant);
  return rtt_entry_size(level) / GRANULE_SIZE;
}

/* --- Pages -------------------------------------------------------------------------------------------- */

uint64_t tmi_data_create(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[2], ipa = call->in[3], src = call->in[4], level = call->in[5];
  REQUIRE(rd_align, granule_aligned(rd), TMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_secure(m, rd), TMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, TMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(level_bound, level == RTT_PAGE_LEVEL, TMI_ERROR_INPUT);
  REQUIRE(ipa_align, granule_aligned(ipa), TMI_ERROR_INPUT);
  REQUIRE(ipa_bound, realm_in_space(realm, ipa), TMI_ERROR_INPUT);
  REQUIRE(src_align, granule_aligned(src), TMI_ERROR_INPUT);
  REQUIRE(src_bound, !src || granule_region(m, src), TMI_ERROR_INPUT);
  REQUIRE(src_pas, !src || granule_nonsecure(m, src), TMI_ERROR_INPUT);
  REQUIRE(cvm_state, realm->state == VCCA_REALM_NEW, TMI_ERROR_CVM_STATE);
  struct rtt_walk walk = rtt_walk_page(m, realm, ipa);
  REQUIRE(ttt_walk, walk.level == RTT_PAGE_LEVEL, tmi_walk_error(walk.level));
  REQUIRE(ttte_state, walk.entry.hipas == RTT_UNASSIGNED, TMI_ERROR_TTT_ENTRY);
  REQUIRE(memory, m->pool_free > 0, TMI_ERROR_MEMORY);
  COMMIT();

  uint64_t data = take(m, VCCA_GRANULE_DATA);
  if (src)
    granule_copy(m, data, src);
  assign(m, &walk, data);
  realm_measure_data(m, rd, ipa, src != 0, src);
  return TMI_SUCCESS;
}

uint64_t tmi_data_destroy(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], ipa = call->in[2], level = call->in[3];
  REQUIRE(rd_align, granule_aligned(rd), TMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_secure(m, rd), TMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, TMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(level_bound, level == RTT_PAGE_LEVEL, TMI_ERROR_INPUT);
  REQUIRE(ipa_align, granule_aligned(ipa), TMI_ERROR_INPUT);
  REQUIRE(ipa_bound, realm_in_space(realm, ipa), TMI_ERROR_INPUT);
  struct rtt_walk walk = rtt_walk_page(m, realm, ipa);
  REQUIRE(ttt_walk, walk.level == RTT_PAGE_LEVEL, tmi_walk_error(walk.level));
  REQUIRE(ttte_state, walk.entry.hipas == RTT_ASSIGNED, TMI_ERROR_TTT_ENTRY);
  COMMIT();

  vacate(m, walk.table, walk.index, walk.level);
  return TMI_SUCCESS;
}

/* --- Tables ------------------------------------------------------------------------------------------- */

uint64_t tmi_ttt_create(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[2], ipa = call->in[3];
  int64_t level = (int64_t)call->in[4];
  REQUIRE(rd_align, granule_aligned(rd), TMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_secure(m, rd), TMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, TMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(level_bound, rtt_level_valid(level, realm->rtt_level_start + 1), TMI_ERROR_INPUT);
  REQUIRE(ipa_align, ipa % rtt_entry_size((int)level - 1) == 0, TMI_ERROR_INPUT);
  REQUIRE(ipa_bound, realm_in_space(realm, ipa), TMI_ERROR_INPUT);
  struct rtt_walk walk = rtt_walk(m, realm, ipa, (int)level - 1);
  REQUIRE(ttt_walk, walk.level == level - 1, tmi_walk_error(walk.level));
  REQUIRE(ttte_state, walk.entry.hipas != RTT_TABLE, TMI_ERROR_TTT_CREATED);
  REQUIRE(memory, m->pool_free > 0, TMI_ERROR_MEMORY);
  COMMIT();

  rtt_split(m, &walk, granule_pool_find(m, 1));
  return TMI_SUCCESS;
}

/* Empties a table, but gives back at most *budget granules. True when the table is empty. */
static bool empty_table(vcca_machine *m, const struct realm *realm, uint64_t table, int level, uint64_t *budget)
{
  const struct granule *g = memory_granule(&m->memory, table);
  for (unsigned i = 0; i < RTT_ENTRIES && g->live > 0; i++) {
    struct rtt_entry e = rtt_get(m, table, i);
    uint64_t given = 0;
    if (e.hipas == RTT_TABLE) {
      if (!empty_table(m, realm, e.pa, level + 1, budget))
        return false;
      granule_release(m, e.pa);
      rtt_put(m, table, i, vacant);
      given = 1;
    } else if (e.hipas == RTT_ASSIGNED) {
      given = vacate(m, table, i, level);
    }
    if (given >= *budget) {
      *budget = 0;
      return false;
    }
    *budget -= given;
  }
  return true;
}

uint64_t tmi_ttt_destroy(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1];
  REQUIRE(rd_align, granule_aligned(rd), TMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_secure(m, rd), TMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, TMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(tec_running, !rec_any_running(m, realm), TMI_ERROR_IN_USE);
  COMMIT();

  uint64_t budget = DESTROY_AT_ONCE;
  bool gone = true;
  for (uint64_t i = 0; gone && i < realm->rtt_num_start; i++)
    gone = empty_table(m, realm, realm->rtt_base + i * GRANULE_SIZE, realm->rtt_level_start, &budget);
  return gone ? TMI_SUCCESS : TMI_ERROR_TTT_DESTROY_AGAIN;
}

/* --- Ranges ------------------------------------------------------------------------------------------- */

/* How many tables a range needs at most: one for each 2 MiB, 1 GiB, 512 GiB and 256 TiB that it touches. */
static uint64_t tables_for(uint64_t ipa, uint64_t size)
{
  uint64_t n = 0;
  for (int level = -1; level <= BLOCK_LEVEL; level++)
    n += (ipa + size - 1) / rtt_entry_size(level) - ipa / rtt_entry_size(level) + 1;
  return n;
}

static bool range_valid(uint64_t ipa, uint64_t size)
{
  return size > 0 && size % GRANULE_SIZE == 0 && size - 1 <= UINT64_MAX - ipa;
}

/* Whether the memory suffices: the TMM's pool, and the process's memory (a page of records per 2 MiB, and the
 * tables). */
static bool range_affordable(vcca_machine *m, uint64_t ipa, uint64_t size)
{
  uint64_t tables = tables_for(ipa, size);
  return size / GRANULE_SIZE + tables <= m->pool_free &&
         memory_reserve(&m->memory, 3 * (size_t)tables + MACHINE_RESERVE, 3 * (size_t)tables + MACHINE_RESERVE);
}

static bool range_vacant(const vcca_machine *m, const struct realm *realm, uint64_t ipa, uint64_t end)
{
  while (ipa < end) {
    struct rtt_walk walk = rtt_walk(m, realm, ipa, RTT_PAGE_LEVEL);
    uint64_t entry = rtt_entry_size(walk.level);
    if (walk.entry.hipas == RTT_ASSIGNED)
      return false;
    ipa = (ipa & ~(entry - 1)) + entry;
  }
  return true;
}

/* Walks to a level and makes the tables that are missing. */
static struct rtt_walk walk_making(vcca_machine *m, const struct realm *realm, uint64_t ipa, int level)
{
  struct rtt_walk walk = rtt_walk(m, realm, ipa, level);
  while (walk.level < level) {
    rtt_split(m, &walk, granule_pool_find(m, 1));
    walk = rtt_walk(m, realm, ipa, level);
  }
  return walk;
}

/* Maps a block of 2 MiB when it fits into the range and the pool has one. */
static bool map_block(vcca_machine *m, const struct realm *realm, uint64_t ipa, uint64_t end)
{
  if (ipa % CHUNK_SIZE != 0 || end - ipa < CHUNK_SIZE || realm->rtt_level_start > BLOCK_LEVEL)
    return false;
  struct rtt_walk walk = walk_making(m, realm, ipa, BLOCK_LEVEL);
  uint64_t block = walk.entry.hipas == RTT_UNASSIGNED ? granule_pool_find(m, GRANULES_PER_CHUNK) : 0;
  if (!block)
    return false;
  granule_take_block(m, block, VCCA_GRANULE_DATA);
  assign(m, &walk, block);
  return true;
}

uint64_t tmi_ttt_map_range(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], ipa = call->in[2], size = call->in[3], end = ipa + size;
  REQUIRE(rd_align, granule_aligned(rd), TMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_secure(m, rd), TMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, TMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(ipa_align, granule_aligned(ipa), TMI_ERROR_INPUT);
  REQUIRE(size_valid, range_valid(ipa, size), TMI_ERROR_INPUT);
  REQUIRE(ipa_bound, realm_in_space(realm, ipa + size - 1), TMI_ERROR_INPUT);
  REQUIRE(cvm_state, realm->state != VCCA_REALM_SYSTEM_OFF, TMI_ERROR_CVM_STATE);
  REQUIRE(memory, range_affordable(m, ipa, size), TMI_ERROR_MEMORY);
  REQUIRE(ttte_state, range_vacant(m, realm, ipa, end), TMI_ERROR_TTT_ENTRY);
  COMMIT();

  while (ipa < end) {
    if (map_block(m, realm, ipa, end)) {
      ipa += CHUNK_SIZE;
      continue;
    }
    struct rtt_walk walk = walk_making(m, realm, ipa, RTT_PAGE_LEVEL);
    assign(m, &walk, take(m, VCCA_GRANULE_DATA));
    ipa += GRANULE_SIZE;
  }
  return TMI_SUCCESS;
}

/* Visits the ASSIGNED entries that a range touches. With checking, returns whether each is completely in the
 * range; otherwise takes their memory away. */
static bool unmap(vcca_machine *m, const struct realm *realm, uint64_t ipa, uint64_t end, bool checking)
{
  for (uint64_t at = ipa, next; at < end; at = next) {
    struct rtt_walk walk = rtt_walk(m, realm, at, RTT_PAGE_LEVEL);
    uint64_t entry = rtt_entry_size(walk.level), base = at & ~(entry - 1);
    next = base + entry;
    if (walk.entry.hipas != RTT_ASSIGNED)
      continue;
    if (checking && (base < ipa || next > end))
      return false;
    if (!checking)
      vacate(m, walk.table, walk.index, walk.level);
  }
  return true;
}

uint64_t tmi_ttt_unmap_range(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], ipa = call->in[2], size = call->in[3], end = ipa + size;
  REQUIRE(rd_align, granule_aligned(rd), TMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_secure(m, rd), TMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, TMI_ERROR_INPUT);
  const struct realm *realm = realm_at(m, rd);
  call->realm = rd;
  REQUIRE(ipa_align, granule_aligned(ipa), TMI_ERROR_INPUT);
  REQUIRE(size_valid, range_valid(ipa, size), TMI_ERROR_INPUT);
  REQUIRE(ipa_bound, realm_in_space(realm, ipa + size - 1), TMI_ERROR_INPUT);
  REQUIRE(ttte_state, unmap(m, realm, ipa, end, true), TMI_ERROR_TTT_ENTRY);
  COMMIT();

  unmap(m, realm, ipa, end, false);
  return TMI_SUCCESS;
}
