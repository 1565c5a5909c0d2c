/* Who does the arithmetic of signatures. A row is a library; which one ran never shows in a result:
 * signatures are deterministic, and a row that cannot judge a signature says so, then PSA judges
 * (docs/adr/0009-engines.md).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_SIGNATURES_H
#define VCCA_CRYPTO_SIGNATURES_H

#include "crypto/rsa.h"

enum vcca_judgement { VCCA_GOOD_SIGNATURE, VCCA_BAD_SIGNATURE, VCCA_CANNOT_JUDGE };

/* All of them work on any number of threads at once. */
struct vcca_signatures {
  const char *name;
  const char *what; /* one line */
  /* ECDSA (r || s) or RSA-PSS with any salt length, over a digest. */
  enum vcca_judgement (*verify)(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest,
                                vcca_span signature);
  /* Deterministic ECDSA (RFC 6979) of an EC pair: writes r || s, 2 * vcca_key_bytes(key) bytes. */
  bool (*sign_ec)(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest, uint8_t *out);
  /* The point of the pair's scalar: 04 || x || y, 1 + 2 * vcca_key_bytes(key) bytes. *in_range: whether 1
   * <= d < n; false is returned only for a library that failed. */
  bool (*point_of)(const struct vcca_key *key, uint8_t *point, bool *in_range);

  const struct vcca_rsa_numbers *rsa;
};

extern const struct vcca_signatures vcca_signatures_psa;     /* mbedTLS through PSA: complete */
extern const struct vcca_signatures vcca_signatures_openssl; /* libcrypto, if the build has that engine */

/* Whether the row makes a known public key and signature, accepts the signature, and refuses it for another
 * digest. */
bool vcca_signatures_reproduce(const struct vcca_signatures *row);

/* The row that signs and verifies now. */
const struct vcca_signatures *vcca_signatures_in_use(void);

#endif
