/* Measuring a list of operations, for any rule set: what `vcca measure ops` reads (docs/scenarios.md,
 * "Operation lists").
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rooms/yaml_value.h"
#include "vcca/boot.h"
#include "rooms/measurement.h"
#include "rooms/span.h"
#include "rooms/files.h"

/* The most extensions of one list: 4 GiB in pages. */
enum { EXTENSIONS_MAX = 1 << 20 };

struct ops {
  struct reading reading;
  enum vcca_rules_id rules;
  const struct vcca_rim_rules *rule;
  vcca_rim_hook hook;
  void *ctx;
  struct vcca_measured *out;
  bool created;
  size_t extensions;
  struct vcca_error *err;
};

static void tell(const struct ops *o, enum vcca_step_kind kind, uint64_t base, uint64_t top, uint64_t flags,
                 const uint8_t *content, const struct vcca_rim *before)
{
  struct vcca_rim_step step = {kind, base, top, flags, content, before->value, o->out->rim.value};
  if (o->hook)
    o->hook(o->ctx, &step);
}

static bool count(struct ops *o, const struct tree_node *node, uint64_t more)
{
  if (more > EXTENSIONS_MAX - o->extensions)
    return tree_fail(node, o->err, "more than %d extensions in one list", EXTENSIONS_MAX);
  o->extensions += (size_t)more;
  return true;
}

static bool get_u64s(struct ops *o, const struct tree_node *map, const char *key, uint64_t *out, size_t max)
{
  const struct tree_node *list = tree_get(map, key);
  size_t i = 0;
  if (!list)
    return true;
  if (list->kind != TREE_LIST || list->count > max)
    return tree_fail(list, o->err, "\"%s\" is a list of at most %zu numbers", key, max);
  for (const struct tree_node *n = list->first; n; n = n->next)
    if (!value_number(&o->reading, n, &out[i++], o->err))
      return false;
  return true;
}

static bool get_aligned(struct ops *o, const struct tree_node *map, const char *key, uint64_t align, uint64_t *out)
{
  struct tree_node *node;
  if (!tree_need(map, key, &node, o->err) || !value_number(&o->reading, node, out, o->err))
    return false;
  return *out % align == 0
             ? true
             : tree_fail(node, o->err, "\"%s\" is 0x%" PRIx64 ", not a multiple of 0x%" PRIx64, key, *out, align);
}

static bool read_hash_name(struct ops *o, const struct tree_node *node, enum vcca_hash_alg *alg)
{
  if (node->kind != TREE_SCALAR || !vcca_hash_named(node->text, alg))
    return tree_fail(node, o->err, "the hashes are sha-256, sha-384 and sha-512");
  return *alg != VCCA_SHA384 || o->rule->sha384 ? true
                                                : tree_fail(node, o->err, "%s does not know sha-384", o->rule->name);
}

static bool do_create(struct ops *o, const struct tree_node *map)
{
  struct vcca_realm_params p = {.hash_alg = VCCA_SHA256};
  const struct reading *r = &o->reading;
  const struct tree_node *hash = tree_get(map, "hash");
  static const struct vcca_rim zero;
  if (o->created)
    return tree_fail(map, o->err, "a second create: a list measures one realm");
  if (hash && !read_hash_name(o, hash, &p.hash_alg))
    return false;
  if (!get_number(r, map, "flags", &p.flags, o->err) || !get_number(r, map, "s2sz", &p.s2sz, o->err) ||
      !get_number(r, map, "sve_vl", &p.sve_vl, o->err) || !get_number(r, map, "num_bps", &p.num_bps, o->err) ||
      !get_number(r, map, "num_wps", &p.num_wps, o->err) ||
      !get_number(r, map, "pmu_num_ctrs", &p.pmu_num_ctrs, o->err))
    return false;
  vcca_rim_create(&o->out->rim, o->rules, &p);
  o->created = true;
  tell(o, VCCA_STEP_CREATE, 0, 0, p.flags, NULL, &zero);
  return true;
}

/* level gives the size of the translation table entries: 3 is 4 KiB, 2 is 2 MiB, 1 is 1 GiB. Each entry is
 * one extension. */
