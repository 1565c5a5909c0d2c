/* A sweep's plan, from YAML (docs/measure.md, "Sweeps"):
 *
 *   vcca: 1
 *   profile: virtcca
 *   dtb: vm.dtb
 *   matrix:
 *     kernel: [Image-6.6, Image-6.12]
 *     vcpus: [1, 2, 4, 8]
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/value.h"
#include "vcca/scenario.h"
#include "vcca/vmm.h"

struct reader {
  struct vcca_sweep *sweep;
  const char *folder;
  char *text; /* where the next text goes: the plan's size is room for all of them */
  struct vcca_error *err;
};

static const struct reading plain = {0};

/* Room was made for every scalar of the plan, folder included. */
static const char *keep(struct reader *r, const char *a, const char *b, vcca_span c)
{
  vcca_sink out = vcca_sink_of(r->text, SIZE_MAX / 2);
  vcca_sink_str(&out, a);
  vcca_sink_str(&out, b);
  vcca_sink_put(&out, c);
  vcca_sink_u8(&out, 0);
  const char *kept = r->text;
  r->text += out.n;
  return kept;
}

/* Each file is opened once, however often the plan names it. */
static bool read_file(struct reader *r, const struct tree_node *node, enum vcca_sweep_option option, struct vcca_sweep_value *out)
{
  struct vcca_sweep *s = r->sweep;
  bool absolute = node->text.p[0] == '/' || !r->folder;
  const char *path = keep(r, absolute ? "" : r->folder, absolute ? "" : "/", node->text);
  for (out->file = 0; out->file < s->file_count && strcmp(s->files[out->file].path, path) != 0;)
    out->file++;
  struct vcca_sweep_file *file = &s->files[out->file];
  struct vcca_error why = {.fault = VCCA_FAULT_NONE};
  if (out->file == VCCA_SWEEP_FILES)
    return tree_fail(node, r->err, "more than %d files in one plan", VCCA_SWEEP_FILES);
  bool ok = true;
  if (out->file == s->file_count) {
    file->path = path;
    ok = vcca_file_map(path, VCCA_SWEEP_FILE_MAX, &file->mapping, &why);
    s->file_count++;
  }
  if (ok && option == VCCA_SWEEP_KERNEL && !file->unpacked.p)
    ok = vcca_kernel_unpack(file->mapping.bytes, VCCA_SWEEP_FILE_MAX, &file->unpacked, &why);
  return ok || tree_fail(node, r->err, "%s: %s", path, why.text);
}

static bool read_value(struct reader *r, const struct tree_node *node, enum vcca_sweep_option option, struct vcca_sweep_value *out)
{
  enum vcca_hash_alg alg;
  *out = (struct vcca_sweep_value){.text = NULL};
  if (vcca_sweep_is_number(option))
    return value_small(&plain, node, vcca_sweep_largest(option), &out->number, r->err);
  if (node->kind != TREE_SCALAR || node->text.n == 0)
    return tree_fail(node, r->err, "text was expected%s", option == VCCA_SWEEP_HASH ? "" : " (none: without)");
  for (size_t i = 0; i < node->text.n; i++)
    if (node->text.p[i] < ' ')
      return tree_fail(node, r->err, "text without control characters was expected: a row is a line");
  if (option == VCCA_SWEEP_HASH && !vcca_hash_named(node->text, &alg))
    return tree_fail(node, r->err, "the hashes are sha-256 and sha-512");
  if (option != VCCA_SWEEP_HASH && vcca_span_is(node->text, "none"))
    return true;
  out->text = keep(r, "", "", node->text);
  return !vcca_sweep_is_file(option) || read_file(r, node, option, out);
}

static bool same(const struct vcca_sweep_value *a, const struct vcca_sweep_value *b)
{
  return a->number == b->number && (a->text && b->text ? strcmp(a->text, b->text) == 0 : a->text == b->text);
}

