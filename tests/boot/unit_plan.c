/* Where plans put things, and everything a plan refuses. Long because of the table of refusals.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#define MIB ((uint64_t)1 << 20)

static struct support_files files;
static uint8_t big[4 << 20]; /* of zeros but for what a row writes */

static struct vcca_vm direct(const char *profile)
{
  return (struct vcca_vm){.profile = profile,
                          .kernel = VCCA_SPAN(files.kernel),
                          .initrd = VCCA_SPAN(files.initrd),
                          .dtb = VCCA_SPAN(files.dtb),
                          .vcpus = 1};
}

static struct vcca_vm firmware(const char *profile)
{
  return (struct vcca_vm){
      .profile = profile, .firmware = VCCA_SPAN(files.firmware), .dtb = VCCA_SPAN(files.dtb), .vcpus = 1};
}

static void check_plan(const struct vcca_vm *vm, struct vcca_plan *plan)
{
  struct vcca_error err = {0};
  check_ok(vcca_plan_vm(vm, plan, &err), &err, vm->profile);
}

static void check_segment(const struct vcca_plan *plan, size_t i, const char *name, uint64_t ipa, uint64_t size,
                          bool measured)
{
  assert_true(i < plan->segment_count);
  const struct vcca_segment *s = &plan->segments[i];
  assert_string_equal(vcca_role_name(s->role), name);
  if (s->ipa != ipa || s->size != size || s->measured != measured)
    fail_msg("%s is at 0x%llx + 0x%llx (%s)", name, (unsigned long long)s->ipa, (unsigned long long)s->size,
             s->measured ? "measured" : "unmeasured");
}

/* --- Layouts -------------------------------------------------------------------------------------------- */

static void virtcca_direct_boot_is_stub_kernel_hole_initrd_dtb(void **state)
{
  (void)state;
  struct vcca_vm vm = direct("virtcca");
  struct vcca_plan plan;
  check_plan(&vm, &plan);
  assert_int_equal(plan.segment_count, 5);
  check_segment(&plan, 0, "loader", 0x40000000, 2 * MIB, true);
  check_segment(&plan, 1, "kernel", 0x40200000, 0x3000, true);
  check_segment(&plan, 2, "hole", 0x40203000, 0x48000000 - 0x40203000, false);
  check_segment(&plan, 3, "initrd", 0x48000000, 2 * MIB, true);
  check_segment(&plan, 4, "dtb", 0x48200000, 2 * MIB, true);
  check_hex(plan.segments[0].content,
            "c0000058e1031faae2031faae3031faa8400005880001fd6"
            "00002048000000000000204000000000",
            "loader");
  assert_true(plan.boot_rec.pc == 0x40000000 && plan.boot_rec.flags == 1 && plan.boot_rec.gprs[0] == 0);
  assert_true(plan.ram_size == 512 * MIB && plan.ripas_count == 0 && plan.params.s2sz == 40 && plan.params.flags == 0);
  assert_true(plan.params.num_bps == 0 && plan.params.num_wps == 0);
}

static void virtcca_puts_the_dtb_where_an_absent_initrd_would_be(void **state)
{
  (void)state;
  struct vcca_vm vm = direct("virtcca");
  struct vcca_plan plan;
  vm.initrd = (vcca_span){NULL, 0};
  check_plan(&vm, &plan);
  check_segment(&plan, 3, "dtb", 0x48000000, 2 * MIB, true);
}

static void virtcca_ignores_text_offset_as_the_reference_tool_does(void **state)
{
  (void)state;
  uint8_t kernel[4096] = {0};
  struct vcca_vm vm = direct("virtcca");
  struct vcca_plan plan;
  support_header(kernel, 0x80000, 0x1000);
  vm.kernel = VCCA_SPAN(kernel);
  check_plan(&vm, &plan);
  check_segment(&plan, 1, "kernel", 0x40200000, 0x1000, true);
}

static void virtcca_windows_hold_a_byte_more_than_the_file(void **state)
{
  (void)state;
  struct vcca_vm vm = direct("virtcca");
  struct vcca_plan plan;
  vm.initrd = vcca_span_of(big, 2 * MIB - 1);
  check_plan(&vm, &plan);
  check_segment(&plan, 3, "initrd", 0x48000000, 2 * MIB, true);
  vm.initrd = vcca_span_of(big, 2 * MIB);
  check_plan(&vm, &plan);
  check_segment(&plan, 3, "initrd", 0x48000000, 4 * MIB, true);
  check_segment(&plan, 4, "dtb", 0x48400000, 2 * MIB, true);
}

