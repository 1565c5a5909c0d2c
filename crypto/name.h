/* Names of certificates, compared as RFC 5280, 7.1 has it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_NAME_H
#define VCCA_CRYPTO_NAME_H

#include "vcca/crypto.h"

/* Writes a form of a Name (DER) that two names share when they are the same, and that one starts with when
 * the other is a subtree above it (RFC 5280, 4.2.1.10). Strings count as text: their type, the case of
 * ASCII letters, and blanks that only lead, trail or repeat say nothing; the attributes of one RDN are a
 * set. Letters beyond ASCII are compared as they are, without Unicode's case and composition. False when it
 * is no Name. The sink takes up to VCCA_NAME_FORM_MAX times the name's bytes. */
enum { VCCA_NAME_FORM_MAX = 3 };
VCCA_MUST_USE bool vcca_name_form(vcca_span name, vcca_sink *out);

#endif
