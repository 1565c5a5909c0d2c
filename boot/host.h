/* The host's side of a machine: its memory, its calls, and what it knows of the VMs that it started.
 * host_rmi.c and host_tmi.c carry a plan out with the calls of their ABI.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_HOST_H
#define BOOT_HOST_H

#include "boot/plan.h"
#include "rooms/stage2.h"

enum { HOST_ARGS = 5, REC_AUX_MAX = 16 };

/* The granules of host memory that the host uses: one bit each, over all of its regions, from the highest
 * address down. The host takes the highest free granules, so that low addresses stay free for calls that a
 * user makes. */
struct host_pool {
  uint64_t *used;
  uint64_t granules;
  uint64_t first; /* no granule before this one is free */
};

/* A VM that is being built, or is built: what the host has to take back. */
struct host_vm {
  struct host_vm *next;
  bool created; /* the realm or CVM exists */
  uint64_t rd, root;
  unsigned vmid;
  unsigned ipa_bits, roots, aux_count;
  unsigned recs;
  uint64_t rec[VCCA_VCPUS_MAX];
  uint64_t aux[VCCA_VCPUS_MAX][REC_AUX_MAX];
};

struct vcca_host {
  vcca_machine *m;
  bool rmi;
  struct host_pool pool;
  uint64_t zero_page, page; /* Non-secure pages: one of zeros; one for parameters, contents and run records */
  struct host_vm *vms;
  uint64_t x[VCCA_SMC_REGS]; /* registers after the last call */
  uint64_t args[HOST_ARGS];  /* arguments of the last call, for messages */
};

/* Progress of a boot. */
struct host_progress {
  vcca_progress tell;
  void *ctx;
  uint64_t done, total;
};
void host_progress_add(struct host_progress *progress, uint64_t bytes);

/* Takes n contiguous Non-secure granules, aligned to their total size. False when host memory is used up. */
VCCA_MUST_USE bool host_take(struct vcca_host *h, unsigned n, uint64_t *pa, struct vcca_error *err);
void host_give(struct vcca_host *h, uint64_t pa, unsigned n);

/* Makes an SMC; all results are in h->x. Returns the status register. */
uint64_t host_smc(struct vcca_host *h, uint64_t fid, const uint64_t args[HOST_ARGS]);
#define SMC(h, fid, ...) host_smc(h, fid, (const uint64_t[HOST_ARGS]){__VA_ARGS__})
/* Fails with the last call, its arguments and its status. Returns false. */
bool host_refused(const struct vcca_host *h, uint64_t fid, struct vcca_error *err);

/* Copies content into the host's page, pads it with zeros, and returns the page's address; for content of
 * zeros that of the page of zeros. If a realm uses the page now, returns an address that every call
 * refuses. */
uint64_t host_source(struct vcca_host *h, vcca_span content);

/* Creates the granule at ipa by DATA_CREATE, from the granule at source. */
typedef bool (*host_create)(struct vcca_host *h, const struct host_vm *vm, uint64_t ipa, uint64_t source, bool measured,
                            struct vcca_error *err);
/* Creates all granules of the segment, in order. */
VCCA_MUST_USE bool host_populate(struct vcca_host *h, const struct host_vm *vm, const struct vcca_plan *plan,
                                 const struct vcca_segment *s, host_create create, struct host_progress *progress,
                                 struct vcca_error *err);
/* The MPIDR of vCPU i: 16 to an Aff0 group (RMM specification, RecIndex). */
static inline uint64_t host_mpidr(unsigned i)
{
  return (i & 15) | (uint64_t)(i >> 4) << 8;
}

/* Builds vm up to ACTIVATE. After a failure, vm records what was built. */
VCCA_MUST_USE bool host_rmi_boot(struct vcca_host *h, struct host_vm *vm, const struct vcca_plan *plan,
                                 struct host_progress *progress, struct vcca_error *err);
VCCA_MUST_USE bool host_tmi_boot(struct vcca_host *h, struct host_vm *vm, const struct vcca_plan *plan,
                                 struct host_progress *progress, struct vcca_error *err);
/* Takes back all granules that vm records. */
VCCA_MUST_USE bool host_rmi_destroy(struct vcca_host *h, struct host_vm *vm, struct vcca_error *err);
VCCA_MUST_USE bool host_tmi_destroy(struct vcca_host *h, struct host_vm *vm, struct vcca_error *err);

#define RMI_REC_ENTER UINT64_C(0xC400015C)
#define TMI_TEC_ENTER UINT64_C(0xC4000269)
/* Makes the change of RIPAS that a REC asks for, as far as the monitor allows. */
void host_rmi_change_ripas(struct vcca_host *h, const struct host_vm *vm, uint64_t rec, uint64_t base, uint64_t top);
enum { RMI_EXIT_RIPAS_BASE = 0xd00, RMI_EXIT_RIPAS_TOP = 0xd08, RMI_EXIT_RIPAS_CHANGE = 4 }; /* RmiRecExit, B4.4.16 */
enum { RMI_EXIT_REASON = 0x800, TMI_EXIT_REASON = 0x188 };                                   /* in the run page */

#endif
