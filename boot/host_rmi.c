/* A plan as RMI calls, in the order of KVM's Arm CCA support for RMM 1.0: REALM_CREATE, INIT_RIPAS of all
 * RAM, DATA_CREATE by ascending address, REC_CREATE, REALM_ACTIVATE. The host creates a table only when a
 * walk needs it, and delegates granules when it needs them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/host.h"
#include "rooms/error.h"

#include <inttypes.h>
#include <string.h>

#define RMI_GRANULE_DELEGATE UINT64_C(0xC4000151)
#define RMI_GRANULE_UNDELEGATE UINT64_C(0xC4000152)
#define RMI_DATA_CREATE UINT64_C(0xC4000153)
#define RMI_DATA_DESTROY UINT64_C(0xC4000155)
#define RMI_REALM_ACTIVATE UINT64_C(0xC4000157)
#define RMI_REALM_CREATE UINT64_C(0xC4000158)
#define RMI_REALM_DESTROY UINT64_C(0xC4000159)
#define RMI_REC_CREATE UINT64_C(0xC400015A)
#define RMI_REC_DESTROY UINT64_C(0xC400015B)
#define RMI_RTT_CREATE UINT64_C(0xC400015D)
#define RMI_RTT_DESTROY UINT64_C(0xC400015E)
#define RMI_REC_AUX_COUNT UINT64_C(0xC4000167)
#define RMI_RTT_INIT_RIPAS UINT64_C(0xC4000168)
#define RMI_RTT_SET_RIPAS UINT64_C(0xC4000169)

enum { RMI_SUCCESS = 0, RMI_ERROR_RTT = 4, RMI_ERROR_MASK = 0xff };

/* The level at which a walk stopped, if the status says so. */
static bool stopped_at(uint64_t status, int *level)
{
  uint8_t index = (uint8_t)(status >> 8);
  *level = index < 0x80 ? index : index - 0x100; /* the first level is -1 */
  return (status & RMI_ERROR_MASK) == RMI_ERROR_RTT;
}

static uint64_t align_down(uint64_t ipa, int level)
{
  return ipa & ~(stage2_entry_size(level) - 1);
}

/* --- Granules ----------------------------------------------------------------------------------------------- */

static bool undelegate(struct vcca_host *h, uint64_t pa, unsigned n, struct vcca_error *err)
{
  for (unsigned i = 0; i < n; i++) {
    if (SMC(h, RMI_GRANULE_UNDELEGATE, pa + (uint64_t)i * PAGE_4K) != RMI_SUCCESS)
      return host_refused(h, RMI_GRANULE_UNDELEGATE, err);
    host_give(h, pa + (uint64_t)i * PAGE_4K, 1);
  }
  return true;
}

/* Takes back a granule after a failure that is reported already. Returns false. */
static bool give_up(struct vcca_host *h, uint64_t pa, unsigned n)
{
  struct vcca_error ignored;
  return undelegate(h, pa, n, &ignored) && false;
}

/* Takes and delegates n contiguous granules. */
static bool delegate(struct vcca_host *h, unsigned n, uint64_t *pa, struct vcca_error *err)
{
  uint64_t base;
  if (!host_take(h, n, &base, err))
    return false;
  for (unsigned i = 0; i < n; i++)
    if (SMC(h, RMI_GRANULE_DELEGATE, base + (uint64_t)i * PAGE_4K) != RMI_SUCCESS) {
      host_refused(h, RMI_GRANULE_DELEGATE, err);
      host_give(h, base + (uint64_t)i * PAGE_4K, n - i);
      return give_up(h, base, i);
    }
  *pa = base;
  return true;
}

/* --- Building ------------------------------------------------------------------------------------------- */

