/* Reading a COSE_Sign1 (RFC 9052 section 4.2) as far as its payload, strictly but for the leniencies of the
 * cursor.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "token/read.h"
#include "token/sign1.h"
#include "token/strict.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/cbor.h"

enum { TAG_SIGN1 = 18, HEADER_ALG = 1, HEADER_CRIT = 2 };

/* What a header bucket said. */
struct header {
  bool has_alg;
  int64_t alg;
  size_t alg_at;
};

static bool read_header(struct vcca_cbor *c, const char *what, struct header *out, struct vcca_error *err)
{
  struct vcca_cbor_item map, key;
  struct strict_keys keys;
  keys.n = 0;
  if (!vcca_cbor_want(c, VCCA_CBOR_MAP, what, &map, err) || !strict_map(&map, err))
    return false;
  for (uint64_t i = 0; vcca_cbor_more(c, &map, i); i++) {
    size_t start = c->at;
    if (!vcca_cbor_next(c, &key, err) || !strict_key(&keys, c, start, err))
      return strict_in(err, what);
    bool known = key.kind == VCCA_CBOR_UINT;
    if (!known && key.kind != VCCA_CBOR_NINT && key.kind != VCCA_CBOR_TEXT)
      return vcca_fail_at(err, key.offset, "%s: a label is %s where integer or text string is wanted", what,
                          vcca_cbor_kind_name(key.kind));
    if (known && key.value == HEADER_CRIT)
      return vcca_fail_at(err, key.offset, "%s: parameter 2 (crit) names parameters that are not understood here",
                          what);
    if (known && key.value == HEADER_ALG) {
      out->has_alg = true;
      out->alg_at = c->base + c->at;
      if (!vcca_cbor_int(c, "algorithm", &out->alg, err))
        return strict_in(err, what);
      continue;
    }
    if (!strict_allows_at(c, VCCA_LENIENT_UNKNOWN_HEADERS, key.offset))
      return vcca_fail_at(err, key.offset, "%s: a parameter that is not 1 (alg)", what);
    if (!vcca_cbor_skip(c, err))
      return strict_in(err, what);
  }
  return true;
}

/* The protected header's content: a map, or no bytes at all when the algorithm may stand elsewhere (RFC
 * 9052 section 3). */
static bool read_protected(struct vcca_cbor *c, const struct vcca_cbor_item *string, struct header *out,
                           struct vcca_error *err)
{
  struct vcca_cbor inside = vcca_cbor_inside(c, string);
  if (string->bytes.n == 0 && strict_allows(c, VCCA_LENIENT_ALG_IN_UNPROTECTED))
    return true;
  return read_header(&inside, "protected header", out, err) && vcca_cbor_end(&inside, "protected header", err);
}

static bool known_alg(const struct header *header, const char *what, struct vcca_error *err)
{
  if (vcca_sig_name(header->alg))
    return true;
  vcca_fail_at(err, header->alg_at,
               "%s: algorithm %" PRId64
               " where ES256, ES384, ES512, ESP256, ESP384, ESP512, PS256, PS384 or PS512 is wanted",
               what, header->alg);
  return strict_unsupported(err);
}

static bool read_headers(struct vcca_cbor *c, struct vcca_sign1_parts *out, struct vcca_error *err)
{
  struct header protected = {0}, unprotected = {0};
  struct vcca_cbor_item item;
  if (!vcca_cbor_want(c, VCCA_CBOR_BYTES, "protected header", &item, err))
    return false;
  out->protected_header = item.bytes;
  if (!read_protected(c, &item, &protected, err))
    return false;
  bool elsewhere = !protected.has_alg && strict_allows(c, VCCA_LENIENT_ALG_IN_UNPROTECTED);
  if (!protected.has_alg && !elsewhere)
    return vcca_fail_at(err, item.offset, "protected header: parameter 1 (alg) is missing");
  if ((!elsewhere && !known_alg(&protected, "protected header", err)) ||
      !read_header(c, "unprotected header", &unprotected, err))
    return false;
  if (elsewhere && !unprotected.has_alg)
    return vcca_fail_at(err, item.offset, "protected and unprotected header: parameter 1 (alg) is missing");
  if (!elsewhere && unprotected.has_alg)
    return vcca_fail_at(err, unprotected.alg_at,
                        "unprotected header: the algorithm belongs into the protected header alone");
  if (elsewhere && !known_alg(&unprotected, "unprotected header", err))
    return false;
  out->alg = elsewhere ? unprotected.alg : protected.alg;
  return true;
}

