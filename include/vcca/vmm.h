/* Models of virtual machine monitors. From a VMM's own command line, a host's capabilities and local images
 * they make a plan, a device tree, and the log that a host would write. From a host's log they compute the
 * RIM.
 *
 * Functions that return bool return false and fill *err (may be NULL) when they fail.
 *
 * Sources: the command lines and memory maps of QEMU's virt machine, kvmtool and cloud-hypervisor as realms;
 * the measurement log of QEMU's and kvmtool's realm branches (TCG crypto-agile log, register 0).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_VMM_H
#define VCCA_VMM_H

#include "vcca/boot.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- Images ---------------------------------------------------------------------------------------------- */

/* Unpacks a kernel that is a gzip file, or an EFI zboot image with gzip inside. *out stays empty for any
 * other file. The plan decides whether the VMM takes the unpacked kernel. The caller frees *out. */
VCCA_API VCCA_MUST_USE bool vcca_kernel_unpack(struct vcca_mapping *kernel, size_t max, struct vcca_mapping *out,
                                               struct vcca_error *err);

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

/* What hardware, monitor and hypervisor of a host can do together. Zero-initialise: then nothing is known. */
struct vcca_host_caps {
  bool known[VCCA_CAPS];
  bool forced[VCCA_CAPS]; /* an option set it: files do not change it */
  unsigned value[VCCA_CAPS];
};

/* Reads a capability file: TOML, lines `key = value` without tables. Only lowers a value that is known
 * already. Refuses a hash algorithm that differs from the one that is known. */
VCCA_API VCCA_MUST_USE bool vcca_host_caps_read(vcca_span toml, struct vcca_host_caps *caps, struct vcca_error *err);
/* Sets a value from an option's text: a number, true or false, or sha256. Replaces what was known. */
VCCA_API VCCA_MUST_USE bool vcca_host_caps_set(struct vcca_host_caps *caps, enum vcca_cap cap, const char *text,
                                               struct vcca_error *err);

/* --- A VMM's command line -------------------------------------------------------------------------------- */

enum vcca_switch { VCCA_UNSET, VCCA_OFF, VCCA_ON };
enum { VCCA_VMM_OBJECTS = 128 };

/* What a command line asks for. Strings point into the arguments, which the caller keeps. The files that they
 * name are never opened. */
struct vcca_vmm_config {
  const char *vmm;                            /* the model's name */
  unsigned vcpus, vcpus_max;                  /* vcpus_max: QEMU's maxcpus; 0: not given */
  unsigned sockets, clusters, cores, threads; /* their product is vcpus (QEMU) */
  uint64_t ram_size, ram_max;                 /* QEMU's maxmem: ram_max includes memory that can be added later */
  bool has_slots;
  unsigned ram_slots;
  bool sized;    /* QEMU: the command line gives the size of RAM */
  unsigned by_m; /* QEMU: what -m gave, which -M memory.* cannot change: bits of size, maxmem, slots */
  bool has_hash;
  enum vcca_hash_alg hash_alg;
  bool has_rpv;
  uint8_t rpv[64];
  enum vcca_switch sve, pmu, acpi;
  uint16_t sve_on, sve_off; /* bit n: vectors of 128 (n + 1) bits are on, or off */
  unsigned sve_max;         /* bits; 0: not limited */
  bool has_pmu_counters;
  unsigned pmu_counters;
  unsigned num_bps, num_wps; /* counts; 0: the host's */
  bool its, log, serial;
  bool virtio_mmio;                         /* kvmtool: devices are virtio-mmio, so the device tree has them */
  unsigned devices;                         /* kvmtool: their number, with the default network device */
  bool network;                             /* kvmtool: -n was given: no default network device */
  unsigned mmio_devices;                    /* of the network devices: those with trans=mmio */
  bool balloon, rng, vsock, console_device; /* kvmtool: one of each at most */
  uint64_t ram_base;                        /* kvmtool's --mem SIZE@ADDR; 0: the model's */
  uint64_t firmware_base;                   /* kvmtool */
  const char *kernel, *initrd, *firmware, *append;
  bool realm;                            /* kvmtool's --realm, cloud-hypervisor's --platform arm_rme=on */
  char guest[64];                        /* QEMU: the id that confidential-guest-support names; "": none */
  char memory_backend[64];               /* QEMU: the id that memory-backend names; "": none */
  const char *objects[VCCA_VMM_OBJECTS]; /* QEMU's -object words */
  unsigned object_count;
  bool smmu, pci_iommu, on_platform_bus; /* QEMU: devices that the device tree shows */
  unsigned serials;                      /* QEMU: -serial options other than none */
  char accelerator[16];                  /* QEMU: the first one; "": not given */
  uint64_t seen[2];                      /* cloud-hypervisor: bit n: option n of the table was given */
  bool amend;                            /* a sweep's arguments may change earlier ones (boot/vmm.h, vmm_parse) */
  char own_tree[3][48];                  /* the option that changes the VMM's device tree, by effect (boot/vmm.h) */
};

/* Receives a remark for people: something that the model ignores or assumes. text is valid during the
 * call. */
typedef void (*vcca_note)(void *ctx, const char *text);

