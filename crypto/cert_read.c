/* Reading certificates. mbedTLS parses; what it is lenient about (lengths longer than need be, bytes after
 * the end) is refused first, so that one certificate has one encoding and no byte of it is without meaning.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert.h"

#include <stdio.h>
#include <string.h>

#include "rooms/der.h"
#include "crypto/pem.h"
#include "crypto/psa.h"
#include "vcca/hex.h"
#include "rooms/time.h"
#include "rooms/error.h"
#include "rooms/crypto.h"

/* A PEM text never has a byte above 0x7f in second place, a certificate's DER always has (it is longer than
 * 127). */
bool vcca_cert_is_der(vcca_span bytes)
{
  return bytes.n > 1 && bytes.p[0] == VCCA_DER_SEQUENCE && bytes.p[1] >= 0x80;
}

/* ecdsa-with-SHA2 (RFC 5758, 3.2) up to the hash: 1.2.840.10045.4.3 */
static bool is_ecdsa(vcca_span algorithm)
{
  static const uint8_t oid[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03};
  return vcca_span_eq(vcca_span_sub(algorithm, 0, sizeof oid), VCCA_SPAN(oid));
}

/* Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature BIT STRING }, and an ECDSA
 * signature is DER again. mbedTLS would take a number without its leading zero, which is a negative one,
 * for the number that was meant. */
static bool is_strict(vcca_span der)
{
  vcca_span rest = der, body, tbs, algorithm, signature;
  return vcca_der_strict(der) && vcca_der_take_tag(&rest, VCCA_DER_SEQUENCE, &body) && rest.n == 0 &&
         vcca_der_take_tag(&body, VCCA_DER_SEQUENCE, &tbs) && vcca_der_take_tag(&body, VCCA_DER_SEQUENCE, &algorithm) &&
         vcca_der_take_bits(&body, &signature) && body.n == 0 && (!is_ecdsa(algorithm) || vcca_der_is_ecdsa(signature));
}

bool vcca_cert_der(vcca_span der_or_pem, vcca_sink *out, struct vcca_error *err)
{
  size_t before = out->n;
  if (!vcca_cert_is_der(der_or_pem)) {
    if (!vcca_pem_get("CERTIFICATE", der_or_pem, out, err))
      return false;
  } else {
    vcca_sink_put(out, der_or_pem);
    if (!vcca_sink_ok(out))
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "a certificate of %zu bytes, at most %zu fit here", der_or_pem.n,
                       out->cap - before);
  }
  if (!is_strict(vcca_span_of(out->p + before, out->n - before)))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "not a certificate in DER, or something follows it");
  return true;
}

/* UTCTime "YYMMDDHHMMSSZ" up to 2049, or GeneralizedTime "YYYYMMDDHHMMSSZ" (RFC 5280, 4.1.2.5): always in
 * UTC with seconds. */
static bool take_time(vcca_span *in, char out[VCCA_TIME_TEXT])
{
  vcca_span text;
  int64_t seconds;
  size_t century = 0;
  if (vcca_der_take_tag(in, VCCA_DER_UTC_TIME, &text) && text.n > 0) {
    memcpy(out, text.p[0] >= '5' ? "19" : "20", 2);
    century = 2;
  } else if (!vcca_der_take_tag(in, VCCA_DER_TIME, &text)) {
    return false;
  }
  if (century + text.n != VCCA_TIME_TEXT - 1)
    return false;
  memcpy(out + century, text.p, text.n);
  out[VCCA_TIME_TEXT - 1] = '\0';
  return vcca_time_read(out, &seconds, NULL);
}

/* TBSCertificate ::= SEQUENCE { [0] version, serialNumber, signature, issuer, validity SEQUENCE {
 * notBefore, notAfter }, ... } */
static bool read_validity(vcca_span in, struct vcca_cert_info *info)
{
  vcca_span tbs, ignored;
  uint8_t tag;
  if (!vcca_der_take_tag(&in, VCCA_DER_SEQUENCE, &tbs))
    return false;
  vcca_der_take_tag(&tbs, VCCA_DER_CONTEXT | VCCA_DER_CONSTRUCTED | 0, &ignored);
  for (int i = 0; i < 3; i++)
    if (!vcca_der_take(&tbs, &tag, &ignored))
      return false;
  vcca_span validity;
  return vcca_der_take_tag(&tbs, VCCA_DER_SEQUENCE, &validity) && take_time(&validity, info->not_before) &&
         take_time(&validity, info->not_after) && validity.n == 0;
}

