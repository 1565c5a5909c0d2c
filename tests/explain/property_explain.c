/* The search finds one to three deviations of a monitor. The tests plant deviations in plans and measure
 * them by vcca_plan_measure, which shares no code with the search's theories.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

enum { KERNEL = 16 * VCCA_PAGE, SINGLES = 30, PAIRS = 20 };

static struct support_vm vm;

static uint64_t below(uint64_t *seed, uint64_t n)
{
  return support_draw(seed) % n;
}

/* --- Plans ---------------------------------------------------------------------------------------------- */

/* The virtCCA layout with windows of a few granules, or a plain realm with 16 MiB: chains are short then,
 * and everything is there. */
static void make_plan(bool arm)
{
  support_vm_make(&vm, (struct vcca_vm){.profile = arm ? "arm" : "virtcca",
                                        .vcpus = arm ? 1 : 2,
                                        .ram_size = arm ? (uint64_t)16 << 20 : 0});
  for (size_t i = 0; i < vm.plan.segment_count; i++) {
    struct vcca_segment *s = &vm.plan.segments[i];
    if (s->role == VCCA_ROLE_KERNEL) {
      s->content.n = KERNEL;
      s->size = KERNEL + (arm ? 0 : 4 * VCCA_PAGE);
    } else if (s->role == VCCA_ROLE_HOLE) {
      s->ipa = s[-1].ipa + s[-1].size;
      s->size = 4 * VCCA_PAGE;
    } else if (!arm) {
      s->size = (s->content.n / VCCA_PAGE + 2) * VCCA_PAGE;
    }
  }
}

static struct vcca_segment *segment(struct vcca_plan *plan, enum vcca_role role)
{
  for (size_t i = 0; i < plan->segment_count; i++)
    if (plan->segments[i].role == role)
      return &plan->segments[i];
  return NULL;
}

/* The stub's addresses and the registers, after images have moved. */
static void link(struct vcca_plan *plan, bool arm)
{
  uint64_t kernel = segment(plan, VCCA_ROLE_KERNEL)->ipa, dtb = segment(plan, VCCA_ROLE_DTB)->ipa;
  if (arm) {
    plan->boot_rec.pc = kernel;
    plan->boot_rec.gprs[0] = dtb;
  } else {
    vcca_put_le64(plan->loader + 24, dtb);
    vcca_put_le64(plan->loader + 32, kernel);
  }
}

/* --- Deviations ----------------------------------------------------------------------------------------- */

static const enum vcca_role images[] = {VCCA_ROLE_KERNEL, VCCA_ROLE_INITRD, VCCA_ROLE_DTB};

static void sve(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  plan->params.flags |= 2;
  plan->params.sve_vl = 1 + below(seed, 15) + (arm ? 0 : 1);
}

static void pmu(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)arm;
  plan->params.flags |= 4;
  plan->params.pmu_num_ctrs = 2 + below(seed, 30);
}

static void s2sz(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)arm;
  plan->params.s2sz = 41 + below(seed, 11);
}

static void lpa2(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)seed, (void)arm;
  plan->params.flags |= 1;
}

static void num_bps(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)arm;
  plan->params.num_bps = 7 + below(seed, 9);
}

static void num_wps(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)arm;
  plan->params.num_wps = 7 + below(seed, 9);
}

static void rules(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)seed;
  plan->rules = arm ? VCCA_RULES_ARM_2_0 : VCCA_RULES_ARM_1_0;
}

static void ram_size(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)arm;
  plan->ripas[0].top = plan->ripas[0].base + ((uint64_t)128 << 20 << below(seed, 8));
}

static void ripas_where(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)seed, (void)arm;
  plan->ripas_count = 0;
}

static void measured(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)arm;
  segment(plan, images[below(seed, 3)])->measured = false;
}

static void absent(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)arm;
  segment(plan, images[below(seed, 3)])->size = 0;
}

static void shifted(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  segment(plan, images[below(seed, 3)])->ipa += (uint64_t)2 << 20;
  link(plan, arm);
}

static void dtb_at(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)seed;
  segment(plan, VCCA_ROLE_DTB)->ipa = plan->ram_base + ((uint64_t)(arm ? 128 : 64) << 20);
  link(plan, arm);
}

static void order(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)seed, (void)arm;
  struct vcca_segment dtb = *segment(plan, VCCA_ROLE_DTB);
  memmove(&plan->segments[1], &plan->segments[0], (plan->segment_count - 1) * sizeof dtb);
  plan->segments[0] = dtb;
}

static void recs_first(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)seed, (void)arm;
  for (size_t i = 0; i < plan->segment_count; i++)
    plan->segments[i].after_recs = true;
}

static void padding(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)arm;
  segment(plan, VCCA_ROLE_DTB)->size = below(seed, 2) ? 0x10000 : 0x100000;
}

