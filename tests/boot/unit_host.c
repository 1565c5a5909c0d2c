/* A host's VMs: they start, run, and leave nothing behind, whatever else goes on in the machine.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/rmm.h"

enum { EXIT_SYNC = 0, EXIT_IRQ = 1 };
enum { RMI_SUCCESS = 0 };

static struct support_files files;

static void lay_out(const char *profile, unsigned vcpus, struct vcca_plan *plan)
{
  struct vcca_error err = {0};
  struct vcca_vm vm = {.profile = profile,
                       .kernel = VCCA_SPAN(files.kernel),
                       .initrd = VCCA_SPAN(files.initrd),
                       .dtb = VCCA_SPAN(files.dtb),
                       .vcpus = vcpus};
  check_ok(vcca_plan_vm(&vm, plan, &err), &err, profile);
}

static vcca_host *new_host(vcca_machine *m)
{
  struct vcca_error err = {0};
  vcca_host *host = vcca_host_new(m, &err);
  check_ok(host != NULL, &err, "host");
  return host;
}

static struct vcca_booted boot(vcca_host *host, const struct vcca_plan *plan)
{
  struct vcca_error err = {0};
  struct vcca_booted vm = {0};
  check_ok(vcca_host_boot(host, plan, NULL, NULL, &vm, &err), &err, "boot");
  return vm;
}

static void destroy(vcca_host *host, const struct vcca_booted *vm)
{
  struct vcca_error err = {0};
  check_ok(vcca_host_destroy(host, vm, &err), &err, "destroy");
}

static void check_gone(const vcca_machine *m)
{
  uint64_t count[VCCA_GRANULE_STATES];
  vcca_granule_census(m, count);
  for (unsigned s = VCCA_GRANULE_UNDELEGATED + 1; s < VCCA_GRANULE_STATES; s++)
    assert_int_equal(count[s], 0);
}

static uint64_t smc(vcca_machine *m, uint64_t fid, uint64_t a1, uint64_t a2, uint64_t a3)
{
  uint64_t x[VCCA_SMC_REGS] = {fid, a1, a2, a3};
  vcca_smc(m, x);
  return x[0];
}

/* --- Running -------------------------------------------------------------------------------------------- */

/* What the VM found when it began. */
struct seen {
  unsigned entries;
  uint64_t pc, x0;
  uint8_t code[16];
  bool read;
};

static void look(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  struct seen *seen = ctx;
  vcca_sink code = VCCA_SINK(seen->code);
  seen->entries++;
  seen->pc = cpu->pc;
  seen->x0 = cpu->x[0];
  seen->read = vcca_realm_read(m, rec, cpu->pc, &code, sizeof seen->code, NULL);
  event->kind = VCCA_REALM_WFI;
}

static void run_once(const char *profile, uint64_t pc, uint64_t x0, const uint8_t *code)
{
  enum { TRAP_WFI = 4 };
  struct vcca_plan plan;
  struct seen seen = {0};
  unsigned reason = 99;
  lay_out(profile, 2, &plan);
  vcca_machine *m = support_machine(&plan, NULL, NULL);
  vcca_host *host = new_host(m);
  struct vcca_booted vm = boot(host, &plan);
  assert_int_equal(vm.recs, 2);

  assert_int_equal(vcca_host_run(host, vm.rec[0], 0, &reason), 0); /* nobody plays the realm yet */
  assert_int_equal(reason, EXIT_IRQ);
  vcca_machine_set_program(m, look, &seen);
  assert_int_equal(vcca_host_run(host, vm.rec[0], TRAP_WFI, &reason), 0);
  assert_int_equal(reason, EXIT_SYNC);
  assert_int_equal(seen.entries, 1);
  assert_true(seen.pc == pc && seen.x0 == x0 && seen.read);
  assert_memory_equal(seen.code, code, sizeof seen.code);
  assert_int_not_equal(vcca_host_run(host, vm.rec[1], 0, &reason), 0); /* not runnable */

  destroy(host, &vm);
  check_gone(m);
  vcca_host_free(host);
  vcca_machine_free(m);
}

static void a_realm_runs_from_its_kernel_with_x0_the_device_tree(void **state)
{
  (void)state;
  run_once("arm", 0x40000000, 0x48200000, files.kernel);
}

static void a_cvm_runs_from_its_stub(void **state)
{
  (void)state;
  static const uint8_t stub[16] = {0xc0, 0, 0, 0x58, 0xe1, 3, 0x1f, 0xaa, 0xe2, 3, 0x1f, 0xaa, 0xe3, 3, 0x1f, 0xaa};
  run_once("virtcca", 0x40000000, 0, stub);
}

static void all_of_a_cvms_ram_is_there_when_it_starts(void **state)
{
  (void)state;
  struct vcca_plan plan;
  lay_out("virtcca", 1, &plan);
  vcca_machine *m = support_machine(&plan, NULL, NULL);
  vcca_host *host = new_host(m);
  struct vcca_booted vm = boot(host, &plan);
  for (uint64_t ipa = plan.ram_base; ipa < plan.ram_base + plan.ram_size; ipa += 0x1ff000) {
    uint8_t byte;
    vcca_sink out = vcca_sink_of(&byte, 1);
    assert_true(vcca_realm_read(m, vm.rec[0], ipa, &out, 1, NULL));
  }
  destroy(host, &vm);
  vcca_host_free(host);
  vcca_machine_free(m);
}

