/* Golden evidence, good and deliberately broken: for every token family a base that must be accepted, and mutations of it, each
 * with the verdict and the check that must give it. The suite they make tests a verifier, ours or someone else's.
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
VCCA_API const char *vcca_golden_layer_name(enum vcca_golden_layer layer); /* "structure" */

/* What a verifier must say, in Wycheproof's words; acceptable: either, by its policy, and the flag says why. */
enum vcca_golden_result { VCCA_GOLDEN_VALID, VCCA_GOLDEN_ACCEPTABLE, VCCA_GOLDEN_INVALID };
VCCA_API const char *vcca_golden_result_name(enum vcca_golden_result result);

/* Which layers are signed again, by the key they belong to, after the change. */
enum vcca_golden_signed { VCCA_SIGNED_NONE, VCCA_SIGNED_PLATFORM, VCCA_SIGNED_REALM, VCCA_SIGNED_BOTH, VCCA_SIGNED_WRONG };
VCCA_API const char *vcca_golden_signed_name(enum vcca_golden_signed how); /* "wrong": by a key or in a way that is not right */

/* Where a verifier should notice, in the order it works. */
enum vcca_golden_stage {
#define STAGE(id, name) VCCA_STAGE_##id,
#include "vcca/stages.def"
#undef STAGE
  VCCA_STAGES
};
VCCA_API const char *vcca_golden_stage_name(enum vcca_golden_stage stage);
VCCA_API bool vcca_golden_stage_named(vcca_span name, enum vcca_golden_stage *stage);

/* A kind of fault: one row each in golden/flags.def. */
struct vcca_golden_flag {
  const char *name; /* "TrailingBytes" */
  enum vcca_golden_stage stage;
  const char *bug_type;
  const char *description;
  const char *effect;
};
VCCA_API size_t vcca_golden_flag_count(void);
VCCA_API const struct vcca_golden_flag *vcca_golden_flag_at(size_t i);

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
VCCA_API size_t vcca_mutation_count(void);
VCCA_API const struct vcca_mutation *vcca_mutation_at(size_t i);
/* By id, or by name: the first of that name, which may have a namesake for other families; and the one that the family has. NULL: none. */
VCCA_API const struct vcca_mutation *vcca_mutation_named(vcca_span id_or_name);
VCCA_API const struct vcca_mutation *vcca_mutation_for(vcca_span id_or_name, enum vcca_family family);
/* Whether the family has what the mutation changes. */
VCCA_API bool vcca_mutation_applies(const struct vcca_mutation *mutation, enum vcca_family family);
/* The recipe with its @ replaced. */
VCCA_API void vcca_mutation_recipe(const struct vcca_mutation *mutation, vcca_sink *out);

/* --- Evidence --------------------------------------------------------------------------------------------- */

/* A family's device, another one of its kind, and the base evidence. */
typedef struct vcca_golden vcca_golden;
VCCA_API vcca_golden *vcca_golden_open(enum vcca_family family, struct vcca_error *err);
VCCA_API void vcca_golden_close(vcca_golden *golden);
VCCA_API const vcca_hsm *vcca_golden_device(const vcca_golden *golden);
/* The device's default family's or another's; the golden's own. */
VCCA_API enum vcca_family vcca_golden_family(const vcca_golden *golden);

/* Evidence with all that it points to. A case of a layer is given what that layer is about: certificates and a date for the
 * chain, an event log in place of expected REMs and reference values for the log, a reference store in place of expected
 * measurements for appraisal and with it a policy for policy, the CPAK and expected measurements otherwise. */
struct vcca_golden_case {
  const struct vcca_mutation *mutation; /* NULL: the base, with everything */
  struct vcca_evidence evidence;
  void *owned;
};
/* NULL for the base; the evidence lives until the case is freed and the golden closed. */
VCCA_API VCCA_MUST_USE bool vcca_golden_make(vcca_golden *golden, const struct vcca_mutation *mutation, struct vcca_golden_case *out,
                                             struct vcca_error *err);
VCCA_API void vcca_golden_case_free(struct vcca_golden_case *c);

/* A recipe of one's own on a token of one's own: steps apply to the token's bytes, signing ones with the golden's keys. */
VCCA_API VCCA_MUST_USE bool vcca_golden_apply(vcca_golden *golden, vcca_span token, const char *recipe, vcca_sink *out, struct vcca_error *err);
/* A structural mutation by seed: the same bytes and seed give the same token. With a golden, both layers are signed again as far
 * as they are still there; golden may be NULL. */
VCCA_API VCCA_MUST_USE bool vcca_golden_fuzz(vcca_golden *golden, vcca_span token, uint64_t seed, vcca_sink *out, struct vcca_error *err);

/* The anchor as files: the CPAK's JWK (EC keys) and PEM. */
VCCA_API bool vcca_golden_jwk(const vcca_key *key, vcca_sink *out);
VCCA_API bool vcca_golden_pem(const vcca_key *key, vcca_sink *out);

/* --- The suite -------------------------------------------------------------------------------------------- */

/* Every file of the suite, in order, as the path below its folder and its bytes; stops when `file` returns false. With diag,
 * every token has its annotated diagnostic notation beside it; without, only the bases have. Only the families that are set, or
 * all for NULL. */
