/* The RIM: realm parameters, then one 256-byte descriptor per measured granule, REC or RIPAS change, each
 * hashed together with the register so far. RMM specification 1.0-rel0 B4.3 and C1
 * (RmmMeasurementDescriptor*); the SDK's gen_rim_ref for virtCCA. What differs between monitors is the
 * rules table and nothing else (docs/adr/0003-rim-rules-are-data.md).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/hash.h"
#include "rooms/measurement.h"
#include "rooms/span.h"

#include <string.h>

static const struct vcca_rim_rules rules_table[VCCA_RULES_COUNT] = {
    [VCCA_RULES_ARM_1_0] = {.name = "arm-rmm-1.0",
                            .rmm = "1.0",
                            .ripas_extends = true,
                            .unmeasured_extends = true,
                            .rem_zero_padded = VCCA_REM_PADDED_VALUE},
    [VCCA_RULES_ARM_2_0] = {.name = "arm-rmm-2.0",
                            .rmm = "2.0",
                            .unmeasured_extends = true,
                            .sha384 = true,
                            .rem_zero_padded = VCCA_REM_PADDED},
    [VCCA_RULES_VIRTCCA] = {.name = "virtcca",
                            .every_rec = true,
                            .packed_rec = true,
                            .rem_zero_padded = VCCA_REM_PADDED_VALUE},
    [VCCA_RULES_ARM_2_0_BET1] = {.name = "arm-rmm-2.0-bet1",
                                 .rmm = "2.0-bet1",
                                 .zero_start = true,
                                 .unmeasured_extends = true,
                                 .sha384 = true,
                                 .rem = VCCA_REM_PADDED,
                                 .rem_zero_padded = VCCA_REM_PADDED},
};

const struct vcca_rim_rules *vcca_rim_rules(enum vcca_rules_id id)
{
  return &rules_table[id];
}

bool vcca_rim_rules_named(vcca_span name, enum vcca_rules_id *id)
{
  for (unsigned i = 0; i < VCCA_RULES_COUNT; i++)
    if (vcca_span_is(name, rules_table[i].name)) {
      *id = (enum vcca_rules_id)i;
      return true;
    }
  return false;
}

bool vcca_rim_rules_of_rmm(vcca_span version, enum vcca_rules_id *id)
{
  for (unsigned i = 0; i < VCCA_RULES_COUNT; i++)
    if (rules_table[i].rmm && vcca_span_is(version, rules_table[i].rmm)) {
      *id = (enum vcca_rules_id)i;
      return true;
    }
  return false;
}

const char *vcca_step_name(enum vcca_step_kind kind)
{
  static const char *const names[] = {
      [VCCA_STEP_CREATE] = "create", [VCCA_STEP_DATA] = "data", [VCCA_STEP_REC] = "rec", [VCCA_STEP_RIPAS] = "ripas"};
  return names[kind];
}

/* RmmMeasurementDescriptor*: the offsets all kinds share, and those of each. */
enum descriptor_type { DESCRIPTOR_DATA = 0, DESCRIPTOR_REC = 1, DESCRIPTOR_RIPAS = 2 };
enum {
  DESC_TYPE = 0x00,
  DESC_LEN = 0x08,
  DESC_RIM = 0x10,
  DATA_IPA = 0x50,
  DATA_FLAGS = 0x58,
  DATA_CONTENT = 0x60,
  REC_CONTENT = 0x50,
  RIPAS_BASE = 0x50,
  RIPAS_TOP = 0x58,
};

static void begin(const struct vcca_rim *rim, enum descriptor_type type, uint8_t desc[VCCA_DESCRIPTOR_SIZE])
{
  memset(desc, 0, VCCA_DESCRIPTOR_SIZE);
  desc[DESC_TYPE] = (uint8_t)type;
  vcca_put_le64(desc + DESC_LEN, VCCA_DESCRIPTOR_SIZE);
  memcpy(desc + DESC_RIM, rim->value, VCCA_MEASUREMENT_SIZE);
}

/* The register's upper bytes are zero since vcca_rim_create and stay so. */
static void extend(struct vcca_rim *rim, const uint8_t desc[VCCA_DESCRIPTOR_SIZE])
{
  vcca_hash(rim->hash_alg, vcca_span_of(desc, VCCA_DESCRIPTOR_SIZE), rim->value);
}

void vcca_rim_create(struct vcca_rim *rim, enum vcca_rules_id rules, const struct vcca_realm_params *params)
{
  *rim = (struct vcca_rim){.rules = rules, .hash_alg = params->hash_alg};
  if (rules_table[rules].zero_start)
    return;

  uint8_t page[VCCA_PAGE] = {0};
  vcca_put_le64(page + 0x00, params->flags);
  vcca_put_le64(page + 0x08, params->s2sz);
  vcca_put_le64(page + 0x10, params->sve_vl);
  vcca_put_le64(page + 0x18, params->num_bps);
  vcca_put_le64(page + 0x20, params->num_wps);
  vcca_put_le64(page + 0x28, params->pmu_num_ctrs);
  page[0x30] = (uint8_t)params->hash_alg;
  vcca_hash(rim->hash_alg, VCCA_SPAN(page), rim->value);
}

