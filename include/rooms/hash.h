/* Beside vcca/hash.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_HASH_H
#define ROOMS_HASH_H

#include "vcca/hash.h"

/* The algorithm whose digests have this many bytes. */
bool vcca_hash_of_size(size_t size, enum vcca_hash_alg *alg);

/* out = H(parts[0] || parts[1] || ...); out has room for vcca_hash_size(alg) bytes, which may be those of
 * a part. */
void vcca_hash_parts(enum vcca_hash_alg alg, const vcca_span *parts, size_t n, uint8_t *out);

/* Hashes n independent pages of VCCA_PAGE bytes that lie one after the other; page i's digest goes to out
 * + i * vcca_hash_size(alg). Many pages are spread over the CPUs; the engine behind it is replaceable, the
 * result is not. */
void vcca_hash_pages(enum vcca_hash_alg alg, const uint8_t *pages, size_t n, uint8_t *out);
/* Receives the digests of pages first .. first + n - 1, one after the other; they are gone when it
 * returns. */
typedef void (*vcca_digests)(void *ctx, size_t first, size_t n, const uint8_t *digests);
/* Hashes n pages that hold content and zeros after its end. `each` gets the digests in order, a few dozen
 * pages at a time, on the calling thread, while other threads hash what follows: serial work, such as a
 * RIM's chain, costs no time of its own. Memory is bounded whatever n; content is not read before the
 * pages that `each` got last by more than 8 MiB ahead, nor again behind them. */
void vcca_hash_pages_each(enum vcca_hash_alg alg, vcca_span content, size_t n, vcca_digests each, void *ctx);
/* The digest of a page of zeros. */
const uint8_t *vcca_hash_zero_page(enum vcca_hash_alg alg);

/* A message and where its digest goes. */
struct vcca_hash_job {
  const uint8_t *message;
  uint8_t *digest;
};

/* Hashes n messages, at most VCCA_HASH_LANES, that differ in their first VCCA_HASH_HEAD bytes alone. A
 * job's message is those bytes; `tail` follows in all messages, and its size is a multiple of 64. Faster
 * than one message after the other where an engine has lanes. */
enum { VCCA_HASH_LANES = 4, VCCA_HASH_HEAD = 64 };
void vcca_hash_alike(enum vcca_hash_alg alg, const struct vcca_hash_job *heads, size_t n, vcca_span tail);

/* How many engines there are. */
size_t vcca_engine_count(void);

#endif
