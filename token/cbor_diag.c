/* Diagnostic notation (RFC 8949 section 8; << >> and comments as in RFC 8610 appendix G), one item to a line, its offset in the
 * margin. Byte strings that hold CBOR are descended into: those that tokens are known to have whatever is in them, so that a
 * fault inside shows where it is, and any other that is one sound array, map or tag.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "token/strict.h"
#include "token/text.h"
#include "vcca/crypto.h"
#include "vcca/hex.h"
#include "vcca/json.h"

/* Where in a token an item stands: decides names and descent. */
enum place {
  ANYWHERE,
  COLLECTION,
  MEMBER, /* value of a collection's member */
  SIGN1,
  HEADER,
  PAYLOAD,
  SIGNATURE,
  CLAIMS,
  COMPONENTS,
  COMPONENT,
  RAK,
};

enum { LEVELS = 8, LINE_BYTES = 32, LINE_WHOLE = 33, INDENT = 2 };
enum { TAG_SIGN1 = 18, TAG_COLLECTION = 399, TAG_CMW = 907, LABEL_COMPONENTS = 2399, LABEL_PLATFORM = 44234, LABEL_REALM = 44241, LABEL_RAK = 44237 };

struct printer {
  vcca_sink *out;
  vcca_cbor_label name;
  struct vcca_error *err;
  int indent;
  unsigned level; /* byte strings descended into */
};

static bool print_item(struct printer *p, struct vcca_cbor *c, unsigned depth, enum place place);

/* Begins a line for what lies at offset, or one that only closes. */
static void line(struct printer *p, size_t offset)
{
  text_put(p->out, "\n%6zu  %*s", offset, p->indent * INDENT, "");
}

static void closing_line(struct printer *p)
{
  text_put(p->out, "\n%6s  %*s", "", p->indent * INDENT, "");
}

static void comment(struct printer *p, const char *text)
{
  if (text)
    text_put(p->out, " / %s /", text);
}

/* --- Names --- */

struct name {
  int64_t number;
  const char *text;
};

static const char *look_up(const struct name *names, size_t n, int64_t number)
{
  for (size_t i = 0; i < n; i++)
    if (names[i].number == number)
      return names[i].text;
  return NULL;
}
#define LOOK_UP(names, number) look_up((names), sizeof(names) / sizeof *(names), (number))

static const char *label_name(const struct printer *p, enum place place, int64_t label)
{
  static const struct name header[] = {{1, "alg"}, {2, "crit"}, {3, "content type"}, {4, "kid"}, {33, "x5chain"}, {34, "x5t"}};
  static const struct name cose_key[] = {{1, "kty"}, {2, "kid"}, {3, "alg"}, {4, "key_ops"}, {-1, "crv"}, {-2, "x"}, {-3, "y"}, {-4, "d"}};
  enum { FIRST_CLAIM = 10 };
  if (place == HEADER)
    return LOOK_UP(header, label);
  if (place == RAK)
    return LOOK_UP(cose_key, label);
  return p->name && (place == COMPONENT || label >= FIRST_CLAIM) ? p->name(label) : NULL;
}

static const char *value_name(enum place map, int64_t label, const struct vcca_cbor_item *value)
{
  static const struct name curves[] = {{1, "P-256"}, {2, "P-384"}, {3, "P-521"}};
  int64_t v = value->value > INT64_MAX ? INT64_MAX : (int64_t)value->value;
  v = value->kind == VCCA_CBOR_NINT ? -1 - v : v;
  if (value->kind != VCCA_CBOR_UINT && value->kind != VCCA_CBOR_NINT)
    return NULL;
  if (map == HEADER && label == 1)
    return vcca_sig_name(v);
  return map == RAK && label == -1 ? LOOK_UP(curves, v) : NULL;
}

static const char *tag_name(uint64_t tag)
{
  static const struct name tags[] = {{2, "bignum"},
                                     {3, "negative bignum"},
                                     {17, "COSE_Mac0"},
                                     {TAG_SIGN1, "COSE_Sign1"},
                                     {24, "embedded CBOR"},
                                     {61, "CWT"},
                                     {98, "COSE_Sign"},
                                     {TAG_COLLECTION, "CCA token collection"},
                                     {TAG_CMW, "CCA token collection, CMW"},
                                     {55799, "CBOR"}};
  return tag > INT64_MAX ? NULL : LOOK_UP(tags, (int64_t)tag);
}

static const char *element_name(enum place array, uint64_t i)
{
  static const char *const names[] = {"protected header", "unprotected header", "payload", "signature"};
  return array == SIGN1 && i < sizeof names / sizeof *names ? names[i] : NULL;
}

/* --- Places --- */

static enum place place_in_tag(uint64_t tag)
{
  return tag == TAG_SIGN1 ? SIGN1 : tag == TAG_COLLECTION || tag == TAG_CMW ? COLLECTION : ANYWHERE;
}

