/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rooms/text.h"

static void VCCA_PRINTF(3, 0) set(struct vcca_error *err, enum vcca_fault fault, const char *fmt, va_list args)
{
  memset(err, 0, sizeof *err);
  err->fault = fault;
  vsnprintf(err->text, sizeof err->text, fmt, args);
}

bool(vcca_fail)(struct vcca_error *err, enum vcca_fault fault, const char *fmt, ...)
{
  if (err) {
    va_list args;
    va_start(args, fmt);
    set(err, fault, fmt, args);
    va_end(args);
  }
  return false;
}

bool(vcca_fail_at)(struct vcca_error *err, size_t offset, const char *fmt, ...)
{
  if (err) {
    va_list args;
    va_start(args, fmt);
    set(err, VCCA_FAULT_MALFORMED, fmt, args);
    va_end(args);
    err->has_offset = true;
    err->offset = offset;
  }
  return false;
}

bool(vcca_fail_line)(struct vcca_error *err, unsigned line, unsigned column, const char *fmt, ...)
{
  if (err) {
    va_list args;
    va_start(args, fmt);
    set(err, VCCA_FAULT_MALFORMED, fmt, args);
    va_end(args);
    err->line = line;
    err->column = column;
  }
  return false;
}

bool(vcca_fail_in)(struct vcca_error *err, const char *source)
{
  if (err && err->source[0] == '\0')
    snprintf(err->source, sizeof err->source, "%s", source);
  return false;
}

const char *vcca_error_text(const struct vcca_error *err, char *buf, size_t cap)
{
  char place[64 + sizeof err->path] = "";
  const char *at = err->path[0] == '\0' ? ""
                   : err->has_offset    ? ", at "
                                        : "at ",
             *end = err->has_offset || at[0] ? ": " : "";
  if (err->line)
    snprintf(place, sizeof place, "%u:%u: ", err->line, err->column);
  else {
    if (err->has_offset)
      snprintf(place, sizeof place, "byte %zu (0x%zx)", err->offset, err->offset);
    size_t n = strlen(place);
    snprintf(place + n, sizeof place - n, "%s%s%s", at, err->path, end);
  }
  const char *colon = err->source[0] == '\0' ? "" : err->line ? ":" : ": ";
  char text[sizeof err->source + sizeof place + sizeof err->text + 4];
  snprintf(text, sizeof text, "%s%s%s%s", err->source, colon, place, err->text);
  return vcca_text_line(text, buf, cap);
}

enum vcca_exit vcca_error_exit(const struct vcca_error *err)
{
  return err->fault == VCCA_FAULT_USAGE ? VCCA_EXIT_USAGE : VCCA_EXIT_FAULT;
}
