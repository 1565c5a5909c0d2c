/* Signature engines: every one makes the bytes that PSA makes and judges as PSA does, for every curve and
 * hash, at the edges of the numbers' ranges too; a wrong one is found out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "crypto/signatures.h"
#include "crypto/support.h"
#include "rooms/crypto.h"

enum { ROUNDS = 12 };

static const struct {
  enum vcca_key_type type;
  const char *order; /* SEC 2, 2.4.2, 2.5.1, 2.6.1 */
} curves[] = {
    {VCCA_KEY_P256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"},
    {VCCA_KEY_P384, "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"},
    {VCCA_KEY_P521, "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5"
                    "d03bb5c9b8899c47aebb6fb71e91386409"},
};
enum { CURVES = sizeof curves / sizeof *curves };

static void digest_of(enum vcca_hash_alg alg, unsigned round, uint8_t *digest)
{
  uint8_t number[4];
  vcca_put_be32(number, round);
  vcca_hash(alg, VCCA_SPAN(number), digest);
}

/* What the row and PSA say of the same signature is the same, or the row leaves it to PSA. */
static void check_judgement(const struct vcca_signatures *row, const vcca_key *key, enum vcca_hash_alg alg,
                            vcca_span digest, vcca_span signature)
{
  enum vcca_judgement judgement = row->verify(key, alg, digest, signature);
  if (judgement != VCCA_CANNOT_JUDGE && judgement != vcca_signatures_psa.verify(key, alg, digest, signature))
    fail_msg("%s judges a signature of %zu bytes otherwise than PSA", row->name, signature.n);
}

static void every_engine_signs_and_judges_as_psa(void **state)
{
  (void)state;
  struct vcca_engine_info engine;
  for (size_t i = 0; next_signing_engine(&i, &engine);) {
    const struct vcca_signatures *row = vcca_signatures_in_use();
    assert_string_equal(row->name, engine.name);
    for (unsigned round = 0; round < ROUNDS * CURVES; round++) {
      enum vcca_hash_alg alg = (enum vcca_hash_alg)(round / CURVES % VCCA_HASH_ALGS);
      char info[32];
      snprintf(info, sizeof info, "signatures %u", round);
      vcca_key *key = seeded(curves[round % CURVES].type, info);
      uint8_t bytes[VCCA_HASH_MAX], made[2 * VCCA_SCALAR_MAX], wanted[2 * VCCA_SCALAR_MAX];
      digest_of(alg, round, bytes);
      vcca_span digest = vcca_span_of(bytes, vcca_hash_size(alg));
      size_t n = 2 * vcca_key_bytes(key);
      assert_true(row->sign_ec(key, alg, digest, made));
      assert_true(vcca_signatures_psa.sign_ec(key, alg, digest, wanted));
      assert_memory_equal(made, wanted, n);
      assert_int_equal(row->verify(key, alg, digest, vcca_span_of(made, n)), VCCA_GOOD_SIGNATURE);
      made[round * 7 % n] ^= (uint8_t)(1u << round % 8);
      check_judgement(row, key, alg, digest, vcca_span_of(made, n));
      check_judgement(row, key, alg, digest, vcca_span_of(wanted, n - 1));
      vcca_key_free(key);
    }
  }
}

/* big-endian n + change */
static void add(uint8_t *bytes, size_t n, int change)
{
  for (int carry = change; n > 0 && carry != 0; n--) {
    int sum = bytes[n - 1] + carry;
    bytes[n - 1] = (uint8_t)sum;
    carry = sum < 0 ? -1 : sum >> 8;
  }
}

static void every_engine_judges_halves_at_their_edges_as_psa(void **state)
{
  (void)state;
  static const int edges[] = {-2, -1, 0, 1};
  struct vcca_engine_info engine;
  for (size_t i = 0; next_signing_engine(&i, &engine);)
    for (size_t c = 0; c < CURVES; c++) {
      vcca_key *key = seeded(curves[c].type, "edges");
      uint8_t digest[32] = {0}, signature[2 * VCCA_SCALAR_MAX];
      size_t n = vcca_key_bytes(key);
      vcca_span order = unhex(curves[c].order);
      for (size_t half = 0; half < 2; half++)
        for (size_t e = 0; e < 2 * sizeof edges / sizeof *edges; e++) {
          memset(signature, 0, sizeof signature);
          signature[n - 1] = signature[2 * n - 1] = 1;
          uint8_t *edge = signature + half * n;
          memset(edge, 0, n);
          if (e < sizeof edges / sizeof *edges)
            memcpy(edge, order.p, n);
          add(edge, n, edges[e % (sizeof edges / sizeof *edges)]);
          check_judgement(vcca_signatures_in_use(), key, VCCA_SHA256, VCCA_SPAN(digest),
                          vcca_span_of(signature, 2 * n));
        }
      vcca_key_free(key);
    }
}

static void every_engine_takes_the_scalars_from_one_to_the_order_and_no_other(void **state)
{
  (void)state;
  struct vcca_engine_info engine;
  for (size_t i = 0; next_signing_engine(&i, &engine);)
    for (size_t c = 0; c < CURVES; c++) {
      uint8_t scalar[VCCA_SCALAR_MAX] = {0};
      vcca_span order = unhex(curves[c].order);
      struct vcca_error err = {0};
      assert_null(vcca_key_from_scalar(curves[c].type, vcca_span_of(scalar, order.n), &err));
      assert_int_equal(err.fault, VCCA_FAULT_MALFORMED);
      memcpy(scalar, order.p, order.n);
      assert_null(vcca_key_from_scalar(curves[c].type, vcca_span_of(scalar, order.n), NULL));
      add(scalar, order.n, -1); /* (n - 1) G is -G: the same x */
      vcca_key *last = vcca_key_from_scalar(curves[c].type, vcca_span_of(scalar, order.n), &err);
      memset(scalar, 0, sizeof scalar);
      scalar[order.n - 1] = 1;
      vcca_key *first = vcca_key_from_scalar(curves[c].type, vcca_span_of(scalar, order.n), &err);
      check_ok(first && last, &err, engine.name);
      assert_memory_equal(first->public_key, last->public_key, 1 + order.n);
      assert_memory_not_equal(first->public_key, last->public_key, first->public_size);
      vcca_key_free(first);
      vcca_key_free(last);
    }
}

static void every_engine_makes_the_same_rsa_key_and_signature(void **state)
{
  (void)state;
  struct vcca_engine_info engine;
  uint8_t first[VCCA_SIG_MAX], digest[VCCA_HASH_MAX];
  digest_of(VCCA_SHA256, 1, digest);
  vcca_span h = vcca_span_of(digest, 32);
  unsigned seen = 0;
  for (size_t i = 0; next_signing_engine(&i, &engine); seen++) {
    struct vcca_error err = {0};
    uint8_t bytes[VCCA_SIG_MAX];
    vcca_sink signature = VCCA_SINK(bytes);
    vcca_key *key = vcca_key_from_primes(unhex(rsa_p), unhex(rsa_q), &err);
    check_ok(key && vcca_sign(key, VCCA_PS256, h, &signature, &err), &err, engine.name);
    if (seen == 0)
      memcpy(first, bytes, signature.n);
    assert_memory_equal(first, bytes, signature.n);
    vcca_hash(VCCA_SHA256, h, digest);
    assert_int_equal(vcca_signatures_in_use()->verify(key, VCCA_SHA256, h, vcca_sink_span(&signature)),
                     VCCA_GOOD_SIGNATURE);
    check_judgement(vcca_signatures_in_use(), key, VCCA_SHA256, h, vcca_span_of(bytes, signature.n - 1));
    check_judgement(vcca_signatures_in_use(), key, VCCA_SHA512, h, vcca_sink_span(&signature));
    for (unsigned at = 0; at < signature.n; at += 51) {
      bytes[at] ^= 0x04;
      check_judgement(vcca_signatures_in_use(), key, VCCA_SHA256, h, vcca_sink_span(&signature));
    }
    memset(bytes, 0xff, sizeof bytes); /* above the modulus */
    check_judgement(vcca_signatures_in_use(), key, VCCA_SHA256, h, vcca_sink_span(&signature));
    digest_of(VCCA_SHA256, 1, digest);
    vcca_key_free(key);
  }
}

/* --- Engines that are wrong ----------------------------------------------------------------------------- */

static enum vcca_judgement always_good(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest,
                                       vcca_span signature)
{
  (void)key, (void)alg, (void)digest, (void)signature;
  return VCCA_GOOD_SIGNATURE;
}

static enum vcca_judgement never_good(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest,
                                      vcca_span signature)
{
  (void)key, (void)alg, (void)digest, (void)signature;
  return VCCA_BAD_SIGNATURE;
}

static bool sign_wrong(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest, uint8_t *out)
{
  bool ok = vcca_signatures_psa.sign_ec(key, alg, digest, out);
  out[2 * vcca_key_bytes(key) - 1] ^= 1;
  return ok;
}

static bool point_wrong(const struct vcca_key *key, uint8_t *point, bool *in_range)
{
  bool ok = vcca_signatures_psa.point_of(key, point, in_range);
  point[1] ^= 1;
  return ok;
}

static void a_wrong_engine_is_found_out(void **state)
{
  (void)state;
  assert_true(vcca_signatures_reproduce(&vcca_signatures_psa));
  for (unsigned i = 0; i < 4; i++) {
    struct vcca_signatures wrong = vcca_signatures_psa;
    if (i < 2)
      wrong.verify = i == 0 ? always_good : never_good;
    else if (i == 2)
      wrong.sign_ec = sign_wrong;
    else
      wrong.point_of = point_wrong;
    assert_false(vcca_signatures_reproduce(&wrong));
  }
}

static void an_unknown_engine_is_refused(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct vcca_engine_info info;
  const struct vcca_signatures *before = vcca_signatures_in_use();
  assert_false(vcca_signature_engine_use("ipsec-mb", &err));
  assert_int_equal(err.fault, VCCA_FAULT_USAGE);
  assert_ptr_equal(vcca_signatures_in_use(), before);
  assert_false(vcca_signature_engine_at(100, &info));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_engine_signs_and_judges_as_psa),
      cmocka_unit_test(every_engine_judges_halves_at_their_edges_as_psa),
      cmocka_unit_test(every_engine_takes_the_scalars_from_one_to_the_order_and_no_other),
      cmocka_unit_test(every_engine_makes_the_same_rsa_key_and_signature),
      cmocka_unit_test(a_wrong_engine_is_found_out),
      cmocka_unit_test(an_unknown_engine_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
