/* Sweeps: the RIMs of a whole matrix of configurations. A sweep is a list of axes, one for each option, and its configurations are
 * their product: numbered from 0, the last axis fastest, so that a number means the same in every process that reads the same plan.
 * scenario.h reads sweeps, explain.h measures them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_SWEEP_H
#define VCCA_SWEEP_H

#include "vcca/boot.h"
#include "vcca/file.h"

#ifdef __cplusplus
extern "C" {
#endif

enum vcca_sweep_option {
  VCCA_SWEEP_KERNEL, /* files first */
  VCCA_SWEEP_INITRD,
  VCCA_SWEEP_FIRMWARE,
  VCCA_SWEEP_DTB,
  VCCA_SWEEP_APPEND,
  VCCA_SWEEP_HASH,
  VCCA_SWEEP_VCPUS, /* numbers from here */
  VCCA_SWEEP_RAM,
  VCCA_SWEEP_SVE,
  VCCA_SWEEP_PMU,
  VCCA_SWEEP_S2SZ,
  VCCA_SWEEP_OPTIONS
};
/* As options of vcca measure are called: "vcpus". */
const char *vcca_sweep_option_name(enum vcca_sweep_option option);
static inline bool vcca_sweep_is_file(enum vcca_sweep_option option)
{
  return option <= VCCA_SWEEP_DTB;
}
static inline bool vcca_sweep_is_number(enum vcca_sweep_option option)
{
  return option >= VCCA_SWEEP_VCPUS;
}
/* The largest number the option takes. */
uint64_t vcca_sweep_largest(enum vcca_sweep_option option);

enum { VCCA_SWEEP_FILES = 256, VCCA_SWEEP_VALUES = 4096, VCCA_SWEEP_CONFIGURATIONS = 1 << 20, VCCA_SWEEP_FILE_MAX = 1 << 30 };

/* A value of an option: a number, or text; a file's name is text. */
struct vcca_sweep_value {
  const char *text; /* NULL: a number, or an option that is left out ("none") */
  uint64_t number;
  size_t file; /* of files: index; not for others */
};
struct vcca_sweep_axis {
  enum vcca_sweep_option option;
  struct vcca_sweep_value *values;
  size_t count;
};
struct vcca_sweep_file {
  const char *path; /* as it is opened */
  struct vcca_mapping mapping;
  struct vcca_bytes unpacked; /* of a compressed kernel */
};

/* Zero-initialise before use; free with vcca_sweep_free. */
struct vcca_sweep {
  char profile[32];
  struct vcca_sweep_axis axes[VCCA_SWEEP_OPTIONS]; /* what is fixed is an axis of one value */
  size_t axis_count;
  struct vcca_sweep_file files[VCCA_SWEEP_FILES];
  size_t file_count;
  size_t configurations; /* the product */
  void *memory;          /* of values and texts */
};
void vcca_sweep_free(struct vcca_sweep *sweep);

/* The value that configuration id has on an axis. */
const struct vcca_sweep_value *vcca_sweep_at(const struct vcca_sweep *sweep, size_t id, size_t axis);
/* What a file's option starts the VM with: the kernel unpacked. */
vcca_span vcca_sweep_content(const struct vcca_sweep_file *file, enum vcca_sweep_option option);

/* Plans configuration id as `vcca measure` would with these options. vm and plan are the caller's, dtb owns a built-in device tree; the
 * plan points into all of them and into the sweep. */
VCCA_MUST_USE bool vcca_sweep_plan(const struct vcca_sweep *sweep, size_t id, struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_bytes *dtb,
                                   struct vcca_error *err);

#ifdef __cplusplus
}
#endif
#endif
