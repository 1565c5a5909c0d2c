/* The decoder against broken claims: each one missing, of another type, of another size, twice, out of
 * range; and what virtCCA's and Arm's producers may do differently.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_bench.h"
#include "token/claims.h"
#include "rooms/cbor.h"

/* A value of each type; none is right for the claim it replaces. */
static const struct {
  const char *name;
  vcca_span value;
} others[] = {
    {"unsigned integer", {(const uint8_t *)"\x05", 1}}, {"negative integer", {(const uint8_t *)"\x25", 1}},
    {"byte string", {(const uint8_t *)"\x41\x01", 2}},  {"text string", {(const uint8_t *)"\x61x", 2}},
    {"array", {(const uint8_t *)"\x81\x01", 2}},        {"map", {(const uint8_t *)"\xa1\x01\x01", 3}},
    {"tag", {(const uint8_t *)"\xc2\x41\x05", 3}},      {"floating-point number", {(const uint8_t *)"\xf9\x3c\x00", 3}},
    {"simple value", {(const uint8_t *)"\xf6", 1}},
};

static bool right_type(enum claim_kind kind, const char *name)
{
  switch (kind) {
  case CLAIM_BYTES:
  case CLAIM_UEID:
    return strcmp(name, "byte string") == 0;
  case CLAIM_TEXT:
  case CLAIM_ALG:
    return strcmp(name, "text string") == 0;
  case CLAIM_UINT:
    return strcmp(name, "unsigned integer") == 0;
  case CLAIM_BOOL:
    return strcmp(name, "simple value") == 0;
  case CLAIM_COMPONENTS:
  case CLAIM_REMS:
  case CLAIM_DIGESTS:
    return strcmp(name, "array") == 0;
  }
  return false;
}

static void each_claim_of(struct bench *b, enum which which, const struct claim_rows *rows)
{
  for (size_t i = 0; i < rows->n; i++) {
    const struct claim_row *row = &rows->row[i];
    struct pairs pairs = *pairs_of(b, which);
    struct made made;
    struct vcca_token token;
    if (!claim_present(row, which == REALM      ? (const void *)&b->sample.realm
                            : which == PLATFORM ? (const void *)&b->sample.platform
                                                : (const void *)&b->sample.platform.components[0]))
      continue; /* not a claim of this generation */
    size_t at = find(&pairs, row->spec.label);

    pairs.key[pairs.n] = pairs.key[at];
    pairs.value[pairs.n] = pairs.value[at];
    pairs.n++;
    token_with(b, which, &pairs, &made);
    must_refuse(made.span, row->what, "twice");
    pairs.n--;

    for (size_t o = 0; o < sizeof others / sizeof *others; o++) {
      if (right_type(row->kind, others[o].name))
        continue;
      pairs.value[at] = others[o].value;
      token_with(b, which, &pairs, &made);
      must_refuse(made.span, row->what, others[o].name);
    }

    pairs.n--;
    pairs.key[at] = pairs.key[pairs.n];
    pairs.value[at] = pairs.value[pairs.n];
    token_with(b, which, &pairs, &made);
    if (claim_mandatory(row, which == REALM ? b->realm_generation : b->platform_generation))
      must_refuse(made.span, row->what, "is missing");
    else if (row->presence != PRESENCE_ARM_OPTIONAL)
      must_decode(made.span, &token);
  }
}

static void each_claim_missing_twice_or_of_another_type_is_refused_by_name(void **state)
{
  (void)state;
  static struct bench b;
  /* One of each set of claims; the others have the same, and signatures take their time. */
  static const enum vcca_family families[] = {VCCA_FAMILY_VIRTCCA_P521, VCCA_FAMILY_ARM_1_0, VCCA_FAMILY_ARM_RMM_2_0,
                                              VCCA_FAMILY_ARM_DRAFT_04};
  for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
    set_up(families[f], &b);
    each_claim_of(&b, PLATFORM, &claims_platform);
    each_claim_of(&b, COMPONENT, &claims_component);
    each_claim_of(&b, REALM, &claims_realm);
  }
}

static const uint8_t filler[600] = {1};

