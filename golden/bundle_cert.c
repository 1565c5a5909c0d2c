/* The device's chain, certificate by certificate, as a plan that a mutation may change; and the anchor as
 * files.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "golden/bundle.h"
#include "rooms/chain_kind.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/hsm.h"
#include "rooms/span.h"
#include "rooms/golden.h"

enum { SIGN_CERTS_AND_CRLS = 0x06 };

static bool serial_of(const vcca_key *key, uint8_t *serial, struct vcca_error *err)
{
  uint8_t room[VCCA_SPKI_MAX];
  vcca_sink spki = VCCA_SINK(room);
  if (!vcca_key_spki(key, &spki))
    return vcca_fail(err, VCCA_FAULT_CRYPTO, "a public key to certify has no SubjectPublicKeyInfo");
  vcca_hash(VCCA_SHA256, vcca_sink_span(&spki), serial);
  serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);
  return true;
}

bool bundle_cert_plan(const vcca_golden *g, enum vcca_cert_role role, struct cert_plan *out, struct vcca_error *err)
{
  const struct hsm_kind *kind = hsm_kind(vcca_hsm_device(g->hsm)->chain);
  const vcca_key *subjects[] = {g->ca[VCCA_CERT_ROOT], g->ca[VCCA_CERT_SUB], vcca_hsm_cpak(g->hsm)};
  const char *names[] = {kind->root_cn, kind->sub_cn, out->device_cn};
  unsigned above = role == VCCA_CERT_ROOT ? VCCA_CERT_ROOT : (unsigned)role - 1;
  bool device = role == VCCA_CERT_DEVICE;
  memset(out, 0, sizeof *out);
  snprintf(out->device_cn, sizeof out->device_cn, "vcca TEST device %s", vcca_hsm_device(g->hsm)->name);
  out->subject = subjects[role];
  out->issuer = subjects[above];
  out->spec = (struct vcca_cert_spec){
      .subject_cn = names[role],
      .issuer_cn = names[above],
      .organization = "vcca TEST - do not trust",
      .serial = vcca_span_of(out->serial, CERT_SERIAL),
      .not_before = device ? "20250101000000Z" : "20240101000000Z",
      .not_after = device ? "20400101000000Z" : "20740101000000Z",
      .ca = !device,
      .path_len = role == VCCA_CERT_ROOT ? -1 : 0,
      .key_usage = device ? kind->leaf_usage : SIGN_CERTS_AND_CRLS,
  };
  return serial_of(out->subject, out->serial, err);
}

/* RFC 4648 section 5, without padding. */
static void put_base64url(vcca_span in, vcca_sink *out)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  uint32_t bits = 0;
  unsigned held = 0;
  for (size_t i = 0; i < in.n; i++) {
    bits = bits << 8 | in.p[i];
    for (held += 8; held >= 6; held -= 6)
      vcca_sink_u8(out, (uint8_t)digits[bits >> (held - 6) & 63]);
  }
  if (held > 0)
    vcca_sink_u8(out, (uint8_t)digits[bits << (6 - held) & 63]);
}

bool vcca_golden_jwk(const vcca_key *key, vcca_sink *out)
{
  uint8_t room[VCCA_POINT_MAX];
  vcca_sink point = VCCA_SINK(room);
  if (!vcca_key_point(key, &point))
    return false;
  size_t field = point.n / 2;
  vcca_sink_str(out, "{\"kty\":\"EC\",\"crv\":\"");
  vcca_sink_str(out, vcca_key_type_name(vcca_key_type(key)));
  vcca_sink_str(out, "\",\"x\":\"");
  put_base64url(vcca_span_of(room + 1, field), out);
  vcca_sink_str(out, "\",\"y\":\"");
  put_base64url(vcca_span_of(room + 1 + field, field), out);
  vcca_sink_str(out, "\"}\n");
  return true;
}

bool vcca_golden_pem(const vcca_key *key, vcca_sink *out)
{
  uint8_t room[VCCA_SPKI_MAX];
  vcca_sink spki = VCCA_SINK(room);
  if (!vcca_key_spki(key, &spki))
    return false;
  vcca_pem_put("PUBLIC KEY", vcca_sink_span(&spki), out);
  return true;
}
