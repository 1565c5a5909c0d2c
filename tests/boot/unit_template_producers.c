/* Templates of real producers: a tree that QEMU or kvmtool makes for one VM becomes, byte for byte, the one
 * that it makes for another. The trees are made here by libfdt's own functions, in the producers' order.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <libfdt.h>

#include "support_vmm.h"

#define HOST "num_bps=6\nnum_wps=4\n"
static uint8_t kernel[4096], initrd[100];
static struct vcca_vmm_images images;
static struct support_words words;

/* A VM as far as its tree depends on it; with slots for memory it has a NUMA node. */
struct vm {
  unsigned cpus;
  const char *ram; /* as -m has it */
  uint32_t mib;
  const char *append;
  bool initrd, slots;
};
static const struct vm vms[] = {
    {1, "512", 512, NULL, false, false},     {2, "1G", 1024, "a", false, false},
    {3, "512", 512, "ab", true, false},      {2, "512", 512, NULL, true, false},
    {8, "2G", 2048, "abc", true, false},     {1, "512", 512, "root=/dev", true, false},
    {17, "1G", 1024, "a=b c", false, false}, {2, "1G,slots=1,maxmem=2G", 1024, "a", true, true},
};
enum { VMS = sizeof vms / sizeof *vms, INITRD_AT = 0x48000000, BIG = 64 << 10 };

static int node(void *fdt, const char *parent, const char *name)
{
  int at = fdt_add_subnode(fdt, fdt_path_offset(fdt, parent), name);
  assert_true(at >= 0);
  return at;
}

static void text(void *fdt, const char *path, const char *name, const char *value)
{
  assert_int_equal(fdt_setprop(fdt, fdt_path_offset(fdt, path), name, value, (int)strlen(value) + 1), 0);
}

static int next_text(void *fdt, const char *name, const char *value)
{
  return fdt_property(fdt, name, value, (int)strlen(value) + 1);
}

static void cell(void *fdt, const char *path, const char *name, uint32_t value)
{
  assert_int_equal(fdt_setprop_u32(fdt, fdt_path_offset(fdt, path), name, value), 0);
}

static void pair(void *fdt, const char *path, const char *name, uint64_t one, uint64_t two)
{
  uint8_t value[16];
  for (size_t i = 0; i < 8; i++) {
    value[i] = (uint8_t)(one >> (56 - 8 * i));
    value[8 + i] = (uint8_t)(two >> (56 - 8 * i));
  }
  assert_int_equal(fdt_setprop(fdt, fdt_path_offset(fdt, path), name, value, two ? 16 : 8), 0);
}

/* By libfdt's read-write functions, in the order in which QEMU's virt machine makes its tree; a part of
 * that. */
static void inserted_tree(const struct vm *vm, uint8_t fdt[BIG])
{
  char path[64];
  memset(fdt, 0, BIG);
  assert_int_equal(fdt_create_empty_tree(fdt, BIG), 0);
  text(fdt, "/", "compatible", "linux,dummy-virt");
  cell(fdt, "/", "#address-cells", 2);
  cell(fdt, "/", "#size-cells", 2);
  assert_int_equal(fdt_setprop_empty(fdt, 0, "dma-coherent"), 0);
  node(fdt, "/", "chosen");
  node(fdt, "/", "cpus");
  cell(fdt, "/cpus", "#address-cells", 1);
  cell(fdt, "/cpus", "#size-cells", 0);
  for (unsigned i = vm->cpus; i-- > 0;) {
    snprintf(path, sizeof path, "cpu@%u", i);
    node(fdt, "/cpus", path);
    snprintf(path, sizeof path, "/cpus/cpu@%u", i);
    text(fdt, path, "device_type", "cpu");
    text(fdt, path, "compatible", "arm,arm-v8");
    if (vm->cpus > 1)
      text(fdt, path, "enable-method", "psci");
    cell(fdt, path, "reg", (i & 15) | (i >> 4) << 8);
    if (vm->slots)
      cell(fdt, path, "numa-node-id", 0);
    cell(fdt, path, "phandle", 0x8000 + vm->cpus - i);
  }
  node(fdt, "/cpus", "cpu-map");
  node(fdt, "/cpus/cpu-map", "socket0");
  node(fdt, "/cpus/cpu-map/socket0", "cluster0");
  for (unsigned i = vm->cpus; i-- > 0;) {
    snprintf(path, sizeof path, "core%u", i);
    node(fdt, "/cpus/cpu-map/socket0/cluster0", path);
    snprintf(path, sizeof path, "/cpus/cpu-map/socket0/cluster0/core%u", i);
    cell(fdt, path, "cpu", 0x8000 + vm->cpus - i);
  }
  cell(fdt, "/", "interrupt-parent", 0x8000 + vm->cpus + 1);
  node(fdt, "/", "intc@8000000");
  text(fdt, "/intc@8000000", "compatible", "arm,gic-v3");
  cell(fdt, "/intc@8000000", "phandle", 0x8000 + vm->cpus + 1);
  node(fdt, "/intc@8000000", "its@8080000");
  text(fdt, "/intc@8000000/its@8080000", "compatible", "arm,gic-v3-its");
  cell(fdt, "/intc@8000000/its@8080000", "phandle", 0x8000 + vm->cpus + 2);
  node(fdt, "/", "pl011@9000000");
  text(fdt, "/pl011@9000000", "clock-names", "uartclk");
  text(fdt, "/chosen", "stdout-path", "/pl011@9000000");
  node(fdt, "/", "memory@40000000");
  text(fdt, "/memory@40000000", "device_type", "memory");
  pair(fdt, "/memory@40000000", "reg", 0x40000000, (uint64_t)vm->mib << 20);
  if (vm->slots)
    cell(fdt, "/memory@40000000", "numa-node-id", 0);
  if (vm->append)
    text(fdt, "/chosen", "bootargs", vm->append);
  if (vm->initrd) {
    pair(fdt, "/chosen", "linux,initrd-start", INITRD_AT, 0);
    pair(fdt, "/chosen", "linux,initrd-end", INITRD_AT + sizeof initrd, 0);
  }
  node(fdt, "/", "psci");
  text(fdt, "/psci", "compatible", "arm,psci-1.0");
  text(fdt, "/psci", "method", "smc");
}

