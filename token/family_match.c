/* Of which family a decoded token is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "token/rak.h"
#include "rooms/crypto.h"
#include "rooms/span.h"
#include "rooms/cbor.h"

/* The algorithm that belongs to a kind of key; the same as vcca_sig_of, without a key. */
static int64_t natural_alg(enum vcca_key_type type)
{
  static const int64_t algs[] = {[VCCA_KEY_P256] = VCCA_ES256,
                                 [VCCA_KEY_P384] = VCCA_ES384,
                                 [VCCA_KEY_P521] = VCCA_ES512,
                                 [VCCA_KEY_RSA] = VCCA_PS256};
  return algs[type];
}

static bool platform_is(const struct vcca_family_spec *f, const struct vcca_token *t)
{
  if (f->platform_profile == NULL || !t->has_platform)
    return f->platform_profile == NULL && !t->has_platform;
  bool any = f->platform_profile[0] == '\0';
  return (any || vcca_span_is(t->platform.profile, f->platform_profile)) && t->platform_sign1.wraps == 1 &&
         t->platform_sign1.alg == natural_alg(f->key);
}

static bool realm_is(const struct vcca_family_spec *f, const struct vcca_token *t)
{
  struct rak_shape shape;
  struct vcca_lenience lenience = {.allowed = t->leniencies};
  bool profile = f->realm_profile ? vcca_span_is(t->realm.profile, f->realm_profile) : t->realm.profile.p == NULL;
  return profile && t->realm_sign1.wraps == f->wraps && t->rak_encoding == f->rak &&
         rak_shape(f->rak, t->realm.public_key, 0, &lenience, &shape, NULL) && shape.type == f->key &&
         t->realm_sign1.alg == natural_alg(f->key);
}

bool vcca_token_family(const struct vcca_token *token, enum vcca_family *family)
{
  for (int i = 0; i < VCCA_FAMILIES; i++) {
    const struct vcca_family_spec *f = vcca_family((enum vcca_family)i);
    if (f->container == token->container && platform_is(f, token) && realm_is(f, token)) {
      *family = (enum vcca_family)i;
      return true;
    }
  }
  return false;
}
