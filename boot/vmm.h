/* What a VMM model is made of: its command line as a table, its memory map, its device tree. vmm.c does what all models share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_VMM_H
#define BOOT_VMM_H

#include "boot/plan.h"
#include "boot/fdt_writer.h"
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

/* How a VMM takes its command line apart. */
enum vmm_style {
  VMM_QEMU, /* -name or --name, the value is the next word; in lists ",," is a comma; some lists are JSON instead */
  VMM_LKVM, /* kvmtool's util/parse-options.c: abbreviations, --no-name, -c4; the first word that is neither option nor value is the kernel */
  VMM_CLAP  /* cloud-hypervisor's: --name value..., --name=value; lists keep commas within "" and [] */
};

/* What an option does to the device tree that the VMM itself makes, beyond what is modelled. */
enum vmm_tree_effect {
  VMM_TREE_SAME = 0,
  VMM_TREE_MORE,  /* something that a template of such a VM has already */
  VMM_TREE_OTHER, /* something that edits of a template would have to know */
  VMM_TREE_EDIT   /* the same, but of nothing that the tree has that is made here */
};

/* What a value was written as. JSON has types; text is anything. */
enum vmm_type { VMM_ANY, VMM_STRING, VMM_BOOL, VMM_NUM, VMM_NESTED };

struct vmm_model;
struct vmm_option;
/* A value that is being read. */
struct vmm_value {
  struct vcca_vmm_config *config;
  const struct vmm_notes *notes;
  const struct vmm_model *model;
  const struct vmm_option *row;
  const char *what;    /* "-cpu pmu", for errors */
  const char *word;    /* the whole word that the value is of; lives as long as the command line; NULL: of an option without */
  vcca_span key, text; /* key: of a row that stands for many; text: word, or the part that is this key's */
  enum vmm_type type;
  bool unset; /* --no-name: what there is without the option */
};
typedef bool vmm_reader(const struct vmm_value *value, struct vcca_error *err);

/* An option, or a key of an option's comma-separated value. Tables end with a row of NULL. */
struct vmm_option {
  const char *name;              /* without hyphens; of a key "": the first word, without '='; "sve*": whatever starts so */
  char letter;                   /* lkvm's -c; 0: none */
  bool value;                    /* an option that takes one; keys always do */
  bool many;                     /* cloud-hypervisor: several, up to the next option */
  bool optional;                 /* the value may be missing: at the end, or in front of another option */
  bool no;                       /* lkvm: --no-name is an option, too */
  bool json;                     /* QEMU: the list may be a JSON object */
  bool flag;                     /* of a key: may stand without a value */
  enum vmm_tree_effect tree;     /* refused without the VMM's own device tree */
  const char *why;               /* always refused, for this reason */
  vmm_reader *read;              /* NULL: taken and ignored, since it cannot change the RIM */
  const struct vmm_option *keys; /* or the value is a list of these */
  size_t field;                  /* of the config, for readers that models share */
  unsigned min, max;             /* of a number */
};

/* A row's reader and the member of the config it sets, of the type that it sets. */
#define VMM_FIELD(pointer, member) \
  .field = offsetof(struct vcca_vmm_config, member) + 0 * sizeof((pointer)NULL == &((struct vcca_vmm_config *)NULL)->member)
#define VMM_TEXT(member) .read = vmm_read_text, VMM_FIELD(const char **, member), .no = true
#define VMM_SIZE(member) .read = vmm_read_size, VMM_FIELD(uint64_t *, member)
#define VMM_NUMBER(member, least, most) .read = vmm_read_number, VMM_FIELD(unsigned *, member), .min = (least), .max = (most)
#define VMM_SWITCH(member) .read = vmm_read_switch, VMM_FIELD(enum vcca_switch *, member)
#define VMM_ON_OFF(member) .read = vmm_read_on_off, VMM_FIELD(bool *, member)
#define VMM_FLAG(member) .read = vmm_read_flag, VMM_FIELD(bool *, member), .no = true

