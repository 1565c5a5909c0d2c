/* vcca vm inject: a running VM whose monitor fails in a way that was asked for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/device_option.h"
#include "cli/vm.h"
#include "rooms/hsm.h"
#include "rooms/json.h"

static const struct option options[] = {
    OPTION_VM,
    {"command", 'c', "NAME", false, "which guest command: ATTESTATION_TOKEN_INIT ... (vcca table rsi, vcca table tsi)"},
    {"status", 0, "NAME", false,
     "status: what it is answered with: ERROR_INPUT, ERROR_STATE, UNKNOWN ..., or a number"},
    {"times", 'n', "N", false, "how many calls: 0 is all; default 1, of delay 0"},
    {"milliseconds", 0, "N", false, "delay: how long each call takes, at most 60000"},
    {"device", 0, "other|rsa|p521|p384|FILE", false,
     "device: whose keys sign; other (default): the same kind with other secrets"},
    {"lifecycle", 0, "debug|NUMBER", false, "lifecycle: what the platform token says; debug is 0x4000"},
    OPTION_OUTPUT,
    OPTION_END,
};

static const struct option_rule rules[] = {{"status", true, "command"}};

static bool put_number(const struct args *a, struct vcca_json *j, const char *name, struct vcca_error *err)
{
  uint64_t value = 0;
  if (!args_has(a, name))
    return true;
  if (!args_u64(a, name, INT32_MAX, &value, err))
    return false;
  vcca_json_int(j, name, (int64_t)value);
  return true;
}

static void put_word(const struct args *a, struct vcca_json *j, const char *name)
{
  if (args_has(a, name))
    vcca_json_str(j, name, args_get(a, name));
}

/* A built-in device goes by its name, a device image by its text: the file may be out of the server's
 * sight. */
static bool put_device(const struct args *a, struct vcca_json *j, struct vcca_error *err)
{
  static uint8_t room[VCCA_CONTROL_LINE];
  const char *name = args_get(a, "device");
  enum vcca_chain_kind kind;
  struct vcca_device device;
  if (!name || strcmp(name, "other") == 0 || vcca_chain_kind_named(vcca_span_str(name), &kind)) {
    put_word(a, j, "device");
    return true;
  }
  vcca_sink yaml = VCCA_SINK(room);
  if (!device_load(a, VCCA_CHAIN_P521, &device, err))
    return false;
  vcca_device_save(&device, &yaml);
  vcca_json_text(j, "image", vcca_sink_span(&yaml));
  return true;
}

static enum vcca_exit run(const struct args *a)
{
  static uint8_t text[2 * VCCA_CONTROL_LINE];
  vcca_sink request = VCCA_SINK(text);
  struct vcca_error err;
  if (!args_follow(a, rules, 1, &err))
    return fail(a, &err);
  struct vcca_json j = vcca_json_into(&request, VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  vcca_json_str(&j, "op", "inject");
  vcca_json_str(&j, "what", a->operand[0]);
  put_word(a, &j, "command");
  put_word(a, &j, "status");
  put_word(a, &j, "lifecycle");
  if (!put_number(a, &j, "times", &err) || !put_number(a, &j, "milliseconds", &err) || !put_device(a, &j, &err))
    return fail(a, &err);
  vcca_json_close(&j);
  return vm_ask_shown(a, vcca_sink_span(&request));
}

const struct verb verb_vm_inject = {
    "vm inject",
    "status|incomplete|delay|device|lifecycle|none",
    1,
    1,
    "have a running VM's monitor fail",
    "What guest software and verifiers have to cope with, one at a time or together: a command that is answered with "
    "an error (status), a token "
    "whose "
    "making is interrupted (incomplete), a slow monitor (delay), keys of another device (device), a platform in "
    "another lifecycle state "
    "(lifecycle). none takes all away, ends a delay that a call is in, and gives the VM its own device back.",
    "vcca vm inject status --command ATTESTATION_TOKEN_CONTINUE --status ERROR_STATE\nvcca vm inject incomplete "
    "--times 3\n"
    "vcca vm inject delay --milliseconds 500\nvcca vm inject device\nvcca vm inject lifecycle --lifecycle debug\nvcca "
    "vm inject none",
    options,
    run,
};
