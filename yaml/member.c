/* Typed members of a map.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "rooms/yaml_value.h"

bool get_small(const struct reading *r, const struct tree_node *map, const char *key, uint64_t max, unsigned *out,
               struct vcca_error *err)
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

bool get_bytes(const struct reading *r, const struct tree_node *map, const char *key, vcca_span *out,
               struct vcca_error *err)
{
  const struct tree_node *node = tree_get(map, key);
  return !node || value_bytes(r, node, out, err);
}

bool get_chars(const struct reading *r, const struct tree_node *map, const char *key, char *out, size_t cap,
               struct vcca_error *err)
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

bool get_array(const struct reading *r, const struct tree_node *map, const char *key, uint8_t *out, size_t n,
               struct vcca_error *err)
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
