/* Text taken for the bytes it stands for. What a form is follows from its characters alone; a file is text
 * when all of it is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/armor.h"

#include <string.h>

#include "verifier/readers.h"
#include "rooms/error.h"
#include "rooms/file.h"
#include "rooms/span.h"

enum { LEVELS = 4 };

const char *vcca_armor_name(enum vcca_armor armor)
{
  static const char *const names[] = {[VCCA_ARMOR_NONE] = "binary",
                                      [VCCA_ARMOR_HEX] = "hexadecimal text",
                                      [VCCA_ARMOR_BASE64] = "base64 text",
                                      [VCCA_ARMOR_PEM] = "PEM text",
                                      [VCCA_ARMOR_JSON] = "JSON"};
  return names[armor];
}

static bool is_space(uint8_t c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without a byte order mark and the white space around it. */
static vcca_span trimmed(vcca_span text)
{
  if (vcca_span_is(vcca_span_sub(text, 0, 3), "\xef\xbb\xbf"))
    text = vcca_span_sub(text, 3, text.n);
  while (text.n > 0 && is_space(text.p[0]))
    text = vcca_span_sub(text, 1, text.n);
  while (text.n > 0 && is_space(text.p[text.n - 1]))
    text.n--;
  return text;
}

static bool looks_like_json(vcca_span text)
{
  return text.n > 0 && (text.p[0] == '{' || text.p[0] == '[' || text.p[0] == '"');
}

/* Printable ASCII and white space; in JSON, UTF-8. */
static bool is_text(vcca_span text)
{
  for (size_t i = 0; i < text.n;) {
    bool ascii = is_space(text.p[i]) || (text.p[i] >= ' ' && text.p[i] <= '~');
    size_t n = ascii ? 1 : text.p[i] >= 0x80 && looks_like_json(text) ? vcca_utf8_at(text, i) : 0;
    if (n == 0)
      return false;
    i += n;
  }
  return text.n > 0;
}

/* --- Digits --- */

static int hex_digit(uint8_t c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* An even number of digits. A 0x may stand where a byte begins. */
static bool read_hex(vcca_span text, vcca_sink *out)
{
  unsigned held = 0, high = 0;
  for (size_t i = 0; i < text.n; i++) {
    uint8_t c = text.p[i];
    int v = hex_digit(c);
    bool prefix = held == 0 && c == '0' && i + 1 < text.n && (text.p[i + 1] | 0x20) == 'x';
    bool between = is_space(c) || c == ':' || c == ',';
    if (prefix)
      i++;
    if (prefix || (between && held == 0))
      continue;
    if (v < 0)
      return false;
    if (held == 1)
      vcca_sink_u8(out, (uint8_t)(high << 4 | (unsigned)v));
    high = (unsigned)v;
    held ^= 1;
  }
  return held == 0 && out->n > 0 && vcca_sink_ok(out);
}

static int base64_digit(uint8_t c)
{
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  if (c == '+' || c == '-')
    return 62;
  if (c == '/' || c == '_')
    return 63;
  const char *found = c == '\0' ? NULL : strchr(digits, c);
  return found ? (int)(found - digits) : -1;
}

/* So many hexadecimal digits and no others are hexadecimal that was cut at an odd one: base64 has others
 * among so many. */
static bool read_base64(vcca_span text, vcca_sink *out)
{
  enum { SURELY = 32 };
  uint32_t bits = 0;
  bool hex = true;
  unsigned held = 0, padding = 0, digits = 0;
  for (size_t i = 0; i < text.n; i++) {
    int v = base64_digit(text.p[i]);
    if (is_space(text.p[i]))
      continue;
    padding += text.p[i] == '=';
    if (text.p[i] == '=' ? padding > 2 : v < 0 || padding > 0)
      return false;
    if (v < 0)
      continue;
    digits++;
    hex = hex && hex_digit(text.p[i]) >= 0;
    bits = (bits << 6 | (uint32_t)v) & 0xffffu;
    held += 6;
    if (held >= 8) {
      held -= 8;
      vcca_sink_u8(out, (uint8_t)(bits >> held));
    }
  }
  bool padded = padding == 0 || (digits + padding) % 4 == 0;
  return padded && !(hex && digits >= SURELY) && held < 6 && (bits & ((1u << held) - 1)) == 0 && out->n > 0 &&
         vcca_sink_ok(out);
}

/* The first block, whatever it is called. */
static bool read_pem(vcca_span text, vcca_sink *out)
{
  static const char end[] = "-----END ";
  size_t from = 0, to;
  while (from < text.n && text.p[from] != '\n')
    from++;
  for (to = from; to + sizeof end - 1 <= text.n; to++)
    if (memcmp(text.p + to, end, sizeof end - 1) == 0)
      return read_base64(vcca_span_sub(text, from, to - from), out);
  return false;
}

/* --- JSON --- */

static bool read_text(vcca_span text, const char *names, unsigned levels, vcca_sink *out, enum vcca_armor *armor,
                      struct vcca_error *err);

static bool read_value(const json_t *value, const char *names, unsigned levels, vcca_sink *out, struct vcca_error *err);

/* Of an object: by the names in turn, or its only member. */
static const json_t *member_of(const json_t *object, const char *names)
{
  const char *end;
  for (const char *name = names; *name; name = *end ? end + 1 : end) {
    end = strchr(name, ' ');
    end = end ? end : name + strlen(name);
    const json_t *member = json_object_getn(object, name, (size_t)(end - name));
    if (member)
      return member;
  }
  return json_object_size(object) == 1 ? json_object_iter_value(json_object_iter((json_t *)(uintptr_t)object)) : NULL;
}

static bool read_array(const json_t *array, const char *names, unsigned levels, vcca_sink *out, struct vcca_error *err)
{
  size_t n = json_array_size(array);
  const json_t *value = json_array_get(array, 1);
  if ((n == 2 || n == 3) && json_is_string(value)) /* a CMW record: type, value, and what it holds */
    return read_value(value, names, levels, out, err);
  for (size_t i = 0; i < n; i++) {
    const json_t *element = json_array_get(array, i);
    json_int_t byte = json_integer_value(element);
    if (!json_is_integer(element) || byte < 0 || byte > UINT8_MAX)
      return vcca_fail(err, VCCA_FAULT_MALFORMED, "JSON with an array whose element %zu is no byte", i);
    vcca_sink_u8(out, (uint8_t)byte);
  }
  return n > 0 && vcca_sink_ok(out);
}

static bool read_value(const json_t *value, const char *names, unsigned levels, vcca_sink *out, struct vcca_error *err)
{
  enum vcca_armor inside;
  if (levels == 0)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "JSON within JSON, more than %d levels", LEVELS);
  if (json_is_string(value))
    return read_text(vcca_span_of(json_string_value(value), json_string_length(value)), names, levels - 1, out, &inside,
                     err);
  if (json_is_array(value))
    return read_array(value, names, levels - 1, out, err);
  const json_t *member = json_is_object(value) ? member_of(value, names) : NULL;
  if (member == NULL)
    return vcca_fail(
        err, VCCA_FAULT_MALFORMED,
        "JSON without a member that could hold it (%.60s...); take it out first: jq -r .MEMBER FILE | base64 -d",
        names);
  return read_value(member, names, levels - 1, out, err);
}

