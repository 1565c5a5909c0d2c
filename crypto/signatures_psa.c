/* Signatures by mbedTLS through PSA: always there, and the judge where another library cannot judge.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <mbedtls/version.h>

#include "crypto/psa.h"
#include "crypto/signatures.h"

static enum vcca_judgement verify(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest,
                                  vcca_span signature)
{
  psa_algorithm_t hash = vcca_psa_hash(alg);
  psa_algorithm_t psa = key->type == VCCA_KEY_RSA ? PSA_ALG_RSA_PSS_ANY_SALT(hash) : PSA_ALG_ECDSA(hash);
  psa_key_id_t id;
  if (vcca_key_import(key, PSA_KEY_USAGE_VERIFY_HASH, psa, &id) != PSA_SUCCESS)
    return VCCA_CANNOT_JUDGE;
  psa_status_t status = psa_verify_hash(id, psa, digest.p, digest.n, signature.p, signature.n);
  psa_destroy_key(id);
  return status == PSA_SUCCESS ? VCCA_GOOD_SIGNATURE : VCCA_BAD_SIGNATURE;
}

static bool sign_ec(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest, uint8_t *out)
{
  psa_algorithm_t ecdsa = PSA_ALG_DETERMINISTIC_ECDSA(vcca_psa_hash(alg));
  size_t n = 0;
  psa_key_id_t id;
  if (vcca_key_import(key, PSA_KEY_USAGE_SIGN_HASH, ecdsa, &id) != PSA_SUCCESS)
    return false;
  psa_status_t status = psa_sign_hash(id, ecdsa, digest.p, digest.n, out, 2 * vcca_key_bytes(key), &n);
  psa_destroy_key(id);
  return status == PSA_SUCCESS && n == 2 * vcca_key_bytes(key);
}

static bool point_of(const struct vcca_key *key, uint8_t *point, bool *in_range)
{
  size_t size = 1 + 2 * vcca_key_bytes(key);
  psa_key_id_t id;
  psa_status_t status = vcca_key_import(key, PSA_KEY_USAGE_EXPORT, PSA_ALG_NONE, &id);
  *in_range = status != PSA_ERROR_INVALID_ARGUMENT;
  if (status != PSA_SUCCESS)
    return !*in_range;
  status = psa_export_public_key(id, point, size, &size);
  psa_destroy_key(id);
  return status == PSA_SUCCESS;
}

const struct vcca_signatures vcca_signatures_psa = {
    .name = "psa",
    .what = "mbedTLS through PSA",
    .verify = verify,
    .sign_ec = sign_ec,
    .point_of = point_of,
#if MBEDTLS_VERSION_NUMBER < 0x04000000
    .rsa = &vcca_rsa_mbedtls,
#else
    .rsa = &vcca_rsa_openssl,
#endif
};
