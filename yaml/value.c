/* Numbers, bytes and text out of nodes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/yaml_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rooms/hex.h"
#include "yaml/made_image.h"
#include "rooms/span.h"
#include "rooms/files.h"

/* --- Scalars --------------------------------------------------------------------------------------------- */

const char *value_kind_text(enum value_kind kind)
{
  static const char *const texts[] = {"a number", "bytes", "text", "anything"};
  return texts[kind];
}

bool value_is_name(const struct tree_node *node)
{
  return node->kind == TREE_SCALAR && node->text.n > 1 && node->text.p[0] == '$';
}

/* A failure of some reader becomes one at the node. */
static bool fail_node(const struct tree_node *node, const struct vcca_error *why, struct vcca_error *err)
{
  char source[170] = "";
  if (why->source[0])
    snprintf(source, sizeof source, "%s: ", why->source);
  tree_fail(node, err, "%s%s", source, why->text);
  if (err && why->fault != VCCA_FAULT_NONE)
    err->fault = why->fault;
  return false;
}

static bool scalar(const struct tree_node *node, const char *wanted, struct vcca_error *err)
{
  return node->kind == TREE_SCALAR
             ? true
             : tree_fail(node, err, "%s was expected, this is %s", wanted, tree_kind_name(node->kind));
}

static bool named(const struct reading *r, const struct tree_node *node, vcca_span name, enum value_kind want,
                  struct value *out, struct vcca_error *err)
{
  if (!r->name)
    return tree_fail(node, err, "$names mean nothing in this file: write the value out");
  if (!r->name(r->ctx, node, name, want, out, err))
    return false;
  if (want == VALUE_ANY || out->kind == want)
    return true;
  return tree_fail(node, err, "$%.*s is %s, %s was expected", (int)name.n, (const char *)name.p,
                   value_kind_text(out->kind), value_kind_text(want));
}

