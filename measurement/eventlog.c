/* The strict reader of crypto-agile event logs. Nothing in a log is believed: every count and size is held
 * against the header's declarations and the bytes that are left, and whatever does not fit is refused with
 * its offset. TCG PC Client Platform Firmware Profile 1.06, section 10 (TCG_PCR_EVENT, TCG_EfiSpecIDEvent,
 * TCG_PCR_EVENT2).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/eventlog.h"
#include "rooms/error.h"
#include "rooms/hash.h"
#include "rooms/span.h"

#include <stdio.h>
#include <string.h>

static const struct {
  uint16_t id;
  uint16_t size;
} known_algs[] = {{0x0004, 20}, {0x000b, 32}, {0x000c, 48}, {0x000d, 64}, {0x0012, 32}};

uint16_t vcca_tcg_alg(enum vcca_hash_alg alg)
{
  static const uint16_t ids[VCCA_HASH_ALGS] = {[VCCA_SHA256] = 0x000b, [VCCA_SHA384] = 0x000c, [VCCA_SHA512] = 0x000d};
  return ids[alg];
}

/* A place in the log, and where complaints go. Offsets are always the log's. */
struct cursor {
  vcca_span bytes;
  size_t at;
  struct vcca_error *err;
};

static bool take(struct cursor *c, size_t n, const char *what, vcca_span *out)
{
  size_t left = c->bytes.n - c->at;
  if (n > left)
    return vcca_fail_at(c->err, c->at,
                        "%s needs %zu bytes and %zu are left: the log is cut short or a size in it is wrong", what, n,
                        left);
  *out = vcca_span_of(c->bytes.p + c->at, n);
  c->at += n;
  return true;
}

static bool take_u8(struct cursor *c, const char *what, uint8_t *v)
{
  vcca_span s;
  if (!take(c, 1, what, &s))
    return false;
  *v = s.p[0];
  return true;
}

static bool take_u16(struct cursor *c, const char *what, uint16_t *v)
{
  vcca_span s;
  if (!take(c, 2, what, &s))
    return false;
  *v = vcca_le16(s.p);
  return true;
}

static bool take_u32(struct cursor *c, const char *what, uint32_t *v)
{
  vcca_span s;
  if (!take(c, 4, what, &s))
    return false;
  *v = vcca_le32(s.p);
  return true;
}

/* The declared digest size of an algorithm, 0 when the header does not declare it. */
static uint16_t declared_size(const struct vcca_eventlog *log, uint16_t id)
{
  for (unsigned i = 0; i < log->alg_count; i++)
    if (log->algs[i].id == id)
      return log->algs[i].size;
  return 0;
}

static bool read_alg(struct vcca_eventlog *log, struct cursor *c)
{
  size_t at = c->at;
  uint16_t id, size;
  if (!take_u16(c, "an algorithm id of the header", &id) || !take_u16(c, "a digest size of the header", &size))
    return false;
  if (declared_size(log, id) != 0)
    return vcca_fail_at(c->err, at, "the header declares algorithm 0x%04x twice", (unsigned)id);
  if (size == 0)
    return vcca_fail_at(c->err, at, "the header declares algorithm 0x%04x with digests of 0 bytes", (unsigned)id);
  for (size_t i = 0; i < sizeof known_algs / sizeof known_algs[0]; i++)
    if (known_algs[i].id == id && known_algs[i].size != size)
      return vcca_fail_at(c->err, at, "the header declares algorithm 0x%04x with digests of %u bytes; they have %u",
                          (unsigned)id, (unsigned)size, (unsigned)known_algs[i].size);
  log->algs[log->alg_count].id = id;
  log->algs[log->alg_count].size = size;
  log->alg_count++;
  return true;
}

/* TCG_EfiSpecIDEvent: signature, platform class, minor, major, errata, UINTN size, algorithms, vendor
 * bytes. */
static bool read_spec_id(struct vcca_eventlog *log, struct cursor *c)
{
  vcca_span signature, platform, version, vendor;
  uint32_t alg_count;
  uint8_t vendor_size;
  if (!take(c, 16, "the header's signature", &signature))
    return false;
  if (!vcca_span_eq(signature, vcca_span_of("Spec ID Event03", 16)))
    return vcca_fail_at(c->err, c->at - 16, "the header is not a \"Spec ID Event03\": only crypto-agile logs are read");
  if (!take(c, 4, "the header's platform class", &platform) || !take(c, 4, "the header's version", &version))
    return false;
  if (version.p[0] != 0 || version.p[1] != 2)
    return vcca_fail_at(c->err, c->at - 4, "the header is of version %u.%u; 2.0 is the only one there is", version.p[1],
                        version.p[0]);
  if (version.p[3] != 1 && version.p[3] != 2)
    return vcca_fail_at(c->err, c->at - 1, "the header's UINTN size is %u; it must be 1 (32 bits) or 2 (64 bits)",
                        version.p[3]);

  if (!take_u32(c, "the header's algorithm count", &alg_count))
    return false;
  if (alg_count == 0 || alg_count > VCCA_LOG_ALGS)
    return vcca_fail_at(c->err, c->at - 4, "the header declares %lu algorithms; 1 to %d are accepted",
                        (unsigned long)alg_count, VCCA_LOG_ALGS);
  for (uint32_t i = 0; i < alg_count; i++)
    if (!read_alg(log, c))
      return false;

  if (!take_u8(c, "the header's vendor size", &vendor_size) ||
      !take(c, vendor_size, "the header's vendor bytes", &vendor))
    return false;
  if (c->at != c->bytes.n)
    return vcca_fail_at(c->err, c->at, "%zu bytes follow the vendor bytes inside the header event", c->bytes.n - c->at);
  return true;
}

