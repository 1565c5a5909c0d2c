/* SPDX-License-Identifier: Apache-2.0 */
#include "rmm/rtt.h"

#include <string.h>

/* --- Entries ------------------------------------------------------------------------------------------ */

/* 2:0 HIPAS, 4:3 RIPAS, 7:5 MemAttr, 9:8 S2AP, 51:12 address. */
#define ADDRESS_BITS UINT64_C(0x000ffffffffff000)
#define MEMATTR_BITS UINT64_C(0x1c)
#define S2AP_BITS UINT64_C(0xc0)
#define HIPAS_BITS UINT64_C(7)
#define RIPAS_MAX UINT64_C(3)
enum { RIPAS_SHIFT = 3 };

uint64_t rtt_word_of(struct rtt_entry e)
{
  return (uint64_t)e.hipas | (uint64_t)e.ripas << 3 | (e.attributes & MEMATTR_BITS) << 3 |
         (e.attributes & S2AP_BITS) << 2 | (e.pa & ADDRESS_BITS);
}

struct rtt_entry rtt_entry_of(uint64_t word)
{
  struct rtt_entry e = {
      .hipas = (enum rtt_hipas)(word & HIPAS_BITS),
      .ripas = (enum rtt_ripas)(word >> RIPAS_SHIFT & RIPAS_MAX),
      .attributes = (word >> 3 & MEMATTR_BITS) | (word >> 2 & S2AP_BITS),
      .pa = word & ADDRESS_BITS,
  };
  return e;
}

/* Whether the entry prevents its table from being destroyed. */
static bool word_holds(uint64_t word)
{
  return (word & HIPAS_BITS) == RTT_ASSIGNED || (word & HIPAS_BITS) == RTT_TABLE;
}

/* RttEntryIsLive. */
static bool word_live(uint64_t word)
{
  return word_holds(word) || (word & HIPAS_BITS) == RTT_ASSIGNED_NS;
}

static bool mapped(struct rtt_entry e)
{
  return e.hipas == RTT_ASSIGNED || e.hipas == RTT_ASSIGNED_NS;
}

/* A table is never Non-secure, so its contents are in the machine, never in an embedder's array. */
const uint64_t *rtt_words(const vcca_machine *m, uint64_t table)
{
  static const uint64_t zeros[RTT_ENTRIES];
  const void *words = memory_contents(&m->memory, memory_granule(&m->memory, table));
  return words ? words : zeros;
}

struct rtt_entry rtt_get(const vcca_machine *m, uint64_t table, unsigned index)
{
  return rtt_entry_of(rtt_words(m, table)[index]);
}

void rtt_put(vcca_machine *m, uint64_t table, unsigned index, struct rtt_entry entry)
{
  uint64_t before = rtt_words(m, table)[index], word = rtt_word_of(entry);
  if (before == word)
    return;
  struct granule *g = memory_touch(&m->memory, table);
  uint64_t *words = memory_make(&m->memory, g);
  words[index] = word;
  g->live = (uint16_t)(g->live + word_holds(word) - word_holds(before));
}

void rtt_put_ripas(vcca_machine *m, uint64_t table, unsigned first, uint64_t n, enum rtt_ripas ripas)
{
  uint64_t *words = memory_make(&m->memory, memory_touch(&m->memory, table));
  for (uint64_t i = first; i < first + n && i < RTT_ENTRIES; i++)
    words[i] = (words[i] & ~(RIPAS_MAX << RIPAS_SHIFT)) | (uint64_t)ripas << RIPAS_SHIFT;
}

/* Fills an empty table: entry i is first, i steps further. */
static void fill(vcca_machine *m, uint64_t table, unsigned count, struct rtt_entry first, uint64_t step)
{
  uint64_t word = rtt_word_of(first);
  if (word == 0)
    return;
  struct granule *g = memory_touch(&m->memory, table);
  uint64_t *words = memory_make(&m->memory, g);
  for (unsigned i = 0; i < count; i++)
    words[i] = word + i * step;
  g->live = (uint16_t)(word_holds(word) ? count : 0);
}

