/* SPDX-License-Identifier: Apache-2.0 */
#include "rmm/realm.h"

#include "rmm/rec.h"
#include "rmm/rtt.h"
#include "rmm/states.h"

#include <assert.h>
#include <string.h>

static const char *const state_names[] = {"NEW", "ACTIVE", "SYSTEM_OFF"};

const char *vcca_realm_state_name(enum vcca_realm_state state)
{
  return (unsigned)state < sizeof state_names / sizeof *state_names ? state_names[state] : "?";
}

const struct realm *realm_at(const vcca_machine *m, uint64_t rd)
{
  return granule_read(m, rd);
}

struct realm *realm_edit(vcca_machine *m, uint64_t rd)
{
  return granule_edit(m, rd);
}

bool vcca_realm_info(const vcca_machine *m, uint64_t rd, struct vcca_realm_info *out)
{
  if (!granule_aligned(rd) || granule_state(m, rd) != VCCA_GRANULE_RD)
    return false;
  const struct realm *realm = realm_at(m, rd);
  *out = (struct vcca_realm_info){
      .state = (enum vcca_realm_state)realm->state,
      .hash_alg = realm->rim.hash_alg,
      .ipa_width = realm->ipa_width,
      .vmid = realm->vmid,
      .num_recs = realm->num_recs,
  };
  memcpy(out->rim, realm->rim.value, sizeof out->rim);
  memcpy(out->rem, realm->rem, sizeof out->rem);
  memcpy(out->rpv, realm->rpv, sizeof out->rpv);
  return true;
}

/* --- Parameters --------------------------------------------------------------------------------------- */

bool realm_hash_valid(const vcca_machine *m, uint64_t alg)
{
  return alg == VCCA_SHA256 || alg == VCCA_SHA512 || (alg == VCCA_SHA384 && vcca_rim_rules(m->config.rules)->sha384);
}

/* The limits on a realm's parameters; those of a feature that was not asked for are left out. */
static size_t limits_of(const vcca_machine *m, const struct vcca_realm_params *p, unsigned least_breakpoints,
                        unsigned max_sve_vl, struct realm_limit out[REALM_LIMITS])
{
  struct vcca_features f = machine_features(m);
  size_t n = 0;
  uint64_t lpa2 = p->flags & VCCA_REALM_LPA2 ? 1 : 0, sve = p->flags & VCCA_REALM_SVE ? 1 : 0,
           pmu = p->flags & VCCA_REALM_PMU ? 1 : 0;
  out[n++] = (struct realm_limit){"flags.lpa2", lpa2, 0, f.lpa2};
  out[n++] = (struct realm_limit){"s2sz", p->s2sz, 32, lpa2 || f.s2sz < 48 ? f.s2sz : 48};
  out[n++] = (struct realm_limit){"num_bps", p->num_bps, least_breakpoints, f.num_bps};
  out[n++] = (struct realm_limit){"num_wps", p->num_wps, least_breakpoints, f.num_wps};
  out[n++] = (struct realm_limit){"flags.sve", sve, 0, !f.no_sve};
  if (sve)
    out[n++] = (struct realm_limit){"sve_vl", p->sve_vl, 0, max_sve_vl};
  out[n++] = (struct realm_limit){"flags.pmu", pmu, 0, !f.no_pmu};
  if (pmu)
    out[n++] = (struct realm_limit){"pmu_num_ctrs", p->pmu_num_ctrs, 1, f.pmu_num_ctrs};
  if (f.no_sha512)
    out[n++] = (struct realm_limit){"hash_algo", p->hash_alg == VCCA_SHA512, 0, 0};
  return n;
}

bool realm_exceeds(const vcca_machine *m, const struct vcca_realm_params *p, unsigned least_breakpoints,
                   unsigned max_sve_vl, struct realm_limit *out)
{
  struct realm_limit limits[REALM_LIMITS];
  size_t n = limits_of(m, p, least_breakpoints, max_sve_vl, limits);
  for (size_t i = 0; i < n; i++)
    if (limits[i].value < limits[i].least || limits[i].value > limits[i].most) {
      *out = limits[i];
      return true;
    }
  return false;
}

bool realm_supported(const vcca_machine *m, const struct vcca_realm_params *p, unsigned least_breakpoints,
                     unsigned max_sve_vl)
{
  struct realm_limit first;
  return !realm_exceeds(m, p, least_breakpoints, max_sve_vl, &first);
}

bool realm_vmid_free(const vcca_machine *m, uint64_t vmid)
{
  for (uint64_t rd = m->first_realm; rd != 0; rd = realm_at(m, rd)->next)
    if (realm_at(m, rd)->vmid == vmid)
      return false;
  return true;
}

