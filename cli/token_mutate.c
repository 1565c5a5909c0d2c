/* vcca token mutate: a token broken by name or by seed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/words.h"
#include "vcca/armor.h"
#include "rooms/golden.h"
#include "rooms/error.h"
#include "rooms/file.h"
#include "rooms/text.h"
#include "rooms/files.h"

static const struct option options[] = {
    {"family", 'F', "NAME", false, "the family whose golden token is mutated, or whose device signs FILE's"},
    {"mutation", 'm', "ID", false, "which: an id or name of `vcca golden list`, all, or list"},
    {"recipe", 0, "STEPS", false, "steps of one's own, as `vcca golden list --mutation ID` shows them"},
    {"seed", 0, "N", false, "a mutation by seed instead of by name"},
    {"count", 0, "N", false, "this many seeds, from the seed on; default 1"},
    {"out", 0, "PATH", false, "the file, or with all or --count the folder it goes to; default standard output"},
    OPTION_END,
};

static const struct option_rule rules[] = {
    {"count", true, "seed"},
    {"mutation", false, "recipe seed FILE"},
    {"recipe", false, "seed"},
};

enum { TOKEN_ROOM = 1 << 20 };

struct job {
  vcca_golden *golden;
  struct vcca_bytes file, room;
  vcca_span token;
};

enum { NAME = 32 };

static bool path_of(const struct args *a, const char *name, char path[VCCA_PATH_MAX], struct vcca_error *err)
{
  int n = snprintf(path, VCCA_PATH_MAX, "%s/%s.cbor", args_get(a, "out"), name);
  return (n > 0 && n < VCCA_PATH_MAX) || vcca_fail(err, VCCA_FAULT_USAGE, "--out is too long");
}

static bool put(const struct args *a, bool folder, const char *name, vcca_span bytes, struct vcca_error *err)
{
  char path[VCCA_PATH_MAX];
  if (!folder)
    return vcca_files_write(a->files, args_has(a, "out") ? args_get(a, "out") : "-", bytes, err);
  return path_of(a, name, path, err) && vcca_files_write(NULL, path, bytes, err); /* has been compared */
}

static void seed_name(uint64_t seed, char out[NAME])
{
  snprintf(out, NAME, "seed-%" PRIu64, seed);
}

static bool by_name(const struct args *a, struct job *job, const struct vcca_mutation *m, bool folder,
                    struct vcca_error *err)
{
  struct vcca_golden_case c;
  if (!vcca_golden_make(job->golden, m, &c, err))
    return false;
  bool ok = put(a, folder, m->id, c.evidence.token, err);
  vcca_golden_case_free(&c);
  return ok;
}

static bool by_names(const struct args *a, struct job *job, const char *name, struct vcca_error *err)
{
  enum vcca_family family = vcca_golden_family(job->golden);
  bool all = strcmp(name, "all") == 0, list = strcmp(name, "list") == 0, ok = true;
  const struct vcca_mutation *named = all || list ? NULL : mutation_said(name, err),
                             *one = vcca_mutation_for(vcca_span_str(name), family);
  if (!all && !list && !named)
    return false;
  if (named && !one)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s changes what the family %s does not have", named->id,
                     vcca_family(family)->name);
  if (all && !args_has(a, "out"))
    return vcca_fail(err, VCCA_FAULT_USAGE, "all mutations want a folder: --out DIR");
  if (one)
    return by_name(a, job, one, false, err);
  for (size_t i = 0; ok && i < vcca_mutation_count(); i++) {
    const struct vcca_mutation *m = vcca_mutation_at(i);
    if (vcca_mutation_applies(m, family)) {
      if (list)
        vcca_print(stdout, "%-6s %-32s %s\n", m->id, m->name, m->note);
      ok = list || by_name(a, job, m, true, err);
    }
  }
  return ok;
}

