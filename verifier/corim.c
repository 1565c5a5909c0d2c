/* Unsigned CoRIMs of CoMIDs (draft-ietf-rats-corim-10) under the profiles of
 * draft-ydb-rats-cca-endorsements-04. Whatever the profile gives no meaning is refused rather than ignored:
 * a condition that is overlooked would make an endorsement say more than its author did.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "verifier/corim.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "rooms/time.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/span.h"
#include "rooms/cbor.h"

const char corim_platform_profile[] = "tag:arm.com,2025:cca_platform#1.0.0";
const char corim_realm_profile[] = "tag:arm.com,2025:cca_realm#1.0.0";

/* --- Reference values ------------------------------------------------------------------------------------ */

static bool add_component(struct reader *r, struct platform_value *platform, const struct component_value *component)
{
  struct component_value *one = endorsed_take(r->to, sizeof *one, r->err);
  if (one == NULL)
    return false;
  *one = *component;
  one->next = platform->components; /* their order says nothing */
  platform->components = one;
  return true;
}

static bool platform_measurement(struct reader *r, struct vcca_cbor *c, void *into)
{
  struct platform_value *platform = into;
  struct measured m;
  size_t offset = c->base + c->at;
  if (!corim_measurement(r, c, &m))
    return false;
  if (vcca_span_is(m.mkey, "cca.software-component"))
    return corim_has_keys(r, &m, offset, KEY(DIGESTS) | KEY(CRYPTOKEYS), KEY(VERSION) | KEY(NAME)) &&
           add_component(r, platform, &m.component);
  if (!vcca_span_is(m.mkey, "cca.platform-config"))
    return vcca_fail_at(
        r->err, offset,
        "measurement: the key of a platform's is \"cca.software-component\" or \"cca.platform-config\"");
  if (!corim_has_keys(r, &m, offset, KEY(RAW_VALUE), KEY(RAW_MASK)))
    return false;
  if (m.mask.p != NULL && m.mask.n != m.raw.n)
    return vcca_fail_at(r->err, offset, "measurement: a mask of %zu bytes over a value of %zu", m.mask.n, m.raw.n);
  if (platform->config.p != NULL)
    return vcca_fail_at(r->err, offset, "measurement: a second \"cca.platform-config\"");
  platform->config = m.raw;
  platform->config_mask = m.mask;
  return true;
}

/* The place in the value of what the measurement key names. */
static vcca_span *realm_place(struct realm_value *realm, vcca_span mkey, vcca_span *rim)
{
  static const char *const rems[VCCA_TOKEN_REMS] = {"cca.rem0", "cca.rem1", "cca.rem2", "cca.rem3"};
  if (vcca_span_is(mkey, "cca.rim"))
    return rim;
  if (vcca_span_is(mkey, "cca.rpv"))
    return &realm->rpv;
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    if (vcca_span_is(mkey, rems[i]))
      return &realm->rem[i];
  return NULL;
}

struct realm_reading {
  struct realm_value *value;
  vcca_span rim; /* as a measurement */
};

static bool realm_measurement(struct reader *r, struct vcca_cbor *c, void *into)
{
  struct realm_reading *reading = into;
  struct measured m;
  size_t offset = c->base + c->at;
  if (!corim_measurement(r, c, &m))
    return false;
  vcca_span *place = realm_place(reading->value, m.mkey, &reading->rim);
  if (place == NULL)
    return vcca_fail_at(
        r->err, offset,
        "measurement: the key of a realm's is \"cca.rim\", \"cca.rem0\" to \"cca.rem3\" or \"cca.rpv\"");
  if (place->p != NULL)
    return vcca_fail_at(r->err, offset, "measurement: a second \"%.*s\"", (int)m.mkey.n, (const char *)m.mkey.p);
  bool raw = place == &reading->value->rpv;
  if (!corim_has_keys(r, &m, offset, raw ? KEY(RAW_VALUE) : KEY(DIGESTS), 0))
    return false;
  if (!raw && m.component.digest_count != 1)
    return vcca_fail_at(r->err, offset, "measurement: one digest, not %zu", m.component.digest_count);
  if (raw && (m.mask.p != NULL || m.raw.n > RPV_SIZE))
    return vcca_fail_at(r->err, offset, "measurement: a personalization value has at most 64 bytes and no mask");
  *place = raw ? m.raw : m.component.digests[0];
  return true;
}

