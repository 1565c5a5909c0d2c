/* The walk over checks.def: one function per check, each told only what the checks before it found. Data
 * flows down: the chain yields the certified key, the realm's signature yields the RAK; a check whose data
 * is not there is not run, and says why. Sources: RMM specification A7.2 (what binds a realm token to a
 * platform token), virtCCA SDK samples (order of checks).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "verifier/endorsed.h"
#include "verifier/family_check.h"
#include "verifier/finding.h"
#include "verifier/policy.h"
#include "verifier/readers.h"
#include "rooms/time.h"
#include "rooms/crypto.h"
#include "rooms/leniency.h"
#include "rooms/token.h"
#include "rooms/verifier.h"

/* What a check sees: the evidence, the token, what was found before, and what earlier checks yielded. */
struct walk {
  const struct vcca_evidence *evidence;
  struct vcca_verdict *verdict; /* for what a check yields besides its finding */
  struct vcca_token *token;
  const struct vcca_finding *found;
  vcca_key *certified;               /* of the device certificate, once its chain passed */
  vcca_key *endorsed_key;            /* of the platform, when the endorsements have one */
  vcca_key *rak;                     /* in claim 44237, once it could be read */
  struct endorsed endorsed;          /* all that was endorsed, once it could be read */
  struct platform_comparison config; /* what comparing the components found of the configuration */
};

#define CHECK(id, name, part, meaning) static void check_##id(struct walk *w, struct vcca_finding *f);
#include "vcca/checks.def"
#undef CHECK

static bool passed(const struct walk *w, enum vcca_check check)
{
  return w->found[check].outcome == VCCA_PASS;
}

/* Points the finding at a span of the token. */
static void locate(const struct walk *w, struct vcca_finding *f, vcca_span claim)
{
  if (claim.p != NULL) {
    f->has_offset = true;
    f->offset = (size_t)(claim.p - w->token->bytes.p);
  }
}

/* It failed because the token itself could not be read, at err's offset from base. */
static void token_unreadable(struct vcca_finding *f, const char *what, const struct vcca_error *err, size_t base)
{
  struct vcca_error without_place = *err;
  without_place.has_offset = false;
  finding_unreadable(f, what, &without_place);
  f->has_offset = true;
  f->offset = base + (err->has_offset ? err->offset : 0);
}

/* The check of a claim that may be expected to have a value. */
static void compare_claim(const struct walk *w, struct vcca_finding *f, vcca_span claim, vcca_span expected)
{
  if (expected.p == NULL) {
    finding_not_run(f, "no expected value given");
    return;
  }
  finding_compare(f, claim, expected);
  if (f->outcome == VCCA_FAIL)
    locate(w, f, claim);
}

/* --- What the token is ----------------------------------------------------------------------------------- */

static void check_STRUCTURE(struct walk *w, struct vcca_finding *f)
{
  struct vcca_error err = {0};
  char names[160];
  if (!vcca_token_decode_lenient(w->evidence->token, vcca_evidence_leniencies(w->evidence), w->token, &err)) {
    token_unreadable(f, "token", &err, 0);
    return;
  }
  w->verdict->remarks = w->token->leniencies;
  vcca_leniency_set asked = w->token->leniencies & ~vcca_leniencies_permitted();
  vcca_leniencies_text(asked, names, sizeof names);
  finding_pass(f, "%zu bytes%s%s", w->evidence->token.n, asked ? ", leniently: " : "", names);
}

static void check_FAMILY(struct walk *w, struct vcca_finding *f)
{
  check_family(w->evidence, w->token, &w->verdict->remarks, f);
}

/* --- Whose token it is ----------------------------------------------------------------------------------- */

