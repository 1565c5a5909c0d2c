/* What the verifier reads besides the token: JSON of reference values, and the event log held against them.
 * Errors name the line, or the member ("kernels[1].kernel").
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_READERS_H
#define VERIFIER_READERS_H

#include <jansson.h>

#include "vcca/verifier.h"

/* --- JSON (json_in.c) --- */

/* Parses the whole of text: duplicate members and anything after the value are refused with line and
 * column. */
json_t *json_in(vcca_span text, struct vcca_error *err);
/* A place in a document, for errors: `path` is of the value that holds the member, "" at the top. */
struct json_at {
  const json_t *value;
  const char *path;
};
/* The member's text; it must be there and be a string. */
VCCA_MUST_USE bool json_text(struct json_at at, const char *member, vcca_span *out, struct vcca_error *err);
/* The member's hex text as bytes: out->cap is the most there may be, `exactly` (0: any) how many there must
 * be. */
VCCA_MUST_USE bool json_hex(struct json_at at, const char *member, size_t exactly, vcca_sink *out,
                            struct vcca_error *err);
/* Whether the object has no member besides those named, with spaces between: a misspelled member would be a
 * value that is not compared. */
VCCA_MUST_USE bool json_only(struct json_at at, const char *members, struct vcca_error *err);
/* "path.member", "member" at the top. */
struct json_path {
  char text[96];
};
struct json_path json_path(struct json_at at, const char *member);

/* --- Reference values (references.c) --- */

struct image_digest {
  bool given;
  uint8_t bytes[VCCA_HASH_MAX];
};
/* One kernel that may be booted, with its initramfs. */
struct kernel_reference {
  struct image_digest kernel, initramfs;
  struct image_digest application; /* the kernel's PE digest, where GRUB starts it as an EFI application */
};
enum { IMAGES_CONFIGS = 8 };
/* image_reference_measurement.json: {"grub", "grub.cfg", "kernels": [{"version"?, "kernel", "initramfs"}],
 * "hash_alg"}, and what the SDK's form cannot say: "shim" (PE digest of what starts GRUB), "configs" (what
 * GRUB reads after grub.cfg, in order), a kernel's "application". */
struct image_reference {
  enum vcca_hash_alg alg;
  struct image_digest grub, grub_cfg, shim;
  struct image_digest configs[IMAGES_CONFIGS];
  size_t config_count;
  struct kernel_reference *kernels;
  size_t kernel_count;
};
VCCA_MUST_USE bool image_reference_read(vcca_span json, struct image_reference *out, struct vcca_error *err);
void image_reference_free(struct image_reference *reference);

/* software_components.json: {"measure_value": [{"firware_name", "measurement", "firware_version",
 * "hash_algorithm"}]}, spelt so. Every component of the token must be one of them by name, measurement and
 * version. */
void check_components(vcca_span json, const struct vcca_platform_claims *platform, struct vcca_finding *f);

/* --- Event log (eventlog_check.c) --- */

/* expected: REMs whose value was given separately; the log need not explain those. */
void check_event_log(vcca_span log, const struct vcca_realm_claims *realm, const vcca_span expected[VCCA_TOKEN_REMS],
                     struct vcca_finding *f);
/* --- Boot images (boot_images.c) --- */

/* The boot images that a sound log shows. shim, application and version may be missing. Fails with
 * VCCA_FAULT_UNSUPPORTED when another is, or when there is more than a reference can say. */
struct images_seen {
  vcca_span shim, grub, grub_cfg, kernel, initramfs, application;
  vcca_span configs[IMAGES_CONFIGS];
  size_t config_count;
  vcca_span version; /* "6.6.0" of /vmlinuz-6.6.0 */
};
VCCA_MUST_USE bool images_in_log(vcca_span log, enum vcca_hash_alg alg, struct images_seen *out,
                                 struct vcca_error *err);
/* After the check of the event log. What it passes over goes into the verdict as unexplained. */
void check_images(vcca_span json, const struct vcca_evidence *evidence, struct vcca_verdict *verdict,
                  struct vcca_finding *f);

#endif
