/* The device tree that a model's plan measures: a new one, or a template that is edited token by token. What
 * is not edited stays at its place, also names of properties. So a VMM's own tree for one VM becomes its tree
 * for another.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <libfdt.h>

#include "boot/vmm.h"
#include "rooms/error.h"
#include "rooms/boot.h"
#include "rooms/file.h"

/* Enough for 512 CPUs with everything that VMMs write about them. libfdt looks for each property's name among
 * all names, so time grows with their product and with the length of a name (at most 31 characters in the
 * Devicetree Specification 2.2.4; real names are longer). */
enum {
  TREE_ROOM = 64 * KIB,
  TEMPLATE_DEPTH = 32,
  TEMPLATE_NAMES = 8 * KIB,
  TEMPLATE_NAME = 127,
  TEMPLATE_TOKENS = 1 << 14,
  SIZE_DT_STRINGS = 32 /* in the header */
};

struct edit {
  struct tree *t;
  const struct vmm_model *model;
  const struct vmm_layout *lay;
  const void *fdt;
  int depth;   /* depth of the open node; the root's is 1 */
  int dropped; /* depth of a node that is removed; 0: none */
  const char *node[TEMPLATE_DEPTH + 1];
  bool added;  /* the nodes that the root does not have */
  bool chosen; /* inside /chosen; which properties it has: */
  bool has[CHOSEN_PROPERTIES];
};

static bool is_memory(const char *node)
{
  return strcmp(node, "memory") == 0 || strncmp(node, "memory@", 7) == 0;
}

/* The property of /chosen with this name; CHOSEN_PROPERTIES: another. */
static unsigned chosen_property(const char *name)
{
  unsigned i = 0;
  while (i < CHOSEN_PROPERTIES && strcmp(name, chosen_properties[i]) != 0)
    i++;
  return i;
}

/* The properties that /chosen does not have. A model that adds new properties in front writes the last one
 * first: before all others, or immediately after the existing ones. */
static void add_chosen(struct edit *e, unsigned from, unsigned to)
{
  bool front = e->model->new_in_front;
  for (unsigned i = from; i < to; i++) {
    unsigned which = front ? CHOSEN_PROPERTIES - 1 - i : i;
    if (!e->has[which])
      tree_chosen(e->t, e->lay, which);
  }
}

/* Called before the first property of /chosen. */
static void enter_chosen(struct edit *e, int node)
{
  unsigned first = 0;
  e->chosen = true;
  for (unsigned i = 0; i < CHOSEN_PROPERTIES; i++)
    e->has[i] = fdt_getprop(e->fdt, node, chosen_properties[i], NULL) != NULL;
  if (!e->model->new_in_front)
    return;
  while (first < CHOSEN_PROPERTIES && !e->has[CHOSEN_PROPERTIES - 1 - first])
    first++;
  add_chosen(e, 0, first);
}

/* Called after an existing property of /chosen. */
static void pass_chosen(struct edit *e, unsigned which)
{
  unsigned from = CHOSEN_PROPERTIES - which, to = from;
  if (!e->model->new_in_front)
    return;
  while (to < CHOSEN_PROPERTIES && !e->has[CHOSEN_PROPERTIES - 1 - to])
    to++;
  add_chosen(e, from, to);
}

/* Called after the last property of a node. */
static void leave_properties(struct edit *e)
{
  if (e->chosen && !e->model->new_in_front)
    add_chosen(e, 0, CHOSEN_PROPERTIES);
  e->chosen = false;
}

/* Whether a property is written again or removed, not copied. */
static bool edit_property(struct edit *e, const char *name, vcca_span old)
{
  const char *node = e->node[e->depth];
  unsigned which = e->chosen ? chosen_property(name) : CHOSEN_PROPERTIES;
  if (e->depth == 2 && is_memory(node) && strcmp(name, "reg") == 0) {
    tree_memory_reg(e->t, e->lay, 0);
    return true;
  }
  if (e->depth == 2 && is_memory(node) && strcmp(name, "numa-node-id") == 0 && e->model->numa_with_room)
    return true; /* is before the others */
  if (which < CHOSEN_PROPERTIES) {
    tree_chosen(e->t, e->lay, which);
    return true;
  }
  return e->model->edit_property && e->model->edit_property(e->t, e->lay, node, name, old);
}

/* The nodes that the root does not have, in the order in which the VMM adds them. */
static void add_nodes(struct edit *e)
{
  const struct template_facts *facts = &e->lay->template;
  if (!facts->chosen && (e->lay->bootargs || e->lay->initrd_size)) {
    tree_begin(e->t, "chosen");
    enter_chosen(e, -1);
    leave_properties(e);
    tree_end(e->t);
  }
  if (!facts->memory)
    tree_memory(e->t, e->lay);
}

