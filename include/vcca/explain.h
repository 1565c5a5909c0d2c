/* "My RIM differs: where?" Two measurement traces, aligned and compared; and the search for what a monitor
 * did when only its RIM is known.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_EXPLAIN_H
#define VCCA_EXPLAIN_H

#include <stdio.h>

#include "vcca/vmm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- Traces ---------------------------------------------------------------------------------------------- */

/* One extension of a RIM. Digests beyond the algorithm's size are zero. */
struct vcca_trace_step {
  enum vcca_step_kind kind;
  bool has_content;
  uint64_t base; /* DATA: IPA; RIPAS: base */
  uint64_t top;  /* RIPAS */
  uint64_t flags;
  uint8_t content[VCCA_HASH_MAX];
  uint8_t rim[VCCA_HASH_MAX]; /* after the step */
  uint32_t call, line;        /* in the trace of a run: the number of the call that made it, and the scenario's line */
  unsigned command;           /* and its name: an index of the trace's commands, + 1; 0: not known */
};

/* What lies at [base, top), where that is known. */
struct vcca_trace_part {
  enum vcca_role role;
  const char *file; /* NULL: not known. The caller may set it. */
  uint64_t base, top;
  vcca_span content; /* from base on; zeros follow. Must outlive the trace. */
  size_t lead;       /* bytes of content in front of the file's first */
};

enum { VCCA_TRACE_COMMANDS = 16, VCCA_TRACE_COMMAND_SIZE = 32 };

struct vcca_rim_trace {
  enum vcca_hash_alg alg;
  struct vcca_trace_step *steps;
  size_t count;
  const struct vcca_plan *plan;                /* NULL: read from a file */
  struct vcca_trace_part parts[VCCA_SEGMENTS]; /* of a plan; none of a file */
  size_t part_count;
  char commands[VCCA_TRACE_COMMANDS][VCCA_TRACE_COMMAND_SIZE]; /* names of calls that made steps: "DATA_CREATE" */
  unsigned realm; /* of a run's trace: which of its realms, from 1 on in the order they were made; 0: no run's */
  uint64_t rd;
  size_t room;
};
enum { VCCA_TRACE_STEPS_MAX = 1 << 22 };

/* Reads a trace, one JSON object a line: what vcca measure --trace writes, from the parameters on; or the
 * steps of one realm from what vcca run --trace writes. realm chooses it: its number, from 1, or its RD
 * ("0x..."); NULL: there is only one. False when a line is not as it should be; the error has line and
 * column. Free *out with vcca_trace_free. */
VCCA_API VCCA_MUST_USE bool vcca_trace_read(vcca_span jsonl, const char *realm, struct vcca_rim_trace *out,
                                            struct vcca_error *err);
/* Measures a plan and records each step; the parts are the plan's images. Keep the plan as long as *out,
 * and free *out with vcca_trace_free. False when memory is short. */
VCCA_API VCCA_MUST_USE bool vcca_trace_plan(const struct vcca_plan *plan, struct vcca_rim_trace *out,
                                            struct vcca_error *err);
/* Frees a trace, also one that is all zero. */
VCCA_API void vcca_trace_free(struct vcca_rim_trace *trace);

/* --- Difference ------------------------------------------------------------------------------------------ */

enum vcca_difference {
  VCCA_ONLY_A,     /* missing in B */
  VCCA_ONLY_B,     /* missing in A */
  VCCA_MOVED,      /* in both, but not in the same order */
  VCCA_CONTENT,    /* other content */
  VCCA_SHIFTED,    /* other content: B has here what A has at another address */
  VCCA_PARAMETERS, /* other parameters of the VM */
  VCCA_FLAGS,      /* measured in one and not in the other; other REC flags */
  VCCA_TOP,        /* a RIPAS change of another size */
  VCCA_REGISTER,   /* nothing visible, but the register parts here: the monitors hash the same step differently */
};

/* Steps that differ alike, one behind the other. */
struct vcca_diff_run {
  enum vcca_difference what;
  enum vcca_step_kind kind;
  uint64_t base, top; /* addresses; 0 for parameters and RECs */
  size_t a, b;        /* the first step's index in A and B; where it would be when it is missing there */
  size_t count;
  const struct vcca_trace_part *part; /* what lies there; NULL: not known */
  bool
      elsewhere; /* the other side has this content (VCCA_SHIFTED: A has B's) at `from`, one granule behind the other */
  uint64_t from;
};

struct vcca_rim_diff {
  const struct vcca_rim_trace *given_a, *given_b;
  const struct vcca_rim_trace *a, *b; /* what was compared: as given, or again */
  struct vcca_rim_trace
      *again;                 /* one of them, measured by the other's algorithm when the algorithms differ; else NULL */
  struct vcca_diff_run *runs; /* in order; the first is the first difference */
  size_t run_count;
  size_t equal; /* steps of both that are the same and in order */
  size_t room;
};

/* Aligns by kind and address, so that one step more or less leaves the others comparable; where content
 * differs, looks for it at other addresses. When the algorithms differ, a plan's side is measured once
 * more by the other's. The traces must outlive the result; free it with vcca_rim_diff_free. */
