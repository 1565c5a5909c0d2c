/* What the host says: arguments by kind and name, right, wrong and raw; buffers; and now and then what
 * makes sense.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_walk_parts.h"
#include "rooms/interface.h"
#include "rooms/span.h"

#include <string.h>

/* --- Handles ------------------------------------------------------------------------------------------ */

static uint64_t raw(struct walk *w)
{
  static const uint64_t values[] = {0,
                                    1,
                                    8,
                                    DRAM + 8,
                                    DEVICE,
                                    UINT64_C(1) << 40,
                                    UINT64_C(1) << 48,
                                    UINT64_MAX,
                                    UINT64_MAX - 4095,
                                    POOL - GRANULE_SIZE};
  return values[walk_choose(w, sizeof values / sizeof *values)];
}

static uint64_t any_page(struct walk *w)
{
  return walk_page(w, walk_choose(w, PAGES));
}

/* A page in a state, if one is found soon. */
static uint64_t page_in(struct walk *w, enum vcca_granule_state state)
{
  unsigned i = HOST_PAGES + walk_choose(w, POOL_PAGES);
  for (unsigned n = 0; n < POOL_PAGES && w->state[i] != state; n++)
    i = i + 1 < PAGES ? i + 1 : HOST_PAGES;
  return walk_page(w, i);
}

/* Mostly one there is, and one that is under construction where that matters; 0 when there is none. */
static uint64_t live_realm(struct walk *w)
{
  static const char *const constructing[] = {"DATA_CREATE", "REC_CREATE", "TEC_CREATE", "RTT_INIT_RIPAS"};
  unsigned i = walk_choose(w, REALMS);
  bool young = false;
  for (unsigned n = 0; n < 4; n++)
    young = young || strcmp(w->command->name, constructing[n]) == 0;
  young = young && walk_chance(w, 90);
  for (unsigned n = 0; n < REALMS && (!w->realms[i].rd || (young && w->realms[i].state != VCCA_REALM_NEW)); n++)
    i = (i + 1) % REALMS;
  return w->realms[i].rd;
}

static uint64_t live_rec(struct walk *w)
{
  unsigned i = walk_choose(w, RECS);
  for (unsigned n = 0; n < RECS && !w->recs[i].pa; n++)
    i = (i + 1) % RECS;
  return w->recs[i].pa;
}

/* --- Arguments, by kind and name ---------------------------------------------------------------------- */

static bool named(vcca_span name, const char *text)
{
  return vcca_span_is(name, text);
}

static uint64_t choose_pa(struct walk *w, vcca_span name)
{
  if (walk_chance(w, 3))
    return raw(w);
  if (walk_chance(w, 4))
    return any_page(w);
  bool rec = named(name, "rec") && (strcmp(w->command->name, "REC_CREATE") != 0);
  if (rec || named(name, "tec") || named(name, "calling_rec") || named(name, "target_rec") ||
      named(name, "calling_tec") || named(name, "target_tec"))
    return live_rec(w);
  if (named(name, "rd") && strcmp(w->command->name, "REALM_CREATE") != 0)
    return live_realm(w);
  if (strcmp(w->command->name, "GRANULE_DELEGATE") == 0)
    return page_in(w, VCCA_GRANULE_UNDELEGATED);
  return page_in(w, VCCA_GRANULE_DELEGATED);
}

uint64_t walk_ipa(struct walk *w)
{
  static const uint64_t places[] = {0, 0, 0, 0x200000, UINT64_C(1) << 30, HALF, HALF};
  if (walk_chance(w, 2))
    return w->tmi ? raw(w) | 1 : raw(w); /* memory far out would be the shadow's to remember */
  uint64_t ipa = places[walk_choose(w, w->tmi ? 4 : sizeof places / sizeof *places)];
  return ipa + (walk_chance(w, 60) ? walk_choose(w, 8) * GRANULE_SIZE : 0);
}

