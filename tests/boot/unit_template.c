/* Templates and compressed kernels: what is edited, and what is left alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <libfdt.h>

#include "support_vmm.h"

#include "boot/fdt_writer.h"
#include "rooms/boot.h"
#include "rooms/span.h"
#include "rooms/vmm.h"

#define HOST "num_bps=6\nnum_wps=4\n"
static uint8_t kernel[4096], initrd[100];
static struct vcca_vmm_images images;
static struct support_words words;

static void plan_of(const char *line, vcca_span template, struct vcca_vmm_plan *plan)
{
  struct vcca_error err = {0};
  images.dtb_template = template;
  check_ok(support_plan("qemu", HOST, line, &images, &words, plan, &err), &err, line);
  check_ok(vcca_dtb_check(vcca_bytes_span(&plan->dtb), NULL, &err), &err, "tree");
}

static const char *text_of(const struct vcca_vmm_plan *plan, const char *path, const char *name)
{
  return fdt_getprop(plan->dtb.p, fdt_path_offset(plan->dtb.p, path), name, NULL);
}

/* A tree as another VMM might leave it: room at the end, a reservation, nothing in /chosen but a console. */
static void foreign_tree(struct vcca_bytes *out)
{
  struct vcca_error err = {0};
  struct tree t;
  check_ok(tree_new(&t, 4096, NULL, &err), &err, "tree");
  tree_begin(&t, "");
  TREE_CELLS(&t, "#address-cells", 2);
  TREE_CELLS(&t, "#size-cells", 2);
  tree_begin(&t, "chosen");
  tree_text(&t, "stdout-path", "/serial");
  tree_begin(&t, "module");
  tree_end(&t);
  tree_end(&t);
  tree_begin(&t, "memory@40000000");
  TREE_PAIRS(&t, "reg", 0x40000000, 0x1000);
  tree_end(&t);
  tree_begin(&t, "cpus");
  tree_begin(&t, "cpu@0");
  tree_begin(&t, "cpus");
  tree_end(&t);
  tree_end(&t);
  tree_end(&t);
  tree_begin(&t, "soc");
  tree_begin(&t, "memory@40000000");
  TREE_PAIRS(&t, "reg", 1, 2);
  tree_end(&t);
  tree_end(&t);
  tree_end(&t);
  check_ok(tree_finish(&t, out, &err), &err, "tree");
  assert_int_equal(fdt_check_full(out->p, out->n), 0);
}

static void a_template_gets_what_this_vm_has(void **state)
{
  (void)state;
  struct vcca_bytes tree = {0};
  struct vcca_vmm_plan plan;
  foreign_tree(&tree);
  plan_of("-m 512 -smp 3 -kernel k -initrd i -append quiet", vcca_bytes_span(&tree), &plan);
  const void *fdt = plan.dtb.p;
  assert_string_equal(text_of(&plan, "/chosen", "bootargs"), "quiet");
  assert_string_equal(text_of(&plan, "/chosen", "stdout-path"), "/serial");
  const uint8_t *start = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "linux,initrd-start", NULL);
  const uint8_t *memory = fdt_getprop(fdt, fdt_path_offset(fdt, "/memory@40000000"), "reg", NULL);
  const uint8_t *other = fdt_getprop(fdt, fdt_path_offset(fdt, "/soc/memory@40000000"), "reg", NULL);
  assert_non_null(start);
  assert_int_equal(vcca_be32(start + 4), 0x48000000);
  assert_int_equal(vcca_be32(memory + 12), 512 << 20);
  assert_int_equal(vcca_be32(other + 4), 1); /* not the machine's memory */
  assert_true(fdt_path_offset(fdt, "/cpus/cpu@2") > 0);
  assert_true(fdt_path_offset(fdt, "/cpus/cpu@3") < 0);
  assert_true(fdt_path_offset(fdt, "/cpus/cpu@0/cpus") < 0);
  assert_true(fdt_path_offset(fdt, "/chosen/module") > 0);
  vcca_vmm_plan_free(&plan);
  vcca_bytes_free(&tree);
}

