/* Device images: the built-in ones, what is refused, and what a changed component changes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/hsm.h"
#include "rooms/span.h"

static void kinds_are_known_by_name(void **state)
{
  (void)state;
  static const char *const names[] = {"rsa", "p521", "p384"};
  for (int i = 0; i < 3; i++) {
    enum vcca_chain_kind chain;
    assert_string_equal(vcca_chain_kind_name((enum vcca_chain_kind)i), names[i]);
    assert_true(vcca_chain_kind_named(vcca_span_str(names[i]), &chain));
    assert_int_equal(chain, i);
  }
  enum vcca_chain_kind chain;
  assert_null(vcca_chain_kind_name((enum vcca_chain_kind)3));
  assert_false(vcca_chain_kind_named(vcca_span_str("P521"), &chain));
  assert_false(vcca_chain_kind_named(vcca_span_str(""), &chain));
}

static void virtcca_boots_nine_stages_and_arm_thirteen(void **state)
{
  (void)state;
  static const char *const virtcca[] = {"bsbc", "esbc", "hsm", "imu", "ipu", "tf_bl2", "tee", "uefi", "imf_ap"};
  static const char *const arm[] = {"RSE_BL1_2", "RSE_BL2",      "RSE_S",        "AP_BL1", "AP_BL2",
                                    "SCP_BL1",   "SCP_BL2",      "AP_BL31",      "RMM",    "HW_CONFIG",
                                    "FW_CONFIG", "TB_FW_CONFIG", "SOC_FW_CONFIG"};
  for (int i = 0; i < 3; i++) {
    struct vcca_device device;
    vcca_device_default((enum vcca_chain_kind)i, &device);
    bool is_arm = i == VCCA_CHAIN_P384;
    assert_int_equal(device.component_count, is_arm ? 13 : 9);
    for (size_t c = 0; c < device.component_count; c++)
      assert_string_equal(device.components[c].name, is_arm ? arm[c] : virtcca[c]);
  }
}

/* The three ways in which another image can differ from the one measured. */
enum change { CHANGE_DIGEST, CHANGE_VERSION, CHANGE_SIGNER, CHANGES };

static void change_component(struct vcca_device_component *c, enum change change)
{
  if (change == CHANGE_DIGEST)
    c->digest[31] ^= 0x80;
  if (change == CHANGE_VERSION)
    c->version[0] = '9';
  if (change == CHANGE_SIGNER) {
    c->signer_id_size = 32;
    c->signer_id[0] ^= 1;
  }
}

static void check_other(const struct vcca_device *device, vcca_hsm *genuine, const char *what)
{
  struct vcca_error err = {0};
  vcca_span ours = {0}, theirs = {0};
  vcca_hsm *hsm = open_device(device);
  enum vcca_family family = vcca_hsm_family(hsm);
  check_ok(vcca_hsm_platform_token(genuine, family, &theirs, &err) && vcca_hsm_platform_token(hsm, family, &ours, &err),
           &err, what);
  if (same_rak(hsm, genuine))
    fail_msg("%s changed and the RAK did not", what);
  if (vcca_span_eq(ours, theirs))
    fail_msg("%s changed and the platform token did not", what);
  if (!same_cpak(hsm, genuine))
    fail_msg("%s changed the CPAK", what);
  for (int role = VCCA_CERT_ROOT; role <= VCCA_CERT_DEVICE; role++)
    assert_true(
        vcca_span_eq(vcca_hsm_cert(hsm, (enum vcca_cert_role)role), vcca_hsm_cert(genuine, (enum vcca_cert_role)role)));
  vcca_hsm_close(hsm);
}

/* Recorded in the token or not: every component of every device with a RAK of its own. */
static void any_changed_component_changes_rak_and_token_and_leaves_the_cpak_alone(void **state)
{
  (void)state;
  for (int chain = VCCA_CHAIN_P521; chain <= VCCA_CHAIN_P384; chain++) {
    struct vcca_device genuine;
    vcca_device_default((enum vcca_chain_kind)chain, &genuine);
    vcca_hsm *hsm = open_device(&genuine);
    for (size_t i = 0; i < genuine.component_count; i++)
      for (int change = 0; change < CHANGES; change++) {
        struct vcca_device other = genuine;
        change_component(&other.components[i], (enum change)change);
        check_other(&other, hsm, genuine.components[i].name);
      }
    vcca_hsm_close(hsm);
  }
}

static void the_order_of_boot_changes_the_rak(void **state)
{
  (void)state;
  struct vcca_device device;
  vcca_device_default(VCCA_CHAIN_P521, &device);
  vcca_hsm *genuine = open_device(&device);
  struct vcca_device_component first = device.components[3];
  device.components[3] = device.components[4];
  device.components[4] = first;
  check_other(&device, genuine, "the order of imu and ipu");
  vcca_hsm_close(genuine);
}

static void a_device_may_boot_nothing(void **state)
{
  (void)state;
  struct vcca_device device;
  struct vcca_boot_record record;
  vcca_device_default(VCCA_CHAIN_P384, &device);
  device.component_count = 0;
  vcca_hsm *hsm = open_device(&device);
  assert_false(vcca_hsm_record(hsm, 0, &record));
  vcca_hsm_close(hsm);
}

