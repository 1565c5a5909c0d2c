/* A scenario as it runs: the powered platform, what has been saved by name, the step at hand and its outcome.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SCENARIO_RUNNER_H
#define SCENARIO_RUNNER_H

#include "vcca/boot.h"
#include "vcca/scenario.h"
#include "vcca/tsi.h"
#include "vcca/verifier.h"
#include "rooms/yaml_value.h"
#include "rooms/error.h"
#include "rooms/interface.h"

enum { NAME_MAX_SIZE = 40, FIELDS_MAX = 48, REALMS_TRACED = 8 };

/* --- Things: what a name stands for ---------------------------------------------------------------------- */

struct vm {
  struct vcca_booted booted;
  uint64_t scratch; /* IPA of a populated page that guest calls may use */
  unsigned power;   /* the platform it was started on; gone when another was powered on */
  bool destroyed;
};

struct field {
  char name[24];
  struct value value;
};
struct thing {
  char name[NAME_MAX_SIZE];
  struct vm *vm; /* its fields are asked of the machine */
  struct field fields[FIELDS_MAX];
  size_t count;
  struct thing *next;
};

void thing_number(struct thing *t, const char *field, uint64_t number);
void thing_bytes(struct thing *t, const char *field, vcca_span bytes); /* bytes live as long as the run */
void thing_text(struct thing *t, const char *field, const char *text); /* so does text */
const struct value *thing_get(const struct thing *t, vcca_span field);

/* --- The run --------------------------------------------------------------------------------------------- */

/* One extension of a RIM, kept until the call that made it has been told. */
struct traced_step {
  struct vcca_rim_step step;
  uint8_t content[VCCA_HASH_MAX], after[VCCA_MEASUREMENT_SIZE];
};

/* Tells calls and RIM changes as JSON Lines. */
struct tracer {
  FILE *out;
  unsigned sequence;
  struct traced_step *steps; /* of the call that is being made */
  size_t step_count, step_room;
  bool failed; /* no memory for them */
  struct {
    uint64_t rd;
    uint8_t rim[VCCA_MEASUREMENT_SIZE];
  } seen[REALMS_TRACED];
  unsigned next_seen;
};

/* The call that was made last, by the host or by a guest. */
struct last_call {
  uint64_t in[VCCA_SMC_REGS];
  const char *refused;
  const struct vcca_command *command;   /* NULL: none, or unknown */
  uint64_t realm;                       /* the RD it concerned, 0: none */
  struct vcca_held held[VCCA_HELD_MAX]; /* all conditions that held, of a refused call */
  size_t held_count;
};

struct step_kind;

/* The step at hand. ok says whether what it tries worked; if not, complaint says why. Both are outcomes,
 * not faults of the file. */
struct step {
  const struct step_kind *kind;
  const struct vcca_interface *interface; /* steps that are calls */
  const struct vcca_command *command;
  unsigned number;
  char name[64];
  const struct tree_node *args; /* value of the step's own key */
  const struct tree_node *expect, *why, *repeat;
  vcca_span as;

  bool ok;
  bool changed;                  /* the machine, though it must not */
  const struct tree_node *where; /* what the complaint is about; NULL: the step */
  char complaint[500];
  struct thing *out;
};

struct run {
  const struct vcca_run_options *options;
  struct vcca_run_result *result;
  struct vcca_error *err;
  const char *path;
  const struct tree_node *root;
  struct pool pool;
  struct reading reading;

  /* What the header says. */
  enum vcca_rules_id rules;
  enum vcca_abi abi;
  struct vcca_features features;
  bool rem_zero_padded;

  /* The platform, as powered on. */
  struct vcca_device device;
  enum vcca_family family;
  vcca_hsm *hsm;
  vcca_machine *machine;
  vcca_guest_interface *guests;
  vcca_host *host;
  unsigned power;

