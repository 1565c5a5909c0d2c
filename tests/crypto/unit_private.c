/* EC private keys in PEM as openssl writes them; they are TEST keys made for this and guard nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "crypto/key.h"
#include "rooms/crypto.h"

static const char sec1_p384[] = "-----BEGIN EC PRIVATE KEY-----\n"
                                "MIGkAgEBBDCEmJZY3eLo0RQviIL+9qAi73uqWqhzTuA+IPL7YcQ+btpUBK3qU/Nt\n"
                                "3aIS9aZfhiigBwYFK4EEACKhZANiAARi12cuyjYYkAF9DfJxNju7VlRAAUDiWman\n"
                                "bvzJecW1Mh19W6cagJWtmzFfgMDhpPu0zNNgrPq9/31Hl47OjiaKX3RvNRigYUPo\n"
                                "1S6y0XJx+WXaGz1bac0EyIi2+q/ATpE=\n"
                                "-----END EC PRIVATE KEY-----\n";
static const char pkcs8_p384[] = "-----BEGIN PRIVATE KEY-----\n"
                                 "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCEmJZY3eLo0RQviIL+\n"
                                 "9qAi73uqWqhzTuA+IPL7YcQ+btpUBK3qU/Nt3aIS9aZfhiihZANiAARi12cuyjYY\n"
                                 "kAF9DfJxNju7VlRAAUDiWmanbvzJecW1Mh19W6cagJWtmzFfgMDhpPu0zNNgrPq9\n"
                                 "/31Hl47OjiaKX3RvNRigYUPo1S6y0XJx+WXaGz1bac0EyIi2+q/ATpE=\n"
                                 "-----END PRIVATE KEY-----\n";
static const char pkcs8_p256[] = "-----BEGIN PRIVATE KEY-----\n"
                                 "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgV55tR0zVEuBzVIms\n"
                                 "JyF9oYGMDsW6x+AaSmrCzPSFR5ShRANCAAQ+e5J0ovQN9/mse/tJ/mw9O91hWVY3\n"
                                 "S7vZu/QRceHW1AFCINLAncFLbr7Jc1f7vL62qj8KjGuzO79RuW5OjoM1\n"
                                 "-----END PRIVATE KEY-----\n";
static const char sec1_p521[] = "-----BEGIN EC PARAMETERS-----\n"
                                "BgUrgQQAIw==\n"
                                "-----END EC PARAMETERS-----\n"
                                "-----BEGIN EC PRIVATE KEY-----\n"
                                "MIHcAgEBBEIB3fu6fatokIRGBLzYb6OdLFtuiPWXVQXeeKQrgVij9tPUColtSMo4\n"
                                "UqInHY00WUFHg+rUiJJijjiXkBuxqLv+caWgBwYFK4EEACOhgYkDgYYABADkXEQG\n"
                                "OvEjnJAzcP+r/aQKWKxNx7p/Dpdj4klBAZ5eVIdioJDMKgm1qqqkAa2lVXnUk3Ae\n"
                                "3OrNdTefT4EUAo23cwCyLvnBfSNvGu8zdrUQqVlwryDBBO9y0jilz2bpAdZrjA37\n"
                                "y+8stx3EZByopEUzwjeC65+NsA8PWWFbqDwboYWeFg==\n"
                                "-----END EC PRIVATE KEY-----\n";

static const struct {
  const char *pem;
  enum vcca_key_type type;
  const char *point; /* by `openssl ec -text` */
} keys[] = {
    {sec1_p384, VCCA_KEY_P384,
     "0462d7672eca361890017d0df271363bbb5654400140e25a66a76efcc979c5b5321d7d5ba71a8095ad9b315f80c0e1a4fbb4ccd360acfabdf"
     "f7d47978ece8e268a5f746f3518a06"
     "143e8d52eb2d17271f965da1b3d5b69cd04c888b6faafc04e91"},
    {pkcs8_p384, VCCA_KEY_P384,
     "0462d7672eca361890017d0df271363bbb5654400140e25a66a76efcc979c5b5321d7d5ba71a8095ad9b315f80c0e1a4fbb4ccd360acfabdf"
     "f7d47978ece8e268a5f746f3518a06"
     "143e8d52eb2d17271f965da1b3d5b69cd04c888b6faafc04e91"},
    {pkcs8_p256, VCCA_KEY_P256,
     "043e7b9274a2f40df7f9ac7bfb49fe6c3d3bdd615956374bbbd9bbf41171e1d6d4014220d2c09dc14b6ebec97357fbbcbeb6aa3f0a8c6bb33"
     "bbf51b96e4e8e8335"},
    {sec1_p521, VCCA_KEY_P521,
     "0400e45c44063af1239c903370ffabfda40a58ac4dc7ba7f0e9763e24941019e5e548762a090cc2a09b5aaaaa401ada55579d493701edceac"
     "d75379f4f8114028db77300b22ef9c"
     "17d236f1aef3376b510a95970af20c104ef72d238a5cf66e901d66b8c0dfbcbef2cb71dc4641ca8a44533c23782eb9f8db00f0f59615ba83c"
     "1ba1859e16"},
};
enum { KEYS = sizeof keys / sizeof keys[0] };

