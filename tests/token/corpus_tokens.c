/* Real tokens: they decode strictly, their signatures are good, and their unsigned parts are minted again
 * byte for byte from the claims that were decoded.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/crypto.h"
#include "rooms/span.h"
#include "rooms/token.h"
#include "rooms/cbor.h"

static bool signature_good(const struct vcca_sign1_parts *sign1, const vcca_key *key)
{
  uint8_t buf[VCCA_TOKEN_MAX];
  vcca_sink tbs = VCCA_SINK(buf);
  vcca_sign1_tbs(sign1->protected_header, sign1->payload, &tbs);
  return vcca_sig_fits(sign1->alg, key) &&
         vcca_verify(key, (enum vcca_sig_alg)sign1->alg, vcca_sink_span(&tbs), sign1->signature);
}

static void realm_signature_good(const struct vcca_token *token)
{
  struct vcca_error err = {0};
  vcca_key *rak = vcca_rak_decode(token->rak_encoding, token->realm.public_key, &err);
  check_ok(rak != NULL, &err, "RAK");
  assert_true(signature_good(&token->realm_sign1, rak));
  vcca_key_free(rak);
}

/* The CPAK of all the published Arm tokens. */
static vcca_key *published_cpak(void)
{
  struct vcca_error err = {0};
  struct vcca_bytes pem = check_vector("arm/tf-rmm-token.cpak.pem");
  vcca_key *key = vcca_key_from_pem(vcca_bytes_span(&pem), &err);
  vcca_bytes_free(&pem);
  check_ok(key != NULL, &err, "CPAK");
  return key;
}

/* Everything in front of the signature's content. */
static vcca_span before_signature(vcca_span sign1, size_t signature)
{
  return vcca_span_sub(sign1, 0, sign1.n - signature);
}

static bool realm_minted_again(enum vcca_family family, const struct vcca_token *token)
{
  uint8_t buf[VCCA_TOKEN_MAX];
  vcca_sink out = VCCA_SINK(buf);
  struct vcca_error err = {0};
  check_ok(vcca_token_realm(family, &token->realm, test_key(vcca_family(family)->key, "RAK"), &out, &err), &err,
           "realm token");
  assert_int_equal(out.n, token->realm_sign1.whole.n);
  size_t signature = token->realm_sign1.signature.n;
  return vcca_span_eq(before_signature(vcca_sink_span(&out), signature),
                      before_signature(token->realm_sign1.whole, signature));
}

static bool platform_minted_again(enum vcca_family family, const struct vcca_token *token)
{
  uint8_t buf[VCCA_TOKEN_MAX];
  vcca_sink out = VCCA_SINK(buf);
  struct vcca_error err = {0};
  check_ok(vcca_token_platform(family, &token->platform, test_key(vcca_family(family)->key, "CPAK"), &out, &err), &err,
           "platform token");
  assert_int_equal(out.n, token->platform_sign1.whole.n);
  size_t signature = token->platform_sign1.signature.n;
  return vcca_span_eq(before_signature(vcca_sink_span(&out), signature),
                      before_signature(token->platform_sign1.whole, signature));
}

static void container_made_again(enum vcca_family family, const struct vcca_token *token)
{
  uint8_t buf[VCCA_TOKEN_MAX];
  vcca_sink out = VCCA_SINK(buf);
  struct vcca_error err = {0};
  check_ok(vcca_token_collect(family, token->platform_sign1.whole, token->realm_sign1.whole, &out, &err), &err,
           "collection");
  assert_true(vcca_span_eq(vcca_sink_span(&out), token->bytes));
}

static void the_kunpeng_token_is_read_verified_and_minted_again(void **state)
{
  (void)state;
  struct vcca_bytes file = check_vector("virtcca/token_rsa.cbor");
  struct vcca_token token;
  enum vcca_family family;
  must_decode(vcca_bytes_span(&file), &token);
  assert_true(vcca_token_family(&token, &family));
  assert_int_equal(family, VCCA_FAMILY_VIRTCCA_RSA);
  check_hex(token.realm.rim, "b23d801b7a7d00e53dc636f918237a62f8a30df39f46db9af7cd213713a041d8", "RIM");
  assert_true(vcca_span_zero(token.realm.rpv) && vcca_span_zero(token.realm.rem[3]));
  realm_signature_good(&token);
  assert_true(realm_minted_again(family, &token));
  container_made_again(family, &token);
  vcca_bytes_free(&file);
}

