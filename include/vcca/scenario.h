/* Scenarios: YAML in, calls, expectations, traces and reports out. docs/scenarios.md describes the language.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_SCENARIO_H
#define VCCA_SCENARIO_H

#include <stdio.h>

#include "vcca/boot.h"
#include "vcca/files.h"
#include "vcca/sweep.h"
#include "vcca/tsi.h"
#include "vcca/verifier.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Reads a device image (YAML; docs/devices.md): unknown keys are refused, with a suggestion. */
VCCA_MUST_USE bool vcca_device_load(vcca_span yaml, struct vcca_device *out, struct vcca_error *err);
/* Writes one that loads back the same. */
void vcca_device_save(const struct vcca_device *device, vcca_sink *yaml);

/* Reads a relying party's policy (YAML; docs/appraisal.md): unknown keys and names are refused, with a suggestion. */
VCCA_MUST_USE bool vcca_policy_read(vcca_span yaml, struct vcca_policy *out, struct vcca_error *err);

/* Reads a sweep's plan (YAML; docs/measure.md, "Sweeps") and opens the files it names, relative to folder (NULL: as they are). Free *out
 * with vcca_sweep_free, also after a failure. */
VCCA_MUST_USE bool vcca_sweep_read(vcca_span yaml, const char *folder, struct vcca_files *files, struct vcca_sweep *out, struct vcca_error *err);

/* Measures a list of operations (YAML or JSON): create, ripas, data, rec, extend, under the rule set the file names. hook sees
 * each RIM extension. Files named in it are read relative to `folder`. */
struct vcca_measured {
  char profile[32];
  struct vcca_rim rim;
  bool has_rem;
  uint8_t rem[VCCA_REMS][VCCA_MEASUREMENT_SIZE];
};
VCCA_MUST_USE bool vcca_ops_measure(vcca_span text, const char *folder, struct vcca_files *files, vcca_rim_hook hook, void *ctx,
                                    struct vcca_measured *out, struct vcca_error *err);

/* One scenario's run. */
struct vcca_run_options {
  const char *const *settings; /* "name=value", overriding vars */
  size_t setting_count;
  const char *const *saves; /* "name=FILE" or "name.field=FILE": bytes the run saved, written when it ends well */
  size_t save_count;
  FILE *trace;              /* JSON Lines, one object per call; NULL: none */
  FILE *log;                /* what happens, for people; NULL: none */
  bool verbose;             /* every step, not only failures */
  struct vcca_files *files; /* what the command reads and writes; NULL: not compared */
};
struct vcca_run_result {
  char name[128];
  unsigned steps; /* carried out */
  unsigned calls; /* host and guest calls made */
  unsigned expectations;
  unsigned failures;
  char failure[600]; /* the first failed expectation: "file:line:col: ..." */
};
/* Runs one file. False when it could not be run (err: malformed, missing file ...); a failed expectation is counted in the
 * result. */
VCCA_MUST_USE bool vcca_scenario_run(const char *path, const struct vcca_run_options *options, struct vcca_run_result *out, struct vcca_error *err);

#ifdef __cplusplus
}
#endif
#endif
