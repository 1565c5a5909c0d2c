/* vcca run: scenarios.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "vcca/scenario.h"
#include "rooms/error.h"
#include "rooms/file.h"
#include "rooms/json.h"
#include "rooms/text.h"
#include "rooms/files.h"

static const struct option options[] = {
    {"set", 's', "NAME=VALUE", true, "override a scenario's variable"},
    {"save", 0, "NAME=FILE", MANY | WRITES, "write what the scenario saved under NAME (or NAME.FIELD) to FILE"},
    {"trace", 't', "FILE", WRITES, "write every call as a line of JSON"},
    {"junit", 0, "FILE", WRITES, "write the outcome as JUnit XML"},
    {"verbose", 'v', NULL, false, "tell every step"},
    OPTION_OUTPUT,
    OPTION_END,
};

struct job {
  struct vcca_run_options options;
  const char *settings[CLI_VALUES], *saves[CLI_VALUES];
  struct vcca_run_result results[CLI_VALUES];
  bool could_run[CLI_VALUES];
  struct vcca_output trace;
  FILE *talk; /* standard output, when nothing else has that */
  bool json;
};

static bool junit(const struct args *a, const struct job *job, struct vcca_error *err)
{
  const char *path = args_get(a, "junit");
  struct vcca_output to = {.stream = NULL};
  if (!path)
    return true;
  if (!vcca_files_open(a->files, path, &to, err))
    return false;
  FILE *out = to.stream;
  vcca_print(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"vcca\" tests=\"%u\">\n", a->operands);
  for (unsigned i = 0; i < a->operands; i++) {
    const struct vcca_run_result *r = &job->results[i];
    vcca_print(out, "  <testcase name=\"");
    vcca_text_xml(out, a->operand[i]);
    vcca_print(out, "\" assertions=\"%u\"", r->expectations);
    if (job->could_run[i] && r->failures == 0) {
      vcca_print(out, "/>\n");
      continue;
    }
    vcca_print(out, "><%s message=\"", job->could_run[i] ? "failure" : "error");
    vcca_text_xml(out, r->failure);
    vcca_print(out, "\"/></testcase>\n");
  }
  vcca_print(out, "</testsuite>\n");
  return vcca_output_close(&to, true, err);
}

static void report_json(const struct args *a, const struct job *job)
{
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  vcca_json_open(&j, NULL, '{');
  vcca_json_head(&j, "vcca-run-1", NULL);
  vcca_json_open(&j, "scenarios", '[');
  for (unsigned i = 0; i < a->operands; i++) {
    const struct vcca_run_result *r = &job->results[i];
    vcca_json_open(&j, NULL, '{');
    vcca_json_str(&j, "file", a->operand[i]);
    vcca_json_str(&j, "name", r->name);
    vcca_json_str(&j, "outcome", !job->could_run[i] ? "error" : r->failures > 0 ? "fail" : "pass");
    vcca_json_int(&j, "steps", r->steps);
    vcca_json_int(&j, "calls", r->calls);
    vcca_json_int(&j, "expectations", r->expectations);
    vcca_json_int(&j, "failures", r->failures);
    if (r->failure[0])
      vcca_json_str(&j, "failure", r->failure);
    vcca_json_close(&j);
  }
  vcca_json_close(&j);
  vcca_json_close(&j);
}

static void report_text(FILE *out, const char *path, const struct vcca_run_result *r)
{
  vcca_print(out, "%s  %s: %s (%u steps, %u calls, %u expectations)\n", r->failures > 0 ? "FAIL" : "pass", path,
             r->name, r->steps, r->calls, r->expectations);
  if (r->failures > 0)
    vcca_print(out, "      %s%s\n", r->failure, r->failures > 1 ? " (and more)" : "");
}

