/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#define RAM UINT64_C(0x80000000)
#define POOL UINT64_C(0x100000000)
enum { SIZE = 16 << 20, PAGE = 4096, PAGES = 8, AUX = 16, START_LEVEL = 0 };

/* --- Host calls ----------------------------------------------------------------------------------------- */

uint64_t host_call(struct world *w, uint64_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4, uint64_t x5)
{
  uint64_t x[VCCA_SMC_REGS] = {UINT64_C(0xC4000000) | fid, x1, x2, x3, x4, x5};
  vcca_smc(w->m, x);
  return w->tmi ? x[1] : x[0];
}

static void good(uint64_t status)
{
  assert_int_equal(status, 0);
}

static uint64_t page(struct world *w)
{
  w->next += PAGE;
  return w->next - PAGE;
}

static uint64_t delegated(struct world *w)
{
  uint64_t pa = page(w);
  good(host_call(w, 0x151, pa, 0, 0, 0, 0));
  return pa;
}

static uint64_t host_page(struct world *w, const uint8_t bytes[PAGE])
{
  uint64_t pa = page(w);
  assert_true(vcca_host_write(w->m, pa, vcca_span_of(bytes, PAGE)));
  return pa;
}

void host_map(struct world *w, uint64_t ipa)
{
  ipa -= ipa % PAGE;
  if (w->tmi)
    good(host_call(w, 0x26D, w->rd, ipa, PAGE, 0, 0));
  else
    good(host_call(w, 0x154, w->rd, delegated(w), ipa, 0, 0));
}

/* --- A realm ---------------------------------------------------------------------------------------------- */

static void make_realm(struct world *w)
{
  uint8_t params[PAGE] = {[0x8] = IPA_WIDTH, [0x18] = 1, [0x20] = 1, [0x30] = (uint8_t)w->hash_alg, [0x818] = 1};
  memset(params + 0x400, 0x5a, 64); /* RPV */
  uint64_t root = delegated(w);
  vcca_put_le64(params + 0x808, root);
  w->rd = delegated(w);
  good(host_call(w, 0x158, w->rd, host_page(w, params), 0, 0, 0));
  for (uint64_t level = START_LEVEL + 1; level <= 3; level++)
    good(host_call(w, 0x15D, w->rd, delegated(w), 0, level, 0));
  static const uint8_t zeros[PAGE];
  uint64_t source = host_page(w, zeros);
  for (uint64_t i = 0; i < PAGES; i++)
    good(host_call(w, 0x153, w->rd, delegated(w), i * PAGE, source, 1));
  good(host_call(w, 0x168, w->rd, UNMAPPED, EMPTY, 0, 0));
  for (unsigned i = 0; i < WORLD_RECS; i++) {
    uint8_t rec[PAGE] = {[0] = i == 0, [0x100] = (uint8_t)i, [0x202] = 8, [0x300] = 7};
    vcca_put_le64(rec + 0x800, AUX);
    for (unsigned j = 0; j < AUX; j++)
      vcca_put_le64(rec + 0x808 + 8 * (size_t)j, delegated(w));
    w->rec[i] = delegated(w);
    good(host_call(w, 0x15A, w->rd, w->rec[i], host_page(w, rec), 0, 0));
  }
  good(host_call(w, 0x157, w->rd, 0, 0, 0, 0));
}

static void make_cvm(struct world *w)
{
  uint8_t params[PAGE] = {
      [0x8] = IPA_WIDTH, [0x30] = (uint8_t)w->hash_alg, [0x38] = 9, [0x58] = START_LEVEL, [0x60] = 1, [0x68] = 9};
  w->rd = host_call(w, 0x265, host_page(w, params), 0, 0, 0, 0);
  assert_int_not_equal(w->rd, 0);
  for (uint64_t level = START_LEVEL + 1; level <= 3; level++)
    good(host_call(w, 0x26A, 0, w->rd, 0, level, 0));
  static const uint8_t zeros[PAGE];
  uint64_t source = host_page(w, zeros);
  for (uint64_t i = 0; i < PAGES; i++)
    good(host_call(w, 0x262, 0, w->rd, i * PAGE, source, 3));
  for (unsigned i = 0; i < WORLD_RECS; i++) {
    uint8_t tec[PAGE] = {[0] = 7, [0x42] = 8, [0x48] = i == 0};
    w->rec[i] = host_call(w, 0x267, 0, w->rd, i, host_page(w, tec), 0);
    assert_int_not_equal(w->rec[i], 0);
  }
  good(host_call(w, 0x264, w->rd, 0, 0, 0, 0));
}

