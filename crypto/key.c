/* Keys: made, checked, written and read. The SubjectPublicKeyInfo of an EC key is a constant of its curve
 * followed by the point, so it is compared rather than parsed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include <stdlib.h>
#include <string.h>

#include <mbedtls/platform_util.h>

#include "rooms/der.h"
#include "crypto/hmac.h"
#include "crypto/pem.h"
#include "crypto/signatures.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/span.h"

/* SubjectPublicKeyInfo up to the point (RFC 5480, 2): id-ecPublicKey, the named curve, a BIT STRING of
 * whole bytes. */
static const uint8_t head_p256[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
static const uint8_t head_p384[] = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                                    0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00};
static const uint8_t head_p521[] = {0x30, 0x81, 0x9b, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                                    0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23, 0x03, 0x81, 0x86, 0x00};
/* AlgorithmIdentifier of rsaEncryption with its NULL (RFC 3279, 2.3.1). */
static const uint8_t rsa_algorithm[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                        0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

static const struct {
  const char *name;
  size_t bits; /* 0: as the key has it */
  vcca_span spki_head;
} types[] = {
    [VCCA_KEY_P256] = {"P-256", 256, {head_p256, sizeof head_p256}},
    [VCCA_KEY_P384] = {"P-384", 384, {head_p384, sizeof head_p384}},
    [VCCA_KEY_P521] = {"P-521", 521, {head_p521, sizeof head_p521}},
    [VCCA_KEY_RSA] = {"RSA", 0, {NULL, 0}},
};
enum { TYPES = sizeof types / sizeof *types };

static struct vcca_key *allocate(enum vcca_key_type type, struct vcca_error *err)
{
  struct vcca_key *key = calloc(1, sizeof *key);
  if (!key) {
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a key");
    return NULL;
  }
  key->type = type;
  key->bits = types[type].bits;
  return key;
}

void vcca_key_free(vcca_key *key)
{
  if (key)
    mbedtls_platform_zeroize(key, sizeof *key);
  free(key);
}

/* The key itself when ok, otherwise it is freed and NULL returned. */
static struct vcca_key *keep(struct vcca_key *key, bool ok)
{
  if (ok)
    return key;
  vcca_key_free(key);
  return NULL;
}

/* RSAPublicKey ::= SEQUENCE { modulus, publicExponent } */
static bool read_rsa_public(vcca_span der, vcca_span *n, vcca_span *e)
{
  vcca_span body;
  return vcca_der_take_tag(&der, VCCA_DER_SEQUENCE, &body) && der.n == 0 && vcca_der_take_uint(&body, n) &&
         vcca_der_take_uint(&body, e) && body.n == 0;
}

static size_t bit_length(vcca_span v)
{
  size_t bits = 8 * v.n;
  for (uint8_t top = v.n > 0 ? v.p[0] : 0; bits > 0 && top < 0x80; top = (uint8_t)(top << 1))
    bits--;
  return bits;
}

static bool set_rsa_bits(struct vcca_key *key, struct vcca_error *err)
{
  vcca_span n, e;
  if (!read_rsa_public(vcca_key_public(key), &n, &e))
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "not an RSA public key in DER");
  key->bits = bit_length(n);
  if (key->bits < VCCA_RSA_BITS_MIN || key->bits > VCCA_RSA_BITS_MAX || key->bits % 8 != 0)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "an RSA key of %zu bits; %d to %d in whole bytes are supported",
                     key->bits, VCCA_RSA_BITS_MIN, VCCA_RSA_BITS_MAX);
  return true;
}

static bool fill_public(struct vcca_key *key, vcca_span bytes, struct vcca_error *err)
{
  if (bytes.n > sizeof key->public_key)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "a public key of %zu bytes; at most %zu are supported", bytes.n,
                     sizeof key->public_key);
  vcca_sink sink = VCCA_SINK(key->public_key);
  vcca_sink_put(&sink, bytes);
  key->public_size = bytes.n;
  if (key->type == VCCA_KEY_RSA && !set_rsa_bits(key, err))
    return false;
  psa_key_id_t id;
  if (vcca_key_import(key, PSA_KEY_USAGE_VERIFY_HASH, PSA_ALG_NONE, &id) != PSA_SUCCESS)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the bytes are not a valid %s public key", types[key->type].name);
  psa_destroy_key(id);
  return true;
}

struct vcca_key *vcca_key_new(enum vcca_key_type type, vcca_span public_key, struct vcca_error *err)
{
  struct vcca_key *key = allocate(type, err);
  return key ? keep(key, fill_public(key, public_key, err)) : NULL;
}

static bool is_ec(enum vcca_key_type type, struct vcca_error *err)
{
  return type != VCCA_KEY_RSA ? true : vcca_fail(err, VCCA_FAULT_USAGE, "an elliptic curve was expected, not RSA");
}

