/* The base evidence of a family: a token, what vouches for it, and what is expected of it, all from TEST
 * texts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "golden/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "rooms/test_ca.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/span.h"
#include "rooms/golden.h"

/* --- Devices and keys ------------------------------------------------------------------------------------ */

static const char *const key_names[GOLDEN_KEYS] = {"cpak", "rak", "other-cpak", "other-rak", "p256", "p384", "p521"};

bool golden_key_named(vcca_span name, enum golden_key *key)
{
  for (int i = 0; i < GOLDEN_KEYS; i++)
    if (vcca_span_is(name, key_names[i])) {
      *key = (enum golden_key)i;
      return true;
    }
  return false;
}

const vcca_key *golden_key(const vcca_golden *g, enum golden_key key)
{
  switch (key) {
  case KEY_CPAK:
    return vcca_hsm_cpak(g->hsm);
  case KEY_RAK:
    return vcca_hsm_rak(g->hsm);
  case KEY_OTHER_CPAK:
    return vcca_hsm_cpak(g->other);
  case KEY_OTHER_RAK:
    return vcca_hsm_rak(g->other);
  case KEY_P256:
    return g->curve[0];
  case KEY_P384:
    return g->curve[1];
  case KEY_P521:
  case GOLDEN_KEYS:
    break;
  }
  return g->curve[2];
}

static enum vcca_chain_kind chain_of(enum vcca_family family)
{
  switch (vcca_family(family)->key) {
  case VCCA_KEY_RSA:
    return VCCA_CHAIN_RSA;
  case VCCA_KEY_P521:
    return VCCA_CHAIN_P521;
  case VCCA_KEY_P256:
  case VCCA_KEY_P384:
    break;
  }
  return VCCA_CHAIN_P384;
}

/* The built-in device of the family's kind, and one that differs from it in its secrets alone. */
static bool open_devices(vcca_golden *g, struct vcca_error *err)
{
  struct vcca_device device;
  vcca_device_default(chain_of(g->family), &device);
  g->hsm = vcca_hsm_open(&device, err);
  vcca_hash(VCCA_SHA256, VCCA_SPAN_LIT("TEST HUK other"), device.huk);
  vcca_hash(VCCA_SHA256, VCCA_SPAN_LIT("TEST GUK other"), device.guk);
  if (device.rsa_size != 0) { /* a kept key, for a search takes seconds */
    memcpy(device.rsa_p, hsm_test_primes[HSM_TEST_SUB].p, device.rsa_size);
    memcpy(device.rsa_q, hsm_test_primes[HSM_TEST_SUB].q, device.rsa_size);
  }
  g->other = g->hsm ? vcca_hsm_open(&device, err) : NULL;
  return g->other != NULL;
}

static bool open_keys(vcca_golden *g, struct vcca_error *err)
{
  static const enum vcca_key_type curves[] = {VCCA_KEY_P256, VCCA_KEY_P384, VCCA_KEY_P521};
  enum vcca_chain_kind chain = chain_of(g->family);
  for (size_t i = 0; i < 3; i++)
    g->curve[i] = vcca_key_from_seed(curves[i], VCCA_SPAN_LIT("TEST golden"), VCCA_SPAN_LIT("curve"), err);
  g->ca[VCCA_CERT_ROOT] = hsm_test_ca(chain, VCCA_CERT_ROOT, err);
  g->ca[VCCA_CERT_SUB] = hsm_test_ca(chain, VCCA_CERT_SUB, err);
  g->other_ca = vcca_key_from_seed(VCCA_KEY_P384, VCCA_SPAN_LIT("TEST golden"), VCCA_SPAN_LIT("other root"), err);
  return g->curve[0] && g->curve[1] && g->curve[2] && g->ca[VCCA_CERT_ROOT] && g->ca[VCCA_CERT_SUB] && g->other_ca;
}

/* --- The token ------------------------------------------------------------------------------------------- */

static vcca_span hash_text(struct arena *arena, enum vcca_hash_alg alg, const char *text)
{
  uint8_t digest[VCCA_HASH_MAX];
  vcca_hash(alg, vcca_span_str(text), digest);
  return arena_copy(arena, vcca_span_of(digest, vcca_hash_size(alg)));
}