/* A name for people; nothing is decided by it. */
static void show_name(const mbedtls_x509_name *name, char *out, size_t cap)
{
  char text[1024];
  int n = mbedtls_x509_dn_gets(text, sizeof text, name);
  if (n < 0)
    snprintf(text, sizeof text, "a long name");
  snprintf(out, cap, "%.*s%s", (int)cap - 4, text, n >= (int)cap ? "..." : "");
}

static bool read_info(struct vcca_cert *cert, struct vcca_error *err)
{
  struct vcca_cert_info *info = &cert->info;
  vcca_span serial = vcca_span_of(cert->crt.serial.p, cert->crt.serial.len);
  if (serial.n > 1 && serial.p[0] == 0)
    serial = vcca_span_sub(serial, 1, serial.n);
  if (2 * serial.n >= sizeof info->serial)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "a certificate serial number of %zu bytes; RFC 5280 allows 20",
                     serial.n);
  vcca_hex_text(serial, info->serial, sizeof info->serial);
  show_name(&cert->crt.subject, info->subject, sizeof info->subject);
  show_name(&cert->crt.issuer, info->issuer, sizeof info->issuer);
  if (!read_validity(vcca_span_of(cert->crt.tbs.p, cert->crt.tbs.len), info))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the certificate's dates are not times as RFC 5280 has them");
  info->ca = cert->ext.ca;
  info->may_sign = mbedtls_x509_crt_check_key_usage(&cert->crt, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) == 0;
  return true;
}

/* mbedTLS asks about each extension that it does not know: vcca_extensions_read decides. */
static int let_pass(void *nothing, const mbedtls_x509_crt *crt, const mbedtls_x509_buf *oid, int critical,
                    const unsigned char *p, const unsigned char *end)
{
  (void)nothing, (void)crt, (void)oid, (void)critical, (void)p, (void)end;
  return 0;
}

bool vcca_cert_open(struct vcca_cert *cert, vcca_span der_or_pem, struct vcca_error *err)
{
  uint8_t buffer[VCCA_CERT_MAX];
  vcca_sink der = VCCA_SINK(buffer);
  memset(cert, 0, sizeof *cert);
  mbedtls_x509_crt_init(&cert->crt);
  if (!vcca_cert_der(der_or_pem, &der, err))
    return false;
  vcca_psa_start(); /* since 4.0 a certificate's key is PSA's from the start */
  int status = mbedtls_x509_crt_parse_der_with_ext_cb(&cert->crt, der.p, der.n, 1, let_pass, NULL);
  if (status != 0)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "not a certificate that can be used: mbedTLS says -0x%04x",
                     (unsigned)-status);
  if (!vcca_extensions_read(vcca_span_of(cert->crt.v3_ext.p, cert->crt.v3_ext.len), &cert->ext))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the certificate's extensions are not DER as RFC 5280 has them");
  return read_info(cert, err);
}

void vcca_cert_close(struct vcca_cert *cert)
{
  mbedtls_x509_crt_free(&cert->crt);
}

bool vcca_cert_read(vcca_span der_or_pem, struct vcca_cert_info *out, struct vcca_error *err)
{
  struct vcca_cert cert;
  bool ok = vcca_cert_open(&cert, der_or_pem, err);
  if (ok)
    *out = cert.info;
  vcca_cert_close(&cert);
  return ok;
}

vcca_key *vcca_cert_key(vcca_span der_or_pem, struct vcca_error *err)
{
  struct vcca_cert cert;
  vcca_key *key = NULL;
  if (vcca_cert_open(&cert, der_or_pem, err))
    key = vcca_key_from_spki(vcca_span_of(cert.crt.pk_raw.p, cert.crt.pk_raw.len), err);
  vcca_cert_close(&cert);
  return key;
}
