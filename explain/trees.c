/* What the bytes of boot images mean, as far as it helps to say which of them differ: the arm64 Image header (booting.rst), the device tree's
 * header and properties (Devicetree Specification 0.4, chapter 5), the loader stub's two addresses.
 *
 * The tree is walked here and not by libfdt, because a tree that differs may also be broken.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "vcca/explain.h"

#include <string.h>

static const struct {
  const char *part, *name;
  size_t start, size;
} fields[] = {
    {"kernel", "code0 (first instruction)", 0x00, 4},
    {"kernel", "code1 (branch to the kernel)", 0x04, 4},
    {"kernel", "text_offset", 0x08, 8},
    {"kernel", "image_size", 0x10, 8},
    {"kernel", "flags", 0x18, 8},
    {"kernel", "res2", 0x20, 8},
    {"kernel", "res3", 0x28, 8},
    {"kernel", "res4", 0x30, 8},
    {"kernel", "magic", 0x38, 4},
    {"kernel", "res5 (offset of the PE header)", 0x3c, 4},
    {"dtb", "magic", 0x00, 4},
    {"dtb", "totalsize", 0x04, 4},
    {"dtb", "off_dt_struct", 0x08, 4},
    {"dtb", "off_dt_strings", 0x0c, 4},
    {"dtb", "off_mem_rsvmap", 0x10, 4},
    {"dtb", "version", 0x14, 4},
    {"dtb", "last_comp_version", 0x18, 4},
    {"dtb", "boot_cpuid_phys", 0x1c, 4},
    {"dtb", "size_dt_strings", 0x20, 4},
    {"dtb", "size_dt_struct", 0x24, 4},
    {"loader", "address of the device tree", 0x18, 8},
    {"loader", "address of the kernel", 0x20, 8},
};

/* --- Device trees ---------------------------------------------------------------------------------------- */

enum { FDT_BEGIN_NODE = 1, FDT_END_NODE = 2, FDT_PROP = 3, FDT_NOP = 4, FDT_HEADER = 40, FDT_DEPTH = 16 };

/* Where a walk is; lengths[] are those of the path's pieces. */
struct walk {
  vcca_span dtb;
  size_t at;
  char path[200];
  size_t length[FDT_DEPTH + 1];
  unsigned depth;
};

/* The NUL-terminated text at an offset; empty when there is none. */
static const char *text_at(vcca_span s, size_t at)
{
  return at < s.n && memchr(s.p + at, 0, s.n - at) ? (const char *)s.p + at : "";
}

static bool enter(struct walk *w)
{
  const char *name = text_at(w->dtb, w->at);
  if (w->depth == FDT_DEPTH)
    return false;
  size_t old = w->length[w->depth];
  w->at += (strlen(name) + 4) / 4 * 4;
  int n = snprintf(w->path + old, sizeof w->path - old, "%s%s", name, old == 0 || *name ? "/" : "");
  w->length[++w->depth] = n < 0 || old + (size_t)n >= sizeof w->path ? sizeof w->path - 1 : old + (size_t)n;
  return true;
}

/* The property whose value is at offset. */
static const char *find_property(vcca_span dtb, size_t offset, size_t *start, size_t *size, char *buf, size_t cap)
{
  if (dtb.n < FDT_HEADER || vcca_be32(dtb.p) != 0xd00dfeed)
    return NULL;
  struct walk w = {.dtb = dtb, .at = vcca_be32(dtb.p + 8)};
  size_t strings = vcca_be32(dtb.p + 12);
  while (w.at <= offset && w.at + 4 <= dtb.n) {
    uint32_t token = vcca_be32(dtb.p + w.at);
    w.at += 4;
    if (token == FDT_BEGIN_NODE) {
      if (!enter(&w))
        return NULL;
    } else if (token == FDT_END_NODE) {
      if (w.depth == 0)
        return NULL;
      w.path[w.length[--w.depth]] = '\0';
    } else if (token == FDT_PROP && w.at + 8 <= dtb.n) {
      size_t length = vcca_be32(dtb.p + w.at), name = strings + vcca_be32(dtb.p + w.at + 4);
      w.at += 8;
      if (offset >= w.at && offset - w.at < length) {
        *start = w.at;
        *size = length;
        snprintf(buf, cap, "%s%s", w.path, text_at(dtb, name));
        return buf;
      }
      w.at += (length + 3) / 4 * 4;
    } else if (token != FDT_NOP) {
      return NULL;
    }
  }
  return NULL;
}

const char *vcca_field_at(const char *part, vcca_span content, size_t offset, size_t *start, size_t *size, char *buf, size_t cap)
{
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (strcmp(fields[i].part, part) == 0 && offset >= fields[i].start && offset - fields[i].start < fields[i].size) {
      *start = fields[i].start;
      *size = fields[i].size;
      return fields[i].name;
    }
  return strcmp(part, "dtb") == 0 ? find_property(content, offset, start, size, buf, cap) : NULL;
}
