/* A relying party: takes evidence and what is expected of it, gives a verdict of named checks and, from
 * that, an attestation result. Links without the machine and holds no private key, but for the one that
 * may sign its results.
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
#define CHECK(id, name, part, meaning) VCCA_CHECK_##id,
#include "vcca/checks.def"
#undef CHECK
  VCCA_CHECKS
};
/* The name: "freshness". */
VCCA_API const char *vcca_check_name(enum vcca_check check);

enum vcca_outcome { VCCA_NOT_RUN, VCCA_PASS, VCCA_FAIL };
/* "not-run", "pass", "fail". */
VCCA_API const char *vcca_outcome_name(enum vcca_outcome outcome);

enum { VCCA_VERIFY_CERTS = 8, VCCA_VERIFY_CORIMS = 16 };

struct vcca_policy;

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

  /* Endorsements: a reference value store (JSON, {"platform": [...], "realm": [...]}), and CoRIMs
   * (unsigned, CBOR) under the CCA platform and realm profiles, whose attestation keys are anchors of
   * trust besides. */
  vcca_span reference_store;
  vcca_span corims[VCCA_VERIFY_CORIMS];
  size_t corim_count;

  const struct vcca_policy *policy; /* see below */
  bool required[VCCA_CHECKS];       /* must pass, whatever the policy says: not-run is not enough */
  bool strict;                      /* no gap may be open, and no event of the log unexplained; see vcca_gap_open */
  vcca_leniency_set
      leniencies; /* what may be taken besides what specifications permit; what was is in the verdict's remarks */
  vcca_leniency_set refused; /* of what they permit, what is refused all the same; outranks leniencies */
  vcca_family_set families;  /* the token must be of one of these; none: of any or of no family */
  bool
      any_lifecycle; /* otherwise only secured (0x30xx) passes; virtCCA's own 0x2000 needs this. A policy's rule is stricter and wins */
};

struct vcca_finding {
  enum vcca_outcome outcome;
  bool unreadable; /* it failed because its input could not be read, not because it disagrees */
  bool has_offset;
  size_t offset;    /* in the token, where that helps */
  char reason[240]; /* one line */
};

/* How the token compares with endorsed reference values, from worst to best. */
enum vcca_endorsed {
  VCCA_ENDORSED_NOT,       /* there are no such reference values */
  VCCA_ENDORSED_UNKNOWN,   /* none for this implementation id, none with this RIM */
  VCCA_ENDORSED_DIFFERENT, /* what identifies it is known, something else differs: the realm's RAK hash algorithm */
  VCCA_ENDORSED_OTHER_RPV, /* the realm's personalization value differs */
  VCCA_ENDORSED_OTHER_REM, /* one of the realm's REMs differs */
  VCCA_ENDORSED_BOOT,      /* all that the reference says agrees, but it does not say all four REMs */
  VCCA_ENDORSED_WHOLLY,
};

/* An event of the log that no reference value explains and whose place is not that of something that was
 * booted: a driver of a device, a module of GRUB, ACPI tables. Points into the evidence. */
enum { VCCA_UNEXPLAINED = 256 };
struct vcca_unexplained {
  size_t offset;
  uint32_t reg, type;
  vcca_span digest;
  vcca_span name; /* as the log has it, which is not measured */
};

struct vcca_verdict {
  bool accepted;  /* no check failed, and the ones that carry trust ran */
  bool malformed; /* every check that failed did so for unreadable input: "could not tell" rather than "no" */
  bool anchored;  /* there was a key to hold the signatures against */
  bool undated;   /* certificates or CoRIMs were given, and no time to hold their dates against */
  vcca_leniency_set
      remarks; /* what was taken that is not of the plainest form: the token's leniencies, and those of its keys and family */
  enum vcca_endorsed platform_endorsed, realm_endorsed;
  struct vcca_finding findings[VCCA_CHECKS];
  struct vcca_unexplained
      unexplained[VCCA_UNEXPLAINED]; /* once image-reference passed; without what the policy tolerates */
  size_t unexplained_count;
  struct vcca_token token; /* decoded, valid when the structure check passed; points into the evidence */
};

/* Appraises the evidence: runs all checks in order and fills *out, each check pass, fail or not-run with a
 * reason. It cannot fail itself. *out points into the evidence: keep the evidence as long. */
VCCA_API void vcca_verify_evidence(const struct vcca_evidence *evidence, struct vcca_verdict *out);

/* What a verdict may lack because nothing was given: a challenge; a RIM or a reference of the realm;
 * references of the platform, if the token has one; a time, if certificates or CoRIMs were given. */
enum vcca_gap { VCCA_GAP_FRESHNESS, VCCA_GAP_REALM, VCCA_GAP_PLATFORM, VCCA_GAP_DATES, VCCA_GAPS };
/* The name: "freshness", "realm", "platform", "dates". */
VCCA_API const char *vcca_gap_name(enum vcca_gap gap);
/* Whether the verdict has this gap. One about a token that could not be decoded has none. */
VCCA_API bool vcca_gap_open(const struct vcca_verdict *verdict, enum vcca_gap gap);

