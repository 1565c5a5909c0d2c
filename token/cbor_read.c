/* The strict CBOR reader: RFC 8949 with the core deterministic rules 4.2.1 but for the order of map keys,
 * which producers of tokens choose freely. Nothing is allocated; every refusal names the byte. A cursor
 * with leniences takes longer heads, indefinite lengths and trailing bytes where they are allowed, and
 * notes that it did. Why not libcbor: docs/adr/0005.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "token/strict.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/cbor.h"

enum { MAJOR_BYTES = 2, MAJOR_TEXT = 3, MAJOR_ARRAY = 4, MAJOR_MAP = 5, MAJOR_TAG = 6, MAJOR_SIMPLE = 7 };
enum { INFO_ONE_BYTE = 24, INFO_TWO_BYTES, INFO_FOUR_BYTES, INFO_EIGHT_BYTES, INFO_INDEFINITE = 31 };

bool strict_in(struct vcca_error *err, const char *place)
{
  if (err) {
    char text[sizeof err->text];
    memcpy(text, err->text, sizeof text);
    snprintf(err->text, sizeof err->text, "%.80s: %.300s", place, text);
  }
  return false;
}

bool strict_unsupported(struct vcca_error *err)
{
  if (err)
    err->fault = VCCA_FAULT_UNSUPPORTED;
  return false;
}

const char *vcca_cbor_kind_name(enum vcca_cbor_kind kind)
{
  static const char *const names[] = {
      [VCCA_CBOR_UINT] = "unsigned integer",
      [VCCA_CBOR_NINT] = "negative integer",
      [VCCA_CBOR_BYTES] = "byte string",
      [VCCA_CBOR_TEXT] = "text string",
      [VCCA_CBOR_ARRAY] = "array",
      [VCCA_CBOR_MAP] = "map",
      [VCCA_CBOR_TAG] = "tag",
      [VCCA_CBOR_SIMPLE] = "simple value",
      [VCCA_CBOR_FLOAT] = "floating-point number",
  };
  return names[kind];
}

struct vcca_cbor vcca_cbor_over(vcca_span in, size_t base)
{
  struct vcca_cbor c = {in, 0, base, NULL};
  return c;
}

struct vcca_cbor vcca_cbor_inside(const struct vcca_cbor *c, const struct vcca_cbor_item *string)
{
  struct vcca_cbor inside = {string->bytes, 0, string->offset + string->head_size, c->lenience};
  return inside;
}

bool strict_allows_at(const struct vcca_cbor *c, enum vcca_leniency leniency, size_t offset)
{
  if (c->lenience == NULL || (c->lenience->allowed & VCCA_LENIENT_BIT(leniency)) == 0)
    return false;
  c->lenience->used |= VCCA_LENIENT_BIT(leniency);
  if (c->lenience->use[leniency].count++ == 0)
    c->lenience->use[leniency].offset = offset;
  return true;
}

bool strict_allows(const struct vcca_cbor *c, enum vcca_leniency leniency)
{
  return strict_allows_at(c, leniency, c->base + c->at);
}

/* Whether a float would lose nothing in the next narrower format: its exponent is in range and the
 * fraction's low bits are zero (a subnormal of the narrower format needs more of them); zero, infinity and
 * NaN always are in range. */
static bool narrower(uint64_t bits, unsigned exp_bits, unsigned frac_bits, unsigned to_exp, unsigned to_frac)
{
  int64_t exp = (int64_t)(bits >> frac_bits & ((1u << exp_bits) - 1));
  uint64_t frac = bits & (((uint64_t)1 << frac_bits) - 1);
  unsigned drop = frac_bits - to_frac;
  int64_t unbiased = exp - ((1 << (exp_bits - 1)) - 1);
  int64_t to_max = (1 << (to_exp - 1)) - 1;
  if (exp == (1 << exp_bits) - 1)
    return (frac & (((uint64_t)1 << drop) - 1)) == 0;
  if (exp == 0)
    return frac == 0;
  if (unbiased > to_max)
    return false;
  if (unbiased < 1 - to_max) {
    int64_t more = 1 - to_max - unbiased; /* places the fraction moves right, the hidden bit leading */
    if (more > (int64_t)to_frac)
      return false;
    drop += (unsigned)more;
  }
  return (frac & (((uint64_t)1 << drop) - 1)) == 0;
}