VCCA_API VCCA_MUST_USE bool vcca_rim_diff(const struct vcca_rim_trace *a, const struct vcca_rim_trace *b,
                                          struct vcca_rim_diff *out, struct vcca_error *err);
/* Frees a difference, not the traces. */
VCCA_API void vcca_rim_diff_free(struct vcca_rim_diff *diff);
/* Writes the difference for people: the first one with file, offset, field or device tree property, then
 * all. a and b are the names of the two sides. */
VCCA_API void vcca_rim_diff_text(const struct vcca_rim_diff *diff, const char *a, const char *b, FILE *out);
/* Writes the same as JSON, schema vcca-rim-diff-2. */
VCCA_API void vcca_rim_diff_json(const struct vcca_rim_diff *diff, const char *a, const char *b, FILE *out);

/* --- Explanation ----------------------------------------------------------------------------------------- */

/* What to do to the words of a vcca measure command. */
enum vcca_rim_edit_kind {
  VCCA_EDIT_PROFILE,     /* the profile is value */
  VCCA_EDIT_SET,         /* --name value, in the place of what was said before */
  VCCA_EDIT_DROP,        /* no --name */
  VCCA_EDIT_VMM,         /* name and value behind the VMM's own words */
  VCCA_EDIT_VMM_SWITCH,  /* name alone behind them */
  VCCA_EDIT_VMM_DROP,    /* no switch of this name there; value: its letter, or "" */
  VCCA_EDIT_VMM_DROP_TWO /* no option of this name there, nor its value */
};
struct vcca_rim_edit {
  enum vcca_rim_edit_kind kind;
  char name[20], value[60];
};

/* One way in which a monitor or VMM may have done something else than the plan says. */
struct vcca_rim_deviation {
  char words[120];
  char option[80];               /* what to change; "" when no option does it, or there is no short word for it */
  struct vcca_rim_edit edits[2]; /* which make it so; none when words cannot */
  unsigned edit_count;
};

/* Deviations that together lead to the RIM: none (the plan as it is) to three. */
enum { VCCA_RIM_DEVIATIONS_MAX = 3 };
struct vcca_rim_finding {
  unsigned count;
  unsigned hypothesis[VCCA_RIM_DEVIATIONS_MAX]; /* rows of the table, ascending */
  struct vcca_rim_deviation deviation[VCCA_RIM_DEVIATIONS_MAX];
};
enum { VCCA_RIM_FINDINGS_MAX = 64 };

struct vcca_rim_explanation {
  struct vcca_rim_finding findings[VCCA_RIM_FINDINGS_MAX]; /* fewest deviations first, then in the table's order */
  size_t count;
  bool more;       /* there were more than fit */
  bool other_hash; /* the RIM's length belongs to another algorithm than the plan's; it was searched with that */
  enum vcca_hash_alg alg;
  unsigned deviations; /* that apply to this plan, one at a time */
  uint64_t tried;
};

/* What the plan was made from, so that it can be started otherwise: what an option changes is not in one
 * place only. */
struct vcca_rim_vm {
  const struct vcca_vm *vm; /* a profile's VM; or, when config is set, a VMM's */
  bool dtb_made;            /* by vcca_plan_with_dtb, with bootargs; vm->dtb is not looked at then */
  const char *bootargs;
  const struct vcca_vmm_config *config;
  const struct vcca_host_caps *host;
  const struct vcca_vmm_images *images;
  enum vcca_rules_id rules;
};

/* Tells the caller that the search has read the bytes of an image before end and will hardly need them
 * again. */
typedef void (*vcca_image_read)(void *ctx, vcca_span image, size_t end);

/* Tells the caller, on its own thread, what comes next: `next` measurements at most, each with `depth`
 * deviations, which is 2 or 3. `before` measurements were made until now; those with one deviation cost
 * about as much each. */
typedef void (*vcca_explain_forecast)(void *ctx, unsigned depth, uint64_t next, uint64_t before);

struct vcca_explain_options {
  const struct vcca_rim_vm *vm; /* NULL: not known, only the plan is searched */
  unsigned depth;               /* deviations at a time, at most VCCA_RIM_DEVIATIONS_MAX; 0: 2 */
  bool thorough;                /* go deeper though something was found */
  unsigned threads;             /* 0: one for each CPU */
  vcca_progress progress;
  void *progress_ctx;
  vcca_explain_forecast forecast; /* gets progress_ctx; may be NULL */
  vcca_image_read read;           /* on the caller's thread; may be NULL */
  void *read_ctx;
};

/* Searches what must have been different for the plan to lead to this RIM (a digest, or a register of 64
 * bytes). Every image is hashed once; a hypothesis costs the chain behind the place where it first
 * matters. options may be NULL. Nothing found is no failure. */
VCCA_API VCCA_MUST_USE bool vcca_rim_explain(const struct vcca_plan *plan, vcca_span rim,
                                             const struct vcca_explain_options *options,
                                             struct vcca_rim_explanation *out, struct vcca_error *err);

/* Row i of the table of hypotheses, from 0: its name, its group, and a line about it. False after the
 * last. */
VCCA_API bool vcca_hypothesis_at(size_t i, const char **name, const char **group, const char **words);

#ifdef __cplusplus
}
#endif
#endif
