/* What the calls' arguments and results say the machine must be, and the checks that it is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_walk_parts.h"
#include "rooms/rmm.h"

#include <inttypes.h>
#include <string.h>

static uint64_t get(const uint8_t *page, size_t at)
{
  return vcca_le64(page + at);
}

/* --- What a call does, as far as its registers and its buffer say it ---------------------------------- */

static void becomes(struct walk *w, uint64_t pa, enum vcca_granule_state state)
{
  unsigned i = walk_index(pa);
  if (i == PAGES)
    walk_wrong(w, "granule 0x%" PRIx64 " is none of the machine's", pa);
  w->count[w->state[i]]--;
  w->count[state]++;
  w->state[i] = (uint8_t)state;
}

static struct shadow_realm *new_realm(struct walk *w, uint64_t rd, const uint8_t *p)
{
  struct shadow_realm *realm = walk_realm(w, 0);
  if (!realm)
    walk_wrong(w, "more realms than VMIDs");
  *realm = (struct shadow_realm){.rd = rd};
  /* flags and hash_algo are where TMI has them too; the fields between are one byte each under RMI. */
  struct vcca_realm_params params = {.flags = get(p, 0),
                                     .s2sz = w->tmi ? get(p, 0x08) : p[0x08],
                                     .sve_vl = w->tmi ? get(p, 0x10) : p[0x10],
                                     .num_bps = w->tmi ? get(p, 0x18) : p[0x18],
                                     .num_wps = w->tmi ? get(p, 0x20) : p[0x20],
                                     .pmu_num_ctrs = w->tmi ? get(p, 0x28) : p[0x28],
                                     .hash_alg = (enum vcca_hash_alg)p[0x30]};
  vcca_rim_create(&realm->rim, vcca_machine_config(w->m)->rules, &params);
  return realm;
}

static struct shadow_rec *new_rec(struct walk *w, uint64_t pa, uint64_t rd)
{
  struct shadow_rec *rec = walk_rec(w, 0);
  if (!rec)
    walk_wrong(w, "more RECs than the machine has memory for");
  *rec = (struct shadow_rec){.pa = pa, .rd = rd};
  walk_realm(w, rd)->recs++;
  return rec;
}

static void measure_data(struct walk *w, uint64_t rd, uint64_t ipa, const uint8_t *page)
{
  struct vcca_rim *rim = &walk_realm(w, rd)->rim;
  uint8_t digest[VCCA_HASH_MAX];
  if (page)
    vcca_hash(rim->hash_alg, vcca_span_of(page, GRANULE_SIZE), digest);
  vcca_rim_data(rim, ipa, page ? digest : NULL);
}

static void granule_delegate(struct walk *w, const struct attempt *a)
{
  becomes(w, a->in[1], VCCA_GRANULE_DELEGATED);
}

static void granule_undelegate(struct walk *w, const struct attempt *a)
{
  becomes(w, a->in[1], VCCA_GRANULE_UNDELEGATED);
}

static void rmi_realm_created(struct walk *w, const struct attempt *a)
{
  struct shadow_realm *realm = new_realm(w, a->in[1], a->page);
  realm->roots = get(a->page, 0x808);
  realm->root_count = vcca_le32(a->page + 0x818);
  becomes(w, realm->rd, VCCA_GRANULE_RD);
  for (uint64_t i = 0; i < realm->root_count; i++)
    becomes(w, realm->roots + i * GRANULE_SIZE, VCCA_GRANULE_RTT);
}

static void realm_activated(struct walk *w, const struct attempt *a)
{
  walk_realm(w, a->in[1])->state = VCCA_REALM_ACTIVE;
}

static void rmi_realm_destroyed(struct walk *w, const struct attempt *a)
{
  struct shadow_realm *realm = walk_realm(w, a->in[1]);
  becomes(w, realm->rd, VCCA_GRANULE_DELEGATED);
  for (uint64_t i = 0; i < realm->root_count; i++)
    becomes(w, realm->roots + i * GRANULE_SIZE, VCCA_GRANULE_DELEGATED);
  realm->rd = 0;
}