static const struct {
  enum which which;
  int64_t label;
  size_t size;
  const char *words;
} wrong_sizes[] = {
    {PLATFORM, 10, 31, "31 bytes where 32, 48 or 64 are allowed"},
    {PLATFORM, 10, 33, "33 bytes where 32, 48 or 64 are allowed"},
    {PLATFORM, 10, 28, "28 bytes where"},
    {PLATFORM, 10, 0, "0 bytes where"},
    {PLATFORM, 2396, 31, "31 bytes where 32 are allowed"},
    {PLATFORM, 2396, 33, "33 bytes where"},
    {PLATFORM, 256, 32, "32 bytes where 33 are allowed"},
    {PLATFORM, 256, 34, "34 bytes where"},
    {COMPONENT, 2, 31, "31 bytes where 32, 48 or 64 are allowed"},
    {COMPONENT, 2, 20, "20 bytes where"},
    {COMPONENT, 2, 0, "0 bytes where"},
    {COMPONENT, 5, 20, "20 bytes where 32, 48 or 64 are allowed"},
    {REALM, 10, 63, "63 bytes where 64 are allowed"},
    {REALM, 10, 65, "65 bytes where"},
    {REALM, 10, 32, "32 bytes where"},
    {REALM, 44235, 63, "63 bytes where 64 are allowed"},
    {REALM, 44235, 0, "0 bytes where"},
    {REALM, 44238, 31, "31 bytes where 32, 48 or 64 are allowed"},
    {REALM, 44238, 20, "20 bytes where"},
    {REALM, 44238, 0, "0 bytes where"},
};

static vcca_span bytes_value(size_t n, uint8_t *buf, size_t cap)
{
  vcca_sink out = vcca_sink_of(buf, cap);
  vcca_cbor_put_bytes(&out, vcca_span_of(filler, n));
  return vcca_sink_span(&out);
}

static void claims_of_another_size_are_refused_with_the_sizes_allowed(void **state)
{
  (void)state;
  static struct bench b;
  static const enum vcca_family families[] = {VCCA_FAMILY_VIRTCCA_P521, VCCA_FAMILY_ARM_LEGACY, VCCA_FAMILY_ARM_1_0};
  for (size_t f = 0; f < 3; f++) {
    set_up(families[f], &b);
    for (size_t i = 0; i < sizeof wrong_sizes / sizeof *wrong_sizes; i++) {
      uint8_t buf[80];
      char label[24];
      struct pairs pairs = *pairs_of(&b, wrong_sizes[i].which);
      struct made made;
      pairs.value[find(&pairs, wrong_sizes[i].label)] = bytes_value(wrong_sizes[i].size, buf, sizeof buf);
      token_with(&b, wrong_sizes[i].which, &pairs, &made);
      snprintf(label, sizeof label, "claim %d (", (int)wrong_sizes[i].label);
      must_refuse(made.span, label, wrong_sizes[i].words);
    }
  }
}

static void digests_of_every_hash_are_accepted(void **state)
{
  (void)state;
  static struct bench b;
  static const size_t digests[] = {32, 48, 64};
  set_up(VCCA_FAMILY_ARM_1_0, &b);
  for (size_t i = 0; i < 3; i++) {
    uint8_t buf[80];
    struct made made;
    struct vcca_token token;
    struct pairs pairs = b.realm;
    vcca_span value = bytes_value(digests[i], buf, sizeof buf);
    pairs.value[find(&pairs, 44238)] = value;
    token_with(&b, REALM, &pairs, &made);
    must_decode(made.span, &token);
    pairs = b.platform;
    pairs.value[find(&pairs, 10)] = value;
    token_with(&b, PLATFORM, &pairs, &made);
    must_decode(made.span, &token);
    pairs = b.component;
    pairs.value[find(&pairs, 2)] = pairs.value[find(&pairs, 5)] = value;
    token_with(&b, COMPONENT, &pairs, &made);
    must_decode(made.span, &token);
  }
}

/* --- Values that are out of range --- */