/* --- Several VMs, one machine --------------------------------------------------------------------------- */

static void vms_come_and_go_in_any_order(void **state)
{
  (void)state;
  static const char *const profiles[] = {"arm", "virtcca"};
  for (size_t p = 0; p < 2; p++) {
    struct vcca_plan plan;
    struct vcca_realm_info a, b;
    lay_out(profiles[p], 3, &plan);
    plan.ram_size *= 2; /* room for both */
    vcca_machine *m = support_machine(&plan, NULL, NULL);
    plan.ram_size /= 2;
    vcca_host *host = new_host(m);
    for (unsigned round = 0; round < 3; round++) {
      struct vcca_booted first = boot(host, &plan), second = boot(host, &plan);
      assert_true(vcca_realm_info(m, first.rd, &a) && vcca_realm_info(m, second.rd, &b));
      assert_true(a.vmid != b.vmid);
      assert_memory_equal(a.rim, b.rim, sizeof a.rim);
      destroy(host, round % 2 ? &first : &second);
      destroy(host, round % 2 ? &second : &first);
      check_gone(m);
    }
    vcca_host_free(host);
    vcca_machine_free(m);
  }
}

static void a_vm_is_destroyed_once(void **state)
{
  (void)state;
  struct vcca_plan plan;
  struct vcca_error err = {0};
  lay_out("arm", 1, &plan);
  vcca_machine *m = support_machine(&plan, NULL, NULL);
  vcca_host *host = new_host(m);
  struct vcca_booted vm = boot(host, &plan);
  destroy(host, &vm);
  assert_false(vcca_host_destroy(host, &vm, &err));
  assert_non_null(strstr(err.text, "started no VM"));
  vcca_host_free(host);
  vcca_machine_free(m);
}

/* --- Refusals ------------------------------------------------------------------------------------------- */

/* A boot that fails with this in its message, and leaves nothing behind. */
static void check_refused(vcca_machine *m, const struct vcca_plan *plan, const char *word)
{
  struct vcca_error err = {0};
  struct vcca_booted vm;
  vcca_host *host = new_host(m);
  assert_false(vcca_host_boot(host, plan, NULL, NULL, &vm, &err));
  if (!strstr(err.text, word))
    fail_msg("wanted \"%s\", got: %s", word, err.text);
  check_gone(m);
  vcca_host_free(host);
}

static void a_refused_boot_names_the_call_and_leaves_nothing(void **state)
{
  (void)state;
  struct vcca_plan plan;
  lay_out("arm", 1, &plan);
  vcca_machine *m = support_machine(&plan, NULL, NULL);
  plan.params.flags |= 2;
  plan.params.sve_vl = 15; /* more than the machine has */
  check_refused(m, &plan, "rmi REALM_CREATE(rd 0x");
  lay_out("arm", 1, &plan);
  plan.segments[1].ipa = plan.segments[0].ipa; /* two granules for one address: the second is refused */
  check_refused(m, &plan, "rmi DATA_CREATE(rd 0x");
  lay_out("arm", VCCA_VCPUS_MAX, &plan); /* one more than a realm may have */
  check_refused(m, &plan, "rmi REC_CREATE(rd 0x");
  vcca_machine_free(m);

  lay_out("virtcca", 1, &plan);
  m = support_machine(&plan, NULL, NULL);
  plan.params.s2sz = 20;
  check_refused(m, &plan, "tmi CVM_CREATE(params 0x");
  lay_out("virtcca", 1, &plan);
  plan.segments[1].ipa = plan.segments[0].ipa;
  check_refused(m, &plan, "TMI_ERROR_TTT_ENTRY");
  lay_out("virtcca", VCCA_VCPUS_MAX, &plan);
  check_refused(m, &plan, "no handle");
  vcca_machine_free(m);
}

static void a_plan_for_the_other_abi_is_refused(void **state)
{
  (void)state;
  struct vcca_plan arm, virtcca;
  lay_out("arm", 1, &arm);
  lay_out("virtcca", 1, &virtcca);
  vcca_machine *m = support_machine(&arm, NULL, NULL);
  check_refused(m, &virtcca, "profile virtcca does not fit a machine with RMI");
  vcca_machine_free(m);
  m = support_machine(&virtcca, NULL, NULL);
  check_refused(m, &arm, "profile arm does not fit a machine with TMI");
  vcca_machine_free(m);
}