/* The name of model i, from 0; NULL after the last. *summary (may be NULL) receives one line about it. */
VCCA_API const char *vcca_vmm_name(size_t i, const char **summary);
/* Reads a VMM's command line as the VMM does, with or without the program's name in front. Refuses what the
 * VMM would refuse, and what can change the measurement but is not modelled. Ignores what cannot change it;
 * passes a remark to note (may be NULL) when that may surprise. *out points into the arguments: keep them as
 * long as *out. */
VCCA_API VCCA_MUST_USE bool vcca_vmm_parse(const char *vmm, const char *const *words, size_t count, vcca_note note,
                                           void *note_ctx, struct vcca_vmm_config *out, struct vcca_error *err);

/* --- Plans ----------------------------------------------------------------------------------------------- */

/* Local copies of the files that the command line names. A file that it does not name is not used. The caller
 * keeps all bytes as long as the plan. */
struct vcca_vmm_images {
  vcca_span kernel, initrd, firmware;
  vcca_span unpacked;     /* the kernel after vcca_kernel_unpack, for VMMs that unpack; {NULL, 0}: it was not packed */
  vcca_span dtb;          /* a device tree to measure as it is; {NULL, 0}: the model makes one */
  vcca_span dtb_template; /* a device tree of another VM: the model edits /chosen, memory, CPUs, interrupt controller */
  /* An image that does not start at a granule needs a copy with zeros in front of it. A caller that makes
   * many plans of the same images can keep these copies. behind returns one (zeros, then content), which
   * stays valid as long as the plans, or {NULL, 0}: then the plan makes and owns a copy. NULL: each plan
   * makes its own. */
  vcca_span (*behind)(void *ctx, size_t zeros, vcca_span content);
  void *behind_ctx;
};

struct vcca_vmm_plan {
  struct vcca_plan plan;
  struct vcca_bytes dtb;       /* the tree that the model made or edited; empty when the caller gave one */
  struct vcca_bytes copies[2]; /* copies of images that do not start at a granule */
  vcca_span (*behind)(void *ctx, size_t zeros, vcca_span content); /* as the images have it */
  void *behind_ctx;
  vcca_span handed[3]; /* what QEMU passes to firmware: kernel, initrd, command line */
  size_t handed_count; /* 0: it passes nothing, or not all of it is known */
};

/* Makes the plan of a VM as the VMM starts it, under the rules of RMM 1.0 or 2.0. *out points into images,
 * config and itself: do not copy it. Free it with vcca_vmm_plan_free, also after a failure. */
VCCA_API VCCA_MUST_USE bool vcca_vmm_plan(const struct vcca_vmm_config *config, const struct vcca_host_caps *host,
                                          const struct vcca_vmm_images *images, enum vcca_rules_id rules,
                                          vcca_note note, void *note_ctx, struct vcca_vmm_plan *out,
                                          struct vcca_error *err);
/* Hashes a whole image. A caller that knows the digest already can write that. */
typedef void (*vcca_vmm_hash)(void *ctx, enum vcca_hash_alg alg, vcca_span image, uint8_t digest[VCCA_HASH_MAX]);
/* Predicts REM0 of a VM that boots QEMU's firmware: EDK II for Arm CCA extends REM0 by what QEMU passes to
 * it. Assumes that nothing else extends REM0. False: the plan has no such boot. The arguments and images must
 * still be valid. hash NULL: vcca_hash. */
VCCA_API bool vcca_vmm_rem0(const struct vcca_vmm_plan *plan, vcca_vmm_hash hash, void *hash_ctx,
                            uint8_t rem[VCCA_MEASUREMENT_SIZE]);
/* Frees what the plan owns. */
VCCA_API void vcca_vmm_plan_free(struct vcca_vmm_plan *plan);

/* --- Measurement logs ------------------------------------------------------------------------------------ */

/* A local image; the log names images by digest only. */
struct vcca_bootlog_image {
  const char *name;
  vcca_span content;
};
enum { VCCA_BOOTLOG_LABELS = 16 };
struct vcca_bootlog {
  char vmm[33], version[41]; /* "" when the log does not have it */
  uint64_t ram_size;
  uint32_t cpus;
  struct vcca_rim rim;
  uint8_t rem[VCCA_REMS][VCCA_MEASUREMENT_SIZE];
  unsigned rim_events, rem_events; /* events that extend the RIM, and a REM */
  unsigned rem_known;              /* of rem_events: those whose digest is the digest of a local image */
  struct {
    char name[32]; /* as the log describes it */
    uint64_t base, top;
    int image; /* index of the local image; -1: unmeasured */
  } parts[VCCA_BOOTLOG_LABELS];
  size_t part_count;
  bool has_area; /* unmeasured memory follows the first REC; hosts end a log with the memory of the log itself */
};
/* Computes RIM and REMs from a host's log. Trusts nothing in it: each image must be among images, have the
 * size that the log gives, and lie in granules of the realm that no other image has. An event that can change
 * the RIM and is not understood is an error with its offset. */
VCCA_API VCCA_MUST_USE bool vcca_bootlog_measure(vcca_span log, const struct vcca_bootlog_image *images,
                                                 size_t image_count, enum vcca_rules_id rules, vcca_rim_hook hook,
                                                 void *hook_ctx, struct vcca_bootlog *out, struct vcca_error *err);

#ifdef __cplusplus
}
#endif
#endif
