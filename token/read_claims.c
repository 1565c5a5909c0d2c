/* Reading claims: every row of claims.def as the generation of the token's profile has it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "token/read.h"
#include "token/strict.h"
#include "rooms/error.h"
#include "rooms/cbor.h"

enum { LABEL_PROFILE = 265 };

/* Text without the NULs at its end, where they may be there. */
static bool cut_nuls(const struct vcca_cbor *c, int64_t label, vcca_span *text)
{
  if (text->n == 0 || text->p[text->n - 1] != 0)
    return true;
  if (!strict_allows(c, label == LABEL_PROFILE ? VCCA_LENIENT_NUL_PADDED_PROFILE : VCCA_LENIENT_NUL_PADDED_TEXT))
    return false;
  while (text->n > 0 && text->p[text->n - 1] == 0)
    text->n--;
  return true;
}

static bool read_string(struct vcca_cbor *c, const struct claim_row *row, enum generation generation, vcca_span *out,
                        struct vcca_error *err)
{
  bool virtcca = generation == GENERATION_VIRTCCA, text = row->kind == CLAIM_TEXT || row->kind == CLAIM_ALG;
  struct vcca_cbor_item item;
  enum vcca_hash_alg alg;
  if (!vcca_cbor_want(c, text ? VCCA_CBOR_TEXT : VCCA_CBOR_BYTES, row->what, &item, err))
    return false;
  if (text && !cut_nuls(c, virtcca ? 0 : row->spec.label, &item.bytes))
    return vcca_fail_at(err, item.offset + item.head_size + item.bytes.n - 1, "%s: the text ends with a NUL",
                        row->what);
  if (!claim_size_allowed(row->size, item.bytes.n, virtcca))
    return vcca_fail_at(err, item.offset, "%s: %zu bytes where %s are allowed", row->what, item.bytes.n,
                        claim_size_words(row->size));
  if (row->kind == CLAIM_UEID && item.bytes.p[0] != 1)
    return vcca_fail_at(err, item.offset + item.head_size, "%s: begins with %02x where 01 (RAND) is wanted", row->what,
                        item.bytes.p[0]);
  if (row->kind == CLAIM_ALG && !vcca_hash_named(item.bytes, &alg) &&
      !strict_allows_at(c, VCCA_LENIENT_HASH_NAMES, item.offset))
    return vcca_fail_at(err, item.offset, "%s: no hash known here; sha-256, sha-384 and sha-512 are", row->what);
  *out = item.bytes;
  return true;
}

/* A bignum of at most eight bytes where an integer is wanted (RFC 8949 section 3.4.3). */
static bool read_bignum(struct vcca_cbor *c, const struct claim_row *row, struct vcca_cbor_item *item,
                        struct vcca_error *err)
{
  enum { TAG_BIGNUM = 2 };
  struct vcca_cbor ahead = *c;
  if (row->size != SIZE_UP_TO_65535 || !vcca_cbor_next(&ahead, item, NULL) || item->kind != VCCA_CBOR_TAG ||
      item->value != TAG_BIGNUM || !strict_allows(c, VCCA_LENIENT_BIGNUM_LIFECYCLE))
    return vcca_cbor_want(c, VCCA_CBOR_UINT, row->what, item, err);
  *c = ahead;
  if (!vcca_cbor_want(c, VCCA_CBOR_BYTES, row->what, item, err))
    return false;
  if (item->bytes.n > sizeof item->value)
    return vcca_fail_at(err, item->offset, "%s: bignum of %zu bytes", row->what, item->bytes.n);
  item->value = 0;
  for (size_t i = 0; i < item->bytes.n; i++)
    item->value = item->value << 8 | item->bytes.p[i];
  return true;
}

static bool read_uint(struct vcca_cbor *c, const struct claim_row *row, void *claims, struct vcca_error *err)
{
  struct vcca_cbor_item item;
  if (!read_bignum(c, row, &item, err))
    return false;
  if (!claim_value_allowed(row->size, item.value) && row->size == SIZE_UP_TO_65535)
    return vcca_fail_at(err, item.offset, "%s: %" PRIu64 " is beyond 16 bits", row->what, item.value);
  if (!claim_value_allowed(row->size, item.value))
    return vcca_fail_at(err, item.offset, "%s: %" PRIu64 " where %s is allowed", row->what, item.value,
                        claim_size_words(row->size));
  claim_set_uint(row, claims, item.value);
  return true;
}

static bool read_bool(struct vcca_cbor *c, const struct claim_row *row, void *claims, struct vcca_error *err)
{
  enum { SIMPLE_FALSE = 20, SIMPLE_TRUE = 21 };
  struct vcca_cbor_item item;
  if (!vcca_cbor_want(c, VCCA_CBOR_SIMPLE, row->what, &item, err))
    return false;
  if (item.value != SIMPLE_FALSE && item.value != SIMPLE_TRUE)
    return vcca_fail_at(err, item.offset, "%s: simple value %" PRIu64 " where false or true is wanted", row->what,
                        item.value);
  claim_set_uint(row, claims, item.value == SIMPLE_TRUE);
  return true;
}

