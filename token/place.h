/* Where in a token an item stands: decides what labels are called and which byte strings are looked into.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TOKEN_PLACE_H
#define VCCA_TOKEN_PLACE_H

#include "rooms/cbor.h"

enum place {
  ANYWHERE,
  COLLECTION,
  MEMBER, /* value of a collection's member */
  SIGN1,
  HEADER,
  PAYLOAD,
  SIGNATURE,
  CLAIMS,
  COMPONENTS,
  COMPONENT,
  RAK,
};

/* The place of what a tag, an array, a map at some place has inside; of what is in a byte string. */
enum place place_in_tag(uint64_t tag);
enum place place_in_array(enum place array, uint64_t i);
enum place place_in_map(enum place map, int64_t label);
enum place place_in_bytes(enum place bytes);
/* The place that a map takes for its pairs: claims, where a payload was. */
enum place place_of_map(enum place place);

/* Whether to look into a byte string, `levels` of which were entered before: always where a token is known
 * to have CBOR, so that a fault inside shows where it is; elsewhere when it is one sound array, map or tag. */
bool place_descends(enum place place, vcca_span bytes, unsigned levels);

/* "protected", "unprotected", "payload", "signature"; NULL for an element without a name. */
const char *place_element_name(enum place array, uint64_t i);
const char *place_tag_name(uint64_t tag);
/* What a label is called where no claim stands; what a value means. NULL when nothing. */
const char *place_label_name(enum place map, int64_t label);
const char *place_value_name(enum place map, int64_t label, const struct vcca_cbor_item *value);
/* Whether a label at this place is a claim's. */
bool place_is_claim(enum place map, int64_t label);

#endif
