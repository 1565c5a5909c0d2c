/* Beside vcca/file.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_FILE_H
#define ROOMS_FILE_H

#include "vcca/file.h"

/* Longest name of a file, its NUL included. */
enum { VCCA_PATH_MAX = 4096 };

/* A file that is written piece by piece, and is there whole or not at all: its bytes go into a file of an
 * unpredictable name beside it, which takes its place at the end. A link stays one, what it leads to is
 * written. What is there keeps its mode; what is new gets 0666 less the umask, 0600 when it is secret.
 * A secret file that is there already keeps no right but its owner's. A
 * file of several names (hard links) is replaced under this name alone. Pipes, devices and what is open
 * already ("-", /dev/stdout, /dev/fd/N) are written as they are. */
struct vcca_output {
  FILE *stream; /* NULL: not open */
  const char *path;
  bool in_place, secret;
  char temp[VCCA_PATH_MAX], target[VCCA_PATH_MAX];
};
/* path must outlive out; "-" is standard output. */
VCCA_MUST_USE bool vcca_output_open(struct vcca_output *out, const char *path, bool secret, struct vcca_error *err);
/* Returns whether it is whole and every write reached it; when not, path is as it was, and err says why if
 * it had been whole. Does nothing when it is not open. */
VCCA_MUST_USE bool vcca_output_close(struct vcca_output *out, bool whole, struct vcca_error *err);
/* All of a file, in this way. */
VCCA_MUST_USE bool vcca_file_write(const char *path, vcca_span bytes, struct vcca_error *err);

/* The open file that a name stands for (/dev/stdout, /dev/fd/N, ...): its descriptor; -1: none. */
int vcca_file_descriptor(const char *path);
/* Where the links that path may be lead: what a write to path writes. It need not be there. */
VCCA_MUST_USE bool vcca_file_target(const char *path, char out[VCCA_PATH_MAX], struct vcca_error *err);
/* Which file a name stands for, however it is spelled: its number, and its place in its folder where it
 * is, or would be. */
struct vcca_file_place {
  bool exists, is_file; /* a regular file */
  unsigned mode;        /* of stat() */
  uint64_t dev, ino, folder_dev, folder_ino;
  char name[256]; /* "": it has no place, as a pipe */
};
VCCA_MUST_USE bool vcca_file_locate(const char *path, struct vcca_file_place *out, struct vcca_error *err);

/* TMPDIR, NULL when it is not set. */
const char *vcca_temp_folder(void);
/* A name in a folder that nobody can foresee. */
VCCA_MUST_USE bool vcca_temp_name(const char *folder, char *out, size_t cap, struct vcca_error *err);
/* A file that is to go when the program is interrupted: path stays until vcca_leftover_gone. Up to 64 at a
 * time. */
void vcca_leftover_add(const char *path);
void vcca_leftover_gone(const char *path);
/* Removes them; may be called in a signal handler. */
void vcca_leftovers_remove(void);

/* Room for n zero bytes (n may be 0). */
VCCA_MUST_USE bool vcca_bytes_alloc(struct vcca_bytes *b, size_t n, struct vcca_error *err);

/* Of an open file; false when the system does not say. */
bool vcca_file_identify(int file, struct vcca_file_id *out);

/* The bytes before end will hardly be looked at again: gives their memory back, a few MiB at a time. They
 * stay readable. */
void vcca_file_forget(struct vcca_mapping *m, size_t end);

/* Bytes that come one after the other, unpacked or from a pipe, and shall be a mapping: the first few MiB
 * are held in memory, more go into a file without a name in TMPDIR, /var/tmp or /tmp (where there is no
 * such place, all stay in memory). Zero-initialise before use. */
struct vcca_spool {
  struct vcca_bytes room; /* of bytes that are not in the file, used of them */
  size_t used, written;
  bool has_file;
  int file;
};
/* Where the next bytes go: *n of them at *p, at least one; none when there are max already. */
VCCA_MUST_USE bool vcca_spool_room(struct vcca_spool *s, size_t max, uint8_t **p, size_t *n, struct vcca_error *err);
/* n bytes were put there. */
void vcca_spool_add(struct vcca_spool *s, size_t n);
/* Makes the mapping of all bytes and frees the spool, also after a failure. */
VCCA_MUST_USE bool vcca_spool_end(struct vcca_spool *s, struct vcca_mapping *out, struct vcca_error *err);
/* Gives the bytes up. */
void vcca_spool_free(struct vcca_spool *s);

#endif
