/* vcca token verify: a relying party's verdict on a token.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "vcca/armor.h"
#include "rooms/wrapped.h"
#include "rooms/time.h"
#include "rooms/verifier.h"
#include "rooms/error.h"
#include "rooms/token.h"
#include "rooms/text.h"
#include "rooms/files.h"

static const struct option options[] = {
    {"cpak", 0, "KEY", false, "trust anchor: the CPAK's public key, JWK or PEM"},
    {"ta-store", 0, "FILE", false, "trust anchors: a JSON array of {pkey, implementation-id, instance-id}"},
    {"chain", 0, "CERT", true,
     "trust anchor: CA certificates, PEM (any number) or DER; the first file has the root, the others lead down from "
     "it"},
    {"cert", 0, "CERT", false, "the device certificate, PEM or DER, perhaps with its chain; with --chain"},
    {"at", 0, "TIME", false, "YYYYMMDDHHMMSSZ: also check that certificates and CoRIMs are valid then"},
    {"challenge", 0, "HEX", false, "the challenge that was sent, up to 64 bytes"},
    {"rim", 0, "HEX", false, "expected RIM"},
    {"rem0", 0, "HEX", false, "expected REM 0; likewise rem1, rem2, rem3"},
    {"rem1", 0, "HEX", false, "expected REM 1"},
    {"rem2", 0, "HEX", false, "expected REM 2"},
    {"rem3", 0, "HEX", false, "expected REM 3"},
    {"rpv", 0, "HEX", false, "expected realm personalization value"},
    {"eventlog", 0, "FILE", false, "CCEL event log that must replay to the token's REMs"},
    {"image-ref", 0, "FILE", false, "image_reference_measurement.json: boot files the log must show; with --eventlog"},
    {"platform-ref", 0, "FILE", false, "software_components.json: platform components"},
    {"rv-store", 0, "FILE", false,
     "reference values: JSON {platform, realm}, looked up by implementation id and by RIM"},
    {"corim", 0, "FILE", true, "reference values and keys: an unsigned CoRIM under a CCA profile"},
    {"policy", 0, "FILE", false,
     "YAML: required checks, lifecycles, component versions, hash algorithms, trustworthiness"},
    {"strict", 0, NULL, false,
     "also reject when freshness, realm, platform or dates had nothing to go by, or events of the log are unexplained"},
    {"require", 0, "NAMES", true,
     "checks that must pass, not-run is not enough: names from vcca table checks, with commas between"},
    {"ear", 0, "FILE", WRITES, "write the attestation result (EAR) there"},
    {"ear-key", 0, "KEY", false, "sign it as a JWT with this private key, JWK or PEM"},
    {"ear-profile", 0, "veraison|ietf", false, "names in it: as deployed (default), or as in the current draft"},
    {"now", 0, "UNIXTIME", false, "when it is issued (iat); there is no clock"},
    {"family", 0, "NAMES", false,
     "the token must be of one of these families: names from vcca table profiles, with commas between"},
    {"lenient", 0, "NAMES", false,
     "take also what no specification permits: names from vcca table leniencies, with commas between"},
    {"refuse", 0, "NAMES", false,
     "refuse what specifications permit and a verdict else remarks on: names from vcca table leniencies"},
    {"any-lifecycle", 0, NULL, false, "accept a platform that is not in the secured state"},
    OPTION_OUTPUT,
    OPTION_END,
};

static const struct option_rule rules[] = {
    {"at", true, "chain cert corim"},
    {"image-ref", true, "eventlog"},
    {"ear-key", true, "ear"},
    {"ear-profile", true, "ear"},
    {"now", true, "ear"},
    {"cpak", false, "ta-store"},
};

enum { FILES = CLI_VALUES, EAR_MAX = 16384 }; /* an option names one file at most */

/* What the evidence points into. */
struct job {
  const struct args *args;
  struct vcca_bytes files[FILES];
  unsigned file_count;
  struct vcca_bytes token;
  struct vcca_unwrapped wrapped; /* when the token came with more of its evidence */
  uint8_t values[7][64];
  vcca_key *cpak, *signer;
  struct vcca_policy policy;
  struct vcca_ear ear;
  struct vcca_evidence evidence;
  struct vcca_verdict verdict;
};

static bool next_file(struct job *job, const char *path, struct vcca_bytes **file, struct vcca_error *err)
{
  if (job->file_count == FILES)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s is more than the %d files that fit", path, FILES);
  *file = &job->files[job->file_count++];
  return true;
}

