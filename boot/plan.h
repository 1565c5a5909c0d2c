/* What all layouts use. A layout function sets segments, vCPU 0 and the loader; plan.c checks the result.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_PLAN_H
#define BOOT_PLAN_H

#include "rooms/boot.h"

enum { PAGE_4K = 0x1000, BLOCK_2M = 0x200000, MIB = 0x100000 };
/* The limit of all addresses and sizes in a plan. The sum of a few of them cannot overflow. */
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

/* Appends a segment, if size is not 0. A plan has room for the segments of every layout. */
void plan_add(struct vcca_plan *plan, enum vcca_role role, uint64_t ipa, uint64_t size, vcca_span content,
              bool measured);

/* Reads a kernel, and refuses sizes above ADDRESS_LIMIT. headless: accepts one without a header. */
VCCA_MUST_USE bool plan_kernel(vcca_span kernel, bool headless, struct vcca_arm64_image *image, struct vcca_error *err);

/* The RIM in two steps: the parameters, then everything after them. */
void plan_begin(const struct vcca_plan *plan, vcca_rim_hook hook, void *hook_ctx, struct vcca_rim *rim);
void plan_extend(const struct vcca_plan *plan, vcca_rim_hook hook, void *hook_ctx, struct vcca_rim *rim);

/* The layouts of virtCCA and Arm. plan->ram_base is set. */
VCCA_MUST_USE bool plan_virtcca(const struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_error *err);
VCCA_MUST_USE bool plan_arm(const struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_error *err);

#endif
