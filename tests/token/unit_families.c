/* Each family minted, decoded, and its bytes held against what is known of real producers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/crypto.h"
#include "rooms/token.h"
#include "rooms/cbor.h"

static void same_component(const struct vcca_component *a, const struct vcca_component *b)
{
  assert_true(vcca_span_eq(a->type, b->type) && vcca_span_eq(a->measurement, b->measurement) &&
              vcca_span_eq(a->version, b->version) && vcca_span_eq(a->signer_id, b->signer_id) &&
              vcca_span_eq(a->hash_alg, b->hash_alg) && a->has_live_activation == b->has_live_activation &&
              a->live_activation == b->live_activation && vcca_span_eq(a->countersigners, b->countersigners));
}

static void same_claims(const struct vcca_token *token, const struct sample *s)
{
  const struct vcca_platform_claims *p = &token->platform, *q = &s->platform;
  const struct vcca_realm_claims *r = &token->realm, *t = &s->realm;
  assert_true(vcca_span_eq(p->profile, q->profile) && vcca_span_eq(p->challenge, q->challenge) &&
              vcca_span_eq(p->implementation_id, q->implementation_id) &&
              vcca_span_eq(p->instance_id, q->instance_id) && vcca_span_eq(p->config, q->config) &&
              p->lifecycle == q->lifecycle && p->component_count == q->component_count &&
              vcca_span_eq(p->verification_service, q->verification_service) &&
              vcca_span_eq(p->hash_alg, q->hash_alg) && vcca_span_eq(p->workload_binding, q->workload_binding) &&
              p->has_client_id == q->has_client_id && p->client_id == q->client_id);
  for (size_t i = 0; i < p->component_count; i++)
    same_component(&p->components[i], &q->components[i]);
  assert_true(vcca_span_eq(r->challenge, t->challenge) && vcca_span_eq(r->profile, t->profile) &&
              vcca_span_eq(r->rpv, t->rpv) && vcca_span_eq(r->public_key, t->public_key) &&
              vcca_span_eq(r->hash_alg, t->hash_alg) && vcca_span_eq(r->public_key_hash_alg, t->public_key_hash_alg) &&
              vcca_span_eq(r->rim, t->rim) && vcca_span_eq(r->instance_id, t->instance_id) &&
              r->has_mec_policy == t->has_mec_policy && r->mec_policy == t->mec_policy &&
              r->has_lfa_policy == t->has_lfa_policy && r->lfa_policy == t->lfa_policy &&
              vcca_span_eq(r->devices_hash, t->devices_hash));
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    assert_true(vcca_span_eq(r->rem[i], t->rem[i]));
}

static void good_signature(const struct vcca_sign1_parts *sign1, const vcca_key *key)
{
  uint8_t buf[VCCA_TOKEN_MAX];
  vcca_sink tbs = VCCA_SINK(buf);
  vcca_sign1_tbs(sign1->protected_header, sign1->payload, &tbs);
  assert_true(vcca_sig_fits(sign1->alg, key));
  assert_true(vcca_verify(key, (enum vcca_sig_alg)sign1->alg, vcca_sink_span(&tbs), sign1->signature));
}

static void a_minted_token_decodes_to_its_claims_and_family_and_is_reproducible(void **state)
{
  (void)state;
  for (int f = 0; f < VCCA_FAMILIES; f++) {
    enum vcca_family family = (enum vcca_family)f, found;
    const struct vcca_family_spec *spec = vcca_family(family);
    struct sample sample;
    struct made first, second;
    struct vcca_token token;
    struct vcca_error err = {0};
    sample_claims(family, &sample);
    make_token(family, &sample, &first);
    make_token(family, &sample, &second);
    assert_true(vcca_span_eq(first.span, second.span));
    must_decode(first.span, &token);
    same_claims(&token, &sample);
    assert_true(vcca_token_family(&token, &found));
    assert_int_equal(found, family);
    assert_int_equal(token.rak_encoding, spec->rak);
    assert_int_equal(token.has_platform, spec->platform_profile != NULL);
    assert_int_equal(token.realm_sign1.wraps, spec->wraps);
    vcca_key *rak = vcca_rak_decode(token.rak_encoding, token.realm.public_key, &err);
    check_ok(rak != NULL, &err, "RAK");
    good_signature(&token.realm_sign1, rak);
    assert_true(vcca_key_same(rak, test_key(spec->key, "RAK")));
    vcca_key_free(rak);
    if (token.has_platform)
      good_signature(&token.platform_sign1, test_key(spec->key, "CPAK"));
  }
}

/* The byte map of a real Kunpeng machine's token. */
static void virtcca_rsa_has_the_genuine_byte_map(void **state)
{
  (void)state;
  static const struct {
    size_t at;
    const char *hex;
  } rows[] = {
      {0, "d9018fa119acd159058d"},
      {10, "d28444a1013824a0"},
      {18, "59037f59037ca7"},
      {25, "0a5840"},
      {92, "19accb5840"},
      {161, "19accd590226"},
      {717, "19accc677368612d323536"},
      {728, "19acd0677368612d323536"},
      {739, "19acce5820"},
      {776, "19accf845820"},
      {916, "590200"},
  };
  struct sample sample;
  struct made token;
  sample_claims(VCCA_FAMILY_VIRTCCA_RSA, &sample);
  make_token(VCCA_FAMILY_VIRTCCA_RSA, &sample, &token);
  assert_int_equal(token.span.n, 1431);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    check_hex(vcca_span_sub(token.span, rows[i].at, strlen(rows[i].hex) / 2), rows[i].hex, rows[i].hex);
}

