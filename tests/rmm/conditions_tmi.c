/* SPDX-License-Identifier: Apache-2.0 */
#include "support_conditions.h"
#include "support_tmi.h"

#include "rmm/rec.h"

#define UNALIGNED(pa) ((pa) + 8)
#define SPACE (UINT64_C(1) << 40)

static const struct good_call calls[] = {
    {"VERSION", {0}},
    {"DATA_CREATE", {0, CVM_A, 0x2000, SRC, 3}},
    {"DATA_DESTROY", {CVM_A, 0x1000, 3}},
    {"CVM_ACTIVATE", {CVM_A}},
    {"CVM_CREATE", {PARAMS | 1, 0}},
    {"CVM_DESTROY", {CVM_C}},
    {"TEC_CREATE", {0, CVM_A, 1, REC_PARAMS}},
    {"TEC_DESTROY", {TEC_A}},
    {"TEC_ENTER", {TEC_B, RUN}},
    {"TTT_CREATE", {0, CVM_A, 0x200000, 3}},
    {"PSCI_COMPLETE", {TEC_B_ASKS, TEC_B_OFF}},
    {"FEATURES", {0}},
    {"TTT_MAP_RANGE", {CVM_C, 0x200000, 0x201000, 0, 0}},
    {"TTT_UNMAP_RANGE", {CVM_B, 0x200000, 0x200000, 0}},
    {"TTT_DESTROY", {CVM_A}},
    {"MEM_INFO_SHOW", {SRC + 8}},
    {"INFO_SHOW", {0}},
#define NOT_MODELLED(command) \
  {                           \
    command,                  \
    {                         \
      CVM_A, CVM_A, CVM_A     \
    }                         \
  }
    NOT_MODELLED("MIG_CONTROL"),
    NOT_MODELLED("INF_TEST"),
    NOT_MODELLED("MIG_DATA"),
    NOT_MODELLED("KAE_INIT"),
    NOT_MODELLED("KAE_ENABLE"),
    NOT_MODELLED("MIG_ATTESTATION"),
    NOT_MODELLED("SMMU_QUEUE_CREATE"),
    NOT_MODELLED("SMMU_QUEUE_WRITE"),
    NOT_MODELLED("SMMU_STE_CREATE"),
    NOT_MODELLED("MMIO_MAP"),
    NOT_MODELLED("MMIO_UNMAP"),
    NOT_MODELLED("MMIO_WRITE"),
    NOT_MODELLED("MMIO_READ"),
    NOT_MODELLED("DEV_DELEGATE"),
    NOT_MODELLED("DEV_ATTACH"),
    NOT_MODELLED("HANDLE_S_EVTQ"),
    NOT_MODELLED("SMMU_DEVICE_RESET"),
    NOT_MODELLED("SMMU_WRITE"),
    NOT_MODELLED("SMMU_READ"),
    NOT_MODELLED("SMMU_PCIE_CORE_CHECK"),
    NOT_MODELLED("DEV_TTT_CREATE"),
    NOT_MODELLED("DEVICE_CREATE"),
    NOT_MODELLED("DEVICE_DESTROY"),
};

/* --- What a call finds, where arguments and buffers are not enough -------------------------------------- */

static void a_is_active(struct rig *rig)
{
  OK(rig, "CVM_ACTIVATE", CVM_A);
}

static void tec_a_runs(struct rig *rig)
{
  rec_edit(rig->m, TEC_A)->running = 1;
}

static void tec_b_runs(struct rig *rig)
{
  rec_edit(rig->m, TEC_B)->running = 1;
}

static void b_is_off(struct rig *rig)
{
  guest_system_off(rig->m, TEC_B);
}

static void a_has_511_tecs(struct rig *rig)
{
  realm_edit(rig->m, CVM_A)->num_recs = 511;
}

static void tec_a_asks_too(struct rig *rig)
{
  guest_pending(rig->m, TEC_A)->psci_pending = 1;
}