static void check_CHAIN(struct walk *w, struct vcca_finding *f)
{
  const struct vcca_evidence *e = w->evidence;
  struct vcca_error err = {0};
  int64_t seconds;
  if (e->at != NULL && !vcca_time_read(e->at, &seconds, &err)) {
    finding_unreadable(f, "the time to verify for", &err);
    return;
  }
  if (e->device_cert.p == NULL && e->intermediate_count == 0 && e->root_count == 0) {
    finding_not_run(f, "%s", e->cpak != NULL ? "trust comes from the CPAK given" : "no device certificate given");
    return;
  }
  if (e->device_cert.p == NULL) {
    finding_fail(f, "certificates of a chain were given, but no device certificate (--cert)");
    return;
  }
  if (e->root_count == 0) {
    finding_fail(f, "a device certificate was given, but no trusted root (--chain)");
    return;
  }
  if (e->root_count > VCCA_VERIFY_CERTS || e->intermediate_count > VCCA_VERIFY_CERTS) {
    finding_fail(f, "more than %d certificates in a chain", VCCA_VERIFY_CERTS);
    return;
  }

  const struct vcca_chain chain = {e->device_cert, e->intermediates, e->intermediate_count,
                                   e->roots,       e->root_count,    e->at};
  struct vcca_chain_report report;
  enum vcca_chain_outcome outcome = vcca_chain_verify(&chain, &report);
  const char *mark = report.remark[0] == '\0' ? "" : "; ";
  if (outcome != VCCA_CHAIN_GOOD) {
    finding_fail(f, "%s%s%s", report.reason, mark, report.remark);
    f->unreadable = outcome == VCCA_CHAIN_UNREADABLE;
  } else if (!report.leaf.may_sign) {
    finding_fail(f, "the device certificate's key may not sign data by its key usage");
    vcca_key_free(report.key);
  } else {
    finding_pass(f, "%s%s%s%s", e->at != NULL ? "at " : "dates not checked", e->at != NULL ? e->at : "", mark,
                 report.remark);
    w->certified = report.key;
  }
}

static void check_ENDORSEMENTS(struct walk *w, struct vcca_finding *f)
{
  read_endorsements(w->evidence, w->token, &w->endorsed, &w->endorsed_key, f);
}

/* The key that everything must lead to: the CPAK given, or the certified one, or the endorsed one. NULL
 * after telling in f why there is none. */
static const vcca_key *trusted_key(const struct walk *w, struct vcca_finding *f)
{
  const struct {
    const vcca_key *key;
    const char *what;
  } anchors[] = {{w->evidence->cpak, "the CPAK given"},
                 {w->certified, "the key of the device certificate given"},
                 {w->endorsed_key, "the key endorsed"}};
  size_t chosen = 0, count = sizeof anchors / sizeof anchors[0];
  if (w->found[VCCA_CHECK_CHAIN].outcome == VCCA_FAIL) {
    finding_not_run(f, "the chain check failed: there is no key to trust");
    return NULL;
  }
  while (chosen < count && anchors[chosen].key == NULL)
    chosen++;
  if (chosen == count) {
    if (w->found[VCCA_CHECK_ENDORSEMENTS].outcome == VCCA_FAIL)
      finding_not_run(f, "the endorsements could not be read: there is no key to trust");
    else
      finding_fail(f, "no trust anchor: give --cpak, --ta-store or --chain%s",
                   w->endorsed.anchors != NULL ? "; the CoRIMs given have no key of the token's instance" : "");
    return NULL;
  }
  for (size_t i = chosen + 1; i < count; i++)
    if (anchors[i].key != NULL && !vcca_key_same(anchors[i].key, anchors[chosen].key)) {
      finding_fail(f, "%s is not %s", anchors[chosen].what, anchors[i].what);
      return NULL;
    }
  w->verdict->anchored = true;
  return anchors[chosen].key;
}

