/* vcca attest: the client of an attestation session.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "rooms/crypto.h"
#include "rooms/json.h"
#include "vcca/crypto.h"
#include "rooms/session.h"
#include "rooms/time.h"

static const struct option options[] = {
    {"address", 'i', "HOST", false, "where the server is; default 127.0.0.1"},
    {"port", 'p', "N", false, "its port; default 7220"},
    {"rim", 'm', "HEX", false, "expected RIM, 32, 48 or 64 bytes (vcca measure computes it)"},
    {"any-rim", 0, NULL, false, "accept any RIM, so any VM on this machine; no key is released then"},
    {"image-ref", 'f', "FILE", false,
     "image_reference_measurement.json: ask for the event log, replay it, and compare what was booted"},
    {"log", 0, NULL, false, "ask for the event log and replay it, without a reference"},
    {"platform-ref", 'P', "FILE", false, "software_components.json: platform components"},
    {"chain", 0, "CERT", MANY,
     "trust anchor: CA certificates, PEM or DER; the first file has the root; instead of --certs"},
    {"certs", 0, "FOLDER", false,
     "where root_cert.pem and sub_cert.pem are, or eccp521_root_cert.pem and eccp521_sub_cert.pem; default ."},
    {"at", 0, "TIME", false, "YYYYMMDDHHMMSSZ: also check that certificates are valid then"},
    {"challenge", 0, "HEX", false,
     "send this challenge, up to 64 bytes; default fresh random bytes, as freshness demands"},
    {"any-lifecycle", 0, NULL, false, "accept a platform that is not in the secured state"},
    {"fde-key", 'k', "FILE", false,
     "the key of the root file system, up to 4096 bytes: sent when all has passed, never otherwise"},
    {"dump", 'e', NULL, false, "collect evidence and event log, give no verdict; with --save"},
    {"save", 0, "FOLDER", false,
     "write token.cbor, aik_cert.pem, ccel.bin and event_log.bin there, as far as they came"},
    {"idle", 0, "SECONDS", false, "longest silence of the server; default 10"},
    {"limit", 0, "SECONDS", false, "longest session; default 60"},
    OPTION_OUTPUT,
    OPTION_END,
};

static const struct option_rule rules[] = {
    {"chain", false, "certs"},
    {"rim", false, "any-rim"},
    {"fde-key", false, "any-rim dump"},
    {"dump", true, "save"},
    {"dump", false, "rim any-rim image-ref log platform-ref chain certs at any-lifecycle"},
};

enum { SECONDS_MAX = 86400, OWN_CHAIN = 2 };

struct job {
  const struct args *args;
  bool json;
  uint64_t port, idle, limit;
  uint8_t challenge[VCCA_SESSION_CHALLENGE], rim[VCCA_HASH_MAX];
  struct vcca_bytes key, chain[VCCA_VERIFY_CERTS], image_ref, platform_ref;
  char peer[80];
  struct vcca_session_evidence got;
  struct vcca_evidence evidence;
  struct vcca_session_judgement judgement;
  enum vcca_session_end end;
};

/* --- Before the session --------------------------------------------------------------------------------- */

static bool read_numbers(const struct args *a, struct job *job, struct vcca_error *err)
{
  job->port = VCCA_SESSION_PORT;
  job->idle = VCCA_SESSION_IDLE / 1000;
  job->limit = VCCA_SESSION_LIMIT / 1000;
  if (!args_u64(a, "port", UINT16_MAX, &job->port, err) || !args_u64(a, "idle", SECONDS_MAX, &job->idle, err) ||
      !args_u64(a, "limit", SECONDS_MAX, &job->limit, err))
    return false;
  if (job->port == 0 || job->idle == 0 || job->limit == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--port, --idle and --limit are at least 1");
  return true;
}

static bool read_values(const struct args *a, struct job *job, struct vcca_error *err)
{
  vcca_sink challenge = VCCA_SINK(job->challenge), rim = VCCA_SINK(job->rim);
  int64_t seconds;
  if (!args_hex(a, "challenge", &challenge, err) || !args_hex(a, "rim", &rim, err))
    return false;
  if (!args_has(a, "rim") && !args_has(a, "any-rim") && !args_has(a, "dump"))
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "which VM is it to be? Give its RIM (--rim, see: vcca measure), or --any-rim");
  if (args_has(a, "rim"))
    job->evidence.rim = vcca_sink_span(&rim);
  if (!args_has(a, "challenge") && !vcca_session_challenge(job->challenge, err))
    return false;
  job->evidence.challenge = VCCA_SPAN(job->challenge);
  job->evidence.any_lifecycle = args_has(a, "any-lifecycle");
  job->evidence.at = args_get(a, "at");
  return !job->evidence.at || vcca_time_read(job->evidence.at, &seconds, err) || vcca_fail_in(err, "--at");
}

