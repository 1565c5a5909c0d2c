/* A small VM that the tests of this room change.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EXPLAIN_SUPPORT_H
#define TESTS_EXPLAIN_SUPPORT_H

#include "check.h"

#include "vcca/explain.h"

enum { SUPPORT_KERNEL = 1 << 20, SUPPORT_INITRD = 70000 };

struct support_vm {
  uint8_t kernel[SUPPORT_KERNEL], initrd[SUPPORT_INITRD];
  struct vcca_bytes dtb;
  struct vcca_vm vm;
  struct vcca_plan plan;
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
uint64_t support_draw(uint64_t *seed);

/* A kernel of 1 MiB that is noise behind its header (image_size 64 KiB more), an initrd, the built-in
 * device tree. The profile is vm.profile; what else vm has on entry is kept. */
void support_vm_make(struct support_vm *s, struct vcca_vm vm);
void support_vm_free(struct support_vm *s);

#endif
