/* Reading certificates. mbedTLS parses; what it is lenient about (lengths longer than need be, bytes after the end) is
 * refused first, so that one certificate has one encoding and no byte of it is without meaning.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cert.h"

#include <string.h>

#include "crypto/der.h"
#include "crypto/pem.h"
#include "crypto/psa.h"
#include "vcca/hex.h"

/* A PEM text never has a byte above 0x7f in second place, a certificate's DER always has (it is longer than 127). */
static bool looks_like_der(vcca_span bytes)
{
  return bytes.n > 1 && bytes.p[0] == VCCA_DER_SEQUENCE && bytes.p[1] >= 0x80;
}

/* ecdsa-with-SHA2 (RFC 5758, 3.2) up to the hash: 1.2.840.10045.4.3 */
static bool is_ecdsa(vcca_span algorithm)
{
  static const uint8_t oid[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03};
  return vcca_span_eq(vcca_span_sub(algorithm, 0, sizeof oid), VCCA_SPAN(oid));
}

/* Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature BIT STRING }, and an ECDSA signature is DER
 * again. mbedTLS would take a number without its leading zero, which is a negative one, for the number that was meant. */
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
  if (!looks_like_der(der_or_pem)) {
    if (!vcca_pem_get("CERTIFICATE", der_or_pem, out, err))
      return false;
  } else {
    vcca_sink_put(out, der_or_pem);
    if (!vcca_sink_ok(out))
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "a certificate of %zu bytes, at most %zu fit here", der_or_pem.n, out->cap - before);
  }
  if (!is_strict(vcca_span_of(out->p + before, out->n - before)))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "not a certificate in DER, or something follows it");
  return true;
}

static char *put_digits(char *at, int value, int digits)
{
  for (int i = digits - 1; i >= 0; i--, value /= 10)
    at[i] = (char)('0' + value % 10);
  return at + digits;
}

static bool put_time(const mbedtls_x509_time *t, char out[16])
{
  if (t->year < 0 || t->year > 9999)
    return false;
  char *at = put_digits(out, t->year, 4);
  at = put_digits(at, t->mon, 2);
  at = put_digits(at, t->day, 2);
  at = put_digits(at, t->hour, 2);
  at = put_digits(at, t->min, 2);
  at = put_digits(at, t->sec, 2);
  memcpy(at, "Z", 2);
  return vcca_cert_time(out);
}

static int two_digits(const char *p)
{
  return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9' ? 10 * (p[0] - '0') + p[1] - '0' : -1;
}

bool vcca_cert_time(const char *text)
{
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (!text || strlen(text) != 15 || text[14] != 'Z')
    return false;
  int field[7]; /* century, year of it, month, day, hour, minute, second */
  for (size_t i = 0; i < 7; i++)
    if ((field[i] = two_digits(text + 2 * i)) < 0)
      return false;
  int year = 100 * field[0] + field[1], month = field[2];
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month >= 1 && month <= 12 && field[3] >= 1 && field[3] <= days[month - 1] + (leap && month == 2) && field[4] <= 23 && field[5] <= 59 &&
         field[6] <= 59;
}

/* A FALSE that is written out, though it is the default, is tolerated: real issuers do it. */
static bool read_boolean(vcca_span value, bool *out)
{
  *out = value.n == 1 && value.p[0] == 0xff;
  return *out || (value.n == 1 && value.p[0] == 0x00);
}

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL } */
static bool read_constraints(vcca_span value, struct vcca_cert *cert)
{
  vcca_span body, ca, path_len;
  if (!vcca_der_take_tag(&value, VCCA_DER_SEQUENCE, &body) || value.n != 0)
    return false;
  if (vcca_der_take_tag(&body, VCCA_DER_BOOLEAN, &ca) && !read_boolean(ca, &cert->info.ca))
    return false;
  if (body.n == 0)
    return true;
  if (!vcca_der_take_uint(&body, &path_len) || body.n != 0 || path_len.n > 1)
    return false;
  cert->path_len = path_len.n == 1 ? path_len.p[0] : 0;
  return true;
}

/* Finds basicConstraints among the extensions (RFC 5280, 4.2.1.9); mbedTLS has seen to it that there is at most one. */
static bool read_extensions(struct vcca_cert *cert)
{
  static const uint8_t basic_constraints[] = {0x55, 0x1d, 0x13};
  vcca_span in = vcca_span_of(cert->crt.v3_ext.p, cert->crt.v3_ext.len), list, extension, oid, critical, value;
  cert->path_len = -1;
  if (in.n == 0)
    return true;
  if (!vcca_der_take_tag(&in, VCCA_DER_SEQUENCE, &list))
    return false;
  while (list.n > 0) {
    if (!vcca_der_take_tag(&list, VCCA_DER_SEQUENCE, &extension) || !vcca_der_take_tag(&extension, VCCA_DER_OID, &oid))
      return false;
    bool is_critical; /* mbedTLS has refused the critical ones it does not know */
    if (vcca_der_take_tag(&extension, VCCA_DER_BOOLEAN, &critical) && !read_boolean(critical, &is_critical))
      return false;
    if (!vcca_der_take_tag(&extension, VCCA_DER_OCTETS, &value) || extension.n != 0)
      return false;
    if (vcca_span_eq(oid, VCCA_SPAN(basic_constraints)) && !read_constraints(value, cert))
      return false;
  }
  return true;
}

static bool read_info(struct vcca_cert *cert, struct vcca_error *err)
{
  struct vcca_cert_info *info = &cert->info;
  vcca_span serial = vcca_span_of(cert->crt.serial.p, cert->crt.serial.len);
  if (serial.n > 1 && serial.p[0] == 0)
    serial = vcca_span_sub(serial, 1, serial.n);
  if (2 * serial.n >= sizeof info->serial)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "a certificate serial number of %zu bytes; RFC 5280 allows 20", serial.n);
  vcca_hex_text(serial, info->serial, sizeof info->serial);
  if (mbedtls_x509_dn_gets(info->subject, sizeof info->subject, &cert->crt.subject) < 0 ||
      mbedtls_x509_dn_gets(info->issuer, sizeof info->issuer, &cert->crt.issuer) < 0)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "a name in the certificate is longer than %zu characters", sizeof info->subject - 1);
  if (!put_time(&cert->crt.valid_from, info->not_before) || !put_time(&cert->crt.valid_to, info->not_after))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the certificate's dates are no dates");
  info->may_sign = mbedtls_x509_crt_check_key_usage(&cert->crt, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) == 0;
  return true;
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
  int status = mbedtls_x509_crt_parse_der(&cert->crt, der.p, der.n);
  if (status != 0)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "not a certificate that can be used: mbedTLS says -0x%04x", (unsigned)-status);
  if (!read_extensions(cert))
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
