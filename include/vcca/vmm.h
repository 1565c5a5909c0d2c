/* Virtual machine monitors as models: from a VMM's own command line, a host's capabilities and local images to a plan, a device
 * tree and the log that a host would leave; and from a host's log back to the RIM.
 *
 * Sources: the command lines and memory maps of QEMU's virt machine, kvmtool and cloud-hypervisor as realms; the measurement log
 * of QEMU's and kvmtool's realm branches (TCG crypto-agile log, register 0).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_VMM_H
#define VCCA_VMM_H

#include "vcca/boot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- Images ---------------------------------------------------------------------------------------------- */

/* Decompresses the first member of a gzip file (RFC 1952) to at most max bytes, through a spool; what was read is forgotten. */
VCCA_API VCCA_MUST_USE bool vcca_gunzip(struct vcca_mapping *gz, size_t max, struct vcca_mapping *out, struct vcca_error *err);
/* What is inside a kernel that is gzip-compressed, or that is an EFI zboot image with gzip compression; *out stays empty for any other. Whether
 * a VMM unpacks it is the plan's to know. */
VCCA_API VCCA_MUST_USE bool vcca_kernel_unpack(struct vcca_mapping *kernel, size_t max, struct vcca_mapping *out, struct vcca_error *err);

/* --- Host capabilities ----------------------------------------------------------------------------------- */

enum vcca_cap {
  VCCA_CAP_IPA_BITS,     /* address bits; 32 to 52 */
  VCCA_CAP_NUM_BPS,      /* breakpoints, a count; 2 to 64 */
  VCCA_CAP_NUM_WPS,      /* watchpoints, a count; 2 to 64 */
  VCCA_CAP_SVE_VL,       /* longest vector in bits; 0: no SVE */
  VCCA_CAP_PMU_NUM_CTRS, /* PMU counters; 0 to 31 */
  VCCA_CAP_PMU,          /* 0, 1 */
  VCCA_CAP_LPA2,         /* 0, 1 */
  VCCA_CAP_HASH_ALGO,    /* enum vcca_hash_alg */
  VCCA_CAPS
};

/* What hardware, monitor and hypervisor of a host can do together. All zero: nothing is known. */
struct vcca_host_caps {
  bool known[VCCA_CAPS];
  bool forced[VCCA_CAPS]; /* by an option: no file changes it any more */
  unsigned value[VCCA_CAPS];
};

/* "num_bps" as in files, "num-bps" as an option. */
VCCA_API const char *vcca_cap_key(enum vcca_cap cap);
VCCA_API const char *vcca_cap_option(enum vcca_cap cap);
/* How it is read on a host that runs Linux. */
VCCA_API const char *vcca_cap_how(enum vcca_cap cap);
/* Reads a capability file: TOML of `key = value` lines without tables. Values that are known already are only lowered; a hash
 * algorithm must agree. */
VCCA_API VCCA_MUST_USE bool vcca_host_caps_read(vcca_span toml, struct vcca_host_caps *caps, struct vcca_error *err);
/* Sets a value, whatever was known; text is as an option has it: a number, true or false, sha256. */
VCCA_API VCCA_MUST_USE bool vcca_host_caps_set(struct vcca_host_caps *caps, enum vcca_cap cap, const char *text, struct vcca_error *err);

/* --- A VMM's command line -------------------------------------------------------------------------------- */

enum vcca_switch { VCCA_UNSET, VCCA_OFF, VCCA_ON };
enum { VCCA_VMM_OBJECTS = 128 };

