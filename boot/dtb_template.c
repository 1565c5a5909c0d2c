/* The device tree that a model's plan measures: made anew, or a given one edited token by token. What is not edited stays where it is,
 * property names included, so that a VMM's own tree for one VM becomes its tree for another.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <libfdt.h>

#include "boot/vmm.h"

/* Enough for 512 CPUs with everything that VMMs say about them. libfdt looks every property's name up among all names, so that time goes with
 * their product, and with how long a name is (31 characters at most: Devicetree Specification 2.2.4; real ones are longer). */
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
  int depth;   /* of the node that is open; the root's is 1 */
  int dropped; /* depth of a node that is left out; 0: none */
  const char *node[TEMPLATE_DEPTH + 1];
  bool chosen; /* among the properties of /chosen, of which these are done: */
  bool done[CHOSEN_PROPERTIES];
};

static bool is_memory(const char *node)
{
  return strcmp(node, "memory") == 0 || strncmp(node, "memory@", 7) == 0;
}

/* Whether a property is written anew here, or left out. */
static bool edit_property(struct edit *e, const char *name)
{
  const char *node = e->node[e->depth];
  const struct vmm_layout *lay = e->lay;
  if (e->depth == 2 && is_memory(node) && strcmp(name, "reg") == 0) {
    TREE_PAIRS(e->t, "reg", lay->ram[0].base, lay->ram[0].size);
    return true;
  }
  for (unsigned i = 0; e->chosen && i < CHOSEN_PROPERTIES; i++)
    if (strcmp(name, chosen_properties[i]) == 0) {
      if (!e->done[i])
        tree_chosen(e->t, lay, i);
      return e->done[i] = true;
    }
  return e->model->edit_property && e->model->edit_property(e->t, lay, node, name);
}

/* The properties of a node are over: what /chosen lacked is added. */
static void leave_properties(struct edit *e)
{
  for (unsigned i = 0; e->chosen && i < CHOSEN_PROPERTIES; i++)
    if (!e->done[i])
      tree_chosen(e->t, e->lay, i);
  e->chosen = false;
}

static bool begin_node(struct edit *e, int at)
{
  const char *name = fdt_get_name(e->fdt, at, NULL);
  if (!name || e->depth == TEMPLATE_DEPTH)
    return false;
  leave_properties(e);
  e->node[++e->depth] = name;
  if (e->dropped)
    return true;
  if ((e->depth == 2 || e->depth == 3) && e->model->edit_node && e->model->edit_node(e->t, e->lay, name)) {
    e->dropped = e->depth;
    return true;
  }
  tree_begin(e->t, name);
  e->chosen = e->depth == 2 && strcmp(name, "chosen") == 0;
  return true;
}

static bool end_node(struct edit *e)
{
  leave_properties(e);
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
  const void *value = fdt_getprop_by_offset(e->fdt, at, &name, &n);
  if (!value || n < 0 || strlen(name) > TEMPLATE_NAME)
    return false;
  if (!e->dropped && !edit_property(e, name))
    tree_bytes(e->t, name, vcca_span_of(value, (size_t)n));
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
    if ((tag == FDT_BEGIN_NODE && !begin_node(e, at)) || (tag == FDT_END_NODE && !end_node(e)) || (tag == FDT_PROP && !copy_property(e, at)))
      return false;
  }
  return false;
}

static bool edit_template(const struct vmm_model *model, const struct vmm_layout *lay, vcca_span template, struct vcca_bytes *out,
                          struct vcca_error *err)
{
  struct vcca_bytes aligned = {0}; /* libfdt wants 8-byte alignment */
  struct tree t;
  size_t total;
  if (template.n >= SIZE_DT_STRINGS + 4 && vcca_be32(template.p) == FDT_MAGIC && vcca_be32(template.p + SIZE_DT_STRINGS) > TEMPLATE_NAMES)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "dtb-template: more than %d KiB of property names", TEMPLATE_NAMES / KIB);
  if (!vcca_dtb_check(template, &total, err))
    return vcca_fail_in(err, "dtb-template");
  if (!vcca_bytes_alloc(&aligned, total, err))
    return false;
  memcpy(aligned.p, template.p, total);
  size_t room = total + TREE_ROOM + 512 * (size_t)lay->config->vcpus + (lay->bootargs ? strlen(lay->bootargs) : 0);
  const void *fdt = aligned.p;
  bool good = tree_new(&t, room, fdt, err);
  if (good) {
    struct edit e = {.t = &t, .model = model, .lay = lay, .fdt = fdt};
    bool copied = copy_tree(&e);
    good = tree_finish(&t, out, err);
    if (!copied && good) {
      vcca_bytes_free(out);
      good = vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                       "dtb-template: deeper than %d nodes, of more than %d items, or with a property name of more than %d characters",
                       TEMPLATE_DEPTH, TEMPLATE_TOKENS, TEMPLATE_NAME);
    }
  }
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

/* A tree with room at its end was made in a buffer of that size: one with other contents would have it too. */
static bool has_room(vcca_span tree)
{
  enum { TOTAL = 4, STRUCTS = 8, NAMES = 12, NAMES_SIZE = 32, STRUCTS_SIZE = 36 }; /* in the header */
  uint32_t structs = vcca_be32(tree.p + STRUCTS) + vcca_be32(tree.p + STRUCTS_SIZE),
           names = vcca_be32(tree.p + NAMES) + vcca_be32(tree.p + NAMES_SIZE);
  return vcca_be32(tree.p + TOTAL) > (structs > names ? structs : names);
}

static bool finish_tree(const struct vmm_model *model, vcca_span template, struct vcca_bytes *out, struct vcca_error *err)
{
  if (model->dtb_size && out->n > model->dtb_size)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the device tree has %zu bytes, but %s has room for %" PRIu64, out->n, model->name,
                     model->dtb_size);
  if (out->n > TREE_MAX)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the device tree has %zu bytes, but arm64 allows no more than 2 MiB", out->n);
  size_t total = template.p && has_room(template) ? vcca_be32(template.p + 4) : 0;
  if (model->dtb_size == 0 && total > out->n) {
    vcca_put_be32(out->p + 4, (uint32_t)total);
    return pad(out, total, err);
  }
  return pad(out, (size_t)model->dtb_size, err);
}

bool vmm_tree(const struct vmm_model *model, const struct vmm_layout *lay, vcca_span template, struct vcca_bytes *out, struct vcca_error *err)
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
