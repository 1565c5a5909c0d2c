/* Decoding tokens, strictly: one pass over the bytes, driven by claims.def.
 *
 * A realm payload that is a byte string holding the claims map tells a virtCCA token; it decides what else is allowed: virtCCA
 * producers emit no header parameters or claims but the known ones, leave out the platform token, and leave texts and signer
 * ids empty. Arm's specification has unknown claims ignored, so there they are only checked to be sound CBOR.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "token/claims.h"
#include "token/family.h"
#include "token/rak.h"
#include "token/strict.h"

enum { LABEL_PLATFORM = 44234, LABEL_REALM = 44241 };
enum { TAG_SIGN1 = 18, HEADER_ALG = 1, HEADER_CRIT = 2 };

/* --- COSE_Sign1 --- */

/* What a header bucket said; extra is the offset of the first parameter that is not alg, 0 when there is none. */
struct header {
  bool has_alg;
  int64_t alg;
  size_t alg_at, extra;
};

static bool read_header(struct vcca_cbor *c, const char *what, struct header *out, struct vcca_error *err)
{
  struct vcca_cbor_item map, key;
  struct strict_keys keys;
  keys.n = 0;
  if (!vcca_cbor_want(c, VCCA_CBOR_MAP, what, &map, err) || !strict_map(&map, err))
    return false;
  for (uint64_t i = 0; i < map.value; i++) {
    size_t start = c->at;
    if (!vcca_cbor_next(c, &key, err) || !strict_key(&keys, c, start, err))
      return strict_in(err, what);
    bool known = key.kind == VCCA_CBOR_UINT;
    if (!known && key.kind != VCCA_CBOR_NINT && key.kind != VCCA_CBOR_TEXT)
      return vcca_fail_at(err, key.offset, "%s: a label is %s where integer or text string is wanted", what, vcca_cbor_kind_name(key.kind));
    if (known && key.value == HEADER_CRIT)
      return vcca_fail_at(err, key.offset, "%s: parameter 2 (crit) names parameters that are not understood here", what);
    if (known && key.value == HEADER_ALG) {
      out->has_alg = true;
      out->alg_at = c->base + c->at;
      if (!vcca_cbor_int(c, "algorithm", &out->alg, err))
        return strict_in(err, what);
      continue;
    }
    if (out->extra == 0)
      out->extra = key.offset;
    if (!vcca_cbor_skip(c, err))
      return strict_in(err, what);
  }
  return true;
}

static bool read_headers(struct vcca_cbor *c, struct vcca_sign1_parts *out, size_t *extra, struct vcca_error *err)
{
  struct header protected = {0}, unprotected = {0};
  struct vcca_cbor_item item;
  if (!vcca_cbor_want(c, VCCA_CBOR_BYTES, "protected header", &item, err))
    return false;
  out->protected_header = item.bytes;
  struct vcca_cbor inside = vcca_cbor_over(item.bytes, item.offset + item.head_size);
  if (!read_header(&inside, "protected header", &protected, err) || !vcca_cbor_end(&inside, "protected header", err))
    return false;
  if (!protected.has_alg)
    return vcca_fail_at(err, item.offset, "protected header: parameter 1 (alg) is missing");
  if (vcca_sig_name(protected.alg) == NULL) {
    vcca_fail_at(err, protected.alg_at, "protected header: algorithm %" PRId64 " where ES256, ES384, ES512, PS256, PS384 or PS512 is wanted",
                 protected.alg);
    return strict_unsupported(err);
  }
  if (!read_header(c, "unprotected header", &unprotected, err))
    return false;
  if (unprotected.has_alg)
    return vcca_fail_at(err, unprotected.alg_at, "unprotected header: the algorithm belongs into the protected header alone");
  out->alg = protected.alg;
  *extra = protected.extra ? protected.extra : unprotected.extra;
  return true;
}

/* Bytes of a signature; RSA keys are 4096 bits long in every family. */
static size_t signature_size(int64_t alg)
{
  switch (alg) {
  case VCCA_ES256:
    return 64;
  case VCCA_ES384:
    return 96;
  case VCCA_ES512:
    return 132;
  default:
    return VCCA_SIG_MAX;
  }
}

