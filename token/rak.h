/* What a claim 44237 holds, told by its shape alone: no key is made, nothing is allocated.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TOKEN_RAK_H
#define VCCA_TOKEN_RAK_H

#include "vcca/token.h"
#include "rooms/crypto.h"
#include "rooms/cbor.h"

struct rak_shape {
  enum vcca_key_type type;
  vcca_span x, y; /* coordinates of an EC key, each of the field's size */
  bool has_alg;   /* a COSE_Key that is for one algorithm alone */
  int64_t alg;
};
/* Offset is where the bytes lie, for the error; lenience may be NULL. */
VCCA_MUST_USE bool rak_shape(enum vcca_rak_encoding encoding, vcca_span bytes, size_t offset,
                             struct vcca_lenience *lenience, struct rak_shape *out, struct vcca_error *err);

#endif
