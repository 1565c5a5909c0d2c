/* For the rooms: what vcca/armor.h does not offer to users.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_ARMOR_H
#define ROOMS_ARMOR_H

#include "vcca/armor.h"

const char *vcca_armor_name(enum vcca_armor armor); /* "binary", "hexadecimal text", ... */

#endif
