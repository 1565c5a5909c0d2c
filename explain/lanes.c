/* Measures theories, several at a time: one chain is serial and leaves the hash unit idle most of the time.
 * Theories that measure the same long piece from different RIMs go through it side by side. A memo keeps
 * what each stretch led to, for theories that reach the same RIM before the same stretch later.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "explain/theory.h"
#include "rooms/hash.h"
#include "rooms/measurement.h"
#include "rooms/stage2.h"

/* --- Memo ------------------------------------------------------------------------------------------------ */

/* Each second deviation is tried with all first ones in turn: what it alone leads to must stay until the
 * thousands of stretches of one turn have passed. The bytes of a stretch choose the few places where it is
 * looked for. */
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

/* A register's value is as good as random; what else tells stretches apart is stirred in (multiplier:
 * SplitMix64's). */
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

/* --- Pages ------------------------------------------------------------------------------------------------ */

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

/* --- Lanes ------------------------------------------------------------------------------------------------ */

/* What a theory measures, one after the other. */
struct task {
  enum { TASK_PIECE, TASK_RIPAS, TASK_RECS } kind;
  unsigned piece;
  uint64_t base, top;
};
enum { TASKS = 2 * VCCA_SEGMENTS + (VCCA_RIPAS_RANGES > VCCA_SEGMENTS ? VCCA_RIPAS_RANGES : VCCA_SEGMENTS) + 1 };

/* A theory's measurement on its way: what is done, and the long piece that comes next. */
struct lane {
  struct measurement *m;
  struct memo *memo;
  struct task tasks[TASKS];
  size_t count, next;
  bool pending; /* `stretch` comes next */
  struct stretch stretch;
  uint8_t loader[VCCA_HASH_MAX]; /* the digest of its first page, if it is the loader */
};

static void add_ripas(struct lane *l, uint64_t base, uint64_t top)
{
  l->tasks[l->count++] = (struct task){TASK_RIPAS, 0, base, top};
}

static void add_all_ripas(struct lane *l)
{
  const struct theory *t = l->m->theory;
  for (size_t i = 0; t->ripas_where != RIPAS_IMAGES && i < t->ripas_count; i++)
    add_ripas(l, t->ripas[i].base, t->ripas[i].top);
  for (size_t i = 0; t->ripas_where == RIPAS_IMAGES && i < t->count; i++)
    if (!t->pieces[i].absent)
      add_ripas(l, t->pieces[i].ipa, t->pieces[i].ipa + t->pieces[i].size);
}

static void add_pieces(struct lane *l, bool after_recs)
{
  const struct theory *t = l->m->theory;
  for (size_t i = 0; i < t->count; i++) {
    const struct piece *p = &t->pieces[t->order[i]];
    if (p->after_recs != after_recs)
      continue;
    if (t->ripas_where == RIPAS_EACH && !p->absent && p->size > 0)
      add_ripas(l, p->ipa, p->ipa + p->size);
    l->tasks[l->count++] = (struct task){.kind = TASK_PIECE, .piece = t->order[i]};
  }
}

static void begin(struct lane *l, struct measurement *m, struct memo *memo)
{
  const struct theory *t = m->theory;
  l->m = m;
  l->memo = memo;
  l->count = l->next = 0;
  l->pending = false;
  vcca_rim_create(&m->rim, t->rules, &t->params);
  if (t->ripas_where == RIPAS_FIRST || t->ripas_where == RIPAS_IMAGES)
    add_all_ripas(l);
  if (t->recs_first)
    l->tasks[l->count++] = (struct task){.kind = TASK_RECS};
  add_pieces(l, false);
  if (!t->recs_first)
    l->tasks[l->count++] = (struct task){.kind = TASK_RECS};
  if (t->ripas_where == RIPAS_LAST)
    add_all_ripas(l);
  add_pieces(l, true);
}

/* Takes lanes through the piece that is next for all of them. */
static void extend(struct lane *const lanes[], size_t n)
{
  const struct lane *l = lanes[0];
  const struct piece *p = &l->stretch.piece;
  struct vcca_rim *rims[VCCA_HASH_LANES];
  for (size_t i = 0; i < n; i++)
    rims[i] = &lanes[i]->m->rim;
  for (uint64_t k = 0, pages = p->size / VCCA_PAGE; k < pages; k++) {
    uint64_t page = p->descending ? pages - 1 - k : k;
    const uint8_t *content = p->measured ? digest_of(l->m->images, p, page, l->loader) : NULL;
    vcca_rim_data_alike(rims, n, p->ipa + page * VCCA_PAGE, content);
  }
}

