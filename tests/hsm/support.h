/* Opening devices in tests.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_HSM_SUPPORT_H
#define TESTS_HSM_SUPPORT_H

#include "check.h"

#include "vcca/hsm.h"

/* The device powered on; the test fails with the reason when it cannot be. */
vcca_hsm *open_device(const struct vcca_device *device);
vcca_hsm *open_default(enum vcca_chain_kind chain);
/* The component called this; the test fails when there is none. */
struct vcca_device_component *component(struct vcca_device *device, const char *name);
/* The same public key? */
bool same_cpak(const vcca_hsm *a, const vcca_hsm *b);
bool same_rak(const vcca_hsm *a, const vcca_hsm *b);

#endif
