/* The state of an attestation is in the machine: the REC has the phase; its auxiliary granules have the
 * measurements at the time of INIT, and later the signed token.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tsi/attestation.h"

#include <string.h>

enum phase { PHASE_NONE, PHASE_SAMPLED, PHASE_SIGNED };

/* --- The token ------------------------------------------------------------------------------------------ */

bool attestation_mint(const vcca_guest_interface *monitor, const struct vcca_realm_info *realm, vcca_span challenge,
                      vcca_sink *out, struct vcca_error *err)
{
  size_t digest = vcca_hash_size(realm->hash_alg);
  struct vcca_realm_claims claims = {
      .challenge = challenge,
      .rpv = VCCA_SPAN(realm->rpv),
      .public_key = vcca_span_of(monitor->rak_claim, monitor->rak_claim_size),
      .hash_alg = vcca_span_str(vcca_hash_name(realm->hash_alg)),
      .public_key_hash_alg = vcca_span_str(vcca_hash_name(VCCA_SHA256)), /* of the binding, vcca_hsm_platform_token */
      .rim = vcca_span_of(realm->rim, digest),
  };
  for (unsigned i = 0; i < VCCA_REMS; i++)
    claims.rem[i] = vcca_span_of(realm->rem[i], digest);
  uint8_t instance_id[VCCA_UEID_SIZE];
  vcca_realm_profile_claims(monitor->family, realm->vmid, instance_id, &claims);

  uint8_t bytes[VCCA_TOKEN_MAX];
  vcca_sink token = VCCA_SINK(bytes);
  vcca_span platform = vcca_span_of(monitor->platform_size ? monitor->platform : NULL, monitor->platform_size);
  return vcca_token_realm(monitor->family, &claims, monitor->rak, &token, err) &&
         vcca_token_collect(monitor->family, platform, vcca_sink_span(&token), out, err);
}

/* --- INIT ----------------------------------------------------------------------------------------------- */

uint64_t attestation_init(struct guest_call *call, vcca_span challenge)
{
  uint8_t sample[(1 + VCCA_REMS) * VCCA_MEASUREMENT_SIZE];
  vcca_sink s = VCCA_SINK(sample);
  vcca_sink_put(&s, VCCA_SPAN(call->realm.rim));
  vcca_sink_put(&s, VCCA_SPAN(call->realm.rem));
  if (!guest_token_put(call->m, call->rec, vcca_sink_span(&s)))
    return GUEST_ERROR_UNKNOWN;
  struct guest_attestation *a = guest_attestation(call->m, call->rec);
  *a = (struct guest_attestation){.phase = PHASE_SAMPLED};
  memcpy(a->challenge, challenge.p, sizeof a->challenge);
  call->out[0] = call->monitor->token_bound;
  return GUEST_SUCCESS;
}

/* --- CONTINUE ------------------------------------------------------------------------------------------- */

bool attestation_in_progress(const struct guest_call *call)
{
  return guest_attestation(call->m, call->rec)->phase != PHASE_NONE;
}

/* The realm at the time of INIT. */
static struct vcca_realm_info sampled(const struct guest_call *call)
{
  struct vcca_realm_info realm = call->realm;
  vcca_sink rim = VCCA_SINK(realm.rim), rem = VCCA_SINK(realm.rem);
  guest_token_get(call->m, call->rec, 0, sizeof realm.rim, &rim);
  guest_token_get(call->m, call->rec, sizeof realm.rim, sizeof realm.rem, &rem);
  return realm;
}

static bool sign(struct guest_call *call)
{
  struct guest_attestation *a = guest_attestation(call->m, call->rec);
  struct vcca_realm_info realm = sampled(call);
  uint8_t bytes[VCCA_TOKEN_MAX];
  vcca_sink token = VCCA_SINK(bytes);
  if (!attestation_mint(call->monitor, &realm, VCCA_SPAN(a->challenge), &token, NULL) ||
      !guest_token_put(call->m, call->rec, vcca_sink_span(&token)))
    return false;
  a->phase = PHASE_SIGNED;
  a->length = (uint32_t)token.n;
  a->offset = 0;
  return true;
}

uint64_t attestation_continue(struct guest_call *call, uint64_t ipa, uint64_t size)
{
  struct guest_attestation *a = guest_attestation(call->m, call->rec);
  if (guest_irq_pending(call->m, call->rec))
    return leave(call, GUEST_EXIT_IRQ, GUEST_INCOMPLETE); /* no byte is written: x1 is 0 */
  REQUIRE(unknown, a->phase != PHASE_SAMPLED || sign(call), GUEST_ERROR_UNKNOWN);
  COMMIT();

  uint8_t bytes[VCCA_TOKEN_MAX];
  vcca_sink chunk = VCCA_SINK(bytes);
  size_t left = a->length - a->offset, n = size < left ? (size_t)size : left;
  uint64_t status;
  guest_token_get(call->m, call->rec, a->offset, n, &chunk);
  if (!store(call, ipa, vcca_sink_span(&chunk), &status))
    return status;
  a->offset += (uint32_t)n;
  call->out[0] = n;
  if (a->offset < a->length)
    return GUEST_INCOMPLETE;
  *a = (struct guest_attestation){.phase = PHASE_NONE};
  return GUEST_SUCCESS;
}
