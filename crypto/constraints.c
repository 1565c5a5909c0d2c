/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/constraints.h"

#include <string.h>

#include "rooms/der.h"
#include "crypto/name.h"
#include "rooms/crypto.h"

/* Tags of a GeneralName. */
enum { EMAIL = 0x81, DNS = 0x82, DIRECTORY = 0xa4, ADDRESS = 0x87 };

static uint8_t lower(uint8_t c)
{
  return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* A domain is within itself and within what it ends with after a dot; within ".a.b" is only what is longer. */
static bool domain_within(vcca_span name, vcca_span base)
{
  if (base.n == 0)
    return true;
  if (name.n < base.n || (name.n == base.n && base.p[0] == '.'))
    return false;
  vcca_span tail = vcca_span_sub(name, name.n - base.n, base.n);
  for (size_t i = 0; i < tail.n; i++)
    if (lower(tail.p[i]) != lower(base.p[i]))
      return false;
  return name.n == base.n || base.p[0] == '.' || name.p[name.n - base.n - 1] == '.';
}

/* The base is an address and a mask. */
static bool address_within(vcca_span name, vcca_span base)
{
  bool within = base.n == 2 * name.n;
  for (size_t i = 0; within && i < name.n; i++)
    within = ((name.p[i] ^ base.p[i]) & base.p[name.n + i]) == 0;
  return within;
}

static bool directory_within(vcca_span name, vcca_span base)
{
  static const size_t cap = (size_t)VCCA_CERT_MAX * VCCA_NAME_FORM_MAX;
  uint8_t name_room[VCCA_CERT_MAX * VCCA_NAME_FORM_MAX], base_room[VCCA_CERT_MAX * VCCA_NAME_FORM_MAX];
  vcca_sink name_form = vcca_sink_of(name_room, cap), base_form = vcca_sink_of(base_room, cap);
  return vcca_name_form(name, &name_form) && vcca_name_form(base, &base_form) && base_form.n <= name_form.n &&
         memcmp(base_room, name_room, base_form.n) == 0;
}

/* The forms that are compared. */
static const struct {
  uint8_t tag;
  bool (*within)(vcca_span name, vcca_span base);
} forms[] = {{DNS, domain_within}, {DIRECTORY, directory_within}, {ADDRESS, address_within}};
enum { FORMS = sizeof forms / sizeof forms[0] };

enum answer { NONE_OF_ITS_FORM, OUTSIDE, WITHIN, UNCLEAR };

/* Holds one name against GeneralSubtrees ::= SEQUENCE OF SEQUENCE { base GeneralName, minimum [0] DEFAULT
 * 0, maximum [1] }. A distance is not used in certificates (4.2.1.10), and nobody would know what it means. */
static enum answer held_against(vcca_span subtrees, uint8_t tag, vcca_span name, size_t *work)
{
  size_t form = 0;
  enum answer answer = NONE_OF_ITS_FORM;
  while (form < FORMS && forms[form].tag != tag)
    form++;
  while (subtrees.n > 0) {
    vcca_span subtree, base;
    uint8_t base_tag;
    if (*work == 0 || !vcca_der_take_tag(&subtrees, VCCA_DER_SEQUENCE, &subtree) ||
        !vcca_der_take(&subtree, &base_tag, &base))
      return UNCLEAR;
    --*work;
    if (base_tag != tag)
      continue;
    if (subtree.n > 0 || form == FORMS)
      return UNCLEAR;
    if (answer != WITHIN)
      answer = forms[form].within(name, base) ? WITHIN : OUTSIDE;
  }
  return answer;
}

struct constraints {
  vcca_span permitted, excluded;
  size_t *work;
};

static const char *name_refused(const struct constraints *c, uint8_t tag, vcca_span name)
{
  enum answer permitted = held_against(c->permitted, tag, name, c->work),
              excluded = held_against(c->excluded, tag, name, c->work);
  if (permitted == UNCLEAR || excluded == UNCLEAR)
    return "has name constraints that cannot be held here against the names of";
  if (permitted == OUTSIDE || excluded == WITHIN)
    return "may not certify such names: its name constraints exclude";
  return NULL;
}

/* An e-mail address in the subject counts as a name of that form (4.2.1.10). */
static bool has_email(const mbedtls_x509_name *subject)
{
  static const uint8_t email_address[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01};
  for (; subject != NULL; subject = subject->next)
    if (vcca_span_eq(vcca_span_of(subject->oid.p, subject->oid.len), VCCA_SPAN(email_address)))
      return true;
  return false;
}

const char *vcca_names_refused(const struct vcca_cert *ca, const struct vcca_cert *cert, size_t *work)
{
  vcca_span in = ca->ext.name_constraints, subject = {cert->crt.subject_raw.p, cert->crt.subject_raw.len};
  struct constraints c = {.permitted = {NULL, 0}};
  const char *refused = NULL;
  c.work = work;
  if (in.p == NULL)
    return NULL;
  vcca_der_take_tag(&in, VCCA_DER_CONTEXT | VCCA_DER_CONSTRUCTED | 0, &c.permitted);
  vcca_der_take_tag(&in, VCCA_DER_CONTEXT | VCCA_DER_CONSTRUCTED | 1, &c.excluded);
  if (in.n > 0)
    return "has name constraints that are malformed, and is the issuer of";
  if (subject.n > 2) /* not the empty name */
    refused = name_refused(&c, DIRECTORY, subject);
  if (refused == NULL && has_email(&cert->crt.subject))
    refused = name_refused(&c, EMAIL, vcca_span_of(NULL, 0));
  for (vcca_span names = cert->ext.alternative_names; refused == NULL && names.n > 0;) {
    uint8_t tag;
    vcca_span name;
    if (!vcca_der_take(&names, &tag, &name))
      return "has name constraints, but one cannot read the names of";
    refused = name_refused(&c, tag, name);
  }
  return refused;
}
