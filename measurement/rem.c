/* The REMs: registers that the running realm extends itself. RMM specification 1.0-rel0,
 * RSI_MEASUREMENT_EXTEND.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "vcca/measurement.h"
#include "rooms/hash.h"

#include <string.h>

void vcca_rem_extend(enum vcca_hash_alg alg, enum vcca_rem_rule rule, uint8_t rem[VCCA_MEASUREMENT_SIZE],
                     vcca_span value)
{
  static const uint8_t zeros[VCCA_MEASUREMENT_SIZE];
  size_t old = rule == VCCA_REM_PADDED ? VCCA_MEASUREMENT_SIZE : vcca_hash_size(alg);
  size_t padding = rule != VCCA_REM_PLAIN && value.n < sizeof zeros ? sizeof zeros - value.n : 0;
  const vcca_span parts[] = {vcca_span_of(rem, old), value, vcca_span_of(zeros, padding)};

  uint8_t digest[VCCA_MEASUREMENT_SIZE] = {0};
  vcca_hash_parts(alg, parts, sizeof parts / sizeof parts[0], digest);
  memcpy(rem, digest, sizeof digest);
}
