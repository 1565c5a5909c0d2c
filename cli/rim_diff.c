/* vcca rim diff: where two measurements part.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "cli/measure.h"
#include "rooms/explain.h"
#include "rooms/error.h"
#include "rooms/files.h"

static const struct option options[] = {
    OPTION_OUTPUT,
    OPTION_END,
};

enum { WORDS = 256, LINE = 8192 };

/* A trace file, or a configuration: the words of a vcca measure command. */
struct side {
  struct vcca_rim_trace trace;
  struct args args;
  struct job job;
  char line[LINE]; /* the configuration's words, each with a NUL */
  const char *words[WORDS];
  int count;
  char unpacked[LINE]; /* what a compressed kernel is called */
};

/* Splits at spaces; '...' and "..." keep them. */
static bool split(struct side *s, const char *text, struct vcca_error *err)
{
  size_t n = 0;
  while (*text) {
    while (*text == ' ')
      text++;
    if (!*text)
      break;
    if (s->count == WORDS || n + strlen(text) + 2 > LINE)
      return vcca_fail(err, VCCA_FAULT_USAGE, "a configuration of more than %d words or %d characters", WORDS,
                       LINE - 2);
    s->words[s->count++] = s->line + n;
    char quote = '\0';
    for (; *text && (quote || *text != ' '); text++) {
      if (*text == quote)
        quote = '\0';
      else if (!quote && (*text == '\'' || *text == '"'))
        quote = *text;
      else
        s->line[n++] = *text;
    }
    s->line[n++] = '\0';
    if (quote)
      return vcca_fail(err, VCCA_FAULT_USAGE, "a configuration ends within %c...%c: close the quote", quote, quote);
  }
  return true;
}

/* The file a part of the plan was read from; NULL when it was made. */
static const char *file_of(struct side *s, enum vcca_role part)
{
  bool image =
      part == VCCA_ROLE_KERNEL || part == VCCA_ROLE_INITRD || part == VCCA_ROLE_FIRMWARE || part == VCCA_ROLE_DTB;
  const char *file = image ? args_get(&s->args, vcca_role_name(part)) : NULL;
  if (!file || part != VCCA_ROLE_KERNEL || !s->job.unpacked.bytes.p)
    return file;
  snprintf(s->unpacked, sizeof s->unpacked, "%s, decompressed", file);
  return s->unpacked;
}

/* What would be written is left out: one compares, and writes nothing. */
static bool read_configuration(struct side *s, const char *text, struct vcca_files *files, struct vcca_error *err)
{
  if (!split(s, text, err))
    return false;
  if (!args_parse(&verb_measure, s->count, s->words, &s->args)) /* has said why */
    return vcca_fail(err, VCCA_FAULT_USAGE, "'%s' is no configuration: it has the words of a vcca measure command",
                     text);
  for (unsigned i = 0; i < s->args.values; i++)
    for (const struct option *o = verb_measure.options; o->name; o++)
      if (strcmp(o->name, s->args.given[i]) == 0 && (o->traits & WRITES))
        return vcca_fail(err, VCCA_FAULT_USAGE, "'%s': a configuration to compare writes nothing: leave --%s out", text,
                         o->name);
  s->args.files = files;
  s->job.args = &s->args;
  return args_declare(&s->args, err);
}

static bool measure_side(struct side *s, struct vcca_error *err)
{
  if (!measure_trace(&s->job, &s->trace, err))
    return false;
  for (size_t i = 0; i < s->trace.part_count; i++)
    s->trace.parts[i].file = file_of(s, s->trace.parts[i].role);
  return true;
}

/* FILE, or FILE#REALM of a run's trace when there is no file of that name. */
static bool open_trace(struct side *s, const char *operand, struct vcca_files *files, struct vcca_error *err)
{
  struct vcca_mapping file = {.forgotten = 0};
  const char *hash = access(operand, F_OK) != 0 ? strrchr(operand, '#') : NULL;
  char path[4096];
  snprintf(path, sizeof path, "%.*s", hash ? (int)(hash - operand) : (int)sizeof path - 1, operand);
  bool ok = vcca_files_map(files, path, CLI_FILE_MAX, &file, err) &&
            (vcca_trace_read(file.bytes, hash ? hash + 1 : NULL, &s->trace, err) || vcca_fail_in(err, path));
  vcca_file_unmap(&file);
  return ok;
}

/* Both are declared before one is read: standard input has one reader. */
static bool declare_side(struct side *s, const char *what, const char *operand, struct vcca_files *files,
                         struct vcca_error *err)
{
  if (operand[0] == '\0')
    return vcca_fail(err, VCCA_FAULT_USAGE, "'' is neither a trace nor a configuration");
  if (strchr(operand, ' ') && access(operand, F_OK) != 0)
    return read_configuration(s, operand, files, err);
  return vcca_files_input(files, what, operand, err);
}

static bool open_side(struct side *s, const char *operand, struct vcca_files *files, struct vcca_error *err)
{
  return s->job.args ? measure_side(s, err) : open_trace(s, operand, files, err);
}

static void close_side(struct side *s)
{
  vcca_trace_free(&s->trace);
  measure_clean_up(&s->job);
}

static enum vcca_exit run(const struct args *a)
{
  static struct side sides[2]; /* too large for a stack */
  struct vcca_rim_diff diff = {.runs = NULL};
  struct vcca_error err;
  bool json = false, same = false;
  bool ok = args_json(a, &json, &err) && declare_side(&sides[0], "A", a->operand[0], a->files, &err) &&
            declare_side(&sides[1], "B", a->operand[1], a->files, &err) &&
            open_side(&sides[0], a->operand[0], a->files, &err) &&
            open_side(&sides[1], a->operand[1], a->files, &err) &&
            vcca_rim_diff(&sides[0].trace, &sides[1].trace, &diff, &err);
  if (ok) {
    same = vcca_rim_diff_same(&diff);
    (json ? vcca_rim_diff_json : vcca_rim_diff_text)(&diff, a->operand[0], a->operand[1], stdout);
  }
  vcca_rim_diff_free(&diff);
  close_side(&sides[0]);
  close_side(&sides[1]);
  return !ok ? fail(a, &err) : same ? VCCA_EXIT_YES : VCCA_EXIT_NO;
}

const struct verb verb_rim_diff = {
    "rim diff",
    "A B",
    2,
    2,
    "where two measurements part",
    "Compares two measurements step by step. A and B are traces (vcca measure --trace, vcca run --trace) or "
    "configurations: the words of a vcca "
    "measure "
    "command as one argument, ops FILE and log FILE too. FILE#N is the N-th realm of a run's trace, FILE#0x... the one "
    "with that RD. Steps belong "
    "together when kind and "
    "address are the same, so that one granule more or less leaves the others comparable. Says the "
    "first "
    "difference down to file, offset and field where the images are at hand, then all that differs. Exits with 0 when "
    "both are the same, with 1 when "
    "not.",
    "vcca rim diff monitor.jsonl model.jsonl\n"
    "vcca rim diff monitor.jsonl 'virtcca --kernel Image --dtb vm.dtb --vcpus 4'\n"
    "vcca rim diff 'run.jsonl#2' 'arm --kernel Image --vcpus 2'\n"
    "vcca rim diff monitor.jsonl 'ops operations.yaml'\n"
    "vcca rim diff 'virtcca -k Image.old --dtb vm.dtb' 'virtcca -k Image.new --dtb vm.dtb' -o json",
    options,
    run,
};
