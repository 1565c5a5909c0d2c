/* The suite against a folder, file by file; shared by golden make, check and bless.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_GOLDEN_SUITE_H
#define CLI_GOLDEN_SUITE_H

#include "cli/cli.h"
#include "vcca/golden.h"

enum { SUITE_FILE_MAX = 16 << 20, SUITE_PATH = 4096 };

/* DIR/PATH in room. */
VCCA_MUST_USE bool suite_join(const char *dir, const char *path, char *room, struct vcca_error *err);
/* Whether the file is there and holds exactly these bytes. */
bool suite_same(const char *path, vcca_span bytes);
/* Writes the file, and the folders it is in. */
VCCA_MUST_USE bool suite_write(const char *path, vcca_span bytes, struct vcca_error *err);

/* The families that --family names, or all. */
VCCA_MUST_USE bool suite_families(const struct args *a, bool families[VCCA_FAMILIES], struct vcca_error *err);

/* Whether a folder has the index of one of these families at least; when not, err says in one line what it
 * is not, and what may have been meant. */
VCCA_MUST_USE bool suite_is_one(const char *dir, const bool *families, struct vcca_error *err);

/* Counts the files of a folder that the suite does not have, and names each on stderr; those of other
 * families are not looked at. */
struct suite_seen;
struct suite_seen *suite_seen_new(struct vcca_error *err);
bool suite_seen_add(struct suite_seen *seen, const char *path, struct vcca_error *err);
unsigned suite_strangers(const struct suite_seen *seen, const char *dir, const bool *families);
void suite_seen_free(struct suite_seen *seen);

#endif
