/* Each reason why a realm's access fails: what vcca_realm_access, vcca_realm_read and vcca_realm_write
 * tell, and that the REC's own access leads to what the reason's text says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_states.h"
#include "support_tmi.h"
#include "rooms/span.h"

#include "rmm/machine.h"

enum { REASONS = VCCA_ACCESS_NO_MEMORY + 1 };

/* What the accesses to one address are told, by kind. */
static void told(struct rig *rig, uint64_t rec, uint64_t ipa, enum vcca_access read, enum vcca_access write,
                 enum vcca_access fetch)
{
  uint8_t bytes[8] = {0};
  vcca_sink out = VCCA_SINK(bytes);
  struct vcca_access_fault fault = {VCCA_ACCESS_DONE, 0};
  assert_int_equal(vcca_realm_access(rig->m, rec, VCCA_ACCESS_READ, ipa), read);
  assert_int_equal(vcca_realm_access(rig->m, rec, VCCA_ACCESS_WRITE, ipa), write);
  assert_int_equal(vcca_realm_access(rig->m, rec, VCCA_ACCESS_FETCH, ipa), fetch);
  assert_int_equal(vcca_realm_read(rig->m, rec, ipa, &out, sizeof bytes, &fault), read == VCCA_ACCESS_DONE);
  assert_int_equal(out.n, read == VCCA_ACCESS_DONE ? sizeof bytes : 0);
  assert_int_equal(fault.why, read);
  assert_true(read == VCCA_ACCESS_DONE || fault.ipa == ipa);
  fault = (struct vcca_access_fault){VCCA_ACCESS_DONE, 0};
  assert_int_equal(vcca_realm_write(rig->m, rec, ipa, VCCA_SPAN(bytes), &fault), write == VCCA_ACCESS_DONE);
  assert_int_equal(fault.why, write);
  assert_true(write == VCCA_ACCESS_DONE || fault.ipa == ipa);
}

/* DEN0137 A5.2.9 and A5.3.1: HIPAS and RIPAS of a protected address, HIPAS of an unprotected one. */
static void every_state_of_an_address_has_its_reason(void **state)
{
  static const struct {
    const char *state;
    enum vcca_access data, fetch;
  } cases[] = {
      {"UNASSIGNED_EMPTY", VCCA_ACCESS_EMPTY, VCCA_ACCESS_EMPTY},
      {"ASSIGNED_EMPTY", VCCA_ACCESS_EMPTY, VCCA_ACCESS_EMPTY},
      {"UNASSIGNED_RAM", VCCA_ACCESS_UNASSIGNED, VCCA_ACCESS_UNASSIGNED},
      {"ASSIGNED_RAM", VCCA_ACCESS_DONE, VCCA_ACCESS_DONE},
      {"UNASSIGNED_DESTROYED", VCCA_ACCESS_DESTROYED, VCCA_ACCESS_DESTROYED},
      {"ASSIGNED_DESTROYED", VCCA_ACCESS_DESTROYED, VCCA_ACCESS_DESTROYED},
      {"UNASSIGNED_NS", VCCA_ACCESS_UNASSIGNED, VCCA_ACCESS_NO_FETCH},
      {"ASSIGNED_NS", VCCA_ACCESS_DONE, VCCA_ACCESS_NO_FETCH},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig *rig = states_page(cases[i].state);
    uint64_t ipa = states_is_ns(cases[i].state) ? STATE_PAGE_NS : STATE_PAGE;
    told(rig, A_REC, ipa + 0x120, cases[i].data, cases[i].data, cases[i].fetch);
    told(rig, A_REC, ipa + 0x120, cases[i].data, cases[i].data, cases[i].fetch); /* asking changed nothing */
    rig_free(rig);
  }
}

static void addresses_end_with_the_ipa_width(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  told(rig, B_REC, UINT64_C(1) << 40, VCCA_ACCESS_BOUND, VCCA_ACCESS_BOUND, VCCA_ACCESS_BOUND);
  told(rig, B_REC, UINT64_MAX - 3, VCCA_ACCESS_BOUND, VCCA_ACCESS_BOUND, VCCA_ACCESS_BOUND);
  told(rig, B_REC, (UINT64_C(1) << 40) - PAGE, VCCA_ACCESS_UNASSIGNED, VCCA_ACCESS_UNASSIGNED, VCCA_ACCESS_NO_FETCH);
  rig_free(rig);
}

/* S2AP: bit 6 permits reads, bit 7 writes. */
static void a_mapping_permits_what_its_descriptor_says(void **state)
{
  static const struct {
    uint64_t s2ap;
    enum vcca_access read, write;
  } cases[] = {
      {0, VCCA_ACCESS_PERMISSION, VCCA_ACCESS_PERMISSION},
      {0x40, VCCA_ACCESS_DONE, VCCA_ACCESS_PERMISSION},
      {0x80, VCCA_ACCESS_PERMISSION, VCCA_ACCESS_DONE},
      {0xc0, VCCA_ACCESS_DONE, VCCA_ACCESS_DONE},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct rig *rig = rmi_world();
    OK(rig, "RTT_MAP_UNPROTECTED", B, UNPROTECTED + 0x3000, 3, P(9) | cases[i].s2ap);
    told(rig, B_REC, UNPROTECTED + 0x3000, cases[i].read, cases[i].write, VCCA_ACCESS_NO_FETCH);
    rig_free(rig);
  }
}

