/* What all layouts do with images.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "boot/plan.h"
#include "rooms/error.h"
#include "rooms/boot.h"

void plan_add(struct vcca_plan *plan, enum vcca_role role, uint64_t ipa, uint64_t size, vcca_span content,
              bool measured)
{
  if (size > 0)
    plan->segments[plan->segment_count++] =
        (struct vcca_segment){.role = role, .ipa = ipa, .size = size, .content = content, .measured = measured};
}

bool plan_kernel(vcca_span kernel, bool headless, struct vcca_arm64_image *image, struct vcca_error *err)
{
  if (!vcca_kernel_read(kernel, headless, image, err))
    return vcca_fail_in(err, "kernel");
  if (image->image_size > ADDRESS_LIMIT || image->text_offset > ADDRESS_LIMIT)
    return vcca_fail(err, VCCA_FAULT_MALFORMED,
                     "kernel: image_size 0x%" PRIx64 " and text_offset 0x%" PRIx64 " are beyond any address space",
                     image->image_size, image->text_offset);
  return true;
}
