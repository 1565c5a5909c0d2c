/* Every leniency: a token that needs it and nothing else is refused without it, and taken with it.
 *
 * Long because each row of the table wants a function that makes its token.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_bench.h"
#include "rooms/crypto.h"
#include "rooms/span.h"
#include "rooms/leniency.h"
#include "rooms/token.h"
#include "rooms/cbor.h"

/* --- Tokens that need one leniency --- */

struct wanting {
  struct bench b;
  struct made token;
};

static vcca_span hex(const char *text, uint8_t *buf, size_t cap)
{
  vcca_sink out = vcca_sink_of(buf, cap);
  assert_true(vcca_hex_read(vcca_span_str(text), &out, NULL));
  return vcca_sink_span(&out);
}

/* The realm token rebuilt: its parts as they are, or others. */
struct parts {
  const char *head; /* tag and array */
  vcca_span protected_header;
  const char *unprotected;
  vcca_span payload;
  bool der;
  const char *tail; /* behind the signature */
};

static struct parts parts_of(const struct bench *b)
{
  struct parts p = {.head = "d284",
                    .protected_header = b->token.realm_sign1.protected_header,
                    .unprotected = "a0",
                    .payload = b->token.realm_sign1.payload,
                    .tail = ""};
  return p;
}

static void put_hex(vcca_sink *out, const char *text)
{
  assert_true(vcca_hex_read(vcca_span_str(text), out, NULL));
}

static void put_der_integer(vcca_span n, vcca_sink *out)
{
  while (n.n > 1 && n.p[0] == 0)
    n = vcca_span_sub(n, 1, n.n);
  bool high = n.p[0] >= 0x80;
  vcca_sink_u8(out, 2);
  vcca_sink_u8(out, (uint8_t)(n.n + high));
  if (high)
    vcca_sink_u8(out, 0);
  vcca_sink_put(out, n);
}

static void put_der(vcca_span raw, vcca_sink *out)
{
  uint8_t buf[160];
  vcca_sink numbers = VCCA_SINK(buf);
  put_der_integer(vcca_span_sub(raw, 0, raw.n / 2), &numbers);
  put_der_integer(vcca_span_sub(raw, raw.n / 2, raw.n), &numbers);
  vcca_sink_u8(out, 0x30);
  if (numbers.n >= 0x80)
    vcca_sink_u8(out, 0x81);
  vcca_sink_u8(out, (uint8_t)numbers.n);
  vcca_sink_put(out, vcca_sink_span(&numbers));
}

/* A COSE_Sign1 of these parts, signed by the RAK. */
static void put_sign1(const struct bench *b, const struct parts *p, vcca_sink *out)
{
  uint8_t tbs_buf[VCCA_TOKEN_MAX], raw_buf[VCCA_SIG_MAX], der_buf[160];
  vcca_sink tbs = VCCA_SINK(tbs_buf), raw = VCCA_SINK(raw_buf), der = VCCA_SINK(der_buf);
  const vcca_key *rak = test_key(vcca_family(b->family)->key, "RAK");
  struct vcca_error err = {0};
  vcca_sign1_tbs(p->protected_header, p->payload, &tbs);
  check_ok(vcca_sign(rak, vcca_sig_of(rak), vcca_sink_span(&tbs), &raw, &err), &err, "signature");
  put_der(vcca_sink_span(&raw), &der);
  put_hex(out, p->head);
  vcca_cbor_put_bytes(out, p->protected_header);
  put_hex(out, p->unprotected);
  vcca_cbor_put_bytes(out, p->payload);
  vcca_cbor_put_bytes(out, p->der ? vcca_sink_span(&der) : vcca_sink_span(&raw));
  put_hex(out, p->tail);
}

static void with_parts(struct wanting *w, const struct parts *p)
{
  uint8_t buf[VCCA_TOKEN_MAX];
  vcca_sink realm = VCCA_SINK(buf), token = VCCA_SINK(w->token.bytes);
  struct vcca_error err = {0};
  put_sign1(&w->b, p, &realm);
  vcca_span platform = w->b.token.has_platform ? w->b.token.platform_sign1.whole : vcca_span_of(NULL, 0);
  check_ok(vcca_token_collect(w->b.family, platform, vcca_sink_span(&realm), &token, &err), &err, "token");
  w->token.span = vcca_sink_span(&token);
}

