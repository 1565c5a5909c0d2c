/* The invariants of a machine, by kind:
 *
 *   granules  the region allows the state; granules without an owner are zero; each RD, REC, REC_AUX, DATA and
 *             RTT has one owner
 *   realms    each is on the list once, has parameters that REALM_CREATE (CVM_CREATE) accepts on this machine, and
 *             has a VMID of its own
 *   RIM, REM  the rules are the machine's, the algorithm exists, digests have its length; a REM is zero until the
 *             realm runs
 *   RECs      each is on its realm's list once, newest first; indexes fit MPIDRs; a realm can have made the pending
 *             requests
 *   tables    shape and levels; each entry fits its half of the address space and leads to memory; the counts of live
 *             entries are right
 *   the pool  the number of free granules, and where the search for them begins
 *
 * The check claims each granule that a link leads to: once, and in the state that the link needs. A granule
 * in use that is not claimed at the end has no owner.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/invariants.h"

#include "rmm/rec.h"
#include "rmm/rmi.h"
#include "rmm/rtt.h"
#include "rmm/tmi.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/rmm.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLAIM_BYTES = GRANULES_PER_CHUNK / 8, VMIDS = 65536 };

struct check {
  const vcca_machine *m;
  bool tmi;
  uint8_t *claimed; /* a bit for every granule of every chunk */
  uint8_t vmids[VMIDS / 8];
  struct breach *breach;
};

static bool wrong(struct check *c, uint64_t pa, const char *format, ...) VCCA_PRINTF(3, 4);
static bool wrong(struct check *c, uint64_t pa, const char *format, ...)
{
  va_list args;
  c->breach->pa = pa;
  va_start(args, format);
  vsnprintf(c->breach->what, sizeof c->breach->what, format, args);
  va_end(args);
  return false;
}

/* Returns false, and says why, when the fact does not hold. */
#define FACT(pa, holds, ...)              \
  do {                                    \
    if (!(holds))                         \
      return wrong(c, (pa), __VA_ARGS__); \
  } while (0)

static bool bit(const uint8_t *bits, uint64_t i)
{
  return bits[i / 8] >> i % 8 & 1;
}

static void set_bit(uint8_t *bits, uint64_t i)
{
  bits[i / 8] |= (uint8_t)(1U << i % 8);
}

/* The index of a granule's bit; its chunk exists. */
static uint64_t claim_of(const struct check *c, uint64_t pa)
{
  uint64_t base = pa & ~(CHUNK_SIZE - 1);
  return (uint64_t)memory_chunk_index(&c->m->memory, base) * GRANULES_PER_CHUNK + (pa - base) / GRANULE_SIZE;
}

/* Granule `from` names `to` as its own, in the field `name`: claims `to`. */
static bool claim(struct check *c, uint64_t from, const char *name, uint64_t to, enum vcca_granule_state state)
{
  FACT(from, granule_aligned(to) && granule_region(c->m, to) && granule_state(c->m, to) == state,
       "%s leads to 0x%" PRIx64 ", which is not %s", name, to, vcca_granule_state_name(state));
  uint64_t i = claim_of(c, to);
  FACT(from, !bit(c->claimed, i), "%s leads to 0x%" PRIx64 ", which another granule owns already", name, to);
  set_bit(c->claimed, i);
  return true;
}

/* --- Granules ----------------------------------------------------------------------------------------- */

static bool zero_from(const void *page, size_t from)
{
  return vcca_span_zero(vcca_span_of((const uint8_t *)page + from, GRANULE_SIZE - from));
}

