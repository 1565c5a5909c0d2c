/* A verifier's command line for one case: placeholders filled in, the files that they name written.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "golden/drive.h"
#include "rooms/file.h"
#include "vcca/hex.h"
#include "rooms/error.h"
#include "rooms/golden.h"

/* The values of one placeholder: none, one, or one per certificate. */
struct values {
  const char *text[VCCA_VERIFY_CERTS];
  size_t n;
};

static const char *join(struct drive_words *w, const char *a, const char *b, const char *c)
{
  size_t n = strlen(a) + strlen(b) + strlen(c) + 1;
  char *text = arena_get(w->arena, n);
  if (text)
    snprintf(text, n, "%s%s%s", a, b, c);
  return text;
}

static bool was_written(const struct drive_words *w, const char *path)
{
  for (size_t i = 0; i < w->written_count; i++)
    if (strcmp(w->written[i].path, path) == 0)
      return true;
  return false;
}

/* Writes a part's bytes into the folder, once. */
static bool put_part(struct drive_words *w, const char *part, vcca_span bytes, size_t number, const char *extension,
                     const char **path, struct vcca_error *err)
{
  char name[64];
  if (number == 0)
    snprintf(name, sizeof name, "/%s.%s", part, extension);
  else
    snprintf(name, sizeof name, "/%s-%zu.%s", part, number + 1, extension);
  *path = join(w, w->folder, name, "");
  if (!*path)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the command");
  if (was_written(w, *path))
    return true;
  if (w->written_count == sizeof w->written / sizeof w->written[0])
    return vcca_fail(err, VCCA_FAULT_USAGE, "the command takes too many files");
  w->written[w->written_count].part = part;
  w->written[w->written_count++].path = *path;
  return vcca_file_write(*path, bytes, err);
}

static bool part_values(struct drive_words *w, const char *part, struct values *out, struct vcca_error *err)
{
  bool sub = strcmp(part, "sub") == 0;
  for (size_t i = 0; i < w->files.n && out->n < VCCA_VERIFY_CERTS; i++) {
    const struct case_file *f = &w->files.file[i];
    if (strcmp(f->part, part) != 0 && !(sub && strcmp(f->part, "extra") == 0))
      continue;
    const char *dot = strrchr(f->path, '.');
    if (!put_part(w, part, f->bytes, out->n, dot ? dot + 1 : "bin", &out->text[out->n], err))
      return false;
    out->n++;
  }
  return true;
}

static bool jwk_value(struct drive_words *w, const vcca_key *key, struct values *out, struct vcca_error *err)
{
  uint8_t room[512];
  vcca_sink jwk = VCCA_SINK(room);
  return !key || !vcca_golden_jwk(key, &jwk) ||
         put_part(w, "cpak", vcca_sink_span(&jwk), 0, "jwk", &out->text[out->n++], err);
}

static bool file_values(struct drive_words *w, const struct placeholder *place, const struct vcca_evidence *e,
                        struct values *out, struct vcca_error *err)
{
  static const char *const parts[DRIVE_PARTS] = {[PART_TOKEN] = "token",
                                                 [PART_CPAK] = "cpak",
                                                 [PART_CERT] = "device",
                                                 [PART_SUB] = "sub",
                                                 [PART_ROOT] = "root",
                                                 [PART_EVENTLOG] = "eventlog",
                                                 [PART_IMAGE_REF] = "image-reference",
                                                 [PART_PLATFORM_REF] = "platform-reference",
                                                 [PART_RVSTORE] = "reference-store",
                                                 [PART_POLICY] = "policy"};
  if (strcmp(place->name, "JWK") == 0)
    return jwk_value(w, e->cpak, out, err);
  return part_values(w, parts[place->part], out, err);
}

static vcca_span hex_part(const struct vcca_evidence *e, enum drive_part part)
{
  if (part >= PART_REM0 && part <= PART_REM3)
    return e->rem[part - PART_REM0];
  return part == PART_CHALLENGE ? e->challenge : part == PART_RIM ? e->rim : e->rpv;
}

