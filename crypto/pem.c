/* PEM text (RFC 7468), out and in.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pem.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/span.h"

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

static const char begin[] = "-----BEGIN ", end[] = "-----END ", dashes[] = "-----";

/* Whether nothing but blanks (or a byte order mark) stands before this place on its line. */
static bool begins_line(vcca_span text, size_t at)
{
  while (at > 0 && (text.p[at - 1] == ' ' || text.p[at - 1] == '\t'))
    at--;
  return at == 0 || text.p[at - 1] == '\n' || text.p[at - 1] == '\r' ||
         (at == 3 && memcmp(text.p, "\xef\xbb\xbf", 3) == 0);
}

/* The label that ends at the dashes, on the line that starts at `from`; {NULL, 0} when there is none. */
static vcca_span label_at(vcca_span text, size_t from)
{
  size_t n = 0;
  while (from + n < text.n && text.p[from + n] >= ' ' && text.p[from + n] <= '~' && text.p[from + n] != '-')
    n++;
  return find(vcca_span_sub(text, from + n, strlen(dashes)), 0, dashes) == 0 && from + n + strlen(dashes) <= text.n
             ? vcca_span_of(text.p + from, n)
             : vcca_span_of(NULL, 0);
}

bool vcca_pem_next(vcca_span text, size_t *at, struct vcca_pem_block *out)
{
  size_t start = *at;
  vcca_span label = {NULL, 0};
  while ((start = find(text, start, begin)) < text.n) {
    label = label_at(text, start + strlen(begin));
    if (label.p != NULL && begins_line(text, start))
      break;
    start += strlen(begin);
  }
  if (start >= text.n) {
    *at = text.n;
    return false;
  }
  size_t body = start + strlen(begin) + label.n + strlen(dashes);
  size_t stop = find(text, body, end), next = find(vcca_span_sub(text, 0, stop), body, begin);
  vcca_span closing = stop < text.n ? label_at(text, stop + strlen(end)) : vcca_span_of(NULL, 0);
  *out = (struct vcca_pem_block){.label = label, .body = vcca_span_sub(text, body, next - body), .offset = start};
  out->ended = next == stop && closing.p != NULL && vcca_span_eq(closing, label);
  *at = out->ended ? stop + strlen(end) + label.n + strlen(dashes) : next;
  return true;
}

bool vcca_pem_decode(const struct vcca_pem_block *block, vcca_sink *der, struct vcca_error *err)
{
  int width = (int)block->label.n;
  const char *label = (const char *)block->label.p;
  if (!block->ended)
    return vcca_fail_at(err, block->offset, "-----BEGIN %.*s----- without its -----END %.*s-----", width, label, width,
                        label);
  size_t left = der->n <= der->cap ? der->cap - der->n : 0, n = 0;
  int status = mbedtls_base64_decode(left > 0 ? der->p + der->n : NULL, left, &n, block->body.p, block->body.n);
  if (status == MBEDTLS_ERR_BASE64_BUFFER_TOO_SMALL)
    return vcca_fail_at(err, block->offset, "the %.*s holds %zu bytes, at most %zu are supported here", width, label, n,
                        left);
  if (status != 0 || n == 0)
    return vcca_fail_at(err, block->offset, "the %.*s is not base64", width, label);
  der->n += n;
  return true;
}

bool vcca_pem_get(const char *label, vcca_span text, vcca_sink *der, struct vcca_error *err)
{
  struct vcca_pem_block block, found = {.label = {NULL, 0}};
  for (size_t at = 0; vcca_pem_next(text, &at, &block);)
    if (vcca_span_is(block.label, label)) {
      if (found.label.p != NULL)
        return vcca_fail_at(err, block.offset, "a second -----BEGIN %s-----: one is wanted, and it could be either",
                            label);
      found = block;
    }
  if (found.label.p == NULL)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "no -----BEGIN %s----- in the text", label);
  return vcca_pem_decode(&found, der, err);
}
