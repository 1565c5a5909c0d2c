/* CCA and virtCCA attestation tokens: families, claims, minting, strict decoding, printing.
 *
 * A token is a CBOR-tagged map of a platform token (signed by the CPAK) and a realm or CVM token (signed
 * by the RAK), each a COSE_Sign1. A family says how the two are encoded and bound. Sources: RMM
 * specification 1.0-rel0 A7; IETF draft-ffm-rats-cca-token; the virtCCA SDK and the bytes of a real
 * machine.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VCCA_TOKEN_H
#define VCCA_TOKEN_H

#include "vcca/leniency.h"
#include "vcca/crypto.h"
#include "vcca/json.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { VCCA_TOKEN_MAX = 8192, VCCA_COMPONENTS_MAX = 32, VCCA_CHALLENGE_SIZE = 64, VCCA_TOKEN_REMS = 4 };

/* --- Families: one row each in token/families.def ------------------------------------------------------- */

enum vcca_rak_encoding { VCCA_RAK_RAW_POINT, VCCA_RAK_COSE_KEY, VCCA_RAK_SPKI };

enum vcca_family {
  VCCA_FAMILY_VIRTCCA_RSA,
  VCCA_FAMILY_VIRTCCA_P521,
  VCCA_FAMILY_ARM_LEGACY,
  VCCA_FAMILY_ARM_MIXED,
  VCCA_FAMILY_ARM_1_0,
  VCCA_FAMILY_ARM_CMW,
  VCCA_FAMILY_ARM_RMM_2_0,
  VCCA_FAMILY_ARM_DRAFT_04,
  VCCA_FAMILIES
};

struct vcca_family_spec {
  const char *name;          /* "virtcca-rsa" */
  uint64_t container;        /* CBOR tag: 399, members are byte strings; 907, they are CMW records [263, byte string] */
  const char *realm_profile; /* claim 265 of the realm token; NULL: absent */
  const char *platform_profile; /* claim 265 of the platform token; NULL: there is no platform token */
  enum vcca_rak_encoding rak;   /* how claim 44237 carries the key */
  unsigned wraps;               /* 1: payload is the claims map; 2: a byte string holding it */
  enum vcca_key_type key;       /* of the RAK, and of the CPAK */
  const char *summary;
};
/* The row of a family. Never NULL. */
VCCA_API const struct vcca_family_spec *vcca_family(enum vcca_family family);
/* Finds a family by its name. False, with *family as it was: there is none. */
VCCA_API bool vcca_family_named(vcca_span name, enum vcca_family *family);
typedef uint32_t vcca_family_set; /* bit i: family i */
#define VCCA_FAMILY_BIT(family) ((vcca_family_set)1 << (family))

/* --- Claims: one row each in token/claims.def ----------------------------------------------------------- */

/* One measured component of the platform; {NULL, 0} is absent. */
struct vcca_component {
  vcca_span type;        /* 1, text */
  vcca_span measurement; /* 2, bytes 32/48/64 */
  vcca_span version;     /* 4, text */
  vcca_span signer_id;   /* 5, bytes */
  vcca_span hash_alg;    /* 6, text */
  bool live_activation;  /* 7, since 2024: the component may be updated before the next reset */
  bool has_live_activation;
  vcca_span countersigners; /* 8, since 2024: the CBOR array of their ids, as it is encoded */
};

/* Absent claims have p == NULL, or has_... false. Which of them a token has depends on its profile: see
 * token/claims.def. */
struct vcca_platform_claims {
  vcca_span profile;           /* 265, text */
  vcca_span challenge;         /* 10, bytes 32/48/64: hash of the RAK as claim 44237 carries it; until 2024 */
  vcca_span workload_binding;  /* 2408, the same; since 2026 */
  vcca_span implementation_id; /* 2396, 32 bytes */
  vcca_span instance_id;       /* 256, 33 bytes, first 01 */
  vcca_span config;            /* 2401, bytes */
  uint64_t lifecycle;          /* 2395 */
  bool has_lifecycle;
  struct vcca_component components[VCCA_COMPONENTS_MAX]; /* 2399 */
  size_t component_count;
  bool has_components;
  vcca_span verification_service; /* 2400, text, optional */
  vcca_span hash_alg;             /* 2402, text */
  uint64_t client_id;             /* 2394, since 2024: 1, the realm management security domain */
  bool has_client_id;
};
enum { VCCA_UEID_SIZE = 33 };
struct vcca_realm_claims {
  vcca_span challenge;            /* 10, 64 bytes */
  vcca_span profile;              /* 265, text; absent in legacy and virtCCA tokens */
  vcca_span rpv;                  /* 44235, 64 bytes */
  vcca_span public_key;           /* 44237 */
  vcca_span hash_alg;             /* 44236, text: of RIM and REMs */
  vcca_span public_key_hash_alg;  /* 44240, text */
  vcca_span rim;                  /* 44238 */
  vcca_span rem[VCCA_TOKEN_REMS]; /* 44239 */
  vcca_span instance_id;          /* 256, since 2024: 33 bytes, first 01 */
  uint64_t mec_policy;            /* 44243, since 2024: memory encryption context, 0 shared, 1 private */
  bool has_mec_policy;
  uint64_t lfa_policy; /* 44244, since 2024, optional: live firmware activation, 0 disallowed, 1 allowed */
  bool has_lfa_policy;
  vcca_span devices_hash; /* 44257, since 2024, optional: hash of the devices token */
};

/* --- What a family's profile wants beyond what was measured */

/* Sets the claim that binds the platform token to the RAK: 10, or 2408 where the family's profile has it.
 * hash is the digest of the RAK as claim 44237 carries it (vcca_rak_encode), 32, 48 or 64 bytes. */
