/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/text.h"
#include "rooms/span.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* What no reader sees, or what changes how the text around it is read: controls (Cc), what Unicode's
 * property Default_Ignorable_Code_Point names (DerivedCoreProperties.txt: joiners, directions, fillers,
 * variation selectors, tags), separators of lines and paragraphs, anchors of annotations, noncharacters of
 * the first plane. */
static const struct {
  uint32_t first, last;
} hidden[] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x34f, 0x34f},     {0x61c, 0x61c},
              {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},
              {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
              {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};

bool vcca_text_shown(uint32_t character)
{
  for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
    if (character >= hidden[i].first && character <= hidden[i].last)
      return false;
  return true;
}

uint32_t vcca_utf8_value(vcca_span s, size_t at, size_t n)
{
  uint32_t v = n == 1 ? s.p[at] : s.p[at] & (0x7fu >> n);
  for (size_t i = 1; i < n; i++)
    v = v << 6 | (s.p[at + i] & 0x3f);
  return v;
}

static bool is_kept(uint32_t v, bool lines)
{
  return vcca_text_shown(v) || (lines && (v == '\n' || v == '\t'));
}

/* The character or byte at *at, which moves behind it. */
static void put_one(vcca_sink *out, vcca_span text, size_t *at, bool lines)
{
  char escape[16] = "";
  size_t n = vcca_utf8_at(text, *at);
  uint32_t v = n ? vcca_utf8_value(text, *at, n) : text.p[*at];
  if (n == 0 || (n == 1 && !is_kept(v, lines)))
    snprintf(escape, sizeof escape, "\\x%02x", (unsigned)v);
  else if (!is_kept(v, lines))
    snprintf(escape, sizeof escape, "\\u{%x}", (unsigned)v);
  if (escape[0])
    vcca_sink_str(out, escape);
  else
    vcca_sink_put(out, vcca_span_sub(text, *at, n));
  *at += n ? n : 1;
}

void vcca_text_put(vcca_sink *out, vcca_span text, bool lines)
{
  for (size_t at = 0; at < text.n;)
    put_one(out, text, &at, lines);
}

const char *vcca_text_line(const char *text, char *buf, size_t cap)
{
  vcca_span all = vcca_span_str(text);
  size_t used = 0;
  for (size_t at = 0; at < all.n;) {
    char room[16];
    vcca_sink one = VCCA_SINK(room);
    put_one(&one, all, &at, false);
    if (one.n >= cap - used)
      break;
    memcpy(buf + used, room, one.n);
    used += one.n;
  }
  buf[used] = '\0';
  return buf;
}

void vcca_text_write(FILE *out, vcca_span text)
{
  for (size_t at = 0; at < text.n;) {
    size_t plain = at;
    while (plain < text.n && text.p[plain] < 0x7f && is_kept(text.p[plain], true))
      plain++;
    fwrite(text.p + at, 1, plain - at, out);
    at = plain;
    if (at < text.n) {
      char room[16];
      vcca_sink one = VCCA_SINK(room);
      put_one(&one, text, &at, true);
      fwrite(room, 1, one.n, out);
    }
  }
}

static size_t count_lines(const char *text)
{
  size_t n = 0;
  for (; *text; text++)
    n += *text == '\n';
  return n;
}

/* A line's end that is not the format's own came with a name. Then all are shown but those at the beginning
 * and the end. */
static void write_formatted(FILE *out, const char *fmt, const char *text)
{
  size_t first = strspn(fmt, "\n"), last = 0, n = strlen(fmt), size = strlen(text);
  while (last < n - first && fmt[n - 1 - last] == '\n')
    last++;
  if (count_lines(fmt) == count_lines(text) || first + last > size) {
    vcca_text_write(out, vcca_span_of(text, size));
    return;
  }
  fwrite(text, 1, first, out);
  for (size_t at = first, next; at < size - last; at = next) {
    const char *end = memchr(text + at, '\n', size - last - at);
    next = end ? (size_t)(end - text) + 1 : size - last;
    vcca_text_write(out, vcca_span_of(text + at, next - at - (end != NULL)));
    fputs(end ? "\\x0a" : "", out);
  }
  fwrite(text + size - last, 1, last, out);
}

void vcca_vprint(FILE *out, const char *fmt, va_list args)
{
  char room[1024], *text = room;
  va_list again;
  va_copy(again, args);
  int n = vsnprintf(room, sizeof room, fmt, args);
  if (n >= (int)sizeof room && (text = malloc((size_t)n + 1)) != NULL)
    vsnprintf(text, (size_t)n + 1, fmt, again);
  va_end(again);
  if (n > 0)
    write_formatted(out, fmt, text ? text : room); /* without memory, its beginning */
  if (text != room)
    free(text);
}

void vcca_print(FILE *out, const char *fmt, ...)
{
  va_list args;
  va_start(args, fmt);
  vcca_vprint(out, fmt, args);
  va_end(args);
}

static void write_xml(FILE *out, vcca_span text, bool lines)
{
  for (size_t at = 0; at < text.n;) {
    char room[16];
    vcca_sink one = VCCA_SINK(room);
    put_one(&one, text, &at, lines);
    for (size_t i = 0; i < one.n; i++)
      switch (room[i]) {
      case '<':
        fputs("&lt;", out);
        break;
      case '>':
        fputs("&gt;", out);
        break;
      case '&':
        fputs("&amp;", out);
        break;
      case '"':
        fputs("&quot;", out);
        break;
      default:
        fputc(room[i], out);
      }
  }
}

void vcca_text_xml(FILE *out, const char *text)
{
  write_xml(out, vcca_span_str(text), false);
}

void vcca_text_xml_lines(FILE *out, vcca_span text)
{
  write_xml(out, text, true);
}
