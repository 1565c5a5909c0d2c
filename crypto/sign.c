/* Signatures by COSE algorithm number. Any EC key may be used with any ES*, as RFC 9053 (2.1) allows;
 * vcca_sig_fits is the stricter question.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign.h"

#include "crypto/signatures.h"
#include "rooms/error.h"
#include "rooms/crypto.h"

static const struct {
  enum vcca_sig_alg alg;
  const char *name;
  enum vcca_hash_alg hash;
  enum vcca_key_type type; /* the first row of a type is its natural algorithm */
  bool any_curve;
} rows[] = {
    {VCCA_ES256, "ES256", VCCA_SHA256, VCCA_KEY_P256, true},
    {VCCA_ES384, "ES384", VCCA_SHA384, VCCA_KEY_P384, true},
    {VCCA_ES512, "ES512", VCCA_SHA512, VCCA_KEY_P521, true},
    {VCCA_PS256, "PS256", VCCA_SHA256, VCCA_KEY_RSA, false},
    {VCCA_PS384, "PS384", VCCA_SHA384, VCCA_KEY_RSA, false},
    {VCCA_PS512, "PS512", VCCA_SHA512, VCCA_KEY_RSA, false},
    {VCCA_ESP256, "ESP256", VCCA_SHA256, VCCA_KEY_P256, false},
    {VCCA_ESP384, "ESP384", VCCA_SHA384, VCCA_KEY_P384, false},
    {VCCA_ESP512, "ESP512", VCCA_SHA512, VCCA_KEY_P521, false},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* The row of an algorithm, ROWS when there is none. */
static size_t find(int64_t alg)
{
  size_t i = 0;
  while (i < ROWS && (int64_t)rows[i].alg != alg)
    i++;
  return i;
}

/* Whether the key can be used with the algorithm at all. */
static bool usable(size_t row, const vcca_key *key)
{
  return row < ROWS && (rows[row].type == key->type || (rows[row].any_curve && key->type != VCCA_KEY_RSA));
}

const char *vcca_sig_name(int64_t alg)
{
  size_t i = find(alg);
  return i < ROWS ? rows[i].name : NULL;
}

bool vcca_sig_usable(int64_t alg, const vcca_key *key)
{
  return usable(find(alg), key);
}

bool vcca_sig_fits(int64_t alg, const vcca_key *key)
{
  size_t i = find(alg);
  return i < ROWS && rows[i].type == key->type;
}

enum vcca_sig_alg vcca_sig_of(const vcca_key *key)
{
  size_t i = 0;
  while (rows[i].type != key->type)
    i++;
  return rows[i].alg;
}

bool vcca_ecdsa_sign(const struct vcca_key *key, enum vcca_hash_alg alg, vcca_span digest, vcca_sink *signature,
                     struct vcca_error *err)
{
  uint8_t bytes[2 * VCCA_SCALAR_MAX];
  size_t n = 2 * vcca_key_bytes(key);
  const struct vcca_signatures *engine = vcca_signatures_in_use();
  if (!engine->sign_ec(key, alg, digest, bytes) && !vcca_signatures_psa.sign_ec(key, alg, digest, bytes))
    return vcca_fail(err, VCCA_FAULT_CRYPTO, "the crypto library made no ECDSA signature");
  vcca_sink_put(signature, vcca_span_of(bytes, n));
  return vcca_sink_ok(signature) ? true : vcca_fail(err, VCCA_FAULT_USAGE, "no room for a signature of %zu bytes", n);
}

bool vcca_sign(const vcca_key *key, enum vcca_sig_alg alg, vcca_span message, vcca_sink *signature,
               struct vcca_error *err)
{
  size_t row = find(alg);
  if (!usable(row, key))
    return vcca_fail(err, VCCA_FAULT_USAGE, "algorithm %d cannot be used with a %s key", (int)alg,
                     vcca_key_type_name(key->type));
  if (!key->pair)
    return vcca_fail(err, VCCA_FAULT_USAGE, "signing needs a private key, this one is public");
  enum vcca_hash_alg hash = rows[row].hash;
  uint8_t bytes[VCCA_HASH_MAX];
  vcca_span digest = vcca_span_of(bytes, vcca_hash_size(hash));
  vcca_hash(hash, message, bytes);
  return key->type == VCCA_KEY_RSA ? vcca_rsa_sign_pss(key, hash, digest, signature, err)
                                   : vcca_ecdsa_sign(key, hash, digest, signature, err);
}

bool vcca_verify(const vcca_key *key, enum vcca_sig_alg alg, vcca_span message, vcca_span signature)
{
  size_t row = find(alg);
  if (!usable(row, key))
    return false;
  uint8_t bytes[VCCA_HASH_MAX];
  enum vcca_hash_alg hash = rows[row].hash;
  vcca_span digest = vcca_span_of(bytes, vcca_hash_size(hash));
  vcca_hash(hash, message, bytes);
  enum vcca_judgement judgement = vcca_signatures_in_use()->verify(key, hash, digest, signature);
  if (judgement == VCCA_CANNOT_JUDGE)
    judgement = vcca_signatures_psa.verify(key, hash, digest, signature);
  return judgement == VCCA_GOOD_SIGNATURE;
}