/* A claim's value, by its hex. */
static void with_value(struct wanting *w, enum which which, int64_t label, const char *text)
{
  uint8_t buf[100];
  struct pairs pairs = *pairs_of(&w->b, which);
  pairs.value[find(&pairs, label)] = hex(text, buf, sizeof buf);
  token_with(&w->b, which, &pairs, &w->token);
}

static void add_claim(struct wanting *w, const char *key, const char *value)
{
  uint8_t key_buf[8], value_buf[8];
  struct pairs pairs = w->b.realm;
  pairs.key[pairs.n] = hex(key, key_buf, sizeof key_buf);
  pairs.value[pairs.n++] = hex(value, value_buf, sizeof value_buf);
  token_with(&w->b, REALM, &pairs, &w->token);
}

static void lifecycle_in_four_bytes(struct wanting *w)
{
  with_value(w, PLATFORM, 2395, "1a00003003");
}

static void label_in_four_bytes(struct wanting *w)
{
  uint8_t buf[8];
  struct pairs pairs = w->b.realm;
  pairs.key[find(&pairs, 44238)] = hex("1a0000acce", buf, sizeof buf);
  token_with(&w->b, REALM, &pairs, &w->token);
}

static void longer_lengths_outside(struct wanting *w)
{
  vcca_span realm = w->b.token.realm_sign1.whole, platform = w->b.token.platform_sign1.whole;
  vcca_sink out = VCCA_SINK(w->token.bytes);
  put_hex(&out, "da0000018fb802"
                "19acca");
  vcca_cbor_put_bytes(&out, platform);
  put_hex(&out, "1a0000acd1"
                "5a0000");
  vcca_sink_u8(&out, (uint8_t)(realm.n >> 8));
  vcca_sink_u8(&out, (uint8_t)realm.n);
  vcca_sink_put(&out, realm);
  w->token.span = vcca_sink_span(&out);
}

static void unending_collection(struct wanting *w)
{
  vcca_sink out = VCCA_SINK(w->token.bytes);
  put_hex(&out, "d9018fbf19acca");
  vcca_cbor_put_bytes(&out, w->b.token.platform_sign1.whole);
  put_hex(&out, "19acd1");
  vcca_cbor_put_bytes(&out, w->b.token.realm_sign1.whole);
  put_hex(&out, "ff");
  w->token.span = vcca_sink_span(&out);
}

static void unending_sign1(struct wanting *w)
{
  struct parts p = parts_of(&w->b);
  p.head = "d29f";
  p.tail = "ff";
  with_parts(w, &p);
}

static void unending_rems(struct wanting *w)
{
  uint8_t buf[200];
  vcca_sink value = VCCA_SINK(buf);
  struct pairs pairs = w->b.realm;
  size_t at = find(&pairs, 44239);
  put_hex(&value, "9f");
  vcca_sink_put(&value, vcca_span_sub(pairs.value[at], 1, pairs.value[at].n));
  put_hex(&value, "ff");
  pairs.value[at] = vcca_sink_span(&value);
  token_with(&w->b, REALM, &pairs, &w->token);
}

/* A CMW collection with this in hex behind each value of a record, in a record whose length is not told. */
static void cmw_with(struct wanting *w, const char *behind)
{
  vcca_sink out = VCCA_SINK(w->token.bytes);
  put_hex(&out, "d9038ba219acca9f190107");
  vcca_cbor_put_bytes(&out, w->b.token.platform_sign1.whole);
  put_hex(&out, behind);
  put_hex(&out, "19acd19f190107");
  vcca_cbor_put_bytes(&out, w->b.token.realm_sign1.whole);
  put_hex(&out, behind);
  w->token.span = vcca_sink_span(&out);
}

static void unending_records(struct wanting *w)
{
  cmw_with(w, "ff");
}

