/* vcca eventlog show: the events of a log.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "cli/cli.h"
#include "vcca/armor.h"
#include "rooms/eventlog.h"
#include "vcca/hex.h"
#include "rooms/error.h"
#include "rooms/json.h"
#include "rooms/text.h"

static const struct option options[] = {
    OPTION_OUTPUT,
    OPTION_END,
};

static const char *word(int agrees)
{
  return agrees > 0 ? "agrees" : agrees == 0 ? "DISAGREES" : "opaque";
}

static const char *self_check(const struct vcca_event *event, uint16_t alg)
{
  for (int i = 0; i < VCCA_HASH_ALGS; i++)
    if (vcca_tcg_alg((enum vcca_hash_alg)i) == alg)
      return word(vcca_event_self_check(event, (enum vcca_hash_alg)i));
  return word(-1);
}

/* The printable part of an event's data, for people. */
static void preview(vcca_span data, char *buf, size_t cap)
{
  size_t n = 0;
  for (size_t i = 0; i < data.n && n + 1 < cap; i++)
    if (data.p[i] >= 0x20 && data.p[i] < 0x7f)
      buf[n++] = (char)data.p[i];
  buf[n] = '\0';
}

static void print_text(unsigned number, bool cc, const struct vcca_event *e)
{
  char type[16], reg[16], hex[2 * VCCA_HASH_MAX + 1] = "", data[64];
  const char *name = vcca_event_type_name(e->type);
  snprintf(type, sizeof type, "0x%08" PRIx32, e->type);
  preview(e->data, data, sizeof data);
  if (e->digest_count > 0)
    vcca_hex_text(e->digests[0].bytes, hex, sizeof hex);
  vcca_print(stdout, "%4u  byte %-6zu mr %-3" PRIu32 " %-5s %-32s %.16s%s  %-9s  %s\n", number, e->offset, e->reg,
             vcca_register_name(cc, e->reg, reg, sizeof reg), name ? name : type, hex, hex[0] ? "..." : "",
             e->digest_count > 0 ? word(vcca_event_self_check_all(e)) : "-", data);
}

static void print_json(struct vcca_json *j, unsigned number, bool cc, const struct vcca_event *e)
{
  char reg[16];
  vcca_json_open(j, NULL, '{');
  vcca_json_int(j, "number", number);
  vcca_json_int(j, "offset", (int64_t)e->offset);
  vcca_json_int(j, "register", e->reg);
  vcca_json_str(j, "register_name", vcca_register_name(cc, e->reg, reg, sizeof reg));
  vcca_json_addr(j, "type", e->type);
  if (vcca_event_type_name(e->type))
    vcca_json_str(j, "type_name", vcca_event_type_name(e->type));
  vcca_json_open(j, "digests", '[');
  for (unsigned i = 0; i < e->digest_count; i++) {
    vcca_json_open(j, NULL, '{');
    vcca_json_addr(j, "alg", e->digests[i].alg);
    vcca_json_hex(j, "digest", e->digests[i].bytes);
    vcca_json_str(j, "self_check", self_check(e, e->digests[i].alg));
    vcca_json_close(j);
  }
  vcca_json_close(j);
  vcca_json_hex(j, "data", e->data);
  vcca_json_close(j);
}

static enum vcca_exit show(const struct args *a, vcca_span bytes, bool json)
{
  struct vcca_eventlog log;
  struct vcca_event event;
  struct vcca_error err;
  int more = 0;
  bool opened = vcca_eventlog_open(&log, bytes, &err), cc = vcca_eventlog_is_cc(bytes);
  struct vcca_json j = vcca_json_to(stdout, VCCA_JSON_PRETTY);
  if (opened && json) {
    vcca_json_open(&j, NULL, '{');
    vcca_json_head(&j, "vcca-eventlog-1", NULL);
    vcca_json_int(&j, "header_register", log.header_register);
    vcca_json_open(&j, "events", '[');
  }
  for (unsigned number = 1; opened && (more = vcca_eventlog_next(&log, &event, &err)) > 0; number++) {
    if (json)
      print_json(&j, number, cc, &event);
    else
      print_text(number, cc, &event);
  }
  while (j.depth > 0)
    vcca_json_close(&j);
  if (opened && more == 0)
    return VCCA_EXIT_YES;
  vcca_fail_in(&err, a->operand[0]);
  return fail(a, &err);
}

static enum vcca_exit run(const struct args *a)
{
  struct vcca_bytes file = {0};
  struct vcca_error err;
  bool json;
  if (!args_json(a, &json, &err) || !read_binary(a, a->operand[0], VCCA_ARMOR_EVENTLOG, &file, &err))
    return fail(a, &err);
  enum vcca_exit code = show(a, vcca_bytes_span(&file), json);
  vcca_bytes_free(&file);
  return code;
}

const struct verb verb_eventlog_show = {
    "eventlog show",
    "FILE",
    1,
    1,
    "the events of a TCG or CCEL log",
    "Prints each event of a crypto-agile log: offset, register (and REM, or PCR of a TPM), type, digest, and whether "
    "the digest agrees with the "
    "event's own data where that can "
    "be told (DISAGREES is worth a look; opaque means that the log alone cannot tell). Events before a broken one are "
    "still printed.",
    "vcca eventlog show ccel.bin\nvcca eventlog show -o json ccel.bin",
    options,
    run,
};