static bool granule_sound(struct check *c, uint64_t pa, const struct granule *g)
{
  const struct vcca_region *r = granule_region(c->m, pa);
  const void *contents = memory_contents(&c->m->memory, g);
  FACT(pa, g->state < VCCA_GRANULE_STATES, "its state %u is unknown", g->state);
  enum vcca_granule_state state = (enum vcca_granule_state)g->state;
  if (!r || state == VCCA_GRANULE_UNDELEGATED) {
    FACT(pa, state == VCCA_GRANULE_UNDELEGATED && (r || !contents), "no memory is there");
    FACT(pa, !contents || !r->bytes, "its contents are in the embedder's memory, and must not be saved");
    FACT(pa, !contents || !r->secure || zero_from(contents, 0), "it is free, but not zero");
  } else if (c->tmi) {
    FACT(pa, r->secure && state != VCCA_GRANULE_DELEGATED, "state %s is not possible for memory %s",
         vcca_granule_state_name(state), r->secure ? "of the TMM's pool" : "outside the TMM's pool");
  } else {
    FACT(pa, r->delegable && !r->secure, "it is %s, but its memory cannot be delegated",
         vcca_granule_state_name(state));
  }
  FACT(pa, state != VCCA_GRANULE_DELEGATED || !contents || zero_from(contents, 0), "it is DELEGATED, but not zero");
  unsigned live = state == VCCA_GRANULE_RTT ? rtt_count_live(c->m, pa) : 0;
  FACT(pa, g->live == live, "%u entries are counted as live, not %u", g->live, live);
  return true;
}

static bool owned(enum vcca_granule_state state)
{
  return state != VCCA_GRANULE_UNDELEGATED && state != VCCA_GRANULE_DELEGATED;
}

typedef bool (*granule_fact)(struct check *c, uint64_t pa, const struct granule *g);

static bool each_granule(struct check *c, granule_fact fact)
{
  for (size_t i = 0; i < c->m->memory.chunk_count; i++) {
    const struct chunk *chunk = &c->m->memory.chunks[i];
    const struct granule *g = memory_records(&c->m->memory, chunk);
    for (size_t j = 0; j < GRANULES_PER_CHUNK; j++)
      if (!fact(c, chunk->base + j * GRANULE_SIZE, &g[j]))
        return false;
  }
  return true;
}

static bool granule_owned(struct check *c, uint64_t pa, const struct granule *g)
{
  enum vcca_granule_state state = (enum vcca_granule_state)g->state;
  FACT(pa, !owned(state) || bit(c->claimed, claim_of(c, pa)), "no granule owns this %s",
       vcca_granule_state_name(state));
  return true;
}

/* --- Tables ------------------------------------------------------------------------------------------- */

/* Whether an entry has only the fields that its HIPAS may have. */
static bool entry_canonical(struct rtt_entry e, uint64_t word)
{
  bool in_realm = e.hipas == RTT_UNASSIGNED || e.hipas == RTT_ASSIGNED;
  struct rtt_entry same = {
      .hipas = e.hipas,
      .ripas = in_realm ? e.ripas : RTT_EMPTY,
      .pa = e.hipas == RTT_UNASSIGNED || e.hipas == RTT_UNASSIGNED_NS ? 0 : e.pa,
      .attributes = e.hipas == RTT_ASSIGNED_NS ? e.attributes : 0,
  };
  return e.hipas <= RTT_TABLE && e.ripas <= RTT_DESTROYED && rtt_word_of(same) == word;
}

/* Checks an ASSIGNED or ASSIGNED_NS entry, page or block. */
static bool mapping_sound(struct check *c, uint64_t table, const struct realm *realm, struct rtt_entry e, int level,
                          unsigned i)
{
  uint64_t size = rtt_entry_size(level), descriptor = rtt_descriptor(e, realm->lpa2);
  struct rtt_entry parsed;
  FACT(table, level >= (c->tmi ? RTT_PAGE_LEVEL - 1 : 1), "entry %u maps a block at level %d", i, level);
  FACT(table, e.pa % size == 0, "entry %u maps 0x%" PRIx64 ", which is not aligned to its size", i, e.pa);
  FACT(table, realm_reaches(realm, e.pa), "entry %u maps 0x%" PRIx64 ", beyond the addresses that a table can hold", i,
       e.pa);
  FACT(table, e.hipas == RTT_ASSIGNED || rtt_parse(descriptor, realm->lpa2, &parsed),
       "entry %u has attributes that a host cannot set", i);
  for (uint64_t at = 0; e.hipas == RTT_ASSIGNED && at < size; at += GRANULE_SIZE)
    if (!claim(c, table, "an entry", e.pa + at, VCCA_GRANULE_DATA))
      return false;
  return true;
}

