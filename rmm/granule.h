/* Granules: where they are, what state they are in, who may see them, and their contents.
 *
 * A granule's physical address space follows from its region and state, so that the two cannot disagree: Secure in the TMM's pool,
 * Realm once delegated, Non-secure otherwise.
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

/* The TMM's own. */
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

/* Existing memory that the host can reach through the Non-secure PAS. */
static inline bool granule_nonsecure(const vcca_machine *m, uint64_t pa)
{
  return granule_region(m, pa) && granule_pas(m, pa) == VCCA_PAS_NS;
}

/* A granule in use gets a state; releasing wipes it and gives it back to whom it came from: Delegated, or free in the pool. */
void granule_set_state(vcca_machine *m, uint64_t pa, enum vcca_granule_state state);
/* All of a free 2 MiB block of the pool. */
void granule_take_block(vcca_machine *m, uint64_t pa, enum vcca_granule_state state);
/* As it was saved, whatever it is now. */
void granule_restore_state(vcca_machine *m, uint64_t pa, enum vcca_granule_state state);
void granule_release(vcca_machine *m, uint64_t pa);
/* All of a block of the pool that holds DATA: free again. */
void granule_release_block(vcca_machine *m, uint64_t pa);

/* The 4096 bytes; reading never makes a page. */
const void *granule_read(const vcca_machine *m, uint64_t pa);
void *granule_edit(vcca_machine *m, uint64_t pa);
/* Zeros. */
void granule_wipe(vcca_machine *m, uint64_t pa);
void granule_copy(vcca_machine *m, uint64_t to, uint64_t from);
/* The hash of the contents, which may be known already. */
void granule_digest(const vcca_machine *m, enum vcca_hash_alg alg, uint64_t pa, uint8_t *digest);

/* The lowest n free granules of the pool that lie together, the first aligned to n granules (n is a power of two); 0: none.
 * Nothing is taken: granule_set_state does that. */
uint64_t granule_pool_find(vcca_machine *m, uint64_t n);

#endif