/* payload -> claims and wraps. */
static bool unwrap(const struct vcca_cbor_item *payload, struct vcca_sign1_parts *out, struct vcca_error *err)
{
  struct vcca_cbor c = vcca_cbor_over(payload->bytes, payload->offset + payload->head_size);
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
  return item.kind == VCCA_CBOR_MAP || vcca_fail_at(err, item.offset, "payload: %s where map is wanted", vcca_cbor_kind_name(item.kind));
}

static bool read_sign1(vcca_span whole, size_t offset, struct vcca_sign1_parts *out, size_t *extra, struct vcca_error *err)
{
  struct vcca_cbor c = vcca_cbor_over(whole, offset);
  struct vcca_cbor_item item;
  out->whole = whole;
  out->offset = offset;
  if (!vcca_cbor_want(&c, VCCA_CBOR_TAG, "COSE_Sign1", &item, err))
    return false;
  if (item.value != TAG_SIGN1)
    return vcca_fail_at(err, item.offset, "COSE_Sign1: tag %" PRIu64 " where %d is wanted", item.value, TAG_SIGN1);
  if (!vcca_cbor_want(&c, VCCA_CBOR_ARRAY, "COSE_Sign1", &item, err))
    return false;
  if (item.value != 4)
    return vcca_fail_at(err, item.offset, "COSE_Sign1: array of %" PRIu64 " where 4 are wanted", item.value);
  if (!read_headers(&c, out, extra, err) || !vcca_cbor_want(&c, VCCA_CBOR_BYTES, "payload", &item, err) || !unwrap(&item, out, err) ||
      !vcca_cbor_want(&c, VCCA_CBOR_BYTES, "signature", &item, err))
    return false;
  out->signature = item.bytes;
  if (item.bytes.n != signature_size(out->alg))
    return vcca_fail_at(err, item.offset, "signature: %zu bytes where %s has %zu", item.bytes.n, vcca_sig_name(out->alg), signature_size(out->alg));
  return vcca_cbor_end(&c, "COSE_Sign1", err);
}

/* --- Claims --- */

static bool read_claims(struct vcca_cbor *c, struct claim_rows rows, void *claims, bool virtcca, struct vcca_error *err);

static bool read_string(struct vcca_cbor *c, const struct claim_row *row, bool virtcca, vcca_span *out, struct vcca_error *err)
{
  bool text = row->kind == CLAIM_TEXT || row->kind == CLAIM_ALG;
  struct vcca_cbor_item item;
  enum vcca_hash_alg alg;
  if (!vcca_cbor_want(c, text ? VCCA_CBOR_TEXT : VCCA_CBOR_BYTES, row->what, &item, err))
    return false;
  if (!claim_size_allowed(row->size, item.bytes.n, virtcca))
    return vcca_fail_at(err, item.offset, "%s: %zu bytes where %s are allowed", row->what, item.bytes.n, claim_size_words(row->size));
  if (row->kind == CLAIM_UEID && item.bytes.p[0] != 1)
    return vcca_fail_at(err, item.offset + item.head_size, "%s: begins with %02x where 01 (RAND) is wanted", row->what, item.bytes.p[0]);
  if (row->kind == CLAIM_ALG && !vcca_hash_named(item.bytes, &alg))
    return vcca_fail_at(err, item.offset, "%s: no hash known here; sha-256, sha-384 and sha-512 are", row->what);
  *out = item.bytes;
  return true;
}

static bool read_lifecycle(struct vcca_cbor *c, const struct claim_row *row, struct vcca_platform_claims *claims, struct vcca_error *err)
{
  struct vcca_cbor_item item;
  if (!vcca_cbor_want(c, VCCA_CBOR_UINT, row->what, &item, err))
    return false;
  if (item.value > UINT16_MAX)
    return vcca_fail_at(err, item.offset, "%s: %" PRIu64 " is beyond 16 bits", row->what, item.value);
  claims->lifecycle = item.value;
  claims->has_lifecycle = true;
  return true;
}

