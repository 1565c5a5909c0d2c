/* Bytes as choices: a VM of every profile and VMM model, from odd numbers, sizes and words. Whatever is
 * planned holds together: segments are apart and where memory is, the RIM is the chain of the steps that
 * are told (computed here once more, by hand), a trace that is written and read again is the same, and
 * `explain` knows the plan's own RIM.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rooms/account.h"
#include "rooms/explain.h"
#include "vcca/vmm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
  WORDS = 48,
  IMAGE = 200000,
  GRANULES_MAX = 4000,
  STEPS_READ_AGAIN = 600,
  STEPS_EXPLAINED = 60,
  RIPAS_MAX = 100000
};

struct choices {
  const uint8_t *p;
  size_t n;
};

static void must(bool holds)
{
  if (!holds)
    abort();
}

static unsigned choose(struct choices *c, unsigned n)
{
  if (c->n == 0 || n == 0)
    return 0;
  c->n--;
  return *c->p++ % n;
}

/* Mostly numbers at which something changes, or next to them. */
static uint64_t number(struct choices *c)
{
  static const uint64_t odd[] = {0,
                                 1,
                                 2,
                                 4096,
                                 0x10000,
                                 0x80000,
                                 0x200000,
                                 0x400000,
                                 64 << 20,
                                 126 << 20,
                                 128 << 20,
                                 256 << 20,
                                 512 << 20,
                                 1u << 30,
                                 3u << 30,
                                 (uint64_t)1 << 36,
                                 (uint64_t)1 << 40,
                                 (uint64_t)1 << 47,
                                 (uint64_t)1 << 48,
                                 UINT64_MAX - 4095,
                                 UINT64_MAX};
  unsigned kind = choose(c, 6);
  if (kind == 0) {
    uint64_t v = 0;
    for (unsigned i = choose(c, 8); i > 0; i--)
      v = v << 8 | choose(c, 256);
    return v;
  }
  uint64_t v = odd[choose(c, sizeof odd / sizeof *odd)];
  return kind == 1 ? v - 1 : kind == 2 ? v + 1 : kind == 3 ? v + 4096 : v;
}

/* --- What a plan must be ---------------------------------------------------------------------------------- */

/* RmmMeasurementDescriptor*, written down once more. */
static void extend(enum vcca_hash_alg alg, const struct vcca_trace_step *s, uint8_t rim[VCCA_HASH_MAX])
{
  static const uint8_t types[] = {[VCCA_STEP_DATA] = 0, [VCCA_STEP_REC] = 1, [VCCA_STEP_RIPAS] = 2};
  uint8_t d[256] = {types[s->kind], [9] = 1};
  memcpy(d + 16, rim, VCCA_HASH_MAX);
  if (s->kind == VCCA_STEP_REC) {
    memcpy(d + 0x50, s->content, VCCA_HASH_MAX);
  } else {
    vcca_put_le64(d + 0x50, s->base);
    vcca_put_le64(d + 0x58, s->kind == VCCA_STEP_RIPAS ? s->top : s->flags);
  }
  if (s->kind == VCCA_STEP_DATA)
    memcpy(d + 0x60, s->content, VCCA_HASH_MAX);
  memset(rim, 0, VCCA_HASH_MAX);
  vcca_hash(alg, VCCA_SPAN(d), rim);
}

static void check_segments(const struct vcca_plan *plan, unsigned own_bits, uint64_t *granules)
{
  must(plan->segment_count <= VCCA_SEGMENTS && plan->ripas_count <= VCCA_RIPAS_RANGES && plan->vcpus <= VCCA_VCPUS_MAX);
  for (size_t i = 0; i < plan->segment_count; i++) {
    const struct vcca_segment *s = &plan->segments[i];
    must(s->size > 0 && s->ipa % VCCA_PAGE == 0 && s->size % VCCA_PAGE == 0 && s->content.n <= s->size &&
         s->lead <= s->content.n);
    must(i == 0 || s->ipa >= s[-1].ipa + s[-1].size);
    must(s->ipa + s->size <= (uint64_t)1 << own_bits);
    must(s->role == VCCA_ROLE_FIRMWARE ||
         (s->ipa >= plan->ram_base && s->ipa + s->size <= plan->ram_base + plan->ram_size));
    *granules += s->measured || plan->rules != VCCA_RULES_VIRTCCA ? s->size / VCCA_PAGE : 0;
  }
  for (size_t i = 0; i < plan->ripas_count; i++)
    must(plan->ripas[i].base < plan->ripas[i].top && plan->ripas[i].top <= (uint64_t)1 << own_bits);
}

