/* Words that name a row of a table: a token family, a mutation. An unknown one is answered with the
 * nearest, and with all where they are few.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include "cli/cli.h"
#include "vcca/golden.h"

VCCA_MUST_USE bool family_said(const char *name, enum vcca_family *out, struct vcca_error *err);
/* NULL with err set when there is none. */
const struct vcca_mutation *mutation_said(const char *name, struct vcca_error *err);

#endif
