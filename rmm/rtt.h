/* Realm translation tables: 512 entries of eight bytes in a granule of state RTT, in an encoding of our own.
 * An entry of all zero bits is UNASSIGNED with RIPAS EMPTY, so a fresh table of protected memory costs
 * nothing.
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

/* How many bytes of address space an entry of this level maps; level -1..3. */
uint64_t rtt_entry_size(int level);
/* Whether level is first..3. */
bool rtt_level_valid(int64_t level, int64_t first);

/* All 512 entries of a table. The pointer is good until an entry is put. */
const uint64_t *rtt_words(const vcca_machine *m, uint64_t table);
struct rtt_entry rtt_entry_of(uint64_t word);
uint64_t rtt_word_of(struct rtt_entry entry);

struct rtt_entry rtt_get(const vcca_machine *m, uint64_t table, unsigned index);
void rtt_put(vcca_machine *m, uint64_t table, unsigned index, struct rtt_entry entry);
/* Sets the RIPAS of entries first .. first + n - 1, which must be UNASSIGNED or ASSIGNED and keep their
 * HIPAS. */
void rtt_put_ripas(vcca_machine *m, uint64_t table, unsigned first, uint64_t n, enum rtt_ripas ripas);

/* Where the walk for an address ended: at the wanted level, or above it when a table is missing. */
struct rtt_walk {
  uint64_t table;
  unsigned index;
  int level;
  struct rtt_entry entry;
};
/* ipa must be below 2^ipa_width. */
struct rtt_walk rtt_walk(const vcca_machine *m, const struct realm *realm, uint64_t ipa, int level);
/* The same to level 3. It starts from the last such walk when that ended in the same table. */
struct rtt_walk rtt_walk_page(vcca_machine *m, const struct realm *realm, uint64_t ipa);
/* RttSkipNonLiveEntries: the address of the first live entry (ASSIGNED, ASSIGNED_NS, TABLE) from ipa on in
 * the walked table, or the end of that table's range. It is ipa when ipa's own entry is live, even if the
 * entry begins below ipa (docs/deviations.md). */
uint64_t rtt_walk_top(const vcca_machine *m, const struct rtt_walk *walk, uint64_t ipa);

/* How many ASSIGNED and TABLE entries a table has; such a table cannot be destroyed. rtt_live reads the
 * number from the granule's record, rtt_count_live counts. */
unsigned rtt_live(const vcca_machine *m, uint64_t table);
unsigned rtt_count_live(const vcca_machine *m, uint64_t table);
/* Counts the entries and stores the number in the granule's record: for a table that was loaded. */
void rtt_recount(vcca_machine *m, uint64_t table);
/* Makes the walked entry a TABLE, whose entries take over what the entry was. */
void rtt_split(vcca_machine *m, const struct rtt_walk *walk, uint64_t child);
/* Releases the table of the walked TABLE entry, which becomes UNASSIGNED and DESTROYED, or UNASSIGNED_NS. */
void rtt_unlink(vcca_machine *m, const struct realm *realm, const struct rtt_walk *walk, uint64_t ipa);
/* Whether one entry of the parent, *folded, could replace the table. */
bool rtt_homogeneous(const vcca_machine *m, uint64_t table, int level, struct rtt_entry *folded);
/* Takes the memory from the walked ASSIGNED entry. RIPAS EMPTY stays; any other RIPAS becomes DESTROYED. */
void rtt_unassign(vcca_machine *m, const struct rtt_walk *walk);

/* Makes the root tables of a new realm. */
void rtt_make_roots(vcca_machine *m, const struct realm *realm);
/* Whether the start level and the number of root tables fit the IPA width. */
bool rtt_geometry_valid(uint64_t ipa_width, bool lpa2, int64_t level_start, uint64_t num_start);

/* Stage 2 descriptors as hosts write and read them (A5.5.11): output address, MemAttr[2:0], S2AP. With LPA2,
 * bits 9:8 have address bits 51:50. rtt_parse returns false when another bit is set, or MemAttr is
 * reserved. */
uint64_t rtt_descriptor(struct rtt_entry entry, bool lpa2);
bool rtt_parse(uint64_t descriptor, bool lpa2, struct rtt_entry *entry);

#endif
