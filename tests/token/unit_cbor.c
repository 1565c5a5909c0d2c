/* The strict reader against RFC 8949: what its appendix A lists is read when it is definite and shortest,
 * and everything else is refused at the byte where it goes wrong. The writer against the same appendix.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "vcca/token.h"
#include "rooms/cbor.h"

static vcca_span bytes_of(const char *hex, uint8_t *buf, size_t cap)
{
  vcca_sink out = vcca_sink_of(buf, cap);
  struct vcca_error err = {0};
  check_ok(vcca_hex_read(vcca_span_str(hex), &out, &err), &err, hex);
  return vcca_sink_span(&out);
}

/* RFC 8949 appendix A, the rows that are definite and shortest, with the appendix's notation. */
static const struct {
  const char *hex, *notation;
} appendix_a[] = {
    {"00", "0"},
    {"01", "1"},
    {"0a", "10"},
    {"17", "23"},
    {"1818", "24"},
    {"1819", "25"},
    {"1864", "100"},
    {"1903e8", "1000"},
    {"1a000f4240", "1000000"},
    {"1b000000e8d4a51000", "1000000000000"},
    {"1bffffffffffffffff", "18446744073709551615"},
    {"3bffffffffffffffff", "-18446744073709551616"},
    {"20", "-1"},
    {"29", "-10"},
    {"3863", "-100"},
    {"3903e7", "-1000"},
    {"f90000", "0.0"},
    {"f98000", "-0.0"},
    {"f93c00", "1.0"},
    {"fb3ff199999999999a", "1.1000000000000001"},
    {"f93e00", "1.5"},
    {"f97bff", "65504.0"},
    {"fa47c35000", "100000.0"},
    {"fa7f7fffff", "3.4028234663852886e+38"},
    {"fb7e37e43c8800759c", "1.0000000000000001e+300"},
    {"f90001", "5.9604644775390625e-08"},
    {"f90400", "6.103515625e-05"},
    {"f9c400", "-4.0"},
    {"fbc010666666666666", "-4.0999999999999996"},
    {"f97c00", "Infinity"},
    {"f97e00", "NaN"},
    {"f9fc00", "-Infinity"},
    {"f4", "false"},
    {"f5", "true"},
    {"f6", "null"},
    {"f7", "undefined"},
    {"f0", "simple(16)"},
    {"f8ff", "simple(255)"},
    {"40", "h''"},
    {"4401020304", "h'01020304'"},
    {"60", "\"\""},
    {"6161", "\"a\""},
    {"6449455446", "\"IETF\""},
    {"62225c", "\"\\\"\\\\\""},
    {"62c3bc", "\"\xc3\xbc\""},
    {"63e6b0b4", "\"\xe6\xb0\xb4\""},
    {"64f0908591", "\"\xf0\x90\x85\x91\""},
    {"80", "[]"},
    {"a0", "{}"},
};

static void every_definite_shortest_scalar_of_appendix_a_is_read_and_written_down(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof appendix_a / sizeof *appendix_a; i++) {
    uint8_t buf[64];
    char text[200], want[200];
    struct vcca_error err = {0};
    vcca_span in = bytes_of(appendix_a[i].hex, buf, sizeof buf);
    vcca_sink out = vcca_sink_of(text, sizeof text - 1);
    check_ok(vcca_cbor_check(in, &err), &err, appendix_a[i].hex);
    check_ok(vcca_cbor_diag(in, NULL, &out, &err), &err, appendix_a[i].hex);
    text[out.n] = '\0';
    snprintf(want, sizeof want, "     0  %s\n", appendix_a[i].notation);
    assert_string_equal(text, want);
  }
}

static void definite_shortest_containers_of_appendix_a_are_read(void **state)
{
  (void)state;
  static const char *const rows[] = {
      "c11a514b67b0",
      "c1fb41d452d9ea07ae14", /* 1363896240.47; the appendix's .5 is below */
      "c1fb41d452d9e8200000",
      "d74401020304",
      "d818456449455446",
      "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
      "c249010000000000000000",
      "83010203",
      "8301820203820405",
      "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
      "a201020304",
      "a26161016162820203",
      "826161a161626163",
      "a56161614161626142616361436164614461656145",
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t buf[64];
    struct vcca_error err = {0};
    check_ok(vcca_cbor_check(bytes_of(rows[i], buf, sizeof buf), &err), &err, rows[i]);
  }
}

