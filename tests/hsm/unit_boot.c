/* Boot registers: extend, lock, read, and what they refuse. The digests were computed with Python's hashlib.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/hsm.h"
#include "rooms/span.h"

static struct vcca_boot_record record_of(const vcca_hsm *hsm, const char *name)
{
  struct vcca_boot_record record = {0};
  const struct vcca_device *device = vcca_hsm_device(hsm);
  for (size_t i = 0; i < device->component_count; i++)
    if (strcmp(device->components[i].name, name) == 0)
      assert_true(vcca_hsm_record(hsm, i, &record));
  return record;
}

static void a_zero_digest_leaves_the_hash_of_64_zero_bytes(void **state)
{
  (void)state;
  struct vcca_device device;
  vcca_device_default(VCCA_CHAIN_P521, &device);
  memset(component(&device, "tee")->digest, 0, 32);
  vcca_hsm *hsm = open_device(&device);
  check_hex(record_of(hsm, "tee").claims.measurement,
            "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b",
            "tee, as a real machine has published it");
  vcca_hsm_close(hsm);
}

static void a_register_that_is_not_extended_holds_the_digest(void **state)
{
  (void)state;
  struct vcca_device device;
  vcca_device_default(VCCA_CHAIN_P521, &device);
  component(&device, "tee")->extended = false;
  vcca_hsm *hsm = open_device(&device);
  check_hex(record_of(hsm, "tee").claims.measurement,
            "0175f808a2f11fdf3c0ad5ba8d679dc04c85ae3372192737449269890fd56a8a", "SHA-256(TEST tee 1.6)");
  vcca_hsm_close(hsm);
}

static void a_register_extends_with_the_hash_of_its_size(void **state)
{
  (void)state;
  static const struct {
    size_t size;
    const char *hash, *once, *twice;
  } rows[] = {
      {32, "sha-256", "bb2275c49f28ad52cae6d55e34a974a58c7a3ba26f976e8ecbbe7a536918dc73",
       "48215992c31177e416a98589ab2ff7642207d6e4ebb9e0133d046b849fe1e8ae"},
      {48, "sha-384",
       "fe83f742d1cab5c709a0c424729831fbff9b5bb9748a618f0b6ea04fe1fde4d546f4040e7fc9587b2e6badada6c941b0",
       "64f798c39e3e1e0dd9b2dcdd47209d1202eb46a77199558935d3fea6bf4f94173b0930946bd6d77e1e5fed5112126851"},
      {64, "sha-512",
       "3317cc3c3c68eadf60825ca04a9a4d238c73cd2ad755d2ac479352ee6e56127a5fc8c65dcc5073246ac82b1be0797c4bdcc1a6c06195558"
       "d1955739fa607db03",
       "92dae72d8fd7f016e9e71c070180166d2ee8cbd8b6b423e47656b9fc62faea63f2c26921450174b43720de2ef7ff27eb665b891c7388e7e"
       "454fb9e3c64a0d087"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct vcca_device device;
    struct vcca_error err = {0};
    uint8_t second[64];
    memset(second, 0xa5, sizeof second);
    vcca_device_default(VCCA_CHAIN_P384, &device);
    struct vcca_device_component *rmm = component(&device, "RMM");
    for (size_t b = 0; b < rows[i].size; b++)
      rmm->digest[b] = (uint8_t)b;
    rmm->digest_size = rows[i].size;
    rmm->open = true;
    vcca_hsm *hsm = open_device(&device);
    check_hex(record_of(hsm, "RMM").claims.measurement, rows[i].once, "after boot");
    assert_true(vcca_span_is(record_of(hsm, "RMM").claims.hash_alg, rows[i].hash));
    check_ok(vcca_hsm_extend(hsm, "RMM", vcca_span_of(second, rows[i].size), &err), &err, "extend");
    check_hex(record_of(hsm, "RMM").claims.measurement, rows[i].twice, "extended again");
    vcca_hsm_close(hsm);
  }
}

static void a_register_extended_again_loses_its_type_and_version(void **state)
{
  (void)state;
  struct vcca_device device;
  struct vcca_error err = {0};
  static const uint8_t digest[32] = {1};
  vcca_device_default(VCCA_CHAIN_P521, &device);
  component(&device, "uefi")->open = true;
  vcca_hsm *hsm = open_device(&device);
  assert_true(vcca_span_is(record_of(hsm, "uefi").claims.type, "uefi"));
  assert_true(vcca_span_is(record_of(hsm, "uefi").claims.version, "21.23.0"));
  check_ok(vcca_hsm_extend(hsm, "uefi", VCCA_SPAN(digest), &err), &err, "extend");
  assert_null(record_of(hsm, "uefi").claims.type.p);
  assert_null(record_of(hsm, "uefi").claims.version.p);
  check_ok(vcca_hsm_extend(hsm, "uefi", VCCA_SPAN(digest), &err), &err, "and once more, by its name");
  vcca_hsm_close(hsm);
}

/* The extend is refused with this word in its reason, and no register moves. */
static void check_refused(vcca_hsm *hsm, const char *name, vcca_span digest, const char *word)
{
  struct vcca_error err = {0};
  struct vcca_boot_record before, after;
  uint8_t values[VCCA_HSM_COMPONENTS][64];
  for (size_t i = 0; vcca_hsm_record(hsm, i, &before); i++)
    memcpy(values[i], before.claims.measurement.p, before.claims.measurement.n);
  assert_false(vcca_hsm_extend(hsm, name, digest, &err));
  if (!strstr(err.text, word))
    fail_msg("'%s' does not say '%s'", err.text, word);
  for (size_t i = 0; vcca_hsm_record(hsm, i, &after); i++)
    assert_memory_equal(values[i], after.claims.measurement.p, after.claims.measurement.n);
}

