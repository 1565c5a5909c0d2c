/* The certificate chains: they lead where they should, nowhere else, and say TEST all over.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "rooms/test_ca.h"
#include "rooms/crypto.h"
#include "rooms/hsm.h"

static vcca_hsm *devices[3];

static int open_all(void **state)
{
  (void)state;
  for (int i = 0; i < 3; i++)
    devices[i] = open_default((enum vcca_chain_kind)i);
  return 0;
}

static int close_all(void **state)
{
  (void)state;
  for (int i = 0; i < 3; i++)
    vcca_hsm_close(devices[i]);
  return 0;
}

static struct vcca_chain_report report;

static enum vcca_chain_outcome verify_through(vcca_span leaf, const vcca_span *subs, size_t sub_count, vcca_span root,
                                              const char *at)
{
  const struct vcca_chain chain = {leaf, subs, sub_count, &root, 1, at};
  enum vcca_chain_outcome outcome = vcca_chain_verify(&chain, &report);
  vcca_key_free(report.key);
  return outcome;
}

static enum vcca_chain_outcome verify(vcca_span leaf, vcca_span sub, vcca_span root, const char *at)
{
  return verify_through(leaf, &sub, 1, root, at);
}

static void every_chain_leads_to_its_root(void **state)
{
  (void)state;
  for (int i = 0; i < 3; i++) {
    vcca_span sub = vcca_hsm_cert(devices[i], VCCA_CERT_SUB), root = vcca_hsm_cert(devices[i], VCCA_CERT_ROOT);
    vcca_span leaf = vcca_hsm_cert(devices[i], VCCA_CERT_DEVICE);
    if (verify(leaf, sub, root, NULL) != VCCA_CHAIN_GOOD)
      fail_msg("%s: %s", vcca_chain_kind_name((enum vcca_chain_kind)i), report.reason);
    assert_int_equal(verify(leaf, sub, root, "20300101000000Z"), VCCA_CHAIN_GOOD);
  }
}

static void a_chain_ends_when_the_device_certificate_does(void **state)
{
  (void)state;
  for (int i = 0; i < 3; i++) {
    vcca_span sub = vcca_hsm_cert(devices[i], VCCA_CERT_SUB), root = vcca_hsm_cert(devices[i], VCCA_CERT_ROOT);
    vcca_span leaf = vcca_hsm_cert(devices[i], VCCA_CERT_DEVICE);
    assert_int_equal(verify(leaf, sub, root, "20241231235959Z"), VCCA_CHAIN_BAD);
    assert_int_equal(verify(leaf, sub, root, "20400101000001Z"), VCCA_CHAIN_BAD);
  }
}

static void a_wrong_sub_or_root_leads_nowhere(void **state)
{
  (void)state;
  for (int i = 0; i < 3; i++) {
    const vcca_hsm *hsm = devices[i], *other = devices[(i + 1) % 3];
    vcca_span sub = vcca_hsm_cert(hsm, VCCA_CERT_SUB), root = vcca_hsm_cert(hsm, VCCA_CERT_ROOT),
              leaf = vcca_hsm_cert(hsm, VCCA_CERT_DEVICE);
    assert_int_equal(verify(leaf, vcca_hsm_cert(other, VCCA_CERT_SUB), root, NULL), VCCA_CHAIN_BAD);
    assert_int_equal(verify(leaf, sub, vcca_hsm_cert(other, VCCA_CERT_ROOT), NULL), VCCA_CHAIN_BAD);
    assert_int_equal(verify(leaf, root, root, NULL), VCCA_CHAIN_BAD);
  }
}

static void a_device_certifies_nobody(void **state)
{
  (void)state;
  for (int i = 0; i < 3; i++) {
    uint8_t forged[VCCA_CERT_MAX];
    struct vcca_error err = {0};
    vcca_sink der = VCCA_SINK(forged);
    vcca_span device = vcca_hsm_cert(devices[i], VCCA_CERT_DEVICE), root = vcca_hsm_cert(devices[i], VCCA_CERT_ROOT);
    char issuer[80];
    snprintf(issuer, sizeof issuer, "vcca TEST device %s", vcca_hsm_device(devices[i])->name);
    struct vcca_cert_spec spec = {.subject_cn = "vcca TEST forged",
                                  .issuer_cn = issuer,
                                  .organization = "vcca TEST - do not trust",
                                  .serial = VCCA_SPAN_LIT("\x01"),
                                  .not_before = "20250101000000Z",
                                  .not_after = "20400101000000Z",
                                  .key_usage = 0x80};
    check_ok(vcca_cert_write(&spec, vcca_hsm_rak(devices[i]), vcca_hsm_cpak(devices[i]), &der, &err), &err,
             "forged certificate");
    vcca_span between[] = {device, vcca_hsm_cert(devices[i], VCCA_CERT_SUB)};
    assert_int_equal(verify_through(vcca_sink_span(&der), between, 2, root, NULL), VCCA_CHAIN_BAD);
    assert_non_null(strstr(report.reason, "is not a CA"));
  }
}

static void no_byte_of_a_device_certificate_can_change(void **state)
{
  (void)state;
  vcca_span leaf = vcca_hsm_cert(devices[VCCA_CHAIN_P384], VCCA_CERT_DEVICE);
  vcca_span sub = vcca_hsm_cert(devices[VCCA_CHAIN_P384], VCCA_CERT_SUB),
            root = vcca_hsm_cert(devices[VCCA_CHAIN_P384], VCCA_CERT_ROOT);
  for (size_t i = 0; i < leaf.n; i += 7) {
    uint8_t changed[VCCA_CERT_MAX];
    memcpy(changed, leaf.p, leaf.n);
    changed[i] ^= 1;
    if (verify(vcca_span_of(changed, leaf.n), sub, root, NULL) == VCCA_CHAIN_GOOD)
      fail_msg("byte %zu changed and the chain is still good", i);
  }
}

static void every_name_says_test_and_do_not_trust(void **state)
{
  (void)state;
  for (int i = 0; i < 3; i++)
    for (int role = VCCA_CERT_ROOT; role <= VCCA_CERT_DEVICE; role++) {
      struct vcca_cert_info info;
      struct vcca_error err = {0};
      check_ok(vcca_cert_read(vcca_hsm_cert(devices[i], (enum vcca_cert_role)role), &info, &err), &err, "certificate");
      assert_non_null(strstr(info.subject, "vcca TEST - do not trust"));
      assert_non_null(strstr(info.subject, role == VCCA_CERT_DEVICE ? "vcca TEST device " : "vcca TEST "));
      assert_non_null(strstr(info.issuer, role == VCCA_CERT_DEVICE ? "vcca TEST Sub CA" : "vcca TEST Root CA"));
      assert_int_equal(info.ca, role != VCCA_CERT_DEVICE);
      assert_int_equal(strlen(info.serial), 32);
    }
}

static bool holds(vcca_span der, vcca_span part)
{
  for (size_t i = 0; i + part.n <= der.n; i++)
    if (memcmp(der.p + i, part.p, part.n) == 0)
      return true;
  return false;
}

/* As on the published chains: usages of the device by its kind of key, and no basicConstraints there. */
static void a_device_certificate_has_the_extensions_of_a_real_one(void **state)
{
  (void)state;
  const vcca_span basic_constraints = VCCA_SPAN_LIT("\x55\x1d\x13");
  for (int i = 0; i < 3; i++) {
    vcca_span leaf = vcca_hsm_cert(devices[i], VCCA_CERT_DEVICE);
    assert_false(holds(leaf, basic_constraints));
    assert_true(holds(vcca_hsm_cert(devices[i], VCCA_CERT_SUB), basic_constraints));
    assert_true(holds(vcca_hsm_cert(devices[i], VCCA_CERT_ROOT), basic_constraints));
    assert_true(holds(leaf, VCCA_SPAN_LIT("\x55\x1d\x0f")));
    assert_true(holds(leaf, i == VCCA_CHAIN_RSA ? VCCA_SPAN_LIT("\x04\x04\x03\x02\x03\xf8")
                                                : VCCA_SPAN_LIT("\x04\x04\x03\x02\x06\xc0")));
    assert_true(holds(vcca_hsm_cert(devices[i], VCCA_CERT_SUB), VCCA_SPAN_LIT("\x04\x04\x03\x02\x01\x06")));
  }
}