/* --- The world -------------------------------------------------------------------------------------------- */

static void trace(void *ctx, const struct vcca_trace *t)
{
  struct world *w = ctx;
  if (t->interface == vcca_rmi() || t->interface == vcca_tmi())
    return;
  snprintf(w->refused, sizeof w->refused, "%s", t->refused ? t->refused : "");
  snprintf(w->interface, sizeof w->interface, "%s", t->interface->name);
  w->calls++;
}

static enum vcca_chain_kind chain_of(enum vcca_family family)
{
  switch (vcca_family(family)->key) {
  case VCCA_KEY_RSA:
    return VCCA_CHAIN_RSA;
  case VCCA_KEY_P521:
    return VCCA_CHAIN_P521;
  case VCCA_KEY_P256:
  case VCCA_KEY_P384:
    break;
  }
  return VCCA_CHAIN_P384;
}

void world_open_alg(struct world *w, enum vcca_family family, enum vcca_hash_alg alg)
{
  bool tmi = family == VCCA_FAMILY_VIRTCCA_RSA || family == VCCA_FAMILY_VIRTCCA_P521;
  struct vcca_error err = {0};
  struct vcca_device device;
  *w = (struct world){.family = family, .hash_alg = alg, .tmi = tmi, .next = RAM + PAGE};
  struct vcca_machine_config config = {
      .abi = tmi ? VCCA_ABI_TMI : VCCA_ABI_RMI,
      .rules = tmi ? VCCA_RULES_VIRTCCA : VCCA_RULES_ARM_1_0,
      .regions = {{.base = RAM, .size = SIZE, .delegable = !tmi}, {.base = POOL, .size = SIZE, .secure = true}},
      .region_count = tmi ? 2 : 1,
      .trace = trace,
      .trace_ctx = w,
  };
  w->m = vcca_machine_new(&config, &err);
  check_ok(w->m != NULL, &err, "machine");
  vcca_device_default(chain_of(family), &device);
  w->hsm = vcca_hsm_open(&device, &err);
  check_ok(w->hsm != NULL, &err, "HSM");
  w->gi = vcca_tsi_attach(w->m, w->hsm, family, &err);
  check_ok(w->gi != NULL, &err, "guest interface");
  if (tmi)
    make_cvm(w);
  else
    make_realm(w);
}

void world_open(struct world *w, enum vcca_family family)
{
  world_open_alg(w, family, VCCA_SHA256);
}

void world_close(struct world *w)
{
  vcca_guest_interface_free(w->gi);
  vcca_machine_free(w->m);
  vcca_hsm_close(w->hsm);
}

struct vcca_realm_info world_info(const struct world *w)
{
  struct vcca_realm_info info;
  assert_true(vcca_realm_info(w->m, w->rd, &info));
  return info;
}

/* --- Running ---------------------------------------------------------------------------------------------- */

/* Where the run pages of RMI and TMI have things. */
static const struct layout {
  size_t entry_gprs, reason, esr, hpfar, gprs, imm, ripas;
} layouts[] = {
    {0x200, 0x800, 0x900, 0x910, 0xa00, 0xe00, 0xd00},
    {0x008, 0x188, 0x190, 0x1a0, 0x1a8, 0x358, 0},
};

