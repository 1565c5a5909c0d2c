/* kvmtool's device tree for a realm, and the parts of a dumped tree that depend on the VM.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <libfdt.h>
#include <stdio.h>

#include "boot/vmm_kvmtool.h"
#include "rooms/error.h"

enum { GIC = 1, ITS = 2, UARTS = 4, SPI_UART = 0, SPI_VIRTIO = 4, SPI_PCI = 64, PCI_SLOTS = 32 };
static const uint64_t gicd[] = {0x3fff0000, 0x10000}, rtc[] = {0x01010000, 2}, pci_config[] = {0x40000000, 0x10000000};
static const uint64_t pci_io[] = {0, 0x10000}, pci_memory[] = {0x50000000, 0x30000000}; /* up to RAM */
enum {
  UART_AT = 0x01000000,
  UART_STRIDE = 0x1000,
  VIRTIO_AT = 0x03000000,
  VIRTIO_SIZE = 0x200,
  REDISTRIBUTOR = 0x20000,
  ITS_SIZE = 0x20000
};

/* Redistributors and ITS end where the distributor begins. */
static void put_gic(struct tree *t, const struct vcca_vmm_config *config)
{
  uint64_t size = (uint64_t)REDISTRIBUTOR * config->vcpus, base = gicd[0] - size;
  tree_begin(t, "intc");
  tree_text(t, "compatible", "arm,gic-v3");
  TREE_CELLS(t, "#interrupt-cells", 3);
  tree_empty(t, "interrupt-controller");
  TREE_PAIRS(t, "reg", gicd[0], gicd[1], base, size);
  TREE_CELLS(t, "phandle", GIC);
  TREE_CELLS(t, "#address-cells", 2);
  TREE_CELLS(t, "#size-cells", 2);
  tree_empty(t, "ranges");
  if (config->its) {
    tree_begin(t, "msic");
    tree_text(t, "compatible", "arm,gic-v3-its");
    tree_empty(t, "msi-controller");
    TREE_CELLS(t, "phandle", ITS);
    TREE_PAIRS(t, "reg", base - ITS_SIZE, ITS_SIZE);
    tree_end(t);
  }
  tree_end(t);
}

static void put_log(struct tree *t, const struct vmm_layout *lay)
{
  if (!lay->log)
    return;
  tree_begin(t, "reserved-memory");
  TREE_CELLS(t, "#address-cells", 2);
  TREE_CELLS(t, "#size-cells", 2);
  tree_empty(t, "ranges");
  tree_begin_at(t, "event-log", lay->log);
  tree_text(t, "compatible", "cc-event-log");
  TREE_PAIRS(t, "reg", lay->log, LOG_SIZE);
  tree_end(t);
  tree_end(t);
}

static void put_devices(struct tree *t, const struct vcca_vmm_config *config)
{
  for (unsigned i = 0; i < UARTS; i++) {
    tree_begin_at(t, "U6_16550A", UART_AT + (uint64_t)i * UART_STRIDE);
    tree_text(t, "compatible", "ns16550a");
    TREE_PAIRS(t, "reg", UART_AT + (uint64_t)i * UART_STRIDE, 8);
    TREE_CELLS(t, "interrupts", GIC_SPI, SPI_UART + i, IRQ_LEVEL_HIGH);
    TREE_CELLS(t, "clock-frequency", 1843200);
    tree_end(t);
  }
  unsigned virtio = config->mmio_devices + (config->virtio_mmio ? config->devices : 0);
  for (unsigned i = 0; i < virtio; i++) {
    tree_begin_at(t, "virtio", VIRTIO_AT + (uint64_t)i * VIRTIO_SIZE);
    tree_text(t, "compatible", "virtio,mmio");
    TREE_PAIRS(t, "reg", VIRTIO_AT + (uint64_t)i * VIRTIO_SIZE, VIRTIO_SIZE);
    tree_empty(t, "dma-coherent");
    TREE_CELLS(t, "interrupts", GIC_SPI, SPI_VIRTIO + i, IRQ_EDGE_RISING);
    tree_end(t);
  }
  tree_begin_at(t, "rtc", rtc[0]);
  tree_text(t, "compatible", "motorola,mc146818");
  tree_pairs(t, "reg", rtc, 2);
  tree_end(t);
}

