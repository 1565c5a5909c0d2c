/* The page cache: what it gives is what hashing gives, and nothing that is wrong in a folder gets through.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "crypto/support.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "rooms/page_cache.h"
#include "rooms/hash.h"
#include "rooms/file.h"

enum { SIZE = 700 * VCCA_PAGE + 100, PAGES = 701, HEAD = 128, CHECKSUM = 96 };

static uint8_t bytes[PAGES * VCCA_PAGE]; /* zeros behind SIZE */
static uint8_t want[VCCA_HASH_ALGS][PAGES * VCCA_HASH_MAX];
static char place[] = "/tmp/vcca-cache-XXXXXX", folder[64], image[64];
static struct vcca_mapping mapping;

static int prepare(void **state)
{
  (void)state;
  for (size_t i = 0; i < SIZE; i++)
    bytes[i] = (uint8_t)(i / VCCA_PAGE % 7 == 3 ? 0 : i * i >> 5);
  for (unsigned alg = 0; alg < VCCA_HASH_ALGS; alg++)
    for (size_t i = 0; i < PAGES; i++)
      vcca_hash((enum vcca_hash_alg)alg, vcca_span_of(bytes + i * VCCA_PAGE, VCCA_PAGE),
                want[alg] + i * vcca_hash_size((enum vcca_hash_alg)alg));
  if (!mkdtemp(place))
    return 1;
  snprintf(folder, sizeof folder, "%s/cache", place);
  snprintf(image, sizeof image, "%s/image", place);
  bool ok = vcca_file_write(image, vcca_span_of(bytes, SIZE), NULL);
  nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 200000000}, NULL); /* so that it is kept */
  return ok && vcca_file_map(image, SIZE, &mapping, NULL) && vcca_page_cache_open(folder, NULL) ? 0 : 1;
}

/* The only entry, there must be one. */
static const char *entry(void)
{
  static char path[400];
  size_t n = 0;
  DIR *d = opendir(folder);
  assert_non_null(d);
  for (struct dirent *e; (e = readdir(d)) != NULL;)
    if (e->d_name[0] != '.' && n++ == 0)
      snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
  closedir(d);
  assert_int_equal(n, 1);
  return path;
}

static int clear(void **state)
{
  (void)state;
  DIR *d = opendir(folder);
  for (struct dirent *e; d && (e = readdir(d)) != NULL;)
    if (e->d_name[0] != '.')
      unlinkat(dirfd(d), e->d_name, 0);
  return d && closedir(d) == 0 ? 0 : 1;
}

static int remove_all(void **state)
{
  vcca_file_unmap(&mapping);
  int bad = clear(state);
  return bad || rmdir(folder) != 0 || remove(image) != 0 || rmdir(place) != 0;
}

/* Gets the digests, which must be right; whether they were found. */
static bool get(enum vcca_hash_alg alg)
{
  struct vcca_page_digests d;
  struct vcca_error err;
  check_ok(vcca_page_cache_get(folder, &mapping, alg, &d, &err), &err, "get");
  assert_memory_equal(d.at, want[alg], PAGES * vcca_hash_size(alg));
  bool found = d.found;
  vcca_file_unmap(&d.file);
  return found;
}

static void what_was_kept_is_found_and_is_what_hashing_gives(void **state)
{
  (void)state;
  for (unsigned alg = 0; alg < VCCA_HASH_ALGS; alg++) {
    assert_false(get((enum vcca_hash_alg)alg));
    assert_true(get((enum vcca_hash_alg)alg));
  }
}

static void change(size_t at, const void *with, size_t n)
{
  int fd = open(entry(), O_WRONLY);
  assert_true(fd >= 0);
  assert_int_equal(pwrite(fd, with, n, (off_t)at), n);
  close(fd);
}

static void a_damaged_entry_is_not_believed(void **state)
{
  (void)state;
  assert_false(get(VCCA_SHA256));
  for (size_t at = 0; at < HEAD + PAGES * 32; at += at < HEAD ? 1 : 331) {
    struct vcca_bytes b;
    struct vcca_error err;
    check_ok(vcca_file_read(entry(), 1 << 20, &b, &err), &err, "read");
    uint8_t other = b.p[at] ^ 0x10;
    vcca_bytes_free(&b);
    change(at, &other, 1);
    if (get(VCCA_SHA256))
      fail_msg("an entry with another byte %zu was taken", at);
    assert_true(get(VCCA_SHA256)); /* it was made anew */
  }
}

static void an_entry_of_another_length_is_not_believed(void **state)
{
  (void)state;
  static const off_t lengths[] = {0, 1, HEAD, HEAD + 32, HEAD + PAGES * 32 - 1, HEAD + PAGES * 32 + 1};
  assert_false(get(VCCA_SHA256));
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    assert_int_equal(truncate(entry(), lengths[i]), 0);
    assert_false(get(VCCA_SHA256));
    assert_true(get(VCCA_SHA256));
  }
}

