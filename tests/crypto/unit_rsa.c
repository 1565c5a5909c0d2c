/* RSA key pairs: the prime search and the derived salt, both recomputed by an independent program (Python's
 * integers and hmac) from the rules stated in crypto.h and crypto/hmac.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "crypto/signatures.h"
#include "crypto/support.h"
#include "rooms/crypto.h"

/* PS256 over "message" with the pair p, q and the salt HKDF-SHA256(p || q, "vcca RSA-PSS salt" || digest). */
static const char signature[] =
    "8bba11a8d274ea034025791c160f25fe6b63cf5c9dbca258ba3c1616b4864c72dcd920c64638af260a0ab0eadaad3e2e"
    "3f1779315a4de779b547cdae09d892b60899f44eca3c69b0730cc9c7931af969140ba0d04dc5c40ca3ae84669b02b4e7"
    "0920cc4fe651a6f5c05768bfa1b8a21bf90db43cc6680d9e39fb4bcba375a25bbd00c852beed07cfaa2d88f02e2dfcd8"
    "9cd9d1a1a9b45bc54a8390124e4f736c5fb63424da4bd3db6a7d66ac872a26c2411e49bad5f0106a4d133e55d28da43e"
    "d2c7aca6490aecd6bc5d595c65e0af9500c09c62db67cd27b3e225299b31ddc4dc0cc030c9b70eed8ac220a4af5da86b"
    "183f14f77bb9e75a4df4a72562999b8a";

static void the_primes_of_a_seed_are_the_first_two_of_its_stream(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  uint8_t p[128], q[128];
  vcca_sink p_sink = VCCA_SINK(p), q_sink = VCCA_SINK(q);
  vcca_key *key = vcca_key_rsa_from_seed(2048, SECRET, VCCA_SPAN_LIT("vcca test"), &err);
  check_ok(key != NULL, &err, "RSA key from seed");
  assert_true(vcca_key_primes(key, &p_sink, &q_sink));
  check_hex(vcca_sink_span(&p_sink), rsa_p, "p");
  check_hex(vcca_sink_span(&q_sink), rsa_q, "q");
  vcca_key_free(key);
}

static void a_seeded_rsa_key_has_4096_bits(void **state)
{
  (void)state;
  uint8_t spki[VCCA_SPKI_MAX], p[256], q[256], signed_bytes[VCCA_SIG_MAX];
  vcca_sink spki_sink = VCCA_SINK(spki), p_sink = VCCA_SINK(p), q_sink = VCCA_SINK(q), sink = VCCA_SINK(signed_bytes);
  vcca_key *key = seeded(VCCA_KEY_RSA, "vcca test");
  assert_int_equal(vcca_key_bits(key), 4096);
  assert_true(vcca_key_spki(key, &spki_sink));
  assert_int_equal(spki_sink.n, 550);
  assert_true(vcca_key_primes(key, &p_sink, &q_sink));
  vcca_key *again = vcca_key_from_primes(vcca_sink_span(&p_sink), vcca_sink_span(&q_sink), NULL);
  vcca_key *public = vcca_key_from_spki(vcca_sink_span(&spki_sink), NULL);
  assert_non_null(again);
  assert_non_null(public);
  assert_true(vcca_key_same(key, again));
  assert_true(vcca_sign(again, VCCA_PS512, VCCA_SPAN_LIT("message"), &sink, NULL));
  assert_int_equal(sink.n, 512);
  assert_true(vcca_verify(public, VCCA_PS512, VCCA_SPAN_LIT("message"), vcca_sink_span(&sink)));
  vcca_key_free(key);
  vcca_key_free(again);
  vcca_key_free(public);
}

static void pss_signatures_have_the_derived_salt(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  uint8_t bytes[VCCA_SIG_MAX];
  vcca_sink sink = VCCA_SINK(bytes);
  vcca_key *key = vcca_key_from_primes(unhex(rsa_p), unhex(rsa_q), &err);
  check_ok(key != NULL, &err, "key from primes");
  check_ok(vcca_sign(key, VCCA_PS256, VCCA_SPAN_LIT("message"), &sink, &err), &err, "sign");
  check_hex(vcca_sink_span(&sink), signature, "PS256");
  vcca_key_free(key);
}

