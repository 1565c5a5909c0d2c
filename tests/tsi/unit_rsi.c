/* RSI as a realm sees it, through REC_ENTER.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/span.h"

static int open_realm(void **state)
{
  struct world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  world_open(w, VCCA_FAMILY_ARM_1_0);
  *state = w;
  return 0;
}

static int close_realm(void **state)
{
  world_close(*state);
  free(*state);
  return 0;
}

static void one_smc(void *arg, vcca_guest *g)
{
  vcca_guest_call(g, arg);
}

/* --- Versions, registers ---------------------------------------------------------------------------------- */

static void version_and_features(void **state)
{
  struct world *w = *state;
  uint64_t x[VCCA_SMC_REGS] = {0, 0x10000};
  assert_int_equal(guest_call(w, 0x190, x), 0);
  assert_int_equal(x[1], 0x10000);
  assert_int_equal(x[2], 0x10000);
  uint64_t other[VCCA_SMC_REGS] = {0, 0x20000};
  assert_int_equal(guest_call(w, 0x190, other), 1);
  assert_int_equal(other[1], 0x10000); /* the highest below */
  assert_int_equal(other[2], 0x10000);
  uint64_t f[VCCA_SMC_REGS] = {0, 0};
  assert_int_equal(guest_call(w, 0x191, f), 0);
  assert_int_equal(f[1], 0);
}

static void an_unknown_function_is_not_supported_and_keeps_the_other_registers(void **state)
{
  struct world *w = *state;
  uint64_t x[VCCA_SMC_REGS] = {0, 11, 22, 33};
  assert_true(guest_call(w, 0x19A, x) == UINT64_MAX); /* TSI's DEVICE_CERT */
  assert_int_equal(x[1], 11);
  assert_int_equal(x[3], 33);
  assert_string_equal(w->interface, "rsi");
}

static void results_take_x0_to_x3_and_the_rest_is_preserved(void **state)
{
  struct world *w = *state;
  uint64_t x[VCCA_SMC_REGS] = {0, 1, 0};
  for (unsigned i = 3; i < VCCA_SMC_REGS; i++)
    x[i] = i;
  assert_int_equal(guest_call(w, 0x193, x), 0);
  for (unsigned i = 1; i < 4; i++)
    assert_int_equal(x[i], 0);
  for (unsigned i = 4; i < VCCA_SMC_REGS; i++)
    assert_int_equal(x[i], i);
}

static void the_sve_hint_is_no_part_of_the_function_id(void **state)
{
  struct world *w = *state;
  uint64_t x[VCCA_SMC_REGS] = {0, 0x10000};
  assert_int_equal(guest_call(w, 0x10190, x), 0);
  assert_int_equal(x[2], 0x10000);
}

/* --- Measurements ----------------------------------------------------------------------------------------- */

static void read_measurement(struct world *w, unsigned index, uint8_t value[64])
{
  uint64_t x[VCCA_SMC_REGS] = {0, index};
  assert_int_equal(guest_call(w, 0x192, x), 0);
  for (unsigned i = 0; i < 8; i++)
    vcca_put_le64(value + 8 * i, x[1 + i]);
  for (unsigned i = 9; i < VCCA_SMC_REGS; i++)
    assert_int_equal(x[i], 0);
}

static void slot_0_is_the_rim_padded_with_zeros(void **state)
{
  struct world *w = *state;
  uint8_t value[64];
  struct vcca_realm_info info = world_info(w);
  read_measurement(w, 0, value);
  assert_memory_equal(value, info.rim, 64);
  assert_true(vcca_span_zero(vcca_span_of(value + 32, 32)));
  assert_false(vcca_span_zero(vcca_span_of(value, 32)));
}