static bool read_file(struct job *job, const char *path, vcca_span *out, struct vcca_error *err)
{
  struct vcca_bytes *file;
  if (!next_file(job, path, &file, err) || !vcca_files_read(job->args->files, path, CLI_SMALL_MAX, file, err))
    return false;
  *out = vcca_bytes_span(file);
  return true;
}

/* The same for a binary file, which may have come as text. */
static bool read_binary_file(struct job *job, const char *path, const char *names, vcca_span *out,
                             struct vcca_error *err)
{
  struct vcca_bytes *file;
  if (!next_file(job, path, &file, err) || !read_binary(job->args, path, names, file, err))
    return false;
  *out = vcca_bytes_span(file);
  return true;
}

static bool read_values(const struct args *a, struct job *job, struct vcca_error *err)
{
  struct vcca_evidence *e = &job->evidence;
  const struct {
    const char *name;
    vcca_span *to;
  } rows[] = {{"challenge", &e->challenge}, {"rim", &e->rim},     {"rem0", &e->rem[0]}, {"rem1", &e->rem[1]},
              {"rem2", &e->rem[2]},         {"rem3", &e->rem[3]}, {"rpv", &e->rpv}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    vcca_sink room = VCCA_SINK(job->values[i]);
    if (!args_hex(a, rows[i].name, &room, err))
      return false;
    if (args_has(a, rows[i].name))
      *rows[i].to = vcca_sink_span(&room);
  }
  return true;
}

static bool read_chain(const struct args *a, struct job *job, struct vcca_error *err)
{
  struct vcca_evidence *e = &job->evidence;
  int64_t seconds;
  e->at = args_get(a, "at");
  if (e->at && !vcca_time_read(e->at, &seconds, err))
    return vcca_fail_in(err, "--at");
  const char *path;
  for (unsigned i = 0; (path = args_nth(a, "chain", i)) != NULL; i++) {
    if (i == VCCA_VERIFY_CERTS)
      return vcca_fail(err, VCCA_FAULT_USAGE, "more than %d --chain certificates", VCCA_VERIFY_CERTS);
    vcca_span *to = i == 0 ? &e->roots[e->root_count++] : &e->intermediates[e->intermediate_count++];
    if (!read_file(job, path, to, err))
      return false;
  }
  bool cert = args_has(a, "cert") || job->wrapped.cert.n > 0;
  if (args_has(a, "chain") != cert && (args_has(a, "chain") || args_has(a, "cert")))
    return vcca_fail(err, VCCA_FAULT_USAGE, "--chain and --cert go together");
  return true;
}

/* The CPAK by --cpak, or by the token's implementation and instance id in --ta-store. */
static bool read_anchor(const struct args *a, struct job *job, struct vcca_error *err)
{
  const char *key = args_get(a, "cpak"), *store = args_get(a, "ta-store");
  vcca_span bytes = {0};
  if (!key && !store)
    return true;
  if (!read_file(job, key ? key : store, &bytes, err))
    return false;
  struct vcca_token token;
  if (store &&
      (!vcca_token_decode_lenient(job->evidence.token, vcca_evidence_leniencies(&job->evidence), &token, NULL) ||
       !token.has_platform))
    return true; /* the verdict will say what is wrong with the token */
  job->cpak = key ? vcca_anchor_read(bytes, err) : vcca_anchor_find(bytes, &token.platform, err);
  job->evidence.cpak = job->cpak;
  return job->cpak ? true : vcca_fail_in(err, key ? key : store);
}

/* What came with the token counts as if it were given, unless an option gives another. A certificate
 * carries trust only under a root that the relying party gives. */
static void take_wrapped(const struct args *a, struct job *job)
{
  const struct {
    const char *option, *what;
    const struct vcca_bytes *from;
    vcca_span *to;
    bool wanted;
  } rows[] = {
      {"cert", "device certificate", &job->wrapped.cert, &job->evidence.device_cert, args_has(a, "chain")},
      {"eventlog", "event log", &job->wrapped.eventlog, &job->evidence.eventlog, true},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    bool use = rows[i].from->n > 0 && rows[i].wanted && !args_has(a, rows[i].option);
    if (use)
      *rows[i].to = vcca_bytes_span(rows[i].from);
    if (rows[i].from->n > 0)
      vcca_print(stderr, "vcca %s: note: %s has the %s too, %s\n", a->verb->name, a->operand[0], rows[i].what,
                 use                           ? "which is used"
                 : args_has(a, rows[i].option) ? "which is not used: an option gives another"
                                               : "which is not used: no root is given (--chain)");
  }
}

