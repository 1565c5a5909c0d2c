/* SPDX-License-Identifier: Apache-2.0 */
#include "support_conditions.h"
#include "rooms/interface.h"
#include "rooms/span.h"

static const struct good_call *call_of(const struct condition_test *test, const char *command)
{
  for (size_t i = 0; i < test->call_count; i++)
    if (strcmp(test->calls[i].command, command) == 0)
      return &test->calls[i];
  fail_msg("no good call of %s", command);
  return NULL;
}

void check_good_calls(const struct condition_test *test)
{
  for (size_t i = 0; i < test->call_count; i++) {
    struct rig *rig = test->world();
    const struct vcca_command *command = vcca_command_named(rig->interface, vcca_span_str(test->calls[i].command));
    if (strcmp(command->conditions, "supported=NOT_SUPPORTED") != 0)
      rig_ok(rig, test->calls[i].command, test->calls[i].args);
    rig_free(rig);
  }
}

/* The code that the table gives a command's condition; false when it is not in the table. */
static bool table_status(const struct rig *rig, const struct condition_row *row, uint64_t *status)
{
  const struct vcca_command *command = vcca_command_named(rig->interface, vcca_span_str(row->command));
  const char *list = command ? command->conditions : "";
  vcca_span name, code;
  while (vcca_word_next(&list, '=', &name, &code))
    if (vcca_span_is(name, row->condition)) {
      *status = rig_status(rig, code);
      return true;
    }
  return false;
}

/* The row's change of a good call: its arguments, the host's memory, what came before. */
static void apply(struct rig *rig, const struct condition_row *row, uint64_t args[8])
{
  if (row->arg)
    args[row->arg - 1] = row->value;
  if (row->arg2)
    args[row->arg2 - 1] = row->value2;
  if (row->poke.pa)
    rig_poke(rig, row->poke.pa, row->poke.width, row->poke.value);
  if (row->prepare)
    row->prepare(rig);
}

static const struct vcca_held *held_named(const struct rig *rig, const char *condition)
{
  for (size_t i = 0; i < rig->held_count; i++)
    if (strcmp(rig->held[i].condition, condition) == 0)
      return &rig->held[i];
  return NULL;
}

/* What is told to hold: first of all what the call was refused for, which is permitted; of the others only
 * what the order permits, and nothing when nothing else was changed. */
static void check_held(const struct rig *rig, const struct condition_row *row, const struct condition_row *second,
                       uint64_t status, bool ordered)
{
  const struct vcca_command *command = vcca_command_named(rig->interface, vcca_span_str(row->command));
  const struct vcca_held *other = second ? held_named(rig, second->condition) : NULL;
  if (rig->held_count == 0 || strcmp(rig->held[0].condition, row->condition) != 0 || rig->held[0].status != status ||
      !vcca_held_permitted(command, rig->held, rig->held_count, 0))
    fail_msg("%s %s: is not the first that is told to hold", row->command, row->condition);
  if (other && ordered && vcca_held_permitted(command, rig->held, rig->held_count, (size_t)(other - rig->held)))
    fail_msg("%s: %s is permitted though %s comes before it", row->command, second->condition, row->condition);
  /* An alignment alone never stands in the way of others, unless it is of another realm than the one that
   * was set up. */
  size_t n = strlen(row->condition);
  bool alignment = n > 6 && strcmp(row->condition + n - 6, "_align") == 0 &&
                   strcmp(row->condition, "addr_align") != 0 && strcmp(row->condition, "rd_align") != 0;
  if (second && !other && alignment && rig->held_count == 1)
    fail_msg("%s: %s holds beside %s, and is not told", row->command, second->condition, row->condition);
}

/* Whether a condition is about the state of a granule that an argument names: rd_state, calling_state,
 * gran_state of addr. */
static bool of_granule(const struct vcca_command *command, const char *condition)
{
  char word[4][40];
  size_t n = strlen(condition), tail = strlen("_state");
  if (n <= tail || strcmp(condition + n - tail, "_state") != 0)
    return false;
  int stem = (int)(n - tail);
  snprintf(word[0], sizeof word[0], " %.*s:pa", stem, condition);
  snprintf(word[1], sizeof word[1], " %.*s_rec:pa", stem, condition);
  snprintf(word[2], sizeof word[2], " %.*s_tec:pa", stem, condition);
  snprintf(word[3], sizeof word[3], " %s:pa", strcmp(condition, "gran_state") == 0 ? "addr" : "");
  char inputs[200];
  snprintf(inputs, sizeof inputs, " %s", command->inputs);
  for (size_t i = 0; i < sizeof word / sizeof *word; i++)
    if (strstr(inputs, word[i]))
      return true;
  return false;
}

