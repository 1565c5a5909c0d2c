/* Hypotheses about rules, parameters, RIPAS and vCPUs: each changes one thing in a theory, the v-th way,
 * and says it in words.
 *
 * Sources: RMM specification (parameters, rules), KVM (RIPAS), the SDK's gen_rim_ref and its older version,
 * capability files of known hosts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "explain/hypothesis.h"

#include <inttypes.h>
#include <string.h>

static bool is_arm(const struct theory *t)
{
  return t->rules != VCCA_RULES_VIRTCCA;
}

/* --- Rules and parameters ------------------------------------------------------------------------------- */

bool hypothesis_rules(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  enum vcca_rules_id rules = (enum vcca_rules_id)v;
  if (t->rules == rules || (t->params.hash_alg == VCCA_SHA384 && !vcca_rim_rules(rules)->sha384))
    return false;
  t->rules = t->data_rules = t->rec_rules = rules;
  if (t->vmm && rules != VCCA_RULES_VIRTCCA)
    (void)say_edit(say, VCCA_EDIT_SET, "rmm", "%s", vcca_rim_rules(rules)->rmm);
  return say_words(say, "the monitor measures by the rules of %s", vcca_rim_rules(rules)->name);
}

bool hypothesis_rule(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  enum vcca_rules_id other = is_arm(t) ? VCCA_RULES_VIRTCCA : VCCA_RULES_ARM_1_0;
  if (v == 0) {
    t->data_rules = other;
    return say_words(say, "unmeasured granules %s, as by the rules of %s",
                     is_arm(t) ? "do not extend" : "extend with zeros", vcca_rim_rules(other)->name);
  }
  t->rec_rules = other;
  return t->vcpus > 0 && say_words(say, "vCPUs are measured by the rules of %s", vcca_rim_rules(other)->name);
}

/* The vector length as the profile encodes it; 0: no SVE. */
static bool set_sve(struct theory *t, unsigned bits)
{
  struct vcca_realm_params *p = &t->params;
  bool changes = set_u64(&p->sve_vl, bits == 0 ? 0 : bits / 128 - (is_arm(t) ? 1 : 0));
  return set_u64(&p->flags, (p->flags & ~(uint64_t)VCCA_REALM_SVE) | (bits ? VCCA_REALM_SVE : 0)) || changes;
}

static bool set_pmu(struct theory *t, unsigned counters)
{
  struct vcca_realm_params *p = &t->params;
  bool changes = set_u64(&p->pmu_num_ctrs, counters);
  return set_u64(&p->flags, (p->flags & ~(uint64_t)VCCA_REALM_PMU) | (counters ? VCCA_REALM_PMU : 0)) || changes;
}

bool hypothesis_profile(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  static const struct {
    unsigned sve, pmu;
    const char *words, *profile;
  } rows[] = {
      {128, 1, "SVE of 128 bits and one PMU counter, as gen_rim_ref of 2025 has them for direct boot", "virtcca-2025"},
      {0, 1, "no SVE and one PMU counter, as gen_rim_ref of 2025 has them for firmware boot", "virtcca-2025"},
      {0, 0, "neither SVE nor a PMU", "virtcca"}};
  (void)say_edit(say, VCCA_EDIT_PROFILE, "", "%s", rows[v].profile);
  bool both = set_pmu(t, rows[v].pmu);
  both = set_sve(t, rows[v].sve) && both; /* one alone is a hypothesis of its own */
  return both && t->rules == VCCA_RULES_VIRTCCA && say_words(say, "%s", rows[v].words);
}

bool hypothesis_sve(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (!set_sve(t, 128 * v))
    return false;
  (void)say_edit(say, VCCA_EDIT_SET, t->vmm ? "sve-vl" : "sve", "%u", 128 * v);
  return v == 0 ? say_words(say, "no SVE") : say_words(say, "an SVE vector length of %u bits", 128 * v);
}

bool hypothesis_sve_encoding(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (!(t->params.flags & VCCA_REALM_SVE) || (v == 0 && t->params.sve_vl == 0))
    return false;
  t->params.sve_vl = v == 0 ? t->params.sve_vl - 1 : t->params.sve_vl + 1;
  return say_words(say, "the SVE vector length is encoded one %s, as %" PRIu64, v == 0 ? "lower" : "higher",
                   t->params.sve_vl);
}

bool hypothesis_sve_flag(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  (void)v;
  t->params.flags ^= VCCA_REALM_SVE;
  return say_words(say, "the SVE flag is %s, and the vector length stays encoded as %" PRIu64,
                   t->params.flags & VCCA_REALM_SVE ? "set" : "clear", t->params.sve_vl);
}

