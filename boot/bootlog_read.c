/* From a host's log to the RIM, with local images. The log is only what the host says: each number in it is
 * checked against what a realm can have, before anything that takes time is computed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot/bootlog.h"
#include "boot/plan.h"
#include "rooms/eventlog.h"
#include "vcca/vmm.h"
#include "rooms/error.h"
#include "rooms/file.h"

enum { LOG_AREA_MAX = 16 * MIB, CPUS_MAX = 0x10000, RANGES = VCCA_RIPAS_RANGES };

/* An image's digests, computed when first asked for. */
struct digests {
  bool known[VCCA_HASH_ALGS];
  uint8_t value[VCCA_HASH_ALGS][VCCA_HASH_MAX];
};

struct reader {
  vcca_span log;
  const struct vcca_bootlog_image *images;
  size_t image_count;
  struct digests *digests; /* digests of each image */
  enum vcca_rules_id rules;
  vcca_rim_hook hook;
  void *hook_ctx;
  struct vcca_bootlog *out;
  struct vcca_error *err;
  struct vcca_plan plan; /* holds one step at a time */
  bool created;
  unsigned recs;
  struct {
    uint64_t base, top;
  } ripas[RANGES];
  size_t ripas_count;
};

/* Whether [at, at + bytes) are granules in the realm's own half of its addresses. */
static bool in_realm(const struct reader *r, uint64_t base, uint64_t size)
{
  uint64_t limit = (uint64_t)1 << (r->plan.params.s2sz - 1);
  return size > 0 && base < limit && size <= limit - base;
}

/* --- Steps ------------------------------------------------------------------------------------------------ */

/* Extends the RIM by the plan's contents, then empties the plan. */
static void step(struct reader *r)
{
  plan_extend(&r->plan, r->hook, r->hook_ctx, &r->out->rim);
  r->plan.segment_count = r->plan.ripas_count = 0;
  r->plan.vcpus = 0;
  r->out->rim_events++;
}

static bool read_create(struct reader *r, size_t at, vcca_span data)
{
  if (data.n < CREATE_SIZE)
    return vcca_fail_at(r->err, at, "REALM_CREATE has %zu bytes, %d are needed", data.n, CREATE_SIZE);
  if (r->created)
    return vcca_fail_at(r->err, at, "a second REALM_CREATE");
  struct vcca_realm_params *p = &r->plan.params;
  *p = (struct vcca_realm_params){.flags = vcca_le64(data.p),
                                  .s2sz = data.p[8],
                                  .sve_vl = data.p[9],
                                  .num_bps = data.p[10],
                                  .num_wps = data.p[11],
                                  .pmu_num_ctrs = data.p[12]};
  bool lpa2 = p->flags & VCCA_REALM_LPA2, sve = p->flags & VCCA_REALM_SVE, pmu = p->flags & VCCA_REALM_PMU;
  if (p->flags > 7)
    return vcca_fail_at(r->err, at, "REALM_CREATE's flags 0x%" PRIx64 ": only LPA2, SVE and PMU (7) are defined",
                        p->flags);
  if (p->s2sz < 32 || p->s2sz > (lpa2 ? 52 : 48))
    return vcca_fail_at(r->err, at + 8, "REALM_CREATE's s2sz %" PRIu64 ": an IPA has 32 to 48 bits, 52 with LPA2",
                        p->s2sz);
  if (sve && p->sve_vl > 15)
    return vcca_fail_at(r->err, at + 9, "REALM_CREATE's sve_vl %" PRIu64 ": at most 15", p->sve_vl);
  if (p->num_bps > 63 || p->num_wps > 63)
    return vcca_fail_at(r->err, at + 10, "REALM_CREATE's breakpoints or watchpoints: at most 63 (64 of them)");
  if (pmu && p->pmu_num_ctrs > 31)
    return vcca_fail_at(r->err, at + 12, "REALM_CREATE's pmu_num_ctrs %" PRIu64 ": at most 31", p->pmu_num_ctrs);
  if (!sve)
    p->sve_vl = 0;
  if (!pmu)
    p->pmu_num_ctrs = 0; /* kvmtool writes a number here too; KVM passes none */
  if (data.p[13] > (vcca_rim_rules(r->rules)->sha384 ? VCCA_SHA384 : VCCA_SHA512))
    return vcca_fail_at(r->err, at + 13, "REALM_CREATE's hash_algo %u is not an algorithm of this monitor", data.p[13]);
  p->hash_alg = (enum vcca_hash_alg)data.p[13];
  r->created = true;
  plan_begin(&r->plan, r->hook, r->hook_ctx, &r->out->rim);
  r->out->rim_events++;
  return true;
}

