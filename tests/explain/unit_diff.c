/* Where two measurements part: each kind of change is one run where it was made, and nothing behind it turns red.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "vcca/account.h"

static struct support_vm a, b;

static int set_up(void **state)
{
  (void)state;
  support_vm_make(&a, (struct vcca_vm){.profile = "virtcca", .vcpus = 2});
  support_vm_make(&b, (struct vcca_vm){.profile = "virtcca", .vcpus = 2});
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  support_vm_free(&a);
  support_vm_free(&b);
  return 0;
}

/* Compares the plans; the text form in *text, to be freed. */
static struct vcca_rim_diff compare(struct vcca_rim_trace t[2], char **text)
{
  struct vcca_error err = {0};
  struct vcca_rim_diff d;
  check_ok(vcca_trace_plan(&a.plan, &t[0], &err), &err, "trace");
  check_ok(vcca_trace_plan(&b.plan, &t[1], &err), &err, "trace");
  check_ok(vcca_rim_diff(&t[0], &t[1], &d, &err), &err, "diff");
  size_t n = 0;
  FILE *out = open_memstream(text, &n);
  vcca_rim_diff_text(&d, "old", "new", out);
  fclose(out);
  return d;
}

static void release(struct vcca_rim_diff *d, struct vcca_rim_trace t[2], char *text)
{
  vcca_rim_diff_free(d);
  vcca_trace_free(&t[0]);
  vcca_trace_free(&t[1]);
  free(text);
}

static void check_run(const struct vcca_rim_diff *d, size_t i, enum vcca_difference what, uint64_t base, size_t count)
{
  assert_true(i < d->run_count);
  assert_int_equal(d->runs[i].what, what);
  assert_int_equal(d->runs[i].base, base);
  assert_int_equal(d->runs[i].count, count);
}

static void has(const char *text, const char *words)
{
  if (!strstr(text, words))
    fail_msg("no \"%s\" in:\n%s", words, text);
}

/* --- One change each ------------------------------------------------------------------------------------------ */

static void the_same_plan_is_the_same(void **state)
{
  (void)state;
  struct vcca_rim_trace t[2];
  char *text = NULL;
  struct vcca_rim_diff d = compare(t, &text);
  assert_true(vcca_rim_diff_same(&d));
  assert_int_equal(d.equal, t[0].count);
  has(text, "They are the same.");
  release(&d, t, text);
}

static void a_header_field_is_named(void **state)
{
  (void)state;
  b.kernel[24] ^= 8; /* booting.rst: flags at byte 24 */
  struct vcca_rim_trace t[2];
  char *text = NULL;
  struct vcca_rim_diff d = compare(t, &text);
  assert_int_equal(d.run_count, 1);
  check_run(&d, 0, VCCA_CONTENT, 0x40200000, 1);
  has(text, "step 513: data 0x40200000: content differs");
  has(text, "A: kernel + 0x18");
  has(text, "1 of this granule's bytes differ");
  has(text, "field flags: 0x");
  release(&d, t, text);
}

static void a_device_tree_property_is_named(void **state)
{
  (void)state;
  for (size_t i = 0; i + 12 < b.dtb.n; i++)
    if (memcmp(b.dtb.p + i, "console=hvc0", 12) == 0)
      b.dtb.p[i + 11] = '1';
  struct vcca_rim_trace t[2];
  char *text = NULL;
  struct vcca_rim_diff d = compare(t, &text);
  assert_int_equal(d.run_count, 1);
  has(text, "field /chosen/bootargs, byte 11 of its 13");
  release(&d, t, text);
}

static void an_extra_granule_is_one_extra_granule(void **state)
{
  (void)state;
  b.plan.segments[1].size += VCCA_PAGE;
  b.plan.segments[2].ipa += VCCA_PAGE;
  b.plan.segments[2].size -= VCCA_PAGE;
  struct vcca_rim_trace t[2];
  char *text = NULL;
  struct vcca_rim_diff d = compare(t, &text);
  assert_int_equal(d.run_count, 1);
  check_run(&d, 0, VCCA_ONLY_B, 0x40310000, 1);
  assert_int_equal(d.equal, t[0].count);
  release(&d, t, text);
}

static void an_unmeasured_image_is_missing(void **state)
{
  (void)state;
  b.plan.segments[3].measured = false;
  struct vcca_rim_trace t[2];
  char *text = NULL;
  struct vcca_rim_diff d = compare(t, &text);
  assert_int_equal(d.run_count, 1);
  check_run(&d, 0, VCCA_ONLY_A, 0x48000000, 512);
  has(text, "only in A, missing in B");
  has(text, "initrd + 0x0");
  release(&d, t, text);
}

