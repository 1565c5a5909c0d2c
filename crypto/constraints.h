/* Name constraints (RFC 5280, 4.2.1.10).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_CONSTRAINTS_H
#define VCCA_CRYPTO_CONSTRAINTS_H

#include "crypto/cert.h"

/* Whether the names of a certificate are among those that the CA may certify: NULL when they are, else what
 * is wrong, to stand between the CA's name and the certificate's. Directory names, DNS names and IP
 * addresses are compared; a name of another form that the CA constrains is refused. *work goes down by one
 * for each comparison, and names are refused when it is 0. */
const char *vcca_names_refused(const struct vcca_cert *ca, const struct vcca_cert *cert, size_t *work);

#endif
