/* Sweeps, measured: each row against the plan of the same VM measured alone, by loops that know nothing of
 * products and numbers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/explain.h"
#include "rooms/sweep.h"

enum {
  KERNELS = 2,
  INITRDS = 2,
  HASHES = 2,
  SVES = 2,
  VCPUS = 3,
  RAMS = 3,
  ALL = KERNELS * INITRDS * HASHES * SVES * VCPUS * RAMS
};

static uint8_t kernels[KERNELS][3 * VCCA_PAGE + 100];
static uint8_t initrd[10 * VCCA_PAGE + 1];
static const char *const hashes[HASHES] = {"sha-256", "sha-512"};
static const enum vcca_hash_alg algs[HASHES] = {VCCA_SHA256, VCCA_SHA512};
static const uint64_t sves[SVES] = {0, 256}, vcpus[VCPUS] = {1, 2, 7},
                      rams[RAMS] = {1 << 30, 4096 /* too little */, 512 << 20};

static struct vcca_sweep_value kernel_values[] = {{.text = "a", .file = 0}, {.text = "b", .file = 1}},
                               initrd_values[] = {{.none = true}, {.text = "i", .file = 2}}, hash_values[HASHES],
                               sve_values[SVES], vcpu_values[VCPUS], ram_values[RAMS];

static void make_numbers(struct vcca_sweep_value *values, const uint64_t *numbers, size_t n)
{
  for (size_t i = 0; i < n; i++)
    values[i].number = numbers[i];
}

static void make_sweep(const char *profile, struct vcca_sweep *s)
{
  uint64_t seed = 1;
  *s = (struct vcca_sweep){.axes = {{VCCA_SWEEP_KERNEL, kernel_values, KERNELS},
                                    {VCCA_SWEEP_INITRD, initrd_values, INITRDS},
                                    {VCCA_SWEEP_HASH, hash_values, HASHES},
                                    {VCCA_SWEEP_SVE, sve_values, SVES},
                                    {VCCA_SWEEP_VCPUS, vcpu_values, VCPUS},
                                    {VCCA_SWEEP_RAM, ram_values, RAMS}},
                           .axis_count = 6,
                           .file_count = 3,
                           .configurations = ALL};
  snprintf(s->profile, sizeof s->profile, "%s", profile);
  for (size_t k = 0; k < KERNELS; k++) {
    for (size_t i = 64; i < sizeof kernels[k]; i++)
      kernels[k][i] = (uint8_t)support_draw(&seed);
    vcca_put_le64(kernels[k] + 16, 40 * VCCA_PAGE);
    memcpy(kernels[k] + 56, "ARM\x64", 4);
    s->files[k].mapping.bytes = VCCA_SPAN(kernels[k]);
  }
  for (size_t i = 0; i < sizeof initrd; i++)
    initrd[i] = (uint8_t)support_draw(&seed);
  s->files[KERNELS].mapping.bytes = VCCA_SPAN(initrd);
  for (size_t i = 0; i < HASHES; i++)
    hash_values[i].text = hashes[i];
  make_numbers(sve_values, sves, SVES);
  make_numbers(vcpu_values, vcpus, VCPUS);
  make_numbers(ram_values, rams, RAMS);
}

/* Rows as they come. */
struct rows {
  size_t count, ids[ALL], stop_at;
  bool planned[ALL], known[ALL];
  struct vcca_rim rim[ALL];
};

static bool collect(void *ctx, const struct vcca_sweep_row *row)
{
  struct rows *rows = ctx;
  assert_true(rows->count < ALL);
  size_t i = rows->count++;
  rows->ids[i] = row->id;
  rows->planned[i] = row->planned;
  rows->known[i] = row->known;
  rows->rim[i] = row->rim;
  assert_true(row->planned || row->known || row->error.text[0] != '\0');
  return rows->count != rows->stop_at;
}

static void run(const struct vcca_sweep *s, struct vcca_sweep_options o, struct rows *rows)
{
  struct vcca_error err = {0};
  rows->count = 0;
  o.row = collect;
  o.ctx = rows;
  check_ok(vcca_sweep_run(s, &o, &err), &err, "sweep");
}

/* The rows of a profile, alone: one nested loop for each axis, the last one the fastest. */
static size_t measure_alone(const char *profile, struct rows *rows)
{
  size_t id = 0, rims = 0;
  for (size_t k = 0; k < KERNELS; k++)
    for (size_t i = 0; i < INITRDS; i++)
      for (size_t h = 0; h < HASHES; h++)
        for (size_t v = 0; v < SVES; v++)
          for (size_t c = 0; c < VCPUS; c++)
            for (size_t m = 0; m < RAMS; m++, id++) {
              struct vcca_vm vm = {
                  .profile = profile, .kernel = VCCA_SPAN(kernels[k]), .hash_alg = algs[h], .ram_size = rams[m]};
              struct vcca_plan plan;
              struct vcca_bytes dtb = {0};
              vm.sve_bits = (unsigned)sves[v];
              vm.vcpus = (unsigned)vcpus[c];
              if (i > 0)
                vm.initrd = VCCA_SPAN(initrd);
              rows->planned[id] = vcca_plan_with_dtb(&vm, NULL, &plan, &dtb, NULL);
              if (rows->planned[id])
                vcca_plan_measure(&plan, NULL, NULL, NULL, NULL, &rows->rim[id]);
              rims += rows->planned[id];
              vcca_bytes_free(&dtb);
            }
  return rims;
}

