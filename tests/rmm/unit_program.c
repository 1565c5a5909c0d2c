/* The contract of the realm's program: where the pc is when it is asked again, when a REC begins anew, and
 * what it puts into the exit record.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "support_tmi.h"

#include "rmm/rec.h"

#define EXIT (RUN + 0x800)
#define CPU_OFF UINT64_C(0x84000002)

/* A program that reports one event, and notes each time with what pc it was asked. */
struct script {
  struct vcca_realm_event first;
  uint64_t fid;   /* x0 of an SMC */
  uint64_t skip;  /* added to the pc by the program itself */
  uint64_t pc[8]; /* as it was asked */
  uint64_t x0[8];
  unsigned asked;
};

static void play(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  struct script *s = ctx;
  (void)m;
  (void)rec;
  assert_true(s->asked < 8);
  s->pc[s->asked] = cpu->pc;
  s->x0[s->asked] = cpu->x[0];
  if (s->asked++ > 0)
    return; /* an IRQ */
  if (s->first.kind == VCCA_REALM_SMC)
    cpu->x[0] = s->fid;
  cpu->pc += s->skip;
  *event = s->first;
}

/* A guest call that reads eight bytes of a buffer at 0x2000: the answer is in x0 and x1. */
static enum vcca_guest_action reads_a_buffer(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu)
{
  uint8_t bytes[8];
  vcca_sink out = VCCA_SINK(bytes);
  struct vcca_access_fault fault;
  ++*(unsigned *)ctx;
  if (!vcca_realm_read(m, rec, 0x2000, &out, sizeof bytes, &fault)) {
    guest_exit_unmapped(m, rec, fault.ipa);
    return VCCA_GUEST_EXIT;
  }
  cpu->x[0] = 0;
  cpu->x[1] = vcca_le64(bytes);
  return VCCA_GUEST_RESUME;
}

static struct rig *world_with(struct script *s)
{
  struct rig *rig = rmi_world();
  OK(rig, "RTT_SET_RIPAS", B, B_ASKS, 0x2000, 0x3000);
  rec_edit(rig->m, B_REC)->cpu.pc = 0x1000;
  vcca_machine_set_program(rig->m, play, s);
  return rig;
}

static void an_smc_whose_buffer_is_not_mapped_is_issued_again_without_the_program(void **state)
{
  (void)state;
  unsigned handled = 0;
  struct script s = {.first = {.kind = VCCA_REALM_SMC}, .fid = 0xC4000190};
  struct rig *rig = world_with(&s);
  vcca_machine_set_guest_smc(rig->m, reads_a_buffer, &handled);
  for (unsigned i = 1; i <= 3; i++) { /* a host that maps nothing sees the same exit each time */
    OK(rig, "REC_ENTER", B_REC, RUN);
    assert_int_equal(rig_peek(rig, EXIT, 1), GUEST_EXIT_SYNC);
    assert_int_equal(rig_peek(rig, EXIT + 0x110, 8), 0x2 << 4);
    assert_int_equal(rec_at(rig->m, B_REC)->cpu.pc, 0x1000);
    assert_int_equal(handled, i);
    assert_int_equal(s.asked, 1);
  }
  rig_poke(rig, SRC, 8, 0x77);
  OK(rig, "DATA_CREATE_UNKNOWN", B, FREE, 0x2000);
  OK(rig, "REC_ENTER", B_REC, RUN);
  assert_int_equal(handled, 4);
  assert_int_equal(s.asked, 2);
  assert_int_equal(s.pc[1], 0x1004);
  assert_int_equal(s.x0[1], 0);
  OK(rig, "REC_ENTER", B_REC, RUN); /* and not once more */
  assert_int_equal(handled, 4);
  rig_free(rig);
}

/* A program that guesses that it has to step over the SMC itself gets an odd pc, and no loop: the call is
 * made once. */
