/* Sweeps: the RIMs of a whole matrix of configurations. A sweep is a list of axes, one for each option, and its configurations are
 * their product: numbered from 0, the last axis fastest, so that a number means the same in every process that reads the same plan.
 * vcca/explain.h measures sweeps.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_SWEEP_H
#define VCCA_SWEEP_H

#include "vcca/boot.h"
#include "vcca/files.h"
#include "vcca/vmm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- Options ---------------------------------------------------------------------------------------------- */

/* As options of vcca measure; what a VMM model takes in its VMM's own words is written with those. */
enum vcca_sweep_option {
  VCCA_SWEEP_KERNEL,
  VCCA_SWEEP_INITRD,
  VCCA_SWEEP_FIRMWARE,
  VCCA_SWEEP_DTB,
  VCCA_SWEEP_DTB_TEMPLATE,
  VCCA_SWEEP_APPEND,
  VCCA_SWEEP_HASH,
  VCCA_SWEEP_VCPUS,
  VCCA_SWEEP_RAM,
  VCCA_SWEEP_SVE,
  VCCA_SWEEP_PMU,
  VCCA_SWEEP_S2SZ,
  VCCA_SWEEP_HOST,
  VCCA_SWEEP_IPA_BITS,
  VCCA_SWEEP_NUM_BPS,
  VCCA_SWEEP_NUM_WPS,
  VCCA_SWEEP_SVE_VL,
  VCCA_SWEEP_PMU_NUM_CTRS,
  VCCA_SWEEP_LPA2,
  VCCA_SWEEP_HASH_ALGO,
  VCCA_SWEEP_RMM,
  VCCA_SWEEP_ARGS, /* words of the VMM's own command line */
  VCCA_SWEEP_OPTIONS
};

/* What values an option has. */
enum vcca_sweep_kind {
  VCCA_SWEEP_NOT, /* none: it is not for this profile */
  VCCA_SWEEP_FILE,
  VCCA_SWEEP_HOSTS, /* capability files, read one after the other */
  VCCA_SWEEP_TEXT,
  VCCA_SWEEP_NUMBER,
  VCCA_SWEEP_SWITCH,
  VCCA_SWEEP_WORDS
};

/* As options of vcca measure are called: "vcpus". */
VCCA_API const char *vcca_sweep_option_name(enum vcca_sweep_option option);
/* The profile is one that can be swept: of a VM, or a VMM model. */
VCCA_API bool vcca_sweep_profile_known(const char *profile);
VCCA_API enum vcca_sweep_kind vcca_sweep_kind(const char *profile, enum vcca_sweep_option option);
/* What to use for an option that is not for the profile. */
VCCA_API const char *vcca_sweep_instead(enum vcca_sweep_option option);
/* The largest number the option takes. */
VCCA_API uint64_t vcca_sweep_largest(enum vcca_sweep_option option);

enum {
  VCCA_SWEEP_FILES = 256,
  VCCA_SWEEP_VALUES = 4096, /* of an option */
  VCCA_SWEEP_TEXT_MAX = 4096,
  VCCA_SWEEP_WORDS_MAX = 256,
  VCCA_SWEEP_CONFIGURATIONS = 1 << 20
};

/* --- A sweep ---------------------------------------------------------------------------------------------- */

/* A value of an option; what is set goes with the option's kind. */
struct vcca_sweep_value {
  bool none;                /* the option is left out */
  const char *text;         /* TEXT; FILE: as the plan names it */
  size_t file;              /* FILE: index of files */
  uint64_t number;          /* NUMBER, SWITCH */
  const char *const *words; /* WORDS; HOSTS: the files as the plan names them */
  size_t word_count;
  struct vcca_host_caps caps; /* HOSTS: what the files say together */
};
struct vcca_sweep_axis {
  enum vcca_sweep_option option;
  struct vcca_sweep_value *values;
  size_t count;
};
enum { VCCA_SWEEP_DIGEST = 32, VCCA_SWEEP_INPUTS = 16 /* hexadecimal digits */ };
struct vcca_sweep_file {
  const char *path; /* as it is opened */
  struct vcca_mapping mapping;
  struct vcca_mapping unpacked; /* of a compressed kernel */
  uint8_t digest[VCCA_SWEEP_DIGEST];
};

