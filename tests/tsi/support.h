/* A machine with an HSM behind it and a realm (or CVM) of two virtual CPUs on it, built with host calls.
 *
 *   IPA 0x0000..0x7fff  eight pages of memory, all zero
 *       0x8000..0x9fff  two pages the host has not mapped yet
 *       0xa000 and on   RIPAS EMPTY (a realm); not mapped (a CVM)
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TSI_SUPPORT_H
#define TESTS_TSI_SUPPORT_H

#include "check.h"

#include "vcca/tsi.h"

enum { WORLD_RECS = 2, IPA_WIDTH = 40, MAPPED = 0x1000, UNMAPPED = 0x8000, EMPTY = 0xa000, SCRATCH = 0x2000 };
#define UNPROTECTED (UINT64_C(1) << (IPA_WIDTH - 1))
#define OUTSIDE (UINT64_C(1) << IPA_WIDTH)

struct world {
  enum vcca_family family;
  enum vcca_hash_alg hash_alg;
  bool tmi;
  vcca_machine *m;
  vcca_hsm *hsm;
  vcca_guest_interface *gi;
  uint64_t rd;
  uint64_t rec[WORLD_RECS];
  uint64_t next;      /* host page not used yet */
  char refused[64];   /* by the last guest call: the condition, "" */
  unsigned calls;     /* of guests, traced */
  char interface[16]; /* of the last guest call */
};

/* The families of RSI machines and of TSI machines: Arm's and virtCCA's. */
void world_open(struct world *w, enum vcca_family family);
void world_open_alg(struct world *w, enum vcca_family family, enum vcca_hash_alg alg);
void world_close(struct world *w);

/* A host call with arguments from x1 on; returns the status word. */
uint64_t host_call(struct world *w, uint64_t fid, uint64_t x1, uint64_t x2, uint64_t x3, uint64_t x4, uint64_t x5);
/* Maps a page at an address of the realm that has none. */
void host_map(struct world *w, uint64_t ipa);

/* What the host sees of an exit. */
struct exit_view {
  uint64_t reason, esr, hpfar, imm;
  uint64_t gprs[31];
  uint64_t ripas_base, ripas_top, ripas_value;
};
enum { EXIT_SYNC, EXIT_IRQ, EXIT_FIQ, EXIT_PSCI, EXIT_RIPAS, EXIT_HOST_CALL };
/* Entry flags, and gprs (31, NULL: zero) for the realm. The entry must succeed. */
struct exit_view host_enter_with(struct world *w, unsigned rec, uint64_t flags, const uint64_t *gprs);
struct exit_view host_enter(struct world *w, unsigned rec);
/* The entry's status word, whatever it is. */
uint64_t host_enter_status(struct world *w, unsigned rec);
/* Enters until the guest's main has returned; unmapped pages are mapped on the way. */
void host_run(struct world *w, unsigned rec, const vcca_guest *g);

/* Makes main the guest of a REC. */
vcca_guest *guest_start(struct world *w, unsigned rec, vcca_guest_main main, void *arg);
/* Starts it, runs it to its end, frees it. */
void guest_run(struct world *w, unsigned rec, vcca_guest_main main, void *arg);

/* One SMC of the realm's: x goes in and comes out; the host maps what is not mapped. */
void guest_smc(struct world *w, unsigned rec, uint64_t x[VCCA_SMC_REGS]);
/* The same by function number, returning x0; x[1] and on as given and then as returned. */
uint64_t guest_call(struct world *w, uint64_t number, uint64_t x[VCCA_SMC_REGS]);
/* The realm powers its second CPU on, with the host's help. */
void power_on_second(struct world *w);
/* Writes to and reads from realm memory behind everybody's back. */
void realm_put(struct world *w, uint64_t ipa, vcca_span bytes);
void realm_get(struct world *w, uint64_t ipa, void *out, size_t n);

struct vcca_realm_info world_info(const struct world *w);

#endif
