/* Measures a sweep: a block of configurations at a time on all threads; rows are handed out in order.
 * Digests of pages are computed once for each image and algorithm. Each thread takes a few configurations
 * at a time and measures them side by side, and its memo keeps stretches of their chains for those that
 * part late.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/theory.h"
#include "rooms/error.h"
#include "rooms/explain.h"
#include "rooms/file.h"
#include "rooms/sweep.h"

enum { THREADS_MAX = 16, BLOCK = 128, TOGETHER = 8, CONTENTS = 4 * VCCA_SWEEP_FILES };

/* Bytes that many configurations start with: a file, a kernel unpacked, or a copy of one of these behind
 * zeros. */
struct content {
  vcca_span bytes;
  vcca_span of; /* of a copy: what was copied */
  struct vcca_bytes copy;
  struct image hashed[VCCA_HASH_ALGS];
  bool whole[VCCA_HASH_ALGS]; /* digests of all of it are known: */
  uint8_t digest[VCCA_HASH_ALGS][VCCA_HASH_MAX];
};

struct sweeping;
struct configured;
struct worker {
  struct sweeping *s;
  struct memo *memo;
  struct configured *together; /* TOGETHER */
};

struct sweeping {
  const struct vcca_sweep *sweep;
  const struct vcca_sweep_options *options;
  struct worker workers[THREADS_MAX];
  unsigned threads;
  pthread_mutex_t lock; /* of what follows */
  struct content contents[CONTENTS];
  size_t content_count;
  struct vcca_sweep_row rows[BLOCK];
  size_t count, next; /* of rows */
  bool failed;
  struct vcca_error *err;
};

static const struct image_reader nobody = {NULL, NULL};

/* --- Contents ------------------------------------------------------------------------------------------- */

static void add_content(struct sweeping *s, vcca_span bytes)
{
  if (bytes.n > 0)
    s->contents[s->content_count++].bytes = bytes;
}

static void add_files(struct sweeping *s)
{
  for (size_t i = 0; i < s->sweep->file_count; i++) {
    add_content(s, s->sweep->files[i].mapping.bytes);
    add_content(s, s->sweep->files[i].unpacked.bytes);
  }
}

static void free_contents(struct sweeping *s)
{
  for (size_t i = 0; i < s->content_count; i++) {
    for (unsigned alg = 0; alg < VCCA_HASH_ALGS; alg++)
      free(s->contents[i].hashed[alg].digests);
    vcca_bytes_free(&s->contents[i].copy);
  }
}

/* The copy of a content behind zeros, made for the first plan that wants it. Made-up contents, such as
 * device trees, are not kept. */
static vcca_span copy_behind(struct sweeping *s, size_t zeros, vcca_span content)
{
  bool ours = false;
  for (size_t i = 0; i < s->content_count; i++) {
    const struct content *c = &s->contents[i];
    if (c->of.p == content.p && c->bytes.n == zeros + content.n)
      return c->bytes;
    ours = ours || (c->bytes.p == content.p && c->bytes.n == content.n);
  }
  struct content *c = &s->contents[s->content_count];
  if (!ours || s->content_count == CONTENTS || !vcca_bytes_alloc(&c->copy, zeros + content.n, NULL))
    return vcca_span_of(NULL, 0); /* the plan makes its own, or says why not */
  memcpy(c->copy.p + zeros, content.p, content.n);
  c->bytes = vcca_bytes_span(&c->copy);
  c->of = content;
  s->content_count++;
  return c->bytes;
}

static vcca_span behind(void *ctx, size_t zeros, vcca_span content)
{
  struct sweeping *s = ctx;
  pthread_mutex_lock(&s->lock);
  vcca_span bytes = copy_behind(s, zeros, content);
  pthread_mutex_unlock(&s->lock);
  return bytes;
}

