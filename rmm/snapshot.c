/* A machine's state as bytes.
 *
 * The bytes are a head, which names the configuration, and a record for every granule that is not as after
 * reset, in the order of addresses, with the contents unless they are zeros. They do not tell which page of
 * the pool has a granule's contents, so that equal machines give equal bytes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/granule.h"
#include "rmm/invariants.h"
#include "rmm/rec.h"
#include "rmm/rtt.h"
#include "rooms/error.h"
#include "rooms/file.h"
#include "rooms/span.h"

#include <string.h>

static const char magic[8] = "vccaRMM3";
enum { RECORD_HEAD = 16, HAS_CONTENTS = 1 };

/* Where the bytes go. Without room they are counted; otherwise copied, or compared. */
struct saving {
  vcca_sink sink;
  vcca_span against;
  bool comparing;
  bool differs;
};

static void put(struct saving *s, vcca_span bytes)
{
  if (s->comparing && !vcca_span_eq(vcca_span_sub(s->against, s->sink.n, bytes.n), bytes))
    s->differs = true;
  vcca_sink_put(&s->sink, bytes);
}

static void put_u64(struct saving *s, uint64_t v)
{
  uint8_t b[8];
  vcca_put_le64(b, v);
  put(s, VCCA_SPAN(b));
}

static void put_head(struct saving *s, const vcca_machine *m)
{
  put(s, VCCA_SPAN(magic));
  put_u64(s, (uint64_t)m->config.abi | (uint64_t)m->config.rules << 8 | (uint64_t)m->config.region_count << 16);
  for (size_t i = 0; i < m->config.region_count; i++) {
    const struct vcca_region *r = &m->config.regions[i];
    put_u64(s, r->base | r->delegable | (uint64_t)r->secure << 1 | (uint64_t)(r->bytes != NULL) << 2);
    put_u64(s, r->size);
  }
  put_u64(s, m->first_realm);
}

static void put_granule(struct saving *s, const vcca_machine *m, uint64_t pa, const struct granule *g)
{
  const void *contents = memory_contents(&m->memory, g);
  bool zero = !contents || vcca_span_zero(vcca_span_of(contents, GRANULE_SIZE));
  if (zero && g->state == VCCA_GRANULE_UNDELEGATED)
    return;
  put_u64(s, pa);
  put_u64(s, g->state | (zero ? 0 : (uint64_t)HAS_CONTENTS << 8));
  if (!zero)
    put(s, vcca_span_of(contents, GRANULE_SIZE));
}

static void put_machine(struct saving *s, const vcca_machine *m)
{
  put_head(s, m);
  for (size_t i = 0; i < m->memory.chunk_count && !s->differs; i++) {
    const struct chunk *chunk = &m->memory.chunks[i];
    const struct granule *g = memory_records(&m->memory, chunk);
    for (size_t j = 0; j < GRANULES_PER_CHUNK; j++)
      put_granule(s, m, chunk->base + j * GRANULE_SIZE, &g[j]);
  }
}

bool vcca_machine_save(const vcca_machine *m, struct vcca_bytes *out, struct vcca_error *err)
{
  struct saving measure = {0};
  put_machine(&measure, m);
  if (!vcca_bytes_alloc(out, measure.sink.n, err))
    return false;
  struct saving s = {.sink = vcca_sink_of(out->p, out->n)};
  put_machine(&s, m);
  return true;
}

bool vcca_machine_same(const vcca_machine *m, vcca_span saved)
{
  struct saving s = {.against = saved, .comparing = true};
  put_machine(&s, m);
  return !s.differs && s.sink.n == saved.n;
}

/* --- And back ------------------------------------------------------------------------------------------ */

