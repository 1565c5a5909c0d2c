/* Which engine hashes: a table, fastest first, a known-answer check before first use, and the caller's
 * choice.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/engine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "crypto/psa.h"
#include "rooms/error.h"
#include "rooms/hash.h"
#include "rooms/span.h"

/* The last one always works. */
enum { ENGINES = 4 };
static const struct vcca_engine *const engines[ENGINES] = {&vcca_engine_sha_ni, &vcca_engine_ipsec_mb,
                                                           &vcca_engine_openssl, &vcca_engine_psa};

/* --- The known-answer check ----------------------------------------------------------------------------- */

/* Page k of the check holds the bytes i * k: zeros, counting, and fifteen more, so that one lane cannot
 * pass for another. This is the hash of the 17 digests in order, by Python's hashlib. */
enum { CHECK_PAGES = 17 };
static const uint8_t check_digest[VCCA_HASH_ALGS][VCCA_HASH_MAX] = {
    [VCCA_SHA256] = {0xf1, 0xad, 0x3e, 0xe5, 0x0d, 0x8d, 0x7d, 0x70, 0x48, 0x5c, 0x1e, 0xfc, 0xc9, 0xa2, 0x2a, 0x81,
                     0x2f, 0xb3, 0x9e, 0xb0, 0x89, 0x6e, 0x8a, 0xf2, 0x65, 0x64, 0x59, 0x17, 0x46, 0x66, 0xc4, 0x1e},
    [VCCA_SHA512] = {0x77, 0x72, 0x46, 0x1f, 0xbc, 0x06, 0x5d, 0xf1, 0x00, 0x54, 0xb1, 0x9b, 0xfa, 0xf5, 0xdf, 0x04,
                     0xcd, 0x7c, 0xe2, 0x4c, 0x77, 0x23, 0x36, 0x0c, 0xb0, 0x33, 0x55, 0x4a, 0x13, 0xc6, 0x77, 0xb4,
                     0xcb, 0xf6, 0x83, 0xd7, 0x3e, 0xf2, 0x0e, 0xef, 0x58, 0x45, 0x78, 0x48, 0x29, 0x5f, 0x35, 0xba,
                     0xf6, 0x4f, 0xbc, 0x69, 0xc6, 0x5b, 0x30, 0x57, 0x3a, 0x98, 0x5c, 0xe2, 0x55, 0xe8, 0x0b, 0xba},
    [VCCA_SHA384] = {0x46, 0xfc, 0x1d, 0x68, 0x3a, 0x54, 0x7b, 0x74, 0xf7, 0x0a, 0x00, 0x69, 0xc1, 0x12, 0x27, 0x7f,
                     0x55, 0x45, 0x11, 0xeb, 0x0c, 0x54, 0x71, 0x31, 0xee, 0x60, 0x53, 0xb1, 0xf2, 0xd1, 0x45, 0x40,
                     0xbc, 0x46, 0x8e, 0xa9, 0x5c, 0xe8, 0x00, 0x94, 0x42, 0x02, 0x98, 0xaa, 0x99, 0x3c, 0x9d, 0x43},
};

/* The first n check pages in one batch, each digest in its place and nothing beyond the last. */
static void check_batch(const struct vcca_engine *engine, enum vcca_hash_alg alg, const uint8_t *pages, size_t n,
                        uint8_t *out)
{
  size_t size = vcca_hash_size(alg);
  struct vcca_hash_job jobs[CHECK_PAGES];
  for (size_t i = 0; i < n; i++) {
    jobs[i].message = pages + i * VCCA_PAGE;
    jobs[i].digest = out + i * size;
  }
  engine->batch(alg, jobs, n, VCCA_PAGE);
}

static bool batches_agree(const struct vcca_engine *engine, enum vcca_hash_alg alg, const uint8_t *pages,
                          uint8_t known[CHECK_PAGES * VCCA_HASH_MAX])
{
  enum { GUARD = 0xa5 };
  static const size_t fewer[] = {1, 15, 16};
  size_t size = vcca_hash_size(alg);
  uint8_t of_all[VCCA_HASH_MAX], out[CHECK_PAGES * VCCA_HASH_MAX + 1];

  check_batch(engine, alg, pages, CHECK_PAGES, known);
  const vcca_span all = vcca_span_of(known, CHECK_PAGES * size);
  vcca_psa_stream(alg, &all, 1, of_all);
  if (memcmp(of_all, check_digest[alg], size) != 0)
    return false;
  for (size_t i = 0; i < sizeof fewer / sizeof *fewer; i++) {
    size_t end = fewer[i] * size;
    memset(out, GUARD, sizeof out);
    check_batch(engine, alg, pages, fewer[i], out);
    if (memcmp(out, known, end) != 0 || out[end] != GUARD)
      return false;
  }
  return true;
}