static const struct {
  const char *hex;
  size_t offset;
  const char *reason;
} refused[] = {
    /* ends too early */
    {"", 0, "ends where an item should begin"},
    {"18", 0, "ends within a head of 2"},
    {"1903", 0, "ends within a head of 3"},
    {"1a000f42", 0, "ends within a head of 5"},
    {"1b00000000000000", 0, "ends within a head of 9"},
    {"4401", 0, "byte string of 4 bytes, but 1 are left"},
    {"64494554", 0, "text string of 4 bytes, but 3 are left"},
    {"8301", 0, "array of 3 elements, but 1 bytes are left"},
    {"820102a1", 3, "1 byte too many"},
    {"82018202", 2, "array of 2 elements, but 1 bytes are left"},
    {"8201", 0, "array of 2"},
    {"8244010203", 1, "byte string of 4 bytes, but 3 are left"},
    {"a101", 0, "map of 1 pairs, but 1 bytes are left"},
    {"c0", 0, "tag 0 with nothing after it"},
    /* shorter forms exist */
    {"1800", 0, "shortest"},
    {"1817", 0, "shortest"},
    {"190018", 0, "shortest"},
    {"1900ff", 0, "shortest"},
    {"1a0000ffff", 0, "shortest"},
    {"1b00000000ffffffff", 0, "shortest"},
    {"3817", 0, "shortest"},
    {"5803010203", 0, "shortest"},
    {"7800", 0, "shortest"},
    {"8201180a", 2, "shortest"},
    {"980101", 0, "shortest"},
    {"b8010203", 0, "shortest"},
    {"d81200", 0, "shortest"},
    {"d9001800", 0, "shortest"},
    {"f814", 0, "shortest"},
    {"f818", 0, "shortest"},
    {"f81f", 0, "shortest"},
    {"fa7f800000", 0, "shortest"},
    {"fa7fc00000", 0, "shortest"},
    {"fa3fc00000", 0, "shortest"},
    {"fa33800000", 0, "shortest"}, /* 2^-24, the smallest half */
    {"fb7ff0000000000000", 0, "shortest"},
    {"fb3ff8000000000000", 0, "shortest"},
    {"fb40f86a0000000000", 0, "shortest"},   /* 100000.0 */
    {"fb36a0000000000000", 0, "shortest"},   /* 2^-149, the smallest single */
    {"c1fb41d452d800000000", 1, "shortest"}, /* 1363894272.0 */
    /* indefinite lengths */
    {"5f42010243030405ff", 0, "byte string of indefinite length"},
    {"7f657374726561646d696e67ff", 0, "text string of indefinite length"},
    {"9fff", 0, "array of indefinite length"},
    {"9f018202039f0405ffff", 0, "array of indefinite length"},
    {"83018202039f0405ff", 5, "array of indefinite length"},
    {"bfff", 0, "map of indefinite length"},
    {"826161bf61626163ff", 3, "map of indefinite length"},
    {"ff", 0, "break"},
    {"8101ff", 2, "1 byte too many"},
    {"81ff", 1, "break"},
    /* reserved */
    {"1c", 0, "reserved additional information 28"},
    {"1f", 0, "reserved additional information 31"},
    {"3f", 0, "reserved"},
    {"5d", 0, "reserved additional information 29"},
    {"7e", 0, "reserved additional information 30"},
    {"9c", 0, "reserved"},
    {"df", 0, "reserved"},
    {"fc", 0, "reserved"},
    {"fe", 0, "reserved"},
    /* twice the same key */
    {"a201000100", 3, "map key is there twice, first at byte 1"},
    {"a3010002000103", 5, "map key is there twice, first at byte 1"},
    {"a2616100616101", 4, "map key is there twice, first at byte 1"},
    {"a2820102008201020a", 5, "map key is there twice, first at byte 1"},
    {"8201a1a2010001000a", 6, "map key is there twice, first at byte 4"},
    /* something after the end */
    {"0000", 1, "1 byte too many at the end"},
    {"8000f6", 1, "2 bytes too many at the end"},
    /* not UTF-8 */
    {"61ff", 1, "not UTF-8 from its byte 0"},
    {"6261c3", 2, "not UTF-8 from its byte 1"},
    {"63eda080", 1, "UTF-8"}, /* a surrogate */
    {"62c080", 1, "UTF-8"},   /* overlong */
    {"64f4908080", 1, "UTF-8"},
    /* counts and lengths that cannot be */
    {"9affffffff", 0, "array of 4294967295 elements, but 0 bytes are left"},
    {"9b1fffffffffffffff00", 0, "array of 2305843009213693951 elements, but 1 bytes are left"},
    {"9bffffffffffffffff", 0, "array of 18446744073709551615"},
    {"baffffffff", 0, "map of 4294967295"},
    {"bb8000000000000000a0a0", 0, "map of 9223372036854775808"},
    {"5bffffffffffffffff", 0, "byte string of 18446744073709551615"},
    {"7b7fffffffffffffff", 0, "text string of 9223372036854775807"},
};

