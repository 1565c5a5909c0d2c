/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/page_cache.h"
#include "rooms/error.h"
#include "rooms/hash.h"
#include "rooms/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An entry: magic, algorithm, the file's identity, zeros; at CHECKSUM a digest of what is before and behind
 * it; then digests. */
enum { MAGIC = 0, ALG = 16, IDENTITY = 32, CHECKSUM = 96, HEAD = 128, SAMPLES = 16 };
static const char magic[] = "vcca digests 1";
#define RACY_NS UINT64_C(2000000000)

static void put_head(const struct vcca_file_id *id, enum vcca_hash_alg alg, uint8_t head[CHECKSUM])
{
  memset(head, 0, CHECKSUM);
  memcpy(head + MAGIC, magic, sizeof magic);
  memcpy(head + ALG, vcca_hash_name(alg), strlen(vcca_hash_name(alg)));
  const uint64_t words[] = {id->dev, id->ino, id->size, id->modified, id->changed};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    vcca_put_le64(head + IDENTITY + 8 * i, words[i]);
}

/* --- The checksum ------------------------------------------------------------------------------------------ */

struct folding {
  uint8_t sum[32];
  struct vcca_mapping *entry;
};

/* Digests of the entry's pages, one after the other into the sum. */
static void fold(void *ctx, size_t first, size_t n, const uint8_t *digests)
{
  struct folding *f = ctx;
  for (size_t i = 0; i < n; i++) {
    const vcca_span parts[] = {VCCA_SPAN(f->sum), vcca_span_of(digests + 32 * i, 32)};
    vcca_hash_parts(VCCA_SHA256, parts, 2, f->sum);
  }
  vcca_file_forget(f->entry, HEAD + (first + n) * VCCA_PAGE);
}

static void sum_up(struct vcca_mapping *entry, const uint8_t head[CHECKSUM], uint8_t sum[32])
{
  struct folding f = {.entry = entry};
  vcca_span body = vcca_span_sub(entry->bytes, HEAD, entry->bytes.n);
  entry->forgotten = 0;
  vcca_hash(VCCA_SHA256, vcca_span_of(head, CHECKSUM), f.sum);
  vcca_hash_pages_each(VCCA_SHA256, body, (body.n + VCCA_PAGE - 1) / VCCA_PAGE, fold, &f);
  entry->forgotten = 0; /* it will be read once more */
  memcpy(sum, f.sum, sizeof f.sum);
}

/* --- Looking up ----------------------------------------------------------------------------------------- */

static size_t page_count(const struct vcca_mapping *image)
{
  return image->bytes.n / VCCA_PAGE + (image->bytes.n % VCCA_PAGE != 0);
}

static bool is_ours(const struct stat *st)
{
  return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Some pages from the first to the last. */
static bool samples_agree(const struct vcca_mapping *image, enum vcca_hash_alg alg, const uint8_t *digests)
{
  size_t pages = page_count(image), size = vcca_hash_size(alg);
  for (size_t i = 0; i < SAMPLES; i++) {
    uint8_t page[VCCA_PAGE] = {0}, digest[VCCA_HASH_MAX];
    size_t n = (size_t)((uint64_t)(pages - 1) * i / (SAMPLES - 1));
    vcca_span bytes = vcca_span_sub(image->bytes, n * VCCA_PAGE, VCCA_PAGE);
    memcpy(page, bytes.p, bytes.n);
    vcca_hash(alg, VCCA_SPAN(page), digest);
    if (memcmp(digest, digests + n * size, size) != 0)
      return false;
  }
  return true;
}

/* Whether the entry is for this image and is sound. */
static bool is_good(struct vcca_mapping *entry, const struct vcca_mapping *image, enum vcca_hash_alg alg)
{
  uint8_t head[CHECKSUM], sum[32];
  put_head(&image->id, alg, head);
  if (entry->bytes.n != HEAD + page_count(image) * vcca_hash_size(alg) || memcmp(entry->bytes.p, head, CHECKSUM) != 0)
    return false;
  sum_up(entry, head, sum);
  return memcmp(entry->bytes.p + CHECKSUM, sum, sizeof sum) == 0 && samples_agree(image, alg, entry->bytes.p + HEAD);
}

static bool look_up(const char *path, const struct vcca_mapping *image, enum vcca_hash_alg alg,
                    struct vcca_page_digests *out)
{
  struct stat st;
  if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || !is_ours(&st) ||
      !vcca_file_map(path, VCCA_IMAGE_MAX, &out->file, NULL))
    return false;
  out->found = is_good(&out->file, image, alg);
  if (!out->found)
    vcca_file_unmap(&out->file);
  return out->found;
}

/* --- Keeping ------------------------------------------------------------------------------------------------ */

struct keeping {
  FILE *f;
  struct vcca_mapping *image;
  size_t size;
};

