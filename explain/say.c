/* What a hypothesis says of what it changed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>

#include "explain/hypothesis.h"

bool say_words(struct vcca_rim_deviation *say, const char *fmt, ...)
{
  va_list list;
  va_start(list, fmt);
  vsnprintf(say->words, sizeof say->words, fmt, list);
  va_end(list);
  return true;
}

static void say_option(struct vcca_rim_deviation *say, const struct vcca_rim_edit *e)
{
  static const char *const before[] = {"profile ", "--", "no --", "", "", "no --", "no --"};
  const char *name = e->kind == VCCA_EDIT_PROFILE ? "" : e->name;
  bool valued = e->kind == VCCA_EDIT_PROFILE || ((e->kind == VCCA_EDIT_SET || e->kind == VCCA_EDIT_VMM) && e->value[0]);
  if (!say->option[0])
    snprintf(say->option, sizeof say->option, "%s%s%s%s", before[e->kind], name, valued && name[0] ? " " : "",
             valued ? e->value : "");
}

bool say_edit(struct vcca_rim_deviation *say, enum vcca_rim_edit_kind kind, const char *name, const char *fmt, ...)
{
  enum { EDITS = sizeof say->edits / sizeof *say->edits };
  va_list list;
  if (say->edit_count == EDITS)
    return true;
  struct vcca_rim_edit *e = &say->edits[say->edit_count++];
  e->kind = kind;
  snprintf(e->name, sizeof e->name, "%s", name);
  va_start(list, fmt);
  vsnprintf(e->value, sizeof e->value, fmt, list);
  va_end(list);
  say_option(say, e);
  return true;
}
