/* What a VMM model's VM was started with otherwise is found, alone and two at a time: planted through the
 * VMM's own words, with everything that follows from them. And what only a monitor or another VMM does, as
 * raw operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "explain/hypothesis.h"
#include "support.h"

enum { WORDS = 32 };

static uint8_t kernel[9 * VCCA_PAGE], initrd[5 * VCCA_PAGE + 11];

struct started {
  struct vcca_vmm_config config;
  struct vcca_host_caps host;
  struct vcca_vmm_images images;
  struct vcca_vmm_plan plan;
  char line[256]; /* the words */
};

static void start(const char *vmm, const char *words, struct started *s)
{
  struct vcca_error err = {0};
  const char *word[WORDS];
  size_t n = 0;
  uint64_t seed = 3;
  for (size_t i = 64; i < sizeof kernel; i++)
    kernel[i] = (uint8_t)support_draw(&seed);
  for (size_t i = 0; i < sizeof initrd; i++)
    initrd[i] = (uint8_t)support_draw(&seed);
  vcca_put_le64(kernel + 16, sizeof kernel + 5 * VCCA_PAGE);
  memcpy(kernel + 56, "ARM\x64", 4);
  memset(s, 0, sizeof *s);
  snprintf(s->line, sizeof s->line, "%s", words);
  for (char *at = s->line; *at && n < WORDS;) {
    word[n++] = at;
    at += strcspn(at, " ");
    if (*at)
      *at++ = '\0';
  }
  check_ok(vcca_host_caps_read(
               vcca_span_str("ipa_bits = 48\nnum_bps = 6\nnum_wps = 4\nsve_vl = 256\npmu = true\npmu_num_ctrs = 6\n"),
               &s->host, &err),
           &err, "host");
  s->images = (struct vcca_vmm_images){.kernel = VCCA_SPAN(kernel), .initrd = VCCA_SPAN(initrd)};
  check_ok(vcca_vmm_parse(vmm, word, n, NULL, NULL, &s->config, &err), &err, words);
  check_ok(vcca_vmm_plan(&s->config, &s->host, &s->images, VCCA_RULES_ARM_1_0, NULL, NULL, &s->plan, &err), &err,
           words);
}

static struct vcca_rim measure(const struct vcca_plan *plan)
{
  struct vcca_rim rim;
  vcca_plan_measure(plan, NULL, NULL, NULL, NULL, &rim);
  return rim;
}

static void explain(const struct started *s, const struct vcca_rim *rim, unsigned depth, struct vcca_rim_explanation *e)
{
  struct vcca_error err = {0};
  const struct vcca_rim_vm vm = {.config = &s->config, .host = &s->host, .images = &s->images};
  const struct vcca_explain_options o = {.vm = &vm, .depth = depth};
  check_ok(vcca_rim_explain(&s->plan.plan, vcca_rim_digest(rim), &o, e, &err), &err, "explain");
}

static bool says(const struct vcca_rim_finding *f, const char *option)
{
  for (unsigned i = 0; i < f->count; i++)
    if (strcmp(f->deviation[i].option, option) == 0)
      return true;
  return false;
}

/* Whether a finding is these options; b may be NULL. */
static bool found(const struct vcca_rim_explanation *e, const char *a, const char *b)
{
  for (size_t i = 0; i < e->count; i++)
    if (e->findings[i].count == (b ? 2u : 1u) && says(&e->findings[i], a) && (!b || says(&e->findings[i], b)))
      return true;
  return false;
}

#define QEMU "-M virt -object rme-guest,id=r,measurement-algorithm=sha256 -cpu host -kernel k -initrd i "
#define LKVM "--realm -k k -i i "
#define CLOUD "--kernel k --initramfs i --platform measurement_algo=sha256 "