/* Each page as one message, in three parts that do not fit the hash's blocks. */
static bool streams_agree(const struct vcca_engine *engine, enum vcca_hash_alg alg, const uint8_t *pages,
                          const uint8_t *known)
{
  size_t size = vcca_hash_size(alg);
  for (size_t i = 0; i < CHECK_PAGES; i++) {
    uint8_t out[VCCA_HASH_MAX];
    size_t first = 1 + 61 * i;
    const vcca_span page = vcca_span_of(pages + i * VCCA_PAGE, VCCA_PAGE);
    const vcca_span parts[] = {vcca_span_sub(page, 0, first), {NULL, 0}, vcca_span_sub(page, first, VCCA_PAGE)};
    engine->stream(alg, parts, 3, out);
    if (memcmp(out, known + i * size, size) != 0)
      return false;
  }
  return true;
}

static bool has(const struct vcca_engine *engine, enum vcca_hash_alg alg)
{
  return engine->only == 0 || (engine->only >> alg & 1) != 0;
}

/* The first page in pieces of 256 bytes: a RIM's descriptors are so long. */
static bool short_messages_agree(const struct vcca_engine *engine, enum vcca_hash_alg alg, const uint8_t *pages)
{
  enum { SIZE = 256, PIECES = VCCA_PAGE / SIZE };
  struct vcca_hash_job jobs[PIECES];
  uint8_t got[PIECES][VCCA_HASH_MAX] = {{0}}, want[VCCA_HASH_MAX];
  for (size_t i = 0; i < PIECES; i++)
    jobs[i] = (struct vcca_hash_job){pages + VCCA_PAGE + i * SIZE, got[i]};
  engine->batch(alg, jobs, PIECES, SIZE);
  for (size_t i = 0; i < PIECES; i++) {
    const vcca_span piece = vcca_span_of(jobs[i].message, SIZE);
    vcca_psa_stream(alg, &piece, 1, want);
    if (memcmp(got[i], want, vcca_hash_size(alg)) != 0)
      return false;
  }
  return true;
}

/* Heads from one page, tails from the next, of every count and of the sizes from none to a descriptor's. */
static bool alike_agree(const struct vcca_engine *engine, const uint8_t *pages)
{
  for (size_t n = 1; n <= VCCA_HASH_LANES; n++)
    for (size_t tail_size = 0; tail_size <= 256 - VCCA_HASH_HEAD; tail_size += VCCA_HASH_HEAD) {
      struct vcca_hash_job jobs[VCCA_HASH_LANES];
      uint8_t got[VCCA_HASH_LANES][VCCA_HASH_MAX] = {{0}}, want[VCCA_HASH_MAX] = {0};
      const vcca_span tail = vcca_span_of(pages + (size_t)2 * VCCA_PAGE, tail_size);
      for (size_t i = 0; i < VCCA_HASH_LANES; i++)
        jobs[i] = (struct vcca_hash_job){pages + VCCA_PAGE + (n + i) * VCCA_HASH_HEAD, got[i]};
      engine->alike(jobs, n, tail);
      for (size_t i = 0; i < VCCA_HASH_LANES; i++) {
        const vcca_span parts[] = {{jobs[i].message, VCCA_HASH_HEAD}, tail};
        if (i < n)
          vcca_psa_stream(VCCA_SHA256, parts, 2, want);
        else
          memset(want, 0, sizeof want);
        if (memcmp(got[i], want, sizeof want) != 0)
          return false;
      }
    }
  return true;
}

bool vcca_engine_reproduces(const struct vcca_engine *engine)
{
  uint8_t pages[CHECK_PAGES * VCCA_PAGE], known[CHECK_PAGES * VCCA_HASH_MAX];
  for (size_t i = 0; i < sizeof pages; i++)
    pages[i] = (uint8_t)(i % VCCA_PAGE * (i / VCCA_PAGE));
  for (unsigned i = 0; i < VCCA_HASH_ALGS; i++) {
    enum vcca_hash_alg alg = (enum vcca_hash_alg)i;
    if (!has(engine, alg))
      continue;
    if (!batches_agree(engine, alg, pages, known) || !short_messages_agree(engine, alg, pages) ||
        (engine->stream && !streams_agree(engine, alg, pages, known)))
      return false;
  }
  return !engine->alike || alike_agree(engine, pages);
}

/* --- What is usable -------------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static struct {
  bool known;
  const char *why_not; /* NULL: usable */
} verdicts[ENGINES];

static const char *try(const struct vcca_engine *engine)
{
  const char *why = NULL;
  if (!engine->batch)
    return "this build does not have it";
  if (engine->start && !engine->start(&why))
    return why;
  return vcca_engine_reproduces(engine) ? NULL : "it does not reproduce known digests";
}

/* With the lock held: NULL when engine i is usable, else why not. It is tried once, when somebody asks. */
static const char *why_not(size_t i)
{
  if (!verdicts[i].known) {
    verdicts[i].why_not = try(engines[i]);
    verdicts[i].known = true;
  }
  return verdicts[i].why_not;
}

