/* The search: every hypothesis alone, then every two that do not contradict each other, then every three on
 * request, on all CPUs. A worker tries every second one with a few first ones side by side.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/base.h"
#include "rooms/error.h"
#include "rooms/span.h"

/* A theory of so many extensions more than the VM itself has is not tried: RAM of terabytes page by page, a
 * header that claims terabytes. A GiB of granules is. */
enum { THREADS_MAX = 16, EXTENSIONS_MORE = 1 << 18, STARTS = 4 };

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
  unsigned depth; /* of this pass: deviations at a time */
  const struct vcca_explain_options *options;
  pthread_mutex_t lock; /* of what follows */
  size_t next;
  uint64_t done, total;
  struct vcca_rim_explanation *out;
};

/* What trials are added to: the VM itself, or the VM with one deviation or two. */
struct start {
  size_t trials[VCCA_RIM_DEVIATIONS_MAX - 1]; /* as many as the finding has deviations */
  const struct base *base;
  struct theory theory;
  struct vcca_rim_finding finding;
  struct base changed; /* base, when the last trial is a change */
};

/* One theory to be measured, and what it deviates by. */
struct attempt {
  struct trial *trial; /* the last one */
  struct vcca_rim_finding finding;
  struct theory theory;
  const struct base *base;
  struct base changed; /* base, when the last trial is a change */
};

/* A worker's memory. */
struct worker {
  struct search *s;
  struct memo *memo;
  struct start *first;      /* of three deviations */
  struct start *starts;     /* STARTS: what the last deviation is added to */
  struct attempt *attempts; /* MEASURED_TOGETHER */
  size_t attempt_count;
};

/* --- Findings ------------------------------------------------------------------------------------------- */

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

/* --- Trying --------------------------------------------------------------------------------------------- */

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

static bool leads_there(const struct search *s, const struct vcca_rim *rim)
{
  return memcmp(rim->value, s->target, sizeof rim->value) == 0;
}

/* Measures all attempts together and hands each over; returns how many there were. */
typedef void (*measured)(struct search *s, const struct attempt *a, const struct vcca_rim *rim);
static uint64_t measure(struct worker *w, measured each)
{
  struct measurement m[MEASURED_TOGETHER];
  size_t n = w->attempt_count;
  for (size_t i = 0; i < n; i++) {
    struct attempt *a = &w->attempts[i];
    m[i] = (struct measurement){&a->theory, &a->base->images, {.hash_alg = w->s->alg}};
  }
  theories_measure(m, n, w->memo);
  for (size_t i = 0; i < n; i++) {
    struct attempt *a = &w->attempts[i];
    each(w->s, a, &m[i].rim);
    base_free(&a->changed);
  }
  w->attempt_count = 0;
  return n;
}

/* Adds a trial to a start, if it applies there. Measures when there is no room for another attempt. */
static uint64_t attempt(struct worker *w, struct trial *tr, const struct start *from, measured each)
{
  struct attempt *a = &w->attempts[w->attempt_count];
  a->trial = tr;
  a->finding = from->finding;
  a->base = from->base;
  memset(&a->changed, 0, sizeof a->changed);
  bool ok;
  if (is_change(tr)) {
    ok = change(w->s, tr, from->base, &a->changed, &a->finding);
    a->base = &a->changed;
    a->theory = a->changed.theory;
    theory_settle(&a->theory);
  } else {
    a->theory = from->theory;
    ok = apply(tr, &a->theory, &a->finding);
  }
  if (!ok || !affordable(w->s, &a->theory)) {
    base_free(&a->changed);
    return 0;
  }
  w->attempt_count++;
  return w->attempt_count == MEASURED_TOGETHER ? measure(w, each) : 0;
}

/* A deviation that leads to the same RIM is none. */
static void judge_alone(struct search *s, const struct attempt *a, const struct vcca_rim *rim)
{
  a->trial->applies = memcmp(rim->value, s->rim, sizeof rim->value) != 0;
  a->trial->found = a->trial->applies && leads_there(s, rim);
  if (a->trial->found)
    tell(s, &a->finding);
}

