/* A difference in words: the first one down to file, offset, bytes and fields, what the device trees say,
 * then every run.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "explain/facts.h"

#include <inttypes.h>
#include <string.h>

#include "rooms/text.h"
#include "vcca/hex.h"
#include "rooms/hash.h"
#include "rooms/explain.h"
#include "rooms/measurement.h"

enum { RUNS_SHOWN = 100, FACTS_SHOWN = 24, BYTES_SHOWN = 16 };

static void print_side(FILE *out, const char *side, const char *name, const struct vcca_rim_trace *t)
{
  char hex[2 * VCCA_HASH_MAX + 1];
  vcca_print(out, "%s: %s\n   %zu step%s, %s, RIM %s\n", side, name, t->count, t->count == 1 ? "" : "s",
             vcca_hash_name(t->alg),
             vcca_hex_text(vcca_span_of(t->steps[t->count - 1].rim, vcca_hash_size(t->alg)), hex, sizeof hex));
  if (t->realm)
    vcca_print(out, "   realm %u of the run, RD 0x%" PRIx64 "\n", t->realm, t->rd);
}

static void print_facts(FILE *out, const struct facts *facts, const char *indent)
{
  for (size_t i = 0; i < facts->count && i < FACTS_SHOWN; i++) {
    const struct fact *f = &facts->at[i];
    if (f->a[0] && f->b[0])
      vcca_print(out, "%s%s: %s in A, %s in B\n", indent, f->name, f->a, f->b);
    else
      vcca_print(out, "%s%s: only in %s: %s\n", indent, f->name, f->a[0] ? "A" : "B", f->a[0] ? f->a : f->b);
  }
  if (facts->count > FACTS_SHOWN)
    vcca_print(out, "%s... and %zu more%s\n", indent, facts->count - FACTS_SHOWN + facts->more,
               facts->more ? "" : " (all of them with -o json)");
  if (facts->remark)
    vcca_print(out, "%s(%s)\n", indent, facts->remark);
}

/* --- The first difference -------------------------------------------------------------------------------- */

static void print_place(FILE *out, const char *side, const struct vcca_trace_part *part, uint64_t at)
{
  if (!part)
    return;
  vcca_print(out, "  %s: %s + 0x%" PRIx64, side, vcca_role_name(part->role), at);
  if (at >= part->content.n)
    vcca_print(out, ", in the zeros behind it");
  else if (part->file && at >= part->lead)
    vcca_print(out, ", byte 0x%" PRIx64 " of %s", at - part->lead, part->file);
  vcca_print(out, "\n");
}

static void print_bytes(FILE *out, const char *side, const struct vcca_trace_part *part, uint64_t at)
{
  vcca_print(out, "  %s: 0x%" PRIx64 ":", side, at);
  for (unsigned i = 0; i < BYTES_SHOWN; i++)
    vcca_print(out, " %02x", part_byte(part, at + i));
  vcca_print(out, "\n");
}

/* "step 12 of A: data 0x40201000" */
static void print_step(FILE *out, const struct vcca_rim_diff *d, const struct vcca_diff_run *run)
{
  if (run->what == VCCA_ONLY_A)
    vcca_print(out, "step %zu of A", run->a);
  else if (run->what == VCCA_ONLY_B)
    vcca_print(out, "step %zu of B", run->b);
  else if (run->a == run->b)
    vcca_print(out, "step %zu", run->a);
  else
    vcca_print(out, "step %zu of A, %zu of B", run->a, run->b);
  vcca_print(out, ": %s", vcca_step_name(run->kind));
  if (run->kind == VCCA_STEP_DATA)
    vcca_print(out, " 0x%" PRIx64, run->base);
  if (run->kind == VCCA_STEP_RIPAS)
    vcca_print(out, " from 0x%" PRIx64, run->base);
  if (run->kind == VCCA_STEP_REC)
    vcca_print(out, " of vCPU %zu", run->what == VCCA_ONLY_B ? rec_number(d->b, run->b) : rec_number(d->a, run->a));
}

/* Which call of a run made the step, or came before it where it is missing. */
static void print_call(FILE *out, const char *side, const struct vcca_rim_trace *t, size_t step, bool missing)
{
  if (!t->realm || (missing && step == 0))
    return;
  const struct vcca_trace_step *s = &t->steps[missing ? step - 1 : step];
  vcca_print(out, "  %s: %s call %" PRIu32 ", %s (line %" PRIu32 " of the scenario)\n", side,
             missing ? "it would be behind" : "made by", s->call, command_of(t, s), s->line);
}

