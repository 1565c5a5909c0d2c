/* The strict loader, on libyaml's events: building the tree. Every node is one allocation, chained for
 * freeing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/yaml_tree.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

/* A node as allocated, with its text behind it. */
struct cell {
  struct cell *chain;
  struct tree_node node;
  uint8_t text[];
};

/* Where the next node goes: the open collections, and in a map the key that waits for its value. */
struct level {
  struct tree_node *node, *last;
  struct cell *key;
};
struct reader {
  yaml_parser_t parser;
  struct cell *chain;
  struct tree_node *root;
  size_t nodes;
  struct level levels[TREE_MAX_DEPTH];
  size_t depth;
  bool ended;
  struct vcca_error *err;
};

const char *tree_kind_name(enum tree_kind kind)
{
  static const char *const names[] = {"a value", "a list", "a mapping"};
  return names[kind];
}

static bool fail_mark(struct reader *r, const yaml_mark_t *mark, const char *text)
{
  return vcca_fail_line(r->err, (unsigned)mark->line + 1, (unsigned)mark->column + 1, "%s", text);
}

static struct cell *new_cell(struct reader *r, enum tree_kind kind, const yaml_mark_t *mark, vcca_span text)
{
  if (++r->nodes > TREE_MAX_NODES) {
    fail_mark(r, mark, "more than 200000 values in one file");
    return NULL;
  }
  struct cell *cell = calloc(1, sizeof *cell + text.n + 1);
  if (!cell) {
    vcca_fail(r->err, VCCA_FAULT_MEMORY, "no memory for a value of %zu bytes", text.n);
    return NULL;
  }
  cell->chain = r->chain;
  r->chain = cell;
  if (text.n > 0)
    memcpy(cell->text, text.p, text.n);
  cell->node.kind = kind;
  cell->node.line = (unsigned)mark->line + 1;
  cell->node.column = (unsigned)mark->column + 1;
  cell->node.text = vcca_span_of(cell->text, text.n);
  return cell;
}

static struct tree_node *find(const struct tree_node *map, vcca_span key)
{
  if (!map || map->kind != TREE_MAP)
    return NULL;
  for (struct tree_node *n = map->first; n; n = n->next)
    if (vcca_span_eq(n->key, key))
      return n;
  return NULL;
}

static bool take_key(struct reader *r, struct level *level, struct cell *cell)
{
  struct tree_node *map = level->node, *key = &cell->node;
  if (key->kind != TREE_SCALAR)
    return tree_fail(key, r->err, "a key is a word, not %s", tree_kind_name(key->kind));
  if (vcca_span_is(key->text, "<<"))
    return tree_fail(key, r->err, "merge keys (<<) are not supported: write the keys out");
  struct tree_node *earlier = find(map, key->text);
  if (earlier)
    return tree_fail(key, r->err, "\"%.60s\" is given twice; the first is on line %u", (const char *)key->text.p,
                     earlier->key_line);
  if (map->count >= TREE_MAX_KEYS)
    return tree_fail(key, r->err, "more than %d keys in one mapping", TREE_MAX_KEYS);
  level->key = cell;
  return true;
}

/* Puts a node where it belongs. */
static bool place(struct reader *r, struct cell *cell)
{
  struct tree_node *node = &cell->node;
  if (r->depth == 0) {
    r->root = node;
    return true;
  }
  struct level *level = &r->levels[r->depth - 1];
  if (level->node->kind == TREE_MAP) {
    if (!level->key)
      return take_key(r, level, cell);
    node->key = level->key->node.text;
    node->key_line = level->key->node.line;
    node->key_column = level->key->node.column;
    level->key = NULL;
  }
  if (level->last)
    level->last->next = node;
  else
    level->node->first = node;
  level->last = node;
  level->node->count++;
  return true;
}

static bool open_node(struct reader *r, enum tree_kind kind, const yaml_mark_t *mark)
{
  struct cell *cell = new_cell(r, kind, mark, vcca_span_of(NULL, 0));
  if (!cell || !place(r, cell))
    return false;
  if (r->depth == TREE_MAX_DEPTH)
    return fail_mark(r, mark, "nested more than 32 deep");
  r->levels[r->depth++] = (struct level){.node = &cell->node};
  return true;
}

static bool take_scalar(struct reader *r, const yaml_event_t *e)
{
  vcca_span text = vcca_span_of(e->data.scalar.value, e->data.scalar.length);
  if (e->data.scalar.anchor || e->data.scalar.tag)
    return fail_mark(r, &e->start_mark, "anchors (&) and tags (!) are not supported");
  if (memchr(e->data.scalar.value, 0, e->data.scalar.length))
    return fail_mark(r, &e->start_mark, "text with a NUL character");
  struct cell *cell = new_cell(r, TREE_SCALAR, &e->start_mark, text);
  return cell && place(r, cell);
}

