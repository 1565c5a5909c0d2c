/* The parts of a VMM model: its command line as a table, its memory map, its device tree. vmm.c does what all
 * models have in common.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BOOT_VMM_H
#define BOOT_VMM_H

#include "boot/plan.h"
#include "boot/fdt_writer.h"
#include "rooms/vmm.h"
#include "rooms/error.h"

enum { KIB = 0x400, LOG_SIZE = 64 * KIB };
#define GIB ((uint64_t)1 << 30)

/* --- Command lines ---------------------------------------------------------------------------------------- */

/* Receives remarks; note may be NULL. */
struct vmm_notes {
  vcca_note note;
  void *ctx;
};
void vmm_note(const struct vmm_notes *notes, const char *fmt, ...) VCCA_PRINTF(2, 3);

/* How a VMM reads its command line. */
enum vmm_style {
  VMM_QEMU, /* -name or --name, the value is the next argument; in lists ",," is a comma; some lists can be JSON */
  VMM_LKVM, /* kvmtool's util/parse-options.c: abbreviations, --no-name, -c4; the first other argument is the kernel */
  VMM_CLAP  /* cloud-hypervisor: --name value..., --name=value; commas inside "" and [] belong to a list's value */
};

/* What an option changes in the VMM's own device tree that is not modelled. */
enum vmm_tree_effect {
  VMM_TREE_SAME = 0,
  VMM_TREE_MORE,  /* adds something that a template of such a VM has already */
  VMM_TREE_OTHER, /* changes something that the editing of a template does not know */
  VMM_TREE_EDIT   /* the same, but not in the tree that vcca makes */
};

/* The form of a value. JSON has types; text can be any. */
enum vmm_type { VMM_ANY, VMM_STRING, VMM_BOOL, VMM_NUM, VMM_NESTED };

struct vmm_model;
struct vmm_option;
/* A value to read. */
struct vmm_value {
  struct vcca_vmm_config *config;
  const struct vmm_notes *notes;
  const struct vmm_model *model;
  const struct vmm_option *row;
  const char *what; /* "-cpu pmu", for messages */
  const char
      *word; /* the whole argument with the value; lives as long as the command line; NULL: the option has none */
  vcca_span key,
      text; /* key: the key as written, when its row has several; text: the value, or this key's part of it */
  enum vmm_type type;
  bool unset; /* --no-name: the state without the option */
};
typedef bool vmm_reader(const struct vmm_value *value, struct vcca_error *err);

/* An option, or a key in an option's comma-separated value. A table ends with a row of NULL. */
struct vmm_option {
  const char
      *name;     /* without hyphens; for a key: "" is a first value without '=', "sve*" any key with this beginning */
  char letter;   /* lkvm's -c; 0: none */
  bool value;    /* the option takes a value; keys always do */
  bool many;     /* cloud-hypervisor: several values, up to the next option */
  bool optional; /* the value can be missing: at the end, or before another option */
  bool no;       /* lkvm: there is also --no-name */
  bool json;     /* QEMU: the list can be a JSON object */
  bool flag;     /* for a key: can have no value */
  enum vmm_tree_effect tree;     /* effect on the device tree; if any, refused without the VMM's own */
  const char *why;               /* always refused; the reason */
  vmm_reader *read;              /* NULL: ignored, because it cannot change the RIM */
  const struct vmm_option *keys; /* the value is a list with these keys */
  size_t field;                  /* offset of the member of the config, for readers of several models */
  unsigned min, max;             /* range of a number */
};

/* A row's reader, and the member of the config that it sets, checked for its type. */
#define VMM_FIELD(pointer, member)                    \
  .field = offsetof(struct vcca_vmm_config, member) + \
           0 * sizeof((pointer)NULL == &((struct vcca_vmm_config *)NULL)->member)
#define VMM_TEXT(member) .read = vmm_read_text, VMM_FIELD(const char **, member), .no = true
#define VMM_SIZE(member) .read = vmm_read_size, VMM_FIELD(uint64_t *, member)
#define VMM_NUMBER(member, least, most) \
  .read = vmm_read_number, VMM_FIELD(unsigned *, member), .min = (least), .max = (most)
#define VMM_SWITCH(member) .read = vmm_read_switch, VMM_FIELD(enum vcca_switch *, member)
#define VMM_ON_OFF(member) .read = vmm_read_on_off, VMM_FIELD(bool *, member)
#define VMM_FLAG(member) .read = vmm_read_flag, VMM_FIELD(bool *, member), .no = true

