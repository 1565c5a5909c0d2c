/* A REC enters, does one thing and leaves: what the host is told, and what it is not.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "rmm/rec.h"

#define EXIT (RUN + 0x800)
#define ESR_DATA (UINT64_C(0x24) << 26)
#define ESR_FETCH (UINT64_C(0x20) << 26)
#define ESR_IL (UINT64_C(1) << 25)

static void happens(struct rig *rig, struct vcca_realm_event event)
{
  rig->events[rig->event_count++] = event;
}

static void enter(struct rig *rig)
{
  OK(rig, "REC_ENTER", B_REC, RUN);
}

/* The whole exit record is as given, everything else in it zero. */
static void exit_is(struct rig *rig, uint8_t reason, uint64_t esr, uint64_t far, uint64_t hpfar, uint64_t gpr0)
{
  uint8_t want[2048] = {0}, got[2048];
  vcca_sink out = VCCA_SINK(got);
  want[0] = reason;
  vcca_put_le64(want + 0x100, esr);
  vcca_put_le64(want + 0x108, far);
  vcca_put_le64(want + 0x110, hpfar);
  vcca_put_le64(want + 0x200, gpr0);
  assert_true(vcca_host_read(rig->m, EXIT, &out, sizeof got));
  assert_memory_equal(got, want, sizeof want);
}

static void every_kind_of_event_exits_or_resumes_as_it_should(void **state)
{
  const struct {
    struct vcca_realm_event event;
    uint64_t entry_flags;
    bool leaves;
    uint8_t reason;
    uint64_t esr, hpfar;
  } cases[] = {
      {{.kind = VCCA_REALM_IRQ}, 0, true, GUEST_EXIT_IRQ, 0, 0},
      {{.kind = VCCA_REALM_FIQ}, 0, true, GUEST_EXIT_FIQ, 0, 0},
      {{.kind = VCCA_REALM_SERROR}, 0, true, GUEST_EXIT_SERROR, UINT64_C(0x2f) << 26, 0},
      {{.kind = VCCA_REALM_HVC}, 0, false, 0, 0, 0},
      {{.kind = VCCA_REALM_SMC}, 0, false, 0, 0, 0},
      {{.kind = VCCA_REALM_WFI}, 0, false, 0, 0, 0},
      {{.kind = VCCA_REALM_WFI}, 4, true, GUEST_EXIT_SYNC, UINT64_C(1) << 26, 0},
      {{.kind = VCCA_REALM_WFI}, 8, false, 0, 0, 0},
      {{.kind = VCCA_REALM_WFE}, 8, true, GUEST_EXIT_SYNC, (UINT64_C(1) << 26) | 1, 0},
      {{.kind = VCCA_REALM_WFE}, 4, false, 0, 0, 0},
      /* protected: RAM and assigned; EMPTY; beyond the address space */
      {{.kind = VCCA_REALM_DATA_ABORT, .ipa = 0x1008}, 0, false, 0, 0, 0},
      {{.kind = VCCA_REALM_INSTRUCTION_ABORT, .ipa = 0x1008}, 0, false, 0, 0, 0},
      {{.kind = VCCA_REALM_DATA_ABORT, .ipa = 0x5008, .syndrome = true}, 0, false, 0, 0, 0},
      {{.kind = VCCA_REALM_DATA_ABORT, .ipa = UINT64_C(1) << 40}, 0, false, 0, 0, 0},
      {{.kind = VCCA_REALM_DATA_ABORT, .ipa = UINT64_MAX}, 0, false, 0, 0, 0},
      /* protected: RAM but not assigned, by level; never emulatable */
      {{.kind = VCCA_REALM_DATA_ABORT, .ipa = 0x2008, .syndrome = true, .write = true},
       0,
       true,
       GUEST_EXIT_SYNC,
       ESR_DATA | 7,
       0x2 << 4},
      {{.kind = VCCA_REALM_INSTRUCTION_ABORT, .ipa = 0x2008}, 0, true, GUEST_EXIT_SYNC, ESR_FETCH | 7, 0x2 << 4},
      /* unprotected: no fetches; mapped for reading and writing; not mapped */
      {{.kind = VCCA_REALM_INSTRUCTION_ABORT, .ipa = UNPROTECTED}, 0, false, 0, 0, 0},
      {{.kind = VCCA_REALM_DATA_ABORT, .ipa = UNPROTECTED + 0x1000, .write = true}, 0, false, 0, 0, 0},
      {{.kind = VCCA_REALM_DATA_ABORT, .ipa = UNPROTECTED + 0x2008},
       0,
       true,
       GUEST_EXIT_SYNC,
       ESR_DATA | ESR_IL | 7,
       (UNPROTECTED + 0x2000) >> 8},
      {{.kind = VCCA_REALM_DATA_ABORT, .ipa = UNPROTECTED + 4 * MIB},
       0,
       true,
       GUEST_EXIT_SYNC,
       ESR_DATA | ESR_IL | 6,
       (UNPROTECTED + 4 * MIB) >> 8},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig *rig = rmi_world();
    OK(rig, "RTT_SET_RIPAS", B, B_ASKS, 0x2000, 0x3000);
    rig_poke(rig, RUN, 8, cases[i].entry_flags);
    happens(rig, cases[i].event);
    happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_FIQ});
    enter(rig);
    if (rig->turn != (cases[i].leaves ? 1U : 2U))
      fail_msg("case %zu took %u turns", i, rig->turn);
    if (cases[i].leaves)
      exit_is(rig, cases[i].reason, cases[i].esr, 0, cases[i].hpfar, 0);
    else
      exit_is(rig, GUEST_EXIT_FIQ, 0, 0, 0, 0);
    rig_free(rig);
  }
}

