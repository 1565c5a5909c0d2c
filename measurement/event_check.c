/* What a log can say about itself: names of event types, and whether an event's digest is the one its own data leads to.
 * Rules: TCG PC Client Platform Firmware Profile 10.4; EDK2 for variables; GRUB for command lines.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "vcca/eventlog.h"

enum digest_rule { WHOLE, VARIABLE, GRUB, OUTSIDE, NOTHING };

static const struct event_type {
  uint32_t number;
  const char *name;
  enum digest_rule rule;
} types[] = {
#define EVENT(number, name, rule) {number, #name, rule},
#include "measurement/event_types.def"
#undef EVENT
};

static const struct event_type *type_of(uint32_t number)
{
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if (types[i].number == number)
      return &types[i];
  return NULL;
}

const char *vcca_event_type_name(uint32_t type)
{
  const struct event_type *known = type_of(type);
  return known ? known->name : NULL;
}

static bool is_hash_of(enum vcca_hash_alg alg, vcca_span digest, vcca_span data)
{
  uint8_t hash[VCCA_HASH_MAX];
  vcca_hash(alg, data, hash);
  return vcca_span_eq(digest, vcca_span_of(hash, vcca_hash_size(alg)));
}

/* The value in a UEFI_VARIABLE_DATA: GUID 16, u64 name length in characters, u64 value length, UTF-16 name, value.
 * {NULL, 0} when the lengths are not those of the event. */
static vcca_span variable_value(vcca_span data)
{
  const size_t head = 16 + 8 + 8;
  if (data.n < head)
    return vcca_span_of(NULL, 0);
  uint64_t name_chars = vcca_le64(data.p + 16);
  uint64_t value_size = vcca_le64(data.p + 24);
  uint64_t left = data.n - head;
  if (name_chars > left / 2 || value_size != left - 2 * name_chars)
    return vcca_span_of(NULL, 0);
  return vcca_span_sub(data, data.n - (size_t)value_size, (size_t)value_size);
}

/* What GRUB hashed of a command line it logged: the text after the prefix, without the final NUL; {NULL, 0} for other events. */
static vcca_span grub_text(vcca_span data)
{
  static const char *const prefixes[] = {"grub_cmd: ", "kernel_cmdline: ", "module_cmdline: "};
  for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
    size_t n = vcca_span_str(prefixes[i]).n;
    if (!vcca_span_is(vcca_span_sub(data, 0, n), prefixes[i]))
      continue;
    bool ended = data.n > n && data.p[data.n - 1] == '\0';
    return vcca_span_sub(data, n, data.n - n - ended);
  }
  return vcca_span_of(NULL, 0);
}

int vcca_event_self_check(const struct vcca_event *event, enum vcca_hash_alg alg)
{
  const struct event_type *known = type_of(event->type);
  enum digest_rule rule = known ? known->rule : OUTSIDE;
  vcca_span digest = vcca_event_digest(event, vcca_tcg_alg(alg));
  if (digest.p == NULL || rule == NOTHING)
    return -1;

  /* A digest of the whole data speaks for itself under any rule. */
  if (is_hash_of(alg, digest, event->data))
    return 1;
  if (rule == WHOLE)
    return 0;
  if (rule == OUTSIDE)
    return -1;

  vcca_span hashed = rule == VARIABLE ? variable_value(event->data) : grub_text(event->data);
  if (hashed.p == NULL)
    return rule == VARIABLE ? 0 : -1;
  return is_hash_of(alg, digest, hashed);
}
