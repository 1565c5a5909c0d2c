/* The header of a real kernel: of whichever Debian release's installer images are on this machine.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <glob.h>

#include "support.h"
#include "rooms/boot.h"

static void a_real_debian_kernel_is_read(void **state)
{
  (void)state;
  static const char pattern[] = "/usr/lib/debian-installer/images/*/arm64/text/debian-installer/arm64/linux";
  glob_t found;
  if (glob(pattern, 0, NULL, &found) != 0)
    check_skip("no %s (./setup images installs one)", pattern);
  for (size_t i = 0; i < found.gl_pathc; i++) {
    struct vcca_bytes kernel = {0};
    struct vcca_arm64_image got;
    struct vcca_error err = {0};
    const char *path = found.gl_pathv[i];
    check_ok(vcca_file_read(path, (size_t)256 << 20, &kernel, &err), &err, path);
    check_ok(vcca_arm64_image_read(vcca_bytes_span(&kernel), &got, &err), &err, path);
    assert_true(got.text_offset == 0 && got.image_size >= kernel.n);
    vcca_bytes_free(&kernel);
  }
  globfree(&found);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_real_debian_kernel_is_read),
  };
  return check_run(tests, NULL, NULL);
}
