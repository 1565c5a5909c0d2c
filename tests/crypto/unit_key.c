/* EC and RSA keys: made from seeds, scalars, points and SubjectPublicKeyInfo.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "crypto/support.h"
#include "rooms/crypto.h"

/* d and the point of HKDF-SHA256(00..1f, "vcca test") by the rule in the header: Python's hmac for HKDF, its
 * cryptography package for the curve. */
static const struct {
  enum vcca_key_type type;
  const char *scalar;
  const char *point;
} pairs[] = {
    {VCCA_KEY_P256, "81437b54084e0395f1776934db7136433d0c6d5a5f0dd8d53805e3647da64f25",
     "040b4aec1a2925d105803ce40177a9c66872191c522006560f051f38cb6910b6efbb209a5b698048f98f160c95eb46c1b236fa698f97d63e0"
     "4ed4d188d4e14d5fa"},
    {VCCA_KEY_P384, "81437b54084e0395f1776934db7136433d0c6d5a5f0dd8d53805e3647da64f247a21b41ff8bd4e5dece31f699acede1b",
     "045915eb18c97a9aa71abdbba4e8cfbf0bb928e456fad6afdce57e120f5ab074366b6ff2ff0ea497db639a1b6d0ae940ce7f45321b9a52fa2"
     "58aea933b533ccdfa"
     "73d74a66fecb6184316711d9613b3dd1ed8da1781b1664ebe64ca677d05416c1"},
    {VCCA_KEY_P521,
     "01437b54084e0395f1776934db7136433d0c6d5a5f0dd8d53805e3647da64f247a21b41ff8bd4e5dece31f699acede1a20c6aa9db925af0e0"
     "8500e627cf184"
     "e0f680",
     "04014d0634581d6879f299cb3de7798d8ee0c072d48dc91aa6d686137432c89bb8a0ef76b173609116ec2c36e709e942c901ce6be63ed72cb"
     "e155d07fe4fb68afb6a"
     "0f0103ef77529147fb2fd09e64e85ed0324eaeb16a8e17e51e628955d599042ee256f537b3720514dec725d5330afb47181fd7b179ceac814"
     "7e3d985d512d7b4e139"
     "4a"},
};
enum { PAIRS = sizeof pairs / sizeof *pairs };

static vcca_span point_of(const vcca_key *key, uint8_t *buffer)
{
  vcca_sink sink = vcca_sink_of(buffer, VCCA_POINT_MAX);
  assert_true(vcca_key_point(key, &sink));
  return vcca_sink_span(&sink);
}

static vcca_span spki_of(const vcca_key *key, uint8_t *buffer)
{
  vcca_sink sink = vcca_sink_of(buffer, VCCA_SPKI_MAX);
  assert_true(vcca_key_spki(key, &sink));
  return vcca_sink_span(&sink);
}

static void a_seed_gives_the_key_of_the_stated_rule(void **state)
{
  (void)state;
  for (size_t i = 0; i < PAIRS; i++) {
    struct vcca_error err = {0};
    uint8_t buffer[VCCA_POINT_MAX];
    vcca_key *key = seeded(pairs[i].type, "vcca test"),
             *same = vcca_key_from_scalar(pairs[i].type, unhex(pairs[i].scalar), &err);
    check_ok(same != NULL, &err, "key from scalar");
    check_hex(point_of(key, buffer), pairs[i].point, vcca_key_type_name(pairs[i].type));
    assert_true(vcca_key_same(key, same));
    assert_true(vcca_key_is_pair(key));
    vcca_key_free(key);
    vcca_key_free(same);
  }
}

static void another_info_gives_another_key(void **state)
{
  (void)state;
  vcca_key *a = seeded(VCCA_KEY_P384, "a"), *b = seeded(VCCA_KEY_P384, "b");
  assert_false(vcca_key_same(a, b));
  vcca_key_free(a);
  vcca_key_free(b);
}

/* The orders n of the curves (SEC 2, 2.4.2, 2.5.1, 2.6.1): d = n and d = 0 are refused, d = n - 1 is the
 * largest. */