static bool mint(vcca_golden *g, vcca_hsm *hsm, vcca_span *out, struct vcca_error *err)
{
  vcca_sink rak = arena_sink(&g->arena, VCCA_SPKI_MAX), realm = arena_sink(&g->arena, VCCA_TOKEN_MAX);
  vcca_sink token = arena_sink(&g->arena, VCCA_TOKEN_MAX);
  vcca_span platform;
  if (!vcca_rak_encode(g->family, vcca_hsm_rak(hsm), &rak, err) ||
      !vcca_hsm_platform_token(hsm, g->family, &platform, err))
    return false;
  struct vcca_realm_claims claims = {
      .challenge = g->base.challenge,
      .rpv = g->base.rpv,
      .public_key = vcca_sink_span(&rak),
      .hash_alg = VCCA_SPAN_LIT("sha-256"),
      .public_key_hash_alg = VCCA_SPAN_LIT("sha-256"),
      .rim = g->base.rim,
  };
  uint8_t instance_id[VCCA_UEID_SIZE];
  vcca_realm_profile_claims(g->family, 0, instance_id, &claims);
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    claims.rem[i] = g->base.rem[i];
  if (!vcca_token_realm(g->family, &claims, vcca_hsm_rak(hsm), &realm, err) ||
      !vcca_token_collect(g->family, platform, vcca_sink_span(&realm), &token, err))
    return false;
  *out = vcca_sink_span(&token);
  return true;
}

/* --- The base evidence ----------------------------------------------------------------------------------- */

static bool fill(vcca_golden *g, struct vcca_error *err)
{
  struct vcca_evidence *e = &g->base;
  static const enum vcca_hash_alg sha256 = VCCA_SHA256;
  uint8_t rem[VCCA_TOKEN_REMS][VCCA_HASH_MAX] = {{0}};
  e->challenge = hash_text(&g->arena, VCCA_SHA512, "TEST challenge");
  e->rpv = hash_text(&g->arena, VCCA_SHA512, "TEST rpv");
  e->rim = hash_text(&g->arena, VCCA_SHA256, "TEST rim");
  e->eventlog = bundle_log(&g->arena, &sha256, 1, rem);
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    e->rem[i] = arena_copy(&g->arena, vcca_span_of(rem[i], 32));
  e->image_reference = bundle_image_reference(&g->arena, vcca_span_of(NULL, 0));
  if (family_has(g->family) & WANT_VERSIONS)
    e->platform_reference = bundle_platform_reference(&g->arena, g->hsm, g->family);
  e->cpak = vcca_hsm_cpak(g->hsm);
  e->device_cert = vcca_hsm_cert(g->hsm, VCCA_CERT_DEVICE);
  e->intermediates[0] = vcca_hsm_cert(g->hsm, VCCA_CERT_SUB);
  e->intermediate_count = 1;
  e->roots[0] = vcca_hsm_cert(g->hsm, VCCA_CERT_ROOT);
  e->root_count = 1;
  e->at = "20300101000000Z";
  if (!mint(g, g->hsm, &g->token, err) || !mint(g, g->other, &g->other_token, err))
    return false;
  e->token = g->token;
  e->policy = bundle_policy(&g->arena, g->hsm, g->family);
  if (!bundle_reference_store(&g->arena, g->token, &e->reference_store, err))
    return false;
  return !g->arena.failed || vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the base evidence");
}

vcca_golden *vcca_golden_open(enum vcca_family family, struct vcca_error *err)
{
  vcca_golden *g = calloc(1, sizeof *g);
  if (!g) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the golden evidence");
    return NULL;
  }
  g->family = family;
  if (open_devices(g, err) && open_keys(g, err) && fill(g, err))
    return g;
  vcca_golden_close(g);
  return NULL;
}

void vcca_golden_close(vcca_golden *golden)
{
  if (!golden)
    return;
  vcca_hsm_close(golden->hsm);
  vcca_hsm_close(golden->other);
  for (size_t i = 0; i < 3; i++)
    vcca_key_free(golden->curve[i]);
  vcca_key_free(golden->ca[0]);
  vcca_key_free(golden->ca[1]);
  vcca_key_free(golden->other_ca);
  arena_free(&golden->arena);
  free(golden);
}

const vcca_hsm *vcca_golden_device(const vcca_golden *golden)
{
  return golden->hsm;
}

enum vcca_family vcca_golden_family(const vcca_golden *golden)
{
  return golden->family;
}