static void rmi_rec_created(struct walk *w, const struct attempt *a)
{
  struct shadow_rec *rec = new_rec(w, a->in[2], a->in[1]);
  struct vcca_rec_params params = {.flags = get(a->page, 0), .pc = get(a->page, 0x200)};
  for (unsigned i = 0; i < 8; i++)
    params.gprs[i] = get(a->page, 0x300 + 8 * i);
  vcca_rim_rec(&walk_realm(w, rec->rd)->rim, &params, NULL);
  becomes(w, rec->pa, VCCA_GRANULE_REC);
  for (unsigned i = 0; i < 16; i++)
    becomes(w, rec->aux[i] = get(a->page, 0x808 + 8 * i), VCCA_GRANULE_REC_AUX);
}

static void rmi_rec_destroyed(struct walk *w, const struct attempt *a)
{
  struct shadow_rec *rec = walk_rec(w, a->in[1]);
  becomes(w, rec->pa, VCCA_GRANULE_DELEGATED);
  for (unsigned i = 0; i < 16; i++)
    becomes(w, rec->aux[i], VCCA_GRANULE_DELEGATED);
  walk_realm(w, rec->rd)->recs--;
  rec->pa = 0;
}

static void rmi_rec_entered(struct walk *w, const struct attempt *a)
{
  struct shadow_rec *rec = walk_rec(w, a->in[1]);
  uint8_t exit[2048];
  vcca_sink out = VCCA_SINK(exit);
  rec->ripas_base = rec->ripas_top = 0;
  if (a->x[0] != 0) /* the page is not the host's any more */
    return;
  if (!vcca_host_read(w->m, a->in[2] + 0x800, &out, sizeof exit))
    walk_wrong(w, "the run page cannot be read");
  if (exit[0] == GUEST_EXIT_RIPAS_CHANGE) {
    rec->ripas_base = get(exit, 0x500);
    rec->ripas_top = get(exit, 0x508);
  }
}

static void data_created(struct walk *w, const struct attempt *a)
{
  becomes(w, a->in[2], VCCA_GRANULE_DATA);
  measure_data(w, a->in[1], a->in[3], a->in[5] & 1 ? a->page : NULL);
}

static void data_created_unknown(struct walk *w, const struct attempt *a)
{
  becomes(w, a->in[2], VCCA_GRANULE_DATA);
}

static void table_created(struct walk *w, const struct attempt *a)
{
  becomes(w, a->in[2], VCCA_GRANULE_RTT);
}

static void result_is_free(struct walk *w, const struct attempt *a)
{
  becomes(w, a->x[1], VCCA_GRANULE_DELEGATED);
}

static void ripas_initialised(struct walk *w, const struct attempt *a)
{
  uint64_t read[VCCA_SMC_REGS] = {0xC4000161, a->in[1], a->in[2], 3};
  vcca_smc(w->m, read);
  uint64_t size = UINT64_C(1) << (12 + 9 * (3 - read[1]));
  if (read[0] != 0 || a->x[1] <= a->in[2] || a->x[1] > a->in[3] || a->x[1] % size != 0)
    walk_wrong(w, "out_top is 0x%" PRIx64, a->x[1]);
  for (uint64_t at = a->in[2]; at < a->x[1]; at += size)
    vcca_rim_ripas(&walk_realm(w, a->in[1])->rim, at, at + size);
}

static void ripas_set(struct walk *w, const struct attempt *a)
{
  struct shadow_rec *rec = walk_rec(w, a->in[2]);
  if (a->x[1] <= rec->ripas_base || a->x[1] > rec->ripas_top || a->x[1] > a->in[4])
    walk_wrong(w, "out_top is 0x%" PRIx64, a->x[1]);
  rec->ripas_base = a->x[1];
}

