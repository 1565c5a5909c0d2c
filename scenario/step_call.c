/* Calls by name, host's and guest's, made of the command tables; and bare SMCs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/runner.h"
#include "rooms/error.h"
#include "rooms/interface.h"
#include "rooms/span.h"

enum { BUFFERS = 4, BUFFER_STEP = 1024 };

/* What goes into registers, and for guest calls into the guest's memory before. */
struct call {
  uint64_t x[VCCA_SMC_REGS];
  unsigned pages; /* host pages in use */
  struct {
    uint64_t ipa;
    vcca_span bytes;
  } stores[BUFFERS];
  unsigned store_count;
  uint64_t scratch;
  bool finished; /* the guest got as far as that */
};

/* The status a condition gives, as steps spell it: the tables leave out ERROR_. */
static const char *status_of_condition(struct run *r, const struct vcca_command *command, const char *condition)
{
  vcca_span name, gives, copy;
  char text[80];
  const char *conditions = command->conditions;
  while (vcca_word_next(&conditions, '=', &name, &gives)) {
    snprintf(text, sizeof text, "ERROR_%.*s", (int)gives.n, (const char *)gives.p);
    if (vcca_span_is(name, condition) && pool_copy(&r->pool, vcca_span_str(text), &copy, NULL))
      return (const char *)copy.p;
  }
  return "UNKNOWN";
}

/* --- Arguments -------------------------------------------------------------------------------------------- */

/* An inline page: by field names where the command's page has them, by bytes otherwise. */
static bool host_page(struct run *r, struct call *c, vcca_span input, const struct tree_node *node, uint64_t *pa)
{
  uint8_t page[VCCA_PAGE] = {0};
  const struct vcca_command *command = r->step.command;
  if (layout_is_said(command, node)) {
    if (!layout_read(&r->reading, command, input, node, page, r->err))
      return false;
  } else {
    vcca_span bytes;
    if (!value_bytes(&r->reading, node, &bytes, r->err))
      return false;
    if (bytes.n > sizeof page)
      return tree_fail(node, r->err, "%zu bytes, a page has 4096", bytes.n);
    if (bytes.n > 0)
      memcpy(page, bytes.p, bytes.n);
  }
  *pa = SCENARIO_PAGES + (uint64_t)(c->pages++ % SCENARIO_PAGE_COUNT) * VCCA_PAGE;
  return vcca_host_write(r->machine, *pa, VCCA_SPAN(page))
             ? true
             : tree_fail(node, r->err,
                         "the host's page at 0x%" PRIx64 " is not its own any more: leave 0x%" PRIx64
                         " and the next %d pages alone",
                         *pa, SCENARIO_PAGES, SCENARIO_PAGE_COUNT);
}

static bool guest_buffer(struct run *r, struct call *c, const struct tree_node *node, vcca_span bytes, uint64_t *ipa)
{
  if (c->store_count == BUFFERS || bytes.n > BUFFER_STEP)
    return tree_fail(node, r->err, "at most %d buffers of %d bytes can be given with a call: guest.store writes more",
                     BUFFERS, BUFFER_STEP);
  if (c->scratch == 0)
    return tree_fail(node, r->err,
                     "this REC has no scratch page: write the bytes with guest.store and give the address");
  *ipa = c->scratch + (uint64_t)c->store_count * BUFFER_STEP;
  c->stores[c->store_count].ipa = *ipa;
  c->stores[c->store_count++].bytes = bytes;
  return true;
}

static bool wide_argument(struct run *r, struct call *c, const struct tree_node *node, unsigned reg)
{
  vcca_span bytes;
  uint8_t wide[64] = {0};
  if (!value_bytes(&r->reading, node, &bytes, r->err))
    return false;
  if (bytes.n > sizeof wide)
    return tree_fail(node, r->err, "%zu bytes, eight registers hold 64", bytes.n);
  if (bytes.n > 0)
    memcpy(wide, bytes.p, bytes.n);
  for (unsigned i = 0; i < 8; i++)
    c->x[reg + i] = vcca_le64(wide + 8 * (size_t)i);
  return true;
}

