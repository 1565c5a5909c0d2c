/* Traces in files: read as they were written, refused where they break, and what they hold only as a hash
 * is found.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_diff.h"
#include "rooms/explain.h"

static void a_trace_file_reads_as_it_was_written(void **state)
{
  (void)state;
  struct support_diff c;
  support_a.plan.params.hash_alg = support_b.plan.params.hash_alg = VCCA_SHA512;
  support_compare_file(&c);
  assert_true(vcca_rim_diff_same(&c.d));
  assert_int_equal(c.t[0].alg, VCCA_SHA512);
  support_release(&c);
}

static void parameters_of_a_trace_are_found_by_their_hash(void **state)
{
  (void)state;
  struct support_diff c;
  support_a.plan.params.flags = 6;
  support_a.plan.params.sve_vl = 3;
  support_a.plan.params.pmu_num_ctrs = 7;
  support_compare_file(&c);
  support_has(&c, "flags: 0x6 SVE PMU in A, 0x0 in B");
  support_has(&c, "sve_vl: 3 in A, 0 in B");
  support_has(&c, "pmu_num_ctrs: 7 in A, 0 in B");
  support_release(&c);
}

static void registers_of_a_trace_are_found_by_their_hash(void **state)
{
  (void)state;
  struct support_diff c;
  support_a.plan.boot_rec.gprs[0] = 0x48200000;
  support_compare_file(&c);
  support_has(&c, "x0: 0x48200000 in A, 0x0 in B");
  support_release(&c);
}

static void a_trace_that_ends_before_is_the_same_as_far_as_it_goes(void **state)
{
  (void)state;
  struct support_diff c;
  support_a.plan.segment_count = 2;
  support_a.plan.vcpus = 0;
  support_compare_file(&c);
  support_has(&c, "A ends before B does. As far as it goes, it is the same.");
  assert_int_equal(c.d.equal, c.t[0].count);
  support_release(&c);
}

static void trace_files_of_two_algorithms_compare_by_their_steps(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct support_diff c;
  for (unsigned i = 0; i < 2; i++) {
    char *lines = NULL;
    size_t n = 0;
    support_a.plan.params.hash_alg = i == 0 ? VCCA_SHA256 : VCCA_SHA512;
    support_a.plan.vcpus = 2 + i;
    support_trace(&support_a.plan, &lines, &n);
    check_ok(vcca_trace_read(vcca_span_of(lines, n), NULL, &c.t[i], &err), &err, "read");
    free(lines);
  }
  check_ok(vcca_rim_diff(&c.t[0], &c.t[1], &c.d, &err), &err, "diff");
  support_words(&c);
  assert_false(vcca_rim_diff_same(&c.d));
  assert_int_equal(c.d.run_count, 1);
  support_run(&c, 0, VCCA_ONLY_B, 0, 1);
  support_release(&c);
}

#define RIM32 "\"rim\":\"0000000000000000000000000000000000000000000000000000000000000000\""

static void a_broken_trace_is_refused_where_it_breaks(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    unsigned line, column; /* 0: no place */
  } rows[] = {
      {"", 0, 0},
      {"\n\n", 0, 0},
      {"[]", 1, 1},
      {"{}", 1, 2},
      {"{\"step\":0,\"kind\":\"create\",\"flags\":\"0x0\"," RIM32 "} x", 1, 115},
      {"{\"step\":1,\"kind\":\"create\",\"flags\":\"0x0\"," RIM32 "}", 1, 9},
      {"{\"step\":0,\"kind\":\"data\",\"ipa\":\"0x0\",\"flags\":\"0x0\"," RIM32 "}", 1, 19},
      {"{\"step\":0,\"kind\":\"create\",\"flags\":\"0x0\"}", 1, 1},
      {"{\"step\":0,\"kind\":\"create\",\"top\":\"0x0\",\"flags\":\"0x0\"," RIM32 "}", 1, 34},
      {"{\"kind\":\"create\",\"kind\":\"create\"", 1, 18},
      {"{\"kind\":\"cre\\u0061te\"}", 1, 13},
      {"{\"kind\":\"created\"}", 1, 10},
      {"{\"rin\":\"\"}", 1, 2},
      {"{\"call\":1,\"kind\":\"create\",\"flags\":\"0\"," RIM32 "}", 1, 1},
      {"{\"call\":1,\"rd\":\"0x0\",\"kind\":\"create\",\"flags\":\"0\"," RIM32 "}", 1, 1},
      {"{\"call\":4294967296,\"line\":1,\"interface\":\"rmi\",\"command\":\"A\",\"rd\":\"0x0\",\"kind\":\"create\","
       "\"flags\":\"0\"," RIM32 "}",
       1, 9},
      {"{\"call\":1,\"line\":1,\"interface\":\"rmi\",\"command\":\"0123456789abcdef0123456789abcdef\",\"rd\":\"0x0\","
       "\"kind\":\"create\",\"flags\":"
       "\"0\"," RIM32 "}",
       1, 49},
      {"{\"call\":1,\"line\":1,\"interface\":\"rmi\",\"command\":\"A\",\"rd\":\"0x0\",\"kind\":\"data\",\"ipa\":\"0\","
       "\"flags\":\"0\"," RIM32 "}",
       1, 58},
      {"{\"kind\":\"create\",\"flags\":\"0\"," RIM32 "}\n{\"kind\":\"data\",\"ipa\":\"0x8", 2, 26},
      {"{\"kind\":\"create\",\"flags\":\"-1\"," RIM32 "}", 1, 27},
      {"{\"kind\":\"create\",\"flags\":\"0\",\"rim\":\"00\"}", 1, 37},
      {"{\"kind\":\"create\",\"flags\":\"0\",\"rim\":\"0g\"}", 1, 38},
      {"{\"kind\":\"create\",\"flags\":\"0\"," RIM32 "}\n{\"kind\":\"data\",\"ipa\":\"0x800\",\"flags\":\"1\"," RIM32
       "}",
       2, 23},
      {"{\"kind\":\"create\",\"flags\":\"0\"," RIM32
       "}\n{\"kind\":\"ripas\",\"base\":\"0x2000\",\"top\":\"0x1000\"," RIM32 "}",
       2, 40},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_error err = {0};
    struct vcca_rim_trace t;
    assert_false(vcca_trace_read(vcca_span_str(rows[i].text), NULL, &t, &err));
    if (err.line != rows[i].line || err.column != rows[i].column)
      fail_msg("%s: %u:%u: %s, and not at %u:%u", rows[i].text, err.line, err.column, err.text, rows[i].line,
               rows[i].column);
  }
}

