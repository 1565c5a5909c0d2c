/* Parameters and registers are hashed in a trace: where only the hash is there, they are found by trying
 * what is likely, near the other side's.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "explain/facts.h"

#include <inttypes.h>
#include <string.h>

struct fact *facts_add(struct facts *facts)
{
  struct fact *f = &facts->at[facts->count < FACTS ? facts->count : FACTS - 1];
  facts->more += facts->count == FACTS;
  facts->count += facts->count < FACTS;
  memset(f, 0, sizeof *f);
  return f;
}

/* --- Parameters ------------------------------------------------------------------------------------------ */

/* The measured parameters and what they can be. */
enum { FLAGS, S2SZ, SVE_VL, NUM_BPS, NUM_WPS, PMU, PARAMETERS };
static const struct {
  const char *name;
  size_t offset;
  uint64_t least, most; /* that are tried */
} parameters[PARAMETERS] = {
    [FLAGS] = {"flags", offsetof(struct vcca_realm_params, flags), 0, 0},
    [S2SZ] = {"s2sz", offsetof(struct vcca_realm_params, s2sz), 32, 52},
    [SVE_VL] = {"sve_vl", offsetof(struct vcca_realm_params, sve_vl), 0, 16},
    [NUM_BPS] = {"num_bps", offsetof(struct vcca_realm_params, num_bps), 0, 64},
    [NUM_WPS] = {"num_wps", offsetof(struct vcca_realm_params, num_wps), 0, 64},
    [PMU] = {"pmu_num_ctrs", offsetof(struct vcca_realm_params, pmu_num_ctrs), 0, 31},
};

static uint64_t get(const struct vcca_realm_params *p, unsigned i)
{
  uint64_t v;
  memcpy(&v, (const char *)p + parameters[i].offset, sizeof v);
  return v;
}

static void set(struct vcca_realm_params *p, unsigned i, uint64_t v)
{
  memcpy((char *)p + parameters[i].offset, &v, sizeof v);
}

static bool leads_there(const struct vcca_rim_trace *t, const struct vcca_realm_params *p)
{
  struct vcca_rim rim;
  vcca_rim_create(&rim, VCCA_RULES_ARM_1_0, p); /* the same by all rules */
  return memcmp(rim.value, t->steps[0].rim, sizeof rim.value) == 0;
}

/* The parameters of a trace, at most two of which are not the guess's. Its flags are known. */
static bool find_near(const struct vcca_rim_trace *t, struct vcca_realm_params guess, struct vcca_realm_params *out)
{
  guess.hash_alg = t->alg;
  guess.flags = t->steps[0].flags;
  guess.sve_vl = guess.flags & VCCA_REALM_SVE ? guess.sve_vl : 0;
  guess.pmu_num_ctrs = guess.flags & VCCA_REALM_PMU ? guess.pmu_num_ctrs : 0;
  for (unsigned i = S2SZ; i < PARAMETERS; i++)
    for (uint64_t v = parameters[i].least; v <= parameters[i].most; v++) {
      struct vcca_realm_params one = guess;
      set(&one, i, v);
      for (unsigned j = i + 1; j < PARAMETERS; j++)
        for (uint64_t w = parameters[j].least; w <= parameters[j].most; w++) {
          *out = one;
          set(out, j, w);
          if (leads_there(t, out))
            return true;
        }
    }
  return false;
}

static bool parameters_of(const struct vcca_rim_trace *t, const struct vcca_rim_trace *other,
                          struct vcca_realm_params *out)
{
  static const struct vcca_realm_params usual[] = {{.s2sz = 40}, {.s2sz = 41, .num_bps = 5, .num_wps = 3}};
  if (t->plan) {
    *out = t->plan->params;
    return true;
  }
  bool found = other->plan && find_near(t, other->plan->params, out);
  for (size_t i = 0; !found && i < sizeof usual / sizeof *usual; i++)
    found = find_near(t, usual[i], out);
  return found;
}

/* A value and what it stands for; num_bps, num_wps and sve_vl of Arm are one less than what they count. */
static void say_parameter(const struct vcca_rim_trace *t, const struct vcca_realm_params *p, unsigned i, char *buf)
{
  uint64_t v = get(p, i);
  bool known = t->plan != NULL;
  unsigned less = known && t->plan->rules == VCCA_RULES_VIRTCCA ? 0 : 1;
  if (i == FLAGS)
    snprintf(buf, FACT_VALUE, "0x%" PRIx64 "%s%s%s", v, v & VCCA_REALM_LPA2 ? " LPA2" : "",
             v & VCCA_REALM_SVE ? " SVE" : "", v & VCCA_REALM_PMU ? " PMU" : "");
  else if (i == SVE_VL && known && p->flags & VCCA_REALM_SVE)
    snprintf(buf, FACT_VALUE, "%" PRIu64 " (%" PRIu64 " bits)", v, 128 * (v + less));
  else if ((i == NUM_BPS || i == NUM_WPS) && known && less)
    snprintf(buf, FACT_VALUE, "%" PRIu64 " (%" PRIu64 " of them)", v, v + 1);
  else
    snprintf(buf, FACT_VALUE, "%" PRIu64, v);
}