static void a_byte_behind_the_token(struct wanting *w)
{
  vcca_sink out = VCCA_SINK(w->token.bytes);
  vcca_sink_put(&out, w->b.good.span);
  put_hex(&out, "00");
  w->token.span = vcca_sink_span(&out);
}

static void bytes_behind_the_sign1(struct wanting *w)
{
  struct parts p = parts_of(&w->b);
  p.tail = "ffff";
  with_parts(w, &p);
}

static void a_byte_behind_the_claims(struct wanting *w)
{
  uint8_t buf[VCCA_TOKEN_MAX];
  vcca_sink payload = VCCA_SINK(buf);
  struct parts p = parts_of(&w->b);
  vcca_sink_put(&payload, p.payload);
  put_hex(&payload, "f6");
  p.payload = vcca_sink_span(&payload);
  with_parts(w, &p);
}

static void no_tag(struct wanting *w)
{
  struct parts p = parts_of(&w->b);
  p.head = "84";
  with_parts(w, &p);
}

static void no_media_type(struct wanting *w)
{
  vcca_sink out = VCCA_SINK(w->token.bytes);
  put_hex(&out, "d9038ba219acca8200");
  vcca_cbor_put_bytes(&out, w->b.token.platform_sign1.whole);
  put_hex(&out, "19acd182190107");
  vcca_cbor_put_bytes(&out, w->b.token.realm_sign1.whole);
  w->token.span = vcca_sink_span(&out);
}

static void alg_elsewhere(struct wanting *w)
{
  struct parts p = parts_of(&w->b);
  p.protected_header = VCCA_SPAN_LIT("");
  p.unprotected = "a1013822";
  with_parts(w, &p);
}

static void alg_elsewhere_beside_an_empty_map(struct wanting *w)
{
  struct parts p = parts_of(&w->b);
  p.protected_header = VCCA_SPAN_LIT("\xa0");
  p.unprotected = "a1013822";
  with_parts(w, &p);
}

static void der(struct wanting *w)
{
  struct parts p = parts_of(&w->b);
  p.der = true;
  with_parts(w, &p);
}

static void padded_version(struct wanting *w)
{
  with_value(w, COMPONENT, 4, "65312e300000"); /* "1.0" and two NULs */
}

static void padded_hash_name(struct wanting *w)
{
  with_value(w, PLATFORM, 2402, "687368612d32353600");
}

static void padded_profile(struct wanting *w)
{
  uint8_t buf[64];
  vcca_sink value = VCCA_SINK(buf);
  struct pairs pairs = w->b.realm;
  vcca_cbor_put_text(&value, VCCA_SPAN_LIT("tag:arm.com,2023:realm#1.0.0\0"));
  pairs.value[find(&pairs, 265)] = vcca_sink_span(&value);
  token_with(&w->b, REALM, &pairs, &w->token);
}

static void big_lifecycle(struct wanting *w)
{
  with_value(w, PLATFORM, 2395, "c2423003");
}

static void key_with_alg(struct wanting *w)
{
  uint8_t key_buf[128], value_buf[128];
  vcca_sink key = VCCA_SINK(key_buf), value = VCCA_SINK(value_buf);
  struct pairs pairs = w->b.realm;
  vcca_span cose_key = w->b.token.realm.public_key;
  put_hex(&key, "a601020338220281");
  key.n -= 2; /* kid and its value come below */
  put_hex(&key, "024101");
  vcca_sink_put(&key, vcca_span_sub(cose_key, 3, cose_key.n));
  vcca_cbor_put_bytes(&value, vcca_sink_span(&key));
  pairs.value[find(&pairs, 44237)] = vcca_sink_span(&value);
  token_with(&w->b, REALM, &pairs, &w->token);
}

static void another_claim(struct wanting *w)
{
  add_claim(w, "1863", "01");
}

static void a_profile(struct wanting *w)
{
  add_claim(w, "190109", "6178");
}

static void a_kid(struct wanting *w)
{
  struct parts p = parts_of(&w->b);
  p.unprotected = "a1044101";
  with_parts(w, &p);
}

static void self_described(struct wanting *w)
{
  vcca_sink out = VCCA_SINK(w->token.bytes);
  put_hex(&out, "d9d9f7");
  vcca_sink_put(&out, w->b.good.span);
  w->token.span = vcca_sink_span(&out);
}