static bool read_ripas(struct reader *r, size_t at, vcca_span data)
{
  if (data.n != RIPAS_SIZE)
    return vcca_fail_at(r->err, at, "INIT_RIPAS has %zu bytes, %d are needed", data.n, RIPAS_SIZE);
  uint64_t base = vcca_le64(data.p), size = vcca_le64(data.p + 8);
  if (!in_realm(r, base, size) || base % PAGE_4K || size % PAGE_4K)
    return vcca_fail_at(r->err, at,
                        "INIT_RIPAS of 0x%" PRIx64 " bytes at 0x%" PRIx64
                        ": these are not granules of a realm with %" PRIu64 " address bits",
                        size, base, r->plan.params.s2sz);
  for (size_t i = 0; i < r->ripas_count; i++)
    if (base < r->ripas[i].top && base + size > r->ripas[i].base)
      return vcca_fail_at(r->err, at, "INIT_RIPAS of a range that was initialised before, at 0x%" PRIx64, base);
  if (r->ripas_count == RANGES)
    return vcca_fail_at(r->err, at, "more than %d INIT_RIPAS events", RANGES);
  r->ripas[r->ripas_count].base = base;
  r->ripas[r->ripas_count++].top = base + size;
  r->plan.ripas[0].base = base;
  r->plan.ripas[0].top = base + size;
  r->plan.ripas_count = 1;
  step(r);
  return true;
}

static bool read_rec(struct reader *r, size_t at, vcca_span data)
{
  if (data.n != REC_SIZE)
    return vcca_fail_at(r->err, at, "REC_CREATE has %zu bytes, %d are needed", data.n, REC_SIZE);
  struct vcca_rec_params *rec = &r->plan.boot_rec;
  *rec = (struct vcca_rec_params){.flags = vcca_le64(data.p), .pc = vcca_le64(data.p + 8)};
  for (size_t i = 0; i < 8; i++)
    rec->gprs[i] = vcca_le64(data.p + 16 + 8 * i);
  if (rec->flags > 1)
    return vcca_fail_at(r->err, at, "REC_CREATE's flags 0x%" PRIx64 ": only runnable (1) is defined", rec->flags);
  if (++r->recs > VCCA_VCPUS_MAX)
    return vcca_fail_at(r->err, at, "more than %d REC_CREATE events", VCCA_VCPUS_MAX);
  r->plan.vcpus = 1;
  step(r);
  return true;
}

static bool read_tag(struct reader *r, const struct vcca_event *event, size_t at)
{
  vcca_span data = event->data;
  if (data.n < TAG_HEAD)
    return vcca_fail_at(r->err, at, "a tagged event of %zu bytes: its head has %d", data.n, TAG_HEAD);
  uint32_t id = vcca_le32(data.p), size = vcca_le32(data.p + 4);
  if (size != data.n - TAG_HEAD)
    return vcca_fail_at(r->err, at + 4, "a tagged event gives its size as %" PRIu32 " bytes, but %zu follow", size,
                        data.n - TAG_HEAD);
  data = vcca_span_sub(data, TAG_HEAD, size);
  at += TAG_HEAD;
  if (id != TAG_REALM_CREATE && !r->created)
    return vcca_fail_at(r->err, at, "a tagged event %" PRIu32 " before REALM_CREATE (1)", id);
  switch (id) {
  case TAG_REALM_CREATE:
    return read_create(r, at, data);
  case TAG_INIT_RIPAS:
    return read_ripas(r, at, data);
  case TAG_REC_CREATE:
    return read_rec(r, at, data);
  default:
    return vcca_fail_at(r->err, at - TAG_HEAD,
                        "tag %" PRIu32 " is unknown: REALM_CREATE is 1, INIT_RIPAS 2, REC_CREATE 3", id);
  }
}

