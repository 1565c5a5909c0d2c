/* A token as a tree of parts, from which its bytes are assembled again. Byte strings that hold CBOR are opened, so that a
 * change deep inside is followed by the lengths of everything around it; a part may also be given bytes, a head or a count that
 * no encoder would write. A tree that nothing was done to gives the bytes it was read from.
 *
 * Places are named by a path:  WHERE [STEP]...
 *   token                      the outermost item: the container's tag
 *   map                        the collection's map
 *   platform, realm            the byte string of the member (of its CMW record)
 *   .tag .sign1 .protected .header .unprotected .payload .claims .signature   of the COSE_Sign1 in it
 *   /LABEL  [N]  !             a map's value by integer or text label, an array's element, what a byte string holds
 * platform/10 is short for platform.claims/10; the label @binding is 10, or 2408 where that takes its place.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_CBOR_TREE_H
#define GOLDEN_CBOR_TREE_H

#include "golden/arena.h"
#include "rooms/cbor.h"

enum node_form { NODE_RAW, NODE_BYTES, NODE_ARRAY, NODE_MAP, NODE_TAG };
enum node_head { HEAD_SHORTEST, HEAD_WIDE, HEAD_INDEFINITE, HEAD_GIVEN };

struct node {
  enum node_form form;
  enum node_head head;
  uint64_t value;     /* a tag's number */
  vcca_span given;    /* HEAD_GIVEN: the head's bytes, whatever they claim */
  vcca_span bytes;    /* RAW: the whole item; BYTES without a child: the content */
  size_t inside;      /* bytes of the content, while it is assembled */
  struct node *child; /* the first of what is inside; a map's are key, value, key, value ... */
  struct node *next;  /* beside it */
  vcca_span before;   /* bytes that no head counts */
  vcca_span after;
};

struct tree {
  struct arena *arena;
  struct node *root;
};

/* Reads sound CBOR into a tree whose nodes point into in; false when it is not sound. */
VCCA_MUST_USE bool parts_read(struct tree *t, struct arena *arena, vcca_span in, struct vcca_error *err);
/* The tree's bytes. */
/* One node's bytes, in the tree's arena; what is inside a byte string. */
vcca_span node_span(struct arena *arena, struct node *n);
vcca_span node_content(struct arena *arena, struct node *n);
/* Whether a node has more levels than this below it. Byte strings are opened PARTS_DEPTH levels deep; steps
 * may add to that. */
bool node_deeper(const struct node *n, unsigned levels);
enum { PARTS_DEPTH = 32 };

/* A node's place: the link to it (of a map's value: the link to its key). */
struct place {
  struct node *parent, *node, *key;
  struct node **link;
};
VCCA_MUST_USE bool parts_find(struct tree *t, const char *path, size_t n, struct place *out, struct vcca_error *err);

/* A new node of one encoded item; it is opened when it is sound, and raw otherwise. */
struct node *node_of(struct arena *arena, vcca_span item);
struct node *node_bytes(struct arena *arena, vcca_span content);
/* A copy of a node and all inside it. */
struct node *node_copy(struct arena *arena, const struct node *n);

#endif
