/* What a token may be that the decoder does not decide on: its family, and forms that show when its keys
 * are used.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FAMILY_CHECK_H
#define VERIFIER_FAMILY_CHECK_H

#include "vcca/verifier.h"

/* Whether a form may be taken; if so it is added to the remarks. */
bool evidence_may_take(const struct vcca_evidence *evidence, enum vcca_leniency leniency, vcca_leniency_set *remarks);

/* Signatures decide whether a token is believed. Its family does only where the relying party says so. */
void check_family(const struct vcca_evidence *e, const struct vcca_token *token, vcca_leniency_set *remarks,
                  struct vcca_finding *f);

#endif