/* The good call, with one row's change or two: refused by the first row's condition, with nothing changed.
 * ordered: the specification permits no other. */
static void check_refused(const struct condition_test *test, const struct condition_row *row,
                          const struct condition_row *second, bool ordered)
{
  struct rig *rig = test->world();
  struct vcca_bytes before = {0};
  const char *and = second ? second->condition : row->also ? row->also : "nothing else";
  uint64_t args[8], want = 0;
  memcpy(args, call_of(test, row->command)->args, sizeof args);
  if (second)
    apply(rig, second, args);
  apply(rig, row, args);
  if (!table_status(rig, row, &want))
    fail_msg("%s: %s is not in the table", row->command, row->condition);
  assert_true(vcca_machine_save(rig->m, &before, NULL));
  uint64_t status = rig_call(rig, row->command, args);
  if (!rig->refused || strcmp(rig->refused, row->condition) != 0)
    fail_msg("%s: refused by %s, not %s (and %s)", row->command, rig->refused ? rig->refused : "nothing",
             row->condition, and);
  if ((status & 0xff) != want)
    fail_msg("%s %s (and %s): status 0x%llx", row->command, row->condition, and, (unsigned long long)status);
  if (!vcca_machine_same(rig->m, vcca_bytes_span(&before)))
    fail_msg("%s %s (and %s): the refused call changed the machine", row->command, row->condition, and);
  check_held(rig, row, second, status, ordered);
  char why[400];
  if (!vcca_smc_refusal(rig->m, rig->in, rig->refused, why, sizeof why) || strchr(why, '{') ||
      why[strlen(why) - 1] != '.')
    fail_msg("%s %s: why is not told: \"%s\"", row->command, row->condition, why);
  if (of_granule(vcca_command_named(rig->interface, vcca_span_str(row->command)), row->condition) &&
      !strstr(why, "that granule is "))
    fail_msg("%s %s: what the granule is instead is not told: \"%s\"", row->command, row->condition, why);
  vcca_bytes_free(&before);
  rig_free(rig);
}

void check_rows(const struct condition_test *test)
{
  for (size_t i = 0; i < test->row_count; i++)
    check_refused(test, &test->rows[i], NULL, true);
}

static bool has_row(const struct condition_test *test, const char *command, vcca_span condition)
{
  for (size_t i = 0; i < test->row_count; i++)
    if (strcmp(test->rows[i].command, command) == 0 && vcca_span_is(condition, test->rows[i].condition))
      return true;
  return false;
}

void check_complete(const struct condition_test *test)
{
  struct rig *rig = test->world();
  unsigned missing = 0;
  for (size_t i = 0; i < rig->interface->command_count; i++) {
    const struct vcca_command *command = &rig->interface->commands[i];
    const char *list = command->conditions;
    vcca_span name, code;
    call_of(test, command->name);
    while (vcca_word_next(&list, '=', &name, &code))
      if (!has_row(test, command->name, name)) {
        print_error("no row: %s %.*s\n", command->name, (int)name.n, (const char *)name.p);
        missing++;
      }
  }
  rig_free(rig);
  print_message("%u conditions without a test\n", missing);
  assert_int_equal(missing, 0);
}

/* --- Pairs -------------------------------------------------------------------------------------------- */

static bool same_arg(unsigned a, unsigned b)
{
  return a && a == b;
}

static bool overlap(const struct condition_row *a, const struct condition_row *b)
{
  return a->poke.pa && b->poke.pa && a->poke.pa < b->poke.pa + b->poke.width && b->poke.pa < a->poke.pa + a->poke.width;
}

/* Whether both changes can be made to one call. */
static bool compatible(const struct condition_row *a, const struct condition_row *b)
{
  bool args =
      same_arg(a->arg, b->arg) || same_arg(a->arg, b->arg2) || same_arg(a->arg2, b->arg) || same_arg(a->arg2, b->arg2);
  return !args && !overlap(a, b) && !(a->prepare && b->prepare);
}

/* Whether argument n of a command names a granule: an object in some state. */
static bool names_object(const struct vcca_command *command, unsigned n)
{
  const char *list = command->inputs;
  vcca_span name, kind;
  for (unsigned i = 1; vcca_word_next(&list, ':', &name, &kind); i++)
    if (i == n)
      return vcca_span_is(kind, "pa");
  return false;
}

