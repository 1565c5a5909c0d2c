/* Steps that bind, sign, and spoil signatures.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "rooms/der.h"
#include "golden/edit.h"
#include "rooms/error.h"
#include "rooms/crypto.h"
#include "rooms/span.h"
#include "rooms/cbor.h"

enum { SCALAR_MAX = 66 };

/* The order n of each curve (SEC 2, 2.4 and FIPS 186-4, D.1.2). */
static const struct {
  size_t size;
  uint8_t n[SCALAR_MAX];
} orders[] = {
    {32, {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51}},
    {48, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
          0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73}},
    {66, {0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa,
          0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b, 0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09, 0xa5, 0xd0, 0x3b,
          0xb5, 0xc9, 0xb8, 0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91, 0x38, 0x64, 0x09}},
};

/* --- Binding and keys ------------------------------------------------------------------------------------ */

static bool has_keys(const struct edit *e, struct vcca_error *err)
{
  return e->golden != NULL || vcca_fail(err, VCCA_FAULT_USAGE, "signing and binding need a device: give one");
}

static bool key_by_name(const struct edit *e, vcca_span name, const vcca_key **out, struct vcca_error *err)
{
  enum golden_key key;
  if (!golden_key_named(name, &key))
    return vcca_fail(err, VCCA_FAULT_USAGE, "no key %.*s", (int)name.n, (const char *)name.p);
  *out = golden_key(e->golden, key);
  return true;
}

/* The RAK in a form that is not claim 44237's. */
static bool other_form(struct edit *e, vcca_span form, vcca_span *out, struct vcca_error *err)
{
  const vcca_key *rak = vcca_hsm_rak(e->golden->hsm);
  vcca_sink bytes = arena_sink(e->arena, VCCA_SPKI_MAX);
  bool ok = vcca_span_is(form, "spki") ? vcca_key_spki(rak, &bytes) : vcca_key_point(rak, &bytes);
  *out = vcca_sink_span(&bytes);
  if (vcca_span_is(form, "xy"))
    *out = vcca_span_sub(*out, 1, out->n);
  return ok || vcca_fail(err, VCCA_FAULT_USAGE, "the RAK has no form %.*s", (int)form.n, (const char *)form.p);
}

bool edit_step_bind(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place rak, binding;
  enum vcca_hash_alg alg = VCCA_SHA256;
  vcca_span value, bound;
  if (!has_keys(e, err) || !word_place(e, VCCA_SPAN_LIT("realm/44237"), &rak, err))
    return false;
  bound = node_content(e->arena, rak.node);
  for (size_t i = 0; i < w->n; i++) {
    if (word_value(w->word[i], "alg", &value)) {
      if (!vcca_hash_named(value, &alg))
        return vcca_fail(err, VCCA_FAULT_USAGE, "no hash %.*s", (int)value.n, (const char *)value.p);
    } else if (!word_value(w->word[i], "over", &value) || !other_form(e, value, &bound, err)) {
      return vcca_fail(err, VCCA_FAULT_USAGE, "bind wants alg= or over=");
    }
  }
  if ((family_has(e->golden->family) & WANT_PLATFORM) == 0)
    return true;
  if (!word_place(e, VCCA_SPAN_LIT("platform/@binding"), &binding, err))
    return false;
  uint8_t digest[VCCA_HASH_MAX];
  vcca_hash(alg, bound, digest);
  binding.node->child = NULL;
  binding.node->bytes = arena_copy(e->arena, vcca_span_of(digest, vcca_hash_size(alg)));
  return true;
}

