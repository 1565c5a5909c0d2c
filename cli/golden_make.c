/* vcca golden make: the whole suite into a new folder.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "cli/golden_suite.h"
#include "rooms/text.h"

static const struct option options[] = {
    {"diag", 0, NULL, false, "annotated diagnostic notation beside every token, not only beside the bases"},
    OPTION_END,
};

struct job {
  const char *dir;
  unsigned long files;
  unsigned long long bytes;
};

static bool put(void *ctx, const char *path, vcca_span bytes, struct vcca_error *err)
{
  struct job *job = ctx;
  char room[SUITE_PATH];
  job->files++;
  job->bytes += bytes.n;
  return suite_join(job->dir, path, room, err) && suite_write(room, bytes, err);
}

static enum vcca_exit run(const struct args *a)
{
  struct job job = {a->operand[0], 0, 0};
  struct vcca_error err;
  struct stat st;
  if (stat(job.dir, &st) == 0)
    return usage(a,
                 "%s is there already; make the suite in a new folder, and change a snapshot with: vcca golden bless",
                 job.dir);
  if (!vcca_suite_each(args_has(a, "diag"), NULL, put, &job, &err))
    return fail(a, &err);
  vcca_print(stdout, "%lu files, %llu bytes\n", job.files, job.bytes);
  return VCCA_EXIT_YES;
}

const struct verb verb_golden_make = {
    "golden make",
    "DIR",
    1,
    1,
    "the suite of good and broken evidence, into a new folder",
    "Writes golden evidence of every token family: a base that must be accepted, and every mutation of it, with an "
    "index in JSON that says what a "
    "verifier must "
    "answer and where it should notice. The same version writes the same bytes everywhere. An existing folder is not "
    "touched.",
    "vcca golden make suite\nvcca golden make --diag suite",
    options,
    run,
};
