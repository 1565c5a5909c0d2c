/* Beside vcca/tsi.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_TSI_H
#define ROOMS_TSI_H

#include "vcca/tsi.h"

/* Takes keys, platform token and certificate from another HSM of the same family, as if the VM had moved to
 * that machine. The VM's measurements stay. The HSM must outlive the interface. On failure nothing
 * changes. */
VCCA_MUST_USE bool vcca_guest_interface_rekey(vcca_guest_interface *gi, vcca_hsm *hsm, struct vcca_error *err);

/* Asked before the monitor handles a guest call that a table knows. True: the call does nothing; x0 becomes
 * *status, and x1 to x3 become 0. It is for tests of guest software, which must cope with a monitor that
 * fails. */
typedef bool (*vcca_guest_intercept)(void *ctx, const struct vcca_interface *interface,
                                     const struct vcca_command *command, uint64_t rec, uint64_t *status);
void vcca_guest_interface_intercept(vcca_guest_interface *gi, vcca_guest_intercept intercept, void *ctx);

/* The sealing key for a parameter of 0 or 64 bytes, by TSI only; for guest programs. Returns TSI's status;
 * other sizes are the monitor's to refuse. Uses 128 bytes of scratch. */
enum { VCCA_SEALING_KEY = 32 };
uint64_t vcca_guest_sealing_key(vcca_guest *g, vcca_span param, uint8_t key[VCCA_SEALING_KEY]);

#endif
