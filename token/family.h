/* Numbers of collections, and a question the decoder puts to the families.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TOKEN_FAMILY_H
#define VCCA_TOKEN_FAMILY_H

#include "vcca/token.h"

/* The members of a collection: the platform token and the realm token (draft-ffm-rats-cca-token, CCA
 * attestation token). */
enum { LABEL_PLATFORM = 44234, LABEL_REALM = 44241 };

/* The container whose members are CMW records, and their type: CoAP content-format application/eat+cwt. */
enum { FAMILY_CMW = 907, FAMILY_CMW_TYPE = 263 };
#define FAMILY_CMW_MEDIA_TYPE "application/eat+cwt"

/* Whether any family has this container. */
bool family_container(uint64_t tag);

#endif
