/* How a program reaches the guest's devices.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GUEST_PROGRAM_DEVICES_H
#define GUEST_PROGRAM_DEVICES_H

#include "rooms/guest.h"

/* In the process that will run the command: sets one of the ways up. *listener is the descriptor for a
 * supervisor; -1: none is needed. */
VCCA_MUST_USE bool program_devices(enum vcca_program_devices way, const char *command, int *listener,
                                   struct vcca_error *err);

#endif
