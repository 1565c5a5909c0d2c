/* Binary files that came as text: hexadecimal, base64, PEM, or within JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_ARMOR_H
#define VCCA_ARMOR_H

#include "vcca/error.h"
#include "vcca/file.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How bytes were wrapped, outermost. NONE: binary, which no text can be taken for. */
enum vcca_armor { VCCA_ARMOR_NONE, VCCA_ARMOR_HEX, VCCA_ARMOR_BASE64, VCCA_ARMOR_PEM, VCCA_ARMOR_JSON };

/* Recognises bytes that came as text, and puts the bytes that the text stands for in its place:
 *   hexadecimal, either case, with or without 0x, white space, colons and commas between;
 *   base64 and base64url, with or without padding, white space between; and in PEM, whatever its label;
 *   JSON: a string of these; an array of byte values; a CMW record ["TYPE", "BASE64URL"]; an object with such a member, by one of the names
 *   (with spaces between, the first that is there counts) or alone in it; and what such a string holds again, up to four levels.
 * Binary files stay as they are. False, with the file as it was and err saying what it looks like, when a
 * text stands for nothing. */
VCCA_API VCCA_MUST_USE bool vcca_armor_open(struct vcca_bytes *file, const char *names, enum vcca_armor *armor,
                                            struct vcca_error *err);

/* Names of members that hold tokens, event logs, CoRIMs. */
#define VCCA_ARMOR_TOKEN \
  "cca-token cca_token token evidence attestation-token attestation_token eat cmw quote report data"
#define VCCA_ARMOR_EVENTLOG "ccel_data ccel-data ccel cc_eventlog eventlog event_log event-log uefi_log log data"
#define VCCA_ARMOR_CORIM "corim endorsements endorsement data"

#ifdef __cplusplus
}
#endif
#endif
