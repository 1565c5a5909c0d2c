/* What an open HSM holds, and the steps of powering it on, in order: check, CPAK, boot, RAK, certificates.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HSM_STATE_H
#define HSM_STATE_H

#include "rooms/chain_kind.h"
#include "rooms/crypto.h"

/* A built-in boot chain, in boot order (boot_chains.c). */
struct hsm_stage {
  const char *name; /* as the platform token spells it */
  const char *version;
  unsigned record;
};
const struct hsm_stage *hsm_boot_chain(enum vcca_chain_kind chain, size_t *count);

/* Register i belongs to component i. */
struct hsm_register {
  uint8_t value[VCCA_HASH_MAX];
  size_t size; /* of the value, and of what extends it */
  bool locked;
  bool merged; /* extended again after boot */
};

struct hsm_cert {
  uint8_t der[VCCA_CERT_MAX];
  size_t size;
};

struct hsm_token {
  uint8_t bytes[VCCA_TOKEN_MAX];
  size_t size; /* 0: not made yet */
};

struct vcca_hsm {
  struct vcca_device device;
  struct hsm_register registers[VCCA_HSM_COMPONENTS];
  vcca_key *cpak;
  vcca_key *rak; /* NULL: the CPAK serves as both (RSA) */
  uint8_t instance_id[33];
  struct hsm_cert certs[VCCA_CERT_DEVICE + 1];
  struct hsm_token tokens[VCCA_FAMILIES];
};

/* Whether the device image can be powered on at all. */
bool hsm_device_check(const struct vcca_device *device, struct vcca_error *err);

/* ladder.c */
bool hsm_derive_cpak(vcca_hsm *hsm, struct vcca_error *err);
bool hsm_derive_rak(vcca_hsm *hsm, struct vcca_error *err);
/* boot.c: fills and locks the registers; the registers as the RAK's derivation reads them. */
void hsm_boot(vcca_hsm *hsm);
void hsm_boot_records(const vcca_hsm *hsm, vcca_sink *out);
/* cert_chain.c */
bool hsm_certify(vcca_hsm *hsm, struct vcca_error *err);

#endif
