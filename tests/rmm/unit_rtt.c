/* Translation tables: where walks stop, what a host reads, and how tables come and go.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "rmm/rtt.h"

#define GIB (UINT64_C(1) << 30)

static void reads(struct rig *rig, uint64_t rd, uint64_t ipa, int64_t level, int64_t walk_level, uint64_t state,
                  uint64_t desc, uint64_t ripas)
{
  OK(rig, "RTT_READ_ENTRY", rd, ipa, (uint64_t)level);
  assert_int_equal(rig->x[1], (uint64_t)walk_level);
  assert_int_equal(rig->x[2], state);
  assert_int_equal(rig->x[3], desc);
  assert_int_equal(rig->x[4], ripas);
}

enum { UNASSIGNED = 0, ASSIGNED = 1, TABLE = 2 };

static void read_entry_tells_what_the_walk_found(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  reads(rig, A, 0x1000, 3, 3, ASSIGNED, A_DATA, RTT_RAM);
  reads(rig, A, 0x2000, 3, 3, UNASSIGNED, 0, RTT_EMPTY);
  reads(rig, A, 0, 2, 2, TABLE, A_L3, 0);
  reads(rig, A, 0x201000, 3, 2, UNASSIGNED, 0, RTT_EMPTY);
  reads(rig, A, GIB, 3, 1, UNASSIGNED, 0, RTT_EMPTY);
  reads(rig, A, UNPROTECTED, 3, 0, UNASSIGNED, 0, 0);
  reads(rig, B, UNPROTECTED + 0x1000, 3, 3, ASSIGNED, P(8) | 0xc0, 0);
  OK(rig, "RTT_INIT_RIPAS", A, 0x200000, 0x400000);
  reads(rig, A, 0x200000, 2, 2, UNASSIGNED, 0, RTT_RAM);
  rig_free(rig);
}

static void data_destroy_says_where_to_look_next(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  OK(rig, "DATA_CREATE_UNKNOWN", A, FREE, 0x8000);
  assert_int_equal(CALL(rig, "DATA_DESTROY", A, 0x2000), 0x304);
  assert_int_equal(rig->x[2], 0x8000);
  assert_int_equal(CALL(rig, "DATA_DESTROY", A, 0x200000), 0x204);
  assert_int_equal(rig->x[2], 0x400000); /* the table there is live */
  assert_int_equal(CALL(rig, "DATA_DESTROY", A, 0x401000), 0x304);
  assert_int_equal(rig->x[2], 0x600000); /* nothing in its table */
  OK(rig, "DATA_DESTROY", A, 0x1000);
  assert_int_equal(rig->x[1], A_DATA);
  assert_int_equal(rig->x[2], 0x8000);
  OK(rig, "DATA_DESTROY", A, 0x8000);
  assert_int_equal(rig->x[2], 0x200000);
  assert_int_equal(CALL(rig, "DATA_DESTROY", A + 8, 0x1000), 1);
  assert_int_equal(rig->x[2], 0);
  rig_free(rig);
}

/* Block mappings on both sides, and addresses in their middle: who asks goes on from there or further,
 * never back. */