bool vcca_eventlog_open(struct vcca_eventlog *log, vcca_span bytes, struct vcca_error *err)
{
  *log = (struct vcca_eventlog){.bytes = bytes};
  struct cursor c = {bytes, 0, err};
  uint32_t type, size;
  vcca_span digest, data;
  if (!take_u32(&c, "the header's register index", &log->header_register) ||
      !take_u32(&c, "the header's event type", &type))
    return false;
  if (type != VCCA_EV_NO_ACTION)
    return vcca_fail_at(err, c.at - 4,
                        "the log starts with event type 0x%08lx, not with a Spec ID event (EV_NO_ACTION, 3)",
                        (unsigned long)type);
  if (!take(&c, 20, "the header's digest", &digest))
    return false;
  if (!vcca_span_zero(digest))
    return vcca_fail_at(err, c.at - 20, "the header's digest is not zero");
  if (!take_u32(&c, "the header's size", &size) || !take(&c, size, "the header event", &data))
    return false;

  struct cursor inside = {vcca_span_sub(bytes, 0, c.at), c.at - size, err};
  if (!read_spec_id(log, &inside))
    return false;
  log->at = c.at;
  return true;
}

static bool read_digest(const struct vcca_eventlog *log, struct vcca_event *event, struct cursor *c)
{
  uint16_t alg;
  vcca_span digest;
  if (!take_u16(c, "a digest's algorithm", &alg))
    return false;
  uint16_t size = declared_size(log, alg);
  if (size == 0)
    return vcca_fail_at(c->err, c->at - 2, "digest algorithm 0x%04x is not declared in the log's header",
                        (unsigned)alg);
  if (vcca_event_digest(event, alg).p != NULL)
    return vcca_fail_at(c->err, c->at - 2, "the event has two digests of algorithm 0x%04x", (unsigned)alg);
  if (!take(c, size, "a digest", &digest))
    return false;
  event->digests[event->digest_count].alg = alg;
  event->digests[event->digest_count].bytes = digest;
  event->digest_count++;
  return true;
}

/* TCG_PCR_EVENT2: register, type, digests, data. */
static bool read_event(struct vcca_eventlog *log, struct vcca_event *event, struct vcca_error *err)
{
  *event = (struct vcca_event){.offset = log->at};
  struct cursor c = {log->bytes, log->at, err};
  uint32_t count, size;
  if (!take_u32(&c, "an event's register index", &event->reg) || !take_u32(&c, "an event's type", &event->type) ||
      !take_u32(&c, "an event's digest count", &count))
    return false;
  if (count > log->alg_count)
    return vcca_fail_at(err, c.at - 4, "the event claims %lu digests; the log's header declares %u algorithms",
                        (unsigned long)count, log->alg_count);
  for (uint32_t i = 0; i < count; i++)
    if (!read_digest(log, event, &c))
      return false;
  if (!take_u32(&c, "an event's data size", &size) || !take(&c, size, "an event's data", &event->data))
    return false;
  log->at = c.at;
  return true;
}

static size_t run_length(vcca_span s, uint8_t byte)
{
  size_t n = 0;
  while (n < s.n && s.p[n] == byte)
    n++;
  return n;
}

int vcca_eventlog_next(struct vcca_eventlog *log, struct vcca_event *event, struct vcca_error *err)
{
  /* What cannot be an event: register and type all ones, or an event with neither digest nor data that is
   * all zero. It starts the unused rest of the area, which must then be uniform. */
  static const struct {
    uint8_t fill;
    size_t proof;
  } unused[] = {{0xff, 8}, {0x00, 16}};

  vcca_span rest = vcca_span_sub(log->bytes, log->at, log->bytes.n);
  if (rest.n == 0)
    return 0;
  for (size_t i = 0; i < sizeof unused / sizeof unused[0]; i++) {
    size_t run = run_length(rest, unused[i].fill);
    if (run == rest.n)
      return 0;
    if (run >= unused[i].proof) {
      vcca_fail_at(err, log->at + run,
                   "byte 0x%02x in the unused area that starts at byte %zu: it must be 0x%02x up to the end",
                   rest.p[run], log->at, unused[i].fill);
      return -1;
    }
  }
  return read_event(log, event, err) ? 1 : -1;
}

vcca_span vcca_event_digest(const struct vcca_event *event, uint16_t alg)
{
  for (unsigned i = 0; i < event->digest_count; i++)
    if (event->digests[i].alg == alg)
      return event->digests[i].bytes;
  return vcca_span_of(NULL, 0);
}