/* --- Images ----------------------------------------------------------------------------------------------- */

static bool hash_of_tcg(uint16_t id, enum vcca_hash_alg *alg)
{
  for (int i = 0; i < VCCA_HASH_ALGS; i++)
    if (vcca_tcg_alg((enum vcca_hash_alg)i) == id) {
      *alg = (enum vcca_hash_alg)i;
      return true;
    }
  return false;
}

static vcca_span digest_of(const struct reader *r, size_t image, enum vcca_hash_alg alg)
{
  struct digests *d = &r->digests[image];
  if (!d->known[alg])
    vcca_hash(alg, r->images[image].content, d->value[alg]);
  d->known[alg] = true;
  return vcca_span_of(d->value[alg], vcca_hash_size(alg));
}

/* The index of the local image that has all of the event's digests, or -1. Ignores digests of algorithms
 * other than SHA-2. */
static int find_image(const struct reader *r, const struct vcca_event *event)
{
  enum vcca_hash_alg alg;
  for (size_t i = 0; i < r->image_count; i++) {
    unsigned same = 0, known = 0;
    for (unsigned d = 0; d < event->digest_count; d++) {
      if (!hash_of_tcg(event->digests[d].alg, &alg))
        continue;
      known++;
      same += vcca_span_eq(digest_of(r, i, alg), event->digests[d].bytes);
    }
    if (known > 0 && same == known)
      return (int)i;
  }
  return -1;
}

/* Adds a part of memory that the log describes: at most VCCA_BOOTLOG_LABELS, without overlapping granules. */
static bool take_memory(struct reader *r, size_t at, vcca_span name, uint64_t base, uint64_t top, int image)
{
  struct vcca_bootlog *out = r->out;
  for (size_t i = 0; i < out->part_count; i++)
    if (base < out->parts[i].top && top > out->parts[i].base)
      return vcca_fail_at(r->err, at,
                          "\"%.*s\" at 0x%" PRIx64 " shares a granule with \"%s\": a granule is populated once",
                          (int)name.n, (const char *)name.p, base, out->parts[i].name);
  if (out->part_count == VCCA_BOOTLOG_LABELS)
    return vcca_fail_at(r->err, at, "more than %d images", VCCA_BOOTLOG_LABELS);
  snprintf(out->parts[out->part_count].name, sizeof out->parts->name, "%.*s", (int)name.n, (const char *)name.p);
  out->parts[out->part_count].base = base;
  out->parts[out->part_count].top = top;
  out->parts[out->part_count++].image = image;
  return true;
}

static bool printable(vcca_span name)
{
  for (size_t i = 0; i < name.n; i++)
    if (name.p[i] < ' ' || name.p[i] > '~')
      return false;
  return true;
}

/* The image's first granule has zeros before it, if the image does not start there. */
static bool measure_image(struct reader *r, vcca_span content, uint64_t base, uint64_t top, uint64_t lead)
{
  struct vcca_bytes copy = {0};
  if (lead > 0) {
    if (!vcca_bytes_alloc(&copy, (size_t)lead + content.n, r->err))
      return false;
    memcpy(copy.p + lead, content.p, content.n);
    content = vcca_bytes_span(&copy);
  }
  plan_add(&r->plan, VCCA_ROLE_IMAGE, base, top - base, content, true);
  step(r);
  vcca_bytes_free(&copy);
  return true;
}

