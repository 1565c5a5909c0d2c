/* How long 1,000 configurations of one kernel take: when they share much (vCPUs, command lines), and when every one has parameters of its
 * own, so that not a step of a chain is shared; and a VMM model's, each with a device tree of its own.
 *
 *   bench_sweep [MIB [THREADS]]     size of the kernel that is made for it, default 64; default one thread for each CPU
 *
 * Exits with 1 when a thousand took a minute.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "rooms/explain.h"
#include "rooms/sweep.h"

enum { ROWS = 1000, LIMIT_SECONDS = 60 };

static bool count(void *ctx, const struct vcca_sweep_row *row)
{
  *(size_t *)ctx += row->planned;
  return true;
}

/* An axis of n numbers: first, first + step ... */
static struct vcca_sweep_axis numbers(enum vcca_sweep_option option, size_t n, uint64_t first, uint64_t step)
{
  struct vcca_sweep_axis axis = {option, calloc(n, sizeof *axis.values), n};
  if (!axis.values)
    abort();
  for (size_t i = 0; i < n; i++)
    axis.values[i].number = first + i * step;
  return axis;
}

static bool run(struct vcca_sweep *s, unsigned threads, const char *what)
{
  size_t planned = 0;
  struct vcca_error err;
  const struct vcca_sweep_options options = {.threads = threads, .row = count, .ctx = &planned};
  double start = now();
  bool ok = vcca_sweep_run(s, &options, &err);
  double seconds = now() - start;
  printf("%-52s %6.2f s, %zu RIMs\n", what, seconds, planned);
  for (size_t axis = 0; axis < s->axis_count; axis++)
    free(s->axes[axis].values);
  return ok && planned == ROWS && seconds < (double)LIMIT_SECONDS;
}

/* An axis of one value of a host that has everything a VM asks for here. */
static struct vcca_sweep_axis host_axis(void)
{
  struct vcca_sweep_axis axis = numbers(VCCA_SWEEP_HOST, 1, 0, 0);
  if (!vcca_host_caps_read(VCCA_SPAN_LIT("num_bps = 6\nnum_wps = 4\nipa_bits = 48\n"), &axis.values[0].caps, NULL))
    abort();
  return axis;
}

static struct vcca_sweep_axis kernel_axis(void)
{
  struct vcca_sweep_axis axis = numbers(VCCA_SWEEP_KERNEL, 1, 0, 0);
  axis.values[0].text = "kernel";
  return axis;
}

int main(int argc, char **argv)
{
  static struct vcca_sweep s = {.profile = "virtcca", .axis_count = 4, .file_count = 1, .configurations = ROWS};
  size_t size = (size_t)(argc > 1 ? strtoul(argv[1], NULL, 10) : 64) << 20;
  unsigned threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
  uint8_t *kernel = size ? malloc(size) : NULL;
  if (!kernel)
    return 2;
  memset(kernel, 0, 64);
  for (size_t i = 64; i + 8 <= size; i += 8)
    vcca_put_le64(kernel + i, i * UINT64_C(0x9e3779b97f4a7c15));
  vcca_put_le64(kernel + 16, size);
  memcpy(kernel + 56, "ARM\x64", 4);
  s.files[0].mapping.bytes = vcca_span_of(kernel, size);

  s.axes[0] = kernel_axis();
  s.axes[1] = numbers(VCCA_SWEEP_SVE, 5, 0, 128);
  s.axes[2] = numbers(VCCA_SWEEP_RAM, 4, UINT64_C(1) << 30, UINT64_C(1) << 30);
  s.axes[3] = numbers(VCCA_SWEEP_VCPUS, 50, 1, 1);
  bool ok = run(&s, threads, "5 SVE lengths, 4 RAM sizes, 50 vCPU counts");
  s.axes[0] = kernel_axis();
  s.axes[1] = numbers(VCCA_SWEEP_SVE, 10, 0, 128);
  s.axes[2] = numbers(VCCA_SWEEP_PMU, 20, 0, 1);
  s.axes[3] = numbers(VCCA_SWEEP_S2SZ, 5, 40, 1);
  ok = run(&s, threads, "10 SVE lengths, 20 PMUs, 5 IPA widths: all apart") && ok;
  snprintf(s.profile, sizeof s.profile, "qemu");
  s.axes[0] = kernel_axis();
  s.axes[1] = host_axis();
  s.axes[2] = numbers(VCCA_SWEEP_RAM, 20, UINT64_C(1) << 30, UINT64_C(1) << 28);
  s.axes[3] = numbers(VCCA_SWEEP_VCPUS, 50, 1, 1);
  ok = run(&s, threads, "QEMU: 20 RAM sizes, 50 vCPU counts") && ok;
  free(kernel);
  return ok ? 0 : 1;
}
