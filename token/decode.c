/* Decoding tokens: one pass over the bytes, driven by claims.def, as leniently as it is told
 * (vcca/leniencies.def).
 *
 * A realm payload that is a byte string holding the claims map tells a virtCCA token; it decides what else
 * is allowed: virtCCA producers leave out the platform token, and leave texts and signer ids empty. Which
 * claims are known depends on the profile, which may stand anywhere in its map: it is looked up first.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "token/family.h"
#include "token/rak.h"
#include "token/read.h"
#include "token/strict.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/leniency.h"
#include "rooms/cbor.h"
#include "rooms/token.h"

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
static struct vcca_cbor claims_of(const struct vcca_token *token, const struct vcca_sign1_parts *sign1,
                                  struct vcca_lenience *lenience)
{
  struct vcca_cbor c = vcca_cbor_over(sign1->claims, offset_of(token, sign1->claims));
  c.lenience = lenience;
  return c;
}

static bool decode_platform(struct vcca_token *out, bool virtcca, struct vcca_lenience *lenience,
                            struct vcca_error *err)
{
  struct vcca_cbor c = claims_of(out, &out->platform_sign1, lenience);
  enum generation generation = virtcca ? GENERATION_VIRTCCA : GENERATION_LEGACY;
  if (out->platform_sign1.wraps != 1)
    return vcca_fail_at(err, offset_of(out, out->platform_sign1.payload),
                        "platform token: payload: byte string where map is wanted");
  vcca_span profile = read_profile(c);
  if (!virtcca && profile.p && !profile_platform(profile, &generation))
    return bad_profile(err, offset_of(out, profile), "platform", profile);
  return read_claims(&c, claims_platform, generation, &out->platform, err) && vcca_cbor_end(&c, "platform claims", err);
}

/* Which encoding claim 44237 has, by profile and shape. A realm token that names no profile has a point, or
 * what the platform's profile says: a COSE_Key, whose first byte is a map's head and so none of the other
 * encodings'. */
static enum vcca_rak_encoding encoding_of(const struct vcca_token *token, bool virtcca, const struct vcca_cbor *c)
{
  enum { MAP_FIRST = 0xa0, MAP_LAST = 0xbf };
  vcca_span key = token->realm.public_key;
  bool map = key.n > 0 && key.p[0] >= MAP_FIRST && key.p[0] <= MAP_LAST;
  if (token->realm.profile.p || (map && strict_allows_at(c, VCCA_LENIENT_REALM_PROFILE_ABSENT, offset_of(token, key))))
    return VCCA_RAK_COSE_KEY;
  return virtcca && key.n > VCCA_POINT_MAX ? VCCA_RAK_SPKI : VCCA_RAK_RAW_POINT;
}

/* Whether the key is what it says, for the algorithm it is used with (RFC 9052 section 7.1). */
static bool decode_rak(struct vcca_token *out, bool virtcca, const struct vcca_cbor *c, struct vcca_error *err)
{
  vcca_span key = out->realm.public_key;
  size_t at = offset_of(out, key);
  enum generation generation;
  struct rak_shape shape;
  out->rak_encoding = encoding_of(out, virtcca, c);
  if (!rak_shape(out->rak_encoding, key, at, c->lenience, &shape, err))
    return strict_in(err, "realm claim 44237 (public-key)");
  if (shape.has_alg && shape.alg != out->realm_sign1.alg)
    return vcca_fail_at(err, at,
                        "realm claim 44237 (public-key): COSE_Key 3 (alg) is %" PRId64
                        ", the realm token is signed with %" PRId64,
                        shape.alg, out->realm_sign1.alg);
  bool arm = out->has_platform && profile_platform(out->platform.profile, &generation);
  if (virtcca && arm && shape.type != VCCA_KEY_P521 && shape.type != VCCA_KEY_RSA)
    return vcca_fail_at(
        err, offset_of(out, out->realm_sign1.payload),
        "realm token: payload: byte string where map is wanted; only virtCCA tokens have that, with P-521 or RSA keys");
  return true;
}

/* RIM and REMs are digests by the hash of claim 44236 (RMM specification, A7.2.3.1), and published samples
 * have longer ones. */
