/* vcca vm extend: a running VM's REM, as its guest extends it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/vm.h"
#include "rooms/error.h"
#include "rooms/json.h"
#include "rooms/files.h"

static const struct option options[] = {
    OPTION_VM,
    {"rem", 0, "N", false, "which REM: 0 (default) to 3"},
    {"hash", 0, "sha-256|sha-384|sha-512", false, "extend by the hash of the FILE"},
    {"value", 0, "HEX", false, "extend by this value, up to 64 bytes"},
    OPTION_OUTPUT,
    OPTION_END,
};

static bool read_value(const struct args *a, vcca_sink *value, struct vcca_error *err)
{
  static const struct option_rule rules[] = {{"hash", true, "FILE"}, {"value", false, "FILE"}};
  const char *hash = args_get(a, "hash");
  enum vcca_hash_alg alg = VCCA_SHA256;
  if (!args_follow(a, rules, 2, err))
    return false;
  if (hash && !vcca_hash_named(vcca_span_str(hash), &alg))
    return vcca_fail(err, VCCA_FAULT_USAGE, "--hash %s: sha-256, sha-384 or sha-512", hash);
  if (a->operands == 0 && !args_has(a, "value"))
    return vcca_fail(err, VCCA_FAULT_USAGE, "by what? --value HEX, or a FILE whose hash is taken");
  if (a->operands == 0)
    return args_hex(a, "value", value, err);
  struct vcca_bytes bytes = {0};
  if (!vcca_files_read(a->files, a->operand[0], CLI_FILE_MAX, &bytes, err))
    return false;
  vcca_hash(alg, vcca_bytes_span(&bytes), value->p);
  value->n = vcca_hash_size(alg);
  vcca_bytes_free(&bytes);
  return true;
}

static enum vcca_exit run(const struct args *a)
{
  uint8_t room[VCCA_MEASUREMENT_SIZE], text[400];
  vcca_sink value = VCCA_SINK(room), request = VCCA_SINK(text);
  struct vcca_error err;
  uint64_t rem = 0;
  if (!args_u64(a, "rem", VCCA_REMS - 1, &rem, &err) || !read_value(a, &value, &err))
    return fail(a, &err);
  struct vcca_json j = vcca_json_into(&request, VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  vcca_json_str(&j, "op", "extend");
  vcca_json_int(&j, "index", (int64_t)rem + 1);
  vcca_json_open(&j, "value", '{');
  vcca_json_hex(&j, "hex", vcca_sink_span(&value));
  vcca_json_close(&j);
  vcca_json_close(&j);
  return vm_ask_shown(a, vcca_sink_span(&request));
}

const struct verb verb_vm_extend = {
    "vm extend",
    "[FILE]",
    0,
    1,
    "extend a REM of a running VM",
    "Has the guest extend a REM, by RSI_MEASUREMENT_EXTEND or TSI's call of that name: by the value given, or by the "
    "hash of a file. Exit 1 when the "
    "monitor refuses.",
    "vcca vm extend --rem 1 /bin/true\nvcca vm extend --value 00112233",
    options,
    run,
};
