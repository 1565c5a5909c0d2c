/* A verdict as AR4SI trustworthiness vectors, by the rules of appraisal.def.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/verifier.h"
#include "rooms/span.h"

static bool is(const struct vcca_verdict *v, enum vcca_check check, enum vcca_outcome outcome)
{
  return v->findings[check].outcome == outcome;
}

static bool passed(const struct vcca_verdict *v, enum vcca_check check)
{
  return is(v, check, VCCA_PASS);
}

static bool failed(const struct vcca_verdict *v, enum vcca_check check)
{
  return is(v, check, VCCA_FAIL);
}

/* --- Conditions ------------------------------------------------------------------------------------------ */

static bool when_undecoded(const struct vcca_verdict *v)
{
  return !passed(v, VCCA_CHECK_STRUCTURE);
}

static bool when_platform_forged(const struct vcca_verdict *v)
{
  return failed(v, VCCA_CHECK_CHAIN) || (v->anchored && failed(v, VCCA_CHECK_PLATFORM_SIGNATURE));
}

static bool when_unanchored(const struct vcca_verdict *v)
{
  return !v->anchored;
}

static bool when_platform_signed(const struct vcca_verdict *v)
{
  return passed(v, VCCA_CHECK_PLATFORM_SIGNATURE);
}

static bool when_lifecycle_refused(const struct vcca_verdict *v)
{
  return failed(v, VCCA_CHECK_LIFECYCLE);
}

static bool when_lifecycle_accepted(const struct vcca_verdict *v)
{
  return passed(v, VCCA_CHECK_LIFECYCLE);
}

static bool when_secured(const struct vcca_verdict *v)
{
  return passed(v, VCCA_CHECK_LIFECYCLE) && v->token.platform.lifecycle >> 8 == 0x30;
}

static bool when_config_different(const struct vcca_verdict *v)
{
  return failed(v, VCCA_CHECK_PLATFORM_CONFIG);
}

static bool when_config_known(const struct vcca_verdict *v)
{
  return passed(v, VCCA_CHECK_PLATFORM_CONFIG);
}

static bool when_components_unknown(const struct vcca_verdict *v)
{
  return failed(v, VCCA_CHECK_PLATFORM_REFERENCE) && !v->findings[VCCA_CHECK_PLATFORM_REFERENCE].unreadable;
}

static bool when_components_known(const struct vcca_verdict *v)
{
  return passed(v, VCCA_CHECK_PLATFORM_REFERENCE);
}

static bool when_implementation_unknown(const struct vcca_verdict *v)
{
  return v->platform_endorsed == VCCA_ENDORSED_UNKNOWN;
}

static bool when_realm_forged(const struct vcca_verdict *v)
{
  return when_platform_forged(v) || failed(v, VCCA_CHECK_REALM_SIGNATURE) || failed(v, VCCA_CHECK_BINDING) ||
         (v->anchored && failed(v, VCCA_CHECK_KEY_EQUALITY)) || failed(v, VCCA_CHECK_FRESHNESS);
}

static bool when_realm_vouched(const struct vcca_verdict *v)
{
  bool vouched = v->token.has_platform ? passed(v, VCCA_CHECK_PLATFORM_SIGNATURE) && passed(v, VCCA_CHECK_BINDING)
                                       : passed(v, VCCA_CHECK_KEY_EQUALITY);
  return vouched && passed(v, VCCA_CHECK_REALM_SIGNATURE);
}

static bool when_realm_different(const struct vcca_verdict *v)
{
  return v->realm_endorsed == VCCA_ENDORSED_DIFFERENT;
}

static bool when_rim_unknown(const struct vcca_verdict *v)
{
  return failed(v, VCCA_CHECK_RIM) || v->realm_endorsed == VCCA_ENDORSED_UNKNOWN;
}

static bool when_rpv_different(const struct vcca_verdict *v)
{
  return failed(v, VCCA_CHECK_RPV) || v->realm_endorsed == VCCA_ENDORSED_OTHER_RPV;
}

