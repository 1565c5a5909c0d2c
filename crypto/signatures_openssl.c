/* Signatures by OpenSSL's libcrypto, several times as fast as mbedTLS's. Verifying is EVP's. Signing is the
 * curve's and BIGNUM's: EVP of OpenSSL 3.0 draws ECDSA's nonce at random, and vcca's signatures are
 * deterministic.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/signatures.h"

#ifdef VCCA_HAVE_OPENSSL

#include <pthread.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "rooms/der.h"
#include "crypto/hmac.h"
#include "crypto/openssl.h"
#include "rooms/crypto.h"

/* --- Verifying --------------------------------------------------------------------------------------------- */

static const char *const group_names[] = {
    [VCCA_KEY_P256] = "P-256", [VCCA_KEY_P384] = "P-384", [VCCA_KEY_P521] = "P-521"};
static const char *const digest_names[] = {
    [VCCA_SHA256] = "SHA2-256", [VCCA_SHA512] = "SHA2-512", [VCCA_SHA384] = "SHA2-384"};

static EVP_PKEY *from_parameters(const char *type, OSSL_PARAM *parameters)
{
  EVP_PKEY *pkey = NULL;
  EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(vcca_openssl_library(), type, NULL);
  if (!c || EVP_PKEY_fromdata_init(c) != 1 || EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
    pkey = NULL;
  EVP_PKEY_CTX_free(c);
  return pkey;
}

static EVP_PKEY *ec_public(const struct vcca_key *key)
{
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  bool ok = builder &&
            OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, group_names[key->type], 0) == 1 &&
            OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, key->public_key, key->public_size) == 1;
  OSSL_PARAM *parameters = ok ? OSSL_PARAM_BLD_to_param(builder) : NULL;
  EVP_PKEY *pkey = parameters ? from_parameters("EC", parameters) : NULL;
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  return pkey;
}

/* libcrypto bounds the exponent of large moduli at 64 bits, mbedTLS does not: a longer one is not for here. */
static EVP_PKEY *rsa_public(const struct vcca_key *key)
{
  vcca_span der = vcca_key_public(key), body, n, e;
  if (!vcca_der_take_tag(&der, VCCA_DER_SEQUENCE, &body) || !vcca_der_take_uint(&body, &n) ||
      !vcca_der_take_uint(&body, &e) || e.n > 8)
    return NULL;
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  BIGNUM *modulus = BN_bin2bn(n.p, (int)n.n, NULL), *exponent = BN_bin2bn(e.p, (int)e.n, NULL);
  bool ok = builder && modulus && exponent && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
            OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1;
  OSSL_PARAM *parameters = ok ? OSSL_PARAM_BLD_to_param(builder) : NULL;
  EVP_PKEY *pkey = parameters ? from_parameters("RSA", parameters) : NULL;
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  BN_free(modulus);
  BN_free(exponent);
  return pkey;
}

static bool set_pss(EVP_PKEY_CTX *c, enum vcca_hash_alg alg)
{
  return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_AUTO) == 1 &&
         EVP_PKEY_CTX_set_signature_md(c, vcca_openssl_digest(alg)) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md_name(c, digest_names[alg], NULL) == 1;
}

/* ECDSA-Sig-Value (RFC 3279, 2.2.3) of r || s; the caller frees it. */
static int ecdsa_der(vcca_span signature, uint8_t **der)
{
  int half = (int)(signature.n / 2), n = 0;
  ECDSA_SIG *both = ECDSA_SIG_new();
  BIGNUM *r = BN_bin2bn(signature.p, half, NULL), *s = BN_bin2bn(signature.p + half, half, NULL);
  if (both && r && s && ECDSA_SIG_set0(both, r, s) == 1) {
    n = i2d_ECDSA_SIG(both, der);
  } else {
    BN_free(r);
    BN_free(s);
  }
  ECDSA_SIG_free(both);
  return n;
}

static enum vcca_judgement verify_by(EVP_PKEY *pkey, const struct vcca_key *key, enum vcca_hash_alg alg,
                                     vcca_span digest, vcca_span signature)
{
  enum vcca_judgement judgement = VCCA_CANNOT_JUDGE;
  uint8_t *der = NULL;
  bool rsa = key->type == VCCA_KEY_RSA;
  EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(vcca_openssl_library(), pkey, NULL);
  if (c && EVP_PKEY_verify_init(c) == 1 && (!rsa || set_pss(c, alg))) {
    int n = rsa ? (int)signature.n : ecdsa_der(signature, &der);
    int status = n > 0 ? EVP_PKEY_verify(c, rsa ? signature.p : der, (size_t)n, digest.p, digest.n) : -1;
    if (status >= 0)
      judgement = status == 1 ? VCCA_GOOD_SIGNATURE : VCCA_BAD_SIGNATURE;
  }
  OPENSSL_free(der);
  EVP_PKEY_CTX_free(c);
  return judgement;
}

