/* vcca measure sweep: the RIMs of a matrix of configurations, a row each; in shards, and going on where
 * another run stopped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/sweep_rows.h"
#include "rooms/explain.h"
#include "rooms/hex.h"
#include "rooms/sweep.h"
#include "rooms/error.h"
#include "rooms/text.h"
#include "rooms/files.h"

static const struct option options[] = {
    {"shard", 0, "K/N", false, "only the configurations whose id leaves K - 1 when divided by N"},
    {"resume", 0, "FILE", true,
     "rows that are there already, made of the same inputs, are not computed again; may be missing"},
    {"threads", 0, "N", false, "configurations at a time, at most 16; default one for each CPU"},
    {"engine", 0, "NAME", false, "hash by this engine (vcca measure --engine list)"},
    {"output", 'o', "jsonl|csv", false, "JSON Lines (default) or CSV"},
    OPTION_END,
};

enum { NOTES = 64 };

struct sweep_job {
  struct vcca_sweep sweep;
  struct rows rows;
  struct vcca_sweep_options options;
  struct resumed resumed;
  bool errors;
  char *notes[NOTES]; /* remarks that were made */
  unsigned note_count;
};

static bool read_shard(const struct args *a, struct vcca_sweep_options *o, struct vcca_error *err)
{
  const char *text = args_get(a, "shard"), *slash = text ? strchr(text, '/') : NULL;
  uint64_t k = 0, n = 0;
  if (!text)
    return true;
  if (!slash || !vcca_u64_read(vcca_span_of(text, (size_t)(slash - text)), &k, NULL) ||
      !vcca_u64_read(vcca_span_str(slash + 1), &n, NULL) || k == 0 || k > n || n > SIZE_MAX / 2)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--shard %s: K/N with K from 1 to N, such as 1/8", text);
  o->shard = (size_t)k - 1;
  o->shards = (size_t)n;
  return true;
}

/* What is remarked about thousands of configurations is said once. */
static void note(void *ctx, const char *text)
{
  struct sweep_job *job = ctx;
  for (unsigned i = 0; i < job->note_count; i++)
    if (strcmp(job->notes[i], text) == 0)
      return;
  if (job->note_count == NOTES || !(job->notes[job->note_count] = strdup(text)))
    return;
  job->note_count++;
  vcca_print(stderr, "vcca measure sweep: %s%s\n", text, job->note_count == NOTES ? " (and no more remarks)" : "");
}

static bool read_options(const struct args *a, struct sweep_job *job, struct vcca_error *err)
{
  const char *output = args_get(a, "output"), *engine = args_get(a, "engine");
  uint64_t threads = 0;
  if (output && strcmp(output, "jsonl") != 0 && strcmp(output, "csv") != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--output %s: jsonl or csv", output);
  job->rows.csv = output && strcmp(output, "csv") == 0;
  if (!args_u64(a, "threads", 16, &threads, err) || !read_shard(a, &job->options, err) ||
      (engine && !vcca_engine_use(engine, err)))
    return false;
  job->options.threads = (unsigned)threads;
  return true;
}

static bool read_plan(struct vcca_files *files, const char *path, struct sweep_job *job, struct vcca_error *err)
{
  const char *slash = strrchr(path, '/');
  struct vcca_bytes text = {0};
  char folder[4096] = "";
  snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 0, path);
  bool ok = vcca_files_read(files, path, CLI_SMALL_MAX, &text, err) && (vcca_sweep_read(vcca_bytes_span(&text),
                                                                                        slash == path ? "/"
                                                                                        : slash       ? folder
                                                                                                      : NULL,
                                                                                        files, &job->sweep, err) ||
                                                                        vcca_fail_in(err, path));
  vcca_bytes_free(&text);
  if (ok)
    vcca_sweep_identify(&job->sweep);
  return ok;
}

