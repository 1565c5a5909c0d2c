/* Beside vcca/rmm.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_RMM_H
#define ROOMS_RMM_H

#include "vcca/rmm.h"

/* The state machines (rmm/states.def): "granule" (RMI), "pool" (the TMM's granules), "realm", "rec", "entry"
 * (HIPAS and RIPAS of an address), "access" (of a realm to an address) and "attestation". An event that is
 * not listed for a state is refused in it and changes nothing. */
struct vcca_transition {
  const char *machine;
  const char *from;
  const char *event; /* "DATA_CREATE"; details in brackets: "REC_CREATE(aux)" */
  const char *to;
};
const struct vcca_transition *vcca_transitions(size_t *count);

/* Maps a caller-owned page of 4096 bytes at the Non-secure granule pa without copying it. Lifetime: the bytes
 * must stay, unchanged, until the granule is written, delegated or lent again; if lasting, until the machine
 * is freed, since DATA that is made from the granule then refers to them too. False, without effect, where
 * vcca_host_write would fail. */
VCCA_MUST_USE bool vcca_host_lend(vcca_machine *m, uint64_t pa, vcca_span page, bool lasting);
/* Hashes the whole pages of content on all CPUs, before the calls that measure them. Calls each for pages
 * first .. first + n - 1, in order. While each runs, a call that measures one of these pages, lent by
 * vcca_host_lend, finds its digest ready. */
typedef void (*vcca_lent_pages)(void *ctx, size_t first, size_t n);
void vcca_host_hash_ahead(vcca_machine *m, enum vcca_hash_alg alg, vcca_span content, vcca_lent_pages each, void *ctx);

/* Counts the granules in each state. Undelegated ones are not counted. */
void vcca_granule_census(const vcca_machine *m, uint64_t count[VCCA_GRANULE_STATES]);

/* The RD of a REC; 0 when rec is none. */
uint64_t vcca_rec_owner(const vcca_machine *m, uint64_t rec);

#endif