vmm_reader vmm_read_text;       /* an option's whole value */
vmm_reader vmm_read_size;       /* as the VMM reads sizes; row->min not 0: a size without a unit is in bytes (QEMU) */
vmm_reader vmm_read_number;     /* from min to max, as the VMM reads numbers */
vmm_reader vmm_read_switch;     /* on, off; auto does not change it */
vmm_reader vmm_read_on_off;     /* the same */
vmm_reader vmm_read_flag;       /* on if the option is given */
vmm_reader vmm_read_hash;       /* the measurement algorithm */
vmm_reader vmm_read_rpv_base64; /* the personalization value */
vmm_reader vmm_read_counters;   /* PMU counters */
vmm_reader vmm_read_ignored;    /* ignored, with a remark */
/* Copies text of 1 to 63 bytes, or refuses it; what: "an id". */
VCCA_MUST_USE bool vmm_keep_text(char room[64], const struct vmm_value *value, const char *what, vcca_span text,
                                 struct vcca_error *err);
/* Reads on or off; auto is VCCA_UNSET. */
VCCA_MUST_USE bool vmm_switch(const struct vmm_value *value, enum vcca_switch *out, struct vcca_error *err);
/* A number as the VMM reads it: base 0 with QEMU and kvmtool, base 10 with cloud-hypervisor. */
VCCA_MUST_USE bool vmm_number(const struct vmm_value *value, uint64_t *out);
/* Refuses a value, in the form of the command line: "-smp 0: ...". Returns false. */
VCCA_MUST_USE bool vmm_refuse(const struct vmm_value *value, const char *why, struct vcca_error *err);
/* Records that this value changes the VMM's own device tree. */
void vmm_own_tree(const struct vmm_value *value, enum vmm_tree_effect effect);
/* Applies a row: refuses or records what the row says, then calls its reader or reads its keys. */
VCCA_MUST_USE bool vmm_read_row(const struct vmm_value *value, struct vcca_error *err);

/* A list in a model's style, read one member at a time. */
enum { VMM_LIST_ROOM = 4096, VMM_LIST_KEYS = 64 };
struct vmm_list {
  vcca_span text;
  size_t at;
  enum vmm_style style;
  bool json, ended;
  size_t count;
  vcca_span seen[VMM_LIST_KEYS];             /* JSON: the keys so far, to find repeated ones */
  uint8_t key_room[64], room[VMM_LIST_ROOM]; /* decoded text: JSON strings, doubled commas, quotes */
};
struct vmm_member {
  vcca_span key, text; /* inside the list, which the caller keeps */
  bool bare;           /* no '=': key and text are the same */
  enum vmm_type type;
};
void vmm_list_open(struct vmm_list *list, enum vmm_style style, bool json, vcca_span text);
/* Returns 1: a member; 0: the end; -1: a fault, with an error that names what. */
int vmm_list_next(struct vmm_list *list, const char *what, struct vmm_member *out, struct vcca_error *err);
/* Reads a list by a table of keys; refuses a key that is not in the table. */
VCCA_MUST_USE bool vmm_read_keys(const struct vmm_value *list, const struct vmm_option *keys, struct vcca_error *err);

/* --- Models ----------------------------------------------------------------------------------------------- */

/* Facts about a template. */
struct template_facts {
  bool chosen, memory;                /* it has this node */
  bool neutral;                       /* made by vcca, or by a tool that makes the same bytes; not a VMM's own */
  unsigned address_cells, size_cells; /* of the root */
  unsigned initrd_cells;              /* cells of an initrd's address; 0: not known */
  bool seeds;                         /* /chosen has random seeds */
  bool numa;                          /* it describes one NUMA node */
  unsigned cpus;                      /* number of CPU nodes */
  bool cpu_map, cpus_alone;           /* /cpus has nothing else that depends on their number */
  uint32_t cpu_phandle, cpu_step;     /* of the first CPU; the distance to the next CPU's. 0: none */
  uint32_t gic;                       /* the phandle of the root's interrupt-parent */
  bool its;                           /* QEMU: it has an ITS */
};

/* The addresses that the device tree describes. */
struct vmm_layout {
  const struct vcca_vmm_config *config;
  bool pmu;
  uint64_t ram_base, dtb;
  struct {
    uint64_t base, size;
  } ram[2]; /* before and after the model's hole */
  size_t ram_count;
  uint64_t initrd, initrd_size;        /* size 0: none */
  uint64_t log;                        /* 0: none */
  const char *bootargs;                /* NULL: none */
  uint64_t redistributors, ecam, mmio; /* QEMU's high regions */
  struct template_facts template;      /* TEMPLATE_NONE for a new tree */
};
#define TEMPLATE_NONE ((struct template_facts){.neutral = true, .address_cells = 2, .size_cells = 2, .initrd_cells = 2})