/* What a command line asks for. Strings are the caller's words; the files they name are never opened. */
struct vcca_vmm_config {
  const char *vmm;                            /* the model's name */
  unsigned vcpus, vcpus_max;                  /* vcpus_max: QEMU's maxcpus; 0: not said */
  unsigned sockets, clusters, cores, threads; /* their product is vcpus (QEMU) */
  uint64_t ram_size, ram_max;                 /* ram_max: with what may be plugged in (QEMU) */
  bool has_slots;
  unsigned ram_slots;
  bool sized;    /* QEMU: the size of RAM was said */
  unsigned by_m; /* QEMU: what -m said of RAM, whatever -M memory.* says: bits of its size, maxmem, slots */
  bool has_hash;
  enum vcca_hash_alg hash_alg;
  bool has_rpv;
  uint8_t rpv[64];
  enum vcca_switch sve, pmu, acpi;
  uint16_t sve_on, sve_off; /* bit n: vectors of 128 (n + 1) bits are asked for, or refused */
  unsigned sve_max;         /* bits; 0: not limited */
  bool has_pmu_counters;
  unsigned pmu_counters;
  unsigned num_bps, num_wps; /* counts; 0: the host's */
  bool its, log, serial;
  bool virtio_mmio;                         /* kvmtool: devices are virtio-mmio, and so in the device tree */
  unsigned devices;                         /* virtio devices of that transport, the network device that there is by default included (kvmtool) */
  bool network;                             /* kvmtool: network devices are those that are asked for */
  unsigned mmio_devices;                    /* of these, such as are virtio-mmio whatever the others are */
  bool balloon, rng, vsock, console_device; /* kvmtool: devices that there is one of at most */
  uint64_t ram_base;                        /* kvmtool's --mem SIZE@ADDR; 0: the model's */
  uint64_t firmware_base;                   /* kvmtool */
  const char *kernel, *initrd, *firmware, *append;
  bool realm;                            /* kvmtool's --realm, cloud-hypervisor's --platform arm_rme=on */
  char guest[64];                        /* QEMU: the id that confidential-guest-support names; "": none */
  char memory_backend[64];               /* QEMU: the id that memory-backend names; "": none */
  const char *objects[VCCA_VMM_OBJECTS]; /* QEMU's -object words */
  unsigned object_count;
  bool smmu, pci_iommu, on_platform_bus; /* QEMU: what the device tree shows of devices */
  unsigned serials;                      /* QEMU: -serial that are not none */
  char accelerator[16];                  /* QEMU: the first one; "": not said */
  uint64_t seen[2];                      /* cloud-hypervisor: options that were there, by row */
  bool amend;                            /* see vmm_parse */
  char own_tree[3][48];                  /* what adds to the VMM's device tree, by what that means (enum vmm_tree_effect, less 1); "": nothing */
};

/* A remark for stderr: something that is ignored or assumed. */
typedef void (*vcca_note)(void *ctx, const char *text);

/* The i-th model's name and a line about it; NULL beyond the last. */
VCCA_API const char *vcca_vmm_name(size_t i, const char **summary);
/* Whether there is such a model. */
VCCA_API bool vcca_vmm_known(const char *name);
/* Reads a VMM's own words (with or without the program's name in front) as the VMM does. What it would refuse, and what could change the measurement
 * and is not modelled, is an error; what cannot change it is passed over, what may be a surprise is noted. note may be NULL. */
VCCA_API VCCA_MUST_USE bool vcca_vmm_parse(const char *vmm, const char *const *words, size_t count, vcca_note note, void *note_ctx,
                                           struct vcca_vmm_config *out, struct vcca_error *err);

/* --- Plans ----------------------------------------------------------------------------------------------- */

/* Local copies of what the command line names. They are used only where it does. */
struct vcca_vmm_images {
  vcca_span kernel, initrd, firmware;
  vcca_span unpacked;     /* what is inside the kernel (vcca_kernel_unpack); {NULL, 0}: nothing. Taken where the VMM unpacks it */
  vcca_span dtb;          /* measured as it is; {NULL, 0}: one is made */
  vcca_span dtb_template; /* or edited from this: /chosen, memory, CPUs, interrupt controller */
  /* An image that does not start at a granule is copied behind zeros. Whoever makes many plans of the same images may keep the copies:
   * zeros, then content, for as long as the plans; {NULL, 0}: the plan makes its own. NULL: it always does. */
  vcca_span (*behind)(void *ctx, size_t zeros, vcca_span content);
  void *behind_ctx;
};

