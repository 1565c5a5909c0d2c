/* The token held against endorsed reference values. A value counts as a whole: two releases of a platform,
 * each of which agrees in part, do not make one that agrees. Of several values for one platform or RIM the
 * best is reported.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "verifier/endorsed.h"
#include "verifier/finding.h"

/* --- Platform -------------------------------------------------------------------------------------------- */

static bool measures(const struct component_value *value, vcca_span measurement)
{
  for (size_t i = 0; i < value->digest_count; i++)
    if (vcca_span_eq(value->digests[i], measurement))
      return true;
  return false;
}

/* Where the value has a type or a version, the token must have the same. */
static bool says_same(vcca_span value, vcca_span claim)
{
  return value.p == NULL || (claim.p != NULL && vcca_span_eq(value, unpadded(claim)));
}

/* How far the nearest value agrees with a component. */
enum agreement { NOTHING_AGREES, MEASUREMENT_AGREES, SIGNER_AGREES, TYPE_AGREES, ALL_AGREES };

static enum agreement agreement(const struct component_value *value, const struct vcca_component *component)
{
  if (!measures(value, component->measurement))
    return NOTHING_AGREES;
  if (!vcca_span_eq(value->signer_id, component->signer_id))
    return MEASUREMENT_AGREES;
  if (!says_same(value->type, component->type))
    return SIGNER_AGREES;
  return says_same(value->version, component->version) ? ALL_AGREES : TYPE_AGREES;
}

/* Whether every component of the token is one of the values. */
static bool components_are_known(const struct platform_value *value, const struct vcca_platform_claims *platform,
                                 struct vcca_finding *f)
{
  static const char *const why[] = {
      [NOTHING_AGREES] = "no reference has its measurement",
      [MEASUREMENT_AGREES] = "the reference with its measurement has another signer",
      [SIGNER_AGREES] = "the reference with its measurement and signer has another type",
      [TYPE_AGREES] = "the reference with its measurement, signer and type has another version",
  };
  for (size_t i = 0; i < platform->component_count; i++) {
    const struct vcca_component *component = &platform->components[i];
    enum agreement best = NOTHING_AGREES;
    for (const struct component_value *v = value->components; v != NULL && best != ALL_AGREES; v = v->next) {
      enum agreement one = agreement(v, component);
      best = one > best ? one : best;
    }
    if (best == ALL_AGREES)
      continue;
    vcca_span type = vcca_span_sub(unpadded(component->type), 0, 24);
    finding_fail(f, "component %zu \"%.*s\" measurement %s: %s (%s)", i, (int)type.n,
                 type.p ? (const char *)type.p : "", shown_hex(component->measurement).text, why[best], value->where);
    return false;
  }
  return true;
}

/* A reference is answered by a component it agrees with; one that names a type, also by another component
 * of the type, which some other reference (of another version) knows. */
static bool answered(const struct component_value *value, const struct vcca_platform_claims *platform)
{
  for (size_t i = 0; i < platform->component_count; i++) {
    const struct vcca_component *component = &platform->components[i];
    if (agreement(value, component) == ALL_AGREES)
      return true;
    if (value->type.p != NULL && component->type.p != NULL && vcca_span_eq(value->type, unpadded(component->type)))
      return true;
  }
  return false;
}

static void compare_components(const struct platform_value *value, const struct vcca_platform_claims *platform,
                               struct vcca_finding *f)
{
  if (!components_are_known(value, platform, f))
    return;
  for (const struct component_value *v = value->components; v != NULL; v = v->next)
    if (!answered(v, platform)) {
      finding_fail(f, "the token has no component for the reference \"%.*s\" %s (%s)",
                   (int)vcca_span_sub(v->type, 0, 24).n, v->type.p ? (const char *)v->type.p : "",
                   shown_hex(v->digests[0]).text, value->where);
      return;
    }
  finding_pass(f, "%zu components as in %s", platform->component_count, value->where);
}

static bool same_under(vcca_span mask, vcca_span a, vcca_span b)
{
  bool same = a.n == b.n;
  for (size_t i = 0; same && i < a.n; i++)
    same = ((a.p[i] ^ b.p[i]) & (mask.p != NULL ? mask.p[i] : 0xff)) == 0;
  return same;
}