static void virtcca_firmware_fills_128_mib_from_0(void **state)
{
  (void)state;
  struct vcca_vm vm = firmware("virtcca");
  struct vcca_plan plan;
  check_plan(&vm, &plan);
  assert_int_equal(plan.segment_count, 2);
  check_segment(&plan, 0, "firmware", 0, 128 * MIB, true);
  check_segment(&plan, 1, "dtb", 0x40000000, 2 * MIB, true);
  assert_true(plan.boot_rec.pc == 0 && plan.boot_rec.flags == 1);
}

static void virtcca_2025_has_sve_with_a_kernel_and_a_counter_always(void **state)
{
  (void)state;
  struct vcca_vm vm = direct("virtcca-2025");
  struct vcca_plan plan;
  check_plan(&vm, &plan);
  assert_true(plan.params.flags == 6 && plan.params.sve_vl == 1 && plan.params.pmu_num_ctrs == 1);
  vm = firmware("virtcca-2025");
  check_plan(&vm, &plan);
  assert_true(plan.params.flags == 4 && plan.params.sve_vl == 0 && plan.params.pmu_num_ctrs == 1);
}

static void arm_is_file_bytes_in_ram_entered_at_the_kernel(void **state)
{
  (void)state;
  struct vcca_vm vm = direct("arm");
  struct vcca_plan plan;
  support_header(files.kernel, 0x80000, 0x3000);
  vm.sve_bits = 256;
  vm.pmu_counters = 6;
  check_plan(&vm, &plan);
  support_header(files.kernel, 0, 0x3000);
  assert_int_equal(plan.segment_count, 3);
  check_segment(&plan, 0, "kernel", 0x40080000, 0x2000, true);
  check_segment(&plan, 1, "initrd", 0x48000000, 0x2000, true);
  check_segment(&plan, 2, "dtb", 0x48200000, 0x1000, true);
  assert_true(plan.boot_rec.pc == 0x40080000 && plan.boot_rec.gprs[0] == 0x48200000 && plan.boot_rec.flags == 1);
  assert_true(plan.ripas_count == 1 && plan.ripas[0].base == 0x40000000 && plan.ripas[0].top == 0x60000000);
  assert_true(plan.params.flags == 6 && plan.params.sve_vl == 1 && plan.params.pmu_num_ctrs == 6);
  assert_true(plan.params.num_bps == 5 && plan.params.num_wps == 3);
}

static void arm_puts_the_initrd_mid_ram_but_behind_the_kernel(void **state)
{
  (void)state;
  struct vcca_vm vm = direct("arm");
  struct vcca_plan plan;
  vm.ram_size = 64 * MIB;
  check_plan(&vm, &plan);
  check_segment(&plan, 1, "initrd", 0x42000000, 0x2000, true);
  support_header(files.kernel, 0, 40 * MIB + 5);
  check_plan(&vm, &plan);
  support_header(files.kernel, 0, 0x3000);
  check_segment(&plan, 1, "initrd", 0x42801000, 0x2000, true);
  check_segment(&plan, 2, "dtb", 0x42a00000, 0x1000, true);
}

static void arm_firmware_is_the_file_at_0(void **state)
{
  (void)state;
  struct vcca_vm vm = firmware("arm");
  struct vcca_plan plan;
  vm.ram_base = 0x80000000;
  check_plan(&vm, &plan);
  check_segment(&plan, 0, "firmware", 0, 0x3000, true);
  check_segment(&plan, 1, "dtb", 0x80000000, 0x1000, true);
  assert_true(plan.boot_rec.pc == 0 && plan.boot_rec.gprs[0] == 0);
}

static void ram_grows_with_the_images(void **state)
{
  (void)state;
  struct vcca_vm vm = direct("arm");
  struct vcca_plan plan;
  support_header(files.kernel, 0, 600 * MIB);
  check_plan(&vm, &plan);
  support_header(files.kernel, 0, 0x3000);
  check_segment(&plan, 2, "dtb", 0x40000000 + 602 * MIB, 0x1000, true);
  assert_true(plan.ram_size == 604 * MIB);
}

/* --- Refusals ------------------------------------------------------------------------------------------- */

