/* The measurement log of QEMU's and kvmtool's realm branches: what its writer and its reader have in common.
 *
 * It is a TCG crypto-agile log. Register 0 stands for the RIM. An EV_NO_ACTION event "VM VERSION" names the
 * VMM. Tagged events carry the parameters, the RIPAS ranges and the REC. Blob events carry images with their
 * digests, or the log area, which is not measured, without a digest.
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
/* VM VERSION: signature, name, version, RAM size, vCPUs. Producers add 4 bytes of padding and 8 bytes of
 * flags. The format's document has the log's own base and size before the RAM size: 16 more bytes. */
enum {
  VERSION_NAME = 16,
  VERSION_VERSION = 48,
  VERSION_RAM = 88,
  VERSION_CPUS = 96,
  VERSION_SIZE = 100,
  VERSION_AREA = 16,
  VERSION_PADDED = 112
};
#define VERSION_SIGNATURE "VM VERSION\0\0\0\0\0\0"

#endif
