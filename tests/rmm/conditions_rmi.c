/* Each failure condition of each RMI command, as a call that fails by it alone. Long because each condition
 * is a row.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_conditions.h"

#include "rmm/rec.h"

#define UNALIGNED(pa) ((pa) + 8)
#define MINUS_ONE UINT64_MAX
#define OTHER (FREE + 40 * PAGE) /* delegated, and nobody else's */

static const struct good_call calls[] = {
    {"VERSION", {0x10000}},
    {"GRANULE_DELEGATE", {HOST}},
    {"GRANULE_UNDELEGATE", {FREE}},
    {"DATA_CREATE", {A, FREE, 0x2000, SRC, 1}},
    {"DATA_CREATE_UNKNOWN", {A, FREE, 0x2000}},
    {"DATA_DESTROY", {A, 0x1000}},
    {"REALM_ACTIVATE", {A}},
    {"REALM_CREATE", {FREE, PARAMS}},
    {"REALM_DESTROY", {C}},
    {"REC_CREATE", {A, FREE, REC_PARAMS}},
    {"REC_DESTROY", {A_REC}},
    {"REC_ENTER", {B_REC, RUN}},
    {"RTT_CREATE", {A, FREE, 0x200000, 3}},
    {"RTT_DESTROY", {A, 0x400000, 3}},
    {"RTT_MAP_UNPROTECTED", {B, UNPROTECTED, 3, HOST | 0xc0}},
    {"RTT_READ_ENTRY", {A, 0x1000, 3}},
    {"RTT_UNMAP_UNPROTECTED", {B, UNPROTECTED + 0x1000, 3}},
    {"PSCI_COMPLETE", {B_ASKS, B_OFF, 0}},
    {"FEATURES", {0}},
    {"RTT_FOLD", {A, 0x400000, 3}},
    {"REC_AUX_COUNT", {A}},
    {"RTT_INIT_RIPAS", {A, 0x200000, 0x400000}},
    {"RTT_SET_RIPAS", {B, B_ASKS, 0x2000, 0x4000}},
};

/* --- What a call finds, where arguments and buffers are not enough -------------------------------------- */

static void a_is_active(struct rig *rig)
{
  OK(rig, "REALM_ACTIVATE", A);
}

static void a_rec_runs(struct rig *rig)
{
  rec_edit(rig->m, A_REC)->running = 1;
}

static void b_rec_runs(struct rig *rig)
{
  rec_edit(rig->m, B_REC)->running = 1;
}

static void b_asking_rec_runs(struct rig *rig)
{
  rec_edit(rig->m, B_ASKS)->running = 1;
}

static void b_is_off(struct rig *rig)
{
  guest_system_off(rig->m, B_REC);
}

static void a_has_511_recs(struct rig *rig)
{
  realm_edit(rig->m, A)->num_recs = 511;
}

static void an_aux_granule_is_taken(struct rig *rig)
{
  OK(rig, "GRANULE_UNDELEGATE", FREE + 20 * PAGE);
}

static void high_memory_is_delegated(struct rig *rig)
{
  rmi_delegate(rig, HIGH, 1);
}

static void a_root_is_taken(struct rig *rig)
{
  OK(rig, "GRANULE_UNDELEGATE", FREE + PAGE);
}

static void two_roots_are_misaligned(struct rig *rig)
{
  rig_poke(rig, PARAMS + 0x08, 1, 40);
  rig_poke(rig, PARAMS + 0x810, 8, 1); /* level 1: 2^(40 - 39) root tables */
  rig_poke(rig, PARAMS + 0x818, 4, 2);
}

static void the_empty_table_is_mixed(struct rig *rig)
{
  OK(rig, "RTT_INIT_RIPAS", A, 0x401000, 0x402000);
}

static void the_empty_table_holds_data(struct rig *rig)
{
  OK(rig, "DATA_CREATE", A, FREE, 0x403000, SRC, 1);
}

static void psci_names_another(struct rig *rig)
{
  rec_edit(rig->m, B_ASKS)->cpu.x[1] = 0;
}