static void editing_to_the_same_vm_changes_nothing(void **state)
{
  (void)state;
  struct vcca_vmm_plan first, second, third;
  static const char line[] = "-m 512 -smp 4,sockets=2 -kernel k -initrd i -append quiet";
  vcca_span none = {NULL, 0};
  plan_of(line, none, &first);
  plan_of(line, vcca_bytes_span(&first.dtb), &second); /* gains the CPU map that QEMU has */
  plan_of(line, vcca_bytes_span(&second.dtb), &third);
  assert_int_equal(second.dtb.n, third.dtb.n);
  assert_memory_equal(second.dtb.p, third.dtb.p, third.dtb.n);
  vcca_vmm_plan_free(&first);
  vcca_vmm_plan_free(&second);
  vcca_vmm_plan_free(&third);
}

static void a_template_with_room_keeps_its_size_and_reservations(void **state)
{
  (void)state;
  struct vcca_vmm_plan first, second;
  uint8_t room[65536];
  vcca_span none = {NULL, 0};
  plan_of("-m 512 -kernel k", none, &first);
  assert_int_equal(fdt_open_into(first.dtb.p, room, sizeof room), 0);
  assert_int_equal(fdt_add_mem_rsv(room, 0x1000, 0x2000), 0);
  fdt_set_boot_cpuid_phys(room, 5);
  plan_of("-m 1G -kernel k -smp 2", VCCA_SPAN(room), &second);
  uint64_t at = 0, size = 0;
  const void *fdt = second.dtb.p;
  assert_int_equal(second.dtb.n, sizeof room);
  assert_int_equal(fdt_totalsize(fdt), sizeof room);
  assert_int_equal(fdt_num_mem_rsv(second.dtb.p), 1);
  assert_int_equal(fdt_get_mem_rsv(second.dtb.p, 0, &at, &size), 0);
  assert_int_equal(at + size, 0x3000);
  assert_int_equal(fdt_boot_cpuid_phys(fdt), 5);
  vcca_vmm_plan_free(&first);
  vcca_vmm_plan_free(&second);
}

/* kvmtool's plan for its own tree with a property more; *end: how much of it is used. */
static bool filled(const struct vcca_vmm_plan *own, const char *name, size_t n, size_t *end, struct vcca_error *err)
{
  enum { MAX = 0x10000 };
  static uint8_t tree[2 * MAX], filler[MAX];
  struct vcca_vmm_plan plan;
  assert_int_equal(fdt_open_into(own->dtb.p, tree, sizeof tree), 0);
  assert_int_equal(fdt_setprop(tree, 0, name, filler, (int)n), 0);
  assert_int_equal(fdt_pack(tree), 0);
  images.dtb_template = vcca_span_of(tree, fdt_totalsize(tree));
  bool good = support_plan("kvmtool", HOST, "-m 512 -c 1 -k k", &images, &words, &plan, err);
  const void *fdt = plan.dtb.p;
  if (good)
    *end = fdt_off_dt_strings(fdt) + fdt_size_dt_strings(fdt);
  vcca_vmm_plan_free(&plan);
  images.dtb_template = vcca_span_of(NULL, 0);
  return good;
}

/* FDT_MAX_SIZE of kvmtool's arm/include/arm-common/kvm-arch.h: 64 KiB. */
static void a_tree_may_fill_all_that_kvmtool_has_for_it(void **state)
{
  (void)state;
  static const char *const names[] = {"filler", "fillers", "a-filler", "a-fillers"};
  struct vcca_error err = {0};
  struct vcca_vmm_plan own;
  size_t end = 1, i = 0;
  images.dtb_template = vcca_span_of(NULL, 0);
  check_ok(support_plan("kvmtool", HOST, "-m 512 -c 1 -k k", &images, &words, &own, &err), &err, "own");
  for (; end % 4 != 0; i++) { /* the names end where the tree does: a name that makes it a multiple of 4 */
    assert_true(i < sizeof names / sizeof *names);
    check_ok(filled(&own, names[i], 4, &end, &err), &err, names[i]);
  }
  size_t most = 4 + 0x10000 - end;
  check_ok(filled(&own, names[i - 1], most, &end, &err), &err, "full");
  assert_int_equal(end, 0x10000);
  assert_false(filled(&own, names[i - 1], most + 4, &end, &err));
  assert_non_null(strstr(err.text, "has room for 65536"));
  vcca_vmm_plan_free(&own);
}