static enum vcca_judgement verify(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest,
                                  vcca_span signature)
{
  bool rsa = key->type == VCCA_KEY_RSA;
  if (signature.n != (rsa ? 1 : 2) * vcca_key_bytes(key))
    return VCCA_BAD_SIGNATURE;
  EVP_PKEY *pkey = rsa ? rsa_public(key) : ec_public(key);
  enum vcca_judgement judgement = pkey ? verify_by(pkey, key, alg, digest, signature) : VCCA_CANNOT_JUDGE;
  EVP_PKEY_free(pkey);
  return judgement;
}

/* --- Curves ------------------------------------------------------------------------------------------------ */

enum { CURVES = 3 };
static EC_GROUP *groups[CURVES];
static pthread_once_t groups_once[CURVES] = {PTHREAD_ONCE_INIT, PTHREAD_ONCE_INIT, PTHREAD_ONCE_INIT};

static void make_p256(void)
{
  groups[VCCA_KEY_P256] = EC_GROUP_new_by_curve_name_ex(vcca_openssl_library(), NULL, NID_X9_62_prime256v1);
}

static void make_p384(void)
{
  groups[VCCA_KEY_P384] = EC_GROUP_new_by_curve_name_ex(vcca_openssl_library(), NULL, NID_secp384r1);
}

static void make_p521(void)
{
  groups[VCCA_KEY_P521] = EC_GROUP_new_by_curve_name_ex(vcca_openssl_library(), NULL, NID_secp521r1);
}

static const EC_GROUP *group_of(enum vcca_key_type type)
{
  static void (*const make[CURVES])(void) = {
      [VCCA_KEY_P256] = make_p256, [VCCA_KEY_P384] = make_p384, [VCCA_KEY_P521] = make_p521};
  pthread_once(&groups_once[type], make[type]);
  return groups[type];
}

static BIGNUM *secret_number(BN_CTX *ctx, const uint8_t *bytes, size_t n)
{
  BIGNUM *x = BN_CTX_get(ctx);
  if (!x || !BN_bin2bn(bytes, (int)n, x))
    return NULL;
  BN_set_flags(x, BN_FLG_CONSTTIME);
  return x;
}

static bool below_order(const BIGNUM *x, const EC_GROUP *group)
{
  return !BN_is_zero(x) && BN_cmp(x, EC_GROUP_get0_order(group)) < 0;
}

static bool point_of(const struct vcca_key *key, uint8_t *out, bool *in_range)
{
  const EC_GROUP *group = group_of(key->type);
  BN_CTX *ctx = BN_CTX_secure_new();
  if (!group || !ctx) {
    BN_CTX_free(ctx);
    return false;
  }
  size_t size = 1 + 2 * vcca_key_bytes(key);
  BN_CTX_start(ctx);
  EC_POINT *point = EC_POINT_new(group);
  const BIGNUM *d = secret_number(ctx, key->scalar, vcca_key_bytes(key));
  bool ok = point && d;
  *in_range = ok && below_order(d, group);
  if (*in_range)
    ok = EC_POINT_mul(group, point, d, NULL, NULL, ctx) == 1 &&
         EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, size, ctx) == size;
  EC_POINT_free(point);
  BN_CTX_end(ctx);
  BN_CTX_free(ctx);
  return ok;
}

/* --- Signing (RFC 6979) --------------------------------------------------------------------------------- */

/* The nonces of one message: HMAC_DRBG seeded with the private key and the digest (3.2). */
struct nonces {
  enum vcca_hash_alg alg;
  uint8_t k[VCCA_HASH_MAX], v[VCCA_HASH_MAX];
};

static vcca_span part(const struct nonces *s, const uint8_t *bytes)
{
  return vcca_span_of(bytes, vcca_hash_size(s->alg));
}

/* K = HMAC_K(V || step || data), V = HMAC_K(V) */
static void stir(struct nonces *s, uint8_t step, vcca_span a, vcca_span b)
{
  uint8_t k[VCCA_HASH_MAX], v[VCCA_HASH_MAX];
  const vcca_span parts[] = {part(s, s->v), vcca_span_of(&step, 1), a, b};
  vcca_hmac_parts(s->alg, part(s, s->k), parts, 4, k);
  memcpy(s->k, k, sizeof k);
  vcca_hmac(s->alg, part(s, s->k), part(s, s->v), v);
  memcpy(s->v, v, sizeof v);
}

/* bits2int (2.3.2): the leftmost bits of the bytes, as many as the order has. */
static bool number_of_bits(BIGNUM *x, const uint8_t *bytes, size_t n, int bits)
{
  int excess = 8 * (int)n - bits;
  return BN_bin2bn(bytes, (int)n, x) && (excess <= 0 || BN_rshift(x, x, excess));
}