static void print_zeros(FILE *out, const char *side, const struct vcca_rim_trace *t, const struct vcca_trace_step *step)
{
  if (step->has_content && memcmp(step->content, vcca_hash_zero_page(t->alg), vcca_hash_size(t->alg)) == 0)
    vcca_print(out, "  %s has zeros here\n", side);
}

static void print_content(FILE *out, const struct vcca_rim_diff *d, const struct vcca_diff_run *run)
{
  struct granule g;
  int64_t inserted = inserted_granules(d);
  granule_of(d, run, &g);
  print_place(out, "A", g.a, g.a_at);
  print_place(out, "B", g.b, g.b_at);
  if (g.differing > 0) {
    vcca_print(out, "  %zu byte%s of this granule differ%s, the first at:\n", g.differing, g.differing > 1 ? "s" : "",
               g.differing > 1 ? "" : "s");
    print_bytes(out, "A", g.a, g.a_at);
    print_bytes(out, "B", g.b, g.b_at);
  } else if (run->kind == VCCA_STEP_DATA && run->what == VCCA_CONTENT) {
    print_zeros(out, "A", d->a, &d->a->steps[run->a]);
    print_zeros(out, "B", d->b, &d->b->steps[run->b]);
    vcca_print(
        out,
        "  a trace holds no bytes: with both sides as configurations, bytes, fields and properties are compared\n");
  }
  if (inserted > 0)
    vcca_print(out, "  B has %" PRId64 " granule%s more here: what follows is A's, shifted\n", inserted,
               inserted > 1 ? "s" : "");
  else if (inserted < 0)
    vcca_print(out, "  B lacks %" PRId64 " granule%s of A here: what follows is A's, shifted\n", -inserted,
               inserted < -1 ? "s" : "");
  else if (run->elsewhere)
    vcca_print(out, "  %s has here what %s has at 0x%" PRIx64 "\n", run->what == VCCA_ONLY_A ? "A" : "B",
               run->what == VCCA_ONLY_A ? "B" : "A", run->from);
}

static void print_first(FILE *out, const struct vcca_rim_diff *d, const struct vcca_diff_run *run)
{
  struct facts facts;
  const struct vcca_trace_step *a = run->a < d->a->count ? &d->a->steps[run->a] : NULL,
                               *b = run->b < d->b->count ? &d->b->steps[run->b] : NULL;
  char early = ends_before(d);
  if (early)
    vcca_print(out, "%c ends before %c does. As far as it goes, it is the same.\n", early, early == 'A' ? 'B' : 'A');
  vcca_print(out, "First difference: ");
  print_step(out, d, run);
  vcca_print(out, ": %s\n", difference_words[run->what]);
  print_call(out, "A", d->a, run->a, run->what == VCCA_ONLY_B);
  print_call(out, "B", d->b, run->b, run->what == VCCA_ONLY_A);
  if (run->what == VCCA_FLAGS && a && b)
    vcca_print(out, "  flags: 0x%" PRIx64 "%s in A, 0x%" PRIx64 "%s in B\n", a->flags,
               a->has_content ? "" : ", not measured", b->flags, b->has_content ? "" : ", not measured");
  else if (run->what == VCCA_TOP && a && b)
    vcca_print(out, "  it ends at 0x%" PRIx64 " in A, at 0x%" PRIx64 " in B\n", a->top, b->top);
  if (run->kind == VCCA_STEP_DATA)
    print_content(out, d, run);
  facts_of_run(d, run, &facts);
  print_facts(out, &facts, "  ");
}

/* --- All that differs ------------------------------------------------------------------------------------ */

/* "kernel + 0x1000"; both sides' when another image lies there. */
static void say_where(const struct vcca_rim_diff *d, const struct vcca_diff_run *run, char *buf, size_t cap)
{
  struct granule g;
  granule_of(d, run, &g);
  buf[0] = '\0';
  if (run->kind == VCCA_STEP_REC)
    snprintf(buf, cap, run->count > 1 ? "from vCPU %zu on" : "vCPU %zu",
             run->what == VCCA_ONLY_B ? rec_number(d->b, run->b) : rec_number(d->a, run->a));
  else if (g.a && g.b && g.a->role != g.b->role)
    snprintf(buf, cap, "%s + 0x%" PRIx64 " in A, %s + 0x%" PRIx64 " in B", vcca_role_name(g.a->role),
             run->base - g.a->base, vcca_role_name(g.b->role), run->base - g.b->base);
  else if (g.a && g.differing > 0)
    snprintf(buf, cap, "%s + 0x%" PRIx64, vcca_role_name(g.a->role), g.a_at);
  else if (run->part)
    snprintf(buf, cap, "%s + 0x%" PRIx64, vcca_role_name(run->part->role), run->base - run->part->base);
}

