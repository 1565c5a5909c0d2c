/* The library's way to the VM: its control socket, whose name is in VCCA_VM.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PRELOAD_MONITOR_H
#define PRELOAD_MONITOR_H

#include "rooms/driver.h"

/* A guest's file: its bytes, which the caller frees; none of a device. False with errno when the guest has
 * no such file, or no VM answers. */
bool monitor_file(enum driver_node node, uint8_t **bytes, size_t *n);
/* An ioctl of this process. */
int64_t monitor_ioctl(enum driver_node node, uint32_t number, uint64_t argument);

#endif