/* Under TMI the granules are the TMM's choice: they are counted. */
static void tmi_realm_created(struct walk *w, const struct attempt *a)
{
  struct shadow_realm *realm = new_realm(w, a->x[1], a->page);
  realm->root_count = get(a->page, 0x60);
  w->count[VCCA_GRANULE_RD]++;
}

static void tmi_realm_destroyed(struct walk *w, const struct attempt *a)
{
  struct shadow_realm *realm = walk_realm(w, a->in[1]);
  for (unsigned i = 0; i < RECS; i++)
    if (w->recs[i].pa && w->recs[i].rd == realm->rd)
      w->recs[i].rd = 0;
  realm->rd = 0;
  w->count[VCCA_GRANULE_RD]--;
}

static void tmi_rec_created(struct walk *w, const struct attempt *a)
{
  struct vcca_rec_params params = {.pc = get(a->page, 0x40), .flags = get(a->page, 0x48)};
  for (unsigned i = 0; i < 8; i++)
    params.gprs[i] = get(a->page, 8 * i);
  new_rec(w, a->x[1], a->in[2]);
  vcca_rim_rec(&walk_realm(w, a->in[2])->rim, &params, NULL);
  w->count[VCCA_GRANULE_REC]++;
  w->count[VCCA_GRANULE_REC_AUX] += rec_at(w->m, a->x[1])->aux_count;
}

static void tmi_rec_destroyed(struct walk *w, const struct attempt *a)
{
  struct shadow_rec *rec = walk_rec(w, a->in[1]);
  if (rec->rd)
    walk_realm(w, rec->rd)->recs--;
  rec->pa = 0;
  w->count[VCCA_GRANULE_REC]--;
  w->count[VCCA_GRANULE_REC_AUX] -= 2;
}

static void map(struct walk *w, uint64_t rd, uint64_t ipa, uint64_t size, bool there)
{
  struct shadow_realm *realm = walk_realm(w, rd);
  for (uint64_t at = ipa; at < ipa + size; at += GRANULE_SIZE) {
    if (at / GRANULE_SIZE >= WINDOW)
      walk_wrong(w, "memory at 0x%" PRIx64, at);
    uint8_t *page = &realm->mapped[at / GRANULE_SIZE];
    w->count[VCCA_GRANULE_DATA] += there - *page;
    *page = there;
  }
}

static void tmi_data_created(struct walk *w, const struct attempt *a)
{
  map(w, a->in[2], a->in[3], GRANULE_SIZE, true);
  measure_data(w, a->in[2], a->in[3], a->in[4] ? a->page : NULL);
}

static void tmi_data_destroyed(struct walk *w, const struct attempt *a)
{
  map(w, a->in[1], a->in[2], GRANULE_SIZE, false);
}

static void range_mapped(struct walk *w, const struct attempt *a)
{
  map(w, a->in[1], a->in[2], a->in[3], true);
}

static void range_unmapped(struct walk *w, const struct attempt *a)
{
  if (a->in[2] < WINDOW * GRANULE_SIZE) /* nothing is beyond */
    map(w, a->in[1], a->in[2], a->in[3], false);
}

static void tables_destroyed(struct walk *w, const struct attempt *a)
{
  map(w, a->in[1], 0, WINDOW * GRANULE_SIZE, false);
}