/* Whether a call that b changed, too, still meets what a prepared: not when b names another object. */
static bool still_met(const struct condition_test *test, const struct condition_row *a, const struct condition_row *b)
{
  struct rig *rig = test->world();
  const struct vcca_command *command = vcca_command_named(rig->interface, vcca_span_str(a->command));
  rig_free(rig);
  return !a->prepare || !(names_object(command, b->arg) || names_object(command, b->arg2));
}

static bool row_is(const struct condition_row *row, const char *command, vcca_span condition)
{
  return strcmp(row->command, command) == 0 && vcca_span_is(condition, row->seen ? row->seen : row->condition);
}

/* Checks a pair by every call that can be made for it. Returns how many. */
static unsigned check_pair(const struct condition_test *test, const char *command, vcca_span first, vcca_span second,
                           bool ordered)
{
  unsigned calls = 0;
  for (size_t i = 0; i < test->row_count; i++) {
    const struct condition_row *a = &test->rows[i];
    if (!row_is(a, command, first))
      continue;
    if (a->also) {
      calls += vcca_span_is(second, a->also);
      continue; /* check_rows made the call */
    }
    for (size_t j = 0; j < test->row_count; j++) {
      const struct condition_row *b = &test->rows[j];
      if (!row_is(b, command, second) || b->also || !compatible(a, b) || !still_met(test, a, b))
        continue;
      check_refused(test, a, b, ordered);
      calls++;
    }
  }
  return calls;
}

static size_t place_of(const struct vcca_command *command, vcca_span condition)
{
  const char *list = command->conditions;
  vcca_span name, code;
  size_t place = 0;
  while (vcca_word_next(&list, '=', &name, &code) && !vcca_span_eq(name, condition))
    place++;
  if (!vcca_span_eq(name, condition))
    fail_msg("%s: the order names %.*s, which is no condition", command->name, (int)condition.n,
             (const char *)condition.p);
  return place;
}

/* Takes the next name off a group "a,b,c". */
static bool name_next(vcca_span *group, vcca_span *name)
{
  size_t n = 0;
  while (n < group->n && group->p[n] != ',')
    n++;
  *name = vcca_span_sub(*group, 0, n);
  *group = vcca_span_sub(*group, n + 1, group->n);
  return name->n > 0;
}

void check_pairs(const struct condition_test *test)
{
  struct rig *rig = test->world();
  unsigned pairs = 0, calls = 0, missing = 0;
  for (size_t i = 0; i < rig->interface->command_count; i++) {
    const struct vcca_command *command = &rig->interface->commands[i];
    const char *list = command->order;
    vcca_span before, after, first, second;
    while (vcca_word_next(&list, '<', &before, &after))
      for (vcca_span firsts = before; name_next(&firsts, &first);)
        for (vcca_span seconds = after; name_next(&seconds, &second); pairs++) {
          assert_true(place_of(command, first) < place_of(command, second));
          unsigned made = check_pair(test, command->name, first, second, true);
          if (made == 0)
            print_error("no call: %s %.*s before %.*s\n", command->name, (int)first.n, (const char *)first.p,
                        (int)second.n, (const char *)second.p);
          missing += made == 0;
          calls += made;
        }
  }
  rig_free(rig);
  print_message("%u ordered pairs, %u calls that meet both, %u ordered pairs without a test\n", pairs, calls, missing);
  assert_int_equal(missing, 0);
}

/* --- Orders seen from outside ------------------------------------------------------------------------- */

/* Takes the next group off "a,b < c < d". */
static bool group_next(const char **groups, vcca_span *group)
{
  *groups += strspn(*groups, " <");
  *group = vcca_span_of(*groups, strcspn(*groups, " <"));
  *groups += group->n;
  return group->n > 0;
}

static bool names(vcca_span group, vcca_span condition)
{
  for (vcca_span name; name_next(&group, &name);)
    if (vcca_span_eq(name, condition))
      return true;
  return false;
}

/* Every condition of the table is in some group. */
static void check_named(const struct vcca_command *command, const struct observed_order *order)
{
  const char *list = command->conditions;
  for (vcca_span name, code, group; vcca_word_next(&list, '=', &name, &code);) {
    const char *groups = order->groups;
    bool there = false;
    while (group_next(&groups, &group))
      there = there || names(group, name);
    if (!there)
      fail_msg("%s: the observed order does not name %.*s", command->name, (int)name.n, (const char *)name.p);
  }
}

