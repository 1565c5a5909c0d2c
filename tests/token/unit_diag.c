/* What is shown of CBOR that is sound, not strict, or broken: diagnostic notation (RFC 8949 section 8), and
 * the path to a byte.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "rooms/token.h"
#include "rooms/cbor.h"

static vcca_span bytes_of(const char *hex, uint8_t *buf, size_t cap)
{
  vcca_sink out = vcca_sink_of(buf, cap);
  struct vcca_error err = {0};
  check_ok(vcca_hex_read(vcca_span_str(hex), &out, &err), &err, hex);
  return vcca_sink_span(&out);
}

static void diagnostic_notation_descends_into_byte_strings_and_names_what_it_knows(void **state)
{
  (void)state;
  uint8_t buf[128];
  char text[2000];
  struct vcca_error err = {0};
  /* 399({44241: << 18([<< {1: -35} >>, {}, << {44238: h'00'} >>, h'00']) >>}) by hand */
  vcca_span in = bytes_of("d9018fa119acd151d28444a1013822a046a119acce41004100", buf, sizeof buf);
  vcca_sink out = vcca_sink_of(text, sizeof text - 1);
  check_ok(vcca_cbor_diag(in, vcca_claim_name, &out, &err), &err, "token");
  text[out.n] = '\0';
  assert_string_equal(text, "     0  399( / CCA token collection /\n"
                            "     3    {\n"
                            "     4      44241 / realm-token /: <<\n"
                            "     8        18( / COSE_Sign1 /\n"
                            "     9          [\n"
                            "    10            / protected header / <<\n"
                            "    11              {\n"
                            "    12                1 / alg /: -35 / ES384 /\n"
                            "                    }\n"
                            "                  >>,\n"
                            "    15            / unprotected header / {},\n"
                            "    16            / payload / <<\n"
                            "    17              {\n"
                            "    18                44238 / rim /: h'00'\n"
                            "                    }\n"
                            "                  >>,\n"
                            "    23            / signature / h'00'\n"
                            "                ]\n"
                            "              )\n"
                            "            >>\n"
                            "          }\n"
                            "        )\n");
  /* The RAK as a COSE_Key says its curve; a label -1 elsewhere says none. */
  in = bytes_of("d9018fa119acd155d28444a1013822a04aa119accd45a2010220024100", buf, sizeof buf);
  out = vcca_sink_of(text, sizeof text - 1);
  assert_true(vcca_cbor_diag(in, vcca_claim_name, &out, NULL));
  text[out.n] = '\0';
  assert_non_null(
      strstr(text, " 44237 / public-key /: <<\n    22                  {\n    23                    1 / kty /: 2,\n"
                   "    25                    -1 / crv /: 2 / P-384 /\n"));
  in = bytes_of("d9018fa119acd152d28446a20138222002a045a119acce4041004100", buf, sizeof buf);
  out = vcca_sink_of(text, sizeof text - 1);
  (void)vcca_cbor_diag(in, vcca_claim_name, &out, NULL);
  text[out.n] = '\0';
  assert_non_null(strstr(text, "-1: 2\n"));
  /* A fault within the payload shows where it is: the RIM has a reserved head. */
  in = bytes_of("d9018fa119acd151d28444a1013822a046a119acce5dff4100", buf, sizeof buf);
  out = vcca_sink_of(text, sizeof text - 1);
  assert_false(vcca_cbor_diag(in, vcca_claim_name, &out, &err));
  assert_int_equal(err.offset, 21);
  text[out.n] = '\0';
  assert_non_null(strstr(text, "    18                44238 / rim /: \n!! byte 21 (0x15), at /44241/payload/44238: "
                               "reserved additional information 29"));
}

