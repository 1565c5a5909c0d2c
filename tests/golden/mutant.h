/* Put before every instrumented file of the verifier (tests/golden/mutants.cmake): each refusal asks first
 * whether it has been taken out. Functions of these names are defined with their names in parentheses,
 * which keeps macros off.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_GOLDEN_MUTANT_H
#define TESTS_GOLDEN_MUTANT_H

#include "verifier/finding.h"
#include "rooms/error.h"

/* Whether the refusal at this place is taken out; remembers that it was reached. */
bool mutant_skips(const char *file, int line);
/* Called when a check has come to its result: a failure passes if the check is taken out. */
void mutant_after(struct vcca_finding *f);

/* A call, so that its value may be left unused as the original's is. */
static inline bool mutant_value(bool value)
{
  return value;
}

#undef vcca_fail_at
#define vcca_fail_at(...) mutant_value(mutant_skips(__FILE__, __LINE__) || vcca_fail_at(__VA_ARGS__))
#define refuse(...) mutant_value(mutant_skips(__FILE__, __LINE__) || refuse(__VA_ARGS__))
#define finding_fail(f, ...) \
  (mutant_skips(__FILE__, __LINE__) ? finding_pass(f, "%s", "taken out") : finding_fail(f, __VA_ARGS__))

#endif
