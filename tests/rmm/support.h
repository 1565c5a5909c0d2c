/* A small machine with realms in every state that the commands care about, at addresses a table can name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TESTS_RMM_SUPPORT_H
#define VCCA_TESTS_RMM_SUPPORT_H

#include "check.h"

#include "vcca/rmm.h"
#include "rooms/interface.h"

#define PAGE UINT64_C(4096)
#define MIB (UINT64_C(1) << 20)
#define DRAM UINT64_C(0x80000000)
#define DRAM_SIZE (64 * MIB)
#define P(i) (DRAM + (i)*PAGE)
#define DEVICE UINT64_C(0x10000000)    /* not delegable */
#define HIGH (UINT64_C(1) << 48)       /* delegable, beyond 48 bits */
#define SECURE UINT64_C(0x90000000)    /* RMI: delegable but in Secure PAS; TMI: the TMM's pool */
#define NOWHERE UINT64_C(0x7000000000) /* no memory */

/* A machine and the last call made on it. */
struct rig {
  vcca_machine *m;
  const struct vcca_interface *interface;
  uint64_t x[VCCA_SMC_REGS], in[VCCA_SMC_REGS]; /* of the last call: as they came back, as they went */
  const char *refused;
  struct vcca_held held[VCCA_HELD_MAX]; /* what held, of a refused call */
  size_t held_count;
  /* What the RECs do, one event per turn, the last one again and again. */
  struct vcca_realm_event events[8];
  unsigned event_count;
  unsigned turn;
};

struct vcca_machine_config rig_config(enum vcca_abi abi);
/* A machine of that configuration, with the rig as its trace and its program. */
struct rig *rig_new(const struct vcca_machine_config *config);
void rig_free(struct rig *rig);

/* Makes the call; args are x1 and on. Returns the status word, outputs are in rig->x. */
uint64_t rig_call(struct rig *rig, const char *command, const uint64_t args[8]);
#define CALL(rig, command, ...) rig_call(rig, command, (const uint64_t[8]){__VA_ARGS__})
/* The same, and it must succeed. */
#define OK(rig, command, ...) rig_ok(rig, command, (const uint64_t[8]){__VA_ARGS__})
void rig_ok(struct rig *rig, const char *command, const uint64_t args[8]);
/* The code of "RMI_ERROR_INPUT", from the interface's list. */
uint64_t rig_status(const struct rig *rig, vcca_span name);

/* Host memory. */
void rig_poke(struct rig *rig, uint64_t pa, unsigned width, uint64_t value);
uint64_t rig_peek(struct rig *rig, uint64_t pa, unsigned width);
void rig_zero(struct rig *rig, uint64_t pa);

/* --- RMI ---------------------------------------------------------------------------------------------- */

void rmi_delegate(struct rig *rig, uint64_t pa, unsigned count);
/* Realm parameters of the golden sequence (PMU with 5 counters, 40 bits) written to a page. */
void rmi_realm_params(struct rig *rig, uint64_t page, uint64_t rtt_base, unsigned vmid, enum vcca_hash_alg alg);
/* rd, the root at rd + 1 page. */
void rmi_realm(struct rig *rig, uint64_t rd, unsigned vmid, enum vcca_hash_alg alg);
/* REC parameters with 16 auxiliary granules from aux on. */
void rmi_rec_params(struct rig *rig, uint64_t page, uint64_t mpidr, uint64_t flags, uint64_t aux);
/* A REC with its auxiliary granules, delegated here. */
void rmi_rec(struct rig *rig, uint64_t rd, uint64_t rec, uint64_t aux, uint64_t mpidr, uint64_t flags);
/* The tables of level 1..3 for ipa, at pa and on, delegated here. */
void rmi_tables(struct rig *rig, uint64_t rd, uint64_t ipa, uint64_t pa, unsigned first_level);

/* The world:  PARAMS, REC_PARAMS, RUN, SRC  valid buffers of the host
 *   A  new: tables for 0, DATA at 0x1000, an empty level 3 table at 0x400000, a runnable REC
 *   B  active: tables for 0 and for the first unprotected address, DATA at 0x1000, a mapping at UNPROTECTED + 0x1000,
 *      RECs: B_REC runnable, B_OFF not, B_ASKS with a RIPAS change [0x2000, 0x4000) to RAM and a CPU_ON of B_OFF pending
 *   C  new and empty
 *   FREE, and 63 pages after it, delegated */
#define PARAMS P(0)
#define REC_PARAMS P(1)
#define RUN P(2)
#define SRC P(3)
#define HOST P(4)
#define A P(16)
#define A_L3 P(20)
#define A_DATA P(21)
#define A_REC P(22)
#define A_L3_EMPTY P(24)
#define B P(64)
#define B_DATA P(69)
#define B_REC P(70)
#define B_OFF P(71)
#define B_ASKS P(75)
#define C P(128)
#define FREE P(256)
#define UNPROTECTED (UINT64_C(1) << 39)
struct rig *rmi_world(void);

#endif
