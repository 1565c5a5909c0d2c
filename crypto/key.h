/* What a key is inside this room. Keys are held as bytes and shown to PSA for one operation at a time:
 * PSA's key store has a few dozen places, and a relying party holds as many keys as it likes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_KEY_H
#define VCCA_CRYPTO_KEY_H

#include "crypto/psa.h"
#include "rooms/crypto.h"

enum { VCCA_SCALAR_MAX = 66, VCCA_PRIME_MAX = 256, VCCA_RSA_BITS_MIN = 2048, VCCA_RSA_BITS_MAX = 4096 };

struct vcca_key {
  enum vcca_key_type type;
  size_t bits;
  size_t public_size;
  uint8_t public_key[VCCA_SPKI_MAX]; /* in PSA's format: 04 || x || y, or the DER RSAPublicKey (RFC 8017, A.1.1) */
  bool pair;
  uint8_t scalar[VCCA_SCALAR_MAX]; /* EC pair: d, (bits + 7) / 8 bytes */
  size_t prime_size;               /* RSA pair: of p and of q */
  uint8_t p[VCCA_PRIME_MAX], q[VCCA_PRIME_MAX];
};

/* Bytes of a field element: 32, 48, 66. */
static inline size_t vcca_key_bytes(const struct vcca_key *key)
{
  return (key->bits + 7) / 8;
}

static inline vcca_span vcca_key_public(const struct vcca_key *key)
{
  return vcca_span_of(key->public_key, key->public_size);
}

/* Shows the key to PSA for one use; the pair for signing, the public key otherwise. */
psa_status_t vcca_key_import(const struct vcca_key *key, psa_key_usage_t usage, psa_algorithm_t alg, psa_key_id_t *id);

/* A public key from its bytes in PSA's format; PSA checks them (a point lies on its curve). */
struct vcca_key *vcca_key_new(enum vcca_key_type type, vcca_span public_key, struct vcca_error *err);

/* vcca_key_from_seed for an RSA key of this many bits. */
struct vcca_key *vcca_key_rsa_from_seed(size_t bits, vcca_span secret, vcca_span info, struct vcca_error *err);

#endif