static bool table_sound(struct check *c, const struct realm *realm, uint64_t table, int level, uint64_t ipa);

static bool entry_sound(struct check *c, const struct realm *realm, uint64_t table, int level, uint64_t ipa, unsigned i)
{
  uint64_t word = rtt_words(c->m, table)[i];
  struct rtt_entry e = rtt_entry_of(word);
  FACT(table, entry_canonical(e, word), "entry %u is 0x%" PRIx64 ", which is not a valid entry", i, word);
  FACT(table, realm_in_space(realm, ipa) || word == 0, "entry %u is beyond the address space", i);
  bool unprotected = e.hipas == RTT_UNASSIGNED_NS || e.hipas == RTT_ASSIGNED_NS;
  if (!realm_in_space(realm, ipa))
    return true;
  if (e.hipas == RTT_TABLE) {
    FACT(table, level < RTT_PAGE_LEVEL, "entry %u is a TABLE, which level 3 cannot have", i);
    FACT(table, realm_reaches(realm, e.pa),
         "entry %u leads to 0x%" PRIx64 ", beyond the addresses that a table can hold", i, e.pa);
    return claim(c, table, "an entry", e.pa, VCCA_GRANULE_RTT) && table_sound(c, realm, e.pa, level + 1, ipa);
  }
  FACT(table, unprotected != realm_protects(realm, ipa), "entry %u is for %s memory, but 0x%" PRIx64 " is not", i,
       unprotected ? "unprotected" : "protected", ipa);
  FACT(table, realm_has_ripas(realm) || e.ripas == RTT_RAM, "the RIPAS of entry %u is not RAM, as all of a CVM is", i);
  bool maps = e.hipas == RTT_ASSIGNED || e.hipas == RTT_ASSIGNED_NS;
  return !maps || mapping_sound(c, table, realm, e, level, i);
}

static bool table_sound(struct check *c, const struct realm *realm, uint64_t table, int level, uint64_t ipa)
{
  for (unsigned i = 0; i < RTT_ENTRIES; i++, ipa += rtt_entry_size(level))
    if (!entry_sound(c, realm, table, level, ipa, i))
      return false;
  return true;
}

static bool tables_sound(struct check *c, uint64_t rd, const struct realm *realm)
{
  uint64_t covered = RTT_ENTRIES * rtt_entry_size(realm->rtt_level_start);
  FACT(rd, realm->rtt_base % (realm->rtt_num_start * GRANULE_SIZE) == 0,
       "its root tables at 0x%" PRIx64 " are not aligned", realm->rtt_base);
  for (uint64_t i = 0; i < realm->rtt_num_start; i++) {
    uint64_t root = realm->rtt_base + i * GRANULE_SIZE;
    if (!claim(c, rd, "rtt_base", root, VCCA_GRANULE_RTT) ||
        !table_sound(c, realm, root, realm->rtt_level_start, i * covered))
      return false;
  }
  const struct walked *walked = &c->m->walked;
  if (!walked->table || walked->roots != realm->rtt_base)
    return true;
  struct rtt_walk walk = rtt_walk(c->m, realm, walked->base, RTT_PAGE_LEVEL);
  FACT(rd, walk.level == RTT_PAGE_LEVEL && walk.table == walked->table, "the last walk did not end at 0x%" PRIx64,
       walked->table);
  return true;
}

/* --- RECs --------------------------------------------------------------------------------------------- */

static bool in_protected(const struct realm *realm, uint64_t ipa)
{
  return !realm || realm_protects(realm, ipa);
}

