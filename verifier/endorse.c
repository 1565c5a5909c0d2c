/* Endorsements of what is known to be good: of a token, or of a realm that somebody measured, in every form
 * that can be read here and one that others read. The same values give the same bytes: identifiers are
 * digests of what they identify.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "rooms/cbor.h"
#include "vcca/hex.h"
#include "verifier/base64url.h"
#include "verifier/corim.h"
#include "verifier/readers.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/json.h"
#include "rooms/span.h"
#include "rooms/verifier.h"

enum { COMID_MAX = 4 * VCCA_TOKEN_MAX, UUID_SIZE = 16, PEM_MAX = 2048 };

static bool unsupported(struct vcca_error *err, const char *what)
{
  return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "%s", what);
}

/* The name of the algorithm whose digests have this length; NULL: none. */
static const char *alg_of(vcca_span digest)
{
  for (int alg = 0; alg < VCCA_HASH_ALGS; alg++)
    if (vcca_hash_size((enum vcca_hash_alg)alg) == digest.n)
      return vcca_hash_name((enum vcca_hash_alg)alg);
  return NULL;
}

static vcca_span text(const char *chars)
{
  return vcca_span_str(chars);
}

/* The platform's claims; NULL: none. */
static const struct vcca_platform_claims *platform_of(const struct vcca_good *good)
{
  return good->token != NULL && good->token->has_platform ? &good->token->platform : NULL;
}

void vcca_realm_values_of(const struct vcca_token *token, struct vcca_realm_values *out)
{
  const struct vcca_realm_claims *realm = &token->realm;
  *out = (struct vcca_realm_values){.virtcca = token->realm_sign1.wraps == 2,
                                    .rim = realm->rim,
                                    .rpv = realm->rpv,
                                    .rak_hash_alg = realm->public_key_hash_alg};
  memcpy(out->rem, realm->rem, sizeof out->rem);
}

/* --- CoRIM ----------------------------------------------------------------------------------------------- */

static void put_tagged_bytes(vcca_sink *out, uint64_t tag, vcca_span bytes)
{
  vcca_cbor_put_tag(out, tag);
  vcca_cbor_put_bytes(out, bytes);
}

/* {0: {0: 560(class id)}, ?1: 550(instance)} */
static void put_environment(vcca_sink *out, vcca_span class_id, vcca_span instance)
{
  vcca_cbor_put_map(out, instance.p != NULL ? 2 : 1);
  vcca_cbor_put_uint(out, 0);
  vcca_cbor_put_map(out, 1);
  vcca_cbor_put_uint(out, 0);
  put_tagged_bytes(out, TAG_BYTES, class_id);
  if (instance.p != NULL) {
    vcca_cbor_put_uint(out, 1);
    put_tagged_bytes(out, TAG_UEID, instance);
  }
}

/* {0: key, 1: {...}} as far as the values' n keys. */
static void put_measurement(vcca_sink *out, const char *key, size_t n)
{
  vcca_cbor_put_map(out, 2);
  vcca_cbor_put_uint(out, 0);
  vcca_cbor_put_text(out, text(key));
  vcca_cbor_put_uint(out, 1);
  vcca_cbor_put_map(out, n);
}

/* 2: [[name, digest]] */
static void put_digest(vcca_sink *out, vcca_span digest)
{
  vcca_cbor_put_uint(out, DIGESTS);
  vcca_cbor_put_array(out, 1);
  vcca_cbor_put_array(out, 2);
  vcca_cbor_put_text(out, text(alg_of(digest)));
  vcca_cbor_put_bytes(out, digest);
}

static void put_component(vcca_sink *out, const struct vcca_component *component)
{
  vcca_span type = unpadded(component->type), version = unpadded(component->version);
  put_measurement(out, "cca.software-component", 2 + (size_t)(version.p != NULL) + (size_t)(type.p != NULL));
  if (version.p != NULL) {
    vcca_cbor_put_uint(out, VERSION);
    vcca_cbor_put_map(out, 1);
    vcca_cbor_put_uint(out, 0);
    vcca_cbor_put_text(out, version);
  }
  put_digest(out, component->measurement);
  if (type.p != NULL) {
    vcca_cbor_put_uint(out, NAME);
    vcca_cbor_put_text(out, type);
  }
  vcca_cbor_put_uint(out, CRYPTOKEYS);
  vcca_cbor_put_array(out, 1);
  put_tagged_bytes(out, TAG_BYTES, component->signer_id);
}

