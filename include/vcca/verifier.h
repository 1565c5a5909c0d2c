/* A relying party: takes evidence and what is expected of it, gives a verdict of named checks. Links without the
 * machine and holds no private key.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_VERIFIER_H
#define VCCA_VERIFIER_H

#include "vcca/eventlog.h"
#include "vcca/json.h"
#include "vcca/token.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The checks, in the order they run: one row each in verifier/checks.def. */
enum vcca_check {
#define CHECK(id, name, meaning) VCCA_CHECK_##id,
#include "vcca/checks.def"
#undef CHECK
  VCCA_CHECKS
};
const char *vcca_check_name(enum vcca_check check);
const char *vcca_check_meaning(enum vcca_check check);

enum vcca_outcome { VCCA_NOT_RUN, VCCA_PASS, VCCA_FAIL };
const char *vcca_outcome_name(enum vcca_outcome outcome); /* "not-run", "pass", "fail" */

enum { VCCA_VERIFY_CERTS = 8 };

/* What to verify and against what; anything left zero is not asked for, and its check says so. */
struct vcca_evidence {
  vcca_span token;

  /* Trust: either the CPAK itself ... */
  const vcca_key *cpak;
  /* ... or the device certificate with a chain (DER or PEM each). */
  vcca_span device_cert;
  vcca_span intermediates[VCCA_VERIFY_CERTS];
  size_t intermediate_count;
  vcca_span roots[VCCA_VERIFY_CERTS];
  size_t root_count;
  const char *at; /* "YYYYMMDDHHMMSSZ": also check certificate dates */

  vcca_span challenge; /* up to 64 bytes, zero-padded */
  vcca_span rim;
  vcca_span rem[VCCA_TOKEN_REMS];
  vcca_span rpv;
  vcca_span eventlog;           /* CCEL area: REM n is register n+1 */
  vcca_span image_reference;    /* JSON, image_reference_measurement.json of the SDK */
  vcca_span platform_reference; /* JSON, software_components.json of the SDK */
  bool any_lifecycle;           /* otherwise only secured (0x30xx) passes; virtCCA's own 0x2000 needs this */
};

struct vcca_finding {
  enum vcca_outcome outcome;
  bool unreadable; /* it failed because its input could not be read, not because it disagrees */
  bool has_offset;
  size_t offset;    /* in the token, where that helps */
  char reason[240]; /* one line */
};

struct vcca_verdict {
  bool accepted;  /* no check failed, and the ones that carry trust ran */
  bool malformed; /* every check that failed did so for unreadable input: "could not tell" rather than "no" */
  struct vcca_finding findings[VCCA_CHECKS];
  struct vcca_token token; /* decoded, valid when the structure check passed; points into the evidence */
};

/* Never fails: every check is pass, fail, or not-run with a reason. */
void vcca_verify_evidence(const struct vcca_evidence *evidence, struct vcca_verdict *out);

/* 0 accepted, 1 rejected, 3 malformed. */
enum vcca_exit vcca_verdict_exit(const struct vcca_verdict *verdict);
/* The first failed check; VCCA_CHECKS when none. */
enum vcca_check vcca_verdict_failed(const struct vcca_verdict *verdict);
/* A table for people, and the whole document as JSON. */
void vcca_verdict_text(const struct vcca_verdict *verdict, vcca_sink *out);
void vcca_verdict_json(const struct vcca_verdict *verdict, struct vcca_json *j);

/* Trust anchors from files. A JWK (RFC 7517, EC) or PEM public key; NULL on failure. */
vcca_key *vcca_anchor_read(vcca_span jwk_or_pem, struct vcca_error *err);
/* From a trust anchor store (a JSON array of {pkey, implementation-id, instance-id}) the key of the token's instance; the whole
 * store must be sound. NULL with VCCA_FAULT_UNSUPPORTED when it is and has no such instance, which is not the store's fault. */
vcca_key *vcca_anchor_find(vcca_span store, vcca_span instance_id, struct vcca_error *err);

#ifdef __cplusplus
}
#endif
#endif
