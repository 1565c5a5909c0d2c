/* The key ladder against an independent one: the values below are the output of ladder_vectors.py, which
 * computes them from the device texts with Python's `cryptography` (CMAC, HKDF, EC) and its own KDF, CBOR
 * and sampling.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/crypto.h"
#include "rooms/hsm.h"

static const struct {
  enum vcca_chain_kind chain;
  const char *instance_id;
  const char *cpak;
  const char *rak;
  const char *sealing;
} ladder[] = {
    {VCCA_CHAIN_P384, "013da31d6987e2a4a6d8aac2a9e72dda33291a62772ecf7929692194d313045387",
     "049bffa8f92ad9cdd60e57a8a798a5476aac0a34205a8aa73ab017b1530ac21687c4cd9d880b17eb55714892f132428ff9e2ea208707a44f4"
     "a51613bbb9ef477"
     "c1e64c4b09a809e67839a9dd78295139a6725279a5b0eeb27e5e3c62d0cbabb84a",
     "0473fffb3af3c87f4c3138470b0f83f7f75042c61d7205383b6222fb7a90afd1358e1065aa5fcfc0055feb66e5d4214fb72c0d2e8d255048c"
     "ab1a4b773df7623"
     "1d5cf85761e039c02e2efbee7541755e438c5fc541f442ff1aa2906492e8baccc8",
     "00f8e4435b305ac891e568a57e552cd58c66889b84d634e1a86c90179221d6c9"},
    {VCCA_CHAIN_P521, "01c73d0b09f548f8048b35cbfb1543e618559f04f583efbefc8eb5f25ed19c741a",
     "040023dec9bb567f5bd1b1b463c6a46ebc89c3d452e2a46b96383c57dbd9e0ba70e77bc115cd6b56131fdf71b01f65816a9c85e5fbd79a94e"
     "e42ec6d7e8e451d"
     "b13e1a00522096ad6ee0376987796419a137a01617a185d9e6b2482964433cecfdeba98b149734752f245dd3904cb5945a0f9b5027aaf0fd2"
     "0a78d425cc67c2d"
     "9ac9171581",
     "040017fa54fc2e6e95a84ccd38237babc30223170971aa99cedaa12bf3b93ae0fde6d3c19148a58836bef243b98f0aa49372fea8f1af29283"
     "1da4d19e4655cc4"
     "14076b007a7621a0c018e4ac29cc16feb2d124b3ee22b4fef079d66e825e3c1f15a85a5ab11138b804fd9a8bc4a6b44b5ea0c4eca89f74277"
     "d1184e0651f8e4b"
     "d236d572bd",
     "e950f90dc4857df238f4ab0aa628b183648324684e00c69ae4db167061fe1e55"},
};

static void check_point(const vcca_key *key, const char *want, const char *what)
{
  uint8_t point[VCCA_POINT_MAX];
  vcca_sink s = VCCA_SINK(point);
  assert_true(vcca_key_point(key, &s));
  check_hex(vcca_sink_span(&s), want, what);
}

static void the_built_in_devices_have_the_keys_of_an_independent_ladder(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof ladder / sizeof ladder[0]; i++) {
    struct vcca_platform_claims claims;
    vcca_hsm *hsm = open_default(ladder[i].chain);
    check_point(vcca_hsm_cpak(hsm), ladder[i].cpak, "CPAK");
    check_point(vcca_hsm_rak(hsm), ladder[i].rak, "RAK");
    vcca_hsm_platform_claims(hsm, vcca_hsm_family(hsm), vcca_span_of(NULL, 0), &claims);
    check_hex(claims.instance_id, ladder[i].instance_id, "instance id");
    uint8_t sealing[VCCA_SEALING_SECRET];
    assert_true(vcca_hsm_sealing_secret(hsm, sealing, NULL));
    check_hex(VCCA_SPAN(sealing), ladder[i].sealing, "secret of sealing keys");
    vcca_hsm_close(hsm);
  }
}

/* What one changed byte of the device does to its two keys. */
static void check_change(enum vcca_chain_kind chain, size_t offset, bool cpak_stays, bool rak_stays, const char *what)
{
  struct vcca_device device;
  vcca_hsm *before = open_default(chain);
  vcca_device_default(chain, &device);
  ((uint8_t *)&device)[offset] ^= 1;
  vcca_hsm *after = open_device(&device);
  if (same_cpak(before, after) != cpak_stays || same_rak(before, after) != rak_stays)
    fail_msg("%s: CPAK stays %d (want %d), RAK stays %d (want %d)", what, same_cpak(before, after), cpak_stays,
             same_rak(before, after), rak_stays);
  vcca_hsm_close(before);
  vcca_hsm_close(after);
}

