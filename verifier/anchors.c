/* Keys from files: an EC key as JWK (RFC 7517, RFC 7518 6.2) or PEM, or the right one out of a trust anchor
 * store. Strict, because a trust anchor read wrongly is trust misplaced; anchors are public keys, and only
 * a signer has a private half.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "verifier/base64url.h"
#include "verifier/readers.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/span.h"

enum { INSTANCE_ID_SIZE = 33, IMPLEMENTATION_ID_SIZE = 32, COORDINATE_MAX = 66 };

static const struct curve {
  const char *name; /* RFC 7518 6.2.1.1 */
  const char *alg;  /* RFC 7518 3.1 */
  enum vcca_key_type type;
  size_t coordinate;
} curves[] = {
    {"P-256", "ES256", VCCA_KEY_P256, 32},
    {"P-384", "ES384", VCCA_KEY_P384, 48},
    {"P-521", "ES512", VCCA_KEY_P521, 66},
};

static bool refuse(struct vcca_error *err, struct json_at at, const char *member, const char *what)
{
  return vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" %s", json_path(at, member).text, what);
}

/* --- JWK ------------------------------------------------------------------------------------------------- */

/* An EC key as text, read but not yet held against its curve. */
struct jwk {
  const struct curve *curve;
  uint8_t point[1 + 2 * COORDINATE_MAX];
  uint8_t scalar[COORDINATE_MAX]; /* of a signer */
};
enum jwk_use { JWK_VERIFIES, JWK_SIGNS };

static bool read_coordinate(struct json_at at, const char *member, size_t size, uint8_t *out, struct vcca_error *err)
{
  vcca_span text;
  vcca_sink bytes = vcca_sink_of(out, size);
  if (!json_text(at, member, &text, err))
    return false;
  if (!base64url_read(text, &bytes) || bytes.n != size)
    return vcca_fail(err, VCCA_FAULT_MALFORMED,
                     "\"%s\" must be %zu bytes in base64url without padding (%zu characters)",
                     json_path(at, member).text, size, (size * 4 + 2) / 3);
  return true;
}

/* An optional member, when there, says this. */
static bool says(struct json_at at, const char *member, const char *text, struct vcca_error *err)
{
  vcca_span got;
  if (json_object_get(at.value, member) == NULL)
    return true;
  if (!json_text(at, member, &got, err))
    return false;
  return vcca_span_is(got, text) ||
         vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" must be \"%s\"", json_path(at, member).text, text);
}

/* What a JWK says about its own use must allow this one. */
static bool allows(struct json_at at, const struct curve *curve, enum jwk_use use, struct vcca_error *err)
{
  const char *wanted = use == JWK_SIGNS ? "sign" : "verify";
  if (!says(at, "alg", curve->alg, err) || !says(at, "use", "sig", err))
    return false;
  const json_t *ops = json_object_get(at.value, "key_ops");
  bool allowed = ops == NULL;
  for (size_t i = 0; i < json_array_size(ops); i++) {
    const char *op = json_string_value(json_array_get(ops, i));
    allowed = allowed || (op != NULL && strcmp(op, wanted) == 0);
  }
  return allowed ||
         vcca_fail(err, VCCA_FAULT_MALFORMED, "\"%s\" does not allow \"%s\"", json_path(at, "key_ops").text, wanted);
}

static bool read_scalar(struct json_at at, enum jwk_use use, struct jwk *out, struct vcca_error *err)
{
  if (use == JWK_SIGNS)
    return read_coordinate(at, "d", out->curve->coordinate, out->scalar, err);
  return json_object_get(at.value, "d") == NULL ||
         refuse(err, at, "d", "is the private key: a trust anchor is public, and this key is no longer to be trusted");
}

static bool read_jwk(struct json_at at, enum jwk_use use, struct jwk *out, struct vcca_error *err)
{
  vcca_span kty, crv;
  if (!json_is_object(at.value))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "%s%sa JWK is a JSON object", at.path, at.path[0] == '\0' ? "" : ": ");
  if (at.path[0] == '\0' && json_object_get(at.value, "keys") != NULL)
    return refuse(err, at, "keys", "makes this a set of keys: give one JWK");
  if (!json_text(at, "kty", &kty, err) || !json_text(at, "crv", &crv, err))
    return false;
  if (!vcca_span_is(kty, "EC"))
    return refuse(err, at, "kty", "must be \"EC\"");
  out->curve = NULL;
  for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
    if (vcca_span_is(crv, curves[i].name))
      out->curve = &curves[i];
  if (out->curve == NULL)
    return refuse(err, at, "crv", "must be \"P-256\", \"P-384\" or \"P-521\"");
  size_t size = out->curve->coordinate;
  out->point[0] = 0x04;
  return read_coordinate(at, "x", size, out->point + 1, err) &&
         read_coordinate(at, "y", size, out->point + 1 + size, err) && read_scalar(at, use, out, err) &&
         allows(at, out->curve, use, err);
}

static vcca_key *jwk_key(const struct jwk *jwk, struct vcca_error *err)
{
  return vcca_key_from_point(jwk->curve->type, vcca_span_of(jwk->point, 1 + 2 * jwk->curve->coordinate), err);
}

/* The pair of a signer's JWK: its point must be its scalar's. */
static vcca_key *jwk_pair(const struct jwk *jwk, struct vcca_error *err)
{
  vcca_key *named = jwk_key(jwk, err);
  vcca_key *pair =
      named ? vcca_key_from_scalar(jwk->curve->type, vcca_span_of(jwk->scalar, jwk->curve->coordinate), err) : NULL;
  if (pair != NULL && !vcca_key_same(pair, named)) {
    vcca_fail(err, VCCA_FAULT_MALFORMED, "\"x\" and \"y\" are not the public key of \"d\"");
    vcca_key_free(pair);
    pair = NULL;
  }
  vcca_key_free(named);
  return pair;
}

