/* What the benchmarks share: the clock, and series of timings that take turns.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stddef.h>
#include <stdlib.h>
#include <time.h>

static inline double seconds_of(clockid_t clock)
{
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Seconds that pass on the wall. */
static inline double now(void)
{
  return seconds_of(CLOCK_MONOTONIC);
}

/* Seconds of this process on a CPU: other work on the machine counts less. */
static inline double now_of_process(void)
{
  return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

/* One work's timings, in the order in which they were taken. */
enum { SERIES_MAX = 64 };
struct series {
  double at[SERIES_MAX];
  size_t n;
};

static inline int compare_doubles(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The value below which `part` of a series lies: 0 the least, 0.5 the median, 1 the greatest. */
static inline double quantile(const struct series *s, double part)
{
  struct series sorted = *s;
  qsort(sorted.at, sorted.n, sizeof *sorted.at, compare_doubles);
  double place = part * (double)(sorted.n - 1);
  size_t below = (size_t)place, above = below + 1 < sorted.n ? below + 1 : below;
  return sorted.at[below] + (sorted.at[above] - sorted.at[below]) * (place - (double)below);
}

/* The ratios of two series that took turns, pair by pair. */
static inline struct series ratios(const struct series *a, const struct series *b)
{
  struct series out = {.n = a->n < b->n ? a->n : b->n};
  for (size_t i = 0; i < out.n; i++)
    out.at[i] = a->at[i] / b->at[i];
  return out;
}

#endif
