/* A machine over memory that belongs to somebody else.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/span.h"

#define OURS UINT64_C(0xa0000000)
enum { OUR_PAGES = 128 };

struct embedder {
  struct rig *rig;
  uint8_t *bytes;
};

static struct embedder embed(void)
{
  struct embedder e = {.bytes = test_calloc(OUR_PAGES, PAGE)};
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  config.regions[config.region_count++] =
      (struct vcca_region){.base = OURS, .size = OUR_PAGES * PAGE, .delegable = true, .bytes = e.bytes};
  e.rig = rig_new(&config);
  return e;
}

static void let_go(struct embedder *e)
{
  rig_free(e->rig);
  test_free(e->bytes);
}

static void the_machine_reads_and_writes_the_embedders_bytes(void **state)
{
  (void)state;
  struct embedder e = embed();
  e.bytes[PAGE + 5] = 0x42;
  assert_int_equal(rig_peek(e.rig, OURS + PAGE + 5, 1), 0x42);
  rig_poke(e.rig, OURS + 2 * PAGE - 4, 8, UINT64_C(0x1122334455667788));
  assert_int_equal(vcca_le64(e.bytes + 2 * PAGE - 4), UINT64_C(0x1122334455667788));
  let_go(&e);
}

static void a_delegated_granule_is_out_of_the_embedders_reach(void **state)
{
  (void)state;
  struct embedder e = embed();
  struct rig *rig = e.rig;
  uint8_t got[16] = {0};
  vcca_sink out = VCCA_SINK(got);
  memset(e.bytes + 16 * PAGE, 0x77, PAGE);
  rmi_realm(rig, A, 1, VCCA_SHA256);
  rmi_tables(rig, A, 0, P(18), 1);
  rmi_delegate(rig, OURS + 16 * PAGE, 1);
  assert_true(vcca_span_zero(vcca_span_of(e.bytes + 16 * PAGE, PAGE)));
  assert_false(vcca_host_read(rig->m, OURS + 16 * PAGE, &out, 1));
  assert_false(vcca_host_write(rig->m, OURS + 16 * PAGE, VCCA_SPAN(got)));
  rig_poke(rig, SRC, 8, UINT64_C(0x5ec2e7));
  OK(rig, "DATA_CREATE", A, OURS + 16 * PAGE, 0x1000, SRC, 1);
  assert_true(vcca_span_zero(vcca_span_of(e.bytes + 16 * PAGE, PAGE)));
  rmi_rec(rig, A, P(22), P(32), 0, 1);
  assert_true(vcca_realm_read(rig->m, P(22), 0x1000, &out, 8, NULL));
  assert_int_equal(vcca_le64(got), UINT64_C(0x5ec2e7));
  let_go(&e);
}

static void what_the_embedder_scribbles_under_a_realm_is_never_seen(void **state)
{
  (void)state;
  struct embedder e = embed();
  struct rig *rig = e.rig;
  rmi_realm(rig, OURS, 1, VCCA_SHA256);
  memset(e.bytes, 0xff, 2 * PAGE);
  struct vcca_realm_info info;
  assert_true(vcca_realm_info(rig->m, OURS, &info));
  assert_int_equal(info.ipa_width, 40);
  assert_int_equal(info.vmid, 1);
  OK(rig, "REALM_DESTROY", OURS);
  OK(rig, "GRANULE_UNDELEGATE", OURS);
  assert_true(vcca_span_zero(vcca_span_of(e.bytes, PAGE)));
  let_go(&e);
}

static void a_realm_boots_from_parameters_in_the_embedders_memory(void **state)
{
  (void)state;
  struct embedder e = embed();
  struct rig *rig = e.rig;
  uint64_t rd = OURS + 2 * PAGE;
  rmi_delegate(rig, rd, 2);
  rmi_realm_params(rig, OURS, rd + PAGE, 3, VCCA_SHA256);
  OK(rig, "REALM_CREATE", rd, OURS);
  struct vcca_realm_info info;
  assert_true(vcca_realm_info(rig->m, rd, &info));
  check_hex(vcca_span_of(info.rim, 32), "0c7729719b7331d9442bbf05e460f9ce4b7eac2572842950a68cdd3a60371680",
            "golden create");
  let_go(&e);
}

static void shared_memory_is_seen_from_both_sides(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  uint8_t word[8] = {1, 2, 3, 4, 5, 6, 7, 8}, got[8];
  vcca_sink out = VCCA_SINK(got);
  struct vcca_access_fault fault;
  assert_true(vcca_realm_write(rig->m, B_REC, UNPROTECTED + 0x1010, VCCA_SPAN(word), NULL));
  assert_int_equal(rig_peek(rig, P(8) + 0x10, 8), vcca_le64(word));
  rig_poke(rig, P(8) + 0xff8, 8, 0x99);
  assert_true(vcca_realm_read(rig->m, B_REC, UNPROTECTED + 0x1ff8, &out, 8, NULL));
  assert_int_equal(vcca_le64(got), 0x99);
  /* Across the end of the mapping: nothing is written. */
  assert_false(vcca_realm_write(rig->m, B_REC, UNPROTECTED + 0x1ffc, VCCA_SPAN(word), &fault));
  assert_true(fault.why == VCCA_ACCESS_UNASSIGNED && fault.ipa == UNPROTECTED + 0x2000);
  assert_int_equal(rig_peek(rig, P(8) + 0xff8, 8), 0x99);
  rig_free(rig);
}

