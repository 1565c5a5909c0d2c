/* Diagnostic notation (RFC 8949 section 8; << >> and comments as in RFC 8610 appendix G), one item to a
 * line, its offset in the margin. Byte strings that hold CBOR are descended into (token/place.h). Whatever
 * is CBOR is printed, with an encoding indicator where it is not strict.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "token/place.h"
#include "token/strict.h"
#include "token/print_text.h"
#include "rooms/hex.h"
#include "rooms/json.h"
#include "rooms/span.h"
#include "rooms/cbor.h"

enum { LINE_BYTES = 32, LINE_WHOLE = 33, INDENT = 2 };

struct printer {
  vcca_sink *out;
  vcca_cbor_label name;
  struct vcca_error fault; /* the first thing that is not strict */
  struct vcca_error end;   /* what stopped the printing */
  int indent;
  unsigned levels; /* byte strings descended into */
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

/* Keeps the first fault, and shows it beside the item. Returns false. */
static bool note(struct printer *p, const struct vcca_error *fault)
{
  if (!p->fault.has_offset)
    p->fault = *fault;
  text_put(p->out, " / ! %.200s /", fault->text);
  return false;
}

/* Reads as anybody would who takes CBOR, and notes what the strict reader says of the item. */
static bool next(struct printer *p, struct vcca_cbor *c, struct vcca_cbor_item *item)
{
  struct vcca_cbor strict = *c;
  struct vcca_error fault = {0};
  if (!vcca_cbor_next(c, item, &p->end))
    return false;
  strict.lenience = NULL;
  if ((item->longer || item->indefinite) && !vcca_cbor_next(&strict, &(struct vcca_cbor_item){0}, &fault) &&
      !p->fault.has_offset)
    p->fault = fault;
  return true;
}

/* The encoding indicator (RFC 8949 8.1): the width of a head that is not the shortest. */
static void indicator(struct printer *p, const struct vcca_cbor_item *item)
{
  static const char *const widths[] = {[2] = "_0", [3] = "_1", [5] = "_2", [9] = "_3"};
  if (item->longer)
    vcca_sink_str(p->out, widths[item->head_size]);
}