/* A model's own tree ends with its names: edited for a smaller VM it does so too. */
static void a_tight_template_stays_tight(void **state)
{
  (void)state;
  struct vcca_vmm_plan first, edited;
  plan_of("-m 4G -smp 16 -kernel k -append quiet", vcca_span_of(NULL, 0), &first);
  plan_of("-m 1G -smp 2 -kernel k -append x", vcca_bytes_span(&first.dtb), &edited);
  const void *fdt = edited.dtb.p;
  assert_int_equal(fdt_totalsize(fdt), edited.dtb.n);
  assert_int_equal(fdt_totalsize(fdt), fdt_off_dt_strings(fdt) + fdt_size_dt_strings(fdt));
  assert_true(edited.dtb.n < first.dtb.n);
  vcca_vmm_plan_free(&edited);
  vcca_vmm_plan_free(&first);
}

static void damaged_templates_are_refused(void **state)
{
  (void)state;
  struct vcca_bytes tree = {0};
  foreign_tree(&tree);
  for (size_t i = 0; i < tree.n; i++) {
    struct vcca_error err = {0};
    struct vcca_vmm_plan plan;
    tree.p[i] ^= 0x81;
    images.dtb_template = vcca_bytes_span(&tree);
    if (!support_plan("qemu", HOST, "-m 512 -kernel k -append x", &images, &words, &plan, &err))
      assert_true(err.text[0] != '\0');
    vcca_vmm_plan_free(&plan);
    tree.p[i] ^= 0x81;
  }
  vcca_bytes_free(&tree);
}

/* printf 'vcca\n' | gzip -9n */
static const uint8_t gz[] = {0x1f, 0x8b, 0x08, 0, 0,    0,    0,    0,    2, 3, 0x2b, 0x4b, 0x4e,
                             0x4e, 0xe4, 0x02, 0, 0x1e, 0x7c, 0x81, 0x4f, 5, 0, 0,    0};

static void gzip_is_decompressed_within_bounds(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct vcca_mapping packed = {.bytes = VCCA_SPAN(gz)}, image = {.bytes = VCCA_SPAN(kernel)}, out = {.forgotten = 0};
  check_ok(vcca_gunzip(&packed, 100, &out, &err), &err, "gzip");
  assert_true(vcca_span_is(out.bytes, "vcca\n"));
  vcca_file_unmap(&out);
  assert_false(vcca_gunzip(&packed, 4, &out, &err));
  assert_non_null(strstr(err.text, "more than"));
  for (size_t n = 0; n < sizeof gz; n++) {
    packed.bytes.n = n;
    assert_false(vcca_gunzip(&packed, 100, &out, &err));
    assert_null(out.bytes.p);
  }
  check_ok(vcca_kernel_unpack(&image, 100, &out, &err), &err, "not compressed");
  assert_null(out.bytes.p);
}

int main(void)
{
  support_header(kernel, 0, 0x10000);
  images.kernel = VCCA_SPAN(kernel);
  images.initrd = VCCA_SPAN(initrd);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_template_gets_what_this_vm_has),
      cmocka_unit_test(editing_to_the_same_vm_changes_nothing),
      cmocka_unit_test(a_template_with_room_keeps_its_size_and_reservations),
      cmocka_unit_test(a_tree_may_fill_all_that_kvmtool_has_for_it),
      cmocka_unit_test(a_tight_template_stays_tight),
      cmocka_unit_test(damaged_templates_are_refused),
      cmocka_unit_test(gzip_is_decompressed_within_bounds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
