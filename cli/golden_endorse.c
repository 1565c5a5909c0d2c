/* vcca golden endorse: what verifiers need to accept one token and no other.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "vcca/armor.h"
#include "rooms/verifier.h"
#include "rooms/error.h"
#include "rooms/text.h"
#include "rooms/files.h"

static const struct option options[] = {
    {"out", 0, "DIR", false, "where to write, a folder that exists"},
    {"cpak", 0, "KEY", false, "the CPAK's public key, JWK or PEM, for the endorsements of the key"},
    {"eventlog", 0, "FILE", false, "the token's CCEL event log, for the reference values of boot images"},
    OPTION_END,
};

enum { ENDORSEMENT_MAX = 128 * 1024, PATH_MAX_SIZE = 4096 };

static bool path_of(enum vcca_endorsement kind, const char *folder, char path[PATH_MAX_SIZE], struct vcca_error *err)
{
  int n = snprintf(path, PATH_MAX_SIZE, "%s/%s", folder, vcca_endorsement_name(kind));
  return (n > 0 && n < PATH_MAX_SIZE) || vcca_fail(err, VCCA_FAULT_USAGE, "--out is too long");
}

/* None of what is made takes the place of what it is made from. */
static bool declare(const struct args *a, const char *folder, struct vcca_error *err)
{
  char path[PATH_MAX_SIZE];
  for (enum vcca_endorsement kind = 0; kind < VCCA_ENDORSEMENTS; kind++)
    if (!path_of(kind, folder, path, err) || !vcca_files_output(a->files, "--out", path, false, err))
      return false;
  return true;
}

static bool write_one(struct vcca_files *files, enum vcca_endorsement kind, const struct vcca_good *good,
                      const char *folder, struct vcca_error *err)
{
  static uint8_t room[ENDORSEMENT_MAX];
  char path[PATH_MAX_SIZE];
  vcca_sink out = VCCA_SINK(room);
  if (!vcca_endorse(kind, good, &out, err))
    return false;
  if (!path_of(kind, folder, path, err) || !vcca_files_write(files, path, vcca_sink_span(&out), err))
    return false;
  vcca_print(stdout, "%s\n", path);
  return true;
}

/* What a form cannot say is left out with a note: the others still serve. */
static enum vcca_exit endorse(const struct args *a, const struct vcca_good *good, const char *folder)
{
  struct vcca_error err;
  unsigned written = 0;
  for (enum vcca_endorsement kind = 0; kind < VCCA_ENDORSEMENTS; kind++) {
    err = (struct vcca_error){0};
    if (write_one(a->files, kind, good, folder, &err))
      written++;
    else if (err.fault == VCCA_FAULT_UNSUPPORTED)
      vcca_print(stderr, "vcca golden endorse: note: no %s: %s\n", vcca_endorsement_name(kind), err.text);
    else
      return fail(a, &err);
  }
  return finish(a, written > 0 ? VCCA_EXIT_YES : VCCA_EXIT_NO);
}

/* What the good things point into. */
struct job {
  struct vcca_bytes token_file, key_file, log_file;
  struct vcca_token token;
  vcca_key *cpak;
};

static bool read_good(const struct args *a, struct job *job, struct vcca_good *good, struct vcca_error *err)
{
  const char *key = args_get(a, "cpak");
  if (!read_binary(a, a->operand[0], VCCA_ARMOR_TOKEN, &job->token_file, err) ||
      !args_file(a, "cpak", CLI_SMALL_MAX, &job->key_file, err) ||
      !args_file(a, "eventlog", CLI_SMALL_MAX, &job->log_file, err))
    return false;
  if (!vcca_token_decode(vcca_bytes_span(&job->token_file), &job->token, err))
    return vcca_fail_in(err, a->operand[0]);
  if (key && !(job->cpak = vcca_anchor_read(vcca_bytes_span(&job->key_file), err)))
    return vcca_fail_in(err, key);
  *good = (struct vcca_good){.token = &job->token, .cpak = job->cpak, .eventlog = vcca_bytes_span(&job->log_file)};
  return true;
}

static enum vcca_exit run(const struct args *a)
{
  static struct job job; /* large; one verb runs once */
  struct vcca_error err = {0};
  struct vcca_good good;
  const char *folder = args_get(a, "out");
  if (!folder)
    return usage(a, "--out DIR is needed");
  enum vcca_exit code =
      declare(a, folder, &err) && read_good(a, &job, &good, &err) ? endorse(a, &good, folder) : fail(a, &err);
  vcca_key_free(job.cpak);
  vcca_bytes_free(&job.token_file);
  vcca_bytes_free(&job.key_file);
  vcca_bytes_free(&job.log_file);
  return code;
}

const struct verb verb_golden_endorse = {
    "golden endorse",
    "TOKEN",
    1,
    1,
    "write the endorsements that make verifiers accept a token",
    "Takes a token that is known to be good and writes reference values and trust anchors that say so: CoRIMs of the "
    "platform, of its key and of "
    "the realm, a trust anchor store, a reference value store, and the SDK's software_components.json and, by the "
    "event log, "
    "image_reference_measurement.json, and, of a virtCCA token, what registers its RIM with openEuler's attestation "
    "service. The same token gives "
    "the "
    "same bytes. "
    "What a form cannot say is left out with a note.",
    "vcca golden endorse token.cbor --cpak cpak.json --out endorsements",
    options,
    run,
};
