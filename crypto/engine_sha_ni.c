/* SHA-256 by the SHA instructions of x86-64, four messages side by side. One message leaves the unit
 * waiting for itself: in the time of one step of a message, the unit can begin a step of four. No library
 * of Debian's offers this (docs/adr/0009-engines.md). FIPS 180-4, 6.2.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/engine.h"

#if defined(__x86_64__) && defined(__GNUC__)
#define VCCA_HAVE_SHA_NI

#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#include "vcca/span.h"

#define TARGET __attribute__((target("sha,sse4.1"))) static inline __attribute__((always_inline))

enum { BLOCK = 64, ROUNDS = 64, DIGEST = 32 };

static const uint32_t constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
static const uint32_t start_value[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* One message: its state as the instructions order it, the last 16 words of its schedule, the bytes that
 * come. */
struct lane {
  __m128i abef, cdgh, w[4];
  const uint8_t *next;
};

TARGET __m128i load(const void *p)
{
  __m128i x;
  memcpy(&x, p, sizeof x);
  return x;
}

TARGET __m128i big_endian(__m128i x)
{
  return _mm_shuffle_epi8(x, _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
}

/* abcd and efgh, the first in the lowest word, to abef and cdgh, the first in the highest. */
TARGET void begin(struct lane *l, const uint8_t *message)
{
  __m128i abcd = _mm_shuffle_epi32(load(start_value), 0x1b), efgh = _mm_shuffle_epi32(load(start_value + 4), 0x1b);
  l->abef = _mm_unpackhi_epi64(efgh, abcd);
  l->cdgh = _mm_unpacklo_epi64(efgh, abcd);
  l->next = message;
}

TARGET void finish(__m128i abef, __m128i cdgh, uint8_t *digest)
{
  __m128i abcd = big_endian(_mm_shuffle_epi32(_mm_unpackhi_epi64(cdgh, abef), 0x1b));
  __m128i efgh = big_endian(_mm_shuffle_epi32(_mm_unpacklo_epi64(cdgh, abef), 0x1b));
  memcpy(digest, &abcd, sizeof abcd);
  memcpy(digest + 16, &efgh, sizeof efgh);
}

TARGET void take_words(const uint8_t *block, __m128i w[4])
{
  for (size_t i = 0; i < 4; i++)
    w[i] = big_endian(load(block + 16 * i));
}

TARGET void take_block(struct lane *l)
{
  take_words(l->next, l->w);
  l->next += BLOCK;
}

/* Words 4 r to 4 r + 3 of the schedule, with their constants. w, the last 16 words, goes on by four while
 * words are needed. r is a constant where this is called. */
TARGET __m128i next_words(__m128i w[4], size_t r)
{
  __m128i now = w[r & 3], last = w[(r + 3) & 3], sum;
  if (r < 12) {
    sum = _mm_add_epi32(_mm_sha256msg1_epu32(now, w[(r + 1) & 3]), _mm_alignr_epi8(last, w[(r + 2) & 3], 4));
    w[r & 3] = _mm_sha256msg2_epu32(sum, last);
  }
  return _mm_add_epi32(now, load(constants + 4 * r));
}

TARGET void four_rounds(struct lane *l, size_t r)
{
  __m128i k = next_words(l->w, r);
  l->cdgh = _mm_sha256rnds2_epu32(l->cdgh, l->abef, k);
  l->abef = _mm_sha256rnds2_epu32(l->abef, l->cdgh, _mm_shuffle_epi32(k, 0x0e));
}

/* A block of each. */
TARGET void blocks(struct lane *x, struct lane *y)
{
  __m128i x_abef = x->abef, x_cdgh = x->cdgh, y_abef = y->abef, y_cdgh = y->cdgh;
  take_block(x);
  take_block(y);
#define BOTH(r) four_rounds(x, r), four_rounds(y, r)
  BOTH(0), BOTH(1), BOTH(2), BOTH(3), BOTH(4), BOTH(5), BOTH(6), BOTH(7);
  BOTH(8), BOTH(9), BOTH(10), BOTH(11), BOTH(12), BOTH(13), BOTH(14), BOTH(15);
#undef BOTH
  x->abef = _mm_add_epi32(x->abef, x_abef);
  x->cdgh = _mm_add_epi32(x->cdgh, x_cdgh);
  y->abef = _mm_add_epi32(y->abef, y_abef);
  y->cdgh = _mm_add_epi32(y->cdgh, y_cdgh);
}

/* The same block for four: one schedule. */
TARGET void same_block(__m128i abef[VCCA_HASH_LANES], __m128i cdgh[VCCA_HASH_LANES], __m128i w[4])
{
  __m128i a0 = abef[0], a1 = abef[1], a2 = abef[2], a3 = abef[3];
  __m128i c0 = cdgh[0], c1 = cdgh[1], c2 = cdgh[2], c3 = cdgh[3];
#define ROUNDS_OF_ALL(r)                                                          \
  do {                                                                            \
    __m128i k = next_words(w, r);                                                 \
    c0 = _mm_sha256rnds2_epu32(c0, a0, k), c1 = _mm_sha256rnds2_epu32(c1, a1, k); \
    c2 = _mm_sha256rnds2_epu32(c2, a2, k), c3 = _mm_sha256rnds2_epu32(c3, a3, k); \
    k = _mm_shuffle_epi32(k, 0x0e);                                               \
    a0 = _mm_sha256rnds2_epu32(a0, c0, k), a1 = _mm_sha256rnds2_epu32(a1, c1, k); \
    a2 = _mm_sha256rnds2_epu32(a2, c2, k), a3 = _mm_sha256rnds2_epu32(a3, c3, k); \
  } while (0)
  ROUNDS_OF_ALL(0);
  ROUNDS_OF_ALL(1);
  ROUNDS_OF_ALL(2);
  ROUNDS_OF_ALL(3);
  ROUNDS_OF_ALL(4);
  ROUNDS_OF_ALL(5);
  ROUNDS_OF_ALL(6);
  ROUNDS_OF_ALL(7);
  ROUNDS_OF_ALL(8);
  ROUNDS_OF_ALL(9);
  ROUNDS_OF_ALL(10);
  ROUNDS_OF_ALL(11);
  ROUNDS_OF_ALL(12);
  ROUNDS_OF_ALL(13);
  ROUNDS_OF_ALL(14);
  ROUNDS_OF_ALL(15);
#undef ROUNDS_OF_ALL
  const __m128i a[VCCA_HASH_LANES] = {a0, a1, a2, a3}, c[VCCA_HASH_LANES] = {c0, c1, c2, c3};
  for (size_t i = 0; i < VCCA_HASH_LANES; i++) {
    abef[i] = _mm_add_epi32(abef[i], a[i]);
    cdgh[i] = _mm_add_epi32(cdgh[i], c[i]);
  }
}

/* Two messages of the same size, which is a multiple of a block's. */
__attribute__((target("sha,sse4.1"))) static void hash_two(const struct vcca_hash_job *a, const struct vcca_hash_job *b,
                                                           size_t size)
{
  uint8_t padding[BLOCK] = {0x80};
  struct lane x, y;
  begin(&x, a->message);
  begin(&y, b->message);
  for (size_t i = 0; i < size / BLOCK; i++)
    blocks(&x, &y);
  vcca_put_be32(padding + BLOCK - 8, (uint32_t)((uint64_t)size >> 29));
  vcca_put_be32(padding + BLOCK - 4, (uint32_t)(size << 3));
  x.next = y.next = padding;
  blocks(&x, &y);
  finish(x.abef, x.cdgh, a->digest);
  finish(y.abef, y.cdgh, b->digest);
}

static void batch(enum vcca_hash_alg alg, const struct vcca_hash_job *jobs, size_t n, size_t size)
{
  (void)alg;
  for (size_t i = 0; i < n; i += 2)
    hash_two(&jobs[i], &jobs[i + 1 < n ? i + 1 : i], size);
}

/* Of n below four, the last is hashed again: it costs no time. */
__attribute__((target("sha,sse4.1"))) static void alike(const struct vcca_hash_job *heads, size_t n, vcca_span tail)
{
  struct lane l[VCCA_HASH_LANES];
  __m128i abef[VCCA_HASH_LANES], cdgh[VCCA_HASH_LANES], w[4];
  for (size_t i = 0; i < VCCA_HASH_LANES; i++)
    begin(&l[i], heads[i < n ? i : n - 1].message);
  for (size_t i = 0; i < n; i += 2)
    blocks(&l[i], &l[i + 1]);
  for (size_t i = 0; i < VCCA_HASH_LANES; i++)
    abef[i] = l[i].abef, cdgh[i] = l[i].cdgh;
  for (size_t at = 0; at < tail.n; at += BLOCK) {
    take_words(tail.p + at, w);
    same_block(abef, cdgh, w);
  }
  uint64_t bits = 8 * (BLOCK + tail.n);
  w[0] = _mm_set_epi32(0, 0, 0, INT32_MIN);
  w[1] = w[2] = _mm_setzero_si128();
  w[3] = _mm_set_epi32((int)bits, (int)(bits >> 32), 0, 0);
  same_block(abef, cdgh, w);
  for (size_t i = 0; i < n; i++)
    finish(abef[i], cdgh[i], heads[i].digest);
}

static bool start(const char **why)
{
  unsigned a, b, c, d;
  *why = "this CPU has no SHA instructions";
  return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_1) && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

/* Sixteen lanes of AVX-512 are faster. */
static bool outdone(void)
{
  return __builtin_cpu_supports("avx512f");
}
#endif

#ifdef VCCA_HAVE_SHA_NI
#define HAVE(x) x
#else
#define HAVE(x) NULL
#endif

const struct vcca_engine vcca_engine_sha_ni = {
    .name = "sha-ni",
    .what = "SHA instructions of x86-64, four messages side by side; SHA-256 alone",
    .only = 1u << VCCA_SHA256,
    .start = HAVE(start),
    .outdone = HAVE(outdone),
    .batch = HAVE(batch),
    .alike = HAVE(alike),
};