/* 590 and 750 bytes, as TF-RMM emits them for SHA-256 and SHA-512 realms: the size of the whole with a
 * platform token of 1518 bytes is 2124 and 2284. */
static void arm_1_0_realm_tokens_have_tf_rmm_s_sizes(void **state)
{
  (void)state;
  for (int sha512 = 0; sha512 < 2; sha512++) {
    static const uint8_t platform[1518], long_digest[64];
    uint8_t realm_buf[1000], token_buf[4000];
    vcca_sink realm = VCCA_SINK(realm_buf), token = VCCA_SINK(token_buf);
    struct sample s;
    struct vcca_error err = {0};
    sample_claims(VCCA_FAMILY_ARM_1_0, &s);
    if (sha512) {
      s.realm.hash_alg = VCCA_SPAN_LIT("sha-512");
      s.realm.rim = VCCA_SPAN(long_digest);
      for (int i = 0; i < VCCA_TOKEN_REMS; i++)
        s.realm.rem[i] = VCCA_SPAN(long_digest);
    }
    check_ok(vcca_token_realm(VCCA_FAMILY_ARM_1_0, &s.realm, test_key(VCCA_KEY_P384, "RAK"), &realm, &err), &err,
             "realm");
    assert_int_equal(realm.n, sha512 ? 750 : 590);
    check_ok(vcca_token_collect(VCCA_FAMILY_ARM_1_0, VCCA_SPAN(platform), vcca_sink_span(&realm), &token, &err), &err,
             "token");
    assert_int_equal(token.n, sha512 ? 2284 : 2124);
  }
}

/* Labels of a map in the order they stand. */
static void check_order(vcca_span map, const int64_t *want, size_t n)
{
  struct vcca_cbor c = vcca_cbor_over(map, 0);
  struct vcca_cbor_item item;
  assert_true(vcca_cbor_want(&c, VCCA_CBOR_MAP, "map", &item, NULL));
  assert_int_equal(item.value, n);
  for (size_t i = 0; i < n; i++) {
    int64_t label = 0;
    assert_true(vcca_cbor_int(&c, "label", &label, NULL));
    assert_int_equal(label, want[i]);
    assert_true(vcca_cbor_skip(&c, NULL));
  }
}