static bool realm_create(struct vcca_host *h, struct host_vm *vm, const struct vcca_plan *plan, struct vcca_error *err)
{
  uint8_t params[PAGE_4K] = {0}; /* RmiRealmParams, B4.5 */
  uint64_t rd;
  if (!delegate(h, vm->roots, &vm->root, err))
    return false;
  if (!delegate(h, 1, &rd, err))
    return give_up(h, vm->root, vm->roots);

  vcca_put_le64(params, plan->params.flags);
  params[0x08] = (uint8_t)plan->params.s2sz;
  params[0x10] = (uint8_t)plan->params.sve_vl;
  params[0x18] = (uint8_t)plan->params.num_bps;
  params[0x20] = (uint8_t)plan->params.num_wps;
  params[0x28] = (uint8_t)plan->params.pmu_num_ctrs;
  params[0x30] = (uint8_t)plan->params.hash_alg;
  memcpy(params + 0x400, plan->rpv, sizeof plan->rpv);
  vcca_put_le16(params + 0x800, (uint16_t)vm->vmid);
  vcca_put_le64(params + 0x808, vm->root);
  vcca_put_le64(params + 0x810, (uint64_t)stage2_start_level(vm->ipa_bits));
  vcca_put_le32(params + 0x818, vm->roots);
  if (SMC(h, RMI_REALM_CREATE, rd, host_source(h, VCCA_SPAN(params))) != RMI_SUCCESS) {
    host_refused(h, RMI_REALM_CREATE, err);
    give_up(h, rd, 1);
    return give_up(h, vm->root, vm->roots);
  }
  vm->rd = rd;
  vm->created = true;
  return true;
}

/* Creates the tables for ipa at levels first to last. */
static bool make_tables(struct vcca_host *h, const struct host_vm *vm, uint64_t ipa, int first, int last,
                        struct vcca_error *err)
{
  for (int level = first; level <= last; level++) {
    uint64_t table;
    if (!delegate(h, 1, &table, err))
      return false;
    if (SMC(h, RMI_RTT_CREATE, vm->rd, table, align_down(ipa, level - 1), (uint64_t)level) != RMI_SUCCESS) {
      host_refused(h, RMI_RTT_CREATE, err);
      return give_up(h, table, 1);
    }
  }
  return true;
}

/* Sets RIPAS RAM over [base, top). Each call covers one table at most. Where an entry is too large, creates
 * tables down to the largest entry that fits. */
static bool init_ripas(struct vcca_host *h, const struct host_vm *vm, uint64_t base, uint64_t top,
                       struct vcca_error *err)
{
  while (base < top) {
    int stopped, fits = stage2_block_level(vm->ipa_bits, base, top);
    uint64_t status = SMC(h, RMI_RTT_INIT_RIPAS, vm->rd, base, top);
    uint64_t next = h->x[1];
    if (status == RMI_SUCCESS && next > base)
      base = next;
    else if (!stopped_at(status, &stopped) || stopped >= fits)
      return host_refused(h, RMI_RTT_INIT_RIPAS, err);
    else if (!make_tables(h, vm, base, stopped + 1, fits, err))
      return false;
  }
  return true;
}

void host_rmi_change_ripas(struct vcca_host *h, const struct host_vm *vm, uint64_t rec, uint64_t base, uint64_t top)
{
  struct vcca_error err; /* the monitor reports how far it got */
  while (base < top) {
    int stopped, fits = stage2_block_level(vm->ipa_bits, base, top);
    uint64_t status = SMC(h, RMI_RTT_SET_RIPAS, vm->rd, rec, base, top);
    if (status == RMI_SUCCESS && h->x[1] > base)
      base = h->x[1];
    else if (!stopped_at(status, &stopped) || stopped >= fits || !make_tables(h, vm, base, stopped + 1, fits, &err))
      return;
  }
}

