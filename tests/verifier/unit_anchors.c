/* Trust anchors and reference values as files: what is read, and that everything else is refused with its
 * place.
 *
 * The JWK is the published TEST key "CPAK P-384" (veraison); the P-256 one is RFC 7517 appendix A.1's.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "vcca/verifier.h"
#include "verifier/finding.h"
#include "verifier/readers.h"
#include "rooms/crypto.h"

#define X "IShnxS4rlQiwpCCpBWDzlNLfqiG911FP8akBr-fh94uxHU5m-Kijivp2r2oxxN6M"
#define Y "hM4tr8mWQli1P61xh3T0ViDREbF26DGOEYfbAjWjGNN7pZf-6A4OTHYqEryz6m7U"
#define P384 "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X "\",\"y\":\"" Y "\"}"
#define P384_AND(more) "{\"kty\":\"EC\",\"crv\":\"P-384\"," more ",\"x\":\"" X "\",\"y\":\"" Y "\"}"
#define P256_X "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4"
#define P256_Y "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
#define PEM                                                            \
  "-----BEGIN PUBLIC KEY-----\n"                                       \
  "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEIShnxS4rlQiwpCCpBWDzlNLfqiG911FP\n" \
  "8akBr+fh94uxHU5m+Kijivp2r2oxxN6MhM4tr8mWQli1P61xh3T0ViDREbF26DGO\n" \
  "EYfbAjWjGNN7pZf+6A4OTHYqEryz6m7U\n"                                 \
  "-----END PUBLIC KEY-----\n"

static const char point_hex[] =
    "04212867c52e2b9508b0a420a90560f394d2dfaa21bdd7514ff1a901afe7e1f78bb11d4e66f8a8a38afa76af6a31c4de8c"
    "84ce2dafc9964258b53fad718774f45620d111b176e8318e1187db0235a318d37ba597fee80e0e4c762a12bcb3ea6ed4";

static void check_key(vcca_key *key, const struct vcca_error *err, const char *point)
{
  uint8_t room[VCCA_POINT_MAX];
  vcca_sink out = VCCA_SINK(room);
  check_ok(key != NULL, err, "trust anchor");
  assert_true(vcca_key_point(key, &out));
  check_hex(vcca_sink_span(&out), point, "point");
  vcca_key_free(key);
}

static void a_jwk_and_its_pem_are_the_same_key(void **state)
{
  (void)state;
  static const char *const texts[] = {
      P384,
      "\n \t" P384 "\n",
      P384_AND("\"alg\":\"ES384\",\"use\":\"sig\",\"key_ops\":[\"sign\",\"verify\"],\"kid\":\"1\",\"ext\":true"),
      PEM,
      "\n" PEM,
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct vcca_error err = {0};
    check_key(vcca_anchor_read(vcca_span_str(texts[i]), &err), &err, point_hex);
  }
}

static void a_jwk_may_be_of_another_curve(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  vcca_key *key = vcca_anchor_read(
      vcca_span_str("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"}"), &err);
  check_key(key, &err,
            "0430a0424cd21c2944838a2d75c92b37e76ea20d9f00893a3b4eee8a3c0aafec3e"
            "e04b65e92456d9888b52b379bdfbd51ee869ef1f0fc65b6659695b6cce081723");
}

static const struct refusal {
  const char *text;
  const char *reason; /* in the whole message, with its place */
} bad_keys[] = {
    {"", "empty"},
    {"  \n", "empty"},
    {"{", "1:1: not JSON"},
    {"{\"kty\":\"EC\",\n\"kty\":\"EC\"}", "2:5: not JSON: duplicate object key"},
    {P384 "x", "not JSON: end of file expected"},
    {"{\"a\\u0000b\":1}", "not JSON"},
    {"{}", "\"kty\" is missing"},
    {"{\"kty\":1}", "\"kty\" must be a string"},
    {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}", "\"kty\" must be \"EC\""},
    {"{\"kty\":\"EC\",\"crv\":\"secp256k1\"}", "\"crv\" must be"},
    {"{\"keys\":[" P384 "]}", "set of keys"},
    {"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X "\"}", "\"y\" is missing"},
    {"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X "\",\"y\":\"" P256_Y "\"}", "\"y\" must be 48 bytes"},
    {"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X "A\",\"y\":\"" Y "\"}", "\"x\" must be 48 bytes"},
    {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "=\",\"y\":\"" P256_Y "\"}",
     "\"x\" must be 32 bytes in base64url without padding (43 characters)"},
    {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D5\",\"y\":\"" P256_Y "\"}",
     "\"x\" must be 32 bytes"}, /* a bit left over */
    {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D+\",\"y\":\"" P256_Y "\"}",
     "\"x\" must be 32 bytes"}, /* plain base64 */
    {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"" P256_Y "\"}", "\"x\" must be 32 bytes"},
    {P384_AND("\"d\":\"AAAA\""), "\"d\" is the private key"},
    {P384_AND("\"alg\":\"ES256\""), "\"alg\" must be \"ES384\""},
    {P384_AND("\"alg\":384"), "\"alg\" must be a string"},
    {P384_AND("\"use\":\"enc\""), "\"use\" must be \"sig\""},
    {P384_AND("\"key_ops\":[\"sign\"]"), "\"key_ops\" does not allow"},
    {P384_AND("\"key_ops\":\"verify\""), "\"key_ops\" does not allow"},
    {"[" P384 "]", ""},
    {"-----BEGIN PUBLIC KEY-----\nMHYw\n-----END PUBLIC KEY-----\n", ""},
    {"-----BEGIN PUBLIC KEY-----\n", ""},
    {"IShnxS4rlQiwpCCpBWDz", ""},
};

