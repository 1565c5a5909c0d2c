/* A difference in words and as JSON: the first one down to file, offset and field, then every run.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "vcca/explain.h"

#include <inttypes.h>
#include <string.h>

#include "vcca/hex.h"
#include "vcca/json.h"

enum { RUNS_SHOWN = 100 };

static const char *const difference_names[] = {
    [VCCA_ONLY_A] = "only in A", [VCCA_ONLY_B] = "only in B",   [VCCA_MOVED] = "moved",       [VCCA_CONTENT] = "content",
    [VCCA_FLAGS] = "flags",      [VCCA_TOP] = "size of change", [VCCA_REGISTER] = "register",
};

static const char *const difference_words[] = {
    [VCCA_ONLY_A] = "only in A, missing in B",
    [VCCA_ONLY_B] = "only in B, missing in A",
    [VCCA_MOVED] = "in both, but not in the same order",
    [VCCA_CONTENT] = "content differs",
    [VCCA_FLAGS] = "flags differ",
    [VCCA_TOP] = "the change ends elsewhere",
    [VCCA_REGISTER] = "the same step leads to other registers: the monitors hash it by different rules",
};

/* --- Bytes ----------------------------------------------------------------------------------------------- */

static const struct vcca_trace_part *part_at(const struct vcca_rim_trace *t, uint64_t ipa)
{
  for (size_t i = 0; i < t->part_count; i++)
    if (ipa >= t->parts[i].base && ipa < t->parts[i].top)
      return &t->parts[i];
  return NULL;
}

/* A byte of a part; zeros follow its content. */
static uint8_t byte_at(const struct vcca_trace_part *part, uint64_t offset)
{
  return offset < part->content.n ? part->content.p[offset] : 0;
}

static uint64_t value_at(const struct vcca_trace_part *part, size_t start, size_t size, bool big)
{
  uint64_t v = 0;
  for (size_t i = 0; i < size; i++)
    v = v << 8 | byte_at(part, big ? start + i : start + size - 1 - i);
  return v;
}

/* What the first difference is about, when it is about bytes that are at hand. */
struct bytes {
  const struct vcca_trace_part *a, *b;
  uint64_t a_at, b_at; /* offsets in the parts, of the first differing byte when there is one */
  size_t count;        /* differing bytes in the granule */
  char name[256];
  const char *field; /* NULL: not known */
  size_t start, size;
};

static void find_bytes(const struct vcca_rim_diff *d, const struct vcca_diff_run *run, struct bytes *f)
{
  *f = (struct bytes){.field = NULL};
  if (run->kind != VCCA_STEP_DATA)
    return;
  f->a = run->what != VCCA_ONLY_B ? part_at(d->a, run->base) : NULL;
  f->b = run->what != VCCA_ONLY_A ? part_at(d->b, run->base) : NULL;
  f->a_at = f->a ? run->base - f->a->base : 0;
  f->b_at = f->b ? run->base - f->b->base : 0;
  if (run->what != VCCA_CONTENT || !f->a || !f->b)
    return;
  uint64_t a_page = f->a_at, b_page = f->b_at;
  for (size_t i = VCCA_PAGE; i-- > 0;)
    if (byte_at(f->a, a_page + i) != byte_at(f->b, b_page + i)) {
      f->count++;
      f->a_at = a_page + i;
      f->b_at = b_page + i;
    }
  if (f->count > 0 && strcmp(f->a->name, f->b->name) == 0 && f->a_at == f->b_at)
    f->field = vcca_field_at(f->a->name, f->a->content, (size_t)f->a_at, &f->start, &f->size, f->name, sizeof f->name);
}

/* Where else the other side has the content that is new on this side: the image lies elsewhere. NULL: nowhere, or it is zeros. */
static const struct vcca_trace_step *elsewhere(const struct vcca_rim_trace *here, const struct vcca_trace_step *step,
                                               const struct vcca_rim_trace *there)
{
  size_t n = vcca_hash_size(here->alg);
  if (step->kind != VCCA_STEP_DATA || !step->has_content || here->alg != there->alg || memcmp(step->content, vcca_hash_zero_page(here->alg), n) == 0)
    return NULL;
  for (size_t i = 0; i < there->count; i++)
    if (there->steps[i].kind == VCCA_STEP_DATA && memcmp(there->steps[i].content, step->content, n) == 0)
      return there->steps[i].base != step->base ? &there->steps[i] : NULL;
  return NULL;
}

