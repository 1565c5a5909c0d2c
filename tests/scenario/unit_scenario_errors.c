/* What is wrong with a scenario is said where it stands, before anything runs; what is not as expected is
 * said where it was expected, with the reason that was given.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "vcca/scenario.h"

#include <unistd.h>

/* Five lines; the steps begin on line 6. */
#define ARM "vcca: 1\nname: t\nprofile: arm-rmm-1.0\ndevice: p384\nsteps:\n"
#define VIRT "vcca: 1\nname: t\nprofile: virtcca\ndevice: p521\nsteps:\n"
#define KERNEL "{kernel: {make: kernel, size: 64K}}"

static bool run_text(const char *text, const struct vcca_run_options *options, struct vcca_run_result *result,
                     struct vcca_error *err)
{
  char path[] = "/tmp/vcca-scenario-XXXXXX";
  int file = mkstemp(path);
  size_t n = strlen(text);
  assert_true(file >= 0 && write(file, text, n) == (ssize_t)n);
  close(file);
  bool ok = vcca_scenario_run(path, options, result, err);
  remove(path);
  return ok;
}

struct fault {
  const char *text;
  unsigned line, column;
  const char *part;
};

static unsigned wrong;

static void check_fault(const struct fault *row)
{
  struct vcca_run_result result;
  struct vcca_error err = {0};
  char text[800];
  if (run_text(row->text, NULL, &result, &err))
    fail_msg("%s\nran", row->text);
  bool right =
      err.line == row->line && err.column == row->column && strstr(err.text, row->part) && err.source[0] != '\0';
  wrong += !right;
  if (!right)
    print_error("%s\n  is %s\n  want %u:%u: ...%s...\n", row->text, vcca_error_text(&err, text, sizeof text), row->line,
                row->column, row->part);
}

