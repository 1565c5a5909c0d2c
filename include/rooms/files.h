/* The files of one command. What it reads and what it writes is declared first, each under the name of the
 * option that says it; then a file that is written is none that is read, nor one that another option
 * writes: nothing is lost by a slip of the pen. Files are told apart by what they are, not by how they are
 * spelled: links, hard links and files that are not there yet are known.
 *
 * Standard input and pipes have one reader, standard output has one writer. Terminals, sockets and devices
 * such as /dev/null stand for as many files as one likes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_FILES_H
#define ROOMS_FILES_H

#include "rooms/file.h"

struct vcca_files_entry;
/* Zero-initialise before use; free with vcca_files_free. */
struct vcca_files {
  struct vcca_files_entry *entries;
  size_t count, room;
  bool refused; /* there was a clash: nothing is to be written any more */
};
void vcca_files_free(struct vcca_files *files);

/* Declares a file that is read, or written, and why ("--kernel"); "-" is standard input or output. A clash
 * is a usage error that names both. The folder of what is written has to be there. A secret one is for its
 * owner's eyes alone when it is new. */
VCCA_MUST_USE bool vcca_files_input(struct vcca_files *files, const char *what, const char *path,
                                    struct vcca_error *err);
VCCA_MUST_USE bool vcca_files_output(struct vcca_files *files, const char *what, const char *path, bool secret,
                                     struct vcca_error *err);
/* Whether a file might be declared as written: for the many files of one folder, whose names differ. */
VCCA_MUST_USE bool vcca_files_compare(struct vcca_files *files, const char *what, const char *path,
                                      struct vcca_error *err);
/* Declares that the command prints: standard output, when that is a file, is none that is read or written
 * otherwise. */
VCCA_MUST_USE bool vcca_files_printed(struct vcca_files *files, struct vcca_error *err);

/* As vcca_file_read, vcca_file_map, vcca_output_open and vcca_file_write. What was not declared is now: an
 * input that only a file names is refused when an option writes it. files may be NULL: then nothing is
 * compared. */
VCCA_MUST_USE bool vcca_files_read(struct vcca_files *files, const char *path, size_t max, struct vcca_bytes *out,
                                   struct vcca_error *err);
VCCA_MUST_USE bool vcca_files_map(struct vcca_files *files, const char *path, size_t max, struct vcca_mapping *out,
                                  struct vcca_error *err);
VCCA_MUST_USE bool vcca_files_open(struct vcca_files *files, const char *path, struct vcca_output *out,
                                   struct vcca_error *err);
VCCA_MUST_USE bool vcca_files_write(struct vcca_files *files, const char *path, vcca_span bytes,
                                    struct vcca_error *err);

#endif
