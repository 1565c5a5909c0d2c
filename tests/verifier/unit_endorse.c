/* What is written about a token makes it accepted, by each form alone and by all together, and makes
 * nothing else accepted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "verifier/endorsed.h"
#include "rooms/crypto.h"
#include "rooms/span.h"
#include "rooms/verifier.h"

enum { ROOM = 32768 };

static struct made made[VCCA_FAMILIES];
static uint8_t written[VCCA_ENDORSEMENTS][ROOM];
static vcca_span endorsements[VCCA_ENDORSEMENTS]; /* of the family at work; {NULL, 0}: not said in that form */
static struct vcca_verdict verdict;

static int set_up(void **state)
{
  (void)state;
  for (enum vcca_family family = 0; family < VCCA_FAMILIES; family++)
    make_keys(&made[family], family);
  return 0;
}

static int tear_down(void **state)
{
  (void)state;
  for (enum vcca_family family = 0; family < VCCA_FAMILIES; family++)
    free_keys(&made[family]);
  return 0;
}

static bool has_platform(enum vcca_family family)
{
  return vcca_family(family)->platform_profile != NULL;
}

/* Mints, and endorses all that can be. The evidence is left with the token alone. */
static struct made *endorse(enum vcca_family family)
{
  static struct vcca_token token;
  struct made *m = &made[family];
  make_plan(m);
  make_evidence(m);
  vcca_span log = m->evidence.eventlog;
  m->evidence = (struct vcca_evidence){.token = m->evidence.token};
  check_ok(vcca_token_decode(m->evidence.token, &token, NULL), &(struct vcca_error){0}, "token");
  for (enum vcca_endorsement kind = 0; kind < VCCA_ENDORSEMENTS; kind++) {
    struct vcca_error err = {0};
    vcca_sink out = vcca_sink_of(written[kind], ROOM);
    struct vcca_good good = {.token = &token, .cpak = m->cpak, .eventlog = log};
    bool ok = vcca_endorse(kind, &good, &out, &err);
    if (!ok && err.fault != VCCA_FAULT_UNSUPPORTED)
      check_ok(false, &err, vcca_endorsement_name(kind));
    endorsements[kind] = ok ? vcca_sink_span(&out) : vcca_span_of(NULL, 0);
  }
  return m;
}

static enum vcca_check first_failed(const struct made *m)
{
  vcca_verify_evidence(&m->evidence, &verdict);
  return vcca_verdict_failed(&verdict);
}

static void check_accepted(const struct made *m, enum vcca_check check)
{
  char text[8192] = "";
  vcca_sink out = vcca_sink_of(text, sizeof text - 1);
  if (first_failed(m) != VCCA_CHECKS || !verdict.accepted || verdict.findings[check].outcome != VCCA_PASS) {
    vcca_verdict_text(&verdict, &out);
    fail_msg("%s, %s:\n%s", vcca_family(m->family)->name, vcca_check_name(check), text);
  }
}

static void add_corim(struct made *m, enum vcca_endorsement kind)
{
  if (endorsements[kind].p != NULL)
    m->evidence.corims[m->evidence.corim_count++] = endorsements[kind];
}

static void each_form_alone_makes_the_token_accepted(void **state)
{
  (void)state;
  for (enum vcca_family family = 0; family < VCCA_FAMILIES; family++) {
    struct made *m = endorse(family);
    struct vcca_evidence bare = m->evidence;
    bare.cpak = m->cpak;
    m->evidence = bare;
    add_corim(m, VCCA_ENDORSE_CORIM_REALM);
    check_accepted(m, VCCA_CHECK_REALM_REFERENCE);
    m->evidence = bare;
    m->evidence.reference_store = endorsements[VCCA_ENDORSE_REFERENCE_STORE];
    check_accepted(m, VCCA_CHECK_REALM_REFERENCE);
    m->evidence = bare;
    m->evidence.eventlog = vcca_sink_span(&m->log);
    m->evidence.image_reference = endorsements[VCCA_ENDORSE_IMAGES];
    check_accepted(m, VCCA_CHECK_IMAGE_REFERENCE);
    m->evidence = bare;
    m->evidence.reference_store = endorsements[VCCA_ENDORSE_REFERENCE_STORE];
    check_accepted(m, VCCA_CHECK_REALM_REFERENCE);
    if (!has_platform(family))
      continue;
    check_accepted(m, VCCA_CHECK_PLATFORM_REFERENCE);
    check_accepted(m, VCCA_CHECK_PLATFORM_CONFIG);
    m->evidence = bare;
    add_corim(m, VCCA_ENDORSE_CORIM_PLATFORM);
    check_accepted(m, VCCA_CHECK_PLATFORM_REFERENCE);
    check_accepted(m, VCCA_CHECK_PLATFORM_CONFIG);
    m->evidence = bare;
    m->evidence.platform_reference = endorsements[VCCA_ENDORSE_COMPONENTS];
    check_accepted(m, VCCA_CHECK_PLATFORM_REFERENCE);
    m->evidence = bare;
    m->evidence.cpak = NULL;
    add_corim(m, VCCA_ENDORSE_CORIM_ANCHOR);
    check_accepted(m, VCCA_CHECK_PLATFORM_SIGNATURE);
    vcca_key *key = vcca_anchor_find(endorsements[VCCA_ENDORSE_ANCHOR_STORE], &m->platform, NULL);
    assert_non_null(key);
    assert_true(vcca_key_same(key, m->cpak));
    vcca_key_free(key);
  }
}