static bool check_lengths(const struct vcca_token *out, const struct vcca_cbor *c, struct vcca_error *err)
{
  const struct vcca_realm_claims *realm = &out->realm;
  enum vcca_hash_alg alg;
  if (!vcca_hash_named(realm->hash_alg, &alg))
    return true;
  for (size_t i = 0; i <= VCCA_TOKEN_REMS; i++) {
    vcca_span digest = i == 0 ? realm->rim : realm->rem[i - 1];
    size_t offset = digest.p != NULL ? offset_of(out, digest) : 0;
    if (digest.p != NULL && digest.n != vcca_hash_size(alg) &&
        !strict_allows_at(c, VCCA_LENIENT_MEASUREMENT_LENGTH, offset))
      return vcca_fail_at(err, offset, "realm claim %s: %zu bytes, where %s (claim 44236) has %zu",
                          i == 0 ? "44238 (rim)" : "44239 (rems)", digest.n, vcca_hash_name(alg), vcca_hash_size(alg));
  }
  return true;
}

static bool decode_realm(struct vcca_token *out, bool virtcca, struct vcca_lenience *lenience, struct vcca_error *err)
{
  struct vcca_cbor c = claims_of(out, &out->realm_sign1, lenience);
  enum generation generation = virtcca ? GENERATION_VIRTCCA : GENERATION_LEGACY;
  vcca_span profile = read_profile(c);
  if (!virtcca && profile.p && !profile_realm(profile, &generation))
    return bad_profile(err, offset_of(out, profile), "realm", profile);
  return read_claims(&c, claims_realm, generation, &out->realm, err) && vcca_cbor_end(&c, "realm claims", err) &&
         check_lengths(out, &c, err) && decode_rak(out, virtcca, &c, err);
}

/* --- The collection --- */

/* The media type of a record: its content-format or, as CMW has it too, its name, with parameters or
 * without. */
static bool read_media_type(struct vcca_cbor *c, const char *what, struct vcca_error *err)
{
  static const char name[] = FAMILY_CMW_MEDIA_TYPE;
  struct vcca_cbor_item type;
  size_t n = sizeof name - 1, at = c->base + c->at;
  if (!vcca_cbor_next(c, &type, err))
    return strict_in(err, what);
  bool named = type.kind == VCCA_CBOR_TEXT && vcca_span_is(vcca_span_sub(type.bytes, 0, n), name) &&
               (type.bytes.n == n || type.bytes.p[n] == ';');
  if (named ? strict_allows_at(c, VCCA_LENIENT_CMW_MEDIA_TYPE, at)
            : type.kind == VCCA_CBOR_TEXT && strict_allows_at(c, VCCA_LENIENT_CMW_TYPE, at))
    return true;
  if (type.kind != VCCA_CBOR_UINT)
    return vcca_fail_at(err, at, "%s: %s where the type %d (%s) is wanted", what, vcca_cbor_kind_name(type.kind),
                        FAMILY_CMW_TYPE, name);
  if (type.kind == VCCA_CBOR_UINT && type.value != FAMILY_CMW_TYPE && !strict_allows_at(c, VCCA_LENIENT_CMW_TYPE, at))
    return vcca_fail_at(err, at, "%s: type %" PRIu64 " where %d (%s) is wanted", what, type.value, FAMILY_CMW_TYPE,
                        name);
  return true;
}

/* The third element of a CMW record, which says what kinds of message it holds: evidence must be among
 * them. */
static bool read_indicator(struct vcca_cbor *c, const char *what, struct vcca_error *err)
{
  enum { EVIDENCE = 4 };
  struct vcca_cbor_item kinds;
  size_t at = c->base + c->at;
  if (!vcca_cbor_want(c, VCCA_CBOR_UINT, what, &kinds, err))
    return false;
  return ((kinds.value & EVIDENCE) != 0 && strict_allows_at(c, VCCA_LENIENT_CMW_MEDIA_TYPE, at)) ||
         vcca_fail_at(err, at, "%s: the CMW record's kinds of message %" PRIu64 " do not have evidence (%d)", what,
                      kinds.value, EVIDENCE);
}

/* The byte string of a member that is a CMW record: an array of media type and value, and perhaps an
 * indicator. */
