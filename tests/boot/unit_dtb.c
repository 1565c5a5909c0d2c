/* Device trees: what is made is whole and says what was asked; what is damaged is refused.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/boot.h"
#include "rooms/file.h"

#include <libfdt.h>

static const struct vcca_dtb_spec spec = {
    .ram_base = 0x40000000,
    .ram_size = (uint64_t)5 << 30,
    .vcpus = 18,
    .bootargs = "console=ttyAMA0 root=/dev/vda2",
    .initrd_base = 0x48000000,
    .initrd_size = 12345,
};

static struct vcca_bytes make(const struct vcca_dtb_spec *s)
{
  struct vcca_bytes dtb = {0};
  struct vcca_error err = {0};
  check_ok(vcca_dtb_make(s, &dtb, &err), &err, "make");
  return dtb;
}

/* The cell at index of a property. */
static uint32_t cell(const void *fdt, const char *path, const char *name, int index)
{
  int n = 0, node = fdt_path_offset(fdt, path);
  assert_true(node >= 0);
  const uint8_t *p = fdt_getprop(fdt, node, name, &n);
  assert_non_null(p);
  assert_true(n >= 4 * (index + 1));
  return vcca_be32(p + 4 * index);
}

static void check_text(const void *fdt, const char *path, const char *name, const char *want)
{
  int n = 0, node = fdt_path_offset(fdt, path);
  assert_true(node >= 0);
  const char *p = fdt_getprop(fdt, node, name, &n);
  assert_non_null(p);
  assert_string_equal(p, want);
  assert_int_equal(n, strlen(want) + 1);
}

static void a_made_tree_says_what_was_asked(void **state)
{
  (void)state;
  struct vcca_bytes dtb = make(&spec);
  struct vcca_error err = {0};
  size_t size = 0;
  check_ok(vcca_dtb_check(vcca_bytes_span(&dtb), &size, &err), &err, "check");
  assert_int_equal(size, dtb.n);

  check_text(dtb.p, "/chosen", "bootargs", spec.bootargs);
  check_text(dtb.p, "/psci", "method", "smc");
  check_text(dtb.p, "/cpus/cpu@101", "enable-method", "psci");
  assert_int_equal(cell(dtb.p, "/cpus/cpu@101", "reg", 0), 0x101); /* CPU 17 */
  assert_true(fdt_path_offset(dtb.p, "/cpus/cpu@102") < 0);
  assert_int_equal(cell(dtb.p, "/memory@40000000", "reg", 1), 0x40000000);
  assert_int_equal(cell(dtb.p, "/memory@40000000", "reg", 2), 1);
  assert_int_equal(cell(dtb.p, "/memory@40000000", "reg", 3), 0x40000000);
  assert_int_equal(cell(dtb.p, "/chosen", "linux,initrd-start", 1), 0x48000000);
  assert_int_equal(cell(dtb.p, "/chosen", "linux,initrd-end", 1), 0x48000000 + 12345);
  assert_int_equal(cell(dtb.p, "/intc@8000000", "reg", 7), 18 * 0x20000);
  assert_int_equal(cell(dtb.p, "/", "interrupt-parent", 0), cell(dtb.p, "/intc@8000000", "phandle", 0));
  vcca_bytes_free(&dtb);
}

static void nothing_random_is_in_it_and_what_is_absent_stays_absent(void **state)
{
  (void)state;
  struct vcca_dtb_spec plain = {.ram_base = 0x80000000, .ram_size = 0x20000000, .vcpus = 1};
  struct vcca_bytes a = make(&plain), b = make(&plain);
  assert_true(vcca_span_eq(vcca_bytes_span(&a), vcca_bytes_span(&b)));
  int chosen = fdt_path_offset(a.p, "/chosen");
  static const char *const absent[] = {"bootargs", "linux,initrd-start", "linux,initrd-end", "kaslr-seed", "rng-seed"};
  for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
    assert_null(fdt_getprop(a.p, chosen, absent[i], NULL));
  vcca_bytes_free(&a);
  vcca_bytes_free(&b);
}

static void as_many_vcpus_as_a_vm_has_fit(void **state)
{
  (void)state;
  struct vcca_dtb_spec big = spec;
  struct vcca_error err = {0};
  big.vcpus = VCCA_VCPUS_MAX;
  struct vcca_bytes dtb = make(&big);
  check_ok(vcca_dtb_check(vcca_bytes_span(&dtb), NULL, &err), &err, "512 vCPUs");
  assert_true(fdt_path_offset(dtb.p, "/cpus/cpu@1f0f") >= 0);
  vcca_bytes_free(&dtb);
}

