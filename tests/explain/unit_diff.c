/* Where two measurements part: each kind of change is one run where it was made, and nothing behind it
 * turns red.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_diff.h"
#include "rooms/explain.h"

/* --- One change each ------------------------------------------------------------------------------------ */

static void the_same_plan_is_the_same(void **state)
{
  (void)state;
  struct support_diff c;
  support_compare(&c);
  assert_true(vcca_rim_diff_same(&c.d));
  assert_int_equal(c.d.equal, c.t[0].count);
  support_has(&c, "They are the same.");
  support_release(&c);
}

static void a_header_field_is_named(void **state)
{
  (void)state;
  support_b.kernel[24] ^= 8; /* booting.rst: flags at byte 24 */
  struct support_diff c;
  support_compare(&c);
  assert_int_equal(c.d.run_count, 1);
  support_run(&c, 0, VCCA_CONTENT, 0x40200000, 1);
  support_has(&c, "step 513: data 0x40200000: content differs");
  support_has(&c, "A: kernel + 0x18");
  support_has(&c, "1 byte of this granule differs");
  support_has(&c, "  flags: 0x");
  support_release(&c);
}

static void a_device_tree_property_is_named(void **state)
{
  (void)state;
  for (size_t i = 0; i + 12 < support_b.dtb.n; i++)
    if (memcmp(support_b.dtb.p + i, "console=hvc0", 12) == 0)
      support_b.dtb.p[i + 11] = '1';
  struct support_diff c;
  support_compare(&c);
  assert_int_equal(c.d.run_count, 1);
  support_has(&c, "  /chosen/bootargs: \"console=hvc0\" in A, \"console=hvc1\" in B");
  support_release(&c);
}

static void an_extra_granule_is_one_extra_granule(void **state)
{
  (void)state;
  support_b.plan.segments[1].size += VCCA_PAGE;
  support_b.plan.segments[2].ipa += VCCA_PAGE;
  support_b.plan.segments[2].size -= VCCA_PAGE;
  struct support_diff c;
  support_compare(&c);
  assert_int_equal(c.d.run_count, 1);
  support_run(&c, 0, VCCA_ONLY_B, 0x40310000, 1);
  assert_int_equal(c.d.equal, c.t[0].count);
  support_release(&c);
}

static void an_unmeasured_image_is_missing(void **state)
{
  (void)state;
  support_b.plan.segments[3].measured = false;
  struct support_diff c;
  support_compare(&c);
  assert_int_equal(c.d.run_count, 1);
  support_run(&c, 0, VCCA_ONLY_A, 0x48000000, 512);
  support_has(&c, "only in A, missing in B");
  support_has(&c, "initrd + 0x0");
  support_release(&c);
}

static void another_order_is_a_move(void **state)
{
  (void)state;
  struct vcca_segment dtb = support_b.plan.segments[4];
  memmove(&support_b.plan.segments[1], &support_b.plan.segments[0], 4 * sizeof dtb);
  support_b.plan.segments[0] = dtb;
  struct support_diff c;
  support_compare(&c);
  assert_int_equal(c.d.run_count, 1);
  support_run(&c, 0, VCCA_MOVED, 0x48200000, 512);
  assert_int_equal(c.d.runs[0].b, 1);
  support_release(&c);
}

static void a_parameter_is_named_and_so_is_a_vcpu_more(void **state)
{
  (void)state;
  support_b.plan.params.flags |= 2;
  support_b.plan.params.sve_vl = 2;
  support_b.plan.vcpus = 3;
  struct support_diff c;
  support_compare(&c);
  assert_int_equal(c.d.run_count, 2);
  support_run(&c, 0, VCCA_PARAMETERS, 0, 1);
  support_run(&c, 1, VCCA_ONLY_B, 0, 1);
  support_has(&c, "parameters differ");
  support_has(&c, "flags: 0x0 in A, 0x2 SVE in B");
  support_has(&c, "sve_vl: 0 in A, 2 (256 bits) in B");
  support_has(&c, "vCPU 2");
  support_release(&c);
}

static void other_rules_with_the_same_steps_are_told(void **state)
{
  (void)state;
  support_a.plan.rules = VCCA_RULES_ARM_2_0;
  support_a.plan.segments[2].size = 0;
  support_b.plan.segments[2].size = 0;
  support_a.plan.vcpus = support_b.plan.vcpus = 1;
  struct support_diff c;
  support_compare(&c);
  assert_int_equal(c.d.run_count, 1);
  support_run(&c, 0, VCCA_CONTENT, 0, 1); /* the content of a REC is another, and the rest the same */
  assert_int_equal(c.d.runs[0].kind, VCCA_STEP_REC);
  support_release(&c);
}

