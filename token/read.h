/* The parts of the decoder: a COSE_Sign1, and a map of claims by the rows of claims.def.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TOKEN_READ_H
#define VCCA_TOKEN_READ_H

#include "token/claims.h"
#include "rooms/cbor.h"

/* A COSE_Sign1 that fills the cursor. */
VCCA_MUST_USE bool read_sign1(struct vcca_cbor c, struct vcca_sign1_parts *out, struct vcca_error *err);

/* A map of claims: each known one by its row, none twice, no mandatory one missing. */
VCCA_MUST_USE bool read_claims(struct vcca_cbor *c, struct claim_rows rows, enum generation generation, void *claims,
                               struct vcca_error *err);
/* Claim 265 of the map ahead, before anything else is read; {NULL, 0} when there is none that can be read. */
vcca_span read_profile(struct vcca_cbor c);

#endif