/* RFC 8949 8.1 and 8.2. */
static const struct {
  const char *hex, *text, *fault;
} indicators[] = {
    {"1805", "5_0", "byte 0 (0x0): unsigned integer is not in its shortest form"},
    {"190005", "5_1", "shortest"},
    {"3a00000005", "-6_2", "shortest"},
    {"1b0000000000000005", "5_3", "shortest"},
    {"580101", "h'01'_0", "byte string is not in its shortest form"},
    {"79000161", "\"a\"_1", "text string is not"},
    {"980101", "[_0\n     2    1\n        ]", "array is not"},
    {"b900010102", "{_1\n     3    1: 2\n        }", "map is not"},
    {"d80201", "2_0( / bignum /\n     2    1\n        )", "tag is not"},
    {"fb3ff8000000000000", "1.5_3", "shortest"},
    {"9f0102ff", "[_\n     1    1,\n     2    2\n        ]", "array of indefinite length"},
    {"9fff", "[_]", "array of indefinite length"},
    {"bf0102ff", "{_\n     1    1: 2\n        }", "map of indefinite length"},
    {"5f41014102ff", "(_ h'01', h'02')", "byte string of indefinite length"},
    {"7f6161ff", "(_ \"a\")", "text string of indefinite length"},
    {"a201020103", "1 / ! map key is there twice, first at byte 1 /: 3",
     "byte 3 (0x3), at /1: map key is there twice, first at byte 1"},
    {"0102", "1\n     1  h'02' / ! CBOR item: 1 byte too many at the end /",
     "byte 1 (0x1): CBOR item: 1 byte too many at the end"},
};

static void what_is_not_strict_is_printed_with_its_encoding_and_the_first_fault(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof indicators / sizeof *indicators; i++) {
    uint8_t buf[64];
    char text[1000], fault[500];
    struct vcca_error err = {0};
    vcca_span in = bytes_of(indicators[i].hex, buf, sizeof buf);
    vcca_sink out = vcca_sink_of(text, sizeof text - 1);
    assert_false(vcca_cbor_diag(in, NULL, &out, &err));
    text[out.n] = '\0';
    vcca_error_text(&err, fault, sizeof fault);
    if (strstr(text, indicators[i].text) == NULL || strstr(text, indicators[i].fault) == NULL ||
        strstr(fault, indicators[i].fault) == NULL)
      fail_msg("%s: %s", indicators[i].hex, text);
  }
}

static const struct {
  const char *hex;
  size_t offset;
  const char *path;
} paths[] = {
    {"01", 0, ""},
    {"a10102", 0, ""},
    {"a10102", 1, "/1"},
    {"a10102", 2, "/1"},
    {"a12002", 2, "/-1"},
    {"a1616102", 3, "/a"},
    {"8201820202", 1, "[0]"},
    {"8201820203", 4, "[1][1]"},
    {"d28440a04000", 2, "/protected"},
    {"d28440a0404100", 5, "/signature"},
    {"d28440a042a10141", 5, "/payload"}, /* the payload's map */
    {"d28440a042a1014100", 7, "/payload"},
    {"d28440a043a1015f4100", 7, "/payload/1"},
    {"d28440a043a1010205", 8, "/signature"},
    {"9f01820102ff", 4, "[1][1]"},
    {"82016261", 2, "[1]"}, /* a text of 2 bytes, of which 1 is there */
};

static void a_byte_has_a_path(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    uint8_t buf[64];
    char path[80];
    vcca_cbor_path(bytes_of(paths[i].hex, buf, sizeof buf), paths[i].offset, path, sizeof path);
    if (strcmp(path, paths[i].path) != 0)
      fail_msg("%s at %zu: %s", paths[i].hex, paths[i].offset, path);
  }
}

static void a_path_is_cut_to_its_room(void **state)
{
  (void)state;
  static const uint8_t in[] = {0xa1, 0x64, 'l', 'o', 'n', 'g', 0x81, 0x01};
  char path[6];
  vcca_cbor_path(VCCA_SPAN(in), 7, path, sizeof path);
  assert_string_equal(path, "/long");
  vcca_cbor_path(VCCA_SPAN(in), 7, path, 1);
  assert_string_equal(path, "");
}

static void diagnostic_notation_is_cut_to_its_room_and_says_how_much_it_wants(void **state)
{
  (void)state;
  static const uint8_t in[] = {0x83, 1, 2, 3};
  char text[10];
  vcca_sink none = {NULL, 0, 0}, small = vcca_sink_of(text, sizeof text);
  assert_true(vcca_cbor_diag(VCCA_SPAN(in), NULL, &none, NULL));
  assert_true(vcca_cbor_diag(VCCA_SPAN(in), NULL, &small, NULL));
  assert_int_equal(none.n, small.n);
  assert_false(vcca_sink_ok(&small));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(diagnostic_notation_descends_into_byte_strings_and_names_what_it_knows),
      cmocka_unit_test(what_is_not_strict_is_printed_with_its_encoding_and_the_first_fault),
      cmocka_unit_test(a_byte_has_a_path),
      cmocka_unit_test(a_path_is_cut_to_its_room),
      cmocka_unit_test(diagnostic_notation_is_cut_to_its_room_and_says_how_much_it_wants),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
