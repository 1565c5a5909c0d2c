/* What $names stand for: variables, saved things and their fields, the VM as it is now.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "scenario/runner.h"
#include "rooms/span.h"
#include "rooms/rmm.h"

enum { NESTED_NAMES = 8 };

static void add_field(struct thing *t, const char *field, struct value value)
{
  struct field *f = t->count < FIELDS_MAX ? &t->fields[t->count++] : NULL;
  if (!f)
    return;
  snprintf(f->name, sizeof f->name, "%s", field);
  f->value = value;
}

void thing_number(struct thing *t, const char *field, uint64_t number)
{
  add_field(t, field, value_from_number(number));
}

void thing_bytes(struct thing *t, const char *field, vcca_span bytes)
{
  add_field(t, field, value_from_bytes(bytes));
}

void thing_text(struct thing *t, const char *field, const char *text)
{
  add_field(t, field, value_from_text(text));
}

const struct value *thing_get(const struct thing *t, vcca_span field)
{
  for (size_t i = 0; i < t->count; i++)
    if (vcca_span_is(field, t->fields[i].name))
      return &t->fields[i].value;
  return NULL;
}

bool thing_new(struct run *r, vcca_span name, struct thing **out)
{
  uint8_t *memory = pool_take(&r->pool, sizeof(struct thing), r->err);
  if (!memory)
    return false;
  struct thing *t = (struct thing *)(void *)memory;
  snprintf(t->name, sizeof t->name, "%.*s", (int)name.n, name.p ? (const char *)name.p : "");
  *out = t;
  return true;
}

/* --- The machine and a VM on it --------------------------------------------------------------------------- */

const char machine_fields[] = "rd recs rec0 rec1 realm_state rim rem0 rem1 rem2 rem3 rpv ipa_width vmid hash granules "
                              "delegated rd_granules rec_granules "
                              "aux_granules data_granules rtt_granules scratch";

/* Granules by state, and all that are not the host's. */
static bool census_field(struct run *r, vcca_span field, struct value *out)
{
  static const char *const names[VCCA_GRANULE_STATES] = {
      [VCCA_GRANULE_DELEGATED] = "delegated", [VCCA_GRANULE_RD] = "rd_granules",
      [VCCA_GRANULE_REC] = "rec_granules",    [VCCA_GRANULE_REC_AUX] = "aux_granules",
      [VCCA_GRANULE_DATA] = "data_granules",  [VCCA_GRANULE_RTT] = "rtt_granules",
  };
  uint64_t count[VCCA_GRANULE_STATES] = {0}, all = 0;
  vcca_granule_census(r->machine, count);
  for (size_t i = VCCA_GRANULE_DELEGATED; i < VCCA_GRANULE_STATES; i++) {
    all += count[i];
    *out = value_from_number(count[i]);
    if (vcca_span_is(field, names[i]))
      return true;
  }
  *out = value_from_number(all);
  return vcca_span_is(field, "granules");
}

static bool bytes_value(struct run *r, const uint8_t *p, size_t n, struct value *out)
{
  vcca_span copy;
  bool ok = pool_copy(&r->pool, vcca_span_of(p, n), &copy, NULL);
  *out = value_from_bytes(copy);
  return ok;
}

static bool realm_field(struct run *r, const struct vm *vm, vcca_span field, struct value *out)
{
  struct vcca_realm_info info;
  if (!vcca_realm_info(r->machine, vm->booted.rd, &info))
    return false;
  size_t digest = vcca_hash_size(info.hash_alg);
  bool ok = true;
  if (vcca_span_is(field, "rim"))
    ok = bytes_value(r, info.rim, digest, out);
  else if (field.n == 4 && memcmp(field.p, "rem", 3) == 0 && field.p[3] >= '0' && field.p[3] < '0' + VCCA_REMS)
    ok = bytes_value(r, info.rem[field.p[3] - '0'], digest, out);
  else if (vcca_span_is(field, "rpv"))
    ok = bytes_value(r, info.rpv, sizeof info.rpv, out);
  else if (vcca_span_is(field, "realm_state"))
    *out = value_from_text(vcca_realm_state_name(info.state));
  else if (vcca_span_is(field, "hash"))
    *out = value_from_text(vcca_hash_name(info.hash_alg));
  else if (vcca_span_is(field, "ipa_width"))
    *out = value_from_number(info.ipa_width);
  else if (vcca_span_is(field, "vmid"))
    *out = value_from_number(info.vmid);
  else if (vcca_span_is(field, "recs"))
    *out = value_from_number(info.num_recs);
  else
    ok = false;
  return ok;
}

bool machine_field(struct run *r, struct vm *vm, vcca_span field, struct value *out)
{
  if (census_field(r, field, out))
    return true;
  if (!vm || vm->destroyed || vm->power != r->power)
    return false;
  if (vcca_span_is(field, "rd"))
    *out = value_from_number(vm->booted.rd);
  else if (vcca_span_is(field, "scratch"))
    *out = value_from_number(vm->scratch);
  else if (vcca_span_is(field, "rec0") && vm->booted.recs > 0)
    *out = value_from_number(vm->booted.rec[0]);
  else if (vcca_span_is(field, "rec1") && vm->booted.recs > 1)
    *out = value_from_number(vm->booted.rec[1]);
  else
    return realm_field(r, vm, field, out);
  return true;
}

