/* Running a scenario: header, check of every step's words, then the steps one by one; the first step that is not as expected ends
 * the run, since the later ones build on it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/runner.h"
#include "vcca/text.h"

enum { REPEAT_MAX = 65536 };

static const char header_keys[] = "vcca name story profile device family vars images features rem_zero_padded steps";
static const char feature_keys[] = "s2sz lpa2 no_sve no_pmu sve_vl num_bps num_wps pmu_num_ctrs no_sha512 gicv3_num_lrs max_recs_order";

/* --- Failures --------------------------------------------------------------------------------------------- */

static void VCCA_PRINTF(3, 4) record_failure(struct run *r, const struct tree_node *where, const char *fmt, ...)
{
  struct step *s = &r->step;
  char what[420], text[900];
  va_list args;
  va_start(args, fmt);
  vsnprintf(what, sizeof what, fmt, args);
  va_end(args);
  snprintf(text, sizeof text, "%s:%u:%u: step %u (%s): %s%s%.150s", r->path, where->line, where->column, s->number, s->name, what,
           s->why ? " - " : "", s->why ? (const char *)s->why->text.p : "");
  if (r->result->failures++ == 0)
    snprintf(r->result->failure, sizeof r->result->failure, "%.*s", (int)sizeof r->result->failure - 1, text);
  if (r->options->log)
    vcca_print(r->options->log, "%s\n", text);
}

/* --- Reading a step --------------------------------------------------------------------------------------- */

static const struct vcca_interface *interface_named(vcca_span name)
{
  const struct vcca_interface *all[] = {vcca_rmi(), vcca_tmi(), vcca_rsi(), vcca_tsi(), vcca_psci()};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (vcca_span_is(name, all[i]->name))
      return all[i];
  return NULL;
}

/* Commands of an interface in lower case, as steps are spelled. */
static void command_words(const struct vcca_interface *interface, char *buf, size_t cap)
{
  vcca_sink out = vcca_sink_of(buf, cap - 1);
  for (size_t i = 0; i < interface->command_count; i++) {
    vcca_sink_str(&out, i ? " " : "");
    for (const char *c = interface->commands[i].name; *c; c++)
      vcca_sink_u8(&out, (uint8_t)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c));
  }
  buf[vcca_sink_ok(&out) ? out.n : 0] = '\0';
}

static bool find_call(struct run *r, const struct tree_node *key, struct step *s)
{
  size_t dot = 0;
  char words[2048], hint[80];
  while (dot < key->key.n && key->key.p[dot] != '.')
    dot++;
  s->interface = interface_named(vcca_span_sub(key->key, 0, dot));
  vcca_span name = vcca_span_sub(key->key, dot + 1, key->key.n);
  if (!s->interface || dot == key->key.n)
    return tree_fail_key(key, r->err, "there is no step \"%.40s\"%s", (const char *)key->key.p,
                         tree_suggest(key->key, step_names, hint, sizeof hint));
  bool host_abi = s->interface == vcca_rmi() || s->interface == vcca_rsi();
  if (s->interface != vcca_psci() && host_abi != (r->abi == VCCA_ABI_RMI))
    return tree_fail_key(key, r->err, "profile %s has no %s: its interfaces are %s", vcca_rim_rules(r->rules)->name, s->interface->name,
                         r->abi == VCCA_ABI_RMI ? "rmi, rsi and psci" : "tmi, tsi and psci");
  s->command = vcca_command_named(s->interface, name);
  s->kind = step_kind_call();
  command_words(s->interface, words, sizeof words);
  return s->command ? true
                    : tree_fail_key(key, r->err, "%s has no command \"%.*s\"%s", s->interface->name, (int)name.n, (const char *)name.p,
                                    tree_suggest(name, words, hint, sizeof hint));
}

static bool check_call_words(struct run *r, const struct step *s)
{
  char words[400];
  bool guest = s->interface != vcca_rmi() && s->interface != vcca_tmi();
  snprintf(words, sizeof words, "%s%s", s->command->inputs, guest ? " vm rec" : "");
  bool bare = s->args->kind == TREE_SCALAR && s->args->text.n == 0; /* "tmi.version:" */
  if (!bare && !tree_only(s->args, words, s->name, r->err))
    return false;
  for (const struct tree_node *n = s->args->first; n; n = n->next)
    if (layout_is_said(s->command, n) && !layout_words(s->command, n, r->err))
      return false;
  snprintf(words, sizeof words, "status error index refused unchanged x0 x1 x2 x3 x4 x5 x6 x7 x8 %s", s->command->outputs);
  return !s->expect || (tree_only(s->expect, words, "expect", r->err) && call_names_exist(r, s));
}