static void a_device_may_boot_32_stages_with_everything_at_its_longest(void **state)
{
  (void)state;
  struct vcca_device device;
  struct vcca_boot_record record;
  vcca_device_default(VCCA_CHAIN_P384, &device);
  memset(device.name, 'd', sizeof device.name - 1);
  memset(device.profile, 'p', sizeof device.profile - 1);
  memset(device.verification_service, 's', sizeof device.verification_service - 1);
  device.config_size = sizeof device.config;
  device.component_count = VCCA_HSM_COMPONENTS;
  for (unsigned i = 0; i < VCCA_HSM_COMPONENTS; i++) {
    struct vcca_device_component *c = &device.components[i];
    memset(c, 0, sizeof *c);
    snprintf(c->name, sizeof c->name, "%032u", i);
    snprintf(c->version, sizeof c->version, "%014u", i);
    c->record = VCCA_HSM_COMPONENTS - i;
    c->extended = true;
    c->digest_size = c->signer_id_size = 64;
  }
  vcca_hsm *hsm = open_device(&device);
  assert_true(vcca_hsm_record(hsm, 31, &record));
  assert_false(vcca_hsm_record(hsm, 32, &record));
  struct vcca_platform_claims claims;
  vcca_hsm_platform_claims(hsm, VCCA_FAMILY_ARM_1_0, vcca_span_of(NULL, 0), &claims);
  assert_int_equal(claims.component_count, 32);
  assert_true(vcca_span_is(claims.components[0].type, "00000000000000000000000000000031"));
  struct vcca_error err = {0};
  vcca_span token;
  check_ok(vcca_hsm_platform_token(hsm, VCCA_FAMILY_ARM_1_0, &token, &err), &err, "platform token");
  vcca_hsm_close(hsm);
}

static void break_kind(struct vcca_device *d)
{
  d->chain = (enum vcca_chain_kind)3;
}
static void break_name(struct vcca_device *d)
{
  d->name[0] = 0;
}
static void break_name_end(struct vcca_device *d)
{
  memset(d->name, 'x', sizeof d->name);
}
static void break_service(struct vcca_device *d)
{
  memset(d->verification_service, 'x', sizeof d->verification_service);
}
static void break_profile(struct vcca_device *d)
{
  memset(d->profile, 'x', sizeof d->profile);
}
static void break_count(struct vcca_device *d)
{
  d->component_count = VCCA_HSM_COMPONENTS + 1;
}
static void break_config(struct vcca_device *d)
{
  d->config_size = sizeof d->config + 1;
}
static void break_primes_size(struct vcca_device *d)
{
  d->rsa_size = sizeof d->rsa_p + 1;
}
static void break_primes(struct vcca_device *d)
{
  d->chain = VCCA_CHAIN_RSA;
  memset(d->rsa_p, 0xff, sizeof d->rsa_p);
  memset(d->rsa_q, 0xfe, sizeof d->rsa_q);
  d->rsa_size = sizeof d->rsa_p;
}
static void break_instance_id(struct vcca_device *d)
{
  d->instance_id[0] = 2;
}
static void break_component_name(struct vcca_device *d)
{
  d->components[2].name[0] = 0;
}
static void break_component_long_name(struct vcca_device *d)
{
  memset(d->components[2].name, 'n', 33);
}
static void break_version(struct vcca_device *d)
{
  memset(d->components[2].version, '1', 15);
}
static void break_version_end(struct vcca_device *d)
{
  memset(d->components[2].version, '1', sizeof d->components[2].version);
}
static void break_digest(struct vcca_device *d)
{
  d->components[2].digest_size = 33;
}
static void break_no_digest(struct vcca_device *d)
{
  d->components[2].digest_size = 0;
}
static void break_signer(struct vcca_device *d)
{
  d->components[2].signer_id_size = 65;
}
static void break_record(struct vcca_device *d)
{
  d->components[2].record = VCCA_HSM_COMPONENTS + 1;
}
static void break_twice_recorded(struct vcca_device *d)
{
  d->components[2].record = d->components[1].record;
}
static void break_twice_named(struct vcca_device *d)
{
  memcpy(d->components[2].name, d->components[1].name, sizeof d->components[2].name);
}

static void a_broken_device_is_refused_with_its_reason(void **state)
{
  (void)state;
  static const struct {
    void (*damage)(struct vcca_device *);
    const char *word;
  } rows[] = {
      {break_kind, "chain kind 3"},
      {break_name, "name"},
      {break_name_end, "name"},
      {break_service, "verification service"},
      {break_profile, "profile"},
      {break_count, "33 components"},
      {break_config, "config"},
      {break_primes_size, "primes"},
      {break_primes, "prime"},
      {break_instance_id, "instance id starts with 02"},
      {break_component_name, "component 3 needs a name"},
      {break_component_long_name, "component 3 needs a name"},
      {break_version, "component RSE_S: the version is longer than 14"},
      {break_version_end, "component RSE_S: the version"},
      {break_digest, "component RSE_S: the digest has 33"},
      {break_no_digest, "component RSE_S: the digest has 0"},
      {break_signer, "component RSE_S: the signer id has 65"},
      {break_record, "component RSE_S: record 33"},
      {break_twice_recorded, "RSE_BL2 and RSE_S are both record 2"},
      {break_twice_named, "two components are called RSE_BL2"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct vcca_device device;
    struct vcca_error err = {0};
    vcca_device_default(VCCA_CHAIN_P384, &device);
    rows[i].damage(&device);
    assert_null(vcca_hsm_open(&device, &err));
    if (!strstr(err.text, rows[i].word))
      fail_msg("'%s' does not say '%s'", err.text, rows[i].word);
    assert_null(vcca_hsm_open(&device, NULL));
  }
  vcca_hsm_close(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kinds_are_known_by_name),
      cmocka_unit_test(virtcca_boots_nine_stages_and_arm_thirteen),
      cmocka_unit_test(any_changed_component_changes_rak_and_token_and_leaves_the_cpak_alone),
      cmocka_unit_test(the_order_of_boot_changes_the_rak),
      cmocka_unit_test(a_device_may_boot_nothing),
      cmocka_unit_test(a_device_may_boot_32_stages_with_everything_at_its_longest),
      cmocka_unit_test(a_broken_device_is_refused_with_its_reason),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