static const struct {
  enum which which;
  int64_t label;
  const char *hex; /* of the new value */
  const char *words;
} wrong_values[] = {
    {PLATFORM, 2395, "1a00010000", "65536 is beyond 16 bits"},
    {PLATFORM, 2395, "1bffffffffffffffff", "is beyond 16 bits"},
    {PLATFORM, 2395, "c2423003", "tag where unsigned integer is wanted"},
    {PLATFORM, 2399, "80", "0 of them where 1 to 32 are allowed"},
    {PLATFORM, 2399, "81a0", "is missing"},
    {PLATFORM, 2399, "8101", "component 0"},
    {PLATFORM, 2399, "9821a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0", "33 of them"},
    {REALM, 44239, "834100", "array of 3 elements"},
    {REALM, 44239, "80", "0 of them where 4 are wanted"},
    {REALM, 44239, "83404040", "3 of them where 4 are wanted"},
    {REALM, 44239, "854040404040", "5 of them where 4 are wanted"},
    {REALM, 44239, "8440404040", "rem 0"},
    {REALM, 10,
     "81584000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
     "00000000000000000000000",
     "array where byte string is wanted"},
    {REALM, 44238, "d8185820aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "tag where byte string is wanted"},
};

static void values_out_of_range_are_refused(void **state)
{
  (void)state;
  static struct bench b;
  set_up(VCCA_FAMILY_ARM_1_0, &b);
  for (size_t i = 0; i < sizeof wrong_values / sizeof *wrong_values; i++) {
    uint8_t buf[100];
    vcca_sink value = VCCA_SINK(buf);
    struct vcca_error err = {0};
    struct pairs pairs = *pairs_of(&b, wrong_values[i].which);
    struct made made;
    check_ok(vcca_hex_read(vcca_span_str(wrong_values[i].hex), &value, &err), &err, wrong_values[i].hex);
    pairs.value[find(&pairs, wrong_values[i].label)] = vcca_sink_span(&value);
    token_with(&b, wrong_values[i].which, &pairs, &made);
    must_refuse(made.span, "claim", wrong_values[i].words);
  }
}

static void an_instance_id_begins_with_01(void **state)
{
  (void)state;
  static struct bench b;
  uint8_t id[33] = {2}, buf[40];
  struct made made;
  set_up(VCCA_FAMILY_ARM_1_0, &b);
  vcca_sink value = VCCA_SINK(buf);
  vcca_cbor_put_bytes(&value, VCCA_SPAN(id));
  b.platform.value[find(&b.platform, 256)] = vcca_sink_span(&value);
  token_with(&b, PLATFORM, &b.platform, &made);
  must_refuse(made.span, "platform claim 256 (instance-id)", "begins with 02 where 01");
}

/* --- What is the producers' own --- */

static const struct {
  enum which which;
  const char *key, *value;
} unknown[] = {
    {PLATFORM, "1903e7", "01"}, {PLATFORM, "63666f6f", "8201a10203"}, {PLATFORM, "19095a", "01"},
    {COMPONENT, "07", "f5"},    {COMPONENT, "63666f6f", "01"},        {REALM, "190100", "01"},
    {REALM, "19acd3", "00"},    {REALM, "63666f6f", "a16161a0"},      {REALM, "38ff", "40"},
};

static void unknown_claims_are_ignored_with_a_remark(void **state)
{
  (void)state;
  static struct bench b;
  for (int virtcca = 0; virtcca < 2; virtcca++) {
    set_up(virtcca ? VCCA_FAMILY_VIRTCCA_P521 : VCCA_FAMILY_ARM_1_0, &b);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
      uint8_t key_buf[8], value_buf[8];
      vcca_sink key = VCCA_SINK(key_buf), value = VCCA_SINK(value_buf);
      struct pairs pairs = *pairs_of(&b, unknown[i].which);
      struct made made;
      struct vcca_token token;
      assert_true(vcca_hex_read(vcca_span_str(unknown[i].key), &key, NULL) &&
                  vcca_hex_read(vcca_span_str(unknown[i].value), &value, NULL));
      pairs.key[pairs.n] = vcca_sink_span(&key);
      pairs.value[pairs.n] = vcca_sink_span(&value);
      pairs.n++;
      token_with(&b, unknown[i].which, &pairs, &made);
      must_decode(made.span, &token);
      assert_int_equal(token.leniencies, VCCA_LENIENT_BIT(VCCA_LENIENT_UNKNOWN_CLAIMS));
      assert_int_equal(token.leniency_use[VCCA_LENIENT_UNKNOWN_CLAIMS].count, 1);
    }
  }
}

