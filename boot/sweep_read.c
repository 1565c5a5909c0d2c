/* A sweep's plan, from YAML (docs/measure.md, "Sweeps"):
 *
 *   vcca: 1
 *   profile: qemu
 *   host: fvp.toml
 *   args: -M virt -cpu host
 *   matrix:
 *     kernel: [Image-6.6, Image-6.12]
 *     vcpus: [1, 2, 4, 8]
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/sweep_read.h"

#include <stdio.h>
#include <string.h>

#include "rooms/yaml_value.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/files.h"
#include "rooms/boot.h"
#include "rooms/sweep.h"

enum { HOST_FILE_MAX = 1 << 20 };

static const struct reading plain = {0};

/* --- Texts and files -------------------------------------------------------------------------------------- */

static char *keep_path(struct sweep_reader *r, vcca_span name)
{
  bool whole = name.n > 0 && (name.p[0] == '/' || !r->folder);
  size_t folder = whole || !r->folder ? 0 : strlen(r->folder) + 1;
  char *path = vcca_sweep_take(r->sweep, folder + name.n + 1, r->err);
  if (path)
    snprintf(path, folder + name.n + 1, "%s%s%s", folder ? r->folder : "", folder ? "/" : "", (const char *)name.p);
  return path;
}

/* Opens a file, once, even if the plan names it several times. */
static bool read_file(struct sweep_reader *r, const struct tree_node *node, enum vcca_sweep_option option,
                      struct vcca_sweep_value *out)
{
  struct vcca_sweep *s = r->sweep;
  const char *path = keep_path(r, node->text);
  if (!path)
    return false;
  for (out->file = 0; out->file < s->file_count && strcmp(s->files[out->file].path, path) != 0;)
    out->file++;
  if (out->file == VCCA_SWEEP_FILES)
    return tree_fail(node, r->err, "more than %d files in one plan", VCCA_SWEEP_FILES);
  struct vcca_sweep_file *file = &s->files[out->file];
  struct vcca_error why = {.fault = VCCA_FAULT_NONE};
  bool ok = true;
  if (out->file == s->file_count) {
    file->path = path;
    ok = vcca_files_map(r->files, path, VCCA_IMAGE_MAX, &file->mapping, &why);
    s->file_count++;
  }
  if (ok && option == VCCA_SWEEP_KERNEL && !file->unpacked.bytes.p) {
    ok = vcca_kernel_unpack(&file->mapping, r->unpacked_left, &file->unpacked, &why);
    r->unpacked_left -= file->unpacked.bytes.n;
  }
  return ok || tree_fail(node, r->err, "%s: %s", path, why.text);
}

static bool read_host(struct sweep_reader *r, const struct tree_node *node, struct vcca_host_caps *caps)
{
  if (r->hosts_left-- == 0)
    return tree_fail(node, r->err, "more than %d capability files in one plan", VCCA_SWEEP_FILES);
  struct vcca_error why = {.fault = VCCA_FAULT_NONE};
  struct vcca_bytes text = {NULL, 0};
  const char *path = keep_path(r, node->text);
  char message[800];
  bool ok = path && vcca_files_read(r->files, path, HOST_FILE_MAX, &text, &why) &&
            (vcca_host_caps_read(vcca_bytes_span(&text), caps, &why) || vcca_fail_in(&why, path));
  vcca_bytes_free(&text);
  return ok || (path && tree_fail(node, r->err, "%s", vcca_error_text(&why, message, sizeof message)));
}

/* --- Values ----------------------------------------------------------------------------------------------- */

static bool read_words(struct sweep_reader *r, const struct tree_node *node, bool args, struct vcca_sweep_value *out)
{
  struct sweep_words words = {.count = 0};
  if (args)
    words = r->fixed;
  if (!sweep_read_words(r, node, args, &words))
    return false;
  const char **kept = vcca_sweep_take(r->sweep, words.count * sizeof *kept, r->err);
  if (!kept)
    return false;
  for (size_t i = 0; i < words.count; i++)
    kept[i] = words.at[i];
  out->words = kept;
  out->word_count = words.count;
  return true;
}

static bool read_hosts(struct sweep_reader *r, const struct tree_node *node, struct vcca_sweep_value *out)
{
  if (!read_words(r, node, false, out))
    return false;
  bool list = node->kind == TREE_LIST;
  for (const struct tree_node *n = list ? node->first : node; n; n = list ? n->next : NULL)
    if (!read_host(r, n, &out->caps))
      return false;
  return true;
}

