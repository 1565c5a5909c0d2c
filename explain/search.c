/* The search: every hypothesis alone, then every two that do not contradict each other, on all CPUs. A worker takes the first of two and
 * tries all others with it, so that what they share is computed once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/base.h"
#include "rooms/error.h"
#include "rooms/span.h"

/* A theory of so many extensions more than the VM itself has is not tried: RAM of terabytes page by page, a header that claims terabytes.
 * A GiB of granules is. */
enum { THREADS_MAX = 16, EXTENSIONS_MORE = 1 << 18 };

/* One value of one row. */
struct trial {
  unsigned row, value;
  bool applies, found; /* alone */
};

struct search {
  struct base base;                                                  /* the VM as it is said to be */
  uint8_t target[VCCA_MEASUREMENT_SIZE], rim[VCCA_MEASUREMENT_SIZE]; /* rim: the base's own */
  enum vcca_hash_alg alg;
  struct trial *trials;
  size_t trial_count;
  bool pairs; /* this pass: two at a time */
  const struct vcca_explain_options *options;
  pthread_mutex_t lock; /* of what follows */
  size_t next;
  uint64_t done, total;
  struct vcca_rim_explanation *out;
};

/* What a thread has for itself. */
struct worker {
  struct search *s;
  struct memo *memo;
  struct base *first, *second; /* changed VMs */
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

static void measure(struct worker *w, const struct base *base, const struct theory *t, struct vcca_rim *out)
{
  struct theory settled = *t;
  *out = (struct vcca_rim){.hash_alg = w->s->alg};
  theory_settle(&settled);
  theory_measure(&settled, &base->images, w->memo, out);
}

static void tell(struct search *s, const struct vcca_rim_finding *f)
{
  pthread_mutex_lock(&s->lock);
  add_finding(s->out, f);
  pthread_mutex_unlock(&s->lock);
}

/* Adds a trial to the finding; its words are for the caller to be said. */
static struct vcca_rim_deviation *begin(const struct trial *tr, struct vcca_rim_finding *f)
{
  struct vcca_rim_deviation *say = &f->deviation[f->count];
  *say = (struct vcca_rim_deviation){.words = ""};
  f->hypothesis[f->count++] = tr->row;
  return say;
}

static bool apply(const struct trial *tr, struct theory *t, struct vcca_rim_finding *f)
{
  bool ok = hypotheses[tr->row].apply(t, tr->value, begin(tr, f));
  theory_settle(t);
  return ok;
}

/* Starts the VM of a base otherwise. *out is to be freed in any case. */
static bool change(const struct search *s, const struct trial *tr, const struct base *base, struct base *out,
                   struct vcca_rim_finding *f)
{
  struct configuration c = base->configuration;
  struct vcca_rim_deviation *say = begin(tr, f);
  memset(out, 0, sizeof *out);
  return base->theory.changeable && hypotheses[tr->row].change(&c, tr->value, say) &&
         base_of_configuration(&c, &s->base, out);
}

static bool is_change(const struct trial *tr)
{
  return hypotheses[tr->row].change != NULL;
}

/* Two values of one row are alternatives, unless they are about different segments. */
static bool contradict(const struct trial *a, const struct trial *b)
{
  unsigned each = hypotheses[a->row].each;
  return a->row == b->row && (each == 0 || a->value / each == b->value / each);
}

static bool affordable(const struct search *s, const struct theory *t)
{
  return theory_extensions(t) <= theory_extensions(&s->base.theory) + EXTENSIONS_MORE;
}

/* One trial more on what was deviated before; *rim is what it leads to. False when it does not apply. */
static bool try_one(struct worker *w, const struct trial *tr, const struct base *base, const struct theory *before,
                    struct base *changed, struct vcca_rim_finding *f, struct vcca_rim *rim)
{
  struct theory t = *before;
  bool ok;
  if (is_change(tr)) {
    ok = change(w->s, tr, base, changed, f) && affordable(w->s, &changed->theory);
    if (ok)
      measure(w, changed, &changed->theory, rim);
    base_free(changed);
    return ok;
  }
  ok = apply(tr, &t, f) && affordable(w->s, &t);
  if (ok)
    measure(w, base, &t, rim);
  return ok;
}

static bool leads_there(const struct search *s, const struct vcca_rim *rim)
{
  return memcmp(rim->value, s->target, sizeof rim->value) == 0;
}

/* A deviation that leads to the same RIM is none. */
static uint64_t try_alone(struct worker *w, struct trial *tr)
{
  struct search *s = w->s;
  struct vcca_rim_finding f = {.count = 0};
  struct vcca_rim rim;
  if (!try_one(w, tr, &s->base, &s->base.theory, w->first, &f, &rim) ||
      memcmp(rim.value, s->rim, sizeof rim.value) == 0)
    return 0;
  tr->applies = true;
  tr->found = leads_there(s, &rim);
  if (tr->found)
    tell(s, &f);
  return 1;
}

static uint64_t try_with_others(struct worker *w, size_t i, const struct base *base, const struct theory *first,
                                const struct vcca_rim_finding *f)
{
  struct search *s = w->s;
  uint64_t tried = 0;
  for (size_t j = i + 1; j < s->trial_count; j++) {
    struct trial *other = &s->trials[j];
    struct vcca_rim_finding both = *f;
    struct vcca_rim rim;
    if (other->found || contradict(&s->trials[i], other) || !try_one(w, other, base, first, w->second, &both, &rim))
      continue;
    tried++;
    if (leads_there(s, &rim))
      tell(s, &both);
  }
  return tried;
}

static uint64_t try_pairs(struct worker *w, size_t i)
{
  const struct trial *tr = &w->s->trials[i];
  const struct base *base = &w->s->base;
  struct theory first = base->theory;
  struct vcca_rim_finding f = {.count = 0};
  uint64_t tried = 0;
  if (!tr->applies || tr->found)
    return 0;
  if (!is_change(tr))
    return apply(tr, &first, &f) ? try_with_others(w, i, base, &first, &f) : 0;
  if (change(w->s, tr, base, w->first, &f))
    tried = try_with_others(w, i, w->first, &w->first->theory, &f);
  base_free(w->first);
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

static void work(struct worker *w, vcca_progress progress)
{
  struct search *s = w->s;
  for (size_t i; take(s, &i);) {
    uint64_t tried = s->pairs ? try_pairs(w, i) : try_alone(w, &s->trials[i]);
    pthread_mutex_lock(&s->lock);
    s->out->tried += tried;
    s->done += s->pairs ? s->trial_count - i : 1; /* about what it cost */
    uint64_t done = s->done;
    pthread_mutex_unlock(&s->lock);
    if (progress)
      progress(s->options->progress_ctx, done, s->total);
  }
}

static bool worker_new(struct search *s, struct worker *w)
{
  *w = (struct worker){s, memo_new(), malloc(sizeof *w->first), malloc(sizeof *w->second)};
  return w->memo && w->first && w->second;
}

static void worker_free(struct worker *w)
{
  memo_free(w->memo);
  free(w->first);
  free(w->second);
}

/* Without memory for one, the others do its work. */
static void *work_on_thread(void *search)
{
  struct worker w;
  if (worker_new(search, &w))
    work(&w, NULL);
  worker_free(&w);
  return NULL;
}

/* One pass over all trials, on all threads; progress is told by the caller's. */
static void pass(struct worker *w, bool pairs)
{
  struct search *s = w->s;
  pthread_t others[THREADS_MAX];
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  unsigned threads = s->options->threads ? s->options->threads : cpus > 0 ? (unsigned)cpus : 1, started = 0;
  s->pairs = pairs;
  s->next = 0;
  s->done = 0;
  s->total = pairs ? s->trial_count * (s->trial_count + 1) / 2 : s->trial_count;
  while (started + 1 < threads && started < THREADS_MAX &&
         pthread_create(&others[started], NULL, work_on_thread, s) == 0)
    started++;
  work(w, s->options->progress);
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
  s->out->alg = s->alg = alg;
  s->out->other_hash = alg != plan->params.hash_alg;
  return true;
}

static void search(struct worker *w)
{
  struct search *s = w->s;
  struct vcca_rim_explanation *out = s->out;
  struct vcca_rim_finding none = {.count = 0};
  struct vcca_rim rim;
  measure(w, &s->base, &s->base.theory, &rim);
  memcpy(s->rim, rim.value, sizeof s->rim);
  out->tried = 1;
  if (leads_there(s, &rim))
    add_finding(out, &none);
  if (out->count > 0 && !s->options->thorough)
    return;
  pass(w, false);
  for (size_t i = 0; i < s->trial_count; i++)
    out->deviations += s->trials[i].applies;
  if (s->options->depth != 1 && (out->count == 0 || s->options->thorough))
    pass(w, true);
}

bool vcca_rim_explain(const struct vcca_plan *plan, vcca_span rim, const struct vcca_explain_options *options,
                      struct vcca_rim_explanation *out, struct vcca_error *err)
{
  static const struct vcca_explain_options defaults;
  struct search s = {.options = options ? options : &defaults, .out = out};
  struct worker w;
  memset(out, 0, sizeof *out);
  pthread_mutex_init(&s.lock, NULL);
  bool ok = worker_new(&s, &w) || vcca_fail(err, VCCA_FAULT_MEMORY, "no memory to search in");
  ok = ok && read_target(plan, rim, &s, err) && list_trials(&s, err) &&
       base_of_plan(plan, s.options->vm, s.alg, (struct image_reader){s.options->read, s.options->read_ctx}, &s.base,
                    err);
  if (ok)
    search(&w);
  base_free(&s.base);
  free(s.trials);
  worker_free(&w);
  pthread_mutex_destroy(&s.lock);
  return ok;
}