static void endorsements_alone_make_a_token_affirming(void **state)
{
  (void)state;
  for (enum vcca_family family = 0; family < VCCA_FAMILIES; family++) {
    struct vcca_appraisal a;
    struct made *m = endorse(family);
    if (!has_platform(family))
      continue;
    for (enum vcca_endorsement kind = VCCA_ENDORSE_CORIM_PLATFORM; kind <= VCCA_ENDORSE_CORIM_REALM; kind++)
      add_corim(m, kind);
    m->evidence.reference_store = endorsements[VCCA_ENDORSE_REFERENCE_STORE];
    check_accepted(m, VCCA_CHECK_ENDORSEMENTS);
    vcca_appraise(&verdict, &a);
    for (enum vcca_submod s = 0; s < VCCA_SUBMODS; s++) {
      assert_int_equal(a.submods[s].status, VCCA_TIER_AFFIRMING);
      assert_int_equal(a.submods[s].vector[VCCA_EXECUTABLES], 2);
    }
    assert_int_equal(a.submods[VCCA_SUBMOD_PLATFORM].vector[VCCA_CONFIGURATION], 2);
  }
}

/* Changes one byte of what an endorsement says of a claim, at the n-th place where the claim's value
 * stands. */
static void spoil(enum vcca_endorsement kind, const void *value, size_t size, unsigned place, size_t step)
{
  uint8_t *p = written[kind];
  size_t n = endorsements[kind].n;
  for (size_t i = 0; i + size <= n; i++)
    if (memcmp(p + i, value, size) == 0 && place-- == 0) {
      p[i + step] ^= 1;
      return;
    }
  fail_msg("%s does not say it", vcca_endorsement_name(kind));
}

static void one_byte_changed_fails_the_check_that_looks_for_it(void **state)
{
  (void)state;
  struct made *m = &made[VCCA_FAMILY_ARM_1_0];
  const struct {
    enum vcca_endorsement kind;
    const void *value;
    size_t size;
    unsigned place;
    enum vcca_check check;
  } rows[] = {
      {VCCA_ENDORSE_CORIM_PLATFORM, m->measured[1], 32, 0, VCCA_CHECK_PLATFORM_REFERENCE},
      {VCCA_ENDORSE_CORIM_PLATFORM, m->rim, 32, 1, VCCA_CHECK_PLATFORM_REFERENCE},         /* a signer */
      {VCCA_ENDORSE_CORIM_PLATFORM, m->measured[0], 32, 0, VCCA_CHECK_PLATFORM_REFERENCE}, /* the implementation id */
      {VCCA_ENDORSE_CORIM_PLATFORM, "21.23.0", 7, 0, VCCA_CHECK_PLATFORM_REFERENCE},
      {VCCA_ENDORSE_CORIM_PLATFORM, "\x42\xcf\xcf", 3, 0, VCCA_CHECK_PLATFORM_CONFIG},
      {VCCA_ENDORSE_CORIM_ANCHOR, m->instance_id, 33, 0, VCCA_CHECK_PLATFORM_SIGNATURE},
      {VCCA_ENDORSE_CORIM_ANCHOR, m->measured[0], 32, 0, VCCA_CHECK_PLATFORM_SIGNATURE},
      {VCCA_ENDORSE_CORIM_REALM, m->rpv, 64, 0, VCCA_CHECK_REALM_REFERENCE},
      {VCCA_ENDORSE_CORIM_REALM, m->rem[2], 32, 0, VCCA_CHECK_REALM_REFERENCE},
      {VCCA_ENDORSE_REFERENCE_STORE, "cfc", 3, 0, VCCA_CHECK_PLATFORM_CONFIG},
      {VCCA_ENDORSE_REFERENCE_STORE, "sha-256", 7, 0, VCCA_CHECK_ENDORSEMENTS},
      {VCCA_ENDORSE_COMPONENTS, "1.6", 3, 0, VCCA_CHECK_PLATFORM_REFERENCE},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    endorse(VCCA_FAMILY_ARM_1_0);
    spoil(rows[i].kind, rows[i].value, rows[i].size, rows[i].place, rows[i].size - 1);
    if (rows[i].kind == VCCA_ENDORSE_REFERENCE_STORE)
      m->evidence.reference_store = endorsements[rows[i].kind];
    else if (rows[i].kind == VCCA_ENDORSE_COMPONENTS)
      m->evidence.platform_reference = endorsements[rows[i].kind];
    else
      add_corim(m, rows[i].kind);
    m->evidence.cpak = rows[i].kind == VCCA_ENDORSE_CORIM_ANCHOR ? NULL : m->cpak;
    enum vcca_check failed = first_failed(m);
    if (failed != rows[i].check)
      fail_msg("row %zu fails %s", i, failed == VCCA_CHECKS ? "nothing" : vcca_check_name(failed));
  }
}