static bool one_argument(struct run *r, struct call *c, vcca_span input, vcca_span kind, const struct tree_node *node,
                         unsigned reg)
{
  struct value v = {0};
  bool address = vcca_span_is(kind, "ns") || vcca_span_is(kind, "ipa") || vcca_span_is(kind, "pa");
  bool page = vcca_span_is(kind, "ns");
  if (!address)
    return value_number(&r->reading, node, &c->x[reg], r->err);
  if (page && node->kind == TREE_MAP)
    return host_page(r, c, input, node, &c->x[reg]);
  if (node->kind == TREE_SCALAR && !value_is_name(node))
    return value_number(&r->reading, node, &c->x[reg], r->err);
  if (value_is_name(node) && value_number(&r->reading, node, &c->x[reg], NULL))
    return true;
  if (page)
    return host_page(r, c, input, node, &c->x[reg]);
  bool guest = r->step.interface != vcca_rmi() && r->step.interface != vcca_tmi();
  if (!value_of_kind(&r->reading, node, guest ? VALUE_BYTES : VALUE_NUMBER, &v, r->err))
    return false;
  return guest_buffer(r, c, node, v.bytes, &c->x[reg]);
}

static bool arguments(struct run *r, struct call *c)
{
  const char *inputs = r->step.command->inputs;
  vcca_span name, kind;
  c->x[0] = r->step.command->fid;
  for (unsigned reg = 1; vcca_word_next(&inputs, ':', &name, &kind); reg++) {
    char key[40];
    struct tree_node *node;
    bool wide = vcca_span_is(kind, "bytes64");
    if (reg + (wide ? 8u : 1u) > VCCA_SMC_REGS)
      return vcca_fail(r->err, VCCA_FAULT_UNSUPPORTED, "%s has more inputs than registers", r->step.command->name);
    snprintf(key, sizeof key, "%.*s", (int)name.n, (const char *)name.p);
    if (!tree_need(r->step.args, key, &node, r->err))
      return false;
    if (wide ? !wide_argument(r, c, node, reg) : !one_argument(r, c, name, kind, node, reg))
      return false;
    reg += wide ? 7 : 0;
  }
  return true;
}

/* --- What is expected of it ------------------------------------------------------------------------------- */

static const struct tree_node *written_out(const struct tree_node *expect, const char *key)
{
  const struct tree_node *node = tree_get(expect, key);
  return node && node->kind == TREE_SCALAR && !value_is_name(node) ? node : NULL;
}

/* Names of statuses and conditions that do not exist are faults of the file. */
bool call_names_exist(struct run *r, const struct step *s)
{
  const struct tree_node *status = written_out(s->expect, "status"), *refused = written_out(s->expect, "refused");
  char words[2048], hint[80];
  status_words(s->interface, words, sizeof words);
  if (status && !is_any_of(status) && !tree_word_in(status->text, words))
    return tree_fail(status, r->err, "%s has no status \"%.60s\"%s", s->interface->name, (const char *)status->text.p,
                     tree_suggest(status->text, words, hint, sizeof hint));
  vcca_span name, gives;
  const char *conditions = s->command->conditions;
  vcca_sink list = vcca_sink_of(words, sizeof words - 1);
  while (vcca_word_next(&conditions, '=', &name, &gives)) {
    vcca_sink_put(&list, name);
    vcca_sink_str(&list, " ");
  }
  words[vcca_sink_ok(&list) ? list.n : 0] = '\0';
  return !refused || tree_word_in(refused->text, words)
             ? true
             : tree_fail(refused, r->err, "%s has no condition \"%.60s\"%s", s->command->name,
                         (const char *)refused->text.p, tree_suggest(refused->text, words, hint, sizeof hint));
}

bool is_any_of(const struct tree_node *node)
{
  return node && (node->kind == TREE_SCALAR ? vcca_span_is(node->text, "any-of") : tree_get(node, "any-of") != NULL);
}

static const struct last_call *last_call_of(const struct run *r, const struct vcca_interface *interface)
{
  return interface == vcca_rmi() || interface == vcca_tmi() ? &r->last_host : &r->last_guest;
}

