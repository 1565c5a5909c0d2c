/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/time.h"
#include "rooms/error.h"

#include <string.h>

enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, PARTS };

static bool leap(int64_t year)
{
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_of(int64_t year, int64_t month)
{
  static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return days[month - 1] + (month == 2 && leap(year));
}

/* The digits; the text has no others, and Z behind them. */
static bool read_parts(const char *text, int64_t part[PARTS])
{
  static const int width[PARTS] = {4, 2, 2, 2, 2, 2};
  if (strlen(text) != VCCA_TIME_TEXT - 1)
    return false;
  for (int i = 0; i < PARTS; i++) {
    part[i] = 0;
    for (int digit = 0; digit < width[i]; digit++, text++) {
      if (*text < '0' || *text > '9')
        return false;
      part[i] = part[i] * 10 + (*text - '0');
    }
  }
  return *text == 'Z';
}

/* Days up to the year, to the month (counted from March, so that a leap day comes last), to the day. */
static int64_t seconds_of(const int64_t part[PARTS])
{
  int64_t year = part[MONTH] > 2 ? part[YEAR] : part[YEAR] - 1, month = (part[MONTH] + 9) % 12;
  int64_t days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + part[DAY] - 1 - 719468;
  return ((days * 24 + part[HOUR]) * 60 + part[MINUTE]) * 60 + part[SECOND];
}

bool vcca_time_read(const char *text, int64_t *seconds, struct vcca_error *err)
{
  int64_t part[PARTS];
  if (text == NULL || !read_parts(text, part))
    return vcca_fail(err, VCCA_FAULT_USAGE, "the time \"%.32s\" is not written as YYYYMMDDHHMMSSZ (in UTC, with the Z)",
                     text != NULL ? text : "");
  if (part[YEAR] < 1)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the time \"%s\": there is no year 0", text);
  if (part[MONTH] < 1 || part[MONTH] > 12)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the time \"%s\": there is no month %.2s", text, text + 4);
  if (part[DAY] < 1 || part[DAY] > days_of(part[YEAR], part[MONTH]))
    return vcca_fail(err, VCCA_FAULT_USAGE, "the time \"%s\": month %.2s of %.4s has %d days", text, text + 4, text,
                     (int)days_of(part[YEAR], part[MONTH]));
  if (part[HOUR] > 23 || part[MINUTE] > 59 || part[SECOND] > 59)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the time \"%s\": a day goes from 000000 to 235959, without leap seconds",
                     text);
  *seconds = seconds_of(part);
  return true;
}
