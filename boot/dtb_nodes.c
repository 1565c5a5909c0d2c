/* Device tree nodes that several VMM models have.
 *
 * Bindings: as dtb.c; pci/host-generic-pci, arm/pmu, clock/fixed-clock, interrupt-controller/arm,gic-v3.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "boot/vmm.h"

const char *const chosen_properties[CHOSEN_PROPERTIES] = {"bootargs", "linux,initrd-start", "linux,initrd-end"};

void tree_chosen(struct tree *t, const struct vmm_layout *lay, unsigned which)
{
  if (which == 0 && lay->bootargs)
    tree_text(t, chosen_properties[0], lay->bootargs);
  if (which == 0 || lay->initrd_size == 0)
    return;
  uint64_t at = lay->initrd + (which == 2 ? lay->initrd_size : 0);
  if (lay->template.initrd_cells == 1)
    TREE_CELLS(t, chosen_properties[which], LO(at));
  else
    TREE_PAIRS(t, chosen_properties[which], at);
}

void tree_cpus(struct tree *t, const struct vmm_layout *lay)
{
  char name[32];
  tree_begin(t, "cpus");
  TREE_CELLS(t, "#size-cells", 0);
  TREE_CELLS(t, "#address-cells", 1);
  for (unsigned i = 0; i < lay->config->vcpus; i++) {
    snprintf(name, sizeof name, "cpu@%u", i); /* VMMs name the nodes by number, and put the affinity into reg */
    tree_begin(t, name);
    TREE_CELLS(t, "reg", cpu_affinity(i));
    tree_text(t, "enable-method", "psci");
    tree_text(t, "compatible", "arm,armv8");
    tree_text(t, "device_type", "cpu");
    tree_end(t);
  }
  tree_end(t);
}

void tree_memory_reg(struct tree *t, const struct vmm_layout *lay, size_t i)
{
  const struct template_facts *cells = &lay->template;
  uint32_t value[4];
  size_t n = 0;
  if (cells->address_cells == 2)
    value[n++] = HI(lay->ram[i].base);
  value[n++] = LO(lay->ram[i].base);
  if (cells->size_cells == 2)
    value[n++] = HI(lay->ram[i].size);
  value[n++] = LO(lay->ram[i].size);
  tree_cells(t, "reg", value, n);
}

void tree_memory(struct tree *t, const struct vmm_layout *lay)
{
  for (size_t i = 0; i < lay->ram_count; i++) {
    tree_begin_at(t, "memory", lay->ram[i].base);
    tree_text(t, "device_type", "memory");
    tree_memory_reg(t, lay, i);
    tree_end(t);
  }
}

void tree_start(struct tree *t, const struct vmm_layout *lay, uint32_t gic)
{
  tree_begin(t, "");
  tree_text(t, "compatible", "linux,dummy-virt");
  tree_text(t, "model", "linux,dummy-virt-realm");
  TREE_CELLS(t, "#address-cells", 2);
  TREE_CELLS(t, "#size-cells", 2);
  TREE_CELLS(t, "interrupt-parent", gic);

  tree_begin(t, "chosen");
  for (unsigned i = 0; i < CHOSEN_PROPERTIES; i++)
    tree_chosen(t, lay, i);
  tree_end(t);

  tree_memory(t, lay);

  tree_cpus(t, lay);

  tree_begin(t, "psci");
  TREE_CELLS(t, "cpu_on", 0xc4000003);
  TREE_CELLS(t, "cpu_off", 0x84000002);
  tree_text(t, "method", "smc");
  TREE_TEXTS(t, "compatible", "arm,psci-1.0\0arm,psci-0.2\0arm,psci");
  tree_end(t);
}

void tree_gic(struct tree *t, const uint64_t *reg, size_t n, const uint64_t its[2], uint32_t gic, uint32_t its_phandle)
{
  tree_begin_at(t, "intc", reg[0]);
  TREE_CELLS(t, "phandle", gic);
  tree_pairs(t, "reg", reg, n);
  TREE_CELLS(t, "#redistributor-regions", (uint32_t)(n / 2 - 1));
  tree_text(t, "compatible", "arm,gic-v3");
  tree_empty(t, "ranges");
  TREE_CELLS(t, "#size-cells", 2);
  TREE_CELLS(t, "#address-cells", 2);
  tree_empty(t, "interrupt-controller");
  TREE_CELLS(t, "#interrupt-cells", 3);
  if (its) {
    tree_begin_at(t, "its", its[0]);
    TREE_CELLS(t, "phandle", its_phandle);
    tree_pairs(t, "reg", its, 2);
    TREE_CELLS(t, "#msi-cells", 1);
    tree_empty(t, "msi-controller");
    tree_text(t, "compatible", "arm,gic-v3-its");
    tree_end(t);
  }
  tree_end(t);
}

void tree_timer(struct tree *t, uint32_t trigger)
{
  tree_begin(t, "timer");
  TREE_CELLS(t, "interrupts", GIC_PPI, 13, trigger, GIC_PPI, 14, trigger, GIC_PPI, 11, trigger);
  tree_empty(t, "always-on");
  TREE_TEXTS(t, "compatible", "arm,armv8-timer\0arm,armv7-timer");
  tree_end(t);
}

void tree_pmu(struct tree *t)
{
  tree_begin(t, "pmu");
  TREE_CELLS(t, "interrupts", GIC_PPI, 7, IRQ_LEVEL_HIGH);
  tree_text(t, "compatible", "arm,armv8-pmuv3");
  tree_end(t);
}

void tree_clock(struct tree *t, uint32_t phandle)
{
  tree_begin(t, "apb-pclk");
  TREE_CELLS(t, "phandle", phandle);
  tree_text(t, "clock-output-names", "clk24mhz");
  TREE_CELLS(t, "clock-frequency", 24000000);
  TREE_CELLS(t, "#clock-cells", 0);
  tree_text(t, "compatible", "fixed-clock");
  tree_end(t);
}

void tree_pci_ranges(struct tree *t, const uint64_t io[2], const uint64_t low[2], const uint64_t high[2])
{
  enum { IO_SPACE = 0x01000000, MEMORY_32 = 0x02000000, MEMORY_64 = 0x03000000 }; /* IEEE 1275 PCI binding, phys.hi */
  const uint32_t cells[] = {IO_SPACE,  0,           0,           HI(io[0]),   LO(io[0]),   HI(io[1]),   LO(io[1]),
                            MEMORY_32, HI(low[0]),  LO(low[0]),  HI(low[0]),  LO(low[0]),  HI(low[1]),  LO(low[1]),
                            MEMORY_64, HI(high[0]), LO(high[0]), HI(high[0]), LO(high[0]), HI(high[1]), LO(high[1])};
  tree_cells(t, "ranges", cells, high[1] ? 21 : 14);
}

void tree_pci_interrupt(uint32_t cells[10], unsigned slot, unsigned pin, uint32_t gic, unsigned spi)
{
  const uint32_t entry[10] = {slot << 11, 0, 0, pin, gic, 0, 0, GIC_SPI, spi, IRQ_LEVEL_HIGH};
  memcpy(cells, entry, sizeof entry);
}