/* False: the granule is not measured, and by the rules that extends nothing. */
static bool describe_data(const struct vcca_rim *rim, uint64_t ipa, const uint8_t *content,
                          uint8_t desc[VCCA_DESCRIPTOR_SIZE])
{
  if (content == NULL && !rules_table[rim->rules].unmeasured_extends)
    return false;
  begin(rim, DESCRIPTOR_DATA, desc);
  vcca_put_le64(desc + DATA_IPA, ipa);
  vcca_put_le64(desc + DATA_FLAGS, content != NULL);
  if (content)
    memcpy(desc + DATA_CONTENT, content, vcca_hash_size(rim->hash_alg));
  return true;
}

bool vcca_rim_data(struct vcca_rim *rim, uint64_t ipa, const uint8_t *content)
{
  uint8_t desc[VCCA_DESCRIPTOR_SIZE];
  if (!describe_data(rim, ipa, content, desc))
    return false;
  extend(rim, desc);
  return true;
}

void vcca_rim_data_alike(struct vcca_rim *const rims[], size_t n, uint64_t ipa, const uint8_t *content)
{
  uint8_t heads[VCCA_HASH_LANES][VCCA_HASH_HEAD], first[VCCA_DESCRIPTOR_SIZE];
  struct vcca_hash_job jobs[VCCA_HASH_LANES];
  if (DESC_RIM + vcca_hash_size(rims[0]->hash_alg) > VCCA_HASH_HEAD) { /* a RIM of SHA-512 goes on after the head */
    for (size_t i = 0; i < n; i++)
      (void)vcca_rim_data(rims[i], ipa, content);
    return;
  }
  if (!describe_data(rims[0], ipa, content, first))
    return;
  for (size_t i = 0; i < n; i++) {
    memcpy(heads[i], first, DESC_RIM);
    memcpy(heads[i] + DESC_RIM, rims[i]->value, VCCA_HASH_HEAD - DESC_RIM);
    jobs[i] = (struct vcca_hash_job){heads[i], rims[i]->value};
  }
  vcca_hash_alike(rims[0]->hash_alg, jobs, n,
                  vcca_span_sub(VCCA_SPAN(first), VCCA_HASH_HEAD, VCCA_DESCRIPTOR_SIZE - VCCA_HASH_HEAD));
}

/* virtCCA: H over the 80 bytes gprs, pc, flags. Arm: H over the parameter page with everything else zero. */
static void hash_rec(const struct vcca_rim *rim, const struct vcca_rec_params *rec,
                     uint8_t content[VCCA_MEASUREMENT_SIZE])
{
  bool packed = rules_table[rim->rules].packed_rec;
  size_t size = packed ? 80 : VCCA_PAGE;
  size_t gprs = packed ? 0x00 : 0x300;
  size_t pc = packed ? 0x40 : 0x200;
  size_t flags = packed ? 0x48 : 0x000;

  uint8_t page[VCCA_PAGE] = {0};
  for (size_t i = 0; i < 8; i++)
    vcca_put_le64(page + gprs + 8 * i, rec->gprs[i]);
  vcca_put_le64(page + pc, rec->pc);
  vcca_put_le64(page + flags, rec->flags);
  memset(content, 0, VCCA_MEASUREMENT_SIZE);
  vcca_hash(rim->hash_alg, vcca_span_of(page, size), content);
}

bool vcca_rim_rec(struct vcca_rim *rim, const struct vcca_rec_params *rec, uint8_t *content_out)
{
  bool runnable = rec->flags & VCCA_REC_RUNNABLE;
  if (!runnable && !rules_table[rim->rules].every_rec)
    return false;

  uint8_t content[VCCA_MEASUREMENT_SIZE];
  hash_rec(rim, rec, content);
  if (content_out)
    memcpy(content_out, content, sizeof content);

  uint8_t desc[VCCA_DESCRIPTOR_SIZE];
  begin(rim, DESCRIPTOR_REC, desc);
  memcpy(desc + REC_CONTENT, content, sizeof content);
  extend(rim, desc);
  return true;
}

bool vcca_rim_ripas(struct vcca_rim *rim, uint64_t base, uint64_t top)
{
  if (!rules_table[rim->rules].ripas_extends)
    return false;

  uint8_t desc[VCCA_DESCRIPTOR_SIZE];
  begin(rim, DESCRIPTOR_RIPAS, desc);
  vcca_put_le64(desc + RIPAS_BASE, base);
  vcca_put_le64(desc + RIPAS_TOP, top);
  extend(rim, desc);
  return true;
}

vcca_span vcca_rim_digest(const struct vcca_rim *rim)
{
  return vcca_span_of(rim->value, vcca_hash_size(rim->hash_alg));
}
