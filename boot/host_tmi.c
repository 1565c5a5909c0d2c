/* A plan as TMI calls, in the order of openEuler's KVM: CVM_CREATE, DATA_CREATE by ascending address over the
 * windows (with a source: measured; without: not), TEC_CREATE, TTT_MAP_RANGE over the rest of RAM,
 * CVM_ACTIVATE. The TMM takes granules from its own pool and returns handles.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/host.h"

#include <string.h>

#define TMI_DATA_CREATE UINT64_C(0xC4000262)
#define TMI_CVM_ACTIVATE UINT64_C(0xC4000264)
#define TMI_CVM_CREATE UINT64_C(0xC4000265)
#define TMI_CVM_DESTROY UINT64_C(0xC4000266)
#define TMI_TEC_CREATE UINT64_C(0xC4000267)
#define TMI_TEC_DESTROY UINT64_C(0xC4000268)
#define TMI_TTT_CREATE UINT64_C(0xC400026A)
#define TMI_TTT_MAP_RANGE UINT64_C(0xC400026D)
#define TMI_TTT_DESTROY UINT64_C(0xC400026F)

enum { TMI_SUCCESS = 0, TMI_ERROR_TTT_WALK = 8, TMI_TTT_DESTROY_AGAIN = 14, NO_NUMA = 0 };

/* --- Building ------------------------------------------------------------------------------------------- */

static bool cvm_create(struct vcca_host *h, struct host_vm *vm, const struct vcca_plan *plan, struct vcca_error *err)
{
  uint8_t params[PAGE_4K] = {0}; /* tmi_cvm_params */
  vcca_put_le64(params + 0x00, plan->params.flags);
  vcca_put_le64(params + 0x08, plan->params.s2sz);
  vcca_put_le64(params + 0x10, plan->params.sve_vl);
  vcca_put_le64(params + 0x18, plan->params.num_bps);
  vcca_put_le64(params + 0x20, plan->params.num_wps);
  vcca_put_le64(params + 0x28, plan->params.pmu_num_ctrs);
  vcca_put_le64(params + 0x30, (uint64_t)plan->params.hash_alg);
  vcca_put_le64(params + 0x38, vm->vmid);
  vcca_put_le64(params + 0x58, (uint64_t)stage2_start_level(vm->ipa_bits));
  vcca_put_le64(params + 0x60, vm->roots);
  memcpy(params + 0x68, plan->rpv, sizeof plan->rpv);

  vm->rd = SMC(h, TMI_CVM_CREATE, host_source(h, VCCA_SPAN(params)), NO_NUMA);
  vm->created = vm->rd != 0;
  return vm->created || host_refused(h, TMI_CVM_CREATE, err);
}

/* Creates one granule; one that is not measured has no source. */
static bool data_create(struct vcca_host *h, const struct host_vm *vm, uint64_t ipa, uint64_t source, bool measured,
                        struct vcca_error *err)
{
  uint64_t src = measured ? source : 0;
  uint64_t status = SMC(h, TMI_DATA_CREATE, NO_NUMA, vm->rd, ipa, src, STAGE2_LAST_LEVEL);
  if ((status & 0xff) == TMI_ERROR_TTT_WALK) {
    for (int level = (int)(status >> 8 & 0xff) + 1; level <= STAGE2_LAST_LEVEL; level++) {
      uint64_t parent = ipa & ~(stage2_entry_size(level - 1) - 1);
      if (SMC(h, TMI_TTT_CREATE, NO_NUMA, vm->rd, parent, (uint64_t)level) != TMI_SUCCESS)
        return host_refused(h, TMI_TTT_CREATE, err);
    }
    status = SMC(h, TMI_DATA_CREATE, NO_NUMA, vm->rd, ipa, src, STAGE2_LAST_LEVEL);
  }
  return status == TMI_SUCCESS || host_refused(h, TMI_DATA_CREATE, err);
}

static bool create_tecs(struct vcca_host *h, struct host_vm *vm, const struct vcca_plan *plan, struct vcca_error *err)
{
  static const struct vcca_rec_params other;
  for (unsigned i = 0; i < plan->vcpus; i++) {
    const struct vcca_rec_params *tec = i == 0 ? &plan->boot_rec : &other;
    uint8_t params[PAGE_4K] = {0}; /* tmi_tec_params */
    for (size_t r = 0; r < 8; r++)
      vcca_put_le64(params + 8 * r, tec->gprs[r]);
    vcca_put_le64(params + 0x40, tec->pc);
    vcca_put_le64(params + 0x48, tec->flags);
    vcca_put_le64(params + 0x50, plan->ram_size);
    uint64_t handle = SMC(h, TMI_TEC_CREATE, NO_NUMA, vm->rd, host_mpidr(i), host_source(h, VCCA_SPAN(params)));
    if (handle == 0)
      return host_refused(h, TMI_TEC_CREATE, err);
    vm->rec[vm->recs++] = handle;
  }
  return true;
}

/* RAM after the last window, which is the device tree's. */
static bool map_rest(struct vcca_host *h, const struct host_vm *vm, const struct vcca_plan *plan,
                     struct vcca_error *err)
{
  uint64_t base = round_up(segment_end(&plan->segments[plan->segment_count - 1]), BLOCK_2M);
  uint64_t end = plan->ram_base + plan->ram_size;
  if (base >= end)
    return true;
  return SMC(h, TMI_TTT_MAP_RANGE, vm->rd, base, end - base, NO_NUMA, NO_NUMA) == TMI_SUCCESS ||
         host_refused(h, TMI_TTT_MAP_RANGE, err);
}

bool host_tmi_boot(struct vcca_host *h, struct host_vm *vm, const struct vcca_plan *plan,
                   struct host_progress *progress, struct vcca_error *err)
{
  if (!cvm_create(h, vm, plan, err))
    return false;
  for (size_t i = 0; i < plan->segment_count; i++)
    if (!host_populate(h, vm, plan, &plan->segments[i], data_create, progress, err))
      return false;
  if (!create_tecs(h, vm, plan, err) || !map_rest(h, vm, plan, err))
    return false;
  return SMC(h, TMI_CVM_ACTIVATE, vm->rd) == TMI_SUCCESS || host_refused(h, TMI_CVM_ACTIVATE, err);
}

/* --- Tearing down --------------------------------------------------------------------------------------- */

/* KVM destroys its vCPUs last. */
bool host_tmi_destroy(struct vcca_host *h, struct host_vm *vm, struct vcca_error *err)
{
  if (!vm->created)
    return true;
  uint64_t status;
  do
    status = SMC(h, TMI_TTT_DESTROY, vm->rd);
  while ((status & 0xff) == TMI_TTT_DESTROY_AGAIN);
  if (status != TMI_SUCCESS)
    return host_refused(h, TMI_TTT_DESTROY, err);
  if (SMC(h, TMI_CVM_DESTROY, vm->rd) != TMI_SUCCESS)
    return host_refused(h, TMI_CVM_DESTROY, err);
  for (; vm->recs > 0; vm->recs--)
    if (SMC(h, TMI_TEC_DESTROY, vm->rec[vm->recs - 1]) != TMI_SUCCESS)
      return host_refused(h, TMI_TEC_DESTROY, err);
  vm->created = false;
  return true;
}