/* Each page of shared memory in 2 MiB of its own: for each the machine makes contents and a page of
 * records. */
static void a_realm_writes_to_shared_memory_that_lies_far_apart(void **state)
{
  (void)state;
  enum { PAGES = 400 };
  static uint8_t bytes[PAGES * 4096];
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  uint64_t far = UINT64_C(0x1000000000);
  config.regions[config.region_count++] = (struct vcca_region){.base = far, .size = 2 * PAGES * MIB, .delegable = true};
  struct rig *rig = rig_new(&config);
  rmi_realm(rig, B, 2, VCCA_SHA256);
  rmi_tables(rig, B, UNPROTECTED, P(72), 1);
  for (uint64_t i = 0; i < PAGES; i++)
    OK(rig, "RTT_MAP_UNPROTECTED", B, UNPROTECTED + i * PAGE, 3, (far + 2 * i * MIB) | 0xc0);
  rmi_rec(rig, B, B_REC, P(80), 0, 1);
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (uint8_t)(i / PAGE + 1);
  assert_true(vcca_realm_write(rig->m, B_REC, UNPROTECTED, VCCA_SPAN(bytes), NULL));
  for (uint64_t i = 0; i < PAGES; i++)
    assert_int_equal(rig_peek(rig, far + 2 * i * MIB + PAGE - 1, 1), (uint8_t)(i + 1));
  rig_free(rig);
}

static void a_host_access_that_fails_has_no_effect(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  static const uint8_t two[2 * 4096] = {1};
  uint8_t got[16];
  vcca_sink out = VCCA_SINK(got);
  assert_false(vcca_host_write(rig->m, A - PAGE, VCCA_SPAN(two)));
  assert_int_equal(rig_peek(rig, A - PAGE, 8), 0);
  assert_false(vcca_host_read(rig->m, A - 8, &out, 16));
  assert_int_equal(out.n, 0);
  assert_false(vcca_host_read(rig->m, DRAM + DRAM_SIZE - 8, &out, 16));
  assert_false(vcca_host_read(rig->m, UINT64_MAX - 3, &out, 16));
  assert_true(vcca_host_write(rig->m, NOWHERE, vcca_span_of(two, 0)));
  rig_free(rig);
}

static void a_machine_without_a_program_leaves_at_once(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  vcca_machine_set_program(rig->m, NULL, NULL);
  OK(rig, "REC_ENTER", B_REC, RUN);
  assert_int_equal(rig_peek(rig, RUN + 0x800, 1), 1);
  rig_free(rig);
}