static void a_locked_register_an_unknown_name_and_another_size_are_refused(void **state)
{
  (void)state;
  struct vcca_device device;
  struct vcca_error err = {0};
  static const uint8_t digest[65] = {1};
  vcca_device_default(VCCA_CHAIN_P384, &device);
  component(&device, "RMM")->open = true;
  vcca_hsm *hsm = open_device(&device);
  check_refused(hsm, "AP_BL2", vcca_span_of(digest, 32), "locked");
  check_refused(hsm, "AP_BL99", vcca_span_of(digest, 32), "no boot register AP_BL99");
  check_refused(hsm, "", vcca_span_of(digest, 32), "no boot register");
  static const size_t sizes[] = {0, 31, 33, 48, 64, 65};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
    check_refused(hsm, "RMM", vcca_span_of(digest, sizes[i]), "digests of 32 bytes");
  assert_false(record_of(hsm, "RMM").locked);
  check_ok(vcca_hsm_lock(hsm, "RMM", &err), &err, "lock");
  assert_true(record_of(hsm, "RMM").locked);
  check_refused(hsm, "RMM", vcca_span_of(digest, 32), "locked");
  assert_false(vcca_hsm_lock(hsm, "RMM", &err));
  assert_false(vcca_hsm_lock(hsm, "AP_BL99", &err));
  vcca_hsm_close(hsm);
}

static void boot_locks_every_register_of_the_built_in_devices(void **state)
{
  (void)state;
  for (int chain = VCCA_CHAIN_RSA; chain <= VCCA_CHAIN_P384; chain++) {
    struct vcca_boot_record record;
    size_t n = 0;
    vcca_hsm *hsm = open_default((enum vcca_chain_kind)chain);
    for (; vcca_hsm_record(hsm, n, &record); n++)
      assert_true(record.locked);
    assert_int_equal(n, chain == VCCA_CHAIN_P384 ? 13 : 9);
    vcca_hsm_close(hsm);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_zero_digest_leaves_the_hash_of_64_zero_bytes),
      cmocka_unit_test(a_register_that_is_not_extended_holds_the_digest),
      cmocka_unit_test(a_register_extends_with_the_hash_of_its_size),
      cmocka_unit_test(a_register_extended_again_loses_its_type_and_version),
      cmocka_unit_test(a_locked_register_an_unknown_name_and_another_size_are_refused),
      cmocka_unit_test(boot_locks_every_register_of_the_built_in_devices),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
