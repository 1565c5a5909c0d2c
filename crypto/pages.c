/* Bulk page hashing: pages of an image are independent of each other, so they are hashed in windows, by any
 * engine and on any thread. What the caller does with the digests is often serial: it gets them in order
 * while other threads hash on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/engine.h"
#include "rooms/hash.h"
#include "rooms/span.h"

#include <pthread.h>
#include <string.h>

/* Pages to a window, windows that may be ahead of the caller: enough for every thread, 128 KiB of digests
 * at most. */
enum { WINDOW = 64, RING = 2 * VCCA_THREADS_MAX };

/* By Python's hashlib. */
static const uint8_t zero_page[VCCA_HASH_ALGS][VCCA_HASH_MAX] = {
    [VCCA_SHA256] = {0xad, 0x7f, 0xac, 0xb2, 0x58, 0x6f, 0xc6, 0xe9, 0x66, 0xc0, 0x04, 0xd7, 0xd1, 0xd1, 0x6b, 0x02,
                     0x4f, 0x58, 0x05, 0xff, 0x7c, 0xb4, 0x7c, 0x7a, 0x85, 0xda, 0xbd, 0x8b, 0x48, 0x89, 0x2c, 0xa7},
    [VCCA_SHA512] = {0x2d, 0x23, 0x91, 0x3d, 0x37, 0x59, 0xef, 0x01, 0x70, 0x4a, 0x86, 0xb4, 0xbe, 0xe3, 0xac, 0x8a,
                     0x29, 0x00, 0x23, 0x13, 0xec, 0xc9, 0x8a, 0x74, 0x24, 0x42, 0x5a, 0x78, 0x17, 0x0f, 0x21, 0x95,
                     0x77, 0x82, 0x2f, 0xd7, 0x7e, 0x4a, 0xe9, 0x63, 0x13, 0x54, 0x76, 0x96, 0xad, 0x7d, 0x59, 0x49,
                     0xb5, 0x8e, 0x12, 0xd5, 0x06, 0x3e, 0xf2, 0xee, 0x06, 0x3b, 0x59, 0x57, 0x40, 0xa3, 0xa1, 0x2d},
    [VCCA_SHA384] = {0xc0, 0xe5, 0x9a, 0x3e, 0x3f, 0xfb, 0xd3, 0xb5, 0xc7, 0x54, 0x28, 0xfb, 0x36, 0x43, 0x2f, 0xac,
                     0xab, 0xc7, 0x45, 0x94, 0x42, 0x96, 0xff, 0x51, 0x5f, 0x73, 0x7c, 0x4f, 0xef, 0x4e, 0xfc, 0x64,
                     0x58, 0x68, 0x09, 0xf7, 0xa1, 0x6f, 0x56, 0x35, 0x4a, 0x1e, 0xae, 0xcf, 0x2a, 0xa8, 0xd7, 0x74},
};

const uint8_t *vcca_hash_zero_page(enum vcca_hash_alg alg)
{
  return zero_page[alg];
}

/* --- A window --------------------------------------------------------------------------------------------- */

/* Groups of lanes to the engine for batches, a small rest to the one for single messages. */
static void hash_jobs(enum vcca_hash_alg alg, const struct vcca_hash_job *jobs, size_t n)
{
  const struct vcca_engine *engine = vcca_engine_for_batches(alg);
  size_t rest = n % VCCA_LANES;
  size_t single = rest < engine->least ? rest : 0;
  if (n > single)
    engine->batch(alg, jobs, n - single, VCCA_PAGE);
  for (size_t i = n - single; i < n; i++)
    vcca_hash(alg, vcca_span_of(jobs[i].message, VCCA_PAGE), jobs[i].digest);
}

/* Pages first .. first + n - 1 of content that zeros follow; n is at most WINDOW. */
static void hash_window(enum vcca_hash_alg alg, vcca_span content, size_t first, size_t n, uint8_t *out)
{
  struct vcca_hash_job jobs[WINDOW];
  uint8_t last[VCCA_PAGE];
  size_t count = 0;
  for (size_t i = 0; i < n; i++, out += vcca_hash_size(alg)) {
    size_t index = first + i;
    vcca_span page =
        index <= content.n / VCCA_PAGE ? vcca_span_sub(content, index * VCCA_PAGE, VCCA_PAGE) : (vcca_span){NULL, 0};
    if (page.n == 0 || vcca_span_zero(page)) {
      memcpy(out, zero_page[alg], vcca_hash_size(alg));
      continue;
    }
    if (page.n < VCCA_PAGE) {
      memset(last, 0, sizeof last);
      memcpy(last, page.p, page.n);
      page = VCCA_SPAN(last);
    }
    jobs[count++] = (struct vcca_hash_job){page.p, out};
  }
  hash_jobs(alg, jobs, count);
}

/* --- Windows on several threads, handed over in order ------------------------------------------------------- */

