/* TMI: the table, and CVMs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/tmi.h"

#include "rmm/rec.h"
#include "rmm/rtt.h"

#include <string.h>

#define ROWS "rmm/tmi.def"
#define HANDLER command_handler
#include "rooms/command_rows.h"

static const struct vcca_status_name statuses[] = {
    STATUS(TMI_SUCCESS),
    STATUS(TMI_ERROR_INPUT),
    STATUS(TMI_ERROR_MEMORY),
    STATUS(TMI_ERROR_ALIAS),
    STATUS(TMI_ERROR_IN_USE),
    STATUS(TMI_ERROR_CVM_STATE),
    STATUS(TMI_ERROR_OWNER),
    STATUS(TMI_ERROR_TEC),
    STATUS(TMI_ERROR_TTT_WALK),
    STATUS(TMI_ERROR_TTT_ENTRY),
    STATUS(TMI_ERROR_NOT_SUPPORTED),
    STATUS(TMI_ERROR_INTERNAL),
    STATUS(TMI_ERROR_CVM_POWEROFF),
    STATUS(TMI_ERROR_TTT_CREATED),
    STATUS(TMI_ERROR_TTT_DESTROY_AGAIN),
    STATUS(TMI_ERROR_STE_CREATED),
    STATUS(TMI_ERROR_IMPORT_INCOMPLETE),
    {TMI_NO_HANDLE, "TMI_ERROR_NO_HANDLE"},
};
const struct abi tmi_abi = {
    .interface =
        {
            .name = "tmi",
            .source = "virtCCA TMI generation 2 (2.2), openEuler kernel OLK-6.6 kvm_tmi.h",
            TABLE(commands, statuses),
            .status_register = 1,
        },
    .handlers = handlers,
};

/* --- VERSION and FEATURES ----------------------------------------------------------------------------- */

uint64_t tmi_version(struct call *call)
{
  (void)call;
  return UINT64_C(2) << 16 | 2;
}

static uint64_t field(unsigned value, unsigned bits)
{
  unsigned most = (1U << bits) - 1;
  return value < most ? value : most;
}

/* The layout of RMM's early drafts, with four bits for each kind of debug register. */
uint64_t tmi_features(struct call *call)
{
  struct vcca_features f = machine_features(call->m);
  uint64_t sve = f.no_sve ? 0 : UINT64_C(1) << 9 | field(f.sve_vl, 4) << 10;
  uint64_t pmu = f.no_pmu ? 0 : UINT64_C(1) << 22 | field(f.pmu_num_ctrs, 5) << 23;
  if (call->in[1] != 0)
    return 0;
  return (uint64_t)f.s2sz | (uint64_t)f.lpa2 << 8 | sve | field(f.num_bps, 4) << 14 | field(f.num_wps, 4) << 18 | pmu |
         UINT64_C(1) << 28 | (uint64_t)!f.no_sha512 << 29;
}

/* --- CVMs --------------------------------------------------------------------------------------------- */

enum { CVM_VTIMER_ADJUST = 1, LPA2 = 1 };

struct realm_spec tmi_realm_spec(const uint8_t *p)
{
  struct realm_spec spec = {
      .params = {.flags = vcca_le64(p),
                 .s2sz = vcca_le64(p + 0x08),
                 .sve_vl = vcca_le64(p + 0x10),
                 .num_bps = vcca_le64(p + 0x18),
                 .num_wps = vcca_le64(p + 0x20),
                 .pmu_num_ctrs = vcca_le64(p + 0x28)},
      .vmid = vcca_le64(p + 0x38),
      .rtt_level_start = (int64_t)vcca_le64(p + 0x58),
      .rtt_num_start = vcca_le64(p + 0x60),
  };
  memcpy(spec.rpv, p + 0x68, sizeof spec.rpv);
  return spec;
}

uint64_t tmi_cvm_create(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t params = call->in[1] & ~(uint64_t)CVM_VTIMER_ADJUST;
  REQUIRE(params_align, granule_aligned(params), TMI_NO_HANDLE);
  REQUIRE(params_bound, granule_region(m, params), TMI_NO_HANDLE);
  REQUIRE(params_pas, granule_nonsecure(m, params), TMI_NO_HANDLE);
  const uint8_t *page = granule_read(m, params);
  struct realm_spec spec = tmi_realm_spec(page);
  uint64_t alg = vcca_le64(page + 0x30);
  struct vcca_features features = machine_features(m);
  bool lpa2 = spec.params.flags & LPA2;
  REQUIRE(params_valid, realm_hash_valid(m, alg), TMI_NO_HANDLE);
  spec.params.hash_alg = (enum vcca_hash_alg)alg;
  REQUIRE(params_supp, realm_supported(m, &spec.params, 0, features.sve_vl + 1), TMI_NO_HANDLE);
  REQUIRE(ttt_num_level, rtt_geometry_valid(spec.params.s2sz, lpa2, spec.rtt_level_start, spec.rtt_num_start),
          TMI_NO_HANDLE);
  REQUIRE(vmid_valid, spec.vmid <= UINT16_MAX && realm_vmid_free(m, spec.vmid), TMI_NO_HANDLE);
  spec.rtt_base = granule_pool_find(m, spec.rtt_num_start);
  REQUIRE(memory, spec.rtt_base && m->pool_free > spec.rtt_num_start, TMI_NO_HANDLE);
  COMMIT();

  for (uint64_t i = 0; i < spec.rtt_num_start; i++)
    granule_set_state(m, spec.rtt_base + i * GRANULE_SIZE, VCCA_GRANULE_RTT);
  uint64_t rd = granule_pool_find(m, 1);
  realm_create(m, rd, &spec);
  call->realm = rd;
  return rd;
}

uint64_t tmi_cvm_activate(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1];
  REQUIRE(rd_align, granule_aligned(rd), TMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_secure(m, rd), TMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, TMI_ERROR_INPUT);
  call->realm = rd;
  REQUIRE(cvm_state, realm_at(m, rd)->state == VCCA_REALM_NEW, TMI_ERROR_CVM_STATE);
  COMMIT();

  realm_set_state(m, rd, VCCA_REALM_ACTIVE);
  return TMI_SUCCESS;
}

uint64_t tmi_cvm_destroy(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1];
  REQUIRE(rd_align, granule_aligned(rd), TMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_secure(m, rd), TMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, TMI_ERROR_INPUT);
  call->realm = rd;
  const struct realm *realm = realm_at(m, rd);
  REQUIRE(cvm_live, !realm_rtt_live(m, realm) && !rec_any_running(m, realm), TMI_ERROR_IN_USE);
  COMMIT();

  realm_destroy(m, rd);
  return TMI_SUCCESS;
}
