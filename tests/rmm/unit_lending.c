/* Pages that are lent to a machine are its own in everything but the copying.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/rmm.h"

enum { IMAGE_PAGES = 200 };
static uint8_t image[IMAGE_PAGES * 4096];

static vcca_span page_of_image(size_t i)
{
  return vcca_span_of(image + i * PAGE, PAGE);
}

/* No two pages alike, and one of zeros. */
static int draw_image(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof image; i++)
    image[i] = (uint8_t)(i * 7 + i / PAGE * 13 + 1);
  memset(image + 5 * PAGE, 0, PAGE);
  return 0;
}

/* A realm with tables for its first 2 MiB; granules from FREE on are delegated. */
static struct rig *new_realm(enum vcca_hash_alg alg)
{
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  struct rig *rig = rig_new(&config);
  rmi_realm(rig, A, 1, alg);
  rmi_tables(rig, A, 0, P(18), 1);
  rmi_delegate(rig, FREE, IMAGE_PAGES);
  return rig;
}

static void data_create(struct rig *rig, size_t i)
{
  OK(rig, "DATA_CREATE", A, FREE + i * PAGE, i * PAGE, SRC, 1);
}

static void a_lent_page_is_read_and_never_written(void **state)
{
  (void)state;
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  struct rig *rig = rig_new(&config);
  uint64_t was = vcca_le64(image + 8);
  assert_true(vcca_host_lend(rig->m, SRC, page_of_image(0), true));
  assert_true(vcca_host_lend(rig->m, HOST, page_of_image(0), true));
  assert_true(rig_peek(rig, SRC + 8, 8) == was);
  rig_poke(rig, SRC, 8, 1);
  assert_true(rig_peek(rig, SRC, 8) == 1 && rig_peek(rig, SRC + 8, 8) == was);
  assert_true(vcca_le64(image + 8) == was && rig_peek(rig, HOST, 8) == vcca_le64(image));
  rmi_delegate(rig, HOST, 1);
  OK(rig, "GRANULE_UNDELEGATE", HOST);
  assert_true(rig_peek(rig, HOST, 8) == 0);
  rig_free(rig);
}

static void only_where_the_host_may_write_is_a_page_lent(void **state)
{
  (void)state;
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  struct rig *rig = rig_new(&config);
  rmi_delegate(rig, FREE, 1);
  assert_false(vcca_host_lend(rig->m, FREE, page_of_image(0), true));
  assert_false(vcca_host_lend(rig->m, NOWHERE, page_of_image(0), true));
  assert_false(vcca_host_lend(rig->m, SRC + 8, page_of_image(0), true));
  assert_false(vcca_host_lend(rig->m, SRC, vcca_span_of(image, PAGE - 1), true));
  assert_true(rig_peek(rig, SRC, 8) == 0);
  rig_free(rig);
}

/* Lent or written, the machine is the same byte for byte, its RIM included. */
static void data_from_lent_pages_is_as_from_written_ones(void **state)
{
  (void)state;
  for (unsigned lasting = 0; lasting < 2; lasting++) {
    struct rig *written = new_realm(VCCA_SHA256), *lent = new_realm(VCCA_SHA256);
    struct vcca_bytes saved = {0};
    for (size_t i = 0; i < IMAGE_PAGES; i++) {
      assert_true(vcca_host_write(written->m, SRC, page_of_image(i)));
      assert_true(vcca_host_lend(lent->m, SRC, page_of_image(i), lasting));
      data_create(written, i);
      data_create(lent, i);
    }
    assert_true(vcca_machine_save(lent->m, &saved, NULL));
    assert_true(vcca_machine_same(written->m, vcca_bytes_span(&saved)));
    struct vcca_error err;
    check_ok(vcca_machine_load(lent->m, vcca_bytes_span(&saved), &err), &err, "load");
    assert_true(vcca_machine_same(lent->m, vcca_bytes_span(&saved)));
    vcca_bytes_free(&saved);
    rig_free(written);
    rig_free(lent);
  }
}

static void what_does_not_last_is_copied_by_data_create(void **state)
{
  (void)state;
  uint8_t *passing = test_malloc(PAGE);
  uint8_t got[8];
  vcca_sink out = VCCA_SINK(got);
  struct rig *rig = new_realm(VCCA_SHA256);
  memcpy(passing, image, PAGE);
  assert_true(vcca_host_lend(rig->m, SRC, vcca_span_of(passing, PAGE), false));
  data_create(rig, 0);
  rig_zero(rig, SRC);
  test_free(passing);
  rmi_rec(rig, A, P(22), P(32), 0, 1);
  assert_true(vcca_realm_read(rig->m, P(22), 0, &out, sizeof got, NULL));
  assert_memory_equal(got, image, sizeof got);
  rig_free(rig);
}

