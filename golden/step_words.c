/* What steps read: bytes, numbers, places.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "golden/edit.h"
#include "rooms/hex.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/cbor.h"

vcca_span word_until(vcca_span *text, char separator)
{
  const uint8_t *end = text->n > 0 ? memchr(text->p, separator, text->n) : NULL;
  size_t n = end ? (size_t)(end - text->p) : text->n;
  vcca_span head = vcca_span_sub(*text, 0, n);
  *text = vcca_span_sub(*text, n + (end != NULL), text->n);
  return head;
}

bool word_number(vcca_span word, int64_t *out, struct vcca_error *err)
{
  uint64_t v;
  bool negative = word.n > 0 && word.p[0] == '-';
  if (!vcca_u64_read(vcca_span_sub(word, negative, word.n), &v, err))
    return false;
  if (v > UINT32_MAX)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the number %.*s is too large", (int)word.n, (const char *)word.p);
  *out = negative ? -(int64_t)v : (int64_t)v;
  return true;
}

bool word_index(vcca_span word, size_t n, size_t *out, struct vcca_error *err)
{
  int64_t i;
  if (!word_number(word, &i, err))
    return false;
  i = i < 0 ? i + (int64_t)n : i;
  if (i < 0 || (uint64_t)i >= n)
    return vcca_fail(err, VCCA_FAULT_USAGE, "byte %.*s of %zu", (int)word.n, (const char *)word.p, n);
  *out = (size_t)i;
  return true;
}

bool word_value(vcca_span word, const char *key, vcca_span *value)
{
  size_t n = strlen(key);
  if (word.n <= n || word.p[n] != '=' || memcmp(word.p, key, n) != 0)
    return false;
  *value = vcca_span_sub(word, n + 1, word.n);
  return true;
}

static bool too_long(struct vcca_error *err)
{
  return vcca_fail(err, VCCA_FAULT_USAGE, "BYTES of more than %d bytes", WORD_BYTES);
}

/* HEX or HEX*COUNT. */
static bool put_hex(struct arena *arena, vcca_span part, vcca_sink *out, struct vcca_error *err)
{
  vcca_span hex = word_until(&part, '*');
  int64_t times = 1;
  if (part.n > 0 && (!word_number(part, &times, err) || times < 0))
    return vcca_fail(err, VCCA_FAULT_USAGE, "%.*s times", (int)part.n, (const char *)part.p);
  vcca_sink bytes = arena_sink(arena, hex.n / 2);
  if (!vcca_hex_read(hex, &bytes, err))
    return false;
  if (bytes.n > 0 && (uint64_t)times > WORD_BYTES / bytes.n)
    return too_long(err);
  for (int64_t i = 0; i < times && bytes.n > 0; i++)
    vcca_sink_put(out, vcca_sink_span(&bytes));
  return out->n <= WORD_BYTES || too_long(err);
}

/* What stands behind all the b: */
static bool put_innermost(struct arena *arena, vcca_span word, vcca_sink *out, struct vcca_error *err)
{
  if (word.n >= 2 && memcmp(word.p, "t:", 2) == 0) {
    vcca_cbor_put_text(out, vcca_span_sub(word, 2, word.n));
    return true;
  }
  while (word.n > 0)
    if (!put_hex(arena, word_until(&word, '+'), out, err))
      return false;
  return true;
}

/* Heads of byte strings around what is n bytes long, the innermost first, as long as there is room;
 * sizes[i]: of what the i-th is around. */
static size_t wrap_sizes(size_t n, size_t levels, size_t *sizes)
{
  for (size_t i = 0; i < levels; i++) {
    vcca_sink head = {0};
    sizes[i] = n;
    vcca_cbor_put_bytes_head(&head, n);
    n += head.n;
  }
  return n;
}

bool word_bytes(struct edit *e, vcca_span word, vcca_span *out, struct vcca_error *err)
{
  size_t levels = 0;
  while (word.n >= 2 && memcmp(word.p, "b:", 2) == 0) {
    word = vcca_span_sub(word, 2, word.n);
    levels++;
  }
  vcca_sink inside = {0};
  if (!put_innermost(e->arena, word, &inside, err))
    return false;
  size_t *sizes = arena_get(e->arena, levels * sizeof *sizes), n = sizes ? wrap_sizes(inside.n, levels, sizes) : 0;
  if (n > WORD_BYTES)
    return too_long(err);
  vcca_sink bytes = arena_sink(e->arena, n);
  for (size_t i = levels; sizes && i-- > 0;)
    vcca_cbor_put_bytes_head(&bytes, sizes[i]);
  bool ok = put_innermost(e->arena, word, &bytes, err);
  *out = vcca_sink_span(&bytes);
  return ok && (out->p || vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu bytes", n));
}

bool word_place(struct edit *e, vcca_span path, struct place *out, struct vcca_error *err)
{
  if (!e->tree.root)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the token is bytes only: there is no %.*s", (int)path.n,
                     (const char *)path.p);
  return parts_find(&e->tree, (const char *)path.p, path.n, out, err);
}

bool word_part(struct edit *e, vcca_span member, const char *part, struct place *out, struct vcca_error *err)
{
  char room[96];
  vcca_sink path = VCCA_SINK(room);
  vcca_sink_put(&path, member);
  vcca_sink_str(&path, part);
  if (!vcca_sink_ok(&path))
    return vcca_fail(err, VCCA_FAULT_USAGE, "the path %.*s is too long", (int)member.n, (const char *)member.p);
  return word_place(e, vcca_sink_span(&path), out, err);
}
