/* The arm64 Image header.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "support.h"
#include "rooms/boot.h"

static void the_header_is_read(void **state)
{
  (void)state;
  uint8_t image[64] = {'M', 'Z'}; /* an EFI stub's PE header shares the bytes */
  struct vcca_arm64_image got;
  struct vcca_error err = {0};
  support_header(image, 0x80000, 0x123456789a);
  vcca_put_le64(image + 24, 0xa);
  check_ok(vcca_arm64_image_read(VCCA_SPAN(image), &got, &err), &err, "header");
  assert_true(got.text_offset == 0x80000 && got.image_size == 0x123456789a && got.flags == 0xa);
}

static void a_header_that_ends_early_is_located(void **state)
{
  (void)state;
  uint8_t image[64] = {0};
  support_header(image, 0, 4096);
  for (size_t n = 0; n < sizeof image; n++) {
    struct vcca_arm64_image got;
    struct vcca_error err = {0};
    assert_false(vcca_arm64_image_read(vcca_span_of(image, n), &got, &err));
    assert_true(err.has_offset && err.offset == n);
  }
}

static void every_byte_of_the_magic_counts(void **state)
{
  (void)state;
  for (size_t i = 56; i < 60; i++) {
    uint8_t image[64] = {0};
    struct vcca_arm64_image got;
    struct vcca_error err = {0};
    support_header(image, 0, 4096);
    image[i] ^= 1;
    assert_false(vcca_arm64_image_read(VCCA_SPAN(image), &got, &err));
    assert_true(err.has_offset && err.offset == 56 && err.fault == VCCA_FAULT_MALFORMED);
  }
}

static void a_wrapped_kernel_gets_advice(void **state)
{
  (void)state;
  static const struct {
    const char *bytes;
    size_t n;
    const char *advice;
  } rows[] = {
      {"\x1f\x8b\x08", 3, "gunzip"},     {"\x28\xb5\x2f\xfd", 4, "unzstd"}, {"\xfd\x37zXZ", 5, "unxz"},
      {"MZ\0\0zimg", 8, "not complete"}, {"\x7f\x45LF", 4, "vmlinux"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct vcca_arm64_image got;
    struct vcca_error err = {0};
    assert_false(vcca_arm64_image_read(vcca_span_of(rows[i].bytes, rows[i].n), &got, &err));
    assert_int_equal(err.fault, i == 3 ? VCCA_FAULT_MALFORMED : VCCA_FAULT_UNSUPPORTED);
    assert_non_null(strstr(err.text, rows[i].advice));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_header_is_read),
      cmocka_unit_test(a_header_that_ends_early_is_located),
      cmocka_unit_test(every_byte_of_the_magic_counts),
      cmocka_unit_test(a_wrapped_kernel_gets_advice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
