/* QEMU's virt machine: what the files about its command line and its device tree have in common.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_VMM_QEMU_H
#define BOOT_VMM_QEMU_H

#include "boot/vmm.h"

/* Regions above RAM (hw/arm/virt.c, extended_memmap and virt_set_memmap). */
struct qemu_map {
  uint64_t redistributors, ecam, mmio;
  unsigned ipa_bits; /* one more than the map needs: the upper half of the addresses is shared */
};
struct qemu_map qemu_map(const struct vcca_vmm_config *config);

enum { QEMU_HIGH_REDISTRIBUTORS = 64 * MIB, QEMU_HIGH_ECAM = 256 * MIB };
#define QEMU_HIGH_MMIO ((uint64_t)512 * GIB)

enum { QEMU_RAM_DEFAULT = 128 * MIB };

extern const struct vmm_option qemu_options[];
bool qemu_check(const struct vmm_model *model, struct vcca_vmm_config *config, struct vcca_error *err);

#define QEMU_NO_FLASH "a realm's firmware is what -bios names: QEMU gives a realm no flash"
vmm_reader qemu_read_object, qemu_read_device, qemu_read_serial, qemu_read_global, qemu_read_set;
extern const struct vmm_option qemu_drive_keys[];
/* Reads the realm's object into config, after all arguments. Refuses an object that is named but not made. */
VCCA_MUST_USE bool qemu_check_realm(const struct vmm_model *model, struct vcca_vmm_config *config,
                                    struct vcca_error *err);
/* Refuses a memory backend that is named but not made, or not as large as RAM. Without -m it sets the size of
 * RAM. */
VCCA_MUST_USE bool qemu_check_backend(const struct vmm_model *model, struct vcca_vmm_config *config,
                                      struct vcca_error *err);
void qemu_announce(const struct vcca_vmm_config *config, const struct vmm_notes *notes);

void qemu_put_tree(struct tree *t, const struct vmm_layout *lay);
bool qemu_edit_node(struct tree *t, const struct vmm_layout *lay, const char *node);
bool qemu_check_template(const struct vmm_layout *lay, const void *fdt, struct vcca_error *err);
void qemu_put_cpus(struct tree *t, const struct vmm_layout *lay);
void qemu_put_cpu_map(struct tree *t, const struct vmm_layout *lay);
uint32_t qemu_cpu_phandle(const struct vmm_layout *lay, unsigned i);
bool qemu_edit_property(struct tree *t, const struct vmm_layout *lay, const char *node, const char *property,
                        vcca_span old);

#endif
