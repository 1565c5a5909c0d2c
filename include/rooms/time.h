/* Points in time, as they are given by hand and as certificates have them. Nothing here reads a clock.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_TIME_H
#define ROOMS_TIME_H

#include <stdint.h>

#include "vcca/error.h"

enum { VCCA_TIME_TEXT = 16 }; /* "YYYYMMDDHHMMSSZ" with its NUL */

/* The time "YYYYMMDDHHMMSSZ" (UTC; RFC 5280, 4.1.2.5.2) in seconds since 1970. Only a time that exists:
 * years 1 to 9999 of the Gregorian calendar, days that the month has, no leap second (they have no number
 * of their own). Texts of this form compare as the times do. */
VCCA_MUST_USE bool vcca_time_read(const char *text, int64_t *seconds, struct vcca_error *err);

#endif
