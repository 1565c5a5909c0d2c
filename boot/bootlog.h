/* The measurement log of QEMU's and kvmtool's realm branches: what its writer and its reader share.
 *
 * A TCG crypto-agile log. Register 0 stands for the RIM; an EV_NO_ACTION "VM VERSION" says which VMM it was; tagged events carry the
 * parameters, RIPAS ranges and the REC; blob events carry images, with their digests, or the unmeasured log area, without.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_BOOTLOG_H
#define BOOT_BOOTLOG_H

#include <stdint.h>

#define EV_NO_ACTION UINT32_C(3)
#define EV_EVENT_TAG UINT32_C(6)
#define EV_POST_CODE2 UINT32_C(0x13)
#define EV_EFI_PLATFORM_FIRMWARE_BLOB2 UINT32_C(0x8000000a)

enum { TAG_REALM_CREATE = 1, TAG_INIT_RIPAS = 2, TAG_REC_CREATE = 3 };
enum { TAG_HEAD = 8, CREATE_SIZE = 14, CREATE_PADDED = 16, RIPAS_SIZE = 16, REC_SIZE = 80 };
/* VM VERSION: signature, name, version, RAM size, vCPUs; producers add 4 bytes of padding and 8 of flags. The format's document has the log's own
 * base and size in front of the RAM size, 16 bytes more. */
enum { VERSION_NAME = 16, VERSION_VERSION = 48, VERSION_RAM = 88, VERSION_CPUS = 96, VERSION_SIZE = 100, VERSION_AREA = 16, VERSION_PADDED = 112 };
#define VERSION_SIGNATURE "VM VERSION\0\0\0\0\0\0"

#endif