static void a_rec_asks_too(struct rig *rig)
{
  guest_pending(rig->m, A_REC)->psci_pending = 1;
}

static void a_change_is_asked_in_a_block(struct rig *rig)
{
  struct guest_pending *asks = guest_pending(rig->m, B_ASKS);
  asks->ripas_addr = 0x201000;
  asks->ripas_top = 0x600000;
}

static void a_change_is_asked_of_half_a_block(struct rig *rig)
{
  struct guest_pending *asks = guest_pending(rig->m, B_ASKS);
  asks->ripas_addr = 0x200000;
  asks->ripas_top = 0x300000;
}

static void a_change_is_asked_of_blocks(struct rig *rig)
{
  struct guest_pending *asks = guest_pending(rig->m, B_ASKS);
  asks->ripas_addr = 0x200000;
  asks->ripas_top = 0x600000;
}

static void c_has_a_table(struct rig *rig)
{
  OK(rig, "RTT_CREATE", C, OTHER, 0, 1);
}

static void b_is_new(struct rig *rig)
{
  realm_edit(rig->m, B)->state = VCCA_REALM_NEW;
}

static void b_rec_runs_and_b_is_new(struct rig *rig)
{
  b_rec_runs(rig);
  b_is_new(rig);
}

static void b_rec_runs_and_b_is_off(struct rig *rig)
{
  b_is_off(rig);
  b_rec_runs(rig);
}

static void b_rec_is_off(struct rig *rig)
{
  rec_edit(rig->m, B_REC)->runnable = 0;
}

static void b_rec_asks_too(struct rig *rig)
{
  guest_pending(rig->m, B_REC)->psci_pending = 1;
}

static void the_page_is_there(struct rig *rig)
{
  OK(rig, "DATA_CREATE_UNKNOWN", A, OTHER, 0x2000);
}

static void the_page_is_gone(struct rig *rig)
{
  OK(rig, "DATA_DESTROY", A, 0x1000);
}

static void the_table_is_there(struct rig *rig)
{
  OK(rig, "RTT_CREATE", A, OTHER, 0x200000, 3);
}

static void the_table_is_gone(struct rig *rig)
{
  OK(rig, "RTT_DESTROY", A, 0x400000, 3);
}

static void the_mapping_is_there(struct rig *rig)
{
  OK(rig, "RTT_MAP_UNPROTECTED", B, UNPROTECTED, 3, HOST | 0xc0);
}

static void the_mapping_is_gone(struct rig *rig)
{
  OK(rig, "RTT_UNMAP_UNPROTECTED", B, UNPROTECTED + 0x1000, 3);
}

/* --- The rows ----------------------------------------------------------------------------------------- */

#define RD_ROWS(cmd, n) \
  ARG(cmd, "rd_align", n, UNALIGNED(A)), ARG(cmd, "rd_bound", n, DEVICE), ARG(cmd, "rd_state", n, FREE)
/* A granule argument that has to be in some state. */
#define GRANULE_ROWS(cmd, align, bound, state, n, good, wrong) \
  ARG(cmd, align, n, UNALIGNED(good)), ARG(cmd, bound, n, DEVICE), ARG(cmd, state, n, wrong)

