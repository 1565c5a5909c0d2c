/* The platform token: what the HSM says of the platform it booted, bound to the RAK.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "hsm/state.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/hsm.h"

/* The recorded components in the token's order, which is not the boot order on virtCCA. */
static size_t put_components(const vcca_hsm *hsm, struct vcca_component *out)
{
  size_t n = 0;
  for (unsigned place = 1; place <= VCCA_HSM_COMPONENTS; place++)
    for (size_t i = 0; i < hsm->device.component_count; i++) {
      struct vcca_boot_record record;
      if (hsm->device.components[i].record == place && vcca_hsm_record(hsm, i, &record))
        out[n++] = record.claims;
    }
  return n;
}

void vcca_hsm_platform_claims(const vcca_hsm *hsm, enum vcca_family family, vcca_span challenge,
                              struct vcca_platform_claims *out)
{
  const struct vcca_device *d = &hsm->device;
  memset(out, 0, sizeof *out);
  if (d->profile[0])
    out->profile = vcca_span_str(d->profile);
  else if (vcca_family(family)->platform_profile) /* virtCCA's is there and empty */
    out->profile = vcca_span_str(vcca_family(family)->platform_profile);
  vcca_token_bind(family, out, challenge);
  vcca_platform_profile_claims(family, out);
  out->implementation_id = VCCA_SPAN(d->implementation_id);
  out->instance_id = VCCA_SPAN(hsm->instance_id);
  out->config = vcca_span_of(d->config, d->config_size);
  out->lifecycle = d->lifecycle;
  out->has_lifecycle = true;
  out->component_count = put_components(hsm, out->components);
  out->has_components = true;
  if (d->verification_service[0])
    out->verification_service = vcca_span_str(d->verification_service);
  out->hash_alg = vcca_span_str(vcca_hash_name(VCCA_SHA256));
}

static bool make(const vcca_hsm *hsm, enum vcca_family family, struct hsm_token *token, struct vcca_error *err)
{
  uint8_t rak[VCCA_SPKI_MAX], challenge[32];
  vcca_sink encoded = VCCA_SINK(rak), out = VCCA_SINK(token->bytes);
  struct vcca_platform_claims claims;
  if (!vcca_rak_encode(family, vcca_hsm_rak(hsm), &encoded, err))
    return false;
  vcca_hash(VCCA_SHA256, vcca_sink_span(&encoded), challenge);
  vcca_hsm_platform_claims(hsm, family, VCCA_SPAN(challenge), &claims);
  if (!vcca_token_platform(family, &claims, hsm->cpak, &out, err))
    return false;
  token->size = out.n;
  return true;
}

bool vcca_hsm_platform_token(vcca_hsm *hsm, enum vcca_family family, vcca_span *out, struct vcca_error *err)
{
  const struct vcca_family_spec *spec = vcca_family(family);
  *out = vcca_span_of(NULL, 0);
  if (!spec->platform_profile)
    return true;
  if (spec->key != vcca_key_type(hsm->cpak))
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "family %s is signed by %s keys and device %s has %s ones; choose a device of the family's kind",
                     spec->name, vcca_key_type_name(spec->key), hsm->device.name,
                     vcca_key_type_name(vcca_key_type(hsm->cpak)));
  struct hsm_token *token = &hsm->tokens[family];
  if (token->size == 0 && !make(hsm, family, token, err))
    return false;
  *out = vcca_span_of(token->bytes, token->size);
  return true;
}