static void a_scalar_lies_between_one_and_the_order(void **state)
{
  (void)state;
  static const struct {
    enum vcca_key_type type;
    const char *order;
  } rows[] = {
      {VCCA_KEY_P256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"},
      {VCCA_KEY_P384,
       "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"},
      {VCCA_KEY_P521, "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709"
                      "a5d03bb5c9b8899c47aebb6fb71e91386409"},
  };
  for (size_t i = 0; i < 3; i++) {
    uint8_t d[66], zero[66] = {0};
    vcca_sink sink = VCCA_SINK(d);
    vcca_sink_put(&sink, unhex(rows[i].order));
    assert_null(vcca_key_from_scalar(rows[i].type, vcca_sink_span(&sink), NULL));
    assert_null(vcca_key_from_scalar(rows[i].type, vcca_span_of(zero, sink.n), NULL));
    d[sink.n - 1]--;
    assert_null(vcca_key_from_scalar(rows[i].type, vcca_span_of(d, sink.n - 1), NULL));
    vcca_key *largest = vcca_key_from_scalar(rows[i].type, vcca_sink_span(&sink), NULL);
    assert_non_null(largest);
    vcca_key_free(largest);
  }
}

static void a_point_off_its_curve_is_refused(void **state)
{
  (void)state;
  for (size_t i = 0; i < PAIRS; i++) {
    uint8_t point[VCCA_POINT_MAX];
    vcca_sink sink = VCCA_SINK(point);
    vcca_sink_put(&sink, unhex(pairs[i].point));
    vcca_key *key = vcca_key_from_point(pairs[i].type, vcca_sink_span(&sink), NULL);
    assert_non_null(key);
    assert_false(vcca_key_is_pair(key));
    vcca_key_free(key);
    for (size_t at = 1; at < sink.n; at += 7) {
      point[at] ^= 1;
      assert_null(vcca_key_from_point(pairs[i].type, vcca_sink_span(&sink), NULL));
      point[at] ^= 1;
    }
    memset(point + 1, 0, sink.n - 1);
    assert_null(vcca_key_from_point(pairs[i].type, vcca_sink_span(&sink), NULL));
    memset(point + 1, 0xff, sink.n - 1); /* coordinates beyond the field */
    assert_null(vcca_key_from_point(pairs[i].type, vcca_sink_span(&sink), NULL));
  }
}

static void only_an_uncompressed_point_of_the_right_length_is_a_point(void **state)
{
  (void)state;
  for (size_t i = 0; i < PAIRS; i++) {
    uint8_t point[VCCA_POINT_MAX + 1] = {0};
    vcca_sink sink = VCCA_SINK(point);
    vcca_sink_put(&sink, unhex(pairs[i].point));
    size_t n = sink.n;
    assert_null(vcca_key_from_point(pairs[i].type, vcca_span_of(point, n - 1), NULL));
    assert_null(vcca_key_from_point(pairs[i].type, vcca_span_of(point, n + 1), NULL));
    assert_null(vcca_key_from_point(pairs[i].type, vcca_span_of(point + 1, n - 1), NULL));
    assert_null(vcca_key_from_point(pairs[i].type, vcca_span_of(NULL, 0), NULL));
    assert_null(vcca_key_from_point(pairs[(i + 1) % PAIRS].type, vcca_span_of(point, n), NULL));
    assert_null(vcca_key_from_point(VCCA_KEY_RSA, vcca_span_of(point, n), NULL));
    for (unsigned head = 0; head < 256; head++) {
      point[0] = (uint8_t)head;
      vcca_key *key = vcca_key_from_point(pairs[i].type, vcca_span_of(point, n), NULL);
      assert_true((key != NULL) == (head == 4));
      vcca_key_free(key);
    }
    point[0] = (uint8_t)(2 + point[n - 1] % 2); /* the compressed form of the same point (SEC 1, 2.3.3) */
    assert_null(vcca_key_from_point(pairs[i].type, vcca_span_of(point, 1 + n / 2), NULL));
  }
}

/* Sizes as openssl writes them; RFC 5480 has the structure. */
static void an_spki_round_trips(void **state)
{
  (void)state;
  static const size_t sizes[] = {91, 120, 158};
  for (size_t i = 0; i < PAIRS; i++) {
    uint8_t buffer[VCCA_SPKI_MAX];
    vcca_key *key = seeded(pairs[i].type, "vcca test");
    vcca_span spki = spki_of(key, buffer);
    assert_int_equal(spki.n, sizes[i]);
    vcca_key *read = vcca_key_from_spki(spki, NULL);
    assert_non_null(read);
    assert_int_equal(vcca_key_type(read), pairs[i].type);
    assert_true(vcca_key_same(read, key));
    vcca_key_free(key);
    vcca_key_free(read);
  }
}

/* No single bit of an SPKI can change and leave the same key: it is refused, or it is another key. */
static void every_bit_of_an_spki_counts(void **state)
{
  (void)state;
  uint8_t buffers[2][VCCA_SPKI_MAX];
  struct vcca_error err = {0};
  vcca_key *keys[2] = {seeded(VCCA_KEY_P256, "vcca test"), vcca_key_from_primes(unhex(rsa_p), unhex(rsa_q), &err)};
  for (size_t k = 0; k < 2; k++) {
    assert_non_null(keys[k]);
    size_t n = spki_of(keys[k], buffers[k]).n;
    for (size_t bit = 0; bit < 8 * n; bit++) {
      buffers[k][bit / 8] ^= (uint8_t)(1 << bit % 8);
      vcca_key *other = vcca_key_from_spki(vcca_span_of(buffers[k], n), NULL);
      if (other) {
        uint8_t again[VCCA_SPKI_MAX];
        assert_false(vcca_key_same(other, keys[k]));
        assert_true(vcca_span_eq(spki_of(other, again), vcca_span_of(buffers[k], n)));
      }
      vcca_key_free(other);
      buffers[k][bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    vcca_key_free(keys[k]);
  }
}

static void nothing_may_follow_an_spki_or_be_missing(void **state)
{
  (void)state;
  uint8_t buffer[VCCA_SPKI_MAX + 1] = {0};
  struct vcca_error err = {0};
  vcca_key *keys[2] = {seeded(VCCA_KEY_P521, "vcca test"), vcca_key_from_primes(unhex(rsa_p), unhex(rsa_q), &err)};
  for (size_t k = 0; k < 2; k++) {
    size_t n = spki_of(keys[k], buffer).n;
    buffer[n] = 0;
    assert_null(vcca_key_from_spki(vcca_span_of(buffer, n + 1), NULL));
    for (size_t cut = 0; cut < n; cut++)
      assert_null(vcca_key_from_spki(vcca_span_of(buffer, cut), NULL));
    vcca_key_free(keys[k]);
  }
}

/* RSAPublicKey { n, e }: numbers that are no RSA key, and encodings that are no DER. */
static void degenerate_rsa_public_keys_are_refused(void **state)
{
  (void)state;
  static const char *const bad[] = {
      "301a300d06092a864886f70d01010105000309003006020100020103",   /* n = 0 */
      "301a300d06092a864886f70d01010105000309003006020101020103",   /* n = 1 */
      "3018300d06092a864886f70d0101010500030700300402000200",       /* empty numbers */
      "301a300d06092a864886f70d010101050003090030060201ff020103",   /* n negative */
      "301b300d06092a864886f70d0101010500030a0030070202007f020103", /* n with a zero too many */
      "3014300d06092a864886f70d01010105000303003000",               /* no numbers */
      "3012300d06092a864886f70d0101010500030100",                   /* nothing */
      "3011300d06092a864886f70d01010105000300",                     /* an empty BIT STRING */
      "300f300d06092a864886f70d0101010500",                         /* no BIT STRING */
      "3000",                                                       /* an empty SEQUENCE */
      "3080",                                                       /* an indefinite length */
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct vcca_error err = {0};
    assert_null(vcca_key_from_spki(unhex(bad[i]), &err));
    assert_true(err.text[0] != '\0');
  }
}

/* A signature's length is that of the modulus in bytes. This modulus has 2049 bits: 1, then SHA-256 of the
 * bytes 0 to 7, made odd. */
static void an_rsa_key_that_is_not_of_whole_bytes_is_refused(void **state)
{
  (void)state;
  static const char odd[] =
      "30820122300d06092a864886f70d01010105000382010f003082010a02820101016e340b9cffb37a989ca544e6bb780a2c78901d3fb33738"
      "768511a30617afa01d4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459adbc1b4c900ffe48d575b5da5c63804"
      "0125f65db0fe3e24494b76ea986457d986084fed08b978af4d7d196a7446a86b58009e636b611db16211b65a9aadff29c5e52d9c508c5023"
      "47344d8c07ad91cbd6068afc75ff6292f062a09ca381c89e71e77b9a9ae9e30b0dbdb6f510a264ef9de781501d7b6b92ae89eb059c5ab743"
      "db67586e98fad27da0b9968bc039a1ef34c939b9b8e523a8bef89d478608c5ecf6ca358758f6d27e6cf45272937977a748fd88391db679ce"
      "da7dc7bf1f005ee8790203010001";
  struct vcca_error err = {0};
  assert_null(vcca_key_from_spki(unhex(odd), &err));
  assert_int_equal(err.fault, VCCA_FAULT_UNSUPPORTED);
  assert_non_null(strstr(err.text, "2049 bits"));
}

static void an_even_modulus_or_exponent_is_refused(void **state)
{
  (void)state;
  uint8_t spki[VCCA_SPKI_MAX];
  vcca_key *key = vcca_key_from_primes(unhex(rsa_p), unhex(rsa_q), NULL);
  size_t n = spki_of(key, spki).n;
  assert_int_equal(n, 294);
  spki[n - 6] ^= 1; /* the last byte of the modulus; INTEGER 65537 is 5 bytes */
  assert_null(vcca_key_from_spki(vcca_span_of(spki, n), NULL));
  spki[n - 6] ^= 1;
  spki[n - 1] = 0; /* e = 65536 */
  assert_null(vcca_key_from_spki(vcca_span_of(spki, n), NULL));
  vcca_key_free(key);
}

static void pem_public_keys_are_read(void **state)
{
  (void)state;
  uint8_t spki[VCCA_SPKI_MAX];
  char pem[400];
  vcca_key *key = seeded(VCCA_KEY_P384, "vcca test");
  vcca_sink text = VCCA_SINK(pem);
  vcca_pem_put("PUBLIC KEY", spki_of(key, spki), &text);
  vcca_key *read = vcca_key_from_pem(vcca_sink_span(&text), NULL);
  assert_non_null(read);
  assert_true(vcca_key_same(read, key));
  vcca_key_free(read);
  assert_null(vcca_key_from_pem(vcca_span_of(pem, text.n - 30), NULL));
  vcca_key_free(key);
}

/* The public key that goes with an Arm reference token, in PEM. */
static void a_published_pem_key_is_read(void **state)
{
  (void)state;
  struct vcca_bytes pem = check_vector("arm/tf-rmm-token.cpak.pem");
  struct vcca_error err = {0};
  vcca_key *key = vcca_key_from_pem(vcca_span_of(pem.p, pem.n), &err);
  check_ok(key != NULL, &err, "tf-rmm-token.cpak.pem");
  assert_int_equal(vcca_key_type(key), VCCA_KEY_P384);
  vcca_key_free(key);
  vcca_bytes_free(&pem);
}

static void key_types_have_their_names(void **state)
{
  (void)state;
  enum vcca_key_type type;
  static const char *const names[] = {"P-256", "P-384", "P-521", "RSA"};
  for (unsigned i = 0; i < 4; i++) {
    assert_string_equal(vcca_key_type_name((enum vcca_key_type)i), names[i]);
    assert_true(vcca_key_type_named(vcca_span_str(names[i]), &type));
    assert_int_equal(type, i);
  }
  assert_false(vcca_key_type_named(VCCA_SPAN_LIT("P-25"), &type));
}

static void many_keys_live_at_once(void **state)
{
  (void)state;
  enum { MANY = 200 };
  vcca_key *keys[MANY];
  for (size_t i = 0; i < MANY; i++) {
    keys[i] = vcca_key_from_scalar(VCCA_KEY_P256, unhex(pairs[0].scalar), NULL);
    assert_non_null(keys[i]);
  }
  for (size_t i = 0; i < MANY; i++)
    vcca_key_free(keys[i]);
  vcca_key_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_seed_gives_the_key_of_the_stated_rule),
      cmocka_unit_test(another_info_gives_another_key),
      cmocka_unit_test(a_scalar_lies_between_one_and_the_order),
      cmocka_unit_test(a_point_off_its_curve_is_refused),
      cmocka_unit_test(only_an_uncompressed_point_of_the_right_length_is_a_point),
      cmocka_unit_test(an_spki_round_trips),
      cmocka_unit_test(every_bit_of_an_spki_counts),
      cmocka_unit_test(nothing_may_follow_an_spki_or_be_missing),
      cmocka_unit_test(degenerate_rsa_public_keys_are_refused),
      cmocka_unit_test(an_rsa_key_that_is_not_of_whole_bytes_is_refused),
      cmocka_unit_test(an_even_modulus_or_exponent_is_refused),
      cmocka_unit_test(pem_public_keys_are_read),
      cmocka_unit_test(a_published_pem_key_is_read),
      cmocka_unit_test(key_types_have_their_names),
      cmocka_unit_test(many_keys_live_at_once),
  };
  return check_run(tests, NULL, NULL);
}