static void check_again(const struct vcca_rim_trace *trace)
{
  char *text = NULL;
  size_t n = 0;
  FILE *out = open_memstream(&text, &n);
  static const uint8_t none[VCCA_HASH_MAX];
  struct vcca_rim_trace again;
  struct vcca_rim_diff diff;
  struct vcca_error err = {0};
  must(out != NULL);
  for (size_t i = 0; i < trace->count; i++) {
    const struct vcca_trace_step *s = &trace->steps[i];
    const struct vcca_rim_step step = {
        s->kind, s->base, s->top, s->flags, s->has_content ? s->content : NULL, i ? s[-1].rim : none, s->rim};
    vcca_account_json(out, i, trace->alg, &step);
  }
  must(fclose(out) == 0 && vcca_trace_read(vcca_span_of(text, n), NULL, &again, &err));
  must(vcca_rim_diff(trace, &again, &diff, &err) && vcca_rim_diff_same(&diff) && diff.equal == trace->count);
  vcca_rim_diff_free(&diff);
  vcca_trace_free(&again);
  free(text);
}

static void check_explanation(const struct vcca_plan *plan, const struct vcca_rim_trace *trace, struct choices *c)
{
  static struct vcca_rim_explanation e;
  const struct vcca_explain_options options = {.depth = 1, .threads = 1, .thorough = choose(c, 16) == 1};
  struct vcca_error err = {0};
  uint8_t rim[VCCA_HASH_MAX];
  memcpy(rim, trace->steps[trace->count - 1].rim, sizeof rim);
  must(vcca_rim_explain(plan, vcca_span_of(rim, vcca_hash_size(trace->alg)), &options, &e, &err));
  must(e.count > 0 && e.findings[0].count == 0);
}

static void check_plan(const struct vcca_plan *plan, struct choices *c)
{
  struct vcca_rim_trace trace;
  struct vcca_error err = {0};
  uint64_t granules = 0;
  bool arm = plan->rules != VCCA_RULES_VIRTCCA;
  check_segments(plan, (unsigned)plan->params.s2sz - arm, &granules);
  if (granules > GRANULES_MAX)
    return;
  must(vcca_trace_plan(plan, &trace, &err));
  must(trace.count > 0 && trace.count <= 1 + granules + plan->vcpus + RIPAS_MAX);
  uint8_t rim[VCCA_HASH_MAX];
  memcpy(rim, trace.steps[0].rim, sizeof rim);
  for (size_t i = 1; i < trace.count; i++) {
    extend(trace.alg, &trace.steps[i], rim);
    must(memcmp(rim, trace.steps[i].rim, sizeof rim) == 0);
  }
  struct vcca_rim whole;
  vcca_plan_measure(plan, NULL, NULL, NULL, NULL, &whole);
  must(memcmp(whole.value, rim, sizeof rim) == 0);
  if (trace.count <= STEPS_READ_AGAIN)
    check_again(&trace);
  if (trace.count <= STEPS_EXPLAINED && choose(c, 8) == 1)
    check_explanation(plan, &trace, c);
  vcca_trace_free(&trace);
}

/* --- Making one ------------------------------------------------------------------------------------------- */

static uint8_t memory[3][IMAGE];

/* The i-th image: some bytes that are not zero, of an odd size. */
static vcca_span image(struct choices *c, unsigned i, size_t least)
{
  static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 60000, 65536, 65537, IMAGE};
  size_t n = sizes[choose(c, sizeof sizes / sizeof *sizes)];
  memory[i][70] = memory[i][n / 2] = (uint8_t)choose(c, 256);
  return vcca_span_of(memory[i], n > least ? n : least);
}

static vcca_span kernel(struct choices *c)
{
  static const uint8_t magic[] = {'A', 'R', 'M', 0x64};
  uint8_t *header = memory[0];
  vcca_span k = image(c, 0, choose(c, 32) == 1 ? 0 : 64);
  vcca_put_le64(header + 8, choose(c, 3) == 0 ? number(c) : 0);
  vcca_put_le64(header + 16, choose(c, 3) == 0 ? number(c) : 0x40000);
  memcpy(header + 56, magic, sizeof magic);
  return k;
}