static void last_page(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)seed, (void)arm;
  struct vcca_segment *s = segment(plan, VCCA_ROLE_INITRD);
  s->content.n -= s->content.n % VCCA_PAGE;
}

static void vcpus(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  plan->vcpus = arm ? 0 : 3 + (unsigned)below(seed, 60);
}

static void pc(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)seed, (void)arm;
  plan->boot_rec.pc = 0;
}

static void x0(struct vcca_plan *plan, uint64_t *seed, bool arm)
{
  (void)seed;
  plan->boot_rec.gprs[0] = arm ? 0 : segment(plan, VCCA_ROLE_DTB)->ipa;
}

enum { VIRTCCA = 1, ARM = 2, BOTH = 3 };
static const struct deviation {
  const char *name; /* of the hypothesis */
  unsigned plans;
  unsigned group; /* deviations that touch the same thing are not planted together */
  void (*plant)(struct vcca_plan *plan, uint64_t *seed, bool arm);
} deviations[] = {
    {"sve", BOTH, 0, sve},
    {"pmu", BOTH, 1, pmu},
    {"s2sz", VIRTCCA, 2, s2sz},
    {"lpa2", BOTH, 3, lpa2},
    {"num_bps", BOTH, 4, num_bps},
    {"num_wps", BOTH, 5, num_wps},
    {"ram_size", ARM, 6, ram_size},
    {"ripas_where", ARM, 6, ripas_where},
    {"order", BOTH, 7, order},
    {"recs_first", BOTH, 8, recs_first},
    {"measured", BOTH, 9, measured},
    {"absent", BOTH, 9, absent},
    {"shifted", BOTH, 9, shifted},
    {"dtb_at", BOTH, 9, dtb_at},
    {"padding", BOTH, 9, padding},
    {"last_page", BOTH, 10, last_page},
    {"vcpus", BOTH, 8, vcpus},
    {"pc", BOTH, 8, pc},
    {"x0", BOTH, 8, x0},
    {"rules", BOTH, 11, rules},
};
enum { DEVIATIONS = sizeof deviations / sizeof *deviations };

static const struct deviation *draw_deviation(uint64_t *seed, bool arm, const struct deviation *besides)
{
  const struct deviation *d;
  do
    d = &deviations[below(seed, DEVIATIONS)];
  while (!(d->plans & (arm ? ARM : VIRTCCA)) || (besides && d->group == besides->group));
  return d;
}

static struct vcca_rim measure(const struct vcca_plan *plan)
{
  struct vcca_rim rim;
  vcca_plan_measure(plan, NULL, NULL, NULL, NULL, &rim);
  return rim;
}

/* --- Properties ----------------------------------------------------------------------------------------- */

static bool names(const struct vcca_rim_finding *f, unsigned i, const char *wanted)
{
  const char *name = "", *group, *words;
  return i < f->count && vcca_hypothesis_at(f->hypothesis[i], &name, &group, &words) && strcmp(name, wanted) == 0;
}

/* Whether a finding is just these deviations; b may be NULL. */
static bool found(const struct vcca_rim_explanation *e, const char *a, const char *b)
{
  for (size_t i = 0; i < e->count; i++) {
    const struct vcca_rim_finding *f = &e->findings[i];
    if (f->count == (b ? 2u : 1u) &&
        ((names(f, 0, a) && (!b || names(f, 1, b))) || (b && names(f, 0, b) && names(f, 1, a))))
      return true;
  }
  return false;
}

static struct vcca_rim_explanation explain(const struct vcca_plan *plan, vcca_span rim, struct vcca_explain_options o)
{
  struct vcca_rim_explanation e;
  struct vcca_error err = {0};
  check_ok(vcca_rim_explain(plan, rim, &o, &e, &err), &err, "explain");
  return e;
}

/* The RIM with deviations planted in a copy of the plan; a and b may be NULL. */
static struct vcca_rim planted(const struct deviation *a, const struct deviation *b, uint64_t seed, bool arm)
{
  struct vcca_plan plan = vm.plan;
  if (segment(&plan, VCCA_ROLE_LOADER))
    segment(&plan, VCCA_ROLE_LOADER)->content = VCCA_SPAN(plan.loader); /* the copy's */
  if (a)
    a->plant(&plan, &seed, arm);
  if (b)
    b->plant(&plan, &seed, arm);
  if (!arm && plan.boot_rec.gprs[0]) /* x0 is the device tree's address, wherever it went */
    plan.boot_rec.gprs[0] = segment(&plan, VCCA_ROLE_DTB)->ipa;
  return measure(&plan);
}

static bool same(struct vcca_rim a, struct vcca_rim b)
{
  return memcmp(a.value, b.value, sizeof a.value) == 0;
}

