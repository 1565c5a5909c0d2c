/* The keys of the TEST certificate authorities. Everyone has them: they certify nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_TEST_CA_H
#define ROOMS_TEST_CA_H

#include "vcca/hsm.h"

/* RSA keys that are searched once and kept, because a search takes seconds (test_primes.c). */
enum hsm_test_rsa { HSM_TEST_ROOT, HSM_TEST_SUB, HSM_TEST_DEVICE, HSM_TEST_RSA_KEYS };
struct hsm_primes {
  uint8_t p[256], q[256];
};
extern const struct hsm_primes hsm_test_primes[HSM_TEST_RSA_KEYS];

/* The CA's key pair; role is root or sub. It is vcca_key_from_seed(secret = the CA's common name, info =
 * "vcca TEST CA"). */
vcca_key *hsm_test_ca(enum vcca_chain_kind chain, enum vcca_cert_role role, struct vcca_error *err);
/* The same by the seed in every case: seconds for RSA. */
vcca_key *hsm_test_ca_from_seed(enum vcca_chain_kind chain, enum vcca_cert_role role, struct vcca_error *err);

#endif
