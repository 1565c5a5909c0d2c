/* Beside vcca/span.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_SPAN_H
#define ROOMS_SPAN_H

#include "vcca/span.h"

/* True when the span's bytes are exactly the string's characters. */
bool vcca_span_is(vcca_span a, const char *text);

/* The next word of a line from *at on, without the blanks before it; *at moves behind it. Empty at the end
 * of the line. */
vcca_span vcca_span_word(vcca_span line, size_t *at);
/* True when every byte is zero (an empty span is). */
bool vcca_span_zero(vcca_span s);

/* Bytes of the valid UTF-8 sequence at s.p[at] (at < s.n): 1 to 4, or 0 when there is none (RFC 3629). */
size_t vcca_utf8_at(vcca_span s, size_t at);

/* Append one byte, n copies of a byte, a string without its NUL. */
void vcca_sink_u8(vcca_sink *s, uint8_t byte);
void vcca_sink_fill(vcca_sink *s, uint8_t byte, size_t n);
void vcca_sink_str(vcca_sink *s, const char *text);

#endif
