/* A token taken apart into claims that may be exchanged, to see what the decoder says of the result.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TESTS_TOKEN_SUPPORT_BENCH_H
#define VCCA_TESTS_TOKEN_SUPPORT_BENCH_H

#include "support.h"
#include "token/profile.h"

/* A claims map as encoded pairs. */
struct pairs {
  vcca_span key[16], value[16];
  size_t n;
};

/* A good token of a family, whose claims may be exchanged. */
struct bench {
  enum vcca_family family;
  struct sample sample;
  struct made good;
  struct vcca_token token;
  enum generation platform_generation, realm_generation;
  struct pairs platform, realm, component; /* the first component */
};
void set_up(enum vcca_family family, struct bench *b);

/* Which of the three maps of a token a case changes. */
enum which { PLATFORM, COMPONENT, REALM };
struct pairs *pairs_of(struct bench *b, enum which which);
/* Where a label stands; fails the test when it is not there. */
size_t find(const struct pairs *pairs, int64_t label);
/* The token with this map in place of its own. */
void token_with(const struct bench *b, enum which which, const struct pairs *pairs, struct made *out);

/* Refused, somewhere within the token, with all these words. */
void must_refuse(vcca_span bytes, const char *words, const char *more);

#endif