/* With LPA2, address bits 51:50 are in bits 9:8 of a descriptor. */
#define LPA2_LOW (UINT64_C(3) << 8)
#define LPA2_HIGH (UINT64_C(3) << 50)
enum { LPA2_SHIFT = 42 };
/* MemAttr 0b100 is reserved (FEAT_S2FWB). */
#define MEMATTR_RESERVED UINT64_C(0x10)

uint64_t rtt_descriptor(struct rtt_entry entry, bool lpa2)
{
  uint64_t high = lpa2 ? entry.pa & LPA2_HIGH : 0;
  return (entry.pa & ~high) | high >> LPA2_SHIFT | entry.attributes;
}

bool rtt_parse(uint64_t descriptor, bool lpa2, struct rtt_entry *entry)
{
  uint64_t address = lpa2 ? (ADDRESS_BITS & ~LPA2_HIGH) | LPA2_LOW : ADDRESS_BITS;
  uint64_t low = lpa2 ? descriptor & LPA2_LOW : 0;
  *entry = (struct rtt_entry){
      .hipas = RTT_ASSIGNED_NS,
      .pa = (descriptor & address & ~low) | low << LPA2_SHIFT,
      .attributes = descriptor & (MEMATTR_BITS | S2AP_BITS),
  };
  return (descriptor & ~(address | MEMATTR_BITS | S2AP_BITS)) == 0 && (descriptor & MEMATTR_BITS) != MEMATTR_RESERVED;
}

/* --- Levels and walks --------------------------------------------------------------------------------- */

static unsigned shift_of(int level)
{
  return 12U + 9U * (unsigned)(RTT_PAGE_LEVEL - level);
}

uint64_t rtt_entry_size(int level)
{
  return UINT64_C(1) << shift_of(level);
}

bool rtt_level_valid(int64_t level, int64_t first)
{
  return level >= first && level <= RTT_PAGE_LEVEL;
}

bool rtt_geometry_valid(uint64_t ipa_width, bool lpa2, int64_t level_start, uint64_t num_start)
{
  if (level_start < (lpa2 ? -1 : 0) || level_start > RTT_PAGE_LEVEL)
    return false;
  uint64_t below = 9 * (uint64_t)(RTT_PAGE_LEVEL - level_start);
  uint64_t least = below + 13;
  uint64_t most = level_start == -1 ? least + 3 : least + 8 + (level_start > 0 || lpa2 ? 4 : 0);
  if (ipa_width < least || ipa_width > most)
    return false;
  return num_start == (ipa_width <= below + 21 ? 1 : UINT64_C(1) << (ipa_width - below - 21));
}

struct rtt_walk rtt_walk(const vcca_machine *m, const struct realm *realm, uint64_t ipa, int level)
{
  struct rtt_walk walk = {.level = realm->rtt_level_start};
  uint64_t index = ipa >> shift_of(walk.level); /* concatenated root tables act as one long table */
  walk.table = realm->rtt_base + index / RTT_ENTRIES * GRANULE_SIZE;
  for (;;) {
    walk.index = (unsigned)(index % RTT_ENTRIES);
    walk.entry = rtt_get(m, walk.table, walk.index);
    if (walk.level >= level || walk.entry.hipas != RTT_TABLE)
      return walk;
    walk.table = walk.entry.pa;
    walk.level++;
    index = ipa >> shift_of(walk.level);
  }
}

struct rtt_walk rtt_walk_page(vcca_machine *m, const struct realm *realm, uint64_t ipa)
{
  uint64_t base = ipa & ~(rtt_entry_size(RTT_PAGE_LEVEL - 1) - 1);
  if (m->walked.table && m->walked.roots == realm->rtt_base && m->walked.base == base) {
    struct rtt_walk walk = {
        .table = m->walked.table, .index = (unsigned)(ipa / GRANULE_SIZE % RTT_ENTRIES), .level = RTT_PAGE_LEVEL};
    walk.entry = rtt_get(m, walk.table, walk.index);
    return walk;
  }
  struct rtt_walk walk = rtt_walk(m, realm, ipa, RTT_PAGE_LEVEL);
  if (walk.level == RTT_PAGE_LEVEL)
    m->walked = (struct walked){.roots = realm->rtt_base, .base = base, .table = walk.table};
  return walk;
}

