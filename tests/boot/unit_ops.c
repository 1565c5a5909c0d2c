/* Operation lists, against the chain of values two independent monitors agreed on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "vcca/boot.h"
#include "rooms/span.h"

static const char golden[] =
    "vcca-ops: 1\n"
    "profile: arm-rmm-1.0\n"
    "operations:\n"
    "  - create: {flags: 4, s2sz: 40, num_bps: 1, num_wps: 1, pmu_num_ctrs: 5, hash: sha-256}\n"
    "  - ripas: {base: 0x400000, top: 0x800000, level: 2}\n"
    "  - ripas: {base: 0x1000, top: 0x4000}\n"
    "  - ripas: {base: 0x200000, top: 0x400000, level: 2}\n"
    "  - data: {ipa: 0x1000, content: {ramp: 3, step: 7, size: 4096}}\n"
    "  - data: {ipa: 0x2000, measured: false}\n"
    "  - rec: {pc: 0x80000, gprs: [0x1111, 0x2222, 0x3333, 0x4444, 0x5555, 0x6666, 0x7777, 0x8888]}\n"
    "  - rec: {flags: 0}\n";

/* Register values after each of the list's operations. */
struct chain {
  unsigned steps;
  char after[16][129];
};

static void record(void *ctx, const struct vcca_rim_step *step)
{
  struct chain *c = ctx;
  assert_true(c->steps < 16);
  vcca_hex_text(vcca_span_of(step->after, 32), c->after[c->steps++], 129);
}

static void the_arm_chain_reproduces_step_by_step(void **state)
{
  (void)state;
  struct chain c = {0};
  struct vcca_measured m;
  struct vcca_error err = {0};
  check_ok(vcca_ops_measure(vcca_span_str(golden), NULL, NULL, record, &c, &m, &err), &err, "golden");
  static const struct {
    unsigned step;
    const char *value;
  } rows[] = {
      {0, "0c7729719b7331d9442bbf05e460f9ce4b7eac2572842950a68cdd3a60371680"},
      {2, "a63acc1879da3d6884dd4b81f84ef88b6580634eeb85b71502771d8f781c40ee"},
      {5, "c794e5f135190f688ef467a1eac070174f6ac6b469a86e5bca17bd75f9bc4cf6"},
      {6, "5e0a10e5b26f9cdf5b4962c6bb13c682470bdcaa389fb91e14c75af62ef04866"},
      {7, "473945e8eda2d36a9a8aee0e7f826559addb425aaf0e4cbc220d10c95c574d0c"},
      {8, "8516ebe95f5cd65a619c073a7dc76197000fd4e481717891afd78cd35967a65c"},
      {9, "cd535cec5859b7216e3f72410ae0d85844bf8a77233fec6dbb0ff58508157405"},
  };
  assert_int_equal(c.steps, 10);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    assert_string_equal(c.after[rows[i].step], rows[i].value);
  check_hex(vcca_rim_digest(&m.rim), rows[6].value, "RIM");
  assert_string_equal(m.profile, "arm-rmm-1.0");
  assert_false(m.has_rem);
}

static void the_same_list_under_sha512(void **state)
{
  (void)state;
  static char text[sizeof golden];
  struct vcca_measured m;
  struct vcca_error err = {0};
  memcpy(text, golden, sizeof text);
  memcpy(strstr(text, "sha-256"), "sha-512", 7);
  check_ok(vcca_ops_measure(vcca_span_str(text), NULL, NULL, NULL, NULL, &m, &err), &err, "golden, sha-512");
  check_hex(vcca_rim_digest(&m.rim),
            "3df72481b7474f314585ce801a4a6dee52624e54cb2061e449cba0d564b2ac1d6e9278df72cdef78186ce97b79d74f9c0e1b078a01"
            "dce7465cc43e490904891a",
            "RIM");
}

static void content_digest_and_pages_are_the_same_thing(void **state)
{
  (void)state;
  static const char *const texts[] = {
      "{profile: virtcca, operations: [{create: {s2sz: 40}}, {data: {ipa: 0x1000, content: {zero: 8192}}}]}",
      "{profile: virtcca, operations: [{create: {s2sz: 40}}, {data: {ipa: 0x1000, content: {zero: 4097}}}]}",
      "profile: virtcca\n"
      "operations:\n"
      "  - create: {s2sz: 40}\n"
      "  - data: {ipa: 0x1000, digest: ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7}\n"
      "  - data: {ipa: 0x2000, content: {zero: 1}}\n",
  };
  struct vcca_measured first, m;
  struct vcca_error err = {0};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    check_ok(vcca_ops_measure(vcca_span_str(texts[i]), NULL, NULL, NULL, NULL, &m, &err), &err, texts[i]);
    if (i == 0)
      first = m;
    assert_memory_equal(m.rim.value, first.rim.value, sizeof m.rim.value);
  }
}

