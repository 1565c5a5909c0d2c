/* From a description of a VM to a plan: the checks that all profiles have, and one row for each profile.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/plan.h"
#include "rooms/error.h"
#include "rooms/boot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DTB_MAX = 2 * MIB, RAM_DEFAULT = 512 * MIB };
#define RAM_BASE_DEFAULT 0x40000000u

struct profile {
  struct vcca_profile is;
  bool (*lay_out)(const struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_error *err);
  unsigned kernel_sve;         /* if fixed: SVE with a kernel; firmware has no SVE */
  unsigned fixed_pmu_counters; /* if fixed: for kernel and firmware */
  bool arm;                    /* RIPAS, debug registers, fields encoded minus 1, IPAs with an unprotected half */
  bool fixed;                  /* the profile decides SVE and PMU, not the caller */
  bool kernel_only;            /* no initrd, no firmware: Kata's guest is a kernel and a disk image */
};
static const struct profile profiles[] = {
    {{"virtcca", VCCA_STARTER_VIRTCCA, VCCA_RULES_VIRTCCA, 0}, .lay_out = plan_virtcca},
    {{"virtcca-2025", VCCA_STARTER_VIRTCCA, VCCA_RULES_VIRTCCA, 0},
     .lay_out = plan_virtcca,
     .fixed = true,
     .kernel_sve = 128,
     .fixed_pmu_counters = 1},
    {{"kata", VCCA_STARTER_KATA, VCCA_RULES_VIRTCCA, 0}, .lay_out = plan_virtcca, .kernel_only = true},
    {{"arm", VCCA_STARTER_ARM, VCCA_RULES_ARM_1_0, 1}, .lay_out = plan_arm, .arm = true},
};
enum { PROFILES = sizeof profiles / sizeof profiles[0] };

static const struct profile *profile_named(const char *name)
{
  for (size_t i = 0; name && i < PROFILES; i++)
    if (strcmp(profiles[i].is.name, name) == 0)
      return &profiles[i];
  return NULL;
}

const struct vcca_profile *vcca_profile_named(const char *name)
{
  const struct profile *p = profile_named(name);
  return p ? &p->is : NULL;
}

const char *vcca_profile_name(size_t i)
{
  return i < PROFILES ? profiles[i].is.name : NULL;
}

static const struct profile *find_profile(const char *name, struct vcca_error *err)
{
  const struct profile *p = profile_named(name);
  char names[128];
  size_t n = 0;
  for (size_t i = 0; i < PROFILES && n < sizeof names; i++)
    n += (size_t)snprintf(names + n, sizeof names - n, "%s%s",
                          i == 0              ? ""
                          : i + 1 == PROFILES ? " and "
                                              : ", ",
                          profiles[i].is.name);
  if (!p)
    vcca_fail(err, VCCA_FAULT_USAGE, "profile \"%s\" is unknown: there are %s", name ? name : "", names);
  return p;
}

const char *vcca_role_name(enum vcca_role role)
{
  static const char *const names[VCCA_ROLES] = {
      [VCCA_ROLE_LOADER] = "loader", [VCCA_ROLE_KERNEL] = "kernel",     [VCCA_ROLE_INITRD] = "initrd",
      [VCCA_ROLE_DTB] = "dtb",       [VCCA_ROLE_FIRMWARE] = "firmware", [VCCA_ROLE_HOLE] = "hole",
      [VCCA_ROLE_LOG] = "log",       [VCCA_ROLE_IMAGE] = "image"};
  return names[role];
}

const struct vcca_segment *vcca_plan_segment(const struct vcca_plan *plan, enum vcca_role role)
{
  for (size_t i = 0; i < plan->segment_count; i++)
    if (plan->segments[i].role == role)
      return &plan->segments[i];
  return NULL;
}

