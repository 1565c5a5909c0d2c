/* For the rooms: what vcca/hsm.h does not offer to users.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_HSM_H
#define ROOMS_HSM_H

#include "vcca/hsm.h"

const char *vcca_chain_kind_name(enum vcca_chain_kind chain); /* "rsa", "p521", "p384"; NULL for no kind */
bool vcca_chain_kind_named(vcca_span name, enum vcca_chain_kind *chain);

const struct vcca_device *vcca_hsm_device(const vcca_hsm *hsm);

VCCA_MUST_USE bool vcca_hsm_lock(vcca_hsm *hsm, const char *name, struct vcca_error *err);

#endif