static void where_to_look_next_is_never_below_what_was_asked_about(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  uint64_t block = DRAM + 8 * MIB;
  assert_int_equal(CALL(rig, "DATA_DESTROY", A, 0x201000), 0x204); /* nothing is there: the next entry, a table */
  assert_int_equal(rig->x[2], 0x400000);
  assert_int_equal(CALL(rig, "DATA_DESTROY", A, GIB + 0x201000), 0x104);
  assert_true(rig->x[2] == 512 * GIB);
  rmi_delegate(rig, block, 512);
  for (unsigned i = 0; i < 512; i++)
    OK(rig, "DATA_CREATE", A, block + i * PAGE, 0x400000 + i * PAGE, SRC, 0);
  OK(rig, "RTT_FOLD", A, 0x400000, 3);
  assert_int_equal(CALL(rig, "DATA_DESTROY", A, 0x400000), 0x204);
  assert_int_equal(rig->x[2], 0x400000);
  assert_int_equal(CALL(rig, "DATA_DESTROY", A, 0x401000), 0x204);
  assert_int_equal(rig->x[2], 0x401000);
  assert_int_equal(CALL(rig, "DATA_DESTROY", A, 0x5ff000), 0x204);
  assert_int_equal(rig->x[2], 0x5ff000);
  assert_int_equal(CALL(rig, "DATA_DESTROY", A, 0x601000), 0x204);
  assert_int_equal(rig->x[2], GIB);
  OK(rig, "RTT_MAP_UNPROTECTED", B, UNPROTECTED + 4 * GIB, 1, 64 * GIB | 0xc0);
  assert_int_equal(CALL(rig, "RTT_UNMAP_UNPROTECTED", B, UNPROTECTED + 4 * GIB + 5 * 0x200000, 2), 0x104);
  assert_true(rig->x[1] == UNPROTECTED + 4 * GIB + 5 * 0x200000);
  assert_int_equal(CALL(rig, "RTT_UNMAP_UNPROTECTED", B, UNPROTECTED + 4 * GIB + PAGE, 3), 0x104);
  assert_true(rig->x[1] == UNPROTECTED + 4 * GIB + PAGE);
  assert_int_equal(CALL(rig, "RTT_DESTROY", B, UNPROTECTED + 4 * GIB + 0x200000, 3), 0x104);
  assert_true(rig->x[2] == UNPROTECTED + 4 * GIB + 0x200000);
  OK(rig, "RTT_UNMAP_UNPROTECTED", B, UNPROTECTED + 4 * GIB, 1);
  assert_true(rig->x[1] == UNPROTECTED + 512 * GIB);
  rig_free(rig);
}

static void destroyed_memory_stays_destroyed_and_empty_stays_empty(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  OK(rig, "DATA_DESTROY", A, 0x1000);
  reads(rig, A, 0x1000, 3, 3, UNASSIGNED, 0, RTT_DESTROYED);
  OK(rig, "DATA_CREATE_UNKNOWN", A, FREE, 0x1000);
  reads(rig, A, 0x1000, 3, 3, ASSIGNED, FREE, RTT_DESTROYED);
  OK(rig, "DATA_DESTROY", A, 0x1000);
  OK(rig, "DATA_CREATE", A, FREE, 0x1000, SRC, 0);
  reads(rig, A, 0x1000, 3, 3, ASSIGNED, FREE, RTT_RAM);
  OK(rig, "DATA_CREATE_UNKNOWN", A, FREE + PAGE, 0x2000);
  OK(rig, "DATA_DESTROY", A, 0x2000);
  reads(rig, A, 0x2000, 3, 3, UNASSIGNED, 0, RTT_EMPTY);
  rig_free(rig);
}

static void init_ripas_stops_at_tables_at_data_and_where_an_entry_does_not_fit(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  OK(rig, "RTT_INIT_RIPAS", A, 0x200000, 0x700000); /* a table at 0x400000 */
  assert_int_equal(rig->x[1], 0x400000);
  assert_int_equal(CALL(rig, "RTT_INIT_RIPAS", A, 0x600000, 0x700000), 0x204);
  OK(rig, "RTT_INIT_RIPAS", A, 0x600000, 0x900000);
  assert_int_equal(rig->x[1], 0x800000);
  OK(rig, "RTT_INIT_RIPAS", A, 0, 0x4000); /* data at 0x1000 */
  assert_int_equal(rig->x[1], 0x1000);
  OK(rig, "RTT_INIT_RIPAS", A, 0x2000, 0x400000); /* the table's end */
  assert_int_equal(rig->x[1], 0x200000);
  reads(rig, A, 0x1ff000, 3, 3, UNASSIGNED, 0, RTT_RAM);
  rig_free(rig);
}

