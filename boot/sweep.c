/* A sweep's configurations: which values a number stands for, and the VM they describe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "vcca/sweep.h"

#include <stdlib.h>
#include <string.h>

static const struct {
  const char *name;
  uint64_t largest;
} options[VCCA_SWEEP_OPTIONS] = {
    [VCCA_SWEEP_KERNEL] = {"kernel", 0},
    [VCCA_SWEEP_INITRD] = {"initrd", 0},
    [VCCA_SWEEP_FIRMWARE] = {"firmware", 0},
    [VCCA_SWEEP_DTB] = {"dtb", 0},
    [VCCA_SWEEP_APPEND] = {"append", 0},
    [VCCA_SWEEP_HASH] = {"hash", 0},
    [VCCA_SWEEP_VCPUS] = {"vcpus", VCCA_VCPUS_MAX},
    [VCCA_SWEEP_RAM] = {"ram", (uint64_t)1 << 48},
    [VCCA_SWEEP_SVE] = {"sve", 2048},
    [VCCA_SWEEP_PMU] = {"pmu", 31},
    [VCCA_SWEEP_S2SZ] = {"s2sz", 52},
};

const char *vcca_sweep_option_name(enum vcca_sweep_option option)
{
  return options[option].name;
}

uint64_t vcca_sweep_largest(enum vcca_sweep_option option)
{
  return options[option].largest;
}

void vcca_sweep_free(struct vcca_sweep *sweep)
{
  for (size_t i = 0; i < sweep->file_count; i++) {
    vcca_bytes_free(&sweep->files[i].unpacked);
    vcca_file_unmap(&sweep->files[i].mapping);
  }
  for (size_t i = 0; i < sweep->axis_count; i++)
    free(sweep->axes[i].values);
  free(sweep->memory);
  memset(sweep, 0, sizeof *sweep);
}

const struct vcca_sweep_value *vcca_sweep_at(const struct vcca_sweep *sweep, size_t id, size_t axis)
{
  for (size_t i = sweep->axis_count - 1; i > axis; i--)
    id /= sweep->axes[i].count;
  return &sweep->axes[axis].values[id % sweep->axes[axis].count];
}

vcca_span vcca_sweep_content(const struct vcca_sweep_file *file, enum vcca_sweep_option option)
{
  return option == VCCA_SWEEP_KERNEL && file->unpacked.p ? vcca_bytes_span(&file->unpacked) : file->mapping.bytes;
}

static bool set_hash(const struct vcca_sweep_value *value, struct vcca_vm *vm, struct vcca_error *err)
{
  return vcca_hash_named(vcca_span_str(value->text), &vm->hash_alg) || vcca_fail(err, VCCA_FAULT_USAGE, "hash %s: sha-256 or sha-512", value->text);
}

static vcca_span image(const struct vcca_sweep *sweep, enum vcca_sweep_option option, const struct vcca_sweep_value *value)
{
  return value->text ? vcca_sweep_content(&sweep->files[value->file], option) : (vcca_span){NULL, 0};
}

bool vcca_sweep_plan(const struct vcca_sweep *sweep, size_t id, struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_bytes *dtb,
                     struct vcca_error *err)
{
  const char *append = NULL;
  *vm = (struct vcca_vm){.profile = sweep->profile, .vcpus = strcmp(sweep->profile, "arm") == 0};
  for (size_t axis = 0; axis < sweep->axis_count; axis++) {
    enum vcca_sweep_option option = sweep->axes[axis].option;
    const struct vcca_sweep_value *value = vcca_sweep_at(sweep, id, axis);
    switch (option) {
    case VCCA_SWEEP_KERNEL:
      vm->kernel = image(sweep, option, value);
      break;
    case VCCA_SWEEP_INITRD:
      vm->initrd = image(sweep, option, value);
      break;
    case VCCA_SWEEP_FIRMWARE:
      vm->firmware = image(sweep, option, value);
      break;
    case VCCA_SWEEP_DTB:
      vm->dtb = image(sweep, option, value);
      break;
    case VCCA_SWEEP_APPEND:
      append = value->text;
      break;
    case VCCA_SWEEP_HASH:
      if (!set_hash(value, vm, err))
        return false;
      break;
    case VCCA_SWEEP_VCPUS:
      vm->vcpus = (unsigned)value->number;
      break;
    case VCCA_SWEEP_RAM:
      vm->ram_size = value->number;
      break;
    case VCCA_SWEEP_SVE:
      vm->sve_bits = (unsigned)value->number;
      break;
    case VCCA_SWEEP_PMU:
      vm->pmu_counters = (unsigned)value->number;
      break;
    case VCCA_SWEEP_S2SZ:
      vm->s2sz = (unsigned)value->number;
      break;
    case VCCA_SWEEP_OPTIONS:
      break;
    }
  }
  if (vm->dtb.p && append)
    return vcca_fail(err, VCCA_FAULT_USAGE, "append: only the built-in device tree takes a command line, and dtb names another");
  return vm->dtb.p ? vcca_plan_vm(vm, plan, err) : vcca_plan_with_dtb(vm, append, plan, dtb, err);
}