/* The collection with a third member in front, and records as CMW has them. */
static void collect(struct wanting *w, const char *head, const char *before, const char *record, const char *after)
{
  vcca_sink out = VCCA_SINK(w->token.bytes);
  put_hex(&out, head);
  put_hex(&out, before);
  put_hex(&out, "19acca");
  put_hex(&out, record);
  vcca_cbor_put_bytes(&out, w->b.token.platform_sign1.whole);
  put_hex(&out, after);
  put_hex(&out, "19acd1");
  put_hex(&out, record);
  vcca_cbor_put_bytes(&out, w->b.token.realm_sign1.whole);
  put_hex(&out, after);
  w->token.span = vcca_sink_span(&out);
}

static void a_third_member(struct wanting *w)
{
  collect(w, "d9018fa3", "1903e7820102", "", "");
}

/* {"__cmwc_t": "tag:example.com,2024:x"}: what CMW lets a collection say of itself. */
static void a_collection_type(struct wanting *w)
{
  collect(w, "d9038ba3", "685f5f636d77635f74767461673a6578616d706c652e636f6d2c323032343a78", "82190107", "");
}

static void type_by_name(struct wanting *w)
{
  collect(w, "d9038ba2", "", "82736170706c69636174696f6e2f6561742b637774", "");
}

/* application/eat+cwt; eat_profile="x" */
static void type_with_parameter(struct wanting *w)
{
  collect(w, "d9038ba2", "",
          "827824"
          "6170706c69636174696f6e2f6561742b6377743b206561745f70726f66696c653d227822",
          "");
}

static void says_evidence(struct wanting *w)
{
  collect(w, "d9038ba2", "", "83190107", "04");
}

static void type_by_another_name(struct wanting *w)
{
  collect(w, "d9038ba2", "", "826a746578742f706c61696e", "");
}

static void a_hash_by_the_way_it_was_measured(struct wanting *w)
{
  with_value(w, COMPONENT, 6,
             "6873686133"
             "2d323536"); /* sha3-256 */
}

static void another_hash_of_the_platform(struct wanting *w)
{
  with_value(w, PLATFORM, 2402,
             "6873686133"
             "2d323536");
}

static void another_hash_of_the_realm(struct wanting *w)
{
  with_value(w, REALM, 44236,
             "6873686133"
             "2d323536");
}

static void a_rim_longer_than_its_hash(struct wanting *w)
{
  char hex_text[2 * 66 + 1] = "5840";
  memset(hex_text + 4, '4', 128);
  with_value(w, REALM, 44238, hex_text);
}

static void no_realm_profile(struct wanting *w)
{
  struct pairs pairs = w->b.realm;
  size_t at = find(&pairs, 265);
  pairs.n--;
  pairs.key[at] = pairs.key[pairs.n];
  pairs.value[at] = pairs.value[pairs.n];
  token_with(&w->b, REALM, &pairs, &w->token);
}