/* --- Content at other addresses ------------------------------------------------------------------------- */

static void a_page_inserted_into_an_image_leaves_the_rest_shifted(void **state)
{
  (void)state;
  enum { AT = 0x40000 };
  memmove(support_b.kernel + AT + VCCA_PAGE, support_b.kernel + AT, SUPPORT_KERNEL - AT - VCCA_PAGE);
  memset(support_b.kernel + AT, 0x5a, VCCA_PAGE);
  struct support_diff c;
  support_compare(&c);
  assert_int_equal(c.d.run_count, 2);
  support_run(&c, 0, VCCA_CONTENT, 0x40200000 + AT, 1);
  support_run(&c, 1, VCCA_SHIFTED, 0x40200000 + AT + VCCA_PAGE, (SUPPORT_KERNEL - AT) / VCCA_PAGE - 1);
  assert_int_equal(c.d.runs[1].from, 0x40200000 + AT);
  support_has(&c, "B has 1 granule more here: what follows is A's, shifted");
  support_release(&c);
}

static void a_page_taken_out_of_an_image_leaves_the_rest_shifted(void **state)
{
  (void)state;
  enum { AT = 0x40000 };
  memset(support_b.kernel + AT + VCCA_PAGE, 0, VCCA_PAGE); /* zeros inside do not interrupt */
  memset(support_a.kernel + AT + 2 * VCCA_PAGE, 0, VCCA_PAGE);
  memcpy(support_b.kernel + AT, support_a.kernel + AT + VCCA_PAGE, SUPPORT_KERNEL - AT - VCCA_PAGE);
  struct support_diff c;
  support_compare(&c);
  support_run(&c, 0, VCCA_SHIFTED, 0x40200000 + AT, (SUPPORT_KERNEL - AT) / VCCA_PAGE - 1);
  assert_int_equal(c.d.runs[0].from, 0x40200000 + AT + VCCA_PAGE);
  support_has(&c, "B lacks 1 granule of A here");
  support_release(&c);
}

static void two_pages_exchanged_are_two_shifts(void **state)
{
  (void)state;
  memcpy(support_b.kernel + 0x40000, support_a.kernel + 0x50000, VCCA_PAGE);
  memcpy(support_b.kernel + 0x50000, support_a.kernel + 0x40000, VCCA_PAGE);
  struct support_diff c;
  support_compare(&c);
  assert_int_equal(c.d.run_count, 2);
  support_run(&c, 0, VCCA_SHIFTED, 0x40240000, 1);
  support_run(&c, 1, VCCA_SHIFTED, 0x40250000, 1);
  assert_int_equal(c.d.runs[0].from, 0x40250000);
  assert_int_equal(c.d.runs[1].from, 0x40240000);
  support_release(&c);
}

static void an_image_loaded_elsewhere_says_where(void **state)
{
  (void)state;
  support_b.plan.segments[1].ipa += 0x80000;
  support_b.plan.segments[2].ipa += 0x80000;
  support_b.plan.segments[2].size -= 0x80000;
  struct support_diff c;
  support_compare(&c);
  support_run(&c, 0, VCCA_ONLY_A, 0x40200000, 0x80);
  assert_true(c.d.runs[0].elsewhere);
  assert_int_equal(c.d.runs[0].from, 0x40280000);
  support_run(&c, 1, VCCA_SHIFTED, 0x40280000, 0x90); /* to the end of image_size */
  support_has(&c, "A has here what B has at 0x40280000");
  support_release(&c);
}

/* --- Device trees --------------------------------------------------------------------------------------- */

static void nodes_and_properties_that_differ_are_named(void **state)
{
  (void)state;
  support_vm_free(&support_b);
  support_vm_make(&support_b, (struct vcca_vm){.profile = "virtcca", .vcpus = 3, .ram_size = (uint64_t)1 << 30});
  struct support_diff c;
  support_compare(&c);
  support_has(&c, "The device trees differ:\n");
  support_has(&c, "  /cpus/cpu@2: only in B: a node\n");
  support_has(&c, "  /memory@40000000/reg: (from byte 12) <0x20000000> in A, (from byte 12) <0x40000000> in B\n");
  assert_null(strstr(c.text, "/cpus/cpu@2/"));
  support_release(&c);
}

static void another_layout_of_the_same_tree_is_told_as_that(void **state)
{
  (void)state;
  vcca_put_be32(support_b.dtb.p + 4, (uint32_t)support_b.dtb.n + 100);
  support_b.plan.segments[4].size += VCCA_PAGE;
  struct support_diff c;
  support_compare(&c);
  support_has(&c, "nodes and properties are the same; their layout is not");
  support_has(&c, "  totalsize: 0x");
  support_release(&c);
}