static void keep(void *ctx, size_t first, size_t n, const uint8_t *digests)
{
  struct keeping *k = ctx;
  fwrite(digests, k->size, n, k->f); /* ferror tells */
  vcca_file_forget(k->image, (first + n) * VCCA_PAGE);
}

static bool write_digests(FILE *f, struct vcca_mapping *image, enum vcca_hash_alg alg, struct vcca_error *err)
{
  static const uint8_t head[HEAD];
  struct keeping k = {f, image, vcca_hash_size(alg)};
  fwrite(head, 1, HEAD, f);
  vcca_hash_pages_each(alg, image->bytes, page_count(image), keep, &k);
  image->forgotten = 0;
  return (fflush(f) == 0 && !ferror(f)) || vcca_fail(err, VCCA_FAULT_IO, "cannot write: %s", strerror(errno));
}

/* The head comes last: until then the entry is no entry. */
static bool seal(FILE *f, const char *path, const struct vcca_mapping *image, enum vcca_hash_alg alg,
                 struct vcca_mapping *entry, struct vcca_error *err)
{
  uint8_t head[HEAD];
  put_head(&image->id, alg, head);
  if (!vcca_file_map(path, VCCA_IMAGE_MAX, entry, err))
    return false;
  sum_up(entry, head, head + CHECKSUM);
  if (fseek(f, 0, SEEK_SET) == 0 && fwrite(head, 1, HEAD, f) == HEAD && fflush(f) == 0)
    return true;
  vcca_file_unmap(entry);
  return vcca_fail(err, VCCA_FAULT_IO, "cannot write: %s", strerror(errno));
}

/* The file system's own time is the clock: that of the new entry, made before the image is read. */
static bool changed_just_now(int fd, const struct vcca_file_id *id)
{
  struct vcca_file_id now;
  uint64_t last = id->changed > id->modified ? id->changed : id->modified;
  return !vcca_file_identify(fd, &now) || last > UINT64_MAX - RACY_NS || now.modified <= last + RACY_NS;
}

static bool hash_and_keep(const char *path, struct vcca_mapping *image, enum vcca_hash_alg alg,
                          struct vcca_page_digests *out, struct vcca_error *err)
{
  char temporary[4096];
  int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path),
      fd = n > 0 && (size_t)n < sizeof temporary ? mkstemp(temporary) : -1;
  FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;
  bool ok = f || vcca_fail(err, VCCA_FAULT_IO, "cannot create an entry: %s", strerror(errno));
  if (ok && changed_just_now(fd, &image->id))
    ok = vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "the image changed just now: kept from two seconds later on");
  ok = ok && write_digests(f, image, alg, err) && seal(f, temporary, image, alg, &out->file, err);
  if (f)
    fclose(f);
  else if (fd >= 0)
    close(fd);
  if (ok && rename(temporary, path) != 0) {
    ok = vcca_fail(err, VCCA_FAULT_IO, "cannot rename an entry: %s", strerror(errno));
    vcca_file_unmap(&out->file);
  }
  if (!ok && fd >= 0)
    remove(temporary);
  return ok;
}

/* --- The folder ----------------------------------------------------------------------------------------- */

bool vcca_page_cache_open(const char *folder, struct vcca_error *err)
{
  struct stat st;
  bool ok = mkdir(folder, S_IRWXU) == 0 || errno == EEXIST ||
            vcca_fail(err, VCCA_FAULT_IO, "cannot make the folder: %s", strerror(errno));
  if (ok && (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode)))
    ok = vcca_fail(err, VCCA_FAULT_IO, "is no folder");
  if (ok && !is_ours(&st))
    ok = vcca_fail(err, VCCA_FAULT_UNSUPPORTED,
                   "a cache is believed: it must be your own, and writable by nobody else (chmod go-w)");
  return ok || vcca_fail_in(err, folder);
}

bool vcca_page_cache_get(const char *folder, struct vcca_mapping *image, enum vcca_hash_alg alg,
                         struct vcca_page_digests *out, struct vcca_error *err)
{
  char path[4000];
  *out = (struct vcca_page_digests){.at = NULL};
  if (!image->mapped || image->id.size != image->bytes.n || image->bytes.n == 0)
    return vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "only a file can be recognised");
  int n = snprintf(path, sizeof path, "%s/%" PRIx64 "-%" PRIx64 ".%s", folder, image->id.dev, image->id.ino,
                   vcca_hash_name(alg));
  if (n < 0 || (size_t)n >= sizeof path)
    return vcca_fail(err, VCCA_FAULT_IO, "the folder's name is too long");
  if (!look_up(path, image, alg, out) && !hash_and_keep(path, image, alg, out, err))
    return false;
  out->at = out->file.bytes.p + HEAD;
  return true;
}
