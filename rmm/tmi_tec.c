/* TMI: TECs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/rec.h"
#include "rmm/tmi.h"

#include <string.h>

/* Reads tmi_tec_params. The model does not need ram_size (0x50). */
static struct vcca_rec_params tec_params(const uint8_t *p)
{
  struct vcca_rec_params params = {.pc = vcca_le64(p + 0x40), .flags = vcca_le64(p + 0x48)};
  for (size_t i = 0; i < 8; i++)
    params.gprs[i] = vcca_le64(p + 8 * i);
  return params;
}

uint64_t tmi_tec_create(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t rd = call->in[2], mpidr = call->in[3], params_pa = call->in[4], index;
  REQUIRE(rd_align, granule_aligned(rd), TMI_NO_HANDLE);
  REQUIRE(rd_bound, granule_secure(m, rd), TMI_NO_HANDLE);
  REQUIRE(rd_state, granule_state(m, rd) == VCCA_GRANULE_RD, TMI_NO_HANDLE);
  REQUIRE(params_align, granule_aligned(params_pa), TMI_NO_HANDLE);
  REQUIRE(params_bound, granule_region(m, params_pa), TMI_NO_HANDLE);
  REQUIRE(params_pas, granule_nonsecure(m, params_pa), TMI_NO_HANDLE);
  struct vcca_rec_params params = tec_params(granule_read(m, params_pa));
  const struct realm *realm = realm_at(m, rd);
  uint64_t most = (UINT64_C(1) << machine_features(m).max_recs_order) - 1;
  call->realm = rd;
  REQUIRE(num_tecs, realm->num_recs < most, TMI_NO_HANDLE);
  REQUIRE(cvm_state, realm->state == VCCA_REALM_NEW, TMI_NO_HANDLE);
  REQUIRE(mpidr_index, rec_mpidr_index(mpidr, &index) && index == realm->rec_index, TMI_NO_HANDLE);
  REQUIRE(memory, m->pool_free >= 1 + TMI_AUX_COUNT, TMI_NO_HANDLE);
  COMMIT();

  uint64_t granules[1 + TMI_AUX_COUNT];
  for (unsigned i = 0; i < 1 + TMI_AUX_COUNT; i++) {
    granules[i] = granule_pool_find(m, 1);
    granule_set_state(m, granules[i], i ? VCCA_GRANULE_REC_AUX : VCCA_GRANULE_REC);
  }
  rec_create(m, rd, granules[0], mpidr, &params, granules + 1, TMI_AUX_COUNT);
  return granules[0];
}

uint64_t tmi_tec_destroy(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t tec = call->in[1];
  REQUIRE(tec_align, granule_aligned(tec), TMI_ERROR_INPUT);
  REQUIRE(tec_bound, granule_secure(m, tec), TMI_ERROR_INPUT);
  REQUIRE(tec_gran_state, granule_state(m, tec) == VCCA_GRANULE_REC, TMI_ERROR_INPUT);
  call->realm = rec_at(m, tec)->owner;
  REQUIRE(tec_state, !rec_at(m, tec)->running, TMI_ERROR_TEC);
  COMMIT();

  rec_destroy(m, tec);
  return TMI_SUCCESS;
}

/* --- TEC_ENTER ---------------------------------------------------------------------------------------- */

/* tmi_tec_run: the entry is {flags, gprs, list registers, hcr}; the exit follows directly. */
enum { RUN_GPRS = 0x008, RUN_LRS = 0x100, RUN_HCR = 0x180, RUN_EXIT = 0x188, RUN_EXIT_SIZE = 0x1e0 };
enum { EXIT_GPRS = 0x20, EXIT_HCR = 0x118, EXIT_LRS = 0x120, EXIT_MISR = 0x1a0, EXIT_VMCR = 0x1a8 };
enum {
  EXIT_CNTV_CTL = 0x1b0,
  EXIT_CNTV_CVAL = 0x1b8,
  EXIT_CNTP_CTL = 0x1c0,
  EXIT_CNTP_CVAL = 0x1c8,
  EXIT_IMM = 0x1d0,
  EXIT_PMU = 0x1d8
};

static struct rec_entry load_entry(const uint8_t *p)
{
  struct rec_entry entry = {.flags = vcca_le64(p), .gicv3_hcr = vcca_le64(p + RUN_HCR)};
  for (size_t i = 0; i < REC_GPRS; i++)
    entry.gprs[i] = vcca_le64(p + RUN_GPRS + 8 * i);
  for (size_t i = 0; i < REC_LRS; i++)
    entry.gicv3_lrs[i] = vcca_le64(p + RUN_LRS + 8 * i);
  return entry;
}