enum { ORDER_MAX = 12 };
static const struct {
  enum vcca_family family;
  int64_t platform[ORDER_MAX], realm[ORDER_MAX];
} orders[] = {
    {VCCA_FAMILY_VIRTCCA_RSA, {0}, {10, 44235, 44237, 44236, 44240, 44238, 44239}},
    {VCCA_FAMILY_VIRTCCA_P521,
     {265, 10, 2396, 256, 2401, 2395, 2402, 2400, 2399},
     {10, 44235, 44237, 44236, 44240, 44238, 44239}},
    {VCCA_FAMILY_ARM_LEGACY,
     {265, 10, 2396, 256, 2401, 2395, 2402, 2400, 2399},
     {10, 44235, 44237, 44236, 44240, 44238, 44239}},
    {VCCA_FAMILY_ARM_MIXED,
     {265, 10, 2396, 256, 2401, 2395, 2402, 2400, 2399},
     {10, 44235, 44237, 44236, 44240, 265, 44238, 44239}},
    {VCCA_FAMILY_ARM_1_0,
     {265, 10, 2396, 256, 2401, 2395, 2402, 2400, 2399},
     {10, 44235, 44237, 44236, 44240, 265, 44238, 44239}},
    {VCCA_FAMILY_ARM_CMW,
     {265, 10, 2396, 256, 2401, 2395, 2402, 2400, 2399},
     {10, 44235, 44237, 44236, 44240, 265, 44238, 44239}},
    {VCCA_FAMILY_ARM_RMM_2_0,
     {265, 10, 2396, 256, 2401, 2395, 2402, 2400, 2399},
     {10, 256, 44235, 44237, 44236, 44240, 44243, 265, 44238, 44239}},
    {VCCA_FAMILY_ARM_DRAFT_04,
     {265, 2408, 2396, 256, 2401, 2395, 2402, 2394, 2400, 2399},
     {265, 10, 44236, 44240, 44235, 44237, 44238, 44239, 44243, 256}},
};

static size_t count(const int64_t order[ORDER_MAX])
{
  size_t n = 0;
  while (n < ORDER_MAX && order[n])
    n++;
  return n;
}

/* Of TF-A, TF-RMM at 1.0 and today, a Kunpeng machine, and the draft's example. */
static void claims_stand_in_the_order_of_real_producers(void **state)
{
  (void)state;
  assert_int_equal(sizeof orders / sizeof *orders, VCCA_FAMILIES);
  for (int f = 0; f < VCCA_FAMILIES; f++) {
    struct sample sample;
    struct made made;
    struct vcca_token token;
    sample_claims(orders[f].family, &sample);
    sample.realm.has_lfa_policy = false; /* nobody emits these two */
    sample.realm.devices_hash = vcca_span_of(NULL, 0);
    make_token(orders[f].family, &sample, &made);
    must_decode(made.span, &token);
    if (token.has_platform)
      check_order(token.platform_sign1.claims, orders[f].platform, count(orders[f].platform));
    check_order(token.realm_sign1.claims, orders[f].realm, count(orders[f].realm));
  }
}

/* TF-RMM's today: two claims more, and CMW records around the members. */
static void arm_rmm_2_0_tokens_have_tf_rmm_s_sizes(void **state)
{
  (void)state;
  static const uint8_t platform[1518], digest[48];
  for (int sha384 = 0; sha384 < 2; sha384++) {
    uint8_t realm_buf[1000], token_buf[4000];
    vcca_sink realm = VCCA_SINK(realm_buf), token = VCCA_SINK(token_buf);
    struct sample s;
    struct vcca_error err = {0};
    sample_claims(VCCA_FAMILY_ARM_RMM_2_0, &s);
    s.realm.has_lfa_policy = false;
    s.realm.devices_hash = vcca_span_of(NULL, 0);
    if (sha384) {
      s.realm.hash_alg = VCCA_SPAN_LIT("sha-384");
      s.realm.rim = VCCA_SPAN(digest);
      for (int i = 0; i < VCCA_TOKEN_REMS; i++)
        s.realm.rem[i] = VCCA_SPAN(digest);
    }
    check_ok(vcca_token_realm(VCCA_FAMILY_ARM_RMM_2_0, &s.realm, test_key(VCCA_KEY_P384, "RAK"), &realm, &err), &err,
             "realm");
    /* 590 or 670 of RMM 1.0, claim 256 (3 + 35), claim 44243 (3 + 1) */
    assert_int_equal(realm.n, (sha384 ? 670 : 590) + 38 + 4);
    check_ok(vcca_token_collect(VCCA_FAMILY_ARM_RMM_2_0, VCCA_SPAN(platform), vcca_sink_span(&realm), &token, &err),
             &err, "token");
    assert_int_equal(token.n, 4 + (3 + 4 + 3 + 1518) + (3 + 4 + 3 + realm.n));
    check_hex(vcca_span_sub(vcca_sink_span(&token), 0, 14), "d9038ba219acca821901075905ee", "head");
  }
}

