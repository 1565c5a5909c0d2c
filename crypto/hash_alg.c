/* The hash algorithms: names and sizes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/hash.h"
#include "rooms/span.h"

static const struct {
  const char *name;
  size_t size;
} rows[VCCA_HASH_ALGS] = {
    [VCCA_SHA256] = {"sha-256", 32},
    [VCCA_SHA512] = {"sha-512", 64},
    [VCCA_SHA384] = {"sha-384", 48},
};

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