/* Every pair that two groups give; returns how many calls were made. */
static unsigned check_groups(const struct condition_test *test, const char *command, vcca_span firsts,
                             vcca_span all_seconds)
{
  unsigned calls = 0;
  for (vcca_span first; name_next(&firsts, &first);)
    for (vcca_span seconds = all_seconds, second; name_next(&seconds, &second);)
      calls += check_pair(test, command, first, second, false);
  return calls;
}

static void check_one_status(const struct vcca_command *command)
{
  const char *list = command->conditions;
  vcca_span name, code, first = VCCA_SPAN_LIT("");
  while (vcca_word_next(&list, '=', &name, &code)) {
    if (first.n && !vcca_span_eq(first, code))
      fail_msg("%s has several statuses, and no observed order", command->name);
    first = code;
  }
}

void check_observed(const struct condition_test *test, const struct observed_order *orders, size_t count)
{
  struct rig *rig = test->world();
  unsigned calls = 0;
  for (size_t i = 0; i < rig->interface->command_count; i++) {
    const struct vcca_command *command = &rig->interface->commands[i];
    size_t at = 0;
    while (at < count && strcmp(orders[at].command, command->name) != 0)
      at++;
    if (at == count) {
      check_one_status(command);
      continue;
    }
    check_named(command, &orders[at]);
    const char *groups = orders[at].groups;
    for (vcca_span group, later; group_next(&groups, &group);) {
      unsigned with_next = 0, made = 0;
      const char *rest = groups;
      for (bool next = true; group_next(&rest, &later); next = false) {
        made = check_groups(test, command->name, group, later);
        with_next = next ? made : with_next;
        calls += made;
      }
      if (*groups && with_next == 0)
        fail_msg("%s: no call meets %.*s and the next group", command->name, (int)group.n, (const char *)group.p);
    }
  }
  rig_free(rig);
  print_message("%u calls that meet conditions of two statuses\n", calls);
}

void check_unknown(const struct condition_test *test)
{
  static const uint64_t ids[] = {0, 0xC4000156, 0xC4000160, 0xC4000163, 0xC40001FF, 0x84000000, UINT64_MAX};
  struct rig *rig = test->world();
  struct vcca_bytes before = {0};
  assert_true(vcca_machine_save(rig->m, &before, NULL));
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
    uint64_t x[VCCA_SMC_REGS];
    for (unsigned j = 0; j < VCCA_SMC_REGS; j++)
      x[j] = 0x1000 + j;
    x[0] = ids[i];
    vcca_smc(rig->m, x);
    assert_true(x[0] == UINT64_MAX);
    for (unsigned j = 1; j < VCCA_SMC_REGS; j++)
      assert_int_equal(x[j], 0x1000 + j);
  }
  assert_true(vcca_machine_same(rig->m, vcca_bytes_span(&before)));
  vcca_bytes_free(&before);
  rig_free(rig);
}

/* --- What holds at once --------------------------------------------------------------------------------- */

/* Makes the call that meets both; whether the earlier one refused it. */
static bool meets_both(const struct condition_test *test, const struct condition_row *a, const struct condition_row *b)
{
  struct rig *rig = test->world();
  struct vcca_bytes before = {0};
  uint64_t args[8];
  memcpy(args, call_of(test, a->command)->args, sizeof args);
  apply(rig, b, args);
  apply(rig, a, args);
  assert_true(vcca_machine_save(rig->m, &before, NULL));
  uint64_t status = rig_call(rig, a->command, args);
  bool refused = rig->refused && strcmp(rig->refused, a->condition) == 0;
  if (refused)
    check_held(rig, a, b, status, false);
  if (!vcca_machine_same(rig->m, vcca_bytes_span(&before)))
    fail_msg("%s %s and %s: the refused call changed the machine", a->command, a->condition, b->condition);
  vcca_bytes_free(&before);
  rig_free(rig);
  return refused;
}

void check_held_pairs(const struct condition_test *test)
{
  struct rig *rig = test->world();
  unsigned calls = 0;
  for (size_t i = 0; i < test->row_count; i++)
    for (size_t j = 0; j < test->row_count; j++) {
      const struct condition_row *a = &test->rows[i], *b = &test->rows[j];
      const struct vcca_command *command = vcca_command_named(rig->interface, vcca_span_str(a->command));
      bool pair = strcmp(a->command, b->command) == 0 && !a->also && !b->also && compatible(a, b);
      if (pair && place_of(command, vcca_span_str(a->condition)) < place_of(command, vcca_span_str(b->condition)))
        calls += meets_both(test, a, b);
    }
  rig_free(rig);
  print_message("%u calls that meet two conditions tell both\n", calls);
  assert_true(calls > 100);
}
