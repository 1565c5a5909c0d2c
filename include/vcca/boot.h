/* What the host loads and measures: images, device trees, load plans, and the calls that carry a plan out.
 *
 * A plan says what a VM's memory holds when it starts, and which part of it is measured. vcca_plan_measure
 * computes the RIM of a plan without a machine. vcca_host_boot carries the plan out by real RMI or TMI calls,
 * in the order in which KVM makes them. Both give the same RIM.
 *
 * Addresses and sizes are in bytes. Functions that return bool return false and fill *err (may be NULL) when
 * they fail.
 *
 * Sources: Linux, Documentation/arch/arm64/booting.rst (Image header); the virtCCA SDK's rim_ref, openEuler's
 * QEMU and KVM (virtCCA layouts).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_BOOT_H
#define VCCA_BOOT_H

#include "vcca/file.h"
#include "vcca/rmm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- Images ---------------------------------------------------------------------------------------------- */

/* What the built-in device tree describes. */
struct vcca_dtb_spec {
  uint64_t ram_base, ram_size;
  unsigned vcpus;
  const char *bootargs;              /* NULL: the tree has no /chosen/bootargs */
  uint64_t initrd_base, initrd_size; /* size 0: no initrd */
};
/* Makes a small device tree of a generic virtual machine: memory, CPUs, PSCI over SMC, timer, GICv3, UART,
 * chosen. The same spec gives the same bytes. The caller frees *out with vcca_bytes_free. */
VCCA_API VCCA_MUST_USE bool vcca_dtb_make(const struct vcca_dtb_spec *spec, struct vcca_bytes *out,
                                          struct vcca_error *err);

/* --- Plans ----------------------------------------------------------------------------------------------- */

struct vcca_files; /* what a command of the tool reads and writes; other programs give NULL */

enum { VCCA_SEGMENTS = 8, VCCA_VCPUS_MAX = 512, VCCA_RIPAS_RANGES = 4 };

/* What lies in a segment. */
enum vcca_role {
  VCCA_ROLE_LOADER, /* virtCCA: the stub that jumps to the kernel */
  VCCA_ROLE_KERNEL,
  VCCA_ROLE_INITRD,
  VCCA_ROLE_DTB,
  VCCA_ROLE_FIRMWARE,
  VCCA_ROLE_HOLE,  /* memory between images: populated, not measured */
  VCCA_ROLE_LOG,   /* memory for a measurement log */
  VCCA_ROLE_IMAGE, /* an image in a host's log, which does not say its role */
  VCCA_ROLES
};
/* The role's name in messages, reports and logs: "kernel", "dtb". A static string. */
VCCA_API const char *vcca_role_name(enum vcca_role role);

/* Memory when the VM starts: content at ipa, then zeros up to ipa + size. Both are multiples of 4 KiB. */
struct vcca_segment {
  enum vcca_role role;
  uint64_t ipa;
  uint64_t size;
  vcca_span content;      /* at most size bytes; the caller keeps them as long as the plan */
  const uint8_t *digests; /* digests of content's pages, the last padded with zeros; NULL: not known yet */
  bool measured;          /* false: the host populates it without measuring it */
  size_t lead;            /* zeros at the start of content, when the image does not start at a granule */
  bool after_recs;        /* the host populates it after it created the RECs: the log of QEMU and kvmtool */
};

struct vcca_plan {
  char profile[32];
  enum vcca_rules_id rules;
  struct vcca_realm_params params;
  uint8_t rpv[64];
  uint64_t ram_base, ram_size;
  struct vcca_segment segments[VCCA_SEGMENTS]; /* by ascending address, without overlaps */
  size_t segment_count;
  struct {
    uint64_t base, top;
  } ripas[VCCA_RIPAS_RANGES]; /* Arm: ranges that the host sets to RIPAS RAM before it loads data */
  size_t ripas_count;
  /* The caller sets it, and then keeps all contents in place and unchanged until each machine that booted the
   * plan is freed. In return the machine refers to the contents and copies nothing. */
  bool lasting;
  unsigned vcpus;                  /* RECs or TECs that the host creates; 0: none, and none is measured */
  struct vcca_rec_params boot_rec; /* parameters of vCPU 0; those of all others are zero (not runnable) */
  uint8_t loader[40];              /* virtCCA direct boot: the stub, which the loader segment points to */
};

/* Finds the segment of a role; a plan has at most one. Returns a pointer into the plan, or NULL. */
VCCA_API const struct vcca_segment *vcca_plan_segment(const struct vcca_plan *plan, enum vcca_role role);

