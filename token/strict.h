/* What the strict readers share: errors that say where they are, and the keys of one map.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TOKEN_STRICT_H
#define VCCA_TOKEN_STRICT_H

#include "rooms/cbor.h"

/* Puts "place: " before the error's text. Returns false. */
bool strict_in(struct vcca_error *err, const char *place);
/* Makes the error one of a well-formed thing that is not done here. Returns false. */
bool strict_unsupported(struct vcca_error *err);

/* Whether the cursor may take this; if so it is noted as needed, at the cursor's place or at one in the
 * outermost input. */
bool strict_allows(const struct vcca_cbor *c, enum vcca_leniency leniency);
bool strict_allows_at(const struct vcca_cbor *c, enum vcca_leniency leniency, size_t offset);
/* A leniency of the printer's own: strings of indefinite length, which then come without content, their
 * chunks after them. */
#define STRICT_CHUNKS ((vcca_leniency_set)1 << 31)
/* The next chunk of such a string. */
VCCA_MUST_USE bool strict_chunk(struct vcca_cbor *c, const struct vcca_cbor_item *string, struct vcca_cbor_item *chunk,
                                struct vcca_error *err);

/* The keys of one map seen so far, as encoded. The number of pairs is bounded, which keeps comparing each
 * key with all before it linear in the input. */
enum { STRICT_PAIRS = 64 };
struct strict_keys {
  vcca_span key[STRICT_PAIRS];
  size_t n;
};
/* A map head whose pairs may be read. */
VCCA_MUST_USE bool strict_map(const struct vcca_cbor_item *map, struct vcca_error *err);
/* Takes the key that lies between `start` and the cursor; refuses one that is there already. */
VCCA_MUST_USE bool strict_key(struct strict_keys *keys, const struct vcca_cbor *c, size_t start,
                              struct vcca_error *err);
/* Takes the key without looking: it is known to be another than those before. */
VCCA_MUST_USE bool strict_new_key(struct strict_keys *keys, const struct vcca_cbor *c, size_t start,
                                  struct vcca_error *err);
/* vcca_cbor_skip with `depth` levels already entered. */
VCCA_MUST_USE bool strict_skip(struct vcca_cbor *c, unsigned depth, struct vcca_error *err);
/* Whether another level may be entered at an item. */
VCCA_MUST_USE bool strict_depth(const struct vcca_cbor_item *item, unsigned depth, struct vcca_error *err);

#endif