static void children_inherit_what_their_parent_was(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  OK(rig, "RTT_INIT_RIPAS", A, 0x200000, 0x400000);
  OK(rig, "RTT_CREATE", A, FREE, 0x200000, 3);
  reads(rig, A, 0x200000, 3, 3, UNASSIGNED, 0, RTT_RAM);
  reads(rig, A, 0x3ff000, 3, 3, UNASSIGNED, 0, RTT_RAM);
  OK(rig, "RTT_DESTROY", A, 0x200000, 3);
  assert_int_equal(rig->x[1], FREE);
  assert_int_equal(rig->x[2], 0x400000);
  reads(rig, A, 0x200000, 2, 2, UNASSIGNED, 0, RTT_DESTROYED);
  rig_free(rig);
}

static void a_folded_block_splits_into_the_same_pages(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  uint64_t block = DRAM + 8 * MIB;
  rmi_delegate(rig, block, 512);
  for (unsigned i = 0; i < 512; i++)
    OK(rig, "DATA_CREATE", A, block + i * PAGE, 0x400000 + i * PAGE, SRC, 0);
  OK(rig, "RTT_FOLD", A, 0x400000, 3);
  assert_int_equal(rig->x[1], A_L3_EMPTY);
  reads(rig, A, 0x401000, 3, 2, ASSIGNED, block, RTT_RAM);
  assert_int_equal(CALL(rig, "DATA_DESTROY", A, 0x401000), 0x204);
  OK(rig, "RTT_CREATE", A, A_L3_EMPTY, 0x400000, 3);
  for (unsigned i = 0; i < 512; i++)
    reads(rig, A, 0x400000 + i * PAGE, 3, 3, ASSIGNED, block + i * PAGE, RTT_RAM);
  rig_free(rig);
}

static void a_table_of_scattered_pages_does_not_fold(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  uint64_t block = DRAM + 8 * MIB;
  rmi_delegate(rig, block, 512);
  for (unsigned i = 0; i < 512; i++)
    OK(rig, "DATA_CREATE", A, block + (i ^ 1) * PAGE, 0x400000 + i * PAGE, SRC, 0);
  assert_int_equal(CALL(rig, "RTT_FOLD", A, 0x400000, 3), 0x304);
  rig_free(rig);
}

static void unprotected_mappings_do_not_keep_a_table_alive(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  OK(rig, "RTT_DESTROY", B, UNPROTECTED, 3);
  reads(rig, B, UNPROTECTED, 2, 2, UNASSIGNED, 0, 0);
  OK(rig, "RTT_MAP_UNPROTECTED", B, UNPROTECTED, 2, DRAM | 0xc0);
  reads(rig, B, UNPROTECTED + 0x5000, 3, 2, ASSIGNED, DRAM | 0xc0, 0);
  OK(rig, "RTT_CREATE", B, FREE, UNPROTECTED, 3);
  reads(rig, B, UNPROTECTED + 0x5000, 3, 3, ASSIGNED, P(5) | 0xc0, 0);
  OK(rig, "RTT_UNMAP_UNPROTECTED", B, UNPROTECTED + 0x5000, 3);
  assert_int_equal(rig->x[1], UNPROTECTED + 0x6000);
  rig_free(rig);
}

static void set_ripas_takes_what_the_realm_asked_for_part_by_part(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  OK(rig, "RTT_SET_RIPAS", B, P(75), 0x2000, 0x3000);
  assert_int_equal(rig->x[1], 0x3000);
  reads(rig, B, 0x2000, 3, 3, UNASSIGNED, 0, RTT_RAM);
  reads(rig, B, 0x3000, 3, 3, UNASSIGNED, 0, RTT_EMPTY);
  OK(rig, "RTT_SET_RIPAS", B, P(75), 0x3000, 0x4000);
  assert_int_equal(CALL(rig, "RTT_SET_RIPAS", B, P(75), 0x4000, 0x5000), 1);
  rig_free(rig);
}