static bool read_files(const struct args *a, struct job *job, struct vcca_error *err)
{
  struct vcca_evidence *e = &job->evidence;
  const struct {
    const char *name;
    vcca_span *to;
  } rows[] = {{"cert", &e->device_cert},
              {"image-ref", &e->image_reference},
              {"platform-ref", &e->platform_reference},
              {"rv-store", &e->reference_store}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const char *path = args_get(a, rows[i].name);
    if (path && !read_file(job, path, rows[i].to, err))
      return false;
  }
  take_wrapped(a, job);
  const char *log = args_get(a, "eventlog");
  return log == NULL || read_binary_file(job, log, VCCA_ARMOR_EVENTLOG, &e->eventlog, err);
}

static bool read_corims(const struct args *a, struct job *job, struct vcca_error *err)
{
  struct vcca_evidence *e = &job->evidence;
  const char *path;
  for (unsigned i = 0; (path = args_nth(a, "corim", i)) != NULL; i++) {
    if (i == VCCA_VERIFY_CORIMS)
      return vcca_fail(err, VCCA_FAULT_USAGE, "more than %d --corim files", VCCA_VERIFY_CORIMS);
    if (!read_binary_file(job, path, VCCA_ARMOR_CORIM, &e->corims[e->corim_count++], err))
      return false;
  }
  return true;
}

static bool read_policy(const struct args *a, struct job *job, struct vcca_error *err)
{
  const char *path = args_get(a, "policy");
  vcca_span yaml;
  if (path == NULL)
    return true;
  if (!read_file(job, path, &yaml, err))
    return false;
  job->evidence.policy = &job->policy;
  return vcca_policy_read(yaml, &job->policy, err) ? true : vcca_fail_in(err, path);
}

static bool read_required(const struct args *a, struct job *job, struct vcca_error *err)
{
  const char *names;
  job->evidence.strict = args_has(a, "strict");
  for (unsigned i = 0; (names = args_nth(a, "require", i)) != NULL; i++)
    if (!vcca_checks_named(vcca_span_str(names), job->evidence.required, err))
      return false;
  return true;
}

