/* QEMU's virt machine: what its command line and its device tree share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_VMM_QEMU_H
#define BOOT_VMM_QEMU_H

#include "boot/vmm.h"

/* Regions above RAM (hw/arm/virt.c, extended_memmap and virt_set_memmap). */
struct qemu_map {
  uint64_t redistributors, ecam, mmio;
  unsigned ipa_bits; /* one more than the map needs: the upper half is the realm's shared one */
};
struct qemu_map qemu_map(const struct vcca_vmm_config *config);

enum { QEMU_HIGH_REDISTRIBUTORS = 64 * MIB, QEMU_HIGH_ECAM = 256 * MIB };
#define QEMU_HIGH_MMIO ((uint64_t)512 * GIB)

void qemu_put_tree(struct tree *t, const struct vmm_layout *lay);
bool qemu_edit_node(struct tree *t, const struct vmm_layout *lay, const char *node);
bool qemu_edit_property(struct tree *t, const struct vmm_layout *lay, const char *node, const char *property);

#endif
