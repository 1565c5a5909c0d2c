/* Who wrote this tree? Programs that write device trees differ in where they put the properties' names, and in what fills the last cell of a
 * value. An edited template has both as its producer would have had them, so that it is, byte for byte, the tree of the other VM.
 *
 * A tree is written again in each of the known ways; the way that gives the template's own names is its producer's:
 *
 * - inserted: libfdt's fdt_add_subnode and fdt_setprop put what is new in front (QEMU); what fills a last cell is what stood there before.
 * - sequential: libfdt's writer, names last to first (kvmtool).
 * - in the order of first use, whole (cloud-hypervisor, and the trees that are made here), or sharing tails (dtc).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <libfdt.h>
#include <stdlib.h>

#include "boot/fdt_writer.h"
#include "rooms/file.h"

/* Time grows with nodes and properties; for inserted ones with their number times the size of the tree. */
enum { ITEMS_MAX = 1 << 14 };
#define MOVED_MAX ((uint64_t)1 << 31)

/* --- Inserted ---------------------------------------------------------------------------------------------- */

struct node {
  int at; /* offset in the tree that is read */
  int parent, child, sibling;
  int first, end; /* properties */
};

struct again {
  const void *fdt;
  void *out;
  struct node *node;
  int *property, *made; /* offsets in the tree that is read; offsets of nodes that are written */
  bool *set;
  int nodes, properties, fault;
};

/* QEMU's virt machine adds these when it makes the node before, or after, which they are (hw/arm/virt.c,
 * hw/arm/boot.c). */
static const struct late {
  const char *node, *property, *anchor;
} late[] = {
    {"chosen", "stdout-path", "pl011@9000000"}, {"aliases", "serial0", "pl011@9000000"},
    {"chosen", "bootargs", "memory@"},          {"chosen", "linux,initrd-start", "memory@"},
    {"chosen", "linux,initrd-end", "memory@"},
};
enum { LATE = sizeof late / sizeof *late };
static const char interrupt_parent[] = "interrupt-parent";

static const char *name_of(const struct again *a, int node)
{
  const char *name = fdt_get_name(a->fdt, a->node[node].at, NULL);
  return name ? name : "";
}

static const char *property_name(const struct again *a, int property)
{
  const char *name;
  return fdt_getprop_by_offset(a->fdt, a->property[property], &name, NULL) ? name : "";
}

/* Lists nodes and properties. False: too many, or a property after a child node. */
static bool list_items(struct again *a)
{
  int open = -1, next = 0;
  for (int tokens = 0; tokens < ITEMS_MAX; tokens++) {
    int at = next;
    switch (fdt_next_tag(a->fdt, at, &next)) {
    case FDT_BEGIN_NODE:
      a->node[a->nodes] = (struct node){
          .at = at, .parent = open, .child = -1, .sibling = -1, .first = a->properties, .end = a->properties};
      open = a->nodes++;
      break;
    case FDT_END_NODE:
      open = a->node[open].parent;
      break;
    case FDT_PROP:
      if (open != a->nodes - 1)
        return false;
      a->property[a->properties++] = at;
      a->node[open].end = a->properties;
      break;
    case FDT_END:
      return next >= 0;
    default:
      break;
    }
  }
  return false;
}

/* Children in the order of the tree: QEMU makes the last one first. */
static void link_children(struct again *a)
{
  for (int i = a->nodes - 1; i > 0; i--) {
    struct node *parent = &a->node[a->node[i].parent];
    a->node[i].sibling = parent->child;
    parent->child = i;
  }
}

static void set_property(struct again *a, int node, int property)
{
  const char *name;
  int n;
  const void *value = fdt_getprop_by_offset(a->fdt, a->property[property], &name, &n);
  if (!a->set[property] && a->fault >= 0)
    a->fault = value ? fdt_setprop(a->out, node, name, value, n) : n;
  a->set[property] = true;
}

static bool is_late(const struct again *a, int node, const char *property)
{
  if (node == 0)
    return strcmp(property, interrupt_parent) == 0;
  for (size_t i = 0; i < LATE; i++)
    if (a->node[node].parent == 0 && strcmp(late[i].node, name_of(a, node)) == 0 &&
        strcmp(late[i].property, property) == 0)
      return true;
  return false;
}

/* Adds the missing part of one property to a node of the root. */
static void set_late(struct again *a, int node, const char *property)
{
  for (int p = a->node[node].first; p < a->node[node].end; p++)
    if (strcmp(property_name(a, p), property) == 0) {
      int at = node == 0 ? 0 : fdt_subnode_offset(a->out, 0, name_of(a, node));
      if (at >= 0)
        set_property(a, at, p);
    }
}