static enum place place_in_array(enum place array, uint64_t i)
{
  static const enum place sign1[] = {HEADER, HEADER, PAYLOAD, SIGNATURE};
  if (array == SIGN1)
    return i < sizeof sign1 / sizeof *sign1 ? sign1[i] : ANYWHERE;
  if (array == COMPONENTS)
    return COMPONENT;
  return array == MEMBER && i == 1 ? MEMBER : ANYWHERE; /* CMW: [type, bytes] */
}

static enum place place_in_map(enum place map, int64_t label)
{
  if (map == COLLECTION)
    return label == LABEL_PLATFORM || label == LABEL_REALM ? MEMBER : ANYWHERE;
  if (map == CLAIMS || map == ANYWHERE)
    return label == LABEL_COMPONENTS ? COMPONENTS : label == LABEL_RAK ? RAK : ANYWHERE;
  return ANYWHERE;
}

/* --- Scalars --- */

static void print_text(struct printer *p, vcca_span text)
{
  struct vcca_json j = vcca_json_into(p->out, VCCA_JSON_LINE);
  vcca_json_text(&j, NULL, text);
}

static void print_hex(struct printer *p, const struct vcca_cbor_item *item)
{
  size_t step = item->bytes.n <= LINE_WHOLE ? LINE_WHOLE : LINE_BYTES;
  text_put(p->out, "h'");
  p->indent++;
  for (size_t i = 0; i < item->bytes.n; i += step) {
    if (i > 0)
      line(p, item->offset + item->head_size + i);
    vcca_hex_put(p->out, vcca_span_sub(item->bytes, i, step));
  }
  p->indent--;
  text_put(p->out, "'");
}