static void note(void *ctx, const char *text)
{
  struct sweeping *s = ctx;
  if (!s->options->note)
    return;
  pthread_mutex_lock(&s->lock);
  s->options->note(s->options->ctx, text);
  pthread_mutex_unlock(&s->lock);
}

/* --- One configuration ---------------------------------------------------------------------------------- */

/* The first to want a content hashes it, the others wait: all of them need it, and hashing uses all CPUs by
 * itself. *index: of the contents; CONTENTS when it is none of them and was made for this configuration. */
static bool hash_once(struct sweeping *s, vcca_span content, enum vcca_hash_alg alg, struct image *out, size_t *index,
                      struct vcca_error *err)
{
  bool ok = true;
  pthread_mutex_lock(&s->lock);
  for (*index = 0; *index < s->content_count; (*index)++)
    if (s->contents[*index].bytes.p == content.p && s->contents[*index].bytes.n == content.n)
      break;
  if (*index == s->content_count) {
    *index = CONTENTS;
  } else {
    struct image *hashed = &s->contents[*index].hashed[alg];
    ok = hashed->digests != NULL || image_hash(content, NULL, alg, nobody, hashed, err);
    *out = *hashed;
  }
  pthread_mutex_unlock(&s->lock);
  return ok;
}

struct hashed {
  struct images images;
  bool own[VCCA_SEGMENTS];
  uint64_t identity[VCCA_SEGMENTS];
};

