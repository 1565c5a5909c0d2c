/* vcca rim explain: what must have been different for a VM to have the RIM that was reported.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli/rim_command.h"
#include "vcca/explain.h"
#include "vcca/hex.h"
#include "rooms/error.h"
#include "rooms/json.h"
#include "rooms/text.h"

static const struct option options[] = {
#define OPTION(field, kind, name, letter, arg, traits, scope, help) {name, letter, arg, traits, help},
#include "cli/measure_options.def"
#undef OPTION
    {"rim", 'r', "HEX", false, "the RIM that was reported"},
    {"depth", 0, "1|2|3", false, "deviations at a time; default 2. Three take long: a line on stderr says how long"},
    {"thorough", 0, NULL, false, "search deeper though something was found"},
    {"list", 0, NULL, false, "list what is searched, and stop"},
    OPTION_OUTPUT,
    OPTION_END,
};

static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
  (void)ctx;
  progress_line("searching", done, total, "");
}

static void on_forecast(void *ctx, unsigned depth, uint64_t next, uint64_t before)
{
  const struct timespec *begin = ctx;
  progress_forecast(*begin, depth == 2 ? "two deviations at a time" : "three deviations at a time", before, next);
}

static void list(bool json)
{
  const char *name, *group, *words;
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  if (json) {
    vcca_json_open(&j, NULL, '{');
    vcca_json_head(&j, "vcca-hypotheses-1", NULL);
    vcca_json_open(&j, "hypotheses", '[');
  }
  for (size_t i = 0; vcca_hypothesis_at(i, &name, &group, &words); i++) {
    if (!json) {
      vcca_print(stdout, "%-15s %-11s %s\n", name, group, words);
      continue;
    }
    vcca_json_open(&j, NULL, '{');
    vcca_json_str(&j, "name", name);
    vcca_json_str(&j, "group", group);
    vcca_json_str(&j, "words", words);
    vcca_json_close(&j);
  }
  for (unsigned level = 0; json && level < 2; level++)
    vcca_json_close(&j);
}

/* The command lines that have been measured and lead to the RIM, for each finding; NULL: words cannot say
 * it. */
struct commands {
  char *of[VCCA_RIM_FINDINGS_MAX];
};

static void make_commands(const struct args *a, const struct vcca_rim_explanation *e, vcca_span rim,
                          struct commands *out)
{
  static struct command c;
  for (size_t i = 0; i < e->count; i++)
    if (command_edit(a, &e->findings[i], e->other_hash ? &e->alg : NULL, &c) && command_leads_to(&c, rim))
      out->of[i] = command_text(&c);
}

static void print_text(const struct vcca_rim_explanation *e, const struct commands *commands, bool dtb_given)
{
  if (e->other_hash)
    vcca_print(stdout, "The RIM's length is that of %s, another algorithm than said. With that,\n",
               vcca_hash_name(e->alg));
  if (e->count == 0) {
    vcca_print(stdout,
               "Nothing that was tried leads to this RIM: %llu measurements, %u deviations.\n"
               "Is an image another one? Give one that may have been used instead (--kernel, --initrd ...), or compare "
               "traces with vcca rim diff.\n"
               "%s",
               (unsigned long long)e->tried, e->deviations,
               dtb_given ? "The device tree was kept as --dtb has it: without --dtb, RAM, vCPUs and their like are "
                           "tried with the tree made for them.\n"
                         : "");
    return;
  }
  if (e->findings[0].count == 0)
    vcca_print(stdout, "The configuration as it is leads to this RIM.\n");
  for (size_t i = 0; i < e->count; i++) {
    const struct vcca_rim_finding *f = &e->findings[i];
    for (unsigned k = 0; k < f->count; k++) {
      const struct vcca_rim_deviation *d = &f->deviation[k];
      vcca_print(stdout, "%s%s%s%s%s\n", k == 0 ? "Explained by " : "         and ", d->words,
                 d->option[0] ? "   [" : "", d->option, d->option[0] ? "]" : "");
    }
    if (commands->of[i] && (f->count > 0 || e->other_hash))
      vcca_print(stdout, "         %s\n", commands->of[i]);
  }
  if (e->more)
    vcca_print(stdout, "and so on: only the first %d are told.\n", VCCA_RIM_FINDINGS_MAX);
}

