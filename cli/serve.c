/* vcca serve: the server of attestation sessions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/vm.h"
#include "rooms/json.h"
#include "rooms/guest.h"
#include "rooms/session.h"

static const struct option options[] = {
    {"address", 'i', "IP", false, "address to listen on; default 127.0.0.1, this machine alone"},
    {"port", 'p', "N", false, "port to listen on; default 7220; 0: the system's choice, which the first line tells"},
    {"set", 's', "NAME=VALUE", MANY, "override a scenario's variable"},
    {"until", 0, "NAME", false, "carry the scenario out up to the step of this name (as); default to its end"},
    {"token", 0, "FILE", false, "serve this token, whatever the challenge: a replay"},
    {"cert", 0, "CERT", false, "with --token: the device certificate, sent as it is"},
    {"ccel-table", 0, "FILE", false, "CCEL table; default one that names the log's size"},
    {"eventlog", 0, "FILE", false, "CCEL event log, up to 2 MiB"},
    {"fde-key", 'k', "FILE", WRITES | SECRET,
     "write the key that a client sends there, once, for its owner alone; default: no key is taken"},
    {"once", 0, NULL, false, "end after the first session with a verdict"},
    {"idle", 0, "SECONDS", false, "longest silence of a client; default 10"},
    {"limit", 0, "SECONDS", false, "longest session; default 60"},
    {"connections", 0, "N", false, "sessions at a time; default 1024; others wait"},
    OPTION_OUTPUT,
    OPTION_END,
};

static const struct option_rule rules[] = {
    {"token", true, "cert"},   {"cert", true, "token"},     {"ccel-table", true, "eventlog"},
    {"set", true, "SCENARIO"}, {"until", true, "SCENARIO"},
};

enum { SECONDS_MAX = 86400, CONNECTIONS_MAX = 65536 };

struct job {
  const struct args *args;
  bool json, has_key;
  uint64_t port, idle, limit, connections;
  vcca_running *vm; /* NULL: a replay */
  struct vcca_bytes token, cert, table, log;
};

/* --- Interrupts ----------------------------------------------------------------------------------------- */

static volatile sig_atomic_t stop;

static void on_stop(int number)
{
  stop = number;
}

/* The server ends itself, after it has closed its sessions. What whoever started us ignores stays ignored. */
static void watch(void)
{
  static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
  struct sigaction before, action = {.sa_handler = on_stop};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
      sigaction(numbers[i], &action, NULL);
}

/* --- Evidence ------------------------------------------------------------------------------------------- */

/* The answers come from the VM's own calls of TSI. */
static bool vm_certificate(void *ctx, vcca_sink *out, struct vcca_error *err)
{
  const struct job *job = ctx;
  uint64_t status = 0;
  return vcca_running_certificate(job->vm, out, &status, err) &&
         (status == 0 ||
          vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "DEVICE_CERT: %s", vcca_interface_status(vcca_tsi(), status)));
}

static bool vm_token(void *ctx, vcca_span challenge, vcca_sink *out, struct vcca_error *err)
{
  const struct job *job = ctx;
  uint64_t status = 0;
  return vcca_running_token(job->vm, challenge, out, NULL, &status, err) &&
         (status == 0 ||
          vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the token call: %s", vcca_interface_status(vcca_tsi(), status)));
}

static bool replayed_certificate(void *ctx, vcca_sink *out, struct vcca_error *err)
{
  const struct job *job = ctx;
  (void)err;
  vcca_sink_put(out, vcca_bytes_span(&job->cert));
  return true;
}

static bool replayed_token(void *ctx, vcca_span challenge, vcca_sink *out, struct vcca_error *err)
{
  const struct job *job = ctx;
  (void)challenge;
  (void)err;
  vcca_sink_put(out, vcca_bytes_span(&job->token));
  return true;
}

static bool take_key(void *ctx, vcca_span key, bool *refused, struct vcca_error *err)
{
  struct job *job = ctx;
  *refused = job->has_key;
  if (job->has_key)
    return vcca_fail(err, VCCA_FAULT_USAGE, "there is a key already, from a session before");
  job->has_key = vcca_files_write(job->args->files, args_get(job->args, "fde-key"), key, err);
  return job->has_key;
}

/* --- Telling -------------------------------------------------------------------------------------------- */

static void tell_listening(const struct job *job, const char *address, unsigned port)
{
  if (job->json) {
    struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_LINE);
    vcca_json_open(&j, NULL, '{');
    vcca_json_head(&j, "vcca-serve-1", NULL);
    vcca_json_str(&j, "address", address);
    vcca_json_int(&j, "port", port);
    vcca_json_close(&j);
  } else {
    vcca_print(stdout, "listening on %s port %u\n", address, port);
  }
  fflush(stdout);
}

static void tell_session(void *ctx, const struct vcca_session_report *r)
{
  const struct job *job = ctx;
  const struct vcca_session_end_row *end = vcca_session_end_at(r->end);
  char why[700] = "";
  if (r->why.text[0])
    vcca_error_text(&r->why, why, sizeof why);
  if (job->json) {
    struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_LINE);
    vcca_json_open(&j, NULL, '{');
    vcca_json_int(&j, "session", r->number);
    vcca_json_str(&j, "peer", r->peer);
    vcca_json_int(&j, "messages", r->requests);
    vcca_json_int(&j, "received", (int64_t)r->received);
    vcca_json_int(&j, "sent", (int64_t)r->sent);
    vcca_json_str(&j, "end", end->name);
    if (why[0])
      vcca_json_str(&j, "why", why);
    vcca_json_close(&j);
  } else {
    vcca_print(stdout, "session %u  %s  %u messages  %s%s%s\n", r->number, r->peer, r->requests, end->name,
               why[0] ? ": " : "", why);
  }
  fflush(stdout);
}