static bool pending_sound(struct check *c, uint64_t pa, const struct rec *rec, const struct realm *realm)
{
  const struct guest_pending *p = &rec->pending;
  bool flags = p->ripas_destroyed <= 1 && p->psci_pending <= 1 && p->host_call_pending <= 1 && p->ripas_pending <= 1;
  bool pages = granule_aligned(p->ripas_addr) && granule_aligned(p->ripas_top);
  FACT(pa, flags && vcca_span_zero(VCCA_SPAN(p->reserved)), "a flag of its pending requests is neither 0 nor 1");
  FACT(pa, rec->running || (rec->exit.reason == GUEST_EXIT_RIPAS_CHANGE) == p->ripas_pending,
       "its last exit contradicts whether a RIPAS change is pending");
  if (p->ripas_pending) {
    FACT(pa, pages && p->ripas_addr <= p->ripas_top && p->ripas_top > 0 && in_protected(realm, p->ripas_top - 1),
         "it asks for RIPAS of [0x%" PRIx64 ", 0x%" PRIx64 "), which is not a range of protected pages", p->ripas_addr,
         p->ripas_top);
    FACT(pa, p->ripas_value == RTT_EMPTY || p->ripas_value == RTT_RAM, "it asks for RIPAS %u", p->ripas_value);
  } else {
    FACT(pa, rec->running || (p->ripas_addr == 0 && p->ripas_top == 0),
         "it has a RIPAS range, but no RIPAS change is pending");
  }
  FACT(pa, !p->host_call_pending || (p->host_call % 256 == 0 && in_protected(realm, p->host_call)),
       "its host call is at 0x%" PRIx64 ", which is not aligned or not protected", p->host_call);
  return true;
}

static bool abort_sound(struct check *c, uint64_t pa, const struct rec_abort *a, const struct realm *realm)
{
  bool flags = a->unprotected <= 1 && a->emulatable <= 1 && a->write <= 1 && a->sign_extend <= 1 && a->wide <= 1 &&
               a->reserved == 0;
  bool size = a->emulatable ? a->size == 1 || a->size == 2 || a->size == 4 || a->size == 8 : a->size == 0;
  FACT(pa, flags, "a flag of its last abort is neither 0 nor 1");
  FACT(pa, size && a->reg <= REC_GPRS, "its last abort was of %u bytes and register %u", a->size, a->reg);
  FACT(pa, !realm || !a->unprotected || (realm_in_space(realm, a->ipa) && !realm_protects(realm, a->ipa)),
       "its last abort was at 0x%" PRIx64 ", which is protected", a->ipa);
  return true;
}

/* realm is NULL for a TEC whose CVM is gone. */
static bool rec_sound(struct check *c, uint64_t pa, const struct realm *realm)
{
  const struct rec *rec = rec_at(c->m, pa);
  unsigned aux_count = c->tmi ? (unsigned)TMI_AUX_COUNT : (unsigned)RMI_AUX_COUNT;
  uint64_t index = 0;
  FACT(pa, rec_mpidr_index(rec->mpidr, &index) && index == rec->index,
       "its MPIDR 0x%" PRIx64 " is not that of index %u", rec->mpidr, rec->index);
  FACT(pa, rec->aux_count == aux_count, "it has %u auxiliary granules, not %u", rec->aux_count, aux_count);
  for (unsigned i = 0; i < REC_AUX_MAX; i++) {
    if (i < aux_count && !claim(c, pa, "aux", rec->aux[i], VCCA_GRANULE_REC_AUX))
      return false;
    FACT(pa, i < aux_count || rec->aux[i] == 0, "aux has 0x%" PRIx64 " after the last auxiliary granule", rec->aux[i]);
  }
  bool flags = rec->runnable <= 1 && rec->running <= 1 && rec->irq_pending <= 1 && rec->ripas_response <= 1 &&
               rec->exit_unmapped <= 1;
  FACT(pa, flags && vcca_span_zero(VCCA_SPAN(rec->reserved)), "a flag is neither 0 nor 1");
  FACT(pa, rec->stuck <= 1 && rec->cpu.pmu_overflow <= 1, "a flag is neither 0 nor 1");
  FACT(pa, rec->identity > 0 && rec->identity <= c->m->recs_made,
       "its identity %" PRIu64 " is not one that the machine gave", rec->identity);
  FACT(pa, rec->exit.reason <= GUEST_EXIT_SERROR, "its exit reason %" PRIu64 " is unknown", rec->exit.reason);
  const struct guest_attestation *a = &rec->attestation;
  FACT(pa, a->length <= GUEST_TOKEN_MAX && a->offset <= a->length && a->reserved == 0,
       "it delivered %u bytes of a token of %u", a->offset, a->length);
  FACT(pa, a->phase != 0 || vcca_span_zero(vcca_span_of(a, sizeof *a)),
       "it keeps a token, but no attestation is in progress");
  FACT(pa, zero_from(rec, sizeof *rec), "the bytes after its descriptor are not zero");
  return pending_sound(c, pa, rec, realm) && abort_sound(c, pa, &rec->abort, realm);
}

