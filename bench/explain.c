/* How long it takes to explain a RIM: a virtCCA direct boot with a kernel of 64 MiB, deviations planted one and two at a time.
 *
 *   bench_explain [SINGLES [PAIRS [MIB]]]     default 30, 20 and 64
 *
 * Exits with 1 when one was not found or a pair took two minutes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "vcca/explain.h"

enum { SEGMENT_LOADER, SEGMENT_KERNEL, SEGMENT_HOLE, SEGMENT_INITRD, SEGMENT_DTB };

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(uint64_t *seed)
{
  uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

static void fill(uint8_t *p, size_t n, uint64_t seed)
{
  for (size_t i = 0; i + 8 <= n; i += 8)
    vcca_put_le64(p + i, draw(&seed));
}

/* --- Deviations ----------------------------------------------------------------------------------------- */

enum { DEVIATIONS = 12 };
static const char *const names[DEVIATIONS] = {"sve",      "pmu",     "s2sz",  "lpa2",    "num_bps", "num_wps",
                                              "measured", "shifted", "order", "padding", "vcpus",   "x0"};

/* Changes the plan the d-th way. The loader is the plan's own, so that it can be linked anew. */
static void plant(struct vcca_plan *plan, unsigned d, uint64_t *seed)
{
  struct vcca_segment *s = plan->segments, dtb;
  struct vcca_realm_params *p = &plan->params;
  switch (d) {
  case 0:
    p->flags |= VCCA_REALM_SVE;
    p->sve_vl = 1 + draw(seed) % 16;
    break;
  case 1:
    p->flags |= VCCA_REALM_PMU;
    p->pmu_num_ctrs = 1 + draw(seed) % 31;
    break;
  case 2:
    p->s2sz = 41 + draw(seed) % 12;
    break;
  case 3:
    p->flags |= VCCA_REALM_LPA2;
    break;
  case 4:
    p->num_bps = 1 + draw(seed) % 15;
    break;
  case 5:
    p->num_wps = 1 + draw(seed) % 15;
    break;
  case 6:
    s[SEGMENT_INITRD].measured = false;
    break;
  case 7:
    s[SEGMENT_KERNEL].ipa += 0x200000;
    vcca_put_le64(plan->loader + 32, s[SEGMENT_KERNEL].ipa);
    break;
  case 8:
    dtb = s[SEGMENT_DTB];
    memmove(s + 1, s, SEGMENT_DTB * sizeof *s);
    s[0] = dtb;
    break;
  case 9:
    for (size_t i = 0; i < plan->segment_count; i++)
      if (s[i].role == VCCA_ROLE_DTB)
        s[i].size = 0x10000;
    break;
  case 10:
    plan->vcpus = 5 + (unsigned)(draw(seed) % 60);
    break;
  default:
    plan->boot_rec.gprs[0] = plan->ram_base;
    break;
  }
}

static bool finding_has(const struct vcca_rim_finding *f, unsigned d)
{
  for (unsigned i = 0; i < f->count; i++) {
    const char *name = "", *group, *words;
    if (vcca_hypothesis_at(f->hypothesis[i], &name, &group, &words) && strcmp(name, names[d]) == 0)
      return true;
  }
  return false;
}

static bool found(const struct vcca_rim_explanation *e, unsigned a, unsigned b, unsigned count)
{
  for (size_t i = 0; i < e->count; i++)
    if (e->findings[i].count == count && finding_has(&e->findings[i], a) &&
        (count == 1 || finding_has(&e->findings[i], b)))
      return true;
  return false;
}

/* Seconds that the explanation took; negative when it was not found. */
static double explain(const struct vcca_plan *plan, uint64_t seed, bool two)
{
  struct vcca_plan planted = *plan;
  planted.segments[SEGMENT_LOADER].content = VCCA_SPAN(planted.loader);
  unsigned a = (unsigned)(draw(&seed) % DEVIATIONS),
           b = (a + 1 + (unsigned)(draw(&seed) % (DEVIATIONS - 1))) % DEVIATIONS;
  unsigned first = two && b < a ? b : a; /* order moves segments: what follows it finds them by role */
  plant(&planted, first, &seed);
  if (two)
    plant(&planted, first == a ? b : a, &seed);
  struct vcca_rim rim;
  vcca_plan_measure(&planted, NULL, NULL, NULL, NULL, &rim);
  static struct vcca_rim_explanation e;
  struct vcca_error err;
  double start = now();
  bool ok = vcca_rim_explain(plan, vcca_rim_digest(&rim), NULL, &e, &err) && found(&e, a, b, two ? 2 : 1);
  double t = now() - start;
  printf("%-10s %-10s %8.2f s  %7llu measurements  %s\n", names[a], two ? names[b] : "", t, (unsigned long long)e.tried,
         ok ? "found" : "NOT FOUND");
  fflush(stdout);
  return ok ? t : -1;
}

static bool round_of(const struct vcca_plan *plan, unsigned n, bool two, double limit)
{
  double longest = 0;
  bool ok = true;
  for (unsigned i = 0; i < n; i++) {
    double t = explain(plan, (two ? 1000u : 0u) + i, two);
    longest = t > longest ? t : longest;
    ok = ok && t >= 0 && t <= limit;
  }
  printf("%u %s: the longest took %.2f s\n", n, two ? "pairs" : "alone", longest);
  return ok;
}

int main(int argc, char **argv)
{
  unsigned singles = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 30,
           pairs = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 20;
  size_t kernel_size = (argc > 3 ? strtoul(argv[3], NULL, 10) : 64) << 20, initrd_size = 1000000;
  uint8_t *kernel = malloc(kernel_size), *initrd = malloc(initrd_size);
  static struct vcca_plan plan;
  struct vcca_vm vm = {.profile = "virtcca", .vcpus = 4};
  struct vcca_bytes dtb = {NULL, 0};
  struct vcca_error err;
  if (!kernel || !initrd || kernel_size == 0)
    return 3;
  fill(kernel, kernel_size, 1);
  fill(initrd, initrd_size, 2);
  memset(kernel, 0, 64); /* an Image header (Documentation/arch/arm64/booting.rst) */
  vcca_put_le64(kernel + 16, kernel_size);
  memcpy(kernel + 56, "ARM\x64", 4);
  vm.kernel = vcca_span_of(kernel, kernel_size);
  vm.initrd = vcca_span_of(initrd, initrd_size);
  bool ok = vcca_plan_with_dtb(&vm, NULL, &plan, &dtb, &err);
  ok = ok && round_of(&plan, singles, false, 120);
  ok = ok && round_of(&plan, pairs, true, 120);
  free(kernel);
  free(initrd);
  vcca_bytes_free(&dtb);
  return ok ? 0 : 1;
}
