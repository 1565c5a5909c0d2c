/* Decoding tokens, strictly: one pass over the bytes, driven by claims.def.
 *
 * A realm payload that is a byte string holding the claims map tells a virtCCA token; it decides what else is allowed: virtCCA
 * producers emit no header parameters or claims but the known ones, leave out the platform token, and leave texts and signer
 * ids empty. Arm's specification has unknown claims ignored, so there they are only checked to be sound CBOR. Which claims are
 * known depends on the profile, which may stand anywhere in its map: it is looked up first.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "token/family.h"
#include "token/rak.h"
#include "token/read.h"
#include "token/strict.h"

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

/* The cursor over a part's claims. */
static struct vcca_cbor claims_of(const struct vcca_token *token, const struct vcca_sign1_parts *sign1, struct vcca_lenience *lenience)
{
  struct vcca_cbor c = vcca_cbor_over(sign1->claims, offset_of(token, sign1->claims));
  c.lenience = lenience;
  return c;
}

static bool decode_platform(struct vcca_token *out, bool virtcca, struct vcca_lenience *lenience, struct vcca_error *err)
{
  struct vcca_cbor c = claims_of(out, &out->platform_sign1, lenience);
  enum generation generation = virtcca ? GENERATION_VIRTCCA : GENERATION_LEGACY;
  if (out->platform_sign1.wraps != 1)
    return vcca_fail_at(err, offset_of(out, out->platform_sign1.payload), "platform token: payload: byte string where map is wanted");
  vcca_span profile = read_profile(c);
  if (!virtcca && profile.p && !profile_platform(profile, &generation))
    return bad_profile(err, offset_of(out, profile), "platform", profile);
  return read_claims(&c, claims_platform, generation, &out->platform, err) && vcca_cbor_end(&c, "platform claims", err);
}

/* Which encoding claim 44237 has, by profile and size, and whether it is one. */
static bool decode_rak(struct vcca_token *out, bool virtcca, struct vcca_lenience *lenience, struct vcca_error *err)
{
  vcca_span key = out->realm.public_key;
  struct rak_shape shape;
  if (out->realm.profile.p)
    out->rak_encoding = VCCA_RAK_COSE_KEY;
  else
    out->rak_encoding = virtcca && key.n > VCCA_POINT_MAX ? VCCA_RAK_SPKI : VCCA_RAK_RAW_POINT;
  return rak_shape(out->rak_encoding, key, offset_of(out, key), lenience, &shape, err) || strict_in(err, "realm claim 44237 (public-key)");
}

static bool decode_realm(struct vcca_token *out, bool virtcca, struct vcca_lenience *lenience, struct vcca_error *err)
{
  struct vcca_cbor c = claims_of(out, &out->realm_sign1, lenience);
  enum generation generation = virtcca ? GENERATION_VIRTCCA : GENERATION_LEGACY;
  vcca_span profile = read_profile(c);
  if (!virtcca && profile.p && !profile_realm(profile, &generation))
    return bad_profile(err, offset_of(out, profile), "realm", profile);
  return read_claims(&c, claims_realm, generation, &out->realm, err) && vcca_cbor_end(&c, "realm claims", err) &&
         decode_rak(out, virtcca, lenience, err);
}

/* --- The collection --- */

/* The byte string of a member that is a CMW record: an array of media type and value. */
static bool read_record(struct vcca_cbor *c, const char *what, struct vcca_cbor_item *value, struct vcca_error *err)
{
  struct vcca_cbor_item array, type;
  if (!vcca_cbor_want(c, VCCA_CBOR_ARRAY, what, &array, err))
    return false;
  if (!array.indefinite && array.value != 2)
    return vcca_fail_at(err, array.offset, "%s: array of %" PRIu64 " where a CMW record of 2 is wanted", what, array.value);
  if (!vcca_cbor_want(c, VCCA_CBOR_UINT, what, &type, err))
    return false;
  if (type.value != FAMILY_CMW_TYPE && !strict_allows(c, VCCA_LENIENT_CMW_TYPE))
    return vcca_fail_at(err, type.offset, "%s: type %" PRIu64 " where %d (application/eat+cwt) is wanted", what, type.value, FAMILY_CMW_TYPE);
  if (!vcca_cbor_want(c, VCCA_CBOR_BYTES, what, value, err))
    return false;
  return !vcca_cbor_more(c, &array, 2) || vcca_fail_at(err, c->base + c->at, "%s: a CMW record of more than 2", what);
}

static bool read_member(struct vcca_cbor *c, uint64_t container, struct vcca_cbor_item *platform, struct vcca_cbor_item *realm,
                        struct vcca_error *err)
{
  size_t start = c->at;
  int64_t label;
  if (!vcca_cbor_int(c, "collection label", &label, err))
    return false;
  if (label != LABEL_PLATFORM && label != LABEL_REALM)
    return vcca_fail_at(err, c->base + start, "collection: label %" PRId64 " where %d or %d is wanted", label, LABEL_PLATFORM, LABEL_REALM);
  struct vcca_cbor_item *member = label == LABEL_PLATFORM ? platform : realm;
  const char *what = label == LABEL_PLATFORM ? "collection member 44234 (platform-token)" : "collection member 44241 (realm-token)";
  if (member->bytes.p)
    return vcca_fail_at(err, c->base + start, "%s is there twice", what);
  return container == FAMILY_CMW ? read_record(c, what, member, err) : vcca_cbor_want(c, VCCA_CBOR_BYTES, what, member, err);
}

