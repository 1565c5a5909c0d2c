/* RSA with the private key: the one file that is not portable across mbedTLS. PSA has no key from primes and no PSS with
 * a given salt, so this calls mbedtls_rsa_* and mbedtls_mpi_*, which 2.28 and 3.x offer and 4.x hides. To port
 * vcca to a library without them, replace this file.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/rsa.h"

#include <string.h>

#include <mbedtls/bignum.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>

#include "crypto/der.h"
#include "crypto/hmac.h"

enum { MODULUS_MAX = VCCA_RSA_BITS_MAX / 8, ROUNDS = 20 };
static const uint8_t exponent[] = {0x01, 0x00, 0x01};

/* What mbedTLS takes for its random source: bytes of a derived stream. */
static int draw(void *stream, unsigned char *out, size_t n)
{
  vcca_stream_read(stream, out, n);
  return 0;
}

/* The hash is that of PSS, MBEDTLS_MD_NONE where there is none. */
static void context_init(mbedtls_rsa_context *rsa, mbedtls_md_type_t hash)
{
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
  mbedtls_rsa_init(rsa);
  mbedtls_rsa_set_padding(rsa, MBEDTLS_RSA_PKCS_V21, hash);
#else
  mbedtls_rsa_init(rsa, MBEDTLS_RSA_PKCS_V21, (int)hash);
#endif
}

static bool context_load(mbedtls_rsa_context *rsa, vcca_span p, vcca_span q)
{
  return mbedtls_rsa_import_raw(rsa, NULL, 0, p.p, p.n, q.p, q.n, NULL, 0, exponent, sizeof exponent) == 0 && mbedtls_rsa_complete(rsa) == 0 &&
         mbedtls_rsa_check_privkey(rsa) == 0;
}

/* The Miller-Rabin bases come from the candidate itself: the answer is a function of the number. */
static bool is_prime(vcca_span number)
{
  struct vcca_stream bases;
  vcca_stream_start(&bases, VCCA_SHA256, number, vcca_span_of(NULL, 0), VCCA_SPAN_LIT("vcca Miller-Rabin"));
  mbedtls_mpi x;
  mbedtls_mpi_init(&x);
  bool prime = mbedtls_mpi_read_binary(&x, number.p, number.n) == 0 && mbedtls_mpi_is_prime_ext(&x, ROUNDS, draw, &bases) == 0;
  mbedtls_mpi_free(&x);
  return prime;
}

static bool public_from(const mbedtls_rsa_context *rsa, size_t size, struct vcca_key *key)
{
  uint8_t n[MODULUS_MAX], buffer[VCCA_SPKI_MAX];
  if (mbedtls_rsa_export_raw(rsa, n, size, NULL, 0, NULL, 0, NULL, 0, NULL, 0) != 0)
    return false;
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
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "RSA primes of %zu and %zu bytes: both must be equally long, %zu to %zu", p.n, q.n, least, most);
  if (vcca_span_eq(p, q))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the two RSA primes are equal");
  if (!is_prime(p) || !is_prime(q))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the RSA primes are not both prime");
  return true;
}

