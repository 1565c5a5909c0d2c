/* Traces: read from lines of JSON, or recorded while a plan is measured. The reader takes our own schema and nothing else
 * (docs/adr/0011-explain.md).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "vcca/explain.h"

#include <stdlib.h>
#include <string.h>

#include "vcca/hex.h"

/* One more step, zeroed; NULL when there is no room. */
static struct vcca_trace_step *next_step(struct vcca_rim_trace *t)
{
  if (t->count == t->room) {
    size_t room = t->room ? 2 * t->room : 1024;
    struct vcca_trace_step *more = t->count < VCCA_TRACE_STEPS_MAX ? realloc(t->steps, room * sizeof *more) : NULL;
    if (!more)
      return NULL;
    t->steps = more;
    t->room = room;
  }
  struct vcca_trace_step *step = &t->steps[t->count++];
  memset(step, 0, sizeof *step);
  return step;
}

static bool no_room(const struct vcca_rim_trace *t, struct vcca_error *err)
{
  if (t->count >= VCCA_TRACE_STEPS_MAX)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "more than %d steps", VCCA_TRACE_STEPS_MAX);
  return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu steps", t->count);
}

void vcca_trace_free(struct vcca_rim_trace *trace)
{
  free(trace->steps);
  memset(trace, 0, sizeof *trace);
}

/* --- Reading --------------------------------------------------------------------------------------------- */

enum key { KEY_STEP, KEY_KIND, KEY_IPA, KEY_BASE, KEY_TOP, KEY_FLAGS, KEY_CONTENT, KEY_RIM, KEYS };
static const char *const key_names[KEYS] = {"step", "kind", "ipa", "base", "top", "flags", "content", "rim"};

/* Which keys a kind has, and which of them may be missing. */
static const struct {
  unsigned must, may;
} kind_keys[] = {
    [VCCA_STEP_CREATE] = {1u << KEY_FLAGS | 1u << KEY_RIM, 0},
    [VCCA_STEP_DATA] = {1u << KEY_IPA | 1u << KEY_FLAGS | 1u << KEY_RIM, 1u << KEY_CONTENT},
    [VCCA_STEP_REC] = {1u << KEY_FLAGS | 1u << KEY_CONTENT | 1u << KEY_RIM, 0},
    [VCCA_STEP_RIPAS] = {1u << KEY_BASE | 1u << KEY_TOP | 1u << KEY_RIM, 0},
};

/* A line on its way: what is left of it and where that is. */
struct line {
  vcca_span text;
  size_t at;
  unsigned number;
  struct vcca_error *err;
  vcca_span value[KEYS]; /* strings without their quotes */
  unsigned given;
};

static bool bad(const struct line *l, size_t at, const char *what)
{
  return vcca_fail_line(l->err, l->number, (unsigned)at + 1, "%s", what);
}

static void skip_blanks(struct line *l)
{
  while (l->at < l->text.n && (l->text.p[l->at] == ' ' || l->text.p[l->at] == '\t' || l->text.p[l->at] == '\r'))
    l->at++;
}

static bool take(struct line *l, char c)
{
  skip_blanks(l);
  if (l->at == l->text.n || l->text.p[l->at] != (uint8_t)c)
    return false;
  l->at++;
  return true;
}

static bool take_string(struct line *l, vcca_span *out)
{
  if (!take(l, '"'))
    return bad(l, l->at, "a string was expected");
  size_t from = l->at;
  while (l->at < l->text.n && l->text.p[l->at] != '"') {
    if (l->text.p[l->at] == '\\' || l->text.p[l->at] < 0x20)
      return bad(l, l->at, "no escapes or control characters in a trace");
    l->at++;
  }
  *out = vcca_span_sub(l->text, from, l->at - from);
  return take(l, '"') || bad(l, from, "this string has no end");
}

