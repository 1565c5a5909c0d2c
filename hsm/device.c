/* Device images: the kinds, the built-in TEST devices, and the check that one can be powered on.
 *
 * Everything of a built-in device is the SHA-256 of a text: "TEST HUK <device>", "TEST GUK <device>", "TEST
 * implementation <device>", "TEST signer", and for an image "TEST <component> <version>" (no blank after a
 * component without version).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "hsm/state.h"
#include "rooms/test_ca.h"
#include "rooms/error.h"
#include "rooms/hash.h"
#include "rooms/hsm.h"
#include "rooms/span.h"

/* Key usages (RFC 5280, 4.2.1.3) as on real device certificates: digitalSignature and nonRepudiation; on
 * RSA ones also keyEncipherment, dataEncipherment and keyAgreement. */
static const struct hsm_kind kinds[] = {
    {"rsa", VCCA_KEY_RSA, VCCA_FAMILY_VIRTCCA_RSA, "virtcca-rsa", "vcca TEST Root CA (RSA-4096)",
     "vcca TEST Sub CA (RSA-4096)", 0xf8},
    {"p521", VCCA_KEY_P521, VCCA_FAMILY_VIRTCCA_P521, "virtcca-p521", "vcca TEST Root CA (P-521)",
     "vcca TEST Sub CA (P-521)", 0xc0},
    {"p384", VCCA_KEY_P384, VCCA_FAMILY_ARM_1_0, "arm-p384", "vcca TEST Root CA (P-384)", "vcca TEST Sub CA (P-384)",
     0xc0},
};

/* TF-M measured boot: SW_TYPE_MAX_SIZE, VERSION_MAX_SIZE. */
enum { NAME_MAX_SIZE = 32, VERSION_MAX_SIZE = 14 };

const struct hsm_kind *hsm_kind(enum vcca_chain_kind chain)
{
  return &kinds[chain];
}

const char *vcca_chain_kind_name(enum vcca_chain_kind chain)
{
  return (size_t)chain < sizeof kinds / sizeof kinds[0] ? kinds[chain].name : NULL;
}

bool vcca_chain_kind_named(vcca_span name, enum vcca_chain_kind *chain)
{
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (vcca_span_is(name, kinds[i].name)) {
      *chain = (enum vcca_chain_kind)i;
      return true;
    }
  return false;
}

/* --- The built-in devices --- */

static void put_text(char *to, size_t cap, const char *text)
{
  vcca_sink s = vcca_sink_of(to, cap - 1);
  vcca_sink_str(&s, text);
}

/* SHA-256("TEST " what [" " which]) */
static void test_bytes(const char *what, const char *which, uint8_t out[32])
{
  vcca_span parts[] = {VCCA_SPAN_LIT("TEST "), vcca_span_str(what), vcca_span_str(which[0] ? " " : ""),
                       vcca_span_str(which)};
  vcca_hash_parts(VCCA_SHA256, parts, sizeof parts / sizeof parts[0], out);
}

static void put_stage(const struct hsm_stage *stage, bool arm, struct vcca_device_component *c)
{
  put_text(c->name, sizeof c->name, stage->name);
  put_text(c->version, sizeof c->version, stage->version);
  c->record = stage->record;
  c->extended = true;
  test_bytes(stage->name, stage->version, c->digest);
  c->digest_size = 32;
  if (arm) { /* virtCCA's signer ids are empty */
    test_bytes("signer", "", c->signer_id);
    c->signer_id_size = 32;
  }
}

void vcca_device_default(enum vcca_chain_kind chain, struct vcca_device *out)
{
  const struct hsm_kind *kind = hsm_kind(chain);
  bool arm = chain == VCCA_CHAIN_P384;
  memset(out, 0, sizeof *out);
  put_text(out->name, sizeof out->name, kind->device_name);
  test_bytes("HUK", out->name, out->huk);
  test_bytes("GUK", out->name, out->guk);
  test_bytes("implementation", out->name, out->implementation_id);
  out->chain = chain;
  out->lifecycle = 0x3003; /* secured, as the published Arm tokens have it */
  if (arm) {
    memset(out->config, 0xcf, 4);
    out->config_size = 4;
  }
  const struct hsm_stage *stages = hsm_boot_chain(chain, &out->component_count);
  for (size_t i = 0; i < out->component_count; i++)
    put_stage(&stages[i], arm, &out->components[i]);
  /* The first mutable code: RSE_BL1_2, or the ESBC behind virtCCA's boot ROM. */
  memcpy(out->bl1_2_hash, out->components[arm ? 0 : 1].digest, sizeof out->bl1_2_hash);
  if (chain == VCCA_CHAIN_RSA) {
    memcpy(out->rsa_p, hsm_test_primes[HSM_TEST_DEVICE].p, sizeof out->rsa_p);
    memcpy(out->rsa_q, hsm_test_primes[HSM_TEST_DEVICE].q, sizeof out->rsa_q);
    out->rsa_size = sizeof out->rsa_p;
  }
}

