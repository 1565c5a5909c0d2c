/* Attestation: one state machine for ATTESTATION_TOKEN_INIT and _CONTINUE of both RSI and TSI (RMM
 * specification A7.2).
 *
 *   none --INIT--> sampled --CONTINUE--> signed --CONTINUE, last byte--> none        INIT starts again from any state
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TSI_ATTESTATION_H
#define TSI_ATTESTATION_H

#include "tsi/call.h"

/* Makes the CCA token: the realm token for these measurements and this challenge, and the platform token. */
VCCA_MUST_USE bool attestation_mint(const vcca_guest_interface *monitor, const struct vcca_realm_info *realm,
                                    vcca_span challenge, vcca_sink *out, struct vcca_error *err);

/* INIT: keeps the challenge and the present measurements. x1 becomes the upper bound of the token's size. */
uint64_t attestation_init(struct guest_call *call, vcca_span challenge);
bool attestation_in_progress(const struct guest_call *call);
/* CONTINUE: writes up to size more bytes at ipa. x1 becomes their number. */
uint64_t attestation_continue(struct guest_call *call, uint64_t ipa, uint64_t size);

#endif
