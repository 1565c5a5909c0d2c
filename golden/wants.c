/* What a family has, and what a mutation wants of it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "golden/bundle.h"

unsigned family_has(enum vcca_family family)
{
  const struct vcca_family_spec *f = vcca_family(family);
  unsigned has = f->platform_profile ? WANT_PLATFORM : WANT_CVM_ONLY;
  has |= f->key == VCCA_KEY_RSA ? WANT_RSA : WANT_EC;
  has |= f->key == VCCA_KEY_P384 ? WANT_P384 : 0;
  has |= f->wraps == 2 ? WANT_VIRTCCA : WANT_ARM;
  has |= f->platform_profile && f->platform_profile[0] ? WANT_PROFILE : 0;
  has |= f->realm_profile ? WANT_REALM_PROFILE : WANT_NO_REALM_PROFILE;
  has |= f->platform_profile && f->wraps == 2 ? WANT_VERSIONS : 0;
  has |= f->container == 399 ? WANT_PLAIN : WANT_CMW;
  switch (f->rak) {
  case VCCA_RAK_RAW_POINT:
    return has | WANT_RAW;
  case VCCA_RAK_COSE_KEY:
    return has | WANT_COSE_KEY;
  case VCCA_RAK_SPKI:
    break;
  }
  return has | WANT_SPKI;
}

bool vcca_mutation_applies(const struct vcca_mutation *mutation, enum vcca_family family)
{
  return (mutation->wants & ~family_has(family)) == 0;
}
