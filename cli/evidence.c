/* vcca evidence: a VM's evidence in the wrappings that other verifiers read.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/vm.h"
#include "rooms/error.h"
#include "rooms/files.h"
#include "rooms/guest.h"
#include "rooms/json.h"
#include "rooms/text.h"
#include "rooms/tsi.h"
#include "rooms/wrapped.h"
#include "vcca/armor.h"

static const struct option options[] = {
    {"challenge", 0, "HEX", false, "the challenge that the VM answers, up to 64 bytes"},
    {"set", 's', "NAME=VALUE", MANY, "override a scenario's variable"},
    {"until", 0, "NAME", false, "carry the scenario out up to the step of this name (as); default to its end"},
    {"token", 0, "FILE", false, "wrap this token; no VM is started"},
    {"cert", 0, "CERT", false, "with --token: the device certificate, as it is"},
    {"ccel-table", 0, "FILE", false, "CCEL table; default one that names the log's size"},
    {"eventlog", 0, "FILE", false,
     "CCEL event log, up to 2 MiB; where no REM was extended yet, the VM extends its events"},
    {"out", 0, "FILE", WRITES, "where it goes; default standard output"},
    {"list", 0, NULL, false, "list the formats, and stop"},
    OPTION_OUTPUT,
    OPTION_END,
};

static const struct option_rule rules[] = {
    {"ccel-table", true, "eventlog"}, {"cert", true, "token"}, {"set", true, "SCENARIO"}, {"until", true, "SCENARIO"}};

enum { CERT_ROOM = 1 << 14 };

struct job {
  uint8_t challenge[64], token[VCCA_TOKEN_MAX], cert[CERT_ROOM];
  struct vcca_bytes token_file, cert_file, table, log, wrapped;
  struct vcca_wrapped evidence;
};

static void list(bool json)
{
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  if (json) {
    vcca_json_open(&j, NULL, '{');
    vcca_json_head(&j, "vcca-wrappings-1", NULL);
    vcca_json_open(&j, "formats", '[');
  }
  for (unsigned i = 0; i < VCCA_WRAPPINGS; i++) {
    const struct vcca_wrapping_row *row = vcca_wrapping_at((enum vcca_wrapping)i);
    if (!json) {
      vcca_print(stdout, "%-16s %-8s %s\n%25s (%s)\n", row->name, row->virtcca ? "virtCCA" : "Arm CCA", row->meaning,
                 "", row->source);
      continue;
    }
    vcca_json_open(&j, NULL, '{');
    vcca_json_str(&j, "name", row->name);
    vcca_json_str(&j, "evidence", row->virtcca ? "virtcca" : "arm-cca");
    vcca_json_str(&j, "meaning", row->meaning);
    vcca_json_str(&j, "source", row->source);
    vcca_json_close(&j);
  }
  for (unsigned level = 0; json && level < 2; level++)
    vcca_json_close(&j);
}

static bool succeeded(uint64_t status, const char *what, const vcca_running *vm, struct vcca_error *err)
{
  bool tsi = vcca_running_abi(vm) == VCCA_ABI_TMI;
  return status == 0 || vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "%s: %s", what,
                                  vcca_interface_status(tsi ? vcca_tsi() : vcca_rsi(), status));
}

/* All that the VM answers, by its own calls; the log's events are extended before. */
static bool ask(vcca_running *vm, bool virtcca, struct job *job, struct vcca_error *err)
{
  vcca_sink token = VCCA_SINK(job->token), cert = VCCA_SINK(job->cert);
  uint64_t status = 0;
  if ((vcca_running_abi(vm) == VCCA_ABI_TMI) != virtcca)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the scenario's VM is %s, and the format is for the other kind",
                     virtcca ? "an Arm CCA realm" : "a virtCCA VM");
  if (job->log.n > 0 && !vcca_running_firmware_log(vm, vcca_bytes_span(&job->table), vcca_bytes_span(&job->log), err))
    return false;
  if (!vcca_running_token(vm, job->evidence.challenge, &token, NULL, &status, err) ||
      !succeeded(status, "the token call", vm, err))
    return false;
  job->evidence.token = vcca_sink_span(&token);
  if (!virtcca)
    return true;
  if (!vcca_running_certificate(vm, &cert, &status, err) || !succeeded(status, "DEVICE_CERT", vm, err))
    return false;
  job->evidence.cert = vcca_sink_span(&cert);
  return true;
}