static void check_signature(const struct walk *w, struct vcca_finding *f, const struct vcca_sign1_parts *sign1,
                            const vcca_key *key)
{
  const char *alg = vcca_sig_name(sign1->alg), *kind = vcca_key_type_name(vcca_key_type(key));
  uint8_t room[VCCA_TOKEN_MAX + 64], raw[VCCA_SIG_MAX];
  vcca_sink message = VCCA_SINK(room), signature = VCCA_SINK(raw);
  struct vcca_error err = {0};
  vcca_sign1_tbs(sign1->protected_header, sign1->payload, &message);
  if (!vcca_sig_usable(sign1->alg, key))
    finding_fail(f, "algorithm %s (%lld) does not belong to a %s key", alg ? alg : "unknown", (long long)sign1->alg,
                 kind);
  else if (!vcca_sig_fits(sign1->alg, key) &&
           !evidence_may_take(w->evidence, VCCA_LENIENT_ALGORITHM_CURVE, &w->verdict->remarks))
    finding_fail(f, "algorithm %s is another than that of a %s key's size", alg, kind);
  else if (!vcca_sink_ok(&message))
    finding_fail(f, "the signed part is larger than %d bytes", VCCA_TOKEN_MAX);
  else if (!vcca_sign1_signature(sign1, key, &signature, &err))
    finding_fail(f, "%s", err.text);
  else if (!vcca_verify(key, (enum vcca_sig_alg)sign1->alg, vcca_sink_span(&message), vcca_sink_span(&signature)))
    finding_fail(f, "the %s signature is not that of the key", alg);
  else
    finding_pass(f, "%s, %s", alg, kind);
  if (f->outcome == VCCA_FAIL)
    locate(w, f, sign1->signature);
}

static void check_PLATFORM_SIGNATURE(struct walk *w, struct vcca_finding *f)
{
  if (!w->token->has_platform) {
    finding_not_run(f, "the token has no platform part");
    return;
  }
  const vcca_key *cpak = trusted_key(w, f);
  if (cpak != NULL)
    check_signature(w, f, &w->token->platform_sign1, cpak);
}

static void check_REALM_SIGNATURE(struct walk *w, struct vcca_finding *f)
{
  struct vcca_error err = {0};
  vcca_span claim = w->token->realm.public_key;
  w->rak = vcca_token_rak(w->token, &err);
  if (w->rak != NULL) {
    check_signature(w, f, &w->token->realm_sign1, w->rak);
    return;
  }
  token_unreadable(f, "claim 44237 (RAK)", &err, (size_t)(claim.p - w->token->bytes.p));
}

static void check_BINDING(struct walk *w, struct vcca_finding *f)
{
  const struct vcca_realm_claims *realm = &w->token->realm;
  enum vcca_hash_alg alg;
  uint8_t hash[VCCA_HASH_MAX];
  if (!w->token->has_platform) {
    finding_not_run(f, "the token has no platform part");
    return;
  }
  if (!vcca_hash_named(realm->public_key_hash_alg, &alg)) {
    vcca_span name = vcca_span_sub(realm->public_key_hash_alg, 0, 24);
    finding_fail(f,
                 "claim 44240 names \"%.*s\", no hash that could bind the key; sha-256, sha-384 and sha-512 are known",
                 (int)name.n, name.n > 0 ? (const char *)name.p : "");
    locate(w, f, realm->public_key_hash_alg);
    return;
  }
  vcca_hash(alg, realm->public_key, hash);
  vcca_span binding = vcca_token_binding(&w->token->platform);
  finding_compare(f, binding, vcca_span_of(hash, vcca_hash_size(alg)));
  if (f->outcome == VCCA_FAIL)
    locate(w, f, binding);
}

static void check_KEY_EQUALITY(struct walk *w, struct vcca_finding *f)
{
  if (w->token->has_platform) {
    finding_not_run(f, "the platform part carries the trust");
    return;
  }
  const vcca_key *device = trusted_key(w, f);
  if (device == NULL)
    return;
  if (w->rak == NULL) {
    finding_not_run(f, "the token's key could not be read");
    return;
  }
  if (vcca_key_same(w->rak, device)) {
    finding_pass(f, "%s", w->certified != NULL ? "the key of the device certificate" : "the key given");
    return;
  }
  finding_fail(f, "claim 44237 is not %s",
               w->certified != NULL ? "the key of the device certificate" : "the key given");
  locate(w, f, w->token->realm.public_key);
}

