/* Token families and mutations by name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/words.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/golden.h"

static const char *family_at(const void *ctx, unsigned i)
{
  (void)ctx;
  return i < VCCA_FAMILIES ? vcca_family((enum vcca_family)i)->name : NULL;
}

bool family_said(const char *name, enum vcca_family *out, struct vcca_error *err)
{
  if (vcca_family_named(vcca_span_str(name), out))
    return true;
  char list[256];
  vcca_sink text = vcca_sink_of(list, sizeof list - 1);
  for (unsigned i = 0; i < VCCA_FAMILIES; i++) {
    vcca_sink_str(&text, i == 0 ? "" : i + 1 < VCCA_FAMILIES ? ", " : " or ");
    vcca_sink_str(&text, family_at(NULL, i));
  }
  list[vcca_sink_ok(&text) ? text.n : 0] = '\0';
  const char *hint = nearest(name, family_at, NULL);
  return vcca_fail(err, VCCA_FAULT_USAGE, "no family '%.60s'%s%s%s: there are %s", name, hint ? "; did you mean " : "",
                   hint ? hint : "", hint ? "?" : "", list);
}

static const char *mutation_at(const void *ctx, unsigned i)
{
  (void)ctx;
  return i < vcca_mutation_count() ? vcca_mutation_at(i)->name : NULL; /* ids are too short to be near anything */
}

const struct vcca_mutation *mutation_said(const char *name, struct vcca_error *err)
{
  const struct vcca_mutation *found = vcca_mutation_named(vcca_span_str(name));
  if (found)
    return found;
  const char *hint = nearest(name, mutation_at, NULL);
  vcca_fail(err, VCCA_FAULT_USAGE, "no mutation '%.60s'%s%s%s: see vcca golden list", name,
            hint ? "; did you mean " : "", hint ? hint : "", hint ? "?" : "");
  return NULL;
}
