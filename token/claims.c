/* SPDX-License-Identifier: Apache-2.0 */
#include "token/claims.h"
#include "rooms/token.h"

#include <string.h>

/* How tables name a kind and a size. */
#define TEXT_OF_BYTES "bytes"
#define TEXT_OF_UEID "bytes"
#define TEXT_OF_TEXT "text"
#define TEXT_OF_ALG "text"
#define TEXT_OF_UINT "uint"
#define TEXT_OF_BOOL "bool"
#define TEXT_OF_DIGESTS "array"
#define TEXT_OF_COMPONENTS "array"
#define TEXT_OF_REMS "array"
#define TEXT_OF_MANDATORY "mandatory"
#define TEXT_OF_OPTIONAL "optional"
#define TEXT_OF_ARM_OPTIONAL "optional; virtCCA: none"
#define TEXT_OF_UNTIL_2024 "mandatory until 2024"
#define TEXT_OF_SINCE_2024 "mandatory since 2024"
#define TEXT_OF_SINCE_2026 "mandatory since 2026"
#define TEXT_OF_OPTIONAL_SINCE_2024 "optional since 2024"
#define SIZE_TEXT_ANY ""
#define SIZE_TEXT_32 "32"
#define SIZE_TEXT_33 "33"
#define SIZE_TEXT_64 "64"
#define SIZE_TEXT_DIGEST "32 48 64"
#define SIZE_TEXT_DIGEST_OR_EMPTY "32 48 64 (virtCCA: 0)"
#define SIZE_TEXT_RAK "65 97 133, COSE_Key or SubjectPublicKeyInfo"
#define SIZE_TEXT_UP_TO_1 "value 0 or 1"
#define SIZE_TEXT_UP_TO_65535 "16 bits"
#define SIZE_TEXT_ONLY_1 "value 1"

/* Where the has_... of an integer is. */
#define HAS_BYTES(claims, member) 0
#define HAS_UEID(claims, member) 0
#define HAS_TEXT(claims, member) 0
#define HAS_ALG(claims, member) 0
#define HAS_DIGESTS(claims, member) 0
#define HAS_COMPONENTS(claims, member) 0
#define HAS_REMS(claims, member) 0
#define HAS_UINT(claims, member) offsetof(claims, has_##member)
#define HAS_BOOL(claims, member) offsetof(claims, has_##member)

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
   offsetof(claims, member),                                                                \
   HAS_##kind(claims, member)},

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
_Static_assert(COUNT(platform) <= CLAIM_ROWS_MAX && COUNT(realm) <= CLAIM_ROWS_MAX, "a set of claims seen has 32 bits");

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

/* --- In which generations --- */

static const struct {
  enum generation first, last;
  bool mandatory;
} presences[] = {
    [PRESENCE_MANDATORY] = {GENERATION_VIRTCCA, GENERATION_2026, true},
    [PRESENCE_OPTIONAL] = {GENERATION_VIRTCCA, GENERATION_2026, false},
    [PRESENCE_ARM_OPTIONAL] = {GENERATION_LEGACY, GENERATION_2026, false},
    [PRESENCE_UNTIL_2024] = {GENERATION_VIRTCCA, GENERATION_2024, true},
    [PRESENCE_SINCE_2024] = {GENERATION_2024, GENERATION_2026, true},
    [PRESENCE_SINCE_2026] = {GENERATION_2026, GENERATION_2026, true},
    [PRESENCE_OPTIONAL_SINCE_2024] = {GENERATION_2024, GENERATION_2026, false},
};

bool claim_known(const struct claim_row *row, enum generation generation)
{
  return generation >= presences[row->presence].first;
}

bool claim_gone(const struct claim_row *row, enum generation generation)
{
  return generation > presences[row->presence].last;
}

bool claim_mandatory(const struct claim_row *row, enum generation generation)
{
  return presences[row->presence].mandatory && claim_known(row, generation) && !claim_gone(row, generation);
}

/* --- In which order --- */

