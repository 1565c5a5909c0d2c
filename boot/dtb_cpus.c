/* The facts of a template, and its CPUs: as many as this VM has, each like the template's.
 *
 * VMMs write enable-method only when there is more than one CPU (QEMU hw/arm/virt.c, kvmtool arm/fdt.c,
 * cloud-hypervisor fdt.rs).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <libfdt.h>
#include <stdio.h>

#include "boot/vmm.h"
#include "rooms/error.h"

static bool is_cpu(const void *fdt, int node)
{
  const char *name = fdt_get_name(fdt, node, NULL);
  return name && strncmp(name, "cpu@", 4) == 0 && fdt_getprop(fdt, node, "reg", NULL);
}

static bool has_child(const void *fdt, int node)
{
  return fdt_first_subnode(fdt, node) >= 0;
}

/* --- What it is -------------------------------------------------------------------------------------------- */

static unsigned cells(const void *fdt, const char *name, unsigned otherwise)
{
  int n;
  const uint8_t *value = fdt_getprop(fdt, 0, name, &n);
  return value && n == 4 ? vcca_be32(value) : otherwise;
}

static bool text_is(const void *fdt, const char *name, const char *text)
{
  int n;
  const char *value = fdt_getprop(fdt, 0, name, &n);
  return value && n == (int)strlen(text) + 1 && memcmp(value, text, (size_t)n) == 0;
}

/* The number of cells of an initrd's address; 0: the tree does not show it. QEMU before 8.0 writes one, later
 * versions as many as the root says. dma-coherent in the root (since 9.1) shows a later version. */
static unsigned initrd_cells(const struct vmm_model *model, const struct template_facts *facts, const void *fdt,
                             int chosen)
{
  int n;
  for (unsigned i = 1; chosen >= 0 && i < CHOSEN_PROPERTIES; i++)
    if (fdt_getprop(fdt, chosen, chosen_properties[i], &n) && (n == 4 || n == 8))
      return (unsigned)n / 4;
  if (!model->new_in_front || facts->neutral || !text_is(fdt, "compatible", "linux,dummy-virt"))
    return model->new_in_front ? facts->address_cells : 2;
  return fdt_getprop(fdt, 0, "dma-coherent", NULL) ? facts->address_cells : 0;
}

static void count_cpus(struct template_facts *facts, const void *fdt, int cpus)
{
  for (int node = fdt_first_subnode(fdt, cpus); node >= 0; node = fdt_next_subnode(fdt, node)) {
    const char *name = fdt_get_name(fdt, node, NULL);
    if (!is_cpu(fdt, node)) {
      facts->cpus_alone = facts->cpus_alone && name && strcmp(name, "cpu-map") == 0;
      facts->cpu_map = facts->cpu_map || (name && strcmp(name, "cpu-map") == 0);
      continue;
    }
    facts->cpus_alone = facts->cpus_alone && !has_child(fdt, node) && !fdt_getprop(fdt, node, "next-level-cache", NULL);
    uint32_t phandle = fdt_get_phandle(fdt, node);
    if (facts->cpus == 0)
      facts->cpu_phandle = phandle;
    else if (facts->cpus == 1)
      facts->cpu_step = phandle - facts->cpu_phandle;
    facts->cpus++;
  }
}

static unsigned count_memory(const void *fdt)
{
  unsigned n = 0;
  for (int node = fdt_first_subnode(fdt, 0); node >= 0; node = fdt_next_subnode(fdt, node)) {
    const char *name = fdt_get_name(fdt, node, NULL);
    n += name && (strcmp(name, "memory") == 0 || strncmp(name, "memory@", 7) == 0);
  }
  return n;
}

