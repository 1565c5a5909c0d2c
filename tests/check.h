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

/* Reads a file of the third-party vectors; skips the running test, loudly, when it is not there. */
static inline struct vcca_bytes check_vector(const char *name)
{
  struct vcca_bytes b = {0};
  char path[4096];
  const char *dir = getenv("VCCA_VECTORS");
  snprintf(path, sizeof path, "%s/%s", dir ? dir : "../shared/vectors", name);
  if (!vcca_file_read(path, (size_t)64 << 20, &b, NULL)) {
    printf("SKIPPED: the third-party vector %s is not there\n", path);
    skip();
  }
  return b;
}

#endif
