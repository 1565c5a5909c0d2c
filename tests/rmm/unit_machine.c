/* A machine as a value: what it costs, and saving, comparing and restoring it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "support_tmi.h"

#include "rmm/rec.h"
#include "rooms/span.h"
#include "rooms/rmm.h"

#define GIB (UINT64_C(1) << 30)

static void a_machine_of_64_gib_costs_what_it_uses(void **state)
{
  (void)state;
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  config.regions[config.region_count++] = (struct vcca_region){.base = 64 * GIB, .size = 64 * GIB, .delegable = true};
  struct rig *rig = rig_new(&config);
  for (uint64_t i = 0; i < 64; i++)
    rmi_delegate(rig, 64 * GIB + i * GIB, 1);
  rig_poke(rig, 128 * GIB - 8, 8, 7);
  assert_int_equal(rig->m->memory.chunk_count, 65);
  assert_true(rig->m->memory.slab_count <= 4); /* 1 MiB each */
  rig_free(rig);
}

static void reading_makes_nothing(void **state)
{
  (void)state;
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  struct rig *rig = rig_new(&config);
  uint8_t page[PAGE];
  vcca_sink out = VCCA_SINK(page);
  assert_true(vcca_host_read(rig->m, DRAM + 10 * MIB, &out, PAGE));
  assert_true(vcca_span_zero(VCCA_SPAN(page)));
  assert_int_equal(rig->m->memory.chunk_count, 0);
  rig_free(rig);
}

static void the_bytes_do_not_tell_which_page_of_the_pool_holds_what(void **state)
{
  (void)state;
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  struct rig *one = rig_new(&config), *two = rig_new(&config);
  struct vcca_bytes saved = {0};
  rig_poke(one, P(1), 8, 1);
  rig_poke(one, P(2000), 8, 2);
  rig_poke(two, P(3000), 8, 3);
  rig_poke(two, P(2000), 8, 2);
  rig_poke(two, P(1), 8, 1);
  assert_true(vcca_machine_save(one->m, &saved, NULL));
  assert_false(vcca_machine_same(two->m, vcca_bytes_span(&saved)));
  rig_poke(two, P(3000), 8, 0);
  assert_true(vcca_machine_same(two->m, vcca_bytes_span(&saved)));
  assert_false(vcca_machine_same(two->m, vcca_span_of(saved.p, saved.n - 1)));
  vcca_bytes_free(&saved);
  rig_free(one);
  rig_free(two);
}

/* Saved, changed and restored; and restored in another machine, which then goes on the same way. */
static void round_trip(struct rig *(*world)(void), const char *command, const uint64_t args[8])
{
  struct rig *rig = world(), *other = world();
  struct vcca_bytes before = {0}, after = {0};
  struct vcca_error err = {0};
  assert_true(vcca_machine_save(rig->m, &before, NULL));
  rig_ok(rig, command, args);
  assert_false(vcca_machine_same(rig->m, vcca_bytes_span(&before)));
  assert_true(vcca_machine_save(rig->m, &after, NULL));
  check_ok(vcca_machine_load(rig->m, vcca_bytes_span(&before), &err), &err, "load");
  assert_true(vcca_machine_same(rig->m, vcca_bytes_span(&before)));
  check_ok(vcca_machine_load(other->m, vcca_bytes_span(&before), &err), &err, "load");
  rig_ok(other, command, args);
  assert_true(vcca_machine_same(other->m, vcca_bytes_span(&after)));
  vcca_bytes_free(&before);
  vcca_bytes_free(&after);
  rig_free(rig);
  rig_free(other);
}

static void what_was_saved_comes_back_and_goes_on_the_same_way(void **state)
{
  (void)state;
  round_trip(rmi_world, "REALM_CREATE", (const uint64_t[8]){FREE, PARAMS});
  round_trip(rmi_world, "DATA_CREATE", (const uint64_t[8]){A, FREE, 0x2000, SRC, 1});
  round_trip(tmi_world, "CVM_CREATE", (const uint64_t[8]){PARAMS, 0});
  round_trip(tmi_world, "TTT_MAP_RANGE", (const uint64_t[8]){CVM_C, 2 * MIB, 4 * MIB, 0, 0});
}

