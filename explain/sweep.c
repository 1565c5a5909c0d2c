/* Measuring a sweep: configurations a block at a time on all threads, rows handed out in order. Digests of pages are computed once for
 * each image and algorithm, and each thread remembers its chains: configurations that part late share what is before.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/theory.h"

enum { THREADS_MAX = 16, BLOCK = 64, CONTENTS = 2 /* a kernel's file is measured unpacked, or as it is */ };

struct sweeping {
  const struct vcca_sweep *sweep;
  const struct vcca_sweep_options *options;
  struct memo *memos[THREADS_MAX];
  unsigned threads;
  pthread_mutex_t lock; /* of what follows */
  struct image cache[VCCA_SWEEP_FILES][CONTENTS][VCCA_HASH_ALGS];
  struct vcca_sweep_row rows[BLOCK];
  size_t count, next; /* of rows */
  bool failed;
  struct vcca_error *err;
};

struct worker {
  struct sweeping *s;
  struct memo *memo;
};

/* --- One configuration ---------------------------------------------------------------------------------------- */

/* Which of the configuration's files the content is; false: it was made for it. */
static bool is_file(const struct vcca_sweep *sweep, size_t id, vcca_span content, size_t *file, bool *kernel)
{
  for (size_t axis = 0; axis < sweep->axis_count; axis++) {
    enum vcca_sweep_option option = sweep->axes[axis].option;
    const struct vcca_sweep_value *value = vcca_sweep_at(sweep, id, axis);
    if (!vcca_sweep_is_file(option) || !value->text || !content.p || vcca_sweep_content(&sweep->files[value->file], option).p != content.p)
      continue;
    *file = value->file;
    *kernel = option == VCCA_SWEEP_KERNEL;
    return true;
  }
  return false;
}

/* The first to want an image hashes it, the others wait: all of them need it, and hashing uses all CPUs by itself. */
static bool hash_once(struct sweeping *s, struct image *cached, vcca_span content, enum vcca_hash_alg alg, struct image *out, struct vcca_error *err)
{
  pthread_mutex_lock(&s->lock);
  bool ok = cached->digests != NULL || image_hash(content, alg, cached, err);
  *out = *cached;
  pthread_mutex_unlock(&s->lock);
  return ok;
}

struct hashed {
  struct images images;
  bool own[VCCA_SEGMENTS];
  uint64_t identity[VCCA_SEGMENTS];
};

static bool hash_all(struct sweeping *s, size_t id, const struct vcca_plan *plan, struct hashed *h, struct vcca_error *err)
{
  enum vcca_hash_alg alg = plan->params.hash_alg;
  h->images = (struct images){.alg = alg, .count = plan->segment_count};
  for (size_t i = 0; i < plan->segment_count; i++) {
    vcca_span content = plan->segments[i].content;
    size_t file;
    bool kernel;
    h->own[i] = !is_file(s->sweep, id, content, &file, &kernel);
    h->identity[i] = h->own[i] ? (uint64_t)VCCA_SWEEP_FILES * CONTENTS + id : file * CONTENTS + kernel;
    if (h->own[i] ? !image_hash(content, alg, &h->images.at[i], err)
                  : !hash_once(s, &s->cache[file][kernel][alg], content, alg, &h->images.at[i], err))
      return false;
  }
  return true;
}

static void free_own(struct hashed *h)
{
  for (size_t i = 0; i < h->images.count; i++)
    if (h->own[i])
      free(h->images.at[i].digests);
}

static bool measure(struct sweeping *s, const struct vcca_plan *plan, struct memo *memo, struct vcca_sweep_row *row, struct vcca_error *err)
{
  struct hashed h = {.images.count = 0};
  struct theory t;
  bool ok = hash_all(s, row->id, plan, &h, err);
  if (ok) {
    theory_of_plan(plan, &h.images, &t);
    for (size_t i = 0; i < t.count; i++)
      t.pieces[i].identity = t.pieces[i].is_loader || plan->segments[i].content.n == 0 ? 0 : h.identity[i] + 1;
    theory_measure(&t, &h.images, memo, &row->rim);
    row->planned = true;
  }
  free_own(&h);
  return ok;
}

