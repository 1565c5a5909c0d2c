/* Endorsements of a token that is known to be good, in every form that can be read here. The same token gives the same bytes: identifiers
 * are digests of what they identify.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "vcca/cbor.h"
#include "vcca/hex.h"
#include "verifier/base64url.h"
#include "verifier/corim.h"
#include "verifier/readers.h"

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
  const struct vcca_platform_claims *platform = &good->token->platform;
  if (!good->token->has_platform)
    return unsupported(err, "the token has no platform part to endorse");
  put_triple(out, 0, platform->implementation_id, vcca_span_of(NULL, 0));
  vcca_cbor_put_array(out, platform->component_count + 1);
  for (size_t i = 0; i < platform->component_count; i++) {
    const struct vcca_component *component = &platform->components[i];
    if (alg_of(component->measurement) == NULL || alg_of(component->signer_id) == NULL)
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "component %zu: a CoRIM wants a measurement and a signer id of 32, 48 or 64 bytes", i);
    put_component(out, component);
  }
  put_config(out, platform->config);
  return true;
}

static bool anchor_triples(const struct vcca_good *good, vcca_sink *out, struct vcca_error *err)
{
  uint8_t spki_room[VCCA_SPKI_MAX], pem_room[PEM_MAX];
  vcca_sink spki = VCCA_SINK(spki_room), pem = VCCA_SINK(pem_room);
  if (!good->token->has_platform)
    return unsupported(err, "the token has no platform part whose key could be endorsed");
  if (good->cpak == NULL)
    return unsupported(err, "the CPAK was not given");
  if (!vcca_key_spki(good->cpak, &spki))
    return vcca_fail(err, VCCA_FAULT_CRYPTO, "the CPAK cannot be written");
  vcca_pem_put("PUBLIC KEY", vcca_sink_span(&spki), &pem);
  put_triple(out, 3, good->token->platform.implementation_id, good->token->platform.instance_id);
  vcca_cbor_put_array(out, 1);
  vcca_cbor_put_tag(out, TAG_PKIX_KEY);
  vcca_cbor_put_text(out, vcca_sink_span(&pem));
  return true;
}

static bool realm_triples(const struct vcca_good *good, vcca_sink *out, struct vcca_error *err)
{
  static const char *const rems[VCCA_TOKEN_REMS] = {"cca.rem0", "cca.rem1", "cca.rem2", "cca.rem3"};
  const struct vcca_realm_claims *realm = &good->token->realm;
  bool digests = alg_of(realm->rim) != NULL;
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    digests = digests && alg_of(realm->rem[i]) != NULL;
  if (!digests)
    return unsupported(err, "a CoRIM wants a RIM and REMs of 32, 48 or 64 bytes");
  put_triple(out, 0, realm->rim, vcca_span_of(NULL, 0));
  vcca_cbor_put_array(out, 1 + VCCA_TOKEN_REMS + 1);
  put_measurement(out, "cca.rim", 1);
  put_digest(out, realm->rim);
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++) {
    put_measurement(out, rems[i], 1);
    put_digest(out, realm->rem[i]);
  }
  put_measurement(out, "cca.rpv", 1);
  vcca_cbor_put_uint(out, RAW_VALUE);
  put_tagged_bytes(out, TAG_BYTES, realm->rpv);
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
  if (!good->token->has_platform)
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
  vcca_json_hex(j, "implementation-id", good->token->platform.implementation_id);
  vcca_json_hex(j, "instance-id", good->token->platform.instance_id);
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

static bool reference_store(const struct vcca_good *good, struct vcca_json *j, struct vcca_error *err)
{
  const struct vcca_realm_claims *realm = &good->token->realm;
  (void)err;
  vcca_json_open(j, NULL, '{');
  vcca_json_open(j, "platform", '[');
  if (good->token->has_platform)
    put_platform_values(&good->token->platform, j);
  vcca_json_close(j);
  vcca_json_open(j, "realm", '[');
  vcca_json_open(j, NULL, '{');
  vcca_json_hex(j, "initial-measurement", realm->rim);
  vcca_json_text(j, "rak-hash-algorithm", realm->public_key_hash_alg);
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

static bool sdk_components(const struct vcca_good *good, struct vcca_json *j, struct vcca_error *err)
{
  const struct vcca_platform_claims *platform = &good->token->platform;
  if (!good->token->has_platform)
    return unsupported(err, "the token has no platform part to endorse");
  for (size_t i = 0; i < platform->component_count; i++)
    if (platform->components[i].type.p == NULL || platform->components[i].version.p == NULL || alg_of(platform->components[i].measurement) == NULL)
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
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
  if (good->eventlog.p == NULL)
    return unsupported(err, "no event log was given, which shows the boot images");
  check_event_log(good->eventlog, &good->token->realm, nothing_expected, &f);
  if (f.outcome != VCCA_PASS)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the event log is not the token's: %s", f.reason);
  if (!vcca_hash_named(good->token->realm.hash_alg, &alg) || !images_in_log(good->eventlog, alg, &seen, err))
    return false;
  vcca_json_open(j, NULL, '{');
  vcca_json_hex(j, "grub", seen.grub);
  vcca_json_hex(j, "grub.cfg", seen.grub_cfg);
  vcca_json_open(j, "kernels", '[');
  vcca_json_open(j, NULL, '{');
  vcca_json_text(j, "version", seen.version);
  vcca_json_hex(j, "kernel", seen.kernel);
  vcca_json_hex(j, "initramfs", seen.initramfs);
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
};

const char *vcca_endorsement_name(enum vcca_endorsement kind)
{
  return kinds[kind].name;
}

bool vcca_endorse(enum vcca_endorsement kind, const struct vcca_good *good, vcca_sink *out, struct vcca_error *err)
{
  if (kinds[kind].json != NULL) {
    struct vcca_json j = vcca_json_into(out, VCCA_JSON_PRETTY);
    if (!kinds[kind].json(good, &j, err))
      return false;
  } else {
    uint8_t room[COMID_MAX];
    vcca_sink triples = VCCA_SINK(room);
    if (!kinds[kind].triples(good, &triples, err) || !put_corim(vcca_sink_span(&triples), kinds[kind].profile, out, err))
      return false;
  }
  return vcca_sink_ok(out) ? true : vcca_fail(err, VCCA_FAULT_USAGE, "no room for an endorsement of %zu bytes", out->n);
}
