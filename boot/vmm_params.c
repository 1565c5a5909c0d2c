/* A realm's parameters: what the command line asks for, and what the host can do.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "boot/vmm.h"
#include "rooms/error.h"
#include "rooms/vmm.h"

/* A count that the command line can give, up to the host's; 0: the host's. */
static bool resolve_count(const struct vmm_model *model, const struct vcca_host_caps *host, enum vcca_cap cap,
                          enum vmm_asked option, bool asked, unsigned want, uint64_t *out, struct vcca_error *err)
{
  if (!asked && !host->known[cap])
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "the host's %s is unknown: give it in a --host file or with --%s; on the host: %s",
                     vcca_cap_key(cap), vcca_cap_option(cap), vcca_cap_how(cap));
  if (asked && host->known[cap] && want > host->value[cap])
    return vcca_fail(err, VCCA_FAULT_USAGE, "%s%s%u, but the host has %u: lower it, or raise the host's --%s",
                     vmm_say(model, option).text, model->words[option].before[0] ? "" : " ", want, host->value[cap],
                     vcca_cap_option(cap));
  *out = asked ? want : host->value[cap];
  return true;
}

/* The RMM's fields hold one less (RMM specification, RmiRealmParams). */
static bool resolve_debug(const struct vmm_model *model, const struct vcca_vmm_config *config,
                          const struct vcca_host_caps *host, struct vcca_realm_params *p, struct vcca_error *err)
{
  if (!resolve_count(model, host, VCCA_CAP_NUM_BPS, VMM_BREAKPOINTS, config->num_bps, config->num_bps, &p->num_bps,
                     err) ||
      !resolve_count(model, host, VCCA_CAP_NUM_WPS, VMM_WATCHPOINTS, config->num_wps, config->num_wps, &p->num_wps,
                     err))
    return false;
  p->num_bps--;
  p->num_wps--;
  return true;
}

static bool resolve_pmu(const struct vmm_model *model, const struct vcca_vmm_config *config,
                        const struct vcca_host_caps *host, struct vcca_realm_params *p, struct vcca_error *err)
{
  bool host_off = host->known[VCCA_CAP_PMU] && !host->value[VCCA_CAP_PMU];
  bool on = config->pmu == VCCA_ON ||
            (config->pmu == VCCA_UNSET && model->pmu_of_host && host->known[VCCA_CAP_PMU] && !host_off);
  if (on && host_off)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "%s, but the host has no PMU: leave it out, or give a host with a PMU: --pmu true",
                     vmm_say(model, VMM_PMU).text);
  if (!on)
    return true;
  p->flags |= VCCA_REALM_PMU;
  return resolve_count(model, host, VCCA_CAP_PMU_NUM_CTRS, VMM_COUNTERS, config->has_pmu_counters, config->pmu_counters,
                       &p->pmu_num_ctrs, err);
}

static unsigned highest(unsigned mask)
{
  unsigned n = 0;
  while (mask >>= 1)
    n++;
  return n;
}

static unsigned lowest(unsigned mask)
{
  return highest(mask & (~mask + 1));
}

/* The host's vectors: the powers of two, and its longest. */
static unsigned host_vectors(const struct vcca_host_caps *host)
{
  const unsigned powers = 1u << 0 | 1u << 1 | 1u << 3 | 1u << 7 | 1u << 15;
  unsigned bits = host->value[VCCA_CAP_SVE_VL];
  if (!host->known[VCCA_CAP_SVE_VL])
    return powers;
  return bits == 0 ? 0 : (powers & ((1u << bits / 128) - 1)) | 1u << (bits / 128 - 1);
}

/* The longest vector that QEMU uses under KVM (target/arm/cpu64.c, arm_cpu_sve_finalize): the longest that is
 * turned on, with all shorter ones; else the longest that is shorter than all that are turned off. */
