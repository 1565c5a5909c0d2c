/* The machine and its monitor: memory with its physical address spaces, granules, realms, RECs, translation
 * tables, and the host's calls. One model, two ABIs: RMI (Arm RMM 1.0, DEN0137 1.0-rel0) and TMI (virtCCA,
 * generation 2).
 *
 * Embedding (docs/embedding.md): create a machine over the memory the host may use, hand every host SMC to
 * vcca_smc, and give a callback that plays the realm. Virtual CPUs do not run code; the callback is asked
 * what the realm does next.
 *
 * A machine has no locks: one thread at a time may use it. Threads may take turns.
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

enum { VCCA_REGIONS = 8, VCCA_SMC_REGS = 18, VCCA_GIC_LRS = 16 };

/* A stretch of physical memory; base and size are multiples of 4 KiB. */
struct vcca_region {
  uint64_t base;
  uint64_t size;
  bool delegable; /* the host may delegate its granules */
  /* Memory of the Secure world: the host can neither read nor write it. TMI: the TMM's private pool, from
   * which it takes what CVMs are made of; a TMI machine needs one. RMI: memory that no realm can use.
   * GRANULE_DELEGATE refuses it by the condition gran_bound, or by gran_gpt when the region is delegable. The
   * contents are the model's own: bytes is NULL, and base is not 0. */
  bool secure;
  /* The embedder's own memory for the contents of Non-secure granules: size bytes, which must outlive the
   * machine. The contents of a delegated granule are in the machine, out of the host's reach; bytes has zeros
   * there. NULL: the machine keeps all contents, and takes memory for touched granules only. */
  uint8_t *bytes;
};

/* What the feature registers tell. A value of 0 stands for the default, which the comment names. */
struct vcca_features {
  unsigned s2sz; /* maximum IPA width; 48 */
  bool lpa2;
  bool no_sve, no_pmu;   /* SVE and PMU are there unless these are set */
  unsigned sve_vl;       /* maximum, RMI encoding (bits/128 - 1); 3 */
  unsigned num_bps;      /* breakpoints minus 1; 5 */
  unsigned num_wps;      /* watchpoints minus 1; 3 */
  unsigned pmu_num_ctrs; /* 8 */
  bool no_sha512;
  unsigned gicv3_num_lrs;  /* list registers minus 1; 15 */
  unsigned max_recs_order; /* a realm has at most 2^n - 1 RECs; 9 */
};

/* --- The realm's side --------------------------------------------------------------------------------- */

/* The registers of a REC. They belong to the REC: the program finds what it left in them when it is called
 * again. REC_CREATE (TEC_CREATE) and PSCI CPU_ON set pc and some of x; they set everything else to zero. */
struct vcca_cpu {
  uint64_t x[31];
  uint64_t pc; /* the next instruction's address; see vcca_realm_program */
  /* An exception that the realm takes now: its last event caused it, or the host injected it at entry.
   * They are ESR_EL1 and FAR_EL1; far is an IPA, since stage 1 is not modelled. The pc is as it was. esr
   * 0: no exception. */
  uint64_t esr;
  uint64_t far;

  /* What the host finds in the exit record (RmiRecExit; tmi_tec_run) in addition to the reason. The model
   * has no clock, counter or interrupt controller: the program sets these values, and every exit reports
   * them as they are. */
  struct {
    uint64_t cntp_ctl, cntp_cval; /* EL1 physical timer */
    uint64_t cntv_ctl, cntv_cval; /* EL1 virtual timer */
  } timer;
  struct {
    uint64_t hcr;               /* ICH_HCR_EL2: at entry the host's; at exit EOIcount (31:27) is taken from here */
    uint64_t lrs[VCCA_GIC_LRS]; /* list registers: at entry the host's, at exit what the program made of them */
    uint64_t misr;              /* maintenance interrupt state; 0 at each entry */
    uint64_t vmcr;
  } gic;
  uint64_t pmu_overflow; /* 1: a PMU counter's overflow is asserted; otherwise 0 */
};

