/* Device images: what is written loads back the same, and what is wrong is refused where it stands.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "vcca/hsm.h"

static void save_and_load(const struct vcca_device *device)
{
  static uint8_t text[64 << 10];
  static struct vcca_device again;
  vcca_sink yaml = VCCA_SINK(text);
  struct vcca_error err = {0};
  vcca_device_save(device, &yaml);
  assert_true(vcca_sink_ok(&yaml));
  check_ok(vcca_device_load(vcca_sink_span(&yaml), &again, &err), &err, "saved device");
  assert_memory_equal(&again, device, sizeof again);
}

static void the_built_in_devices_load_back_the_same(void **state)
{
  (void)state;
  for (int kind = VCCA_CHAIN_RSA; kind <= VCCA_CHAIN_P384; kind++) {
    static struct vcca_device device;
    memset(&device, 0, sizeof device);
    vcca_device_default((enum vcca_chain_kind)kind, &device);
    save_and_load(&device);
  }
}

static void any_text_loads_back_the_same(void **state)
{
  (void)state;
  static struct vcca_device device;
  memset(&device, 0, sizeof device);
  vcca_device_default(VCCA_CHAIN_P521, &device);
  memset(device.name, 0, sizeof device.name);
  snprintf(device.name, sizeof device.name, "%s", "\"quoted\\\" \x01\x7f \xc3\xa9 \xc2\x85 \xf0\x9f\x98\x80 # : {");
  memset(device.components[0].version, 0, sizeof device.components[0].version);
  device.components[0].signer_id_size = 0;
  memset(device.components[0].signer_id, 0, sizeof device.components[0].signer_id);
  save_and_load(&device);
}

static void a_base_says_what_is_not_said(void **state)
{
  (void)state;
  static struct vcca_device device, base;
  struct vcca_error err = {0};
  vcca_device_default(VCCA_CHAIN_P521, &base);
  const char *text = "base: p521\nname: my machine\nhuk: {fill: 7, size: 32}\nreplace:\n  uefi: {digest: {fill: 1, "
                     "size: 32}, version: \"9\"}\n";
  check_ok(vcca_device_load(vcca_span_str(text), &device, &err), &err, text);
  assert_string_equal(device.name, "my machine");
  assert_int_equal(device.huk[31], 7);
  assert_memory_equal(device.guk, base.guk, sizeof base.guk);
  assert_int_equal(device.component_count, base.component_count);
  bool found = false;
  for (size_t i = 0; i < device.component_count; i++) {
    bool uefi = strcmp(device.components[i].name, "uefi") == 0;
    found = found || uefi;
    if (uefi)
      assert_string_equal(device.components[i].version, "9");
    assert_int_equal(uefi, memcmp(&device.components[i], &base.components[i], sizeof base.components[i]) != 0);
  }
  assert_true(found);
}

static void what_is_wrong_is_refused_where_it_stands(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    unsigned line;
    const char *part;
  } rows[] = {
      {"[]", 1, "mapping"},
      {"base: p512", 1, "rsa, p521 and p384"},
      {"base: p521\nnmae: x", 2, "did you mean \"name\"?"},
      {"base: p521\nhuk: 00", 2, "32 bytes, not 1"},
      {"base: p521\nhuk: {file: /etc/passwd}", 2, "files cannot be named here"},
      {"base: p521\nlifecycle: 0x100000000", 2, "too large"},
      {"base: p521\nvcca-device: 2", 2, "format 1"},
      {"base: p521\nchain: p384", 2, "says the chain already"},
      {"base: p521\nrsa: {p: 01, q: 02}", 2, "only a device of kind rsa"},
      {"base: rsa\nrsa: {p: 0102, q: 02}", 2, "same length"},
      {"base: p521\nreplace: {ufei: {}}", 2, "no component \"ufei\", did you mean \"uefi\"?"},
      {"base: p521\nreplace: {uefi: {name: x}}", 2, "unknown key \"name\""},
      {"base: p521\ncomponents:\n  - {name: a}", 3, "\"digest\" is missing"},
      {"base: p521\ncomponents:\n  - {name: a, digest: 00}", 3, "32, 48 or 64 bytes"},
      {"base: p521\ncomponents:\n- {name: a, digest: {zero: 32}}\n- {name: a, digest: {zero: 32}}", 4, "already"},
      {"base: p521\nname: 0123456789012345678901234567890123456789012345678", 2, "at most 47"},
      {"name: x\nchain: p521", 1, "\"huk\" is missing"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    static struct vcca_device device;
    struct vcca_error err = {0};
    if (vcca_device_load(vcca_span_str(rows[i].text), &device, &err))
      fail_msg("was read: %s", rows[i].text);
    if (err.line != rows[i].line || !strstr(err.text, rows[i].part))
      fail_msg("%s\n  is line %u: %s\n  want %u: ...%s...", rows[i].text, err.line, err.text, rows[i].line,
               rows[i].part);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_built_in_devices_load_back_the_same),
      cmocka_unit_test(any_text_loads_back_the_same),
      cmocka_unit_test(a_base_says_what_is_not_said),
      cmocka_unit_test(what_is_wrong_is_refused_where_it_stands),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
