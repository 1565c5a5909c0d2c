/* Granules: their region, state, physical address space and contents.
 *
 * A granule's physical address space follows from its region and state, so that the two cannot disagree:
 * Secure in the TMM's pool, Realm once delegated, Non-secure otherwise.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_GRANULE_H
#define RMM_GRANULE_H

#include "rmm/machine.h"

static inline bool granule_aligned(uint64_t pa)
{
  return pa % GRANULE_SIZE == 0;
}

/* NULL when there is no memory at pa. */
static inline const struct vcca_region *granule_region(const vcca_machine *m, uint64_t pa)
{
  for (size_t i = 0; i < m->config.region_count; i++)
    if (pa - m->config.regions[i].base < m->config.regions[i].size)
      return &m->config.regions[i];
  return NULL;
}

/* The specification's PaIsDelegable. */
static inline bool granule_delegable(const vcca_machine *m, uint64_t pa)
{
  const struct vcca_region *r = granule_region(m, pa);
  return r && r->delegable;
}

/* Whether pa is in the TMM's pool. */
static inline bool granule_secure(const vcca_machine *m, uint64_t pa)
{
  const struct vcca_region *r = granule_region(m, pa);
  return r && r->secure;
}

static inline enum vcca_granule_state granule_state(const vcca_machine *m, uint64_t pa)
{
  const struct granule *g = memory_granule(&m->memory, pa);
  return g ? (enum vcca_granule_state)g->state : VCCA_GRANULE_UNDELEGATED;
}

static inline enum vcca_pas granule_pas(const vcca_machine *m, uint64_t pa)
{
  if (granule_secure(m, pa))
    return VCCA_PAS_SECURE;
  return granule_state(m, pa) == VCCA_GRANULE_UNDELEGATED ? VCCA_PAS_NS : VCCA_PAS_REALM;
}

/* Whether memory is there that the host can reach through the Non-secure PAS. */
static inline bool granule_nonsecure(const vcca_machine *m, uint64_t pa)
{
  return granule_region(m, pa) && granule_pas(m, pa) == VCCA_PAS_NS;
}

/* granule_set_state changes the state of a granule, as rmm/states.def allows. granule_release wipes the
 * granule and gives it back: it becomes Delegated (RMI), or free in the pool (TMI). */
void granule_set_state(vcca_machine *m, uint64_t pa, enum vcca_granule_state state);
/* Sets the state of a whole free block of the pool, 2 MiB. */
void granule_take_block(vcca_machine *m, uint64_t pa, enum vcca_granule_state state);
/* Sets the state of a granule without asking rmm/states.def: for a machine that is loaded. */
void granule_restore_state(vcca_machine *m, uint64_t pa, enum vcca_granule_state state);
void granule_release(vcca_machine *m, uint64_t pa);
/* Frees a whole block of the pool that holds DATA, 2 MiB. */
void granule_release_block(vcca_machine *m, uint64_t pa);

/* The 4096 bytes of a granule. Reading takes no page from the pool. */
const void *granule_read(const vcca_machine *m, uint64_t pa);
void *granule_edit(vcca_machine *m, uint64_t pa);
/* Fills a granule with zeros. */
void granule_wipe(vcca_machine *m, uint64_t pa);
void granule_copy(vcca_machine *m, uint64_t to, uint64_t from);
/* Hashes the contents of a granule, or takes the digest that vcca_host_hash_ahead computed. */
void granule_digest(const vcca_machine *m, enum vcca_hash_alg alg, uint64_t pa, uint8_t *digest);

/* Finds the lowest n adjacent free granules of the pool; the first is aligned to n granules, and n is a power
 * of two. Returns 0 when there are none. Takes nothing: granule_set_state does. */
uint64_t granule_pool_find(vcca_machine *m, uint64_t n);

#endif