static void check_refusal(const struct refusal *row, const struct vcca_error *err)
{
  char text[800];
  vcca_error_text(err, text, sizeof text);
  if (err->fault == VCCA_FAULT_NONE || err->text[0] == '\0')
    fail_msg("%s\n is refused without a word", row->text);
  if (strstr(text, row->reason) == NULL)
    fail_msg("%s\n   is refused with \"%s\"\n instead of \"%s\"", row->text, text, row->reason);
  for (const char *c = text; *c != '\0'; c++)
    assert_in_range(*c, ' ', '~');
}

static void what_is_no_public_key_is_refused_with_its_place(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof bad_keys / sizeof bad_keys[0]; i++) {
    struct vcca_error err = {0};
    vcca_key *key = vcca_anchor_read(vcca_span_str(bad_keys[i].text), &err);
    if (key != NULL)
      fail_msg("accepted: %s", bad_keys[i].text);
    check_refusal(&bad_keys[i], &err);
  }
}

static void a_point_off_the_curve_is_refused(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  assert_null(
      vcca_anchor_read(vcca_span_str("{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" Y "\",\"y\":\"" X "\"}"), &err));
  assert_int_not_equal(err.fault, VCCA_FAULT_NONE);
}

/* --- Trust anchor store ---------------------------------------------------------------------------------- */

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ENTRY(instance, key) "{\"pkey\":" key ",\"implementation-id\":\"" ZEROS "\",\"instance-id\":\"" instance "\"}"
#define P256_KEY "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"}"
#define ONE "01" ZEROS
#define MIXED "01AB000000000000000000000000000000000000000000000000000000000000"
#define TWO MIXED "00"

static vcca_key *find(const char *store, uint8_t second, struct vcca_error *err)
{
  uint8_t instance_id[33] = {1, second}, implementation_id[32] = {0};
  const struct vcca_platform_claims platform = {.implementation_id = VCCA_SPAN(implementation_id),
                                                .instance_id = VCCA_SPAN(instance_id)};
  return vcca_anchor_find(vcca_span_str(store), &platform, err);
}

static void the_store_gives_the_key_of_the_instance(void **state)
{
  (void)state;
  static const char store[] = "[" ENTRY(ONE, P256_KEY) ",\n" ENTRY(TWO, P384) "]";
  struct vcca_error err = {0};
  check_key(find(store, 0xab, &err), &err, point_hex);
  vcca_key *key = find(store, 0, &err);
  assert_non_null(key);
  assert_int_equal(vcca_key_type(key), VCCA_KEY_P256);
  vcca_key_free(key);
}