/* Shortest form of a head's argument (RFC 8949 4.2.1); for major type 7, of the float. */
static bool shortest(unsigned major, unsigned info, uint64_t v)
{
  if (major == MAJOR_SIMPLE) {
    switch (info) {
    case INFO_FOUR_BYTES:
      return !narrower(v, 8, 23, 5, 10);
    case INFO_EIGHT_BYTES:
      return !narrower(v, 11, 52, 8, 23);
    default:
      return true;
    }
  }
  switch (info) {
  case INFO_ONE_BYTE:
    return v >= INFO_ONE_BYTE;
  case INFO_TWO_BYTES:
    return v > UINT8_MAX;
  case INFO_FOUR_BYTES:
    return v > UINT16_MAX;
  case INFO_EIGHT_BYTES:
    return v > UINT32_MAX;
  default:
    return true;
  }
}

static enum vcca_cbor_kind kind_of(unsigned major, unsigned info)
{
  if (major == MAJOR_SIMPLE)
    return info > INFO_ONE_BYTE ? VCCA_CBOR_FLOAT : VCCA_CBOR_SIMPLE;
  static const enum vcca_cbor_kind kinds[] = {VCCA_CBOR_UINT,  VCCA_CBOR_NINT, VCCA_CBOR_BYTES, VCCA_CBOR_TEXT,
                                              VCCA_CBOR_ARRAY, VCCA_CBOR_MAP,  VCCA_CBOR_TAG};
  return kinds[major];
}

/* Whether a container may have an indefinite length; a string may in the printer's eyes alone. */
static bool indefinite_allowed(const struct vcca_cbor *c, unsigned major)
{
  if (major <= MAJOR_TEXT)
    return c->lenience && (c->lenience->allowed & STRICT_CHUNKS) != 0;
  return strict_allows(c, VCCA_LENIENT_INDEFINITE_LENGTH);
}

/* The initial byte and its argument. */
static bool read_head(struct vcca_cbor *c, struct vcca_cbor_item *item, struct vcca_error *err)
{
  size_t left = c->in.n - c->at;
  item->offset = c->base + c->at;
  if (left == 0)
    return vcca_fail_at(err, item->offset, "the input ends where an item should begin");
  const uint8_t *p = c->in.p + c->at;
  unsigned major = p[0] >> 5, info = p[0] & 0x1f;
  if (info == INFO_INDEFINITE && major == MAJOR_SIMPLE)
    return vcca_fail_at(err, item->offset, "a break with nothing to end");
  bool indefinite = info == INFO_INDEFINITE && major >= MAJOR_BYTES && major <= MAJOR_MAP;
  if (indefinite && indefinite_allowed(c, major)) {
    item->kind = kind_of(major, 0);
    item->indefinite = true;
    item->head_size = 1;
    c->at++;
    return true;
  }
  if (indefinite)
    return vcca_fail_at(err, item->offset, "%s of indefinite length", vcca_cbor_kind_name(kind_of(major, 0)));
  if (info > INFO_EIGHT_BYTES)
    return vcca_fail_at(err, item->offset, "reserved additional information %u in initial byte 0x%02x", info, p[0]);
  size_t argument = info < INFO_ONE_BYTE ? 0 : (size_t)1 << (info - INFO_ONE_BYTE);
  if (argument >= left)
    return vcca_fail_at(err, item->offset, "the input ends within a head of %zu bytes", 1 + argument);
  uint64_t v = argument == 0 ? info : 0;
  for (size_t i = 1; i <= argument; i++)
    v = v << 8 | p[i];
  item->kind = kind_of(major, info);
  item->longer =
      !shortest(major, info, v) && !(item->kind == VCCA_CBOR_FLOAT && c->lenience != NULL && c->lenience->wide_floats);
  if (major == MAJOR_SIMPLE && info == INFO_ONE_BYTE && v < 32)
    return vcca_fail_at(err, item->offset, "simple value is not in its shortest form");
  if (item->longer && !strict_allows(c, VCCA_LENIENT_NON_SHORTEST))
    return vcca_fail_at(err, item->offset, "%s is not in its shortest form", vcca_cbor_kind_name(item->kind));
  item->value = v;
  item->head_size = 1 + argument;
  c->at += item->head_size;
  return true;
}