/* What a running REC does next. */
enum vcca_event_kind {
  VCCA_REALM_SMC,        /* SMC #0 with the registers as they are: RSI, TSI or PSCI */
  VCCA_REALM_DATA_ABORT, /* access to ipa; the monitor decides what becomes of it (vcca_realm_access). Most programs
                            report only accesses that vcca_realm_read or vcca_realm_write refused */
  VCCA_REALM_INSTRUCTION_ABORT,
  VCCA_REALM_IRQ, /* a physical interrupt: the REC leaves */
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
/* The realm's program. The machine calls it again and again while a REC runs. The program reads and
 * changes the registers, and reports in *event what the CPU does next; *event is preset to VCCA_REALM_IRQ.
 * rec is the PA of the REC (RMI) or the handle of the TEC (TMI). The program may make the host's calls and
 * accesses, as another of the host's CPUs. Without a program every entry ends at once with an IRQ.
 *
 * When the program is called again, the event that it reported before is over:
 *
 *   SMC           done: pc is 4 further, the results are in x. If the monitor has to leave because a buffer of the
 *                 call is not mapped, the machine itself issues the SMC again when the host enters the REC. The
 *                 program is not asked in between.
 *   WFI, WFE      done: pc is 4 further, whether the REC left or not.
 *   aborts        done when the host emulated the access: pc is 4 further, and a load's value is in its register.
 *                 Otherwise pc is as it was: try the same access again. If it goes through now, report nothing.
 *   HVC           an exception: see esr. pc is as it was.
 *   IRQ, FIQ, SERROR  the REC left and was entered again; pc is as it was.
 *   CPU_OFF       does not return. CPU_ON by another REC starts this one anew: pc and x[0] are what CPU_ON gave,
 *                 everything else is 0.
 *
 * A program that runs a coroutine or a thread for each REC must ask vcca_rec_info at each call: if
 * identity or starts differ from what they were, the REC begins anew at pc. The pc alone does not tell,
 * since CPU_ON may name any address.
 *
 * When the program has reported VCCA_EVENTS_MAX events in one entry and the REC has not left, it leaves
 * with an IRQ; vcca_rec_info (stuck) and struct vcca_trace (remark) tell. The usual cause: the program
 * reports an access again and again although it goes through. */
enum { VCCA_EVENTS_MAX = 1000000 };
typedef void (*vcca_realm_program)(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu,
                                   struct vcca_realm_event *event);

/* What the monitor does with a guest's SMC. vcca_tsi_attach (vcca/tsi.h) installs the handler for RSI, TSI
 * and PSCI. */
enum vcca_guest_action {
  VCCA_GUEST_RESUME, /* the handler put the results into the registers; the realm goes on */
  VCCA_GUEST_EXIT,   /* the REC leaves to the host: for this library's handlers, which fill the exit record */
};
typedef enum vcca_guest_action (*vcca_guest_smc)(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu);

/* --- Tracing ------------------------------------------------------------------------------------------ */

/* One call, after it returned. */
struct vcca_trace {
  const struct vcca_interface *interface;
  const struct vcca_command *command; /* NULL: unknown function id */
  const uint64_t *in;                 /* x0..x17 of the caller */
  const uint64_t *out;                /* x0..x17 as the call left them */
  const char *refused;                /* the condition that held, NULL when none did */
  const char *remark;                 /* of a call that was carried out: what the embedder should know; or NULL */
  uint64_t realm;                     /* the RD that the call concerned; 0: none */
  /* For a refused call: all conditions that hold, in the order in which they are checked; the first one is
   * `refused`. A condition that reads an object which an earlier one found wrong cannot be checked, and is
   * not in the list. */
  const struct vcca_held *held;
  size_t held_count;
};
typedef void (*vcca_trace_hook)(void *ctx, const struct vcca_trace *trace);

struct vcca_machine_config {
  enum vcca_abi abi;
  enum vcca_rules_id rules; /* which measurement rules; VCCA_RULES_VIRTCCA belongs to TMI */
  bool rem_zero_padded;     /* extend REMs by the rules' rem_zero_padded, not by their rem */
  struct vcca_region regions[VCCA_REGIONS];
  size_t region_count;
  struct vcca_features features;