static void say_where(const struct reader *r, char where[WHERE_MAX], const char *what)
{
  snprintf(where, WHERE_MAX, "CoRIM %zu tag %zu %s %zu", r->index, r->tag, what, r->triples);
}

static bool platform_reference(struct reader *r, struct vcca_cbor *c, const struct environment *environment,
                               size_t offset)
{
  struct platform_value *one = endorsed_take(r->to, sizeof *one, r->err);
  if (one == NULL || !corim_each_element(r, c, "measurements", platform_measurement, one))
    return false;
  if (one->components == NULL)
    return vcca_fail_at(r->err, offset, "reference values: no \"cca.software-component\"");
  one->implementation_id = environment->class_id;
  say_where(r, one->where, "reference");
  one->next = r->to->platforms;
  r->to->platforms = one;
  r->to->platforms_given = true;
  return true;
}

static bool realm_reference(struct reader *r, struct vcca_cbor *c, const struct environment *environment, size_t offset)
{
  struct realm_reading reading = {.value = endorsed_take(r->to, sizeof *reading.value, r->err)};
  if (reading.value == NULL || !corim_each_element(r, c, "measurements", realm_measurement, &reading))
    return false;
  if (!vcca_span_eq(reading.rim, environment->class_id))
    return vcca_fail_at(r->err, offset,
                        reading.rim.p == NULL ? "reference values: no \"cca.rim\""
                                              : "reference values: \"cca.rim\" is not the class id");
  reading.value->rim = reading.rim;
  say_where(r, reading.value->where, "reference");
  r->to->realms_given = true;
  reading.value->next = r->to->realms;
  r->to->realms = reading.value;
  return true;
}

static bool reference_triple(struct reader *r, struct vcca_cbor *c, void *into)
{
  struct environment environment;
  size_t offset = c->base + c->at;
  (void)into;
  if (!corim_array(r, c, "reference triple", 2) || !corim_environment(r, c, false, &environment))
    return false;
  bool ok = r->realm ? realm_reference(r, c, &environment, offset) : platform_reference(r, c, &environment, offset);
  r->triples++;
  return ok;
}

/* --- Anchors --------------------------------------------------------------------------------------------- */

static bool read_key(struct reader *r, struct vcca_cbor *c, void *into)
{
  struct anchor_value *one = into;
  struct vcca_error why = {0};
  size_t offset = c->base + c->at;
  if (one->pem.p != NULL)
    return vcca_fail_at(r->err, offset, "verification keys: there must be one");
  if (!corim_tag(r, c, TAG_PKIX_KEY, "verification key") ||
      !corim_string(r, c, VCCA_CBOR_TEXT, "verification key", &one->pem))
    return false;
  vcca_key *key = vcca_key_from_pem(one->pem, &why);
  bool ok = key != NULL || vcca_fail_at(r->err, offset, "verification key: %s", why.text);
  vcca_key_free(key);
  return ok;
}

static bool key_triple(struct reader *r, struct vcca_cbor *c, void *into)
{
  struct environment environment;
  size_t offset = c->base + c->at;
  (void)into;
  if (r->realm)
    return vcca_fail_at(r->err, offset,
                        "a realm's key is in its token: the CCA realm profile has no verification keys");
  struct anchor_value *one = endorsed_take(r->to, sizeof *one, r->err);
  if (one == NULL || !corim_array(r, c, "verification key triple", 2) || !corim_environment(r, c, true, &environment) ||
      !corim_each_element(r, c, "verification keys", read_key, one))
    return false;
  one->implementation_id = environment.class_id;
  one->instance_id = environment.instance;
  say_where(r, one->where, "key");
  one->next = r->to->anchors;
  r->to->anchors = one;
  r->triples++;
  return true;
}

/* --- CoMID and CoRIM ------------------------------------------------------------------------------------- */

static bool triples_member(struct reader *r, struct vcca_cbor *c, int64_t key, size_t offset, void *into)
{
  if (key == 0)
    return corim_each_element(r, c, "reference triples", reference_triple, into);
  if (key == 3)
    return corim_each_element(r, c, "verification key triples", key_triple, into);
  return corim_no_meaning(r, offset, "triples", key);
}