static uint64_t choose_u64(struct walk *w, vcca_span name, const uint64_t *in)
{
  static const uint64_t sizes[] = {0x1000, 0x2000, 0x4000, 0x200000, 0x201000, 0};
  if (named(name, "desc"))
    return walk_page(w, walk_chance(w, 50) ? 0 : walk_choose(w, HOST_PAGES)) | walk_choose(w, 4) << 6 |
           walk_choose(w, 8) << 2 | (walk_chance(w, 3) ? 1 : 0);
  if (named(name, "size"))
    return sizes[walk_choose(w, 6)];
  if (named(name, "req"))
    return walk_chance(w, 80) ? 0x10000 : raw(w);
  if (named(name, "mpidr") && w->tmi && walk_realm(w, in[2]))
    return walk_chance(w, 80) ? walk_realm(w, in[2])->recs : walk_choose(w, 4);
  return walk_choose(w, 3);
}

static uint64_t choose_top(struct walk *w, uint64_t base)
{
  static const uint64_t lengths[] = {0x1000, 0x2000, 0x8000, 0x200000, 0x400000, 0, 0x800};
  return base + lengths[walk_choose(w, 7)];
}

static uint64_t argument(struct walk *w, vcca_span name, vcca_span kind, const uint64_t *in)
{
  if (named(kind, "pa"))
    return choose_pa(w, name);
  if (named(kind, "ns"))
    return walk_chance(w, 92) ? walk_page(w, walk_choose(w, 4)) : walk_chance(w, 50) ? any_page(w) : raw(w);
  if (named(name, "top"))
    return choose_top(w, in[2]);
  if (named(kind, "ipa"))
    return walk_ipa(w);
  if (named(kind, "level"))
    return walk_chance(w, 90) ? 1 + walk_choose(w, 3) : walk_chance(w, 50) ? 4 : UINT64_MAX;
  if (named(kind, "flags"))
    return walk_choose(w, 20) == 0 ? raw(w) : walk_choose(w, 2);
  if (named(kind, "s64") || named(kind, "status"))
    return walk_chance(w, 70) ? 0 : (uint64_t) - (int64_t)walk_choose(w, 10);
  return choose_u64(w, name, in);
}

/* --- Buffers ------------------------------------------------------------------------------------------ */

static void put(uint8_t *page, size_t at, uint64_t value)
{
  vcca_put_le64(page + at, value);
}

static void fill_realm_params(struct walk *w, uint8_t *p)
{
  unsigned level = walk_choose(w, 8) == 0 ? 1 : 0, sha = w->tmi ? 0x30 : 0x30;
  put(p, 0x00, 4);
  put(p, 0x08, walk_chance(w, 96) ? 40 : walk_choose(w, 64));
  put(p, 0x18, 1 + walk_choose(w, 2));
  put(p, 0x20, 1);
  put(p, 0x28, 1 + walk_choose(w, 3));
  put(p, sha, walk_chance(w, 96) ? walk_choose(w, 2) : 7);
  if (w->tmi) {
    put(p, 0x38, 1 + walk_choose(w, REALMS));
    put(p, 0x58, level);
    put(p, 0x60, level ? 2 : 1);
    return;
  }
  uint64_t base = page_in(w, VCCA_GRANULE_DELEGATED);
  put(p, 0x800, 1 + walk_choose(w, REALMS));
  put(p, 0x808, level ? base & ~UINT64_C(0x1fff) : base);
  put(p, 0x810, level);
  put(p, 0x818, level ? 2 : 1);
}

static void fill_rec_params(struct walk *w, uint8_t *p, uint64_t rd, uint64_t rec)
{
  struct shadow_realm *realm = walk_realm(w, rd);
  if (w->tmi) {
    for (unsigned i = 0; i < 8; i++)
      put(p, 8 * i, walk_choose(w, 256));
    put(p, 0x40, walk_choose(w, 256));
    put(p, 0x48, walk_choose(w, 4) != 0);
    return;
  }
  put(p, 0x000, walk_choose(w, 4) != 0);
  put(p, 0x100, realm && rd && walk_chance(w, 95) ? realm_at(w->m, rd)->rec_index : walk_choose(w, 3));
  put(p, 0x200, walk_choose(w, 256));
  for (unsigned i = 0; i < 8; i++)
    put(p, 0x300 + 8 * i, walk_choose(w, 256));
  put(p, 0x800, walk_chance(w, 97) ? 16 : walk_choose(w, 32));
  unsigned at = walk_choose(w, POOL_PAGES), n = 0, odd = walk_chance(w, 10) ? walk_choose(w, 16) : 16;
  for (unsigned i = 0; i < POOL_PAGES && n < 16; i++) {
    unsigned g = HOST_PAGES + (at + i) % POOL_PAGES;
    if (w->state[g] == VCCA_GRANULE_DELEGATED && walk_page(w, g) != rec)
      put(p, 0x808 + 8 * n++, walk_page(w, g));
  }
  if (odd < 16)
    put(p, 0x808 + 8 * odd, walk_chance(w, 30) ? raw(w) : any_page(w));
}

