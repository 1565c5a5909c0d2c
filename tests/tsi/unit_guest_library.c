/* The guest library: what a guest program may count on, and what its host may. Long because
 * one setup serves both kinds of VM and both kinds of host.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/span.h"
#include "rooms/rmm.h"

#include <dirent.h>
#include <time.h>

static const enum vcca_family both[] = {VCCA_FAMILY_ARM_1_0, VCCA_FAMILY_VIRTCCA_P521};

static void on_both(void (*fact)(struct world *w))
{
  for (unsigned i = 0; i < 2; i++) {
    struct world w;
    world_open(&w, both[i]);
    fact(&w);
    world_close(&w);
  }
}

/* --- The calls -------------------------------------------------------------------------------------------- */

/* What a guest found; asserted by the host, for a test cannot fail in a guest's thread. */
struct notes {
  uint64_t status[8];
  unsigned major, minor, ipa_width, hash_alg;
  uint8_t rim[64], rem[64];
  uint8_t bytes[8192];
  vcca_sink token;
  uint8_t cert_bytes[4096];
  vcca_sink cert;
};

static void all_calls(void *arg, vcca_guest *g)
{
  struct notes *n = arg;
  n->status[0] = vcca_guest_version(g, &n->major, &n->minor);
  n->status[1] = vcca_guest_realm_config(g, &n->ipa_width, &n->hash_alg);
  n->status[2] = vcca_guest_measurement_read(g, 0, n->rim);
  n->status[3] = vcca_guest_measurement_extend(g, 2, VCCA_SPAN_LIT("thirty-two bytes of measurement!"));
  n->status[4] = vcca_guest_measurement_read(g, 2, n->rem);
  n->status[5] = vcca_guest_token(g, VCCA_SPAN_LIT("nonce"), 1000, &n->token);
  n->status[6] = vcca_guest_device_cert(g, &n->cert);
  n->status[7] = vcca_guest_measurement_extend(g, 0, VCCA_SPAN_LIT("not the RIM"));
}

static void both_interfaces_have_the_same_calls(struct world *w)
{
  struct notes *n = calloc(1, sizeof *n);
  struct vcca_token token;
  static const uint8_t challenge[64] = "nonce";
  assert_non_null(n);
  n->token = VCCA_SINK(n->bytes);
  n->cert = VCCA_SINK(n->cert_bytes);
  guest_run(w, 0, all_calls, n);
  for (unsigned i = 0; i < 6; i++)
    assert_int_equal(n->status[i], 0);
  assert_int_equal(n->major, 1);
  assert_int_equal(n->minor, 0);
  assert_int_equal(n->ipa_width, IPA_WIDTH);
  assert_int_equal(n->hash_alg, VCCA_SHA256);
  struct vcca_realm_info info = world_info(w);
  assert_memory_equal(n->rim, info.rim, 64);
  assert_memory_equal(n->rem, info.rem[1], 64);
  assert_false(vcca_span_zero(VCCA_SPAN(n->rem)));
  assert_true(vcca_token_decode(vcca_sink_span(&n->token), &token, NULL));
  assert_true(vcca_span_eq(token.realm.challenge, VCCA_SPAN(challenge)));
  if (w->tmi)
    assert_int_equal(n->status[6], 0);
  else
    assert_true(n->status[6] == UINT64_MAX);
  assert_int_equal(n->cert.n > 0, w->tmi);
  assert_int_equal(n->status[7], 1);
  free(n);
}

/* --- Memory ----------------------------------------------------------------------------------------------- */

static void store_then_load(void *arg, vcca_guest *g)
{
  struct notes *n = arg;
  vcca_guest_store(g, UNMAPPED - 4, VCCA_SPAN_LIT("12345678"));
  n->token = VCCA_SINK(n->bytes);
  vcca_guest_load(g, UNMAPPED - 4, &n->token, 8);
}

static void a_store_to_an_unmapped_page_aborts_until_the_host_maps_it(struct world *w)
{
  struct notes *n = calloc(1, sizeof *n);
  assert_non_null(n);
  vcca_guest *g = guest_start(w, 0, store_then_load, n);
  for (unsigned i = 0; i < 2; i++) {
    struct exit_view v = host_enter(w, 0);
    assert_int_equal(v.reason, EXIT_SYNC);
    assert_int_equal(v.esr >> 26, 0x24);
    assert_int_equal(v.hpfar, UNMAPPED >> 12 << 4);
  }
  host_map(w, UNMAPPED);
  host_enter(w, 0);
  assert_true(vcca_guest_done(g));
  vcca_guest_free(g);
  assert_true(vcca_span_is(vcca_sink_span(&n->token), "12345678"));
  free(n);
}