static void facts_of_parameters(const struct vcca_rim_diff *d, struct facts *out)
{
  struct vcca_realm_params a = {.flags = d->a->steps[0].flags}, b = {.flags = d->b->steps[0].flags};
  bool found = parameters_of(d->a, d->b, &a) && parameters_of(d->b, d->a, &b);
  if (found && (!d->a->plan || !d->b->plan))
    out->remark = "a trace holds only the hash of its parameters; these lead to it";
  if (!found)
    out->remark = "a trace holds only the hash of its parameters, and none that are near the other side's lead to it";
  for (unsigned i = 0; i < (found ? PARAMETERS : S2SZ); i++) {
    if (found ? get(&a, i) == get(&b, i) : d->a->steps[0].flags == d->b->steps[0].flags)
      continue;
    struct fact *f = facts_add(out);
    snprintf(f->name, sizeof f->name, "%s", parameters[i].name);
    say_parameter(d->a, &a, i, f->a);
    say_parameter(d->b, &b, i, f->b);
  }
}

/* --- Registers ------------------------------------------------------------------------------------------- */

size_t rec_number(const struct vcca_rim_trace *t, size_t step)
{
  size_t n = 0;
  for (size_t i = 0; i < step && i < t->count; i++)
    n += t->steps[i].kind == VCCA_STEP_REC;
  return n;
}

struct rec {
  bool found;
  enum vcca_rules_id rules;
  struct vcca_rec_params params;
};

enum { PLACES = 64 };

/* Where a vCPU may start and what may be in x0: beginnings of memory, of images, and customary places. */
static size_t likely_places(const struct vcca_rim_diff *d, uint64_t out[PLACES])
{
  static const uint64_t usual[] = {0, 0x40000000, 0x40080000, 0x40200000, 0x80000000, 0x80080000};
  const struct vcca_rim_trace *sides[] = {d->a, d->b};
  size_t n = 0;
  for (; n < sizeof usual / sizeof *usual; n++)
    out[n] = usual[n];
  for (size_t s = 0; s < 2; s++)
    for (size_t i = 1; i < sides[s]->count && n < PLACES; i++) {
      const struct vcca_trace_step *step = &sides[s]->steps[i];
      if (step->kind == VCCA_STEP_DATA && (step[-1].kind != VCCA_STEP_DATA || step[-1].base + VCCA_PAGE != step->base))
        out[n++] = step->base;
    }
  for (size_t s = 0; s < 2; s++)
    for (size_t i = 0; i < sides[s]->part_count && n < PLACES; i++)
      out[n++] = sides[s]->parts[i].base;
  return n;
}

static void find_rec(const struct vcca_rim_diff *d, const struct vcca_trace_step *step, enum vcca_hash_alg alg,
                     struct rec *out)
{
  uint64_t places[PLACES];
  size_t n = likely_places(d, places);
  for (unsigned rules = 0; rules < VCCA_RULES_COUNT; rules++)
    for (size_t i = 0; i < n * n; i++) {
      uint8_t content[VCCA_MEASUREMENT_SIZE];
      struct vcca_rim rim = {.rules = (enum vcca_rules_id)rules, .hash_alg = alg};
      struct vcca_rec_params p = {.flags = step->flags, .pc = places[i / n], .gprs = {places[i % n]}};
      if (vcca_rim_rec(&rim, &p, content) && memcmp(content, step->content, vcca_hash_size(alg)) == 0) {
        *out = (struct rec){true, rim.rules, p};
        return;
      }
    }
}

static struct rec rec_of(const struct vcca_rim_diff *d, const struct vcca_rim_trace *t, size_t step)
{
  struct rec rec = {.found = t->plan != NULL};
  if (t->plan) {
    rec.rules = t->plan->rules;
    if (rec_number(t, step) == 0)
      rec.params = t->plan->boot_rec;
  } else {
    find_rec(d, &t->steps[step], t->alg, &rec);
  }
  return rec;
}