/* --- Replay ---------------------------------------------------------------------------------------------- */

static const char locality_signature[] = "StartupLocality"; /* with its NUL */
enum { LOCALITY_SIZE = sizeof locality_signature + 1, HCRTM_LOCALITY = 4 };

static bool is_locality(const struct vcca_event *event)
{
  return event->type == VCCA_EV_NO_ACTION && event->reg == 0 &&
         vcca_span_eq(vcca_span_sub(event->data, 0, sizeof locality_signature),
                      vcca_span_of(locality_signature, sizeof locality_signature));
}

/* Takes the locality out of the event that says it; of several, all must say the same. */
static bool take_locality(const struct vcca_event *event, struct vcca_replay *out, struct vcca_error *err)
{
  if (event->data.n != LOCALITY_SIZE)
    return vcca_fail_at(err, event->offset, "a StartupLocality event has %d bytes of data, this one has %zu",
                        LOCALITY_SIZE, event->data.n);
  uint8_t locality = event->data.p[LOCALITY_SIZE - 1];
  if (out->has_locality && out->locality != locality)
    return vcca_fail_at(err, event->offset, "StartupLocality is %u here and was %u before: a TPM starts up once",
                        locality, out->locality);
  out->has_locality = true;
  out->locality = locality;
  return true;
}

/* One pass before the replay: whose registers they are, and what PCR 0 starts from. Where in the log a
 * StartupLocality event stands says nothing: it extends nothing, and the TPM was started before anything
 * was measured. */
static bool survey(vcca_span bytes, struct vcca_replay *out, struct vcca_error *err)
{
  struct vcca_eventlog log;
  struct vcca_event event;
  int got;
  if (!vcca_eventlog_open(&log, bytes, err))
    return false;
  unsigned beyond = 0, within = 0;
  while ((got = vcca_eventlog_next(&log, &event, err)) > 0) {
    bool locality = is_locality(&event);
    bool extends = event.type != VCCA_EV_NO_ACTION;
    beyond += locality || (extends && (event.reg == 0 || event.reg > VCCA_LOG_REMS));
    within += extends && event.reg >= 1 && event.reg <= VCCA_LOG_REMS;
    if (locality && log.header_register == 0 && !take_locality(&event, out, err))
      return false;
  }
  out->cc = log.header_register != 0 || (beyond == 0 && within > 0);
  return got == 0;
}

bool vcca_eventlog_is_cc(vcca_span bytes)
{
  struct vcca_replay found = {.alg = VCCA_SHA256};
  (void)survey(bytes, &found, NULL); /* a log that is cut short is still a realm's */
  return found.cc;
}

const char *vcca_register_name(bool cc, uint32_t reg, char *buf, size_t cap)
{
  if (!cc)
    snprintf(buf, cap, "PCR%lu", (unsigned long)reg);
  else if (reg >= 1 && reg <= VCCA_LOG_REMS)
    snprintf(buf, cap, "REM%lu", (unsigned long)reg - 1);
  else
    snprintf(buf, cap, "%s", reg == 0 ? "RIM" : "-");
  return buf;
}

static void replay_event(const struct vcca_event *event, struct vcca_replay *out)
{
  out->total++;
  vcca_span digest = vcca_event_digest(event, vcca_tcg_alg(out->alg));
  if (event->type == VCCA_EV_NO_ACTION || digest.p == NULL)
    return;
  if (event->reg >= VCCA_LOG_REGISTERS) {
    out->others++;
    return;
  }
  uint8_t *value = out->value[event->reg];
  size_t size = vcca_hash_size(out->alg);
  /* An H-CRTM is measured at locality 4, before the TPM's startup (TPM 2.0 Library, Part 1, 34.3). */
  bool hcrtm = event->type == VCCA_EV_EFI_HCRTM_EVENT && event->reg == 0 && out->events[0] == 0 && !out->cc;
  if (hcrtm)
    out->locality = HCRTM_LOCALITY;
  if (out->events[event->reg] == 0 && event->reg == 0 && (hcrtm || out->has_locality))
    value[size - 1] = out->locality;
  out->has_locality = out->has_locality || hcrtm;
  const vcca_span parts[] = {vcca_span_of(value, size), digest};
  vcca_hash_parts(out->alg, parts, 2, value);
  out->events[event->reg]++;
}

bool vcca_eventlog_replay(vcca_span bytes, enum vcca_hash_alg alg, struct vcca_replay *out, struct vcca_error *err)
{
  *out = (struct vcca_replay){.alg = alg};
  struct vcca_eventlog log;
  if (!survey(bytes, out, err) || !vcca_eventlog_open(&log, bytes, err))
    return false;
  if (declared_size(&log, vcca_tcg_alg(alg)) == 0)
    return vcca_fail_at(err, 0, "the log's header declares no %s digests: nothing to replay", vcca_hash_name(alg));

  struct vcca_event event;
  int got;
  while ((got = vcca_eventlog_next(&log, &event, err)) > 0)
    replay_event(&event, out);
  return got == 0;
}