/* Also keys that the family's encoding has no place for: then as a point, or an SPKI. */
bool edit_step_key(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place claim;
  const vcca_key *key;
  vcca_sink bytes = arena_sink(e->arena, VCCA_SPKI_MAX);
  if (!has_keys(e, err) || !key_by_name(e, w->word[0], &key, err) ||
      !word_place(e, VCCA_SPAN_LIT("realm/44237"), &claim, err))
    return false;
  bool rsa = vcca_key_type(key) == VCCA_KEY_RSA, spki = vcca_family(e->golden->family)->rak == VCCA_RAK_SPKI;
  bool ok = rsa == spki && w->n == 1 ? vcca_rak_encode(e->golden->family, key, &bytes, err)
            : spki                   ? vcca_key_spki(key, &bytes)
                                     : vcca_key_point(key, &bytes);
  if (!ok)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the key cannot be carried");
  struct node *n = node_of(e->arena, vcca_sink_span(&bytes));
  claim.node->child = NULL;
  claim.node->bytes = vcca_sink_span(&bytes);
  if (n && n->form != NODE_RAW)
    claim.node->child = n;
  return true;
}

/* --- Signing --------------------------------------------------------------------------------------------- */

bool edit_sign(struct edit *e, const char *member, const struct signing *how, struct vcca_error *err)
{
  struct place header, payload, signature;
  vcca_span name = vcca_span_str(member);
  if (!word_part(e, name, ".protected", &header, err) || !word_part(e, name, ".payload", &payload, err) ||
      !word_part(e, name, ".signature", &signature, err))
    return false;
  vcca_span signed_header = node_content(e->arena, header.node), signed_payload = node_content(e->arena, payload.node);
  vcca_sink tbs = arena_sink(e->arena, signed_header.n + signed_payload.n + how->aad.n + 64);
  vcca_sink bytes = arena_sink(e->arena, VCCA_SIG_MAX);
  if (!how->payload_alone) {
    vcca_cbor_put_array(&tbs, 4);
    vcca_cbor_put_text(&tbs, how->context);
    vcca_cbor_put_bytes(&tbs, signed_header);
    vcca_cbor_put_bytes(&tbs, how->aad);
    vcca_cbor_put_bytes(&tbs, signed_payload);
  } else {
    vcca_sink_put(&tbs, signed_payload);
  }
  if (!vcca_sign(how->key, (enum vcca_sig_alg)how->alg, vcca_sink_span(&tbs), &bytes, err))
    return false;
  struct node *after = signature.node->next;
  *signature.node = (struct node){.form = NODE_BYTES, .bytes = vcca_sink_span(&bytes), .next = after};
  return true;
}

static struct signing own_signing(const struct edit *e, bool platform)
{
  const vcca_key *key = platform ? vcca_hsm_cpak(e->golden->hsm) : vcca_hsm_rak(e->golden->hsm);
  return (struct signing){
      .key = key, .alg = vcca_sig_of(key), .context = VCCA_SPAN_LIT("Signature1"), .aad = vcca_span_of("", 0)};
}

bool edit_resign(struct edit *e, enum vcca_golden_signed how, struct vcca_error *err)
{
  bool platform = how == VCCA_SIGNED_PLATFORM || how == VCCA_SIGNED_BOTH,
       realm = how == VCCA_SIGNED_REALM || how == VCCA_SIGNED_BOTH;
  if (!platform && !realm)
    return true;
  if (!has_keys(e, err))
    return false;
  platform = platform && (family_has(e->golden->family) & WANT_PLATFORM) != 0;
  struct signing by_cpak = own_signing(e, true), by_rak = own_signing(e, false);
  return (!platform || edit_sign(e, "platform", &by_cpak, err)) && (!realm || edit_sign(e, "realm", &by_rak, err));
}

static bool signing_word(struct edit *e, vcca_span word, struct signing *how, struct vcca_error *err)
{
  vcca_span value;
  if (word_value(word, "key", &value)) {
    if (!key_by_name(e, value, &how->key, err))
      return false;
    how->alg = vcca_sig_of(how->key);
    return true;
  }
  if (word_value(word, "alg", &value))
    return word_number(value, &how->alg, err);
  if (word_value(word, "aad", &value))
    return word_bytes(e, value, &how->aad, err);
  how->payload_alone = vcca_span_is(word, "over=payload");
  return how->payload_alone || word_value(word, "context", &how->context) ||
         vcca_fail(err, VCCA_FAULT_USAGE, "sign knows no %.*s", (int)word.n, (const char *)word.p);
}

