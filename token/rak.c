/* The encodings of claim 44237: raw point (SEC 1, 2.3.3), COSE_Key (RFC 9052 section 7) and
 * SubjectPublicKeyInfo (RFC 5280). COSE_Keys are minted as TF-RMM does, {1: 2, -1: crv, -2: x, -3: y}. What
 * else RFC 9052 lets them have is read: an alg must be that of the signature, key_ops must have "verify";
 * the rest says nothing about the key. Never a private part; a compressed y is not done here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "token/rak.h"

#include <inttypes.h>

#include "token/strict.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/span.h"
#include "rooms/leniency.h"
#include "rooms/token.h"
#include "rooms/cbor.h"

enum {
  COSE_KTY = 1,
  COSE_KTY_EC2 = 2,
  COSE_CRV = -1,
  COSE_X = -2,
  COSE_Y = -3,
  COSE_D = -4,
  COSE_KID = 2,
  COSE_ALG = 3,
  COSE_KEY_OPS = 4,
  COSE_BASE_IV = 5
};
enum { OPS_VERIFY = 2 };

static const struct {
  enum vcca_key_type type;
  int64_t crv; /* RFC 9053, table 18 */
  size_t field;
} curves[] = {{VCCA_KEY_P256, 1, 32}, {VCCA_KEY_P384, 2, 48}, {VCCA_KEY_P521, 3, 66}};
enum { CURVES = sizeof curves / sizeof *curves };

static bool point_shape(vcca_span bytes, size_t offset, struct rak_shape *out, struct vcca_error *err)
{
  for (size_t i = 0; i < CURVES; i++) {
    size_t field = curves[i].field;
    if (bytes.n != 1 + 2 * field)
      continue;
    if (bytes.p[0] != 4)
      return vcca_fail_at(err, offset, "point begins with %02x where 04 (uncompressed) is wanted", bytes.p[0]);
    out->type = curves[i].type;
    out->x = vcca_span_sub(bytes, 1, field);
    out->y = vcca_span_sub(bytes, 1 + field, field);
    return true;
  }
  return vcca_fail_at(err, offset, "%zu bytes are no raw point: 65 (P-256), 97 (P-384) or 133 (P-521) are", bytes.n);
}

struct cose_key {
  bool has_kty, has_crv, has_alg;
  int64_t kty, crv, alg;
  vcca_span x, y;
};

/* What the key may be used for (RFC 9052, table 5): an array of numbers and texts. */
static bool cose_key_ops(struct vcca_cbor *c, size_t at, struct vcca_error *err)
{
  struct vcca_cbor_item array, op;
  bool verify = false;
  if (!vcca_cbor_want(c, VCCA_CBOR_ARRAY, "COSE_Key 4 (key_ops)", &array, err))
    return false;
  for (uint64_t i = 0; vcca_cbor_more(c, &array, i); i++) {
    if (!vcca_cbor_next(c, &op, err))
      return strict_in(err, "COSE_Key 4 (key_ops)");
    if (op.kind != VCCA_CBOR_UINT && op.kind != VCCA_CBOR_NINT && op.kind != VCCA_CBOR_TEXT)
      return vcca_fail_at(err, op.offset, "COSE_Key 4 (key_ops): %s where integer or text string is wanted",
                          vcca_cbor_kind_name(op.kind));
    verify = verify || (op.kind == VCCA_CBOR_UINT && op.value == OPS_VERIFY);
  }
  return verify || vcca_fail_at(err, at, "COSE_Key 4 (key_ops) does not let the key verify (2)");
}

/* A parameter beside type, curve and coordinates. */
static bool cose_parameter(struct vcca_cbor *c, int64_t label, size_t at, struct cose_key *key, struct vcca_error *err)
{
  struct vcca_cbor_item item;
  if (!strict_allows_at(c, VCCA_LENIENT_COSE_KEY_PARAMETERS, at))
    return vcca_fail_at(err, at, "COSE_Key %" PRId64 ": only 1 (kty), -1 (crv), -2 (x) and -3 (y) belong here", label);
  switch (label) {
  case COSE_ALG:
    key->has_alg = true;
    return vcca_cbor_int(c, "COSE_Key 3 (alg)", &key->alg, err);
  case COSE_KEY_OPS:
    return cose_key_ops(c, at, err);
  case COSE_KID:
    return vcca_cbor_want(c, VCCA_CBOR_BYTES, "COSE_Key 2 (kid)", &item, err);
  case COSE_BASE_IV:
    return vcca_cbor_want(c, VCCA_CBOR_BYTES, "COSE_Key 5 (Base IV)", &item, err);
  default:
    return vcca_cbor_skip(c, err);
  }
}

