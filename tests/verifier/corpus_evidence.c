/* Evidence that others made: a real Kunpeng machine's is accepted and nothing that differs from it by one
 * byte is; Arm's published tokens are accepted with their key and with no other.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "vcca/verifier.h"
#include "rooms/crypto.h"
#include "rooms/file.h"

enum file { TOKEN, CERT, SUB_CERT, ROOT_CERT, LOG, REFERENCE, FILES };

static struct vcca_bytes files[FILES];

static struct vcca_evidence kunpeng(void)
{
  static const char *const names[] = {
      [TOKEN] = "virtcca/token_rsa.cbor",  [CERT] = "virtcca/dev_cert.der",
      [SUB_CERT] = "virtcca/sub_cert.pem", [ROOT_CERT] = "virtcca/root_cert.pem",
      [LOG] = "virtcca/ccel_data.bin",     [REFERENCE] = "virtcca/image_reference_measurement.json"};
  for (size_t i = 0; i < FILES; i++)
    if (files[i].p == NULL)
      files[i] = check_vector(names[i]);
  struct vcca_evidence e = {.token = vcca_bytes_span(&files[TOKEN]), .device_cert = vcca_bytes_span(&files[CERT])};
  e.intermediates[e.intermediate_count++] = vcca_bytes_span(&files[SUB_CERT]);
  e.roots[e.root_count++] = vcca_bytes_span(&files[ROOT_CERT]);
  return e;
}

static int tear_down(void **state)
{
  (void)state;
  for (size_t i = 0; i < FILES; i++)
    vcca_bytes_free(&files[i]);
  return 0;
}

static const char *text_of(const struct vcca_verdict *verdict)
{
  static char room[8192];
  vcca_sink out = vcca_sink_of(room, sizeof room - 1);
  vcca_verdict_text(verdict, &out);
  room[vcca_sink_ok(&out) ? out.n : 0] = '\0';
  return room;
}

/* Refused, and by whom. */
static enum vcca_check refused_by(const struct vcca_evidence *e, struct vcca_verdict *verdict, const char *what,
                                  size_t at)
{
  vcca_verify_evidence(e, verdict);
  enum vcca_check failed = vcca_verdict_failed(verdict);
  if (verdict->accepted || failed == VCCA_CHECKS || vcca_verdict_exit(verdict) == VCCA_EXIT_YES)
    fail_msg("%s, byte %zu changed: accepted\n%s", what, at, text_of(verdict));
  if (verdict->findings[failed].reason[0] == '\0')
    fail_msg("%s, byte %zu changed: %s gives no reason", what, at, vcca_check_name(failed));
  if (failed == VCCA_CHECK_STRUCTURE && !verdict->findings[failed].has_offset)
    fail_msg("%s, byte %zu changed: structure does not say where", what, at);
  return failed;
}

/* --- Kunpeng --------------------------------------------------------------------------------------------- */

static void the_evidence_of_a_real_machine_is_accepted(void **state)
{
  (void)state;
  struct vcca_evidence e = kunpeng();
  struct vcca_verdict verdict;
  struct vcca_token token;
  struct vcca_error err = {0};
  check_ok(vcca_token_decode(e.token, &token, &err), &err, "token");
  /* From the machine's own log, as the SDK publishes them (RIM, and REM 0 to 3). */
  static const char *const rem[] = {"e3579705477c2855a75f4127123fff3cd4f05a3b2442fda8829f95ea81ce308c",
                                    "646fdfc8b716bf958471a20378f178c472679216c911ddd0349cd74924eda7e9",
                                    "6cfeb56cd4309990fe30637f1621cdc71a87a041c5ca552683abe7a07290cd4b",
                                    "0000000000000000000000000000000000000000000000000000000000000000"};
  uint8_t rim_room[32], rem_room[VCCA_TOKEN_REMS][32];
  vcca_sink rim = VCCA_SINK(rim_room);
  check_ok(vcca_hex_read(vcca_span_str("b23d801b7a7d00e53dc636f918237a62f8a30df39f46db9af7cd213713a041d8"), &rim, &err),
           &err, "RIM");
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++) {
    vcca_sink out = VCCA_SINK(rem_room[i]);
    check_ok(vcca_hex_read(vcca_span_str(rem[i]), &out, &err), &err, "REM");
    e.rem[i] = VCCA_SPAN(rem_room[i]);
  }
  e.rim = VCCA_SPAN(rim_room);
  e.challenge = token.realm.challenge;
  e.eventlog = vcca_bytes_span(&files[LOG]);
  e.image_reference = vcca_bytes_span(&files[REFERENCE]);
  e.at = "20260101000000Z";
  vcca_verify_evidence(&e, &verdict);
  if (!verdict.accepted)
    fail_msg("rejected:\n%s", text_of(&verdict));
  static const enum vcca_check passing[] = {VCCA_CHECK_STRUCTURE,
                                            VCCA_CHECK_FAMILY,
                                            VCCA_CHECK_CHAIN,
                                            VCCA_CHECK_REALM_SIGNATURE,
                                            VCCA_CHECK_KEY_EQUALITY,
                                            VCCA_CHECK_FRESHNESS,
                                            VCCA_CHECK_RIM,
                                            VCCA_CHECK_REM0,
                                            VCCA_CHECK_REM3,
                                            VCCA_CHECK_EVENTLOG,
                                            VCCA_CHECK_IMAGE_REFERENCE};
  for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
    if (verdict.findings[passing[i]].outcome != VCCA_PASS)
      fail_msg("%s did not pass:\n%s", vcca_check_name(passing[i]), text_of(&verdict));
  assert_string_equal(verdict.findings[VCCA_CHECK_FAMILY].reason, "virtcca-rsa");
}