/* Any change of a tree's bytes: no crash, and a difference of bytes is a difference in words. */
static void broken_trees_are_compared_as_far_as_they_go(void **state)
{
  (void)state;
  uint64_t seed = 7;
  for (unsigned round = 0; round < 300; round++) {
    struct support_diff c;
    size_t at = support_draw(&seed) % support_b.dtb.n;
    uint8_t old = support_b.dtb.p[at];
    support_b.dtb.p[at] ^= (uint8_t)(1u << support_draw(&seed) % 8);
    size_t n = support_b.plan.segments[4].content.n;
    if (round % 5 == 0)
      support_b.plan.segments[4].content.n = support_draw(&seed) % n;
    support_compare(&c);
    support_has(&c, "The device trees differ:\n  ");
    support_release(&c);
    support_b.plan.segments[4].content.n = n;
    if (round % 20 != 0) /* some damage stays */
      support_b.dtb.p[at] = old;
  }
}

/* --- Two configurations --------------------------------------------------------------------------------- */

static void another_algorithm_hides_nothing_else(void **state)
{
  (void)state;
  support_b.plan.params.hash_alg = VCCA_SHA512;
  support_b.plan.vcpus = 3;
  support_b.kernel[5000] ^= 1;
  struct support_diff c;
  support_compare(&c);
  assert_false(vcca_rim_diff_same(&c.d));
  assert_int_equal(c.d.run_count, 2);
  support_run(&c, 0, VCCA_CONTENT, 0x40201000, 1);
  support_run(&c, 1, VCCA_ONLY_B, 0, 1);
  support_has(&c, "B is compared as it would be with sha-256");
  support_release(&c);
}

static void a_personalization_value_is_not_in_a_rim(void **state)
{
  (void)state;
  support_b.plan.rpv[0] = 1;
  struct support_diff c;
  support_compare(&c);
  assert_true(vcca_rim_diff_same(&c.d));
  support_has(&c, "The personalization values differ");
  support_release(&c);
}

static void a_register_is_named(void **state)
{
  (void)state;
  support_b.plan.boot_rec.gprs[0] = 0x48200000;
  support_b.plan.boot_rec.pc = 0x40200000;
  struct support_diff c;
  support_compare(&c);
  assert_int_equal(c.d.run_count, 1);
  support_has(&c, "rec of vCPU 0: content differs");
  support_has(&c, "  pc: 0x40000000 in A, 0x40200000 in B");
  support_has(&c, "  x0: 0x0 in A, 0x48200000 in B");
  support_release(&c);
}

static void the_json_form_has_the_same_facts(void **state)
{
  (void)state;
  struct support_diff c;
  support_b.plan.params.s2sz = 48;
  support_b.plan.boot_rec.pc = 8;
  support_compare(&c);
  free(c.text);
  size_t n = 0;
  FILE *out = open_memstream(&c.text, &n);
  vcca_rim_diff_json(&c.d, "old", "new", out);
  fclose(out);
  support_has(&c, "\"schema\": \"vcca-rim-diff-2\"");
  support_has(&c, "\"difference\": \"parameters\"");
  support_has(&c, "\"name\": \"s2sz\",\n          \"a\": \"40\",\n          \"b\": \"48\"");
  support_has(&c, "\"name\": \"pc\",\n          \"a\": \"0x40000000\",\n          \"b\": \"0x8\"");
  support_release(&c);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, support_pair_up, support_pair_down)
  const struct CMUnitTest tests[] = {
      CASE(the_same_plan_is_the_same),
      CASE(a_header_field_is_named),
      CASE(a_device_tree_property_is_named),
      CASE(an_extra_granule_is_one_extra_granule),
      CASE(an_unmeasured_image_is_missing),
      CASE(another_order_is_a_move),
      CASE(a_parameter_is_named_and_so_is_a_vcpu_more),
      CASE(other_rules_with_the_same_steps_are_told),
      CASE(a_page_inserted_into_an_image_leaves_the_rest_shifted),
      CASE(a_page_taken_out_of_an_image_leaves_the_rest_shifted),
      CASE(two_pages_exchanged_are_two_shifts),
      CASE(an_image_loaded_elsewhere_says_where),
      CASE(nodes_and_properties_that_differ_are_named),
      CASE(another_layout_of_the_same_tree_is_told_as_that),
      CASE(broken_trees_are_compared_as_far_as_they_go),
      CASE(another_algorithm_hides_nothing_else),
      CASE(a_personalization_value_is_not_in_a_rim),
      CASE(a_register_is_named),
      CASE(the_json_form_has_the_same_facts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