static void a_program_that_moves_the_pc_itself_still_makes_its_call_once(void **state)
{
  static const uint64_t guesses[] = {0, 4, (uint64_t)-4, 0x100};
  (void)state;
  for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
    unsigned handled = 0;
    struct script s = {.first = {.kind = VCCA_REALM_SMC}, .fid = 0xC4000190, .skip = guesses[i]};
    struct rig *rig = world_with(&s);
    vcca_machine_set_guest_smc(rig->m, reads_a_buffer, &handled);
    OK(rig, "REC_ENTER", B_REC, RUN);
    OK(rig, "DATA_CREATE_UNKNOWN", B, FREE, 0x2000);
    OK(rig, "REC_ENTER", B_REC, RUN);
    assert_int_equal(handled, 2);
    assert_int_equal(s.asked, 2);
    assert_int_equal(s.pc[1], 0x1000 + guesses[i] + 4);
    rig_free(rig);
  }
}

static void an_unfinished_smc_survives_a_snapshot(void **state)
{
  (void)state;
  unsigned handled = 0;
  struct vcca_bytes saved = {0};
  struct script s = {.first = {.kind = VCCA_REALM_SMC}, .fid = 0xC4000190};
  struct rig *rig = world_with(&s);
  vcca_machine_set_guest_smc(rig->m, reads_a_buffer, &handled);
  OK(rig, "REC_ENTER", B_REC, RUN);
  OK(rig, "DATA_CREATE_UNKNOWN", B, FREE, 0x2000);
  assert_true(vcca_machine_save(rig->m, &saved, NULL));
  OK(rig, "REC_ENTER", B_REC, RUN);
  assert_int_equal(handled, 2);
  assert_true(vcca_machine_load(rig->m, vcca_bytes_span(&saved), NULL));
  OK(rig, "REC_ENTER", B_REC, RUN);
  assert_int_equal(handled, 3);
  vcca_bytes_free(&saved);
  rig_free(rig);
}

/* How far the pc is when the program is asked again. */
static void the_pc_steps_over_what_is_done(void **state)
{
  static const struct {
    struct vcca_realm_event event;
    uint64_t flags; /* of the second entry */
    uint64_t step;
  } cases[] = {
      {{.kind = VCCA_REALM_SMC}, 0, 4},
      {{.kind = VCCA_REALM_WFI}, 0, 4},
      {{.kind = VCCA_REALM_WFE}, 0, 4},
      {{.kind = VCCA_REALM_HVC}, 0, 0},
      {{.kind = VCCA_REALM_IRQ}, 0, 0},
      {{.kind = VCCA_REALM_FIQ}, 0, 0},
      {{.kind = VCCA_REALM_SERROR}, 0, 0},
      {{.kind = VCCA_REALM_DATA_ABORT, .ipa = 0x1000}, 0, 0},
      {{.kind = VCCA_REALM_DATA_ABORT, .ipa = 0x2000}, 0, 0},
      {{.kind = VCCA_REALM_INSTRUCTION_ABORT, .ipa = 0x2000}, 0, 0},
      {{.kind = VCCA_REALM_DATA_ABORT, .ipa = UNPROTECTED + 0x2000, .syndrome = true, .size = 4}, 0, 0},
      {{.kind = VCCA_REALM_DATA_ABORT, .ipa = UNPROTECTED + 0x2000, .syndrome = true, .size = 4},
       REC_ENTRY_EMUL_MMIO,
       4},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct script s = {.first = cases[i].event};
    struct rig *rig = world_with(&s);
    OK(rig, "REC_ENTER", B_REC, RUN);
    rig_poke(rig, RUN, 8, cases[i].flags);
    OK(rig, "REC_ENTER", B_REC, RUN);
    if (s.pc[1] != 0x1000 + cases[i].step)
      fail_msg("case %zu: the pc is at 0x%llx", i, (unsigned long long)s.pc[1]);
    rig_free(rig);
  }
}

/* --- Who a REC is ---------------------------------------------------------------------------------------- */

static struct vcca_rec_info info_of(const struct rig *rig, uint64_t rec)
{
  struct vcca_rec_info info;
  assert_true(vcca_rec_info(rig->m, rec, &info));
  return info;
}