static bool check_words(struct run *r, const struct step *s)
{
  if (s->kind == step_kind_call())
    return check_call_words(r, s);
  bool none = s->args->kind == TREE_SCALAR && s->args->text.n == 0;
  if (s->kind->takes && !none && !tree_only(s->args, s->kind->takes, s->name, r->err))
    return false;
  if (s->kind->run == step_expect) {
    char words[400];
    snprintf(words, sizeof words, "vm realm %s", machine_fields);
    return tree_only(s->args, words, "expect", r->err);
  }
  return !s->expect || tree_only(s->expect, s->kind->yields, "expect", r->err);
}

static bool good_name(vcca_span name)
{
  for (size_t i = 0; i < name.n; i++) {
    uint8_t c = name.p[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9' && i > 0)))
      return false;
  }
  return name.n > 0 && name.n < NAME_MAX_SIZE;
}

/* Which key is the step's own: the one that is not as, expect, why or repeat; expect, when there is no other. */
static bool read_step(struct run *r, const struct tree_node *item, unsigned number, struct step *s)
{
  const struct tree_node *own = NULL, *as = tree_get(item, "as");
  memset(s, 0, sizeof *s);
  s->number = number;
  if (item->kind != TREE_MAP)
    return tree_fail(item, r->err, "a step is a mapping such as boot: {...}");
  for (const struct tree_node *n = item->first; n; n = n->next) {
    if (tree_word_in(n->key, "as expect why repeat"))
      continue;
    if (own)
      return tree_fail_key(n, r->err, "one thing for each step: \"%.40s\" stands beside \"%.40s\"", (const char *)n->key.p, (const char *)own->key.p);
    own = n;
  }
  s->expect = tree_get(item, "expect");
  s->why = tree_get(item, "why");
  s->repeat = tree_get(item, "repeat");
  s->args = own ? own : s->expect;
  if (!s->args)
    return tree_fail(item, r->err, "a step without anything to do");
  if (as && (as->kind != TREE_SCALAR || !good_name(as->text)))
    return tree_fail(as, r->err, "\"as\" gives a name of letters, digits and _");
  if (s->why && s->why->kind != TREE_SCALAR)
    return tree_fail(s->why, r->err, "\"why\" is a sentence");
  s->as = as ? as->text : vcca_span_of(NULL, 0);
  snprintf(s->name, sizeof s->name, "%.60s", (const char *)s->args->key.p);
  s->kind = step_kind_named(s->args->key);
  if (!s->kind && !find_call(r, s->args, s))
    return false;
  return s->kind != NULL && check_words(r, s);
}

static bool each_step(struct run *r, bool (*visit)(struct run *r, const struct tree_node *item, unsigned number))
{
  unsigned number = 0;
  struct tree_node *steps;
  if (!tree_need(r->root, "steps", &steps, r->err))
    return false;
  if (steps->kind != TREE_LIST)
    return tree_fail(steps, r->err, "steps are a list");
  for (const struct tree_node *item = steps->first; item && r->result->failures == 0; item = item->next)
    if (!visit(r, item, ++number))
      return false;
  return true;
}

static bool check_step(struct run *r, const struct tree_node *item, unsigned number)
{
  struct step s;
  return read_step(r, item, number, &s);
}

/* --- Carrying one out ------------------------------------------------------------------------------------- */

/* "RMI_ERROR_INPUT" is as good as "ERROR_INPUT"; part of a message is as good as the whole. */
static bool as_expected(const struct step *s, const char *field, const struct value *want, const struct value *got)
{
  if (value_same(want, got))
    return true;
  if (want->kind != VALUE_TEXT || got->kind != VALUE_TEXT || got->bytes.n == 0 || want->bytes.n == 0)
    return false;
  if (strcmp(field, "status") == 0 && s->interface) {
    size_t extra = strlen(s->interface->name) + 1;
    return want->bytes.n > extra && vcca_span_eq(vcca_span_sub(want->bytes, extra, want->bytes.n), got->bytes);
  }
  if (strcmp(field, "error") != 0 && strcmp(field, "reason") != 0)
    return false;
  for (size_t i = 0; i + want->bytes.n <= got->bytes.n; i++)
    if (memcmp(got->bytes.p + i, want->bytes.p, want->bytes.n) == 0)
      return true;
  return false;
}

static bool check_field(struct run *r, const struct tree_node *node)
{
  struct step *s = &r->step;
  const struct value *got = thing_get(s->out, node->key);
  struct value want, live;
  char text[2][360];
  if (vcca_span_is(node->key, "unchanged"))
    return true; /* step_call looked at it */
  if (!got && s->out->vm && machine_field(r, s->out->vm, node->key, &live))
    got = &live;
  r->result->expectations++;
  if (!got) {
    record_failure(r, node, "expected %s, but there is none%s%s", (const char *)node->key.p, s->ok ? "" : ": ", s->ok ? "" : s->complaint);
    return true;
  }
  if (s->interface && vcca_span_is(node->key, "status") && is_any_of(node)) {
    bool taken;
    if (!call_any_of(r, s, node, &taken))
      return false;
    if (!taken)
      record_failure(r, node, "expected %s, got %s", node->kind == TREE_SCALAR ? "a refusal" : "one of the statuses listed",
                     value_print(got, text[1], sizeof text[1]));
    return true;
  }
  if (!value_of_kind(&r->reading, node, got->kind, &want, r->err))
    return false;
  if (as_expected(s, (const char *)node->key.p, &want, got))
    return true;
  const char *outcome = strstr(s->complaint, "got "); /* of a step that did not work; it has the reason */
  if (!s->ok && outcome && vcca_span_is(node->key, s->kind->main))
    record_failure(r, node, "expected %s %s, %s", (const char *)node->key.p, value_print(&want, text[0], sizeof text[0]), outcome);
  else
    record_failure(r, node, "expected %s %s, got %s%s%s", (const char *)node->key.p, value_print(&want, text[0], sizeof text[0]),
                   value_print(got, text[1], sizeof text[1]), s->ok ? "" : "; ",
                   s->ok     ? ""
                   : outcome ? outcome
                             : s->complaint);
  return true;
}

/* The outcome against what was expected: to have worked, unless expect names the field that says otherwise. */
static bool check_outcome(struct run *r)
{
  struct step *s = &r->step;
  bool judged = s->kind->run != step_expect && (tree_get(s->expect, s->kind->main) || tree_get(s->expect, "error"));
  if (!s->ok)
    thing_text(s->out, "error", s->complaint);
  if (!judged) {
    r->result->expectations++;
    if (!s->ok)
      record_failure(r, s->where ? s->where : s->args, "%s", s->complaint);
  }
  if (s->changed)
    record_failure(r, s->expect ? s->expect : s->args, "the call changed the machine, which was to stay as it was");
  if (!s->ok && !judged)
    return true;
  if (s->kind->run == step_expect)
    return true;
  for (const struct tree_node *n = s->expect ? s->expect->first : NULL; n; n = n->next)
    if (!check_field(r, n))
      return false;
  return true;
}

static bool run_once(struct run *r, const struct tree_node *item, unsigned number)
{
  struct step *s = &r->step;
  if (!read_step(r, item, number, s) || !thing_new(r, s->as, &s->out))
    return false;
  s->ok = true;
  if (!s->kind->run(r, s) || !check_outcome(r))
    return false;
  r->result->steps++;
  if (s->as.n > 0) {
    s->out->next = r->things;
    r->things = s->out;
  }
  tell_step(r, s);
  return true;
}

static bool run_step(struct run *r, const struct tree_node *item, unsigned number)
{
  const struct tree_node *repeat = tree_get(item, "repeat");
  uint64_t times = 1;
  if (repeat && !value_small(&r->reading, repeat, REPEAT_MAX, &times, r->err))
    return false;
  for (r->turn = 0; r->turn < times && r->result->failures == 0; r->turn++)
    if (!run_once(r, item, number))
      return false;
  return true;
}

/* --- Header ----------------------------------------------------------------------------------------------- */

static bool read_features(struct run *r)
{
  const struct tree_node *map = tree_get(r->root, "features");
  struct vcca_features *f = &r->features;
  const struct reading *rd = &r->reading;
  if (!map)
    return true;
  return tree_only(map, feature_keys, "features", r->err) && get_small(rd, map, "s2sz", 64, &f->s2sz, r->err) &&
         get_bool(map, "lpa2", &f->lpa2, r->err) && get_bool(map, "no_sve", &f->no_sve, r->err) && get_bool(map, "no_pmu", &f->no_pmu, r->err) &&
         get_small(rd, map, "sve_vl", 15, &f->sve_vl, r->err) && get_small(rd, map, "num_bps", 63, &f->num_bps, r->err) &&
         get_small(rd, map, "num_wps", 63, &f->num_wps, r->err) && get_small(rd, map, "pmu_num_ctrs", 31, &f->pmu_num_ctrs, r->err) &&
         get_bool(map, "no_sha512", &f->no_sha512, r->err) && get_small(rd, map, "gicv3_num_lrs", 15, &f->gicv3_num_lrs, r->err) &&
         get_small(rd, map, "max_recs_order", 15, &f->max_recs_order, r->err);
}

static bool read_images(struct run *r)
{
  const struct tree_node *map = tree_get(r->root, "images");
  if (map && map->kind != TREE_MAP)
    return tree_fail(map, r->err, "images are a mapping from name to bytes");
  for (const struct tree_node *n = map ? map->first : NULL; n; n = n->next) {
    struct thing *t;
    vcca_span bytes;
    if (!good_name(n->key))
      return tree_fail_key(n, r->err, "a name has letters, digits and _");
    if (!value_bytes(&r->reading, n, &bytes, r->err) || !thing_new(r, n->key, &t))
      return false;
    thing_bytes(t, "bytes", bytes);
    thing_number(t, "size", bytes.n);
    t->next = r->things;
    r->things = t;
  }
  return true;
}

static bool read_vars(struct run *r)
{
  const struct tree_node *map = tree_get(r->root, "vars");
  if (map && map->kind != TREE_MAP)
    return tree_fail(map, r->err, "vars are a mapping from name to value");
  for (const struct tree_node *n = map ? map->first : NULL; n; n = n->next)
    if (!good_name(n->key))
      return tree_fail_key(n, r->err, "a name has letters, digits and _");
  return true;
}

static bool read_header(struct run *r)
{
  struct tree_node *format, *profile, *device, *name;
  uint64_t version = 0;
  if (!tree_only(r->root, header_keys, "a scenario", r->err) || !tree_need(r->root, "vcca", &format, r->err) ||
      !value_number(&r->reading, format, &version, r->err))
    return false;
  if (version != 1)
    return tree_fail(format, r->err, "scenarios of format 1 are understood, not %.20s", (const char *)format->text.p);
  if (!tree_need(r->root, "name", &name, r->err) || !tree_need(r->root, "profile", &profile, r->err) || !read_vars(r) ||
      !get_chars(&r->reading, r->root, "name", r->result->name, sizeof r->result->name, r->err))
    return false;
  if (profile->kind != TREE_SCALAR || !vcca_rim_rules_named(profile->text, &r->rules))
    return tree_fail(profile, r->err, "the profiles are virtcca, arm-rmm-1.0, arm-rmm-2.0 and arm-rmm-2.0-bet1");
  r->abi = r->rules == VCCA_RULES_VIRTCCA ? VCCA_ABI_TMI : VCCA_ABI_RMI;
  if (!tree_need(r->root, "device", &device, r->err) || !read_device(r, device, &r->device))
    return false;
  return read_features(r) && get_bool(r->root, "rem_zero_padded", &r->rem_zero_padded, r->err) && read_images(r);
}

static bool first_power_on(struct run *r)
{
  const struct tree_node *family = tree_get(r->root, "family"), *device = tree_get(r->root, "device");
  struct vcca_error why = {0};
  struct thing *t;
  char text[700];
  vcca_hsm *hsm = family ? NULL : vcca_hsm_open(&r->device, &why);
  if (family ? !read_family(r, family, &r->family) : !hsm)
    return family ? false : tree_fail(device, r->err, "%s", vcca_error_text(&why, text, sizeof text));
  if (hsm)
    r->family = vcca_hsm_family(hsm);
  vcca_hsm_close(hsm);
  if (!power_on(r, &why))
    return tree_fail(device, r->err, "%s", vcca_error_text(&why, text, sizeof text));
  if (!thing_new(r, VCCA_SPAN_LIT("device"), &t) || !device_fields(r, t))
    return false;
  t->next = r->things;
  r->things = t;
  return true;
}

/* --- Settings --------------------------------------------------------------------------------------------- */

/* "name=value" from the command line takes the place of the variable's node. */
static bool apply_setting(struct run *r, struct tree_doc *doc, const char *setting)
{
  const char *equals = strchr(setting, '=');
  struct tree_node *vars = tree_get(r->root, "vars");
  char hint[80], words[2048];
  vcca_span name = vcca_span_of(setting, equals ? (size_t)(equals - setting) : strlen(setting));
  if (!equals || name.n == 0)
    return vcca_fail(r->err, VCCA_FAULT_USAGE, "\"%.60s\" sets nothing: name=value", setting);
  struct vcca_error why = {0};
  if (!tree_read(vcca_span_str(equals + 1), doc, &why))
    return vcca_fail(r->err, VCCA_FAULT_USAGE, "setting \"%.60s\": %s", setting, why.text);
  for (struct tree_node *n = vars ? vars->first : NULL; n; n = n->next)
    if (vcca_span_eq(n->key, name)) {
      n->kind = doc->root->kind;
      n->text = doc->root->text;
      n->first = doc->root->first;
      n->count = doc->root->count;
      return true;
    }
  vcca_sink list = vcca_sink_of(words, sizeof words - 1);
  for (struct tree_node *n = vars ? vars->first : NULL; n; n = n->next) {
    vcca_sink_put(&list, n->key);
    vcca_sink_str(&list, " ");
  }
  words[vcca_sink_ok(&list) ? list.n : 0] = '\0';
  return vcca_fail(r->err, VCCA_FAULT_USAGE, "the scenario has no variable \"%.*s\"%s", (int)name.n, setting,
                   tree_suggest(name, words, hint, sizeof hint));
}

/* "name=FILE" from the command line writes what $name stands for at the end. */
static bool write_save(struct run *r, const char *save)
{
  const char *equals = strchr(save, '=');
  struct tree_node node = {.kind = TREE_SCALAR, .line = 1, .column = 1};
  char name[2 * NAME_MAX_SIZE + 2];
  vcca_span bytes;
  if (!equals || equals == save || equals[1] == '\0' || (size_t)(equals - save) > sizeof name - 2)
    return vcca_fail(r->err, VCCA_FAULT_USAGE, "\"%.60s\" saves nothing: name=FILE or name.field=FILE", save);
  snprintf(name, sizeof name, "$%.*s", (int)(equals - save), save);
  node.text = vcca_span_str(name);
  struct vcca_error why = {0};
  struct vcca_error *err = r->err;
  r->err = &why;
  bool found = value_bytes(&r->reading, &node, &bytes, &why);
  r->err = err;
  return found ? vcca_files_write(r->options->files, equals + 1, bytes, err)
               : vcca_fail(err, VCCA_FAULT_USAGE, "cannot save %s: %s", name + 1, why.text);
}

static bool run_document(struct run *r)
{
  size_t count = r->options->setting_count, done = 0;
  struct tree_doc *docs = calloc(count + 1, sizeof *docs);
  if (!docs)
    return vcca_fail(r->err, VCCA_FAULT_MEMORY, "no memory for %zu settings", count);
  bool ok = true;
  while (ok && done < count) {
    ok = apply_setting(r, &docs[done], r->options->settings[done]);
    done++;
  }
  ok = ok && read_header(r) && each_step(r, check_step) && first_power_on(r) && each_step(r, run_step);
  for (size_t i = 0; ok && r->result->failures == 0 && i < r->options->save_count; i++)
    ok = write_save(r, r->options->saves[i]);
  for (size_t i = 0; i < done; i++)
    tree_free(&docs[i]);
  free(docs);
  return ok;
}

/* The folder a file is in: "." for a bare name. */
static void folder_of(const char *path, char *out, size_t cap)
{
  const char *slash = strrchr(path, '/');
  snprintf(out, cap, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
  if (slash == path)
    snprintf(out, cap, "/");
}

bool vcca_scenario_run(const char *path, const struct vcca_run_options *options, struct vcca_run_result *out, struct vcca_error *err)
{
  static const struct vcca_run_options none;
  struct vcca_bytes text = {0};
  struct tree_doc doc = {0};
  struct vcca_error local = {0};
  char folder[4096];
  memset(out, 0, sizeof *out);
  struct run *r = calloc(1, sizeof *r);
  if (!r)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a run");
  r->options = options ? options : &none;
  r->result = out;
  r->err = err ? err : &local;
  r->path = path;
  r->pool.left = POOL_BUDGET;
  folder_of(path, folder, sizeof folder);
  r->reading = (struct reading){.pool = &r->pool, .folder = folder, .files = r->options->files, .name = run_name, .ctx = r};
  r->tracer.out = r->options->trace;
  bool ok = vcca_files_read(r->options->files, path, TREE_MAX_BYTES, &text, r->err) && tree_read(vcca_bytes_span(&text), &doc, r->err);
  if (ok) {
    r->root = doc.root;
    ok = run_document(r);
  }
  if (ok && r->tracer.failed)
    ok = vcca_fail(r->err, VCCA_FAULT_MEMORY, "no memory for the trace of a call");
  power_off(r);
  free(r->tracer.steps);
  pool_free(&r->pool);
  tree_free(&doc);
  vcca_bytes_free(&text);
  free(r);
  return ok ? true : vcca_fail_in(err ? err : &local, path);
}
