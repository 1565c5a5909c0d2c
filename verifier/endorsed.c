/* Endorsements from all files, and the key of the token's instance among them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "verifier/endorsed.h"

#include <stdio.h>

#include "verifier/finding.h"
#include "rooms/error.h"
#include "rooms/crypto.h"

/* The key of the token's instance: all anchors that it has must have the same. NULL with
 * VCCA_FAULT_UNSUPPORTED when there is none, which is nobody's fault. */
static vcca_key *key_of(const struct endorsed *e, const struct vcca_platform_claims *platform, struct vcca_error *err)
{
  const char *where = "";
  vcca_key *found = NULL;
  for (const struct anchor_value *a = e->anchors; a != NULL; a = a->next) {
    if (!vcca_span_eq(a->implementation_id, platform->implementation_id) ||
        !vcca_span_eq(a->instance_id, platform->instance_id))
      continue;
    vcca_key *key = vcca_key_from_pem(a->pem, err);
    bool agrees = key != NULL && (found == NULL || vcca_key_same(found, key));
    if (key != NULL && !agrees)
      vcca_fail(err, VCCA_FAULT_MALFORMED, "%s and %s are both anchors of the token's instance, and differ: keep one",
                where, a->where);
    vcca_key_free(found);
    if (!agrees) {
      vcca_key_free(key);
      return NULL;
    }
    found = key;
    where = a->where;
  }
  if (found == NULL)
    vcca_fail(err, VCCA_FAULT_UNSUPPORTED, "no key of the token's instance");
  return found;
}

/* Every file, so that an unsound one is never half trusted. */
static bool read_all(const struct vcca_evidence *evidence, struct endorsed *out, struct vcca_finding *f)
{
  struct vcca_error err = {0};
  if (evidence->reference_store.p != NULL && !rv_store_read(evidence->reference_store, out, &err)) {
    finding_unreadable(f, "reference store", &err);
    return false;
  }
  for (size_t i = 0; i < evidence->corim_count; i++) {
    char what[32];
    snprintf(what, sizeof what, "CoRIM %zu", i);
    if (!corim_read(evidence->corims[i], evidence->at, i, out, &err)) {
      finding_unreadable(f, what, &err);
      return false;
    }
  }
  return true;
}

void read_endorsements(const struct vcca_evidence *evidence, const struct vcca_token *token, struct endorsed *out,
                       vcca_key **key, struct vcca_finding *f)
{
  struct vcca_error err = {.fault = VCCA_FAULT_UNSUPPORTED};
  if (evidence->reference_store.p == NULL && evidence->corim_count == 0) {
    finding_not_run(f, "no reference store or CoRIM given");
    return;
  }
  if (evidence->corim_count > VCCA_VERIFY_CORIMS) {
    finding_fail(f, "more than %d CoRIMs", VCCA_VERIFY_CORIMS);
    return;
  }
  if (read_all(evidence, out, f)) {
    if (token->has_platform)
      *key = key_of(out, &token->platform, &err);
    if (*key == NULL && err.fault != VCCA_FAULT_UNSUPPORTED)
      finding_unreadable(f, "endorsements", &err);
    else
      finding_pass(f, "%s", *key != NULL ? "with a key of the token's instance" : "");
  }
  if (f->outcome == VCCA_FAIL)
    endorsed_free(out);
}
