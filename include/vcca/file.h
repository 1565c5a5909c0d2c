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

/* Reads a whole file; "-" is standard input. Fails when it has more than max bytes. The caller frees *out
 * with vcca_bytes_free. */
VCCA_API VCCA_MUST_USE bool vcca_file_read(const char *path, size_t max, struct vcca_bytes *out,
                                           struct vcca_error *err);

/* Frees the bytes and zeroes *b. */
VCCA_API void vcca_bytes_free(struct vcca_bytes *b);
static inline vcca_span vcca_bytes_span(const struct vcca_bytes *b)
{
  return vcca_span_of(b->p, b->n);
}

/* A file as the system tells it from others; times in nanoseconds since 1970. All zero: none. */
struct vcca_file_id {
  uint64_t dev, ino, size, modified, changed;
};

/* A file whose bytes are read when they are looked at, so that a large image costs the memory of what is
 * in use. Unmap with vcca_file_unmap. Zero-initialise before use; with bytes alone it is a view of memory
 * that is somebody else's. */
struct vcca_mapping {
  vcca_span bytes;
  bool mapped;            /* bytes are a file's */
  struct vcca_file_id id; /* of the file, as it was then; not of what has no name */
  struct vcca_bytes copy; /* of what was not worth a mapping */
  size_t forgotten;       /* up to here the pages were given back to the system */
};
/* No image that a VM starts with is larger; a limit for vcca_file_map, so that a file of holes has an end. */
#define VCCA_IMAGE_MAX ((size_t)16 << 30)
/* Nor does what is unpacked or comes from a pipe become larger than this: it may never end. */
#define VCCA_UNPACKED_MAX ((size_t)4 << 30)
/* Maps a file; "-" is standard input. Reads what is no regular file into a temporary file first. Fails
 * when it has more than max bytes. When a mapped file shrinks, access to it raises SIGBUS, which the
 * caller must handle (the tool ends with exit code 3). End the mapping with vcca_file_unmap. */
VCCA_API VCCA_MUST_USE bool vcca_file_map(const char *path, size_t max, struct vcca_mapping *out,
                                          struct vcca_error *err);
/* Ends the mapping and zeroes *m. */
VCCA_API void vcca_file_unmap(struct vcca_mapping *m);

#ifdef __cplusplus
}
#endif
#endif