/* As the format has it: over the head, then over the digest of each page of the body. */
static void forge_checksum(void)
{
  struct vcca_bytes b;
  struct vcca_error err;
  uint8_t sum[32];
  check_ok(vcca_file_read(entry(), 1 << 20, &b, &err), &err, "read");
  vcca_hash(VCCA_SHA256, vcca_span_of(b.p, CHECKSUM), sum);
  for (size_t at = HEAD; at < b.n; at += VCCA_PAGE) {
    uint8_t page[VCCA_PAGE] = {0}, digest[32];
    memcpy(page, b.p + at, b.n - at < VCCA_PAGE ? b.n - at : VCCA_PAGE);
    vcca_hash(VCCA_SHA256, VCCA_SPAN(page), digest);
    const vcca_span parts[] = {VCCA_SPAN(sum), VCCA_SPAN(digest)};
    vcca_hash_parts(VCCA_SHA256, parts, 2, sum);
  }
  vcca_bytes_free(&b);
  change(CHECKSUM, sum, sizeof sum);
}

static void an_entry_whose_pages_hash_to_something_else_is_not_believed(void **state)
{
  (void)state;
  static const uint8_t wrong[PAGES * 32] = {1};
  assert_false(get(VCCA_SHA256));
  forge_checksum();
  assert_true(get(VCCA_SHA256)); /* it is the checksum */
  change(HEAD, wrong, sizeof wrong);
  forge_checksum();
  assert_false(get(VCCA_SHA256));
  assert_true(get(VCCA_SHA256));
}

static void what_others_may_write_is_not_believed(void **state)
{
  (void)state;
  struct vcca_error err;
  char linked[64];
  assert_false(get(VCCA_SHA256));
  assert_int_equal(chmod(entry(), 0622), 0);
  assert_false(get(VCCA_SHA256));
  snprintf(linked, sizeof linked, "%s/linked", place);
  assert_int_equal(rename(entry(), linked), 0);
  assert_false(get(VCCA_SHA256));
  char path[400];
  snprintf(path, sizeof path, "%s", entry());
  assert_int_equal(remove(path), 0);
  assert_int_equal(symlink(linked, path), 0);
  assert_false(get(VCCA_SHA256));
  remove(linked);

  assert_int_equal(chmod(folder, 0777), 0);
  assert_false(vcca_page_cache_open(folder, &err));
  assert_non_null(strstr(err.text, "nobody else"));
  assert_int_equal(chmod(folder, 0700), 0);
  check_ok(vcca_page_cache_open(folder, &err), &err, "open");
  assert_false(vcca_page_cache_open(image, &err));
  assert_false(vcca_page_cache_open("/nonexistent/folder", &err));
}

static void an_image_that_changed_is_another_and_not_kept_at_once(void **state)
{
  (void)state;
  char path[64];
  struct vcca_error err;
  struct vcca_mapping m;
  struct vcca_page_digests d;
  struct stat before;
  snprintf(path, sizeof path, "%s/changed", place);
  check_ok(vcca_file_write(path, vcca_span_of(bytes, SIZE), &err), &err, "write");
  check_ok(vcca_file_map(path, SIZE, &m, &err), &err, "map");
  assert_false(vcca_page_cache_get(folder, &m, VCCA_SHA256, &d, &err));
  assert_non_null(strstr(err.text, "just now"));
  nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 200000000}, NULL);
  check_ok(vcca_page_cache_get(folder, &m, VCCA_SHA256, &d, &err), &err, "get");
  vcca_file_unmap(&d.file);
  vcca_file_unmap(&m);

  /* the same size, the same time of modification, in a page that is no sample */
  assert_int_equal(stat(path, &before), 0);
  int fd = open(path, O_WRONLY);
  assert_int_equal(pwrite(fd, "x", 1, (off_t)2 * VCCA_PAGE), 1);
  assert_int_equal(futimens(fd, (struct timespec[]){before.st_atim, before.st_mtim}), 0);
  close(fd);
  check_ok(vcca_file_map(path, SIZE, &m, &err), &err, "map again");
  assert_false(vcca_page_cache_get(folder, &m, VCCA_SHA256, &d, &err));
  vcca_file_unmap(&m);
  remove(path);
}

static void what_is_no_file_is_not_recognised(void **state)
{
  (void)state;
  struct vcca_error err;
  struct vcca_page_digests d;
  struct vcca_mapping view = {.bytes = VCCA_SPAN(bytes)};
  assert_false(vcca_page_cache_get(folder, &view, VCCA_SHA256, &d, &err));
  assert_int_equal(err.fault, VCCA_FAULT_UNSUPPORTED);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(what_was_kept_is_found_and_is_what_hashing_gives, clear),
      cmocka_unit_test_teardown(a_damaged_entry_is_not_believed, clear),
      cmocka_unit_test_teardown(an_entry_of_another_length_is_not_believed, clear),
      cmocka_unit_test_teardown(an_entry_whose_pages_hash_to_something_else_is_not_believed, clear),
      cmocka_unit_test_teardown(what_others_may_write_is_not_believed, clear),
      cmocka_unit_test_teardown(an_image_that_changed_is_another_and_not_kept_at_once, clear),
      cmocka_unit_test_teardown(what_is_no_file_is_not_recognised, clear),
  };
  return cmocka_run_group_tests(tests, prepare, remove_all);
}