static bool read_files(const struct args *a, struct job *job, struct vcca_error *err)
{
  const char *path;
  for (unsigned i = 0; (path = args_nth(a, "chain", i)) != NULL; i++)
    if (i == VCCA_VERIFY_CERTS)
      return vcca_fail(err, VCCA_FAULT_USAGE, "more than %d --chain certificates", VCCA_VERIFY_CERTS);
    else if (!vcca_files_read(a->files, path, CLI_SMALL_MAX, &job->chain[i], err))
      return false;
  if (!args_file(a, "image-ref", CLI_SMALL_MAX, &job->image_ref, err) ||
      !args_file(a, "platform-ref", CLI_SMALL_MAX, &job->platform_ref, err) ||
      !args_file(a, "fde-key", VCCA_SESSION_KEY_MAX, &job->key, err))
    return false;
  if (args_has(a, "fde-key") && job->key.n == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--fde-key %s: the file is empty", args_get(a, "fde-key"));
  if (args_has(a, "image-ref"))
    job->evidence.image_reference = vcca_bytes_span(&job->image_ref);
  if (args_has(a, "platform-ref"))
    job->evidence.platform_reference = vcca_bytes_span(&job->platform_ref);
  return true;
}

/* --- Saving --------------------------------------------------------------------------------------------- */

static const char *const saved[] = {"token.cbor", "aik_cert.pem", "ccel.bin", "event_log.bin"};

/* With write unset the names are declared, before anything is sent. */
static bool save(const struct args *a, const struct job *job, bool write, struct vcca_error *err)
{
  const struct vcca_bytes *parts[] = {&job->got.token, &job->got.certificate, &job->got.ccel_table, &job->got.eventlog};
  const char *folder = args_get(a, "save");
  char path[VCCA_PATH_MAX];
  for (size_t i = 0; folder && i < sizeof saved / sizeof *saved; i++) {
    int n = snprintf(path, sizeof path, "%s/%s", folder, saved[i]);
    if (n < 0 || (size_t)n >= sizeof path)
      return vcca_fail(err, VCCA_FAULT_USAGE, "--save: the folder's name is too long");
    if (write ? parts[i]->n > 0 && !vcca_files_write(a->files, path, vcca_bytes_span(parts[i]), err)
              : !vcca_files_output(a->files, "--save", path, false, err))
      return false;
  }
  return true;
}

/* --- Trust ---------------------------------------------------------------------------------------------- */

/* The sample client's names, by the kind of key that the certificate has. */
static bool read_own_chain(const struct args *a, struct job *job, struct vcca_error *err)
{
  const char *folder = args_has(a, "certs") ? args_get(a, "certs") : ".";
  vcca_key *key = vcca_cert_key(vcca_bytes_span(&job->got.certificate), NULL);
  const struct vcca_session_chain *files = vcca_session_chain(key ? vcca_key_type(key) : VCCA_KEY_RSA);
  const char *const names[OWN_CHAIN] = {files->root, files->sub}, *const numbers[OWN_CHAIN] = {files->root_number,
                                                                                               files->sub_number};
  char path[VCCA_PATH_MAX];
  vcca_key_free(key);
  for (size_t i = 0; i < OWN_CHAIN; i++) {
    snprintf(path, sizeof path, "%.4000s/%s", folder, names[i]);
    if (vcca_files_read(a->files, path, CLI_SMALL_MAX, &job->chain[i], err))
      continue;
    size_t n = strlen(err->text);
    snprintf(err->text + n, sizeof err->text - n,
             " (its publisher calls it %s; --certs FOLDER or --chain says where CA certificates are)", numbers[i]);
    return false;
  }
  return true;
}

static bool read_trust(const struct args *a, struct job *job, struct vcca_error *err)
{
  struct vcca_evidence *e = &job->evidence;
  if (!args_has(a, "chain") && !read_own_chain(a, job, err))
    return false;
  e->device_cert = vcca_bytes_span(&job->got.certificate);
  e->roots[e->root_count++] = vcca_bytes_span(&job->chain[0]);
  for (size_t i = 1; i < VCCA_VERIFY_CERTS && job->chain[i].n > 0; i++)
    e->intermediates[e->intermediate_count++] = vcca_bytes_span(&job->chain[i]);
  e->token = vcca_bytes_span(&job->got.token);
  if (job->got.eventlog.n > 0)
    e->eventlog = vcca_bytes_span(&job->got.eventlog);
  return true;
}

/* --- What is printed ------------------------------------------------------------------------------------ */

static const char *reason_of(const struct job *job, size_t step)
{
  const struct vcca_session_finding *f = &job->judgement.steps[step];
  return f->check < VCCA_CHECKS ? job->judgement.verdict.findings[f->check].reason : "";
}

static void tell_text(const struct job *job)
{
  vcca_print(stdout, "session     %s: certificate %zu bytes, token %zu, event log %zu\n", job->peer,
             job->got.certificate.n, job->got.token.n, job->got.eventlog.n);
  for (size_t i = 0; !args_has(job->args, "dump") && i < VCCA_SESSION_STEPS; i++) {
    const char *outcome = vcca_outcome_name(job->judgement.steps[i].outcome), *reason = reason_of(job, i);
    vcca_print(stdout, "%-11s %s%s%s\n", vcca_session_step_at(i)->name, outcome, reason[0] ? "  " : "", reason);
  }
  size_t failed = job->judgement.failed;
  if (!args_has(job->args, "dump"))
    vcca_print(stdout, "verdict     %s%s\n", job->judgement.accepted ? "accepted" : "rejected at ",
               job->judgement.accepted       ? ""
               : failed < VCCA_SESSION_STEPS ? vcca_session_step_at(failed)->name
                                             : "no step: nothing carried trust");
  vcca_print(stdout, "end         %s: %s\n", vcca_session_end_at(job->end)->name,
             vcca_session_end_at(job->end)->meaning);
}

static void tell_json(const struct job *job)
{
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  vcca_json_open(&j, NULL, '{');
  vcca_json_head(&j, "vcca-attest-1", NULL);
  vcca_json_str(&j, "peer", job->peer);
  vcca_json_hex(&j, "challenge", VCCA_SPAN(job->challenge));
  vcca_json_int(&j, "certificate_size", (int64_t)job->got.certificate.n);
  vcca_json_int(&j, "token_size", (int64_t)job->got.token.n);
  vcca_json_int(&j, "eventlog_size", (int64_t)job->got.eventlog.n);
  vcca_json_str(&j, "end", vcca_session_end_at(job->end)->name);
  if (!args_has(job->args, "dump")) {
    vcca_json_bool(&j, "accepted", job->judgement.accepted);
    if (job->judgement.failed < VCCA_SESSION_STEPS)
      vcca_json_str(&j, "failed", vcca_session_step_at(job->judgement.failed)->name);
    vcca_json_bool(&j, "key_sent", job->end == VCCA_END_KEY);
    vcca_json_open(&j, "steps", '[');
    for (size_t i = 0; i < VCCA_SESSION_STEPS; i++) {
      const struct vcca_session_finding *f = &job->judgement.steps[i];
      vcca_json_open(&j, NULL, '{');
      vcca_json_str(&j, "step", vcca_session_step_at(i)->name);
      vcca_json_str(&j, "outcome", vcca_outcome_name(f->outcome));
      if (f->check < VCCA_CHECKS) {
        vcca_json_str(&j, "check", vcca_check_name(f->check));
        vcca_json_str(&j, "reason", reason_of(job, i));
      }
      vcca_json_close(&j);
    }
    vcca_json_close(&j);
  }
  vcca_json_close(&j);
}

/* --- The session ---------------------------------------------------------------------------------------- */

/* "... [closed-early: what that means; the fix]" */
static bool explain_end(const struct job *job, struct vcca_error *err)
{
  const struct vcca_session_end_row *end = vcca_session_end_at(job->end);
  char text[160];
  snprintf(text, sizeof text, "%.*s", (int)sizeof text - 1, err->text);
  snprintf(err->text, sizeof err->text, "%s [%s%s%s]", text, end->name, end->fix[0] ? ": " : "", end->fix);
  return false;
}

static bool hold(const struct args *a, struct job *job, struct vcca_session_client *c, struct vcca_error *err)
{
  bool with_log = args_has(a, "image-ref") || args_has(a, "log") || args_has(a, "dump");
  const vcca_span none = {NULL, 0};
  if (!vcca_session_collect(c, job->evidence.challenge, with_log, &job->got, &job->end, err))
    return explain_end(job, err);
  job->end = VCCA_END_NO_VERDICT;
  if (args_has(a, "dump"))
    return save(a, job, true, err);
  if (!read_trust(a, job, err))
    return false;
  vcca_session_judge(&job->evidence, &job->judgement);
  if (!save(a, job, true, err))
    return false;
  bool accepted = job->judgement.accepted;
  return vcca_session_conclude(c, accepted, accepted && args_has(a, "fde-key") ? vcca_bytes_span(&job->key) : none,
                               &job->end, err) ||
         explain_end(job, err);
}

static enum vcca_exit attest(const struct args *a, struct job *job)
{
  const char *address = args_has(a, "address") ? args_get(a, "address") : "127.0.0.1";
  struct vcca_session_client c = {.socket = -1};
  struct vcca_error err = {0};
  if (!args_follow(a, rules, sizeof rules / sizeof *rules, &err) || !args_json(a, &job->json, &err) ||
      !read_numbers(a, job, &err) || !read_values(a, job, &err) || !read_files(a, job, &err) ||
      !save(a, job, false, &err))
    return fail(a, &err);
  bool ok = vcca_session_connect(address, (unsigned)job->port, (unsigned)job->idle * 1000, (unsigned)job->limit * 1000,
                                 &c, &job->end, &err) ||
            explain_end(job, &err);
  snprintf(job->peer, sizeof job->peer, "%s", c.peer);
  ok = ok && hold(a, job, &c, &err);
  vcca_session_close(&c);
  if (!ok)
    return fail(a, &err);
  if (job->json)
    tell_json(job);
  else
    tell_text(job);
  if (args_has(a, "dump") || job->judgement.accepted)
    return VCCA_EXIT_YES;
  return job->judgement.verdict.malformed ? VCCA_EXIT_FAULT : VCCA_EXIT_NO;
}

static enum vcca_exit run(const struct args *a)
{
  static struct job job; /* large; one verb runs once */
  job.args = a;
  enum vcca_exit code = attest(a, &job);
  for (size_t i = 0; i < VCCA_VERIFY_CERTS; i++)
    vcca_bytes_free(&job.chain[i]);
  vcca_bytes_free(&job.key);
  vcca_bytes_free(&job.image_ref);
  vcca_bytes_free(&job.platform_ref);
  vcca_session_evidence_free(&job.got);
  return code;
}

const struct verb verb_attest = {
    "attest",
    "",
    0,
    0,
    "asks a virtCCA VM for evidence over TCP, gives it a verdict, releases a key",
    "Holds an attestation session with vcca serve, or with the server of the virtCCA SDK: asks for the device "
    "certificate and for a token over a "
    "fresh challenge (with --image-ref, --log or --dump also for the CCEL table and log), verifies them in the order "
    "of the SDK's client, and tells "
    "the server the verdict. A key (--fde-key) is sent only when every step has passed. Trust comes from CA "
    "certificates under the names that the "
    "SDK uses (--certs), or from --chain; nothing is downloaded. docs/session.md has the protocol, the steps, and what "
    "every way to end means. "
    "Exit: 0 accepted, 1 rejected, 3 no verdict could be reached.",
    "vcca attest --rim 4cd6... --certs ca\n"
    "vcca attest -i 192.0.2.7 -p 7220 -m 4cd6... -f image_reference_measurement.json -P software_components.json -k "
    "rootfs_key.bin\n"
    "vcca attest --dump --save evidence",
    options,
    run,
};
