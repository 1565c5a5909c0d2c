/* Key derivation: HKDF (RFC 5869) over HMAC, and the SP 800-108 CMAC construction of the RSE.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "crypto/hmac.h"
#include "crypto/psa.h"
#include "rooms/error.h"
#include "rooms/crypto.h"

void vcca_stream_start(struct vcca_stream *s, enum vcca_hash_alg alg, vcca_span secret, vcca_span salt, vcca_span info)
{
  memset(s, 0, sizeof *s);
  s->alg = alg;
  s->info = info;
  s->used = vcca_hash_size(alg);
  vcca_hmac(alg, salt, secret, s->prk); /* extract; an absent salt is a key of zeros, as HMAC pads */
}

static void next_digest(struct vcca_stream *s)
{
  size_t size = vcca_hash_size(s->alg);
  if (s->index == 255) {
    s->index = 0;
    s->round++;
  }
  uint8_t round[4], t[VCCA_HASH_MAX];
  vcca_put_be32(round, s->round);
  memcpy(t, s->t, size);
  vcca_span before = vcca_span_of(t, s->index == 0 ? 0 : size);
  s->index++;
  const vcca_span parts[] = {before, s->info, vcca_span_of(round, s->round == 0 ? 0 : sizeof round),
                             vcca_span_of(&s->index, 1)};
  vcca_hmac_parts(s->alg, vcca_span_of(s->prk, size), parts, 4, s->t);
  s->used = 0;
}

void vcca_stream_read(struct vcca_stream *s, uint8_t *out, size_t n)
{
  size_t size = vcca_hash_size(s->alg);
  for (size_t done = 0; done < n;) {
    if (s->used == size)
      next_digest(s);
    size_t left = size - s->used, take = n - done < left ? n - done : left;
    memcpy(out + done, s->t + s->used, take);
    s->used += take;
    done += take;
  }
}

bool vcca_hkdf(enum vcca_hash_alg alg, vcca_span secret, vcca_span salt, vcca_span info, vcca_sink *out,
               struct vcca_error *err)
{
  size_t most = 255 * vcca_hash_size(alg);
  if (out->cap > most)
    return vcca_fail(err, VCCA_FAULT_USAGE, "HKDF gives at most %zu bytes of %s, %zu were asked for", most,
                     vcca_hash_name(alg), out->cap);
  struct vcca_stream s;
  vcca_stream_start(&s, alg, secret, salt, info);
  vcca_stream_read(&s, out->p, out->cap);
  out->n = out->cap;
  return true;
}

enum { CMAC_SIZE = 16, CMAC_PARTS = 6 };

static bool cmac(psa_key_id_t key, const vcca_span *parts, size_t n, uint8_t out[CMAC_SIZE])
{
  psa_mac_operation_t op = PSA_MAC_OPERATION_INIT;
  psa_status_t status = psa_mac_sign_setup(&op, key, PSA_ALG_CMAC);
  for (size_t i = 0; i < n && status == PSA_SUCCESS; i++)
    if (parts[i].n > 0)
      status = psa_mac_update(&op, parts[i].p, parts[i].n);
  size_t size = 0;
  if (status == PSA_SUCCESS)
    status = psa_mac_sign_finish(&op, out, CMAC_SIZE, &size);
  psa_mac_abort(&op);
  return status == PSA_SUCCESS && size == CMAC_SIZE;
}

static bool import_aes(vcca_span key, psa_key_id_t *id)
{
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
  psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_SIGN_MESSAGE);
  psa_set_key_algorithm(&attributes, PSA_ALG_CMAC);
  vcca_psa_start();
  return psa_import_key(&attributes, key.p, key.n, id) == PSA_SUCCESS;
}

bool vcca_kdf_cmac(vcca_span key, vcca_span label, vcca_span context, vcca_sink *out, struct vcca_error *err)
{
  if (key.n != 32)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the CMAC key derivation takes a key of 32 bytes, not %zu", key.n);
  if (out->cap > UINT32_MAX / 8)
    return vcca_fail(err, VCCA_FAULT_USAGE,
                     "the CMAC key derivation counts its bits in 32 bits, %zu bytes are too many", out->cap);
  psa_key_id_t id;
  if (!import_aes(key, &id))
    return vcca_fail(err, VCCA_FAULT_CRYPTO, "the crypto library refused an AES-256 key");
  static const uint8_t zero = 0;
  uint8_t counter[4], bits[4], k0[CMAC_SIZE], k[CMAC_SIZE];
  vcca_put_be32(bits, (uint32_t)out->cap * 8);
  const vcca_span parts[CMAC_PARTS] = {VCCA_SPAN(counter), label,        vcca_span_of(&zero, 1), context,
                                       VCCA_SPAN(bits),    VCCA_SPAN(k0)};
  bool ok = cmac(id, parts + 1, CMAC_PARTS - 2, k0);
  out->n = 0;
  for (uint32_t i = 1; ok && out->n < out->cap; i++) {
    vcca_put_be32(counter, i);
    ok = cmac(id, parts, CMAC_PARTS, k);
    vcca_sink_put(out, vcca_span_sub(VCCA_SPAN(k), 0, out->cap - out->n));
  }
  psa_destroy_key(id);
  return ok ? true : vcca_fail(err, VCCA_FAULT_CRYPTO, "the crypto library refused an AES-256-CMAC");
}
