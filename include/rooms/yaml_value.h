/* What the scalars and mappings of a file mean once a type is asked of them: numbers, bytes, text, and
 * $names.
 *
 * Numbers: 64, 0x40, 64K, $base+0x1000, $base+$i*4K. Bytes: hexadecimal digits, $name, or one of
 *   {hex: 00ff} {text: hello} {file: path} {zero: 4096} {fill: 0xab, size: 16} {ramp: 3, step: 7, size: 4096}
 *   {hash: sha-256, of: BYTES} {make: kernel, size: 96K, seed: 1}
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_YAML_VALUE_H
#define ROOMS_YAML_VALUE_H

#include "vcca/hash.h"
#include "rooms/files.h"
#include "rooms/yaml_pool.h"
#include "rooms/yaml_tree.h"

enum value_kind { VALUE_NUMBER, VALUE_BYTES, VALUE_TEXT, VALUE_ANY }; /* ANY: only as what is wanted */
struct value {
  enum value_kind kind;
  uint64_t number;
  vcca_span bytes; /* of BYTES and TEXT */
};

/* Bytes of one file, and of a pattern. */
enum { FILE_BUDGET = 512 << 20, PATTERN_MAX = 64 << 20 };

/* How values are read: where files are, what $names stand for. */
struct reading {
  struct pool *pool;
  const char *folder;       /* files are relative to it; NULL: files are refused */
  struct vcca_files *files; /* may be NULL */
  /* What "name" or "name.field" stands for; what has no kind of its own is read as the one wanted. NULL:
   * names are refused. */
  bool (*name)(void *ctx, const struct tree_node *node, vcca_span name, enum value_kind want, struct value *out,
               struct vcca_error *err);
  void *ctx;
};

VCCA_MUST_USE bool value_number(const struct reading *r, const struct tree_node *node, uint64_t *out,
                                struct vcca_error *err);
/* A number at most max. */
VCCA_MUST_USE bool value_small(const struct reading *r, const struct tree_node *node, uint64_t max, uint64_t *out,
                               struct vcca_error *err);
VCCA_MUST_USE bool value_bool(const struct tree_node *node, bool *out, struct vcca_error *err);
VCCA_MUST_USE bool value_text(const struct reading *r, const struct tree_node *node, vcca_span *out,
                              struct vcca_error *err);
VCCA_MUST_USE bool value_bytes(const struct reading *r, const struct tree_node *node, vcca_span *out,
                               struct vcca_error *err);
/* By kind; a $name in the node must be of that kind. */
VCCA_MUST_USE bool value_of_kind(const struct reading *r, const struct tree_node *node, enum value_kind kind,
                                 struct value *out, struct vcca_error *err);
/* A $name by its own kind, a mapping as bytes, another scalar as a number, bytes or text, whichever it can
 * be first. */
VCCA_MUST_USE bool value_natural(const struct reading *r, const struct tree_node *node, struct value *out,
                                 struct vcca_error *err);
bool value_is_name(const struct tree_node *node);
bool value_same(const struct value *a, const struct value *b);
/* For messages: 0x40, "text", 00ff... (cut short). Returns buf. */
const char *value_print(const struct value *v, char *buf, size_t cap);
const char *value_kind_text(enum value_kind kind);

static inline struct value value_from_number(uint64_t number)
{
  struct value v = {VALUE_NUMBER, number, {NULL, 0}};
  return v;
}
static inline struct value value_from_bytes(vcca_span bytes)
{
  struct value v = {VALUE_BYTES, 0, bytes};
  return v;
}
static inline struct value value_from_text(const char *text)
{
  struct value v = {VALUE_TEXT, 0, vcca_span_str(text)};
  return v;
}

/* --- Members of a map: absent leaves *out as it is ------------------------------------------------------- */

VCCA_MUST_USE bool get_number(const struct reading *r, const struct tree_node *map, const char *key, uint64_t *out,
                              struct vcca_error *err);
VCCA_MUST_USE bool get_small(const struct reading *r, const struct tree_node *map, const char *key, uint64_t max,
                             unsigned *out, struct vcca_error *err);
VCCA_MUST_USE bool get_bool(const struct tree_node *map, const char *key, bool *out, struct vcca_error *err);
VCCA_MUST_USE bool get_bytes(const struct reading *r, const struct tree_node *map, const char *key, vcca_span *out,
                             struct vcca_error *err);
/* Text into an array of cap characters, NUL-terminated. */
VCCA_MUST_USE bool get_chars(const struct reading *r, const struct tree_node *map, const char *key, char *out,
                             size_t cap, struct vcca_error *err);
/* Bytes of exactly n. */
VCCA_MUST_USE bool get_array(const struct reading *r, const struct tree_node *map, const char *key, uint8_t *out,
                             size_t n, struct vcca_error *err);

#endif