/* The exit code for a verdict: 0 accepted, 1 rejected, 3 malformed. */
VCCA_API enum vcca_exit vcca_verdict_exit(const struct vcca_verdict *verdict);
/* The first check that failed; VCCA_CHECKS: none. */
VCCA_API enum vcca_check vcca_verdict_failed(const struct vcca_verdict *verdict);
/* Append the verdict as a table for people, and as a JSON document (docs/verifier.md). */
VCCA_API void vcca_verdict_text(const struct vcca_verdict *verdict, vcca_sink *out);
VCCA_API void vcca_verdict_json(const struct vcca_verdict *verdict, struct vcca_json *j);

/* --- Attestation result ----------------------------------------------------------------------------------- */

/* The parts that are appraised separately, and the claims of an AR4SI trustworthiness vector
 * (draft-ietf-rats-ar4si). */
enum vcca_submod { VCCA_SUBMOD_PLATFORM, VCCA_SUBMOD_REALM, VCCA_SUBMODS };
enum vcca_trust_claim {
  VCCA_INSTANCE_IDENTITY,
  VCCA_CONFIGURATION,
  VCCA_EXECUTABLES,
  VCCA_FILE_SYSTEM,
  VCCA_HARDWARE,
  VCCA_RUNTIME_OPAQUE,
  VCCA_STORAGE_OPAQUE,
  VCCA_SOURCED_DATA,
  VCCA_TRUST_CLAIMS
};
/* The names in an attestation result: "CCA_SSD_PLATFORM", "CCA_REALM"; "instance-identity" and so on. */
VCCA_API const char *vcca_submod_name(enum vcca_submod submod);
VCCA_API const char *vcca_trust_claim_name(enum vcca_trust_claim claim);

/* AR4SI's tiers, each by the value that stands for it. */
enum vcca_tier { VCCA_TIER_NONE = 0, VCCA_TIER_AFFIRMING = 2, VCCA_TIER_WARNING = 32, VCCA_TIER_CONTRAINDICATED = 96 };
/* "none", "affirming", "warning", "contraindicated". */
VCCA_API const char *vcca_tier_name(enum vcca_tier tier);

/* What a verdict means for each part: a trustworthiness vector, and the tier of the worst of it. A part
 * that a failed check concerns is contraindicated whatever its vector; one whose checks failed only for
 * unreadable input is of no tier. */
struct vcca_submod_result {
  bool present; /* a token without a platform part has no platform result */
  int vector[VCCA_TRUST_CLAIMS];
  enum vcca_tier status;
};
struct vcca_appraisal {
  struct vcca_submod_result submods[VCCA_SUBMODS];
};
/* Derives both from a verdict, by the table verifier/appraisal.def. */
VCCA_API void vcca_appraise(const struct vcca_verdict *verdict, struct vcca_appraisal *out);

/* Names of claims in an EAT Attestation Result: as deployed (tag:github.com,2023:veraison/ear,
 * "ear.status"), or as in the current draft-ietf-rats-ear (tag:ietf.org,2026:rats/ear#03, "ear_status"). */
enum vcca_ear_profile { VCCA_EAR_VERAISON, VCCA_EAR_IETF };
struct vcca_ear {
  enum vcca_ear_profile profile;
  bool has_time;
  int64_t
      time; /* "iat", seconds since 1970; left out when not given, though the profiles want it: there is no clock here */
  vcca_span nonce;    /* the challenge, echoed when it has 8 bytes or more */
  const char *policy; /* id of the appraisal policy; NULL: none */
};
/* Writes the claims set as one JSON object. */
VCCA_API void vcca_ear_json(const struct vcca_appraisal *appraisal, const struct vcca_ear *ear, struct vcca_json *j);
/* Appends the same claims set as a JWT in compact form (RFC 7519), signed by key: an EC key pair, with
 * ES256, ES384 or ES512 by its curve. */
VCCA_API VCCA_MUST_USE bool vcca_ear_jwt(const struct vcca_appraisal *appraisal, const struct vcca_ear *ear,
                                         const vcca_key *key, vcca_sink *out, struct vcca_error *err);

/* --- Policy ---------------------------------------------------------------------------------------------- */

enum {
  VCCA_POLICY_ROWS = 32,
  VCCA_POLICY_VERSIONS = 16,
  VCCA_POLICY_TEXT = 64,
  VCCA_POLICY_DIGESTS = VCCA_UNEXPLAINED
};

/* What versions a type of component may have: one of a list, or from one on, or both. */
struct vcca_policy_component {
  char type[VCCA_POLICY_TEXT];
  char versions[VCCA_POLICY_VERSIONS][VCCA_POLICY_TEXT];
  size_t version_count;
  char at_least[VCCA_POLICY_TEXT]; /* "": no least version; numbers separated by dots */
};

/* A relying party's own rules on top of the checks. vcca_policy_read makes one from YAML; all zero asks
 * for nothing. */