  vcca_realm_program program;
  void *program_ctx;
  vcca_trace_hook trace;
  void *trace_ctx;
  /* Told of every extension of every RIM, in the middle of the call that extends. It may store to host
   * memory. A call that it makes itself gets x0 = -1 and changes nothing. */
  vcca_rim_hook rim_step;
  void *rim_ctx;
};

/* Makes a machine as it is after reset: every granule is Undelegated, and Non-secure outside secure regions.
 * Copies the configuration; what bytes and the callbacks' contexts point to stays the caller's. NULL, with
 * *err (may be NULL) filled, on failure. */
VCCA_API vcca_machine *vcca_machine_new(const struct vcca_machine_config *config, struct vcca_error *err);
VCCA_API void vcca_machine_free(vcca_machine *m);
VCCA_API const struct vcca_machine_config *vcca_machine_config(const vcca_machine *m);
/* Replaces the realm program, the trace hook, the guest's SMC handler. */
VCCA_API void vcca_machine_set_program(vcca_machine *m, vcca_realm_program program, void *ctx);
VCCA_API void vcca_machine_set_trace(vcca_machine *m, vcca_trace_hook trace, void *ctx);
VCCA_API void vcca_machine_set_guest_smc(vcca_machine *m, vcca_guest_smc handler, void *ctx);

/* The host's SMC. x[0] is the function id, x[1] and on are the arguments; results come back in x (status: RMI
 * in x[0], TMI in x[1]). Unknown ids give x[0] = -1 (SMCCC NOT_SUPPORTED). A refused call leaves the machine
 * byte for byte as it was. */
VCCA_API void vcca_smc(vcca_machine *m, uint64_t x[VCCA_SMC_REGS]);
/* Why a host call was refused, as one sentence with the values that count. in is x0 and up of the caller,
 * condition is `refused` of struct vcca_trace. It reads the machine: ask before the next call is made. buf
 * receives a string of at most cap bytes; 400 are enough. False, with an empty or incomplete text, when there
 * is no such command or condition, or when cap is too small. */
VCCA_API bool vcca_smc_refusal(const vcca_machine *m, const uint64_t *in, const char *condition, char *buf, size_t cap);

/* The RMI and TMI tables. */
VCCA_API const struct vcca_interface *vcca_rmi(void);
VCCA_API const struct vcca_interface *vcca_tmi(void);

/* --- Memory as the host and the realm see it ---------------------------------------------------------- */

/* The host's loads and stores by physical address, of any length and alignment. False, and no byte is read or
 * written, when a granule is not the host's (on hardware: a granule protection fault), when no memory is
 * there, or when the process has no memory left. */
VCCA_API VCCA_MUST_USE bool vcca_host_read(const vcca_machine *m, uint64_t pa, vcca_sink *out, size_t n);
VCCA_API VCCA_MUST_USE bool vcca_host_write(vcca_machine *m, uint64_t pa, vcca_span bytes);

/* What becomes of an access of the realm (DEN0137 A5.2.9, A5.3.1). The comment says what a VCCA_REALM_*_ABORT
 * event leads to. */
enum vcca_access {
  VCCA_ACCESS_DONE,       /* goes through: ASSIGNED and RAM, or an unprotected mapping that permits it */
  VCCA_ACCESS_NO_REC,     /* rec is no REC, or (TMI) its CVM is gone */
  VCCA_ACCESS_BOUND,      /* beyond the IPA width: the realm takes an address size fault */
  VCCA_ACCESS_EMPTY,      /* RIPAS EMPTY: the realm takes an external abort */
  VCCA_ACCESS_DESTROYED,  /* RIPAS DESTROYED: the REC leaves */
  VCCA_ACCESS_UNASSIGNED, /* HIPAS UNASSIGNED or UNASSIGNED_NS: the REC leaves; the host has to map memory */
  VCCA_ACCESS_PERMISSION, /* an unprotected mapping whose S2AP does not permit it: the REC leaves with a permission fault */
  VCCA_ACCESS_PROTECTION, /* an unprotected mapping of a granule that is not Non-secure any more: the realm takes a granule
                             protection fault */
  VCCA_ACCESS_NO_FETCH,  /* instructions from unprotected memory: the realm takes an external abort */
  VCCA_ACCESS_NO_MEMORY, /* the process has none left for the model; vcca_realm_write only */
};
enum vcca_access_kind { VCCA_ACCESS_READ, VCCA_ACCESS_WRITE, VCCA_ACCESS_FETCH };
/* Asks what would become of an access to one address, without making it. */
VCCA_API enum vcca_access vcca_realm_access(const vcca_machine *m, uint64_t rec, enum vcca_access_kind kind,
                                            uint64_t ipa);
/* One sentence: "RIPAS is EMPTY: the realm takes an external abort". Never NULL. */
VCCA_API const char *vcca_access_text(enum vcca_access access);

/* Why an access failed, and the first address for which it did. */
struct vcca_access_fault {
  enum vcca_access why;
  uint64_t ipa;
};
/* The REC's own loads and stores, by IPA through stage 2, of any length and alignment; the REC need not run.
 * False, with *fault (may be NULL) filled and no byte read or written, when one of the addresses cannot be
 * accessed. out takes n bytes: vcca_sink_ok tells whether they fitted. */
VCCA_API VCCA_MUST_USE bool vcca_realm_read(const vcca_machine *m, uint64_t rec, uint64_t ipa, vcca_sink *out, size_t n,
                                            struct vcca_access_fault *fault);
VCCA_API VCCA_MUST_USE bool vcca_realm_write(vcca_machine *m, uint64_t rec, uint64_t ipa, vcca_span bytes,
                                             struct vcca_access_fault *fault);

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
VCCA_API const char *vcca_granule_state_name(enum vcca_granule_state state);
VCCA_API const char *vcca_realm_state_name(enum vcca_realm_state state);
/* False when pa is not in any region. */
VCCA_API bool vcca_granule_at(const vcca_machine *m, uint64_t pa, enum vcca_granule_state *state, enum vcca_pas *pas);

struct vcca_realm_info {
  enum vcca_realm_state state;
  enum vcca_hash_alg hash_alg;
  unsigned ipa_width;
  unsigned vmid;
  unsigned num_recs; /* that there are now */
  uint8_t rim[VCCA_MEASUREMENT_SIZE];
  uint8_t rem[VCCA_REMS][VCCA_MEASUREMENT_SIZE];
  uint8_t rpv[64];
};
/* False, with *out as it was, when rd is no realm descriptor. */
VCCA_API bool vcca_realm_info(const vcca_machine *m, uint64_t rd, struct vcca_realm_info *out);
struct vcca_rec_info {
  uint64_t realm;    /* its RD; 0 when the CVM went first (TMI) */
  uint64_t mpidr;    /* as in RmiRecParams (TEC_CREATE's argument) */
  unsigned index;    /* the MPIDR's affinity fields side by side: 0, 1, 2 ... in the order of creation */
  uint64_t identity; /* unique on this machine: another REC at the same address has another one */
  uint64_t starts;   /* how often PSCI CPU_ON started it; 0 until the first */
  bool runnable;     /* false: not until CPU_ON */
  bool running;      /* REC_ENTER (TEC_ENTER) is under way */
  bool stuck;        /* its program did not leave when it was last entered: see VCCA_EVENTS_MAX */
};
/* False, with *out as it was, when rec is no REC. */
VCCA_API bool vcca_rec_info(const vcca_machine *m, uint64_t rec, struct vcca_rec_info *out);
/* Raises or lowers a physical interrupt at a REC; nothing happens when rec is none. It stays raised until the
 * REC leaves with an IRQ: that is after the next event of a running REC (an exit for another reason comes
 * first), at once in an RSI or TSI call that gives way to interrupts (ATTESTATION_TOKEN_CONTINUE).
 *
 * The other way to interrupt is the event VCCA_REALM_IRQ. Which one: the host's side, a timer or a test that
 * wants an interrupt to fall into a guest call uses this function; the realm's program that wants to leave at
 * exactly this place returns the event. */
VCCA_API void vcca_rec_set_irq(vcca_machine *m, uint64_t rec, bool pending);

/* The whole state of a machine as bytes; equal machines give equal bytes. *out is the caller's, for
 * vcca_bytes_free.
 *
 * Loading needs a machine of the same configuration. It refuses bytes that no calls can have made
 * (rmm/invariants.h): the error names the granule that contradicts the others, and the offset of its record;
 * the machine is then as it was. Neither function may be used while a call is under way. The embedder's own
 * memory (bytes of a region) is not saved. */
VCCA_API VCCA_MUST_USE bool vcca_machine_save(const vcca_machine *m, struct vcca_bytes *out, struct vcca_error *err);
VCCA_API VCCA_MUST_USE bool vcca_machine_load(vcca_machine *m, vcca_span saved, struct vcca_error *err);
/* Whether the machine is exactly what was saved. Makes no copy. */
VCCA_API bool vcca_machine_same(const vcca_machine *m, vcca_span saved);

#ifdef __cplusplus
}
#endif
#endif