/* Names the element of an array that an error is about. Returns false. */
static bool in_element(struct vcca_error *err, const char *name, uint64_t i)
{
  char place[40];
  snprintf(place, sizeof place, "%s %" PRIu64, name, i);
  return strict_in(err, place);
}

/* Whether an array may have n elements. */
static bool count_allowed(const struct vcca_cbor_item *array, uint64_t n, unsigned least, unsigned most,
                          const char *what, struct vcca_error *err)
{
  if (n >= least && n <= most)
    return true;
  if (least == most)
    return vcca_fail_at(err, array->offset, "%s: %" PRIu64 " of them where %u are wanted", what, n, most);
  return vcca_fail_at(err, array->offset, "%s: %" PRIu64 " of them where %u to %u are allowed", what, n, least, most);
}

/* An array, whose count, when it says one, is allowed. */
static bool open_array(struct vcca_cbor *c, const struct claim_row *row, unsigned least, unsigned most,
                       struct vcca_cbor_item *array, struct vcca_error *err)
{
  return vcca_cbor_want(c, VCCA_CBOR_ARRAY, row->what, array, err) &&
         (array->indefinite || count_allowed(array, array->value, least, most, row->what, err));
}

static bool read_components(struct vcca_cbor *c, const struct claim_row *row, enum generation generation,
                            struct vcca_platform_claims *claims, struct vcca_error *err)
{
  struct vcca_cbor_item array;
  size_t n = 0;
  if (!open_array(c, row, 1, VCCA_COMPONENTS_MAX, &array, err))
    return false;
  for (; vcca_cbor_more(c, &array, n); n++) {
    if (n == VCCA_COMPONENTS_MAX)
      return count_allowed(&array, n + 1, 1, VCCA_COMPONENTS_MAX, row->what, err);
    if (!read_claims(c, claims_component, generation, &claims->components[n], err))
      return in_element(err, "component", n);
  }
  claims->has_components = true;
  claims->component_count = n;
  return count_allowed(&array, n, 1, VCCA_COMPONENTS_MAX, row->what, err);
}

static bool read_rems(struct vcca_cbor *c, const struct claim_row *row, enum generation generation,
                      struct vcca_realm_claims *claims, struct vcca_error *err)
{
  struct vcca_cbor_item array;
  size_t n = 0;
  if (!open_array(c, row, VCCA_TOKEN_REMS, VCCA_TOKEN_REMS, &array, err))
    return false;
  for (; vcca_cbor_more(c, &array, n); n++) {
    if (n == VCCA_TOKEN_REMS)
      return count_allowed(&array, n + 1, VCCA_TOKEN_REMS, VCCA_TOKEN_REMS, row->what, err);
    if (!read_string(c, row, generation, &claims->rem[n], err))
      return in_element(err, "rem", n);
  }
  return count_allowed(&array, n, VCCA_TOKEN_REMS, VCCA_TOKEN_REMS, row->what, err);
}

static bool read_digests(struct vcca_cbor *c, const struct claim_row *row, enum generation generation, void *claims,
                         struct vcca_error *err)
{
  struct vcca_cbor_item array;
  vcca_span digest;
  size_t start = c->at;
  unsigned n = 0;
  if (!open_array(c, row, 1, UINT_MAX, &array, err))
    return false;
  for (; vcca_cbor_more(c, &array, n); n++)
    if (!read_string(c, row, generation, &digest, err))
      return in_element(err, "element", n);
  if (!count_allowed(&array, n, 1, UINT_MAX, row->what, err))
    return false;
  claim_set_span(row, claims, vcca_span_of(c->in.p + start, c->at - start));
  return true;
}

static bool read_claim(struct vcca_cbor *c, const struct claim_row *row, enum generation generation, void *claims,
                       struct vcca_error *err)
{
  vcca_span value = {NULL, 0};
  switch (row->kind) {
  case CLAIM_UINT:
    return read_uint(c, row, claims, err);
  case CLAIM_BOOL:
    return read_bool(c, row, claims, err);
  case CLAIM_COMPONENTS:
    return read_components(c, row, generation, claims, err);
  case CLAIM_REMS:
    return read_rems(c, row, generation, claims, err);
  case CLAIM_DIGESTS:
    return read_digests(c, row, generation, claims, err);
  case CLAIM_BYTES:
  case CLAIM_UEID:
  case CLAIM_TEXT:
  case CLAIM_ALG:
    break;
  }
  if (!read_string(c, row, generation, &value, err))
    return false;
  claim_set_span(row, claims, value);
  return true;
}