static bool inside(vcca_span claim, const uint8_t *byte)
{
  return byte >= claim.p && byte < claim.p + claim.n;
}

/* The check that a changed byte of the token must fail first; VCCA_CHECKS where either structure or
 * signature may see it. */
static enum vcca_check guard_of(const struct vcca_token *token, const uint8_t *byte)
{
  const struct vcca_realm_claims *realm = &token->realm;
  bool value = inside(realm->challenge, byte) || inside(realm->rpv, byte) || inside(realm->rim, byte) ||
               inside(token->realm_sign1.signature, byte);
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    value = value || inside(realm->rem[i], byte);
  if (value)
    return VCCA_CHECK_REALM_SIGNATURE;
  if (inside(realm->public_key, byte))
    return VCCA_CHECKS;
  return VCCA_CHECK_STRUCTURE; /* tags, heads, labels, names of algorithms */
}

static void no_byte_of_the_token_may_change(void **state)
{
  (void)state;
  static const uint8_t changes[] = {0x01, 0x80};
  struct vcca_evidence e = kunpeng();
  struct vcca_token token;
  struct vcca_verdict verdict;
  struct vcca_error err = {0};
  static uint8_t bytes[VCCA_TOKEN_MAX];
  check_ok(vcca_token_decode(e.token, &token, &err), &err, "token");
  memcpy(bytes, e.token.p, e.token.n);
  e.token.p = bytes;
  unsigned by[VCCA_CHECKS] = {0};
  for (size_t i = 0; i < e.token.n; i++)
    for (size_t c = 0; c < sizeof changes; c++) {
      bytes[i] ^= changes[c];
      enum vcca_check failed = refused_by(&e, &verdict, "token", i);
      bytes[i] ^= changes[c];
      enum vcca_check guard = guard_of(&token, token.bytes.p + i);
      by[failed]++;
      /* A changed key is no key, or another one: then it neither signed nor is the device's. */
      bool key = guard == VCCA_CHECKS;
      if (key && (failed == VCCA_CHECK_STRUCTURE || (failed == VCCA_CHECK_REALM_SIGNATURE &&
                                                     verdict.findings[VCCA_CHECK_KEY_EQUALITY].outcome != VCCA_PASS)))
        continue;
      if (failed != guard &&
          !(guard == VCCA_CHECK_STRUCTURE && failed == VCCA_CHECK_REALM_SIGNATURE)) /* another name of an algorithm */
        fail_msg("token, byte %zu changed by 0x%02x: refused by %s instead of %s", i, changes[c],
                 vcca_check_name(failed), key ? "structure or realm-signature" : vcca_check_name(guard));
    }
  printf("token: %zu bytes, refused by structure %u, realm-signature %u\n", e.token.n, by[VCCA_CHECK_STRUCTURE],
         by[VCCA_CHECK_REALM_SIGNATURE]);
}

static void no_byte_of_the_certificate_may_change(void **state)
{
  (void)state;
  static const uint8_t changes[] = {0x01, 0x80};
  struct vcca_evidence e = kunpeng();
  struct vcca_verdict verdict;
  static uint8_t bytes[VCCA_CERT_MAX];
  assert_in_range(e.device_cert.n, 1, sizeof bytes);
  memcpy(bytes, e.device_cert.p, e.device_cert.n);
  e.device_cert.p = bytes;
  unsigned unreadable = 0;
  for (size_t i = 0; i < e.device_cert.n; i++)
    for (size_t c = 0; c < sizeof changes; c++) {
      bytes[i] ^= changes[c];
      enum vcca_check failed = refused_by(&e, &verdict, "certificate", i);
      bytes[i] ^= changes[c];
      unreadable += verdict.malformed;
      if (failed != VCCA_CHECK_CHAIN)
        fail_msg("certificate, byte %zu changed by 0x%02x: refused by %s instead of chain", i, changes[c],
                 vcca_check_name(failed));
      assert_int_equal(verdict.findings[VCCA_CHECK_KEY_EQUALITY].outcome, VCCA_NOT_RUN);
    }
  printf("certificate: %zu bytes, every change fails the chain, %u of them unreadable\n", e.device_cert.n, unreadable);
}

