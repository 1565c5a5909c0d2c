/* What the files of this room share about PSA: starting it, and its names for our algorithms.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_CRYPTO_PSA_H
#define VCCA_CRYPTO_PSA_H

#include <psa/crypto.h>

#include "vcca/hash.h"

/* Starts PSA; the first call does it, from any thread. Aborts when PSA cannot start: nothing works without
 * it. */
void vcca_psa_start(void);
psa_algorithm_t vcca_psa_hash(enum vcca_hash_alg alg);

/* The environment is broken (a hash of valid arguments failed): says so and aborts. */
_Noreturn void vcca_crypto_broken(const char *what);

#endif