static void psci_names_another(struct rig *rig)
{
  rec_edit(rig->m, TEC_B_ASKS)->cpu.x[1] = 0;
}

/* Takes ranges as long as the pool has them, then page after page. */
static void the_pool_is_empty(struct rig *rig)
{
  uint64_t ipa = 64 * MIB;
  for (uint64_t size = 8 * MIB; size >= PAGE; size /= 2)
    while (CALL(rig, "TTT_MAP_RANGE", CVM_C, ipa, size, 0, 0) == 0)
      ipa += size;
  for (ipa = 0x100000; CALL(rig, "DATA_CREATE", 0, CVM_A, ipa, 0, 3) == 0; ipa += PAGE)
    ;
  assert_string_equal(rig->refused, "memory");
}

/* --- The rows ----------------------------------------------------------------------------------------- */

#define GRANULE_ROWS(cmd, align, bound, state, n, good, wrong) \
  ARG(cmd, align, n, UNALIGNED(good)), ARG(cmd, bound, n, HOST), ARG(cmd, state, n, wrong)
#define RD_ROWS(cmd, n) GRANULE_ROWS(cmd, "rd_align", "rd_bound", "rd_state", n, CVM_A, TEC_A)
#define BUFFER_ROWS(cmd, align, bound, pas, n, good) \
  ARG(cmd, align, n, UNALIGNED(good)), ARG(cmd, bound, n, NOWHERE), ARG(cmd, pas, n, CVM_A)

