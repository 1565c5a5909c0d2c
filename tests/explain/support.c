/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

uint64_t support_draw(uint64_t *seed)
{
  uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

void support_vm_make(struct support_vm *s, struct vcca_vm vm)
{
  struct vcca_error err = {0};
  uint64_t seed = 5;
  for (size_t i = 0; i + 8 <= sizeof s->kernel; i += 8)
    vcca_put_le64(s->kernel + i, support_draw(&seed));
  for (size_t i = 0; i + 8 <= sizeof s->initrd; i += 8)
    vcca_put_le64(s->initrd + i, support_draw(&seed));
  vcca_put_le64(s->kernel + 8, 0x80000);
  vcca_put_le64(s->kernel + 16, SUPPORT_KERNEL + 0x10000);
  memcpy(s->kernel + 56, "ARM\x64", 4);
  s->vm = vm;
  s->vm.kernel = VCCA_SPAN(s->kernel);
  s->vm.initrd = VCCA_SPAN(s->initrd);
  s->dtb = (struct vcca_bytes){NULL, 0};
  check_ok(vcca_plan_with_dtb(&s->vm, "console=hvc0", &s->plan, &s->dtb, &err), &err, "plan");
}

void support_vm_free(struct support_vm *s)
{
  vcca_bytes_free(&s->dtb);
}
