/* SPDX-License-Identifier: Apache-2.0 */
#include "token/print_text.h"
#include "rooms/span.h"

#include <stdarg.h>
#include <stdio.h>

void text_put(vcca_sink *out, const char *fmt, ...)
{
  char text[256];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  vcca_sink_str(out, text);
}