/* As CoRIMs may, a store may say the same key twice. */
static void two_anchors_of_an_instance_must_be_the_same(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  vcca_key *key = find("[" ENTRY(ONE, P256_KEY) "," ENTRY(ONE, P256_KEY) "]", 0, &err);
  assert_non_null(key);
  vcca_key_free(key);
  assert_null(find("[" ENTRY(ONE, P256_KEY) "," ENTRY(ONE, P384) "]", 0, &err));
  assert_non_null(strstr(err.text, "both anchors of the token's instance, and differ"));
}

static void an_unknown_instance_is_not_the_stores_fault(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  assert_null(find("[" ENTRY(ONE, P384) "]", 7, &err));
  assert_int_equal(err.fault, VCCA_FAULT_UNSUPPORTED);
  assert_null(find("[]", 0, &err));
  assert_int_equal(err.fault, VCCA_FAULT_UNSUPPORTED);
  uint8_t shorter[32] = {1}, implementation_id[32] = {0};
  const struct vcca_platform_claims platform = {.implementation_id = VCCA_SPAN(implementation_id),
                                                .instance_id = VCCA_SPAN(shorter)};
  assert_null(vcca_anchor_find(vcca_span_str("[" ENTRY(ONE, P384) "]"), &platform, &err));
  assert_int_equal(err.fault, VCCA_FAULT_UNSUPPORTED);
}

#define OTHER_IMPLEMENTATION(instance, key)                        \
  "{\"pkey\":" key ",\"implementation-id\":\"01"                   \
  "00000000000000000000000000000000000000000000000000000000000000" \
  "\",\"instance-id\":\"" instance "\"}"

static void an_anchor_of_another_implementation_is_none(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  assert_null(find("[" OTHER_IMPLEMENTATION(ONE, P384) "]", 0, &err));
  assert_int_equal(err.fault, VCCA_FAULT_UNSUPPORTED);
  assert_non_null(strstr(err.text, "another implementation id"));
  check_key(find("[" OTHER_IMPLEMENTATION(TWO, P256_KEY) "," ENTRY(TWO, P384) "]", 0xab, &err), &err, point_hex);
  check_key(find("[" ENTRY(TWO, P384) "," OTHER_IMPLEMENTATION(TWO, P256_KEY) "]", 0xab, &err), &err, point_hex);
}

static const struct refusal bad_stores[] = {
    {"", "not JSON"},
    {"[", "1:1: not JSON"},
    {"{}", "is a JSON array"},
    {"[7]", "\"[0]\" must be an object"},
    {"[" ENTRY(ONE, P384) ",{}]", "\"[1].implementation-id\" is missing"},
    {"[{\"pkey\":" P384 ",\"implementation-id\":\"" ZEROS "\"}]", "\"[0].instance-id\" is missing"},
    {"[{\"implementation-id\":\"" ZEROS "\",\"instance-id\":\"" ONE "\"}]", "\"[0].pkey\" is missing"},
    {"[{\"pkey\":" P384 ",\"implementation-id\":\"00\",\"instance-id\":\"" ONE "\"}]",
     "\"[0].implementation-id\" holds 1 bytes; it must be 32"},
    {"[" ENTRY("01", P384) "]", "\"[0].instance-id\" holds 1 bytes; it must be 33"},
    {"[" ENTRY(ONE "00", P384) "]", "\"[0].instance-id\""},
    {"[" ENTRY("01zz", P384) "]", "\"[0].instance-id\", character 2: 'z'"},
    {"[" ENTRY("02" ZEROS, P384) "]", "\"[0].instance-id\" must start with 01"},
    {"[" ENTRY(ONE, "\"text\"") "]", "[0].pkey: a JWK is a JSON object"},
    {"[" ENTRY(ONE, "{\"kty\":\"EC\",\"crv\":\"P-384\"}") "]", "\"[0].pkey.x\" is missing"},
    {"[" ENTRY(ONE, P384) "," ENTRY(TWO, "{\"kty\":\"RSA\"}") "]", "\"[1].pkey.crv\" is missing"},
    {"[" ENTRY(ONE, P384) ",{\"instanceid\":1,\"pkey\":" P384 ",\"implementation-id\":\"" ZEROS
                          "\",\"instance-id\":\"" TWO "\"}]",
     "\"[1].instanceid\" is not known here"},
    {"[" ENTRY(ONE, P384) "," ENTRY(ONE, P256_KEY) "]", "\"[0]\" and \"[1]\" are both"},
};