/* {0: text or UUID, ?1: version} */
static bool identity_member(struct reader *r, struct vcca_cbor *c, int64_t key, size_t offset, void *into)
{
  struct vcca_cbor_item item;
  bool *has_id = into;
  if (key != 0 && key != 1)
    return corim_no_meaning(r, offset, "identity", key);
  if (key == 1)
    return vcca_cbor_want(c, VCCA_CBOR_UINT, "version of the identity", &item, r->err);
  *has_id = true;
  return vcca_cbor_next(c, &item, r->err) &&
         ((item.kind == VCCA_CBOR_TEXT && item.bytes.n > 0) || (item.kind == VCCA_CBOR_BYTES && item.bytes.n == 16) ||
          vcca_fail_at(r->err, item.offset, "identity: it must be text or a UUID of 16 bytes"));
}

struct comid {
  bool has_id, has_triples;
};

/* Language, entities and links are for people and registries. */
static bool comid_member(struct reader *r, struct vcca_cbor *c, int64_t key, size_t offset, void *into)
{
  struct comid *comid = into;
  if (key < 0 || key > 4)
    return corim_no_meaning(r, offset, "CoMID", key);
  if (key == 1)
    return corim_each_member(r, c, "identity", identity_member, &comid->has_id);
  if (key != 4)
    return vcca_cbor_skip(c, r->err);
  comid->has_triples = true;
  return corim_each_member(r, c, "triples", triples_member, NULL);
}

static bool read_comid(struct reader *r, struct vcca_cbor *c, void *into)
{
  struct vcca_cbor_item bytes;
  struct comid comid = {0};
  (void)into;
  if (!corim_tag(r, c, TAG_COMID, "tag of a CoRIM (a CoMID)") ||
      !vcca_cbor_want(c, VCCA_CBOR_BYTES, "CoMID", &bytes, r->err))
    return false;
  struct vcca_cbor inside = vcca_cbor_inside(c, &bytes), again = inside;
  if (!vcca_cbor_skip(&inside, r->err) ||
      !vcca_cbor_end(&inside, "CoMID", r->err)) /* sound as a whole, duplicates and all */
    return false;
  r->triples = 0;
  if (!corim_each_member(r, &again, "CoMID", comid_member, &comid))
    return false;
  if (comid.has_triples && r->triples == 0)
    return vcca_fail_at(r->err, bytes.offset, "CoMID: its triples (4) must not be empty");
  r->tag++;
  return (comid.has_id && comid.has_triples) ||
         vcca_fail_at(r->err, bytes.offset, "CoMID: its identity (1) or its triples (4) are missing");
}

/* The first pass: what the CoRIM is; where its tags are. */
struct corim {
  bool has_id, has_profile;
  struct vcca_cbor tags; /* in.p == NULL: none */
};

static bool read_profile(struct reader *r, struct vcca_cbor *c)
{
  size_t offset = c->base + c->at;
  vcca_span uri;
  if (!corim_tag(r, c, TAG_URI, "profile") || !corim_string(r, c, VCCA_CBOR_TEXT, "profile", &uri))
    return false;
  r->realm = vcca_span_is(uri, corim_realm_profile);
  return r->realm || vcca_span_is(uri, corim_platform_profile) ||
         vcca_fail_at(r->err, offset, "profile: neither \"%s\" nor \"%s\"", corim_platform_profile,
                      corim_realm_profile);
}

/* The value of a floating-point number of 2, 4 or 8 bytes, by the width of its head. */
static double float_of(const struct vcca_cbor_item *item)
{
  bool half = item->head_size == 3, single = item->head_size == 5;
  int exponent_bits = half ? 5 : single ? 8 : 11, fraction_bits = half ? 10 : single ? 23 : 52;
  uint64_t fraction = item->value & ((UINT64_C(1) << fraction_bits) - 1);
  int exponent = (int)(item->value >> fraction_bits & ((UINT64_C(1) << exponent_bits) - 1));
  int bias = (1 << (exponent_bits - 1)) - 1;
  bool negative = (item->value >> (exponent_bits + fraction_bits) & 1) != 0, subnormal = exponent == 0;
  if (exponent == (1 << exponent_bits) - 1)
    return fraction == 0 ? (negative ? -(double)INFINITY : (double)INFINITY) : (double)NAN;
  double significand = (double)(subnormal ? fraction : fraction | UINT64_C(1) << fraction_bits);
  double value = ldexp(significand, (subnormal ? 1 : exponent) - bias - fraction_bits);
  return negative ? -value : value;
}