static bool take_member(struct line *l)
{
  vcca_span name = {NULL, 0}, value = {NULL, 0};
  skip_blanks(l);
  size_t at = l->at, k = 0;
  if (!take_string(l, &name))
    return false;
  while (k < KEYS && !vcca_span_is(name, key_names[k]))
    k++;
  if (k == KEYS)
    return bad(l, at, "unknown key: a step has step, kind, ipa, base, top, flags, content, rim");
  if (l->given & 1u << k)
    return bad(l, at, "this key is given twice");
  if (!take(l, ':'))
    return bad(l, l->at, "':' was expected");
  skip_blanks(l);
  if (k == KEY_STEP) {
    size_t from = l->at;
    while (l->at < l->text.n && l->text.p[l->at] >= '0' && l->text.p[l->at] <= '9')
      l->at++;
    value = vcca_span_sub(l->text, from, l->at - from);
  } else if (!take_string(l, &value)) {
    return false;
  }
  l->given |= 1u << k;
  l->value[k] = value;
  return true;
}

static size_t place(const struct line *l, enum key key)
{
  return (size_t)(l->value[key].p - l->text.p);
}

static bool get_number(const struct line *l, enum key key, uint64_t *out)
{
  struct vcca_error why;
  if (!(l->given & 1u << key) || vcca_u64_read(l->value[key], out, &why))
    return true;
  return bad(l, place(l, key) + why.offset, why.text);
}

/* A digest; the first line's length tells the algorithm. */
static bool get_digest(const struct line *l, enum key key, struct vcca_rim_trace *t, uint8_t out[VCCA_HASH_MAX])
{
  if (!(l->given & 1u << key))
    return true;
  struct vcca_error why;
  vcca_sink sink = vcca_sink_of(out, VCCA_HASH_MAX);
  if (!vcca_hex_read(l->value[key], &sink, &why))
    return bad(l, place(l, key) + why.offset, why.text);
  for (unsigned alg = 0; t->count == 1 && alg < VCCA_HASH_ALGS; alg++)
    if (sink.n == vcca_hash_size((enum vcca_hash_alg)alg))
      t->alg = (enum vcca_hash_alg)alg;
  return sink.n == vcca_hash_size(t->alg) ||
         bad(l, place(l, key), t->count == 1 ? "a digest has 32, 48 or 64 bytes" : "a digest of another length than the first step's");
}

static bool get_kind(const struct line *l, enum vcca_step_kind *out)
{
  if (!(l->given & 1u << KEY_KIND))
    return bad(l, 0, "a step without kind");
  for (unsigned k = VCCA_STEP_CREATE; k <= VCCA_STEP_RIPAS; k++)
    if (vcca_span_is(l->value[KEY_KIND], vcca_step_name((enum vcca_step_kind)k))) {
      *out = (enum vcca_step_kind)k;
      return true;
    }
  return bad(l, place(l, KEY_KIND), "no kind of step: create, data, rec or ripas");
}

static bool check_keys(const struct line *l, enum vcca_step_kind kind)
{
  unsigned must = kind_keys[kind].must, may = must | kind_keys[kind].may | 1u << KEY_STEP | 1u << KEY_KIND;
  for (unsigned k = 0; k < KEYS; k++) {
    if (must >> k & 1 && !(l->given >> k & 1))
      return vcca_fail_line(l->err, l->number, 1, "a %s step without %s", vcca_step_name(kind), key_names[k]);
    if (l->given >> k & 1 && !(may >> k & 1))
      return vcca_fail_line(l->err, l->number, (unsigned)place(l, (enum key)k) + 1, "a %s step has no %s", vcca_step_name(kind), key_names[k]);
  }
  return true;
}

/* Addresses where granules can be. */
static bool check_addresses(const struct line *l, const struct vcca_trace_step *s)
{
  if (s->base % VCCA_PAGE != 0)
    return bad(l, place(l, s->kind == VCCA_STEP_DATA ? KEY_IPA : KEY_BASE), "not a multiple of 4 KiB");
  if (s->kind == VCCA_STEP_RIPAS && (s->top % VCCA_PAGE != 0 || s->top <= s->base))
    return bad(l, place(l, KEY_TOP), "not a multiple of 4 KiB above base");
  return true;
}