/* The value and, because readers of the first drafts ask for it, a mask that lets no bit differ. */
static void put_config(vcca_sink *out, vcca_span config)
{
  put_measurement(out, "cca.platform-config", 2);
  vcca_cbor_put_uint(out, RAW_VALUE);
  put_tagged_bytes(out, TAG_BYTES, config);
  vcca_cbor_put_uint(out, RAW_MASK);
  vcca_cbor_put_bytes_head(out, config.n);
  vcca_sink_fill(out, 0xff, config.n);
}

/* A triples-map of one kind with one triple of two elements, as far as the first. */
static void put_triple(vcca_sink *out, uint64_t kind, vcca_span class_id, vcca_span instance)
{
  vcca_cbor_put_map(out, 1);
  vcca_cbor_put_uint(out, kind);
  vcca_cbor_put_array(out, 1);
  vcca_cbor_put_array(out, 2);
  put_environment(out, class_id, instance);
}

static bool platform_triples(const struct vcca_good *good, vcca_sink *out, struct vcca_error *err)
{
  const struct vcca_platform_claims *platform = platform_of(good);
  if (platform == NULL)
    return unsupported(err, "the token has no platform part to endorse");
  put_triple(out, 0, platform->implementation_id, vcca_span_of(NULL, 0));
  vcca_cbor_put_array(out, platform->component_count + 1);
  for (size_t i = 0; i < platform->component_count; i++) {
    const struct vcca_component *component = &platform->components[i];
    if (alg_of(component->measurement) == NULL || alg_of(component->signer_id) == NULL)
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                       "component %zu: a CoRIM wants a measurement and a signer id of 32, 48 or 64 bytes", i);
    put_component(out, component);
  }
  put_config(out, platform->config);
  return true;
}

static bool anchor_triples(const struct vcca_good *good, vcca_sink *out, struct vcca_error *err)
{
  uint8_t spki_room[VCCA_SPKI_MAX], pem_room[PEM_MAX];
  vcca_sink spki = VCCA_SINK(spki_room), pem = VCCA_SINK(pem_room);
  const struct vcca_platform_claims *platform = platform_of(good);
  if (platform == NULL)
    return unsupported(err, "the token has no platform part whose key could be endorsed");
  if (good->cpak == NULL)
    return unsupported(err, "the CPAK was not given");
  if (!vcca_key_spki(good->cpak, &spki))
    return vcca_fail(err, VCCA_FAULT_CRYPTO, "the CPAK cannot be written");
  vcca_pem_put("PUBLIC KEY", vcca_sink_span(&spki), &pem);
  put_triple(out, 3, platform->implementation_id, platform->instance_id);
  vcca_cbor_put_array(out, 1);
  vcca_cbor_put_tag(out, TAG_PKIX_KEY);
  vcca_cbor_put_text(out, vcca_sink_span(&pem));
  return true;
}

/* All but the RIM is optional (draft-ydb-rats-cca-endorsements-04, 3.2.3): what is not known is not said. */
static bool realm_triples(const struct vcca_good *good, vcca_sink *out, struct vcca_error *err)
{
  static const char *const rems[VCCA_TOKEN_REMS] = {"cca.rem0", "cca.rem1", "cca.rem2", "cca.rem3"};
  const struct vcca_realm_values *realm = good->realm;
  size_t said = 1 + (size_t)(realm->rpv.p != NULL);
  bool digests = alg_of(realm->rim) != NULL;
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++) {
    digests = digests && (realm->rem[i].p == NULL || alg_of(realm->rem[i]) != NULL);
    said += realm->rem[i].p != NULL;
  }
  if (!digests)
    return unsupported(err, "a CoRIM wants a RIM and REMs of 32, 48 or 64 bytes");
  put_triple(out, 0, realm->rim, vcca_span_of(NULL, 0));
  vcca_cbor_put_array(out, said);
  put_measurement(out, "cca.rim", 1);
  put_digest(out, realm->rim);
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    if (realm->rem[i].p != NULL) {
      put_measurement(out, rems[i], 1);
      put_digest(out, realm->rem[i]);
    }
  if (realm->rpv.p != NULL) {
    put_measurement(out, "cca.rpv", 1);
    vcca_cbor_put_uint(out, RAW_VALUE);
    put_tagged_bytes(out, TAG_BYTES, realm->rpv);
  }
  return true;
}

