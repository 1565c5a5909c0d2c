/* What the layouts share. A layout function fills segments, vCPU 0 and the loader; plan.c checks what it did.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_PLAN_H
#define BOOT_PLAN_H

#include "vcca/boot.h"

enum { PAGE_4K = 0x1000, BLOCK_2M = 0x200000, MIB = 0x100000 };
/* No address or size in a plan goes beyond; sums of a few of them cannot wrap. */
#define ADDRESS_LIMIT ((uint64_t)1 << 48)

static inline uint64_t round_up(uint64_t value, uint64_t unit)
{
  return (value + unit - 1) / unit * unit;
}

/* Bytes in MiB, rounded up, for messages. */
static inline uint64_t in_mib(uint64_t bytes)
{
  return round_up(bytes, MIB) / MIB;
}

static inline uint64_t segment_end(const struct vcca_segment *s)
{
  return s->ipa + s->size;
}

/* Appends a segment; nothing when size is 0. There is room for every layout's. */
void plan_add(struct vcca_plan *plan, enum vcca_role role, uint64_t ipa, uint64_t size, vcca_span content, bool measured);

/* What a kernel needs, with sizes that can be calculated with. headless: one without a header is taken. */
VCCA_MUST_USE bool plan_kernel(vcca_span kernel, bool headless, struct vcca_arm64_image *image, struct vcca_error *err);

/* The RIM in two pieces: the parameters, and all that follows them. */
void plan_begin(const struct vcca_plan *plan, vcca_rim_hook hook, void *hook_ctx, struct vcca_rim *rim);
void plan_extend(const struct vcca_plan *plan, vcca_rim_hook hook, void *hook_ctx, struct vcca_rim *rim);

/* The two worlds' layouts. plan->ram_base is set. */
VCCA_MUST_USE bool plan_virtcca(const struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_error *err);
VCCA_MUST_USE bool plan_arm(const struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_error *err);

#endif