/* Level 1 with 41 bits: four root tables that are one long one. */
static void concatenated_roots_are_one_long_table(void **state)
{
  (void)state;
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  struct rig *rig = rig_new(&config);
  uint64_t rd = P(16), roots = P(20), half = UINT64_C(1) << 40;
  rmi_delegate(rig, rd, 1);
  rmi_delegate(rig, roots, 4);
  rmi_realm_params(rig, PARAMS, roots, 1, VCCA_SHA256);
  rig_poke(rig, PARAMS + 0x08, 1, 41);
  rig_poke(rig, PARAMS + 0x810, 8, 1);
  rig_poke(rig, PARAMS + 0x818, 4, 4);
  OK(rig, "REALM_CREATE", rd, PARAMS);
  for (uint64_t i = 0; i < 4; i++) {
    uint64_t ipa = (i * 512 + 5) * GIB;
    rmi_delegate(rig, P(32 + i), 1);
    OK(rig, "RTT_CREATE", rd, P(32 + i), ipa, 2);
    reads(rig, rd, ipa, 1, 1, TABLE, P(32 + i), 0);
    struct rtt_entry e = rtt_get(rig->m, roots + i * PAGE, 5);
    assert_int_equal(e.pa, P(32 + i));
  }
  assert_int_equal(CALL(rig, "RTT_INIT_RIPAS", rd, half - GIB, half + PAGE), 1);
  OK(rig, "RTT_INIT_RIPAS", rd, half - GIB, half);
  assert_int_equal(CALL(rig, "REALM_DESTROY", rd), 2);
  for (uint64_t i = 0; i < 4; i++)
    OK(rig, "RTT_DESTROY", rd, (i * 512 + 5) * GIB, 2);
  OK(rig, "REALM_DESTROY", rd);
  rig_free(rig);
}

/* 52 bits of addresses on both sides: a start level of -1, and address bits 51:50 where LPA2 descriptors
 * have them. */
static void lpa2_realms_reach_52_bits(void **state)
{
  (void)state;
  const uint64_t top_memory = UINT64_C(3) << 50 | UINT64_C(1) << 49, unprotected = UINT64_C(1) << 51;
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  config.features.lpa2 = true;
  config.features.s2sz = 52;
  config.regions[config.region_count++] =
      (struct vcca_region){.base = top_memory, .size = 16 * PAGE, .delegable = true};
  struct rig *rig = rig_new(&config);
  uint64_t rd = P(16), root = P(17), ipa = UINT64_C(7) << 48, high = top_memory + PAGE;
  rmi_delegate(rig, rd, 2);
  rmi_realm_params(rig, PARAMS, root, 1, VCCA_SHA256);
  rig_poke(rig, PARAMS, 8, 1);
  rig_poke(rig, PARAMS + 0x08, 1, 52);
  rig_poke(rig, PARAMS + 0x810, 8, UINT64_MAX);
  OK(rig, "REALM_CREATE", rd, PARAMS);
  rmi_delegate(rig, high, 1);
  assert_int_equal(CALL(rig, "DATA_CREATE_UNKNOWN", rd, high, ipa), 0xff04); /* the walk stopped at level -1 */
  reads(rig, rd, ipa, 3, -1, UNASSIGNED, 0, RTT_EMPTY);
  for (unsigned i = 0; i < 4; i++) {
    rmi_delegate(rig, top_memory + (2 + i) * PAGE, 1);
    rmi_delegate(rig, P(32 + i), 1);
    OK(rig, "RTT_CREATE", rd, top_memory + (2 + i) * PAGE, ipa, i);
    OK(rig, "RTT_CREATE", rd, P(32 + i), unprotected, i);
  }
  reads(rig, rd, ipa, -1, -1, TABLE, UINT64_C(1) << 49 | 2 * PAGE | UINT64_C(3) << 8, 0);
  OK(rig, "DATA_CREATE_UNKNOWN", rd, high, ipa);
  reads(rig, rd, ipa, 3, 3, ASSIGNED, UINT64_C(1) << 49 | PAGE | UINT64_C(3) << 8, RTT_EMPTY);
  uint64_t desc = UINT64_C(1) << 49 | 10 * PAGE | UINT64_C(1) << 8 | 0xc0; /* bit 50 of the address in bit 8 */
  OK(rig, "RTT_MAP_UNPROTECTED", rd, unprotected, 3, desc);
  reads(rig, rd, unprotected, 3, 3, ASSIGNED, desc, 0);
  struct rtt_entry e = rtt_walk(rig->m, realm_at(rig->m, rd), unprotected, 3).entry;
  assert_true(e.pa == (UINT64_C(1) << 50 | UINT64_C(1) << 49 | 10 * PAGE));
  assert_int_equal(CALL(rig, "RTT_MAP_UNPROTECTED", rd, unprotected + PAGE, 3, UINT64_C(1) << 50 | 0xc0), 1);
  assert_string_equal(rig->refused, "attr_valid"); /* that is not where LPA2 has it */
  OK(rig, "DATA_DESTROY", rd, ipa);
  for (unsigned i = 4; i-- > 0;) {
    OK(rig, "RTT_DESTROY", rd, ipa, i);
    OK(rig, "RTT_DESTROY", rd, unprotected, i);
  }
  OK(rig, "REALM_DESTROY", rd);
  rig_free(rig);
}

