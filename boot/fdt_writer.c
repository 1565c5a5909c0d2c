/* Writes device trees. libfdt's sequential writer puts the names of properties last to first, and lets them
 * share ends. Here they are in the order of first use, each complete, with the reservations immediately after
 * the header. So equal trees have equal bytes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "boot/fdt_writer.h"
#include "rooms/error.h"
#include "rooms/file.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>

static void latch(struct tree *t, int result)
{
  if (t->fault == 0)
    t->fault = result;
}

bool tree_new(struct tree *t, size_t n, const void *like, struct vcca_error *err)
{
  *t = (struct tree){.like = like};
  if (!vcca_bytes_alloc(&t->room, n, err))
    return false;
  latch(t, fdt_create(t->room.p, (int)n));
  int reservations = like ? fdt_num_mem_rsv(like) : 0; /* counts all of them at each call */
  for (int i = 0; i < reservations; i++) {
    uint64_t at = 0, size = 0;
    latch(t, fdt_get_mem_rsv(like, i, &at, &size));
    latch(t, fdt_add_reservemap_entry(t->room.p, at, size));
  }
  latch(t, fdt_finish_reservemap(t->room.p));
  return true;
}

void tree_begin(struct tree *t, const char *name)
{
  latch(t, fdt_begin_node(t->room.p, name));
}

void tree_begin_at(struct tree *t, const char *name, uint64_t unit)
{
  char text[64];
  snprintf(text, sizeof text, "%s@%" PRIx64, name, unit);
  tree_begin(t, text);
}

void tree_end(struct tree *t)
{
  latch(t, fdt_end_node(t->room.p));
}

void tree_bytes(struct tree *t, const char *name, vcca_span value)
{
  latch(t, fdt_property(t->room.p, name, value.p, (int)value.n));
}

void tree_copy(struct tree *t, const void *fdt, int at)
{
  const char *name;
  int n;
  const void *value = fdt_getprop_by_offset(fdt, at, &name, &n);
  void *room = NULL;
  if (!value || n < 0)
    latch(t, value ? -FDT_ERR_BADSTRUCTURE : n);
  else
    latch(t, fdt_property_placeholder(t->room.p, name, n, &room));
  if (t->fault == 0 && n > 0)
    memcpy(room, value, ((size_t)n + 3) / 4 * 4);
}

size_t tree_size(const struct tree *t)
{
  return fdt_size_dt_struct((const void *)t->room.p);
}

void tree_keep_padding(struct tree *t, size_t since, const void *fdt, int at)
{
  enum { HEADER = 12 };
  int n;
  const char *old = fdt_getprop_by_offset(fdt, at, NULL, &n);
  if (t->fault || !old || n % 4 == 0 || tree_size(t) - since != HEADER + ((size_t)n + 3) / 4 * 4)
    return;
  uint8_t *property = t->room.p + fdt_off_dt_struct((const void *)t->room.p) + since;
  if (vcca_be32(property) == FDT_PROP && vcca_be32(property + 4) == (uint32_t)n)
    memcpy(property + HEADER + n, old + n, 4 - (size_t)n % 4);
}

void tree_text(struct tree *t, const char *name, const char *value)
{
  tree_bytes(t, name, vcca_span_of(value, strlen(value) + 1));
}

void tree_empty(struct tree *t, const char *name)
{
  tree_bytes(t, name, vcca_span_of("", 0));
}

void tree_cells(struct tree *t, const char *name, const uint32_t *value, size_t n)
{
  void *at = NULL;
  latch(t, fdt_property_placeholder(t->room.p, name, (int)(4 * n), &at));
  for (size_t i = 0; t->fault == 0 && i < n; i++)
    vcca_put_be32((uint8_t *)at + 4 * i, value[i]);
}

void tree_pairs(struct tree *t, const char *name, const uint64_t *value, size_t n)
{
  void *at = NULL;
  latch(t, fdt_property_placeholder(t->room.p, name, (int)(8 * n), &at));
  for (size_t i = 0; t->fault == 0 && i < n; i++) {
    vcca_put_be32((uint8_t *)at + 8 * i, HI(value[i]));
    vcca_put_be32((uint8_t *)at + 8 * i + 4, LO(value[i]));
  }
}

/* --- Layout ------------------------------------------------------------------------------------------------ */

enum {
  TOTALSIZE = 4,
  OFF_STRUCT = 8,
  OFF_STRINGS = 12,
  OFF_RESERVED = 16,
  BOOT_CPU = 28,
  SIZE_STRINGS = 32
}; /* in the header */

/* The offset of name in the block as an entry; else, within the first shared bytes, as the end of another
 * name; else npos. */
static size_t find_name(vcca_span block, size_t shared, const char *name, size_t n)
{
  size_t tail = SIZE_MAX;
  for (size_t at = 0; at + n <= block.n; at++) {
    if (memcmp(block.p + at, name, n) != 0)
      continue;
    if (at == 0 || block.p[at - 1] == '\0')
      return at;
    if (tail == SIZE_MAX && at + n <= shared)
      tail = at;
  }
  return tail;
}