static void check_planted(uint64_t seed, bool two)
{
  bool arm = seed % 2;
  const struct deviation *a, *b;
  struct vcca_rim rim, none;
  make_plan(arm);
  none = planted(NULL, NULL, seed, arm);
  do { /* until both matter: what an image that is absent holds does not */
    a = draw_deviation(&seed, arm, NULL);
    b = two ? draw_deviation(&seed, arm, a) : NULL;
    rim = planted(a, b, seed, arm);
  } while (same(rim, none) ||
           (two && (same(rim, planted(a, NULL, seed, arm)) || same(rim, planted(NULL, b, seed, arm)))));
  struct vcca_rim_explanation e =
      explain(&vm.plan, vcca_rim_digest(&rim), (struct vcca_explain_options){.depth = two ? 2 : 1, .thorough = true});
  if (!found(&e, a->name, b ? b->name : NULL))
    fail_msg("%s with %s, %s: not among %zu findings of %llu", a->name, b ? b->name : "nothing",
             arm ? "arm" : "virtcca", e.count, (unsigned long long)e.tried);
  support_vm_free(&vm);
}

static void every_single_deviation_is_found(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= SINGLES; seed++)
    check_planted(seed, false);
}

static void every_pair_of_deviations_is_found(void **state)
{
  (void)state;
  for (uint64_t seed = 101; seed <= 100 + PAIRS; seed++)
    check_planted(seed, true);
}

struct forecasts {
  unsigned count, depth[2];
  uint64_t next[2], before[2];
};

static void on_forecast(void *ctx, unsigned depth, uint64_t next, uint64_t before)
{
  struct forecasts *f = ctx;
  assert_true(f->count < 2);
  f->depth[f->count] = depth;
  f->next[f->count] = next;
  f->before[f->count++] = before;
}

/* A VM without images: there are a few hundred thousand ways to deviate three times, all of them short. */
static void three_deviations_are_found_on_request(void **state)
{
  (void)state;
  make_plan(false);
  vm.plan.segment_count = 0;
  struct vcca_plan plan = vm.plan;
  plan.params.flags |= VCCA_REALM_SVE;
  plan.params.sve_vl = 3;
  plan.params.s2sz = 44;
  plan.vcpus = 5;
  struct vcca_rim rim = measure(&plan);
  struct forecasts seen = {0};
  struct vcca_explain_options o = {.depth = 2, .forecast = on_forecast, .progress_ctx = &seen};
  struct vcca_rim_explanation e = explain(&vm.plan, vcca_rim_digest(&rim), o);
  assert_int_equal(e.count, 0);
  assert_int_equal(seen.count, 1);
  uint64_t pairs = e.tried - e.deviations - 1;
  assert_int_equal(seen.depth[0], 2);
  assert_int_equal(seen.before[0], e.deviations + 1);
  assert_int_equal(seen.next[0], (uint64_t)e.deviations * (e.deviations - 1) / 2);
  assert_true(pairs <= seen.next[0]);
  o.depth = 3;
  seen.count = 0;
  e = explain(&vm.plan, vcca_rim_digest(&rim), o);
  assert_int_equal(e.count, 1);
  assert_int_equal(e.findings[0].count, 3);
  assert_true(names(&e.findings[0], 0, "sve") && names(&e.findings[0], 1, "s2sz") && names(&e.findings[0], 2, "vcpus"));
  assert_int_equal(seen.count, 2);
  assert_int_equal(seen.depth[1], 3);
  assert_true(e.tried - seen.before[1] <= seen.next[1]);
  o.depth = 4;
  struct vcca_error err;
  assert_false(vcca_rim_explain(&vm.plan, vcca_rim_digest(&rim), &o, &e, &err));
  support_vm_free(&vm);
}

static void the_plan_itself_is_found_and_nothing_is_searched(void **state)
{
  (void)state;
  make_plan(false);
  struct vcca_rim rim = measure(&vm.plan);
  struct vcca_rim_explanation e = explain(&vm.plan, vcca_rim_digest(&rim), (struct vcca_explain_options){.depth = 2});
  assert_int_equal(e.count, 1);
  assert_int_equal(e.findings[0].count, 0);
  assert_int_equal(e.tried, 1);
  e = explain(&vm.plan, VCCA_SPAN(rim.value), (struct vcca_explain_options){.depth = 2}); /* a whole register */
  assert_int_equal(e.count, 1);
  assert_false(e.other_hash);
  support_vm_free(&vm);
}

