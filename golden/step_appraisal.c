/* Steps that change what the token is appraised by: the reference store, the policy.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "golden/edit.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/token.h"
#include "rooms/verifier.h"

static bool not_there(struct vcca_error *err, const char *what, vcca_span name)
{
  return vcca_fail(err, VCCA_FAULT_USAGE, "%s %.*s", what, (int)name.n, (const char *)name.p);
}

/* --- The reference store ---------------------------------------------------------------------------------- */

/* The first of a text, replaced. */
static bool replace(struct edit *e, vcca_span text, vcca_span by, struct vcca_error *err)
{
  vcca_span old = e->evidence->reference_store;
  size_t at = 0;
  while (at + text.n <= old.n && memcmp(old.p + at, text.p, text.n) != 0)
    at++;
  if (at + text.n > old.n)
    return not_there(err, "the store has no", text);
  vcca_sink out = arena_sink(e->arena, old.n + by.n);
  vcca_sink_put(&out, vcca_span_sub(old, 0, at));
  vcca_sink_put(&out, by);
  vcca_sink_put(&out, vcca_span_sub(old, at + text.n, old.n));
  e->evidence->reference_store = vcca_sink_span(&out);
  return true;
}

bool edit_step_store(struct edit *e, const struct words *w, struct vcca_error *err)
{
  size_t n;
  if (!edit_has_evidence(e, err))
    return false;
  if (vcca_span_is(w->word[0], "replace") && w->n == 3)
    return replace(e, w->word[1], w->word[2], err);
  if (!vcca_span_is(w->word[0], "cut") || w->n != 2)
    return vcca_fail(err, VCCA_FAULT_USAGE, "store cut N, or store replace TEXT TEXT");
  if (!word_index(w->word[1], e->evidence->reference_store.n, &n, err))
    return false;
  e->evidence->reference_store.n = n;
  return true;
}

/* --- The policy ------------------------------------------------------------------------------------------- */

static bool require_check(struct vcca_policy *p, vcca_span name, struct vcca_error *err)
{
  for (int i = 0; i < VCCA_CHECKS; i++)
    if (vcca_span_is(name, vcca_check_name((enum vcca_check)i))) {
      p->required[i] = true;
      return true;
    }
  return not_there(err, "no check", name);
}

static bool only_hash(struct vcca_policy *p, vcca_span name, struct vcca_error *err)
{
  enum vcca_hash_alg alg;
  if (!vcca_hash_named(name, &alg))
    return not_there(err, "no hash", name);
  memset(p->hash_algs, 0, sizeof p->hash_algs);
  p->hash_algs[alg] = true;
  return true;
}

static bool only_lifecycle(struct vcca_policy *p, vcca_span word, struct vcca_error *err)
{
  int64_t value;
  if (!word_number(word, &value, err))
    return false;
  p->lifecycles[0].first = p->lifecycles[0].last = (uint64_t)value;
  p->lifecycle_count = 1;
  return true;
}

static bool worst_status(struct vcca_policy *p, vcca_span name, struct vcca_error *err)
{
  enum vcca_tier tier;
  if (!vcca_tier_named(name, &tier))
    return not_there(err, "no tier", name);
  for (size_t i = 0; i < VCCA_SUBMODS; i++)
    p->worst_status[i] = p->worst_status[i] != 0 ? (int)tier : 0;
  return true;
}

static bool only_family(struct vcca_policy *p, vcca_span name, struct vcca_error *err)
{
  return vcca_families_named(name, &p->families, err);
}

static bool refuse_form(struct vcca_policy *p, vcca_span name, struct vcca_error *err)
{
  return vcca_leniencies_named(name, &p->refused, err);
}

/* In place of all rules of components. */
static bool component(struct vcca_policy *p, vcca_span type, vcca_span version)
{
  p->components[0] = (struct vcca_policy_component){.version_count = 0};
  snprintf(p->components[0].type, VCCA_POLICY_TEXT, "%.*s", (int)type.n, (const char *)type.p);
  snprintf(p->components[0].at_least, VCCA_POLICY_TEXT, "%.*s", (int)version.n, (const char *)version.p);
  p->component_count = 1;
  return true;
}

bool edit_step_policy(struct edit *e, const struct words *w, struct vcca_error *err)
{
  static const struct {
    const char *name;
    bool (*run)(struct vcca_policy *p, vcca_span word, struct vcca_error *err);
  } rows[] = {{"require", require_check}, {"hash-algorithm", only_hash}, {"lifecycle", only_lifecycle},
              {"status", worst_status},   {"family", only_family},       {"refuse", refuse_form}};
  if (!edit_has_evidence(e, err))
    return false;
  struct vcca_policy *p = arena_get(e->arena, sizeof *p);
  if (!p || !e->evidence->policy)
    return vcca_fail(err, VCCA_FAULT_USAGE, "there is no policy to change");
  *p = *e->evidence->policy;
  e->evidence->policy = p;
  if (vcca_span_is(w->word[0], "at-least") && w->n == 3)
    return component(p, w->word[1], w->word[2]);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (vcca_span_is(w->word[0], rows[i].name))
      return rows[i].run(p, w->word[1], err);
  return not_there(err, "a policy has no", w->word[0]);
}
