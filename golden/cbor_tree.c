/* Reading and assembling trees of parts; cbor_tree_path.c finds places in them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "golden/cbor_tree.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/cbor.h"

#include <string.h>

/* --- Reading --------------------------------------------------------------------------------------------- */

static struct node *build(struct arena *arena, struct vcca_cbor *c, unsigned levels);

/* Whether a byte string's content is one item of the kind that tokens embed: a header or claims map, a
 * tagged COSE_Sign1, a wrapped payload. */
static bool embeds(vcca_span content, unsigned levels)
{
  struct vcca_cbor c = vcca_cbor_over(content, 0);
  struct vcca_cbor_item item;
  if (levels == 0 || !vcca_cbor_next(&c, &item, NULL) || !vcca_cbor_check(content, NULL))
    return false;
  return item.kind == VCCA_CBOR_MAP || item.kind == VCCA_CBOR_TAG ||
         (item.kind == VCCA_CBOR_BYTES && embeds(item.bytes, levels - 1));
}

static struct node **append(struct node **link, struct node *n)
{
  *link = n;
  return n ? &n->next : link;
}

/* The next item of sound CBOR; levels: of byte strings that are opened. */
static struct node *build(struct arena *arena, struct vcca_cbor *c, unsigned levels)
{
  struct vcca_cbor_item item;
  size_t start = c->at;
  struct node *n = arena_get(arena, sizeof *n);
  if (!n || !vcca_cbor_next(c, &item, NULL))
    return NULL;
  uint64_t inside = 0;
  switch (item.kind) {
  case VCCA_CBOR_ARRAY:
    n->form = NODE_ARRAY;
    inside = item.value;
    break;
  case VCCA_CBOR_MAP:
    n->form = NODE_MAP;
    inside = 2 * item.value;
    break;
  case VCCA_CBOR_TAG:
    n->form = NODE_TAG;
    n->value = item.value;
    inside = 1;
    break;
  case VCCA_CBOR_BYTES:
    n->form = NODE_BYTES;
    n->bytes = item.bytes;
    if (embeds(item.bytes, levels)) {
      struct vcca_cbor within = vcca_cbor_over(item.bytes, 0);
      n->child = build(arena, &within, levels - 1);
    }
    return n;
  case VCCA_CBOR_UINT:
  case VCCA_CBOR_NINT:
  case VCCA_CBOR_TEXT:
  case VCCA_CBOR_SIMPLE:
  case VCCA_CBOR_FLOAT:
    n->form = NODE_RAW;
    n->bytes = vcca_span_sub(c->in, start, c->at - start);
    return n;
  }
  struct node **link = &n->child;
  for (uint64_t i = 0; i < inside; i++)
    link = append(link, build(arena, c, levels));
  return n;
}

bool parts_read(struct tree *t, struct arena *arena, vcca_span in, struct vcca_error *err)
{
  struct vcca_cbor c = vcca_cbor_over(in, 0);
  *t = (struct tree){arena, NULL};
  if (!vcca_cbor_check(in, err))
    return false;
  t->root = build(arena, &c, PARTS_DEPTH);
  return !arena->failed || vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a token of %zu bytes", in.n);
}

/* --- Assembling ------------------------------------------------------------------------------------------ */

/* The argument in the next form wider than the shortest. */
static void put_wide(unsigned major, uint64_t v, vcca_sink *out)
{
  unsigned log = v < 24 ? 0 : v <= UINT8_MAX ? 1 : v <= UINT16_MAX ? 2 : 3;
  vcca_sink_u8(out, (uint8_t)(major << 5 | (24 + log)));
  for (unsigned i = 1u << log; i-- > 0;)
    vcca_sink_u8(out, (uint8_t)(v >> 8 * i));
}

static void put_shortest(unsigned major, uint64_t v, vcca_sink *out)
{
  uint8_t room[9];
  vcca_sink head = VCCA_SINK(room);
  vcca_cbor_put_uint(&head, v);
  room[0] |= (uint8_t)(major << 5);
  vcca_sink_put(out, vcca_sink_span(&head));
}

static void put_head(const struct node *n, unsigned major, uint64_t v, vcca_sink *out)
{
  switch (n->head) {
  case HEAD_SHORTEST:
    put_shortest(major, v, out);
    break;
  case HEAD_WIDE:
    put_wide(major, v, out);
    break;
  case HEAD_INDEFINITE:
    vcca_sink_u8(out, (uint8_t)(major << 5 | 0x1f));
    break;
  case HEAD_GIVEN:
    vcca_sink_put(out, n->given);
    break;
  }
}

