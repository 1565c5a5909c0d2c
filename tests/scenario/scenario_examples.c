/* Every scenario under scenarios/ is as it says, twice, with the same trace byte for byte; the one in
 * docs/scenarios.md too.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "vcca/scenario.h"

#include <dirent.h>
#include <unistd.h>

enum { EXAMPLES_MAX = 100, PATH_SIZE = 1024 };

static char paths[EXAMPLES_MAX][PATH_SIZE];
static struct CMUnitTest tests[EXAMPLES_MAX + 2];

/* One run's trace, as text. */
static char *run_traced(const char *path, struct vcca_run_result *result)
{
  char *text = NULL, why[800];
  size_t size = 0;
  struct vcca_error err = {0};
  FILE *trace = open_memstream(&text, &size);
  assert_non_null(trace);
  struct vcca_run_options options = {.trace = trace};
  bool ran = vcca_scenario_run(path, &options, result, &err);
  fclose(trace);
  if (!ran || result->failures > 0) {
    free(text);
    fail_msg("%s", ran ? result->failure : vcca_error_text(&err, why, sizeof why));
  }
  return text;
}

static void it_is_as_it_says_and_the_same_again(void **state)
{
  const char *path = *state;
  struct vcca_run_result first, second;
  char *a = run_traced(path, &first), *b = run_traced(path, &second);
  bool same = strcmp(a, b) == 0;
  unsigned lines = 0, calls = 0, steps = 0;
  for (const char *c = a; *c; c += strcspn(c, "\n") + 1) {
    calls += strncmp(c, "{\"seq\":", 7) == 0;
    steps += strncmp(c, "{\"call\":", 8) == 0;
    lines++;
  }
  free(a);
  free(b);
  assert_true(same);
  assert_int_equal(calls, first.calls);
  assert_int_equal(lines, calls + steps);
  assert_memory_equal(&first, &second, sizeof first);
  assert_true(first.steps > 0 && first.expectations > 0 && first.name[0] != '\0');
}

static void there_is_a_scenario_for_every_story_promised(void **state)
{
  (void)state;
  static const char *const promised[] = {"boot-virtcca-direct",
                                         "boot-virtcca-firmware",
                                         "boot-arm-realm",
                                         "attest-virtcca-rsa",
                                         "attest-virtcca-p521",
                                         "attest-arm-legacy",
                                         "attest-arm-1.0",
                                         "tampered-kernel",
                                         "stale-nonce",
                                         "wrong-device",
                                         "replaced-component",
                                         "denied-rmi",
                                         "denied-tmi",
                                         "rem-extend",
                                         "token-in-chunks",
                                         "realm-destroyed",
                                         "failure-changed-tmm",
                                         "failure-debug-lifecycle",
                                         "failure-other-machine",
                                         "failure-replayed-session",
                                         "failure-stale-challenge",
                                         "failure-wrong-ccel",
                                         "failure-unexplained-rem",
                                         "failure-test-root"};
  for (size_t i = 0; i < sizeof promised / sizeof promised[0]; i++) {
    bool found = false;
    for (size_t k = 0; k < EXAMPLES_MAX && paths[k][0]; k++)
      found = found || strstr(paths[k], promised[i]);
    if (!found)
      fail_msg("scenarios/%s.yaml is not there", promised[i]);
  }
}

/* The first block of YAML in the page. */
static void the_documented_example_runs(void **state)
{
  (void)state;
  char path[] = "/tmp/vcca-docs-XXXXXX", page[PATH_SIZE];
  const char *source = getenv("VCCA_SOURCE");
  struct vcca_bytes text = {0};
  struct vcca_error err = {0};
  struct vcca_run_result result;
  snprintf(page, sizeof page, "%s/docs/scenarios.md", source ? source : ".");
  check_ok(vcca_file_read(page, 1 << 20, &text, &err), &err, page);
  size_t begin = 0;
  while (begin + 8 < text.n && memcmp(text.p + begin, "```yaml\n", 8) != 0)
    begin++;
  begin += 8;
  size_t end = begin;
  while (end + 3 < text.n && memcmp(text.p + end, "```", 3) != 0)
    end++;
  assert_true(end + 3 < text.n);
  int file = mkstemp(path);
  assert_true(file >= 0 && write(file, text.p + begin, end - begin) == (ssize_t)(end - begin));
  close(file);
  vcca_bytes_free(&text);
  bool ran = vcca_scenario_run(path, NULL, &result, &err);
  remove(path);
  check_ok(ran, &err, "docs/scenarios.md");
  if (result.failures > 0)
    fail_msg("%s", result.failure);
}

static int by_name(const void *a, const void *b)
{
  return strcmp(a, b);
}

int main(void)
{
  const char *source = getenv("VCCA_SOURCE");
  char folder[PATH_SIZE / 2];
  snprintf(folder, sizeof folder, "%s/scenarios", source ? source : ".");
  DIR *dir = opendir(folder);
  size_t count = 0;
  for (struct dirent *e = dir ? readdir(dir) : NULL; e && count < EXAMPLES_MAX; e = readdir(dir)) {
    size_t n = strlen(e->d_name);
    if (n > 5 && n < 200 && strcmp(e->d_name + n - 5, ".yaml") == 0)
      snprintf(paths[count++], PATH_SIZE, "%s/%.200s", folder, e->d_name);
  }
  if (dir)
    closedir(dir);
  qsort(paths, count, sizeof paths[0], by_name);
  for (size_t i = 0; i < count; i++)
    tests[i] =
        (struct CMUnitTest){strrchr(paths[i], '/') + 1, it_is_as_it_says_and_the_same_again, NULL, NULL, paths[i]};
  tests[count] = (struct CMUnitTest)cmocka_unit_test(there_is_a_scenario_for_every_story_promised);
  tests[count + 1] = (struct CMUnitTest)cmocka_unit_test(the_documented_example_runs);
  return _cmocka_run_group_tests("scenarios", tests, count + 2, NULL, NULL);
}
