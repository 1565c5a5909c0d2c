/* Profiles and their generations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TOKEN_PROFILE_H
#define VCCA_TOKEN_PROFILE_H

#include "vcca/token.h"

/* In order of time: what a generation brings, the next ones have too. */
enum generation { GENERATION_VIRTCCA, GENERATION_LEGACY, GENERATION_2023, GENERATION_2024, GENERATION_2026 };

/* The generation of a platform or realm profile by its text; false for one that is not known. */
bool profile_platform(vcca_span text, enum generation *out);
bool profile_realm(vcca_span text, enum generation *out);

#endif