/* REM' = H(REM || value), the digest bytes of REM and size bytes of value. */
static void extend_hashes_the_old_digest_and_size_bytes(void **state)
{
  struct world *w = *state;
  static const size_t sizes[] = {0, 5, 32, 33, 64};
  uint8_t rem[64] = {0}, got[64], input[96];
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    uint64_t x[VCCA_SMC_REGS] = {0, 3, sizes[i]};
    uint8_t bytes[64];
    for (unsigned b = 0; b < 64; b++)
      bytes[b] = (uint8_t)(b * 7 + 1);
    for (unsigned r = 0; r < 8; r++)
      x[3 + r] = vcca_le64(bytes + 8 * r);
    assert_int_equal(guest_call(w, 0x193, x), 0);
    memcpy(input, rem, 32);
    memcpy(input + 32, bytes, sizes[i]);
    vcca_hash(VCCA_SHA256, vcca_span_of(input, 32 + sizes[i]), rem);
    read_measurement(w, 3, got);
    assert_memory_equal(got, rem, 64);
  }
  read_measurement(w, 2, got);
  assert_true(vcca_span_zero(VCCA_SPAN(got)));
}

/* --- REALM_CONFIG ----------------------------------------------------------------------------------------- */

static void the_configuration_fills_a_granule(void **state)
{
  struct world *w = *state;
  uint8_t page[4096], want[4096] = {[0] = IPA_WIDTH};
  memset(want + 0x200, 0x5a, 64);
  memset(page, 0xee, sizeof page);
  realm_put(w, MAPPED, VCCA_SPAN(page));
  uint64_t x[VCCA_SMC_REGS] = {0, MAPPED};
  assert_int_equal(guest_call(w, 0x196, x), 0);
  realm_get(w, MAPPED, page, sizeof page);
  assert_memory_equal(page, want, sizeof page);
}

static void an_unmapped_buffer_is_a_data_abort_and_the_call_comes_again(void **state)
{
  struct world *w = *state;
  uint64_t x[VCCA_SMC_REGS] = {UINT64_C(0xC4000196), UNMAPPED, 5, 6, 7};
  unsigned before = w->calls;
  vcca_guest *g = guest_start(w, 0, one_smc, x);
  for (unsigned i = 0; i < 3; i++) { /* the host may be slow */
    struct exit_view v = host_enter(w, 0);
    assert_int_equal(v.reason, EXIT_SYNC);
    assert_int_equal(v.esr, UINT64_C(0x24) << 26 | 7); /* data abort, translation fault at level 3 */
    assert_int_equal(v.hpfar, UNMAPPED >> 12 << 4);
    for (unsigned r = 0; r < 31; r++)
      assert_int_equal(v.gprs[r], 0);
  }
  host_map(w, UNMAPPED);
  host_run(w, 0, g);
  vcca_guest_free(g);
  assert_int_equal(x[0], 0);
  assert_int_equal(x[4], 7);
  assert_int_equal(w->calls, before + 1);
  uint8_t first;
  realm_get(w, UNMAPPED, &first, 1);
  assert_int_equal(first, IPA_WIDTH);
}

/* --- RIPAS and host calls --------------------------------------------------------------------------------- */

static void ripas_is_told_up_to_where_it_changes(void **state)
{
  struct world *w = *state;
  uint64_t ram[VCCA_SMC_REGS] = {0, 0x3000, 0x10000};
  assert_int_equal(guest_call(w, 0x198, ram), 0);
  assert_int_equal(ram[1], EMPTY);
  assert_int_equal(ram[2], 1);
  uint64_t part[VCCA_SMC_REGS] = {0, 0x3000, 0x5000};
  assert_int_equal(guest_call(w, 0x198, part), 0);
  assert_int_equal(part[1], 0x5000);
  uint64_t empty[VCCA_SMC_REGS] = {0, EMPTY, UNPROTECTED};
  assert_int_equal(guest_call(w, 0x198, empty), 0);
  assert_int_equal(empty[1], 0x200000); /* the end of the table */
  assert_int_equal(empty[2], 0);
  uint64_t above[VCCA_SMC_REGS] = {0, 0x40001000, UNPROTECTED}; /* inside an entry of the level above */
  assert_int_equal(guest_call(w, 0x198, above), 0);
  assert_true(above[1] > 0x40001000 && above[1] % 0x40000000 == 0);
}

enum { REJECT = 16, RIPAS_RAM = 1 };