static vcca_key *read_key(vcca_span jwk_or_pem, enum jwk_use use, struct vcca_error *err)
{
  size_t blank = 0;
  while (blank < jwk_or_pem.n && jwk_or_pem.p[blank] != '\0' && strchr(" \t\r\n", jwk_or_pem.p[blank]) != NULL)
    blank++;
  if (blank == jwk_or_pem.n) {
    vcca_fail_at(err, 0, "empty; %s",
                 use == JWK_SIGNS ? "a signing key is a JWK or a PEM private key"
                                  : "a trust anchor is a JWK or a PEM public key");
    return NULL;
  }
  if (jwk_or_pem.p[blank] != '{')
    return use == JWK_SIGNS ? vcca_key_from_private_pem(jwk_or_pem, err) : vcca_key_from_pem(jwk_or_pem, err);

  struct jwk jwk;
  json_t *root = json_in(jwk_or_pem, err);
  bool ok = root != NULL && read_jwk((struct json_at){root, ""}, use, &jwk, err);
  json_decref(root);
  if (!ok)
    return NULL;
  return use == JWK_SIGNS ? jwk_pair(&jwk, err) : jwk_key(&jwk, err);
}

vcca_key *vcca_anchor_read(vcca_span jwk_or_pem, struct vcca_error *err)
{
  return read_key(jwk_or_pem, JWK_VERIFIES, err);
}

vcca_key *vcca_signer_read(vcca_span jwk_or_pem, struct vcca_error *err)
{
  return read_key(jwk_or_pem, JWK_SIGNS, err);
}

/* --- Trust anchor store ---------------------------------------------------------------------------------- */

struct anchor {
  uint8_t implementation_id[IMPLEMENTATION_ID_SIZE];
  uint8_t instance_id[INSTANCE_ID_SIZE];
  struct jwk key;
};

static bool read_anchor(struct json_at at, struct anchor *out, struct vcca_error *err)
{
  vcca_sink implementation = VCCA_SINK(out->implementation_id);
  vcca_sink instance = VCCA_SINK(out->instance_id);
  if (!json_is_object(at.value))
    return vcca_fail(err, VCCA_FAULT_MALFORMED,
                     "\"%s\" must be an object with \"pkey\", \"implementation-id\" and \"instance-id\"", at.path);
  if (!json_only(at, "pkey implementation-id instance-id", err))
    return false;
  if (!json_hex(at, "implementation-id", IMPLEMENTATION_ID_SIZE, &implementation, err) ||
      !json_hex(at, "instance-id", INSTANCE_ID_SIZE, &instance, err))
    return false;
  if (out->instance_id[0] != 0x01)
    return refuse(err, at, "instance-id", "must start with 01 (a UEID of random type)");
  struct json_path path = json_path(at, "pkey");
  const json_t *pkey = json_object_get(at.value, "pkey");
  if (pkey == NULL)
    return refuse(err, at, "pkey", "is missing");
  return read_jwk((struct json_at){pkey, path.text}, JWK_VERIFIES, &out->key, err);
}

static bool same_key(const struct anchor *a, const struct anchor *b)
{
  vcca_key *one = jwk_key(&a->key, NULL), *other = jwk_key(&b->key, NULL);
  bool same = one && other && vcca_key_same(one, other);
  vcca_key_free(one);
  vcca_key_free(other);
  return same;
}

/* Reads every anchor, so that a broken store is never half trusted; the one of the platform's
 * implementation and instance goes to *found. */
static bool search(const json_t *store, const struct vcca_platform_claims *platform, struct anchor *found,
                   struct vcca_error *err)
{
  size_t first = 0, matches = 0, others = 0;
  if (!json_is_array(store))
    return vcca_fail(err, VCCA_FAULT_MALFORMED,
                     "a trust anchor store is a JSON array of {\"pkey\", \"implementation-id\", \"instance-id\"}");
  for (size_t i = 0; i < json_array_size(store); i++) {
    char path[32];
    struct anchor anchor;
    snprintf(path, sizeof path, "[%zu]", i);
    if (!read_anchor((struct json_at){json_array_get(store, i), path}, &anchor, err))
      return false;
    if (!vcca_span_eq(VCCA_SPAN(anchor.instance_id), platform->instance_id))
      continue;
    if (!vcca_span_eq(VCCA_SPAN(anchor.implementation_id), platform->implementation_id)) {
      others++;
      continue;
    }
    if (matches > 0 && !same_key(found, &anchor))
      return vcca_fail(err, VCCA_FAULT_MALFORMED,
                       "\"[%zu]\" and \"[%zu]\" are both anchors of the token's instance, and differ: keep one", first,
                       i);
    first = matches++ == 0 ? i : first;
    *found = anchor;
  }
  return matches > 0 ||
         vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "no trust anchor for the token's instance in a store of %zu%s",
                   json_array_size(store),
                   others > 0 ? ": those of its instance id have another implementation id" : "");
}

vcca_key *vcca_anchor_find(vcca_span store, const struct vcca_platform_claims *platform, struct vcca_error *err)
{
  struct anchor anchor;
  json_t *root = json_in(store, err);
  bool ok = root != NULL && search(root, platform, &anchor, err);
  json_decref(root);
  return ok ? jwk_key(&anchor.key, err) : NULL;
}