static bool read_components(struct vcca_cbor *c, const struct claim_row *row, struct vcca_platform_claims *claims, bool virtcca,
                            struct vcca_error *err)
{
  struct vcca_cbor_item item;
  if (!vcca_cbor_want(c, VCCA_CBOR_ARRAY, row->what, &item, err))
    return false;
  if (item.value < 1 || item.value > VCCA_COMPONENTS_MAX)
    return vcca_fail_at(err, item.offset, "%s: %" PRIu64 " of them where 1 to %d are allowed", row->what, item.value, VCCA_COMPONENTS_MAX);
  claims->has_components = true;
  claims->component_count = (size_t)item.value;
  for (size_t i = 0; i < claims->component_count; i++)
    if (!read_claims(c, claims_component, &claims->components[i], virtcca, err)) {
      char place[32];
      snprintf(place, sizeof place, "component %zu", i);
      return strict_in(err, place);
    }
  return true;
}

static bool read_rems(struct vcca_cbor *c, const struct claim_row *row, struct vcca_realm_claims *claims, bool virtcca, struct vcca_error *err)
{
  struct vcca_cbor_item item;
  if (!vcca_cbor_want(c, VCCA_CBOR_ARRAY, row->what, &item, err))
    return false;
  if (item.value != VCCA_TOKEN_REMS)
    return vcca_fail_at(err, item.offset, "%s: %" PRIu64 " of them where %d are wanted", row->what, item.value, VCCA_TOKEN_REMS);
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    if (!read_string(c, row, virtcca, &claims->rem[i], err)) {
      char place[32];
      snprintf(place, sizeof place, "rem %zu", i);
      return strict_in(err, place);
    }
  return true;
}

static bool read_claim(struct vcca_cbor *c, const struct claim_row *row, void *claims, bool virtcca, struct vcca_error *err)
{
  vcca_span value = {NULL, 0};
  switch (row->kind) {
  case CLAIM_UINT:
    return read_lifecycle(c, row, claims, err);
  case CLAIM_COMPONENTS:
    return read_components(c, row, claims, virtcca, err);
  case CLAIM_REMS:
    return read_rems(c, row, claims, virtcca, err);
  case CLAIM_BYTES:
  case CLAIM_UEID:
  case CLAIM_TEXT:
  case CLAIM_ALG:
    break;
  }
  if (!read_string(c, row, virtcca, &value, err))
    return false;
  claim_set_span(row, claims, value);
  return true;
}

/* The row a key names; NULL for an unknown one, which virtCCA tokens may not have. */
static bool find_row(const struct vcca_cbor_item *key, struct claim_rows rows, bool virtcca, const struct claim_row **out, struct vcca_error *err)
{
  *out = NULL;
  if (key->kind != VCCA_CBOR_UINT && key->kind != VCCA_CBOR_NINT && key->kind != VCCA_CBOR_TEXT)
    return vcca_fail_at(err, key->offset, "%s: a label is %s where integer or text string is wanted", rows.what, vcca_cbor_kind_name(key->kind));
  for (size_t i = 0; key->kind == VCCA_CBOR_UINT && i < rows.n; i++)
    if ((uint64_t)rows.row[i].spec.label == key->value)
      *out = &rows.row[i];
  if (!virtcca || (*out && (*out)->presence != PRESENCE_ARM_OPTIONAL))
    return true;
  if (key->kind == VCCA_CBOR_TEXT)
    return vcca_fail_at(err, key->offset, "%s: a virtCCA token has no claims named by text", rows.what);
  return vcca_fail_at(err, key->offset, "%s: a virtCCA token has no claim %s%" PRIu64, rows.what, key->kind == VCCA_CBOR_UINT ? "" : "-1-",
                      key->value);
}