static bool do_ripas(struct ops *o, const struct tree_node *map)
{
  unsigned level = 3;
  uint64_t base = 0, top = 0;
  struct tree_node *node;
  if (!get_small(&o->reading, map, "level", 3, &level, o->err))
    return false;
  if (level == 0)
    return tree_fail(map, o->err, "\"level\" is 1, 2 or 3");
  uint64_t size = (uint64_t)1 << (12 + 9 * (3 - level));
  if (!get_aligned(o, map, "base", size, &base) || !get_aligned(o, map, "top", size, &top) ||
      !tree_need(map, "top", &node, o->err))
    return false;
  if (top <= base)
    return tree_fail(node, o->err, "\"top\" is not above \"base\"");
  if (!count(o, node, (top - base) / size))
    return false;
  for (uint64_t at = base; at != top; at += size) {
    struct vcca_rim before = o->out->rim;
    if (vcca_rim_ripas(&o->out->rim, at, at + size))
      tell(o, VCCA_STEP_RIPAS, at, at + size, 0, NULL, &before);
  }
  return true;
}

static bool one_granule(struct ops *o, uint64_t ipa, const uint8_t *content)
{
  struct vcca_rim before = o->out->rim;
  if (vcca_rim_data(&o->out->rim, ipa, content))
    tell(o, VCCA_STEP_DATA, ipa, 0, content ? 1 : 0, content, &before);
  return true;
}

static bool granules_of(struct ops *o, const struct tree_node *node, uint64_t ipa)
{
  vcca_span bytes;
  enum vcca_hash_alg alg = o->out->rim.hash_alg;
  if (!value_bytes(&o->reading, node, &bytes, o->err))
    return false;
  if (bytes.n == 0 || !count(o, node, (bytes.n + VCCA_PAGE - 1) / VCCA_PAGE))
    return bytes.n > 0 ? false : tree_fail(node, o->err, "no content: a granule of zeros is {zero: 4096}");
  for (size_t at = 0; at < bytes.n; at += VCCA_PAGE) {
    uint8_t page[VCCA_PAGE] = {0}, digest[VCCA_HASH_MAX];
    vcca_span part = vcca_span_sub(bytes, at, VCCA_PAGE);
    memcpy(page, part.p, part.n);
    vcca_hash(alg, VCCA_SPAN(page), digest);
    one_granule(o, ipa + at, digest);
  }
  return true;
}

/* content (any number of granules, the last padded with zeros), or the digest of one granule, or not
 * measured. */
static bool do_data(struct ops *o, const struct tree_node *map)
{
  const struct tree_node *content = tree_get(map, "content"), *digest = tree_get(map, "digest");
  bool measured = true;
  uint64_t ipa = 0;
  uint8_t value[VCCA_HASH_MAX];
  if (!get_aligned(o, map, "ipa", VCCA_PAGE, &ipa) || !get_bool(map, "measured", &measured, o->err))
    return false;
  if ((content != NULL) + (digest != NULL) + !measured != 1)
    return tree_fail(map, o->err, "data takes one of \"content\", \"digest\" and \"measured: false\"");
  if (content)
    return granules_of(o, content, ipa);
  if (digest && !get_array(&o->reading, map, "digest", value, vcca_hash_size(o->out->rim.hash_alg), o->err))
    return false;
  return count(o, map, 1) && one_granule(o, ipa, digest ? value : NULL);
}

static bool do_rec(struct ops *o, const struct tree_node *map)
{
  struct vcca_rec_params rec = {.flags = VCCA_REC_RUNNABLE};
  uint8_t content[VCCA_HASH_MAX];
  struct vcca_rim before = o->out->rim;
  if (!get_number(&o->reading, map, "flags", &rec.flags, o->err) ||
      !get_number(&o->reading, map, "pc", &rec.pc, o->err) || !get_u64s(o, map, "gprs", rec.gprs, 8) ||
      !count(o, map, 1))
    return false;
  if (vcca_rim_rec(&o->out->rim, &rec, content))
    tell(o, VCCA_STEP_REC, 0, 0, rec.flags, content, &before);
  return true;
}

