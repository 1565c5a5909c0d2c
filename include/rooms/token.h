/* Beside vcca/token.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_TOKEN_H
#define ROOMS_TOKEN_H

#include "vcca/token.h"

/* The set a list of names stands for: "arm-1.0,arm-cmw". */
VCCA_MUST_USE bool vcca_families_named(vcca_span names, vcca_family_set *out, struct vcca_error *err);

/* The claim that binds a platform token to a RAK: 2408 where the profile has it, else 10. */
vcca_span vcca_token_binding(const struct vcca_platform_claims *claims);

/* What claims.def knows of a claim label (including those of component maps, 1..8); NULL when nothing. */
const char *vcca_claim_name(int64_t label);

/* One row of claims.def, for tables and printing. */
struct vcca_claim_spec {
  int64_t label;
  const char *name;     /* "rim" */
  const char *token;    /* "platform", "realm", "component", "collection" */
  const char *kind;     /* "bytes", "text", "uint", "array", ... */
  const char *sizes;    /* "32 48 64", "" = any */
  const char *presence; /* "mandatory", "optional", ... */
  const char *meaning;
};
size_t vcca_claim_count(void);
const struct vcca_claim_spec *vcca_claim_at(size_t i);

/* The public key in a claim 44237, by encoding: raw point (97: P-384, 133: P-521, 65: P-256), COSE_Key,
 * SPKI. */
vcca_key *vcca_rak_decode(enum vcca_rak_encoding encoding, vcca_span bytes, struct vcca_error *err);

/* COSE_Sign1 with the algorithm alone in its protected header: d2 84 h'a1 01 alg' a0 payload signature
 * (RFC 9052). */
VCCA_MUST_USE bool vcca_sign1(const vcca_key *key, vcca_span payload, vcca_sink *out, struct vcca_error *err);
/* The bytes a COSE_Sign1 signs: ["Signature1", protected, h'', payload]. */
void vcca_sign1_tbs(vcca_span protected_header, vcca_span payload, vcca_sink *out);

/* Bytes of a signature by this key: twice a coordinate, or an RSA modulus. */
size_t vcca_signature_size(const vcca_key *key);
/* The signature as r || s (RSA: as it is), whatever form the token has it in; it must have the size of the
 * key's. */
VCCA_MUST_USE bool vcca_sign1_signature(const struct vcca_sign1_parts *sign1, const vcca_key *key, vcca_sink *out,
                                        struct vcca_error *err);

/* "secured" for 0x30xx and so on (RMM/PSA lifecycle states); NULL when the value is in no range. */
const char *vcca_lifecycle_name(uint64_t lifecycle);

/* As vcca_token_decode_platform, with exactly these leniencies. */
VCCA_MUST_USE bool vcca_token_decode_platform_lenient(vcca_span bytes, vcca_leniency_set allowed,
                                                      struct vcca_token *out, struct vcca_error *err);

#endif
