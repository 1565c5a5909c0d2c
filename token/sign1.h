/* Forms of a signature.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TOKEN_SIGN1_H
#define VCCA_TOKEN_SIGN1_H

#include "vcca/token.h"

/* Bytes of a signature; RSA keys are 4096 bits long in every family. */
size_t sign1_signature_size(int64_t alg);
/* An ECDSA signature in DER (SEC 1, C.8) as size bytes of r || s; false when it is none. */
bool sign1_der(vcca_span der, size_t size, uint8_t *raw);

#endif
