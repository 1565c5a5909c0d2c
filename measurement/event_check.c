/* What a log can say about itself: names of event types, and whether an event's digest is the one its own
 * data leads to. Rules: TCG PC Client Platform Firmware Profile 10.4; EDK2 for variables; GRUB for command
 * lines; systemd for the parts of unified kernel images.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/eventlog.h"
#include "rooms/span.h"

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

/* UEFI_VARIABLE_DATA: GUID 16, u64 name length in characters, u64 value length, UTF-16 name, value. EDK2
 * hashes the value alone. shim logs up to eight bytes behind the value, which its structure has for
 * padding, and hashes all but the last byte. */
static bool variable_check(vcca_span data, enum vcca_hash_alg alg, vcca_span digest)
{
  enum { HEAD = 16 + 8 + 8, PADDING = 8 };
  if (data.n < HEAD)
    return false;
  uint64_t name_chars = vcca_le64(data.p + 16);
  uint64_t value_size = vcca_le64(data.p + 24);
  uint64_t left = data.n - HEAD;
  if (name_chars > left / 2 || value_size > left - 2 * name_chars)
    return false;
  size_t behind = (size_t)(left - 2 * name_chars - value_size);
  if (behind == 0)
    return is_hash_of(alg, digest, vcca_span_sub(data, data.n - (size_t)value_size, (size_t)value_size));
  return behind <= PADDING && is_hash_of(alg, digest, vcca_span_sub(data, 0, data.n - 1));
}

/* The ways in which GRUB marks a text that it measured. The first three are GRUB's own; the others those of
 * the GRUB 2.02 that distributions patched for measured boot, which hashes the text with its final NUL. */
static const struct {
  const char *prefix;
  enum vcca_grub_event is;
} grub_texts[] = {
    {"grub_cmd: ", VCCA_GRUB_COMMAND},
    {"kernel_cmdline: ", VCCA_GRUB_KERNEL_CMDLINE},
    {"module_cmdline: ", VCCA_GRUB_MODULE_CMDLINE},
    {"grub_cmd ", VCCA_GRUB_COMMAND},
    {"grub_kernel_cmdline ", VCCA_GRUB_KERNEL_CMDLINE},
    {"grub_module_cmdline ", VCCA_GRUB_MODULE_CMDLINE},
};

enum vcca_grub_event vcca_event_grub(const struct vcca_event *event, vcca_span *text)
{
  vcca_span data = event->data;
  for (size_t i = 0; i < sizeof grub_texts / sizeof grub_texts[0]; i++) {
    size_t n = vcca_span_str(grub_texts[i].prefix).n;
    if (!vcca_span_is(vcca_span_sub(data, 0, n), grub_texts[i].prefix))
      continue;
    bool ended = data.n > n && data.p[data.n - 1] == '\0';
    *text = vcca_span_sub(data, n, data.n - n - ended);
    return grub_texts[i].is;
  }
  *text = vcca_span_of(NULL, 0);
  return VCCA_GRUB_FILE;
}

/* Whether the digest is that of the name which the event has in UTF-16, in ASCII with its NUL: so systemd's
 * stub measures the names of the parts of an image before the parts. */
static bool names_itself(vcca_span data, enum vcca_hash_alg alg, vcca_span digest)
{
  char name[64];
  size_t n = data.n / 2;
  if (data.n % 2 != 0 || n == 0 || n > sizeof name)
    return false;
  for (size_t i = 0; i < n; i++) {
    if (data.p[2 * i + 1] != 0)
      return false;
    name[i] = (char)data.p[2 * i];
  }
  return name[n - 1] == '\0' && is_hash_of(alg, digest, vcca_span_of(name, n));
}

/* Whether the digest is that of a text which GRUB logged, with or without its final NUL; -1 when the event
 * is no text. */
static int grub_check(const struct vcca_event *event, enum vcca_hash_alg alg, vcca_span digest)
{
  vcca_span text;
  if (vcca_event_grub(event, &text) == VCCA_GRUB_FILE)
    return names_itself(event->data, alg, digest) ? 1 : -1;
  vcca_span rest = vcca_span_of(text.p, (size_t)(event->data.p + event->data.n - text.p));
  return is_hash_of(alg, digest, text) || is_hash_of(alg, digest, rest);
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

  if (rule == GRUB)
    return grub_check(event, alg, digest);
  return variable_check(event->data, alg, digest);
}

int vcca_event_self_check_all(const struct vcca_event *event)
{
  int all = -1;
  for (int i = 0; i < VCCA_HASH_ALGS; i++) {
    int one = vcca_event_self_check(event, (enum vcca_hash_alg)i);
    if (one >= 0)
      all = one == 0 ? 0 : all < 0 ? 1 : all;
  }
  return all;
}
