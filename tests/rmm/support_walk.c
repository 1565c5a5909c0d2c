/* SPDX-License-Identifier: Apache-2.0 */
#include "support_walk_parts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void walk_wrong(const struct walk *w, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  fprintf(stderr, "walk, call %" PRIu64 " (%s, refused by %s): ", w->calls, w->command ? w->command->name : "none",
          w->refused ? w->refused : "nothing");
  vfprintf(stderr, format, args);
  fprintf(stderr, "\n");
  va_end(args);
  abort();
}

unsigned walk_random(void *seed, unsigned bound)
{
  uint64_t *s = seed;
  *s ^= *s >> 12;
  *s ^= *s << 25;
  *s ^= *s >> 27;
  return (unsigned)((*s * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % bound;
}

unsigned walk_choose(struct walk *w, unsigned bound)
{
  return w->choice(w->ctx, bound);
}

bool walk_chance(struct walk *w, unsigned percent)
{
  return walk_choose(w, 100) < percent;
}

/* --- Handles ------------------------------------------------------------------------------------------ */

uint64_t walk_page(const struct walk *w, unsigned i)
{
  return w->tmi && i >= HOST_PAGES ? POOL + (i - HOST_PAGES) * GRANULE_SIZE : DRAM + i * GRANULE_SIZE;
}

unsigned walk_index(uint64_t pa)
{
  uint64_t i = (pa - DRAM) / GRANULE_SIZE;
  return pa >= DRAM && i < PAGES ? (unsigned)i : PAGES;
}

struct shadow_realm *walk_realm(struct walk *w, uint64_t rd)
{
  for (unsigned i = 0; i < REALMS; i++)
    if (w->realms[i].rd == rd)
      return &w->realms[i];
  return NULL;
}

struct shadow_rec *walk_rec(struct walk *w, uint64_t pa)
{
  for (unsigned i = 0; i < RECS; i++)
    if (w->recs[i].pa == pa)
      return &w->recs[i];
  return NULL;
}

/* --- Steps -------------------------------------------------------------------------------------------- */

static void on_trace(void *ctx, const struct vcca_trace *trace)
{
  struct walk *w = ctx;
  w->refused = trace->refused;
}

static void call(struct walk *w, struct attempt *a)
{
  memcpy(a->x, a->in, sizeof a->x);
  vcca_smc(w->m, a->x);
  w->calls++;
}

enum { COMPARE_EVERY = 64, TAKE_APART_EVERY = 4096 };
static void take_apart(struct walk *w);

void walk_step(struct walk *w)
{
  struct attempt a;
  struct vcca_bytes before = {0};
  if (w->calls >= w->next_end && !w->nested) {
    take_apart(w);
    w->next_end = w->calls + TAKE_APART_EVERY;
  }
  w->command = walk_command(w);
  walk_prepare(w, &a);
  uint64_t edits = w->m->memory.edits;
  if (!w->bare && !w->nested && w->calls % COMPARE_EVERY == 0 && !vcca_machine_save(w->m, &before, NULL))
    walk_wrong(w, "no memory");
  const struct vcca_command *command = w->command;
  call(w, &a);
  w->command = command;
  if (!w->refused) {
    w->accepted++;
    w->taken[command - w->api->commands]++;
    walk_mirror(w, &a);
  }
  if (!w->bare)
    walk_check(w, edits, &before);
  vcca_bytes_free(&before);
}

/* --- Life --------------------------------------------------------------------------------------------- */

struct walk *walk_new(const struct vcca_machine_config *like, walk_choice choice, void *ctx)
{
  struct vcca_machine_config config = *like;
  struct walk *w = calloc(1, sizeof *w);
  if (!w)
    abort();
  w->tmi = config.abi == VCCA_ABI_TMI;
  w->api = w->tmi ? vcca_tmi() : vcca_rmi();
  assert(w->api->command_count <= WALK_COMMANDS);
  w->choice = choice;
  w->ctx = ctx;
  config.regions[0] =
      (struct vcca_region){.base = DRAM, .size = (w->tmi ? HOST_PAGES : PAGES) * GRANULE_SIZE, .delegable = !w->tmi};
  config.regions[1] = (struct vcca_region){.base = DEVICE, .size = GRANULE_SIZE};
  config.regions[2] = (struct vcca_region){.base = POOL, .size = POOL_PAGES * GRANULE_SIZE, .secure = true};
  config.region_count = w->tmi ? 3 : 2;
  config.trace = on_trace;
  config.trace_ctx = w;
  config.program = walk_program;
  config.program_ctx = w;
  w->m = vcca_machine_new(&config, NULL);
  if (!w->m || !vcca_machine_save(w->m, &w->fresh, NULL))
    abort();
  vcca_machine_set_guest_smc(w->m, walk_guest, w);
  return w;
}

void walk_bare(struct walk *w, bool bare)
{
  w->bare = bare;
}

/* A call of the teardown: it must succeed. */
static void must(struct walk *w, const char *name, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4)
{
  struct attempt a = {.in = {0, x1, x2, x3, x4}};
  w->command = vcca_command_named(w->api, vcca_span_str(name));
  a.in[0] = w->command->fid;
  do
    call(w, &a);
  while (w->tmi && strcmp(name, "TTT_DESTROY") == 0 && a.x[1] != 0);
  if (w->refused)
    walk_wrong(w, "0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 ": cannot be taken apart", x1, x2, x3);
  walk_mirror(w, &a);
}

/* Empties and destroys what is below an entry. */
static void clear(struct walk *w, const struct shadow_realm *realm, uint64_t ipa, int64_t level)
{
  struct rtt_entry e = rtt_walk(w->m, realm_at(w->m, realm->rd), ipa, (int)level).entry;
  if (e.hipas == RTT_ASSIGNED)
    must(w, "DATA_DESTROY", realm->rd, ipa, 0, 0);
  if (e.hipas != RTT_TABLE)
    return;
  for (uint64_t i = 0; i < RTT_ENTRIES; i++)
    clear(w, realm, ipa + i * rtt_entry_size((int)level + 1), level + 1);
  must(w, "RTT_DESTROY", realm->rd, ipa, (uint64_t)level + 1, 0);
}

static void take_apart(struct walk *w)
{
  for (unsigned i = 0; i < RECS; i++)
    if (w->recs[i].pa)
      must(w, w->tmi ? "TEC_DESTROY" : "REC_DESTROY", w->recs[i].pa, 0, 0, 0);
  for (unsigned i = 0; i < REALMS; i++) {
    struct shadow_realm *realm = &w->realms[i];
    if (!realm->rd)
      continue;
    int level = realm_at(w->m, realm->rd)->rtt_level_start;
    uint64_t entries = (UINT64_C(1) << realm_at(w->m, realm->rd)->ipa_width) / rtt_entry_size(level);
    if (w->tmi)
      must(w, "TTT_DESTROY", realm->rd, 0, 0, 0);
    for (uint64_t j = 0; !w->tmi && j < entries; j++)
      clear(w, realm, j * rtt_entry_size(level), level);
    must(w, w->tmi ? "CVM_DESTROY" : "REALM_DESTROY", realm->rd, 0, 0, 0);
  }
  for (unsigned i = 0; i < PAGES; i++)
    if (w->state[i] == VCCA_GRANULE_DELEGATED)
      must(w, "GRANULE_UNDELEGATE", walk_page(w, i), 0, 0, 0);
}

void walk_end(struct walk *w)
{
  static const uint8_t zeros[PAGES * 4096];
  walk_check_all(w);
  take_apart(w);
  walk_check_census(w);
  bool zeroed = vcca_host_write(w->m, DEVICE, vcca_span_of(zeros, GRANULE_SIZE));
  if (!zeroed || !vcca_host_write(w->m, DRAM, vcca_span_of(zeros, (w->tmi ? HOST_PAGES : PAGES) * GRANULE_SIZE)) ||
      !vcca_machine_same(w->m, vcca_bytes_span(&w->fresh)))
    walk_wrong(w, "something is left");
  vcca_bytes_free(&w->fresh);
  vcca_machine_free(w->m);
  free(w);
}

void walk_tally(const struct walk *w, uint64_t taken[WALK_COMMANDS])
{
  for (unsigned i = 0; i < WALK_COMMANDS; i++)
    taken[i] += w->taken[i];
}

const vcca_machine *walk_machine(const struct walk *w)
{
  return w->m;
}

uint64_t walk_calls(const struct walk *w)
{
  return w->calls;
}

uint64_t walk_accepted(const struct walk *w)
{
  return w->accepted;
}
