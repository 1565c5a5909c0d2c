/* claims.def as tables, and how a row's claim is found in its struct.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TOKEN_CLAIMS_H
#define VCCA_TOKEN_CLAIMS_H

#include "token/profile.h"
#include "rooms/token.h"

enum claim_kind {
  CLAIM_BYTES,
  CLAIM_UEID, /* bytes, the first one 01 (RAND) */
  CLAIM_TEXT,
  CLAIM_ALG, /* text, the name of a hash */
  CLAIM_UINT,
  CLAIM_BOOL,
  CLAIM_DIGESTS, /* array of bytes, at least one; kept as it is encoded */
  CLAIM_COMPONENTS,
  CLAIM_REMS,
};
enum claim_size {
  SIZE_ANY,
  SIZE_32,
  SIZE_33,
  SIZE_64,
  SIZE_DIGEST,
  SIZE_DIGEST_OR_EMPTY, /* empty: virtCCA only */
  SIZE_RAK,             /* see token/rak.h */
  SIZE_UP_TO_1,         /* of integers: the values allowed */
  SIZE_UP_TO_65535,
  SIZE_ONLY_1,
};
/* In tokens of which generations: outside of them, a later claim is one that is not known, an earlier one
 * must not be there. */
enum claim_presence {
  PRESENCE_MANDATORY,
  PRESENCE_OPTIONAL,
  PRESENCE_ARM_OPTIONAL,
  PRESENCE_UNTIL_2024,
  PRESENCE_SINCE_2024,
  PRESENCE_SINCE_2026,
  PRESENCE_OPTIONAL_SINCE_2024,
};

struct claim_row {
  struct vcca_claim_spec spec;
  const char *what;   /* "realm claim 44238 (rim)" */
  const char *member; /* "rim" */
  enum claim_kind kind;
  enum claim_size size;
  enum claim_presence presence;
  size_t at;  /* of the member in its struct */
  size_t has; /* of its has_... (UINT and BOOL) */
};
struct claim_rows {
  const char *what; /* "realm claims" */
  const struct claim_row *row;
  size_t n;
};
enum { CLAIM_ROWS_MAX = 32 };
extern const struct claim_rows claims_platform;  /* of struct vcca_platform_claims */
extern const struct claim_rows claims_component; /* of struct vcca_component */
extern const struct claim_rows claims_realm;     /* of struct vcca_realm_claims */

/* Whether a generation knows the claim, has it no more, must have it. */
bool claim_known(const struct claim_row *row, enum generation generation);
bool claim_gone(const struct claim_row *row, enum generation generation);
bool claim_mandatory(const struct claim_row *row, enum generation generation);

/* The rows in the order in which a family's tokens have them; order has room for all. */
void claim_order(struct claim_rows rows, enum vcca_family family, const struct claim_row *order[CLAIM_ROWS_MAX]);

/* Whether n bytes are what the size class allows, and what it allows in words ("32, 48 or 64"). */
bool claim_size_allowed(enum claim_size size, size_t n, bool virtcca);
const char *claim_size_words(enum claim_size size);

/* Whether the integer is what the size class allows. */
bool claim_value_allowed(enum claim_size size, uint64_t value);

/* The span at a row's place in claims, for every kind but UINT, BOOL, COMPONENTS and REMS. */
vcca_span claim_span(const struct claim_row *row, const void *claims);
void claim_set_span(const struct claim_row *row, void *claims, vcca_span value);
/* The value of a UINT or BOOL. */
uint64_t claim_uint(const struct claim_row *row, const void *claims);
void claim_set_uint(const struct claim_row *row, void *claims, uint64_t value);
/* How many of the REMs are there. */
size_t claim_rem_count(const struct vcca_realm_claims *claims);
/* Whether the claim is there. */
bool claim_present(const struct claim_row *row, const void *claims);

#endif
