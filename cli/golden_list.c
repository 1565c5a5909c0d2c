/* vcca golden list: the mutations, one line each.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/golden_filter.h"
#include "rooms/json.h"
#include "rooms/golden.h"
#include "rooms/text.h"

static const struct option options[] = {
    {"family", 'F', "NAME", MANY,
     "only those that apply to this family; patterns (*), several with commas, ! before one to leave out; so with all"},
    {"layer", 'l', "NAME", MANY, "only those of this layer"},
    {"stage", 0, "NAME", MANY, "only those that are noticed at this stage"},
    {"flag", 0, "NAME", MANY, "only this kind of fault"},
    {"id", 'i', "ID", MANY, "only this one, by id or name"},
    {"mutation", 'm', "ID", MANY, "only this one, with its recipe, and its flag's effect"},
    OPTION_OUTPUT,
    OPTION_END,
};

static void recipe_of(const struct vcca_mutation *m, char *room, size_t cap)
{
  vcca_sink recipe = vcca_sink_of(room, cap - 1);
  vcca_mutation_recipe(m, &recipe);
  room[vcca_sink_ok(&recipe) ? recipe.n : cap - 1] = '\0';
}

static void as_json(const struct vcca_mutation *m, struct vcca_json *j)
{
  char recipe[1024];
  recipe_of(m, recipe, sizeof recipe);
  vcca_json_open(j, NULL, '{');
  vcca_json_str(j, "id", m->id);
  vcca_json_str(j, "name", m->name);
  vcca_json_str(j, "layer", vcca_golden_layer_name(m->layer));
  vcca_json_str(j, "resigned", vcca_golden_signed_name(m->resigned));
  vcca_json_str(j, "result", vcca_golden_result_name(m->result));
  if (m->check != VCCA_CHECKS)
    vcca_json_str(j, "check", vcca_check_name(m->check));
  vcca_json_str(j, "flag", m->flag->name);
  vcca_json_str(j, "stage", vcca_golden_stage_name(m->flag->stage));
  vcca_json_str(j, "effect", m->flag->effect);
  vcca_json_str(j, "recipe", recipe);
  vcca_json_str(j, "note", m->note);
  vcca_json_open(j, "families", '[');
  for (int f = 0; f < VCCA_FAMILIES; f++)
    if (vcca_mutation_applies(m, (enum vcca_family)f))
      vcca_json_str(j, NULL, vcca_family((enum vcca_family)f)->name);
  vcca_json_close(j);
  vcca_json_close(j);
}

static void as_text(const struct vcca_mutation *m, bool with_recipe)
{
  char recipe[1024];
  recipe_of(m, recipe, sizeof recipe);
  vcca_print(stdout, "%-6s %-32s %-9s %-8s %-10s %-18s %s\n", m->id, m->name, vcca_golden_layer_name(m->layer),
             vcca_golden_signed_name(m->resigned), vcca_golden_result_name(m->result),
             m->check == VCCA_CHECKS ? "-" : vcca_check_name(m->check), m->note);
  if (with_recipe)
    vcca_print(stdout, "       %s\n       %s: %s\n", recipe, m->flag->name, m->flag->effect);
}

static bool applies(const struct args *a, const struct vcca_mutation *m)
{
  for (int f = 0; f < VCCA_FAMILIES; f++)
    if (filter_family(a, (enum vcca_family)f) && vcca_mutation_applies(m, (enum vcca_family)f))
      return filter_case(a, m);
  return false;
}

/* Nothing is listed: of one mutation and one family it can be told why. */
static enum vcca_exit none_listed(const struct args *a)
{
  const char *one = args_get(a, args_has(a, "mutation") ? "mutation" : "id"), *name = args_get(a, "family");
  const struct vcca_mutation *m = one ? vcca_mutation_named(vcca_span_str(one)) : NULL;
  enum vcca_family family;
  if (m && name && vcca_family_named(vcca_span_str(name), &family) && !vcca_mutation_applies(m, family))
    return usage(a, "%s changes what the family %s does not have", m->id, name);
  return usage(a, "no mutation is all of that: what it changes may be what the family does not have");
}

static enum vcca_exit run(const struct args *a)
{
  struct vcca_error err;
  bool json;
  if (!args_json(a, &json, &err) || !filter_check(a, &err))
    return fail(a, &err);
  size_t listed = 0;
  for (size_t i = 0; i < vcca_mutation_count(); i++)
    listed += applies(a, vcca_mutation_at(i));
  if (listed == 0)
    return none_listed(a);
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  if (json) {
    vcca_json_open(&j, NULL, '{');
    vcca_json_head(&j, "vcca-golden-list-1", NULL);
    vcca_json_open(&j, "mutations", '[');
  }
  for (size_t i = 0; i < vcca_mutation_count(); i++) {
    const struct vcca_mutation *m = vcca_mutation_at(i);
    if (!applies(a, m))
      continue;
    if (json)
      as_json(m, &j);
    else
      as_text(m, args_has(a, "mutation"));
  }
  if (json) {
    vcca_json_close(&j);
    vcca_json_close(&j);
  }
  return VCCA_EXIT_YES;
}

const struct verb verb_golden_list = {
    "golden list",
    "",
    0,
    0,
    "the mutations of golden evidence",
    "Lists every mutation: id, name, layer, what is signed again, what a verifier must answer, the check of ours that "
    "fails first, and what is "
    "wrong. -o json has the schema golden/list.schema.json.",
    "vcca golden list --family arm-1.0\nvcca golden list --mutation R15",
    options,
    run,
};
