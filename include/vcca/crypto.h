/* The only door to cryptography. Behind it is mbedTLS through PSA, and for hashing whoever is fastest;
 * nothing here reads a clock or a random source, so the same inputs give the same bytes on every machine.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_H
#define VCCA_CRYPTO_H

#include "vcca/hash.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- Keys --------------------------------------------------------------------------------------------- */

enum vcca_key_type { VCCA_KEY_P256, VCCA_KEY_P384, VCCA_KEY_P521, VCCA_KEY_RSA };
enum { VCCA_POINT_MAX = 133, VCCA_SPKI_MAX = 1100, VCCA_SIG_MAX = 512 };

/* A key pair or a public key; owned by the caller, freed with vcca_key_free. */
typedef struct vcca_key vcca_key;

/* Makes an EC key pair from its private scalar: 32, 48 or 66 bytes by curve, big-endian, in 1 .. order - 1
 * (SEC 1, 3.2.1). The caller frees it. NULL when the scalar does not fit the curve, or type is RSA. */
VCCA_API vcca_key *vcca_key_from_scalar(enum vcca_key_type type, vcca_span scalar, struct vcca_error *err);
/* Makes a public EC key from its uncompressed point 04 || x || y (SEC 1, 2.3.3): 65, 97 or 133 bytes by
 * curve. The caller frees it. NULL when the point is not on the curve. */
VCCA_API vcca_key *vcca_key_from_point(enum vcca_key_type type, vcca_span point, struct vcca_error *err);
/* Makes a public key from a DER SubjectPublicKeyInfo (RFC 5280, 4.1): EC on P-256, P-384 or P-521, or RSA
 * with 2048 to 4096 bits. The caller frees it. NULL when der is something else, or when bytes follow it. */
VCCA_API vcca_key *vcca_key_from_spki(vcca_span der, struct vcca_error *err);
/* Frees a key. NULL is allowed. */
VCCA_API void vcca_key_free(vcca_key *key);

/* Appends the uncompressed point of an EC key (65, 97 or 133 bytes). False for RSA, and when out has no
 * room. */
VCCA_API VCCA_MUST_USE bool vcca_key_point(const vcca_key *key, vcca_sink *out);
/* Appends the DER SubjectPublicKeyInfo of the public key: at most VCCA_SPKI_MAX bytes, 550 for RSA with
 * 4096 bits. False when out has no room. */
VCCA_API VCCA_MUST_USE bool vcca_key_spki(const vcca_key *key, vcca_sink *out);

#ifdef __cplusplus
}
#endif
#endif
