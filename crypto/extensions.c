/* The extensions of a certificate (RFC 5280, 4.2). An extension that is critical and not understood here
 * does not make the certificate unreadable: it makes it useless on a path, which chain.c says when one
 * needs it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "crypto/cert.h"
#include "rooms/der.h"

enum { LAST_EXTENSIONS = 64 };

/* A FALSE that is written out, though it is the default, is tolerated: real issuers do it. */
static bool read_boolean(vcca_span value, bool *out)
{
  *out = value.n == 1 && value.p[0] == 0xff;
  return *out || (value.n == 1 && value.p[0] == 0x00);
}

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }. A path
 * length beyond 255 is no limit that a path here could reach. */
static bool read_basic_constraints(vcca_span value, bool critical, struct vcca_extensions *out)
{
  vcca_span body, ca, path_len;
  (void)critical;
  if (!vcca_der_take_tag(&value, VCCA_DER_SEQUENCE, &body) || value.n != 0)
    return false;
  if (vcca_der_take_tag(&body, VCCA_DER_BOOLEAN, &ca) && !read_boolean(ca, &out->ca))
    return false;
  if (body.n == 0)
    return true;
  if (!vcca_der_take_uint(&body, &path_len) || body.n != 0)
    return false;
  if (path_len.n <= 1)
    out->path_len = path_len.n == 1 ? path_len.p[0] : 0;
  return true;
}

static bool read_subject_key_id(vcca_span value, bool critical, struct vcca_extensions *out)
{
  (void)critical;
  return vcca_der_take_tag(&value, VCCA_DER_OCTETS, &out->subject_key_id) && value.n == 0;
}

/* AuthorityKeyIdentifier ::= SEQUENCE { [0] KeyIdentifier, [1] GeneralNames, [2] CertificateSerialNumber },
 * each optional */
static bool read_authority_key_id(vcca_span value, bool critical, struct vcca_extensions *out)
{
  vcca_span body;
  (void)critical;
  if (!vcca_der_take_tag(&value, VCCA_DER_SEQUENCE, &body) || value.n != 0)
    return false;
  vcca_der_take_tag(&body, VCCA_DER_CONTEXT | 0, &out->authority_key_id);
  vcca_der_take_tag(&body, VCCA_DER_CONTEXT | VCCA_DER_CONSTRUCTED | 1, &out->authority_issuer);
  vcca_der_take_tag(&body, VCCA_DER_CONTEXT | 2, &out->authority_serial);
  return body.n == 0;
}

static bool read_alternative_names(vcca_span value, bool critical, struct vcca_extensions *out)
{
  (void)critical;
  return vcca_der_take_tag(&value, VCCA_DER_SEQUENCE, &out->alternative_names) && value.n == 0;
}

static bool read_name_constraints(vcca_span value, bool critical, struct vcca_extensions *out)
{
  (void)critical;
  return vcca_der_take_tag(&value, VCCA_DER_SEQUENCE, &out->name_constraints) && value.n == 0;
}

/* ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId */
static bool read_purposes(vcca_span value, bool critical, struct vcca_extensions *out)
{
  static const uint8_t any[] = {0x55, 0x1d, 0x25, 0x00};
  vcca_span list, purpose;
  if (!vcca_der_take_tag(&value, VCCA_DER_SEQUENCE, &list) || value.n != 0 || list.n == 0)
    return false;
  out->purposes = true;
  out->purposes_critical = critical;
  while (list.n > 0) {
    if (!vcca_der_take_tag(&list, VCCA_DER_OID, &purpose))
      return false;
    out->any_purpose = out->any_purpose || vcca_span_eq(purpose, VCCA_SPAN(any));
  }
  return true;
}

/* PolicyConstraints ::= SEQUENCE { requireExplicitPolicy [0], inhibitPolicyMapping [1] }, each optional */
static bool read_policy_constraints(vcca_span value, bool critical, struct vcca_extensions *out)
{
  vcca_span body, number;
  (void)critical;
  if (!vcca_der_take_tag(&value, VCCA_DER_SEQUENCE, &body) || value.n != 0)
    return false;
  out->explicit_policy = vcca_der_take_tag(&body, VCCA_DER_CONTEXT | 0, &number);
  vcca_der_take_tag(&body, VCCA_DER_CONTEXT | 1, &number);
  return body.n == 0;
}

