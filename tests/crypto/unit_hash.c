/* Hashes, HMAC and page hashing against FIPS 180-4 examples, RFC 4231 and Python's hashlib.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "crypto/support.h"
#include "rooms/hash.h"
#include "rooms/crypto.h"

/* "abc" and the 448-bit message: NIST, "Examples with Intermediate Values" for FIPS 180-4 (SHA256.pdf,
 * SHA384.pdf, SHA512.pdf; the first two also FIPS 180-2, B.1 and B.2). The empty message: CAVP
 * SHA256ShortMsg.rsp and its siblings, Len = 0. */
static const struct {
  enum vcca_hash_alg alg;
  const char *message;
  const char *digest;
} hashes[] = {
    {VCCA_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {VCCA_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {VCCA_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {VCCA_SHA384, "",
     "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"},
    {VCCA_SHA384, "abc",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
    {VCCA_SHA512, "",
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a"
     "538327af927da3e"},
    {VCCA_SHA512, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2"
     "a9ac94fa54ca49f"},
};

static void hashes_match_fips_180_4(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
    uint8_t out[VCCA_HASH_MAX];
    vcca_hash(hashes[i].alg, vcca_span_str(hashes[i].message), out);
    check_hex(vcca_span_of(out, vcca_hash_size(hashes[i].alg)), hashes[i].digest, hashes[i].message);
  }
}

static void a_hash_of_parts_is_the_hash_of_their_concatenation(void **state)
{
  (void)state;
  uint8_t out[VCCA_HASH_MAX];
  const vcca_span parts[] = {VCCA_SPAN_LIT("a"), {NULL, 0}, VCCA_SPAN_LIT(""), VCCA_SPAN_LIT("bc")};
  vcca_hash_parts(VCCA_SHA256, parts, 4, out);
  check_hex(vcca_span_of(out, 32), hashes[1].digest, "abc in parts");
  vcca_hash_parts(VCCA_SHA256, NULL, 0, out);
  check_hex(vcca_span_of(out, 32), hashes[0].digest, "no parts");
}

/* As registers are extended: value = H(value || digest). */
static void a_digest_may_replace_one_of_its_parts(void **state)
{
  (void)state;
  for (unsigned alg = 0; alg < VCCA_HASH_ALGS; alg++) {
    size_t size = vcca_hash_size((enum vcca_hash_alg)alg);
    uint8_t value[VCCA_HASH_MAX] = {1, 2, 3}, want[VCCA_HASH_MAX];
    const vcca_span parts[] = {vcca_span_of(value, size), VCCA_SPAN_LIT("abc")};
    vcca_hash_parts((enum vcca_hash_alg)alg, parts, 2, want);
    vcca_hash_parts((enum vcca_hash_alg)alg, parts, 2, value);
    assert_memory_equal(value, want, size);
  }
}

static void names_and_numbers_of_hashes_are_as_registered(void **state)
{
  (void)state;
  enum vcca_hash_alg alg;
  for (unsigned i = 0; i < VCCA_HASH_ALGS; i++) {
    assert_true(vcca_hash_named(vcca_span_str(vcca_hash_name((enum vcca_hash_alg)i)), &alg));
    assert_int_equal(alg, i);
  }
  assert_string_equal(vcca_hash_name(VCCA_SHA384), "sha-384");
  assert_int_equal(vcca_hash_size(VCCA_SHA384), 48);
  for (unsigned i = 0; i < VCCA_HASH_ALGS; i++) {
    assert_true(vcca_hash_of_size(vcca_hash_size((enum vcca_hash_alg)i), &alg));
    assert_int_equal(alg, i);
    assert_false(vcca_hash_of_size(vcca_hash_size((enum vcca_hash_alg)i) + 1, &alg));
  }
  assert_false(vcca_hash_of_size(0, &alg));
  const char *others[] = {"", "sha-25", "sha-2567", "SHA-256", "sha256"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    assert_false(vcca_hash_named(vcca_span_str(others[i]), &alg));
}

/* RFC 4231, 4.2 (test case 1), 4.3 (2, SHA-256 only) and 4.7 (6: a key longer than a block). */
static void hmac_matches_rfc_4231(void **state)
{
  (void)state;
  uint8_t key1[20], key6[131], out[VCCA_HASH_MAX];
  memset(key1, 0x0b, sizeof key1);
  memset(key6, 0xaa, sizeof key6);
  vcca_span data6 = VCCA_SPAN_LIT("Test Using Larger Than Block-Size Key - Hash Key First");
  const struct {
    enum vcca_hash_alg alg;
    vcca_span key, data;
    const char *mac;
  } rows[] = {
      {VCCA_SHA256, VCCA_SPAN(key1), VCCA_SPAN_LIT("Hi There"),
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {VCCA_SHA384, VCCA_SPAN(key1), VCCA_SPAN_LIT("Hi There"),
       "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6"},
      {VCCA_SHA512, VCCA_SPAN(key1), VCCA_SPAN_LIT("Hi There"),
       "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f17"
       "02e696c203a126854"},
      {VCCA_SHA256, VCCA_SPAN_LIT("Jefe"), VCCA_SPAN_LIT("what do ya want for nothing?"),
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {VCCA_SHA256, VCCA_SPAN(key6), data6, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {VCCA_SHA384, VCCA_SPAN(key6), data6,
       "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952"},
      {VCCA_SHA512, VCCA_SPAN(key6), data6,
       "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0ae"
       "c8b915a985d786598"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    vcca_hmac(rows[i].alg, rows[i].key, rows[i].data, out);
    check_hex(vcca_span_of(out, vcca_hash_size(rows[i].alg)), rows[i].mac, "HMAC");
  }
}

static void each_page_is_hashed_on_its_own(void **state)
{
  (void)state;
  enum { PAGES = 5 };
  static uint8_t pages[PAGES * VCCA_PAGE];
  for (size_t i = VCCA_PAGE; i < sizeof pages; i++)
    pages[i] = (uint8_t)(i / VCCA_PAGE * i);
  for (unsigned alg = 0; alg < VCCA_HASH_ALGS; alg++) {
    uint8_t out[PAGES * VCCA_HASH_MAX], one[VCCA_HASH_MAX];
    size_t size = vcca_hash_size((enum vcca_hash_alg)alg);
    vcca_hash_pages((enum vcca_hash_alg)alg, pages, PAGES, out);
    for (size_t i = 0; i < PAGES; i++) {
      vcca_hash((enum vcca_hash_alg)alg, vcca_span_of(pages + i * VCCA_PAGE, VCCA_PAGE), one);
      assert_memory_equal(out + i * size, one, size);
    }
    assert_memory_equal(out, vcca_hash_zero_page((enum vcca_hash_alg)alg), size);
  }
}

/* SHA-256 and SHA-512 of 4096 zero bytes, as everyone publishes them who hashes empty pages (and Python's
 * hashlib). */
static void the_zero_page_has_its_known_digest(void **state)
{
  (void)state;
  check_hex(vcca_span_of(vcca_hash_zero_page(VCCA_SHA256), 32),
            "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7", "sha-256");
  check_hex(vcca_span_of(vcca_hash_zero_page(VCCA_SHA512), 64),
            "2d23913d3759ef01704a86b4bee3ac8a29002313ecc98a7424425a78170f219577822fd77e4ae96313547696ad7d5949b58e12d506"
            "3ef2ee063b595740a3a12d",
            "sha-512");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hashes_match_fips_180_4),
      cmocka_unit_test(a_hash_of_parts_is_the_hash_of_their_concatenation),
      cmocka_unit_test(a_digest_may_replace_one_of_its_parts),
      cmocka_unit_test(names_and_numbers_of_hashes_are_as_registered),
      cmocka_unit_test(hmac_matches_rfc_4231),
      cmocka_unit_test(each_page_is_hashed_on_its_own),
      cmocka_unit_test(the_zero_page_has_its_known_digest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
