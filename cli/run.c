/* vcca run: scenarios.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "vcca/scenario.h"

static const struct option options[] = {
    {"set", 's', "NAME=VALUE", true, "override a scenario's variable"},
    {"save", 0, "NAME=FILE", true, "write what the scenario saved under NAME (or NAME.FIELD) to FILE"},
    {"trace", 't', "FILE", false, "write every call as a line of JSON"},
    {"junit", 0, "FILE", false, "write the outcome as JUnit XML"},
    {"verbose", 'v', NULL, false, "tell every step"},
    OPTION_OUTPUT,
    OPTION_END,
};

struct job {
  struct vcca_run_options options;
  const char *settings[CLI_VALUES], *saves[CLI_VALUES];
  struct vcca_run_result results[CLI_VALUES];
  bool could_run[CLI_VALUES];
  bool json;
};

/* Attribute text of XML. */
static void xml(FILE *out, const char *text)
{
  for (; *text; text++)
    switch (*text) {
    case '<':
      fputs("&lt;", out);
      break;
    case '&':
      fputs("&amp;", out);
      break;
    case '"':
      fputs("&quot;", out);
      break;
    default:
      if ((unsigned char)*text >= 0x20)
        fputc(*text, out);
    }
}

static bool junit(const struct args *a, const struct job *job, struct vcca_error *err)
{
  const char *path = args_get(a, "junit");
  if (!path)
    return true;
  FILE *out = fopen(path, "w");
  if (!out) {
    vcca_fail(err, VCCA_FAULT_IO, "cannot create the JUnit file");
    return vcca_fail_in(err, path);
  }
  fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"vcca\" tests=\"%u\">\n", a->operands);
  for (unsigned i = 0; i < a->operands; i++) {
    const struct vcca_run_result *r = &job->results[i];
    fprintf(out, "  <testcase name=\"");
    xml(out, a->operand[i]);
    fprintf(out, "\" assertions=\"%u\"", r->expectations);
    if (job->could_run[i] && r->failures == 0) {
      fprintf(out, "/>\n");
      continue;
    }
    fprintf(out, "><%s message=\"", job->could_run[i] ? "failure" : "error");
    xml(out, r->failure);
    fprintf(out, "\"/></testcase>\n");
  }
  fprintf(out, "</testsuite>\n");
  if (close_written(out))
    return true;
  return vcca_fail(err, VCCA_FAULT_IO, "cannot write %s", path);
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

static void report_text(const char *path, const struct vcca_run_result *r)
{
  printf("%s  %s: %s (%u steps, %u calls, %u expectations)\n", r->failures > 0 ? "FAIL" : "pass", path, r->name, r->steps, r->calls, r->expectations);
  if (r->failures > 0)
    printf("      %s%s\n", r->failure, r->failures > 1 ? " (and more)" : "");
}

static enum vcca_exit run_all(const struct args *a, struct job *job)
{
  enum vcca_exit code = VCCA_EXIT_YES;
  for (unsigned i = 0; i < a->operands; i++) {
    struct vcca_run_result *r = &job->results[i];
    struct vcca_error err;
    job->could_run[i] = vcca_scenario_run(a->operand[i], &job->options, r, &err);
    if (!job->could_run[i]) {
      char text[700];
      snprintf(r->failure, sizeof r->failure, "%s", vcca_error_text(&err, text, sizeof text));
      enum vcca_exit why = fail(a, &err);
      code = why > code ? why : code;
      continue;
    }
    if (!job->json)
      report_text(a->operand[i], r);
    if (r->failures > 0 && code < VCCA_EXIT_NO)
      code = VCCA_EXIT_NO;
  }
  return code;
}

static enum vcca_exit run(const struct args *a)
{
  static struct job job; /* large; one verb runs once */
  struct vcca_error err;
  if (!args_json(a, &job.json, &err))
    return fail(a, &err);
  const char *setting, *save, *trace = args_get(a, "trace");
  while (job.options.setting_count < CLI_VALUES && (setting = args_nth(a, "set", (unsigned)job.options.setting_count)) != NULL)
    job.settings[job.options.setting_count++] = setting;
  while (job.options.save_count < CLI_VALUES && (save = args_nth(a, "save", (unsigned)job.options.save_count)) != NULL)
    job.saves[job.options.save_count++] = save;
  job.options.settings = job.settings;
  job.options.saves = job.saves;
  job.options.verbose = args_has(a, "verbose");
  job.options.log = job.options.verbose ? (job.json ? stderr : stdout) : NULL;
  if (trace && (job.options.trace = strcmp(trace, "-") == 0 ? stdout : fopen(trace, "w")) == NULL) {
    vcca_fail(&err, VCCA_FAULT_IO, "cannot create the trace");
    vcca_fail_in(&err, trace);
    return fail(a, &err);
  }
  enum vcca_exit code = run_all(a, &job);
  if (job.json)
    report_json(a, &job);
  bool written = job.options.trace == NULL || job.options.trace == stdout || close_written(job.options.trace);
  if (!written)
    vcca_fail(&err, VCCA_FAULT_IO, "cannot write the trace");
  return written && junit(a, &job, &err) ? code : fail(a, &err);
}

const struct verb verb_run = {
    "run",
    "SCENARIO...",
    1,
    CLI_VALUES,
    "run scenarios",
    "Runs scenario files (YAML; docs/scenarios.md): each boots machines, issues host and guest calls, mints and verifies tokens, and says what it "
    "expects. The same file gives the same trace, byte for byte. Exit 1 when an expectation failed, 3 when a file could not be run.",
    "vcca run scenarios/*.yaml\nvcca run --verbose --trace trace.jsonl --set nonce=00ff scenarios/attest-virtcca-p521.yaml",
    options,
    run,
};