/* Nothing to do: mbedTLS reads it (key usage), or it can change no outcome here. Any policy is acceptable
 * to us, so that policies matter only where an explicit one is asked for (RFC 5280, 6.1.1, 6.1.5). An
 * issuer's other names are for people. */
static bool read_nothing(vcca_span value, bool critical, struct vcca_extensions *out)
{
  (void)value;
  (void)critical;
  (void)out;
  return true;
}

/* What is understood: the last byte of id-ce (2.5.29). */
static const struct {
  uint8_t id;
  bool (*read)(vcca_span value, bool critical, struct vcca_extensions *out);
} known[] = {
    {14, read_subject_key_id},                                   /* subjectKeyIdentifier */
    {15, read_nothing},                                          /* keyUsage */
    {17, read_alternative_names}, {18, read_nothing},            /* subjectAltName, issuerAltName */
    {19, read_basic_constraints}, {30, read_name_constraints},   /* basicConstraints, nameConstraints */
    {32, read_nothing},           {33, read_nothing},            /* certificatePolicies, policyMappings */
    {35, read_authority_key_id},  {36, read_policy_constraints}, /* authorityKeyIdentifier, policyConstraints */
    {37, read_purposes},          {54, read_nothing},            /* extKeyUsage, inhibitAnyPolicy */
};
enum { KNOWN = sizeof known / sizeof known[0] };

static size_t known_at(vcca_span oid)
{
  size_t i = 0;
  bool id_ce = oid.n == 3 && oid.p[0] == 0x55 && oid.p[1] == 0x1d;
  while (i < KNOWN && !(id_ce && oid.p[2] == known[i].id))
    i++;
  return i;
}

/* "2.5.29.36"; cut short where it does not fit. */
static void oid_text(vcca_span oid, char out[VCCA_OID_TEXT])
{
  unsigned long long arc = 0;
  size_t n = 0;
  for (size_t i = 0; i < oid.n && n < VCCA_OID_TEXT; i++) {
    arc = arc << 7 | (oid.p[i] & 0x7f);
    if (oid.p[i] & 0x80)
      continue;
    unsigned long long first = arc < 80 ? arc / 40 : 2;
    int wrote = n == 0 ? snprintf(out, VCCA_OID_TEXT, "%llu.%llu", first, arc - 40 * first)
                       : snprintf(out + n, VCCA_OID_TEXT - n, ".%llu", arc);
    n += wrote > 0 ? (size_t)wrote : 0;
    arc = 0;
  }
  if (n == 0)
    snprintf(out, VCCA_OID_TEXT, "an empty identifier");
}

static bool read_one(vcca_span extension, vcca_span oid, struct vcca_extensions *out)
{
  vcca_span boolean, value;
  bool critical = false;
  if (vcca_der_take_tag(&extension, VCCA_DER_BOOLEAN, &boolean) && !read_boolean(boolean, &critical))
    return false;
  if (!vcca_der_take_tag(&extension, VCCA_DER_OCTETS, &value) || extension.n != 0)
    return false;
  size_t i = known_at(oid);
  if (i < KNOWN)
    return known[i].read(value, critical, out);
  if (critical && out->not_understood[0] == '\0')
    oid_text(oid, out->not_understood);
  return true;
}

bool vcca_extensions_read(vcca_span in, struct vcca_extensions *out)
{
  vcca_span list, extension, oids[LAST_EXTENSIONS];
  size_t count = 0;
  *out = (struct vcca_extensions){.path_len = -1};
  if (in.n == 0)
    return true;
  if (!vcca_der_take_tag(&in, VCCA_DER_SEQUENCE, &list) || in.n != 0)
    return false;
  while (list.n > 0) {
    if (count == LAST_EXTENSIONS || !vcca_der_take_tag(&list, VCCA_DER_SEQUENCE, &extension) ||
        !vcca_der_take_tag(&extension, VCCA_DER_OID, &oids[count]))
      return false;
    for (size_t i = 0; i < count; i++) /* at most one of each (4.2) */
      if (vcca_span_eq(oids[i], oids[count]))
        return false;
    if (!read_one(extension, oids[count++], out))
      return false;
  }
  return true;
}