static bool read_signature(struct vcca_cbor *c, struct vcca_sign1_parts *out, struct vcca_error *err)
{
  struct vcca_cbor_item item;
  if (!vcca_cbor_want(c, VCCA_CBOR_BYTES, "signature", &item, err))
    return false;
  out->signature = item.bytes;
  if (sign1_signature_size_allowed(out->alg, item.bytes.n))
    return true;
  uint8_t raw[SIGN1_ECDSA_MAX];
  bool ecdsa = sign1_is_ecdsa(out->alg);
  out->der =
      ecdsa && sign1_der(item.bytes, sizeof raw, raw) && strict_allows_at(c, VCCA_LENIENT_DER_SIGNATURE, item.offset);
  return out->der ||
         vcca_fail_at(err, item.offset, "signature: %zu bytes where %s has %s", item.bytes.n, vcca_sig_name(out->alg),
                      ecdsa ? "64, 96 or 132, by its curve" : "256 to 512, by its key");
}

/* payload -> claims and wraps. */
static bool unwrap(const struct vcca_cbor *outer, const struct vcca_cbor_item *payload, struct vcca_sign1_parts *out,
                   struct vcca_error *err)
{
  struct vcca_cbor c = vcca_cbor_inside(outer, payload);
  struct vcca_cbor_item item;
  out->payload = out->claims = payload->bytes;
  out->wraps = 1;
  if (!vcca_cbor_next(&c, &item, err))
    return strict_in(err, "payload");
  if (item.kind == VCCA_CBOR_BYTES) {
    out->claims = item.bytes;
    out->wraps = 2;
    return vcca_cbor_end(&c, "payload", err);
  }
  return item.kind == VCCA_CBOR_MAP ||
         vcca_fail_at(err, item.offset, "payload: %s where map is wanted", vcca_cbor_kind_name(item.kind));
}

/* The tag 18 and the head of the array. */
static bool open_sign1(struct vcca_cbor *c, struct vcca_cbor_item *array, struct vcca_error *err)
{
  struct vcca_cbor ahead = *c;
  if (!vcca_cbor_next(&ahead, array, err))
    return strict_in(err, "COSE_Sign1");
  if (array->kind != VCCA_CBOR_ARRAY || !strict_allows(c, VCCA_LENIENT_UNTAGGED_SIGN1)) {
    if (!vcca_cbor_want(c, VCCA_CBOR_TAG, "COSE_Sign1", array, err))
      return false;
    if (array->value != TAG_SIGN1)
      return vcca_fail_at(err, array->offset, "COSE_Sign1: tag %" PRIu64 " where %d is wanted", array->value,
                          TAG_SIGN1);
  }
  if (!vcca_cbor_want(c, VCCA_CBOR_ARRAY, "COSE_Sign1", array, err))
    return false;
  return array->indefinite || array->value == 4 ||
         vcca_fail_at(err, array->offset, "COSE_Sign1: array of %" PRIu64 " where 4 are wanted", array->value);
}

bool read_sign1(struct vcca_cbor c, struct vcca_sign1_parts *out, struct vcca_error *err)
{
  struct vcca_cbor_item array, item;
  out->whole = c.in;
  out->offset = c.base;
  if (!open_sign1(&c, &array, err) || !read_headers(&c, out, err) ||
      !vcca_cbor_want(&c, VCCA_CBOR_BYTES, "payload", &item, err) || !unwrap(&c, &item, out, err) ||
      !read_signature(&c, out, err))
    return false;
  if (vcca_cbor_more(&c, &array, 4))
    return vcca_fail_at(err, c.base + c.at, "COSE_Sign1: more elements than 4");
  return vcca_cbor_end(&c, "COSE_Sign1", err);
}
