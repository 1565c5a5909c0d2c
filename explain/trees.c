/* Two device trees, compared by what they say: nodes by path, properties by name. Walked here and not by
 * libfdt, because a tree that differs may also be broken (Devicetree Specification 0.4, chapter 5).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "explain/facts.h"
#include "rooms/grow.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
  FDT_BEGIN_NODE = 1,
  FDT_END_NODE = 2,
  FDT_PROP = 3,
  FDT_NOP = 4,
  FDT_END = 9,
  FDT_HEADER = 40,
  FDT_DEPTH = 32,
  PATH = 256
};
enum { ENTRIES_MAX = 1 << 16, PATHS_MAX = 16 << 20 };

/* A node (name NULL) or a property of one. */
struct entry {
  size_t path;      /* offset in the tree's paths */
  const char *name; /* in the blob */
  vcca_span value;
  size_t order;
  const struct tree *tree;
};

struct tree {
  vcca_span dtb;
  struct entry *entries;
  size_t count, room;
  char *paths; /* NUL-terminated, one behind the other */
  size_t paths_n, paths_room;
  size_t broken; /* offset where it cannot be read on; 0: whole */
};

/* --- Reading --------------------------------------------------------------------------------------------- */

static bool add_entry(struct tree *t, struct entry e)
{
  struct entry *more = t->count < ENTRIES_MAX ? vcca_grow(t->entries, t->count, &t->room, sizeof *more) : NULL;
  if (!more)
    return false;
  t->entries = more;
  e.order = t->count;
  e.tree = t;
  t->entries[t->count++] = e;
  return true;
}

static bool add_path(struct tree *t, const char *path)
{
  size_t n = strlen(path) + 1;
  while (t->paths_n + n > t->paths_room) {
    size_t room = t->paths_room ? 2 * t->paths_room : 4096;
    char *more = room <= PATHS_MAX ? realloc(t->paths, room) : NULL;
    if (!more)
      return false;
    t->paths = more;
    t->paths_room = room;
  }
  memcpy(t->paths + t->paths_n, path, n);
  t->paths_n += n;
  return true;
}

/* The NUL-terminated text at an offset; NULL when there is none. */
static const char *text_at(vcca_span s, size_t at)
{
  return at < s.n && memchr(s.p + at, 0, s.n - at) ? (const char *)s.p + at : NULL;
}

/* Where a walk is: the path, and where it was shorter. */
struct walk {
  size_t at, node; /* node: the offset of its path in the tree's paths */
  char path[PATH];
  struct {
    size_t length, node;
  } above[FDT_DEPTH];
  unsigned depth;
};

static bool enter(struct tree *t, struct walk *w)
{
  const char *name = text_at(t->dtb, w->at);
  size_t n = name ? strlen(name) : PATH, length = strlen(w->path);
  bool root = w->depth == 0, below_root = w->depth == 1;
  if (w->depth == FDT_DEPTH || length + n + 2 > PATH)
    return false;
  w->above[w->depth].length = length;
  w->above[w->depth++].node = w->node;
  snprintf(w->path + length, PATH - length, "%s%s", below_root ? "" : "/", root ? "" : name);
  w->node = t->paths_n;
  w->at += (n + 4) / 4 * 4;
  return add_path(t, w->path) && add_entry(t, (struct entry){.path = w->node});
}

static bool take_property(struct tree *t, struct walk *w)
{
  if (w->depth == 0 || t->dtb.n - w->at < 8)
    return false;
  size_t length = vcca_be32(t->dtb.p + w->at), strings = vcca_be32(t->dtb.p + 12);
  const char *name = text_at(t->dtb, strings + vcca_be32(t->dtb.p + w->at + 4));
  w->at += 8;
  if (!name || length > t->dtb.n - w->at ||
      !add_entry(t, (struct entry){w->node, name, vcca_span_sub(t->dtb, w->at, length), 0, NULL}))
    return false;
  w->at += (length + 3) / 4 * 4;
  return true;
}

/* Reads as far as it can be read. */
static void read_tree(vcca_span dtb, struct tree *t)
{
  struct walk w = {.at = dtb.n >= FDT_HEADER ? vcca_be32(dtb.p + 8) : 0};
  *t = (struct tree){.dtb = dtb};
  bool ok = dtb.n >= FDT_HEADER && vcca_be32(dtb.p) == 0xd00dfeed;
  while (ok) {
    size_t token_at = w.at;
    uint32_t token = w.at + 4 <= dtb.n ? vcca_be32(dtb.p + w.at) : 0;
    w.at += 4;
    if (token == FDT_END && w.depth == 0)
      return;
    if (token == FDT_BEGIN_NODE)
      ok = enter(t, &w);
    else if (token == FDT_PROP)
      ok = take_property(t, &w);
    else if (token == FDT_END_NODE && w.depth > 0) {
      w.path[w.above[--w.depth].length] = '\0';
      w.node = w.above[w.depth].node;
    } else
      ok = token == FDT_NOP;
    if (!ok)
      w.at = token_at;
  }
  t->broken = w.at > 0 ? w.at : 1;
}

static void free_tree(struct tree *t)
{
  free(t->entries);
  free(t->paths);
}

/* --- Comparing ------------------------------------------------------------------------------------------- */

static const char *path_of(const struct entry *e)
{
  return e->tree->paths + e->path;
}

/* '/' is less than any other character, so that what is below a node follows it at once. */
static int compare_paths(const char *l, const char *r)
{
  while (*l && *l == *r) {
    l++;
    r++;
  }
  int a = *l == '/' ? 1 : (unsigned char)*l, b = *r == '/' ? 1 : (unsigned char)*r;
  return a - b;
}

