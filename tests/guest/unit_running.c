/* A running VM: many threads at once, programs that die, are stuck or switch the VM off, and the failures
 * that can be asked for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "guest/support.h"
#include "rooms/span.h"
#include "rooms/guest.h"

#include <pthread.h>

static const char *const scenarios[] = {"attest-arm-1.0.yaml", "attest-virtcca-p521.yaml"};

static bool same(struct vcca_bytes a, struct vcca_bytes b)
{
  return vcca_span_eq(vcca_bytes_span(&a), vcca_bytes_span(&b));
}

static bool contains(struct vcca_bytes token, uint8_t byte)
{
  uint8_t challenge[VCCA_CHALLENGE_SIZE];
  memset(challenge, byte, sizeof challenge);
  for (size_t at = 0; at + sizeof challenge <= token.n; at++)
    if (memcmp(token.p + at, challenge, sizeof challenge) == 0)
      return true;
  return false;
}

/* --- Threads ------------------------------------------------------------------------------------------------ */

enum { THREADS = 16 };
struct asker {
  pthread_t thread;
  vcca_running *v;
  uint8_t byte;
  struct vcca_bytes token;
};

static void *ask(void *arg)
{
  struct asker *a = arg;
  a->token = running_token(a->v, a->byte);
  return NULL;
}

static void each_of_many_threads_gets_the_token_it_asked_for(void **state)
{
  (void)state;
  for (size_t s = 0; s < 2; s++) {
    vcca_running *v = running_open(scenarios[s]);
    struct asker askers[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
      askers[i] = (struct asker){.v = v, .byte = (uint8_t)(0x10 + i)};
      assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
      pthread_join(askers[i].thread, NULL);
      assert_true(contains(askers[i].token, askers[i].byte));
      struct vcca_bytes again =
          running_token(v, askers[i].byte); /* whatever came before, the same request gives the same evidence */
      assert_true(same(askers[i].token, again));
      vcca_bytes_free(&again);
      vcca_bytes_free(&askers[i].token);
    }
    vcca_running_stop(v);
  }
}

/* --- Measurements ------------------------------------------------------------------------------------------- */

static void a_rem_is_extended_and_read_and_the_rim_is_not(void **state)
{
  (void)state;
  for (size_t s = 0; s < 2; s++) {
    vcca_running *v = running_open(scenarios[s]);
    uint8_t before[VCCA_MEASUREMENT_SIZE], after[VCCA_MEASUREMENT_SIZE];
    struct vcca_error err = {0};
    uint64_t status;
    size_t size;
    check_ok(vcca_running_measurement(v, 2, before, &size, &status, &err), &err, "read");
    assert_true(status == 0 && size == 32 && vcca_span_zero(VCCA_SPAN(before)));
    check_ok(vcca_running_extend(v, 2, VCCA_SPAN_LIT("an application"), &status, &err), &err, "extend");
    assert_int_equal(status, 0);
    check_ok(vcca_running_measurement(v, 2, after, &size, &status, &err), &err, "read");
    assert_memory_not_equal(before, after, size);
    for (unsigned index = 0; index <= 5; index += 5) { /* the RIM; none */
      check_ok(vcca_running_extend(v, index, VCCA_SPAN_LIT("no"), &status, &err), &err, "extend");
      assert_int_equal(status, 1); /* ERROR_INPUT */
    }
    assert_false(vcca_running_extend(v, 1, vcca_span_of(after, VCCA_MEASUREMENT_SIZE + 1), &status, &err));
    vcca_running_stop(v);
  }
}

/* --- Programs that do not end well ---------------------------------------------------------------------- */

static void dies(void *arg, vcca_guest *g)
{
  uint8_t byte;
  vcca_sink out = vcca_sink_of(&byte, 1);
  (void)arg;
  vcca_guest_load(g, UINT64_C(1) << 62, &out, 1);
}

static void is_stuck(void *arg, vcca_guest *g)
{
  static const struct vcca_realm_event event = {.kind = VCCA_REALM_IRQ};
  (void)arg;
  for (;;)
    vcca_guest_event(g, &event);
}

