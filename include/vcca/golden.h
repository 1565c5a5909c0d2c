/* Golden evidence, good and deliberately broken: for every token family a base that must be accepted, and
 * mutations of it, each with the verdict and the check that must give it. The suite they make tests a
 * verifier, ours or someone else's.
 *
 * Everything comes from the built-in TEST devices: the same version gives the same bytes everywhere.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_GOLDEN_H
#define VCCA_GOLDEN_H

#include <signal.h>

#include "vcca/hsm.h"
#include "vcca/verifier.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- The mutations: one row each in golden/mutations.def -------------------------------------------------- */

enum vcca_golden_layer {
  VCCA_GOLDEN_BASE, /* no mutation */
  VCCA_GOLDEN_STRUCTURE,
  VCCA_GOLDEN_COSE,
  VCCA_GOLDEN_PLATFORM,
  VCCA_GOLDEN_REALM,
  VCCA_GOLDEN_BINDING,
  VCCA_GOLDEN_CHAIN,
  VCCA_GOLDEN_EVENTLOG,
  VCCA_GOLDEN_ACCEPT,
  VCCA_GOLDEN_APPRAISAL,
  VCCA_GOLDEN_POLICY,
  VCCA_GOLDEN_LAYERS
};

/* What a verifier must say, in the words of Project Wycheproof; acceptable: either, by its policy, and the
 * flag says why. */
enum vcca_golden_result { VCCA_GOLDEN_VALID, VCCA_GOLDEN_ACCEPTABLE, VCCA_GOLDEN_INVALID };

/* Which layers are signed again, by the key they belong to, after the change. */
enum vcca_golden_signed {
  VCCA_SIGNED_NONE,
  VCCA_SIGNED_PLATFORM,
  VCCA_SIGNED_REALM,
  VCCA_SIGNED_BOTH,
  VCCA_SIGNED_WRONG
};

/* Where a verifier should notice, in the order it works. */
enum vcca_golden_stage {
#define STAGE(id, name) VCCA_STAGE_##id,
#include "vcca/stages.def"
#undef STAGE
  VCCA_STAGES
};

/* A kind of fault: one row each in golden/flags.def. */
struct vcca_golden_flag {
  const char *name; /* "TrailingBytes" */
  enum vcca_golden_stage stage;
  const char *bug_type;
  const char *description;
  const char *effect;
};

struct vcca_mutation {
  const char *id;   /* "C07p" */
  const char *name; /* "alg-disagrees-platform" */
  enum vcca_golden_layer layer;
  enum vcca_golden_signed resigned;
  enum vcca_golden_result result;
  enum vcca_check check; /* the first that fails in our verifier; VCCA_CHECKS: it accepts */
  const struct vcca_golden_flag *flag;
  unsigned wants;     /* of a family */
  const char *side;   /* what @ stands for in the recipe; NULL where there is none */
  const char *recipe; /* steps of golden/steps.def */
  const char *note;
};
/* Row i of the table, from 0; NULL after the last. */
VCCA_API const struct vcca_mutation *vcca_mutation_at(size_t i);
/* Finds a mutation by its id, or by its name: the first of that name, which families may share. NULL:
 * there is none. */
VCCA_API const struct vcca_mutation *vcca_mutation_named(vcca_span id_or_name);
/* Whether the family has what the mutation changes. */
VCCA_API bool vcca_mutation_applies(const struct vcca_mutation *mutation, enum vcca_family family);

/* --- Evidence --------------------------------------------------------------------------------------------- */

/* A family's device, another one of its kind, and the base evidence. */
typedef struct vcca_golden vcca_golden;
/* Makes the TEST devices of a family and its base evidence. The caller closes it, after all cases were
 * freed. NULL on failure. An RSA family takes seconds. */
VCCA_API vcca_golden *vcca_golden_open(enum vcca_family family, struct vcca_error *err);
/* Frees it. NULL is allowed. */
VCCA_API void vcca_golden_close(vcca_golden *golden);

/* Evidence with all that it points to. A case of a layer is given what that layer is about: certificates
 * and a date for the chain, an event log in place of expected REMs and reference values for the log, a
 * reference store in place of expected measurements for appraisal and with it a policy for policy, the
 * CPAK and expected measurements otherwise. */
struct vcca_golden_case {
  const struct vcca_mutation *mutation; /* NULL: the base, with everything */
  struct vcca_evidence evidence;
  void *owned;
};
/* Makes the evidence of a mutation; NULL: of the base. It lives until the case is freed; keep golden open
 * as long. False when the family does not have what the mutation changes. */
VCCA_API VCCA_MUST_USE bool vcca_golden_make(vcca_golden *golden, const struct vcca_mutation *mutation,
                                             struct vcca_golden_case *out, struct vcca_error *err);
/* Frees a case, also one that is all zero. */
VCCA_API void vcca_golden_case_free(struct vcca_golden_case *c);

/* Carries out a recipe (docs/golden.md) on the bytes of any token; steps that sign use the keys of golden.
 * Appends the new token to out. False when a step does not apply; the error names the step. */
VCCA_API VCCA_MUST_USE bool vcca_golden_apply(vcca_golden *golden, vcca_span token, const char *recipe, vcca_sink *out,
                                              struct vcca_error *err);
/* Changes the structure of a token as seed says: the same bytes and seed give the same result. If golden
 * is given, signs both parts again, as far as they are still there; golden may be NULL. Appends the new
 * token to out. */
VCCA_API VCCA_MUST_USE bool vcca_golden_fuzz(vcca_golden *golden, vcca_span token, uint64_t seed, vcca_sink *out,
                                             struct vcca_error *err);

/* --- The suite -------------------------------------------------------------------------------------------- */

/* Receives one file of the suite: its path below the suite's folder, and its bytes, which are valid during
 * the call. False, with *err filled, stops. */
typedef bool (*vcca_suite_file)(void *ctx, const char *path, vcca_span bytes, struct vcca_error *err);
/* Makes every file of the suite, in order, and calls file for each. families has an element for each
 * family (VCCA_FAMILIES of them), true: include it; NULL: include all. If diag is true, each token comes
 * with annotated diagnostic notation; otherwise only each family's base does. */
VCCA_API VCCA_MUST_USE bool vcca_suite_each(bool diag, const bool *families, vcca_suite_file file, void *ctx,
                                            struct vcca_error *err);

#ifdef __cplusplus
}
#endif
#endif