/* Host memory is mapped by pages and by blocks of levels 2 and 1, by nothing larger; each splits into 512
 * of the next level. */
static void blocks_are_mapped_at_every_legal_level(void **state)
{
  static const uint64_t sizes[] = {0, GIB, 2 * MIB, PAGE};
  (void)state;
  for (uint64_t level = 0; level <= 3; level++) {
    struct rig *rig = rmi_world();
    uint64_t ipa = UNPROTECTED + 4 * GIB, pa = 64 * GIB;
    rmi_delegate(rig, P(160), 4);
    OK(rig, "RTT_DESTROY", B, UNPROTECTED, 3); /* tables down to the level, in the place of the others */
    for (uint64_t l = 2; l <= level; l++)
      OK(rig, "RTT_CREATE", B, P(160 + l), ipa, l);
    uint64_t status = CALL(rig, "RTT_MAP_UNPROTECTED", B, ipa, level, pa | 0xc0);
    if (level == 0) {
      assert_int_equal(status, 1);
      assert_string_equal(rig->refused, "level_bound");
      rig_free(rig);
      continue;
    }
    assert_int_equal(status, 0);
    reads(rig, B, ipa, 3, (int64_t)level, ASSIGNED, pa | 0xc0, 0);
    assert_int_equal(CALL(rig, "RTT_UNMAP_UNPROTECTED", B, ipa, 3), level == 3 ? 0 : level << 8 | 4);
    assert_true(rig->x[1] == (level == 3 ? ipa + 2 * MIB : ipa)); /* the end of an empty table; the block itself */
    if (level < 3) {
      OK(rig, "RTT_CREATE", B, FREE, ipa, level + 1);
      reads(rig, B, ipa + 3 * sizes[level + 1], (int64_t)level + 1, (int64_t)level + 1, ASSIGNED,
            (pa + 3 * sizes[level + 1]) | 0xc0, 0);
      OK(rig, "RTT_FOLD", B, ipa, level + 1);
      reads(rig, B, ipa, 3, (int64_t)level, ASSIGNED, pa | 0xc0, 0);
    }
    rig_free(rig);
  }
}

/* A table of large blocks folds into a larger one; a table of tables, or of what no level maps, does not. */
static void folding_stops_where_blocks_do(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  rmi_delegate(rig, P(160), 2);
  uint64_t ipa = UNPROTECTED + 4 * GIB;
  OK(rig, "RTT_CREATE", B, P(160), ipa, 2);
  for (uint64_t i = 0; i < 512; i++)
    OK(rig, "RTT_MAP_UNPROTECTED", B, ipa + i * 2 * MIB, 2, (64 * GIB + i * 2 * MIB) | 0xc0);
  OK(rig, "RTT_FOLD", B, ipa, 2);
  reads(rig, B, ipa, 3, 1, ASSIGNED, (64 * GIB) | 0xc0, 0);
  for (uint64_t i = 0; i < 512; i++)
    if (i != 4) {
      if (i == 0)
        for (int level = 3; level >= 2; level--)
          OK(rig, "RTT_DESTROY", B, UNPROTECTED, (uint64_t)level);
      OK(rig, "RTT_MAP_UNPROTECTED", B, UNPROTECTED + i * GIB, 1, (60 * GIB + i * GIB) | 0xc0);
    }
  assert_int_equal(CALL(rig, "RTT_FOLD", B, UNPROTECTED, 1), 0x104); /* level 0 has no blocks */
  rig_free(rig);
}