static void a_rec_tells_who_it_is(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  struct vcca_rec_info info = info_of(rig, B_OFF), same = {.realm = 1};
  assert_true(info.realm == B);
  assert_int_equal(info.mpidr, 1);
  assert_int_equal(info.index, 1);
  assert_int_equal(info.starts, 0);
  assert_false(info.runnable || info.running || info.stuck);
  assert_true(info_of(rig, B_REC).runnable);
  assert_true(info_of(rig, A_REC).realm == A);
  assert_false(vcca_rec_info(rig->m, B, &same));
  assert_false(vcca_rec_info(rig->m, B_REC + 1, &same));
  assert_int_equal(same.realm, 1);
  rig_free(rig);
  rig = tmi_world();
  info = info_of(rig, TEC_ORPHAN);
  assert_int_equal(info.realm, 0);
  assert_true(info_of(rig, TEC_B_OFF).realm == CVM_B);
  assert_int_equal(info_of(rig, TEC_B_OFF).mpidr, 1);
  rig_free(rig);
}

/* Affinity fields of 4 and 8 bits, side by side: DEN0137 A2.3.3. */
static void the_index_follows_from_the_mpidr(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  rmi_realm(rig, P(400), 9, VCCA_SHA256);
  for (unsigned i = 0; i < 18; i++)
    rmi_rec(rig, P(400), P(410 + 17 * i), P(411 + 17 * i), i % 16 | (uint64_t)(i / 16) << 8, 1);
  struct vcca_rec_info info = info_of(rig, P(410 + 17 * 17));
  assert_int_equal(info.mpidr, 0x101);
  assert_int_equal(info.index, 17);
  rig_free(rig);
}

static void a_new_rec_at_the_same_address_has_another_identity(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  struct vcca_bytes saved = {0};
  uint64_t before = info_of(rig, A_REC).identity, other = info_of(rig, B_REC).identity;
  assert_true(before != 0 && before != other);
  OK(rig, "REC_DESTROY", A_REC);
  rmi_rec_params(rig, REC_PARAMS, 1, 1, P(32));
  OK(rig, "REC_CREATE", A, A_REC, REC_PARAMS);
  uint64_t after = info_of(rig, A_REC).identity;
  assert_true(after != before && after != other);
  assert_int_equal(info_of(rig, B_REC).identity, other);
  /* a machine that was restored gives no identity twice, whether it knows those that were given or not */
  assert_true(vcca_machine_save(rig->m, &saved, NULL));
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  struct rig *restored = rig_new(&config);
  assert_true(vcca_machine_load(restored->m, vcca_bytes_span(&saved), NULL));
  assert_int_equal(info_of(restored, A_REC).identity, after);
  rmi_rec_params(restored, REC_PARAMS, 2, 1, FREE + 16 * PAGE);
  OK(restored, "REC_CREATE", A, FREE, REC_PARAMS);
  assert_true(info_of(restored, FREE).identity > after);
  vcca_bytes_free(&saved);
  rig_free(restored);
  rig_free(rig);
}

/* CPU_ON may name any address, so that the pc alone does not tell: here it is the address after the
 * CPU_OFF. */
static enum vcca_guest_action cpu_off(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu)
{
  (void)ctx;
  assert_int_equal(cpu->x[0], CPU_OFF);
  guest_set_runnable(m, rec, false);
  guest_exit(m, rec)->reason = GUEST_EXIT_PSCI;
  return VCCA_GUEST_EXIT;
}