static void fill_run(struct walk *w, uint8_t *p)
{
  size_t gprs = w->tmi ? 0x008 : 0x200;
  put(p, 0, walk_choose(w, 32));
  for (unsigned i = 0; i < 4; i++)
    put(p, gprs + 8 * i, walk_choose(w, 256));
  if (walk_chance(w, 3))
    put(p, w->tmi ? 0x180 : 0x300, raw(w));
}

static void fill_buffer(struct walk *w, struct attempt *a, uint64_t pa)
{
  const char *name = w->command->name;
  memset(a->page, 0, sizeof a->page);
  if (strcmp(name, "REALM_CREATE") == 0 || strcmp(name, "CVM_CREATE") == 0)
    fill_realm_params(w, a->page);
  else if (strcmp(name, "REC_CREATE") == 0)
    fill_rec_params(w, a->page, a->in[1], a->in[2]);
  else if (strcmp(name, "TEC_CREATE") == 0)
    fill_rec_params(w, a->page, a->in[2], 0);
  else if (strcmp(name, "REC_ENTER") == 0 || strcmp(name, "TEC_ENTER") == 0)
    fill_run(w, a->page);
  else
    memset(a->page, (int)walk_choose(w, 3), sizeof a->page);
  if (!vcca_host_write(w->m, pa, VCCA_SPAN(a->page)))
    memset(a->page, 0, sizeof a->page); /* not the host's: the call will be refused */
}

/* A REC that can be entered, when there is one. */
static uint64_t runnable_rec(struct walk *w)
{
  unsigned at = walk_choose(w, RECS);
  for (unsigned i = 0; i < RECS; i++) {
    const struct shadow_rec *rec = &w->recs[(at + i) % RECS];
    const struct shadow_realm *realm = rec->pa && rec->rd ? walk_realm(w, rec->rd) : NULL;
    if (realm && realm->state == VCCA_REALM_ACTIVE && rec_at(w->m, rec->pa)->runnable &&
        !guest_pending(w->m, rec->pa)->psci_pending)
      return rec->pa;
  }
  return live_rec(w);
}

