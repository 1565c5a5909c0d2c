/* Two traces, aligned: steps belong together when kind and address are the same; of those, the longest run
 * that is in the same order in both stays, the others moved. So an extra granule is one extra granule,
 * though every register value behind it differs. Content that differs is looked for at other addresses, so
 * an extra page inside an image is one page, and the image behind it shifted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "explain/facts.h"
#include "rooms/grow.h"
#include "rooms/error.h"
#include "rooms/hash.h"
#include "rooms/explain.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct content {
  const struct vcca_trace_step *step;
};

struct side {
  const struct vcca_rim_trace *trace;
  struct key {
    enum vcca_step_kind kind;
    uint64_t where; /* address; of a REC, which one */
    uint32_t index;
  } * keys;        /* sorted */
  uint32_t *match; /* index on the other side; NONE: it is only here */
  struct content *by_content;
  size_t contents;
};

struct alignment {
  struct side a, b;
  bool *in_order; /* by index in A */
  bool *told;     /* a moved step was reported; by index in A */
};

static int compare_keys(const void *left, const void *right)
{
  const struct key *l = left, *r = right;
  if (l->kind != r->kind)
    return l->kind < r->kind ? -1 : 1;
  if (l->where != r->where)
    return l->where < r->where ? -1 : 1;
  return l->index < r->index ? -1 : l->index > r->index;
}

static int compare_contents(const void *left, const void *right)
{
  const struct vcca_trace_step *l = ((const struct content *)left)->step, *r = ((const struct content *)right)->step;
  int order = memcmp(l->content, r->content, sizeof l->content);
  return order != 0 ? order : l->base < r->base ? -1 : l->base > r->base;
}

static bool prepare(struct side *s, const struct vcca_rim_trace *trace)
{
  s->trace = trace;
  s->keys = calloc(trace->count + 1, sizeof *s->keys);
  s->match = calloc(trace->count + 1, sizeof *s->match);
  s->by_content = calloc(trace->count + 1, sizeof *s->by_content);
  if (!s->keys || !s->match || !s->by_content)
    return false;
  uint64_t recs = 0;
  for (size_t i = 0; i < trace->count; i++) {
    const struct vcca_trace_step *step = &trace->steps[i];
    s->keys[i] = (struct key){step->kind, step->kind == VCCA_STEP_REC ? recs++ : step->base, (uint32_t)i};
    s->match[i] = NONE;
    if (step->kind == VCCA_STEP_DATA && step->has_content)
      s->by_content[s->contents++].step = step;
  }
  qsort(s->keys, trace->count, sizeof *s->keys, compare_keys);
  qsort(s->by_content, s->contents, sizeof *s->by_content, compare_contents);
  return true;
}

/* Equal keys belong together, the first with the first and so on. */
static void match(struct side *a, struct side *b)
{
  for (size_t i = 0, j = 0; i < a->trace->count && j < b->trace->count;) {
    struct key other = b->keys[j];
    other.index = a->keys[i].index;
    int order = compare_keys(&a->keys[i], &other);
    if (order == 0) {
      a->match[a->keys[i].index] = b->keys[j].index;
      b->match[b->keys[j].index] = a->keys[i].index;
    }
    i += order <= 0;
    j += order >= 0;
  }
}

/* Marks the longest increasing subsequence of a's matches (patience sorting: Fredman 1975). */
static bool find_order(struct alignment *al)
{
  size_t n = al->a.trace->count, longest = 0;
  const uint32_t *to = al->a.match;
  uint32_t *ends = calloc(n + 1, sizeof *ends),
           *before = calloc(n + 1, sizeof *before); /* ends[k]: the smallest end of one k + 1 long */
  bool ok = ends && before;
  for (uint32_t i = 0; ok && i < n; i++) {
    if (to[i] == NONE)
      continue;
    size_t low = 0, high = longest;
    while (low < high) {
      size_t middle = (low + high) / 2;
      if (to[ends[middle]] < to[i])
        low = middle + 1;
      else
        high = middle;
    }
    before[i] = low > 0 ? ends[low - 1] : NONE;
    ends[low] = i;
    longest += low == longest;
  }
  for (uint32_t i = ok && longest > 0 ? ends[longest - 1] : NONE; i != NONE; i = before[i])
    al->in_order[i] = true;
  free(ends);
  free(before);
  return ok;
}

/* --- Content elsewhere ----------------------------------------------------------------------------------- */

static bool same_content(const struct vcca_trace_step *l, const struct vcca_trace_step *r)
{
  return l->has_content && r->has_content && memcmp(l->content, r->content, sizeof l->content) == 0;
}

