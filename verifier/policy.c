/* A relying party's policy held against a verdict that is complete but for this.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "verifier/policy.h"

#include <string.h>

#include "verifier/endorsed.h"
#include "verifier/finding.h"
#include "rooms/span.h"
#include "rooms/verifier.h"

bool policy_allows_lifecycle(const struct vcca_policy *policy, uint64_t lifecycle)
{
  if (policy == NULL || policy->lifecycle_count == 0)
    return lifecycle >> 8 == 0x30;
  for (size_t i = 0; i < policy->lifecycle_count; i++)
    if (lifecycle >= policy->lifecycles[i].first && lifecycle <= policy->lifecycles[i].last)
      return true;
  return false;
}

/* Every check that the policy or the command line wants; f names all that did not pass. */
bool policy_rules_lifecycle(const struct vcca_evidence *evidence)
{
  const struct vcca_policy *policy = evidence->policy;
  return evidence->required[VCCA_CHECK_LIFECYCLE] ||
         (policy != NULL && (policy->lifecycle_count > 0 || policy->required[VCCA_CHECK_LIFECYCLE]));
}

static bool required_checks_passed(const struct vcca_evidence *evidence, const struct vcca_verdict *verdict,
                                   struct vcca_finding *f)
{
  char text[sizeof f->reason];
  vcca_sink missing = vcca_sink_of(text, sizeof text - 1);
  for (enum vcca_check check = 0; check < VCCA_CHECK_POLICY; check++) {
    bool required = evidence->required[check] || (evidence->policy != NULL && evidence->policy->required[check]);
    if (!required || verdict->findings[check].outcome == VCCA_PASS)
      continue;
    bool first = missing.n == 0;
    vcca_sink_str(&missing, first ? "the check " : "; ");
    vcca_sink_str(&missing, vcca_check_name(check));
    vcca_sink_str(&missing, first ? " must pass, and is " : " is ");
    vcca_sink_str(&missing, vcca_outcome_name(verdict->findings[check].outcome));
  }
  if (missing.n == 0)
    return true;
  size_t n = missing.n < missing.cap ? missing.n : missing.cap;
  finding_fail(f, "%.*s", (int)n, text);
  return false;
}

/* Nothing is left open for want of something to go by. */
static bool no_gap_open(const struct vcca_verdict *verdict, struct vcca_finding *f)
{
  char text[sizeof f->reason];
  vcca_sink open = vcca_sink_of(text, sizeof text - 1);
  for (enum vcca_gap gap = 0; gap < VCCA_GAPS; gap++)
    if (vcca_gap_open(verdict, gap)) {
      vcca_sink_str(&open, open.n == 0 ? "" : ", ");
      vcca_sink_str(&open, vcca_gap_name(gap));
      vcca_sink_str(&open, " (");
      vcca_sink_str(&open, vcca_gap_fix(gap));
      vcca_sink_str(&open, ")");
    }
  if (open.n > 0)
    finding_fail(f, "strict, and nothing was given to check by: %.*s", (int)open.n, text);
  return open.n == 0;
}

/* --- Versions -------------------------------------------------------------------------------------------- */

/* Takes the number before the next dot off the text. A number of more than 18 digits is none. */
static bool take_number(vcca_span *text, uint64_t *number)
{
  size_t n = 0;
  *number = 0;
  while (n < text->n && text->p[n] != '.') {
    if (text->p[n] < '0' || text->p[n] > '9' || n >= 18)
      return false;
    *number = *number * 10 + (uint64_t)(text->p[n++] - '0');
  }
  if (n == 0 || n + 1 == text->n) /* nothing before the dot, or nothing after it */
    return false;
  *text = vcca_span_sub(*text, n < text->n ? n + 1 : n, text->n);
  return true;
}

bool vcca_version_at_least(vcca_span a, vcca_span b)
{
  int order = 0; /* decided by the first number that differs; numbers that are not there are 0 */
  bool none = a.n == 0 || b.n == 0;
  while (!none && (a.n > 0 || b.n > 0)) {
    uint64_t x = 0, y = 0;
    none = (a.n > 0 && !take_number(&a, &x)) || (b.n > 0 && !take_number(&b, &y));
    order = order != 0 ? order : (x > y) - (x < y);
  }
  return !none && order >= 0;
}

static bool version_allowed(const struct vcca_policy_component *rule, vcca_span version)
{
  bool listed = rule->version_count == 0;
  for (size_t i = 0; i < rule->version_count; i++)
    listed = listed || vcca_span_is(version, rule->versions[i]);
  return listed && (rule->at_least[0] == '\0' || vcca_version_at_least(version, vcca_span_str(rule->at_least)));
}

