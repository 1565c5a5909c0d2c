/* Hashes and HMAC. They cannot fail for valid arguments, so they return nothing: a PSA that refuses SHA-2 is a
 * broken environment. HMAC is written out over the hash, which spares the key store a key per call.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "crypto/engine.h"
#include "crypto/hmac.h"
#include "crypto/psa.h"

static const struct {
  psa_algorithm_t psa;
  size_t size;
  size_t block;
  const char *name;
} rows[VCCA_HASH_ALGS] = {
    [VCCA_SHA256] = {PSA_ALG_SHA_256, 32, 64, "sha-256"},
    [VCCA_SHA512] = {PSA_ALG_SHA_512, 64, 128, "sha-512"},
    [VCCA_SHA384] = {PSA_ALG_SHA_384, 48, 128, "sha-384"},
};
enum { BLOCK_MAX = 128 };

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
  return rows[alg].psa;
}

size_t vcca_hash_size(enum vcca_hash_alg alg)
{
  return rows[alg].size;
}

const char *vcca_hash_name(enum vcca_hash_alg alg)
{
  return rows[alg].name;
}

bool vcca_hash_named(vcca_span name, enum vcca_hash_alg *alg)
{
  for (unsigned i = 0; i < VCCA_HASH_ALGS; i++)
    if (vcca_span_is(name, rows[i].name)) {
      *alg = (enum vcca_hash_alg)i;
      return true;
    }
  return false;
}

bool vcca_hash_of_size(size_t size, enum vcca_hash_alg *alg)
{
  for (unsigned i = 0; i < VCCA_HASH_ALGS; i++)
    if (rows[i].size == size) {
      *alg = (enum vcca_hash_alg)i;
      return true;
    }
  return false;
}

void vcca_hash_parts(enum vcca_hash_alg alg, const vcca_span *parts, size_t n, uint8_t *out)
{
  vcca_engine_for_streams()->stream(alg, parts, n, out);
}

void vcca_hash(enum vcca_hash_alg alg, vcca_span data, uint8_t *out)
{
  vcca_hash_parts(alg, &data, 1, out);
}

void vcca_hmac_parts(enum vcca_hash_alg alg, vcca_span key, const vcca_span *parts, size_t n, uint8_t *out)
{
  uint8_t pad[BLOCK_MAX] = {0}, inner[VCCA_HASH_MAX];
  size_t block = rows[alg].block;
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
  const vcca_span outer[] = {vcca_span_of(pad, block), vcca_span_of(inner, rows[alg].size)};
  vcca_hash_parts(alg, outer, 2, out);
}

void vcca_hmac(enum vcca_hash_alg alg, vcca_span key, vcca_span data, uint8_t *out)
{
  vcca_hmac_parts(alg, key, &data, 1, out);
}