static void an_unknown_claim_must_still_be_sound(void **state)
{
  (void)state;
  static struct bench b;
  static const struct {
    vcca_span key, value;
    const char *words;
  } rows[] = {
      {{(const uint8_t *)"\x18\x63", 2}, {(const uint8_t *)"\x9f\xff", 2}, "realm claims: array of indefinite length"},
      {{(const uint8_t *)"\x18\x63", 2},
       {(const uint8_t *)"\xa2\x01\x01\x01\x02", 5},
       "realm claims: map key is there twice"},
      {{(const uint8_t *)"\xf5", 1}, {(const uint8_t *)"\x00", 1}, "a label is simple value"},
      {{(const uint8_t *)"\x41\x0a", 2}, {(const uint8_t *)"\x00", 1}, "a label is byte string"},
  };
  set_up(VCCA_FAMILY_ARM_1_0, &b);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct pairs pairs = b.realm;
    struct made made;
    pairs.key[pairs.n] = rows[i].key;
    pairs.value[pairs.n] = rows[i].value;
    pairs.n++;
    token_with(&b, REALM, &pairs, &made);
    must_refuse(made.span, rows[i].words, "");
  }
}

/* Empty signer ids and profiles are virtCCA producers' habit, and nobody else's; an empty configuration or
 * service is anybody's. */
static void empty_values_are_virtcca_s_own(void **state)
{
  (void)state;
  static struct bench b;
  struct made made;
  struct vcca_token token;
  vcca_span empty_text = VCCA_SPAN_LIT("\x60"), empty_bytes = VCCA_SPAN_LIT("\x40");
  for (int virtcca = 0; virtcca < 2; virtcca++) {
    set_up(virtcca ? VCCA_FAMILY_VIRTCCA_P521 : VCCA_FAMILY_ARM_1_0, &b);
    struct pairs pairs = b.platform;
    pairs.value[find(&pairs, 2401)] = empty_bytes;
    token_with(&b, PLATFORM, &pairs, &made);
    must_decode(made.span, &token);
    static const int64_t texts[] = {265, 2400};
    for (size_t i = 0; i < 2; i++) {
      pairs = b.platform;
      pairs.value[find(&pairs, texts[i])] = empty_text;
      token_with(&b, PLATFORM, &pairs, &made);
      if (virtcca || texts[i] == 2400)
        must_decode(made.span, &token);
      else
        must_refuse(made.span, "platform claim", "none of the profiles");
    }
    pairs = b.component;
    pairs.value[find(&pairs, 5)] = empty_bytes;
    token_with(&b, COMPONENT, &pairs, &made);
    if (virtcca)
      must_decode(made.span, &token);
    else
      must_refuse(made.span, "component 0: component claim 5 (signer-id)", "0 bytes where");
  }
}

static void profiles_that_are_not_known_are_unsupported(void **state)
{
  (void)state;
  static struct bench b;
  static const char *const later = "tag:arm.com,2027:realm#3.0.0";
  uint8_t buf[64];
  vcca_sink value = VCCA_SINK(buf);
  set_up(VCCA_FAMILY_ARM_1_0, &b);
  vcca_cbor_put_text(&value, vcca_span_str(later));
  for (int which = PLATFORM; which <= REALM; which += REALM) {
    struct pairs pairs = *pairs_of(&b, (enum which)which);
    struct made made;
    struct vcca_token token;
    struct vcca_error err = {0};
    pairs.value[find(&pairs, 265)] = vcca_sink_span(&value);
    token_with(&b, (enum which)which, &pairs, &made);
    assert_false(vcca_token_decode(made.span, &token, &err));
    assert_int_equal(err.fault, VCCA_FAULT_UNSUPPORTED);
    assert_non_null(strstr(err.text, later));
    assert_memory_equal(made.span.p + err.offset, later, strlen(later));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_claim_missing_twice_or_of_another_type_is_refused_by_name),
      cmocka_unit_test(claims_of_another_size_are_refused_with_the_sizes_allowed),
      cmocka_unit_test(digests_of_every_hash_are_accepted),
      cmocka_unit_test(values_out_of_range_are_refused),
      cmocka_unit_test(an_instance_id_begins_with_01),
      cmocka_unit_test(unknown_claims_are_ignored_with_a_remark),
      cmocka_unit_test(an_unknown_claim_must_still_be_sound),
      cmocka_unit_test(empty_values_are_virtcca_s_own),
      cmocka_unit_test(profiles_that_are_not_known_are_unsupported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
