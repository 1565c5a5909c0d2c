/* A relying party's policy, from YAML (docs/appraisal.md):
 *
 *   policy: production
 *   require: [freshness, rim, platform-reference]
 *   lifecycle: [secured, 0x2000, {from: 0x4000, to: 0x40ff}]
 *   family: [arm-1.0, arm-cmw]
 *   refuse: [unknown-claims, non-shortest]
 *   hash-algorithms: [sha-256, sha-384]
 *   unexplained: [4d3c..., 87e2...]
 *   components:
 *     - {type: TMM, at-least: 21.21.0}
 *     - {type: ATF, versions: [2.10.0, 2.11.0]}
 *   appraisal:
 *     CCA_SSD_PLATFORM: {status: affirming}
 *     CCA_REALM: {executables: 3}
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "rooms/yaml_value.h"
#include "vcca/hex.h"
#include "rooms/verifier.h"
#include "rooms/span.h"
#include "rooms/token.h"

/* The worst values of AR4SI's tiers: what "affirming" and "warning" allow. */
enum { AFFIRMING_WORST = 31, WARNING_WORST = 95 };

static const struct reading plain = {0};

static bool chars(const struct tree_node *node, char *out, size_t cap, struct vcca_error *err)
{
  if (node->kind != TREE_SCALAR || node->text.n == 0)
    return tree_fail(node, err, "text was expected");
  if (node->text.n >= cap)
    return tree_fail(node, err, "longer than %zu characters", cap - 1);
  memcpy(out, node->text.p, node->text.n);
  out[node->text.n] = '\0';
  return true;
}

/* Calls `read` for each element of the list, if it is there; at most max of them. */
typedef bool (*element)(const struct tree_node *node, struct vcca_policy *p, struct vcca_error *err);
static bool each(const struct tree_node *map, const char *key, size_t max, element read, struct vcca_policy *p,
                 struct vcca_error *err)
{
  const struct tree_node *list = tree_get(map, key);
  if (list == NULL)
    return true;
  if (list->kind != TREE_LIST || list->count == 0 || list->count > max)
    return tree_fail(list, err, "\"%s\" is a list of 1 to %zu", key, max);
  for (const struct tree_node *n = list->first; n != NULL; n = n->next)
    if (!read(n, p, err))
      return false;
  return true;
}

static bool read_required(const struct tree_node *node, struct vcca_policy *p, struct vcca_error *err)
{
  char names[1024] = "", suggestion[64];
  vcca_sink list = vcca_sink_of(names, sizeof names - 1);
  enum vcca_check named;
  if (node->kind == TREE_SCALAR && vcca_check_named(node->text, &named) &&
      named != VCCA_CHECK_POLICY) { /* not itself */
    p->required[named] = true;
    return true;
  }
  for (enum vcca_check check = 0; check < VCCA_CHECK_POLICY; check++) {
    vcca_sink_str(&list, vcca_check_name(check));
    vcca_sink_str(&list, " ");
  }
  return tree_fail(node, err, "the name of a check was expected%s",
                   node->kind == TREE_SCALAR ? tree_suggest(node->text, names, suggestion, sizeof suggestion) : "");
}

/* --- Lifecycles ------------------------------------------------------------------------------------------ */

enum { LIFECYCLE_MAX = 0xffff, STATE_SIZE = 0x100 };

/* By name: all 256 values of a state. */
static bool lifecycle_named(vcca_span name, uint64_t *first)
{
  for (uint64_t state = 0; state <= LIFECYCLE_MAX; state += STATE_SIZE) {
    const char *known = vcca_lifecycle_name(state);
    if (known != NULL && vcca_span_is(name, known)) {
      *first = state;
      return true;
    }
  }
  return false;
}

static bool read_lifecycle(const struct tree_node *node, struct vcca_policy *p, struct vcca_error *err)
{
  uint64_t first = 0, last = 0;
  if (node->kind == TREE_MAP) {
    struct tree_node *from, *to;
    if (!tree_only(node, "from to", "a range of lifecycles", err) || !tree_need(node, "from", &from, err) ||
        !tree_need(node, "to", &to, err) || !value_small(&plain, from, LIFECYCLE_MAX, &first, err) ||
        !value_small(&plain, to, LIFECYCLE_MAX, &last, err))
      return false;
    if (last < first)
      return tree_fail(node, err, "the range ends before it begins");
  } else if (node->kind == TREE_SCALAR && lifecycle_named(node->text, &first)) {
    last = first + STATE_SIZE - 1;
  } else if (node->kind == TREE_SCALAR && node->text.p[0] >= '0' && node->text.p[0] <= '9') {
    if (!value_small(&plain, node, LIFECYCLE_MAX, &first, err))
      return false;
    last = first;
  } else {
    return tree_fail(node, err, "a lifecycle is a state (secured), a value (0x2000) or {from: 0x3000, to: 0x30ff}");
  }
  p->lifecycles[p->lifecycle_count].first = first;
  p->lifecycles[p->lifecycle_count++].last = last;
  return true;
}