/* "; call 42 in A": of the first step, where a run made it. */
static void print_calls(FILE *out, const struct vcca_rim_diff *d, const struct vcca_diff_run *run, bool follows)
{
  const struct {
    const char *side;
    const struct vcca_rim_trace *t;
    size_t step;
    bool missing;
  } sides[] = {{"A", d->a, run->a, run->what == VCCA_ONLY_B}, {"B", d->b, run->b, run->what == VCCA_ONLY_A}};
  for (size_t i = 0; i < 2; i++)
    if (sides[i].t->realm && !sides[i].missing) {
      vcca_print(out, "%scall %" PRIu32 " in %s", follows ? "; " : "  ", sides[i].t->steps[sides[i].step].call,
                 sides[i].side);
      follows = true;
    }
}

static void print_run(FILE *out, const struct vcca_rim_diff *d, const struct vcca_diff_run *run)
{
  char addresses[64] = "", where[160];
  say_where(d, run, where, sizeof where);
  if (run->kind == VCCA_STEP_DATA || run->kind == VCCA_STEP_RIPAS)
    snprintf(addresses, sizeof addresses, "0x%09" PRIx64 "-0x%09" PRIx64, run->base, run->top);
  vcca_print(out, "  %-14s  %-6s  %-23s  %7zu", difference_names[run->what], vcca_step_name(run->kind), addresses,
             run->count);
  if (where[0])
    vcca_print(out, "  %s", where);
  if (run->elsewhere)
    vcca_print(out, "%s %s: 0x%" PRIx64, where[0] ? ";" : " ", run->what == VCCA_ONLY_A ? "in B" : "in A", run->from);
  print_calls(out, d, run, where[0] || run->elsewhere);
  vcca_print(out, "\n");
  if (run != d->runs) {
    struct facts facts;
    facts_of_run(d, run, &facts);
    print_facts(out, &facts, "      ");
  }
}

static void print_trees(FILE *out, const struct vcca_rim_diff *d)
{
  const struct vcca_trace_part *a = part_of_role(d->a, VCCA_ROLE_DTB), *b = part_of_role(d->b, VCCA_ROLE_DTB);
  struct facts facts;
  if (!a || !b || !facts_of_trees(a->content, b->content, &facts))
    return;
  vcca_print(out, "The device trees differ:\n");
  print_facts(out, &facts, "  ");
}

static void print_rpv(FILE *out, const struct vcca_rim_diff *d)
{
  char a[2 * 64 + 1], b[2 * 64 + 1];
  if (d->a->plan && d->b->plan && memcmp(d->a->plan->rpv, d->b->plan->rpv, sizeof d->a->plan->rpv) != 0)
    vcca_print(
        out, "The personalization values differ, which a RIM does not hold, but a token does:\n  %s in A\n  %s in B\n",
        vcca_hex_text(VCCA_SPAN(d->a->plan->rpv), a, sizeof a), vcca_hex_text(VCCA_SPAN(d->b->plan->rpv), b, sizeof b));
}

static void print_algorithms(FILE *out, const struct vcca_rim_diff *d)
{
  const char *a = vcca_hash_name(d->given_a->alg), *b = vcca_hash_name(d->given_b->alg);
  if (d->given_a->alg == d->given_b->alg)
    return;
  vcca_print(out, "The algorithms differ: %s in A, %s in B. So every value does; ", a, b);
  if (!d->again)
    vcca_print(out, "what follows is only what else differs, contents and parameters left out.\n");
  else
    vcca_print(out, "%c is compared as it would be with %s.\n", d->b == d->again ? 'B' : 'A',
               vcca_hash_name(d->again->alg));
}

void vcca_rim_diff_text(const struct vcca_rim_diff *d, const char *a, const char *b, FILE *out)
{
  print_side(out, "A", a, d->given_a);
  print_side(out, "B", b, d->given_b);
  if (vcca_rim_diff_same(d))
    vcca_print(out, "They are the same.\n");
  print_algorithms(out, d);
  print_rpv(out, d);
  if (d->run_count > 0) {
    print_first(out, d, &d->runs[0]);
    print_trees(out, d);
    vcca_print(out, "All that differs:\n  %-14s  %-6s  %-23s  %7s  %s\n", "what", "kind", "addresses", "steps",
               "where");
  }
  for (size_t i = 0; i < d->run_count && i < RUNS_SHOWN; i++)
    print_run(out, d, &d->runs[i]);
  if (d->run_count > RUNS_SHOWN)
    vcca_print(out, "  ... and %zu more (all of them with -o json)\n", d->run_count - RUNS_SHOWN);
  if (!vcca_rim_diff_same(d))
    vcca_print(out, "%zu %s the same.\n", d->equal, d->equal == 1 ? "step is" : "steps are");
}
