/* How cloud-hypervisor starts a realm: command line, memory map, device tree. RAM is at 1 GiB, the device
 * tree at its base, the kernel 4 MiB above, the initrd at the end of RAM. RAM that does not fit below a hole
 * in the 32-bit addresses continues at 4 GiB. Realms cannot boot firmware. Sources:
 * arch/src/aarch64/layout.rs and fdt.rs, vmm/src/memory_manager.rs and device_manager.rs (until version 51).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "boot/vmm.h"
#include "rooms/error.h"
#include "rooms/span.h"

enum { KERNEL_AT = 4 * MIB, RAM_DEFAULT = 512 * MIB };
#define HOLE UINT64_C(0xfc000000) /* layout.rs: MEM_32BIT_RESERVED_START, up to */
#define HIGH_RAM (4 * GIB)        /* RAM_64BIT_START */
#define PCI_HIGH (8 * GIB)        /* PCI_HIGH_BASE: the device tree's window is not below it */
#define PCI_UNIT (4 * GIB)        /* the window's size is a multiple of it */
#define DEVICES_END \
  (((uint64_t)1 << 46) - 0x110000) /* 46 address bits, less 64 KiB (mmio_address_space_size) and the platform's 1 MiB */

/* --- Options ---------------------------------------------------------------------------------------------- */

static const struct vmm_option cpus_keys[] = {
    {.name = "boot", VMM_NUMBER(vcpus, 1, VCCA_VCPUS_MAX)},
    {.name = "topology", .tree = VMM_TREE_OTHER},
    {.name = "max_phys_bits", .why = "how it changes a realm's addresses is not modelled: leave it out"},
    {.name = "max"}, /* CPUs that are added later are not in the device tree */
    {.name = "affinity"},
    {.name = "core_scheduling"},
    {.name = "features"},
    {.name = "kvm_hyperv"},
    {.name = "nested"},
    {.name = "profile"},
    {.name = NULL},
};

static bool read_hotplug(const struct vmm_value *v, struct vcca_error *err)
{
  uint64_t size;
  return (vmm_number(v, &size) && size == 0) ||
         vmm_refuse(v, "RAM that can be added later moves what follows it; this is not modelled", err);
}

static const struct vmm_option memory_keys[] = {
    {.name = "size", VMM_SIZE(ram_size)},
    {.name = "hotplug_size", .read = read_hotplug},
    {.name = "hotplugged_size", .read = read_hotplug},
    /* How the host keeps memory. */
    {.name = "file"},
    {.name = "hotplug_method"},
    {.name = "hugepage_size"},
    {.name = "hugepages"},
    {.name = "mergeable"},
    {.name = "prefault"},
    {.name = "reserve"},
    {.name = "shared"},
    {.name = "thp"},
    {.name = NULL},
};

static bool read_segments(const struct vmm_value *v, struct vcca_error *err)
{
  uint64_t n;
  if (!vmm_number(v, &n))
    return vmm_refuse(v, "a number is wanted", err);
  vmm_own_tree(v, n == 1 ? VMM_TREE_SAME : VMM_TREE_OTHER);
  return true;
}

static const struct vmm_option platform_keys[] = {
    {.name = "arm_rme", VMM_ON_OFF(realm)},
    {.name = "measurement_algo", .read = vmm_read_hash},
    {.name = "personalization_value", .read = vmm_read_rpv_base64},
    {.name = "num_pci_segments", .read = read_segments},
    {.name = "iommu_segments", .tree = VMM_TREE_MORE},
    {.name = "iommu_address_width"},
    {.name = "iommufd"},
    {.name = "iommufd_fd"},
    {.name = "oem_strings"},
    {.name = "serial_number"},
    {.name = "uuid"},
    {.name = "vfio_p2p_dma"},
    {.name = NULL},
};

/* off: no UART; where another one writes to does not matter */
static bool read_serial(const struct vmm_value *v, struct vcca_error *err)
{
  static const char *const modes[] = {"null", "pty", "tty"};
  v->config->serial = !vcca_span_is(v->text, "off");
  bool known = !v->config->serial || memchr(v->text.p, '=', v->text.n);
  for (size_t i = 0; i < 3; i++)
    known |= vcca_span_is(v->text, modes[i]);
  return known || vmm_refuse(v, "expected off, pty, tty, null, file=PATH or socket=PATH", err);
}

/* A device at the virtual IOMMU, which is in the device tree. */
static bool read_iommu(const struct vmm_value *v, struct vcca_error *err)
{
  enum vcca_switch how;
  if (!vmm_switch(v, &how, err))
    return false;
  vmm_own_tree(v, how == VCCA_ON ? VMM_TREE_MORE : VMM_TREE_SAME);
  return true;
}

static const struct vmm_option device_keys[] = {
    {.name = "iommu", .read = read_iommu},
    {.name = "*", .flag = true},
    {.name = NULL},
};

#define DEVICE(text)                                   \
  {                                                    \
    .name = (text), .value = true, .keys = device_keys \
  }
