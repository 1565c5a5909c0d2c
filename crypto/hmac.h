/* HMAC of a message in parts, and the HKDF output as an endless stream: what key derivation, key search and
 * derived salts are made of.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_HMAC_H
#define VCCA_CRYPTO_HMAC_H

#include "vcca/crypto.h"

enum { VCCA_HMAC_PARTS = 4 };

/* HMAC over parts[0] || ... of at most VCCA_HMAC_PARTS parts. */
void vcca_hmac_parts(enum vcca_hash_alg alg, vcca_span key, const vcca_span *parts, size_t n, uint8_t *out);

/* The output of HKDF-Expand (RFC 5869, 2.3), read on and on. RFC 5869 ends after 255 digests; from there the
 * stream goes on with the output for info || BE32(1), then info || BE32(2) and so forth. */
struct vcca_stream {
  enum vcca_hash_alg alg;
  uint8_t prk[VCCA_HASH_MAX];
  vcca_span info; /* borrowed */
  uint32_t round; /* how often 255 digests have been used up */
  uint8_t index;  /* of the digest in t: 1..255, 0 before the first */
  uint8_t t[VCCA_HASH_MAX];
  size_t used; /* bytes of t already read */
};

void vcca_stream_start(struct vcca_stream *s, enum vcca_hash_alg alg, vcca_span secret, vcca_span salt, vcca_span info);
void vcca_stream_read(struct vcca_stream *s, uint8_t *out, size_t n);

#endif