/* The cursor over a member's COSE_Sign1. */
static struct vcca_cbor inside(const struct vcca_cbor_item *string, struct vcca_lenience *lenience)
{
  struct vcca_cbor c = vcca_cbor_over(string->bytes, string->offset + string->head_size);
  c.lenience = lenience;
  return c;
}

static bool read_collection(struct vcca_cbor c, struct vcca_token *out, struct vcca_cbor_item *platform, struct vcca_cbor_item *realm,
                            struct vcca_error *err)
{
  struct vcca_cbor_item item;
  if (!vcca_cbor_want(&c, VCCA_CBOR_TAG, "collection", &item, err))
    return false;
  out->container = item.value;
  if (!family_container(item.value)) {
    vcca_fail_at(err, item.offset, "collection: tag %" PRIu64 " is none of the containers known here, 399 and 907 are", item.value);
    return strict_unsupported(err);
  }
  if (!vcca_cbor_want(&c, VCCA_CBOR_MAP, "collection", &item, err))
    return false;
  if (!item.indefinite && (item.value < 1 || item.value > 2))
    return vcca_fail_at(err, item.offset, "collection: map of %" PRIu64 " where 1 or 2 are wanted", item.value);
  for (uint64_t i = 0; vcca_cbor_more(&c, &item, i); i++)
    if (!read_member(&c, out->container, platform, realm, err))
      return false;
  if (!vcca_cbor_end(&c, "collection", err))
    return false;
  if (realm->bytes.p == NULL)
    return vcca_fail_at(err, item.offset, "collection: 44241 (realm-token) is missing");
  return true;
}

static bool decode(struct vcca_token *out, struct vcca_lenience *lenience, struct vcca_error *err)
{
  struct vcca_cbor_item platform = {.bytes = {NULL, 0}}, realm = {.bytes = {NULL, 0}};
  struct vcca_cbor c = vcca_cbor_over(out->bytes, 0);
  size_t platform_extra = 0, realm_extra = 0;
  c.lenience = lenience;
  if (!read_collection(c, out, &platform, &realm, err))
    return false;
  out->has_platform = platform.bytes.p != NULL;
  if (out->has_platform && !read_sign1(inside(&platform, lenience), &out->platform_sign1, &platform_extra, err))
    return strict_in(err, "platform token");
  if (!read_sign1(inside(&realm, lenience), &out->realm_sign1, &realm_extra, err))
    return strict_in(err, "realm token");
  bool virtcca = out->realm_sign1.wraps == 2;
  size_t extra = platform_extra ? platform_extra : realm_extra;
  if (virtcca && extra && !strict_allows(&c, VCCA_LENIENT_UNKNOWN_CLAIMS))
    return vcca_fail_at(err, extra, "a virtCCA token has no header parameter but the algorithm");
  if (!virtcca && !out->has_platform)
    return vcca_fail_at(err, 0, "collection: 44234 (platform-token) is missing");
  return (!out->has_platform || decode_platform(out, virtcca, lenience, err)) && decode_realm(out, virtcca, lenience, err);
}

static bool decode_alone(struct vcca_token *out, struct vcca_lenience *lenience, struct vcca_error *err)
{
  struct vcca_cbor c = vcca_cbor_over(out->bytes, 0);
  size_t extra = 0;
  c.lenience = lenience;
  out->has_platform = true;
  if (!read_sign1(c, &out->platform_sign1, &extra, err))
    return strict_in(err, "platform token");
  bool virtcca = out->platform_sign1.alg == VCCA_ES512; /* no other family's platform key is on P-521 */
  if (virtcca && extra && !strict_allows(&c, VCCA_LENIENT_UNKNOWN_CLAIMS))
    return vcca_fail_at(err, extra, "a virtCCA token has no header parameter but the algorithm");
  return decode_platform(out, virtcca, lenience, err);
}

/* Decodes, and adds to an error where in the token it is. */
static bool run(bool (*how)(struct vcca_token *, struct vcca_lenience *, struct vcca_error *), vcca_span bytes, vcca_leniency_set allowed,
                struct vcca_token *out, struct vcca_error *err)
{
  struct vcca_lenience lenience = {.allowed = allowed & ~STRICT_CHUNKS};
  memset(out, 0, sizeof *out);
  out->bytes = bytes;
  if (how(out, lenience.allowed ? &lenience : NULL, err)) {
    out->leniencies = lenience.used;
    return true;
  }
  if (err && err->has_offset)
    vcca_cbor_path(bytes, err->offset, err->path, sizeof err->path);
  return false;
}

bool vcca_token_decode(vcca_span bytes, struct vcca_token *out, struct vcca_error *err)
{
  return run(decode, bytes, 0, out, err);
}

bool vcca_token_decode_lenient(vcca_span bytes, vcca_leniency_set allowed, struct vcca_token *out, struct vcca_error *err)
{
  return run(decode, bytes, allowed, out, err);
}

bool vcca_token_decode_platform(vcca_span bytes, struct vcca_token *out, struct vcca_error *err)
{
  return run(decode_alone, bytes, 0, out, err);
}

bool vcca_token_decode_platform_lenient(vcca_span bytes, vcca_leniency_set allowed, struct vcca_token *out, struct vcca_error *err)
{
  return run(decode_alone, bytes, allowed, out, err);
}
