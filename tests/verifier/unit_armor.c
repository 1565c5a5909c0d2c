/* Text taken for the bytes it stands for. The forms are RFC 4648's and RFC 7468's; the JSON is that of
 * attestation services and of CMW.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <string.h>

#include "rooms/armor.h"
#include "rooms/file.h"

/* d9018fa0ff: a byte above 7f at each end, and digits 62 and 63 of base64 in its last group. */
static const uint8_t want[] = {0xd9, 0x01, 0x8f, 0xfb, 0xff};

static void set(struct vcca_bytes *b, const char *text)
{
  check_ok(vcca_bytes_alloc(b, strlen(text), NULL), NULL, "room");
  memcpy(b->p, text, strlen(text));
}

static void every_form_stands_for_the_same_bytes(void **state)
{
  (void)state;
  static const struct {
    enum vcca_armor armor;
    const char *text;
  } rows[] = {
      {VCCA_ARMOR_HEX, "d9018ffbff"},
      {VCCA_ARMOR_HEX, "D9 01 8F FB FF\n"},
      {VCCA_ARMOR_HEX, "0xd9, 0x01, 0x8f,\r\n 0xFB, 0Xff"},
      {VCCA_ARMOR_HEX, "0xd9018ffbff"},
      {VCCA_ARMOR_HEX, "d9:01:8f:fb:ff"},
      {VCCA_ARMOR_HEX, "\xef\xbb\xbf\td9018ffbff"},
      {VCCA_ARMOR_BASE64, "2QGP+/8="},
      {VCCA_ARMOR_BASE64, "2QGP-_8"},
      {VCCA_ARMOR_BASE64, "2QGP\n+/8=\n"},
      {VCCA_ARMOR_PEM, "-----BEGIN CCA TOKEN-----\n2QGP\n+/8=\n-----END CCA TOKEN-----\n"},
      {VCCA_ARMOR_JSON, "\"2QGP-_8\""},
      {VCCA_ARMOR_JSON, "{\"cca-token\": \"2QGP+/8=\"}"},
      {VCCA_ARMOR_JSON, "{\"any\": \"d9018ffbff\"}"},
      {VCCA_ARMOR_JSON, "{\"tee\": \"cca\", \"token\": [217, 1, 143, 251, 255]}"},
      {VCCA_ARMOR_JSON,
       "{\"tee\": \"virtcca\", \"evidence\": \"{\\\"evidence\\\": [217,1,143,251,255], \\\"dev_cert\\\": [1]}\"}"},
      {VCCA_ARMOR_JSON, "[\"application/eat+cwt\", \"2QGP-_8\"]"},
      {VCCA_ARMOR_JSON, "[263, \"2QGP-_8\", 4]"},
      {VCCA_ARMOR_JSON, "{\"nonce\": \"\xc3\xa9\", \"cmw\": [\"application/eat+cwt\", \"2QGP-_8\"]}"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_bytes b = {0};
    struct vcca_error err = {0};
    enum vcca_armor armor;
    set(&b, rows[i].text);
    check_ok(vcca_armor_open(&b, VCCA_ARMOR_TOKEN, &armor, &err), &err, rows[i].text);
    if (armor != rows[i].armor || b.n != sizeof want || memcmp(b.p, want, sizeof want) != 0)
      fail_msg("%s: %s of %zu bytes", rows[i].text, vcca_armor_name(armor), b.n);
    vcca_bytes_free(&b);
  }
}

static void binary_stays_as_it_is(void **state)
{
  (void)state;
  static const struct {
    const char *bytes;
    size_t n;
  } rows[] = {{"\xd9\x01\x8f\xa0", 4}, {"", 0},         {"\0\0\0\0abc", 7}, {"d2\x84", 3},
              {"abc\x7f", 4},          {"2QGP\xff", 5}, {"   ", 3}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_bytes b = {0};
    enum vcca_armor armor;
    assert_true(vcca_bytes_alloc(&b, rows[i].n, NULL));
    memcpy(b.p, rows[i].bytes, rows[i].n);
    assert_true(vcca_armor_open(&b, VCCA_ARMOR_TOKEN, &armor, NULL));
    assert_int_equal(armor, VCCA_ARMOR_NONE);
    assert_true(b.n == rows[i].n && memcmp(b.p, rows[i].bytes, b.n) == 0);
    vcca_bytes_free(&b);
  }
}

static void a_text_that_stands_for_nothing_says_what_it_looks_like(void **state)
{
  (void)state;
  static const struct {
    const char *text, *words;
  } rows[] = {
      {"hello, world", "neither hexadecimal, base64, PEM nor JSON"},
      {"2QGP+/8==", "neither hexadecimal"},
      {"2QGP=+/8", "neither hexadecimal"},
      {"2QGPx", "neither hexadecimal"},
      {"d9018fa219acca5901a8d28444a1013822a059019ba91901095", "neither hexadecimal"}, /* an odd number of digits */
      {"-----BEGIN X-----\n2QGP", "PEM text"},
      {"{\"a\": \"00\", \"b\": \"01\"}", "without a member that could hold it"},
      {"{\"cca-platform-token\": {\"x\": 1}, \"cca-realm-delegated-token\": {}}",
       "without a member that could hold it"},
      {"{\"token\": ", "not JSON"},
      {"[1, 256]", "element 1 is no byte"},
      {"[1, -1]", "element 1 is no byte"},
      {"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":\"00\"}}}}}", "more than 4 levels"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_bytes b = {0};
    struct vcca_error err = {0};
    enum vcca_armor armor;
    set(&b, rows[i].text);
    if (vcca_armor_open(&b, VCCA_ARMOR_TOKEN, &armor, &err) || strstr(err.text, rows[i].words) == NULL)
      fail_msg("%s: %s instead of %s", rows[i].text, err.text, rows[i].words);
    assert_true(b.n == strlen(rows[i].text) && memcmp(b.p, rows[i].text, b.n) == 0);
    vcca_bytes_free(&b);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_form_stands_for_the_same_bytes),
      cmocka_unit_test(binary_stays_as_it_is),
      cmocka_unit_test(a_text_that_stands_for_nothing_says_what_it_looks_like),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
