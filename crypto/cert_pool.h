/* The certificates from which a path is built, out of all files that were given.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_CERT_POOL_H
#define VCCA_CRYPTO_CERT_POOL_H

#include "crypto/cert.h"
#include "rooms/crypto.h"

struct node {
  struct vcca_cert cert;
  size_t index;
  uint8_t *names;            /* memory of the two below */
  vcca_span subject, issuer; /* in the form in which equal names are equal (crypto/name.h) */
  bool self_issued;          /* both are the same */
  bool leaf, anchor;         /* whose path it is; trusted */
  bool given_as_ca;          /* the leaf, a CA, that another file has too */
  bool on_path;
};

struct bundle {
  struct node *nodes[VCCA_CHAIN_CERTS]; /* no two the same */
  size_t count;
  size_t file[VCCA_CHAIN_CERTS], file_count; /* the nodes of the file that was added last */
  size_t unreadable;
  char first_unreadable[240]; /* where it is and why */
};

/* Adds all certificates of a file, DER or PEM. `what` and `number` (0: none) name the file to people. A
 * certificate that cannot be read is counted, not an error. False when memory or VCCA_CHAIN_CERTS is used
 * up. */
VCCA_MUST_USE bool bundle_add(struct bundle *b, vcca_span der_or_pem, const char *what, size_t number,
                              struct vcca_error *err);
void bundle_free(struct bundle *b);

/* The certified key, NULL when it is of no kind that is known here. */
vcca_key *bundle_key(const struct node *node, struct vcca_error *err);
/* Whether the first directory name among GeneralNames (without their head) is that of the node's issuer;
 * true when there is none. */
bool bundle_names_issuer(vcca_span general_names, const struct node *node);

#endif
