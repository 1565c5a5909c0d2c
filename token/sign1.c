/* Writing COSE_Sign1 (RFC 9052 section 4.2) as CCA producers do: algorithm alone in the protected header,
 * unprotected header empty, payload attached, no external data; and the two forms of an ECDSA signature.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "token/sign1.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/token.h"
#include "rooms/cbor.h"

#include <string.h>

enum { TAG_SIGN1 = 18, HEADER_ALG = 1, HEADER_MAX = 8, TBS_MAX = VCCA_TOKEN_MAX + 32 };

void vcca_sign1_tbs(vcca_span protected_header, vcca_span payload, vcca_sink *out)
{
  vcca_cbor_put_array(out, 4);
  vcca_cbor_put_text(out, VCCA_SPAN_LIT("Signature1"));
  vcca_cbor_put_bytes(out, protected_header);
  vcca_cbor_put_bytes_head(out, 0);
  vcca_cbor_put_bytes(out, payload);
}

bool vcca_sign1(const vcca_key *key, vcca_span payload, vcca_sink *out, struct vcca_error *err)
{
  uint8_t header_buf[HEADER_MAX], tbs_buf[TBS_MAX], signature_buf[VCCA_SIG_MAX];
  vcca_sink header = VCCA_SINK(header_buf), tbs = VCCA_SINK(tbs_buf), signature = VCCA_SINK(signature_buf);
  enum vcca_sig_alg alg = vcca_sig_of(key);
  vcca_cbor_put_map(&header, 1);
  vcca_cbor_put_int(&header, HEADER_ALG);
  vcca_cbor_put_int(&header, alg);
  vcca_sign1_tbs(vcca_sink_span(&header), payload, &tbs);
  if (!vcca_sink_ok(&tbs))
    return vcca_fail(err, VCCA_FAULT_USAGE, "a payload of %zu bytes is too large to sign, %d are the most", payload.n,
                     VCCA_TOKEN_MAX);
  if (!vcca_sign(key, alg, vcca_sink_span(&tbs), &signature, err))
    return false;
  vcca_cbor_put_tag(out, TAG_SIGN1);
  vcca_cbor_put_array(out, 4);
  vcca_cbor_put_bytes(out, vcca_sink_span(&header));
  vcca_cbor_put_map(out, 0);
  vcca_cbor_put_bytes(out, payload);
  vcca_cbor_put_bytes(out, vcca_sink_span(&signature));
  return vcca_sink_ok(out) || vcca_fail(err, VCCA_FAULT_USAGE, "the COSE_Sign1 wants %zu bytes of room", out->n);
}

bool sign1_is_ecdsa(int64_t alg)
{
  return alg != VCCA_PS256 && alg != VCCA_PS384 && alg != VCCA_PS512;
}

bool sign1_signature_size_allowed(int64_t alg, size_t n)
{
  enum { P256 = 64, P384 = 96, RSA_2048 = VCCA_SIG_MAX / 2 };
  if (sign1_is_ecdsa(alg))
    return n == P256 || n == P384 || n == SIGN1_ECDSA_MAX;
  return n >= RSA_2048 && n <= VCCA_SIG_MAX && n % 8 == 0;
}

/* The content of a DER value with this tag (X.690, definite and shortest lengths below 256); what follows
 * it in rest. */
static bool der_value(vcca_span in, uint8_t tag, vcca_span *content, vcca_span *rest)
{
  enum { LONG_FORM = 0x80, ONE_BYTE = 0x81 };
  if (in.n < 2 || in.p[0] != tag)
    return false;
  size_t head = in.p[1] == ONE_BYTE ? 3 : 2;
  if (in.n < head || (head == 2 && in.p[1] >= LONG_FORM) || (head == 3 && in.p[2] < LONG_FORM))
    return false;
  size_t n = in.p[head - 1];
  *content = vcca_span_sub(in, head, n);
  *rest = vcca_span_sub(in, head + n, in.n);
  return content->n == n;
}

/* A positive INTEGER of at most size bytes, right-aligned. */
static bool der_integer(vcca_span *in, size_t size, uint8_t *out)
{
  enum { INTEGER = 2 };
  vcca_span n;
  if (!der_value(*in, INTEGER, &n, in) || n.n == 0 || n.p[0] >= 0x80 || (n.n > 1 && n.p[0] == 0 && n.p[1] < 0x80))
    return false;
  if (n.p[0] == 0)
    n = vcca_span_sub(n, 1, n.n - 1);
  if (n.n > size)
    return false;
  memset(out, 0, size - n.n);
  if (n.n > 0)
    memcpy(out + (size - n.n), n.p, n.n);
  return true;
}

bool sign1_der(vcca_span der, size_t size, uint8_t *raw)
{
  enum { SEQUENCE = 0x30 };
  vcca_span numbers, rest;
  return der_value(der, SEQUENCE, &numbers, &rest) && rest.n == 0 && der_integer(&numbers, size / 2, raw) &&
         der_integer(&numbers, size / 2, raw + size / 2) && numbers.n == 0;
}

size_t vcca_signature_size(const vcca_key *key)
{
  size_t bytes = (vcca_key_bits(key) + 7) / 8;
  return vcca_key_type(key) == VCCA_KEY_RSA ? bytes : 2 * bytes;
}

bool vcca_sign1_signature(const struct vcca_sign1_parts *sign1, const vcca_key *key, vcca_sink *out,
                          struct vcca_error *err)
{
  uint8_t raw[SIGN1_ECDSA_MAX];
  size_t size = vcca_signature_size(key);
  vcca_span signature = sign1->signature;
  if (sign1->der) {
    if (size > sizeof raw || !sign1_der(signature, size, raw))
      return vcca_fail(err, VCCA_FAULT_MALFORMED, "the signature is no DER sequence of r and s of a %s key",
                       vcca_key_type_name(vcca_key_type(key)));
    signature = vcca_span_of(raw, size);
  }
  if (signature.n != size)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the signature has %zu bytes where that of a key of %zu bits has %zu",
                     signature.n, vcca_key_bits(key), size);
  vcca_sink_put(out, signature);
  return vcca_sink_ok(out) || vcca_fail(err, VCCA_FAULT_USAGE, "the signature wants %zu bytes of room", out->n);
}
