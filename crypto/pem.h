/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_PEM_H
#define VCCA_CRYPTO_PEM_H

#include "vcca/crypto.h"

/* The DER of the first block with this label in the text (RFC 7468, lax: any line length, text around it). */
bool vcca_pem_get(const char *label, vcca_span text, vcca_sink *der, struct vcca_error *err);

#endif