/* --- Components and algorithms --------------------------------------------------------------------------- */

static bool read_versions(const struct tree_node *list, struct vcca_policy_component *c, struct vcca_error *err)
{
  if (list->kind != TREE_LIST || list->count == 0 || list->count > VCCA_POLICY_VERSIONS)
    return tree_fail(list, err, "\"versions\" is a list of 1 to %d", VCCA_POLICY_VERSIONS);
  for (const struct tree_node *n = list->first; n != NULL; n = n->next)
    if (!chars(n, c->versions[c->version_count++], VCCA_POLICY_TEXT, err))
      return false;
  return true;
}

static bool read_component(const struct tree_node *node, struct vcca_policy *p, struct vcca_error *err)
{
  struct vcca_policy_component *c = &p->components[p->component_count++];
  struct tree_node *type;
  if (!tree_only(node, "type versions at-least", "a component", err) || !tree_need(node, "type", &type, err) ||
      !chars(type, c->type, sizeof c->type, err))
    return false;
  const struct tree_node *versions = tree_get(node, "versions"), *least = tree_get(node, "at-least");
  if ((versions && !read_versions(versions, c, err)) || (least && !chars(least, c->at_least, sizeof c->at_least, err)))
    return false;
  return least == NULL || vcca_version_at_least(vcca_span_str(c->at_least), vcca_span_str(c->at_least)) ||
         tree_fail(least, err, "a version that can be compared is numbers separated by dots");
}

static bool read_hash_alg(const struct tree_node *node, struct vcca_policy *p, struct vcca_error *err)
{
  enum vcca_hash_alg alg;
  if (node->kind != TREE_SCALAR || !vcca_hash_named(node->text, &alg))
    return tree_fail(node, err, "the hashes are sha-256, sha-384 and sha-512");
  p->limits_hash_algs = p->hash_algs[alg] = true;
  return true;
}

/* --- Events that no reference explains ------------------------------------------------------------------- */

static bool read_tolerated(const struct tree_node *node, struct vcca_policy *p, struct vcca_error *err)
{
  vcca_sink out = VCCA_SINK(p->tolerated[p->tolerated_count].bytes);
  int alg = 0;
  if (node->kind != TREE_SCALAR || !vcca_hex_read(node->text, &out, NULL))
    return tree_fail(node, err, "the digest of an event in hex was expected");
  while (alg < VCCA_HASH_ALGS && vcca_hash_size((enum vcca_hash_alg)alg) != out.n)
    alg++;
  if (alg == VCCA_HASH_ALGS)
    return tree_fail(node, err, "a digest has 32, 48 or 64 bytes, this one has %zu", out.n);
  p->tolerated[p->tolerated_count++].size = out.n;
  return true;
}

static bool read_unexplained(const struct tree_node *root, struct vcca_policy *p, struct vcca_error *err)
{
  const struct tree_node *node = tree_get(root, "unexplained");
  if (node == NULL)
    return true;
  p->refuses_unexplained = true;
  if (node->kind == TREE_SCALAR)
    return vcca_span_is(node->text, "refuse") ||
           tree_fail(node, err, "\"unexplained\" is refuse, or a list of digests to tolerate");
  return each(root, "unexplained", VCCA_POLICY_DIGESTS, read_tolerated, p, err);
}

/* --- Forms of tokens ------------------------------------------------------------------------------------- */

static bool read_family(const struct tree_node *node, struct vcca_policy *p, struct vcca_error *err)
{
  enum vcca_family family;
  if (node->kind != TREE_SCALAR || !vcca_family_named(node->text, &family))
    return tree_fail(node, err, "the name of a family was expected; see: vcca table profiles");
  p->families |= VCCA_FAMILY_BIT(family);
  return true;
}

