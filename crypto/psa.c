/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/psa.h"

#include <stdio.h>
#include <stdlib.h>
#include <threads.h>

#include "crypto/key.h"

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

psa_status_t vcca_key_import(const struct vcca_key *key, psa_key_usage_t usage, psa_algorithm_t alg, psa_key_id_t *id)
{
  bool private = key->type != VCCA_KEY_RSA && usage != PSA_KEY_USAGE_VERIFY_HASH;
  psa_key_type_t type = key->type == VCCA_KEY_RSA ? PSA_KEY_TYPE_RSA_PUBLIC_KEY
                        : private                 ? PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1)
                                                  : PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1);
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_type(&attributes, type);
  psa_set_key_bits(&attributes, key->bits);
  psa_set_key_usage_flags(&attributes, usage);
  psa_set_key_algorithm(&attributes, alg);
  vcca_psa_start();
  if (private)
    return psa_import_key(&attributes, key->scalar, vcca_key_bytes(key), id);
  return psa_import_key(&attributes, key->public_key, key->public_size, id);
}
