/* RMI: RECs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/realm.h"
#include "rmm/rec.h"
#include "rmm/rmi.h"

#include <string.h>

uint64_t rmi_rec_aux_count(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1];
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  COMMIT();

  call->realm = rd;
  call->out[0] = RMI_AUX_COUNT;
  return RMI_SUCCESS;
}

/* --- REC_CREATE --------------------------------------------------------------------------------------- */

struct rec_spec rmi_rec_spec(const uint8_t *p)
{
  struct rec_spec spec = {
      .params = {.flags = vcca_le64(p), .pc = vcca_le64(p + 0x200)},
      .mpidr = vcca_le64(p + 0x100),
      .num_aux = vcca_le64(p + 0x800),
  };
  for (size_t i = 0; i < 8; i++)
    spec.params.gprs[i] = vcca_le64(p + 0x300 + 8 * i);
  for (size_t i = 0; i < RMI_AUX_COUNT; i++)
    spec.aux[i] = vcca_le64(p + 0x808 + 8 * i);
  return spec;
}

static bool aux_aligned(const struct rec_spec *spec)
{
  for (size_t i = 0; i < spec->num_aux; i++)
    if (!granule_aligned(spec->aux[i]))
      return false;
  return true;
}

static bool aux_distinct(const struct rec_spec *spec, uint64_t rec)
{
  for (size_t i = 0; i < spec->num_aux; i++) {
    if (spec->aux[i] == rec)
      return false;
    for (unsigned j = 0; j < i; j++)
      if (spec->aux[i] == spec->aux[j])
        return false;
  }
  return true;
}

static bool aux_delegated(const vcca_machine *m, const struct rec_spec *spec)
{
  for (size_t i = 0; i < spec->num_aux; i++)
    if (!granule_delegable(m, spec->aux[i]) || granule_state(m, spec->aux[i]) != VCCA_GRANULE_DELEGATED)
      return false;
  return true;
}

uint64_t rmi_rec_create(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[1], rec = call->in[2], params = call->in[3], index;
  REQUIRE(params_align, granule_aligned(params), RMI_ERROR_INPUT);
  REQUIRE(params_bound, granule_delegable(m, params), RMI_ERROR_INPUT);
  REQUIRE(params_pas, granule_nonsecure(m, params), RMI_ERROR_INPUT);
  struct rec_spec spec = rmi_rec_spec(granule_read(m, params));
  REQUIRE(num_aux, spec.num_aux <= RMI_AUX_COUNT,
          RMI_ERROR_INPUT); /* more than the structure holds; too few is checked last */
  REQUIRE(aux_align, aux_aligned(&spec), RMI_ERROR_INPUT);
  REQUIRE(aux_alias, aux_distinct(&spec, rec), RMI_ERROR_INPUT);
  REQUIRE(aux_state, aux_delegated(m, &spec), RMI_ERROR_INPUT);
  REQUIRE(rec_align, granule_aligned(rec), RMI_ERROR_INPUT);
  REQUIRE(rec_bound, granule_delegable(m, rec), RMI_ERROR_INPUT);
  REQUIRE(rec_state, granule_state(m, rec) == VCCA_GRANULE_DELEGATED, RMI_ERROR_INPUT);
  REQUIRE(rd_align, granule_aligned(rd), RMI_ERROR_INPUT);
  REQUIRE(rd_bound, granule_delegable(m, rd), RMI_ERROR_INPUT);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, RMI_ERROR_INPUT);
  call->realm = rd;
  const struct realm *realm = realm_at(m, rd);
  uint64_t most = (UINT64_C(1) << machine_features(m).max_recs_order) - 1;
  REQUIRE(num_recs, realm->num_recs < most, RMI_ERROR_REALM);
  REQUIRE(realm_state, realm->state == VCCA_REALM_NEW, RMI_ERROR_REALM);
  REQUIRE(mpidr_index, rec_mpidr_index(spec.mpidr, &index) && index == realm->rec_index, RMI_ERROR_INPUT);
  REQUIRE(num_aux, spec.num_aux == RMI_AUX_COUNT, RMI_ERROR_INPUT);
  COMMIT();

  rec_create(m, rd, rec, spec.mpidr, &spec.params, spec.aux, RMI_AUX_COUNT);
  return RMI_SUCCESS;
}

uint64_t rmi_rec_destroy(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rec = call->in[1];
  REQUIRE(rec_align, granule_aligned(rec), RMI_ERROR_INPUT);
  REQUIRE(rec_bound, granule_delegable(m, rec), RMI_ERROR_INPUT);
  REQUIRE(rec_gran_state, granule_state(m, rec) == VCCA_GRANULE_REC, RMI_ERROR_INPUT);
  call->realm = rec_at(m, rec)->owner;
  REQUIRE(rec_state, !rec_at(m, rec)->running, RMI_ERROR_REC);
  COMMIT();

  rec_destroy(m, rec);
  return RMI_SUCCESS;
}

/* --- REC_ENTER ---------------------------------------------------------------------------------------- */

enum { REALM_IS_NEW = 0, REALM_IS_OFF = 1, RUN_EXIT = 0x800 };

/* Reads RmiRecEnter. */
static struct rec_entry load_entry(const uint8_t *p)
{
  struct rec_entry entry = {.flags = vcca_le64(p), .gicv3_hcr = vcca_le64(p + 0x300)};
  for (size_t i = 0; i < REC_GPRS; i++)
    entry.gprs[i] = vcca_le64(p + 0x200 + 8 * i);
  for (size_t i = 0; i < REC_LRS; i++)
    entry.gicv3_lrs[i] = vcca_le64(p + 0x308 + 8 * i);
  return entry;
}

/* Writes RmiRecExit. lrs is the number of list registers. They, timers and PMU are as the realm's program
 * left them. */
