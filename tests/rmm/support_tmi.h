/* CVMs in every state that TMI's commands care about. The TMM takes the lowest free granules of its pool,
 * so the handles are known; tmi_world asserts them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TESTS_RMM_SUPPORT_TMI_H
#define VCCA_TESTS_RMM_SUPPORT_TMI_H

#include "support.h"

/* CVM parameters (PMU with 1 counter, 40 bits, root at level 0) and TEC parameters written to a page. */
void tmi_cvm_params(struct rig *rig, uint64_t page, unsigned vmid, enum vcca_hash_alg alg);
void tmi_tec_params(struct rig *rig, uint64_t page, uint64_t pc, uint64_t flags);
/* Each returns the handle. */
uint64_t tmi_cvm(struct rig *rig, unsigned vmid, enum vcca_hash_alg alg);
uint64_t tmi_tec(struct rig *rig, uint64_t rd, uint64_t mpidr, uint64_t flags);
/* The tables of level 1..3 for ipa. */
void tmi_tables(struct rig *rig, uint64_t rd, uint64_t ipa);

/* The world:  PARAMS, REC_PARAMS, RUN, SRC  valid buffers of the host
 *   A  new: tables for 0, a page at 0x1000, a TEC
 *   B  active: tables for 0, a block at 0x200000; TECs: TEC_B runnable, TEC_B_OFF not, TEC_B_ASKS with a CPU_ON of TEC_B_OFF pending
 *   C  new and empty
 *   TEC_ORPHAN  its CVM is gone */
#define S(i) (SECURE + (i)*PAGE)
#define CVM_A S(1)
#define TEC_A S(6)
#define CVM_B S(10)
#define TEC_B S(14)
#define TEC_B_OFF S(17)
#define TEC_B_ASKS S(20)
#define CVM_C S(24)
#define TEC_ORPHAN S(27)
struct rig *tmi_world(void);

#endif