static void print_json(const struct vcca_rim_explanation *e, const struct commands *commands, const char *profile,
                       vcca_span rim)
{
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  vcca_json_open(&j, NULL, '{');
  vcca_json_head(&j, "vcca-rim-explanation-2", profile);
  vcca_json_hex(&j, "rim", rim);
  vcca_json_str(&j, "hash_alg", vcca_hash_name(e->alg));
  vcca_json_bool(&j, "other_hash", e->other_hash);
  vcca_json_int(&j, "measurements", (int64_t)e->tried);
  vcca_json_int(&j, "deviations", e->deviations);
  vcca_json_bool(&j, "more", e->more);
  vcca_json_open(&j, "findings", '[');
  for (size_t i = 0; i < e->count; i++) {
    vcca_json_open(&j, NULL, '{');
    if (commands->of[i])
      vcca_json_str(&j, "command", commands->of[i]);
    vcca_json_open(&j, "deviations", '[');
    for (unsigned k = 0; k < e->findings[i].count; k++) {
      const char *name = "", *group = "", *words = "";
      (void)vcca_hypothesis_at(e->findings[i].hypothesis[k], &name, &group, &words);
      vcca_json_open(&j, NULL, '{');
      vcca_json_str(&j, "hypothesis", name);
      vcca_json_str(&j, "group", group);
      vcca_json_str(&j, "words", e->findings[i].deviation[k].words);
      vcca_json_str(&j, "option", e->findings[i].deviation[k].option);
      vcca_json_close(&j);
    }
    vcca_json_close(&j);
    vcca_json_close(&j);
  }
  vcca_json_close(&j);
  vcca_json_close(&j);
}

static bool explain(const struct args *a, struct job *job, bool json, bool *found, struct vcca_error *err)
{
  uint8_t rim[VCCA_MEASUREMENT_SIZE];
  vcca_sink sink = VCCA_SINK(rim);
  uint64_t depth = 2;
  static struct vcca_rim_explanation e;
  if (!args_has(a, "rim"))
    return vcca_fail(err, VCCA_FAULT_USAGE, "wants --rim HEX, the RIM that was reported");
  if (!args_hex(a, "rim", &sink, err) || !args_u64(a, "depth", VCCA_RIM_DEVIATIONS_MAX, &depth, err) ||
      !measure_ready_plan(job, err) || !measure_write_made(job, err))
    return false;
  if (depth == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--depth 0: it is 1, 2 or 3");
  struct timespec begin = progress_begin();
  const struct vcca_explain_options o = {.vm = &job->made,
                                         .depth = (unsigned)depth,
                                         .thorough = args_has(a, "thorough"),
                                         .progress = on_progress,
                                         .progress_ctx = &begin,
                                         .forecast = on_forecast,
                                         .read = measure_read,
                                         .read_ctx = job};
  if (!vcca_rim_explain(job->plan, vcca_sink_span(&sink), &o, &e, err))
    return false;
  *found = e.count > 0;
  struct commands commands = {.of = {NULL}};
  make_commands(a, &e, vcca_sink_span(&sink), &commands);
  if (json)
    print_json(&e, &commands, job->plan->profile, vcca_sink_span(&sink));
  else
    print_text(&e, &commands, args_has(a, "dtb"));
  for (size_t i = 0; i < e.count; i++)
    free(commands.of[i]);
  return true;
}

static enum vcca_exit run(const struct args *a)
{
  static struct job job; /* too large for a stack */
  struct vcca_error err;
  bool json = false, found = false;
  job.args = a;
  if (!args_json(a, &json, &err))
    return fail(a, &err);
  if (args_has(a, "list")) {
    for (unsigned i = 0; i < a->values; i++)
      if (strcmp(a->given[i], "list") != 0 && strcmp(a->given[i], "output") != 0)
        return usage(a, "--%s is not read beside --list: leave one out", a->given[i]);
    if (a->operands > 0)
      return usage(a, "'%s' is not read beside --list: leave one out", a->operand[0]);
    list(json);
    return VCCA_EXIT_YES;
  }
  if (a->operands == 0)
    return usage(a, "wants %s", a->verb->operands);
  bool ok = explain(a, &job, json, &found, &err);
  measure_clean_up(&job);
  return !ok ? fail(a, &err) : found ? VCCA_EXIT_YES : VCCA_EXIT_NO;
}

const struct verb verb_rim_explain = {
    "rim explain",
    "PROFILE [-- VMM-OPTION...]",
    0, /* --list needs none */
    CLI_OPERANDS,
    "what makes a VM's RIM the one that was reported",
    "Takes a VM as vcca measure does, and the RIM that hardware reported for it; searches what must have been "
    "different: parameters, rules, RIPAS, "
    "order, regions that are not measured, addresses, padding, vCPUs, one deviation at a time, then two, and three "
    "with --depth 3. Tells "
    "every hypothesis that leads to "
    "the RIM, in words, the option to change, and the vcca measure command that leads there, where there is one. Exits "
    "with 0 when there is one, "
    "with 1 when there is none.",
    "vcca rim explain virtcca --kernel Image --initrd initrd.img --dtb vm.dtb --vcpus 4 --rim $RIM\n"
    "vcca rim explain qemu --host fvp.toml -k Image --dtb vm.dtb --rim $RIM -- -M virt -cpu host -smp 2 -m 1G -kernel "
    "Image\n"
    "vcca rim explain --list",
    options,
    run,
};
