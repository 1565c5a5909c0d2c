/* The path to a byte of a token: the way down to it, item by item, in whatever encoding.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "token/place.h"
#include "token/strict.h"
#include "rooms/error.h"
#include "rooms/cbor.h"

/* The steps taken so far are path[0..n): entering an item adds one, leaving it without having found the
 * byte takes it off. */
struct walk {
  size_t target;
  char *path;
  size_t cap, n;
  unsigned levels; /* of byte strings entered */
};

static bool visit(struct walk *w, struct vcca_cbor *c, unsigned depth, enum place place);

static void step(struct walk *w, const char *fmt, ...) VCCA_PRINTF(2, 3);
static void step(struct walk *w, const char *fmt, ...)
{
  va_list args;
  va_start(args, fmt);
  int n = vsnprintf(w->path + w->n, w->cap - w->n, fmt, args);
  va_end(args);
  w->n = n > 0 && (size_t)n < w->cap - w->n ? w->n + (size_t)n : w->cap - 1;
}

static void back(struct walk *w, size_t n)
{
  w->n = n;
  w->path[n] = '\0';
}

/* Whether the byte is behind the cursor, and so was in what was just passed. */
static bool passed(const struct walk *w, const struct vcca_cbor *c)
{
  return w->target < c->base + c->at;
}

/* A string that holds CBOR is looked into. Where that breaks off at the string's end, the byte behind it is
 * meant. */
static bool visit_bytes(struct walk *w, const struct vcca_cbor *c, const struct vcca_cbor_item *item, enum place place)
{
  struct vcca_cbor inside = vcca_cbor_inside(c, item);
  if (w->target < inside.base || w->target > c->base + c->at || !place_descends(place, item->bytes, w->levels))
    return passed(w, c);
  w->levels++;
  bool found = visit(w, &inside, 0, place_in_bytes(place));
  w->levels--;
  return found || passed(w, c);
}

static bool visit_array(struct walk *w, struct vcca_cbor *c, const struct vcca_cbor_item *array, unsigned depth,
                        enum place place)
{
  for (uint64_t i = 0; vcca_cbor_more(c, array, i); i++) {
    size_t before = w->n;
    if (place_element_name(place, i))
      step(w, "/%s", place_element_name(place, i));
    else
      step(w, "[%" PRIu64 "]", i);
    if (visit(w, c, depth + 1, place_in_array(place, i)))
      return true;
    back(w, before);
  }
  return passed(w, c);
}

/* The step that a map's key makes. */
static void step_key(struct walk *w, const struct vcca_cbor_item *key)
{
  if (key->kind == VCCA_CBOR_UINT)
    step(w, "/%" PRIu64, key->value);
  else if (key->kind == VCCA_CBOR_NINT && key->value < UINT64_MAX)
    step(w, "/-%" PRIu64, key->value + 1);
  else {
    char text[24];
    size_t n = key->kind == VCCA_CBOR_TEXT && key->bytes.n < sizeof text ? key->bytes.n : 0;
    for (size_t i = 0; i < n; i++)
      text[i] = (char)(key->bytes.p[i] > ' ' && key->bytes.p[i] <= '~' ? key->bytes.p[i] : '?');
    text[n] = '\0';
    step(w, "/%s", n ? text : "?");
  }
}

static bool visit_map(struct walk *w, struct vcca_cbor *c, const struct vcca_cbor_item *map, unsigned depth,
                      enum place place)
{
  for (uint64_t i = 0; vcca_cbor_more(c, map, i); i++) {
    struct vcca_cbor ahead = *c;
    struct vcca_cbor_item key;
    size_t before = w->n;
    if (!vcca_cbor_next(&ahead, &key, NULL) || !strict_skip(c, depth + 1, NULL))
      return true;
    step_key(w, &key);
    bool number = (key.kind == VCCA_CBOR_UINT || key.kind == VCCA_CBOR_NINT) && key.value <= INT64_MAX;
    int64_t label = !number ? 0 : key.kind == VCCA_CBOR_UINT ? (int64_t)key.value : -1 - (int64_t)key.value;
    if (passed(w, c) || visit(w, c, depth + 1, number ? place_in_map(place, label) : ANYWHERE))
      return true;
    back(w, before);
  }
  return passed(w, c);
}

/* Passes an item; true when the byte is in it, or when it cannot be passed. */
static bool visit(struct walk *w, struct vcca_cbor *c, unsigned depth, enum place place)
{
  struct vcca_cbor_item item;
  if (!vcca_cbor_next(c, &item, NULL))
    return true;
  bool string = item.kind == VCCA_CBOR_BYTES || item.kind == VCCA_CBOR_TEXT;
  if (item.kind == VCCA_CBOR_BYTES && !item.indefinite)
    return visit_bytes(w, c, &item, place);
  if (passed(w, c) || (!string && !strict_depth(&item, depth, NULL)))
    return true;
  if (string && item.indefinite) {
    c->at -= item.head_size;
    return !strict_skip(c, depth, NULL) || passed(w, c);
  }
  if (item.kind == VCCA_CBOR_ARRAY)
    return visit_array(w, c, &item, depth, place);
  if (item.kind == VCCA_CBOR_MAP)
    return visit_map(w, c, &item, depth, place_of_map(place));
  if (item.kind == VCCA_CBOR_TAG)
    return visit(w, c, depth + 1, place_in_tag(item.value));
  return false;
}

void vcca_cbor_path(vcca_span in, size_t offset, char *out, size_t cap)
{
  struct vcca_lenience lenience = {.allowed = ~(vcca_leniency_set)0};
  struct vcca_cbor c = vcca_cbor_over(in, 0);
  struct walk w = {.target = offset, .path = out, .cap = cap};
  if (cap == 0)
    return;
  out[0] = '\0';
  c.lenience = &lenience;
  (void)visit(&w, &c, 0, ANYWHERE);
}