vmm_reader vmm_read_text;       /* an option's whole word */
vmm_reader vmm_read_size;       /* as the VMM reads sizes; row->min not 0: what has no unit is bytes (QEMU) */
vmm_reader vmm_read_number;     /* min to max, as the VMM reads numbers */
vmm_reader vmm_read_switch;     /* on, off; auto leaves it */
vmm_reader vmm_read_on_off;     /* the same */
vmm_reader vmm_read_flag;       /* being there is on */
vmm_reader vmm_read_hash;       /* the measurement algorithm */
vmm_reader vmm_read_rpv_base64; /* the personalization value */
vmm_reader vmm_read_counters;   /* PMU counters */
vmm_reader vmm_read_ignored;    /* a remark says so */
/* Text of 1 to 63 bytes; what: "an id". */
VCCA_MUST_USE bool vmm_keep_text(char room[64], const struct vmm_value *value, const char *what, vcca_span text, struct vcca_error *err);
/* on, off; auto is VCCA_UNSET */
VCCA_MUST_USE bool vmm_switch(const struct vmm_value *value, enum vcca_switch *out, struct vcca_error *err);
/* A number as the VMM reads it: base 0 with QEMU and kvmtool, base 10 with cloud-hypervisor. */
VCCA_MUST_USE bool vmm_number(const struct vmm_value *value, uint64_t *out);
/* "-smp 0: ...": a refusal in the command line's words. */
VCCA_MUST_USE bool vmm_refuse(const struct vmm_value *value, const char *why, struct vcca_error *err);
/* Only the VMM's own device tree has what this value adds to it. */
void vmm_own_tree(const struct vmm_value *value, enum vmm_tree_effect effect);
/* What every row may say of itself, then its reader or its keys. */
VCCA_MUST_USE bool vmm_read_row(const struct vmm_value *value, struct vcca_error *err);

/* A list of a model's style, taken apart one member at a time. */
enum { VMM_LIST_ROOM = 4096, VMM_LIST_KEYS = 64 };
struct vmm_list {
  vcca_span text;
  size_t at;
  enum vmm_style style;
  bool json, ended;
  size_t count;
  vcca_span seen[VMM_LIST_KEYS];             /* JSON: keys so far */
  uint8_t key_room[64], room[VMM_LIST_ROOM]; /* what has to be written out: JSON's strings, doubled commas, quotes */
};
struct vmm_member {
  vcca_span key, text; /* within the list, which must stay */
  bool bare;           /* without '=': key and text are the same */
  enum vmm_type type;
};
void vmm_list_open(struct vmm_list *list, enum vmm_style style, bool json, vcca_span text);
/* 1: a member; 0: the end; -1: none, with an error that names what. */
int vmm_list_next(struct vmm_list *list, const char *what, struct vmm_member *out, struct vcca_error *err);
/* Reads a list into the row's keys; a key that has no row is refused. */
VCCA_MUST_USE bool vmm_read_keys(const struct vmm_value *list, const struct vmm_option *keys, struct vcca_error *err);

/* --- Models ----------------------------------------------------------------------------------------------- */

/* What a template is. */
struct template_facts {
  bool chosen, memory;                /* it has these nodes */
  bool neutral;                       /* made here, or by whoever makes the same; no VMM's own */
  unsigned address_cells, size_cells; /* the root's */
  unsigned initrd_cells;              /* of an initrd's address; 0: not known */
  bool seeds;                         /* random ones, in /chosen */
  bool numa;                          /* the VM's one NUMA node is told of */
  unsigned cpus;                      /* nodes of CPUs */
  bool cpu_map, cpus_alone;           /* nothing else in /cpus depends on their number */
  uint32_t cpu_phandle, cpu_step;     /* of the first; from one to the next. 0: they have none */
  uint32_t gic;                       /* the phandle of the root's interrupt-parent */
  bool its;                           /* QEMU: it has an ITS */
};