static void plan_profile(const char *profile, struct choices *c)
{
  struct vcca_vm vm = {.profile = profile};
  struct vcca_plan plan;
  struct vcca_bytes dtb = {0};
  struct vcca_error err = {0};
  unsigned parts = choose(c, 8);
  if (parts % 4 != 3)
    vm.kernel = kernel(c);
  if (parts == 2 || parts == 7)
    vm.initrd = image(c, 1, 0);
  if (parts >= 6 || parts == 3)
    vm.firmware = image(c, 2, 0);
  vm.vcpus = (unsigned)(choose(c, 2) ? choose(c, 9) : number(c));
  vm.ram_size = choose(c, 2) ? number(c) : 0;
  vm.ram_base = choose(c, 8) == 1 ? number(c) : 0;
  vm.s2sz = choose(c, 2) ? 32 + choose(c, 22) : 0;
  vm.sve_bits = choose(c, 3) == 1 ? 128 * choose(c, 18) : 0;
  vm.pmu_counters = choose(c, 3) == 1 ? choose(c, 34) : 0;
  vm.num_bps = choose(c, 4) == 1 ? choose(c, 70) : 0;
  vm.hash_alg = (enum vcca_hash_alg)choose(c, VCCA_HASH_ALGS);
  bool ok = vcca_plan_with_dtb(&vm, choose(c, 2) ? "root=/dev/vda" : NULL, &plan, &dtb, &err);
  must(ok || (err.fault != VCCA_FAULT_NONE && err.text[0] != '\0'));
  if (ok)
    check_plan(&plan, c);
  vcca_bytes_free(&dtb);
}

/* Options of a model, and how their values look: # is a number, S a size, C a count, B a switch, other text
 * is itself. */
struct words {
  const char *vmm;
  const char *options[20][4]; /* option, values */
};
static const struct words models[] = {
    {"qemu",
     {{"-m", "S", "S,slots=#,maxmem=S", "size=S"},
      {"-smp", "C", "C,sockets=C,cores=C", "cpus=C,threads=C,maxcpus=C"},
      {"-kernel", "k"},
      {"-initrd", "i"},
      {"-bios", "f"},
      {"-append", "", "root=/dev/vda"},
      {"-M", "virt,its=B", "virt,gic-version=#"},
      {"-cpu", "host,sve=B,pmu=B", "host,sve512=B,sve128=B", "host,num-breakpoints=#,num-pmu-counters=C"},
      {"-object", "rme-guest,measurement-log=B", "rme-guest,measurement-algorithm=sha256",
       "rme-guest,personalization-value=AAAA"}}},
    {"kvmtool-arm",
     {{"--mem", "S", "C"},
      {"-m", "512", "S"},
      {"-c", "C", "#"},
      {"--cpus", "2"},
      {"-k", "k"},
      {"-i", "i"},
      {"--firmware", "f"},
      {"--firmware-address", "#", "S"},
      {"-p", "x"},
      {"--measurement-log"},
      {"--pmu"},
      {"--pmu-counters", "C"},
      {"--sve-max-vl", "#", "256"},
      {"--disable-sve"},
      {"--irqchip", "gicv3-its", "gicv3"},
      {"--measurement-algo", "sha512"},
      {"--force-pci"}}},
    {"kvmtool",
     {{"-m", "512", "S"},
      {"-c", "C"},
      {"-k", "k"},
      {"-i", "i"},
      {"-f", "f"},
      {"--firmware", "f"},
      {"--firmware-address", "#"},
      {"--measurement-log"},
      {"-p", "quiet"}}},
    {"cloud-hypervisor",
     {{"--cpus", "boot=C", "boot=#"},
      {"--memory", "size=S"},
      {"--kernel", "k"},
      {"--initramfs", "i"},
      {"--cmdline", "x"},
      {"--serial", "off", "tty"},
      {"--platform", "measurement_algo=sha512", "personalization_value=AA=="}}},
};

