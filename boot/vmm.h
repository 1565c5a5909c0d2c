/* What a VMM model is made of: its command line as a table, its memory map, its device tree. vmm.c does what all models share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_VMM_H
#define BOOT_VMM_H

#include "boot/plan.h"
#include "boot/tree.h"
#include "vcca/vmm.h"

enum { KIB = 0x400, LOG_SIZE = 64 * KIB };
#define GIB ((uint64_t)1 << 30)

/* --- Command lines ---------------------------------------------------------------------------------------- */

/* Where remarks go. */
struct vmm_notes {
  vcca_note note;
  void *ctx;
};
void vmm_note(const struct vmm_notes *notes, const char *fmt, ...) VCCA_PRINTF(2, 3);

/* An option: with read, its value is read; without, it is taken and ignored, since it cannot change the RIM. */
struct vmm_option {
  const char *name; /* without hyphens */
  char letter;      /* lkvm's -c; 0: none */
  bool value;       /* takes one */
  bool (*read)(struct vcca_vmm_config *config, const struct vmm_notes *notes, const char *value, struct vcca_error *err);
};

/* One `key=value` or bare word of a comma-separated value. */
struct vmm_item {
  vcca_span key, value;
  bool bare; /* there was no '=': key is the word */
};
/* Takes the next item off *list; false at its end. */
bool vmm_next_item(vcca_span *list, struct vmm_item *item);

/* Values. what names the option in errors. */
VCCA_MUST_USE bool vmm_read_size(vcca_span text, const char *what, uint64_t *out, struct vcca_error *err); /* [KMGTP], MiB without */
VCCA_MUST_USE bool vmm_read_number(vcca_span text, const char *what, uint64_t max, unsigned *out, struct vcca_error *err);
VCCA_MUST_USE bool vmm_read_switch(vcca_span text, const char *what, enum vcca_switch *out, struct vcca_error *err); /* auto: untouched */
VCCA_MUST_USE bool vmm_read_hash(vcca_span text, const char *what, struct vcca_vmm_config *config, struct vcca_error *err);
VCCA_MUST_USE bool vmm_read_rpv_base64(vcca_span text, const char *what, struct vcca_vmm_config *config, struct vcca_error *err);

/* --- Models ----------------------------------------------------------------------------------------------- */

/* Where things are, for the device tree. */
struct vmm_layout {
  const struct vcca_vmm_config *config;
  bool pmu;
  uint64_t ram_base, dtb;
  uint64_t initrd, initrd_size;        /* size 0: none */
  uint64_t log;                        /* 0: none */
  const char *bootargs;                /* NULL: none */
  uint64_t redistributors, ecam, mmio; /* QEMU's high regions */
};

/* What every VMM has an option for, though each calls it by another name. */
enum vmm_asked { VMM_KERNEL, VMM_INITRD, VMM_FIRMWARE, VMM_APPEND, VMM_HASH, VMM_VCPUS, VMM_RAM, VMM_ASKED };
struct vmm_word {
  const char *option, *before; /* "--cpus", and what stands in front of the value: "boot=" */
};

