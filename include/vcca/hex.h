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

/* Writes bytes as lower-case digits into buf: at most cap bytes, the NUL included; 2 n + 1 are enough.
 * Returns buf. */
VCCA_API const char *vcca_hex_text(vcca_span bytes, char *buf, size_t cap);
/* Reads an even number of hexadecimal digits, in either case, and appends their bytes. Does not accept
 * white space or a leading 0x. The error has the offset of the first bad character. Fails also when out
 * has no room. */
VCCA_API VCCA_MUST_USE bool vcca_hex_read(vcca_span text, vcca_sink *out, struct vcca_error *err);

#ifdef __cplusplus
}
#endif
#endif