static const struct {
  const char *vmm, *words, *other_vmm, *other, *option, *second;
} rows[] = {
    {"qemu", QEMU "-smp 2 -m 256M", "qemu", QEMU "-smp 3 -m 256M", "-smp 3", NULL},
    {"qemu", QEMU "-smp 2 -m 256M", "qemu", QEMU "-smp 2 -m 512M", "-m 512M", NULL},
    {"qemu", QEMU "-smp 2 -m 256M", "qemu", QEMU "-smp 2 -m 256M -M its=off", "-M its=off", NULL},
    {"qemu", QEMU "-smp 2 -m 256M", "qemu", QEMU "-smp 2 -m 256M -cpu host,pmu=off", "-cpu host,pmu=off", NULL},
    {"qemu", QEMU "-smp 2 -m 256M", "qemu", QEMU "-smp 12 -m 128M", "-smp 12", "-m 128M"},
    {"qemu", QEMU "-smp 2 -m 256M", "qemu", QEMU "-smp 1 -m 256M -cpu host,num-breakpoints=3", "-smp 1", "--num-bps 3"},
    {"kvmtool", LKVM "-c 2 -m 256M", "kvmtool-arm", LKVM "-c 2 -m 256M", "profile kvmtool-arm", NULL},
    {"kvmtool", LKVM "-c 2 -m 256M", "kvmtool", LKVM "-c 2 -m 128M", "-m 128M", NULL},
    {"kvmtool", LKVM "-c 2 -m 256M", "kvmtool", LKVM "-c 1 -m 256M", "-c 1", NULL},
    {"kvmtool-linaro", LKVM "-c 2 -m 256M", "kvmtool-arm", LKVM "-c 4 -m 256M", "profile kvmtool-arm", "-c 4"},
    {"kvmtool", LKVM "-c 2 -m 256M", "kvmtool", LKVM "-c 2 -m 256M --irqchip gicv3", "--irqchip gicv3", NULL},
    {"cloud-hypervisor", CLOUD "--cpus boot=2 --memory size=256M", "cloud-hypervisor",
     CLOUD "--cpus boot=2 --memory size=512M", "--memory size=512M", NULL},
    {"cloud-hypervisor", CLOUD "--cpus boot=2 --memory size=256M", "cloud-hypervisor",
     CLOUD "--cpus boot=3 --memory size=512M", "--memory size=512M", "--cpus boot=3"},
};

static void what_was_started_otherwise_is_found_in_the_vmms_words(void **state)
{
  (void)state;
  static struct started said, was;
  static struct vcca_rim_explanation e;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    start(rows[i].vmm, rows[i].words, &said);
    start(rows[i].other_vmm, rows[i].other, &was);
    struct vcca_rim rim = measure(&was.plan.plan);
    explain(&said, &rim, rows[i].second ? 2 : 1, &e);
    if (!found(&e, rows[i].option, rows[i].second))
      fail_msg("%s %s as %s %s: not found in %zu findings", rows[i].vmm, rows[i].words, rows[i].other_vmm,
               rows[i].other, e.count);
    vcca_vmm_plan_free(&said.plan);
    vcca_vmm_plan_free(&was.plan);
  }
}

static bool names(const struct vcca_rim_explanation *e, const char *wanted)
{
  for (size_t i = 0; i < e->count; i++) {
    const char *name = "", *group, *words;
    if (e->findings[i].count == 1 && vcca_hypothesis_at(e->findings[i].hypothesis[0], &name, &group, &words) &&
        strcmp(name, wanted) == 0)
      return true;
  }
  return false;
}

/* --- Raw operations ------------------------------------------------------------------------------------- */

static void populate(struct vcca_rim *rim, const struct vcca_segment *s, uint8_t fill)
{
  for (uint64_t at = 0; at < s->size; at += VCCA_PAGE) {
    uint8_t page[VCCA_PAGE], digest[VCCA_HASH_MAX];
    memset(page, fill, sizeof page);
    if (at < s->content.n)
      memcpy(page, s->content.p + at, s->content.n - at < VCCA_PAGE ? s->content.n - at : VCCA_PAGE);
    vcca_hash(rim->hash_alg, VCCA_SPAN(page), digest);
    (void)vcca_rim_data(rim, s->ipa + at, s->measured ? digest : NULL);
  }
}

/* RAM in blocks of a size, aligned. */
static void init_ripas(struct vcca_rim *rim, uint64_t base, uint64_t top, uint64_t block)
{
  for (; base < top; base += block)
    (void)vcca_rim_ripas(rim, base, base + block);
}