static struct thing *find_thing(struct run *r, vcca_span name)
{
  for (struct thing *t = r->things; t; t = t->next)
    if (vcca_span_is(name, t->name))
      return t;
  return NULL;
}

bool need_vm(struct run *r, const struct tree_node *map, struct vm **out)
{
  const struct tree_node *node = tree_get(map, "vm");
  *out = r->vm;
  if (node && !value_is_name(node))
    return tree_fail(node, r->err, "\"vm\" is the $name a boot step was given with \"as\"");
  if (node) {
    struct thing *t = find_thing(r, vcca_span_sub(node->text, 1, node->text.n));
    if (!t || !t->vm)
      return tree_fail(node, r->err, "%.40s is no VM", (const char *)node->text.p);
    *out = t->vm;
  }
  if (!*out)
    return tree_fail(map, r->err, "no VM has been booted");
  if ((*out)->destroyed || (*out)->power != r->power)
    return tree_fail(node ? node : map, r->err, "the VM is gone: it was destroyed, or the platform powered on again");
  return true;
}

/* --- Look-up ---------------------------------------------------------------------------------------------- */

/* Saved names and variables, for suggestions. */
static const char *known_names(struct run *r, char *buf, size_t cap)
{
  vcca_sink out = vcca_sink_of(buf, cap - 1);
  const struct tree_node *vars = tree_get(r->root, "vars");
  for (const struct tree_node *n = vars ? vars->first : NULL; n; n = n->next) {
    vcca_sink_put(&out, n->key);
    vcca_sink_str(&out, " ");
  }
  for (const struct thing *t = r->things; t; t = t->next) {
    vcca_sink_str(&out, t->name);
    vcca_sink_str(&out, " ");
  }
  buf[vcca_sink_ok(&out) ? out.n : 0] = '\0';
  return buf;
}

static bool unknown_name(struct run *r, const struct tree_node *node, vcca_span name, struct vcca_error *err)
{
  char words[4096], hint[80];
  tree_suggest(name, known_names(r, words, sizeof words), hint, sizeof hint);
  return tree_fail(node, err, "$%.*s is not known here%s", (int)name.n, (const char *)name.p, hint);
}

static bool variable(struct run *r, const struct tree_node *node, const struct tree_node *var, enum value_kind want,
                     struct value *out, struct vcca_error *err)
{
  struct vcca_error why = {0};
  if (r->name_depth >= NESTED_NAMES)
    return tree_fail(node, err, "variables that stand for variables, more than %d deep", NESTED_NAMES);
  r->name_depth++;
  bool ok = value_of_kind(&r->reading, var, want, out, &why);
  r->name_depth--;
  return ok ? true : tree_fail(node, err, "%.60s (line %u): %s", (const char *)node->text.p, var->line, why.text);
}

static bool field_of(struct run *r, const struct tree_node *node, struct thing *t, vcca_span field, struct value *out,
                     struct vcca_error *err)
{
  const struct value *v = thing_get(t, field.n > 0 ? field : VCCA_SPAN_LIT("bytes"));
  char words[(size_t)FIELDS_MAX * 24 + sizeof machine_fields], hint[80];
  if (t->vm && machine_field(r, t->vm, field, out))
    return true;
  if (v) {
    *out = *v;
    return true;
  }
  if (field.n == 0)
    return tree_fail(node, err, "$%s is many things: name one of them, as in $%s.%s", t->name, t->name,
                     t->count > 0 ? t->fields[0].name : "field");
  vcca_sink list = vcca_sink_of(words, sizeof words - 1);
  for (size_t i = 0; i < t->count; i++) {
    vcca_sink_str(&list, t->fields[i].name);
    vcca_sink_str(&list, " ");
  }
  vcca_sink_str(&list, t->vm ? machine_fields : "");
  words[vcca_sink_ok(&list) ? list.n : 0] = '\0';
  return tree_fail(node, err, "$%s has no \"%.*s\"%s", t->name, (int)field.n, (const char *)field.p,
                   tree_suggest(field, words, hint, sizeof hint));
}

bool run_name(void *ctx, const struct tree_node *node, vcca_span name, enum value_kind want, struct value *out,
              struct vcca_error *err)
{
  struct run *r = ctx;
  size_t dot = 0;
  while (dot < name.n && name.p[dot] != '.')
    dot++;
  vcca_span base = vcca_span_sub(name, 0, dot), field = vcca_span_sub(name, dot + 1, name.n);
  const struct tree_node *vars = tree_get(r->root, "vars");
  for (const struct tree_node *var = vars ? vars->first : NULL; var; var = var->next)
    if (vcca_span_eq(var->key, base) && field.n == 0)
      return variable(r, node, var, want, out, err);
  if (vcca_span_is(base, "i") && r->step.repeat) {
    *out = value_from_number(r->turn);
    return true;
  }
  if (vcca_span_is(base, "scratch") && r->vm) {
    *out = value_from_number(r->vm->scratch);
    return true;
  }
  struct thing *t = find_thing(r, base);
  return t ? field_of(r, node, t, field, out, err) : unknown_name(r, node, base, err);
}