/* A node of the root is complete (-1: it was the last), and another one follows (-1: none). */
static void between(struct again *a, int done, int next)
{
  const char *name = done < 0 ? "" : name_of(a, done), *following = next < 0 ? "" : name_of(a, next);
  for (size_t i = 0; i < LATE; i++) {
    size_t n = strlen(late[i].anchor);
    if (next >= 0 && (strncmp(name, late[i].anchor, n) != 0 ||
                      (late[i].anchor[n - 1] == '@' && strncmp(following, late[i].anchor, n) == 0)))
      continue;
    for (int child = a->node[0].child; child >= 0; child = a->node[child].sibling)
      if (strcmp(name_of(a, child), late[i].node) == 0)
        set_late(a, child, late[i].property);
  }
  const uint32_t *parent = fdt_getprop(a->fdt, 0, interrupt_parent, NULL);
  if (next < 0 || (parent && fdt_get_phandle(a->fdt, a->node[next].at) == vcca_be32((const uint8_t *)parent)))
    set_late(a, 0, interrupt_parent);
}

static void make_node(struct again *a, int node)
{
  int parent = a->node[node].parent, at = node == 0 ? 0 : fdt_add_subnode(a->out, a->made[parent], name_of(a, node));
  if (at < 0) {
    a->fault = at;
    return;
  }
  a->made[node] = at;
  for (int p = a->node[node].end - 1; p >= a->node[node].first; p--)
    if (!is_late(a, node, property_name(a, p)))
      set_property(a, at, p);
}

/* Parents before children, siblings last to first. */
static void make_nodes(struct again *a, int *stack)
{
  int depth = 0, done = -1;
  stack[depth++] = 0;
  while (depth > 0 && a->fault >= 0) {
    int node = stack[--depth];
    if (a->node[node].parent == 0) {
      between(a, done, node);
      done = node;
    }
    make_node(a, node);
    for (int child = a->node[node].child; child >= 0; child = a->node[child].sibling)
      stack[depth++] = child;
  }
  if (a->fault >= 0)
    between(a, done, -1);
}

/* An empty tree, as create_device_tree leaves it. */
static int start_inserted(void *out, int n)
{
  int fault = fdt_create(out, n);
  fault = fault ? fault : fdt_finish_reservemap(out);
  fault = fault ? fault : fdt_begin_node(out, "");
  fault = fault ? fault : fdt_end_node(out);
  fault = fault ? fault : fdt_finish(out);
  return fault ? fault : fdt_open_into(out, out, n);
}

static bool write_inserted(const void *fdt, struct vcca_bytes *out)
{
  struct again a = {.fdt = fdt, .out = out->p, .fault = start_inserted(out->p, (int)out->n)};
  size_t items = fdt_size_dt_struct(fdt) / 4;
  items = items < ITEMS_MAX ? items : ITEMS_MAX;
  a.node = calloc(items, sizeof *a.node);
  a.property = calloc(4 * items, sizeof *a.property);
  a.set = calloc(items, sizeof *a.set);
  bool good = a.node && a.property && a.set && list_items(&a) &&
              (uint64_t)(a.nodes + a.properties) * fdt_size_dt_struct(fdt) <= MOVED_MAX;
  if (good) {
    a.made = a.property + items;
    link_children(&a);
    make_nodes(&a, a.property + 2 * items);
  }
  free(a.node);
  free(a.property);
  free(a.set);
  return good && a.fault >= 0;
}

/* --- In the order of the tree ------------------------------------------------------------------------------ */

static bool write_sequential(const void *fdt, struct vcca_bytes *out)
{
  int fault = fdt_create(out->p, (int)out->n), next = 0;
  fault = fault ? fault : fdt_finish_reservemap(out->p);
  for (int tokens = 0; tokens < ITEMS_MAX && fault == 0; tokens++) {
    int at = next, n = 0;
    const char *name = NULL;
    const void *value;
    switch (fdt_next_tag(fdt, at, &next)) {
    case FDT_BEGIN_NODE:
      fault = fdt_begin_node(out->p, fdt_get_name(fdt, at, NULL));
      break;
    case FDT_END_NODE:
      fault = fdt_end_node(out->p);
      break;
    case FDT_PROP:
      value = fdt_getprop_by_offset(fdt, at, &name, &n);
      fault = value ? fdt_property(out->p, name, value, n) : n;
      break;
    case FDT_END:
      return fdt_finish(out->p) == 0;
    default:
      break;
    }
  }
  return false;
}

static bool write_whole_names(const void *fdt, struct vcca_bytes *out)
{
  return tree_names_by_use(fdt, false, out);
}

static bool write_shared_names(const void *fdt, struct vcca_bytes *out)
{
  return tree_names_by_use(fdt, true, out);
}

/* --- The ways ---------------------------------------------------------------------------------------------- */

typedef bool way(const void *fdt, struct vcca_bytes *out);
static way *const ways[] = {write_inserted, write_sequential, write_whole_names, write_shared_names};

