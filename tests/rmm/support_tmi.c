/* SPDX-License-Identifier: Apache-2.0 */
#include "support_tmi.h"

#include "rmm/rec.h"

void tmi_cvm_params(struct rig *rig, uint64_t page, unsigned vmid, enum vcca_hash_alg alg)
{
  rig_zero(rig, page);
  rig_poke(rig, page, 8, 4);
  rig_poke(rig, page + 0x08, 8, 40);
  rig_poke(rig, page + 0x28, 8, 1);
  rig_poke(rig, page + 0x30, 8, alg);
  rig_poke(rig, page + 0x38, 8, vmid);
  rig_poke(rig, page + 0x60, 8, 1);
  rig_poke(rig, page + 0x68, 4, vmid);
}

void tmi_tec_params(struct rig *rig, uint64_t page, uint64_t pc, uint64_t flags)
{
  rig_zero(rig, page);
  rig_poke(rig, page + 0x40, 8, pc);
  rig_poke(rig, page + 0x48, 8, flags);
}

uint64_t tmi_cvm(struct rig *rig, unsigned vmid, enum vcca_hash_alg alg)
{
  tmi_cvm_params(rig, PARAMS, vmid, alg);
  OK(rig, "CVM_CREATE", PARAMS, 0);
  return rig->x[1];
}

uint64_t tmi_tec(struct rig *rig, uint64_t rd, uint64_t mpidr, uint64_t flags)
{
  tmi_tec_params(rig, REC_PARAMS, 0, flags);
  OK(rig, "TEC_CREATE", 0, rd, mpidr, REC_PARAMS);
  return rig->x[1];
}

void tmi_tables(struct rig *rig, uint64_t rd, uint64_t ipa)
{
  static const uint64_t span_of[] = {0, UINT64_C(1) << 39, UINT64_C(1) << 30, UINT64_C(1) << 21};
  for (unsigned level = 1; level <= 3; level++) {
    OK(rig, "TTT_CREATE", 0, rd, ipa & ~(span_of[level] - 1), level);
    assert_int_equal(rig->x[1], 0);
  }
}

static void is(uint64_t got, uint64_t want)
{
  assert_int_equal(got, want);
}

struct rig *tmi_world(void)
{
  struct vcca_machine_config config = rig_config(VCCA_ABI_TMI);
  struct rig *rig = rig_new(&config);
  is(tmi_cvm(rig, 1, VCCA_SHA256), CVM_A);
  tmi_tables(rig, CVM_A, 0);
  is(CALL(rig, "DATA_CREATE", 0, CVM_A, 0x1000, SRC, 3), 0);
  is(tmi_tec(rig, CVM_A, 0, 1), TEC_A);

  is(tmi_cvm(rig, 2, VCCA_SHA256), CVM_B);
  tmi_tables(rig, CVM_B, 0);
  is(tmi_tec(rig, CVM_B, 0, 1), TEC_B);
  is(tmi_tec(rig, CVM_B, 1, 0), TEC_B_OFF);
  is(tmi_tec(rig, CVM_B, 2, 1), TEC_B_ASKS);
  is(tmi_cvm(rig, 3, VCCA_SHA256), CVM_C);

  uint64_t gone = tmi_cvm(rig, 4, VCCA_SHA256);
  is(tmi_tec(rig, gone, 0, 1), TEC_ORPHAN);
  is(CALL(rig, "CVM_DESTROY", gone), 0);

  is(CALL(rig, "TTT_MAP_RANGE", CVM_B, 2 * MIB, 2 * MIB, 0, 0), 0);
  is(CALL(rig, "CVM_ACTIVATE", CVM_B), 0);
  struct rec *asks = rec_edit(rig->m, TEC_B_ASKS);
  asks->pending.psci_pending = 1;
  asks->cpu.x[0] = 0xC4000003;
  asks->cpu.x[1] = 1;
  tmi_cvm_params(rig, PARAMS, 9, VCCA_SHA256);
  tmi_tec_params(rig, REC_PARAMS, 0, 1);
  return rig;
}
