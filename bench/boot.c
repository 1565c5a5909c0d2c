/* What a VM costs that is built by RMI or TMI calls, against measuring the same plan offline: same images, same engine, one run.
 *
 *   bench_boot [MIB]     size of the kernel; default 64
 *
 * A boot is a machine, a host, and every call from REALM_CREATE (CVM_CREATE) to ACTIVATE; its RIM must be the plan's. Offline and boot
 * take turns and each figure is the best of a few, since the machine may have other work.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "vcca/boot.h"

enum { RUNS = 15 };

static void give_up(const char *what, const struct vcca_error *err)
{
  char text[800];
  fprintf(stderr, "bench_boot: %s: %s\n", what, vcca_error_text(err, text, sizeof text));
  exit(1);
}

/* An arm64 Image header (Documentation/arch/arm64/booting.rst), then xorshift64 noise (Marsaglia 2003): no
 * page is zero, no two are the same. */
static void make_kernel(uint8_t *kernel, size_t size)
{
  uint64_t x = 0x76636361;
  for (size_t i = 0; i < size; i += 8) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    vcca_put_le64(kernel + i, x);
  }
  memset(kernel, 0, 64);
  vcca_put_le64(kernel + 16, size);
  memcpy(kernel + 56, "ARM\x64", 4);
}

static void boot(const struct vcca_plan *plan, struct vcca_realm_info *info)
{
  struct vcca_error err;
  struct vcca_booted booted;
  bool virtcca = plan->rules == VCCA_RULES_VIRTCCA;
  struct vcca_machine_config config = {.abi = virtcca ? VCCA_ABI_TMI : VCCA_ABI_RMI, .rules = plan->rules};
  vcca_host_regions(plan, &config);
  vcca_machine *m = vcca_machine_new(&config, &err);
  vcca_host *host = m ? vcca_host_new(m, &err) : NULL;
  if (!host || !vcca_host_boot(host, plan, NULL, NULL, &booted, &err) || !vcca_realm_info(m, booted.rd, info))
    give_up("boot", &err);
  vcca_host_free(host);
  vcca_machine_free(m);
}

static void compare(const char *profile, enum vcca_hash_alg alg, vcca_span kernel, bool lasting)
{
  struct vcca_error err;
  struct vcca_plan plan;
  struct vcca_bytes dtb = {0};
  struct vcca_vm vm = {.profile = profile, .kernel = kernel, .vcpus = 4, .hash_alg = alg};
  struct vcca_rim rim;
  struct vcca_realm_info info;
  double offline = 1e9, calls = 1e9;
  if (!vcca_plan_with_dtb(&vm, NULL, &plan, &dtb, &err))
    give_up(profile, &err);
  plan.lasting = lasting;
  for (int i = 0; i < RUNS; i++) {
    double t0 = now();
    vcca_plan_measure(&plan, NULL, NULL, NULL, NULL, &rim);
    double t1 = now();
    boot(&plan, &info);
    double t2 = now();
    offline = t1 - t0 < offline ? t1 - t0 : offline;
    calls = t2 - t1 < calls ? t2 - t1 : calls;
  }
  if (!vcca_span_eq(vcca_rim_digest(&rim), vcca_span_of(info.rim, vcca_hash_size(alg))))
    give_up("the two RIMs differ", &(struct vcca_error){.fault = VCCA_FAULT_NONE});
  printf("  %-8s %-8s %4zu MiB %-8s  offline %.4f s   by calls %.4f s   %.2f of offline\n", profile,
         vcca_hash_name(alg), kernel.n >> 20, lasting ? "referred" : "copied", offline, calls, calls / offline);
  vcca_bytes_free(&dtb);
}

int main(int argc, char **argv)
{
  size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 64;
  uint8_t *kernel = mib >= 1 && mib <= 4096 ? malloc(mib << 20) : NULL;
  if (!kernel) {
    fprintf(stderr, "usage: bench_boot [MIB], 1 to 4096\n");
    return 2;
  }
  make_kernel(kernel, mib << 20);
  for (unsigned threads = 1; threads <= 2; threads++) {
    vcca_engine_threads(threads);
    printf("%u %s\n", threads, threads == 1 ? "thread" : "threads");
    for (int lasting = 0; lasting < 2; lasting++) {
      compare("arm", VCCA_SHA256, vcca_span_of(kernel, mib << 20), lasting);
      compare("arm", VCCA_SHA512, vcca_span_of(kernel, mib << 20), lasting);
      compare("virtcca", VCCA_SHA256, vcca_span_of(kernel, mib << 20), lasting);
    }
  }
  free(kernel);
  return 0;
}
