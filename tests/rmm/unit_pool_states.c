/* The granules of the TMM's pool: every state meets every command that can name it, and each command that
 * makes or takes granules does so as the table says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_states.h"
#include "support_tmi.h"
#include "rooms/rmm.h"

#define CVM_C_ROOT S(23)
#define AUX S(7)    /* of TEC_A */
#define A_PAGE S(5) /* at 0x1000 */
#define FREE_ONE S(40)

static const struct {
  const char *state;
  uint64_t pa;
} granules[] = {
    {"UNDELEGATED", FREE_ONE}, {"RD", CVM_C}, {"REC", TEC_A}, {"REC_AUX", AUX}, {"DATA", A_PAGE}, {"RTT", CVM_C_ROOT},
};

static const char *state_of(struct rig *rig, uint64_t pa)
{
  enum vcca_granule_state state;
  enum vcca_pas pas;
  assert_true(vcca_granule_at(rig->m, pa, &state, &pas));
  assert_int_equal(pas, VCCA_PAS_SECURE);
  return vcca_granule_state_name(state);
}

/* Commands that take the granule, or a handle in its place, as their argument. */
static void named_granules_go_where_the_table_says_and_nowhere_else(void **state)
{
  static const char *const events[] = {"CVM_DESTROY", "TEC_DESTROY"};
  (void)state;
  for (size_t i = 0; i < sizeof granules / sizeof *granules; i++)
    for (unsigned j = 0; j < 2; j++) {
      struct rig *rig = tmi_world();
      struct vcca_bytes before = {0};
      assert_string_equal(state_of(rig, granules[i].pa), granules[i].state);
      assert_true(vcca_machine_save(rig->m, &before, NULL));
      uint64_t status = CALL(rig, events[j], granules[i].pa);
      states_check(rig, "pool", granules[i].state, events[j], status, state_of(rig, granules[i].pa),
                   vcca_bytes_span(&before));
      vcca_bytes_free(&before);
      rig_free(rig);
    }
}

/* Everything else takes granules of the TMM's choice: how many of each state come and go. */
static void calls_make_and_free_what_the_table_says(void **state)
{
  static const struct {
    const char *command;
    uint64_t args[8];
    struct {
      const char *event;
      enum vcca_granule_state state;
      int count;
    } changes[3];
  } calls[] = {
      {"CVM_CREATE", {PARAMS}, {{"CVM_CREATE", VCCA_GRANULE_RD, 1}, {"CVM_CREATE(ttt)", VCCA_GRANULE_RTT, 1}}},
      {"CVM_DESTROY", {CVM_C}, {{"CVM_DESTROY", VCCA_GRANULE_RD, -1}, {"CVM_DESTROY(ttt)", VCCA_GRANULE_RTT, -1}}},
      {"TEC_CREATE",
       {0, CVM_A, 1, REC_PARAMS},
       {{"TEC_CREATE", VCCA_GRANULE_REC, 1}, {"TEC_CREATE(aux)", VCCA_GRANULE_REC_AUX, 2}}},
      {"TEC_DESTROY", {TEC_A}, {{"TEC_DESTROY", VCCA_GRANULE_REC, -1}, {"TEC_DESTROY(aux)", VCCA_GRANULE_REC_AUX, -2}}},
      {"DATA_CREATE", {0, CVM_A, 0x2000, SRC, 3}, {{"DATA_CREATE", VCCA_GRANULE_DATA, 1}}},
      {"DATA_DESTROY", {CVM_A, 0x1000, 3}, {{"DATA_DESTROY", VCCA_GRANULE_DATA, -1}}},
      {"TTT_CREATE", {0, CVM_C, 0, 1}, {{"TTT_CREATE", VCCA_GRANULE_RTT, 1}}},
      {"TTT_MAP_RANGE",
       {CVM_C, 0x200000, 0x203000},
       {{"TTT_MAP_RANGE", VCCA_GRANULE_DATA, 515}, {"TTT_MAP_RANGE(ttt)", VCCA_GRANULE_RTT, 3}}},
      {"TTT_UNMAP_RANGE", {CVM_B, 0x200000, 0x200000}, {{"TTT_UNMAP_RANGE", VCCA_GRANULE_DATA, -512}}},
      {"TTT_DESTROY", {CVM_A}, {{"TTT_DESTROY", VCCA_GRANULE_DATA, -1}, {"TTT_DESTROY(ttt)", VCCA_GRANULE_RTT, -3}}},
  };
  (void)state;
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    struct rig *rig = tmi_world();
    uint64_t before[VCCA_GRANULE_STATES], after[VCCA_GRANULE_STATES];
    int64_t want[VCCA_GRANULE_STATES] = {0};
    vcca_granule_census(rig->m, before);
    rig_call(rig, calls[i].command, calls[i].args);
    if (rig->refused)
      fail_msg("%s: refused by %s", calls[i].command, rig->refused);
    vcca_granule_census(rig->m, after);
    for (unsigned j = 0; j < 3 && calls[i].changes[j].event; j++) {
      const char *name = vcca_granule_state_name(calls[i].changes[j].state);
      bool made = calls[i].changes[j].count > 0;
      want[calls[i].changes[j].state] = calls[i].changes[j].count;
      const char *to = states_next("pool", made ? "UNDELEGATED" : name, calls[i].changes[j].event);
      assert_non_null(to);
      assert_string_equal(to, made ? name : "UNDELEGATED");
    }
    for (unsigned s = 0; s < VCCA_GRANULE_STATES; s++)
      if ((int64_t)after[s] - (int64_t)before[s] != want[s])
        fail_msg("%s: %s by %lld", calls[i].command, vcca_granule_state_name((enum vcca_granule_state)s),
                 (long long)((int64_t)after[s] - (int64_t)before[s]));
    rig_free(rig);
  }
  states_all_tried("pool");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(named_granules_go_where_the_table_says_and_nowhere_else),
      cmocka_unit_test(calls_make_and_free_what_the_table_says),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
