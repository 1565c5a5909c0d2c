/* Hashes, by the engine that was chosen. They cannot fail for valid arguments, so they return nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/engine.h"
#include "rooms/hash.h"

void vcca_hash_parts(enum vcca_hash_alg alg, const vcca_span *parts, size_t n, uint8_t *out)
{
  vcca_engine_for_streams(alg)->stream(alg, parts, n, out);
}

void vcca_hash(enum vcca_hash_alg alg, vcca_span data, uint8_t *out)
{
  vcca_hash_parts(alg, &data, 1, out);
}

void vcca_hash_alike(enum vcca_hash_alg alg, const struct vcca_hash_job *heads, size_t n, vcca_span tail)
{
  const struct vcca_engine *engine = alg == VCCA_SHA256 ? vcca_engine_for_alike() : NULL;
  if (engine) {
    engine->alike(heads, n, tail);
    return;
  }
  for (size_t i = 0; i < n; i++) {
    const vcca_span parts[] = {{heads[i].message, VCCA_HASH_HEAD}, tail};
    vcca_hash_parts(alg, parts, 2, heads[i].digest);
  }
}