static const struct {
  enum vcca_leniency leniency;
  enum vcca_family family;
  void (*make)(struct wanting *w);
  const char *words; /* of the refusal */
} rows[] = {
    {VCCA_LENIENT_NON_SHORTEST, VCCA_FAMILY_ARM_1_0, lifecycle_in_four_bytes, "not in its shortest form"},
    {VCCA_LENIENT_NON_SHORTEST, VCCA_FAMILY_ARM_1_0, label_in_four_bytes, "not in its shortest form"},
    {VCCA_LENIENT_NON_SHORTEST, VCCA_FAMILY_ARM_1_0, longer_lengths_outside, "not in its shortest form"},
    {VCCA_LENIENT_INDEFINITE_LENGTH, VCCA_FAMILY_ARM_1_0, unending_collection, "of indefinite length"},
    {VCCA_LENIENT_INDEFINITE_LENGTH, VCCA_FAMILY_ARM_1_0, unending_sign1, "of indefinite length"},
    {VCCA_LENIENT_INDEFINITE_LENGTH, VCCA_FAMILY_ARM_1_0, unending_rems, "of indefinite length"},
    {VCCA_LENIENT_INDEFINITE_LENGTH, VCCA_FAMILY_ARM_CMW, unending_records, "of indefinite length"},
    {VCCA_LENIENT_TRAILING_BYTES, VCCA_FAMILY_ARM_1_0, a_byte_behind_the_token, "1 byte too many"},
    {VCCA_LENIENT_TRAILING_BYTES, VCCA_FAMILY_ARM_1_0, bytes_behind_the_sign1, "2 bytes too many"},
    {VCCA_LENIENT_TRAILING_BYTES, VCCA_FAMILY_ARM_1_0, a_byte_behind_the_claims, "1 byte too many"},
    {VCCA_LENIENT_UNTAGGED_SIGN1, VCCA_FAMILY_ARM_1_0, no_tag, "array where tag is wanted"},
    {VCCA_LENIENT_CMW_TYPE, VCCA_FAMILY_ARM_CMW, no_media_type, "type 0 where 263"},
    {VCCA_LENIENT_CMW_MEDIA_TYPE, VCCA_FAMILY_ARM_CMW, type_by_name, "text string where the type 263"},
    {VCCA_LENIENT_CMW_MEDIA_TYPE, VCCA_FAMILY_ARM_CMW, type_with_parameter, "text string where the type 263"},
    {VCCA_LENIENT_ALG_IN_UNPROTECTED, VCCA_FAMILY_ARM_1_0, alg_elsewhere, "protected header"},
    {VCCA_LENIENT_ALG_IN_UNPROTECTED, VCCA_FAMILY_ARM_1_0, alg_elsewhere_beside_an_empty_map,
     "parameter 1 (alg) is missing"},
    {VCCA_LENIENT_DER_SIGNATURE, VCCA_FAMILY_ARM_1_0, der, "bytes where ES384 has 64, 96 or 132"},
    {VCCA_LENIENT_DER_SIGNATURE, VCCA_FAMILY_VIRTCCA_P521, der, "bytes where ES512 has 64, 96 or 132"},
    {VCCA_LENIENT_NUL_PADDED_TEXT, VCCA_FAMILY_VIRTCCA_P521, padded_version, "ends with a NUL"},
    {VCCA_LENIENT_NUL_PADDED_TEXT, VCCA_FAMILY_ARM_1_0, padded_hash_name, "ends with a NUL"},
    {VCCA_LENIENT_NUL_PADDED_PROFILE, VCCA_FAMILY_ARM_1_0, padded_profile, "ends with a NUL"},
    {VCCA_LENIENT_BIGNUM_LIFECYCLE, VCCA_FAMILY_ARM_1_0, big_lifecycle, "tag where unsigned integer is wanted"},
    {VCCA_LENIENT_COSE_KEY_PARAMETERS, VCCA_FAMILY_ARM_1_0, key_with_alg, "only 1 (kty)"},
    {VCCA_LENIENT_UNKNOWN_CLAIMS, VCCA_FAMILY_VIRTCCA_P521, another_claim, "the profile has no claim 99"},
    {VCCA_LENIENT_UNKNOWN_CLAIMS, VCCA_FAMILY_ARM_1_0, another_claim, "the profile has no claim 99"},
    {VCCA_LENIENT_UNKNOWN_CLAIMS, VCCA_FAMILY_VIRTCCA_P521, a_profile, "the profile has no claim 265"},
    {VCCA_LENIENT_UNKNOWN_HEADERS, VCCA_FAMILY_VIRTCCA_P521, a_kid,
     "unprotected header: a parameter that is not 1 (alg)"},
    {VCCA_LENIENT_UNKNOWN_HEADERS, VCCA_FAMILY_ARM_1_0, a_kid, "unprotected header: a parameter that is not 1 (alg)"},
    {VCCA_LENIENT_SELF_DESCRIBED, VCCA_FAMILY_ARM_1_0, self_described, "tag 55799 is none of the containers"},
    {VCCA_LENIENT_EXTRA_MEMBERS, VCCA_FAMILY_ARM_1_0, a_third_member, "a label where 44234 or 44241 is wanted"},
    {VCCA_LENIENT_EXTRA_MEMBERS, VCCA_FAMILY_ARM_CMW, a_collection_type, "a label where 44234 or 44241 is wanted"},
    {VCCA_LENIENT_CMW_MEDIA_TYPE, VCCA_FAMILY_ARM_CMW, says_evidence, "kinds of message 4"},
    {VCCA_LENIENT_CMW_TYPE, VCCA_FAMILY_ARM_CMW, type_by_another_name, "text string where the type 263"},
    {VCCA_LENIENT_HASH_NAMES, VCCA_FAMILY_ARM_1_0, a_hash_by_the_way_it_was_measured, "no hash known here"},
    {VCCA_LENIENT_HASH_NAMES, VCCA_FAMILY_ARM_1_0, another_hash_of_the_platform, "no hash known here"},
    {VCCA_LENIENT_HASH_NAMES, VCCA_FAMILY_ARM_1_0, another_hash_of_the_realm, "no hash known here"},
    {VCCA_LENIENT_MEASUREMENT_LENGTH, VCCA_FAMILY_ARM_1_0, a_rim_longer_than_its_hash,
     "64 bytes, where sha-256 (claim 44236) has 32"},
    {VCCA_LENIENT_MEASUREMENT_LENGTH, VCCA_FAMILY_VIRTCCA_RSA, a_rim_longer_than_its_hash,
     "64 bytes, where sha-256 (claim 44236) has 32"},
    {VCCA_LENIENT_REALM_PROFILE_ABSENT, VCCA_FAMILY_ARM_1_0, no_realm_profile, "are no raw point"},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void verified(const struct vcca_token *token)
{
  uint8_t tbs_buf[VCCA_TOKEN_MAX], raw_buf[VCCA_SIG_MAX];
  vcca_sink tbs = VCCA_SINK(tbs_buf), raw = VCCA_SINK(raw_buf);
  struct vcca_error err = {0};
  vcca_key *rak = vcca_token_rak(token, &err);
  check_ok(rak != NULL, &err, "RAK");
  vcca_sign1_tbs(token->realm_sign1.protected_header, token->realm_sign1.payload, &tbs);
  check_ok(vcca_sign1_signature(&token->realm_sign1, rak, &raw, &err), &err, "signature");
  assert_true(vcca_verify(rak, (enum vcca_sig_alg)token->realm_sign1.alg, vcca_sink_span(&tbs), vcca_sink_span(&raw)));
  vcca_key_free(rak);
}

static void each_leniency_takes_what_it_says_and_is_the_only_one_that_does(void **state)
{
  (void)state;
  static struct wanting w;
  const vcca_leniency_set verifiers =
      VCCA_LENIENT_BIT(VCCA_LENIENT_NO_FAMILY) | VCCA_LENIENT_BIT(VCCA_LENIENT_ALGORITHM_CURVE);
  const vcca_leniency_set all = (VCCA_LENIENT_BIT(VCCA_LENIENCIES) - 1) & ~verifiers;
  vcca_leniency_set shown = 0;
  for (size_t i = 0; i < ROWS; i++) {
    vcca_leniency_set bit = VCCA_LENIENT_BIT(rows[i].leniency);
    struct vcca_token token;
    enum vcca_family family;
    struct vcca_error err = {0};
    set_up(rows[i].family, &w.b);
    rows[i].make(&w);
    assert_false(vcca_token_decode_lenient(w.token.span, 0, &token, &err));
    assert_non_null(strstr(err.text, rows[i].words));
    assert_false(vcca_token_decode_lenient(w.token.span, all & ~bit, &token, &err));
    assert_non_null(strstr(err.text, rows[i].words));
    char offer[64];
    bool permitted = (vcca_leniencies_permitted() & bit) != 0;
    snprintf(offer, sizeof offer, permitted ? "; --refuse or a policy refuses %s" : "; --lenient %s takes it",
             vcca_leniency_name(rows[i].leniency));
    assert_non_null(strstr(err.text, offer));
    assert_true(vcca_token_decode(w.token.span, &token, &err) == ((vcca_leniencies_permitted() & bit) != 0));
    check_ok(vcca_token_decode_lenient(w.token.span, bit, &token, &err), &err, vcca_leniency_name(rows[i].leniency));
    assert_int_equal(token.leniencies, bit);
    check_ok(vcca_token_decode_lenient(w.token.span, all, &token, &err), &err, vcca_leniency_name(rows[i].leniency));
    assert_int_equal(token.leniencies, bit);
    assert_true(token.leniency_use[rows[i].leniency].count > 0 &&
                token.leniency_use[rows[i].leniency].offset <= w.token.span.n);
    assert_true(vcca_token_family(&token, &family) == (rows[i].leniency != VCCA_LENIENT_REALM_PROFILE_ABSENT));
    assert_true(rows[i].leniency == VCCA_LENIENT_REALM_PROFILE_ABSENT || family == rows[i].family);
    verified(&token);
    shown |= bit;
  }
  assert_int_equal(shown, all);
}

/* A CMW record is [type, value, ? cm-type]: the break comes behind the second or third, or what follows is
 * refused where it stands. */
static void a_record_of_indefinite_length_ends_with_a_break(void **state)
{
  (void)state;
  static struct wanting w;
  static const struct {
    const char *behind, *words;
    size_t at; /* behind the value */
  } wrong[] = {
      {"", "44234 (platform-token): the CMW record's kinds of message 44241", 0}, /* no break: the next label */
      {"f6ff", "44234 (platform-token): simple value where unsigned integer", 0},
      {"04", "44234 (platform-token): a CMW record of more than 3", 1}, /* no break */
      {"0404ff", "44234 (platform-token): a CMW record of more than 3", 1},
      {"ffff", "a break with nothing to end", 1},
      {"04ffff", "a break with nothing to end", 2},
  };
  const vcca_leniency_set both =
      VCCA_LENIENT_BIT(VCCA_LENIENT_INDEFINITE_LENGTH) | VCCA_LENIENT_BIT(VCCA_LENIENT_CMW_MEDIA_TYPE);
  set_up(VCCA_FAMILY_ARM_CMW, &w.b);
  for (size_t i = 0; i < 2; i++) {
    struct vcca_token token;
    struct vcca_error err = {0};
    cmw_with(&w, i ? "04ff" : "ff");
    check_ok(vcca_token_decode_lenient(w.token.span, both, &token, &err), &err, "a break");
    assert_true(vcca_span_eq(token.platform_sign1.whole, w.b.token.platform_sign1.whole));
  }
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct vcca_token token;
    struct vcca_error err = {0};
    cmw_with(&w, wrong[i].behind);
    assert_false(vcca_token_decode_lenient(w.token.span, both, &token, &err));
    if (!strstr(err.text, wrong[i].words))
      fail_msg("%s: %s", wrong[i].behind, err.text);
    vcca_span platform =
        w.b.token.platform_sign1.whole; /* behind: tag, map, label, record, type, the string's head and bytes */
    assert_int_equal(err.offset, 3 + 1 + 3 + 1 + 3 + 3 + platform.n + wrong[i].at);
  }
}

