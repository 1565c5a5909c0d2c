/* What every test program needs: cmocka with its headers in order, and a few words on spans.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TESTS_CHECK_H
#define VCCA_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vcca/error.h"
#include "vcca/file.h"
#include "vcca/hex.h"
#include "vcca/span.h"

/* Fails with both values in hex when the span is not the bytes that the hex text spells. */
static inline void check_hex(vcca_span got, const char *want, const char *what)
{
  char text[2 * 4096 + 1];
  vcca_hex_text(got, text, sizeof text);
  if (strcmp(text, want) != 0)
    fail_msg("%s:\n   is %s\n want %s", what, text, want);
}

/* The error's text when ok is false. */
static inline void check_ok(bool ok, const struct vcca_error *err, const char *what)
{
  char text[800];
  if (!ok)
    fail_msg("%s: %s", what, vcca_error_text(err, text, sizeof text));
}

/* How many tests of this program were skipped. */
static unsigned check_skipped;

/* Skips the running test, which wants something that is not on this machine. The program's main ends with
 * check_run. */
#define check_skip(...)              \
  do {                               \
    check_skipped++;                 \
    printf("SKIPPED: " __VA_ARGS__); \
    printf("\n");                    \
    skip();                          \
  } while (0)

/* What main returns: 0 when every test of the array passed, 77 when none failed and some were skipped,
 * which CTest shows as skipped, 1 when one failed. */
#define check_run(tests, set_up, tear_down) check_result(cmocka_run_group_tests(tests, set_up, tear_down))
static inline int check_result(int failed)
{
  return failed != 0 ? 1 : check_skipped > 0 ? 77 : 0;
}

/* Seconds that a test may take on this machine: more where programs are emulated (VCCA_SLOWNESS, which
 * tests/CMakeLists.txt sets). */
static inline unsigned check_seconds(unsigned seconds)
{
  const char *text = getenv("VCCA_SLOWNESS");
  unsigned long slowness = text ? strtoul(text, NULL, 10) : 1;
  return seconds * (unsigned)(slowness > 0 && slowness <= 1000 ? slowness : 1);
}

/* Reads a file of the third-party vectors; skips the running test when it is not there. */
static inline struct vcca_bytes check_vector(const char *name)
{
  struct vcca_bytes b = {0};
  char path[4096];
  const char *dir = getenv("VCCA_VECTORS");
  snprintf(path, sizeof path, "%s/%s", dir ? dir : "../shared/vectors", name);
  if (!vcca_file_read(path, (size_t)64 << 20, &b, NULL))
    check_skip("the third-party vector %s is not there", path);
  return b;
}

#endif