#define CALL(step) "{\"call\":1,\"line\":1,\"interface\":\"rmi\",\"command\":\"A\",\"rd\":\"0x0\"," step "," RIM32 "}\n"
#define STEP(step) "{" step "," RIM32 "}\n"
#define CREATE "\"kind\":\"create\",\"flags\":\"0x0\""
#define REC                                         \
  "\"kind\":\"rec\",\"flags\":\"0x1\",\"content\":" \
  "\"0000000000000000000000000000000000000000000000000000000000000000\""

static void steps_of_a_run_and_others_are_no_one_trace(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    size_t steps; /* 0: refused, in the second line */
  } rows[] = {{CALL(CREATE) CALL(REC) CALL(REC), 3},
              {STEP(CREATE) STEP(REC), 2},
              {CALL(CREATE) STEP(REC), 0},
              {STEP(CREATE) CALL(REC), 0}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_error err = {0};
    struct vcca_rim_trace t;
    bool read = vcca_trace_read(vcca_span_str(rows[i].text), NULL, &t, &err);
    if (rows[i].steps > 0) {
      check_ok(read, &err, rows[i].text);
      assert_int_equal(t.count, rows[i].steps);
      vcca_trace_free(&t);
      continue;
    }
    assert_false(read);
    assert_int_equal(err.line, 2);
    assert_non_null(strstr(err.text, "steps of a run and others in one trace"));
  }
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, support_pair_up, support_pair_down)
  const struct CMUnitTest tests[] = {
      CASE(a_trace_file_reads_as_it_was_written),
      CASE(parameters_of_a_trace_are_found_by_their_hash),
      CASE(registers_of_a_trace_are_found_by_their_hash),
      CASE(a_trace_that_ends_before_is_the_same_as_far_as_it_goes),
      CASE(trace_files_of_two_algorithms_compare_by_their_steps),
      CASE(a_broken_trace_is_refused_where_it_breaks),
      CASE(steps_of_a_run_and_others_are_no_one_trace),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
