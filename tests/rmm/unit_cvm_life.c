/* A virtCCA CVM in the order KVM makes its calls, from the TMM's pool and back to it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_tmi.h"

#include "rmm/rec.h"
#include "rmm/rtt.h"
#include "rooms/span.h"
#include "rooms/rmm.h"

static struct rig *empty_machine(void)
{
  struct vcca_machine_config config = rig_config(VCCA_ABI_TMI);
  return rig_new(&config);
}

static void fill(struct rig *rig, uint64_t pa, unsigned seed)
{
  uint8_t page[PAGE];
  for (unsigned i = 0; i < PAGE; i++)
    page[i] = (uint8_t)(i * 7 + seed);
  assert_true(vcca_host_write(rig->m, pa, VCCA_SPAN(page)));
}

static void rim_is(struct rig *rig, uint64_t rd, const char *want, const char *what)
{
  struct vcca_realm_info info;
  assert_true(vcca_realm_info(rig->m, rd, &info));
  check_hex(vcca_span_of(info.rim, 32), want, what);
}

/* Values by an independent computation of the SDK's algorithm (Python, hashlib): RIM0 = H(page), pages,
 * then TECs of 80 bytes. */
static void the_rim_is_that_of_the_sdk_algorithm(void **state)
{
  (void)state;
  struct rig *rig = empty_machine();
  uint64_t rd = tmi_cvm(rig, 7, VCCA_SHA256);
  rim_is(rig, rd, "08a8401b4343ec7550d5d2505823982c5a3868316653ef3906af2acfd3df255e", "create");
  tmi_tables(rig, rd, 0);
  fill(rig, SRC, 3);
  assert_int_equal(CALL(rig, "DATA_CREATE", 0, rd, 0x1000, SRC, 3), 0);
  rim_is(rig, rd, "e7e4dc9c6bb94d67615f90e910bac33a0dd5745effe646604ed0c18ab74221a6", "a measured page");
  assert_int_equal(CALL(rig, "DATA_CREATE", 0, rd, 0x2000, 0, 3), 0);
  rim_is(rig, rd, "e7e4dc9c6bb94d67615f90e910bac33a0dd5745effe646604ed0c18ab74221a6", "a page without source");
  tmi_tec_params(rig, REC_PARAMS, 0x40000000, 1);
  OK(rig, "TEC_CREATE", 0, rd, 0, REC_PARAMS);
  rim_is(rig, rd, "5a8cc96caf603270af60e576555d3f7e9beda9002f5a91f4a902eec8845761ce", "the first TEC");
  tmi_tec(rig, rd, 1, 0);
  rim_is(rig, rd, "8ecb83ed1c8282048758182098d1f9ee3ea21d4e38fbf09d8a96cc177c0e2a5c",
         "the second, which is not runnable");
  assert_int_equal(CALL(rig, "TTT_MAP_RANGE", rd, 2 * MIB, 4 * MIB, 0, 0), 0);
  assert_int_equal(CALL(rig, "CVM_ACTIVATE", rd), 0);
  rim_is(rig, rd, "8ecb83ed1c8282048758182098d1f9ee3ea21d4e38fbf09d8a96cc177c0e2a5c", "mapping and activating");
  rig_free(rig);
}

/* What the kernel module that reads it makes of MEM_INFO_SHOW (virtCCA_driver, tmm_driver.c): eight nodes
 * of ten counts of 32 bits and a size; then for RDs, TECs and tables eight nodes of six numbers. */
struct memory_info {
  uint64_t size, free, counts[3], meta;
};

static struct memory_info memory_info(struct rig *rig, uint64_t pa)
{
  struct memory_info info = {0};
  OK(rig, "MEM_INFO_SHOW", pa);
  for (unsigned order = 0; order < 10; order++)
    info.free += (UINT64_C(2) * MIB << order) * rig_peek(rig, pa + 4 * order, 4);
  info.size = rig_peek(rig, pa + 40, 8);
  for (unsigned node = 1; node < 8; node++)
    assert_int_equal(rig_peek(rig, pa + 48 * node + 40, 8), 0);
  for (unsigned kind = 0; kind < 3; kind++) {
    uint64_t at = pa + 384 + kind * 384;
    info.counts[kind] = rig_peek(rig, at, 8) + rig_peek(rig, at + 24, 8);
    info.meta += rig_peek(rig, at + 16, 8) + rig_peek(rig, at + 40, 8);
  }
  return info;
}