bool hypothesis_pmu(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (!set_pmu(t, v))
    return false;
  if (!t->vmm || v > 0)
    (void)say_edit(say, VCCA_EDIT_SET, t->vmm ? "pmu-num-ctrs" : "pmu", "%u", v);
  return v == 0 ? say_words(say, "no PMU") : say_words(say, "%u PMU counter%s", v, v > 1 ? "s" : "");
}

bool hypothesis_pmu_flag(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  (void)v;
  t->params.flags ^= VCCA_REALM_PMU;
  return say_words(say, "the PMU flag is %s, and the counters stay %" PRIu64,
                   t->params.flags & VCCA_REALM_PMU ? "set" : "clear", t->params.pmu_num_ctrs);
}

bool hypothesis_s2sz(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  enum { LEAST = 32 };
  (void)say_edit(say, VCCA_EDIT_SET, t->vmm ? "ipa-bits" : "s2sz", "%u", LEAST + v);
  return set_u64(&t->params.s2sz, LEAST + v) && say_words(say, "an IPA width of %u bits", LEAST + v);
}

bool hypothesis_lpa2(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  (void)v;
  t->params.flags ^= VCCA_REALM_LPA2;
  if (t->vmm)
    (void)say_edit(say, VCCA_EDIT_SET, "lpa2", "%s", t->params.flags & VCCA_REALM_LPA2 ? "true" : "false");
  return say_words(say, "the LPA2 flag is %s", t->params.flags & VCCA_REALM_LPA2 ? "set" : "clear");
}

bool hypothesis_num_bps(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (t->vmm)
    (void)say_edit(say, VCCA_EDIT_SET, "num-bps", "%u", v + 1);
  return set_u64(&t->params.num_bps, v) && say_words(say, "%u breakpoints, encoded as %u", v + 1, v);
}

bool hypothesis_num_wps(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (t->vmm)
    (void)say_edit(say, VCCA_EDIT_SET, "num-wps", "%u", v + 1);
  return set_u64(&t->params.num_wps, v) && say_words(say, "%u watchpoints, encoded as %u", v + 1, v);
}

bool hypothesis_debug_encoding(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  struct vcca_realm_params *p = &t->params;
  if (v == 0 && (p->num_bps == 0 || p->num_wps == 0))
    return false;
  p->num_bps += v == 0 ? UINT64_MAX : 1;
  p->num_wps += v == 0 ? UINT64_MAX : 1;
  return say_words(say, "breakpoints and watchpoints are encoded one %s each: %" PRIu64 " and %" PRIu64,
                   v == 0 ? "lower" : "higher", p->num_bps, p->num_wps);
}

bool hypothesis_host(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  static const struct {
    const char *name;
    unsigned num_bps, num_wps, counters, sve; /* as they are; 0: not changed */
    bool lpa2;
  } hosts[] = {{"the FVP", 16, 16, 8, 512, true},
               {"the FVP without LPA2", 16, 16, 8, 512, false},
               {"QEMU's max CPU", 6, 4, 6, 2048, true},
               {"QEMU's max CPU without LPA2", 6, 4, 6, 2048, false},
               {"a monitor of RMM 1.0-eac5", 2, 2, 0, 0, false},
               {"one whose VMM takes KVM's usual 6 breakpoints, 4 watchpoints", 6, 4, 0, 0, false}};
  struct vcca_realm_params *p = &t->params;
  unsigned changes = set_u64(&p->num_bps, hosts[v].num_bps - 1);
  changes += set_u64(&p->num_wps, hosts[v].num_wps - 1);
  changes += set_u64(&p->flags, (p->flags & ~(uint64_t)VCCA_REALM_LPA2) | (hosts[v].lpa2 ? VCCA_REALM_LPA2 : 0));
  if (p->flags & VCCA_REALM_PMU && hosts[v].counters)
    changes += set_pmu(t, hosts[v].counters);
  if (p->flags & VCCA_REALM_SVE && hosts[v].sve)
    changes += set_sve(t, hosts[v].sve);
  if (!is_arm(t) || changes < 2) /* one alone is a hypothesis of its own */
    return false;
  return say_words(say, "the host is %s", hosts[v].name);
}

/* --- RIPAS ---------------------------------------------------------------------------------------------- */