/* The row of a label, as the generation knows it. */
static const struct claim_row *row_of(uint64_t label, const struct claim_row *rows, size_t n,
                                      enum generation generation)
{
  for (size_t i = 0; i < n; i++)
    if ((uint64_t)rows[i].spec.label == label && claim_known(&rows[i], generation))
      return &rows[i];
  return NULL;
}

/* The row a key names; NULL for one that the generation does not know, where it may be there. */
static bool find_row(const struct vcca_cbor *c, const struct vcca_cbor_item *key, struct claim_rows rows,
                     enum generation generation, const struct claim_row **out, struct vcca_error *err)
{
  *out = NULL;
  if (key->kind != VCCA_CBOR_UINT && key->kind != VCCA_CBOR_NINT && key->kind != VCCA_CBOR_TEXT)
    return vcca_fail_at(err, key->offset, "%s: a label is %s where integer or text string is wanted", rows.what,
                        vcca_cbor_kind_name(key->kind));
  if (key->kind == VCCA_CBOR_UINT)
    *out = row_of(key->value, rows.row, rows.n, generation);
  if (*out && claim_gone(*out, generation))
    return vcca_fail_at(err, key->offset, "%s does not belong into a token of this profile", (*out)->what);
  if (*out || strict_allows_at(c, VCCA_LENIENT_UNKNOWN_CLAIMS, key->offset))
    return true;
  if (key->kind == VCCA_CBOR_TEXT)
    return vcca_fail_at(err, key->offset, "%s: the profile has no claims named by text", rows.what);
  return vcca_fail_at(err, key->offset, "%s: the profile has no claim %s%" PRIu64, rows.what,
                      key->kind == VCCA_CBOR_UINT ? "" : "-1-", key->value);
}

/* One pair of the map. */
static bool read_pair(struct vcca_cbor *c, struct claim_rows rows, enum generation generation, struct strict_keys *keys,
                      void *claims, uint32_t *seen, struct vcca_error *err)
{
  const struct claim_row *row;
  struct vcca_cbor_item key;
  size_t start = c->at;
  if (!vcca_cbor_next(c, &key, err))
    return strict_in(err, rows.what);
  if (!find_row(c, &key, rows, generation, &row, err))
    return false;
  uint32_t bit = row ? (uint32_t)1 << (row - rows.row) : 0;
  bool first = row && (*seen & bit) == 0; /* a label with a row equals no other but itself */
  if (first ? !strict_new_key(keys, c, start, err) : !strict_key(keys, c, start, err))
    return strict_in(err, row ? row->what : rows.what);
  if (row == NULL)
    return strict_skip(c, 1, err) || strict_in(err, rows.what);
  *seen |= bit;
  return read_claim(c, row, generation, claims, err);
}

bool read_claims(struct vcca_cbor *c, struct claim_rows rows, enum generation generation, void *claims,
                 struct vcca_error *err)
{
  struct vcca_cbor_item map;
  struct strict_keys keys;
  uint32_t seen = 0;
  keys.n = 0;
  if (!vcca_cbor_want(c, VCCA_CBOR_MAP, rows.what, &map, err))
    return false;
  if (!strict_map(&map, err))
    return strict_in(err, rows.what);
  for (uint64_t i = 0; vcca_cbor_more(c, &map, i); i++)
    if (!read_pair(c, rows, generation, &keys, claims, &seen, err))
      return false;
  for (size_t i = 0; i < rows.n; i++)
    if ((seen & (uint32_t)1 << i) == 0 && claim_mandatory(&rows.row[i], generation))
      return vcca_fail_at(err, map.offset, "%s is missing", rows.row[i].what);
  return true;
}

vcca_span read_profile(struct vcca_cbor c)
{
  static const vcca_span none = {NULL, 0};
  struct vcca_lenience own = {.allowed = c.lenience ? c.lenience->allowed
                                                    : 0}; /* what is needed is noted when the claims are read */
  struct vcca_cbor_item map, item;
  c.lenience = &own;
  if (!vcca_cbor_next(&c, &map, NULL) || map.kind != VCCA_CBOR_MAP)
    return none;
  for (uint64_t i = 0; vcca_cbor_more(&c, &map, i); i++) {
    struct vcca_cbor key = c;
    if (!vcca_cbor_next(&key, &item, NULL) || !strict_skip(&c, 1, NULL))
      return none;
    if (item.kind != VCCA_CBOR_UINT || item.value != LABEL_PROFILE) {
      if (!strict_skip(&c, 1, NULL))
        return none;
      continue;
    }
    bool text = vcca_cbor_next(&c, &item, NULL) && item.kind == VCCA_CBOR_TEXT;
    return text && cut_nuls(&c, LABEL_PROFILE, &item.bytes) ? item.bytes : none;
  }
  return none;
}