/* 01, then a hash that anyone can make again. */
static void a_realm_has_one_instance_id_and_another_realm_another(void **state)
{
  (void)state;
  static const uint8_t rpv[64] = {7}, rim[32] = {9};
  struct vcca_realm_claims claims = {.rpv = VCCA_SPAN(rpv), .rim = VCCA_SPAN(rim)};
  uint8_t first[VCCA_UEID_SIZE], again[VCCA_UEID_SIZE], other[VCCA_UEID_SIZE];
  vcca_realm_profile_claims(VCCA_FAMILY_ARM_RMM_2_0, 0x0102, first, &claims);
  /* printf 'realm instance id\2\1\0\0\7' and 63 zeros, 9 and 31 zeros | sha256sum */
  check_hex(VCCA_SPAN(first), "0151c3944d2a7d31f4651acb6b5357dca8c510193868c73ddbae7ac334d7056a10", "instance id");
  vcca_realm_profile_claims(VCCA_FAMILY_ARM_DRAFT_04, 0x0102, again, &claims);
  assert_memory_equal(first, again, sizeof first);
  vcca_realm_profile_claims(VCCA_FAMILY_ARM_RMM_2_0, 3, other, &claims);
  assert_memory_not_equal(first, other, sizeof first);
  assert_true(claims.has_mec_policy && claims.mec_policy == 0 && claims.instance_id.p == other);
  struct vcca_realm_claims older = {.rpv = VCCA_SPAN(rpv), .rim = VCCA_SPAN(rim)};
  vcca_realm_profile_claims(VCCA_FAMILY_ARM_CMW, 3, other, &older);
  assert_true(older.instance_id.p == NULL && !older.has_mec_policy);
}

