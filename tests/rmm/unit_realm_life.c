/* A realm from GRANULE_DELEGATE to teardown, measured step by step.
 *
 * The RIMs were produced by TF-RMM at tag rmm-spec-v1.0-rel0 and by an independent model in Python.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/span.h"
#include "rooms/rmm.h"

static void rim_is(struct rig *rig, const char *want, const char *what)
{
  struct vcca_realm_info info;
  assert_true(vcca_realm_info(rig->m, A, &info));
  check_hex(vcca_span_of(info.rim, vcca_hash_size(info.hash_alg)), want, what);
}

/* The golden sequence; step(i) is called after each of its steps. */
static void golden_sequence(struct rig *rig, enum vcca_hash_alg alg, void (*step)(struct rig *, unsigned))
{
  uint8_t page[PAGE];
  for (unsigned i = 0; i < PAGE; i++)
    page[i] = (uint8_t)(i * 7 + 3);
  assert_true(vcca_host_write(rig->m, SRC, VCCA_SPAN(page)));
  rmi_realm(rig, A, 7, alg);
  step(rig, 0);
  rmi_tables(rig, A, 0, P(18), 1);
  OK(rig, "RTT_INIT_RIPAS", A, 0x400000, 0x800000);
  assert_int_equal(rig->x[1], 0x800000);
  step(rig, 1);
  OK(rig, "RTT_INIT_RIPAS", A, 0x1000, 0x4000);
  step(rig, 2);
  OK(rig, "RTT_INIT_RIPAS", A, 0x200000, 0x401000);
  assert_int_equal(rig->x[1], 0x400000);
  step(rig, 3);
  rmi_delegate(rig, FREE, 3);
  OK(rig, "DATA_CREATE", A, FREE, 0x1000, SRC, 1);
  step(rig, 4);
  OK(rig, "DATA_CREATE", A, FREE + PAGE, 0x2000, SRC, 0);
  step(rig, 5);
  OK(rig, "DATA_CREATE_UNKNOWN", A, FREE + 2 * PAGE, 0x3000);
  step(rig, 6);
  rmi_rec_params(rig, REC_PARAMS, 0, 1, P(32));
  rig_poke(rig, REC_PARAMS + 0x200, 8, 0x80000);
  for (unsigned i = 0; i < 8; i++)
    rig_poke(rig, REC_PARAMS + 0x300 + 8 * i, 8, 0x1111 * (i + 1));
  rmi_delegate(rig, P(22), 1);
  rmi_delegate(rig, P(32), 32);
  OK(rig, "REC_CREATE", A, P(22), REC_PARAMS);
  step(rig, 7);
  rmi_rec_params(rig, REC_PARAMS, 1, 0, P(48));
  rmi_delegate(rig, P(23), 1);
  OK(rig, "REC_CREATE", A, P(23), REC_PARAMS);
  step(rig, 8);
  OK(rig, "REALM_ACTIVATE", A);
  step(rig, 9);
}

static void sha256_step(struct rig *rig, unsigned i)
{
  static const struct {
    const char *what, *rim;
  } golden[] = {
      {"create", "0c7729719b7331d9442bbf05e460f9ce4b7eac2572842950a68cdd3a60371680"},
      {"RIPAS, level 2, two entries", "a63acc1879da3d6884dd4b81f84ef88b6580634eeb85b71502771d8f781c40ee"},
      {"RIPAS, level 3, three entries", "c794e5f135190f688ef467a1eac070174f6ac6b469a86e5bca17bd75f9bc4cf6"},
      {"RIPAS, level 2, one whole entry", "5e0a10e5b26f9cdf5b4962c6bb13c682470bdcaa389fb91e14c75af62ef04866"},
      {"measured data", "473945e8eda2d36a9a8aee0e7f826559addb425aaf0e4cbc220d10c95c574d0c"},
      {"unmeasured data", "8516ebe95f5cd65a619c073a7dc76197000fd4e481717891afd78cd35967a65c"},
      {"unknown data", "8516ebe95f5cd65a619c073a7dc76197000fd4e481717891afd78cd35967a65c"},
      {"runnable REC", "cd535cec5859b7216e3f72410ae0d85844bf8a77233fec6dbb0ff58508157405"},
      {"REC that is not runnable", "cd535cec5859b7216e3f72410ae0d85844bf8a77233fec6dbb0ff58508157405"},
      {"activate", "cd535cec5859b7216e3f72410ae0d85844bf8a77233fec6dbb0ff58508157405"},
  };
  rim_is(rig, golden[i].rim, golden[i].what);
}

static void sha512_step(struct rig *rig, unsigned i)
{
  if (i == 9)
    rim_is(rig,
           "3df72481b7474f314585ce801a4a6dee52624e54cb2061e449cba0d564b2ac1d6e9278df72cdef78186ce97b79d74f9c0e1b078a01d"
           "ce7465cc43e490904891a",
           "the whole sequence");
}

