/* EC private keys out of PEM: "EC PRIVATE KEY" (SEC 1 C.4, RFC 5915) and unencrypted "PRIVATE KEY" (PKCS
 * #8, RFC 5958).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <mbedtls/platform_util.h>

#include "rooms/der.h"
#include "crypto/key.h"
#include "crypto/pem.h"
#include "rooms/error.h"
#include "rooms/crypto.h"

enum {
  PRIVATE_MAX = 4096,
  PARAMETERS = VCCA_DER_CONTEXT | VCCA_DER_CONSTRUCTED | 0,
  PUBLIC_KEY = VCCA_DER_CONTEXT | VCCA_DER_CONSTRUCTED | 1
};

static const uint8_t id_ec_public_key[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
static const uint8_t p256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t p384[] = {0x2b, 0x81, 0x04, 0x00, 0x22};
static const uint8_t p521[] = {0x2b, 0x81, 0x04, 0x00, 0x23};

/* Named curves (RFC 5480, 2.1.1.1). */
static const struct {
  enum vcca_key_type type;
  vcca_span oid;
} curves[] = {
    {VCCA_KEY_P256, {p256, sizeof p256}},
    {VCCA_KEY_P384, {p384, sizeof p384}},
    {VCCA_KEY_P521, {p521, sizeof p521}},
};

static bool curve_named(vcca_span oid, enum vcca_key_type *type)
{
  for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
    if (vcca_span_eq(oid, curves[i].oid)) {
      *type = curves[i].type;
      return true;
    }
  return false;
}

/* What a private key in DER says; absent parts have p == NULL. */
struct parts {
  vcca_span curve; /* object identifier */
  vcca_span scalar;
  vcca_span point;
};

static bool take_number(vcca_span *in, uint8_t number)
{
  vcca_span value;
  return vcca_der_take_tag(in, VCCA_DER_INTEGER, &value) && value.n == 1 && value.p[0] == number;
}

/* ECPrivateKey ::= SEQUENCE { 1, OCTET STRING, [0] curve OPTIONAL, [1] BIT STRING OPTIONAL } */
static bool open_sec1(vcca_span der, struct parts *out)
{
  vcca_span body, inside;
  if (!vcca_der_take_tag(&der, VCCA_DER_SEQUENCE, &body) || der.n != 0 || !take_number(&body, 1) ||
      !vcca_der_take_tag(&body, VCCA_DER_OCTETS, &out->scalar))
    return false;
  if (vcca_der_take_tag(&body, PARAMETERS, &inside)) {
    vcca_span curve;
    if (!vcca_der_take_tag(&inside, VCCA_DER_OID, &curve) || inside.n != 0 ||
        (out->curve.p != NULL && !vcca_span_eq(curve, out->curve)))
      return false;
    out->curve = curve;
  }
  if (vcca_der_take_tag(&body, PUBLIC_KEY, &inside) && (!vcca_der_take_bits(&inside, &out->point) || inside.n != 0))
    return false;
  return body.n == 0;
}

/* OneAsymmetricKey ::= SEQUENCE { 0, SEQUENCE { id-ecPublicKey, curve }, OCTET STRING holding an
 * ECPrivateKey } */
static bool open_pkcs8(vcca_span der, struct parts *out)
{
  vcca_span body, algorithm, id, key;
  return vcca_der_take_tag(&der, VCCA_DER_SEQUENCE, &body) && der.n == 0 && take_number(&body, 0) &&
         vcca_der_take_tag(&body, VCCA_DER_SEQUENCE, &algorithm) && vcca_der_take_tag(&algorithm, VCCA_DER_OID, &id) &&
         vcca_span_eq(id, VCCA_SPAN(id_ec_public_key)) && vcca_der_take_tag(&algorithm, VCCA_DER_OID, &out->curve) &&
         algorithm.n == 0 && vcca_der_take_tag(&body, VCCA_DER_OCTETS, &key) && body.n == 0 && open_sec1(key, out);
}

static vcca_key *key_of(const struct parts *parts, struct vcca_error *err)
{
  enum vcca_key_type type;
  if (parts->curve.p == NULL || !curve_named(parts->curve, &type)) {
    vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the private key names none of the curves P-256, P-384 and P-521");
    return NULL;
  }
  vcca_key *key = vcca_key_from_scalar(type, parts->scalar, err);
  if (key != NULL && parts->point.p != NULL && !vcca_span_eq(parts->point, vcca_key_public(key))) {
    vcca_fail(err, VCCA_FAULT_MALFORMED, "the public key beside the private one is not its own");
    vcca_key_free(key);
    return NULL;
  }
  return key;
}

vcca_key *vcca_key_from_private_pem(vcca_span pem, struct vcca_error *err)
{
  static const struct {
    const char *label;
    bool (*open)(vcca_span der, struct parts *out);
  } forms[] = {{"PRIVATE KEY", open_pkcs8}, {"EC PRIVATE KEY", open_sec1}};
  uint8_t buffer[PRIVATE_MAX];
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    struct parts parts = {0};
    vcca_key *key = NULL;
    vcca_sink der = VCCA_SINK(buffer);
    if (!vcca_pem_get(forms[i].label, pem, &der, NULL))
      continue;
    if (forms[i].open(vcca_sink_span(&der), &parts))
      key = key_of(&parts, err);
    else
      vcca_fail(err, VCCA_FAULT_MALFORMED, "the %s is not that of an elliptic curve in DER, unencrypted",
                forms[i].label);
    mbedtls_platform_zeroize(buffer, sizeof buffer);
    return key;
  }
  vcca_fail(err, VCCA_FAULT_MALFORMED, "no unencrypted PEM \"PRIVATE KEY\" or \"EC PRIVATE KEY\" in the text");
  return NULL;
}