static bool read_record(struct vcca_cbor *c, const char *what, struct vcca_cbor_item *value, struct vcca_error *err)
{
  struct vcca_cbor_item array;
  if (!vcca_cbor_want(c, VCCA_CBOR_ARRAY, what, &array, err))
    return false;
  if (!array.indefinite && array.value != 2 && array.value != 3)
    return vcca_fail_at(err, array.offset, "%s: array of %" PRIu64 " where a CMW record of 2 is wanted", what,
                        array.value);
  if (!read_media_type(c, what, err) || !vcca_cbor_want(c, VCCA_CBOR_BYTES, what, value, err))
    return false;
  if (!vcca_cbor_more(c, &array, 2)) /* which steps over the break of an indefinite length */
    return true;
  if (!read_indicator(c, what, err))
    return false;
  return !vcca_cbor_more(c, &array, 3) || vcca_fail_at(err, c->base + c->at, "%s: a CMW record of more than 3", what);
}

/* A member under another label: stepped over. */
static bool read_other_member(struct vcca_cbor *c, const struct vcca_cbor_item *key, struct vcca_error *err)
{
  bool label = key->kind == VCCA_CBOR_UINT || key->kind == VCCA_CBOR_NINT || key->kind == VCCA_CBOR_TEXT;
  if (!label)
    return vcca_fail_at(err, key->offset, "collection label: %s where integer is wanted",
                        vcca_cbor_kind_name(key->kind));
  if (!strict_allows_at(c, VCCA_LENIENT_EXTRA_MEMBERS, key->offset))
    return vcca_fail_at(err, key->offset, "collection: a label where %d or %d is wanted", LABEL_PLATFORM, LABEL_REALM);
  return strict_skip(c, 1, err) || strict_in(err, "collection");
}

static bool read_member(struct vcca_cbor *c, struct strict_keys *keys, uint64_t container,
                        struct vcca_cbor_item *platform, struct vcca_cbor_item *realm, struct vcca_error *err)
{
  struct vcca_cbor_item key;
  size_t start = c->at;
  if (!vcca_cbor_next(c, &key, err) || !strict_key(keys, c, start, err))
    return strict_in(err, "collection label");
  if (key.kind != VCCA_CBOR_UINT || (key.value != LABEL_PLATFORM && key.value != LABEL_REALM))
    return read_other_member(c, &key, err);
  struct vcca_cbor_item *member = key.value == LABEL_PLATFORM ? platform : realm;
  const char *what = key.value == LABEL_PLATFORM ? "collection member 44234 (platform-token)"
                                                 : "collection member 44241 (realm-token)";
  return container == FAMILY_CMW ? read_record(c, what, member, err)
                                 : vcca_cbor_want(c, VCCA_CBOR_BYTES, what, member, err);
}

/* The cursor over a member's COSE_Sign1. */
static struct vcca_cbor inside(const struct vcca_cbor_item *string, struct vcca_lenience *lenience)
{
  struct vcca_cbor c = vcca_cbor_over(string->bytes, string->offset + string->head_size);
  c.lenience = lenience;
  return c;
}

static bool read_collection(struct vcca_cbor c, struct vcca_token *out, struct vcca_cbor_item *platform,
                            struct vcca_cbor_item *realm, struct vcca_error *err)
{
  enum { TAG_SIGN1 = 18, TAG_SELF_DESCRIBED = 55799 };
  struct vcca_cbor_item item;
  struct strict_keys keys;
  keys.n = 0;
  if (!vcca_cbor_want(&c, VCCA_CBOR_TAG, "collection", &item, err))
    return false;
  bool described = item.value == TAG_SELF_DESCRIBED && strict_allows_at(&c, VCCA_LENIENT_SELF_DESCRIBED, item.offset);
  if (described && !vcca_cbor_want(&c, VCCA_CBOR_TAG, "collection", &item, err))
    return false;
  out->container = item.value;
  if (item.value == TAG_SIGN1)
    return vcca_fail_at(
        err, item.offset,
        "collection: a COSE_Sign1 (tag 18) where the tag 399 or 907 is wanted: one of the two parts alone?");
  if (!family_container(item.value)) {
    vcca_fail_at(err, item.offset, "collection: tag %" PRIu64 " is none of the containers known here, 399 and 907 are",
                 item.value);
    return strict_unsupported(err);
  }
  if (!vcca_cbor_want(&c, VCCA_CBOR_MAP, "collection", &item, err) || !strict_map(&item, err))
    return false;
  for (uint64_t i = 0; vcca_cbor_more(&c, &item, i); i++)
    if (!read_member(&c, &keys, out->container, platform, realm, err))
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
  c.lenience = lenience;
  if (!read_collection(c, out, &platform, &realm, err))
    return false;
  out->has_platform = platform.bytes.p != NULL;
  if (out->has_platform && !read_sign1(inside(&platform, lenience), &out->platform_sign1, err))
    return strict_in(err, "platform token");
  if (!read_sign1(inside(&realm, lenience), &out->realm_sign1, err))
    return strict_in(err, "realm token");
  bool virtcca = out->realm_sign1.wraps == 2;
  if (!virtcca && !out->has_platform)
    return vcca_fail_at(err, 0, "collection: 44234 (platform-token) is missing");
  return (!out->has_platform || decode_platform(out, virtcca, lenience, err)) &&
         decode_realm(out, virtcca, lenience, err);
}

