/* Hypotheses about memory: in what order it is populated, what is measured, where images lie and how far
 * they are padded.
 *
 * Sources: KVM and the VMMs that differ in order, chunks and placement; arm64's boot protocol (text_offset,
 * image_size).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "explain/hypothesis.h"

#include <inttypes.h>
#include <string.h>

/* --- Order and chunks ----------------------------------------------------------------------------------- */

/* Puts segment `which` in front of segment `before`, which comes earlier now. */
static bool advance(struct theory *t, int which, int before)
{
  size_t from = 0, to = 0;
  for (size_t i = 0; i < t->count; i++) {
    from = t->order[i] == (unsigned)which ? i : from;
    to = t->order[i] == (unsigned)before ? i : to;
  }
  if (which < 0 || before < 0 || from <= to)
    return false;
  memmove(&t->order[to + 1], &t->order[to], (from - to) * sizeof t->order[0]);
  t->order[to] = (unsigned)which;
  return true;
}

bool hypothesis_order(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  switch (v) {
  case 0:
    for (size_t i = 0; i < t->count; i++)
      t->order[i] = (unsigned)(t->count - 1 - i);
    return t->count > 1 && say_words(say, "segments are populated in descending order");
  case 1:
    return advance(t, t->dtb, (int)t->order[0]) &&
           say_words(say, "the device tree is populated before everything else");
  case 2:
    return advance(t, t->initrd, t->kernel) && say_words(say, "the initrd is populated before the kernel");
  case 3:
    return advance(t, t->dtb, t->initrd) && say_words(say, "the device tree is populated before the initrd");
  default:
    for (size_t i = 0; i < t->count; i++)
      t->pieces[i].descending = 1;
    return say_words(say, "the granules of a segment are populated in descending order");
  }
}

bool hypothesis_vmm_version(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  (void)v;
  if (t->ripas_count == 0 || t->count == 0)
    return false;
  for (size_t i = 0; i < t->count; i++)
    t->order[i] = (unsigned)(t->count - 1 - i);
  t->recs_first = true;
  t->ripas_where = RIPAS_EACH;
  return say_words(
      say, "RECs come first, then RIPAS and data of each image, the last image first, as in QEMU's first drafts");
}

bool hypothesis_recs_first(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  (void)v;
  bool changes = t->vcpus > 0 && !t->recs_first;
  t->recs_first = true;
  return changes && say_words(say, "RECs are made before memory is populated");
}

bool hypothesis_chunks(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  static const uint64_t units[] = {16 * KIB, 64 * KIB, BLOCK};
  bool changes = false;
  for (size_t i = 0; i < t->count; i++) {
    struct piece *p = &t->pieces[i];
    uint64_t base = p->ipa / units[v] * units[v], end = up(p->ipa + p->size, units[v]);
    if ((int)i == t->hole)
      continue;
    changes |= base != p->ipa || end != p->ipa + p->size;
    p->lead += (p->ipa - base) / PAGE;
    p->ipa = base;
    p->size = end - base;
  }
  t->pc_is_kernel = t->x0_is_dtb = false; /* where images begin is not changed */
  return changes && say_words(say, "memory is populated in chunks of %" PRIu64 " KiB", units[v] / KIB);
}

/* --- Regions -------------------------------------------------------------------------------------------- */

bool hypothesis_measured(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (v >= t->count || t->pieces[v].size == 0 || t->pieces[v].absent)
    return false;
  t->pieces[v].measured ^= 1;
  return say_words(say, "the %s is %s", vcca_role_name(t->roles[v]),
                   t->pieces[v].measured ? "measured" : "populated without being measured");
}

bool hypothesis_absent(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (v >= t->count || t->pieces[v].size == 0 || t->pieces[v].absent)
    return false;
  t->pieces[v].absent = 1;
  return say_words(say, "the %s is not populated", vcca_role_name(t->roles[v]));
}

/* --- Addresses ------------------------------------------------------------------------------------------ */

static bool move(struct theory *t, int which, uint64_t ipa)
{
  return which >= 0 && ipa % PAGE == 0 && ipa < (uint64_t)1 << 52 && set_u64(&t->pieces[which].ipa, ipa);
}

bool hypothesis_shifted(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  unsigned which = v / 2;
  bool lower = v % 2 == 0;
  if (which >= t->count || (int)which == t->hole || (lower && t->pieces[which].ipa < BLOCK))
    return false;
  return move(t, (int)which, lower ? t->pieces[which].ipa - BLOCK : t->pieces[which].ipa + BLOCK) &&
         say_words(say, "the %s lies 2 MiB %s, at 0x%" PRIx64, vcca_role_name(t->roles[which]),
                   lower ? "lower" : "higher", t->pieces[which].ipa);
}

bool hypothesis_kernel_at(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (t->kernel < 0)
    return false;
  uint64_t now = t->pieces[t->kernel].ipa, text_offset = t->text_offset;
  const struct {
    uint64_t ipa;
    const char *words;
  } rows[] = {{now + text_offset, "its text_offset added"},
              {now - text_offset, "its text_offset left out"},
              {t->ram_base + text_offset, "RAM base + text_offset"},
              {t->ram_base + BLOCK + text_offset, "RAM base + 2 MiB + text_offset"},
              {t->ram_base + 0x80000, "RAM base + 512 KiB"},
              {t->ram_base + 4 * MIB + text_offset, "RAM base + 4 MiB + text_offset"}};
  return move(t, t->kernel, rows[v].ipa) &&
         say_words(say, "the kernel lies at 0x%" PRIx64 ": %s", rows[v].ipa, rows[v].words);
}

