/* What the embedder's callbacks may do to the machine in the middle of a call, and what they may not.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "support_tmi.h"

#include "rmm/invariants.h"

#include <inttypes.h>

#define FAR UINT64_C(0x1000000000) /* 64 GiB of host memory that nobody has touched */
#define STRIDE (4 * MIB)

/* The program stores across the end of a chunk, again and again, each time where nothing was: two pages of
 * contents and two of records, as many as the store sets aside. Ends when that would leave none, or when it
 * has had its way long enough. */
static void greedy(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  unsigned *stores = ctx;
  (void)rec;
  (void)cpu;
  for (; *stores < 1000 && m->memory.free_pages > 0; (*stores)++)
    assert_true(vcca_host_write(m, FAR + *stores * STRIDE + 2 * MIB - 1, VCCA_SPAN_LIT("ab")));
  *event = (struct vcca_realm_event){.kind = VCCA_REALM_FIQ};
}

static struct rig *with_far_memory(enum vcca_abi abi)
{
  struct vcca_machine_config config = rig_config(abi);
  config.regions[config.region_count++] =
      (struct vcca_region){.base = FAR, .size = UINT64_C(65536) * MIB, .delegable = abi == VCCA_ABI_RMI};
  return rig_new(&config);
}

static void the_exit_of_a_rec_is_stored_whatever_its_program_wrote(void **state)
{
  (void)state;
  struct rig *rig = with_far_memory(VCCA_ABI_RMI);
  struct breach breach;
  unsigned stores = 0;
  uint64_t run = FAR + UINT64_C(32768) * MIB; /* no contents, and no records of its chunk */
  rmi_realm(rig, A, 1, VCCA_SHA256);
  rmi_rec(rig, A, A_REC, P(32), 0, 1);
  OK(rig, "REALM_ACTIVATE", A);
  vcca_machine_set_program(rig->m, greedy, &stores);
  OK(rig, "REC_ENTER", A_REC, run);
  assert_int_equal(stores, 1000);
  assert_int_equal(rig_peek(rig, run + 0x800, 1), 2); /* FIQ */
  assert_int_equal(rig->m->memory.held_pages, 0);
  assert_true(machine_sound(rig->m, &breach));
  rig_free(rig);
}

static void the_exit_of_a_tec_is_stored_whatever_its_program_wrote(void **state)
{
  (void)state;
  struct rig *rig = with_far_memory(VCCA_ABI_TMI);
  struct breach breach;
  unsigned stores = 0;
  uint64_t run = FAR + UINT64_C(32768) * MIB, rd = tmi_cvm(rig, 1, VCCA_SHA256), tec = tmi_tec(rig, rd, 0, 1);
  OK(rig, "CVM_ACTIVATE", rd);
  vcca_machine_set_program(rig->m, greedy, &stores);
  OK(rig, "TEC_ENTER", tec, run);
  assert_int_equal(stores, 1000);
  assert_int_equal(rig_peek(rig, run + 0x188, 1), 2);
  assert_int_equal(rig->m->memory.held_pages, 0);
  assert_true(machine_sound(rig->m, &breach));
  rig_free(rig);
}

/* Told of an extension: calls, and stores. */
struct hook {
  struct rig *rig;
  uint64_t call[4], status;
  char refused[20];
  unsigned told, stores;
};

static void told(void *ctx, const struct vcca_rim_step *step)
{
  struct hook *hook = ctx;
  (void)step;
  if (!hook->call[0])
    return;
  uint64_t x[VCCA_SMC_REGS] = {hook->call[0], hook->call[1], hook->call[2], hook->call[3]};
  vcca_smc(hook->rig->m, x);
  hook->status = x[0];
  snprintf(hook->refused, sizeof hook->refused, "%s", hook->rig->refused ? hook->rig->refused : "");
  for (unsigned i = 0; i < 200; i++, hook->stores++)
    assert_true(vcca_host_write(hook->rig->m, FAR + hook->stores * STRIDE + 2 * MIB - 1, VCCA_SPAN_LIT("ab")));
  hook->told++;
}

/* The table whose entries become RAM one by one is the hook's to destroy, if a call could begin then. */
static void a_hook_makes_no_calls_and_its_stores_do_no_harm(void **state)
{
  (void)state;
  struct hook hook = {.told = 0};
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  config.regions[config.region_count++] =
      (struct vcca_region){.base = FAR, .size = UINT64_C(65536) * MIB, .delegable = true};
  config.rim_step = told;
  config.rim_ctx = &hook;
  struct rig *rig = hook.rig = rig_new(&config);
  struct breach breach;
  rmi_realm(rig, A, 1, VCCA_SHA256);
  rmi_tables(rig, A, 0, P(18), 1);
  memcpy(hook.call, (const uint64_t[4]){0xC400015E, A, 0, 3}, sizeof hook.call); /* RTT_DESTROY */
  OK(rig, "RTT_INIT_RIPAS", A, 0, 8 * PAGE);
  assert_int_equal(hook.told, 8);
  assert_true(hook.status == UINT64_MAX);
  assert_string_equal(hook.refused, "in_hook");
  assert_true(machine_sound(rig->m, &breach));
  OK(rig, "RTT_DESTROY", A, 0, 3); /* after the call it is a call like any other */
  rig_free(rig);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_exit_of_a_rec_is_stored_whatever_its_program_wrote),
      cmocka_unit_test(the_exit_of_a_tec_is_stored_whatever_its_program_wrote),
      cmocka_unit_test(a_hook_makes_no_calls_and_its_stores_do_no_harm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