static void a_broken_store_is_refused_as_a_whole(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof bad_stores / sizeof bad_stores[0]; i++) {
    struct vcca_error err = {0};
    if (find(bad_stores[i].text, 0, &err) != NULL)
      fail_msg("accepted: %s", bad_stores[i].text);
    assert_int_equal(err.fault, VCCA_FAULT_MALFORMED);
    check_refusal(&bad_stores[i], &err);
  }
}

/* --- Reference values ------------------------------------------------------------------------------------ */

#define IMAGES(grub, kernels, alg) \
  "{\"grub\":\"" grub "\",\"grub.cfg\":\"" ZEROS "\",\"kernels\":" kernels ",\"hash_alg\":\"" alg "\"}"
#define KERNEL "{\"kernel\":\"" ZEROS "\",\"initramfs\":\"" ZEROS "\"}"

static const struct refusal bad_images[] = {
    {"[]", "is a JSON object"},
    {"{\"grub\":\"\"}", "\"hash_alg\" is missing"},
    {IMAGES(ZEROS, "[" KERNEL "]", "sha256"), "\"hash_alg\" must be"},
    {IMAGES(ZEROS, "[" KERNEL "]", "sha-512"), "\"grub\" holds 32 bytes; it must be 64"},
    {IMAGES("NOT_FOUND", "[" KERNEL "]", "sha-256"), "\"grub\", character 0: 'N'"},
    {IMAGES(ZEROS, "[]", "sha-256"), "\"kernels\" must be an array of at least one"},
    {IMAGES(ZEROS, "{}", "sha-256"), "\"kernels\" must be an array of at least one"},
    {IMAGES(ZEROS, "[" KERNEL ",1]", "sha-256"), "\"kernels[1]\" must be an object"},
    {IMAGES(ZEROS, "[" KERNEL ",{\"kernel\":\"" ZEROS "\"}]", "sha-256"), "\"kernels[1].initramfs\" is missing"},
    {IMAGES(ZEROS, "[{\"kernel\":7}]", "sha-256"), "\"kernels[0].kernel\" must be a string"},
    {IMAGES(ZEROS, "[" KERNEL "], \"shim\": 7", "sha-256"), "\"shim\" must be a string"},
    {IMAGES(ZEROS, "[" KERNEL "], \"configs\": 7", "sha-256"), "\"configs\" must be an array of at most 8 digests"},
    {IMAGES(ZEROS, "[" KERNEL "], \"configs\": [\"" ZEROS "\", \"00\"]", "sha-256"),
     "\"configs[1]\" must be 32 bytes in hex"},
};

static void a_broken_image_reference_is_refused_with_its_place(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof bad_images / sizeof bad_images[0]; i++) {
    struct vcca_error err = {0};
    struct image_reference reference;
    assert_false(image_reference_read(vcca_span_str(bad_images[i].text), &reference, &err));
    check_refusal(&bad_images[i], &err);
  }
}

static void image_references_may_be_upper_case_and_say_more_than_is_read(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct image_reference reference;
  static const char good[] = "{\"comment\":1,\"hash_alg\":\"sha-256\",\"grub\":\"" MIXED "\",\"grub.cfg\":\"" ZEROS
                             "\",\"kernels\":[" KERNEL "," KERNEL "]}";
  check_ok(image_reference_read(vcca_span_str(good), &reference, &err), &err, "image reference");
  assert_int_equal(reference.grub.bytes[1], 0xab);
  assert_int_equal(reference.kernel_count, 2);
  assert_false(reference.shim.given || reference.kernels[0].application.given || reference.config_count > 0);
  image_reference_free(&reference);
}