static void powers_off(void *arg, vcca_guest *g)
{
  uint64_t x[VCCA_SMC_REGS] = {UINT64_C(0x84000008)}; /* PSCI SYSTEM_OFF */
  (void)arg;
  vcca_guest_call(g, x);
}

static void refused(vcca_running *v, vcca_guest_main main, const char *why)
{
  struct vcca_error err = {0};
  assert_false(vcca_running_do(v, main, NULL, &err));
  if (!strstr(err.text, why))
    fail_msg("\"%s\" says nothing of \"%s\"", err.text, why);
}

static void a_program_that_ends_badly_leaves_a_vm_that_works(void **state)
{
  (void)state;
  for (size_t s = 0; s < 2; s++) {
    vcca_running *v = running_open(scenarios[s]);
    struct vcca_bytes first = running_token(v, 7), again;
    refused(v, dies, "external abort");
    again = running_token(v, 7);
    assert_true(same(first, again));
    vcca_bytes_free(&again);
    refused(v, is_stuck, "10,000 entries");
    again = running_token(v, 7);
    assert_true(same(first, again));
    vcca_bytes_free(&again);
    vcca_bytes_free(&first);
    refused(v, powers_off, "does not run any more");
    refused(v, powers_off, "does not run any more");
    vcca_running_stop(v);
  }
}

/* --- Failures ------------------------------------------------------------------------------------------- */

static uint64_t token_status(vcca_running *v)
{
  uint8_t room[VCCA_TOKEN_MAX], challenge[VCCA_CHALLENGE_SIZE] = {7};
  vcca_sink out = VCCA_SINK(room);
  struct vcca_error err = {0};
  uint64_t status = 99;
  check_ok(vcca_running_token(v, VCCA_SPAN(challenge), &out, NULL, &status, &err), &err, "token");
  return status;
}

static void inject(vcca_running *v, struct vcca_injection injection)
{
  struct vcca_error err = {0};
  check_ok(vcca_running_inject(v, &injection, &err), &err, "inject");
}

static void failures_come_as_often_as_asked_for(void **state)
{
  (void)state;
  for (size_t s = 0; s < 2; s++) {
    vcca_running *v = running_open(scenarios[s]);
    const struct vcca_interface *interface = vcca_running_abi(v) == VCCA_ABI_TMI ? vcca_tsi() : vcca_rsi();
    const struct vcca_command *go_on = vcca_command_named(interface, VCCA_SPAN_LIT("ATTESTATION_TOKEN_CONTINUE"));
    struct vcca_bytes first = running_token(v, 7), again;
    struct vcca_error err = {0};

    uint64_t calls = vcca_running_trace_next(v);
    inject(v, (struct vcca_injection){.kind = VCCA_INJECT_INCOMPLETE, .times = 3});
    again = running_token(v, 7);
    assert_true(same(first, again));
    vcca_bytes_free(&again);
    assert_int_equal(vcca_running_trace_next(v) - calls,
                     1 + 1 + 2 * 3 + 1); /* INIT, CONTINUE; one more and an entry for each; the last entry */

    inject(v, (struct vcca_injection){.kind = VCCA_INJECT_STATUS, .command = go_on, .status = 2, .times = 2});
    assert_int_equal(token_status(v), 2);
    assert_int_equal(token_status(v), 2);
    assert_int_equal(token_status(v), 0);

    inject(v, (struct vcca_injection){.kind = VCCA_INJECT_STATUS, .command = go_on, .status = 4});
    for (unsigned i = 0; i < 5; i++)
      assert_int_equal(token_status(v), 4);
    check_ok(vcca_running_inject_none(v, &err), &err, "none");
    assert_int_equal(token_status(v), 0);

    for (unsigned i = 0; i < VCCA_INJECTIONS; i++)
      inject(v, (struct vcca_injection){.kind = VCCA_INJECT_STATUS, .command = go_on, .status = 4});
    assert_false(vcca_running_inject(v, &(struct vcca_injection){.kind = VCCA_INJECT_INCOMPLETE}, &err));
    assert_false(
        vcca_running_inject(v, &(struct vcca_injection){.kind = VCCA_INJECT_DELAY, .milliseconds = 60001}, &err));
    assert_false(vcca_running_inject(v, &(struct vcca_injection){.kind = VCCA_INJECT_STATUS}, &err));
    vcca_bytes_free(&first);
    vcca_running_stop(v);
  }
}

