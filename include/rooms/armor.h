/* Beside vcca/armor.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_ARMOR_H
#define ROOMS_ARMOR_H

#include "vcca/armor.h"

/* "binary", "hexadecimal text" and so on, for messages. */
const char *vcca_armor_name(enum vcca_armor armor);

#endif