static void another_configuration_does_not_take_it(void **state)
{
  (void)state;
  struct rig *rmi = rmi_world(), *tmi = tmi_world();
  struct vcca_bytes saved = {0};
  struct vcca_error err = {0};
  assert_true(vcca_machine_save(rmi->m, &saved, NULL));
  assert_false(vcca_machine_load(tmi->m, vcca_bytes_span(&saved), &err));
  assert_non_null(strstr(err.text, "configuration"));
  vcca_bytes_free(&saved);
  rig_free(rmi);
  rig_free(tmi);
}

/* Loads it; refused bytes leave the machine alone, accepted ones are what the machine then is and can be
 * taken down safely. */
static void load_anything(struct rig *rig, vcca_span bytes, vcca_span before)
{
  if (!vcca_machine_load(rig->m, bytes, NULL)) {
    assert_true(vcca_machine_same(rig->m, before));
    return;
  }
  CALL(rig, "RTT_READ_ENTRY", A, 0x1000, 3);
  CALL(rig, "REC_ENTER", B_REC, RUN);
  CALL(rig, "DATA_DESTROY", A, 0x1000);
  CALL(rig, "REC_DESTROY", A_REC);
  CALL(rig, "RTT_DESTROY", A, 0, 3);
  CALL(rig, "REALM_DESTROY", C);
  assert_true(vcca_machine_load(rig->m, before, NULL));
}

static void damaged_bytes_are_refused_or_harmless(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  struct vcca_bytes saved = {0};
  assert_true(vcca_machine_save(rig->m, &saved, NULL));
  uint8_t *copy = test_malloc(saved.n);
  vcca_span before = vcca_bytes_span(&saved);
  for (size_t n = 0; n < saved.n; n += 997)
    load_anything(rig, vcca_span_of(saved.p, n), before);
  for (size_t i = 0; i < saved.n; i += 131) {
    memcpy(copy, saved.p, saved.n);
    copy[i] ^= (uint8_t)(1U << (i % 8));
    load_anything(rig, vcca_span_of(copy, saved.n), before);
  }
  test_free(copy);
  vcca_bytes_free(&saved);
  rig_free(rig);
}

static void the_census_counts_what_is_delegated(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  uint64_t count[VCCA_GRANULE_STATES];
  vcca_granule_census(rig->m, count);
  assert_int_equal(count[VCCA_GRANULE_UNDELEGATED], 0);
  assert_int_equal(count[VCCA_GRANULE_DELEGATED], 64);
  assert_int_equal(count[VCCA_GRANULE_RD], 3);
  assert_int_equal(count[VCCA_GRANULE_REC], 4);
  assert_int_equal(count[VCCA_GRANULE_REC_AUX], 64);
  assert_int_equal(count[VCCA_GRANULE_DATA], 2);
  assert_int_equal(count[VCCA_GRANULE_RTT], 3 + 4 + 6);
  assert_int_equal(vcca_rec_owner(rig->m, B_REC), B);
  assert_int_equal(vcca_rec_owner(rig->m, B), 0);
  rig_free(rig);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_machine_of_64_gib_costs_what_it_uses),
      cmocka_unit_test(reading_makes_nothing),
      cmocka_unit_test(the_bytes_do_not_tell_which_page_of_the_pool_holds_what),
      cmocka_unit_test(what_was_saved_comes_back_and_goes_on_the_same_way),
      cmocka_unit_test(another_configuration_does_not_take_it),
      cmocka_unit_test(damaged_bytes_are_refused_or_harmless),
      cmocka_unit_test(the_census_counts_what_is_delegated),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