static bool recs_sound(struct check *c, uint64_t rd, const struct realm *realm)
{
  uint64_t members = 0, from = rd, most = (UINT64_C(1) << machine_features(c->m).max_recs_order) - 1;
  uint32_t newer = realm->rec_index;
  for (uint64_t pa = realm->first_rec; pa; from = pa, pa = rec_at(c->m, pa)->next, members++) {
    if (!claim(c, from, from == rd ? "first_rec" : "next", pa, VCCA_GRANULE_REC))
      return false;
    const struct rec *rec = rec_at(c->m, pa);
    FACT(pa, rec->owner == rd, "its owner is 0x%" PRIx64 ", but the list of 0x%" PRIx64 " has it", rec->owner, rd);
    FACT(pa, rec->index < newer, "its index %u is not below that of the next newer REC, %u", rec->index, newer);
    FACT(pa, realm->state == VCCA_REALM_ACTIVE || !rec->running, "it runs in a realm that is %s",
         vcca_realm_state_name((enum vcca_realm_state)realm->state));
    if (!rec_sound(c, pa, realm))
      return false;
    newer = rec->index;
  }
  FACT(rd, members == realm->num_recs, "it has %" PRIu64 " RECs, but its count is %u", members, realm->num_recs);
  FACT(rd, members <= most, "it has %" PRIu64 " RECs, the machine allows %" PRIu64, members, most);
  return true;
}

/* TMI: claims a TEC that CVM_DESTROY left without an owner. */
static bool orphan_sound(struct check *c, uint64_t pa, const struct granule *g)
{
  if (g->state != VCCA_GRANULE_REC || bit(c->claimed, claim_of(c, pa)) || !c->tmi)
    return true;
  const struct rec *rec = rec_at(c->m, pa);
  FACT(pa, rec->owner == 0 && rec->next == 0, "its owner is 0x%" PRIx64 ", whose list does not have it", rec->owner);
  FACT(pa, !rec->running, "it runs without a realm");
  set_bit(c->claimed, claim_of(c, pa));
  return rec_sound(c, pa, NULL);
}

/* --- Realms ------------------------------------------------------------------------------------------- */

static bool parameters_sound(struct check *c, uint64_t rd, const struct realm *r)
{
  struct vcca_features f = machine_features(c->m);
  FACT(rd, r->state <= VCCA_REALM_SYSTEM_OFF, "its state %u is unknown", r->state);
  FACT(rd, r->lpa2 <= f.lpa2, "lpa2 is %u", r->lpa2);
  FACT(rd, r->ipa_width >= 32 && r->ipa_width <= f.s2sz && (r->lpa2 || r->ipa_width <= 48),
       "its addresses have %u bits", r->ipa_width);
  FACT(rd, r->protected_width == r->ipa_width - !c->tmi, "%u of %u address bits are protected", r->protected_width,
       r->ipa_width);
  FACT(rd, rtt_geometry_valid(r->ipa_width, r->lpa2, r->rtt_level_start, r->rtt_num_start),
       "%u root tables of level %d do not give %u address bits", r->rtt_num_start, r->rtt_level_start, r->ipa_width);
  FACT(rd, r->vmid < VMIDS && !bit(c->vmids, r->vmid), "its VMID %u is %s", r->vmid,
       r->vmid < VMIDS ? "also that of another realm" : "too large");
  set_bit(c->vmids, r->vmid);
  FACT(rd, r->reserved == 0 && zero_from(r, sizeof *r), "the bytes after its descriptor are not zero");
  return true;
}

