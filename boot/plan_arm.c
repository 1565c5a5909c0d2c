/* A plain Arm realm, laid out as QEMU's virt machine does it: the kernel's file bytes at RAM base +
 * text_offset, the initrd behind kernel and bss but not before the middle of RAM or 128 MiB, the device
 * tree at the next 2 MiB; vCPU 0 enters the kernel with x0 = device tree, without a stub. With firmware:
 * the file at 0 (not in RAM, so no RIPAS is set there), the device tree at RAM base.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/plan.h"
#include "rooms/error.h"
#include "rooms/boot.h"

#include <inttypes.h>

enum { INITRD_AT = 128 * MIB };

/* Adds content, padded to a full granule. */
static void add_file(struct vcca_plan *plan, enum vcca_role role, uint64_t ipa, vcca_span file)
{
  plan_add(plan, role, ipa, round_up(file.n, PAGE_4K), file, true);
}

static bool direct(const struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_error *err)
{
  struct vcca_arm64_image image;
  if (!plan_kernel(vm->kernel, true, &image, err))
    return false;
  if (image.text_offset % PAGE_4K)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "kernel: text_offset 0x%" PRIx64 " is not a multiple of 4 KiB",
                     image.text_offset);

  uint64_t kernel = plan->ram_base + image.text_offset;
  uint64_t kernel_end = kernel + (vm->kernel.n > image.image_size ? vm->kernel.n : image.image_size);
  uint64_t initrd = plan->ram_base + INITRD_AT;
  if (vm->ram_size && vm->ram_size / 2 < INITRD_AT)
    initrd = plan->ram_base + vm->ram_size / 2;
  initrd = round_up(initrd > kernel_end ? initrd : kernel_end, PAGE_4K);
  uint64_t dtb = round_up(initrd + vm->initrd.n, BLOCK_2M);

  add_file(plan, VCCA_ROLE_KERNEL, kernel, vm->kernel);
  add_file(plan, VCCA_ROLE_INITRD, initrd, vm->initrd);
  add_file(plan, VCCA_ROLE_DTB, dtb, vm->dtb);
  plan->boot_rec.pc = kernel;
  plan->boot_rec.gprs[0] = dtb;
  return true;
}

static bool firmware(const struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_error *err)
{
  if (vm->firmware.n > plan->ram_base)
    return vcca_fail(err, VCCA_FAULT_USAGE, "firmware (%" PRIu64 " MiB) does not fit below ram_base 0x%" PRIx64,
                     in_mib(vm->firmware.n), plan->ram_base);
  add_file(plan, VCCA_ROLE_FIRMWARE, 0, vm->firmware);
  add_file(plan, VCCA_ROLE_DTB, plan->ram_base, vm->dtb);
  plan->boot_rec.pc = 0;
  return true;
}

bool plan_arm(const struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_error *err)
{
  return vm->kernel.p ? direct(vm, plan, err) : firmware(vm, plan, err);
}
