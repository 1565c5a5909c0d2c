/* kvmtool: what the files about its command line and its device tree have in common.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_VMM_KVMTOOL_H
#define BOOT_VMM_KVMTOOL_H

#include "boot/vmm.h"

extern const struct vmm_option kvmtool_options[];
bool kvmtool_check(const struct vmm_model *model, struct vcca_vmm_config *config, struct vcca_error *err);
void kvmtool_announce(const struct vcca_vmm_config *config, const struct vmm_notes *notes);

void kvmtool_put_tree(struct tree *t, const struct vmm_layout *lay);
void kvmtool_put_cpus(struct tree *t, const struct vmm_layout *lay);
bool kvmtool_edit_node(struct tree *t, const struct vmm_layout *lay, const char *node);
bool kvmtool_edit_property(struct tree *t, const struct vmm_layout *lay, const char *node, const char *property,
                           vcca_span old);
bool kvmtool_check_template(const struct vmm_layout *lay, const void *fdt, struct vcca_error *err);

#endif