static bool from_scenario(const struct args *a, bool virtcca, struct job *job, struct vcca_error *err)
{
  const char *settings[CLI_VALUES];
  struct vcca_running_options how = {.settings = settings, .until = args_get(a, "until"), .files = a->files};
  while ((settings[how.setting_count] = args_nth(a, "set", (unsigned)how.setting_count)) != NULL)
    how.setting_count++;
  if (job->evidence.challenge.n == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "a VM answers a challenge: give one (--challenge HEX)");
  vcca_running *vm = vcca_running_start(a->operand[1], &how, err);
  bool ok = vm && ask(vm, virtcca, job, err);
  vcca_running_stop(vm);
  return ok;
}

static bool from_files(const struct args *a, struct job *job, struct vcca_error *err)
{
  if (!read_binary(a, args_get(a, "token"), VCCA_ARMOR_TOKEN, &job->token_file, err) ||
      !args_file(a, "cert", CLI_SMALL_MAX, &job->cert_file, err))
    return false;
  job->evidence.token = vcca_bytes_span(&job->token_file);
  job->evidence.cert = vcca_bytes_span(&job->cert_file);
  return true;
}

static bool wrap(const struct args *a, struct job *job, struct vcca_error *err)
{
  enum vcca_wrapping wrapping;
  vcca_sink challenge = VCCA_SINK(job->challenge);
  if (!vcca_wrapping_named(vcca_span_str(a->operand[0]), &wrapping))
    return vcca_fail(err, VCCA_FAULT_USAGE, "no format '%s': vcca evidence --list has them", a->operand[0]);
  if (!args_follow(a, rules, sizeof rules / sizeof *rules, err) || !args_hex(a, "challenge", &challenge, err) ||
      !vm_read_log(a, &job->table, &job->log, err))
    return false;
  job->evidence.challenge = vcca_sink_span(&challenge);
  job->evidence.eventlog = vcca_bytes_span(&job->log);
  job->evidence.ccel_table = vcca_bytes_span(&job->table);
  bool virtcca = vcca_wrapping_at(wrapping)->virtcca;
  if (!(a->operands > 1 ? from_scenario(a, virtcca, job, err) : from_files(a, job, err)))
    return false;
  const struct vcca_wrapped *e = &job->evidence;
  size_t room = 2048 + 12 * (e->token.n + e->cert.n + e->eventlog.n + e->ccel_table.n);
  if (!vcca_bytes_alloc(&job->wrapped, room, err))
    return false;
  vcca_sink out = vcca_sink_of(job->wrapped.p, room);
  return vcca_wrap(wrapping, e, &out, err) &&
         vcca_files_write(a->files, args_has(a, "out") ? args_get(a, "out") : "-", vcca_sink_span(&out), err);
}

static enum vcca_exit run(const struct args *a)
{
  static struct job job; /* large; one verb runs once */
  struct vcca_error err;
  bool json = false;
  if (!args_json(a, &json, &err))
    return fail(a, &err);
  if (args_has(a, "list")) {
    list(json);
    return VCCA_EXIT_YES;
  }
  if (json)
    return usage(a, "-o json is for --list: a format says what its output is");
  if (a->operands == 0 || (a->operands > 1) == args_has(a, "token"))
    return usage(a, "wants a FORMAT, and a SCENARIO or --token");
  bool ok = wrap(a, &job, &err);
  vcca_bytes_free(&job.token_file);
  vcca_bytes_free(&job.cert_file);
  vcca_bytes_free(&job.table);
  vcca_bytes_free(&job.log);
  vcca_bytes_free(&job.wrapped);
  return ok ? VCCA_EXIT_YES : fail(a, &err);
}

const struct verb verb_evidence = {
    "evidence",
    "FORMAT [SCENARIO]",
    0, /* --list needs none */
    2,
    "a VM's evidence in the form that another verifier reads",
    "Boots the scenario's VM, lets it answer a challenge, and writes token, device certificate and event log in the "
    "form "
    "that another verifier takes: secgear, gta, trustee-virtcca, trustee-cca, ratsd, cmw-json or cmw-cbor (--list says "
    "what each holds). With --token it wraps what is in files. vcca token verify and vcca token show read all of them.",
    "vcca evidence trustee-cca --challenge $NONCE scenarios/attest-arm-1.0.yaml\n"
    "vcca evidence gta --challenge $NONCE --eventlog ccel.bin scenarios/attest-virtcca-p521.yaml --out evidence.json\n"
    "vcca evidence secgear --token token.cbor --cert dev_cert.pem\n"
    "vcca evidence --list",
    options,
    run,
};
