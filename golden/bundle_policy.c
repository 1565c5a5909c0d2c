/* The relying party's rules on top of the checks: the base's, and the same as YAML (docs/appraisal.md) and
 * in an index.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "golden/bundle.h"
#include "rooms/json.h"
#include "rooms/span.h"

enum { SECURED_FIRST = 0x3000, SECURED_LAST = 0x30ff };

/* What must not be skipped: all that the base's token can answer with a challenge, a key and a reference
 * store. */
static void require_checks(unsigned has, struct vcca_policy *p)
{
  static const struct {
    enum vcca_check check;
    unsigned wants;
  } rows[] = {{VCCA_CHECK_ENDORSEMENTS, WANT_ANY},         {VCCA_CHECK_PLATFORM_SIGNATURE, WANT_PLATFORM},
              {VCCA_CHECK_REALM_SIGNATURE, WANT_ANY},      {VCCA_CHECK_BINDING, WANT_PLATFORM},
              {VCCA_CHECK_KEY_EQUALITY, WANT_CVM_ONLY},    {VCCA_CHECK_FRESHNESS, WANT_ANY},
              {VCCA_CHECK_LIFECYCLE, WANT_PLATFORM},       {VCCA_CHECK_PLATFORM_REFERENCE, WANT_PLATFORM},
              {VCCA_CHECK_PLATFORM_CONFIG, WANT_PLATFORM}, {VCCA_CHECK_REALM_REFERENCE, WANT_ANY}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    p->required[rows[i].check] = (rows[i].wants & ~has) == 0;
}

struct vcca_policy *bundle_policy(struct arena *arena, const vcca_hsm *hsm, enum vcca_family family)
{
  struct vcca_policy *p = arena_get(arena, sizeof *p);
  unsigned has = family_has(family);
  if (!p)
    return NULL;
  snprintf(p->name, sizeof p->name, "golden");
  require_checks(has, p);
  p->lifecycles[0].first = SECURED_FIRST;
  p->lifecycles[0].last = SECURED_LAST;
  p->lifecycle_count = 1;
  p->limits_hash_algs = p->hash_algs[VCCA_SHA256] = true;
  p->worst_status[VCCA_SUBMOD_REALM] = VCCA_TIER_AFFIRMING;
  if (has & WANT_PLATFORM)
    p->worst_status[VCCA_SUBMOD_PLATFORM] = VCCA_TIER_AFFIRMING;
  if (has & WANT_VERSIONS) {
    struct vcca_platform_claims claims;
    vcca_hsm_platform_claims(hsm, family, vcca_span_of(NULL, 0), &claims);
    const struct vcca_component *first = &claims.components[0];
    snprintf(p->components[0].type, VCCA_POLICY_TEXT, "%.*s", (int)first->type.n, (const char *)first->type.p);
    snprintf(p->components[0].at_least, VCCA_POLICY_TEXT, "%.*s", (int)first->version.n,
             (const char *)first->version.p);
    p->component_count = 1;
  }
  return p;
}

/* --- As text ---------------------------------------------------------------------------------------------- */

static void put(vcca_sink *out, const char *before, const char *text, const char *after)
{
  vcca_sink_str(out, before);
  vcca_sink_str(out, text);
  vcca_sink_str(out, after);
}

void bundle_policy_yaml(const struct vcca_policy *p, vcca_sink *out)
{
  char range[64];
  put(out, "policy: ", p->name, "\nrequire:\n");
  for (int i = 0; i < VCCA_CHECKS; i++)
    if (p->required[i])
      put(out, "  - ", vcca_check_name((enum vcca_check)i), "\n");
  vcca_sink_str(out, "lifecycle:\n");
  for (size_t i = 0; i < p->lifecycle_count; i++) {
    snprintf(range, sizeof range, "{from: 0x%04llx, to: 0x%04llx}", (unsigned long long)p->lifecycles[i].first,
             (unsigned long long)p->lifecycles[i].last);
    put(out, "  - ", range, "\n");
  }
  vcca_sink_str(out, "hash-algorithms:\n");
  for (int i = 0; i < VCCA_HASH_ALGS; i++)
    if (p->hash_algs[i])
      put(out, "  - ", vcca_hash_name((enum vcca_hash_alg)i), "\n");
  if (p->families)
    vcca_sink_str(out, "family:\n");
  for (int i = 0; i < VCCA_FAMILIES; i++)
    if (p->families & VCCA_FAMILY_BIT(i))
      put(out, "  - ", vcca_family((enum vcca_family)i)->name, "\n");
  if (p->refused)
    vcca_sink_str(out, "refuse:\n");
  for (int i = 0; i < VCCA_LENIENCIES; i++)
    if (p->refused & VCCA_LENIENT_BIT(i))
      put(out, "  - ", vcca_leniency_name((enum vcca_leniency)i), "\n");
  if (p->component_count > 0)
    vcca_sink_str(out, "components:\n");
  for (size_t i = 0; i < p->component_count; i++) {
    put(out, "  - {type: ", p->components[i].type, ", at-least: ");
    put(out, "", p->components[i].at_least, "}\n");
  }
  vcca_sink_str(out, "appraisal:\n");
  for (int i = 0; i < VCCA_SUBMODS; i++)
    if (p->worst_status[i] != 0) {
      put(out, "  ", vcca_submod_name((enum vcca_submod)i), ": {status: ");
      put(out, "", vcca_tier_name((enum vcca_tier)p->worst_status[i]), "}\n");
    }
}

void bundle_policy_json(const struct vcca_policy *p, struct vcca_json *j)
{
  vcca_json_open(j, "rules", '{');
  vcca_json_open(j, "require", '[');
  for (int i = 0; i < VCCA_CHECKS; i++)
    if (p->required[i])
      vcca_json_str(j, NULL, vcca_check_name((enum vcca_check)i));
  vcca_json_close(j);
  vcca_json_open(j, "lifecycles", '[');
  for (size_t i = 0; i < p->lifecycle_count; i++) {
    vcca_json_open(j, NULL, '{');
    vcca_json_int(j, "from", (int64_t)p->lifecycles[i].first);
    vcca_json_int(j, "to", (int64_t)p->lifecycles[i].last);
    vcca_json_close(j);
  }
  vcca_json_close(j);
  vcca_json_open(j, "hashAlgorithms", '[');
  for (int i = 0; i < VCCA_HASH_ALGS; i++)
    if (p->hash_algs[i])
      vcca_json_str(j, NULL, vcca_hash_name((enum vcca_hash_alg)i));
  vcca_json_close(j);
  if (p->families) {
    vcca_json_open(j, "families", '[');
    for (int i = 0; i < VCCA_FAMILIES; i++)
      if (p->families & VCCA_FAMILY_BIT(i))
        vcca_json_str(j, NULL, vcca_family((enum vcca_family)i)->name);
    vcca_json_close(j);
  }
  if (p->refused) {
    vcca_json_open(j, "refused", '[');
    for (int i = 0; i < VCCA_LENIENCIES; i++)
      if (p->refused & VCCA_LENIENT_BIT(i))
        vcca_json_str(j, NULL, vcca_leniency_name((enum vcca_leniency)i));
    vcca_json_close(j);
  }
  vcca_json_open(j, "components", '[');
  for (size_t i = 0; i < p->component_count; i++) {
    vcca_json_open(j, NULL, '{');
    vcca_json_str(j, "type", p->components[i].type);
    vcca_json_str(j, "atLeast", p->components[i].at_least);
    vcca_json_close(j);
  }
  vcca_json_close(j);
  vcca_json_open(j, "worstStatus", '{');
  for (int i = 0; i < VCCA_SUBMODS; i++)
    if (p->worst_status[i] != 0)
      vcca_json_str(j, vcca_submod_name((enum vcca_submod)i), vcca_tier_name((enum vcca_tier)p->worst_status[i]));
  vcca_json_close(j);
  vcca_json_close(j);
}
