/* Tokens as guests get them: whole and in pieces, interrupted, restarted, two at a time, and what is in them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/crypto.h"
#include "rooms/hsm.h"
#include "rooms/span.h"
#include "rooms/token.h"

enum { SUCCESS = 0, ERROR_STATE = 2, INCOMPLETE = 3 };

static const enum vcca_family families[] = {VCCA_FAMILY_ARM_1_0,     VCCA_FAMILY_ARM_LEGACY,  VCCA_FAMILY_VIRTCCA_P521,
                                            VCCA_FAMILY_VIRTCCA_RSA, VCCA_FAMILY_ARM_RMM_2_0, VCCA_FAMILY_ARM_DRAFT_04};
enum { FAMILIES = sizeof families / sizeof *families };
/* One of each interface, for what does not depend on the family. */
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

/* --- Calls ------------------------------------------------------------------------------------------------ */

enum { CHALLENGE_AT = 0x3000 };

static void fill_challenge(uint8_t challenge[64], uint8_t seed)
{
  for (unsigned i = 0; i < 64; i++)
    challenge[i] = (uint8_t)(seed + i);
}

/* TOKEN_INIT by the interface's own convention. Returns the bound. */
static uint64_t init_on(struct world *w, unsigned rec, uint8_t seed)
{
  uint8_t challenge[64];
  uint64_t x[VCCA_SMC_REGS] = {UINT64_C(0xC4000194), CHALLENGE_AT};
  fill_challenge(challenge, seed);
  realm_put(w, CHALLENGE_AT, VCCA_SPAN(challenge));
  for (unsigned i = 0; i < 8 && !w->tmi; i++)
    x[1 + i] = vcca_le64(challenge + 8 * i);
  guest_smc(w, rec, x);
  assert_int_equal(x[0], SUCCESS);
  return x[1];
}

static uint64_t init(struct world *w, uint8_t seed)
{
  return init_on(w, 0, seed);
}

/* One TOKEN_CONTINUE; the bytes go to token. */
static uint64_t next_on(struct world *w, unsigned rec, uint64_t offset, uint64_t size, vcca_sink *token)
{
  uint64_t x[VCCA_SMC_REGS] = {UINT64_C(0xC4000195), SCRATCH, offset, size};
  guest_smc(w, rec, x);
  assert_true(x[1] <= size);
  uint8_t bytes[4096];
  realm_get(w, SCRATCH + offset, bytes, (size_t)x[1]);
  vcca_sink_put(token, vcca_span_of(bytes, (size_t)x[1]));
  return x[0];
}

static void rest_on(struct world *w, unsigned rec, size_t chunk, vcca_sink *token)
{
  uint64_t status;
  do
    status = next_on(w, rec, 0, chunk, token);
  while (status == INCOMPLETE);
  assert_int_equal(status, SUCCESS);
}

struct text {
  uint8_t bytes[8192];
  vcca_sink sink;
};

static vcca_span whole_token(struct world *w, uint8_t seed, struct text *t)
{
  t->sink = VCCA_SINK(t->bytes);
  init(w, seed);
  rest_on(w, 0, 4096, &t->sink);
  return vcca_sink_span(&t->sink);
}

/* --- What is in it ---------------------------------------------------------------------------------------- */

static bool signed_by(const struct vcca_sign1_parts *parts, const vcca_key *key)
{
  uint8_t bytes[8192];
  vcca_sink tbs = VCCA_SINK(bytes);
  vcca_sign1_tbs(parts->protected_header, parts->payload, &tbs);
  return vcca_sig_fits(parts->alg, key) &&
         vcca_verify(key, (enum vcca_sig_alg)parts->alg, vcca_sink_span(&tbs), parts->signature);
}

