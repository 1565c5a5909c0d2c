/* vcca golden list: the mutations, one line each.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "vcca/golden.h"

static const struct option options[] = {
    {"family", 'F', "NAME", false, "only those that apply to this family"},
    {"mutation", 'm', "ID", false, "only this one, with its recipe"},
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
  vcca_print(stdout, "%-6s %-32s %-9s %-8s %-10s %-18s %s\n", m->id, m->name, vcca_golden_layer_name(m->layer), vcca_golden_signed_name(m->resigned),
             vcca_golden_result_name(m->result), m->check == VCCA_CHECKS ? "-" : vcca_check_name(m->check), m->note);
  if (with_recipe)
    vcca_print(stdout, "       %s\n       %s: %s\n", recipe, m->flag->name, m->flag->effect);
}

static enum vcca_exit run(const struct args *a)
{
  struct vcca_error err;
  bool json;
  enum vcca_family family = VCCA_FAMILIES;
  const char *name = args_get(a, "family"), *one = args_get(a, "mutation");
  const struct vcca_mutation *only = one ? vcca_mutation_named(vcca_span_str(one)) : NULL;
  if (!args_json(a, &json, &err))
    return fail(a, &err);
  if (name && !vcca_family_named(vcca_span_str(name), &family))
    return usage(a, "no family '%s'; see: vcca table profiles", name);
  if (one && !only)
    return usage(a, "no mutation '%s'; see: vcca golden list", one);
  if (name && only && !vcca_mutation_applies(only, family))
    return usage(a, "%s changes what the family %s does not have", only->id, name);
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  if (json)
    vcca_json_open(&j, NULL, '[');
  for (size_t i = 0; i < vcca_mutation_count(); i++) {
    const struct vcca_mutation *m = vcca_mutation_at(i);
    if ((only && strcmp(m->id, only->id) != 0) || (name && !vcca_mutation_applies(m, family)))
      continue;
    if (json)
      as_json(m, &j);
    else
      as_text(m, only != NULL);
  }
  if (json)
    vcca_json_close(&j);
  return VCCA_EXIT_YES;
}

const struct verb verb_golden_list = {
    "golden list",
    "",
    0,
    0,
    "the mutations of golden evidence",
    "Lists every mutation: id, name, layer, what is signed again, what a verifier must answer, the check of ours that fails first, and what is "
    "wrong.",
    "vcca golden list --family arm-1.0\nvcca golden list --mutation R15",
    options,
    run,
};