static uint64_t count(const struct node *n)
{
  uint64_t k = 0;
  for (const struct node *c = n->child; c; c = c->next)
    k++;
  return k;
}

static void put_text_or_number(const struct node *n, vcca_sink *out)
{
  struct vcca_cbor c = vcca_cbor_over(n->bytes, 0);
  struct vcca_cbor_item item;
  if (n->head == HEAD_SHORTEST || !vcca_cbor_next(&c, &item, NULL)) {
    vcca_sink_put(out, n->bytes);
    return;
  }
  unsigned major = n->bytes.p[0] >> 5;
  put_head(n, major, item.value, out);
  if (n->head == HEAD_INDEFINITE)
    put_shortest(major, item.value, out);
  vcca_sink_put(out, item.bytes);
}

static void put_front(const struct node *n, vcca_sink *out)
{
  vcca_sink_put(out, n->before);
  switch (n->form) {
  case NODE_RAW:
    put_text_or_number(n, out);
    break;
  case NODE_BYTES:
    put_head(n, 2, n->inside, out);
    if (n->head == HEAD_INDEFINITE) /* one chunk */
      put_shortest(2, n->inside, out);
    break;
  case NODE_ARRAY:
    put_head(n, 4, count(n), out);
    break;
  case NODE_MAP:
    put_head(n, 5, count(n) / 2, out);
    break;
  case NODE_TAG:
    put_head(n, 6, n->value, out);
    break;
  }
}

static void put_back(const struct node *n, vcca_sink *out)
{
  if (n->head == HEAD_INDEFINITE)
    vcca_sink_u8(out, 0xff);
  vcca_sink_put(out, n->after);
}

/* The size of a node's bytes, from the inside out: each is looked at once, however deep it lies. */
static size_t measure(struct node *n)
{
  vcca_sink own = {0};
  n->inside = !n->child && n->form == NODE_BYTES ? n->bytes.n : 0;
  for (struct node *c = n->child; c; c = c->next)
    n->inside += measure(c);
  put_front(n, &own);
  put_back(n, &own);
  return own.n + n->inside;
}

static void put(const struct node *n, vcca_sink *out);

static void put_content(const struct node *n, vcca_sink *out)
{
  if (!n->child && n->form == NODE_BYTES)
    vcca_sink_put(out, n->bytes);
  for (const struct node *c = n->child; c; c = c->next)
    put(c, out);
}

/* Of a node that was measured. */
static void put(const struct node *n, vcca_sink *out)
{
  put_front(n, out);
  put_content(n, out);
  put_back(n, out);
}

vcca_span node_span(struct arena *arena, struct node *n)
{
  vcca_sink out = arena_sink(arena, measure(n));
  put(n, &out);
  return vcca_sink_span(&out);
}

vcca_span node_content(struct arena *arena, struct node *n)
{
  (void)measure(n);
  if (n->form == NODE_RAW) /* has no inside: all of it */
    return n->bytes;
  vcca_sink out = arena_sink(arena, n->inside);
  put_content(n, &out);
  return vcca_sink_span(&out);
}

bool node_deeper(const struct node *n, unsigned levels)
{
  if (levels == 0)
    return n->child != NULL;
  for (const struct node *c = n->child; c; c = c->next)
    if (node_deeper(c, levels - 1))
      return true;
  return false;
}

/* --- New nodes ------------------------------------------------------------------------------------------- */

struct node *node_of(struct arena *arena, vcca_span item)
{
  struct vcca_cbor c = vcca_cbor_over(item, 0);
  if (vcca_cbor_check(item, NULL))
    return build(arena, &c, PARTS_DEPTH);
  struct node *n = arena_get(arena, sizeof *n);
  if (n)
    *n = (struct node){.form = NODE_RAW, .bytes = item};
  return n;
}

struct node *node_bytes(struct arena *arena, vcca_span content)
{
  struct node *n = arena_get(arena, sizeof *n);
  if (n)
    *n = (struct node){.form = NODE_BYTES, .bytes = content};
  return n;
}

struct node *node_copy(struct arena *arena, const struct node *n)
{
  struct node *copy = arena_get(arena, sizeof *copy);
  if (!copy)
    return NULL;
  *copy = *n;
  copy->next = NULL;
  struct node **link = &copy->child;
  *link = NULL;
  for (const struct node *c = n->child; c; c = c->next)
    link = append(link, node_copy(arena, c));
  return copy;
}
