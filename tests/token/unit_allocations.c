/* Reading a token takes no memory but the caller's: the linker puts a counter between vcca and malloc
 * (tests/CMakeLists.txt).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/token.h"
#include "rooms/cbor.h"

static unsigned long allocations;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *__wrap_malloc(size_t n)
{
  allocations++;
  return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
  allocations++;
  return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
  allocations++;
  return __real_realloc(p, n);
}

static void the_counter_sees_what_vcca_allocates(void **state)
{
  (void)state;
  unsigned long before = allocations;
  struct sample sample;
  struct vcca_error err = {0};
  sample_claims(VCCA_FAMILY_ARM_1_0, &sample);
  vcca_key *rak = vcca_rak_decode(VCCA_RAK_COSE_KEY, sample.realm.public_key, &err);
  check_ok(rak != NULL, &err, "RAK");
  vcca_key_free(rak);
  assert_true(allocations > before);
}

static void reading_a_token_allocates_nothing(void **state)
{
  (void)state;
  for (int f = 0; f < VCCA_FAMILIES; f++) {
    struct sample sample;
    struct made made;
    struct vcca_token token;
    enum vcca_family family;
    sample_claims((enum vcca_family)f, &sample);
    make_token((enum vcca_family)f, &sample, &made);
    unsigned long before = allocations;
    bool ok = vcca_token_decode(made.span, &token, NULL) &&
              vcca_token_decode_lenient(made.span, ~(vcca_leniency_set)0, &token, NULL) &&
              vcca_token_family(&token, &family);
    assert_int_equal(allocations, before);
    assert_true(ok);
  }
}

static void refusing_and_explaining_a_token_allocates_nothing(void **state)
{
  (void)state;
  struct sample sample;
  struct made made;
  static char text[40000];
  sample_claims(VCCA_FAMILY_ARM_DRAFT_04, &sample);
  make_token(VCCA_FAMILY_ARM_DRAFT_04, &sample, &made);
  unsigned long before = allocations;
  unsigned refused = 0;
  for (size_t i = 0; i < made.span.n; i += 7) {
    struct vcca_token token;
    struct vcca_error err = {0};
    vcca_sink out = VCCA_SINK(text);
    made.bytes[i] ^= 0xe0;
    refused += !vcca_token_decode(made.span, &token, &err);
    (void)vcca_cbor_diag(made.span, vcca_claim_name, &out, &err);
    made.bytes[i] ^= 0xe0;
  }
  assert_int_equal(allocations, before);
  assert_true(refused > 20);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_counter_sees_what_vcca_allocates),
      cmocka_unit_test(reading_a_token_allocates_nothing),
      cmocka_unit_test(refusing_and_explaining_a_token_allocates_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
