/* A running VM of a scenario of this tree.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_GUEST_SUPPORT_H
#define TESTS_GUEST_SUPPORT_H

#include "check.h"

#include "vcca/guest.h"

/* The scenario of that name in scenarios/, held after its step "vm", which boots. */
vcca_running *running_open(const char *scenario);
/* Its token for a challenge whose 64 bytes are all the same. */
struct vcca_bytes running_token(vcca_running *v, uint8_t byte);

#endif
