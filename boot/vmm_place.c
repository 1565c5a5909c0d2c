/* Where a model puts an image: whole chunks, with a copy when the image does not start where a chunk does.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/vmm.h"
#include "rooms/error.h"
#include "rooms/boot.h"
#include "rooms/file.h"

bool vmm_add_segment(struct vcca_vmm_plan *out, enum vcca_role role, uint64_t ipa, uint64_t size, vcca_span content,
                     bool measured, struct vcca_error *err)
{
  if (out->plan.segment_count == VCCA_SEGMENTS)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "more than %d images", VCCA_SEGMENTS);
  plan_add(&out->plan, role, ipa, size, content, measured);
  return true;
}

/* A copy with zeros in front, for an image that does not start where a chunk does. */
static bool copy_behind(struct vcca_vmm_plan *out, size_t zeros, vcca_span *content, struct vcca_error *err)
{
  vcca_span kept = out->behind ? out->behind(out->behind_ctx, zeros, *content) : vcca_span_of(NULL, 0);
  if (kept.p) {
    *content = kept;
    return true;
  }
  struct vcca_bytes *copy = &out->copies[out->copies[0].p ? 1 : 0];
  if (!vcca_bytes_alloc(copy, zeros + content->n, err))
    return false;
  if (content->n > 0)
    memcpy(copy->p + zeros, content->p, content->n);
  *content = vcca_bytes_span(copy);
  return true;
}

bool vmm_add(const struct vmm_model *model, struct vcca_vmm_plan *out, enum vcca_role role, uint64_t at,
             vcca_span content, struct vcca_error *err)
{
  uint64_t zeros = at % model->chunk;
  if (content.n == 0)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "%s: the file is empty", vcca_role_name(role));
  if (zeros > 0 && !copy_behind(out, (size_t)zeros, &content, err))
    return false;
  if (!vmm_add_segment(out, role, at - zeros, round_up(content.n, model->chunk), content, true, err))
    return false;
  out->plan.segments[out->plan.segment_count - 1].lead = (size_t)zeros;
  return true;
}

bool vmm_add_kernel(const struct vmm_model *model, struct vcca_vmm_plan *out, uint64_t base, vcca_span kernel,
                    uint64_t *entry, uint64_t *end, struct vcca_error *err)
{
  struct vcca_arm64_image image;
  if (!plan_kernel(kernel, model->headless, &image, err))
    return false;
  *entry = base + image.text_offset;
  *end = *entry + (kernel.n > image.image_size ? kernel.n : image.image_size);
  return vmm_add(model, out, VCCA_ROLE_KERNEL, *entry, kernel, err);
}