static bool check_images(const struct profile *p, const struct vcca_vm *vm, struct vcca_error *err)
{
  if (p->kernel_only && (vm->initrd.p || vm->firmware.p))
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s: profile %s starts from a kernel only; its root file system is a disk",
                     vm->initrd.p ? "initrd" : "firmware", p->is.name);
  if (vm->kernel.p && vm->firmware.p)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "kernel and firmware: give one of them; firmware finds its kernel on a disk");
  if (!vm->kernel.p && !vm->firmware.p)
    return vcca_fail(err, VCCA_FAULT_USAGE, "kernel or firmware: give one of them");
  if (vm->initrd.p && !vm->kernel.p)
    return vcca_fail(err, VCCA_FAULT_USAGE, "initrd: give it with a kernel only; firmware loads its own");
  if (vm->firmware.p && vm->firmware.n == 0)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "firmware: the file is empty");
  if (!vm->dtb.p)
    return vcca_fail(err, VCCA_FAULT_USAGE, "dtb: a device tree is needed");
  if (vm->dtb.n > DTB_MAX) /* booting.rst; DTB_MAX_SIZE of virtCCA's KVM */
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "dtb: %zu bytes, but arm64 allows no more than 2 MiB", vm->dtb.n);
  return vcca_dtb_check(vm->dtb, NULL, err) || vcca_fail_in(err, "dtb");
}

static bool check_numbers(const struct profile *p, const struct vcca_vm *vm, struct vcca_error *err)
{
  if (p->fixed && (vm->sve_bits || vm->pmu_counters))
    return vcca_fail(err, VCCA_FAULT_USAGE, "sve and pmu are fixed by profile %s: use profile virtcca to choose them",
                     p->is.name);
  if (vm->vcpus > VCCA_VCPUS_MAX)
    return vcca_fail(err, VCCA_FAULT_USAGE, "vcpus %u: at most %d", vm->vcpus, VCCA_VCPUS_MAX);
  if (vm->sve_bits % 128 || vm->sve_bits > 2048)
    return vcca_fail(err, VCCA_FAULT_USAGE, "sve %u: a vector length is a multiple of 128, at most 2048 (0: no SVE)",
                     vm->sve_bits);
  if (vm->pmu_counters > 31)
    return vcca_fail(err, VCCA_FAULT_USAGE, "pmu %u: at most 31 counters (0: no PMU)", vm->pmu_counters);
  if (vm->s2sz && (vm->s2sz < 32 || vm->s2sz > 48))
    return vcca_fail(err, VCCA_FAULT_USAGE, "s2sz %u: an IPA has 32 to 48 bits", vm->s2sz);
  if ((unsigned)vm->hash_alg >= VCCA_HASH_ALGS || (vm->hash_alg == VCCA_SHA384 && !vcca_rim_rules(p->is.rules)->sha384))
    return vcca_fail(err, VCCA_FAULT_USAGE, "hash: profile %s measures with sha-256 or sha-512", p->is.name);
  if (!p->arm && (vm->num_bps || vm->num_wps))
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "num_bps and num_wps: virtCCA measures both as 0, only profile arm has them");
  if ((vm->num_bps && vm->num_bps < 2) || vm->num_bps > 64)
    return vcca_fail(err, VCCA_FAULT_USAGE, "num_bps %u: a CPU has 2 to 64 breakpoints", vm->num_bps);
  if ((vm->num_wps && vm->num_wps < 2) || vm->num_wps > 64)
    return vcca_fail(err, VCCA_FAULT_USAGE, "num_wps %u: a CPU has 2 to 64 watchpoints", vm->num_wps);
  if (vm->ram_base % BLOCK_2M || vm->ram_base >= ADDRESS_LIMIT)
    return vcca_fail(err, VCCA_FAULT_USAGE, "ram_base 0x%" PRIx64 ": it must be a multiple of 2 MiB below 2^48",
                     vm->ram_base);
  if (vm->ram_size % PAGE_4K || vm->ram_size > ADDRESS_LIMIT)
    return vcca_fail(err, VCCA_FAULT_USAGE, "ram_size 0x%" PRIx64 ": it must be a multiple of 4 KiB up to 2^48 (--ram)",
                     vm->ram_size);
  return true;
}

