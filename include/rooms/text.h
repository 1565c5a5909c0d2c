/* Text for people's eyes. Names of files, claims and options come from outside: what is not seen, or turns
 * the text around it, is shown as what it is. \xHH is a byte that is no UTF-8, or a control character of
 * ASCII; \u{HHHH} is another character that has no shape of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_TEXT_H
#define ROOMS_TEXT_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "rooms/error.h"
#include "vcca/span.h"

/* Whether a character is printed as it is, alike in text, JSON and XML. */
bool vcca_text_shown(uint32_t character);
/* The character that the n bytes at `at` are, as vcca_utf8_at counts them. */
uint32_t vcca_utf8_value(vcca_span s, size_t at, size_t n);

/* Insertions, deletions, changes and swaps of neighbours that make one word of the other; at least 40 when
 * one is longer than that. */
size_t vcca_word_distance(vcca_span a, vcca_span b);

/* Appends text so that it can be looked at; with lines, line ends and tabs stay. */
void vcca_text_put(vcca_sink *out, vcca_span text, bool lines);
/* As one line, cut to cap bytes and NUL-terminated; returns buf. */
const char *vcca_text_line(const char *text, char *buf, size_t cap);
/* Writes text, of which line ends and tabs stay. */
void vcca_text_write(FILE *out, vcca_span text);
/* As printf, but what is printed can be looked at; line ends are the format's, not the arguments'. */
void vcca_print(FILE *out, const char *fmt, ...) VCCA_PRINTF(2, 3);
void vcca_vprint(FILE *out, const char *fmt, va_list args) VCCA_PRINTF(2, 0);
/* Writes text as XML's character data, or an attribute's. */
void vcca_text_xml(FILE *out, const char *text);
/* As character data of several lines: line ends and tabs stay. */
void vcca_text_xml_lines(FILE *out, vcca_span text);

#endif
