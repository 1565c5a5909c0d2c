/* Beside vcca/verifier.h: declarations for the rooms and the tool. They are not installed, and not visible
 * outside the libraries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ROOMS_VERIFIER_H
#define ROOMS_VERIFIER_H

#include "vcca/verifier.h"

/* One line about a check. */
const char *vcca_check_meaning(enum vcca_check check);
/* By its name. */
VCCA_MUST_USE bool vcca_check_named(vcca_span name, enum vcca_check *check);
/* Marks those that a list names ("freshness,rim"), but for "policy", which holds the marks.
 * VCCA_FAULT_USAGE when a name is none. */
VCCA_MUST_USE bool vcca_checks_named(vcca_span names, bool marked[VCCA_CHECKS], struct vcca_error *err);

/* What a reader of the evidence's token may take: what was asked for, what specifications permit, but not
 * what the relying party or its policy refuses. */
vcca_leniency_set vcca_evidence_leniencies(const struct vcca_evidence *evidence);

/* What people are told of a gap. */
const char *vcca_gap_fix(enum vcca_gap gap);  /* the options of vcca token verify that close it */
const char *vcca_gap_note(enum vcca_gap gap); /* what an acceptance then does not prove */

/* Finds a tier by its name. */
bool vcca_tier_named(vcca_span name, enum vcca_tier *tier);
/* The tier of a claim's value. */
enum vcca_tier vcca_tier_of(int value);

/* One row of the table that derives vectors from verdicts (verifier/appraisal.def); the first that holds
 * gives a claim its value. */
struct vcca_appraisal_rule {
  const char *submod;
  const char *claim; /* "all": whatever no row before gave a value */
  int value;
  const char *when;
};
size_t vcca_appraisal_rule_count(void);
/* The i-th rule; false beyond the last. */
bool vcca_appraisal_rule_at(size_t i, struct vcca_appraisal_rule *out);

/* Whether version a is at least b, both numbers separated by dots; false too when either is not. */
bool vcca_version_at_least(vcca_span a, vcca_span b);

/* The file name it is written under: "corim-platform.cbor". */
const char *vcca_endorsement_name(enum vcca_endorsement kind);

/* What the token says of its realm; points into the token. */
void vcca_realm_values_of(const struct vcca_token *token, struct vcca_realm_values *out);

#endif
