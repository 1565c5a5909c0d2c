/* RMI: the table, and the commands that do not concern a realm.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/rmi.h"

#define ROWS "rmm/rmi.def"
#define HANDLER command_handler
#include "rooms/command_rows.h"

static const struct vcca_status_name statuses[] = {
    STATUS(RMI_SUCCESS), STATUS(RMI_ERROR_INPUT), STATUS(RMI_ERROR_REALM), STATUS(RMI_ERROR_REC), STATUS(RMI_ERROR_RTT),
};
const struct abi rmi_abi = {
    .interface =
        {
            .name = "rmi",
            .source = "Realm Management Monitor specification, Arm DEN0137 1.0-rel0",
            TABLE(commands, statuses),
            .status_register = 0,
        },
    .handlers = handlers,
};

/* --- VERSION and FEATURES ----------------------------------------------------------------------------- */

#define RMI_REVISION UINT64_C(0x10000)

uint64_t rmi_version(struct call *call)
{
  call->out[0] = RMI_REVISION; /* the only revision, so both the highest below and the lowest above */
  call->out[1] = RMI_REVISION;
  REQUIRE(req_supported, call->in[1] == RMI_REVISION, RMI_ERROR_INPUT);
  COMMIT();
  return RMI_SUCCESS;
}

uint64_t rmi_features(struct call *call)
{
  struct vcca_features f = machine_features(call->m);
  uint64_t sve = f.no_sve ? 0 : UINT64_C(1) << 9 | (uint64_t)f.sve_vl << 10;
  uint64_t pmu = f.no_pmu ? 0 : UINT64_C(1) << 26 | (uint64_t)f.pmu_num_ctrs << 27;
  if (call->in[1] == 0)
    call->out[0] = (uint64_t)f.s2sz | (uint64_t)f.lpa2 << 8 | sve | (uint64_t)f.num_bps << 14 |
                   (uint64_t)f.num_wps << 20 | pmu | UINT64_C(1) << 32 | (uint64_t)!f.no_sha512 << 33 |
                   (uint64_t)f.gicv3_num_lrs << 34 | (uint64_t)f.max_recs_order << 38;
  return RMI_SUCCESS;
}

/* --- Granules ----------------------------------------------------------------------------------------- */

uint64_t rmi_granule_delegate(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t addr = call->in[1];
  REQUIRE(gran_align, granule_aligned(addr), RMI_ERROR_INPUT);
  REQUIRE(gran_bound, granule_delegable(m, addr), RMI_ERROR_INPUT);
  REQUIRE(gran_state, granule_state(m, addr) == VCCA_GRANULE_UNDELEGATED, RMI_ERROR_INPUT);
  REQUIRE(gran_gpt, granule_pas(m, addr) == VCCA_PAS_NS, RMI_ERROR_INPUT);
  COMMIT();

  granule_wipe(m, addr); /* no realm sees what the host left there */
  granule_set_state(m, addr, VCCA_GRANULE_DELEGATED);
  return RMI_SUCCESS;
}

uint64_t rmi_granule_undelegate(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t addr = call->in[1];
  REQUIRE(gran_align, granule_aligned(addr), RMI_ERROR_INPUT);
  REQUIRE(gran_bound, granule_delegable(m, addr), RMI_ERROR_INPUT);
  REQUIRE(gran_state, granule_state(m, addr) == VCCA_GRANULE_DELEGATED, RMI_ERROR_INPUT);
  COMMIT();

  granule_wipe(m, addr);
  granule_set_state(m, addr, VCCA_GRANULE_UNDELEGATED);
  granule_wipe(m, addr); /* an embedder may have written to its own array meanwhile */
  return RMI_SUCCESS;
}
