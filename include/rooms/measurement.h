/* For the rooms: what vcca/measurement.h does not offer to users.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_MEASUREMENT_H
#define ROOMS_MEASUREMENT_H

#include "vcca/measurement.h"

bool vcca_rim_rules_named(vcca_span name, enum vcca_rules_id *id);
/* By the RMM's version. */
bool vcca_rim_rules_of_rmm(vcca_span version, enum vcca_rules_id *id);

const char *vcca_step_name(enum vcca_step_kind kind); /* "create", "data", "rec", "ripas" */

#endif
