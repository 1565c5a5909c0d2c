/* Sweep plans: what they mean, and where they are wrong.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "check.h"
#include "rooms/sweep.h"
#include "rooms/file.h"
#include "rooms/span.h"

static char folder[] = "/tmp/vcca-sweep-XXXXXX";

static void path_of(const char *name, char path[64])
{
  snprintf(path, 64, "%s/%s", folder, name);
}

static int make_files(void **state)
{
  (void)state;
  uint8_t kernel[8192] = {0};
  char path[64];
  vcca_put_le64(kernel + 16, sizeof kernel);
  memcpy(kernel + 56, "ARM\x64", 4);
  if (!mkdtemp(folder))
    return 1;
  path_of("Image", path);
  bool ok = vcca_file_write(path, VCCA_SPAN(kernel), NULL);
  path_of("initrd", path);
  ok = ok && vcca_file_write(path, VCCA_SPAN_LIT("an initrd"), NULL);
  path_of("initrd2", path);
  ok = ok && vcca_file_write(path, VCCA_SPAN_LIT("an initre"), NULL);
  path_of("initrd3", path);
  ok = ok && vcca_file_write(path, VCCA_SPAN_LIT("an initrd\0"), NULL);
  path_of("a.toml", path);
  ok = ok && vcca_file_write(path, VCCA_SPAN_LIT("num_bps = 6\nnum_wps = 4 # as shipped\n"), NULL);
  path_of("b.toml", path);
  ok = ok && vcca_file_write(path, VCCA_SPAN_LIT("num_bps = 16\n"), NULL);
  path_of("broken.gz", path);
  return ok && vcca_file_write(path, VCCA_SPAN_LIT("\x1f\x8b\x08 no deflate here, though it begins like it"), NULL) ? 0
                                                                                                                    : 1;
}

static int remove_files(void **state)
{
  (void)state;
  static const char *const names[] = {"Image", "initrd", "initrd2", "initrd3", "a.toml", "b.toml", "broken.gz"};
  char path[64];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    path_of(names[i], path);
    (void)unlink(path);
  }
  return rmdir(folder);
}

static struct vcca_sweep s;

static void the_product_runs_in_the_order_written_the_last_axis_fastest(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  static const char plan[] = "vcca: 1\nprofile: virtcca\nkernel: Image\npmu: 3\n"
                             "matrix:\n  vcpus: [4, 2]\n  initrd: [none, initrd]\n  ram: [1G, 512M, 0x40000000000]\n";
  check_ok(vcca_sweep_read(vcca_span_str(plan), folder, NULL, &s, &err), &err, "plan");
  assert_int_equal(s.configurations, 12);
  assert_int_equal(s.axis_count, 5);
  assert_int_equal(s.file_count, 2);
  assert_string_equal(s.profile, "virtcca");
  static const uint64_t cpus[] = {4, 2}, ram[] = {UINT64_C(1) << 30, 512 << 20, UINT64_C(1) << 42};
  size_t id = 0;
  for (size_t c = 0; c < 2; c++)
    for (size_t i = 0; i < 2; i++)
      for (size_t r = 0; r < 3; r++, id++) {
        assert_string_equal(vcca_sweep_at(&s, id, 0)->text, "Image");
        assert_int_equal(vcca_sweep_at(&s, id, 1)->number, 3);
        assert_int_equal(vcca_sweep_at(&s, id, 2)->number, cpus[c]);
        assert_true((vcca_sweep_at(&s, id, 3)->text != NULL) == (i == 1));
        assert_int_equal(vcca_sweep_at(&s, id, 4)->number, ram[r]);
      }
  struct vcca_sweep_vm vm;
  check_ok(vcca_sweep_plan(&s, 9, NULL, &vm, &err), &err, "configuration 9"); /* 2 vCPUs, initrd, 1G */
  assert_int_equal(vm.plan->vcpus, 2);
  assert_int_equal(vm.plan->params.pmu_num_ctrs, 3);
  assert_int_equal(vm.plan->ram_size, UINT64_C(1) << 30);
  assert_int_equal(vm.vm.initrd.n, 9);
  vcca_sweep_vm_free(&vm);
  vcca_sweep_free(&s);
}