vcca_key *vcca_key_from_point(enum vcca_key_type type, vcca_span point, struct vcca_error *err)
{
  if (!is_ec(type, err))
    return NULL;
  size_t want = 1 + 2 * ((types[type].bits + 7) / 8);
  if (point.n != want || point.p[0] != 0x04) {
    vcca_fail(err, VCCA_FAULT_MALFORMED, "a %s point is 04 || x || y, %zu bytes", types[type].name, want);
    return NULL;
  }
  return vcca_key_new(type, point, err);
}

/* Makes key the pair of this scalar. *in_range: whether 1 <= d < n. False: the crypto library failed. */
static bool fill_pair(struct vcca_key *key, const uint8_t *scalar, bool *in_range)
{
  memcpy(key->scalar, scalar, vcca_key_bytes(key));
  key->pair = true;
  key->public_size = 1 + 2 * vcca_key_bytes(key);
  return vcca_signatures_in_use()->point_of(key, key->public_key, in_range) ||
         vcca_signatures_psa.point_of(key, key->public_key, in_range);
}

vcca_key *vcca_key_from_scalar(enum vcca_key_type type, vcca_span scalar, struct vcca_error *err)
{
  if (!is_ec(type, err))
    return NULL;
  struct vcca_key *key = allocate(type, err);
  if (!key)
    return NULL;
  bool ok = scalar.n == vcca_key_bytes(key) ? true
                                            : vcca_fail(err, VCCA_FAULT_MALFORMED, "a %s scalar is %zu bytes, not %zu",
                                                        types[type].name, vcca_key_bytes(key), scalar.n);
  bool in_range = false;
  if (ok && !fill_pair(key, scalar.p, &in_range))
    ok = vcca_fail(err, VCCA_FAULT_CRYPTO, "the crypto library made no %s key", types[type].name);
  if (ok && !in_range)
    ok = vcca_fail(err, VCCA_FAULT_MALFORMED, "the scalar is zero or not below the order of %s", types[type].name);
  return keep(key, ok);
}

/* d = k + 1, of the same length; a carry out of the top leaves zero, which is out of range. */
static void increment(uint8_t *k, size_t n)
{
  while (n > 0 && ++k[n - 1] == 0)
    n--;
}

static vcca_key *ec_from_seed(enum vcca_key_type type, vcca_span secret, vcca_span info, struct vcca_error *err)
{
  struct vcca_key *key = allocate(type, err);
  if (!key)
    return NULL;
  struct vcca_stream stream;
  vcca_stream_start(&stream, VCCA_SHA256, secret, vcca_span_of(NULL, 0), info);
  bool ok, in_range;
  do { /* each turn succeeds with a probability above one half, whatever the curve */
    uint8_t d[VCCA_SCALAR_MAX];
    size_t n = vcca_key_bytes(key);
    vcca_stream_read(&stream, d, n);
    d[0] &= (uint8_t)(0xff >> (8 * n - key->bits));
    increment(d, n);
    ok = fill_pair(key, d, &in_range);
  } while (ok && !in_range && stream.round == 0);
  return keep(key, ok && in_range
                       ? true
                       : vcca_fail(err, VCCA_FAULT_CRYPTO, "the crypto library made no %s key", types[type].name));
}

vcca_key *vcca_key_from_primes(vcca_span p, vcca_span q, struct vcca_error *err)
{
  return vcca_rsa_primes_check(p, q, err) ? vcca_key_from_known_primes(p, q, err) : NULL;
}

vcca_key *vcca_key_from_known_primes(vcca_span p, vcca_span q, struct vcca_error *err)
{
  struct vcca_key *key = allocate(VCCA_KEY_RSA, err);
  return key ? keep(key, vcca_rsa_fill(key, p, q, err)) : NULL;
}

struct vcca_key *vcca_key_rsa_from_seed(size_t bits, vcca_span secret, vcca_span info, struct vcca_error *err)
{
  uint8_t a[VCCA_PRIME_MAX], b[VCCA_PRIME_MAX];
  size_t n = bits / 16;
  if (!vcca_rsa_search(bits, secret, info, a, b)) {
    vcca_fail(err, VCCA_FAULT_CRYPTO, "the crypto library found no RSA primes");
    return NULL;
  }
  struct vcca_key *key = allocate(VCCA_KEY_RSA, err);
  bool in_order = memcmp(a, b, n) > 0; /* the larger one is p, as usual */
  return key ? keep(key, vcca_rsa_fill(key, vcca_span_of(in_order ? a : b, n), vcca_span_of(in_order ? b : a, n), err))
             : NULL;
}

vcca_key *vcca_key_from_seed(enum vcca_key_type type, vcca_span secret, vcca_span info, struct vcca_error *err)
{
  return type == VCCA_KEY_RSA ? vcca_key_rsa_from_seed(VCCA_RSA_BITS_MAX, secret, info, err)
                              : ec_from_seed(type, secret, info, err);
}

