/* The state machines of granules, realms and RECs: every state meets every event.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_states.h"

#include "rmm/rec.h"

#define INNER A_L3_EMPTY
#define ROOT (C + PAGE)
#define AUX P(32) /* of A_REC */

/* --- Granules ----------------------------------------------------------------------------------------- */

static const struct {
  const char *state;
  uint64_t pa;
} granules[] = {
    {"UNDELEGATED", HOST}, {"DELEGATED", FREE}, {"RD", C},      {"REC", A_REC},
    {"REC_AUX", AUX},      {"DATA", A_DATA},    {"RTT", INNER}, {"RTT", ROOT},
};

static uint64_t delegate(struct rig *rig, uint64_t g)
{
  return CALL(rig, "GRANULE_DELEGATE", g);
}

static uint64_t undelegate(struct rig *rig, uint64_t g)
{
  return CALL(rig, "GRANULE_UNDELEGATE", g);
}

static uint64_t create_realm(struct rig *rig, uint64_t g)
{
  return CALL(rig, "REALM_CREATE", g, PARAMS);
}

static uint64_t realm_create_rtt(struct rig *rig, uint64_t g)
{
  rig_poke(rig, PARAMS + 0x808, 8, g);
  return CALL(rig, "REALM_CREATE", STATE_SPARE, PARAMS);
}

static uint64_t destroy_realm(struct rig *rig, uint64_t g)
{
  return CALL(rig, "REALM_DESTROY", g);
}

/* What has no address of its own is named by its place; anything else is not there. */
static uint64_t realm_destroy_rtt(struct rig *rig, uint64_t g)
{
  return CALL(rig, "REALM_DESTROY", g == ROOT ? C : FREE);
}

static uint64_t data_create(struct rig *rig, uint64_t g)
{
  return CALL(rig, "DATA_CREATE", A, g, 0x2000, SRC, 1);
}

static uint64_t data_create_unknown(struct rig *rig, uint64_t g)
{
  return CALL(rig, "DATA_CREATE_UNKNOWN", A, g, 0x2000);
}

static uint64_t data_destroy(struct rig *rig, uint64_t g)
{
  return CALL(rig, "DATA_DESTROY", A, g == A_DATA ? 0x1000 : 0x2000);
}

static uint64_t create_rec(struct rig *rig, uint64_t g)
{
  return CALL(rig, "REC_CREATE", A, g, REC_PARAMS);
}

static uint64_t rec_create_aux(struct rig *rig, uint64_t g)
{
  rig_poke(rig, REC_PARAMS + 0x808 + 8 * 5, 8, g);
  return CALL(rig, "REC_CREATE", A, STATE_SPARE, REC_PARAMS);
}

static uint64_t destroy_rec(struct rig *rig, uint64_t g)
{
  return CALL(rig, "REC_DESTROY", g);
}

static uint64_t rec_destroy_aux(struct rig *rig, uint64_t g)
{
  return CALL(rig, "REC_DESTROY", g == AUX ? A_REC : FREE);
}

static uint64_t rtt_create(struct rig *rig, uint64_t g)
{
  return CALL(rig, "RTT_CREATE", A, g, 0x200000, 3);
}

static uint64_t rtt_destroy(struct rig *rig, uint64_t g)
{
  return CALL(rig, "RTT_DESTROY", A, g == INNER ? 0x400000 : 0x200000, 3);
}

static uint64_t rtt_fold(struct rig *rig, uint64_t g)
{
  return CALL(rig, "RTT_FOLD", A, g == INNER ? 0x400000 : 0x200000, 3);
}

static const struct {
  const char *event;
  uint64_t (*call)(struct rig *rig, uint64_t g);
  uint64_t root; /* the table of the pair that the event is about, 0: either */
} granule_events[] = {
    {"GRANULE_DELEGATE", delegate, 0},        {"GRANULE_UNDELEGATE", undelegate, 0},
    {"REALM_CREATE", create_realm, 0},        {"REALM_CREATE(rtt)", realm_create_rtt, 0},
    {"REALM_DESTROY", destroy_realm, 0},      {"REALM_DESTROY(rtt)", realm_destroy_rtt, ROOT},
    {"DATA_CREATE", data_create, 0},          {"DATA_CREATE_UNKNOWN", data_create_unknown, 0},
    {"DATA_DESTROY", data_destroy, 0},        {"REC_CREATE", create_rec, 0},
    {"REC_CREATE(aux)", rec_create_aux, 0},   {"REC_DESTROY", destroy_rec, 0},
    {"REC_DESTROY(aux)", rec_destroy_aux, 0}, {"RTT_CREATE", rtt_create, 0},
    {"RTT_DESTROY", rtt_destroy, INNER},      {"RTT_FOLD", rtt_fold, INNER},
};

