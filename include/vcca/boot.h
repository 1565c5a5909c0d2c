/* What the host loads and measures: images, device trees, load plans, and the calls that carry a plan out.
 *
 * A plan says what a VM's memory holds at start and what of it is measured. It can be measured offline
 * (vcca_plan_measure) or issued as real RMI or TMI calls in the order KVM uses (vcca_host_boot); the RIM is the same.
 * Sources: Documentation/arch/arm64/booting.rst for the Image header; the virtCCA SDK's rim_ref and openEuler's QEMU and
 * KVM for virtCCA layouts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_BOOT_H
#define VCCA_BOOT_H

#include "vcca/files.h"
#include "vcca/rmm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- Images ---------------------------------------------------------------------------------------------- */

/* The 64-byte header of an uncompressed arm64 kernel. */
struct vcca_arm64_image {
  uint64_t text_offset;
  uint64_t image_size; /* memory it needs, bss included */
  uint64_t flags;
  bool headless; /* there is none (vcca_kernel_read) */
  bool guessed;  /* text_offset and image_size are not from the header */
};
/* The header of an Image; anything else is refused, with what to do about it. */
VCCA_API VCCA_MUST_USE bool vcca_arm64_image_read(vcca_span image, struct vcca_arm64_image *out, struct vcca_error *err);

/* The same as a VMM takes it: an Image whose image_size is 0, and a file without a header (when headless ones are taken), is as long as its file and
 * goes to 0x80000. What is known to be no kernel for arm64, or packed, is refused all the same. */
VCCA_API VCCA_MUST_USE bool vcca_kernel_read(vcca_span kernel, bool headless, struct vcca_arm64_image *out, struct vcca_error *err);

/* Whether the bytes are a whole, well-formed device tree; *size (may be NULL) receives its totalsize. */
VCCA_API VCCA_MUST_USE bool vcca_dtb_check(vcca_span dtb, size_t *size, struct vcca_error *err);

/* What the built-in device tree describes. */
struct vcca_dtb_spec {
  uint64_t ram_base, ram_size;
  unsigned vcpus;
  const char *bootargs;              /* NULL: no /chosen/bootargs */
  uint64_t initrd_base, initrd_size; /* size 0: none */
};
/* A small device tree of a generic virtual machine (memory, cpus, psci over smc, timer, GICv3, UART, chosen); the same spec
 * gives the same bytes. */
VCCA_API VCCA_MUST_USE bool vcca_dtb_make(const struct vcca_dtb_spec *spec, struct vcca_bytes *out, struct vcca_error *err);

/* --- Plans ----------------------------------------------------------------------------------------------- */

enum { VCCA_SEGMENTS = 8, VCCA_VCPUS_MAX = 512, VCCA_RIPAS_RANGES = 4 };

/* What lies in a segment. */
enum vcca_role {
  VCCA_ROLE_LOADER, /* virtCCA's stub in front of the kernel */
  VCCA_ROLE_KERNEL,
  VCCA_ROLE_INITRD,
  VCCA_ROLE_DTB,
  VCCA_ROLE_FIRMWARE,
  VCCA_ROLE_HOLE,  /* memory between images, populated but not measured */
  VCCA_ROLE_LOG,   /* memory of a measurement log */
  VCCA_ROLE_IMAGE, /* an image of a host's log, which does not tell its role */
  VCCA_ROLES
};
/* What messages, reports and logs call it: "kernel", "dtb". */
VCCA_API const char *vcca_role_name(enum vcca_role role);

/* Memory at start: content at ipa, zeros from there to ipa + size. Both multiples of 4 KiB. */
struct vcca_segment {
  enum vcca_role role;
  uint64_t ipa;
  uint64_t size;
  vcca_span content;      /* at most size bytes; must outlive the plan */
  const uint8_t *digests; /* of content's pages by the plan's algorithm, zeros behind its end; NULL: not known yet */
  bool measured;          /* otherwise populated without being measured */
  size_t lead;            /* zeros of content in front of an image that does not start at a granule */
  bool after_recs;        /* populated when the RECs are there: the log of QEMU and kvmtool */
};

struct vcca_plan {
  char profile[32];
  enum vcca_rules_id rules;
  struct vcca_realm_params params;
  uint8_t rpv[64];
  uint64_t ram_base, ram_size;
  struct vcca_segment segments[VCCA_SEGMENTS]; /* ascending, not overlapping */
  size_t segment_count;
  struct {
    uint64_t base, top;
  } ripas[VCCA_RIPAS_RANGES]; /* set to RAM before DATA (Arm) */
  size_t ripas_count;
  bool lasting;                    /* contents stay in place, unchanged, while a machine lives that booted them: it makes no copies. For
                                      the caller to say */
  unsigned vcpus;                  /* RECs or TECs that are created; 0 measures none */
  struct vcca_rec_params boot_rec; /* of vCPU 0; all others are zero (not runnable) */
  uint8_t loader[40];              /* virtCCA direct boot: the stub a segment points to */
};