static const struct effect {
  const char *command;
  void (*rmi)(struct walk *w, const struct attempt *a);
  void (*tmi)(struct walk *w, const struct attempt *a);
} effects[] = {
    {"GRANULE_DELEGATE", granule_delegate, NULL},
    {"GRANULE_UNDELEGATE", granule_undelegate, NULL},
    {"REALM_CREATE", rmi_realm_created, NULL},
    {"REALM_ACTIVATE", realm_activated, NULL},
    {"REALM_DESTROY", rmi_realm_destroyed, NULL},
    {"REC_CREATE", rmi_rec_created, NULL},
    {"REC_DESTROY", rmi_rec_destroyed, NULL},
    {"REC_ENTER", rmi_rec_entered, NULL},
    {"DATA_CREATE", data_created, tmi_data_created},
    {"DATA_CREATE_UNKNOWN", data_created_unknown, NULL},
    {"DATA_DESTROY", result_is_free, tmi_data_destroyed},
    {"RTT_CREATE", table_created, NULL},
    {"RTT_DESTROY", result_is_free, NULL},
    {"RTT_FOLD", result_is_free, NULL},
    {"RTT_INIT_RIPAS", ripas_initialised, NULL},
    {"RTT_SET_RIPAS", ripas_set, NULL},
    {"CVM_CREATE", NULL, tmi_realm_created},
    {"CVM_ACTIVATE", NULL, realm_activated},
    {"CVM_DESTROY", NULL, tmi_realm_destroyed},
    {"TEC_CREATE", NULL, tmi_rec_created},
    {"TEC_DESTROY", NULL, tmi_rec_destroyed},
    {"TTT_MAP_RANGE", NULL, range_mapped},
    {"TTT_UNMAP_RANGE", NULL, range_unmapped},
    {"TTT_DESTROY", NULL, tables_destroyed},
};

void walk_mirror(struct walk *w, const struct attempt *a)
{
  for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
    if (strcmp(effects[i].command, w->command->name) == 0) {
      void (*effect)(struct walk * w, const struct attempt *a) = w->tmi ? effects[i].tmi : effects[i].rmi;
      if (effect)
        effect(w, a);
      return;
    }
}

/* --- Checks ------------------------------------------------------------------------------------------- */

void walk_check_census(const struct walk *w)
{
  uint64_t census[VCCA_GRANULE_STATES], used = 0;
  vcca_granule_census(w->m, census);
  for (unsigned s = VCCA_GRANULE_DELEGATED; s < VCCA_GRANULE_STATES; s++) {
    used += census[s];
    bool counted = !w->tmi || s != VCCA_GRANULE_RTT; /* which tables a range takes is the TMM's affair */
    if (counted && census[s] != (uint64_t)w->count[s])
      walk_wrong(w, "%" PRIu64 " granules are %s, not %" PRId64, census[s],
                 vcca_granule_state_name((enum vcca_granule_state)s), w->count[s]);
  }
  if (w->tmi && used + w->m->pool_free != POOL_PAGES)
    walk_wrong(w, "%" PRIu64 " granules used and %" PRIu64 " free of %d", used, w->m->pool_free, POOL_PAGES);
}

static void check_realms(const struct walk *w)
{
  for (unsigned i = 0; i < REALMS; i++) {
    const struct shadow_realm *realm = &w->realms[i];
    struct vcca_realm_info info;
    if (!realm->rd)
      continue;
    if (!vcca_realm_info(w->m, realm->rd, &info))
      walk_wrong(w, "realm 0x%" PRIx64 " is gone", realm->rd);
    if (info.state != realm->state || info.num_recs != realm->recs)
      walk_wrong(w, "realm 0x%" PRIx64 " is %s with %u RECs, not %s with %u", realm->rd,
                 vcca_realm_state_name(info.state), info.num_recs, vcca_realm_state_name(realm->state), realm->recs);
    if (memcmp(info.rim, realm->rim.value, sizeof info.rim) != 0)
      walk_wrong(w, "realm 0x%" PRIx64 ": RIM is not what the calls make it", realm->rd);
    if (memcmp(info.rem, realm->rem, sizeof info.rem) != 0)
      walk_wrong(w, "realm 0x%" PRIx64 ": REM is not what was extended", realm->rd);
  }
}

