/* The HSM in the InSE (Arm: the RSE): root secrets, boot registers, CPAK and RAK, the certificate chain,
 * the platform token. Everything comes from the device image, so a device is reproducible; every name in
 * its certificates says TEST.
 *
 * The key ladder is TF-M's RSE construction (virtCCA's own is not public):
 *   CPAK seed = KDF(HUK, "BL1_CPAK_SEED_DERIVATION"), DAK seed = KDF(GUK, "BL1_DAK_SEED_DERIVATION", boot state)
 *   boot state = SHA-256(tp_mode || lcs || reprovisioning || BL1_2 hash)
 *   CPAK = EC key from HKDF(CPAK seed); RAK = EC key from HKDF(DAK seed, info = the boot records as CBOR).
 * So a changed component, recorded or not, changes the RAK and never the CPAK. docs/adr/0006-key-ladder.md
 * has the details.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_HSM_H
#define VCCA_HSM_H

#include "vcca/token.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { VCCA_HSM_SEED = 32, VCCA_HSM_COMPONENTS = VCCA_COMPONENTS_MAX, VCCA_HSM_TEXT = 48 };

/* One boot stage: what is loaded and what the HSM's register for it receives. */
struct vcca_device_component {
  char name[VCCA_HSM_TEXT];    /* "imu"; claim 2399/1 when it is recorded; each once, 1 to 32 bytes (TF-M's limit) */
  char version[VCCA_HSM_TEXT]; /* claim 2399/4, at most 14 bytes (TF-M's limit); "" = none */
  unsigned record;             /* its place among the platform token's components, from 1, each once; 0: not recorded */
  bool extended;         /* the register is H(0... || digest) as an extend leaves it; otherwise the digest itself */
  bool open;             /* its register is not locked after boot: vcca_hsm_extend may change it */
  uint8_t digest[64];    /* of the component's image */
  size_t digest_size;    /* 32, 48 or 64: also says the register's hash */
  uint8_t signer_id[64]; /* claim 2399/5 */
  size_t signer_id_size; /* 32, 48 or 64; 0: empty */
};

/* Which keys and chain the device has: RSA-4096 as the CVM-only machines, P-521 as the two-part virtCCA
 * ones, P-384 as CCA. */
enum vcca_chain_kind { VCCA_CHAIN_RSA, VCCA_CHAIN_P521, VCCA_CHAIN_P384 };

/* A device image: plain data. vcca_device_load reads it from YAML. */
struct vcca_device {
  char name[VCCA_HSM_TEXT];
  uint8_t huk[VCCA_HSM_SEED]; /* hardware unique key */
  uint8_t guk[VCCA_HSM_SEED]; /* group unique key */
  enum vcca_chain_kind chain;
  uint32_t lifecycle; /* claim 2395, e.g. 0x3003 */
  uint8_t implementation_id[32];
  uint8_t instance_id
      [33]; /* 01 || ...; all zero: derived from the CPAK, 01 || SHA-256(uncompressed point, or SPKI for RSA) */
  uint8_t config[256];
  size_t config_size;
  char verification_service[128]; /* "" = none */
  char profile[64];               /* platform profile; "" = the family's own */
  uint8_t bl1_2_hash[32];         /* immutable second boot stage: part of the boot state */
  struct vcca_device_component components[VCCA_HSM_COMPONENTS]; /* in boot order */
  size_t component_count;
  /* RSA devices only: primes of the device key, rsa_size bytes each; rsa_size 0: search them from the HUK
   * (seconds). */
  uint8_t rsa_p[256], rsa_q[256];
  size_t rsa_size;
};

/* The built-in TEST device of a kind: virtCCA's boot order and six records for RSA and P-521, Arm's
 * thirteen RSE components for P-384. Every secret and digest is the SHA-256 of a text that starts with
 * "TEST " (hsm/device.c), so anyone can make them again. */
VCCA_API void vcca_device_default(enum vcca_chain_kind chain, struct vcca_device *out);

/* Reads a device image (YAML; docs/devices.md). Refuses unknown keys and values that a device cannot have;
 * the error has line and column, and suggests the nearest key. *out owns nothing. */
VCCA_API VCCA_MUST_USE bool vcca_device_load(vcca_span yaml, struct vcca_device *out, struct vcca_error *err);
/* Appends a device image as YAML. vcca_device_load reads the same device from it. */
VCCA_API void vcca_device_save(const struct vcca_device *device, vcca_sink *yaml);

typedef struct vcca_hsm vcca_hsm;

/* Powers the device on: derives the CPAK, then boots its components in order (extend and lock each
 * register), then derives the RAK and writes the certificates. The device is copied. NULL on failure, with
 * what is wrong with the device. */
VCCA_API vcca_hsm *vcca_hsm_open(const struct vcca_device *device, struct vcca_error *err);
/* Frees the HSM with its keys, certificates and tokens. NULL is allowed. */
VCCA_API void vcca_hsm_close(vcca_hsm *hsm);

/* --- Boot registers (TF-M measured boot) ---------------------------------------------------------------- */

/* Extends a register by name: value' = H(value || digest). A locked register, an unknown name or another
 * size is refused. The record then stands for more than one image, so it loses its type and version (TF-M
 * measured boot). The RAK stays what it was at boot; a platform token made before stays too. */
VCCA_API VCCA_MUST_USE bool vcca_hsm_extend(vcca_hsm *hsm, const char *name, vcca_span digest, struct vcca_error *err);

/* --- Keys ------------------------------------------------------------------------------------------------ */

/* The CPAK and the RAK, key pairs that belong to the HSM. The RAK of an RSA device is the device key
 * itself. */
VCCA_API const vcca_key *vcca_hsm_cpak(const vcca_hsm *hsm);
VCCA_API const vcca_key *vcca_hsm_rak(const vcca_hsm *hsm);

/* --- Certificates ---------------------------------------------------------------------------------------- */

enum vcca_cert_role { VCCA_CERT_ROOT, VCCA_CERT_SUB, VCCA_CERT_DEVICE };
/* A certificate in DER, at most 4096 bytes, which belongs to the HSM. The chain: TEST root CA -> TEST sub
 * CA -> device (the CPAK, or the RSA device key). */
VCCA_API vcca_span vcca_hsm_cert(const vcca_hsm *hsm, enum vcca_cert_role role);

/* --- Tokens ---------------------------------------------------------------------------------------------- */

/* The token family that a device of this kind has by default. */
VCCA_API enum vcca_family vcca_hsm_family(const vcca_hsm *hsm);
/* Fills the platform claims of the device as booted; spans point into the HSM. challenge is the binding,
 * in the claim that the family has it in. */
VCCA_API void vcca_hsm_platform_claims(const vcca_hsm *hsm, enum vcca_family family, vcca_span challenge,
                                       struct vcca_platform_claims *out);
/* The platform token bound to the RAK: challenge = H(claim 44237 bytes) by SHA-256. Made once per family
 * and kept, as the monitor keeps it. {NULL, 0} for a family without one; the HSM owns the bytes. */
VCCA_API VCCA_MUST_USE bool vcca_hsm_platform_token(vcca_hsm *hsm, enum vcca_family family, vcca_span *out,
                                                    struct vcca_error *err);

#ifdef __cplusplus
}
#endif
#endif