/* The tree of the second VM from that of the first, by a model. */
static void edited(const char *model, const struct vm *vm, vcca_span template, struct vcca_vmm_plan *plan)
{
  char line[160];
  struct vcca_error err = {0};
  if (strcmp(model, "qemu") == 0)
    snprintf(line, sizeof line, "-m %s -smp %u -kernel k%s%s%s", vm->ram, vm->cpus, vm->initrd ? " -initrd i" : "",
             vm->append ? " -append " : "", vm->append ? vm->append : "");
  else
    snprintf(line, sizeof line, "-m %u -c %u -k k%s -p %s", vm->mib, vm->cpus, vm->initrd ? " -i i" : "",
             vm->append ? vm->append : "x");
  images.dtb_template = template;
  check_ok(support_plan(model, HOST, line, &images, &words, plan, &err), &err, line);
}

static void same_bytes(vcca_span got, vcca_span want, size_t from, size_t to)
{
  size_t at = 0;
  while (at < got.n && at < want.n && got.p[at] == want.p[at])
    at++;
  if (got.n != want.n || at < got.n)
    fail_msg("the tree of VM %zu from that of VM %zu differs at %zu (%zu and %zu bytes)", to, from, at, got.n, want.n);
}

static void every_tree_of_qemu_becomes_every_other_byte_for_byte(void **state)
{
  (void)state;
  static uint8_t from[BIG], to[BIG];
  for (size_t i = 0; i < VMS; i++)
    for (size_t j = 0; j < VMS; j++) {
      struct vcca_vmm_plan plan;
      if (vms[j].append && strchr(vms[j].append, ' '))
        continue; /* words are split at blanks here */
      inserted_tree(&vms[i], from);
      inserted_tree(&vms[j], to);
      edited("qemu", &vms[j], VCCA_SPAN(from), &plan);
      same_bytes(vcca_bytes_span(&plan.dtb), VCCA_SPAN(to), i, j);
      vcca_vmm_plan_free(&plan);
    }
}

/* Bytes behind values that nobody can explain stay, at the same value; a tree that has zeros there has none
 * but zeros. */
static void padding_of_an_unknown_making_stays(void **state)
{
  (void)state;
  static uint8_t from[BIG], to[BIG];
  struct vcca_vmm_plan plan;
  inserted_tree(&vms[1], from);
  int n;
  char *type = fdt_getprop_w(from, fdt_path_offset(from, "/psci"), "compatible", &n);
  assert_int_equal(n % 4, 1);
  type[n] = type[n + 1] = type[n + 2] = 0x5a;
  edited("qemu", &vms[1], VCCA_SPAN(from), &plan);
  same_bytes(vcca_bytes_span(&plan.dtb), VCCA_SPAN(from), 1, 1);
  vcca_vmm_plan_free(&plan);

  memcpy(to, from, sizeof to);
  edited("qemu", &vms[4], VCCA_SPAN(from), &plan);
  const char *kept = fdt_getprop(plan.dtb.p, fdt_path_offset(plan.dtb.p, "/psci"), "compatible", &n);
  assert_true(kept[n] == 0x5a && kept[n + 2] == 0x5a);
  vcca_vmm_plan_free(&plan);
}

