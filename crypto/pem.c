/* PEM text (RFC 7468), out and in.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pem.h"

#include <stdio.h>
#include <string.h>

#include <mbedtls/base64.h>

enum { LINE = 64, LINE_BYTES = 48 };

void vcca_pem_put(const char *label, vcca_span der, vcca_sink *out)
{
  vcca_sink_str(out, "-----BEGIN ");
  vcca_sink_str(out, label);
  vcca_sink_str(out, "-----\n");
  for (size_t at = 0; at < der.n; at += LINE_BYTES) {
    uint8_t line[LINE + 1];
    size_t n = 0;
    vcca_span part = vcca_span_sub(der, at, LINE_BYTES);
    if (mbedtls_base64_encode(line, sizeof line, &n, part.p, part.n) == 0)
      vcca_sink_put(out, vcca_span_of(line, n));
    vcca_sink_str(out, "\n");
  }
  vcca_sink_str(out, "-----END ");
  vcca_sink_str(out, label);
  vcca_sink_str(out, "-----\n");
}

/* Offset of the text in s from `from` on, s.n when it is not there. */
static size_t find(vcca_span s, size_t from, const char *text)
{
  size_t n = strlen(text);
  for (size_t i = from; i + n <= s.n; i++)
    if (s.p[i] == (uint8_t)text[0] && memcmp(s.p + i, text, n) == 0)
      return i;
  return s.n;
}

bool vcca_pem_get(const char *label, vcca_span text, vcca_sink *der, struct vcca_error *err)
{
  char begin[64], end[64];
  snprintf(begin, sizeof begin, "-----BEGIN %s-----", label);
  snprintf(end, sizeof end, "-----END %s-----", label);
  size_t start = find(text, 0, begin);
  if (start == text.n)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "no %s in the text", begin);
  size_t from = start + strlen(begin), to = find(text, from, end);
  if (to == text.n)
    return vcca_fail_at(err, start, "%s without its %s", begin, end);
  size_t left = der->n <= der->cap ? der->cap - der->n : 0, n = 0;
  int status = mbedtls_base64_decode(left > 0 ? der->p + der->n : NULL, left, &n, text.p + from, to - from);
  if (status == MBEDTLS_ERR_BASE64_BUFFER_TOO_SMALL)
    return vcca_fail_at(err, from, "the %s holds %zu bytes, at most %zu are supported here", label, n, left);
  if (status != 0 || n == 0)
    return vcca_fail_at(err, from, "the %s is not base64", label);
  der->n += n;
  return true;
}