static void a_command_line_for_a_given_device_tree_is_refused(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  struct vcca_sweep_vm vm;
  static const char plan[] = "{vcca: 1, profile: arm, kernel: Image, dtb: initrd, matrix: {append: [none, quiet]}}";
  check_ok(vcca_sweep_read(vcca_span_str(plan), folder, NULL, &s, &err), &err, "plan");
  assert_false(vcca_sweep_plan(&s, 1, NULL, &vm, &err));
  assert_non_null(strstr(err.text, "append: only the built-in device tree"));
  vcca_sweep_vm_free(&vm);
  vcca_sweep_free(&s);
}

static void check_words(const struct vcca_sweep_value *value, size_t count, const char *const *words)
{
  assert_int_equal(value->word_count, count);
  for (size_t i = 0; i < count; i++)
    assert_string_equal(value->words[i], words[i]);
}

/* Expectations are what sh -c 'printf "%s\n" ...' prints. */
static void words_are_cut_as_a_shell_cuts_them_and_lists_are_not(void **state)
{
  (void)state;
  struct vcca_error err = {0};
  static const char plan[] = "vcca: 1\nprofile: qemu\n"
                             "args: -M  virt -append 'a  \"b\"'\\''c' \"d \\\"e\\\" \\f\" g\\ h ''\n"
                             "matrix:\n  args: [none, -smp 2, [-append, \"x 'y'\", \"\"]]\n";
  static const char *const words[] = {"-M", "virt", "-append", "a  \"b\"'c", "d \"e\" \\f", "g h", "", "-smp", "2"};
  check_ok(vcca_sweep_read(vcca_span_str(plan), folder, NULL, &s, &err), &err, "plan");
  assert_int_equal(s.axis_count, 1);
  assert_int_equal(s.configurations, 3);
  check_words(vcca_sweep_at(&s, 0, 0), 7, words);
  check_words(vcca_sweep_at(&s, 1, 0), 9, words);
  const struct vcca_sweep_value *list = vcca_sweep_at(&s, 2, 0);
  assert_int_equal(list->word_count, 10);
  assert_string_equal(list->words[8], "x 'y'");
  assert_string_equal(list->words[9], "");
  vcca_sweep_free(&s);
}

static void inputs_of(const char *plan, size_t id, char digits[VCCA_SWEEP_INPUTS + 1])
{
  struct vcca_error err = {0};
  check_ok(vcca_sweep_read(vcca_span_str(plan), folder, NULL, &s, &err), &err, plan);
  vcca_sweep_identify(&s);
  vcca_sweep_inputs(&s, id, digits);
  vcca_sweep_free(&s);
}

static void inputs_are_of_values_and_contents_not_of_names_and_places(void **state)
{
  (void)state;
  static const char first[] = "{vcca: 1, profile: qemu, host: a.toml, matrix: {initrd: [none, initrd], kernel: "
                              "[Image], vcpus: [1, 2], args: [none, -m 1G]}}";
  static const struct {
    const char *plan;
    size_t id;
    bool same; /* as the first plan's configuration 6: initrd, 2 vCPUs, no arguments */
  } rows[] = {
      {"{vcca: 1, profile: qemu, host: a.toml, matrix: {vcpus: [2], kernel: [Image], initrd: [initrd]}}", 0, true},
      {"{vcca: 1, profile: qemu, host: a.toml, matrix: {vcpus: [2], kernel: [Image], initrd: [./initrd]}}", 0, true},
      {"{vcca: 1, profile: qemu, host: [b.toml, a.toml], matrix: {vcpus: [2], kernel: [Image], initrd: [initrd]}}", 0,
       true}, /* says as much */
      {"{vcca: 1, profile: kvmtool, host: a.toml, matrix: {vcpus: [2], kernel: [Image], initrd: [initrd]}}", 0, false},
      {"{vcca: 1, profile: qemu, host: b.toml, matrix: {vcpus: [2], kernel: [Image], initrd: [initrd]}}", 0, false},
      {"{vcca: 1, profile: qemu, host: a.toml, matrix: {vcpus: [2], kernel: [Image], initrd: [initrd2]}}", 0,
       false}, /* one bit */
      {"{vcca: 1, profile: qemu, host: a.toml, matrix: {vcpus: [2], kernel: [Image], initrd: [initrd3]}}", 0,
       false}, /* one more zero */
      {"{vcca: 1, profile: qemu, host: a.toml, matrix: {vcpus: [2], kernel: [Image], dtb: [initrd]}}", 0, false},
      {first, 4, false},
      {first, 7, false},
      {first, 2, false},
  };
  char one[VCCA_SWEEP_INPUTS + 1], other[VCCA_SWEEP_INPUTS + 1];
  inputs_of(first, 6, one);
  assert_int_equal(strspn(one, "0123456789abcdef"), VCCA_SWEEP_INPUTS);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    inputs_of(rows[i].plan, rows[i].id, other);
    if ((strcmp(one, other) == 0) != rows[i].same)
      fail_msg("row %zu, %s: %s and %s", i, rows[i].plan, one, other);
  }
}