static void a_ripas_change_is_the_hosts_to_carry_out(void **state)
{
  struct world *w = *state;
  uint64_t x[VCCA_SMC_REGS] = {UINT64_C(0xC4000197), EMPTY, EMPTY + 0x3000, RIPAS_RAM, 0};
  vcca_guest *g = guest_start(w, 0, one_smc, x);
  struct exit_view v = host_enter(w, 0);
  assert_int_equal(v.reason, EXIT_RIPAS);
  assert_int_equal(v.ripas_base, EMPTY);
  assert_int_equal(v.ripas_top, EMPTY + 0x3000);
  assert_int_equal(v.ripas_value, RIPAS_RAM);
  assert_int_equal(host_call(w, 0x169, w->rd, w->rec[0], EMPTY, EMPTY + 0x2000, 0),
                   0); /* RTT_SET_RIPAS, a part of it */
  host_run(w, 0, g);
  vcca_guest_free(g);
  assert_int_equal(x[0], 0);
  assert_int_equal(x[1], EMPTY + 0x2000);
  assert_int_equal(x[2], 0);
  uint64_t get[VCCA_SMC_REGS] = {0, EMPTY, EMPTY + 0x3000};
  assert_int_equal(guest_call(w, 0x198, get), 0);
  assert_int_equal(get[1], EMPTY + 0x2000);
  assert_int_equal(get[2], RIPAS_RAM);
}

static void a_ripas_change_may_be_rejected(void **state)
{
  struct world *w = *state;
  uint64_t x[VCCA_SMC_REGS] = {UINT64_C(0xC4000197), EMPTY, EMPTY + 0x1000, RIPAS_RAM, 0};
  vcca_guest *g = guest_start(w, 0, one_smc, x);
  assert_int_equal(host_enter(w, 0).reason, EXIT_RIPAS);
  host_enter_with(w, 0, REJECT, NULL);
  vcca_guest_free(g);
  assert_int_equal(x[0], 0);
  assert_int_equal(x[1], EMPTY);
  assert_int_equal(x[2], 1);
}

static void a_host_call_carries_31_registers_both_ways(void **state)
{
  struct world *w = *state;
  uint8_t data[256] = {0x34, 0x12}, back[256];
  uint64_t answer[31];
  for (unsigned i = 0; i < 31; i++) {
    vcca_put_le64(data + 8 + 8 * (size_t)i, 1000 + i);
    answer[i] = 2000 + i;
  }
  realm_put(w, MAPPED + 256, VCCA_SPAN(data));
  uint64_t x[VCCA_SMC_REGS] = {UINT64_C(0xC4000199), MAPPED + 256};
  vcca_guest *g = guest_start(w, 0, one_smc, x);
  struct exit_view v = host_enter(w, 0);
  assert_int_equal(v.reason, EXIT_HOST_CALL);
  assert_int_equal(v.imm, 0x1234);
  for (unsigned i = 0; i < 31; i++)
    assert_int_equal(v.gprs[i], 1000 + i);
  host_enter_with(w, 0, 0, answer);
  assert_true(vcca_guest_done(g));
  vcca_guest_free(g);
  assert_int_equal(x[0], 0);
  realm_get(w, MAPPED + 256, back, sizeof back);
  for (unsigned i = 0; i < 31; i++)
    assert_int_equal(vcca_le64(back + 8 + 8 * (size_t)i), 2000 + i);
}

int main(void)
{
#define TEST(fact) cmocka_unit_test_setup_teardown(fact, open_realm, close_realm)
  const struct CMUnitTest tests[] = {
      TEST(version_and_features),
      TEST(an_unknown_function_is_not_supported_and_keeps_the_other_registers),
      TEST(results_take_x0_to_x3_and_the_rest_is_preserved),
      TEST(the_sve_hint_is_no_part_of_the_function_id),
      TEST(slot_0_is_the_rim_padded_with_zeros),
      TEST(extend_hashes_the_old_digest_and_size_bytes),
      TEST(the_configuration_fills_a_granule),
      TEST(an_unmapped_buffer_is_a_data_abort_and_the_call_comes_again),
      TEST(ripas_is_told_up_to_where_it_changes),
      TEST(a_ripas_change_is_the_hosts_to_carry_out),
      TEST(a_ripas_change_may_be_rejected),
      TEST(a_host_call_carries_31_registers_both_ways),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
