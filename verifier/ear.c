/* An appraisal as an EAT Attestation Result (draft-ietf-rats-ear), bare or as a JWT.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#include "vcca/verifier.h"
#include "vcca/version.h"
#include "verifier/base64url.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/json.h"
#include "rooms/span.h"

enum { NONCE_MIN = 8, NONCE_MAX = 64, CLAIMS_MAX = 4096 };

/* The claims whose names differ between the profiles. */
static const struct names {
  const char *profile, *verifier_id, *status, *vector;
  const char *policy;
  bool policies; /* a list of them */
} names[] = {
    [VCCA_EAR_VERAISON] = {"tag:github.com,2023:veraison/ear", "ear.verifier-id", "ear.status",
                           "ear.trustworthiness-vector", "ear.appraisal-policy-id", false},
    [VCCA_EAR_IETF] = {"tag:ietf.org,2026:rats/ear#03", "ear_verifier_id", "ear_status", "ear_trustworthiness_vector",
                       "ear_appraisal_policy_ids", true},
};

static void put_policy(const struct names *n, const char *policy, struct vcca_json *j)
{
  if (policy == NULL)
    return;
  if (!n->policies) {
    vcca_json_str(j, n->policy, policy);
    return;
  }
  vcca_json_open(j, n->policy, '[');
  vcca_json_str(j, NULL, policy);
  vcca_json_close(j);
}

static void put_submods(const struct vcca_appraisal *appraisal, const struct vcca_ear *ear, struct vcca_json *j)
{
  const struct names *n = &names[ear->profile];
  vcca_json_open(j, "submods", '{');
  for (enum vcca_submod s = 0; s < VCCA_SUBMODS; s++) {
    const struct vcca_submod_result *result = &appraisal->submods[s];
    if (!result->present)
      continue;
    vcca_json_open(j, vcca_submod_name(s), '{');
    vcca_json_str(j, n->status, vcca_tier_name(result->status));
    vcca_json_open(j, n->vector, '{');
    for (enum vcca_trust_claim c = 0; c < VCCA_TRUST_CLAIMS; c++)
      vcca_json_int(j, vcca_trust_claim_name(c), result->vector[c]);
    vcca_json_close(j);
    put_policy(n, ear->policy, j);
    vcca_json_close(j);
  }
  vcca_json_close(j);
}

void vcca_ear_json(const struct vcca_appraisal *appraisal, const struct vcca_ear *ear, struct vcca_json *j)
{
  const struct names *n = &names[ear->profile];
  vcca_json_open(j, NULL, '{');
  vcca_json_str(j, "eat_profile", n->profile);
  if (ear->has_time)
    vcca_json_int(j, "iat", ear->time);
  vcca_json_open(j, n->verifier_id, '{');
  vcca_json_str(j, "build", "vcca " VCCA_VERSION);
  vcca_json_str(j, "developer", "vcca");
  vcca_json_close(j);
  if (ear->nonce.n >= NONCE_MIN && ear->nonce.n <= NONCE_MAX) { /* as EAT has it (RFC 9711, 4.1) */
    uint8_t room[NONCE_MAX * 2];
    vcca_sink text = VCCA_SINK(room);
    base64url_put(&text, ear->nonce);
    vcca_json_text(j, "eat_nonce", vcca_sink_span(&text));
  }
  put_submods(appraisal, ear, j);
  vcca_json_close(j);
}

bool vcca_ear_jwt(const struct vcca_appraisal *appraisal, const struct vcca_ear *ear, const vcca_key *key,
                  vcca_sink *out, struct vcca_error *err)
{
  uint8_t claims_room[CLAIMS_MAX], jwt_room[2 * CLAIMS_MAX], signature_room[VCCA_SIG_MAX];
  vcca_sink claims = VCCA_SINK(claims_room), jwt = VCCA_SINK(jwt_room), signature = VCCA_SINK(signature_room);
  enum vcca_sig_alg alg = vcca_sig_of(key);
  if (!vcca_key_is_pair(key) || vcca_key_type(key) == VCCA_KEY_RSA)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "a result is signed with the private key of an elliptic curve");

  char header[64];
  vcca_sink head = vcca_sink_of(header, sizeof header);
  vcca_sink_str(&head, "{\"alg\":\"");
  vcca_sink_str(&head, vcca_sig_name(alg));
  vcca_sink_str(&head, "\",\"typ\":\"JWT\"}");
  struct vcca_json j = vcca_json_into(&claims, VCCA_JSON_LINE);
  vcca_ear_json(appraisal, ear, &j);
  vcca_span body = vcca_sink_span(&claims);
  while (body.n > 0 && body.p[body.n - 1] == '\n')
    body.n--;

  base64url_put(&jwt, vcca_sink_span(&head));
  vcca_sink_u8(&jwt, '.');
  base64url_put(&jwt, body);
  if (body.p == NULL || !vcca_sink_ok(&jwt))
    return vcca_fail(err, VCCA_FAULT_USAGE, "the result is larger than %d bytes", CLAIMS_MAX);
  if (!vcca_sign(key, alg, vcca_sink_span(&jwt), &signature, err))
    return false;
  vcca_sink_u8(&jwt, '.');
  base64url_put(&jwt, vcca_sink_span(&signature));
  vcca_sink_put(out, vcca_sink_span(&jwt));
  return vcca_sink_ok(out) && jwt.n <= jwt.cap
             ? true
             : vcca_fail(err, VCCA_FAULT_USAGE, "no room for a result of %zu bytes", jwt.n);
}