static void a_rec_that_is_started_anew_says_so(void **state)
{
  (void)state;
  struct script s = {.first = {.kind = VCCA_REALM_SMC}, .fid = CPU_OFF};
  struct rig *rig = rmi_world();
  struct rec *off = rec_edit(rig->m, B_OFF);
  off->runnable = 1;
  off->cpu = (struct vcca_cpu){.pc = 0xffc, .gic.vmcr = 7, .timer.cntv_ctl = 1, .pmu_overflow = 1};
  vcca_machine_set_program(rig->m, play, &s);
  vcca_machine_set_guest_smc(rig->m, cpu_off, NULL);
  OK(rig, "REC_ENTER", B_OFF, RUN);
  assert_false(info_of(rig, B_OFF).runnable);
  assert_int_equal(off->cpu.pc, 0x1000);
  uint64_t identity = info_of(rig, B_OFF).identity;
  OK(rig, "PSCI_COMPLETE", B_ASKS, B_OFF, 0); /* CPU_ON, entry point 0x1000, context 0x77 */
  assert_int_equal(info_of(rig, B_OFF).starts, 1);
  assert_int_equal(info_of(rig, B_OFF).identity, identity);
  OK(rig, "REC_ENTER", B_OFF, RUN);
  assert_int_equal(s.pc[1], 0x1000);
  assert_int_equal(s.x0[1], 0x77);
  assert_int_equal(rig_peek(rig, EXIT + 0x390, 8), 0); /* and nothing else is left */
  assert_int_equal(rig_peek(rig, EXIT + 0x410, 8), 0);
  assert_int_equal(rig_peek(rig, EXIT + 0x700, 1), 0);
  rig_free(rig);
}

static void see_running(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  (void)cpu;
  (void)event;
  assert_true(vcca_rec_info(m, rec, ctx));
}

static void a_rec_runs_while_its_program_is_asked(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  struct vcca_rec_info within = {.realm = 0};
  vcca_machine_set_program(rig->m, see_running, &within);
  OK(rig, "REC_ENTER", B_REC, RUN);
  assert_true(within.running);
  assert_false(info_of(rig, B_REC).running);
  rig_free(rig);
}

/* --- Programs that go wrong --------------------------------------------------------------------------------- */

static void accesses_again_and_again(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu,
                                     struct vcca_realm_event *event)
{
  (void)m;
  (void)rec;
  (void)cpu;
  ++*(unsigned *)ctx;
  *event = (struct vcca_realm_event){.kind = VCCA_REALM_DATA_ABORT, .ipa = 0x1000}; /* goes through */
}

static void remember_remark(void *ctx, const struct vcca_trace *trace)
{
  *(const char **)ctx = trace->remark;
}

static void a_program_that_never_leaves_is_reported(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  unsigned asked = 0;
  const char *remark = NULL;
  vcca_machine_set_trace(rig->m, remember_remark, &remark);
  vcca_machine_set_program(rig->m, accesses_again_and_again, &asked);
  OK(rig, "REC_ENTER", B_REC, RUN);
  assert_int_equal(asked, VCCA_EVENTS_MAX);
  assert_int_equal(rig_peek(rig, EXIT, 1), GUEST_EXIT_IRQ);
  assert_true(info_of(rig, B_REC).stuck);
  assert_non_null(remark);
  assert_non_null(strstr(remark, "VCCA_EVENTS_MAX"));
  vcca_rec_set_irq(rig->m, B_REC, true); /* an interrupt is another matter, and ends the state */
  OK(rig, "REC_ENTER", B_REC, RUN);
  assert_false(info_of(rig, B_REC).stuck);
  assert_null(remark);
  OK(rig, "REC_ENTER", B_REC, RUN);
  assert_true(info_of(rig, B_REC).stuck);
  struct script s = {.first = {.kind = VCCA_REALM_FIQ}};
  vcca_machine_set_program(rig->m, play, &s);
  OK(rig, "REC_ENTER", B_REC, RUN);
  assert_false(info_of(rig, B_REC).stuck);
  assert_null(remark);
  rig_free(rig);
}

/* --- The exit record --------------------------------------------------------------------------------------- */

static void sets_timers(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  (void)m;
  (void)rec;
  (void)event;
  if (++*(unsigned *)ctx > 1)
    return;
  cpu->timer.cntp_ctl = 0x11;
  cpu->timer.cntp_cval = 0x12;
  cpu->timer.cntv_ctl = 0x13;
  cpu->timer.cntv_cval = 0x14;
  cpu->gic.hcr = UINT64_MAX; /* the host sees EOIcount only */
  cpu->gic.lrs[0] &= ~(UINT64_C(3) << 62);
  cpu->gic.misr = 0x15;
  cpu->gic.vmcr = 0x16;
  cpu->pmu_overflow = 1;
}