static void load_beyond(void *arg, vcca_guest *g)
{
  uint8_t byte;
  vcca_sink out = vcca_sink_of(&byte, 1);
  vcca_guest_load(g, *(uint64_t *)arg, &out, 1);
  *(uint64_t *)arg = 0; /* never */
}

static void an_access_where_no_memory_will_come_ends_main(struct world *w)
{
  uint64_t places[] = {OUTSIDE, UINT64_MAX, EMPTY};
  for (unsigned i = 0; i < (w->tmi ? 2 : 3); i++) {
    uint64_t at = places[i];
    vcca_guest *g = guest_start(w, 0, load_beyond, &at);
    assert_int_equal(host_enter(w, 0).reason, EXIT_IRQ);
    assert_true(vcca_guest_done(g));
    vcca_guest_free(g);
    assert_true(at == places[i]);
  }
}

/* A device register in the unprotected half: the host plays the device. */
static void read_device(void *arg, vcca_guest *g)
{
  struct vcca_realm_event load = {
      .kind = VCCA_REALM_DATA_ABORT, .ipa = UNPROTECTED + 0x10, .syndrome = true, .size = 4, .reg = 5, .wide = true};
  vcca_guest_event(g, &load);
  *(uint64_t *)arg = vcca_guest_cpu(g)->x[5];
}

static void the_host_can_play_a_device(void **state)
{
  (void)state;
  enum { EMULATED = 1 };
  struct world w;
  uint64_t seen = 0, answer[31] = {0x123456789};
  world_open(&w, VCCA_FAMILY_ARM_1_0);
  vcca_guest *g = guest_start(&w, 0, read_device, &seen);
  struct exit_view v = host_enter(&w, 0);
  assert_int_equal(v.reason, EXIT_SYNC);
  assert_true(v.esr >> 24 & 1); /* ISV */
  host_enter_with(&w, 0, EMULATED, answer);
  assert_true(vcca_guest_done(g));
  vcca_guest_free(g);
  assert_int_equal(seen, 0x23456789);
  world_close(&w);
}

/* --- Life ------------------------------------------------------------------------------------------------- */

static void note_start(void *arg, vcca_guest *g)
{
  *(struct vcca_cpu *)arg = *vcca_guest_cpu(g);
}

static void main_starts_with_the_registers_of_its_rec(struct world *w)
{
  struct vcca_cpu cpu = {0};
  guest_run(w, 0, note_start, &cpu);
  assert_int_equal(cpu.x[0], 7);
  assert_int_equal(cpu.pc, 0x80000);
}

static void nothing(void *arg, vcca_guest *g)
{
  (void)arg;
  (void)g;
}

static void a_guest_that_is_done_waits_for_interrupts(struct world *w)
{
  enum { TRAP_WFI = 4 };
  vcca_guest *g = guest_start(w, 0, nothing, NULL);
  assert_false(vcca_guest_done(g));
  assert_int_equal(host_enter(w, 0).reason, EXIT_IRQ);
  assert_true(vcca_guest_done(g));
  struct exit_view v = host_enter_with(w, 0, TRAP_WFI, NULL);
  assert_int_equal(v.reason, EXIT_SYNC);
  assert_int_equal(v.esr >> 26, 1); /* WFI */
  vcca_guest_free(g);
}

static void wait_for_ever(void *arg, vcca_guest *g)
{
  const struct vcca_realm_event irq = {.kind = VCCA_REALM_IRQ};
  for (;;) {
    ++*(unsigned *)arg;
    vcca_guest_event(g, &irq);
  }
}

static void suspend_for_ever(void *arg, vcca_guest *g)
{
  for (;;) {
    uint64_t x[VCCA_SMC_REGS] = {0xC4000001};
    vcca_guest_call(g, x);
    ++*(unsigned *)arg;
  }
}

static void a_guest_can_be_ended_wherever_it_is(struct world *w)
{
  unsigned n = 0;
  vcca_guest_free(guest_start(w, 0, wait_for_ever, &n)); /* before it began */
  assert_int_equal(n, 0);
  vcca_guest *g = guest_start(w, 0, wait_for_ever, &n);
  host_enter(w, 0);
  host_enter(w, 0);
  vcca_guest_free(g); /* in an event */
  assert_int_equal(n, 2);
  g = guest_start(w, 0, suspend_for_ever, &n);
  assert_int_equal(host_enter(w, 0).reason, EXIT_PSCI);
  vcca_guest_free(g); /* in a call */
  assert_int_equal(n, 2);
  uint64_t at = UNMAPPED;
  g = guest_start(w, 0, load_beyond, &at);
  assert_int_equal(host_enter(w, 0).reason, EXIT_SYNC);
  vcca_guest_free(g); /* in a load */
  assert_int_equal(at, UNMAPPED);
  vcca_guest_free(NULL);
}

