/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <libfdt.h>

void support_header(uint8_t *p, uint64_t text_offset, uint64_t image_size)
{
  vcca_put_le64(p + 8, text_offset);
  vcca_put_le64(p + 16, image_size);
  memcpy(p + 56, "ARM\x64", 4);
}

void support_fill(struct support_files *f)
{
  memset(f, 0, sizeof *f);
  for (size_t i = 64; i < sizeof f->kernel; i++)
    f->kernel[i] = (uint8_t)(7 * i + 3);
  support_header(f->kernel, 0, 0x3000);
  for (size_t i = 0; i < sizeof f->initrd; i++)
    f->initrd[i] = (uint8_t)(5 * i + 1);
  int made = fdt_create_empty_tree(f->dtb, sizeof f->dtb);
  assert_int_equal(made | fdt_setprop(f->dtb, 0, "model", f->kernel, 256), 0);
  for (size_t i = 0; i < sizeof f->firmware; i++)
    f->firmware[i] = (uint8_t)(11 * i + 2);
}

vcca_machine *support_machine(const struct vcca_plan *plan, vcca_rim_hook hook, void *ctx)
{
  struct vcca_error err = {0};
  struct vcca_machine_config config = {
      .abi = plan->rules == VCCA_RULES_VIRTCCA ? VCCA_ABI_TMI : VCCA_ABI_RMI,
      .rules = plan->rules,
      .rim_step = hook,
      .rim_ctx = ctx,
  };
  vcca_host_regions(plan, &config);
  vcca_machine *m = vcca_machine_new(&config, &err);
  check_ok(m != NULL, &err, "machine");
  return m;
}