static bool read_json(vcca_span text, const char *names, unsigned levels, vcca_sink *out, struct vcca_error *err)
{
  json_t *value = json_in(text, err);
  bool good = value != NULL && read_value(value, names, levels, out, err);
  json_decref(value);
  return good;
}

/* --- Text --- */

static bool read_text(vcca_span text, const char *names, unsigned levels, vcca_sink *out, enum vcca_armor *armor,
                      struct vcca_error *err)
{
  static const char begin[] = "-----BEGIN ";
  text = trimmed(text);
  if (looks_like_json(text)) {
    *armor = VCCA_ARMOR_JSON;
    return read_json(text, names, levels, out, err);
  }
  if (vcca_span_is(vcca_span_sub(text, 0, sizeof begin - 1), begin)) {
    *armor = VCCA_ARMOR_PEM;
    return read_pem(text, out) ||
           vcca_fail(err, VCCA_FAULT_MALFORMED, "PEM text whose first block is no base64, or has no end");
  }
  *armor = VCCA_ARMOR_HEX;
  if (read_hex(text, out))
    return true;
  out->n = 0;
  *armor = VCCA_ARMOR_BASE64;
  return read_base64(text, out) ||
         vcca_fail(err, VCCA_FAULT_MALFORMED, "text that is neither hexadecimal, base64, PEM nor JSON");
}

bool vcca_armor_open(struct vcca_bytes *file, const char *names, enum vcca_armor *armor, struct vcca_error *err)
{
  vcca_span text = trimmed(vcca_bytes_span(file));
  struct vcca_bytes room = {0};
  *armor = VCCA_ARMOR_NONE;
  if (!is_text(text))
    return true;
  if (!vcca_bytes_alloc(&room, file->n, err))
    return false;
  vcca_sink out = vcca_sink_of(room.p, room.n);
  if (!read_text(text, names, LEVELS, &out, armor, err)) {
    vcca_bytes_free(&room);
    return false;
  }
  room.n = out.n;
  vcca_bytes_free(file);
  *file = room;
  return true;
}