static bool begin_node(struct edit *e, int at)
{
  const char *name = fdt_get_name(e->fdt, at, NULL);
  if (!name || e->depth == TEMPLATE_DEPTH)
    return false;
  leave_properties(e);
  if (e->depth == 1 && !e->added)
    add_nodes(e);
  e->added = e->added || e->depth == 1;
  e->node[++e->depth] = name;
  if (e->dropped)
    return true;
  bool edited = e->depth == 2 && strcmp(name, "cpus") == 0 ? template_cpus(e->t, e->model, e->lay, e->fdt, at)
                                                           : (e->depth == 2 || e->depth == 3) && e->model->edit_node &&
                                                                 e->model->edit_node(e->t, e->lay, name);
  if (edited) {
    e->dropped = e->depth;
    return true;
  }
  tree_begin(e->t, name);
  if (e->depth == 2 && strcmp(name, "chosen") == 0)
    enter_chosen(e, at);
  if (e->depth == 2 && is_memory(name) && e->lay->template.numa)
    TREE_CELLS(e->t, "numa-node-id", 0);
  return true;
}

static bool end_node(struct edit *e)
{
  leave_properties(e);
  if (e->depth == 1 && !e->added)
    add_nodes(e);
  if (!e->dropped)
    tree_end(e->t);
  else if (e->dropped == e->depth)
    e->dropped = 0;
  return e->depth-- > 0;
}

static bool copy_property(struct edit *e, int at)
{
  const char *name;
  int n;
  size_t before = tree_size(e->t);
  const uint8_t *value = fdt_getprop_by_offset(e->fdt, at, &name, &n);
  if (!value || n < 0 || strlen(name) > TEMPLATE_NAME)
    return false;
  if (e->dropped)
    return true;
  if (!edit_property(e, name, vcca_span_of(value, (size_t)n))) {
    tree_copy(e->t, e->fdt, at);
    return true;
  }
  tree_keep_padding(e->t, before, e->fdt, at);
  if (e->chosen && chosen_property(name) < CHOSEN_PROPERTIES)
    pass_chosen(e, chosen_property(name));
  return true;
}

static bool copy_tree(struct edit *e)
{
  int next = 0;
  for (unsigned tokens = 0; tokens < TEMPLATE_TOKENS && e->t->fault == 0; tokens++) {
    int at = next;
    uint32_t tag = fdt_next_tag(e->fdt, at, &next);
    if (tag == FDT_END)
      return next >= 0;
    if ((tag == FDT_BEGIN_NODE && !begin_node(e, at)) || (tag == FDT_END_NODE && !end_node(e)) ||
        (tag == FDT_PROP && !copy_property(e, at)))
      return false;
  }
  return false;
}

/* Makes the tree of this VM from the complete tree of another. */
static bool edit_tree(const struct vmm_model *model, const struct vmm_layout *lay, const void *fdt,
                      struct vcca_bytes *out, struct vcca_error *err)
{
  size_t room =
      fdt_totalsize(fdt) + TREE_ROOM + 512 * (size_t)lay->config->vcpus + (lay->bootargs ? strlen(lay->bootargs) : 0);
  struct tree t;
  if (!tree_new(&t, room, fdt, err))
    return false;
  struct edit e = {.t = &t, .model = model, .lay = lay, .fdt = fdt};
  bool copied = copy_tree(&e), good = tree_finish(&t, out, err);
  if (copied || !good)
    return good;
  vcca_bytes_free(out);
  return vcca_fail(
      err, VCCA_FAULT_UNSUPPORTED,
      "dtb-template: deeper than %d nodes, of more than %d items, or with a property name of more than %d characters",
      TEMPLATE_DEPTH, TEMPLATE_TOKENS, TEMPLATE_NAME);
}

/* Edits the template, and once more as if its producer had filled every last cell, to know which bytes
 * behind values are of its making. */
static bool edit_as_producer(const struct vmm_model *model, const struct vmm_layout *lay, const void *fdt,
                             struct vcca_bytes *out, struct vcca_error *err)
{
  struct tree_producer producer;
  struct vcca_bytes filled = {0};
  if (!edit_tree(model, lay, fdt, out, err))
    return false;
  if (lay->template.neutral) /* kept for published RIMs of edited neutral trees: new names after the others */
    return true;
  tree_producer(fdt, &producer);
  bool good = (!producer.filled.p || edit_tree(model, lay, producer.filled.p, &filled, err)) &&
              tree_like_producer(&producer, filled.p, out, err);
  vcca_bytes_free(&producer.filled);
  vcca_bytes_free(&filled);
  if (!good)
    vcca_bytes_free(out);
  return good;
}

