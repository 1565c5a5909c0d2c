/* SPDX-License-Identifier: Apache-2.0 */
#include "explain/base.h"
#include "rooms/file.h"

#include <stdlib.h>
#include <string.h>

/* --- Configurations -------------------------------------------------------------------------------------- */

/* A copy that can be changed. */
static void start_configuration(const struct vcca_rim_vm *vm, struct configuration *c)
{
  memset(c, 0, sizeof *c);
  c->made = *vm;
  if (vm->vm)
    c->vm = *vm->vm;
  if (vm->config) {
    c->config = *vm->config;
    c->images = *vm->images;
  }
}

/* The device tree that is given, with another totalsize and as long as that. */
static bool edit_dtb(const struct configuration *c, struct base *b, vcca_span *dtb)
{
  if (c->totalsize == 0)
    return true;
  if (!vcca_bytes_alloc(&b->dtb, c->totalsize, NULL))
    return false;
  memset(b->dtb.p, 0, c->totalsize);
  memcpy(b->dtb.p, dtb->p, dtb->n < c->totalsize ? dtb->n : c->totalsize);
  vcca_put_be32(b->dtb.p + 4, c->totalsize);
  *dtb = vcca_bytes_span(&b->dtb);
  return true;
}

static bool lay_out(struct base *b)
{
  struct configuration *c = &b->configuration;
  struct vcca_error err;
  if (c->made.config) {
    b->plan = &b->vmm_plan.plan;
    return edit_dtb(c, b, &c->images.dtb) &&
           vcca_vmm_plan(&c->config, c->made.host, &c->images, c->made.rules, NULL, NULL, &b->vmm_plan, &err);
  }
  b->plan = &b->vm_plan;
  if (c->made.dtb_made)
    return vcca_plan_with_dtb(&c->vm, c->made.bootargs, &b->vm_plan, &b->dtb, &err);
  return edit_dtb(c, b, &c->vm.dtb) && vcca_plan_vm(&c->vm, &b->vm_plan, &err);
}

/* --- Images ---------------------------------------------------------------------------------------------- */

static bool same_bytes(vcca_span a, vcca_span b)
{
  return a.n == b.n && (a.p == b.p || memcmp(a.p, b.p, a.n) == 0);
}

/* Tells contents apart: the first's by number, others by their digests. */
static uint64_t identify(const struct image *image, enum vcca_hash_alg alg)
{
  uint8_t digest[VCCA_HASH_MAX];
  vcca_hash(alg, vcca_span_of(image->digests, image->pages * vcca_hash_size(alg)), digest);
  return vcca_le64(digest) | (uint64_t)1 << 63;
}

/* Which of the first's images is the same; its count: none. */
static size_t known_image(const struct base *b, size_t segment)
{
  size_t i = 0, n = b->first ? b->first->images.count : 0;
  while (i < n && !(b->first->images.at[i].content.n > 0 &&
                    same_bytes(b->first->plan->segments[i].content, b->plan->segments[segment].content)))
    i++;
  return i;
}

static bool hash_images(struct base *b, enum vcca_hash_alg alg, uint64_t identity[VCCA_SEGMENTS],
                        struct vcca_error *err)
{
  images_begin(b->plan, alg, &b->images);
  for (size_t i = 0; i < b->images.count; i++) {
    size_t known = known_image(b, i);
    b->own[i] = !b->first || known == b->first->images.count;
    if (!b->own[i])
      b->images.at[i] = b->first->images.at[known];
    else if (!image_hash(b->plan->segments[i].content,
                         alg == b->plan->params.hash_alg ? b->plan->segments[i].digests : NULL, alg, b->reader,
                         &b->images.at[i], err))
      return false;
    identity[i] = !b->own[i] ? known + 1 : b->first ? identify(&b->images.at[i], alg) : i + 1;
  }
  return true;
}

static bool make_theory(struct base *b, enum vcca_hash_alg alg, struct vcca_error *err)
{
  uint64_t identity[VCCA_SEGMENTS] = {0};
  if (!hash_images(b, alg, identity, err))
    return false;
  theory_of_plan(b->plan, &b->images, &b->theory);
  for (size_t i = 0; i < b->theory.count; i++)
    b->theory.pieces[i].identity = identity[i];
  const struct vcca_rim_vm *vm = &b->configuration.made;
  b->theory.changeable = vm->vm || vm->config;
  b->theory.dtb_made = vm->config ? vm->images->dtb.n == 0 : vm->dtb_made;
  return true;
}

bool base_of_plan(const struct vcca_plan *plan, const struct vcca_rim_vm *vm, enum vcca_hash_alg alg,
                  struct image_reader reader, struct base *out, struct vcca_error *err)
{
  memset(out, 0, sizeof *out);
  out->reader = reader;
  out->plan = plan;
  if (vm)
    start_configuration(vm, &out->configuration);
  return make_theory(out, alg, err);
}

bool base_of_configuration(const struct configuration *configuration, const struct base *first, struct base *out)
{
  struct vcca_error err;
  memset(out, 0, sizeof *out);
  out->configuration = *configuration;
  out->first = first;
  return lay_out(out) && make_theory(out, first->images.alg, &err);
}

void base_free(struct base *base)
{
  for (size_t i = 0; i < base->images.count; i++)
    if (base->own[i])
      free(base->images.at[i].digests);
  vcca_vmm_plan_free(&base->vmm_plan);
  vcca_bytes_free(&base->dtb);
}
