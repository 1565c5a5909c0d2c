/* The engine that is always there: PSA, one page after the other.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/engine.h"
#include "crypto/psa.h"

void vcca_psa_stream(enum vcca_hash_alg alg, const vcca_span *parts, size_t n, uint8_t *out)
{
  vcca_psa_start();
  psa_hash_operation_t op = PSA_HASH_OPERATION_INIT;
  psa_status_t status = psa_hash_setup(&op, vcca_psa_hash(alg));
  for (size_t i = 0; i < n && status == PSA_SUCCESS; i++)
    if (parts[i].n > 0)
      status = psa_hash_update(&op, parts[i].p, parts[i].n);
  size_t size = 0;
  if (status == PSA_SUCCESS)
    status = psa_hash_finish(&op, out, vcca_hash_size(alg), &size);
  if (status != PSA_SUCCESS)
    vcca_crypto_broken("psa_hash failed");
}

static void batch(enum vcca_hash_alg alg, const struct vcca_hash_job *jobs, size_t n, size_t size)
{
  for (size_t i = 0; i < n; i++) {
    const vcca_span message = vcca_span_of(jobs[i].message, size);
    vcca_psa_stream(alg, &message, 1, jobs[i].digest);
  }
}

const struct vcca_engine vcca_engine_psa = {
    .name = "psa",
    .what = "mbedTLS through PSA, one page after the other",
    .stream = vcca_psa_stream,
    .batch = batch,
};
