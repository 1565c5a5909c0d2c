/* HIPAS and RIPAS: every state of an address meets every command that concerns addresses, and every access
 * of the realm.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_states.h"

#include "rmm/rec.h"
#include "rmm/rtt.h"

#include <stdio.h>

static const char *const states[] = {
    "UNASSIGNED_EMPTY", "UNASSIGNED_RAM",     "UNASSIGNED_DESTROYED", "ASSIGNED_EMPTY",
    "ASSIGNED_RAM",     "ASSIGNED_DESTROYED", "UNASSIGNED_NS",        "ASSIGNED_NS",
};
enum { STATES = sizeof states / sizeof *states };

/* --- Pages -------------------------------------------------------------------------------------------- */

#define OTHER (FREE + 41 * PAGE)

static uint64_t page_event(struct rig *rig, const char *event, uint64_t ipa)
{
  if (strcmp(event, "DATA_CREATE") == 0)
    return CALL(rig, "DATA_CREATE", A, OTHER, ipa, SRC, 0);
  if (strcmp(event, "DATA_CREATE_UNKNOWN") == 0)
    return CALL(rig, "DATA_CREATE_UNKNOWN", A, OTHER, ipa);
  if (strcmp(event, "DATA_DESTROY") == 0)
    return CALL(rig, "DATA_DESTROY", A, ipa);
  if (strcmp(event, "RTT_INIT_RIPAS") == 0)
    return CALL(rig, "RTT_INIT_RIPAS", A, ipa, ipa + PAGE);
  if (strcmp(event, "RTT_MAP_UNPROTECTED") == 0)
    return CALL(rig, "RTT_MAP_UNPROTECTED", A, ipa, 3, HOST | 0xc0);
  if (strcmp(event, "RTT_UNMAP_UNPROTECTED") == 0)
    return CALL(rig, "RTT_UNMAP_UNPROTECTED", A, ipa, 3);
  return CALL(rig, "RTT_SET_RIPAS", A, A_REC, ipa, ipa + PAGE);
}

/* What the realm asked for when the event is the host's answer to it. Nothing where it cannot ask. */
static void ask(struct rig *rig, const char *event, uint64_t ipa)
{
  if (strncmp(event, "RTT_SET_RIPAS", 13) != 0 || ipa >= UNPROTECTED)
    return;
  *guest_pending(rig->m, A_REC) = (struct guest_pending){
      .ripas_addr = ipa,
      .ripas_top = ipa + PAGE,
      .ripas_value = strstr(event, "(RAM") ? RTT_RAM : RTT_EMPTY,
      .ripas_destroyed = strstr(event, "CHANGE_DESTROYED") != NULL,
  };
}

static void pages_go_where_the_table_says_and_nowhere_else(void **state)
{
  static const char *const events[] = {
      "DATA_CREATE",
      "DATA_CREATE_UNKNOWN",
      "DATA_DESTROY",
      "RTT_INIT_RIPAS",
      "RTT_MAP_UNPROTECTED",
      "RTT_UNMAP_UNPROTECTED",
      "RTT_SET_RIPAS(EMPTY)",
      "RTT_SET_RIPAS(RAM)",
      "RTT_SET_RIPAS(EMPTY CHANGE_DESTROYED)",
      "RTT_SET_RIPAS(RAM CHANGE_DESTROYED)",
  };
  (void)state;
  for (unsigned i = 0; i < STATES; i++)
    for (size_t j = 0; j < sizeof events / sizeof *events; j++) {
      struct rig *rig = states_page(states[i]);
      struct vcca_bytes before = {0};
      uint64_t ipa = states_is_ns(states[i]) ? STATE_PAGE_NS : STATE_PAGE;
      ask(rig, events[j], ipa);
      assert_string_equal(states_of(rig, ipa, 3), states[i]);
      assert_true(vcca_machine_save(rig->m, &before, NULL));
      uint64_t status = page_event(rig, events[j], ipa);
      states_check(rig, "entry", states[i], events[j], status, states_of(rig, ipa, 3), vcca_bytes_span(&before));
      vcca_bytes_free(&before);
      rig_free(rig);
    }
}

/* --- Tables ------------------------------------------------------------------------------------------- */

static void check_block(struct rig *rig, const char *from, const char *event, const char *command, bool ns)
{
  struct vcca_bytes before = {0};
  uint64_t ipa = ns ? STATE_BLOCK_NS : STATE_BLOCK;
  assert_string_equal(states_of(rig, ipa, 2), from);
  assert_true(vcca_machine_save(rig->m, &before, NULL));
  uint64_t status =
      strcmp(command, "RTT_CREATE") == 0 ? CALL(rig, "RTT_CREATE", A, OTHER, ipa, 3) : CALL(rig, command, A, ipa, 3);
  states_check(rig, "entry", from, event, status, states_of(rig, ipa, 2), vcca_bytes_span(&before));
  vcca_bytes_free(&before);
  rig_free(rig);
}