static bool measurements_sound(struct check *c, uint64_t rd, const struct realm *r)
{
  FACT(rd, r->rim.rules == c->m->config.rules, "its measurement rules are not the machine's");
  bool known =
      realm_hash_valid(c->m, r->rim.hash_alg) && (r->rim.hash_alg != VCCA_SHA512 || !machine_features(c->m).no_sha512);
  FACT(rd, known, "its hash algorithm is %u, which the machine does not have", (unsigned)r->rim.hash_alg);
  size_t size = vcca_hash_size(r->rim.hash_alg), rest = VCCA_MEASUREMENT_SIZE - size;
  FACT(rd, vcca_span_zero(vcca_span_of(r->rim.value + size, rest)), "its RIM is longer than %zu bytes", size);
  for (unsigned i = 0; i < VCCA_REMS; i++) {
    FACT(rd, vcca_span_zero(vcca_span_of(r->rem[i] + size, rest)), "its REM %u is longer than %zu bytes", i, size);
    FACT(rd, r->state != VCCA_REALM_NEW || vcca_span_zero(VCCA_SPAN(r->rem[i])),
         "its REM %u is extended, but it never ran", i);
  }
  return true;
}

static bool realms_sound(struct check *c)
{
  uint64_t from = c->m->first_realm;
  for (uint64_t rd = from; rd; from = rd, rd = realm_at(c->m, rd)->next) {
    if (!claim(c, from, rd == from ? "the list of realms" : "next", rd, VCCA_GRANULE_RD))
      return false;
    const struct realm *r = realm_at(c->m, rd);
    if (!parameters_sound(c, rd, r) || !measurements_sound(c, rd, r) || !tables_sound(c, rd, r) ||
        !recs_sound(c, rd, r))
      return false;
  }
  return true;
}

/* --- The pool ----------------------------------------------------------------------------------------- */

static bool chunk_free(const vcca_machine *m, uint64_t base)
{
  const struct granule *g = memory_chunk(&m->memory, base);
  for (unsigned i = 0; g && i < GRANULES_PER_CHUNK; i++)
    if (g[i].state != VCCA_GRANULE_UNDELEGATED)
      return false;
  return true;
}

/* No free granule or block may be below the place where the search for one begins. */
static bool pool_sound(struct check *c)
{
  const vcca_machine *m = c->m;
  uint64_t count[VCCA_GRANULE_STATES], free = 0;
  vcca_granule_census(m, count);
  for (size_t i = 0; i < m->config.region_count; i++) {
    const struct vcca_region *r = &m->config.regions[i];
    uint64_t end = r->base + r->size;
    if (!r->secure)
      continue;
    free += r->size / GRANULE_SIZE;
    for (uint64_t pa = r->base; pa < end && pa < m->pool_next; pa += GRANULE_SIZE)
      FACT(pa, granule_state(m, pa) != VCCA_GRANULE_UNDELEGATED,
           "it is free, but the search for free granules begins at 0x%" PRIx64, m->pool_next);
    for (uint64_t pa = (r->base + CHUNK_SIZE - 1) & ~(CHUNK_SIZE - 1);
         pa + CHUNK_SIZE <= end && pa < m->pool_next_block; pa += CHUNK_SIZE)
      FACT(pa, !chunk_free(m, pa), "its block is free, but the search for free blocks begins at 0x%" PRIx64,
           m->pool_next_block);
  }
  for (unsigned s = VCCA_GRANULE_DELEGATED; c->tmi && s < VCCA_GRANULE_STATES; s++)
    free -= count[s];
  FACT(0, free == m->pool_free, "%" PRIu64 " granules are free, not %" PRIu64, free, m->pool_free);
  return true;
}

/* --- All ---------------------------------------------------------------------------------------------- */

bool machine_sound(const vcca_machine *m, struct breach *breach)
{
  struct check c = {.m = m, .tmi = m->config.abi == VCCA_ABI_TMI, .breach = breach};
  *breach = (struct breach){.pa = 0};
  c.claimed = calloc(m->memory.chunk_count + 1, CLAIM_BYTES);
  breach->no_memory = !c.claimed;
  bool sound = c.claimed && each_granule(&c, granule_sound) && realms_sound(&c) && each_granule(&c, orphan_sound) &&
               each_granule(&c, granule_owned) && pool_sound(&c);
  free(c.claimed);
  return sound;
}