/* Eight ASCII bytes at a time, which is what nearly all text is. */
static size_t skip_ascii(vcca_span text, size_t i)
{
  for (uint64_t eight; i + sizeof eight <= text.n; i += sizeof eight) {
    memcpy(&eight, text.p + i, sizeof eight);
    if ((eight & UINT64_C(0x8080808080808080)) != 0)
      break;
  }
  return i;
}

static bool check_text(const struct vcca_cbor_item *item, struct vcca_error *err)
{
  for (size_t i = skip_ascii(item->bytes, 0); i < item->bytes.n;) {
    size_t n = item->bytes.p[i] < 0x80 ? 1 : vcca_utf8_at(item->bytes, i);
    if (n == 0)
      return vcca_fail_at(err, item->offset + item->head_size + i, "text string is not UTF-8 from its byte %zu on", i);
    i += n;
  }
  return true;
}

/* The commonest heads, of one byte or of a string up to 255 bytes in its shortest form: no fault is
 * possible in them. */
static bool read_common_head(struct vcca_cbor *c, struct vcca_cbor_item *item)
{
  size_t left = c->in.n - c->at;
  const uint8_t *p = c->in.p + c->at;
  if (left < 2)
    return false;
  unsigned major = p[0] >> 5, info = p[0] & 0x1f;
  bool one_byte = info == INFO_ONE_BYTE && p[1] >= INFO_ONE_BYTE;
  if (major == MAJOR_SIMPLE || (info >= INFO_ONE_BYTE && !one_byte))
    return false;
  *item = (struct vcca_cbor_item){.kind = (enum vcca_cbor_kind)major,
                                  .value = one_byte ? p[1] : info,
                                  .offset = c->base + c->at,
                                  .head_size = one_byte ? 2 : 1};
  c->at += item->head_size;
  return true;
}

bool vcca_cbor_next(struct vcca_cbor *c, struct vcca_cbor_item *item, struct vcca_error *err)
{
  if (!read_common_head(c, item)) {
    memset(item, 0, sizeof *item);
    if (!read_head(c, item, err))
      return false;
  }
  if (item->indefinite)
    return true;
  uint64_t left = c->in.n - c->at;
  switch (item->kind) {
  case VCCA_CBOR_BYTES:
  case VCCA_CBOR_TEXT:
    if (item->value > left)
      return vcca_fail_at(err, item->offset, "%s of %" PRIu64 " bytes, but %" PRIu64 " are left",
                          vcca_cbor_kind_name(item->kind), item->value, left);
    item->bytes = vcca_span_of(c->in.p + c->at, (size_t)item->value);
    c->at += item->bytes.n;
    return item->kind == VCCA_CBOR_BYTES || check_text(item, err);
  case VCCA_CBOR_ARRAY:
    if (item->value > left)
      return vcca_fail_at(err, item->offset, "array of %" PRIu64 " elements, but %" PRIu64 " bytes are left",
                          item->value, left);
    return true;
  case VCCA_CBOR_MAP:
    if (item->value > left / 2)
      return vcca_fail_at(err, item->offset, "map of %" PRIu64 " pairs, but %" PRIu64 " bytes are left", item->value,
                          left);
    return true;
  case VCCA_CBOR_TAG:
    if (left == 0)
      return vcca_fail_at(err, item->offset, "tag %" PRIu64 " with nothing after it", item->value);
    return true;
  case VCCA_CBOR_UINT:
  case VCCA_CBOR_NINT:
  case VCCA_CBOR_SIMPLE:
  case VCCA_CBOR_FLOAT:
    break;
  }
  return true;
}

