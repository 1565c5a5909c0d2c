/* Evidence made on the spot; see support.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_VERIFIER_SUPPORT_H
#define TESTS_VERIFIER_SUPPORT_H

#include "check.h"

#include "vcca/verifier.h"
#include "rooms/crypto.h"

enum cert { ROOT, SUB, DEVICE, OTHER_ROOT, CERTS };

/* Everything behind one evidence: what make_plan fills in may be changed before make_evidence mints, the
 * evidence after it. */
struct made {
  enum vcca_family family;
  vcca_key *cpak, *rak, *other, *root, *sub;

  uint8_t challenge[64], rpv[64], rim[32], rem[VCCA_TOKEN_REMS][32], measured[2][32], instance_id[33],
      realm_instance_id[33];
  struct vcca_platform_claims platform; /* a challenge left out becomes the right binding */
  struct vcca_realm_claims realm;
  enum vcca_family realm_family; /* of which the realm token is minted */
  const vcca_key *named;         /* in claim 44237 */
  const vcca_key *realm_signer, *platform_signer;

  uint8_t certs[CERTS][VCCA_CERT_MAX];
  size_t cert_size[CERTS];
  uint8_t log_room[8192];
  vcca_sink log;
  char image_reference[2048], platform_reference[1024], reference_store[8192];
  struct vcca_policy policy;

  uint8_t token[VCCA_TOKEN_MAX];
  size_t token_size;
  struct vcca_evidence evidence;
};

void make_keys(struct made *m, enum vcca_family family);
void free_keys(struct made *m);
void make_plan(struct made *m);
void make_evidence(struct made *m);

void certify(struct made *m, enum cert which, const vcca_key *subject, const vcca_key *issuer);
/* Begins the log anew: a header, and REMs of zero. */
void begin_log(struct made *m);
/* Appends an event and extends the REM it goes to; log_hashed takes the digest of a text. */
void log_bytes(struct made *m, uint32_t reg, uint32_t type, const uint8_t digest[32], vcca_span data);
void log_event(struct made *m, uint32_t reg, uint32_t type, const uint8_t digest[32], const char *data);
void log_hashed(struct made *m, uint32_t reg, uint32_t type, const char *data, const char *hashed);
/* References whose values are the digests of these texts; the reference's second kernel is the one given. */
void make_image_reference(struct made *m, const char *grub, const char *config, const char *kernel,
                          const char *initramfs);
void make_platform_reference(struct made *m, const char *name, const char *version, const char *measured);
/* A store of what the plan says now, its realm's RIM perhaps another one. */
void make_reference_store(struct made *m, vcca_span rim);
/* The SHA-256 of a text in hex, in 65 bytes of room. */
const char *hex_of(char *room, const char *hashed);

#endif
