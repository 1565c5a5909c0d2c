/* DER, both ways: a writer that, like mbedTLS's, works from the end to the front so that lengths are known
 * when they are written, and a reader that takes nothing but DER.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_DER_H
#define ROOMS_DER_H

#include "vcca/span.h"

enum {
  VCCA_DER_BOOLEAN = 0x01,
  VCCA_DER_INTEGER = 0x02,
  VCCA_DER_BITS = 0x03,
  VCCA_DER_OCTETS = 0x04,
  VCCA_DER_NULL = 0x05,
  VCCA_DER_OID = 0x06,
  VCCA_DER_UTF8 = 0x0c,
  VCCA_DER_UTC_TIME = 0x17,
  VCCA_DER_TIME = 0x18,
  VCCA_DER_SEQUENCE = 0x30,
  VCCA_DER_SET = 0x31,
  VCCA_DER_CONTEXT = 0x80, /* | tag number, | VCCA_DER_CONSTRUCTED */
  VCCA_DER_CONSTRUCTED = 0x20,
};

/* Room that is filled from its end; failed latches when it is too small. */
struct vcca_der {
  uint8_t *start, *p, *end;
  bool failed;
};

/* An empty writer over size bytes at buffer. */
struct vcca_der vcca_der_in(uint8_t *buffer, size_t size);
/* Where writing stands, for vcca_der_wrap. */
const uint8_t *vcca_der_mark(const struct vcca_der *d);
void vcca_der_raw(struct vcca_der *d, vcca_span bytes);
/* Puts a head with this tag before everything written since the mark. */
void vcca_der_wrap(struct vcca_der *d, const uint8_t *mark, uint8_t tag);
void vcca_der_put(struct vcca_der *d, uint8_t tag, vcca_span value);
/* A non-negative INTEGER from its big-endian bytes. */
void vcca_der_uint(struct vcca_der *d, vcca_span value);
/* A BIT STRING head for whole bytes before everything since the mark. */
void vcca_der_bits(struct vcca_der *d, const uint8_t *mark);
/* What was written, {NULL, 0} when it did not fit. */
vcca_span vcca_der_span(const struct vcca_der *d);

/* Takes the first element off *in: its tag and value. False when it is not DER (tag numbers above 30,
 * lengths that are indefinite, longer than need be or beyond the end). */
bool vcca_der_take(vcca_span *in, uint8_t *tag, vcca_span *value);
/* The same when the element has this tag. */
bool vcca_der_take_tag(vcca_span *in, uint8_t tag, vcca_span *value);
/* A non-negative INTEGER: its bytes without the leading zero. */
bool vcca_der_take_uint(vcca_span *in, vcca_span *value);
/* A BIT STRING of whole bytes. */
bool vcca_der_take_bits(vcca_span *in, vcca_span *value);
/* Whether the bytes are an Ecdsa-Sig-Value, SEQUENCE { r INTEGER, s INTEGER } (RFC 5480, appendix A), both
 * not negative. */
bool vcca_der_is_ecdsa(vcca_span in);
/* Whether the bytes are DER elements one after another, constructed ones recursively, at most 16 deep. */
bool vcca_der_strict(vcca_span in);

#endif
