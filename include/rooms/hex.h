/* Beside vcca/hex.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_HEX_H
#define ROOMS_HEX_H

#include "vcca/hex.h"

/* Appends 2*n lower-case digits (no NUL) to out. */
void vcca_hex_put(vcca_sink *out, vcca_span bytes);

/* An unsigned number: decimal, 0x hexadecimal, with an optional K, M or G (2^10, 2^20, 2^30) after it. */
VCCA_MUST_USE bool vcca_u64_read(vcca_span text, uint64_t *out, struct vcca_error *err);

#endif