static void a_machine_too_small_at_any_point_ends_the_boot_cleanly(void **state)
{
  (void)state;
  struct vcca_plan plan;
  lay_out("arm", 2, &plan);
  unsigned refused = 0;
  for (uint64_t granules = 3; granules < 80; granules++) {
    struct vcca_error err = {0};
    struct vcca_booted vm;
    struct vcca_machine_config config = {
        .region_count = 1, .regions = {{.base = 0x80000000, .size = granules * VCCA_PAGE, .delegable = true}}};
    vcca_machine *m = vcca_machine_new(&config, &err);
    check_ok(m != NULL, &err, "machine");
    vcca_host *host = new_host(m);
    if (vcca_host_boot(host, &plan, NULL, NULL, &vm, &err)) {
      destroy(host, &vm);
    } else {
      assert_non_null(strstr(err.text, "no host memory left"));
      refused++;
    }
    check_gone(m);
    vcca_host_free(host);
    vcca_machine_free(m);
  }
  assert_in_range(refused, 30, 76);
}

/* --- Calls made by hand --------------------------------------------------------------------------------- */

#define GRANULE_DELEGATE 0xC4000151
#define DATA_CREATE_UNKNOWN 0xC4000154
#define RTT_CREATE 0xC400015D
#define RTT_FOLD 0xC4000166

static void granules_taken_by_hand_are_left_alone(void **state)
{
  (void)state;
  struct vcca_plan plan;
  lay_out("arm", 1, &plan);
  vcca_machine *m = support_machine(&plan, NULL, NULL);
  const struct vcca_region *r = &vcca_machine_config(m)->regions[0];
  for (unsigned i = 1; i < 40; i += 2)
    assert_int_equal(smc(m, GRANULE_DELEGATE, r->base + r->size - i * VCCA_PAGE, 0, 0), RMI_SUCCESS);
  vcca_host *host = new_host(m);
  struct vcca_booted vm = boot(host, &plan);
  destroy(host, &vm);
  uint64_t count[VCCA_GRANULE_STATES];
  vcca_granule_census(m, count);
  assert_int_equal(count[VCCA_GRANULE_DELEGATED], 20);
  vcca_host_free(host);
  vcca_machine_free(m);
}

static void memory_added_and_folded_by_hand_is_given_back_too(void **state)
{
  (void)state;
  struct vcca_plan plan;
  uint64_t low = 0x80000000, ipa = 0x50000000;
  lay_out("arm", 1, &plan);
  vcca_machine *m = support_machine(&plan, NULL, NULL);
  vcca_host *host = new_host(m);
  struct vcca_booted vm = boot(host, &plan);
  for (unsigned i = 0; i <= 512; i++)
    assert_int_equal(smc(m, GRANULE_DELEGATE, low + i * VCCA_PAGE, 0, 0), RMI_SUCCESS);
  uint64_t x[VCCA_SMC_REGS] = {RTT_CREATE, vm.rd, low + 512 * VCCA_PAGE, ipa, 3};
  vcca_smc(m, x);
  assert_int_equal(x[0], RMI_SUCCESS);
  for (unsigned i = 0; i < 512; i++)
    assert_int_equal(smc(m, DATA_CREATE_UNKNOWN, vm.rd, low + i * VCCA_PAGE, ipa + i * VCCA_PAGE), RMI_SUCCESS);
  assert_int_equal(smc(m, RTT_FOLD, vm.rd, ipa, 3), RMI_SUCCESS);
  assert_int_equal(smc(m, 0xC4000152, low + 512 * VCCA_PAGE, 0, 0), RMI_SUCCESS); /* the folded table's granule */

  destroy(host, &vm);
  check_gone(m);
  vcca_host_free(host);
  vcca_machine_free(m);
}

static void a_host_whose_own_page_was_taken_says_so(void **state)
{
  (void)state;
  struct vcca_plan plan;
  struct vcca_error err = {0};
  struct vcca_booted vm;
  lay_out("arm", 1, &plan);
  vcca_machine *m = support_machine(&plan, NULL, NULL);
  const struct vcca_region *r = &vcca_machine_config(m)->regions[0];
  vcca_host *host = new_host(m);
  assert_int_equal(smc(m, GRANULE_DELEGATE, r->base + r->size - VCCA_PAGE, 0, 0), RMI_SUCCESS);
  assert_false(vcca_host_boot(host, &plan, NULL, NULL, &vm, &err));
  assert_non_null(strstr(err.text, "is in use by a realm"));
  vcca_host_free(host);
  vcca_machine_free(m);
}

int main(void)
{
  support_fill(&files);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_realm_runs_from_its_kernel_with_x0_the_device_tree),
      cmocka_unit_test(a_cvm_runs_from_its_stub),
      cmocka_unit_test(all_of_a_cvms_ram_is_there_when_it_starts),
      cmocka_unit_test(vms_come_and_go_in_any_order),
      cmocka_unit_test(a_vm_is_destroyed_once),
      cmocka_unit_test(a_refused_boot_names_the_call_and_leaves_nothing),
      cmocka_unit_test(a_plan_for_the_other_abi_is_refused),
      cmocka_unit_test(a_machine_too_small_at_any_point_ends_the_boot_cleanly),
      cmocka_unit_test(granules_taken_by_hand_are_left_alone),
      cmocka_unit_test(memory_added_and_folded_by_hand_is_given_back_too),
      cmocka_unit_test(a_host_whose_own_page_was_taken_says_so),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