/* Writes the tree in one way, with a place of its own for everything. False: this way cannot write it. */
static bool write_again(way *how, const void *fdt, struct vcca_bytes *out)
{
  enum { ROOM = 4096 };
  size_t end = fdt_off_dt_strings(fdt) + fdt_size_dt_strings(fdt),
         n = ROOM + 3 * end + 32 * (size_t)fdt_size_dt_strings(fdt);
  if (!vcca_bytes_alloc(out, n, NULL))
    return false;
  if (how(fdt, out) && fdt_size_dt_struct((const void *)out->p) == fdt_size_dt_struct(fdt))
    return true;
  vcca_bytes_free(out);
  return false;
}

static uint8_t *structure(const void *fdt)
{
  return (uint8_t *)(uintptr_t)fdt + fdt_off_dt_struct(fdt);
}

static vcca_span names(const void *fdt)
{
  return vcca_span_of((const uint8_t *)fdt + fdt_off_dt_strings(fdt), fdt_size_dt_strings(fdt));
}

/* --- Two trees of the same nodes and properties ------------------------------------------------------------ */

enum { NAMEOFF = 8, VALUE = 12 };

/* The next property after *at, as an offset in the structure; false: there is none. *n: the number of bytes
 * that fill its last cell. */
static bool next_property(const void *fdt, int *at, int *property, size_t *value, size_t *n)
{
  for (;;) {
    int next;
    uint32_t tag = fdt_next_tag(fdt, *at, &next);
    *property = *at;
    *at = next;
    if (next < 0 || tag == FDT_END)
      return false;
    if (tag != FDT_PROP)
      continue;
    *value = vcca_be32(structure(fdt) + *property + 4);
    *n = (4 - *value % 4) % 4;
    return true;
  }
}

static bool same_names(const void *fdt, const void *other)
{
  int at = 0, property;
  size_t value, n;
  while (next_property(fdt, &at, &property, &value, &n))
    if (memcmp(structure(fdt) + property + NAMEOFF, structure(other) + property + NAMEOFF, 4) != 0)
      return false;
  return vcca_span_eq(names(fdt), names(other));
}

static bool all_padding_is_zero(const void *fdt)
{
  static const uint8_t zeros[4];
  int at = 0, property;
  size_t value, n;
  while (next_property(fdt, &at, &property, &value, &n))
    if (memcmp(structure(fdt) + property + VALUE + value, zeros, n) != 0)
      return false;
  return true;
}

/* Where a byte of mine equals the one in the template as this way fills it (filled), takes this way's byte
 * (other). */
static void take_padding(void *fdt, const void *filled, const void *other)
{
  int at = 0, property;
  size_t value, n;
  while (next_property(fdt, &at, &property, &value, &n)) {
    size_t from = (size_t)property + VALUE + value;
    if (memcmp(structure(fdt) + from, structure(filled) + from, n) == 0)
      memcpy(structure(fdt) + from, structure(other) + from, n);
  }
}

/* Replaces the tree's names, which are at its end, by those of other. */
static bool take_names(struct vcca_bytes *tree, const void *other, struct vcca_error *err)
{
  vcca_span block = names(other);
  size_t at = fdt_off_dt_strings((const void *)tree->p);
  struct vcca_bytes whole = {0};
  int next = 0, property;
  size_t value, n;
  if (!vcca_bytes_alloc(&whole, at + block.n, err))
    return false;
  memcpy(whole.p, tree->p, at);
  memcpy(whole.p + at, block.p, block.n);
  fdt_set_size_dt_strings(whole.p, (uint32_t)block.n);
  fdt_set_totalsize(whole.p, (uint32_t)whole.n);
  while (next_property(other, &next, &property, &value, &n))
    memcpy(structure(whole.p) + property + NAMEOFF, structure(other) + property + NAMEOFF, 4);
  vcca_bytes_free(tree);
  *tree = whole;
  return true;
}

/* --- Which it is ------------------------------------------------------------------------------------------- */

void tree_producer(const void *template, struct tree_producer *out)
{
  *out = (struct tree_producer){.way = -1};
  for (int i = 0; i < (int)(sizeof ways / sizeof *ways) && out->way < 0; i++) {
    struct vcca_bytes again = {0};
    if (write_again(ways[i], template, &again) && same_names(template, again.p))
      out->way = i;
    if (out->way == 0 && !all_padding_is_zero(template)) {
      size_t n = fdt_totalsize(template);
      if (vcca_bytes_alloc(&out->filled, n, NULL)) {
        memcpy(out->filled.p, template, n);
        memcpy(structure(out->filled.p), structure(again.p), fdt_size_dt_struct(template));
      }
    }
    vcca_bytes_free(&again);
  }
}

bool tree_like_producer(const struct tree_producer *producer, const void *filled, struct vcca_bytes *tree,
                        struct vcca_error *err)
{
  struct vcca_bytes again = {0};
  if (producer->way < 0 || !write_again(ways[producer->way], tree->p, &again))
    return true;
  if (filled)
    take_padding(tree->p, filled, again.p);
  bool good = take_names(tree, again.p, err);
  vcca_bytes_free(&again);
  return good;
}