static bool cose_member(struct vcca_cbor *c, struct cose_key *key, struct vcca_error *err)
{
  struct vcca_cbor_item item;
  struct vcca_cbor ahead = *c;
  size_t at = c->base + c->at;
  int64_t label;
  if (vcca_cbor_next(&ahead, &item, NULL) && item.kind == VCCA_CBOR_TEXT &&
      strict_allows_at(c, VCCA_LENIENT_COSE_KEY_PARAMETERS, at)) {
    *c = ahead;
    return vcca_cbor_skip(c, err);
  }
  if (!vcca_cbor_int(c, "COSE_Key label", &label, err))
    return false;
  switch (label) {
  case COSE_KTY:
    key->has_kty = true;
    return vcca_cbor_int(c, "COSE_Key 1 (kty)", &key->kty, err);
  case COSE_CRV:
    key->has_crv = true;
    return vcca_cbor_int(c, "COSE_Key -1 (crv)", &key->crv, err);
  case COSE_X:
    if (!vcca_cbor_want(c, VCCA_CBOR_BYTES, "COSE_Key -2 (x)", &item, err))
      return false;
    key->x = item.bytes;
    return true;
  case COSE_Y:
    ahead = *c;
    if (vcca_cbor_next(&ahead, &item, NULL) && item.kind == VCCA_CBOR_SIMPLE) {
      vcca_fail_at(err, item.offset, "COSE_Key -3 (y): a compressed point, which is not done here; a byte string is");
      return strict_unsupported(err);
    }
    if (!vcca_cbor_want(c, VCCA_CBOR_BYTES, "COSE_Key -3 (y)", &item, err))
      return false;
    key->y = item.bytes;
    return true;
  case COSE_D:
    return vcca_fail_at(err, at, "COSE_Key -4 (d): a private key in a token");
  default:
    return cose_parameter(c, label, at, key, err);
  }
}

static bool cose_key_shape(vcca_span bytes, size_t offset, struct vcca_lenience *lenience, struct rak_shape *out,
                           struct vcca_error *err)
{
  struct vcca_cbor c = vcca_cbor_over(bytes, offset);
  struct vcca_cbor_item map;
  struct strict_keys keys;
  struct cose_key key = {0};
  c.lenience = lenience;
  if (!vcca_cbor_want(&c, VCCA_CBOR_MAP, "COSE_Key", &map, err) || !strict_map(&map, err))
    return false;
  keys.n = 0;
  for (uint64_t i = 0; vcca_cbor_more(&c, &map, i); i++) {
    struct vcca_cbor ahead = c;
    struct vcca_cbor_item label;
    if (!vcca_cbor_next(&ahead, &label, err) || !strict_key(&keys, &ahead, c.at, err) || !cose_member(&c, &key, err))
      return false;
  }
  if (!vcca_cbor_end(&c, "COSE_Key", err))
    return false;
  if (!key.has_kty || key.kty != COSE_KTY_EC2)
    return vcca_fail_at(err, offset, "COSE_Key 1 (kty) must be 2 (EC2)");
  for (size_t i = 0; key.has_crv && i < CURVES; i++) {
    if (curves[i].crv != key.crv)
      continue;
    if (key.x.n != curves[i].field || key.y.n != curves[i].field)
      return vcca_fail_at(err, offset, "COSE_Key x and y have %zu and %zu bytes where each must have %zu", key.x.n,
                          key.y.n, curves[i].field);
    out->type = curves[i].type;
    out->x = key.x;
    out->y = key.y;
    out->has_alg = key.has_alg;
    out->alg = key.alg;
    return true;
  }
  return vcca_fail_at(err, offset, "COSE_Key -1 (crv) must be 1 (P-256), 2 (P-384) or 3 (P-521)");
}

/* Only the outside: a DER sequence of two length bytes, as that of an RSA key of 2048 to 4096 bits. The key
 * inside is read when it is used. */
static bool spki_shape(vcca_span bytes, size_t offset, struct rak_shape *out, struct vcca_error *err)
{
  enum { SEQUENCE = 0x30, TWO_BYTES = 0x82, HEAD = 4 };
  if (bytes.n < HEAD || bytes.p[0] != SEQUENCE || bytes.p[1] != TWO_BYTES ||
      (size_t)(bytes.p[2] << 8 | bytes.p[3]) != bytes.n - HEAD)
    return vcca_fail_at(
        err, offset, "%zu bytes are no SubjectPublicKeyInfo of an RSA key, a DER sequence of all the bytes that follow",
        bytes.n);
  out->type = VCCA_KEY_RSA;
  return true;
}