/* The fields of RmiFeatureRegister0 have so many bits; S2SZ is no more than 52. */
static void a_feature_is_no_more_than_its_field_holds(void **state)
{
  (void)state;
  static const struct {
    const char *name;
    unsigned most;
  } rows[] = {{"sve_vl", 15},       {"num_bps", 63},       {"num_wps", 63},
              {"pmu_num_ctrs", 31}, {"gicv3_num_lrs", 15}, {"max_recs_order", 15}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (unsigned more = 0; more < 2; more++) {
      struct vcca_run_result result;
      struct vcca_error err = {0};
      char text[200];
      snprintf(text, sizeof text,
               "vcca: 1\nname: t\nprofile: arm-rmm-1.0\ndevice: p384\nfeatures: {%s: %u}\nsteps: []\n", rows[i].name,
               rows[i].most + more);
      bool ran = run_text(text, NULL, &result, &err);
      if (ran == (more == 1) ||
          (more == 1 && (err.line != 5 || err.column != 14 + strlen(rows[i].name) || !strstr(err.text, "too large"))))
        fail_msg("%s: %s", text, err.text);
    }
}

static void a_fault_is_said_where_it_stands(void **state)
{
  (void)state;
  static const struct fault rows[] = {
      {"[]", 1, 1, "mapping"},
      {"vcca: 2\nname: t\n", 1, 7, "format 1"},
      {"vcca: 1\nprofile: virtcca\ndevice: p521\nsteps: []\n", 1, 1, "\"name\" is missing"},
      {"vcca: 1\nname: t\nprofile: virtca\ndevice: p521\nsteps: []\n", 3, 10,
       "virtcca, arm-rmm-1.0, arm-rmm-2.0 and arm-rmm-2.0-bet1"},
      {"vcca: 1\nname: t\nprofile: virtcca\ndevise: p521\nsteps: []\n", 4, 1, "did you mean \"device\"?"},
      {"vcca: 1\nname: t\nprofile: virtcca\ndevice: nowhere.yaml\nsteps: []\n", 4, 9, "cannot open"},
      {"vcca: 1\nname: t\nprofile: virtcca\ndevice: ''\nsteps: []\n", 4, 9,
       "a device is rsa, p521, p384, the name of a device image"},
      {"vcca: 1\nname: t\nprofile: virtcca\ndevice: [p521]\nsteps: []\n", 4, 9,
       "a device is rsa, p521, p384, the name of a device image"},
      {"vcca: 1\nname: t\nprofile: virtcca\ndevice: {base: p521, hkk: 00}\nsteps: []\n", 4, 22,
       "did you mean \"huk\"?"},
      {"vcca: 1\nname: t\nprofile: virtcca\ndevice: p521\nfamily: virtcca-p512\nsteps: []\n", 5, 9,
       "did you mean \"virtcca-p521\"?"},
      {"vcca: 1\nname: t\nprofile: virtcca\ndevice: p521\nimages: {k: {file: nowhere.bin}}\nsteps: []\n", 5, 20,
       "cannot open"},
      {"vcca: 1\nname: t\nprofile: virtcca\ndevice: p521\nimages: {k.x: 00}\nsteps: []\n", 5, 10,
       "letters, digits and _"},
      {"vcca: 1\nname: t\nprofile: virtcca\ndevice: p521\nsteps: {}\n", 5, 8, "steps are a list"},
      {VIRT "  - bot: {}\n", 6, 5, "did you mean \"boot\"?"},
      {VIRT "  - boot: {kernal: 00}\n", 6, 12, "did you mean \"kernel\"?"},
      {VIRT "  - boot: {kernel: 00}\n    destroy: $x\n", 7, 5, "one thing for each step"},
      {VIRT "  - as: x\n", 6, 5, "without anything to do"},
      {VIRT "  - boot: " KERNEL "\n    as: 1x\n", 7, 9, "letters, digits and _"},
      {VIRT "  - boot: " KERNEL "\n    expect: {rem: 00}\n", 7, 14, "did you mean \"rim\"?"},
      {VIRT "  - rmi.version: {req: 1}\n", 6, 5, "profile virtcca has no rmi"},
      {ARM "  - rmi.granule_delgate: {addr: 0}\n", 6, 5, "did you mean \"granule_delegate\"?"},
      {ARM "  - rmi.granule_delegate: {adr: 0}\n", 6, 28, "did you mean \"addr\"?"},
      {ARM "  - rmi.granule_delegate: {}\n", 6, 27, "\"addr\" is missing"},
      {ARM "  - rmi.granule_delegate: {addr: twelve}\n", 6, 34, "not a number"},
      {ARM "  - rmi.granule_delegate: {addr: [1]}\n", 6, 34, "a number was expected, this is a list"},
      {ARM "  - rmi.granule_delegate: {addr: 1}\n    expect: {status: ERROR_INPTU}\n", 7, 22,
       "did you mean \"ERROR_INPUT\"?"},
      {ARM "  - rmi.granule_delegate: {addr: 1}\n    expect: {status: ERROR_INPUT, refused: gran_algin}\n", 7, 44,
       "did you mean \"gran_align\"?"},
      {ARM "  - rmi.granule_delegate: {addr: $nobody}\n", 6, 34, "$nobody is not known here"},
      {ARM "  - rmi.realm_create: {rd: 0, params: {s2zs: 40}}\n", 6, 40, "did you mean \"s2sz\"?"},
      {ARM "  - rmi.realm_create: {rd: 0, params: {s2sz: 256}}\n", 6, 46, "has 1 bytes in the page"},
      {ARM "  - guest.token: {challenge: 00}\n", 6, 18, "no VM has been booted"},
      {ARM "  - guest.cert: {}\n", 6, 5, "only virtCCA"},
      {ARM "  - guest.sealing_key: {}\n", 6, 5, "only virtCCA"},
      {ARM "  - destroy: $vm\n", 6, 14, "is no VM"},
      {ARM "  - destroy: vm\n", 6, 14, "\"vm\" is the $name"},
      {ARM "  - expect: {relm_state: NEW}\n", 6, 14, "did you mean \"realm_state\"?"},
      {ARM "  - expect: {rim: 00}\n", 6, 14, "there is no VM"},
      {ARM "  - tamper: {of: 00, at: 1, xor: 1}\n", 6, 26, "beyond the 1 bytes"},
      {ARM "  - tamper: {of: 00}\n", 6, 13, "one of"},
      {ARM "  - same: [1]\n", 6, 11, "two values or more"},
      {ARM "  - verify: {token: 00, trust: nobody}\n", 6, 32, "mapping"},
      {ARM "  - boot: " KERNEL "\n    as: vm\n  - same: [$vm.rmi, 00]\n", 8, 12, "did you mean \"rim\"?"},
      {ARM "  - boot: " KERNEL "\n    as: vm\n  - poweron: {}\n  - destroy: $vm\n", 9, 14, "the VM is gone"},
      {"vcca: 1\nname: t\nprofile: virtcca\ndevice: p521\nvars: {a: $b, b: $a}\nsteps:\n  - same: [$a, 1]\n", 7, 12,
       "more than 8 deep"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    check_fault(&rows[i]);
  assert_int_equal(wrong, 0);
}

static void nothing_runs_when_a_later_step_is_misspelt(void **state)
{
  (void)state;
  struct vcca_run_result result;
  struct vcca_error err = {0};
  assert_false(run_text(ARM "  - rmi.granule_delegate: {addr: 0x80100000}\n  - rmi.granule_delegate: {adr: 0}\n", NULL,
                        &result, &err));
  assert_int_equal(err.line, 7);
  assert_int_equal(result.calls, 0);
}

static void a_missing_file_is_a_fault_of_input(void **state)
{
  (void)state;
  struct vcca_run_result result;
  struct vcca_error err = {0};
  assert_false(vcca_scenario_run("/nowhere/x.yaml", NULL, &result, &err));
  assert_int_equal(err.fault, VCCA_FAULT_IO);
  assert_string_equal(err.source, "/nowhere/x.yaml");
}

/* part is of "LINE:COLUMN: step N (name): what - why". */
struct failure {
  const char *text, *part;
};

static void what_is_not_as_expected_is_said_where_it_was_expected(void **state)
{
  (void)state;
  unsigned others = 0;
  static const struct failure rows[] = {
      {ARM "  - rmi.granule_delegate: {addr: 0x80100000}\n    expect: {status: ERROR_INPUT}\n    why: because\n",
       ":7:22: step 1 (rmi.granule_delegate): expected status ERROR_INPUT, got SUCCESS - because"},
      {ARM "  - rmi.granule_delegate: {addr: 1}\n",
       ":6:27: step 1 (rmi.granule_delegate): expected status SUCCESS, got ERROR_INPUT (0x1) for gran_align"},
      {ARM "  - rmi.granule_delegate: {addr: 1}\n    expect: {status: ERROR_INPUT, refused: gran_state}\n",
       ":7:44: step 1 (rmi.granule_delegate): expected refused gran_state, got gran_align"},
      {ARM "  - rmi.granule_delegate: {addr: 0x80100000}\n    expect: {unchanged: true}\n",
       ":7:13: step 1 (rmi.granule_delegate): the call changed the machine"},
      {ARM "  - rmi.version: {req: 0x10000}\n    expect: {lower: 0x10001}\n",
       ":7:21: step 1 (rmi.version): expected lower 0x10001, got 0x10000"},
      {ARM "  - boot: {kernel: 7f454c46}\n", ":6:11: step 1 (boot): kernel"},
      {ARM "  - boot: " KERNEL "\n    expect: {error: no such thing}\n",
       ":7:21: step 1 (boot): expected error, but there is none"},
      {ARM "  - boot: " KERNEL "\n  - expect: {realm_state: NEW}\n",
       ":7:27: step 2 (expect): expected realm_state NEW, got ACTIVE"},
      {ARM "  - same: [1, 1, 2]\n", "step 1 (same): 1 and 2 are not the same: 0x1 and 0x2"},
      {ARM "  - differ: [{zero: 1}, \"00\"]\n", "are the same: 00 (1 bytes) and 00 (1 bytes)"},
      {ARM "  - verify: {token: 00, trust: device}\n",
       "step 1 (verify): expected verdict accepted, got malformed at structure"},
      {ARM "  - boot: " KERNEL "\n    as: vm\n  - guest.token: {challenge: {fill: 1, size: 64}}\n    as: t\n"
           "  - verify: {token: $t, trust: device, require: [binding, rim]}\n",
       "step 3 (verify): expected verdict accepted, got rejected at policy: the check rim must pass, and is not-run"},
      {ARM "  - boot: " KERNEL "\n    as: vm\n  - guest.token: {challenge: {fill: 1, size: 64}}\n    as: t\n"
           "  - verify: {token: $t, trust: device, challenge: {fill: 1, size: 64}, rim: $vm.rim, strict: true}\n",
       "step 3 (verify): expected verdict accepted, got rejected at policy"},
      {ARM "  - verify: {token: 00, trust: device}\n    expect: {verdict: rejected}\n",
       ":7:23: step 1 (verify): expected verdict rejected, got malformed"},
      {ARM "  - host.read: {addr: 0, size: 1}\n", "step 1 (host.read): granule protection fault"},
      {ARM "  - boot: " KERNEL "\n  - guest.extend: {index: 9, value: 00}\n",
       "step 2 (guest.extend): expected status SUCCESS, got ERROR_INPUT (0x1)"},
      {ARM "  - boot: " KERNEL "\n  - guest.load: {ipa: 0xffffffffff000, size: 8}\n",
       "step 2 (guest.load): external abort"},
      {ARM "  - rmi.granule_delegate: {addr: 0x80100000}\n    repeat: 2\n", "got ERROR_INPUT (0x1) for gran_state"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct vcca_run_result result;
    struct vcca_error err = {0};
    check_ok(run_text(rows[i].text, NULL, &result, &err), &err, rows[i].text);
    bool right = result.failures == 1 && strstr(result.failure, rows[i].part);
    others += !right;
    if (!right)
      print_error("%s\n  is %u failures: %s\n  want ...%s...\n", rows[i].text, result.failures, result.failure,
                  rows[i].part);
  }
  assert_int_equal(others, 0);
}

static void the_first_step_that_fails_ends_the_run(void **state)
{
  (void)state;
  struct vcca_run_result result;
  struct vcca_error err = {0};
  check_ok(run_text(ARM "  - same: [1, 2]\n  - same: [1, 3]\n", NULL, &result, &err), &err, "two wrong steps");
  assert_int_equal(result.failures, 1);
  assert_int_equal(result.steps, 1);
}

static void settings_take_the_place_of_variables(void **state)
{
  (void)state;
  static const char text[] =
      "vcca: 1\nname: t\nprofile: virtcca\ndevice: p521\nvars: {a: 1}\nsteps:\n  - same: [$a, 2]\n";
  static const char *const good[] = {"a=2"}, *const unknown[] = {"b=2"}, *const empty[] = {"a"};
  struct vcca_run_options options = {.settings = good, .setting_count = 1};
  struct vcca_run_result result;
  struct vcca_error err = {0};
  check_ok(run_text(text, NULL, &result, &err), &err, "without");
  assert_int_equal(result.failures, 1);
  check_ok(run_text(text, &options, &result, &err), &err, "a=2");
  assert_int_equal(result.failures, 0);
  options.settings = unknown;
  assert_false(run_text(text, &options, &result, &err));
  assert_int_equal(err.fault, VCCA_FAULT_USAGE);
  options.settings = empty;
  assert_false(run_text(text, &options, &result, &err));
  assert_int_equal(err.fault, VCCA_FAULT_USAGE);
}

static void a_trace_names_arguments_results_and_lines(void **state)
{
  (void)state;
  char *text = NULL;
  size_t size = 0;
  struct vcca_error err = {0};
  struct vcca_run_result result;
  FILE *trace = open_memstream(&text, &size);
  struct vcca_run_options options = {.trace = trace};
  bool ran = run_text(
      ARM "  - rmi.version: {req: 0x10000}\n  - rmi.granule_delegate: {addr: 1}\n    expect: {status: INPUT}\n",
      &options, &result, &err);
  assert_false(ran); /* INPUT is no status: nothing runs, nothing is traced */
  assert_int_equal(fflush(trace), 0);
  assert_int_equal(size, 0);
  ran = run_text(
      ARM "  - rmi.version: {req: 0x10000}\n  - rmi.granule_delegate: {addr: 1}\n    expect: {status: ERROR_INPUT}\n",
      &options, &result, &err);
  fclose(trace);
  check_ok(ran, &err, "trace");
  assert_string_equal(
      text, "{\"seq\":1,\"line\":6,\"interface\":\"rmi\",\"command\":\"VERSION\",\"args\":{\"req\":\"0x10000\"},"
            "\"status\":\"RMI_SUCCESS\","
            "\"out\":{\"lower\":\"0x10000\",\"higher\":\"0x10000\"}}\n"
            "{\"seq\":2,\"line\":7,\"interface\":\"rmi\",\"command\":\"GRANULE_DELEGATE\",\"args\":{\"addr\":\"0x1\"},"
            "\"status\":\"RMI_ERROR_INPUT\",\"refused\":\"gran_align\"}\n");
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_feature_is_no_more_than_its_field_holds),
      cmocka_unit_test(a_fault_is_said_where_it_stands),
      cmocka_unit_test(nothing_runs_when_a_later_step_is_misspelt),
      cmocka_unit_test(a_missing_file_is_a_fault_of_input),
      cmocka_unit_test(what_is_not_as_expected_is_said_where_it_was_expected),
      cmocka_unit_test(the_first_step_that_fails_ends_the_run),
      cmocka_unit_test(settings_take_the_place_of_variables),
      cmocka_unit_test(a_trace_names_arguments_results_and_lines),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