static bool resolve_vectors(const struct vcca_vmm_config *config, const struct vcca_host_caps *host, unsigned *bits,
                            struct vcca_error *err)
{
  unsigned has = host_vectors(host), on = config->sve_on, off = config->sve_off & has;
  if (on & ~has)
    return host->known[VCCA_CAP_SVE_VL]
               ? vcca_fail(err, VCCA_FAULT_USAGE, "-cpu sve%u=on: the host has no such vectors (--sve-vl %u)",
                           128 * (highest(on & ~has) + 1), *bits)
               : vcca_fail(err, VCCA_FAULT_USAGE,
                           "-cpu sve%u=on: not every host has it: give this host's longest vector with --sve-vl",
                           128 * (highest(on & ~has) + 1));
  if (on && off && lowest(off) <= highest(on))
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "-cpu sve%u=off: KVM keeps every vector shorter than one that is on (sve%u=on)",
                     128 * (lowest(off) + 1), 128 * (highest(on) + 1));
  if ((off & 1) && host->known[VCCA_CAP_SVE_VL])
    return vcca_fail(err, VCCA_FAULT_USAGE, "-cpu sve128=off leaves no vector: write sve=off for a VM without SVE");
  if (on)
    *bits = 128 * (highest(on) + 1);
  else if (off && host->known[VCCA_CAP_SVE_VL])
    *bits = 128 * (highest(has & ((1u << lowest(off)) - 1)) + 1);
  return true;
}

static bool resolve_sve(const struct vmm_model *model, const struct vcca_vmm_config *config,
                        const struct vcca_host_caps *host, struct vcca_realm_params *p, struct vcca_error *err)
{
  unsigned bits = host->known[VCCA_CAP_SVE_VL] ? host->value[VCCA_CAP_SVE_VL] : 0;
  if (config->sve == VCCA_OFF && config->sve_on)
    return vcca_fail(err, VCCA_FAULT_USAGE, "-cpu sve=off and a vector length that is on: give one of them");
  if (config->sve == VCCA_ON && !config->sve_on && bits == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "%s, but the host has no SVE: leave it out, or give the host's longest vector with --sve-vl",
                     vmm_say(model, VMM_SVE).text);
  if (config->sve == VCCA_OFF)
    return true;
  if ((config->sve_on || config->sve_off) && !resolve_vectors(config, host, &bits, err))
    return false;
  if (config->sve_max && (bits > config->sve_max || !host->known[VCCA_CAP_SVE_VL]))
    bits = config->sve_max;
  if (bits) {
    p->flags |= VCCA_REALM_SVE;
    p->sve_vl = bits / 128 - 1;
  }
  return true;
}

static bool resolve_hash(const struct vmm_model *model, const struct vcca_vmm_config *config,
                         const struct vcca_host_caps *host, enum vcca_rules_id rules, struct vcca_realm_params *p,
                         struct vcca_error *err)
{
  enum vcca_hash_alg of_host = (enum vcca_hash_alg)host->value[VCCA_CAP_HASH_ALGO];
  if (host->forced[VCCA_CAP_HASH_ALGO] || (host->known[VCCA_CAP_HASH_ALGO] && !config->has_hash))
    p->hash_alg = of_host;
  else if (config->has_hash)
    p->hash_alg = config->hash_alg;
  else
    p->hash_alg = rules == VCCA_RULES_ARM_1_0 ? model->hash_alg : VCCA_SHA256;
  if (p->hash_alg == VCCA_SHA384 && !vcca_rim_rules(rules)->sha384)
    return vcca_fail(err, VCCA_FAULT_USAGE, "RMM 1.0 has no SHA-384: --rmm 2.0, or another --hash-algo");
  return true;
}

bool vmm_resolve(const struct vmm_model *model, const struct vcca_vmm_config *config, const struct vcca_host_caps *host,
                 enum vcca_rules_id rules, struct vcca_realm_params *p, struct vcca_error *err)
{
  unsigned needed = model->ipa_bits(config);
  bool lpa2 = host->known[VCCA_CAP_LPA2] && host->value[VCCA_CAP_LPA2];
  p->s2sz = host->known[VCCA_CAP_IPA_BITS] && host->value[VCCA_CAP_IPA_BITS] < needed ? host->value[VCCA_CAP_IPA_BITS]
                                                                                      : needed;
  if (lpa2)
    p->flags |= VCCA_REALM_LPA2;
  if (p->s2sz > 48 && !lpa2)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "%" PRIu64 " address bits: beyond 48 the host needs LPA2 (--lpa2 true), or give less RAM with %s",
                     p->s2sz, vmm_say(model, VMM_RAM).text);
  return resolve_hash(model, config, host, rules, p, err) && resolve_debug(model, config, host, p, err) &&
         resolve_sve(model, config, host, p, err) && resolve_pmu(model, config, host, p, err);
}
