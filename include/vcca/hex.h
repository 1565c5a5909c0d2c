/* Hexadecimal text: lower case out, either case in.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_HEX_H
#define VCCA_HEX_H

#include "vcca/error.h"
#include "vcca/span.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As a NUL-terminated string in buf (cap >= 2*n+1; cut short otherwise). Returns buf. */
VCCA_API const char *vcca_hex_text(vcca_span bytes, char *buf, size_t cap);
/* Appends the bytes of an even number of digits; whitespace and a leading 0x are not accepted.
 * Fails with the offset of the first bad character, or when out has no room. */
VCCA_API VCCA_MUST_USE bool vcca_hex_read(vcca_span text, vcca_sink *out, struct vcca_error *err);

#ifdef __cplusplus
}
#endif
#endif
