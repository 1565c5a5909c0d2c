/* What becomes of a realm's access to an address: stage 2, told once for the running REC, for vcca_realm_read
 * and vcca_realm_write, and for the guest's calls. It is the machine "access" of rmm/states.def.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_ACCESS_H
#define RMM_ACCESS_H

#include "rmm/rtt.h"

/* *walk is where the walk for ipa ended (all zero for an address beyond the IPA width); *pa is the physical
 * address, valid for VCCA_ACCESS_DONE. */
enum vcca_access realm_access(const vcca_machine *m, const struct realm *realm, enum vcca_access_kind kind,
                              uint64_t ipa, struct rtt_walk *walk, uint64_t *pa);

#endif
