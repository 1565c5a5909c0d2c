/* TSI as a CVM sees it, through TEC_ENTER.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/crypto.h"
#include "rooms/span.h"

static int open_cvm(void **state)
{
  struct world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  world_open(w, VCCA_FAMILY_VIRTCCA_P521);
  *state = w;
  return 0;
}

static int close_cvm(void **state)
{
  world_close(*state);
  free(*state);
  return 0;
}

static void the_version_is_in_x0_itself(void **state)
{
  struct world *w = *state;
  uint64_t x[VCCA_SMC_REGS] = {0};
  assert_int_equal(guest_call(w, 0x190, x), 0x10000);
  assert_string_equal(w->interface, "tsi");
}

static void what_only_rsi_has_is_not_supported(void **state)
{
  struct world *w = *state;
  static const uint64_t numbers[] = {0x191, 0x197, 0x198, 0x199, 0x1A4};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    uint64_t x[VCCA_SMC_REGS] = {0};
    assert_true(guest_call(w, numbers[i], x) == UINT64_MAX);
  }
}

static void the_configuration_is_in_registers(void **state)
{
  struct world *w = *state;
  uint64_t x[VCCA_SMC_REGS] = {0};
  assert_int_equal(guest_call(w, 0x196, x), 0);
  assert_int_equal(x[1], IPA_WIDTH);
  assert_int_equal(x[2], VCCA_SHA256);
}

/* --- Measurements ----------------------------------------------------------------------------------------- */

static void buffers_may_lie_anywhere_also_across_granules(void **state)
{
  struct world *w = *state;
  static const uint64_t places[] = {0x1000, 0x1001, 0x2ff8, 0x1fe1, 0x7fc0};
  struct vcca_realm_info info = world_info(w);
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    uint8_t got[64];
    uint64_t x[VCCA_SMC_REGS] = {0, 0, places[i]};
    assert_int_equal(guest_call(w, 0x192, x), 0);
    realm_get(w, places[i], got, sizeof got);
    assert_memory_equal(got, info.rim, 64);
  }
}

static void extend_takes_its_value_from_memory(void **state)
{
  struct world *w = *state;
  static const size_t sizes[] = {0, 5, 32, 33, 64};
  uint8_t rem[64] = {0}, bytes[64], input[96];
  for (unsigned b = 0; b < 64; b++)
    bytes[b] = (uint8_t)(b * 5 + 3);
  realm_put(w, 0x1fe3, VCCA_SPAN(bytes));
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    uint64_t x[VCCA_SMC_REGS] = {0, 4, sizes[i], 0x1fe3};
    assert_int_equal(guest_call(w, 0x193, x), 0);
    memcpy(input, rem, 32);
    memcpy(input + 32, bytes, sizes[i]);
    vcca_hash(VCCA_SHA256, vcca_span_of(input, 32 + sizes[i]), rem);
    assert_memory_equal(world_info(w).rem[3], rem, 64);
  }
}

static void one_smc(void *arg, vcca_guest *g)
{
  vcca_guest_call(g, arg);
}

/* Half of the buffer is mapped: nothing is written until all of it is. */
static void an_unmapped_half_is_a_data_abort_and_the_call_comes_again(void **state)
{
  struct world *w = *state;
  uint64_t x[VCCA_SMC_REGS] = {UINT64_C(0xC4000192), 0, UNMAPPED - 8, 44};
  uint8_t got[64];
  vcca_guest *g = guest_start(w, 0, one_smc, x);
  struct exit_view v = host_enter(w, 0);
  assert_int_equal(v.reason, EXIT_SYNC);
  assert_int_equal(v.esr >> 26, 0x24);
  assert_int_equal(v.hpfar, UNMAPPED >> 12 << 4);
  realm_get(w, UNMAPPED - 8, got, 8);
  assert_true(vcca_span_zero(vcca_span_of(got, 8)));
  host_map(w, UNMAPPED);
  host_run(w, 0, g);
  vcca_guest_free(g);
  assert_int_equal(x[0], 0);
  realm_get(w, UNMAPPED - 8, got, 64);
  assert_memory_equal(got, world_info(w).rim, 64);
}

/* --- Certificate ------------------------------------------------------------------------------------------ */

static size_t device_cert(struct world *w, uint8_t cert[4096])
{
  uint64_t x[VCCA_SMC_REGS] = {0, MAPPED, 4096};
  assert_int_equal(guest_call(w, 0x19A, x), 0);
  assert_true(x[1] > 0 && x[1] <= 4096);
  realm_get(w, MAPPED, cert, (size_t)x[1]);
  return (size_t)x[1];
}

static void the_certificate_of_a_p521_device_is_pem_without_a_last_newline(void **state)
{
  struct world *w = *state;
  static const char begin[] = "-----BEGIN CERTIFICATE-----\n", end[] = "-----END CERTIFICATE-----";
  uint8_t cert[4096], der[4096];
  vcca_sink out = VCCA_SINK(der);
  size_t n = device_cert(w, cert);
  assert_memory_equal(cert, begin, strlen(begin));
  assert_memory_equal(cert + n - strlen(end), end, strlen(end));
  assert_true(vcca_cert_der(vcca_span_of(cert, n), &out, NULL));
  assert_true(vcca_span_eq(vcca_sink_span(&out), vcca_hsm_cert(w->hsm, VCCA_CERT_DEVICE)));
}