static uint64_t enter(struct world *w, unsigned rec, uint64_t flags, const uint64_t *gprs, uint8_t run[PAGE])
{
  const struct layout *at = &layouts[w->tmi];
  memset(run, 0, PAGE);
  vcca_put_le64(run, flags);
  for (size_t i = 0; gprs && i < 31; i++)
    vcca_put_le64(run + at->entry_gprs + 8 * i, gprs[i]);
  assert_true(vcca_host_write(w->m, RAM, vcca_span_of(run, PAGE)));
  uint64_t status = host_call(w, w->tmi ? 0x269 : 0x15C, w->rec[rec], RAM, 0, 0, 0);
  vcca_sink out = vcca_sink_of(run, PAGE);
  assert_true(vcca_host_read(w->m, RAM, &out, PAGE));
  return status;
}

struct exit_view host_enter_with(struct world *w, unsigned rec, uint64_t flags, const uint64_t *gprs)
{
  const struct layout *at = &layouts[w->tmi];
  uint8_t run[PAGE];
  assert_int_equal(enter(w, rec, flags, gprs, run), 0);
  struct exit_view v = {
      .reason = run[at->reason], .esr = vcca_le64(run + at->esr), .hpfar = vcca_le64(run + at->hpfar)};
  for (size_t i = 0; i < 31; i++)
    v.gprs[i] = vcca_le64(run + at->gprs + 8 * i);
  v.imm = vcca_le16(run + at->imm);
  if (at->ripas) {
    v.ripas_base = vcca_le64(run + at->ripas);
    v.ripas_top = vcca_le64(run + at->ripas + 8);
    v.ripas_value = run[at->ripas + 16];
  }
  return v;
}

struct exit_view host_enter(struct world *w, unsigned rec)
{
  return host_enter_with(w, rec, 0, NULL);
}

uint64_t host_enter_status(struct world *w, unsigned rec)
{
  uint8_t run[PAGE];
  return enter(w, rec, 0, NULL, run);
}

void host_run(struct world *w, unsigned rec, const vcca_guest *g)
{
  enum { PATIENCE = 20000 };
  for (unsigned n = 0; !vcca_guest_done(g); n++) {
    assert_true(n < PATIENCE);
    struct exit_view v = host_enter(w, rec);
    if (v.reason == EXIT_SYNC && v.esr >> 26 == 0x24)
      host_map(w, v.hpfar >> 4 << 12);
  }
}

vcca_guest *guest_start(struct world *w, unsigned rec, vcca_guest_main main, void *arg)
{
  struct vcca_error err = {0};
  vcca_guest *g = vcca_guest_new(w->m, w->rec[rec], main, arg, &err);
  check_ok(g != NULL, &err, "guest");
  vcca_guest_scratch(g, SCRATCH);
  return g;
}

void guest_run(struct world *w, unsigned rec, vcca_guest_main main, void *arg)
{
  vcca_guest *g = guest_start(w, rec, main, arg);
  host_run(w, rec, g);
  vcca_guest_free(g);
}

static void one_call(void *arg, vcca_guest *g)
{
  vcca_guest_call(g, arg);
}

void guest_smc(struct world *w, unsigned rec, uint64_t x[VCCA_SMC_REGS])
{
  guest_run(w, rec, one_call, x);
}

uint64_t guest_call(struct world *w, uint64_t number, uint64_t x[VCCA_SMC_REGS])
{
  x[0] = UINT64_C(0xC4000000) | number;
  guest_smc(w, 0, x);
  return x[0];
}

void power_on_second(struct world *w)
{
  uint64_t x[VCCA_SMC_REGS] = {UINT64_C(0xC4000003), 1, MAPPED, 0x77};
  vcca_guest *g = guest_start(w, 0, one_call, x);
  assert_int_equal(host_enter(w, 0).reason, EXIT_PSCI);
  good(host_call(w, w->tmi ? 0x26B : 0x164, w->rec[0], w->rec[1], 0, 0, 0));
  host_run(w, 0, g);
  vcca_guest_free(g);
  assert_int_equal(x[0], 0);
}

void realm_put(struct world *w, uint64_t ipa, vcca_span bytes)
{
  assert_true(vcca_realm_write(w->m, w->rec[0], ipa, bytes, NULL));
}

void realm_get(struct world *w, uint64_t ipa, void *out, size_t n)
{
  vcca_sink s = vcca_sink_of(out, n);
  assert_true(vcca_realm_read(w->m, w->rec[0], ipa, &s, n, NULL));
}
