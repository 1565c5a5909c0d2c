/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/file.h"
#include "rooms/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for one byte more than there may be, at most: so it is known when there are too many. */
static bool read_stream(FILE *f, size_t hint, size_t max, struct vcca_bytes *out, struct vcca_error *err)
{
  size_t cap = (hint < max ? hint : max < 4095 ? max : 4095) + 1, n = 0;
  uint8_t *p = malloc(cap);
  while (p) {
    size_t got = fread(p + n, 1, cap - n, f);
    n += got;
    if (n > max || ferror(f) || n < cap)
      break;
    cap = cap <= max / 2 ? cap * 2 : max + 1;
    uint8_t *more = realloc(p, cap);
    if (!more)
      free(p);
    p = more;
  }
  if (!p)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu bytes", cap);
  if (ferror(f) || n > max) {
    free(p);
    return n > max ? vcca_fail(err, VCCA_FAULT_MALFORMED, "larger than the %zu bytes allowed here", max)
                   : vcca_fail(err, VCCA_FAULT_IO, "cannot read: %s", strerror(errno));
  }
  out->p = p;
  out->n = n;
  return true;
}

/* A pipe is opened once: when it is closed, its writer is gone. */
static bool is_regular(const char *path)
{
  struct stat st;
  return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool vcca_file_read(const char *path, size_t max, struct vcca_bytes *out, struct vcca_error *err)
{
  bool standard = strcmp(path, "-") == 0;
  FILE *f = standard ? stdin : fopen(path, "rb");
  if (!f) {
    vcca_fail(err, VCCA_FAULT_IO, "cannot open: %s", strerror(errno));
    return vcca_fail_in(err, path);
  }
  struct stat st;
  size_t hint = fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size : 4095;
  bool ok = read_stream(f, hint, max, out, err);
  if (!standard)
    fclose(f);
  return ok ? true : vcca_fail_in(err, standard ? "standard input" : path);
}

/* What cannot be mapped. */
static bool spool_stream(FILE *f, size_t max, struct vcca_mapping *out, struct vcca_error *err)
{
  struct vcca_spool spool = {.used = 0};
  uint8_t *p;
  size_t room, got = 1;
  while (got > 0) {
    if (!vcca_spool_room(&spool, max, &p, &room, err))
      break;
    got = room > 0 ? fread(p, 1, room, f) : 0;
    vcca_spool_add(&spool, got);
  }
  bool ok = got == 0;
  if (ok && room == 0 && getc(f) != EOF)
    ok = vcca_fail(err, VCCA_FAULT_MALFORMED, "larger than the %zu bytes allowed here", max);
  if (ok && ferror(f))
    ok = vcca_fail(err, VCCA_FAULT_IO, "cannot read: %s", strerror(errno));
  if (ok)
    return vcca_spool_end(&spool, out, err);
  vcca_spool_free(&spool);
  return false;
}

/* A file of any size takes nothing but addresses; what comes in a stream needs room. */
static bool spool_file(const char *path, size_t max, struct vcca_mapping *out, struct vcca_error *err)
{
  bool standard = strcmp(path, "-") == 0;
  max = max < VCCA_UNPACKED_MAX ? max : VCCA_UNPACKED_MAX;
  FILE *f = standard ? stdin : fopen(path, "rb");
  bool ok = f ? spool_stream(f, max, out, err) : vcca_fail(err, VCCA_FAULT_IO, "cannot open: %s", strerror(errno));
  if (f && !standard)
    fclose(f);
  return ok || vcca_fail_in(err, standard ? "standard input" : path);
}

static uint64_t nanoseconds(struct timespec t)
{
  return t.tv_sec < 0 ? 0 : (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

bool vcca_file_identify(int file, struct vcca_file_id *out)
{
  struct stat st;
  if (fstat(file, &st) != 0)
    return false;
  *out = (struct vcca_file_id){
      .dev = st.st_dev,
      .ino = st.st_ino,
      .size = (uint64_t)st.st_size,
      .modified = nanoseconds(st.st_mtim),
      .changed = nanoseconds(st.st_ctim),
  };
  return true;
}

bool vcca_file_map(const char *path, size_t max, struct vcca_mapping *out, struct vcca_error *err)
{
  struct stat st;
  *out = (struct vcca_mapping){.forgotten = 0};
  int fd = is_regular(path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  uintmax_t size = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 ? (uintmax_t)st.st_size : 0;
  void *p = size > 0 && size <= max ? mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  if (p != MAP_FAILED && !vcca_file_identify(fd, &out->id))
    out->id = (struct vcca_file_id){.size = 0};
  if (fd >= 0)
    close(fd);
  if (p != MAP_FAILED) {
    out->bytes = vcca_span_of(p, (size_t)size);
    out->mapped = true;
    return true;
  }
  if (size > max) {
    vcca_fail(err, VCCA_FAULT_MALFORMED, "larger than the %zu bytes allowed here", max);
    return vcca_fail_in(err, path);
  }
  return spool_file(path, max < VCCA_UNPACKED_MAX ? max : VCCA_UNPACKED_MAX, out, err); /* says what is wrong, too */
}

/* A place in the mapping as the system calls want it, without const. */
static void *address(const struct vcca_mapping *m, size_t offset)
{
  return (void *)((uintptr_t)m->bytes.p + offset);
}

void vcca_file_forget(struct vcca_mapping *m, size_t end)
{
  enum { STEP = 4 << 20 }; /* whole pages of any size */
  size_t whole = (end < m->bytes.n ? end : m->bytes.n) / STEP * STEP;
  if (!m->mapped || whole <= m->forgotten)
    return;
  madvise(address(m, m->forgotten), whole - m->forgotten, MADV_DONTNEED);
  m->forgotten = whole;
}

void vcca_file_unmap(struct vcca_mapping *m)
{
  if (m->mapped)
    munmap(address(m, 0), m->bytes.n);
  vcca_bytes_free(&m->copy);
  *m = (struct vcca_mapping){.forgotten = 0};
}