bool vcca_cbor_more(struct vcca_cbor *c, const struct vcca_cbor_item *container, uint64_t i)
{
  enum { BREAK = 0xff };
  if (!container->indefinite)
    return i < container->value;
  if (c->at >= c->in.n || c->in.p[c->at] != BREAK)
    return true; /* or there is an error to come upon */
  c->at++;
  return false;
}

bool vcca_cbor_want(struct vcca_cbor *c, enum vcca_cbor_kind kind, const char *what, struct vcca_cbor_item *item,
                    struct vcca_error *err)
{
  if (!vcca_cbor_next(c, item, err))
    return strict_in(err, what);
  if (item->kind != kind)
    return vcca_fail_at(err, item->offset, "%s: %s where %s is wanted", what, vcca_cbor_kind_name(item->kind),
                        vcca_cbor_kind_name(kind));
  return true;
}

bool vcca_cbor_int(struct vcca_cbor *c, const char *what, int64_t *value, struct vcca_error *err)
{
  struct vcca_cbor_item item;
  if (!vcca_cbor_next(c, &item, err))
    return strict_in(err, what);
  if (item.kind != VCCA_CBOR_UINT && item.kind != VCCA_CBOR_NINT)
    return vcca_fail_at(err, item.offset, "%s: %s where integer is wanted", what, vcca_cbor_kind_name(item.kind));
  if (item.value > INT64_MAX)
    return vcca_fail_at(err, item.offset, "%s: integer is beyond 64 bits", what);
  *value = item.kind == VCCA_CBOR_UINT ? (int64_t)item.value : -1 - (int64_t)item.value;
  return true;
}

bool strict_map(const struct vcca_cbor_item *map, struct vcca_error *err)
{
  if (map->value > STRICT_PAIRS)
    return vcca_fail_at(err, map->offset, "map of %" PRIu64 " pairs where %d is the most", map->value, STRICT_PAIRS);
  return true;
}

/* Whether two keys are equal: by their bytes when all heads are the shortest. Otherwise integers and
 * strings are held against each other by what they say, and other keys, that no token has, still by their
 * bytes. */
static bool same_key(vcca_span a, vcca_span b, bool strict)
{
  if (strict || vcca_span_eq(a, b))
    return vcca_span_eq(a, b);
  struct vcca_lenience lenience = {.allowed = ~(vcca_leniency_set)0};
  struct vcca_cbor at_a = vcca_cbor_over(a, 0), at_b = vcca_cbor_over(b, 0);
  struct vcca_cbor_item x, y;
  at_a.lenience = at_b.lenience = &lenience;
  return vcca_cbor_next(&at_a, &x, NULL) && vcca_cbor_next(&at_b, &y, NULL) && x.kind == y.kind &&
         x.kind <= VCCA_CBOR_TEXT && !x.indefinite && !y.indefinite && x.value == y.value &&
         vcca_span_eq(x.bytes, y.bytes);
}

bool strict_key(struct strict_keys *keys, const struct vcca_cbor *c, size_t start, struct vcca_error *err)
{
  vcca_span key = vcca_span_of(c->in.p + start, c->at - start);
  bool strict = c->lenience == NULL || (c->lenience->used & VCCA_LENIENT_BIT(VCCA_LENIENT_NON_SHORTEST)) == 0;
  for (size_t i = 0; i < keys->n; i++)
    if (same_key(keys->key[i], key, strict))
      return vcca_fail_at(err, c->base + start, "map key is there twice, first at byte %zu",
                          c->base + (size_t)(keys->key[i].p - c->in.p));
  return strict_new_key(keys, c, start, err);
}