static bool take_event(struct reader *r, const yaml_event_t *e)
{
  switch (e->type) {
  case YAML_NO_EVENT:
  case YAML_STREAM_START_EVENT:
  case YAML_DOCUMENT_END_EVENT:
    return true;
  case YAML_STREAM_END_EVENT:
    r->ended = true;
    return r->root ? true : fail_mark(r, &e->start_mark, "the file is empty");
  case YAML_DOCUMENT_START_EVENT:
    return r->root ? fail_mark(r, &e->start_mark, "a second document: one file holds one") : true;
  case YAML_ALIAS_EVENT:
    return fail_mark(r, &e->start_mark, "aliases (*) are not supported: use vars and $name");
  case YAML_SCALAR_EVENT:
    return take_scalar(r, e);
  case YAML_SEQUENCE_START_EVENT:
    if (e->data.sequence_start.anchor || e->data.sequence_start.tag)
      return fail_mark(r, &e->start_mark, "anchors (&) and tags (!) are not supported");
    return open_node(r, TREE_LIST, &e->start_mark);
  case YAML_MAPPING_START_EVENT:
    if (e->data.mapping_start.anchor || e->data.mapping_start.tag)
      return fail_mark(r, &e->start_mark, "anchors (&) and tags (!) are not supported");
    return open_node(r, TREE_MAP, &e->start_mark);
  case YAML_SEQUENCE_END_EVENT:
  case YAML_MAPPING_END_EVENT:
    r->depth--;
    return true;
  }
  return true;
}

static bool fail_parser(struct reader *r)
{
  const yaml_parser_t *p = &r->parser;
  if (p->error == YAML_MEMORY_ERROR)
    return vcca_fail(r->err, VCCA_FAULT_MEMORY, "no memory to read YAML");
  if (p->error == YAML_READER_ERROR)
    return vcca_fail_at(r->err, p->problem_offset, "not YAML: %s", p->problem ? p->problem : "unreadable text");
  return vcca_fail_line(r->err, (unsigned)p->problem_mark.line + 1, (unsigned)p->problem_mark.column + 1,
                        "not YAML: %s%s%s", p->problem ? p->problem : "unreadable text", p->context ? " " : "",
                        p->context ? p->context : "");
}

static bool read_events(struct reader *r)
{
  while (!r->ended) {
    yaml_event_t event;
    if (!yaml_parser_parse(&r->parser, &event))
      return fail_parser(r);
    bool good = take_event(r, &event);
    yaml_event_delete(&event);
    if (!good)
      return false;
  }
  return true;
}

bool tree_read(vcca_span text, struct tree_doc *doc, struct vcca_error *err)
{
  struct reader r = {.err = err};
  memset(doc, 0, sizeof *doc);
  if (text.n > TREE_MAX_BYTES)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "%zu bytes of YAML, at most 4 MiB are read", text.n);
  if (!yaml_parser_initialize(&r.parser))
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory to read YAML");
  yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(&r.parser, text.n ? text.p : (const uint8_t *)"", text.n);
  bool ok = read_events(&r);
  yaml_parser_delete(&r.parser);
  doc->root = r.root;
  doc->memory = r.chain;
  if (!ok)
    tree_free(doc);
  return ok;
}

void tree_free(struct tree_doc *doc)
{
  for (struct cell *cell = doc->memory, *next; cell; cell = next) {
    next = cell->chain;
    free(cell);
  }
  memset(doc, 0, sizeof *doc);
}

struct tree_node *tree_get(const struct tree_node *map, const char *key)
{
  return find(map, vcca_span_str(key));
}

bool tree_need(const struct tree_node *map, const char *key, struct tree_node **out, struct vcca_error *err)
{
  *out = tree_get(map, key);
  return *out ? true : tree_fail(map, err, "\"%s\" is missing here", key);
}

static bool VCCA_PRINTF(4, 0)
    fail_place(unsigned line, unsigned column, struct vcca_error *err, const char *fmt, va_list args)
{
  char text[400];
  vsnprintf(text, sizeof text, fmt, args);
  return vcca_fail_line(err, line, column, "%s", text);
}

bool tree_fail(const struct tree_node *node, struct vcca_error *err, const char *fmt, ...)
{
  va_list args;
  va_start(args, fmt);
  fail_place(node->line, node->column, err, fmt, args);
  va_end(args);
  return false;
}

bool tree_fail_key(const struct tree_node *node, struct vcca_error *err, const char *fmt, ...)
{
  va_list args;
  va_start(args, fmt);
  fail_place(node->key_line ? node->key_line : node->line, node->key_line ? node->key_column : node->column, err, fmt,
             args);
  va_end(args);
  return false;
}