/* The host reads a page when it is Non-secure and never otherwise. */
static void check_host(struct walk *w)
{
  uint8_t byte;
  vcca_sink out = vcca_sink_of(&byte, 1);
  unsigned i = walk_choose(w, PAGES);
  bool open = w->tmi ? i < HOST_PAGES : w->state[i] == VCCA_GRANULE_UNDELEGATED;
  if (vcca_host_read(w->m, walk_page(w, i) + walk_choose(w, 4096), &out, 1) != open)
    walk_wrong(w, "page %u: the host %s read it", i, open ? "cannot" : "can");
}

struct tally {
  uint64_t data, tables;
};

static void count_table(const struct walk *w, uint64_t table, int level, struct tally *t)
{
  t->tables++;
  if (granule_state(w->m, table) != VCCA_GRANULE_RTT)
    walk_wrong(w, "an entry leads to the table 0x%" PRIx64 ", which is none", table);
  for (unsigned i = 0; i < RTT_ENTRIES; i++) {
    struct rtt_entry e = rtt_get(w->m, table, i);
    if (e.hipas == RTT_TABLE)
      count_table(w, e.pa, level + 1, t);
    if (e.hipas != RTT_ASSIGNED)
      continue;
    for (uint64_t at = 0; at < rtt_entry_size(level); at += GRANULE_SIZE, t->data++)
      if (granule_state(w->m, e.pa + at) != VCCA_GRANULE_DATA)
        walk_wrong(w, "an entry leads to 0x%" PRIx64 ", which is not DATA", e.pa + at);
  }
}

static void check_invariants(const struct walk *w)
{
  struct breach breach;
  if (!machine_sound(w->m, &breach))
    walk_wrong(w, "granule 0x%" PRIx64 ": %s", breach.pa, breach.no_memory ? "no memory" : breach.what);
}

/* Everything is where it should be, once. */
void walk_check_all(const struct walk *w)
{
  struct tally t = {0};
  check_invariants(w);
  uint64_t census[VCCA_GRANULE_STATES];
  for (unsigned i = 0; !w->tmi && i < PAGES; i++)
    if (granule_state(w->m, walk_page(w, i)) != w->state[i])
      walk_wrong(w, "granule %u is %s, not %s", i, vcca_granule_state_name(granule_state(w->m, walk_page(w, i))),
                 vcca_granule_state_name((enum vcca_granule_state)w->state[i]));
  for (unsigned i = 0; i < REALMS; i++) {
    if (!w->realms[i].rd)
      continue;
    const struct realm *realm = realm_at(w->m, w->realms[i].rd);
    for (uint64_t j = 0; j < realm->rtt_num_start; j++)
      count_table(w, realm->rtt_base + j * GRANULE_SIZE, realm->rtt_level_start, &t);
  }
  vcca_granule_census(w->m, census);
  if (t.data != census[VCCA_GRANULE_DATA] || t.tables != census[VCCA_GRANULE_RTT])
    walk_wrong(w, "tables lead to %" PRIu64 " pages and %" PRIu64 " tables; there are %" PRIu64 " and %" PRIu64, t.data,
               t.tables, census[VCCA_GRANULE_DATA], census[VCCA_GRANULE_RTT]);
}

enum { CHECK_INVARIANTS_EVERY = 32, CHECK_ALL_EVERY = 1024 };

void walk_check(struct walk *w, uint64_t edits, const struct vcca_bytes *before)
{
  if (w->refused && w->m->memory.edits != edits)
    walk_wrong(w, "a refused call took a granule to change it");
  if (w->refused && before->p && !vcca_machine_same(w->m, vcca_bytes_span(before)))
    walk_wrong(w, "a refused call changed the machine");
  walk_check_census(w);
  check_realms(w);
  check_host(w);
  if (w->calls % CHECK_INVARIANTS_EVERY == 0)
    check_invariants(w);
  if (w->calls % CHECK_ALL_EVERY == 0)
    walk_check_all(w);
}
