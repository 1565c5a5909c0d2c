/* Writes a plan's log as a host would.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/bootlog.h"

#include <string.h>

#include "rooms/eventlog.h"
#include "rooms/vmm.h"
#include "rooms/error.h"
#include "rooms/span.h"

static void put_u16(vcca_sink *out, unsigned v)
{
  uint8_t bytes[2];
  vcca_put_le16(bytes, (uint16_t)v);
  vcca_sink_put(out, VCCA_SPAN(bytes));
}

static void put_u32(vcca_sink *out, uint32_t v)
{
  uint8_t bytes[4];
  vcca_put_le32(bytes, v);
  vcca_sink_put(out, VCCA_SPAN(bytes));
}

static void put_u64(vcca_sink *out, uint64_t v)
{
  uint8_t bytes[8];
  vcca_put_le64(bytes, v);
  vcca_sink_put(out, VCCA_SPAN(bytes));
}

/* TCG_PCClientPCREvent with a TCG_EfiSpecIDEvent of one algorithm. */
static void put_header(vcca_sink *out, enum vcca_hash_alg alg)
{
  static const uint8_t version[] = {0, 2, 106, 2}; /* minor, major, errata, 64-bit UINTN */
  put_u32(out, 0);
  put_u32(out, EV_NO_ACTION);
  vcca_sink_fill(out, 0, 20);
  put_u32(out, 33);
  vcca_sink_put(out, vcca_span_of("Spec ID Event03", 16));
  put_u32(out, 0);
  vcca_sink_put(out, VCCA_SPAN(version));
  put_u32(out, 1);
  put_u16(out, vcca_tcg_alg(alg));
  put_u16(out, (unsigned)vcca_hash_size(alg));
  vcca_sink_u8(out, 0);
}

/* The head of a TCG_PCR_EVENT2 in register 0; digest: NULL for none. */
static void put_event(vcca_sink *out, uint32_t type, enum vcca_hash_alg alg, const uint8_t *digest, size_t size)
{
  put_u32(out, 0);
  put_u32(out, type);
  put_u32(out, digest ? 1 : 0);
  if (digest) {
    put_u16(out, vcca_tcg_alg(alg));
    vcca_sink_put(out, vcca_span_of(digest, vcca_hash_size(alg)));
  }
  put_u32(out, (uint32_t)size);
}

/* Text in a field of n bytes, padded with zeros. */
static void put_field(vcca_sink *out, const char *text, size_t n)
{
  size_t used = strlen(text) < n ? strlen(text) : n;
  vcca_sink_put(out, vcca_span_of(text, used));
  vcca_sink_fill(out, 0, n - used);
}

static void put_version(vcca_sink *out, const struct vcca_plan *plan, const char *vmm, const char *version)
{
  static const uint8_t none[VCCA_HASH_MAX];
  put_event(out, EV_NO_ACTION, plan->params.hash_alg, none, VERSION_PADDED);
  vcca_sink_put(out, vcca_span_of(VERSION_SIGNATURE, 16));
  put_field(out, vmm, VERSION_VERSION - VERSION_NAME);
  put_field(out, version, VERSION_RAM - VERSION_VERSION);
  put_u64(out, plan->ram_size);
  put_u32(out, plan->vcpus);
  vcca_sink_fill(out, 0, VERSION_PADDED - VERSION_SIZE);
}

static void put_tag(vcca_sink *out, enum vcca_hash_alg alg, uint32_t id, uint32_t size)
{
  static const uint8_t none[VCCA_HASH_MAX]; /* producers write a digest of zeros here */
  put_event(out, EV_EVENT_TAG, alg, none, TAG_HEAD + size);
  put_u32(out, id);
  put_u32(out, size);
}

static void put_create(vcca_sink *out, const struct vcca_realm_params *p)
{
  const uint8_t fields[] = {(uint8_t)p->s2sz,    (uint8_t)p->sve_vl,       (uint8_t)p->num_bps,
                            (uint8_t)p->num_wps, (uint8_t)p->pmu_num_ctrs, (uint8_t)p->hash_alg};
  put_tag(out, p->hash_alg, TAG_REALM_CREATE, CREATE_PADDED);
  put_u64(out, p->flags);
  vcca_sink_put(out, VCCA_SPAN(fields));
  vcca_sink_fill(out, 0, CREATE_PADDED - CREATE_SIZE);
}

static void put_ripas(vcca_sink *out, enum vcca_hash_alg alg, uint64_t base, uint64_t top)
{
  put_tag(out, alg, TAG_INIT_RIPAS, RIPAS_SIZE);
  put_u64(out, base);
  put_u64(out, top - base);
}

static void put_rec(vcca_sink *out, enum vcca_hash_alg alg, const struct vcca_rec_params *rec)
{
  put_tag(out, alg, TAG_REC_CREATE, REC_SIZE);
  put_u64(out, rec->flags);
  put_u64(out, rec->pc);
  for (size_t i = 0; i < 8; i++)
    put_u64(out, rec->gprs[i]);
}

static void put_image(vcca_sink *out, enum vcca_hash_alg alg, const struct vcca_segment *s)
{
  uint8_t digest[VCCA_HASH_MAX];
  char name[32];
  const char *role = vcca_role_name(s->role);
  size_t n = strlen(role);
  for (size_t i = 0; i < n; i++)
    name[i] = (char)(role[i] - 'a' + 'A');
  if (s->measured)
    vcca_hash(alg, vcca_span_sub(s->content, s->lead, s->content.n), digest);
  put_event(out, s->role == VCCA_ROLE_FIRMWARE ? EV_EFI_PLATFORM_FIRMWARE_BLOB2 : EV_POST_CODE2, alg,
            s->measured ? digest : NULL, 1 + n + 16);
  vcca_sink_u8(out, (uint8_t)n);
  vcca_sink_put(out, vcca_span_of(name, n));
  put_u64(out, s->ipa + s->lead);
  put_u64(out, s->measured ? s->content.n - s->lead : s->size);
}

bool vcca_bootlog_write(const struct vcca_plan *plan, const char *vmm, const char *version, vcca_sink *out,
                        struct vcca_error *err)
{
  enum vcca_hash_alg alg = plan->params.hash_alg;
  if (plan->rules == VCCA_RULES_VIRTCCA)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "a virtCCA host writes no such log");
  if (strlen(version) > VERSION_RAM - VERSION_VERSION)
    return vcca_fail(err, VCCA_FAULT_USAGE, "a log has room for %d bytes of the VMM's version, this one has %zu",
                     VERSION_RAM - VERSION_VERSION, strlen(version));
  put_header(out, alg);
  put_version(out, plan, vmm, version);
  put_create(out, &plan->params);
  for (size_t i = 0; i < plan->ripas_count; i++)
    put_ripas(out, alg, plan->ripas[i].base, plan->ripas[i].top);
  for (size_t i = 0; i < plan->segment_count; i++)
    if (!plan->segments[i].after_recs)
      put_image(out, alg, &plan->segments[i]);
  if (plan->vcpus > 0)
    put_rec(out, alg, &plan->boot_rec);
  for (size_t i = 0; i < plan->segment_count; i++)
    if (plan->segments[i].after_recs)
      put_image(out, alg, &plan->segments[i]);
  return true;
}
