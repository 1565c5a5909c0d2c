/* SPDX-License-Identifier: Apache-2.0 */
#include "support_states.h"

#include "rmm/rtt.h"
#include "rooms/rmm.h"

#include <stdio.h>

#define BLOCK_PA (DRAM + 8 * MIB)

/* --- The table ---------------------------------------------------------------------------------------- */

enum { ROWS_MAX = 256 };
static bool tried[ROWS_MAX];

const char *states_next(const char *machine, const char *from, const char *event)
{
  size_t count;
  const struct vcca_transition *t = vcca_transitions(&count);
  assert_true(count <= ROWS_MAX);
  for (size_t i = 0; i < count; i++)
    if (strcmp(t[i].machine, machine) == 0 && strcmp(t[i].from, from) == 0 && strcmp(t[i].event, event) == 0) {
      tried[i] = true;
      return t[i].to;
    }
  return NULL;
}

void states_all_tried(const char *machine)
{
  size_t count, missing = 0;
  const struct vcca_transition *t = vcca_transitions(&count);
  for (size_t i = 0; i < count; i++)
    if (strcmp(t[i].machine, machine) == 0 && !tried[i]) {
      print_error("not tried: %s %s %s\n", machine, t[i].from, t[i].event);
      missing++;
    }
  assert_int_equal(missing, 0);
}

void states_check(struct rig *rig, const char *machine, const char *from, const char *event, uint64_t status,
                  const char *to, vcca_span before)
{
  const char *want = states_next(machine, from, event);
  if (want && status != 0)
    fail_msg("%s %s %s: refused by %s, status 0x%llx", machine, from, event, rig->refused ? rig->refused : "nothing",
             (unsigned long long)status);
  if (!want && status == 0)
    fail_msg("%s %s %s: not refused", machine, from, event);
  if (want && strcmp(want, to) != 0)
    fail_msg("%s %s %s: led to %s, not %s", machine, from, event, to, want);
  if (!want && !vcca_machine_same(rig->m, before))
    fail_msg("%s %s %s: refused, and the machine changed", machine, from, event);
}

/* --- Entries ------------------------------------------------------------------------------------------ */

bool states_is_ns(const char *state)
{
  return strstr(state, "_NS") != NULL;
}

static bool begins(const char *text, const char *with)
{
  return strncmp(text, with, strlen(with)) == 0;
}

static struct rig *world(void)
{
  struct rig *rig = rmi_world();
  rmi_tables(rig, A, UNPROTECTED, P(160), 1);
  rmi_delegate(rig, P(163), 1);
  OK(rig, "RTT_CREATE", A, P(163), STATE_BLOCK_NS, 3);
  return rig;
}

/* A page from EMPTY to the state. */
static void make_page(struct rig *rig, const char *state, uint64_t ipa, uint64_t pa)
{
  if (strcmp(state, "ASSIGNED_NS") == 0)
    OK(rig, "RTT_MAP_UNPROTECTED", A, ipa, 3, pa | 0xc0);
  if (states_is_ns(state))
    return;
  if (strstr(state, "RAM"))
    OK(rig, "RTT_INIT_RIPAS", A, ipa, ipa + PAGE);
  if (strstr(state, "DESTROYED")) {
    OK(rig, "DATA_CREATE", A, pa, ipa, SRC, 0);
    OK(rig, "DATA_DESTROY", A, ipa);
  }
  if (begins(state, "ASSIGNED"))
    OK(rig, "DATA_CREATE_UNKNOWN", A, pa, ipa);
}

struct rig *states_page(const char *state)
{
  struct rig *rig = world();
  make_page(rig, state, states_is_ns(state) ? STATE_PAGE_NS : STATE_PAGE, states_is_ns(state) ? HOST : STATE_SPARE);
  return rig;
}

struct rig *states_table_of(const char *state)
{
  struct rig *rig = world();
  uint64_t ipa = states_is_ns(state) ? STATE_BLOCK_NS : STATE_BLOCK;
  rmi_delegate(rig, BLOCK_PA, 512);
  for (unsigned i = 0; i < 512; i++)
    make_page(rig, state, ipa + i * PAGE, BLOCK_PA + i * PAGE);
  return rig;
}

struct rig *states_block(const char *state)
{
  if (strcmp(state, "TABLE") == 0)
    return world();
  struct rig *rig = states_table_of(state);
  OK(rig, "RTT_FOLD", A, states_is_ns(state) ? STATE_BLOCK_NS : STATE_BLOCK, 3);
  return rig;
}

const char *states_of(struct rig *rig, uint64_t ipa, int level)
{
  static const char *const hipas[] = {"UNASSIGNED", "ASSIGNED", "UNASSIGNED_NS", "ASSIGNED_NS", "TABLE"};
  static const char *const ripas[] = {"EMPTY", "RAM", "DESTROYED"};
  static char name[32];
  struct rtt_entry e = rtt_walk(rig->m, realm_at(rig->m, A), ipa, level).entry;
  if (e.hipas == RTT_UNASSIGNED || e.hipas == RTT_ASSIGNED)
    snprintf(name, sizeof name, "%s_%s", hipas[e.hipas], ripas[e.ripas]);
  else
    snprintf(name, sizeof name, "%s", hipas[e.hipas]);
  return name;
}