struct vcca_policy {
  char name[VCCA_POLICY_TEXT]; /* goes into the attestation result */
  bool required[VCCA_CHECKS];  /* must pass: not-run is not enough */
  struct {
    uint64_t first, last;
  } lifecycles[VCCA_POLICY_ROWS]; /* what the lifecycle check accepts, instead of secured */
  size_t lifecycle_count;
  struct vcca_policy_component components[VCCA_POLICY_ROWS]; /* each type must be there */
  size_t component_count;
  bool refuses_unexplained; /* of the event log, but for the digests tolerated */
  struct {
    uint8_t bytes[VCCA_HASH_MAX];
    size_t size;
  } tolerated[VCCA_POLICY_DIGESTS];
  size_t tolerated_count;
  vcca_family_set families;  /* of one of which the token must be; none: not asked */
  vcca_leniency_set refused; /* of what specifications permit: those it must not need */
  bool limits_hash_algs;
  bool hash_algs[VCCA_HASH_ALGS]; /* that the token may name anywhere */
  /* The worst value a claim may have: at least 2 and at most this; 0 asks nothing. */
  int worst[VCCA_SUBMODS][VCCA_TRUST_CLAIMS];
  int worst_status[VCCA_SUBMODS];
};

/* Reads a policy (YAML; docs/appraisal.md). Refuses unknown keys and names; the error has line and column,
 * and suggests the nearest name. *out owns nothing. */
VCCA_API VCCA_MUST_USE bool vcca_policy_read(vcca_span yaml, struct vcca_policy *out, struct vcca_error *err);

/* --- Keys from files ------------------------------------------------------------------------------------- */

/* Reads a trust anchor: an EC public key as JWK (RFC 7517) or a public key as PEM. The caller frees it
 * with vcca_key_free. NULL on failure. */
VCCA_API vcca_key *vcca_anchor_read(vcca_span jwk_or_pem, struct vcca_error *err);
/* Finds the key of a platform in a trust anchor store, a JSON array of {pkey, implementation-id,
 * instance-id}, by the claims' implementation and instance ids. The caller frees it. NULL when the store
 * is malformed anywhere; NULL with VCCA_FAULT_UNSUPPORTED when it has no such instance. */
VCCA_API vcca_key *vcca_anchor_find(vcca_span store, const struct vcca_platform_claims *platform,
                                    struct vcca_error *err);
/* Reads a key that signs results: an EC key pair as JWK with "d", or as unencrypted PEM. The caller frees
 * it. NULL on failure. */
VCCA_API vcca_key *vcca_signer_read(vcca_span jwk_or_pem, struct vcca_error *err);

/* --- Endorsing ------------------------------------------------------------------------------------------- */

/* Endorsements of what is known to be good: everything a verifier needs to accept it and no other. */
enum vcca_endorsement {
  VCCA_ENDORSE_CORIM_PLATFORM,  /* CoRIM of platform reference values */
  VCCA_ENDORSE_CORIM_ANCHOR,    /* CoRIM of the CPAK */
  VCCA_ENDORSE_CORIM_REALM,     /* CoRIM of realm reference values */
  VCCA_ENDORSE_ANCHOR_STORE,    /* JSON array of {pkey, implementation-id, instance-id} */
  VCCA_ENDORSE_REFERENCE_STORE, /* JSON {platform, realm} */
  VCCA_ENDORSE_COMPONENTS,      /* software_components.json of the SDK */
  VCCA_ENDORSE_IMAGES,          /* image_reference_measurement.json of the SDK, by the event log */
  VCCA_ENDORSE_REFS,            /* JSON {refs}, which registers a virtCCA RIM with openEuler's attestation service */
  VCCA_ENDORSEMENTS
};

/* What is known to be good about a realm, by its token or by a measurement; what is not known has p ==
 * NULL. */
struct vcca_realm_values {
  bool virtcca;                   /* a CVM of virtCCA, not a realm of Arm's */
  vcca_span rim;                  /* the digest alone: 32, 48 or 64 bytes */
  vcca_span rem[VCCA_TOKEN_REMS]; /* likewise */
  vcca_span rpv;                  /* 64 bytes */
  vcca_span rak_hash_alg;         /* "sha-256": of the binding (claim 44240), not of RIM and REMs */
};

/* What is known to be good. Only what says nothing but the realm can be written without a token. */
struct vcca_good {
  const struct vcca_token *token;        /* NULL: none */
  const struct vcca_realm_values *realm; /* NULL: the token's */
  const vcca_key *cpak;                  /* NULL: none; for endorsements of the key */
  vcca_span eventlog;                    /* {NULL, 0}: none; for boot images */
};
/* Appends one endorsement. False with VCCA_FAULT_UNSUPPORTED when this form cannot express what is known,
 * or needs what is not known. */
VCCA_API VCCA_MUST_USE bool vcca_endorse(enum vcca_endorsement kind, const struct vcca_good *good, vcca_sink *out,
                                         struct vcca_error *err);

#ifdef __cplusplus
}
#endif
#endif