static bool read_line(struct line *l, struct vcca_rim_trace *t)
{
  if (!take(l, '{'))
    return bad(l, l->at, "a line of a trace is an object: '{' was expected");
  do {
    if (!take_member(l))
      return false;
  } while (take(l, ','));
  if (!take(l, '}'))
    return bad(l, l->at, "',' or '}' was expected");
  skip_blanks(l);
  if (l->at < l->text.n)
    return bad(l, l->at, "nothing may follow the object on its line");

  struct vcca_trace_step *s = next_step(t);
  if (!s)
    return no_room(t, l->err);
  uint64_t number = t->count - 1;
  if (!get_kind(l, &s->kind) || !check_keys(l, s->kind) || !get_number(l, KEY_STEP, &number) || !get_number(l, KEY_IPA, &s->base) ||
      !get_number(l, KEY_BASE, &s->base) || !get_number(l, KEY_TOP, &s->top) || !get_number(l, KEY_FLAGS, &s->flags) ||
      !get_digest(l, KEY_RIM, t, s->rim) || !get_digest(l, KEY_CONTENT, t, s->content) || !check_addresses(l, s))
    return false;
  s->has_content = l->given >> KEY_CONTENT & 1;
  if (number != t->count - 1)
    return bad(l, place(l, KEY_STEP), "steps are numbered from 0 on, without a gap");
  if ((s->kind == VCCA_STEP_CREATE) != (t->count == 1))
    return bad(l, place(l, KEY_KIND), "create is the first step and no other");
  return true;
}

bool vcca_trace_read(vcca_span jsonl, struct vcca_rim_trace *out, struct vcca_error *err)
{
  memset(out, 0, sizeof *out);
  unsigned number = 1;
  for (size_t at = 0; at < jsonl.n; number++) {
    const uint8_t *end = memchr(jsonl.p + at, '\n', jsonl.n - at);
    size_t n = end ? (size_t)(end - jsonl.p) - at : jsonl.n - at;
    struct line l = {.text = vcca_span_sub(jsonl, at, n), .number = number, .err = err};
    at += n + 1;
    skip_blanks(&l);
    if (l.at < l.text.n && !read_line(&l, out)) {
      vcca_trace_free(out);
      return false;
    }
  }
  return out->count > 0 || vcca_fail(err, VCCA_FAULT_MALFORMED, "no steps: a trace is what `vcca measure --trace FILE` writes");
}

/* --- Recording ------------------------------------------------------------------------------------------- */

struct recording {
  struct vcca_rim_trace *trace;
  bool failed;
};

static void record(void *ctx, const struct vcca_rim_step *step)
{
  struct recording *r = ctx;
  size_t size = vcca_hash_size(r->trace->alg);
  struct vcca_trace_step *s = r->failed ? NULL : next_step(r->trace);
  if (!s) {
    r->failed = true;
    return;
  }
  s->kind = step->kind;
  s->base = step->base;
  s->top = step->top;
  s->flags = step->flags;
  s->has_content = step->content != NULL;
  if (step->content)
    memcpy(s->content, step->content, size);
  memcpy(s->rim, step->after, size);
}

bool vcca_trace_plan(const struct vcca_plan *plan, struct vcca_rim_trace *out, struct vcca_error *err)
{
  *out = (struct vcca_rim_trace){.alg = plan->params.hash_alg, .plan = plan};
  for (size_t i = 0; i < plan->segment_count; i++) {
    const struct vcca_segment *s = &plan->segments[i];
    out->parts[out->part_count++] = (struct vcca_trace_part){s->name, NULL, s->ipa, s->ipa + s->size, s->content, s->lead};
  }
  struct recording r = {.trace = out};
  struct vcca_rim rim;
  vcca_plan_measure(plan, record, &r, NULL, NULL, &rim);
  if (!r.failed)
    return true;
  bool ok = no_room(out, err);
  vcca_trace_free(out);
  return ok;
}