static bool hash_all(struct sweeping *s, size_t id, const struct vcca_plan *plan, struct hashed *h,
                     struct vcca_error *err)
{
  enum vcca_hash_alg alg = plan->params.hash_alg;
  h->images = (struct images){.alg = alg, .count = plan->segment_count};
  for (size_t i = 0; i < plan->segment_count; i++) {
    vcca_span content = plan->segments[i].content;
    size_t index;
    if (!hash_once(s, content, alg, &h->images.at[i], &index, err))
      return false;
    h->own[i] = index == CONTENTS;
    h->identity[i] = h->own[i] ? CONTENTS + id : index;
    if (h->own[i] && !image_hash(content, NULL, alg, nobody, &h->images.at[i], err))
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

/* A configuration that is measured together with others. */
struct configured {
  struct vcca_sweep_row *row;
  struct vcca_sweep_vm vm;
  struct hashed hashed;
  struct theory theory;
};

static void measure(struct worker *w, size_t n)
{
  struct measurement m[TOGETHER];
  for (size_t i = 0; i < n; i++) {
    struct configured *c = &w->together[i];
    m[i] = (struct measurement){&c->theory, &c->hashed.images, c->row->rim};
  }
  theories_measure(m, n, w->memo);
  for (size_t i = 0; i < n; i++)
    w->together[i].row->rim = m[i].rim;
}

/* Of what firmware is handed, the first to want a digest computes it. */
static void hash_whole(void *ctx, enum vcca_hash_alg alg, vcca_span image, uint8_t digest[VCCA_HASH_MAX])
{
  struct sweeping *s = ctx;
  struct content *c = NULL;
  pthread_mutex_lock(&s->lock);
  for (size_t i = 0; i < s->content_count && !c; i++)
    if (s->contents[i].bytes.p == image.p && s->contents[i].bytes.n == image.n)
      c = &s->contents[i];
  if (c && !c->whole[alg])
    vcca_hash(alg, image, c->digest[alg]);
  if (c) {
    c->whole[alg] = true;
    memcpy(digest, c->digest[alg], VCCA_HASH_MAX);
  }
  pthread_mutex_unlock(&s->lock);
  if (!c)
    vcca_hash(alg, image, digest);
}

/* Makes a row's plan and hashes its images. False: memory is out. *planned: whether there is something to
 * measure; a configuration that makes no plan has its error in the row. c is to be freed in any case. */
static bool configure(struct sweeping *s, struct vcca_sweep_row *row, struct configured *c, bool *planned,
                      struct vcca_error *err)
{
  const struct vcca_sweep_help help = {note, behind, s};
  c->row = row;
  c->hashed.images.count = 0;
  *planned = vcca_sweep_plan(s->sweep, row->id, &help, &c->vm, &row->error);
  if (!*planned)
    return row->error.fault != VCCA_FAULT_MEMORY || vcca_fail(err, VCCA_FAULT_MEMORY, "%s", row->error.text);
  const struct vcca_plan *plan = c->vm.plan;
  if (!hash_all(s, row->id, plan, &c->hashed, err))
    return false;
  theory_of_plan(plan, &c->hashed.images, &c->theory);
  for (size_t i = 0; i < c->theory.count; i++) {
    bool made = c->theory.pieces[i].is_loader || plan->segments[i].content.n == 0;
    c->theory.pieces[i].identity = made ? 0 : c->hashed.identity[i] + 1;
  }
  row->planned = true;
  row->has_rem0 = plan == &c->vm.of_vmm.plan && vcca_vmm_rem0(&c->vm.of_vmm, hash_whole, s, row->rem0);
  return true;
}

static void free_configured(struct configured *c)
{
  free_own(&c->hashed);
  vcca_sweep_vm_free(&c->vm);
}

static bool compute(struct worker *w, struct vcca_sweep_row *const rows[], size_t n, struct vcca_error *err)
{
  size_t count = 0;
  bool ok = true, planned;
  for (size_t i = 0; ok && i < n; i++) {
    ok = configure(w->s, rows[i], &w->together[count], &planned, err);
    if (ok && planned)
      count++;
    else
      free_configured(&w->together[count]);
  }
  if (ok)
    measure(w, count);
  for (size_t i = 0; i < count; i++)
    free_configured(&w->together[i]);
  return ok;
}

/* --- Blocks --------------------------------------------------------------------------------------------- */

/* The next rows of the block: as many as are measured together, fewer when many threads share a block. */
static size_t take(struct sweeping *s, struct vcca_sweep_row *rows[TOGETHER])
{
  size_t n = 0, most = BLOCK / 2 / s->threads;
  pthread_mutex_lock(&s->lock);
  for (; !s->failed && n < TOGETHER && n < most && s->next < s->count; s->next++)
    if (!s->rows[s->next].known)
      rows[n++] = &s->rows[s->next];
  pthread_mutex_unlock(&s->lock);
  return n;
}

static void *work(void *ctx)
{
  struct worker *w = ctx;
  struct sweeping *s = w->s;
  struct vcca_sweep_row *rows[TOGETHER];
  struct vcca_error err;
  for (size_t n; (n = take(s, rows)) > 0;)
    if (!compute(w, rows, n, &err)) {
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
  unsigned started = 0;
  while (started + 1 < s->threads && pthread_create(&others[started], NULL, work, &s->workers[started + 1]) == 0)
    started++;
  (void)work(&s->workers[0]);
  for (unsigned i = 0; i < started; i++)
    pthread_join(others[i], NULL);
}

static void worker_free(struct worker *w)
{
  memo_free(w->memo);
  free(w->together);
}

static bool worker_new(struct sweeping *s, struct worker *w)
{
  *w = (struct worker){s, memo_new(), malloc(TOGETHER * sizeof *w->together)};
  if (w->memo && w->together)
    return true;
  worker_free(w);
  return false;
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
  add_files(s);
  pthread_mutex_init(&s->lock, NULL);
  while (s->threads < threads && s->threads < THREADS_MAX && worker_new(s, &s->workers[s->threads]))
    s->threads++;
  bool ok = s->threads > 0 ? run(s) : vcca_fail(err, VCCA_FAULT_MEMORY, "no memory to sweep in");
  for (unsigned i = 0; i < s->threads; i++)
    worker_free(&s->workers[i]);
  free_contents(s);
  pthread_mutex_destroy(&s->lock);
  free(s);
  return ok;
}