/* index as in guest calls: 1 is REM 0. */
static bool do_extend(struct ops *o, const struct tree_node *map)
{
  struct tree_node *index_node, *value_node;
  uint64_t index = 0;
  vcca_span value;
  bool padded = false;
  if (!tree_need(map, "index", &index_node, o->err) || !tree_need(map, "value", &value_node, o->err) ||
      !value_small(&o->reading, index_node, VCCA_REMS, &index, o->err) ||
      !value_bytes(&o->reading, value_node, &value, o->err) || !get_bool(map, "zero_padded", &padded, o->err))
    return false;
  if (index == 0)
    return tree_fail(index_node, o->err, "the RIM (index 0) cannot be extended: 1 to 4 are REM 0 to REM 3");
  if (value.n > VCCA_MEASUREMENT_SIZE)
    return tree_fail(value_node, o->err, "%zu bytes, an extension takes at most %d", value.n, VCCA_MEASUREMENT_SIZE);
  vcca_rem_extend(o->out->rim.hash_alg, padded ? o->rule->rem_zero_padded : o->rule->rem, o->out->rem[index - 1],
                  value);
  o->out->has_rem = true;
  return true;
}

static const struct {
  const char *name, *keys;
  bool (*run)(struct ops *o, const struct tree_node *map);
} operations[] = {
    {"create", "flags s2sz sve_vl num_bps num_wps pmu_num_ctrs hash", do_create},
    {"ripas", "base top level", do_ripas},
    {"data", "ipa content digest measured", do_data},
    {"rec", "flags pc gprs", do_rec},
    {"extend", "index value zero_padded", do_extend},
};

static bool run_operation(struct ops *o, const struct tree_node *item)
{
  if (!tree_only(item, "create ripas data rec extend", "an operation", o->err))
    return false;
  if (item->count != 1)
    return tree_fail(item, o->err, "one operation for each item of the list");
  const struct tree_node *map = item->first;
  for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
    if (!vcca_span_is(map->key, operations[i].name))
      continue;
    if (i > 0 && !o->created)
      return tree_fail_key(map, o->err, "the first operation is create");
    return tree_only(map, operations[i].keys, operations[i].name, o->err) && operations[i].run(o, map);
  }
  return false;
}

static bool run_list(struct ops *o, const struct tree_node *root)
{
  struct tree_node *profile, *list;
  if (!tree_only(root, "vcca-ops profile operations", "a list of operations", o->err) ||
      !tree_need(root, "profile", &profile, o->err) || !tree_need(root, "operations", &list, o->err))
    return false;
  uint64_t format = 1;
  if (!get_number(&o->reading, root, "vcca-ops", &format, o->err))
    return false;
  if (format != 1)
    return tree_fail(tree_get(root, "vcca-ops"), o->err, "vcca reads lists of format 1");
  if (profile->kind != TREE_SCALAR || !vcca_rim_rules_named(profile->text, &o->rules))
    return tree_fail(profile, o->err, "the profiles are arm-rmm-1.0, arm-rmm-2.0, arm-rmm-2.0-bet1 and virtcca");
  o->rule = vcca_rim_rules(o->rules);
  snprintf(o->out->profile, sizeof o->out->profile, "%s", o->rule->name);
  if (list->kind != TREE_LIST || list->count == 0)
    return tree_fail(list, o->err, "operations are a list that begins with create");
  for (const struct tree_node *item = list->first; item; item = item->next)
    if (!run_operation(o, item))
      return false;
  return true;
}

bool vcca_ops_measure(vcca_span text, const char *folder, struct vcca_files *files, vcca_rim_hook hook, void *ctx,
                      struct vcca_measured *out, struct vcca_error *err)
{
  struct tree_doc doc;
  struct pool pool = {.left = POOL_BUDGET};
  struct ops o = {
      .reading = {.pool = &pool, .folder = folder, .files = files}, .hook = hook, .ctx = ctx, .out = out, .err = err};
  memset(out, 0, sizeof *out);
  if (!tree_read(text, &doc, err))
    return false;
  bool ok = run_list(&o, doc.root);
  tree_free(&doc);
  pool_free(&pool);
  return ok;
}