bool strict_new_key(struct strict_keys *keys, const struct vcca_cbor *c, size_t start, struct vcca_error *err)
{
  if (keys->n == STRICT_PAIRS)
    return vcca_fail_at(err, c->base + start, "map of more than %d pairs", STRICT_PAIRS);
  keys->key[keys->n++] = vcca_span_of(c->in.p + start, c->at - start);
  return true;
}

bool strict_depth(const struct vcca_cbor_item *item, unsigned depth, struct vcca_error *err)
{
  if (depth >= VCCA_CBOR_DEPTH)
    return vcca_fail_at(err, item->offset, "nested deeper than %d levels", VCCA_CBOR_DEPTH);
  return true;
}

/* The chunks of a string of indefinite length: each a definite string of its kind. */
bool strict_chunk(struct vcca_cbor *c, const struct vcca_cbor_item *string, struct vcca_cbor_item *chunk,
                  struct vcca_error *err)
{
  if (!vcca_cbor_next(c, chunk, err))
    return false;
  if (chunk->kind != string->kind || chunk->indefinite)
    return vcca_fail_at(err, chunk->offset, "a chunk of the %s is none of definite length",
                        vcca_cbor_kind_name(string->kind));
  return true;
}

static bool skip_map(struct vcca_cbor *c, const struct vcca_cbor_item *map, unsigned depth, struct vcca_error *err)
{
  struct strict_keys keys;
  keys.n = 0;
  if (!strict_map(map, err))
    return false;
  for (uint64_t i = 0; vcca_cbor_more(c, map, i); i++) {
    size_t start = c->at;
    if (!strict_skip(c, depth + 1, err) || !strict_key(&keys, c, start, err) || !strict_skip(c, depth + 1, err))
      return false;
  }
  return true;
}

bool strict_skip(struct vcca_cbor *c, unsigned depth, struct vcca_error *err)
{
  struct vcca_cbor_item item, chunk;
  if (!vcca_cbor_next(c, &item, err))
    return false;
  bool string = item.kind == VCCA_CBOR_BYTES || item.kind == VCCA_CBOR_TEXT;
  if (!string && item.kind != VCCA_CBOR_ARRAY && item.kind != VCCA_CBOR_MAP && item.kind != VCCA_CBOR_TAG)
    return true;
  if (string) {
    for (uint64_t i = 0; item.indefinite && vcca_cbor_more(c, &item, i); i++)
      if (!strict_chunk(c, &item, &chunk, err))
        return false;
    return true;
  }
  if (!strict_depth(&item, depth, err))
    return false;
  if (item.kind == VCCA_CBOR_TAG)
    return strict_skip(c, depth + 1, err);
  if (item.kind == VCCA_CBOR_MAP)
    return skip_map(c, &item, depth, err);
  for (uint64_t i = 0; vcca_cbor_more(c, &item, i); i++)
    if (!strict_skip(c, depth + 1, err))
      return false;
  return true;
}

bool vcca_cbor_skip(struct vcca_cbor *c, struct vcca_error *err)
{
  return strict_skip(c, 0, err);
}

bool vcca_cbor_end(const struct vcca_cbor *c, const char *what, struct vcca_error *err)
{
  size_t left = c->in.n - c->at;
  if (left > 0 && !strict_allows(c, VCCA_LENIENT_TRAILING_BYTES))
    return vcca_fail_at(err, c->base + c->at, "%s: %zu byte%s too many at the end", what, left, left == 1 ? "" : "s");
  return true;
}

bool vcca_cbor_check(vcca_span in, struct vcca_error *err)
{
  struct vcca_cbor c = vcca_cbor_over(in, 0);
  return vcca_cbor_skip(&c, err) && vcca_cbor_end(&c, "CBOR item", err);
}