static void store_exit(uint8_t *p, const struct rec *rec, const struct rec_entry *entry)
{
  const struct guest_exit *exit = &rec->exit;
  const struct vcca_cpu *cpu = &rec->cpu;
  memset(p, 0, RUN_EXIT_SIZE);
  vcca_put_le64(p, exit->reason);
  vcca_put_le64(p + 0x08, exit->esr);
  vcca_put_le64(p + 0x10, exit->far);
  vcca_put_le64(p + 0x18, exit->hpfar);
  for (size_t i = 0; i < REC_GPRS; i++)
    vcca_put_le64(p + EXIT_GPRS + 8 * i, exit->gprs[i]);
  vcca_put_le64(p + EXIT_HCR, rec_exit_hcr(rec, entry));
  for (size_t i = 0; i < REC_LRS; i++)
    vcca_put_le64(p + EXIT_LRS + 8 * i, cpu->gic.lrs[i]);
  vcca_put_le64(p + EXIT_MISR, cpu->gic.misr);
  vcca_put_le64(p + EXIT_VMCR, cpu->gic.vmcr);
  vcca_put_le64(p + EXIT_CNTV_CTL, cpu->timer.cntv_ctl);
  vcca_put_le64(p + EXIT_CNTV_CVAL, cpu->timer.cntv_cval);
  vcca_put_le64(p + EXIT_CNTP_CTL, cpu->timer.cntp_ctl);
  vcca_put_le64(p + EXIT_CNTP_CVAL, cpu->timer.cntp_cval);
  vcca_put_le64(p + EXIT_IMM, exit->imm);
  vcca_put_le64(p + EXIT_PMU, cpu->pmu_overflow != 0);
}

uint64_t tmi_tec_enter(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t tec = call->in[1], run = call->in[2];
  REQUIRE(run_align, granule_aligned(run), TMI_ERROR_INPUT);
  REQUIRE(run_bound, granule_region(m, run), TMI_ERROR_INPUT);
  REQUIRE(run_pas, granule_nonsecure(m, run), TMI_ERROR_INPUT);
  struct rec_entry entry = load_entry(granule_read(m, run));
  REQUIRE(tec_align, granule_aligned(tec), TMI_ERROR_INPUT);
  REQUIRE(tec_bound, granule_secure(m, tec), TMI_ERROR_INPUT);
  REQUIRE(tec_gran_state, granule_state(m, tec) == VCCA_GRANULE_REC, TMI_ERROR_INPUT);
  const struct rec *rec = rec_at(m, tec);
  call->realm = rec->owner;
  REQUIRE(tec_state, !rec->running, TMI_ERROR_TEC);
  REQUIRE(tec_owner, rec->owner, TMI_ERROR_OWNER);
  const struct realm *realm = realm_at(m, rec->owner);
  REQUIRE(cvm_new, realm->state != VCCA_REALM_NEW, TMI_ERROR_CVM_STATE);
  REQUIRE(cvm_off, realm->state != VCCA_REALM_SYSTEM_OFF, TMI_ERROR_CVM_POWEROFF);
  REQUIRE(tec_runnable, rec->runnable, TMI_ERROR_TEC);
  REQUIRE(tec_psci, !rec->pending.psci_pending, TMI_ERROR_TEC);
  REQUIRE(tec_gicv3, rec_gicv3_valid(m, &entry), TMI_ERROR_TEC);
  REQUIRE(tec_mmio, rec_mmio_valid(rec, &entry), TMI_ERROR_TEC);
  COMMIT();

  rec_run(m, tec, &entry);
  call->remark = rec_remark(rec);
  store_exit((uint8_t *)granule_edit(m, run) + RUN_EXIT, rec, &entry);
  return TMI_SUCCESS;
}

uint64_t tmi_psci_complete(struct call *call)
{
  vcca_machine *m = call->m;
  uint64_t calling_pa = call->in[1], target_pa = call->in[2];
  REQUIRE(alias, calling_pa != target_pa, TMI_ERROR_ALIAS);
  REQUIRE(calling_align, granule_aligned(calling_pa), TMI_ERROR_INPUT);
  REQUIRE(calling_bound, granule_secure(m, calling_pa), TMI_ERROR_INPUT);
  REQUIRE(calling_state, granule_state(m, calling_pa) == VCCA_GRANULE_REC, TMI_ERROR_INPUT);
  REQUIRE(target_align, granule_aligned(target_pa), TMI_ERROR_INPUT);
  REQUIRE(target_bound, granule_secure(m, target_pa), TMI_ERROR_INPUT);
  REQUIRE(target_state, granule_state(m, target_pa) == VCCA_GRANULE_REC, TMI_ERROR_INPUT);
  const struct rec *calling = rec_at(m, calling_pa), *target_tec = rec_at(m, target_pa);
  call->realm = calling->owner;
  REQUIRE(pending, calling->pending.psci_pending, TMI_ERROR_TEC);
  REQUIRE(owner, calling->owner && calling->owner == target_tec->owner, TMI_ERROR_OWNER);
  REQUIRE(target, calling->cpu.x[1] == target_tec->mpidr, TMI_ERROR_INPUT);
  COMMIT();

  rec_psci_complete(rec_edit(m, calling_pa), rec_edit(m, target_pa), 0);
  return TMI_SUCCESS;
}