enum change {
  NO_PROFILE,
  PROFILE,
  NO_IMAGE,
  BOTH_IMAGES,
  FIRMWARE_INITRD,
  FIRMWARE_EMPTY,
  FIRMWARE_BIG,
  NO_DTB,
  SHORT_DTB,
  MAGIC_DTB,
  CUT_DTB,
  GIANT_DTB,
  DAMAGED_DTB,
  FAKE_DTB,
  BIG_DTB,
  NOT_A_KERNEL,
  KERNEL_NO_SIZE,
  KERNEL_HUGE,
  KERNEL_OFFSET_HUGE,
  KERNEL_OFFSET_ODD,
  KERNEL_LONGER,
  KERNEL_BIG,
  KERNEL_BIG_NO_INITRD,
  FIXED_SVE,
  FIXED_PMU,
  VCPUS,
  SVE_ODD,
  SVE_BIG,
  PMU,
  S2SZ_SMALL,
  S2SZ_BIG,
  S2SZ_RAM,
  S2SZ_HALF,
  SHA384,
  BPS_VIRTCCA,
  BPS_ONE,
  BPS_BIG,
  WPS_ONE,
  WPS_BIG,
  RAM_BASE_ODD,
  RAM_BASE_FAR,
  RAM_BASE_LOW,
  RAM_BASE_LOW_ARM,
  RAM_SIZE_ODD,
  RAM_SIZE_HUGE,
  RAM_SMALL,
  CHANGES
};

/* The profile, and a word of the message: the option to change. */
static const struct {
  const char *profile;
  bool firmware;
  const char *word;
} refusals[CHANGES] = {
    [NO_PROFILE] = {NULL, false, "profile"},
    [PROFILE] = {"virtcca-2019", false, "virtcca-2019"},
    [NO_IMAGE] = {"virtcca", false, "kernel or firmware"},
    [BOTH_IMAGES] = {"virtcca", false, "kernel and firmware"},
    [FIRMWARE_INITRD] = {"virtcca", true, "initrd"},
    [FIRMWARE_EMPTY] = {"virtcca", true, "firmware: the file is empty"},
    [FIRMWARE_BIG] = {"virtcca", true, "firmware (129 MiB)"},
    [NO_DTB] = {"virtcca", false, "dtb: a device tree is needed"},
    [SHORT_DTB] = {"virtcca", false, "ends inside its 40-byte header"},
    [MAGIC_DTB] = {"virtcca", false, "ends inside its 40-byte header"},
    [CUT_DTB] = {"arm", false, "totalsize is 1000, but the file has only 999 bytes"},
    [GIANT_DTB] = {"virtcca", true, "totalsize is 1073741824"},
    [DAMAGED_DTB] = {"arm", false, "the device tree is damaged"},
    [FAKE_DTB] = {"virtcca", false, "d00dfeed"},
    [BIG_DTB] = {"virtcca", false, "dtb: 2097153 bytes"},
    [NOT_A_KERNEL] = {"virtcca", false, "arm64 Image"},
    [KERNEL_NO_SIZE] = {"virtcca", false, "image_size is 0"},
    [KERNEL_HUGE] = {"arm", false, "image_size 0xffffffffffffffff"},
    [KERNEL_OFFSET_HUGE] = {"arm", false, "text_offset 0xffffffffffffffff"},
    [KERNEL_OFFSET_ODD] = {"arm", false, "text_offset 0x80"},
    [KERNEL_LONGER] = {"virtcca", false, "image_size of 4096"},
    [KERNEL_BIG] = {"virtcca", false, "kernel (127 MiB) does not fit before the initrd at 0x48000000"},
    [KERNEL_BIG_NO_INITRD] = {"virtcca", false, "does not fit before the dtb at 0x48000000"},
    [FIXED_SVE] = {"virtcca-2025", false, "sve and pmu are fixed"},
    [FIXED_PMU] = {"virtcca-2025", true, "sve and pmu are fixed"},
    [VCPUS] = {"virtcca", false, "vcpus 513"},
    [SVE_ODD] = {"virtcca", false, "sve 100"},
    [SVE_BIG] = {"arm", false, "sve 2176"},
    [PMU] = {"virtcca", false, "pmu 32"},
    [S2SZ_SMALL] = {"virtcca", false, "s2sz 31"},
    [S2SZ_BIG] = {"virtcca", false, "s2sz 49"},
    [S2SZ_RAM] = {"virtcca", false, "s2sz 32: RAM ends at 0x140000000"},
    [S2SZ_HALF] = {"arm", false, "end at 0x80000000"},
    [SHA384] = {"virtcca", false, "hash"},
    [BPS_VIRTCCA] = {"virtcca", false, "num_bps"},
    [BPS_ONE] = {"arm", false, "num_bps 1"},
    [BPS_BIG] = {"arm", false, "num_bps 65"},
    [WPS_ONE] = {"arm", false, "num_wps 1"},
    [WPS_BIG] = {"arm", false, "num_wps 65"},
    [RAM_BASE_ODD] = {"virtcca", false, "ram_base 0x40001000"},
    [RAM_BASE_FAR] = {"virtcca", false, "ram_base 0x1000000000000"},
    [RAM_BASE_LOW] = {"virtcca", true, "ram_base 0x7e00000"},
    [RAM_BASE_LOW_ARM] = {"arm", true, "ram_base 0x200000"},
    [RAM_SIZE_ODD] = {"arm", false, "ram_size 0x20000001"},
    [RAM_SIZE_HUGE] = {"arm", false, "ram_size 0x1000000001000"},
    [RAM_SMALL] = {"virtcca", false, "ram_size 130 MiB: the dtb ends at +132 MiB"},
};

