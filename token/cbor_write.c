/* The deterministic writer: libcbor's head encoders, which choose the shortest form. The only file that
 * uses libcbor.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <cbor/encoding.h>

#include "rooms/cbor.h"

enum { HEAD_MAX = 9 };

void vcca_cbor_put_uint(vcca_sink *out, uint64_t v)
{
  unsigned char head[HEAD_MAX];
  vcca_sink_put(out, vcca_span_of(head, cbor_encode_uint(v, head, sizeof head)));
}

void vcca_cbor_put_int(vcca_sink *out, int64_t v)
{
  unsigned char head[HEAD_MAX];
  if (v >= 0)
    vcca_cbor_put_uint(out, (uint64_t)v);
  else
    vcca_sink_put(out, vcca_span_of(head, cbor_encode_negint(~(uint64_t)v, head, sizeof head)));
}

void vcca_cbor_put_bytes_head(vcca_sink *out, size_t n)
{
  unsigned char head[HEAD_MAX];
  vcca_sink_put(out, vcca_span_of(head, cbor_encode_bytestring_start(n, head, sizeof head)));
}

void vcca_cbor_put_bytes(vcca_sink *out, vcca_span bytes)
{
  vcca_cbor_put_bytes_head(out, bytes.n);
  vcca_sink_put(out, bytes);
}

void vcca_cbor_put_text(vcca_sink *out, vcca_span text)
{
  unsigned char head[HEAD_MAX];
  vcca_sink_put(out, vcca_span_of(head, cbor_encode_string_start(text.n, head, sizeof head)));
  vcca_sink_put(out, text);
}

void vcca_cbor_put_array(vcca_sink *out, size_t count)
{
  unsigned char head[HEAD_MAX];
  vcca_sink_put(out, vcca_span_of(head, cbor_encode_array_start(count, head, sizeof head)));
}

void vcca_cbor_put_map(vcca_sink *out, size_t pairs)
{
  unsigned char head[HEAD_MAX];
  vcca_sink_put(out, vcca_span_of(head, cbor_encode_map_start(pairs, head, sizeof head)));
}

void vcca_cbor_put_tag(vcca_sink *out, uint64_t tag)
{
  unsigned char head[HEAD_MAX];
  vcca_sink_put(out, vcca_span_of(head, cbor_encode_tag(tag, head, sizeof head)));
}