uint64_t rtt_walk_top(const vcca_machine *m, const struct rtt_walk *walk, uint64_t ipa)
{
  const uint64_t *words = rtt_words(m, walk->table);
  uint64_t size = rtt_entry_size(walk->level);
  uint64_t top = ipa & ~(size - 1);
  for (unsigned i = walk->index; i < RTT_ENTRIES && !word_live(words[i]); i++)
    top += size;
  return top > ipa ? top : ipa;
}

unsigned rtt_live(const vcca_machine *m, uint64_t table)
{
  const struct granule *g = memory_granule(&m->memory, table);
  return g ? g->live : 0;
}

unsigned rtt_count_live(const vcca_machine *m, uint64_t table)
{
  const uint64_t *words = rtt_words(m, table);
  unsigned live = 0;
  for (unsigned i = 0; i < RTT_ENTRIES; i++)
    live += word_holds(words[i]);
  return live;
}

void rtt_recount(vcca_machine *m, uint64_t table)
{
  memory_touch(&m->memory, table)->live = (uint16_t)rtt_count_live(m, table);
}

/* --- Tables come and go ------------------------------------------------------------------------------- */

void rtt_make_roots(vcca_machine *m, const struct realm *realm)
{
  unsigned shift = shift_of(realm->rtt_level_start);
  uint64_t entries = UINT64_C(1) << (realm->ipa_width - shift);
  const struct rtt_entry inside = {.hipas = RTT_UNASSIGNED, .ripas = realm_has_ripas(realm) ? RTT_EMPTY : RTT_RAM},
                         outside = {.hipas = RTT_UNASSIGNED_NS};
  for (uint64_t i = 0; i < realm->rtt_num_start; i++)
    granule_set_state(m, realm->rtt_base + i * GRANULE_SIZE, VCCA_GRANULE_RTT);
  for (uint64_t i = 0; i < entries; i++)
    rtt_put(m, realm->rtt_base + i / RTT_ENTRIES * GRANULE_SIZE, (unsigned)(i % RTT_ENTRIES),
            realm_protects(realm, i << shift) ? inside : outside);
}

void rtt_split(vcca_machine *m, const struct rtt_walk *walk, uint64_t child)
{
  granule_set_state(m, child, VCCA_GRANULE_RTT);
  fill(m, child, RTT_ENTRIES, walk->entry, mapped(walk->entry) ? rtt_entry_size(walk->level + 1) : 0);
  rtt_put(m, walk->table, walk->index, (struct rtt_entry){.hipas = RTT_TABLE, .pa = child});
}

void rtt_unlink(vcca_machine *m, const struct realm *realm, const struct rtt_walk *walk, uint64_t ipa)
{
  struct rtt_entry gone = {.hipas = RTT_UNASSIGNED, .ripas = RTT_DESTROYED};
  if (!realm_protects(realm, ipa))
    gone = (struct rtt_entry){.hipas = RTT_UNASSIGNED_NS};
  else if (!realm_has_ripas(realm))
    gone.ripas = RTT_RAM;
  rtt_put(m, walk->table, walk->index, gone);
  granule_release(m, walk->entry.pa);
}

void rtt_unassign(vcca_machine *m, const struct rtt_walk *walk)
{
  struct rtt_entry e = {.hipas = RTT_UNASSIGNED, .ripas = walk->entry.ripas == RTT_EMPTY ? RTT_EMPTY : RTT_DESTROYED};
  rtt_put(m, walk->table, walk->index, e);
}

bool rtt_homogeneous(const vcca_machine *m, uint64_t table, int level, struct rtt_entry *folded)
{
  const uint64_t *words = rtt_words(m, table);
  struct rtt_entry first = rtt_entry_of(words[0]);
  if (first.hipas == RTT_TABLE || (mapped(first) && (level < 2 || first.pa % rtt_entry_size(level - 1) != 0)))
    return false;
  uint64_t step = mapped(first) ? rtt_entry_size(level) : 0;
  for (unsigned i = 1; i < RTT_ENTRIES; i++)
    if (words[i] != words[0] + i * step)
      return false;
  *folded = first;
  return true;
}
