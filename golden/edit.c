/* Running recipes: the steps by name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "golden/edit.h"
#include "rooms/error.h"
#include "rooms/span.h"

#include <stdio.h>
#include <string.h>

static const struct {
  const char *name;
  size_t least, most;
  const char *synopsis;
  bool (*run)(struct edit *e, const struct words *w, struct vcca_error *err);
} steps[] = {
#define STEP(id, name, least, most, synopsis, meaning) {name, least, most, synopsis, edit_step_##id},
#include "golden/steps.def"
#undef STEP
};

/* --- Steps ------------------------------------------------------------------------------------------------ */

static bool run_step(struct edit *e, vcca_span text, struct vcca_error *err)
{
  struct words w = {.n = 0};
  vcca_span name = word_until(&text, ' ');
  while (text.n > 0) {
    vcca_span word = word_until(&text, ' ');
    if (word.n == 0)
      continue;
    if (w.n == STEP_WORDS)
      return vcca_fail(err, VCCA_FAULT_USAGE, "more than %d words after %.*s", STEP_WORDS, (int)name.n,
                       (const char *)name.p);
    w.word[w.n++] = word;
  }
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
    if (vcca_span_is(name, steps[i].name)) {
      if (w.n < steps[i].least || w.n > steps[i].most)
        return vcca_fail(err, VCCA_FAULT_USAGE, "the step is: %s %s", steps[i].name, steps[i].synopsis);
      return steps[i].run(e, &w, err);
    }
  return vcca_fail(err, VCCA_FAULT_USAGE, "no step %.*s", (int)name.n, (const char *)name.p);
}

/* An error says in which step it is. */
static bool fail_step(struct edit *e, unsigned number, vcca_span step, struct vcca_error *err)
{
  char text[sizeof err->text], place[40];
  snprintf(text, sizeof text, "%s", e->arena->failed ? "the token becomes too large" : err->text);
  place[0] = '\0';
  if (err->has_offset)
    snprintf(place, sizeof place, "character %zu: ", err->offset + 1);
  return vcca_fail(err, VCCA_FAULT_USAGE, "step %u (%.*s%s): %s%s", number, (int)(step.n < 40 ? step.n : 40),
                   (const char *)step.p, step.n > 40 ? "..." : "", place, text);
}

bool edit_run(struct edit *e, vcca_span recipe, struct vcca_error *err)
{
  struct vcca_error why = {.fault = VCCA_FAULT_NONE};
  for (unsigned number = 0; recipe.n > 0;) {
    vcca_span step = word_until(&recipe, ';');
    while (step.n > 0 && step.p[0] == ' ')
      step = vcca_span_sub(step, 1, step.n);
    if (step.n == 0)
      continue;
    bool ok = number++ < RECIPE_STEPS ? run_step(e, step, &why)
                                      : vcca_fail(&why, VCCA_FAULT_USAGE, "more than %d steps", RECIPE_STEPS);
    if (ok && e->tree.root && node_deeper(e->tree.root, RECIPE_LEVELS))
      ok = vcca_fail(&why, VCCA_FAULT_USAGE, "the token has more than %d levels", RECIPE_LEVELS);
    if (!ok || e->arena->failed) {
      (void)fail_step(e, number, step, &why);
      if (err)
        *err = why;
      return false;
    }
  }
  return true;
}
