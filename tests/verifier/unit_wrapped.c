/* Wrapped evidence: what other producers write is taken apart, and what is no evidence is refused with the
 * reason.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <string.h>

#include "rooms/span.h"
#include "rooms/wrapped.h"

static bool same(const struct vcca_bytes *bytes, const char *text)
{
  return vcca_span_is(vcca_bytes_span(bytes), text);
}

static void what_others_write_is_taken_apart(void **state)
{
  (void)state;
  static const struct {
    const char *json, *token, *cert, *log, *table; /* NULL: not there */
  } rows[] = {
      {"{\"token\": [116]}", "t", NULL, NULL, NULL},
      {"{\"cca_token\":\"74\"}", "t", NULL, NULL, NULL},
      {"\n {\"evidence\":[116],\"dev_cert\":[99],\"ima_log\":null}", "t", "c", NULL, NULL},
      {"{\"evidence\":[116],\"dev_cert\":[99],\"ima_log\":[105],\"event_log\":[108]}", "t", "c", "l", NULL},
      {"{\"tee\":\"virtcca\",\"evidence\":\"{\\\"evidence\\\":[116],\\\"dev_cert\\\":[99],\\\"uefi_log\\\":"
       "{\\\"ccel_table\\\":[97],\\\"ccel_data\\\":[108]}}\"}",
       "t", "c", "l", "a"},
      {"{\"primary_evidence\":{\"token\":[116]},\"additional_evidence\":\"\"}", "t", NULL, NULL, NULL},
      {"{\"eat_nonce\":\"AAAA\",\"cmw\":\"eyJhIjpbImIiLCJleUp2ZFhSaWJHOWlJam9pWkVoUkluMCJdfQ\"}", "tt", NULL, NULL,
       NULL},
      {"[\"application/eat-collection\",\"dHQ\"]", "tt", NULL, NULL, NULL},
      {"[\"application/eat-collection\",\"dHQ\",4]", "tt", NULL, NULL, NULL},
      {"{\"__cmwc_t\":\"tag:x\",\"cca\":[\"application/eat-collection\",\"dHQ\",4]}", "tt", NULL, NULL, NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_unwrapped u;
    struct vcca_error err;
    vcca_span bytes = vcca_span_str(rows[i].json);
    assert_true(vcca_looks_wrapped(bytes));
    check_ok(vcca_unwrap(bytes, &u, &err), &err, rows[i].json);
    const struct {
      const struct vcca_bytes *got;
      const char *want;
    } parts[] = {
        {&u.token, rows[i].token}, {&u.cert, rows[i].cert}, {&u.eventlog, rows[i].log}, {&u.ccel_table, rows[i].table}};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
      if (parts[k].want ? !same(parts[k].got, parts[k].want) : parts[k].got->p != NULL)
        fail_msg("%s: part %zu", rows[i].json, k);
    vcca_unwrapped_free(&u);
  }
}

static void cbor_records_are_taken_apart(void **state)
{
  (void)state;
  static const uint8_t named[] = {0x83, 0x61, 'x', 0x41, 't', 0x04}, numbered[] = {0x82, 0x19, 0x01, 0x07, 0x41, 't'};
  const vcca_span good[] = {VCCA_SPAN(named), VCCA_SPAN(numbered)};
  for (size_t i = 0; i < 2; i++) {
    struct vcca_unwrapped u;
    struct vcca_error err;
    assert_true(vcca_looks_wrapped(good[i]));
    check_ok(vcca_unwrap(good[i], &u, &err), &err, "record");
    assert_true(same(&u.token, "t"));
    vcca_unwrapped_free(&u);
    for (size_t n = 0; n < good[i].n; n++) /* cut short, and one byte more */
      assert_false(vcca_unwrap(vcca_span_sub(good[i], 0, n), &u, NULL));
  }
  static const uint8_t longer[] = {0x82, 0x19, 0x01, 0x07, 0x41, 't', 0x00}, typeless[] = {0x82, 0x41, 'x', 0x41, 't'};
  struct vcca_unwrapped u;
  assert_false(vcca_unwrap(VCCA_SPAN(longer), &u, NULL));
  assert_false(vcca_unwrap(VCCA_SPAN(typeless), &u, NULL));
}

static void what_is_no_evidence_is_refused_with_the_reason(void **state)
{
  (void)state;
  static const struct {
    const char *json, *why;
  } rows[] = {
      {"{}", "no member of it holds a token"},
      {"{\"dev_cert\":[99]}", "no member of it holds a token"},
      {"{\"token\":[]}", "no member of it holds a token"},
      {"{\"token\":\"\"}", "no member of it holds a token"},
      {"{\"token\":[116,256]}", "\"token\": element 1 of the array is no byte"},
      {"{\"token\":[116,-1]}", "element 1"},
      {"{\"token\":[1.5]}", "element 0"},
      {"{\"token\":\"?\"}", "neither hexadecimal, base64 nor PEM"},
      {"{\"token\":[116],\"evidence\":[117]}", "there twice"},
      {"{\"token\":[116],\"a\":{\"token\":[116]}}", "there twice"},
      {"{\"token\":[116]", "not JSON"},
      {"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"token\":[116]}}}}}}}}}", "deeper than 8 levels"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_unwrapped u;
    struct vcca_error err = {0};
    char text[800];
    if (vcca_unwrap(vcca_span_str(rows[i].json), &u, &err))
      fail_msg("%s is taken", rows[i].json);
    if (!strstr(vcca_error_text(&err, text, sizeof text), rows[i].why))
      fail_msg("%s: %s", rows[i].json, text);
    assert_null(u.token.p);
    assert_null(u.cert.p);
  }
}

/* JSON within JSON within JSON, as text: each level costs a level. */
static void text_in_text_has_a_bound(void **state)
{
  (void)state;
  static char text[1 << 16], inner[1 << 16];
  strcpy(inner, "{\"token\":[116]}");
  for (unsigned level = 1; level < 12; level++) {
    struct vcca_unwrapped u;
    bool taken = vcca_unwrap(vcca_span_str(inner), &u, NULL);
    assert_int_equal(taken, level <= 4);
    if (taken)
      vcca_unwrapped_free(&u);
    size_t n = 0;
    n += (size_t)snprintf(text, sizeof text, "{\"a\":\"");
    for (const char *c = inner; *c && n + 8 < sizeof text; c++) {
      if (*c == '"' || *c == '\\')
        text[n++] = '\\';
      text[n++] = *c;
    }
    snprintf(text + n, sizeof text - n, "\"}");
    if (strlen(text) > sizeof inner / 2)
      break;
    memcpy(inner, text, strlen(text) + 1);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_others_write_is_taken_apart),
      cmocka_unit_test(cbor_records_are_taken_apart),
      cmocka_unit_test(what_is_no_evidence_is_refused_with_the_reason),
      cmocka_unit_test(text_in_text_has_a_bound),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