/* --- Text ------------------------------------------------------------------------------------------------ */

static void print_side(FILE *out, const char *side, const char *name, const struct vcca_rim_trace *t)
{
  char hex[2 * VCCA_HASH_MAX + 1];
  fprintf(out, "%s: %s\n   %zu steps, %s, RIM %s\n", side, name, t->count, vcca_hash_name(t->alg),
          vcca_hex_text(vcca_span_of(t->steps[t->count - 1].rim, vcca_hash_size(t->alg)), hex, sizeof hex));
}

static const struct {
  const char *name;
  size_t offset;
} params[] = {
    {"flags", offsetof(struct vcca_realm_params, flags)},     {"s2sz", offsetof(struct vcca_realm_params, s2sz)},
    {"sve_vl", offsetof(struct vcca_realm_params, sve_vl)},   {"num_bps", offsetof(struct vcca_realm_params, num_bps)},
    {"num_wps", offsetof(struct vcca_realm_params, num_wps)}, {"pmu_num_ctrs", offsetof(struct vcca_realm_params, pmu_num_ctrs)},
};

static uint64_t param(const struct vcca_rim_trace *t, size_t i)
{
  uint64_t v;
  memcpy(&v, (const char *)&t->params + params[i].offset, sizeof v);
  return v;
}

static void print_params(FILE *out, const struct vcca_rim_diff *d)
{
  if (d->a->has_params && d->b->has_params) {
    for (size_t i = 0; i < sizeof params / sizeof *params; i++)
      if (param(d->a, i) != param(d->b, i))
        fprintf(out, "  %s: %" PRIu64 " in A, %" PRIu64 " in B\n", params[i].name, param(d->a, i), param(d->b, i));
    return;
  }
  uint64_t a = d->a->steps[0].flags, b = d->b->steps[0].flags;
  if (a != b)
    fprintf(out, "  flags: 0x%" PRIx64 " in A, 0x%" PRIx64 " in B:%s%s%s\n", a, b, (a ^ b) & 1 ? " LPA2" : "", (a ^ b) & 2 ? " SVE" : "",
            (a ^ b) & 4 ? " PMU" : "");
  else
    fprintf(out, "  the flags are the same, so it is the IPA width, the vector length or a number of counters, breakpoints or watchpoints;\n"
                 "  a trace does not hold them: compare with a configuration, or let `vcca rim explain` search\n");
}

static void print_place(FILE *out, const char *side, const struct vcca_trace_part *part, uint64_t at)
{
  if (!part)
    return;
  fprintf(out, "  %s: %s + 0x%" PRIx64, side, part->name, at);
  if (part->file && at >= part->lead && at - part->lead < part->content.n)
    fprintf(out, ", byte 0x%" PRIx64 " of %s", at - part->lead, part->file);
  else if (at >= part->content.n)
    fprintf(out, ", in the zeros behind it");
  fprintf(out, "\n");
}

static void print_field(FILE *out, const struct bytes *f)
{
  bool big = strcmp(f->a->name, "dtb") == 0;
  if (f->size <= 8) {
    fprintf(out, "  field %s: 0x%" PRIx64 " in A, 0x%" PRIx64 " in B\n", f->field, value_at(f->a, f->start, f->size, big),
            value_at(f->b, f->start, f->size, big));
    return;
  }
  fprintf(out, "  field %s, byte %" PRIu64 " of its %zu\n", f->field, f->a_at - f->start, f->size);
}

/* "step 12 of A: data 0x40201000" */
static void print_step(FILE *out, const struct vcca_diff_run *run)
{
  if (run->what == VCCA_ONLY_A)
    fprintf(out, "step %zu of A", run->a);
  else if (run->what == VCCA_ONLY_B)
    fprintf(out, "step %zu of B", run->b);
  else if (run->a == run->b)
    fprintf(out, "step %zu", run->a);
  else
    fprintf(out, "step %zu of A, %zu of B", run->a, run->b);
  fprintf(out, ": %s", vcca_step_name(run->kind));
  if (run->kind == VCCA_STEP_DATA)
    fprintf(out, " 0x%" PRIx64, run->base);
  if (run->kind == VCCA_STEP_RIPAS)
    fprintf(out, " from 0x%" PRIx64, run->base);
}

