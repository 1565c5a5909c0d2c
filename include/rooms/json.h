/* Beside vcca/json.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_JSON_H
#define ROOMS_JSON_H

#include "vcca/json.h"

/* Text; invalid UTF-8 becomes U+FFFD, control characters \u00XX. */
void vcca_json_str(struct vcca_json *j, const char *key, const char *text);
void vcca_json_text(struct vcca_json *j, const char *key, vcca_span text);
void vcca_json_hex(struct vcca_json *j, const char *key, vcca_span bytes);
/* "0x..." */
void vcca_json_addr(struct vcca_json *j, const char *key, uint64_t v);
void vcca_json_int(struct vcca_json *j, const char *key, int64_t v);
void vcca_json_bool(struct vcca_json *j, const char *key, bool v);
void vcca_json_null(struct vcca_json *j, const char *key);

/* schema, tool_version and profile: the head every document carries (profile may be NULL). */
void vcca_json_head(struct vcca_json *j, const char *schema, const char *profile);

#endif
