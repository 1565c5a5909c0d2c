/* A family's index: Wycheproof-style JSON, written test by test (golden/schema.json).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_INDEX_H
#define GOLDEN_INDEX_H

#include "golden/suite_files.h"

struct index;
struct index *index_new(struct vcca_error *err);
void index_free(struct index *index);
void index_begin(struct index *index, vcca_golden *golden);
void index_group(struct index *index, vcca_golden *golden, enum vcca_golden_layer layer);
void index_test(struct index *index, vcca_golden *golden, const struct vcca_golden_case *c,
                const struct case_files *files);
void index_group_end(struct index *index);
/* The whole text; {NULL, 0} when it did not fit. */
vcca_span index_end(struct index *index);

#endif