  struct thing *things; /* newest first */
  struct vm *vm;        /* booted last, NULL when none */
  unsigned name_depth;
  uint64_t turn; /* $i of a repeated step */
  bool ended;    /* the step that options->until names was carried out */
  struct tracer tracer;
  struct last_call last_host, last_guest;
  uint8_t told[1 + VCCA_REMS][VCCA_MEASUREMENT_SIZE]; /* the RIM and REMs that --verbose showed last */
  struct step step;
};

/* A step's row. Words are lists as tree_only takes them. */
struct step_kind {
  const char *name;
  const char *takes;  /* keys of its mapping; NULL: its value is something else */
  const char *yields; /* fields it may yield, that is what expect may name and $name.field may be */
  const char *main;   /* the field that says whether it worked; expecting it is expecting an outcome */
  bool (*run)(struct run *r, struct step *s);
};
const struct step_kind *step_kind_named(vcca_span name);
const struct step_kind *step_kind_call(void); /* of "rmi.data_create" and the like */
/* All step names, for suggestions. */
extern const char step_names[];

/* False, the step's outcome: it did not work. Never a fault of the file. Returns true, since the run goes
 * on. */
bool step_failed(struct step *s, const char *fmt, ...) VCCA_PRINTF(2, 3);
bool step_failed_error(struct step *s, const struct vcca_error *why);

/* --- read_step.c ----------------------------------------------------------------------------------------- */

/* Whether a name may be given to something: letters, digits and _, no digit first. */
bool good_name(vcca_span name);
/* Reads the words of one step and checks them; nothing is carried out. */
VCCA_MUST_USE bool read_step(struct run *r, const struct tree_node *item, unsigned number, struct step *s);

/* --- names.c --------------------------------------------------------------------------------------------- */

VCCA_MUST_USE bool thing_new(struct run *r, vcca_span name, struct thing **out);
bool run_name(void *ctx, const struct tree_node *node, vcca_span name, enum value_kind want, struct value *out,
              struct vcca_error *err);
/* Fields of a VM, of the machine: false when there is no such field. */
bool machine_field(struct run *r, struct vm *vm, vcca_span field, struct value *out);
extern const char machine_fields[];
/* The VM a mapping names with key "vm", by default the last one booted; alive on the powered platform. */
VCCA_MUST_USE bool need_vm(struct run *r, const struct tree_node *map, struct vm **out);

/* --- power.c --------------------------------------------------------------------------------------------- */

VCCA_MUST_USE bool power_on(struct run *r, struct vcca_error *err);
void power_off(struct run *r);
/* The device a node names: rsa, p521, p384, a file, or a mapping. */
VCCA_MUST_USE bool read_device(struct run *r, const struct tree_node *node, struct vcca_device *out);
VCCA_MUST_USE bool read_family(struct run *r, const struct tree_node *node, enum vcca_family *out);
/* What a relying party may know of the powered device. */
VCCA_MUST_USE bool device_fields(struct run *r, struct thing *t);
/* Host pages that inline parameters go through, and how many. */
#define SCENARIO_PAGES UINT64_C(0x80000000)
enum { SCENARIO_PAGE_COUNT = 16 };

/* --- trace_write.c -------------------------------------------------------------------------------------- */

void trace_call(void *ctx, const struct vcca_trace *trace);
void trace_step(void *ctx, const struct vcca_rim_step *step);

/* --- tell.c ---------------------------------------------------------------------------------------------- */

/* With --verbose: the step's outcome and values, to the run's log. */
void tell_step(struct run *r, const struct step *s);

/* --- layout.c -------------------------------------------------------------------------------------------- */

/* A page of parameters by field names, for commands that take one (REALM_CREATE: params ...). */
bool layout_exists(const struct vcca_command *command, vcca_span input);
/* Whether an input is a page by its field names, not an address or bytes. */
bool layout_is_said(const struct vcca_command *command, const struct tree_node *input);
/* Whether the page has all the fields that are named. */
VCCA_MUST_USE bool layout_words(const struct vcca_command *command, const struct tree_node *input,
                                struct vcca_error *err);