static void an_early_qemus_order_is_found(void **state)
{
  (void)state;
  static struct started said;
  static struct vcca_rim_explanation e;
  struct vcca_rim rim = {.hash_alg = VCCA_SHA256};
  start("qemu", QEMU "-smp 1 -m 128M", &said);
  const struct vcca_plan *plan = &said.plan.plan;
  vcca_rim_create(&rim, plan->rules, &plan->params);
  (void)vcca_rim_rec(&rim, &plan->boot_rec, NULL);
  for (size_t i = plan->segment_count; i-- > 0;) { /* kernel and initrd are no multiples of 2 MiB: granules */
    init_ripas(&rim, plan->segments[i].ipa, plan->segments[i].ipa + plan->segments[i].size, VCCA_PAGE);
    populate(&rim, &plan->segments[i], 0);
  }
  explain(&said, &rim, 1, &e);
  assert_true(names(&e, "vmm_version"));
  vcca_vmm_plan_free(&said.plan);
}

static void ripas_by_granules_is_found(void **state)
{
  (void)state;
  static struct started said;
  static struct vcca_rim_explanation e;
  struct vcca_rim rim = {.hash_alg = VCCA_SHA256};
  start("qemu", QEMU "-smp 1 -m 128M", &said);
  const struct vcca_plan *plan = &said.plan.plan;
  vcca_rim_create(&rim, plan->rules, &plan->params);
  init_ripas(&rim, plan->ram_base, plan->ram_base + ((uint64_t)128 << 20), VCCA_PAGE);
  for (size_t i = 0; i < plan->segment_count; i++)
    populate(&rim, &plan->segments[i], 0);
  (void)vcca_rim_rec(&rim, &plan->boot_rec, NULL);
  explain(&said, &rim, 1, &e);
  assert_true(names(&e, "ripas_blocks"));
  vcca_vmm_plan_free(&said.plan);
}

static void a_known_hosts_parameters_are_found(void **state)
{
  (void)state;
  static struct started said;
  static struct vcca_rim_explanation e;
  start("qemu", QEMU "-smp 1 -m 128M", &said);
  struct vcca_plan fvp = said.plan.plan;
  fvp.params = (struct vcca_realm_params){
      .flags = 7, .s2sz = fvp.params.s2sz, .sve_vl = 3, .num_bps = 15, .num_wps = 15, .pmu_num_ctrs = 8};
  struct vcca_rim rim = measure(&fvp);
  explain(&said, &rim, 1, &e);
  assert_true(names(&e, "host"));
  vcca_vmm_plan_free(&said.plan);
}

/* --- virtCCA -------------------------------------------------------------------------------------------- */

static struct support_vm vm;

static void explain_vm(const struct vcca_rim *rim, const struct vcca_rim_vm *made, struct vcca_rim_explanation *e)
{
  struct vcca_error err = {0};
  const struct vcca_explain_options o = {.vm = made, .depth = 1};
  check_ok(vcca_rim_explain(&vm.plan, vcca_rim_digest(rim), &o, e, &err), &err, "explain");
}

/* Raw operations of a virtCCA VM with one thing done otherwise. */
static struct vcca_rim operate(enum vcca_rules_id data_rules, enum vcca_rules_id rec_rules, uint8_t initrd_fill)
{
  const struct vcca_plan *plan = &vm.plan;
  static const struct vcca_rec_params other;
  struct vcca_rim rim = {.hash_alg = VCCA_SHA256};
  vcca_rim_create(&rim, plan->rules, &plan->params);
  for (size_t i = 0; i < plan->segment_count; i++) {
    rim.rules = data_rules;
    populate(&rim, &plan->segments[i], plan->segments[i].role == VCCA_ROLE_INITRD ? initrd_fill : 0);
  }
  rim.rules = rec_rules;
  for (unsigned i = 0; i < plan->vcpus; i++)
    (void)vcca_rim_rec(&rim, i == 0 ? &plan->boot_rec : &other, NULL);
  return rim;
}

