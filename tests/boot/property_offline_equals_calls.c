/* A plan measured without a machine and the same plan carried out by real calls: the same RIM, step by
 * step; afterwards nothing is left. Plans are drawn from a seeded generator, for both ABIs and every
 * measurement rule, then two of realistic shape.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support_vmm.h"
#include "rooms/file.h"
#include "rooms/rmm.h"

enum { PLANS = 240, CONTENT = 64 * VCCA_PAGE };

/* --- The generator -------------------------------------------------------------------------------------- */

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(uint64_t *seed)
{
  uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static uint64_t below(uint64_t *seed, uint64_t n)
{
  return draw(seed) % n;
}

/* Content with pages of zeros among others. */
static void fill(uint64_t *seed, uint8_t content[CONTENT])
{
  memset(content, 0, CONTENT);
  for (size_t page = 0; page < CONTENT; page += VCCA_PAGE)
    if (below(seed, 4))
      for (size_t i = 0; i < VCCA_PAGE; i += 8)
        vcca_put_le64(content + page + i, draw(seed));
}

static void draw_params(uint64_t *seed, struct vcca_plan *plan)
{
  bool virtcca = plan->rules == VCCA_RULES_VIRTCCA;
  struct vcca_realm_params *p = &plan->params;
  p->flags = below(seed, 4) << 1;
  p->s2sz = 36 + below(seed, 13);
  p->sve_vl = p->flags & 2 ? below(seed, 3) + (virtcca ? 1 : 0) : 0;
  p->pmu_num_ctrs = p->flags & 4 ? 1 + below(seed, 8) : 0;
  p->num_bps = virtcca ? 0 : 1 + below(seed, 5);
  p->num_wps = virtcca ? 0 : 1 + below(seed, 3);
  p->hash_alg = below(seed, 3) == 0                                   ? VCCA_SHA512
                : plan->rules == VCCA_RULES_ARM_2_0 && below(seed, 2) ? VCCA_SHA384
                                                                      : VCCA_SHA256;
}

/* Segments of a few pages, some sharing a translation table, some far apart; content shorter than its
 * segment or not. */
static void draw_segments(uint64_t *seed, struct vcca_plan *plan, const uint8_t *content)
{
  uint64_t ipa = below(seed, 1024) * VCCA_PAGE;
  plan->segment_count = 1 + (size_t)below(seed, VCCA_SEGMENTS);
  for (size_t i = 0; i < plan->segment_count; i++) {
    uint64_t pages = 1 + below(seed, 40), bytes = below(seed, pages * VCCA_PAGE + 1);
    plan->segments[i] =
        (struct vcca_segment){.role = VCCA_ROLE_KERNEL,
                              .ipa = ipa,
                              .size = pages * VCCA_PAGE,
                              .content = vcca_span_of(content + below(seed, CONTENT - bytes + 1), (size_t)bytes),
                              .measured = below(seed, 4) != 0};
    plan->segments[i].after_recs = plan->rules != VCCA_RULES_VIRTCCA && below(seed, 5) == 0;
    ipa += pages * VCCA_PAGE +
           (below(seed, 2) ? 0 : below(seed, (uint64_t)1 << (12 + below(seed, 20))) / VCCA_PAGE * VCCA_PAGE);
  }
}

/* Ranges that begin and end anywhere: at a granule, a 2 MiB block, a 1 GiB block. */
static void draw_ripas(uint64_t *seed, struct vcca_plan *plan)
{
  static const unsigned shifts[] = {12, 21, 30};
  uint64_t at = 0;
  plan->ripas_count = (size_t)below(seed, VCCA_RIPAS_RANGES + 1);
  for (size_t i = 0; i < plan->ripas_count; i++) {
    unsigned from = shifts[below(seed, 3)], to = shifts[below(seed, 3)];
    plan->ripas[i].base = ((at >> from) + 1 + below(seed, 3)) << from;
    plan->ripas[i].top = ((plan->ripas[i].base >> to) + 1 + below(seed, 3)) << to;
    at = plan->ripas[i].top;
  }
}

static void draw_plan(uint64_t *seed, struct vcca_plan *plan, const uint8_t *content)
{
  *plan = (struct vcca_plan){.profile = "drawn", .rules = (enum vcca_rules_id)below(seed, VCCA_RULES_COUNT)};
  draw_params(seed, plan);
  draw_segments(seed, plan, content);
  if (plan->rules != VCCA_RULES_VIRTCCA)
    draw_ripas(seed, plan);
  const struct vcca_segment *last = &plan->segments[plan->segment_count - 1];
  plan->ram_size =
      (last->ipa + last->size + ((uint64_t)1 + below(seed, 8) * 0x200000)) / 0x200000 * 0x200000 + 0x200000;
  plan->vcpus = (unsigned)below(seed, 20);
  plan->boot_rec = (struct vcca_rec_params){.flags = 1, .pc = draw(seed)};
  for (size_t i = 0; i < 8; i++)
    plan->boot_rec.gprs[i] = draw(seed);
}

/* --- The property --------------------------------------------------------------------------------------- */

/* All steps, folded into one number (FNV-1a) for comparison. */
struct steps {
  size_t count;
  enum vcca_hash_alg alg;
  uint64_t fold;
};

static void fold(struct steps *s, const void *p, size_t n)
{
  for (size_t i = 0; i < n; i++)
    s->fold = (s->fold ^ ((const uint8_t *)p)[i]) * UINT64_C(0x100000001b3);
}

static void note(void *ctx, const struct vcca_rim_step *step)
{
  struct steps *s = ctx;
  const uint64_t words[] = {(uint64_t)step->kind, step->base, step->top, step->flags, step->content != NULL};
  s->count++;
  fold(s, words, sizeof words);
  fold(s, step->before, VCCA_MEASUREMENT_SIZE);
  fold(s, step->after, VCCA_MEASUREMENT_SIZE);
  if (step->content)
    fold(s, step->content, vcca_hash_size(s->alg));
}

struct gauge {
  uint64_t done, total, calls;
};

static void watch(void *ctx, uint64_t done, uint64_t total)
{
  struct gauge *g = ctx;
  assert_true(done > g->done && done <= total);
  *g = (struct gauge){done, total, g->calls + 1};
}

static void check_gone(const vcca_machine *m, const char *what)
{
  uint64_t count[VCCA_GRANULE_STATES];
  vcca_granule_census(m, count);
  for (unsigned s = VCCA_GRANULE_UNDELEGATED + 1; s < VCCA_GRANULE_STATES; s++)
    if (count[s])
      fail_msg("%s: %llu granules are still %s", what, (unsigned long long)count[s],
               vcca_granule_state_name((enum vcca_granule_state)s));
}

static void check_same(const struct vcca_plan *plan, const char *what)
{
  struct steps offline = {.alg = plan->params.hash_alg}, called = {.alg = plan->params.hash_alg};
  struct gauge measuring = {0}, booting = {0};
  struct vcca_error err = {0};
  struct vcca_rim rim;
  struct vcca_realm_info info;
  struct vcca_booted vm;
  char want[2 * VCCA_MEASUREMENT_SIZE + 1];

  vcca_plan_measure(plan, note, &offline, watch, &measuring, &rim);
  vcca_machine *m = support_machine(plan, note, &called);
  vcca_host *host = vcca_host_new(m, &err);
  check_ok(host != NULL, &err, what);
  check_ok(vcca_host_boot(host, plan, watch, &booting, &vm, &err), &err, what);
  assert_true(vcca_realm_info(m, vm.rd, &info));
  vcca_hex_text(VCCA_SPAN(rim.value), want, sizeof want);
  check_hex(VCCA_SPAN(info.rim), want, what);
  assert_int_equal(called.count, offline.count);
  assert_true(called.fold == offline.fold);
  assert_int_equal(vm.recs, plan->vcpus);
  assert_int_equal(info.num_recs, plan->vcpus);
  assert_true(info.state == VCCA_REALM_ACTIVE);
  assert_true(measuring.done == measuring.total && booting.done == booting.total && booting.total == measuring.total);

  check_ok(vcca_host_destroy(host, &vm, &err), &err, what);
  check_gone(m, what);
  vcca_host_free(host);
  vcca_machine_free(m);
}

static void drawn_plans_measure_as_they_boot(void **state)
{
  (void)state;
  static uint8_t content[CONTENT];
  uint64_t seed = 2026;
  unsigned drawn[VCCA_RULES_COUNT] = {0};
  for (unsigned i = 0; i < PLANS; i++) {
    struct vcca_plan plan;
    char what[64];
    snprintf(what, sizeof what, "plan %u of seed 2026", i);
    fill(&seed, content);
    draw_plan(&seed, &plan, content);
    drawn[plan.rules]++;
    plan.lasting = i % 2;
    check_same(&plan, what);
  }
  for (unsigned i = 0; i < VCCA_RULES_COUNT; i++)
    assert_true(drawn[i] > PLANS / 6);
}

static void laid_out_arm_realms_measure_as_they_boot(void **state)
{
  (void)state;
  static struct support_files files;
  uint64_t seed = 7;
  for (unsigned i = 0; i < 40; i++) {
    struct vcca_error err = {0};
    struct vcca_plan plan;
    char what[64];
    support_fill(&files);
    support_header(files.kernel, below(&seed, 300) * VCCA_PAGE, 1 + below(&seed, 1 << 23));
    struct vcca_vm vm = {.profile = "arm",
                         .kernel = VCCA_SPAN(files.kernel),
                         .initrd = vcca_span_of(files.initrd, (size_t)below(&seed, sizeof files.initrd)),
                         .dtb = VCCA_SPAN(files.dtb),
                         .vcpus = (unsigned)below(&seed, 5),
                         .s2sz = 34 + (unsigned)below(&seed, 15),
                         .ram_base = (1 + below(&seed, 1024)) * 0x200000,
                         .ram_size = ((64 << 8) + below(&seed, 1 << 18)) * VCCA_PAGE,
                         .hash_alg = (enum vcca_hash_alg)below(&seed, 2)};
    if (i % 5 == 0)
      vm.kernel = vm.initrd = (vcca_span){NULL, 0}, vm.firmware = VCCA_SPAN(files.firmware);
    snprintf(what, sizeof what, "arm realm %u of seed 7", i);
    check_ok(vcca_plan_vm(&vm, &plan, &err), &err, what);
    for (size_t s = 1; s < plan.segment_count; s++)
      assert_true(plan.segments[s - 1].ipa + plan.segments[s - 1].size <= plan.segments[s].ipa);
    check_same(&plan, what);
  }
}

/* A kernel of 12 MiB that needs 13, an initrd of 9 MiB; firmware of 2 MiB in its 128. */
static void virtcca_boots_of_real_size_measure_as_they_boot(void **state)
{
  (void)state;
  static struct support_files files;
  struct vcca_bytes image = {0}, initrd = {0};
  struct vcca_error err = {0};
  struct vcca_plan plan;
  uint64_t seed = 3;
  support_fill(&files);
  check_ok(vcca_bytes_alloc(&image, 12 << 20, &err) && vcca_bytes_alloc(&initrd, (9 << 20) + 77, &err), &err, "images");
  for (size_t i = 64; i + 8 <= image.n; i += 8)
    vcca_put_le64(image.p + i, draw(&seed));
  for (size_t i = 0; i + 8 <= initrd.n; i += 8)
    vcca_put_le64(initrd.p + i, draw(&seed));
  support_header(image.p, 0, 13 << 20);

  struct vcca_vm direct = {.profile = "virtcca-2025",
                           .kernel = vcca_bytes_span(&image),
                           .initrd = vcca_bytes_span(&initrd),
                           .dtb = VCCA_SPAN(files.dtb),
                           .vcpus = 4};
  check_ok(vcca_plan_vm(&direct, &plan, &err), &err, "direct");
  check_same(&plan, "direct boot");

  struct vcca_vm firmware = {.profile = "virtcca",
                             .firmware = vcca_span_of(image.p, 2 << 20),
                             .dtb = VCCA_SPAN(files.dtb),
                             .vcpus = 2,
                             .pmu_counters = 1};
  check_ok(vcca_plan_vm(&firmware, &plan, &err), &err, "firmware");
  check_same(&plan, "firmware boot");
  vcca_bytes_free(&image);
  vcca_bytes_free(&initrd);
}

static void vmm_models_measure_as_they_boot(void **state)
{
  (void)state;
  static struct support_files files;
  static const struct {
    const char *vmm, *line;
  } rows[] = {
      {"qemu", "-m 256 -smp 4 -kernel k -initrd i -object rme-guest,measurement-log=on"},
      {"qemu", "-m 130M -bios f -object rme-guest,measurement-algorithm=sha256"},
      {"kvmtool", "-c 2 -m 100 -k k -i i --measurement-log --pmu"},
      {"kvmtool-arm", "-c 1 -m 128 -k k -i i --measurement-algo sha512"},
      {"kvmtool-linaro", "-c 1 -m 64 -f f"},
      {"cloud-hypervisor", "--cpus boot=3 --memory size=96M --kernel k --initramfs i"},
      {"cloud-hypervisor", "--memory size=3010M --kernel k --initramfs i"}, /* in two ranges */
  };
  support_fill(&files);
  const struct vcca_vmm_images images = {
      .kernel = VCCA_SPAN(files.kernel), .initrd = VCCA_SPAN(files.initrd), .firmware = VCCA_SPAN(files.firmware)};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_error err = {0};
    struct support_words words;
    struct vcca_vmm_plan plan;
    check_ok(support_plan(rows[i].vmm, "num_bps=4\nnum_wps=3\npmu_num_ctrs=4\nsve_vl=256\n", rows[i].line, &images,
                          &words, &plan, &err),
             &err, rows[i].line);
    check_same(&plan.plan, rows[i].line);
    vcca_vmm_plan_free(&plan);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(drawn_plans_measure_as_they_boot),
      cmocka_unit_test(laid_out_arm_realms_measure_as_they_boot),
      cmocka_unit_test(virtcca_boots_of_real_size_measure_as_they_boot),
      cmocka_unit_test(vmm_models_measure_as_they_boot),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