static void destroyed_memory_exits_although_something_is_mapped_there(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  OK(rig, "DATA_DESTROY", B, 0x1000);
  OK(rig, "DATA_CREATE_UNKNOWN", B, FREE, 0x1000);
  happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_DATA_ABORT, .ipa = 0x1000});
  enter(rig);
  exit_is(rig, GUEST_EXIT_SYNC, ESR_DATA | 7, 0, 0x1 << 4, 0);
  uint8_t byte;
  struct vcca_access_fault fault;
  vcca_sink out = vcca_sink_of(&byte, 1);
  assert_false(vcca_realm_read(rig->m, B_REC, 0x1004, &out, 1, &fault));
  assert_int_equal(fault.why, VCCA_ACCESS_DESTROYED);
  assert_int_equal(fault.ipa, 0x1004);
  rig_free(rig);
}

static void a_read_only_mapping_gives_a_permission_fault_on_writes(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  OK(rig, "RTT_MAP_UNPROTECTED", B, UNPROTECTED + 0x3000, 3, P(9) | 0x40);
  happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_DATA_ABORT, .ipa = UNPROTECTED + 0x3000});
  happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_DATA_ABORT, .ipa = UNPROTECTED + 0x3000, .write = true});
  enter(rig);
  assert_int_equal(rig->turn, 2);
  exit_is(rig, GUEST_EXIT_SYNC, ESR_DATA | ESR_IL | 15, 0, (UNPROTECTED + 0x3000) >> 8, 0);
  rig_free(rig);
}

static void a_store_to_a_device_shows_its_value_and_resumes_after_it(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  struct vcca_realm_event store = {
      .kind = VCCA_REALM_DATA_ABORT, .ipa = UNPROTECTED + 0x2abc, .write = true, .syndrome = true, .size = 2, .reg = 7};
  rec_edit(rig->m, B_REC)->cpu.x[7] = 0x12345678;
  rec_edit(rig->m, B_REC)->cpu.pc = 0x1000;
  happens(rig, store);
  enter(rig);
  exit_is(rig, GUEST_EXIT_SYNC, ESR_DATA | 1 << 24 | 1 << 22 | 1 << 6 | 7, 0xabc, (UNPROTECTED + 0x2000) >> 8, 0x5678);
  rig_poke(rig, RUN, 8, REC_ENTRY_EMUL_MMIO);
  rig->events[0] = (struct vcca_realm_event){.kind = VCCA_REALM_IRQ};
  enter(rig);
  assert_int_equal(rec_at(rig->m, B_REC)->cpu.pc, 0x1004);
  assert_int_equal(rec_at(rig->m, B_REC)->cpu.x[7], 0x12345678);
  assert_int_equal(CALL(rig, "REC_ENTER", B_REC, RUN), 3);
  assert_string_equal(rig->refused, "rec_mmio");
  rig_free(rig);
}

