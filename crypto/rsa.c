/* RSA with the private key, which PSA does not have as vcca needs it: a key from primes, primes from a
 * seed, PSS with a salt of our own. Everything that is bytes is here; the arithmetic is the engine's:
 * rsa_openssl.c or rsa_mbedtls.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/signatures.h"

#include <string.h>

#include "rooms/der.h"
#include "crypto/hmac.h"
#include "rooms/error.h"
#include "rooms/hash.h"
#include "rooms/span.h"

enum { MODULUS_MAX = VCCA_RSA_BITS_MAX / 8 };
static const uint8_t exponent[] = {0x01, 0x00, 0x01};

static const struct vcca_rsa_numbers *numbers(void)
{
  return vcca_signatures_in_use()->rsa;
}

static bool public_from(const uint8_t *n, size_t size, struct vcca_key *key)
{
  uint8_t buffer[VCCA_SPKI_MAX];
  struct vcca_der d = vcca_der_in(buffer, sizeof buffer);
  const uint8_t *end = vcca_der_mark(&d);
  vcca_der_uint(&d, VCCA_SPAN(exponent));
  vcca_der_uint(&d, vcca_span_of(n, size));
  vcca_der_wrap(&d, end, VCCA_DER_SEQUENCE);
  vcca_sink sink = VCCA_SINK(key->public_key);
  vcca_sink_put(&sink, vcca_der_span(&d));
  key->public_size = sink.n;
  key->bits = 8 * size;
  return n[0] >= 0x80;
}

bool vcca_rsa_primes_check(vcca_span p, vcca_span q, struct vcca_error *err)
{
  size_t least = VCCA_RSA_BITS_MIN / 16, most = VCCA_RSA_BITS_MAX / 16;
  if (p.n != q.n || p.n < least || p.n > most)
    return vcca_fail(err, VCCA_FAULT_MALFORMED,
                     "RSA primes of %zu and %zu bytes: both must be equally long, %zu to %zu", p.n, q.n, least, most);
  if (p.p[0] < 0x80 || q.p[0] < 0x80)
    return vcca_fail(err, VCCA_FAULT_MALFORMED,
                     "the top bit of an RSA prime is not set: the modulus would be shorter than %zu bits", 16 * p.n);
  if (vcca_span_eq(p, q))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the two RSA primes are equal");
  if (!numbers()->is_prime(p) || !numbers()->is_prime(q))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the RSA primes are not both prime");
  return true;
}

/* p mod 65537 by Horner's rule: e must not divide p - 1. */
static bool suits_exponent(const uint8_t *p, size_t n)
{
  uint32_t rest = 0;
  for (size_t i = 0; i < n; i++)
    rest = (rest << 8 | p[i]) % 65537;
  return rest != 1;
}

bool vcca_rsa_fill(struct vcca_key *key, vcca_span p, vcca_span q, struct vcca_error *err)
{
  uint8_t n[MODULUS_MAX];
  if (!suits_exponent(p.p, p.n) || !suits_exponent(q.p, q.n) || !numbers()->modulus(p, q, n) ||
      !public_from(n, 2 * p.n, key))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the primes do not make an RSA key of %zu bits with e = 65537",
                     16 * p.n);
  memcpy(key->p, p.p, p.n);
  memcpy(key->q, q.p, q.n);
  key->prime_size = p.n;
  key->pair = true;
  return true;
}

/* FIPS 186-5, A.1.3, with the candidates from the stream: the two top bits set, which gives the modulus its
 * full length, odd, not 1 mod e. One odd number in 700 of 2048 bits is prime; the bound is there for a
 * library that has run out of memory. */
static bool next_prime(struct vcca_stream *candidates, uint8_t *p, size_t n)
{
  for (size_t tries = 0; tries < 256 * n; tries++) {
    vcca_stream_read(candidates, p, n);
    p[0] |= 0xc0;
    p[n - 1] |= 0x01;
    if (suits_exponent(p, n) && numbers()->is_prime(vcca_span_of(p, n)))
      return true;
  }
  return false;
}

bool vcca_rsa_search(size_t bits, vcca_span secret, vcca_span info, uint8_t *p, uint8_t *q)
{
  size_t n = bits / 16;
  struct vcca_stream candidates;
  vcca_stream_start(&candidates, VCCA_SHA256, secret, vcca_span_of(NULL, 0), info);
  do {
    if (!next_prime(&candidates, p, n) || !next_prime(&candidates, q, n))
      return false;
  } while (memcmp(p, q, n) == 0);
  return true;
}

