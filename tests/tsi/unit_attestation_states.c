/* The attestation of a REC as a state machine: every state meets every event, as rmm/states.def has it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/rmm.h"

#define INIT UINT64_C(0x194)
#define CONTINUE UINT64_C(0x195)
enum { SUCCESS = 0, ERROR_STATE = 2, INCOMPLETE = 3 };
static const char none[] = "NO_ATTEST_IN_PROGRESS", progress[] = "ATTEST_IN_PROGRESS";
static const char init[] = "ATTESTATION_TOKEN_INIT", more[] = "ATTESTATION_TOKEN_CONTINUE(more to come)",
                  last[] = "ATTESTATION_TOKEN_CONTINUE(the last bytes)";

static const char *next(const char *from, const char *event)
{
  size_t count;
  const struct vcca_transition *t = vcca_transitions(&count);
  for (size_t i = 0; i < count; i++)
    if (strcmp(t[i].machine, "attestation") == 0 && strcmp(t[i].from, from) == 0 && strcmp(t[i].event, event) == 0)
      return t[i].to;
  return NULL;
}

static uint64_t start(struct world *w)
{
  uint64_t x[VCCA_SMC_REGS] = {0};
  return guest_call(w, INIT, x);
}

static uint64_t go_on(struct world *w, uint64_t size)
{
  uint64_t x[VCCA_SMC_REGS] = {0, MAPPED, 0, size};
  return guest_call(w, CONTINUE, x);
}

/* Does the event; its status. */
static uint64_t does(struct world *w, const char *event)
{
  return event == init ? start(w) : go_on(w, event == more ? 16 : 4096);
}

/* The state, by what shows it: going on by nothing is refused or is not. */
static const char *state_of(struct world *w)
{
  return go_on(w, 0) == ERROR_STATE ? none : progress;
}

static void attestation_goes_where_the_table_says_and_nowhere_else(void **state)
{
  static const char *const states[] = {none, progress}, *const events[] = {init, more, last};
  (void)state;
  for (unsigned i = 0; i < 2; i++)
    for (unsigned j = 0; j < 3; j++) {
      struct world w;
      world_open(&w, VCCA_FAMILY_ARM_1_0);
      if (i == 1)
        assert_int_equal(start(&w), SUCCESS);
      assert_string_equal(state_of(&w), states[i]);
      const char *to = next(states[i], events[j]);
      assert_int_equal(does(&w, events[j]), !to ? ERROR_STATE : events[j] == more ? INCOMPLETE : SUCCESS);
      assert_string_equal(state_of(&w), to ? to : states[i]);
      world_close(&w);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(attestation_goes_where_the_table_says_and_nowhere_else),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
