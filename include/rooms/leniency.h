/* Beside vcca/leniency.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_LENIENCY_H
#define ROOMS_LENIENCY_H

#include "vcca/leniency.h"

/* One line about a leniency. */
const char *vcca_leniency_meaning(enum vcca_leniency leniency);
/* Those that a specification permits: a reader of tokens takes them unless it is told not to. */
vcca_leniency_set vcca_leniencies_permitted(void);

#endif