/* The segment of that role, which points into the plan; NULL: the plan has none. No plan has two. */
VCCA_API const struct vcca_segment *vcca_plan_segment(const struct vcca_plan *plan, enum vcca_role role);

/* How the VM is to be started. Zero means the default named. */
struct vcca_vm {
  const char *profile;                     /* "virtcca", "virtcca-2025", "kata", "arm" */
  vcca_span kernel, initrd, dtb, firmware; /* {NULL, 0}: none. Kernel or firmware is needed; a dtb always (vcca_dtb_make). */
  unsigned vcpus;
  unsigned sve_bits;     /* 0: no SVE */
  unsigned pmu_counters; /* 0: no PMU */
  unsigned s2sz;         /* IPA width; 40 */
  enum vcca_hash_alg hash_alg;
  uint64_t ram_base;         /* 0x40000000 */
  uint64_t ram_size;         /* 0: what the images need, rounded up to 2 MiB (at least 512 MiB) */
  unsigned num_bps, num_wps; /* arm: counts (encoded minus 1); 0: 6 and 4 */
  uint8_t rpv[64];
};

/* Whether a VM's profile may have this name. */
VCCA_API bool vcca_profile_known(const char *name);
/* The i-th name, NULL beyond the last. */
VCCA_API const char *vcca_profile_name(size_t i);

/* Lays the VM out: virtCCA direct kernel boot and firmware boot (virtcca-abi 3.3, 3.4), or a plain Arm realm (RIPAS over RAM,
 * kernel at RAM base + text_offset, initrd, device tree, x0 = device tree). Overlaps, images outside RAM, impossible counts
 * and vector lengths are errors that name the option. The plan points into vm's spans and into itself: do not copy it. */
VCCA_API VCCA_MUST_USE bool vcca_plan_vm(const struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_error *err);

/* As vcca_plan_vm, with a built-in device tree that describes the VM as planned; vm->dtb is set to it, dtb owns it. bootargs may be
 * NULL. */
VCCA_API VCCA_MUST_USE bool vcca_plan_with_dtb(struct vcca_vm *vm, const char *bootargs, struct vcca_plan *plan, struct vcca_bytes *dtb,
                                               struct vcca_error *err);

/* Called now and then with bytes done of bytes in all. */
typedef void (*vcca_progress)(void *ctx, uint64_t done, uint64_t total);

/* The RIM of the plan, without a machine. hook sees every extension. */
VCCA_API void vcca_plan_measure(const struct vcca_plan *plan, vcca_rim_hook hook, void *hook_ctx, vcca_progress progress, void *progress_ctx,
                                struct vcca_rim *out);

/* --- Operation lists ------------------------------------------------------------------------------------- */

/* What a list of operations measures to. */
struct vcca_measured {
  char profile[32];
  struct vcca_rim rim;
  bool has_rem;
  uint8_t rem[VCCA_REMS][VCCA_MEASUREMENT_SIZE];
};
/* Measures a list of operations (YAML or JSON; docs/scenarios.md, "Operation lists"): create, ripas, data, rec, extend, under the rule set
 * that the list names. hook sees each RIM extension. Files that the list names are read relative to folder. */
VCCA_API VCCA_MUST_USE bool vcca_ops_measure(vcca_span text, const char *folder, struct vcca_files *files, vcca_rim_hook hook, void *ctx,
                                             struct vcca_measured *out, struct vcca_error *err);

/* --- The host -------------------------------------------------------------------------------------------- */

/* A host that owns a machine's memory and starts VMs on it by SMC, as KVM does. It keeps what it needs to tear them down. */
typedef struct vcca_host vcca_host;
VCCA_API vcca_host *vcca_host_new(vcca_machine *m, struct vcca_error *err);
VCCA_API void vcca_host_free(vcca_host *host);

struct vcca_booted {
  uint64_t rd;
  unsigned recs;
  uint64_t rec[VCCA_VCPUS_MAX]; /* PAs (RMI) or handles (TMI) */
};
/* Carries the plan out, up to ACTIVATE. An error names the call that was refused and its status. */
VCCA_API VCCA_MUST_USE bool vcca_host_boot(vcca_host *host, const struct vcca_plan *plan, vcca_progress progress, void *progress_ctx,
                                           struct vcca_booted *out, struct vcca_error *err);
/* Runs a REC once (REC_ENTER or TEC_ENTER with the given entry flags); *exit_reason receives the exit record's reason. The status
 * word is returned. A change of RIPAS that a VM of this host's asks for is carried out before that. */
VCCA_API uint64_t vcca_host_run(vcca_host *host, uint64_t rec, uint64_t flags, unsigned *exit_reason);
/* Tears a VM down; every granule is the host's again. */
VCCA_API VCCA_MUST_USE bool vcca_host_destroy(vcca_host *host, const struct vcca_booted *vm, struct vcca_error *err);
/* A machine big enough for the plan: config regions for host memory and, for TMI, the TMM's pool. */
VCCA_API void vcca_host_regions(const struct vcca_plan *plan, struct vcca_machine_config *config);

#ifdef __cplusplus
}
#endif
#endif