static void a_private_key_in_pem_is_the_pair_that_openssl_made(void **state)
{
  (void)state;
  for (size_t i = 0; i < KEYS; i++) {
    struct vcca_error err = {0};
    uint8_t room[VCCA_POINT_MAX];
    vcca_sink point = VCCA_SINK(room);
    vcca_key *key = vcca_key_from_private_pem(vcca_span_str(keys[i].pem), &err);
    check_ok(key != NULL, &err, "private key");
    assert_int_equal(vcca_key_type(key), keys[i].type);
    assert_true(vcca_key_is_pair(key));
    assert_true(vcca_key_point(key, &point));
    check_hex(vcca_sink_span(&point), keys[i].point, "point");
    vcca_key_free(key);
  }
}

/* The DER is base64 of four characters to three bytes: any character may be spoilt. */
static void no_character_of_a_private_key_may_change(void **state)
{
  (void)state;
  for (size_t i = 0; i < KEYS; i++) {
    char text[1024];
    size_t n = strlen(keys[i].pem), changed = 0, accepted = 0;
    memcpy(text, keys[i].pem, n + 1);
    char *from = strstr(text, "PRIVATE KEY-----") + 17, *to = strstr(from, "-----END");
    for (char *c = from; c < to; c++) {
      char was = *c;
      if (was == '\n' || was == '=')
        continue;
      *c = was == 'A' ? 'B' : 'A';
      vcca_key *key = vcca_key_from_private_pem(vcca_span_str(text), NULL);
      vcca_key_free(key);
      accepted += key != NULL;
      changed++;
      *c = was;
    }
    assert_true(changed > 150);
    assert_in_range(accepted, 0, 1); /* the bits left over at the end */
  }
}

static void what_is_no_unencrypted_ec_key_is_refused(void **state)
{
  (void)state;
  static const char *const texts[] = {
      "",
      "text",
      "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n",
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMFkw\n-----END ENCRYPTED PRIVATE KEY-----\n",
      "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
      "-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n",
      /* no curve */
      ("-----BEGIN EC PRIVATE KEY-----\nMCUCAQEEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB\n"
       "-----END EC PRIVATE KEY-----\n"),
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    struct vcca_error err = {0};
    if (vcca_key_from_private_pem(vcca_span_str(texts[i]), &err) != NULL)
      fail_msg("accepted: %s", texts[i]);
    assert_int_not_equal(err.fault, VCCA_FAULT_NONE);
    assert_true(err.text[0] != '\0');
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_private_key_in_pem_is_the_pair_that_openssl_made),
      cmocka_unit_test(no_character_of_a_private_key_may_change),
      cmocka_unit_test(what_is_no_unencrypted_ec_key_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