static bool edit_template(const struct vmm_model *model, struct vmm_layout *lay, vcca_span template,
                          struct vcca_bytes *out, struct vcca_error *err)
{
  struct vcca_bytes aligned = {0}; /* libfdt wants 8-byte alignment */
  size_t total;
  if (template.n >= SIZE_DT_STRINGS + 4 && vcca_be32(template.p) == FDT_MAGIC &&
      vcca_be32(template.p + SIZE_DT_STRINGS) > TEMPLATE_NAMES)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "dtb-template: more than %d KiB of property names",
                     TEMPLATE_NAMES / KIB);
  if (!vcca_dtb_check(template, &total, err))
    return vcca_fail_in(err, "dtb-template");
  if (!vcca_bytes_alloc(&aligned, total, err))
    return false;
  memcpy(aligned.p, template.p, total);
  bool good = template_read(model, lay, aligned.p, err) && edit_as_producer(model, lay, aligned.p, out, err);
  vcca_bytes_free(&aligned);
  return good;
}

/* Zeros up to n bytes; the header keeps the real size when the model says so. */
static bool pad(struct vcca_bytes *tree, size_t n, struct vcca_error *err)
{
  struct vcca_bytes padded = {0};
  if (n <= tree->n)
    return true;
  if (!vcca_bytes_alloc(&padded, n, err))
    return false;
  memcpy(padded.p, tree->p, tree->n);
  vcca_bytes_free(tree);
  *tree = padded;
  return true;
}

/* A tree with room at its end was made in a buffer of that size; with other contents it has that size too. */
static bool has_room(vcca_span tree)
{
  enum { TOTAL = 4, STRUCTS = 8, NAMES = 12, NAMES_SIZE = 32, STRUCTS_SIZE = 36 }; /* in the header */
  uint32_t structs = vcca_be32(tree.p + STRUCTS) + vcca_be32(tree.p + STRUCTS_SIZE),
           names = vcca_be32(tree.p + NAMES) + vcca_be32(tree.p + NAMES_SIZE);
  return vcca_be32(tree.p + TOTAL) > (structs > names ? structs : names);
}

/* The bytes after a template's own size. kvmtool moves its trees by 8 bytes (fdt_pack), so the last 8 bytes
 * of their names are there a second time. Other bytes stay if the tree is as long as before. end is where the
 * tree ends. */
static void keep_tail(vcca_span template, struct vcca_bytes *out, size_t end)
{
  enum { MOVED = 8 };
  static const uint8_t zeros[MOVED];
  size_t total = vcca_be32(template.p + 4), n = out->n < template.n ? out->n : template.n;
  if (total < MOVED || end < MOVED || template.n < total + MOVED || out->n < end + MOVED || has_room(template))
    return;
  const uint8_t *tail = template.p + total;
  if (memcmp(tail, zeros, MOVED) != 0 && memcmp(tail, tail - MOVED, MOVED) == 0)
    memcpy(out->p + end, out->p + end - MOVED, MOVED);
  else if (end == total)
    memcpy(out->p + end, tail, n - end);
}

static bool finish_tree(const struct vmm_model *model, vcca_span template, struct vcca_bytes *out,
                        struct vcca_error *err)
{
  if (model->dtb_size && out->n > model->dtb_size)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the device tree has %zu bytes, but %s has room for %" PRIu64, out->n,
                     model->name, model->dtb_size);
  if (out->n > TREE_MAX)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the device tree has %zu bytes, but arm64 allows no more than 2 MiB",
                     out->n);
  size_t total = template.p && has_room(template) ? vcca_be32(template.p + 4) : 0;
  if (model->dtb_size == 0 && total > out->n) {
    vcca_put_be32(out->p + 4, (uint32_t)total);
    return pad(out, total, err);
  }
  size_t end = out->n;
  if (!pad(out, (size_t)model->dtb_size, err))
    return false;
  if (template.p)
    keep_tail(template, out, end);
  return true;
}

bool vmm_tree(const struct vmm_model *model, struct vmm_layout *lay, vcca_span template, struct vcca_bytes *out,
              struct vcca_error *err)
{
  struct tree t;
  if (template.p) {
    if (!edit_template(model, lay, template, out, err))
      return false;
  } else {
    if (!tree_new(&t,
                  TREE_ROOM + 256 * ((size_t)lay->config->vcpus + lay->config->devices + lay->config->mmio_devices) +
                      (lay->bootargs ? strlen(lay->bootargs) : 0),
                  NULL, err))
      return false;
    model->put_tree(&t, lay);
    if (!tree_finish(&t, out, err))
      return false;
  }
  if (finish_tree(model, template, out, err))
    return true;
  vcca_bytes_free(out);
  return false;
}
