/* Every check of checks.def, passing and being the first to fail, on evidence minted here; and what a
 * verdict looks like.
 *
 * Long because one table of spoilt evidence and the functions that spoil it belong together.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static struct made made[VCCA_FAMILIES];

static int set_up(void **state)
{
  (void)state;
  for (enum vcca_family family = 0; family < VCCA_FAMILIES; family++)
    make_keys(&made[family], family);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  for (enum vcca_family family = 0; family < VCCA_FAMILIES; family++)
    free_keys(&made[family]);
  return 0;
}

static struct made *good(enum vcca_family family)
{
  struct made *m = &made[family];
  certify(m, DEVICE, m->cpak, m->sub);
  make_plan(m);
  make_evidence(m);
  return m;
}

static const char *text_of(const struct vcca_verdict *verdict)
{
  static char room[8192];
  vcca_sink out = vcca_sink_of(room, sizeof room - 1);
  vcca_verdict_text(verdict, &out);
  assert_true(vcca_sink_ok(&out));
  room[out.n] = '\0';
  return room;
}

/* What the verdict means for trust must not contradict it. */
static void check_appraisal(const struct vcca_verdict *verdict)
{
  struct vcca_appraisal a;
  bool affirming = true, contraindicated = false;
  vcca_appraise(verdict, &a);
  for (enum vcca_submod s = 0; s < VCCA_SUBMODS; s++) {
    affirming = affirming && (!a.submods[s].present || a.submods[s].status == VCCA_TIER_AFFIRMING);
    contraindicated = contraindicated || a.submods[s].status == VCCA_TIER_CONTRAINDICATED;
  }
  if (verdict->accepted ? contraindicated : affirming)
    fail_msg("%s:\n%s", contraindicated ? "contraindicated" : "affirming", text_of(verdict));
}

static void check_accepted(const struct made *m)
{
  struct vcca_verdict verdict;
  vcca_verify_evidence(&m->evidence, &verdict);
  if (!verdict.accepted)
    fail_msg("%s:\n%s", vcca_family(m->family)->name, text_of(&verdict));
  assert_false(verdict.malformed);
  check_appraisal(&verdict);
  assert_int_equal(vcca_verdict_exit(&verdict), VCCA_EXIT_YES);
  assert_int_equal(vcca_verdict_failed(&verdict), VCCA_CHECKS);
}

/* --- Accepting ------------------------------------------------------------------------------------------- */

static void evidence_of_every_family_is_accepted(void **state)
{
  (void)state;
  for (enum vcca_family family = 0; family < VCCA_FAMILIES; family++) {
    struct made *m = good(family);
    check_accepted(m);
    struct vcca_verdict verdict;
    vcca_verify_evidence(&m->evidence, &verdict);
    assert_string_equal(verdict.findings[VCCA_CHECK_FAMILY].reason, vcca_family(family)->name);
  }
}

static void every_check_passes_in_some_family(void **state)
{
  (void)state;
  bool passed[VCCA_CHECKS] = {false};
  for (enum vcca_family family = 0; family < VCCA_FAMILIES; family++) {
    struct vcca_verdict verdict;
    vcca_verify_evidence(&good(family)->evidence, &verdict);
    for (int i = 0; i < VCCA_CHECKS; i++)
      passed[i] = passed[i] || verdict.findings[i].outcome == VCCA_PASS;
  }
  for (int i = 0; i < VCCA_CHECKS; i++)
    if (!passed[i])
      fail_msg("%s passes in no family", vcca_check_name((enum vcca_check)i));
}

static void the_cpak_alone_is_enough_trust(void **state)
{
  (void)state;
  for (enum vcca_family family = 0; family < VCCA_FAMILIES; family++) {
    struct made *m = good(family);
    m->evidence.device_cert = vcca_span_of(NULL, 0);
    m->evidence.intermediate_count = m->evidence.root_count = 0;
    m->evidence.cpak = m->cpak;
    check_accepted(m);
  }
}

static void legacy_realm(struct made *m)
{
  m->realm_family = VCCA_FAMILY_ARM_LEGACY;
  m->realm.profile = vcca_span_of(NULL, 0);
}

/* The signatures decide: parts of two families under one CPAK are believed, and the verdict remarks on
 * them. */