static enum vcca_exit run_all(const struct args *a, struct job *job)
{
  enum vcca_exit code = VCCA_EXIT_YES;
  for (unsigned i = 0; i < a->operands; i++) {
    struct vcca_run_result *r = &job->results[i];
    struct vcca_error err;
    if (a->files->refused)
      break;
    job->could_run[i] = vcca_scenario_run(a->operand[i], &job->options, r, &err);
    if (!job->could_run[i]) {
      char text[700];
      snprintf(r->failure, sizeof r->failure, "%s", vcca_error_text(&err, text, sizeof text));
      enum vcca_exit why = fail(a, &err);
      why = a->files->refused ? VCCA_EXIT_USAGE : why;
      code = why > code ? why : code;
      continue;
    }
    if (!job->json)
      report_text(job->talk, a->operand[i], r);
    if (r->failures > 0 && code < VCCA_EXIT_NO)
      code = VCCA_EXIT_NO;
  }
  return code;
}

/* Standard output has one of the report, the trace and the outcome as XML; what is told goes to stderr
 * then. */
static bool check(const struct args *a, struct job *job, struct vcca_error *err)
{
  const char *trace = args_get(a, "trace"), *xml = args_get(a, "junit"),
             *other = trace && is_stdout(trace) ? "trace"
                      : xml && is_stdout(xml)   ? "junit"
                                                : NULL;
  if (!args_json(a, &job->json, err))
    return false;
  if (other && job->json)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--%s %s: stdout has the report (--output json): name a file", other,
                     args_get(a, other));
  if (args_has(a, "save") && a->operands > 1)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--save is for one scenario: %u would write the same file", a->operands);
  for (unsigned i = 0; args_nth(a, "save", i); i++) {
    const char *save = args_nth(a, "save", i), *equals = strchr(save, '=');
    if (equals && is_stdout(equals + 1))
      return vcca_fail(err, VCCA_FAULT_USAGE, "--save %s: stdout has the report: name a file", save);
  }
  job->talk = other || job->json ? stderr : stdout;
  return true;
}

static bool open_all(const struct args *a, struct job *job, struct vcca_error *err)
{
  const char *setting, *save, *trace = args_get(a, "trace");
  while (job->options.setting_count < CLI_VALUES &&
         (setting = args_nth(a, "set", (unsigned)job->options.setting_count)) != NULL)
    job->settings[job->options.setting_count++] = setting;
  while (job->options.save_count < CLI_VALUES &&
         (save = args_nth(a, "save", (unsigned)job->options.save_count)) != NULL)
    job->saves[job->options.save_count++] = save;
  job->options.settings = job->settings;
  job->options.saves = job->saves;
  job->options.files = a->files;
  job->options.verbose = args_has(a, "verbose");
  job->options.log = job->options.verbose ? job->talk : NULL;
  if (trace && !vcca_files_open(a->files, trace, &job->trace, err))
    return false;
  job->options.trace = job->trace.stream;
  return true;
}

static enum vcca_exit run(const struct args *a)
{
  static struct job job; /* large; one verb runs once */
  struct vcca_error err;
  if (!check(a, &job, &err) || !open_all(a, &job, &err))
    return fail(a, &err);
  enum vcca_exit code = run_all(a, &job);
  if (a->files->refused) { /* an input that a scenario names: neither trace nor outcome may take its place */
    return vcca_output_close(&job.trace, false, &err) ? VCCA_EXIT_FAULT : VCCA_EXIT_USAGE;
  }
  if (job.json)
    report_json(a, &job);
  bool traced = !job.trace.stream || vcca_output_close(&job.trace, true, &err); /* of what went wrong, too */
  return traced && junit(a, &job, &err) ? code : fail(a, &err);
}

const struct verb verb_run = {
    "run",
    "SCENARIO...",
    1,
    CLI_VALUES,
    "run scenarios",
    "Runs scenario files (YAML; docs/scenarios.md): each boots machines, issues host and guest calls, mints and "
    "verifies tokens, and says what it "
    "expects. The same file gives the same trace, byte for byte. Exit 1 when an expectation failed, 3 when a file "
    "could not be run.",
    "vcca run scenarios/*.yaml\nvcca run --verbose --trace trace.jsonl --set nonce=00ff "
    "scenarios/attest-virtcca-p521.yaml",
    options,
    run,
};