/* Every component of the rule's type has an allowed version, and there is one. */
static bool component_allowed(const struct vcca_policy_component *rule, const struct vcca_verdict *verdict,
                              struct vcca_finding *f)
{
  const struct vcca_platform_claims *platform = &verdict->token.platform;
  size_t found = 0;
  for (size_t i = 0; verdict->token.has_platform && i < platform->component_count; i++) {
    vcca_span version = unpadded(platform->components[i].version);
    if (!vcca_span_is(unpadded(platform->components[i].type), rule->type))
      continue;
    found++;
    if (version.p == NULL || !version_allowed(rule, version)) {
      version = vcca_span_sub(version, 0, 24);
      finding_fail(f, "component \"%s\" has the version \"%.*s\", which is not among those allowed%s%s", rule->type,
                   (int)version.n, version.p ? (const char *)version.p : "", rule->at_least[0] ? ", at least " : "",
                   rule->at_least);
      return false;
    }
  }
  if (found == 0)
    finding_fail(f, "the token has no component \"%s\"", rule->type);
  return found > 0;
}

static bool components_allowed(const struct vcca_policy *policy, const struct vcca_verdict *verdict,
                               struct vcca_finding *f)
{
  for (size_t i = 0; i < policy->component_count; i++)
    if (!component_allowed(&policy->components[i], verdict, f))
      return false;
  return true;
}

/* --- Hash algorithms ------------------------------------------------------------------------------------- */

/* An absent name names nothing. */
static bool alg_allowed(const struct vcca_policy *policy, vcca_span name, const char *claim, struct vcca_finding *f)
{
  enum vcca_hash_alg alg;
  if (name.p == NULL || (vcca_hash_named(unpadded(name), &alg) && policy->hash_algs[alg]))
    return true;
  vcca_span shown = vcca_span_sub(name, 0, 24);
  finding_fail(f, "%s: the hash algorithm \"%.*s\" is not allowed", claim, (int)shown.n, (const char *)shown.p);
  return false;
}

static bool algs_allowed(const struct vcca_policy *policy, const struct vcca_token *token, struct vcca_finding *f)
{
  if (!policy->limits_hash_algs)
    return true;
  if (!alg_allowed(policy, token->realm.hash_alg, "claim 44236", f) ||
      !alg_allowed(policy, token->realm.public_key_hash_alg, "claim 44240", f))
    return false;
  if (token->has_platform && !alg_allowed(policy, token->platform.hash_alg, "claim 2402", f))
    return false;
  for (size_t i = 0; token->has_platform && i < token->platform.component_count; i++)
    if (!alg_allowed(policy, token->platform.components[i].hash_alg, "claim 6 of a component", f))
      return false;
  return true;
}

/* --- Events that no reference explains ------------------------------------------------------------------- */

static bool all_explained(const struct vcca_verdict *verdict, struct vcca_finding *f)
{
  if (verdict->unexplained_count == 0)
    return true;
  const struct vcca_unexplained *first = &verdict->unexplained[0];
  vcca_span name = vcca_span_sub(first->name, 0, 48);
  finding_fail(f, "%zu events of the log are not explained, the first at log byte %zu: \"%.*s\" %s",
               verdict->unexplained_count, first->offset, (int)name.n, name.p ? (const char *)name.p : "",
               shown_hex(first->digest).text);
  return false;
}

/* --- Trustworthiness ------------------------------------------------------------------------------------- */

static bool good_enough(int value, int worst)
{
  return worst == 0 || (value >= VCCA_TIER_AFFIRMING && value <= worst);
}

static bool trustworthy(const struct vcca_policy *policy, const struct vcca_verdict *verdict, struct vcca_finding *f)
{
  struct vcca_appraisal appraisal;
  struct vcca_verdict before = *verdict; /* as if this check did not exist */
  finding_not_run(&before.findings[VCCA_CHECK_POLICY], "%s", "");
  vcca_appraise(&before, &appraisal);
  for (enum vcca_submod s = 0; s < VCCA_SUBMODS; s++) {
    const struct vcca_submod_result *result = &appraisal.submods[s];
    if (!good_enough((int)result->status, policy->worst_status[s])) {
      finding_fail(f, "%s is %s, at worst %d is allowed", vcca_submod_name(s), vcca_tier_name(result->status),
                   policy->worst_status[s]);
      return false;
    }
    for (enum vcca_trust_claim c = 0; c < VCCA_TRUST_CLAIMS; c++)
      if (!good_enough(result->vector[c], policy->worst[s][c])) {
        finding_fail(f, "%s: %s is %d, at worst %d is allowed", vcca_submod_name(s), vcca_trust_claim_name(c),
                     result->vector[c], policy->worst[s][c]);
        return false;
      }
  }
  return true;
}

void check_policy(const struct vcca_evidence *evidence, const struct vcca_verdict *verdict, struct vcca_finding *f)
{
  static const struct vcca_policy nothing = {.name = ""};
  const struct vcca_policy *policy = evidence->policy != NULL ? evidence->policy : &nothing;
  bool explained = evidence->strict || policy->refuses_unexplained;
  if (required_checks_passed(evidence, verdict, f) && (!evidence->strict || no_gap_open(verdict, f)) &&
      (!explained || all_explained(verdict, f)) && components_allowed(policy, verdict, f) &&
      algs_allowed(policy, &verdict->token, f) && trustworthy(policy, verdict, f))
    finding_pass(f, "%s%s%s", policy->name, evidence->policy != NULL && evidence->strict ? ", " : "",
                 evidence->strict ? "strict" : "");
}
