/* Beside vcca/eventlog.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_EVENTLOG_H
#define ROOMS_EVENTLOG_H

#include "vcca/eventlog.h"

#define VCCA_EV_NO_ACTION 3u
#define VCCA_EV_SEPARATOR 4u
#define VCCA_EV_IPL 0xdu
#define VCCA_EV_EFI_HCRTM_EVENT 0x80000010u

/* The TCG algorithm id of a hash: 0xb, 0xd, 0xc. */
uint16_t vcca_tcg_alg(enum vcca_hash_alg alg);

/* Whether the log is a realm's (of confidential computing: CCEL), not a TPM's. Its header is of register
 * 1; where it is of register 0, as some firmware has it, registers 1 to 4 alone are extended. */
bool vcca_eventlog_is_cc(vcca_span bytes);
/* "REM0" for register 1 of a realm's log, "RIM" for 0, "-" for what it has not; "PCR7" in a TPM's. buf
 * wants 16 bytes; returns buf. */
const char *vcca_register_name(bool cc, uint32_t reg, char *buf, size_t cap);

/* Whether the event's digest can be computed from its own data (separators, actions, variables, GRUB
 * commands and the like), and if so whether it agrees: 1 agrees, 0 disagrees, -1 not computable from the
 * log. */
int vcca_event_self_check(const struct vcca_event *event, enum vcca_hash_alg alg);
/* The same over all of its digests that can be checked: one that disagrees outweighs those that agree. */
int vcca_event_self_check_all(const struct vcca_event *event);

/* What an EV_IPL event of GRUB is: a text, whose words it logged, or the file whose name it logged. */
enum vcca_grub_event { VCCA_GRUB_FILE, VCCA_GRUB_COMMAND, VCCA_GRUB_KERNEL_CMDLINE, VCCA_GRUB_MODULE_CMDLINE };
/* Which it says it is; of a text the words without their prefix and final NUL. Only vcca_event_self_check
 * tells whether it is true. */
enum vcca_grub_event vcca_event_grub(const struct vcca_event *event, vcca_span *text);

/* The CCEL table (ACPI 6.5, 5.2.34) of a log area of so many bytes at an address: type 4, Arm CCA; 56
 * bytes. */
enum { VCCA_CCEL_SIZE = 56 };
void vcca_ccel_put(uint64_t size, uint64_t address, vcca_sink *out);

#endif
