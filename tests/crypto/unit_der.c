/* The DER reader takes DER and nothing else; the writer is its mirror.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "rooms/der.h"
#include "crypto/support.h"

static void only_der_is_strict(void **state)
{
  (void)state;
  static const struct {
    const char *bytes;
    bool strict;
    const char *why;
  } rows[] = {
      {"", true, "no element at all"},
      {"0500", true, "NULL"},
      {"3003020101", true, "a SEQUENCE of one INTEGER"},
      {"30030201", false, "cut short"},
      {"3002020101", false, "the inner element is longer than the outer"},
      {"300302010100", false, "half an element follows"},
      {"308103020101", false, "a length in long form that fits the short one"},
      {"30820003020101", false, "a length with a zero in front"},
      {"30800201010000", false, "an indefinite length"},
      {"30850000000003020101", false, "a length of five bytes"},
      {"30ff", false, "the reserved length"},
      {"1f8100", false, "a tag number above 30"},
      {"0200", false, "an INTEGER without bytes"},
      {"02020001", false, "an INTEGER with a zero too many"},
      {"0202ff80", false, "a negative INTEGER with an ff too many"},
      {"02020080", true, "an INTEGER that needs its zero"},
      {"0202ff7f", true, "an INTEGER that needs its ff"},
      {"3084ffffffff", false, "a length far beyond the end"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (vcca_der_strict(unhex(rows[i].bytes)) != rows[i].strict)
      fail_msg("%s (%s) should be %s", rows[i].bytes, rows[i].why, rows[i].strict ? "strict" : "refused");
  }
}

/* Encodings of a signature that implementations have accepted; a tcId is that of Project Wycheproof's
 * ecdsa_secp256r1_sha256_test.json, or of the case there that does the same to a longer number. */
static void an_ecdsa_signature_is_two_numbers_in_der(void **state)
{
  (void)state;
  static const struct {
    const char *bytes;
    bool good;
    const char *why;
  } rows[] = {
      {"3006020101020101", true, "r and s"},
      {"30070201010202008f", true, "s with the zero it needs"},
      {"300602010102018f", false, "s misses its zero, and is negative (tcId 6)"},
      {"308106020101020101", false, "the SEQUENCE's length in long form (tcId 8)"},
      {"30820006020101020101", false, "with a zero in front (tcId 9)"},
      {"30800201010201010000", false, "an indefinite length (tcId 48)"},
      {"300702810101020101", false, "r's length in long form (tcId 67)"},
      {"30070202000102010a", false, "r with a zero too many (tcId 84)"},
      {"3006020101020101ff", false, "a byte after the end"},
      {"30060201010201010500", false, "an element after the end"},
      {"3008020101020101"
       "0500",
       false, "an element after s"},
      {"3003020101", false, "no s"},
      {"3000", false, "neither"},
      {"", false, "nothing"},
      {"3106020101020101", false, "a SET"},
      {"30060201000c0130", false, "s is text (tcId 238)"},
      {"30050201010500", false, "s is NULL (tcId 245)"},
      {"30060201ff010101", false, "r is negative, s a BOOLEAN (tcId 252)"},
      {"3006010100010100", false, "two BOOLEANs (tcId 280)"},
      {"3006090142020100", false, "r is a REAL (tcId 287)"},
      {"30083003020100020100", false, "r is in a SEQUENCE (tcId 294)"},
      {"300402000200", false, "numbers without bytes"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (vcca_der_is_ecdsa(unhex(rows[i].bytes)) != rows[i].good)
      fail_msg("%s (%s) should be %s", rows[i].bytes, rows[i].why, rows[i].good ? "a signature" : "refused");
  }
}

static void nesting_is_bounded(void **state)
{
  (void)state;
  uint8_t bytes[64] = {0};
  for (unsigned depth = 1; depth < 30; depth++) {
    struct vcca_der d = vcca_der_in(bytes, sizeof bytes);
    const uint8_t *end = vcca_der_mark(&d);
    for (unsigned i = 0; i < depth; i++)
      vcca_der_wrap(&d, end, VCCA_DER_SEQUENCE);
    assert_true(vcca_der_strict(vcca_der_span(&d)) == (depth <= 16));
  }
}

/* X.690, 8.3 and 8.1.3: numbers and lengths around the places where a byte is added. */
static void what_is_written_is_der(void **state)
{
  (void)state;
  static const struct {
    const char *value;
    const char *der;
  } rows[] = {{"", "020100"},   {"00", "020100"},   {"01", "020101"},
              {"7f", "02017f"}, {"80", "02020080"}, {"0000ff01", "020300ff01"}};
  uint8_t bytes[400];
  static const uint8_t content[300];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_der d = vcca_der_in(bytes, sizeof bytes);
    vcca_der_uint(&d, unhex(rows[i].value));
    check_hex(vcca_der_span(&d), rows[i].der, "INTEGER");
  }
  static const struct {
    size_t n;
    const char *head;
  } lengths[] = {{0, "0400"}, {127, "047f"}, {128, "048180"}, {255, "0481ff"}, {256, "04820100"}};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    struct vcca_der d = vcca_der_in(bytes, sizeof bytes);
    vcca_der_put(&d, VCCA_DER_OCTETS, vcca_span_of(content, lengths[i].n));
    vcca_span der = vcca_der_span(&d);
    check_hex(vcca_span_sub(der, 0, der.n - lengths[i].n), lengths[i].head, "head");
    assert_true(vcca_der_strict(der));
  }
}

static void writing_without_room_latches(void **state)
{
  (void)state;
  uint8_t bytes[10];
  for (size_t room = 0; room < 8; room++) {
    struct vcca_der d = vcca_der_in(bytes, room);
    vcca_der_put(&d, VCCA_DER_OCTETS, VCCA_SPAN_LIT("123456"));
    assert_null(vcca_der_span(&d).p);
    vcca_der_put(&d, VCCA_DER_NULL, vcca_span_of(NULL, 0));
    assert_null(vcca_der_span(&d).p);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(only_der_is_strict),           cmocka_unit_test(an_ecdsa_signature_is_two_numbers_in_der),
      cmocka_unit_test(nesting_is_bounded),           cmocka_unit_test(what_is_written_is_der),
      cmocka_unit_test(writing_without_room_latches),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
