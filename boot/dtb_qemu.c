/* The device tree of QEMU's virt machine as a realm, and the parts of a dumped tree that depend on the VM.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <libfdt.h>
#include <stdio.h>

#include "boot/vmm_qemu.h"
#include "rooms/error.h"

enum { SPI_UART = 1, SPI_RTC = 2, SPI_PCI = 3, SPI_VIRTIO = 16, VIRTIO_SLOTS = 32 };
enum { CLOCK = 0x8000 }; /* the first phandle; CPUs come next, then the GIC and its children */
static const uint64_t gicd[] = {0x08000000, 0x10000}, redistributors[] = {0x080a0000, 0xf60000},
                      its[] = {0x08080000, 0x20000};
static const uint64_t uart[] = {0x09000000, 0x1000}, rtc[] = {0x09010000, 0x1000}, fw_cfg[] = {0x09020000, 0x18};
static const uint64_t virtio[] = {0x0a000000, 0x200}, platform_bus[] = {0x0c000000, 0x02000000};
static const uint64_t pci_memory[] = {0x10000000, 0x2eff0000}, pci_io[] = {0x3eff0000, 0x10000};

/* CPUs have phandles for the map of their topology, which machines before virt-6.2 do not have. */
static uint32_t gic_phandle(const struct vmm_layout *lay)
{
  const struct template_facts *facts = &lay->template;
  return CLOCK + (facts->neutral || facts->cpus == 0 || facts->cpu_phandle ? lay->config->vcpus : 0) + 1;
}

/* 123 redistributors fit the low region. */
static bool high_redistributors(const struct vmm_layout *lay)
{
  return lay->config->vcpus > redistributors[1] / 0x20000;
}

/* Writes addresses of distributor and redistributors; returns how many numbers. */
static size_t gic_regions(const struct vmm_layout *lay, uint64_t reg[6])
{
  const uint64_t regions[] = {
      gicd[0], gicd[1], redistributors[0], redistributors[1], lay->redistributors, QEMU_HIGH_REDISTRIBUTORS};
  memcpy(reg, regions, sizeof regions);
  return high_redistributors(lay) ? 6 : 4;
}

static void put_interrupt_map(struct tree *t, const struct vmm_layout *lay)
{
  uint32_t cells[4 * 4 * 10];
  for (unsigned slot = 0; slot < 4; slot++)
    for (unsigned pin = 0; pin < 4; pin++)
      tree_pci_interrupt(cells + (size_t)(4 * slot + pin) * 10, slot, pin + 1, gic_phandle(lay),
                         SPI_PCI + (slot + pin) % 4);
  tree_cells(t, "interrupt-map", cells, sizeof cells / sizeof *cells);
}

static void put_ranges(struct tree *t, const struct vmm_layout *lay)
{
  tree_pci_ranges(t, pci_io, pci_memory, (const uint64_t[]){lay->mmio, QEMU_HIGH_MMIO});
}

static void put_msi_map(struct tree *t, const struct vmm_layout *lay)
{
  if (lay->config->its)
    TREE_CELLS(t, "msi-map", 0, gic_phandle(lay) + 1, 0, 0x10000);
}

static void put_log(struct tree *t, const struct vmm_layout *lay)
{
  if (!lay->log)
    return;
  tree_begin(t, "reserved-memory");
  tree_empty(t, "ranges");
  TREE_CELLS(t, "#size-cells", 2);
  TREE_CELLS(t, "#address-cells", 2);
  tree_begin_at(t, "event-log", lay->log);
  TREE_PAIRS(t, "reg", lay->log, LOG_SIZE);
  tree_text(t, "compatible", "cc-event-log");
  tree_end(t);
  tree_end(t);
}

static void put_pci(struct tree *t, const struct vmm_layout *lay)
{
  tree_begin_at(t, "pcie", pci_memory[0]);
  put_interrupt_map(t, lay);
  TREE_CELLS(t, "interrupt-map-mask", 3 << 11, 0, 0, 7); /* four lines, shared by all slots */
  TREE_CELLS(t, "#interrupt-cells", 1);
  put_ranges(t, lay);
  TREE_PAIRS(t, "reg", lay->ecam, QEMU_HIGH_ECAM);
  put_msi_map(t, lay);
  tree_empty(t, "dma-coherent");
  TREE_CELLS(t, "bus-range", 0, 0xff);
  TREE_CELLS(t, "linux,pci-domain", 0);
  TREE_CELLS(t, "#size-cells", 2);
  TREE_CELLS(t, "#address-cells", 3);
  tree_text(t, "device_type", "pci");
  tree_text(t, "compatible", "pci-host-ecam-generic");
  tree_end(t);
}

