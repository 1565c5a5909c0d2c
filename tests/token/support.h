/* TEST keys and whole sample tokens of every family, for the token room's tests.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TESTS_TOKEN_SUPPORT_H
#define VCCA_TESTS_TOKEN_SUPPORT_H

#include "check.h"
#include "vcca/token.h"
#include "rooms/crypto.h"

/* A key pair from fixed secrets, made once; `role` tells keys of one type apart. RSA keys are all the same. */
const vcca_key *test_key(enum vcca_key_type type, const char *role);

/* Claims with everything in them, and the bytes they point to. */
struct sample {
  struct vcca_platform_claims platform;
  struct vcca_realm_claims realm;
  uint8_t rak[VCCA_SPKI_MAX];
  uint8_t binding[32];
  uint8_t instance_id[VCCA_UEID_SIZE];
};
void sample_claims(enum vcca_family family, struct sample *out);

struct made {
  uint8_t bytes[2 * VCCA_TOKEN_MAX];
  vcca_span span;
};
/* The sample's token: platform and realm as the family has them. */
void make_token(enum vcca_family family, const struct sample *sample, struct made *out);
/* A token whose parts carry these payloads, whatever they hold; platform {NULL, 0}: none. */
void make_token_of(enum vcca_family family, vcca_span platform_payload, vcca_span realm_payload, struct made *out);
/* A token of two COSE_Sign1s that are there. */
void make_token_around(enum vcca_family family, vcca_span platform, vcca_span realm, struct made *out);

/* Decodes, or fails the test with the error. */
void must_decode(vcca_span bytes, struct vcca_token *out);

#endif