static const struct condition_row rows[] = {
    ARG("MEM_INFO_SHOW", "addr_bound", 1, NOWHERE),
    ARG("MEM_INFO_SHOW", "addr_bound", 1, UINT64_MAX - 1534),
    ARG("MEM_INFO_SHOW", "addr_pas", 1, CVM_A),
    WHEN("MIG_CONTROL", "supported", NULL),
    WHEN("INF_TEST", "supported", NULL),
    WHEN("MIG_DATA", "supported", NULL),
    WHEN("KAE_INIT", "supported", NULL),
    WHEN("KAE_ENABLE", "supported", NULL),
    WHEN("MIG_ATTESTATION", "supported", NULL),
    WHEN("SMMU_QUEUE_CREATE", "supported", NULL),
    WHEN("SMMU_QUEUE_WRITE", "supported", NULL),
    WHEN("SMMU_STE_CREATE", "supported", NULL),
    WHEN("MMIO_MAP", "supported", NULL),
    WHEN("MMIO_UNMAP", "supported", NULL),
    WHEN("MMIO_WRITE", "supported", NULL),
    WHEN("MMIO_READ", "supported", NULL),
    WHEN("DEV_DELEGATE", "supported", NULL),
    WHEN("DEV_ATTACH", "supported", NULL),
    WHEN("HANDLE_S_EVTQ", "supported", NULL),
    WHEN("SMMU_DEVICE_RESET", "supported", NULL),
    WHEN("SMMU_WRITE", "supported", NULL),
    WHEN("SMMU_READ", "supported", NULL),
    WHEN("SMMU_PCIE_CORE_CHECK", "supported", NULL),
    WHEN("DEV_TTT_CREATE", "supported", NULL),
    WHEN("DEVICE_CREATE", "supported", NULL),
    WHEN("DEVICE_DESTROY", "supported", NULL),

    RD_ROWS("DATA_CREATE", 2),
    ARG("DATA_CREATE", "level_bound", 5, 2),
    ARG("DATA_CREATE", "ipa_align", 3, 0x2008),
    ARG("DATA_CREATE", "ipa_bound", 3, SPACE),
    BUFFER_ROWS("DATA_CREATE", "src_align", "src_bound", "src_pas", 4, SRC),
    WHEN("DATA_CREATE", "cvm_state", a_is_active),
    ARG("DATA_CREATE", "ttt_walk", 3, 0x200000),
    ARG("DATA_CREATE", "ttte_state", 3, 0x1000),
    WHEN("DATA_CREATE", "memory", the_pool_is_empty),

    RD_ROWS("DATA_DESTROY", 1),
    ARG("DATA_DESTROY", "level_bound", 3, 1),
    ARG("DATA_DESTROY", "ipa_align", 2, 0x1008),
    ARG("DATA_DESTROY", "ipa_bound", 2, SPACE),
    ARG("DATA_DESTROY", "ttt_walk", 2, 0x200000),
    ARG("DATA_DESTROY", "ttte_state", 2, 0x2000),

    RD_ROWS("CVM_ACTIVATE", 1),
    ARG("CVM_ACTIVATE", "cvm_state", 1, CVM_B),

    ARG("CVM_CREATE", "params_align", 1, PARAMS + 8),
    ARG("CVM_CREATE", "params_bound", 1, NOWHERE),
    ARG("CVM_CREATE", "params_pas", 1, CVM_A),
    POKE("CVM_CREATE", "params_valid", PARAMS + 0x30, 8, 2),
    POKE("CVM_CREATE", "params_valid", PARAMS + 0x30, 8, UINT64_C(1) << 32),
    POKE("CVM_CREATE", "params_supp", PARAMS + 0x08, 8, 49),
    POKE("CVM_CREATE", "params_supp", PARAMS + 0x08, 8, UINT64_C(1) << 32 | 40),
    POKE("CVM_CREATE", "params_supp", PARAMS + 0x18, 8, 64),
    POKE("CVM_CREATE", "ttt_num_level", PARAMS + 0x58, 8, 3),
    POKE("CVM_CREATE", "ttt_num_level", PARAMS + 0x60, 8, 2),
    POKE("CVM_CREATE", "vmid_valid", PARAMS + 0x38, 8, 2),
    POKE("CVM_CREATE", "vmid_valid", PARAMS + 0x38, 8, 0x10000),
    WHEN("CVM_CREATE", "memory", the_pool_is_empty),

    RD_ROWS("CVM_DESTROY", 1),
    ARG("CVM_DESTROY", "cvm_live", 1, CVM_B),

    RD_ROWS("TEC_CREATE", 2),
    BUFFER_ROWS("TEC_CREATE", "params_align", "params_bound", "params_pas", 4, REC_PARAMS),
    WHEN("TEC_CREATE", "num_tecs", a_has_511_tecs),
    WHEN("TEC_CREATE", "cvm_state", a_is_active),
    ARG("TEC_CREATE", "mpidr_index", 3, 2),
    ARG("TEC_CREATE", "mpidr_index", 3, 0x80000001),
    WHEN("TEC_CREATE", "memory", the_pool_is_empty),

    GRANULE_ROWS("TEC_DESTROY", "tec_align", "tec_bound", "tec_gran_state", 1, TEC_A, CVM_A),
    WHEN("TEC_DESTROY", "tec_state", tec_a_runs),

    BUFFER_ROWS("TEC_ENTER", "run_align", "run_bound", "run_pas", 2, RUN),
    GRANULE_ROWS("TEC_ENTER", "tec_align", "tec_bound", "tec_gran_state", 1, TEC_B, CVM_B),
    WHEN("TEC_ENTER", "tec_state", tec_b_runs),
    ARG("TEC_ENTER", "tec_owner", 1, TEC_ORPHAN),
    ARG("TEC_ENTER", "cvm_new", 1, TEC_A),
    WHEN("TEC_ENTER", "cvm_off", b_is_off),
    ARG("TEC_ENTER", "tec_runnable", 1, TEC_B_OFF),
    ARG("TEC_ENTER", "tec_psci", 1, TEC_B_ASKS),
    POKE("TEC_ENTER", "tec_gicv3", RUN + 0x180, 8, 1),
    POKE("TEC_ENTER", "tec_gicv3", RUN + 0x100, 8, UINT64_C(1) << 61),
    POKE("TEC_ENTER", "tec_mmio", RUN, 8, 1),

    RD_ROWS("TTT_CREATE", 2),
    ARG("TTT_CREATE", "level_bound", 4, 0),
    ARG("TTT_CREATE", "level_bound", 4, 4),
    ARG("TTT_CREATE", "ipa_align", 3, 0x201000),
    ARG("TTT_CREATE", "ipa_bound", 3, SPACE),
    ARG("TTT_CREATE", "ttt_walk", 3, UINT64_C(1) << 30),
    ARG("TTT_CREATE", "ttte_state", 3, 0),
    WHEN("TTT_CREATE", "memory", the_pool_is_empty),

    ARG("PSCI_COMPLETE", "alias", 2, TEC_B_ASKS),
    GRANULE_ROWS("PSCI_COMPLETE", "calling_align", "calling_bound", "calling_state", 1, TEC_B_ASKS, CVM_B),
    GRANULE_ROWS("PSCI_COMPLETE", "target_align", "target_bound", "target_state", 2, TEC_B_OFF, CVM_B),
    ARG("PSCI_COMPLETE", "pending", 1, TEC_B),
    ARG_WHEN("PSCI_COMPLETE", "owner", 1, TEC_A, tec_a_asks_too),
    WHEN("PSCI_COMPLETE", "target", psci_names_another),

    RD_ROWS("TTT_MAP_RANGE", 1),
    ARG("TTT_MAP_RANGE", "ipa_align", 2, 0x200008),
    ARG("TTT_MAP_RANGE", "size_valid", 3, 0),
    ARG("TTT_MAP_RANGE", "size_valid", 3, 0x1008),
    ARG("TTT_MAP_RANGE", "size_valid", 3, UINT64_MAX - 0xfff),
    ARG("TTT_MAP_RANGE", "ipa_bound", 2, SPACE - 0x1000),
    ARG_WHEN("TTT_MAP_RANGE", "cvm_state", 1, CVM_B, b_is_off),
    ARG("TTT_MAP_RANGE", "memory", 3, UINT64_C(1) << 38),
    ARG("TTT_MAP_RANGE", "ttte_state", 1, CVM_B),

    RD_ROWS("TTT_UNMAP_RANGE", 1),
    ARG("TTT_UNMAP_RANGE", "ipa_align", 2, 0x200008),
    ARG("TTT_UNMAP_RANGE", "size_valid", 3, 0),
    ARG("TTT_UNMAP_RANGE", "ipa_bound", 2, SPACE),
    ARG("TTT_UNMAP_RANGE", "ttte_state", 3, 0x1000),

    RD_ROWS("TTT_DESTROY", 1),
    WHEN("TTT_DESTROY", "tec_running", tec_a_runs),
};

static const struct condition_test test = {tmi_world, calls, sizeof calls / sizeof *calls, rows,
                                           sizeof rows / sizeof *rows};

static void every_good_call_succeeds(void **state)
{
  (void)state;
  check_good_calls(&test);
}

static void every_condition_refuses_and_changes_nothing(void **state)
{
  (void)state;
  check_rows(&test);
}

static void every_condition_of_the_table_has_a_row(void **state)
{
  (void)state;
  check_complete(&test);
}

static void all_conditions_that_hold_are_told(void **state)
{
  (void)state;
  check_held_pairs(&test);
}

static void unknown_function_ids_change_only_x0(void **state)
{
  (void)state;
  check_unknown(&test);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_good_call_succeeds),
      cmocka_unit_test(every_condition_refuses_and_changes_nothing),
      cmocka_unit_test(every_condition_of_the_table_has_a_row),
      cmocka_unit_test(all_conditions_that_hold_are_told),
      cmocka_unit_test(unknown_function_ids_change_only_x0),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
