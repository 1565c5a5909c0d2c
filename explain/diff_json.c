/* A difference as JSON: the same as in words.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "explain/facts.h"

#include <string.h>

#include "rooms/json.h"
#include "rooms/explain.h"
#include "rooms/measurement.h"

static void put_side(struct vcca_json *j, const char *key, const char *name, const struct vcca_rim_trace *t)
{
  vcca_json_open(j, key, '{');
  vcca_json_str(j, "name", name);
  vcca_json_int(j, "steps", (int64_t)t->count);
  vcca_json_str(j, "hash_alg", vcca_hash_name(t->alg));
  vcca_json_hex(j, "rim", vcca_span_of(t->steps[t->count - 1].rim, vcca_hash_size(t->alg)));
  if (t->plan)
    vcca_json_hex(j, "rpv", VCCA_SPAN(t->plan->rpv));
  if (t->realm) {
    vcca_json_int(j, "realm", t->realm);
    vcca_json_addr(j, "rd", t->rd);
  }
  vcca_json_close(j);
}

static void put_facts(struct vcca_json *j, const char *key, const struct facts *facts)
{
  if (facts->count == 0 && !facts->remark)
    return;
  vcca_json_open(j, key, '[');
  for (size_t i = 0; i < facts->count; i++) {
    const struct fact *f = &facts->at[i];
    vcca_json_open(j, NULL, '{');
    vcca_json_str(j, "name", f->name);
    if (f->a[0])
      vcca_json_str(j, "a", f->a);
    if (f->b[0])
      vcca_json_str(j, "b", f->b);
    vcca_json_close(j);
  }
  vcca_json_close(j);
  if (facts->more > 0)
    vcca_json_int(j, "fields_left_out", (int64_t)facts->more);
  if (facts->remark)
    vcca_json_str(j, "remark", facts->remark);
}

/* at: an offset in the part; in the file there are no zeros in front. */
static void put_place(struct vcca_json *j, const char *key, const struct vcca_trace_part *part, uint64_t at, bool bytes)
{
  if (!part)
    return;
  vcca_json_open(j, key, '{');
  vcca_json_str(j, "part", vcca_role_name(part->role));
  vcca_json_addr(j, "offset", at);
  if (part->file && at >= part->lead && at < part->content.n) {
    vcca_json_str(j, "file", part->file);
    vcca_json_addr(j, "file_offset", at - part->lead);
  }
  if (bytes) {
    uint8_t some[16];
    for (size_t i = 0; i < sizeof some; i++)
      some[i] = part_byte(part, at + i);
    vcca_json_hex(j, "bytes", VCCA_SPAN(some));
  }
  vcca_json_close(j);
}

/* The call of a run that made a step. */
static void put_call(struct vcca_json *j, const char *key, const struct vcca_rim_trace *t,
                     const struct vcca_trace_step *step)
{
  if (!t->realm)
    return;
  vcca_json_open(j, key, '{');
  vcca_json_int(j, "call", step->call);
  vcca_json_int(j, "line", step->line);
  vcca_json_str(j, "command", command_of(t, step));
  vcca_json_close(j);
}

/* One run; the first has bytes too. */
static void put_run(struct vcca_json *j, const struct vcca_rim_diff *d, const struct vcca_diff_run *run)
{
  struct granule g;
  struct facts facts;
  granule_of(d, run, &g);
  facts_of_run(d, run, &facts);
  vcca_json_open(j, NULL, '{');
  vcca_json_str(j, "difference", difference_names[run->what]);
  vcca_json_str(j, "words", difference_words[run->what]);
  vcca_json_str(j, "kind", vcca_step_name(run->kind));
  if (run->kind == VCCA_STEP_DATA || run->kind == VCCA_STEP_RIPAS) {
    vcca_json_addr(j, "base", run->base);
    vcca_json_addr(j, "top", run->top);
  }
  if (run->kind == VCCA_STEP_REC)
    vcca_json_int(j, "vcpu", (int64_t)(run->what == VCCA_ONLY_B ? rec_number(d->b, run->b) : rec_number(d->a, run->a)));
  if (run->what != VCCA_ONLY_B)
    vcca_json_int(j, "a_step", (int64_t)run->a);
  if (run->what != VCCA_ONLY_A)
    vcca_json_int(j, "b_step", (int64_t)run->b);
  if (run->what != VCCA_ONLY_B)
    put_call(j, "a_call", d->a, &d->a->steps[run->a]);
  if (run->what != VCCA_ONLY_A)
    put_call(j, "b_call", d->b, &d->b->steps[run->b]);
  vcca_json_int(j, "steps", (int64_t)run->count);
  if (run->elsewhere)
    vcca_json_addr(j, run->what == VCCA_ONLY_A ? "in_b_at" : "in_a_at", run->from);
  put_place(j, "a", g.a, g.a_at, g.differing > 0);
  put_place(j, "b", g.b, g.b_at, g.differing > 0);
  if (g.differing > 0)
    vcca_json_int(j, "bytes_of_first_granule", (int64_t)g.differing);
  put_facts(j, "fields", &facts);
  vcca_json_close(j);
}

void vcca_rim_diff_json(const struct vcca_rim_diff *d, const char *a, const char *b, FILE *out)
{
  struct vcca_json j = vcca_json_to(out, VCCA_JSON_PRETTY);
  const struct vcca_trace_part *a_dtb = part_of_role(d->a, VCCA_ROLE_DTB), *b_dtb = part_of_role(d->b, VCCA_ROLE_DTB);
  struct facts facts;
  char early[2] = {ends_before(d)};
  vcca_json_open(&j, NULL, '{');
  vcca_json_head(&j, "vcca-rim-diff-2", NULL);
  vcca_json_bool(&j, "same", vcca_rim_diff_same(d));
  put_side(&j, "a", a, d->given_a);
  put_side(&j, "b", b, d->given_b);
  if (d->again)
    vcca_json_str(&j, "compared_with", vcca_hash_name(d->again->alg));
  if (early[0])
    vcca_json_str(&j, "ends_before", early);
  if (d->run_count > 0 && inserted_granules(d) != 0)
    vcca_json_int(&j, "inserted_granules", inserted_granules(d));
  if (a_dtb && b_dtb && facts_of_trees(a_dtb->content, b_dtb->content, &facts)) {
    vcca_json_open(&j, "device_trees", '{');
    put_facts(&j, "fields", &facts);
    vcca_json_close(&j);
  }
  vcca_json_open(&j, "runs", '[');
  for (size_t i = 0; i < d->run_count; i++)
    put_run(&j, d, &d->runs[i]);
  vcca_json_close(&j);
  vcca_json_int(&j, "equal_steps", (int64_t)d->equal);
  vcca_json_close(&j);
}