static void each_row_is_what_the_vm_measures_alone(void **state)
{
  (void)state;
  static const char *const profiles[] = {"virtcca", "arm"};
  static struct vcca_sweep s;
  static struct rows swept, alone;
  for (size_t p = 0; p < 2; p++) {
    make_sweep(profiles[p], &s);
    assert_int_equal(measure_alone(profiles[p], &alone), ALL / RAMS * 2);
    for (unsigned threads = 1; threads <= 3; threads++) {
      run(&s, (struct vcca_sweep_options){.threads = threads}, &swept);
      assert_int_equal(swept.count, ALL);
      for (size_t id = 0; id < ALL; id++) {
        assert_int_equal(swept.ids[id], id);
        assert_int_equal(swept.planned[id], alone.planned[id]);
        if (alone.planned[id])
          assert_memory_equal(swept.rim[id].value, alone.rim[id].value, VCCA_MEASUREMENT_SIZE);
      }
    }
  }
}

static void the_shards_together_are_the_whole(void **state)
{
  (void)state;
  static struct vcca_sweep s;
  static struct rows whole, part;
  make_sweep("virtcca", &s);
  run(&s, (struct vcca_sweep_options){.shards = 0}, &whole);
  static const size_t divisions[] = {1, 2, 5, 7, ALL, ALL + 3, SIZE_MAX};
  for (size_t d = 0; d < sizeof divisions / sizeof *divisions; d++) {
    bool seen[ALL] = {false};
    size_t n = divisions[d], total = 0;
    for (size_t shard = 0; shard<(n < ALL + 3 ? n : ALL + 3); shard += n> 7 ? 40 : 1) {
      run(&s, (struct vcca_sweep_options){.shard = shard, .shards = n}, &part);
      for (size_t i = 0; i < part.count; i++) {
        size_t id = part.ids[i];
        assert_int_equal(id % n, shard);
        assert_true(i == 0 || part.ids[i - 1] < id);
        assert_false(seen[id]);
        seen[id] = true;
        assert_memory_equal(part.rim[i].value, whole.rim[id].value, VCCA_MEASUREMENT_SIZE);
      }
      total += part.count;
    }
    if (n <= 7)
      assert_int_equal(total, ALL);
    else
      assert_int_equal(total, (ALL + 39) / 40);
  }
}

/* lkvm puts an initrd where no granule starts, so it is copied: one copy and one hashing for all rows of an
 * image. */
static void rows_of_a_vmm_model_are_its_plans_measured_alone(void **state)
{
  (void)state;
  static struct vcca_sweep s;
  static struct rows swept;
  struct vcca_error err = {0};
  struct vcca_sweep_value host = {.word_count = 0};
  for (int cap = VCCA_CAP_NUM_BPS; cap <= VCCA_CAP_NUM_WPS; cap++)
    assert_true(vcca_host_caps_set(&host.caps, (enum vcca_cap)cap, "6", NULL));
  static const char *const models[] = {"kvmtool", "kvmtool-arm", "qemu", "cloud-hypervisor"};
  for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
    make_sweep(models[m], &s);
    s.axes[3] = (struct vcca_sweep_axis){VCCA_SWEEP_HOST, &host, 1};
    s.configurations = ALL / SVES;
    s.axes[4].values[0].number = 3;
    for (unsigned threads = 1; threads <= 2; threads++) {
      size_t rims = 0;
      run(&s, (struct vcca_sweep_options){.threads = threads}, &swept);
      assert_int_equal(swept.count, ALL / SVES);
      for (size_t id = 0; id < s.configurations; id++) {
        struct vcca_sweep_vm vm;
        struct vcca_rim rim;
        assert_int_equal(vcca_sweep_plan(&s, id, NULL, &vm, &err), swept.planned[id]);
        if (swept.planned[id]) {
          vcca_plan_measure(vm.plan, NULL, NULL, NULL, NULL, &rim);
          assert_memory_equal(swept.rim[id].value, rim.value, VCCA_MEASUREMENT_SIZE);
          rims++;
        }
        vcca_sweep_vm_free(&vm);
      }
      assert_int_equal(rims, ALL / SVES / RAMS * 2);
    }
  }
}

static bool even(void *ctx, size_t id)
{
  (void)ctx;
  return id % 2 == 0;
}

static void what_is_known_is_handed_out_in_its_place_and_not_measured(void **state)
{
  (void)state;
  static struct vcca_sweep s;
  static struct rows rows;
  make_sweep("arm", &s);
  run(&s, (struct vcca_sweep_options){.known = even}, &rows);
  assert_int_equal(rows.count, ALL);
  for (size_t id = 0; id < ALL; id++) {
    assert_int_equal(rows.ids[id], id);
    assert_int_equal(rows.known[id], id % 2 == 0);
    assert_false(rows.known[id] && rows.planned[id]);
  }
}

static void a_reader_that_has_enough_stops_the_sweep(void **state)
{
  (void)state;
  static struct vcca_sweep s;
  static struct rows rows;
  make_sweep("arm", &s);
  rows.stop_at = 5;
  run(&s, (struct vcca_sweep_options){.threads = 2}, &rows);
  assert_int_equal(rows.count, 5);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_row_is_what_the_vm_measures_alone),
      cmocka_unit_test(rows_of_a_vmm_model_are_its_plans_measured_alone),
      cmocka_unit_test(the_shards_together_are_the_whole),
      cmocka_unit_test(what_is_known_is_handed_out_in_its_place_and_not_measured),
      cmocka_unit_test(a_reader_that_has_enough_stops_the_sweep),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
