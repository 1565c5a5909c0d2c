/* HMAC (RFC 2104), written out over the hash, which spares the key store a key per call.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hmac.h"
#include "rooms/hash.h"
#include "rooms/crypto.h"

#include <assert.h>
#include <string.h>

enum { BLOCK_MAX = 128 };

void vcca_hmac_parts(enum vcca_hash_alg alg, vcca_span key, const vcca_span *parts, size_t n, uint8_t *out)
{
  uint8_t pad[BLOCK_MAX] = {0}, inner[VCCA_HASH_MAX];
  size_t size = vcca_hash_size(alg), block = alg == VCCA_SHA256 ? 64 : BLOCK_MAX; /* FIPS 180-4, figure 1 */
  assert(n <= VCCA_HMAC_PARTS);
  if (key.n > block)
    vcca_hash(alg, key, pad);
  else if (key.n > 0)
    memcpy(pad, key.p, key.n);
  vcca_span message[1 + VCCA_HMAC_PARTS] = {vcca_span_of(pad, block)};
  for (size_t i = 0; i < n; i++)
    message[1 + i] = parts[i];
  for (size_t i = 0; i < block; i++)
    pad[i] ^= 0x36;
  vcca_hash_parts(alg, message, 1 + n, inner);
  for (size_t i = 0; i < block; i++)
    pad[i] ^= 0x36 ^ 0x5c;
  const vcca_span outer[] = {vcca_span_of(pad, block), vcca_span_of(inner, size)};
  vcca_hash_parts(alg, outer, 2, out);
}

void vcca_hmac(enum vcca_hash_alg alg, vcca_span key, vcca_span data, uint8_t *out)
{
  vcca_hmac_parts(alg, key, &data, 1, out);
}
