/* What the files of this room that use OpenSSL share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_OPENSSL_H
#define VCCA_CRYPTO_OPENSSL_H

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "vcca/crypto.h"

/* A library context of vcca's own, apart from what else in the process uses OpenSSL; NULL when libcrypto
 * does not start. */
OSSL_LIB_CTX *vcca_openssl_library(void);
/* A digest of that library, fetched once; NULL when it has none. */
const EVP_MD *vcca_openssl_digest(enum vcca_hash_alg alg);

#endif
