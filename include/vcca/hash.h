/* SHA-2, of single messages and of pages by the thousand, and which library computes it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_HASH_H
#define VCCA_HASH_H

#include "vcca/error.h"
#include "vcca/span.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers are RMI's hash_algo (RMM specification, RmiHashAlgorithm; 2 since RMM 2.0). */
enum vcca_hash_alg { VCCA_SHA256 = 0, VCCA_SHA512 = 1, VCCA_SHA384 = 2 };
enum { VCCA_HASH_ALGS = 3, VCCA_HASH_MAX = 64, VCCA_PAGE = 4096 };

/* Digest bytes: 32, 64, 48. */
VCCA_API size_t vcca_hash_size(enum vcca_hash_alg alg);
/* IANA text name: "sha-256", "sha-512", "sha-384". */
VCCA_API const char *vcca_hash_name(enum vcca_hash_alg alg);
/* The algorithm whose name the text is, exactly. */
VCCA_API bool vcca_hash_named(vcca_span name, enum vcca_hash_alg *alg);
/* The algorithm whose digests have this many bytes. */
VCCA_API bool vcca_hash_of_size(size_t size, enum vcca_hash_alg *alg);

/* out = H(parts[0] || parts[1] || ...); out has room for vcca_hash_size(alg) bytes, which may be those of a part. */
VCCA_API void vcca_hash_parts(enum vcca_hash_alg alg, const vcca_span *parts, size_t n, uint8_t *out);
VCCA_API void vcca_hash(enum vcca_hash_alg alg, vcca_span data, uint8_t *out);

/* Hashes n independent pages of VCCA_PAGE bytes that lie one after the other; page i's digest goes to
 * out + i * vcca_hash_size(alg). Many pages are spread over the CPUs; the engine behind it is replaceable, the result is not. */
VCCA_API void vcca_hash_pages(enum vcca_hash_alg alg, const uint8_t *pages, size_t n, uint8_t *out);
/* Receives the digests of pages first .. first + n - 1, one after the other; they are gone when it returns. */
typedef void (*vcca_digests)(void *ctx, size_t first, size_t n, const uint8_t *digests);
/* Hashes n pages that hold content and zeros after its end. `each` gets the digests in order, a few dozen pages at a time, on the
 * calling thread, while other threads hash what follows: serial work, such as a RIM's chain, costs no time of its own. Memory is bounded
 * whatever n; content is not read before the pages that `each` got last by more than 8 MiB ahead, nor again behind them. */
VCCA_API void vcca_hash_pages_each(enum vcca_hash_alg alg, vcca_span content, size_t n, vcca_digests each, void *ctx);
/* The digest of a page of zeros. */
VCCA_API const uint8_t *vcca_hash_zero_page(enum vcca_hash_alg alg);

/* Hashing engines: which library hashes, for the whole process. An engine is used only after it has reproduced known digests, so
 * results never depend on the choice. Without a choice the fastest that is available is used. */
struct vcca_engine_info {
  const char *name;    /* "ipsec-mb", "openssl", "psa" */
  const char *what;    /* one line */
  bool available;      /* in this build, on this CPU, and right */
  const char *why_not; /* one line; NULL when available */
};
VCCA_API size_t vcca_engine_count(void);
/* The i-th engine, fastest first; false beyond the last. */
VCCA_API bool vcca_engine_at(size_t i, struct vcca_engine_info *out);
/* From now on hash by this engine; single messages too, unless it has only batches. NULL: the fastest. An unknown name is refused with
 * the list, an engine that is not available with the reason. */
VCCA_API VCCA_MUST_USE bool vcca_engine_use(const char *name, struct vcca_error *err);
/* Spread pages over at most n threads, the caller's among them; 0, as at the start: one for each CPU. 16 is the most. */
VCCA_API void vcca_engine_threads(unsigned n);

#ifdef __cplusplus
}
#endif
#endif
