/* vcca golden bless: makes what this version makes the snapshot.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/golden_suite.h"
#include "rooms/text.h"

static const struct option options[] = {
    {"yes", 0, NULL, false, "write; without it only what would change is listed"},
    {"family", 'F', "NAME", true, "only this family; may be repeated"},
    OPTION_END,
};

struct job {
  const char *dir;
  struct suite_seen *seen;
  bool write;
  unsigned changed;
};

static bool bless(void *ctx, const char *path, vcca_span bytes, struct vcca_error *err)
{
  struct job *job = ctx;
  char room[SUITE_PATH];
  if (!suite_join(job->dir, path, room, err) || !suite_seen_add(job->seen, path, err))
    return false;
  if (suite_same(room, bytes))
    return true;
  vcca_print(stdout, "%s\n", path);
  job->changed++;
  return !job->write || suite_write(room, bytes, err);
}

static enum vcca_exit run(const struct args *a)
{
  struct vcca_error err;
  bool families[VCCA_FAMILIES], any[VCCA_FAMILIES];
  for (int i = 0; i < VCCA_FAMILIES; i++)
    any[i] = true; /* a family may be new */
  if (!suite_families(a, families, &err) || !suite_is_one(a->operand[0], any, &err))
    return fail(a, &err);
  struct job job = {a->operand[0], suite_seen_new(&err), args_has(a, "yes"), 0};
  if (!job.seen || !vcca_suite_each(false, families, bless, &job, &err)) {
    suite_seen_free(job.seen);
    return fail(a, &err);
  }
  unsigned strangers = suite_strangers(job.seen, job.dir, families);
  suite_seen_free(job.seen);
  vcca_print(stderr, "%u files %s, %u to be removed by hand\n", job.changed, job.write ? "written" : "would change",
             strangers);
  return job.write || job.changed + strangers == 0 ? VCCA_EXIT_YES : VCCA_EXIT_NO;
}

const struct verb verb_golden_bless = {
    "golden bless",
    "DIR",
    1,
    1,
    "make what this version makes the snapshot",
    "Lists the files of a snapshot that differ from what this version makes, and with --yes writes them. A change of a "
    "golden byte is a breaking "
    "change: look "
    "at each and say why in CHANGELOG.md. Files that no longer belong there are named and left. Exit without --yes: 0 "
    "nothing to do, 1 something to "
    "do.",
    "vcca golden bless vectors\nvcca golden bless --yes vectors",
    options,
    run,
};