static void what_is_not_strict_is_refused_at_its_byte(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    uint8_t buf[64];
    struct vcca_error err = {0};
    if (vcca_cbor_check(bytes_of(refused[i].hex, buf, sizeof buf), &err))
      fail_msg("%s is accepted", refused[i].hex);
    if (!err.has_offset || err.offset != refused[i].offset || strstr(err.text, refused[i].reason) == NULL)
      fail_msg("%s: byte %zu: %s; want byte %zu: %s", refused[i].hex, err.offset, err.text, refused[i].offset,
               refused[i].reason);
    assert_int_equal(err.fault, VCCA_FAULT_MALFORMED);
  }
}

static void broken_input_is_printed_up_to_the_fault_which_is_marked(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    uint8_t buf[64];
    char text[1000], mark[40];
    struct vcca_error err = {0}, diag_err = {0};
    vcca_span in = bytes_of(refused[i].hex, buf, sizeof buf);
    vcca_sink out = vcca_sink_of(text, sizeof text - 1);
    assert_false(vcca_cbor_check(in, &err));
    assert_false(vcca_cbor_diag(in, NULL, &out, &diag_err));
    text[out.n] = '\0';
    snprintf(mark, sizeof mark, "\n!! byte %zu (0x%zx)", err.offset, err.offset);
    if (strstr(text, mark) == NULL || strstr(text, err.text) == NULL || diag_err.offset != err.offset)
      fail_msg("%s: %s", refused[i].hex, text);
  }
}

static void nesting_is_bounded(void **state)
{
  (void)state;
  static const uint8_t openers[] = {0x81, 0xc1};
  for (size_t kind = 0; kind < sizeof openers; kind++) {
    uint8_t buf[VCCA_CBOR_DEPTH + 2];
    struct vcca_error err = {0};
    memset(buf, openers[kind], sizeof buf);
    buf[VCCA_CBOR_DEPTH] = 0;
    check_ok(vcca_cbor_check(vcca_span_of(buf, VCCA_CBOR_DEPTH + 1), &err), &err, "deepest");
    buf[VCCA_CBOR_DEPTH] = openers[kind];
    buf[VCCA_CBOR_DEPTH + 1] = 0;
    assert_false(vcca_cbor_check(VCCA_SPAN(buf), &err));
    assert_int_equal(err.offset, VCCA_CBOR_DEPTH);
    assert_non_null(strstr(err.text, "deeper than 16"));
  }
  static uint8_t bomb[100000];
  struct vcca_error err = {0};
  memset(bomb, 0x81, sizeof bomb);
  assert_false(vcca_cbor_check(VCCA_SPAN(bomb), &err));
  assert_int_equal(err.offset, VCCA_CBOR_DEPTH);
}

static void a_map_has_at_most_64_pairs(void **state)
{
  (void)state;
  uint8_t buf[300];
  struct vcca_error err = {0};
  for (unsigned pairs = 64; pairs <= 65; pairs++) {
    vcca_sink out = VCCA_SINK(buf);
    vcca_cbor_put_map(&out, pairs);
    for (unsigned i = 0; i < pairs; i++) {
      vcca_cbor_put_uint(&out, i);
      vcca_cbor_put_uint(&out, 0);
    }
    if (pairs == 64)
      check_ok(vcca_cbor_check(vcca_sink_span(&out), &err), &err, "64 pairs");
    else
      assert_false(vcca_cbor_check(vcca_sink_span(&out), &err));
  }
  assert_int_equal(err.offset, 0);
  assert_non_null(strstr(err.text, "64 is the most"));
}