static void the_tmms_memory_is_told_as_the_kernel_module_reads_it(void **state)
{
  (void)state;
  struct rig *rig = empty_machine();
  struct memory_info before = memory_info(rig, SRC);
  assert_true(before.size > 0);
  assert_int_equal(before.free, before.size);
  assert_int_equal(before.meta, 0);
  uint64_t rd = tmi_cvm(rig, 7, VCCA_SHA256);
  tmi_tables(rig, rd, 0);
  tmi_tec(rig, rd, 0, 1);
  tmi_tec(rig, rd, 1, 0);
  assert_int_equal(CALL(rig, "DATA_CREATE", 0, rd, 0x1000, 0, 3), 0);
  struct memory_info after = memory_info(rig, SRC + PAGE - 100); /* across two granules */
  assert_int_equal(after.size, before.size);
  assert_int_equal(after.free, before.size - 2 * MIB);
  assert_int_equal(after.counts[0], 1);
  assert_int_equal(after.counts[1], 2);
  assert_int_equal(after.counts[2], 4); /* the root, and levels 1 to 3 */
  assert_int_equal(after.meta, 7 * PAGE);
  assert_int_equal(CALL(rig, "TTT_MAP_RANGE", rd, 4 * MIB, 2 * MIB, 0, 0), 0);
  assert_int_equal(memory_info(rig, SRC).free, before.size - 4 * MIB);
  assert_int_equal(CALL(rig, "INFO_SHOW", 0, 0), 0);
  assert_int_equal(CALL(rig, "KAE_INIT", 0), 10);
  assert_string_equal(rig->refused, "supported");
  rig_free(rig);
}

static void ttt_walk_tells_the_level_to_make_next(void **state)
{
  (void)state;
  struct rig *rig = empty_machine();
  uint64_t rd = tmi_cvm(rig, 1, VCCA_SHA256), status;
  unsigned made = 0;
  /* KVM's loop: on TTT_WALK make the next level, then try again */
  while ((status = CALL(rig, "DATA_CREATE", 0, rd, 0x40000000, 0, 3)) != 0) {
    uint64_t level = (status >> 8 & 0xff) + 1, span = UINT64_C(1) << (12 + 9 * (4 - level));
    assert_int_equal(status & 0xff, 8);
    assert_int_equal(CALL(rig, "TTT_CREATE", 0, rd, UINT64_C(0x40000000) & ~(span - 1), level), 0);
    made++;
  }
  assert_int_equal(made, 3);
  assert_int_equal(CALL(rig, "TTT_CREATE", 0, rd, 0x40000000, 3), 13);
  rig_free(rig);
}

/* More than one call's worth, blocks and pages. */
static void the_tree_is_destroyed_part_by_part_and_nothing_is_left(void **state)
{
  (void)state;
  struct vcca_machine_config config = rig_config(VCCA_ABI_TMI);
  config.regions[config.region_count++] =
      (struct vcca_region){.base = UINT64_C(1) << 33, .size = 256 * MIB, .secure = true};
  struct rig *rig = rig_new(&config);
  uint64_t count[VCCA_GRANULE_STATES], status;
  unsigned again = 0;
  uint64_t rd = tmi_cvm(rig, 1, VCCA_SHA256);
  uint64_t tec = tmi_tec(rig, rd, 0, 1);
  assert_int_equal(CALL(rig, "TTT_MAP_RANGE", rd, 0x40001000, 200 * MIB, 0, 0), 0);
  assert_int_equal(CALL(rig, "TTT_MAP_RANGE", rd, 0x40001000, PAGE, 0, 0), 9);
  assert_int_equal(CALL(rig, "CVM_ACTIVATE", rd), 0);
  assert_int_equal(CALL(rig, "CVM_DESTROY", rd), 4);
  vcca_granule_census(rig->m, count);
  assert_int_equal(count[VCCA_GRANULE_DATA], 200 * MIB / PAGE);
  while ((status = CALL(rig, "TTT_DESTROY", rd)) == 14)
    again++;
  assert_int_equal(status, 0);
  assert_in_range(again, 2, 100);
  assert_int_equal(CALL(rig, "CVM_DESTROY", rd), 0);
  assert_int_equal(CALL(rig, "TEC_DESTROY", tec), 0);
  vcca_granule_census(rig->m, count);
  for (unsigned i = 0; i < VCCA_GRANULE_STATES; i++)
    assert_int_equal(count[i], 0);
  assert_int_equal(rig->m->pool_free, (16 + 256) * MIB / PAGE);
  rig_free(rig);
}