static void guests_run_only_while_their_rec_runs(struct world *w)
{
  unsigned n0 = 0, n1 = 0;
  power_on_second(w);
  vcca_guest *g0 = guest_start(w, 0, wait_for_ever, &n0), *g1 = guest_start(w, 1, wait_for_ever, &n1);
  host_enter(w, 1);
  host_enter(w, 1);
  assert_int_equal(n0, 0);
  assert_int_equal(n1, 2);
  host_enter(w, 0);
  assert_int_equal(n0, 1);
  vcca_guest_free(g0);
  host_enter(w, 1);
  assert_int_equal(n1, 3);
  vcca_guest_free(g1);
}

static void count(void *ctx, vcca_machine *m, uint64_t rec, struct vcca_cpu *cpu, struct vcca_realm_event *event)
{
  (void)m;
  (void)rec;
  (void)cpu;
  event->kind = VCCA_REALM_IRQ;
  ++*(unsigned *)ctx;
}

static void recs_without_a_guest_keep_the_program_there_was(struct world *w)
{
  unsigned n = 0, counted = 0;
  power_on_second(w);
  vcca_machine_set_program(w->m, count, &counted);
  vcca_guest *g = guest_start(w, 0, wait_for_ever, &n);
  host_enter(w, 1);
  assert_int_equal(counted, 1);
  host_enter(w, 0);
  assert_int_equal(counted, 1);
  vcca_guest_free(g);
  host_enter(w, 0);
  assert_int_equal(counted, 2);
}

static void a_guest_needs_a_rec_of_its_own(struct world *w)
{
  struct vcca_error err = {0};
  assert_null(vcca_guest_new(w->m, w->rd, nothing, NULL, &err));
  assert_non_null(strstr(err.text, "REC"));
  assert_null(vcca_machine_config(w->m)->program);
  vcca_guest *g = guest_start(w, 0, nothing, NULL);
  assert_null(vcca_guest_new(w->m, w->rec[0], nothing, NULL, &err));
  assert_non_null(strstr(err.text, "already"));
  vcca_guest_free(g);
}

/* CPU_OFF as a REC's first call, then on again at the same entry point: the registers look as before the
 * call. */
static void off_and_on(void *arg, vcca_guest *g)
{
  uint64_t x[VCCA_SMC_REGS] = {0x84000002};
  vcca_guest_call(g, x);
  *(uint64_t *)arg = x[0];
}

static void a_cpu_that_is_powered_on_again_goes_on(struct world *w)
{
  uint64_t seen = 0;
  power_on_second(w);
  vcca_guest *g = guest_start(w, 1, off_and_on, &seen);
  assert_int_equal(host_enter(w, 1).reason, EXIT_PSCI);
  power_on_second(w);
  host_run(w, 1, g);
  vcca_guest_free(g);
  assert_int_equal(seen, 0x77);
}

/* --- RECs that somebody else makes ---------------------------------------------------------------------- */

/* A choice: the program of RECs of one index; how often it was asked, and for whom last. */
struct choice {
  unsigned index, asked;
  vcca_guest_main main;
  void *arg;
  uint64_t rec, identity;
};

static vcca_guest_main choose(void *ctx, vcca_machine *m, uint64_t rec, const struct vcca_rec_info *info, void **arg)
{
  struct choice *c = ctx;
  assert_true(info->realm == vcca_rec_owner(m, rec));
  c->asked++;
  c->rec = rec;
  c->identity = info->identity;
  *arg = c->arg;
  return info->index == c->index ? c->main : NULL;
}

static void a_rec_gets_the_guest_that_is_chosen_when_it_first_runs(struct world *w)
{
  struct vcca_error err = {0};
  unsigned n = 0, counted = 0;
  struct choice c = {.index = 0, .main = wait_for_ever, .arg = &n};
  power_on_second(w);
  vcca_machine_set_program(w->m, count, &counted);
  assert_true(vcca_guest_attach(w->m, choose, &c, &err));
  assert_int_equal(c.asked, 0);
  host_enter(w, 0);
  host_enter(w, 0);
  assert_int_equal(n, 2);
  assert_int_equal(c.asked, 1);
  assert_true(c.rec == w->rec[0]);
  host_enter(w, 1); /* none is chosen: the program there was */
  host_enter(w, 1);
  assert_int_equal(counted, 2);
  assert_int_equal(c.asked, 3);
  assert_true(vcca_guest_attach(w->m, NULL, NULL, &err));
  host_enter(w, 0);
  assert_int_equal(n, 2);
  assert_int_equal(counted, 3);
  assert_true(vcca_guest_attach(w->m, NULL, NULL, &err)); /* and once more */
}

