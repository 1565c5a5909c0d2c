/* The machine: what it was configured as, who is called back, and the one value that is its state.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_MACHINE_H
#define RMM_MACHINE_H

#include "rmm/memory.h"

/* How many pages one call may need at most (REC_CREATE: 17 granules, each perhaps the first of its chunk); held for it from before it
 * begins until it ends, so that nothing fails once it commits, whatever the realm's program and the hooks do meanwhile. */
enum { MACHINE_RESERVE = 128 };

/* Lent pages whose digests are known for now. No state: what is measured does not depend on it. */
struct ahead {
  enum vcca_hash_alg alg;
  vcca_span pages;
  const uint8_t *digests; /* NULL: none are */
};

/* Where the last walk to a page ended: calls that follow each other name neighbours. No state: it is forgotten when a table goes. */
struct walked {
  uint64_t roots; /* of the realm */
  uint64_t base;  /* the address of the table's first entry */
  uint64_t table; /* of level 3; 0: none */
};

struct vcca_machine {
  struct vcca_machine_config config;
  bool embedded; /* some region's bytes are the embedder's */
  vcca_guest_smc guest_smc;
  void *guest_ctx;

  struct ahead ahead;
  bool telling; /* a hook is told of an extension in the middle of a call: no other call may begin */
  struct memory memory;
  struct walked walked;
  uint64_t recs_made;   /* RECs there ever were: names the next. Not saved; a machine that is restored goes on above the names it finds */
  uint64_t first_realm; /* RD of the newest realm; the others follow through their descriptors. 0: none */

  /* The TMM's secure pool; follows from the granules. Nothing is free below next, no 2 MiB block below next_block. */
  uint64_t pool_free;
  uint64_t pool_next;
  uint64_t pool_next_block;
};

/* Features with the defaults filled in. */
struct vcca_features machine_features(const vcca_machine *m);
/* Sets everything but the configuration and the callbacks to what it is after power-on; frees all pages. */
void machine_reset(vcca_machine *m);

#endif
