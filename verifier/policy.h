/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_POLICY_H
#define VERIFIER_POLICY_H

#include "vcca/verifier.h"

/* Whether the policy's list has the state; without a list (or a policy) only secured is good. */
bool policy_allows_lifecycle(const struct vcca_policy *policy, uint64_t lifecycle);
/* Whether there is a rule for it that "any is accepted" does not override: a policy's list of states, or a
 * demand that the check passes. */
bool policy_rules_lifecycle(const struct vcca_evidence *evidence);
/* The last check, over what all the others found: the policy, and what the evidence itself asks for
 * (required, strict). The strictest wins. */
void check_policy(const struct vcca_evidence *evidence, const struct vcca_verdict *verdict, struct vcca_finding *f);

#endif
