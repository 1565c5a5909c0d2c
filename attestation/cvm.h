/* The CVM that a process's contexts share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTATION_CVM_H
#define ATTESTATION_CVM_H

#include "vcca/error.h"
#include "rooms/driver.h"

/* Boots it, or joins one that runs. False with err. Each success is ended by cvm_leave. */
VCCA_MUST_USE bool cvm_join(struct vcca_error *err);
void cvm_leave(void);
/* An ioctl of /dev/tsi, as driver_ioctl. */
int64_t cvm_ioctl(enum driver_call call, void *argument);

#endif
