/* The machine: its configuration, its callbacks, and its state, which is one value.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_MACHINE_H
#define RMM_MACHINE_H

#include "rmm/memory.h"

/* How many pages one call needs at most (REC_CREATE: 17 granules, each perhaps the first of its chunk). They
 * are held for the call until it ends, so that nothing fails after its COMMIT, whatever the realm's program
 * and the hooks do meanwhile. */
enum { MACHINE_RESERVE = 128 };

/* Lent pages whose digests are known now. It is not part of the state: no measurement depends on it. */
struct ahead {
  enum vcca_hash_alg alg;
  vcca_span pages;
  const uint8_t *digests; /* NULL: none are */
};

/* Where the last walk to a page ended, since successive calls name neighbours. It is not part of the state,
 * and is forgotten when a table is destroyed. */
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
  bool telling; /* rim_step runs, in the middle of a call: refuse other calls */
  struct memory memory;
  struct walked walked;
  uint64_t recs_made;   /* the last identity given to a REC. Not saved: loading sets it to the highest that it finds */
  uint64_t first_realm; /* RD of the newest realm; the others follow through their descriptors. 0: none */

  /* The TMM's pool, as it follows from the granules. No granule below next and no 2 MiB block below
   * next_block is free. */
  uint64_t pool_free;
  uint64_t pool_next;
  uint64_t pool_next_block;
};

/* Features with the defaults filled in. */
struct vcca_features machine_features(const vcca_machine *m);
/* Sets everything but the configuration and the callbacks to what it is after power-on; frees all pages. */
void machine_reset(vcca_machine *m);

#endif