static void padding_is_cut_off(void **state)
{
  (void)state;
  static struct wanting w;
  struct vcca_token token;
  set_up(VCCA_FAMILY_VIRTCCA_P521, &w.b);
  padded_version(&w);
  assert_true(vcca_token_decode_lenient(w.token.span, VCCA_LENIENT_BIT(VCCA_LENIENT_NUL_PADDED_TEXT), &token, NULL));
  assert_true(vcca_span_is(token.platform.components[0].version, "1.0"));
}

static void a_strict_token_needs_no_leniency(void **state)
{
  (void)state;
  for (int f = 0; f < VCCA_FAMILIES; f++) {
    struct sample sample;
    struct made made;
    struct vcca_token token;
    sample_claims((enum vcca_family)f, &sample);
    make_token((enum vcca_family)f, &sample, &made);
    assert_true(vcca_token_decode_lenient(made.span, ~(vcca_leniency_set)0, &token, NULL));
    assert_int_equal(token.leniencies, 0);
  }
}

/* The same claim twice is no leniency, however it is spelled. */
static void a_label_is_there_once_in_whatever_encoding(void **state)
{
  (void)state;
  static struct wanting w;
  uint8_t buf[8];
  struct vcca_token token;
  struct vcca_error err = {0};
  set_up(VCCA_FAMILY_ARM_1_0, &w.b);
  struct pairs pairs = w.b.realm;
  pairs.key[pairs.n] = hex("1a0000acce", buf, sizeof buf);
  pairs.value[pairs.n] = pairs.value[find(&pairs, 44238)];
  pairs.n++;
  token_with(&w.b, REALM, &pairs, &w.token);
  assert_false(vcca_token_decode_lenient(w.token.span, ~(vcca_leniency_set)0, &token, &err));
  assert_non_null(strstr(err.text, "realm claim 44238 (rim): map key is there twice"));
}