static void an_image_reference_may_name_shim_more_configurations_and_the_kernel_as_application(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct image_reference reference;
  static const char good[] =
      "{\"hash_alg\":\"sha-256\",\"grub\":\"" ZEROS "\",\"grub.cfg\":\"" ZEROS "\",\"shim\":\"" MIXED
      "\",\"configs\":[\"" ZEROS "\",\"" MIXED "\"],\"kernels\":[{\"kernel\":\"" ZEROS "\",\"initramfs\":\"" ZEROS
      "\",\"application\":\"" MIXED "\"}]}";
  check_ok(image_reference_read(vcca_span_str(good), &reference, &err), &err, "image reference");
  assert_int_equal(reference.shim.bytes[1], 0xab);
  assert_int_equal(reference.config_count, 2);
  assert_int_equal(reference.configs[1].bytes[1], 0xab);
  assert_int_equal(reference.kernels[0].application.bytes[1], 0xab);
  image_reference_free(&reference);
}

#define COMPONENT(name, hex, alg) \
  "{\"firware_name\":\"" name "\",\"measurement\":\"" hex "\",\"firware_version\":\"1\",\"hash_algorithm\":\"" alg "\"}"

static const struct refusal bad_components[] = {
    {"[]", "platform reference: a platform reference is"},
    {"{\"measure_value\":{}}", "a platform reference is"},
    {"{\"measure_value\":[1]}", "\"measure_value[0]\" must be an object"},
    {"{\"measure_value\":[{\"firmware_name\":\"a\"}]}", "\"measure_value[0].firware_name\" is missing"},
    {"{\"measure_value\":[" COMPONENT("a", ZEROS, "sha-256") "," COMPONENT("a", "00", "sha-256") "]}",
     "\"measure_value[1].measurement\" holds 1 bytes"},
    {"{\"measure_value\":[" COMPONENT("a", ZEROS, "md5") "]}", "\"measure_value[0].hash_algorithm\" must be"},
};

static void a_broken_platform_reference_is_unreadable(void **state)
{
  (void)state;
  struct vcca_platform_claims platform = {0};
  for (size_t i = 0; i < sizeof bad_components / sizeof bad_components[0]; i++) {
    struct vcca_finding f = {0};
    check_components(vcca_span_str(bad_components[i].text), &platform, &f);
    assert_int_equal(f.outcome, VCCA_FAIL);
    assert_true(f.unreadable);
    if (strstr(f.reason, bad_components[i].reason) == NULL)
      fail_msg("%s\n   is refused with \"%s\"\n instead of \"%s\"", bad_components[i].text, f.reason,
               bad_components[i].reason);
  }
}

static void a_platform_without_components_answers_no_reference(void **state)
{
  (void)state;
  struct vcca_platform_claims platform = {0};
  struct vcca_finding f = {0};
  check_components(vcca_span_str("{\"measure_value\":[]}"), &platform, &f);
  assert_int_equal(f.outcome, VCCA_FAIL);
  assert_false(f.unreadable);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_jwk_and_its_pem_are_the_same_key),
      cmocka_unit_test(a_jwk_may_be_of_another_curve),
      cmocka_unit_test(what_is_no_public_key_is_refused_with_its_place),
      cmocka_unit_test(a_point_off_the_curve_is_refused),
      cmocka_unit_test(the_store_gives_the_key_of_the_instance),
      cmocka_unit_test(two_anchors_of_an_instance_must_be_the_same),
      cmocka_unit_test(an_unknown_instance_is_not_the_stores_fault),
      cmocka_unit_test(an_anchor_of_another_implementation_is_none),
      cmocka_unit_test(a_broken_store_is_refused_as_a_whole),
      cmocka_unit_test(a_broken_image_reference_is_refused_with_its_place),
      cmocka_unit_test(image_references_may_be_upper_case_and_say_more_than_is_read),
      cmocka_unit_test(an_image_reference_may_name_shim_more_configurations_and_the_kernel_as_application),
      cmocka_unit_test(a_broken_platform_reference_is_unreadable),
      cmocka_unit_test(a_platform_without_components_answers_no_reference),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