typedef bool (*vcca_suite_file)(void *ctx, const char *path, vcca_span bytes, struct vcca_error *err);
VCCA_API VCCA_MUST_USE bool vcca_suite_each(bool diag, const bool *families, vcca_suite_file file, void *ctx, struct vcca_error *err);

/* --- Driving a verifier ----------------------------------------------------------------------------------- */

/* How a verifier ended on one case. */
enum vcca_drive_end {
  VCCA_DRIVE_ACCEPTED,
  VCCA_DRIVE_REFUSED,
  VCCA_DRIVE_UNSUPPORTED,
  VCCA_DRIVE_CRASHED,
  VCCA_DRIVE_LATE,
  VCCA_DRIVE_BROKEN,
  VCCA_DRIVE_NOT_RUN, /* it is not given what the case is about */
};
struct vcca_drive_result {
  enum vcca_drive_end end;
  int code;                     /* exit status or signal */
  enum vcca_golden_stage stage; /* where it says it refused; VCCA_STAGES: it does not say */
  bool uncaught;                /* it refused by an exception that nobody caught */
};

/* What it is judged as. */
enum vcca_drive_judgement {
#define JUDGEMENT(id, name, bad, meaning) VCCA_JUDGED_##id,
#include "vcca/judgements.def"
#undef JUDGEMENT
  VCCA_JUDGEMENTS
};
VCCA_API const char *vcca_judgement_name(enum vcca_drive_judgement judgement);
VCCA_API const char *vcca_judgement_meaning(enum vcca_drive_judgement judgement);
VCCA_API bool vcca_judgement_named(vcca_span name, enum vcca_drive_judgement *judgement);
/* Whether one such case makes the whole run a no. */
VCCA_API bool vcca_judgement_bad(enum vcca_drive_judgement judgement);
/* asked: the verifier was given the evidence that the mutation is about. NULL is the base. */
VCCA_API enum vcca_drive_judgement vcca_drive_judge(const struct vcca_mutation *m, bool asked, const struct vcca_drive_result *result);

/* A verifier as a command: words, ending with NULL; in them @@ is the token's file and @NAME@ another part of the evidence, a file or a value
 * (golden/placeholders.def). A word that needs what the case has not is left out, and so is an option before it. */
struct vcca_drive {
  const char *const *command;
  const int *reject; /* exit codes that mean no, besides 1 */
  size_t rejects;
  unsigned timeout;                  /* seconds for an answer, at least 1 */
  unsigned jobs;                     /* verifiers at a time, at least 1 */
  bool serve;                        /* the words up to a second "--" start a process that is asked by lines; those behind it are a case's */
  bool strict;                       /* an exception that nobody caught is a crash */
  uint32_t knows;                    /* parts that the verifier has without being given them (vcca_drive_part_named) */
  const char *keep;                  /* a folder for the files, the output and a script of each case with a fault; NULL: they are removed */
  bool keep_all;                     /* of every case; without `keep` in a folder in TMPDIR that stays when the run goes to its end */
  const volatile sig_atomic_t *stop; /* not 0: end soon; may be NULL */
};
/* Adds the part that a placeholder's name stands for: "CPAK". False: none. */
VCCA_API bool vcca_drive_part_named(vcca_span name, uint32_t *parts);

struct vcca_drive_case {
  enum vcca_family family;
  const struct vcca_mutation *mutation; /* NULL: the base */
};
/* What came of a case. The spans live until the callback returns. */
struct vcca_drive_report {
  struct vcca_drive_case which;
  struct vcca_drive_result result;
  enum vcca_drive_judgement judged;
  const char *missing; /* what the command does not take and the case needs, of the base: has: "@CERT@ @ROOT@"; "" nothing */
  vcca_span argv;      /* words with a NUL behind each; none when it was not run */
  vcca_span files;     /* parts ("token") and paths by turns, likewise */
  vcca_span output;    /* its first 64 KiB */
};
/* Called once per case, in their order. False ends the run. */
typedef bool (*vcca_drive_each)(void *ctx, const struct vcca_drive_report *report);

/* Workers that ask the verifier, `jobs` at a time. What comes of a case does not depend on how many there are. `drive` must outlive them. The error
 * says what is wrong with the command: an unknown placeholder, no @@. */
typedef struct vcca_drive_pool vcca_drive_pool;
VCCA_API vcca_drive_pool *vcca_drive_open(const struct vcca_drive *drive, struct vcca_error *err);
/* False when the verifier could not be started, files could not be written, `each` or *stop said so. */
VCCA_API VCCA_MUST_USE bool vcca_drive_run(vcca_drive_pool *pool, const struct vcca_drive_case *cases, size_t n, vcca_drive_each each, void *ctx,
                                           struct vcca_error *err);
/* The folder where cases are kept, below it FAMILY/ID; NULL: none. */
VCCA_API const char *vcca_drive_kept(const vcca_drive_pool *pool);
/* Ends the verifiers that run, and removes all files that are not kept. */
VCCA_API void vcca_drive_close(vcca_drive_pool *pool);

#ifdef __cplusplus
}
#endif
#endif
