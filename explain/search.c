/* The search: every hypothesis alone, then every two that do not contradict each other, on all CPUs. A worker takes the first of two and
 * tries all others with it, so that what they share is computed once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/theory.h"

enum { THREADS_MAX = 16 };

/* One value of one row. */
struct trial {
  unsigned row, value;
  bool applies, found; /* alone */
};

struct search {
  struct images images;
  struct theory base;
  uint8_t target[VCCA_MEASUREMENT_SIZE];
  struct trial *trials;
  size_t trial_count;
  bool pairs; /* this pass: two at a time */
  const struct vcca_explain_options *options;
  pthread_mutex_t lock; /* of what follows */
  size_t next;
  uint64_t done, total;
  struct vcca_rim_explanation *out;
};

/* --- Findings ------------------------------------------------------------------------------------------------- */

static int compare_findings(const struct vcca_rim_finding *l, const struct vcca_rim_finding *r)
{
  if (l->count != r->count)
    return l->count < r->count ? -1 : 1;
  for (unsigned i = 0; i < l->count; i++) {
    if (l->hypothesis[i] != r->hypothesis[i])
      return l->hypothesis[i] < r->hypothesis[i] ? -1 : 1;
    int order = strcmp(l->deviation[i].words, r->deviation[i].words);
    if (order != 0)
      return order;
  }
  return 0;
}

/* Keeps the first in order, so that the result does not depend on which thread was faster. */
static void add_finding(struct vcca_rim_explanation *out, const struct vcca_rim_finding *f)
{
  size_t at = out->count;
  while (at > 0 && compare_findings(f, &out->findings[at - 1]) < 0)
    at--;
  if (out->count == VCCA_RIM_FINDINGS_MAX) {
    out->more = true;
    if (at == VCCA_RIM_FINDINGS_MAX)
      return;
    out->count--;
  }
  memmove(&out->findings[at + 1], &out->findings[at], (out->count - at) * sizeof *f);
  out->findings[at] = *f;
  out->count++;
}

/* --- Trying --------------------------------------------------------------------------------------------------- */

static bool leads_there(const struct search *s, const struct theory *t, struct memo *memo)
{
  struct theory settled = *t;
  struct vcca_rim rim = {.hash_alg = s->images.alg};
  theory_settle(&settled);
  theory_measure(&settled, &s->images, memo, &rim);
  return memcmp(rim.value, s->target, sizeof rim.value) == 0;
}

static bool apply(const struct search *s, size_t trial, struct theory *t, struct vcca_rim_finding *f)
{
  const struct trial *tr = &s->trials[trial];
  struct vcca_rim_deviation *say = &f->deviation[f->count];
  *say = (struct vcca_rim_deviation){.words = ""};
  f->hypothesis[f->count] = tr->row;
  f->count++;
  bool ok = hypotheses[tr->row].apply(t, tr->value, say);
  theory_settle(t);
  return ok;
}

/* Two values of one row are alternatives, unless they are about different segments. */
static bool contradict(const struct trial *a, const struct trial *b)
{
  unsigned each = hypotheses[a->row].each;
  return a->row == b->row && (each == 0 || a->value / each == b->value / each);
}

static uint64_t try_alone(struct search *s, size_t i, struct memo *memo)
{
  struct theory t = s->base;
  struct vcca_rim_finding f = {.count = 0};
  s->trials[i].applies = apply(s, i, &t, &f);
  if (!s->trials[i].applies)
    return 0;
  s->trials[i].found = leads_there(s, &t, memo);
  if (s->trials[i].found) {
    pthread_mutex_lock(&s->lock);
    add_finding(s->out, &f);
    pthread_mutex_unlock(&s->lock);
  }
  return 1;
}

static uint64_t try_pairs(struct search *s, size_t i, struct memo *memo)
{
  struct theory first = s->base;
  struct vcca_rim_finding f = {.count = 0};
  uint64_t tried = 0;
  if (!s->trials[i].applies || s->trials[i].found)
    return 0;
  (void)apply(s, i, &first, &f);
  for (size_t j = i + 1; j < s->trial_count; j++) {
    struct theory t = first;
    struct vcca_rim_finding both = f;
    if (s->trials[j].found || contradict(&s->trials[i], &s->trials[j]) || !apply(s, j, &t, &both))
      continue;
    tried++;
    if (!leads_there(s, &t, memo))
      continue;
    pthread_mutex_lock(&s->lock);
    add_finding(s->out, &both);
    pthread_mutex_unlock(&s->lock);
  }
  return tried;
}

/* --- Threads -------------------------------------------------------------------------------------------------- */

static bool take(struct search *s, size_t *i)
{
  pthread_mutex_lock(&s->lock);
  *i = s->next++;
  pthread_mutex_unlock(&s->lock);
  return *i < s->trial_count;
}