bool template_read(const struct vmm_model *model, struct vmm_layout *lay, const void *fdt, struct vcca_error *err)
{
  int chosen = fdt_subnode_offset(fdt, 0, "chosen"), cpus = fdt_subnode_offset(fdt, 0, "cpus");
  struct template_facts *facts = &lay->template;
  *facts = (struct template_facts){.chosen = chosen >= 0,
                                   .memory = fdt_subnode_offset(fdt, 0, "memory") >= 0, /* also finds memory@unit */
                                   .neutral = text_is(fdt, "model", "linux,dummy-virt-realm"),
                                   .address_cells = cells(fdt, "#address-cells", 2),
                                   .size_cells = cells(fdt, "#size-cells", 1),
                                   .gic = cells(fdt, "interrupt-parent", 0),
                                   .its = fdt_path_offset(fdt, "/intc@8000000/its@8080000") >= 0,
                                   .cpus_alone = true,
                                   .cpu_step = 1};
  facts->seeds =
      chosen >= 0 && (fdt_getprop(fdt, chosen, "kaslr-seed", NULL) || fdt_getprop(fdt, chosen, "rng-seed", NULL));
  facts->numa = model->numa_with_room && lay->config->ram_max > lay->config->ram_size && !facts->neutral;
  facts->initrd_cells = initrd_cells(model, facts, fdt, chosen);
  if (cpus >= 0)
    count_cpus(facts, fdt, cpus);
  if (count_memory(fdt) > (model->hole ? 2 : 1))
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                     "dtb-template: it has %u memory nodes: dump a tree of a VM without NUMA nodes", count_memory(fdt));
  if (facts->address_cells < 1 || facts->address_cells > 2 || facts->size_cells < 1 || facts->size_cells > 2)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                     "dtb-template: the root's #address-cells and #size-cells are 1 or 2, not %u and %u",
                     facts->address_cells, facts->size_cells);
  for (size_t i = 0; i < lay->ram_count; i++)
    if ((facts->address_cells == 1 && HI(lay->ram[i].base)) || (facts->size_cells == 1 && HI(lay->ram[i].size)))
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                       "dtb-template: RAM does not fit into its addresses and sizes of 32 bits: give less RAM with %s",
                       vmm_say(model, VMM_RAM).text);
  if (lay->initrd_size && facts->initrd_cells == 0)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                     "dtb-template: it has no initrd, and its QEMU (before 9.1) may write an initrd's addresses with 4 "
                     "or 8 bytes: dump a tree of a "
                     "VM with -initrd");
  if (lay->initrd_size && facts->initrd_cells == 1 && HI(lay->initrd + lay->initrd_size))
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                     "dtb-template: the initrd ends beyond the 32 bits that its addresses have there");
  if (!facts->cpus_alone && facts->cpus > 0 && facts->cpus != lay->config->vcpus)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                     "dtb-template: its %u CPUs have caches or other nodes that depend on their number: dump a tree of "
                     "a VM with %u CPUs",
                     facts->cpus, lay->config->vcpus);
  return !model->check_template || model->check_template(lay, fdt, err);
}

/* --- CPUs -------------------------------------------------------------------------------------------------- */

static void copy_properties(struct tree *t, const void *fdt, int node)
{
  for (int at = fdt_first_property_offset(fdt, node); at >= 0; at = fdt_next_property_offset(fdt, at))
    tree_copy(t, fdt, at);
}

/* Copies a node with its contents. */
static void copy_node(struct tree *t, const void *fdt, int node)
{
  int depth = 0, next = node;
  do {
    int at = next;
    switch (fdt_next_tag(fdt, at, &next)) {
    case FDT_BEGIN_NODE:
      tree_begin(t, fdt_get_name(fdt, at, NULL));
      depth++;
      break;
    case FDT_END_NODE:
      tree_end(t);
      depth--;
      break;
    case FDT_PROP:
      tree_copy(t, fdt, at);
      break;
    default:
      break;
    }
  } while (depth > 0 && next > 0);
}

struct cpu {
  const struct vmm_model *model;
  const struct vmm_layout *lay;
  unsigned i;
};