/* --- Measurement -------------------------------------------------------------------------------------- */

static void tell(vcca_machine *m, struct vcca_rim_step step, const uint8_t *before, const struct realm *realm)
{
  step.before = before;
  step.after = realm->rim.value;
  if (!m->config.rim_step)
    return;
  m->telling = true;
  m->config.rim_step(m->config.rim_ctx, &step);
  m->telling = false;
}

void realm_measure_data(vcca_machine *m, uint64_t rd, uint64_t ipa, bool measured, uint64_t source)
{
  struct realm *realm = realm_edit(m, rd);
  enum vcca_hash_alg alg = realm->rim.hash_alg;
  uint8_t before[VCCA_MEASUREMENT_SIZE], digest[VCCA_HASH_MAX];
  memcpy(before, realm->rim.value, sizeof before);
  if (measured)
    granule_digest(m, alg, source, digest);
  const uint8_t *content = measured ? digest : NULL;
  if (vcca_rim_data(&realm->rim, ipa, content))
    tell(m, (struct vcca_rim_step){.kind = VCCA_STEP_DATA, .base = ipa, .flags = measured, .content = content}, before,
         realm);
}

void realm_measure_rec(vcca_machine *m, uint64_t rd, const struct vcca_rec_params *params)
{
  struct realm *realm = realm_edit(m, rd);
  uint8_t before[VCCA_MEASUREMENT_SIZE], content[VCCA_MEASUREMENT_SIZE] = {0};
  memcpy(before, realm->rim.value, sizeof before);
  if (vcca_rim_rec(&realm->rim, params, content))
    tell(m, (struct vcca_rim_step){.kind = VCCA_STEP_REC, .flags = params->flags, .content = content}, before, realm);
}

void realm_measure_ripas(vcca_machine *m, uint64_t rd, uint64_t base, uint64_t top)
{
  struct realm *realm = realm_edit(m, rd);
  uint8_t before[VCCA_MEASUREMENT_SIZE];
  memcpy(before, realm->rim.value, sizeof before);
  if (vcca_rim_ripas(&realm->rim, base, top))
    tell(m, (struct vcca_rim_step){.kind = VCCA_STEP_RIPAS, .base = base, .top = top}, before, realm);
}

/* --- Life --------------------------------------------------------------------------------------------- */

void realm_create(vcca_machine *m, uint64_t rd, const struct realm_spec *spec)
{
  static const uint8_t nothing[VCCA_MEASUREMENT_SIZE];
  granule_set_state(m, rd, VCCA_GRANULE_RD);
  struct realm *realm = realm_edit(m, rd);
  *realm = (struct realm){
      .next = m->first_realm,
      .rtt_base = spec->rtt_base,
      .rtt_num_start = (uint32_t)spec->rtt_num_start,
      .rtt_level_start = (int32_t)spec->rtt_level_start,
      .state = VCCA_REALM_NEW,
      .ipa_width = (uint32_t)spec->params.s2sz,
      .protected_width = (uint32_t)spec->params.s2sz - (m->config.abi == VCCA_ABI_RMI),
      .vmid = (uint32_t)spec->vmid,
      .lpa2 = spec->params.flags & VCCA_REALM_LPA2,
  };
  memcpy(realm->rpv, spec->rpv, sizeof realm->rpv);
  vcca_rim_create(&realm->rim, m->config.rules, &spec->params);
  m->first_realm = rd;
  rtt_make_roots(m, realm);
  tell(m, (struct vcca_rim_step){.kind = VCCA_STEP_CREATE, .flags = spec->params.flags}, nothing, realm);
}

void realm_set_state(vcca_machine *m, uint64_t rd, enum vcca_realm_state state)
{
  struct realm *realm = realm_edit(m, rd);
  assert(states_realm((enum vcca_realm_state)realm->state, state));
  realm->state = state;
}

bool realm_rtt_live(const vcca_machine *m, const struct realm *realm)
{
  for (uint64_t i = 0; i < realm->rtt_num_start; i++)
    if (rtt_live(m, realm->rtt_base + i * GRANULE_SIZE) > 0)
      return true;
  return false;
}

void realm_destroy(vcca_machine *m, uint64_t rd)
{
  struct realm *realm = realm_edit(m, rd);
  while (realm->first_rec)
    rec_disown(m, realm->first_rec);
  for (uint64_t i = 0; i < realm->rtt_num_start; i++)
    granule_release(m, realm->rtt_base + i * GRANULE_SIZE);
  uint64_t *link = &m->first_realm;
  while (*link != rd)
    link = &realm_edit(m, *link)->next;
  *link = realm->next;
  granule_release(m, rd);
}
