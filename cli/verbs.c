/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"

/* The verbs, in the order the help lists them: one row each in cli/verbs.def. */
#define VERB(id) extern const struct verb verb_##id;
#include "cli/verbs.def"
#undef VERB
const struct verb *const verbs[] = {
#define VERB(id) &verb_##id,
#include "cli/verbs.def"
#undef VERB
    NULL,
};

const struct verb *verb_named(int count, const char *const *words, int *taken)
{
  for (unsigned i = 0; verbs[i]; i++) {
    const char *space = strchr(verbs[i]->name, ' ');
    size_t first = space ? (size_t)(space - verbs[i]->name) : strlen(verbs[i]->name);
    bool match = count > 0 && strlen(words[0]) == first && strncmp(words[0], verbs[i]->name, first) == 0;
    if (match && space)
      match = count > 1 && strcmp(words[1], space + 1) == 0;
    if (match) {
      *taken = space ? 2 : 1;
      return verbs[i];
    }
  }
  return NULL;
}