static bool name_char(uint8_t c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* Digits or a $name, up to the next operator. */
static bool factor(const struct reading *r, const struct tree_node *node, size_t *at, uint64_t *out,
                   struct vcca_error *err)
{
  vcca_span text = node->text;
  size_t begin = *at, end = begin < text.n && text.p[begin] == '$' ? begin + 1 : begin;
  while (end < text.n && name_char(text.p[end]))
    end++;
  vcca_span word = vcca_span_sub(text, begin, end - begin);
  *at = end;
  if (word.n > 0 && word.p[0] == '$') {
    struct value v = {0};
    if (!named(r, node, vcca_span_sub(word, 1, word.n), VALUE_NUMBER, &v, err))
      return false;
    *out = v.number;
    return true;
  }
  struct vcca_error why = {0};
  return vcca_u64_read(word, out, &why) ? true : tree_fail(node, err, "\"%.60s\": %s", (const char *)text.p, why.text);
}

static size_t skip_blanks(vcca_span text, size_t at)
{
  while (at < text.n && text.p[at] == ' ')
    at++;
  return at;
}

/* Factors with * between them. */
static bool product(const struct reading *r, const struct tree_node *node, size_t *at, uint64_t *out,
                    struct vcca_error *err)
{
  uint64_t v = 0;
  if (!factor(r, node, at, out, err))
    return false;
  *at = skip_blanks(node->text, *at);
  while (*at < node->text.n && node->text.p[*at] == '*') {
    *at = skip_blanks(node->text, *at + 1);
    if (!factor(r, node, at, &v, err))
      return false;
    *out *= v;
    *at = skip_blanks(node->text, *at);
  }
  return true;
}

bool value_number(const struct reading *r, const struct tree_node *node, uint64_t *out, struct vcca_error *err)
{
  if (!scalar(node, "a number", err))
    return false;
  vcca_span text = node->text;
  bool minus = text.n > 1 && text.p[0] == '-';
  uint64_t sum = 0, v = 0;
  size_t at = minus ? 1 : 0;
  for (;;) {
    if (!product(r, node, &at, &v, err))
      return false;
    sum = minus ? sum - v : sum + v;
    if (at == text.n)
      break;
    if (text.p[at] != '+' && text.p[at] != '-')
      return tree_fail(node, err, "\"%.60s\" is not a number: write it as 64, 0x40, 64K or $base+0x1000",
                       (const char *)text.p);
    minus = text.p[at] == '-';
    at = skip_blanks(text, at + 1);
  }
  *out = sum;
  return true;
}

bool value_small(const struct reading *r, const struct tree_node *node, uint64_t max, uint64_t *out,
                 struct vcca_error *err)
{
  uint64_t v = 0;
  if (!value_number(r, node, &v, err))
    return false;
  *out = v;
  return v <= max ? true : tree_fail(node, err, "%" PRIu64 " is too large here: at most %" PRIu64, v, max);
}

bool value_bool(const struct tree_node *node, bool *out, struct vcca_error *err)
{
  bool yes = node->kind == TREE_SCALAR && vcca_span_is(node->text, "true");
  bool no = node->kind == TREE_SCALAR && vcca_span_is(node->text, "false");
  *out = yes;
  return yes || no ? true : tree_fail(node, err, "true or false was expected");
}

bool value_text(const struct reading *r, const struct tree_node *node, vcca_span *out, struct vcca_error *err)
{
  struct value v = {0};
  if (!scalar(node, "text", err))
    return false;
  *out = node->text;
  if (!value_is_name(node))
    return true;
  bool ok = named(r, node, vcca_span_sub(node->text, 1, node->text.n), VALUE_TEXT, &v, err);
  *out = v.bytes;
  return ok;
}

/* --- Bytes ----------------------------------------------------------------------------------------------- */

static bool read_digits(const struct reading *r, const struct tree_node *node, vcca_span *out, struct vcca_error *err)
{
  vcca_span text = node->text;
  if (text.n >= 2 && text.p[0] == '0' && (text.p[1] == 'x' || text.p[1] == 'X'))
    text = vcca_span_sub(text, 2, text.n);
  uint8_t *p = pool_take(r->pool, text.n / 2, err);
  vcca_sink sink = vcca_sink_of(p, text.n / 2);
  struct vcca_error why = {0};
  if (!p)
    return false;
  if (!vcca_hex_read(text, &sink, &why))
    return tree_fail(node, err, "bytes were expected, as hexadecimal digits or a mapping such as {text: ...}: %s",
                     why.text);
  *out = vcca_span_of(p, sink.n);
  return true;
}

static bool read_file(const struct reading *r, const struct tree_node *node, vcca_span *out, struct vcca_error *err)
{
  char path[4096];
  vcca_span name;
  if (!value_text(r, node, &name, err))
    return false;
  if (!r->folder)
    return tree_fail(node, err, "files cannot be named here");
  bool absolute = name.n > 0 && name.p[0] == '/';
  int n = snprintf(path, sizeof path, "%s%s%.*s", absolute ? "" : r->folder, absolute ? "" : "/", (int)name.n,
                   (const char *)name.p);
  if (n < 0 || (size_t)n >= sizeof path)
    return tree_fail(node, err, "the file's name is too long");
  struct vcca_bytes bytes = {0};
  struct vcca_error why = {0};
  if (!vcca_files_read(r->files, path, FILE_BUDGET, &bytes, &why))
    return fail_node(node, &why, err);
  bool ok = pool_adopt(r->pool, &bytes, out, &why);
  vcca_bytes_free(&bytes);
  return ok ? true : fail_node(node, &why, err);
}

static bool need_size(const struct reading *r, const struct tree_node *map, size_t least, uint8_t **p, size_t *n,
                      struct vcca_error *err)
{
  struct tree_node *node;
  uint64_t size = 0;
  struct vcca_error why = {0};
  if (!tree_need(map, "size", &node, err) || !value_small(r, node, PATTERN_MAX, &size, err))
    return false;
  if (size < least)
    return tree_fail(node, err, "at least %zu bytes are needed", least);
  *n = (size_t)size;
  *p = pool_take(r->pool, *n, &why);
  return *p ? true : fail_node(node, &why, err);
}

static bool read_text(const struct reading *r, const struct tree_node *map, const struct tree_node *form,
                      vcca_span *out, struct vcca_error *err)
{
  (void)map;
  return value_text(r, form, out, err);
}

static bool read_hex(const struct reading *r, const struct tree_node *map, const struct tree_node *form, vcca_span *out,
                     struct vcca_error *err)
{
  (void)map;
  return scalar(form, "hexadecimal text", err) && read_digits(r, form, out, err);
}

static bool read_named_file(const struct reading *r, const struct tree_node *map, const struct tree_node *form,
                            vcca_span *out, struct vcca_error *err)
{
  (void)map;
  return read_file(r, form, out, err);
}

static bool read_zero(const struct reading *r, const struct tree_node *map, const struct tree_node *form,
                      vcca_span *out, struct vcca_error *err)
{
  (void)map;
  uint64_t size = 0;
  struct vcca_error why = {0};
  if (!value_small(r, form, PATTERN_MAX, &size, err))
    return false;
  uint8_t *p = pool_take(r->pool, (size_t)size, &why);
  *out = vcca_span_of(p, (size_t)size);
  return p ? true : fail_node(form, &why, err);
}

static bool read_fill(const struct reading *r, const struct tree_node *map, const struct tree_node *form,
                      vcca_span *out, struct vcca_error *err)
{
  uint64_t byte = 0;
  uint8_t *p = NULL;
  size_t n = 0;
  if (!value_small(r, form, 255, &byte, err) || !need_size(r, map, 0, &p, &n, err))
    return false;
  memset(p, (int)byte, n);
  *out = vcca_span_of(p, n);
  return true;
}

bool get_number(const struct reading *r, const struct tree_node *map, const char *key, uint64_t *out,
                struct vcca_error *err)
{
  const struct tree_node *node = tree_get(map, key);
  return !node || value_number(r, node, out, err);
}

static bool read_ramp(const struct reading *r, const struct tree_node *map, const struct tree_node *form,
                      vcca_span *out, struct vcca_error *err)
{
  uint64_t first = 0, step = 1;
  uint8_t *p = NULL;
  size_t n = 0;
  if (!value_small(r, form, 255, &first, err) || !get_number(r, map, "step", &step, err) ||
      !need_size(r, map, 0, &p, &n, err))
    return false;
  for (size_t i = 0; i < n; i++)
    p[i] = (uint8_t)(first + i * step);
  *out = vcca_span_of(p, n);
  return true;
}

static bool read_hash(const struct reading *r, const struct tree_node *map, const struct tree_node *form,
                      vcca_span *out, struct vcca_error *err)
{
  enum vcca_hash_alg alg = VCCA_SHA256;
  struct tree_node *of;
  vcca_span data;
  if (!scalar(form, "the name of a hash", err))
    return false;
  if (!vcca_hash_named(form->text, &alg))
    return tree_fail(form, err, "unknown hash \"%.40s\": sha-256, sha-384 or sha-512", (const char *)form->text.p);
  if (!tree_need(map, "of", &of, err) || !value_bytes(r, of, &data, err))
    return false;
  uint8_t *p = pool_take(r->pool, vcca_hash_size(alg), err);
  if (!p)
    return false;
  vcca_hash(alg, data, p);
  *out = vcca_span_of(p, vcca_hash_size(alg));
  return true;
}

static bool read_made(const struct reading *r, const struct tree_node *map, const struct tree_node *form,
                      vcca_span *out, struct vcca_error *err)
{
  uint64_t seed = 0;
  uint8_t *p = NULL;
  size_t n = 0;
  if (!scalar(form, "what to make", err) || !get_number(r, map, "seed", &seed, err) ||
      !need_size(r, map, 64, &p, &n, err))
    return false;
  *out = vcca_span_of(p, n);
  return make_image((const char *)form->text.p, seed, p, n)
             ? true
             : tree_fail(form, err, "\"%.40s\" cannot be made: kernel, initrd or firmware", (const char *)form->text.p);
}

/* The forms of a mapping that stands for bytes: the key that tells it, and the keys it takes. */
static const struct {
  const char *key, *keys;
  bool (*read)(const struct reading *r, const struct tree_node *map, const struct tree_node *form, vcca_span *out,
               struct vcca_error *err);
} forms[] = {
    {"hex", "hex", read_hex},       {"text", "text", read_text},           {"file", "file", read_named_file},
    {"zero", "zero", read_zero},    {"fill", "fill size", read_fill},      {"ramp", "ramp step size", read_ramp},
    {"hash", "hash of", read_hash}, {"make", "make size seed", read_made},
};

bool value_bytes(const struct reading *r, const struct tree_node *node, vcca_span *out, struct vcca_error *err)
{
  struct value v = {0};
  if (value_is_name(node)) {
    bool ok = named(r, node, vcca_span_sub(node->text, 1, node->text.n), VALUE_BYTES, &v, err);
    *out = v.bytes;
    return ok;
  }
  if (node->kind == TREE_SCALAR)
    return read_digits(r, node, out, err);
  if (!tree_only(node, "hex text file zero fill ramp hash make size step seed of", "these bytes", err))
    return false;
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    const struct tree_node *form = tree_get(node, forms[i].key);
    if (form)
      return tree_only(node, forms[i].keys, "these bytes", err) && forms[i].read(r, node, form, out, err);
  }
  return tree_fail(node, err,
                   "bytes are one of {hex: ...} {text: ...} {file: ...} {zero: ...} {fill: ...} {ramp: ...} {hash: "
                   "...} {make: ...}");
}

