/* Beside vcca/boot.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_BOOT_H
#define ROOMS_BOOT_H

#include "vcca/boot.h"

/* The 64-byte header of an uncompressed arm64 kernel. */
struct vcca_arm64_image {
  uint64_t text_offset;
  uint64_t image_size; /* memory that the kernel needs, with its bss */
  uint64_t flags;
  bool headless; /* the file has no header (only vcca_kernel_read sets it) */
  bool guessed;  /* text_offset and image_size are VMM defaults: the header does not have them */
};
/* Reads the header of an Image. Refuses any other file; the error says what the file is and what to do. */
VCCA_MUST_USE bool vcca_arm64_image_read(vcca_span image, struct vcca_arm64_image *out, struct vcca_error *err);

/* Reads a kernel as a VMM does. An Image with image_size 0 gets text_offset 0x80000 and the size of its file.
 * So does a file without a header, if headless is true. Refuses packed kernels and files that are known not
 * to be arm64 kernels. */
VCCA_MUST_USE bool vcca_kernel_read(vcca_span kernel, bool headless, struct vcca_arm64_image *out,
                                    struct vcca_error *err);

/* Checks that the bytes are a complete, well-formed device tree. *size (may be NULL) receives its
 * totalsize. */
VCCA_MUST_USE bool vcca_dtb_check(vcca_span dtb, size_t *size, struct vcca_error *err);

/* What starts a VM. Profiles of one starter take the same options. */
enum vcca_starter { VCCA_STARTER_VIRTCCA, VCCA_STARTER_KATA, VCCA_STARTER_ARM };
/* What distinguishes a profile. */
struct vcca_profile {
  const char *name;
  enum vcca_starter starter;
  enum vcca_rules_id rules;
  unsigned vcpus; /* that a VM has when nothing else is said */
};
/* The profile of this name; NULL: there is none. */
const struct vcca_profile *vcca_profile_named(const char *name);

#endif