static const struct condition_row rows[] = {
    ARG("VERSION", "req_supported", 1, 0x20000),

    GRANULE_ROWS("GRANULE_DELEGATE", "gran_align", "gran_bound", "gran_state", 1, HOST, FREE),
    ARG("GRANULE_DELEGATE", "gran_gpt", 1, SECURE),
    GRANULE_ROWS("GRANULE_UNDELEGATE", "gran_align", "gran_bound", "gran_state", 1, FREE, A),

    ARG("DATA_CREATE", "flags_valid", 5, 2),
    GRANULE_ROWS("DATA_CREATE", "src_align", "src_bound", "src_pas", 4, SRC, FREE),
    GRANULE_ROWS("DATA_CREATE", "data_align", "data_bound", "data_state", 2, FREE, HOST),
    RD_ROWS("DATA_CREATE", 1),
    WHEN("DATA_CREATE", "realm_state", a_is_active),
    ARG("DATA_CREATE", "ipa_bound", 3, UNPROTECTED),
    ARG("DATA_CREATE", "ipa_align", 3, 0x2004),
    ARG_WHEN("DATA_CREATE", "data_bound2", 2, HIGH, high_memory_is_delegated),
    ARG("DATA_CREATE", "rtt_walk", 3, 0x200000),
    ARG("DATA_CREATE", "rtt_walk", 1, C),
    ARG("DATA_CREATE", "rtte_state", 3, 0x1000),
    WHEN("DATA_CREATE", "rtte_state", the_page_is_there),

    GRANULE_ROWS("DATA_CREATE_UNKNOWN", "data_align", "data_bound", "data_state", 2, FREE, HOST),
    RD_ROWS("DATA_CREATE_UNKNOWN", 1),
    ARG("DATA_CREATE_UNKNOWN", "ipa_bound", 3, UNPROTECTED),
    ARG("DATA_CREATE_UNKNOWN", "ipa_align", 3, 0x2004),
    ARG_WHEN("DATA_CREATE_UNKNOWN", "data_bound2", 2, HIGH, high_memory_is_delegated),
    ARG("DATA_CREATE_UNKNOWN", "rtt_walk", 3, 0x200000),
    ARG("DATA_CREATE_UNKNOWN", "rtt_walk", 1, C),
    ARG("DATA_CREATE_UNKNOWN", "rtte_state", 3, 0x1000),
    WHEN("DATA_CREATE_UNKNOWN", "rtte_state", the_page_is_there),
    BOTH_WHEN("DATA_CREATE_UNKNOWN", "ipa_bound", "rtte_state", 1, B, 3, UNPROTECTED + 0x1000, NULL),

    RD_ROWS("DATA_DESTROY", 1),
    ARG("DATA_DESTROY", "ipa_bound", 2, UNPROTECTED),
    ARG("DATA_DESTROY", "ipa_align", 2, 0x1004),
    ARG("DATA_DESTROY", "rtt_walk", 2, 0x200000),
    ARG("DATA_DESTROY", "rtt_walk", 1, C),
    ARG("DATA_DESTROY", "rtte_state", 2, 0x2000),
    WHEN("DATA_DESTROY", "rtte_state", the_page_is_gone),
    BOTH_WHEN("DATA_DESTROY", "ipa_bound", "rtte_state", 1, B, 2, UNPROTECTED + 0x2000, NULL),

    RD_ROWS("REALM_ACTIVATE", 1),
    ARG("REALM_ACTIVATE", "realm_state", 1, B),
    WHEN("REALM_ACTIVATE", "realm_state", a_is_active),

    GRANULE_ROWS("REALM_CREATE", "params_align", "params_bound", "params_pas", 2, PARAMS, FREE),
    POKE("REALM_CREATE", "params_valid", PARAMS + 0x30, 1, 7),
    POKE("REALM_CREATE", "params_valid", PARAMS + 0x30, 1, VCCA_SHA384),
    POKE("REALM_CREATE", "params_supp", PARAMS + 0x08, 1, 49),
    POKE("REALM_CREATE", "params_supp", PARAMS + 0x08, 1, 31),
    POKE("REALM_CREATE", "params_supp", PARAMS, 8, 1),
    POKE("REALM_CREATE", "params_supp", PARAMS + 0x18, 1, 0),
    POKE("REALM_CREATE", "params_supp", PARAMS + 0x20, 1, 4),
    POKE("REALM_CREATE", "params_supp", PARAMS + 0x28, 1, 0),
    POKE("REALM_CREATE", "params_supp", PARAMS + 0x28, 1, 9),
    POKE("REALM_CREATE", "rtt_num_level", PARAMS + 0x810, 8, 1),
    POKE("REALM_CREATE", "rtt_num_level", PARAMS + 0x810, 8, MINUS_ONE),
    POKE("REALM_CREATE", "rtt_num_level", PARAMS + 0x818, 4, 0),
    POKE("REALM_CREATE", "rtt_num_level", PARAMS + 0x818, 4, 2),
    POKE("REALM_CREATE", "vmid_valid", PARAMS + 0x800, 2, 2),
    ARG("REALM_CREATE", "alias", 1, FREE + PAGE),
    GRANULE_ROWS("REALM_CREATE", "rd_align", "rd_bound", "rd_state", 1, FREE, A),
    POKE("REALM_CREATE", "rtt_align", PARAMS + 0x808, 8, FREE + PAGE + 8),
    WHEN("REALM_CREATE", "rtt_align", two_roots_are_misaligned),
    WHEN("REALM_CREATE", "rtt_state", a_root_is_taken),
    POKE("REALM_CREATE", "rtt_state", PARAMS + 0x808, 8, NOWHERE),

    RD_ROWS("REALM_DESTROY", 1),
    ARG("REALM_DESTROY", "realm_live", 1, A),
    WHEN("REALM_DESTROY", "realm_live", c_has_a_table),

    RD_ROWS("REC_AUX_COUNT", 1),

    GRANULE_ROWS("REC_CREATE", "params_align", "params_bound", "params_pas", 3, REC_PARAMS, FREE),
    POKE("REC_CREATE", "num_aux", REC_PARAMS + 0x800, 8, 15),
    {.command = "REC_CREATE",
     .condition = "num_aux",
     .seen = "num_aux_none",
     .poke = {REC_PARAMS + 0x800, 8, 0}}, /* no aux_* then */
    {.command = "REC_CREATE", .condition = "num_aux", .seen = "num_aux_above", .poke = {REC_PARAMS + 0x800, 8, 17}},
    {.command = "REC_CREATE",
     .condition = "num_aux",
     .seen = "num_aux_above",
     .poke = {REC_PARAMS + 0x800, 8, MINUS_ONE}},
    POKE("REC_CREATE", "aux_align", REC_PARAMS + 0x818, 8, FREE + 8),
    {.command = "REC_CREATE",
     .condition = "aux_align",
     .seen = "aux_align_last",
     .poke = {REC_PARAMS + 0x880, 8, FREE + 8}},
    POKE("REC_CREATE", "aux_alias", REC_PARAMS + 0x810, 8, FREE + 16 * PAGE),
    POKE("REC_CREATE", "aux_alias", REC_PARAMS + 0x810, 8, FREE),
    WHEN("REC_CREATE", "aux_state", an_aux_granule_is_taken),
    GRANULE_ROWS("REC_CREATE", "rec_align", "rec_bound", "rec_state", 2, FREE, A_REC),
    RD_ROWS("REC_CREATE", 1),
    WHEN("REC_CREATE", "num_recs", a_has_511_recs),
    WHEN("REC_CREATE", "realm_state", a_is_active),
    POKE("REC_CREATE", "mpidr_index", REC_PARAMS + 0x100, 8, 2),
    POKE("REC_CREATE", "mpidr_index", REC_PARAMS + 0x100, 8, 0x11),

    GRANULE_ROWS("REC_DESTROY", "rec_align", "rec_bound", "rec_gran_state", 1, A_REC, A),
    WHEN("REC_DESTROY", "rec_state", a_rec_runs),

    GRANULE_ROWS("REC_ENTER", "run_align", "run_bound", "run_pas", 2, RUN, FREE),
    GRANULE_ROWS("REC_ENTER", "rec_align", "rec_bound", "rec_gran_state", 1, B_REC, B),
    WHEN("REC_ENTER", "rec_state", b_rec_runs),
    {.command = "REC_ENTER", .condition = "rec_state", .also = "realm_new", .prepare = b_rec_runs_and_b_is_new},
    {.command = "REC_ENTER", .condition = "rec_state", .also = "system_off", .prepare = b_rec_runs_and_b_is_off},
    ARG("REC_ENTER", "realm_new", 1, A_REC),
    WHEN("REC_ENTER", "realm_new", b_is_new),
    WHEN("REC_ENTER", "system_off", b_is_off),
    ARG("REC_ENTER", "rec_runnable", 1, B_OFF),
    WHEN("REC_ENTER", "rec_runnable", b_rec_is_off),
    ARG("REC_ENTER", "rec_psci", 1, B_ASKS),
    WHEN("REC_ENTER", "rec_psci", b_rec_asks_too),
    POKE("REC_ENTER", "rec_gicv3", RUN + 0x300, 8, 1),                        /* En is not the host's */
    POKE("REC_ENTER", "rec_gicv3", RUN + 0x308, 8, UINT64_C(3) << 61 | 32),   /* HW */
    POKE("REC_ENTER", "rec_gicv3", RUN + 0x380, 8, UINT64_C(1) << 62 | 1023), /* no interrupt has this number */
    POKE("REC_ENTER", "rec_mmio", RUN, 8, 1),

    GRANULE_ROWS("RTT_CREATE", "rtt_align", "rtt_bound", "rtt_state", 2, FREE, A_L3),
    RD_ROWS("RTT_CREATE", 1),
    ARG("RTT_CREATE", "level_bound", 4, 0),
    ARG("RTT_CREATE", "level_bound", 4, 4),
    ARG("RTT_CREATE", "level_bound", 4, MINUS_ONE),
    ARG("RTT_CREATE", "ipa_align", 3, 0x201000),
    ARG("RTT_CREATE", "ipa_bound", 3, UINT64_C(1) << 40),
    ARG_WHEN("RTT_CREATE", "rtt_bound2", 2, HIGH, high_memory_is_delegated),
    ARG("RTT_CREATE", "rtt_walk", 3, UINT64_C(1) << 30),
    ARG("RTT_CREATE", "rtt_walk", 1, C),
    ARG("RTT_CREATE", "rtte_state", 3, 0),
    WHEN("RTT_CREATE", "rtte_state", the_table_is_there),

    RD_ROWS("RTT_DESTROY", 1),
    ARG("RTT_DESTROY", "level_bound", 3, 0),
    ARG("RTT_DESTROY", "ipa_align", 2, 0x401000),
    ARG("RTT_DESTROY", "ipa_bound", 2, UINT64_C(1) << 40),
    ARG("RTT_DESTROY", "rtt_walk", 2, UINT64_C(1) << 30),
    ARG("RTT_DESTROY", "rtt_walk", 1, C),
    ARG("RTT_DESTROY", "rtte_state", 2, 0x200000),
    WHEN("RTT_DESTROY", "rtte_state", the_table_is_gone),
    ARG("RTT_DESTROY", "rtt_live", 2, 0),
    WHEN("RTT_DESTROY", "rtt_live", the_empty_table_holds_data),

    ARG("RTT_MAP_UNPROTECTED", "attr_valid", 4, HOST | 1),
    ARG("RTT_MAP_UNPROTECTED", "attr_valid", 4, HOST | 0x10),
    RD_ROWS("RTT_MAP_UNPROTECTED", 1),
    ARG("RTT_MAP_UNPROTECTED", "level_bound", 3, 0),
    ARG("RTT_MAP_UNPROTECTED", "addr_align", 3, 2),
    ARG("RTT_MAP_UNPROTECTED", "addr_bound", 4, HIGH),
    ARG("RTT_MAP_UNPROTECTED", "ipa_align", 2, UNPROTECTED + 8),
    ARG("RTT_MAP_UNPROTECTED", "ipa_bound", 2, 0x2000),
    ARG("RTT_MAP_UNPROTECTED", "ipa_bound", 2, UINT64_C(1) << 40),
    ARG("RTT_MAP_UNPROTECTED", "rtt_walk", 2, UNPROTECTED + 0x200000),
    ARG("RTT_MAP_UNPROTECTED", "rtt_walk", 1, C),
    ARG("RTT_MAP_UNPROTECTED", "rtte_state", 2, UNPROTECTED + 0x1000),
    WHEN("RTT_MAP_UNPROTECTED", "rtte_state", the_mapping_is_there),
    BOTH("RTT_MAP_UNPROTECTED", "ipa_bound", "rtt_walk", 2, 0x200000),
    BOTH("RTT_MAP_UNPROTECTED", "ipa_bound", "rtte_state", 2, 0x1000),

    RD_ROWS("RTT_UNMAP_UNPROTECTED", 1),
    ARG("RTT_UNMAP_UNPROTECTED", "level_bound", 3, 4),
    ARG("RTT_UNMAP_UNPROTECTED", "ipa_align", 2, UNPROTECTED + 8),
    ARG("RTT_UNMAP_UNPROTECTED", "ipa_bound", 2, 0x1000),
    ARG("RTT_UNMAP_UNPROTECTED", "rtt_walk", 2, UNPROTECTED + 0x200000),
    ARG("RTT_UNMAP_UNPROTECTED", "rtt_walk", 1, C),
    ARG("RTT_UNMAP_UNPROTECTED", "rtte_state", 2, UNPROTECTED),
    WHEN("RTT_UNMAP_UNPROTECTED", "rtte_state", the_mapping_is_gone),
    BOTH("RTT_UNMAP_UNPROTECTED", "ipa_bound", "rtt_walk", 2, 0x200000),
    BOTH("RTT_UNMAP_UNPROTECTED", "ipa_bound", "rtte_state", 2, 0x1000),

    RD_ROWS("RTT_READ_ENTRY", 1),
    ARG("RTT_READ_ENTRY", "level_bound", 3, 4),
    ARG("RTT_READ_ENTRY", "level_bound", 3, MINUS_ONE),
    ARG("RTT_READ_ENTRY", "ipa_align", 2, 8),
    ARG("RTT_READ_ENTRY", "ipa_bound", 2, UINT64_C(1) << 40),

    RD_ROWS("RTT_FOLD", 1),
    ARG("RTT_FOLD", "level_bound", 3, 0),
    ARG("RTT_FOLD", "ipa_align", 2, 0x401000),
    ARG("RTT_FOLD", "ipa_bound", 2, UINT64_C(1) << 40),
    ARG("RTT_FOLD", "rtt_walk", 2, UINT64_C(1) << 30),
    ARG("RTT_FOLD", "rtt_walk", 1, C),
    ARG("RTT_FOLD", "rtte_state", 2, 0x200000),
    WHEN("RTT_FOLD", "rtte_state", the_table_is_gone),
    WHEN("RTT_FOLD", "rtt_homo", the_empty_table_is_mixed),

    RD_ROWS("RTT_INIT_RIPAS", 1),
    ARG("RTT_INIT_RIPAS", "size_valid", 3, 0),
    {.command = "RTT_INIT_RIPAS",
     .condition = "size_valid",
     .seen = "size_valid_base",
     .arg = 3,
     .value = 0x200000}, /* top is base */
    ARG("RTT_INIT_RIPAS", "top_bound", 3, UNPROTECTED + 0x1000),
    ARG("RTT_INIT_RIPAS", "top_gran_align", 3, 0x400008),
    ARG("RTT_INIT_RIPAS", "realm_state", 1, B),
    WHEN("RTT_INIT_RIPAS", "realm_state", a_is_active),
    ARG("RTT_INIT_RIPAS", "base_align", 2, 0x201000),
    ARG("RTT_INIT_RIPAS", "rtte_state", 2, 0x1000),
    ARG("RTT_INIT_RIPAS", "no_progress", 3, 0x3ff000),
    BOTH("RTT_INIT_RIPAS", "top_gran_align", "no_progress", 3, 0x3ff008),

    RD_ROWS("RTT_SET_RIPAS", 1),
    GRANULE_ROWS("RTT_SET_RIPAS", "rec_align", "rec_bound", "rec_gran_state", 2, B_ASKS, B),
    WHEN("RTT_SET_RIPAS", "rec_state", b_asking_rec_runs),
    ARG("RTT_SET_RIPAS", "rec_owner", 1, A),
    ARG("RTT_SET_RIPAS", "size_valid", 4, 0),
    {.command = "RTT_SET_RIPAS", .condition = "size_valid", .seen = "size_valid_base", .arg = 4, .value = 0x2000},
    ARG("RTT_SET_RIPAS", "base_bound", 3, 0x1000),
    ARG("RTT_SET_RIPAS", "top_bound", 4, 0x5000),
    ARG("RTT_SET_RIPAS", "top_gran_align", 4, 0x3008),
    ARGS_WHEN("RTT_SET_RIPAS", "base_align", 3, 0x201000, 4, 0x600000, a_change_is_asked_in_a_block),
    ARGS_WHEN("RTT_SET_RIPAS", "no_progress", 3, 0x200000, 4, 0x300000, a_change_is_asked_of_half_a_block),
    BOTH_WHEN("RTT_SET_RIPAS", "base_bound", "base_align", 3, 0x201000, 4, 0x600000, a_change_is_asked_of_blocks),
    BOTH_WHEN("RTT_SET_RIPAS", "top_gran_align", "no_progress", 3, 0x200000, 4, 0x300008, a_change_is_asked_of_blocks),

    ARG("PSCI_COMPLETE", "alias", 2, B_ASKS),
    GRANULE_ROWS("PSCI_COMPLETE", "calling_align", "calling_bound", "calling_state", 1, B_ASKS, B),
    GRANULE_ROWS("PSCI_COMPLETE", "target_align", "target_bound", "target_state", 2, B_OFF, B),
    ARG("PSCI_COMPLETE", "pending", 1, B_REC),
    ARG_WHEN("PSCI_COMPLETE", "owner", 1, A_REC, a_rec_asks_too),
    WHEN("PSCI_COMPLETE", "target", psci_names_another),
    ARG("PSCI_COMPLETE", "status", 3, (uint64_t)-2),
};