static bool data_create(struct vcca_host *h, const struct host_vm *vm, uint64_t ipa, uint64_t source, bool measured,
                        struct vcca_error *err)
{
  uint64_t data = 0;
  int stopped;
  if (!delegate(h, 1, &data, err))
    return false;
  uint64_t status = SMC(h, RMI_DATA_CREATE, vm->rd, data, ipa, source, measured);
  if (stopped_at(status, &stopped) && stopped < STAGE2_LAST_LEVEL) {
    if (!make_tables(h, vm, ipa, stopped + 1, STAGE2_LAST_LEVEL, err))
      return give_up(h, data, 1);
    status = SMC(h, RMI_DATA_CREATE, vm->rd, data, ipa, source, measured);
  }
  if (status == RMI_SUCCESS)
    return true;
  host_refused(h, RMI_DATA_CREATE, err);
  return give_up(h, data, 1);
}

static bool populate_all(struct vcca_host *h, const struct host_vm *vm, const struct vcca_plan *plan, bool after_recs,
                         struct host_progress *progress, struct vcca_error *err)
{
  for (size_t i = 0; i < plan->segment_count; i++)
    if (plan->segments[i].after_recs == after_recs &&
        !host_populate(h, vm, plan, &plan->segments[i], data_create, progress, err))
      return false;
  return true;
}

/* Takes all auxiliary granules of the next REC, or none. */
static bool delegate_aux(struct vcca_host *h, struct host_vm *vm, struct vcca_error *err)
{
  uint64_t *aux = vm->aux[vm->recs];
  for (unsigned i = 0; i < vm->aux_count; i++)
    if (!delegate(h, 1, &aux[i], err)) {
      while (i-- > 0)
        give_up(h, aux[i], 1);
      return false;
    }
  return true;
}

static bool rec_create(struct vcca_host *h, struct host_vm *vm, const struct vcca_rec_params *rec,
                       struct vcca_error *err)
{
  uint8_t params[PAGE_4K] = {0}; /* RmiRecParams, B4.5 */
  const uint64_t *aux = vm->aux[vm->recs];
  uint64_t pa;
  if (!delegate(h, 1, &pa, err))
    return false;
  if (!delegate_aux(h, vm, err))
    return give_up(h, pa, 1);

  vcca_put_le64(params, rec->flags);
  vcca_put_le64(params + 0x100, host_mpidr(vm->recs));
  vcca_put_le64(params + 0x200, rec->pc);
  for (size_t i = 0; i < 8; i++)
    vcca_put_le64(params + 0x300 + 8 * i, rec->gprs[i]);
  vcca_put_le64(params + 0x800, vm->aux_count);
  for (size_t i = 0; i < vm->aux_count; i++)
    vcca_put_le64(params + 0x808 + 8 * i, aux[i]);
  if (SMC(h, RMI_REC_CREATE, vm->rd, pa, host_source(h, VCCA_SPAN(params))) == RMI_SUCCESS) {
    vm->rec[vm->recs++] = pa;
    return true;
  }
  host_refused(h, RMI_REC_CREATE, err);
  for (unsigned i = 0; i < vm->aux_count; i++)
    give_up(h, aux[i], 1);
  return give_up(h, pa, 1);
}

static bool create_recs(struct vcca_host *h, struct host_vm *vm, const struct vcca_plan *plan, struct vcca_error *err)
{
  static const struct vcca_rec_params other;
  if (SMC(h, RMI_REC_AUX_COUNT, vm->rd) != RMI_SUCCESS || h->x[1] > REC_AUX_MAX)
    return host_refused(h, RMI_REC_AUX_COUNT, err);
  vm->aux_count = (unsigned)h->x[1];
  for (unsigned i = 0; i < plan->vcpus; i++)
    if (!rec_create(h, vm, i == 0 ? &plan->boot_rec : &other, err))
      return false;
  return true;
}