/* Sets the measured parameters, as virtCCA or Arm encode them. */
static void set_params(const struct profile *p, const struct vcca_vm *vm, struct vcca_plan *plan)
{
  unsigned sve_bits = !p->fixed ? vm->sve_bits : vm->kernel.p ? p->kernel_sve : 0;
  unsigned pmu_counters = p->fixed ? p->fixed_pmu_counters : vm->pmu_counters;
  struct vcca_realm_params *params = &plan->params;

  params->hash_alg = vm->hash_alg;
  params->s2sz = vm->s2sz ? vm->s2sz : 40;
  if (sve_bits) {
    params->flags |= VCCA_REALM_SVE;
    params->sve_vl = sve_bits / 128 - (p->arm ? 1 : 0);
  }
  if (pmu_counters) {
    params->flags |= VCCA_REALM_PMU;
    params->pmu_num_ctrs = pmu_counters;
  }
  if (p->arm) {
    params->num_bps = (vm->num_bps ? vm->num_bps : 6) - 1;
    params->num_wps = (vm->num_wps ? vm->num_wps : 4) - 1;
  }
}

/* Checks that segments are in RAM, and that addresses exist. Each layout puts them in order, without
 * overlaps. */
static bool check_segments(const struct profile *p, const struct vcca_plan *plan, struct vcca_error *err)
{
  uint64_t ram_end = plan->ram_base + plan->ram_size;
  uint64_t limit = (uint64_t)1 << (plan->params.s2sz - (p->arm ? 1 : 0));
  if (ram_end > limit)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "s2sz %" PRIu64 ": RAM ends at 0x%" PRIx64 ", but a VM's own addresses end at 0x%" PRIx64,
                     plan->params.s2sz, ram_end, limit);
  for (size_t i = 0; i < plan->segment_count; i++) {
    const struct vcca_segment *s = &plan->segments[i];
    if (s->role != VCCA_ROLE_FIRMWARE && segment_end(s) > ram_end)
      return vcca_fail(err, VCCA_FAULT_USAGE,
                       "ram_size %" PRIu64 " MiB: the %s ends at +%" PRIu64 " MiB: give at least this much RAM (--ram)",
                       in_mib(plan->ram_size), vcca_role_name(s->role), in_mib(segment_end(s) - plan->ram_base));
  }
  return true;
}

bool vcca_plan_vm(const struct vcca_vm *vm, struct vcca_plan *plan, struct vcca_error *err)
{
  *plan = (struct vcca_plan){.ram_base = vm->ram_base ? vm->ram_base : RAM_BASE_DEFAULT, .vcpus = vm->vcpus};
  const struct profile *p = find_profile(vm->profile, err);
  if (!p || !check_images(p, vm, err) || !check_numbers(p, vm, err))
    return false;

  snprintf(plan->profile, sizeof plan->profile, "%s", p->is.name);
  plan->rules = p->is.rules;
  memcpy(plan->rpv, vm->rpv, sizeof plan->rpv);
  set_params(p, vm, plan);
  plan->boot_rec.flags = VCCA_REC_RUNNABLE;
  if (!p->lay_out(vm, plan, err))
    return false;

  uint64_t used = round_up(segment_end(&plan->segments[plan->segment_count - 1]) - plan->ram_base, BLOCK_2M);
  plan->ram_size = vm->ram_size ? vm->ram_size : used > RAM_DEFAULT ? used : RAM_DEFAULT;
  if (p->arm) {
    plan->ripas[0].base = plan->ram_base;
    plan->ripas[0].top = plan->ram_base + plan->ram_size;
    plan->ripas_count = 1;
  }
  return check_segments(p, plan, err);
}
