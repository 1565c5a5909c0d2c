/* SPDX-License-Identifier: Apache-2.0 */
#include "token/family.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/token.h"

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
      return vcca_fail(err, VCCA_FAULT_USAGE, "no family is called '%.*s'; see: vcca table profiles",
                       (int)(name.n > 40 ? 40 : name.n), name.n ? (const char *)name.p : "");
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
