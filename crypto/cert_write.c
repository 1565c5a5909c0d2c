/* Writing certificates (RFC 5280). mbedTLS's own writer changes between its versions and wants a random
 * source; this one gives the same bytes everywhere.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "crypto/cert.h"
#include "rooms/der.h"
#include "crypto/key.h"
#include "crypto/rsa.h"
#include "crypto/sign.h"
#include "rooms/time.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/span.h"

/* AlgorithmIdentifier contents: ecdsa-with-SHA256/384/512 (RFC 5758, 3.2), sha256WithRSAEncryption (RFC
 * 4055, 5). */
static const uint8_t ecdsa_sha256[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
static const uint8_t ecdsa_sha384[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03};
static const uint8_t ecdsa_sha512[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04};
static const uint8_t rsa_sha256[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00};

static const struct {
  vcca_span algorithm;
  enum vcca_hash_alg hash;
} signers[] = {
    [VCCA_KEY_P256] = {{ecdsa_sha256, sizeof ecdsa_sha256}, VCCA_SHA256},
    [VCCA_KEY_P384] = {{ecdsa_sha384, sizeof ecdsa_sha384}, VCCA_SHA384},
    [VCCA_KEY_P521] = {{ecdsa_sha512, sizeof ecdsa_sha512}, VCCA_SHA512},
    [VCCA_KEY_RSA] = {{rsa_sha256, sizeof rsa_sha256}, VCCA_SHA256},
};

static const uint8_t oid_common_name[] = {0x55, 0x04, 0x03};
static const uint8_t oid_organization[] = {0x55, 0x04, 0x0a};
static const uint8_t oid_subject_key_id[] = {0x55, 0x1d, 0x0e};
static const uint8_t oid_key_usage[] = {0x55, 0x1d, 0x0f};
static const uint8_t oid_basic_constraints[] = {0x55, 0x1d, 0x13};
static const uint8_t oid_authority_key_id[] = {0x55, 0x1d, 0x23};
static const uint8_t der_true = 0xff;

enum { NAME_MAX_LENGTH = 64, SERIAL_MAX = 20, KEY_ID_SIZE = 20 };

/* ub-common-name and ub-organization-name are 64 (RFC 5280, appendix A.1). */
static bool check_name(const char *name, const char *which, struct vcca_error *err)
{
  size_t n = name ? strlen(name) : 0;
  if (n < 1 || n > NAME_MAX_LENGTH)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the certificate's %s has %zu characters; 1 to %d are allowed", which, n,
                     NAME_MAX_LENGTH);
  for (size_t i = 0; i < n; i++)
    if (name[i] < 0x20 || name[i] > 0x7e)
      return vcca_fail(err, VCCA_FAULT_USAGE, "the certificate's %s may only have printable ASCII characters", which);
  return true;
}

static bool check_spec(const struct vcca_cert_spec *spec, const vcca_key *issuer, struct vcca_error *err)
{
  if (!vcca_key_is_pair(issuer))
    return vcca_fail(err, VCCA_FAULT_USAGE, "the issuer of a certificate needs its private key");
  if (!check_name(spec->subject_cn, "subject", err) || !check_name(spec->issuer_cn, "issuer", err) ||
      (spec->organization && !check_name(spec->organization, "organization", err)))
    return false;
  if (spec->serial.n < 1 || spec->serial.n > SERIAL_MAX || vcca_span_zero(spec->serial) ||
      (spec->serial.n == SERIAL_MAX && spec->serial.p[0] >= 0x80))
    return vcca_fail(err, VCCA_FAULT_USAGE, "a certificate's serial number is positive and fits %d bytes with its sign",
                     SERIAL_MAX);
  int64_t seconds;
  if (!vcca_time_read(spec->not_before, &seconds, err) || !vcca_time_read(spec->not_after, &seconds, err))
    return false;
  if (strcmp(spec->not_before, spec->not_after) > 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "a certificate's dates come with the earlier one first");
  if (spec->key_usage > 0xff)
    return vcca_fail(err, VCCA_FAULT_USAGE, "key usage 0x%x: only the first eight bits are supported", spec->key_usage);
  if (spec->ca && (spec->path_len < -1 || spec->path_len > 0x7f))
    return vcca_fail(err, VCCA_FAULT_USAGE, "path length %d: -1 for none, or 0 to 127", spec->path_len);
  return true;
}