/* Where things are, for the device tree. */
struct vmm_layout {
  const struct vcca_vmm_config *config;
  bool pmu;
  uint64_t ram_base, dtb;
  struct {
    uint64_t base, size;
  } ram[2]; /* below and behind the model's hole */
  size_t ram_count;
  uint64_t initrd, initrd_size;        /* size 0: none */
  uint64_t log;                        /* 0: none */
  const char *bootargs;                /* NULL: none */
  uint64_t redistributors, ecam, mmio; /* QEMU's high regions */
  struct template_facts template;      /* of a tree that is made anew: TEMPLATE_NONE */
};
#define TEMPLATE_NONE ((struct template_facts){.neutral = true, .address_cells = 2, .size_cells = 2, .initrd_cells = 2})

/* What every VMM has an option for, though each calls it by another name. */
enum vmm_asked {
  VMM_KERNEL,
  VMM_INITRD,
  VMM_FIRMWARE,
  VMM_APPEND,
  VMM_HASH,
  VMM_VCPUS,
  VMM_RAM,
  VMM_BREAKPOINTS,
  VMM_WATCHPOINTS,
  VMM_PMU,
  VMM_COUNTERS,
  VMM_SVE,
  VMM_DTB,
  VMM_REALM, /* what makes a VM a realm */
  VMM_ASKED
};
struct vmm_word {
  const char *option, *before; /* "--cpus", and what stands in front of the value: "boot=" */
};

struct vmm_model {
  const char *name, *summary;
  const char *program, *verb; /* what a pasted command line starts with; programs whose names go on are the same */
  const char *const *aliases; /* other names of the program, ends with NULL */
  enum vmm_style style;
  const struct vmm_option *options; /* ends with a row of NULL */
  struct vmm_word words[VMM_ASKED];
  struct vcca_vmm_config defaults;
  enum vcca_hash_alg hash_alg; /* unless asked for; Linux's RMM 2.0 interface always takes SHA-256 */
  uint64_t ram_base;
  uint64_t chunk;           /* images are populated in multiples of it */
  bool dtb_behind_firmware; /* kvmtool */
  bool pmu_of_host;         /* a PMU unless refused; otherwise only if asked for */
  bool headless;            /* kernels without a header are taken */
  bool unpacks;             /* kernels: gzip, and EFI zboot images with gzip inside (QEMU) */
  bool flash;               /* firmware lies below RAM (QEMU) */
  uint64_t dtb_size;        /* padded to this; 0: as long as it is */
  uint64_t hole, hole_end;  /* addresses that RAM leaves out: what does not fit below lies behind; 0: none */
  uint64_t low_ram;         /* images lie below it, however much RAM there is; 0: anywhere */
  bool (*check)(const struct vmm_model *model, struct vcca_vmm_config *config, struct vcca_error *err); /* all words together */
  void (*announce)(const struct vcca_vmm_config *config, const struct vmm_notes *notes); /* what is to be said before all else; NULL: nothing */
  unsigned (*ipa_bits)(const struct vcca_vmm_config *config);
  /* Addresses into lay, segments but the device tree's and vCPU 0 into the plan. */
  bool (*place)(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images, struct vcca_vmm_plan *out,
                struct vcca_error *err);
  char *(*bootargs)(const struct vcca_vmm_config *config); /* allocated; NULL: config->append */
  void (*put_tree)(struct tree *t, const struct vmm_layout *lay);
  /* Editing a template: true when the node (of the root, or its child) or property is written anew or left out. */
  bool (*edit_node)(struct tree *t, const struct vmm_layout *lay, const char *node);
  bool (*edit_property)(struct tree *t, const struct vmm_layout *lay, const char *node, const char *property, vcca_span old);
  /* Whether a template can become this VM's tree; NULL: any can. */
  bool (*check_template)(const struct vmm_layout *lay, const void *fdt, struct vcca_error *err);
  void (*put_cpus)(struct tree *t, const struct vmm_layout *lay);    /* for a template without any */
  void (*put_cpu_map)(struct tree *t, const struct vmm_layout *lay); /* NULL: stays as it is */
  uint32_t (*cpu_phandle)(const struct vmm_layout *lay, unsigned i); /* NULL: as the template counts */
  const char *cpu_compatible;                                        /* NULL: as in the template */
  bool cpu_by_affinity;                                              /* nodes of CPUs are named by it, in hexadecimal, not by their index */
  bool numa_with_room;                                               /* room for more memory makes one NUMA node (hw/core/numa.c) */
  bool new_in_front;                                                 /* a new property stands in front of the others (fdt_setprop) */
};
extern const struct vmm_model vmm_qemu, vmm_kvmtool, vmm_kvmtool_linaro, vmm_kvmtool_arm, vmm_cloud_hypervisor;

