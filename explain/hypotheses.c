/* The hypotheses: each function changes one thing in a theory, the v-th way, and says it in words.
 *
 * Where they come from: RMM specification (parameters, rules), KVM and the VMMs that differ in order, chunks and placement, the SDK's
 * gen_rim_ref and its older version, arm64's boot protocol (text_offset, image_size).
 *
 * Long because it is one function for each row of hypotheses.def.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "explain/theory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define PAGE (4 * KIB)
#define BLOCK (2 * MIB)
enum { FLAG_LPA2 = 1, FLAG_SVE = 2, FLAG_PMU = 4 };

/* Both return true, so that a hypothesis can end with one. */
static bool VCCA_PRINTF(2, 3) words(struct vcca_rim_deviation *say, const char *fmt, ...)
{
  va_list list;
  va_start(list, fmt);
  vsnprintf(say->words, sizeof say->words, fmt, list);
  va_end(list);
  return true;
}

static bool VCCA_PRINTF(2, 3) option(struct vcca_rim_deviation *say, const char *fmt, ...)
{
  va_list list;
  va_start(list, fmt);
  vsnprintf(say->option, sizeof say->option, fmt, list);
  va_end(list);
  return true;
}

static bool set_u64(uint64_t *field, uint64_t value)
{
  bool changes = *field != value;
  *field = value;
  return changes;
}

static uint64_t up(uint64_t value, uint64_t unit)
{
  return (value + unit - 1) / unit * unit;
}

static bool is_arm(const struct theory *t)
{
  return t->rules != VCCA_RULES_VIRTCCA;
}

/* --- Rules and parameters -------------------------------------------------------------------------------------- */

static bool hypothesis_rules(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  enum vcca_rules_id rules = (enum vcca_rules_id)v;
  if (t->rules == rules || (t->params.hash_alg == VCCA_SHA384 && !vcca_rim_rules(rules)->sha384))
    return false;
  t->rules = rules;
  if (t->vmm && rules != VCCA_RULES_VIRTCCA)
    (void)option(say, "--rmm %s", rules == VCCA_RULES_ARM_2_0 ? "2.0" : "1.0");
  return words(say, "the monitor measures by the rules of %s", vcca_rim_rules(rules)->name);
}

/* The vector length as the profile encodes it; 0: no SVE. */
static bool set_sve(struct theory *t, unsigned bits)
{
  struct vcca_realm_params *p = &t->params;
  bool changes = set_u64(&p->sve_vl, bits == 0 ? 0 : bits / 128 - (is_arm(t) ? 1 : 0));
  return set_u64(&p->flags, (p->flags & ~(uint64_t)FLAG_SVE) | (bits ? FLAG_SVE : 0)) || changes;
}

static bool set_pmu(struct theory *t, unsigned counters)
{
  struct vcca_realm_params *p = &t->params;
  bool changes = set_u64(&p->pmu_num_ctrs, counters);
  return set_u64(&p->flags, (p->flags & ~(uint64_t)FLAG_PMU) | (counters ? FLAG_PMU : 0)) || changes;
}

static bool hypothesis_profile(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  static const struct {
    unsigned sve, pmu;
    const char *words, *option;
  } rows[] = {{128, 1, "SVE of 128 bits and one PMU counter, as gen_rim_ref of 2025 has them for direct boot", "profile virtcca-2025"},
              {0, 1, "no SVE and one PMU counter, as gen_rim_ref of 2025 has them for firmware boot", "profile virtcca-2025"},
              {0, 0, "neither SVE nor a PMU", "profile virtcca"}};
  (void)option(say, "%s", rows[v].option);
  bool both = set_pmu(t, rows[v].pmu);
  both = set_sve(t, rows[v].sve) && both; /* one alone is a hypothesis of its own */
  return both && t->rules == VCCA_RULES_VIRTCCA && words(say, "%s", rows[v].words);
}

static bool hypothesis_sve(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (!set_sve(t, 128 * v))
    return false;
  (void)option(say, t->vmm ? "--sve-vl %u" : "--sve %u", 128 * v);
  return v == 0 ? words(say, "no SVE") : words(say, "an SVE vector length of %u bits", 128 * v);
}