/* A half-precision float by hand, the others by their bits (RFC 8949 appendix D). */
static double float_value(const struct vcca_cbor_item *item)
{
  float single;
  double value;
  uint32_t bits32 = (uint32_t)item->value;
  if (item->head_size == 9) {
    memcpy(&value, &item->value, sizeof value);
    return value;
  }
  if (item->head_size == 5) {
    memcpy(&single, &bits32, sizeof single);
    return (double)single;
  }
  uint64_t exp = item->value >> 10 & 0x1f, frac = item->value & 0x3ff, sign = item->value >> 15;
  if (exp == 0)
    return (sign ? -1.0 : 1.0) * (double)frac / 16777216.0;
  uint64_t bits = sign << 63 | (exp == 0x1f ? (uint64_t)0x7ff : exp - 15 + 1023) << 52 | frac << 42;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void print_float(struct printer *p, const struct vcca_cbor_item *item)
{
  double v = float_value(item);
  char text[40];
  if (v != v)
    text_put(p->out, "NaN");
  else if (v - v != 0)
    text_put(p->out, v > 0 ? "Infinity" : "-Infinity");
  else {
    snprintf(text, sizeof text, "%.17g", v);
    text_put(p->out, strpbrk(text, ".e") ? "%s" : "%s.0", text);
  }
}

static void print_simple(struct printer *p, uint64_t v)
{
  static const char *const names[] = {[20] = "false", [21] = "true", [22] = "null", [23] = "undefined"};
  if (v >= 20 && v <= 23)
    text_put(p->out, "%s", names[v]);
  else
    text_put(p->out, "simple(%" PRIu64 ")", v);
}

/* --- Containers --- */

/* Whether to show a byte string's content as CBOR. */
static bool descends(const struct printer *p, vcca_span bytes, enum place place)
{
  enum { ARRAY = 4, TAG = 6 };
  if (p->level >= LEVELS || bytes.n == 0 || place == SIGNATURE)
    return false;
  if (place == MEMBER || place == HEADER || place == PAYLOAD)
    return true;
  unsigned major = bytes.p[0] >> 5;
  return bytes.n > 2 && major >= ARRAY && major <= TAG && vcca_cbor_check(bytes, NULL);
}

static bool print_bytes(struct printer *p, const struct vcca_cbor_item *item, enum place place)
{
  struct vcca_cbor inside = vcca_cbor_over(item->bytes, item->offset + item->head_size);
  if (!descends(p, item->bytes, place)) {
    print_hex(p, item);
    return true;
  }
  text_put(p->out, "<<");
  p->level++;
  p->indent++;
  line(p, inside.base);
  if (!print_item(p, &inside, 0, place == MEMBER ? ANYWHERE : place) || !vcca_cbor_end(&inside, "embedded CBOR", p->err))
    return false;
  p->indent--;
  p->level--;
  closing_line(p);
  text_put(p->out, ">>");
  return true;
}

static bool print_array(struct printer *p, struct vcca_cbor *c, uint64_t n, unsigned depth, enum place place)
{
  text_put(p->out, "[");
  p->indent++;
  for (uint64_t i = 0; i < n; i++) {
    line(p, c->base + c->at);
    if (element_name(place, i))
      text_put(p->out, "/ %s / ", element_name(place, i));
    if (!print_item(p, c, depth + 1, place_in_array(place, i)))
      return false;
    text_put(p->out, i + 1 < n ? "," : "");
  }
  p->indent--;
  if (n > 0)
    closing_line(p);
  text_put(p->out, "]");
  return true;
}

/* One pair: the key, what it is called, the value. */
static bool print_pair(struct printer *p, struct vcca_cbor *c, struct strict_keys *keys, unsigned depth, enum place map)
{
  struct vcca_cbor ahead = *c, peek;
  struct vcca_cbor_item value;
  size_t start = c->at;
  int64_t label = 0;
  bool labelled = vcca_cbor_int(&ahead, "", &label, NULL);
  line(p, c->base + start);
  if (!print_item(p, c, depth + 1, ANYWHERE) || !strict_key(keys, c, start, p->err))
    return false;
  comment(p, labelled ? label_name(p, map, label) : NULL);
  text_put(p->out, ": ");
  peek = *c;
  if (!print_item(p, c, depth + 1, labelled ? place_in_map(map, label) : ANYWHERE))
    return false;
  if (labelled && vcca_cbor_next(&peek, &value, NULL))
    comment(p, value_name(map, label, &value));
  return true;
}

static bool print_map(struct printer *p, struct vcca_cbor *c, const struct vcca_cbor_item *map, unsigned depth, enum place place)
{
  struct strict_keys keys;
  keys.n = 0;
  if (!strict_map(map, p->err))
    return false;
  text_put(p->out, "{");
  p->indent++;
  for (uint64_t i = 0; i < map->value; i++) {
    if (!print_pair(p, c, &keys, depth, place == PAYLOAD ? CLAIMS : place))
      return false;
    text_put(p->out, i + 1 < map->value ? "," : "");
  }
  p->indent--;
  if (map->value > 0)
    closing_line(p);
  text_put(p->out, "}");
  return true;
}

static bool print_tag(struct printer *p, struct vcca_cbor *c, uint64_t tag, unsigned depth)
{
  text_put(p->out, "%" PRIu64 "(", tag);
  comment(p, tag_name(tag));
  p->indent++;
  line(p, c->base + c->at);
  if (!print_item(p, c, depth + 1, place_in_tag(tag)))
    return false;
  p->indent--;
  closing_line(p);
  text_put(p->out, ")");
  return true;
}

/* What stands at the cursor, on the line that is begun. */
static bool print_item(struct printer *p, struct vcca_cbor *c, unsigned depth, enum place place)
{
  struct vcca_cbor_item item;
  if (!vcca_cbor_next(c, &item, p->err))
    return false;
  bool container = item.kind == VCCA_CBOR_ARRAY || item.kind == VCCA_CBOR_MAP || item.kind == VCCA_CBOR_TAG;
  if (container && !strict_depth(&item, depth, p->err))
    return false;
  switch (item.kind) {
  case VCCA_CBOR_UINT:
    text_put(p->out, "%" PRIu64, item.value);
    break;
  case VCCA_CBOR_NINT:
    if (item.value == UINT64_MAX)
      text_put(p->out, "-18446744073709551616");
    else
      text_put(p->out, "-%" PRIu64, item.value + 1);
    break;
  case VCCA_CBOR_BYTES:
    return print_bytes(p, &item, place);
  case VCCA_CBOR_TEXT:
    print_text(p, item.bytes);
    break;
  case VCCA_CBOR_ARRAY:
    return print_array(p, c, item.value, depth, place);
  case VCCA_CBOR_MAP:
    return print_map(p, c, &item, depth, place);
  case VCCA_CBOR_TAG:
    return print_tag(p, c, item.value, depth);
  case VCCA_CBOR_SIMPLE:
    print_simple(p, item.value);
    break;
  case VCCA_CBOR_FLOAT:
    print_float(p, &item);
    break;
  }
  return true;
}

bool vcca_cbor_diag(vcca_span in, vcca_cbor_label name, vcca_sink *out, struct vcca_error *err)
{
  struct vcca_error fault = {0};
  struct printer p = {.out = out, .name = name, .err = &fault};
  struct vcca_cbor c = vcca_cbor_over(in, 0);
  text_put(out, "%6d  ", 0);
  bool good = print_item(&p, &c, 0, ANYWHERE) && vcca_cbor_end(&c, "CBOR item", &fault);
  if (!good) {
    char text[sizeof fault.text + 80];
    text_put(out, "\n!! ");
    vcca_sink_str(out, vcca_error_text(&fault, text, sizeof text));
  }
  text_put(out, "\n");
  if (!good && err)
    *err = fault;
  return good;
}
