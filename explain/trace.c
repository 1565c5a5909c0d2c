/* Traces: read from lines of JSON, or recorded while a plan is measured. The reader takes our own schema
 * and nothing else (docs/adr/0011-explain.md). In the trace of a run a line that begins with "seq" is a
 * call, and is passed over; a step has the call that made it and its realm's RD, and a realm begins with
 * create.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "rooms/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rooms/hex.h"
#include "rooms/grow.h"
#include "rooms/error.h"
#include "rooms/measurement.h"
#include "rooms/span.h"

/* One more step, zeroed; NULL when there is no room. */
static struct vcca_trace_step *next_step(struct vcca_rim_trace *t)
{
  struct vcca_trace_step *more =
      t->count < VCCA_TRACE_STEPS_MAX ? vcca_grow(t->steps, t->count, &t->room, sizeof *more) : NULL;
  if (!more)
    return NULL;
  t->steps = more;
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

enum key {
  KEY_STEP,
  KEY_CALL,
  KEY_LINE,
  KEYS_NUMBERS, /* those before are numbers */
  KEY_INTERFACE = KEYS_NUMBERS,
  KEY_COMMAND,
  KEY_RD,
  KEY_KIND,
  KEY_IPA,
  KEY_BASE,
  KEY_TOP,
  KEY_FLAGS,
  KEY_CONTENT,
  KEY_RIM,
  KEYS
};
static const char *const key_names[KEYS] = {"step", "call", "line", "interface", "command", "rd", "kind",
                                            "ipa",  "base", "top",  "flags",     "content", "rim"};
enum { OF_RUN = 1 << KEY_CALL | 1 << KEY_LINE | 1 << KEY_INTERFACE | 1 << KEY_COMMAND | 1 << KEY_RD };

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
    return bad(l, at,
               "unknown key: a step has step, kind, ipa, base, top, flags, content, rim; of a run also call, line, "
               "interface, command, rd");
  if (l->given & 1u << k)
    return bad(l, at, "this key is given twice");
  if (!take(l, ':'))
    return bad(l, l->at, "':' was expected");
  skip_blanks(l);
  if (k < KEYS_NUMBERS) {
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
         bad(l, place(l, key),
             t->count == 1 ? "a digest has 32, 48 or 64 bytes" : "a digest of another length than the first step's");
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
  unsigned run = l->given & OF_RUN ? OF_RUN : 1u << KEY_STEP; /* it is numbered, or of a run */
  unsigned must = kind_keys[kind].must | (run & OF_RUN), may = must | kind_keys[kind].may | run | 1u << KEY_KIND;
  for (unsigned k = 0; k < KEYS; k++) {
    if (must >> k & 1 && !(l->given >> k & 1))
      return vcca_fail_line(l->err, l->number, 1, "a %s step without %s", vcca_step_name(kind), key_names[k]);
    if (l->given >> k & 1 && !(may >> k & 1))
      return vcca_fail_line(l->err, l->number, (unsigned)place(l, (enum key)k) + 1, "a %s step has no %s",
                            vcca_step_name(kind), key_names[k]);
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

/* What a run's call is: its number, line and name. */
static bool get_call(const struct line *l, struct vcca_rim_trace *t, struct vcca_trace_step *s)
{
  uint64_t call = 0, line = 0;
  vcca_span name = l->value[KEY_COMMAND];
  if (!(l->given & OF_RUN))
    return true;
  if (!get_number(l, KEY_CALL, &call) || !get_number(l, KEY_LINE, &line))
    return false;
  if (call > UINT32_MAX || line > UINT32_MAX)
    return bad(l, place(l, call > UINT32_MAX ? KEY_CALL : KEY_LINE), "no run has so many");
  s->call = (uint32_t)call;
  s->line = (uint32_t)line;
  unsigned i = 0;
  while (i < VCCA_TRACE_COMMANDS && t->commands[i][0] && !vcca_span_is(name, t->commands[i]))
    i++;
  if (i == VCCA_TRACE_COMMANDS || name.n == 0 || name.n >= VCCA_TRACE_COMMAND_SIZE)
    return bad(l, place(l, KEY_COMMAND), "no command that extends a RIM");
  memcpy(t->commands[i], name.p, name.n);
  s->command = i + 1;
  return true;
}

static bool read_members(struct line *l)
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
  return l->at == l->text.n || bad(l, l->at, "nothing may follow the object on its line");
}

static bool read_step(struct line *l, enum vcca_step_kind kind, struct vcca_rim_trace *t)
{
  struct vcca_trace_step *s = next_step(t);
  if (!s)
    return no_room(t, l->err);
  uint64_t number = t->count - 1;
  s->kind = kind;
  if (!check_keys(l, s->kind) || !get_number(l, KEY_STEP, &number) || !get_call(l, t, s) ||
      !get_number(l, KEY_IPA, &s->base) || !get_number(l, KEY_BASE, &s->base) || !get_number(l, KEY_TOP, &s->top) ||
      !get_number(l, KEY_FLAGS, &s->flags) || !get_digest(l, KEY_RIM, t, s->rim) ||
      !get_digest(l, KEY_CONTENT, t, s->content) || !check_addresses(l, s))
    return false;
  s->has_content = l->given >> KEY_CONTENT & 1;
  if (number != t->count - 1)
    return bad(l, place(l, KEY_STEP), "steps are numbered from 0 on, without a gap");
  if ((s->kind == VCCA_STEP_CREATE) != (t->count == 1))
    return bad(l, place(l, KEY_KIND), "create is the first step and no other");
  return true;
}

/* --- Realms of a run --------------------------------------------------------------------------------------- */

enum { REALMS_MAX = 256, REALMS_SHOWN = 6 };

struct realms {
  const char *wanted;       /* NULL: the only one */
  bool by_rd;               /* wanted is an RD, else a number */
  uint64_t which;           /* that */
  unsigned chosen, choices; /* the one that is read, from 1 on; how many are wanted */
  struct {
    uint64_t rd, call;
    size_t steps;
  } at[REALMS_MAX];
  unsigned count;
  bool calls; /* there were lines of calls */
};

static bool want_realm(struct realms *r, const char *realm, struct vcca_error *err)
{
  struct vcca_error why;
  r->wanted = realm;
  r->by_rd = realm && strncmp(realm, "0x", 2) == 0;
  return !realm || vcca_u64_read(vcca_span_str(realm), &r->which, &why) ||
         vcca_fail(err, VCCA_FAULT_USAGE, "#%.40s: a realm is named by its number or by its RD (0x...)", realm);
}

/* Counts the step for its realm; *mine: it is the one that is read. */
static bool sort_step(struct line *l, enum vcca_step_kind kind, struct realms *r, bool *mine)
{
  uint64_t rd = 0, call = 0;
  if (!get_number(l, KEY_RD, &rd) || !get_number(l, KEY_CALL, &call))
    return false;
  unsigned i = r->count;
  if (kind == VCCA_STEP_CREATE) {
    if (r->count == REALMS_MAX)
      return bad(l, 0, "more than 256 realms in one trace");
    r->at[r->count].rd = rd;
    r->at[r->count].call = call;
    r->at[r->count++].steps = 0;
    bool wanted = !r->wanted || (r->by_rd ? rd == r->which : r->count == r->which);
    r->choices += wanted;
    r->chosen = wanted && r->choices == 1 ? r->count : r->chosen;
  } else {
    while (i > 0 && r->at[i - 1].rd != rd)
      i--;
    if (i-- == 0)
      return bad(l, place(l, KEY_RD), "no create step of this realm is before this one");
  }
  r->at[i].steps++;
  *mine = i + 1 == r->chosen;
  return true;
}

/* "#1 (RD 0x47fffb000, made by call 4, 54 steps), ..." */
static void list_realms(const struct realms *r, char *buf, size_t cap)
{
  size_t n = 0;
  buf[0] = '\0';
  for (unsigned i = 0; i < r->count && i < REALMS_SHOWN && n < cap; i++)
    n += (size_t)snprintf(buf + n, cap - n, "%s#%u (RD 0x%" PRIx64 ", made by call %" PRIu64 ", %zu steps)",
                          i ? ", " : "", i + 1, r->at[i].rd, r->at[i].call, r->at[i].steps);
  if (r->count > REALMS_SHOWN && n < cap)
    snprintf(buf + n, cap - n, " and %u more", r->count - REALMS_SHOWN);
}

static bool check_choice(const struct realms *r, struct vcca_rim_trace *t, struct vcca_error *err)
{
  char list[360];
  list_realms(r, list, sizeof list);
  if (r->count == 0 && t->count == 0)
    return r->calls
               ? vcca_fail(err, VCCA_FAULT_MALFORMED, "no call of this run extended a RIM")
               : vcca_fail(err, VCCA_FAULT_MALFORMED,
                           "no steps: a trace is what `vcca measure --trace FILE` or `vcca run --trace FILE` writes");
  if (r->count == 0)
    return !r->wanted ||
           vcca_fail(err, VCCA_FAULT_USAGE,
                     "#%.40s: this is a trace of one measurement, there are no realms to choose from", r->wanted);
  if (r->choices == 0)
    return vcca_fail(err, VCCA_FAULT_USAGE, "no realm #%.40s: there is %s", r->wanted, list);
  if (r->choices > 1)
    return vcca_fail(err, VCCA_FAULT_USAGE, "%u realms: write FILE#NUMBER of %s", r->choices, list);
  t->realm = r->chosen;
  t->rd = r->at[r->chosen - 1].rd;
  return true;
}

/* --- Files ------------------------------------------------------------------------------------------------- */

static bool read_line(struct line *l, struct realms *r, struct vcca_rim_trace *t)
{
  enum vcca_step_kind kind = VCCA_STEP_CREATE;
  bool mine = true;
  if (!read_members(l) || !get_kind(l, &kind))
    return false;
  bool of_run = (l->given & OF_RUN) != 0;
  if (of_run ? t->count > 0 && r->count == 0 : r->count > 0)
    return bad(l, 0, "steps of a run and others in one trace");
  if (of_run && !(l->given & 1u << KEY_RD))
    return bad(l, 0, "a step of a run without rd");
  if (of_run && !sort_step(l, kind, r, &mine))
    return false;
  return !mine || read_step(l, kind, t);
}

/* A call of a run: what it did to a RIM is behind it. */
static bool is_call(const struct line *l)
{
  static const char start[] = "{\"seq\":";
  return l->text.n - l->at >= sizeof start - 1 && memcmp(l->text.p + l->at, start, sizeof start - 1) == 0;
}

/* The end of a trace that somebody stopped writing: half a line, all of which was read. */
static bool is_half(const struct line *l)
{
  return l->at == l->text.n && l->text.p[l->at - 1] != '}';
}

static bool read_lines(vcca_span jsonl, struct realms *r, struct vcca_rim_trace *out, struct vcca_error *err)
{
  unsigned number = 1;
  for (size_t at = 0; at < jsonl.n; number++) {
    const uint8_t *end = memchr(jsonl.p + at, '\n', jsonl.n - at);
    size_t n = end ? (size_t)(end - jsonl.p) - at : jsonl.n - at, steps = out->count;
    struct line l = {.text = vcca_span_sub(jsonl, at, n), .number = number, .err = err};
    at += n + 1;
    skip_blanks(&l);
    if (l.at == n)
      continue;
    bool call = is_call(&l);
    r->calls |= call;
    if (call)
      l.at = n;
    else if (read_line(&l, r, out))
      continue;
    if (!end && steps > 0 && is_half(&l))
      return vcca_fail_line(
          err, number, (unsigned)n + 1,
          "the trace ends within this line: the %zu step%s in front of it can be compared (head -n %u)", steps,
          steps > 1 ? "s" : "", number - 1);
    if (!call)
      return false;
  }
  return true;
}

bool vcca_trace_read(vcca_span jsonl, const char *realm, struct vcca_rim_trace *out, struct vcca_error *err)
{
  struct realms r = {.count = 0};
  memset(out, 0, sizeof *out);
  if (want_realm(&r, realm, err) && read_lines(jsonl, &r, out, err) && check_choice(&r, out, err))
    return true;
  vcca_trace_free(out);
  return false;
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
    out->parts[out->part_count++] =
        (struct vcca_trace_part){s->role, NULL, s->ipa, s->ipa + s->size, s->content, s->lead};
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
