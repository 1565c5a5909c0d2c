/* The vcca measure command of a VM with a finding's deviations: what rim explain was asked, edited.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_RIM_COMMAND_H
#define CLI_RIM_COMMAND_H

#include "cli/measure.h"

enum { COMMAND_WORDS = CLI_OPERANDS + 2 * CLI_VALUES + 8, COMMAND_NAMES = CLI_VALUES + 8 };

struct command {
  const char
      *words[COMMAND_WORDS]; /* behind "vcca measure"; they are the arguments', the finding's and the names below */
  int count;
  char names[COMMAND_NAMES][24]; /* "--sve" */
  unsigned named;
};

/* The command for a finding, NULL for the VM as it is; alg: another algorithm than was said, NULL: none.
 * False when words cannot say it. */
VCCA_MUST_USE bool command_edit(const struct args *a, const struct vcca_rim_finding *f, const enum vcca_hash_alg *alg,
                                struct command *out);
/* Whether it leads to this RIM: it is measured. */
VCCA_MUST_USE bool command_leads_to(struct command *c, vcca_span rim);
/* "vcca measure ...", quoted for a shell; NULL without memory. Free it. */
char *command_text(const struct command *c);

#endif