/* What all VMMs have an option for, under different names. */
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
  VMM_REALM, /* the option that makes a VM a realm */
  VMM_ASKED
};
struct vmm_word {
  const char *option, *before; /* "--cpus", and the text before the value: "boot=" */
};

struct vmm_model {
  const char *name, *summary;
  enum vcca_vmm_program kind;
  const char *log_name;       /* of the program in its log */
  const char *program, *verb; /* how a pasted command line starts; a program with a longer name is the same */
  const char *const *aliases; /* other names of the program; ends with NULL */
  enum vmm_style style;
  const struct vmm_option *options; /* ends with a row of NULL */
  struct vmm_word words[VMM_ASKED];
  struct vcca_vmm_config defaults;
  enum vcca_hash_alg hash_alg; /* the VMM's default; Linux's RMM 2.0 interface always uses SHA-256 */
  uint64_t ram_base;
  uint64_t chunk;           /* the VMM populates images in multiples of this size */
  bool dtb_behind_firmware; /* kvmtool: the device tree follows the firmware */
  bool pmu_of_host;         /* the realm has a PMU unless turned off; false: only if turned on */
  bool headless;            /* the VMM loads kernels without a header */
  bool unpacks;             /* the VMM unpacks kernels: gzip, and EFI zboot images with gzip inside (QEMU) */
  bool flash;               /* firmware is in flash below RAM (QEMU) */
  uint64_t dtb_size;        /* the tree is padded to this size; 0: not padded */
  uint64_t hole, hole_end;  /* addresses without RAM: RAM that does not fit below continues after them; 0: none */
  uint64_t low_ram;         /* the VMM puts images below this, even with more RAM; 0: no limit */
  bool (*check)(const struct vmm_model *model, struct vcca_vmm_config *config,
                struct vcca_error *err); /* checks all options together */
  void (*announce)(const struct vcca_vmm_config *config,
                   const struct vmm_notes *notes); /* makes the first remarks; NULL: none */
  unsigned (*ipa_bits)(const struct vcca_vmm_config *config);
  /* Sets the addresses in lay, and adds vCPU 0 and all segments but the device tree's to the plan. */
  bool (*place)(const struct vmm_model *model, struct vmm_layout *lay, const struct vcca_vmm_images *images,
                struct vcca_vmm_plan *out, struct vcca_error *err);
  char *(*bootargs)(const struct vcca_vmm_config *config); /* allocated; NULL: config->append */
  void (*put_tree)(struct tree *t, const struct vmm_layout *lay);
  /* Editing a template: true when the node (of the root, or its child) or property is written again or
   * removed, not copied. */
  bool (*edit_node)(struct tree *t, const struct vmm_layout *lay, const char *node);
  bool (*edit_property)(struct tree *t, const struct vmm_layout *lay, const char *node, const char *property,
                        vcca_span old);
  /* Refuses a template that cannot become this VM's tree; NULL: every template can. */
  bool (*check_template)(const struct vmm_layout *lay, const void *fdt, struct vcca_error *err);
  void (*put_cpus)(struct tree *t, const struct vmm_layout *lay);    /* for a template without CPUs */
  void (*put_cpu_map)(struct tree *t, const struct vmm_layout *lay); /* NULL: not changed */
  uint32_t (*cpu_phandle)(const struct vmm_layout *lay, unsigned i); /* NULL: continues the template's numbers */
  const char *cpu_compatible;                                        /* NULL: as in the template */
  bool cpu_by_affinity; /* CPU nodes are named by affinity, in hexadecimal, not by index */
  bool numa_with_room;  /* slots for memory make one NUMA node (hw/core/numa.c) */
  bool new_in_front;    /* a new property is before the others (fdt_setprop) */
};
extern const struct vmm_model vmm_qemu, vmm_kvmtool, vmm_kvmtool_linaro, vmm_kvmtool_arm, vmm_cloud_hypervisor;

/* The option's name for messages ("give more RAM with ..."): "-m", "--memory size=". */
struct vmm_said {
  char text[48];
};
struct vmm_said vmm_say(const struct vmm_model *model, enum vmm_asked what);
/* The model with this name, or NULL. */
const struct vmm_model *vmm_find(const char *name);
/* Reads arguments into config, and checks each by itself. */
VCCA_MUST_USE bool vmm_read_words(const struct vmm_model *model, const char *const *words, size_t count,
                                  const struct vmm_notes *notes, struct vcca_vmm_config *config,
                                  struct vcca_error *err);
