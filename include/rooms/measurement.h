/* Beside vcca/measurement.h: declarations for the rooms and the tool. They are not installed, and not
 * visible outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_MEASUREMENT_H
#define ROOMS_MEASUREMENT_H

#include "vcca/measurement.h"

/* Finds rules by their name. */
bool vcca_rim_rules_named(vcca_span name, enum vcca_rules_id *id);
/* Finds rules by the RMM's version. */
bool vcca_rim_rules_of_rmm(vcca_span version, enum vcca_rules_id *id);

/* vcca_rim_data of one granule for n registers side by side, at most VCCA_HASH_LANES, which is faster than
 * one after the other. The registers have one hash_alg and rules that agree on whether the granule extends. */
void vcca_rim_data_alike(struct vcca_rim *const rims[], size_t n, uint64_t ipa, const uint8_t *content);

/* "create", "data", "rec", "ripas". */
const char *vcca_step_name(enum vcca_step_kind kind);

#endif