static void compare_config(const struct platform_value *value, const struct vcca_platform_claims *platform,
                           struct vcca_finding *f)
{
  if (value->config.p == NULL)
    finding_not_run(f, "%s says nothing of it", value->where);
  else if (same_under(value->config_mask, value->config, platform->config))
    finding_pass(f, "as in %s", value->where);
  else
    finding_fail(f, "token %s, expected %s%s (%s)", shown_hex(platform->config).text, shown_hex(value->config).text,
                 value->config_mask.p != NULL ? " under its mask" : "", value->where);
}

void compare_platform(const struct endorsed *e, const struct vcca_platform_claims *platform,
                      struct platform_comparison *out)
{
  int best = -1;
  *out = (struct platform_comparison){.result = e->platforms_given ? VCCA_ENDORSED_UNKNOWN : VCCA_ENDORSED_NOT};
  finding_fail(&out->components, "no reference value is of implementation id %s",
               shown_hex(platform->implementation_id).text);
  finding_not_run(&out->config, "no reference value is of the token's implementation id");
  for (const struct platform_value *value = e->platforms; value != NULL; value = value->next) {
    struct platform_comparison one = {.result = VCCA_ENDORSED_DIFFERENT};
    if (!vcca_span_eq(value->implementation_id, platform->implementation_id))
      continue;
    compare_components(value, platform, &one.components);
    compare_config(value, platform, &one.config);
    bool known = one.components.outcome == VCCA_PASS;
    int score = 3 * known + (one.config.outcome == VCCA_PASS      ? 2
                             : one.config.outcome == VCCA_NOT_RUN ? 1
                                                                  : 0); /* their order decides nothing */
    if (known && one.config.outcome != VCCA_FAIL)
      one.result = one.config.outcome == VCCA_PASS ? VCCA_ENDORSED_WHOLLY : VCCA_ENDORSED_BOOT;
    if (score > best) {
      best = score;
      *out = one;
    }
  }
}

/* --- Realm ----------------------------------------------------------------------------------------------- */

static enum vcca_endorsed compare_one_realm(const struct realm_value *value, const struct vcca_realm_claims *realm,
                                            struct vcca_finding *f)
{
  size_t rems = 0;
  if (value->rak_hash_alg.p != NULL && !vcca_span_eq(value->rak_hash_alg, realm->public_key_hash_alg)) {
    vcca_span claim = vcca_span_sub(realm->public_key_hash_alg, 0, 16);
    finding_fail(f, "RAK hash algorithm: token \"%.*s\", expected \"%.*s\" (%s)", (int)claim.n, (const char *)claim.p,
                 (int)value->rak_hash_alg.n, (const char *)value->rak_hash_alg.p, value->where);
    return VCCA_ENDORSED_DIFFERENT;
  }
  if (value->rpv.p != NULL && !vcca_span_eq(value->rpv, realm->rpv)) {
    finding_fail(f, "personalization value: token %s, expected %s (%s)", shown_hex(realm->rpv).text,
                 shown_hex(value->rpv).text, value->where);
    return VCCA_ENDORSED_OTHER_RPV;
  }
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++) {
    if (value->rem[i].p != NULL && !vcca_span_eq(value->rem[i], realm->rem[i])) {
      finding_fail(f, "REM %zu: token %s, expected %s (%s)", i, shown_hex(realm->rem[i]).text,
                   shown_hex(value->rem[i]).text, value->where);
      return VCCA_ENDORSED_OTHER_REM;
    }
    rems += value->rem[i].p != NULL;
  }
  finding_pass(f, "as in %s", value->where);
  return rems == VCCA_TOKEN_REMS ? VCCA_ENDORSED_WHOLLY : VCCA_ENDORSED_BOOT;
}

enum vcca_endorsed compare_realm(const struct endorsed *e, const struct vcca_realm_claims *realm,
                                 struct vcca_finding *f)
{
  enum vcca_endorsed best = e->realms_given ? VCCA_ENDORSED_UNKNOWN : VCCA_ENDORSED_NOT;
  if (!e->realms_given)
    finding_not_run(f, "no reference values given");
  else
    finding_fail(f, "no reference value has the RIM %s", shown_hex(realm->rim).text);
  for (const struct realm_value *value = e->realms; value != NULL; value = value->next) {
    struct vcca_finding one;
    if (!vcca_span_eq(value->rim, realm->rim))
      continue;
    enum vcca_endorsed result = compare_one_realm(value, realm, &one);
    if (result > best) {
      best = result;
      *f = one;
    }
  }
  return best;
}