static void rems_extend_as_the_guest_would(void **state)
{
  (void)state;
  const char *text = "{profile: virtcca, operations: [{create: {}}, {extend: {index: 4, value: {text: abc}}}]}";
  struct vcca_measured m;
  struct vcca_error err = {0};
  check_ok(vcca_ops_measure(vcca_span_str(text), NULL, NULL, NULL, NULL, &m, &err), &err, text);
  assert_true(m.has_rem);
  assert_true(vcca_span_zero(VCCA_SPAN(m.rem[0])));
  /* printf of 32 zero bytes and abc, by sha256sum */
  check_hex(vcca_span_of(m.rem[3], 32), "365aa7d8f7f9402c4b9434502b4cc89ddb09fe50d7cd95b493b834c62d5a5370", "REM3");
}

static void what_is_wrong_is_refused_where_it_stands(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    unsigned line;
    const char *part;
  } rows[] = {
      {"profile: virtcca\noperations: []", 2, "begins with create"},
      {"profile: virtca\noperations: []", 1, "profiles are"},
      {"operations: []", 1, "\"profile\" is missing"},
      {"profile: virtcca\noperations:\n  - rec: {}", 3, "first operation is create"},
      {"profile: virtcca\noperations:\n  - create: {}\n  - create: {}", 4, "second create"},
      {"profile: virtcca\noperations:\n  - create: {}\n  - dato: {}", 4, "did you mean \"data\"?"},
      {"profile: virtcca\noperations:\n  - create: {}\n  - data: {}", 4, "\"ipa\" is missing"},
      {"profile: virtcca\noperations:\n  - create: {}\n  - data: {ipa: 1, measured: false}", 4, "multiple of 0x1000"},
      {"profile: virtcca\noperations:\n  - create: {}\n  - data: {ipa: 0, content: 00, measured: false}", 4,
       "takes one of"},
      {"profile: virtcca\noperations:\n  - create: {}\n  - data: {ipa: 0}", 4, "takes one of"},
      {"profile: virtcca\noperations:\n  - create: {}\n  - data: {ipa: 0, digest: 00}", 4, "32 bytes, not 1"},
      {"profile: virtcca\noperations:\n  - create: {}\n  - data: {ipa: 0, content: {file: x}}", 4,
       "files cannot be named"},
      {"profile: virtcca\noperations:\n  - create: {hash: sha-384}", 3, "does not know sha-384"},
      {"profile: virtcca\noperations:\n  - create: {}\n    rec: {}", 3, "one operation for each item"},
      {"profile: arm-rmm-1.0\noperations:\n  - create: {}\n  - ripas: {base: 0, top: 0x1000000000000}", 4,
       "more than 1048576 extensions"},
      {"profile: arm-rmm-1.0\noperations:\n  - create: {}\n  - ripas: {base: 0x1000, top: 0x1000}", 4, "not above"},
      {"profile: arm-rmm-1.0\noperations:\n  - create: {}\n  - ripas: {base: 0x1000, top: 0x200000, level: 2}", 4,
       "multiple of 0x200000"},
      {"profile: arm-rmm-1.0\noperations:\n  - create: {}\n  - extend: {index: 0, value: 00}", 4, "cannot be extended"},
      {"profile: arm-rmm-1.0\noperations:\n  - create: {}\n  - extend: {index: 5, value: 00}", 4, "at most 4"},
      {"profile: arm-rmm-1.0\noperations:\n  - create: {}\n  - extend: {index: 1, value: {zero: 65}}", 4, "at most 64"},
      {"profile: arm-rmm-1.0\noperations:\n  - create: {}\n  - rec: {gprs: [1,2,3,4,5,6,7,8,9]}", 4, "at most 8"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct vcca_measured m;
    struct vcca_error err = {0};
    if (vcca_ops_measure(vcca_span_str(rows[i].text), NULL, NULL, NULL, NULL, &m, &err))
      fail_msg("was read: %s", rows[i].text);
    if (err.line != rows[i].line || !strstr(err.text, rows[i].part))
      fail_msg("%s\n  is line %u: %s\n  want %u: ...%s...", rows[i].text, err.line, err.text, rows[i].line,
               rows[i].part);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_arm_chain_reproduces_step_by_step),       cmocka_unit_test(the_same_list_under_sha512),
      cmocka_unit_test(content_digest_and_pages_are_the_same_thing), cmocka_unit_test(rems_extend_as_the_guest_would),
      cmocka_unit_test(what_is_wrong_is_refused_where_it_stands),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