static bool place_image(struct reader *r, const struct vcca_event *event, size_t at, vcca_span name, uint64_t base,
                        uint64_t size)
{
  int image = event->digest_count > 0 ? find_image(r, event) : -1;
  if (event->digest_count > 0 && image < 0)
    return vcca_fail_at(r->err, event->offset, "no local image has the digest of \"%.*s\": give it with --image",
                        (int)name.n, (const char *)name.p);
  if (image >= 0 && r->images[image].content.n != size)
    return vcca_fail_at(r->err, at + 8,
                        "\"%.*s\" has %" PRIu64 " bytes in the log, but %s, of the same digest, has %zu", (int)name.n,
                        (const char *)name.p, size, r->images[image].name, r->images[image].content.n);
  if (!in_realm(r, base, size))
    return vcca_fail_at(r->err, at,
                        "\"%.*s\": 0x%" PRIx64 " bytes at 0x%" PRIx64 " are not in a realm of %" PRIu64 " address bits",
                        (int)name.n, (const char *)name.p, size, base, r->plan.params.s2sz);
  if (image < 0 && (size > LOG_AREA_MAX || base % PAGE_4K || size % PAGE_4K))
    return vcca_fail_at(r->err, at,
                        "unmeasured \"%.*s\": 0x%" PRIx64 " bytes at 0x%" PRIx64 "; expected granules, at most %d MiB",
                        (int)name.n, (const char *)name.p, size, base, LOG_AREA_MAX / MIB);
  uint64_t lead = base % PAGE_4K, top = round_up(base + size, PAGE_4K);
  if (!take_memory(r, at, name, base - lead, top, image))
    return false;
  if (image >= 0)
    return measure_image(r, r->images[image].content, base - lead, top, lead);
  r->out->has_area |= r->recs > 0;
  plan_add(&r->plan, VCCA_ROLE_LOG, base, size, vcca_span_of(NULL, 0), false);
  step(r);
  return true;
}

/* UEFI_PLATFORM_FIRMWARE_BLOB2: length of the description, description, base, size. */
static bool read_image(struct reader *r, const struct vcca_event *event, size_t at)
{
  vcca_span data = event->data;
  size_t n = data.n > 0 ? data.p[0] : 0;
  if (data.n != 1 + n + 16)
    return vcca_fail_at(r->err, at, "an image event of %zu bytes; 1, a description of %zu and 16 make %zu", data.n, n,
                        17 + n);
  vcca_span name = vcca_span_sub(data, 1, n);
  while (name.n > 0 && name.p[name.n - 1] == '\0') /* some producers count a NUL in the length */
    name.n--;
  if (!printable(name))
    return vcca_fail_at(r->err, at + 1,
                        "an image's description is not printable ASCII, with or without NULs at its end");
  if (name.n > sizeof r->out->parts->name - 1)
    name.n = sizeof r->out->parts->name - 1;
  if (!r->created)
    return vcca_fail_at(r->err, event->offset, "\"%.*s\" before REALM_CREATE", (int)name.n, (const char *)name.p);
  return place_image(r, event, at + 1 + n, name, vcca_le64(data.p + 1 + n), vcca_le64(data.p + 9 + n));
}

/* --- Events ----------------------------------------------------------------------------------------------- */

static void copy_text(char *out, size_t room, vcca_span field)
{
  size_t n = 0;
  for (; n < field.n && n + 1 < room && field.p[n] >= ' ' && field.p[n] <= '~'; n++)
    out[n] = (char)field.p[n];
  out[n] = '\0';
}

/* Other EV_NO_ACTION events are information only. */
static bool read_version(struct reader *r, const struct vcca_event *event, size_t at)
{
  vcca_span data = event->data;
  struct vcca_bootlog *out = r->out;
  if (!vcca_span_eq(vcca_span_sub(data, 0, 16), vcca_span_of(VERSION_SIGNATURE, 16)))
    return true;
  if (data.n < VERSION_SIZE)
    return vcca_fail_at(r->err, at, "VM VERSION has %zu bytes, %d are needed", data.n, VERSION_SIZE);
  copy_text(out->vmm, sizeof out->vmm, vcca_span_sub(data, VERSION_NAME, VERSION_VERSION - VERSION_NAME));
  copy_text(out->version, sizeof out->version, vcca_span_sub(data, VERSION_VERSION, VERSION_RAM - VERSION_VERSION));
  size_t more = data.n >= VERSION_SIZE + VERSION_AREA ? VERSION_AREA : 0;
  out->ram_size = vcca_le64(data.p + VERSION_RAM + more);
  out->cpus = vcca_le32(data.p + VERSION_CPUS + more);
  return out->cpus <= CPUS_MAX ||
         vcca_fail_at(r->err, at + VERSION_CPUS + more, "VM VERSION: %" PRIu32 " vCPUs are more than a realm can have",
                      out->cpus);
}

