/* vcca golden check: is a folder the suite that this version makes?
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/golden_suite.h"
#include "rooms/text.h"

static const struct option options[] = {
    {"diag", 0, NULL, false, "the folder was made with --diag"},
    {"family", 'F', "NAME", true, "only this family; may be repeated"},
    OPTION_END,
};

struct job {
  const char *dir;
  struct suite_seen *seen;
  unsigned files, different;
};

static bool compare(void *ctx, const char *path, vcca_span bytes, struct vcca_error *err)
{
  struct job *job = ctx;
  char room[SUITE_PATH];
  job->files++;
  if (!suite_join(job->dir, path, room, err) || !suite_seen_add(job->seen, path, err))
    return false;
  if (!suite_same(room, bytes)) {
    vcca_print(stderr, "%s: missing, or other bytes than this version makes\n", path);
    job->different++;
  }
  return true;
}

static enum vcca_exit run(const struct args *a)
{
  struct vcca_error err;
  bool families[VCCA_FAMILIES];
  if (!suite_families(a, families, &err) || !suite_is_one(a->operand[0], families, &err))
    return fail(a, &err);
  struct job job = {a->operand[0], suite_seen_new(&err), 0, 0};
  if (!job.seen || !vcca_suite_each(args_has(a, "diag"), families, compare, &job, &err)) {
    suite_seen_free(job.seen);
    return fail(a, &err);
  }
  unsigned strangers = suite_strangers(job.seen, job.dir, families);
  suite_seen_free(job.seen);
  vcca_print(stdout, "%u files, %u different, %u that do not belong there\n", job.files, job.different, strangers);
  return job.different + strangers == 0 ? VCCA_EXIT_YES : VCCA_EXIT_NO;
}

const struct verb verb_golden_check = {
    "golden check",
    "DIR",
    1,
    1,
    "whether a folder is the suite that this version makes",
    "Makes the suite in memory and compares it with the folder byte for byte; names what differs, what is missing, and "
    "vectors that do not belong "
    "there. "
    "Exit: 0 the same, 1 different, 3 the folder is no golden suite.",
    "vcca golden check vectors",
    options,
    run,
};
