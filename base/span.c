/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/span.h"

#include <string.h>

vcca_span vcca_span_str(const char *text)
{
  return vcca_span_of(text, text ? strlen(text) : 0);
}

bool vcca_span_eq(vcca_span a, vcca_span b)
{
  return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool vcca_span_is(vcca_span a, const char *text)
{
  return vcca_span_eq(a, vcca_span_str(text));
}

vcca_span vcca_span_sub(vcca_span s, size_t offset, size_t n)
{
  if (s.p == NULL || offset > s.n)
    return vcca_span_of(s.p, 0);
  size_t left = s.n - offset;
  return vcca_span_of(s.p + offset, n < left ? n : left);
}

bool vcca_span_zero(vcca_span s)
{
  return s.n == 0 || (s.p[0] == 0 && memcmp(s.p, s.p + 1, s.n - 1) == 0);
}

size_t vcca_utf8_at(vcca_span s, size_t at)
{
  uint8_t c = s.p[at];
  size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
  if (n == 0 || n > s.n - at)
    return 0;
  uint32_t v = n == 1 ? c : c & (0x7fu >> n);
  for (size_t i = 1; i < n; i++) {
    if ((s.p[at + i] & 0xc0) != 0x80)
      return 0;
    v = v << 6 | (s.p[at + i] & 0x3f);
  }
  bool good = n == 1 || (n == 2 && v >= 0x80) || (n == 3 && v >= 0x800 && (v < 0xd800 || v > 0xdfff)) ||
              (n == 4 && v >= 0x10000 && v < 0x110000);
  return good ? n : 0;
}

/* Where the next n bytes go, or NULL when there is no room; they are counted either way. */
static uint8_t *take(vcca_sink *s, size_t n)
{
  bool fits = s->n <= s->cap && n <= s->cap - s->n;
  uint8_t *at = fits && n > 0 ? s->p + s->n : NULL;
  s->n = n <= SIZE_MAX - s->n ? s->n + n : SIZE_MAX;
  return at;
}

void vcca_sink_put(vcca_sink *s, vcca_span bytes)
{
  uint8_t *at = take(s, bytes.n);
  if (at)
    memmove(at, bytes.p, bytes.n);
}

void vcca_sink_u8(vcca_sink *s, uint8_t byte)
{
  uint8_t *at = take(s, 1);
  if (at)
    *at = byte;
}

void vcca_sink_fill(vcca_sink *s, uint8_t byte, size_t n)
{
  uint8_t *at = take(s, n);
  if (at)
    memset(at, byte, n);
}

void vcca_sink_str(vcca_sink *s, const char *text)
{
  vcca_sink_put(s, vcca_span_str(text));
}

vcca_span vcca_sink_span(const vcca_sink *s)
{
  return vcca_sink_ok(s) ? vcca_span_of(s->p, s->n) : vcca_span_of(NULL, 0);
}

vcca_span vcca_span_word(vcca_span line, size_t *at)
{
  while (*at < line.n && (line.p[*at] == ' ' || line.p[*at] == '\t'))
    ++*at;
  size_t from = *at;
  while (*at < line.n && line.p[*at] != ' ' && line.p[*at] != '\t' && line.p[*at] != '\r')
    ++*at;
  return vcca_span_sub(line, from, *at - from);
}
