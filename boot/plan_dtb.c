/* A plan with the built-in device tree, which contains the place of the initrd.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "vcca/boot.h"

bool vcca_plan_with_dtb(struct vcca_vm *vm, const char *bootargs, struct vcca_plan *plan, struct vcca_bytes *dtb,
                        struct vcca_error *err)
{
  struct vcca_dtb_spec spec = {.ram_base = vm->ram_base ? vm->ram_base : 0x40000000,
                               .ram_size = vm->ram_size ? vm->ram_size : UINT64_C(512) << 20,
                               .vcpus = vm->vcpus ? vm->vcpus : 1,
                               .bootargs = bootargs,
                               .initrd_size = vm->initrd.n};
  /* Plans twice: the layout depends on the tree's size, the tree's values on the layout. The size does not
   * depend on the values. */
  for (unsigned turn = 0; turn < 2; turn++) {
    vcca_bytes_free(dtb);
    if (!vcca_dtb_make(&spec, dtb, err))
      return false;
    vm->dtb = vcca_bytes_span(dtb);
    if (!vcca_plan_vm(vm, plan, err))
      return false;
    spec.ram_base = plan->ram_base;
    spec.ram_size = plan->ram_size;
    const struct vcca_segment *initrd = vcca_plan_segment(plan, VCCA_ROLE_INITRD);
    spec.initrd_base = initrd ? initrd->ipa : 0;
  }
  return true;
}
