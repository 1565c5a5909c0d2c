/* What the files of hypotheses share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPLAIN_HYPOTHESIS_H
#define EXPLAIN_HYPOTHESIS_H

#include "explain/theory.h"
#include "rooms/error.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define PAGE (4 * KIB)
#define BLOCK (2 * MIB)

/* Both return true, so that a hypothesis can end with one. */
bool say_words(struct vcca_rim_deviation *say, const char *fmt, ...) VCCA_PRINTF(2, 3);
/* How it is said on the command line, which is also told as the option, when there is none yet. */
bool say_edit(struct vcca_rim_deviation *say, enum vcca_rim_edit_kind kind, const char *name, const char *fmt, ...)
    VCCA_PRINTF(4, 5);

/* Whether it is another value. */
static inline bool set_u64(uint64_t *field, uint64_t value)
{
  bool changes = *field != value;
  *field = value;
  return changes;
}

static inline uint64_t up(uint64_t value, uint64_t unit)
{
  return (value + unit - 1) / unit * unit;
}

/* The functions of hypotheses.def. */
#define HYPOTHESIS(name, group, values, each, text) \
  bool hypothesis_##name(struct theory *t, unsigned v, struct vcca_rim_deviation *say);
#define CHANGE(name, group, values, text) \
  bool change_##name(struct configuration *c, unsigned v, struct vcca_rim_deviation *say);
#include "explain/hypotheses.def"
#undef HYPOTHESIS
#undef CHANGE

#endif