bool hypothesis_ram_size(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  uint64_t size = (uint64_t)128 * MIB << v;
  if (t->changeable || t->ripas_count == 0 || !set_u64(&t->ram_size, size))
    return false;
  size_t last = t->ripas_count - 1; /* of ranges, the last gives way */
  uint64_t top = t->ram_base + size;
  for (size_t i = 0; i < last; i++)
    top += t->ripas[i + 1].base - t->ripas[i].top;
  if ((top - 1) >> (t->params.s2sz - 1) != 0)
    return false; /* the upper half is shared memory */
  t->ripas[last].top = top;
  if (!t->vmm)
    (void)say_edit(say, VCCA_EDIT_SET, "ram", "%" PRIu64 "M", size / MIB);
  return t->ripas[last].base < top && say_words(say, "%" PRIu64 " MiB of RAM", size / MIB);
}

bool hypothesis_ripas_blocks(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  static const struct {
    uint64_t block;
    const char *words;
  } rows[] = {{PAGE, "one by one for granules of 4 KiB"},
              {BLOCK, "in blocks of 2 MiB"},
              {(uint64_t)1 << 30, "in blocks of 1 GiB"},
              {UINT64_MAX, "for a range at once"}};
  enum { BLOCKS_MAX = 1 << 18 }; /* each is an extension */
  if (t->ripas_count == 0 || t->ram_size / rows[v].block > BLOCKS_MAX)
    return false;
  t->ripas_block = rows[v].block;
  return say_words(say, "RIPAS is set %s", rows[v].words);
}

bool hypothesis_ripas_where(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  static const char *const texts[] = {"RIPAS is set after everything else", "RIPAS is not set, or not measured",
                                      "RIPAS is set only where images are",
                                      "RIPAS is set for each image just before it is populated"};
  static const enum ripas_where where[] = {RIPAS_LAST, RIPAS_NONE, RIPAS_IMAGES, RIPAS_EACH};
  if (t->ripas_count == 0)
    return false;
  t->ripas_where = where[v];
  if (where[v] == RIPAS_NONE)
    t->ripas_count = 0;
  return say_words(say, "%s", texts[v]);
}

/* --- vCPUs ---------------------------------------------------------------------------------------------- */

bool hypothesis_vcpus(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  static const unsigned more[] = {128, 256, 512};
  unsigned n = v <= 64 ? v : more[v - 65];
  bool changes =
      n != t->vcpus && (vcca_rim_rules(t->rec_rules)->every_rec || t->all_runnable || (n == 0) != (t->vcpus == 0));
  t->vcpus = n;
  const char *same = t->dtb_made ? ", with the same device tree" : "";
  if (!t->vmm && !t->dtb_made)
    (void)say_edit(say, VCCA_EDIT_SET, "vcpus", "%u", n);
  return changes &&
         (n == 0 ? say_words(say, "no vCPU is measured") : say_words(say, "%u vCPU%s%s", n, n > 1 ? "s" : "", same));
}

bool hypothesis_pc(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  const struct {
    uint64_t pc;
    const char *words;
  } rows[] = {{0, "0"},
              {t->ram_base, "RAM base"},
              {t->kernel >= 0 ? t->pieces[t->kernel].ipa : 0, "the kernel"},
              {t->ram_base + BLOCK, "RAM base + 2 MiB"},
              {t->ram_base + t->text_offset, "RAM base + text_offset"}};
  if (t->vcpus == 0 || !set_u64(&t->rec.pc, rows[v].pc))
    return false;
  t->pc_is_kernel = false;
  return say_words(say, "the first vCPU starts at %s, 0x%" PRIx64, rows[v].words, rows[v].pc);
}

bool hypothesis_x0(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  uint64_t x0 = v == 0 ? 0 : v == 1 && t->dtb >= 0 ? t->pieces[t->dtb].ipa : t->ram_base;
  if (t->vcpus == 0 || !set_u64(&t->rec.gprs[0], x0))
    return false;
  t->x0_is_dtb = false;
  return say_words(say, "x0 of the first vCPU is 0x%" PRIx64 "%s", x0,
                   v == 1   ? ", the device tree"
                   : v == 2 ? ", RAM base"
                            : "");
}

bool hypothesis_recs(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (v == 0) {
    bool changes = t->vcpus > 1 && !t->all_runnable;
    t->all_runnable = true;
    return changes && say_words(say, "all vCPUs are runnable");
  }
  t->rec.flags ^= VCCA_REC_RUNNABLE;
  return t->vcpus > 0 && say_words(say, "the first vCPU is %srunnable", t->rec.flags & VCCA_REC_RUNNABLE ? "" : "not ");
}