static void one_rule_of_another_monitor_is_found(void **state)
{
  (void)state;
  static struct vcca_rim_explanation e;
  support_vm_make(&vm, (struct vcca_vm){.profile = "virtcca", .vcpus = 3});
  struct vcca_rim rim = operate(VCCA_RULES_ARM_1_0, VCCA_RULES_VIRTCCA, 0); /* the hole extends */
  explain_vm(&rim, NULL, &e);
  assert_true(names(&e, "rule"));
  rim = operate(VCCA_RULES_VIRTCCA, VCCA_RULES_ARM_1_0, 0); /* RECs as pages, and only the first */
  explain_vm(&rim, NULL, &e);
  assert_true(names(&e, "rule"));
  rim = operate(VCCA_RULES_VIRTCCA, VCCA_RULES_VIRTCCA, 0xff);
  explain_vm(&rim, NULL, &e);
  assert_true(names(&e, "last_page"));
  support_vm_free(&vm);
}

static void a_device_tree_of_another_size_is_found(void **state)
{
  (void)state;
  static struct vcca_rim_explanation e;
  static uint8_t padded[0x10000];
  struct vcca_error err = {0};
  struct vcca_plan plan;
  support_vm_make(&vm, (struct vcca_vm){.profile = "virtcca", .vcpus = 1});
  memcpy(padded, vm.dtb.p, vm.dtb.n);
  vcca_put_be32(padded + 4, sizeof padded);
  struct vcca_vm other = vm.vm;
  other.dtb = VCCA_SPAN(padded);
  check_ok(vcca_plan_vm(&other, &plan, &err), &err, "plan");
  struct vcca_rim rim = measure(&plan);
  explain_vm(&rim, &(struct vcca_rim_vm){.vm = &vm.vm}, &e);
  assert_true(names(&e, "dtb_size"));
  support_vm_free(&vm);
}

/* virtCCA encodes 2048 bits, the most there is, as 16: what is one more can only be another way to encode
 * them. */
static void another_encoding_of_the_vector_length_is_found(void **state)
{
  (void)state;
  static struct vcca_rim_explanation e;
  support_vm_make(&vm, (struct vcca_vm){.profile = "virtcca", .vcpus = 1, .sve_bits = 2048});
  struct vcca_plan other = vm.plan;
  assert_int_equal(other.params.sve_vl, 16);
  other.params.sve_vl = 17;
  struct vcca_rim rim = measure(&other);
  explain_vm(&rim, NULL, &e);
  assert_true(names(&e, "sve_encoding"));
  support_vm_free(&vm);
}

static void a_vm_without_an_initrd_is_found(void **state)
{
  (void)state;
  static struct vcca_rim_explanation e;
  struct vcca_error err = {0};
  struct vcca_plan plan;
  support_vm_make(&vm, (struct vcca_vm){.profile = "virtcca", .vcpus = 1});
  struct vcca_vm other = vm.vm;
  other.initrd = vcca_span_of(NULL, 0);
  check_ok(vcca_plan_vm(&other, &plan, &err), &err, "plan");
  struct vcca_rim rim = measure(&plan);
  explain_vm(&rim, &(struct vcca_rim_vm){.vm = &vm.vm}, &e);
  assert_true(names(&e, "without"));
  support_vm_free(&vm);
}

/* The hypothesis that changes them has a value for each. */
static void every_model_and_profile_is_tried(void **state)
{
  (void)state;
  for (size_t i = 0; i < hypothesis_count; i++)
    if (hypotheses[i].change == change_vmm) {
      assert_null(vcca_vmm_name(hypotheses[i].values, NULL));
      assert_null(vcca_profile_name(hypotheses[i].values));
      return;
    }
  fail_msg("no hypothesis changes the model or the profile");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_started_otherwise_is_found_in_the_vmms_words),
      cmocka_unit_test(an_early_qemus_order_is_found),
      cmocka_unit_test(ripas_by_granules_is_found),
      cmocka_unit_test(a_known_hosts_parameters_are_found),
      cmocka_unit_test(one_rule_of_another_monitor_is_found),
      cmocka_unit_test(a_device_tree_of_another_size_is_found),
      cmocka_unit_test(another_encoding_of_the_vector_length_is_found),
      cmocka_unit_test(a_vm_without_an_initrd_is_found),
      cmocka_unit_test(every_model_and_profile_is_tried),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