/* --- The check --- */

static bool text_within(const char *text, size_t cap, size_t max)
{
  const char *end = memchr(text, 0, cap);
  return end && (size_t)(end - text) <= max;
}

static bool check_texts(const struct vcca_device *d, struct vcca_error *err)
{
  if (!text_within(d->name, sizeof d->name, sizeof d->name) || d->name[0] == 0)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the device needs a name of 1 to %zu bytes", sizeof d->name - 1);
  if (!text_within(d->verification_service, sizeof d->verification_service, sizeof d->verification_service))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the verification service is longer than %zu bytes",
                     sizeof d->verification_service - 1);
  if (!text_within(d->profile, sizeof d->profile, sizeof d->profile))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the profile is longer than %zu bytes", sizeof d->profile - 1);
  return true;
}

/* Component i against the limits and against those before it. */
static bool check_component(const struct vcca_device *d, size_t i, struct vcca_error *err)
{
  const struct vcca_device_component *c = &d->components[i];
  enum vcca_hash_alg alg;
  if (!text_within(c->name, sizeof c->name, NAME_MAX_SIZE) || c->name[0] == 0)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "component %zu needs a name of 1 to %d bytes", i + 1, NAME_MAX_SIZE);
  if (!text_within(c->version, sizeof c->version, VERSION_MAX_SIZE))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "component %s: the version is longer than %d bytes", c->name,
                     VERSION_MAX_SIZE);
  if (!vcca_hash_of_size(c->digest_size, &alg))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "component %s: the digest has %zu bytes; 32, 48 or 64 are possible",
                     c->name, c->digest_size);
  if (c->signer_id_size != 0 && !vcca_hash_of_size(c->signer_id_size, &alg))
    return vcca_fail(err, VCCA_FAULT_MALFORMED,
                     "component %s: the signer id has %zu bytes; 0, 32, 48 or 64 are possible", c->name,
                     c->signer_id_size);
  if (c->record > VCCA_HSM_COMPONENTS)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "component %s: record %u is beyond %d", c->name, c->record,
                     VCCA_HSM_COMPONENTS);
  for (size_t j = 0; j < i; j++) {
    if (strcmp(d->components[j].name, c->name) == 0)
      return vcca_fail(err, VCCA_FAULT_MALFORMED, "two components are called %s; give each its own name", c->name);
    if (c->record != 0 && d->components[j].record == c->record)
      return vcca_fail(err, VCCA_FAULT_MALFORMED, "components %s and %s are both record %u; give each its own place",
                       d->components[j].name, c->name, c->record);
  }
  return true;
}

bool hsm_device_check(const struct vcca_device *d, struct vcca_error *err)
{
  if (!vcca_chain_kind_name(d->chain))
    return vcca_fail(err, VCCA_FAULT_USAGE, "chain kind %d is none of rsa, p521, p384", (int)d->chain);
  if (!check_texts(d, err))
    return false;
  if (d->component_count > VCCA_HSM_COMPONENTS)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "%zu components; %d registers are there", d->component_count,
                     VCCA_HSM_COMPONENTS);
  if (d->config_size > sizeof d->config)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the config has %zu bytes; at most %zu are possible", d->config_size,
                     sizeof d->config);
  if (d->rsa_size > sizeof d->rsa_p)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the RSA primes have %zu bytes; at most %zu are possible", d->rsa_size,
                     sizeof d->rsa_p);
  if (d->instance_id[0] != 1 && !vcca_span_zero(VCCA_SPAN(d->instance_id)))
    return vcca_fail(err, VCCA_FAULT_MALFORMED,
                     "the instance id starts with %02x; it starts with 01, or is all zero to be derived",
                     d->instance_id[0]);
  for (size_t i = 0; i < d->component_count; i++)
    if (!check_component(d, i, err))
      return false;
  return true;
}
