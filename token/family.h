/* Questions the decoder puts to the families.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TOKEN_FAMILY_H
#define VCCA_TOKEN_FAMILY_H

#include "vcca/token.h"

/* Whether any family has this container, this realm profile, this (Arm) platform profile. */
bool family_container(uint64_t tag);
bool family_realm_profile(vcca_span profile);
bool family_platform_profile(vcca_span profile);

#endif