bool call_any_of(struct run *r, const struct step *s, const struct tree_node *node, bool *taken)
{
  const struct last_call *last = last_call_of(r, s->interface);
  const struct value *got = thing_get(s->out, VCCA_SPAN_LIT("status"));
  const struct tree_node *list = node->kind == TREE_SCALAR ? NULL : tree_get(node, "any-of");
  *taken = false;
  if (!list) { /* the model's own status is permitted: its order is one that the specification allows */
    *taken = last->refused != NULL;
    return true;
  }
  if (list->kind != TREE_LIST || list->count == 0)
    return tree_fail(list, r->err, "any-of gives a list of statuses: {any-of: [ERROR_INPUT, ERROR_RTT]}");
  for (const struct tree_node *n = list->first; n; n = n->next) {
    char words[2048], hint[80];
    vcca_span text;
    status_words(s->interface, words, sizeof words);
    if (!value_text(&r->reading, n, &text, r->err))
      return false;
    if (!tree_word_in(text, words))
      return tree_fail(n, r->err, "%s has no status \"%.60s\"%s", s->interface->name, (const char *)text.p,
                       tree_suggest(text, words, hint, sizeof hint));
    size_t extra = strlen(s->interface->name) + 1;
    *taken |= got && (vcca_span_eq(text, got->bytes) ||
                      (text.n > extra && vcca_span_eq(vcca_span_sub(text, extra, text.n), got->bytes)));
  }
  return true;
}

/* Whether the machine must be the same after the call: when it is expected to be refused, or when asked. */
static bool must_not_change(struct run *r, const struct step *s, bool *yes)
{
  const struct tree_node *status = tree_get(s->expect, "status"), *unchanged = tree_get(s->expect, "unchanged");
  vcca_span text;
  *yes = false;
  if (unchanged)
    return value_bool(unchanged, yes, r->err);
  if (is_any_of(status))
    *yes = status->kind == TREE_SCALAR;
  else if (status && value_text(&r->reading, status, &text, r->err))
    *yes = text.n < 7 || memcmp(text.p + text.n - 7, "SUCCESS", 7) != 0;
  return true;
}

/* --- The call --------------------------------------------------------------------------------------------- */

static void put_outputs(struct run *r, struct step *s, const uint64_t *x, unsigned first)
{
  const char *outputs = s->command->outputs;
  vcca_span name, kind;
  for (unsigned at = first; vcca_word_next(&outputs, ':', &name, &kind) && at < VCCA_SMC_REGS; at++) {
    char key[40];
    snprintf(key, sizeof key, "%.*s", (int)name.n, (const char *)name.p);
    if (!vcca_span_is(kind, "bytes64") || at + 8 > VCCA_SMC_REGS) {
      thing_number(s->out, key, x[at]);
      continue;
    }
    uint8_t *wide = pool_take(&r->pool, 64, NULL);
    for (unsigned i = 0; wide && i < 8; i++)
      vcca_put_le64(wide + 8 * (size_t)i, x[at + i]);
    thing_bytes(s->out, key, vcca_span_of(wide, wide ? 64 : 0));
    at += 7;
  }
}

static void outcome(struct run *r, struct step *s, const uint64_t *x)
{
  static const char *const registers[] = {"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8"};
  const struct vcca_interface *interface = s->interface;
  unsigned reg = interface->status_register;
  uint64_t word = x[reg];
  bool by_value = answers_by_value(s->command);
  bool host = interface == vcca_rmi() || interface == vcca_tmi();
  const struct last_call *last = last_call_of(r, interface);
  const char *refused = last->refused;
  const char *status = !by_value ? status_text(interface, word)
                       : refused ? status_of_condition(r, s->command, refused)
                                 : "SUCCESS";
  thing_text(s->out, "status", status);
  if (refused)
    thing_text(s->out, "refused", refused);
  if (!by_value)
    thing_number(s->out, "index", (word >> 8) & 0xff);
  put_outputs(r, s, x, by_value ? reg : reg + 1);
  for (unsigned i = 0; i < sizeof registers / sizeof registers[0]; i++)
    thing_number(s->out, registers[i], x[i]);
  char why[400] = "";
  if (refused && host)
    vcca_smc_refusal(r->machine, last->in, refused, why, sizeof why);
  else if (refused)
    vcca_condition_text(interface, s->command, vcca_span_str(refused), last->in, why, sizeof why);
  if (strcmp(status, "SUCCESS") != 0)
    step_failed(s, "expected status SUCCESS, got %s (0x%" PRIx64 ")%s%s%s%s", status, word, refused ? " for " : "",
                refused ? refused : "", why[0] ? ": " : "", why);
}