/* The axis of a list; of a node that is none, one of a single value. */
static bool read_axis(struct reader *r, const struct tree_node *node, enum vcca_sweep_option option, bool list)
{
  struct vcca_sweep *s = r->sweep;
  for (size_t i = 0; i < s->axis_count; i++)
    if (s->axes[i].option == option)
      return tree_fail_key(node, r->err, "\"%s\" is both fixed and in the matrix", vcca_sweep_option_name(option));
  if (list && (node->kind != TREE_LIST || node->count == 0))
    return tree_fail(node, r->err, "\"%s\" wants a list of at least one value, such as [1, 2]", vcca_sweep_option_name(option));
  if (list && node->count > VCCA_SWEEP_VALUES)
    return tree_fail(node, r->err, "more than %d values in one list", VCCA_SWEEP_VALUES);
  struct vcca_sweep_axis *axis = &s->axes[s->axis_count];
  axis->option = option;
  axis->values = calloc(list ? node->count : 1, sizeof *axis->values);
  if (!axis->values)
    return vcca_fail(r->err, VCCA_FAULT_MEMORY, "no memory for %zu values", node->count);
  s->axis_count++;
  for (const struct tree_node *n = list ? node->first : node; n; n = list ? n->next : NULL) {
    struct vcca_sweep_value *value = &axis->values[axis->count];
    if (!read_value(r, n, option, value))
      return false;
    for (size_t i = 0; i < axis->count; i++)
      if (same(&axis->values[i], value))
        return tree_fail(n, r->err, "this value is in the list already");
    axis->count++;
  }
  if (axis->count > VCCA_SWEEP_CONFIGURATIONS / s->configurations)
    return tree_fail(node, r->err, "more than %d configurations in one plan", VCCA_SWEEP_CONFIGURATIONS);
  s->configurations *= axis->count;
  return true;
}

/* Members that are options, in the order of the file. */
static bool read_axes(struct reader *r, const struct tree_node *map, bool list)
{
  for (const struct tree_node *n = map->first; n; n = n->next)
    for (unsigned option = 0; option < VCCA_SWEEP_OPTIONS; option++)
      if (vcca_span_is(n->key, vcca_sweep_option_name((enum vcca_sweep_option)option)) && !read_axis(r, n, (enum vcca_sweep_option)option, list))
        return false;
  return true;
}

#define OPTION_WORDS "kernel initrd firmware dtb append hash vcpus ram sve pmu s2sz"

static bool read_plan(struct reader *r, const struct tree_node *root)
{
  static const char profiles[] = "virtcca virtcca-2025 kata arm";
  struct tree_node *format, *profile, *matrix;
  uint64_t version = 0;
  if (!tree_only(root, "vcca profile matrix " OPTION_WORDS, "a sweep", r->err) || !tree_need(root, "vcca", &format, r->err) ||
      !tree_need(root, "profile", &profile, r->err) || !tree_need(root, "matrix", &matrix, r->err) || !value_number(&plain, format, &version, r->err))
    return false;
  if (version != 1)
    return tree_fail(format, r->err, "plans of format 1 are understood");
  if (profile->kind != TREE_SCALAR || !tree_word_in(profile->text, profiles))
    return tree_fail(profile, r->err, "the profiles are virtcca, virtcca-2025, kata and arm");
  snprintf(r->sweep->profile, sizeof r->sweep->profile, "%.*s", (int)profile->text.n, (const char *)profile->text.p);
  return tree_only(matrix, OPTION_WORDS, "the matrix", r->err) && read_axes(r, root, false) && read_axes(r, matrix, true);
}

/* Room for every text: the scalars, their NULs, and a path for each file's. */
static size_t texts(const struct tree_node *node, size_t folder)
{
  size_t n = 2 * (node->text.n + 1) + folder + 1;
  for (const struct tree_node *child = node->first; child; child = child->next)
    n += texts(child, folder);
  return n;
}

bool vcca_sweep_read(vcca_span yaml, const char *folder, struct vcca_sweep *out, struct vcca_error *err)
{
  struct tree_doc doc;
  if (!tree_read(yaml, &doc, err))
    return false;
  out->configurations = 1;
  out->memory = malloc(texts(doc.root, folder ? strlen(folder) : 0));
  struct reader r = {out, folder, out->memory, err};
  bool ok = out->memory ? read_plan(&r, doc.root) : vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the plan");
  tree_free(&doc);
  return ok;
}