static void put_platform(struct tree *t, const struct vmm_layout *lay)
{
  tree_begin_at(t, "platform-bus", platform_bus[0]);
  TREE_CELLS(t, "interrupt-parent", gic_phandle(lay));
  TREE_CELLS(t, "ranges", 0, 0, LO(platform_bus[0]), LO(platform_bus[1]));
  TREE_CELLS(t, "#address-cells", 1);
  TREE_CELLS(t, "#size-cells", 1);
  TREE_TEXTS(t, "compatible", "qemu,platform\0simple-bus");
  tree_end(t);

  put_log(t, lay);

  tree_begin_at(t, "fw-cfg", fw_cfg[0]);
  tree_empty(t, "dma-coherent");
  tree_pairs(t, "reg", fw_cfg, 2);
  tree_text(t, "compatible", "qemu,fw-cfg-mmio");
  tree_end(t);

  for (unsigned i = 0; i < VIRTIO_SLOTS; i++) {
    uint64_t at = virtio[0] + i * virtio[1];
    tree_begin_at(t, "virtio_mmio", at);
    tree_empty(t, "dma-coherent");
    TREE_CELLS(t, "interrupts", GIC_SPI, SPI_VIRTIO + i, IRQ_EDGE_RISING);
    TREE_PAIRS(t, "reg", at, virtio[1]);
    tree_text(t, "compatible", "virtio,mmio");
    tree_end(t);
  }
}

static void put_uart_and_clock(struct tree *t)
{
  tree_begin_at(t, "pl031", rtc[0]);
  tree_text(t, "clock-names", "apb_pclk");
  tree_pairs(t, "reg", rtc, 2);
  TREE_CELLS(t, "clocks", CLOCK);
  TREE_CELLS(t, "interrupts", GIC_SPI, SPI_RTC, IRQ_LEVEL_HIGH);
  TREE_TEXTS(t, "compatible", "arm,pl031\0arm,primecell");
  tree_end(t);

  tree_begin_at(t, "pl011", uart[0]);
  TREE_TEXTS(t, "clock-names", "uartclk\0apb_pclk");
  tree_pairs(t, "reg", uart, 2);
  TREE_CELLS(t, "clocks", CLOCK, CLOCK);
  TREE_CELLS(t, "interrupts", GIC_SPI, SPI_UART, IRQ_LEVEL_HIGH);
  TREE_TEXTS(t, "compatible", "arm,pl011\0arm,primecell");
  tree_end(t);
}

void qemu_put_tree(struct tree *t, const struct vmm_layout *lay)
{
  uint64_t reg[6];
  size_t n = gic_regions(lay, reg);
  tree_start(t, lay, gic_phandle(lay));
  put_platform(t, lay);
  put_pci(t, lay);
  put_uart_and_clock(t);
  if (lay->pmu)
    tree_pmu(t);
  tree_gic(t, reg, n, lay->config->its ? its : NULL, gic_phandle(lay), gic_phandle(lay) + 1);
  tree_timer(t, IRQ_LEVEL_HIGH);
  tree_clock(t, CLOCK);
  tree_end(t);
}

/* --- Templates -------------------------------------------------------------------------------------------- */

static void begin_numbered(struct tree *t, const char *name, unsigned i)
{
  char text[32];
  snprintf(text, sizeof text, "%s%u", name, i);
  tree_begin(t, text);
}

/* QEMU numbers the phandles of CPUs from the last to the first. */
uint32_t qemu_cpu_phandle(const struct vmm_layout *lay, unsigned i)
{
  return CLOCK + lay->config->vcpus - i;
}

