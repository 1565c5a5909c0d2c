/* Files as spans. Reading goes on until end of file (so pipes and sysfs work) up to a limit; writing is
 * all or nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_FILE_H
#define VCCA_FILE_H

#include <stdio.h>

#include "vcca/error.h"
#include "vcca/span.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes that are owned; free with vcca_bytes_free. Zero-initialise before use. */
struct vcca_bytes {
  uint8_t *p;
  size_t n;
};

/* Reads the whole of path ("-" is standard input), which may hold at most max bytes. */
VCCA_API VCCA_MUST_USE bool vcca_file_read(const char *path, size_t max, struct vcca_bytes *out, struct vcca_error *err);

/* Longest name of a file, its NUL included. */
enum { VCCA_PATH_MAX = 4096 };

/* A file that is written piece by piece, and is there whole or not at all: its bytes go into a file of an unpredictable name beside it, which
 * takes its place at the end. A link stays one, what it leads to is written. What is there keeps its mode; what is new gets 0666 less the
 * umask, 0600 when it is secret. A file of several names (hard links) is replaced under this name alone. Pipes, devices and what is open
 * already ("-", /dev/stdout, /dev/fd/N) are written as they are. */
struct vcca_output {
  FILE *stream; /* NULL: not open */
  const char *path;
  bool in_place, secret;
  char temp[VCCA_PATH_MAX], target[VCCA_PATH_MAX];
};
/* path must outlive out; "-" is standard output. */
VCCA_API VCCA_MUST_USE bool vcca_output_open(struct vcca_output *out, const char *path, bool secret, struct vcca_error *err);
/* Returns whether it is whole and every write reached it; when not, path is as it was, and err says why if it had been
 * whole. Does nothing when it is not open. */
VCCA_API VCCA_MUST_USE bool vcca_output_close(struct vcca_output *out, bool whole, struct vcca_error *err);
/* All of a file, in this way. */
VCCA_API VCCA_MUST_USE bool vcca_file_write(const char *path, vcca_span bytes, struct vcca_error *err);

/* The open file that a name stands for (/dev/stdout, /dev/fd/N, ...): its descriptor; -1: none. */
VCCA_API int vcca_file_descriptor(const char *path);
/* Where the links that path may be lead: what a write to path writes. It need not be there. */
VCCA_API VCCA_MUST_USE bool vcca_file_target(const char *path, char out[VCCA_PATH_MAX], struct vcca_error *err);
/* Which file a name stands for, however it is spelled: its number, and its place in its folder where it is, or would be. */
struct vcca_file_place {
  bool exists, is_file; /* a regular file */
  unsigned mode;        /* of stat() */
  uint64_t dev, ino, folder_dev, folder_ino;
  char name[256]; /* "": it has no place, as a pipe */
};
VCCA_API VCCA_MUST_USE bool vcca_file_locate(const char *path, struct vcca_file_place *out, struct vcca_error *err);

/* TMPDIR, NULL when it is not set. */
VCCA_API const char *vcca_temp_folder(void);
/* A name in a folder that nobody can foresee. */
VCCA_API VCCA_MUST_USE bool vcca_temp_name(const char *folder, char *out, size_t cap, struct vcca_error *err);
/* A file that is to go when the program is interrupted: path stays until vcca_leftover_gone. Up to 64 at a time. */
VCCA_API void vcca_leftover_add(const char *path);
VCCA_API void vcca_leftover_gone(const char *path);
/* Removes them; may be called in a signal handler. */
VCCA_API void vcca_leftovers_remove(void);

/* Bytes that were read or allocated. */
VCCA_API void vcca_bytes_free(struct vcca_bytes *b);
static inline vcca_span vcca_bytes_span(const struct vcca_bytes *b)
{
  return vcca_span_of(b->p, b->n);
}
/* Room for n zero bytes (n may be 0). */
VCCA_API VCCA_MUST_USE bool vcca_bytes_alloc(struct vcca_bytes *b, size_t n, struct vcca_error *err);

/* A file as the system tells it from others; times in nanoseconds since 1970. All zero: none. */
struct vcca_file_id {
  uint64_t dev, ino, size, modified, changed;
};
/* Of an open file; false when the system does not say. */
VCCA_API bool vcca_file_identify(int file, struct vcca_file_id *out);

/* A file whose bytes are read when they are looked at, so that a large image costs the memory of what is in use. Unmap with
 * vcca_file_unmap. Zero-initialise before use; with bytes alone it is a view of memory that is somebody else's. */
struct vcca_mapping {
  vcca_span bytes;
  bool mapped;            /* bytes are a file's */
  struct vcca_file_id id; /* of the file, as it was then; not of what has no name */
  struct vcca_bytes copy; /* of what was not worth a mapping */
  size_t forgotten;       /* vcca_file_forget's place */
};
/* No image that a VM starts with is larger; a limit for vcca_file_map, so that a file of holes has an end. */
#define VCCA_IMAGE_MAX ((size_t)16 << 30)
/* Nor does what is unpacked or comes from a pipe become larger than this: it may never end. */
#define VCCA_UNPACKED_MAX ((size_t)4 << 30)
/* Maps path; what is no regular file ("-", a pipe) goes through a spool. A file that shrinks while it is mapped raises SIGBUS
 * when it is looked at: the embedder's to handle (vcca itself ends with exit code 3). */
VCCA_API VCCA_MUST_USE bool vcca_file_map(const char *path, size_t max, struct vcca_mapping *out, struct vcca_error *err);
/* The bytes before end will hardly be looked at again: gives their memory back, a few MiB at a time. They stay readable. */
VCCA_API void vcca_file_forget(struct vcca_mapping *m, size_t end);
VCCA_API void vcca_file_unmap(struct vcca_mapping *m);

/* Bytes that come one after the other, unpacked or from a pipe, and shall be a mapping: the first few MiB are held in memory, more go into
 * a file without a name in TMPDIR, /var/tmp or /tmp (where there is no such place, all stay in memory). Zero-initialise before use. */
struct vcca_spool {
  struct vcca_bytes room; /* of bytes that are not in the file, used of them */
  size_t used, written;
  bool has_file;
  int file;
};
/* Where the next bytes go: *n of them at *p, at least one; none when there are max already. */
VCCA_API VCCA_MUST_USE bool vcca_spool_room(struct vcca_spool *s, size_t max, uint8_t **p, size_t *n, struct vcca_error *err);
/* n bytes were put there. */
VCCA_API void vcca_spool_add(struct vcca_spool *s, size_t n);
/* Makes the mapping of all bytes and frees the spool, also after a failure. */
VCCA_API VCCA_MUST_USE bool vcca_spool_end(struct vcca_spool *s, struct vcca_mapping *out, struct vcca_error *err);
/* Gives the bytes up. */
VCCA_API void vcca_spool_free(struct vcca_spool *s);

#ifdef __cplusplus
}
#endif
#endif