static bool when_rem_different(const struct vcca_verdict *v)
{
  bool log = failed(v, VCCA_CHECK_EVENTLOG) && !v->findings[VCCA_CHECK_EVENTLOG].unreadable;
  return failed(v, VCCA_CHECK_REM0) || failed(v, VCCA_CHECK_REM1) || failed(v, VCCA_CHECK_REM2) ||
         failed(v, VCCA_CHECK_REM3) || log || v->realm_endorsed == VCCA_ENDORSED_OTHER_REM;
}

static bool when_images_unknown(const struct vcca_verdict *v)
{
  return failed(v, VCCA_CHECK_IMAGE_REFERENCE) && !v->findings[VCCA_CHECK_IMAGE_REFERENCE].unreadable;
}

static bool when_rim_known(const struct vcca_verdict *v)
{
  return passed(v, VCCA_CHECK_RIM) || passed(v, VCCA_CHECK_REALM_REFERENCE);
}

/* Every REM is an expected value, or was explained by a log whose images are reference values and which has
 * nothing else. */
static bool when_runtime_known(const struct vcca_verdict *v)
{
  bool rems = passed(v, VCCA_CHECK_REM0) && passed(v, VCCA_CHECK_REM1) && passed(v, VCCA_CHECK_REM2) &&
              passed(v, VCCA_CHECK_REM3);
  bool log = passed(v, VCCA_CHECK_EVENTLOG) && passed(v, VCCA_CHECK_IMAGE_REFERENCE) && v->unexplained_count == 0;
  return when_rim_known(v) && (rems || log || v->realm_endorsed == VCCA_ENDORSED_WHOLLY);
}

/* --- The table ------------------------------------------------------------------------------------------- */

enum { VCCA_ALL = VCCA_TRUST_CLAIMS };

static const struct {
  enum vcca_submod submod;
  int claim; /* enum vcca_trust_claim, or VCCA_ALL */
  int value;
  bool (*when)(const struct vcca_verdict *v);
  const char *meaning;
} rules[] = {
#define RULE(submod, claim, value, when, meaning) {VCCA_SUBMOD_##submod, VCCA_##claim, value, when_##when, meaning},
#include "verifier/appraisal.def"
#undef RULE
};
enum { RULES = sizeof rules / sizeof rules[0] };

static const char *const claim_names[] = {
    [VCCA_INSTANCE_IDENTITY] = "instance-identity",
    [VCCA_CONFIGURATION] = "configuration",
    [VCCA_EXECUTABLES] = "executables",
    [VCCA_FILE_SYSTEM] = "file-system",
    [VCCA_HARDWARE] = "hardware",
    [VCCA_RUNTIME_OPAQUE] = "runtime-opaque",
    [VCCA_STORAGE_OPAQUE] = "storage-opaque",
    [VCCA_SOURCED_DATA] = "sourced-data",
    [VCCA_ALL] = "all",
};

const char *vcca_trust_claim_name(enum vcca_trust_claim claim)
{
  return claim_names[claim];
}

const char *vcca_submod_name(enum vcca_submod submod)
{
  static const char *const names[] = {[VCCA_SUBMOD_PLATFORM] = "CCA_SSD_PLATFORM", [VCCA_SUBMOD_REALM] = "CCA_REALM"};
  return names[submod];
}

size_t vcca_appraisal_rule_count(void)
{
  return RULES;
}

bool vcca_appraisal_rule_at(size_t i, struct vcca_appraisal_rule *out)
{
  if (i >= RULES)
    return false;
  *out = (struct vcca_appraisal_rule){vcca_submod_name(rules[i].submod), claim_names[rules[i].claim], rules[i].value,
                                      rules[i].meaning};
  return true;
}

/* --- Tiers ----------------------------------------------------------------------------------------------- */

