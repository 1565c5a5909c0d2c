/* The suite against a folder, file by file; shared by golden make, check and bless.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli/golden_suite.h"
#include "cli/words.h"
#include "rooms/error.h"
#include "rooms/text.h"
#include "rooms/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool suite_join(const char *dir, const char *path, char *room, struct vcca_error *err)
{
  int n = snprintf(room, SUITE_PATH, "%s/%s", dir, path);
  return (n > 0 && n < SUITE_PATH) || vcca_fail(err, VCCA_FAULT_USAGE, "the path %.60s... is too long", dir);
}

bool suite_same(const char *path, vcca_span bytes)
{
  struct vcca_bytes file = {0};
  struct vcca_error err;
  bool same = vcca_files_read(NULL, path, SUITE_FILE_MAX, &file, &err) && vcca_span_eq(vcca_bytes_span(&file), bytes);
  vcca_bytes_free(&file);
  return same;
}

/* Makes every folder that the path goes through. */
static bool make_folders(const char *path, struct vcca_error *err)
{
  char room[SUITE_PATH];
  snprintf(room, sizeof room, "%s", path);
  for (char *c = room + 1; *c; c++) {
    if (*c != '/')
      continue;
    *c = '\0';
    if (mkdir(room, 0777) != 0 && errno != EEXIST)
      return vcca_fail(err, VCCA_FAULT_IO, "cannot make the folder %.300s: %s", room, strerror(errno));
    *c = '/';
  }
  return true;
}

bool suite_write(const char *path, vcca_span bytes, struct vcca_error *err)
{
  return make_folders(path, err) && vcca_files_write(NULL, path, bytes, err);
}

bool suite_families(const struct args *a, bool families[VCCA_FAMILIES], struct vcca_error *err)
{
  const char *name;
  for (int i = 0; i < VCCA_FAMILIES; i++)
    families[i] = !args_has(a, "family");
  for (unsigned i = 0; (name = args_nth(a, "family", i)) != NULL; i++) {
    enum vcca_family family;
    if (!family_said(name, &family, err))
      return false;
    families[family] = true;
  }
  return true;
}

/* --- Is it one? ------------------------------------------------------------------------------------------- */

static bool has_index(const char *dir, const char *below, const bool *families)
{
  char path[SUITE_PATH];
  struct stat st;
  for (int i = 0; i < VCCA_FAMILIES; i++) {
    int n = snprintf(path, sizeof path, "%s/%s%s.json", dir, below, vcca_family((enum vcca_family)i)->name);
    if (families[i] && n > 0 && (size_t)n < sizeof path && stat(path, &st) == 0 && S_ISREG(st.st_mode))
      return true;
  }
  return false;
}

bool suite_is_one(const char *dir, const bool *families, struct vcca_error *err)
{
  static const char *const near[] = {"vectors/", "../", "../../"};
  struct stat st;
  if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
    vcca_fail(err, VCCA_FAULT_IO, stat(dir, &st) != 0 ? "no such folder" : "not a folder");
    return vcca_fail_in(err, dir);
  }
  if (has_index(dir, "", families))
    return true;
  const char *first = NULL;
  for (int i = VCCA_FAMILIES - 1; i >= 0; i--)
    if (families[i])
      first = vcca_family((enum vcca_family)i)->name;
  vcca_fail(err, VCCA_FAULT_IO, "not a golden suite: it has no %s.json; golden make makes one",
            first ? first : "family");
  for (size_t i = 0; i < sizeof near / sizeof near[0]; i++)
    if (has_index(dir, near[i], families)) {
      vcca_fail(err, VCCA_FAULT_IO, "not a golden suite: it has no %s.json; did you mean %.200s/%.*s?",
                first ? first : "family", dir, (int)strlen(near[i]) - 1, near[i]);
      break;
    }
  return vcca_fail_in(err, dir);
}

/* --- Strangers -------------------------------------------------------------------------------------------- */

/* Paths of the suite, one after the other, each with its NUL. */
struct suite_seen {
  char *text;
  size_t n, cap;
};

struct suite_seen *suite_seen_new(struct vcca_error *err)
{
  struct suite_seen *seen = calloc(1, sizeof *seen);
  if (!seen)
    vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a list of files");
  return seen;
}

void suite_seen_free(struct suite_seen *seen)
{
  if (seen)
    free(seen->text);
  free(seen);
}

bool suite_seen_add(struct suite_seen *seen, const char *path, struct vcca_error *err)
{
  size_t size = strlen(path) + 1;
  if (seen->cap - seen->n < size) {
    size_t cap = 2 * seen->cap + size + 4096;
    char *more = realloc(seen->text, cap);
    if (!more)
      return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for a list of files");
    seen->text = more;
    seen->cap = cap;
  }
  memcpy(seen->text + seen->n, path, size);
  seen->n += size;
  return true;
}

static bool is_seen(const struct suite_seen *seen, const char *path)
{
  for (size_t i = 0; i < seen->n; i += strlen(seen->text + i) + 1)
    if (strcmp(seen->text + i, path) == 0)
      return true;
  return false;
}

/* Tokens, certificates, logs and indexes; what else lies in the folder (a README) is its owner's. */
static bool is_vector(const char *name)
{
  static const char *const endings[] = {".cbor", ".diag", ".log", ".pem", ".der", ".jwk", ".json", ".yaml"};
  size_t n = strlen(name);
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    size_t k = strlen(endings[i]);
    if (n > k && strcmp(name + n - k, endings[i]) == 0)
      return strcmp(name, "score.json") != 0;
  }
  return false;
}

/* Whether the folder or index of this name belongs to a family that was not made. */
static bool is_others(const char *name, const bool *families)
{
  for (int i = 0; i < VCCA_FAMILIES; i++) {
    const char *family = vcca_family((enum vcca_family)i)->name;
    size_t n = strlen(family);
    if (!families[i] && strncmp(name, family, n) == 0 && (name[n] == '\0' || strcmp(name + n, ".json") == 0))
      return true;
  }
  return false;
}

static unsigned strangers_in(const struct suite_seen *seen, const bool *families, const char *dir, const char *below,
                             unsigned depth)
{
  char path[SUITE_PATH], relative[SUITE_PATH];
  unsigned n = 0;
  struct vcca_error err;
  if (!suite_join(dir, below, path, &err))
    return 0;
  DIR *d = opendir(path);
  for (const struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
    struct stat st;
    int size = snprintf(relative, sizeof relative, "%s%s%s", below, below[0] ? "/" : "", entry->d_name);
    if (entry->d_name[0] == '.' || (below[0] == '\0' && is_others(entry->d_name, families)) || size < 0 ||
        (size_t)size >= sizeof relative || !suite_join(dir, relative, path, &err) || stat(path, &st) != 0)
      continue;
    if (S_ISDIR(st.st_mode)) {
      n += depth > 0 ? strangers_in(seen, families, dir, relative, depth - 1) : 0;
    } else if (is_vector(entry->d_name) && !is_seen(seen, relative)) {
      vcca_print(stderr, "%s: not a file of the suite\n", relative);
      n++;
    }
  }
  if (d)
    closedir(d);
  return n;
}

unsigned suite_strangers(const struct suite_seen *seen, const char *dir, const bool *families)
{
  return strangers_in(seen, families, dir, "", 3);
}