bool host_rmi_boot(struct vcca_host *h, struct host_vm *vm, const struct vcca_plan *plan,
                   struct host_progress *progress, struct vcca_error *err)
{
  if (!realm_create(h, vm, plan, err))
    return false;
  for (size_t i = 0; i < plan->ripas_count; i++)
    if (!init_ripas(h, vm, plan->ripas[i].base, plan->ripas[i].top, err))
      return false;
  if (!populate_all(h, vm, plan, false, progress, err) || !create_recs(h, vm, plan, err) ||
      !populate_all(h, vm, plan, true, progress, err))
    return false;
  return SMC(h, RMI_REALM_ACTIVATE, vm->rd) == RMI_SUCCESS || host_refused(h, RMI_REALM_ACTIVATE, err);
}

/* --- Tearing down --------------------------------------------------------------------------------------- */

/* Destroys all of the realm's memory. Each result says where to continue. */
static bool destroy_data(struct vcca_host *h, const struct host_vm *vm, struct vcca_error *err)
{
  uint64_t end = (uint64_t)1 << (vm->ipa_bits - 1); /* the protected half */
  for (uint64_t ipa = 0, top; ipa < end; ipa = top) {
    int stopped;
    uint64_t status = SMC(h, RMI_DATA_DESTROY, vm->rd, ipa);
    uint64_t data = h->x[1];
    top = h->x[2];
    if (status != RMI_SUCCESS && !stopped_at(status, &stopped))
      return host_refused(h, RMI_DATA_DESTROY, err);
    if (status == RMI_SUCCESS) {
      if (!undelegate(h, data, 1, err))
        return false;
    } else if (top == ipa && stopped < STAGE2_LAST_LEVEL) { /* a block: split it into a table first */
      if (!make_tables(h, vm, ipa, stopped + 1, STAGE2_LAST_LEVEL, err))
        return false;
      continue;
    }
    if (top <= ipa)
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                       "rmi DATA_DESTROY at 0x%" PRIx64 " gives no address to continue from", ipa);
  }
  return true;
}

static bool destroy_tables(struct vcca_host *h, const struct host_vm *vm, int level, struct vcca_error *err)
{
  uint64_t end = (uint64_t)1 << vm->ipa_bits;
  for (uint64_t ipa = 0, top; ipa < end; ipa = top) {
    int stopped;
    uint64_t status = SMC(h, RMI_RTT_DESTROY, vm->rd, ipa, (uint64_t)level);
    uint64_t table = h->x[1];
    top = h->x[2];
    if (status != RMI_SUCCESS && (!stopped_at(status, &stopped) || top <= ipa))
      return host_refused(h, RMI_RTT_DESTROY, err);
    if (status == RMI_SUCCESS && !undelegate(h, table, 1, err))
      return false;
    if (top <= ipa)
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                       "rmi RTT_DESTROY at 0x%" PRIx64 " gives no address to continue from", ipa);
  }
  return true;
}

bool host_rmi_destroy(struct vcca_host *h, struct host_vm *vm, struct vcca_error *err)
{
  if (!vm->created)
    return true;
  if (!destroy_data(h, vm, err))
    return false;
  for (int level = STAGE2_LAST_LEVEL; level > stage2_start_level(vm->ipa_bits); level--)
    if (!destroy_tables(h, vm, level, err))
      return false;
  for (; vm->recs > 0; vm->recs--) {
    unsigned last = vm->recs - 1;
    if (SMC(h, RMI_REC_DESTROY, vm->rec[last]) != RMI_SUCCESS)
      return host_refused(h, RMI_REC_DESTROY, err);
    for (unsigned i = 0; i < vm->aux_count; i++)
      if (!undelegate(h, vm->aux[last][i], 1, err))
        return false;
    if (!undelegate(h, vm->rec[last], 1, err))
      return false;
  }
  if (SMC(h, RMI_REALM_DESTROY, vm->rd) != RMI_SUCCESS)
    return host_refused(h, RMI_REALM_DESTROY, err);
  vm->created = false;
  return undelegate(h, vm->rd, 1, err) && undelegate(h, vm->root, vm->roots, err);
}