static void published_arm_tokens_are_read_and_verified(void **state)
{
  (void)state;
  static const char *const files[] = {"arm/legacy-token-01.cbor", "arm/example-token.cbor", "arm/tf-rmm-token.cbor"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    struct vcca_bytes file = check_vector(files[i]);
    vcca_key *cpak = published_cpak();
    struct vcca_token token;
    enum vcca_family family;
    uint8_t binding[32];
    must_decode(vcca_bytes_span(&file), &token);
    assert_true(vcca_token_family(&token, &family));
    assert_int_equal(family, VCCA_FAMILY_ARM_LEGACY);
    assert_true(signature_good(&token.platform_sign1, cpak));
    realm_signature_good(&token);
    vcca_hash(VCCA_SHA256, token.realm.public_key, binding);
    assert_true(vcca_span_eq(token.platform.challenge, VCCA_SPAN(binding)));
    container_made_again(family, &token);
    vcca_key_free(cpak);
    vcca_bytes_free(&file);
  }
}

static void the_example_token_is_minted_again(void **state)
{
  (void)state;
  struct vcca_bytes file = check_vector("arm/example-token.cbor");
  struct vcca_token token;
  must_decode(vcca_bytes_span(&file), &token);
  assert_int_equal(token.platform.component_count, 13);
  assert_int_equal(token.realm.rim.n, 64);
  assert_true(platform_minted_again(VCCA_FAMILY_ARM_LEGACY, &token));
  assert_true(realm_minted_again(VCCA_FAMILY_ARM_LEGACY, &token));
  vcca_bytes_free(&file);
}

/* Another tool made this one, in another order of claims; components, label 4 among them, stand as ours do. */
static void the_legacy_token_is_minted_again_but_for_the_order_of_claims(void **state)
{
  (void)state;
  struct vcca_bytes file = check_vector("arm/legacy-token-01.cbor");
  struct vcca_token token, again;
  struct made made;
  must_decode(vcca_bytes_span(&file), &token);
  assert_false(platform_minted_again(VCCA_FAMILY_ARM_LEGACY, &token));
  assert_false(realm_minted_again(VCCA_FAMILY_ARM_LEGACY, &token));
  struct sample claims = {.platform = token.platform, .realm = token.realm};
  make_token(VCCA_FAMILY_ARM_LEGACY, &claims, &made);
  must_decode(made.span, &again);
  vcca_span first = token.platform.components[0].type, last = token.platform.components[3].measurement;
  vcca_span first_again = again.platform.components[0].type, last_again = again.platform.components[3].measurement;
  size_t all = (size_t)(last.p + last.n - first.p);
  assert_true(vcca_span_eq(vcca_span_of(first.p, all),
                           vcca_span_of(first_again.p, (size_t)(last_again.p + last_again.n - first_again.p))));
  assert_true(vcca_span_eq(token.realm.rim, again.realm.rim) &&
              vcca_span_eq(token.platform.verification_service, again.platform.verification_service));
  vcca_bytes_free(&file);
}

static void platform_tokens_of_el3_are_read_verified_and_minted_again(void **state)
{
  (void)state;
  static const char *const files[] = {"arm/fvp_plat_attest_token.bin", "arm/rse_sample_platform_token.cbor"};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    struct vcca_bytes file = check_vector(files[i]);
    vcca_key *cpak = published_cpak();
    struct vcca_token token;
    struct vcca_error err = {0};
    check_ok(vcca_token_decode_platform(vcca_bytes_span(&file), &token, &err), &err, files[i]);
    assert_true(vcca_span_is(token.platform.profile, vcca_family(VCCA_FAMILY_ARM_1_0)->platform_profile));
    assert_int_equal(token.platform.component_count, 13);
    assert_true(signature_good(&token.platform_sign1, cpak));
    assert_true(platform_minted_again(VCCA_FAMILY_ARM_1_0, &token));
    vcca_key_free(cpak);
    vcca_bytes_free(&file);
  }
}

/* The published RAK is what the published platform tokens are bound to: the 2023 one to its COSE_Key, the
 * legacy ones to its raw point. */