/* Measures a short piece at once; makes a long one the lane's next stretch. */
static void take_piece(struct lane *l, const struct piece *p)
{
  const struct theory *t = l->m->theory;
  bool extends = p->measured || vcca_rim_rules(t->data_rules)->unmeasured_extends;
  if (p->absent || !extends)
    return;
  l->stretch = (struct stretch){
      .piece = *p,
      .rules = p->measured ? 0 : 1 + (uint64_t)t->data_rules}; /* measured granules extend alike by all rules */
  if (!last_page_matters(&l->m->images->at[p->image], p))
    l->stretch.piece.last_page = LAST_ZEROS;
  l->m->rim.rules = t->data_rules;
  memcpy(l->stretch.before, l->m->rim.value, sizeof l->stretch.before);
  if (p->is_loader)
    hash_loader(l->m->images, p, l->loader);
  l->pending = p->size / VCCA_PAGE >= MEMO_LEAST;
  if (!l->pending)
    extend((struct lane *const[]){l}, 1);
}

static void measure_ripas(struct lane *l, uint64_t base, uint64_t top)
{
  const struct theory *t = l->m->theory;
  struct vcca_rim *rim = &l->m->rim;
  struct stretch s = {.base = base, .top = top, .block = t->ripas_block, .s2sz = t->params.s2sz, .rules = t->rules};
  memcpy(s.before, rim->value, sizeof s.before);
  if (!vcca_rim_rules(t->rules)->ripas_extends || remembered(l->memo, &s, rim))
    return;
  rim->rules = t->rules;
  while (base < top) {
    uint64_t size =
        t->ripas_block ? t->ripas_block : stage2_entry_size(stage2_block_level((unsigned)t->params.s2sz, base, top));
    uint64_t next = size < top - base ? base + size : top;
    (void)vcca_rim_ripas(rim, base, next);
    base = next;
  }
  remember(l->memo, &s, rim);
}

static void measure_recs(struct lane *l)
{
  const struct theory *t = l->m->theory;
  const struct vcca_rec_params other = {.flags = t->all_runnable};
  l->m->rim.rules = t->rec_rules;
  for (unsigned i = 0; i < t->vcpus; i++)
    (void)vcca_rim_rec(&l->m->rim, i == 0 ? &t->rec : &other, NULL);
}

/* Goes on to the next stretch that the memo does not know; false: the measurement is complete. */
static bool advance(struct lane *l)
{
  for (;;) {
    if (l->pending && remembered(l->memo, &l->stretch, &l->m->rim))
      l->pending = false;
    if (l->pending || l->next == l->count)
      return l->pending;
    const struct task *task = &l->tasks[l->next++];
    if (task->kind == TASK_RIPAS)
      measure_ripas(l, task->base, task->top);
    else if (task->kind == TASK_RECS)
      measure_recs(l);
    else
      take_piece(l, &l->m->theory->pieces[task->piece]);
  }
}

/* Whether a lane may go beside others: by the same algorithm through the same piece, but from another RIM
 * than each of them. */
static bool fits(const struct lane *l, struct lane *const group[], size_t n)
{
  struct stretch s = l->stretch;
  for (size_t i = 0; i < n; i++) {
    const struct stretch *other = &group[i]->stretch;
    if (l->m->rim.hash_alg != group[i]->m->rim.hash_alg || memcmp(s.before, other->before, sizeof s.before) == 0)
      return false;
    memcpy(s.before, other->before, sizeof s.before);
    if (memcmp(&s, other, sizeof s) != 0)
      return false;
    memcpy(s.before, l->stretch.before, sizeof s.before);
  }
  return true;
}

/* The lanes that go next, from the first one that is not complete. 0: all are. */
static size_t next_group(struct lane *lanes, size_t n, struct lane *group[VCCA_HASH_LANES])
{
  size_t count = 0;
  for (size_t i = 0; i < n && count < VCCA_HASH_LANES; i++)
    if (advance(&lanes[i]) && fits(&lanes[i], group, count))
      group[count++] = &lanes[i];
  return count;
}

void theories_measure(struct measurement *m, size_t n, struct memo *memo)
{
  struct lane lanes[MEASURED_TOGETHER], *group[VCCA_HASH_LANES];
  for (size_t i = 0; i < n; i++)
    begin(&lanes[i], &m[i], memo);
  for (size_t count; (count = next_group(lanes, n, group)) > 0;) {
    extend(group, count);
    for (size_t i = 0; i < count; i++) {
      remember(memo, &group[i]->stretch, &group[i]->m->rim);
      group[i]->pending = false;
    }
  }
}