static void a_load_from_a_device_is_masked_and_extended(void **state)
{
  static const struct {
    unsigned size;
    bool sign_extend, wide;
    uint64_t given, taken;
  } cases[] = {
      {1, false, false, 0x1ff, 0xff},
      {1, true, false, 0x80, 0xffffff80},
      {1, true, true, 0x80, UINT64_C(0xffffffffffffff80)},
      {2, true, true, 0x17fff, 0x7fff},
      {4, false, false, UINT64_C(0x1ffffffff), 0xffffffff},
      {4, true, true, 0x80000000, UINT64_C(0xffffffff80000000)},
      {8, false, true, UINT64_C(0x8123456789abcdef), UINT64_C(0x8123456789abcdef)},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig *rig = rmi_world();
    happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_DATA_ABORT,
                                           .ipa = UNPROTECTED + 0x2000,
                                           .syndrome = true,
                                           .size = cases[i].size,
                                           .reg = 3,
                                           .sign_extend = cases[i].sign_extend,
                                           .wide = cases[i].wide});
    enter(rig);
    rig_poke(rig, RUN, 8, REC_ENTRY_EMUL_MMIO);
    rig_poke(rig, RUN + 0x200, 8, cases[i].given);
    rig->events[0] = (struct vcca_realm_event){.kind = VCCA_REALM_IRQ};
    enter(rig);
    assert_true(rec_at(rig->m, B_REC)->cpu.x[3] == cases[i].taken);
    rig_free(rig);
  }
}

static void an_injected_abort_puts_emulation_out_of_force(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_IRQ});
  rig_poke(rig, RUN, 8, REC_ENTRY_EMUL_MMIO | REC_ENTRY_INJECT_SEA);
  enter(rig);
  assert_int_equal(rec_at(rig->m, B_REC)->cpu.pc, 0);
  rig_free(rig);
}

static void without_a_guest_handler_smcs_are_not_supported(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_SMC});
  happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_IRQ});
  enter(rig);
  assert_true(rec_at(rig->m, B_REC)->cpu.x[0] == UINT64_MAX);
  assert_int_equal(rec_at(rig->m, B_REC)->cpu.pc, 4);
  rig_free(rig);
}

static void a_raised_interrupt_is_taken_once_after_the_next_event(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_HVC});
  happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_HVC});
  happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_FIQ});
  vcca_rec_set_irq(rig->m, B_REC, true);
  enter(rig);
  assert_int_equal(rig->turn, 1);
  exit_is(rig, GUEST_EXIT_IRQ, 0, 0, 0, 0);
  enter(rig);
  exit_is(rig, GUEST_EXIT_FIQ, 0, 0, 0, 0);
  rig_free(rig);
}

static void a_program_that_never_leaves_is_interrupted(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_HVC});
  enter(rig);
  exit_is(rig, GUEST_EXIT_IRQ, 0, 0, 0, 0);
  rig_free(rig);
}

/* SGIs, PPIs and SPIs up to 1019; LPIs from 8192, of 16 bits (GICv3 2.2.1). */
static void list_registers_hold_interrupts_that_exist(void **state)
{
  static const struct {
    uint64_t id;
    bool valid;
  } cases[] = {{0, true},    {1019, true},  {1020, false},  {8191, false},
               {8192, true}, {65535, true}, {65536, false}, {UINT32_MAX, false}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig *rig = rmi_world();
    rig_poke(rig, RUN + 0x308, 8, UINT64_C(1) << 62 | cases[i].id);
    uint64_t status = CALL(rig, "REC_ENTER", B_REC, RUN);
    if (status != (cases[i].valid ? 0 : 3) || (!cases[i].valid && strcmp(rig->refused, "rec_gicv3") != 0))
      fail_msg("interrupt %llu: status %llu", (unsigned long long)cases[i].id, (unsigned long long)status);
    rig_poke(rig, RUN + 0x308, 8, cases[i].id); /* inactive: whatever it names */
    OK(rig, "REC_ENTER", B_REC, RUN);
    rig_free(rig);
  }
}

/* --- What waits across exits --------------------------------------------------------------------------- */

static enum vcca_guest_action host_call(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu)
{
  (void)ctx;
  struct guest_pending *p = guest_pending(m, rec);
  struct guest_exit *exit = guest_exit(m, rec);
  p->host_call = 0x1100;
  p->host_call_pending = 1;
  cpu->x[0] = 99;
  exit->reason = GUEST_EXIT_HOST_CALL;
  exit->imm = 0x1234;
  exit->gprs[30] = 0x55;
  return VCCA_GUEST_EXIT;
}