bool vcca_rsa_fill(struct vcca_key *key, vcca_span p, vcca_span q, struct vcca_error *err)
{
  mbedtls_rsa_context rsa;
  context_init(&rsa, MBEDTLS_MD_NONE);
  bool ok = context_load(&rsa, p, q) && mbedtls_rsa_get_len(&rsa) == 2 * p.n && public_from(&rsa, 2 * p.n, key);
  mbedtls_rsa_free(&rsa);
  if (!ok)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the primes do not make an RSA key of %zu bits with e = 65537", 16 * p.n);
  memcpy(key->p, p.p, p.n);
  memcpy(key->q, q.p, q.n);
  key->prime_size = p.n;
  key->pair = true;
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

/* FIPS 186-5, A.1.3, with the candidates from the stream: the two top bits set, which gives the modulus its full
 * length, odd, not 1 mod e. One odd number in 700 of 2048 bits is prime; the bound is there for a library that
 * has run out of memory. */
static bool next_prime(struct vcca_stream *candidates, uint8_t *p, size_t n)
{
  for (size_t tries = 0; tries < 256 * n; tries++) {
    vcca_stream_read(candidates, p, n);
    p[0] |= 0xc0;
    p[n - 1] |= 0x01;
    if (suits_exponent(p, n) && is_prime(vcca_span_of(p, n)))
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

/* The salt, and after it whatever blinding the library draws, which does not show in the result. */
static void start_salt(struct vcca_stream *salt, const struct vcca_key *key, enum vcca_hash_alg alg, vcca_sink *info, vcca_span digest)
{
  uint8_t secret[2 * VCCA_PRIME_MAX];
  vcca_sink sink = VCCA_SINK(secret);
  vcca_sink_put(&sink, vcca_span_of(key->p, key->prime_size));
  vcca_sink_put(&sink, vcca_span_of(key->q, key->prime_size));
  vcca_sink_str(info, "vcca RSA-PSS salt");
  vcca_sink_put(info, digest);
  vcca_stream_start(salt, alg, vcca_sink_span(&sink), vcca_span_of(NULL, 0), vcca_sink_span(info));
}

static mbedtls_md_type_t md_type(enum vcca_hash_alg alg)
{
  return alg == VCCA_SHA256 ? MBEDTLS_MD_SHA256 : alg == VCCA_SHA384 ? MBEDTLS_MD_SHA384 : MBEDTLS_MD_SHA512;
}

static bool finish(const struct vcca_key *key, bool ok, const uint8_t *bytes, vcca_sink *signature, struct vcca_error *err)
{
  if (!ok)
    return vcca_fail(err, VCCA_FAULT_CRYPTO, "the crypto library made no RSA signature");
  vcca_sink_put(signature, vcca_span_of(bytes, key->bits / 8));
  return vcca_sink_ok(signature) ? true : vcca_fail(err, VCCA_FAULT_USAGE, "no room for a signature of %zu bytes", key->bits / 8);
}

bool vcca_rsa_sign_pss(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest, vcca_sink *signature, struct vcca_error *err)
{
  uint8_t bytes[MODULUS_MAX], info_bytes[32 + VCCA_HASH_MAX];
  vcca_sink info = VCCA_SINK(info_bytes);
  struct vcca_stream salt;
  start_salt(&salt, key, alg, &info, digest);
  mbedtls_rsa_context rsa;
  context_init(&rsa, md_type(alg));
  bool ok = context_load(&rsa, vcca_span_of(key->p, key->prime_size), vcca_span_of(key->q, key->prime_size)) &&
            mbedtls_rsa_rsassa_pss_sign_ext(&rsa, draw, &salt, md_type(alg), (unsigned)digest.n, digest.p, (int)digest.n, bytes) == 0;
  mbedtls_rsa_free(&rsa);
  return finish(key, ok, bytes, signature, err);
}

/* EMSA-PKCS1-v1_5 of a SHA-256 digest (RFC 8017, 9.2): 00 01 ff .. ff 00 DigestInfo. */
static void encode_pkcs1(vcca_span digest, uint8_t *out, size_t n)
{
  static const uint8_t info[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
  vcca_sink sink = vcca_sink_of(out, n);
  vcca_sink_u8(&sink, 0x00);
  vcca_sink_u8(&sink, 0x01);
  vcca_sink_fill(&sink, 0xff, n - 3 - sizeof info - digest.n);
  vcca_sink_u8(&sink, 0x00);
  vcca_sink_put(&sink, VCCA_SPAN(info));
  vcca_sink_put(&sink, digest);
}

bool vcca_rsa_sign_pkcs1(const struct vcca_key *key, vcca_span digest, vcca_sink *signature, struct vcca_error *err)
{
  uint8_t bytes[MODULUS_MAX], encoded[MODULUS_MAX];
  encode_pkcs1(digest, encoded, key->bits / 8);
  struct vcca_stream blinding;
  vcca_stream_start(&blinding, VCCA_SHA256, vcca_span_of(key->p, key->prime_size), vcca_span_of(NULL, 0), VCCA_SPAN_LIT("vcca RSA blinding"));
  mbedtls_rsa_context rsa;
  context_init(&rsa, MBEDTLS_MD_NONE);
  bool ok = context_load(&rsa, vcca_span_of(key->p, key->prime_size), vcca_span_of(key->q, key->prime_size)) &&
            mbedtls_rsa_private(&rsa, draw, &blinding, encoded, bytes) == 0;
  mbedtls_rsa_free(&rsa);
  return finish(key, ok, bytes, signature, err);
}
