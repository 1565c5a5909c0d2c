/* The machine and its monitor: memory with its physical address spaces, granules, realms, RECs, translation tables, and
 * the host's calls. One model, two ABIs: RMI (Arm RMM 1.0, DEN0137 1.0-rel0) and TMI (virtCCA, generation 2).
 *
 * Embedding: create a machine over the memory the host may use, hand every host SMC to vcca_smc, and give a callback that
 * plays the realm. Virtual CPUs do not run code; the callback is asked what the realm does next.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_RMM_H
#define VCCA_RMM_H

#include "vcca/error.h"
#include "vcca/file.h"
#include "vcca/interface.h"
#include "vcca/measurement.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vcca_machine vcca_machine;

enum vcca_abi { VCCA_ABI_RMI, VCCA_ABI_TMI };

enum { VCCA_REGIONS = 8, VCCA_SMC_REGS = 18 };

/* A stretch of physical memory; base and size are multiples of 4 KiB. */
struct vcca_region {
  uint64_t base;
  uint64_t size;
  bool delegable; /* the host may delegate its granules */
  bool secure;    /* TMI: the TMM's private pool; not host memory */
  uint8_t *bytes; /* host memory supplied by the embedder (size bytes, outlives the machine); NULL: the model's own, sparse.
                      Only Non-secure contents live there: what is delegated is held by the model, out of the host's reach. */
};

/* What the features registers say; zero means the default named. */
struct vcca_features {
  unsigned s2sz; /* maximum IPA width; 48 */
  bool lpa2;
  bool no_sve, no_pmu;   /* present unless said otherwise */
  unsigned sve_vl;       /* maximum, RMI encoding (bits/128 - 1); 3 */
  unsigned num_bps;      /* breakpoints minus 1; 5 */
  unsigned num_wps;      /* watchpoints minus 1; 3 */
  unsigned pmu_num_ctrs; /* 8 */
  bool no_sha512;
  unsigned gicv3_num_lrs;  /* list registers minus 1; 15 */
  unsigned max_recs_order; /* a realm has at most 2^n - 1 RECs; 9 */
};

/* --- The realm's side --------------------------------------------------------------------------------- */

struct vcca_cpu {
  uint64_t x[31];
  uint64_t pc;
  /* The exception the realm takes in place of going on: because of what its program did last, or injected by the host when it
   * entered. ESR_EL1 and FAR_EL1 (stage 1 is not modelled: an IPA); the pc stays. esr 0: none. */
  uint64_t esr;
  uint64_t far;
};

/* What a running REC does next. */
enum vcca_event_kind {
  VCCA_REALM_SMC,        /* SMC #0 with the registers as they are: RSI, TSI or PSCI */
  VCCA_REALM_DATA_ABORT, /* access to ipa */
  VCCA_REALM_INSTRUCTION_ABORT,
  VCCA_REALM_IRQ,
  VCCA_REALM_FIQ,
  VCCA_REALM_WFI,
  VCCA_REALM_WFE,
  VCCA_REALM_HVC,
  VCCA_REALM_SERROR,
};
struct vcca_realm_event {
  enum vcca_event_kind kind;
  uint64_t ipa;           /* aborts */
  bool write;             /* data abort */
  bool syndrome;          /* data abort: one general-purpose register, so the access can be emulated (ISV) */
  unsigned size;          /* data abort: 1, 2, 4 or 8 bytes */
  unsigned reg;           /* data abort: register 0..30 */
  bool sign_extend, wide; /* data abort: SSE and SF of the syndrome */
  bool timed;             /* WFI and WFE: WFIT and WFET, whose timeout is in the register reg */
};
/* Asked when a REC runs: looks at and changes the registers, says what happens next. rec is its REC's PA (RMI) or handle (TMI).
 * It may make the host's calls and accesses, as another of the host's CPUs.
 * Without a callback every entry ends at once with an IRQ. */
typedef void (*vcca_realm_program)(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event);

/* What the monitor does with a guest's SMC; the tsi room supplies it (vcca/tsi.h, vcca_tsi_attach). */
enum vcca_guest_action {
  VCCA_GUEST_RESUME, /* results are in the registers, go on */
  VCCA_GUEST_EXIT,   /* leave to the host; the exit record is filled */
};
typedef enum vcca_guest_action (*vcca_guest_smc)(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu);