/* --- The server ----------------------------------------------------------------------------------------- */

static bool read_numbers(const struct args *a, struct job *job, struct vcca_error *err)
{
  job->port = VCCA_SESSION_PORT;
  job->idle = VCCA_SESSION_IDLE / 1000;
  job->limit = VCCA_SESSION_LIMIT / 1000;
  job->connections = VCCA_SESSION_CONNECTIONS;
  if (!args_u64(a, "port", UINT16_MAX, &job->port, err) || !args_u64(a, "idle", SECONDS_MAX, &job->idle, err) ||
      !args_u64(a, "limit", SECONDS_MAX, &job->limit, err) ||
      !args_u64(a, "connections", CONNECTIONS_MAX, &job->connections, err))
    return false;
  if (job->idle == 0 || job->limit == 0 || job->connections == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "--idle, --limit and --connections are at least 1");
  return true;
}

static bool start_vm(const struct args *a, struct job *job, struct vcca_error *err)
{
  const char *settings[CLI_VALUES];
  struct vcca_running_options how = {.settings = settings, .until = args_get(a, "until"), .files = a->files};
  while ((settings[how.setting_count] = args_nth(a, "set", (unsigned)how.setting_count)) != NULL)
    how.setting_count++;
  job->vm = vcca_running_start(a->operand[0], &how, err);
  if (!job->vm)
    return false;
  return vcca_running_abi(job->vm) == VCCA_ABI_TMI ||
         vcca_fail(err, VCCA_FAULT_USAGE,
                   "%s boots an Arm CCA realm; the session is virtCCA's: use a scenario of profile virtcca",
                   a->operand[0]);
}

static bool read_evidence(const struct args *a, struct job *job, struct vcca_error *err)
{
  return args_file(a, "token", VCCA_SESSION_ANSWER_MAX, &job->token, err) &&
         args_file(a, "cert", VCCA_SESSION_ANSWER_MAX, &job->cert, err) &&
         vm_read_log(a, &job->table, &job->log, err) && (a->operands == 0 || start_vm(a, job, err));
}

static enum vcca_exit serve(const struct args *a, struct job *job)
{
  const char *address = args_has(a, "address") ? args_get(a, "address") : "127.0.0.1";
  struct vcca_error err = {0};
  unsigned port = 0;
  if ((a->operands > 0) == args_has(a, "token"))
    return usage(a, "what is to be served? A SCENARIO's VM, or what is in files (--token and --cert)");
  if (!args_follow(a, rules, sizeof rules / sizeof *rules, &err) || !args_json(a, &job->json, &err) ||
      !read_numbers(a, job, &err) || !read_evidence(a, job, &err))
    return fail(a, &err);
  int listener = vcca_session_listen(address, (unsigned)job->port, &port, &err);
  if (listener < 0)
    return fail(a, &err);
  const struct vcca_session_source source = {.ctx = job,
                                             .certificate = job->vm ? vm_certificate : replayed_certificate,
                                             .token = job->vm ? vm_token : replayed_token,
                                             .ccel_table = vcca_bytes_span(&job->table),
                                             .eventlog = vcca_bytes_span(&job->log),
                                             .key = args_has(a, "fde-key") ? take_key : NULL};
  const struct vcca_session_server server = {.source = &source,
                                             .report = tell_session,
                                             .report_ctx = job,
                                             .stop = &stop,
                                             .connections = (unsigned)job->connections,
                                             .idle = (unsigned)job->idle * 1000,
                                             .limit = (unsigned)job->limit * 1000,
                                             .once = args_has(a, "once")};
  enum vcca_session_end last;
  watch();
  tell_listening(job, address, port);
  bool ok = vcca_session_serve(listener, &server, &last, &err);
  close(listener);
  if (!ok)
    return fail(a, &err);
  return args_has(a, "once") && !stop && last == VCCA_END_REJECTED ? VCCA_EXIT_NO : VCCA_EXIT_YES;
}

static enum vcca_exit run(const struct args *a)
{
  static struct job job;
  job.args = a;
  enum vcca_exit code = serve(a, &job);
  if (job.vm)
    vcca_running_stop(job.vm);
  vcca_bytes_free(&job.token);
  vcca_bytes_free(&job.cert);
  vcca_bytes_free(&job.table);
  vcca_bytes_free(&job.log);
  return code;
}

const struct verb verb_serve = {
    "serve",
    "[SCENARIO]",
    0,
    1,
    "serves a virtCCA VM's evidence over TCP, as the SDK's server does",
    "Boots the scenario's VM and serves attestation sessions to vcca attest, or to the client of the virtCCA SDK: "
    "device certificate, token over the "
    "client's challenge, CCEL "
    "table and event log; takes the verdict and, with --fde-key, the key of a root file system. With --token and "
    "--cert it replays evidence that is "
    "in files: a client that sends a fresh challenge has to refuse it. Sessions run side by side, each with limits on "
    "its time, silence and size. "
    "The first line tells address and port; each session is a line when it has ended, with the name of its end "
    "(docs/session.md). SIGTERM and SIGINT "
    "close all sessions and end the server with exit code 0; --once ends it after the first verdict: 0 accepted, 1 "
    "rejected.",
    "vcca serve scenarios/attest-virtcca-p521.yaml\n"
    "vcca serve --once --fde-key rootfs_key.bin scenarios/attest-virtcca-rsa.yaml\n"
    "vcca serve --token token.cbor --cert dev_cert.der --port 0",
    options,
    run,
};
