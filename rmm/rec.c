/* SPDX-License-Identifier: Apache-2.0 */
#include "rmm/rec.h"
#include "rooms/rmm.h"

#include <string.h>

const struct rec *rec_at(const vcca_machine *m, uint64_t pa)
{
  return granule_read(m, pa);
}

struct rec *rec_edit(vcca_machine *m, uint64_t pa)
{
  return granule_edit(m, pa);
}

bool rec_is(const vcca_machine *m, uint64_t pa)
{
  return granule_aligned(pa) && granule_state(m, pa) == VCCA_GRANULE_REC;
}

bool vcca_rec_info(const vcca_machine *m, uint64_t rec_pa, struct vcca_rec_info *out)
{
  if (!rec_is(m, rec_pa))
    return false;
  const struct rec *rec = rec_at(m, rec_pa);
  *out = (struct vcca_rec_info){
      .realm = rec->owner,
      .mpidr = rec->mpidr,
      .index = rec->index,
      .identity = rec->identity,
      .starts = rec->starts,
      .runnable = rec->runnable,
      .running = rec->running,
      .stuck = rec->stuck,
  };
  return true;
}

uint64_t vcca_rec_owner(const vcca_machine *m, uint64_t rec)
{
  return rec_is(m, rec) ? rec_at(m, rec)->owner : 0;
}

void vcca_rec_set_irq(vcca_machine *m, uint64_t rec, bool pending)
{
  if (rec_is(m, rec))
    rec_edit(m, rec)->irq_pending = pending;
}

/* RecIndex: Aff0[3:0], Aff1[15:8], Aff2[23:16] and Aff3[31:24] side by side. */
bool rec_mpidr_index(uint64_t mpidr, uint64_t *index)
{
  *index = (mpidr & 0xf) | (mpidr >> 8 & 0xffffff) << 4;
  return (mpidr & ~UINT64_C(0xffffff0f)) == 0;
}

void rec_create(vcca_machine *m, uint64_t rd, uint64_t rec_pa, uint64_t mpidr, const struct vcca_rec_params *params,
                const uint64_t *aux, unsigned aux_count)
{
  struct realm *realm = realm_edit(m, rd);
  granule_set_state(m, rec_pa, VCCA_GRANULE_REC);
  struct rec *rec = rec_edit(m, rec_pa);
  *rec = (struct rec){
      .owner = rd,
      .next = realm->first_rec,
      .mpidr = mpidr,
      .index = realm->rec_index,
      .identity = ++m->recs_made,
      .aux_count = aux_count,
      .runnable = params->flags & VCCA_REC_RUNNABLE,
      .cpu.pc = params->pc,
  };
  memcpy(rec->cpu.x, params->gprs, sizeof params->gprs);
  for (unsigned i = 0; i < aux_count; i++) {
    rec->aux[i] = aux[i];
    granule_set_state(m, aux[i], VCCA_GRANULE_REC_AUX);
  }
  realm->first_rec = rec_pa;
  realm->rec_index++;
  realm->num_recs++;
  realm_measure_rec(m, rd, params);
}

bool rec_any_running(const vcca_machine *m, const struct realm *realm)
{
  for (uint64_t rec = realm->first_rec; rec; rec = rec_at(m, rec)->next)
    if (rec_at(m, rec)->running)
      return true;
  return false;
}

void rec_disown(vcca_machine *m, uint64_t rec_pa)
{
  struct rec *rec = rec_edit(m, rec_pa);
  if (!rec->owner)
    return;
  struct realm *realm = realm_edit(m, rec->owner);
  uint64_t *link = &realm->first_rec;
  while (*link != rec_pa)
    link = &rec_edit(m, *link)->next;
  *link = rec->next;
  realm->num_recs--;
  rec->next = 0;
  rec->owner = 0;
}

void rec_destroy(vcca_machine *m, uint64_t rec_pa)
{
  rec_disown(m, rec_pa);
  const struct rec *rec = rec_at(m, rec_pa);
  for (unsigned i = 0; i < rec->aux_count; i++)
    granule_release(m, rec->aux[i]);
  granule_release(m, rec_pa);
}

/* --- PSCI --------------------------------------------------------------------------------------------- */

/* Arm DEN0022, and RMM specification B6. */
#define PSCI_CPU_ON_64 UINT64_C(0xC4000003)
#define PSCI_CPU_ON_32 UINT64_C(0x84000003)
#define PSCI_SUCCESS UINT64_C(0)
#define PSCI_DENIED ((uint64_t)-3)
#define PSCI_ALREADY_ON ((uint64_t)-4)
enum { PSCI_AFFINITY_ON = 0, PSCI_AFFINITY_OFF = 1 };

static bool asks_cpu_on(const struct rec *calling)
{
  return calling->cpu.x[0] == PSCI_CPU_ON_64 || calling->cpu.x[0] == PSCI_CPU_ON_32;
}

bool rec_psci_permitted(const struct rec *calling, const struct rec *target, uint64_t status)
{
  return status == PSCI_SUCCESS || (status == PSCI_DENIED && asks_cpu_on(calling) && !target->runnable);
}

/* The result for the calling REC. Starts the target when the call is CPU_ON. */
static uint64_t psci_result(const struct rec *calling, struct rec *target, uint64_t status)
{
  if (!asks_cpu_on(calling))
    return target->runnable ? PSCI_AFFINITY_ON : PSCI_AFFINITY_OFF;
  if (status != PSCI_SUCCESS)
    return status;
  if (target->runnable)
    return PSCI_ALREADY_ON;
  target->cpu = (struct vcca_cpu){.x[0] = calling->cpu.x[3], .pc = calling->cpu.x[2]};
  target->runnable = 1;
  target->starts++;
  return PSCI_SUCCESS;
}

void rec_psci_complete(struct rec *calling, struct rec *target, uint64_t status)
{
  uint64_t result = psci_result(calling, target, status);
  memset(calling->cpu.x, 0, 4 * sizeof *calling->cpu.x);
  calling->cpu.x[0] = result;
  calling->pending.psci_pending = 0;
}
