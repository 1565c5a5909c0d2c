/* SPDX-License-Identifier: Apache-2.0 */
#include "explain/theory.h"

#include <stdlib.h>
#include <string.h>

#include "rooms/stage2.h"
#include "rooms/error.h"
#include "rooms/boot.h"
#include "rooms/hash.h"
#include "rooms/vmm.h"

/* --- Images ---------------------------------------------------------------------------------------------- */

struct collecting {
  uint8_t *out;
  size_t size;
  vcca_span content;
  struct image_reader reader;
};

static void collect(void *ctx, size_t first, size_t n, const uint8_t *digests)
{
  const struct collecting *c = ctx;
  size_t end = (first + n) * VCCA_PAGE;
  memcpy(c->out + first * c->size, digests, n * c->size);
  if (c->reader.read && end < c->content.n)
    c->reader.read(c->reader.ctx, c->content, end);
}

bool image_hash(vcca_span content, const uint8_t *known, enum vcca_hash_alg alg, struct image_reader reader,
                struct image *out, struct vcca_error *err)
{
  size_t size = vcca_hash_size(alg), rest = content.n % VCCA_PAGE;
  *out = (struct image){.content = content, .pages = content.n / VCCA_PAGE + (rest != 0)};
  out->digests = malloc(out->pages * size + 1);
  if (!out->digests)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the digests of %zu pages", out->pages);
  if (known)
    memcpy(out->digests, known, out->pages * size);
  else
    vcca_hash_pages_each(alg, content, out->pages, collect, &(struct collecting){out->digests, size, content, reader});
  if (rest != 0) {
    uint8_t page[VCCA_PAGE];
    memset(page, 0xff, sizeof page);
    memcpy(page, content.p + content.n - rest, rest);
    vcca_hash_pages(alg, page, 1, out->last_ones);
  }
  if (reader.read)
    reader.read(reader.ctx, content, content.n);
  return true;
}

void images_begin(const struct vcca_plan *plan, enum vcca_hash_alg alg, struct images *out)
{
  uint8_t page[VCCA_PAGE];
  memset(page, 0xff, sizeof page);
  *out = (struct images){.alg = alg, .count = plan->segment_count};
  vcca_hash_pages(alg, page, 1, out->ones);
}

/* --- Theories -------------------------------------------------------------------------------------------- */

static int index_of(const struct theory *t, enum vcca_role role)
{
  for (size_t i = 0; i < t->count; i++)
    if (t->roles[i] == role)
      return (int)i;
  return -1;
}

static uint64_t behind_hole(const struct theory *t)
{
  return t->pieces[t->initrd >= 0 ? t->initrd : t->dtb].ipa;
}

void theory_of_plan(const struct vcca_plan *plan, const struct images *images, struct theory *t)
{
  memset(t, 0, sizeof *t);
  t->vmm = vcca_vmm_program(plan->profile) != VCCA_VMM_NONE;
  t->rules = t->data_rules = t->rec_rules = plan->rules;
  t->params = plan->params;
  t->params.hash_alg = images->alg;
  t->ram_base = plan->ram_base;
  t->ram_size = plan->ram_size;
  t->count = plan->segment_count;
  for (size_t i = 0; i < t->count; i++) {
    const struct vcca_segment *s = &plan->segments[i];
    struct piece *p = &t->pieces[i];
    p->ipa = s->ipa;
    p->size = s->size;
    p->image = (uint32_t)i;
    p->measured = s->measured;
    p->after_recs = s->after_recs;
    p->is_loader = s->role == VCCA_ROLE_LOADER && s->content.n == LOADER_SIZE;
    t->order[i] = (unsigned)i;
    t->roles[i] = s->role;
    t->bytes[i] = s->content.n;
  }
  t->kernel = index_of(t, VCCA_ROLE_KERNEL);
  t->initrd = index_of(t, VCCA_ROLE_INITRD);
  t->dtb = index_of(t, VCCA_ROLE_DTB);
  t->hole = index_of(t, VCCA_ROLE_HOLE);
  t->firmware = index_of(t, VCCA_ROLE_FIRMWARE);
  t->initrd_bytes = t->initrd >= 0 ? t->bytes[t->initrd] : 0;
  struct vcca_arm64_image header;
  if (t->kernel >= 0 && vcca_arm64_image_read(plan->segments[t->kernel].content, &header, NULL) &&
      header.text_offset % VCCA_PAGE == 0 && header.text_offset < (uint64_t)1 << 40 &&
      header.image_size < (uint64_t)1 << 40) {
    t->text_offset = header.text_offset;
    t->image_size = header.image_size;
  }
  t->ripas_count = plan->ripas_count;
  for (size_t i = 0; i < plan->ripas_count; i++) {
    t->ripas[i].base = plan->ripas[i].base;
    t->ripas[i].top = plan->ripas[i].top;
  }
  t->vcpus = plan->vcpus;
  t->rec = plan->boot_rec;
  t->pc_is_kernel = t->kernel >= 0 && t->rec.pc == t->pieces[t->kernel].ipa;
  t->x0_is_dtb = t->dtb >= 0 && t->rec.gprs[0] == t->pieces[t->dtb].ipa;
  if (t->hole >= 0 && t->kernel >= 0 && (t->initrd >= 0 || t->dtb >= 0)) {
    const struct piece *hole = &t->pieces[t->hole], *kernel = &t->pieces[t->kernel];
    t->hole_is_between = hole->ipa == kernel->ipa + kernel->size && hole->ipa + hole->size == behind_hole(t);
  }
  theory_settle(t);
}

void theory_settle(struct theory *t)
{
  uint64_t kernel = t->kernel >= 0 ? t->pieces[t->kernel].ipa : 0, dtb = t->dtb >= 0 ? t->pieces[t->dtb].ipa : 0;
  if (t->pc_is_kernel)
    t->rec.pc = kernel;
  if (t->x0_is_dtb)
    t->rec.gprs[0] = dtb;
  for (size_t i = 0; i < t->count; i++)
    if (t->pieces[i].is_loader) {
      t->pieces[i].address[0] = dtb;
      t->pieces[i].address[1] = kernel;
    }
  if (t->hole_is_between) {
    struct piece *hole = &t->pieces[t->hole];
    uint64_t end = behind_hole(t);
    hole->ipa = kernel + t->pieces[t->kernel].size;
    hole->size = end > hole->ipa ? end - hole->ipa : 0;
  }
}

static uint64_t ripas_extensions(const struct theory *t, uint64_t size)
{
  enum { EDGES = 2048 }; /* of the largest entries that fit: those of 512 GiB or 1 GiB, and smaller ones at both ends */
  return t->ripas_block ? size / t->ripas_block + 1 : size / ((uint64_t)1 << 30) + EDGES;
}

uint64_t theory_extensions(const struct theory *t)
{
  uint64_t n = t->vcpus;
  for (size_t i = 0; i < t->count; i++) {
    const struct piece *p = &t->pieces[i];
    if (p->absent)
      continue;
    n += p->measured || vcca_rim_rules(t->data_rules)->unmeasured_extends ? p->size / VCCA_PAGE : 0;
    n += t->ripas_where == RIPAS_IMAGES || t->ripas_where == RIPAS_EACH ? ripas_extensions(t, p->size) : 0;
  }
  for (size_t i = 0; t->ripas_where != RIPAS_IMAGES && i < t->ripas_count; i++)
    n += ripas_extensions(t, t->ripas[i].top - t->ripas[i].base);
  return n;
}
