/* What an open golden holds: two devices, keys for wrong signatures, the base evidence and its parts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef GOLDEN_BUNDLE_H
#define GOLDEN_BUNDLE_H

#include "golden/arena.h"
#include "vcca/golden.h"
#include "rooms/crypto.h"

/* What a mutation may want of a family; all of it must be there. */
enum {
  WANT_ANY = 0,
  WANT_PLATFORM = 1 << 0, /* a platform token */
  WANT_CVM_ONLY = 1 << 1, /* none */
  WANT_EC = 1 << 2,       /* keys on a curve */
  WANT_RSA = 1 << 3,      /* RSA keys */
  WANT_RAW = 1 << 4,      /* RAK as a point */
  WANT_COSE_KEY = 1 << 5, /* RAK as a COSE_Key */
  WANT_SPKI = 1 << 6,     /* RAK as a SubjectPublicKeyInfo */
  WANT_ARM = 1 << 7,      /* claims bare in the payload */
  WANT_VIRTCCA = 1 << 8,  /* claims wrapped */
  WANT_PROFILE = 1 << 9,  /* a platform profile that is looked at */
  WANT_REALM_PROFILE = 1 << 10,
  WANT_VERSIONS = 1 << 11, /* components with versions, which reference values can be held against */
  WANT_CMW = 1 << 12,      /* members as CMW records */
  WANT_PLAIN = 1 << 13,    /* members as byte strings */
  WANT_P384 = 1 << 14,
  WANT_NO_REALM_PROFILE = 1 << 15,
};
unsigned family_has(enum vcca_family family);

enum { CERT_SERIAL = 16, LOG_EVENTS = 9, GOLDEN_CERTS = VCCA_CERT_DEVICE + 1 };

enum golden_key { KEY_CPAK, KEY_RAK, KEY_OTHER_CPAK, KEY_OTHER_RAK, KEY_P256, KEY_P384, KEY_P521, GOLDEN_KEYS };
bool golden_key_named(vcca_span name, enum golden_key *key);

struct vcca_golden {
  enum vcca_family family;
  struct arena arena;
  vcca_hsm *hsm, *other;
  vcca_key *curve[3];         /* P-256, P-384, P-521 */
  vcca_key *ca[2], *other_ca; /* root and sub; a root that nobody trusts */
  vcca_span token, other_token;
  struct vcca_evidence base; /* with everything */
};
const vcca_key *golden_key(const vcca_golden *g, enum golden_key key);

/* The measured boot that the token's REMs come from, as a log of these digests; rem (4 of 64 bytes, may be
 * NULL) is filled. */
vcca_span bundle_log(struct arena *arena, const enum vcca_hash_alg *algs, size_t n, uint8_t (*rem)[VCCA_HASH_MAX]);
/* The reference values of the log's images, the one of this name another; {NULL, 0}: none. */
vcca_span bundle_image_reference(struct arena *arena, vcca_span another);
vcca_span bundle_platform_reference(struct arena *arena, const vcca_hsm *hsm, enum vcca_family family);

/* What the token is appraised by: a store of reference values that it alone answers, and a policy (with its
 * YAML, and as "rules"). */
VCCA_MUST_USE bool bundle_reference_store(struct arena *arena, vcca_span token, vcca_span *out, struct vcca_error *err);
struct vcca_policy *bundle_policy(struct arena *arena, const vcca_hsm *hsm, enum vcca_family family);
void bundle_policy_yaml(const struct vcca_policy *p, vcca_sink *out);
void bundle_policy_json(const struct vcca_policy *p, struct vcca_json *j);

/* What a relying party gives that tests the mutation's layer, with the base's token; everything for NULL. */
void case_evidence(const vcca_golden *g, const struct vcca_mutation *m, struct vcca_evidence *e);

/* A certificate of the chain as the device's own is made (hsm/cert_chain.c), to be changed before it is
 * written. */
struct cert_plan {
  struct vcca_cert_spec spec;
  const vcca_key *subject, *issuer;
  uint8_t serial[VCCA_HASH_MAX];
  char device_cn[sizeof "vcca TEST device " + VCCA_HSM_TEXT];
};
VCCA_MUST_USE bool bundle_cert_plan(const vcca_golden *g, enum vcca_cert_role role, struct cert_plan *out,
                                    struct vcca_error *err);

#endif
