/* SPDX-License-Identifier: Apache-2.0 */
#include "token/family.h"

#include "token/rak.h"

static const struct vcca_family_spec families[VCCA_FAMILIES] = {
#define FAMILY(id, name, container, realm, platform, rak, wraps, key, summary) \
  [VCCA_FAMILY_##id] = {name, container, realm, platform, VCCA_RAK_##rak, wraps, VCCA_KEY_##key, summary},
#include "token/families.def"
};

const struct vcca_family_spec *vcca_family(enum vcca_family family)
{
  return &families[family];
}

bool vcca_family_named(vcca_span name, enum vcca_family *family)
{
  for (int i = 0; i < VCCA_FAMILIES; i++)
    if (vcca_span_is(name, families[i].name)) {
      *family = (enum vcca_family)i;
      return true;
    }
  return false;
}

bool vcca_families_named(vcca_span names, vcca_family_set *out, struct vcca_error *err)
{
  *out = 0;
  for (size_t start = 0; start <= names.n;) {
    enum vcca_family family;
    size_t end = start;
    while (end < names.n && names.p[end] != ',')
      end++;
    vcca_span name = vcca_span_sub(names, start, end - start);
    if (!vcca_family_named(name, &family))
      return vcca_fail(err, VCCA_FAULT_USAGE, "no family is called '%.*s'; see: vcca table profiles", (int)(name.n > 40 ? 40 : name.n),
                       name.n ? (const char *)name.p : "");
    *out |= VCCA_FAMILY_BIT(family);
    start = end + 1;
  }
  return true;
}

bool family_container(uint64_t tag)
{
  for (int i = 0; i < VCCA_FAMILIES; i++)
    if (families[i].container == tag)
      return true;
  return false;
}

/* The algorithm that belongs to a kind of key; the same as vcca_sig_of, without a key. */
static int64_t natural_alg(enum vcca_key_type type)
{
  static const int64_t algs[] = {
      [VCCA_KEY_P256] = VCCA_ES256, [VCCA_KEY_P384] = VCCA_ES384, [VCCA_KEY_P521] = VCCA_ES512, [VCCA_KEY_RSA] = VCCA_PS256};
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
         rak_shape(f->rak, t->realm.public_key, 0, &lenience, &shape, NULL) && shape.type == f->key && t->realm_sign1.alg == natural_alg(f->key);
}

bool vcca_token_family(const struct vcca_token *token, enum vcca_family *family)
{
  for (int i = 0; i < VCCA_FAMILIES; i++)
    if (families[i].container == token->container && platform_is(&families[i], token) && realm_is(&families[i], token)) {
      *family = (enum vcca_family)i;
      return true;
    }
  return false;
}
