/* gzip kernels, as VMMs read them. The only file that uses zlib.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/image.h"
#include "rooms/vmm.h"
#include "rooms/error.h"
#include "rooms/file.h"

#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

enum { GZIP = 16, WINDOW = 1 << 20 };

static bool inflate_all(z_stream *z, struct vcca_mapping *gz, size_t max, struct vcca_spool *out,
                        struct vcca_error *err)
{
  size_t read = 0, room;
  int result = Z_OK;
  while (result != Z_STREAM_END) {
    if (!vcca_spool_room(out, max, &z->next_out, &room, err))
      return false;
    if (room == 0)
      return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "decompresses to more than %zu MiB", max >> 20);
    unsigned n = room < WINDOW ? (unsigned)room : WINDOW,
             in = gz->bytes.n - read < WINDOW ? (unsigned)(gz->bytes.n - read) : WINDOW;
    z->next_in = gz->bytes.p + read;
    z->avail_in = in;
    z->avail_out = n;
    result = inflate(z, Z_NO_FLUSH);
    read += in - z->avail_in;
    vcca_spool_add(out, n - z->avail_out);
    vcca_file_forget(gz, read);
    if (result == Z_BUF_ERROR && read == gz->bytes.n)
      return vcca_fail_at(err, read, "the gzip data ends too early");
    if (result == Z_MEM_ERROR)
      return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory to decompress with");
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
      return vcca_fail_at(err, read, "the gzip data is damaged (%s)", z->msg ? z->msg : "no reason given");
  }
  return true;
}

bool vcca_gunzip(struct vcca_mapping *gz, size_t max, struct vcca_mapping *out, struct vcca_error *err)
{
  z_stream z = {0};
  struct vcca_spool spool = {.used = 0};
  if (inflateInit2(&z, MAX_WBITS + GZIP) != Z_OK)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory to decompress with");
  bool good = inflate_all(&z, gz, max, &spool, err);
  inflateEnd(&z);
  if (good)
    return vcca_spool_end(&spool, out, err);
  vcca_spool_free(&spool);
  return false;
}

/* QEMU tries to unpack each file that starts like gzip, and loads it as it is when that fails (hw/arm/boot.c,
 * load_aarch64_image). */
static bool unpack_gzip(struct vcca_mapping *kernel, size_t max, struct vcca_mapping *out, struct vcca_error *err)
{
  struct vcca_error why = {0};
  if (vcca_gunzip(kernel, max, out, &why))
    return true;
  if (vcca_span_eq(vcca_span_sub(kernel->bytes, 56, 4), VCCA_SPAN_LIT("ARM\x64")) && why.fault == VCCA_FAULT_MALFORMED)
    return true;
  if (err)
    *err = why;
  return false;
}

bool vcca_kernel_unpack(struct vcca_mapping *kernel, size_t max, struct vcca_mapping *out, struct vcca_error *err)
{
  enum { PAYLOAD = 8 };
  vcca_span k = kernel->bytes;
  struct image_zboot z;
  if (k.n >= 2 && k.p[0] == 0x1f && k.p[1] == 0x8b)
    return unpack_gzip(kernel, max, out, err);
  if (!image_zboot(k, &z) || strcmp(z.type, "gzip") != 0)
    return true;
  if (z.at > k.n || z.n > k.n - z.at)
    return vcca_fail_at(err, PAYLOAD,
                        "the EFI zboot image says that its kernel is at 0x%x, 0x%x bytes long, but the file has 0x%zx",
                        z.at, z.n, k.n);
  struct vcca_mapping payload = {.bytes = vcca_span_sub(k, z.at, z.n)};
  if (vcca_gunzip(&payload, max, out, err))
    return true;
  if (err && err->has_offset)
    err->offset += z.at;
  return false;
}