/* The public key inside an SPKI, its type, and false when it is none of ours. */
static bool open_spki(vcca_span der, enum vcca_key_type *type, vcca_span *public_key)
{
  for (unsigned i = VCCA_KEY_P256; i < VCCA_KEY_RSA; i++) {
    vcca_span head = types[i].spki_head;
    size_t point = 1 + 2 * ((types[i].bits + 7) / 8);
    *type = (enum vcca_key_type)i;
    *public_key = vcca_span_sub(der, head.n, point);
    if (der.n == head.n + point && vcca_span_eq(vcca_span_sub(der, 0, head.n), head))
      return true;
  }
  vcca_span body, algorithm = VCCA_SPAN(rsa_algorithm);
  *type = VCCA_KEY_RSA;
  if (!vcca_der_take_tag(&der, VCCA_DER_SEQUENCE, &body) || der.n != 0 ||
      !vcca_span_eq(vcca_span_sub(body, 0, algorithm.n), algorithm))
    return false;
  body = vcca_span_sub(body, algorithm.n, body.n);
  return vcca_der_take_bits(&body, public_key) && body.n == 0;
}

vcca_key *vcca_key_from_spki(vcca_span der, struct vcca_error *err)
{
  enum vcca_key_type type;
  vcca_span public_key;
  if (!open_spki(der, &type, &public_key)) {
    vcca_fail(err, VCCA_FAULT_MALFORMED,
              "not the DER public key (SubjectPublicKeyInfo) of a P-256, P-384, P-521 or RSA key");
    return NULL;
  }
  vcca_key *key =
      type == VCCA_KEY_RSA ? vcca_key_new(type, public_key, err) : vcca_key_from_point(type, public_key, err);
  if (!key)
    return NULL;
  uint8_t buffer[VCCA_SPKI_MAX];
  vcca_sink again = VCCA_SINK(buffer);
  bool same = vcca_key_spki(key, &again) && vcca_span_eq(vcca_sink_span(&again), der);
  return keep(key, same ? true
                        : vcca_fail(err, VCCA_FAULT_MALFORMED, "the public key is not in canonical DER, or too large"));
}

vcca_key *vcca_key_from_pem(vcca_span pem, struct vcca_error *err)
{
  uint8_t buffer[VCCA_SPKI_MAX];
  vcca_sink der = VCCA_SINK(buffer);
  return vcca_pem_get("PUBLIC KEY", pem, &der, err) ? vcca_key_from_spki(vcca_sink_span(&der), err) : NULL;
}

enum vcca_key_type vcca_key_type(const vcca_key *key)
{
  return key->type;
}

bool vcca_key_is_pair(const vcca_key *key)
{
  return key->pair;
}

size_t vcca_key_bits(const vcca_key *key)
{
  return key->bits;
}

const char *vcca_key_type_name(enum vcca_key_type type)
{
  return types[type].name;
}

bool vcca_key_type_named(vcca_span name, enum vcca_key_type *type)
{
  for (unsigned i = 0; i < TYPES; i++)
    if (vcca_span_is(name, types[i].name)) {
      *type = (enum vcca_key_type)i;
      return true;
    }
  return false;
}

bool vcca_key_point(const vcca_key *key, vcca_sink *out)
{
  if (key->type == VCCA_KEY_RSA)
    return false;
  vcca_sink_put(out, vcca_key_public(key));
  return vcca_sink_ok(out);
}

bool vcca_key_spki(const vcca_key *key, vcca_sink *out)
{
  if (key->type != VCCA_KEY_RSA) {
    vcca_sink_put(out, types[key->type].spki_head);
    vcca_sink_put(out, vcca_key_public(key));
    return vcca_sink_ok(out);
  }
  uint8_t buffer[VCCA_SPKI_MAX];
  struct vcca_der d = vcca_der_in(buffer, sizeof buffer);
  const uint8_t *end = vcca_der_mark(&d);
  vcca_der_raw(&d, vcca_key_public(key));
  vcca_der_bits(&d, end);
  vcca_der_raw(&d, VCCA_SPAN(rsa_algorithm));
  vcca_der_wrap(&d, end, VCCA_DER_SEQUENCE);
  vcca_span spki = vcca_der_span(&d);
  vcca_sink_put(out, spki);
  return spki.n > 0 && vcca_sink_ok(out);
}

bool vcca_key_primes(const vcca_key *key, vcca_sink *p, vcca_sink *q)
{
  if (key->prime_size == 0)
    return false;
  vcca_sink_put(p, vcca_span_of(key->p, key->prime_size));
  vcca_sink_put(q, vcca_span_of(key->q, key->prime_size));
  return vcca_sink_ok(p) && vcca_sink_ok(q);
}

bool vcca_key_same(const vcca_key *a, const vcca_key *b)
{
  return a->type == b->type && vcca_span_eq(vcca_key_public(a), vcca_key_public(b));
}
