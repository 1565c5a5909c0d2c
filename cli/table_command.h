/* The page of one command of an interface.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_TABLE_COMMAND_H
#define CLI_TABLE_COMMAND_H

#include "vcca/interface.h"

/* Inputs, outputs, conditions as sentences and their order, as text or Markdown, on stdout. */
void command_page(const struct vcca_interface *interface, const struct vcca_command *command, bool markdown);
/* The same as JSON, schema vcca-command-1. */
void command_json(const struct vcca_interface *interface, const struct vcca_command *command);

#endif
