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

/* virtCCA's loader stub: two addresses behind six instructions. */
enum { LOADER_SIZE = 40, LOADER_DTB = 24, LOADER_KERNEL = 32 };

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

/* --- Memo ------------------------------------------------------------------------------------------------ */

/* Of two deviations the second is tried with all first ones in turn: what it alone leads to has to outlive the some thousand stretches of one
 * turn. A stretch is looked for among a few places that its bytes choose. */
enum { MEMO_SETS = 2048, MEMO_WAYS = 8, MEMO_LEAST = 8 };

/* A stretch: a piece of memory, or a range whose RIPAS is set in blocks. Without padding. */
struct stretch {
  uint8_t before[VCCA_MEASUREMENT_SIZE];
  struct piece piece;
  uint64_t base, top, block, s2sz;
  uint64_t rules;
};

struct memory {
  struct stretch stretch;
  uint8_t after[VCCA_MEASUREMENT_SIZE];
  uint64_t used; /* when it was last; 0: empty */
};

struct memo {
  struct memory at[MEMO_SETS][MEMO_WAYS];
  uint64_t now;
};

struct memo *memo_new(void)
{
  return calloc(1, sizeof(struct memo));
}

void memo_free(struct memo *memo)
{
  free(memo);
}

/* A register's value is as good as random; what else tells stretches apart is stirred in (multiplier: SplitMix64's). */
static struct memory *places(struct memo *memo, const struct stretch *s)
{
  uint64_t words[sizeof *s / sizeof(uint64_t)], mix = 0;
  memcpy(words, s, sizeof *s);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    mix = (mix ^ words[i] ^ mix >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
  return memo->at[(mix >> 32) % MEMO_SETS];
}

static bool remembered(struct memo *memo, const struct stretch *s, struct vcca_rim *rim)
{
  struct memory *at = places(memo, s);
  for (size_t i = 0; i < MEMO_WAYS; i++)
    if (at[i].used && memcmp(&at[i].stretch, s, sizeof *s) == 0) {
      at[i].used = ++memo->now;
      memcpy(rim->value, at[i].after, sizeof rim->value);
      return true;
    }
  return false;
}

static void remember(struct memo *memo, const struct stretch *s, const struct vcca_rim *rim)
{
  struct memory *at = places(memo, s), *oldest = at;
  for (size_t i = 1; i < MEMO_WAYS; i++)
    if (at[i].used < oldest->used)
      oldest = &at[i];
  oldest->stretch = *s;
  oldest->used = ++memo->now;
  memcpy(oldest->after, rim->value, sizeof rim->value);
}

/* --- Measuring ------------------------------------------------------------------------------------------- */

struct measuring {
  const struct theory *t;
  const struct images *images;
  struct memo *memo;
  struct vcca_rim *rim;
};

/* The digest of page n of a piece; loader: of its first page. */
static const uint8_t *digest_of(const struct images *images, const struct piece *p, uint64_t n, const uint8_t *loader)
{
  const struct image *image = &images->at[p->image];
  uint64_t page = n - p->lead; /* wraps in front of the image */
  if (n >= p->lead && page >= image->pages && p->last_page == ALL_ONES)
    return images->ones;
  if (n < p->lead || page >= image->pages)
    return vcca_hash_zero_page(images->alg);
  if (p->is_loader)
    return loader;
  bool partial = page + 1 == image->pages && image->content.n % VCCA_PAGE != 0;
  if (partial && (p->last_page == LAST_ONES || p->last_page == ALL_ONES))
    return image->last_ones;
  if (partial && p->last_page == LAST_LEFT_OUT)
    return vcca_hash_zero_page(images->alg);
  return image->digests + page * vcca_hash_size(images->alg);
}

static void hash_loader(const struct images *images, const struct piece *p, uint8_t digest[VCCA_HASH_MAX])
{
  uint8_t page[VCCA_PAGE] = {0};
  memcpy(page, images->at[p->image].content.p, LOADER_SIZE);
  vcca_put_le64(page + LOADER_DTB, p->address[0]);
  vcca_put_le64(page + LOADER_KERNEL, p->address[1]);
  vcca_hash(images->alg, VCCA_SPAN(page), digest);
}

/* Whether another last page is another measurement: there is a partial one, or padding to be filled. */
static bool last_page_matters(const struct image *image, const struct piece *p)
{
  return image->content.n % VCCA_PAGE != 0 ||
         (p->last_page == ALL_ONES && p->size / VCCA_PAGE > p->lead + image->pages);
}

static void measure_piece(const struct measuring *m, const struct piece *p)
{
  uint64_t pages = p->size / VCCA_PAGE;
  bool extends = p->measured || vcca_rim_rules(m->t->data_rules)->unmeasured_extends;
  struct stretch s = {
      .piece = *p,
      .rules = p->measured ? 0 : 1 + (uint64_t)m->t->data_rules}; /* measured granules extend alike by all rules */
  if (p->absent || !extends)
    return;
  if (!last_page_matters(&m->images->at[p->image], p))
    s.piece.last_page = LAST_ZEROS;
  m->rim->rules = m->t->data_rules;
  memcpy(s.before, m->rim->value, sizeof s.before);
  if (pages >= MEMO_LEAST && remembered(m->memo, &s, m->rim))
    return;
  uint8_t loader[VCCA_HASH_MAX];
  if (p->is_loader)
    hash_loader(m->images, p, loader);
  for (uint64_t i = 0; i < pages; i++) {
    uint64_t n = p->descending ? pages - 1 - i : i;
    (void)vcca_rim_data(m->rim, p->ipa + n * VCCA_PAGE, p->measured ? digest_of(m->images, p, n, loader) : NULL);
  }
  if (pages >= MEMO_LEAST)
    remember(m->memo, &s, m->rim);
}

static void measure_ripas_range(const struct measuring *m, uint64_t base, uint64_t top)
{
  struct stretch s = {
      .base = base, .top = top, .block = m->t->ripas_block, .s2sz = m->t->params.s2sz, .rules = m->t->rules};
  memcpy(s.before, m->rim->value, sizeof s.before);
  if (!vcca_rim_rules(m->t->rules)->ripas_extends || remembered(m->memo, &s, m->rim))
    return;
  m->rim->rules = m->t->rules;
  while (base < top) {
    uint64_t size = m->t->ripas_block ? m->t->ripas_block
                                      : stage2_entry_size(stage2_block_level((unsigned)m->t->params.s2sz, base, top));
    uint64_t next = size < top - base ? base + size : top;
    (void)vcca_rim_ripas(m->rim, base, next);
    base = next;
  }
  remember(m->memo, &s, m->rim);
}

static void measure_ripas(const struct measuring *m)
{
  const struct theory *t = m->t;
  for (size_t i = 0; t->ripas_where != RIPAS_IMAGES && i < t->ripas_count; i++)
    measure_ripas_range(m, t->ripas[i].base, t->ripas[i].top);
  for (size_t i = 0; t->ripas_where == RIPAS_IMAGES && i < t->count; i++)
    if (!t->pieces[i].absent)
      measure_ripas_range(m, t->pieces[i].ipa, t->pieces[i].ipa + t->pieces[i].size);
}

static void measure_pieces(const struct measuring *m, bool after_recs)
{
  for (size_t i = 0; i < m->t->count; i++) {
    const struct piece *p = &m->t->pieces[m->t->order[i]];
    if (p->after_recs != after_recs)
      continue;
    if (m->t->ripas_where == RIPAS_EACH && !p->absent && p->size > 0)
      measure_ripas_range(m, p->ipa, p->ipa + p->size);
    measure_piece(m, p);
  }
}

static void measure_recs(const struct measuring *m)
{
  const struct vcca_rec_params other = {.flags = m->t->all_runnable};
  m->rim->rules = m->t->rec_rules;
  for (unsigned i = 0; i < m->t->vcpus; i++)
    (void)vcca_rim_rec(m->rim, i == 0 ? &m->t->rec : &other, NULL);
}

void theory_measure(const struct theory *t, const struct images *images, struct memo *memo, struct vcca_rim *out)
{
  const struct measuring m = {t, images, memo, out};
  vcca_rim_create(out, t->rules, &t->params);
  if (t->ripas_where == RIPAS_FIRST || t->ripas_where == RIPAS_IMAGES)
    measure_ripas(&m);
  if (t->recs_first)
    measure_recs(&m);
  measure_pieces(&m, false);
  if (!t->recs_first)
    measure_recs(&m);
  if (t->ripas_where == RIPAS_LAST)
    measure_ripas(&m);
  measure_pieces(&m, true);
}