/* Appends the property's name to the block if it is not there, and sets the property's name offset. */
static void place_name(struct fdt_property *property, const char *name, size_t shared, vcca_sink *block)
{
  size_t n = strlen(name) + 1;
  if (!vcca_sink_ok(block))
    return;
  size_t at = find_name(vcca_span_of(block->p, block->n), shared, name, n);
  if (at == SIZE_MAX) {
    at = block->n;
    vcca_sink_put(block, vcca_span_of(name, n));
  }
  vcca_put_be32((uint8_t *)&property->nameoff, (uint32_t)at);
}

/* Moves the names of a finished tree from its block into block. */
static void place_names(void *fdt, size_t shared, vcca_sink *block)
{
  int at = 0, next = 0;
  for (uint32_t tag; (tag = fdt_next_tag(fdt, at, &next)) != FDT_END && next >= 0; at = next) {
    if (tag != FDT_PROP)
      continue;
    int found;
    struct fdt_property *property = fdt_offset_ptr_w(fdt, at, sizeof *property);
    const char *name = property ? fdt_get_string(fdt, (int)vcca_be32((uint8_t *)&property->nameoff), &found) : NULL;
    if (name)
      place_name(property, name, shared, block);
  }
}

/* Copies reservations and structure to at of whole, and sets the header. Returns the end. */
static size_t move_body(const void *fdt, struct vcca_bytes *whole, size_t at)
{
  size_t from = fdt_off_mem_rsvmap(fdt), n = fdt_off_dt_strings(fdt) - from;
  memcpy(whole->p, fdt, TREE_HEADER);
  memcpy(whole->p + at, (const uint8_t *)fdt + from, n);
  vcca_put_be32(whole->p + OFF_RESERVED, (uint32_t)at);
  vcca_put_be32(whole->p + OFF_STRUCT, (uint32_t)(fdt_off_dt_struct(fdt) - from + at));
  vcca_put_be32(whole->p + OFF_STRINGS, (uint32_t)(at + n));
  return at + n;
}

static bool lay_out(struct tree *t, struct vcca_bytes *whole, struct vcca_error *err)
{
  const void *like = t->like, *fdt = t->room.p;
  size_t names = like ? fdt_size_dt_strings(like) : 0;
  size_t at = like && fdt_off_mem_rsvmap(like) < 256 ? fdt_off_mem_rsvmap(like) : TREE_HEADER;
  /* shared ends become separate names: room for each */
  size_t room = names + (size_t)fdt_size_dt_strings(fdt) * 32;
  if (!vcca_bytes_alloc(whole, at + fdt_off_dt_strings(fdt) + room, err))
    return false;
  vcca_sink block = vcca_sink_of(whole->p + whole->n - room, room);
  if (like)
    vcca_sink_put(&block, vcca_span_of((const uint8_t *)like + fdt_off_dt_strings(like), names));
  place_names(t->room.p, names, &block);
  if (!vcca_sink_ok(&block))
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the device tree's property names do not fit");
  size_t end = move_body(t->room.p, whole, at);
  memmove(whole->p + end, block.p, block.n);
  whole->n = end + block.n;
  vcca_put_be32(whole->p + TOTALSIZE, (uint32_t)whole->n);
  vcca_put_be32(whole->p + SIZE_STRINGS, (uint32_t)block.n);
  vcca_put_be32(whole->p + BOOT_CPU, like ? fdt_boot_cpuid_phys(like) : 0);
  return true;
}

bool tree_names_by_use(const void *fdt, bool tails, struct vcca_bytes *out)
{
  size_t at = fdt_off_dt_strings(fdt), n = fdt_size_dt_strings(fdt),
         room = out->n > 2 * (at + n) ? out->n - 2 * (at + n) : 0;
  if (room == 0 || at < fdt_off_dt_struct(fdt) + fdt_size_dt_struct(fdt))
    return false;
  memcpy(out->p, fdt, at + n);
  vcca_sink block = vcca_sink_of(out->p + at + n, room);
  place_names(out->p, tails ? SIZE_MAX : 0, &block);
  if (!vcca_sink_ok(&block))
    return false;
  memmove(out->p + at, block.p, block.n);
  vcca_put_be32(out->p + SIZE_STRINGS, (uint32_t)block.n);
  vcca_put_be32(out->p + TOTALSIZE, (uint32_t)(at + block.n));
  return true;
}

bool tree_finish(struct tree *t, struct vcca_bytes *out, struct vcca_error *err)
{
  struct vcca_bytes whole = {0};
  latch(t, fdt_finish(t->room.p));
  bool good = t->fault == 0 ||
              vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the device tree cannot be written (%s)", fdt_strerror(t->fault));
  good = good && lay_out(t, &whole, err);
  vcca_bytes_free(&t->room);
  if (good)
    *out = whole;
  else
    vcca_bytes_free(&whole);
  return good;
}