struct vmm_model {
  const char *name, *summary;
  const char *program, *verb;       /* what a pasted command line starts with */
  const struct vmm_option *options; /* ends with a row of NULL */
  struct vmm_word words[VMM_ASKED];
  bool lenient; /* unknown options are ignored */
  struct vcca_vmm_config defaults;
  enum vcca_hash_alg hash_alg; /* unless asked for; Linux's RMM 2.0 interface always takes SHA-256 */
  uint64_t ram_base;
  uint64_t chunk;           /* images are populated in multiples of it */
  bool dtb_behind_firmware; /* kvmtool */
  bool pmu_of_host;         /* a PMU unless refused; otherwise only if asked for */
  bool flash;               /* firmware lies below RAM (QEMU) */
  uint64_t dtb_size;        /* padded to this; 0: as long as it is */
  const char *ram_option;   /* what to give more RAM with */
  bool (*check)(struct vcca_vmm_config *config, struct vcca_error *err);
  unsigned (*ipa_bits)(const struct vcca_vmm_config *config);
  /* Addresses into lay, segments but the device tree's and vCPU 0 into the plan. */
  bool (*place)(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images, struct vcca_vmm_plan *out,
                struct vcca_error *err);
  char *(*bootargs)(const struct vcca_vmm_config *config); /* allocated; NULL: config->append */
  void (*put_tree)(struct tree *t, const struct vmm_layout *lay);
  /* Editing a template: true when the node (of the root, or its child) or property is written anew or left out. */
  bool (*edit_node)(struct tree *t, const struct vmm_layout *lay, const char *node);
  bool (*edit_property)(struct tree *t, const struct vmm_layout *lay, const char *node, const char *property);
};
extern const struct vmm_model vmm_qemu, vmm_kvmtool, vmm_kvmtool_linaro, vmm_kvmtool_arm, vmm_cloud_hypervisor;

/* The model of that name; NULL: there is none. */
const struct vmm_model *vmm_find(const char *name);
/* Reads words into config as far as each can be judged by itself; vcca_vmm_parse also judges them together. */
VCCA_MUST_USE bool vmm_read_words(const struct vmm_model *model, const char *const *words, size_t count, const struct vmm_notes *notes,
                                  struct vcca_vmm_config *config, struct vcca_error *err);

/* Adds an image at any address; the segment starts and ends at multiples of the model's chunk. */
VCCA_MUST_USE bool vmm_add(const struct vmm_model *model, struct vcca_vmm_plan *out, const char *name, uint64_t at, vcca_span content,
                           struct vcca_error *err);
/* A kernel at base + text_offset: where it is entered, and where the memory that it needs ends. */
VCCA_MUST_USE bool vmm_add_kernel(const struct vmm_model *model, struct vcca_vmm_plan *out, uint64_t base, vcca_span kernel, uint64_t *entry,
                                  uint64_t *end, struct vcca_error *err);

/* --- Device trees ----------------------------------------------------------------------------------------- */

/* The properties of /chosen that a VM's start decides; writes one of them if it has it. */
enum { CHOSEN_PROPERTIES = 3 };
extern const char *const chosen_properties[CHOSEN_PROPERTIES];
void tree_chosen(struct tree *t, const struct vmm_layout *lay, unsigned which);

/* Nodes that models share; tree_start leaves the root open. gic is the interrupt controller's phandle. */
void tree_start(struct tree *t, const struct vmm_layout *lay, uint32_t gic);
void tree_gic(struct tree *t, const uint64_t *reg, size_t n, const uint64_t its[2], uint32_t gic, uint32_t its_phandle);
void tree_timer(struct tree *t, uint32_t trigger);
void tree_pmu(struct tree *t);
void tree_clock(struct tree *t, uint32_t phandle);
/* The generic PCI host's ranges: I/O ports, 32-bit memory, and 64-bit memory when high[1] is not 0. Pairs of base and size. */
void tree_pci_ranges(struct tree *t, const uint64_t io[2], const uint64_t low[2], const uint64_t high[2]);
/* One entry of an interrupt-map: 10 cells. */
void tree_pci_interrupt(uint32_t cells[10], unsigned slot, unsigned pin, uint32_t gic, unsigned spi);

/* vCPU i's MPIDR affinity: 16 to an Aff0 group, as the GIC and RecIndex have it. */
static inline uint32_t cpu_affinity(unsigned i)
{
  return (i & 15) | (i >> 4) << 8;
}

/* The node /cpus as models make it; compatible differs. */
void tree_cpus(struct tree *t, unsigned count);

/* The device tree the plan is to measure: made, or edited from the template. */
VCCA_MUST_USE bool vmm_tree(const struct vmm_model *model, const struct vmm_layout *lay, vcca_span template, struct vcca_bytes *out,
                            struct vcca_error *err);

#endif
