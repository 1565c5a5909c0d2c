/* gzip kernels, as VMMs take them. The only user of zlib.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "vcca/vmm.h"

#include <limits.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

enum { GZIP = 16, FIRST_ROOM = 1 << 20 };

/* Twice the room, max at most; false when there is no more to be had. */
static bool grow(struct vcca_bytes *out, size_t max, struct vcca_error *err)
{
  struct vcca_bytes larger = {0};
  size_t room = out->n == 0 ? FIRST_ROOM : out->n * 2;
  if (out->n >= max)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "decompresses to more than %zu MiB", max >> 20);
  if (!vcca_bytes_alloc(&larger, room < max ? room : max, err))
    return false;
  if (out->n > 0)
    memcpy(larger.p, out->p, out->n);
  vcca_bytes_free(out);
  *out = larger;
  return true;
}

static bool inflate_all(z_stream *z, vcca_span gz, size_t max, struct vcca_bytes *room, struct vcca_error *err)
{
  size_t read = 0, written = 0;
  int result = Z_OK;
  while (result != Z_STREAM_END) {
    if (written == room->n && !grow(room, max, err))
      return false;
    size_t in = gz.n - read < UINT_MAX ? gz.n - read : UINT_MAX;
    size_t out = room->n - written < UINT_MAX ? room->n - written : UINT_MAX;
    z->next_in = gz.p + read;
    z->avail_in = (unsigned)in;
    z->next_out = room->p + written;
    z->avail_out = (unsigned)out;
    result = inflate(z, Z_NO_FLUSH);
    read += in - z->avail_in;
    written += out - z->avail_out;
    if (result == Z_BUF_ERROR && read == gz.n)
      return vcca_fail_at(err, read, "the gzip data ends too early");
    if (result == Z_MEM_ERROR)
      return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory to decompress with");
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
      return vcca_fail_at(err, read, "the gzip data is damaged (%s)", z->msg ? z->msg : "no reason given");
  }
  room->n = written;
  return true;
}

bool vcca_gunzip(vcca_span gz, size_t max, struct vcca_bytes *out, struct vcca_error *err)
{
  z_stream z = {0};
  struct vcca_bytes room = {0};
  if (inflateInit2(&z, MAX_WBITS + GZIP) != Z_OK)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory to decompress with");
  bool good = inflate_all(&z, gz, max, &room, err);
  inflateEnd(&z);
  if (good)
    *out = room;
  else
    vcca_bytes_free(&room);
  return good;
}

bool vcca_kernel_unpack(vcca_span kernel, size_t max, struct vcca_bytes *out, struct vcca_error *err)
{
  bool image = kernel.n >= 60 && memcmp(kernel.p + 56, "ARM\x64", 4) == 0;
  if (image || kernel.n < 2 || kernel.p[0] != 0x1f || kernel.p[1] != 0x8b)
    return true;
  return vcca_gunzip(kernel, max, out, err);
}
