/* Realm translation tables: 512 entries of eight bytes in a granule of state RTT, in an encoding of our own. An entry of all zero
 * bits is UNASSIGNED with RIPAS EMPTY, so a fresh table of protected memory costs nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_RTT_H
#define RMM_RTT_H

#include "rmm/realm.h"

enum rtt_hipas { RTT_UNASSIGNED, RTT_ASSIGNED, RTT_UNASSIGNED_NS, RTT_ASSIGNED_NS, RTT_TABLE };
enum rtt_ripas { RTT_EMPTY, RTT_RAM, RTT_DESTROYED };
enum { RTT_ENTRIES = 512, RTT_PAGE_LEVEL = 3 };

struct rtt_entry {
  enum rtt_hipas hipas;
  enum rtt_ripas ripas; /* protected entries */
  uint64_t pa;          /* ASSIGNED, ASSIGNED_NS, TABLE */
  uint64_t attributes;  /* ASSIGNED_NS: MemAttr and S2AP where the host's descriptor has them (bits 4:2 and 7:6) */
};

/* Bytes of address space an entry of this level stands for; level -1..3. */
uint64_t rtt_entry_size(int level);
/* Whether the host may name the level: first..3. */
bool rtt_level_valid(int64_t level, int64_t first);

/* A table's entries, for whoever looks at many: good until one of them is put. */
const uint64_t *rtt_words(const vcca_machine *m, uint64_t table);
struct rtt_entry rtt_entry_of(uint64_t word);
uint64_t rtt_word_of(struct rtt_entry entry);

struct rtt_entry rtt_get(const vcca_machine *m, uint64_t table, unsigned index);
void rtt_put(vcca_machine *m, uint64_t table, unsigned index, struct rtt_entry entry);
/* The RIPAS of entries first .. first + n - 1, which are UNASSIGNED or ASSIGNED and stay so. */
void rtt_put_ripas(vcca_machine *m, uint64_t table, unsigned first, uint64_t n, enum rtt_ripas ripas);

/* Where the walk for an address stopped: at the wanted level, or above it where there was no table to go on to. */
struct rtt_walk {
  uint64_t table;
  unsigned index;
  int level;
  struct rtt_entry entry;
};
/* ipa is below 2^ipa_width. */
struct rtt_walk rtt_walk(const vcca_machine *m, const struct realm *realm, uint64_t ipa, int level);
/* The same to level 3, from where the last such walk ended when that is near. */
struct rtt_walk rtt_walk_page(vcca_machine *m, const struct realm *realm, uint64_t ipa);
/* RttSkipNonLiveEntries: the first live (ASSIGNED, ASSIGNED_NS, TABLE) entry's address at or after ipa in the walked table, or the
 * end of that table's range. ipa itself when its own entry is live, although that may begin below (docs/deviations.md). */
uint64_t rtt_walk_top(const vcca_machine *m, const struct rtt_walk *walk, uint64_t ipa);

/* How many ASSIGNED and TABLE entries a table has, which keep it alive: as its granule remembers, and counted. */
unsigned rtt_live(const vcca_machine *m, uint64_t table);
unsigned rtt_count_live(const vcca_machine *m, uint64_t table);
/* Its granule remembers what was counted: for a table that came as bytes. */
void rtt_recount(vcca_machine *m, uint64_t table);
/* The walked entry becomes a TABLE; the child's entries inherit what it was. */
void rtt_split(vcca_machine *m, const struct rtt_walk *walk, uint64_t child);
/* The walked TABLE entry loses its table, which is released: UNASSIGNED and DESTROYED, or UNASSIGNED_NS. */
void rtt_unlink(vcca_machine *m, const struct realm *realm, const struct rtt_walk *walk, uint64_t ipa);
/* Whether a table could be one entry of its parent, which would be *folded. */
bool rtt_homogeneous(const vcca_machine *m, uint64_t table, int level, struct rtt_entry *folded);
/* The entry's ASSIGNED memory is given up: RIPAS EMPTY stays, anything else is DESTROYED. */
void rtt_unassign(vcca_machine *m, const struct rtt_walk *walk);

/* The root tables as REALM_CREATE leaves them. */
void rtt_make_roots(vcca_machine *m, const struct realm *realm);
/* Whether start level and number of root tables fit an IPA width. */
bool rtt_geometry_valid(uint64_t ipa_width, bool lpa2, int64_t level_start, uint64_t num_start);

/* Stage 2 descriptors as hosts write and read them (A5.5.11): output address, MemAttr[2:0], S2AP. With LPA2 address bits 51:50 are
 * in 9:8. False when anything else is set, or MemAttr is reserved. */
uint64_t rtt_descriptor(struct rtt_entry entry, bool lpa2);
bool rtt_parse(uint64_t descriptor, bool lpa2, struct rtt_entry *entry);

#endif