static void check_token(struct world *w, vcca_span bytes, uint8_t seed)
{
  struct vcca_token token;
  struct vcca_error err = {0};
  enum vcca_family family;
  const struct vcca_family_spec *spec = vcca_family(w->family);
  struct vcca_realm_info info = world_info(w);
  size_t digest = vcca_hash_size(info.hash_alg);
  uint8_t challenge[64], binding[32];
  check_ok(vcca_token_decode(bytes, &token, &err), &err, spec->name);
  assert_true(vcca_token_family(&token, &family));
  assert_int_equal(family, w->family);

  fill_challenge(challenge, seed);
  assert_true(vcca_span_eq(token.realm.challenge, VCCA_SPAN(challenge)));
  assert_true(vcca_span_eq(token.realm.rpv, VCCA_SPAN(info.rpv)));
  assert_true(vcca_span_is(token.realm.hash_alg, info.hash_alg == VCCA_SHA512 ? "sha-512" : "sha-256"));
  assert_true(vcca_span_is(token.realm.public_key_hash_alg, "sha-256"));
  assert_true(vcca_span_eq(token.realm.rim, vcca_span_of(info.rim, digest)));
  for (unsigned i = 0; i < VCCA_REMS; i++)
    assert_true(vcca_span_eq(token.realm.rem[i], vcca_span_of(info.rem[i], digest)));

  vcca_key *rak = vcca_rak_decode(token.rak_encoding, token.realm.public_key, &err);
  check_ok(rak != NULL, &err, "RAK");
  assert_true(vcca_key_same(rak, vcca_hsm_rak(w->hsm)));
  assert_true(signed_by(&token.realm_sign1, rak));
  vcca_key_free(rak);
  assert_int_equal(token.has_platform, spec->platform_profile != NULL);
  if (token.has_platform) {
    vcca_hash(VCCA_SHA256, token.realm.public_key, binding);
    assert_true(vcca_span_eq(vcca_token_binding(&token.platform), VCCA_SPAN(binding)));
    assert_true(signed_by(&token.platform_sign1, vcca_hsm_cpak(w->hsm)));
  }
}

static void a_token_of_each_family_says_what_is_and_verifies(void **state)
{
  (void)state;
  for (unsigned i = 0; i < FAMILIES; i++) {
    struct world w;
    struct text t;
    world_open(&w, families[i]);
    uint64_t x[VCCA_SMC_REGS] = {0, 1, 32, CHALLENGE_AT};
    assert_int_equal(guest_call(&w, 0x193, x), SUCCESS); /* so that the REMs are not all alike */
    check_token(&w, whole_token(&w, 1, &t), 1);
    world_close(&w);
  }
}

static void a_token_of_a_sha_512_realm_has_64_byte_measurements(void **state)
{
  (void)state;
  for (unsigned i = 0; i < 2; i++) {
    struct world w;
    struct text t;
    world_open_alg(&w, both[i], VCCA_SHA512);
    check_token(&w, whole_token(&w, 7, &t), 7);
    assert_true(t.sink.n <= 4096);
    world_close(&w);
  }
}

static void an_rsa_token_is_as_long_as_a_real_machines(void **state)
{
  (void)state;
  struct world w;
  struct text t;
  world_open(&w, VCCA_FAMILY_VIRTCCA_RSA);
  assert_int_equal(whole_token(&w, 1, &t).n, 1431);
  world_close(&w);
}

/* --- In pieces -------------------------------------------------------------------------------------------- */

static void one_page_is_promised_and_is_enough(struct world *w)
{
  struct text t;
  assert_int_equal(init(w, 1), 0x1000);
  assert_true(whole_token(w, 1, &t).n <= 0x1000);
}

static void the_same_request_gives_the_same_bytes(struct world *w)
{
  struct text a, b, c;
  vcca_span first = whole_token(w, 1, &a);
  assert_true(vcca_span_eq(first, whole_token(w, 1, &b)));
  assert_false(vcca_span_eq(first, whole_token(w, 2, &c)));
}

struct request {
  size_t chunk;
  vcca_sink token;
  uint64_t status;
};

static void ask(void *arg, vcca_guest *g)
{
  struct request *r = arg;
  uint8_t challenge[64];
  fill_challenge(challenge, 1);
  r->status = vcca_guest_token(g, VCCA_SPAN(challenge), r->chunk, &r->token);
}