static void add_register(struct facts *out, const char *name, uint64_t a, uint64_t b)
{
  if (a == b)
    return;
  struct fact *f = facts_add(out);
  snprintf(f->name, sizeof f->name, "%s", name);
  snprintf(f->a, sizeof f->a, "0x%" PRIx64, a);
  snprintf(f->b, sizeof f->b, "0x%" PRIx64, b);
}

static void facts_of_rec(const struct vcca_rim_diff *d, const struct vcca_diff_run *run, struct facts *out)
{
  struct rec a = rec_of(d, d->a, run->a), b = rec_of(d, d->b, run->b);
  if (!a.found || !b.found) {
    out->remark = "a trace holds only the hash of the registers, and no likely pc and x0 lead to it";
    return;
  }
  if (!d->a->plan || !d->b->plan)
    out->remark = "a trace holds only the hash of the registers; these lead to it";
  add_register(out, "flags", a.params.flags, b.params.flags);
  add_register(out, "pc", a.params.pc, b.params.pc);
  for (unsigned i = 0; i < 8; i++) {
    char name[4];
    snprintf(name, sizeof name, "x%u", i);
    add_register(out, name, a.params.gprs[i], b.params.gprs[i]);
  }
  if (vcca_rim_rules(a.rules)->packed_rec != vcca_rim_rules(b.rules)->packed_rec) {
    struct fact *f = facts_add(out);
    snprintf(f->name, sizeof f->name, "hashed as");
    snprintf(f->a, sizeof f->a, "%s", vcca_rim_rules(a.rules)->packed_rec ? "80 bytes (virtCCA)" : "a page (RMM)");
    snprintf(f->b, sizeof f->b, "%s", vcca_rim_rules(b.rules)->packed_rec ? "80 bytes (virtCCA)" : "a page (RMM)");
  }
}

/* --- Header fields --------------------------------------------------------------------------------------- */

/* arm64's Image header (booting.rst), the device tree's (Devicetree Specification 0.4, 5.2), the addresses
 * in virtCCA's loader. */
static const struct {
  enum vcca_role part;
  const char *name;
  size_t start, size;
} fields[] = {
    {VCCA_ROLE_KERNEL, "code0 (first instruction)", 0x00, 4},
    {VCCA_ROLE_KERNEL, "code1 (branch to the kernel)", 0x04, 4},
    {VCCA_ROLE_KERNEL, "text_offset", 0x08, 8},
    {VCCA_ROLE_KERNEL, "image_size", 0x10, 8},
    {VCCA_ROLE_KERNEL, "flags", 0x18, 8},
    {VCCA_ROLE_KERNEL, "res2", 0x20, 8},
    {VCCA_ROLE_KERNEL, "res3", 0x28, 8},
    {VCCA_ROLE_KERNEL, "res4", 0x30, 8},
    {VCCA_ROLE_KERNEL, "magic", 0x38, 4},
    {VCCA_ROLE_KERNEL, "res5 (offset of the PE header)", 0x3c, 4},
    {VCCA_ROLE_DTB, "magic", 0x00, 4},
    {VCCA_ROLE_DTB, "totalsize", 0x04, 4},
    {VCCA_ROLE_DTB, "off_dt_struct", 0x08, 4},
    {VCCA_ROLE_DTB, "off_dt_strings", 0x0c, 4},
    {VCCA_ROLE_DTB, "off_mem_rsvmap", 0x10, 4},
    {VCCA_ROLE_DTB, "version", 0x14, 4},
    {VCCA_ROLE_DTB, "last_comp_version", 0x18, 4},
    {VCCA_ROLE_DTB, "boot_cpuid_phys", 0x1c, 4},
    {VCCA_ROLE_DTB, "size_dt_strings", 0x20, 4},
    {VCCA_ROLE_DTB, "size_dt_struct", 0x24, 4},
    {VCCA_ROLE_LOADER, "address of the device tree", 0x18, 8},
    {VCCA_ROLE_LOADER, "address of the kernel", 0x20, 8},
};

static uint64_t field_value(vcca_span s, size_t start, size_t size, bool big)
{
  uint64_t v = 0;
  for (size_t i = 0; i < size; i++) {
    size_t at = big ? start + i : start + size - 1 - i;
    v = v << 8 | (at < s.n ? s.p[at] : 0);
  }
  return v;
}

void facts_of_fields(enum vcca_role part, vcca_span a, vcca_span b, size_t from, size_t to, struct facts *out)
{
  bool big = part == VCCA_ROLE_DTB;
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (fields[i].part == part && fields[i].start >= from && fields[i].start < to)
      add_register(out, fields[i].name, field_value(a, fields[i].start, fields[i].size, big),
                   field_value(b, fields[i].start, fields[i].size, big));
}

/* --- Runs ------------------------------------------------------------------------------------------------ */