static void put_attribute(struct vcca_der *d, vcca_span oid, const char *text)
{
  const uint8_t *end = vcca_der_mark(d);
  vcca_der_put(d, VCCA_DER_UTF8, vcca_span_str(text));
  vcca_der_put(d, VCCA_DER_OID, oid);
  vcca_der_wrap(d, end, VCCA_DER_SEQUENCE);
  vcca_der_wrap(d, end, VCCA_DER_SET);
}

static void put_name(struct vcca_der *d, const char *organization, const char *cn)
{
  const uint8_t *end = vcca_der_mark(d);
  put_attribute(d, VCCA_SPAN(oid_common_name), cn);
  if (organization)
    put_attribute(d, VCCA_SPAN(oid_organization), organization);
  vcca_der_wrap(d, end, VCCA_DER_SEQUENCE);
}

/* UTCTime with its two-digit year until 2049, GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5). */
static void put_time(struct vcca_der *d, const char *text)
{
  bool utc = strncmp(text, "1950", 4) >= 0 && strncmp(text, "2050", 4) < 0;
  vcca_der_put(d, utc ? VCCA_DER_UTC_TIME : VCCA_DER_TIME, vcca_span_str(utc ? text + 2 : text));
}

/* The value is what was written since the mark. */
static void put_extension(struct vcca_der *d, const uint8_t *mark, vcca_span oid, bool critical)
{
  vcca_der_wrap(d, mark, VCCA_DER_OCTETS);
  if (critical)
    vcca_der_put(d, VCCA_DER_BOOLEAN, vcca_span_of(&der_true, 1));
  vcca_der_put(d, VCCA_DER_OID, oid);
  vcca_der_wrap(d, mark, VCCA_DER_SEQUENCE);
}

/* Key identifiers are the leftmost 160 bits of SHA-256 over the BIT STRING's content (RFC 7093, 2, method
 * 1). */
static void put_key_id(struct vcca_der *d, const vcca_key *key, uint8_t tag)
{
  uint8_t digest[VCCA_HASH_MAX];
  vcca_hash(VCCA_SHA256, vcca_key_public(key), digest);
  vcca_der_put(d, tag, vcca_span_of(digest, KEY_ID_SIZE));
}

/* KeyUsage is a named bit list: zero bits at its end are not written (X.690, 11.2.2). */
static void put_key_usage(struct vcca_der *d, unsigned usage)
{
  uint8_t value[2] = {0, (uint8_t)usage}; /* unused bits, bits */
  while (value[0] < 7 && (usage >> value[0] & 1) == 0)
    value[0]++;
  const uint8_t *mark = vcca_der_mark(d);
  vcca_der_put(d, VCCA_DER_BITS, VCCA_SPAN(value));
  put_extension(d, mark, VCCA_SPAN(oid_key_usage), true);
}

static void put_basic_constraints(struct vcca_der *d, int path_len)
{
  const uint8_t *mark = vcca_der_mark(d);
  uint8_t length = (uint8_t)path_len;
  if (path_len >= 0)
    vcca_der_uint(d, vcca_span_of(&length, 1));
  vcca_der_put(d, VCCA_DER_BOOLEAN, vcca_span_of(&der_true, 1));
  vcca_der_wrap(d, mark, VCCA_DER_SEQUENCE);
  put_extension(d, mark, VCCA_SPAN(oid_basic_constraints), true);
}

/* From the last to the first: basicConstraints, keyUsage, subjectKeyIdentifier, authorityKeyIdentifier. */
static void put_extensions(struct vcca_der *d, const struct vcca_cert_spec *spec, const vcca_key *subject,
                           const vcca_key *issuer)
{
  const uint8_t *end = vcca_der_mark(d);
  put_key_id(d, issuer, VCCA_DER_CONTEXT | 0); /* keyIdentifier [0] IMPLICIT */
  vcca_der_wrap(d, end, VCCA_DER_SEQUENCE);
  put_extension(d, end, VCCA_SPAN(oid_authority_key_id), false);
  const uint8_t *mark = vcca_der_mark(d);
  put_key_id(d, subject, VCCA_DER_OCTETS);
  put_extension(d, mark, VCCA_SPAN(oid_subject_key_id), false);
  if (spec->key_usage)
    put_key_usage(d, spec->key_usage);
  if (spec->ca)
    put_basic_constraints(d, spec->path_len);
  vcca_der_wrap(d, end, VCCA_DER_SEQUENCE);
  vcca_der_wrap(d, end, VCCA_DER_CONTEXT | VCCA_DER_CONSTRUCTED | 3);
}

