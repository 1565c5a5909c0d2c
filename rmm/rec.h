/* RECs (virtCCA: TECs): the descriptor, which is in the REC's granule, and how a REC is made and runs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RMM_REC_H
#define RMM_REC_H

#include "rooms/guest_side.h"
#include "rmm/realm.h"

enum { REC_AUX_MAX = 16, REC_GPRS = 31, REC_LRS = VCCA_GIC_LRS };
#define REC_IDENTITY_MAX (UINT64_MAX / 2) /* no machine makes as many */

/* What the next entry needs to emulate the access, when the last exit was a data abort; otherwise zero. */
struct rec_abort {
  uint8_t unprotected;
  uint8_t emulatable;
  uint8_t write;
  uint8_t size;
  uint8_t reg;
  uint8_t sign_extend;
  uint8_t wide;
  uint8_t reserved;
  uint64_t ipa;
};

struct rec {
  uint64_t owner; /* RD; 0 when its CVM is gone (TMI) */
  uint64_t next;  /* the realm's next older REC, 0: none */
  uint64_t mpidr;
  uint32_t index;
  uint32_t aux_count;
  uint64_t aux[REC_AUX_MAX];
  uint8_t runnable;
  uint8_t running;
  uint8_t irq_pending;
  uint8_t ripas_response; /* 1: the host rejected */
  uint8_t exit_unmapped;  /* it left because a buffer was not mapped: rec_run issues the SMC again */
  uint8_t stuck;          /* the last entry ended after VCCA_EVENTS_MAX events */
  uint8_t reserved[2];
  uint64_t identity; /* the machine's count of RECs when it was made */
  uint64_t starts;   /* how often PSCI CPU_ON started it */
  struct rec_abort abort;
  struct guest_pending pending;
  struct guest_attestation attestation;
  struct guest_exit exit;
  struct vcca_cpu cpu;
};
_Static_assert(sizeof(struct rec) <= GRANULE_SIZE, "a REC descriptor is one granule");

const struct rec *rec_at(const vcca_machine *m, uint64_t pa);
struct rec *rec_edit(vcca_machine *m, uint64_t pa);
/* Whether pa is a REC. */
bool rec_is(const vcca_machine *m, uint64_t pa);

/* RecIndex(mpidr); false when bits that are not affinity are set. */
bool rec_mpidr_index(uint64_t mpidr, uint64_t *index);

/* Makes a REC of the realm from the granule rec and the auxiliary granules, and measures it. */
void rec_create(vcca_machine *m, uint64_t rd, uint64_t rec, uint64_t mpidr, const struct vcca_rec_params *params,
                const uint64_t *aux, unsigned aux_count);
void rec_destroy(vcca_machine *m, uint64_t rec);
bool rec_any_running(const vcca_machine *m, const struct realm *realm);
/* Takes the REC off its realm's list; it has no owner then. */
void rec_disown(vcca_machine *m, uint64_t rec);

/* The host's answer to the PSCI call that waits in the registers of calling: CPU_ON or AFFINITY_INFO of
 * target. */
bool rec_psci_permitted(const struct rec *calling, const struct rec *target, uint64_t status);
void rec_psci_complete(struct rec *calling, struct rec *target, uint64_t status);

/* --- Running ------------------------------------------------------------------------------------------- */

enum rec_entry_flags {
  REC_ENTRY_EMUL_MMIO = 1,
  REC_ENTRY_INJECT_SEA = 2,
  REC_ENTRY_TRAP_WFI = 4,
  REC_ENTRY_TRAP_WFE = 8,
  REC_ENTRY_RIPAS_REJECT = 16,
};
/* The entry part of the host's run page (RmiRecEnter; tmi_tec_entry). */
struct rec_entry {
  uint64_t flags;
  uint64_t gprs[REC_GPRS];
  uint64_t gicv3_hcr;
  uint64_t gicv3_lrs[REC_LRS];
};
/* REC_ENTER's conditions on the entry. */
bool rec_gicv3_valid(const vcca_machine *m, const struct rec_entry *entry);
bool rec_mmio_valid(const struct rec *rec, const struct rec_entry *entry);
/* Runs the REC until it leaves; its exit record says why. */
void rec_run(vcca_machine *m, uint64_t rec, const struct rec_entry *entry);
/* What the host finds in gicv3_hcr: what it asked for, and EOIcount. */
uint64_t rec_exit_hcr(const struct rec *rec, const struct rec_entry *entry);
/* For the trace of the call that entered it: NULL, or that its program never left by itself. */
const char *rec_remark(const struct rec *rec);

#endif
