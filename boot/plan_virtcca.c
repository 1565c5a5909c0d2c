/* virtCCA's two ways to start a VM, as the SDK's gen_rim_ref lays them out (openEuler's QEMU agrees).
 *
 * Direct boot, from RAM base: a stub that loads x0 = device tree and jumps to the kernel, in a block of 2
 * MiB; the kernel, all of its image_size; unmeasured memory; at +128 MiB the initrd, then the device tree,
 * each followed by at least one zero byte and padded to 2 MiB. Firmware boot: 128 MiB at 0, and the device
 * tree at RAM base. Everything else is measured.
 *
 * The kernel is always at +2 MiB: gen_rim_ref ignores text_offset. QEMU adds text_offset, and 2 MiB only
 * when it is below 4 KiB, so for kernels older than Linux 5.8 (text_offset 0x80000) a published reference
 * value and such a host differ.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/plan.h"
#include "rooms/error.h"
#include "rooms/boot.h"

#include <inttypes.h>

enum { KERNEL_AT = BLOCK_2M, INITRD_AT = 128 * MIB, FIRMWARE_SIZE = 128 * MIB };

/* ldr x0, dtb; mov x1..x3, xzr; ldr x4, entry; br x4; then the two addresses (QEMU hw/arm/boot.c,
 * bootloader_aarch64). */
static vcca_span write_loader(struct vcca_plan *plan, uint64_t dtb, uint64_t entry)
{
  static const uint32_t code[] = {0x580000c0, 0xaa1f03e1, 0xaa1f03e2, 0xaa1f03e3, 0x58000084, 0xd61f0080};
  for (size_t i = 0; i < sizeof code / sizeof *code; i++)
    vcca_put_le32(plan->loader + 4 * i, code[i]);
  vcca_put_le64(plan->loader + sizeof code, dtb);
  vcca_put_le64(plan->loader + sizeof code + 8, entry);
  return VCCA_SPAN(plan->loader);
}

/* The size of a file's window: gen_rim_ref rounds up the size plus one byte, so an exact multiple of 2 MiB
 * gets one more block. */
static uint64_t window(vcca_span file)
{
  return round_up((uint64_t)file.n + 1, BLOCK_2M);
}

static bool direct(const struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_error *err)
{
  struct vcca_arm64_image image;
  if (!plan_kernel(vm->kernel, false, &image, err))
    return false;
  if (image.guessed) /* gen_rim_ref would not measure it */
    return vcca_fail(
        err, VCCA_FAULT_UNSUPPORTED,
        "kernel: its header's image_size is 0, so the memory it needs is not known: take Linux 3.17 or later");

  uint64_t kernel = plan->ram_base + KERNEL_AT;
  uint64_t kernel_size = round_up(image.image_size, PAGE_4K);
  uint64_t initrd = plan->ram_base + INITRD_AT;
  if (vm->kernel.n > kernel_size)
    return vcca_fail(err, VCCA_FAULT_MALFORMED,
                     "kernel: the file has %zu bytes, more than its header's image_size of %" PRIu64, vm->kernel.n,
                     image.image_size);
  if (kernel + kernel_size > initrd)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "kernel (%" PRIu64 " MiB) does not fit before the %s at 0x%" PRIx64
                     ": use a kernel of at most %d MiB, or firmware boot",
                     in_mib(kernel_size), vm->initrd.p ? "initrd" : "dtb", initrd, (INITRD_AT - KERNEL_AT) / MIB);

  uint64_t initrd_size = vm->initrd.p ? window(vm->initrd) : 0;
  uint64_t dtb = initrd + initrd_size;
  vcca_span none = {NULL, 0};
  plan_add(plan, VCCA_ROLE_LOADER, plan->ram_base, KERNEL_AT, write_loader(plan, dtb, kernel), true);
  plan_add(plan, VCCA_ROLE_KERNEL, kernel, kernel_size, vm->kernel, true);
  plan_add(plan, VCCA_ROLE_HOLE, kernel + kernel_size, initrd - kernel - kernel_size, none, false);
  plan_add(plan, VCCA_ROLE_INITRD, initrd, initrd_size, vm->initrd, true);
  plan_add(plan, VCCA_ROLE_DTB, dtb, window(vm->dtb), vm->dtb, true);
  plan->boot_rec.pc = plan->ram_base;
  return true;
}

static bool firmware(const struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_error *err)
{
  if (vm->firmware.n > FIRMWARE_SIZE)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "firmware (%" PRIu64 " MiB) is larger than the %d MiB a virtCCA VM has for it",
                     in_mib(vm->firmware.n), FIRMWARE_SIZE / MIB);
  if (plan->ram_base < FIRMWARE_SIZE)
    return vcca_fail(err, VCCA_FAULT_USAGE, "ram_base 0x%" PRIx64 " lies inside the firmware's 0..0x%x", plan->ram_base,
                     FIRMWARE_SIZE);
  plan_add(plan, VCCA_ROLE_FIRMWARE, 0, FIRMWARE_SIZE, vm->firmware, true);
  plan_add(plan, VCCA_ROLE_DTB, plan->ram_base, window(vm->dtb), vm->dtb, true);
  plan->boot_rec.pc = 0;
  return true;
}

bool plan_virtcca(const struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_error *err)
{
  return vm->kernel.p ? direct(vm, plan, err) : firmware(vm, plan, err);
}
