/* PSCI: the table and its handlers, for both ABIs; and SMCCC_VERSION, which is in no table.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tsi/call.h"

#define PSCI_SUCCESS UINT64_C(0)
#define PSCI_OFF UINT64_C(1)
#define PSCI_NOT_SUPPORTED UINT64_MAX
#define PSCI_INVALID_PARAMETERS (UINT64_MAX - 1)
#define PSCI_DENIED (UINT64_MAX - 2)
#define PSCI_ALREADY_ON (UINT64_MAX - 3)
#define PSCI_INVALID_ADDRESS (UINT64_MAX - 8)

#define SMCCC_VERSION UINT32_C(0x80000000)
#define CPU_SUSPEND32 UINT64_C(0x84000001)
#define CPU_ON32 UINT64_C(0x84000003)
#define AFFINITY_INFO32 UINT64_C(0x84000004)

#define ROWS "tsi/psci.def"
#define HANDLER guest_handler
#include "rooms/command_rows.h"

static const struct vcca_status_name statuses[] = {
    STATUS(PSCI_SUCCESS), STATUS(PSCI_OFF),        STATUS(PSCI_NOT_SUPPORTED),   STATUS(PSCI_INVALID_PARAMETERS),
    STATUS(PSCI_DENIED),  STATUS(PSCI_ALREADY_ON), STATUS(PSCI_INVALID_ADDRESS),
};
const struct guest_abi psci_abi = {
    .interface =
        {
            .name = "psci",
            .source = "Realm Management Monitor specification, Arm DEN0137 1.0-rel0, B6; PSCI 1.1",
            TABLE(commands, statuses),
            .status_register = 0,
        },
    .handlers = handlers,
};

/* Callers ask SMCCC_VERSION (DEN0028 7.2) before they use PSCI_FEATURES. */
static uint64_t smccc_version(struct guest_call *call)
{
  (void)call;
  return UINT64_C(0x10002);
}

static const struct vcca_command smccc_commands[] = {
    {"VERSION", SMCCC_VERSION, "DEN0028 7.2", "", "version:result", "", "",
     "Reads the version of the calling convention, 1.2, which is in x0 itself."},
};
static const guest_handler smccc_handlers[] = {smccc_version};
const struct guest_abi smccc_abi = {
    .interface =
        {
            .name = "smccc",
            .source = "SMC Calling Convention, Arm DEN0028",
            TABLE(smccc_commands, statuses),
            .status_register = 0,
        },
    .handlers = smccc_handlers,
};

/* SMC32 and SMC64 forms differ in bit 30. */
uint64_t psci_row(uint64_t fid)
{
  const uint64_t smc64 = UINT64_C(1) << 30;
  bool has_both = fid == CPU_SUSPEND32 || fid == CPU_ON32 || fid == AFFINITY_INFO32;
  return has_both ? fid | smc64 : fid;
}

/* Leaves to the host, with the function and its arguments in the exit record (A4.3.3). */
static uint64_t ask_host(struct guest_call *call, unsigned arguments)
{
  struct guest_exit *exit = guest_exit(call->m, call->rec);
  for (unsigned i = 0; i <= arguments; i++)
    exit->gprs[i] = call->in[i];
  return leave(call, GUEST_EXIT_PSCI, PSCI_SUCCESS);
}

/* The same. PSCI_COMPLETE has to answer; it finds the call in the registers. */
static uint64_t ask_completion(struct guest_call *call, unsigned arguments)
{
  guest_pending(call->m, call->rec)->psci_pending = 1;
  call->untouched = true;
  return ask_host(call, arguments);
}

static bool is_self(const struct guest_call *call, uint64_t mpidr)
{
  uint64_t index = (mpidr & 0xf) | (mpidr >> 8 & 0xffffff) << 4; /* RecIndex; the MPIDR of a REC has no other bits */
  return index == guest_rec_index(call->m, call->rec);
}

uint64_t psci_version(struct guest_call *call)
{
  (void)call;
  return UINT64_C(0x10001);
}

uint64_t psci_features(struct guest_call *call)
{
  uint32_t fid = (uint32_t)call->in[1];
  REQUIRE(func_not_ok, fid == SMCCC_VERSION || vcca_command_with_fid(&psci_abi.interface, psci_row(fid)),
          PSCI_NOT_SUPPORTED);
  COMMIT();
  return PSCI_SUCCESS;
}

uint64_t psci_cpu_suspend(struct guest_call *call)
{
  return ask_host(call, 3);
}

uint64_t psci_cpu_off(struct guest_call *call)
{
  guest_set_runnable(call->m, call->rec, false);
  return ask_host(call, 0);
}

uint64_t psci_system_off(struct guest_call *call)
{
  guest_system_off(call->m, call->rec);
  return ask_host(call, 0);
}

uint64_t psci_cpu_on(struct guest_call *call)
{
  uint64_t target = call->in[1], entry_point = call->in[2];
  REQUIRE(entry, guest_protected(call->m, call->rec, entry_point), PSCI_INVALID_ADDRESS);
  REQUIRE(mpidr, guest_mpidr_known(call->m, call->rec, target), PSCI_INVALID_PARAMETERS);
  REQUIRE(runnable, !is_self(call, target), PSCI_ALREADY_ON); /* of another REC, PSCI_COMPLETE tells */
  COMMIT();

  return ask_completion(call, 3);
}

uint64_t psci_affinity_info(struct guest_call *call)
{
  uint64_t target = call->in[1];
  uint32_t level = (uint32_t)call->in[2];
  REQUIRE(target_bound, level == 0, PSCI_INVALID_PARAMETERS);
  REQUIRE(target_match, guest_mpidr_known(call->m, call->rec, target), PSCI_INVALID_PARAMETERS);
  COMMIT();

  return is_self(call, target) ? PSCI_SUCCESS
                               : ask_completion(call, 2); /* the host cannot name the caller as its target */
}