/* --- Tracing ------------------------------------------------------------------------------------------ */

/* One call, after it returned. */
struct vcca_trace {
  const struct vcca_interface *interface;
  const struct vcca_command *command; /* NULL: unknown function id */
  const uint64_t *in;                 /* x0..x17 as they came */
  const uint64_t *out;                /* x0..x17 as they went */
  const char *refused;                /* the condition that held, NULL when none did */
  uint64_t realm;                     /* the RD it concerned, 0 when none */
  /* Of a refused call, all conditions that hold, as far as they can be told, in the order checked: the first is refused. What reads
   * an object that a condition found wrong cannot be told. */
  const struct vcca_held *held;
  size_t held_count;
};
typedef void (*vcca_trace_hook)(void *ctx, const struct vcca_trace *trace);

struct vcca_machine_config {
  enum vcca_abi abi;
  enum vcca_rules_id rules; /* which measurement rules; VCCA_RULES_VIRTCCA belongs to TMI */
  bool rem_zero_padded;     /* a REM is extended by the rules' rem_zero_padded, not by their rem */
  struct vcca_region regions[VCCA_REGIONS];
  size_t region_count;
  struct vcca_features features;

  vcca_realm_program program;
  void *program_ctx;
  vcca_trace_hook trace;
  void *trace_ctx;
  vcca_rim_hook rim_step; /* every extension of any RIM. It may store to host memory; a call of it is answered with -1 */
  void *rim_ctx;
};

/* A machine after reset: every granule Undelegated and Non-secure. The config is copied. NULL on failure. */
vcca_machine *vcca_machine_new(const struct vcca_machine_config *config, struct vcca_error *err);
void vcca_machine_free(vcca_machine *m);
const struct vcca_machine_config *vcca_machine_config(const vcca_machine *m);
/* Replaces the realm program, the trace hook, the guest's SMC handler. */
void vcca_machine_set_program(vcca_machine *m, vcca_realm_program program, void *ctx);
void vcca_machine_set_trace(vcca_machine *m, vcca_trace_hook trace, void *ctx);
void vcca_machine_set_guest_smc(vcca_machine *m, vcca_guest_smc handler, void *ctx);

/* The host's SMC: x[0] is the function id, x[1..] the arguments; results come back in x (RMI: status in x0; TMI: in x1).
 * Unknown ids give x0 = -1 (SMCCC NOT_SUPPORTED). A refused call leaves the machine byte for byte as it was. */
void vcca_smc(vcca_machine *m, uint64_t x[VCCA_SMC_REGS]);
/* Why a host call was refused, as one sentence with the values that count, from the machine as the call left it: in is x0 and up as they
 * came, condition what the trace named (struct vcca_trace). Nothing may have been called since. False, with an empty or incomplete
 * text, when there is no such command or condition, or cap bytes are too few; 400 are enough. */
bool vcca_smc_refusal(const vcca_machine *m, const uint64_t *in, const char *condition, char *buf, size_t cap);

/* The state machines (rmm/states.def): "granule" (RMI), "pool" (the TMM's granules), "realm", "rec", "entry" (HIPAS and RIPAS of an
 * address), "access" (of a realm to an address) and "attestation". What is not listed is refused and changes nothing. */
struct vcca_transition {
  const char *machine;
  const char *from;
  const char *event; /* "DATA_CREATE"; details in brackets: "REC_CREATE(aux)" */
  const char *to;
};
const struct vcca_transition *vcca_transitions(size_t *count);

/* The RMI and TMI tables. */
const struct vcca_interface *vcca_rmi(void);
const struct vcca_interface *vcca_tmi(void);

/* --- Memory as the host and the realm see it ---------------------------------------------------------- */

/* Host access by physical address, crossing granules freely. False (granule protection fault, or no memory there) without
 * effect. */
VCCA_MUST_USE bool vcca_host_read(const vcca_machine *m, uint64_t pa, vcca_sink *out, size_t n);
VCCA_MUST_USE bool vcca_host_write(vcca_machine *m, uint64_t pa, vcca_span bytes);
/* From now on the Non-secure granule pa holds what page (4096 bytes) holds, without a copy: the bytes stay in place and unchanged until
 * the granule is written, delegated or lent others; when they are lasting, until the machine is freed, since granules that are made from
 * this one then refer to them, too. False, without effect, where vcca_host_write is. */
