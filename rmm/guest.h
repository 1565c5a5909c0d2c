/* What the guest's side (tsi/) may see and do while its REC runs, that is inside a vcca_guest_smc handler. `rec` is the handle that
 * handler was given; every function here requires it to be a REC (RMI) or TEC (TMI), and pointers stay good until the handler
 * returns. Realm facts (IPA width, algorithm, RIM, REM, RPV) are read with vcca_realm_info(m, vcca_rec_owner(m, rec), ...), guest
 * memory with vcca_realm_access, vcca_realm_read and vcca_realm_write.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_GUEST_H
#define RMM_GUEST_H

#include "vcca/rmm.h"

/* --- Realm -------------------------------------------------------------------------------------------- */

/* REM[index] (index 0..3 is RSI slot 1..4) is extended by value (at most 64 bytes). */
void guest_rem_extend(vcca_machine *m, uint64_t rec, unsigned index, vcca_span value);
/* PSCI SYSTEM_OFF and SYSTEM_RESET: the realm is SYSTEM_OFF from now on. */
void guest_system_off(vcca_machine *m, uint64_t rec);
/* Whether ipa lies in the protected half of the realm's address space (every valid address does under TMI). */
bool guest_protected(const vcca_machine *m, uint64_t rec, uint64_t ipa);
/* Whether a REC with this MPIDR was ever made in the realm. */
bool guest_mpidr_known(const vcca_machine *m, uint64_t rec, uint64_t mpidr);

/* --- Memory ------------------------------------------------------------------------------------------- */

/* RSI_IPA_STATE_GET: the RIPAS at base, and how far up to top it is the same, as far as one table tells. [base, top) is protected. */
uint64_t guest_ripas_end(const vcca_machine *m, uint64_t rec, uint64_t base, uint64_t top, uint8_t *ripas);

/* --- REC ---------------------------------------------------------------------------------------------- */

unsigned guest_rec_index(const vcca_machine *m, uint64_t rec);
/* PSCI CPU_OFF. */
void guest_set_runnable(vcca_machine *m, uint64_t rec, bool runnable);
/* Whether a physical interrupt waits (vcca_rec_set_irq): long-running commands give way to it with guest_exit_irq. */
bool guest_irq_pending(const vcca_machine *m, uint64_t rec);

/* The attestation in progress on this REC; all zero is none. The phases are the handler's own, none but 0 has a meaning here. */
struct guest_attestation {
  uint8_t challenge[64];
  uint32_t phase;
  uint32_t length; /* of the token */
  uint32_t offset; /* delivered so far */
  uint32_t reserved;
};
struct guest_attestation *guest_attestation(vcca_machine *m, uint64_t rec);

/* Room for a token in the REC's auxiliary granules. Put replaces what was there, false when it does not fit; get copies up to
 * n bytes from offset. */
enum { GUEST_TOKEN_MAX = 8192 };
VCCA_MUST_USE bool guest_token_put(vcca_machine *m, uint64_t rec, vcca_span token);
void guest_token_get(const vcca_machine *m, uint64_t rec, size_t offset, size_t n, vcca_sink *out);

/* What waits for the host's answer; REC_ENTER and PSCI_COMPLETE act on it and clear it (RMM specification A4, RmmRec). */
struct guest_pending {
  uint64_t ripas_addr; /* RSI_IPA_STATE_SET: progress and end; addr == top is none */
  uint64_t ripas_top;
  uint64_t host_call; /* IPA of the RsiHostCall */
  uint8_t ripas_value;
  uint8_t ripas_destroyed; /* CHANGE_DESTROYED was given */
  uint8_t psci_pending;    /* until PSCI_COMPLETE */
  uint8_t host_call_pending;
  uint8_t ripas_pending; /* the last exit was RIPAS_CHANGE */
  uint8_t reserved[3];
};
struct guest_pending *guest_pending(vcca_machine *m, uint64_t rec);

/* --- Exits: fill one of these, then return VCCA_GUEST_EXIT ---------------------------------------------- */

enum guest_exit_reason {
  GUEST_EXIT_SYNC = 0,
  GUEST_EXIT_IRQ = 1,
  GUEST_EXIT_FIQ = 2,
  GUEST_EXIT_PSCI = 3,
  GUEST_EXIT_RIPAS_CHANGE = 4,
  GUEST_EXIT_HOST_CALL = 5,
  GUEST_EXIT_SERROR = 6,
};
/* The record the host will see; zero when the handler is called (RmiRecExit; tmi_tec_run). */
struct guest_exit {
  uint64_t reason;
  uint64_t esr;
  uint64_t far;
  uint64_t hpfar;
  uint64_t gprs[31];
  uint64_t ripas_base;
  uint64_t ripas_top;
  uint64_t ripas_value;
  uint64_t imm; /* HOST_CALL */
};
struct guest_exit *guest_exit(vcca_machine *m, uint64_t rec);
/* As a data abort at ipa, for a buffer that is not mapped: the SMC is not consumed, the realm issues it again. Registers must be
 * as they were. */
void guest_exit_unmapped(vcca_machine *m, uint64_t rec, uint64_t ipa);
/* An interrupt: the SMC's results must be in the registers already. */
void guest_exit_irq(vcca_machine *m, uint64_t rec);

#endif
