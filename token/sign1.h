/* Forms of a signature.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TOKEN_SIGN1_H
#define VCCA_TOKEN_SIGN1_H

#include "vcca/token.h"

enum { SIGN1_ECDSA_MAX = 132 };
/* Whether the algorithm is an ECDSA one (the others are RSA), and whether a signature by some key for it
 * has n bytes. */
bool sign1_is_ecdsa(int64_t alg);
bool sign1_signature_size_allowed(int64_t alg, size_t n);
/* An ECDSA signature in DER (SEC 1, C.8) as size bytes of r || s; false when it is none. */
bool sign1_der(vcca_span der, size_t size, uint8_t *raw);

#endif