static void guests_that_are_chosen_and_guests_that_are_given_live_together(struct world *w)
{
  struct vcca_error err = {0};
  unsigned n0 = 0, n1 = 0;
  struct choice c = {.index = 0, .main = wait_for_ever, .arg = &n0};
  power_on_second(w);
  vcca_guest *g1 = guest_start(w, 1, wait_for_ever, &n1);
  assert_true(vcca_guest_attach(w->m, choose, &c, &err));
  host_enter(w, 0);
  host_enter(w, 1);
  assert_int_equal(n0, 1);
  assert_int_equal(n1, 1);
  assert_null(vcca_guest_new(w->m, w->rec[0], nothing, NULL, &err));
  assert_true(vcca_guest_attach(w->m, NULL, NULL, &err));
  host_enter(w, 1);
  assert_int_equal(n1, 2);
  vcca_guest_free(g1);
  assert_null(vcca_machine_config(w->m)->program);
}

static void a_choice_outlives_the_guests_that_are_given(struct world *w)
{
  struct vcca_error err = {0};
  unsigned n0 = 0, n1 = 0;
  struct choice c = {.index = 0, .main = wait_for_ever, .arg = &n0};
  power_on_second(w);
  assert_true(vcca_guest_attach(w->m, choose, &c, &err));
  vcca_guest_free(guest_start(w, 1, wait_for_ever, &n1));
  host_enter(w, 0);
  assert_int_equal(n0, 1);
  assert_true(vcca_guest_attach(w->m, NULL, NULL, &err));
}

/* How many threads this process has. */
static unsigned threads(void)
{
  DIR *tasks = opendir("/proc/self/task");
  unsigned n = 0;
  assert_non_null(tasks);
  for (const struct dirent *entry; (entry = readdir(tasks)) != NULL;)
    n += entry->d_name[0] != '.';
  closedir(tasks);
  return n;
}

/* A thread that was joined may be listed a moment longer. */
static void check_threads(unsigned want)
{
  for (unsigned tries = 0; tries < 1000 && threads() != want; tries++)
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  assert_int_equal(threads(), want);
}

/* A REC alone in its realm, always at the same address. */
static uint64_t remake(vcca_machine *m, uint64_t old)
{
  enum { RAM_PAGE = 4096 };
  const uint64_t params = 0x80000000, rd_pa = 0x80010000, rec_pa = 0x80020000;
  uint8_t realm[RAM_PAGE] = {[0x08] = 40, [0x18] = 1, [0x20] = 1, [0x800] = 7, [0x818] = 1}, rec[RAM_PAGE] = {[0] = 1};
  if (old) {
    uint64_t x[VCCA_SMC_REGS] = {0xc400015b, old};
    uint64_t rd[VCCA_SMC_REGS] = {0xc4000159, rd_pa};
    vcca_smc(m, x);
    vcca_smc(m, rd);
    assert_int_equal(x[0] | rd[0], 0);
  }
  for (uint64_t pa = rd_pa; pa <= rec_pa + 16 * RAM_PAGE; pa += RAM_PAGE) {
    uint64_t x[VCCA_SMC_REGS] = {0xc4000151, pa};
    vcca_smc(m, x);
    assert_int_equal(x[0], old ? 1 : 0);
  }
  vcca_put_le64(realm + 0x808, rd_pa + RAM_PAGE);
  assert_true(vcca_host_write(m, params, VCCA_SPAN(realm)));
  uint64_t create[VCCA_SMC_REGS] = {0xc4000158, rd_pa, params};
  vcca_smc(m, create);
  vcca_put_le64(rec + 0x800, 16);
  for (size_t i = 0; i < 16; i++)
    vcca_put_le64(rec + 0x808 + 8 * i, rec_pa + (i + 1) * RAM_PAGE);
  assert_true(vcca_host_write(m, params, VCCA_SPAN(rec)));
  uint64_t make[VCCA_SMC_REGS] = {0xc400015a, rd_pa, rec_pa, params}, activate[VCCA_SMC_REGS] = {0xc4000157, rd_pa};
  vcca_smc(m, make);
  vcca_smc(m, activate);
  assert_int_equal(create[0] | make[0] | activate[0], 0);
  return rec_pa;
}

