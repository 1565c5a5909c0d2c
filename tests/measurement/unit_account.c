/* What people and machines are told about the steps of a measurement.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "rooms/account.h"
#include "rooms/hash.h"

/* What the account prints of these steps. */
static void account_of(const struct vcca_rim_step *steps, size_t n, char *text, size_t room)
{
  struct vcca_account a = {
      .hash_alg = VCCA_SHA256, .labels = {{"kernel", 0x1000, 0x3000}, {"initrd", 0x3000, 0x4000}}, .label_count = 2};
  a.out = tmpfile();
  assert_non_null(a.out);
  for (size_t i = 0; i < n; i++)
    vcca_account_step(&a, &steps[i]);
  vcca_account_end(&a);
  vcca_account_end(&a); /* nothing is open: nothing more is said */
  assert_int_equal(a.steps, n);
  rewind(a.out);
  text[fread(text, 1, room - 1, a.out)] = 0;
  fclose(a.out);
}

/* The text has these lines, each with its words, and no other. */
static void lines_are(const char *text, const char *const *words, size_t n)
{
  const char *at = text;
  for (size_t i = 0; i < n; i++) {
    char line[200] = "";
    size_t length = strcspn(at, "\n");
    assert_true(length < sizeof line && at[length] == '\n');
    memcpy(line, at, length);
    if (!strstr(line, words[i]))
      fail_msg("line %zu wants \"%s\": %s", i, words[i], text);
    at += length + 1;
  }
  assert_string_equal(at, "");
}

static const uint8_t no_value[VCCA_MEASUREMENT_SIZE];

static struct vcca_rim_step rec(uint64_t flags)
{
  return (struct vcca_rim_step){.kind = VCCA_STEP_REC, .flags = flags, .after = no_value};
}

static struct vcca_rim_step data(uint64_t ipa, const uint8_t *content)
{
  return (struct vcca_rim_step){.kind = VCCA_STEP_DATA, .base = ipa, .content = content, .after = no_value};
}

static struct vcca_rim_step ripas(uint64_t base, uint64_t top)
{
  return (struct vcca_rim_step){.kind = VCCA_STEP_RIPAS, .base = base, .top = top, .after = no_value};
}

/* RmmRecCreateFlags: bit 0 says runnable. */
static void vcpus_of_the_same_flags_are_one_line_and_bit_0_says_runnable(void **state)
{
  (void)state;
  const struct vcca_rim_step steps[] = {rec(1), rec(1), rec(1), rec(2), rec(0), rec(0), rec(3)};
  static const char *const words[] = {"3 vCPUs, runnable  ", "1 vCPU  ", "2 vCPUs  ", "1 vCPU, runnable  "};
  char text[2000];
  account_of(steps, sizeof steps / sizeof *steps, text, sizeof text);
  lines_are(text, words, sizeof words / sizeof *words);
}

static void granules_are_one_line_while_they_follow_each_other_with_one_label(void **state)
{
  (void)state;
  static const uint8_t some[VCCA_HASH_MAX] = {1};
  const uint8_t *zero = vcca_hash_zero_page(VCCA_SHA256);
  const struct vcca_rim_step steps[] = {
      data(0x0, some),    data(0x1000, some), data(0x2000, zero), /* kernel from 0x1000 on */
      data(0x3000, zero),                                         /* initrd */
      data(0x4000, some), data(0x5000, NULL),                     /* nothing known; unmeasured */
      data(0x8000, NULL),                                         /* not the next */
  };
  static const char *const words[] = {
      "0x000000000-0x000001000      1 granules, 0 zero  ",
      "0x000001000-0x000003000      2 granules, 1 zero  ",
      "0x000003000-0x000004000      1 granules, 1 zero  ",
      "0x000004000-0x000005000      1 granules, 0 zero  ",
      "0x000005000-0x000006000      1 granules, 0 zero, unmeasured",
      "0x000008000-0x000009000      1 granules, 0 zero, unmeasured",
  };
  static const char *const labels[] = {"", " kernel ", " initrd ", "", "", ""};
  char text[2000];
  account_of(steps, sizeof steps / sizeof *steps, text, sizeof text);
  lines_are(text, words, sizeof words / sizeof *words);
  lines_are(text, labels, sizeof labels / sizeof *labels);
}

static void ranges_of_ram_are_one_line_while_entries_are_of_one_size(void **state)
{
  (void)state;
  const struct vcca_rim_step steps[] = {ripas(0x1fe000, 0x1ff000), ripas(0x1ff000, 0x200000), ripas(0x200000, 0x400000),
                                        ripas(0x400000, 0x600000), ripas(0x800000, 0xa00000)};
  static const char *const words[] = {"0x0001fe000-0x000200000      2 entries of 4 KiB",
                                      "0x000200000-0x000600000      2 entries of 2048 KiB",
                                      "0x000800000-0x000a00000      1 entries of 2048 KiB"};
  char text[2000];
  account_of(steps, sizeof steps / sizeof *steps, text, sizeof text);
  lines_are(text, words, sizeof words / sizeof *words);
}

/* The value behind a line is the measurement after its last step. */
static void a_line_ends_with_the_value_after_it(void **state)
{
  (void)state;
  struct vcca_rim_step steps[] = {{.kind = VCCA_STEP_CREATE, .flags = 5}, rec(1), rec(1)};
  static const char *const words[] = {"parameters, flags 0x5, sha-256", "2 vCPUs, runnable"};
  static const char *const values[] = {" a100000000000000...", " c300000000000000..."};
  uint8_t after[3][VCCA_MEASUREMENT_SIZE] = {{0xa1}, {0xb2}, {0xc3}};
  char text[2000];
  for (size_t i = 0; i < 3; i++)
    steps[i].after = after[i];
  account_of(steps, 3, text, sizeof text);
  lines_are(text, words, 2);
  lines_are(text, values, 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(vcpus_of_the_same_flags_are_one_line_and_bit_0_says_runnable),
      cmocka_unit_test(granules_are_one_line_while_they_follow_each_other_with_one_label),
      cmocka_unit_test(ranges_of_ram_are_one_line_while_entries_are_of_one_size),
      cmocka_unit_test(a_line_ends_with_the_value_after_it),
  };
  return check_run(tests, NULL, NULL);
}