static void the_rak_is_carried_as_each_family_does(void **state)
{
  (void)state;
  static const struct {
    enum vcca_family family;
    size_t size;
    const char *head;
  } rows[] = {
      {VCCA_FAMILY_VIRTCCA_RSA, 550, "30820222300d06092a864886f70d01010105000382020f00"},
      {VCCA_FAMILY_VIRTCCA_P521, 133, "04"},
      {VCCA_FAMILY_ARM_LEGACY, 97, "04"},
      {VCCA_FAMILY_ARM_MIXED, 107, "a4010220022158"},
      {VCCA_FAMILY_ARM_1_0, 107, "a4010220022158"},
      {VCCA_FAMILY_ARM_DRAFT_04, 107, "a4010220022158"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t buf[VCCA_SPKI_MAX];
    vcca_sink out = VCCA_SINK(buf);
    struct vcca_error err = {0};
    const vcca_key *key = test_key(vcca_family(rows[i].family)->key, "RAK");
    check_ok(vcca_rak_encode(rows[i].family, key, &out, &err), &err, rows[i].head);
    assert_int_equal(out.n, rows[i].size);
    check_hex(vcca_span_sub(vcca_sink_span(&out), 0, strlen(rows[i].head) / 2), rows[i].head, "head");
    vcca_key *back = vcca_rak_decode(vcca_family(rows[i].family)->rak, vcca_sink_span(&out), &err);
    check_ok(back != NULL, &err, rows[i].head);
    assert_true(vcca_key_same(key, back));
    vcca_key_free(back);
  }
}

static void an_ec_rak_does_not_fit_an_rsa_family_nor_the_reverse(void **state)
{
  (void)state;
  uint8_t buf[VCCA_SPKI_MAX];
  vcca_sink out = VCCA_SINK(buf);
  struct vcca_error err = {0};
  assert_false(vcca_rak_encode(VCCA_FAMILY_VIRTCCA_RSA, test_key(VCCA_KEY_P521, "RAK"), &out, &err));
  assert_int_equal(err.fault, VCCA_FAULT_USAGE);
  assert_false(vcca_rak_encode(VCCA_FAMILY_ARM_1_0, test_key(VCCA_KEY_RSA, "RAK"), &out, &err));
  assert_int_equal(err.fault, VCCA_FAULT_USAGE);
}

static void a_family_is_known_by_all_its_switches(void **state)
{
  (void)state;
  struct sample sample;
  struct made made;
  struct vcca_token token, other;
  enum vcca_family family;
  sample_claims(VCCA_FAMILY_ARM_1_0, &sample);
  make_token(VCCA_FAMILY_ARM_1_0, &sample, &made);
  must_decode(made.span, &token);
  other = token;
  other.container = 398;
  assert_false(vcca_token_family(&other, &family));
  other.container = 907;
  assert_true(vcca_token_family(&other, &family) && family == VCCA_FAMILY_ARM_CMW);
  other = token;
  other.realm.profile = vcca_span_of(NULL, 0);
  assert_false(vcca_token_family(&other, &family));
  other = token;
  other.platform.profile = vcca_span_str(vcca_family(VCCA_FAMILY_ARM_LEGACY)->platform_profile);
  assert_true(vcca_token_family(&other, &family) && family == VCCA_FAMILY_ARM_MIXED);
  other.platform.profile = vcca_span_str(vcca_family(VCCA_FAMILY_ARM_DRAFT_04)->platform_profile);
  assert_false(vcca_token_family(&other, &family));
  other = token;
  other.has_platform = false;
  assert_false(vcca_token_family(&other, &family));
  other = token;
  other.rak_encoding = VCCA_RAK_RAW_POINT;
  assert_false(vcca_token_family(&other, &family));
  other = token;
  other.realm_sign1.wraps = 2;
  assert_false(vcca_token_family(&other, &family));
  other = token;
  other.realm_sign1.alg = VCCA_ES256;
  assert_false(vcca_token_family(&other, &family));
  other = token;
  other.platform_sign1.alg = VCCA_ES512;
  assert_false(vcca_token_family(&other, &family));
  assert_true(vcca_token_family(&token, &family));
}

static void the_platform_token_is_where_the_family_has_one(void **state)
{
  (void)state;
  uint8_t buf[VCCA_TOKEN_MAX];
  vcca_sink out = VCCA_SINK(buf);
  struct sample sample;
  struct vcca_error err = {0};
  vcca_span none = {NULL, 0}, some = VCCA_SPAN_LIT("x");
  sample_claims(VCCA_FAMILY_ARM_1_0, &sample);
  assert_false(
      vcca_token_platform(VCCA_FAMILY_VIRTCCA_RSA, &sample.platform, test_key(VCCA_KEY_P384, "CPAK"), &out, &err));
  assert_int_equal(err.fault, VCCA_FAULT_USAGE);
  assert_false(vcca_token_collect(VCCA_FAMILY_VIRTCCA_RSA, some, some, &out, &err));
  assert_int_equal(err.fault, VCCA_FAULT_USAGE);
  assert_false(vcca_token_collect(VCCA_FAMILY_ARM_1_0, none, some, &out, &err));
  assert_int_equal(err.fault, VCCA_FAULT_USAGE);
}

static void families_are_found_by_name(void **state)
{
  (void)state;
  enum vcca_family family;
  for (int f = 0; f < VCCA_FAMILIES; f++) {
    assert_true(vcca_family_named(vcca_span_str(vcca_family((enum vcca_family)f)->name), &family));
    assert_int_equal(family, f);
  }
  assert_false(vcca_family_named(VCCA_SPAN_LIT("arm"), &family));
}

static void every_claim_of_the_table_has_a_name_and_a_meaning(void **state)
{
  (void)state;
  for (size_t i = 0; i < vcca_claim_count(); i++) {
    const struct vcca_claim_spec *claim = vcca_claim_at(i);
    assert_non_null(vcca_claim_name(claim->label));
    assert_true(claim->name[0] && claim->token[0] && claim->kind[0] && claim->presence[0] && claim->meaning[0]);
  }
  assert_null(vcca_claim_at(vcca_claim_count()));
  assert_null(vcca_claim_name(-1));
  assert_string_equal(vcca_claim_name(44238), "rim");
}

static void lifecycle_states_are_those_of_the_specification(void **state)
{
  (void)state;
  assert_string_equal(vcca_lifecycle_name(0x0000), "unknown");
  assert_string_equal(vcca_lifecycle_name(0x10ff), "assembly-and-test");
  assert_string_equal(vcca_lifecycle_name(0x2000), "platform-rot-provisioning");
  assert_string_equal(vcca_lifecycle_name(0x3003), "secured");
  assert_string_equal(vcca_lifecycle_name(0x30ff), "secured");
  assert_string_equal(vcca_lifecycle_name(0x6000), "decommissioned");
  assert_null(vcca_lifecycle_name(0x3100));
  assert_null(vcca_lifecycle_name(0x7000));
  assert_null(vcca_lifecycle_name(0x13003));
}

static void a_token_is_printed_with_all_its_claims(void **state)
{
  (void)state;
  for (int f = 0; f < VCCA_FAMILIES; f++) {
    static char json[20000], text[20000];
    struct sample sample;
    struct made made;
    struct vcca_token token;
    sample_claims((enum vcca_family)f, &sample);
    make_token((enum vcca_family)f, &sample, &made);
    must_decode(made.span, &token);
    vcca_sink json_out = vcca_sink_of(json, sizeof json - 1), text_out = vcca_sink_of(text, sizeof text - 1);
    struct vcca_json j = vcca_json_into(&json_out, VCCA_JSON_LINE);
    vcca_json_open(&j, NULL, '{');
    vcca_token_json(&token, &j);
    vcca_json_close(&j);
    vcca_token_text(&token, &text_out);
    json[json_out.n] = text[text_out.n] = '\0';
    char rim[100], family[100];
    snprintf(rim, sizeof rim, "\"rim\":\"%s\"", "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf");
    snprintf(family, sizeof family, "{\"family\":\"%s\",", vcca_family((enum vcca_family)f)->name);
    assert_non_null(strstr(json, rim));
    assert_memory_equal(json, family, strlen(family));
    assert_non_null(strstr(text, "  rem3                   a0a1a2a3"));
    if (token.has_platform) {
      assert_non_null(strstr(json, "\"lifecycle\":12291,\"lifecycle_name\":\"secured\""));
      assert_non_null(strstr(json, "\"components\":[{\"type\":\"BL\","));
      assert_non_null(strstr(text, "  lifecycle              0x3003 (secured)\n"));
      assert_non_null(strstr(text, "      component-type     \"RMM\"\n"));
    } else
      assert_non_null(strstr(json, "\"platform\":null"));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_minted_token_decodes_to_its_claims_and_family_and_is_reproducible),
      cmocka_unit_test(virtcca_rsa_has_the_genuine_byte_map),
      cmocka_unit_test(arm_1_0_realm_tokens_have_tf_rmm_s_sizes),
      cmocka_unit_test(claims_stand_in_the_order_of_real_producers),
      cmocka_unit_test(arm_rmm_2_0_tokens_have_tf_rmm_s_sizes),
      cmocka_unit_test(a_realm_has_one_instance_id_and_another_realm_another),
      cmocka_unit_test(the_rak_is_carried_as_each_family_does),
      cmocka_unit_test(an_ec_rak_does_not_fit_an_rsa_family_nor_the_reverse),
      cmocka_unit_test(a_family_is_known_by_all_its_switches),
      cmocka_unit_test(the_platform_token_is_where_the_family_has_one),
      cmocka_unit_test(families_are_found_by_name),
      cmocka_unit_test(every_claim_of_the_table_has_a_name_and_a_meaning),
      cmocka_unit_test(lifecycle_states_are_those_of_the_specification),
      cmocka_unit_test(a_token_is_printed_with_all_its_claims),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