static void every_pss_algorithm_signs_what_it_verifies(void **state)
{
  (void)state;
  static const enum vcca_sig_alg algs[] = {VCCA_PS256, VCCA_PS384, VCCA_PS512};
  vcca_key *key = vcca_key_from_primes(unhex(rsa_p), unhex(rsa_q), NULL);
  for (size_t i = 0; i < 3; i++) {
    uint8_t bytes[VCCA_SIG_MAX];
    vcca_sink sink = VCCA_SINK(bytes);
    assert_true(vcca_sign(key, algs[i], VCCA_SPAN_LIT("message"), &sink, NULL));
    assert_true(vcca_verify(key, algs[i], VCCA_SPAN_LIT("message"), vcca_sink_span(&sink)));
    assert_false(vcca_verify(key, algs[(i + 1) % 3], VCCA_SPAN_LIT("message"), vcca_sink_span(&sink)));
  }
  vcca_key_free(key);
}

/* Project Wycheproof, primality_test.json: of each kind of pseudoprime one, and primes. */
static void pseudoprimes_are_not_taken_for_primes(void **state)
{
  (void)state;
  static const struct {
    unsigned tc;
    bool prime;
    const char *number;
  } rows[] = {
      {12, false, "010000000000000000000000000000000000000000000000000000000000000001"},
      {24, false, "0504e8e504fd585e79193ca1"},
      {32, false, "02cb78fe3f36c4f5f05dbe92b82798d5fc18f2bfaaa388ef"},
      {37, false, "3e730196d68b0c3b2508930785ce9e0552eb366cce1525e281"},
      {39, false,
       "f67307e54779cfe9120bf862afc5466c5d6d0783d12df5215c0c981c51e4bfc098e9afd574f51b18c820259b692ec0bf7c9d6e56e9bb99f"
       "bd3b7ecc4082146a9"
       "d7a5b7bc6519d476c4a9975d9c3e3b12bee45b7accb07a6a68ea583ac2523ef32ee6d01bc766b59c43031f9c6980c9b4317da6825be9f7c"
       "5db03283d04c13323"},
      {103, false, "8126e1b6c59a80581221ccb272046804dc8bf7a2893ccbad9e61267f9c56ca5b"},
      {111, false, "027a5f7ca7b29ee74d5525"},
      {201, false, "f4e8aaa62114c404219ed23f"},
      {278, true, "37a5f7f30fd2d1f46cd794e8337106ccebced1189c1f5b6b3c525b64b6c36768785f7912013f"},
  };
  struct vcca_engine_info engine;
  for (size_t e = 0; next_signing_engine(&e, &engine);)
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
      if (vcca_signatures_in_use()->rsa->is_prime(unhex(rows[i].number)) != rows[i].prime)
        fail_msg("%s: tcId %u should be %s", engine.name, rows[i].tc, rows[i].prime ? "prime" : "composite");
}

static void primes_that_make_no_key_are_refused(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  uint8_t composite[128];
  vcca_span p = unhex(rsa_p), q = unhex(rsa_q);
  memcpy(composite, p.p, 128);
  composite[127] += 2; /* p + 2 fails the Fermat test to base 2 */
  assert_null(vcca_key_from_primes(vcca_span_of(composite, 128), q, &err));
  assert_non_null(strstr(err.text, "not both prime"));
  assert_null(vcca_key_from_primes(p, p, &err));
  assert_non_null(strstr(err.text, "equal"));
  memset(composite, 0, sizeof composite); /* primes, but the product would be short of 2048 bits */
  composite[127] = 3;
  assert_null(vcca_key_from_primes(vcca_span_of(composite, 128), q, &err));
  assert_non_null(strstr(err.text, "top bit"));
  assert_null(vcca_key_from_primes(p, vcca_span_sub(q, 0, 127), &err));
  assert_null(vcca_key_from_primes(vcca_span_sub(p, 0, 64), vcca_span_sub(q, 0, 64), &err));
  assert_null(vcca_key_from_primes(vcca_span_of(NULL, 0), vcca_span_of(NULL, 0), &err));
}