static bool hypothesis_sve_encoding(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (!(t->params.flags & FLAG_SVE) || (v == 0 && t->params.sve_vl == 0))
    return false;
  t->params.sve_vl = v == 0 ? t->params.sve_vl - 1 : t->params.sve_vl + 1;
  return words(say, "the SVE vector length is encoded one %s, as %" PRIu64, v == 0 ? "lower" : "higher", t->params.sve_vl);
}

static bool hypothesis_sve_flag(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  (void)v;
  t->params.flags ^= FLAG_SVE;
  return words(say, "the SVE flag is %s, and the vector length stays encoded as %" PRIu64, t->params.flags & FLAG_SVE ? "set" : "clear",
               t->params.sve_vl);
}

static bool hypothesis_pmu(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (!set_pmu(t, v))
    return false;
  (void)option(say, t->vmm ? "--pmu-num-ctrs %u" : "--pmu %u", v);
  return v == 0 ? words(say, "no PMU") : words(say, "%u PMU counter%s", v, v > 1 ? "s" : "");
}

static bool hypothesis_pmu_flag(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  (void)v;
  t->params.flags ^= FLAG_PMU;
  return words(say, "the PMU flag is %s, and the counters stay %" PRIu64, t->params.flags & FLAG_PMU ? "set" : "clear", t->params.pmu_num_ctrs);
}

static bool hypothesis_s2sz(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  enum { LEAST = 32 };
  (void)option(say, t->vmm ? "--ipa-bits %u" : "--s2sz %u", LEAST + v);
  return set_u64(&t->params.s2sz, LEAST + v) && words(say, "an IPA width of %u bits", LEAST + v);
}

static bool hypothesis_lpa2(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  (void)v;
  t->params.flags ^= FLAG_LPA2;
  if (t->vmm)
    (void)option(say, "--lpa2 %s", t->params.flags & FLAG_LPA2 ? "true" : "false");
  return words(say, "the LPA2 flag is %s", t->params.flags & FLAG_LPA2 ? "set" : "clear");
}

static bool hypothesis_num_bps(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (t->vmm)
    (void)option(say, "--num-bps %u", v + 1);
  return set_u64(&t->params.num_bps, v) && words(say, "%u breakpoints, encoded as %u", v + 1, v);
}

static bool hypothesis_num_wps(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (t->vmm)
    (void)option(say, "--num-wps %u", v + 1);
  return set_u64(&t->params.num_wps, v) && words(say, "%u watchpoints, encoded as %u", v + 1, v);
}

static bool hypothesis_debug_encoding(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  struct vcca_realm_params *p = &t->params;
  if (v == 0 && (p->num_bps == 0 || p->num_wps == 0))
    return false;
  p->num_bps += v == 0 ? UINT64_MAX : 1;
  p->num_wps += v == 0 ? UINT64_MAX : 1;
  return words(say, "breakpoints and watchpoints are encoded one %s each: %" PRIu64 " and %" PRIu64, v == 0 ? "lower" : "higher", p->num_bps,
               p->num_wps);
}

/* --- RIPAS ----------------------------------------------------------------------------------------------------- */

static bool hypothesis_ram_size(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  uint64_t size = (uint64_t)128 * MIB << v;
  if (t->ripas_count == 0 || !set_u64(&t->ram_size, size))
    return false;
  t->ripas[t->ripas_count - 1].top = t->ram_base + size;
  (void)option(say, t->vmm ? "-m of the VMM: %" PRIu64 "M" : "--ram %" PRIu64 "M", size / MIB);
  return t->ripas[t->ripas_count - 1].base < t->ram_base + size && words(say, "%" PRIu64 " MiB of RAM", size / MIB);
}

static bool hypothesis_ripas_blocks(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  static const struct {
    uint64_t block;
    const char *words;
  } rows[] = {{PAGE, "one by one for granules of 4 KiB"},
              {BLOCK, "in blocks of 2 MiB"},
              {(uint64_t)1 << 30, "in blocks of 1 GiB"},
              {UINT64_MAX, "for a range at once"}};
  enum { FINE_MAX = 1 << 30 };
  if (t->ripas_count == 0 || (rows[v].block == PAGE && t->ram_size > FINE_MAX))
    return false; /* a million extensions for each GiB */
  t->ripas_block = rows[v].block;
  return words(say, "RIPAS is set %s", rows[v].words);
}