static bool wholly_endorsed(vcca_span corim, const struct vcca_token *token)
{
  struct endorsed e = {0};
  struct platform_comparison platform;
  struct vcca_finding realm;
  bool same = false;
  if (corim_read(corim, NULL, 0, &e, NULL)) {
    compare_platform(&e, &token->platform, &platform);
    same = platform.result == VCCA_ENDORSED_WHOLLY || compare_realm(&e, &token->realm, &realm) == VCCA_ENDORSED_WHOLLY;
  }
  endorsed_free(&e);
  return same;
}

static size_t find(vcca_span in, vcca_span what)
{
  size_t at = 0;
  while (at + what.n <= in.n && memcmp(in.p + at, what.p, what.n) != 0)
    at++;
  return at;
}

/* The bytes that nobody compares: the two identifiers and the length of their texts, and the mask, whose
 * bits all count. */
static bool is_free(vcca_span corim, size_t i)
{
  size_t id = 5; /* d9 01 f5 a3 00, then the text */
  size_t tag_id = find(corim, VCCA_SPAN_LIT("\xa2\x01\xa1\x00\x50")) + 5;
  size_t mask = find(corim, VCCA_SPAN_LIT("\x05\x42\xff\xff")) + 2;
  return (i > id && i < id + 2 + 37) || (i >= tag_id && i < tag_id + 16) || (i >= mask && i < mask + 2);
}

static void every_other_byte_of_a_corim_counts(void **state)
{
  (void)state;
  static struct vcca_token token;
  static const enum vcca_endorsement kinds[] = {VCCA_ENDORSE_CORIM_PLATFORM, VCCA_ENDORSE_CORIM_REALM};
  struct made *m = endorse(VCCA_FAMILY_ARM_1_0);
  assert_true(vcca_token_decode(m->evidence.token, &token, NULL));
  for (size_t k = 0; k < 2; k++) {
    vcca_span corim = endorsements[kinds[k]];
    size_t ignored = 0;
    assert_true(wholly_endorsed(corim, &token));
    for (size_t i = 0; i < corim.n; i++) {
      written[kinds[k]][i] ^= 1;
      bool same = wholly_endorsed(corim, &token);
      written[kinds[k]][i] ^= 1;
      ignored += same;
      if (same && !is_free(corim, i))
        fail_msg("byte %zu of %s may change", i, vcca_endorsement_name(kinds[k]));
    }
    printf("%s: %zu of %zu bytes do not count\n", vcca_endorsement_name(kinds[k]), ignored, corim.n);
    assert_in_range(ignored, 16, 60);
  }
}

static const struct vcca_realm_values *values_of(const struct vcca_realm_claims *claims)
{
  static struct vcca_realm_values values;
  values = (struct vcca_realm_values){
      .virtcca = true, .rim = claims->rim, .rpv = claims->rpv, .rak_hash_alg = claims->public_key_hash_alg};
  memcpy(values.rem, claims->rem, sizeof values.rem);
  return &values;
}

