/* Every failure condition of an interface, one row each: which command, which condition, and what of an
 * otherwise good call makes it hold. A row proves the status, the condition's name, and that the refused
 * call changed nothing; a condition without a row fails the test.
 *
 * Of every pair of conditions that the specification orders (the table's order column) a call that meets
 * both sees the first. Such calls are composed of two rows that change different things; where all rows of
 * two conditions change the same thing, a row says that it meets another condition too.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TESTS_RMM_SUPPORT_CONDITIONS_H
#define VCCA_TESTS_RMM_SUPPORT_CONDITIONS_H

#include "support.h"

/* A call that succeeds in the world; or, of a command that is not modelled, any call. */
struct good_call {
  const char *command;
  uint64_t args[8];
};

struct condition_row {
  const char *command;
  const char *condition;
  unsigned arg; /* 1 for x1; 0: no argument changes */
  uint64_t value;
  struct {
    uint64_t pa; /* host memory to write, 0: none */
    unsigned width;
    uint64_t value;
  } poke;
  void (*prepare)(struct rig *rig);
  unsigned arg2; /* a second argument, as the first */
  uint64_t value2;
  const char *also; /* a later condition that the row meets as well */
  const char *seen; /* its name in an observed order, where that tells two ways to meet the condition apart */
};

/* The ways to say it: an argument is wrong, the host's memory is, something happened before, or several of
 * these. */
#define ARG(cmd, cond, n, x)                                \
  {                                                         \
    .command = cmd, .condition = cond, .arg = n, .value = x \
  }
#define POKE(cmd, cond, at, bytes, x)                           \
  {                                                             \
    .command = cmd, .condition = cond, .poke = { at, bytes, x } \
  }
#define WHEN(cmd, cond, before)                          \
  {                                                      \
    .command = cmd, .condition = cond, .prepare = before \
  }
#define ARG_WHEN(cmd, cond, n, x, before)                                      \
  {                                                                            \
    .command = cmd, .condition = cond, .arg = n, .value = x, .prepare = before \
  }
#define ARGS_WHEN(cmd, cond, n, x, n2, x2, before)                                                       \
  {                                                                                                      \
    .command = cmd, .condition = cond, .arg = n, .value = x, .arg2 = n2, .value2 = x2, .prepare = before \
  }

#define BOTH(cmd, first, second, n, x)                                       \
  {                                                                          \
    .command = cmd, .condition = first, .also = second, .arg = n, .value = x \
  }
#define BOTH_WHEN(cmd, first, second, n, x, n2, x2, before)                                             \
  {                                                                                                     \
    .command = cmd, .condition = first, .also = second, .arg = n, .value = x, .arg2 = n2, .value2 = x2, \
    .prepare = before                                                                                   \
  }

struct condition_test {
  struct rig *(*world)(void);
  const struct good_call *calls;
  size_t call_count;
  const struct condition_row *rows;
  size_t row_count;
};

/* Every good call is good. */
void check_good_calls(const struct condition_test *test);
/* Every row is refused as its table says. */
void check_rows(const struct condition_test *test);
/* Every condition of the table has a row, and every row is in the table. */
void check_complete(const struct condition_test *test);
/* Every pair that the table orders is checked in that order, and has a call that meets both and sees the
 * first. Prints how many. */
void check_pairs(const struct condition_test *test);
/* Calls that meet any two conditions that can be met at once: what is told to hold has the first, and the
 * second unless it cannot be told; nothing changes. Prints how many. */
void check_held_pairs(const struct condition_test *test);
/* An order seen from outside: "a,b < c < d". */
struct observed_order {
  const char *command;
  const char *groups;
};
/* A call that meets conditions of two groups sees that of the earlier, for every two conditions that one
 * call can meet; and each group has such a call with the next. Of commands that are not among the orders,
 * no two conditions have different statuses. */
void check_observed(const struct condition_test *test, const struct observed_order *orders, size_t count);
/* Unknown function ids change nothing but x0. */
void check_unknown(const struct condition_test *test);

#endif
