/* What vcca run --verbose tells of a step: its outcome, and the values that it led to.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "rooms/text.h"
#include "scenario/runner.h"
#include "rooms/interface.h"
#include "rooms/span.h"

static bool all_zero(const struct value *v)
{
  for (size_t i = 0; v->kind == VALUE_BYTES && i < v->bytes.n; i++)
    if (v->bytes.p[i] != 0)
      return false;
  return v->kind == VALUE_NUMBER ? v->number == 0 : v->kind == VALUE_BYTES;
}

/* What --verbose leaves out: what the first line says, the registers of a command whose outputs have names,
 * checks that had nothing to go by, and registers that were not extended. */
static bool is_told(const struct step *s, const struct field *f)
{
  const char *name = f->name;
  bool reg = name[0] == 'x' && name[1] >= '0' && name[1] <= '9' && name[2] == '\0';
  bool idle = (strncmp(name, "rem", 3) == 0 || strcmp(name, "rpv") == 0 || strcmp(name, "index") == 0 || reg) &&
              all_zero(&f->value);
  bool not_run = f->value.kind == VALUE_TEXT && (f->value.bytes.n == 0 || vcca_span_is(f->value.bytes, "not-run"));
  bool said = strcmp(name, "error") == 0 || strcmp(name, "reason") == 0 ||
              (s->interface && (strcmp(name, "status") == 0 || strcmp(name, "refused") == 0));
  return !said && !not_run && !idle && !(reg && s->command);
}

static void tell_value(const struct run *r, vcca_span name, const struct value *v)
{
  char text[360];
  vcca_print(r->options->log, "        %-20.*s %s\n", (int)name.n, (const char *)name.p,
             value_print(v, text, sizeof text));
}

/* RIM and REMs of the realm that was called about last, where they are not those that were shown last. */
static void tell_registers(struct run *r, const struct step *s)
{
  static const char *const names[1 + VCCA_REMS] = {"rim", "rem0", "rem1", "rem2", "rem3"};
  struct vcca_realm_info info;
  if (!r->last_host.realm || !vcca_realm_info(r->machine, r->last_host.realm, &info))
    return;
  for (size_t i = 0; i <= VCCA_REMS; i++) {
    const uint8_t *now = i == 0 ? info.rim : info.rem[i - 1];
    struct value v = {.kind = VALUE_BYTES, .bytes = vcca_span_of(now, vcca_hash_size(info.hash_alg))};
    bool shown = memcmp(now, r->told[i], sizeof r->told[i]) == 0 || thing_get(s->out, vcca_span_str(names[i]));
    memcpy(r->told[i], now, sizeof r->told[i]);
    if (!shown)
      tell_value(r, vcca_span_str(names[i]), &v);
  }
}

/* All conditions that held when a call was refused, and the statuses that the specification permits for it. */
static void tell_held(const struct run *r, const struct step *s)
{
  const struct last_call *last =
      s->interface == vcca_rmi() || s->interface == vcca_tmi() ? &r->last_host : &r->last_guest;
  if (!s->command || !last->refused || last->held_count < 2)
    return;
  vcca_print(r->options->log, "        %-20s", "holds");
  for (size_t i = 0; i < last->held_count; i++)
    vcca_print(r->options->log, " %s", last->held[i].condition);
  vcca_print(r->options->log, "\n        %-20s", "permitted");
  for (size_t i = 0; i < last->held_count; i++) {
    bool again = !vcca_held_permitted(s->command, last->held, last->held_count, i);
    for (size_t j = 0; j < i; j++)
      again |= last->held[j].status == last->held[i].status &&
               vcca_held_permitted(s->command, last->held, last->held_count, j);
    if (!again)
      vcca_print(r->options->log, " %s (0x%" PRIx64 ")", status_text(s->interface, last->held[i].status),
                 last->held[i].status);
  }
  vcca_print(r->options->log, "\n");
}

/* The values that a step yielded, or looked at: a line each. */
static void tell_values(struct run *r, const struct step *s)
{
  struct value v;
  for (size_t i = 0; i < s->out->count; i++)
    if (is_told(s, &s->out->fields[i]))
      tell_value(r, vcca_span_str(s->out->fields[i].name), &s->out->fields[i].value);
  for (const struct tree_node *n = s->kind->run == step_expect ? s->args->first : NULL; n; n = n->next)
    if (value_natural(&r->reading, n, &v, NULL))
      tell_value(r, n->key, &v);
  tell_registers(r, s);
  tell_held(r, s);
}

void tell_step(struct run *r, const struct step *s)
{
  if (!r->options->log || !r->options->verbose || r->result->failures > 0)
    return;
  const char *got = strstr(s->complaint, "got ");
  vcca_print(r->options->log, "step %u: %s%s%.*s%s%s\n", s->number, s->name, s->as.n ? " as " : "", (int)s->as.n,
             s->as.p ? (const char *)s->as.p : "", s->ok ? "" : ": as expected, ",
             s->ok ? ""
             : got ? got
                   : s->complaint);
  tell_values(r, s);
}
