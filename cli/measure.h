/* What the parts of vcca measure share: a job, made ready from the arguments, then computed (twice when
 * every step is to be printed).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_MEASURE_H
#define CLI_MEASURE_H

#include "cli/cli.h"
#include "rooms/account.h"
#include "vcca/explain.h"
#include "rooms/page_cache.h"
#include "vcca/vmm.h"
#include "rooms/file.h"

/* What the options say; NULL or false: not given. Lists end with NULL. */
struct measure_options {
#define FIELD_TEXT(field) const char *field;
#define FIELD_SWITCH(field) bool field;
#define FIELD_MANY_TEXTS(field) const char *field[CLI_VALUES + 1];
#define OPTION(field, kind, name, letter, arg, traits, scope, help) FIELD_##kind(field)
#include "cli/measure_options.def"
#include "cli/measure_outputs.def"
#undef OPTION
};
void measure_read_options(const struct args *a, struct measure_options *out);

struct job {
  const struct args *args;
  struct measure_options o;
  struct vcca_mapping kernel, initrd, firmware;
  struct vcca_mapping unpacked;                   /* the kernel, when it was compressed */
  struct vcca_page_digests cached[VCCA_SEGMENTS]; /* of the plan's segments */
  struct vcca_bytes dtb, dtb_template;
  struct vcca_plan vm; /* both stay where they are: they point into themselves */
  struct vcca_vmm_plan vmm;
  const struct vcca_plan *plan; /* the one that counts; NULL: none */
  struct vcca_rim_vm made;      /* what it was made from; points to what follows */
  struct vcca_vm made_vm;
  struct vcca_vmm_config made_config;
  struct vcca_host_caps made_host;
  struct vcca_vmm_images made_images;
  struct vcca_bytes text; /* operations, or a log */
  struct vcca_mapping images[CLI_VALUES];
  struct vcca_bootlog log;
  bool has_log;
  uint64_t shown; /* thousandths */
  struct vcca_account account;
  struct vcca_json *operations; /* every step goes into this array */
  struct vcca_output trace;
  bool json;
  bool quiet; /* no remarks */
};

extern const struct verb verb_measure;

/* A vcca_rim_hook, a vcca_progress, and a vcca_image_read that lets go of what is mapped; ctx is the job. */
void measure_step(void *job, const struct vcca_rim_step *step);
void measure_progress(void *job, uint64_t done, uint64_t total);
void measure_read(void *job, vcca_span image, size_t end);

/* The images, a compressed kernel unpacked; the kernel as it is measured. */
VCCA_MUST_USE bool measure_images(struct job *job, struct vcca_error *err);
vcca_span measure_kernel(const struct job *job);
/* An error about "kernel" gets the file's name beside it. Returns false. */
bool measure_name_file(const struct job *job, struct vcca_error *err);
/* --cache: digests of the plan's images that are known, or will be. */
VCCA_MUST_USE bool measure_use_cache(struct job *job, struct vcca_error *err);
/* --output-dtb and --output-log, of a plan; the log alone */
VCCA_MUST_USE bool measure_write_made(const struct job *job, struct vcca_error *err);
VCCA_MUST_USE bool measure_write_log(const struct job *job, struct vcca_error *err);

/* The kinds of profile: getting ready, and computing. */
VCCA_MUST_USE bool measure_ready_vm(struct job *job, struct vcca_error *err);
VCCA_MUST_USE bool measure_ready_vmm(struct job *job, struct vcca_error *err);
VCCA_MUST_USE bool measure_ready_log(struct job *job, struct vcca_error *err);
VCCA_MUST_USE bool measure_compute_plan(struct job *job, struct vcca_measured *out, struct vcca_error *err);
VCCA_MUST_USE bool measure_compute_log(struct job *job, struct vcca_measured *out, struct vcca_error *err);

/* --output-corim and its like: whether the options go together, and the files, once the VM is measured. */
VCCA_MUST_USE bool measure_check_outputs(const struct job *job, struct vcca_error *err);
VCCA_MUST_USE bool measure_write_outputs(const struct job *job, const struct vcca_measured *measured,
                                         struct vcca_error *err);

/* For other verbs that take a VM as vcca measure does: job->plan from job->args, whose first operand is the
 * profile. */
VCCA_MUST_USE bool measure_ready_plan(struct job *job, struct vcca_error *err);
void measure_clean_up(struct job *job);

/* The steps of whatever vcca measure takes, of operations and logs too. job->plan is there afterwards when
 * a VM was laid out. */
struct vcca_rim_trace;
VCCA_MUST_USE bool measure_trace(struct job *job, struct vcca_rim_trace *trace, struct vcca_error *err);

#endif
