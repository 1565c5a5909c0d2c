/* The trace: one line of JSON for every call of host or guest, made of the command tables, and behind it
 * one for every extension of a RIM that the call made. Nothing in it depends on where or when it ran.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/runner.h"
#include "rooms/grow.h"
#include "rooms/account.h"
#include "rooms/json.h"
#include "rooms/interface.h"
#include "rooms/span.h"
#include "rooms/scenario.h"

/* Registers as a list of words names them; stops where registers end. */
static void put_words(struct vcca_json *j, const char *words, const uint64_t *x, unsigned first)
{
  vcca_span name, kind;
  unsigned at = first;
  while (vcca_word_next(&words, ':', &name, &kind) && at < VCCA_SMC_REGS) {
    char key[40];
    snprintf(key, sizeof key, "%.*s", (int)name.n, (const char *)name.p);
    if (vcca_span_is(kind, "bytes64") && at + 8 <= VCCA_SMC_REGS) {
      uint8_t bytes[64];
      for (unsigned i = 0; i < 8; i++)
        vcca_put_le64(bytes + 8 * (size_t)i, x[at + i]);
      vcca_json_hex(j, key, VCCA_SPAN(bytes));
      at += 8;
      continue;
    }
    if (vcca_span_is(kind, "s64") || vcca_span_is(kind, "level"))
      vcca_json_int(j, key, (int64_t)x[at]);
    else
      vcca_json_addr(j, key, x[at]);
    at++;
  }
}

/* The RIM, when this call changed it. */
static void put_rim(struct run *r, struct vcca_json *j, uint64_t rd)
{
  struct tracer *t = &r->tracer;
  struct vcca_realm_info info;
  if (rd == 0 || !vcca_realm_info(r->machine, rd, &info))
    return;
  unsigned i = 0;
  while (i < REALMS_TRACED && t->seen[i].rd != rd)
    i++;
  if (i < REALMS_TRACED && memcmp(t->seen[i].rim, info.rim, sizeof info.rim) == 0)
    return;
  if (i == REALMS_TRACED)
    i = t->next_seen++ % REALMS_TRACED;
  t->seen[i].rd = rd;
  memcpy(t->seen[i].rim, info.rim, sizeof info.rim);
  vcca_json_hex(j, "rim", vcca_span_of(info.rim, vcca_hash_size(info.hash_alg)));
}

static void put_result(struct vcca_json *j, const struct vcca_trace *trace)
{
  unsigned reg = trace->interface ? trace->interface->status_register : 0;
  uint64_t word = trace->out[reg];
  const char *status = trace->interface ? vcca_interface_status(trace->interface, word) : NULL;
  bool by_value = answers_by_value(trace->command);
  if (by_value)
    vcca_json_str(j, "status", trace->refused ? "refused" : "SUCCESS");
  else if (status)
    vcca_json_str(j, "status", status);
  else
    vcca_json_addr(j, "status", word);
  if (trace->refused)
    vcca_json_str(j, "refused", trace->refused);
  if (trace->command && trace->command->outputs[0]) {
    vcca_json_open(j, "out", '{');
    put_words(j, trace->command->outputs, trace->out, by_value ? reg : reg + 1);
    vcca_json_close(j);
  }
}

void vcca_trace_members(struct vcca_json *j, const struct vcca_trace *trace)
{
  vcca_json_str(j, "interface", trace->interface ? trace->interface->name : "");
  if (trace->command)
    vcca_json_str(j, "command", trace->command->name);
  else
    vcca_json_addr(j, "fid", trace->in[0]);
  vcca_json_open(j, "args", '{');
  put_words(j, trace->command ? trace->command->inputs : "", trace->in, 1);
  vcca_json_close(j);
  put_result(j, trace);
}

void trace_step(void *ctx, const struct vcca_rim_step *step)
{
  struct tracer *t = &((struct run *)ctx)->tracer;
  struct traced_step *more = vcca_grow(t->steps, t->step_count, &t->step_room, sizeof *more);
  if (!more) {
    t->failed = true;
    return;
  }
  t->steps = more;
  struct traced_step *s = &t->steps[t->step_count++];
  *s = (struct traced_step){.step = *step};
  memcpy(s->after, step->after, sizeof s->after);
  if (step->content)
    memcpy(s->content, step->content, sizeof s->content);
}

/* What the call that was just told did to its realm's RIM. */
static void put_steps(struct run *r, const struct vcca_trace *trace)
{
  struct tracer *t = &r->tracer;
  struct vcca_realm_info info;
  bool known =
      t->step_count > 0 && trace->interface && trace->command && vcca_realm_info(r->machine, trace->realm, &info);
  for (size_t i = 0; known && i < t->step_count; i++) {
    struct traced_step *s = &t->steps[i];
    struct vcca_json j = vcca_json_to(t->out, VCCA_JSON_LINE);
    s->step.after = s->after;
    s->step.content = s->step.content ? s->content : NULL;
    vcca_json_open(&j, NULL, '{');
    vcca_json_int(&j, "call", t->sequence);
    vcca_json_int(&j, "line", r->step.args ? (int64_t)r->step.args->key_line : 0);
    vcca_json_str(&j, "interface", trace->interface->name);
    vcca_json_str(&j, "command", trace->command->name);
    vcca_json_addr(&j, "rd", trace->realm);
    vcca_account_facts(&j, info.hash_alg, &s->step);
    vcca_json_close(&j);
  }
  t->step_count = 0;
}

void trace_call(void *ctx, const struct vcca_trace *trace)
{
  struct run *r = ctx;
  r->result->calls++;
  bool host = trace->interface == vcca_rmi() || trace->interface == vcca_tmi();
  struct last_call *last = host ? &r->last_host : &r->last_guest;
  memcpy(last->in, trace->in, sizeof last->in);
  last->refused = trace->refused;
  last->command = trace->command;
  last->realm = trace->realm;
  last->held_count = trace->held_count;
  memcpy(last->held, trace->held, trace->held_count * sizeof *trace->held);
  if (!r->tracer.out)
    return;
  struct vcca_json j = vcca_json_to(r->tracer.out, VCCA_JSON_LINE);
  vcca_json_open(&j, NULL, '{');
  vcca_json_int(&j, "seq", ++r->tracer.sequence);
  vcca_json_int(&j, "line", r->step.args ? (int64_t)r->step.args->key_line : 0);
  vcca_trace_members(&j, trace);
  put_rim(r, &j, trace->realm);
  vcca_json_close(&j);
  put_steps(r, trace);
}
