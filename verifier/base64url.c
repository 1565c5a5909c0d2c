/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/base64url.h"
#include "rooms/span.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void base64url_put(vcca_sink *out, vcca_span bytes)
{
  uint32_t bits = 0;
  unsigned held = 0;
  for (size_t i = 0; i < bytes.n; i++) {
    bits = (bits << 8 | bytes.p[i]) & 0xffffu;
    for (held += 8; held >= 6; held -= 6)
      vcca_sink_u8(out, (uint8_t)digits[bits >> (held - 6) & 0x3f]);
  }
  if (held > 0)
    vcca_sink_u8(out, (uint8_t)digits[bits << (6 - held) & 0x3f]);
}

static int digit(uint8_t c)
{
  const char *found = c == '\0' ? NULL : strchr(digits, c);
  return found ? (int)(found - digits) : -1;
}

bool base64url_read(vcca_span text, vcca_sink *out)
{
  uint32_t bits = 0;
  unsigned held = 0;
  for (size_t i = 0; i < text.n; i++) {
    int v = digit(text.p[i]);
    if (v < 0)
      return false;
    bits = (bits << 6 | (uint32_t)v) & 0xffffu;
    held += 6;
    if (held >= 8) {
      held -= 8;
      vcca_sink_u8(out, (uint8_t)(bits >> held));
    }
  }
  return held < 6 && (bits & ((1u << held) - 1)) == 0 && vcca_sink_ok(out);
}