static void pieces_of_any_size_make_the_same_token(struct world *w)
{
  static const size_t chunks[] = {1, 100, 256, 4096};
  struct text whole;
  vcca_span want = whole_token(w, 1, &whole);
  for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
    uint8_t bytes[8192];
    struct request r = {.chunk = chunks[i], .token = VCCA_SINK(bytes)};
    unsigned before = w->calls;
    guest_run(w, 0, ask, &r);
    assert_int_equal(r.status, SUCCESS);
    assert_true(vcca_span_eq(vcca_sink_span(&r.token), want));
    assert_int_equal(w->calls - before, 1 + (want.n + chunks[i] - 1) / chunks[i]);
  }
}

static void bytes_go_to_the_offset_and_nowhere_else(struct world *w)
{
  uint8_t page[4096], want[4096];
  struct text whole, piece = {.sink = {0}};
  vcca_span token = whole_token(w, 1, &whole);
  memset(page, 0xee, sizeof page);
  realm_put(w, SCRATCH, VCCA_SPAN(page));
  init(w, 1);
  piece.sink = VCCA_SINK(piece.bytes);
  assert_int_equal(next_on(w, 0, 1001, 50, &piece.sink), INCOMPLETE);
  assert_int_equal(piece.sink.n, 50);
  memset(want, 0xee, sizeof want);
  memcpy(want + 1001, token.p, 50);
  realm_get(w, SCRATCH, page, sizeof page);
  assert_memory_equal(page, want, sizeof want);
}

static void no_bytes_wanted_is_no_progress(struct world *w)
{
  struct text whole, t;
  vcca_span want = whole_token(w, 1, &whole);
  t.sink = VCCA_SINK(t.bytes);
  init(w, 1);
  assert_int_equal(next_on(w, 0, 0, 0, &t.sink), INCOMPLETE);
  assert_int_equal(next_on(w, 0, 4095, 0, &t.sink), INCOMPLETE);
  rest_on(w, 0, 4096, &t.sink);
  assert_true(vcca_span_eq(vcca_sink_span(&t.sink), want));
}

static void nothing_to_continue_is_an_error(struct world *w)
{
  struct text t;
  uint64_t x[VCCA_SMC_REGS] = {0, SCRATCH, 0, 4096};
  assert_int_equal(guest_call(w, 0x195, x), ERROR_STATE);
  assert_int_equal(x[1], 0);
  whole_token(w, 1, &t);
  uint64_t again[VCCA_SMC_REGS] = {0, SCRATCH, 0, 4096};
  assert_int_equal(guest_call(w, 0x195, again), ERROR_STATE);
}

/* --- Started again, interrupted, two at once -------------------------------------------------------------- */

static void init_starts_again_at_any_time(struct world *w)
{
  struct text whole, t;
  vcca_span want = whole_token(w, 2, &whole);
  t.sink = VCCA_SINK(t.bytes);
  init(w, 1);
  init(w, 2); /* before anything was signed */
  init(w, 1);
  assert_int_equal(next_on(w, 0, 0, 100, &t.sink), INCOMPLETE);
  init(w, 2); /* in the middle of it */
  t.sink = VCCA_SINK(t.bytes);
  rest_on(w, 0, 300, &t.sink);
  assert_true(vcca_span_eq(vcca_sink_span(&t.sink), want));
}

static void a_token_says_what_was_at_init(struct world *w)
{
  struct text before, t, after;
  vcca_span want = whole_token(w, 1, &before);
  t.sink = VCCA_SINK(t.bytes);
  init(w, 1);
  uint64_t x[VCCA_SMC_REGS] = {0, 1, 32, CHALLENGE_AT};
  assert_int_equal(guest_call(w, 0x193, x), SUCCESS);
  rest_on(w, 0, 4096, &t.sink);
  assert_true(vcca_span_eq(vcca_sink_span(&t.sink), want));
  assert_false(vcca_span_eq(whole_token(w, 1, &after), want));
}

struct interrupted {
  uint64_t calls[8][VCCA_SMC_REGS];
  unsigned n;
};

static void continue_until_done(void *arg, vcca_guest *g)
{
  struct interrupted *in = arg;
  uint64_t status = INCOMPLETE;
  while (status == INCOMPLETE && in->n < 8) {
    uint64_t *x = in->calls[in->n++];
    x[0] = UINT64_C(0xC4000195);
    x[1] = SCRATCH;
    x[3] = 4096;
    vcca_guest_call(g, x);
    status = x[0];
  }
}

