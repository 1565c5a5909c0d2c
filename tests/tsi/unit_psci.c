/* PSCI as a realm and a CVM see it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

enum { REALM_SYSTEM_OFF = 0x102, CVM_POWEROFF = 12, RMI_ERROR_REC = 3, TMI_ERROR_TEC = 7 };

static uint64_t psci(struct world *w, uint64_t fid, uint64_t x1, uint64_t x2)
{
  uint64_t x[VCCA_SMC_REGS] = {fid, x1, x2};
  guest_smc(w, 0, x);
  return x[0];
}

static void one_smc(void *arg, vcca_guest *g)
{
  vcca_guest_call(g, arg);
}

static void versions_and_features(struct world *w)
{
  assert_int_equal(psci(w, 0x84000000, 0, 0), 0x10001);
  assert_int_equal(psci(w, 0x80000000, 0, 0), 0x10002);
  static const uint64_t there[] = {0x84000000, 0x84000001, 0xC4000001, 0x84000002, 0x84000003, 0xC4000003,
                                   0x84000004, 0xC4000004, 0x84000008, 0x84000009, 0x8400000A, 0x80000000};
  for (size_t i = 0; i < sizeof there / sizeof *there; i++)
    assert_int_equal(psci(w, 0x8400000A, there[i], 0), 0);
  assert_true(psci(w, 0x8400000A, 0x84000005, 0) == UINT64_MAX);
  assert_true(psci(w, 0x84000005, 0, 0) == UINT64_MAX);
}

static void suspend_comes_back_with_success(struct world *w)
{
  uint64_t x[VCCA_SMC_REGS] = {0xC4000001, 1, 2, 3};
  vcca_guest *g = guest_start(w, 0, one_smc, x);
  struct exit_view v = host_enter(w, 0);
  assert_int_equal(v.reason, EXIT_PSCI);
  assert_int_equal(v.gprs[0], 0xC4000001);
  for (unsigned i = 1; i <= 3; i++)
    assert_int_equal(v.gprs[i], i);
  host_run(w, 0, g);
  vcca_guest_free(g);
  assert_int_equal(x[0], 0);
}

static void short_forms_take_the_lower_halves_of_their_arguments(struct world *w)
{
  const uint64_t junk = UINT64_C(0xdead) << 32;
  uint64_t x[VCCA_SMC_REGS] = {0x84000003, junk | 1, junk | MAPPED, junk | 0x55};
  assert_true(psci(w, 0x84000003, junk | 5, MAPPED) == (uint64_t)-2);
  assert_true(psci(w, 0x84000004, junk | 1, 1) == (uint64_t)-2);
  vcca_guest *g = guest_start(w, 0, one_smc, x);
  struct exit_view v = host_enter(w, 0);
  static const uint64_t want[4] = {0x84000003, 1, MAPPED, 0x55};
  assert_int_equal(v.reason, EXIT_PSCI);
  assert_memory_equal(v.gprs, want, sizeof want);
  assert_int_equal(v.gprs[4], 0);
  assert_int_equal(host_call(w, w->tmi ? 0x26B : 0x164, w->rec[0], w->rec[1], 0, 0, 0), 0);
  host_run(w, 0, g);
  vcca_guest_free(g);
  assert_int_equal(x[0], 0);
}

static void note_registers(void *arg, vcca_guest *g)
{
  *(struct vcca_cpu *)arg = *vcca_guest_cpu(g);
}

static void cpu_on_starts_the_second_with_its_context(struct world *w)
{
  struct vcca_cpu cpu = {0};
  uint64_t refused = w->tmi ? TMI_ERROR_TEC : RMI_ERROR_REC;
  assert_int_equal(host_enter_status(w, 1), refused);
  power_on_second(w);
  guest_run(w, 1, note_registers, &cpu);
  assert_int_equal(cpu.x[0], 0x77);
  assert_int_equal(cpu.pc, MAPPED);
}

static void a_pending_question_blocks_the_caller(struct world *w)
{
  uint64_t x[VCCA_SMC_REGS] = {0xC4000004, 1, 0};
  vcca_guest *g = guest_start(w, 0, one_smc, x);
  struct exit_view v = host_enter(w, 0);
  assert_int_equal(v.reason, EXIT_PSCI);
  assert_int_equal(v.gprs[0], 0xC4000004);
  assert_int_equal(v.gprs[1], 1);
  assert_int_equal(v.gprs[2], 0);
  assert_int_equal(host_enter_status(w, 0), w->tmi ? TMI_ERROR_TEC : RMI_ERROR_REC);
  assert_int_equal(host_call(w, w->tmi ? 0x26B : 0x164, w->rec[0], w->rec[1], 0, 0, 0), 0);
  host_run(w, 0, g);
  vcca_guest_free(g);
  assert_int_equal(x[0], 1);                      /* off */
  assert_int_equal(psci(w, 0xC4000004, 0, 0), 0); /* itself: on, and nobody is asked */
}

static void cpu_off_is_not_entered_again(struct world *w)
{
  uint64_t x[VCCA_SMC_REGS] = {0x84000002};
  vcca_guest *g = guest_start(w, 0, one_smc, x);
  struct exit_view v = host_enter(w, 0);
  assert_int_equal(v.reason, EXIT_PSCI);
  assert_int_equal(v.gprs[0], 0x84000002);
  assert_int_equal(host_enter_status(w, 0), w->tmi ? TMI_ERROR_TEC : RMI_ERROR_REC);
  assert_false(vcca_guest_done(g));
  vcca_guest_free(g);
}

static void system_off_ends_the_realm(struct world *w)
{
  uint64_t x[VCCA_SMC_REGS] = {0x84000008};
  vcca_guest *g = guest_start(w, 0, one_smc, x);
  assert_int_equal(host_enter(w, 0).reason, EXIT_PSCI);
  assert_int_equal(world_info(w).state, VCCA_REALM_SYSTEM_OFF);
  assert_int_equal(host_enter_status(w, 0), w->tmi ? CVM_POWEROFF : REALM_SYSTEM_OFF);
  vcca_guest_free(g);
}

static void on_both(void (*fact)(struct world *w))
{
  static const enum vcca_family families[] = {VCCA_FAMILY_ARM_1_0, VCCA_FAMILY_VIRTCCA_P521};
  for (unsigned i = 0; i < 2; i++) {
    struct world w;
    world_open(&w, families[i]);
    fact(&w);
    world_close(&w);
  }
}

#define FACT(name)                      \
  static void test_##name(void **state) \
  {                                     \
    (void)state;                        \
    on_both(name);                      \
  }
FACT(versions_and_features)
FACT(suspend_comes_back_with_success)
FACT(short_forms_take_the_lower_halves_of_their_arguments)
FACT(cpu_on_starts_the_second_with_its_context)
FACT(a_pending_question_blocks_the_caller)
FACT(cpu_off_is_not_entered_again)
FACT(system_off_ends_the_realm)

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_versions_and_features),
      cmocka_unit_test(test_suspend_comes_back_with_success),
      cmocka_unit_test(test_short_forms_take_the_lower_halves_of_their_arguments),
      cmocka_unit_test(test_cpu_on_starts_the_second_with_its_context),
      cmocka_unit_test(test_a_pending_question_blocks_the_caller),
      cmocka_unit_test(test_cpu_off_is_not_entered_again),
      cmocka_unit_test(test_system_off_ends_the_realm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
