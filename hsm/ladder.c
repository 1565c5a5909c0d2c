/* The key ladder: from the two root secrets, the boot state and the boot records to the CPAK, the RAK and
 * the secret of sealing keys.
 *
 * TF-M's RSE construction; docs/adr/0006-key-ladder.md says where it is chosen and where it is known.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "hsm/state.h"
#include "rooms/test_ca.h"
#include "rooms/error.h"
#include "rooms/hash.h"
#include "rooms/hsm.h"
#include "rooms/crypto.h"
#include "rooms/span.h"

/* TF-M counts a label's NUL as part of it. */
static const char cpak_label[] = "BL1_CPAK_SEED_DERIVATION";
static const char sealing_label[] = "VCCA_TEST_SEALING_SECRET_DERIVATION"; /* ours: virtCCA's is not public */
static const char dak_label[] = "BL1_DAK_SEED_DERIVATION";

/* The production value of the RSE's "test or production" mode, and no reprovisioning pending. */
enum { TP_MODE_PRODUCTION = 0x2222aa55, NOT_REPROVISIONING = 0 };

/* The records of 32 components with every text and digest at its longest. */
enum { RECORDS_MAX = VCCA_HSM_COMPONENTS * 256 };

/* boot state = SHA-256(tp_mode || lcs || reprovisioning || BL1_2 hash). The lifecycle word is the claim's
 * own value, so that every lifecycle has its own RAK. */
static void boot_state(const struct vcca_device *device, uint8_t out[32])
{
  uint8_t words[12];
  vcca_put_le32(words, TP_MODE_PRODUCTION);
  vcca_put_le32(words + 4, device->lifecycle);
  vcca_put_le32(words + 8, NOT_REPROVISIONING);
  vcca_span parts[] = {VCCA_SPAN(words), VCCA_SPAN(device->bl1_2_hash)};
  vcca_hash_parts(VCCA_SHA256, parts, 2, out);
}

static bool derive_instance_id(vcca_hsm *hsm, struct vcca_error *err)
{
  uint8_t key[VCCA_SPKI_MAX];
  vcca_sink s = VCCA_SINK(key);
  bool ok = hsm->device.chain == VCCA_CHAIN_RSA ? vcca_key_spki(hsm->cpak, &s) : vcca_key_point(hsm->cpak, &s);
  if (!ok)
    return vcca_fail(err, VCCA_FAULT_CRYPTO, "the CPAK of device %s has no public form", hsm->device.name);
  hsm->instance_id[0] = 1; /* UEID type RAND (RFC 9711, 4.2.1) */
  vcca_hash(VCCA_SHA256, vcca_sink_span(&s), hsm->instance_id + 1);
  return true;
}

static bool is_test_device(vcca_span p, vcca_span q)
{
  const struct hsm_primes *kept = &hsm_test_primes[HSM_TEST_DEVICE];
  return vcca_span_eq(p, VCCA_SPAN(kept->p)) && vcca_span_eq(q, VCCA_SPAN(kept->q));
}

bool hsm_derive_cpak(vcca_hsm *hsm, struct vcca_error *err)
{
  const struct vcca_device *d = &hsm->device;
  uint8_t seed[VCCA_HSM_SEED];
  vcca_sink s = VCCA_SINK(seed);
  if (!vcca_kdf_cmac(VCCA_SPAN(d->huk), VCCA_SPAN(cpak_label), vcca_span_of(NULL, 0), &s, err))
    return false;
  vcca_span p = vcca_span_of(d->rsa_p, d->rsa_size), q = vcca_span_of(d->rsa_q, d->rsa_size);
  if (d->chain == VCCA_CHAIN_RSA && d->rsa_size != 0)
    hsm->cpak = is_test_device(p, q) ? vcca_key_from_known_primes(p, q, err) : vcca_key_from_primes(p, q, err);
  else
    hsm->cpak = vcca_key_from_seed(hsm_kind(d->chain)->key, VCCA_SPAN(seed), vcca_span_of(NULL, 0), err);
  if (!hsm->cpak)
    return false;
  if (vcca_span_zero(VCCA_SPAN(d->instance_id)))
    return derive_instance_id(hsm, err);
  vcca_sink id = VCCA_SINK(hsm->instance_id);
  vcca_sink_put(&id, VCCA_SPAN(d->instance_id));
  return true;
}

bool hsm_derive_rak(vcca_hsm *hsm, struct vcca_error *err)
{
  const struct vcca_device *d = &hsm->device;
  uint8_t state[32], seed[VCCA_HSM_SEED], records[RECORDS_MAX];
  vcca_sink s = VCCA_SINK(seed), info = VCCA_SINK(records);
  if (d->chain == VCCA_CHAIN_RSA) /* a CVM-only machine has the device key alone */
    return true;
  boot_state(d, state);
  hsm_boot_records(hsm, &info);
  if (!vcca_kdf_cmac(VCCA_SPAN(d->guk), VCCA_SPAN(dak_label), VCCA_SPAN(state), &s, err))
    return false;
  hsm->rak = vcca_key_from_seed(hsm_kind(d->chain)->key, VCCA_SPAN(seed), vcca_sink_span(&info), err);
  return hsm->rak != NULL;
}

bool vcca_hsm_sealing_secret(const vcca_hsm *hsm, uint8_t secret[VCCA_SEALING_SECRET], struct vcca_error *err)
{
  vcca_sink s = vcca_sink_of(secret, VCCA_SEALING_SECRET);
  return vcca_kdf_cmac(VCCA_SPAN(hsm->device.huk), VCCA_SPAN(sealing_label), vcca_span_of(NULL, 0), &s, err);
}
