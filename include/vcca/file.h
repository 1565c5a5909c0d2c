/* Files as spans. Reading goes on until end of file (so pipes and sysfs work) up to a limit; writing is
 * all or nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_FILE_H
#define VCCA_FILE_H

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
VCCA_MUST_USE bool vcca_file_read(const char *path, size_t max, struct vcca_bytes *out, struct vcca_error *err);
/* Writes path through a temporary file beside it and a rename ("-" is standard output). */
VCCA_MUST_USE bool vcca_file_write(const char *path, vcca_span bytes, struct vcca_error *err);
void vcca_bytes_free(struct vcca_bytes *b);
static inline vcca_span vcca_bytes_span(const struct vcca_bytes *b)
{
  return vcca_span_of(b->p, b->n);
}
/* Room for n zero bytes (n may be 0). */
VCCA_MUST_USE bool vcca_bytes_alloc(struct vcca_bytes *b, size_t n, struct vcca_error *err);

/* A file whose bytes are read when they are looked at, so that a large image costs the memory of what is in use. Unmap with
 * vcca_file_unmap. Zero-initialise before use. */
struct vcca_mapping {
  vcca_span bytes;
  struct vcca_bytes copy; /* of what cannot be mapped */
  size_t forgotten;       /* vcca_file_forget's place */
};
/* Maps path; what is no regular file ("-", a pipe) is read as vcca_file_read does. The file must not shrink while it is mapped. */
VCCA_MUST_USE bool vcca_file_map(const char *path, size_t max, struct vcca_mapping *out, struct vcca_error *err);
/* The bytes before end will hardly be looked at again: gives their memory back, a few MiB at a time. They stay readable. */
void vcca_file_forget(struct vcca_mapping *m, size_t end);
void vcca_file_unmap(struct vcca_mapping *m);

#ifdef __cplusplus
}
#endif
#endif