/* A VM that is right but for one thing. */
static struct vcca_vm wrong(enum change change)
{
  struct vcca_vm vm = refusals[change].firmware ? firmware(refusals[change].profile) : direct(refusals[change].profile);
  vcca_span none = {NULL, 0};
  switch (change) {
  case NO_PROFILE:
  case PROFILE:
    break;
  case NO_IMAGE:
    vm.kernel = none;
    break;
  case BOTH_IMAGES:
    vm.firmware = VCCA_SPAN(files.firmware);
    break;
  case FIRMWARE_INITRD:
    vm.initrd = VCCA_SPAN(files.initrd);
    break;
  case FIRMWARE_EMPTY:
    vm.firmware.n = 0;
    break;
  case FIRMWARE_BIG: /* refused by its length, before any byte is read */
    vm.firmware.n = 128 * MIB + 1;
    break;
  case NO_DTB:
    vm.dtb = none;
    break;
  case SHORT_DTB:
    vm.dtb.n = 3;
    break;
  case MAGIC_DTB:
    vm.dtb.n = 4;
    break;
  case CUT_DTB:
    vm.dtb.n--;
    break;
  case GIANT_DTB:
    vcca_put_be32(files.dtb + 4, 1 << 30);
    break;
  case DAMAGED_DTB:
    vcca_put_be32(files.dtb + vcca_be32(files.dtb + 8), 7); /* no such token */
    break;
  case FAKE_DTB:
    vm.dtb = VCCA_SPAN(files.initrd);
    break;
  case BIG_DTB:
    vcca_put_be32(big, 0xd00dfeed);
    vm.dtb = vcca_span_of(big, 2 * MIB + 1);
    break;
  case NOT_A_KERNEL:
    vm.kernel = VCCA_SPAN(files.initrd);
    break;
  case KERNEL_NO_SIZE:
    support_header(files.kernel, 0, 0);
    break;
  case KERNEL_HUGE:
    support_header(files.kernel, 0, UINT64_MAX);
    break;
  case KERNEL_OFFSET_HUGE:
    support_header(files.kernel, UINT64_MAX, 0x3000);
    break;
  case KERNEL_OFFSET_ODD:
    support_header(files.kernel, 0x80, 0x3000);
    break;
  case KERNEL_LONGER:
    support_header(files.kernel, 0, 0x1000);
    break;
  case KERNEL_BIG:
    support_header(files.kernel, 0, 126 * MIB + 1);
    break;
  case KERNEL_BIG_NO_INITRD:
    support_header(files.kernel, 0, 126 * MIB + 1);
    vm.initrd = none;
    break;
  case FIXED_SVE:
    vm.sve_bits = 128;
    break;
  case FIXED_PMU:
    vm.pmu_counters = 2;
    break;
  case VCPUS:
    vm.vcpus = VCCA_VCPUS_MAX + 1;
    break;
  case SVE_ODD:
    vm.sve_bits = 100;
    break;
  case SVE_BIG:
    vm.sve_bits = 2176;
    break;
  case PMU:
    vm.pmu_counters = 32;
    break;
  case S2SZ_SMALL:
    vm.s2sz = 31;
    break;
  case S2SZ_BIG:
    vm.s2sz = 49;
    break;
  case S2SZ_RAM:
    vm.s2sz = 32;
    vm.ram_size = (uint64_t)4 << 30;
    break;
  case S2SZ_HALF:
    vm.s2sz = 32;
    vm.ram_size = (uint64_t)2 << 30;
    break;
  case SHA384:
    vm.hash_alg = VCCA_SHA384;
    break;
  case BPS_VIRTCCA:
    vm.num_bps = 6;
    break;
  case BPS_ONE:
    vm.num_bps = 1;
    break;
  case BPS_BIG:
    vm.num_bps = 65;
    break;
  case WPS_ONE:
    vm.num_wps = 1;
    break;
  case WPS_BIG:
    vm.num_wps = 65;
    break;
  case RAM_BASE_ODD:
    vm.ram_base = 0x40001000;
    break;
  case RAM_BASE_FAR:
    vm.ram_base = (uint64_t)1 << 48;
    break;
  case RAM_BASE_LOW:
    vm.ram_base = 126 * MIB;
    break;
  case RAM_BASE_LOW_ARM:
    vm.ram_base = 2 * MIB;
    vm.firmware = vcca_span_of(big, 3 * MIB);
    break;
  case RAM_SIZE_ODD:
    vm.ram_size = 512 * MIB + 1;
    break;
  case RAM_SIZE_HUGE:
    vm.ram_size = ((uint64_t)1 << 48) + 4096;
    break;
  case RAM_SMALL:
    vm.ram_size = 130 * MIB;
    break;
  case CHANGES:
    break;
  }
  return vm;
}

