/* What a boot did, read from an event log that the registers carry.
 *
 * A log's labels (types, names, the data of most events) are not measured: only digests are, in the order
 * in which each register took them. So what an event is follows from where it stands: after which command
 * of GRUB, before which text, in which register, before or after the firmware called the boot option. A
 * label that contradicts its place makes the log false.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_BOOT_LOG_H
#define VERIFIER_BOOT_LOG_H

#include "vcca/verifier.h"

enum boot_role {
  BOOT_APPLICATION, /* an EFI application that was started: PE digest */
  BOOT_CONFIG,      /* a script that GRUB ran: grub.cfg, and what configfile and source name */
  BOOT_KERNEL,      /* what GRUB's linux command loaded */
  BOOT_INITRD,      /* what GRUB's initrd command loaded */
  BOOT_STUB_INITRD, /* the initrd once more, as the kernel's EFI stub measured it */
  BOOT_OTHER,       /* what another command booted or handed over: chainloader, multiboot, devicetree, acpi */
};

/* One step; spans point into the log. */
struct boot_step {
  enum boot_role role;
  size_t offset; /* of the event */
  vcca_span digest;
  vcca_span name;    /* its label, for people */
  vcca_span command; /* GRUB's words that led to it; {NULL, 0}: none */
};

enum { BOOT_STEPS = 32 };

struct boot {
  struct boot_step steps[BOOT_STEPS]; /* applications and GRUB's steps, as the log has them */
  size_t step_count;
  size_t grub_at;    /* offset of GRUB's first event, SIZE_MAX when it has none */
  vcca_span cmdline; /* of the kernel */
  struct vcca_unexplained unexplained[VCCA_UNEXPLAINED];
  size_t unexplained_count;
};

/* Reads the boot by the digests of one algorithm. False when the log contradicts itself, or a text in it is
 * neither that of its digest nor understood; f says where and why. */
VCCA_MUST_USE bool boot_read(vcca_span log, enum vcca_hash_alg alg, struct boot *out, struct vcca_finding *f);

#endif
