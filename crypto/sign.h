/* Signatures over digests, for tokens and certificates alike.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_SIGN_H
#define VCCA_CRYPTO_SIGN_H

#include "vcca/crypto.h"

/* Deterministic ECDSA over a digest made with alg, r || s. */
bool vcca_ecdsa_sign(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest, vcca_sink *signature,
                     struct vcca_error *err);

#endif