#define HEAD "vcca: 1\nprofile: arm\n"
#define QEMU "vcca: 1\nprofile: qemu\n"

static void what_is_wrong_is_named_with_its_place(void **state)
{
  (void)state;
  static const struct {
    const char *plan;
    unsigned line, column;
    const char *text;
  } rows[] = {
      {"profile: arm\nmatrix: {vcpus: [1]}\n", 1, 1, "\"vcca\" is missing"},
      {"vcca: 2\nprofile: arm\nmatrix: {vcpus: [1]}\n", 1, 7, "format 1"},
      {"vcca: 1\nprofile: xen\nmatrix: {vcpus: [1]}\n", 2, 10,
       "the profiles are virtcca, virtcca-2025, kata, arm, qemu, kvmtool"},
      {"vcca: 1\nprofile: [arm]\nmatrix: {vcpus: [1]}\n", 2, 10, "the profiles are"},
      {"vcca: 1\nprofile: arm-and-something-very-long-behind-it\nmatrix: {vcpus: [1]}\n", 2, 10, "the profiles are"},
      {HEAD, 1, 1, "\"matrix\" is missing"},
      {HEAD "vcpu: 1\nmatrix: {ram: [1G]}\n", 3, 1, "did you mean \"vcpus\""},
      {HEAD "matrix:\n  vpus: [1]\n", 4, 3, "did you mean \"vcpus\""},
      {HEAD "matrix: {vcpus: 4}\n", 3, 17, "needs a list"},
      {HEAD "matrix: {vcpus: []}\n", 3, 17, "needs a list"},
      {HEAD "matrix: [vcpus]\n", 3, 9, ""},
      {HEAD "vcpus: [1]\nmatrix: {ram: [1G]}\n", 3, 8, ""},
      {HEAD "matrix: {vcpus: [1, two]}\n", 3, 21, "not a number"},
      {HEAD "matrix: {vcpus: [1, 513]}\n", 3, 21, "at most 512"},
      {HEAD "matrix: {vcpus: [1, 2, 0x1]}\n", 3, 24, "in the list already"},
      {HEAD "vcpus: 1\nmatrix: {vcpus: [1, 2]}\n", 4, 10, "both fixed and in the matrix"},
      {HEAD "matrix: {hash: [sha-1]}\n", 3, 17, "the hashes are"},
      {HEAD "matrix: {append: [\"a\\nb\"]}\n", 3, 19, "control characters"},
      {HEAD "matrix: {append: [\"\"]}\n", 3, 19, "text was expected"},
      {HEAD "matrix: {ram: [1, 18446744073709551616]}\n", 3, 19, "does not fit 64 bits"},
      {HEAD "matrix: {ram: [16777216T]}\n", 3, 16, ""},
      {HEAD "matrix: {vcpus: [-1]}\n", 3, 18, "too large here: at most 512"},
      {HEAD "vcpus: &a 1\nmatrix: {ram: [*a]}\n", 3, 8, "anchors"},
      {HEAD "matrix: {<<: {ram: [1G]}}\n", 3, 10, "merge keys"},
      {HEAD "matrix: {ram: [[1G]]}\n", 3, 16, "a number was expected"},
      {HEAD "host: a.toml\nmatrix: {vcpus: [1]}\n", 3, 1, "\"host\" is not for arm: use sve"},
      {HEAD "matrix: {args: [-m 1G]}\n", 3, 10, "\"args\" is not for arm"},
      {QEMU "matrix: {sve: [128]}\n", 3, 10, "\"sve\" is not for qemu: use sve-vl"},
      {QEMU "matrix: {s2sz: [40]}\n", 3, 10, "\"s2sz\" is not for qemu: use ipa-bits"},
      {QEMU "matrix: {pmu: [4]}\n", 3, 16, "true or false"},
      {QEMU "matrix: {ipa-bits: [31]}\n", 3, 21, "32 to 52"},
      {QEMU "matrix: {rmm: [1.1]}\n", 3, 16, "1.0, 2.0 or 2.0-bet1"},
      {QEMU "matrix: {hash-algo: [md5]}\n", 3, 22, "sha256"},
      {QEMU "matrix: {hash: [md5]}\n", 3, 17, "measurement-algorithm"},
      {QEMU "matrix: {vcpus: [0]}\n", 3, 18, "-smp"},
      {QEMU "matrix: {host: [absent.toml]}\n", 3, 17, "absent.toml"},
      {QEMU "matrix: {host: [[a.toml, initrd]]}\n", 3, 26, "initrd:1:1: unknown key"},
      {QEMU "matrix: {host: [[]]}\n", 3, 17, "an empty list"},
      {QEMU "matrix: {args: [[[a]]]}\n", 3, 18, "text was expected"},
      {QEMU "matrix: {args: [{a: b}]}\n", 3, 17, "text was expected"},
      {QEMU "matrix: {args: [a b, [a, b]]}\n", 3, 22, "in the list already"},
      {QEMU "matrix: {args: [\"'a\"]}\n", 3, 17, "a quote is open"},
      {QEMU "args: -m\nmatrix: {args: [1G, 2G]}\n", 3, 7, "-m needs a value"},
      {QEMU "matrix: {args: [-m]}\n", 3, 17, "-m needs a value"},
      {QEMU "args: [-m, 1G]\nmatrix: {args: [-cpu a64fx]}\n", 4, 17, "-cpu a64fx"},
      {"vcca: 1\nprofile: kvmtool\nmatrix: {args: [none, --stray]}\n", 3, 23, "lkvm has no option '--stray'"},
      {HEAD "matrix:\n  kernel: [Image, absent]\n", 4, 19, "absent"},
      {HEAD "matrix:\n  kernel: [broken.gz]\n", 4, 12, "broken.gz"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_error err = {0};
    if (vcca_sweep_read(vcca_span_str(rows[i].plan), folder, NULL, &s, &err))
      fail_msg("this was read:\n%s", rows[i].plan);
    if (err.line != rows[i].line || err.column != rows[i].column || !strstr(err.text, rows[i].text))
      fail_msg("%s\n%u:%u: %s; %u:%u \"%s\" was expected", rows[i].plan, err.line, err.column, err.text, rows[i].line,
               rows[i].column, rows[i].text);
    vcca_sweep_free(&s);
  }
}

/* A plan of n times some text, between a beginning and an end. */
static char *repeated(const char *head, const char *text, unsigned n, const char *tail)
{
  size_t room = strlen(head) + n * strlen(text) + strlen(tail) + 1;
  char *plan = malloc(room);
  assert_non_null(plan);
  vcca_sink out = vcca_sink_of((uint8_t *)plan, room);
  vcca_sink_str(&out, head);
  for (unsigned i = 0; i < n; i++)
    vcca_sink_str(&out, text);
  vcca_sink_str(&out, tail);
  vcca_sink_u8(&out, 0);
  assert_true(vcca_sink_ok(&out));
  return plan;
}

static void every_count_has_an_end(void **state)
{
  (void)state;
  static const struct {
    const char *head, *text;
    unsigned n;
    const char *tail, *error;
  } rows[] = {
      {HEAD "matrix: ", "[", 100000, "", "nested more than 32 deep"},
      {HEAD "matrix: {vcpus: [", "1,", VCCA_SWEEP_VALUES, "1]}", "more than 4096 values in one list"},
      {HEAD "matrix: {vcpus: [", "[],", 200001, "1]}", "more than 200000 values in one file"},
      {HEAD "append: ", "x", VCCA_SWEEP_TEXT_MAX + 1, "\nmatrix: {vcpus: [1]}", "4097 bytes of text, at most 4096"},
      {QEMU "args: ", "-S ", VCCA_SWEEP_WORDS_MAX + 1, "\nmatrix: {vcpus: [1]}", "more than 256 words"},
      {QEMU "args: [", "-S,", VCCA_SWEEP_WORDS_MAX + 1, "]\nmatrix: {vcpus: [1]}", "more than 256 words"},
      {QEMU "args: ", "-S ", VCCA_SWEEP_WORDS_MAX, "\nmatrix: {args: [none, -S]}", "more than 256 words"},
      {QEMU "matrix: {host: [", "[a.toml,a.toml,b.toml],", VCCA_SWEEP_FILES, "]}", "in the list already"},
      {QEMU "host: [", "a.toml,", VCCA_SWEEP_WORDS_MAX, "]\nmatrix: {vcpus: [1], kernel: []}", "at least one value"},
      {QEMU "host: [", "a.toml,", VCCA_SWEEP_FILES + 1, "]\nmatrix: {vcpus: [1]}", "more than 256"},
      {HEAD "matrix: {", "k: 1,", 100, "}", "given twice"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_error err = {0};
    char *plan = repeated(rows[i].head, rows[i].text, rows[i].n, rows[i].tail);
    bool read = vcca_sweep_read(vcca_span_str(plan), folder, NULL, &s, &err);
    if (read || !strstr(err.text, rows[i].error) || err.line == 0)
      fail_msg("row %zu: %u:%u: %s; \"%s\" was expected", i, err.line, err.column, err.text, rows[i].error);
    vcca_sweep_free(&s);
    free(plan);
  }
}

static void a_product_beyond_the_limit_is_refused(void **state)
{
  (void)state;
  static char plan[100000] = HEAD "matrix:\n";
  static const char *const axes[] = {"vcpus", "ram", "pmu"};
  static const unsigned counts[] = {512, 4096, 30};
  size_t n = strlen(plan);
  for (size_t a = 0; a < 3; a++) {
    n += (size_t)snprintf(plan + n, sizeof plan - n, "  %s: [", axes[a]);
    for (unsigned i = 0; i < counts[a]; i++)
      n += (size_t)snprintf(plan + n, sizeof plan - n, "%s%u", i ? ", " : "", i);
    n += (size_t)snprintf(plan + n, sizeof plan - n, "]\n");
  }
  struct vcca_error err = {0};
  assert_false(vcca_sweep_read(vcca_span_str(plan), folder, NULL, &s, &err));
  check_ok(err.line == 5, &err, "line"); /* 512 * 4096 is too much already */
  assert_non_null(strstr(err.text, "more than 1048576 configurations"));
  vcca_sweep_free(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_product_runs_in_the_order_written_the_last_axis_fastest),
      cmocka_unit_test(a_command_line_for_a_given_device_tree_is_refused),
      cmocka_unit_test(words_are_cut_as_a_shell_cuts_them_and_lists_are_not),
      cmocka_unit_test(inputs_are_of_values_and_contents_not_of_names_and_places),
      cmocka_unit_test(what_is_wrong_is_named_with_its_place),
      cmocka_unit_test(every_count_has_an_end),
      cmocka_unit_test(a_product_beyond_the_limit_is_refused),
  };
  return cmocka_run_group_tests(tests, make_files, remove_files);
}
