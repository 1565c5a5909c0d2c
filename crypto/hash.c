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