/* Whether a CPU's property is written again or removed, not copied. */
static bool edit_cpu(struct tree *t, const struct cpu *cpu, const char *name, int n)
{
  const struct template_facts *facts = &cpu->lay->template;
  unsigned vcpus = cpu->lay->config->vcpus;
  if (strcmp(name, "reg") == 0 && n == 4)
    TREE_CELLS(t, "reg", cpu_affinity(cpu->i));
  else if (strcmp(name, "reg") == 0 && n == 8)
    TREE_CELLS(t, "reg", 0, cpu_affinity(cpu->i));
  else if (strcmp(name, "phandle") == 0 && n == 4)
    TREE_CELLS(t, "phandle",
               cpu->model->cpu_phandle ? cpu->model->cpu_phandle(cpu->lay, cpu->i)
                                       : facts->cpu_phandle + cpu->i * facts->cpu_step);
  else if (strcmp(name, "numa-node-id") == 0 && cpu->model->numa_with_room)
    return true; /* is written before reg */
  else if (strcmp(name, "enable-method") == 0)
    return vcpus == 1 && facts->cpus > 1 && !facts->neutral;
  else if (strcmp(name, "compatible") == 0 && cpu->model->cpu_compatible && !facts->neutral)
    tree_text(t, name, cpu->model->cpu_compatible);
  else
    return false;
  return true;
}

static void put_cpu(struct tree *t, const struct cpu *cpu, const void *fdt, int like, bool same)
{
  const struct vmm_model *model = cpu->model;
  char name[32];
  bool add =
      cpu->lay->config->vcpus > 1 && !fdt_getprop(fdt, like, "enable-method", NULL) && cpu->lay->template.cpus == 1;
  snprintf(name, sizeof name, model->cpu_by_affinity && !cpu->lay->template.neutral ? "cpu@%x" : "cpu@%u",
           model->cpu_by_affinity && !cpu->lay->template.neutral ? cpu_affinity(cpu->i) : cpu->i);
  tree_begin(t, same ? fdt_get_name(fdt, like, NULL) : name);
  for (int at = fdt_first_property_offset(fdt, like); at >= 0; at = fdt_next_property_offset(fdt, at)) {
    const char *property;
    int n = 0;
    if (!fdt_getprop_by_offset(fdt, at, &property, &n))
      break;
    if (add && strcmp(property, model->new_in_front ? "compatible" : "reg") == 0)
      tree_text(t, "enable-method", "psci");
    if (cpu->lay->template.numa && strcmp(property, "reg") == 0)
      TREE_CELLS(t, "numa-node-id", 0);
    size_t before = tree_size(t);
    if (edit_cpu(t, cpu, property, n))
      tree_keep_padding(t, before, fdt, at);
    else
      tree_copy(t, fdt, at);
  }
  for (int child = fdt_first_subnode(fdt, like); child >= 0; child = fdt_next_subnode(fdt, child))
    copy_node(t, fdt, child);
  tree_end(t);
}

/* Writes all CPUs. first is the template's first CPU; the others follow it among its siblings. */
static void put_all(struct tree *t, const struct vmm_model *model, const struct vmm_layout *lay, const void *fdt,
                    int first)
{
  int like = first;
  for (unsigned i = 0; i < lay->config->vcpus; i++) {
    put_cpu(t, &(struct cpu){model, lay, i}, fdt, like, i < lay->template.cpus);
    if (i + 1 >= lay->template.cpus)
      continue;
    do
      like = fdt_next_subnode(fdt, like);
    while (like >= 0 && !is_cpu(fdt, like));
  }
}

bool template_cpus(struct tree *t, const struct vmm_model *model, const struct vmm_layout *lay, const void *fdt,
                   int cpus)
{
  bool written = false;
  if (lay->template.cpus == 0 ||
      (lay->template.neutral &&
       model->put_cpu_map)) { /* kept for published RIMs of edited neutral trees, which have the map */
    model->put_cpus(t, lay);
    return true;
  }
  tree_begin(t, "cpus");
  copy_properties(t, fdt, cpus);
  for (int node = fdt_first_subnode(fdt, cpus); node >= 0; node = fdt_next_subnode(fdt, node)) {
    const char *name = fdt_get_name(fdt, node, NULL);
    if (is_cpu(fdt, node)) {
      if (!written)
        put_all(t, model, lay, fdt, node);
      written = true;
    } else if (model->put_cpu_map && name && strcmp(name, "cpu-map") == 0)
      model->put_cpu_map(t, lay);
    else
      copy_node(t, fdt, node);
  }
  tree_end(t);
  return true;
}
