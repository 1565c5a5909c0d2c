/* The table of hypotheses, and their words.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "explain/hypothesis.h"

#include <stdarg.h>

bool say_words(struct vcca_rim_deviation *say, const char *fmt, ...)
{
  va_list list;
  va_start(list, fmt);
  vsnprintf(say->words, sizeof say->words, fmt, list);
  va_end(list);
  return true;
}

bool say_option(struct vcca_rim_deviation *say, const char *fmt, ...)
{
  va_list list;
  va_start(list, fmt);
  vsnprintf(say->option, sizeof say->option, fmt, list);
  va_end(list);
  return true;
}

const struct hypothesis hypotheses[] = {
#define HYPOTHESIS(name, group, values, each, text) {#name, group, text, values, each, hypothesis_##name, NULL},
#define CHANGE(name, group, values, text) {#name, group, text, values, 0, NULL, change_##name},
#include "explain/hypotheses.def"
#undef HYPOTHESIS
#undef CHANGE
};
const size_t hypothesis_count = sizeof hypotheses / sizeof *hypotheses;

bool vcca_hypothesis_at(size_t i, const char **name, const char **group, const char **about)
{
  if (i >= hypothesis_count)
    return false;
  *name = hypotheses[i].name;
  *group = hypotheses[i].group;
  *about = hypotheses[i].words;
  return true;
}
