/* Scenarios: YAML in, calls, expectations, traces and reports out. docs/scenarios.md describes the language.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_SCENARIO_H
#define VCCA_SCENARIO_H

#include <stdio.h>

#include "vcca/files.h"

#ifdef __cplusplus
extern "C" {
#endif

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
