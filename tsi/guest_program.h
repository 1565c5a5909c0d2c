/* What the two files of the guest library share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TSI_GUEST_PROGRAM_H
#define TSI_GUEST_PROGRAM_H

#include "vcca/tsi.h"

uint64_t guest_scratch(const vcca_guest *g);
bool guest_speaks_tsi(const vcca_guest *g);

#endif
