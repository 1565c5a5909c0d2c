/* The leniencies as a table: their names, and names read into bits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "token/strict.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/leniency.h"

static const struct {
  const char *name, *meaning;
  bool permitted;
} leniencies[] = {
#define PERMITTED true
#define ASKED false
#define LENIENCY(id, name, standing, meaning) {name, meaning, standing},
#include "vcca/leniencies.def"
};
_Static_assert(VCCA_LENIENCIES < 31, "a bit each, and one of the printer's own");

const char *vcca_leniency_name(enum vcca_leniency leniency)
{
  return leniencies[leniency].name;
}

const char *vcca_leniency_meaning(enum vcca_leniency leniency)
{
  return leniencies[leniency].meaning;
}

vcca_leniency_set vcca_leniencies_permitted(void)
{
  vcca_leniency_set set = 0;
  for (enum vcca_leniency i = 0; i < VCCA_LENIENCIES; i++)
    if (leniencies[i].permitted)
      set |= VCCA_LENIENT_BIT(i);
  return set;
}

const char *vcca_leniencies_text(vcca_leniency_set set, char *text, size_t cap)
{
  vcca_sink out = vcca_sink_of(text, cap - 1);
  for (enum vcca_leniency i = 0; i < VCCA_LENIENCIES; i++)
    if (set & VCCA_LENIENT_BIT(i)) {
      vcca_sink_str(&out, out.n > 0 ? "," : "");
      vcca_sink_str(&out, leniencies[i].name);
    }
  text[out.n < cap ? out.n : cap - 1] = '\0';
  return text;
}

static bool add(vcca_span name, vcca_leniency_set *set)
{
  for (enum vcca_leniency i = 0; i < VCCA_LENIENCIES; i++)
    if (vcca_span_is(name, leniencies[i].name)) {
      *set |= VCCA_LENIENT_BIT(i);
      return true;
    }
  return false;
}

bool vcca_leniencies_named(vcca_span names, vcca_leniency_set *out, struct vcca_error *err)
{
  *out = 0;
  for (size_t start = 0; start <= names.n;) {
    size_t end = start;
    while (end < names.n && names.p[end] != ',')
      end++;
    vcca_span name = vcca_span_sub(names, start, end - start);
    if (!add(name, out))
      return vcca_fail(err, VCCA_FAULT_USAGE, "no leniency is called '%.*s'; see: vcca table leniencies",
                       (int)(name.n > 40 ? 40 : name.n), name.n ? (const char *)name.p : "");
    start = end + 1;
  }
  return true;
}
