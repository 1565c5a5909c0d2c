/* Sweeps: the RIMs of a whole matrix of configurations. A sweep is a list of axes, one for each option. Its
 * configurations are the product of the axes. They are numbered from 0, and the last axis changes fastest. So
 * a number means the same in every process that reads the same plan. vcca/explain.h measures sweeps.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_SWEEP_H
#define ROOMS_SWEEP_H

#include "vcca/boot.h"
#include "rooms/files.h"
#include "vcca/vmm.h"

/* --- Options ---------------------------------------------------------------------------------------------- */

/* The options of vcca measure. For a VMM model, kernel to ram become arguments of the VMM's own command
 * line. */
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
  VCCA_SWEEP_ARGS, /* arguments of the VMM's own command line */
  VCCA_SWEEP_OPTIONS
};

/* What values an option has. */
enum vcca_sweep_kind {
  VCCA_SWEEP_NOT, /* the profile does not have this option */
  VCCA_SWEEP_FILE,
  VCCA_SWEEP_HOSTS, /* capability files, read one after the other */
  VCCA_SWEEP_TEXT,
  VCCA_SWEEP_NUMBER,
  VCCA_SWEEP_SWITCH,
  VCCA_SWEEP_WORDS
};

/* The option's name, as for vcca measure: "vcpus". */
const char *vcca_sweep_option_name(enum vcca_sweep_option option);
/* Whether a sweep can have this profile: a profile of a VM (vcca_profile_named) or a VMM model. */
bool vcca_sweep_profile_known(const char *profile);
enum vcca_sweep_kind vcca_sweep_kind(const char *profile, enum vcca_sweep_option option);
/* What to use instead of an option that the profile does not have. */
const char *vcca_sweep_instead(enum vcca_sweep_option option);
/* The largest number the option takes. */
uint64_t vcca_sweep_largest(enum vcca_sweep_option option);

enum {
  VCCA_SWEEP_FILES = 256,
  VCCA_SWEEP_VALUES = 4096, /* of an option */
  VCCA_SWEEP_TEXT_MAX = 4096,
  VCCA_SWEEP_WORDS_MAX = 256,
  VCCA_SWEEP_CONFIGURATIONS = 1 << 20
};

/* --- A sweep ---------------------------------------------------------------------------------------------- */

/* A value of an option. The option's kind says which members are set. */
struct vcca_sweep_value {
  bool none;                /* the option is not given */
  const char *text;         /* TEXT; FILE: as the plan names it */
  size_t file;              /* FILE: index of files */
  uint64_t number;          /* NUMBER, SWITCH */
  const char *const *words; /* WORDS; HOSTS: the files as the plan names them */
  size_t word_count;
  struct vcca_host_caps caps; /* HOSTS: all files together */
};
struct vcca_sweep_axis {
  enum vcca_sweep_option option;
  struct vcca_sweep_value *values;
  size_t count;
};
enum { VCCA_SWEEP_DIGEST = 32, VCCA_SWEEP_INPUTS = 16 /* hexadecimal digits */ };
struct vcca_sweep_file {
  const char *path; /* with the plan's folder */
  struct vcca_mapping mapping;
  struct vcca_mapping unpacked; /* of a compressed kernel */
  uint8_t digest[VCCA_SWEEP_DIGEST];
};

/* Zero-initialise before use. Free with vcca_sweep_free. */
struct vcca_sweep {
  char profile[32];
  struct vcca_sweep_axis axes[VCCA_SWEEP_OPTIONS]; /* a fixed option is an axis with one value */
  size_t axis_count;
  struct vcca_sweep_file files[VCCA_SWEEP_FILES];
  size_t file_count;
  size_t configurations; /* the product */
  void *memory;          /* of values and texts: vcca_sweep_take */
};
void vcca_sweep_free(struct vcca_sweep *sweep);
/* Reads a sweep's plan (YAML; docs/measure.md, "Sweeps") and opens the files that it names, relative to
 * folder (NULL: to the current one). files (may be NULL) records them as inputs. Free *out with
 * vcca_sweep_free, also after a failure. */
VCCA_MUST_USE bool vcca_sweep_read(vcca_span yaml, const char *folder, struct vcca_files *files, struct vcca_sweep *out,
                                   struct vcca_error *err);
/* Takes n zero bytes that live as long as the sweep. NULL when memory is short. */
void *vcca_sweep_take(struct vcca_sweep *sweep, size_t n, struct vcca_error *err);

/* Checks a value by itself, without the other options. The profile must have the option. */
VCCA_MUST_USE bool vcca_sweep_check(const char *profile, enum vcca_sweep_option option,
                                    const struct vcca_sweep_value *value, struct vcca_error *err);
/* The value of configuration id on an axis. */
const struct vcca_sweep_value *vcca_sweep_at(const struct vcca_sweep *sweep, size_t id, size_t axis);
/* The bytes that the VM starts with: the file, or for a packed kernel the unpacked one. */
vcca_span vcca_sweep_content(const struct vcca_sweep_file *file, enum vcca_sweep_option option);

/* Computes the digests of all files, each once. vcca_sweep_inputs needs them. */
void vcca_sweep_identify(struct vcca_sweep *sweep);
/* Writes a digest of what configuration id is made of: profile, values of options, contents of files (not
 * their names), in any order of options. It has VCCA_SWEEP_INPUTS digits and a NUL. Configurations with the
 * same digest are the same VM. The digest is short: it finds changes, not attacks. */
void vcca_sweep_inputs(const struct vcca_sweep *sweep, size_t id, char digits[VCCA_SWEEP_INPUTS + 1]);

/* --- A configuration -------------------------------------------------------------------------------------- */

/* For callers that plan many configurations: note receives remarks, behind keeps copies of images (struct
 * vcca_vmm_images). Each may be NULL. */
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
/* Plans configuration id as vcca measure does with these options. help may be NULL. *out points into itself
 * and into the sweep: do not move it. Free it with vcca_sweep_vm_free, also after a failure. */
VCCA_MUST_USE bool vcca_sweep_plan(const struct vcca_sweep *sweep, size_t id, const struct vcca_sweep_help *help,
                                   struct vcca_sweep_vm *out, struct vcca_error *err);
void vcca_sweep_vm_free(struct vcca_sweep_vm *vm);

#endif
