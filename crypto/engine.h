/* Hashing engines. An engine is any way to hash; which one ran never shows in a result
 * (docs/adr/0009-engines.md).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_ENGINE_H
#define VCCA_CRYPTO_ENGINE_H

#include "rooms/hash.h"

typedef void (*vcca_hash_stream)(enum vcca_hash_alg alg, const vcca_span *parts, size_t n, uint8_t *out);
/* Independent messages of one size, which is a multiple of 128 bytes. */
typedef void (*vcca_hash_batch)(enum vcca_hash_alg alg, const struct vcca_hash_job *jobs, size_t n, size_t size);
/* As vcca_hash_alike, by SHA-256. */
typedef void (*vcca_hash_lanes)(const struct vcca_hash_job *heads, size_t n, vcca_span tail);

/* The widest vector units hash so many pages at once. With so many threads, whatever the engine, a serial
 * chain or the memory is the limit. */
enum { VCCA_LANES = 16, VCCA_THREADS_MAX = 16 };

/* All of them work on any number of threads at once. */
struct vcca_engine {
  const char *name;
  const char *what;                /* one line */
  unsigned only;                   /* a bit, 1 << algorithm, for each that it has; 0: it has all */
  bool (*start)(const char **why); /* once, before anything else; says why it cannot. NULL: nothing to start */
  bool (*outdone)(void);           /* whether later rows are faster on this CPU. NULL: they are not */
  vcca_hash_stream stream;         /* one message; NULL: this engine has only batches */
  vcca_hash_batch batch;           /* NULL: this build does not have the engine */
  vcca_hash_lanes alike;           /* NULL: hashing such messages one after the other is as fast */
  size_t
      least; /* a batch, or the rest of one after groups of VCCA_LANES, that is smaller is faster as single messages */
};

extern const struct vcca_engine vcca_engine_sha_ni, vcca_engine_ipsec_mb, vcca_engine_openssl, vcca_engine_psa;

/* Single messages by PSA, which is always there and on which the others fall back when memory is short. */
void vcca_psa_stream(enum vcca_hash_alg alg, const vcca_span *parts, size_t n, uint8_t *out);

/* Whether the started engine reproduces known digests, with every algorithm and batch size that matters. */
bool vcca_engine_reproduces(const struct vcca_engine *engine);

/* The chosen engine for batches, and for single messages: the same if it can, else the best one that can. */
const struct vcca_engine *vcca_engine_for_batches(enum vcca_hash_alg alg);
const struct vcca_engine *vcca_engine_for_streams(enum vcca_hash_alg alg);
/* The engine for vcca_hash_alike by SHA-256; NULL: such messages are hashed one after the other. */
const struct vcca_engine *vcca_engine_for_alike(void);
/* The threads that so many pages are worth, at most VCCA_THREADS_MAX. */
unsigned vcca_engine_thread_count(size_t pages);

#endif
