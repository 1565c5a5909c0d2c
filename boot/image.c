/* The arm64 Image header (Documentation/arch/arm64/booting.rst, "Call the kernel image"): 64 bytes in front of an uncompressed
 * kernel. An EFI stub's PE header shares them, so such a kernel reads the same.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "vcca/boot.h"

#include <string.h>

enum { HEADER = 64, TEXT_OFFSET = 8, IMAGE_SIZE = 16, FLAGS = 24, MAGIC = 56 };

/* What people have instead of an Image, by what such a file starts with. */
static const struct {
  size_t offset;
  const char *bytes;
  size_t n;
  const char *advice;
} wrapped[] = {
    {0, "\x1f\x8b", 2, "is gzip-compressed: run gunzip on it first"},
    {0, "\x28\xb5\x2f\xfd", 4, "is zstd-compressed: run unzstd on it first"},
    {0, "\xfd\x37zXZ", 5, "is xz-compressed: run unxz on it first"},
    {4, "zimg", 4, "is a compressed EFI zboot image: extract the Image it carries first"},
    {0, "\x7f\x45LF", 4, "is an ELF file (vmlinux): give arch/arm64/boot/Image instead"},
};

bool vcca_arm64_image_read(vcca_span image, struct vcca_arm64_image *out, struct vcca_error *err)
{
  for (size_t i = 0; i < sizeof wrapped / sizeof *wrapped; i++)
    if (vcca_span_eq(vcca_span_sub(image, wrapped[i].offset, wrapped[i].n), vcca_span_of(wrapped[i].bytes, wrapped[i].n)))
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "this %s", wrapped[i].advice);
  if (image.n < HEADER)
    return vcca_fail_at(err, image.n, "ends inside the 64-byte arm64 Image header");
  if (memcmp(image.p + MAGIC, "ARM\x64", 4) != 0)
    return vcca_fail_at(err, MAGIC, "no \"ARM\\x64\" here: not an uncompressed arm64 Image");

  *out = (struct vcca_arm64_image){
      .text_offset = vcca_le64(image.p + TEXT_OFFSET),
      .image_size = vcca_le64(image.p + IMAGE_SIZE),
      .flags = vcca_le64(image.p + FLAGS),
  };
  return true;
}
