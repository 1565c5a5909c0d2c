/* SPDX-License-Identifier: Apache-2.0 */
#include "token/claims.h"

#include <string.h>

/* How tables name a kind and a size. */
#define TEXT_OF_BYTES "bytes"
#define TEXT_OF_UEID "bytes"
#define TEXT_OF_TEXT "text"
#define TEXT_OF_ALG "text"
#define TEXT_OF_UINT "uint"
#define TEXT_OF_COMPONENTS "array"
#define TEXT_OF_REMS "array"
#define TEXT_OF_MANDATORY "mandatory"
#define TEXT_OF_OPTIONAL "optional"
#define TEXT_OF_ARM_OPTIONAL "optional; virtCCA: none"
#define SIZE_TEXT_ANY ""
#define SIZE_TEXT_SOME "1.. (virtCCA: 0..)"
#define SIZE_TEXT_32 "32"
#define SIZE_TEXT_33 "33"
#define SIZE_TEXT_64 "64"
#define SIZE_TEXT_DIGEST "32 48 64"
#define SIZE_TEXT_DIGEST_OR_EMPTY "32 48 64 (virtCCA: 0)"
#define SIZE_TEXT_RAK "65 97 133 550 or COSE_Key"

#define SPEC(token, label, name, kind, sizes, presence, meaning) \
  {                                                              \
    label, name, token, kind, sizes, presence, meaning           \
  }
#define ROW(token, claims, label, member, name, kind, size, presence, meaning)              \
  {SPEC(token, label, name, TEXT_OF_##kind, SIZE_TEXT_##size, TEXT_OF_##presence, meaning), \
   token " claim " #label " (" name ")",                                                    \
   #member,                                                                                 \
   CLAIM_##kind,                                                                            \
   SIZE_##size,                                                                             \
   PRESENCE_##presence,                                                                     \
   offsetof(claims, member)},

static const struct claim_row platform[] = {
#define PLATFORM(...) ROW("platform", struct vcca_platform_claims, __VA_ARGS__)
#include "token/claims.def"
};
static const struct claim_row component[] = {
#define COMPONENT(...) ROW("component", struct vcca_component, __VA_ARGS__)
#include "token/claims.def"
};
static const struct claim_row realm[] = {
#define REALM(...) ROW("realm", struct vcca_realm_claims, __VA_ARGS__)
#include "token/claims.def"
};
/* Those that are no members of a claims struct. */
static const struct vcca_claim_spec others[] = {
#define COLLECTION(label, name, presence, meaning) SPEC("collection", label, name, "bytes", "", presence, meaning),
#define LATER(token, label, name, kind, meaning) SPEC(token, label, name, kind, "", "later profiles", meaning),
#include "token/claims.def"
};

#define COUNT(array) (sizeof(array) / sizeof *(array))
const struct claim_rows claims_platform = {"platform claims", platform, COUNT(platform)};
const struct claim_rows claims_component = {"component claims", component, COUNT(component)};
const struct claim_rows claims_realm = {"realm claims", realm, COUNT(realm)};

size_t vcca_claim_count(void)
{
  return COUNT(platform) + COUNT(component) + COUNT(realm) + COUNT(others);
}

const struct vcca_claim_spec *vcca_claim_at(size_t i)
{
  const struct claim_rows tables[] = {claims_platform, claims_component, claims_realm};
  for (size_t t = 0; t < COUNT(tables); t++) {
    if (i < tables[t].n)
      return &tables[t].row[i].spec;
    i -= tables[t].n;
  }
  return i < COUNT(others) ? &others[i] : NULL;
}

const char *vcca_claim_name(int64_t label)
{
  for (size_t i = 0; i < vcca_claim_count(); i++)
    if (vcca_claim_at(i)->label == label)
      return vcca_claim_at(i)->name;
  return NULL;
}

static const struct {
  const char *words;
  uint8_t one_of[3];
  bool virtcca_empty; /* a size of its own for virtCCA: none */
} sizes[] = {
    [SIZE_ANY] = {"any number of", {0}, false},
    [SIZE_SOME] = {"one or more", {0}, true},
    [SIZE_32] = {"32", {32}, false},
    [SIZE_33] = {"33", {33}, false},
    [SIZE_64] = {"64", {64}, false},
    [SIZE_DIGEST] = {"32, 48 or 64", {32, 48, 64}, false},
    [SIZE_DIGEST_OR_EMPTY] = {"32, 48 or 64", {32, 48, 64}, true},
    [SIZE_RAK] = {"65, 97, 133 or 550", {0}, false},
};

bool claim_size_allowed(enum claim_size size, size_t n, bool virtcca)
{
  if (n == 0 && sizes[size].virtcca_empty)
    return virtcca;
  const uint8_t *one_of = sizes[size].one_of;
  return one_of[0] == 0 || (n > 0 && (n == one_of[0] || n == one_of[1] || n == one_of[2]));
}

const char *claim_size_words(enum claim_size size)
{
  return sizes[size].words;
}

vcca_span claim_span(const struct claim_row *row, const void *claims)
{
  vcca_span value;
  memcpy(&value, (const uint8_t *)claims + row->at, sizeof value);
  return value;
}

void claim_set_span(const struct claim_row *row, void *claims, vcca_span value)
{
  memcpy((uint8_t *)claims + row->at, &value, sizeof value);
}

size_t claim_rem_count(const struct vcca_realm_claims *claims)
{
  size_t n = 0;
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    n += claims->rem[i].p != NULL;
  return n;
}

bool claim_present(const struct claim_row *row, const void *claims)
{
  switch (row->kind) {
  case CLAIM_UINT:
    return ((const struct vcca_platform_claims *)claims)->has_lifecycle;
  case CLAIM_COMPONENTS:
    return ((const struct vcca_platform_claims *)claims)->has_components;
  case CLAIM_REMS:
    return claim_rem_count(claims) > 0;
  case CLAIM_BYTES:
  case CLAIM_UEID:
  case CLAIM_TEXT:
  case CLAIM_ALG:
    break;
  }
  return claim_span(row, claims).p != NULL;
}

const char *vcca_lifecycle_name(uint64_t lifecycle)
{
  /* RMM specification A7.2.3.2.7: the high byte is the state, the low byte the implementation's own. */
  static const char *const names[] = {
      "unknown",        "assembly-and-test", "platform-rot-provisioning", "secured", "non-platform-rot-debug", "recoverable-platform-rot-debug",
      "decommissioned",
  };
  uint64_t state = lifecycle >> 12;
  return (lifecycle & 0x0f00) == 0 && state < COUNT(names) ? names[state] : NULL;
}