/* What to say for "give more RAM with": "-m", "--memory size=". */
struct vmm_said {
  char text[48];
};
struct vmm_said vmm_say(const struct vmm_model *model, enum vmm_asked what);
/* The model of that name; NULL: there is none. */
const struct vmm_model *vmm_find(const char *name);
/* Reads words into config as far as each can be judged by itself. */
VCCA_MUST_USE bool vmm_read_words(const struct vmm_model *model, const char *const *words, size_t count, const struct vmm_notes *notes,
                                  struct vcca_vmm_config *config, struct vcca_error *err);
/* As vcca_vmm_parse. amend: later words may stand for parts of what is there, which the VMM would not take (a sweep's): an option again, an object
 * without an id, which is the realm's. */
VCCA_MUST_USE bool vmm_parse(const struct vmm_model *model, const char *const *words, size_t count, bool amend, const struct vmm_notes *notes,
                             struct vcca_vmm_config *out, struct vcca_error *err);

/* --- Plans ------------------------------------------------------------------------------------------------ */

/* The realm's parameters, as the RMM encodes them. */
VCCA_MUST_USE bool vmm_resolve(const struct vmm_model *model, const struct vcca_vmm_config *config, const struct vcca_host_caps *host,
                               enum vcca_rules_id rules, struct vcca_realm_params *p, struct vcca_error *err);
/* Notes what firmware is handed to boot from; nothing when a part of it is not here. */
void vmm_hand_over(const struct vcca_vmm_config *config, const struct vcca_vmm_images *given, const struct vmm_notes *notes,
                   struct vcca_vmm_plan *out);

/* Adds a segment; a kernel's may be larger than its file: bss. */
VCCA_MUST_USE bool vmm_add_segment(struct vcca_vmm_plan *out, enum vcca_role role, uint64_t ipa, uint64_t size, vcca_span content, bool measured,
                                   struct vcca_error *err);
/* Adds an image at any address; the segment starts and ends at multiples of the model's chunk. */
VCCA_MUST_USE bool vmm_add(const struct vmm_model *model, struct vcca_vmm_plan *out, enum vcca_role role, uint64_t at, vcca_span content,
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
void tree_memory(struct tree *t, const struct vmm_layout *lay);
/* The i-th range of RAM, in the cells that the root has. */
void tree_memory_reg(struct tree *t, const struct vmm_layout *lay, size_t i);
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
void tree_cpus(struct tree *t, const struct vmm_layout *lay);

/* Reads what a template is into the layout, and refuses one that cannot become this VM's. */
VCCA_MUST_USE bool template_read(const struct vmm_model *model, struct vmm_layout *lay, const void *fdt, struct vcca_error *err);
/* Writes the template's node /cpus with this VM's CPUs. */
bool template_cpus(struct tree *t, const struct vmm_model *model, const struct vmm_layout *lay, const void *fdt, int cpus);

/* The device tree the plan is to measure: made, or edited from the template. */
VCCA_MUST_USE bool vmm_tree(const struct vmm_model *model, struct vmm_layout *lay, vcca_span template, struct vcca_bytes *out,
                            struct vcca_error *err);

#endif