static void the_hosts_answer_to_a_host_call_lands_in_the_realms_memory(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  vcca_machine_set_guest_smc(rig->m, host_call, NULL);
  happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_SMC});
  happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_IRQ});
  enter(rig);
  assert_int_equal(rig_peek(rig, EXIT, 1), GUEST_EXIT_HOST_CALL);
  assert_int_equal(rig_peek(rig, EXIT + 0x600, 2), 0x1234);
  assert_int_equal(rig_peek(rig, EXIT + 0x200 + 8 * 30, 8), 0x55);
  for (unsigned i = 0; i < 31; i++)
    rig_poke(rig, RUN + 0x200 + 8 * i, 8, 0x100 + i);
  /* The page is away for a while: exits as an abort, the call still pending. */
  OK(rig, "DATA_DESTROY", B, 0x1000);
  enter(rig);
  exit_is(rig, GUEST_EXIT_SYNC, ESR_DATA | 7, 0, 0x1 << 4, 0);
  OK(rig, "DATA_CREATE_UNKNOWN", B, B_DATA, 0x1000);
  struct guest_pending *asks = guest_pending(rig->m, B_ASKS);
  asks->ripas_addr = 0x1000;
  asks->ripas_top = 0x2000;
  asks->ripas_destroyed = 1;
  OK(rig, "RTT_SET_RIPAS", B, B_ASKS, 0x1000, 0x2000);
  enter(rig);
  uint8_t gprs[8 * 31];
  vcca_sink out = VCCA_SINK(gprs);
  assert_true(vcca_realm_read(rig->m, B_REC, 0x1108, &out, sizeof gprs, NULL));
  for (unsigned i = 0; i < 31; i++)
    assert_int_equal(vcca_le64(gprs + 8 * i), 0x100 + i);
  assert_int_equal(rec_at(rig->m, B_REC)->cpu.x[0], 0);
  rig_free(rig);
}

static enum vcca_guest_action ripas_change(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu)
{
  (void)ctx;
  (void)cpu;
  struct guest_pending *p = guest_pending(m, rec);
  struct guest_exit *exit = guest_exit(m, rec);
  p->ripas_addr = exit->ripas_base = 0x8000;
  p->ripas_top = exit->ripas_top = 0xa000;
  p->ripas_value = 1;
  exit->ripas_value = 1;
  exit->reason = GUEST_EXIT_RIPAS_CHANGE;
  return VCCA_GUEST_EXIT;
}

static void the_realm_learns_how_far_its_ripas_change_went(void **state)
{
  static const struct {
    uint64_t done, flags, addr, response;
  } cases[] = {
      {0, 0, 0x8000, 0},
      {0x1000, 0, 0x9000, 0},
      {0x1000, REC_ENTRY_RIPAS_REJECT, 0x9000, 1},
      {0x2000, REC_ENTRY_RIPAS_REJECT, 0xa000, 0},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig *rig = rmi_world();
    vcca_machine_set_guest_smc(rig->m, ripas_change, NULL);
    happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_SMC});
    happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_IRQ});
    enter(rig);
    assert_int_equal(rig_peek(rig, EXIT, 1), GUEST_EXIT_RIPAS_CHANGE);
    assert_int_equal(rig_peek(rig, EXIT + 0x500, 8), 0x8000);
    assert_int_equal(rig_peek(rig, EXIT + 0x508, 8), 0xa000);
    assert_int_equal(rig_peek(rig, EXIT + 0x510, 1), 1);
    if (cases[i].done)
      OK(rig, "RTT_SET_RIPAS", B, B_REC, 0x8000, 0x8000 + cases[i].done);
    rig_poke(rig, RUN, 8, cases[i].flags);
    enter(rig);
    const struct rec *rec = rec_at(rig->m, B_REC);
    assert_int_equal(rec->cpu.x[0], 0);
    assert_int_equal(rec->cpu.x[1], cases[i].addr);
    assert_int_equal(rec->cpu.x[2], cases[i].response);
    assert_int_equal(rec->pending.ripas_top, 0);
    rig_free(rig);
  }
}

/* DEN0137, RmiRecEnter and RmiRecExit: hcr at 0x300, 16 list registers behind it, of which there are as
 * many as the features say. */
static void list_registers_come_back_as_they_went_in(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  rig_poke(rig, RUN + 0x300, 8, 2); /* UIE */
  for (unsigned i = 0; i < 16; i++)
    rig_poke(rig, RUN + 0x308 + 8 * i, 8, UINT64_C(1) << 62 | (32 + i)); /* pending */
  happens(rig, (struct vcca_realm_event){.kind = VCCA_REALM_IRQ});
  enter(rig);
  assert_int_equal(rig_peek(rig, EXIT + 0x300, 8), 2);
  for (unsigned i = 0; i < 16; i++)
    assert_true(rig_peek(rig, EXIT + 0x308 + 8 * i, 8) == (UINT64_C(1) << 62 | (32 + i)));
  rig_free(rig);
}

/* As TF-RMM: 16, whatever the realm. */
static void a_rec_has_16_auxiliary_granules(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  OK(rig, "REC_AUX_COUNT", A);
  assert_int_equal(rig->x[1], 16);
  OK(rig, "REC_AUX_COUNT", B);
  assert_int_equal(rig->x[1], 16);
  rig_free(rig);
}

