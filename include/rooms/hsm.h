/* Beside vcca/hsm.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_HSM_H
#define ROOMS_HSM_H

#include "vcca/hsm.h"

/* "rsa", "p521", "p384"; NULL for no kind; and back. */
const char *vcca_chain_kind_name(enum vcca_chain_kind chain);
bool vcca_chain_kind_named(vcca_span name, enum vcca_chain_kind *chain);

/* The device that was powered on; belongs to the HSM. */
const struct vcca_device *vcca_hsm_device(const vcca_hsm *hsm);

/* Locks a boot register by name; it can then not be extended any more. False: there is no such register. */
VCCA_MUST_USE bool vcca_hsm_lock(vcca_hsm *hsm, const char *name, struct vcca_error *err);

/* The secret from which the monitor derives sealing keys: 32 bytes that depend on the HUK alone. */
enum { VCCA_SEALING_SECRET = 32 };
VCCA_MUST_USE bool vcca_hsm_sealing_secret(const vcca_hsm *hsm, uint8_t secret[VCCA_SEALING_SECRET],
                                           struct vcca_error *err);

/* A boot register (TF-M measured boot). */
struct vcca_boot_record {
  struct vcca_component claims; /* as the token carries them; spans point into the HSM */
  bool locked;
};
/* Register i in boot order; false beyond the last. */
bool vcca_hsm_record(const vcca_hsm *hsm, size_t i, struct vcca_boot_record *out);

#endif
