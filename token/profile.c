/* SPDX-License-Identifier: Apache-2.0 */
#include "token/profile.h"
#include "rooms/span.h"
#include "rooms/token.h"

#include <string.h>

struct profile {
  const char *text;
  enum generation generation;
};
static const struct profile platform_profiles[] = {
#define PLATFORM_PROFILE(text, generation) {text, GENERATION_##generation},
#include "token/profiles.def"
};
static const struct profile realm_profiles[] = {
#define REALM_PROFILE(text, generation) {text, GENERATION_##generation},
#include "token/profiles.def"
};

static bool find(const struct profile *profiles, size_t n, vcca_span text, enum generation *out)
{
  for (size_t i = 0; i < n; i++)
    if (vcca_span_is(text, profiles[i].text)) {
      *out = profiles[i].generation;
      return true;
    }
  return false;
}
#define FIND(profiles, text, out) find((profiles), sizeof(profiles) / sizeof *(profiles), (text), (out))

bool profile_platform(vcca_span text, enum generation *out)
{
  return FIND(platform_profiles, text, out);
}

bool profile_realm(vcca_span text, enum generation *out)
{
  return FIND(realm_profiles, text, out);
}

/* --- What a profile wants beyond what was measured */

static enum generation platform_generation(enum vcca_family family)
{
  enum generation generation = GENERATION_VIRTCCA;
  const char *profile = vcca_family(family)->platform_profile;
  if (profile)
    (void)profile_platform(vcca_span_str(profile), &generation);
  return generation;
}

void vcca_token_bind(enum vcca_family family, struct vcca_platform_claims *claims, vcca_span hash)
{
  bool workload = platform_generation(family) >= GENERATION_2026;
  claims->challenge = workload ? vcca_span_of(NULL, 0) : hash;
  claims->workload_binding = workload ? hash : vcca_span_of(NULL, 0);
}

vcca_span vcca_token_binding(const struct vcca_platform_claims *claims)
{
  return claims->workload_binding.p ? claims->workload_binding : claims->challenge;
}

void vcca_platform_profile_claims(enum vcca_family family, struct vcca_platform_claims *claims)
{
  enum { REALM_MANAGEMENT = 1 };
  claims->has_client_id = platform_generation(family) >= GENERATION_2024;
  claims->client_id = claims->has_client_id ? REALM_MANAGEMENT : 0;
}

static void instance_id(uint32_t vmid, const struct vcca_realm_claims *claims, uint8_t id[VCCA_UEID_SIZE])
{
  uint8_t buf[16 + 4 + 64 + VCCA_HASH_MAX];
  vcca_sink in = VCCA_SINK(buf);
  vcca_sink_str(&in, "realm instance id");
  for (unsigned i = 0; i < 4; i++)
    vcca_sink_u8(&in, (uint8_t)(vmid >> 8 * i));
  vcca_sink_put(&in, claims->rpv);
  vcca_sink_put(&in, claims->rim);
  id[0] = 1; /* RAND */
  vcca_hash(VCCA_SHA256, vcca_sink_span(&in), id + 1);
}

void vcca_realm_profile_claims(enum vcca_family family, uint32_t vmid, uint8_t id[VCCA_UEID_SIZE],
                               struct vcca_realm_claims *claims)
{
  enum generation generation = GENERATION_LEGACY;
  const char *profile = vcca_family(family)->realm_profile;
  claims->profile = profile ? vcca_span_str(profile) : vcca_span_of(NULL, 0);
  if (profile)
    (void)profile_realm(claims->profile, &generation);
  if (generation < GENERATION_2024)
    return;
  instance_id(vmid, claims, id);
  claims->instance_id = vcca_span_of(id, VCCA_UEID_SIZE);
  claims->has_mec_policy = true;
}
