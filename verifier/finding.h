/* How a check says what it found. A reason is one line of printable ASCII, whatever bytes of the evidence
 * went into it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FINDING_H
#define VERIFIER_FINDING_H

#include "vcca/verifier.h"
#include "rooms/error.h"
#include "rooms/text.h"

/* An empty format gives no reason. */
void finding_pass(struct vcca_finding *f, const char *fmt, ...) VCCA_PRINTF(2, 3);
void finding_not_run(struct vcca_finding *f, const char *fmt, ...) VCCA_PRINTF(2, 3);
void finding_fail(struct vcca_finding *f, const char *fmt, ...) VCCA_PRINTF(2, 3);
/* It failed because the input called `what` could not be read. */
void finding_unreadable(struct vcca_finding *f, const char *what, const struct vcca_error *err);
/* Passes when the claim is the expected value, byte for byte. */
void finding_compare(struct vcca_finding *f, vcca_span claim, vcca_span expected);

/* The first bytes of a value in hex, for reasons: at most 32 bytes, the rest as "..". */
struct shown {
  char text[2 * 32 + 3];
};
struct shown shown_hex(vcca_span bytes);

#endif