static bool read_kind(struct sweep_reader *r, const struct tree_node *node, enum vcca_sweep_option option,
                      struct vcca_sweep_value *out)
{
  enum vcca_sweep_kind kind = vcca_sweep_kind(r->sweep->profile, option);
  bool yes = false;
  switch (kind) {
  case VCCA_SWEEP_NOT:
    break;
  case VCCA_SWEEP_NUMBER:
    return value_small(&plain, node, vcca_sweep_largest(option), &out->number, r->err);
  case VCCA_SWEEP_SWITCH:
    if (!value_bool(node, &yes, r->err))
      return false;
    out->number = yes;
    return true;
  case VCCA_SWEEP_WORDS:
    return read_words(r, node, true, out);
  case VCCA_SWEEP_HOSTS:
    return read_hosts(r, node, out);
  case VCCA_SWEEP_FILE:
  case VCCA_SWEEP_TEXT:
    if (!sweep_check_text(r, node, false) || (out->text = sweep_keep(r, node->text)) == NULL)
      return false;
    return kind == VCCA_SWEEP_TEXT || read_file(r, node, option, out);
  }
  return false;
}

/* none as a value of args: only the fixed ones. */
static bool read_none(struct sweep_reader *r, enum vcca_sweep_option option, struct vcca_sweep_value *out)
{
  out->none = option != VCCA_SWEEP_ARGS || r->fixed.count == 0;
  if (out->none)
    return true;
  const char **kept = vcca_sweep_take(r->sweep, r->fixed.count * sizeof *kept, r->err);
  for (size_t i = 0; kept && i < r->fixed.count; i++)
    kept[i] = r->fixed.at[i];
  out->words = kept;
  out->word_count = r->fixed.count;
  return kept != NULL;
}

static bool read_value(struct sweep_reader *r, const struct tree_node *node, enum vcca_sweep_option option,
                       struct vcca_sweep_value *out)
{
  struct vcca_error why = {.fault = VCCA_FAULT_NONE};
  if (node->kind == TREE_SCALAR && vcca_span_is(node->text, "none"))
    return read_none(r, option, out);
  return read_kind(r, node, option, out) &&
         (vcca_sweep_check(r->sweep->profile, option, out, &why) || tree_fail(node, r->err, "%s", why.text));
}

/* FNV-1a (draft-eastlake-fnv, 64 bits) over a string and its NUL. */
static uint64_t fold(uint64_t h, const char *text)
{
  do
    h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
  while (*text++);
  return h;
}

/* Equal values have equal fingerprints. So comparing thousands of long values takes no time. */
static uint64_t fingerprint(const struct vcca_sweep_value *value)
{
  uint64_t h = UINT64_C(0xcbf29ce484222325) + value->number + value->none;
  if (value->text)
    h = fold(h, value->text);
  for (size_t i = 0; i < value->word_count; i++)
    h = fold(h, value->words[i]);
  return h;
}

static bool same(const struct vcca_sweep_value *a, const struct vcca_sweep_value *b)
{
  if (a->none || b->none || a->word_count != b->word_count || a->number != b->number)
    return a->none && b->none;
  for (size_t i = 0; i < a->word_count; i++)
    if (strcmp(a->words[i], b->words[i]) != 0)
      return false;
  return !a->text || strcmp(a->text, b->text) == 0;
}

/* --- Axes ------------------------------------------------------------------------------------------------- */

static bool check_axis(struct sweep_reader *r, const struct tree_node *node, enum vcca_sweep_option option, bool list)
{
  const struct vcca_sweep *s = r->sweep;
  const char *name = vcca_sweep_option_name(option);
  if (vcca_sweep_kind(s->profile, option) == VCCA_SWEEP_NOT)
    return tree_fail_key(node, r->err, "\"%s\" is not for %s: %s", name, s->profile, vcca_sweep_instead(option));
  for (size_t i = 0; i < s->axis_count; i++)
    if (s->axes[i].option == option)
      return tree_fail_key(node, r->err, "\"%s\" is both fixed and in the matrix", name);
  if (list && (node->kind != TREE_LIST || node->count == 0))
    return tree_fail(node, r->err, "\"%s\" needs a list of at least one value, such as [1, 2]", name);
  if (list && node->count > VCCA_SWEEP_VALUES)
    return tree_fail(node, r->err, "more than %d values in one list", VCCA_SWEEP_VALUES);
  return true;
}

/* Reads an axis: from a list, or with one value from a node that is not a list. */
static bool read_axis(struct sweep_reader *r, const struct tree_node *node, enum vcca_sweep_option option, bool list)
{
  struct vcca_sweep *s = r->sweep;
  if (!check_axis(r, node, option, list))
    return false;
  struct vcca_sweep_axis *axis = &s->axes[s->axis_count];
  axis->option = option;
  axis->values = vcca_sweep_take(s, (list ? node->count : 1) * sizeof *axis->values, r->err);
  if (!axis->values)
    return false;
  s->axis_count++;
  uint64_t seen[VCCA_SWEEP_VALUES];
  size_t count = 0;
  for (const struct tree_node *n = list ? node->first : node; n; n = list ? n->next : NULL) {
    struct vcca_sweep_value *value = &axis->values[count];
    if (!read_value(r, n, option, value))
      return false;
    seen[count] = fingerprint(value);
    for (size_t i = 0; i < count; i++)
      if (seen[i] == seen[count] && same(&axis->values[i], value))
        return tree_fail(n, r->err, "this value is in the list already");
    axis->count = ++count;
  }
  if (axis->count > VCCA_SWEEP_CONFIGURATIONS / s->configurations)
    return tree_fail(node, r->err, "more than %d configurations in one plan", VCCA_SWEEP_CONFIGURATIONS);
  s->configurations *= axis->count;
  return true;
}

