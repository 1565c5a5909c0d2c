/* Kernels. The arm64 Image header (Documentation/arch/arm64/booting.rst, "Call the kernel image") is the
 * first 64 bytes of an uncompressed kernel; the PE header of an EFI stub shares them. Also files that VMMs
 * start without a header, and files that only look like kernels.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/image.h"
#include "rooms/error.h"
#include "rooms/boot.h"

#include <inttypes.h>
#include <stdio.h>

enum { HEADER = 64, TEXT_OFFSET = 8, IMAGE_SIZE = 16, FLAGS = 24, MAGIC = 56 };
enum {
  RAW_OFFSET = 0x80000
}; /* QEMU hw/arm/boot.c, KERNEL64_LOAD_ADDR; kvmtool arm/aarch64/kvm.c; linux-loader pe.rs */

/* --- What is no Image -------------------------------------------------------------------------------------- */

#define BY_ITSELF " and start the VM with the result"
/* Files that people have instead of an Image, by their magic bytes. */
static const struct {
  size_t offset;
  const char *bytes;
  size_t n;
  const char *what;
} wrapped[] = {
    {0, "\x1f\x8b", 2, "gzip-compressed, and this VMM does not unpack it: run gunzip on it first," BY_ITSELF},
    {0, "\x28\xb5\x2f\xfd", 4, "zstd-compressed, which no VMM unpacks: run unzstd on it first," BY_ITSELF},
    {0, "\xfd\x37zXZ", 5, "xz-compressed, which no VMM unpacks: run unxz on it first," BY_ITSELF},
    {0, "BZh", 3, "bzip2-compressed, which no VMM unpacks: run bunzip2 on it first," BY_ITSELF},
    {0, "\x02\x21\x4c\x18", 4, "lz4-compressed, which no VMM unpacks: run unlz4 on it first," BY_ITSELF},
    {0, "\x04\x22\x4d\x18", 4, "lz4-compressed, which no VMM unpacks: run unlz4 on it first," BY_ITSELF},
    {0, "\x89LZO\0", 5, "lzo-compressed, which no VMM unpacks: run unlzop on it first," BY_ITSELF},
    {0, "\x5d\0\0", 3, "lzma-compressed, which no VMM unpacks: run unlzma on it first," BY_ITSELF},
    {0, "\x7f\x45LF", 4,
     "an ELF file (vmlinux), whose start is not modelled: give arch/arm64/boot/Image instead," BY_ITSELF},
    {0, "\x27\x05\x19\x56", 4,
     "a U-Boot image (uImage), whose start is not modelled: extract the Image (dumpimage)," BY_ITSELF},
    {0, "\xd0\x0d\xfe\xed", 4, "a device tree or a FIT image, not a kernel: give the Image instead"},
    {514, "HdrS", 4, "a kernel for x86, not for arm64"},
    {36, "\x18\x28\x6f\x01", 4, "a zImage for 32-bit Arm, not a kernel for arm64"},
    {56, "RSC\x05", 4, "a kernel for RISC-V, not for arm64"},
};

static bool has(vcca_span image, size_t at, const char *bytes, size_t n)
{
  return vcca_span_eq(vcca_span_sub(image, at, n), vcca_span_of(bytes, n));
}

/* drivers/firmware/efi/libstub/zboot-header.S */
enum { ZBOOT_OFFSET = 8, ZBOOT_SIZE = 12, ZBOOT_TYPE = 24 /* 32 bytes */ };

bool image_zboot(vcca_span kernel, struct image_zboot *out)
{
  if (!has(kernel, 0, "MZ", 2) || !has(kernel, 4, "zimg", 4) || !has(kernel, MAGIC, "\xcd\x23\x82\x81", 4))
    return false;
  *out = (struct image_zboot){.at = vcca_le32(kernel.p + ZBOOT_OFFSET), .n = vcca_le32(kernel.p + ZBOOT_SIZE)};
  for (size_t i = 0; i < sizeof out->type - 1; i++) {
    uint8_t c = kernel.p[ZBOOT_TYPE + i];
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9'))
      break;
    out->type[i] = (char)c;
  }
  return true;
}

/* How to extract a payload, by the header's name of its compression (scripts/Makefile.lib). */
static bool refuse_zboot(const struct image_zboot *z, struct vcca_error *err)
{
  static const char *const how[][2] = {{"gzip", "gunzip"}, {"zstd", "unzstd"}, {"zstd22", "unzstd"}, {"xzkern", "unxz"},
                                       {"lzma", "unlzma"}, {"lz4", "unlz4"},   {"lzo", "unlzop"}};
  const char *tool = NULL;
  for (size_t i = 0; i < sizeof how / sizeof *how; i++)
    if (strcmp(z->type, how[i][0]) == 0)
      tool = how[i][1];
  return vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                   "this is an EFI zboot image with %s compression, which this VMM does not unpack: extract the Image "
                   "(tail -c +%" PRIu64 " FILE | head -c %" PRIu64 " | %s)," BY_ITSELF,
                   z->type[0] ? z->type : "unknown", (uint64_t)z->at + 1, (uint64_t)z->n,
                   tool ? tool : "what unpacks it");
}

/* A file that no CPU can start. A VMM that loads any bytes would start it without success. */
static bool refuse_wrapped(vcca_span image, struct vcca_error *err)
{
  struct image_zboot z;
  if (image_zboot(image, &z))
    return refuse_zboot(&z, err);
  if (has(image, 4, "zimg", 4))
    return vcca_fail_at(err, 0, "this looks like an EFI zboot image, but its header is not complete");
  for (size_t i = 0; i < sizeof wrapped / sizeof *wrapped; i++)
    if (has(image, wrapped[i].offset, wrapped[i].bytes, wrapped[i].n))
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "this is %s", wrapped[i].what);
  return true;
}

/* --- What is ---------------------------------------------------------------------------------------------- */

bool vcca_arm64_image_read(vcca_span image, struct vcca_arm64_image *out, struct vcca_error *err)
{
  bool magic = has(image, MAGIC, "ARM\x64", 4);
  if (!magic && !refuse_wrapped(image, err))
    return false;
  if (image.n < HEADER)
    return vcca_fail_at(err, image.n, "ends inside the 64-byte arm64 Image header");
  if (!magic)
    return vcca_fail_at(err, MAGIC, "there is no \"ARM\\x64\" here: not an uncompressed arm64 Image");

  *out = (struct vcca_arm64_image){
      .text_offset = vcca_le64(image.p + TEXT_OFFSET),
      .image_size = vcca_le64(image.p + IMAGE_SIZE),
      .flags = vcca_le64(image.p + FLAGS),
  };
  return true;
}

bool vcca_kernel_read(vcca_span kernel, bool headless, struct vcca_arm64_image *out, struct vcca_error *err)
{
  bool raw = headless && !has(kernel, MAGIC, "ARM\x64", 4);
  if (kernel.n == 0)
    return vcca_fail(err, VCCA_FAULT_MALFORMED, "the file is empty");
  if (raw && has(kernel, 0, "MZ", 2) && !has(kernel, 4, "zimg", 4))
    return vcca_fail_at(err, MAGIC, "an EFI application without \"ARM\\x64\" here: not a kernel for arm64");
  if (raw ? !refuse_wrapped(kernel, err) : !vcca_arm64_image_read(kernel, out, err))
    return false;
  if (raw)
    *out = (struct vcca_arm64_image){.headless = true};
  if (out->image_size == 0) { /* before Linux 3.17, when text_offset had no meaning */
    out->guessed = true;
    out->text_offset = RAW_OFFSET;
    out->image_size = kernel.n;
  }
  return true;
}