static void granules_go_where_the_table_says_and_nowhere_else(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof granules / sizeof *granules; i++)
    for (size_t j = 0; j < sizeof granule_events / sizeof *granule_events; j++) {
      uint64_t g = granules[i].pa, about = granule_events[j].root;
      if (about && strcmp(granules[i].state, "RTT") == 0 && g != about)
        continue;
      struct rig *rig = rmi_world();
      struct vcca_bytes before = {0};
      enum vcca_granule_state now;
      enum vcca_pas pas;
      /* Buffers are written before the machine is looked at: once for show. */
      if (granule_events[j].call == realm_create_rtt)
        rig_poke(rig, PARAMS + 0x808, 8, g);
      if (granule_events[j].call == rec_create_aux)
        rig_poke(rig, REC_PARAMS + 0x808 + 8 * 5, 8, g);
      assert_true(vcca_machine_save(rig->m, &before, NULL));
      uint64_t status = granule_events[j].call(rig, g);
      assert_true(vcca_granule_at(rig->m, g, &now, &pas));
      states_check(rig, "granule", granules[i].state, granule_events[j].event, status, vcca_granule_state_name(now),
                   vcca_bytes_span(&before));
      assert_int_equal(pas, now == VCCA_GRANULE_UNDELEGATED ? VCCA_PAS_NS : VCCA_PAS_REALM);
      vcca_bytes_free(&before);
      rig_free(rig);
    }
  states_all_tried("granule");
}

/* --- Realms ------------------------------------------------------------------------------------------- */

/* PSCI as far as it concerns the realm's state. */
static enum vcca_guest_action power_off(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu)
{
  (void)ctx;
  (void)cpu;
  guest_system_off(m, rec);
  guest_exit(m, rec)->reason = GUEST_EXIT_PSCI;
  return VCCA_GUEST_EXIT;
}

static uint64_t enter_and(struct rig *rig, uint64_t rd, enum vcca_event_kind kind)
{
  rig->events[0] = (struct vcca_realm_event){.kind = kind};
  rig->event_count = 1;
  vcca_machine_set_guest_smc(rig->m, power_off, NULL);
  return CALL(rig, "REC_ENTER", rd == A ? A_REC : FREE, RUN);
}

static uint64_t realm_event(struct rig *rig, const char *event, uint64_t rd)
{
  uint64_t args[8] = {rd};
  if (strcmp(event, "PSCI_SYSTEM_OFF") == 0 || strcmp(event, "PSCI_SYSTEM_RESET") == 0)
    return enter_and(rig, rd, VCCA_REALM_SMC);
  if (strcmp(event, "REC_ENTER") == 0)
    return enter_and(rig, rd, VCCA_REALM_IRQ);
  if (strcmp(event, "REALM_CREATE") == 0)
    args[1] = PARAMS;
  if (strcmp(event, "REC_CREATE") == 0)
    return CALL(rig, "REC_CREATE", rd, STATE_SPARE, REC_PARAMS);
  if (strcmp(event, "DATA_CREATE") == 0)
    return CALL(rig, "DATA_CREATE", rd, STATE_SPARE, 0x2000, SRC, 1);
  if (strcmp(event, "DATA_CREATE_UNKNOWN") == 0)
    return CALL(rig, "DATA_CREATE_UNKNOWN", rd, STATE_SPARE, 0x2000);
  if (strcmp(event, "RTT_INIT_RIPAS") == 0)
    return CALL(rig, "RTT_INIT_RIPAS", rd, 0x2000, 0x3000);
  return rig_call(rig, event, args);
}

static const char *realm_state_of(struct rig *rig, uint64_t rd)
{
  struct vcca_realm_info info;
  return vcca_realm_info(rig->m, rd, &info) ? vcca_realm_state_name(info.state) : "NONE";
}

