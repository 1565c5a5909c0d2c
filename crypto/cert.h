/* A certificate, read: mbedTLS's parse of it and what is asked of it here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_CERT_H
#define VCCA_CRYPTO_CERT_H

#include <mbedtls/x509_crt.h>

#include "rooms/crypto.h"

enum { VCCA_OID_TEXT = 64 };

/* The extensions (RFC 5280, 4.2) that decide about paths. Spans point into the certificate; what is absent
 * has p == NULL. */
struct vcca_extensions {
  bool ca;
  int path_len;                                  /* of a CA; -1: no limit */
  vcca_span subject_key_id;                      /* the identifier */
  vcca_span authority_key_id, authority_serial;  /* likewise; the INTEGER's bytes */
  vcca_span authority_issuer;                    /* GeneralNames without their head */
  vcca_span alternative_names, name_constraints; /* the values, DER */
  bool purposes, purposes_critical, any_purpose; /* extended key usage */
  bool explicit_policy;                          /* policyConstraints asks for one */
  char not_understood[VCCA_OID_TEXT];            /* the first critical one that is not, in dotted form; "" for none */
};
/* Reads them from a certificate's [3] (without that head; empty: none). False when they are not as RFC 5280
 * has them. */
VCCA_MUST_USE bool vcca_extensions_read(vcca_span list, struct vcca_extensions *out);

struct vcca_cert {
  mbedtls_x509_crt crt;
  struct vcca_cert_info info;
  struct vcca_extensions ext;
};

/* Reads DER or PEM; DER is taken literally (X.690, 10.1): shortest lengths and integers, nothing after the
 * end. vcca_cert_close frees it, also after a failure. */
bool vcca_cert_open(struct vcca_cert *cert, vcca_span der_or_pem, struct vcca_error *err);
void vcca_cert_close(struct vcca_cert *cert);

/* Whether the bytes begin as a certificate in DER does, and as no text can. */
bool vcca_cert_is_der(vcca_span bytes);

#endif
