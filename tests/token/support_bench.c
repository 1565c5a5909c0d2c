/* SPDX-License-Identifier: Apache-2.0 */
#include "support_bench.h"
#include "rooms/token.h"
#include "rooms/cbor.h"

static void take_apart(vcca_span map, struct pairs *out)
{
  struct vcca_cbor c = vcca_cbor_over(map, 0);
  struct vcca_cbor_item item;
  assert_true(vcca_cbor_want(&c, VCCA_CBOR_MAP, "map", &item, NULL));
  out->n = (size_t)item.value;
  assert_true(out->n < 15);
  for (size_t i = 0; i < out->n; i++) {
    size_t start = c.at, middle;
    assert_true(vcca_cbor_skip(&c, NULL));
    middle = c.at;
    assert_true(vcca_cbor_skip(&c, NULL));
    out->key[i] = vcca_span_sub(map, start, middle - start);
    out->value[i] = vcca_span_sub(map, middle, c.at - middle);
  }
}

static vcca_span put_together(const struct pairs *pairs, uint8_t *buf, size_t cap)
{
  vcca_sink out = vcca_sink_of(buf, cap);
  vcca_cbor_put_map(&out, pairs->n);
  for (size_t i = 0; i < pairs->n; i++) {
    vcca_sink_put(&out, pairs->key[i]);
    vcca_sink_put(&out, pairs->value[i]);
  }
  return vcca_sink_span(&out);
}

size_t find(const struct pairs *pairs, int64_t label)
{
  for (size_t i = 0; i < pairs->n; i++) {
    struct vcca_cbor c = vcca_cbor_over(pairs->key[i], 0);
    int64_t key = 0;
    if (vcca_cbor_int(&c, "", &key, NULL) && key == label)
      return i;
  }
  fail_msg("claim %d is not there", (int)label);
  return 0;
}

void set_up(enum vcca_family family, struct bench *b)
{
  memset(b, 0, sizeof *b);
  b->family = family;
  sample_claims(family, &b->sample);
  make_token(family, &b->sample, &b->good);
  must_decode(b->good.span, &b->token);
  b->platform_generation = b->realm_generation =
      b->token.realm_sign1.wraps == 2 ? GENERATION_VIRTCCA : GENERATION_LEGACY;
  (void)profile_platform(b->token.platform.profile, &b->platform_generation);
  (void)profile_realm(b->token.realm.profile, &b->realm_generation);
  take_apart(b->token.realm_sign1.claims, &b->realm);
  if (!b->token.has_platform)
    return;
  take_apart(b->token.platform_sign1.claims, &b->platform);
  vcca_span components = b->platform.value[find(&b->platform, 2399)];
  struct vcca_cbor c = vcca_cbor_over(components, 0);
  struct vcca_cbor_item item;
  assert_true(vcca_cbor_next(&c, &item, NULL) && vcca_cbor_skip(&c, NULL));
  take_apart(vcca_span_sub(components, 1, c.at - 1), &b->component);
}

struct pairs *pairs_of(struct bench *b, enum which which)
{
  return which == PLATFORM ? &b->platform : which == COMPONENT ? &b->component : &b->realm;
}

void token_with(const struct bench *b, enum which which, const struct pairs *pairs, struct made *out)
{
  uint8_t map_buf[4096], other_buf[4096], wrapped_buf[4096], sign1_buf[VCCA_TOKEN_MAX];
  vcca_span payload = put_together(pairs, map_buf, sizeof map_buf);
  vcca_sink wrapped = VCCA_SINK(wrapped_buf), sign1 = VCCA_SINK(sign1_buf);
  struct vcca_error err = {0};
  assert_non_null(payload.p);
  if (which == REALM && b->token.realm_sign1.wraps == 2) {
    vcca_cbor_put_bytes(&wrapped, payload);
    payload = vcca_sink_span(&wrapped);
  } else if (which == COMPONENT) {
    struct pairs all = b->platform;
    vcca_cbor_put_array(&wrapped, 1);
    vcca_sink_put(&wrapped, payload);
    all.value[find(&all, 2399)] = vcca_sink_span(&wrapped);
    payload = put_together(&all, other_buf, sizeof other_buf);
  }
  const vcca_key *key = test_key(vcca_family(b->family)->key, which == REALM ? "RAK" : "CPAK");
  check_ok(vcca_sign1(key, payload, &sign1, &err), &err, "COSE_Sign1");
  vcca_span made = vcca_sink_span(&sign1);
  make_token_around(b->family, which == REALM ? b->token.platform_sign1.whole : made,
                    which == REALM ? made : b->token.realm_sign1.whole, out);
}

void must_refuse(vcca_span bytes, const char *words, const char *more)
{
  struct vcca_token token;
  struct vcca_error err = {0};
  if (vcca_token_decode(bytes, &token, &err))
    fail_msg("accepted: wants %s, %s", words, more);
  if (!err.has_offset || err.offset > bytes.n || strstr(err.text, words) == NULL || strstr(err.text, more) == NULL)
    fail_msg("byte %zu: %s; wants %s, %s", err.offset, err.text, words, more);
}
