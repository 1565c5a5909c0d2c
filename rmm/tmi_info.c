/* TMI: what the TMM tells about itself, and what it does not do.
 *
 * The layout is that of the kernel module which reads it (virtCCA_driver, tmm_driver.c): for each of eight
 * NUMA nodes the free blocks of 2 MiB, 4 MiB ... 1 GiB and the size; then for RDs, TECs and tables six
 * numbers a node. The model's pool is node 0, and takes descriptors and tables from it one granule at a
 * time: they count as extended blocks, none is reserved.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/granule.h"
#include "rmm/tmi.h"

#include <string.h>

enum { NODES = 8, ORDERS = 10, NODE_SIZE = ORDERS * 4 + 8, COUNTS_SIZE = 6 * 8 };
enum { KINDS = 3, INFO_SIZE = NODES * (NODE_SIZE + KINDS * COUNTS_SIZE) };
enum { EXTENDED_COUNT = 3 * 8, EXTENDED_SIZE = 5 * 8 };
static const enum vcca_granule_state kinds[KINDS] = {VCCA_GRANULE_RD, VCCA_GRANULE_REC, VCCA_GRANULE_RTT};

/* What the pool has: granules of each kind, and free blocks by their order. */
struct usage {
  uint64_t size, taken[KINDS];
  uint32_t free[ORDERS];
};

/* Whether the block of 2 MiB at pa is free; its granules are counted by kind. */
static bool count_block(const vcca_machine *m, uint64_t pa, struct usage *u)
{
  if (!memory_granule(&m->memory, pa))
    return true; /* nobody has touched the chunk */
  bool unused = true;
  for (uint64_t at = pa; at < pa + CHUNK_SIZE; at += GRANULE_SIZE) {
    enum vcca_granule_state state = granule_state(m, at);
    unused = unused && state == VCCA_GRANULE_UNDELEGATED;
    for (size_t k = 0; k < KINDS; k++)
      u->taken[k] += state == kinds[k];
  }
  return unused;
}

/* Adds n adjacent free blocks from pa on, as the largest aligned ones that fit. */
static void add_free(uint64_t pa, uint64_t n, struct usage *u)
{
  while (n > 0) {
    unsigned order = 0;
    while (order + 1 < ORDERS && pa % (CHUNK_SIZE << (order + 1)) == 0 && n >> (order + 1) > 0)
      order++;
    u->free[order]++;
    pa += CHUNK_SIZE << order;
    n -= UINT64_C(1) << order;
  }
}

static void count_region(const vcca_machine *m, const struct vcca_region *r, struct usage *u)
{
  uint64_t run = 0, pa = (r->base + CHUNK_SIZE - 1) & ~(uint64_t)(CHUNK_SIZE - 1), end = r->base + r->size;
  u->size += r->size;
  for (; pa < end && end - pa >= CHUNK_SIZE; pa += CHUNK_SIZE) {
    if (count_block(m, pa, u)) {
      run++;
      continue;
    }
    add_free(pa - run * CHUNK_SIZE, run, u);
    run = 0;
  }
  add_free(pa - run * CHUNK_SIZE, run, u);
}

static void put_usage(const struct usage *u, uint8_t out[INFO_SIZE])
{
  memset(out, 0, INFO_SIZE);
  for (size_t order = 0; order < ORDERS; order++)
    vcca_put_le32(out + order * sizeof u->free[0], u->free[order]);
  vcca_put_le64(out + sizeof u->free, u->size);
  for (size_t k = 0; k < KINDS; k++) {
    uint8_t *counts = out + (size_t)NODES * NODE_SIZE + k * NODES * COUNTS_SIZE;
    vcca_put_le64(counts + EXTENDED_COUNT, u->taken[k]);
    vcca_put_le64(counts + EXTENDED_SIZE, u->taken[k] * GRANULE_SIZE);
  }
}

/* Whether all of the structure at pa has a property; it may cross a granule. */
static bool all_of(const vcca_machine *m, uint64_t pa, bool (*has)(const vcca_machine *m, uint64_t pa))
{
  uint64_t last = pa + INFO_SIZE - 1;
  return last > pa && has(m, pa) && has(m, last);
}

static bool there(const vcca_machine *m, uint64_t pa)
{
  return granule_region(m, pa) != NULL;
}

uint64_t tmi_mem_info_show(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t addr = call->in[1];
  REQUIRE(addr_bound, all_of(m, addr, there), TMI_ERROR_INPUT);
  REQUIRE(addr_pas, all_of(m, addr, granule_nonsecure), TMI_ERROR_INPUT);
  COMMIT();

  struct usage u = {.size = 0};
  uint8_t info[INFO_SIZE];
  for (size_t i = 0; i < m->config.region_count; i++)
    if (m->config.regions[i].secure)
      count_region(m, &m->config.regions[i], &u);
  put_usage(&u, info);
  size_t first = GRANULE_SIZE - addr % GRANULE_SIZE < INFO_SIZE ? GRANULE_SIZE - addr % GRANULE_SIZE : INFO_SIZE;
  memcpy((uint8_t *)granule_edit(m, addr) + addr % GRANULE_SIZE, info, first);
  if (first < INFO_SIZE)
    memcpy(granule_edit(m, addr + first), info + first, INFO_SIZE - first);
  return TMI_SUCCESS;
}

uint64_t tmi_info_show(struct call *call)
{
  (void)call;
  return 0; /* no accelerators, and no other option has a number */
}

uint64_t tmi_not_supported(struct call *call)
{
  REQUIRE(supported, false, TMI_ERROR_NOT_SUPPORTED);
  COMMIT();
  return TMI_ERROR_NOT_SUPPORTED;
}