/* Whether all deviations of one finding are among those of another. */
static bool includes(const struct vcca_rim_finding *f, const struct vcca_rim_finding *part)
{
  unsigned same = 0;
  for (unsigned i = 0; i < part->count; i++)
    for (unsigned k = 0; k < f->count; k++)
      same += part->hypothesis[i] == f->hypothesis[k] && strcmp(part->deviation[i].words, f->deviation[k].words) == 0;
  return same == part->count;
}

/* Two deviations that explain the RIM are a finding; with a third one they are none. */
static void judge_several(struct search *s, const struct attempt *a, const struct vcca_rim *rim)
{
  if (!leads_there(s, rim))
    return;
  bool news = true;
  pthread_mutex_lock(&s->lock);
  for (size_t i = 0; i < s->out->count; i++)
    if (s->out->findings[i].count == 2 && a->finding.count == 3)
      news = news && !includes(&a->finding, &s->out->findings[i]);
  pthread_mutex_unlock(&s->lock);
  if (news)
    tell(s, &a->finding);
}

static void start_with_none(const struct search *s, struct start *out)
{
  out->base = &s->base;
  out->theory = s->base.theory;
  memset(&out->finding, 0, sizeof out->finding);
  memset(&out->changed, 0, sizeof out->changed);
}

static uint64_t try_alone(struct worker *w, size_t from, size_t to)
{
  struct search *s = w->s;
  start_with_none(s, &w->starts[0]);
  for (size_t i = from; i < to; i++)
    (void)attempt(w, &s->trials[i], &w->starts[0], judge_alone);
  (void)measure(w, judge_alone);
  uint64_t tried = 0;
  for (size_t i = from; i < to; i++)
    tried += s->trials[i].applies;
  return tried;
}

/* Whether trial i may be added: it applies alone, does not explain the RIM alone, and contradicts none
 * before it. */
static bool may_follow(const struct search *s, const struct start *before, size_t i)
{
  for (unsigned k = 0; k < before->finding.count; k++)
    if (before->trials[k] >= i || contradict(&s->trials[before->trials[k]], &s->trials[i]))
      return false;
  return s->trials[i].applies && !s->trials[i].found;
}

/* Adds trial i to a start. False when it cannot be; *out is to be freed in any case. */
static bool start_with(const struct search *s, const struct start *before, size_t i, struct start *out)
{
  const struct trial *tr = &s->trials[i];
  unsigned count = before->finding.count;
  *out = *before;
  memset(&out->changed, 0, sizeof out->changed);
  if (!may_follow(s, before, i))
    return false;
  out->trials[count] = i;
  if (!is_change(tr))
    return apply(tr, &out->theory, &out->finding);
  if (!change(s, tr, before->base, &out->changed, &out->finding))
    return false;
  out->base = &out->changed;
  out->theory = out->changed.theory;
  return true;
}

/* Tries two more on a start, the first of which is one of from .. to - 1, at most STARTS of them. */
static uint64_t try_two(struct worker *w, const struct start *before, size_t from, size_t to)
{
  struct search *s = w->s;
  uint64_t tried = 0;
  size_t count = 0;
  for (size_t i = from; i < to; i++) {
    if (start_with(s, before, i, &w->starts[count]))
      count++;
    else
      base_free(&w->starts[count].changed);
  }
  for (size_t j = from + 1; j < s->trial_count; j++)
    for (size_t k = 0; k < count; k++)
      if (may_follow(s, &w->starts[k], j))
        tried += attempt(w, &s->trials[j], &w->starts[k], judge_several);
  tried += measure(w, judge_several);
  for (size_t k = 0; k < count; k++)
    base_free(&w->starts[k].changed);
  return tried;
}

static size_t least(size_t a, size_t b)
{
  return a < b ? a : b;
}

static uint64_t try_several(struct worker *w, size_t from, size_t to)
{
  struct search *s = w->s;
  struct start none;
  uint64_t tried = 0;
  start_with_none(s, &none);
  if (s->depth == 2)
    return try_two(w, &none, from, to);
  for (size_t i = from; i < to; i++) {
    if (start_with(s, &none, i, w->first))
      for (size_t j = i + 1; j < s->trial_count; j += STARTS)
        tried += try_two(w, w->first, j, least(j + STARTS, s->trial_count));
    base_free(&w->first->changed);
  }
  return tried;
}