static void the_device_certificate_is_of_the_cpak(void **state)
{
  (void)state;
  for (int i = 0; i < 3; i++) {
    struct vcca_error err = {0};
    vcca_key *key = vcca_cert_key(vcca_hsm_cert(devices[i], VCCA_CERT_DEVICE), &err);
    check_ok(key != NULL, &err, "certified key");
    assert_true(vcca_key_same(key, vcca_hsm_cpak(devices[i])));
    vcca_key_free(key);
  }
}

static void a_device_has_one_chain(void **state)
{
  (void)state;
  for (int i = 0; i < 3; i++) {
    vcca_hsm *again = open_default((enum vcca_chain_kind)i);
    for (int role = VCCA_CERT_ROOT; role <= VCCA_CERT_DEVICE; role++)
      assert_true(vcca_span_eq(vcca_hsm_cert(again, (enum vcca_cert_role)role),
                               vcca_hsm_cert(devices[i], (enum vcca_cert_role)role)));
    vcca_hsm_close(again);
  }
  assert_null(vcca_hsm_cert(devices[0], (enum vcca_cert_role)3).p);
}

static void the_kept_primes_of_the_test_cas_are_those_of_their_seeds(void **state)
{
  (void)state;
  for (int role = VCCA_CERT_ROOT; role <= VCCA_CERT_SUB; role++) {
    struct vcca_error err = {0};
    vcca_key *searched = hsm_test_ca_from_seed(VCCA_CHAIN_RSA, (enum vcca_cert_role)role, &err);
    check_ok(searched != NULL, &err, "search");
    vcca_key *kept = hsm_test_ca(VCCA_CHAIN_RSA, (enum vcca_cert_role)role, &err);
    check_ok(kept != NULL, &err, "kept");
    assert_true(vcca_key_same(searched, kept));
    vcca_key_free(searched);
    vcca_key_free(kept);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_chain_leads_to_its_root),
      cmocka_unit_test(a_chain_ends_when_the_device_certificate_does),
      cmocka_unit_test(a_wrong_sub_or_root_leads_nowhere),
      cmocka_unit_test(a_device_certifies_nobody),
      cmocka_unit_test(no_byte_of_a_device_certificate_can_change),
      cmocka_unit_test(every_name_says_test_and_do_not_trust),
      cmocka_unit_test(a_device_certificate_has_the_extensions_of_a_real_one),
      cmocka_unit_test(the_device_certificate_is_of_the_cpak),
      cmocka_unit_test(a_device_has_one_chain),
      cmocka_unit_test(the_kept_primes_of_the_test_cas_are_those_of_their_seeds),
  };
  return cmocka_run_group_tests(tests, open_all, close_all);
}