static void a_pending_interrupt_is_taken_first(struct world *w)
{
  struct text whole;
  struct interrupted in = {.n = 0};
  vcca_span want = whole_token(w, 1, &whole);
  uint8_t page[4096], zeros[4096] = {0};
  init(w, 1);
  realm_put(w, SCRATCH, VCCA_SPAN(zeros));
  vcca_guest *g = guest_start(w, 0, continue_until_done, &in);
  for (unsigned i = 0; i < 3; i++) {
    vcca_rec_set_irq(w->m, w->rec[0], true);
    struct exit_view v = host_enter(w, 0);
    assert_int_equal(v.reason, EXIT_IRQ);
    assert_int_equal(v.esr, 0);
    assert_int_equal(in.n, i + 1);
    realm_get(w, SCRATCH, page, sizeof page);
    assert_memory_equal(page, zeros, sizeof page);
  }
  host_run(w, 0, g);
  vcca_guest_free(g);
  assert_int_equal(in.n, 4);
  for (unsigned i = 0; i < 3; i++) {
    assert_int_equal(in.calls[i][0], INCOMPLETE);
    assert_int_equal(in.calls[i][1], 0);
  }
  assert_int_equal(in.calls[3][0], SUCCESS);
  assert_int_equal(in.calls[3][1], want.n);
  realm_get(w, SCRATCH, page, sizeof page);
  assert_memory_equal(page, want.p, want.n);
}

static void an_unmapped_page_loses_no_bytes(struct world *w)
{
  struct text whole;
  vcca_span want = whole_token(w, 1, &whole);
  uint8_t got[4096];
  init(w, 1);
  uint64_t x[VCCA_SMC_REGS] = {0, UNMAPPED, 0, 4096};
  assert_int_equal(guest_call(w, 0x195, x), SUCCESS);
  assert_int_equal(x[1], want.n);
  realm_get(w, UNMAPPED, got, want.n);
  assert_memory_equal(got, want.p, want.n);
}

static void two_cpus_attest_independently(struct world *w)
{
  struct text first, second, a, b;
  vcca_span want1 = whole_token(w, 1, &first), want2 = whole_token(w, 2, &second);
  a.sink = VCCA_SINK(a.bytes);
  b.sink = VCCA_SINK(b.bytes);
  power_on_second(w);
  init_on(w, 0, 1);
  init_on(w, 1, 2);
  uint64_t s0 = INCOMPLETE, s1 = INCOMPLETE;
  while (s0 == INCOMPLETE || s1 == INCOMPLETE) {
    if (s0 == INCOMPLETE)
      s0 = next_on(w, 0, 0, 600, &a.sink);
    if (s1 == INCOMPLETE)
      s1 = next_on(w, 1, 0, 700, &b.sink);
  }
  assert_int_equal(s0, SUCCESS);
  assert_int_equal(s1, SUCCESS);
  assert_true(vcca_span_eq(vcca_sink_span(&a.sink), want1));
  assert_true(vcca_span_eq(vcca_sink_span(&b.sink), want2));
}

static void a_token_in_progress_is_part_of_the_machine(struct world *w)
{
  struct text a, b;
  struct vcca_bytes saved = {0};
  a.sink = VCCA_SINK(a.bytes);
  b.sink = VCCA_SINK(b.bytes);
  init(w, 1);
  assert_int_equal(next_on(w, 0, 0, 100, &a.sink), INCOMPLETE);
  assert_true(vcca_machine_save(w->m, &saved, NULL));
  a.sink = VCCA_SINK(a.bytes);
  rest_on(w, 0, 500, &a.sink);
  assert_true(vcca_machine_load(w->m, vcca_bytes_span(&saved), NULL));
  rest_on(w, 0, 4096, &b.sink);
  assert_true(vcca_span_eq(vcca_sink_span(&a.sink), vcca_sink_span(&b.sink)));
  vcca_bytes_free(&saved);
}

/* --- Attach ----------------------------------------------------------------------------------------------- */