VCCA_API void vcca_token_bind(enum vcca_family family, struct vcca_platform_claims *claims, vcca_span hash);
/* Sets the platform claims that a profile has with the same value in each token: 2394. */
VCCA_API void vcca_platform_profile_claims(enum vcca_family family, struct vcca_platform_claims *claims);
/* Adds claim 265 and, where the family has them, 44243 (shared: there is no memory encryption here) and
 * 256. The specification has the instance id random; here it is 01 || SHA-256("realm instance id" || VMID
 * in 4 bytes, little-endian || RPV || RIM), of claims that are there already: the same for one realm all
 * its life, another for the next. id is the room for it. */
VCCA_API void vcca_realm_profile_claims(enum vcca_family family, uint32_t vmid, uint8_t id[VCCA_UEID_SIZE],
                                        struct vcca_realm_claims *claims);

/* --- Minting -------------------------------------------------------------------------------------------- */

/* Appends the RAK as the family's claim 44237 carries it: at most 550 bytes. False when the key is not of
 * the family's type, or out has no room. */
VCCA_API VCCA_MUST_USE bool vcca_rak_encode(enum vcca_family family, const vcca_key *rak, vcca_sink *out,
                                            struct vcca_error *err);

/* Appends a platform token: the claims in the family's order, signed by the CPAK (a key pair), as a
 * COSE_Sign1 (RFC 9052). Leaves out claims that are absent, also mandatory ones. At most VCCA_TOKEN_MAX
 * bytes. */
VCCA_API VCCA_MUST_USE bool vcca_token_platform(enum vcca_family family, const struct vcca_platform_claims *claims,
                                                const vcca_key *cpak, vcca_sink *out, struct vcca_error *err);
/* Appends a realm or CVM token, signed by the RAK (a key pair). Takes all claims as they are, public_key,
 * profile and the names of algorithms included. At most VCCA_TOKEN_MAX bytes. */
VCCA_API VCCA_MUST_USE bool vcca_token_realm(enum vcca_family family, const struct vcca_realm_claims *claims,
                                             const vcca_key *rak, vcca_sink *out, struct vcca_error *err);
/* Appends the token: a collection of a platform and a realm token. platform is {NULL, 0} for a family
 * without platform tokens. At most VCCA_TOKEN_MAX bytes. */
VCCA_API VCCA_MUST_USE bool vcca_token_collect(enum vcca_family family, vcca_span platform, vcca_span realm,
                                               vcca_sink *out, struct vcca_error *err);

/* --- Decoding ------------------------------------------------------------------------------------------- */

struct vcca_sign1_parts {
  vcca_span whole;            /* the COSE_Sign1, tag included */
  vcca_span protected_header; /* content of the byte string */
  int64_t alg;
  vcca_span payload; /* content of the byte string */
  vcca_span claims;  /* the claims map: payload, or what it wraps */
  unsigned wraps;    /* 1 or 2 */
  vcca_span signature;
  bool der;      /* the signature is a DER sequence; one leniency permits it */
  size_t offset; /* of whole, in the token */
};

/* A decoded token: every span points into the bytes it was decoded from. */
struct vcca_token {
  vcca_span bytes;
  uint64_t container;
  bool has_platform;
  struct vcca_sign1_parts platform_sign1;
  struct vcca_platform_claims platform;
  struct vcca_sign1_parts realm_sign1;
  struct vcca_realm_claims realm;
  enum vcca_rak_encoding rak_encoding; /* by profile and shape */
  vcca_leniency_set leniencies;        /* that it took to decode; none when it is of the plainest form */
  struct vcca_leniency_use leniency_use[VCCA_LENIENCIES];
};

/* Decodes what the specifications permit: exact tags, no duplicates, definite lengths, no trailing bytes
 * at any level, sizes and mandatory claims as claims.def says; and the leniencies that are PERMITTED in
 * leniencies.def. Allocates nothing; *out points into bytes. The error names offset, path, claim, and the
 * leniencies that would lift it. */
VCCA_API VCCA_MUST_USE bool vcca_token_decode(vcca_span bytes, struct vcca_token *out, struct vcca_error *err);
/* Decodes with exactly these leniencies; 0: none. *out says which of them the token needed. */
VCCA_API VCCA_MUST_USE bool vcca_token_decode_lenient(vcca_span bytes, vcca_leniency_set allowed,
                                                      struct vcca_token *out, struct vcca_error *err);
/* Decodes a platform token alone: a COSE_Sign1, as EL3 passes it to the RMM. Permits what
 * vcca_token_decode permits. */
VCCA_API VCCA_MUST_USE bool vcca_token_decode_platform(vcca_span bytes, struct vcca_token *out, struct vcca_error *err);
/* The RAK of a decoded token: a public key, which the caller frees. Permits the leniencies with which the
 * token was decoded. NULL when claim 44237 is no key. */
VCCA_API vcca_key *vcca_token_rak(const struct vcca_token *token, struct vcca_error *err);
/* Finds the family of a decoded token by its container, profiles and key encoding. False, with *family as
 * it was: no family has all of them. */
VCCA_API bool vcca_token_family(const struct vcca_token *token, enum vcca_family *family);

/* --- Printing ------------------------------------------------------------------------------------------- */

/* Writes the claims as members of the open JSON object: container, platform {...}, realm {...}. Bytes are
 * hexadecimal. */
VCCA_API void vcca_token_json(const struct vcca_token *token, struct vcca_json *j);
/* Appends the claims as indented text for people. */
VCCA_API void vcca_token_text(const struct vcca_token *token, vcca_sink *out);

#ifdef __cplusplus
}
#endif
#endif
