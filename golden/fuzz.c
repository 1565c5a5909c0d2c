/* Structural mutations by seed: a few steps chosen by a counter-mode generator over the tree of parts, or
 * over the bytes where there is no tree. The same bytes and seed give the same token.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "golden/edit.h"
#include "rooms/error.h"
#include "rooms/hash.h"
#include "rooms/span.h"

enum { NODES_MAX = 4096, STEPS_MAX = 3 };

/* SHA-256(seed || input), then one word of SHA-256(state || counter) after the other. */
struct dice {
  uint8_t state[32 + 4];
  uint32_t thrown;
};

static struct dice dice_of(vcca_span input, uint64_t seed)
{
  struct dice d = {{0}, 0};
  uint8_t word[8];
  vcca_put_le64(word, seed);
  const vcca_span parts[] = {VCCA_SPAN(word), input};
  vcca_hash_parts(VCCA_SHA256, parts, 2, d.state);
  return d;
}

/* A number below n. */
static uint32_t throw(struct dice * d, size_t n)
{
  uint8_t digest[VCCA_HASH_MAX];
  vcca_put_le32(d->state + 32, d->thrown++);
  vcca_hash(VCCA_SHA256, VCCA_SPAN(d->state), digest);
  return n ? (uint32_t)(vcca_le64(digest) % n) : 0;
}

struct nodes {
  struct node *at[NODES_MAX];
  size_t n;
};

/* What may be changed: everything but the root. */
static void collect(struct node *n, struct nodes *out)
{
  for (struct node *c = n->child; c; c = c->next) {
    if (out->n < NODES_MAX)
      out->at[out->n++] = c;
    collect(c, out);
  }
}

/* Items at the edges of what a decoder knows. */
static const struct {
  uint8_t bytes[10];
  size_t n;
} edges[] = {
    {{0x00}, 1},
    {{0x17}, 1},
    {{0x18, 0x18}, 2},
    {{0x18, 0x17}, 2},
    {{0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 9},
    {{0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 9},
    {{0x40}, 1},
    {{0x41, 0x00}, 2},
    {{0x60}, 1},
    {{0x61, 0xff}, 2},
    {{0x80}, 1},
    {{0xa0}, 1},
    {{0xf4}, 1},
    {{0xf6}, 1},
    {{0xf7}, 1},
    {{0xf8, 0x18}, 2},
    {{0xf9, 0x7e, 0x00}, 3},
    {{0xff}, 1},
    {{0x5f, 0xff}, 2},
    {{0x9f, 0xff}, 2},
    {{0xbf, 0xff}, 2},
    {{0xc2, 0x41, 0x01}, 3},
    {{0x1c}, 1},
    {{0x9b, 0, 0, 0, 1, 0, 0, 0, 0}, 9},
};

static void become(struct node *n, struct node what)
{
  what.next = n->next;
  *n = what;
}

static void change_bytes(struct edit *e, struct node *n, struct dice *d)
{
  vcca_span old = node_content(e->arena, n);
  vcca_sink room = arena_sink(e->arena, old.n + 1);
  vcca_sink_put(&room, old);
  vcca_sink_u8(&room, (uint8_t) throw(d, 256));
  if (!room.p || !vcca_sink_ok(&room))
    return;
  size_t size = throw(d, 2) ? old.n : throw(d, old.n + 2);
  if (size > 0)
    room.p[throw(d, size)] ^= (uint8_t)(1u << throw(d, 8));
  become(n, (struct node){.form = NODE_BYTES, .bytes = vcca_span_of(room.p, size)});
}

static void change(struct edit *e, const struct nodes *all, struct dice *d)
{
  struct node *n = all->at[throw(d, all->n)], *o = all->at[throw(d, all->n)], *copy;
  size_t edge = throw(d, sizeof edges / sizeof edges[0]);
  switch (throw(d, 9)) {
  case 0:
    become(n, (struct node){.form = NODE_RAW, .bytes = vcca_span_of(edges[edge].bytes, edges[edge].n)});
    break;
  case 1: /* the element after it is gone */
    n->next = n->next ? n->next->next : NULL;
    break;
  case 2:
    if ((copy = node_copy(e->arena, n)) != NULL) {
      copy->next = n->next;
      n->next = copy;
    }
    break;
  case 3:
    if ((copy = node_copy(e->arena, o)) != NULL)
      become(n, *copy);
    break;
  case 4:
    n->head = throw(d, 2) ? HEAD_WIDE : HEAD_INDEFINITE;
    break;
  case 5:
    n->head = HEAD_GIVEN;
    n->given = vcca_span_of(edges[edge].bytes, edges[edge].n);
    break;
  case 6:
    if ((copy = node_copy(e->arena, n)) != NULL)
      become(n, (struct node){.form = NODE_BYTES, .child = copy});
    break;
  case 7:
    n->after = vcca_span_of(edges[edge].bytes, edges[edge].n);
    break;
  default:
    if (n->form == NODE_BYTES)
      change_bytes(e, n, d);
    else
      become(n, (struct node){.form = NODE_RAW, .bytes = vcca_span_of(edges[edge].bytes, edges[edge].n)});
  }
}

static void change_raw(struct edit *e, struct dice *d)
{
  vcca_sink room = arena_sink(e->arena, e->token.n + 1);
  vcca_sink_put(&room, e->token);
  vcca_sink_u8(&room, (uint8_t) throw(d, 256));
  if (!room.p || !vcca_sink_ok(&room))
    return;
  size_t size = throw(d, 4) ? e->token.n : throw(d, e->token.n + 2);
  if (size > 0)
    room.p[throw(d, size)] ^= (uint8_t)(1u << throw(d, 8));
  e->token = vcca_span_of(room.p, size);
}

/* A token that can no longer be signed stays as it is. */
static void resign(struct edit *e, enum vcca_golden_signed how)
{
  if (e->golden && !e->arena->failed && !edit_resign(e, how, NULL))
    return;
}

bool vcca_golden_fuzz(vcca_golden *golden, vcca_span token, uint64_t seed, vcca_sink *out, struct vcca_error *err)
{
  struct arena arena = {0};
  struct edit e = {.golden = golden, .arena = &arena, .token = token};
  struct dice d = dice_of(token, seed);
  unsigned steps = 1 + throw(&d, STEPS_MAX);
  bool tree = parts_read(&e.tree, &arena, token, NULL);
  struct nodes *all = arena_get(&arena, sizeof *all);
  for (unsigned i = 0; all && i < steps; i++) {
    all->n = 0;
    if (tree)
      collect(e.tree.root, all);
    if (all->n > 0)
      change(&e, all, &d);
    else
      change_raw(&e, &d);
  }
  if (tree) {
    resign(&e, VCCA_SIGNED_PLATFORM);
    resign(&e, VCCA_SIGNED_REALM);
    e.token = node_span(&arena, e.tree.root);
  }
  bool ok = !arena.failed || vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a mutated token");
  if (ok)
    vcca_sink_put(out, e.token);
  arena_free(&arena);
  return ok && (vcca_sink_ok(out) || vcca_fail(err, VCCA_FAULT_USAGE, "the token wants %zu bytes of room", out->n));
}
