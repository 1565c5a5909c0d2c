/* Endorsements in memory, whatever file they came from: reference values of platforms and realms, and
 * anchors of trust. Everything in them was found sound when it was read; what is absent has p == NULL.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_ENDORSED_H
#define VERIFIER_ENDORSED_H

#include "vcca/verifier.h"

enum { DIGESTS_MAX = VCCA_HASH_ALGS, WHERE_MAX = 64 };

/* One component: one of the digests (by different algorithms) of one signer's, and its type and version
 * where they matter. */
struct component_value {
  struct component_value *next;
  vcca_span digests[DIGESTS_MAX];
  size_t digest_count;
  vcca_span signer_id;
  vcca_span type, version;
};

/* One release of a platform, complete. */
struct platform_value {
  struct platform_value *next;
  char where[WHERE_MAX]; /* "rv-store platform[0]" */
  vcca_span implementation_id;
  vcca_span config, config_mask; /* no mask: all bits count */
  struct component_value *components;
};

struct realm_value {
  struct realm_value *next;
  char where[WHERE_MAX];
  vcca_span rim, rpv, rem[VCCA_TOKEN_REMS];
  vcca_span rak_hash_alg; /* text */
};

struct anchor_value {
  struct anchor_value *next;
  char where[WHERE_MAX];
  vcca_span implementation_id, instance_id;
  vcca_span pem;
};

struct endorsed {
  struct platform_value *platforms;
  struct realm_value *realms;
  struct anchor_value *anchors;
  bool platforms_given, realms_given; /* there is a list of them, though it may be empty: then none is good */
  struct endorsed_block *memory;
};

/* Zero bytes that live as long as the endorsements; NULL with err when there are none. */
void *endorsed_take(struct endorsed *e, size_t n, struct vcca_error *err);
/* A copy of bytes that go away. */
VCCA_MUST_USE bool endorsed_copy(struct endorsed *e, vcca_span bytes, vcca_span *out, struct vcca_error *err);
void endorsed_free(struct endorsed *e);

/* Adds what a file says. Strict: a file that is unsound anywhere is refused with the place. CoRIM values
 * point into the bytes. */
VCCA_MUST_USE bool rv_store_read(vcca_span json, struct endorsed *out, struct vcca_error *err);
/* at: the time ("YYYYMMDDHHMMSSZ") it must be valid for; NULL: any. index: which CoRIM it is, to people. */
VCCA_MUST_USE bool corim_read(vcca_span cbor, const char *at, size_t index, struct endorsed *out,
                              struct vcca_error *err);
/* The profiles of a CoRIM. */
extern const char corim_platform_profile[], corim_realm_profile[];

/* Reads all that the evidence gives, and the key that it endorses for the token's instance (to be freed);
 * says in f what came of it. After a failure nothing is endorsed. */
void read_endorsements(const struct vcca_evidence *evidence, const struct vcca_token *token, struct endorsed *out,
                       vcca_key **key, struct vcca_finding *f);

/* The value that agrees best with the token, and what there is to say of it: of the components, and of the
 * configuration. */
struct platform_comparison {
  enum vcca_endorsed result;
  struct vcca_finding components, config;
};
void compare_platform(const struct endorsed *e, const struct vcca_platform_claims *platform,
                      struct platform_comparison *out);
enum vcca_endorsed compare_realm(const struct endorsed *e, const struct vcca_realm_claims *realm,
                                 struct vcca_finding *f);

/* Texts of real platform tokens may be padded with NULs (virtCCA SDK). */
vcca_span unpadded(vcca_span text);

#endif