/* --- Threads -------------------------------------------------------------------------------------------- */

/* The next trials to be tried alone, or as the first of two. */
static bool take(struct search *s, size_t *from, size_t *to)
{
  pthread_mutex_lock(&s->lock);
  *from = s->next;
  *to = least(*from + (s->depth == 1 ? MEASURED_TOGETHER : s->depth == 2 ? STARTS : 1), s->trial_count);
  s->next = *to;
  pthread_mutex_unlock(&s->lock);
  return *from < s->trial_count;
}

/* How many ways there are to choose `depth` of n. */
static uint64_t choices(uint64_t n, unsigned depth)
{
  uint64_t ways = 1;
  for (unsigned k = 0; k < depth; k++)
    ways = ways * (n - least(n, k)) / (k + 1);
  return ways;
}

static void work(struct worker *w, vcca_progress progress)
{
  struct search *s = w->s;
  for (size_t from, to; take(s, &from, &to);) {
    uint64_t tried = s->depth == 1 ? try_alone(w, from, to) : try_several(w, from, to);
    pthread_mutex_lock(&s->lock);
    s->out->tried += tried;
    s->done += choices(s->trial_count - from, s->depth) - choices(s->trial_count - to, s->depth);
    uint64_t done = s->done;
    pthread_mutex_unlock(&s->lock);
    if (progress)
      progress(s->options->progress_ctx, done, s->total);
  }
}

static bool worker_new(struct search *s, struct worker *w)
{
  *w = (struct worker){s,
                       memo_new(),
                       malloc(sizeof *w->first),
                       malloc(STARTS * sizeof *w->starts),
                       malloc(MEASURED_TOGETHER * sizeof *w->attempts),
                       0};
  return w->memo && w->first && w->starts && w->attempts;
}

static void worker_free(struct worker *w)
{
  memo_free(w->memo);
  free(w->first);
  free(w->starts);
  free(w->attempts);
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
static void pass(struct worker *w, unsigned depth)
{
  struct search *s = w->s;
  pthread_t others[THREADS_MAX];
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  unsigned threads = s->options->threads ? s->options->threads : cpus > 0 ? (unsigned)cpus : 1, started = 0;
  s->depth = depth;
  s->next = 0;
  s->done = 0;
  s->total = choices(s->trial_count, depth);
  while (started + 1 < threads && started < THREADS_MAX &&
         pthread_create(&others[started], NULL, work_on_thread, s) == 0)
    started++;
  work(w, s->options->progress);
  for (unsigned i = 0; i < started; i++)
    pthread_join(others[i], NULL);
}

/* --- All together --------------------------------------------------------------------------------------- */

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

/* The algorithm is the one whose digests are as long as the RIM; a whole register has zeros behind the
 * digest. */
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
  struct measurement m = {&s->base.theory, &s->base.images, {.hash_alg = s->alg}};
  theories_measure(&m, 1, w->memo);
  memcpy(s->rim, m.rim.value, sizeof s->rim);
  out->tried = 1;
  if (leads_there(s, &m.rim))
    add_finding(out, &none);
  if (out->count > 0 && !s->options->thorough)
    return;
  pass(w, 1);
  unsigned further = 0, depth = s->options->depth ? s->options->depth : 2;
  for (size_t i = 0; i < s->trial_count; i++) {
    out->deviations += s->trials[i].applies;
    further += s->trials[i].applies && !s->trials[i].found;
  }
  for (unsigned d = 2; d <= depth && (out->count == 0 || s->options->thorough); d++) {
    if (s->options->forecast)
      s->options->forecast(s->options->progress_ctx, d, choices(further, d), out->tried);
    pass(w, d);
  }
}

bool vcca_rim_explain(const struct vcca_plan *plan, vcca_span rim, const struct vcca_explain_options *options,
                      struct vcca_rim_explanation *out, struct vcca_error *err)
{
  static const struct vcca_explain_options defaults;
  struct search s = {.options = options ? options : &defaults, .out = out};
  struct worker w;
  memset(out, 0, sizeof *out);
  if (s.options->depth > VCCA_RIM_DEVIATIONS_MAX)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%u deviations at a time: at most %d", s.options->depth,
                     VCCA_RIM_DEVIATIONS_MAX);
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