static void another_algorithm_is_told_by_its_length(void **state)
{
  (void)state;
  make_plan(true);
  vm.plan.params.hash_alg = VCCA_SHA512;
  vm.plan.params.flags |= 1;
  struct vcca_rim rim = measure(&vm.plan);
  vm.plan.params.hash_alg = VCCA_SHA256;
  vm.plan.params.flags &= ~(uint64_t)1;
  struct vcca_rim_explanation e = explain(&vm.plan, vcca_rim_digest(&rim), (struct vcca_explain_options){.depth = 1});
  assert_true(e.other_hash);
  assert_int_equal(e.alg, VCCA_SHA512);
  assert_int_equal(e.count, 1);
  assert_true(found(&e, "lpa2", NULL));
  assert_string_equal(e.findings[0].deviation[0].words, "the LPA2 flag is set");
  support_vm_free(&vm);
}

static void words_name_the_option(void **state)
{
  (void)state;
  make_plan(false);
  vm.plan.vcpus = 5;
  struct vcca_rim rim = measure(&vm.plan);
  vm.plan.vcpus = 2;
  struct vcca_rim_explanation e = explain(&vm.plan, vcca_rim_digest(&rim), (struct vcca_explain_options){.depth = 1});
  assert_int_equal(e.count, 1);
  assert_string_equal(e.findings[0].deviation[0].words, "5 vCPUs");
  assert_string_equal(e.findings[0].deviation[0].option, "--vcpus 5");
  support_vm_free(&vm);
}

static void the_findings_do_not_depend_on_threads(void **state)
{
  (void)state;
  make_plan(false);
  segment(&vm.plan, VCCA_ROLE_INITRD)->measured = false;
  segment(&vm.plan, VCCA_ROLE_DTB)->measured = false;
  struct vcca_rim rim = measure(&vm.plan);
  segment(&vm.plan, VCCA_ROLE_INITRD)->measured = true;
  segment(&vm.plan, VCCA_ROLE_DTB)->measured = true;
  struct vcca_rim_explanation one =
      explain(&vm.plan, vcca_rim_digest(&rim), (struct vcca_explain_options){.threads = 1});
  struct vcca_rim_explanation four =
      explain(&vm.plan, vcca_rim_digest(&rim), (struct vcca_explain_options){.threads = 4});
  assert_true(one.count >= 4); /* not measured or not there, each */
  assert_int_equal(one.tried, four.tried);
  assert_memory_equal(&one, &four, sizeof one);
  support_vm_free(&vm);
}

static void what_cannot_be_explained_is_not(void **state)
{
  (void)state;
  make_plan(false);
  vm.kernel[5000] ^= 1;
  struct vcca_rim rim = measure(&vm.plan);
  vm.kernel[5000] ^= 1;
  struct vcca_rim_explanation e = explain(&vm.plan, vcca_rim_digest(&rim), (struct vcca_explain_options){.depth = 1});
  assert_int_equal(e.count, 0);
  assert_true(e.deviations > 150);
  assert_int_equal(e.tried, e.deviations + 1);
  struct vcca_error err;
  uint8_t odd[31] = {0};
  assert_false(vcca_rim_explain(&vm.plan, VCCA_SPAN(odd), NULL, &e, &err));
  support_vm_free(&vm);
}

/* The kernel's bytes that are told to have been read, and whether only ever more. */
struct told {
  size_t kernel;
  bool in_order;
};

static void on_read(void *ctx, vcca_span image, size_t end)
{
  struct told *told = ctx;
  if (image.p != segment(&vm.plan, VCCA_ROLE_KERNEL)->content.p)
    return;
  told->in_order = told->in_order && end >= told->kernel && end <= image.n;
  told->kernel = end;
}

static void what_was_read_of_an_image_is_told(void **state)
{
  (void)state;
  static struct vcca_rim_explanation e;
  struct told told = {.in_order = true};
  struct vcca_error err = {0};
  struct vcca_rim rim;
  const struct vcca_explain_options o = {.depth = 1, .read = on_read, .read_ctx = &told};
  make_plan(false);
  vcca_plan_measure(&vm.plan, NULL, NULL, NULL, NULL, &rim);
  check_ok(vcca_rim_explain(&vm.plan, vcca_rim_digest(&rim), &o, &e, &err), &err, "explain");
  assert_true(told.in_order);
  assert_int_equal(told.kernel, KERNEL);
  support_vm_free(&vm);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_single_deviation_is_found),
      cmocka_unit_test(every_pair_of_deviations_is_found),
      cmocka_unit_test(three_deviations_are_found_on_request),
      cmocka_unit_test(the_plan_itself_is_found_and_nothing_is_searched),
      cmocka_unit_test(another_algorithm_is_told_by_its_length),
      cmocka_unit_test(words_name_the_option),
      cmocka_unit_test(the_findings_do_not_depend_on_threads),
      cmocka_unit_test(what_cannot_be_explained_is_not),
      cmocka_unit_test(what_was_read_of_an_image_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
