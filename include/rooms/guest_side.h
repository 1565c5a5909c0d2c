/* What the guest's side (tsi/) may read and change while its REC runs, that is in a vcca_guest_smc handler.
 * `rec` is the handler's argument of that name, and must be a REC (RMI) or TEC (TMI). Pointers are good until
 * the handler returns. For the realm (IPA width, algorithm, RIM, REM, RPV) use vcca_realm_info(m,
 * vcca_rec_owner(m, rec), ...), for guest memory vcca_realm_access, vcca_realm_read and vcca_realm_write.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_GUEST_SIDE_H
#define ROOMS_GUEST_SIDE_H

#include "vcca/rmm.h"

/* --- Realm -------------------------------------------------------------------------------------------- */

/* Extends REM[index] by value, at most 64 bytes. Index 0..3 is RSI's 1..4. */
void guest_rem_extend(vcca_machine *m, uint64_t rec, unsigned index, vcca_span value);
/* Sets the realm's state to SYSTEM_OFF, for PSCI SYSTEM_OFF and SYSTEM_RESET. */
void guest_system_off(vcca_machine *m, uint64_t rec);
/* Whether ipa is in the protected half of the realm's address space (every valid address does under
 * TMI). */
bool guest_protected(const vcca_machine *m, uint64_t rec, uint64_t ipa);
/* Whether the realm has, or had, a REC with this MPIDR. */
bool guest_mpidr_known(const vcca_machine *m, uint64_t rec, uint64_t mpidr);

/* --- Memory ------------------------------------------------------------------------------------------- */

/* For RSI_IPA_STATE_GET: *ripas becomes the RIPAS at base. Returns where it ends: at most top, and at most
 * the end of one table. [base, top) must be protected. */
uint64_t guest_ripas_end(const vcca_machine *m, uint64_t rec, uint64_t base, uint64_t top, uint8_t *ripas);

/* --- REC ---------------------------------------------------------------------------------------------- */

unsigned guest_rec_index(const vcca_machine *m, uint64_t rec);
/* Sets whether the host may enter the REC, for PSCI CPU_OFF. */
void guest_set_runnable(vcca_machine *m, uint64_t rec, bool runnable);
/* Whether a physical interrupt is raised (vcca_rec_set_irq). A long command gives way to it with
 * guest_exit_irq. */
bool guest_irq_pending(const vcca_machine *m, uint64_t rec);

/* The attestation in progress on this REC; all zero: none. Phases other than 0 have a meaning only to the
 * handler. */
struct guest_attestation {
  uint8_t challenge[64];
  uint32_t phase;
  uint32_t length; /* of the token */
  uint32_t offset; /* delivered so far */
  uint32_t reserved;
};
struct guest_attestation *guest_attestation(vcca_machine *m, uint64_t rec);

/* Keeps a token in the REC's auxiliary granules. Put replaces the token there was; false: it does not fit.
 * Get copies up to n bytes from offset. */
enum { GUEST_TOKEN_MAX = 8192 };
VCCA_MUST_USE bool guest_token_put(vcca_machine *m, uint64_t rec, vcca_span token);
void guest_token_get(const vcca_machine *m, uint64_t rec, size_t offset, size_t n, vcca_sink *out);

/* Requests that wait for the host's answer. REC_ENTER and PSCI_COMPLETE act on them and clear them (RMM
 * specification A4, RmmRec). */
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
/* The exit record that the host will read (RmiRecExit; tmi_tec_run). It is zero when the handler is
 * called. */
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
/* Fills the exit record as for a data abort at ipa, for a buffer that is not mapped. The SMC is not over: the
 * machine issues it again at the next entry. The handler must leave the registers as they were. */
void guest_exit_unmapped(vcca_machine *m, uint64_t rec, uint64_t ipa);
/* Fills the exit record for an interrupt. The SMC's results must be in the registers already. */
void guest_exit_irq(vcca_machine *m, uint64_t rec);

#endif
