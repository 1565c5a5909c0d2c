/* vcca eventlog replay: register values after a log.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "vcca/armor.h"
#include "rooms/eventlog.h"
#include "vcca/hex.h"
#include "rooms/error.h"
#include "rooms/json.h"
#include "rooms/text.h"

static const struct option options[] = {
    {"alg", 'a', "sha-256|sha-384|sha-512", false, "which digests; default the log's first known algorithm"},
    OPTION_OUTPUT,
    OPTION_END,
};

static bool choose(const struct args *a, vcca_span bytes, enum vcca_hash_alg *alg, struct vcca_error *err)
{
  const char *name = args_get(a, "alg");
  if (name)
    return vcca_hash_named(vcca_span_str(name), alg)
               ? true
               : vcca_fail(err, VCCA_FAULT_USAGE, "--alg %s: sha-256, sha-384 or sha-512", name);
  struct vcca_eventlog log;
  if (!vcca_eventlog_open(&log, bytes, err))
    return false;
  for (unsigned i = 0; i < log.alg_count; i++)
    for (int k = 0; k < VCCA_HASH_ALGS; k++)
      if (vcca_tcg_alg((enum vcca_hash_alg)k) == log.algs[i].id) {
        *alg = (enum vcca_hash_alg)k;
        return true;
      }
  return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the log has no sha-256, sha-384 or sha-512 digests");
}

static void print_names(const struct vcca_replay *r, struct vcca_json *j)
{
  vcca_json_open(j, "register_names", '{');
  for (unsigned i = 0; i < VCCA_LOG_REGISTERS; i++) {
    char number[8], name[16];
    snprintf(number, sizeof number, "%u", i);
    if (r->events[i] > 0)
      vcca_json_str(j, number, vcca_register_name(r->cc, i, name, sizeof name));
  }
  vcca_json_close(j);
}

static void print(const struct vcca_replay *r, bool json)
{
  size_t n = vcca_hash_size(r->alg);
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  char locality[40];
  snprintf(locality, sizeof locality, ", from startup locality %u", r->locality);
  if (json) {
    vcca_json_open(&j, NULL, '{');
    vcca_json_head(&j, "vcca-replay-1", NULL);
    vcca_json_str(&j, "alg", vcca_hash_name(r->alg));
    vcca_json_int(&j, "events", r->total);
    if (r->has_locality)
      vcca_json_int(&j, "startup_locality", r->locality);
    print_names(r, &j);
    vcca_json_open(&j, "registers", '{');
  }
  for (unsigned i = 0; i < VCCA_LOG_REGISTERS; i++) {
    char hex[2 * VCCA_HASH_MAX + 1], name[8], reg[16];
    if (r->events[i] == 0)
      continue;
    snprintf(name, sizeof name, "%u", i);
    if (json)
      vcca_json_hex(&j, name, vcca_span_of(r->value[i], n));
    else
      vcca_print(stdout, "%2u  %-5s  %s  %u events%s\n", i, vcca_register_name(r->cc, i, reg, sizeof reg),
                 vcca_hex_text(vcca_span_of(r->value[i], n), hex, sizeof hex), r->events[i],
                 i == 0 && r->has_locality ? locality : "");
  }
  while (j.depth > 0)
    vcca_json_close(&j);
}

static enum vcca_exit run(const struct args *a)
{
  struct vcca_bytes file = {0};
  struct vcca_error err;
  struct vcca_replay replay;
  enum vcca_hash_alg alg = VCCA_SHA256;
  bool json, ok = args_json(a, &json, &err) && read_binary(a, a->operand[0], VCCA_ARMOR_EVENTLOG, &file, &err);
  if (ok && (!choose(a, vcca_bytes_span(&file), &alg, &err) ||
             !vcca_eventlog_replay(vcca_bytes_span(&file), alg, &replay, &err)))
    ok = vcca_fail_in(&err, a->operand[0]);
  if (ok)
    print(&replay, json);
  vcca_bytes_free(&file);
  return ok ? VCCA_EXIT_YES : fail(a, &err);
}

const struct verb verb_eventlog_replay = {
    "eventlog replay",
    "FILE",
    1,
    1,
    "register values after a log",
    "Replays a log from zero registers: R = H(R || digest) for every event but EV_NO_ACTION. In a CCEL log register n "
    "is REM n-1 (register 0 is the "
    "RIM, which no log extends). In a TPM's log PCR 0 starts from the locality of the TPM's startup, where the log "
    "says one (StartupLocality, or an "
    "H-CRTM).",
    "vcca eventlog replay ccel.bin\nvcca eventlog replay --alg sha-384 -o json tdx-ccel.bin",
    options,
    run,
};
