/* PEM text, out and in.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pem.h"

#include "check.h"
#include "crypto/support.h"
#include "rooms/crypto.h"

/* Lines of 64 by `openssl base64` over 00 01 .. 31. */
static const char fifty[] = "-----BEGIN X-----\n"
                            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v\n"
                            "MDE=\n"
                            "-----END X-----\n";

static vcca_span counting(uint8_t *bytes, size_t n)
{
  for (size_t i = 0; i < n; i++)
    bytes[i] = (uint8_t)i;
  return vcca_span_of(bytes, n);
}

static void pem_has_lines_of_64(void **state)
{
  (void)state;
  uint8_t bytes[50];
  char text[200] = "";
  vcca_sink out = vcca_sink_of(text, sizeof text - 1);
  vcca_pem_put("X", counting(bytes, 50), &out);
  assert_string_equal(text, fifty);
}

static void pem_reads_back_at_every_length(void **state)
{
  (void)state;
  uint8_t bytes[150], again[150];
  char text[400];
  for (size_t n = 1; n <= sizeof bytes; n++) {
    vcca_sink out = VCCA_SINK(text), der = VCCA_SINK(again);
    vcca_pem_put("CERTIFICATE", counting(bytes, n), &out);
    assert_true(vcca_pem_get("CERTIFICATE", vcca_sink_span(&out), &der, NULL));
    assert_true(vcca_span_eq(vcca_sink_span(&der), vcca_span_of(bytes, n)));
  }
}

static void pem_is_found_among_other_text_and_in_any_line_length(void **state)
{
  (void)state;
  static const char *const texts[] = {
      "-----BEGIN X-----\nAAEC\n-----END X-----", /* without the last newline */
      "-----BEGIN X-----\r\nAA\r\nEC\r\n-----END X-----\r\n",
      "0. subject=/CN=x\n-----BEGIN Y-----\nBBBB\n-----END Y-----\n-----BEGIN X-----\nAAEC\n-----END X-----\n",
      "-----BEGIN X-----AAEC-----END X-----",
      "\xef\xbb\xbf-----BEGIN X-----\r\nAAEC\r\n-----END X-----\r\n", /* behind a byte order mark */
      "what follows -----BEGIN X----- is one:\n  -----BEGIN X-----\nAAEC\n-----END X-----\n",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    uint8_t bytes[8];
    struct vcca_error err = {0};
    vcca_sink der = VCCA_SINK(bytes);
    check_ok(vcca_pem_get("X", vcca_span_str(texts[i]), &der, &err), &err, texts[i]);
    check_hex(vcca_sink_span(&der), "000102", texts[i]);
  }
}

static void what_is_no_pem_is_refused(void **state)
{
  (void)state;
  static const char *const texts[] = {
      "",
      "-----BEGIN X-----",
      "-----BEGIN X-----\nAAEC\n",
      "-----BEGIN X-----\nAAEC\n-----END Y-----\n",
      "-----BEGIN X-----\n-----END X-----\n",
      "-----BEGIN X-----\nAA!C\n-----END X-----\n",
      "-----BEGIN X-----\nAAE\n-----END X-----\n",
      "-----BEGIN X-----\nAA==AA\n-----END X-----\n",
      "-----END X-----\nAAEC\n-----BEGIN X-----\n",
      "-----BEGIN X-----\nAAEC\n-----END X-----\n-----BEGIN X-----\nBBBB\n-----END X-----\n", /* which of the two? */
      "-----BEGIN X-----\nAAEC\n-----BEGIN Y-----\nBBBB\n-----END Y-----\n",
      "-----BEGIN X-----\nAAECAAECAAECAAEC\n-----END X-----\n", /* 12 bytes for a room of 8 */
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    uint8_t bytes[8];
    struct vcca_error err = {0};
    vcca_sink der = VCCA_SINK(bytes);
    if (vcca_pem_get("X", vcca_span_str(texts[i]), &der, &err))
      fail_msg("accepted: %s", texts[i]);
    assert_true(err.text[0] != '\0');
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pem_has_lines_of_64),
      cmocka_unit_test(pem_reads_back_at_every_length),
      cmocka_unit_test(pem_is_found_among_other_text_and_in_any_line_length),
      cmocka_unit_test(what_is_no_pem_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