static const int64_t realm_order_2026[] = {
#define REALM_ORDER_2026(label) label,
#include "token/claims.def"
};
_Static_assert(COUNT(realm_order_2026) == COUNT(realm), "every realm claim has its place");

void claim_order(struct claim_rows rows, enum vcca_family family, const struct claim_row *order[CLAIM_ROWS_MAX])
{
  const char *profile = vcca_family(family)->realm_profile;
  enum generation generation = GENERATION_LEGACY;
  if (profile)
    (void)profile_realm(vcca_span_str(profile), &generation);
  bool other = rows.row == realm && generation == GENERATION_2026;
  for (size_t i = 0; i < rows.n; i++) {
    order[i] = &rows.row[i];
    for (size_t k = 0; other && k < rows.n; k++)
      if (rows.row[k].spec.label == realm_order_2026[i])
        order[i] = &rows.row[k];
  }
}

/* --- Sizes and values --- */

static const struct {
  const char *words;
  uint8_t one_of[3];
  bool virtcca_empty; /* a size of its own for virtCCA: none */
} sizes[] = {
    [SIZE_ANY] = {"any number of", {0}, false},
    [SIZE_32] = {"32", {32}, false},
    [SIZE_33] = {"33", {33}, false},
    [SIZE_64] = {"64", {64}, false},
    [SIZE_DIGEST] = {"32, 48 or 64", {32, 48, 64}, false},
    [SIZE_DIGEST_OR_EMPTY] = {"32, 48 or 64", {32, 48, 64}, true},
    [SIZE_RAK] = {"a key's", {0}, false},
    [SIZE_UP_TO_1] = {"0 and 1", {0}, false},
    [SIZE_UP_TO_65535] = {"16 bits", {0}, false},
    [SIZE_ONLY_1] = {"1", {0}, false},
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

bool claim_value_allowed(enum claim_size size, uint64_t value)
{
  uint64_t most = size == SIZE_UP_TO_65535 ? UINT16_MAX : size == SIZE_ANY ? UINT64_MAX : 1;
  return value <= most && (size != SIZE_ONLY_1 || value == 1);
}

/* --- Values in their structs --- */

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

uint64_t claim_uint(const struct claim_row *row, const void *claims)
{
  const uint8_t *at = (const uint8_t *)claims + row->at;
  bool flag;
  uint64_t value;
  if (row->kind == CLAIM_BOOL) {
    memcpy(&flag, at, sizeof flag);
    return flag;
  }
  memcpy(&value, at, sizeof value);
  return value;
}

void claim_set_uint(const struct claim_row *row, void *claims, uint64_t value)
{
  uint8_t *at = (uint8_t *)claims + row->at;
  bool flag = value != 0, there = true;
  if (row->kind == CLAIM_BOOL)
    memcpy(at, &flag, sizeof flag);
  else
    memcpy(at, &value, sizeof value);
  memcpy((uint8_t *)claims + row->has, &there, sizeof there);
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
  bool there;
  switch (row->kind) {
  case CLAIM_UINT:
  case CLAIM_BOOL:
    memcpy(&there, (const uint8_t *)claims + row->has, sizeof there);
    return there;
  case CLAIM_COMPONENTS:
    return ((const struct vcca_platform_claims *)claims)->has_components;
  case CLAIM_REMS:
    return claim_rem_count(claims) > 0;
  case CLAIM_BYTES:
  case CLAIM_UEID:
  case CLAIM_TEXT:
  case CLAIM_ALG:
  case CLAIM_DIGESTS:
    break;
  }
  return claim_span(row, claims).p != NULL;
}

const char *vcca_lifecycle_name(uint64_t lifecycle)
{
  /* RMM specification A7.2.3.2.7: the high byte is the state, the low byte the implementation's own. */
  static const char *const names[] = {
      "unknown",        "assembly-and-test",      "platform-rot-provisioning",
      "secured",        "non-platform-rot-debug", "recoverable-platform-rot-debug",
      "decommissioned",
  };
  uint64_t state = lifecycle >> 12;
  return (lifecycle & 0x0f00) == 0 && state < COUNT(names) ? names[state] : NULL;
}