static const struct {
  enum vcca_tier tier;
  const char *name;
} tiers[] = {{VCCA_TIER_NONE, "none"},
             {VCCA_TIER_AFFIRMING, "affirming"},
             {VCCA_TIER_WARNING, "warning"},
             {VCCA_TIER_CONTRAINDICATED, "contraindicated"}};
enum { TIERS = sizeof tiers / sizeof tiers[0] };

const char *vcca_tier_name(enum vcca_tier tier)
{
  for (size_t i = 0; i < TIERS; i++)
    if (tiers[i].tier == tier)
      return tiers[i].name;
  return "none";
}

bool vcca_tier_named(vcca_span name, enum vcca_tier *tier)
{
  for (size_t i = 0; i < TIERS; i++)
    if (vcca_span_is(name, tiers[i].name)) {
      *tier = tiers[i].tier;
      return true;
    }
  return false;
}

/* draft-ietf-rats-ar4si 2.3.2: -1..1 none, up to 31 or down to -32 affirming, up to 95 or down to -96
 * warning. */
enum vcca_tier vcca_tier_of(int value)
{
  if (value >= -1 && value <= 1)
    return VCCA_TIER_NONE;
  if (value >= -32 && value <= 31)
    return VCCA_TIER_AFFIRMING;
  return value >= -96 && value <= 95 ? VCCA_TIER_WARNING : VCCA_TIER_CONTRAINDICATED;
}

/* --- Appraisal ------------------------------------------------------------------------------------------- */

static int appraise_claim(const struct vcca_verdict *verdict, enum vcca_submod submod, int claim)
{
  for (size_t i = 0; i < RULES; i++)
    if (rules[i].submod == submod && (rules[i].claim == claim || rules[i].claim == VCCA_ALL) && rules[i].when(verdict))
      return rules[i].value;
  return 0;
}

/* Whether a check that failed tells against this part of the token; without a platform part, all tell
 * against the realm. */
static bool concerns(const struct vcca_verdict *verdict, enum vcca_check check, enum vcca_submod submod)
{
  enum { PLATFORM = 1 << VCCA_SUBMOD_PLATFORM, REALM = 1 << VCCA_SUBMOD_REALM, BOTH = PLATFORM | REALM };
  static const uint8_t parts[] = {
#define CHECK(id, name, part, meaning) part,
#include "vcca/checks.def"
#undef CHECK
  };
  unsigned part = submod == VCCA_SUBMOD_REALM && !verdict->token.has_platform ? BOTH : parts[check];
  return part >> submod & 1;
}

static enum vcca_tier status_of(const struct vcca_verdict *verdict, enum vcca_submod submod, const int *vector)
{
  enum vcca_tier worst = VCCA_TIER_NONE;
  for (size_t c = 0; c < VCCA_TRUST_CLAIMS; c++)
    worst = vcca_tier_of(vector[c]) > worst ? vcca_tier_of(vector[c]) : worst;
  if (worst == VCCA_TIER_CONTRAINDICATED)
    return worst;
  bool unread = false;
  for (enum vcca_check check = 0; check < VCCA_CHECKS; check++) {
    if (!failed(verdict, check) || !concerns(verdict, check, submod))
      continue;
    if (!verdict->findings[check].unreadable)
      return VCCA_TIER_CONTRAINDICATED;
    unread = true;
  }
  return unread ? VCCA_TIER_NONE : worst;
}

void vcca_appraise(const struct vcca_verdict *verdict, struct vcca_appraisal *out)
{
  *out = (struct vcca_appraisal){0};
  for (enum vcca_submod s = 0; s < VCCA_SUBMODS; s++) {
    struct vcca_submod_result *result = &out->submods[s];
    result->present = s == VCCA_SUBMOD_REALM || verdict->token.has_platform || !passed(verdict, VCCA_CHECK_STRUCTURE);
    for (int c = 0; result->present && c < VCCA_TRUST_CLAIMS; c++)
      result->vector[c] = appraise_claim(verdict, s, c);
    if (result->present)
      result->status = status_of(verdict, s, result->vector);
  }
}