bool edit_step_sign(struct edit *e, const struct words *w, struct vcca_error *err)
{
  bool platform = vcca_span_is(w->word[0], "platform");
  if (!has_keys(e, err))
    return false;
  struct signing how = own_signing(e, platform);
  for (size_t i = 1; i < w->n; i++)
    if (!signing_word(e, w->word[i], &how, err))
      return false;
  return edit_sign(e, platform ? "platform" : "realm", &how, err);
}

/* --- Signatures in other forms --------------------------------------------------------------------------- */

/* a = n - a, big-endian. */
static void negate(uint8_t *a, const uint8_t *n, size_t size)
{
  int borrow = 0;
  for (size_t i = size; i-- > 0;) {
    int d = n[i] - a[i] - borrow;
    borrow = d < 0;
    a[i] = (uint8_t)(d + (borrow ? 256 : 0));
  }
}

static vcca_span to_der(struct edit *e, vcca_span signature)
{
  uint8_t room[2 * SCALAR_MAX + 32];
  struct vcca_der d = vcca_der_in(room, sizeof room);
  const uint8_t *end = vcca_der_mark(&d);
  vcca_der_uint(&d, vcca_span_sub(signature, signature.n / 2, signature.n));
  vcca_der_uint(&d, vcca_span_sub(signature, 0, signature.n / 2));
  vcca_der_wrap(&d, end, VCCA_DER_SEQUENCE);
  return arena_copy(e->arena, vcca_der_span(&d));
}

static void reverse(uint8_t *bytes, size_t n)
{
  for (size_t i = 0; i < n / 2; i++) {
    uint8_t held = bytes[i];
    bytes[i] = bytes[n - 1 - i];
    bytes[n - 1 - i] = held;
  }
}

/* A change within the halves r and s. */
static bool respell(struct edit *e, vcca_span how, uint8_t *r, uint8_t *s, size_t half, struct vcca_error *err)
{
  const uint8_t *order = NULL;
  uint8_t held[SCALAR_MAX];
  vcca_span value;
  for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
    if (orders[i].size == half)
      order = orders[i].n;
  if (!order)
    return vcca_fail(err, VCCA_FAULT_USAGE, "a signature of %zu bytes is no r and s", 2 * half);
  if (vcca_span_is(how, "negate")) {
    negate(s, order, half);
  } else if (vcca_span_is(how, "swap")) {
    memcpy(held, r, half);
    memcpy(r, s, half);
    memcpy(s, held, half);
  } else if (vcca_span_is(how, "little")) {
    reverse(r, half);
    reverse(s, half);
  } else if (vcca_span_is(how, "order-r") || vcca_span_is(how, "order-s")) {
    memcpy(vcca_span_is(how, "order-r") ? r : s, order, half);
  } else if (word_value(how, "r", &value) || word_value(how, "s", &value)) {
    bool is_r = how.p[0] == 'r';
    if (!word_bytes(e, value, &value, err))
      return false;
    for (size_t i = 0; i < half && value.n > 0; i++)
      (is_r ? r : s)[half - 1 - i] = i < value.n ? value.p[value.n - 1 - i] : value.n == 1 ? value.p[0] : 0;
  } else {
    return vcca_fail(err, VCCA_FAULT_USAGE, "a signature has no form %.*s", (int)how.n, (const char *)how.p);
  }
  return true;
}

bool edit_step_signature(struct edit *e, const struct words *w, struct vcca_error *err)
{
  struct place p;
  if (!word_part(e, w->word[0], ".signature", &p, err))
    return false;
  vcca_span old = node_content(e->arena, p.node);
  uint8_t *bytes = arena_get(e->arena, old.n);
  if (!bytes)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a signature");
  memcpy(bytes, old.p, old.n);
  p.node->child = NULL;
  p.node->bytes = vcca_span_of(bytes, old.n);
  if (vcca_span_is(w->word[1], "der")) {
    p.node->bytes = to_der(e, old);
    return true;
  }
  return respell(e, w->word[1], bytes, bytes + old.n / 2, old.n / 2, err);
}
