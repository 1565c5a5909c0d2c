/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "rooms/vmm.h"

static void every_key_is_read(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct vcca_host_caps caps = {.known = {false}};
  static const char text[] = "# of a host\r\nipa_bits = 52\nnum_bps=16 # count\n\n\tnum_wps =\t16\nsve_vl = "
                             "512\npmu_num_ctrs = 8\npmu = true\nlpa2 = false\n"
                             "hash_algo = \"RmiHashSha512\"";
  static const unsigned want[VCCA_CAPS] = {52, 16, 16, 512, 8, 1, 0, VCCA_SHA512};
  check_ok(vcca_host_caps_read(VCCA_SPAN_LIT(""), &caps, &err), &err, "empty");
  check_ok(vcca_host_caps_read(vcca_span_str(text), &caps, &err), &err, "text");
  for (int i = 0; i < VCCA_CAPS; i++) {
    assert_true(caps.known[i]);
    assert_int_equal(caps.value[i], want[i]);
  }
}

/* TOML 1.0, Integer, Keys, and Comment. */
static void whatever_toml_calls_an_integer_or_a_key_is_read(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    unsigned want;
  } rows[] = {
      {"num_bps = 0x1F", 31}, {"num_bps = 1_6", 16}, {"num_bps = +16", 16},     {"num_bps = 0b11_0", 6},
      {"num_bps = 0o10", 8},  {"\"num_bps\"= 6", 6}, {"'num_bps' =6#count", 6}, {"\xef\xbb\xbfnum_bps = 7\n# x", 7}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_error err = {0};
    struct vcca_host_caps caps = {.known = {false}};
    check_ok(vcca_host_caps_read(vcca_span_str(rows[i].text), &caps, &err), &err, rows[i].text);
    assert_int_equal(caps.value[VCCA_CAP_NUM_BPS], rows[i].want);
  }
}

static void later_files_lower_and_options_override(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct vcca_host_caps caps = {.known = {false}};
  check_ok(vcca_host_caps_read(VCCA_SPAN_LIT("num_bps = 6\nlpa2 = true\npmu = false"), &caps, &err), &err, "first");
  check_ok(vcca_host_caps_read(VCCA_SPAN_LIT("num_bps = 16\nlpa2 = false\npmu = true"), &caps, &err), &err, "second");
  assert_int_equal(caps.value[VCCA_CAP_NUM_BPS], 6);
  assert_int_equal(caps.value[VCCA_CAP_LPA2], 0);
  assert_int_equal(caps.value[VCCA_CAP_PMU], 0);
  check_ok(vcca_host_caps_set(&caps, VCCA_CAP_NUM_BPS, "32", &err), &err, "option");
  check_ok(vcca_host_caps_read(VCCA_SPAN_LIT("num_bps = 2"), &caps, &err), &err, "third");
  assert_int_equal(caps.value[VCCA_CAP_NUM_BPS], 32);
}

static void algorithms_of_files_agree(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct vcca_host_caps caps = {.known = {false}};
  check_ok(vcca_host_caps_read(VCCA_SPAN_LIT("hash_algo = 'RmiHashSha256'"), &caps, &err), &err, "first");
  assert_false(vcca_host_caps_read(VCCA_SPAN_LIT("hash_algo = \"RmiHashSha512\""), &caps, &err));
  assert_non_null(strstr(err.text, "--hash-algo"));
}

static void what_is_wrong_is_located(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    unsigned line, column;
  } rows[] = {
      {"num_bps = 1", 1, 11},
      {"num_bps = 65", 1, 11},
      {"\nnum_bps = 2K", 2, 11},
      {"num_bps = \"6\"", 1, 11},
      {"num_bps =", 1, 10},
      {"num_bps 6", 1, 9},
      {"num_bps = 6 6", 1, 13},
      {"num_bps = 99999999999999999999", 1, 11},
      {"num_bps = 6\nnum_bps = 6", 2, 1},
      {"pmu = 1", 1, 7},
      {"pmu = TRUE", 1, 7},
      {"sve_vl = 200", 1, 10},
      {"sve_vl = 2176", 1, 10},
      {"ipa_bits = 53", 1, 12},
      {"hash_algo = RmiHashSha256", 1, 13},
      {"hash_algo = \"md5\"", 1, 13},
      {"hash_algo = \"RmiHashSha256", 1, 13},
      {"[host]", 1, 1},
      {"  bits = 3", 1, 3},
      {"= 3", 1, 1},
      {"num_bps = 016", 1, 11},
      {"num_bps = 1__6", 1, 11},
      {"num_bps = 16_", 1, 11},
      {"num_bps = 0x", 1, 11},
      {"num_bps = 0b12", 1, 11},
      {"num_bps = 0X10", 1, 11},
      {"num_bps = -6", 1, 11},
      {"num_bps = +", 1, 11},
      {"\"num_bps = 6", 1, 1},
      {"num_bps = 6.0", 1, 11},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_error err = {0};
    struct vcca_host_caps caps = {.known = {false}}, before = caps;
    if (vcca_host_caps_read(vcca_span_str(rows[i].text), &caps, &err))
      fail_msg("accepted: %s", rows[i].text);
    if (err.line != rows[i].line || err.column != rows[i].column)
      fail_msg("%s: at %u:%u, not %u:%u (%s)", rows[i].text, err.line, err.column, rows[i].line, rows[i].column,
               err.text);
    assert_memory_equal(&caps, &before, sizeof caps); /* nothing of a bad file is taken */
  }
}

static void options_are_as_strict_as_files(void **state)
{
  (void)state;
  static const struct {
    enum vcca_cap cap;
    const char *text;
  } rows[] = {{VCCA_CAP_NUM_WPS, "1"},  {VCCA_CAP_NUM_WPS, ""},      {VCCA_CAP_SVE_VL, "100"},
              {VCCA_CAP_PMU, "on"},     {VCCA_CAP_LPA2, "1"},        {VCCA_CAP_PMU_NUM_CTRS, "32"},
              {VCCA_CAP_IPA_BITS, "8"}, {VCCA_CAP_HASH_ALGO, "sha1"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_error err = {0};
    struct vcca_host_caps caps = {.known = {false}};
    assert_false(vcca_host_caps_set(&caps, rows[i].cap, rows[i].text, &err));
    assert_int_equal(err.fault, VCCA_FAULT_USAGE);
    assert_memory_equal(err.text, "--", 2);
    assert_non_null(strstr(err.text, vcca_cap_option(rows[i].cap)));
    assert_false(caps.known[rows[i].cap]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_key_is_read),
      cmocka_unit_test(whatever_toml_calls_an_integer_or_a_key_is_read),
      cmocka_unit_test(later_files_lower_and_options_override),
      cmocka_unit_test(algorithms_of_files_agree),
      cmocka_unit_test(what_is_wrong_is_located),
      cmocka_unit_test(options_are_as_strict_as_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
