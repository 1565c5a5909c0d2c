/* Small images that tests boot.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BOOT_SUPPORT_H
#define TESTS_BOOT_SUPPORT_H

#include "check.h"

#include "vcca/boot.h"

/* An arm64 Image header over whatever is in p: text_offset, image_size, magic. */
void support_header(uint8_t *p, uint64_t text_offset, uint64_t image_size);

/* The files of the virtCCA SDK's golden vectors: a kernel of 8192 bytes with image_size 0x3000, an initrd
 * of 5000 bytes, a firmware of 10000 bytes; and a device tree of 1000 bytes, which is whole (theirs is not:
 * golden.rim_ref has it). */
struct support_files {
  uint8_t kernel[8192], initrd[5000], dtb[1000], firmware[10000];
};
void support_fill(struct support_files *f);

/* A machine that the plan can be booted on, all its RIM extensions given to the hook. */
vcca_machine *support_machine(const struct vcca_plan *plan, vcca_rim_hook hook, void *ctx);

#endif