static const struct vcca_trace_step *data_at(const struct side *s, uint64_t ipa)
{
  size_t low = 0, high = s->trace->count;
  const struct key wanted = {VCCA_STEP_DATA, ipa, 0};
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (compare_keys(&s->keys[middle], &wanted) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  bool found = low < s->trace->count && s->keys[low].kind == VCCA_STEP_DATA && s->keys[low].where == ipa;
  return found ? &s->trace->steps[s->keys[low].index] : NULL;
}

/* The lowest address with this content. */
static const struct vcca_trace_step *data_with(const struct side *s, const struct vcca_trace_step *step)
{
  size_t low = 0, high = s->contents;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (memcmp(s->by_content[middle].step->content, step->content, sizeof step->content) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low < s->contents && same_content(s->by_content[low].step, step) ? s->by_content[low].step : NULL;
}

/* Where the other side has a granule's content. A run goes on as it began when it can; zeros only go on. */
static bool find_elsewhere(const struct side *there, const struct vcca_trace_step *step,
                           const struct vcca_diff_run *last, uint64_t *from)
{
  const struct vcca_trace_step *found = NULL;
  if (step->kind != VCCA_STEP_DATA || !step->has_content)
    return false;
  if (last && last->elsewhere && last->top == step->base) {
    *from = last->from + (last->top - last->base);
    found = data_at(there, *from);
    if (found && same_content(found, step))
      return true;
  }
  enum vcca_hash_alg alg = there->trace->alg;
  if (memcmp(step->content, vcca_hash_zero_page(alg), vcca_hash_size(alg)) == 0)
    return false;
  found = data_with(there, step);
  *from = found ? found->base : 0;
  return found && found->base != step->base;
}

/* --- Runs ------------------------------------------------------------------------------------------------ */

const struct vcca_trace_part *part_at(const struct vcca_rim_trace *t, uint64_t ipa)
{
  for (size_t i = 0; i < t->part_count; i++)
    if (ipa >= t->parts[i].base && ipa < t->parts[i].top)
      return &t->parts[i];
  return NULL;
}

static const struct vcca_trace_part *part_of(const struct vcca_rim_trace *t, const struct vcca_trace_step *step)
{
  return step->kind == VCCA_STEP_DATA ? part_at(t, step->base) : NULL;
}

static bool goes_on(const struct vcca_diff_run *last, const struct vcca_diff_run *next, bool addressed)
{
  return last->what == next->what && last->kind == next->kind && last->part == next->part &&
         last->elsewhere == next->elsewhere && (!addressed || last->top == next->base) &&
         (!next->elsewhere || last->from + (last->top - last->base) == next->from);
}

/* Adds a differing step, to the last run when it goes on there. i, j: its index, or where it would be. */
static bool add(struct vcca_rim_diff *d, const struct alignment *al, enum vcca_difference what, size_t i, size_t j)
{
  bool of_b = what == VCCA_ONLY_B || what == VCCA_CONTENT; /* whose content may be elsewhere on the other side */
  const struct vcca_trace_step *step = of_b ? &d->b->steps[j] : &d->a->steps[i];
  const struct vcca_trace_part *part = what == VCCA_ONLY_B ? NULL : part_of(d->a, step);
  if (!part && what != VCCA_ONLY_A)
    part = part_of(d->b, step);
  struct vcca_diff_run *last = d->run_count > 0 ? &d->runs[d->run_count - 1] : NULL;
  struct vcca_diff_run next = {.what = what, .kind = step->kind, .a = i, .b = j, .count = 1, .part = part};
  bool addressed = step->kind == VCCA_STEP_DATA || step->kind == VCCA_STEP_RIPAS;
  if (addressed) {
    next.base = step->base;
    next.top = step->kind == VCCA_STEP_DATA ? step->base + VCCA_PAGE : step->top;
  }
  if (what == VCCA_ONLY_A || of_b)
    next.elsewhere = d->a->alg == d->b->alg && find_elsewhere(of_b ? &al->a : &al->b, step, last, &next.from);
  if (what == VCCA_CONTENT && next.elsewhere)
    next.what = VCCA_SHIFTED;
  if (last && goes_on(last, &next, addressed)) {
    last->top = next.top;
    last->count++;
    return true;
  }
  struct vcca_diff_run *more = vcca_grow(d->runs, d->run_count, &d->room, sizeof *more);
  if (!more)
    return false;
  d->runs = more;
  d->runs[d->run_count++] = next;
  return true;
}

/* What differs between two steps that belong together; false: nothing. */
static bool differ(const struct vcca_rim_diff *d, size_t i, size_t j, enum vcca_difference *what)
{
  const struct vcca_trace_step *a = &d->a->steps[i], *b = &d->b->steps[j];
  bool same_alg = d->a->alg == d->b->alg;
  bool same_rim = memcmp(a->rim, b->rim, sizeof a->rim) == 0;
  bool same_before = i == 0 || j == 0 ? i == j : memcmp(a[-1].rim, b[-1].rim, sizeof a->rim) == 0;
  if (a->kind == VCCA_STEP_CREATE) {
    *what = VCCA_PARAMETERS;
    return a->flags != b->flags || (same_alg && !same_rim);
  }
  if (a->flags != b->flags || a->has_content != b->has_content)
    *what = VCCA_FLAGS;
  else if (a->top != b->top)
    *what = VCCA_TOP;
  else if (same_alg && memcmp(a->content, b->content, sizeof a->content) != 0)
    *what = VCCA_CONTENT;
  else if (same_alg && same_before && !same_rim)
    *what = VCCA_REGISTER;
  else
    return false;
  return true;
}

static bool moved(struct vcca_rim_diff *d, struct alignment *al, size_t i, size_t j)
{
  bool told = al->told[i];
  al->told[i] = true;
  return told || add(d, al, VCCA_MOVED, i, j);
}

static bool walk(struct vcca_rim_diff *d, struct alignment *al)
{
  size_t i = 0, j = 0;
  bool ok = true;
  while (ok && (i < d->a->count || j < d->b->count)) {
    enum vcca_difference what;
    if (i < d->a->count && al->a.match[i] == NONE) {
      ok = add(d, al, VCCA_ONLY_A, i++, j);
    } else if (j < d->b->count && al->b.match[j] == NONE) {
      ok = add(d, al, VCCA_ONLY_B, i, j++);
    } else if (i < d->a->count && !al->in_order[i]) {
      ok = moved(d, al, i, al->a.match[i]);
      i++;
    } else if (j < d->b->count && !al->in_order[al->b.match[j]]) {
      ok = moved(d, al, al->b.match[j], j);
      j++;
    } else {
      if (differ(d, i, j, &what))
        ok = add(d, al, what, i, j);
      else
        d->equal++;
      i++;
      j++;
    }
  }
  return ok;
}

static void release(struct side *s)
{
  free(s->keys);
  free(s->match);
  free(s->by_content);
}

static bool compare(struct vcca_rim_diff *d)
{
  struct alignment al = {.in_order = calloc(d->a->count + 1, sizeof(bool)),
                         .told = calloc(d->a->count + 1, sizeof(bool))};
  bool ok = prepare(&al.a, d->a) && prepare(&al.b, d->b) && al.in_order && al.told;
  if (ok) {
    match(&al.a, &al.b);
    ok = find_order(&al) && walk(d, &al);
  }
  release(&al.a);
  release(&al.b);
  free(al.in_order);
  free(al.told);
  return ok;
}

/* Measures a plan once more by another algorithm, keeping what its parts are called. */
static bool measure_again(const struct vcca_rim_trace *given, enum vcca_hash_alg alg, struct vcca_rim_diff *d,
                          struct vcca_error *err)
{
  struct vcca_plan plan = *given->plan; /* points into the original, which stays */
  plan.params.hash_alg = alg;
  d->again = calloc(1, sizeof *d->again);
  if (!d->again)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a trace");
  if (!vcca_trace_plan(&plan, d->again, err))
    return false;
  d->again->plan = given->plan;
  memcpy(d->again->parts, given->parts, sizeof given->parts);
  return true;
}

bool vcca_rim_diff(const struct vcca_rim_trace *a, const struct vcca_rim_trace *b, struct vcca_rim_diff *out,
                   struct vcca_error *err)
{
  *out = (struct vcca_rim_diff){.given_a = a, .given_b = b, .a = a, .b = b};
  if (a->alg != b->alg && (a->plan || b->plan)) {
    if (!measure_again(b->plan ? b : a, b->plan ? a->alg : b->alg, out, err)) {
      vcca_rim_diff_free(out);
      return false;
    }
    *(b->plan ? &out->b : &out->a) = out->again;
  }
  if (compare(out))
    return true;
  vcca_rim_diff_free(out);
  return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory to compare %zu with %zu steps", a->count, b->count);
}

void vcca_rim_diff_free(struct vcca_rim_diff *diff)
{
  free(diff->runs);
  if (diff->again)
    vcca_trace_free(diff->again);
  free(diff->again);
  memset(diff, 0, sizeof *diff);
}

bool vcca_rim_diff_same(const struct vcca_rim_diff *diff)
{
  return diff->run_count == 0 && diff->given_a->alg == diff->given_b->alg;
}