/* Loads the record at offset *at. Addresses must ascend and be in the machine's memory. */
static bool load_granule(vcca_machine *m, vcca_span saved, size_t *at, uint64_t *least, struct vcca_error *err)
{
  if (saved.n - *at < RECORD_HEAD)
    return vcca_fail_at(err, *at, "saved machine: ends within a record");
  uint64_t pa = vcca_le64(saved.p + *at), word = vcca_le64(saved.p + *at + 8);
  bool contents = word >> 8 == HAS_CONTENTS;
  if (!granule_aligned(pa) || pa < *least || !granule_region(m, pa))
    return vcca_fail_at(err, *at, "saved machine: 0x%llx is not a granule of this machine, or not above the one before",
                        (unsigned long long)pa);
  if (word >> 8 > HAS_CONTENTS || (word & 0xff) >= VCCA_GRANULE_STATES)
    return vcca_fail_at(err, *at + 8, "saved machine: granule state 0x%llx is unknown", (unsigned long long)word);
  if (contents && saved.n - *at - RECORD_HEAD < GRANULE_SIZE)
    return vcca_fail_at(err, *at, "saved machine: ends within a granule");
  if (contents ? vcca_span_zero(vcca_span_sub(saved, *at + RECORD_HEAD, GRANULE_SIZE))
               : word == VCCA_GRANULE_UNDELEGATED)
    return vcca_fail_at(err, *at, "saved machine: granule 0x%llx is all zeros, and must be saved without contents",
                        (unsigned long long)pa);
  if (!memory_reserve(&m->memory, MACHINE_RESERVE, MACHINE_RESERVE))
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the saved machine");
  granule_restore_state(m, pa, (enum vcca_granule_state)(word & 0xff));
  if (contents)
    memcpy(memory_make(&m->memory, memory_touch(&m->memory, pa)), saved.p + *at + RECORD_HEAD, GRANULE_SIZE);
  if ((word & 0xff) == VCCA_GRANULE_RTT)
    rtt_recount(m, pa);
  uint64_t identity = (word & 0xff) == VCCA_GRANULE_REC ? rec_at(m, pa)->identity : 0;
  if (identity > m->recs_made && identity <= REC_IDENTITY_MAX)
    m->recs_made = identity;
  *at += RECORD_HEAD + (contents ? GRANULE_SIZE : 0);
  *least = pa + GRANULE_SIZE;
  return true;
}

/* The offset of a granule's record; 0: it has none. */
static size_t record_of(vcca_span saved, size_t at, uint64_t pa)
{
  while (saved.n - at >= RECORD_HEAD && vcca_le64(saved.p + at) < pa)
    at += RECORD_HEAD + (vcca_le64(saved.p + at + 8) >> 8 == HAS_CONTENTS ? GRANULE_SIZE : 0);
  return saved.n - at >= RECORD_HEAD && vcca_le64(saved.p + at) == pa ? at : 0;
}

static bool fail_breach(const vcca_machine *m, const struct breach *breach, size_t at, struct vcca_error *err)
{
  if (breach->no_memory)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the saved machine");
  return vcca_fail_at(err, at, "saved machine: granule 0x%llx (%s): %s", (unsigned long long)breach->pa,
                      granule_region(m, breach->pa) ? vcca_granule_state_name(granule_state(m, breach->pa)) : "none",
                      breach->what);
}

/* Whether calls can have made this machine, and no call is under way in it. */
static bool check_loaded(const vcca_machine *m, vcca_span saved, size_t first, struct vcca_error *err)
{
  struct breach breach;
  bool sound = machine_sound(m, &breach);
  for (uint64_t rd = sound ? m->first_realm : 0; rd; rd = realm_at(m, rd)->next)
    for (uint64_t rec = realm_at(m, rd)->first_rec; sound && rec; rec = rec_at(m, rec)->next)
      if (rec_at(m, rec)->running) {
        breach = (struct breach){.pa = rec, .what = "it is running, but the call that entered it was not saved"};
        sound = false;
      }
  return sound || fail_breach(m, &breach, record_of(saved, first, breach.pa), err);
}

bool vcca_machine_load(vcca_machine *m, vcca_span saved, struct vcca_error *err)
{
  if (m->memory.held_pages > 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "a machine cannot be restored while a call is under way");
  vcca_machine fresh = *m;
  fresh.memory = (struct memory){0};
  machine_reset(&fresh);
  struct saving measure = {0}, head = {.against = saved, .comparing = true};
  put_head(&measure, &fresh);
  size_t first = measure.sink.n, at = first; /* the head ends with the first realm */
  uint64_t least = 0;
  if (saved.n >= at)
    fresh.first_realm = vcca_le64(saved.p + at - 8);
  put_head(&head, &fresh);
  if (saved.n < at || head.differs)
    return vcca_fail_at(err, 0, "saved machine: the configuration is not that of this machine");
  bool ok = true;
  while (ok && at < saved.n)
    ok = load_granule(&fresh, saved, &at, &least, err);
  ok = ok && check_loaded(&fresh, saved, first, err);
  if (!ok) {
    memory_release(&fresh.memory);
    return false;
  }
  memory_release(&m->memory);
  *m = fresh;
  return true;
}