static void put_tbs(struct vcca_der *d, const struct vcca_cert_spec *spec, const vcca_key *subject,
                    const vcca_key *issuer)
{
  static const uint8_t v3 = 2;
  uint8_t spki[VCCA_SPKI_MAX];
  vcca_sink spki_sink = VCCA_SINK(spki);
  const uint8_t *end = vcca_der_mark(d);
  put_extensions(d, spec, subject, issuer);
  if (!vcca_key_spki(subject, &spki_sink))
    d->failed = true;
  vcca_der_raw(d, vcca_sink_span(&spki_sink));
  put_name(d, spec->organization, spec->subject_cn);
  const uint8_t *mark = vcca_der_mark(d);
  put_time(d, spec->not_after);
  put_time(d, spec->not_before);
  vcca_der_wrap(d, mark, VCCA_DER_SEQUENCE);
  put_name(d, spec->organization, spec->issuer_cn);
  vcca_der_put(d, VCCA_DER_SEQUENCE, signers[issuer->type].algorithm);
  vcca_der_uint(d, spec->serial);
  mark = vcca_der_mark(d);
  vcca_der_uint(d, vcca_span_of(&v3, 1));
  vcca_der_wrap(d, mark, VCCA_DER_CONTEXT | VCCA_DER_CONSTRUCTED | 0);
  vcca_der_wrap(d, end, VCCA_DER_SEQUENCE);
}

/* Ecdsa-Sig-Value ::= SEQUENCE { r, s } (RFC 5480, appendix A); an RSA signature is bare. */
static void put_signature(struct vcca_der *d, const vcca_key *issuer, vcca_span signature)
{
  const uint8_t *end = vcca_der_mark(d);
  if (issuer->type == VCCA_KEY_RSA) {
    vcca_der_raw(d, signature);
  } else {
    vcca_der_uint(d, vcca_span_sub(signature, signature.n / 2, signature.n));
    vcca_der_uint(d, vcca_span_sub(signature, 0, signature.n / 2));
    vcca_der_wrap(d, end, VCCA_DER_SEQUENCE);
  }
  vcca_der_bits(d, end);
}

bool vcca_cert_write(const struct vcca_cert_spec *spec, const vcca_key *subject, const vcca_key *issuer, vcca_sink *der,
                     struct vcca_error *err)
{
  if (!check_spec(spec, issuer, err))
    return false;
  uint8_t buffer[VCCA_CERT_MAX], tbs_buffer[VCCA_CERT_MAX], bytes[VCCA_HASH_MAX], signature_bytes[VCCA_SIG_MAX];
  struct vcca_der tbs_writer = vcca_der_in(tbs_buffer, sizeof tbs_buffer), d = vcca_der_in(buffer, sizeof buffer);
  put_tbs(&tbs_writer, spec, subject, issuer);
  vcca_span tbs = vcca_der_span(&tbs_writer);
  enum vcca_hash_alg hash = signers[issuer->type].hash;
  vcca_span digest = vcca_span_of(bytes, vcca_hash_size(hash));
  vcca_sink signature = VCCA_SINK(signature_bytes);
  vcca_hash(hash, tbs, bytes);
  bool ok = issuer->type == VCCA_KEY_RSA ? vcca_rsa_sign_pkcs1(issuer, digest, &signature, err)
                                         : vcca_ecdsa_sign(issuer, hash, digest, &signature, err);
  if (!ok)
    return false;
  const uint8_t *end = vcca_der_mark(&d);
  put_signature(&d, issuer, vcca_sink_span(&signature));
  vcca_der_put(&d, VCCA_DER_SEQUENCE, signers[issuer->type].algorithm);
  vcca_der_raw(&d, tbs);
  vcca_der_wrap(&d, end, VCCA_DER_SEQUENCE);
  vcca_span whole = vcca_der_span(&d);
  vcca_sink_put(der, whole);
  if (tbs.n == 0 || whole.n == 0 || !vcca_sink_ok(der))
    return vcca_fail(err, VCCA_FAULT_USAGE, "no room for the certificate: allow %d bytes", VCCA_CERT_MAX);
  return true;
}