/* As vcca_vmm_parse. amend: later arguments can change earlier ones, in ways that the VMM does not accept
 * (for a sweep): an option a second time; an object without an id, which is the realm's. */
VCCA_MUST_USE bool vmm_parse(const struct vmm_model *model, const char *const *words, size_t count, bool amend,
                             const struct vmm_notes *notes, struct vcca_vmm_config *out, struct vcca_error *err);

/* --- Plans ------------------------------------------------------------------------------------------------ */

/* Computes the realm's parameters, as the RMM encodes them. */
VCCA_MUST_USE bool vmm_resolve(const struct vmm_model *model, const struct vcca_vmm_config *config,
                               const struct vcca_host_caps *host, enum vcca_rules_id rules, struct vcca_realm_params *p,
                               struct vcca_error *err);
/* Records in *out what QEMU passes to firmware; nothing when a part of it is not given. */
void vmm_hand_over(const struct vcca_vmm_config *config, const struct vcca_vmm_images *given,
                   const struct vmm_notes *notes, struct vcca_vmm_plan *out);

/* Adds a segment. A kernel's can be larger than its file (bss). */
VCCA_MUST_USE bool vmm_add_segment(struct vcca_vmm_plan *out, enum vcca_role role, uint64_t ipa, uint64_t size,
                                   vcca_span content, bool measured, struct vcca_error *err);
/* Adds an image at any address. Its segment starts and ends at multiples of the model's chunk. */
VCCA_MUST_USE bool vmm_add(const struct vmm_model *model, struct vcca_vmm_plan *out, enum vcca_role role, uint64_t at,
                           vcca_span content, struct vcca_error *err);
/* Adds a kernel at base + text_offset. *entry is where it starts, *end the end of the memory that it needs. */
VCCA_MUST_USE bool vmm_add_kernel(const struct vmm_model *model, struct vcca_vmm_plan *out, uint64_t base,
                                  vcca_span kernel, uint64_t *entry, uint64_t *end, struct vcca_error *err);

/* --- Device trees ----------------------------------------------------------------------------------------- */

/* The properties of /chosen that depend on how the VM starts; writes one of them, if this VM has it. */
enum { CHOSEN_PROPERTIES = 3 };
extern const char *const chosen_properties[CHOSEN_PROPERTIES];
void tree_chosen(struct tree *t, const struct vmm_layout *lay, unsigned which);

/* Nodes that several models have. tree_start does not close the root. gic is the interrupt controller's
 * phandle. */
void tree_start(struct tree *t, const struct vmm_layout *lay, uint32_t gic);
void tree_memory(struct tree *t, const struct vmm_layout *lay);
/* Range i of RAM, with as many cells as the root has. */
void tree_memory_reg(struct tree *t, const struct vmm_layout *lay, size_t i);
void tree_gic(struct tree *t, const uint64_t *reg, size_t n, const uint64_t its[2], uint32_t gic, uint32_t its_phandle);
void tree_timer(struct tree *t, uint32_t trigger);
void tree_pmu(struct tree *t);
void tree_clock(struct tree *t, uint32_t phandle);
/* The generic PCI host's ranges: I/O ports, 32-bit memory, and 64-bit memory when high[1] is not 0. Pairs
 * of base and size. */
void tree_pci_ranges(struct tree *t, const uint64_t io[2], const uint64_t low[2], const uint64_t high[2]);
/* One entry of an interrupt-map: 10 cells. */
void tree_pci_interrupt(uint32_t cells[10], unsigned slot, unsigned pin, uint32_t gic, unsigned spi);

/* The MPIDR affinity of vCPU i: 16 to an Aff0 group, as for the GIC and RecIndex. */
static inline uint32_t cpu_affinity(unsigned i)
{
  return (i & 15) | (i >> 4) << 8;
}

/* Writes /cpus as all models do; compatible differs. */
void tree_cpus(struct tree *t, const struct vmm_layout *lay);

/* Reads the facts of a template into the layout. Refuses one that cannot become this VM's tree. */
VCCA_MUST_USE bool template_read(const struct vmm_model *model, struct vmm_layout *lay, const void *fdt,
                                 struct vcca_error *err);
/* Writes the template's node /cpus, with this VM's CPUs. */
bool template_cpus(struct tree *t, const struct vmm_model *model, const struct vmm_layout *lay, const void *fdt,
                   int cpus);

/* Makes the device tree that the plan measures: a new one, or an edited template. */
VCCA_MUST_USE bool vmm_tree(const struct vmm_model *model, struct vmm_layout *lay, vcca_span template,
                            struct vcca_bytes *out, struct vcca_error *err);

#endif
