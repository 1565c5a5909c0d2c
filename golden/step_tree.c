/* Steps that change the tree of parts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "golden/edit.h"
#include "rooms/error.h"
#include "rooms/span.h"

#include <string.h>

/* The link that follows the place's element, or label and value. */
static struct node **behind(const struct place *p)
{
  return &p->node->next;
}

/* Puts n where the place's node is. */
static void replace(const struct place *p, struct node *n)
{
  if (!n)
    return; /* the arena remembers that there was no memory */
  n->next = p->node->next;
  if (p->key)
    p->key->next = n;
  else
    *p->link = n;
}

bool edit_step_drop(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  if (!word_place(e, w->word[0], &p, err))
    return false;
  *p.link = *behind(&p);
  return true;
}

bool edit_step_set(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  vcca_span bytes;
  if (!word_place(e, w->word[0], &p, err) || !word_bytes(e, w->word[1], &bytes, err))
    return false;
  replace(&p, node_of(e->arena, bytes));
  return true;
}

/* A byte string's content as bytes that may be changed; what it held is forgotten. */
static bool content(struct edit *e, vcca_span path, struct place *p, uint8_t **bytes, size_t *n, size_t room,
                    struct vcca_error *err)
{
  if (!word_place(e, path, p, err))
    return false;
  if (p->node->form != NODE_BYTES)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%.*s is no byte string", (int)path.n, (const char *)path.p);
  vcca_span old = node_content(e->arena, p->node);
  *n = old.n;
  *bytes = arena_get(e->arena, old.n > room ? old.n : room);
  if (!*bytes)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu bytes", old.n);
  if (old.n > 0)
    memcpy(*bytes, old.p, old.n);
  p->node->child = NULL;
  p->node->bytes = vcca_span_of(*bytes, old.n);
  return true;
}

bool edit_step_resize(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  uint8_t *bytes;
  size_t n;
  int64_t size;
  vcca_span word = w->word[1];
  bool more = word.p[0] == '+', less = word.p[0] == '-';
  if (!word_number(vcca_span_sub(word, more, word.n), &size, err) || !word_place(e, w->word[0], &p, err))
    return false;
  if (more || less)
    size += (int64_t)node_content(e->arena, p.node).n;
  if (size < 0 || size > 1 << 20)
    return vcca_fail(err, VCCA_FAULT_USAGE, "a byte string of %lld bytes", (long long)size);
  if (!content(e, w->word[0], &p, &bytes, &n, (size_t)size, err))
    return false;
  p.node->bytes.n = (size_t)size;
  return true;
}

bool edit_step_leaf(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  uint8_t *bytes;
  size_t n;
  return content(e, w->word[0], &p, &bytes, &n, 0, err);
}

bool edit_step_xor(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  uint8_t *bytes;
  size_t n, at;
  vcca_span bits;
  if (!content(e, w->word[0], &p, &bytes, &n, 0, err) || !word_index(w->word[1], n, &at, err) ||
      !word_bytes(e, w->word[2], &bits, err))
    return false;
  for (size_t i = 0; i < bits.n && at + i < n; i++)
    bytes[at + i] ^= bits.p[i];
  return true;
}

bool edit_step_label(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  vcca_span bytes;
  if (!word_place(e, w->word[0], &p, err) || !word_bytes(e, w->word[1], &bytes, err))
    return false;
  if (!p.key)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%.*s is no map's value", (int)w->word[0].n, (const char *)w->word[0].p);
  *p.key = (struct node){.form = NODE_RAW, .bytes = bytes, .next = p.node};
  return true;
}

bool edit_step_add(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  if (!word_place(e, w->word[0], &p, err))
    return false;
  if (p.node->form != NODE_MAP && p.node->form != NODE_ARRAY)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%.*s is neither map nor array", (int)w->word[0].n,
                     (const char *)w->word[0].p);
  struct node **link = &p.node->child;
  while (*link)
    link = &(*link)->next;
  for (size_t i = 1; i < w->n; i++) {
    vcca_span bytes;
    if (!word_bytes(e, w->word[i], &bytes, err))
      return false;
    *link = node_of(e->arena, bytes);
    if (*link)
      link = &(*link)->next;
  }
  return true;
}