static void work(struct search *s, struct memo *memo, vcca_progress progress)
{
  for (size_t i; take(s, &i);) {
    uint64_t tried = s->pairs ? try_pairs(s, i, memo) : try_alone(s, i, memo);
    pthread_mutex_lock(&s->lock);
    s->out->tried += tried;
    s->done += s->pairs ? s->trial_count - i : 1; /* about what it cost */
    uint64_t done = s->done;
    pthread_mutex_unlock(&s->lock);
    if (progress)
      progress(s->options->progress_ctx, done, s->total);
  }
}

static void *work_on_thread(void *search)
{
  struct memo *memo = memo_new();
  if (memo)
    work(search, memo, NULL);
  memo_free(memo);
  return NULL;
}

/* One pass over all trials, on all threads; progress is told by the caller's. */
static void pass(struct search *s, bool pairs, struct memo *memo)
{
  pthread_t others[THREADS_MAX];
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  unsigned threads = s->options->threads ? s->options->threads : cpus > 0 ? (unsigned)cpus : 1, started = 0;
  s->pairs = pairs;
  s->next = 0;
  s->done = 0;
  s->total = pairs ? s->trial_count * (s->trial_count + 1) / 2 : s->trial_count;
  while (started + 1 < threads && started < THREADS_MAX && pthread_create(&others[started], NULL, work_on_thread, s) == 0)
    started++;
  work(s, memo, s->options->progress);
  for (unsigned i = 0; i < started; i++)
    pthread_join(others[i], NULL);
}

/* --- All together --------------------------------------------------------------------------------------------- */

static bool list_trials(struct search *s, struct vcca_error *err)
{
  size_t n = 0;
  for (size_t row = 0; row < hypothesis_count; row++)
    n += hypotheses[row].values;
  s->trials = calloc(n + 1, sizeof *s->trials);
  if (!s->trials)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu hypotheses", n);
  for (unsigned row = 0; row < hypothesis_count; row++)
    for (unsigned v = 0; v < hypotheses[row].values; v++)
      s->trials[s->trial_count++] = (struct trial){.row = row, .value = v};
  return true;
}

/* The algorithm is the one whose digests are as long as the RIM; a whole register has zeros behind the digest. */
static bool read_target(const struct vcca_plan *plan, vcca_span rim, struct search *s, struct vcca_error *err)
{
  enum vcca_hash_alg alg = VCCA_SHA512;
  for (unsigned a = 0; a < VCCA_HASH_ALGS; a++)
    if (rim.n == vcca_hash_size((enum vcca_hash_alg)a))
      alg = (enum vcca_hash_alg)a;
  if (rim.n != vcca_hash_size(alg))
    return vcca_fail(err, VCCA_FAULT_USAGE, "a RIM has 32, 48 or 64 bytes, not %zu", rim.n);
  if (rim.n == VCCA_MEASUREMENT_SIZE && vcca_span_zero(vcca_span_sub(rim, 48, 16)))
    alg = VCCA_SHA384;
  if (rim.n == VCCA_MEASUREMENT_SIZE && vcca_span_zero(vcca_span_sub(rim, 32, 32)))
    alg = VCCA_SHA256;
  memcpy(s->target, rim.p, rim.n);
  s->out->alg = alg;
  s->out->other_hash = alg != plan->params.hash_alg;
  return true;
}

static void search(struct search *s, struct memo *memo)
{
  const struct vcca_explain_options *o = s->options;
  struct vcca_rim_explanation *out = s->out;
  struct vcca_rim_finding none = {.count = 0};
  out->tried = 1;
  if (leads_there(s, &s->base, memo))
    add_finding(out, &none);
  if (out->count > 0 && !o->thorough)
    return;
  pass(s, false, memo);
  for (size_t i = 0; i < s->trial_count; i++)
    out->deviations += s->trials[i].applies;
  if (o->depth != 1 && (out->count == 0 || o->thorough))
    pass(s, true, memo);
}

bool vcca_rim_explain(const struct vcca_plan *plan, vcca_span rim, const struct vcca_explain_options *options, struct vcca_rim_explanation *out,
                      struct vcca_error *err)
{
  static const struct vcca_explain_options defaults;
  struct search s = {.options = options ? options : &defaults, .out = out};
  struct memo *memo = memo_new();
  memset(out, 0, sizeof *out);
  pthread_mutex_init(&s.lock, NULL);
  bool ok = memo != NULL || vcca_fail(err, VCCA_FAULT_MEMORY, "no memory to search in");
  ok = ok && read_target(plan, rim, &s, err) && list_trials(&s, err) && images_hash(plan, out->alg, &s.images, err);
  if (ok) {
    theory_of_plan(plan, &s.images, &s.base);
    search(&s, memo);
  }
  images_free(&s.images);
  free(s.trials);
  memo_free(memo);
  pthread_mutex_destroy(&s.lock);
  return ok;
}
