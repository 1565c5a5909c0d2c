/* Beside vcca/interface.h: declarations for the rooms and the tool. They are not installed, and not
 * visible outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_INTERFACE_H
#define ROOMS_INTERFACE_H

#include "vcca/interface.h"

/* What a command's condition means: the state of affairs in which the call is refused, as one sentence in
 * which {name} stands for an input of the command. NULL when the command has no such condition. */
const char *vcca_condition_meaning(const struct vcca_interface *interface, const struct vcca_command *command,
                                   vcca_span condition);
/* The same sentence with the inputs' names and, when in (x0 and up, as they came) is given, their values.
 * False, with as much as is known, when the command has no such condition, or cap bytes are too few. */
bool vcca_condition_text(const struct vcca_interface *interface, const struct vcca_command *command,
                         vcca_span condition, const uint64_t *in, char *buf, size_t cap);

enum { VCCA_HELD_MAX = 24 };
/* Whether the specification permits the status of condition i, of the count that hold at once: no other
 * that holds comes before it by the command's order. */
bool vcca_held_permitted(const struct vcca_command *command, const struct vcca_held *held, size_t count, size_t i);
/* How many meanings there are: one condition may mean several things, by command. */
size_t vcca_condition_count(void);
/* Takes the next word off a list: its part before sep ("rd") and after ("pa", empty without sep). False at
 * the end. */
bool vcca_word_next(const char **list, char sep, vcca_span *name, vcca_span *rest);

#endif