VCCA_MUST_USE bool vcca_host_lend(vcca_machine *m, uint64_t pa, vcca_span page, bool lasting);
/* Hashes the whole pages of content ahead of the calls that measure them, on all CPUs: each is told in order of pages first ..
 * first + n - 1, and while it runs, a call that measures one of them where it was lent takes no time to hash it. */
typedef void (*vcca_lent_pages)(void *ctx, size_t first, size_t n);
void vcca_host_hash_ahead(vcca_machine *m, enum vcca_hash_alg alg, vcca_span content, vcca_lent_pages each, void *ctx);
/* Realm access by IPA through stage 2, as the REC's own loads and stores: only where HIPAS is ASSIGNED and RIPAS is RAM, or
 * through an unprotected mapping. On false, *fault_ipa (may be NULL) is the first address that did not translate. */
VCCA_MUST_USE bool vcca_realm_read(const vcca_machine *m, uint64_t rec, uint64_t ipa, vcca_sink *out, size_t n, uint64_t *fault_ipa);
VCCA_MUST_USE bool vcca_realm_write(vcca_machine *m, uint64_t rec, uint64_t ipa, vcca_span bytes, uint64_t *fault_ipa);

/* --- Looking in --------------------------------------------------------------------------------------- */

enum vcca_granule_state {
  VCCA_GRANULE_UNDELEGATED,
  VCCA_GRANULE_DELEGATED,
  VCCA_GRANULE_RD,
  VCCA_GRANULE_REC,
  VCCA_GRANULE_REC_AUX,
  VCCA_GRANULE_DATA,
  VCCA_GRANULE_RTT,
  VCCA_GRANULE_STATES
};
enum vcca_pas { VCCA_PAS_NS, VCCA_PAS_REALM, VCCA_PAS_SECURE, VCCA_PAS_ROOT };
enum vcca_realm_state { VCCA_REALM_NEW, VCCA_REALM_ACTIVE, VCCA_REALM_SYSTEM_OFF };

/* "DELEGATED"; "ACTIVE". */
const char *vcca_granule_state_name(enum vcca_granule_state state);
const char *vcca_realm_state_name(enum vcca_realm_state state);
/* False when pa is not in any region. */
bool vcca_granule_at(const vcca_machine *m, uint64_t pa, enum vcca_granule_state *state, enum vcca_pas *pas);
/* Granules in each state, over the memory that was ever touched (Undelegated ones are not counted). */
void vcca_granule_census(const vcca_machine *m, uint64_t count[VCCA_GRANULE_STATES]);

struct vcca_realm_info {
  enum vcca_realm_state state;
  enum vcca_hash_alg hash_alg;
  unsigned ipa_width;
  unsigned vmid;
  unsigned num_recs;
  uint8_t rim[VCCA_MEASUREMENT_SIZE];
  uint8_t rem[VCCA_REMS][VCCA_MEASUREMENT_SIZE];
  uint8_t rpv[64];
};
/* False when rd is no realm descriptor. */
bool vcca_realm_info(const vcca_machine *m, uint64_t rd, struct vcca_realm_info *out);
/* The RD of a REC; 0 when rec is none. */
uint64_t vcca_rec_owner(const vcca_machine *m, uint64_t rec);
/* Raises or lowers a physical interrupt at a REC (nothing happens when rec is none). It is taken, and lowered again by the exit,
 * after the next thing the running REC does; a guest command that gives way to interrupts sees it before. */
void vcca_rec_set_irq(vcca_machine *m, uint64_t rec, bool pending);

/* Everything the machine is, as bytes: equal machines give equal bytes. Restoring needs a machine of the same config, and takes back
 * only what calls can have made (rmm/invariants.h): the error names the granule that contradicts the others, and the offset of its
 * record. Not while a call is under way, neither of the saved machine nor of this one. (Host memory supplied by an embedder is the
 * embedder's to save.) */
VCCA_MUST_USE bool vcca_machine_save(const vcca_machine *m, struct vcca_bytes *out, struct vcca_error *err);
VCCA_MUST_USE bool vcca_machine_load(vcca_machine *m, vcca_span saved, struct vcca_error *err);
/* Whether the machine is exactly what was saved, without making a copy. */
bool vcca_machine_same(const vcca_machine *m, vcca_span saved);

#ifdef __cplusplus
}
#endif
#endif