static bool read_refused(const struct tree_node *node, struct vcca_policy *p, struct vcca_error *err)
{
  vcca_leniency_set one = 0;
  if (node->kind != TREE_SCALAR || !vcca_leniencies_named(node->text, &one, NULL))
    return tree_fail(node, err, "the name of a form of tokens was expected; see: vcca table leniencies");
  p->refused |= one;
  return true;
}

/* --- Trustworthiness ------------------------------------------------------------------------------------- */

static bool read_worst(const struct tree_node *node, bool tier_only, int *worst, struct vcca_error *err)
{
  enum vcca_tier tier;
  uint64_t value = 0;
  if (node->kind == TREE_SCALAR && vcca_tier_named(node->text, &tier) &&
      (tier == VCCA_TIER_AFFIRMING || tier == VCCA_TIER_WARNING)) {
    *worst = tier_only ? (int)tier : tier == VCCA_TIER_AFFIRMING ? AFFIRMING_WORST : WARNING_WORST;
    return true;
  }
  if (tier_only || node->kind != TREE_SCALAR || node->text.n == 0 || node->text.p[0] < '0' || node->text.p[0] > '9')
    return tree_fail(node, err, "the worst that is allowed: affirming or warning%s",
                     tier_only ? "" : ", or a value from 2 to 95");
  if (!value_small(&plain, node, WARNING_WORST, &value, err))
    return false;
  *worst = (int)value;
  return value >= VCCA_TIER_AFFIRMING || tree_fail(node, err, "the best value is 2");
}

static bool read_submod(const struct tree_node *node, enum vcca_submod s, struct vcca_policy *p, struct vcca_error *err)
{
  char words[256] = "status ";
  vcca_sink list = vcca_sink_of(words, sizeof words - 1);
  vcca_sink_str(&list, "status ");
  for (enum vcca_trust_claim c = 0; c < VCCA_TRUST_CLAIMS; c++) {
    vcca_sink_str(&list, vcca_trust_claim_name(c));
    vcca_sink_str(&list, " ");
  }
  if (!tree_only(node, words, vcca_submod_name(s), err))
    return false;
  const struct tree_node *status = tree_get(node, "status");
  if (status != NULL && !read_worst(status, true, &p->worst_status[s], err))
    return false;
  for (enum vcca_trust_claim c = 0; c < VCCA_TRUST_CLAIMS; c++) {
    const struct tree_node *claim = tree_get(node, vcca_trust_claim_name(c));
    if (claim != NULL && !read_worst(claim, false, &p->worst[s][c], err))
      return false;
  }
  return true;
}

static bool read_appraisal(const struct tree_node *root, struct vcca_policy *p, struct vcca_error *err)
{
  const struct tree_node *map = tree_get(root, "appraisal");
  if (map == NULL)
    return true;
  if (!tree_only(map, "CCA_SSD_PLATFORM CCA_REALM", "\"appraisal\"", err))
    return false;
  for (enum vcca_submod s = 0; s < VCCA_SUBMODS; s++) {
    const struct tree_node *submod = tree_get(map, vcca_submod_name(s));
    if (submod != NULL && !read_submod(submod, s, p, err))
      return false;
  }
  return true;
}

bool vcca_policy_read(vcca_span yaml, struct vcca_policy *out, struct vcca_error *err)
{
  struct tree_doc doc;
  struct tree_node *name = NULL;
  *out = (struct vcca_policy){0};
  if (!tree_read(yaml, &doc, err))
    return false;
  const struct tree_node *root = doc.root;
  bool ok = tree_only(root, "policy require lifecycle family refuse hash-algorithms unexplained components appraisal",
                      "a policy", err) &&
            tree_need(root, "policy", &name, err) && chars(name, out->name, sizeof out->name, err) &&
            each(root, "require", VCCA_CHECKS, read_required, out, err) &&
            each(root, "lifecycle", VCCA_POLICY_ROWS, read_lifecycle, out, err) &&
            each(root, "family", VCCA_FAMILIES, read_family, out, err) &&
            each(root, "refuse", VCCA_LENIENCIES, read_refused, out, err) &&
            each(root, "hash-algorithms", VCCA_HASH_ALGS, read_hash_alg, out, err) &&
            each(root, "components", VCCA_POLICY_ROWS, read_component, out, err) && read_unexplained(root, out, err) &&
            read_appraisal(root, out, err);
  tree_free(&doc);
  return ok;
}
