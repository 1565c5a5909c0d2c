/* Differences in words: what the parameters, registers, header fields and device tree properties of two
 * sides are. Text and JSON print the same facts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPLAIN_FACTS_H
#define EXPLAIN_FACTS_H

#include "vcca/explain.h"

enum { FACTS = 48, FACT_NAME = 160, FACT_VALUE = 128 };

/* One thing that is not the same on both sides. "" where a side does not have it. */
struct fact {
  char name[FACT_NAME], a[FACT_VALUE], b[FACT_VALUE];
};

struct facts {
  struct fact at[FACTS];
  size_t count, more; /* more: found, but there was no room */
  const char *remark; /* NULL: none */
};

/* Adds a fact; the name may be set later. Never NULL: without room it is one that is not told. */
struct fact *facts_add(struct facts *facts);

/* What a run is about, as far as that can be told: parameters, a vCPU's registers, fields of image headers. */
void facts_of_run(const struct vcca_rim_diff *d, const struct vcca_diff_run *run, struct facts *out);
/* Header fields of an image that lie between two offsets and differ. */
void facts_of_fields(enum vcca_role part, vcca_span a, vcca_span b, size_t from, size_t to, struct facts *out);
/* Nodes and properties that differ between two device trees, broken ones as far as they can be read. */
VCCA_MUST_USE bool facts_of_trees(vcca_span a, vcca_span b, struct facts *out);

/* What text and JSON both need to know of a difference. */

const struct vcca_trace_part *part_at(const struct vcca_rim_trace *t, uint64_t ipa);
const struct vcca_trace_part *part_of_role(const struct vcca_rim_trace *t, enum vcca_role role);
/* The name of the call that made a run's step. */
const char *command_of(const struct vcca_rim_trace *t, const struct vcca_trace_step *step);
/* Which of the measured vCPUs the REC at a step is. */
size_t rec_number(const struct vcca_rim_trace *t, size_t step);

/* Bytes of the granule where a run begins. */
struct granule {
  const struct vcca_trace_part *a, *b; /* NULL: not known */
  uint64_t a_at, b_at;                 /* offsets in the parts: of the first differing byte when both are known */
  size_t differing;                    /* bytes */
};
void granule_of(const struct vcca_rim_diff *d, const struct vcca_diff_run *run, struct granule *out);
/* A byte of a part; zeros follow its content. */
uint8_t part_byte(const struct vcca_trace_part *part, uint64_t offset);

extern const char *const difference_names[]; /* by enum vcca_difference: "only in A" */
extern const char *const difference_words[]; /* a half sentence */

/* When all that one side lacks is the end of the other: the side that ends before, else 0. */
char ends_before(const struct vcca_rim_diff *d);
/* Granules that one side has more than the other in the first difference, while what lies behind is the
 * same but shifted; else 0. Positive: B has more. */
int64_t inserted_granules(const struct vcca_rim_diff *d);

#endif