/* RmmRecCreateFlags: bit 0 says runnable, the others are ignored. */
static void bit_0_of_the_flags_alone_makes_a_rec_runnable(void **state)
{
  (void)state;
  static const uint64_t flags[] = {0, 1, 2, 3, UINT64_MAX - 1, UINT64_MAX};
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    struct rig *rig = rmi_world();
    rmi_rec_params(rig, REC_PARAMS, 1, flags[i], FREE + 16 * PAGE);
    OK(rig, "REC_CREATE", A, FREE, REC_PARAMS);
    assert_int_equal(rec_at(rig->m, FREE)->runnable, flags[i] & 1);
    rig_free(rig);
  }
}

static void psci_complete_starts_the_other_cpu(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  OK(rig, "PSCI_COMPLETE", B_ASKS, B_OFF, 0);
  const struct rec *off = rec_at(rig->m, B_OFF), *asks = rec_at(rig->m, B_ASKS);
  assert_int_equal(off->runnable, 1);
  assert_int_equal(off->cpu.pc, 0x1000);
  assert_int_equal(off->cpu.x[0], 0x77);
  assert_int_equal(asks->cpu.x[0], 0);
  assert_int_equal(asks->cpu.x[3], 0);
  OK(rig, "REC_ENTER", B_OFF, RUN);
  OK(rig, "REC_ENTER", B_ASKS, RUN);
  rig_free(rig);
}

static void psci_complete_can_deny(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  OK(rig, "PSCI_COMPLETE", B_ASKS, B_OFF, (uint64_t)-3);
  assert_true(rec_at(rig->m, B_ASKS)->cpu.x[0] == (uint64_t)-3);
  assert_int_equal(rec_at(rig->m, B_OFF)->runnable, 0);
  rig_free(rig);
}

/* A second host CPU makes calls while the REC runs. */
static void meddle(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  uint64_t *status = ctx;
  (void)cpu;
  uint64_t again[VCCA_SMC_REGS] = {0xC400015C, rec, RUN}, destroy[VCCA_SMC_REGS] = {0xC400015B, rec},
           delegate[VCCA_SMC_REGS] = {0xC4000151, RUN};
  vcca_smc(m, again);
  vcca_smc(m, destroy);
  vcca_smc(m, delegate);
  status[0] = again[0];
  status[1] = destroy[0];
  status[2] = delegate[0];
  event->kind = VCCA_REALM_IRQ;
}

static void a_running_rec_is_neither_entered_nor_destroyed_and_may_lose_its_run_page(void **state)
{
  (void)state;
  uint64_t status[3] = {0};
  struct rig *rig = rmi_world();
  vcca_machine_set_program(rig->m, meddle, status);
  assert_int_equal(CALL(rig, "REC_ENTER", B_REC, RUN), 1);
  assert_int_equal(status[0], 3);
  assert_int_equal(status[1], 3);
  assert_int_equal(status[2], 0);
  assert_int_equal(rec_at(rig->m, B_REC)->running, 0);
  rig_free(rig);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_of_event_exits_or_resumes_as_it_should),
      cmocka_unit_test(destroyed_memory_exits_although_something_is_mapped_there),
      cmocka_unit_test(a_read_only_mapping_gives_a_permission_fault_on_writes),
      cmocka_unit_test(a_store_to_a_device_shows_its_value_and_resumes_after_it),
      cmocka_unit_test(a_load_from_a_device_is_masked_and_extended),
      cmocka_unit_test(an_injected_abort_puts_emulation_out_of_force),
      cmocka_unit_test(without_a_guest_handler_smcs_are_not_supported),
      cmocka_unit_test(a_raised_interrupt_is_taken_once_after_the_next_event),
      cmocka_unit_test(a_program_that_never_leaves_is_interrupted),
      cmocka_unit_test(list_registers_hold_interrupts_that_exist),
      cmocka_unit_test(the_hosts_answer_to_a_host_call_lands_in_the_realms_memory),
      cmocka_unit_test(the_realm_learns_how_far_its_ripas_change_went),
      cmocka_unit_test(list_registers_come_back_as_they_went_in),
      cmocka_unit_test(a_rec_has_16_auxiliary_granules),
      cmocka_unit_test(bit_0_of_the_flags_alone_makes_a_rec_runnable),
      cmocka_unit_test(psci_complete_starts_the_other_cpu),
      cmocka_unit_test(psci_complete_can_deny),
      cmocka_unit_test(a_running_rec_is_neither_entered_nor_destroyed_and_may_lose_its_run_page),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