static void what_cannot_be_is_refused_by_the_name_of_its_option(void **state)
{
  (void)state;
  for (enum change c = 0; c < CHANGES; c++) {
    struct vcca_plan plan;
    struct vcca_error err = {0};
    char text[800];
    struct vcca_vm vm = wrong(c);
    bool accepted = vcca_plan_vm(&vm, &plan, &err);
    support_fill(&files);
    memset(big, 0, sizeof big);
    vcca_error_text(&err, text, sizeof text);
    if (accepted || !strstr(text, refusals[c].word))
      fail_msg("row %d: wanted \"%s\", got: %s", (int)c, refusals[c].word, accepted ? "a plan" : text);
  }
}

static void arm_images_outside_given_ram_are_refused(void **state)
{
  (void)state;
  struct vcca_vm vm = direct("arm");
  struct vcca_plan plan;
  struct vcca_error err = {0};
  support_header(files.kernel, 0x20000000, 0x3000); /* beyond RAM's end, which does not grow when it is given */
  vm.ram_size = 512 * MIB;
  assert_false(vcca_plan_vm(&vm, &plan, &err));
  support_fill(&files);
  assert_non_null(strstr(err.text, "ram_size 512 MiB: the kernel ends at"));
}

/* booting.rst's 2 MiB, and the window that virtCCA's KVM gives the device tree. */
static void a_device_tree_of_2_mib_is_taken_and_a_byte_more_refused(void **state)
{
  (void)state;
  static const char *const profiles[] = {"virtcca", "arm"};
  memcpy(big, files.dtb, sizeof files.dtb);
  for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
    struct vcca_vm vm = direct(profiles[i]);
    struct vcca_plan plan;
    struct vcca_error err = {0};
    vm.dtb = vcca_span_of(big, 2 * MIB);
    check_plan(&vm, &plan);
    vm.dtb.n++;
    assert_false(vcca_plan_vm(&vm, &plan, &err));
    assert_non_null(strstr(err.text, "dtb: 2097153 bytes"));
  }
  memset(big, 0, sizeof big);
}

int main(void)
{
  support_fill(&files);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(virtcca_direct_boot_is_stub_kernel_hole_initrd_dtb),
      cmocka_unit_test(virtcca_puts_the_dtb_where_an_absent_initrd_would_be),
      cmocka_unit_test(virtcca_ignores_text_offset_as_the_reference_tool_does),
      cmocka_unit_test(virtcca_windows_hold_a_byte_more_than_the_file),
      cmocka_unit_test(virtcca_firmware_fills_128_mib_from_0),
      cmocka_unit_test(virtcca_2025_has_sve_with_a_kernel_and_a_counter_always),
      cmocka_unit_test(arm_is_file_bytes_in_ram_entered_at_the_kernel),
      cmocka_unit_test(arm_puts_the_initrd_mid_ram_but_behind_the_kernel),
      cmocka_unit_test(arm_firmware_is_the_file_at_0),
      cmocka_unit_test(ram_grows_with_the_images),
      cmocka_unit_test(what_cannot_be_is_refused_by_the_name_of_its_option),
      cmocka_unit_test(arm_images_outside_given_ram_are_refused),
      cmocka_unit_test(a_device_tree_of_2_mib_is_taken_and_a_byte_more_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