static void values_without_a_token_give_the_bytes_that_the_token_gives(void **state)
{
  (void)state;
  static const enum vcca_endorsement kinds[] = {VCCA_ENDORSE_CORIM_REALM, VCCA_ENDORSE_REFERENCE_STORE,
                                                VCCA_ENDORSE_REFS};
  static struct vcca_token token;
  static uint8_t room[ROOM];
  struct vcca_error err = {0};
  struct made *m = endorse(VCCA_FAMILY_VIRTCCA_P521);
  assert_true(vcca_token_decode(m->evidence.token, &token, NULL));
  token.has_platform = false; /* which nobody but the token knows */
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    vcca_sink one = vcca_sink_of(written[kinds[i]], ROOM), other = VCCA_SINK(room);
    check_ok(vcca_endorse(kinds[i], &(struct vcca_good){.token = &token}, &one, &err), &err, "of the token");
    check_ok(vcca_endorse(kinds[i], &(struct vcca_good){.realm = values_of(&token.realm)}, &other, &err), &err,
             "of the values");
    assert_true(vcca_span_eq(vcca_sink_span(&one), vcca_sink_span(&other)));
  }
}

static void a_store_or_a_service_gets_nothing_less_than_it_wants(void **state)
{
  (void)state;
  static const char text[] =
      "{\n  \"refs\": "
      "\"{\\\"vcca.cvm.rim\\\":\\\"7171717171717171717171717171717171717171717171717171717171717171\\\"}\"\n}\n";
  static const enum vcca_endorsement others[] = {VCCA_ENDORSE_CORIM_PLATFORM, VCCA_ENDORSE_CORIM_ANCHOR,
                                                 VCCA_ENDORSE_ANCHOR_STORE, VCCA_ENDORSE_COMPONENTS,
                                                 VCCA_ENDORSE_IMAGES};
  uint8_t rim[32], rpv[64] = {0}, room[2048];
  struct vcca_error err = {0};
  struct endorsed e = {0};
  memset(rim, 0x71, sizeof rim);
  struct vcca_realm_values values = {
      .virtcca = true, .rim = VCCA_SPAN(rim), .rpv = VCCA_SPAN(rpv), .rak_hash_alg = VCCA_SPAN_LIT("sha-256")};
  const struct vcca_good good = {.realm = &values};
  vcca_sink out = VCCA_SINK(room);
  check_ok(vcca_endorse(VCCA_ENDORSE_REFS, &good, &out, &err), &err, "refs");
  assert_true(vcca_span_is(vcca_sink_span(&out), text));
  values.virtcca = false;
  assert_false(vcca_endorse(VCCA_ENDORSE_REFS, &good, &out, &err));
  assert_int_equal(err.fault, VCCA_FAULT_UNSUPPORTED);

  assert_false(vcca_endorse(VCCA_ENDORSE_REFERENCE_STORE, &good, &out, &err));
  assert_int_equal(err.fault, VCCA_FAULT_UNSUPPORTED);
  for (size_t i = 0; i < VCCA_TOKEN_REMS; i++)
    values.rem[i] = vcca_span_of(rpv, 32);
  out = VCCA_SINK(room);
  check_ok(vcca_endorse(VCCA_ENDORSE_REFERENCE_STORE, &good, &out, &err), &err, "store");
  check_ok(rv_store_read(vcca_sink_span(&out), &e, &err), &err, "store");
  assert_null(e.platforms);
  assert_true(vcca_span_eq(e.realms->rim, values.rim) && e.realms->next == NULL);
  endorsed_free(&e);
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    assert_false(vcca_endorse(others[i], &good, &out, &err));
    assert_int_equal(err.fault, VCCA_FAULT_UNSUPPORTED);
  }
}

