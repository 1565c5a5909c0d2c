/* SPDX-License-Identifier: Apache-2.0 */
#include "rooms/file.h"
#include "rooms/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FIRST_ROOM = 64 << 10, HELD = 8 << 20 }; /* bytes; beyond HELD they go into a file */

/* A file that is gone when the program is. Large ones belong into /var/tmp: /tmp is often memory. */
static bool open_file(struct vcca_spool *s)
{
  const char *folders[] = {vcca_temp_folder(), "/var/tmp", "/tmp"};
  for (size_t i = 0; i < sizeof folders / sizeof *folders && !s->has_file; i++) {
    char name[VCCA_PATH_MAX];
    if (!folders[i] || !vcca_temp_name(folders[i], name, sizeof name, NULL))
      continue;
    s->file = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    s->has_file = s->file >= 0;
    if (s->has_file)
      (void)unlink(name);
  }
  return s->has_file;
}

static bool write_out(struct vcca_spool *s, struct vcca_error *err)
{
  for (size_t done = 0; done < s->used;) {
    ssize_t n = write(s->file, s->room.p + done, s->used - done);
    if (n < 0 && errno != EINTR)
      return vcca_fail(err, VCCA_FAULT_IO, "cannot write a temporary file (TMPDIR, else in /var/tmp): %s",
                       strerror(errno));
    done += n > 0 ? (size_t)n : 0;
  }
  s->written += s->used;
  s->used = 0;
  return true;
}

static bool grow(struct vcca_spool *s, struct vcca_error *err)
{
  size_t n = s->room.n ? 2 * s->room.n : FIRST_ROOM;
  uint8_t *p = realloc(s->room.p, n);
  if (!p)
    return vcca_fail(err, VCCA_FAULT_MEMORY, "no memory for %zu bytes", n);
  s->room.p = p;
  s->room.n = n;
  return true;
}

bool vcca_spool_room(struct vcca_spool *s, size_t max, uint8_t **p, size_t *n, struct vcca_error *err)
{
  if (s->used == s->room.n) {
    bool to_file = s->has_file || (s->room.n >= HELD && open_file(s));
    if (to_file ? !write_out(s, err) : !grow(s, err))
      return false;
  }
  size_t left = max > s->written + s->used ? max - s->written - s->used : 0, room = s->room.n - s->used;
  *p = s->room.p + s->used;
  *n = room < left ? room : left;
  return true;
}

void vcca_spool_add(struct vcca_spool *s, size_t n)
{
  s->used += n;
}

bool vcca_spool_end(struct vcca_spool *s, struct vcca_mapping *out, struct vcca_error *err)
{
  *out = (struct vcca_mapping){.forgotten = 0};
  if (!s->has_file) {
    out->copy = (struct vcca_bytes){s->room.p, s->used};
    out->bytes = vcca_bytes_span(&out->copy);
    *s = (struct vcca_spool){.used = 0};
    return true;
  }
  void *p = write_out(s, err) ? mmap(NULL, s->written, PROT_READ, MAP_PRIVATE, s->file, 0) : NULL;
  if (p && p != MAP_FAILED) {
    out->bytes = vcca_span_of(p, s->written);
    out->mapped = true;
  }
  vcca_spool_free(s);
  return out->mapped || (p && vcca_fail(err, VCCA_FAULT_MEMORY, "cannot map a temporary file: %s", strerror(errno)));
}

void vcca_spool_free(struct vcca_spool *s)
{
  vcca_bytes_free(&s->room);
  if (s->has_file)
    close(s->file);
  *s = (struct vcca_spool){.used = 0};
}