static void print_first(FILE *out, const struct vcca_rim_diff *d, const struct vcca_diff_run *run)
{
  struct bytes f;
  find_bytes(d, run, &f);
  const struct vcca_trace_step *a = &d->a->steps[run->a], *b = &d->b->steps[run->b];
  fprintf(out, "First difference: ");
  print_step(out, run);
  fprintf(out, ": %s\n", run->kind == VCCA_STEP_CREATE ? "parameters differ" : difference_words[run->what]);
  if (run->kind == VCCA_STEP_CREATE)
    print_params(out, d);
  else if (run->what == VCCA_FLAGS)
    fprintf(out, "  flags: 0x%" PRIx64 "%s in A, 0x%" PRIx64 "%s in B\n", a->flags, a->has_content ? "" : ", not measured", b->flags,
            b->has_content ? "" : ", not measured");
  else if (run->what == VCCA_TOP)
    fprintf(out, "  it ends at 0x%" PRIx64 " in A, at 0x%" PRIx64 " in B\n", a->top, b->top);
  print_place(out, "A", f.a, f.a_at);
  print_place(out, "B", f.b, f.b_at);
  if (f.count > 0)
    fprintf(out, "  first differing byte: %02x in A, %02x in B; %zu of this granule's bytes differ\n", byte_at(f.a, f.a_at), byte_at(f.b, f.b_at),
            f.count);
  if (f.field)
    print_field(out, &f);
  const struct vcca_trace_step *step = run->what == VCCA_ONLY_B ? NULL : elsewhere(d->a, a, d->b);
  if (step)
    fprintf(out, "  B has A's content of this granule at 0x%" PRIx64 ": is the image loaded elsewhere?\n", step->base);
  step = run->what == VCCA_ONLY_A ? NULL : elsewhere(d->b, b, d->a);
  if (step && run->what == VCCA_ONLY_B)
    fprintf(out, "  A has B's content of this granule at 0x%" PRIx64 ": is the image loaded elsewhere?\n", step->base);
}

static void print_run(FILE *out, const struct vcca_rim_diff *d, const struct vcca_diff_run *run)
{
  struct bytes f;
  find_bytes(d, run, &f);
  char where[64] = "", at[128] = "";
  if (run->kind == VCCA_STEP_DATA || run->kind == VCCA_STEP_RIPAS)
    snprintf(where, sizeof where, "0x%09" PRIx64 "-0x%09" PRIx64, run->base, run->top);
  if (f.count > 0)
    snprintf(at, sizeof at, "%s + 0x%" PRIx64 "%s%.40s", f.a->name, f.a_at, f.field ? ": " : "", f.field ? f.field : "");
  else if (run->part)
    snprintf(at, sizeof at, "%s + 0x%" PRIx64, run->part->name, run->base - run->part->base);
  fprintf(out, "  %-14s  %-6s  %-23s  %7zu%s%s\n", difference_names[run->what], vcca_step_name(run->kind), where, run->count, *at ? "  " : "", at);
}

void vcca_rim_diff_text(const struct vcca_rim_diff *d, const char *a, const char *b, FILE *out)
{
  print_side(out, "A", a, d->a);
  print_side(out, "B", b, d->b);
  if (vcca_rim_diff_same(d)) {
    fprintf(out, "They are the same.\n");
    return;
  }
  if (d->a->alg != d->b->alg)
    fprintf(out, "The algorithms differ, %s and %s, so every value does; what follows is only what else differs.\n", vcca_hash_name(d->a->alg),
            vcca_hash_name(d->b->alg));
  if (d->run_count > 0) {
    print_first(out, d, &d->runs[0]);
    fprintf(out, "All that differs:\n  %-14s  %-6s  %-23s  %7s  %s\n", "what", "kind", "addresses", "steps", "where");
  }
  for (size_t i = 0; i < d->run_count && i < RUNS_SHOWN; i++)
    print_run(out, d, &d->runs[i]);
  if (d->run_count > RUNS_SHOWN)
    fprintf(out, "  ... and %zu more (all of them with -o json)\n", d->run_count - RUNS_SHOWN);
  fprintf(out, "%zu steps are the same.\n", d->equal);
}

/* --- JSON ------------------------------------------------------------------------------------------------ */