/* Fixed args, when the matrix has args too: they are no axis, the matrix's values follow them. */
static bool read_fixed(struct sweep_reader *r, const struct tree_node *args)
{
  struct vcca_error why = {.fault = VCCA_FAULT_NONE};
  if (args->kind == TREE_SCALAR && vcca_span_is(args->text, "none"))
    return true;
  if (!check_axis(r, args, VCCA_SWEEP_ARGS, false) || !sweep_read_words(r, args, true, &r->fixed))
    return false;
  const struct vcca_sweep_value value = {.words = r->fixed.at, .word_count = r->fixed.count};
  return vcca_sweep_check(r->sweep->profile, VCCA_SWEEP_ARGS, &value, &why) || tree_fail(args, r->err, "%s", why.text);
}

/* Reads the members that are options, in the order of the file. */
static bool read_axes(struct sweep_reader *r, const struct tree_node *map, const struct tree_node *matrix)
{
  for (const struct tree_node *n = map->first; n; n = n->next)
    for (int i = 0; i < VCCA_SWEEP_OPTIONS; i++) {
      enum vcca_sweep_option option = (enum vcca_sweep_option)i;
      bool fixed_args = option == VCCA_SWEEP_ARGS && map != matrix && tree_get(matrix, "args");
      if (vcca_span_is(n->key, vcca_sweep_option_name(option)) &&
          !(fixed_args ? read_fixed(r, n) : read_axis(r, n, option, map == matrix)))
        return false;
    }
  return true;
}

/* --- Plans ------------------------------------------------------------------------------------------------ */

enum { TEXT_ROOM = 512 };

/* The names of all options, after the plan's other keys. */
static const char *option_words(const char *others, char room[TEXT_ROOM])
{
  size_t n = (size_t)snprintf(room, TEXT_ROOM, "%s", others);
  for (int option = 0; option < VCCA_SWEEP_OPTIONS && n < TEXT_ROOM; option++)
    n += (size_t)snprintf(room + n, TEXT_ROOM - n, " %s", vcca_sweep_option_name((enum vcca_sweep_option)option));
  return room;
}

static bool read_profile(struct sweep_reader *r, const struct tree_node *profile)
{
  char known[TEXT_ROOM];
  size_t n = 0;
  const char *name;
  for (size_t i = 0; (name = vcca_profile_name(i)) != NULL && n < TEXT_ROOM; i++)
    n += (size_t)snprintf(known + n, TEXT_ROOM - n, "%s%s", i == 0 ? "" : ", ", name);
  for (size_t i = 0; (name = vcca_vmm_name(i, NULL)) != NULL && n < TEXT_ROOM; i++)
    n += (size_t)snprintf(known + n, TEXT_ROOM - n, ", %s", name);
  snprintf(r->sweep->profile, sizeof r->sweep->profile, "%.*s", profile->kind == TREE_SCALAR ? (int)profile->text.n : 0,
           (const char *)profile->text.p);
  return (profile->text.n < sizeof r->sweep->profile && vcca_sweep_profile_known(r->sweep->profile)) ||
         tree_fail(profile, r->err, "the profiles are %s", known);
}

static bool read_plan(struct sweep_reader *r, const struct tree_node *root)
{
  struct tree_node *format, *profile, *matrix;
  uint64_t version = 0;
  char words[TEXT_ROOM];
  if (!tree_only(root, option_words("vcca profile matrix", words), "a sweep", r->err) ||
      !tree_need(root, "vcca", &format, r->err) || !tree_need(root, "profile", &profile, r->err) ||
      !tree_need(root, "matrix", &matrix, r->err) || !value_number(&plain, format, &version, r->err))
    return false;
  if (version != 1)
    return tree_fail(format, r->err, "vcca reads plans of format 1");
  return tree_only(matrix, option_words("", words), "the matrix", r->err) && read_profile(r, profile) &&
         read_axes(r, root, matrix) && read_axes(r, matrix, matrix);
}

bool vcca_sweep_read(vcca_span yaml, const char *folder, struct vcca_files *files, struct vcca_sweep *out,
                     struct vcca_error *err)
{
  struct tree_doc doc;
  struct sweep_reader r = {.sweep = out,
                           .folder = folder,
                           .files = files,
                           .unpacked_left = VCCA_UNPACKED_MAX,
                           .hosts_left = VCCA_SWEEP_FILES,
                           .err = err};
  out->configurations = 1;
  if (!tree_read(yaml, &doc, err))
    return false;
  bool ok = read_plan(&r, doc.root);
  tree_free(&doc);
  return ok;
}
