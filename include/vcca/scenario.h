/* Scenarios: YAML in, calls, expectations, traces and reports out. docs/scenarios.md describes the language.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_SCENARIO_H
#define VCCA_SCENARIO_H

#include <stdio.h>

#include "vcca/file.h"
#include "vcca/boot.h"
#include "vcca/json.h"
#include "vcca/tsi.h"

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
  const char *until;        /* the run ends after the step with this name ("as"); NULL: after the last */
};
struct vcca_run_result {
  char name[128];
  unsigned steps; /* carried out */
  unsigned calls; /* host and guest calls made */
  unsigned expectations;
  unsigned failures;
  char failure[600]; /* the first failed expectation: "file:line:col: ..." */
};
/* Runs one scenario. True also when expectations failed: *out counts them. False when the file could not
 * be read or a step could not be carried out. */
VCCA_API VCCA_MUST_USE bool vcca_scenario_run(const char *path, const struct vcca_run_options *options,
                                              struct vcca_run_result *out, struct vcca_error *err);

/* A scenario that was run and is kept: the platform stays powered, and the VM that was booted last lives
 * on. */
typedef struct vcca_scenario vcca_scenario;
/* As vcca_scenario_run, but keeps the scenario. The caller frees it with vcca_scenario_close. NULL when it
 * could not be run. */
VCCA_API vcca_scenario *vcca_scenario_open(const char *path, const struct vcca_run_options *options,
                                           struct vcca_run_result *out, struct vcca_error *err);
/* Powers the platform off and frees everything. NULL is allowed. */
VCCA_API void vcca_scenario_close(vcca_scenario *s);

/* What there is; all of it is the scenario's. Until another one is set, the machine's trace hook is that
 * of the run, for which options and result have to be there. */
struct vcca_scenario_platform {
  vcca_machine *machine;
  vcca_host *host;
  vcca_guest_interface *guests;
  const struct vcca_device *device;
  enum vcca_family family;
  const char *profile; /* of the monitor: "arm-rmm-1.0" */
  struct vcca_booted vm;
  uint64_t scratch; /* IPA of a page that guest calls may overwrite */
};
/* Gives access to the platform of a kept scenario. False when there is no VM at its end. */
VCCA_API VCCA_MUST_USE bool vcca_scenario_platform(const vcca_scenario *s, struct vcca_scenario_platform *out,
                                                   struct vcca_error *err);

#ifdef __cplusplus
}
#endif
#endif