/* How to start a VM. A member that is zero has the default that its comment names. */
struct vcca_vm {
  const char *profile;                     /* "virtcca", "virtcca-2025", "kata", "arm" */
  vcca_span kernel, initrd, dtb, firmware; /* {NULL, 0}: none. Give a dtb, and a kernel or firmware */
  unsigned vcpus;
  unsigned sve_bits;     /* 0: no SVE */
  unsigned pmu_counters; /* 0: no PMU */
  unsigned s2sz;         /* IPA width in bits; default 40 */
  enum vcca_hash_alg hash_alg;
  uint64_t ram_base;         /* default 0x40000000 */
  uint64_t ram_size;         /* default: what the images need, rounded up to 2 MiB, at least 512 MiB */
  unsigned num_bps, num_wps; /* profile arm: counts (the RMM encodes them minus 1); default 6 and 4 */
  uint8_t rpv[64];
};

/* The name of profile i, from 0; NULL after the last. */
VCCA_API const char *vcca_profile_name(size_t i);

/* Lays a VM out: virtCCA direct kernel boot or firmware boot (virtcca-abi 3.3, 3.4), or a plain Arm realm
 * (RIPAS RAM over all of RAM, kernel at RAM base + text_offset, initrd, device tree, x0 = device tree).
 * Refuses overlaps, images outside RAM, and counts or vector lengths that no VM can have; the error names the
 * option. The plan points into vm's spans and into itself: do not copy it, and keep the spans as long as the
 * plan. */
VCCA_API VCCA_MUST_USE bool vcca_plan_vm(const struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_error *err);

/* As vcca_plan_vm, but makes the device tree itself: the built-in one, for this VM. Sets vm->dtb to it. *dtb
 * owns its bytes; the caller frees it after the plan. bootargs may be NULL. */
VCCA_API VCCA_MUST_USE bool vcca_plan_with_dtb(struct vcca_vm *vm, const char *bootargs, struct vcca_plan *plan,
                                               struct vcca_bytes *dtb, struct vcca_error *err);

/* Reports progress: done of total bytes. Called from time to time, on the caller's thread. */
typedef void (*vcca_progress)(void *ctx, uint64_t done, uint64_t total);

/* Computes the RIM of a plan, without a machine. Calls hook (may be NULL) for each extension. Cannot fail. */
VCCA_API void vcca_plan_measure(const struct vcca_plan *plan, vcca_rim_hook hook, void *hook_ctx,
                                vcca_progress progress, void *progress_ctx, struct vcca_rim *out);

/* --- Operation lists ------------------------------------------------------------------------------------- */

/* What a list of operations measures to. */
struct vcca_measured {
  char profile[32];
  struct vcca_rim rim;
  bool has_rem;
  uint8_t rem[VCCA_REMS][VCCA_MEASUREMENT_SIZE];
};
/* Measures a list of operations (YAML or JSON; docs/scenarios.md, "Operation lists"): create, ripas, data,
 * rec, extend, under the rule set that the list names. hook sees each RIM extension. Files that the list
 * names are read relative to folder. */
VCCA_API VCCA_MUST_USE bool vcca_ops_measure(vcca_span text, const char *folder, struct vcca_files *files,
                                             vcca_rim_hook hook, void *ctx, struct vcca_measured *out,
                                             struct vcca_error *err);

/* --- The host -------------------------------------------------------------------------------------------- */

/* A host that owns the memory of a machine and starts VMs on it by SMC, as KVM does. It remembers what it
 * needs to destroy them. Free it before the machine. vcca_host_new returns NULL on failure. */
typedef struct vcca_host vcca_host;
VCCA_API vcca_host *vcca_host_new(vcca_machine *m, struct vcca_error *err);
VCCA_API void vcca_host_free(vcca_host *host);

struct vcca_booted {
  uint64_t rd;
  unsigned recs;
  uint64_t rec[VCCA_VCPUS_MAX]; /* RMI: addresses of RECs. TMI: handles of TECs */
};
/* Carries a plan out, up to ACTIVATE. On failure the host has all its granules back, and the error names the
 * call that was refused, its arguments and its status. */
VCCA_API VCCA_MUST_USE bool vcca_host_boot(vcca_host *host, const struct vcca_plan *plan, vcca_progress progress,
                                           void *progress_ctx, struct vcca_booted *out, struct vcca_error *err);
/* Enters a REC once, with REC_ENTER or TEC_ENTER and these entry flags. Returns the status word;
 * *exit_reason receives the reason from the exit record. When a VM of this host asks for a change of
 * RIPAS, the host makes it before it returns. */
VCCA_API uint64_t vcca_host_run(vcca_host *host, uint64_t rec, uint64_t flags, unsigned *exit_reason);
/* Destroys a VM. Afterwards the host has all granules back. */
VCCA_API VCCA_MUST_USE bool vcca_host_destroy(vcca_host *host, const struct vcca_booted *vm, struct vcca_error *err);
/* Sets the regions of *config so that a machine has room for the plan: host memory and, for TMI, the TMM's
 * pool. */
VCCA_API void vcca_host_regions(const struct vcca_plan *plan, struct vcca_machine_config *config);

#ifdef __cplusplus
}
#endif
#endif
