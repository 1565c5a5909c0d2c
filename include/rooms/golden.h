/* Beside vcca/golden.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_GOLDEN_H
#define ROOMS_GOLDEN_H

#include "vcca/golden.h"

/* Names in tables and in the suite: of a layer ("structure"), a result, a way of signing ("wrong": by a
 * key or in a way that is not right), a stage; and the stage of a name. */
const char *vcca_golden_layer_name(enum vcca_golden_layer layer);
const char *vcca_golden_result_name(enum vcca_golden_result result);
const char *vcca_golden_signed_name(enum vcca_golden_signed how);
const char *vcca_golden_stage_name(enum vcca_golden_stage stage);
bool vcca_golden_stage_named(vcca_span name, enum vcca_golden_stage *stage);

/* The rows of golden/flags.def. */
size_t vcca_golden_flag_count(void);
const struct vcca_golden_flag *vcca_golden_flag_at(size_t i);

/* How many mutations there are. */
size_t vcca_mutation_count(void);

/* As vcca_mutation_named, but of several with that name the one that the family has. */
const struct vcca_mutation *vcca_mutation_for(vcca_span id_or_name, enum vcca_family family);

/* The recipe with its @ replaced. */
void vcca_mutation_recipe(const struct vcca_mutation *mutation, vcca_sink *out);

/* The device of the golden evidence; belongs to golden. */
const vcca_hsm *vcca_golden_device(const vcca_golden *golden);
/* The device's default family's or another's; the golden's own. */
enum vcca_family vcca_golden_family(const vcca_golden *golden);

/* The anchor as files: the CPAK's JWK (EC keys) and PEM. */
bool vcca_golden_jwk(const vcca_key *key, vcca_sink *out);
bool vcca_golden_pem(const vcca_key *key, vcca_sink *out);

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
#include "rooms/judgements.def"
#undef JUDGEMENT
  VCCA_JUDGEMENTS
};
const char *vcca_judgement_name(enum vcca_drive_judgement judgement);
const char *vcca_judgement_meaning(enum vcca_drive_judgement judgement);
bool vcca_judgement_named(vcca_span name, enum vcca_drive_judgement *judgement);
/* Whether one such case makes the whole run a no. */
bool vcca_judgement_bad(enum vcca_drive_judgement judgement);
/* asked: the verifier was given the evidence that the mutation is about. NULL is the base. */
enum vcca_drive_judgement vcca_drive_judge(const struct vcca_mutation *m, bool asked,
                                           const struct vcca_drive_result *result);

/* A verifier as a command: words, ending with NULL; in them @@ is the token's file and @NAME@ another part
 * of the evidence, a file or a value (golden/placeholders.def). A word that needs what the case has not is
 * left out, and so is an option before it. */
struct vcca_drive {
  const char *const *command;
  const int *reject; /* exit codes that mean no, besides 1 */
  size_t rejects;
  unsigned timeout; /* seconds for an answer, at least 1 */
  unsigned jobs;    /* verifiers at a time, at least 1 */
  bool serve;  /* the words up to a second "--" start a process that is asked by lines; those behind it are a case's */
  bool strict; /* an exception that nobody caught is a crash */
  uint32_t knows; /* parts that the verifier has without being given them (vcca_drive_part_named) */
  const char
      *keep;     /* a folder for the files, the output and a script of each case with a fault; NULL: they are removed */
  bool keep_all; /* of every case; without `keep` in a folder in TMPDIR that stays when the run goes to its end */
  const volatile sig_atomic_t *stop; /* not 0: end soon; may be NULL */
};
/* Adds the part that a placeholder's name stands for: "CPAK". False: none. */
bool vcca_drive_part_named(vcca_span name, uint32_t *parts);

struct vcca_drive_case {
  enum vcca_family family;
  const struct vcca_mutation *mutation; /* NULL: the base */
};
/* What came of a case. The spans live until the callback returns. */
struct vcca_drive_report {
  struct vcca_drive_case which;
  struct vcca_drive_result result;
  enum vcca_drive_judgement judged;
  const char
      *missing;   /* what the command does not take and the case needs, of the base: has: "@CERT@ @ROOT@"; "" nothing */
  vcca_span argv; /* words with a NUL behind each; none when it was not run */
  vcca_span files;  /* parts ("token") and paths by turns, likewise */
  vcca_span output; /* its first 64 KiB */
};
/* Called once per case, in their order. False ends the run. */
typedef bool (*vcca_drive_each)(void *ctx, const struct vcca_drive_report *report);

/* Workers that ask the verifier, `jobs` at a time. What comes of a case does not depend on how many there
 * are. `drive` must outlive them. The error says what is wrong with the command: an unknown placeholder,
 * no @@. */
typedef struct vcca_drive_pool vcca_drive_pool;
vcca_drive_pool *vcca_drive_open(const struct vcca_drive *drive, struct vcca_error *err);
/* False when the verifier could not be started, files could not be written, `each` or *stop said so. */
VCCA_MUST_USE bool vcca_drive_run(vcca_drive_pool *pool, const struct vcca_drive_case *cases, size_t n,
                                  vcca_drive_each each, void *ctx, struct vcca_error *err);
/* The folder where cases are kept, below it FAMILY/ID; NULL: none. */
const char *vcca_drive_kept(const vcca_drive_pool *pool);
/* Ends the verifiers that run, and removes all files that are not kept. */
void vcca_drive_close(vcca_drive_pool *pool);

#endif