static void tables_come_and_go_as_the_table_says(void **state)
{
  (void)state;
  for (unsigned i = 0; i < STATES; i++) {
    bool ns = states_is_ns(states[i]);
    char fold[64];
    snprintf(fold, sizeof fold, "RTT_FOLD(all %s)", states[i]);
    check_block(states_block(states[i]), states[i], "RTT_CREATE", "RTT_CREATE", ns);
    check_block(states_block(states[i]), states[i], "RTT_DESTROY", "RTT_DESTROY", ns);
    check_block(states_block(states[i]), states[i], "RTT_FOLD", "RTT_FOLD", ns);
    check_block(states_table_of(states[i]), "TABLE", fold, "RTT_FOLD", ns);
  }
  check_block(states_block("TABLE"), "TABLE", "RTT_CREATE", "RTT_CREATE", false);
  check_block(states_block("TABLE"), "TABLE", "RTT_DESTROY", "RTT_DESTROY", false);
  check_block(states_block("TABLE"), "TABLE", "RTT_DESTROY(unprotected)", "RTT_DESTROY", true);
  states_all_tried("entry");
}

/* A child's entries are what their parent was, and together lead where it led. */
static void a_split_block_leads_where_it_led(void **state)
{
  (void)state;
  for (unsigned i = 0; i < STATES; i++) {
    struct rig *rig = states_block(states[i]);
    uint64_t ipa = states_is_ns(states[i]) ? STATE_BLOCK_NS : STATE_BLOCK;
    struct rtt_entry block = rtt_walk(rig->m, realm_at(rig->m, A), ipa, 2).entry;
    OK(rig, "RTT_CREATE", A, OTHER, ipa, 3);
    for (unsigned j = 0; j < RTT_ENTRIES; j++) {
      assert_string_equal(states_of(rig, ipa + j * PAGE, 3), states[i]);
      assert_int_equal(rtt_walk(rig->m, realm_at(rig->m, A), ipa + j * PAGE, 3).entry.pa,
                       block.pa ? block.pa + j * PAGE : 0);
    }
    rig_free(rig);
  }
}

/* --- The realm's accesses ----------------------------------------------------------------------------- */

struct access {
  struct vcca_realm_event event;
  unsigned turn;
  uint64_t esr, far;
};

static void touch(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  struct access *access = ctx;
  (void)m;
  (void)rec;
  if (access->turn == 0)
    *event = access->event;
  access->esr = cpu->esr;
  access->far = cpu->far;
  access->turn++; /* the second time: an interrupt */
}

/* "access", "REC_exit" or the exception, by what the realm and the host see. */
static const char *outcome(struct rig *rig, struct access *access, bool fetch)
{
  vcca_machine_set_program(rig->m, touch, access);
  OK(rig, "REC_ENTER", A_REC, RUN);
  uint64_t class = rig_peek(rig, RUN + 0x900, 8) >> 26;
  if (access->turn == 1) {
    assert_int_equal(rig_peek(rig, RUN + 0x800, 1), GUEST_EXIT_SYNC);
    assert_int_equal(class, fetch ? 0x20 : 0x24);
    return "REC_exit";
  }
  assert_int_equal(rig_peek(rig, RUN + 0x800, 1), GUEST_EXIT_IRQ);
  if (access->esr == 0)
    return "access";
  assert_int_equal(access->esr >> 26, fetch ? 0x21 : 0x25);
  assert_int_equal(access->far, access->event.ipa);
  return (access->esr & 0x3f) == 0x10 && access->esr >> 9 & 1 ? "SEA"
         : (access->esr & 0x3f) == 0                          ? "ADDRESS_SIZE"
                                                              : "?";
}

static void accesses_end_as_the_table_says(void **state)
{
  (void)state;
  for (unsigned i = 0; i <= STATES; i++)
    for (unsigned fetch = 0; fetch < 2; fetch++) {
      const char *from = i < STATES ? states[i] : "OUTSIDE";
      struct rig *rig = states_page(i < STATES ? from : "UNASSIGNED_EMPTY");
      struct access access = {
          .event = {.kind = fetch ? VCCA_REALM_INSTRUCTION_ABORT : VCCA_REALM_DATA_ABORT, .ipa = STATE_PAGE + 0x128}};
      if (i == STATES)
        access.event.ipa = UINT64_C(1) << 40;
      else if (states_is_ns(from))
        access.event.ipa = STATE_PAGE_NS + 0x128;
      OK(rig, "REALM_ACTIVATE", A);
      const char *want = states_next("access", from, fetch ? "fetch" : "data");
      assert_non_null(want);
      assert_string_equal(outcome(rig, &access, fetch), want);
      rig_free(rig);
    }
  states_all_tried("access");
}

