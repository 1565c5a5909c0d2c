/* The tables of mutations and flags, and making a case of a mutation.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "golden/edit.h"
#include "rooms/span.h"
#include "rooms/golden.h"

/* --- Flags ------------------------------------------------------------------------------------------------ */

enum flag {
#define FLAG(id, name, stage, bug_type, description, effect) FLAG_##id,
#include "golden/flags.def"
#undef FLAG
};

static const struct vcca_golden_flag flags[] = {
#define FLAG(id, name, stage, bug_type, description, effect) {name, VCCA_STAGE_##stage, bug_type, description, effect},
#include "golden/flags.def"
#undef FLAG
};

size_t vcca_golden_flag_count(void)
{
  return sizeof flags / sizeof flags[0];
}

const struct vcca_golden_flag *vcca_golden_flag_at(size_t i)
{
  return &flags[i];
}

/* --- Rows ------------------------------------------------------------------------------------------------- */

/* What columns of a row for both members mean on each side. */
enum {
  PLATFORM_OWN = VCCA_SIGNED_PLATFORM,
  REALM_OWN = VCCA_SIGNED_REALM,
  PLATFORM_NONE = VCCA_SIGNED_NONE,
  REALM_NONE = VCCA_SIGNED_NONE,
  PLATFORM_WRONG = VCCA_SIGNED_WRONG,
  REALM_WRONG = VCCA_SIGNED_WRONG,
};
enum {
  CHECK_NONE = VCCA_CHECKS,
  CHECK_PLATFORM_NONE = VCCA_CHECKS,
  CHECK_REALM_NONE = VCCA_CHECKS,
#define CHECK(id, name, part, meaning) CHECK_##id = VCCA_CHECK_##id,
#include "vcca/checks.def"
#undef CHECK
  CHECK_PLATFORM_STRUCTURE = VCCA_CHECK_STRUCTURE,
  CHECK_REALM_STRUCTURE = VCCA_CHECK_STRUCTURE,
  CHECK_PLATFORM_FAMILY = VCCA_CHECK_FAMILY,
  CHECK_REALM_FAMILY = VCCA_CHECK_FAMILY,
};

#define ROW(id, name, layer, resigned, result, check, flag, wants, side, recipe, note) \
  {id,                                                                                 \
   name,                                                                               \
   VCCA_GOLDEN_##layer,                                                                \
   (enum vcca_golden_signed)(resigned),                                                \
   VCCA_GOLDEN_##result,                                                               \
   (enum vcca_check)(check),                                                           \
   &flags[flag],                                                                       \
   wants,                                                                              \
   side,                                                                               \
   recipe,                                                                             \
   note},
/* The words of the wants column. */
enum {
  ANY = WANT_ANY,
  PLATFORM = WANT_PLATFORM,
  CVM_ONLY = WANT_CVM_ONLY,
  EC = WANT_EC,
  RSA = WANT_RSA,
  RAW = WANT_RAW,
  COSE_KEY = WANT_COSE_KEY,
  SPKI = WANT_SPKI,
  ARM = WANT_ARM,
  VIRTCCA = WANT_VIRTCCA,
  PROFILE = WANT_PROFILE,
  REALM_PROFILE = WANT_REALM_PROFILE,
  NO_REALM_PROFILE = WANT_NO_REALM_PROFILE,
  VERSIONS = WANT_VERSIONS,
  P384 = WANT_P384,
  CMW = WANT_CMW,
  PLAIN = WANT_PLAIN,
};

static const struct vcca_mutation mutations[] = {
#define MUTATION(id, name, layer, resigned, result, check, flag, wants, recipe, note) \
  ROW(id, name, layer, VCCA_SIGNED_##resigned, result, CHECK_##check, FLAG_##flag, wants, NULL, recipe, note)
#define BOTH(id, name, layer, resigned, result, check, flag, wants, recipe, note)                               \
  ROW(id "p", name "-platform", layer, PLATFORM_##resigned, result, CHECK_PLATFORM_##check, FLAG_##flag,        \
      (wants) | WANT_PLATFORM, "platform", recipe, note)                                                        \
  ROW(id "r", name "-realm", layer, REALM_##resigned, result, CHECK_REALM_##check, FLAG_##flag, wants, "realm", \
      recipe, note)
#include "golden/mutations.def"
};

size_t vcca_mutation_count(void)
{
  return sizeof mutations / sizeof mutations[0];
}

const struct vcca_mutation *vcca_mutation_at(size_t i)
{
  return &mutations[i];
}

const struct vcca_mutation *vcca_mutation_named(vcca_span id_or_name)
{
  for (size_t i = 0; i < vcca_mutation_count(); i++)
    if (vcca_span_is(id_or_name, mutations[i].id) || vcca_span_is(id_or_name, mutations[i].name))
      return &mutations[i];
  return NULL;
}

const struct vcca_mutation *vcca_mutation_for(vcca_span id_or_name, enum vcca_family family)
{
  for (size_t i = 0; i < vcca_mutation_count(); i++)
    if ((vcca_span_is(id_or_name, mutations[i].id) || vcca_span_is(id_or_name, mutations[i].name)) &&
        vcca_mutation_applies(&mutations[i], family))
      return &mutations[i];
  return NULL;
}

void vcca_mutation_recipe(const struct vcca_mutation *mutation, vcca_sink *out)
{
  for (const char *c = mutation->recipe; *c; c++)
    if (*c == '@' && mutation->side && strncmp(c, "@binding", 8) != 0)
      vcca_sink_str(out, mutation->side);
    else
      vcca_sink_u8(out, (uint8_t)*c);
}

/* --- Names ------------------------------------------------------------------------------------------------ */

const char *vcca_golden_layer_name(enum vcca_golden_layer layer)
{
  static const char *const names[VCCA_GOLDEN_LAYERS] = {"base",  "structure", "cose",   "platform",  "realm", "binding",
                                                        "chain", "eventlog",  "accept", "appraisal", "policy"};
  return names[layer];
}

const char *vcca_golden_result_name(enum vcca_golden_result result)
{
  static const char *const names[] = {
      [VCCA_GOLDEN_VALID] = "valid", [VCCA_GOLDEN_ACCEPTABLE] = "acceptable", [VCCA_GOLDEN_INVALID] = "invalid"};
  return names[result];
}

const char *vcca_golden_signed_name(enum vcca_golden_signed how)
{
  static const char *const names[] = {[VCCA_SIGNED_NONE] = "none",
                                      [VCCA_SIGNED_PLATFORM] = "platform",
                                      [VCCA_SIGNED_REALM] = "realm",
                                      [VCCA_SIGNED_BOTH] = "both",
                                      [VCCA_SIGNED_WRONG] = "wrong"};
  return names[how];
}

static const char *const stage_names[VCCA_STAGES] = {
#define STAGE(id, name) name,
#include "vcca/stages.def"
#undef STAGE
};

const char *vcca_golden_stage_name(enum vcca_golden_stage stage)
{
  return stage < VCCA_STAGES ? stage_names[stage] : "unknown";
}

bool vcca_golden_stage_named(vcca_span name, enum vcca_golden_stage *stage)
{
  for (int i = 0; i < VCCA_STAGES; i++)
    if (vcca_span_is(name, stage_names[i])) {
      *stage = (enum vcca_golden_stage)i;
      return true;
    }
  return false;
}
