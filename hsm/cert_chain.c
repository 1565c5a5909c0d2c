/* The certificate chain: TEST root CA -> TEST sub CA -> device, in the shape of the real ones.
 *
 * Dates and serial numbers are fixed by the inputs, so a device has one chain, the same on every machine.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "hsm/state.h"
#include "rooms/test_ca.h"
#include "rooms/error.h"
#include "rooms/crypto.h"

enum { SIGN_CERTS_AND_CRLS = 0x06, SERIAL_SIZE = 16 };

static const char organization[] = "vcca TEST - do not trust";

/* The first bytes of SHA-256(SubjectPublicKeyInfo), made positive and of full length. */
static bool serial_of(const vcca_key *key, uint8_t serial[32], struct vcca_error *err)
{
  uint8_t spki[VCCA_SPKI_MAX];
  vcca_sink s = VCCA_SINK(spki);
  if (!vcca_key_spki(key, &s))
    return vcca_fail(err, VCCA_FAULT_CRYPTO, "a public key to certify has no SubjectPublicKeyInfo");
  vcca_hash(VCCA_SHA256, vcca_sink_span(&s), serial);
  serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);
  return true;
}

static bool certify(vcca_hsm *hsm, enum vcca_cert_role role, struct vcca_cert_spec spec, const vcca_key *subject,
                    const vcca_key *issuer, struct vcca_error *err)
{
  uint8_t serial[32];
  struct hsm_cert *cert = &hsm->certs[role];
  vcca_sink der = VCCA_SINK(cert->der);
  if (!serial_of(subject, serial, err))
    return false;
  spec.organization = organization;
  spec.serial = vcca_span_of(serial, SERIAL_SIZE);
  if (!vcca_cert_write(&spec, subject, issuer, &der, err))
    return false;
  cert->size = der.n;
  return true;
}

static bool certify_all(vcca_hsm *hsm, const vcca_key *root, const vcca_key *sub, struct vcca_error *err)
{
  const struct hsm_kind *kind = hsm_kind(hsm->device.chain);
  char device_cn[sizeof "vcca TEST device " + VCCA_HSM_TEXT];
  snprintf(device_cn, sizeof device_cn, "vcca TEST device %s", hsm->device.name);
  const struct vcca_cert_spec root_spec = {
      .subject_cn = kind->root_cn,
      .issuer_cn = kind->root_cn,
      .not_before = "20240101000000Z",
      .not_after = "20740101000000Z",
      .ca = true,
      .path_len = -1,
      .key_usage = SIGN_CERTS_AND_CRLS,
  };
  const struct vcca_cert_spec sub_spec = {
      .subject_cn = kind->sub_cn,
      .issuer_cn = kind->root_cn,
      .not_before = "20240101000000Z",
      .not_after = "20740101000000Z",
      .ca = true,
      .path_len = 0,
      .key_usage = SIGN_CERTS_AND_CRLS,
  };
  const struct vcca_cert_spec device_spec = {
      .subject_cn = device_cn,
      .issuer_cn = kind->sub_cn,
      .not_before = "20250101000000Z",
      .not_after = "20400101000000Z",
      .key_usage = kind->leaf_usage,
  };
  return certify(hsm, VCCA_CERT_ROOT, root_spec, root, root, err) &&
         certify(hsm, VCCA_CERT_SUB, sub_spec, sub, root, err) &&
         certify(hsm, VCCA_CERT_DEVICE, device_spec, hsm->cpak, sub, err);
}

bool hsm_certify(vcca_hsm *hsm, struct vcca_error *err)
{
  vcca_key *root = hsm_test_ca(hsm->device.chain, VCCA_CERT_ROOT, err);
  vcca_key *sub = root ? hsm_test_ca(hsm->device.chain, VCCA_CERT_SUB, err) : NULL;
  bool ok = sub && certify_all(hsm, root, sub, err);
  vcca_key_free(root);
  vcca_key_free(sub);
  return ok;
}

vcca_span vcca_hsm_cert(const vcca_hsm *hsm, enum vcca_cert_role role)
{
  if ((unsigned)role > VCCA_CERT_DEVICE)
    return vcca_span_of(NULL, 0);
  return vcca_span_of(hsm->certs[role].der, hsm->certs[role].size);
}
