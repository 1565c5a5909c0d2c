/* Which cases of the suite are meant: the options --family, --layer, --stage, --flag, --id, --mutation and
 * --show, each with patterns of the shell, several with commas between or by repeating the option; "!"
 * before one takes its cases out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_GOLDEN_FILTER_H
#define CLI_GOLDEN_FILTER_H

#include "cli/cli.h"
#include "vcca/golden.h"

/* A usage error for a pattern that nothing in the suite fits. */
VCCA_MUST_USE bool filter_check(const struct args *a, struct vcca_error *err);
bool filter_family(const struct args *a, enum vcca_family family);
/* NULL is the base, "V00". */
bool filter_case(const struct args *a, const struct vcca_mutation *m);

#endif
