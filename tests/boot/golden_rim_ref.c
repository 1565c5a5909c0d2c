/* The virtCCA SDK's reference tool, value for value: every published result for images, through a plan.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static struct support_files files;

enum { K = 1, I = 2, F = 4 };

static const struct {
  const char *name;
  const char *profile;
  unsigned images, vcpus, sve_bits, pmu;
  const char *rim;
} rows[] = {
    {"k,i,d -v 1", "virtcca", K | I, 1, 0, 0, "4cd678705c3ef2911616645a0afd69eb4ec83faf60886eafca2240b3909e2b9e"},
    {"k,i,d -v 4 -s 128 -m 1", "virtcca", K | I, 4, 128, 1,
     "32fbddc9d96a9fd14318e11b53d6a0a7afdcc711efafbfc5c54c0f6686311860"},
    {"k,i,d -v 4, tool of 2025", "virtcca-2025", K | I, 4, 0, 0,
     "32fbddc9d96a9fd14318e11b53d6a0a7afdcc711efafbfc5c54c0f6686311860"},
    {"k,d -v 2 -s 256 -m 6", "virtcca", K, 2, 256, 6,
     "1675a8263a1d2d3e2a334873bb3a74c98ae47c90f2f4a01d5a3384212272fc50"},
    {"k,i,d", "virtcca", K | I, 0, 0, 0, "183b7ab060bb54a560b515f01c1ed3315868706ad038d002e0b464784cb9abdb"},
    {"f,d -v 1", "virtcca", F, 1, 0, 0, "9774bd96b312e007f175d1a9716c68e133977f9bfc35b4bcefbfa5177247abc8"},
    {"f,d -v 4 -s 128 -m 1", "virtcca", F, 4, 128, 1,
     "7a2337a5fc95b5649eab30f1056d58b46ca808a5a00739182b363e0058c99a24"},
    {"f,d -v 4 -m 1", "virtcca", F, 4, 0, 1, "4e5c9bb05a2391374671b9e16d00d9a632ab903a509ab8cd873120f3c4f6bc07"},
    {"f,d -v 4, tool of 2025", "virtcca-2025", F, 4, 0, 0,
     "4e5c9bb05a2391374671b9e16d00d9a632ab903a509ab8cd873120f3c4f6bc07"},
};

static struct vcca_vm vm_of(size_t row)
{
  struct vcca_vm vm = {.profile = rows[row].profile,
                       .vcpus = rows[row].vcpus,
                       .sve_bits = rows[row].sve_bits,
                       .pmu_counters = rows[row].pmu,
                       .dtb = VCCA_SPAN(files.dtb)};
  if (rows[row].images & K)
    vm.kernel = VCCA_SPAN(files.kernel);
  if (rows[row].images & I)
    vm.initrd = VCCA_SPAN(files.initrd);
  if (rows[row].images & F)
    vm.firmware = VCCA_SPAN(files.firmware);
  return vm;
}

/* gen_rim_ref takes any bytes as a device tree, and these values are of a magic number and 996 bytes, which
 * no plan takes: they are put where the plan has its tree, of the same size. */
static void use_its_tree(struct vcca_plan *plan)
{
  static uint8_t dtb[sizeof files.dtb];
  vcca_put_be32(dtb, 0xd00dfeed);
  for (size_t i = 0; i < sizeof dtb - 4; i++)
    dtb[4 + i] = (uint8_t)(3 * i);
  for (size_t i = 0; i < plan->segment_count; i++)
    if (plan->segments[i].role == VCCA_ROLE_DTB)
      plan->segments[i].content = VCCA_SPAN(dtb);
}

static void plans_measure_as_the_reference_tool_does(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_error err = {0};
    struct vcca_vm vm = vm_of(i);
    struct vcca_plan plan;
    struct vcca_rim rim;
    check_ok(vcca_plan_vm(&vm, &plan, &err), &err, rows[i].name);
    use_its_tree(&plan);
    vcca_plan_measure(&plan, NULL, NULL, NULL, NULL, &rim);
    check_hex(vcca_rim_digest(&rim), rows[i].rim, rows[i].name);
  }
}

static void the_size_of_ram_is_not_measured(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct vcca_vm vm = vm_of(0);
  struct vcca_plan plan;
  struct vcca_rim rim;
  vm.ram_size = (uint64_t)16 << 30;
  check_ok(vcca_plan_vm(&vm, &plan, &err), &err, "16 GiB");
  use_its_tree(&plan);
  vcca_plan_measure(&plan, NULL, NULL, NULL, NULL, &rim);
  check_hex(vcca_rim_digest(&rim), rows[0].rim, "16 GiB");
}

int main(void)
{
  support_fill(&files);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plans_measure_as_the_reference_tool_does),
      cmocka_unit_test(the_size_of_ram_is_not_measured),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