struct vcca_vmm_plan {
  struct vcca_plan plan;
  struct vcca_bytes dtb;                                           /* what was made or edited; empty when given */
  struct vcca_bytes copies[2];                                     /* images that do not start at a granule */
  vcca_span (*behind)(void *ctx, size_t zeros, vcca_span content); /* as the images have it */
  void *behind_ctx;
  vcca_span handed[3]; /* what QEMU hands firmware: kernel, initrd, command line */
  size_t handed_count; /* 0: nothing, or not all of it is known */
};

/* The plan of a VM as the model's VMM starts it under RMM 1.0 or 2.0 rules. It points into images and into itself: do not copy it.
 * Free with vcca_vmm_plan_free, also after a failure. */
VCCA_API VCCA_MUST_USE bool vcca_vmm_plan(const struct vcca_vmm_config *config, const struct vcca_host_caps *host,
                                          const struct vcca_vmm_images *images, enum vcca_rules_id rules, vcca_note note, void *note_ctx,
                                          struct vcca_vmm_plan *out, struct vcca_error *err);
/* The digest of a whole image, for whoever keeps digests. */
typedef void (*vcca_vmm_hash)(void *ctx, enum vcca_hash_alg alg, vcca_span image, uint8_t digest[VCCA_HASH_MAX]);
/* REM0 after firmware measured what it was handed, as EDK II for Arm CCA does, nothing else in that register; false: none is predicted. The
 * words that were parsed and the images must still be there. hash NULL: vcca_hash. */
VCCA_API bool vcca_vmm_rem0(const struct vcca_vmm_plan *plan, vcca_vmm_hash hash, void *hash_ctx, uint8_t rem[VCCA_MEASUREMENT_SIZE]);
/* Frees what the plan owns. */
VCCA_API void vcca_vmm_plan_free(struct vcca_vmm_plan *plan);

/* --- Measurement logs ------------------------------------------------------------------------------------ */

/* Writes the log that QEMU and kvmtool leave for a plan: Spec ID header, VM VERSION, parameters, RIPAS, images, first REC, log area. */
VCCA_API VCCA_MUST_USE bool vcca_bootlog_write(const struct vcca_plan *plan, const char *vmm, const char *version, vcca_sink *out,
                                               struct vcca_error *err);

/* A local image, by which a log's digests are understood. */
struct vcca_bootlog_image {
  const char *name;
  vcca_span content;
};
enum { VCCA_BOOTLOG_LABELS = 16 };
struct vcca_bootlog {
  char vmm[33], version[41]; /* "" when the log does not say */
  uint64_t ram_size;
  uint32_t cpus;
  struct vcca_rim rim;
  uint8_t rem[VCCA_REMS][VCCA_MEASUREMENT_SIZE];
  unsigned rim_events, rem_events; /* events that went into them */
  unsigned rem_known;              /* of rem_events, those whose digest is a local image's */
  struct {
    char name[32]; /* as the log describes it */
    uint64_t base, top;
    int image; /* index of the local image; -1: unmeasured */
  } parts[VCCA_BOOTLOG_LABELS];
  size_t part_count;
  bool has_area; /* behind the first REC: unmeasured memory, as hosts end a log with the log's own */
};
/* Computes RIM and REMs from a host's log. Nothing in it is believed: every image must be here, of the size the log says, where
 * granules exist and are not taken; an event that could change the RIM but is not understood is an error with its offset. */
VCCA_API VCCA_MUST_USE bool vcca_bootlog_measure(vcca_span log, const struct vcca_bootlog_image *images, size_t image_count, enum vcca_rules_id rules,
                                                 vcca_rim_hook hook, void *hook_ctx, struct vcca_bootlog *out, struct vcca_error *err);

#ifdef __cplusplus
}
#endif
#endif
