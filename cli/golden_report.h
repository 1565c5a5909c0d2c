/* The verdict matrix of golden run: as text, as JSON, as JUnit's XML; and the faults that are known already.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_GOLDEN_REPORT_H
#define CLI_GOLDEN_REPORT_H

#include "cli/cli.h"
#include "rooms/golden.h"

/* --- Known faults ------------------------------------------------------------------------------------------ */

/* Lines as the matrix prints them: JUDGEMENT FAMILY ID, and whatever follows. */
struct known;
/* NULL with err: the file cannot be read, or a line is none. */
struct known *known_read(const struct args *a, const char *path, struct vcca_error *err);
/* Whether this fault is listed; it is not stale then. */
bool known_has(struct known *known, const char *family, const char *id, enum vcca_drive_judgement judged);
/* Notes that the case was asked. */
void known_saw(struct known *known, const char *family, const char *id);
/* Lists on stderr what is no fault any more; how many. */
unsigned known_stale(const struct known *known, const char *path);
void known_free(struct known *known);

/* --- The matrix -------------------------------------------------------------------------------------------- */

enum matrix_style { MATRIX_TEXT, MATRIX_JSON, MATRIX_JUNIT };
enum { MATRIX_FLAGS = 128, MATRIX_LACKS = 64, MATRIX_LACK = 200 };
struct matrix {
  enum matrix_style style;
  bool all;         /* list every case */
  bool details;     /* with words, files, output and effect */
  bool early_fails; /* refused-early is a fault */
  const char *keep; /* where cases are kept; NULL: nowhere */
  struct known *known;
  bool blind[VCCA_FAMILIES]; /* an empty token is accepted, too */

  struct vcca_json j;
  unsigned cases, bad, known_faults, uncaught, count[VCCA_JUDGEMENTS], flag[MATRIX_FLAGS][VCCA_JUDGEMENTS];
  struct {
    char missing[MATRIX_LACK];
    unsigned n;
  } lack[MATRIX_LACKS]; /* what was missing, and for how many cases */
  unsigned lacks;
  struct {
    char *text;
    size_t size;
    FILE *out;
    unsigned tests, failures, errors, skipped;
  } suite[VCCA_FAMILIES]; /* JUnit: test cases, whose sums stand before them */
};
void matrix_begin(struct matrix *m);
/* A case that was answered, or not. */
void matrix_add(struct matrix *m, const struct vcca_drive_report *r);
/* The run stops here, for this reason: the case is described. */
void matrix_stop(struct matrix *m, const struct vcca_drive_report *r, const char *why);
void matrix_end(struct matrix *m);
/* 0 all is right, 1 there are faults that are not known, 3 nothing was answered. */
enum vcca_exit matrix_exit(const struct matrix *m);

#endif