VCCA_MUST_USE bool layout_read(const struct reading *r, const struct vcca_command *command, vcca_span input,
                               const struct tree_node *map, uint8_t page[VCCA_PAGE], struct vcca_error *err);

/* --- Steps ----------------------------------------------------------------------------------------------- */

/* A guest program on a REC. What the host does about a PSCI exit: nothing, take it as the end (SYSTEM_OFF
 * does not come back), or answer that it was done (CPU_ON). */
enum psci_exit { PSCI_EXIT_NONE, PSCI_EXIT_ENDS, PSCI_EXIT_COMPLETES };
enum { GUEST_ENTRIES_MAX = 10000 };
struct guest_run {
  uint64_t rec, scratch; /* scratch: IPA of a page for the guest library, 0: none */
  vcca_guest_main main;
  void *arg;
  unsigned interrupts; /* so many entries come with an interrupt pending */
  enum psci_exit psci;
  uint64_t psci_target; /* REC */
  unsigned entries;     /* how many it took */
};
/* Enters the REC until main has returned. */
VCCA_MUST_USE bool run_guest(struct run *r, struct step *s, struct guest_run *g);
/* The REC that "rec" names, and the scratch page that goes with it. */
VCCA_MUST_USE bool need_rec(struct run *r, const struct tree_node *map, uint64_t *rec, uint64_t *scratch);
/* The REC of the VM with this MPIDR, 0 when there is none. */
uint64_t rec_with_mpidr(struct run *r, const struct tree_node *map, uint64_t mpidr);
/* The status word's short name, as steps spell it: without the interface's prefix. */
const char *status_text(const struct vcca_interface *interface, uint64_t word);
/* All statuses, with the prefix and without, separated by blanks. */
void status_words(const struct vcca_interface *interface, char *buf, size_t cap);
/* Whether the outcome of the call is one that "any-of" takes: a status that the specification permits for
 * it, node being the word; or one of the list that node has. False with an error when the list is none. */
VCCA_MUST_USE bool call_any_of(struct run *r, const struct step *s, const struct tree_node *node, bool *taken);
/* Whether the node is such an expectation. */
bool is_any_of(const struct tree_node *node);
/* Whether the status and the condition a call's expect spells out exist; false with an error. */
bool call_names_exist(struct run *r, const struct step *s);
/* Whether the command answers with a value where others have a status (CVM_CREATE's handle, a version). */
bool answers_by_value(const struct vcca_command *command);
const struct vcca_interface *guest_interface(const struct run *r);

/* A token's bytes, and its claims when it decodes, which is what is returned. */
bool token_fields(struct thing *t, vcca_span bytes);

bool step_call(struct run *r, struct step *s);
bool step_smc(struct run *r, struct step *s);
bool step_boot(struct run *r, struct step *s);
bool step_measure(struct run *r, struct step *s);
bool step_destroy(struct run *r, struct step *s);
bool step_poweron(struct run *r, struct step *s);
bool step_hsm_extend(struct run *r, struct step *s);
bool step_host_write(struct run *r, struct step *s);
bool step_host_read(struct run *r, struct step *s);
bool step_guest_extend(struct run *r, struct step *s);
bool step_guest_read(struct run *r, struct step *s);
bool step_guest_config(struct run *r, struct step *s);
bool step_guest_token(struct run *r, struct step *s);
bool step_guest_cert(struct run *r, struct step *s);
bool step_guest_sealing_key(struct run *r, struct step *s);
bool step_guest_store(struct run *r, struct step *s);
bool step_guest_load(struct run *r, struct step *s);
bool step_verify(struct run *r, struct step *s);
bool step_token(struct run *r, struct step *s);
bool step_tamper(struct run *r, struct step *s);
bool step_same(struct run *r, struct step *s);
bool step_differ(struct run *r, struct step *s);
bool step_expect(struct run *r, struct step *s);

#endif
