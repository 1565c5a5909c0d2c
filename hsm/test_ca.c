/* The keys of the TEST certificate authorities, from seeds anyone can read.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/test_ca.h"

#include "rooms/chain_kind.h"
#include "rooms/crypto.h"

vcca_key *hsm_test_ca_from_seed(enum vcca_chain_kind chain, enum vcca_cert_role role, struct vcca_error *err)
{
  const struct hsm_kind *kind = hsm_kind(chain);
  const char *name = role == VCCA_CERT_ROOT ? kind->root_cn : kind->sub_cn;
  return vcca_key_from_seed(kind->key, vcca_span_str(name), VCCA_SPAN_LIT("vcca TEST CA"), err);
}

vcca_key *hsm_test_ca(enum vcca_chain_kind chain, enum vcca_cert_role role, struct vcca_error *err)
{
  if (chain != VCCA_CHAIN_RSA)
    return hsm_test_ca_from_seed(chain, role, err);
  const struct hsm_primes *kept = &hsm_test_primes[role == VCCA_CERT_ROOT ? HSM_TEST_ROOT : HSM_TEST_SUB];
  return vcca_key_from_known_primes(VCCA_SPAN(kept->p), VCCA_SPAN(kept->q), err);
}
