/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/json.h"

#include <assert.h>
#include <inttypes.h>

#include "vcca/hex.h"
#include "rooms/text.h"
#include "vcca/version.h"
#include "rooms/span.h"

struct vcca_json vcca_json_to(FILE *out, enum vcca_json_style style)
{
  struct vcca_json j = {.out = out, .style = style};
  return j;
}

struct vcca_json vcca_json_into(vcca_sink *sink, enum vcca_json_style style)
{
  struct vcca_json j = {.sink = sink, .style = style};
  return j;
}

static void put(struct vcca_json *j, vcca_span s)
{
  if (!j->out)
    vcca_sink_put(j->sink, s);
  else if (s.n > 0)
    fwrite(s.p, 1, s.n, j->out);
}

static void put_str(struct vcca_json *j, const char *text)
{
  put(j, vcca_span_str(text));
}

static void newline(struct vcca_json *j)
{
  if (j->style == VCCA_JSON_LINE)
    return;
  put_str(j, "\n");
  for (unsigned i = 0; i < j->depth; i++)
    put_str(j, "  ");
}

/* RFC 8259, 7: beyond the first plane, as two surrogates. */
static void put_escape(struct vcca_json *j, uint32_t v)
{
  char text[16];
  if (v < 0x10000)
    snprintf(text, sizeof text, "\\u%04x", (unsigned)v);
  else
    snprintf(text, sizeof text, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (v >> 10)), (unsigned)(0xdc00 | (v & 0x3ff)));
  put_str(j, text);
}

static void quoted(struct vcca_json *j, vcca_span s)
{
  put_str(j, "\"");
  for (size_t i = 0; i < s.n;) {
    size_t n = vcca_utf8_at(s, i);
    char esc[8];
    if (n == 0) {
      put_str(j, "\\ufffd");
    } else if (n == 1 && (s.p[i] == '"' || s.p[i] == '\\')) {
      snprintf(esc, sizeof esc, "\\%c", s.p[i]);
      put_str(j, esc);
    } else if (!vcca_text_shown(vcca_utf8_value(s, i, n))) {
      put_escape(j, vcca_utf8_value(s, i, n));
    } else {
      put(j, vcca_span_sub(s, i, n));
    }
    i += n ? n : 1;
  }
  put_str(j, "\"");
}

/* Everything that stands before a value: comma, line break, key. */
static void lead(struct vcca_json *j, const char *key)
{
  if (j->depth > 0) {
    if (j->some[j->depth - 1])
      put_str(j, ",");
    j->some[j->depth - 1] = true;
    newline(j);
  }
  if (key) {
    quoted(j, vcca_span_str(key));
    put_str(j, j->style == VCCA_JSON_LINE ? ":" : ": ");
  }
}

void vcca_json_open(struct vcca_json *j, const char *key, char bracket)
{
  assert(j->depth < VCCA_JSON_DEPTH);
  lead(j, key);
  put_str(j, bracket == '{' ? "{" : "[");
  j->some[j->depth] = false;
  j->close[j->depth++] = bracket == '{' ? '}' : ']';
}

void vcca_json_close(struct vcca_json *j)
{
  assert(j->depth > 0);
  char text[2] = {j->close[--j->depth], '\0'};
  if (j->some[j->depth])
    newline(j);
  put_str(j, text);
  if (j->depth == 0)
    put_str(j, "\n");
}

void vcca_json_text(struct vcca_json *j, const char *key, vcca_span text)
{
  lead(j, key);
  quoted(j, text);
}

void vcca_json_str(struct vcca_json *j, const char *key, const char *text)
{
  vcca_json_text(j, key, vcca_span_str(text));
}

void vcca_json_hex(struct vcca_json *j, const char *key, vcca_span bytes)
{
  lead(j, key);
  put_str(j, "\"");
  for (size_t i = 0; i < bytes.n; i += 64) {
    char text[129];
    put_str(j, vcca_hex_text(vcca_span_sub(bytes, i, 64), text, sizeof text));
  }
  put_str(j, "\"");
}

void vcca_json_addr(struct vcca_json *j, const char *key, uint64_t v)
{
  char text[24];
  snprintf(text, sizeof text, "\"0x%" PRIx64 "\"", v);
  lead(j, key);
  put_str(j, text);
}

void vcca_json_int(struct vcca_json *j, const char *key, int64_t v)
{
  char text[24];
  snprintf(text, sizeof text, "%" PRId64, v);
  lead(j, key);
  put_str(j, text);
}

void vcca_json_bool(struct vcca_json *j, const char *key, bool v)
{
  lead(j, key);
  put_str(j, v ? "true" : "false");
}

void vcca_json_null(struct vcca_json *j, const char *key)
{
  lead(j, key);
  put_str(j, "null");
}

void vcca_json_head(struct vcca_json *j, const char *schema, const char *profile)
{
  vcca_json_str(j, "schema", schema);
  vcca_json_str(j, "tool_version", VCCA_VERSION);
  if (profile)
    vcca_json_str(j, "profile", profile);
}