static void a_mapping_of_what_the_host_lost_is_a_protection_fault_for_the_realm(void **state)
{
  (void)state;
  struct rig *rig = states_page("ASSIGNED_NS");
  struct access access = {.event = {.kind = VCCA_REALM_DATA_ABORT, .ipa = STATE_PAGE_NS, .write = true}};
  OK(rig, "REALM_ACTIVATE", A);
  OK(rig, "RTT_UNMAP_UNPROTECTED", A, STATE_PAGE_NS, 3);
  OK(rig, "RTT_MAP_UNPROTECTED", A, STATE_PAGE_NS, 3, STATE_SPARE | 0xc0);
  assert_string_equal(outcome(rig, &access, false), "?");
  assert_int_equal(access.esr & 0x3f, 0x28);
  rig_free(rig);
}

static void the_host_injects_an_abort_only_where_the_realm_touched_unprotected_memory(void **state)
{
  static const struct {
    uint64_t ipa;
    bool taken;
  } cases[] = {{STATE_PAGE_NS, true}, {STATE_PAGE, false}};
  (void)state;
  for (unsigned i = 0; i < 2; i++) {
    struct rig *rig = states_page("UNASSIGNED_RAM");
    struct access access = {.event = {.kind = VCCA_REALM_DATA_ABORT, .ipa = cases[i].ipa, .write = true}};
    OK(rig, "REALM_ACTIVATE", A);
    assert_string_equal(outcome(rig, &access, false), "REC_exit");
    rig_poke(rig, RUN, 8, REC_ENTRY_INJECT_SEA);
    OK(rig, "REC_ENTER", A_REC, RUN);
    assert_int_equal(access.turn, 2);
    assert_int_equal(access.esr, cases[i].taken ? UINT64_C(0x25) << 26 | 1 << 25 | 1 << 9 | 1 << 6 | 0x10 : 0);
    assert_int_equal(access.far, cases[i].taken ? cases[i].ipa : 0);
    OK(rig, "REC_ENTER", A_REC, RUN); /* the exit between was an interrupt */
    assert_int_equal(access.esr, 0);
    rig_free(rig);
  }
}

static void hvc_is_undefined(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  struct access access = {.event = {.kind = VCCA_REALM_HVC}};
  vcca_machine_set_program(rig->m, touch, &access);
  OK(rig, "REC_ENTER", B_REC, RUN);
  assert_int_equal(access.turn, 2);
  assert_int_equal(access.esr, 1 << 25);
  rig_free(rig);
}

static void timed_waits_show_their_timeout(void **state)
{
  (void)state;
  for (unsigned wfe = 0; wfe < 2; wfe++) {
    struct rig *rig = rmi_world();
    struct access access = {.event = {.kind = wfe ? VCCA_REALM_WFE : VCCA_REALM_WFI, .timed = true, .reg = 9}};
    rec_edit(rig->m, B_REC)->cpu.x[9] = 0x1234;
    rig_poke(rig, RUN, 8, REC_ENTRY_TRAP_WFI | REC_ENTRY_TRAP_WFE);
    vcca_machine_set_program(rig->m, touch, &access);
    OK(rig, "REC_ENTER", B_REC, RUN);
    assert_int_equal(rig_peek(rig, RUN + 0x900, 8), UINT64_C(1) << 26 | 2 | wfe);
    assert_int_equal(rig_peek(rig, RUN + 0xa00, 8), 0x1234);
    rig_free(rig);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pages_go_where_the_table_says_and_nowhere_else),
      cmocka_unit_test(tables_come_and_go_as_the_table_says),
      cmocka_unit_test(a_split_block_leads_where_it_led),
      cmocka_unit_test(accesses_end_as_the_table_says),
      cmocka_unit_test(a_mapping_of_what_the_host_lost_is_a_protection_fault_for_the_realm),
      cmocka_unit_test(the_host_injects_an_abort_only_where_the_realm_touched_unprotected_memory),
      cmocka_unit_test(hvc_is_undefined),
      cmocka_unit_test(timed_waits_show_their_timeout),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
