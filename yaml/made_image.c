/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml/made_image.h"

#include <string.h>

#include "vcca/crypto.h"

/* SplitMix64 (Steele, Lea, Flood 2014): a stream of words from a counter. */
static uint64_t word_at(uint64_t seed, uint64_t i)
{
  uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* Documentation/arch/arm64/booting.rst: text_offset 0, image_size, flags (little-endian, 4K pages), magic
 * "ARM\x64". */
static void put_image_header(uint8_t *out, size_t n)
{
  static const uint8_t magic[4] = {'A', 'R', 'M', 0x64};
  memset(out, 0, 64);
  vcca_put_le32(out, 0x14000010); /* b +64, over the header */
  vcca_put_le64(out + 16, (n + VCCA_PAGE - 1) / VCCA_PAGE * VCCA_PAGE);
  vcca_put_le64(out + 24, 0x2);
  memcpy(out + 56, magic, sizeof magic);
}

bool make_image(const char *what, uint64_t seed, uint8_t *out, size_t n)
{
  bool kernel = strcmp(what, "kernel") == 0;
  if (n < 64 || (!kernel && strcmp(what, "initrd") != 0 && strcmp(what, "firmware") != 0))
    return false;
  for (size_t i = 0; i < n; i++)
    out[i] = (uint8_t)(word_at(seed, i / 8) >> (8 * (i % 8)));
  if (kernel)
    put_image_header(out, n);
  return true;
}