/* The map's entries for CPUs, with descending phandles. A core with one thread has no thread nodes. */
static void put_core(struct tree *t, unsigned threads, uint32_t phandle)
{
  for (unsigned i = 0; threads > 1 && i < threads && phandle - i > CLOCK; i++) {
    begin_numbered(t, "thread", i);
    TREE_CELLS(t, "cpu", phandle - i);
    tree_end(t);
  }
  if (threads == 1)
    TREE_CELLS(t, "cpu", phandle);
}

void qemu_put_cpu_map(struct tree *t, const struct vmm_layout *lay)
{
  const struct vcca_vmm_config *config = lay->config;
  uint32_t phandle = qemu_cpu_phandle(lay, 0);
  tree_begin(t, "cpu-map");
  for (unsigned socket = 0; socket < config->sockets && phandle > CLOCK; socket++) {
    begin_numbered(t, "socket", socket);
    for (unsigned cluster = 0; cluster < config->clusters && phandle > CLOCK; cluster++) {
      begin_numbered(t, "cluster", cluster);
      for (unsigned core = 0; core < config->cores && phandle > CLOCK; core++) {
        begin_numbered(t, "core", core);
        put_core(t, config->threads, phandle);
        phandle -= phandle - CLOCK < config->threads ? phandle - CLOCK : config->threads;
        tree_end(t);
      }
      tree_end(t);
    }
    tree_end(t);
  }
  tree_end(t);
}

void qemu_put_cpus(struct tree *t, const struct vmm_layout *lay)
{
  const struct vcca_vmm_config *config = lay->config;
  tree_begin(t, "cpus");
  TREE_CELLS(t, "#size-cells", 0);
  TREE_CELLS(t, "#address-cells", 1);
  qemu_put_cpu_map(t, lay);
  for (unsigned i = 0; i < config->vcpus; i++) {
    begin_numbered(t, "cpu@", i);
    TREE_CELLS(t, "phandle", qemu_cpu_phandle(lay, i));
    TREE_CELLS(t, "reg", cpu_affinity(i));
    if (config->vcpus > 1 || lay->template.neutral)
      tree_text(t, "enable-method", "psci");
    tree_text(t, "compatible", "arm,arm-v8");
    tree_text(t, "device_type", "cpu");
    tree_end(t);
  }
  tree_end(t);
}

/* With firmware that reads ACPI's tables, power is one of their devices (virt.c, machvirt_init). */
static bool acpi_power(const struct vmm_layout *lay)
{
  return lay->config->firmware && lay->config->acpi != VCCA_OFF;
}

bool qemu_edit_node(struct tree *t, const struct vmm_layout *lay, const char *node)
{
  bool power = strcmp(node, "gpio-keys") == 0 || strcmp(node, "pl061@9030000") == 0;
  if (strcmp(node, "reserved-memory") == 0) {
    put_log(t, lay);
    return true;
  }
  return (strcmp(node, "its@8080000") == 0 && !lay->config->its) || (strcmp(node, "pmu") == 0 && !lay->pmu) ||
         (power && acpi_power(lay));
}

/* A path without a unit address finds the node with any. */
static bool check_devices(const struct vmm_layout *lay, const void *fdt, struct vcca_error *err)
{
  int bus = fdt_path_offset(fdt, "/platform-bus@c000000");
  const struct {
    bool wanted, there;
    const char *what;
  } rows[] = {
      {lay->config->smmu, fdt_path_offset(fdt, "/smmuv3") >= 0, "the SMMU of -M iommu=smmuv3"},
      {lay->config->pci_iommu, fdt_path_offset(fdt, "/pcie@10000000/virtio_iommu") >= 0, "a virtio-iommu"},
      {lay->config->on_platform_bus, bus >= 0 && fdt_first_subnode(fdt, bus) >= 0, "a device on the platform bus"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (rows[i].wanted != rows[i].there)
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                       "dtb-template: it is of a VM with%s %s, and this VM has %s: dump a tree of such a VM",
                       rows[i].there ? "" : "out", rows[i].what, rows[i].wanted ? "it" : "none");
  return true;
}

/* Nodes that vcca cannot make: their content and place depend on QEMU's version. */
bool qemu_check_template(const struct vmm_layout *lay, const void *fdt, struct vcca_error *err)
{
  const struct {
    bool wanted;
    const char *path, *what, *with;
  } rows[] = {
      {lay->config->its, "/intc@8000000/its@8080000", "ITS", "-M its=on"},
      {lay->pmu, "/pmu", "PMU", "-cpu pmu=on"},
      {lay->log != 0, "/reserved-memory", "measurement log", "-object rme-guest,measurement-log=on"},
      {!acpi_power(lay) && fdt_path_offset(fdt, "/fw-cfg@9020000") >= 0, "/pl061@9030000", "power button",
       "-M acpi=off, or without -bios"},
  };
  if (lay->template.neutral || fdt_path_offset(fdt, "/intc@8000000") < 0)
    return true;
  if (!check_devices(lay, fdt, err))
    return false;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (rows[i].wanted && fdt_path_offset(fdt, rows[i].path) < 0)
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                       "dtb-template: it is of a VM without %s (%s), and this VM has it: dump a tree of a VM with %s",
                       rows[i].what, rows[i].path, rows[i].with);
  return true;
}