static void the_published_rak_hashes_to_the_published_challenges(void **state)
{
  (void)state;
  static const struct {
    enum vcca_family family;
    const char *challenge;
  } rows[] = {
      {VCCA_FAMILY_ARM_1_0, "0d22e08a98469058486318283489bdb36f09dbefeb1864df433fa6e54ea2d711"},
      {VCCA_FAMILY_ARM_LEGACY, "b5973cb68baa9fc55558786b7ec67f69e40df5ba5aa921cd0c27f40587a011ea"},
  };
  struct vcca_bytes scalar = check_vector("arm/fvp_realm_attest_key.bin");
  struct vcca_error err = {0};
  vcca_key *rak = vcca_key_from_scalar(VCCA_KEY_P384, vcca_bytes_span(&scalar), &err);
  check_ok(rak != NULL, &err, "RAK");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t buf[VCCA_SPKI_MAX], digest[32];
    vcca_sink out = VCCA_SINK(buf);
    check_ok(vcca_rak_encode(rows[i].family, rak, &out, &err), &err, "encoding");
    vcca_hash(VCCA_SHA256, vcca_sink_span(&out), digest);
    check_hex(VCCA_SPAN(digest), rows[i].challenge, vcca_family(rows[i].family)->name);
  }
  vcca_key_free(rak);
  vcca_bytes_free(&scalar);
}

static void the_draft_04_token_is_read_verified_and_minted_again(void **state)
{
  (void)state;
  struct vcca_bytes file = check_vector("arm/draft04-delegated-resigned.cbor");
  vcca_key *cpak = published_cpak();
  struct vcca_token token;
  enum vcca_family family;
  uint8_t binding[32];
  must_decode(vcca_bytes_span(&file), &token);
  assert_true(vcca_token_family(&token, &family));
  assert_int_equal(family, VCCA_FAMILY_ARM_DRAFT_04);
  assert_true(token.platform.challenge.p == NULL && token.platform.has_client_id && token.platform.client_id == 1);
  assert_true(token.realm.has_mec_policy && token.realm.mec_policy == 1 && token.realm.instance_id.n == VCCA_UEID_SIZE);
  assert_true(signature_good(&token.platform_sign1, cpak));
  realm_signature_good(&token);
  vcca_hash(VCCA_SHA256, token.realm.public_key, binding);
  assert_true(vcca_span_eq(token.platform.workload_binding, VCCA_SPAN(binding)));
  assert_true(platform_minted_again(family, &token));
  assert_true(realm_minted_again(family, &token));
  container_made_again(family, &token);
  vcca_key_free(cpak);
  vcca_bytes_free(&file);
}

/* Each token's notation names every claim and reaches the last byte. */
static void real_tokens_are_printed_whole(void **state)
{
  (void)state;
  static const char *const files[] = {"virtcca/token_rsa.cbor", "arm/example-token.cbor",
                                      "arm/draft04-delegated-resigned.cbor", "arm/fvp_plat_attest_token.bin"};
  static char text[40000];
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    struct vcca_bytes file = check_vector(files[i]);
    struct vcca_error err = {0};
    vcca_sink out = vcca_sink_of(text, sizeof text - 1);
    char last[14];
    check_ok(vcca_cbor_diag(vcca_bytes_span(&file), vcca_claim_name, &out, &err), &err, files[i]);
    assert_true(vcca_sink_ok(&out));
    text[out.n] = '\0';
    vcca_hex_text(vcca_span_of(file.p + file.n - 6, 6), last, sizeof last);
    last[12] = '\'';
    last[13] = '\0';
    assert_non_null(strstr(text, last));
    assert_non_null(strstr(text, "/ payload / <<"));
    vcca_bytes_free(&file);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_kunpeng_token_is_read_verified_and_minted_again),
      cmocka_unit_test(published_arm_tokens_are_read_and_verified),
      cmocka_unit_test(the_example_token_is_minted_again),
      cmocka_unit_test(the_legacy_token_is_minted_again_but_for_the_order_of_claims),
      cmocka_unit_test(platform_tokens_of_el3_are_read_verified_and_minted_again),
      cmocka_unit_test(the_published_rak_hashes_to_the_published_challenges),
      cmocka_unit_test(the_draft_04_token_is_read_verified_and_minted_again),
      cmocka_unit_test(real_tokens_are_printed_whole),
  };
  return check_run(tests, NULL, NULL);
}