/* What a host that knows what it is doing would say. */
static void make_sense(struct walk *w, struct attempt *a)
{
  const char *name = w->command->name;
  bool activate = strcmp(name, "REALM_ACTIVATE") == 0 || strcmp(name, "CVM_ACTIVATE") == 0;
  if (activate && walk_realm(w, a->in[1]) && walk_realm(w, a->in[1])->recs < 2 && walk_chance(w, 90))
    a->in[1] = 0; /* a realm that never runs is of little use */
  if (strstr(name, "_ENTER") && walk_chance(w, 80))
    a->in[1] = runnable_rec(w);
  if (strcmp(name, "RTT_SET_RIPAS") == 0 && walk_chance(w, 80))
    for (unsigned i = 0; i < RECS; i++)
      if (w->recs[i].pa && w->recs[i].ripas_top)
        a->in[2] = w->recs[i].pa;
  struct shadow_rec *rec = strcmp(name, "RTT_SET_RIPAS") == 0 ? walk_rec(w, a->in[2]) : NULL;
  static const uint64_t span_of[] = {UINT64_C(1) << 39, UINT64_C(1) << 30, UINT64_C(1) << 21, GRANULE_SIZE};
  if (rec && rec->pa && walk_chance(w, 85)) {
    a->in[1] = rec->rd;
    a->in[3] = rec->ripas_base;
    a->in[4] = walk_chance(w, 70) ? rec->ripas_top : a->in[3] + GRANULE_SIZE;
  }
  if (strcmp(name, "PSCI_COMPLETE") == 0 && walk_chance(w, 85))
    for (unsigned i = 0; i < RECS; i++)
      if (w->recs[i].pa && guest_pending(w->m, w->recs[i].pa)->psci_pending) {
        a->in[1] = w->recs[i].pa;
        for (unsigned j = 0; j < RECS; j++)
          if (w->recs[j].pa && w->recs[j].rd == w->recs[i].rd &&
              rec_at(w->m, w->recs[j].pa)->mpidr == rec_at(w->m, a->in[1])->cpu.x[1])
            a->in[2] = w->recs[j].pa;
      }
  bool up = strcmp(name, "RTT_CREATE") == 0 || strcmp(name, "RTT_DESTROY") == 0 || strcmp(name, "RTT_FOLD") == 0 ||
            strcmp(name, "TTT_CREATE") == 0;
  unsigned at = strcmp(name, "RTT_CREATE") == 0 || strcmp(name, "TTT_CREATE") == 0 ? 4 : 3, ipa = at - 1;
  uint64_t rd = at == 4 && w->tmi ? a->in[2] : a->in[1];
  if (up && walk_chance(w, 70) && walk_realm(w, rd) && rd && a->in[ipa] >> 40 == 0) { /* the next level there can be */
    struct rtt_walk walk = rtt_walk(w->m, realm_at(w->m, rd), a->in[ipa], 3);
    a->in[at] = (uint64_t)walk.level + (at == 4);
  }
  if (up && a->in[at] >= 1 && a->in[at] <= 3 && walk_chance(w, 95))
    a->in[ipa] &= ~(span_of[a->in[at] - 1] - 1);
  if (w->tmi && strncmp(name, "DATA_", 5) == 0 && walk_chance(w, 90))
    a->in[strcmp(name, "DATA_DESTROY") == 0 ? 3 : 5] = 3;
  bool unprotected = strcmp(name, "RTT_MAP_UNPROTECTED") == 0 || strcmp(name, "RTT_UNMAP_UNPROTECTED") == 0;
  if (unprotected && a->in[3] <= 3 && walk_chance(w, 90))
    a->in[2] = HALF | (a->in[2] & ~(span_of[a->in[3]] - 1));
}

/* --- Calls ---------------------------------------------------------------------------------------- */

/* Fills registers by the row's inputs, and the buffer they name. */
void walk_prepare(struct walk *w, struct attempt *a)
{
  const char *list = w->command->inputs;
  vcca_span name, kind;
  uint64_t buffer = 0;
  *a = (struct attempt){.in[0] = w->command->fid};
  for (unsigned i = 1; vcca_word_next(&list, ':', &name, &kind); i++) {
    a->in[i] = argument(w, name, kind, a->in);
    if (named(kind, "ns"))
      buffer = a->in[i];
  }
  make_sense(w, a);
  if (buffer)
    fill_buffer(w, a, buffer);
}

/* Realms live long enough for something to happen in them. */
unsigned walk_weight(const struct vcca_command *command)
{
  const char *name = command->name;
  static const struct {
    const char *part;
    unsigned weight;
  } weights[] = {
      {"VERSION", 1},       {"FEATURES", 1},      {"AUX_COUNT", 1},   {"ACTIVATE", 3},    {"UNDELEGATE", 1},
      {"REALM_DESTROY", 1}, {"CVM_DESTROY", 1},   {"REC_DESTROY", 1}, {"TEC_DESTROY", 1}, {"TTT_DESTROY", 1},
      {"RTT_DESTROY", 2},   {"READ_ENTRY", 2},    {"DATA_CREATE", 6}, {"SET_RIPAS", 8},   {"GRANULE_DELEGATE", 8},
      {"REC_CREATE", 8},    {"PSCI_COMPLETE", 8}, {"_ENTER", 16},
  };
  if (strcmp(command->conditions, "supported=NOT_SUPPORTED") == 0)
    return 0;
  for (size_t i = 0; i < sizeof weights / sizeof *weights; i++)
    if (strstr(name, weights[i].part))
      return weights[i].weight;
  return 4;
}

const struct vcca_command *walk_command(struct walk *w)
{
  unsigned sum = 0;
  for (size_t i = 0; i < w->api->command_count; i++)
    sum += walk_weight(&w->api->commands[i]);
  unsigned at = walk_choose(w, sum);
  for (size_t i = 0;; i++) {
    unsigned step = walk_weight(&w->api->commands[i]);
    if (at < step)
      return &w->api->commands[i];
    at -= step;
  }
}