/* Nothing may be left. */
static void end(struct printer *p, struct vcca_cbor *c, const char *what)
{
  struct vcca_cbor strict = *c;
  struct vcca_error fault = {0};
  strict.lenience = NULL;
  if (vcca_cbor_end(&strict, what, &fault))
    return;
  line(p, c->base + c->at);
  text_put(p->out, "h'");
  vcca_hex_put(p->out, vcca_span_sub(c->in, c->at, LINE_BYTES));
  text_put(p->out, c->in.n - c->at > LINE_BYTES ? "...'" : "'");
  (void)note(p, &fault);
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

static bool print_bytes(struct printer *p, const struct vcca_cbor *c, const struct vcca_cbor_item *item,
                        enum place place)
{
  struct vcca_cbor inside = vcca_cbor_inside(c, item);
  if (!place_descends(place, item->bytes, p->levels)) {
    print_hex(p, item);
    indicator(p, item);
    return true;
  }
  text_put(p->out, "<<");
  p->levels++;
  p->indent++;
  line(p, inside.base);
  if (!print_item(p, &inside, 0, place_in_bytes(place)))
    return false;
  end(p, &inside, "embedded CBOR");
  p->indent--;
  p->levels--;
  closing_line(p);
  text_put(p->out, ">>");
  indicator(p, item);
  return true;
}

/* A string of indefinite length: its chunks. */
static bool print_chunks(struct printer *p, struct vcca_cbor *c, const struct vcca_cbor_item *string)
{
  struct vcca_cbor_item chunk;
  text_put(p->out, "(_ ");
  for (uint64_t i = 0; vcca_cbor_more(c, string, i); i++) {
    text_put(p->out, i > 0 ? ", " : "");
    if (!strict_chunk(c, string, &chunk, &p->end))
      return false;
    if (chunk.kind == VCCA_CBOR_BYTES)
      print_hex(p, &chunk);
    else
      print_text(p, chunk.bytes);
    indicator(p, &chunk);
  }
  text_put(p->out, ")");
  return true;
}

/* Behind an opening bracket: how long it says it is, when it need not say so or does not. */
static void opening(struct printer *p, const struct vcca_cbor_item *item)
{
  if (item->indefinite)
    text_put(p->out, "_");
  indicator(p, item);
}

static bool print_array(struct printer *p, struct vcca_cbor *c, const struct vcca_cbor_item *array, unsigned depth,
                        enum place place)
{
  uint64_t i = 0;
  text_put(p->out, "[");
  opening(p, array);
  p->indent++;
  for (; vcca_cbor_more(c, array, i); i++) {
    if (i > 0)
      text_put(p->out, ",");
    line(p, c->base + c->at);
    if (place_element_name(place, i))
      text_put(p->out, "/ %s%s / ", place_element_name(place, i), place_in_array(place, i) == HEADER ? " header" : "");
    if (!print_item(p, c, depth + 1, place_in_array(place, i)))
      return false;
  }
  p->indent--;
  if (i > 0)
    closing_line(p);
  text_put(p->out, "]");
  return true;
}

/* What a label is called. */
static const char *label_name(const struct printer *p, enum place place, int64_t label)
{
  if (place_is_claim(place, label))
    return p->name ? p->name(label) : NULL;
  return place_label_name(place, label);
}

/* One pair: the key, what it is called, the value. */
static bool print_pair(struct printer *p, struct vcca_cbor *c, struct strict_keys *keys, unsigned depth, enum place map)
{
  struct vcca_cbor ahead = *c, peek;
  struct vcca_cbor_item value;
  struct vcca_error fault = {0};
  size_t start = c->at;
  int64_t label = 0;
  bool labelled = vcca_cbor_int(&ahead, "", &label, NULL);
  line(p, c->base + start);
  if (!print_item(p, c, depth + 1, ANYWHERE))
    return false;
  comment(p, labelled ? label_name(p, map, label) : NULL);
  if (!strict_key(keys, c, start, &fault)) {
    (void)note(p, &fault);
    keys->n -= keys->n == STRICT_PAIRS; /* of more pairs than may be there, the last is forgotten */
  }
  text_put(p->out, ": ");
  peek = *c;
  if (!print_item(p, c, depth + 1, labelled ? place_in_map(map, label) : ANYWHERE))
    return false;
  if (labelled && vcca_cbor_next(&peek, &value, NULL))
    comment(p, place_value_name(map, label, &value));
  return true;
}

static bool print_map(struct printer *p, struct vcca_cbor *c, const struct vcca_cbor_item *map, unsigned depth,
                      enum place place)
{
  struct strict_keys keys;
  uint64_t i = 0;
  keys.n = 0;
  text_put(p->out, "{");
  opening(p, map);
  p->indent++;
  for (; vcca_cbor_more(c, map, i); i++) {
    if (i > 0)
      text_put(p->out, ",");
    if (!print_pair(p, c, &keys, depth, place_of_map(place)))
      return false;
  }
  p->indent--;
  if (i > 0)
    closing_line(p);
  text_put(p->out, "}");
  return true;
}

static bool print_tag(struct printer *p, struct vcca_cbor *c, const struct vcca_cbor_item *tag, unsigned depth)
{
  text_put(p->out, "%" PRIu64, tag->value);
  indicator(p, tag);
  text_put(p->out, "(");
  comment(p, place_tag_name(tag->value));
  p->indent++;
  line(p, c->base + c->at);
  if (!print_item(p, c, depth + 1, place_in_tag(tag->value)))
    return false;
  p->indent--;
  closing_line(p);
  text_put(p->out, ")");
  return true;
}

static void print_number(struct printer *p, const struct vcca_cbor_item *item)
{
  if (item->kind == VCCA_CBOR_UINT)
    text_put(p->out, "%" PRIu64, item->value);
  else if (item->kind == VCCA_CBOR_SIMPLE)
    print_simple(p, item->value);
  else if (item->kind == VCCA_CBOR_FLOAT)
    print_float(p, item);
  else if (item->value == UINT64_MAX)
    text_put(p->out, "-18446744073709551616");
  else
    text_put(p->out, "-%" PRIu64, item->value + 1);
  indicator(p, item);
}

/* What stands at the cursor, on the line that is begun. */
static bool print_item(struct printer *p, struct vcca_cbor *c, unsigned depth, enum place place)
{
  struct vcca_cbor_item item;
  if (!next(p, c, &item))
    return false;
  bool container = item.kind == VCCA_CBOR_ARRAY || item.kind == VCCA_CBOR_MAP || item.kind == VCCA_CBOR_TAG;
  if (container && !strict_depth(&item, depth, &p->end))
    return false;
  switch (item.kind) {
  case VCCA_CBOR_BYTES:
    return item.indefinite ? print_chunks(p, c, &item) : print_bytes(p, c, &item, place);
  case VCCA_CBOR_TEXT:
    if (item.indefinite)
      return print_chunks(p, c, &item);
    print_text(p, item.bytes);
    indicator(p, &item);
    return true;
  case VCCA_CBOR_ARRAY:
    return print_array(p, c, &item, depth, place);
  case VCCA_CBOR_MAP:
    return print_map(p, c, &item, depth, place);
  case VCCA_CBOR_TAG:
    return print_tag(p, c, &item, depth);
  case VCCA_CBOR_UINT:
  case VCCA_CBOR_NINT:
  case VCCA_CBOR_SIMPLE:
  case VCCA_CBOR_FLOAT:
    break;
  }
  print_number(p, &item);
  return true;
}

static void mark(struct printer *p, vcca_span in, struct vcca_error *fault)
{
  char text[sizeof fault->text + sizeof fault->path + 80];
  vcca_cbor_path(in, fault->offset, fault->path, sizeof fault->path);
  text_put(p->out, "\n!! ");
  vcca_sink_str(p->out, vcca_error_text(fault, text, sizeof text));
}

bool vcca_cbor_diag(vcca_span in, vcca_cbor_label name, vcca_sink *out, struct vcca_error *err)
{
  struct vcca_lenience lenience = {.allowed = ~(vcca_leniency_set)0};
  struct printer p = {.out = out, .name = name};
  struct vcca_cbor c = vcca_cbor_over(in, 0);
  c.lenience = &lenience;
  text_put(out, "%6d  ", 0);
  bool whole = print_item(&p, &c, 0, ANYWHERE);
  if (whole)
    end(&p, &c, "CBOR item");
  if (p.fault.has_offset)
    mark(&p, in, &p.fault);
  if (!whole)
    mark(&p, in, &p.end);
  text_put(out, "\n");
  bool good = whole && !p.fault.has_offset;
  if (!good && err)
    *err = p.fault.has_offset ? p.fault : p.end;
  return good;
}
