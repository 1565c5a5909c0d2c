/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "scenario/runner.h"

bool step_failed(struct step *s, const char *fmt, ...)
{
  va_list args;
  va_start(args, fmt);
  vsnprintf(s->complaint, sizeof s->complaint, fmt, args);
  va_end(args);
  s->ok = false;
  return true;
}

bool step_failed_error(struct step *s, const struct vcca_error *why)
{
  char text[700];
  return step_failed(s, "%s", vcca_error_text(why, text, sizeof text));
}