#define DEVICES(text)                                                \
  {                                                                  \
    .name = (text), .value = true, .many = true, .keys = device_keys \
  }
#define NO_VM "cloud-hypervisor prints something and ends: it starts no VM"
static const struct vmm_option options[] = {
    {.name = "cpus", .value = true, .keys = cpus_keys},
    {.name = "memory", .value = true, .keys = memory_keys},
    {.name = "platform", .value = true, .keys = platform_keys},
    {.name = "kernel", .value = true, VMM_TEXT(kernel)},
    {.name = "initramfs", .value = true, VMM_TEXT(initrd)},
    {.name = "cmdline", .value = true, VMM_TEXT(append)},
    {.name = "serial", .value = true, .read = read_serial},
    {.name = "firmware", .value = true, .why = "cloud-hypervisor starts realms from a kernel: give --kernel"},
    {.name = "igvm", .value = true, .why = "cloud-hypervisor starts realms from a kernel: give --kernel"},
    {.name = "restore",
     .value = true,
     .why = "a migrated VM was measured where it started: give the command line of its start"},
    {.name = "memory-zone",
     .value = true,
     .many = true,
     .why = "RAM in zones is not modelled: give all of it with --memory size="},
    {.name = "numa", .value = true, .many = true, .tree = VMM_TREE_OTHER},
    {.name = "pci-segment", .value = true, .many = true, .tree = VMM_TREE_OTHER},
    {.name = "tpm", .value = true, .tree = VMM_TREE_MORE},
    {.name = "fw-cfg-config", .value = true, .tree = VMM_TREE_MORE},
    {.name = "help", .letter = 'h', .why = NO_VM},
    {.name = "version", .letter = 'V', .why = NO_VM},
    DEVICE("balloon"),
    DEVICE("console"),
    DEVICE("rng"),
    DEVICE("vsock"),
    DEVICE("ivshmem"),
    DEVICES("device"),
    DEVICES("disk"),
    DEVICES("fs"),
    DEVICES("generic-vhost-user"),
    DEVICES("net"),
    DEVICES("pmem"),
    DEVICES("user-device"),
    DEVICES("vdpa"),
    {.name = "rtc", .value = true, .optional = true, .keys = device_keys},
    /* These change neither registers nor memory nor the device tree. */
    {.name = "dtb", .value = true}, /* the host's paths of what is measured here */
    {.name = "api-socket", .value = true},
    {.name = "dbus-object-path", .value = true},
    {.name = "dbus-service-name", .value = true},
    {.name = "dbus-system-bus"},
    {.name = "debug-console", .value = true},
    {.name = "event-monitor", .value = true},
    {.name = "gdb", .value = true},
    {.name = "host-data", .value = true},
    {.name = "landlock"},
    {.name = "landlock-rules", .value = true, .many = true},
    {.name = "log-file", .value = true},
    {.name = "log-format", .value = true},
    {.name = "no-shutdown"},
    {.name = "pvmemcontrol"},
    {.name = "pvpanic"},
    {.name = "rate-limit-group", .value = true, .many = true},
    {.name = "seccomp", .value = true},
    {.name = "v", .letter = 'v'},
    {.name = "watchdog"},
    {.name = NULL},
};

static void announce(const struct vcca_vmm_config *config, const struct vmm_notes *notes)
{
  if (!config->realm)
    vmm_note(notes, "the VM as written is not a realm and not measured: it has no --platform arm_rme=on; the RIM is "
                    "that of the same VM with it");
}

static bool check(const struct vmm_model *model, struct vcca_vmm_config *config, struct vcca_error *err)
{
  (void)model;
  if (config->ram_size == 0 || config->ram_size % PAGE_4K != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--memory size: RAM is a multiple of 4 KiB, and not 0");
  if (config->ram_size > DEVICES_END - HIGH_RAM)
    return vcca_fail(
        err, VCCA_FAULT_USAGE,
        "RAM goes beyond the 46 address bits that cloud-hypervisor uses: give less RAM with --memory size=");
  return true;
}

/* --- Memory ----------------------------------------------------------------------------------------------- */

static unsigned ipa_bits(const struct vcca_vmm_config *config)
{
  (void)config;
  return 48;
}

static bool place(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images,
                  struct vcca_vmm_plan *out, struct vcca_error *err)
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
      return vcca_fail(err, VCCA_FAULT_USAGE,
                       "--initramfs: %" PRIu64 " MiB do not fit into RAM%s: give more RAM with --memory size=",
                       in_mib(room), lay->ram_count > 1 ? " from 4 GiB on" : "");
    lay->initrd = lay->ram[lay->ram_count - 1].base + size - room;
    lay->initrd_size = images->initrd.n;
    return vmm_add(model, out, VCCA_ROLE_INITRD, lay->initrd, images->initrd, err);
  }
  return true;
}

/* --- Device tree ------------------------------------------------------------------------------------------ */