static void a_realm_that_writes_gets_a_page_of_its_own(void **state)
{
  (void)state;
  uint8_t word[8] = {0xee, 0xee}, got[8], was[8];
  struct rig *rig = new_realm(VCCA_SHA256);
  memcpy(was, image, sizeof was);
  for (size_t i = 0; i < 2; i++) {
    assert_true(vcca_host_lend(rig->m, SRC, page_of_image(0), true));
    data_create(rig, i);
  }
  rmi_rec(rig, A, P(22), P(32), 0, 1);
  assert_true(vcca_realm_write(rig->m, P(22), 0, VCCA_SPAN(word), NULL));
  for (size_t i = 0; i < 2; i++) {
    vcca_sink out = VCCA_SINK(got);
    assert_true(vcca_realm_read(rig->m, P(22), i * PAGE, &out, sizeof got, NULL));
    assert_memory_equal(got, i == 0 ? word : was, sizeof got);
  }
  assert_memory_equal(image, was, sizeof was);
  OK(rig, "DATA_DESTROY", A, 0);
  OK(rig, "DATA_DESTROY", A, PAGE);
  rig_free(rig);
}

/* --- Ahead ------------------------------------------------------------------------------------------------ */

struct creating {
  struct rig *rig;
  size_t next;
};

/* Every third page is written instead, as a host may that changes its mind: with other bytes than were
 * hashed. */
static void create_pages(void *ctx, size_t first, size_t n)
{
  struct creating *c = ctx;
  assert_int_equal(first, c->next);
  for (size_t i = first; i < first + n; i++) {
    assert_true(vcca_host_lend(c->rig->m, SRC, page_of_image(i), true));
    if (i % 3 == 1)
      rig_poke(c->rig, SRC, 8, i);
    data_create(c->rig, i);
  }
  c->next = first + n;
}

static void hashing_ahead_changes_no_measurement(void **state)
{
  (void)state;
  static const enum vcca_hash_alg hashes[] = {VCCA_SHA256, VCCA_SHA512};
  for (size_t h = 0; h < sizeof hashes / sizeof *hashes; h++) {
    struct rig *rig = new_realm(hashes[h]);
    struct vcca_realm_info before, after;
    struct creating c = {.rig = rig};
    assert_true(vcca_realm_info(rig->m, A, &before));
    struct vcca_rim rim = {.rules = VCCA_RULES_ARM_1_0, .hash_alg = hashes[h]};
    memcpy(rim.value, before.rim, sizeof rim.value);
    for (size_t i = 0; i < IMAGE_PAGES; i++) {
      uint8_t page[4096], digest[VCCA_HASH_MAX];
      memcpy(page, page_of_image(i).p, sizeof page);
      if (i % 3 == 1)
        vcca_put_le64(page, i);
      vcca_hash(hashes[h], VCCA_SPAN(page), digest);
      assert_true(vcca_rim_data(&rim, i * PAGE, digest));
    }
    vcca_host_hash_ahead(rig->m, hashes[h], vcca_span_of(image, sizeof image), create_pages, &c);
    assert_int_equal(c.next, IMAGE_PAGES);
    assert_true(vcca_realm_info(rig->m, A, &after));
    assert_memory_equal(after.rim, rim.value, sizeof rim.value);
    rig_free(rig);
  }
}

/* The digests of another algorithm are of no use to a realm. */
static void hashing_ahead_with_another_algorithm_changes_no_measurement(void **state)
{
  (void)state;
  struct rig *ahead = new_realm(VCCA_SHA512), *plain = new_realm(VCCA_SHA512);
  struct vcca_realm_info one, other;
  struct creating c = {.rig = ahead}, d = {.rig = plain};
  vcca_host_hash_ahead(ahead->m, VCCA_SHA256, vcca_span_of(image, sizeof image), create_pages, &c);
  create_pages(&d, 0, IMAGE_PAGES);
  assert_true(vcca_realm_info(ahead->m, A, &one) && vcca_realm_info(plain->m, A, &other));
  assert_memory_equal(one.rim, other.rim, sizeof one.rim);
  rig_free(ahead);
  rig_free(plain);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_lent_page_is_read_and_never_written),
      cmocka_unit_test(only_where_the_host_may_write_is_a_page_lent),
      cmocka_unit_test(data_from_lent_pages_is_as_from_written_ones),
      cmocka_unit_test(what_does_not_last_is_copied_by_data_create),
      cmocka_unit_test(a_realm_that_writes_gets_a_page_of_its_own),
      cmocka_unit_test(hashing_ahead_changes_no_measurement),
      cmocka_unit_test(hashing_ahead_with_another_algorithm_changes_no_measurement),
  };
  return cmocka_run_group_tests(tests, draw_image, NULL);
}
