/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/psa.h"

#include <stdio.h>
#include <stdlib.h>
#include <threads.h>

_Noreturn void vcca_crypto_broken(const char *what)
{
  fprintf(stderr, "vcca: the crypto library is broken: %s\n", what);
  abort();
}

static void start(void)
{
  if (psa_crypto_init() != PSA_SUCCESS)
    vcca_crypto_broken("psa_crypto_init failed");
}

void vcca_psa_start(void)
{
  static once_flag once = ONCE_FLAG_INIT;
  call_once(&once, start);
}

psa_algorithm_t vcca_psa_hash(enum vcca_hash_alg alg)
{
  static const psa_algorithm_t algs[VCCA_HASH_ALGS] = {
      [VCCA_SHA256] = PSA_ALG_SHA_256, [VCCA_SHA512] = PSA_ALG_SHA_512, [VCCA_SHA384] = PSA_ALG_SHA_384};
  return algs[alg];
}