static bool compute(struct sweeping *s, struct memo *memo, struct vcca_sweep_row *row, struct vcca_error *err)
{
  struct vcca_vm vm;
  struct vcca_plan plan;
  struct vcca_bytes dtb = {NULL, 0};
  bool ok = true;
  if (vcca_sweep_plan(s->sweep, row->id, &vm, &plan, &dtb, &row->error))
    ok = measure(s, &plan, memo, row, err);
  else if (row->error.fault == VCCA_FAULT_MEMORY)
    ok = vcca_fail(err, VCCA_FAULT_MEMORY, "%s", row->error.text);
  vcca_bytes_free(&dtb);
  return ok;
}

/* --- Blocks --------------------------------------------------------------------------------------------------- */

static struct vcca_sweep_row *take(struct sweeping *s)
{
  pthread_mutex_lock(&s->lock);
  while (s->next < s->count && s->rows[s->next].known)
    s->next++;
  struct vcca_sweep_row *row = s->failed || s->next >= s->count ? NULL : &s->rows[s->next++];
  pthread_mutex_unlock(&s->lock);
  return row;
}

static void *work(void *ctx)
{
  struct worker *w = ctx;
  struct sweeping *s = w->s;
  struct vcca_error err;
  for (struct vcca_sweep_row *row; (row = take(s)) != NULL;)
    if (!compute(s, w->memo, row, &err)) {
      pthread_mutex_lock(&s->lock);
      if (!s->failed && s->err)
        *s->err = err;
      s->failed = true;
      pthread_mutex_unlock(&s->lock);
    }
  return NULL;
}

/* Fills the block with configurations from id on; returns the id behind it. */
static size_t fill(struct sweeping *s, size_t id)
{
  const struct vcca_sweep_options *o = s->options;
  size_t step = o->shards ? o->shards : 1;
  s->count = s->next = 0;
  for (; id < s->sweep->configurations && s->count < BLOCK; id += step) {
    s->rows[s->count] = (struct vcca_sweep_row){.id = id, .known = o->known && o->known(o->ctx, id)};
    s->count++;
    if (step > s->sweep->configurations - id)
      return s->sweep->configurations; /* and no sum wraps */
  }
  return id;
}

static void compute_block(struct sweeping *s)
{
  pthread_t others[THREADS_MAX];
  struct worker workers[THREADS_MAX] = {{s, s->memos[0]}};
  unsigned started = 0;
  for (unsigned i = 1; i < s->threads; i++)
    workers[i] = (struct worker){s, s->memos[i]};
  while (started + 1 < s->threads && pthread_create(&others[started], NULL, work, &workers[started + 1]) == 0)
    started++;
  (void)work(&workers[0]);
  for (unsigned i = 0; i < started; i++)
    pthread_join(others[i], NULL);
}

static bool run(struct sweeping *s)
{
  const struct vcca_sweep_options *o = s->options;
  for (size_t id = o->shards ? o->shard : 0; id < s->sweep->configurations;) {
    id = fill(s, id);
    compute_block(s);
    for (size_t i = 0; i < s->count && !s->failed; i++)
      if (!o->row(o->ctx, &s->rows[i]))
        return true;
    if (s->failed)
      return false;
  }
  return true;
}

static void free_cache(struct sweeping *s)
{
  for (size_t file = 0; file < s->sweep->file_count; file++)
    for (unsigned kernel = 0; kernel < CONTENTS; kernel++)
      for (unsigned alg = 0; alg < VCCA_HASH_ALGS; alg++)
        free(s->cache[file][kernel][alg].digests);
}

bool vcca_sweep_run(const struct vcca_sweep *sweep, const struct vcca_sweep_options *options, struct vcca_error *err)
{
  long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  unsigned threads = options->threads ? options->threads : cpus > 0 ? (unsigned)cpus : 1;
  struct sweeping *s = calloc(1, sizeof *s);
  if (!s)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory to sweep in");
  s->sweep = sweep;
  s->options = options;
  s->err = err;
  pthread_mutex_init(&s->lock, NULL);
  while (s->threads < threads && s->threads < THREADS_MAX && (s->memos[s->threads] = memo_new()) != NULL)
    s->threads++;
  bool ok = s->threads > 0 ? run(s) : vcca_fail(err, VCCA_FAULT_MEMORY, "no memory to sweep in");
  for (unsigned i = 0; i < s->threads; i++)
    memo_free(s->memos[i]);
  free_cache(s);
  pthread_mutex_destroy(&s->lock);
  free(s);
  return ok;
}