/* Zero-initialise before use; free with vcca_sweep_free. */
struct vcca_sweep {
  char profile[32];
  struct vcca_sweep_axis axes[VCCA_SWEEP_OPTIONS]; /* what is fixed is an axis of one value */
  size_t axis_count;
  struct vcca_sweep_file files[VCCA_SWEEP_FILES];
  size_t file_count;
  size_t configurations; /* the product */
  void *memory;          /* of values and texts: vcca_sweep_take */
};
VCCA_API void vcca_sweep_free(struct vcca_sweep *sweep);
/* Reads a sweep's plan (YAML; docs/measure.md, "Sweeps") and opens the files it names, relative to folder (NULL: as they are). Free *out
 * with vcca_sweep_free, also after a failure. */
VCCA_API VCCA_MUST_USE bool vcca_sweep_read(vcca_span yaml, const char *folder, struct vcca_files *files, struct vcca_sweep *out,
                                            struct vcca_error *err);
/* Zero bytes that live as long as the sweep; NULL, with err, when there are none. */
VCCA_API void *vcca_sweep_take(struct vcca_sweep *sweep, size_t n, struct vcca_error *err);

/* Whether the option can have this value at all, whatever the others are; not for what is not for the profile. */
VCCA_API VCCA_MUST_USE bool vcca_sweep_check(const char *profile, enum vcca_sweep_option option, const struct vcca_sweep_value *value,
                                             struct vcca_error *err);
/* The value that configuration id has on an axis. */
VCCA_API const struct vcca_sweep_value *vcca_sweep_at(const struct vcca_sweep *sweep, size_t id, size_t axis);
/* What a file's option starts the VM with: the kernel unpacked. */
VCCA_API vcca_span vcca_sweep_content(const struct vcca_sweep_file *file, enum vcca_sweep_option option);

/* Sets the files' digests, which vcca_sweep_inputs needs: every byte is hashed once. */
VCCA_API void vcca_sweep_identify(struct vcca_sweep *sweep);
/* What configuration id is made of, in VCCA_SWEEP_INPUTS digits and a NUL: the profile, the options' values, the files' contents (not their
 * names), in any order. Two configurations with the same are the same VM; it tells changes apart, not attackers. */
VCCA_API void vcca_sweep_inputs(const struct vcca_sweep *sweep, size_t id, char digits[VCCA_SWEEP_INPUTS + 1]);

/* --- A configuration -------------------------------------------------------------------------------------- */

/* Of use to whoever plans many: where remarks go, and who keeps copies of images (struct vcca_vmm_images). Each may be NULL. */
struct vcca_sweep_help {
  vcca_note note;
  vcca_span (*behind)(void *ctx, size_t zeros, vcca_span content);
  void *ctx;
};
struct vcca_sweep_vm {
  const struct vcca_plan *plan; /* the one that counts */
  struct vcca_vm vm;
  struct vcca_plan of_vm;
  struct vcca_bytes dtb;
  struct vcca_vmm_plan of_vmm;
};
/* Plans configuration id as `vcca measure` would with these options. help may be NULL. The plan points into out, which must stay where it
 * is, and into the sweep; free with vcca_sweep_vm_free, also after a failure. */
VCCA_API VCCA_MUST_USE bool vcca_sweep_plan(const struct vcca_sweep *sweep, size_t id, const struct vcca_sweep_help *help, struct vcca_sweep_vm *out,
                                            struct vcca_error *err);
VCCA_API void vcca_sweep_vm_free(struct vcca_sweep_vm *vm);

#ifdef __cplusplus
}
#endif
#endif