static void enter(vcca_machine *m, uint64_t rec)
{
  uint64_t x[VCCA_SMC_REGS] = {0xc400015c, rec, 0x80000000};
  static const uint8_t zeros[4096];
  assert_true(vcca_host_write(m, 0x80000000, VCCA_SPAN(zeros)));
  vcca_smc(m, x);
  assert_int_equal(x[0], 0);
}

static void another_rec_at_the_same_address_has_another_guest(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct vcca_machine_config config = {
      .abi = VCCA_ABI_RMI, .regions = {{.base = 0x80000000, .size = 1 << 20, .delegable = true}}, .region_count = 1};
  vcca_machine *m = vcca_machine_new(&config, &err);
  unsigned n[3] = {0};
  struct choice c = {.index = 0, .main = wait_for_ever};
  assert_non_null(m);
  assert_true(vcca_guest_attach(m, choose, &c, &err));
  uint64_t rec = 0, identity = 0;
  unsigned others = threads();
  for (unsigned i = 0; i < 3; i++) {
    c.arg = &n[i];
    rec = remake(m, rec);
    enter(m, rec);
    enter(m, rec);
    assert_int_equal(c.asked, i + 1);
    assert_true(c.identity > identity);
    identity = c.identity;
    assert_int_equal(n[i], 2);
    check_threads(others + 1); /* the guest of the REC before has ended */
  }
  assert_int_equal(n[0] + n[1], 4);
  assert_true(vcca_guest_attach(m, NULL, NULL, &err));

  vcca_guest *old = vcca_guest_new(m, rec, wait_for_ever, &n[0], &err);
  rec = remake(m, rec);
  enter(m, rec); /* the old guest does not run on the new REC */
  assert_int_equal(n[0], 2);
  vcca_guest *young = vcca_guest_new(m, rec, wait_for_ever, &n[1], &err);
  assert_non_null(young);
  enter(m, rec);
  assert_int_equal(n[0], 2);
  assert_int_equal(n[1], 3);
  vcca_guest_free(old);
  vcca_guest_free(young);
  vcca_machine_free(m);
}

#define FACT(name)                      \
  static void test_##name(void **state) \
  {                                     \
    (void)state;                        \
    on_both(name);                      \
  }
FACT(both_interfaces_have_the_same_calls)
FACT(a_store_to_an_unmapped_page_aborts_until_the_host_maps_it)
FACT(an_access_where_no_memory_will_come_ends_main)
FACT(main_starts_with_the_registers_of_its_rec)
FACT(a_guest_that_is_done_waits_for_interrupts)
FACT(a_guest_can_be_ended_wherever_it_is)
FACT(guests_run_only_while_their_rec_runs)
FACT(recs_without_a_guest_keep_the_program_there_was)
FACT(a_guest_needs_a_rec_of_its_own)
FACT(a_cpu_that_is_powered_on_again_goes_on)
FACT(a_rec_gets_the_guest_that_is_chosen_when_it_first_runs)
FACT(a_choice_outlives_the_guests_that_are_given)
FACT(guests_that_are_chosen_and_guests_that_are_given_live_together)

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_both_interfaces_have_the_same_calls),
      cmocka_unit_test(test_a_store_to_an_unmapped_page_aborts_until_the_host_maps_it),
      cmocka_unit_test(test_an_access_where_no_memory_will_come_ends_main),
      cmocka_unit_test(the_host_can_play_a_device),
      cmocka_unit_test(test_main_starts_with_the_registers_of_its_rec),
      cmocka_unit_test(test_a_guest_that_is_done_waits_for_interrupts),
      cmocka_unit_test(test_a_guest_can_be_ended_wherever_it_is),
      cmocka_unit_test(test_guests_run_only_while_their_rec_runs),
      cmocka_unit_test(test_recs_without_a_guest_keep_the_program_there_was),
      cmocka_unit_test(test_a_guest_needs_a_rec_of_its_own),
      cmocka_unit_test(test_a_cpu_that_is_powered_on_again_goes_on),
      cmocka_unit_test(test_a_rec_gets_the_guest_that_is_chosen_when_it_first_runs),
      cmocka_unit_test(test_a_choice_outlives_the_guests_that_are_given),
      cmocka_unit_test(test_guests_that_are_chosen_and_guests_that_are_given_live_together),
      cmocka_unit_test(another_rec_at_the_same_address_has_another_guest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