/* 501({0: id, 1: [506(<<{1: {0: uuid}, 4: triples}>>)], 3: 32(profile)}) */
static bool put_corim(vcca_span triples, const char *profile, vcca_sink *out, struct vcca_error *err)
{
  enum { VERSION_8 = 0x80, VARIANT = 0x80 }; /* RFC 9562: a UUID of the maker's own making */
  uint8_t digest[VCCA_HASH_MAX], comid_room[COMID_MAX + 64];
  char id[64], hex[2 * UUID_SIZE + 1];
  vcca_sink comid = VCCA_SINK(comid_room);
  if (triples.p == NULL)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the endorsement is larger than %d bytes", COMID_MAX);
  vcca_hash(VCCA_SHA256, triples, digest);
  digest[6] = (uint8_t)((digest[6] & 0x0f) | VERSION_8);
  digest[8] = (uint8_t)((digest[8] & 0x3f) | VARIANT);
  vcca_cbor_put_map(&comid, 2);
  vcca_cbor_put_uint(&comid, 1);
  vcca_cbor_put_map(&comid, 1);
  vcca_cbor_put_uint(&comid, 0);
  vcca_cbor_put_bytes(&comid, vcca_span_of(digest, UUID_SIZE));
  vcca_cbor_put_uint(&comid, 4);
  vcca_sink_put(&comid, triples);

  snprintf(id, sizeof id, "vcca-%s", vcca_hex_text(vcca_span_of(digest, UUID_SIZE), hex, sizeof hex));
  vcca_cbor_put_tag(out, TAG_CORIM);
  vcca_cbor_put_map(out, 3);
  vcca_cbor_put_uint(out, 0);
  vcca_cbor_put_text(out, text(id));
  vcca_cbor_put_uint(out, 1);
  vcca_cbor_put_array(out, 1);
  put_tagged_bytes(out, TAG_COMID, vcca_sink_span(&comid));
  vcca_cbor_put_uint(out, 3);
  vcca_cbor_put_tag(out, TAG_URI);
  vcca_cbor_put_text(out, text(profile));
  return true;
}

/* --- JSON ------------------------------------------------------------------------------------------------ */

static void put_coordinate(struct vcca_json *j, const char *name, vcca_span bytes)
{
  uint8_t room[2 * VCCA_POINT_MAX];
  vcca_sink chars = VCCA_SINK(room);
  base64url_put(&chars, bytes);
  vcca_json_text(j, name, vcca_sink_span(&chars));
}

static bool anchor_store(const struct vcca_good *good, struct vcca_json *j, struct vcca_error *err)
{
  uint8_t room[VCCA_POINT_MAX];
  vcca_sink sink = VCCA_SINK(room);
  const struct vcca_platform_claims *platform = platform_of(good);
  if (platform == NULL)
    return unsupported(err, "the token has no platform part whose key could be stored");
  if (good->cpak == NULL)
    return unsupported(err, "the CPAK was not given");
  if (!vcca_key_point(good->cpak, &sink))
    return unsupported(err, "a trust anchor store holds keys of elliptic curves");
  vcca_span point = vcca_sink_span(&sink);
  size_t size = point.n / 2;
  vcca_json_open(j, NULL, '[');
  vcca_json_open(j, NULL, '{');
  vcca_json_open(j, "pkey", '{');
  vcca_json_str(j, "kty", "EC");
  vcca_json_str(j, "crv", vcca_key_type_name(vcca_key_type(good->cpak)));
  put_coordinate(j, "x", vcca_span_sub(point, 1, size));
  put_coordinate(j, "y", vcca_span_sub(point, 1 + size, size));
  vcca_json_close(j);
  vcca_json_hex(j, "implementation-id", platform->implementation_id);
  vcca_json_hex(j, "instance-id", platform->instance_id);
  vcca_json_close(j);
  vcca_json_close(j);
  return true;
}