/* HKDF over the primes, with the digest in the info. */
static void derive_salt(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest, uint8_t *salt)
{
  uint8_t secret_bytes[2 * VCCA_PRIME_MAX], info_bytes[32 + VCCA_HASH_MAX];
  vcca_sink secret = VCCA_SINK(secret_bytes), info = VCCA_SINK(info_bytes);
  vcca_sink_put(&secret, vcca_span_of(key->p, key->prime_size));
  vcca_sink_put(&secret, vcca_span_of(key->q, key->prime_size));
  vcca_sink_str(&info, "vcca RSA-PSS salt");
  vcca_sink_put(&info, digest);
  struct vcca_stream stream;
  vcca_stream_start(&stream, alg, vcca_sink_span(&secret), vcca_span_of(NULL, 0), vcca_sink_span(&info));
  vcca_stream_read(&stream, salt, digest.n);
}

/* Xors MGF1 of the seed onto the bytes (RFC 8017, B.2.1). */
static void mask(enum vcca_hash_alg alg, vcca_span seed, uint8_t *bytes, size_t n)
{
  size_t size = vcca_hash_size(alg);
  uint8_t counter[4], block[VCCA_HASH_MAX] = {0};
  for (size_t at = 0; at < n; at++) {
    if (at % size == 0) {
      vcca_put_be32(counter, (uint32_t)(at / size));
      vcca_hash_parts(alg, (const vcca_span[]){seed, VCCA_SPAN(counter)}, 2, block);
    }
    bytes[at] ^= block[at % size];
  }
}

/* EMSA-PSS (RFC 8017, 9.1.1) for a modulus of n whole bytes, with a salt as long as the digest:
 * out = DB xor MGF1(H) || H || bc, where DB = 00 .. 00 01 salt and H = Hash(00 x 8 || digest || salt). */
static void encode_pss(enum vcca_hash_alg alg, vcca_span digest, const uint8_t *salt, uint8_t *out, size_t n)
{
  static const uint8_t zeros[8];
  size_t db = n - digest.n - 1;
  memset(out, 0, db);
  out[db - digest.n - 1] = 0x01;
  memcpy(out + db - digest.n, salt, digest.n);
  vcca_hash_parts(alg, (const vcca_span[]){VCCA_SPAN(zeros), digest, vcca_span_of(salt, digest.n)}, 3, out + db);
  mask(alg, vcca_span_of(out + db, digest.n), out, db);
  out[0] &= 0x7f;
  out[n - 1] = 0xbc;
}

/* EMSA-PKCS1-v1_5 of a SHA-256 digest (RFC 8017, 9.2): 00 01 ff .. ff 00 DigestInfo. */
static void encode_pkcs1(vcca_span digest, uint8_t *out, size_t n)
{
  static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
  vcca_sink sink = vcca_sink_of(out, n);
  vcca_sink_u8(&sink, 0x00);
  vcca_sink_u8(&sink, 0x01);
  vcca_sink_fill(&sink, 0xff, n - 3 - sizeof info - digest.n);
  vcca_sink_u8(&sink, 0x00);
  vcca_sink_put(&sink, VCCA_SPAN(info));
  vcca_sink_put(&sink, digest);
}

static bool sign(const struct vcca_key *key, const uint8_t *encoded, vcca_sink *signature, struct vcca_error *err)
{
  uint8_t bytes[MODULUS_MAX];
  if (!numbers()->to_private(vcca_span_of(key->p, key->prime_size), vcca_span_of(key->q, key->prime_size), encoded,
                             bytes))
    return vcca_fail(err, VCCA_FAULT_CRYPTO, "the crypto library made no RSA signature");
  vcca_sink_put(signature, vcca_span_of(bytes, key->bits / 8));
  return vcca_sink_ok(signature)
             ? true
             : vcca_fail(err, VCCA_FAULT_USAGE, "no room for a signature of %zu bytes", key->bits / 8);
}

bool vcca_rsa_sign_pss(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest, vcca_sink *signature,
                       struct vcca_error *err)
{
  uint8_t encoded[MODULUS_MAX], salt[VCCA_HASH_MAX];
  derive_salt(key, alg, digest, salt);
  encode_pss(alg, digest, salt, encoded, key->bits / 8);
  return sign(key, encoded, signature, err);
}

bool vcca_rsa_sign_pkcs1(const struct vcca_key *key, vcca_span digest, vcca_sink *signature, struct vcca_error *err)
{
  uint8_t encoded[MODULUS_MAX];
  encode_pkcs1(digest, encoded, key->bits / 8);
  return sign(key, encoded, signature, err);
}
