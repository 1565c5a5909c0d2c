/* Unsigned CoRIMs of CoMIDs (draft-ietf-rats-corim-10) under the profiles of draft-ydb-rats-cca-endorsements-04. Whatever the profile gives
 * no meaning is refused rather than ignored: a condition that is overlooked would make an endorsement say more than its author did.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "verifier/corim.h"

#include <inttypes.h>
#include <stdio.h>

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
    return corim_has_keys(r, &m, offset, KEY(DIGESTS) | KEY(CRYPTOKEYS), KEY(VERSION) | KEY(NAME)) && add_component(r, platform, &m.component);
  if (!vcca_span_is(m.mkey, "cca.platform-config"))
    return vcca_fail_at(r->err, offset, "measurement: the key of a platform's is \"cca.software-component\" or \"cca.platform-config\"");
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
    return vcca_fail_at(r->err, offset, "measurement: the key of a realm's is \"cca.rim\", \"cca.rem0\" to \"cca.rem3\" or \"cca.rpv\"");
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

static bool platform_reference(struct reader *r, struct vcca_cbor *c, const struct environment *environment, size_t offset)
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
  return true;
}

static bool realm_reference(struct reader *r, struct vcca_cbor *c, const struct environment *environment, size_t offset)
{
  struct realm_reading reading = {.value = endorsed_take(r->to, sizeof *reading.value, r->err)};
  if (reading.value == NULL || !corim_each_element(r, c, "measurements", realm_measurement, &reading))
    return false;
  if (!vcca_span_eq(reading.rim, environment->class_id))
    return vcca_fail_at(r->err, offset,
                        reading.rim.p == NULL ? "reference values: no \"cca.rim\"" : "reference values: \"cca.rim\" is not the class id");
  reading.value->rim = reading.rim;
  say_where(r, reading.value->where, "reference");
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
  if (!corim_tag(r, c, TAG_PKIX_KEY, "verification key") || !corim_string(r, c, VCCA_CBOR_TEXT, "verification key", &one->pem))
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
    return vcca_fail_at(r->err, offset, "a realm's key is in its token: the CCA realm profile has no verification keys");
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
  if (!corim_tag(r, c, TAG_COMID, "tag of a CoRIM (a CoMID)") || !vcca_cbor_want(c, VCCA_CBOR_BYTES, "CoMID", &bytes, r->err))
    return false;
  struct vcca_cbor inside = vcca_cbor_over(bytes.bytes, bytes.offset + bytes.head_size), again = inside;
  if (!vcca_cbor_skip(&inside, r->err) || !vcca_cbor_end(&inside, "CoMID", r->err)) /* sound as a whole, duplicates and all */
    return false;
  r->triples = 0;
  if (!corim_each_member(r, &again, "CoMID", comid_member, &comid))
    return false;
  r->tag++;
  return (comid.has_id && comid.has_triples) || vcca_fail_at(r->err, bytes.offset, "CoMID: its identity (1) or its triples (4) are missing");
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
         vcca_fail_at(r->err, offset, "profile: neither \"%s\" nor \"%s\"", corim_platform_profile, corim_realm_profile);
}

/* "YYYYMMDDHHMMSSZ" as seconds since 1970 in the proleptic Gregorian calendar: days up to the year, to the month (counted from March, so
 * that a leap day comes last), to the day. False when it is no time. */
static bool seconds_of(const char *at, int64_t *seconds)
{
  static const struct {
    int width, least, most;
  } form[] = {{4, 1, 9999}, {2, 1, 12}, {2, 1, 31}, {2, 0, 23}, {2, 0, 59}, {2, 0, 59}};
  int64_t part[6] = {0};
  for (size_t i = 0; i < sizeof form / sizeof form[0]; i++) {
    for (int digit = 0; digit < form[i].width; digit++, at++) {
      if (*at < '0' || *at > '9')
        return false;
      part[i] = part[i] * 10 + (*at - '0');
    }
    if (part[i] < form[i].least || part[i] > form[i].most)
      return false;
  }
  int64_t year = part[1] > 2 ? part[0] : part[0] - 1, month = (part[1] + 9) % 12;
  int64_t days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + part[2] - 1 - 719468;
  *seconds = ((days * 24 + part[3]) * 60 + part[4]) * 60 + part[5];
  return at[0] == 'Z' && at[1] == '\0';
}

/* not-before (0) and not-after (1), each 1(seconds since 1970). */
static bool validity_member(struct reader *r, struct vcca_cbor *c, int64_t key, size_t offset, void *into)
{
  int64_t seconds, now;
  (void)into;
  if (key != 0 && key != 1)
    return corim_no_meaning(r, offset, "validity", key);
  if (!corim_tag(r, c, TAG_EPOCH, "time of validity") || !vcca_cbor_int(c, "time of validity", &seconds, r->err))
    return false;
  if (r->at == NULL)
    return true;
  if (!seconds_of(r->at, &now))
    return vcca_fail(r->err, VCCA_FAULT_USAGE, "\"%.40s\" is not a time: write it as YYYYMMDDHHMMSSZ", r->at);
  if (key == 0 ? seconds <= now : seconds >= now)
    return true;
  return vcca_fail_at(r->err, offset, key == 0 ? "the CoRIM is not yet valid at %s" : "the CoRIM is no longer valid at %s", r->at);
}

static bool corim_member(struct reader *r, struct vcca_cbor *c, int64_t key, size_t offset, void *into)
{
  struct corim *corim = into;
  if (key == 4)
    return corim_each_member(r, c, "validity", validity_member, NULL);
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
  struct vcca_cbor c = vcca_cbor_over(cbor, 0);
  struct vcca_cbor_item tag;
  if (!vcca_cbor_check(cbor, err) || !vcca_cbor_want(&c, VCCA_CBOR_TAG, "CoRIM", &tag, err))
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