static int compare_places(const struct entry *l, const struct entry *r)
{
  int order = compare_paths(path_of(l), path_of(r));
  if (order == 0 && (!l->name || !r->name))
    return (l->name != NULL) - (r->name != NULL);
  return order != 0 ? order : strcmp(l->name, r->name);
}

static int compare_entries(const void *left, const void *right)
{
  const struct entry *l = left, *r = right;
  int order = compare_places(l, r);
  return order != 0 ? order : l->order < r->order ? -1 : l->order > r->order;
}

static void sort_entries(struct tree *t)
{
  if (t->count > 0)
    qsort(t->entries, t->count, sizeof *t->entries, compare_entries);
}

static bool is_below(const char *path, const char *node)
{
  size_t n = strlen(node);
  return strcmp(node, "/") == 0 || (strncmp(path, node, n) == 0 && (path[n] == '/' || path[n] == '\0'));
}

/* Strings, as the specification tells them: printable, each ended by a NUL, none empty. */
static bool is_text(vcca_span v)
{
  if (v.n < 2 || v.p[v.n - 1] != 0 || v.p[0] == 0)
    return false;
  for (size_t i = 0; i < v.n; i++)
    if (v.p[i] == 0 ? i > 0 && v.p[i - 1] == 0 : !isprint(v.p[i]))
      return false;
  return true;
}

/* A value as a source would have it, from a byte on; as much as fits. */
static void say_value(vcca_span v, size_t from, char *buf)
{
  enum { ROOM = FACT_VALUE - 24 };
  size_t n = 0;
  bool text = is_text(v), cells = v.n % 4 == 0 && !text;
  if (v.n == 0) {
    snprintf(buf, FACT_VALUE, "(empty)");
    return;
  }
  from = text ? (from > ROOM - 8 ? from - 16 : 0) : from / 4 * 4;
  if (from > 0)
    n += (size_t)snprintf(buf, FACT_VALUE, "(from byte %zu) ", from);
  buf[n++] = (char)(text ? '"' : cells ? '<' : '[');
  size_t i = from;
  for (; i < v.n - text && n < ROOM; i += cells ? 4 : 1) {
    if (text && v.p[i] == 0)
      n += (size_t)snprintf(buf + n, FACT_VALUE - n, "\", \"");
    else if (text)
      buf[n++] = (char)v.p[i];
    else
      n += (size_t)snprintf(buf + n, FACT_VALUE - n, cells ? "%s0x%x" : "%s%02x", i > from ? " " : "",
                            cells ? vcca_be32(v.p + i) : v.p[i]);
  }
  snprintf(buf + n, FACT_VALUE - n, "%s%s", i < v.n - text ? "..." : "", text ? "\"" : cells ? ">" : "]");
}

static void say_entry(const struct entry *e, size_t from, char *buf)
{
  if (!e)
    return;
  if (e->name)
    say_value(e->value, from, buf);
  else
    snprintf(buf, FACT_VALUE, "a node");
}

/* e is the one of them that is there. */
static void add_difference(const struct entry *e, const struct entry *a, const struct entry *b, struct facts *out)
{
  struct fact *f = facts_add(out);
  const char *path = path_of(e);
  size_t from = 0;
  while (a && b && from < a->value.n && from < b->value.n && a->value.p[from] == b->value.p[from])
    from++;
  snprintf(f->name, sizeof f->name, "%s%s%.*s", path, e->name && strcmp(path, "/") != 0 ? "/" : "", e->name ? 60 : 0,
           e->name ? e->name : "");
  say_entry(a, from, f->a);
  say_entry(b, from, f->b);
}

static bool same_value(vcca_span a, vcca_span b)
{
  return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Both are sorted. A node that only one has is told once, without what is below it. */
static void merge(const struct tree *a, const struct tree *b, struct facts *out)
{
  const char *gone = NULL;
  for (size_t i = 0, j = 0; i < a->count || j < b->count;) {
    const struct entry *l = i < a->count ? &a->entries[i] : NULL, *r = j < b->count ? &b->entries[j] : NULL;
    int order = !l ? 1 : !r ? -1 : compare_places(l, r);
    const struct entry *first = order <= 0 ? l : r;
    bool told = gone && is_below(path_of(first), gone);
    if (order != 0 && !told) {
      gone = first->name ? NULL : path_of(first);
      add_difference(first, order < 0 ? l : NULL, order < 0 ? NULL : r, out);
    } else if (order == 0 && l->name && !same_value(l->value, r->value)) {
      add_difference(first, l, r, out);
    }
    i += order <= 0;
    j += order >= 0;
  }
}

static void say_broken(const struct tree *t, char *buf)
{
  if (t->broken)
    snprintf(buf, FACT_VALUE, "broken at byte 0x%zx", t->broken);
  else
    snprintf(buf, FACT_VALUE, "whole");
}

bool facts_of_trees(vcca_span a, vcca_span b, struct facts *out)
{
  struct tree l, r;
  *out = (struct facts){.count = 0};
  if (same_value(a, b))
    return false;
  read_tree(a, &l);
  read_tree(b, &r);
  sort_entries(&l);
  sort_entries(&r);
  if (l.broken || r.broken) {
    struct fact *f = facts_add(out);
    snprintf(f->name, sizeof f->name, "structure");
    say_broken(&l, f->a);
    say_broken(&r, f->b);
  }
  merge(&l, &r, out);
  if (out->count == 0) {
    out->remark = "nodes and properties are the same; their layout is not: order, padding, names or reservations";
    facts_of_fields(VCCA_ROLE_DTB, a, b, 0, FDT_HEADER, out);
  }
  free_tree(&l);
  free_tree(&r);
  return true;
}