/* Writes a value by its pattern. */
static const char *value(struct choices *c, const char *pattern, char *text, size_t cap)
{
  static const char units[] = "BKMGTP", *const switches[] = {"on", "off", "auto"};
  static const unsigned counts[] = {0, 1, 2, 3, 4, 16, 17, 123, 124, 511, 512, 513, 31, 64};
  size_t n = 0;
  for (; *pattern && n + 24 < cap; pattern++) {
    int wrote = 1;
    if (*pattern == '#')
      wrote = snprintf(text + n, cap - n, "%llu", (unsigned long long)number(c));
    else if (*pattern == 'C')
      wrote = snprintf(text + n, cap - n, "%u", counts[choose(c, sizeof counts / sizeof *counts)]);
    else if (*pattern == 'S')
      wrote = choose(c, 2) ? snprintf(text + n, cap - n, "%u%c", 1u << choose(c, 12), units[choose(c, 6)])
                           : snprintf(text + n, cap - n, "%lluB", (unsigned long long)number(c));
    else if (*pattern == 'B')
      wrote = snprintf(text + n, cap - n, "%s", switches[choose(c, 3)]);
    else
      text[n] = *pattern;
    n += wrote > 0 ? (size_t)wrote : 0;
  }
  text[n] = '\0';
  return text;
}

static size_t write_words(const struct words *model, struct choices *c, char text[WORDS][128], const char *out[WORDS])
{
  size_t options = 0, n = 0;
  while (options < 20 && model->options[options][0])
    options++;
  for (unsigned left = 2 + choose(c, 10); left > 0 && n + 2 <= WORDS; left--) {
    const char *const *option = model->options[choose(c, (unsigned)options)];
    size_t values = 1;
    while (values < 4 && option[values])
      values++;
    out[n++] = option[0];
    if (values > 1) {
      out[n] = value(c, option[1 + choose(c, (unsigned)values - 1)], text[n], sizeof text[n]);
      n++;
    }
  }
  return n;
}

/* A host that has what VMs ask for, or little. */
static void host(struct choices *c, struct vcca_host_caps *caps)
{
  static const char *const texts[] = {
      "num_bps = 6\nnum_wps = 4\n",
      "num_bps=64\nnum_wps=64\nipa_bits=52\nlpa2=true\nsve_vl=2048\npmu=true\npmu_num_ctrs=31\n",
      "num_bps=2\nnum_wps=2\nipa_bits=32\nsve_vl=0\npmu=false\n",
      "ipa_bits = 40\nhash_algo = \"RmiHashSha512\"\nnum_bps=6\nnum_wps=6\npmu=true\npmu_num_ctrs=6\nsve_vl=384\n"};
  must(vcca_host_caps_read(vcca_span_str(texts[choose(c, 4)]), caps, NULL));
}

static void plan_model(const struct words *model, struct choices *c)
{
  static char text[WORDS][128];
  const char *words[WORDS];
  struct vcca_host_caps caps = {.known = {false}};
  struct vcca_vmm_config config;
  struct vcca_vmm_plan out;
  struct vcca_error err = {0};
  host(c, &caps);
  struct vcca_vmm_images images = {.kernel = kernel(c), .initrd = image(c, 1, 1), .firmware = image(c, 2, 1)};
  enum vcca_rules_id rules = choose(c, 3) == 1 ? VCCA_RULES_ARM_2_0 : VCCA_RULES_ARM_1_0;
  size_t count = write_words(model, c, text, words);
  bool ok = vcca_vmm_parse(model->vmm, words, count, NULL, NULL, &config, &err);
  if (ok) {
    ok = vcca_vmm_plan(&config, &caps, &images, rules, NULL, NULL, &out, &err);
    if (ok)
      check_plan(&out.plan, c);
    vcca_vmm_plan_free(&out);
  }
  must(ok || (err.fault != VCCA_FAULT_NONE && err.text[0] != '\0'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const profiles[] = {"virtcca", "virtcca-2025", "kata", "arm", "arm"};
  enum { PROFILES = sizeof profiles / sizeof *profiles, MODELS = sizeof models / sizeof *models };
  struct choices c = {data, size};
  for (unsigned i = 0; i < 3; i++)
    memset(memory[i], 0, 70001);
  unsigned which = choose(&c, PROFILES + MODELS);
  if (which < PROFILES)
    plan_profile(profiles[which], &c);
  else
    plan_model(&models[which - PROFILES], &c);
  return 0;
}
