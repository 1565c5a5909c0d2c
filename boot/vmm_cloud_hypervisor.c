/* cloud-hypervisor as it starts a realm: command line, memory map, device tree. RAM at 1 GiB with the device tree at its base, the kernel
 * 4 MiB above, the initrd at its end; RAM that does not fit below a hole in the 32-bit addresses goes on at 4 GiB. There is no firmware
 * boot for realms. Sources: arch/src/aarch64/layout.rs and fdt.rs, vmm/src/memory_manager.rs and device_manager.rs (until version 51).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "boot/vmm.h"

enum { KERNEL_AT = 4 * MIB, RAM_DEFAULT = 512 * MIB };
#define HOLE UINT64_C(0xfc000000)                    /* layout.rs: MEM_32BIT_RESERVED_START, up to */
#define HIGH_RAM (4 * GIB)                           /* RAM_64BIT_START */
#define PCI_HIGH (8 * GIB)                           /* PCI_HIGH_BASE, which the device tree does not go below */
#define PCI_UNIT (4 * GIB)                           /* the window is a multiple of it */
#define DEVICES_END (((uint64_t)1 << 46) - 0x110000) /* 46 address bits, less 64 KiB (mmio_address_space_size) and the platform's 1 MiB */

/* --- Options ---------------------------------------------------------------------------------------------- */

static const struct vmm_option cpus_keys[] = {
    {.name = "boot", VMM_NUMBER(vcpus, 1, VCCA_VCPUS_MAX)},
    {.name = "*", .read = vmm_read_ignored},
    {.name = NULL},
};

static const struct vmm_option memory_keys[] = {
    {.name = "size", VMM_SIZE(ram_size)},
    {.name = "*", .read = vmm_read_ignored},
    {.name = NULL},
};

static const struct vmm_option platform_keys[] = {
    {.name = "measurement_algo", .read = vmm_read_hash},
    {.name = "personalization_value", .read = vmm_read_rpv_base64},
    {.name = "*", .read = vmm_read_ignored},
    {.name = NULL},
};

static bool read_serial(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  v->config->serial = !vcca_span_is(v->text, "off");
  return true;
}

static bool read_firmware(const struct vmm_value *v, struct vcca_error *err)
{
  return vmm_refuse(v, "cloud-hypervisor starts realms from a kernel: give --kernel", err);
}

static bool read_zone(const struct vmm_value *v, struct vcca_error *err)
{
  return vmm_refuse(v, "RAM in zones is not modelled: give all of it with --memory size=", err);
}

/* These add to the VMM's own device tree, not to the one that is made here. */
static bool read_node(const struct vmm_value *v, struct vcca_error *err)
{
  (void)err;
  vmm_note(v->notes, "%s is not in the device tree that is made: give the VMM's own with --dtb", v->what);
  return true;
}

static const struct vmm_option options[] = {
    {.name = "cpus", .value = true, .keys = cpus_keys},
    {.name = "memory", .value = true, .keys = memory_keys},
    {.name = "platform", .value = true, .keys = platform_keys},
    {.name = "kernel", .value = true, VMM_TEXT(kernel)},
    {.name = "initramfs", .value = true, VMM_TEXT(initrd)},
    {.name = "cmdline", .value = true, VMM_TEXT(append)},
    {.name = "serial", .value = true, .read = read_serial},
    {.name = "firmware", .value = true, .read = read_firmware},
    {.name = "memory-zone", .value = true, .read = read_zone},
    {.name = "numa", .value = true, .read = read_node},
    {.name = "pci-segment", .value = true, .read = read_node},
    {.name = "tpm", .value = true, .read = read_node},
    /* Neither registers nor memory nor the device tree depend on these. */
    {.name = "dtb", .value = true}, /* the host's copy of what is measured here */
    {.name = "api-socket", .value = true},
    {.name = "balloon", .value = true},
    {.name = "console", .value = true},
    {.name = "device", .value = true},
    {.name = "disk", .value = true},
    {.name = "event-monitor", .value = true},
    {.name = "fs", .value = true},
    {.name = "log-file", .value = true},
    {.name = "net", .value = true},
    {.name = "pmem", .value = true},
    {.name = "pvpanic"},
    {.name = "rate-limit-group", .value = true},
    {.name = "restore", .value = true},
    {.name = "rng", .value = true},
    {.name = "seccomp", .value = true},
    {.name = "user-device", .value = true},
    {.name = "v", .letter = 'v'},
    {.name = "vdpa", .value = true},
    {.name = "vsock", .value = true},
    {.name = "watchdog"},
    {.name = NULL},
};

static bool check(struct vcca_vmm_config *config, struct vcca_error *err)
{
  if (config->ram_size == 0 || config->ram_size % PAGE_4K != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--memory size: RAM is a multiple of 4 KiB, and not nothing");
  if (config->ram_size > DEVICES_END - HIGH_RAM)
    return vcca_fail(err, VCCA_FAULT_USAGE, "RAM goes beyond the 46 address bits that cloud-hypervisor uses: less RAM with --memory size=");
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
    uint64_t room = round_up(images->initrd.n, PAGE_4K), size = lay->ram[lay->ram_count - 1].size;
    if (room > size)
      return vcca_fail(err, VCCA_FAULT_USAGE, "--initramfs: %" PRIu64 " MiB do not fit into RAM%s: give more RAM with --memory size=", in_mib(room),
                       lay->ram_count > 1 ? " from 4 GiB on" : "");
    lay->initrd = lay->ram[lay->ram_count - 1].base + size - room;
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

/* Devices begin where RAM ends, at 4 GiB at least; what is told of their window begins at PCI_HIGH at least. */
static void put_pci_ranges(struct tree *t, const struct vmm_layout *lay)
{
  static const uint64_t io[] = {0x09050000, 0x10000}, low[] = {0x10000000, 0x20000000};
  uint64_t start = lay->ram_count > 1 ? lay->ram[1].base + lay->ram[1].size : HIGH_RAM, end = start + (DEVICES_END - start) / PCI_UNIT * PCI_UNIT;
  uint64_t from = start > PCI_HIGH ? start : PCI_HIGH;
  tree_pci_ranges(t, io, low, (const uint64_t[]){from, end > from ? end - from : 0});
}

static void put_pci(struct tree *t, const struct vmm_layout *lay)
{
  static const uint64_t config[] = {0x30000000, 0x100000};
  tree_begin_at(t, "pcie", config[0]);
  put_pci_ranges(t, lay);
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
  put_pci(t, lay);
  tree_end(t);
}

static bool edit_node(struct tree *t, const struct vmm_layout *lay, const char *node)
{
  if (strcmp(node, "cpus") == 0)
    tree_cpus(t, lay->config->vcpus);
  else if (strcmp(node, "memory@40000000") == 0 && lay->ram_count > 1)
    tree_memory(t, lay);
  else
    return strcmp(node, "memory@100000000") == 0; /* is written with the first, if it is there */
  return true;
}

/* The PCI window depends on RAM where that is split; otherwise it is as the template's VMM has it. */
static bool edit_property(struct tree *t, const struct vmm_layout *lay, const char *node, const char *property)
{
  bool pci = strcmp(node, "pci@30000000") == 0 || strcmp(node, "pcie@30000000") == 0;
  if (!pci || strcmp(property, "ranges") != 0 || lay->ram_count == 1)
    return false;
  put_pci_ranges(t, lay);
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
    .hole = HOLE,
    .hole_end = HIGH_RAM,
    .check = check,
    .ipa_bits = ipa_bits,
    .place = place,
    .put_tree = put_tree,
    .edit_node = edit_node,
    .edit_property = edit_property,
};
