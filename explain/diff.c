/* Two traces, aligned: steps belong together when kind and address are the same; of those, the longest run that is in the same order in both
 * stays, the others moved. So an extra granule is one extra granule, though every register value behind it differs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "vcca/explain.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct side {
  const struct vcca_rim_trace *trace;
  struct key {
    enum vcca_step_kind kind;
    uint64_t where; /* address; of a REC, which one */
    uint32_t index;
  } * keys;        /* sorted */
  uint32_t *match; /* index on the other side; NONE: it is only here */
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

static bool prepare(struct side *s, const struct vcca_rim_trace *trace)
{
  s->trace = trace;
  s->keys = calloc(trace->count + 1, sizeof *s->keys);
  s->match = calloc(trace->count + 1, sizeof *s->match);
  if (!s->keys || !s->match)
    return false;
  uint64_t recs = 0;
  for (size_t i = 0; i < trace->count; i++) {
    const struct vcca_trace_step *step = &trace->steps[i];
    s->keys[i] = (struct key){step->kind, step->kind == VCCA_STEP_REC ? recs++ : step->base, (uint32_t)i};
    s->match[i] = NONE;
  }
  qsort(s->keys, trace->count, sizeof *s->keys, compare_keys);
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
  uint32_t *ends = calloc(n + 1, sizeof *ends), *before = calloc(n + 1, sizeof *before); /* ends[k]: the smallest end of one k + 1 long */
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

/* --- Runs ------------------------------------------------------------------------------------------------ */

static const struct vcca_trace_part *part_of(const struct vcca_rim_trace *t, const struct vcca_trace_step *step)
{
  for (size_t i = 0; step->kind == VCCA_STEP_DATA && i < t->part_count; i++)
    if (step->base >= t->parts[i].base && step->base < t->parts[i].top)
      return &t->parts[i];
  return NULL;
}

/* Adds a differing step, to the last run when it goes on there. i, j: its index, or where it would be. */
static bool add(struct vcca_rim_diff *d, enum vcca_difference what, size_t i, size_t j)
{
  const struct vcca_trace_step *step = what == VCCA_ONLY_B ? &d->b->steps[j] : &d->a->steps[i];
  const struct vcca_trace_part *part = what == VCCA_ONLY_B ? NULL : part_of(d->a, step);
  if (!part && what != VCCA_ONLY_A)
    part = part_of(d->b, step);
  struct vcca_diff_run *last = d->run_count > 0 ? &d->runs[d->run_count - 1] : NULL;
  bool addressed = step->kind == VCCA_STEP_DATA || step->kind == VCCA_STEP_RIPAS;
  uint64_t top = step->kind == VCCA_STEP_DATA ? step->base + VCCA_PAGE : step->top;
  if (last && last->what == what && last->kind == step->kind && last->part == part && (!addressed || last->top == step->base)) {
    last->top = top;
    last->count++;
    return true;
  }
  if (!d->runs || d->run_count == d->room) {
    size_t room = d->room ? 2 * d->room : 64;
    struct vcca_diff_run *more = realloc(d->runs, room * sizeof *more);
    if (!more)
      return false;
    d->runs = more;
    d->room = room;
  }
  d->runs[d->run_count++] = (struct vcca_diff_run){what, step->kind, addressed ? step->base : 0, addressed ? top : 0, i, j, 1, part};
  return true;
}

/* What differs between two steps that belong together; false: nothing. */
static bool differ(const struct vcca_rim_diff *d, size_t i, size_t j, enum vcca_difference *what)
{
  const struct vcca_trace_step *a = &d->a->steps[i], *b = &d->b->steps[j];
  bool same_alg = d->a->alg == d->b->alg;
  bool same_rim = memcmp(a->rim, b->rim, sizeof a->rim) == 0;
  bool same_before = i == 0 || j == 0 ? i == j : memcmp(a[-1].rim, b[-1].rim, sizeof a->rim) == 0;
  if (a->flags != b->flags || a->has_content != b->has_content || (a->kind == VCCA_STEP_CREATE && same_alg && !same_rim))
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
  return told || add(d, VCCA_MOVED, i, j);
}

static bool walk(struct vcca_rim_diff *d, struct alignment *al)
{
  size_t i = 0, j = 0;
  bool ok = true;
  while (ok && (i < d->a->count || j < d->b->count)) {
    enum vcca_difference what;
    if (i < d->a->count && al->a.match[i] == NONE) {
      ok = add(d, VCCA_ONLY_A, i++, j);
    } else if (j < d->b->count && al->b.match[j] == NONE) {
      ok = add(d, VCCA_ONLY_B, i, j++);
    } else if (i < d->a->count && !al->in_order[i]) {
      ok = moved(d, al, i, al->a.match[i]);
      i++;
    } else if (j < d->b->count && !al->in_order[al->b.match[j]]) {
      ok = moved(d, al, al->b.match[j], j);
      j++;
    } else {
      if (differ(d, i, j, &what))
        ok = add(d, what, i, j);
      else
        d->equal++;
      i++;
      j++;
    }
  }
  return ok;
}

bool vcca_rim_diff(const struct vcca_rim_trace *a, const struct vcca_rim_trace *b, struct vcca_rim_diff *out, struct vcca_error *err)
{
  struct alignment al = {.in_order = calloc(a->count + 1, sizeof(bool)), .told = calloc(a->count + 1, sizeof(bool))};
  *out = (struct vcca_rim_diff){.a = a, .b = b};
  bool ok = prepare(&al.a, a) && prepare(&al.b, b) && al.in_order && al.told;
  if (ok) {
    match(&al.a, &al.b);
    ok = find_order(&al) && walk(out, &al);
  }
  free(al.a.keys);
  free(al.a.match);
  free(al.b.keys);
  free(al.b.match);
  free(al.in_order);
  free(al.told);
  if (!ok)
    vcca_rim_diff_free(out);
  return ok || vcca_fail(err, VCCA_FAULT_MEMORY, "no memory to compare %zu with %zu steps", a->count, b->count);
}

void vcca_rim_diff_free(struct vcca_rim_diff *diff)
{
  free(diff->runs);
  memset(diff, 0, sizeof *diff);
}

bool vcca_rim_diff_same(const struct vcca_rim_diff *diff)
{
  return diff->run_count == 0 && diff->a->alg == diff->b->alg;
}