static void evidence_of_no_family_is_accepted_with_a_remark(void **state)
{
  (void)state;
  struct made *m = good(VCCA_FAMILY_ARM_1_0);
  struct vcca_verdict verdict;
  make_plan(m);
  legacy_realm(m);
  make_evidence(m);
  vcca_verify_evidence(&m->evidence, &verdict);
  if (!verdict.accepted)
    fail_msg("%s", text_of(&verdict));
  assert_int_equal(verdict.remarks, VCCA_LENIENT_BIT(VCCA_LENIENT_NO_FAMILY));
  assert_non_null(strstr(text_of(&verdict), "remark: no-family: "));
  m->evidence.families = VCCA_FAMILY_BIT(VCCA_FAMILIES) - 1; /* any, but one of them */
  vcca_verify_evidence(&m->evidence, &verdict);
  assert_int_equal(vcca_verdict_failed(&verdict), VCCA_CHECK_FAMILY);
}

static void what_is_not_asked_for_is_not_run_and_says_why(void **state)
{
  (void)state;
  struct made *m = good(VCCA_FAMILY_ARM_1_0);
  m->evidence = (struct vcca_evidence){.token = m->evidence.token, .cpak = m->cpak};
  check_accepted(m);
  struct vcca_verdict verdict;
  vcca_verify_evidence(&m->evidence, &verdict);
  static const struct {
    enum vcca_check check;
    const char *reason;
  } rows[] = {
      {VCCA_CHECK_CHAIN, "trust comes from the CPAK given"},
      {VCCA_CHECK_KEY_EQUALITY, "the platform part carries the trust"},
      {VCCA_CHECK_FRESHNESS, "no challenge given"},
      {VCCA_CHECK_PLATFORM_REFERENCE, "no reference values given"},
      {VCCA_CHECK_RIM, "no expected value given"},
      {VCCA_CHECK_REM0, "no expected value given"},
      {VCCA_CHECK_REM3, "no expected value given"},
      {VCCA_CHECK_RPV, "no expected value given"},
      {VCCA_CHECK_EVENTLOG, "no event log given"},
      {VCCA_CHECK_IMAGE_REFERENCE, "no reference values given"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    assert_int_equal(verdict.findings[rows[i].check].outcome, VCCA_NOT_RUN);
    assert_string_equal(verdict.findings[rows[i].check].reason, rows[i].reason);
  }
  assert_non_null(strstr(text_of(&verdict), "note: without a challenge"));
  assert_non_null(strstr(text_of(&verdict), "note: without an expected RIM"));
}

static void any_lifecycle_passes_when_asked_for(void **state)
{
  (void)state;
  struct made *m = &made[VCCA_FAMILY_VIRTCCA_P521];
  make_plan(m);
  m->platform.lifecycle = 0x2000; /* what virtCCA machines say */
  make_evidence(m);
  m->evidence.any_lifecycle = true;
  check_accepted(m);
}

static void a_rem_the_log_does_not_touch_may_be_explained_by_its_expected_value(void **state)
{
  (void)state;
  struct made *m = &made[VCCA_FAMILY_ARM_1_0];
  make_plan(m);
  memset(m->rem[3], 7, 32); /* extended at run time */
  make_evidence(m);
  check_accepted(m);

  struct vcca_verdict verdict;
  m->evidence.rem[3] = vcca_span_of(NULL, 0);
  vcca_verify_evidence(&m->evidence, &verdict);
  assert_int_equal(vcca_verdict_failed(&verdict), VCCA_CHECK_EVENTLOG);
}

static void the_log_may_extend_the_last_rem(void **state)
{
  (void)state;
  struct made *m = &made[VCCA_FAMILY_ARM_1_0];
  make_plan(m);
  log_hashed(m, 4, 0x80000007, "an action", "an action"); /* register 4 is REM 3 */
  make_evidence(m);
  m->evidence.rem[3] = vcca_span_of(NULL, 0);
  m->evidence.image_reference = vcca_span_of(NULL, 0);
  check_accepted(m);
}

/* --- Refusing -------------------------------------------------------------------------------------------- */

/* Of the plan, before minting. */
static void forged_platform(struct made *m)
{
  m->platform_signer = m->other;
}

static void forged_realm(struct made *m)
{
  m->realm_signer = m->other;
}

static void another_rak(struct made *m)
{
  m->named = m->realm_signer = m->other;
  m->platform.challenge = VCCA_SPAN(m->rim);
}

static void longer_binding(struct made *m)
{
  static uint8_t challenge[48];
  m->platform.challenge = VCCA_SPAN(challenge);
}

static void another_device(struct made *m)
{
  m->named = m->realm_signer = m->other;
}

static void a_family_is_asked_for(struct made *m)
{
  m->evidence.families = VCCA_FAMILY_BIT(VCCA_FAMILY_ARM_1_0) | VCCA_FAMILY_BIT(VCCA_FAMILY_ARM_RMM_2_0);
}

static void a_policy_asks_for_a_family(struct made *m)
{
  m->policy = (struct vcca_policy){.families = VCCA_FAMILY_BIT(VCCA_FAMILY_ARM_1_0)};
  m->evidence.policy = &m->policy;
}

static void families_are_refused_when_none(struct made *m)
{
  m->evidence.refused = VCCA_LENIENT_BIT(VCCA_LENIENT_NO_FAMILY);
}

static void no_longer_secured(struct made *m)
{
  m->platform.lifecycle = 0x3100;
}

static void provisioning(struct made *m)
{
  m->platform.lifecycle = 0x2000;
}

static void component_of_another_name(struct made *m)
{
  m->platform.components[0].type = VCCA_SPAN_LIT("uefi\n\x1b");
}

static void component_without_name(struct made *m)
{
  m->platform.components[1].type = vcca_span_of(NULL, 0);
}

static void references_of_another_version(struct made *m)
{
  make_platform_reference(m, "uefi", "21.23.1", "uefi");
}

static void references_of_another_measurement(struct made *m)
{
  make_platform_reference(m, "uefi", "21.23.0", "uefi, patched");
}

static void another_grub(struct made *m)
{
  make_image_reference(m, "a boot loader", "the configuration", "the kernel", "the initramfs");
}

static void another_configuration(struct made *m)
{
  make_image_reference(m, "the boot loader", "a configuration", "the kernel", "the initramfs");
}

static void another_kernel(struct made *m)
{
  make_image_reference(m, "the boot loader", "the configuration", "a kernel", "the initramfs");
}

static void another_initramfs(struct made *m)
{
  make_image_reference(m, "the boot loader", "the configuration", "the kernel", "an initramfs");
}

static void second_kernel(struct made *m)
{
  log_hashed(m, 3, 0xd, "(hd1)/boot/vmlinuz-evil", "another kernel");
}

static void no_initramfs(struct made *m)
{
  begin_log(m);
  log_hashed(m, 2, 0x80000003, "image load event", "the boot loader");
  log_hashed(m, 3, 0xd, "(hd0,gpt1)/efi/test/grub.cfg", "the configuration");
  log_hashed(m, 3, 0xd, "grub_cmd: linux /vmlinuz-1", "linux /vmlinuz-1");
  log_hashed(m, 3, 0xd, "/vmlinuz-1", "the kernel");
}

static void event_in_register_0(struct made *m)
{
  log_hashed(m, 0, 0x80000007, "early", "early");
}

static void event_in_register_5(struct made *m)
{
  log_hashed(m, 5, 0x80000007, "late", "late");
}

static void event_without_digest(struct made *m)
{
  static const uint8_t event[] = {3, 0, 0, 0, 0x0d, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 'b', 'o', 'o', 't'};
  vcca_sink_put(&m->log, VCCA_SPAN(event));
}

static void event_that_lies(struct made *m)
{
  log_hashed(m, 2, 0x80000007, "nothing to see", "something else");
}

/* Of the evidence, after minting. */
static void trailing_byte(struct made *m)
{
  m->token[m->token_size] = 0;
  m->evidence.token.n++;
}

static void empty_token(struct made *m)
{
  m->evidence.token.n = 0;
}

static void another_root(struct made *m)
{
  m->evidence.roots[0] = vcca_span_of(m->certs[OTHER_ROOT], m->cert_size[OTHER_ROOT]);
}

static void no_root(struct made *m)
{
  m->evidence.root_count = 0;
}

static void no_certificate(struct made *m)
{
  m->evidence.device_cert = vcca_span_of(NULL, 0);
}

static void torn_certificate(struct made *m)
{
  m->evidence.device_cert.n -= 100;
}

static void too_many_certificates(struct made *m)
{
  m->evidence.intermediate_count = VCCA_VERIFY_CERTS + 1;
}

static void after_its_time(struct made *m)
{
  m->evidence.at = "20460101000000Z";
}

static void no_anchor(struct made *m)
{
  m->evidence.device_cert = vcca_span_of(NULL, 0);
  m->evidence.intermediate_count = m->evidence.root_count = 0;
}

static void another_cpak(struct made *m)
{
  no_anchor(m);
  m->evidence.cpak = m->other;
}

static void cpak_of_another_curve(struct made *m)
{
  no_anchor(m);
  m->evidence.cpak = made[VCCA_FAMILY_ARM_1_0].cpak;
}

static void cpak_beside_another_certificate(struct made *m)
{
  m->evidence.cpak = m->other;
}

static void stale(struct made *m)
{
  m->challenge[31] ^= 1;
}

static void longer_challenge(struct made *m)
{
  m->evidence.challenge = vcca_span_of(m->token, 65);
}

static void empty_challenge(struct made *m)
{
  m->evidence.challenge.n = 0;
}

static void unpadded_challenge(struct made *m)
{
  m->evidence.challenge.n = 31; /* a prefix of what was sent */
}

static void another_rim(struct made *m)
{
  m->rim[31] ^= 0x80;
}

static void shorter_rim(struct made *m)
{
  m->evidence.rim.n = 31;
}

static void another_rem0(struct made *m)
{
  m->evidence.rem[0] = m->evidence.rem[1];
}

static void another_rem1(struct made *m)
{
  m->evidence.rem[1] = m->evidence.rem[2];
}

static void another_rem2(struct made *m)
{
  m->evidence.rem[2] = m->evidence.rem[3];
}

static void another_rem3(struct made *m)
{
  m->evidence.rem[3] = m->evidence.rem[0];
}

static void another_rpv(struct made *m)
{
  m->rpv[0] ^= 1;
}

static void shorter_log(struct made *m)
{
  m->evidence.eventlog.n -= 20;
}

static void one_event_less(struct made *m)
{
  m->evidence.eventlog.n -= 12 + 2 + 32 + 4 + strlen("/initramfs-1.img");
}

static void empty_log(struct made *m)
{
  m->evidence.eventlog.n = 0;
}

static void empty_image_reference(struct made *m)
{
  m->evidence.image_reference.n = 0;
}

static void empty_certificate(struct made *m)
{
  m->evidence.device_cert.n = 0;
}

static void empty_rim(struct made *m)
{
  m->evidence.rim.n = 0;
}

static void no_log(struct made *m)
{
  m->evidence.eventlog = vcca_span_of(NULL, 0);
}

static void torn_image_reference(struct made *m)
{
  m->evidence.image_reference.n -= 3;
}

static void torn_platform_reference(struct made *m)
{
  m->evidence.platform_reference.n -= 3;
}

static void reference_without_platform(struct made *m)
{
  m->evidence.platform_reference = vcca_span_str(m->platform_reference);
}

static void torn_reference_store(struct made *m)
{
  m->evidence.reference_store.n -= 3;
}

static void broken_corim(struct made *m)
{
  m->evidence.corims[m->evidence.corim_count++] = VCCA_SPAN_LIT("\xd9\x01\xf5\xa0");
}

static void too_many_corims(struct made *m)
{
  m->evidence.corim_count = VCCA_VERIFY_CORIMS + 1;
}

static void another_signer(struct made *m)
{
  m->platform.components[1].signer_id = VCCA_SPAN(m->measured[1]);
  make_reference_store(m, m->realm.rim);
  m->platform.components[1].signer_id = VCCA_SPAN(m->rim);
}

static void another_implementation(struct made *m)
{
  m->platform.implementation_id = VCCA_SPAN(m->measured[1]);
  make_reference_store(m, m->realm.rim);
  m->platform.implementation_id = VCCA_SPAN(m->measured[0]);
}

static void one_reference_more(struct made *m)
{
  m->platform.components[2] = m->platform.components[1];
  m->platform.components[2].measurement = VCCA_SPAN(m->rim);
  m->platform.component_count++;
  make_reference_store(m, m->realm.rim);
  m->platform.component_count--;
}

static void another_config(struct made *m)
{
  m->platform.config = VCCA_SPAN_LIT("\xcf\xce");
  make_reference_store(m, m->realm.rim);
}

static void realm_of_another_rim(struct made *m)
{
  make_reference_store(m, VCCA_SPAN(m->measured[1]));
}

static void realm_of_another_rpv(struct made *m)
{
  m->rpv[63] ^= 1;
  make_reference_store(m, m->realm.rim);
  m->rpv[63] ^= 1;
}

static void realm_of_another_rem(struct made *m)
{
  m->rem[2][0] ^= 1;
  make_reference_store(m, m->realm.rim);
  m->rem[2][0] ^= 1;
}

static void realm_of_another_rak_hash(struct made *m)
{
  memcpy(strstr(m->reference_store, "sha-256"), "sha-512", 7);
}

static void policy_of_a_check_not_run(struct made *m)
{
  m->policy.required[VCCA_CHECK_BINDING] = true;
}

static void policy_of_trust_not_reached(struct made *m)
{
  m->policy.worst[VCCA_SUBMOD_REALM][VCCA_FILE_SYSTEM] = 95;
}

#define P521 VCCA_FAMILY_VIRTCCA_P521
#define RSA VCCA_FAMILY_VIRTCCA_RSA
#define ARM VCCA_FAMILY_ARM_1_0
#define LEGACY VCCA_FAMILY_ARM_LEGACY

typedef void (*spoiler)(struct made *m);

/* One spoilt evidence each: the check it must fail first, whether it is malformed rather than wrong, and
 * words of the reason. */
static const struct refusal {
  enum vcca_check first;
  bool malformed;
  enum vcca_family family;
  spoiler before, after;
  const char *reason;
} refusals[] = {
    {VCCA_CHECK_STRUCTURE, true, ARM, NULL, trailing_byte, "token"},
    {VCCA_CHECK_STRUCTURE, true, ARM, NULL, empty_token, "token"},
    {VCCA_CHECK_FAMILY, false, ARM, legacy_realm, a_family_is_asked_for,
     "unlike arm-1.0, the nearest asked for, in its realm profile, key encoding"},
    {VCCA_CHECK_FAMILY, false, P521, NULL, a_family_is_asked_for, "of the family virtcca-p521, which is not asked for"},
    {VCCA_CHECK_FAMILY, false, P521, NULL, a_policy_asks_for_a_family,
     "of the family virtcca-p521, which is not asked for"},
    {VCCA_CHECK_FAMILY, false, ARM, legacy_realm, families_are_refused_when_none,
     "of no family: unlike arm-legacy, the nearest, in its platform profile"},
    {VCCA_CHECK_CHAIN, false, P521, NULL, another_root, ""},
    {VCCA_CHECK_CHAIN, false, P521, NULL, no_root, "no trusted root"},
    {VCCA_CHECK_CHAIN, false, RSA, NULL, no_root, "no trusted root"},
    {VCCA_CHECK_CHAIN, false, ARM, NULL, no_certificate, "no device certificate"},
    {VCCA_CHECK_CHAIN, true, P521, NULL, torn_certificate, ""},
    {VCCA_CHECK_CHAIN, true, P521, NULL, empty_certificate, ""},
    {VCCA_CHECK_CHAIN, false, P521, NULL, too_many_certificates, "more than 8"},
    {VCCA_CHECK_CHAIN, false, P521, NULL, after_its_time, ""},
    {VCCA_CHECK_ENDORSEMENTS, true, P521, NULL, torn_reference_store, "reference store: 3:"},
    {VCCA_CHECK_ENDORSEMENTS, true, RSA, NULL, broken_corim, "CoRIM 0: byte 0"},
    {VCCA_CHECK_ENDORSEMENTS, false, RSA, NULL, too_many_corims, "more than 16 CoRIMs"},
    {VCCA_CHECK_PLATFORM_SIGNATURE, false, P521, forged_platform, NULL, "not that of the key"},
    {VCCA_CHECK_PLATFORM_SIGNATURE, false, LEGACY, NULL, another_cpak, "not that of the key"},
    {VCCA_CHECK_PLATFORM_SIGNATURE, false, P521, NULL, cpak_of_another_curve,
     "132 bytes where that of a key of 384 bits has 96"},
    {VCCA_CHECK_PLATFORM_SIGNATURE, false, ARM, NULL, no_anchor, "no trust anchor: give --cpak, --ta-store or --chain"},
    {VCCA_CHECK_PLATFORM_SIGNATURE, false, ARM, NULL, cpak_beside_another_certificate,
     "not the key of the device certificate"},
    {VCCA_CHECK_REALM_SIGNATURE, false, P521, forged_realm, NULL, "not that of the key"},
    {VCCA_CHECK_REALM_SIGNATURE, false, ARM, forged_realm, NULL, "not that of the key"},
    {VCCA_CHECK_REALM_SIGNATURE, false, RSA, forged_realm, NULL, "not that of the key"},
    {VCCA_CHECK_BINDING, false, P521, another_rak, NULL, "differs"},
    {VCCA_CHECK_BINDING, false, LEGACY, another_rak, NULL, "differs"},
    {VCCA_CHECK_BINDING, false, ARM, longer_binding, NULL, "the token has 48 bytes, expected are 32"},
    {VCCA_CHECK_KEY_EQUALITY, false, RSA, another_device, NULL, "not the key of the device certificate"},
    {VCCA_CHECK_KEY_EQUALITY, false, RSA, NULL, another_cpak, "not the key given"},
    {VCCA_CHECK_KEY_EQUALITY, false, RSA, NULL, no_anchor, "no trust anchor: give --cpak, --ta-store or --chain"},
    {VCCA_CHECK_FRESHNESS, false, RSA, NULL, stale, "byte 31 differs"},
    {VCCA_CHECK_FRESHNESS, false, RSA, NULL, unpadded_challenge, "byte 31 differs"},
    {VCCA_CHECK_FRESHNESS, false, ARM, NULL, longer_challenge, "1 to 64 bytes"},
    {VCCA_CHECK_FRESHNESS, false, ARM, NULL, empty_challenge, "1 to 64 bytes"},
    {VCCA_CHECK_LIFECYCLE, false, P521, provisioning, NULL, "0x2000"},
    {VCCA_CHECK_LIFECYCLE, false, P521, no_longer_secured, NULL, "0x3100"},
    {VCCA_CHECK_PLATFORM_REFERENCE, false, P521, references_of_another_version, NULL, "has another version"},
    {VCCA_CHECK_PLATFORM_REFERENCE, false, P521, references_of_another_measurement, NULL,
     "no reference of its name has its measurement"},
    {VCCA_CHECK_PLATFORM_REFERENCE, false, P521, component_of_another_name, NULL, "\"uefi??\""},
    {VCCA_CHECK_PLATFORM_REFERENCE, false, P521, component_without_name, NULL, "has no type"},
    {VCCA_CHECK_PLATFORM_REFERENCE, false, RSA, NULL, reference_without_platform, "no platform part"},
    {VCCA_CHECK_PLATFORM_REFERENCE, true, P521, NULL, torn_platform_reference, "platform reference: 4:"},
    {VCCA_CHECK_PLATFORM_REFERENCE, false, P521, NULL, another_signer, "has another signer (rv-store platform[0])"},
    {VCCA_CHECK_PLATFORM_REFERENCE, false, LEGACY, NULL, another_implementation,
     "no reference value is of implementation id"},
    {VCCA_CHECK_PLATFORM_REFERENCE, false, ARM, NULL, one_reference_more, "no component for the reference"},
    {VCCA_CHECK_PLATFORM_CONFIG, false, ARM, NULL, another_config, "token cfcf, expected cfce (rv-store platform[0])"},
    {VCCA_CHECK_RIM, false, RSA, NULL, another_rim, "byte 31 differs"},
    {VCCA_CHECK_RIM, false, ARM, NULL, shorter_rim, "the token has 32 bytes, expected are 31"},
    {VCCA_CHECK_RIM, false, ARM, NULL, empty_rim, "expected are 0"},
    {VCCA_CHECK_REM0, false, RSA, NULL, another_rem0, "expected"},
    {VCCA_CHECK_REM1, false, P521, NULL, another_rem1, "expected"},
    {VCCA_CHECK_REM2, false, ARM, NULL, another_rem2, "expected"},
    {VCCA_CHECK_REM3, false, LEGACY, NULL, another_rem3, "expected"},
    {VCCA_CHECK_RPV, false, RSA, NULL, another_rpv, "byte 0 differs"},
    {VCCA_CHECK_REALM_REFERENCE, false, ARM, NULL, realm_of_another_rim, "no reference value has the RIM"},
    {VCCA_CHECK_REALM_REFERENCE, false, RSA, NULL, realm_of_another_rpv, "personalization value: token 0f0f"},
    {VCCA_CHECK_REALM_REFERENCE, false, P521, NULL, realm_of_another_rem, "REM 2: token"},
    {VCCA_CHECK_REALM_REFERENCE, false, ARM, NULL, realm_of_another_rak_hash,
     "token \"sha-256\", expected \"sha-512\" (rv-store realm[0])"},
    {VCCA_CHECK_EVENTLOG, false, RSA, event_that_lies, NULL, "not that of its own data"},
    {VCCA_CHECK_EVENTLOG, false, RSA, event_without_digest, NULL, "no sha-256 digest"},
    {VCCA_CHECK_EVENTLOG, false, RSA, event_in_register_0, NULL, "in register 0"},
    {VCCA_CHECK_EVENTLOG, false, RSA, event_in_register_5, NULL, "in register 5"},
    {VCCA_CHECK_EVENTLOG, false, RSA, NULL, one_event_less, "register 3 replays (5 events)"},
    {VCCA_CHECK_EVENTLOG, true, RSA, NULL, shorter_log, "event log: byte "},
    {VCCA_CHECK_EVENTLOG, true, RSA, NULL, empty_log, "event log: byte 0"},
    {VCCA_CHECK_IMAGE_REFERENCE, true, RSA, NULL, empty_image_reference, "image reference: 1:1: not JSON"},
    {VCCA_CHECK_IMAGE_REFERENCE, false, RSA, NULL, no_log, "none was given (--eventlog)"},
    {VCCA_CHECK_IMAGE_REFERENCE, true, RSA, NULL, torn_image_reference, "image reference: 3:"},
    {VCCA_CHECK_IMAGE_REFERENCE, false, RSA, another_grub, NULL, "boot loader"},
    {VCCA_CHECK_IMAGE_REFERENCE, false, RSA, another_configuration, NULL, "grub.cfg"},
    {VCCA_CHECK_IMAGE_REFERENCE, false, RSA, another_kernel, NULL, "is in no reference"},
    {VCCA_CHECK_IMAGE_REFERENCE, false, RSA, another_initramfs, NULL, "does not go with the kernel"},
    {VCCA_CHECK_IMAGE_REFERENCE, false, RSA, second_kernel, NULL, "not the file that the command before it names"},
    {VCCA_CHECK_IMAGE_REFERENCE, false, RSA, no_initramfs, NULL, "the log has no initramfs"},
    {VCCA_CHECK_POLICY, false, RSA, NULL, policy_of_a_check_not_run, "the check binding must pass, and is not-run"},
    {VCCA_CHECK_POLICY, false, ARM, NULL, policy_of_trust_not_reached, "CCA_REALM: file-system is 0"},
};

static void check_refusal(const struct refusal *row)
{
  struct made *m = &made[row->family];
  struct vcca_verdict verdict;
  make_plan(m);
  if (row->before)
    row->before(m);
  make_evidence(m);
  if (row->after)
    row->after(m);
  vcca_verify_evidence(&m->evidence, &verdict);
  check_appraisal(&verdict);
  const char *name = vcca_check_name(row->first);
  const struct vcca_finding *f = &verdict.findings[row->first];
  if (verdict.accepted || vcca_verdict_failed(&verdict) != row->first)
    fail_msg("row %zu (%s) came out as\n%s", (size_t)(row - refusals), name, text_of(&verdict));
  if (f->reason[0] == '\0' || strstr(f->reason, row->reason) == NULL)
    fail_msg("row %zu (%s) says \"%s\" instead of \"%s\"", (size_t)(row - refusals), name, f->reason, row->reason);
  if (verdict.malformed != row->malformed ||
      vcca_verdict_exit(&verdict) != (row->malformed ? VCCA_EXIT_FAULT : VCCA_EXIT_NO))
    fail_msg("row %zu (%s): malformed is %d:\n%s", (size_t)(row - refusals), name, verdict.malformed,
             text_of(&verdict));
  for (const char *c = f->reason; *c != '\0'; c++)
    assert_in_range(*c, ' ', '~');
}

static void what_is_wrong_fails_the_check_that_looks_for_it(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
    check_refusal(&refusals[i]);
}

static void every_check_has_evidence_that_fails_it_first(void **state)
{
  (void)state;
  unsigned missing = 0;
  for (int check = 0; check < VCCA_CHECKS; check++) {
    bool found = false;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
      found = found || (int)refusals[i].first == check;
    if (!found)
      printf("no row for %s\n", vcca_check_name((enum vcca_check)check));
    missing += !found;
  }
  assert_int_equal(missing, 0);
}

/* --- The verdict ----------------------------------------------------------------------------------------- */

static void a_malformed_token_stops_every_other_check(void **state)
{
  (void)state;
  struct made *m = good(VCCA_FAMILY_VIRTCCA_RSA);
  struct vcca_verdict verdict;
  m->evidence.token.n -= 1;
  vcca_verify_evidence(&m->evidence, &verdict);
  assert_true(verdict.malformed);
  assert_true(verdict.findings[VCCA_CHECK_STRUCTURE].has_offset);
  for (int i = VCCA_CHECK_STRUCTURE + 1; i < VCCA_CHECKS; i++) {
    assert_int_equal(verdict.findings[i].outcome, VCCA_NOT_RUN);
    assert_string_equal(verdict.findings[i].reason, "the token could not be decoded");
  }
  assert_non_null(strstr(text_of(&verdict), "\nverdict: malformed (structure)\n"));
}

static void a_failed_chain_leaves_nothing_to_trust(void **state)
{
  (void)state;
  struct vcca_verdict verdict;
  struct made *m = good(VCCA_FAMILY_VIRTCCA_RSA);
  another_root(m);
  vcca_verify_evidence(&m->evidence, &verdict);
  assert_int_equal(verdict.findings[VCCA_CHECK_KEY_EQUALITY].outcome, VCCA_NOT_RUN);
  m = good(VCCA_FAMILY_VIRTCCA_P521);
  another_root(m);
  vcca_verify_evidence(&m->evidence, &verdict);
  assert_int_equal(verdict.findings[VCCA_CHECK_PLATFORM_SIGNATURE].outcome, VCCA_NOT_RUN);
}

static void a_definite_no_outweighs_what_could_not_be_read(void **state)
{
  (void)state;
  struct made *m = good(VCCA_FAMILY_VIRTCCA_RSA);
  struct vcca_verdict verdict;
  shorter_log(m);
  another_rim(m);
  vcca_verify_evidence(&m->evidence, &verdict);
  assert_false(verdict.malformed);
  assert_int_equal(vcca_verdict_exit(&verdict), VCCA_EXIT_NO);
}

static void no_images_are_looked_for_in_a_log_that_is_not_believed(void **state)
{
  (void)state;
  struct made *m = good(VCCA_FAMILY_VIRTCCA_RSA);
  struct vcca_verdict verdict;
  shorter_log(m);
  vcca_verify_evidence(&m->evidence, &verdict);
  assert_int_equal(verdict.findings[VCCA_CHECK_IMAGE_REFERENCE].outcome, VCCA_NOT_RUN);
}

static void a_finding_points_at_its_claim(void **state)
{
  (void)state;
  struct made *m = good(VCCA_FAMILY_ARM_LEGACY);
  struct vcca_verdict verdict;
  another_rim(m);
  vcca_verify_evidence(&m->evidence, &verdict);
  const struct vcca_finding *f = &verdict.findings[VCCA_CHECK_RIM];
  m->rim[31] ^= 0x80;
  assert_true(f->has_offset);
  assert_memory_equal(m->token + f->offset, m->rim, 32);
}

static void the_text_is_a_table_with_the_verdict_last(void **state)
{
  (void)state;
  struct made *m = good(VCCA_FAMILY_VIRTCCA_RSA);
  struct vcca_verdict verdict;
  vcca_verify_evidence(&m->evidence, &verdict);
  const char *text = text_of(&verdict);
  assert_memory_equal(text, "structure            pass     ", 30);
  assert_non_null(strstr(text, "\nfamily               pass     virtcca-rsa\n"));
  assert_non_null(strstr(text, "\nbinding              not-run  the token has no platform part\n"));
  assert_non_null(strstr(text, "\nverdict: accepted\n"));
  assert_null(strstr(text, "note:"));

  another_rim(m);
  vcca_verify_evidence(&m->evidence, &verdict);
  text = text_of(&verdict);
  assert_non_null(strstr(text, "\nrim                  fail     token 1569ec5b93"));
  assert_non_null(strstr(text, "\nverdict: rejected (rim)\n"));
}

static void the_json_lists_every_check_in_order(void **state)
{
  (void)state;
  static char room[32768];
  struct made *m = good(VCCA_FAMILY_ARM_1_0);
  struct vcca_verdict verdict;
  vcca_verify_evidence(&m->evidence, &verdict);
  vcca_sink out = vcca_sink_of(room, sizeof room - 1);
  struct vcca_json j = vcca_json_into(&out, VCCA_JSON_LINE);
  vcca_verdict_json(&verdict, &j);
  assert_true(vcca_sink_ok(&out));
  room[out.n] = '\0';
  const char *at = room;
  assert_non_null(strstr(room, "\"vcca-verdict-1\""));
  assert_non_null(strstr(room, "\"arm-1.0\""));
  assert_non_null(strstr(room, "\"accepted\""));
  for (int i = 0; i < VCCA_CHECKS; i++) {
    char want[64];
    snprintf(want, sizeof want, "\"%s\"", vcca_check_name((enum vcca_check)i));
    at = strstr(at, want);
    if (at == NULL)
      fail_msg("%s is missing or out of order in %s", want, room);
  }
  assert_non_null(strstr(at, "\"token\""));
  assert_non_null(strstr(at, "\"rim\""));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(evidence_of_every_family_is_accepted),
      cmocka_unit_test(every_check_passes_in_some_family),
      cmocka_unit_test(the_cpak_alone_is_enough_trust),
      cmocka_unit_test(evidence_of_no_family_is_accepted_with_a_remark),
      cmocka_unit_test(what_is_not_asked_for_is_not_run_and_says_why),
      cmocka_unit_test(any_lifecycle_passes_when_asked_for),
      cmocka_unit_test(a_rem_the_log_does_not_touch_may_be_explained_by_its_expected_value),
      cmocka_unit_test(the_log_may_extend_the_last_rem),
      cmocka_unit_test(what_is_wrong_fails_the_check_that_looks_for_it),
      cmocka_unit_test(every_check_has_evidence_that_fails_it_first),
      cmocka_unit_test(a_malformed_token_stops_every_other_check),
      cmocka_unit_test(a_failed_chain_leaves_nothing_to_trust),
      cmocka_unit_test(a_definite_no_outweighs_what_could_not_be_read),
      cmocka_unit_test(no_images_are_looked_for_in_a_log_that_is_not_believed),
      cmocka_unit_test(a_finding_points_at_its_claim),
      cmocka_unit_test(the_text_is_a_table_with_the_verdict_last),
      cmocka_unit_test(the_json_lists_every_check_in_order),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