static bool hypothesis_ripas_where(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  static const char *const texts[] = {"RIPAS is set after everything else", "RIPAS is not set, or not measured",
                                      "RIPAS is set only where images are"};
  static const enum ripas_where where[] = {RIPAS_LAST, RIPAS_NONE, RIPAS_IMAGES};
  if (t->ripas_count == 0)
    return false;
  t->ripas_where = where[v];
  if (where[v] == RIPAS_NONE)
    t->ripas_count = 0;
  return words(say, "%s", texts[v]);
}

/* --- Order and chunks ------------------------------------------------------------------------------------------ */

/* Puts segment `which` in front of segment `before`, which comes earlier now. */
static bool advance(struct theory *t, int which, int before)
{
  size_t from = 0, to = 0;
  for (size_t i = 0; i < t->count; i++) {
    from = t->order[i] == (unsigned)which ? i : from;
    to = t->order[i] == (unsigned)before ? i : to;
  }
  if (which < 0 || before < 0 || from <= to)
    return false;
  memmove(&t->order[to + 1], &t->order[to], (from - to) * sizeof t->order[0]);
  t->order[to] = (unsigned)which;
  return true;
}

static bool hypothesis_order(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  switch (v) {
  case 0:
    for (size_t i = 0; i < t->count; i++)
      t->order[i] = (unsigned)(t->count - 1 - i);
    return t->count > 1 && words(say, "segments are populated in descending order");
  case 1:
    return advance(t, t->dtb, (int)t->order[0]) && words(say, "the device tree is populated before everything else");
  case 2:
    return advance(t, t->initrd, t->kernel) && words(say, "the initrd is populated before the kernel");
  case 3:
    return advance(t, t->dtb, t->initrd) && words(say, "the device tree is populated before the initrd");
  default:
    for (size_t i = 0; i < t->count; i++)
      t->pieces[i].descending = 1;
    return words(say, "the granules of a segment are populated in descending order");
  }
}

static bool hypothesis_recs_first(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  (void)v;
  bool changes = t->vcpus > 0 && !t->recs_first;
  t->recs_first = true;
  return changes && words(say, "RECs are made before memory is populated");
}

static bool hypothesis_chunks(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  static const uint64_t units[] = {16 * KIB, 64 * KIB, BLOCK};
  bool changes = false;
  for (size_t i = 0; i < t->count; i++) {
    struct piece *p = &t->pieces[i];
    uint64_t base = p->ipa / units[v] * units[v], end = up(p->ipa + p->size, units[v]);
    if ((int)i == t->hole)
      continue;
    changes |= base != p->ipa || end != p->ipa + p->size;
    p->lead += (p->ipa - base) / PAGE;
    p->ipa = base;
    p->size = end - base;
  }
  t->pc_is_kernel = t->x0_is_dtb = false; /* where images begin is not changed */
  return changes && words(say, "memory is populated in chunks of %" PRIu64 " KiB", units[v] / KIB);
}

/* --- Regions --------------------------------------------------------------------------------------------------- */

static bool hypothesis_measured(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (v >= t->count || t->pieces[v].size == 0 || t->pieces[v].absent)
    return false;
  t->pieces[v].measured ^= 1;
  return words(say, "the %s is %s", t->names[v], t->pieces[v].measured ? "measured" : "populated without being measured");
}

static bool hypothesis_absent(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (v >= t->count || t->pieces[v].size == 0 || t->pieces[v].absent)
    return false;
  bool file = (int)v == t->initrd;
  t->pieces[v].absent = 1;
  if (file)
    (void)option(say, "no --initrd");
  return words(say, "the %s is not populated", t->names[v]);
}

/* --- Addresses ------------------------------------------------------------------------------------------------- */

static bool move(struct theory *t, int which, uint64_t ipa)
{
  return which >= 0 && ipa % PAGE == 0 && ipa < (uint64_t)1 << 52 && set_u64(&t->pieces[which].ipa, ipa);
}

static bool hypothesis_shifted(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  unsigned which = v / 2;
  bool lower = v % 2 == 0;
  if (which >= t->count || (int)which == t->hole || (lower && t->pieces[which].ipa < BLOCK))
    return false;
  return move(t, (int)which, lower ? t->pieces[which].ipa - BLOCK : t->pieces[which].ipa + BLOCK) &&
         words(say, "the %s lies 2 MiB %s, at 0x%" PRIx64, t->names[which], lower ? "lower" : "higher", t->pieces[which].ipa);
}

