/* cloud-hypervisor as it starts a realm: command line, memory map, device tree. RAM at 1 GiB with the device tree at its base, the kernel
 * 4 MiB above, the initrd at its end. There is no firmware boot for realms.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "boot/vmm.h"

enum { KERNEL_AT = 4 * MIB, RAM_DEFAULT = 512 * MIB };

/* --- Options ---------------------------------------------------------------------------------------------- */

static bool bad_item(const char *option, const char *value, struct vcca_error *err)
{
  return vcca_fail(err, VCCA_FAULT_USAGE, "%s %.60s: name=value is wanted", option, value);
}

static bool read_cpus(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  struct vmm_item item;
  for (vcca_span list = vcca_span_str(value); vmm_next_item(&list, &item);) {
    if (item.bare)
      return bad_item("--cpus", value, err);
    if (!vcca_span_is(item.key, "boot"))
      vmm_note(notes, "--cpus %.*s is ignored", item.key.n < 60 ? (int)item.key.n : 60, (const char *)item.key.p);
    else if (!vmm_read_number(item.value, "--cpus boot", VCCA_VCPUS_MAX, &config->vcpus, err))
      return false;
  }
  return true;
}

static bool read_memory(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  struct vmm_item item;
  for (vcca_span list = vcca_span_str(value); vmm_next_item(&list, &item);) {
    if (item.bare)
      return bad_item("--memory", value, err);
    if (!vcca_span_is(item.key, "size"))
      vmm_note(notes, "--memory %.*s is ignored", item.key.n < 60 ? (int)item.key.n : 60, (const char *)item.key.p);
    else if (!vmm_read_size(item.value, "--memory size", &config->ram_size, err))
      return false;
  }
  return true;
}

static bool read_platform(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  (void)notes;
  struct vmm_item item;
  for (vcca_span list = vcca_span_str(value); vmm_next_item(&list, &item);) {
    if (item.bare)
      return bad_item("--platform", value, err);
    if (vcca_span_is(item.key, "measurement_algo") && !vmm_read_hash(item.value, "--platform measurement_algo", config, err))
      return false;
    if (vcca_span_is(item.key, "personalization_value") && !vmm_read_rpv_base64(item.value, "--platform personalization_value", config, err))
      return false;
  }
  return true;
}

static bool read_kernel(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  (void)notes, (void)err;
  config->kernel = value;
  return true;
}

static bool read_initrd(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  (void)notes, (void)err;
  config->initrd = value;
  return true;
}

static bool read_cmdline(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  (void)notes, (void)err;
  config->append = value;
  return true;
}

static bool read_serial(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  (void)notes, (void)err;
  config->serial = strcmp(value, "off") != 0;
  return true;
}

static bool read_firmware(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err)
{
  (void)config, (void)notes, (void)value;
  return vcca_fail(err, VCCA_FAULT_USAGE, "--firmware: cloud-hypervisor starts realms from a kernel: give --kernel");
}

static const struct vmm_option options[] = {
    {"cpus", 0, true, read_cpus},
    {"memory", 0, true, read_memory},
    {"platform", 0, true, read_platform},
    {"kernel", 0, true, read_kernel},
    {"initramfs", 0, true, read_initrd},
    {"cmdline", 0, true, read_cmdline},
    {"serial", 0, true, read_serial},
    {"firmware", 0, true, read_firmware},
    {"memory-zone", 0, true, NULL},
    {"rate-limit-group", 0, true, NULL},
    {"disk", 0, true, NULL},
    {"net", 0, true, NULL},
    {"rng", 0, true, NULL},
    {"balloon", 0, true, NULL},
    {"fs", 0, true, NULL},
    {"pmem", 0, true, NULL},
    {"console", 0, true, NULL},
    {"device", 0, true, NULL},
    {"user-device", 0, true, NULL},
    {"vdpa", 0, true, NULL},
    {"vsock", 0, true, NULL},
    {"pvpanic", 0, false, NULL},
    {"numa", 0, true, NULL},
    {"pci-segment", 0, true, NULL},
    {"watchdog", 0, false, NULL},
    {"log-file", 0, true, NULL},
    {"api-socket", 0, true, NULL},
    {"event-monitor", 0, true, NULL},
    {"restore", 0, true, NULL},
    {"seccomp", 0, true, NULL},
    {"tpm", 0, true, NULL},
    {"dtb", 0, true, NULL}, /* the host's copy of what is measured here */
    {"", 'v', false, NULL},
    {NULL, 0, false, NULL},
};

