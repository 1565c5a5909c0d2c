/* RIM and REM: what the monitor measures, byte for byte.
 *
 * The rules are data: Arm's RMM 1.0, Arm's RMM 2.0 and virtCCA's TMM differ in five facts and share everything else.
 * Sources: RMM specification DEN0137 1.0-rel0 B4.3 and C1; TF-RMM for 2.0; the virtCCA SDK's rim_ref for virtCCA.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_MEASUREMENT_H
#define VCCA_MEASUREMENT_H

#include "vcca/crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

enum vcca_rules_id { VCCA_RULES_ARM_1_0, VCCA_RULES_ARM_2_0, VCCA_RULES_VIRTCCA, VCCA_RULES_COUNT };

struct vcca_rim_rules {
  const char *name;        /* "arm-rmm-1.0", "arm-rmm-2.0", "virtcca" */
  bool ripas_extends;      /* RTT_INIT_RIPAS extends, once per translation table entry */
  bool unmeasured_extends; /* DATA without the measure flag extends, with zero content */
  bool every_rec;          /* every REC is measured; otherwise only runnable ones */
  bool packed_rec;         /* REC content is H(80 bytes: gprs, pc, flags); otherwise H(4096-byte parameter page) */
  bool sha384;             /* SHA-384 may be asked for */
};
const struct vcca_rim_rules *vcca_rim_rules(enum vcca_rules_id id);
bool vcca_rim_rules_named(vcca_span name, enum vcca_rules_id *id);

/* The measured fields of RmiRealmParams / tmi_cvm_params, raw encodings as the host passes them (RMM: num_bps and
 * num_wps are counts minus 1, sve_vl is bits/128 - 1; virtCCA: sve_vl is bits/128). RPV, VMID and table fields are not
 * measured. */
struct vcca_realm_params {
  uint64_t flags; /* bit 0 LPA2, bit 1 SVE, bit 2 PMU */
  uint64_t s2sz;  /* IPA width, bits */
  uint64_t sve_vl;
  uint64_t num_bps;
  uint64_t num_wps;
  uint64_t pmu_num_ctrs;
  enum vcca_hash_alg hash_alg;
};

/* The measured fields of RmiRecParams / tmi_tec_params. */
struct vcca_rec_params {
  uint64_t flags; /* bit 0 runnable */
  uint64_t pc;
  uint64_t gprs[8];
};

/* A measurement register: 64 bytes, a shorter digest at the low end, zeros above (RMM specification C1, RmmRealmMeasurement). */
enum { VCCA_MEASUREMENT_SIZE = 64, VCCA_REMS = 4, VCCA_DESCRIPTOR_SIZE = 256 };

/* One extension of a RIM, as a hook sees it after it happened. */
enum vcca_step_kind { VCCA_STEP_CREATE, VCCA_STEP_DATA, VCCA_STEP_REC, VCCA_STEP_RIPAS };
struct vcca_rim_step {
  enum vcca_step_kind kind;
  uint64_t base;          /* DATA: IPA; RIPAS: base */
  uint64_t top;           /* RIPAS: top */
  uint64_t flags;         /* DATA: 1 = measured; REC: its flags; CREATE: params flags */
  const uint8_t *content; /* DATA, REC: content digest (vcca_hash_size bytes), NULL when unmeasured or none */
  const uint8_t *before;  /* register before (zeros for CREATE) and after, 64 bytes each */
  const uint8_t *after;
};
const char *vcca_step_name(enum vcca_step_kind kind); /* "create", "data", "rec", "ripas" */
typedef void (*vcca_rim_hook)(void *ctx, const struct vcca_rim_step *step);

/* A RIM in the making: a plain value, no pointers, copy it freely. */
struct vcca_rim {
  enum vcca_rules_id rules;
  enum vcca_hash_alg hash_alg;
  uint8_t value[VCCA_MEASUREMENT_SIZE];
};

/* RIM = pad64(H(4096-byte parameter page)). */
void vcca_rim_create(struct vcca_rim *rim, enum vcca_rules_id rules, const struct vcca_realm_params *params);
/* Extends by one granule at ipa; content is its digest (vcca_hash_size bytes), or NULL for an unmeasured granule, which
 * extends only under rules that say so. Returns whether it extended. */
bool vcca_rim_data(struct vcca_rim *rim, uint64_t ipa, const uint8_t *content);
/* Extends by a REC, when the rules measure it. content_out (64 bytes, may be NULL) receives the content digest. */
bool vcca_rim_rec(struct vcca_rim *rim, const struct vcca_rec_params *rec, uint8_t *content_out);
/* Extends by one translation table entry [base, top) set to RIPAS RAM, when the rules measure it. */
bool vcca_rim_ripas(struct vcca_rim *rim, uint64_t base, uint64_t top);
/* The digest bytes of the register: vcca_hash_size(alg) of the 64. */
vcca_span vcca_rim_digest(const struct vcca_rim *rim);

/* REM' = pad64(H(REM[0..digest size) || value)), value 0..64 bytes. With zero_padded the value is first padded with zeros
 * to 64 bytes: another reading of the same sentence of the specification; every deployed monitor does it without. */
void vcca_rem_extend(enum vcca_hash_alg alg, bool zero_padded, uint8_t rem[VCCA_MEASUREMENT_SIZE], vcca_span value);

#ifdef __cplusplus
}
#endif
#endif
