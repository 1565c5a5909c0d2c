/* What the realm does when it runs, and its monitor as far as that is the rmm room's.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_walk_parts.h"
#include "rooms/rmm.h"

#include <string.h>

static enum vcca_guest_action leave_for(struct walk *w, uint64_t rec, enum guest_exit_reason reason)
{
  guest_exit(w->m, rec)->reason = reason;
  return VCCA_GUEST_EXIT;
}

static void extend_rem(struct walk *w, uint64_t rec)
{
  uint8_t value[64];
  unsigned index = walk_choose(w, VCCA_REMS), n = walk_choose(w, 65);
  struct shadow_realm *realm = walk_realm(w, vcca_rec_owner(w->m, rec));
  memset(value, (int)walk_choose(w, 256), sizeof value);
  guest_rem_extend(w->m, rec, index, vcca_span_of(value, n));
  const struct vcca_machine_config *config = vcca_machine_config(w->m);
  bool plain = !config->rem_zero_padded && config->rules != VCCA_RULES_ARM_2_0_BET1;
  enum vcca_rem_rule padded = config->rules == VCCA_RULES_ARM_1_0 || w->tmi ? VCCA_REM_PADDED_VALUE : VCCA_REM_PADDED;
  vcca_rem_extend(realm->rim.hash_alg, plain ? VCCA_REM_PLAIN : padded, realm->rem[index], vcca_span_of(value, n));
}

static enum vcca_guest_action ask_for_ripas(struct walk *w, uint64_t rec)
{
  struct guest_pending *p = guest_pending(w->m, rec);
  struct guest_exit *exit = guest_exit(w->m, rec);
  exit->ripas_base = p->ripas_addr = walk_choose(w, 8) * GRANULE_SIZE + (walk_chance(w, 30) ? 0x200000 : 0);
  exit->ripas_top = p->ripas_top =
      p->ripas_addr + GRANULE_SIZE * (1 + walk_choose(w, 8) * (walk_chance(w, 20) ? 512 : 1));
  exit->ripas_value = p->ripas_value = (uint8_t)walk_choose(w, 2);
  p->ripas_destroyed = (uint8_t)walk_choose(w, 2);
  return leave_for(w, rec, GUEST_EXIT_RIPAS_CHANGE);
}

/* CPU_ON or AFFINITY_INFO of another REC of the realm's. */
static enum vcca_guest_action ask_for_another(struct walk *w, uint64_t rec, struct vcca_cpu *cpu)
{
  unsigned at = walk_choose(w, RECS);
  for (unsigned i = 0; i < RECS; i++) {
    const struct shadow_rec *other = &w->recs[(at + i) % RECS];
    if (!other->pa || other->pa == rec || other->rd != vcca_rec_owner(w->m, rec))
      continue;
    cpu->x[0] = walk_chance(w, 70) ? 0xC4000003 : 0xC4000004;
    cpu->x[1] = rec_at(w->m, other->pa)->mpidr;
    guest_pending(w->m, rec)->psci_pending = 1;
    return leave_for(w, rec, GUEST_EXIT_PSCI);
  }
  return VCCA_GUEST_RESUME;
}

/* The monitor's side of guest calls, as far as it is the rmm room's. */
enum vcca_guest_action walk_guest(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu)
{
  struct walk *w = ctx;
  switch (walk_choose(w, 12)) {
  case 0:
    return ask_for_ripas(w, rec);
  case 1:
    guest_pending(m, rec)->host_call = walk_choose(w, 4) * GRANULE_SIZE;
    guest_pending(m, rec)->host_call_pending = 1;
    return leave_for(w, rec, GUEST_EXIT_HOST_CALL);
  case 2:
    return ask_for_another(w, rec, cpu);
  case 3:
    guest_set_runnable(m, rec, false);
    return leave_for(w, rec, GUEST_EXIT_PSCI);
  case 4:
    if (!walk_chance(w, 10))
      return VCCA_GUEST_RESUME;
    guest_system_off(m, rec);
    walk_realm(w, vcca_rec_owner(m, rec))->state = VCCA_REALM_SYSTEM_OFF;
    return leave_for(w, rec, GUEST_EXIT_PSCI);
  default:
    extend_rem(w, rec);
    return VCCA_GUEST_RESUME;
  }
}

void walk_program(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  static const enum vcca_event_kind kinds[] = {
      VCCA_REALM_SMC,   VCCA_REALM_SMC, VCCA_REALM_DATA_ABORT, VCCA_REALM_INSTRUCTION_ABORT,
      VCCA_REALM_WFI,   VCCA_REALM_WFE, VCCA_REALM_HVC,        VCCA_REALM_FIQ,
      VCCA_REALM_SERROR};
  struct walk *w = ctx;
  (void)cpu;
  if (!w->nested && walk_chance(w, 10)) { /* another of the host's CPUs makes a call */
    const struct vcca_command *ours = w->command;
    w->nested = true;
    walk_step(w);
    w->nested = false;
    w->command = ours;
  }
  *event = (struct vcca_realm_event){.kind = VCCA_REALM_IRQ,
                                     .write = walk_choose(w, 2),
                                     .syndrome = walk_choose(w, 2),
                                     .size = 1U << walk_choose(w, 4),
                                     .reg = walk_choose(w, 31)};
  if (!vcca_rec_owner(m, rec) || walk_chance(w, 40))
    return;
  event->kind = kinds[walk_choose(w, sizeof kinds / sizeof *kinds)];
  event->ipa = walk_ipa(w);
}