/* --- What it says ---------------------------------------------------------------------------------------- */

static void check_FRESHNESS(struct walk *w, struct vcca_finding *f)
{
  vcca_span sent = w->evidence->challenge;
  uint8_t padded[VCCA_CHALLENGE_SIZE] = {0};
  if (sent.p == NULL) {
    finding_not_run(f, "no challenge given");
  } else if (sent.n == 0 || sent.n > sizeof padded) {
    finding_fail(f, "a challenge has 1 to %d bytes, the one given has %zu", VCCA_CHALLENGE_SIZE, sent.n);
  } else {
    memcpy(padded, sent.p, sent.n);
    compare_claim(w, f, w->token->realm.challenge, VCCA_SPAN(padded));
  }
}

static void check_LIFECYCLE(struct walk *w, struct vcca_finding *f)
{
  const struct vcca_platform_claims *platform = &w->token->platform;
  const struct vcca_policy *policy = w->evidence->policy;
  if (!w->token->has_platform) {
    finding_not_run(f, "the token has no platform part");
    return;
  }
  const char *name = vcca_lifecycle_name(platform->lifecycle);
  unsigned long long value = platform->lifecycle;
  if (w->evidence->any_lifecycle && !policy_rules_lifecycle(w->evidence))
    finding_pass(f, "0x%04llx (%s), any is accepted", value, name ? name : "unknown");
  else if (policy_allows_lifecycle(policy, platform->lifecycle))
    finding_pass(f, "0x%04llx (%s)", value, name ? name : "unknown");
  else if (policy != NULL && policy->lifecycle_count > 0)
    finding_fail(f, "0x%04llx (%s) is not among those the policy allows", value, name ? name : "unknown");
  else
    finding_fail(f, "0x%04llx (%s) is not secured (0x3000 to 0x30ff)", value, name ? name : "unknown");
}

/* Why endorsed reference values say nothing, when they do not. */
static void nothing_endorsed(const struct walk *w, struct vcca_finding *f)
{
  if (w->found[VCCA_CHECK_ENDORSEMENTS].outcome == VCCA_FAIL)
    finding_not_run(f, "the endorsements could not be read");
  else
    finding_not_run(f, "no reference values given");
}

/* Against the SDK's file, and against endorsements: each that was given must agree. */
static void check_PLATFORM_REFERENCE(struct walk *w, struct vcca_finding *f)
{
  const struct vcca_platform_claims *platform = w->token->has_platform ? &w->token->platform : NULL;
  nothing_endorsed(w, f);
  if (w->evidence->platform_reference.p != NULL)
    check_components(w->evidence->platform_reference, platform, f);
  if (f->outcome == VCCA_FAIL || !w->endorsed.platforms_given)
    return;
  if (platform == NULL) {
    finding_not_run(f, "the token has no platform part");
    return;
  }
  compare_platform(&w->endorsed, platform, &w->config);
  w->verdict->platform_endorsed = w->config.result;
  *f = w->config.components;
}

static void check_PLATFORM_CONFIG(struct walk *w, struct vcca_finding *f)
{
  if (!w->endorsed.platforms_given)
    nothing_endorsed(w, f);
  else if (!w->token->has_platform)
    finding_not_run(f, "the token has no platform part");
  else if (w->config.config.reason[0] == '\0')
    finding_not_run(f, "the platform's components were not found among the endorsements");
  else
    *f = w->config.config;
  if (f->outcome == VCCA_FAIL)
    locate(w, f, w->token->platform.config);
}

static void check_RIM(struct walk *w, struct vcca_finding *f)
{
  compare_claim(w, f, w->token->realm.rim, w->evidence->rim);
}

static void check_REM0(struct walk *w, struct vcca_finding *f)
{
  compare_claim(w, f, w->token->realm.rem[0], w->evidence->rem[0]);
}

