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
const struct vcca_region *granule_region(const vcca_machine *m, uint64_t pa);
/* Delegable: the specification's PaIsDelegable. */
bool granule_delegable(const vcca_machine *m, uint64_t pa);
/* The TMM's own. */
bool granule_secure(const vcca_machine *m, uint64_t pa);
/* Existing memory that the host can reach through the Non-secure PAS. */
bool granule_nonsecure(const vcca_machine *m, uint64_t pa);
enum vcca_granule_state granule_state(const vcca_machine *m, uint64_t pa);
enum vcca_pas granule_pas(const vcca_machine *m, uint64_t pa);

/* A granule in use gets a state; releasing wipes it and gives it back to whom it came from: Delegated, or free in the pool. */
void granule_set_state(vcca_machine *m, uint64_t pa, enum vcca_granule_state state);
/* As it was saved, whatever it is now. */
void granule_restore_state(vcca_machine *m, uint64_t pa, enum vcca_granule_state state);
void granule_release(vcca_machine *m, uint64_t pa);

/* The 4096 bytes; reading never makes a page. */
const void *granule_read(const vcca_machine *m, uint64_t pa);
void *granule_edit(vcca_machine *m, uint64_t pa);
/* Zeros. */
void granule_wipe(vcca_machine *m, uint64_t pa);
void granule_copy(vcca_machine *m, uint64_t to, uint64_t from);

/* The lowest n free granules of the pool that lie together, the first aligned to n granules (n is a power of two); 0: none.
 * Nothing is taken: granule_set_state does that. */
uint64_t granule_pool_find(vcca_machine *m, uint64_t n);

#endif