/* A map of claims: each known one by its row, none twice, no mandatory one missing. */
static bool read_claims(struct vcca_cbor *c, struct claim_rows rows, void *claims, bool virtcca, struct vcca_error *err)
{
  struct vcca_cbor_item map, key;
  struct strict_keys keys;
  uint32_t seen = 0;
  keys.n = 0;
  if (!vcca_cbor_want(c, VCCA_CBOR_MAP, rows.what, &map, err))
    return false;
  if (!strict_map(&map, err))
    return strict_in(err, rows.what);
  for (uint64_t i = 0; i < map.value; i++) {
    const struct claim_row *row;
    size_t start = c->at;
    if (!vcca_cbor_next(c, &key, err))
      return strict_in(err, rows.what);
    if (!find_row(&key, rows, virtcca, &row, err))
      return false;
    if (!strict_key(&keys, c, start, err))
      return strict_in(err, row ? row->what : rows.what);
    if (row == NULL && !strict_skip(c, 1, err))
      return strict_in(err, rows.what);
    if (row && !read_claim(c, row, claims, virtcca, err))
      return false;
    if (row)
      seen |= 1u << (row - rows.row);
  }
  for (size_t i = 0; i < rows.n; i++)
    if (rows.row[i].presence == PRESENCE_MANDATORY && (seen & 1u << i) == 0)
      return vcca_fail_at(err, map.offset, "%s is missing", rows.row[i].what);
  return true;
}

/* --- The two tokens --- */

/* Offset of a part of the token in it. */
static size_t offset_of(const struct vcca_token *token, vcca_span part)
{
  return (size_t)(part.p - token->bytes.p);
}

static bool bad_profile(struct vcca_error *err, size_t offset, const char *token, vcca_span profile)
{
  char shown[64];
  size_t n = profile.n < sizeof shown ? profile.n : sizeof shown - 1;
  for (size_t i = 0; i < n; i++)
    shown[i] = (char)(profile.p[i] >= 0x20 && profile.p[i] < 0x7f ? profile.p[i] : '?');
  shown[n] = '\0';
  vcca_fail_at(err, offset, "%s claim 265 (profile): \"%s\" is none of the profiles known here", token, shown);
  return strict_unsupported(err);
}

static bool decode_platform(struct vcca_token *out, bool virtcca, struct vcca_error *err)
{
  const struct vcca_sign1_parts *sign1 = &out->platform_sign1;
  struct vcca_cbor c = vcca_cbor_over(sign1->claims, offset_of(out, sign1->claims));
  if (sign1->wraps != 1)
    return vcca_fail_at(err, offset_of(out, sign1->payload), "platform token: payload: byte string where map is wanted");
  if (!read_claims(&c, claims_platform, &out->platform, virtcca, err) || !vcca_cbor_end(&c, "platform claims", err))
    return false;
  if (!virtcca && !family_platform_profile(out->platform.profile))
    return bad_profile(err, offset_of(out, out->platform.profile), "platform", out->platform.profile);
  return true;
}

/* Which encoding claim 44237 has, by profile and size, and whether it is one. */
static bool decode_rak(struct vcca_token *out, bool virtcca, struct vcca_error *err)
{
  vcca_span key = out->realm.public_key;
  struct rak_shape shape;
  if (out->realm.profile.p)
    out->rak_encoding = VCCA_RAK_COSE_KEY;
  else
    out->rak_encoding = virtcca && key.n > VCCA_POINT_MAX ? VCCA_RAK_SPKI : VCCA_RAK_RAW_POINT;
  return rak_shape(out->rak_encoding, key, offset_of(out, key), &shape, err) || strict_in(err, "realm claim 44237 (public-key)");
}

static bool decode_realm(struct vcca_token *out, bool virtcca, struct vcca_error *err)
{
  const struct vcca_sign1_parts *sign1 = &out->realm_sign1;
  struct vcca_cbor c = vcca_cbor_over(sign1->claims, offset_of(out, sign1->claims));
  if (!read_claims(&c, claims_realm, &out->realm, virtcca, err) || !vcca_cbor_end(&c, "realm claims", err))
    return false;
  if (out->realm.profile.p && !family_realm_profile(out->realm.profile))
    return bad_profile(err, offset_of(out, out->realm.profile), "realm", out->realm.profile);
  return decode_rak(out, virtcca, err);
}

/* --- The collection --- */

struct member {
  vcca_span bytes;
  size_t offset;
};

