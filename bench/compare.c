/* Compares two results of `bench_waits -o json`, row by row.
 *
 *   bench_compare BEFORE.json AFTER.json
 *
 * A row with a baseline is compared by its ratios to the baseline, which another speed of the machine changes less. A
 * change counts when the medians differ by more than both runs spread, from first to third quartile. Prints a line for each row. Exit: 0 no row became
 * slower, 1 one did, 2 usage, 3 a file cannot be read.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/bench.h"

static json_t *load(const char *path)
{
  json_error_t e;
  json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &e);
  const char *schema = json_string_value(json_object_get(root, "schema"));
  if (!root)
    fprintf(stderr, "%s:%d:%d: %s\n", path, e.line, e.column, e.text);
  else if (!schema || strcmp(schema, "vcca-bench-1") != 0 || !json_is_array(json_object_get(root, "rows")))
    fprintf(stderr, "%s: not a result of bench_waits -o json: its \"schema\" is not \"vcca-bench-1\"\n", path);
  else
    return root;
  json_decref(root);
  return NULL;
}

static struct series series_at(const json_t *row, const char *key)
{
  struct series s = {.n = 0};
  const json_t *list = json_object_get(row, key);
  for (size_t i = 0; i < json_array_size(list) && s.n < SERIES_MAX; i++) {
    double value = json_number_value(json_array_get(list, i));
    if (value > 0)
      s.at[s.n++] = value;
  }
  return s;
}

/* What is compared: ratios to the baseline when there is one. */
static struct series values_of(const json_t *row, bool *relative)
{
  struct series work = series_at(row, "ns"), baseline = series_at(row, "baseline_ns");
  *relative = baseline.n > 0;
  return *relative ? ratios(&work, &baseline) : work;
}

static const json_t *row_named(const json_t *root, const char *name)
{
  const json_t *rows = json_object_get(root, "rows");
  for (size_t i = 0; i < json_array_size(rows); i++) {
    const json_t *row = json_array_get(rows, i);
    const char *its = json_string_value(json_object_get(row, "name"));
    if (its && strcmp(its, name) == 0)
      return row;
  }
  return NULL;
}

/* Prints a row; true when it became slower. */
static bool compare(const char *name, const json_t *before, const json_t *after)
{
  bool was_relative, is_relative;
  struct series a = values_of(before, &was_relative), b = values_of(after, &is_relative);
  if (a.n == 0 || b.n == 0 || was_relative != is_relative) {
    printf("%-16s cannot be compared: timings are missing\n", name);
    return false;
  }
  double noise = quantile(&a, 0.75) - quantile(&a, 0.25) + quantile(&b, 0.75) - quantile(&b, 0.25);
  double change = quantile(&b, 0.5) - quantile(&a, 0.5);
  bool slower = change > noise, faster = -change > noise;
  double unit = is_relative ? 1 : 1e-6;
  printf("%-16s %12.4f %12.4f %-12s %7.2f  %s\n", name, quantile(&a, 0.5) * unit, quantile(&b, 0.5) * unit,
         is_relative ? "of baseline" : "ms", quantile(&b, 0.5) / quantile(&a, 0.5),
         slower   ? "slower"
         : faster ? "faster"
                  : "within the noise");
  return slower;
}

int main(int argc, char **argv)
{
  if (argc != 3) {
    fprintf(stderr, "usage: bench_compare BEFORE.json AFTER.json\n");
    return 2;
  }
  json_t *before = load(argv[1]), *after = load(argv[2]);
  bool slower = false;
  if (before && after) {
    const json_t *rows = json_object_get(after, "rows");
    printf("%-16s %12s %12s %-12s %7s\n", "row", "before", "after", "", "factor");
    for (size_t i = 0; i < json_array_size(rows); i++) {
      const char *name = json_string_value(json_object_get(json_array_get(rows, i), "name"));
      const json_t *was = name ? row_named(before, name) : NULL;
      if (was)
        slower = compare(name, was, json_array_get(rows, i)) || slower;
      else
        printf("%-16s only in %s\n", name ? name : "?", argv[2]);
    }
  }
  int status = !before || !after ? 3 : slower ? 1 : 0;
  json_decref(before);
  json_decref(after);
  return status;
}