static void put_platform_values(const struct vcca_platform_claims *platform, struct vcca_json *j)
{
  vcca_json_open(j, NULL, '{');
  vcca_json_hex(j, "implementation-id", platform->implementation_id);
  vcca_json_hex(j, "platform-configuration", platform->config);
  vcca_json_open(j, "sw-components", '[');
  for (size_t i = 0; i < platform->component_count; i++) {
    const struct vcca_component *component = &platform->components[i];
    vcca_json_open(j, NULL, '{');
    vcca_json_hex(j, "measurement-value", component->measurement);
    vcca_json_hex(j, "signer-id", component->signer_id);
    if (component->version.p != NULL)
      vcca_json_text(j, "version", unpadded(component->version));
    if (component->type.p != NULL)
      vcca_json_text(j, "component-type", unpadded(component->type));
    vcca_json_close(j);
  }
  vcca_json_close(j);
  vcca_json_close(j);
}

/* The store's realms have all their members: its reader takes none without. */
static bool reference_store(const struct vcca_good *good, struct vcca_json *j, struct vcca_error *err)
{
  const struct vcca_realm_values *realm = good->realm;
  bool whole = realm->rim.p != NULL && realm->rpv.p != NULL && realm->rak_hash_alg.p != NULL;
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    whole = whole && realm->rem[i].p != NULL;
  if (!whole)
    return unsupported(
        err, "a reference value store wants a RIM, four REMs, a personalization value and the RAK's hash algorithm");
  vcca_json_open(j, NULL, '{');
  const struct vcca_platform_claims *platform = platform_of(good);
  if (platform != NULL) { /* an empty list would say that no platform is good */
    vcca_json_open(j, "platform", '[');
    put_platform_values(platform, j);
    vcca_json_close(j);
  }
  vcca_json_open(j, "realm", '[');
  vcca_json_open(j, NULL, '{');
  vcca_json_hex(j, "initial-measurement", realm->rim);
  vcca_json_text(j, "rak-hash-algorithm", realm->rak_hash_alg);
  vcca_json_open(j, "extensible-measurements", '[');
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    vcca_json_hex(j, NULL, realm->rem[i]);
  vcca_json_close(j);
  vcca_json_hex(j, "personalization-value", realm->rpv);
  vcca_json_close(j);
  vcca_json_close(j);
  vcca_json_close(j);
  return true;
}

/* The body of a POST to the service's /reference: values by the names of claims, as JSON within JSON
 * (openEuler secGear, attestation service). Its default policy for virtCCA asks for the RIM. */
static bool service_refs(const struct vcca_good *good, struct vcca_json *j, struct vcca_error *err)
{
  char hex[2 * VCCA_HASH_MAX + 1], refs[sizeof hex + 32];
  if (!good->realm->virtcca)
    return unsupported(err, "the service registers RIMs of virtCCA alone");
  if (alg_of(good->realm->rim) == NULL)
    return unsupported(err, "a RIM has 32, 48 or 64 bytes");
  snprintf(refs, sizeof refs, "{\"vcca.cvm.rim\":\"%s\"}", vcca_hex_text(good->realm->rim, hex, sizeof hex));
  vcca_json_open(j, NULL, '{');
  vcca_json_str(j, "refs", refs);
  vcca_json_close(j);
  return true;
}

static bool sdk_components(const struct vcca_good *good, struct vcca_json *j, struct vcca_error *err)
{
  const struct vcca_platform_claims *platform = platform_of(good);
  if (platform == NULL)
    return unsupported(err, "the token has no platform part to endorse");
  for (size_t i = 0; i < platform->component_count; i++)
    if (platform->components[i].type.p == NULL || platform->components[i].version.p == NULL ||
        alg_of(platform->components[i].measurement) == NULL)
      return vcca_fail(
          err, VCCA_FAULT_UNSUPPORTED,
          "component %zu: software_components.json wants a type, a version and a measurement of 32, 48 or 64 bytes", i);
  vcca_json_open(j, NULL, '{');
  vcca_json_open(j, "measure_value", '[');
  for (size_t i = 0; i < platform->component_count; i++) {
    const struct vcca_component *component = &platform->components[i];
    vcca_json_open(j, NULL, '{');
    vcca_json_text(j, "firware_name", unpadded(component->type)); /* spelt so */
    vcca_json_hex(j, "measurement", component->measurement);
    vcca_json_text(j, "firware_version", unpadded(component->version));
    vcca_json_str(j, "hash_algorithm", alg_of(component->measurement));
    vcca_json_close(j);
  }
  vcca_json_close(j);
  vcca_json_close(j);
  return true;
}