static void another_order_is_a_move(void **state)
{
  (void)state;
  struct vcca_segment dtb = b.plan.segments[4];
  memmove(&b.plan.segments[1], &b.plan.segments[0], 4 * sizeof dtb);
  b.plan.segments[0] = dtb;
  struct vcca_rim_trace t[2];
  char *text = NULL;
  struct vcca_rim_diff d = compare(t, &text);
  assert_int_equal(d.run_count, 1);
  check_run(&d, 0, VCCA_MOVED, 0x48200000, 512);
  assert_int_equal(d.runs[0].b, 1);
  release(&d, t, text);
}

static void a_parameter_is_named_and_so_is_a_vcpu_more(void **state)
{
  (void)state;
  b.plan.params.flags |= 2;
  b.plan.params.sve_vl = 2;
  b.plan.vcpus = 3;
  struct vcca_rim_trace t[2];
  char *text = NULL;
  struct vcca_rim_diff d = compare(t, &text);
  assert_int_equal(d.run_count, 2);
  check_run(&d, 0, VCCA_FLAGS, 0, 1);
  check_run(&d, 1, VCCA_ONLY_B, 0, 1);
  has(text, "parameters differ");
  has(text, "sve_vl: 0 in A, 2 in B");
  release(&d, t, text);
}

static void other_rules_with_the_same_steps_are_told(void **state)
{
  (void)state;
  a.plan.rules = VCCA_RULES_ARM_2_0;
  a.plan.segments[2].size = 0;
  b.plan.segments[2].size = 0;
  a.plan.vcpus = b.plan.vcpus = 1;
  struct vcca_rim_trace t[2];
  char *text = NULL;
  struct vcca_rim_diff d = compare(t, &text);
  assert_int_equal(d.run_count, 1);
  check_run(&d, 0, VCCA_CONTENT, 0, 1); /* the content of a REC is another, and the rest the same */
  assert_int_equal(d.runs[0].kind, VCCA_STEP_REC);
  release(&d, t, text);
}

/* --- Trace files ---------------------------------------------------------------------------------------------- */

static void put_step(void *out, const struct vcca_rim_step *step)
{
  static uint64_t number;
  number = step->kind == VCCA_STEP_CREATE ? 0 : number + 1;
  vcca_account_json(out, number, VCCA_SHA512, step);
}

static void a_trace_file_reads_as_it_was_written(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct vcca_rim_trace t[2];
  struct vcca_rim rim;
  struct vcca_rim_diff d;
  char *text = NULL;
  size_t n = 0;
  a.plan.params.hash_alg = VCCA_SHA512;
  FILE *out = open_memstream(&text, &n);
  vcca_plan_measure(&a.plan, put_step, out, NULL, NULL, &rim);
  fclose(out);
  check_ok(vcca_trace_read(vcca_span_of(text, n), &t[0], &err), &err, "read");
  check_ok(vcca_trace_plan(&a.plan, &t[1], &err), &err, "trace");
  check_ok(vcca_rim_diff(&t[0], &t[1], &d, &err), &err, "diff");
  assert_true(vcca_rim_diff_same(&d));
  assert_int_equal(t[0].alg, VCCA_SHA512);
  release(&d, t, text);
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
      {"{\"kind\":\"create\",\"flags\":\"-1\"," RIM32 "}", 1, 27},
      {"{\"kind\":\"create\",\"flags\":\"0\",\"rim\":\"00\"}", 1, 37},
      {"{\"kind\":\"create\",\"flags\":\"0\",\"rim\":\"0g\"}", 1, 38},
      {"{\"kind\":\"create\",\"flags\":\"0\"," RIM32 "}\n{\"kind\":\"data\",\"ipa\":\"0x800\",\"flags\":\"1\"," RIM32 "}", 2, 23},
      {"{\"kind\":\"create\",\"flags\":\"0\"," RIM32 "}\n{\"kind\":\"ripas\",\"base\":\"0x2000\",\"top\":\"0x1000\"," RIM32 "}", 2, 40},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_error err = {0};
    struct vcca_rim_trace t;
    assert_false(vcca_trace_read(vcca_span_str(rows[i].text), &t, &err));
    if (err.line != rows[i].line || err.column != rows[i].column)
      fail_msg("%s: %u:%u: %s, and not at %u:%u", rows[i].text, err.line, err.column, err.text, rows[i].line, rows[i].column);
  }
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      CASE(the_same_plan_is_the_same),
      CASE(a_header_field_is_named),
      CASE(a_device_tree_property_is_named),
      CASE(an_extra_granule_is_one_extra_granule),
      CASE(an_unmeasured_image_is_missing),
      CASE(another_order_is_a_move),
      CASE(a_parameter_is_named_and_so_is_a_vcpu_more),
      CASE(other_rules_with_the_same_steps_are_told),
      CASE(a_trace_file_reads_as_it_was_written),
      cmocka_unit_test(a_broken_trace_is_refused_where_it_breaks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
