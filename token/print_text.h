/* Formatted text into a sink, for the two printers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TOKEN_PRINT_TEXT_H
#define VCCA_TOKEN_PRINT_TEXT_H

#include "rooms/error.h"
#include "vcca/span.h"
#include "rooms/text.h"

/* As printf, at most 255 characters. */
void text_put(vcca_sink *out, const char *fmt, ...) VCCA_PRINTF(2, 3);

#endif