static bool read_member(struct vcca_cbor *c, struct member *platform, struct member *realm, struct vcca_error *err)
{
  size_t start = c->at;
  int64_t label;
  struct vcca_cbor_item item;
  if (!vcca_cbor_int(c, "collection label", &label, err))
    return false;
  if (label != LABEL_PLATFORM && label != LABEL_REALM)
    return vcca_fail_at(err, c->base + start, "collection: label %" PRId64 " where %d or %d is wanted", label, LABEL_PLATFORM, LABEL_REALM);
  struct member *member = label == LABEL_PLATFORM ? platform : realm;
  const char *what = label == LABEL_PLATFORM ? "collection member 44234 (platform-token)" : "collection member 44241 (realm-token)";
  if (member->bytes.p)
    return vcca_fail_at(err, c->base + start, "%s is there twice", what);
  if (!vcca_cbor_want(c, VCCA_CBOR_BYTES, what, &item, err))
    return false;
  *member = (struct member){item.bytes, item.offset + item.head_size};
  return true;
}

static bool read_collection(vcca_span bytes, struct vcca_token *out, struct member *platform, struct member *realm, struct vcca_error *err)
{
  struct vcca_cbor c = vcca_cbor_over(bytes, 0);
  struct vcca_cbor_item item;
  if (!vcca_cbor_want(&c, VCCA_CBOR_TAG, "collection", &item, err))
    return false;
  out->container = item.value;
  if (!family_container(item.value)) {
    vcca_fail_at(err, item.offset, "collection: tag %" PRIu64 " is none of the containers known here, 399 is", item.value);
    return strict_unsupported(err);
  }
  if (!vcca_cbor_want(&c, VCCA_CBOR_MAP, "collection", &item, err))
    return false;
  if (item.value < 1 || item.value > 2)
    return vcca_fail_at(err, item.offset, "collection: map of %" PRIu64 " where 1 or 2 are wanted", item.value);
  for (uint64_t i = 0; i < item.value; i++)
    if (!read_member(&c, platform, realm, err))
      return false;
  if (!vcca_cbor_end(&c, "collection", err))
    return false;
  if (realm->bytes.p == NULL)
    return vcca_fail_at(err, item.offset, "collection: 44241 (realm-token) is missing");
  return true;
}

bool vcca_token_decode(vcca_span bytes, struct vcca_token *out, struct vcca_error *err)
{
  struct member platform = {{NULL, 0}, 0}, realm = {{NULL, 0}, 0};
  size_t platform_extra = 0, realm_extra = 0;
  memset(out, 0, sizeof *out);
  out->bytes = bytes;
  if (!read_collection(bytes, out, &platform, &realm, err))
    return false;
  out->has_platform = platform.bytes.p != NULL;
  if (out->has_platform && !read_sign1(platform.bytes, platform.offset, &out->platform_sign1, &platform_extra, err))
    return strict_in(err, "platform token");
  if (!read_sign1(realm.bytes, realm.offset, &out->realm_sign1, &realm_extra, err))
    return strict_in(err, "realm token");
  bool virtcca = out->realm_sign1.wraps == 2;
  size_t extra = platform_extra ? platform_extra : realm_extra;
  if (virtcca && extra)
    return vcca_fail_at(err, extra, "a virtCCA token has no header parameter but the algorithm");
  if (!virtcca && !out->has_platform)
    return vcca_fail_at(err, 0, "collection: 44234 (platform-token) is missing");
  return (!out->has_platform || decode_platform(out, virtcca, err)) && decode_realm(out, virtcca, err);
}

bool vcca_token_decode_platform(vcca_span bytes, struct vcca_token *out, struct vcca_error *err)
{
  size_t extra = 0;
  memset(out, 0, sizeof *out);
  out->bytes = bytes;
  out->has_platform = true;
  if (!read_sign1(bytes, 0, &out->platform_sign1, &extra, err))
    return strict_in(err, "platform token");
  bool virtcca = out->platform_sign1.alg == VCCA_ES512; /* no other family's platform key is on P-521 */
  if (virtcca && extra)
    return vcca_fail_at(err, extra, "a virtCCA token has no header parameter but the algorithm");
  return decode_platform(out, virtcca, err);
}