static void offsets_are_those_of_the_outermost_input(void **state)
{
  (void)state;
  static const uint8_t in[] = {0x82, 0x01, 0x18, 0x05};
  struct vcca_cbor c = vcca_cbor_over(VCCA_SPAN(in), 1000);
  struct vcca_cbor_item item;
  struct vcca_error err = {0};
  assert_true(vcca_cbor_want(&c, VCCA_CBOR_ARRAY, "thing", &item, &err));
  assert_int_equal(item.offset, 1000);
  assert_false(vcca_cbor_want(&c, VCCA_CBOR_TEXT, "thing", &item, &err));
  assert_int_equal(err.offset, 1001);
  assert_string_equal(err.text, "thing: unsigned integer where text string is wanted");
  assert_false(vcca_cbor_next(&c, &item, &err));
  assert_int_equal(err.offset, 1002);
}

static void integers_are_read_to_the_ends_of_64_bits(void **state)
{
  (void)state;
  static const struct {
    const char *hex;
    bool fits;
    int64_t value;
  } rows[] = {
      {"1b7fffffffffffffff", true, INT64_MAX},
      {"3b7fffffffffffffff", true, INT64_MIN},
      {"1b8000000000000000", false, 0},
      {"3b8000000000000000", false, 0},
      {"3822", true, -35},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t buf[16], again[16];
    int64_t value = 0;
    vcca_sink out = VCCA_SINK(again);
    struct vcca_cbor c = vcca_cbor_over(bytes_of(rows[i].hex, buf, sizeof buf), 0);
    assert_int_equal(vcca_cbor_int(&c, "number", &value, NULL), rows[i].fits);
    if (!rows[i].fits)
      continue;
    assert_true(value == rows[i].value);
    vcca_cbor_put_int(&out, value);
    check_hex(vcca_sink_span(&out), rows[i].hex, "written again");
  }
}

static void the_writer_chooses_the_shortest_head(void **state)
{
  (void)state;
  static const struct {
    uint64_t v;
    const char *head; /* of an unsigned integer: RFC 8949 section 3 */
  } rows[] = {
      {0, "00"},
      {23, "17"},
      {24, "1818"},
      {255, "18ff"},
      {256, "190100"},
      {65535, "19ffff"},
      {65536, "1a00010000"},
      {UINT32_MAX, "1affffffff"},
      {(uint64_t)UINT32_MAX + 1, "1b0000000100000000"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint8_t buf[80];
    char want[120];
    vcca_sink out = VCCA_SINK(buf);
    vcca_cbor_put_uint(&out, rows[i].v);
    vcca_cbor_put_bytes_head(&out, rows[i].v);
    vcca_cbor_put_array(&out, rows[i].v);
    vcca_cbor_put_map(&out, rows[i].v);
    vcca_cbor_put_tag(&out, rows[i].v);
    unsigned first = 0;
    sscanf(rows[i].head, "%2x", &first);
    const char *rest = rows[i].head + 2;
    snprintf(want, sizeof want, "%02x%s%02x%s%02x%s%02x%s%02x%s", first, rest, first | 0x40, rest, first | 0x80, rest,
             first | 0xa0, rest, first | 0xc0, rest);
    check_hex(vcca_sink_span(&out), want, rows[i].head);
  }
  uint8_t buf[16];
  vcca_sink out = VCCA_SINK(buf);
  vcca_cbor_put_text(&out, VCCA_SPAN_LIT("IETF"));
  vcca_cbor_put_bytes(&out, VCCA_SPAN_LIT("\1\2\3\4"));
  check_hex(vcca_sink_span(&out), "64494554464401020304", "strings");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_definite_shortest_scalar_of_appendix_a_is_read_and_written_down),
      cmocka_unit_test(definite_shortest_containers_of_appendix_a_are_read),
      cmocka_unit_test(what_is_not_strict_is_refused_at_its_byte),
      cmocka_unit_test(broken_input_is_printed_up_to_the_fault_which_is_marked),
      cmocka_unit_test(nesting_is_bounded),
      cmocka_unit_test(a_map_has_at_most_64_pairs),
      cmocka_unit_test(offsets_are_those_of_the_outermost_input),
      cmocka_unit_test(integers_are_read_to_the_ends_of_64_bits),
      cmocka_unit_test(the_writer_chooses_the_shortest_head),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