/* Nothing larger than level 1 maps: a table of all its blocks, in order and aligned, stays a table. */
static void a_whole_table_of_the_largest_blocks_does_not_fold(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  for (uint64_t level = 3; level >= 2; level--)
    OK(rig, "RTT_DESTROY", B, UNPROTECTED, level);
  for (uint64_t i = 0; i < 512; i++)
    OK(rig, "RTT_MAP_UNPROTECTED", B, UNPROTECTED + i * GIB, 1, (512 * GIB + i * GIB) | 0xc0);
  assert_int_equal(CALL(rig, "RTT_FOLD", B, UNPROTECTED, 1), 0x104);
  assert_string_equal(rig->refused, "rtt_homo");
  reads(rig, B, UNPROTECTED + 511 * GIB, 3, 1, ASSIGNED, (512 * GIB + 511 * GIB) | 0xc0, 0);
  rig_free(rig);
}

/* The specification's limits, worked out by hand: DEN0137 with Arm ARM table D8-16. */
static void root_geometry_is_what_the_architecture_allows(void **state)
{
  static const struct {
    uint64_t width;
    bool lpa2;
    int64_t start;
    uint64_t roots;
    bool valid;
  } cases[] = {
      {40, false, 0, 1, true},  {48, false, 0, 1, true},   {39, false, 0, 1, false}, {49, false, 0, 1, false},
      {39, false, 1, 1, true},  {40, false, 1, 2, true},   {43, false, 1, 16, true}, {44, false, 1, 32, false},
      {40, false, 1, 1, false}, {32, false, 2, 4, true},   {34, false, 2, 16, true}, {35, false, 2, 32, false},
      {32, false, 3, 1, false}, {52, true, 0, 16, true},   {52, true, -1, 1, true},  {48, true, -1, 1, false},
      {49, true, -1, 1, true},  {49, false, -1, 1, false}, {40, false, 4, 1, false}, {40, false, INT64_MIN, 1, false},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (rtt_geometry_valid(cases[i].width, cases[i].lpa2, cases[i].start, cases[i].roots) != cases[i].valid)
      fail_msg("case %zu", i);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(read_entry_tells_what_the_walk_found),
      cmocka_unit_test(data_destroy_says_where_to_look_next),
      cmocka_unit_test(where_to_look_next_is_never_below_what_was_asked_about),
      cmocka_unit_test(destroyed_memory_stays_destroyed_and_empty_stays_empty),
      cmocka_unit_test(init_ripas_stops_at_tables_at_data_and_where_an_entry_does_not_fit),
      cmocka_unit_test(children_inherit_what_their_parent_was),
      cmocka_unit_test(a_folded_block_splits_into_the_same_pages),
      cmocka_unit_test(a_table_of_scattered_pages_does_not_fold),
      cmocka_unit_test(unprotected_mappings_do_not_keep_a_table_alive),
      cmocka_unit_test(set_ripas_takes_what_the_realm_asked_for_part_by_part),
      cmocka_unit_test(concatenated_roots_are_one_long_table),
      cmocka_unit_test(lpa2_realms_reach_52_bits),
      cmocka_unit_test(blocks_are_mapped_at_every_legal_level),
      cmocka_unit_test(folding_stops_where_blocks_do),
      cmocka_unit_test(a_whole_table_of_the_largest_blocks_does_not_fold),
      cmocka_unit_test(root_geometry_is_what_the_architecture_allows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
