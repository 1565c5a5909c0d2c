/* Reading a CoRIM: walking its CBOR, and what a triple is made of.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_CORIM_H
#define VERIFIER_CORIM_H

#include "rooms/cbor.h"
#include "verifier/endorsed.h"

enum {
  TAG_EPOCH = 1,
  TAG_URI = 32,
  TAG_CORIM = 501,
  TAG_COMID = 506,
  TAG_UEID = 550,
  TAG_PKIX_KEY = 554,
  TAG_BYTES = 560,
  TAG_MASKED = 563,
};
enum { RPV_SIZE = 64 };

/* A reader of one CoRIM: where it is, and what its profile is. */
struct reader {
  struct endorsed *to;
  struct vcca_error *err;
  const char *at; /* "YYYYMMDDHHMMSSZ": the time to check its validity for, or NULL */
  bool realm;     /* under the realm profile, not the platform's */
  size_t index;   /* of the CoRIM */
  size_t tag;     /* of the CoMID in the CoRIM */
  size_t triples; /* read in this CoMID */
};

/* Calls `read` for each key of the map at c; it must read the value. */
typedef bool (*corim_member_reader)(struct reader *r, struct vcca_cbor *c, int64_t key, size_t offset, void *into);
VCCA_MUST_USE bool corim_each_member(struct reader *r, struct vcca_cbor *c, const char *what, corim_member_reader read,
                                     void *into);
/* Calls `read` for each element of the array at c, which must not be empty. */
typedef bool (*corim_element_reader)(struct reader *r, struct vcca_cbor *c, void *into);
VCCA_MUST_USE bool corim_each_element(struct reader *r, struct vcca_cbor *c, const char *what,
                                      corim_element_reader read, void *into);
/* The head of an array of exactly count elements. */
VCCA_MUST_USE bool corim_array(struct reader *r, struct vcca_cbor *c, const char *what, uint64_t count);
VCCA_MUST_USE bool corim_tag(struct reader *r, struct vcca_cbor *c, uint64_t tag, const char *what);
VCCA_MUST_USE bool corim_string(struct reader *r, struct vcca_cbor *c, enum vcca_cbor_kind kind, const char *what,
                                vcca_span *out);
/* Fails: nothing is known that this key could mean. */
bool corim_no_meaning(struct reader *r, size_t offset, const char *what, int64_t key);

struct environment {
  vcca_span class_id, instance;
};
VCCA_MUST_USE bool corim_environment(struct reader *r, struct vcca_cbor *c, bool with_instance,
                                     struct environment *out);

/* A measurement as far as the profiles use it; which keys its values have, as bits. */
struct measured {
  vcca_span mkey;
  bool has_values;
  uint32_t keys;
  struct component_value component;
  vcca_span raw, mask;
};
enum { VERSION = 0, DIGESTS = 2, RAW_VALUE = 4, RAW_MASK = 5, NAME = 11, CRYPTOKEYS = 13 };
#define KEY(k) (UINT32_C(1) << (k))
VCCA_MUST_USE bool corim_measurement(struct reader *r, struct vcca_cbor *c, struct measured *out);
/* Whether the measurement has all keys of must and none besides those and of may. */
VCCA_MUST_USE bool corim_has_keys(struct reader *r, const struct measured *m, size_t offset, uint32_t must,
                                  uint32_t may);

#endif
