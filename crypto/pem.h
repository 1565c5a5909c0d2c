/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_PEM_H
#define VCCA_CRYPTO_PEM_H

#include "vcca/crypto.h"

/* A block of PEM text (RFC 7468): its label, what stands between its lines, where it begins. */
struct vcca_pem_block {
  vcca_span label, body;
  size_t offset;
  bool ended; /* its END line is there, before another block begins */
};
/* The next block from *at on, which moves behind it. A block begins on a line of its own; text between
 * blocks is passed over. */
bool vcca_pem_next(vcca_span text, size_t *at, struct vcca_pem_block *out);
/* Appends the block's DER. */
bool vcca_pem_decode(const struct vcca_pem_block *block, vcca_sink *der, struct vcca_error *err);

/* The DER of the one block with this label in the text (lax: any line length, text around it, other
 * blocks); a second one is refused, as it would be passed over in silence. */
bool vcca_pem_get(const char *label, vcca_span text, vcca_sink *der, struct vcca_error *err);

#endif
