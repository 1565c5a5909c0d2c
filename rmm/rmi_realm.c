/* RMI: realms.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/realm.h"
#include "rmm/rmi.h"
#include "rmm/rtt.h"

#include <string.h>

struct realm_spec rmi_realm_spec(const uint8_t *p)
{
  struct realm_spec spec = {
      .params = {.flags = vcca_le64(p),
                 .s2sz = p[0x8],
                 .sve_vl = p[0x10],
                 .num_bps = p[0x18],
                 .num_wps = p[0x20],
                 .pmu_num_ctrs = p[0x28],
                 .hash_alg = (enum vcca_hash_alg)p[0x30]},
      .vmid = vcca_le16(p + 0x800),
      .rtt_base = vcca_le64(p + 0x808),
      .rtt_level_start = (int64_t)vcca_le64(p + 0x810),
      .rtt_num_start = vcca_le32(p + 0x818),
  };
  memcpy(spec.rpv, p + 0x400, sizeof spec.rpv);
  return spec;
}

static bool roots_delegated(const vcca_machine *m, const struct realm_spec *spec)
{
  for (uint64_t i = 0; i < spec->rtt_num_start; i++) {
    uint64_t pa = spec->rtt_base + i * GRANULE_SIZE;
    if (!granule_delegable(m, pa) || granule_state(m, pa) != VCCA_GRANULE_DELEGATED)
      return false;
  }
  return true;
}

uint64_t rmi_realm_create(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], params = call->in[2];
  REQUIRE(params_align, granule_aligned(params), RMI_ERROR_INPUT);
  REQUIRE(params_bound, granule_delegable(m, params), RMI_ERROR_INPUT);
  REQUIRE(params_pas, granule_nonsecure(m, params), RMI_ERROR_INPUT);
  struct realm_spec spec = rmi_realm_spec(granule_read(m, params));
  struct vcca_features features = machine_features(m);
  uint64_t roots = spec.rtt_num_start * GRANULE_SIZE;
  bool lpa2 = spec.params.flags & VCCA_REALM_LPA2;
  REQUIRE(params_valid, realm_hash_valid(m, spec.params.hash_alg), RMI_ERROR_INPUT);
  REQUIRE(params_supp, realm_supported(m, &spec.params, 1, features.sve_vl), RMI_ERROR_INPUT);
  REQUIRE(rtt_num_level, rtt_geometry_valid(spec.params.s2sz, lpa2, spec.rtt_level_start, spec.rtt_num_start),
          RMI_ERROR_INPUT);
  REQUIRE(vmid_valid, realm_vmid_free(m, spec.vmid), RMI_ERROR_INPUT);
  REQUIRE(alias, rd - spec.rtt_base >= roots, RMI_ERROR_INPUT);
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_DELEGATED, RMI_ERROR_INPUT);
  REQUIRE(rtt_align, spec.rtt_base % roots == 0, RMI_ERROR_INPUT);
  REQUIRE(rtt_state, roots_delegated(m, &spec), RMI_ERROR_INPUT);
  COMMIT();

  realm_create(m, rd, &spec);
  call->realm = rd;
  return RMI_SUCCESS;
}

uint64_t rmi_realm_activate(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1];
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  call->realm = rd;
  REQUIRE(realm_state, realm_at(m, rd)->state == VCCA_REALM_NEW, RMI_ERROR_REALM);
  COMMIT();

  realm_set_state(m, rd, VCCA_REALM_ACTIVE);
  return RMI_SUCCESS;
}

uint64_t rmi_realm_destroy(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1];
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  call->realm = rd;
  const struct realm *realm = realm_at(m, rd);
  REQUIRE(realm_live, realm->num_recs == 0 && !realm_rtt_live(m, realm), RMI_ERROR_REALM);
  COMMIT();

  realm_destroy(m, rd);
  return RMI_SUCCESS;
}
