/* Running a scenario: header, check of every step's words, then the steps one by one; the first step that
 * is not as expected ends the run, since the later ones build on it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/runner.h"
#include "rooms/text.h"
#include "rooms/error.h"
#include "rooms/measurement.h"
#include "rooms/span.h"
#include "rooms/files.h"

enum { REPEAT_MAX = 65536 };

static const char header_keys[] = "vcca name story profile device family vars images features rem_zero_padded steps";
static const char feature_keys[] =
    "s2sz lpa2 no_sve no_pmu sve_vl num_bps num_wps pmu_num_ctrs no_sha512 gicv3_num_lrs max_recs_order";

/* --- Failures --------------------------------------------------------------------------------------------- */

static void VCCA_PRINTF(3, 4) record_failure(struct run *r, const struct tree_node *where, const char *fmt, ...)
{
  struct step *s = &r->step;
  char what[420], text[900];
  va_list args;
  va_start(args, fmt);
  vsnprintf(what, sizeof what, fmt, args);
  va_end(args);
  snprintf(text, sizeof text, "%s:%u:%u: step %u (%s): %s%s%.150s", r->path, where->line, where->column, s->number,
           s->name, what, s->why ? " - " : "", s->why ? (const char *)s->why->text.p : "");
  if (r->result->failures++ == 0)
    snprintf(r->result->failure, sizeof r->result->failure, "%.*s", (int)sizeof r->result->failure - 1, text);
  if (r->options->log)
    vcca_print(r->options->log, "%s\n", text);
}

/* --- Steps ------------------------------------------------------------------------------------------------- */

static bool each_step(struct run *r, bool (*visit)(struct run *r, const struct tree_node *item, unsigned number))
{
  unsigned number = 0;
  struct tree_node *steps;
  if (!tree_need(r->root, "steps", &steps, r->err))
    return false;
  if (steps->kind != TREE_LIST)
    return tree_fail(steps, r->err, "steps are a list");
  for (const struct tree_node *item = steps->first; item && r->result->failures == 0 && !r->ended; item = item->next)
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
    record_failure(r, node, "expected %s, but there is none%s%s", (const char *)node->key.p, s->ok ? "" : ": ",
                   s->ok ? "" : s->complaint);
    return true;
  }
  if (s->interface && vcca_span_is(node->key, "status") && is_any_of(node)) {
    bool taken;
    if (!call_any_of(r, s, node, &taken))
      return false;
    if (!taken)
      record_failure(r, node, "expected %s, got %s",
                     node->kind == TREE_SCALAR ? "a refusal" : "one of the statuses listed",
                     value_print(got, text[1], sizeof text[1]));
    return true;
  }
  if (!value_of_kind(&r->reading, node, got->kind, &want, r->err))
    return false;
  if (as_expected(s, (const char *)node->key.p, &want, got))
    return true;
  const char *outcome = strstr(s->complaint, "got "); /* of a step that did not work; it has the reason */
  if (!s->ok && outcome && vcca_span_is(node->key, s->kind->main))
    record_failure(r, node, "expected %s %s, %s", (const char *)node->key.p,
                   value_print(&want, text[0], sizeof text[0]), outcome);
  else
    record_failure(r, node, "expected %s %s, got %s%s%s", (const char *)node->key.p,
                   value_print(&want, text[0], sizeof text[0]), value_print(got, text[1], sizeof text[1]),
                   s->ok ? "" : "; ",
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
  r->ended = r->options->until && vcca_span_is(r->step.as, r->options->until);
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
         get_bool(map, "lpa2", &f->lpa2, r->err) && get_bool(map, "no_sve", &f->no_sve, r->err) &&
         get_bool(map, "no_pmu", &f->no_pmu, r->err) && get_small(rd, map, "sve_vl", 15, &f->sve_vl, r->err) &&
         get_small(rd, map, "num_bps", 63, &f->num_bps, r->err) &&
         get_small(rd, map, "num_wps", 63, &f->num_wps, r->err) &&
         get_small(rd, map, "pmu_num_ctrs", 31, &f->pmu_num_ctrs, r->err) &&
         get_bool(map, "no_sha512", &f->no_sha512, r->err) &&
         get_small(rd, map, "gicv3_num_lrs", 15, &f->gicv3_num_lrs, r->err) &&
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

/* A run, with what it was read from. */
struct vcca_scenario {
  struct run run;
  struct vcca_bytes text;
  struct tree_doc doc;
  char folder[4096];
};

static bool carry_out(vcca_scenario *s)
{
  struct run *r = &s->run;
  if (!vcca_files_read(r->options->files, r->path, TREE_MAX_BYTES, &s->text, r->err) ||
      !tree_read(vcca_bytes_span(&s->text), &s->doc, r->err))
    return false;
  r->root = s->doc.root;
  if (!run_document(r))
    return false;
  if (r->options->until && !r->ended && r->result->failures == 0)
    return vcca_fail(r->err, VCCA_FAULT_USAGE, "no step is given the name \"%.60s\" with \"as\"", r->options->until);
  return !r->tracer.failed || vcca_fail(r->err, VCCA_FAULT_MEMORY, "no memory for the trace of a call");
}

vcca_scenario *vcca_scenario_open(const char *path, const struct vcca_run_options *options, struct vcca_run_result *out,
                                  struct vcca_error *err)
{
  static const struct vcca_run_options none;
  struct vcca_error local = {0};
  memset(out, 0, sizeof *out);
  vcca_scenario *s = calloc(1, sizeof *s);
  if (!s) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a run");
    return NULL;
  }
  struct run *r = &s->run;
  r->options = options ? options : &none;
  r->result = out;
  r->err = err ? err : &local;
  r->path = path;
  r->pool.left = POOL_BUDGET;
  folder_of(path, s->folder, sizeof s->folder);
  r->reading =
      (struct reading){.pool = &r->pool, .folder = s->folder, .files = r->options->files, .name = run_name, .ctx = r};
  r->tracer.out = r->options->trace;
  if (carry_out(s))
    return s;
  vcca_fail_in(r->err, path);
  vcca_scenario_close(s);
  return NULL;
}

void vcca_scenario_close(vcca_scenario *s)
{
  if (!s)
    return;
  power_off(&s->run);
  free(s->run.tracer.steps);
  pool_free(&s->run.pool);
  tree_free(&s->doc);
  vcca_bytes_free(&s->text);
  free(s);
}

bool vcca_scenario_run(const char *path, const struct vcca_run_options *options, struct vcca_run_result *out,
                       struct vcca_error *err)
{
  vcca_scenario *s = vcca_scenario_open(path, options, out, err);
  vcca_scenario_close(s);
  return s != NULL;
}

bool vcca_scenario_platform(const vcca_scenario *s, struct vcca_scenario_platform *out, struct vcca_error *err)
{
  const struct run *r = &s->run;
  if (!r->vm || r->vm->destroyed || r->vm->power != r->power)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the scenario leaves no VM: it boots none, or destroys it");
  *out = (struct vcca_scenario_platform){
      .machine = r->machine,
      .host = r->host,
      .guests = r->guests,
      .device = &r->device,
      .family = r->family,
      .profile = vcca_rim_rules(r->rules)->name,
      .vm = r->vm->booted,
      .scratch = r->vm->scratch,
  };
  return true;
}