static bool hypothesis_kernel_at(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (t->kernel < 0)
    return false;
  uint64_t now = t->pieces[t->kernel].ipa, text_offset = t->text_offset;
  const struct {
    uint64_t ipa;
    const char *words;
  } rows[] = {{now + text_offset, "its text_offset added"},          {now - text_offset, "its text_offset left out"},
              {t->ram_base + text_offset, "RAM base + text_offset"}, {t->ram_base + BLOCK + text_offset, "RAM base + 2 MiB + text_offset"},
              {t->ram_base + 0x80000, "RAM base + 512 KiB"},         {t->ram_base + 4 * MIB + text_offset, "RAM base + 4 MiB + text_offset"}};
  return move(t, t->kernel, rows[v].ipa) && words(say, "the kernel lies at 0x%" PRIx64 ": %s", rows[v].ipa, rows[v].words);
}

static uint64_t end_of(const struct theory *t, int which)
{
  return t->pieces[which].ipa + t->pieces[which].size;
}

/* Moves the initrd; a device tree behind it keeps its distance. */
static bool move_initrd(struct theory *t, uint64_t ipa)
{
  uint64_t old = t->pieces[t->initrd].ipa;
  if (!move(t, t->initrd, ipa))
    return false;
  if (t->dtb >= 0 && t->pieces[t->dtb].ipa > old)
    t->pieces[t->dtb].ipa += ipa - old;
  return true;
}

static bool hypothesis_initrd_at(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (t->initrd < 0 || t->kernel < 0)
    return false;
  uint64_t kernel_end = up(t->pieces[t->kernel].ipa + (t->image_size ? t->image_size : t->pieces[t->kernel].size), PAGE);
  const struct {
    uint64_t ipa;
    const char *words;
  } rows[] = {{t->ram_base + 64 * MIB, "RAM base + 64 MiB"},
              {t->ram_base + 128 * MIB, "RAM base + 128 MiB"},
              {t->ram_base + 256 * MIB, "RAM base + 256 MiB"},
              {t->ram_base + t->ram_size / 2 / PAGE * PAGE, "the middle of RAM"},
              {kernel_end, "behind the kernel"},
              {up(kernel_end, BLOCK), "at the next 2 MiB behind the kernel"},
              {end_of(t, t->kernel), "behind the kernel's file"},
              {up(end_of(t, t->kernel), BLOCK), "at the next 2 MiB behind the kernel's file"}};
  return move_initrd(t, rows[v].ipa) && words(say, "the initrd lies at 0x%" PRIx64 ": %s", rows[v].ipa, rows[v].words);
}

static bool hypothesis_dtb_at(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (t->dtb < 0)
    return false;
  int last = t->initrd >= 0 ? t->initrd : t->kernel;
  if (last < 0 && v >= 3)
    return false;
  uint64_t end = last < 0 ? 0 : last == t->initrd ? t->pieces[last].ipa + t->initrd_bytes : end_of(t, last);
  const struct {
    uint64_t ipa;
    const char *words;
  } rows[] = {{t->ram_base, "RAM base"},
              {t->ram_base + 64 * MIB, "RAM base + 64 MiB"},
              {t->ram_base + 128 * MIB, "RAM base + 128 MiB"},
              {up(end, PAGE), "at the next granule behind the images"},
              {up(end, 64 * KIB), "at the next 64 KiB behind the images"},
              {up(end, BLOCK), "at the next 2 MiB behind the images"}};
  return move(t, t->dtb, rows[v].ipa) && words(say, "the device tree lies at 0x%" PRIx64 ": %s", rows[v].ipa, rows[v].words);
}

/* --- Padding --------------------------------------------------------------------------------------------------- */

/* Another size; what lies directly behind stays directly behind. */
static bool resize(struct theory *t, unsigned which, uint64_t size)
{
  uint64_t end = end_of(t, (int)which);
  if (size == 0 || !set_u64(&t->pieces[which].size, size))
    return false;
  if ((int)which == t->initrd && t->dtb >= 0 && t->pieces[t->dtb].ipa == end)
    t->pieces[t->dtb].ipa = end_of(t, (int)which);
  return true;
}