bool rak_shape(enum vcca_rak_encoding encoding, vcca_span bytes, size_t offset, struct vcca_lenience *lenience,
               struct rak_shape *out, struct vcca_error *err)
{
  *out = (struct rak_shape){.type = VCCA_KEY_P256};
  switch (encoding) {
  case VCCA_RAK_RAW_POINT:
    return point_shape(bytes, offset, out, err);
  case VCCA_RAK_COSE_KEY:
    return cose_key_shape(bytes, offset, lenience, out, err);
  case VCCA_RAK_SPKI:
    return spki_shape(bytes, offset, out, err);
  }
  return false;
}

static vcca_key *read_rak(enum vcca_rak_encoding encoding, vcca_span bytes, struct vcca_lenience *lenience,
                          struct vcca_error *err)
{
  struct rak_shape shape;
  if (!rak_shape(encoding, bytes, 0, lenience, &shape, err))
    return NULL;
  if (encoding == VCCA_RAK_RAW_POINT)
    return vcca_key_from_point(shape.type, bytes, err);
  if (encoding == VCCA_RAK_COSE_KEY) {
    uint8_t buf[VCCA_POINT_MAX];
    vcca_sink point = VCCA_SINK(buf);
    vcca_sink_u8(&point, 4);
    vcca_sink_put(&point, shape.x);
    vcca_sink_put(&point, shape.y);
    return vcca_key_from_point(shape.type, vcca_sink_span(&point), err);
  }
  vcca_key *key = vcca_key_from_spki(bytes, err);
  if (key && vcca_key_type(key) != VCCA_KEY_RSA) {
    vcca_fail(err, VCCA_FAULT_MALFORMED, "the SubjectPublicKeyInfo is not of an RSA key");
    vcca_key_free(key);
    key = NULL;
  }
  return key;
}

vcca_key *vcca_rak_decode(enum vcca_rak_encoding encoding, vcca_span bytes, struct vcca_error *err)
{
  struct vcca_lenience lenience = {.allowed = vcca_leniencies_permitted()};
  return read_rak(encoding, bytes, &lenience, err);
}

vcca_key *vcca_token_rak(const struct vcca_token *token, struct vcca_error *err)
{
  struct vcca_lenience lenience = {.allowed = token->leniencies};
  return read_rak(token->rak_encoding, token->realm.public_key, lenience.allowed ? &lenience : NULL, err);
}

static bool put_cose_key(vcca_span point, vcca_sink *out, struct vcca_error *err)
{
  struct rak_shape shape = {.type = VCCA_KEY_P256};
  if (!point_shape(point, 0, &shape, err))
    return false;
  vcca_cbor_put_map(out, 4);
  vcca_cbor_put_int(out, COSE_KTY);
  vcca_cbor_put_int(out, COSE_KTY_EC2);
  vcca_cbor_put_int(out, COSE_CRV);
  for (size_t i = 0; i < CURVES; i++)
    if (curves[i].type == shape.type)
      vcca_cbor_put_int(out, curves[i].crv);
  vcca_cbor_put_int(out, COSE_X);
  vcca_cbor_put_bytes(out, shape.x);
  vcca_cbor_put_int(out, COSE_Y);
  vcca_cbor_put_bytes(out, shape.y);
  return true;
}

bool vcca_rak_encode(enum vcca_family family, const vcca_key *rak, vcca_sink *out, struct vcca_error *err)
{
  const struct vcca_family_spec *spec = vcca_family(family);
  uint8_t buf[VCCA_POINT_MAX];
  vcca_sink point = VCCA_SINK(buf);
  bool rsa = vcca_key_type(rak) == VCCA_KEY_RSA;
  if (rsa != (spec->rak == VCCA_RAK_SPKI))
    return vcca_fail(err, VCCA_FAULT_USAGE, "a RAK on %s cannot be carried by the family %s, which wants %s",
                     vcca_key_type_name(vcca_key_type(rak)), spec->name, vcca_key_type_name(spec->key));
  if (rsa ? !vcca_key_spki(rak, out) : !vcca_key_point(rak, &point))
    return vcca_fail(err, VCCA_FAULT_CRYPTO, "the RAK's public key cannot be exported");
  if (spec->rak == VCCA_RAK_COSE_KEY && !put_cose_key(vcca_sink_span(&point), out, err))
    return false;
  if (spec->rak == VCCA_RAK_RAW_POINT)
    vcca_sink_put(out, vcca_sink_span(&point));
  return vcca_sink_ok(out) || vcca_fail(err, VCCA_FAULT_USAGE, "claim 44237 wants %zu bytes of room", out->n);
}