/* How the result is to be written, all before anything is verified. */
static bool read_ear(const struct args *a, struct job *job, struct vcca_error *err)
{
  const char *profile = args_get(a, "ear-profile"), *key = args_get(a, "ear-key");
  uint64_t now = 0;
  vcca_span bytes;
  if (args_has(a, "ear") && is_stdout(args_get(a, "ear")))
    return vcca_fail(err, VCCA_FAULT_USAGE, "--ear %s: stdout has the verdict: name a file", args_get(a, "ear"));
  if (profile && strcmp(profile, "veraison") != 0 && strcmp(profile, "ietf") != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--ear-profile is veraison or ietf");
  if (!args_u64(a, "now", INT64_MAX, &now, err))
    return false;
  job->ear = (struct vcca_ear){.profile = profile && strcmp(profile, "ietf") == 0 ? VCCA_EAR_IETF : VCCA_EAR_VERAISON,
                               .has_time = args_has(a, "now"),
                               .time = (int64_t)now,
                               .nonce = job->evidence.challenge,
                               .policy = job->evidence.policy ? job->policy.name : NULL};
  if (!key)
    return true;
  if (!read_file(job, key, &bytes, err))
    return false;
  job->signer = vcca_signer_read(bytes, err);
  return job->signer ? true : vcca_fail_in(err, key);
}

static bool write_ear(const struct args *a, const struct job *job, struct vcca_error *err)
{
  uint8_t room[EAR_MAX];
  vcca_sink out = VCCA_SINK(room);
  struct vcca_appraisal appraisal;
  if (!args_has(a, "ear"))
    return true;
  vcca_appraise(&job->verdict, &appraisal);
  if (!job->ear.has_time)
    vcca_print(
        stderr,
        "vcca token verify: note: the attestation result has no time of issue (--now), which its profile wants\n");
  if (job->signer) {
    if (!vcca_ear_jwt(&appraisal, &job->ear, job->signer, &out, err))
      return false;
  } else {
    struct vcca_json j = vcca_json_into(&out, VCCA_JSON_PRETTY);
    vcca_ear_json(&appraisal, &job->ear, &j);
  }
  return vcca_files_write(a->files, args_get(a, "ear"), vcca_sink_span(&out), err);
}

static void text(const void *what, vcca_sink *out)
{
  vcca_verdict_text(what, out);
}

/* What forms of token are taken. */
static bool read_tolerance(const struct args *a, struct vcca_evidence *e, struct vcca_error *err)
{
  const char *lenient = args_get(a, "lenient"), *refuse = args_get(a, "refuse"), *family = args_get(a, "family");
  char names[160];
  if ((lenient && !vcca_leniencies_named(vcca_span_str(lenient), &e->leniencies, err)) ||
      (refuse && !vcca_leniencies_named(vcca_span_str(refuse), &e->refused, err)) ||
      (family && !vcca_families_named(vcca_span_str(family), &e->families, err)))
    return false;
  if ((e->leniencies & e->refused) != 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--lenient and --refuse both name %s",
                     vcca_leniencies_text(e->leniencies & e->refused, names, sizeof names));
  return true;
}

static enum vcca_exit verify(const struct args *a, struct job *job)
{
  struct vcca_error err;
  bool json;
  if (!args_follow(a, rules, sizeof rules / sizeof *rules, &err) || !args_json(a, &json, &err) ||
      !read_wrapped(a, a->operand[0], &job->token, &job->wrapped, &err))
    return fail(a, &err);
  job->evidence.token = vcca_bytes_span(&job->token);
  job->evidence.any_lifecycle = args_has(a, "any-lifecycle");
  if (!read_tolerance(a, &job->evidence, &err))
    return fail(a, &err);
  if (!read_values(a, job, &err) || !read_chain(a, job, &err) || !read_files(a, job, &err) ||
      !read_corims(a, job, &err) || !read_policy(a, job, &err) || !read_required(a, job, &err) ||
      !read_anchor(a, job, &err) || !read_ear(a, job, &err))
    return fail(a, &err);
  vcca_verify_evidence(&job->evidence, &job->verdict);
  if (!write_ear(a, job, &err))
    return fail(a, &err);
  if (json) {
    struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
    vcca_verdict_json(&job->verdict, &j);
  } else {
    enum vcca_exit printed = print_sink(a, text, &job->verdict);
    if (printed != VCCA_EXIT_YES)
      return printed;
  }
  return vcca_verdict_exit(&job->verdict);
}

static enum vcca_exit run(const struct args *a)
{
  static struct job job; /* large; one verb runs once */
  job.args = a;
  enum vcca_exit code = verify(a, &job);
  for (unsigned i = 0; i < FILES; i++)
    vcca_bytes_free(&job.files[i]);
  vcca_bytes_free(&job.token);
  vcca_unwrapped_free(&job.wrapped);
  vcca_key_free(job.cpak);
  vcca_key_free(job.signer);
  return code;
}

const struct verb verb_token_verify = {
    "token verify",
    "FILE",
    1,
    1,
    "verdict on a token: every named check pass, fail or not-run",
    "Verifies a token as a relying party: structure, certificate chain, both signatures, the binding between them, "
    "freshness, lifecycle, and "
    "whatever reference values are given. A check that nothing was given for is not-run and says so, and the token may "
    "still be accepted: --strict "
    "and "
    "--require make that a rejection, with or without a policy, and the JSON document lists it (not_checked). Trust "
    "comes from the CPAK (--cpak or "
    "--ta-store), from a key in a CoRIM (--corim), or from a device certificate and its chain (--cert and --chain); "
    "without any no token is "
    "accepted. The signatures decide, not the family: what a specification permits is accepted with a remark; "
    "--family, --refuse and a policy "
    "demand more. --ear writes what the verdict means as an attestation result, accepted or not. "
    "Exit: 0 accepted, 1 rejected, 3 malformed.",
    "vcca token verify --strict token.cbor --cpak cpak.json --challenge 00ff... --rim 4cd6... --platform-ref "
    "software_components.json\n"
    "vcca token verify token.cbor --cpak cpak.json --challenge 00ff... --require freshness,platform-signature\n"
    "vcca token verify --strict token.cbor --corim corim-cpak.cbor --corim corim-platform.cbor --corim "
    "corim-realm.cbor --challenge 00ff... --ear "
    "result.json\n"
    "vcca token verify token.cbor --chain root.pem --chain sub.pem --cert dev.der --eventlog ccel.bin -o json",
    options,
    run,
};