static bool by_seed(const struct args *a, struct job *job, struct vcca_error *err)
{
  uint64_t seed = 0, count = 1;
  if (!args_u64(a, "seed", UINT64_MAX - 100000, &seed, err) || !args_u64(a, "count", 100000, &count, err))
    return false;
  bool folder = args_has(a, "count"), ok = true;
  if (folder && !args_has(a, "out"))
    return vcca_fail(err, VCCA_FAULT_USAGE, "--count wants a folder: --out DIR");
  char name[NAME], path[VCCA_PATH_MAX];
  for (uint64_t i = 0; ok && folder && i < count; i++) { /* before the first is written */
    seed_name(seed + i, name);
    ok = path_of(a, name, path, err) && vcca_files_compare(a->files, "--out", path, err);
  }
  for (uint64_t i = 0; ok && i < count; i++) {
    vcca_sink out = vcca_sink_of(job->room.p, job->room.n);
    seed_name(seed + i, name);
    ok = vcca_golden_fuzz(job->golden, job->token, seed + i, &out, err) &&
         put(a, folder, name, vcca_sink_span(&out), err);
  }
  return ok;
}

static bool mutate(const struct args *a, struct job *job, struct vcca_error *err)
{
  const char *family_name = args_get(a, "family"), *name = args_get(a, "mutation"), *recipe = args_get(a, "recipe");
  enum vcca_family family;
  if (!args_follow(a, rules, sizeof rules / sizeof *rules, err))
    return false;
  if (name && strcmp(name, "list") == 0 && args_has(a, "out"))
    return vcca_fail(err, VCCA_FAULT_USAGE, "--out is not read beside --mutation list: leave one out");
  if (family_name && !family_said(family_name, &family, err))
    return false;
  if (!name && !recipe && !args_has(a, "seed"))
    return vcca_fail(err, VCCA_FAULT_USAGE, "one of --mutation, --recipe and --seed says how");
  if (a->operands == 0 && !family_name)
    return vcca_fail(err, VCCA_FAULT_USAGE, "a FILE to mutate, or a --family to mint one of");
  if (family_name && !(job->golden = vcca_golden_open(family, err)))
    return false;
  if (name)
    return by_names(a, job, name, err);
  struct vcca_golden_case base;
  if (a->operands > 0 ? !read_binary(a, a->operand[0], VCCA_ARMOR_TOKEN, &job->file, err)
                      : !vcca_golden_make(job->golden, NULL, &base, err))
    return false;
  if (job->file.n > TOKEN_ROOM / 2)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "%s: %zu bytes; a token of at most %d is mutated", a->operand[0],
                     job->file.n, TOKEN_ROOM / 2);
  job->token = a->operands > 0 ? vcca_bytes_span(&job->file) : base.evidence.token;
  if (!vcca_bytes_alloc(&job->room, TOKEN_ROOM, err))
    return false;
  if (!recipe)
    return by_seed(a, job, err);
  vcca_sink out = vcca_sink_of(job->room.p, job->room.n);
  return vcca_golden_apply(job->golden, job->token, recipe, &out, err) && put(a, false, "", vcca_sink_span(&out), err);
}

static enum vcca_exit run(const struct args *a)
{
  struct job job = {0};
  struct vcca_error err;
  bool ok = mutate(a, &job, &err);
  vcca_golden_close(job.golden);
  vcca_bytes_free(&job.file);
  vcca_bytes_free(&job.room);
  return ok ? VCCA_EXIT_YES : fail(a, &err);
}

const struct verb verb_token_mutate = {
    "token mutate",
    "[FILE]",
    0,
    1,
    "a token broken by name, by recipe or by seed",
    "Named mutations are those of `vcca golden list`, made of a family's golden token and signed again as each of them "
    "says. Recipes and seeds "
    "change any "
    "token: FILE's, or the family's golden one; with a family, seeds sign the result again with its device's keys. The "
    "same words give the same "
    "bytes.",
    "vcca token mutate --family arm-1.0 --mutation R15 --out leaked-key.cbor\n"
    "vcca token mutate token.cbor --seed 1 --count 100 --out corpus\n"
    "vcca token mutate token.cbor --recipe 'again realm/44238; xor realm/44238 0 01'",
    options,
    run,
};