static bool hypothesis_padding(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  enum { KINDS = 9 };
  unsigned which = v / KINDS;
  if (which >= t->count || (int)which == t->hole)
    return false;
  uint64_t file = t->bytes[which], image = (int)which == t->kernel ? t->image_size : 0;
  const struct {
    uint64_t size;
    const char *words;
  } rows[KINDS] = {{up(file, PAGE), "ends with its last granule"},
                   {up(file, 64 * KIB), "is padded to 64 KiB"},
                   {up(file, BLOCK), "is padded to 2 MiB"},
                   {up(file + 1, BLOCK), "is padded to 2 MiB after one byte more"},
                   {up(image, PAGE), "takes its header's image_size"},
                   {up(image, BLOCK), "takes its header's image_size, padded to 2 MiB"},
                   {up(file, MIB), "is padded to 1 MiB"},
                   {64 * MIB, "is padded to 64 MiB"},
                   {128 * MIB, "is padded to 128 MiB"}};
  unsigned kind = v % KINDS;
  if ((kind >= 7 && (int)which != t->firmware) || file == 0 || rows[kind].size < up(file, PAGE))
    return false;
  for (unsigned i = 0; i < kind; i++)
    if (rows[i].size == rows[kind].size)
      return false; /* the same by another name */
  return resize(t, which, rows[kind].size) && words(say, "the %s %s: %" PRIu64 " KiB", t->names[which], rows[kind].words, rows[kind].size / KIB);
}

static bool hypothesis_last_page(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  unsigned which = v / 2;
  if (which >= t->count || t->bytes[which] % PAGE == 0 || t->pieces[which].is_loader)
    return false;
  t->pieces[which].last_page = v % 2 == 0 ? LAST_LEFT_OUT : LAST_ONES;
  return words(say, "the last, partial page of the %s %s", t->names[which], v % 2 == 0 ? "is not loaded" : "is filled with ones (0xff)");
}

/* --- vCPUs ----------------------------------------------------------------------------------------------------- */

static bool hypothesis_vcpus(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  static const unsigned more[] = {128, 256, 512};
  unsigned n = v <= 64 ? v : more[v - 65];
  bool changes = n != t->vcpus && (vcca_rim_rules(t->rules)->every_rec || t->all_runnable || (n == 0) != (t->vcpus == 0));
  t->vcpus = n;
  (void)option(say, t->vmm ? "-smp of the VMM: %u" : "--vcpus %u", n);
  return changes && (n == 0 ? words(say, "no vCPU is measured") : words(say, "%u vCPU%s", n, n > 1 ? "s" : ""));
}

static bool hypothesis_pc(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
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
  return words(say, "the first vCPU starts at %s, 0x%" PRIx64, rows[v].words, rows[v].pc);
}

static bool hypothesis_x0(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  uint64_t x0 = v == 0 ? 0 : v == 1 && t->dtb >= 0 ? t->pieces[t->dtb].ipa : t->ram_base;
  if (t->vcpus == 0 || !set_u64(&t->rec.gprs[0], x0))
    return false;
  t->x0_is_dtb = false;
  return words(say, "x0 of the first vCPU is 0x%" PRIx64 "%s", x0, v == 1 ? ", the device tree" : v == 2 ? ", RAM base" : "");
}

static bool hypothesis_recs(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (v == 0) {
    bool changes = t->vcpus > 1 && !t->all_runnable;
    t->all_runnable = true;
    return changes && words(say, "all vCPUs are runnable");
  }
  t->rec.flags ^= 1;
  return t->vcpus > 0 && words(say, "the first vCPU is %srunnable", t->rec.flags & 1 ? "" : "not ");
}

/* --- The table ------------------------------------------------------------------------------------------------- */

const struct hypothesis hypotheses[] = {
#define HYPOTHESIS(name, group, values, each, text) {#name, group, text, values, each, hypothesis_##name},
#include "explain/hypotheses.def"
#undef HYPOTHESIS
};
const size_t hypothesis_count = sizeof hypotheses / sizeof *hypotheses;

bool vcca_hypothesis_at(size_t i, const char **name, const char **group, const char **about)
{
  if (i >= hypothesis_count)
    return false;
  *name = hypotheses[i].name;
  *group = hypotheses[i].group;
  *about = hypotheses[i].words;
  return true;
}
