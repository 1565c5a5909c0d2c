/* Of which family a token is, and whether that is one that was asked for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "verifier/family_check.h"

#include <stdio.h>

#include "verifier/finding.h"
#include "rooms/crypto.h"
#include "rooms/span.h"
#include "rooms/leniency.h"
#include "rooms/verifier.h"

vcca_leniency_set vcca_evidence_leniencies(const struct vcca_evidence *evidence)
{
  vcca_leniency_set refused = evidence->refused | (evidence->policy != NULL ? evidence->policy->refused : 0);
  return (vcca_leniencies_permitted() | evidence->leniencies) & ~refused;
}

bool evidence_may_take(const struct vcca_evidence *evidence, enum vcca_leniency leniency, vcca_leniency_set *remarks)
{
  bool may = (vcca_evidence_leniencies(evidence) & VCCA_LENIENT_BIT(leniency)) != 0;
  if (may)
    *remarks |= VCCA_LENIENT_BIT(leniency);
  return may;
}

/* Of a family's profile, NULL means absent and "" any. */
static bool profile_is(vcca_span claim, const char *profile)
{
  if (profile == NULL || claim.p == NULL)
    return profile == NULL && claim.p == NULL;
  return profile[0] == '\0' || vcca_span_is(claim, profile);
}

/* A family's algorithm is the natural one of its kind of key (see vcca_sig_of). */
static bool alg_is(int64_t alg, enum vcca_key_type key)
{
  static const int64_t natural[] = {[VCCA_KEY_P256] = VCCA_ES256,
                                    [VCCA_KEY_P384] = VCCA_ES384,
                                    [VCCA_KEY_P521] = VCCA_ES512,
                                    [VCCA_KEY_RSA] = VCCA_PS256};
  return alg == natural[key];
}

/* The switches in which a token differs from a family: how many, and their names. */
static unsigned differences(const struct vcca_token *token, const struct vcca_family_spec *family, vcca_sink *names)
{
  bool has_platform = family->platform_profile != NULL;
  const struct {
    bool same;
    const char *name;
  } switches[] = {
      {token->container == family->container, "container tag"},
      {token->has_platform == has_platform, "platform part"},
      {!token->has_platform || profile_is(token->platform.profile, family->platform_profile), "platform profile"},
      {profile_is(token->realm.profile, family->realm_profile), "realm profile"},
      {token->rak_encoding == family->rak, "key encoding"},
      {token->realm_sign1.wraps == family->wraps, "payload wrapping"},
      {alg_is(token->realm_sign1.alg, family->key), "realm algorithm"},
      {!token->has_platform || alg_is(token->platform_sign1.alg, family->key), "platform algorithm"},
  };
  unsigned count = 0;
  for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
    if (switches[i].same)
      continue;
    vcca_sink_str(names, count++ == 0 ? "" : ", ");
    vcca_sink_str(names, switches[i].name);
  }
  return count;
}

/* The family of these that the token comes nearest to, and in which switches it differs. */
static enum vcca_family nearest_of(const struct vcca_token *token, vcca_family_set families, char *text, size_t cap)
{
  enum vcca_family nearest = 0;
  unsigned fewest = ~0u;
  for (enum vcca_family family = 0; family < VCCA_FAMILIES; family++) {
    char names[128] = "";
    vcca_sink sink = vcca_sink_of(names, sizeof names - 1);
    unsigned count = differences(token, vcca_family(family), &sink);
    if ((families & VCCA_FAMILY_BIT(family)) == 0 || count >= fewest)
      continue;
    fewest = count;
    nearest = family;
    snprintf(text, cap, "%s", count > 0 ? names : "kind of key");
  }
  return nearest;
}

void check_family(const struct vcca_evidence *e, const struct vcca_token *token, vcca_leniency_set *remarks,
                  struct vcca_finding *f)
{
  vcca_family_set every = VCCA_FAMILY_BIT(VCCA_FAMILIES) - 1, asked = e->families ? e->families : every;
  if (e->policy != NULL && e->policy->families)
    asked &= e->policy->families;
  bool demanded = e->families != 0 || (e->policy != NULL && e->policy->families != 0);
  char text[128] = "";
  enum vcca_family family;
  bool known = vcca_token_family(token, &family);
  enum vcca_family nearest = nearest_of(token, asked ? asked : every, text, sizeof text);
  if (known && (asked & VCCA_FAMILY_BIT(family)))
    finding_pass(f, "%s", vcca_family(family)->name);
  else if (known)
    finding_fail(f, "of the family %s, which is not asked for", vcca_family(family)->name);
  else if (demanded)
    finding_fail(f, "of no family: unlike %s, the nearest asked for, in its %s", vcca_family(nearest)->name, text);
  else if (!evidence_may_take(e, VCCA_LENIENT_NO_FAMILY, remarks))
    finding_fail(f, "of no family: unlike %s, the nearest, in its %s", vcca_family(nearest)->name, text);
  else
    finding_pass(f, "of none: unlike %s, the nearest, in its %s; the signatures decide", vcca_family(nearest)->name,
                 text);
}