static void impossible_trees_are_refused(void **state)
{
  (void)state;
  static const struct {
    struct vcca_dtb_spec spec;
    const char *word;
  } rows[] = {
      {{.ram_base = 0x40000000, .ram_size = 1 << 20, .vcpus = 0}, "vcpus"},
      {{.ram_base = 0x40000000, .ram_size = 1 << 20, .vcpus = VCCA_VCPUS_MAX + 1}, "vcpus"},
      {{.ram_base = 0x08000000, .ram_size = 1 << 20, .vcpus = 1}, "ram_base"},
      {{.ram_base = 0x40000000, .ram_size = 0, .vcpus = 1}, "ram_size"},
      {{.ram_base = 0x40000000, .ram_size = UINT64_MAX, .vcpus = 1}, "ram_size"},
      {{.ram_base = 0x40000000, .ram_size = 1 << 20, .vcpus = 1, .initrd_base = 4096, .initrd_size = UINT64_MAX},
       "initrd_size"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_bytes dtb = {0};
    struct vcca_error err = {0};
    assert_false(vcca_dtb_make(&rows[i].spec, &dtb, &err));
    assert_non_null(strstr(err.text, rows[i].word));
    assert_null(dtb.p);
  }
}

static void a_tree_that_ends_early_is_refused_at_every_length(void **state)
{
  (void)state;
  struct vcca_bytes dtb = make(&spec);
  for (size_t n = 0; n < dtb.n; n++) {
    struct vcca_error err = {0};
    assert_false(vcca_dtb_check(vcca_span_of(dtb.p, n), NULL, &err));
    assert_true(err.has_offset);
  }
  vcca_bytes_free(&dtb);
}

/* Linux' booting.rst: "must not exceed 2 megabytes in size". Bytes behind totalsize are not the tree's. */
static void a_tree_of_2_mib_is_taken_and_a_byte_more_refused(void **state)
{
  (void)state;
  enum { MOST = 2 << 20 };
  struct vcca_bytes dtb = make(&spec), big = {0};
  struct vcca_error err = {0};
  size_t size = 0;
  check_ok(vcca_bytes_alloc(&big, MOST + 1, &err), &err, "room");
  memset(big.p, 0, big.n);
  memcpy(big.p, dtb.p, dtb.n);
  fdt_set_totalsize(big.p, MOST);
  check_ok(vcca_dtb_check(vcca_span_of(big.p, MOST), &size, &err), &err, "2 MiB");
  assert_int_equal(size, MOST);
  check_ok(vcca_dtb_check(vcca_bytes_span(&big), &size, &err), &err, "2 MiB and a byte behind");
  assert_int_equal(size, MOST);
  fdt_set_totalsize(big.p, MOST + 1);
  assert_false(vcca_dtb_check(vcca_bytes_span(&big), &size, &err));
  assert_true(err.has_offset && err.offset == 4); /* totalsize */
  assert_non_null(strstr(err.text, "no more than 2 MiB"));
  vcca_bytes_free(&big);
  vcca_bytes_free(&dtb);
}

static void damage_is_located(void **state)
{
  (void)state;
  struct vcca_bytes dtb = make(&spec);
  size_t structure = vcca_be32(dtb.p + 8); /* off_dt_struct */
  struct vcca_error err = {0};

  vcca_put_be32(dtb.p + structure + 8, 0x77); /* the root's first property: not a token now */
  assert_false(vcca_dtb_check(vcca_bytes_span(&dtb), NULL, &err));
  assert_true(err.has_offset && err.offset == structure + 8);

  dtb.p[0] = 0;
  assert_false(vcca_dtb_check(vcca_bytes_span(&dtb), NULL, &err));
  assert_true(err.has_offset && err.offset == 0);
  vcca_bytes_free(&dtb);
}

static void any_changed_byte_is_survived_and_any_alignment_read(void **state)
{
  (void)state;
  struct vcca_bytes dtb = make(&spec), moved = {0};
  struct vcca_error err = {0};
  for (size_t i = 0; i < dtb.n; i++) {
    dtb.p[i] ^= 0xff;
    bool good = vcca_dtb_check(vcca_bytes_span(&dtb), NULL, &err);
    assert_true(good || i < 4 || err.fault == VCCA_FAULT_MALFORMED);
    dtb.p[i] ^= 0xff;
  }
  for (size_t shift = 1; shift < 8; shift++) {
    check_ok(vcca_bytes_alloc(&moved, dtb.n + shift, &err), &err, "room");
    memcpy(moved.p + shift, dtb.p, dtb.n);
    check_ok(vcca_dtb_check(vcca_span_sub(vcca_bytes_span(&moved), shift, dtb.n), NULL, &err), &err, "unaligned");
    vcca_bytes_free(&moved);
  }
  vcca_bytes_free(&dtb);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_made_tree_says_what_was_asked),
      cmocka_unit_test(nothing_random_is_in_it_and_what_is_absent_stays_absent),
      cmocka_unit_test(as_many_vcpus_as_a_vm_has_fit),
      cmocka_unit_test(impossible_trees_are_refused),
      cmocka_unit_test(a_tree_that_ends_early_is_refused_at_every_length),
      cmocka_unit_test(a_tree_of_2_mib_is_taken_and_a_byte_more_refused),
      cmocka_unit_test(damage_is_located),
      cmocka_unit_test(any_changed_byte_is_survived_and_any_alignment_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