static uint64_t end_of(const struct theory *t, int which)
{
  return t->pieces[which].ipa + t->pieces[which].size;
}

/* Moves the initrd; a device tree behind it keeps its distance. */
static bool move_initrd(struct theory *t, uint64_t ipa)
{
  uint64_t old = t->pieces[t->initrd].ipa;
  if (!move(t, t->initrd, ipa))
    return false;
  if (t->dtb >= 0 && t->pieces[t->dtb].ipa > old)
    t->pieces[t->dtb].ipa += ipa - old;
  return true;
}

bool hypothesis_initrd_at(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (t->initrd < 0 || t->kernel < 0)
    return false;
  uint64_t kernel_end =
      up(t->pieces[t->kernel].ipa + (t->image_size ? t->image_size : t->pieces[t->kernel].size), PAGE);
  const struct {
    uint64_t ipa;
    const char *words;
  } rows[] = {{t->ram_base + 64 * MIB, "RAM base + 64 MiB"},
              {t->ram_base + 128 * MIB, "RAM base + 128 MiB"},
              {t->ram_base + 256 * MIB, "RAM base + 256 MiB"},
              {t->ram_base + t->ram_size / 2 / PAGE * PAGE, "the middle of RAM"},
              {kernel_end, "behind the kernel"},
              {up(kernel_end, BLOCK), "at the next 2 MiB behind the kernel"},
              {end_of(t, t->kernel), "behind the kernel's file"},
              {up(end_of(t, t->kernel), BLOCK), "at the next 2 MiB behind the kernel's file"}};
  return move_initrd(t, rows[v].ipa) &&
         say_words(say, "the initrd lies at 0x%" PRIx64 ": %s", rows[v].ipa, rows[v].words);
}

bool hypothesis_dtb_at(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  if (t->dtb < 0)
    return false;
  int last = t->initrd >= 0 ? t->initrd : t->kernel;
  if (last < 0 && v >= 3)
    return false;
  uint64_t end = last < 0 ? 0 : last == t->initrd ? t->pieces[last].ipa + t->initrd_bytes : end_of(t, last);
  const struct {
    uint64_t ipa;
    const char *words;
  } rows[] = {{t->ram_base, "RAM base"},
              {t->ram_base + 64 * MIB, "RAM base + 64 MiB"},
              {t->ram_base + 128 * MIB, "RAM base + 128 MiB"},
              {up(end, PAGE), "at the next granule behind the images"},
              {up(end, 64 * KIB), "at the next 64 KiB behind the images"},
              {up(end, BLOCK), "at the next 2 MiB behind the images"}};
  return move(t, t->dtb, rows[v].ipa) &&
         say_words(say, "the device tree lies at 0x%" PRIx64 ": %s", rows[v].ipa, rows[v].words);
}

/* --- Padding -------------------------------------------------------------------------------------------- */

/* Another size; what lies directly behind stays directly behind. */
static bool resize(struct theory *t, unsigned which, uint64_t size)
{
  uint64_t end = end_of(t, (int)which);
  if (size == 0 || !set_u64(&t->pieces[which].size, size))
    return false;
  if ((int)which == t->initrd && t->dtb >= 0 && t->pieces[t->dtb].ipa == end)
    t->pieces[t->dtb].ipa = end_of(t, (int)which);
  return true;
}

bool hypothesis_padding(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  enum { KINDS = 9 };
  unsigned which = v / KINDS;
  if (which >= t->count || (int)which == t->hole)
    return false;
  uint64_t file = t->bytes[which], image = (int)which == t->kernel ? t->image_size : 0;
  const struct {
    uint64_t size;
    const char *words;
  } rows[KINDS] = {{up(file, PAGE), "ends with its last granule"},
                   {up(file, 64 * KIB), "is padded to 64 KiB"},
                   {up(file, BLOCK), "is padded to 2 MiB"},
                   {up(file + 1, BLOCK), "is padded to 2 MiB after one byte more"},
                   {up(image, PAGE), "takes its header's image_size"},
                   {up(image, BLOCK), "takes its header's image_size, padded to 2 MiB"},
                   {up(file, MIB), "is padded to 1 MiB"},
                   {64 * MIB, "is padded to 64 MiB"},
                   {128 * MIB, "is padded to 128 MiB"}};
  unsigned kind = v % KINDS;
  if ((kind >= 7 && (int)which != t->firmware) || file == 0 || rows[kind].size < up(file, PAGE))
    return false;
  for (unsigned i = 0; i < kind; i++)
    if (rows[i].size == rows[kind].size)
      return false; /* the same by another name */
  return resize(t, which, rows[kind].size) &&
         say_words(say, "the %s %s: %" PRIu64 " KiB", vcca_role_name(t->roles[which]), rows[kind].words,
                   rows[kind].size / KIB);
}

bool hypothesis_last_page(struct theory *t, unsigned v, struct vcca_rim_deviation *say)
{
  static const char *const texts[] = {"is not loaded", "is filled with ones (0xff)",
                                      "and the padding are filled with ones (0xff)"};
  static const enum last_page ways[] = {LAST_LEFT_OUT, LAST_ONES, ALL_ONES};
  unsigned which = v / 3, way = v % 3;
  if (which >= t->count || t->bytes[which] == 0 || t->pieces[which].is_loader ||
      (way < 2 && t->bytes[which] % PAGE == 0))
    return false;
  t->pieces[which].last_page = (uint8_t)ways[way];
  return say_words(say, "the last, partial page of the %s %s", vcca_role_name(t->roles[which]), texts[way]);
}
