/* RIM and REM: what the monitor measures, byte for byte.
 *
 * The rules are data: Arm's RMM 1.0, Arm's RMM 2.0 and virtCCA's TMM differ in a few facts and share
 * everything else. Sources: RMM specification DEN0137 1.0-rel0 B4.3 and C1; TF-RMM for 2.0, and the text
 * of 2.0-bet1 where that says otherwise; the virtCCA SDK's rim_ref for virtCCA.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_MEASUREMENT_H
#define VCCA_MEASUREMENT_H

#include "vcca/hash.h"

#ifdef __cplusplus
extern "C" {
#endif

enum vcca_rules_id {
  VCCA_RULES_ARM_1_0,
  VCCA_RULES_ARM_2_0,
  VCCA_RULES_VIRTCCA,
  VCCA_RULES_ARM_2_0_BET1,
  VCCA_RULES_COUNT
};

/* What an extension of a REM hashes. */
enum vcca_rem_rule {
  VCCA_REM_PLAIN,        /* the digest so far, and the value: every monitor there is */
  VCCA_REM_PADDED_VALUE, /* the digest so far, and the value with zeros up to 64 bytes: B3.42 of 1.0-rel0, read so */
  VCCA_REM_PADDED,       /* all 64 bytes of the register, and the value with zeros up to 64 bytes: B3.110 of 2.0-bet1 */
};

struct vcca_rim_rules {
  const char *
      name; /* "arm-rmm-1.0", "arm-rmm-2.0", "virtcca", "arm-rmm-2.0-bet1" (the draft's text, which no monitor follows) */
  const char *rmm;         /* the RMM's version: "1.0", "2.0", "2.0-bet1"; NULL: not an RMM's */
  bool zero_start;         /* a RIM starts from zeros; otherwise from H(4096-byte parameter page) */
  bool ripas_extends;      /* RTT_INIT_RIPAS extends, once per translation table entry */
  bool unmeasured_extends; /* DATA without the measure flag extends, with zero content */
  bool every_rec;          /* every REC is measured; otherwise only runnable ones */
  bool packed_rec;         /* REC content is H(80 bytes: gprs, pc, flags); otherwise H(4096-byte parameter page) */
  bool sha384;             /* SHA-384 may be asked for */
  enum vcca_rem_rule rem;
  enum vcca_rem_rule rem_zero_padded; /* the same where zero padding is asked for (rem_zero_padded of a machine) */
};
/* The rules with this id. Never NULL. */
VCCA_API const struct vcca_rim_rules *vcca_rim_rules(enum vcca_rules_id id);

/* Bits of realm_params.flags (RmiRealmFlags, tmi_cvm_params) and of rec_params.flags (RmiRecCreateFlags). */
enum { VCCA_REALM_LPA2 = 1, VCCA_REALM_SVE = 2, VCCA_REALM_PMU = 4 };
enum { VCCA_REC_RUNNABLE = 1 };

/* The measured fields of RmiRealmParams / tmi_cvm_params, raw encodings as the host passes them (RMM:
 * num_bps and num_wps are counts minus 1, sve_vl is bits/128 - 1; virtCCA: sve_vl is bits/128). RPV, VMID
 * and table fields are not measured. */
struct vcca_realm_params {
  uint64_t flags; /* VCCA_REALM_LPA2, _SVE, _PMU */
  uint64_t s2sz;  /* IPA width, bits */
  uint64_t sve_vl;
  uint64_t num_bps;
  uint64_t num_wps;
  uint64_t pmu_num_ctrs;
  enum vcca_hash_alg hash_alg;
};

/* The measured fields of RmiRecParams / tmi_tec_params. */
struct vcca_rec_params {
  uint64_t flags; /* VCCA_REC_RUNNABLE */
  uint64_t pc;
  uint64_t gprs[8];
};

/* A measurement register: 64 bytes, a shorter digest at the low end, zeros above (RMM specification C1,
 * RmmRealmMeasurement). */
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
typedef void (*vcca_rim_hook)(void *ctx, const struct vcca_rim_step *step);

/* A RIM in the making: a plain value, no pointers, copy it freely. */
struct vcca_rim {
  enum vcca_rules_id rules;
  enum vcca_hash_alg hash_alg;
  uint8_t value[VCCA_MEASUREMENT_SIZE];
};

/* Starts a RIM (REALM_CREATE; DEN0137 B4.3.9): pad64(H(4096-byte parameter page)), or zeros, as the rules
 * say. Fills all of *rim; nothing is to be freed. */
VCCA_API void vcca_rim_create(struct vcca_rim *rim, enum vcca_rules_id rules, const struct vcca_realm_params *params);
/* Extends by one granule at ipa; content is its digest (vcca_hash_size bytes), or NULL for an unmeasured
 * granule, which extends only under rules that say so. Returns whether it extended. */
VCCA_API bool vcca_rim_data(struct vcca_rim *rim, uint64_t ipa, const uint8_t *content);
/* Extends by a REC, if the rules measure it. content_out (64 bytes, may be NULL) receives the digest of
 * its content. Returns whether it extended. */
VCCA_API bool vcca_rim_rec(struct vcca_rim *rim, const struct vcca_rec_params *rec, uint8_t *content_out);
/* Extends by one translation table entry [base, top) that is set to RIPAS RAM, if the rules measure it.
 * Returns whether it extended. */
VCCA_API bool vcca_rim_ripas(struct vcca_rim *rim, uint64_t base, uint64_t top);
/* The digest in the register: its first vcca_hash_size(alg) bytes. Points into *rim. */
VCCA_API vcca_span vcca_rim_digest(const struct vcca_rim *rim);

/* Extends a REM (RSI_MEASUREMENT_EXTEND; DEN0137 B5.3.7): rem becomes pad64(H(what the rule says)). value
 * has 0 to 64 bytes. */
VCCA_API void vcca_rem_extend(enum vcca_hash_alg alg, enum vcca_rem_rule rule, uint8_t rem[VCCA_MEASUREMENT_SIZE],
                              vcca_span value);

#ifdef __cplusplus
}
#endif
#endif