/* bits2octets (2.3.4): the digest as a number modulo the order. */
static bool digest_octets(BN_CTX *ctx, const EC_GROUP *group, vcca_span digest, uint8_t *out, size_t n, BIGNUM *z)
{
  const BIGNUM *order = EC_GROUP_get0_order(group);
  return number_of_bits(z, digest.p, digest.n, BN_num_bits(order)) && BN_nnmod(z, z, order, ctx) &&
         BN_bn2binpad(z, out, (int)n) == (int)n;
}

static bool next_nonce(struct nonces *s, BIGNUM *k, size_t n, int bits)
{
  uint8_t t[VCCA_SCALAR_MAX], v[VCCA_HASH_MAX];
  size_t size = vcca_hash_size(s->alg);
  for (size_t done = 0; done < n; done += size) {
    vcca_hmac(s->alg, part(s, s->k), part(s, s->v), v);
    memcpy(s->v, v, sizeof v);
    memcpy(t + done, v, n - done < size ? n - done : size);
  }
  bool ok = number_of_bits(k, t, n, bits);
  OPENSSL_cleanse(t, sizeof t);
  BN_set_flags(k, BN_FLG_CONSTTIME);
  return ok;
}

struct signing {
  BN_CTX *ctx;
  const EC_GROUP *group;
  const BIGNUM *order;
  BIGNUM *d, *z, *k, *r, *s;
  EC_POINT *point;
};

/* r = (k G).x mod n, s = (z + r d) / k mod n; *done stays false when the nonce is out of range or a result
 * is zero. */
static bool try_nonce(const struct signing *w, bool *done)
{
  *done = false;
  if (!below_order(w->k, w->group))
    return true;
  if (EC_POINT_mul(w->group, w->point, w->k, NULL, NULL, w->ctx) != 1 ||
      EC_POINT_get_affine_coordinates(w->group, w->point, w->r, NULL, w->ctx) != 1 ||
      !BN_nnmod(w->r, w->r, w->order, w->ctx))
    return false;
  if (BN_is_zero(w->r))
    return true;
  bool ok = BN_mod_mul(w->s, w->r, w->d, w->order, w->ctx) && BN_mod_add(w->s, w->s, w->z, w->order, w->ctx) &&
            BN_mod_inverse(w->k, w->k, w->order, w->ctx) && BN_mod_mul(w->s, w->s, w->k, w->order, w->ctx);
  *done = ok && !BN_is_zero(w->s);
  return ok;
}

static bool sign_in(struct signing *w, const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest,
                    uint8_t *out)
{
  size_t n = vcca_key_bytes(key);
  w->d = secret_number(w->ctx, key->scalar, n);
  w->z = BN_CTX_get(w->ctx);
  w->k = BN_CTX_get(w->ctx);
  w->r = BN_CTX_get(w->ctx);
  w->s = BN_CTX_get(w->ctx);
  uint8_t reduced[VCCA_SCALAR_MAX];
  if (!w->d || !w->s || !w->point || !digest_octets(w->ctx, w->group, digest, reduced, n, w->z))
    return false;
  struct nonces nonces = {.alg = alg};
  memset(nonces.v, 0x01, sizeof nonces.v);
  const vcca_span secret = vcca_span_of(key->scalar, n), message = vcca_span_of(reduced, n), none = {NULL, 0};
  stir(&nonces, 0x00, secret, message);
  stir(&nonces, 0x01, secret, message);
  bool done = false, ok = true;
  while (ok && !done) {
    ok = next_nonce(&nonces, w->k, n, BN_num_bits(w->order)) && try_nonce(w, &done);
    if (ok && !done)
      stir(&nonces, 0x00, none, none);
  }
  OPENSSL_cleanse(&nonces, sizeof nonces);
  return ok && BN_bn2binpad(w->r, out, (int)n) == (int)n && BN_bn2binpad(w->s, out + n, (int)n) == (int)n;
}

static bool sign_ec(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest, uint8_t *out)
{
  struct signing w = {.group = group_of(key->type), .ctx = BN_CTX_secure_new()};
  bool ok = w.group && w.ctx;
  if (ok) {
    BN_CTX_start(w.ctx);
    w.order = EC_GROUP_get0_order(w.group);
    w.point = EC_POINT_new(w.group);
    ok = sign_in(&w, key, alg, digest, out);
    EC_POINT_free(w.point);
    BN_CTX_end(w.ctx);
  }
  BN_CTX_free(w.ctx);
  return ok;
}

const struct vcca_signatures vcca_signatures_openssl = {"openssl", "OpenSSL's libcrypto", verify, sign_ec,
                                                        point_of,  &vcca_rsa_openssl};

#endif
