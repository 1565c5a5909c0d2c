/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "rmm/rec.h"
#include "rooms/span.h"

struct vcca_machine_config rig_config(enum vcca_abi abi)
{
  struct vcca_machine_config config = {
      .abi = abi, .rules = abi == VCCA_ABI_TMI ? VCCA_RULES_VIRTCCA : VCCA_RULES_ARM_1_0, .region_count = 4};
  bool rmi = abi == VCCA_ABI_RMI;
  config.regions[0] = (struct vcca_region){.base = DRAM, .size = DRAM_SIZE, .delegable = rmi};
  config.regions[1] = (struct vcca_region){.base = DEVICE, .size = 16 * PAGE};
  config.regions[2] = (struct vcca_region){.base = SECURE, .size = 16 * MIB, .delegable = rmi, .secure = true};
  config.regions[3] = (struct vcca_region){.base = HIGH, .size = 16 * PAGE, .delegable = rmi};
  return config;
}

static void on_trace(void *ctx, const struct vcca_trace *trace)
{
  struct rig *rig = ctx;
  rig->refused = trace->refused;
  rig->held_count = trace->held_count;
  memcpy(rig->held, trace->held, trace->held_count * sizeof *trace->held);
}

static void program(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  struct rig *rig = ctx;
  (void)m;
  (void)rec;
  (void)cpu;
  if (rig->event_count == 0)
    return;
  *event = rig->events[rig->turn < rig->event_count ? rig->turn : rig->event_count - 1];
  rig->turn++;
}

struct rig *rig_new(const struct vcca_machine_config *config)
{
  struct vcca_error err = {0};
  struct vcca_machine_config ours = *config;
  struct rig *rig = test_calloc(1, sizeof *rig);
  ours.trace = on_trace;
  ours.trace_ctx = rig;
  ours.program = program;
  ours.program_ctx = rig;
  rig->m = vcca_machine_new(&ours, &err);
  check_ok(rig->m != NULL, &err, "machine");
  rig->interface = config->abi == VCCA_ABI_TMI ? vcca_tmi() : vcca_rmi();
  return rig;
}

void rig_free(struct rig *rig)
{
  vcca_machine_free(rig->m);
  test_free(rig);
}

uint64_t rig_call(struct rig *rig, const char *command, const uint64_t args[8])
{
  const struct vcca_command *row = vcca_command_named(rig->interface, vcca_span_str(command));
  if (!row)
    fail_msg("no command %s", command);
  memset(rig->x, 0, sizeof rig->x);
  rig->x[0] = row->fid;
  memcpy(rig->x + 1, args, 8 * sizeof *args);
  memcpy(rig->in, rig->x, sizeof rig->in);
  vcca_smc(rig->m, rig->x);
  return rig->x[rig->interface->status_register];
}

void rig_ok(struct rig *rig, const char *command, const uint64_t args[8])
{
  uint64_t status = rig_call(rig, command, args);
  if (rig->refused || (rig->interface->status_register == 0 && status != 0))
    fail_msg("%s(0x%llx, 0x%llx, 0x%llx, 0x%llx): status 0x%llx, refused by %s", command, (unsigned long long)args[0],
             (unsigned long long)args[1], (unsigned long long)args[2], (unsigned long long)args[3],
             (unsigned long long)status, rig->refused ? rig->refused : "nothing");
}

uint64_t rig_status(const struct rig *rig, vcca_span name)
{
  for (size_t i = 0; i < rig->interface->status_count; i++) {
    const char *full = rig->interface->statuses[i].name;
    size_t prefix = strlen("RMI_ERROR_");
    if (strlen(full) > prefix && vcca_span_is(name, full + prefix))
      return rig->interface->statuses[i].code;
  }
  fail_msg("no status %.*s", (int)name.n, (const char *)name.p);
  return UINT64_MAX;
}

void rig_poke(struct rig *rig, uint64_t pa, unsigned width, uint64_t value)
{
  uint8_t b[8];
  vcca_put_le64(b, value);
  assert_true(vcca_host_write(rig->m, pa, vcca_span_of(b, width)));
}

uint64_t rig_peek(struct rig *rig, uint64_t pa, unsigned width)
{
  uint8_t b[8] = {0};
  vcca_sink out = VCCA_SINK(b);
  assert_true(vcca_host_read(rig->m, pa, &out, width));
  return vcca_le64(b);
}

void rig_zero(struct rig *rig, uint64_t pa)
{
  static const uint8_t zero[PAGE];
  assert_true(vcca_host_write(rig->m, pa, VCCA_SPAN(zero)));
}

/* --- RMI ---------------------------------------------------------------------------------------------- */

void rmi_delegate(struct rig *rig, uint64_t pa, unsigned count)
{
  for (unsigned i = 0; i < count; i++)
    OK(rig, "GRANULE_DELEGATE", pa + i * PAGE);
}