static bool read_resumed(const struct args *a, struct sweep_job *job, struct vcca_error *err)
{
  const char *path;
  for (unsigned i = 0; (path = args_nth(a, "resume", i)); i++) {
    if (strcmp(path, "-") != 0 && access(path, F_OK) != 0)
      vcca_print(stderr, "vcca measure sweep: no file %s yet: nothing is resumed from it\n", path);
    else if (!resumed_read(&job->resumed, &job->rows, a->files, path, err))
      return false;
  }
  if (job->resumed.changed)
    vcca_print(stderr, "vcca measure sweep: %zu rows were made of other inputs than there are now: computed again\n",
               job->resumed.changed);
  return true;
}

static bool is_known(void *ctx, size_t id)
{
  const struct sweep_job *job = ctx;
  return job->resumed.values[id] != NULL;
}

/* Each row is on its way before the next: whoever is interrupted loses no more than one block. */
static bool on_row(void *ctx, const struct vcca_sweep_row *row)
{
  struct sweep_job *job = ctx;
  char text[800];
  struct row_values values = {"", ""};
  bool has = row->known ? resumed_take(&job->resumed, row->id, &values) : row->planned;
  if (row->planned)
    (void)vcca_hex_text(vcca_rim_digest(&row->rim), values.rim, sizeof values.rim);
  if (row->has_rem0)
    (void)vcca_hex_text(vcca_span_of(row->rem0, vcca_hash_size(row->rim.hash_alg)), values.rem0, sizeof values.rem0);
  if (!has) {
    job->errors = true;
    vcca_error_text(&row->error, text, sizeof text);
  }
  rows_write(&job->rows, stdout, row->id, has ? &values : NULL, has ? NULL : text);
  size_t shards = job->options.shards ? job->options.shards : 1;
  if (!isatty(STDOUT_FILENO)) /* there rows tell enough */
    progress_line("sweeping", row->id / shards + 1,
                  (job->sweep.configurations - job->options.shard + shards - 1) / shards, "rows");
  return fflush(stdout) == 0 && !ferror(stdout); /* finish() says so */
}

static bool sweep(const struct args *a, struct sweep_job *job, struct vcca_error *err)
{
  job->rows.sweep = &job->sweep;
  job->options.known = is_known;
  job->options.row = on_row;
  job->options.note = note;
  job->options.ctx = job;
  if (!read_options(a, job, err) || !read_plan(a->files, a->operand[0], job, err) ||
      !resumed_new(&job->resumed, job->sweep.configurations, err) || !read_resumed(a, job, err))
    return false;
  if (job->rows.csv)
    rows_write_head(&job->rows, stdout);
  return vcca_sweep_run(&job->sweep, &job->options, err);
}

static enum vcca_exit run(const struct args *a)
{
  static struct sweep_job job; /* too large for a stack */
  struct vcca_error err;
  bool ok = sweep(a, &job, &err);
  resumed_free(&job.resumed);
  for (unsigned i = 0; i < job.note_count; i++)
    free(job.notes[i]);
  vcca_sweep_free(&job.sweep);
  if (!ok)
    return fail(a, &err);
  if (job.errors)
    vcca_print(stderr, "vcca measure sweep: some configurations cannot be planned: their rows say why\n");
  return job.errors ? VCCA_EXIT_NO : VCCA_EXIT_YES;
}

const struct verb verb_measure_sweep = {
    "measure sweep",
    "PLAN.yaml",
    1,
    1,
    "the RIMs of a matrix of configurations",
    "Computes the RIM of every combination of the options that a plan lists, for any profile of vcca measure or VMM "
    "model, on all CPUs; every "
    "image is hashed once. A row has the configuration's id (its place in the product, the last option of the matrix "
    "fastest), its options, a "
    "digest of what it was made of and its RIM, or the error when there is no such VM: then the exit code is 1. Shards "
    "share nothing, and "
    "their rows together are those of the whole; --resume with the shards' outputs puts them in order and computes "
    "what is missing, or was made "
    "of other files.",
    "vcca measure sweep plan.yaml > rims.jsonl\n"
    "vcca measure sweep plan.yaml -o csv\n"
    "vcca measure sweep plan.yaml --shard 3/8 > rims.3.jsonl\n"
    "vcca measure sweep plan.yaml --resume rims.1.jsonl --resume rims.2.jsonl > rims.jsonl",
    options,
    run,
};
