/* Finding places in a tree by path.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "golden/cbor_tree.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/cbor.h"

enum { LABEL_PLATFORM = 44234, LABEL_REALM = 44241, LABEL_CHALLENGE = 10, LABEL_WORKLOAD_BINDING = 2408 };

static bool nothing(vcca_span path, const char *why, struct vcca_error *err)
{
  return vcca_fail(err, VCCA_FAULT_USAGE, "nothing at %.*s: %s", (int)path.n, (const char *)path.p, why);
}

/* Steps to the node a link leads to. */
static void step_to(struct place *p, struct node *parent, struct node **link)
{
  *p = (struct place){.parent = parent, .node = *link, .link = link};
}

static bool step_inside(struct place *p)
{
  if (!p->node || !p->node->child)
    return false;
  step_to(p, p->node, &p->node->child);
  return true;
}

static bool step_index(struct place *p, uint64_t i)
{
  if (!step_inside(p))
    return false;
  while (i-- > 0 && p->node)
    step_to(p, p->parent, &p->node->next);
  return p->node != NULL;
}

/* A map's value by its encoded label. */
static bool step_label(struct place *p, vcca_span label)
{
  if (!p->node || p->node->form != NODE_MAP)
    return false;
  struct node *map = p->node;
  for (struct node **link = &map->child; *link && (*link)->next; link = &(*link)->next->next)
    if ((*link)->form == NODE_RAW && vcca_span_eq((*link)->bytes, label)) {
      *p = (struct place){map, (*link)->next, *link, link};
      return true;
    }
  return false;
}

static bool step_number(struct place *p, int64_t label)
{
  uint8_t room[9];
  vcca_sink encoded = VCCA_SINK(room);
  vcca_cbor_put_int(&encoded, label);
  return step_label(p, vcca_sink_span(&encoded));
}

/* The member's byte string: the value itself, or the second of a CMW record (RATS CMW: type, value). */
static bool step_member(struct place *p, int64_t label)
{
  return step_inside(p) && step_number(p, label) && (p->node->form != NODE_ARRAY || step_index(p, 1));
}

/* The payload, or what it wraps, down to the claims map. */
static bool step_claims(struct place *p)
{
  if (!step_index(p, 2))
    return false;
  while (p->node && p->node->form == NODE_BYTES)
    if (!step_inside(p))
      return false;
  return p->node && p->node->form == NODE_MAP;
}

/* A part of the COSE_Sign1 in a member's byte string. */
static bool step_part(struct place *p, vcca_span name)
{
  if (!step_inside(p))
    return false;
  if (vcca_span_is(name, "tag"))
    return true;
  if (p->node->form == NODE_TAG && !step_inside(p))
    return false;
  if (vcca_span_is(name, "sign1"))
    return true;
  if (vcca_span_is(name, "protected"))
    return step_index(p, 0);
  if (vcca_span_is(name, "header"))
    return step_index(p, 0) && step_inside(p);
  if (vcca_span_is(name, "unprotected"))
    return step_index(p, 1);
  if (vcca_span_is(name, "payload"))
    return step_index(p, 2);
  if (vcca_span_is(name, "claims"))
    return step_claims(p);
  return vcca_span_is(name, "signature") && step_index(p, 3);
}

/* Characters up to the next step. */
static vcca_span word(vcca_span *path)
{
  static const char ends[] = {'/', '.', '[', '!'};
  size_t n = 0;
  while (n < path->n && memchr(ends, path->p[n], sizeof ends) == NULL)
    n++;
  vcca_span w = vcca_span_sub(*path, 0, n);
  *path = vcca_span_sub(*path, n, path->n);
  return w;
}

static bool number(vcca_span text, int64_t *out)
{
  bool negative = text.n > 0 && text.p[0] == '-';
  *out = 0;
  if (text.n == (size_t)negative || text.n > 12)
    return false;
  for (size_t i = negative; i < text.n; i++) {
    if (text.p[i] < '0' || text.p[i] > '9')
      return false;
    *out = *out * 10 + (text.p[i] - '0');
  }
  *out = negative ? -*out : *out;
  return true;
}

static bool step_named(struct place *p, vcca_span name)
{
  int64_t label;
  if (vcca_span_is(name, "@binding")) {
    struct place map = *p;
    if (step_number(p, LABEL_WORKLOAD_BINDING))
      return true;
    *p = map;
    return step_number(p, LABEL_CHALLENGE);
  }
  if (number(name, &label))
    return step_number(p, label);
  uint8_t room[64];
  vcca_sink text = VCCA_SINK(room);
  vcca_cbor_put_text(&text, name);
  return vcca_sink_ok(&text) && step_label(p, vcca_sink_span(&text));
}

static bool step(struct place *p, vcca_span *rest)
{
  int64_t i;
  uint8_t kind = rest->p[0];
  *rest = vcca_span_sub(*rest, 1, rest->n);
  if (kind == '!')
    return step_inside(p);
  vcca_span name = word(rest);
  if (kind == '.')
    return step_part(p, name);
  if (kind == '/')
    return step_named(p, name);
  return name.n > 1 && name.p[name.n - 1] == ']' && number(vcca_span_sub(name, 0, name.n - 1), &i) && i >= 0 &&
         step_index(p, (uint64_t)i);
}

bool parts_find(struct tree *t, const char *path, size_t n, struct place *out, struct vcca_error *err)
{
  vcca_span whole = vcca_span_of(path, n), rest = whole;
  struct node *root = t->root;
  vcca_span where = word(&rest);
  *out = (struct place){.node = root, .link = &t->root};
  if (!vcca_span_is(where, "token")) {
    bool platform = vcca_span_is(where, "platform");
    if (root->form != NODE_TAG || !step_inside(out))
      return nothing(whole, "the token has no container tag", err);
    if (platform || vcca_span_is(where, "realm")) {
      out->node = root;
      if (!step_member(out, platform ? LABEL_PLATFORM : LABEL_REALM))
        return nothing(whole, "the collection has no such member", err);
      if (rest.n > 0 && rest.p[0] == '/' && !step_part(out, VCCA_SPAN_LIT("claims")))
        return nothing(whole, "the member holds no claims map", err);
    } else if (!vcca_span_is(where, "map")) {
      return nothing(whole, "a path begins with token, map, platform or realm", err);
    }
  }
  while (rest.n > 0)
    if (!step(out, &rest))
      return nothing(whole, "there is no such part", err);
  return true;
}