/* Whether something measured or structural guards byte i of an event: all but its type, and data whose hash
 * is not the digest. */
static bool guarded(const struct vcca_event *event, const uint8_t *log, size_t i)
{
  uint8_t hash[32];
  vcca_hash(VCCA_SHA256, event->data, hash);
  if (inside(event->data, log + i))
    return vcca_span_eq(VCCA_SPAN(hash), event->digests[0].bytes);
  return i < event->offset + 4 || i >= event->offset + 8;
}

static void no_measured_byte_of_the_event_log_may_change(void **state)
{
  (void)state;
  struct vcca_evidence e = kunpeng();
  struct vcca_bytes copy = {0};
  struct vcca_eventlog log;
  struct vcca_event event;
  struct vcca_verdict verdict;
  struct vcca_error err = {0};
  unsigned changed = 0;
  assert_true(vcca_bytes_alloc(&copy, files[LOG].n, NULL));
  memcpy(copy.p, files[LOG].p, copy.n);
  e.eventlog = vcca_bytes_span(&copy);
  check_ok(vcca_eventlog_open(&log, vcca_bytes_span(&files[LOG]), &err), &err, "log");
  while (vcca_eventlog_next(&log, &event, &err) > 0)
    for (size_t i = event.offset; i < log.at; i += 5) {
      if (!guarded(&event, files[LOG].p, i))
        continue;
      copy.p[i] ^= 0x01;
      if (refused_by(&e, &verdict, "event log", i) != VCCA_CHECK_EVENTLOG)
        fail_msg("event log, byte %zu changed:\n%s", i, text_of(&verdict));
      copy.p[i] ^= 0x01;
      changed++;
    }
  printf("event log: %u changed bytes of %zu refused\n", changed, log.at);
  assert_in_range(changed, 900, log.at);

  copy.p[log.at + 8] = 0; /* in the unused area */
  assert_int_equal(refused_by(&e, &verdict, "event log", log.at + 8), VCCA_CHECK_EVENTLOG);
  assert_true(verdict.malformed);
  vcca_bytes_free(&copy);
}

static void the_log_of_another_machine_is_refused(void **state)
{
  (void)state;
  struct vcca_evidence e = kunpeng();
  struct vcca_bytes log = check_vector("eventlogs/CCEL_unpadded.data.bin");
  struct vcca_verdict verdict;
  e.eventlog = vcca_bytes_span(&log);
  assert_int_equal(refused_by(&e, &verdict, "another log", 0), VCCA_CHECK_EVENTLOG);
  vcca_bytes_free(&log);
}

/* --- Arm ------------------------------------------------------------------------------------------------- */

static const struct {
  const char *token;
  const char *cpak;
} arm[] = {
    {"arm/legacy-token-01.cbor", "arm/legacy-token-01.cpak.json"},
    {"arm/example-token.cbor", "arm/example-token.cpak.json"},
    {"arm/tf-rmm-token.cbor", "arm/tf-rmm-token.cpak.pem"},
};

static vcca_key *anchor(const char *file)
{
  struct vcca_error err = {0};
  struct vcca_bytes bytes = check_vector(file);
  vcca_key *key = vcca_anchor_read(vcca_bytes_span(&bytes), &err);
  vcca_bytes_free(&bytes);
  check_ok(key != NULL, &err, file);
  return key;
}

static void published_arm_tokens_are_accepted_with_their_key(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof arm / sizeof arm[0]; i++) {
    vcca_key *cpak = anchor(arm[i].cpak);
    struct vcca_bytes token = check_vector(arm[i].token);
    struct vcca_evidence e = {.token = vcca_bytes_span(&token), .cpak = cpak};
    struct vcca_verdict verdict;
    vcca_verify_evidence(&e, &verdict);
    if (!verdict.accepted)
      fail_msg("%s:\n%s", arm[i].token, text_of(&verdict));
    assert_string_equal(verdict.findings[VCCA_CHECK_FAMILY].reason, "arm-legacy");
    assert_int_equal(verdict.findings[VCCA_CHECK_BINDING].outcome, VCCA_PASS);
    assert_int_equal(verdict.findings[VCCA_CHECK_LIFECYCLE].outcome, VCCA_PASS);
    vcca_key_free(cpak);
    vcca_bytes_free(&token);
  }
}