static void store_exit(uint8_t *p, const struct rec *rec, const struct rec_entry *entry, unsigned lrs)
{
  const struct guest_exit *exit = &rec->exit;
  const struct vcca_cpu *cpu = &rec->cpu;
  memset(p, 0, GRANULE_SIZE - RUN_EXIT);
  p[0] = (uint8_t)exit->reason;
  vcca_put_le64(p + 0x100, exit->esr);
  vcca_put_le64(p + 0x108, exit->far);
  vcca_put_le64(p + 0x110, exit->hpfar);
  for (size_t i = 0; i < REC_GPRS; i++)
    vcca_put_le64(p + 0x200 + 8 * i, exit->gprs[i]);
  vcca_put_le64(p + 0x300, rec_exit_hcr(rec, entry));
  for (size_t i = 0; i < lrs; i++)
    vcca_put_le64(p + 0x308 + 8 * i, cpu->gic.lrs[i]);
  vcca_put_le64(p + 0x388, cpu->gic.misr);
  vcca_put_le64(p + 0x390, cpu->gic.vmcr);
  vcca_put_le64(p + 0x400, cpu->timer.cntp_ctl);
  vcca_put_le64(p + 0x408, cpu->timer.cntp_cval);
  vcca_put_le64(p + 0x410, cpu->timer.cntv_ctl);
  vcca_put_le64(p + 0x418, cpu->timer.cntv_cval);
  vcca_put_le64(p + 0x500, exit->ripas_base);
  vcca_put_le64(p + 0x508, exit->ripas_top);
  p[0x510] = (uint8_t)exit->ripas_value;
  vcca_put_le16(p + 0x600, (uint16_t)exit->imm);
  p[0x700] = cpu->pmu_overflow != 0;
}

uint64_t rmi_rec_enter(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rec_pa = call->in[1], run = call->in[2];
  REQUIRE(run_align, granule_aligned(run), RMI_ERROR_INPUT);
  REQUIRE(run_bound, granule_delegable(m, run), RMI_ERROR_INPUT);
  REQUIRE(run_pas, granule_nonsecure(m, run), RMI_ERROR_INPUT);
  struct rec_entry entry = load_entry(granule_read(m, run));
  REQUIRE(rec_align, granule_aligned(rec_pa), RMI_ERROR_INPUT);
  REQUIRE(rec_bound, granule_delegable(m, rec_pa), RMI_ERROR_INPUT);
  REQUIRE(rec_gran_state, granule_state(m, rec_pa) == VCCA_GRANULE_REC, RMI_ERROR_INPUT);
  const struct rec *rec = rec_at(m, rec_pa);
  const struct realm *realm = realm_at(m, rec->owner);
  call->realm = rec->owner;
  REQUIRE(rec_state, !rec->running, RMI_ERROR_REC);
  REQUIRE(realm_new, realm->state != VCCA_REALM_NEW, rmi_indexed(RMI_ERROR_REALM, REALM_IS_NEW));
  REQUIRE(system_off, realm->state != VCCA_REALM_SYSTEM_OFF, rmi_indexed(RMI_ERROR_REALM, REALM_IS_OFF));
  REQUIRE(rec_runnable, rec->runnable, RMI_ERROR_REC);
  REQUIRE(rec_psci, !rec->pending.psci_pending, RMI_ERROR_REC);
  REQUIRE(rec_gicv3, rec_gicv3_valid(m, &entry), RMI_ERROR_REC);
  REQUIRE(rec_mmio, rec_mmio_valid(rec, &entry), RMI_ERROR_REC);
  COMMIT();

  rec_run(m, rec_pa, &entry);
  call->remark = rec_remark(rec);
  if (!granule_nonsecure(m, run)) /* the host delegated it while the REC ran: the exit cannot be written */
    return RMI_ERROR_INPUT;
  store_exit((uint8_t *)granule_edit(m, run) + RUN_EXIT, rec, &entry, machine_features(m).gicv3_num_lrs + 1);
  return RMI_SUCCESS;
}

/* --- PSCI_COMPLETE ------------------------------------------------------------------------------------ */

uint64_t rmi_psci_complete(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t calling_pa = call->in[1], target_pa = call->in[2], status_word = call->in[3];
  REQUIRE(alias, calling_pa != target_pa, RMI_ERROR_INPUT);
  REQUIRE(calling_align, granule_aligned(calling_pa), RMI_ERROR_INPUT);
  REQUIRE(calling_bound, granule_delegable(m, calling_pa), RMI_ERROR_INPUT);
  REQUIRE(calling_state, granule_state(m, calling_pa) == VCCA_GRANULE_REC, RMI_ERROR_INPUT);
  REQUIRE(target_align, granule_aligned(target_pa), RMI_ERROR_INPUT);
  REQUIRE(target_bound, granule_delegable(m, target_pa), RMI_ERROR_INPUT);
  REQUIRE(target_state, granule_state(m, target_pa) == VCCA_GRANULE_REC, RMI_ERROR_INPUT);
  const struct rec *calling = rec_at(m, calling_pa), *target_rec = rec_at(m, target_pa);
  call->realm = calling->owner;
  REQUIRE(pending, calling->pending.psci_pending, RMI_ERROR_INPUT);
  REQUIRE(owner, calling->owner == target_rec->owner, RMI_ERROR_INPUT);
  REQUIRE(target, calling->cpu.x[1] == target_rec->mpidr, RMI_ERROR_INPUT);
  REQUIRE(status, rec_psci_permitted(calling, target_rec, status_word), RMI_ERROR_INPUT);
  COMMIT();

  rec_psci_complete(rec_edit(m, calling_pa), rec_edit(m, target_pa), status_word);
  return RMI_SUCCESS;
}