/* --- By kind --------------------------------------------------------------------------------------------- */

bool value_of_kind(const struct reading *r, const struct tree_node *node, enum value_kind kind, struct value *out,
                   struct vcca_error *err)
{
  memset(out, 0, sizeof *out);
  out->kind = kind;
  switch (kind) {
  case VALUE_NUMBER:
    return value_number(r, node, &out->number, err);
  case VALUE_BYTES:
    return value_bytes(r, node, &out->bytes, err);
  case VALUE_TEXT:
    return value_text(r, node, &out->bytes, err);
  case VALUE_ANY:
    return value_natural(r, node, out, err);
  }
  return false;
}

static bool only_name(const struct tree_node *node)
{
  size_t i = 1;
  while (i < node->text.n && name_char(node->text.p[i]))
    i++;
  return i == node->text.n;
}

bool value_natural(const struct reading *r, const struct tree_node *node, struct value *out, struct vcca_error *err)
{
  if (value_is_name(node) && only_name(node))
    return named(r, node, vcca_span_sub(node->text, 1, node->text.n), VALUE_ANY, out, err);
  if (node->kind != TREE_SCALAR)
    return value_of_kind(r, node, VALUE_BYTES, out, err);
  return value_of_kind(r, node, VALUE_NUMBER, out, NULL) || value_of_kind(r, node, VALUE_BYTES, out, NULL) ||
         value_of_kind(r, node, VALUE_TEXT, out, err);
}

bool value_same(const struct value *a, const struct value *b)
{
  if (a->kind != b->kind)
    return false;
  return a->kind == VALUE_NUMBER ? a->number == b->number : vcca_span_eq(a->bytes, b->bytes);
}

const char *value_print(const struct value *v, char *buf, size_t cap)
{
  char hex[2 * 64 + 1];
  switch (v->kind) {
  case VALUE_NUMBER:
    snprintf(buf, cap, "0x%" PRIx64, v->number);
    break;
  case VALUE_BYTES:
    vcca_hex_text(vcca_span_sub(v->bytes, 0, 64), hex, sizeof hex);
    snprintf(buf, cap, "%s%s (%zu bytes)", hex, v->bytes.n > 64 ? "..." : "", v->bytes.n);
    break;
  case VALUE_TEXT:
  case VALUE_ANY:
    snprintf(buf, cap, "%.*s", (int)(v->bytes.n < 160 ? v->bytes.n : 160), v->bytes.p ? (const char *)v->bytes.p : "");
    break;
  }
  return buf;
}