static const struct vcca_engine *best(enum vcca_hash_alg alg, bool needs_stream)
{
  for (size_t i = 0; i < ENGINES; i++)
    if (has(engines[i], alg) && (!needs_stream || engines[i]->stream) && !why_not(i) &&
        !(engines[i]->outdone && engines[i]->outdone()))
      return engines[i];
  vcca_crypto_broken("no hashing engine reproduces known digests");
}

static const struct vcca_engine *best_for_alike(void)
{
  for (size_t i = 0; i < ENGINES; i++)
    if (engines[i]->alike && !why_not(i))
      return engines[i];
  return NULL;
}

/* --- The choice ------------------------------------------------------------------------------------------- */

static _Atomic(const struct vcca_engine *) batches[VCCA_HASH_ALGS], streams[VCCA_HASH_ALGS]; /* NULL: not chosen yet */
static _Atomic(const struct vcca_engine *) alike; /* NULL: none, or not chosen yet */
static atomic_uint threads;                       /* 0: a thread for each CPU */

static const struct vcca_engine *chosen(_Atomic(const struct vcca_engine *) *choice, enum vcca_hash_alg alg,
                                        bool needs_stream)
{
  const struct vcca_engine *engine = atomic_load_explicit(choice, memory_order_acquire);
  if (engine)
    return engine;
  pthread_mutex_lock(&lock);
  engine = atomic_load(choice);
  if (!engine) {
    engine = best(alg, needs_stream);
    if (alg == VCCA_SHA256)
      atomic_store(&alike, best_for_alike());
    atomic_store(choice, engine);
  }
  pthread_mutex_unlock(&lock);
  return engine;
}

const struct vcca_engine *vcca_engine_for_batches(enum vcca_hash_alg alg)
{
  return chosen(&batches[alg], alg, false);
}

const struct vcca_engine *vcca_engine_for_streams(enum vcca_hash_alg alg)
{
  return chosen(&streams[alg], alg, true);
}

/* The choice is made with the engine for batches. */
const struct vcca_engine *vcca_engine_for_alike(void)
{
  (void)vcca_engine_for_batches(VCCA_SHA256);
  return atomic_load_explicit(&alike, memory_order_acquire);
}

size_t vcca_engine_count(void)
{
  return ENGINES;
}

bool vcca_engine_at(size_t i, struct vcca_engine_info *out)
{
  if (i >= ENGINES)
    return false;
  pthread_mutex_lock(&lock);
  const char *why = why_not(i);
  pthread_mutex_unlock(&lock);
  *out =
      (struct vcca_engine_info){.name = engines[i]->name, .what = engines[i]->what, .available = !why, .why_not = why};
  return true;
}

static bool no_such_engine(const char *name, struct vcca_error *err)
{
  char names[80];
  vcca_sink list = VCCA_SINK(names);
  for (size_t i = 0; i < ENGINES; i++) {
    vcca_sink_str(&list, i ? ", " : "");
    vcca_sink_str(&list, engines[i]->name);
  }
  vcca_sink_u8(&list, 0);
  return vcca_fail(err, VCCA_FAULT_USAGE, "no hashing engine '%s': there are %s", name,
                   vcca_sink_ok(&list) ? names : "others");
}

bool vcca_engine_use(const char *name, struct vcca_error *err)
{
  size_t i = 0;
  while (name && i < ENGINES && strcmp(engines[i]->name, name) != 0)
    i++;
  if (i == ENGINES)
    return no_such_engine(name, err);
  pthread_mutex_lock(&lock);
  const char *why = name ? why_not(i) : NULL;
  for (unsigned a = 0; !why && a < VCCA_HASH_ALGS; a++) {
    enum vcca_hash_alg alg = (enum vcca_hash_alg)a;
    const struct vcca_engine *engine = name && has(engines[i], alg) ? engines[i] : best(alg, false);
    atomic_store(&batches[a], engine);
    atomic_store(&streams[a], engine->stream ? engine : best(alg, true));
  }
  if (!why)
    atomic_store(&alike, !name ? best_for_alike() : engines[i]->alike ? engines[i] : NULL);
  pthread_mutex_unlock(&lock);
  return why ? vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the hashing engine '%s' is not available: %s", name, why) : true;
}

void vcca_engine_threads(unsigned n)
{
  atomic_store(&threads, n);
}

unsigned vcca_engine_thread_count(size_t pages)
{
  enum { WORTH_A_THREAD = 256 }; /* 1 MiB: a tenth of a millisecond at least, several times what a thread costs */
  unsigned n = atomic_load(&threads);
  if (n == 0) {
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    n = cpus < 1 ? 1 : cpus < VCCA_THREADS_MAX ? (unsigned)cpus : VCCA_THREADS_MAX;
  }
  if (n > VCCA_THREADS_MAX)
    n = VCCA_THREADS_MAX;
  return pages / WORTH_A_THREAD < n ? (unsigned)(1 + pages / WORTH_A_THREAD) : n;
}