static bool decode_alone(struct vcca_token *out, struct vcca_lenience *lenience, struct vcca_error *err)
{
  struct vcca_cbor c = vcca_cbor_over(out->bytes, 0);
  c.lenience = lenience;
  out->has_platform = true;
  if (!read_sign1(c, &out->platform_sign1, err))
    return strict_in(err, "platform token");
  bool virtcca = out->platform_sign1.alg == VCCA_ES512; /* no other family's platform key is on P-521 */
  return decode_platform(out, virtcca, lenience, err);
}

typedef bool (*decoder)(struct vcca_token *out, struct vcca_lenience *lenience, struct vcca_error *err);

/* Adds to a refusal which leniencies would lift it, and all else that was refused: those that it takes to
 * decode the bytes. What specifications permit was refused by the caller's wish (--refuse, or a policy). */
static void name_leniencies(decoder how, vcca_span bytes, vcca_leniency_set allowed, struct vcca_error *err)
{
  struct vcca_lenience all = {.allowed = ~STRICT_CHUNKS};
  struct vcca_token token = {.bytes = bytes};
  char names[96];
  if (!how(&token, &all, NULL) || (all.used & ~allowed) == 0)
    return;
  vcca_leniency_set wanted = all.used & ~allowed, refused = wanted & vcca_leniencies_permitted(),
                    lenient = wanted & ~refused;
  size_t n = strlen(err->text);
  if (lenient)
    snprintf(err->text + n, sizeof err->text - n, "; --lenient %s takes it",
             vcca_leniencies_text(lenient, names, sizeof names));
  n = strlen(err->text);
  if (refused)
    snprintf(err->text + n, sizeof err->text - n, "; --refuse or a policy refuses %s",
             vcca_leniencies_text(refused, names, sizeof names));
}

/* Decodes, and adds to an error where in the token it is. */
static bool run(decoder how, vcca_span bytes, vcca_leniency_set allowed, struct vcca_token *out, struct vcca_error *err)
{
  struct vcca_lenience lenience = {.allowed = allowed & ~STRICT_CHUNKS};
  memset(out, 0, sizeof *out);
  out->bytes = bytes;
  if (how(out, lenience.allowed ? &lenience : NULL, err)) {
    out->leniencies = lenience.used;
    memcpy(out->leniency_use, lenience.use, sizeof out->leniency_use);
    return true;
  }
  if (err)
    name_leniencies(how, bytes, lenience.allowed, err);
  if (err && err->has_offset)
    vcca_cbor_path(bytes, err->offset, err->path, sizeof err->path);
  return false;
}

bool vcca_token_decode(vcca_span bytes, struct vcca_token *out, struct vcca_error *err)
{
  return run(decode, bytes, vcca_leniencies_permitted(), out, err);
}

bool vcca_token_decode_lenient(vcca_span bytes, vcca_leniency_set allowed, struct vcca_token *out,
                               struct vcca_error *err)
{
  return run(decode, bytes, allowed, out, err);
}

bool vcca_token_decode_platform(vcca_span bytes, struct vcca_token *out, struct vcca_error *err)
{
  return run(decode_alone, bytes, vcca_leniencies_permitted(), out, err);
}

bool vcca_token_decode_platform_lenient(vcca_span bytes, vcca_leniency_set allowed, struct vcca_token *out,
                                        struct vcca_error *err)
{
  return run(decode_alone, bytes, allowed, out, err);
}