static void impossible_configurations_are_refused_with_a_reason(void **state)
{
  static const struct {
    struct vcca_region region;
    const char *says;
  } cases[] = {
      {{.base = 0x1000, .size = 0}, "size"},
      {{.base = 0x1004, .size = 0x1000}, "4 KiB"},
      {{.base = UINT64_C(1) << 52, .size = 0x1000}, "52 bits"},
      {{.base = (UINT64_C(1) << 52) - 0x1000, .size = 0x2000}, "52 bits"},
      {{.base = DRAM + 0x1000, .size = 0x1000}, "overlaps"},
      {{.base = 0, .size = 0x1000, .secure = true}, "secure"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
    struct vcca_error err = {0};
    config.regions[config.region_count++] = cases[i].region;
    assert_null(vcca_machine_new(&config, &err));
    assert_non_null(strstr(err.text, cases[i].says));
  }
  struct vcca_machine_config config = rig_config(VCCA_ABI_TMI);
  struct vcca_error err = {0};
  config.rules = VCCA_RULES_ARM_1_0;
  assert_null(vcca_machine_new(&config, &err));
  assert_non_null(strstr(err.text, "rules"));
  config = rig_config(VCCA_ABI_RMI);
  config.features.s2sz = 49;
  assert_null(vcca_machine_new(&config, &err));
  assert_non_null(strstr(err.text, "s2sz"));
}

/* Bit positions of RmiFeatureRegister0, DEN0137 B4.4, and of the drafts TMI keeps. */
static void feature_knobs_show_in_the_feature_registers(void **state)
{
  (void)state;
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  config.features = (struct vcca_features){.s2sz = 48,
                                           .lpa2 = true,
                                           .no_sve = true,
                                           .num_bps = 1,
                                           .num_wps = 1,
                                           .pmu_num_ctrs = 31,
                                           .gicv3_num_lrs = 15,
                                           .max_recs_order = 10};
  struct rig *rig = rig_new(&config);
  OK(rig, "FEATURES", 0);
  /* as TF-RMM's register on its host platform, but for the list registers, which it has one of */
  assert_int_equal(rig->x[1], UINT64_C(0x283FC104130) | UINT64_C(15) << 34);
  OK(rig, "FEATURES", 1);
  assert_int_equal(rig->x[1], 0);
  rig_free(rig);

  config.features = (struct vcca_features){.s2sz = 0x29,
                                           .sve_vl = 0x9,
                                           .num_bps = 0x2a,
                                           .num_wps = 0x15,
                                           .pmu_num_ctrs = 0x13,
                                           .no_sha512 = true,
                                           .gicv3_num_lrs = 5,
                                           .max_recs_order = 6};
  rig = rig_new(&config);
  OK(rig, "FEATURES", 0);
  assert_int_equal(rig->x[1], 0x29 | UINT64_C(1) << 9 | UINT64_C(0x9) << 10 | UINT64_C(0x2a) << 14 |
                                  UINT64_C(0x15) << 20 | UINT64_C(1) << 26 | UINT64_C(0x13) << 27 | UINT64_C(1) << 32 |
                                  UINT64_C(5) << 34 | UINT64_C(6) << 38);
  rig_free(rig);

  config = rig_config(VCCA_ABI_TMI);
  rig = rig_new(&config);
  OK(rig, "FEATURES", 0);
  assert_int_equal(rig->x[0], 0);
  assert_int_equal(rig->x[1], 48 | 1 << 9 | 3 << 10 | 5 << 14 | 3 << 18 | 1 << 22 | 8 << 23 | 1 << 28 | 1 << 29);
  OK(rig, "VERSION", 0);
  assert_int_equal(rig->x[1], 0x20002);
  rig_free(rig);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_machine_reads_and_writes_the_embedders_bytes),
      cmocka_unit_test(a_delegated_granule_is_out_of_the_embedders_reach),
      cmocka_unit_test(what_the_embedder_scribbles_under_a_realm_is_never_seen),
      cmocka_unit_test(a_realm_boots_from_parameters_in_the_embedders_memory),
      cmocka_unit_test(shared_memory_is_seen_from_both_sides),
      cmocka_unit_test(a_realm_writes_to_shared_memory_that_lies_far_apart),
      cmocka_unit_test(a_host_access_that_fails_has_no_effect),
      cmocka_unit_test(a_machine_without_a_program_leaves_at_once),
      cmocka_unit_test(impossible_configurations_are_refused_with_a_reason),
      cmocka_unit_test(feature_knobs_show_in_the_feature_registers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
