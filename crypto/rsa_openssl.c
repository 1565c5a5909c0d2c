/* RSA's arithmetic by OpenSSL's BIGNUM: several times as fast as mbedTLS's, and the only one with mbedTLS
 * 4.x, which hides its numbers. Nothing here draws at random.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/rsa.h"

#ifdef VCCA_HAVE_LIBCRYPTO

#include <openssl/bn.h>

#include "crypto/hmac.h"

enum { ROUNDS = 20, EXPONENT = 65537 };

static BIGNUM *read_number(BN_CTX *ctx, vcca_span bytes)
{
  BIGNUM *x = BN_CTX_get(ctx);
  return x && BN_bin2bn(bytes.p, (int)bytes.n, x) ? x : NULL;
}

static bool write_number(const BIGNUM *x, uint8_t *out, size_t n)
{
  return BN_bn2binpad(x, out, (int)n) == (int)n;
}

/* Most composites have a small factor. */
static bool has_small_factor(const BIGNUM *x)
{
  for (BN_ULONG d = 3; d < 2000; d += 2)
    if (BN_mod_word(x, d) == 0)
      return true;
  return false;
}

/* One round of Miller-Rabin for x = 1 + 2^twos * odd. */
static bool passes(BN_CTX *ctx, const BIGNUM *x, const BIGNUM *less, const BIGNUM *odd, int twos, const BIGNUM *base)
{
  BIGNUM *y = BN_CTX_get(ctx);
  if (!y || !BN_mod_exp(y, base, odd, x, ctx))
    return false;
  bool pass = BN_is_one(y) || BN_cmp(y, less) == 0;
  for (int i = 1; !pass && i < twos && BN_mod_sqr(y, y, x, ctx); i++)
    pass = BN_cmp(y, less) == 0;
  return pass;
}

static bool miller_rabin(BN_CTX *ctx, vcca_span number, const BIGNUM *x)
{
  BIGNUM *less = BN_CTX_get(ctx), *odd = BN_CTX_get(ctx), *base = BN_CTX_get(ctx);
  int twos = 1;
  if (!base || !BN_copy(less, x) || !BN_sub_word(less, 1))
    return false;
  while (!BN_is_bit_set(less, twos))
    twos++;
  if (!BN_rshift(odd, less, twos))
    return false;
  struct vcca_stream bases;
  vcca_stream_start(&bases, VCCA_SHA256, number, vcca_span_of(NULL, 0), VCCA_SPAN_LIT("vcca Miller-Rabin"));
  bool pass = true;
  for (unsigned i = 0; pass && i < ROUNDS; i++) {
    uint8_t bytes[VCCA_PRIME_MAX];
    size_t n = number.n < sizeof bytes ? number.n : sizeof bytes;
    vcca_stream_read(&bases, bytes, n);
    BN_CTX_start(ctx);
    pass = BN_bin2bn(bytes, (int)n, base) && BN_mod(base, base, less, ctx);
    pass = pass && (BN_is_zero(base) || BN_is_one(base) || passes(ctx, x, less, odd, twos, base));
    BN_CTX_end(ctx);
  }
  return pass;
}

static bool is_prime(vcca_span number)
{
  BN_CTX *ctx = BN_CTX_new();
  if (!ctx)
    return false;
  BN_CTX_start(ctx);
  const BIGNUM *x = read_number(ctx, number);
  bool prime = x && BN_num_bits(x) > 32 && BN_is_odd(x) && !has_small_factor(x) && miller_rabin(ctx, number, x);
  BN_CTX_end(ctx);
  BN_CTX_free(ctx);
  return prime;
}

static bool modulus(vcca_span p, vcca_span q, uint8_t *n)
{
  BN_CTX *ctx = BN_CTX_new();
  if (!ctx)
    return false;
  BN_CTX_start(ctx);
  BIGNUM *a = read_number(ctx, p), *b = read_number(ctx, q);
  bool ok = a && b && BN_mul(a, a, b, ctx) && write_number(a, n, 2 * p.n);
  BN_CTX_end(ctx);
  BN_CTX_free(ctx);
  return ok;
}

/* x = in^(1 / e) mod prime */
static bool root(BN_CTX *ctx, BIGNUM *x, const BIGNUM *in, const BIGNUM *e, const BIGNUM *prime)
{
  BIGNUM *d = BN_CTX_get(ctx), *rest = BN_CTX_get(ctx);
  return rest && BN_copy(d, prime) && BN_sub_word(d, 1) && BN_mod_inverse(d, e, d, ctx) &&
         BN_mod(rest, in, prime, ctx) && BN_mod_exp_mont_consttime(x, rest, d, prime, ctx, NULL);
}

/* By the remainder theorem (RFC 8017, 5.1.2, 2b): x = xq + q ((xp - xq) / q mod p). The result is tried
 * with e, so that a fault in one half gives no key away. */
static bool combine(BN_CTX *ctx, BIGNUM *x, const BIGNUM *in, const BIGNUM *e, const BIGNUM *p, const BIGNUM *q)
{
  BIGNUM *xp = BN_CTX_get(ctx), *xq = BN_CTX_get(ctx), *h = BN_CTX_get(ctx), *n = BN_CTX_get(ctx),
         *again = BN_CTX_get(ctx);
  return again && root(ctx, xp, in, e, p) && root(ctx, xq, in, e, q) && BN_mod_inverse(h, q, p, ctx) &&
         BN_mod_sub(xp, xp, xq, p, ctx) && BN_mod_mul(h, h, xp, p, ctx) && BN_mul(x, h, q, ctx) && BN_add(x, x, xq) &&
         BN_mul(n, p, q, ctx) && BN_mod_exp(again, x, e, n, ctx) && BN_cmp(again, in) == 0;
}

static bool to_private(vcca_span p, vcca_span q, const uint8_t *in, uint8_t *out)
{
  BN_CTX *ctx = BN_CTX_secure_new();
  if (!ctx)
    return false;
  BN_CTX_start(ctx);
  const BIGNUM *a = read_number(ctx, p), *b = read_number(ctx, q), *m = read_number(ctx, vcca_span_of(in, 2 * p.n));
  BIGNUM *e = BN_CTX_get(ctx), *x = BN_CTX_get(ctx);
  bool ok =
      a && b && m && x && BN_set_word(e, EXPONENT) && combine(ctx, x, m, e, a, b) && write_number(x, out, 2 * p.n);
  BN_CTX_end(ctx);
  BN_CTX_free(ctx);
  return ok;
}

const struct vcca_rsa_numbers vcca_rsa_openssl = {is_prime, modulus, to_private};

#endif