/* Primes about the square root of 2^2047, by Python: above and above, whose product is just not below
 * 2^2047; below and above, whose is. */
static const char over[] =
    "b504f4341e99d8557398883b007ea8077ee8ba88c85b0df5cb6a1d85fb4881b7aa2a5c8357b3b3b9d0d966fdc3254574"
    "1cbae996e9bfad9fb7c6716d2f79fadd98c566feb9e22b2a2a26aa5f1929166b52626db702a5c32aecf64910ece64c5d"
    "9e42ebd47cfc55c77beb8321fd85968550f80dcc415418c82c0978c32fb74b71";
static const char more_over[] =
    "b504f534047bc8db54fd7ceb6b15a25e549926d44f45e4f822b69b80848fccc82a10e4af33a3bb7ca9264f9ffe5e64b1"
    "2fe404c4b57d3bc91615e581dc2a9084f5a6717155193d971f176fb7d4c9bef1f38d8eef7a3a6f7c0a1151b80d8e1ad1"
    "b16b44c4ba546c8e12b68b609a705eba2caaacb23e9d334eee001422d014efe9";
static const char under[] =
    "b504f133e694ecd804891f4a649dbf9ed9e632be63eeefe7fd8790f258b78094e0c52f72de41b139a32c5e5390066d48"
    "ad59b9065ed03a1780f3f89f468965429fb9844b91e136365b12462b20d865e49c2fe623e21bd75ea5dae1d081f601ee"
    "e68c541501ad5d46983ffa1a3bd05c5ba4e39d55395e70d1c005e67cb0eab02d";

static void a_modulus_has_its_top_bit_set_and_need_not_have_more(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  uint8_t bytes[VCCA_SIG_MAX];
  vcca_sink sink = VCCA_SINK(bytes);
  vcca_key *key = vcca_key_from_primes(unhex(over), unhex(more_over), &err);
  check_ok(key != NULL, &err, "a modulus of 80...");
  assert_int_equal(vcca_key_bits(key), 2048);
  check_ok(vcca_sign(key, VCCA_PS256, VCCA_SPAN_LIT("message"), &sink, &err), &err, "sign");
  assert_true(vcca_verify(key, VCCA_PS256, VCCA_SPAN_LIT("message"), vcca_sink_span(&sink)));
  vcca_key_free(key);
  assert_null(vcca_key_from_primes(unhex(over), unhex(under), &err)); /* 7f...: 2047 bits */
}

static void a_public_key_has_no_primes_and_an_rsa_key_no_point(void **state)
{
  (void)state;
  uint8_t a[512], b[512], spki[VCCA_SPKI_MAX];
  vcca_sink p = VCCA_SINK(a), q = VCCA_SINK(b), out = VCCA_SINK(spki), point = VCCA_SINK(a);
  vcca_key *key = vcca_key_from_primes(unhex(rsa_p), unhex(rsa_q), NULL);
  assert_true(vcca_key_spki(key, &out));
  vcca_key *public = vcca_key_from_spki(vcca_sink_span(&out), NULL);
  assert_false(vcca_key_primes(public, &p, &q));
  assert_false(vcca_key_point(key, &point));
  assert_true(vcca_key_same(key, public));
  vcca_key_free(key);
  vcca_key_free(public);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_primes_of_a_seed_are_the_first_two_of_its_stream),
      cmocka_unit_test(a_seeded_rsa_key_has_4096_bits),
      cmocka_unit_test(pss_signatures_have_the_derived_salt),
      cmocka_unit_test(every_pss_algorithm_signs_what_it_verifies),
      cmocka_unit_test(pseudoprimes_are_not_taken_for_primes),
      cmocka_unit_test(primes_that_make_no_key_are_refused),
      cmocka_unit_test(a_modulus_has_its_top_bit_set_and_need_not_have_more),
      cmocka_unit_test(a_public_key_has_no_primes_and_an_rsa_key_no_point),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