/* By libfdt's sequential functions, as kvmtool does, then packed; no part but what depends on the VM. */
static void sequential_tree(const struct vm *vm, uint8_t fdt[BIG])
{
  static uint8_t work[BIG];
  char name[32], args[80];
  uint8_t be[32];
  uint64_t redists = 0x20000 * (uint64_t)vm->cpus, base = 0x3fff0000 - redists, dtb = (uint64_t)0x8fe00000,
           start = dtb - sizeof initrd - 4;
  start = (start + 3) / 4 * 4;
  memset(work, 0, sizeof work);
  int fault = fdt_create(work, BIG) | fdt_finish_reservemap(work) | fdt_begin_node(work, "");
  fault |= fdt_property_u32(work, "#address-cells", 2) | fdt_property_u32(work, "#size-cells", 2) |
           fdt_begin_node(work, "chosen");
  snprintf(args, sizeof args, " console=hvc0 root=/dev/vda rw  %s", vm->append ? vm->append : "x");
  fault |= next_text(work, "bootargs", args) | next_text(work, "stdout-path", "serial0");
  if (vm->initrd)
    fault |= fdt_property_u64(work, "linux,initrd-start", start) |
             fdt_property_u64(work, "linux,initrd-end", start + sizeof initrd);
  fault |= fdt_end_node(work) | fdt_begin_node(work, "memory") | next_text(work, "device_type", "memory");
  vcca_put_be32(be, 0);
  vcca_put_be32(be + 4, 0x80000000);
  vcca_put_be32(be + 8, 0);
  vcca_put_be32(be + 12, vm->mib << 20);
  fault |= fdt_property(work, "reg", be, 16) | fdt_end_node(work) | fdt_begin_node(work, "cpus");
  for (unsigned i = 0; i < vm->cpus; i++) {
    unsigned affinity = (i & 15) | (i >> 4) << 8;
    snprintf(name, sizeof name, "cpu@%x", affinity);
    fault |= fdt_begin_node(work, name) | next_text(work, "device_type", "cpu") |
             next_text(work, "compatible", "arm,cortex-a57");
    if (vm->cpus > 1)
      fault |= next_text(work, "enable-method", "psci");
    fault |= fdt_property_u32(work, "reg", affinity) | fdt_end_node(work);
  }
  fault |= fdt_end_node(work) | fdt_begin_node(work, "intc");
  vcca_put_be32(be + 4, 0x3fff0000);
  vcca_put_be32(be + 12, 0x10000);
  memset(be + 16, 0, 16);
  vcca_put_be32(be + 20, (uint32_t)base);
  vcca_put_be32(be + 28, (uint32_t)redists);
  fault |= fdt_property(work, "reg", be, 32) | fdt_begin_node(work, "msic");
  vcca_put_be32(be + 4, (uint32_t)base - 0x20000);
  vcca_put_be32(be + 12, 0x20000);
  fault |= fdt_property(work, "reg", be, 16) | fdt_end_node(work) | fdt_end_node(work) | fdt_end_node(work) |
           fdt_finish(work);
  memset(fdt, 0, BIG);
  fault |= fdt_open_into(work, fdt, BIG) | fdt_pack(fdt);
  assert_int_equal(fault, 0);
}

static void every_tree_of_kvmtool_becomes_every_other_byte_for_byte(void **state)
{
  (void)state;
  static uint8_t from[BIG], to[BIG];
  for (size_t i = 0; i < VMS; i++)
    for (size_t j = 0; j < VMS; j++) {
      struct vcca_vmm_plan plan;
      if (vms[j].append && strchr(vms[j].append, ' '))
        continue;
      sequential_tree(&vms[i], from);
      sequential_tree(&vms[j], to);
      edited("kvmtool", &vms[j], VCCA_SPAN(from), &plan);
      same_bytes(vcca_bytes_span(&plan.dtb), VCCA_SPAN(to), i, j);
      vcca_vmm_plan_free(&plan);
    }
}