static void another_device_signs_until_the_own_one_is_back(void **state)
{
  (void)state;
  vcca_running *v = running_open("attest-arm-1.0.yaml");
  struct vcca_bytes first = running_token(v, 7), other, again;
  struct vcca_device device = *vcca_running_device(v);
  struct vcca_error err = {0};
  device.huk[0] ^= 1;
  check_ok(vcca_running_move(v, &device, &err), &err, "move");
  other = running_token(v, 7);
  assert_false(same(first, other));
  vcca_device_default(VCCA_CHAIN_P521, &device);
  assert_false(vcca_running_move(v, &device, &err)); /* not the family's kind */
  again = running_token(v, 7);
  assert_true(same(other, again));
  vcca_bytes_free(&again);
  check_ok(vcca_running_inject_none(v, &err), &err, "none");
  again = running_token(v, 7);
  assert_true(same(first, again));
  vcca_bytes_free(&again);
  vcca_bytes_free(&other);
  vcca_bytes_free(&first);
  vcca_running_stop(v);
}

/* A monitor that takes a minute for each call: the test ends long before, or not at all. */
static void a_delay_ends_when_it_is_taken_away(void **state)
{
  (void)state;
  vcca_running *v = running_open("attest-arm-1.0.yaml");
  struct asker asker = {.v = v, .byte = 7};
  struct vcca_error err = {0};
  uint64_t number = vcca_running_trace_next(v);
  char text[4096];
  vcca_sink line = VCCA_SINK(text);
  inject(v,
         (struct vcca_injection){.kind = VCCA_INJECT_DELAY,
                                 .command = vcca_command_named(vcca_rsi(), VCCA_SPAN_LIT("ATTESTATION_TOKEN_CONTINUE")),
                                 .milliseconds = VCCA_INJECT_DELAY_MAX});
  assert_int_equal(pthread_create(&asker.thread, NULL, ask, &asker), 0);
  assert_true(vcca_running_trace(v, &number, true, &line)); /* INIT is done: CONTINUE waits, or will */
  check_ok(vcca_running_inject_none(v, &err), &err, "none");
  pthread_join(asker.thread, NULL);
  assert_true(contains(asker.token, 7));
  vcca_bytes_free(&asker.token);

  vcca_running_end(v);
  assert_false(vcca_running_do(v, dies, NULL, &err));
  assert_false(vcca_running_trace(v, &(uint64_t){1000000}, true, &line));
  vcca_running_stop(v);
}

/* --- Scenarios that cannot be kept ---------------------------------------------------------------------- */

static void a_scenario_without_a_vm_is_refused(void **state)
{
  (void)state;
  static const struct {
    const char *scenario, *until, *why;
  } rows[] = {
      {"realm-destroyed.yaml", NULL, "leaves no VM"},
      {"attest-arm-1.0.yaml", "nothing", "no step is given the name \"nothing\""},
      {"no-such.yaml", NULL, "no-such.yaml"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char path[4096], text[700];
    struct vcca_error err = {0};
    snprintf(path, sizeof path, "%s/scenarios/%s", getenv("VCCA_SOURCE"), rows[i].scenario);
    assert_null(vcca_running_start(path, &(struct vcca_running_options){.until = rows[i].until}, &err));
    if (!strstr(vcca_error_text(&err, text, sizeof text), rows[i].why))
      fail_msg("%s: \"%s\" says nothing of \"%s\"", rows[i].scenario, text, rows[i].why);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_of_many_threads_gets_the_token_it_asked_for),
      cmocka_unit_test(a_rem_is_extended_and_read_and_the_rim_is_not),
      cmocka_unit_test(a_program_that_ends_badly_leaves_a_vm_that_works),
      cmocka_unit_test(failures_come_as_often_as_asked_for),
      cmocka_unit_test(another_device_signs_until_the_own_one_is_back),
      cmocka_unit_test(a_delay_ends_when_it_is_taken_away),
      cmocka_unit_test(a_scenario_without_a_vm_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