static const struct condition_test test = {rmi_world, calls, sizeof calls / sizeof *calls, rows,
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

static void unknown_function_ids_change_only_x0(void **state)
{
  (void)state;
  check_unknown(&test);
}

static void ordered_conditions_are_seen_in_their_order(void **state)
{
  (void)state;
  check_pairs(&test);
}

static void all_conditions_that_hold_are_told(void **state)
{
  (void)state;
  check_held_pairs(&test);
}

static void conditions_that_are_not_ordered_are_seen_as_tf_rmm_sees_them(void **state)
{
  static const struct observed_order orders[] = {
#define ORDER(command, groups) {#command, groups},
#include "observed_orders.def"
#undef ORDER
  };
  (void)state;
  check_observed(&test, orders, sizeof orders / sizeof *orders);
}

/* A status word's index is the level where the walk stopped; SMCCC's SVE hint is not part of the id; x5 and
 * on are preserved. */
static void registers_are_written_as_the_convention_says(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  assert_int_equal(CALL(rig, "DATA_CREATE", A, FREE, 0x200000, SRC, 1), 0x204);
  assert_int_equal(CALL(rig, "DATA_CREATE", A, FREE, 0x1000, SRC, 1), 0x304);
  assert_int_equal(CALL(rig, "REC_ENTER", A_REC, RUN), 2);
  guest_system_off(rig->m, B_REC);
  assert_int_equal(CALL(rig, "REC_ENTER", B_REC, RUN), 0x102);
  uint64_t x[VCCA_SMC_REGS];
  for (unsigned i = 0; i < VCCA_SMC_REGS; i++)
    x[i] = 0x1000 + i;
  x[0] = UINT64_C(0xffffffffc4010165);
  x[1] = 1;
  vcca_smc(rig->m, x);
  for (unsigned i = 0; i < VCCA_SMC_REGS; i++)
    assert_int_equal(x[i], i < 5 ? 0 : 0x1000 + i);
  rig_free(rig);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_good_call_succeeds),
      cmocka_unit_test(every_condition_refuses_and_changes_nothing),
      cmocka_unit_test(every_condition_of_the_table_has_a_row),
      cmocka_unit_test(ordered_conditions_are_seen_in_their_order),
      cmocka_unit_test(all_conditions_that_hold_are_told),
      cmocka_unit_test(conditions_that_are_not_ordered_are_seen_as_tf_rmm_sees_them),
      cmocka_unit_test(unknown_function_ids_change_only_x0),
      cmocka_unit_test(registers_are_written_as_the_convention_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
