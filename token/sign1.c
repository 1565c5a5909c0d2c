/* Writing COSE_Sign1 (RFC 9052 section 4.2) as CCA producers do: algorithm alone in the protected header, unprotected header
 * empty, payload attached, no external data.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "vcca/token.h"

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
    return vcca_fail(err, VCCA_FAULT_USAGE, "a payload of %zu bytes is too large to sign, %d are the most", payload.n, VCCA_TOKEN_MAX);
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