static void put_side(struct vcca_json *j, const char *key, const char *name, const struct vcca_rim_trace *t)
{
  vcca_json_open(j, key, '{');
  vcca_json_str(j, "name", name);
  vcca_json_int(j, "steps", (int64_t)t->count);
  vcca_json_str(j, "hash_alg", vcca_hash_name(t->alg));
  vcca_json_hex(j, "rim", vcca_span_of(t->steps[t->count - 1].rim, vcca_hash_size(t->alg)));
  vcca_json_close(j);
}

static void put_place(struct vcca_json *j, const char *key, const struct vcca_trace_part *part, uint64_t at)
{
  if (!part)
    return;
  vcca_json_open(j, key, '{');
  vcca_json_str(j, "part", part->name);
  if (part->file)
    vcca_json_str(j, "file", part->file);
  vcca_json_addr(j, "offset", at - (at >= part->lead ? part->lead : at));
  vcca_json_close(j);
}

static void put_first(struct vcca_json *j, const struct vcca_rim_diff *d, const struct vcca_diff_run *run)
{
  struct bytes f;
  find_bytes(d, run, &f);
  vcca_json_open(j, "first", '{');
  vcca_json_str(j, "words", run->kind == VCCA_STEP_CREATE ? "parameters differ" : difference_words[run->what]);
  put_place(j, "a", f.a, f.a_at);
  put_place(j, "b", f.b, f.b_at);
  if (f.count > 0)
    vcca_json_int(j, "bytes", (int64_t)f.count);
  if (f.field)
    vcca_json_str(j, "field", f.field);
  if (f.field && f.size <= 8) {
    bool big = strcmp(f.a->name, "dtb") == 0;
    vcca_json_addr(j, "a_value", value_at(f.a, f.start, f.size, big));
    vcca_json_addr(j, "b_value", value_at(f.b, f.start, f.size, big));
  }
  if (run->kind == VCCA_STEP_CREATE && d->a->has_params && d->b->has_params) {
    vcca_json_open(j, "parameters", '[');
    for (size_t i = 0; i < sizeof params / sizeof *params; i++)
      if (param(d->a, i) != param(d->b, i)) {
        vcca_json_open(j, NULL, '{');
        vcca_json_str(j, "name", params[i].name);
        vcca_json_int(j, "a", (int64_t)param(d->a, i));
        vcca_json_int(j, "b", (int64_t)param(d->b, i));
        vcca_json_close(j);
      }
    vcca_json_close(j);
  }
  vcca_json_close(j);
}

static void put_run(struct vcca_json *j, const struct vcca_diff_run *run)
{
  vcca_json_open(j, NULL, '{');
  vcca_json_str(j, "difference", difference_names[run->what]);
  vcca_json_str(j, "kind", vcca_step_name(run->kind));
  if (run->kind == VCCA_STEP_DATA || run->kind == VCCA_STEP_RIPAS) {
    vcca_json_addr(j, "base", run->base);
    vcca_json_addr(j, "top", run->top);
  }
  if (run->part)
    vcca_json_str(j, "part", run->part->name);
  if (run->what != VCCA_ONLY_B)
    vcca_json_int(j, "a_step", (int64_t)run->a);
  if (run->what != VCCA_ONLY_A)
    vcca_json_int(j, "b_step", (int64_t)run->b);
  vcca_json_int(j, "steps", (int64_t)run->count);
  vcca_json_close(j);
}

void vcca_rim_diff_json(const struct vcca_rim_diff *d, const char *a, const char *b, FILE *out)
{
  struct vcca_json j = vcca_json_to(out, VCCA_JSON_PRETTY);
  vcca_json_open(&j, NULL, '{');
  vcca_json_head(&j, "vcca-rim-diff-1", NULL);
  vcca_json_bool(&j, "same", vcca_rim_diff_same(d));
  put_side(&j, "a", a, d->a);
  put_side(&j, "b", b, d->b);
  if (d->run_count > 0)
    put_first(&j, d, &d->runs[0]);
  vcca_json_open(&j, "runs", '[');
  for (size_t i = 0; i < d->run_count; i++)
    put_run(&j, &d->runs[i]);
  vcca_json_close(&j);
  vcca_json_int(&j, "equal_steps", (int64_t)d->equal);
  vcca_json_close(&j);
}