const char *command_of(const struct vcca_rim_trace *t, const struct vcca_trace_step *step)
{
  return step->command > 0 ? t->commands[step->command - 1] : "";
}

const struct vcca_trace_part *part_of_role(const struct vcca_rim_trace *t, enum vcca_role role)
{
  for (size_t i = 0; i < t->part_count; i++)
    if (t->parts[i].role == role)
      return &t->parts[i];
  return NULL;
}

uint8_t part_byte(const struct vcca_trace_part *part, uint64_t offset)
{
  return offset < part->content.n ? part->content.p[offset] : 0;
}

void granule_of(const struct vcca_rim_diff *d, const struct vcca_diff_run *run, struct granule *out)
{
  *out = (struct granule){.a = NULL};
  if (run->kind != VCCA_STEP_DATA)
    return;
  out->a = run->what != VCCA_ONLY_B ? part_at(d->a, run->base) : NULL;
  out->b = run->what != VCCA_ONLY_A ? part_at(d->b, run->base) : NULL;
  out->a_at = out->a ? run->base - out->a->base : 0;
  out->b_at = out->b ? run->base - out->b->base : 0;
  if (!out->a || !out->b)
    return;
  uint64_t a_page = out->a_at, b_page = out->b_at;
  for (size_t i = VCCA_PAGE; i-- > 0;)
    if (part_byte(out->a, a_page + i) != part_byte(out->b, b_page + i)) {
      out->differing++;
      out->a_at = a_page + i;
      out->b_at = b_page + i;
    }
}

void facts_of_run(const struct vcca_rim_diff *d, const struct vcca_diff_run *run, struct facts *out)
{
  struct granule g;
  *out = (struct facts){.count = 0};
  if (run->what == VCCA_PARAMETERS)
    facts_of_parameters(d, out);
  else if (run->kind == VCCA_STEP_REC && (run->what == VCCA_CONTENT || run->what == VCCA_FLAGS))
    facts_of_rec(d, run, out);
  if (run->kind != VCCA_STEP_DATA || run->what != VCCA_CONTENT)
    return;
  granule_of(d, run, &g);
  if (g.a && g.b && g.a->role == g.b->role && g.a->base == g.b->base && g.a->role != VCCA_ROLE_DTB)
    facts_of_fields(g.a->role, g.a->content, g.b->content, (size_t)(run->base - g.a->base),
                    (size_t)(run->base - g.a->base) + VCCA_PAGE, out);
}

/* --- The whole ------------------------------------------------------------------------------------------- */

const char *const difference_names[] = {
    [VCCA_ONLY_A] = "only in A", [VCCA_ONLY_B] = "only in B",   [VCCA_MOVED] = "moved",
    [VCCA_CONTENT] = "content",  [VCCA_SHIFTED] = "shifted",    [VCCA_PARAMETERS] = "parameters",
    [VCCA_FLAGS] = "flags",      [VCCA_TOP] = "size of change", [VCCA_REGISTER] = "register",
};

const char *const difference_words[] = {
    [VCCA_ONLY_A] = "only in A, missing in B",
    [VCCA_ONLY_B] = "only in B, missing in A",
    [VCCA_MOVED] = "in both, but not in the same order",
    [VCCA_CONTENT] = "content differs",
    [VCCA_SHIFTED] = "content differs: in A it is elsewhere",
    [VCCA_PARAMETERS] = "parameters differ",
    [VCCA_FLAGS] = "flags differ",
    [VCCA_TOP] = "the change ends elsewhere",
    [VCCA_REGISTER] = "the same step leads to other registers: the monitors hash it by different rules",
};

char ends_before(const struct vcca_rim_diff *d)
{
  enum vcca_difference what = d->run_count > 0 ? d->runs[0].what : VCCA_CONTENT;
  for (size_t i = 0; i < d->run_count; i++)
    if (d->runs[i].what != what)
      return 0;
  if (what == VCCA_ONLY_A && d->runs[0].b == d->b->count)
    return 'B';
  return what == VCCA_ONLY_B && d->runs[0].a == d->a->count ? 'A' : 0;
}

int64_t inserted_granules(const struct vcca_rim_diff *d)
{
  const struct vcca_diff_run *first = d->runs, *second = d->run_count > 1 ? d->runs + 1 : NULL;
  if (first->what == VCCA_SHIFTED && first->from > first->base && first->count > 1)
    return -(int64_t)((first->from - first->base) / VCCA_PAGE);
  if (second && first->what == VCCA_CONTENT && second->what == VCCA_SHIFTED && second->base == first->top &&
      second->from == first->base && second->count > 1)
    return (int64_t)first->count;
  return 0;
}