static bool host_call(struct run *r, struct step *s, struct call *c)
{
  struct vcca_bytes before = {0};
  bool same = false;
  if (!must_not_change(r, s, &same) || (same && !vcca_machine_save(r->machine, &before, r->err)))
    return false;
  vcca_smc(r->machine, c->x);
  outcome(r, s, c->x);
  if (same && (!s->ok || tree_get(s->expect, "unchanged"))) { /* one that was not refused fails already */
    r->result->expectations++;
    s->changed = !vcca_machine_same(r->machine, vcca_bytes_span(&before));
  }
  vcca_bytes_free(&before);
  return true;
}

static void guest_main(void *arg, vcca_guest *g)
{
  struct call *c = arg;
  for (unsigned i = 0; i < c->store_count; i++)
    vcca_guest_store(g, c->stores[i].ipa, c->stores[i].bytes);
  vcca_guest_call(g, c->x);
  c->finished = true;
}

/* What the host makes of the PSCI calls that leave to it. */
static enum psci_exit psci_exit_of(const struct step *s)
{
  static const char ends[] = "SYSTEM_OFF SYSTEM_RESET CPU_OFF",
                    completes[] = "CPU_ON CPU_ON32 AFFINITY_INFO AFFINITY_INFO32";
  vcca_span name = vcca_span_str(s->command->name);
  if (s->interface != vcca_psci())
    return PSCI_EXIT_NONE;
  return tree_word_in(name, ends)        ? PSCI_EXIT_ENDS
         : tree_word_in(name, completes) ? PSCI_EXIT_COMPLETES
                                         : PSCI_EXIT_NONE;
}

static bool guest_call(struct run *r, struct step *s, struct call *c, struct guest_run *g)
{
  g->main = guest_main;
  g->arg = c;
  g->psci = psci_exit_of(s);
  if (g->psci == PSCI_EXIT_COMPLETES)
    g->psci_target = rec_with_mpidr(r, s->args, c->x[1]);
  if (g->psci == PSCI_EXIT_ENDS)
    g->scratch = 0;
  if (!run_guest(r, s, g))
    return false;
  if (g->psci == PSCI_EXIT_ENDS)
    c->x[0] = 0; /* it does not come back */
  else if (s->ok && !c->finished)
    return step_failed(s, "external abort: the guest has no memory there");
  if (s->ok)
    outcome(r, s, c->x);
  return true;
}

bool step_call(struct run *r, struct step *s)
{
  struct call c = {0};
  struct guest_run g = {0};
  bool guest = s->interface != vcca_rmi() && s->interface != vcca_tmi();
  if (guest && !need_rec(r, s->args, &g.rec, &g.scratch))
    return false;
  c.scratch = g.scratch;
  if (!arguments(r, &c))
    return false;
  r->last_host = r->last_guest = (struct last_call){.refused = NULL};
  return guest ? guest_call(r, s, &c, &g) : host_call(r, s, &c);
}

bool step_smc(struct run *r, struct step *s)
{
  static const char *const registers[] = {"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8"};
  uint64_t x[VCCA_SMC_REGS] = {0};
  for (unsigned i = 0; i < 7; i++)
    if (!get_number(&r->reading, s->args, registers[i], &x[i], r->err))
      return false;
  vcca_smc(r->machine, x);
  for (unsigned i = 0; i < sizeof registers / sizeof registers[0]; i++)
    thing_number(s->out, registers[i], x[i]);
  return true;
}
