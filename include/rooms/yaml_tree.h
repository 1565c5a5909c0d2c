/* A strict tree of a YAML document, with line and column on every node. One document; no tags, anchors,
 * aliases or merge keys; duplicate keys are errors; scalars stay text until something types them. JSON is
 * read as the subset it is. (The names begin with tree_ because libyaml has the others, some of them
 * unannounced.)
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_YAML_TREE_H
#define ROOMS_YAML_TREE_H

#include "rooms/error.h"
#include "vcca/span.h"
#include "rooms/text.h"

enum { TREE_MAX_BYTES = 4 << 20, TREE_MAX_DEPTH = 32, TREE_MAX_NODES = 200000, TREE_MAX_KEYS = 1000 };

enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAP };

/* A node; line and column are 1-based, where its text begins. Members of a map have a key (and its place),
 * in file order. */
struct tree_node {
  enum tree_kind kind;
  unsigned line, column;
  vcca_span text; /* scalar; a NUL follows, which is not counted */
  vcca_span key;
  unsigned key_line, key_column;
  size_t count; /* children */
  struct tree_node *first, *next;
};

/* Owns the nodes; the input may go once it is read. */
struct tree_doc {
  struct tree_node *root;
  void *memory;
};

VCCA_MUST_USE bool tree_read(vcca_span text, struct tree_doc *doc, struct vcca_error *err);
void tree_free(struct tree_doc *doc);

/* The member of that name; NULL when absent or when the node is no map (or NULL). */
struct tree_node *tree_get(const struct tree_node *map, const char *key);
/* As tree_get, but absence is an error. */
VCCA_MUST_USE bool tree_need(const struct tree_node *map, const char *key, struct tree_node **out,
                             struct vcca_error *err);

/* Whether the node is a map whose keys are all in the words (separated by spaces; a word ends at ':', as
 * in command tables). what names the map in the error, which suggests the nearest word. */
VCCA_MUST_USE bool tree_only(const struct tree_node *node, const char *words, const char *what, struct vcca_error *err);
/* Whether the word is in the list. */
bool tree_word_in(vcca_span word, const char *words);
/* The word of the list that was probably meant, as ", did you mean \"x\"?", else "". Returns buf. */
const char *tree_suggest(vcca_span wrong, const char *words, char *buf, size_t cap);

/* Fails at the node (or at its key). Both return false. */
bool tree_fail(const struct tree_node *node, struct vcca_error *err, const char *fmt, ...) VCCA_PRINTF(3, 4);
bool tree_fail_key(const struct tree_node *node, struct vcca_error *err, const char *fmt, ...) VCCA_PRINTF(3, 4);
const char *tree_kind_name(enum tree_kind kind);

#endif