/* The published tokens share one CPAK; the RAK published beside them is another key of its curve. */
static void published_arm_tokens_are_refused_with_another_key(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct vcca_bytes scalar = check_vector("arm/fvp_realm_attest_key.bin");
  vcca_key *rak = vcca_key_from_scalar(VCCA_KEY_P384, vcca_bytes_span(&scalar), &err);
  check_ok(rak != NULL, &err, "published RAK");
  for (size_t i = 0; i < sizeof arm / sizeof arm[0]; i++) {
    struct vcca_bytes token = check_vector(arm[i].token);
    struct vcca_evidence e = {.token = vcca_bytes_span(&token), .cpak = rak};
    struct vcca_verdict verdict;
    assert_int_equal(refused_by(&e, &verdict, arm[i].token, 0), VCCA_CHECK_PLATFORM_SIGNATURE);
    e.cpak = NULL;
    assert_int_equal(refused_by(&e, &verdict, arm[i].token, 0), VCCA_CHECK_PLATFORM_SIGNATURE);
    vcca_bytes_free(&token);
  }
  vcca_key_free(rak);
  vcca_bytes_free(&scalar);
}

static void no_byte_of_an_arm_token_may_change(void **state)
{
  (void)state;
  vcca_key *cpak = anchor(arm[0].cpak);
  struct vcca_bytes token = check_vector(arm[0].token);
  struct vcca_evidence e = {.token = vcca_bytes_span(&token), .cpak = cpak};
  struct vcca_verdict verdict;
  for (size_t i = 0; i < token.n; i++) {
    token.p[i] ^= 0x01;
    refused_by(&e, &verdict, arm[0].token, i);
    token.p[i] ^= 0x01;
  }
  vcca_key_free(cpak);
  vcca_bytes_free(&token);
}

/* --- TEST machines under production roots ------------------------------------------------------------------ */

static struct vcca_bytes golden(const char *family, const char *name)
{
  char path[1024];
  const char *source = getenv("VCCA_SOURCE");
  struct vcca_bytes bytes = {NULL, 0};
  struct vcca_error err = {0};
  snprintf(path, sizeof path, "%s/vectors/%s/%s", source ? source : ".", family, name);
  check_ok(vcca_file_read(path, 1 << 20, &bytes, &err), &err, path);
  return bytes;
}

/* The evidence is as good as it can be, and its chain is the only check that fails. */
static void a_production_root_refuses_every_test_machine(void **state)
{
  (void)state;
  static const char *const families[] = {"virtcca-rsa", "virtcca-p521", "arm-1.0"};
  static const char *const roots[] = {"virtcca/root_cert.pem", "virtcca/eccp521_root_cert.pem"};
  for (size_t f = 0; f < sizeof families / sizeof *families; f++)
    for (size_t r = 0; r < sizeof roots / sizeof *roots; r++) {
      struct vcca_bytes token = golden(families[f], "base.cbor"), cert = golden(families[f], "device.der"),
                        sub = golden(families[f], "sub.der"), root = check_vector(roots[r]);
      struct vcca_evidence e = {.token = vcca_bytes_span(&token), .device_cert = vcca_bytes_span(&cert)};
      struct vcca_verdict verdict;
      e.intermediates[e.intermediate_count++] = vcca_bytes_span(&sub);
      e.roots[e.root_count++] = vcca_bytes_span(&root);
      vcca_verify_evidence(&e, &verdict);
      assert_false(verdict.accepted);
      for (unsigned i = 0; i < VCCA_CHECKS; i++)
        if ((verdict.findings[i].outcome == VCCA_FAIL) != (i == VCCA_CHECK_CHAIN))
          fail_msg("%s under %s: %s\n%s", families[f], roots[r], vcca_check_name((enum vcca_check)i),
                   text_of(&verdict));
      vcca_bytes_free(&token);
      vcca_bytes_free(&cert);
      vcca_bytes_free(&sub);
      vcca_bytes_free(&root);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_evidence_of_a_real_machine_is_accepted),
      cmocka_unit_test(no_byte_of_the_token_may_change),
      cmocka_unit_test(no_byte_of_the_certificate_may_change),
      cmocka_unit_test(no_measured_byte_of_the_event_log_may_change),
      cmocka_unit_test(the_log_of_another_machine_is_refused),
      cmocka_unit_test(a_production_root_refuses_every_test_machine),
      cmocka_unit_test(published_arm_tokens_are_accepted_with_their_key),
      cmocka_unit_test(published_arm_tokens_are_refused_with_another_key),
      cmocka_unit_test(no_byte_of_an_arm_token_may_change),
  };
  return check_run(tests, NULL, tear_down);
}
