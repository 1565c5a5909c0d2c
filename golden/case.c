/* Making a case: the base evidence, cut down to what the mutation's layer is about, and the mutation's
 * recipe run on it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "golden/edit.h"
#include "rooms/error.h"
#include "rooms/golden.h"

enum { RECIPE_MAX = 1024 };

static const vcca_span absent = {NULL, 0};

static void without_chain(struct vcca_evidence *e)
{
  e->device_cert = absent;
  e->intermediate_count = e->root_count = 0;
  e->at = NULL;
}

void case_evidence(const vcca_golden *g, const struct vcca_mutation *m, struct vcca_evidence *e)
{
  *e = g->base;
  if (m == NULL)
    return;
  if (m->layer == VCCA_GOLDEN_CHAIN)
    e->cpak = NULL;
  else
    without_chain(e);
  if (m->check != VCCA_CHECK_PLATFORM_REFERENCE)
    e->platform_reference = absent;
  bool appraisal = m->layer == VCCA_GOLDEN_APPRAISAL || m->layer == VCCA_GOLDEN_POLICY;
  if (m->layer == VCCA_GOLDEN_EVENTLOG || appraisal)
    for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
      e->rem[i] = absent;
  if (m->layer != VCCA_GOLDEN_EVENTLOG)
    e->eventlog = e->image_reference = absent;
  if (appraisal)
    e->platform_reference = e->rim = e->rpv = absent;
  else
    e->reference_store = absent;
  if (m->layer != VCCA_GOLDEN_POLICY)
    e->policy = NULL;
}

static vcca_span assembled(struct edit *e)
{
  return e->tree.root ? node_span(e->arena, e->tree.root) : e->token;
}

static bool run(struct edit *e, const struct vcca_mutation *m, struct vcca_error *err)
{
  char room[RECIPE_MAX];
  vcca_sink recipe = VCCA_SINK(room);
  vcca_mutation_recipe(m, &recipe);
  if (!vcca_sink_ok(&recipe))
    return vcca_fail(err, VCCA_FAULT_USAGE, "the recipe is longer than %d characters", RECIPE_MAX);
  return edit_run(e, vcca_sink_span(&recipe), err) && edit_resign(e, m->resigned, err);
}

bool vcca_golden_make(vcca_golden *golden, const struct vcca_mutation *mutation, struct vcca_golden_case *out,
                      struct vcca_error *err)
{
  *out = (struct vcca_golden_case){.mutation = mutation};
  case_evidence(golden, mutation, &out->evidence);
  if (!mutation)
    return true;
  struct arena *arena = calloc(1, sizeof *arena);
  if (!arena)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a golden case");
  out->owned = arena;
  struct edit e = {.golden = golden, .arena = arena, .evidence = &out->evidence};
  if (parts_read(&e.tree, arena, golden->token, err) && run(&e, mutation, err)) {
    out->evidence.token = assembled(&e);
    if (!arena->failed)
      return true;
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a golden case");
  }
  vcca_fail_in(err, mutation->id);
  vcca_golden_case_free(out);
  return false;
}

void vcca_golden_case_free(struct vcca_golden_case *c)
{
  if (c->owned)
    arena_free(c->owned);
  free(c->owned);
  c->owned = NULL;
}

bool vcca_golden_apply(vcca_golden *golden, vcca_span token, const char *recipe, vcca_sink *out, struct vcca_error *err)
{
  struct arena arena = {.limit = RECIPE_MEMORY};
  struct edit e = {.golden = golden, .arena = &arena};
  bool ok = parts_read(&e.tree, &arena, token, err) && edit_run(&e, vcca_span_str(recipe), err);
  if (ok)
    vcca_sink_put(out, assembled(&e));
  ok = ok && !arena.failed;
  arena_free(&arena);
  return ok && (vcca_sink_ok(out) || vcca_fail(err, VCCA_FAULT_USAGE, "the token wants %zu bytes of room", out->n));
}
