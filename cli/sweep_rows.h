/* The rows of vcca measure sweep, as text: written, and read back from an earlier run. A row is read by
 * writing it again and comparing, so that what is resumed is byte for byte what would have been written.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SWEEP_ROWS_H
#define CLI_SWEEP_ROWS_H

#include "cli/cli.h"
#include "rooms/sweep.h"
#include "rooms/files.h"

struct rows {
  const struct vcca_sweep *sweep;
  bool csv;
};
void rows_write_head(const struct rows *rows, FILE *out);
/* What a row gives, in hexadecimal; rem0 is empty where none is predicted. */
struct row_values {
  char rim[2 * VCCA_HASH_MAX + 1], rem0[2 * VCCA_HASH_MAX + 1];
};
/* Either values or error is set. A row names what it was made of (vcca_sweep_inputs). */
void rows_write(const struct rows *rows, FILE *out, size_t id, const struct row_values *values, const char *error);

/* What is there already, by id. */
struct resumed {
  char **values; /* the RIM, and behind a blank REM0 if there is one */
  size_t count;
  size_t changed; /* rows that were made of something else, which is no more */
};
VCCA_MUST_USE bool resumed_new(struct resumed *resumed, size_t configurations, struct vcca_error *err);
/* Reads an output. Rows with an error do not count, nor rows made of other inputs, nor a last line without
 * an end; a row of another plan or format is an error. */
VCCA_MUST_USE bool resumed_read(struct resumed *resumed, const struct rows *rows, struct vcca_files *files,
                                const char *path, struct vcca_error *err);
/* False: there is no such row. */
bool resumed_take(const struct resumed *resumed, size_t id, struct row_values *out);
void resumed_free(struct resumed *resumed);

#endif