static void check_REM1(struct walk *w, struct vcca_finding *f)
{
  compare_claim(w, f, w->token->realm.rem[1], w->evidence->rem[1]);
}

static void check_REM2(struct walk *w, struct vcca_finding *f)
{
  compare_claim(w, f, w->token->realm.rem[2], w->evidence->rem[2]);
}

static void check_REM3(struct walk *w, struct vcca_finding *f)
{
  compare_claim(w, f, w->token->realm.rem[3], w->evidence->rem[3]);
}

static void check_RPV(struct walk *w, struct vcca_finding *f)
{
  compare_claim(w, f, w->token->realm.rpv, w->evidence->rpv);
}

static void check_REALM_REFERENCE(struct walk *w, struct vcca_finding *f)
{
  if (!w->endorsed.realms_given)
    nothing_endorsed(w, f);
  else
    w->verdict->realm_endorsed = compare_realm(&w->endorsed, &w->token->realm, f);
}

static void check_EVENTLOG(struct walk *w, struct vcca_finding *f)
{
  if (w->evidence->eventlog.p == NULL)
    finding_not_run(f, "no event log given");
  else
    check_event_log(w->evidence->eventlog, &w->token->realm, w->evidence->rem, f);
}

static void check_IMAGE_REFERENCE(struct walk *w, struct vcca_finding *f)
{
  if (w->evidence->image_reference.p == NULL)
    finding_not_run(f, "no reference values given");
  else
    check_images(w->evidence->image_reference, w->evidence, w->verdict, f);
}

static void check_POLICY(struct walk *w, struct vcca_finding *f)
{
  bool asked = w->evidence->policy != NULL || w->evidence->strict;
  for (size_t i = 0; i < VCCA_CHECKS; i++)
    asked = asked || w->evidence->required[i];
  if (asked)
    check_policy(w->evidence, w->verdict, f);
  else
    finding_not_run(f, "no policy given");
}

/* --- The verdict ----------------------------------------------------------------------------------------- */

static void (*const checks[VCCA_CHECKS])(struct walk *w, struct vcca_finding *f) = {
#define CHECK(id, name, part, meaning) check_##id,
#include "vcca/checks.def"
#undef CHECK
};

/* No failure is not enough: somebody's key must vouch for the realm token. */
static bool trust_established(const struct walk *w)
{
  bool vouched = w->token->has_platform ? passed(w, VCCA_CHECK_PLATFORM_SIGNATURE) && passed(w, VCCA_CHECK_BINDING)
                                        : passed(w, VCCA_CHECK_KEY_EQUALITY);
  return vouched && passed(w, VCCA_CHECK_FAMILY) && passed(w, VCCA_CHECK_REALM_SIGNATURE);
}

void vcca_verify_evidence(const struct vcca_evidence *evidence, struct vcca_verdict *out)
{
  *out = (struct vcca_verdict){.undated = (evidence->device_cert.p != NULL || evidence->corim_count > 0) &&
                                          evidence->at == NULL};
  struct walk w = {.evidence = evidence, .verdict = out, .token = &out->token, .found = out->findings};
  unsigned failed = 0, unreadable = 0;
  for (size_t i = 0; i < VCCA_CHECKS; i++) {
    struct vcca_finding *f = &out->findings[i];
    finding_fail(f, "the check came to no result");
    if (i != VCCA_CHECK_STRUCTURE && !passed(&w, VCCA_CHECK_STRUCTURE))
      finding_not_run(f, "the token could not be decoded");
    else
      checks[i](&w, f);
    failed += f->outcome == VCCA_FAIL;
    unreadable += f->outcome == VCCA_FAIL && f->unreadable;
  }
  out->accepted = failed == 0 && trust_established(&w);
  out->malformed = failed > 0 && failed == unreadable;
  endorsed_free(&w.endorsed);
  vcca_key_free(w.certified);
  vcca_key_free(w.endorsed_key);
  vcca_key_free(w.rak);
}
