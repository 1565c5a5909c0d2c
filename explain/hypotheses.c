/* The table of hypotheses.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "explain/hypothesis.h"

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
