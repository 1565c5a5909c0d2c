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

/* Size of a digest in bytes: 32, 64 or 48. */
VCCA_API size_t vcca_hash_size(enum vcca_hash_alg alg);
/* The name of the IANA registry "Named Information Hash Algorithm": "sha-256", "sha-512", "sha-384". */
VCCA_API const char *vcca_hash_name(enum vcca_hash_alg alg);
/* Finds the algorithm with this name. False, with *alg as it was, when none has it; case counts. */
VCCA_API bool vcca_hash_named(vcca_span name, enum vcca_hash_alg *alg);

/* The digest of data: vcca_hash_size(alg) bytes to out, which may be data's own. FIPS 180-4. */
VCCA_API void vcca_hash(enum vcca_hash_alg alg, vcca_span data, uint8_t *out);

/* Hashing engines: which library hashes, for the whole process. An engine is used only after it has
 * reproduced known digests, so results never depend on the choice. Without a choice the fastest that is
 * available is used. */
struct vcca_engine_info {
  const char *name;    /* "sha-ni", "ipsec-mb", "openssl", "psa" */
  const char *what;    /* one line */
  bool available;      /* in this build, on this CPU, and right */
  const char *why_not; /* one line; NULL when available */
};
/* Describes engine i; the fastest is engine 0. False after the last. The first call for an engine tests
 * it. */
VCCA_API bool vcca_engine_at(size_t i, struct vcca_engine_info *out);
/* Makes the process hash by this engine from now on; NULL: by the fastest one that is available. An engine
 * that has only batches of pages leaves single messages to the next one. Refuses an unknown name (the
 * error lists the engines) and an engine that is not available (the error says why). */
VCCA_API VCCA_MUST_USE bool vcca_engine_use(const char *name, struct vcca_error *err);
/* Sets over how many threads the process spreads the hashing of pages, the caller's thread included. 0, as
 * at the start: one for each CPU. More than 16 count as 16. */
VCCA_API void vcca_engine_threads(unsigned n);

#ifdef __cplusplus
}
#endif
#endif