/* What GRUB logged, from a log that is the token's. */
static bool sdk_images(const struct vcca_good *good, struct vcca_json *j, struct vcca_error *err)
{
  static const vcca_span nothing_expected[VCCA_TOKEN_REMS];
  struct vcca_finding f = {0};
  struct images_seen seen;
  enum vcca_hash_alg alg;
  if (good->token == NULL || good->eventlog.p == NULL)
    return unsupported(err, "no event log was given, which shows the boot images");
  check_event_log(good->eventlog, &good->token->realm, nothing_expected, &f);
  if (f.outcome != VCCA_PASS)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the event log is not the token's: %s", f.reason);
  if (!vcca_hash_named(good->token->realm.hash_alg, &alg) || !images_in_log(good->eventlog, alg, &seen, err))
    return false;
  vcca_json_open(j, NULL, '{');
  vcca_json_hex(j, "grub", seen.grub);
  vcca_json_hex(j, "grub.cfg", seen.grub_cfg);
  if (seen.shim.p != NULL)
    vcca_json_hex(j, "shim", seen.shim);
  if (seen.config_count > 0) {
    vcca_json_open(j, "configs", '[');
    for (size_t i = 0; i < seen.config_count; i++)
      vcca_json_hex(j, NULL, seen.configs[i]);
    vcca_json_close(j);
  }
  vcca_json_open(j, "kernels", '[');
  vcca_json_open(j, NULL, '{');
  if (seen.version.p != NULL)
    vcca_json_text(j, "version", seen.version);
  vcca_json_hex(j, "kernel", seen.kernel);
  vcca_json_hex(j, "initramfs", seen.initramfs);
  if (seen.application.p != NULL)
    vcca_json_hex(j, "application", seen.application);
  vcca_json_close(j);
  vcca_json_close(j);
  vcca_json_str(j, "hash_alg", vcca_hash_name(alg));
  vcca_json_close(j);
  return true;
}

/* --- The table ------------------------------------------------------------------------------------------- */

/* Either triples under a profile, or JSON. */
static const struct {
  const char *name;
  const char *profile;
  bool (*triples)(const struct vcca_good *good, vcca_sink *out, struct vcca_error *err);
  bool (*json)(const struct vcca_good *good, struct vcca_json *j, struct vcca_error *err);
} kinds[VCCA_ENDORSEMENTS] = {
    [VCCA_ENDORSE_CORIM_PLATFORM] = {"corim-platform.cbor", corim_platform_profile, platform_triples, NULL},
    [VCCA_ENDORSE_CORIM_ANCHOR] = {"corim-cpak.cbor", corim_platform_profile, anchor_triples, NULL},
    [VCCA_ENDORSE_CORIM_REALM] = {"corim-realm.cbor", corim_realm_profile, realm_triples, NULL},
    [VCCA_ENDORSE_ANCHOR_STORE] = {"ta-store.json", NULL, NULL, anchor_store},
    [VCCA_ENDORSE_REFERENCE_STORE] = {"rv-store.json", NULL, NULL, reference_store},
    [VCCA_ENDORSE_COMPONENTS] = {"software_components.json", NULL, NULL, sdk_components},
    [VCCA_ENDORSE_IMAGES] = {"image_reference_measurement.json", NULL, NULL, sdk_images},
    [VCCA_ENDORSE_REFS] = {"refs.json", NULL, NULL, service_refs},
};

const char *vcca_endorsement_name(enum vcca_endorsement kind)
{
  return kinds[kind].name;
}

bool vcca_endorse(enum vcca_endorsement kind, const struct vcca_good *good, vcca_sink *out, struct vcca_error *err)
{
  struct vcca_realm_values of_token = {.virtcca = false};
  struct vcca_good whole = *good;
  if (good->token != NULL)
    vcca_realm_values_of(good->token, &of_token);
  if (good->realm == NULL)
    whole.realm = &of_token;
  if (kinds[kind].json != NULL) {
    struct vcca_json j = vcca_json_into(out, VCCA_JSON_PRETTY);
    if (!kinds[kind].json(&whole, &j, err))
      return false;
  } else {
    uint8_t room[COMID_MAX];
    vcca_sink triples = VCCA_SINK(room);
    if (!kinds[kind].triples(&whole, &triples, err) ||
        !put_corim(vcca_sink_span(&triples), kinds[kind].profile, out, err))
      return false;
  }
  return vcca_sink_ok(out) ? true : vcca_fail(err, VCCA_FAULT_USAGE, "no room for an endorsement of %zu bytes", out->n);
}
