/* The only door to cryptography. Behind it is mbedTLS through PSA, and for hashing whoever is fastest; nothing here reads a clock or a
 * random source, so the same inputs give the same bytes on every machine.
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

/* EC key pair from its scalar: 32, 48 or 66 bytes, big-endian. */
VCCA_API vcca_key *vcca_key_from_scalar(enum vcca_key_type type, vcca_span scalar, struct vcca_error *err);
/* Public EC key from its uncompressed point 04 || x || y (SEC 1, 2.3.3). */
VCCA_API vcca_key *vcca_key_from_point(enum vcca_key_type type, vcca_span point, struct vcca_error *err);
/* Public key from a DER SubjectPublicKeyInfo (RFC 5280), EC or RSA (2048 to 4096 bits); nothing may follow it. */
VCCA_API vcca_key *vcca_key_from_spki(vcca_span der, struct vcca_error *err);
VCCA_API void vcca_key_free(vcca_key *key);

/* The uncompressed point of an EC key (65, 97 or 133 bytes); false for RSA. */
VCCA_API VCCA_MUST_USE bool vcca_key_point(const vcca_key *key, vcca_sink *out);
/* The DER SubjectPublicKeyInfo; a 4096-bit RSA key's is 550 bytes. */
VCCA_API VCCA_MUST_USE bool vcca_key_spki(const vcca_key *key, vcca_sink *out);

/* --- Signatures --------------------------------------------------------------------------------------- */

/* COSE algorithm numbers (RFC 9053, RFC 8230; ESP*, which name their curve: RFC 9864). */
enum vcca_sig_alg {
  VCCA_ES256 = -7,
  VCCA_ES384 = -35,
  VCCA_ES512 = -36,
  VCCA_PS256 = -37,
  VCCA_PS384 = -38,
  VCCA_PS512 = -39,
  VCCA_ESP256 = -9,
  VCCA_ESP384 = -51,
  VCCA_ESP512 = -52
};

#ifdef __cplusplus
}
#endif
#endif