struct belt {
  enum vcca_hash_alg alg;
  vcca_span content;
  size_t pages, windows;
  uint8_t (*digests)[WINDOW * VCCA_HASH_MAX]; /* of RING windows; window w is in place w % RING */
  pthread_mutex_t lock;                       /* of what follows */
  pthread_cond_t ready, room;
  size_t next;     /* the first window that nobody has taken */
  size_t done;     /* the first that was not handed over */
  bool full[RING]; /* hashed and not handed over */
};

static size_t window_size(const struct belt *b, size_t w)
{
  return w + 1 < b->windows ? WINDOW : b->pages - w * WINDOW;
}

static bool has_room(const struct belt *b)
{
  return b->next - b->done < RING;
}

/* Takes the next window, which there is and has room; called and left with the lock held. */
static void hash_next(struct belt *b)
{
  size_t w = b->next++;
  if (b->next == b->windows)
    pthread_cond_broadcast(&b->room); /* who waits for more may go */
  pthread_mutex_unlock(&b->lock);
  hash_window(b->alg, b->content, w * WINDOW, window_size(b, w), b->digests[w % RING]);
  pthread_mutex_lock(&b->lock);
  b->full[w % RING] = true;
  if (w == b->done)
    pthread_cond_signal(&b->ready);
}

static void *work(void *belt)
{
  struct belt *b = belt;
  pthread_mutex_lock(&b->lock);
  while (b->next < b->windows)
    if (has_room(b))
      hash_next(b);
    else
      pthread_cond_wait(&b->room, &b->lock);
  pthread_mutex_unlock(&b->lock);
  return NULL;
}

/* The caller's thread: hands over what is ready, else hashes like the others. */
static void hand_over(struct belt *b, vcca_digests each, void *ctx)
{
  pthread_mutex_lock(&b->lock);
  while (b->done < b->windows) {
    size_t w = b->done;
    if (b->full[w % RING]) {
      pthread_mutex_unlock(&b->lock);
      each(ctx, w * WINDOW, window_size(b, w), b->digests[w % RING]);
      pthread_mutex_lock(&b->lock);
      b->full[w % RING] = false;
      b->done++;
      if (b->next - b->done == RING / 2)
        pthread_cond_broadcast(&b->room); /* not for each window: waking costs more than hashing a few pages */
    } else if (b->next < b->windows && has_room(b)) {
      hash_next(b);
    } else {
      pthread_cond_wait(&b->ready, &b->lock);
    }
  }
  pthread_mutex_unlock(&b->lock);
}

static void hash_on_threads(enum vcca_hash_alg alg, vcca_span content, size_t n, unsigned threads, vcca_digests each,
                            void *ctx)
{
  uint8_t digests[RING][WINDOW * VCCA_HASH_MAX];
  struct belt b = {
      .alg = alg, .content = content, .pages = n, .windows = (n + WINDOW - 1) / WINDOW, .digests = digests};
  pthread_mutex_init(&b.lock, NULL);
  pthread_cond_init(&b.ready, NULL);
  pthread_cond_init(&b.room, NULL);

  pthread_t others[VCCA_THREADS_MAX];
  unsigned started = 0;
  while (started + 1 < threads && pthread_create(&others[started], NULL, work, &b) == 0)
    started++; /* with fewer it only takes longer */
  hand_over(&b, each, ctx);
  while (started > 0)
    pthread_join(others[--started], NULL);

  pthread_cond_destroy(&b.room);
  pthread_cond_destroy(&b.ready);
  pthread_mutex_destroy(&b.lock);
}

void vcca_hash_pages_each(enum vcca_hash_alg alg, vcca_span content, size_t n, vcca_digests each, void *ctx)
{
  size_t first = 0, held = content.n / VCCA_PAGE + (content.n % VCCA_PAGE != 0);
  if (held > n)
    held = n;
  unsigned threads = vcca_engine_thread_count(held);
  if (threads > 1) {
    hash_on_threads(alg, content, held, threads, each, ctx);
    first = held;
  }
  for (; first < n; first += WINDOW) {
    uint8_t digests[WINDOW * VCCA_HASH_MAX];
    size_t count = n - first < WINDOW ? n - first : WINDOW;
    hash_window(alg, content, first, count, digests);
    each(ctx, first, count, digests);
  }
}

struct copy {
  size_t size;
  uint8_t *out;
};

static void copy_digests(void *ctx, size_t first, size_t n, const uint8_t *digests)
{
  const struct copy *copy = ctx;
  memcpy(copy->out + first * copy->size, digests, n * copy->size);
}

void vcca_hash_pages(enum vcca_hash_alg alg, const uint8_t *pages, size_t n, uint8_t *out)
{
  struct copy copy = {.size = vcca_hash_size(alg)};
  copy.out = out;
  vcca_hash_pages_each(alg, vcca_span_of(pages, n * VCCA_PAGE), n, copy_digests, &copy);
}