static void text_value(struct drive_words *w, const struct placeholder *place, const vcca_golden *golden,
                       const struct vcca_golden_case *c, struct values *out)
{
  const struct vcca_evidence *e = &c->evidence;
  vcca_span bytes = place->kind == PLACE_HEX ? hex_part(e, place->part) : vcca_span_of(NULL, 0);
  char *hex = bytes.p ? arena_get(w->arena, 2 * bytes.n + 1) : NULL;
  const char *text = NULL;
  if (hex)
    text = vcca_hex_text(bytes, hex, 2 * bytes.n + 1);
  else if (place->part == PART_AT)
    text = e->at;
  else if (strcmp(place->name, "FAMILY") == 0)
    text = vcca_family(golden->family)->name;
  else if (strcmp(place->name, "ID") == 0)
    text = c->mutation ? c->mutation->id : "V00";
  if (text)
    out->text[out->n++] = text;
}

static void note(struct drive_words *w, const struct placeholder *place, const char *text)
{
  for (size_t i = 0; i < w->given_count; i++)
    if (w->given[i].place == place && strcmp(w->given[i].text, text) == 0)
      return;
  if (w->given_count == WORDS_MAX)
    return;
  w->given[w->given_count].place = place;
  w->given[w->given_count++].text = text;
}

size_t start_words(const char *const *command)
{
  size_t n = 0;
  while (command[n] && strcmp(command[n], "--") != 0)
    n++;
  return n;
}

static bool push(struct drive_words *w, const char *word, struct vcca_error *err)
{
  if (w->argc == WORDS_MAX)
    return vcca_fail(err, VCCA_FAULT_USAGE, "the command has more than %d words", WORDS_MAX);
  const char *copy = join(w, word, "", "");
  if (!copy)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the command");
  w->argv[w->argc++] = copy;
  return true;
}

/* A word: as it is, or once for each value of its placeholder, an option before it repeated or left out
 * with it. */
static bool fill(struct drive_words *w, const vcca_golden *golden, const struct vcca_golden_case *c, const char *word,
                 struct vcca_error *err)
{
  struct values values = {.n = 0};
  size_t from;
  vcca_span name;
  if (!words_placeholder(word, &from, &name))
    return push(w, word, err);
  const struct placeholder *place = placeholder_named(name);
  if (!place)
    return vcca_fail(err, VCCA_FAULT_USAGE, "no placeholder @%.*s@", (int)name.n, (const char *)name.p);
  if (place->kind == PLACE_FILE && !file_values(w, place, &c->evidence, &values, err))
    return false;
  if (place->kind != PLACE_FILE)
    text_value(w, place, golden, c, &values);
  bool whole = from == 0 && word[name.n + 2] == '\0';
  const char *option = whole && w->argc > 0 && w->argv[w->argc - 1][0] == '-' ? w->argv[w->argc - 1] : NULL;
  if (values.n == 0 && option)
    w->argv[--w->argc] = NULL;
  for (size_t i = 0; i < values.n; i++) {
    char *before = arena_get(w->arena, from + 1);
    if (before)
      memcpy(before, word, from);
    const char *text = before && values.text[i] ? join(w, before, values.text[i], word + from + name.n + 2) : NULL;
    if (!text)
      return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for the command");
    note(w, place, values.text[i]);
    if ((i > 0 && option && !push(w, option, err)) || !push(w, text, err))
      return false;
  }
  return true;
}

bool words_fill(struct drive_words *w, const char *const *command, vcca_golden *golden,
                const struct vcca_golden_case *c, struct vcca_error *err)
{
  case_files(golden, c, &w->files);
  w->argc = w->written_count = w->given_count = 0;
  for (size_t i = 0; command[i]; i++)
    if (!fill(w, golden, c, command[i], err))
      return false;
  w->argv[w->argc] = NULL;
  return true;
}

void words_remove(struct drive_words *w)
{
  for (size_t i = 0; i < w->written_count; i++)
    (void)unlink(w->written[i].path);
  w->written_count = 0;
}
