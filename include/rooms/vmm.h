/* Beside vcca/vmm.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_VMM_H
#define ROOMS_VMM_H

#include "vcca/vmm.h"

/* Decompresses the first member of a gzip file (RFC 1952). Fails when that is more than max bytes. Large
 * results go into a temporary file (struct vcca_spool). Tells the system that it may drop the pages of gz
 * that were read. The caller frees *out. */
VCCA_MUST_USE bool vcca_gunzip(struct vcca_mapping *gz, size_t max, struct vcca_mapping *out, struct vcca_error *err);

/* The capability's name: "num_bps" in files, "num-bps" as an option. */
const char *vcca_cap_key(enum vcca_cap cap);
const char *vcca_cap_option(enum vcca_cap cap);
/* How to find the value on a host that runs Linux: one line for people. */
const char *vcca_cap_how(enum vcca_cap cap);

/* The program that a model models. Its branches have models of their own and take the same options. */
enum vcca_vmm_program { VCCA_VMM_NONE, VCCA_VMM_QEMU, VCCA_VMM_KVMTOOL, VCCA_VMM_CLOUD_HYPERVISOR };
/* The program of the model with this name; VCCA_VMM_NONE: there is no such model. */
enum vcca_vmm_program vcca_vmm_program(const char *name);
/* The name by which the program of this model calls itself in its log: "QEMU". NULL: there is no such
 * model. */
const char *vcca_vmm_log_name(const char *name);

/* Writes the log that QEMU and kvmtool write for a plan: Spec ID header, VM VERSION, parameters, RIPAS,
 * images, first REC, log area. */
VCCA_MUST_USE bool vcca_bootlog_write(const struct vcca_plan *plan, const char *vmm, const char *version,
                                      vcca_sink *out, struct vcca_error *err);

#endif