static bool check(struct vcca_vmm_config *config, struct vcca_error *err)
{
  if (config->vcpus == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--cpus boot=0: at least 1");
  if (config->ram_size == 0 || config->ram_size % PAGE_4K != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--memory size: RAM is a multiple of 4 KiB, and not nothing");
  return true;
}

/* --- Memory ----------------------------------------------------------------------------------------------- */

static unsigned ipa_bits(const struct vcca_vmm_config *config)
{
  (void)config;
  return 48;
}

static bool place(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images, struct vcca_vmm_plan *out,
                  struct vcca_error *err)
{
  struct vcca_rec_params *boot = &out->plan.boot_rec;
  uint64_t end;
  lay->dtb = lay->ram_base;
  lay->bootargs = lay->config->append;
  boot->pc = lay->ram_base + KERNEL_AT;
  boot->gprs[0] = lay->dtb;
  if (images->kernel.p && !vmm_add_kernel(model, out, boot->pc, images->kernel, &boot->pc, &end, err))
    return false;
  if (images->initrd.p) {
    uint64_t room = round_up(images->initrd.n, PAGE_4K);
    if (room > lay->config->ram_size)
      return vcca_fail(err, VCCA_FAULT_USAGE, "--initramfs: %" PRIu64 " MiB do not fit into RAM: give more with --memory size=", in_mib(room));
    lay->initrd = lay->ram_base + lay->config->ram_size - room;
    lay->initrd_size = images->initrd.n;
    return vmm_add(model, out, "initrd", lay->initrd, images->initrd, err);
  }
  return true;
}

/* --- Device tree ------------------------------------------------------------------------------------------ */

enum { GIC = 1, ITS = 2, CLOCK = 3, SPI_RTC = 8, SPI_UART = 11, REDISTRIBUTOR = 0x20000, ITS_SIZE = 0x20000 };

static void put_device(struct tree *t, const char *name, uint64_t at, unsigned spi, uint32_t trigger, vcca_span compatible)
{
  tree_begin_at(t, name, at);
  tree_text(t, "clock-names", "apb_pclk");
  TREE_PAIRS(t, "reg", at, 0x1000);
  TREE_CELLS(t, "clocks", CLOCK);
  TREE_CELLS(t, "interrupts", GIC_SPI, spi, trigger);
  tree_bytes(t, "compatible", compatible);
  tree_end(t);
}

static void put_pci(struct tree *t)
{
  static const uint64_t config[] = {0x30000000, 0x100000}, io[] = {0x09050000, 0x10000}, low[] = {0x10000000, 0x20000000};
  static const uint64_t high[] = {UINT64_C(0x200000000), UINT64_C(0x3ffd00000000)};
  tree_begin_at(t, "pcie", config[0]);
  tree_pci_ranges(t, io, low, high);
  tree_pairs(t, "reg", config, 2);
  TREE_CELLS(t, "msi-map", 0, ITS, 0, 0x100);
  tree_empty(t, "dma-coherent");
  TREE_CELLS(t, "bus-range", 0, 0);
  TREE_CELLS(t, "linux,pci-domain", 0);
  TREE_CELLS(t, "#size-cells", 2);
  TREE_CELLS(t, "#address-cells", 3);
  tree_text(t, "device_type", "pci");
  tree_text(t, "compatible", "pci-host-ecam-generic");
  tree_end(t);
}

static void put_tree(struct tree *t, const struct vmm_layout *lay)
{
  static const uint64_t gicd[] = {0x08ff0000, 0x10000};
  uint64_t size = (uint64_t)REDISTRIBUTOR * lay->config->vcpus, redistributors = gicd[0] - size;
  const uint64_t reg[] = {gicd[0], gicd[1], redistributors, size}, its[] = {redistributors - ITS_SIZE, ITS_SIZE};
  tree_start(t, lay, GIC);
  tree_gic(t, reg, 4, its, GIC, ITS);
  tree_timer(t, IRQ_LEVEL_HIGH);
  tree_pmu(t);
  tree_clock(t, CLOCK);
  put_device(t, "pl031", 0x09010000, SPI_RTC, IRQ_LEVEL_HIGH, VCCA_SPAN("arm,pl031\0arm,primecell"));
  if (lay->config->serial)
    put_device(t, "pl011", 0x09000000, SPI_UART, IRQ_EDGE_RISING, VCCA_SPAN("arm,pl011\0arm,primecell"));
  put_pci(t);
  tree_end(t);
}

static bool edit_node(struct tree *t, const struct vmm_layout *lay, const char *node)
{
  if (strcmp(node, "cpus") != 0)
    return false;
  tree_cpus(t, lay->config->vcpus);
  return true;
}

const struct vmm_model vmm_cloud_hypervisor = {
    .name = "cloud-hypervisor",
    .summary = "cloud-hypervisor, direct kernel boot",
    .program = "cloud-hypervisor",
    .options = options,
    .words = {[VMM_KERNEL] = {"--kernel", ""},
              [VMM_INITRD] = {"--initramfs", ""},
              [VMM_FIRMWARE] = {"--firmware", ""},
              [VMM_APPEND] = {"--cmdline", ""},
              [VMM_HASH] = {"--platform", "measurement_algo="},
              [VMM_VCPUS] = {"--cpus", "boot="},
              [VMM_RAM] = {"--memory", "size="}},
    .defaults = {.vcpus = 1, .ram_size = RAM_DEFAULT, .its = true, .serial = true},
    .hash_alg = VCCA_SHA512,
    .ram_base = GIB,
    .chunk = PAGE_4K,
    .pmu_of_host = true,
    .ram_option = "--memory size=",
    .check = check,
    .ipa_bits = ipa_bits,
    .place = place,
    .put_tree = put_tree,
    .edit_node = edit_node,
};