static void a_family_of_other_keys_is_refused_by_name(void **state)
{
  (void)state;
  struct world w;
  struct vcca_error err = {0};
  world_open(&w, VCCA_FAMILY_ARM_1_0);
  assert_null(vcca_tsi_attach(w.m, w.hsm, VCCA_FAMILY_VIRTCCA_RSA, &err));
  assert_int_equal(err.fault, VCCA_FAULT_USAGE);
  assert_non_null(strstr(err.text, "virtcca-rsa"));
  assert_non_null(strstr(err.text, "P-384"));
  assert_non_null(strstr(err.text, w.hsm ? vcca_hsm_device(w.hsm)->name : ""));
  world_close(&w);
}

static void more_components_than_one_page_holds_raise_the_bound(void **state)
{
  (void)state;
  struct world w;
  struct text t;
  struct vcca_device device;
  struct vcca_error err = {0};
  world_open(&w, VCCA_FAMILY_ARM_1_0);
  vcca_device_default(VCCA_CHAIN_P384, &device);
  device.component_count = VCCA_HSM_COMPONENTS;
  for (unsigned i = 0; i < VCCA_HSM_COMPONENTS; i++) {
    struct vcca_device_component *c = &device.components[i];
    *c = (struct vcca_device_component){.record = i + 1, .digest_size = 64, .signer_id_size = 64};
    snprintf(c->name, sizeof c->name, "component number %u", i);
  }
  vcca_hsm *hsm = vcca_hsm_open(&device, &err);
  check_ok(hsm != NULL, &err, "HSM");
  vcca_guest_interface_free(w.gi);
  w.gi = vcca_tsi_attach(w.m, hsm, w.family, &err);
  check_ok(w.gi != NULL, &err, "attach");
  assert_int_equal(init(&w, 1), 0x2000);
  t.sink = VCCA_SINK(t.bytes);
  rest_on(&w, 0, 4096, &t.sink);
  assert_true(t.sink.n > 0x1000 && t.sink.n <= 0x2000);
  vcca_hsm_close(w.hsm);
  w.hsm = hsm;
  check_token(&w, vcca_sink_span(&t.sink), 1);
  world_close(&w);
}

#define FACT(name)                      \
  static void test_##name(void **state) \
  {                                     \
    (void)state;                        \
    on_both(name);                      \
  }
FACT(one_page_is_promised_and_is_enough)
FACT(the_same_request_gives_the_same_bytes)
FACT(pieces_of_any_size_make_the_same_token)
FACT(bytes_go_to_the_offset_and_nowhere_else)
FACT(no_bytes_wanted_is_no_progress)
FACT(nothing_to_continue_is_an_error)
FACT(init_starts_again_at_any_time)
FACT(a_token_says_what_was_at_init)
FACT(a_pending_interrupt_is_taken_first)
FACT(an_unmapped_page_loses_no_bytes)
FACT(two_cpus_attest_independently)
FACT(a_token_in_progress_is_part_of_the_machine)

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_token_of_each_family_says_what_is_and_verifies),
      cmocka_unit_test(a_token_of_a_sha_512_realm_has_64_byte_measurements),
      cmocka_unit_test(an_rsa_token_is_as_long_as_a_real_machines),
      cmocka_unit_test(test_one_page_is_promised_and_is_enough),
      cmocka_unit_test(test_the_same_request_gives_the_same_bytes),
      cmocka_unit_test(test_pieces_of_any_size_make_the_same_token),
      cmocka_unit_test(test_bytes_go_to_the_offset_and_nowhere_else),
      cmocka_unit_test(test_no_bytes_wanted_is_no_progress),
      cmocka_unit_test(test_nothing_to_continue_is_an_error),
      cmocka_unit_test(test_init_starts_again_at_any_time),
      cmocka_unit_test(test_a_token_says_what_was_at_init),
      cmocka_unit_test(test_a_pending_interrupt_is_taken_first),
      cmocka_unit_test(test_an_unmapped_page_loses_no_bytes),
      cmocka_unit_test(test_two_cpus_attest_independently),
      cmocka_unit_test(test_a_token_in_progress_is_part_of_the_machine),
      cmocka_unit_test(a_family_of_other_keys_is_refused_by_name),
      cmocka_unit_test(more_components_than_one_page_holds_raise_the_bound),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