static struct rig *empty_machine(void)
{
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  return rig_new(&config);
}

static void every_step_gives_the_golden_rim_with_sha256(void **state)
{
  (void)state;
  struct rig *rig = empty_machine();
  golden_sequence(rig, VCCA_SHA256, sha256_step);
  rig_free(rig);
}

static void the_sequence_gives_the_golden_rim_with_sha512(void **state)
{
  (void)state;
  struct rig *rig = empty_machine();
  golden_sequence(rig, VCCA_SHA512, sha512_step);
  rig_free(rig);
}

struct steps {
  unsigned count[4];
  uint8_t last[VCCA_MEASUREMENT_SIZE];
};

static void on_rim_step(void *ctx, const struct vcca_rim_step *step)
{
  struct steps *steps = ctx;
  steps->count[step->kind]++;
  assert_memory_equal(step->before, steps->last, sizeof steps->last);
  memcpy(steps->last, step->after, sizeof steps->last);
}

static void no_step(struct rig *rig, unsigned i)
{
  (void)rig;
  (void)i;
}

static void the_rim_hook_sees_an_unbroken_chain(void **state)
{
  (void)state;
  struct steps steps = {0};
  struct vcca_machine_config config = rig_config(VCCA_ABI_RMI);
  config.rim_step = on_rim_step;
  config.rim_ctx = &steps;
  struct rig *rig = rig_new(&config);
  golden_sequence(rig, VCCA_SHA256, no_step);
  assert_int_equal(steps.count[VCCA_STEP_CREATE], 1);
  assert_int_equal(steps.count[VCCA_STEP_RIPAS], 6);
  assert_int_equal(steps.count[VCCA_STEP_DATA], 2);
  assert_int_equal(steps.count[VCCA_STEP_REC], 1);
  rig_free(rig);
}

static void teardown_leaves_nothing(void **state)
{
  (void)state;
  struct rig *rig = empty_machine();
  struct vcca_bytes before = {0};
  uint64_t count[VCCA_GRANULE_STATES];
  assert_true(vcca_machine_save(rig->m, &before, NULL));
  golden_sequence(rig, VCCA_SHA256, no_step);
  for (uint64_t ipa = 0x1000; ipa <= 0x3000; ipa += PAGE)
    OK(rig, "DATA_DESTROY", A, ipa);
  OK(rig, "REC_DESTROY", P(22));
  OK(rig, "REC_DESTROY", P(23));
  OK(rig, "RTT_DESTROY", A, 0, 3);
  OK(rig, "RTT_DESTROY", A, 0, 2);
  OK(rig, "RTT_DESTROY", A, 0, 1);
  OK(rig, "REALM_DESTROY", A);
  for (uint64_t pa = DRAM; pa < P(512); pa += PAGE) {
    enum vcca_granule_state granule;
    enum vcca_pas pas;
    assert_true(vcca_granule_at(rig->m, pa, &granule, &pas));
    if (granule != VCCA_GRANULE_UNDELEGATED)
      OK(rig, "GRANULE_UNDELEGATE", pa);
  }
  vcca_granule_census(rig->m, count);
  for (unsigned i = 0; i < VCCA_GRANULE_STATES; i++)
    assert_int_equal(count[i], 0);
  rig_zero(rig, PARAMS);
  rig_zero(rig, REC_PARAMS);
  rig_zero(rig, SRC);
  assert_true(vcca_machine_same(rig->m, vcca_bytes_span(&before)));
  vcca_bytes_free(&before);
  rig_free(rig);
}

static void what_a_realm_held_is_zero_when_the_host_gets_it_back(void **state)
{
  (void)state;
  struct rig *rig = empty_machine();
  golden_sequence(rig, VCCA_SHA256, no_step);
  uint8_t page[PAGE];
  vcca_sink out = VCCA_SINK(page);
  assert_false(vcca_host_read(rig->m, FREE, &out, PAGE));
  OK(rig, "DATA_DESTROY", A, 0x1000);
  OK(rig, "GRANULE_UNDELEGATE", FREE);
  assert_true(vcca_host_read(rig->m, FREE, &out, PAGE));
  assert_true(vcca_span_zero(VCCA_SPAN(page)));
  rig_free(rig);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_step_gives_the_golden_rim_with_sha256),
      cmocka_unit_test(the_sequence_gives_the_golden_rim_with_sha512),
      cmocka_unit_test(the_rim_hook_sees_an_unbroken_chain),
      cmocka_unit_test(teardown_leaves_nothing),
      cmocka_unit_test(what_a_realm_held_is_zero_when_the_host_gets_it_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