static void realms_go_where_the_table_says_and_nowhere_else(void **state)
{
  static const char *const states[] = {"NONE", "NEW", "ACTIVE", "SYSTEM_OFF"};
  static const char *const events[] = {"REALM_CREATE",      "DATA_CREATE",    "DATA_CREATE_UNKNOWN", "RTT_INIT_RIPAS",
                                       "REC_CREATE",        "REALM_ACTIVATE", "REC_ENTER",           "PSCI_SYSTEM_OFF",
                                       "PSCI_SYSTEM_RESET", "REALM_DESTROY"};
  (void)state;
  for (unsigned i = 0; i < 4; i++)
    for (size_t j = 0; j < sizeof events / sizeof *events; j++) {
      struct rig *rig = rmi_world();
      struct vcca_bytes before = {0};
      uint64_t rd = i == 0                                    ? FREE
                    : strcmp(events[j], "REALM_DESTROY") == 0 ? C
                                                              : A; /* C has nothing that keeps it alive */
      if (i >= 2)
        OK(rig, "REALM_ACTIVATE", rd);
      if (i == 3)
        realm_set_state(rig->m, rd, VCCA_REALM_SYSTEM_OFF);
      assert_string_equal(realm_state_of(rig, rd), states[i]);
      assert_true(vcca_machine_save(rig->m, &before, NULL));
      uint64_t status = realm_event(rig, events[j], rd);
      states_check(rig, "realm", states[i], events[j], status, realm_state_of(rig, rd), vcca_bytes_span(&before));
      vcca_bytes_free(&before);
      rig_free(rig);
    }
  states_all_tried("realm");
}

/* --- RECs --------------------------------------------------------------------------------------------- */

static const char *rec_state_of(struct rig *rig, uint64_t rec)
{
  return !rec_is(rig->m, rec) ? "NONE" : rec_at(rig->m, rec)->running ? "RUNNING" : "READY";
}

static uint64_t rec_event(struct rig *rig, const char *event, uint64_t rec)
{
  if (strcmp(event, "REC_CREATE") == 0)
    return CALL(rig, "REC_CREATE", A, rec, REC_PARAMS);
  if (strcmp(event, "REC_DESTROY") == 0)
    return CALL(rig, "REC_DESTROY", rec);
  if (strcmp(event, "RTT_SET_RIPAS") == 0)
    return CALL(rig, "RTT_SET_RIPAS", B, rec, 0x2000, 0x3000);
  return CALL(rig, "REC_ENTER", rec, RUN);
}

/* The state while it runs, and what the host cannot do meanwhile. */
static void look(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  (void)m;
  (void)rec;
  (void)cpu;
  struct rig *rig = ctx;
  rig->turn = strcmp(rec_state_of(rig, B_REC), "RUNNING") == 0;
  event->kind = VCCA_REALM_IRQ;
}

static void recs_go_where_the_table_says_and_nowhere_else(void **state)
{
  static const char *const states[] = {"NONE", "READY", "RUNNING"};
  static const char *const events[] = {"REC_CREATE", "REC_DESTROY", "RTT_SET_RIPAS", "REC_ENTER"};
  (void)state;
  for (unsigned i = 0; i < 3; i++)
    for (unsigned j = 0; j < 4; j++) {
      struct rig *rig = rmi_world();
      struct vcca_bytes before = {0};
      uint64_t rec = i == 0 ? FREE : B_REC;
      if (i > 0) {
        struct guest_pending *asks = guest_pending(rig->m, B_REC);
        *asks = (struct guest_pending){.ripas_addr = 0x2000, .ripas_top = 0x3000, .ripas_value = 1};
        rec_edit(rig->m, B_REC)->running = i == 2;
      }
      vcca_machine_set_program(rig->m, look, rig);
      assert_true(vcca_machine_save(rig->m, &before, NULL));
      uint64_t status = rec_event(rig, events[j], rec);
      bool ran = rig->turn == 1;
      states_check(rig, "rec", states[i], events[j], status, ran ? "RUNNING" : rec_state_of(rig, rec),
                   vcca_bytes_span(&before));
      if (ran)
        assert_string_equal(rec_state_of(rig, rec), states_next("rec", "RUNNING", "REC_exit"));
      vcca_bytes_free(&before);
      rig_free(rig);
    }
  states_all_tried("rec");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(granules_go_where_the_table_says_and_nowhere_else),
      cmocka_unit_test(realms_go_where_the_table_says_and_nowhere_else),
      cmocka_unit_test(recs_go_where_the_table_says_and_nowhere_else),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
