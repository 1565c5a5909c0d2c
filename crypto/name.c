/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/name.h"

#include <string.h>

#include "rooms/der.h"
#include "rooms/crypto.h"
#include "rooms/span.h"

enum { ATTRIBUTES = 32 }; /* of one RDN */
enum {
  TAG_NUMERIC = 0x12,
  TAG_PRINTABLE = 0x13,
  TAG_T61 = 0x14,
  TAG_IA5 = 0x16,
  TAG_VISIBLE = 0x1a,
  TAG_UNIVERSAL = 0x1c,
  TAG_BMP = 0x1e
};

/* Bytes of a character in a type of string; 0: no string. UTF-8 is taken byte by byte, its letters beyond
 * ASCII having none below 0x80. */
static size_t width_of(uint8_t tag)
{
  static const struct {
    uint8_t tag, width;
  } rows[] = {{VCCA_DER_UTF8, 1}, {TAG_NUMERIC, 1}, {TAG_PRINTABLE, 1}, {TAG_T61, 1},
              {TAG_IA5, 1},       {TAG_VISIBLE, 1}, {TAG_UNIVERSAL, 4}, {TAG_BMP, 2}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (rows[i].tag == tag)
      return rows[i].width;
  return 0;
}

static void put_utf8(vcca_sink *out, uint32_t c)
{
  if (c < 0x80) {
    vcca_sink_u8(out, (uint8_t)c);
  } else if (c < 0x800) {
    vcca_sink_u8(out, (uint8_t)(0xc0 | c >> 6));
    vcca_sink_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
  } else if (c < 0x10000) {
    vcca_sink_u8(out, (uint8_t)(0xe0 | c >> 12));
    vcca_sink_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
    vcca_sink_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
  } else {
    vcca_sink_u8(out, (uint8_t)(0xf0 | (c >> 18 & 0x07)));
    vcca_sink_u8(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
    vcca_sink_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
    vcca_sink_u8(out, (uint8_t)(0x80 | (c & 0x3f)));
  }
}

/* The text, folded. */
static void put_text(vcca_span value, size_t width, bool utf8, vcca_sink *out)
{
  bool blank = false, begun = false;
  for (size_t at = 0; at + width <= value.n; at += width) {
    uint32_t c = 0;
    for (size_t i = 0; i < width; i++)
      c = c << 8 | value.p[at + i];
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      blank = true;
      continue;
    }
    if (blank && begun)
      vcca_sink_u8(out, ' ');
    blank = false;
    begun = true;
    c = c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    if (utf8)
      vcca_sink_u8(out, (uint8_t)c);
    else
      put_utf8(out, c);
  }
}

static void put_length(uint8_t at[2], size_t n)
{
  at[0] = (uint8_t)(n >> 8);
  at[1] = (uint8_t)n;
}

/* Ends what was begun at `before` with two bytes for its length. */
static bool close_length(vcca_sink *out, size_t before)
{
  size_t n = out->n - before - 2;
  if (!vcca_sink_ok(out) || n > UINT16_MAX)
    return false;
  put_length(out->p + before, n);
  return true;
}

/* AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY } as length || type's length ||
 * type || tag || value. */
static bool put_attribute(vcca_span attribute, vcca_sink *out)
{
  vcca_span type, value;
  uint8_t tag;
  if (!vcca_der_take_tag(&attribute, VCCA_DER_OID, &type) || !vcca_der_take(&attribute, &tag, &value) ||
      attribute.n != 0 || type.n > UINT8_MAX)
    return false;
  size_t before = out->n, width = width_of(tag);
  bool text = width > 0 && value.n % width == 0;
  vcca_sink_fill(out, 0, 2);
  vcca_sink_u8(out, (uint8_t)type.n);
  vcca_sink_put(out, type);
  vcca_sink_u8(out, text ? VCCA_DER_UTF8 : tag);
  if (text)
    put_text(value, width, tag == VCCA_DER_UTF8, out);
  else
    vcca_sink_put(out, value);
  return close_length(out, before);
}

/* Less than, equal, greater, for a fixed order of a set. */
static int order(vcca_span a, vcca_span b)
{
  int by_bytes = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
  return by_bytes != 0 ? by_bytes : (a.n > b.n) - (a.n < b.n);
}

/* RelativeDistinguishedName ::= SET SIZE (1..MAX) OF AttributeTypeAndValue, the least attribute first. */
static bool put_rdn(vcca_span set, vcca_sink *out)
{
  vcca_span attributes[ATTRIBUTES], one;
  uint8_t room[VCCA_CERT_MAX * VCCA_NAME_FORM_MAX];
  size_t count = 0, before = out->n;
  if (set.n == 0 || set.n > VCCA_CERT_MAX)
    return false;
  vcca_sink forms = VCCA_SINK(room);
  while (set.n > 0) {
    size_t from = forms.n;
    if (count == ATTRIBUTES || !vcca_der_take_tag(&set, VCCA_DER_SEQUENCE, &one) || !put_attribute(one, &forms))
      return false;
    attributes[count++] = vcca_span_of(forms.p + from, forms.n - from);
  }
  for (size_t i = 1; i < count; i++) /* insertion */
    for (size_t j = i; j > 0 && order(attributes[j], attributes[j - 1]) < 0; j--) {
      one = attributes[j];
      attributes[j] = attributes[j - 1];
      attributes[j - 1] = one;
    }
  vcca_sink_fill(out, 0, 2);
  for (size_t i = 0; i < count; i++)
    vcca_sink_put(out, attributes[i]);
  return close_length(out, before);
}

bool vcca_name_form(vcca_span name, vcca_sink *out)
{
  vcca_span rdns, set;
  if (!vcca_der_take_tag(&name, VCCA_DER_SEQUENCE, &rdns) || name.n != 0)
    return false;
  while (rdns.n > 0)
    if (!vcca_der_take_tag(&rdns, VCCA_DER_SET, &set) || !put_rdn(set, out))
      return false;
  return vcca_sink_ok(out);
}