void rmi_realm_params(struct rig *rig, uint64_t page, uint64_t rtt_base, unsigned vmid, enum vcca_hash_alg alg)
{
  uint8_t rpv[64];
  memset(rpv, 0xab, sizeof rpv);
  rig_zero(rig, page);
  rig_poke(rig, page, 8, 4);
  rig_poke(rig, page + 0x08, 1, 40);
  rig_poke(rig, page + 0x18, 1, 1);
  rig_poke(rig, page + 0x20, 1, 1);
  rig_poke(rig, page + 0x28, 1, 5);
  rig_poke(rig, page + 0x30, 1, alg);
  assert_true(vcca_host_write(rig->m, page + 0x400, VCCA_SPAN(rpv)));
  rig_poke(rig, page + 0x800, 2, vmid);
  rig_poke(rig, page + 0x808, 8, rtt_base);
  rig_poke(rig, page + 0x810, 8, 0);
  rig_poke(rig, page + 0x818, 4, 1);
}

void rmi_realm(struct rig *rig, uint64_t rd, unsigned vmid, enum vcca_hash_alg alg)
{
  rmi_realm_params(rig, PARAMS, rd + PAGE, vmid, alg);
  rmi_delegate(rig, rd, 2);
  OK(rig, "REALM_CREATE", rd, PARAMS);
}

void rmi_rec_params(struct rig *rig, uint64_t page, uint64_t mpidr, uint64_t flags, uint64_t aux)
{
  rig_zero(rig, page);
  rig_poke(rig, page, 8, flags);
  rig_poke(rig, page + 0x100, 8, mpidr);
  rig_poke(rig, page + 0x800, 8, 16);
  for (unsigned i = 0; i < 16; i++)
    rig_poke(rig, page + 0x808 + 8 * i, 8, aux + i * PAGE);
}

void rmi_rec(struct rig *rig, uint64_t rd, uint64_t rec, uint64_t aux, uint64_t mpidr, uint64_t flags)
{
  rmi_delegate(rig, rec, 1);
  rmi_delegate(rig, aux, 16);
  rmi_rec_params(rig, REC_PARAMS, mpidr, flags, aux);
  OK(rig, "REC_CREATE", rd, rec, REC_PARAMS);
}

void rmi_tables(struct rig *rig, uint64_t rd, uint64_t ipa, uint64_t pa, unsigned first_level)
{
  static const uint64_t span_of[] = {0, UINT64_C(1) << 39, UINT64_C(1) << 30, UINT64_C(1) << 21};
  for (unsigned level = first_level; level <= 3; level++, pa += PAGE) {
    rmi_delegate(rig, pa, 1);
    OK(rig, "RTT_CREATE", rd, pa, ipa & ~(span_of[level] - 1), level);
  }
}

static void realm_b(struct rig *rig)
{
  rmi_realm(rig, B, 2, VCCA_SHA256);
  rmi_tables(rig, B, 0, P(66), 1);
  rmi_tables(rig, B, UNPROTECTED, P(72), 1);
  rmi_delegate(rig, B_DATA, 1);
  OK(rig, "DATA_CREATE", B, B_DATA, 0x1000, SRC, 1);
  OK(rig, "RTT_MAP_UNPROTECTED", B, UNPROTECTED + 0x1000, 3, P(8) | 0xc0);
  rmi_rec(rig, B, B_REC, P(80), 0, 1);
  rmi_rec(rig, B, B_OFF, P(96), 1, 0);
  rmi_rec(rig, B, B_ASKS, P(112), 2, 1);
  OK(rig, "REALM_ACTIVATE", B);
  struct guest_pending *asks = guest_pending(rig->m, B_ASKS);
  asks->ripas_addr = 0x2000;
  asks->ripas_top = 0x4000;
  asks->ripas_value = 1;
  asks->ripas_pending = 1;
  guest_exit(rig->m, B_ASKS)->reason = GUEST_EXIT_RIPAS_CHANGE;
  asks->psci_pending = 1;
  struct vcca_cpu *cpu = &rec_edit(rig->m, B_ASKS)->cpu;
  cpu->x[0] = 0xC4000003;
  cpu->x[1] = 1;
  cpu->x[2] = 0x1000;
  cpu->x[3] = 0x77;
}

struct rig *rmi_world(void)
{
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  struct rig *rig = rig_new(&config);
  rmi_realm(rig, A, 1, VCCA_SHA256);
  rmi_tables(rig, A, 0, P(18), 1);
  rmi_delegate(rig, A_DATA, 1);
  OK(rig, "DATA_CREATE", A, A_DATA, 0x1000, SRC, 1);
  rmi_delegate(rig, A_L3_EMPTY, 1);
  OK(rig, "RTT_CREATE", A, A_L3_EMPTY, 0x400000, 3);
  rmi_rec(rig, A, A_REC, P(32), 0, 1);
  realm_b(rig);
  rmi_realm(rig, C, 3, VCCA_SHA256);
  rmi_delegate(rig, FREE, 64);
  rmi_realm_params(rig, PARAMS, FREE + PAGE, 9, VCCA_SHA256);
  rmi_rec_params(rig, REC_PARAMS, 1, 1, FREE + 16 * PAGE);
  return rig;
}