static void put_pci(struct tree *t, const struct vcca_vmm_config *config)
{
  uint32_t interrupts[PCI_SLOTS * 10];
  tree_begin_at(t, "pci", pci_config[0]);
  tree_text(t, "device_type", "pci");
  TREE_CELLS(t, "#address-cells", 3);
  TREE_CELLS(t, "#size-cells", 2);
  tree_empty(t, "dma-coherent");
  TREE_CELLS(t, "bus-range", 0, 0);
  tree_text(t, "compatible", "pci-host-ecam-generic");
  tree_pairs(t, "reg", pci_config, 2);
  tree_pci_ranges(t, pci_io, pci_memory, (const uint64_t[]){0, 0});
  for (unsigned slot = 0; slot < PCI_SLOTS; slot++) /* pin A only, one line for each slot */
    tree_pci_interrupt(interrupts + (size_t)slot * 10, slot, 1, GIC, SPI_PCI + slot);
  tree_cells(t, "interrupt-map", interrupts, sizeof interrupts / sizeof *interrupts);
  TREE_CELLS(t, "interrupt-map-mask", 31 << 11, 0, 0, 7);
  TREE_CELLS(t, "#interrupt-cells", 1);
  if (config->its)
    TREE_CELLS(t, "msi-map", 0, ITS, 0, 0x10000);
  tree_end(t);
}

void kvmtool_put_tree(struct tree *t, const struct vmm_layout *lay)
{
  tree_start(t, lay, GIC);
  put_gic(t, lay->config);
  put_log(t, lay);
  tree_timer(t, IRQ_LEVEL_LOW);
  if (lay->pmu)
    tree_pmu(t);
  put_devices(t, lay->config);
  put_pci(t, lay->config);
  tree_end(t);
}

/* --- Templates -------------------------------------------------------------------------------------------- */

void kvmtool_put_cpus(struct tree *t, const struct vmm_layout *lay)
{
  unsigned count = lay->config->vcpus;
  char name[32];
  tree_begin(t, "cpus");
  TREE_CELLS(t, "#address-cells", 1);
  TREE_CELLS(t, "#size-cells", 0);
  for (unsigned i = 0; i < count; i++) {
    snprintf(name, sizeof name, "cpu@%x", cpu_affinity(i));
    tree_begin(t, name);
    tree_text(t, "device_type", "cpu");
    tree_text(t, "compatible", "arm,arm-v8");
    if (count > 1)
      tree_text(t, "enable-method", "psci");
    TREE_CELLS(t, "reg", cpu_affinity(i));
    tree_end(t);
  }
  tree_end(t);
}

bool kvmtool_edit_node(struct tree *t, const struct vmm_layout *lay, const char *node)
{
  if (strcmp(node, "reserved-memory") == 0)
    put_log(t, lay);
  else
    return strcmp(node, "pmu") == 0 && !lay->pmu;
  return true;
}

/* The address of the redistributors depends on the number of CPUs, and that of the ITS on the
 * redistributors. */
bool kvmtool_edit_property(struct tree *t, const struct vmm_layout *lay, const char *node, const char *property,
                           vcca_span old)
{
  (void)old;
  uint64_t size = (uint64_t)REDISTRIBUTOR * lay->config->vcpus, base = gicd[0] - size;
  if (strcmp(property, "reg") != 0)
    return false;
  if (strcmp(node, "intc") == 0)
    TREE_PAIRS(t, property, gicd[0], gicd[1], base, size);
  else if (strcmp(node, "msic") == 0)
    TREE_PAIRS(t, property, base - ITS_SIZE, ITS_SIZE);
  else
    return false;
  return true;
}

bool kvmtool_check_template(const struct vmm_layout *lay, const void *fdt, struct vcca_error *err)
{
  const struct {
    bool wrong;
    const char *node, *what;
  } rows[] = {
      {lay->config->its != (fdt_path_offset(fdt, "/intc/msic") >= 0), "/intc/msic", "--irqchip"},
      {lay->pmu && fdt_path_offset(fdt, "/pmu") < 0, "/pmu", "--pmu"},
      {lay->log && fdt_path_offset(fdt, "/reserved-memory") < 0, "/reserved-memory", "--measurement-log"},
  };
  if (fdt_path_offset(fdt, "/intc") < 0)
    return true;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (rows[i].wrong)
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                       "dtb-template: its %s differs from this VM's: dump a tree with the same %s", rows[i].node,
                       rows[i].what);
  return true;
}