bool edit_step_again(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  int64_t times = 1;
  if (!word_place(e, w->word[0], &p, err) || (w->n > 1 && !word_number(w->word[1], &times, err)))
    return false;
  if (times < 0 || times > 1 << 16)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%lld times: at most %d", (long long)times, 1 << 16);
  for (int64_t i = 0; i < times; i++) {
    struct node *copy = node_copy(e->arena, p.node), *key = p.key ? node_copy(e->arena, p.key) : NULL;
    if (!copy || (p.key && !key))
      return true;
    copy->next = *behind(&p);
    if (key)
      key->next = copy;
    *behind(&p) = key ? key : copy;
  }
  return true;
}

bool edit_step_reverse(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  if (!word_place(e, w->word[0], &p, err))
    return false;
  bool map = p.node->form == NODE_MAP;
  struct node *reversed = NULL, *next;
  for (struct node *c = p.node->child; c; c = next) {
    struct node *last = map && c->next ? c->next : c;
    next = last->next;
    last->next = reversed;
    reversed = c;
  }
  p.node->child = reversed;
  return true;
}

bool edit_step_wrap(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  if (!word_place(e, w->word[0], &p, err))
    return false;
  struct node *outer = node_bytes(e->arena, vcca_span_of(NULL, 0));
  if (!outer)
    return true;
  replace(&p, outer);
  outer->child = p.node;
  p.node->next = NULL;
  return true;
}

bool edit_step_unwrap(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  if (!word_place(e, w->word[0], &p, err))
    return false;
  if (!p.node->child || (p.node->form != NODE_TAG && p.node->form != NODE_BYTES))
    return vcca_fail(err, VCCA_FAULT_USAGE, "%.*s holds nothing", (int)w->word[0].n, (const char *)w->word[0].p);
  replace(&p, p.node->child);
  return true;
}

bool edit_step_before(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  return word_place(e, w->word[0], &p, err) && word_bytes(e, w->word[1], &p.node->before, err);
}

bool edit_step_after(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  return word_place(e, w->word[0], &p, err) && word_bytes(e, w->word[1], &p.node->after, err);
}

bool edit_step_head(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  if (!word_place(e, w->word[0], &p, err))
    return false;
  if (vcca_span_is(w->word[1], "wide"))
    p.node->head = HEAD_WIDE;
  else if (vcca_span_is(w->word[1], "indefinite"))
    p.node->head = HEAD_INDEFINITE;
  else
    p.node->head = HEAD_GIVEN;
  return p.node->head != HEAD_GIVEN || word_bytes(e, w->word[1], &p.node->given, err);
}

bool edit_step_swap(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place a, b;
  if (!word_place(e, w->word[0], &a, err) || !word_place(e, w->word[1], &b, err))
    return false;
  struct node first = *a.node, second = *b.node;
  *a.node = second;
  a.node->next = first.next;
  *b.node = first;
  b.node->next = second.next;
  return true;
}

bool edit_step_copy(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place to, from;
  if (!word_place(e, w->word[0], &to, err) || !word_place(e, w->word[1], &from, err))
    return false;
  replace(&to, node_copy(e->arena, from.node));
  return true;
}

bool edit_step_other(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place to, from;
  struct tree other;
  if (!e->golden)
    return vcca_fail(err, VCCA_FAULT_USAGE, "there is no other device");
  if (!word_place(e, w->word[0], &to, err) || !parts_read(&other, e->arena, e->golden->other_token, err) ||
      !parts_find(&other, (const char *)w->word[0].p, w->word[0].n, &from, err))
    return false;
  replace(&to, from.node);
  return true;
}

/* The token becomes bytes. */
static vcca_span flatten(struct edit *e)
{
  if (e->tree.root)
    e->token = node_span(e->arena, e->tree.root);
  e->tree.root = NULL;
  return e->token;
}

bool edit_step_cut(struct edit *e, const struct words *w, struct vcca_error *err)
{
  int64_t n;
  if (!word_number(w->word[0], &n, err))
    return false;
  vcca_span whole = flatten(e);
  n = n < 0 ? n + (int64_t)whole.n : n;
  if (n < 0 || (uint64_t)n > whole.n)
    return vcca_fail(err, VCCA_FAULT_USAGE, "cut at %lld of %zu bytes", (long long)n, whole.n);
  e->token.n = (size_t)n;
  return true;
}

bool edit_step_raw(struct edit *e, const struct words *w, struct vcca_error *err)
{
  (void)flatten(e);
  return word_bytes(e, w->word[0], &e->token, err);
}