/* TDX's mapping of PCRs, which these logs use: 1 and 7, 2 to 6, 8 to 15, the rest. */
static unsigned rem_of(uint32_t reg)
{
  return reg == 1 || reg == 7 ? 0 : reg <= 6 ? 1 : reg <= 15 ? 2 : 3;
}

static bool extend_rem(struct reader *r, const struct vcca_event *event)
{
  enum vcca_hash_alg alg = r->plan.params.hash_alg;
  vcca_span digest = vcca_event_digest(event, vcca_tcg_alg(alg));
  if (!r->created)
    return vcca_fail_at(r->err, event->offset, "register %" PRIu32 " before REALM_CREATE", event->reg);
  if (!digest.p)
    return vcca_fail_at(r->err, event->offset, "an event for a REM has no %s digest, which is the realm's algorithm",
                        vcca_hash_name(alg));
  vcca_rem_extend(alg, vcca_rim_rules(r->rules)->rem, r->out->rem[rem_of(event->reg)], digest);
  r->out->rem_events++;
  r->out->rem_known += find_image(r, event) >= 0;
  return true;
}

static bool read_event(struct reader *r, const struct vcca_event *event)
{
  size_t at = (size_t)(event->data.p - r->log.p);
  if (event->type == EV_NO_ACTION)
    return read_version(r, event, at);
  if (event->reg != 0)
    return extend_rem(r, event);
  if (event->type == EV_EVENT_TAG)
    return read_tag(r, event, at);
  if (event->type == EV_POST_CODE2 || event->type == EV_EFI_PLATFORM_FIRMWARE_BLOB2)
    return read_image(r, event, at);
  return vcca_fail_at(r->err, event->offset,
                      "an event of type 0x%" PRIx32 " in register 0: its effect on the RIM is unknown", event->type);
}

static bool read_events(struct reader *r)
{
  struct vcca_eventlog events;
  struct vcca_event event;
  int got;
  if (!vcca_eventlog_open(&events, r->log, r->err))
    return false;
  while ((got = vcca_eventlog_next(&events, &event, r->err)) > 0)
    if (!read_event(r, &event))
      return false;
  if (got < 0)
    return false;
  if (!r->created)
    return vcca_fail_at(r->err, r->log.n, "the log has no REALM_CREATE, so it gives no RIM");
  /* Every host creates a runnable REC, and measures the first. A log that was cut before it would give
   * another RIM. A log with parameters only is a realm that has no content yet. */
  return r->recs > 0 || r->out->rim_events == 1 ||
         vcca_fail_at(r->err, r->log.n, "the log ends without REC_CREATE, which every realm has: it was cut");
}

bool vcca_bootlog_measure(vcca_span log, const struct vcca_bootlog_image *images, size_t image_count,
                          enum vcca_rules_id rules, vcca_rim_hook hook, void *hook_ctx, struct vcca_bootlog *out,
                          struct vcca_error *err)
{
  struct reader r = {.log = log,
                     .images = images,
                     .image_count = image_count,
                     .rules = rules,
                     .hook = hook,
                     .hook_ctx = hook_ctx,
                     .out = out,
                     .err = err,
                     .plan = {.rules = rules}};
  *out = (struct vcca_bootlog){.ram_size = 0};
  r.digests = calloc(image_count ? image_count : 1, sizeof *r.digests);
  if (!r.digests)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the digests of %zu images", image_count);
  bool good = read_events(&r);
  free(r.digests);
  return good;
}