static void memory_that_was_another_cvms_is_zero(void **state)
{
  (void)state;
  struct rig *rig = empty_machine();
  uint8_t got[PAGE];
  vcca_sink out = VCCA_SINK(got);
  uint64_t rd = tmi_cvm(rig, 1, VCCA_SHA256);
  tmi_tables(rig, rd, 0);
  fill(rig, SRC, 3);
  assert_int_equal(CALL(rig, "DATA_CREATE", 0, rd, 0x1000, SRC, 3), 0);
  assert_int_equal(CALL(rig, "DATA_DESTROY", rd, 0x1000, 3), 0);
  assert_int_equal(CALL(rig, "DATA_CREATE", 0, rd, 0x5000, 0, 3), 0);
  uint64_t tec = tmi_tec(rig, rd, 0, 1);
  assert_true(vcca_realm_read(rig->m, tec, 0x5000, &out, PAGE, NULL));
  assert_true(vcca_span_zero(VCCA_SPAN(got)));
  assert_false(vcca_realm_read(rig->m, tec, 0x1000, &out, 1, NULL));
  rig_free(rig);
}

/* What backs an address of the CVM. */
static uint64_t backs(struct rig *rig, uint64_t rd, uint64_t ipa)
{
  struct rtt_walk walk = rtt_walk(rig->m, realm_at(rig->m, rd), ipa, 3);
  assert_int_equal(walk.entry.hipas, RTT_ASSIGNED);
  return walk.entry.pa;
}

/* The TMM takes the lowest free granules and blocks: also what was free, taken and given back, as a block
 * or page by page. */
static void what_was_given_back_is_taken_again_lowest_first(void **state)
{
  (void)state;
  struct rig *rig = empty_machine();
  uint64_t rd = tmi_cvm(rig, 7, VCCA_SHA256), block = SECURE + 2 * MIB;
  tmi_tables(rig, rd, 0);
  assert_int_equal(CALL(rig, "TTT_MAP_RANGE", rd, 2 * MIB, 4 * MIB, 0, 0), 0);
  assert_true(backs(rig, rd, 2 * MIB) == block && backs(rig, rd, 4 * MIB) == block + 2 * MIB);
  assert_int_equal(CALL(rig, "TTT_UNMAP_RANGE", rd, 2 * MIB, 2 * MIB, 0), 0); /* as a block */
  assert_int_equal(CALL(rig, "TTT_MAP_RANGE", rd, 8 * MIB, 2 * MIB, 0, 0), 0);
  assert_true(backs(rig, rd, 8 * MIB) == block);
  assert_int_equal(CALL(rig, "TTT_UNMAP_RANGE", rd, 8 * MIB, 2 * MIB, 0), 0);
  for (uint64_t i = 1; i < 512; i++) /* the rest of the first block, and some of the next */
    assert_int_equal(CALL(rig, "DATA_CREATE", 0, rd, i * PAGE, 0, 3), 0);
  assert_true(backs(rig, rd, 511 * PAGE) > block && backs(rig, rd, 511 * PAGE) < block + 2 * MIB);
  assert_int_equal(CALL(rig, "TTT_MAP_RANGE", rd, 8 * MIB, 2 * MIB, 0, 0),
                   0); /* the search passes what is no block now */
  assert_true(backs(rig, rd, 8 * MIB) == block + 4 * MIB);
  for (uint64_t i = 511; i > 0; i--)
    assert_int_equal(CALL(rig, "DATA_DESTROY", rd, i * PAGE, 3), 0);
  assert_int_equal(CALL(rig, "TTT_MAP_RANGE", rd, 10 * MIB, 2 * MIB, 0, 0), 0);
  assert_true(backs(rig, rd, 10 * MIB) == block); /* page by page */
  for (uint64_t i = 1; i < 512; i++)
    assert_int_equal(CALL(rig, "DATA_CREATE", 0, rd, i * PAGE, 0, 3), 0);
  assert_true(backs(rig, rd, 511 * PAGE) >= block + 6 * MIB);
  assert_int_equal(CALL(rig, "TTT_UNMAP_RANGE", rd, 10 * MIB, 2 * MIB, 0), 0);
  assert_int_equal(CALL(rig, "DATA_CREATE", 0, rd, 0, 0, 3), 0);
  assert_true(backs(rig, rd, 0) == block); /* a page of what was a block */
  rig_free(rig);
}

static void the_host_never_reaches_the_pool(void **state)
{
  (void)state;
  struct rig *rig = empty_machine();
  uint8_t byte = 0;
  vcca_sink out = vcca_sink_of(&byte, 1);
  uint64_t rd = tmi_cvm(rig, 1, VCCA_SHA256);
  assert_false(vcca_host_read(rig->m, rd, &out, 1));
  assert_false(vcca_host_write(rig->m, SECURE + 8 * MIB, vcca_span_of(&byte, 1)));
  rig_free(rig);
}