enum { GIC = 1, ITS = 2, CLOCK = 3, SPI_RTC = 8, SPI_UART = 11, REDISTRIBUTOR = 0x20000, ITS_SIZE = 0x20000 };

static void put_device(struct tree *t, const char *name, uint64_t at, unsigned spi, uint32_t trigger,
                       vcca_span compatible)
{
  tree_begin_at(t, name, at);
  tree_text(t, "clock-names", "apb_pclk");
  TREE_PAIRS(t, "reg", at, 0x1000);
  TREE_CELLS(t, "clocks", CLOCK);
  TREE_CELLS(t, "interrupts", GIC_SPI, spi, trigger);
  tree_bytes(t, "compatible", compatible);
  tree_end(t);
}

/* Devices begin where RAM ends, at 4 GiB or later. The window in the device tree begins at PCI_HIGH or
 * later. */
static void put_pci_ranges(struct tree *t, const struct vmm_layout *lay)
{
  static const uint64_t io[] = {0x09050000, 0x10000}, low[] = {0x10000000, 0x20000000};
  uint64_t start = lay->ram_count > 1 ? lay->ram[1].base + lay->ram[1].size : HIGH_RAM,
           end = start + (DEVICES_END - start) / PCI_UNIT * PCI_UNIT;
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

/* Addresses of distributor and redistributors, and before them the ITS. */
static void gic_regions(const struct vmm_layout *lay, uint64_t reg[4], uint64_t its[2])
{
  uint64_t gicd = 0x08ff0000, size = (uint64_t)REDISTRIBUTOR * lay->config->vcpus;
  reg[0] = gicd;
  reg[1] = 0x10000;
  reg[2] = gicd - size;
  reg[3] = size;
  its[0] = reg[2] - ITS_SIZE;
  its[1] = ITS_SIZE;
}

static void put_gic(struct tree *t, const struct vmm_layout *lay)
{
  uint64_t reg[4], its[2];
  gic_regions(lay, reg, its);
  tree_gic(t, reg, 4, its, GIC, ITS);
}

static void put_tree(struct tree *t, const struct vmm_layout *lay)
{
  tree_start(t, lay, GIC);
  put_gic(t, lay);
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
  if (lay->template.neutral && strcmp(node, "intc@8ff0000") == 0) /* the name of the ITS's node has its address */
    put_gic(t, lay);
  else if (strcmp(node, "memory@40000000") == 0 && lay->ram_count > 1)
    tree_memory(t, lay);
  else
    return strcmp(node, "memory@100000000") == 0; /* written together with the first one, if needed */
  return true;
}

/* The interrupt controller's addresses depend on the number of CPUs. The PCI window depends on RAM when RAM
 * has two ranges; otherwise it is as in the template. */
static bool edit_property(struct tree *t, const struct vmm_layout *lay, const char *node, const char *property,
                          vcca_span old)
{
  (void)old;
  uint64_t reg[4], its[2];
  gic_regions(lay, reg, its);
  if (strcmp(property, "reg") == 0 && (strcmp(node, "intc") == 0 || strcmp(node, "msic") == 0)) {
    tree_pairs(t, property, node[0] == 'i' ? reg : its, node[0] == 'i' ? 4 : 2);
    return true;
  }
  bool pci = strcmp(node, "pci@30000000") == 0 || strcmp(node, "pcie@30000000") == 0;
  if (!pci || strcmp(property, "ranges") != 0 || lay->ram_count == 1)
    return false;
  put_pci_ranges(t, lay);
  return true;
}

const struct vmm_model vmm_cloud_hypervisor = {
    .name = "cloud-hypervisor",
    .summary = "cloud-hypervisor, direct kernel boot",
    .kind = VCCA_VMM_CLOUD_HYPERVISOR,
    .log_name = "cloud-hypervisor",
    .program = "cloud-hypervisor",
    .style = VMM_CLAP,
    .options = options,
    .words = {[VMM_KERNEL] = {"--kernel", ""},
              [VMM_INITRD] = {"--initramfs", ""},
              [VMM_FIRMWARE] = {"--firmware", ""},
              [VMM_APPEND] = {"--cmdline", ""},
              [VMM_HASH] = {"--platform", "measurement_algo="},
              [VMM_VCPUS] = {"--cpus", "boot="},
              [VMM_RAM] = {"--memory", "size="},
              [VMM_DTB] = {"--dtb", ""},
              [VMM_REALM] = {"--platform", "arm_rme=on"}},
    .defaults = {.vcpus = 1, .ram_size = RAM_DEFAULT, .its = true, .serial = true},
    .hash_alg = VCCA_SHA512,
    .ram_base = GIB,
    .chunk = PAGE_4K,
    .pmu_of_host = true,
    .hole = HOLE,
    .hole_end = HIGH_RAM,
    .check = check,
    .announce = announce,
    .ipa_bits = ipa_bits,
    .place = place,
    .put_tree = put_tree,
    .edit_node = edit_node,
    .edit_property = edit_property,
    .put_cpus = tree_cpus,
};
