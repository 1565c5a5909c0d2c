/* Platform tokens: what they say, whose they are, and that a device has one per family.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/crypto.h"
#include "rooms/span.h"
#include "rooms/token.h"

static vcca_span token_of(vcca_hsm *hsm, enum vcca_family family)
{
  struct vcca_error err = {0};
  vcca_span token;
  check_ok(vcca_hsm_platform_token(hsm, family, &token, &err), &err, "platform token");
  return token;
}

static struct vcca_token decode(vcca_span bytes)
{
  struct vcca_error err = {0};
  struct vcca_token token;
  check_ok(vcca_token_decode_platform(bytes, &token, &err), &err, "decode");
  return token;
}

static void check_signed_by_the_cpak(const vcca_hsm *hsm, const struct vcca_token *token, enum vcca_sig_alg alg)
{
  uint8_t room[VCCA_TOKEN_MAX];
  const struct vcca_sign1_parts *parts = &token->platform_sign1;
  vcca_sink tbs = VCCA_SINK(room);
  vcca_sign1_tbs(parts->protected_header, parts->payload, &tbs);
  assert_int_equal(parts->alg, alg);
  assert_true(vcca_verify(vcca_hsm_cpak(hsm), alg, vcca_sink_span(&tbs), parts->signature));
  assert_false(vcca_verify(vcca_hsm_rak(hsm), alg, vcca_sink_span(&tbs), parts->signature));
}

static void check_bound_to_the_rak(const vcca_hsm *hsm, enum vcca_family family, size_t encoded_size,
                                   const struct vcca_token *token)
{
  uint8_t room[VCCA_SPKI_MAX], digest[32];
  struct vcca_error err = {0};
  vcca_sink encoded = VCCA_SINK(room);
  check_ok(vcca_rak_encode(family, vcca_hsm_rak(hsm), &encoded, &err), &err, "RAK");
  assert_int_equal(encoded.n, encoded_size);
  vcca_hash(VCCA_SHA256, vcca_sink_span(&encoded), digest);
  assert_true(vcca_span_eq(vcca_token_binding(&token->platform), VCCA_SPAN(digest)));
}

static void virtcca_records_six_components_in_the_order_of_a_real_machine(void **state)
{
  (void)state;
  static const char *const names[] = {"ipu", "imu", "imf_ap", "tf_bl2", "uefi", "tee"};
  vcca_hsm *hsm = open_default(VCCA_CHAIN_P521);
  struct vcca_token token = decode(token_of(hsm, VCCA_FAMILY_VIRTCCA_P521));
  const struct vcca_platform_claims *p = &token.platform;
  assert_int_equal(p->component_count, 6);
  for (size_t i = 0; i < 6; i++) {
    assert_true(vcca_span_is(p->components[i].type, names[i]));
    assert_true(vcca_span_is(p->components[i].version, i == 5 ? "1.6" : "21.23.0"));
    assert_int_equal(p->components[i].measurement.n, 32);
    assert_non_null(p->components[i].signer_id.p);
    assert_int_equal(p->components[i].signer_id.n, 0);
    assert_true(vcca_span_is(p->components[i].hash_alg, "sha-256"));
  }
  assert_non_null(p->profile.p);
  assert_int_equal(p->profile.n, 0);
  assert_non_null(p->config.p);
  assert_int_equal(p->config.n, 0);
  assert_null(p->verification_service.p);
  assert_int_equal(p->lifecycle, 0x3003);
  assert_true(vcca_span_is(p->hash_alg, "sha-256"));
  check_signed_by_the_cpak(hsm, &token, VCCA_ES512);
  check_bound_to_the_rak(hsm, VCCA_FAMILY_VIRTCCA_P521, 133, &token);
  vcca_hsm_close(hsm);
}

static void check_arm(vcca_hsm *hsm, enum vcca_family family, const char *profile, size_t rak_size)
{
  struct vcca_token token = decode(token_of(hsm, family));
  const struct vcca_platform_claims *p = &token.platform;
  assert_true(vcca_span_is(p->profile, profile));
  assert_int_equal(p->component_count, 13);
  assert_true(vcca_span_is(p->components[0].type, "RSE_BL1_2"));
  assert_true(vcca_span_is(p->components[8].type, "RMM"));
  assert_true(vcca_span_is(p->components[12].type, "SOC_FW_CONFIG"));
  for (size_t i = 0; i < 13; i++) {
    assert_int_equal(p->components[i].measurement.n, 32);
    assert_int_equal(p->components[i].signer_id.n, 32);
    assert_null(p->components[i].version.p);
    assert_true(vcca_span_is(p->components[i].hash_alg, "sha-256"));
  }
  check_hex(p->config, "cfcfcfcf", "config");
  assert_int_equal(p->lifecycle, 0x3003);
  check_signed_by_the_cpak(hsm, &token, VCCA_ES384);
  check_bound_to_the_rak(hsm, family, rak_size, &token);
}

static void arm_tokens_have_thirteen_components_and_their_familys_profile_and_binding(void **state)
{
  (void)state;
  vcca_hsm *hsm = open_default(VCCA_CHAIN_P384);
  check_arm(hsm, VCCA_FAMILY_ARM_LEGACY, "http://arm.com/CCA-SSD/1.0.0", 97);
  check_arm(hsm, VCCA_FAMILY_ARM_1_0, "tag:arm.com,2023:cca_platform#1.0.0", 107);
  vcca_hsm_close(hsm);
}

static void a_device_has_one_token_per_family(void **state)
{
  (void)state;
  static const struct {
    enum vcca_chain_kind chain;
    enum vcca_family family;
  } rows[] = {{VCCA_CHAIN_P521, VCCA_FAMILY_VIRTCCA_P521},
              {VCCA_CHAIN_P384, VCCA_FAMILY_ARM_LEGACY},
              {VCCA_CHAIN_P384, VCCA_FAMILY_ARM_1_0}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    vcca_hsm *a = open_default(rows[i].chain), *b = open_default(rows[i].chain);
    vcca_span first = token_of(a, rows[i].family), again = token_of(a, rows[i].family),
              other = token_of(b, rows[i].family);
    assert_ptr_equal(first.p, again.p);
    assert_int_equal(first.n, again.n);
    assert_true(vcca_span_eq(first, other));
    vcca_hsm_close(a);
    vcca_hsm_close(b);
  }
}

static void a_token_once_made_outlives_a_later_extend(void **state)
{
  (void)state;
  struct vcca_device device;
  struct vcca_error err = {0};
  static const uint8_t digest[32] = {7};
  uint8_t kept[VCCA_TOKEN_MAX];
  vcca_device_default(VCCA_CHAIN_P521, &device);
  component(&device, "uefi")->open = true;
  vcca_hsm *hsm = open_device(&device), *late = open_device(&device);
  vcca_span before = token_of(hsm, VCCA_FAMILY_VIRTCCA_P521);
  memcpy(kept, before.p, before.n);
  check_ok(vcca_hsm_extend(hsm, "uefi", VCCA_SPAN(digest), &err) &&
               vcca_hsm_extend(late, "uefi", VCCA_SPAN(digest), &err),
           &err, "extend");
  assert_true(vcca_span_eq(token_of(hsm, VCCA_FAMILY_VIRTCCA_P521), vcca_span_of(kept, before.n)));
  assert_false(vcca_span_eq(token_of(late, VCCA_FAMILY_VIRTCCA_P521), vcca_span_of(kept, before.n)));
  assert_true(same_rak(hsm, late));
  vcca_hsm_close(hsm);
  vcca_hsm_close(late);
}

static void the_device_may_name_profile_and_verification_service(void **state)
{
  (void)state;
  struct vcca_device device;
  vcca_device_default(VCCA_CHAIN_P521, &device);
  snprintf(device.profile, sizeof device.profile, "http://arm.com/CCA-SSD/1.0.0");
  snprintf(device.verification_service, sizeof device.verification_service, "https://verifier.example/");
  device.lifecycle = 0x2000;
  vcca_hsm *hsm = open_device(&device);
  struct vcca_token token = decode(token_of(hsm, VCCA_FAMILY_VIRTCCA_P521));
  assert_true(vcca_span_is(token.platform.profile, "http://arm.com/CCA-SSD/1.0.0"));
  assert_true(vcca_span_is(token.platform.verification_service, "https://verifier.example/"));
  assert_int_equal(token.platform.lifecycle, 0x2000);
  vcca_hsm_close(hsm);
}

static void a_family_of_another_key_is_refused_and_one_without_platform_has_none(void **state)
{
  (void)state;
  for (int chain = VCCA_CHAIN_RSA; chain <= VCCA_CHAIN_P384; chain++) {
    vcca_hsm *hsm = open_default((enum vcca_chain_kind)chain);
    for (int i = 0; i < VCCA_FAMILIES; i++) {
      enum vcca_family family = (enum vcca_family)i;
      struct vcca_error err = {0};
      vcca_span token = VCCA_SPAN_LIT("x");
      bool ok = vcca_hsm_platform_token(hsm, family, &token, &err);
      bool none = family == VCCA_FAMILY_VIRTCCA_RSA,
           fits = vcca_family(family)->key == vcca_key_type(vcca_hsm_cpak(hsm));
      assert_int_equal(ok, none || fits);
      assert_int_equal(token.p != NULL, ok && !none);
      if (!ok)
        assert_non_null(strstr(err.text, vcca_family(family)->name));
    }
    vcca_hsm_close(hsm);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(virtcca_records_six_components_in_the_order_of_a_real_machine),
      cmocka_unit_test(arm_tokens_have_thirteen_components_and_their_familys_profile_and_binding),
      cmocka_unit_test(a_device_has_one_token_per_family),
      cmocka_unit_test(a_token_once_made_outlives_a_later_extend),
      cmocka_unit_test(the_device_may_name_profile_and_verification_service),
      cmocka_unit_test(a_family_of_another_key_is_refused_and_one_without_platform_has_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