/* Under TMI every address is the CVM's; what is not mapped is the host's to handle, as memory or as a
 * device. */
static void a_tec_reads_a_device_through_the_host(void **state)
{
  enum { EXIT = 0x188 };
  (void)state;
  struct rig *rig = tmi_world();
  rig->events[0] = (struct vcca_realm_event){
      .kind = VCCA_REALM_DATA_ABORT, .ipa = 0x9000010, .syndrome = true, .size = 4, .reg = 5, .wide = false};
  rig->event_count = 1;
  assert_int_equal(CALL(rig, "TEC_ENTER", TEC_B, RUN), 0);
  assert_int_equal(rig->x[0], 0);
  assert_int_equal(rig_peek(rig, RUN + EXIT, 8), 0);
  assert_int_equal(rig_peek(rig, RUN + EXIT + 0x08, 8), UINT64_C(0x24) << 26 | 1 << 24 | 2 << 22 | 6);
  assert_int_equal(rig_peek(rig, RUN + EXIT + 0x10, 8), 0x010);
  assert_int_equal(rig_peek(rig, RUN + EXIT + 0x18, 8), 0x9000 << 4);
  rig_poke(rig, RUN, 8, 1);
  rig_poke(rig, RUN + 0x008, 8, UINT64_C(0xffff12345678));
  rig->events[0] = (struct vcca_realm_event){.kind = VCCA_REALM_IRQ};
  assert_int_equal(CALL(rig, "TEC_ENTER", TEC_B, RUN), 0);
  assert_int_equal(rec_at(rig->m, TEC_B)->cpu.x[5], 0x12345678);
  assert_int_equal(rig_peek(rig, RUN + EXIT, 8), 1);
  rig_free(rig);
}

static void a_token_of_8_kib_has_room_in_a_tec(void **state)
{
  (void)state;
  struct rig *rig = tmi_world();
  static uint8_t token[GUEST_TOKEN_MAX + 1], got[GUEST_TOKEN_MAX];
  for (unsigned i = 0; i < sizeof token; i++)
    token[i] = (uint8_t)(i ^ i >> 8);
  assert_false(guest_token_put(rig->m, TEC_B, VCCA_SPAN(token)));
  assert_true(guest_token_put(rig->m, TEC_B, vcca_span_of(token, GUEST_TOKEN_MAX)));
  vcca_sink out = VCCA_SINK(got);
  guest_token_get(rig->m, TEC_B, 0, 100, &out);
  guest_token_get(rig->m, TEC_B, 100, 5000, &out);
  guest_token_get(rig->m, TEC_B, 5100, GUEST_TOKEN_MAX, &out);
  assert_int_equal(out.n, GUEST_TOKEN_MAX);
  assert_memory_equal(got, token, GUEST_TOKEN_MAX);
  rig_free(rig);
}

/* struct tmi_tec_run: list registers at 0x100 and hcr behind them; the exit at 0x188 has hcr at 0x118 and
 * the list registers behind it. */
static void list_registers_come_back_as_they_went_in(void **state)
{
  (void)state;
  struct rig *rig = tmi_world();
  rig_poke(rig, RUN + 0x180, 8, 2); /* UIE */
  for (unsigned i = 0; i < 16; i++)
    rig_poke(rig, RUN + 0x100 + 8 * i, 8, UINT64_C(1) << 62 | (32 + i)); /* pending */
  OK(rig, "TEC_ENTER", TEC_B, RUN);
  assert_int_equal(rig_peek(rig, RUN + 0x188 + 0x118, 8), 2);
  for (unsigned i = 0; i < 16; i++)
    assert_true(rig_peek(rig, RUN + 0x188 + 0x120 + 8 * i, 8) == (UINT64_C(1) << 62 | (32 + i)));
  rig_free(rig);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(list_registers_come_back_as_they_went_in),
      cmocka_unit_test(the_rim_is_that_of_the_sdk_algorithm),
      cmocka_unit_test(the_tmms_memory_is_told_as_the_kernel_module_reads_it),
      cmocka_unit_test(ttt_walk_tells_the_level_to_make_next),
      cmocka_unit_test(the_tree_is_destroyed_part_by_part_and_nothing_is_left),
      cmocka_unit_test(memory_that_was_another_cvms_is_zero),
      cmocka_unit_test(what_was_given_back_is_taken_again_lowest_first),
      cmocka_unit_test(the_host_never_reaches_the_pool),
      cmocka_unit_test(a_tec_reads_a_device_through_the_host),
      cmocka_unit_test(a_token_of_8_kib_has_room_in_a_tec),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