/* The fields of RmiRecExit (DEN0137 B4.4.9) and of tmi_tec_run (openEuler's kernel), by their offsets in
 * the exit record. */
static void the_program_supplies_timers_gic_and_pmu(void **state)
{
  static const struct {
    bool tmi;
    uint64_t exit, enter_hcr, enter_lr, hcr, lr, misr, vmcr, cntp_ctl, cntp_cval, cntv_ctl, cntv_cval, pmu;
  } cases[] = {
      {false, 0x800, 0x300, 0x308, 0x300, 0x308, 0x388, 0x390, 0x400, 0x408, 0x410, 0x418, 0x700},
      {true, 0x188, 0x180, 0x100, 0x118, 0x120, 0x1a0, 0x1a8, 0x1c0, 0x1c8, 0x1b0, 0x1b8, 0x1d8},
  };
  (void)state;
  for (size_t i = 0; i < 2; i++) {
    struct rig *rig = cases[i].tmi ? tmi_world() : rmi_world();
    const char *call = cases[i].tmi ? "TEC_ENTER" : "REC_ENTER";
    uint64_t rec = cases[i].tmi ? TEC_B : B_REC, at = RUN + cases[i].exit;
    unsigned asked = 0;
    vcca_machine_set_program(rig->m, sets_timers, &asked);
    rig_poke(rig, RUN + cases[i].enter_hcr, 8, 2);
    rig_poke(rig, RUN + cases[i].enter_lr, 8, UINT64_C(1) << 62 | 32);
    OK(rig, call, rec, RUN);
    assert_int_equal(rig_peek(rig, at + cases[i].hcr, 8), 2 | UINT64_C(0x1f) << 27);
    assert_int_equal(rig_peek(rig, at + cases[i].lr, 8), 32); /* handled */
    assert_int_equal(rig_peek(rig, at + cases[i].misr, 8), 0x15);
    for (unsigned again = 0; again < 2;
         again++) { /* what the program leaves alone stays, but for what the host gives */
      assert_int_equal(rig_peek(rig, at + cases[i].vmcr, 8), 0x16);
      assert_int_equal(rig_peek(rig, at + cases[i].cntp_ctl, 8), 0x11);
      assert_int_equal(rig_peek(rig, at + cases[i].cntp_cval, 8), 0x12);
      assert_int_equal(rig_peek(rig, at + cases[i].cntv_ctl, 8), 0x13);
      assert_int_equal(rig_peek(rig, at + cases[i].cntv_cval, 8), 0x14);
      assert_int_equal(rig_peek(rig, at + cases[i].pmu, 1), 1);
      OK(rig, call, rec, RUN);
    }
    assert_int_equal(rig_peek(rig, at + cases[i].hcr, 8), 2);
    assert_true(rig_peek(rig, at + cases[i].lr, 8) == (UINT64_C(1) << 62 | 32));
    assert_int_equal(rig_peek(rig, at + cases[i].misr, 8), 0);
    rig_free(rig);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_smc_whose_buffer_is_not_mapped_is_issued_again_without_the_program),
      cmocka_unit_test(a_program_that_moves_the_pc_itself_still_makes_its_call_once),
      cmocka_unit_test(an_unfinished_smc_survives_a_snapshot),
      cmocka_unit_test(the_pc_steps_over_what_is_done),
      cmocka_unit_test(a_rec_tells_who_it_is),
      cmocka_unit_test(the_index_follows_from_the_mpidr),
      cmocka_unit_test(a_new_rec_at_the_same_address_has_another_identity),
      cmocka_unit_test(a_rec_that_is_started_anew_says_so),
      cmocka_unit_test(a_rec_runs_while_its_program_is_asked),
      cmocka_unit_test(a_program_that_never_leaves_is_reported),
      cmocka_unit_test(the_program_supplies_timers_gic_and_pmu),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
