/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/der.h"

#include <mbedtls/asn1write.h>

struct vcca_der vcca_der_in(uint8_t *buffer, size_t size)
{
  struct vcca_der d;
  d.start = buffer;
  d.p = d.end = d.start + size;
  d.failed = false;
  return d;
}

const uint8_t *vcca_der_mark(const struct vcca_der *d)
{
  return d->p;
}

static void note(struct vcca_der *d, int written)
{
  if (written < 0)
    d->failed = true;
}

void vcca_der_raw(struct vcca_der *d, vcca_span bytes)
{
  if (!d->failed && bytes.n > 0)
    note(d, mbedtls_asn1_write_raw_buffer(&d->p, d->start, bytes.p, bytes.n));
}

void vcca_der_wrap(struct vcca_der *d, const uint8_t *mark, uint8_t tag)
{
  if (d->failed)
    return;
  note(d, mbedtls_asn1_write_len(&d->p, d->start, (size_t)(mark - d->p)));
  if (!d->failed)
    note(d, mbedtls_asn1_write_tag(&d->p, d->start, tag));
}

void vcca_der_put(struct vcca_der *d, uint8_t tag, vcca_span value)
{
  const uint8_t *mark = vcca_der_mark(d);
  vcca_der_raw(d, value);
  vcca_der_wrap(d, mark, tag);
}

void vcca_der_uint(struct vcca_der *d, vcca_span value)
{
  static const uint8_t zero = 0;
  while (value.n > 0 && value.p[0] == 0)
    value = vcca_span_sub(value, 1, value.n);
  const uint8_t *mark = vcca_der_mark(d);
  vcca_der_raw(d, value);
  if (value.n == 0 || value.p[0] >= 0x80)
    vcca_der_raw(d, vcca_span_of(&zero, 1));
  vcca_der_wrap(d, mark, VCCA_DER_INTEGER);
}

void vcca_der_bits(struct vcca_der *d, const uint8_t *mark)
{
  static const uint8_t unused = 0;
  vcca_der_raw(d, vcca_span_of(&unused, 1));
  vcca_der_wrap(d, mark, VCCA_DER_BITS);
}

vcca_span vcca_der_span(const struct vcca_der *d)
{
  return d->failed ? vcca_span_of(NULL, 0) : vcca_span_of(d->p, (size_t)(d->end - d->p));
}

bool vcca_der_take(vcca_span *in, uint8_t *tag, vcca_span *value)
{
  if (in->n < 2 || (in->p[0] & 0x1f) == 0x1f)
    return false;
  size_t head = 2, length = in->p[1];
  if (length >= 0x80) {
    size_t more = length & 0x7f;
    if (more < 1 || more > 4 || more > in->n - head || in->p[head] == 0)
      return false;
    length = 0;
    for (size_t i = 0; i < more; i++)
      length = length << 8 | in->p[head + i];
    if (length < 0x80)
      return false;
    head += more;
  }
  if (length > in->n - head)
    return false;
  *tag = in->p[0];
  *value = vcca_span_of(in->p + head, length);
  *in = vcca_span_of(in->p + head + length, in->n - head - length);
  return true;
}

bool vcca_der_take_tag(vcca_span *in, uint8_t tag, vcca_span *value)
{
  uint8_t got;
  return in->n > 0 && in->p[0] == tag && vcca_der_take(in, &got, value);
}

/* X.690 8.3.2: the first nine bits are neither all zero nor all one. */
static bool shortest_integer(vcca_span v)
{
  return v.n == 1 || (v.n > 1 && !(v.p[0] == 0 && v.p[1] < 0x80) && !(v.p[0] == 0xff && v.p[1] >= 0x80));
}

bool vcca_der_take_uint(vcca_span *in, vcca_span *value)
{
  if (!vcca_der_take_tag(in, VCCA_DER_INTEGER, value) || !shortest_integer(*value) || value->p[0] >= 0x80)
    return false;
  if (value->p[0] == 0)
    *value = vcca_span_sub(*value, 1, value->n);
  return true;
}

bool vcca_der_take_bits(vcca_span *in, vcca_span *value)
{
  if (!vcca_der_take_tag(in, VCCA_DER_BITS, value) || value->n < 1 || value->p[0] != 0)
    return false;
  *value = vcca_span_sub(*value, 1, value->n);
  return true;
}

bool vcca_der_is_ecdsa(vcca_span in)
{
  vcca_span body, r, s;
  return vcca_der_take_tag(&in, VCCA_DER_SEQUENCE, &body) && in.n == 0 && vcca_der_take_uint(&body, &r) &&
         vcca_der_take_uint(&body, &s) && body.n == 0;
}

static bool strict(vcca_span in, unsigned depth)
{
  while (in.n > 0) {
    uint8_t tag;
    vcca_span value;
    if (!vcca_der_take(&in, &tag, &value))
      return false;
    if (tag == VCCA_DER_INTEGER && !shortest_integer(value))
      return false;
    if ((tag & VCCA_DER_CONSTRUCTED) != 0 && (depth == 0 || !strict(value, depth - 1)))
      return false;
  }
  return true;
}

bool vcca_der_strict(vcca_span in)
{
  return strict(in, 16);
}
