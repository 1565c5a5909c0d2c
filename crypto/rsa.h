/* What PSA cannot do with RSA: a key from primes, primes from a seed, PSS with a salt of our own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_RSA_H
#define VCCA_CRYPTO_RSA_H

#include "crypto/key.h"

/* Whether p and q are primes fit for a key: equally long, different, and prime. */
bool vcca_rsa_primes_check(vcca_span p, vcca_span q, struct vcca_error *err);
/* The first two primes, bits / 16 bytes each, in the stream of secret and info. */
bool vcca_rsa_search(size_t bits, vcca_span secret, vcca_span info, uint8_t *p, uint8_t *q);
/* Makes key the pair of these primes, e = 65537. */
bool vcca_rsa_fill(struct vcca_key *key, vcca_span p, vcca_span q, struct vcca_error *err);

/* Each appends a signature of bits / 8 bytes over a digest: RSASSA-PSS with a derived salt of one digest, and
 * RSASSA-PKCS1-v1_5 (RFC 8017, 8.1 and 8.2). */
bool vcca_rsa_sign_pss(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest, vcca_sink *signature,
                       struct vcca_error *err);
bool vcca_rsa_sign_pkcs1(const struct vcca_key *key, vcca_span digest, vcca_sink *signature, struct vcca_error *err);

/* The arithmetic. Numbers are big-endian; p and q are primes of one size, e = 65537. */
struct vcca_rsa_numbers {
  /* Whether a number of more than 64 bits, its first byte not zero, is prime. The Miller-Rabin bases come
   * from the number itself: the answer is a function of it. */
  bool (*is_prime)(vcca_span number);
  /* The modulus p q, 2 * p.n bytes. */
  bool (*modulus)(vcca_span p, vcca_span q, uint8_t *n);
  /* RSASP1 (RFC 8017, 5.2.1): in to the private exponent, modulo p q; 2 * p.n bytes each. */
  bool (*to_private)(vcca_span p, vcca_span q, const uint8_t *in, uint8_t *out);
};
extern const struct vcca_rsa_numbers vcca_rsa_mbedtls; /* with mbedTLS 2.28 and 3.x */
extern const struct vcca_rsa_numbers vcca_rsa_openssl; /* with libcrypto */

#endif
