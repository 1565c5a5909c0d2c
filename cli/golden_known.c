/* Faults that are known: a file of lines of the matrix.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli/golden_report.h"
#include "rooms/error.h"
#include "rooms/span.h"
#include "rooms/golden.h"
#include "rooms/text.h"
#include "rooms/files.h"

enum { KNOWN_WORDS = 3, KNOWN_FILE = 1 << 20 };

struct fault {
  vcca_span judged, family, id;
  unsigned line;
  bool asked, there;
};
struct known {
  struct vcca_bytes file;
  struct fault *fault;
  size_t n;
};

void known_free(struct known *known)
{
  if (!known)
    return;
  vcca_bytes_free(&known->file);
  free(known->fault);
  free(known);
}

static bool add(struct known *known, vcca_span line, unsigned number, struct vcca_error *err)
{
  size_t at = 0;
  struct fault fault = {.line = number};
  enum vcca_drive_judgement judged;
  enum vcca_family family;
  fault.judged = vcca_span_word(line, &at);
  if (fault.judged.n == 0 || fault.judged.p[0] == '#')
    return true;
  fault.family = vcca_span_word(line, &at);
  fault.id = vcca_span_word(line, &at);
  if (!vcca_judgement_named(fault.judged, &judged))
    return vcca_fail_line(err, number, 1,
                          "'%.*s' is no judgement; lines are those of the matrix: wrongly-accepted arm-1.0 S01",
                          (int)(fault.judged.n < 40 ? fault.judged.n : 40), (const char *)fault.judged.p);
  if (!vcca_family_named(fault.family, &family))
    return vcca_fail_line(err, number, 1, "'%.*s' is no family; see: vcca table profiles",
                          (int)(fault.family.n < 40 ? fault.family.n : 40), (const char *)fault.family.p);
  if (!vcca_span_is(fault.id, "V00") && !vcca_mutation_named(fault.id))
    return vcca_fail_line(err, number, 1, "'%.*s' is no mutation; see: vcca golden list",
                          (int)(fault.id.n < 40 ? fault.id.n : 40), (const char *)fault.id.p);
  known->fault[known->n++] = fault;
  return true;
}

struct known *known_read(const struct args *a, const char *path, struct vcca_error *err)
{
  struct known *known = calloc(1, sizeof *known);
  if (!known || !vcca_files_read(a->files, path, KNOWN_FILE, &known->file, err)) {
    known_free(known);
    return NULL;
  }
  vcca_span text = vcca_bytes_span(&known->file);
  size_t lines = 1;
  for (size_t i = 0; i < text.n; i++)
    lines += text.p[i] == '\n';
  known->fault = calloc(lines, sizeof *known->fault);
  bool ok = known->fault || vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for known faults");
  unsigned number = 1;
  for (size_t from = 0; ok && from < text.n; number++) {
    size_t n = 0;
    while (from + n < text.n && text.p[from + n] != '\n')
      n++;
    ok = add(known, vcca_span_sub(text, from, n), number, err);
    from += n + 1;
  }
  if (ok)
    return known;
  vcca_fail_in(err, path);
  known_free(known);
  return NULL;
}

static bool is(const struct fault *fault, const char *family, const char *id)
{
  return vcca_span_is(fault->family, family) && vcca_span_is(fault->id, id);
}

bool known_has(struct known *known, const char *family, const char *id, enum vcca_drive_judgement judged)
{
  bool has = false;
  for (size_t i = 0; known && i < known->n; i++)
    if (is(&known->fault[i], family, id) && vcca_span_is(known->fault[i].judged, vcca_judgement_name(judged)))
      has = known->fault[i].there = true;
  return has;
}

void known_saw(struct known *known, const char *family, const char *id)
{
  for (size_t i = 0; known && i < known->n; i++)
    if (is(&known->fault[i], family, id))
      known->fault[i].asked = true;
}

unsigned known_stale(const struct known *known, const char *path)
{
  unsigned stale = 0;
  for (size_t i = 0; known && i < known->n; i++) {
    const struct fault *f = &known->fault[i];
    if (!f->asked || f->there)
      continue;
    vcca_print(stderr, "%s:%u: %.*s %.*s is not %.*s any more: the line can go\n", path, f->line, (int)f->family.n,
               (const char *)f->family.p, (int)f->id.n, (const char *)f->id.p, (int)f->judged.n,
               (const char *)f->judged.p);
    stale++;
  }
  return stale;
}
