/* A certificate, read: mbedTLS's parse of it and what is asked of it here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_CERT_H
#define VCCA_CRYPTO_CERT_H

#include <mbedtls/x509_crt.h>

#include "vcca/crypto.h"

struct vcca_cert {
  mbedtls_x509_crt crt;
  struct vcca_cert_info info;
  int path_len; /* of a CA; -1: no limit */
};

/* Reads DER or PEM; DER is taken literally (X.690, 10.1): shortest lengths and integers, nothing after the end.
 * vcca_cert_close frees it, also after a failure. */
bool vcca_cert_open(struct vcca_cert *cert, vcca_span der_or_pem, struct vcca_error *err);
void vcca_cert_close(struct vcca_cert *cert);

/* Whether the text is a point in time as "YYYYMMDDHHMMSSZ". */
bool vcca_cert_time(const char *text);

#endif