static void leniencies_are_found_by_name(void **state)
{
  (void)state;
  vcca_leniency_set set;
  struct vcca_error err = {0};
  for (enum vcca_leniency i = 0; i < VCCA_LENIENCIES; i++) {
    assert_true(vcca_leniencies_named(vcca_span_str(vcca_leniency_name(i)), &set, NULL) && set == VCCA_LENIENT_BIT(i));
    assert_true(vcca_leniency_meaning(i)[0] != '\0');
  }
  assert_true(vcca_leniencies_named(VCCA_SPAN_LIT("der-signature,non-shortest"), &set, NULL));
  assert_int_equal(set, VCCA_LENIENT_BIT(VCCA_LENIENT_DER_SIGNATURE) | VCCA_LENIENT_BIT(VCCA_LENIENT_NON_SHORTEST));
  static const char *const wrong[] = {"", "der", "der-signature,", ",der-signature", "der-signature, non-shortest"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    assert_false(vcca_leniencies_named(vcca_span_str(wrong[i]), &set, &err));
    assert_int_equal(err.fault, VCCA_FAULT_USAGE);
  }
}

/* --- DER --- */

static void a_der_signature_is_exactly_that(void **state)
{
  (void)state;
  static const char *const wrong[] = {
      "",
      "30",
      "3006020101020101"
      "00",                 /* trailing */
      "3106020101020101",   /* a SET */
      "3005020101020101",   /* too short */
      "300602010102010100", /* too long */
      "3006020181020101",   /* negative */
      "300702020001020101", /* not shortest */
      "308106020101020101", /* a long length that need not be */
      "30060201010301"
      "01",                     /* a BIT STRING */
      "3003020101",             /* r alone */
      "3009020101020101020101", /* a third */
      "30800201010201010000",   /* indefinite */
  };
  struct vcca_sign1_parts sign1 = {.alg = VCCA_ES256, .der = true};
  const vcca_key *key = test_key(VCCA_KEY_P256, "DER");
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    uint8_t buf[32], raw_buf[VCCA_SIG_MAX];
    vcca_sink raw = VCCA_SINK(raw_buf);
    struct vcca_error err = {0};
    sign1.signature = hex(wrong[i], buf, sizeof buf);
    if (vcca_sign1_signature(&sign1, key, &raw, &err))
      fail_msg("%s", wrong[i]);
  }
  uint8_t buf[32], raw_buf[VCCA_SIG_MAX], want[64] = {[31] = 1, [62] = 0x80, [63] = 2};
  vcca_sink raw = VCCA_SINK(raw_buf);
  sign1.signature = hex("3008020101020300"
                        "8002",
                        buf, sizeof buf);
  assert_true(vcca_sign1_signature(&sign1, key, &raw, NULL));
  assert_int_equal(raw.n, sizeof want);
  assert_memory_equal(raw_buf, want, sizeof want);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_leniency_takes_what_it_says_and_is_the_only_one_that_does),
      cmocka_unit_test(a_record_of_indefinite_length_ends_with_a_break),
      cmocka_unit_test(padding_is_cut_off),
      cmocka_unit_test(a_strict_token_needs_no_leniency),
      cmocka_unit_test(a_label_is_there_once_in_whatever_encoding),
      cmocka_unit_test(leniencies_are_found_by_name),
      cmocka_unit_test(a_der_signature_is_exactly_that),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
