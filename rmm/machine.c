/* A machine: its configuration, checked, and its life.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rmm/machine.h"

#include "rmm/granule.h"
#include "rooms/error.h"

#include <stdlib.h>

struct vcca_features machine_features(const vcca_machine *m)
{
  return m->config.features;
}

const struct vcca_machine_config *vcca_machine_config(const vcca_machine *m)
{
  return &m->config;
}

void vcca_machine_set_program(vcca_machine *m, vcca_realm_program program, void *ctx)
{
  m->config.program = program;
  m->config.program_ctx = ctx;
}

void vcca_machine_set_trace(vcca_machine *m, vcca_trace_hook trace, void *ctx)
{
  m->config.trace = trace;
  m->config.trace_ctx = ctx;
}

void vcca_machine_set_guest_smc(vcca_machine *m, vcca_guest_smc handler, void *ctx)
{
  m->guest_smc = handler;
  m->guest_ctx = ctx;
}

/* --- Configuration ------------------------------------------------------------------------------------ */

#define PA_END (UINT64_C(1) << 52)

static bool check_region(const struct vcca_machine_config *config, size_t i, struct vcca_error *err)
{
  const struct vcca_region *r = &config->regions[i];
  unsigned long long base = r->base;
  if (r->base % GRANULE_SIZE || r->size % GRANULE_SIZE || r->size == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "region %zu at 0x%llx: base and size must be multiples of 4 KiB, and size not zero", i, base);
  if (r->base >= PA_END || r->size > PA_END - r->base)
    return vcca_fail(err, VCCA_FAULT_USAGE, "region %zu at 0x%llx: ends beyond 52 bits of physical address", i, base);
  if (r->secure && (r->bytes || r->base == 0))
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "region %zu at 0x%llx: a secure region must have bytes NULL and must not begin at 0", i, base);
  for (size_t j = 0; j < i; j++) {
    const struct vcca_region *other = &config->regions[j];
    if (r->base < other->base + other->size && other->base < r->base + r->size)
      return vcca_fail(err, VCCA_FAULT_USAGE, "region %zu at 0x%llx: overlaps region %zu", i, base, j);
  }
  return true;
}

static unsigned or_default(unsigned given, unsigned otherwise)
{
  return given ? given : otherwise;
}

static bool fill_features(struct vcca_features *f, struct vcca_error *err)
{
  f->s2sz = or_default(f->s2sz, 48);
  f->sve_vl = or_default(f->sve_vl, 3);
  f->num_bps = or_default(f->num_bps, 5);
  f->num_wps = or_default(f->num_wps, 3);
  f->pmu_num_ctrs = or_default(f->pmu_num_ctrs, 8);
  f->gicv3_num_lrs = or_default(f->gicv3_num_lrs, 15);
  f->max_recs_order = or_default(f->max_recs_order, 9);
  if (f->s2sz < 32 || f->s2sz > (f->lpa2 ? 52U : 48U))
    return vcca_fail(err, VCCA_FAULT_USAGE, "features: s2sz is %u; it must be 32 to %u", f->s2sz, f->lpa2 ? 52U : 48U);
  if (f->sve_vl > 15 || f->num_bps > 63 || f->num_wps > 63 || f->pmu_num_ctrs > 31 || f->gicv3_num_lrs > 15 ||
      f->max_recs_order > 15)
    return vcca_fail(err, VCCA_FAULT_USAGE, "features: a value is too large for its field of the feature register");
  return true;
}

static bool check_config(const struct vcca_machine_config *config, struct vcca_error *err)
{
  if (config->region_count == 0 || config->region_count > VCCA_REGIONS)
    return vcca_fail(err, VCCA_FAULT_USAGE, "a machine must have 1 to %d regions of memory, not %zu", VCCA_REGIONS,
                     config->region_count);
  if ((config->abi == VCCA_ABI_TMI) != (config->rules == VCCA_RULES_VIRTCCA))
    return vcca_fail(err, VCCA_FAULT_USAGE, "rules: TMI needs the measurement rules virtcca, RMI one of Arm's");
  for (size_t i = 0; i < config->region_count; i++)
    if (!check_region(config, i, err))
      return false;
  return true;
}

/* --- Life --------------------------------------------------------------------------------------------- */

void machine_reset(vcca_machine *m)
{
  memory_release(&m->memory);
  m->walked = (struct walked){.table = 0};
  m->first_realm = 0;
  m->pool_free = 0;
  m->pool_next = 0;
  m->pool_next_block = 0;
  m->embedded = false;
  for (size_t i = 0; i < m->config.region_count; i++) {
    const struct vcca_region *r = &m->config.regions[i];
    m->pool_free += r->secure ? r->size / GRANULE_SIZE : 0;
    m->embedded = m->embedded || r->bytes;
  }
}

vcca_machine *vcca_machine_new(const struct vcca_machine_config *config, struct vcca_error *err)
{
  if (!check_config(config, err))
    return NULL;
  vcca_machine *m = calloc(1, sizeof *m);
  if (!m) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a machine");
    return NULL;
  }
  m->config = *config;
  machine_reset(m);
  if (!fill_features(&m->config.features, err)) {
    vcca_machine_free(m);
    return NULL;
  }
  return m;
}

void vcca_machine_free(vcca_machine *m)
{
  if (!m)
    return;
  memory_release(&m->memory);
  free(m);
}