static void each_key_depends_on_its_own_secret_and_the_boot_state(void **state)
{
  (void)state;
  static const struct {
    size_t offset;
    bool cpak_stays, rak_stays;
    const char *what;
  } rows[] = {
      {offsetof(struct vcca_device, huk), false, true, "HUK"},
      {offsetof(struct vcca_device, huk) + 31, false, true, "end of HUK"},
      {offsetof(struct vcca_device, guk), true, false, "GUK"},
      {offsetof(struct vcca_device, guk) + 31, true, false, "end of GUK"},
      {offsetof(struct vcca_device, lifecycle), true, false, "lifecycle"},
      {offsetof(struct vcca_device, bl1_2_hash), true, false, "BL1_2 hash"},
      {offsetof(struct vcca_device, name), true, true, "name"},
      {offsetof(struct vcca_device, implementation_id), true, true, "implementation id"},
      {offsetof(struct vcca_device, config), true, true, "config"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_change(VCCA_CHAIN_P384, rows[i].offset, rows[i].cpak_stays, rows[i].rak_stays, rows[i].what);
    check_change(VCCA_CHAIN_P521, rows[i].offset, rows[i].cpak_stays, rows[i].rak_stays, rows[i].what);
  }
}

static void an_rsa_device_has_one_key(void **state)
{
  (void)state;
  vcca_hsm *hsm = open_default(VCCA_CHAIN_RSA);
  assert_ptr_equal(vcca_hsm_rak(hsm), vcca_hsm_cpak(hsm));
  assert_int_equal(vcca_key_type(vcca_hsm_cpak(hsm)), VCCA_KEY_RSA);
  assert_int_equal(vcca_key_bits(vcca_hsm_cpak(hsm)), 4096);
  vcca_hsm_close(hsm);
}

static void the_kept_primes_of_the_rsa_device_are_those_of_its_huk(void **state)
{
  (void)state;
  struct vcca_device device;
  vcca_device_default(VCCA_CHAIN_RSA, &device);
  device.rsa_size = 0;
  vcca_hsm *kept = open_default(VCCA_CHAIN_RSA);
  vcca_hsm *searched = open_device(&device);
  assert_true(same_cpak(kept, searched));
  vcca_hsm_close(kept);
  vcca_hsm_close(searched);
}

static void a_stated_instance_id_is_kept(void **state)
{
  (void)state;
  struct vcca_device device;
  struct vcca_platform_claims claims;
  vcca_device_default(VCCA_CHAIN_P384, &device);
  memset(device.instance_id, 0x5a, sizeof device.instance_id);
  device.instance_id[0] = 1;
  vcca_hsm *hsm = open_device(&device);
  vcca_hsm_platform_claims(hsm, VCCA_FAMILY_ARM_1_0, vcca_span_of(NULL, 0), &claims);
  assert_true(vcca_span_eq(claims.instance_id, VCCA_SPAN(device.instance_id)));
  vcca_hsm_close(hsm);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_built_in_devices_have_the_keys_of_an_independent_ladder),
      cmocka_unit_test(each_key_depends_on_its_own_secret_and_the_boot_state),
      cmocka_unit_test(an_rsa_device_has_one_key),
      cmocka_unit_test(the_kept_primes_of_the_rsa_device_are_those_of_its_huk),
      cmocka_unit_test(a_stated_instance_id_is_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