static void a_mapping_of_what_the_host_delegated_is_a_protection_fault(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  OK(rig, "GRANULE_DELEGATE", P(8)); /* mapped at UNPROTECTED + 0x1000 */
  told(rig, B_REC, UNPROTECTED + 0x1000, VCCA_ACCESS_PROTECTION, VCCA_ACCESS_PROTECTION, VCCA_ACCESS_NO_FETCH);
  rig_free(rig);
}

static void what_is_no_rec_has_no_memory(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  told(rig, B, 0x1000, VCCA_ACCESS_NO_REC, VCCA_ACCESS_NO_REC, VCCA_ACCESS_NO_REC);
  told(rig, B_REC + 8, 0x1000, VCCA_ACCESS_NO_REC, VCCA_ACCESS_NO_REC, VCCA_ACCESS_NO_REC);
  told(rig, NOWHERE, 0x1000, VCCA_ACCESS_NO_REC, VCCA_ACCESS_NO_REC, VCCA_ACCESS_NO_REC);
  rig_free(rig);
  rig = tmi_world();
  told(rig, TEC_ORPHAN, 0x1000, VCCA_ACCESS_NO_REC, VCCA_ACCESS_NO_REC, VCCA_ACCESS_NO_REC);
  told(rig, TEC_B, 0x200000, VCCA_ACCESS_DONE, VCCA_ACCESS_DONE, VCCA_ACCESS_DONE);
  told(rig, TEC_B, 0x1000, VCCA_ACCESS_UNASSIGNED, VCCA_ACCESS_UNASSIGNED, VCCA_ACCESS_UNASSIGNED);
  told(rig, TEC_B, UINT64_C(1) << 40, VCCA_ACCESS_BOUND, VCCA_ACCESS_BOUND, VCCA_ACCESS_BOUND);
  rig_free(rig);
}

static void an_access_across_pages_names_the_first_that_fails_and_does_nothing(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  uint8_t bytes[2 * 4096];
  vcca_sink out = VCCA_SINK(bytes);
  struct vcca_access_fault fault;
  memset(bytes, 0x5a, sizeof bytes);
  assert_false(vcca_realm_write(rig->m, B_REC, 0x1800, VCCA_SPAN(bytes), &fault));
  assert_int_equal(fault.why, VCCA_ACCESS_EMPTY);
  assert_int_equal(fault.ipa, 0x2000);
  assert_true(vcca_realm_read(rig->m, B_REC, 0x1000, &out, PAGE, NULL));
  assert_true(vcca_span_zero(vcca_span_of(bytes, PAGE)));
  assert_false(vcca_realm_read(rig->m, B_REC, 0x1800, &out, PAGE, NULL)); /* without asking why */
  assert_int_equal(out.n, PAGE);
  rig_free(rig);
}

/* The pool of pages is full: as many slabs as there can be, and no page of them free. */
static void a_store_for_which_the_model_has_no_memory_says_so(void **state)
{
  (void)state;
  struct rig *rig = rmi_world();
  struct memory *mem = &rig->m->memory;
  size_t slabs = mem->slab_count, pages = mem->free_pages;
  uint8_t bytes[8] = {1};
  vcca_sink out = VCCA_SINK(bytes);
  struct vcca_access_fault fault;
  mem->slab_count = MEMORY_LENT / SLAB_PAGES;
  mem->free_pages = 0;
  assert_false(vcca_realm_write(rig->m, B_REC, 0x1000, VCCA_SPAN(bytes), &fault));
  assert_int_equal(fault.why, VCCA_ACCESS_NO_MEMORY);
  mem->slab_count = slabs;
  mem->free_pages = pages;
  assert_true(vcca_realm_read(rig->m, B_REC, 0x1000, &out, sizeof bytes, &fault));
  assert_int_equal(bytes[0], 0); /* nothing was written */
  assert_true(vcca_realm_write(rig->m, B_REC, 0x1000, VCCA_SPAN_LIT("12345678"), &fault));
  rig_free(rig);
}

static void every_reason_has_a_text_of_its_own(void **state)
{
  (void)state;
  for (unsigned i = 0; i < REASONS; i++)
    for (unsigned j = 0; j < i; j++)
      assert_string_not_equal(vcca_access_text((enum vcca_access)i), vcca_access_text((enum vcca_access)j));
  assert_string_equal(vcca_access_text((enum vcca_access)REASONS), "?");
  assert_non_null(strstr(vcca_access_text(VCCA_ACCESS_EMPTY), "RIPAS"));
  assert_non_null(strstr(vcca_access_text(VCCA_ACCESS_UNASSIGNED), "HIPAS"));
  assert_non_null(strstr(vcca_access_text(VCCA_ACCESS_BOUND), "IPA width"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_state_of_an_address_has_its_reason),
      cmocka_unit_test(addresses_end_with_the_ipa_width),
      cmocka_unit_test(a_mapping_permits_what_its_descriptor_says),
      cmocka_unit_test(a_mapping_of_what_the_host_delegated_is_a_protection_fault),
      cmocka_unit_test(what_is_no_rec_has_no_memory),
      cmocka_unit_test(an_access_across_pages_names_the_first_that_fails_and_does_nothing),
      cmocka_unit_test(a_store_for_which_the_model_has_no_memory_says_so),
      cmocka_unit_test(every_reason_has_a_text_of_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
