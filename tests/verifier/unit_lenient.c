/* Evidence that is not strict: refused, or taken with the leniency that it needs, which the verdict then
 * says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static struct made made;
static uint8_t token[VCCA_TOKEN_MAX + 1];
static char text[40000];

static int set_up(void **state)
{
  (void)state;
  make_keys(&made, VCCA_FAMILY_ARM_DRAFT_04);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  free_keys(&made);
  return 0;
}

/* Good evidence, but for a byte behind the token. */
static void with_a_byte_more(void)
{
  certify(&made, DEVICE, made.cpak, made.sub);
  make_plan(&made);
  make_evidence(&made);
  memcpy(token, made.token, made.token_size);
  made.evidence.token = vcca_span_of(token, made.token_size + 1);
}

static bool json_has(const struct vcca_verdict *verdict, const char *words)
{
  vcca_sink out = vcca_sink_of(text, sizeof text - 1);
  struct vcca_json j = vcca_json_into(&out, VCCA_JSON_LINE);
  vcca_verdict_json(verdict, &j);
  text[out.n] = '\0';
  return strstr(text, words) != NULL;
}

static void evidence_that_is_not_strict_is_refused(void **state)
{
  (void)state;
  struct vcca_verdict verdict;
  with_a_byte_more();
  vcca_verify_evidence(&made.evidence, &verdict);
  assert_false(verdict.accepted);
  assert_int_equal(vcca_verdict_failed(&verdict), VCCA_CHECK_STRUCTURE);
  assert_non_null(strstr(verdict.findings[VCCA_CHECK_STRUCTURE].reason, "collection: 1 byte too many at the end"));
}

static void a_leniency_that_was_needed_is_in_the_verdict(void **state)
{
  (void)state;
  struct vcca_verdict verdict;
  with_a_byte_more();
  made.evidence.leniencies =
      VCCA_LENIENT_BIT(VCCA_LENIENT_TRAILING_BYTES) | VCCA_LENIENT_BIT(VCCA_LENIENT_NON_SHORTEST);
  vcca_verify_evidence(&made.evidence, &verdict);
  assert_true(verdict.accepted);
  assert_int_equal(verdict.token.leniencies, VCCA_LENIENT_BIT(VCCA_LENIENT_TRAILING_BYTES));
  assert_non_null(strstr(verdict.findings[VCCA_CHECK_STRUCTURE].reason, "bytes, leniently: trailing-bytes"));
  assert_true(json_has(&verdict, "\"leniencies\":[\"trailing-bytes\"]"));
}

static void strict_evidence_needs_none_of_them(void **state)
{
  (void)state;
  struct vcca_verdict verdict;
  with_a_byte_more();
  made.evidence.token.n--;
  made.evidence.leniencies = ~(vcca_leniency_set)0;
  vcca_verify_evidence(&made.evidence, &verdict);
  assert_true(verdict.accepted);
  assert_true(json_has(&verdict, "\"leniencies\":[]"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(evidence_that_is_not_strict_is_refused),
      cmocka_unit_test(a_leniency_that_was_needed_is_in_the_verdict),
      cmocka_unit_test(strict_evidence_needs_none_of_them),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