static void the_certificate_of_an_rsa_device_is_der_and_certifies_the_rak(void **state)
{
  (void)state;
  struct world w;
  uint8_t cert[4096];
  world_open(&w, VCCA_FAMILY_VIRTCCA_RSA);
  size_t n = device_cert(&w, cert);
  assert_true(vcca_span_eq(vcca_span_of(cert, n), vcca_hsm_cert(w.hsm, VCCA_CERT_DEVICE)));
  vcca_key *key = vcca_cert_key(vcca_span_of(cert, n), NULL);
  assert_non_null(key);
  assert_true(vcca_key_same(key, vcca_hsm_rak(w.hsm)));
  vcca_key_free(key);
  world_close(&w);
}

static void a_buffer_of_just_the_certificates_size_is_enough(void **state)
{
  struct world *w = *state;
  uint8_t cert[4096];
  size_t n = device_cert(w, cert);
  uint64_t exact[VCCA_SMC_REGS] = {0, 0x8000 - n, n}, less[VCCA_SMC_REGS] = {0, MAPPED, n - 1};
  assert_int_equal(guest_call(w, 0x19A, exact), 0);
  assert_int_equal(exact[1], n);
  assert_int_equal(guest_call(w, 0x19A, less), 1);
  assert_int_equal(less[1], 0);
}

/* --- Sealing key ------------------------------------------------------------------------------------------ */

/* The key for a parameter at `param`; NULL: without one. It is written across two granules. */
static void sealing_key(struct world *w, const uint8_t *param, uint8_t key[32])
{
  enum { PARAM = MAPPED + 3, KEY = SCRATCH - 5 };
  uint64_t x[VCCA_SMC_REGS] = {0, 0, PARAM, param ? 64 : 0, KEY};
  if (param)
    realm_put(w, PARAM, vcca_span_of(param, 64));
  assert_int_equal(guest_call(w, 0x19B, x), 0);
  realm_get(w, KEY, key, 32);
}

/* The message is the RIM's register and the parameter; the secret is that of the independent ladder. */
static void the_sealing_key_is_an_hmac_of_rim_and_parameter(void **state)
{
  static const uint8_t secret[] = {0xe9, 0x50, 0xf9, 0x0d, 0xc4, 0x85, 0x7d, 0xf2, 0x38, 0xf4, 0xab,
                                   0x0a, 0xa6, 0x28, 0xb1, 0x83, 0x64, 0x83, 0x24, 0x68, 0x4e, 0x00,
                                   0xc6, 0x9a, 0xe4, 0xdb, 0x16, 0x70, 0x61, 0xfe, 0x1e, 0x55};
  struct world *w = *state;
  uint8_t message[128], want[32], key[32];
  struct vcca_realm_info info = world_info(w);
  memcpy(message, info.rim, 64);
  memset(message + 64, 0x5a, 64);
  sealing_key(w, message + 64, key);
  vcca_hmac(VCCA_SHA256, VCCA_SPAN(secret), VCCA_SPAN(message), want);
  assert_memory_equal(key, want, 32);
  sealing_key(w, NULL, key);
  vcca_hmac(VCCA_SHA256, VCCA_SPAN(secret), vcca_span_of(message, 64), want);
  assert_memory_equal(key, want, 32);
}

static void a_sealing_key_is_the_same_again_and_another_for_another_parameter_image_or_machine(void **state)
{
  struct world *w = *state, other;
  uint8_t param[64] = {1}, key[32], again[32];
  uint64_t extend[VCCA_SMC_REGS] = {0, 1, 32, MAPPED};
  sealing_key(w, param, key);
  assert_int_equal(guest_call(w, 0x193, extend), 0); /* a REM does not matter */
  sealing_key(w, param, again);
  assert_memory_equal(key, again, 32);
  param[63] = 1;
  sealing_key(w, param, again);
  assert_memory_not_equal(key, again, 32);
  param[63] = 0;
  world_open_alg(&other, VCCA_FAMILY_VIRTCCA_P521, VCCA_SHA512); /* another RIM */
  sealing_key(&other, param, again);
  assert_memory_not_equal(key, again, 32);
  world_close(&other);
  world_open(&other, VCCA_FAMILY_VIRTCCA_RSA); /* another machine */
  sealing_key(&other, param, again);
  assert_memory_not_equal(key, again, 32);
  world_close(&other);
}

int main(void)
{
#define TEST(fact) cmocka_unit_test_setup_teardown(fact, open_cvm, close_cvm)
  const struct CMUnitTest tests[] = {
      TEST(the_version_is_in_x0_itself),
      TEST(what_only_rsi_has_is_not_supported),
      TEST(the_configuration_is_in_registers),
      TEST(buffers_may_lie_anywhere_also_across_granules),
      TEST(extend_takes_its_value_from_memory),
      TEST(an_unmapped_half_is_a_data_abort_and_the_call_comes_again),
      TEST(the_certificate_of_a_p521_device_is_pem_without_a_last_newline),
      cmocka_unit_test(the_certificate_of_an_rsa_device_is_der_and_certifies_the_rak),
      TEST(a_buffer_of_just_the_certificates_size_is_enough),
      TEST(the_sealing_key_is_an_hmac_of_rim_and_parameter),
      TEST(a_sealing_key_is_the_same_again_and_another_for_another_parameter_image_or_machine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