/* time = #6.1(number): an integer of either sign, or a floating-point number (RFC 8949, 3.4.2). Compares it
 * with seconds since 1970: less than 0, 0, more than 0. Years of four digits are far within what a double
 * holds exactly. */
static bool compare_time(struct reader *r, struct vcca_cbor *c, int64_t now, int *order)
{
  struct vcca_cbor_item item;
  if (!corim_tag(r, c, TAG_EPOCH, "time of validity") || !vcca_cbor_next(c, &item, r->err))
    return false;
  double at = item.kind == VCCA_CBOR_UINT   ? (double)item.value
              : item.kind == VCCA_CBOR_NINT ? -1 - (double)item.value
                                            : 0;
  if (item.kind == VCCA_CBOR_FLOAT)
    at = float_of(&item);
  else if (item.kind != VCCA_CBOR_UINT && item.kind != VCCA_CBOR_NINT)
    return vcca_fail_at(r->err, item.offset, "time of validity must be a number, not a %s",
                        vcca_cbor_kind_name(item.kind));
  if (isnan(at) || isinf(at))
    return vcca_fail_at(r->err, item.offset, "time of validity: a number that is no time");
  *order = (at > (double)now) - (at < (double)now);
  return true;
}

/* not-before (0) and not-after (1), each 1(seconds since 1970). */
static bool validity_member(struct reader *r, struct vcca_cbor *c, int64_t key, size_t offset, void *into)
{
  int64_t now = 0;
  int order;
  bool *ends = into;
  if (key != 0 && key != 1)
    return corim_no_meaning(r, offset, "validity", key);
  if ((r->at != NULL && !vcca_time_read(r->at, &now, r->err)) || !compare_time(r, c, now, &order))
    return false;
  *ends = *ends || key == 1;
  if (r->at == NULL || (key == 0 ? order <= 0 : order >= 0))
    return true;
  return vcca_fail_at(r->err, offset,
                      key == 0 ? "the CoRIM is not yet valid at %s" : "the CoRIM is no longer valid at %s", r->at);
}

static bool read_validity(struct reader *r, struct vcca_cbor *c)
{
  size_t offset = c->base + c->at;
  bool ends = false;
  return corim_each_member(r, c, "validity", validity_member, &ends) &&
         (ends || vcca_fail_at(r->err, offset, "validity: its end (not-after, 1) is missing"));
}

static bool corim_member(struct reader *r, struct vcca_cbor *c, int64_t key, size_t offset, void *into)
{
  struct corim *corim = into;
  if (key == 4)
    return read_validity(r, c);
  if (key < 0 || key > 5)
    return corim_no_meaning(r, offset, "CoRIM", key);
  if (key == 3) {
    corim->has_profile = true;
    return read_profile(r, c);
  }
  if (key == 1)
    corim->tags = *c;
  corim->has_id = corim->has_id || key == 0;
  return vcca_cbor_skip(c, r->err);
}

bool corim_read(vcca_span cbor, const char *at, size_t index, struct endorsed *out, struct vcca_error *err)
{
  struct reader r = {.to = out, .err = err, .at = at, .index = index};
  struct corim corim = {0};
  struct vcca_lenience lenience = {.wide_floats = true};
  struct vcca_cbor c = vcca_cbor_over(cbor, 0);
  c.lenience = &lenience;
  struct vcca_cbor whole = c;
  struct vcca_cbor_item tag;
  if (!vcca_cbor_skip(&whole, err) || !vcca_cbor_end(&whole, "CoRIM", err) ||
      !vcca_cbor_want(&c, VCCA_CBOR_TAG, "CoRIM", &tag, err))
    return false;
  if (tag.value != TAG_CORIM)
    return vcca_fail_at(err, 0, "an unsigned CoRIM is tag 501, not %" PRIu64 "%s", tag.value,
                        tag.value == 18 ? " (a signed one: take its payload)" : "");
  if (!corim_each_member(&r, &c, "CoRIM", corim_member, &corim))
    return false;
  if (!corim.has_id || !corim.has_profile || corim.tags.in.p == NULL)
    return vcca_fail_at(err, tag.offset, "CoRIM: its id (0), its tags (1) or its profile (3) is missing");
  return corim_each_element(&r, &corim.tags, "tags", read_comid, NULL);
}
