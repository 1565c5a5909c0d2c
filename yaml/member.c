/* Typed members of a map, and images made on the spot.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "yaml/value.h"

bool get_number(const struct reading *r, const struct tree_node *map, const char *key, uint64_t *out, struct vcca_error *err)
{
  const struct tree_node *node = tree_get(map, key);
  return !node || value_number(r, node, out, err);
}

bool get_small(const struct reading *r, const struct tree_node *map, const char *key, uint64_t max, unsigned *out, struct vcca_error *err)
{
  const struct tree_node *node = tree_get(map, key);
  uint64_t v = *out;
  bool ok = !node || value_small(r, node, max, &v, err);
  *out = (unsigned)v;
  return ok;
}

bool get_bool(const struct tree_node *map, const char *key, bool *out, struct vcca_error *err)
{
  const struct tree_node *node = tree_get(map, key);
  return !node || value_bool(node, out, err);
}

bool get_bytes(const struct reading *r, const struct tree_node *map, const char *key, vcca_span *out, struct vcca_error *err)
{
  const struct tree_node *node = tree_get(map, key);
  return !node || value_bytes(r, node, out, err);
}

bool get_chars(const struct reading *r, const struct tree_node *map, const char *key, char *out, size_t cap, struct vcca_error *err)
{
  const struct tree_node *node = tree_get(map, key);
  vcca_span text;
  if (!node)
    return true;
  if (!value_text(r, node, &text, err))
    return false;
  if (text.n >= cap)
    return tree_fail(node, err, "%zu bytes of text, at most %zu fit", text.n, cap - 1);
  memset(out, 0, cap);
  if (text.n > 0)
    memcpy(out, text.p, text.n);
  return true;
}

bool get_array(const struct reading *r, const struct tree_node *map, const char *key, uint8_t *out, size_t n, struct vcca_error *err)
{
  const struct tree_node *node = tree_get(map, key);
  vcca_span bytes;
  if (!node)
    return true;
  if (!value_bytes(r, node, &bytes, err))
    return false;
  if (bytes.n != n)
    return tree_fail(node, err, "\"%s\" has %zu bytes, not %zu", key, n, bytes.n);
  memcpy(out, bytes.p, n);
  return true;
}

/* SplitMix64 (Steele, Lea, Flood 2014): a stream of words from a counter. */
static uint64_t word_at(uint64_t seed, uint64_t i)
{
  uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* Documentation/arch/arm64/booting.rst: text_offset 0, image_size, flags (little-endian, 4K pages), magic "ARM\x64". */
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