/* The store has each component's version and type where the token has them, and neither where not. */
static void a_store_has_versions_and_types_as_the_token_has(void **state)
{
  (void)state;
  static struct vcca_token token;
  struct vcca_error err = {0};
  struct made *m = endorse(VCCA_FAMILY_ARM_1_0);
  check_ok(vcca_token_decode(m->evidence.token, &token, &err), &err, "token");
  assert_true(token.platform.component_count == 2);
  for (unsigned without = 0; without < 4; without++) {
    vcca_sink out = vcca_sink_of(written[0], ROOM - 1);
    struct vcca_component *c = &token.platform.components[0];
    c->version = without & 1 ? vcca_span_of(NULL, 0) : VCCA_SPAN_LIT("21.23.0");
    c->type = without & 2 ? vcca_span_of(NULL, 0) : VCCA_SPAN_LIT("uefi");
    check_ok(vcca_endorse(VCCA_ENDORSE_REFERENCE_STORE, &(struct vcca_good){.token = &token}, &out, &err), &err,
             "store");
    written[0][out.n] = 0;
    const char *text = (const char *)written[0];
    assert_int_equal(strstr(text, "\"version\": \"21.23.0\"") == NULL, (without & 1) != 0);
    assert_int_equal(strstr(text, "\"component-type\": \"uefi\"") == NULL, (without & 2) != 0);
    assert_true(strstr(text, "\"version\": \"1.6\"") && strstr(text, "\"component-type\": \"tee\"") &&
                !strstr(text, "\"\""));
  }
}

/* image_reference_measurement.json beside the log was made from it by other means. */
static void a_real_log_gives_its_reference(void **state)
{
  (void)state;
  static struct vcca_token token;
  struct vcca_bytes bytes = check_vector("virtcca/token_rsa.cbor"), log = check_vector("virtcca/ccel_data.bin");
  struct vcca_bytes reference = check_vector("virtcca/image_reference_measurement.json");
  struct vcca_error err = {0};
  vcca_sink out = vcca_sink_of(written[0], ROOM);
  check_ok(vcca_token_decode(vcca_bytes_span(&bytes), &token, &err), &err, "token");
  struct vcca_good good = {.token = &token, .eventlog = vcca_bytes_span(&log)};
  check_ok(vcca_endorse(VCCA_ENDORSE_IMAGES, &good, &out, &err), &err, "images");
  assert_true(vcca_span_eq(vcca_sink_span(&out), vcca_bytes_span(&reference)));
  good.eventlog = vcca_span_sub(good.eventlog, 0, 8000);
  assert_false(vcca_endorse(VCCA_ENDORSE_IMAGES, &good, &out, &err));
  vcca_bytes_free(&bytes);
  vcca_bytes_free(&log);
  vcca_bytes_free(&reference);
}

static void the_same_token_gives_the_same_bytes(void **state)
{
  (void)state;
  static uint8_t before[ROOM];
  endorse(VCCA_FAMILY_ARM_1_0);
  size_t n = endorsements[VCCA_ENDORSE_CORIM_PLATFORM].n;
  memcpy(before, written[VCCA_ENDORSE_CORIM_PLATFORM], n);
  endorse(VCCA_FAMILY_ARM_1_0);
  assert_int_equal(endorsements[VCCA_ENDORSE_CORIM_PLATFORM].n, n);
  assert_memory_equal(before, written[VCCA_ENDORSE_CORIM_PLATFORM], n);
}

static void what_a_form_cannot_say_is_unsupported(void **state)
{
  (void)state;
  struct vcca_token token = {.has_platform = true};
  struct vcca_error err = {0};
  uint8_t room[256];
  token.platform.component_count = 1;
  token.platform.components[0].measurement = VCCA_SPAN_LIT("short");
  for (enum vcca_endorsement kind = 0; kind < VCCA_ENDORSEMENTS; kind++) {
    vcca_sink out = VCCA_SINK(room);
    err = (struct vcca_error){0};
    struct vcca_good good = {.token = &token};
    assert_false(vcca_endorse(kind, &good, &out, &err));
    assert_int_equal(err.fault, VCCA_FAULT_UNSUPPORTED);
    assert_int_equal(out.n, 0);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_form_alone_makes_the_token_accepted),
      cmocka_unit_test(endorsements_alone_make_a_token_affirming),
      cmocka_unit_test(one_byte_changed_fails_the_check_that_looks_for_it),
      cmocka_unit_test(every_other_byte_of_a_corim_counts),
      cmocka_unit_test(a_store_has_versions_and_types_as_the_token_has),
      cmocka_unit_test(a_real_log_gives_its_reference),
      cmocka_unit_test(the_same_token_gives_the_same_bytes),
      cmocka_unit_test(what_a_form_cannot_say_is_unsupported),
      cmocka_unit_test(values_without_a_token_give_the_bytes_that_the_token_gives),
      cmocka_unit_test(a_store_or_a_service_gets_nothing_less_than_it_wants),
  };
  return check_run(tests, set_up, tear_down);
}