static void what_a_template_cannot_tell_is_refused(void **state)
{
  (void)state;
  static uint8_t fdt[BIG];
  static const struct {
    const char *line, *gone, *why;
  } rows[] = {
      {"-m 512 -kernel k -initrd i", "dma-coherent", "4 or 8 bytes"},
      {"-m 512 -kernel k", "its@8080000", "-M its=on"},
      {"-m 512 -kernel k", "NUMA", "2 memory nodes"},
      {"-m 512 -kernel k -cpu host,pmu=on,num-pmu-counters=1", "", "-cpu pmu=on"},
      {"-m 512 -kernel k -object rme-guest,measurement-log=on", "", "measurement-log"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_vmm_plan plan;
    struct vcca_error err = {0};
    inserted_tree(&vms[0], fdt);
    if (strcmp(rows[i].gone, "its@8080000") == 0)
      assert_int_equal(fdt_del_node(fdt, fdt_path_offset(fdt, "/intc@8000000/its@8080000")), 0);
    else if (strcmp(rows[i].gone, "NUMA") == 0)
      node(fdt, "/", "memory@50000000");
    else if (rows[i].gone[0])
      assert_int_equal(fdt_delprop(fdt, 0, rows[i].gone), 0);
    images.dtb_template = VCCA_SPAN(fdt);
    if (support_plan("qemu", HOST, rows[i].line, &images, &words, &plan, &err))
      fail_msg("%s: taken", rows[i].line);
    if (!strstr(err.text, rows[i].why))
      fail_msg("%s: %s", rows[i].line, err.text);
    vcca_vmm_plan_free(&plan);
  }
}

/* A tree by hand: 32-bit cells, neither /chosen nor memory. */
static void a_bare_tree_gets_chosen_and_memory_in_its_own_cells(void **state)
{
  (void)state;
  static uint8_t fdt[4096];
  struct vcca_vmm_plan plan;
  assert_int_equal(fdt_create_empty_tree(fdt, sizeof fdt), 0);
  cell(fdt, "/", "#address-cells", 1);
  cell(fdt, "/", "#size-cells", 1);
  node(fdt, "/", "soc");
  edited("qemu", &(struct vm){1, "512", 512, "quiet", true, false}, VCCA_SPAN(fdt), &plan);
  int n;
  const uint8_t *reg = fdt_getprop(plan.dtb.p, fdt_path_offset(plan.dtb.p, "/memory@40000000"), "reg", &n);
  assert_int_equal(n, 8);
  assert_int_equal(vcca_be32(reg + 4), 512 << 20);
  const uint8_t *end = fdt_getprop(plan.dtb.p, fdt_path_offset(plan.dtb.p, "/chosen"), "linux,initrd-end", &n);
  assert_int_equal(n, 4);
  assert_int_equal(vcca_be32(end), INITRD_AT + sizeof initrd);
  assert_string_equal(fdt_getprop(plan.dtb.p, fdt_path_offset(plan.dtb.p, "/chosen"), "bootargs", NULL), "quiet");
  vcca_vmm_plan_free(&plan);
}

/* --dtb of a model: the whole tree is looked at, what stands behind its own size is measured as it is. */
static void a_given_tree_is_whole_or_refused(void **state)
{
  (void)state;
  static uint8_t fdt[4096 + 100];
  static const struct {
    size_t n, at;
    uint32_t value;
    const char *why;
  } rows[] = {
      {sizeof fdt, 0, 0xd00dfeed, NULL}, /* with its tail */
      {4, 0, 0xd00dfeed, "40-byte header"},
      {4095, 0, 0xd00dfeed, "only 4095 bytes"},
      {sizeof fdt, 4, 1 << 30, "totalsize is 1073741824"},
      {sizeof fdt, 0, 0xd00dfeec, "d00dfeed"},
      {sizeof fdt, 8, 5000, "header is wrong"},
      {sizeof fdt, 56, 7, "damaged"},
  };
  const char *const models[] = {"qemu", "kvmtool", "cloud-hypervisor"}, *const lines[] = {"-kernel k",
                                                                                          "-m 512 -c 1 -k k",
                                                                                          "--kernel k"};
  for (size_t m = 0; m < sizeof models / sizeof *models; m++)
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
      struct vcca_vmm_plan plan;
      struct vcca_error err = {0};
      memset(fdt, 0x5a, sizeof fdt);
      assert_int_equal(fdt_create_empty_tree(fdt, 4096), 0);
      vcca_put_be32(fdt + (rows[i].at == 56 ? vcca_be32(fdt + 8) : rows[i].at), rows[i].value);
      images.dtb_template = vcca_span_of(NULL, 0);
      images.dtb = vcca_span_of(fdt, rows[i].n);
      bool ok = support_plan(models[m], HOST, lines[m], &images, &words, &plan, &err);
      if (ok != (rows[i].why == NULL) || (!ok && (!strstr(err.text, rows[i].why) || strcmp(err.source, "dtb") != 0)))
        fail_msg("%s, row %zu: %s %s", models[m], i, err.source, err.text);
      vcca_vmm_plan_free(&plan);
    }
  images.dtb = vcca_span_of(NULL, 0);
}

int main(void)
{
  support_header(kernel, 0, 0x10000);
  images.kernel = VCCA_SPAN(kernel);
  images.initrd = VCCA_SPAN(initrd);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_tree_of_qemu_becomes_every_other_byte_for_byte),
      cmocka_unit_test(padding_of_an_unknown_making_stays),
      cmocka_unit_test(every_tree_of_kvmtool_becomes_every_other_byte_for_byte),
      cmocka_unit_test(what_a_template_cannot_tell_is_refused),
      cmocka_unit_test(a_bare_tree_gets_chosen_and_memory_in_its_own_cells),
      cmocka_unit_test(a_given_tree_is_whole_or_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
