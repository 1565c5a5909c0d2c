/* SPDX-License-Identifier: Apache-2.0 */
#include "support_conditions.h"

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

static void check_row(const struct condition_test *test, const struct condition_row *row)
{
  struct rig *rig = test->world();
  struct vcca_bytes before = {0};
  uint64_t args[8], want = 0;
  memcpy(args, call_of(test, row->command)->args, sizeof args);
  if (row->arg)
    args[row->arg - 1] = row->value;
  if (row->arg2)
    args[row->arg2 - 1] = row->value2;
  if (row->poke.pa)
    rig_poke(rig, row->poke.pa, row->poke.width, row->poke.value);
  if (row->prepare)
    row->prepare(rig);
  if (!table_status(rig, row, &want))
    fail_msg("%s: %s is not in the table", row->command, row->condition);
  assert_true(vcca_machine_save(rig->m, &before, NULL));
  uint64_t status = rig_call(rig, row->command, args);
  if (!rig->refused || strcmp(rig->refused, row->condition) != 0)
    fail_msg("%s: refused by %s, not %s", row->command, rig->refused ? rig->refused : "nothing", row->condition);
  if ((status & 0xff) != want)
    fail_msg("%s %s: status 0x%llx", row->command, row->condition, (unsigned long long)status);
  if (!vcca_machine_same(rig->m, vcca_bytes_span(&before)))
    fail_msg("%s %s: the refused call changed the machine", row->command, row->condition);
  vcca_bytes_free(&before);
  rig_free(rig);
}

void check_rows(const struct condition_test *test)
{
  for (size_t i = 0; i < test->row_count; i++)
    check_row(test, &test->rows[i]);
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
  if (missing)
    fail_msg("%u conditions have no row", missing);
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
