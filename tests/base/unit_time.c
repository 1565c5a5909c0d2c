/* Times that are given by hand. The seconds are those of Python's datetime.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "rooms/time.h"

static void a_time_is_its_seconds_since_1970(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    int64_t seconds;
  } rows[] = {
      {"19700101000000Z", 0},           {"19691231235959Z", -1},           {"20240229235959Z", 1709251199},
      {"20000229120000Z", 951825600},   {"00010101000000Z", -62135596800}, {"99991231235959Z", 253402300799},
      {"21000228235959Z", 4107542399},  {"20230301000000Z", 1677628800},   {"16000229000001Z", -11670998399},
      {"19000228235959Z", -2203891201},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_error err = {0};
    int64_t seconds = 0;
    check_ok(vcca_time_read(rows[i].text, &seconds, &err), &err, rows[i].text);
    if (seconds != rows[i].seconds)
      fail_msg("%s: %lld", rows[i].text, (long long)seconds);
  }
}

static void every_month_has_its_days(void **state)
{
  (void)state;
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  static const struct {
    int year, february;
  } years[] = {{2023, 28}, {2024, 29}, {2100, 28}, {2000, 29}, {1900, 28}};
  for (size_t y = 0; y < sizeof years / sizeof *years; y++)
    for (int month = 0; month <= 13; month++)
      for (int day = 0; day <= 32; day++) {
        char text[40];
        int64_t seconds;
        bool there = month >= 1 && month <= 12 && day >= 1 && day <= (month == 2 ? years[y].february : days[month - 1]);
        snprintf(text, sizeof text, "%04d%02d%02d000000Z", years[y].year, month, day);
        if (vcca_time_read(text, &seconds, NULL) != there)
          fail_msg("%s is %s", text, there ? "a day" : "none");
      }
}

static void what_is_no_time_is_refused(void **state)
{
  (void)state;
  static const char *const wrong[] = {"",
                                      "2026",
                                      "20260101000000",
                                      "20260101000000z",
                                      "20260101000000ZZ",
                                      "20260101000000+",
                                      "00000101000000Z",
                                      "20260101240000Z",
                                      "20260101006000Z",
                                      "20260101000060Z",
                                      " 0260101000000Z",
                                      "2026-01-01T00:0Z"};
  struct vcca_error err = {0};
  int64_t seconds = 0;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (vcca_time_read(wrong[i], &seconds, &err))
      fail_msg("%s is taken", wrong[i]);
  assert_false(vcca_time_read(NULL, &seconds, &err));
  assert_int_equal(err.fault, VCCA_FAULT_USAGE);
  for (size_t at = 0; at < 14; at++) /* a digit, everywhere */
    for (const char *other = "/:x-+ "; *other; other++) {
      char text[] = "20260101000000Z";
      text[at] = *other;
      if (vcca_time_read(text, &seconds, &err))
        fail_msg("%s is taken", text);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_time_is_its_seconds_since_1970),
      cmocka_unit_test(every_month_has_its_days),
      cmocka_unit_test(what_is_no_time_is_refused),
  };
  return check_run(tests, NULL, NULL);
}
