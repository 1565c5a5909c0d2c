/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/hex.h"
#include "rooms/error.h"
#include "rooms/span.h"

static const char digits[] = "0123456789abcdef";

void vcca_hex_put(vcca_sink *out, vcca_span bytes)
{
  for (size_t i = 0; i < bytes.n; i++) {
    vcca_sink_u8(out, (uint8_t)digits[bytes.p[i] >> 4]);
    vcca_sink_u8(out, (uint8_t)digits[bytes.p[i] & 15]);
  }
}

const char *vcca_hex_text(vcca_span bytes, char *buf, size_t cap)
{
  size_t n = 0;
  for (size_t i = 0; i < bytes.n && n + 2 < cap; i++) {
    buf[n++] = digits[bytes.p[i] >> 4];
    buf[n++] = digits[bytes.p[i] & 15];
  }
  if (cap > 0)
    buf[n] = '\0';
  return buf;
}

static int digit(uint8_t c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

bool vcca_hex_read(vcca_span text, vcca_sink *out, struct vcca_error *err)
{
  for (size_t i = 0; i < text.n; i++)
    if (digit(text.p[i]) < 0)
      return vcca_fail_at(err, i, "'%c' is not a hexadecimal digit",
                          text.p[i] >= 32 && text.p[i] < 127 ? text.p[i] : '?');
  if (text.n % 2 != 0)
    return vcca_fail_at(err, text.n, "odd number of hexadecimal digits (%zu)", text.n);
  for (size_t i = 0; i < text.n; i += 2)
    vcca_sink_u8(out, (uint8_t)(digit(text.p[i]) << 4 | digit(text.p[i + 1])));
  if (!vcca_sink_ok(out))
    return vcca_fail_at(err, 2 * out->cap, "%zu bytes where at most %zu fit", out->n, out->cap);
  return true;
}

static unsigned suffix_shift(uint8_t c)
{
  switch (c) {
  case 'K':
    return 10;
  case 'M':
    return 20;
  case 'G':
    return 30;
  default:
    return 0;
  }
}

bool vcca_u64_read(vcca_span text, uint64_t *out, struct vcca_error *err)
{
  bool hex = text.n > 2 && text.p[0] == '0' && (text.p[1] == 'x' || text.p[1] == 'X');
  uint64_t base = hex ? 16 : 10, v = 0;
  size_t i = hex ? 2 : 0, end = text.n;
  unsigned shift = end > i + 1 ? suffix_shift(text.p[end - 1]) : 0;
  if (shift)
    end--;
  if (i == end)
    return vcca_fail_at(err, 0, "a number was expected");
  for (; i < end; i++) {
    int d = digit(text.p[i]);
    if (d < 0 || (uint64_t)d >= base)
      return vcca_fail_at(err, i, "not a number: write it as 64, 0x40 or 64K");
    if (v > (UINT64_MAX - (uint64_t)d) / base)
      return vcca_fail_at(err, i, "number does not fit 64 bits");
    v = v * base + (uint64_t)d;
  }
  if (shift && v > UINT64_MAX >> shift)
    return vcca_fail_at(err, end, "number does not fit 64 bits");
  *out = v << shift;
  return true;
}