/* QEMU numbers phandles in the order in which it makes nodes: CPUs, the GIC and its ITS, then all others. So
 * the others change with these. */
static uint32_t moved(const struct vmm_layout *lay, uint32_t phandle)
{
  const struct template_facts *facts = &lay->template;
  uint32_t behind = facts->gic + facts->its;
  return facts->gic && phandle > behind ? phandle - behind + gic_phandle(lay) + lay->config->its : phandle;
}

/* Each n-th cell, beginning with the first, is a phandle. */
static void put_moved(struct tree *t, const struct vmm_layout *lay, const char *property, vcca_span old, size_t first,
                      size_t n)
{
  enum { CELLS_MAX = 256 };
  uint32_t cells[CELLS_MAX];
  size_t count = old.n / 4 < CELLS_MAX ? old.n / 4 : CELLS_MAX;
  for (size_t i = 0; i < count; i++)
    cells[i] = i >= first && (i - first) % n == 0 ? moved(lay, vcca_be32(old.p + 4 * i)) : vcca_be32(old.p + 4 * i);
  tree_cells(t, property, cells, count);
}

static bool edit_gic(struct tree *t, const struct vmm_layout *lay, const char *property)
{
  uint64_t reg[6];
  size_t n = gic_regions(lay, reg);
  if (strcmp(property, "reg") == 0)
    tree_pairs(t, property, reg, n);
  else if (strcmp(property, "phandle") == 0)
    TREE_CELLS(t, property, gic_phandle(lay));
  else if (strcmp(property, "#redistributor-regions") == 0)
    TREE_CELLS(t, property, high_redistributors(lay) ? 2 : 1);
  else
    return false;
  return true;
}

static bool edit_pci(struct tree *t, const struct vmm_layout *lay, const char *property, vcca_span old)
{
  if (strcmp(property, "interrupt-map") == 0)
    put_interrupt_map(t, lay);
  else if (strcmp(property, "msi-map") == 0)
    put_msi_map(t, lay);
  else if (strcmp(property, "iommu-map") == 0)
    put_moved(t, lay, property, old, 1, 4);
  else if (strcmp(property, "ranges") == 0)
    put_ranges(t, lay);
  else if (strcmp(property, "reg") == 0)
    TREE_PAIRS(t, property, lay->ecam, QEMU_HIGH_ECAM);
  else
    return false;
  return true;
}

bool qemu_edit_property(struct tree *t, const struct vmm_layout *lay, const char *node, const char *property,
                        vcca_span old)
{
  if (strcmp(property, "interrupt-parent") == 0)
    TREE_CELLS(t, property, gic_phandle(lay));
  else if (strcmp(node, "intc@8000000") == 0)
    return edit_gic(t, lay, property);
  else if (strcmp(node, "pcie@10000000") == 0)
    return edit_pci(t, lay, property, old);
  else if (strcmp(node, "its@8080000") == 0 && strcmp(property, "phandle") == 0)
    TREE_CELLS(t, property, gic_phandle(lay) + 1);
  else if (strcmp(property, "phandle") == 0 || strcmp(property, "gpios") == 0)
    put_moved(t, lay, property, old, 0, 3);
  else
    return false;
  return true;
}
