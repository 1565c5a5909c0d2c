/* Questions the decoder puts to the families.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TOKEN_FAMILY_H
#define VCCA_TOKEN_FAMILY_H

#include "vcca/token.h"

/* The container whose members are CMW records, and their type: CoAP content-format application/eat+cwt. */
enum { FAMILY_CMW = 907, FAMILY_CMW_TYPE = 263 };

/* Whether any family has this container. */
bool family_container(uint64_t tag);

#endif
